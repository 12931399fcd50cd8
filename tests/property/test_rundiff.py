"""Whatever is edited between two runs: every change is found by comparing directly, has a cause, and touches only its sites."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.overrides.fingerprints import changed_parts, fingerprints
from plangeo.rundiff.comparison import compare_runs
from tests.effort import examples
from tests.makers import RULES, plan, rule, rulebook, site, sites, square, zones

CODES = ("LUC", "SKK", "RPH", "NNP", "PNN")
USES = ("housing", "industrial_park")
GRID = st.lists(st.sampled_from(CODES), min_size=9, max_size=9)
PLACES = st.lists(
    st.tuples(st.integers(0, 27), st.integers(0, 27), st.sampled_from(USES)), min_size=1, max_size=6, unique_by=lambda p: p[:2]
)
EDITS = st.fixed_dictionaries(
    {},
    optional={
        "zone": st.tuples(st.integers(0, 8), st.sampled_from(CODES)),
        "move": st.tuples(st.integers(0, 5), st.integers(-20, 20)),
        "drop": st.integers(0, 5),
        "on": st.sampled_from([dt.date(2026, 1, 1), dt.date(2031, 1, 1)]),
        "rule": st.sampled_from([rule("housing", "SKK", "permitted"), rule("*", "RPH", "conditional")]),
        "accuracy": st.sampled_from([0.0, 30.0]),
    },
)


def judged(grid: list[str], places: list[Any], edits: dict[str, Any]) -> Any:
    codes = list(grid)
    if "zone" in edits:
        codes[edits["zone"][0]] = edits["zone"][1]
    ground = [(f"Z{n}", code, square(1000 * (n % 3), 1000 * (n // 3), 1000), "P1") for n, code in enumerate(codes)]
    rows = []
    for n, (x, y, use) in enumerate(places):
        east = edits["move"][1] * 10 if edits.get("move", (None,))[0] == n else 0
        if edits.get("drop") != n or len(places) == 1:
            rows.append(site(f"S{n}", square(100 * x + east, 100 * y, 100), use))
    kept = [r for r in RULES if r["zone"] != ["LUC", "RPH", "RDD"] or edits.get("rule", {}).get("zone") != "RPH"]
    rules = (
        kept
        + ([edits["rule"]] if "rule" in edits else [])
        + ([rule("*", ["LUC", "RDD"], "not_permitted")] if len(kept) < 4 else [])
    )
    law = rulebook(rules=rules, plans=[plan("P1", accuracy_m=edits.get("accuracy", 0.0))])
    return assess(sites(*rows), law, on=edits.get("on", dt.date(2025, 7, 1)), zones=zones(*ground))


@examples(8)
@given(GRID, PLACES, EDITS)
def test_every_change_is_found_and_explained(grid: list[str], places: list[Any], edits: dict[str, Any]) -> None:
    first, second = judged(grid, places, {}), judged(grid, places, edits)
    diff = compare_runs(first, second)
    old, new = (dict(zip(r.sites["site_id"], r.sites["verdict"], strict=True)) for r in (first, second))
    rows = {r["site_id"]: r for r in diff.changes.to_dict("records")}
    # the second computation: what turned, by comparing directly
    assert {s for s, r in rows.items() if r["change"] == "verdict"} == {s for s in old.keys() & new.keys() if old[s] != new[s]}
    assert {s for s, r in rows.items() if r["change"] == "only_before"} == old.keys() - new.keys()
    assert set(diff.causes["site_id"]) == set(rows)
    causes = {code for code in diff.causes["cause"] if code not in ("only_before", "only_after")}
    assert "not_found" not in causes
    made = {"zone": "zone", "move": "site_geometry", "on": "date", "rule": "rule", "accuracy": "plan"}
    # another accuracy is an edit of the rulebook, which is then a candidate wherever all its rules count
    assert causes <= {made[name] for name in edits if name in made} | ({"rule"} if "accuracy" in edits else set())
    moved = {s for s, c in zip(diff.causes["site_id"], diff.causes["cause"], strict=True) if c == "site_geometry"}
    assert moved <= {f"S{edits['move'][0]}"} if "move" in edits else not moved
    # and back again
    back = compare_runs(second, first)
    assert set(back.changes["site_id"]) == set(rows)


@examples(5)
@given(GRID, PLACES, EDITS)
def test_a_fingerprint_that_stays_is_a_verdict_that_stays(grid: list[str], places: list[Any], edits: dict[str, Any]) -> None:
    first, second = judged(grid, places, {}), judged(grid, places, edits)
    before, after = fingerprints(first), fingerprints(second)
    for site_id in before.keys() & after.keys():
        if not changed_parts(before[site_id], after[site_id]):
            said = [f[(f["site_id"] == site_id) & (f["check"] == "zone_use")] for f in (first.findings, second.findings)]
            assert said[0][["reason", "verdict"]].to_numpy().tolist() == said[1][["reason", "verdict"]].to_numpy().tolist()
