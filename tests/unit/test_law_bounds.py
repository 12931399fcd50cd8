"""The bounds of the law, at the bound, just below and just above: worked cases on tables of a few rows, without any geometry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plangeo.checks import CHECKS
from plangeo.errors import RulebookError
from plangeo.law.compatibility import ask, ground_by_rule, has_conditions, name_unknown_use, relabelling_between, sizes_of
from plangeo.law.consent import casts_doubt, consents, is_ground, is_overlay
from plangeo.law.precedence import govern, mark_prevailing
from plangeo.law.triggers import Regime, Trigger
from plangeo.model import Flip, Label, LegalBasis, Plan, Relabelling, Requirement, Rule, SkippedCheck, Verdict, ZoneClass
from plangeo.rulebook import Rulebook
from tests.lawtables import DAY, OVERLAY, Zones, face, measured, said, zone
from tests.makers import CLASSES, PLANS, RULES, plan, rule, rulebook


def threshold(zone: str = "RPH", **bounds: float) -> dict[str, Any]:
    return {"use": "*", "zone": zone} | bounds


def forgiven(small: float, *bounds: dict[str, Any], rest: float | None = None, dim: int = 2, width: float | None = None) -> bool:
    """Whether ``small`` hundredths of forest are left aside beside permitted ground."""
    faces = [face(small, zone("RPH"), dim=dim), face(100 - small if rest is None else rest, zone("ODT"), dim=dim)]
    facts = {"widths": {("S", b["zone"]): width for b in bounds}} if width is not None else {}
    found = said("zone_use", measured(rulebook(thresholds=list(bounds)), *faces, facts=facts))
    assert ("below_threshold", "RPH") in found or found["not_permitted", "RPH"] == "not_permitted"
    return found.get(("below_threshold", "RPH")) == "permitted"


@pytest.mark.parametrize(("size", "kept"), [(4.9, True), (5.0, True), (5.1, False)])
def test_a_threshold_holds_up_to_its_bound(size: float, kept: bool) -> None:
    assert forgiven(size, threshold(area_m2=5)) is kept
    assert forgiven(size, threshold(share=0.05)) is kept
    assert forgiven(1, threshold(width_m=5), width=size) is kept


def test_every_stated_bound_of_a_threshold_must_hold_and_one_threshold_is_enough() -> None:
    assert not forgiven(5, threshold(area_m2=5, share=0.01))
    assert not forgiven(5, threshold(area_m2=1, share=0.05))
    assert not forgiven(5, threshold(area_m2=5, width_m=2), width=3)
    assert forgiven(5, threshold(area_m2=5, share=0.05, width_m=3), width=3)
    assert not forgiven(1, threshold(width_m=3))  # nobody measured how wide it is
    assert forgiven(5, threshold(area_m2=1), threshold("*", share=0.05))


def test_areas_and_widths_say_nothing_of_lines_and_nothing_at_all_of_points() -> None:
    assert not forgiven(1, threshold(area_m2=5), dim=1)
    assert not forgiven(1, threshold(width_m=5), dim=1, width=1)
    assert forgiven(1, threshold(share=0.05), dim=1)
    assert forgiven(0.5, threshold(share=0.05), dim=1)
    assert not forgiven(1, threshold(share=0.05), dim=0)
    assert forgiven(0.5, threshold(area_m2=5))


def test_what_is_forgiven_stays_smaller_than_what_is_permitted() -> None:
    half = threshold(share=0.5)
    assert not forgiven(50, half)
    assert forgiven(49, half)
    assert not forgiven(30, half, rest=30)  # the other 40 hundredths are bare
    assert forgiven(30, half, rest=31)


def test_a_threshold_of_a_class_above_counts_the_ground_of_all_classes_below() -> None:
    book = rulebook(thresholds=[threshold("NNP", area_m2=5)])
    whole = face(90, zone("ODT"))
    one = measured(book, face(3, zone("LUC")), face(2, zone("LUA")), whole)
    two = measured(book, face(3, zone("LUC")), face(3, zone("LUA")), whole)
    assert {r for r, _ in said("zone_use", one)} == {"below_threshold", "permitted"}
    assert {r for r, _ in said("zone_use", two)} == {"not_permitted", "conditional", "permitted"}
    beside = measured(book, face(3, zone("LUC")), face(3, zone("RPH")), whole)  # the forest is not of that class
    assert said("zone_use", beside)["below_threshold", "LUC"] == "permitted"
    assert said("zone_use", beside)["not_permitted", "RPH"] == "not_permitted"


@pytest.mark.parametrize("code", ["XXX", "", "SKK"])
def test_what_nobody_knows_is_never_forgiven(code: str) -> None:
    found = said(
        "zone_use", measured(rulebook(thresholds=[threshold("*", share=0.5)]), face(1, zone(code)), face(99, zone("ODT")))
    )
    assert sorted(found.values()) == ["permitted", "unknown"]


def test_ground_under_a_forgiven_encroachment_keeps_its_own_verdict() -> None:
    plans = [PLANS[0], plan("F", theme="forest")]
    both, rest = (zone("LUA"), zone("RPH", "F")), face(99, zone("ODT"))
    book = rulebook(plans=plans, thresholds=[threshold(share=0.01)])
    assert said("zone_use", measured(book, face(1, *both), rest)) == {
        ("below_threshold", "RPH"): "permitted",
        ("conditional", "LUA"): "conditional",
        ("permitted", "ODT"): "permitted",
    }
    two = rulebook(plans=plans, thresholds=[threshold(share=0.01), threshold("LUA", share=0.01)])
    assert set(said("zone_use", measured(two, face(1, *both), rest)).values()) == {"permitted"}
    none = rulebook(plans=plans)  # nothing can be forgiven, so the most restrictive says it all
    assert set(said("zone_use", measured(none, face(1, *both), rest))) == {("not_permitted", "RPH"), ("permitted", "ODT")}
    permitted = measured(book, face(1, zone("ODT"), zone("RPH", "F")), rest)
    assert said("zone_use", permitted)["below_threshold", "RPH"] == "permitted"


def test_what_nobody_knows_under_a_forgiven_encroachment_stays_unknown() -> None:
    plans = [PLANS[0], plan("F", theme="forest")]
    book = rulebook(plans=plans, thresholds=[threshold(share=0.01)])
    assert said("zone_use", measured(book, face(1, zone("SKK"), zone("RPH", "F")), face(99, zone("ODT")))) == {
        ("below_threshold", "RPH"): "permitted",
        ("no_rule", "SKK"): "unknown",
        ("permitted", "ODT"): "permitted",
    }


def test_plans_that_disagree_leave_the_spot_undecided_only_within_one_theme() -> None:
    def told(*zones: tuple[str, str, str], **second: Any) -> set[str]:
        return {r for r, _ in said("zone_use", measured(rulebook(plans=[PLANS[0], plan("Q", **second)]), face(100, *zones)))}

    assert told(zone("ODT"), zone("RPH", "Q")) == {"not_permitted", "plans_disagree"}
    assert told(zone("ODT"), zone("RPH", "Q"), theme="forest") == {"not_permitted"}
    assert told(zone("ODT"), zone("ODT", "Q")) == {"permitted"}
    assert told(zone("ODT"), zone("RPH")) == {"not_permitted"}
    found = said("zone_use", measured(rulebook(plans=[PLANS[0], plan("Q")]), face(100, zone("ODT"), zone("LUA", "Q"))))
    assert found == {("conditional", "LUA"): "conditional", ("plans_disagree", ""): "unknown"}


def test_a_border_of_sides_that_agree_is_decided_and_of_others_is_not() -> None:
    def told(*sides: Zones) -> dict[tuple[str, str], str]:
        return said("zone_use", measured(rulebook(), face(100, sides=sides, dim=1)))

    assert told((zone("ODT"),), (zone("ODT", zone_id="other"),)) == {("permitted", "ODT"): "permitted"}
    assert told((zone("LUC"),), (zone("RPH"),)) == {("not_permitted", "RPH"): "not_permitted"}
    assert told((zone("ODT"),), (zone("RPH"),)) == {("on_border", ""): "unknown"}
    # the worst of a side counts
    assert told((zone("ODT"), zone("RPH")), (zone("LUC"),)) == {("not_permitted", "RPH"): "not_permitted"}
    assert told((zone("ODT"), zone("RPH")), (zone("ODT"),)) == {("on_border", ""): "unknown"}
    found = CHECKS["zone_use"].judge(measured(rulebook(), face(100, sides=((zone("ODT"),), (zone("RPH"),)), dim=1)))
    assert found["plan_id"].tolist() == ["P1"]
    assert found["detail"].tolist() == ["P1: ODT / P1: RPH"]


def test_a_border_of_several_plans_is_decided_by_the_worst_of_each_side() -> None:
    book = rulebook(plans=[PLANS[0], plan("Q")])
    agreed = measured(book, face(100, sides=((zone("ODT"), zone("RPH", "Q")), (zone("RPH"),)), dim=1))
    assert said("zone_use", agreed) == {("not_permitted", "RPH"): "not_permitted"}
    found = CHECKS["zone_use"].judge(measured(book, face(100, sides=((zone("ODT"),), (zone("RPH", "Q"),)), dim=1)))
    assert found[["reason", "plan_id"]].values.tolist() == [["on_border", "Q"]]  # the plan of what would be worse


def test_several_classes_are_told_the_worst_first_then_the_largest() -> None:
    table = measured(rulebook(), face(10, zone("ODT")), face(20, zone("LUA")), face(30, zone("RPH")), face(40, zone("LUC")))
    assert CHECKS["zone_use"].judge(table)["zone_code"].tolist() == ["LUC", "RPH", "LUA", "ODT"]
    both = measured(rulebook(), face(10, zone("ODT"), site="A"), face(5, zone("RPH"), site="A"), face(20, zone("ODT"), site="B"))
    assert CHECKS["zone_use"].judge(both)["area_m2"].tolist() == [5, 10, 20]
    two = measured(rulebook(), face(10, zone("ODT"), site="A"), face(20, zone("RPH"), site="B"), face(5, zone("ODT"), site="A"))
    found = CHECKS["zone_use"].judge(two)
    rows = found[["site_id", "verdict", "area_m2", "share", "measure"]].round(9).values.tolist()
    assert rows == [
        ["A", "permitted", 15, 0.15, 0.15],
        ["B", "not_permitted", 20, 0.2, 0.2],
    ]


def test_the_measure_of_what_is_left_aside_is_that_of_its_first_bound() -> None:
    def row(**bounds: float) -> dict[str, Any]:
        faces, facts = (face(1.5, zone("RPH")), face(98.5, zone("ODT"))), {"widths": {("S", "RPH"): 1.0}}
        found = CHECKS["zone_use"].judge(measured(rulebook(thresholds=[threshold(**bounds)]), *faces, facts=facts))
        return dict(found[found["reason"] == "below_threshold"].iloc[0])

    area = row(area_m2=5, share=0.05, width_m=2)
    assert (area["measure"], area["threshold"], area["unit"], area["detail"]) == (1.5, 5, "m²", "≤ 5 m², ≤ 0.05 (share), ≤ 2 m")
    share = row(share=0.05)
    assert (share["measure"], share["threshold"], share["unit"]) == (0.015, 0.05, "share")
    assert row(width_m=2)["unit"] == "m"


def test_a_use_nobody_knows_and_ground_nobody_governs() -> None:
    assert said("zone_use", measured(rulebook(), face(100, zone("ODT")), use_code="", use="?")) == {
        ("use_unknown", ""): "unknown"
    }
    assert said("zone_use", measured(rulebook(), face(100))) == {("no_zone", ""): "unknown"}
    assert said("zone_use", measured(rulebook(), face(100), use_code="")) == {("no_zone", ""): "unknown"}


def test_an_overlay_alone_is_no_ground_and_over_ground_changes_nothing() -> None:
    book = rulebook(classes=[*CLASSES, OVERLAY])
    assert said("zone_use", measured(book, face(100, zone("KKT")))) == {("no_rule", "KKT"): "unknown"}
    two = rulebook(classes=[*CLASSES, OVERLAY, OVERLAY | {"code": "KKX"}])
    assert said("zone_use", measured(two, face(100, zone("KKT"), zone("KKX")))) == {("no_rule", "KKT"): "unknown"}
    assert said("zone_use", measured(book, face(100, zone("KKT"), zone("ODT")))) == {("permitted", "ODT"): "permitted"}


# --- conditions -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [("<", 1, 0, 0), ("<=", 1, 1, 0), ("==", 0, 1, 0), ("!=", 1, 0, 1), (">=", 0, 1, 1), (">", 0, 0, 1)],
)
def test_a_condition_at_its_bound(op: str, below: int, at: int, above: int) -> None:
    conditions = [{"field": "storeys", "op": op, "value": 5}]
    law = rulebook(rules=[rule("housing", "ODT", "permitted", conditions=conditions)]).at(DAY)
    for value, holds in ((4.999, below), (5, at), (5.001, above)):
        for given in (value, str(value).replace(".", ",")):
            answer = ask(law, {"use_code": "housing", "storeys": given}, "ODT")
            assert answer is not None
            if given == "4,999" or given == "5,001":  # it may be a thousand: nobody knows
                assert (answer.verdict, answer.reason) == (Verdict.UNKNOWN, "condition_unmeasured")
            else:
                assert answer.reason == ("permitted" if holds else "condition_failed")
                assert answer.verdict is (Verdict.PERMITTED if holds else Verdict.NOT_PERMITTED)


def asked(value: Any, op: str, bound: Any, field: str = "owner") -> str:
    law = rulebook(rules=[rule("housing", "ODT", "permitted", conditions=[{"field": field, "op": op, "value": bound}])]).at(DAY)
    answer = ask(law, {"use_code": "housing", field: value}, "ODT")
    assert answer is not None
    return answer.reason


def test_conditions_on_words_and_lists() -> None:
    yes, no, open_ = "permitted", "condition_failed", "condition_unmeasured"
    assert [asked(v, "in", ["Nhà nước", "UBND"]) for v in ("nha nuoc", "ubnd", "tư nhân", "", None, 5)] == [
        yes,
        yes,
        no,
        *[open_] * 3,
    ]
    assert [asked(v, "not_in", ["Nhà nước"]) for v in ("nhà nước", "tư nhân", 5)] == [no, yes, open_]
    assert [asked(v, "==", "UBND") for v in ("UBND", "khác")] == [yes, no]
    assert [asked(v, "!=", "UBND") for v in ("UBND", "khác")] == [no, yes]
    assert [asked(v, "in", [3, 4]) for v in (3, "4", 5, "x", float("nan"), float("inf"))] == [yes, yes, no, *[open_] * 3]
    assert [asked(v, "not_in", [3, 4]) for v in (3, 5)] == [no, yes]


def test_conditions_are_asked_of_the_whole_ground_of_their_rule() -> None:
    needs = [{"field": "area_m2", "op": "<=", "value": 10}]
    book = rulebook(rules=[rule("housing", "PNN", "permitted", conditions=needs)])
    small = measured(book, face(4, zone("ODT")), face(6, zone("PNN")))
    large = measured(book, face(4, zone("ODT")), face(6.5, zone("PNN")))
    assert set(said("zone_use", small).values()) == {"permitted"}
    assert {r for r, _ in said("zone_use", large)} == {"condition_failed"}
    assert {r for r, _ in said("zone_use", measured(book, face(4, zone("ODT"), dim=1), dimension=1))} == {"condition_unmeasured"}
    two = measured(book, face(9, zone("ODT"), site="A"), face(11, zone("ODT"), site="B"))  # each site is asked for itself
    assert CHECKS["zone_use"].judge(two)["reason"].tolist() == ["permitted", "condition_failed"]


@pytest.mark.parametrize(("dim", "unknown"), [(2, set()), (1, {"area_m2"}), (0, {"area_m2", "length_m", "share"})])
def test_a_shape_without_a_size_has_no_size_of_nought(dim: int, unknown: set[str]) -> None:
    for field in ("area_m2", "length_m", "share", "site_area_m2", "site_length_m"):
        law = rulebook(rules=[rule("housing", "ODT", "permitted", conditions=[{"field": field, "op": "<=", "value": 9}])]).at(DAY)
        site = {"use_code": "housing", "dimension": dim, "site_area_m2": 0.0, "site_length_m": 0.0}
        answer = ask(law, site, "ODT")
        assert answer is not None
        silent = unknown | {f"site_{n}" for n in unknown if n != "share"}
        assert answer.reason == ("condition_unmeasured" if field in silent else "permitted"), (dim, field)
    known = ask(
        rulebook(
            rules=[rule("housing", "ODT", "permitted", conditions=[{"field": "site_area_m2", "op": "<=", "value": 0.5}])]
        ).at(DAY),
        {"use_code": "housing", "dimension": 0, "site_area_m2": 0.5},
        "ODT",
    )
    assert known is not None
    assert known.reason == "permitted"  # a size that is told counts, also of a point


def test_a_condition_may_ask_for_the_border() -> None:
    law = rulebook(rules=[rule("housing", "ODT", "permitted", conditions=[{"field": "on_border", "op": "==", "value": 0}])]).at(
        DAY
    )
    site = {"use_code": "housing"}
    answers = (ask(law, site, "ODT"), ask(law, site, "ODT", on_border=True))
    assert [a.reason for a in answers if a] == ["permitted", "condition_failed"]


def test_the_answer_names_what_it_does_not_know() -> None:
    law = rulebook(classes=[*CLASSES, OVERLAY]).at(DAY)
    site = {"use_code": "housing"}
    answers = {code: ask(law, site, code) for code in ("", "XXX", "SKK", "KKT", "ODT")}
    assert {c: a and (a.reason, a.verdict) for c, a in answers.items()} == {
        "": ("class_missing", Verdict.UNKNOWN),
        "XXX": ("class_unknown", Verdict.UNKNOWN),
        "SKK": ("no_rule", Verdict.UNKNOWN),
        "KKT": None,
        "ODT": ("permitted", Verdict.PERMITTED),
    }
    reviewed = ask(rulebook(rules=[rule("housing", "ODT", "unknown")]).at(DAY), site, "ODT")
    assert reviewed is not None
    assert (reviewed.verdict, reviewed.reason) == (Verdict.UNKNOWN, "needs_review")


def relabelled(start: dt.date, other: str = "ODT") -> Rulebook:
    law = rulebook().at(DAY)
    known = Relabelling(other, start, LegalBasis("Luật"), Label("đổi tên", "renamed"))
    lua = ZoneClass("LUA", Label("a", "b"), "NNP", relabelled=(known,))
    return Rulebook(**{**vars(law), "classes": {**law.classes, "LUA": lua}})


@pytest.mark.parametrize(("start", "told"), [(DAY, True), (DAY + dt.timedelta(1), False)])
def test_a_reform_of_names_is_told_from_its_day_on(start: dt.date, told: bool) -> None:
    answer = ask(relabelled(start), {"use_code": "housing"}, "LUA")
    assert answer is not None
    assert answer.verdict is Verdict.CONDITIONAL  # it explains, it does not decide
    assert ("ODT" in answer.detail.en) is told
    assert bool(relabelling_between(relabelled(start), ["LUA", "ODT"]).en) is told
    assert not relabelling_between(relabelled(start), ["LUA", "RPH"]).en
    same = ask(relabelled(start, "NNP"), {"use_code": "housing"}, "LUA")
    assert same is not None
    assert not same.detail.en  # the other name has the same verdict
    silent = ask(relabelled(start, "SKK"), {"use_code": "housing"}, "LUA")
    assert silent is not None
    assert ("SKK" in silent.detail.en) is told


def test_conditions_and_sizes_of_ground() -> None:
    law = rulebook(
        rules=[rule("housing", "ODT", "permitted", conditions=[{"field": "x", "op": "<", "value": 1}]), *RULES[2:]]
    ).at(DAY)
    assert has_conditions(law, "housing", ["LUA", "ODT"])
    assert not has_conditions(law, "housing", ["LUA", "XXX"])
    table = measured(law, face(3, zone("ODT")), face(4, zone("ODT"), zone("LUA")), face(5))
    faces = list(table.faces())
    assert sizes_of(faces) == {"area_m2": 12, "length_m": 0, "share": 0.12}
    ground = {r.zone: v["area_m2"] for r, v in ground_by_rule(law, "housing", faces).items()}
    assert ground == {"ODT": 7, "NNP": 4}


# --- consent and precedence -------------------------------------------------------------------------------------------------


def test_what_counts_as_ground_and_as_plain_consent() -> None:
    plans = [PLANS[0], plan("F", theme="forest"), plan("OLD", valid_to="2024-12-31"), plan("NEXT", valid_from="2026-01-01")]
    needs = [{"field": "storeys", "op": "<", "value": 3}]
    rules = [*RULES[1:], rule("housing", "ODT", "permitted"), rule("housing", "SKK", "permitted", conditions=needs)]
    law = rulebook(plans=plans, classes=[*CLASSES, OVERLAY], rules=rules).at(DAY)
    assert is_ground([zone("ODT")], law)
    assert is_ground([zone("XXX")], law)  # unknown ground is ground
    assert not is_ground([zone("KKT")], law)
    assert is_ground([zone("KKT"), zone("ODT")], law)
    assert not is_ground([zone("ODT", "F")], law)  # another theme says nothing of the use of land
    assert not is_ground([], law)
    only = rulebook(plans=[plan("F", theme="forest")]).at(DAY)
    assert is_ground([zone("ODT", "F")], only)
    assert [is_overlay(c, law) for c in ("KKT", "ODT", "XXX")] == [True, False, False]
    assert [consents("housing", c, law) for c in ("ODT", "SKK", "LUA", "RPH", "XXX")] == [True, False, False, False, False]
    assert not consents("", "ODT", law)
    assert [casts_doubt("housing", "RPH", p, law) for p in ("P1", "OLD", "NEXT", "stranger")] == [True, False, False, True]
    assert not casts_doubt("housing", "ODT", "P1", law)


def governing(*zones: tuple[str, str, str], order: Sequence[str] = ("A", "B", "C"), **sections: Any) -> set[str]:
    plans = [plan(p) for p in "ABC"] + [plan("OLD", valid_to="2024-12-31")]
    orders = [{"order": list(order), "from": "2021-01-01"}] if order else []
    law = rulebook(plans=plans, classes=[*CLASSES, OVERLAY], precedence=orders, **sections).at(DAY)
    cover = govern(pd.DataFrame([face(100, *zones)]), law)
    assert cover["governs_by_side"].tolist() == [(cover["governs"].iloc[0],)]
    return {f"{p}{c}" for p, c, _ in cover["governs"].iloc[0]}


def test_the_first_plan_of_the_order_that_is_there_governs() -> None:
    a, b, c = zone("ODT", "A"), zone("LUA", "B"), zone("RPH", "C")
    assert governing(a, b, c) == {"AODT"}
    assert governing(b, c) == {"BLUA"}
    assert governing(a, b, c, order=()) == {"AODT", "BLUA", "CRPH"}
    assert governing(a, b, c, order=("B", "A")) == {"BLUA", "CRPH"}  # C is not in the order
    assert governing(b, zone("ODT", "OLD"), order=("OLD", "B")) == {"BLUA"}  # what is over does not govern
    assert governing(a, zone("RPH", "A"), b) == {"AODT", "ARPH"}


def test_overlays_neither_overrule_nor_are_overruled() -> None:
    assert governing(zone("KKT", "A"), zone("ODT", "B")) == {"AKKT", "BODT"}
    assert governing(zone("ODT", "A"), zone("KKT", "B"), zone("LUA", "C")) == {"AODT", "BKKT"}


def test_every_side_of_a_border_is_governed_by_itself() -> None:
    law = rulebook(plans=[plan("A"), plan("B")], precedence=[{"order": ["A", "B"], "from": "2021-01-01"}]).at(DAY)
    sides = ((zone("ODT", "A"), zone("LUA", "B")), (zone("LUA", "B"),))
    cover = govern(pd.DataFrame([face(100, sides=sides, dim=1)]), law)
    assert cover["governs_by_side"].iloc[0] == ((zone("ODT", "A"),), (zone("LUA", "B"),))
    assert cover["governs"].iloc[0] == (zone("ODT", "A"), zone("LUA", "B"))
    evidence = pd.DataFrame(
        [("S", "A", "ODT", "A-ODT"), ("S", "B", "LUA", "B-LUA"), ("S", "B", "RPH", "B-RPH"), ("T", "A", "ODT", "A-ODT")],
        columns=["site_id", "plan_id", "zone_code", "zone_id"],
    )
    assert mark_prevailing(evidence, cover)["prevails"].tolist() == [True, True, False, False]


# --- the other checks -------------------------------------------------------------------------------------------------------


def test_coverage_counts_bare_ground_and_doubts() -> None:
    book = rulebook(classes=[*CLASSES, OVERLAY])
    assert said("coverage", measured(book, face(100, zone("ODT")))) == {("covered", ""): "permitted"}
    table = CHECKS["coverage"].judge(measured(book, face(97, zone("ODT")), face(1), face(2, zone("KKT"))))
    assert table[["reason", "verdict", "area_m2", "share", "measure", "threshold"]].values.tolist() == [
        ["uncovered", "unknown", 3, 0.03, 0.03, 0]
    ]
    bare_side = measured(book, face(100, sides=((zone("ODT"),), ()), dim=1))
    assert said("coverage", bare_side) == {("uncovered", ""): "unknown"}
    assert said("coverage", measured(book)) == {("no_place", ""): "unknown"}


def test_doubts_about_the_measuring_are_told_of_their_sites_only() -> None:
    faces = (face(100, zone("ODT"), site="A"), face(100, zone("ODT"), site="B"))
    lost = {"id": "Z9", "code": "RPH", "plan_id": "P1"}
    facts = {"doubts": {"A": "x"}, "recount_doubts": {"B": "y"}, "quarantined": [{**lost, "sites": {"B"}}]}
    found = CHECKS["coverage"].judge(measured(rulebook(), *faces, facts=facts))
    assert sorted(zip(found["site_id"], found["reason"], found["verdict"], strict=True)) == [
        ("A", "covered", "permitted"),
        ("A", "sums_contradict", "unknown"),
        ("B", "covered", "permitted"),
        ("B", "recount_differs", "unknown"),
        ("B", "zone_quarantined", "unknown"),
    ]
    everywhere = CHECKS["coverage"].judge(measured(rulebook(), *faces, facts={"lost": [lost]}))
    assert (everywhere["reason"] == "zone_without_geometry").sum() == 2
    harmless = CHECKS["coverage"].judge(measured(rulebook(), *faces, facts={"lost": [{**lost, "code": "ODT"}]}))
    assert set(harmless["reason"]) == {"covered"}
    unplaced = measured(rulebook(), facts={"lost": [lost], "doubts": {"S": "x"}})
    assert set(CHECKS["coverage"].judge(unplaced)["reason"]) == {"no_place"}


@pytest.mark.parametrize(
    ("distance", "tolerance", "reason", "verdict"),
    [
        (4.999, 5.0, "within_map_accuracy", "unknown"),
        (5.0, 5.0, "robust", "permitted"),
        (0.0, 0.0, "robust", "permitted"),
        (99.0, None, "accuracy_unstated", "unknown"),
    ],
)
def test_a_verdict_is_robust_from_the_tolerance_on(distance: float, tolerance: float | None, reason: str, verdict: str) -> None:
    facts = {"flips": {"S": Flip(Verdict.PERMITTED, distance, tolerance, "P1")}}
    found = CHECKS["robustness"].judge(measured(rulebook(), face(100, zone("ODT")), facts=facts))
    assert found[["reason", "verdict", "measure", "plan_id"]].values.tolist() == [[reason, verdict, distance, "P1"]]
    assert np.isnan(found["threshold"].iloc[0]) if tolerance is None else found["threshold"].iloc[0] == tolerance
    two = measured(rulebook(), face(100, zone("ODT"), site="S"), face(100, site="T"), facts=facts)
    assert CHECKS["robustness"].judge(two)["reason"].tolist() == [reason, "nothing_to_flip"]
    assert CHECKS["robustness"].judge(two)["verdict"].tolist() == [verdict, "unknown"]


def test_plans_on_the_ground_are_told_with_their_state() -> None:
    states = {"OLD": {"valid_to": "2024-12-31"}, "NEXT": {"valid_from": "2026-01-01"}, "GONE": {"status": "revoked"}}
    plans = [PLANS[0], *(plan(p, **columns) for p, columns in states.items()), plan("WAS", status="superseded")]
    faces = [face(20, zone("ODT", p)) for p in ("P1", "OLD", "NEXT", "GONE")] + [face(10, zone("ODT", p)) for p in ("WAS", "?")]
    table = measured(rulebook(plans=plans), *faces, face(7, zone("ODT"), zone("ODT", "OLD")))
    found = CHECKS["plan_in_force"].judge(table)
    rows = {
        p: (r, v, round(s, 9)) for p, r, v, s in zip(*(found[c] for c in ("plan_id", "reason", "verdict", "share")), strict=True)
    }
    assert rows == {
        "P1": ("in_force", "permitted", 0.27),
        "OLD": ("plan_expired", "unknown", 0.2),  # not where a plan in force lies over it
        "NEXT": ("plan_pending", "unknown", 0.2),
        "GONE": ("plan_revoked", "unknown", 0.2),
        "WAS": ("plan_superseded", "unknown", 0.1),
        "?": ("plan_unknown", "unknown", 0.1),
    }
    assert said("plan_in_force", measured(rulebook(), face(100))) == {("no_plan", ""): "unknown"}
    border = measured(rulebook(plans=plans), face(100, sides=((zone("ODT"),), (zone("ODT", "OLD"),)), dim=1))
    assert said("plan_in_force", border) == {("in_force", "P1"): "permitted", ("plan_expired", "OLD"): "unknown"}


def test_what_the_register_of_plans_says_stands_beside_the_state() -> None:
    plans = [PLANS[0], plan("ADJ", status="under_adjustment"), plan("SAID", status="có hiệu lực"), plan("OUT", status="revoked")]
    faces = [face(25, zone("ODT", p)) for p in ("P1", "ADJ", "SAID", "OUT")]
    found = CHECKS["plan_in_force"].judge(measured(rulebook(plans=plans), *faces)).set_index("plan_id")["detail_en"]
    assert found["P1"] == found["SAID"] == ""
    assert "under adjustment" in found["ADJ"]
    assert found["OUT"] == "Status on record: revoked"
    noted = rulebook(plans=plans).at(DAY)
    law = Rulebook(
        **{
            **vars(noted),
            "plans": {**noted.plans, "P1": type(noted.plans["P1"])(**{**vars(noted.plans["P1"]), "status_note": "lạ"})},
        }
    )
    assert "«lạ»" in CHECKS["plan_in_force"].judge(measured(law, face(100, zone("ODT"))))["detail_en"].iloc[0]


# --- days and triggers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "area", "reached"),
    [(">=", 1.999, False), (">=", 2, True), (">=", 2.001, True), (">", 1.999, False), (">", 2, False), (">", 2.001, True)],
)
def test_a_trigger_at_its_bound(op: str, area: float, reached: bool) -> None:
    assert Trigger("t", ("*",), ("LUA",), op, 2, Label("a", "b"), LegalBasis("L")).reached(area) is reached  # type: ignore[arg-type]


def test_any_area_is_more_than_nought_and_nothing_else() -> None:
    made = [
        Trigger("t", ("*",), ("LUA",), op, area, Label("a", "b"), LegalBasis("L")).any_area
        for op, area in ((">", 0), (">=", 0), (">", 1))
    ]  # type: ignore[arg-type]
    assert made == [True, False, False]


def test_both_ends_of_a_regime_count() -> None:
    first, last = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
    held = Regime("r", Label("a", "b"), Label("", ""), LegalBasis("L"), valid_from=first, valid_to=last)
    days = (dt.date(2023, 12, 31), first, last, dt.date(2025, 1, 1))
    assert [held.in_force(d) for d in days] == [False, True, True, False]
    open_ended = Regime("r", Label("a", "b"), Label("", ""), LegalBasis("L"))
    assert all(open_ended.in_force(d) for d in (dt.date.min, dt.date.max))


def conditions(*dates: tuple[str | None, str | None], **more: Any) -> Rulebook:
    entries = [{"code": "t", "zone": "LUA", "area_ha": 2, "needs": {"vi": "a", "en": "b"}, "basis": "test"} | more for _ in dates]
    for entry, (start, end) in zip(entries, dates, strict=True):
        entry |= {k: v for k, v in (("from", start), ("to", end)) if v}
    return rulebook(triggers=entries)


def test_one_code_may_stand_twice_only_on_different_days() -> None:
    conditions((None, "2024-12-31"), ("2025-01-01", None))
    conditions(("2025-01-01", None), (None, "2024-12-31"))
    for dates in [
        ((None, "2025-01-01"), ("2025-01-01", None)),
        (("2024-01-01", None), ("2025-01-01", None)),
        ((None, None), (None, None)),
    ]:
        with pytest.raises(RulebookError, match="same days"):
            conditions(*dates)


def test_a_trigger_keeps_what_it_says() -> None:
    (made,) = conditions(("2025-01-01", "2026-01-01")).triggers
    assert (made.uses, made.zones, made.op, made.area_m2, made.ground) == (("*",), ("LUA",), ">=", 20_000, "plan")
    assert (made.valid_from, made.valid_to) == (dt.date(2025, 1, 1), dt.date(2026, 1, 1))
    (least,) = conditions((None, None), area_ha=0, op=">", use="housing").triggers
    assert (least.any_area, least.uses) == (True, ("housing",))
    conditions((None, None), area_ha=100_000_000)
    with pytest.raises(RulebookError):
        conditions((None, None), area_ha=100_000_001)
    for useless, why in (({"use": []}, "at least one"), ({"zone": []}, "at least one"), ({"area_ha": 0}, "every site")):
        with pytest.raises(RulebookError, match=why):
            conditions((None, None), **useless)
    for stranger, why in (({"use": "x"}, "use 'x'"), ({"zone": "XXX"}, "class 'XXX' is unknown")):
        with pytest.raises(RulebookError, match=why):
            conditions((None, None), **stranger)
    conditions((None, None), needs={"vi": "a"})
    conditions((None, None), needs={"en": "a"})
    regimes = [
        {"code": c, "title": c, "basis": "test", "from": d}
        for c, d in (("b", "2025-01-01"), ("a", "2025-01-01"), ("c", "2020-01-01"))
    ]
    assert [r.code for r in rulebook(regimes=regimes).regimes] == ["c", "a", "b"]
    with pytest.raises(RulebookError, match="must be dated"):
        rulebook(regimes=[{"code": "a", "title": "a", "basis": "test"}])


def test_what_a_rule_or_a_requirement_leaves_out_is_the_stricter() -> None:
    bare = Rule("housing", "ODT", Verdict.PERMITTED, LegalBasis("L"))
    assert bare.otherwise is Verdict.NOT_PERMITTED
    asked = Requirement("housing", "ODT", "slope", "slope_deg", "<", 15.0, LegalBasis("L"))
    assert (asked.share, asked.otherwise) == (1.0, Verdict.NOT_PERMITTED)
    act = Plan("P", Label("a", "a"), "district", "1", "UBND", DAY, None)
    assert not act.illustrative


def test_what_is_worked_out_on_the_way_is_no_part_of_what_was_measured() -> None:
    one = measured(rulebook(), face(100, zone("ODT")))
    one.ground()
    assert "_known" not in repr(one)
    book = rulebook(DAY)
    for hidden in ("_rules", "_uses"):
        assert hidden not in repr(book)
    assert Rulebook(**{**vars(book), "_rules": {}, "_uses": {}}) == book
    blank = Rulebook(book.name, {}, {}, {}, ())
    assert not blank.illustrative
    fault = SkippedCheck("c", Label("a", "b"), fault=ValueError("x"))
    assert fault == SkippedCheck("c", Label("a", "b"))
    assert "ValueError" not in repr(fault)


def test_zone_use_tells_what_its_rules_say() -> None:
    assert {"permitted", "conditional", "needs_review", "not_permitted", "below_threshold"} <= set(CHECKS["zone_use"].reasons)


def test_the_order_of_verdicts_and_the_defaults_that_keep_a_site_from_being_permitted() -> None:
    assert [v.label for v in sorted(Verdict)] == ["permitted", "conditional", "unknown", "not_permitted"]
    assert Verdict.worst(["permitted", "unknown", "conditional"]) is Verdict.UNKNOWN
    assert not LegalBasis("L").verified
    assert not SkippedCheck("c", Label("a", "b")).failed
    assert not ZoneClass("A", Label("a", "b")).overlay
    (made,) = rulebook(rules=[rule("housing", "ODT", "permitted")]).rules
    assert made.otherwise is Verdict.NOT_PERMITTED
    plain = rulebook(
        requirements=[{"use": "housing", "zone": "*", "layer": "s", "field": "value", "op": "<", "value": 1, "basis": "test"}]
    )
    assert (plain.requirements[0].share, plain.requirements[0].otherwise) == (1.0, Verdict.NOT_PERMITTED)
    assert not plain.illustrative


def named(text: str, known: str) -> bool:
    """Whether the use nobody knows is told with the known one beside it."""
    uses = [{"code": "hostel", "name": {"vi": known, "en": "Hostel"}}]
    law = rulebook(uses=uses, rules=[rule("hostel", "ODT", "permitted")])
    told = name_unknown_use(text, law)
    assert f"“{text}”" in told.vi
    assert (known in told.vi) is ("Hostel" in told.en)
    return "Hostel" in told.en


def test_a_use_nobody_knows_is_told_with_the_known_one_that_is_near_enough() -> None:
    assert named("nhà trọ cong nhan", "Nhà trọ công nhân")
    assert not named("kho vật tư", "Nhà trọ công nhân")
    assert name_unknown_use("", rulebook()) == Label("“—”", "“—”")


@pytest.mark.parametrize(("alike", "of_both", "near"), [(33, 100, True), (60, 182, False)])  # 0.66 and 0.6593 of both
def test_near_enough_are_two_thirds_of_the_letters(alike: int, of_both: int, near: bool) -> None:
    word = "ab" * (alike // 2) + "c" * (alike % 2)
    known = word + "x" * (of_both // 2 - alike)
    text = word + "z" * (of_both - of_both // 2 - alike)
    assert named(text, known) is near


def test_of_a_long_text_the_first_120_letters_are_compared() -> None:
    word = "ab" * 30
    text = "z" * 60 + word + "z" * 80
    assert named(text, word + "x")  # 60 of 61 and of the first 120: at the 121st, or without the 120th, below 0.66
    assert not named("z" + text, word + "x")


def test_a_condition_is_told_by_its_note_and_without_one_by_itself() -> None:
    needs = {"field": "storeys", "op": "<=", "value": 5}
    for note, vi, en in (
        ({}, "storeys <= 5", "storeys <= 5"),
        ({"vi": "cao tối đa 5 tầng", "en": "at most 5 storeys"}, "cao tối đa 5 tầng", "at most 5 storeys"),
    ):
        law = rulebook(rules=[rule("housing", "ODT", "permitted", conditions=[needs | ({"note": note} if note else {})])]).at(DAY)
        for storeys in (9, None):
            answer = ask(law, {"use_code": "housing", "storeys": storeys}, "ODT")
            assert answer is not None
            assert answer.detail == Label(vi, en)


@pytest.mark.parametrize(("op", "holds"), [("<=", True), (">=", True), ("==", True), (">", False), ("<", False)])
def test_a_site_that_only_comes_near_has_nothing_on_the_class(op: str, holds: bool) -> None:
    for field in ("area_m2", "length_m", "share"):
        law = rulebook(rules=[rule("housing", "ODT", "permitted", conditions=[{"field": field, "op": op, "value": 0}])]).at(DAY)
        answer = ask(law, {"use_code": "housing", "dimension": 2}, "ODT")
        assert answer is not None
        assert (answer.reason == "permitted") is holds


def test_a_list_of_words_and_numbers_answers_nothing() -> None:
    assert [asked(v, "in", [3, "x"]) for v in (3, "x", "3", "y")] == ["condition_unmeasured"] * 4
    assert [asked(v, "not_in", ["x", 3]) for v in (3, "x", "3", "y")] == ["condition_unmeasured"] * 4


def test_a_site_of_unknown_kind_has_the_sizes_that_were_measured() -> None:
    needs = [{"field": "area_m2", "op": "<=", "value": 9}]
    law = rulebook(rules=[rule("housing", "ODT", "permitted", conditions=needs)]).at(DAY)
    answer = ask(law, {"use_code": "housing"}, "ODT")
    assert answer is not None
    assert answer.reason == "permitted"
