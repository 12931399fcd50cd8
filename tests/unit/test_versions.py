"""Two versions of a plan: a grid edited by script, hand-counted; the sample against another engine."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import plangeo as pg
from plangeo.planlayers.planzones import PlanZones, zones_by_plan
from plangeo.planlayers.versions import VersionDifference, compare_versions, touched_sites
from tests.makers import CLASSES, X0, Y0, plan, rulebook, site, sites, zones

ON = dt.date(2025, 7, 1)
BOOK = rulebook(
    ON,
    plans=[plan("P1", accuracy_m=5.0)],
    classes=[*CLASSES, {"code": "KKT", "name": "Khu kinh tế", "overlay": True}],
)
CODES = ("LUA", "ODT", "RPH", "LUC", "SKK")
Row = tuple[str, str, Any, str]


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X0 + west, Y0 + south, X0 + east, Y0 + north)


def blocks() -> list[Row]:
    """A town in blocks of 100 m with streets of 20 m between them, 8 × 8, as in a grid plan."""
    rows = [
        (f"B{x}-{y}", CODES[(x + 2 * y) % 5], box(120 * x, 120 * y, 120 * x + 100, 120 * y + 100), "P1")
        for x in range(8)
        for y in range(8)
    ]
    streets = shapely.difference(box(0, 0, 940, 940), shapely.union_all([row[2] for row in rows]))
    return [*rows, ("STREET", "PNN", streets, "P1")]


def version(rows: list[Row]) -> PlanZones:
    (found,) = zones_by_plan(zones(*rows), BOOK)
    return found


def compared(old: list[Row], new: list[Row], **keywords: Any) -> VersionDifference:
    return compare_versions(version(old), version(new), **keywords)


def told(difference: VersionDifference) -> list[tuple[str, str, str, int]]:
    rows = difference.changes.itertuples()
    return [(r.kind, r.from_code, r.to_code, round(r.area_m2)) for r in rows]


def edited(rows: list[Row], zone_id: str, code: str | None = None, shape: Any = None) -> list[Row]:
    return [(i, code or c, shape or g, p) if i == zone_id else (i, c, g, p) for i, c, g, p in rows]


def test_identical_versions_give_nothing_whatever_their_order() -> None:
    assert told(compared(blocks(), blocks()[::-1], attributes=True)) == []


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(3.3, 930), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_cutting_zones_anywhere_changes_nothing(cuts: list[float], chance: Any) -> None:
    pieces = []
    for zone_id, code, shape, plan_id in blocks():
        parts = [shape]
        for n, at in enumerate(cuts):
            line = shapely.LineString([(X0 + at, Y0 - 10), (X0 + at + 7 * n, Y0 + 950)])
            parts = [p for part in parts for p in shapely.get_parts(shapely.ops.split(part, line))]
        pieces += [(f"{zone_id}/{n}", code, part, plan_id) for n, part in enumerate(parts)]
    chance.shuffle(pieces)
    assert told(compared(blocks(), pieces)) == []


def test_one_edited_block_touches_only_its_place_and_its_sites() -> None:
    """Block B3-2 becomes RDD: one row, and of seven sites exactly those on it."""
    before = {row[0]: row for row in blocks()}["B3-2"]
    difference = compared(blocks(), edited(blocks(), "B3-2", "RDD"))
    assert told(difference) == [("class_change", before[1], "RDD", 10_000)]
    west, south = 360, 240
    register = sites(
        site("inside", box(west + 10, south + 10, west + 40, south + 40)),
        site("across", box(west - 50, south + 10, west + 20, south + 40)),
        site("point", shapely.Point(X0 + west + 50, Y0 + south + 50)),
        site("road", shapely.LineString([(X0 + west - 90, Y0 + south + 50), (X0 + west + 30, Y0 + south + 50)])),
        site("touching", box(west - 20, south, west, south + 100)),
        site("a hand's breadth", box(west - 50, south + 60, west + 2, south + 90)),
        site("far", box(0, 0, 50, 50)),
        site("nowhere", None),
    )
    touched = touched_sites(register, difference)
    names = register["site_id"].to_numpy()[touched["site"].astype(int)]
    assert set(names[touched["beyond_accuracy"]]) == {"inside", "across", "point", "road"}
    assert set(names[~touched["beyond_accuracy"]]) == {"a hand's breadth"}
    area = dict(zip(names, touched["area_m2"], strict=True))
    assert (area["inside"], area["across"], area["a hand's breadth"]) == pytest.approx((900, 600, 60))
    assert dict(zip(names, touched["length_m"], strict=True))["road"] == pytest.approx(30)


def test_site_that_is_itself_thinner_than_the_accuracy_is_not_overlooked() -> None:
    difference = compared(blocks(), edited(blocks(), "B3-2", "RDD"))
    touched = touched_sites(sites(site("kiosk", box(370, 250, 373, 253))), difference)
    assert touched["beyond_accuracy"].tolist() == [True]


def test_border_that_moves_within_the_accuracy_is_a_shift_and_beyond_it_a_change() -> None:
    old = [("A", "LUA", box(0, 0, 100, 100), "P1"), ("B", "ODT", box(100, 0, 200, 100), "P1")]
    near = [("A", "LUA", box(0, 0, 104, 100), "P1"), ("B", "ODT", box(104, 0, 200, 100), "P1")]
    far = [("A", "LUA", box(0, 0, 120, 100), "P1"), ("B", "ODT", box(120, 0, 200, 100), "P1")]
    assert told(compared(old, near)) == [("boundary_shift", "ODT", "LUA", 400)]
    assert told(compared(old, far)) == [("class_change", "ODT", "LUA", 2_000)]
    register = sites(site("S", box(90, 10, 110, 30)))
    assert touched_sites(register, compared(old, near))["beyond_accuracy"].tolist() == [False]


def test_new_and_removed_ground() -> None:
    old = [("A", "LUA", box(0, 0, 100, 100), "P1"), ("B", "ODT", box(100, 0, 200, 100), "P1")]
    new = [("A", "LUA", box(0, 0, 100, 150), "P1"), ("B", "ODT", box(130, 0, 200, 100), "P1")]
    assert told(compared(old, new)) == [("new_area", "", "LUA", 5_000), ("removed_area", "ODT", "", 3_000)]


def test_overlay_class_is_compared_apart_from_the_ground() -> None:
    old = [("A", "LUA", box(0, 0, 100, 100), "P1"), ("K", "KKT", box(0, 0, 50, 100), "P1")]
    new = [("A", "LUA", box(0, 0, 100, 100), "P1"), ("K", "KKT", box(0, 0, 80, 100), "P1")]
    assert told(compared(old, new)) == [("new_area", "", "KKT", 3_000)]


def test_zone_that_only_got_another_identifier_or_attribute() -> None:
    old, new = zones(*blocks()[:3]), zones(*blocks()[:3])
    old["ghi_chu"], new["ghi_chu"] = ["x", "y", "z"], ["x", "y", "w"]
    new.loc[0, "zone_id"] = "other"
    (before,), (after,) = zones_by_plan(old, BOOK), zones_by_plan(new, BOOK)
    assert told(compare_versions(before, after)) == []
    changes = compare_versions(before, after, attributes=True).changes
    assert changes["kind"].tolist() == ["attribute_change"] * 2
    assert sorted(changes["detail"]) == ["ghi_chu: z → w", "zone_id: B0-0 → other"]


def test_overlap_within_a_version_that_is_settled_is_told() -> None:
    """Ground that was LUA and ODT at once is only ODT now: a change, though ODT lay there before."""
    old = [("A", "LUA", box(0, 0, 120, 100), "P1"), ("B", "ODT", box(100, 0, 200, 100), "P1")]
    new = [("A", "LUA", box(0, 0, 100, 100), "P1"), ("B", "ODT", box(100, 0, 200, 100), "P1")]
    assert told(compared(old, new)) == [("class_change", "LUA", "ODT", 2_000)]


@settings(deadline=None, max_examples=20)
@given(st.dictionaries(st.tuples(st.integers(0, 7), st.integers(0, 7)), st.sampled_from(CODES), max_size=6))
def test_referee_counts_edited_blocks(edits: dict[tuple[int, int], str]) -> None:
    rows, expected = blocks(), {}
    for (x, y), code in edits.items():
        was = CODES[(x + 2 * y) % 5]
        rows = edited(rows, f"B{x}-{y}", code)
        if was != code:
            expected[was, code] = expected.get((was, code), 0) + 10_000
    changes = compared(blocks(), rows).changes
    found = changes.groupby(["from_code", "to_code"])["area_m2"].sum().to_dict() if len(changes) else {}
    assert found == pytest.approx(expected)


def test_sample_agrees_with_another_engine() -> None:
    """The amendment of the sample against geopandas.overlay, class by class."""
    layer = pg.read_zones(pg.sample("zones.gpkg"), profile="vn")
    book = pg.load_rulebook(pg.sample("rulebook.yaml")).at(ON)
    plans = {p.plan_id: p for p in zones_by_plan(layer, book)}
    changes = compare_versions(plans["QHSDD-2021"], plans["QHSDD-2021-DC1"]).changes
    before, after = (layer.loc[layer["plan_id"] == p, ["zone_code", "geometry"]] for p in ("QHSDD-2021", "QHSDD-2021-DC1"))
    both: gpd.GeoDataFrame = gpd.overlay(before, after, how="intersection", keep_geom_type=False)
    both = both[both["zone_code_1"] != both["zone_code_2"]]
    expected = both.area.groupby([both["zone_code_1"], both["zone_code_2"]]).sum()
    expected = expected[expected > 1].to_dict()
    areas = changes.groupby(["kind", "from_code", "to_code"])["area_m2"].sum()
    assert areas["class_change"].to_dict() == pytest.approx(expected, rel=1e-6)
    left_out = areas.drop("class_change").droplevel(["from_code", "to_code"]).to_dict()
    assert left_out == pytest.approx({"removed_area": 40_000, "boundary_shift": 1_200}), "the gap and the sliver of the drawing"
