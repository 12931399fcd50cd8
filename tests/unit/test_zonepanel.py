"""The zones of the map: what is drawn simplified never lies farther from the truth than the map says."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from plangeo.assessment import assess
from plangeo.panels import zones as zone_panel
from tests.makers import CRS, X0, Y0, rulebook, site, sites, square, zones
from tests.unit.test_polygonblob import read


def _wavy(chance: np.random.Generator) -> list[shapely.Geometry]:
    """Twelve cells with rough borders they share."""
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(chance.random((12, 2)) * 4000), extend_to=shapely.box(0, 0, 4000, 4000))
    )

    def rough(xy: np.ndarray) -> np.ndarray:
        return xy + 12 * np.sin(xy[:, ::-1] / 17) + (X0, Y0)

    return [shapely.make_valid(shapely.transform(cell, rough)) for cell in shapely.segmentize(cells, 10.0)]


def test_a_place_on_the_wrong_side_of_a_drawn_border_is_within_what_the_zone_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_panel, "MOST_VERTICES", 700)
    chance = np.random.default_rng(3)
    cells = _wavy(chance)
    ground = zones(*((f"z{n}", "ODT", cell, "P1") for n, cell in enumerate(cells)))
    result = assess(sites(site("S", square(0, 0, 50))), rulebook(), on="2025-07-01", zones=ground)
    shown = zone_panel.data(result)
    blob = read(shown["plans"][0]["blob"])
    degrees = [shapely.MultiPolygon([(rings[0], rings[1:]) for rings in parts]) for parts in blob["areas"]]
    flat = shapely.make_valid(shapely.transform(degrees, lambda xy: xy * 1e-6))
    drawn = gpd.GeoSeries(flat, crs=4326).to_crs(CRS).to_numpy()
    tries = chance.random((8_000, 2)) * 4000 + (X0, Y0)
    shapely.prepare(drawn)
    wrong = 0
    for own, there, reach in zip(cells, drawn, blob["reach"], strict=True):
        shapely.prepare(own)
        astray = tries[shapely.contains_xy(own, tries) != shapely.contains_xy(there, tries)]
        assert (shapely.distance(shapely.boundary(there), shapely.points(astray)) <= reach).all()
        wrong += len(astray)
    assert wrong > 50
    assert max(blob["reach"]) < 100, "and it does not cry wolf"


def test_a_long_thin_tip_that_is_not_drawn_counts_with_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_panel, "MOST_VERTICES", 40)
    tip = shapely.Polygon([(X0 + 490, Y0 - 1), (X0 + 490, Y0 + 1), (X0 + 700, Y0)])
    disc = shapely.union(shapely.Point(X0, Y0).buffer(500, quad_segs=80), tip)
    result = assess(sites(site("S", square(0, 0, 50))), rulebook(), on="2025-07-01", zones=zones(("z", "ODT", disc, "P1")))
    shown = zone_panel.data(result)
    (reach,) = read(shown["plans"][0]["blob"])["reach"]
    assert shown["simplified_m"] < 100
    assert 195 <= reach <= 215


def test_zones_that_are_drawn_as_they_are_say_nothing() -> None:
    result = assess(
        sites(site("S", square(0, 0, 50))), rulebook(), on="2025-07-01", zones=zones(("z", "ODT", square(0, 0, 100), "P1"))
    )
    assert read(zone_panel.data(result)["plans"][0]["blob"])["reach"] == [0]
