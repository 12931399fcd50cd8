"""Plans that lie beside a site only: a border off by a little, and they govern it too."""

from __future__ import annotations

import math
from typing import Any

import pytest

from plangeo.assessment import assess
from plangeo.law.besideplans import BesidePlans, worst_flip
from plangeo.model import Flip, Verdict
from tests.lawtables import DAY, OVERLAY
from tests.makers import CLASSES, RULES, plan, rule, rulebook, site, sites, square, zones

GROUND = ("a", "ODT", square(-500, -500, 1000), "P1")


def judged(*near: tuple[str, str, Any, str], **sections: Any) -> tuple[str, str]:
    result = assess(sites(site("S", square(0, 0, 100))), rulebook(**sections), on="2025-07-01", zones=zones(GROUND, *near))
    return result.sites["verdict"].iloc[0], result.sites["reasons"].iloc[0]


@pytest.mark.parametrize("state", [{}, {"status": "unknown"}])
@pytest.mark.parametrize(("gap", "accuracy", "verdict"), [(4, 5, "unknown"), (6, 5, "permitted"), (1, 0, "permitted")])
def test_a_forest_plan_beside_the_site_counts_by_its_own_accuracy(
    gap: float, accuracy: float, verdict: str, state: dict[str, str]
) -> None:
    plans = [plan("P1"), plan("P2", theme="forest", accuracy_m=accuracy, **state)]
    found, reasons = judged(("f", "RPH", square(100 + gap, 0, 50), "P2"), plans=plans)
    assert found == verdict
    assert (reasons == "robustness.within_map_accuracy") is (verdict == "unknown")


def test_a_plan_beside_the_site_that_consents_or_is_over_or_gives_way_changes_nothing() -> None:
    near = ("f", "RPH", square(101, 0, 50), "P2")
    live = [plan("P1"), plan("P2", accuracy_m=5)]
    order = [{"order": ["P1", "P2"], "from": "2020-01-01"}]
    assert judged(("f", "ODT", square(101, 0, 50), "P2"), plans=live)[0] == "permitted"
    assert judged(near, plans=[plan("P1"), plan("P2", accuracy_m=5, valid_to="2024-12-31")])[0] == "permitted"
    assert judged(near, plans=live, precedence=order)[0] == "permitted"
    assert judged(near, plans=live, precedence=[{"order": ["P2", "P1"], "from": "2020-01-01"}])[0] == "unknown"


def test_overlays_of_a_plan_that_gives_way_count_all_the_same() -> None:
    sections: dict[str, Any] = {
        "plans": [plan("P1"), plan("P2", accuracy_m=5)],
        "precedence": [{"order": ["P1", "P2"], "from": "2020-01-01"}],
        "classes": [*CLASSES, OVERLAY],
        "rules": [*RULES, rule("*", "KKT", "not_permitted")],
    }
    assert judged(("o", "KKT", square(101, 0, 50), "P2"), **sections)[0] == "unknown"


def test_which_plans_would_govern() -> None:
    plans = [plan("A"), plan("B"), plan("C", status="unknown"), plan("D", status="draft")]
    book = rulebook(DAY, plans=plans, precedence=[{"order": ["A", "B"], "from": "2020-01-01"}])
    known = BesidePlans(book, ["A", "B", "C", "D", "stranger"])
    assert known.of(frozenset({(("A", "ODT", "1"),)})) == (("C", "stranger"), ("B",))
    assert known.of(frozenset({(("A", "ODT", "1"),), (("C", "ODT", "2"),)})) == (("B", "stranger"), ())


def test_the_narrowest_margin_is_told_and_silence_counts_as_the_coarsest_plan() -> None:
    book = rulebook(DAY, plans=[plan("A", accuracy_m=10), plan("B", accuracy_m=2), plan("S", accuracy_m=None, scale=None)])
    own = Flip(Verdict.PERMITTED, 30.0, 10.0, "A")
    assert worst_flip(own, [("B", 35.0), ("B", 4.0)], book, math.nan) == own
    assert worst_flip(own, [("B", 15.0), ("B", 4.0)], book, math.nan) == Flip(Verdict.PERMITTED, 15.0, 10.0, "A")
    assert worst_flip(own, [("B", 2.5)], book, 1.0) == Flip(Verdict.PERMITTED, 2.5, 3.0, "B")
    assert worst_flip(own, [("S", 10.0)], book, math.nan) == Flip(Verdict.PERMITTED, 10.0, 10.0, "A")
    assert worst_flip(own, [("S", 9.0)], book, math.nan) == Flip(Verdict.PERMITTED, 9.0, None, "S")
    assert worst_flip(own, [("stranger", 9.0), ("B", 1.0)], book, math.nan).tolerance_m is None


def stood(distance: float, tolerance: float | None = 5.0, own: float = 0.0, first: float = 5.0) -> tuple[str, float]:
    """Who leaves a verdict in doubt (else P1, whose own borders leave it alone), and how far it is from flipping."""
    book = rulebook(DAY, plans=[plan("P1", accuracy_m=None, scale=None), plan("P2", accuracy_m=tolerance, scale=None)])
    found = worst_flip(Flip(Verdict.PERMITTED, 50.0, first, "P1"), [("P2", distance)], book, own)
    return found.plan_id, found.distance_m


def test_a_plan_beside_leaves_a_verdict_alone_from_its_tolerance_on() -> None:
    assert stood(5.0) == ("P1", 5.0)
    assert stood(5.5) == ("P1", 5.5)
    assert stood(4.999) == ("P2", 4.999)
    assert stood(5.0 - 5e-7) == ("P2", 5.0 - 5e-7)
    assert stood(60.0) == ("P1", 50.0)
    assert stood(5.4, own=0.5) == ("P2", 5.4)  # the site's own outline moves too
    assert stood(4.8, own=-0.5) == ("P2", 4.8)  # no accuracy is below nought
    assert stood(0.0, tolerance=None, first=0.0) == ("P1", 0.0)  # nobody states how far any border may be off
    assert stood(0.4, tolerance=None, own=0.5, first=0.0) == ("P2", 0.4)
