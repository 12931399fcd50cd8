"""Margins in closed form, on rectangles and near them."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from plangeo.engine.zonelayer import ZoneLayer
from plangeo.errors import CrsError, TableError
from plangeo.margin import flip_distance, margins, nearest_permitted

CRS = "EPSG:9215"
X0, Y0 = 449_000.0, 2_417_000.0


def at(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.affinity.translate(shape, X0, Y0)


def box(x: float, y: float, right: float, top: float) -> shapely.Polygon:
    return at(shapely.box(x, y, right, top))


def layer(*shapes: shapely.Geometry | None, crs: str = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"zone_id": [f"z{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=crs)


def register(*shapes: shapely.Geometry | None, use: str = "a", crs: str = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"site_id": [f"s{i}" for i in range(len(shapes))], "use": use}, geometry=list(shapes), crs=crs)


def measured(shape: shapely.Geometry, *zones: shapely.Geometry, permitted: list[bool] | None = None) -> pd.Series:
    mask = np.array(permitted or [True] * len(zones))
    return margins(register(shape), layer(*zones), {"a": mask}).iloc[0]


GROUND = box(0, 0, 100, 80)
HOLED = shapely.difference(GROUND, box(40, 30, 60, 50))


@pytest.mark.parametrize(
    ("shape", "margin", "distance"),
    [
        (shapely.Point(30, 20), 20, 0),
        (shapely.Point(95, 40), 5, 0),
        (shapely.Point(0, 40), 0, 0),
        (shapely.Point(103, 84), -5, 5),
        (shapely.LineString([(10, 10), (50, 40), (93, 20)]), 7, 0),
        (shapely.LineString([(50, 40), (130, 40)]), -30, 0),
        (shapely.LineString([(110, 40), (130, 40)]), -30, 10),
        (shapely.LineString([(20, 0), (70, 0)]), 0, 0),
        (shapely.box(10, 15, 90, 60), 10, 0),
        (shapely.box(90, 10, 112, 60), -12, 0),
        (shapely.box(90, 70, 103, 84), -5, 0),
        (shapely.box(100, 10, 112, 60), -12, 0),
        (shapely.box(103, 84, 106, 88), -10, 5),
        (shapely.box(-3, -4, 100, 80), -5, 0),
        (shapely.box(0, 0, 100, 80), 0, 0),
        (shapely.MultiPoint([(50, 40), (97, 40)]), 3, 0),
        (shapely.MultiPoint([(50, 40), (107, 40)]), -7, 0),
        (shapely.MultiPoint([(103, 40), (107, 40)]), -7, 3),
        (shapely.MultiPolygon([shapely.box(10, 10, 20, 20), shapely.box(95, 10, 120, 20)]), -20, 0),
    ],
)
def test_rectangle(shape: shapely.Geometry, margin: float, distance: float) -> None:
    row = measured(at(shape), GROUND)
    assert row["margin_m"] == pytest.approx(margin, abs=1e-6)
    assert row["distance_m"] == pytest.approx(distance, abs=1e-6)
    assert row["tolerance_m"] <= 0.01


@pytest.mark.parametrize(
    ("shape", "margin", "distance"),
    [
        (shapely.Point(50, 40), -10, 10),
        (shapely.Point(50, 43), -7, 7),
        (shapely.Point(35, 40), 5, 0),
        (shapely.box(45, 35, 55, 45), -10, 5),  # wholly in the hole, over its middle
        (shapely.box(46, 32, 48, 34), -4, 2),
        (shapely.box(10, 10, 90, 70), -10, 0),  # holds the hole: its middle is deepest, no corner of the site is
        (shapely.LineString([(30, 40), (70, 40)]), -10, 0),
        (shapely.box(10, 10, 36, 70), 4, 0),
    ],
)
def test_hole(shape: shapely.Geometry, margin: float, distance: float) -> None:
    row = measured(at(shape), HOLED)
    assert row["margin_m"] == pytest.approx(margin, abs=0.01)
    assert row["margin_m"] >= margin - 1e-9, "a place that was looked at is never deeper than the deepest"
    assert row["distance_m"] == pytest.approx(distance, abs=1e-6)


def test_site_may_surround_a_hole() -> None:
    ring = shapely.difference(box(30, 20, 70, 60), box(38, 28, 62, 52))
    assert measured(ring, HOLED)["margin_m"] == pytest.approx(2.0)


def test_road_between_two_permitted_zones_is_no_ground() -> None:
    row = measured(box(20, 10, 180, 20), box(0, 0, 96, 80), box(104, 0, 200, 80))
    assert row["margin_m"] == pytest.approx(-4.0, abs=0.01)


def test_shared_border_is_no_border() -> None:
    left, right = box(0, 0, 50, 80), box(50, 0, 100, 80)
    assert measured(at(shapely.Point(50, 30)), left, right)["margin_m"] == pytest.approx(30.0)
    assert measured(box(40, 20, 60, 40), left, right)["margin_m"] == pytest.approx(20.0)
    assert measured(box(40, 20, 60, 40), left, right, permitted=[True, False])["margin_m"] == pytest.approx(-10.0)


@pytest.mark.parametrize(
    "zones",
    [
        [box(0, 0, 100, 80), box(0, 0, 100, 80)],
        [box(0, 0, 60, 80), box(40, 0, 100, 80)],
        [box(0, 0, 100, 80), box(45, 35, 55, 45)],
        [box(0, 0, 50, 80), box(50, 0, 100, 40), box(50, 40, 100, 80)],
        [box(0, 0, 50, 80), at(shapely.Polygon([(50, 0), (50, 33), (50, 80), (100, 80), (100, 0)]))],
        [box(0, 0, 50, 80), box(50 + 4e-7, 0, 100, 80)],
    ],
    ids=["repeated", "overlapping", "one in another", "T-junction", "needless vertex", "gap of 0.4 µm"],
)
def test_unclean_layer_measures_like_its_union(zones: list[shapely.Polygon]) -> None:
    for shape in (at(shapely.Point(48, 37)), box(44, 34, 56, 46), at(shapely.LineString([(20, 34), (80, 40)]))):
        assert measured(shape, *zones)["margin_m"] == pytest.approx(measured(shape, GROUND)["margin_m"], abs=1e-6)


def test_gap_that_can_be_seen_is_a_border() -> None:
    zones = [box(0, 0, 50, 80), box(50.001, 0, 100, 80)]
    assert measured(at(shapely.Point(48, 37)), *zones)["margin_m"] == pytest.approx(2.0)
    row = measured(box(44, 34, 56, 46), *zones)
    assert row["margin_m"] < 0, "a gap of a millimetre leaves the site off the ground, if barely"
    assert row["margin_m"] == pytest.approx(-0.0005, abs=0.0005)


def test_groups_have_their_own_ground() -> None:
    sites = register(*[at(shapely.Point(30, 40))] * 3)
    sites["use"] = ["a", "b", "both"]
    masks = {"a": np.array([True, False]), "b": np.array([False, True]), "both": np.array([True, True])}
    found = margins(sites, layer(box(0, 0, 50, 80), box(50, 0, 100, 80)), masks)
    assert found["margin_m"].tolist() == [20.0, -20.0, 30.0]


def test_what_cannot_be_measured_stays_a_row() -> None:
    sites = register(None, at(shapely.Point(1, 1)), at(shapely.Point(1, 1)), shapely.Point())
    sites["use"] = ["a", "nothing permitted", "unheard of", "a"]
    masks = {"a": np.array([True]), "nothing permitted": np.array([False])}
    found = margins(sites, layer(GROUND), masks)
    assert found["site_id"].tolist() == ["s0", "s1", "s2", "s3"]
    assert (found["problem"] != "").all()
    assert found["margin_m"].isna().tolist() == [True, False, True, True]
    assert found["margin_m"][1] == -math.inf
    assert found["distance_m"][1] == math.inf
    assert not flip_distance(sites, layer(GROUND), masks, share=0.5)["tolerated"].any()
    near = nearest_permitted(sites, layer(GROUND), masks)
    assert near["site_id"].tolist() == ["s0", "s1", "s2", "s3"]
    assert (near["zone_id"] == "").all()
    assert (near["problem"] != "").all()


def test_lines_and_empty_rows_are_no_zones() -> None:
    row = measured(at(shapely.Point(50, 40)), GROUND, at(shapely.LineString([(0, 40), (100, 41)])), shapely.Polygon(), None)
    assert row["margin_m"] == pytest.approx(40.0)


def test_wrong_use_is_named() -> None:
    sites, zones, mask = register(at(shapely.Point(1, 1))), layer(GROUND), {"a": np.array([True])}
    with pytest.raises(TableError, match="one value per zone"):
        margins(sites, zones, {"a": np.array([True, False])})
    with pytest.raises(TableError, match="no column 'kind'"):
        margins(sites, zones, mask, by="kind")
    with pytest.raises(CrsError, match="one metric CRS"):
        margins(sites, zones.to_crs(4326), mask)
    with pytest.raises(CrsError, match="one metric CRS"):
        margins(sites.to_crs(4326), zones.to_crs(4326), mask)


def flipped(shape: shapely.Geometry, *zones: shapely.Geometry, **bounds: float) -> pd.Series:
    return flip_distance(register(shape), layer(*zones), {"a": np.array([True] * len(zones))}, **bounds).iloc[0]


def test_flip_without_threshold_is_the_margin() -> None:
    for shape in (box(10, 15, 90, 60), box(90, 10, 112, 60), at(shapely.Point(103, 84))):
        row = flipped(shape, GROUND)
        assert row["flip_m"] == pytest.approx(abs(measured(shape, GROUND)["margin_m"]))
        assert row["tolerated"] == (measured(shape, GROUND)["margin_m"] >= 0)
        assert not row["beyond"]


@pytest.mark.parametrize(
    ("shape", "bounds", "tolerated", "flip"),
    [
        # 20 × 10 at the right side: e metres of the border's way uncover 10 e m²
        (shapely.box(85, 30, 105, 40), {"share": 0.30}, True, 1.0),
        (shapely.box(85, 30, 105, 40), {"area_m2": 80.0}, True, 3.0),
        (shapely.box(85, 30, 105, 40), {"area_m2": 80.0, "share": 0.30}, True, 1.0),
        (shapely.box(85, 30, 105, 40), {"share": 0.10}, False, 3.0),
        (shapely.box(70, 30, 90, 40), {"share": 0.10}, True, 12.0),
        (shapely.box(110, 30, 130, 40), {"share": 0.25}, False, 25.0),
        (shapely.LineString([(85, 30), (105, 30)]), {"share": 0.30}, True, 1.0),
        (shapely.LineString([(85, 30), (105, 30)]), {"area_m2": 80.0}, False, 5.0),
        # outside beyond the corner: the grown ground has a round corner, so all but the far corner needs its distance
        (shapely.Point(103, 84), {"share": 0.5}, False, 5.0),
    ],
)
def test_flip_at_a_threshold(shape: shapely.Geometry, bounds: dict[str, float], tolerated: bool, flip: float) -> None:
    row = flipped(at(shape), GROUND, **bounds)
    assert row["tolerated"] == tolerated
    assert row["flip_m"] == pytest.approx(flip, abs=0.011)
    assert not row["beyond"]


def test_flip_beyond_the_radius_says_so() -> None:
    row = flipped(box(70, 30, 90, 40), GROUND, share=0.10, radius_m=11.9)
    assert (row["flip_m"], row["beyond"], row["tolerated"]) == (11.9, True, True)
    everything = flipped(box(70, 30, 90, 40), GROUND, share=1.0)
    assert everything["beyond"]


def test_far_flip_is_found_too() -> None:
    row = flipped(box(5000, 30, 5020, 40), GROUND, share=0.25, radius_m=20_000.0)
    assert row["flip_m"] == pytest.approx(4915.0, abs=0.3)
    assert not row["beyond"]


def test_quarter_circle_at_a_corner() -> None:
    """Ground grown by r holds of a square beyond its corner a quarter circle of π r² / 4."""
    row = flipped(box(100, 80, 120, 100), GROUND, share=1 - math.pi / 4 * 15.0**2 / 400)
    assert row["flip_m"] == pytest.approx(15.0, abs=0.011)


def near(shape: shapely.Geometry, *zones: shapely.Geometry, **more: object) -> pd.DataFrame:
    return nearest_permitted(register(shape), layer(*zones), {"a": np.array([True] * len(zones))}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("x", "y", "distance", "azimuth", "compass"),
    [
        (50, -7, 7, 0, "N"),
        (-5, -5, 50**0.5, 45, "NE"),
        (-9, 40, 9, 90, "E"),
        (-3, 83, 18**0.5, 135, "SE"),
        (50, 90, 10, 180, "S"),
        (103, 84, 5, 180 + math.degrees(math.atan2(3, 4)), "SW"),
        (120, 40, 20, 270, "W"),
        (104, -4, 32**0.5, 315, "NW"),
        (50 - 1e-9, -7, 7, 0, "N"),
    ],
)
def test_way_to_the_zone(x: float, y: float, distance: float, azimuth: float, compass: str) -> None:
    row = near(at(shapely.Point(x, y)), GROUND).iloc[0]
    assert row["distance_m"] == pytest.approx(distance)
    assert row["azimuth_deg"] == pytest.approx(azimuth, abs=1e-6)
    assert row["compass"] == compass
    ends = math.hypot(row["to_x"] - row["from_x"], row["to_y"] - row["from_y"])
    assert ends == pytest.approx(distance)
    assert shapely.distance(GROUND, shapely.Point(row["to_x"], row["to_y"])) <= 1e-9


def test_touching_is_distance_nought() -> None:
    for shape in (box(100, 80, 110, 90), box(10, 10, 20, 20), at(shapely.Point(100, 40)), box(-10, -10, 200, 200)):
        row = near(shape, GROUND).iloc[0]
        assert (row["distance_m"], row["compass"]) == (0.0, "")
        assert math.isnan(row["azimuth_deg"])


def test_equally_near_zones_go_by_id() -> None:
    left, right = box(0, 0, 40, 80), box(60, 0, 100, 80)
    assert near(at(shapely.Point(50, 40)), left, right)["zone_id"].tolist() == ["z0"]
    assert near(at(shapely.Point(50, 40)), right, left)["zone_id"].tolist() == ["z0"]
    both = near(at(shapely.Point(51, 40)), left, right, k=5)
    assert both[["rank", "zone_id", "distance_m"]].to_numpy().tolist() == [[1.0, "z1", 9.0], [2.0, "z0", 11.0]]


def test_giants_are_measured_like_other_zones() -> None:
    angle = np.linspace(0, 2 * np.pi, 3001)[:-1]
    disc = at(shapely.Polygon(100 * np.column_stack([np.cos(angle), np.sin(angle)])))
    far = box(300, -10, 310, 10)
    out = near(at(shapely.Point(150, 0)), disc, far, k=2)
    assert out["distance_m"].tolist() == pytest.approx([50.0, 150.0])
    deep = near(at(shapely.Point(10, 0)), disc, far, k=2)
    assert deep["zone_id"].tolist() == ["z0", "z1"]
    assert deep["distance_m"].tolist() == pytest.approx([0.0, 290.0])
    around = near(box(-200, -200, 200, 200), disc, far)
    assert around["distance_m"].tolist() == [0.0]
    ready = nearest_permitted(
        register(at(shapely.Point(10, 0))), ZoneLayer.of(layer(disc, far)), {"a": np.array([True, True])}, k=2
    )
    pd.testing.assert_frame_equal(ready, deep)
