"""Worked cases of reconciling, readable without Python: reconcile_cases.yaml."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import plangeo as pg
from plangeo.amounts.phases import parse_phase
from plangeo.reconciling.rules import WHY
from plangeo.reconciling.sayings import GROUP_WHY
from plangeo.yamlfile import read_yaml

CASES: list[dict[str, Any]] = read_yaml((Path(__file__).parent / "reconcile_cases.yaml").read_text("utf-8")).data
X0, Y0 = 449_000.0, 2_417_000.0


def listed(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    made = []
    for row in rows:
        first, last = parse_phase(str(row.get("phase", ""))) or (math.nan, math.nan)
        capital = float(row.get("capital", math.nan)) * 1e9
        made.append(
            {
                "site_id": str(row["id"]),
                "name": row["name"],
                "declared_district": row.get("place", ""),
                "declared_area_m2": float(row.get("ha", math.nan)) * 1e4,
                "capital_min_vnd": capital,
                "capital_max_vnd": capital,
                "phase": row.get("phase", ""),
                "phase_from": first,
                "phase_to": last,
                "use": row.get("use", ""),
            }
        )
    places = [shapely.Point(X0 + 1e3 * row["x"], Y0 + 1e3 * row["y"]) if "x" in row else None for row in rows]
    return gpd.GeoDataFrame(pd.DataFrame(made), geometry=places, crs="EPSG:9215")


@pytest.mark.parametrize("case", CASES, ids=[c["case"] for c in CASES])
def test_case(case: dict[str, Any]) -> None:
    result = pg.reconcile(listed(case["left"]), listed(case["right"]))
    columns = ["left_ids", "right_ids", "outcome", "reason", "changes"]
    found = {row[:2]: row[2:] for row in result.outcomes[columns].itertuples(index=False, name=None)}
    wanted = {(str(e[0]), str(e[1])): e[2:] for e in case["expect"]}
    assert found.keys() == wanted.keys()
    for key, expected in wanted.items():
        assert list(found[key])[: len(expected)] == list(expected)


def test_every_reason_has_a_case() -> None:
    shown = {e[3] for case in CASES for e in case["expect"] if len(e) > 3}
    elsewhere = {"confirmed", "not_there"}
    assert set(WHY) | set(GROUP_WHY) == shown | elsewhere
