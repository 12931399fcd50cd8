"""Conditions on sizes near their bounds: within the accuracy of map or outline nobody knows whether they hold."""

from __future__ import annotations

import math
from typing import Any

import pytest
import shapely

from plangeo.assessment import assess
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.model import Verdict
from plangeo.sizeflips import SizeBound, bounds_of, flips_at_bounds, outline_flip
from tests.lawtables import DAY
from tests.makers import X0, Y0, plan, rule, rulebook, site, sites, zones


def judged(condition: dict[str, Any], rice_from: float, shape: Any = None, zone: str = "LUA", **columns: Any) -> str:
    """A site of 100 m by 100 m with rice land from ``rice_from`` on, on a map exact to 5 m."""
    shape = shapely.box(X0, Y0, X0 + 100, Y0 + 100) if shape is None else shape
    edge = X0 + rice_from
    ground = zones(
        ("a", "ODT", shapely.box(X0 - 500, Y0 - 500, edge, Y0 + 500), "P1"),
        ("b", "LUA", shapely.box(edge, Y0 - 500, X0 + 600, Y0 + 500), "P1"),
    )
    both = {"PNN": [], "LUA": []} | {zone: [condition]}
    rules = [rule("housing", code, "permitted", conditions=asked) for code, asked in both.items()]
    book = rulebook(plans=[plan("P1", accuracy_m=5)], rules=rules)
    result = assess(sites(site("S", shape, **columns)), book, on="2025-07-01", zones=ground)
    return str(result.sites["verdict"].iloc[0])


@pytest.mark.parametrize(
    ("field", "op", "value", "rice_from", "verdict"),
    [
        ("area_m2", "<=", 1500, 90, "unknown"),  # 1000 m², 1500 when the border is off by 5 m
        ("area_m2", "<=", 1600, 90, "permitted"),
        ("share", "<", 0.149, 90, "unknown"),
        ("share", "<", 0.16, 90, "permitted"),
        ("area_m2", ">=", 3600, 60, "unknown"),
        ("area_m2", ">=", 3400, 60, "permitted"),
        ("share", ">", 0.36, 60, "unknown"),
        ("share", ">", 0.34, 60, "permitted"),
        ("share", "<=", 0.05, 90, "not_permitted"),
    ],
)
def test_ground_near_the_bound_of_its_rule(field: str, op: str, value: float, rice_from: float, verdict: str) -> None:
    value = value - 1e-3 if op in ("<=", "<") and verdict == "unknown" and field == "area_m2" else value
    assert judged({"field": field, "op": op, "value": value}, rice_from) == verdict


@pytest.mark.parametrize(("most", "verdict"), [(14, "unknown"), (16, "permitted")])
def test_lines_are_asked_by_their_length(most: float, verdict: str) -> None:
    line = shapely.LineString([(X0, Y0), (X0 + 100, Y0)])
    assert judged({"field": "length_m", "op": "<=", "value": most}, 90, line) == verdict


@pytest.mark.parametrize(
    ("most", "accuracy", "verdict"),
    [(10_300, 1.0, "unknown"), (10_500, 1.0, "permitted"), (10_300, 0.0, "permitted"), (9_900, 0.0, "not_permitted")],
)
def test_the_outline_of_a_site_may_be_off(most: float, accuracy: float, verdict: str) -> None:
    condition = {"field": "site_area_m2", "op": "<=", "value": most}
    assert judged(condition, 300, zone="PNN", accuracy_m=accuracy) == verdict


def bounded(*conditions: dict[str, Any], **columns: Any) -> list[float]:
    """The shares of a site at which the conditions of its rule begin to fail."""
    book = rulebook(DAY, rules=[rule("housing", "ODT", "permitted", conditions=list(conditions))])
    (asked,) = book.rules
    row = {"site_id": "S", "use_code": "housing", "dimension": 2} | columns
    ground = {asked: {"area_m2": 1.0, "length_m": 0.0, "share": 1.0}}
    return [b.share for b in bounds_of(row, ("P1",), ground, Verdict.PERMITTED, book, ["ODT"])]


def size(field: str, value: float, op: str = "<=") -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def test_a_bound_on_a_size_is_a_share_of_the_site() -> None:
    assert bounded(size("share", 0.3)) == [0.3]
    assert bounded(size("area_m2", 50), site_area_m2=200.0) == [0.25]
    assert bounded(size("area_m2", 200), site_area_m2=200.0) == [1.0]
    assert bounded(size("area_m2", 201), site_area_m2=200.0) == []  # it never has so much
    assert bounded(size("area_m2", 0), site_area_m2=200.0) == []
    assert bounded(size("area_m2", 50), site_area_m2=0.0) == bounded(size("area_m2", 5e-7)) == []
    assert bounded(size("share", 0.3), dimension=0) == []
    assert bounded(size("length_m", 5), dimension=1, site_length_m=20.0) == [0.25]
    assert bounded(size("storeys", 5)) == bounded(size("share", 0.3, "==")) == []


def test_an_outline_may_be_off_as_far_as_its_area_is_from_the_nearest_bound() -> None:
    def far(*conditions: dict[str, Any], **columns: Any) -> float:
        book = rulebook(DAY, rules=[rule("housing", "ODT", "permitted", conditions=list(conditions))])
        row = {"dimension": 2, "site_area_m2": 100.0, "site_length_m": 40.0} | columns
        return outline_flip(row, {book.rules[0]: {}}, Verdict.PERMITTED)

    assert far(size("site_area_m2", 120)) == 0.5
    assert far(size("site_area_m2", 120), size("site_area_m2", 90, ">=")) == 0.25
    assert far(size("site_area_m2", 120), site_length_m=0.5) == 40.0
    for nothing in ({"site_length_m": 0.0}, {"site_length_m": None}, {"dimension": 1}):
        assert far(size("site_area_m2", 120), **nothing) == math.inf
    assert far(size("storeys", 5)) == math.inf


def test_a_bound_that_is_passed_already_flips_at_once() -> None:
    ground = zones(
        ("a", "ODT", shapely.box(X0, Y0, X0 + 90, Y0 + 100), "P1"),
        ("b", "LUA", shapely.box(X0 + 90, Y0, X0 + 200, Y0 + 100), "P1"),
    )
    lot = sites(site("S", shapely.box(X0, Y0, X0 + 100, Y0 + 100)))
    layer = ZoneLayer.of(ground)
    assert flips_at_bounds([SizeBound("S", ("P1",), ("LUA",), 0.5, True)], lot, layer) == {"S": 0.0}
    assert flips_at_bounds([SizeBound("S", ("P1",), ("LUA",), 0.5, False)], lot, layer)["S"] > 0
