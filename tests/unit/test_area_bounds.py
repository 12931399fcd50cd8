"""Declared areas at their bounds: what agrees, what is likely a slip of units, what a circle around a point meets."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from plangeo.checks.declared_area import slipped_areas
from plangeo.law.precedence import govern
from plangeo.rulebook import Rulebook
from tests.lawtables import DAY, OVERLAY, face, measured, rows, zone
from tests.makers import CLASSES, PLANS, RULES, plan, rule, rulebook

TOLD = ("reason", "verdict", "threshold", "measure", "share", "detail_en")


def told(*columns: str, drawn: float = 100.0, **site: Any) -> list[Any]:
    """What is said of a site of ``drawn`` m² whose register has the given columns (named without ``declared_area_``)."""
    own = {"dimension", "has_place"}
    given = {(k if k in own else f"declared_area_{k}"): v for k, v in site.items()}
    (found,) = rows("declared_area", measured(rulebook(), site_area_m2=drawn, **given), *(columns or ("reason", "verdict")))
    return found


@pytest.mark.parametrize("nothing", [{}, {"m2": math.nan}, {"m2": 0.0}, {"m2": None}, {"m2": math.nan, "text": "  "}])
@pytest.mark.parametrize("has_place", [True, False])
def test_no_area_is_nothing_to_compare(nothing: dict[str, Any], has_place: bool) -> None:
    assert told(*TOLD, **nothing, has_place=has_place)[:2] == ["not_declared", "permitted"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ({"text": " 5 mẫu? "}, "5 mẫu?"),
        ({"text": "5 mẫu?", "m2": 100.0}, "5 mẫu?"),
        ({"m2": math.inf}, "inf"),
        ({"m2": -0.5}, "-0.5"),
        ({"min_m2": -0.5}, "-0.5"),
        ({"max_m2": -0.5}, "-0.5"),
        ({"min_m2": -0.5, "max_m2": 10.0}, "10"),
        ({"min_m2": 10.0, "max_m2": math.inf}, "inf"),
        ({"min_m2": math.inf, "max_m2": math.nan}, "inf"),
    ],
)
def test_an_area_that_is_no_size_is_shown_as_it_stands(cell: dict[str, Any], shown: str) -> None:
    for more in ({}, {"dimension": 0}, {"dimension": 1}, {"has_place": False}):
        assert told("reason", "verdict", "detail_en", **cell, **more) == ["unreadable", "unknown", shown]


@pytest.mark.parametrize("cell", [{"min_m2": 0.0, "max_m2": 500.0}, {"m2": 0.5}, {"min_m2": 0.5}])
def test_little_is_an_area_too(cell: dict[str, Any]) -> None:
    assert told(drawn=0.75, **cell)[0] in ("agrees", "within_range")


def test_without_a_place_and_along_a_line_nothing_is_compared() -> None:
    assert told(*TOLD[:4], m2=1000.0, has_place=False) == ["no_place", "unknown", 1000, ""]
    assert told(*TOLD[:4], m2=1000.0, dimension=1) == ["not_measurable", "permitted", 1000, ""]
    for dimension in (0, 1):
        for note, reason in (
            ("doubtful_unit(1 mẫu): read as 3600", "doubtful_unit"),
            ("unlike_neighbours(100): high", "unlike_neighbours"),
        ):
            found = told(*TOLD[:3], "detail", m2=1000.0, note=note, dimension=dimension)
            assert found == [reason, "unknown", 1000, "1 mẫu" if reason == "doubtful_unit" else "100"]
    assert told(m2=1000.0, note="doubtful_unit(1 mẫu): read as 3600", dimension=1, has_place=False)[0] == "no_place"


@pytest.mark.parametrize(
    ("declared", "drawn", "reason"),
    [
        (1_000, 1_100, "agrees"),
        (1_000, 1_100.01, "differs"),
        (1_000, 900, "agrees"),
        (1_000, 899.99, "differs"),
        (10_000, 10_500, "agrees"),
        (10_000, 10_500.01, "differs"),
        (10_000, 9_500, "agrees"),
        (10_000, 9_499.99, "differs"),
        (10_000, 104_990, "unit_slip"),
        (10_000, 105_010, "differs"),
        (10_000, 95_010, "unit_slip"),
        (10_000, 94_990, "differs"),
        (104_990, 10_000, "unit_slip"),
        (5_000, 0.5, "unit_slip"),
        (5_000, 0.0, "differs"),
        (10_000, 20_000, "differs"),
    ],
)
def test_a_drawn_area_agrees_within_a_twentieth_or_rounding(declared: float, drawn: float, reason: str) -> None:
    verdict = "permitted" if reason == "agrees" else "unknown"
    share = round(abs(declared - drawn) / declared, 9)
    found = told(*TOLD, m2=float(declared), drawn=drawn)
    assert found[:5] == [reason, verdict, declared, drawn, share]
    assert (found[5] in ("10", "10000")) is (reason == "unit_slip")
    assert bool(found[5]) is (reason == "unit_slip")


@pytest.mark.parametrize("power", [10, 100, 1_000, 10_000, 1_000_000])
def test_slips_of_units_are_told_with_their_factor(power: int) -> None:
    assert told("reason", "detail", "detail_en", m2=1e7, drawn=1e7 * power) == ["unit_slip", f"{power:g}", f"{power:g}"]
    assert told("reason", "detail", "detail_en", m2=1e7, drawn=1e7 / power) == ["unit_slip", f"{power:g}", f"{power:g}"]


def test_a_number_that_agrees_only_by_its_reading_is_not_confirmed() -> None:
    for note, reason in (
        ("by_drawing(1.234): read as 1.23 ha", "read_by_drawing"),
        ("doubtful_unit(1.234): read so", "doubtful_unit"),
    ):
        assert told("reason", "verdict", "detail", m2=100.0, note=note) == [reason, "unknown", "1.234"]
        assert told("reason", "detail", m2=1000.0, drawn=3000.0, note=note) == ["differs", ""]
        assert told("reason", "detail", min_m2=90.0, max_m2=110.0, note=note) == [reason, "1.234"]
    assert told(m2=100.0, note="unlike_neighbours(10): high")[0] == "agrees"  # a drawing of that size confirms it
    assert told(m2=100.0, note=None)[0] == "agrees"
    assert told(m2=100.0, note=3.0)[0] == "agrees"


@pytest.mark.parametrize(
    ("ends", "drawn", "reason", "threshold", "detail"),
    [
        ((800, 1000), 700, "within_range", 800, "800.0 m² – 0.1000 ha"),
        ((800, 1000), 699.99, "outside_range", 800, "800.0 m² – 0.1000 ha"),
        ((800, 1000), 1100, "within_range", 1000, "800.0 m² – 0.1000 ha"),
        ((800, 1000), 1100.01, "outside_range", 1000, "800.0 m² – 0.1000 ha"),
        ((800, 1000), 900, "within_range", 800, "800.0 m² – 0.1000 ha"),
        ((800, 1000), 900.01, "within_range", 1000, "800.0 m² – 0.1000 ha"),
        ((800, math.nan), 1600, "within_range", 800, "800.0 m² or more"),
        ((800, math.nan), 1600.01, "outside_range", 800, "800.0 m² or more"),
        ((math.nan, 800), 400, "within_range", 800, "800.0 m² or less"),
        ((math.nan, 800), 399.99, "outside_range", 800, "800.0 m² or less"),
        ((800, 1000), 7000, "unit_slip", 1000, "10"),
        ((800, 1000), 6999, "outside_range", 1000, "800.0 m² – 0.1000 ha"),
        ((800, 1000), 11000, "unit_slip", 1000, "10"),
        ((800, 1000), 11001, "outside_range", 1000, "800.0 m² – 0.1000 ha"),
        ((800, 1000), 70, "unit_slip", 800, "10"),
        ((800, 1000), 110, "unit_slip", 800, "10"),
        ((800, 1000), 69.99, "outside_range", 800, "800.0 m² – 0.1000 ha"),
        ((800, 1000), 110.01, "outside_range", 800, "800.0 m² – 0.1000 ha"),
        ((800, 20000), 190, "unit_slip", 800, "10"),  # a hundred would do too
    ],
)
def test_a_range_is_fulfilled_up_to_rounding(
    ends: tuple[float, float], drawn: float, reason: str, threshold: float, detail: str
) -> None:
    verdict = "permitted" if reason == "within_range" else "unknown"
    share = round(abs(drawn - threshold) / threshold, 9)
    found = told(*TOLD, min_m2=float(ends[0]), max_m2=float(ends[1]), drawn=float(drawn))
    assert found == [reason, verdict, threshold, drawn, share, detail]


def test_of_nothing_there_is_no_share() -> None:
    assert told("reason", "threshold", "share", min_m2=0.0, max_m2=1000.0, drawn=10.0) == ["within_range", 0, ""]
    assert told("reason", "share", m2=0.5, drawn=1.0) == ["agrees", 1]


def test_only_slips_of_declared_areas_are_left_out_of_sums() -> None:
    found = pd.DataFrame(
        [
            ("A", "declared_area", "unit_slip"),
            ("B", "declared_area", "unlike_neighbours"),
            ("C", "declared_area", "differs"),
            ("D", "x", "unit_slip"),
        ],
        columns=["site_id", "check", "reason"],
    )
    assert slipped_areas(found) == {"A", "B"}


# --- a point with a declared area -------------------------------------------------------------------------------------------


def point(
    here: list[Any],
    around: list[Any] | None,
    *columns: str,
    book: Rulebook | None = None,
    faulty: tuple[Any, ...] = (),
    **site: Any,
) -> list[list[Any]]:
    """What the circle ``around`` a point on the spots ``here`` says; a spot is a tuple of zones, with a site where there are several."""
    law = (book or rulebook(classes=[*CLASSES, OVERLAY])).at(DAY)

    def faces(spots: list[Any]) -> list[dict[str, Any]]:
        return [
            face(100, *(z for z in spot if isinstance(z, tuple)), site=next((z for z in spot if isinstance(z, str)), "S"), dim=0)
            for spot in spots
        ]

    facts: dict[str, Any] = {"footprint_quarantined": faulty}
    if around is not None:
        facts["footprint_cover"] = govern(pd.DataFrame(faces(around), columns=list(face(1))), law)
    table = measured(law, *faces(here), facts=facts, **({"dimension": 0, "declared_area_m2": 1000.0, "site_area_m2": 0.0} | site))
    return rows("declared_area", table, *(columns or ("reason", "detail_en")))


ODT, LUA, RPH, SKK, KKT = ((zone(code),) for code in ("ODT", "LUA", "RPH", "SKK", "KKT"))
FITS = [["point_fits", ""]]


def test_a_circle_that_meets_no_worse_ground_fits() -> None:
    assert point([ODT], [ODT], "reason", "verdict", "threshold", "unit") == [["point_fits", "permitted", 1000, "m²"]]
    assert point([LUA], [LUA, ODT]) == FITS
    assert point([RPH], [RPH, ODT, LUA]) == FITS
    assert point([(*ODT, *LUA)], [(*ODT, *LUA), LUA]) == FITS  # the stricter of two on the point
    assert point([], [ODT, LUA]) == FITS  # nothing is milder than no ground, which another check tells


def test_a_circle_that_meets_worse_ground_leaves_the_point_undecided() -> None:
    assert point([ODT], [ODT, RPH], "reason", "verdict", "threshold") == [["point_uncertain", "unknown", 1000]]
    for here, around, named in (
        ([ODT], [ODT, LUA], "LUA"),
        ([ODT], [ODT, RPH, LUA], "LUA, RPH"),
        ([ODT], [ODT, SKK], "SKK"),  # no rule speaks of it
        ([RPH], [RPH, SKK], "SKK"),
        ([SKK], [SKK], "SKK"),
        ([ODT], [ODT, (zone(""),)], "a zone without a code"),
        ([ODT], [ODT, (zone("XXX"),)], "XXX"),
        ([ODT], [ODT, ()], "ground without a zone"),
        ([ODT], [ODT, KKT], "ground without a zone"),  # an overlay is no ground
        ([ODT], [], "ground without a zone"),
        ([ODT], None, "ground without a zone"),
    ):
        assert point(here, around) == [["point_uncertain", named]]
    assert point([ODT], [ODT, (zone(""),), ()], "detail") == [["vùng chưa có mã, nơi không có vùng quy hoạch"]]
    assert point([ODT], [ODT], use_code="") == [["point_uncertain", "ODT"]]


def test_an_overlay_around_a_point_counts_when_a_rule_speaks_of_it() -> None:
    ruled = rulebook(classes=[*CLASSES, OVERLAY], rules=[*RULES, rule("housing", "KKT", "not_permitted")])
    over = [(*ODT, *KKT)]
    assert point([ODT], [ODT, *over]) == FITS
    assert point([ODT], [ODT, *over], book=ruled) == [["point_uncertain", "KKT"]]


def test_rules_that_ask_for_sizes_say_nothing_of_a_point() -> None:
    def asked(*conditions: dict[str, Any]) -> str:
        rules = [rule("housing", "ODT", "permitted", conditions=list(conditions))]
        return str(point([ODT], [ODT], book=rulebook(rules=rules), storeys=3)[0][0])

    size, storeys = {"field": "share", "op": "<=", "value": 9}, {"field": "storeys", "op": "<=", "value": 5}
    assert asked(storeys) == "point_fits"
    assert asked(size) == asked(storeys, size) == asked(size, storeys) == "point_uncertain"
    assert (
        asked({"field": "storeys", "op": "<=", "value": 2}) == "point_fits"
    )  # not permitted all around: no worse than the point


def test_a_faulty_zone_within_the_circle_counts_when_it_could_make_it_worse() -> None:
    plans = [PLANS[0], plan("OLD", valid_to="2024-12-31")]

    def near(*faulty: tuple[str, str, str], sites: str = "S") -> list[Any]:
        found = tuple({"id": i, "code": c, "plan_id": p, "sites": set(sites)} for i, c, p in faulty)
        return point([ODT], [ODT], book=rulebook(plans=plans), faulty=found)[0]

    assert near(("z1", "RPH", "P1"), ("z2", "LUA", "P1")) == ["point_near_faulty_zone", "z1 (RPH), z2 (LUA)"]
    assert near(("z1", "LUA", "P1"), ("z1", "RPH", "P1"), ("z0", "RPH", "P1"))[1] == "z0 (RPH), z1 (LUA), z1 (RPH)"
    assert near(("z1", "", "P1")) == ["point_near_faulty_zone", "z1 (a zone without a code)"]
    assert [near(f) for f in (("z1", "ODT", "P1"), ("z1", "RPH", "OLD"))] == FITS * 2
    assert near(("z1", "RPH", "P1"), sites="T") == FITS[0]
    worse = point([ODT], [ODT], "verdict", faulty=({"id": "z", "code": "RPH", "plan_id": "P1", "sites": {"S"}},))
    assert worse == [["unknown"]]


def test_the_least_area_alone_draws_no_circle() -> None:
    ends = {"declared_area_m2": math.nan, "declared_area_min_m2": 500.0}
    assert point([ODT], [ODT], "reason", "verdict", "threshold", **ends) == [["point_open_area", "unknown", 500]]
    assert point([ODT], [ODT], "reason", **ends, declared_area_approx=True) == [["point_fits"]]
    assert point([ODT], [ODT], "reason", **ends, declared_area_max_m2=900.0) == [["point_fits"]]


def test_every_point_is_judged_by_its_own_circle() -> None:
    here = [(*ODT, "A"), (*RPH, "B"), (*ODT, "C")]
    around = [(*ODT, "A"), (*RPH, "B"), (*ODT, "C"), (*RPH, "C")]
    assert [row[0] for row in point(here, around, "reason")] == ["point_fits", "point_fits", "point_uncertain"]
    assert point(here, None, "reason") == [["point_uncertain"]] * 3  # nobody measured what lies around
