"""The second computation of distances, districts and certainty: exact by itself, silent on sound input, and it catches a broken engine."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import plangeo as pg
from plangeo import surroundings
from plangeo.assessing import chunks, layermeasures
from plangeo.assessment import assess
from plangeo.recount.exactgaps import Gap, Places, gap_between
from plangeo.recount.neighbourhood import Neighbourhood
from plangeo.recount.wholegrid import Grid
from plangeo.recount.zonestock import ZoneStock
from tests.effort import examples
from tests.makers import CRS, PLANS, RULES, X0, Y0, rule, rulebook, site, sites, square, zones

DAY = "2025-07-01"
BOOK = rulebook(plans=[PLANS[0] | {"accuracy_m": 5.0}])
PLAN = zones(("A", "ODT", square(0, 0, 100), "P1"), ("B", "RPH", square(100, 0, 100), "P1"))


def reasons(result: pg.Assessment, check: str) -> dict[str, str]:
    found = result.findings[result.findings["check"] == check]
    return dict(zip(found["site_id"], found["reason"], strict=True))


def verdicts(result: pg.Assessment) -> dict[str, str]:
    return dict(zip(result.sites["site_id"], result.sites["verdict"], strict=True))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_a_grid_holds_its_coordinates_exactly(values: list[float]) -> None:
    grid = Grid.of(np.array(values))
    assert [Fraction(n, 1 << grid.bits) for n in grid.whole(values)] == [Fraction(v) for v in values]


PLACES = st.tuples(st.integers(-30, 30), st.integers(-30, 30))


@st.composite
def shapes(draw: st.DrawFn) -> Any:
    """Points, lines and areas on a small grid and off it, so that they touch, cross and hold one another."""
    points = draw(st.lists(PLACES, min_size=3, max_size=5, unique=True))
    scale = draw(st.sampled_from([1.0, 0.1]))
    kind = draw(st.sampled_from(["point", "line", "area", "both"]))
    line = shapely.LineString(points)
    parts = {
        "point": [line.centroid],
        "line": [line],
        "area": [shapely.convex_hull(line)],
        "both": [line, shapely.buffer(line, 2)],
    }
    shape = shapely.GeometryCollection(parts[kind])
    return shapely.affinity.translate(shapely.affinity.scale(shape, scale, scale, origin=(0, 0)), X0, Y0)


@given(shapes(), shapes())
def test_distances_between_segments_are_those_of_the_geometry_library(one: Any, other: Any) -> None:
    found = gap_between(Places([one]), Places([other]))
    assert found.metres == pytest.approx(shapely.distance(one, other), abs=1e-8)
    assert gap_between(Places([other]), Places([one])).square == found.square


def test_a_distance_is_held_against_a_bound_without_rounding() -> None:
    slant = gap_between(Places([shapely.Point(0, 0)]), Places([shapely.LineString([(2, -1), (2 + 1e-9, 1)])]))
    assert math.isclose(slant.metres, 2.0)
    assert not Gap(Fraction(2) - Fraction(1, 10**40)).reaches(math.sqrt(2))
    assert slant.reaches(2.0) is (slant.square is not None and slant.square >= 4)
    beside = gap_between(Places([shapely.Point(0, 0)]), Places([shapely.LineString([(3, 4), (3, 9)])]))
    assert (beside.square, beside.reaches(5), beside.reaches(5, beyond=True)) == (25, True, False)


# Three sites, each 3 or 4 m from where its verdict would change; the plan is accurate to 5 m.
NEAR_A_BORDER = {
    "beside worse ground": square(80, 40, 17),
    "beside ground without a plan": square(40, 3, 10),
    "beside better ground": square(101, 40, 3),
}


def _near_a_border(**more: Any) -> pg.Assessment:
    asked = sites(*(site(name, shape) for name, shape in NEAR_A_BORDER.items()), site("sure", square(30, 30, 20)))
    return assess(asked, BOOK, on=DAY, zones=PLAN, **more)


def test_sound_measures_near_borders_are_confirmed() -> None:
    plain, checked = _near_a_border(), _near_a_border(cross_check=True)
    pd.testing.assert_frame_equal(plain.findings, checked.findings)
    assert set(reasons(plain, "robustness").values()) == {"within_map_accuracy", "robust"}
    assert checked.recount["kinds"]["robustness"] == {
        "pairs": 1,
        "rational_pairs": 1,
        "not_recomputed": 0,
        "sites_in_doubt": [],
    }
    assert checked.recount["kinds"]["nearest"]["pairs"] == 1


def _broken(change: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The engine's measure of what lies around, with a fault."""
    sound = chunks.measure_around

    def measure(*given: Any, **more: Any) -> Any:
        return change(*sound(*given, **more))

    return measure


