"""Layers in another CRS: the datum is never ignored, long edges keep their ground, a row that cannot be converted says so."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer
from pyproj.transformer import TransformerGroup

from plangeo.errors import CrsError
from plangeo.geometry import to_crs, transformation
from tests.makers import CRS, site, sites


def test_a_row_that_cannot_be_converted_is_a_row_with_a_problem() -> None:
    frame = sites(site("good", shapely.Point(106.7, 21.9)), site("bad", shapely.Point(106.7, 95.0)), crs="EPSG:4326")
    moved = to_crs(frame, CRS)
    assert moved.geometry.isna().tolist() == [False, True]
    assert moved["problem"].str.startswith("bad_coordinates").tolist() == [False, True]


def test_a_layer_of_which_no_row_can_be_converted_is_refused() -> None:
    with pytest.raises(CrsError, match="axes swapped"):
        to_crs(sites(site("a", shapely.Point(21.9, 106.7)), crs="EPSG:4326"), CRS)


def test_conversions_never_ignore_the_datum_and_are_recorded_as_they_are_done() -> None:
    """Indian 1960 has several operations, each for its own area; PROJ's first in the list is 461 m from the one used here."""
    saigon = (690_000.0, 1_190_000.0, 700_000.0, 1_200_000.0)
    used = transformation("EPSG:3148", "EPSG:4326", saigon)
    frame = gpd.GeoDataFrame({"problem": [""]}, geometry=[shapely.Point(saigon[:2])], crs="EPSG:3148")
    moved = to_crs(frame, "EPSG:4326").geometry.iloc[0]
    ways = TransformerGroup("EPSG:3148", "EPSG:4326", always_xy=True, allow_ballpark=False).transformers
    by_hand = next(way for way in ways if way.description == used["operation"]).transform(*saigon[:2])
    assert (moved.x, moved.y) == pytest.approx(by_hand, abs=1e-10)
    with pytest.raises(CrsError, match="no datum-correct way"):
        to_crs(frame.set_crs("+proj=utm +zone=48 +ellps=WGS84 +units=m +type=crs", allow_override=True), CRS)


@pytest.mark.parametrize(("source", "target", "edge"), [
    ("EPSG:4326", CRS, [(106.2, 21.3), (107.2, 22.3)]),
    ("EPSG:4326", "EPSG:2154", [(2.0, 48.8), (3.0, 48.8)]),
    ("EPSG:3857", CRS, [(11_860_000, 2_480_000), (11_920_000, 2_520_000)]),
])  # fmt: skip
def test_long_edges_keep_their_ground_to_a_millimetre(source: str, target: str, edge: list[tuple[float, float]]) -> None:
    line = shapely.LineString(edge)
    moved = to_crs(gpd.GeoDataFrame({"problem": [""]}, geometry=[line], crs=source), target).geometry.iloc[0]
    way = Transformer.from_crs(source, target, always_xy=True)
    truth = shapely.points(*way.transform(*np.linspace(*edge, 5001).T))
    bare = shapely.LineString(np.column_stack(way.transform(*np.array(edge).T)))
    assert shapely.distance(truth, moved).max() < 0.001
    assert shapely.distance(truth, bare).max() > 20
