"""What the law of a day says to sites on each kind of ground, asked of the checks themselves.

Nothing here knows the law. Every kind of ground becomes a site that lies wholly on it, and the checks judge that as they
judge any other. Anti-pattern: a second, simpler law for sites without a place.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from plangeo.checks import CHECKS
from plangeo.engine.patches import Kind
from plangeo.flips import tolerance_of
from plangeo.law.compatibility import SIZES
from plangeo.law.precedence import govern
from plangeo.law.rulebook_schema import ANY
from plangeo.model import Measured, Verdict
from plangeo.room import Accuracy
from plangeo.rulebook import Rulebook
from plangeo.tables import COVER

Says = Mapping[Kind, Verdict]
"""What a site is told on each kind of ground."""
_Asker = tuple[str, tuple[str, ...]]
"""Use and values of the columns its rules ask for: sites of one asker are told the same of the same ground."""
_GROUND_CHECKS = ("coverage", "plan_in_force", "zone_conflict", "zone_use")
"""The checks that speak of the ground a site lies on, whatever its shape."""
_AT_ONCE = 20_000
"""Sites on one kind of ground that the checks judge together."""


class Sayings:
    """What the law of a day says to sites on each kind of ground; worked out once for sites that must be told the same.

    Of a kind of ground nothing is known but its zones: a condition on the size of the ground is not measured there.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self.law = rulebook
        self._columns: dict[str, tuple[str, ...]] = {}
        self._known: dict[tuple[_Asker, Kind], Verdict] = {}
        self._accuracies: dict[frozenset[Kind], Accuracy] = {}

    def of(self, table: pd.DataFrame, kinds: Sequence[frozenset[Kind]]) -> list[Says]:
        """Return for every site (a row of ``table``, as Measured.sites has it) what it is told on each of its kinds of ground."""
        askers = [self._asker(row) for row in table.to_dict("records")]
        first = {asker: n for n, asker in reversed(list(enumerate(askers)))}
        wanted = {(asker, kind) for asker, ground in zip(askers, kinds, strict=True) for kind in ground}
        new = sorted(wanted - self._known.keys())
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            rows = table.iloc[[first[asker] for asker, _ in some]]
            self._known |= dict(zip(some, self._judge(rows, [kind for _, kind in some]), strict=True))
        return [{kind: self._known[asker, kind] for kind in ground} for asker, ground in zip(askers, kinds, strict=True)]

    def accuracy(self, kinds: frozenset[Kind]) -> Accuracy:
        """Return the displacement of borders that the plans which govern such ground cannot exclude."""
        if kinds not in self._accuracies:
            known = sorted(kinds)
            governing = govern(_cover([""] * len(known), known), self.law)["governs"]
            plans = sorted({plan_id for governs in governing for plan_id, _, _ in governs})
            plan_id, tolerance = tolerance_of(plans, self.law, 0.0) if plans else ("", 0.0)
            self._accuracies[kinds] = Accuracy(tolerance, plan_id)
        return self._accuracies[kinds]

    def _asker(self, row: Mapping[Hashable, Any]) -> _Asker:
        use = str(row["use_code"])
        if use not in self._columns:
            asked = {c.field for rule in self.law.rules if rule.use in (use, ANY) for c in rule.conditions}
            self._columns[use] = tuple(sorted(asked.difference(SIZES)))
        return use, tuple(repr(row.get(column)) for column in self._columns[use])

    def _judge(self, rows: pd.DataFrame, kinds: Sequence[Kind]) -> list[Verdict]:
        """The worst finding of the checks on a site that lies wholly on one kind of ground, row by row."""
        ids = [str(n) for n in range(len(kinds))]
        cover = govern(_cover(ids, kinds), self.law)
        measured = Measured(rows.assign(site_id=ids).reset_index(drop=True), {}, cover, {"zones": {}}, self.law)
        worst = dict.fromkeys(ids, Verdict.PERMITTED)
        for code in _GROUND_CHECKS:
            findings = CHECKS[code].judge(measured)
            for site_id, verdict in zip(findings["site_id"].tolist(), findings["verdict"].tolist(), strict=True):
                worst[site_id] = max(worst[site_id], Verdict.parse(verdict))
        return [worst[site_id] for site_id in ids]


def _cover(ids: Sequence[str], kinds: Sequence[Kind]) -> pd.DataFrame:
    """The cover (tables.COVER) of sites that lie wholly on one kind of ground each; nobody knows how large they are."""
    columns: dict[str, Any] = {
        "site_id": list(ids),
        "zones": pd.Series(list(kinds), dtype=object),
        "on_border": False,
        "sides": pd.Series([()] * len(ids), dtype=object),
    }
    return pd.DataFrame(columns | dict.fromkeys(SIZES, math.nan))[[c.name for c in COVER]]