def test_displacements_that_the_engine_takes_for_larger_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = _broken(lambda flips, nearest: ({s: replace(f, distance_m=f.distance_m + 50) for s, f in flips.items()}, nearest))
    monkeypatch.setattr(chunks, "measure_around", faulty)
    unchecked, checked = _near_a_border(), _near_a_border(cross_check=True)
    assert verdicts(unchecked)["beside worse ground"] == "permitted"  # which is what must not be said
    assert verdicts(unchecked)["beside better ground"] == "not_permitted"
    assert verdicts(checked) == dict.fromkeys(NEAR_A_BORDER, "unknown") | {"sure": "permitted"}
    assert reasons(checked, "robustness") == dict.fromkeys(NEAR_A_BORDER, "recount_differs") | {"sure": "robust"}
    assert checked.recount["sites_in_doubt"] == sorted(NEAR_A_BORDER)
    assert "ε* 53 m ≠ 3 m" in pg.explain(checked, "beside worse ground", "en")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"distance_m": 40.0}, id="farther than it is"),
        pytest.param({"zone_id": "far", "distance_m": 196.0}, id="another zone is nearer"),
        pytest.param({"zone_id": "", "distance_m": math.nan}, id="none found"),
    ],
)
def test_a_nearest_zone_that_is_not_is_caught(fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    plan = pd.concat([PLAN, zones(("far", "ODT", square(300, 0, 100), "P1"))], ignore_index=True)
    asked = sites(site("S", square(101, 40, 3)))
    sound = assess(asked, BOOK, on=DAY, zones=plan, cross_check=True)
    assert sound.recount["sites_in_doubt"] == []
    assert sound.nearest["distance_m"].tolist() == [1.0]
    monkeypatch.setattr(chunks, "measure_around", _broken(lambda flips, nearest: (flips, nearest.assign(**fault))))
    result = assess(asked, BOOK, on=DAY, zones=plan, cross_check=True)
    assert reasons(result, "robustness") == {"S": "recount_differs"}
    assert result.recount["kinds"]["nearest"]["sites_in_doubt"] == ["S"]


def _stock(*shapes: Any) -> tuple[ZoneStock, Any]:
    frame = gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)
    return ZoneStock(frame), np.ones(len(frame), dtype=bool)


