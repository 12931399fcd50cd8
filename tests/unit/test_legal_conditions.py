"""Conditions by area beside a site, under classes drawn coarsely, and when nobody asked for them."""

from __future__ import annotations

import dataclasses
from typing import Any

import geopandas as gpd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

import plangeo as pg
from plangeo.checks import ESSENTIAL
from plangeo.rulebook import Rulebook
from tests.makers import PLANS, X0, Y0, plan, rule, rulebook, site, sites, square, zones

RICE = {"code": "rice", "zone": "LUA", "area_ha": 1, "needs": "approval", "basis": {"document": "Luật"}}


def book(plans: list[dict[str, Any]] = PLANS, **changes: Any) -> Rulebook:
    rules = [rule("housing", "NNP", "permitted"), rule("housing", "ODT", "permitted")]
    return rulebook(plans=plans, rules=rules, triggers=[RICE | changes])


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
        (900, 5e8, "unknown"),  # 50,000 ha may lie anywhere
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


@pytest.mark.parametrize(
    ("shape", "given", "expected"),
    [
        (square(1005, 100, 200), {}, "unknown"),  # the map may be 12.5 m off
        (square(1015, 100, 200), {}, "permitted"),
        (square(1015, 100, 200), {"accuracy_m": 5.0}, "unknown"),  # and the site's own outline 5 m
        (shapely.LineString([(X0 + 1005, Y0 + 100), (X0 + 1005, Y0 + 400)]), {}, "unknown"),
        (shapely.LineString([(X0 + 1015, Y0 + 100), (X0 + 1015, Y0 + 400)]), {}, "permitted"),
        (shapely.Point(X0 + 1005, Y0 + 100), {}, "unknown"),
        (shapely.Point(X0 + 1015, Y0 + 100), {}, "permitted"),
    ],
)
def test_a_border_within_the_accuracy_of_the_map_is_no_border(shape: BaseGeometry, given: dict[str, Any], expected: str) -> None:
    split = zones(("z1", "LUC", square(0, 0, 1000), "P1"), ("z2", "ODT", square(1000, 0, 1000), "P1"))
    law = book(op=">", area_ha=0, plans=[plan("P1", accuracy_m=12.5)])
    assert verdict(sites(site("S", shape, **given)), split, law)[0] == expected


def test_ground_beside_the_site_counts_as_far_as_the_map_may_be_off() -> None:
    split = zones(("z1", "LUC", square(0, 0, 1000), "P1"), ("z2", "ODT", square(1000, 0, 1000), "P1"))
    one = sites(
        site("S", shapely.box(X0 + 1005, Y0 + 100, X0 + 1400, Y0 + 900))
    )  # 7.5 m of 800 m could be rice: 0.6 ha, and the corners
    for bound, expected in ((0.55, "unknown"), (0.7, "permitted")):
        assert verdict(one, split, book(area_ha=bound, plans=[plan("P1", accuracy_m=12.5)]))[0] == expected


def test_a_point_of_a_whole_province_is_open_whatever_the_other_checks_say() -> None:
    town = zones(("z", "ODT", square(-30_000, -30_000, 60_000), "P1"))
    point = sites(site("S", square(0, 0, 2).centroid, declared_area_m2=5e8))
    found = pg.assess(point, book(), on="2025-07-01", zones=town)
    said = found.findings[found.findings["check"] == "legal_conditions"]
    assert said["reason"].tolist() == ["area_unknown"]


def test_a_condition_that_nobody_asked_for_keeps_a_site_from_being_permitted() -> None:
    one, plan = sites(site("S", square(100, 100, 50))), zones(("z", "ODT", square(0, 0, 1000), "P1"))
    assert verdict(one, plan, book(), checks=list(ESSENTIAL)) == ("unknown", True)
    without = dataclasses.replace(book(), triggers=())
    assert verdict(one, plan, without, checks=list(ESSENTIAL)) == ("permitted", False)
