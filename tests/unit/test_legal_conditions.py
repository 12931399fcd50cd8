"""Conditions by area beside a point, under classes drawn coarsely, and when nobody asked for them."""

from __future__ import annotations

import dataclasses
from typing import Any

import geopandas as gpd
import pytest

import plangeo as pg
from plangeo.checks import ESSENTIAL
from plangeo.rulebook import Rulebook
from tests.makers import rule, rulebook, site, sites, square, zones

RICE = {"code": "rice", "zone": "LUA", "area_ha": 1, "needs": "approval", "basis": {"document": "Luật"}}


def book(**changes: Any) -> Rulebook:
    rules = [rule("housing", "NNP", "permitted"), rule("housing", "ODT", "permitted")]
    return rulebook(rules=rules, triggers=[RICE | changes])


def verdict(one: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame, law: Rulebook, **given: Any) -> tuple[str, bool]:
    found = pg.assess(one, law, on="2025-07-01", zones=drawn, **given).sites.iloc[0]
    return found["verdict"], "legal_conditions" in found["reasons"]


@pytest.mark.parametrize(
    ("east", "declared", "expected"),
    [
        (5, 40_000.0, "unknown"),  # a circle of 4 ha, 226 m wide, that contains the point may lie on rice land
        (60, 40_000.0, "unknown"),  # the circle around the point has 0.7 ha there, another one that contains it more than 2 ha
        (240, 40_000.0, "permitted"),  # none does
        (5, 9_000.0, "permitted"),  # no 1 ha in 0.9 ha
    ],
)
@pytest.mark.parametrize("ground", ["plan", "present_use"])
def test_a_point_beside_the_classes_of_a_condition(east: float, declared: float, expected: str, ground: str) -> None:
    split = zones(("z1", "LUC", square(0, 0, 1000), "P1"), ("z2", "ODT", square(1000, 0, 1000), "P1"))
    town = zones(("z3", "ODT", square(0, 0, 2000), "P1"))
    point = sites(site("S", square(1000 + east - 1, 499, 2).centroid, declared_area_m2=declared))
    if ground == "plan":
        assert verdict(point, split, book())[0] == expected
    else:
        assert verdict(point, town, book(ground=ground), present_use=split)[0] == expected


@pytest.mark.parametrize(("drawn", "expected"), [("NNP", "unknown"), ("NNP+ODT", "unknown"), ("ODT", "permitted")])
def test_ground_drawn_as_a_class_above_may_be_of_the_condition(drawn: str, expected: str) -> None:
    plan = zones(("z", drawn, square(0, 0, 1000), "P1"))
    assert verdict(sites(site("S", square(100, 100, 120))), plan, book())[0] == expected
    # 0.81 ha cannot reach 1 ha
    assert verdict(sites(site("S", square(100, 100, 90))), plan, book())[0] == "permitted"


def test_a_condition_that_nobody_asked_for_keeps_a_site_from_being_permitted() -> None:
    one, plan = sites(site("S", square(100, 100, 50))), zones(("z", "ODT", square(0, 0, 1000), "P1"))
    assert verdict(one, plan, book(), checks=list(ESSENTIAL)) == ("unknown", True)
    without = dataclasses.replace(book(), triggers=())
    assert verdict(one, plan, without, checks=list(ESSENTIAL)) == ("permitted", False)
