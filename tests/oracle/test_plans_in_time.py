"""Worked cases of plans in time: what is in force on a day, what replaced it, and why a verdict differs between two days.

Every case is computed by hand: one or two squares on zones of one square kilometre, two or three plans, and the answer a
lawyer reads off the dates.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import plangeo as pg
from plangeo.chronicle.planlist import list_plans, with_plans
from plangeo.law.planregister import plans_from_table
from plangeo.rulebook import Rulebook
from tests.makers import PLANS, RULES, plan, rule, rulebook, site, sites, square, zones

FRENCH = Path(__file__).parents[2].parent / "shared/data/fr_plu"

A = plan("A", valid_from="2021-01-01", valid_to="2024-12-31", successor="B")
B = plan("B", valid_from="2025-01-01", valid_to="2030-12-31")
ALLOWED_BY_A = zones(("a", "ODT", square(0, 0, 1000), "A"), ("b", "LUC", square(0, 0, 1000), "B"))
ONE = sites(site("S", square(100, 100, 200)))


def compare(dates: list[str], drawn: gpd.GeoDataFrame = ALLOWED_BY_A, **sections: Any) -> pd.DataFrame:
    book = rulebook(**({"plans": [A, B]} | sections))
    return pg.compare_dates(ONE, book, dates, zones=drawn).flips


def test_plan_a_allows_until_2024_and_plan_b_forbids_from_2025() -> None:
    found = compare(["2024-12-31", "2025-01-01"])
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["before"], row["after"], row["standing"]) == ("permitted", "not_permitted", "lost")
    assert (row["kinds"], row["what"]) == ("plan", "A → B")
    assert "31/12/2024" in row["why_vi"]
    assert "01/01/2025" in row["why_vi"]


def test_the_reverse_plan_a_forbids_and_plan_b_allows() -> None:
    drawn = zones(("a", "LUC", square(0, 0, 1000), "A"), ("b", "ODT", square(0, 0, 1000), "B"))
    row = compare(["2024-12-31", "2025-01-01"], drawn).iloc[0]
    assert (row["before"], row["after"], row["standing"], row["what"]) == ("not_permitted", "permitted", "gained", "A → B")


def test_a_plan_that_ends_without_a_successor_leaves_the_site_undetermined() -> None:
    drawn = zones(("a", "ODT", square(0, 0, 1000), "A"))
    lonely = {"plans": [plan("A", valid_from="2021-01-01", valid_to="2024-12-31")]}
    row = compare(["2024-12-31", "2025-01-01"], drawn, **lonely).iloc[0]
    assert (row["after"], row["standing"], row["kinds"], row["what"]) == ("unknown", "lost_doubtful", "plan", "A")


def test_a_dated_rule_is_the_reason_and_the_plan_is_not() -> None:
    always = plan("A", valid_from="2021-01-01", valid_to="2030-12-31")
    drawn = zones(("a", "ODT", square(0, 0, 1000), "A"))
    dated = [rule("housing", "ODT", "permitted", end="2025-06-30"), rule("housing", "ODT", "not_permitted", start="2025-07-01")]
    row = compare(["2025-06-30", "2025-07-01"], drawn, plans=[always], rules=dated).iloc[0]
    assert (row["standing"], row["kinds"], row["what"]) == ("lost", "rule", "ODT")
    assert "01/07/2025" in row["why_en"]
    assert "Compatible [Điều 1, Luật thử] → Not compatible" in row["why_en"]


def test_a_rule_that_says_the_same_under_another_article_is_no_reason() -> None:
    dated = [
        rule("housing", ["ODT"], "permitted", end="2024-12-31"),
        rule("housing", ["ODT"], "permitted", start="2025-01-01"),
        rule("*", ["LUC"], "not_permitted"),
    ]
    row = compare(["2024-12-31", "2025-01-01"], rules=dated).iloc[0]
    assert row["kinds"] == "plan"


def test_several_changes_are_all_named() -> None:
    """Plan A ends, and on the same day the rule for rice land, on which plan B puts the site, becomes stricter."""
    dated = [
        rule("housing", "ODT", "permitted"),
        rule("*", "LUC", "conditional", end="2024-12-31"),
        rule("*", "LUC", "not_permitted", start="2025-01-01"),
    ]
    row = compare(["2024-12-31", "2025-01-01"], rules=dated).iloc[0]
    assert row["kinds"] == "plan; rule"
    assert row["what"] == "A → B; LUC"


def test_precedence_that_turns_is_named() -> None:
    both = [plan("A"), plan("B")]
    orders = [
        {"order": ["A", "B"], "from": "2021-01-01", "to": "2024-12-31"},
        {"order": ["B", "A"], "from": "2025-01-01"},
    ]
    row = compare(["2024-12-31", "2025-01-01"], plans=both, precedence=orders).iloc[0]
    assert (row["before"], row["after"], row["kinds"], row["what"]) == ("permitted", "not_permitted", "precedence", "A / B")
    assert "A → B" in row["why_en"]


def test_a_threshold_that_ends_is_named() -> None:
    """5 % of the site lie on rice land; up to 10 % are left aside until the end of 2024."""
    drawn = zones(("a", "ODT", square(0, 0, 290), "A"), ("b", "LUC", square(290, 0, 1000), "A"))
    bounds = [{"use": "*", "zone": "*", "share": 0.1, "to": "2024-12-31"}]
    always = plan("A", valid_from="2021-01-01", valid_to="2030-12-31")
    row = compare(["2024-12-31", "2025-01-01"], drawn, plans=[always], thresholds=bounds)
    assert row["after"].tolist() == ["not_permitted"]
    assert row["kinds"].tolist() == ["threshold"]


def test_a_stage_that_begins_is_named_with_its_zone() -> None:
    always = plan("A", valid_from="2021-01-01", valid_to="2030-12-31")
    drawn = zones(("z-2", "ODT", square(0, 0, 1000), "A"))
    drawn["valid_from"] = "2028-01-01"
    row = compare(["2025-07-01", "2028-01-01"], drawn, plans=[always]).iloc[0]
    assert (row["before"], row["after"], row["standing"]) == ("unknown", "permitted", "gained_known")
    assert (row["kinds"], row["what"]) == ("zone", "z-2")
    assert "01/01/2028" in row["why_vi"]


def test_nothing_changes_where_the_law_does_not() -> None:
    assert compare(["2025-01-01", "2025-07-01", "2026-12-31"]).empty


def test_a_chain_of_three_is_told_whole() -> None:
    three = [
        plan("A", valid_from="2016-01-01", valid_to="2020-12-31", successor="B"),
        plan("B", valid_from="2021-01-01", valid_to="2024-12-31", successor="C"),
        plan("C", valid_from="2025-01-01", valid_to="2030-12-31"),
    ]
    drawn = zones(*((p, code, square(0, 0, 1000), p) for p, code in (("A", "ODT"), ("B", "ODT"), ("C", "LUC"))))
    found = compare(["2018-01-01", "2026-01-01"], drawn, plans=three)
    assert found["what"].tolist() == ["A → B → C"]
    step = compare(["2018-01-01", "2022-01-01", "2026-01-01"], drawn, plans=three)
    assert step["what"].tolist() == ["B → C"], "A and B say the same of the site"
    register = list_plans(rulebook(dt.date(2026, 1, 1), plans=three)).set_index("plan_id")
    assert register["chain"].to_dict() == {"A": "A → B → C", "B": "B → C", "C": ""}
    assert register["status"].to_dict() == {"A": "superseded", "B": "superseded", "C": "in_force"}
    assert register["ended_on"].to_dict() == {"A": dt.date(2020, 12, 31), "B": dt.date(2024, 12, 31), "C": None}


def test_compatible_when_approved_and_not_now() -> None:
    """Approved under A in 2023: compatible then, not now. Approved in 2025: never was. Approved "2024": A all year. Others cannot be told."""
    days = {"old": "15/03/2023", "new": "2025-02-01", "year": "2024", "across": "Quý IV/2024 - I/2025", "none": ""}
    five = sites(*(site(name, square(100, 100, 200)) for name in days))
    five["Ngày QĐ"] = list(days.values())
    result = pg.compare_dates(five, rulebook(plans=[A, B]), ["2025-07-01"], approved="Ngày QĐ", zones=ALLOWED_BY_A)
    assert result.approvals is not None
    told = result.approvals.set_index("site_id")
    assert told["standing"].to_dict() == {"old": "lost", "new": "same", "year": "lost", "across": "no_date", "none": "no_date"}
    assert told["before"].tolist() == ["permitted", "not_permitted", "permitted", "", ""]
    assert told["what"].tolist() == ["A → B", "", "A → B", "", ""]
    assert (told["after"] == "not_permitted").all()


def test_an_approval_whose_date_spans_a_change_of_the_law_is_left_open() -> None:
    middle = [A | {"valid_to": "2024-06-30"}, B | {"valid_from": "2024-07-01"}]
    result = pg.compare_dates(ONE, rulebook(plans=middle), ["2025-07-01"], approved={"S": "2024"}, zones=ALLOWED_BY_A)
    assert result.approvals is not None
    assert result.approvals["standing"].tolist() == ["open"]


def test_an_abolished_district_is_a_change_of_units_unless_the_list_has_its_day() -> None:
    """Huyện Bình Gia was abolished on 1 July 2025: a list that names it, and no day, reads otherwise from then on."""
    communes = pg.read_districts(pg.sample("communes.gpkg"))
    named = communes.to_crs("EPSG:9215").set_index("district_name").geometry
    spot = named[next(name for name in named.index if name.endswith("Bình Gia"))].representative_point().buffer(50)
    register = sites(site("S", spot, declared_district="huyện Bình Gia"), site("T", spot, declared_district="huyện Bình Gia"))
    register["list_date"] = ["", "2024-01-01"]
    drawn = zones(("z", "ODT", spot.buffer(1000), "P1"))
    found = pg.compare_dates(register, rulebook(), ["2025-06-30", "2025-07-01"], zones=drawn, districts=communes).flips
    assert found["site_id"].tolist() == ["S"], "the day of the list does not depend on the day of the law"
    assert (found["kinds"].iloc[0], found["what"].iloc[0], found["after"].iloc[0]) == ("unit", "2025-07-01", "unknown")


def looped() -> Rulebook:
    """Two plans that name each other: no rulebook file may say so, a table of plans can."""
    table = pd.DataFrame(
        {
            "plan_id": ["X", "Y", "Z"],
            "valid_from": ["2021-01-01", "2022-01-01", "2023-01-01"],
            "successor": ["Y", "X", "nowhere"],
            "status": ["có hiệu lực", "đang điều chỉnh", "dự thảo"],
        }
    )
    book, told = with_plans(rulebook(), plans_from_table(table, level="commune", authority="UBND"))
    assert not told
    return book.at(dt.date(2025, 7, 1))


def test_loops_and_successors_nobody_knows_are_told() -> None:
    register = list_plans(looped()).set_index("plan_id")
    assert register.loc["X", "chain"] == "X → Y → X"
    assert "X → Y → X" in register.loc["X", "remark_vi"]
    assert "circle" in register.loc["Y", "remark_en"]
    assert "nowhere" in register.loc["Z", "remark_en"]
    assert register.loc["Z", "status"] == "draft"
    assert register.loc["X", "status"] == register.loc["Y", "status"] == "superseded", "neither lets anything pass"


def test_a_plan_that_claims_to_be_in_force_beside_its_successor_is_told() -> None:
    both = [plan("A", successor="B", status="có hiệu lực"), plan("B", valid_from="2024-01-01")]
    register = list_plans(rulebook(dt.date(2025, 7, 1), plans=both)).set_index("plan_id")
    assert register.loc["A", "status"] == "superseded"
    assert "cũng đang có hiệu lực" in register.loc["A", "remark_vi"]
    assert "so is its successor B" in register.loc["A", "remark_en"]
    before = list_plans(rulebook(dt.date(2023, 7, 1), plans=both)).set_index("plan_id")
    assert before["status"].to_dict() == {"A": "in_force", "B": "pending"}
    assert before.loc["A", "remark_en"] == ""


def test_a_plan_under_adjustment_is_in_force_and_says_so() -> None:
    some = [
        plan("A", status="đang điều chỉnh"),
        plan("B", valid_from="2020-01-01", valid_to="2024-12-31", status="under_adjustment"),
    ]
    book = rulebook(dt.date(2025, 7, 1), plans=some)
    register = list_plans(book).set_index("plan_id")
    assert register.loc["A", "status"] == "under_adjustment"
    assert book.plan_status("A") == "in_force"
    assert register.loc["B", "status"] == "expired", "an adjustment does not prolong a plan"
    assert "period is over" in register.loc["B", "remark_en"]


def test_days_between_two_plans_are_told() -> None:
    gap = [A | {"valid_to": "2024-06-30"}, B]
    register = list_plans(rulebook(dt.date(2025, 7, 1), plans=gap)).set_index("plan_id")
    assert "từ 01/07/2024 đến 31/12/2024 không có quy hoạch nào" in register.loc["A", "remark_vi"]
    assert register.loc["A", "ended_on"] == dt.date(2024, 6, 30)


@pytest.mark.skipif(not FRENCH.exists(), reason="the shared French plans are not on this machine")
def test_the_french_documents_stand_in_the_register() -> None:
    """Four real document tables; 30014 writes the day of approval as the day of the end, which is believed and told."""
    from plangeo.chronicle.documents import read_plans

    tables = sorted(p for p in FRENCH.rglob("*") if p.suffix.lower() == ".dbf" and "DOC_URBA" in p.name and "_COM" not in p.name)
    book = rulebook(plans=PLANS, rules=RULES)
    for table in tables:
        book, told = with_plans(book, read_plans(table, level="commune", authority="mairie"))
        assert not told
    register = list_plans(book.at(dt.date(2025, 7, 1))).set_index("plan_id")
    assert register["status"].to_dict() == {
        "P1": "in_force",
        "19182_CC_20150517": "in_force",
        "241800432_PLUI_20200128": "in_force",
        "30014_PLU_20171013": "expired",
        "4117520140603": "in_force",
    }
    assert "one day only" in register.loc["30014_PLU_20171013", "remark_en"]
    assert "on record as in force" in register.loc["30014_PLU_20171013", "remark_en"]
    assert "cannot be determined" in register.loc["4117520140603", "remark_en"]
    assert register.loc["4117520140603", "valid_from"] == pyogrio_day(tables)
    early = list_plans(book.at(dt.date(2015, 1, 1))).set_index("plan_id")["status"]
    assert early["4117520140603"] == "in_force"
    assert early["241800432_PLUI_20200128"] == "pending"


def pyogrio_day(tables: list[Path]) -> dt.date:
    """The day of approval of 41175, read a second way."""
    raw = pyogrio.read_dataframe(next(t for t in tables if "41175" in str(t)), read_geometry=False)
    return dt.datetime.strptime(raw["DATAPPRO"].iloc[0], "%Y%m%d").date()