def test_the_border_of_a_ground_is_where_no_other_zone_lies() -> None:
    west, north, south = square(0, 0, 100), shapely.box(X0 + 100, Y0 + 40, X0 + 200, Y0 + 100), None
    south = shapely.box(X0 + 100, Y0, X0 + 200, Y0 + 40)
    place = square(90, 30, 20)  # across all three: the long side of one is two sides of the others
    assert Neighbourhood(place, *_around(_stock(west, north, south), 20.0)).to_border(np.ones(3, dtype=bool)) is None
    apart = shapely.affinity.translate(north, 0, 1e-3)
    gap = Neighbourhood(place, *_around(_stock(west, apart, south), 20.0)).to_border(np.ones(3, dtype=bool))
    assert gap == 0.0  # a millimetre between the zones is ground without a plan, and it lies under the site
    hair = shapely.affinity.translate(north, 0, 1e-7)
    assert Neighbourhood(place, *_around(_stock(west, hair, south), 20.0)).to_border(np.ones(3, dtype=bool)) is None
    assert Neighbourhood(place, *_around(_stock(west, north, south), 31.0)).to_border(np.ones(3, dtype=bool)) == 30.0
    overlapping = shapely.box(X0 + 90, Y0 + 40, X0 + 200, Y0 + 100)
    assert Neighbourhood(place, *_around(_stock(west, overlapping, south), 20.0)).to_border(np.ones(3, dtype=bool)) is None
    assert (
        Neighbourhood(square(500, 0, 5), *_around(_stock(west), 20.0)).to_border(np.ones(1, dtype=bool)) == 0.0
    )  # off the ground


def _around(stock: tuple[ZoneStock, Any], reach: float) -> tuple[ZoneStock, float]:
    return stock[0], reach


@examples(6)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(2, 25))
def test_the_deepest_place_of_a_site_may_lie_inside_it(wide: int, high: int, margin: int) -> None:
    """A site that fills a hole of the better ground: its middle is the deepest, no corner is."""
    hole = shapely.box(X0, Y0, X0 + wide, Y0 + high)
    stock, chosen = _stock(shapely.difference(square(-100, -100, 300), hole))
    half = min(wide, high) / 2
    for reach, expected in ((half - margin / 30, True), (half + margin / 30, False)):
        if reach > 0:
            assert Neighbourhood(hole, stock, reach).has_place_apart(chosen) in (expected, None)
    line = shapely.LineString([(X0, Y0 + high / 2), (X0 + wide, Y0 + high / 2)])
    assert Neighbourhood(line, stock, half - 0.01).has_place_apart(chosen) is True


DISTRICTS = gpd.GeoDataFrame(
    {"district_id": ["1", "2"], "district_name": ["Xã Một", "Xã Hai"], "problem": "", "repaired": ""},
    geometry=[square(0, 0, 100), square(100, 0, 100)],
    crs=CRS,
)
IN_UNITS = {
    "inside": square(10, 10, 20),
    "across": square(90, 40, 40),
    "road": shapely.LineString([(X0 + 50, Y0 + 50), (X0 + 150, Y0 + 50)]),
    "along": shapely.LineString([(X0 + 100, Y0 + 10), (X0 + 100, Y0 + 90)]),
    "point": shapely.Point(X0 + 50, Y0 + 50),
    "edge": shapely.Point(X0 + 100, Y0 + 50),
}


def _in_units(**more: Any) -> pg.Assessment:
    asked = sites(*(site(name, shape, declared_district="Xã Một") for name, shape in IN_UNITS.items()))
    return assess(asked, BOOK, on=DAY, zones=PLAN, districts=DISTRICTS, **more)


def test_districts_are_confirmed() -> None:
    plain, checked = _in_units(), _in_units(cross_check=True)
    pd.testing.assert_frame_equal(plain.findings, checked.findings)
    told = checked.recount["kinds"]["districts"]
    assert (told["sites_in_doubt"], told["not_recomputed"]) == ([], 0)
    assert told["pairs"] == told["rational_pairs"] == 10  # two units each but for "inside" and "point"


UNIT_FAULTS = {
    "the wrong unit": (lambda e: e.assign(district_id="2", district_name="Xã Hai"), {"inside", "across", "road", "point"}),
    "a unit overlooked": (lambda e: e[e["district_id"] != "1"], {"inside", "across", "road", "point"}),
    "shares off by one in a million": (lambda e: e.assign(share=e["share"] * (1 - 1e-6)), {"inside", "across", "road", "along"}),
}


