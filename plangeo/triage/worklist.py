"""The order in which projects need attention: severity, then capital, then margin; every component stands beside the rank."""

from __future__ import annotations

import math

import pandas as pd

from plangeo.model import Assessment, Verdict
from plangeo.triage.capital import capital_of

SEVERITY = {Verdict.NOT_PERMITTED: 1, Verdict.UNKNOWN: 2, Verdict.CONDITIONAL: 3, Verdict.PERMITTED: 4}
"""1 comes first."""

COLUMNS = (
    *("rank", "site_id", "name", "verdict", "verdict_vi", "severity", "capital_vnd", "capital_note_vi", "capital_note_en"),
    *("margin_m", "tolerance_m", "reasons"),
)


def order_projects(assessment: Assessment) -> pd.DataFrame:
    """Return all sites in order of attention (``COLUMNS``), whatever the order of the register.

    1. the verdict, worst first; 2. capital, largest first; within one verdict, projects of unknown capital stand after
    those of known capital; 3. ε* in metres: among NOT_PERMITTED the largest first (no survey will help), else the smallest
    first (nearest to turning); unknown ε* last; 4. the id.
    """
    sites = assessment.sites
    capital = capital_of(sites)
    found = assessment.findings
    margins = found[(found["check"] == "robustness").to_numpy()]
    flips = {
        str(i): (float(m), float(t)) for i, m, t in zip(margins["site_id"], margins["measure"], margins["threshold"], strict=True)
    }
    rows = []
    for site_id, name, word, reasons in zip(
        *(sites[n].astype(str) for n in ("site_id", "name", "verdict", "reasons")), strict=True
    ):
        verdict = Verdict.parse(word)
        margin, tolerance = flips.get(site_id, (math.nan, math.nan))
        money = capital[site_id]
        row = {
            "site_id": site_id,
            "name": name,
            "verdict": verdict.label,
            "verdict_vi": verdict.wording.vi,
            "severity": SEVERITY[verdict],
            "capital_vnd": math.nan if money.vnd is None else float(money.vnd),
            "capital_note_vi": money.note.vi,
            "capital_note_en": money.note.en,
            "margin_m": margin,
            "tolerance_m": tolerance,
            "reasons": reasons,
        }
        known = math.isfinite(margin) or margin == math.inf
        step = -margin if verdict is Verdict.NOT_PERMITTED else margin
        key = (SEVERITY[verdict], money.vnd is None, -(money.vnd or 0), not known, step if known else 0.0, site_id)
        rows.append((key, row))
    ordered = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
    return pd.DataFrame([{"rank": n, **row} for n, row in enumerate(ordered, start=1)], columns=list(COLUMNS))
