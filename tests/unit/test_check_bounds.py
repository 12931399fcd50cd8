"""What the checks find at their bounds: overlaps of one plan, ground outside, rooms for sites without a place. Tables of a few rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plangeo.model import Label, LegalBasis, Relabelling, ZoneClass
from plangeo.room import Accuracy, DiscRoom, UnitRoom
from plangeo.rulebook import Rulebook
from tests.lawtables import DAY, OVERLAY, face, measured, rows, zone
from tests.makers import CLASSES, PLANS, RULES, plan, rule, rulebook

# --- overlapping zones of one plan ------------------------------------------------------------------------------------------

ODT, LUA, RPH, SKK = (zone(code) for code in ("ODT", "LUA", "RPH", "SKK"))
TOLD = ("reason", "verdict", "plan_id", "zone_code", "area_m2", "share", "measure", "unit")


def overlap(*faces: dict[str, Any], book: Rulebook | None = None, **site: Any) -> list[list[Any]]:
    return rows("zone_conflict", measured(book or rulebook(classes=[*CLASSES, OVERLAY]), *faces, **site), *TOLD)


def test_zones_of_one_plan_that_disagree_on_a_spot_leave_it_undecided() -> None:
    faces = (face(3, ODT, RPH), face(2, ODT, RPH), face(95, ODT))
    assert overlap(*faces) == [["overlap", "unknown", "P1", "", 5, 0.05, 0.05, "share"]]
    assert rows("zone_conflict", measured(rulebook(), *faces), "detail") == [["ODT / RPH (P1-ODT, P1-RPH)"]]
    assert overlap(face(1, ODT, SKK), face(99, ODT))[0][:2] == ["overlap", "unknown"]  # no rule speaks of the other
    three = overlap(face(1, ODT, LUA, RPH), face(2, ODT, LUA), face(97, ODT))
    assert [(row[0], row[4]) for row in three] == [("overlap", 2), ("overlap", 1)]


def test_zones_that_say_the_same_overlap_without_harm() -> None:
    assert overlap(face(4, ODT, zone("ODT", zone_id="again")), face(96, ODT)) == [
        ["same_class", "permitted", "P1", "ODT", 4, 0.04, 0.04, "share"]
    ]
    assert overlap(face(4, ODT, zone("PNN")), face(96, ODT)) == [["same_verdict", "permitted", "P1", "", 4, 0.04, 0.04, "share"]]
    assert overlap(face(100, SKK, zone("XXX")))[0][:2] == ["same_verdict", "permitted"]  # both unknown, which zone_use tells
    assert overlap(face(100, ODT, RPH), use_code="")[0][:2] == ["same_verdict", "permitted"]


def test_other_plans_overlays_and_borders_are_no_overlap_of_one_plan() -> None:
    clear = [["no_conflict", "permitted", "", "", "", "", "", ""]]
    two_plans = rulebook(plans=[PLANS[0], plan("P2")])
    assert overlap(face(100, ODT)) == clear
    assert overlap(face(100, ODT, zone("RPH", "P2")), book=two_plans) == clear
    assert overlap(face(100, ODT, zone("KKT"))) == clear
    assert overlap(face(100, zone("KKT"), zone("KKT", zone_id="again"))) == clear
    assert overlap(face(100, sides=((ODT,), (RPH,)), dim=1)) == clear
    assert overlap() == clear
    sites = (face(100, ODT, site="A"), face(100, ODT, RPH, site="B"), face(100, RPH, site="C"))
    assert [row[0] for row in overlap(*sites)] == ["no_conflict", "overlap", "no_conflict"]


def test_an_overlap_that_may_be_a_change_of_names_says_so() -> None:
    law = rulebook(DAY)
    renamed = Relabelling("ODT", DAY, LegalBasis("Luật"), Label("đổi tên", "renamed"))
    lua = ZoneClass("LUA", Label("a", "b"), "NNP", relabelled=(renamed,))
    book = Rulebook(**{**vars(law), "classes": {**law.classes, "LUA": lua}})
    told = rows("zone_conflict", measured(book, face(5, ODT, LUA), face(95, ODT)), "detail", "detail_en")
    assert ["đổi tên" in told[0][0], "renamed" in told[0][1]] == [True, True]
    same = rows("zone_conflict", measured(book, face(5, ODT, zone("ODT", zone_id="again"))), "detail_en")
    assert "renamed" not in same[0][0]


# --- outside the plan, outside the districts --------------------------------------------------------------------------------


def outside(shares: dict[str, list[float]] | None = None, far: dict[str, float] | None = None, **given: Any) -> list[list[Any]]:
    facts: dict[str, Any] = {}
    evidence: dict[str, pd.DataFrame] = {}
    if shares is not None:
        facts = {"districts": {"sites_outside": far or {}}}
        pieces = [(site, share) for site, some in shares.items() for share in some]
        evidence = {"districts": pd.DataFrame(pieces, columns=["site_id", "share"])}
    table = measured(rulebook(), layers=facts, evidence=evidence, ids=given.pop("ids", ["A"]), **given)
    return rows("outside_area", table, "site_id", "reason", "verdict", "measure", "length_m", "share", "threshold", "unit")


def test_inside_means_inside_the_plan_and_the_districts() -> None:
    inside = [["A", "inside", "permitted", "", "", "", "", ""]]
    assert outside() == inside
    assert outside({"A": [1.0]}) == inside
    assert outside({"A": [0.6, 0.391]}) == inside  # a hundredth is less than outlines of two sources agree on
    assert outside({"A": [0.8, 0.8]}) == inside  # districts that overlap
    assert outside({"A": [0.6, 0.389]}) == [["A", "partly_outside", "unknown", 0.011, "", 0.011, 0.01, "share"]]


def test_what_lies_outside_is_told_with_the_distance() -> None:
    beyond = {"sites_outside": {"A": 250.0}}
    assert outside(facts=beyond) == [["A", "outside_plan", "unknown", 250, 250, "", "", "m"]]
    assert outside({}, {"A": 70.0}) == [["A", "outside_districts", "unknown", 70, 70, 1, "", "m"]]
    assert outside({}) == [["A", "outside_districts", "unknown", "", "", 1, "", "m"]]
    assert [r[1] for r in outside({"A": [0.5]}, facts=beyond)] == ["outside_plan", "partly_outside"]
    assert [r[1] for r in outside({}, {"A": 70.0}, facts=beyond)] == ["outside_plan", "outside_districts"]
    some = outside({"A": [1.0], "B": [0.4], "C": []}, {"C": 9.0}, facts={"sites_outside": {"D": 5.0}}, ids=list("ABCD"))
    assert [(r[0], r[1]) for r in some] == [
        ("A", "inside"),
        ("B", "partly_outside"),
        ("C", "outside_districts"),
        ("D", "outside_plan"),
        ("D", "outside_districts"),
    ]


def test_what_has_no_place_is_not_outside() -> None:
    for shares in (None, {}, {"A": [1.0]}):
        found = outside(shares, {"A": 5.0}, facts={"sites_outside": {"A": 250.0}}, has_place=False)
        assert [r[1:3] for r in found] == [["no_place", "unknown"]]
    layer = measured(rulebook(), layers={"districts": {"sites_outside": {}}})  # a layer that meets no site has no evidence
    assert rows("outside_area", layer, "reason", "share") == [["outside_districts", 1]]


# --- the geometry of the row ------------------------------------------------------------------------------------------------


def test_a_problem_of_the_row_outweighs_what_was_mended() -> None:
    told = "mã dự án bị trùng (duplicate_id): A"
    for problem, repaired, wanted in (
        ("", "", ["sound", "permitted", "", ""]),
        ("", "closed the ring", ["repaired", "permitted", "closed the ring", "closed the ring"]),
        ("duplicate_id: A", "", ["problem", "unknown", "duplicate_id: A", told]),
        ("duplicate_id: A", "closed the ring", ["problem", "unknown", "duplicate_id: A", told]),
        ("duplicate_id: A; odd", "", ["problem", "unknown", "duplicate_id: A; odd", f"{told}; odd"]),
        ("duplicate_id", "", ["problem", "unknown", "duplicate_id", "duplicate_id"]),  # not as the house writes problems
        ("strange: A", "", ["problem", "unknown", "strange: A", "strange: A"]),
    ):
        table = measured(rulebook(), problem=problem, repaired=repaired)
        assert rows("geometry", table, "reason", "verdict", "detail_en", "detail") == [wanted]


# --- where a site without a place may lie -----------------------------------------------------------------------------------

SURE = Accuracy(5.0, "P1")


def room(**given: Any) -> UnitRoom:
    """A unit of 100 m²: 40 that permit, the rest forbidden; plenty around as far as ``could_m2`` and ``largest_m2`` say."""
    return UnitRoom(**({"name": "Xã Một", "permitted_m2": 40.0, "forbidden_m2": 60.0, "accuracy": SURE} | given))


def placed_by(where: UnitRoom | DiscRoom | None, *columns: str, book: Rulebook | None = None, **site: Any) -> list[Any]:
    facts = {"rooms": {} if where is None else {"S": where}}
    table = measured(book or rulebook(), facts=facts, **({"has_place": False} | site))
    (found,) = rows("placement", table, *(columns or ("reason", "verdict")))
    return found


def test_a_place_an_unknown_use_and_a_room_that_could_not_be_measured() -> None:
    assert placed_by(None, has_place=True) == ["placed", "permitted"]
    assert placed_by(None, "reason", "verdict", "detail_en", use="bến tàu", use_code="") == [
        "use_unknown",
        "unknown",
        "“bến tàu”",
    ]
    assert placed_by(UnitRoom(problem="no_unit", name="Xã Hai"), "reason", "verdict", "detail") == [
        "no_unit",
        "unknown",
        "Xã Hai",
    ]
    assert placed_by(room(doubt="1 ≠ 2"), "reason", "verdict", "detail") == ["sums_contradict", "unknown", "1 ≠ 2"]
    assert placed_by(DiscRoom(problem="too_large", radius_m=100), "reason", "detail_en") == ["too_large", "3.14 ha"]
    assert placed_by(DiscRoom(doubt="1 ≠ 2"), "reason", "verdict") == ["sums_contradict", "unknown"]


def test_nowhere_is_sure_only_where_nothing_else_can_be_meant() -> None:
    nowhere = room(permitted_m2=0.0, forbidden_m2=100.0, could_m2=0.0)
    assert placed_by(nowhere) == ["nowhere", "not_permitted"]
    silent = Accuracy(None, "P1")
    told = ("reason", "verdict", "plan_id", "detail_en")
    assert placed_by(room(permitted_m2=0.0, could_m2=0.0, accuracy=silent), *told) == [
        "accuracy_unstated",
        "unknown",
        "P1",
        "no ground would do",
    ]
    beside = room(permitted_m2=0.0, could_m2=0.0, beside_m=12.5)
    assert placed_by(beside, "reason", "verdict", "measure", "unit") == ["beside_unit", "unknown", 12.5, "m"]
    assert placed_by(room(permitted_m2=0.0, could_m2=0.0, beside_m=0.1))[0] == "beside_unit"
    assert placed_by(room(permitted_m2=0.5, forbidden_m2=0.5))[0] == "partly"
    assert placed_by(room(permitted_m2=0.0, could_m2=1e-9, largest_m2=1e-9)) == ["none_known", "unknown"]
    assert placed_by(room(permitted_m2=0.0, unknown_m2=40.0)) == ["none_known", "unknown"]


def test_faulty_zones_keep_a_unit_undecided_unless_they_say_nothing_of_the_use() -> None:
    book = rulebook(classes=[*CLASSES, OVERLAY])
    nowhere = {"permitted_m2": 0.0, "could_m2": 0.0}
    for code, reason in (("ODT", "zones_faulty"), ("XXX", "zones_faulty"), ("KKT", "nowhere")):
        assert placed_by(room(faulty=(("z9", code, "P1"),), **nowhere), book=book)[0] == reason
    ruled = rulebook(classes=[*CLASSES, OVERLAY], rules=[*RULES, rule("housing", "KKT", "permitted")])
    assert placed_by(room(faulty=(("z9", "KKT", "P1"),), **nowhere), book=ruled)[0] == "zones_faulty"
    many = tuple((f"z{n}", "ODT", "P1") for n in range(6))
    assert placed_by(room(faulty=many[:5]), "detail") == ["z0 (ODT), z1 (ODT), z2 (ODT), z3 (ODT), z4 (ODT)"]
    assert placed_by(room(faulty=many), "detail") == ["z0 (ODT), z1 (ODT), z2 (ODT), z3 (ODT), z4 (ODT) …"]


@pytest.mark.parametrize(("needed", "reason"), [(1000, "partly"), (1000.1, "larger_than_unit")])
def test_a_declared_area_may_be_as_large_as_the_unit(needed: float, reason: str) -> None:
    big = room(permitted_m2=400.0, forbidden_m2=600.0)
    stated = needed + 100.0  # what rounding may have added
    found = placed_by(big, "reason", "threshold", "area_m2", declared_area_m2=stated)
    assert found[0] == reason
    if reason == "larger_than_unit":
        assert found[1:] == [1100.1, 1000]


def test_room_for_the_declared_area_up_to_the_bound() -> None:
    big: dict[str, Any] = {"permitted_m2": 4000.0, "forbidden_m2": 6000.0}
    for could, reason in ((899.9, "no_room"), (900.0, "partly")):  # 1,000 m² declared may be 900 by rounding
        assert placed_by(room(could_m2=could, **big), declared_area_m2=1000.0)[0] == reason
        assert placed_by(room(could_m2=could, **big), declared_area_m2=math.nan)[0] == "partly"
    assert placed_by(room(could_m2=899.0, **big), "verdict", "measure", "threshold", "unit", declared_area_m2=1000.0) == [
        "not_permitted",
        899,
        1000,
        "m²",
    ]
    silent = Accuracy(None, "P1")
    assert placed_by(room(could_m2=899.0, **(big | {"accuracy": silent})), "reason", "detail_en", declared_area_m2=1000.0) == [
        "accuracy_unstated",
        "too little ground for the declared area",
    ]
    for largest, reason in ((899.9, "no_room_in_one_piece"), (900.0, "partly")):
        assert placed_by(room(largest_m2=largest, **big), declared_area_m2=1000.0)[0] == reason
    assert placed_by(room(largest_m2=899.0, **big), "verdict", "measure", declared_area_m2=1000.0) == ["unknown", 899]
    # a large number counts as drawn within a twentieth
    for could, reason in ((9_499.9, "no_room"), (9_500.0, "partly")):
        assert placed_by(room(permitted_m2=1e5, could_m2=could), declared_area_m2=10_000.0)[0] == reason


def test_an_area_in_doubt_proves_no_lack_of_room() -> None:
    small: dict[str, Any] = {"permitted_m2": 4000.0, "could_m2": 500.0, "largest_m2": 500.0}
    for note, reason in (
        ("", "no_room"),
        ("sum(400 + 600): read as 1000", "no_room"),
        ("doubtful_unit(1 mẫu): read as 1000", "partly"),
    ):
        assert placed_by(room(**small), declared_area_m2=1000.0, declared_area_note=note)[0] == reason, note
    assert placed_by(room(**small), declared_area_m2=1000.0, declared_area_note=None)[0] == "no_room"
    assert placed_by(room(**small), declared_area_min_m2=700.0)[0] == "no_room"
    assert placed_by(room(**small), declared_area_min_m2=600.0)[0] == "partly"
    assert placed_by(room(**small), declared_area_max_m2=700.0)[0] == "partly"  # it may be half as large
    assert placed_by(room(**small), declared_area_max_m2=1200.1)[0] == "no_room"
    least: dict[str, Any] = {"permitted_m2": 0.45, "could_m2": 0.45}  # 100.5 m² may be half of one, by rounding
    assert placed_by(room(**least), declared_area_m2=100.5)[0] == "no_room"
    assert placed_by(room(**least), declared_area_m2=100.4)[0] == "partly"
    for nothing in (0.0, -5.0, math.inf, math.nan):
        assert placed_by(room(**small), declared_area_m2=nothing)[0] == "partly", nothing


def test_what_thresholds_may_forgive_is_room_too() -> None:
    small: dict[str, Any] = {"permitted_m2": 4000.0, "could_m2": 800.0, "forbidden": frozenset({"RPH"})}
    for bounds, reason in (
        ({"share": 0.12}, "partly"),
        ({"share": 0.11}, "no_room"),
        ({"area_m2": 100.0}, "partly"),
        ({"area_m2": 99.0}, "no_room"),
        ({"area_m2": 1000.0, "share": 0.05}, "no_room"),  # both must hold
        ({"area_m2": 50.0, "share": 0.99}, "no_room"),
    ):
        book = rulebook(thresholds=[{"use": "*", "zone": "RPH", **bounds}])
        assert placed_by(room(**small), book=book, declared_area_m2=1000.0)[0] == reason, bounds
    several = rulebook(thresholds=[{"use": "*", "zone": z, "area_m2": 50.0 + n} for n, z in enumerate(["RPH", "RDD"])])
    two = {**small, "forbidden": frozenset({"RPH", "RDD"})}
    assert placed_by(room(**two), book=several, declared_area_m2=1000.0)[0] == "partly"
    half = rulebook(thresholds=[{"use": "*", "zone": "*", "share": 0.99}])
    for could, reason in ((450.0, "partly"), (449.0, "no_room")):  # what is forgiven stays the smaller part
        assert placed_by(room(**{**small, "could_m2": could}), book=half, declared_area_m2=1000.0)[0] == reason


def test_what_is_left_over_is_told_in_words() -> None:
    assert placed_by(room(), "reason", "verdict", "measure", "unit", "share", "area_m2") == [
        "partly", "unknown", 0.4, "share", 0.4, 40,
    ]  # fmt: skip
    assert placed_by(room(), "detail_en") == ["Xã Một (100.0 m²): compatible 40.00%; not compatible 60.00%"]
    assert placed_by(room(permitted_m2=0.5, forbidden_m2=0.5), "detail_en") == [
        "Xã Một (1.0 m²): compatible 50.00%; not compatible 50.00%"
    ]
    assert placed_by(room(forbidden_m2=0.0))[0] == "everywhere"
    assert placed_by(room(forbidden_m2=0.0, conditional_m2=5.0))[0] == "everywhere"
    assert placed_by(room(forbidden_m2=0.0, unknown_m2=1.0))[0] == "partly"
    assert placed_by(room(is_thin=True), "reason", "verdict", "measure", "unit", "detail_en") == [
        "within_map_accuracy", "unknown", 5, "m", "no ground would do",
    ]  # fmt: skip
    assert placed_by(room(is_thin=True, accuracy=Accuracy(None, "P2")), "reason", "plan_id", "measure") == [
        "accuracy_unstated", "P2", 0.4,
    ]  # fmt: skip


def disc(**given: Any) -> DiscRoom:
    """A disc of 30 m radius around a point known to 5 m, all of whose positions would do on a map good to 5 m."""
    return DiscRoom(**({"radius_m": 30.0, "reach_m": 35.0, "would": 1.0, "could": 1.0, "accuracy": SURE} | given))


def test_a_disc_does_everywhere_only_when_borders_are_farther_than_the_maps_may_be_off() -> None:
    at = {gap: placed_by(disc(gap_m=gap)) for gap in (64.9, 65.0, 69.9, 70.0, math.inf)}
    assert at == {
        64.9: ["disc_partly", "unknown"],
        65.0: ["within_map_accuracy", "unknown"],
        69.9: ["within_map_accuracy", "unknown"],
        70.0: ["disc_everywhere", "permitted"],
        math.inf: ["disc_everywhere", "permitted"],
    }
    assert placed_by(disc(is_conditional=True)) == ["disc_everywhere", "conditional"]
    silent = disc(accuracy=Accuracy(None, "P2"))
    assert placed_by(silent, "reason", "verdict", "plan_id", "detail_en") == [
        "accuracy_unstated", "unknown", "P2", "every possible position would do",
    ]  # fmt: skip
    noise = 1e-6  # metres, as exact as distances are known
    assert placed_by(disc(gap_m=65.0 - noise))[0] == "within_map_accuracy"
    assert placed_by(disc(gap_m=65.0 - 1.5 * noise))[0] == "disc_partly"
    assert placed_by(disc(gap_m=70.0 - noise))[0] == "disc_everywhere"
    for gap in (65.0, 65.0 - noise):
        assert placed_by(disc(accuracy=Accuracy(0.0, "P1"), gap_m=gap)) == ["disc_everywhere", "permitted"]


def test_a_disc_that_does_not_do_everywhere() -> None:
    near: dict[str, Any] = {"gap_m": 10.0}
    assert placed_by(disc(would=0.3, could=0.5, **near), "reason", "verdict", "measure", "unit", "share", "length_m") == [
        "disc_partly", "unknown", 0.3, "share", 0.3, 35,
    ]  # fmt: skip
    assert placed_by(disc(would=1e-9, could=0.5, **near))[0] == "disc_partly"
    assert placed_by(disc(would=0.0, could=0.5, **near))[0] == "disc_none_known"
    assert placed_by(disc(would=0.0, could=1e-9, **near))[0] == "disc_none_known"
    assert placed_by(disc(would=0.0, could=0.0, **near))[0] == "disc_nowhere"
    assert placed_by(disc(would=0.3, could=0.3, **near), "detail_en") == ["0.2827 ha, radius 30 m"]
    assert placed_by(disc(would=0.3, could=0.5, **near), "detail_en")[0].endswith(
        "; at most 50.00% when ground that cannot be judged is included"
    )
    for more, told in ((1e-8, True), (1e-9, True), (0.9e-9, False)):
        assert ("at most" in placed_by(disc(would=0.0, could=more, **near), "detail_en")[0]) is told


def test_a_faulty_zone_near_a_disc_counts_when_it_could_make_it_worse() -> None:
    plans = [PLANS[0], plan("OLD", valid_to="2024-12-31")]
    for code, of, reason in (
        ("RPH", "P1", "zones_faulty"),
        ("XXX", "P1", "zones_faulty"),
        ("ODT", "P1", "disc_everywhere"),
        ("RPH", "OLD", "disc_everywhere"),
    ):
        assert placed_by(disc(faulty=(("z9", code, of),)), book=rulebook(plans=plans))[0] == reason, (code, of)


def test_sites_with_and_without_a_room_keep_their_order() -> None:
    facts = {"rooms": {"B": room(), "D": disc()}}
    table = measured(rulebook(), facts=facts, ids=list("ABCD"))
    table.sites["has_place"] = np.array([True, False, False, True])
    assert rows("placement", table, "site_id", "reason") == [
        ["A", "placed"],
        ["B", "partly"],
        ["C", "use_unknown"],
        ["D", "disc_everywhere"],
    ]
