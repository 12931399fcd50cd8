"""The strip in doubt against its own definition: places of the site within the tolerance of ground that answers otherwise."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import shapely

from plangeo.assessment import assess
from plangeo.disputedground import disputed_ground
from plangeo.panels import strip as strip_panel
from tests.makers import CRS, plan, rulebook, site, sites, square, zones

BOOK = rulebook(dt.date(2025, 7, 1))


def test_places_in_the_strip_are_those_near_ground_with_another_answer() -> None:
    ground = [("ODT", square(0, 0, 300)), ("PNN", square(300, 0, 300)), ("LUC", square(0, 300, 600))]
    here = square(150, 200, 95)
    found = disputed_ground(BOOK, "housing", here, ground, 40.0)
    other = ground[2][1]  # houses are compatible with both classes below, so the border between these decides nothing
    places = shapely.points(np.random.default_rng(1).random((3_000, 2)) * 95 + shapely.get_coordinates(here).min(axis=0))
    away = shapely.distance(places, other)
    clear = np.abs(away - 40.0) > 1.0
    assert (shapely.intersects(found, places) == (away <= 40.0))[clear].all()
    assert disputed_ground(BOOK, "housing", square(150, 50, 95), ground, 40.0) is None


def test_a_point_gets_the_ground_around_it() -> None:
    ground = [("ODT", square(0, 0, 300)), ("LUC", square(300, 0, 300))]
    spot = shapely.centroid(square(280, 100, 2))
    found = disputed_ground(BOOK, "housing", spot, ground, 30.0)
    assert found.area > 0
    assert spot.distance(shapely.Point(spot.x + 10, spot.y)) == 10
    assert shapely.hausdorff_distance(found, spot) <= 30.5


def test_the_map_gets_strips_only_where_the_verdict_lies_within_the_accuracy() -> None:
    book = rulebook(plans=[plan("P1", accuracy_m=20.0)])
    ground = zones(("a", "ODT", square(0, 0, 1000), "P1"), ("b", "LUC", square(1000, 0, 1000), "P1"))
    places = [
        site("FAR", square(100, 100, 50)),
        site("NEAR", square(940, 100, 50)),
        site("LINE", shapely.LineString(shapely.get_coordinates(square(985, 300, 4))[:3])),
        site("NOWHERE", None, problem="no_geometry: no coordinates"),
    ]
    result = assess(sites(*places), book, on="2025-07-01", zones=ground)
    far, near, line, nowhere = strip_panel.data(result)
    assert far is not None
    assert far["geometry"] is None
    assert far["flip_m"] > far["accuracy_m"] == 20.0
    assert near is not None
    assert near["geometry"]["a"]
    assert near["plan"] == "P1"
    ((x, *_),) = near["border"]["l"]
    east = gpd.GeoSeries([shapely.Point(shapely.get_coordinates(square(1000, 100, 1)).min(axis=0))], crs=CRS).to_crs(4326)[0].x
    assert abs(x * 1e-6 - east) < 3e-6, "one line, along the border, without the edges of the cut-out"
    assert near["flip_m"] < 20.0
    assert line is not None
    assert line["geometry"]["a"]
    assert nowhere is None or nowhere["geometry"] is None
