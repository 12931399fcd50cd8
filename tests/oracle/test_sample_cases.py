"""The embedded sample has a case of each thing asked about plans in time and lists, and each is told as it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import plangeo as pg
from plangeo.assessment import Assessment

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "sample_cases.yaml").read_text("utf-8"))
ADDED = ["P-0101", "P-0102", "P-0103", "P-0104", "P-0105"]


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_case(case: dict[str, Any], studied_sample: Assessment) -> None:
    table = pg.sheet_of(studied_sample, case["sheet"])
    for column, value in case.get("where", {}).items():
        table = table[table[column] == value]
    assert len(table) == case.get("rows", len(table))
    assert len(table), "a case speaks of one row at least"
    for column, value in case.get("expect", {}).items():
        told = [str(v) if not isinstance(value, (bool, int, float)) else v for v in table[column]]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        wanted = pytest.approx(value, abs=0.01 if column.endswith("ha") else 1e-3, rel=1e-4) if number else value
        assert all(v == (wanted if number or isinstance(value, bool) else str(value)) for v in told), (column, told[:5])


def test_every_question_has_a_case(studied_sample: Assessment) -> None:
    """Of each study that was run at least one sheet is spoken of."""
    assert not studied_sample.studies_not_run
    assert {
        *("expired_plans", "plans", "plan_quality", "published_areas", "plan_conflicts", "plan_changes", "changed_sites"),
        *(
            "priority_list",
            "list_differences",
            "entry_findings",
            "double_allocation",
            "quota",
            "worklist",
            "amendments",
            "regimes",
            "officer_decisions",
        ),
    } <= {c["sheet"] for c in CASES}


def test_the_verdicts_of_the_sample(studied_sample: Assessment) -> None:
    told = studied_sample.sites.set_index("site_id")["verdict"]
    assert told.value_counts().to_dict() == {"unknown": 27, "permitted": 26, "not_permitted": 14, "conditional": 10}
    assert told[ADDED].tolist() == ["unknown", "permitted", "not_permitted", "not_permitted", "permitted"]


def test_staged_zones_and_changed_rules_by_date(studied_sample: Assessment) -> None:
    """The park waits for 2027. Of the two approved on 20 February 2025 one lost and one gained by the rule of 1 April 2025."""
    sites = pg.read_sites(
        pg.sample("projects.xlsx"), crs="EPSG:9215", list_date="2025-07-01", boundaries=pg.sample("project_boundaries.gpkg")
    )
    few = sites[sites["site_id"].isin(["P-0103", "P-0104", "P-0105"])].reset_index(drop=True)
    ground = pg.read_zones(pg.sample("zones.gpkg"))
    near = ground[ground.intersects(few.union_all().buffer(2000))]
    found = pg.compare_dates(
        few,
        pg.load_rulebook(pg.sample("rulebook.yaml")),
        ["2026-12-31", "2027-01-01"],
        on="2025-07-01",
        approved="Ngày chấp thuận",
        zones=near,
    )
    verdicts = found.verdicts.set_index("site_id")
    assert verdicts.loc["P-0103", ["2026-12-31", "2027-01-01"]].tolist() == ["not_permitted", "permitted"]
    assert found.approvals is not None
    told = found.approvals.set_index("site_id")
    assert told["standing"].to_dict() == {"P-0103": "same", "P-0104": "lost", "P-0105": "gained"}
    for site in ("P-0104", "P-0105"):
        assert "rule" in told.loc[site, "kinds"]
        assert "DTT" in told.loc[site, "what"]
        assert "Quy định minh họa về đất thể dục, thể thao" in told.loc[site, "why_vi"]