@pytest.mark.parametrize("fault", sorted(UNIT_FAULTS))
def test_a_fault_in_measuring_districts_is_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it, caught = UNIT_FAULTS[fault]
    sound = layermeasures.measure_districts
    monkeypatch.setattr(layermeasures, "measure_districts", lambda *given: break_it(sound(*given)).reset_index(drop=True))
    result = _in_units(cross_check=True)
    doubted = {name for name, reason in reasons(result, "district").items() if reason == "recount_differs"}
    assert doubted >= caught - {"along"}
    assert doubted == set(result.recount["kinds"]["districts"]["sites_in_doubt"])
    assert {verdicts(result)[name] for name in doubted} <= {"unknown", "not_permitted"}
    assert "in which administrative unit" in pg.explain(result, "inside", "en")


KEPT_CLEAR = {"use": "*", "layer": "relics", "field": "distance_m", "op": ">=", "value": 100, "basis": "test"}
CLEAR = rulebook(requirements=[KEPT_CLEAR], rules=[*RULES, rule("housing", "LUA", "conditional")])
WIDE = zones(("A", "ODT", square(-500, -500, 2000), "P1"))


def _kept_clear(*relics: Any, **more: Any) -> pg.Assessment:
    asked = sites(
        site("met", square(0, 0, 50)),  # 100 m to the last digit
        site("failed", square(60, 0, 50)),
        site("unsure", square(0, 100, 50), accuracy_m=20.0),
        site("point", shapely.Point(X0, Y0), declared_area_m2=10_000.0),
        site("upon", square(300, 0, 100)),
    )
    frame = gpd.GeoDataFrame({"name": ["đền", "chùa", "tháp"][: len(relics)]}, geometry=list(relics), crs=CRS)
    return assess(asked, CLEAR, on=DAY, zones=WIDE, relics=frame, **more)


RELICS = (shapely.LineString([(X0 + 150, Y0 - 20), (X0 + 150, Y0 + 90)]), square(320, 20, 10))


def test_distances_to_what_must_be_kept_clear_of_are_confirmed() -> None:
    plain, checked = _kept_clear(*RELICS), _kept_clear(*RELICS, cross_check=True)
    pd.testing.assert_frame_equal(plain.findings, checked.findings)
    assert reasons(plain, "setback") == {
        "met": "met",
        "failed": "failed",
        "unsure": "within_accuracy",
        "point": "point_uncertain",
        "upon": "touched",
    }
    assert checked.recount["kinds"]["setbacks"] == {
        "pairs": 5,
        "rational_pairs": 5,
        "not_recomputed": 0,
        "sites_in_doubt": [],
    }


def test_a_feature_that_the_engine_overlooks_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = surroundings._nearest
    monkeypatch.setattr(surroundings, "_nearest", lambda asked, features, layer: sound(asked, features.iloc[1:], layer))
    assert reasons(_kept_clear(*RELICS), "setback")["failed"] == "met"  # which is what must not be said
    result = _kept_clear(*RELICS, cross_check=True)
    told = {name for name, reason in reasons(result, "setback").items() if reason == "recount_differs"}
    assert told == {"met", "failed", "unsure", "point"} == set(result.recount["kinds"]["setbacks"]["sites_in_doubt"])
    assert verdicts(result)["failed"] == "unknown"
    assert "relics: 210 m ≠ 40 m (>= 100 m)" in pg.explain(result, "failed", "en")


def test_a_distance_that_only_rounding_lifts_over_its_bound_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """One nanometre short of the bound, which the engine is made to round away."""
    short = shapely.LineString([(X0 + 150 - 1e-8, Y0 - 20), (X0 + 150 - 1e-8, Y0 + 90)])
    assert reasons(_kept_clear(short, cross_check=True), "setback")["met"] == "failed"
    sound = surroundings._nearest
    monkeypatch.setattr(surroundings, "_nearest", lambda *given: (np.round(sound(*given)[0], 6), sound(*given)[1]))
    assert reasons(_kept_clear(short), "setback")["met"] == "met"
    assert reasons(_kept_clear(short, cross_check=True), "setback")["met"] == "recount_differs"


