"""How findings become the verdict of a site: the worst wins, a question that was not asked is no consent."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from plangeo.assessing.verdicts import combine_findings, skipped_checks
from plangeo.checks import CHECKS, ESSENTIAL

Finding = tuple[str, str, str, str]
"""(site, check, reason, verdict)"""


def combined(*findings: Finding, sites: str = "S", ran: tuple[str, ...] = tuple(CHECKS), **given: bool) -> list[list[str]]:
    table = pd.DataFrame(findings, columns=["site_id", "check", "reason", "verdict"])
    return combine_findings(pd.Series(list(sites)), table, ran, **given).values.tolist()


GOOD: Finding = ("S", "zone_use", "permitted", "permitted")


def test_the_worst_finding_wins_and_is_told_first() -> None:
    some: list[Finding] = [
        GOOD,
        ("S", "declared_area", "differs", "unknown"),
        ("S", "legal_conditions", "holds", "conditional"),
        ("S", "zone_use", "not_permitted", "not_permitted"),
    ]
    told = "zone_use.not_permitted; declared_area.differs; legal_conditions.holds"
    for order in itertools.permutations(some):
        assert combined(*order) == [["not_permitted", told]]
    assert combined(*some[:3]) == [["unknown", "declared_area.differs; legal_conditions.holds"]]
    assert combined(GOOD, some[2]) == [["conditional", "legal_conditions.holds"]]
    assert combined(GOOD, ("S", "coverage", "covered", "permitted")) == [["permitted", "coverage.covered; zone_use.permitted"]]


def test_no_finding_is_no_consent() -> None:
    assert combined() == [["unknown", ""]]
    assert combined(("A", *GOOD[1:]), sites="AB") == [["permitted", "zone_use.permitted"], ["unknown", ""]]


@pytest.mark.parametrize("check", ESSENTIAL)
def test_a_missing_essential_check_keeps_every_site_from_being_permitted(check: str) -> None:
    ran = tuple(c for c in CHECKS if c != check)
    assert combined(GOOD, ran=ran) == [["unknown", f"{check}.not_run"]]
    worse = ("S", "zone_conflict", "x", "not_permitted")
    assert combined(GOOD, worse, ran=ran) == [["not_permitted", f"zone_conflict.x; {check}.not_run"]]


@pytest.mark.parametrize(("check", "given"), [("district", "doubted"), ("legal_conditions", "by_area")])
def test_a_check_may_be_essential_for_a_run(check: str, given: str) -> None:
    ran = tuple(c for c in CHECKS if c != check)
    assert combined(GOOD, ran=ran) == [["permitted", "zone_use.permitted"]]
    assert combined(GOOD, ran=ran, **{given: True}) == [["unknown", f"{check}.not_run"]]
    assert combined(GOOD, **{given: True}) == [["permitted", "zone_use.permitted"]]


def test_what_a_border_in_doubt_tempers_is_no_worse_than_unknown() -> None:
    doubt = ("S", "robustness", "within_map_accuracy", "unknown")
    for word in ("not_permitted", "unknown"):
        assert combined(("S", "zone_use", word, word), doubt)[0][0] == "unknown"
    assert combined(("S", "zone_use", "permitted", "permitted"), doubt)[0][0] == "unknown"
    milder = ("S", "robustness", "within_map_accuracy", "permitted")  # whatever that finding says itself
    assert combined(("S", "zone_use", "conditional", "conditional"), milder) == [["conditional", "zone_use.conditional"]]
    assert combined(("S", "zone_use", "not_permitted", "not_permitted"), milder)[0][0] == "unknown"
    assert combined(("S", "zone_conflict", "x", "not_permitted"), doubt)[0][0] == "not_permitted"  # another check
    other = combined(("A", "zone_use", "not_permitted", "not_permitted"), ("B", *doubt[1:]), sites="AB")
    assert [verdict for verdict, _ in other] == ["not_permitted", "unknown"]  # another site
    robust = ("S", "robustness", "robust", "permitted")
    assert combined(("S", "zone_use", "not_permitted", "not_permitted"), robust)[0][0] == "not_permitted"


def test_checks_that_did_not_run_are_named_with_the_reason() -> None:
    told = {s.check: s.why.en for s in skipped_checks(["district", "zone_use"], ["zone_use"])}
    assert told["district"] == "layer districts is missing"
    assert told["slope"] == "not asked for"
    assert "zone_use" not in told
    assert set(told) == set(CHECKS) - {"zone_use"}
