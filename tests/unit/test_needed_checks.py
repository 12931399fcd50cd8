"""Checks that are essential for some sites: what the law or the place of a site asks for, and nobody asked."""

from __future__ import annotations

import math
from typing import Any

import pytest
import shapely

from plangeo.assessing.verdicts import needed_by
from plangeo.assessment import assess
from plangeo.checks import CHECKS, ESSENTIAL
from tests.lawtables import DAY
from tests.makers import X0, Y0, rulebook, site, sites, square, zones

ROWS = (
    site("area", square(0, 0, 100)),
    site("point", shapely.Point(X0, Y0)),
    site("sized", shapely.Point(X0, Y0), declared_area_m2=100.0),
    site("park", square(0, 0, 100), use="industrial_park"),
)
GROUND = zones(("a", "ODT", square(-500, -500, 1000), "P1"), ("b", "SKK", square(-500, -500, 1000), "P1"))


def unasked(*left_out: str, **sections: Any) -> dict[str, set[str]]:
    """Site → what was not asked of it, with all checks but those left out."""
    chosen = [code for code in CHECKS if code not in (*left_out, "district")]
    result = assess(sites(*ROWS), rulebook(**sections), on="2025-07-01", checks=chosen, zones=GROUND)
    told = zip(result.sites["site_id"], result.sites["reasons"], strict=True)
    return {i: {r for r in reasons.split("; ") if r.endswith(".not_run")} for i, reasons in told}


def test_points_that_stand_for_an_area_need_the_check_of_their_place() -> None:
    assert unasked() == {i: set() for i in ("area", "point", "sized", "park")}
    assert unasked("placement") == {"area": set(), "point": set(), "sized": {"placement.not_run"}, "park": set()}


def test_a_point_stands_for_an_area_where_one_is_declared() -> None:
    areas = {"none": math.nan, "nought": 0.0, "slip": -0.5, "little": 0.5, "much": 1e6}
    points = sites(*(site(name, square(0, 0, 2).centroid, declared_area_m2=area) for name, area in areas.items()))
    assert needed_by(points.assign(use_code="housing"), rulebook(DAY))["placement"] == ["little", "much"]


@pytest.mark.parametrize(("field", "check"), [("distance_m", "setback"), ("slope_deg", "slope"), ("class", "raster_class")])
def test_requirements_need_their_check_where_the_use_is_asked(field: str, check: str) -> None:
    asked = {"op": "in", "value": [1]} if field == "class" else {"op": ">=" if field == "distance_m" else "<=", "value": 15}
    needs = [{"use": "housing", "zone": "*", "layer": "ground", "field": field, "basis": "test"} | asked]
    missing = {f"{check}.not_run"}
    assert unasked(check, requirements=needs) == {"area": missing, "point": missing, "sized": missing, "park": set()}
    others = {"slope", "raster_class", "setback"} - {check}
    assert unasked(*others, requirements=needs) == {i: set() for i in ("area", "point", "sized", "park")}


def test_the_essential_checks_are_essential_for_all() -> None:
    for code in ESSENTIAL:
        assert all(f"{code}.not_run" in told for told in unasked(code).values())