def test_a_broken_feature_nearby_must_have_been_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    bow = shapely.Polygon([(X0 + 100, Y0), (X0 + 140, Y0 + 50), (X0 + 140, Y0), (X0 + 100, Y0 + 50)])
    relics = (shapely.Point(X0 + 900, Y0), bow)
    assert reasons(_kept_clear(*relics, cross_check=True), "setback")["met"] == "not_measured"
    sound = surroundings.quarantined_boxes
    elsewhere = shapely.box(0, 0, 1, 1)
    monkeypatch.setattr(surroundings, "quarantined_boxes", lambda frame: dict.fromkeys(sound(frame), elsewhere))
    assert reasons(_kept_clear(*relics), "setback")["met"] == "met"  # which is what must not be said
    assert reasons(_kept_clear(*relics, cross_check=True), "setback")["met"] == "recount_differs"


def test_a_point_that_would_do_wherever_it_lies_is_confirmed_and_a_gap_too_large_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Discs of 314 m² reach 20 m from the point; the plan is accurate to 5 m."""
    asked = sites(
        site("sure", shapely.Point(X0 + 50, Y0 + 50), declared_area_m2=314.0),
        site("beside worse ground", shapely.Point(X0 + 85, Y0 + 50), declared_area_m2=314.0),
        site("beside no ground", shapely.Point(X0 + 50, Y0 + 12), declared_area_m2=314.0),
    )
    book = rulebook(plans=[PLANS[0] | {"accuracy_m": 5.0}], rules=[*RULES, rule("*", "SKK", "not_permitted")])
    sound = assess(asked, book, on=DAY, zones=PLAN, cross_check=True)
    assert reasons(sound, "placement")["sure"] == "disc_everywhere"
    assert sound.recount["kinds"]["placement"] == {"pairs": 1, "rational_pairs": 1, "not_recomputed": 0, "sites_in_doubt": []}
    measure = chunks.measure_rooms
    monkeypatch.setattr(
        chunks,
        "measure_rooms",
        lambda *given: {s: replace(room, gap_m=99.0, would=1.0) for s, room in measure(*given).items()},
    )
    assert set(reasons(assess(asked, book, on=DAY, zones=PLAN), "placement").values()) == {"disc_everywhere"}
    result = assess(asked, book, on=DAY, zones=PLAN, cross_check=True)
    assert reasons(result, "placement") == {
        "sure": "disc_everywhere",
        "beside worse ground": "recount_differs",
        "beside no ground": "recount_differs",
    }
    assert "99 m ≠ 12 m" in pg.explain(result, "beside no ground", "en")


def test_ground_of_present_uses_is_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = sites(site("S", square(60, 10, 80)))
    present = zones(("R", "LUC", square(0, 0, 100), "P1"), ("V", "ODT", square(100, 0, 100), "P1"))
    sound = assess(asked, BOOK, on=DAY, zones=PLAN, present_use=present, cross_check=True)
    assert sound.recount["kinds"]["present_use"] == {"pairs": 2, "rational_pairs": 2, "not_recomputed": 0, "sites_in_doubt": []}
    measure = layermeasures.measure_zones

    def broken(places: Any, zones: Any = None, **more: Any) -> Any:
        found = measure(places, zones, **more)
        if "R" in set(found.evidence["zone_id"]):
            object.__setattr__(found, "evidence", found.evidence[found.evidence["zone_id"] != "R"].reset_index(drop=True))
        return found

    monkeypatch.setattr(layermeasures, "measure_zones", broken)
    result = assess(asked, BOOK, on=DAY, zones=PLAN, present_use=present, cross_check=True)
    assert result.recount["kinds"]["present_use"]["sites_in_doubt"] == ["S"]
    assert result.recount["kinds"]["zones"]["sites_in_doubt"] == []
    assert "coverage.recount_differs" in result.sites["reasons"].iloc[0]
