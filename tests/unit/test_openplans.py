"""Plans of which nobody knows whether they are in force: which they are, and what supposing them in force leaves alone."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from plangeo.law.openplans import asks_more, open_plans, suppose_in_force, worst_of
from plangeo.law.precedence import govern
from plangeo.model import Measured, Verdict
from tests import lawtables
from tests.lawtables import face, zone
from tests.makers import plan, rule, rulebook

DAY = dt.date(2025, 7, 1)


@pytest.mark.parametrize(
    ("columns", "is_open"),
    [
        ({"status": "không rõ"}, True),
        ({"valid_from": None}, True),
        ({"status": "unknown", "valid_to": "2025-06-30"}, False),
        ({"status": "unknown", "valid_to": "2025-07-01"}, True),
        ({"status": "unknown", "valid_from": "2025-07-02"}, False),
        ({"status": "unknown", "valid_from": "2025-07-01"}, True),
        ({"status": "draft"}, False),
        ({"status": "revoked"}, False),
        ({}, False),
    ],
)
def test_only_a_state_that_the_dates_leave_open_is_open(columns: dict[str, str | None], is_open: bool) -> None:
    book = rulebook(DAY, plans=[plan("P1"), plan("P2", **columns)])
    assert open_plans({"P1", "P2"}, book) == ({"P2"} if is_open else set())
    assert open_plans({"P9"}, book) == {"P9"}


def measured(*zones: tuple[str, str], **sections: object) -> Measured:
    """One site of housing, all of it on zones of (plan, class)."""
    book = rulebook(DAY, **sections)  # type: ignore[arg-type]
    row = {"site_id": "S", "zones": tuple((p, c, c) for p, c in zones), "on_border": False, "sides": ()}
    cover = govern(pd.DataFrame([row | {"area_m2": 100.0, "length_m": 0.0, "share": 1.0}]), book)
    sites = pd.DataFrame({"site_id": ["S"], "use_code": ["housing"], "dimension": [2]})
    return Measured(sites, {}, cover, {}, book)


def test_supposing_a_successor_in_force_does_not_end_the_plan_before_it() -> None:
    """P1 forbids and goes on being asked: what is not known of P2 makes nothing better."""
    plans = [plan("P1", successor="P2"), plan("P2", status="unknown", valid_from="2026-01-01")]
    found = measured(("P1", "RPH"), ("P2", "ODT"), plans=plans)
    assert worst_of(found) == [Verdict.NOT_PERMITTED]
    assert worst_of(suppose_in_force(found, ["P2"])) == [Verdict.NOT_PERMITTED]


def test_an_order_that_is_stated_counts_for_plans_of_an_open_state_too() -> None:
    plans = [plan("P1"), plan("P2", status="unknown")]
    found = measured(("P1", "ODT"), ("P2", "RPH"), plans=plans)
    assert (worst_of(found), worst_of(suppose_in_force(found, ["P2"]))) == ([Verdict.PERMITTED], [Verdict.NOT_PERMITTED])
    order = [{"order": ["P1", "P2"], "basis": "test", "from": "2020-01-01"}]
    found = measured(("P1", "ODT"), ("P2", "RPH"), plans=plans, precedence=order)
    assert worst_of(suppose_in_force(found, ["P2"])) == [Verdict.PERMITTED]


def test_a_plan_nobody_wrote_down_is_asked_as_one_of_land_use() -> None:
    found = measured(("P1", "ODT"), ("P9", "RPH"))
    assert worst_of(suppose_in_force(found, ["P9"])) == [Verdict.NOT_PERMITTED]
    assert found.rulebook.plans.keys() == {"P1"}


RICE = {"code": "rice", "zone": "LUA", "area_ha": 1, "needs": {"en": "ask"}, "basis": "test"}
SLOPE = {"use": "housing", "zone": "LUA", "layer": "slope", "field": "slope_deg", "op": "<", "value": 15, "basis": "test"}


def more(
    *zones: tuple[str, str],
    triggers: Sequence[dict[str, Any]] = (RICE,),
    requirements: Sequence[dict[str, Any]] = (),
    rice: str = "permitted",
    precedence: Sequence[dict[str, Any]] = (),
    **site: Any,
) -> bool:
    """Whether P2, of an open state, asks more of a site of 1 ha on zones of (plan, class)."""
    rules = [rule("housing", "PNN", "permitted"), rule("housing", "NNP", rice), rule("housing", "RPH", "permitted")]
    book = rulebook(
        plans=[plan("P1"), plan("P2", status="unknown")],
        rules=rules,
        triggers=triggers,
        requirements=requirements,
        precedence=precedence,
    )
    ground = face(10_000, *(zone(code, plan_id) for plan_id, code in zones))
    table = lawtables.measured(book, ground, **({"site_area_m2": 10_000.0} | site))
    (found,) = asks_more(table, suppose_in_force(table, ["P2"])).tolist()
    return bool(found)


def test_more_is_asked_where_ground_of_a_condition_comes_in() -> None:
    rice = (("P1", "ODT"), ("P2", "LUA"))
    assert more(*rice)
    assert not more(("P1", "ODT"), ("P2", "PNN"))
    assert not more(("P1", "LUA"), ("P2", "LUC"))  # it is asked already
    assert not more(("P1", "LUA"), ("P2", "LUA"))
    assert not more(*rice, triggers=[])
    assert not more(*rice, triggers=[RICE | {"ground": "present_use"}])
    assert more(*rice, triggers=[RICE, RICE | {"code": "now", "ground": "present_use"}])
    assert not more(*rice, triggers=[RICE | {"zone": "RDD"}, RICE | {"code": "now", "ground": "present_use"}])
    assert not more(*rice, triggers=[RICE | {"use": "industrial_park"}])
    assert not more(("P1", "LUA"), ("P2", "LUA"), rice="conditional")
    assert not more(("P1", "NNP"), ("P2", "LUA"), rice="conditional")  # what is not permitted plainly is told anyway
    order = [{"order": ["P2", "P1"], "from": "2020-01-01"}]
    assert not more(("P1", "LUA"), ("P2", "ODT"), precedence=order)  # less ground of it


@pytest.mark.parametrize(
    ("site", "asked"),
    [
        ({"site_area_m2": 9_999.0}, False),
        ({"site_area_m2": 9_999.0, "accuracy_m": 0.5}, True),
        ({"site_area_m2": 9_999.0, "accuracy_m": 0.0}, False),
        ({"site_area_m2": 9_999.0, "accuracy_m": -0.5}, False),
        ({"site_area_m2": 9_999.0, "accuracy_m": None}, False),
        ({"site_area_m2": 9_999.0, "accuracy_m": math.nan}, False),
        ({"site_area_m2": 9_999.0, "dimension": 1}, True),
        ({"site_area_m2": 0.0, "dimension": 0}, True),
    ],
)
def test_no_more_is_asked_of_a_site_that_is_surely_too_small(site: dict[str, Any], asked: bool) -> None:
    assert more(("P1", "ODT"), ("P2", "LUA"), **site) is asked


def test_a_requirement_of_a_class_that_comes_in_is_more() -> None:
    rice = (("P1", "ODT"), ("P2", "LUA"))
    assert more(*rice, triggers=[], requirements=[SLOPE])
    assert not more(*rice, triggers=[], requirements=[SLOPE | {"zone": "*"}])  # asked of every class
    assert not more(*rice, triggers=[], requirements=[SLOPE | {"zone": "ODT"}])
    assert not more(*rice, triggers=[], requirements=[SLOPE | {"use": "industrial_park"}])
    assert more(*rice, triggers=[], requirements=[SLOPE | {"zone": "*"}, SLOPE])
