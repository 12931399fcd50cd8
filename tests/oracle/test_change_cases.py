"""Situation → what the officer is told, from change_cases.yaml, which a lawyer can read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from plangeo.assessment import assess
from plangeo.model import Assessment
from plangeo.overrides.fingerprints import fingerprints
from plangeo.rundiff.comparison import compare_runs
from plangeo.studies import add_studies
from plangeo.study import StudyFile, sheet_of
from plangeo.yamlfile import read_yaml
from tests.makers import RULES, plan, rulebook, site, sites, square, zones

CASES: dict[str, list[dict[str, Any]]] = read_yaml(Path(__file__).with_name("change_cases.yaml").read_text("utf-8")).data
CLASSES = {"Z1": "LUC", "Z2": "SKK", "Z3": "RPH"}


def judged(x: list[float], changes: dict[str, Any]) -> Assessment:
    at = changes.get("x", x)
    codes = CLASSES | changes.get("zones", {})
    ground = [(zone_id, code, square(1000 * n, 0, 1000), "P1") for n, (zone_id, code) in enumerate(codes.items())]
    new = [changes["rule"]] if "rule" in changes else []
    rules = [r for r in RULES if not any((r["use"], r["zone"]) == (n["use"], n["zone"]) for n in new)] + new
    project = site("X", square(at[0], at[1], 100), changes.get("use", "industrial_park"))
    law = rulebook(plans=[plan("P1", **changes.get("plan", {}))], rules=rules)
    return assess(sites(project), law, on=changes.get("on", dt.date(2025, 7, 1)), zones=zones(*ground))


@pytest.mark.parametrize("case", CASES["diff"], ids=[c["name"] for c in CASES["diff"]])
def test_two_runs(case: dict[str, Any]) -> None:
    diff = compare_runs(judged(case["x"], {}), judged(case["x"], case["then"]))
    decisive = diff.changes[diff.changes["change"] != "particulars"]
    if "verdict" not in case:
        assert decisive.empty
        return
    row = decisive.iloc[0]
    assert [row["verdict_before"], row["verdict_after"]] == case["verdict"]
    told = {f"{c} {'proven' if p else 'possible'}" for c, p in zip(diff.causes["cause"], diff.causes["proven"], strict=True)}
    proven = {t for t in case["told"] if t.endswith("proven")}
    assert {t for t in told if t.endswith("proven")} == proven
    assert set(case["told"]) <= told
    assert str(case.get("says", "")) in row["why_en"]


@pytest.mark.parametrize("case", CASES["decision"], ids=[c["name"] for c in CASES["decision"]])
def test_a_decision(case: dict[str, Any], tmp_path: Path) -> None:
    x = [1400, 400]
    mark = fingerprints(judged(x, {}))["X"] if case.get("fingerprint") else ""
    path = tmp_path / "decisions.csv"
    path.write_text(f"Mã,Quyết định,Lý do,Cán bộ,Ngày,Văn bản,Dấu kiểm\nX,Phù hợp,vì,An,{case['decided']},1/QĐ,{mark}\n", "utf-8")
    result = judged(x, case.get("then", {}))
    told = add_studies(result, only=["officer_decisions"], files={"overrides": StudyFile(path)})
    row = sheet_of(told, "officer_decisions").iloc[0]
    assert row["status"] == case["state"]
    assert case.get("says", "") in row["since_en"]
    assert row["verdict"] == result.sites["verdict"].iloc[0]
