"""The ground that is drawn as evidence is the ground that site and zone share, however the zone was cut."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from plangeo.engine.drawing import shared_ground
from plangeo.engine.zonelayer import ZoneLayer


@pytest.fixture(scope="module")
def layer() -> ZoneLayer:
    turns = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    radius = 900 + 60 * np.sin(17 * turns)
    giant = shapely.Polygon(np.column_stack([radius * np.cos(turns), radius * np.sin(turns)]))
    rest = shapely.difference(shapely.box(-2000, -2000, 2000, 2000), giant)
    zones = gpd.GeoDataFrame({"zone_id": ["giant", "rest"]}, geometry=[giant, rest], crs=9215)
    return ZoneLayer.of(zones.assign(plan_id="QH", zone_code=["RSX", "ONT"]))


def _sites() -> np.ndarray:
    rng = np.random.default_rng(7)
    centres = rng.uniform(-1200, 1200, (60, 2))
    areas = shapely.buffer(shapely.points(centres), rng.uniform(5, 700, 60))
    lines = shapely.linestrings(np.stack([centres, rng.uniform(-1200, 1200, (60, 2))], axis=1))
    return np.concatenate([areas, lines, [shapely.box(5000, 5000, 5001, 5001)]])


def test_the_drawn_ground_is_what_the_whole_shapes_share(layer: ZoneLayer) -> None:
    shapes = _sites()
    at, zone = (v.ravel() for v in np.meshgrid(np.arange(len(shapes)), [0, 1], indexing="ij"))
    drawn = shared_ground(shapes, at, zone, layer)
    for n, row, ground in zip(at, zone, drawn, strict=True):
        whole = shapely.union_all(layer.pieces.geometries[layer.pieces.rows == row])
        wanted = shapely.intersection(shapes[n], whole)
        assert shapely.get_dimensions(ground) == shapely.get_dimensions(wanted) or wanted.is_empty
        assert ground.is_valid
        assert shapely.hausdorff_distance(ground, wanted) < 1e-6 or (ground.is_empty and wanted.is_empty)
        assert ground.area == pytest.approx(wanted.area, rel=1e-9, abs=1e-6)
        assert ground.length == pytest.approx(wanted.length, rel=1e-9, abs=1e-6)


def test_a_line_through_many_pieces_is_drawn_in_one(layer: ZoneLayer) -> None:
    assert (layer.pieces.rows == 0).sum() > 4
    line = shapely.LineString([(-700, 10), (700, 11)])
    ground = shared_ground(np.array([line]), np.array([0]), np.array([0]), layer)[0]
    assert ground.geom_type == "LineString"


def test_order_and_threads_leave_no_trace(layer: ZoneLayer) -> None:
    shapes = np.tile(_sites(), 30)
    at = np.arange(len(shapes))
    zone = at % 2
    drawn = shared_ground(shapes, at, zone, layer)
    mixed = np.random.default_rng(1).permutation(len(at))
    again = shared_ground(shapes, at[mixed], zone[mixed], layer, threads=2)
    assert (shapely.to_wkb(drawn[mixed]) == shapely.to_wkb(again)).all()
