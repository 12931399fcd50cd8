"""More ground never needs less: a condition by area that holds goes on holding when the site or its classes grow."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import plangeo as pg
from plangeo.errors import RulebookError
from plangeo.model import Verdict
from tests.effort import examples
from tests.makers import PLANS, RULES, X0, Y0, rule, rulebook, site, sites, zones

NEEDS = {"vi": "phương án", "en": "a plan"}
WHOLE = shapely.box(X0 - 1000, Y0 - 1000, X0 + 3000, Y0 + 3000)


def trigger(code: str, zone: Any, **columns: Any) -> dict[str, Any]:
    return {"code": code, "zone": zone, "area_ha": 2, "needs": NEEDS, "basis": "test"} | columns


def judged(width: float, rice: float, *triggers: dict[str, Any], on: str = "2025-07-01", accuracy: float = 0.0) -> pg.Assessment:
    """A site ``width`` × 100 m, of which the first ``rice`` metres lie on rice land."""
    border = X0 + rice
    ground = zones(
        ("R", "LUA", shapely.box(X0 - 1000, Y0 - 1000, border, Y0 + 3000), "P1"),
        ("H", "ODT", shapely.box(border, Y0 - 1000, X0 + 3000, Y0 + 3000), "P1"),
    )
    plans = [{**PLANS[0], "accuracy_m": accuracy}]
    book = rulebook(triggers=list(triggers), plans=plans, rules=[*RULES[:2], rule("housing", "NNP", "permitted")])
    return pg.assess(sites(site("A", shapely.box(X0, Y0, X0 + width, Y0 + 100))), book, on=on, zones=ground)


FOREST = trigger("forest", "LUA")


def holding(assessment: pg.Assessment) -> set[str]:
    found = assessment.findings[assessment.findings["check"] == "legal_conditions"]
    return {row.detail_en for row in found.itertuples() if row.reason == "holds"}


@examples(9)
@given(st.integers(1, 40), st.integers(0, 20), st.integers(0, 12))
def test_more_ground_never_removes_a_condition(rice: int, more: int, accuracy: int) -> None:
    two, any_area = trigger("two", "NNP"), trigger("any", "LUA", area_ha=0, op=">", needs={"vi": "a", "en": "any"})
    small = holding(judged(500, 10.0 * rice, two, any_area, accuracy=accuracy))
    large = holding(judged(500, min(500.0, 10.0 * (rice + more)), two, any_area, accuracy=accuracy))
    assert small <= large


@examples(9)
@given(st.integers(0, 50), st.integers(0, 20))
def test_a_condition_never_makes_a_site_greener(rice: int, accuracy: int) -> None:
    without = judged(500, 10.0 * rice, accuracy=accuracy)
    with_it = judged(500, 10.0 * rice, FOREST, accuracy=accuracy)
    before, after = (Verdict.parse(a.sites["verdict"].iloc[0]) for a in (without, with_it))
    assert after >= before


def test_a_book_without_triggers_has_no_finding_of_the_check() -> None:
    assert "legal_conditions" not in set(judged(500, 300).findings["check"])


@pytest.mark.parametrize(
    ("on", "holds"), [("2025-08-14", False), ("2025-08-15", True), ("2026-02-28", True), ("2026-03-01", False)]
)
def test_days_around_a_change(on: str, holds: bool) -> None:
    dated = trigger("consent", "LUA", **{"from": "2025-08-15", "to": "2026-02-28"})
    assert bool(holding(judged(500, 300, dated, on=on))) is holds


def test_unverified_conditions_are_marked_in_every_sentence() -> None:
    doubtful = trigger("forest", "LUA", basis={"document": "Nghị định thử", "article": "Điều 46", "verified": False})
    made = judged(500, 300, doubtful)
    assert "Điều 46, Nghị định thử (chưa kiểm chứng)" in pg.explain(made, "A", "vi")
    assert "Điều 46, Nghị định thử (not verified)" in pg.explain(made, "A", "en")
    assert "2 ha" in pg.explain(made, "A", "vi")


def test_regimes_of_a_day() -> None:
    regimes = [
        {"code": "old", "title": "Luật cũ", "clears": "HĐND", "basis": "test", "from": "2014-07-01", "to": "2024-07-31"},
        {"code": "new", "title": "Luật mới", "clears": "UBND", "basis": {"document": "Luật"}, "from": "2024-08-01"},
    ]
    for on, states in {"2024-07-31": ["holds", "to_come"], "2024-08-01": ["ended", "holds"]}.items():
        book = rulebook(regimes=regimes)
        made = pg.assess(
            sites(site("A", shapely.box(X0, Y0, X0 + 9, Y0 + 9))), book, on=on, zones=zones(("Z", "ODT", WHOLE, "P1"))
        )
        sheet = pg.sheet_of(pg.add_studies(made, only=["regimes"]), "regimes")
        assert sheet["code_state"].tolist() == states
        assert sheet["verified_vi"].tolist() == ["đã kiểm chứng", "chưa kiểm chứng"]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (trigger("a", "XXX"), "zone class 'XXX' is unknown"),
        (trigger("a", "LUA", use="flying"), "use 'flying' is not among"),
        (trigger("a", "LUA", area_ha=0), "area_ha: 0"),
        (trigger("a", "LUA", basis="nobody"), "basis 'nobody'"),
        (trigger("a", "LUA", needs={}), "'needs' must say"),
        (trigger("a", "LUA", op="<"), "triggers"),
    ],
)
def test_faulty_triggers_are_refused(entry: dict[str, Any], told: str) -> None:
    with pytest.raises(RulebookError, match=told):
        rulebook(triggers=[entry])


def test_one_code_twice_for_the_same_days() -> None:
    with pytest.raises(RulebookError, match="same days"):
        rulebook(triggers=[FOREST, trigger("forest", "RPH", **{"from": dt.date(2025, 1, 1)})])
    rulebook(triggers=[trigger("forest", "LUA", to="2024-12-31"), trigger("forest", "RPH", **{"from": "2025-01-01"})])
