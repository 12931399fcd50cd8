"""Ground that sites may lie on after all: how far is looked, and for whom."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import pytest
import shapely

from plangeo.reaches import reach_of
from tests.lawtables import DAY
from tests.makers import X0, Y0, plan, rulebook, site, sites, square

NEEDS = {"use": "housing", "layer": "relics", "field": "distance_m", "op": ">=", "value": 50, "basis": "test"}


@pytest.mark.parametrize("accuracy", [1e12, math.inf])
def test_an_accuracy_that_is_a_slip_does_not_lose_the_register(accuracy: float) -> None:
    book = rulebook(DAY, requirements=[NEEDS | {"zone": "LUA"}])
    found = reach_of(_housed(site("S", shapely.Point(X0, Y0), accuracy_m=accuracy)), book)
    assert found.geometry.iloc[0].bounds[2] - X0 == pytest.approx(20_000)


def test_only_what_goes_with_a_class_is_looked_for_around_sites() -> None:
    rows = _housed(site("S", square(0, 0, 100)), site("T", square(0, 0, 100), use="industrial_park"))
    plans = [plan("P1", accuracy_m=5)]
    assert not len(reach_of(rows, rulebook(DAY, plans=plans, requirements=[NEEDS | {"zone": "*"}])))
    assert not len(reach_of(rows, rulebook(DAY, plans=plans)))
    found = reach_of(rows, rulebook(DAY, plans=plans, requirements=[NEEDS | {"zone": "LUA"}]))
    assert found["site_id"].tolist() == ["S"]
    assert found.geometry.iloc[0].bounds[2] - X0 == pytest.approx(105)


def _housed(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    frame = sites(*rows)
    return frame.assign(use_code=frame["use"])
