"""Two lists of projects held against each other: what is the same, what changed, what only one list has, and what is in doubt.

``plangeo.reconcile`` joins nothing without a rule (``plangeo.reconciling.rules``) or an officer's confirmation. Every entry
of either list is a member of exactly one outcome; the result does not depend on the order of the rows, and the mirror image of the
lists gives the mirror image of the outcomes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from plangeo.errors import CrsError, InputError
from plangeo.geometry import working_crs
from plangeo.profiles import Profile, load_profile
from plangeo.reading import Decision
from plangeo.reconciling.candidates import candidate_pairs
from plangeo.reconciling.confirmation import Decided, Refused, place_confirmations, read_confirmations
from plangeo.reconciling.differences import CHANGES, TITLES, Difference, compare, compare_sums
from plangeo.reconciling.entries import Entry, Listed, entries_of
from plangeo.reconciling.matching import Group, match
from plangeo.reconciling.rules import Pair, judge
from plangeo.reconciling.sayings import explain_group, used_evidence
from plangeo.sources import read_sites

Outcome = Literal["same", "changed", "only_left", "only_right", "ambiguous", "split", "merged"]
OUTCOMES: tuple[Outcome, ...] = ("ambiguous", "split", "merged", "changed", "only_left", "only_right", "same")
"""In the order an officer reads them: what needs a word of his first."""
MOST_ENTRIES = 50_000
_REFUSED_SHOWN = 50
_SHOWN = 10


@dataclass(frozen=True)
class Reconciliation:
    """The result; tables of plain columns."""

    outcomes: pd.DataFrame
    """One row each: outcome_id, outcome, score, reason, evidence, left_ids, right_ids, left_names, right_names, left_count,
    right_count, changes (fields that differ), wording (fields only written differently), candidates, why_vi, why_en,
    confirmed_by. Several ids or names are joined with "; "."""
    members: pd.DataFrame
    """One row for each entry of either list, in their order, the left first: side, row, id, name, source_row, problem, outcome_id, outcome."""
    differences: pd.DataFrame
    """One row for each field that differs: outcome_id, outcome, left_id, right_id, name, field, kind, left, right, amount, relative,
    unit, why_vi, why_en; amount is right less left."""
    candidates: pd.DataFrame
    """One row for each pair in doubt: outcome_id, left_id, left_name, right_id, right_name, score, reason, evidence, why_vi, why_en,
    decision, who, date, note; with the last four filled in it is a file of confirmations."""
    decisions: tuple[Decision, ...]
    """What was decided about the lists: what was not compared, confirmations without effect."""
    crs: str = ""
    """Metric CRS of distances; empty when no geometry was compared."""

    def summary(self) -> pd.DataFrame:
        """Return the counts by outcome: index outcome, columns outcomes, left, right (entries of each list)."""
        counts = self.outcomes.groupby("outcome")[["left_count", "right_count"]].sum().reindex(OUTCOMES, fill_value=0)
        table = counts.rename(columns={"left_count": "left", "right_count": "right"})
        table.insert(0, "outcomes", self.outcomes["outcome"].value_counts().reindex(OUTCOMES, fill_value=0))
        return table


def reconcile(
    left: str | Path | pd.DataFrame,
    right: str | Path | pd.DataFrame,
    *,
    confirmed: str | Path | pd.DataFrame | None = None,
    profile: str | Path | Profile = "vn",
    crs: Any = None,
) -> Reconciliation:
    """Hold two lists of projects against each other.

    Parameters
    ----------
    left, right : tables of ``read_sites`` or ``read_register``, or files, which ``read_sites`` reads with the profile.
    confirmed : the officer's decisions: a CSV, a workbook or a frame with left_id, right_id, decision (same / different), who, date.
    profile : brings abbreviations, administrative units and their days.
    crs : metric CRS of distances; by default that of the profile, where it is fit, else one that is.

    Confirmations that cannot be read, or contradict one another, have no effect and stand in ``decisions`` with their fault.
    **Raises** InputError, TableError, CrsError.
    """
    chosen = profile if isinstance(profile, Profile) else load_profile(profile)
    frames = [side if isinstance(side, pd.DataFrame) else read_sites(side, chosen) for side in (left, right)]
    for frame, what in zip(frames, ("the left list", "the right list"), strict=True):
        if len(frame) > MOST_ENTRIES:
            raise InputError(
                f"{what} has {len(frame):,} entries; reconcile parts of at most {MOST_ENTRIES:,} (e.g. by district).",
                code="register_too_large",
            )
    metric = _metric_crs(frames, chosen, crs)
    lists = [entries_of(f, chosen, metric, what) for f, what in zip(frames, ("the left list", "the right list"), strict=True)]
    decided, refused = ([], []) if confirmed is None else read_confirmations(confirmed)
    names = [{e.id: e.name.text for e in one.entries} for one in lists]
    placed = place_confirmations(decided, names[0], names[1])
    a, b = lists[0].entries, lists[1].entries
    possible, crowded = candidate_pairs(a, b)
    pairs = [pair for m, n in possible if (pair := judge(a[m], b[n])) is not None]
    groups = match(a, b, pairs, placed.confirmed)
    told = [*_refusals([*refused, *placed.refused]), *_decisions(lists, placed.unknown, placed.stale, crowded)]
    return _tables(groups, lists, chosen, tuple(told), "" if metric is None else metric.to_string())


def _metric_crs(frames: Sequence[pd.DataFrame], profile: Profile, crs: Any) -> Any:
    """The CRS of distances; None unless both lists have geometries. The same for the lists exchanged."""
    placed = [f for f in frames if isinstance(f, gpd.GeoDataFrame) and f.crs is not None and f.geometry.notna().any()]
    if len(placed) < 2:
        return None
    placed.sort(key=lambda f: (f.crs.to_string(), len(f), tuple(f.total_bounds)))
    if crs is None and profile.metric_crs is not None:
        try:
            return working_crs(placed, profile.metric_crs)
        except CrsError:  # the lists lie elsewhere
            pass
    return working_crs(placed, crs)


def _refusals(refused: Sequence[Refused]) -> list[Decision]:
    """Every row of the confirmations that decides nothing, with its fault."""
    told = [Decision("row", r.where, f"this confirmation has no effect: {r.problem}", r.pair) for r in refused[:_REFUSED_SHOWN]]
    if len(refused) > _REFUSED_SHOWN:
        told.append(Decision("row", "confirmations", f"{len(refused) - _REFUSED_SHOWN} more rows have no effect"))
    return told


def _decisions(
    lists: Sequence[Listed], unknown: Sequence[Decided], stale: Sequence[Decided], crowded: Sequence[str]
) -> list[Decision]:
    told = []
    for side, one, other in (("left", lists[0], lists[1]), ("right", lists[1], lists[0])):
        lacking = [TITLES[f].en.lower() for f in TITLES if f in other.stated - one.stated and f != "code"]
        if lacking:
            said = f"the {side} list states no {', '.join(lacking)} at all; the other one's were not compared with it"
            told.append(Decision("column", f"{side} list", said))
    for idle, why in (
        (unknown, "name an identifier that is not in the lists and have no effect"),
        (stale, "were made on other names than the lists have now and have no effect; confirm these pairs again"),
    ):
        if idle:
            shown = "; ".join(f"{d.where}: {d.left_id} – {d.right_id}" for d in idle[:_SHOWN]) + (
                " …" if len(idle) > _SHOWN else ""
            )
            told.append(Decision("row", "confirmations", f"{len(idle)} confirmation(s) {why}", shown))
    if crowded:
        said = f"{len(crowded)} name(s) are borne by so many entries that only those at one place were compared"
        told.append(Decision("row", "both lists", said, "; ".join(repr(c) for c in crowded[:_SHOWN])))
    return told


def _tables(
    groups: Sequence[Group], lists: Sequence[Listed], profile: Profile, told: tuple[Decision, ...], crs: str
) -> Reconciliation:
    left, right = lists[0].entries, lists[1].entries
    both = lists[0].stated & lists[1].stated
    made = [(group, _differences(group, left, right, profile, both)) for group in groups]
    named = [(_outcome(group, found), group, found) for group, found in made]
    named.sort(key=lambda item: (OUTCOMES.index(item[0]), *_position(item[1])))
    outcomes, members, differences, candidates = [], [], [], []
    for number, (outcome, group, found) in enumerate(named, start=1):
        key = f"R{number:05d}"
        outcomes.append(_outcome_row(key, outcome, group, found, left, right))
        members += [
            {"side": side, "row": n, "id": one[n].id, "name": one[n].name.text, "source_row": one[n].source_row}
            | {"problem": one[n].problem, "outcome_id": key, "outcome": outcome}
            for side, one, rows in (("left", left, group.left), ("right", right, group.right))
            for n in rows
        ]
        head = {"outcome_id": key, "outcome": outcome, "left_id": _ids(left, group.left), "right_id": _ids(right, group.right)}
        head["name"] = (_names(left, group.left) or _names(right, group.right)) if found else ""
        differences += [head | _difference_row(d) for d in found]
        if outcome == "ambiguous":
            candidates += [_candidate_row(key, pair, left, right) for pair in _doubts(group)]
    members.sort(key=lambda row: (row["side"], row["row"]))
    candidates.sort(key=lambda row: (row["outcome_id"], -row["score"], row["left_id"], row["right_id"]))
    return Reconciliation(
        pd.DataFrame(outcomes, columns=_OUTCOME),
        pd.DataFrame(members, columns=_MEMBER),
        pd.DataFrame(differences, columns=_DIFFERENCE),
        pd.DataFrame(candidates, columns=_CANDIDATE),
        told,
        crs,
    )


_OUTCOME = (
    *("outcome_id", "outcome", "score", "reason", "evidence", "left_ids", "right_ids", "left_names", "right_names"),
    *("left_count", "right_count", "changes", "wording", "candidates", "why_vi", "why_en", "confirmed_by"),
)
_MEMBER = ("side", "row", "id", "name", "source_row", "problem", "outcome_id", "outcome")
_DIFFERENCE = (
    *("outcome_id", "outcome", "left_id", "right_id", "name", "field", "kind", "left", "right", "amount", "relative", "unit"),
    *("why_vi", "why_en"),
)
_CANDIDATE = (
    *("outcome_id", "left_id", "left_name", "right_id", "right_name", "score", "reason", "evidence", "why_vi", "why_en"),
    *("decision", "who", "date", "note"),
)


def _position(group: Group) -> tuple[float, float]:
    """Where a group stands: in the order of the left list, then of the right one."""
    return min(group.left, default=math.inf), min(group.right, default=math.inf)


def _differences(
    group: Group, left: Sequence[Entry], right: Sequence[Entry], profile: Profile, both: frozenset[str]
) -> list[Difference]:
    if group.kind == "pair":
        return compare(left[group.left[0]], right[group.right[0]], profile.names, both)
    if group.division is not None and group.kind in ("split", "merged"):
        return compare_sums(_members(left, group.left), _members(right, group.right), group.division)
    return []


def _outcome(group: Group, found: Sequence[Difference]) -> Outcome:
    if group.kind == "pair":
        return "changed" if any(d.kind in CHANGES for d in found) else "same"
    return group.kind


def _members(entries: Sequence[Entry], rows: Sequence[int]) -> list[Entry]:
    """The entries of a group in the order of their identifiers, whatever the order of the rows."""
    return sorted((entries[n] for n in rows), key=lambda e: e.id)


def _ids(entries: Sequence[Entry], rows: Sequence[int]) -> str:
    return "; ".join(e.id for e in _members(entries, rows))


def _names(entries: Sequence[Entry], rows: Sequence[int]) -> str:
    return "; ".join(e.name.text for e in _members(entries, rows))


def _outcome_row(
    key: str, outcome: Outcome, group: Group, found: Sequence[Difference], left: Sequence[Entry], right: Sequence[Entry]
) -> dict[str, Any]:
    why = explain_group(group)
    changes = [d.field for d in found if d.kind in CHANGES]
    return {
        "outcome_id": key,
        "outcome": outcome,
        "score": group.score,
        "reason": group.reason,
        "evidence": used_evidence(group),
        "left_ids": _ids(left, group.left),
        "right_ids": _ids(right, group.right),
        "left_names": _names(left, group.left),
        "right_names": _names(right, group.right),
        "left_count": len(group.left),
        "right_count": len(group.right),
        "changes": ", ".join(changes),
        "wording": ", ".join(d.field for d in found if d.kind == "wording"),
        "candidates": _candidates(group, left, right),
        "why_vi": why.vi,
        "why_en": why.en,
        "confirmed_by": "; ".join(f"{c.decided.who}, {c.decided.date.isoformat()}" for c in group.confirmed),
    }


def _candidates(group: Group, left: Sequence[Entry], right: Sequence[Entry]) -> str:
    """The pairs in doubt, or the nearest entries of the other list, with their scores; the best first."""
    if group.kind not in ("ambiguous", "only_left", "only_right"):
        return ""

    def shown(pair: Pair) -> str:
        ids = (left[pair.left].id, right[pair.right].id)
        return " – ".join(ids) if group.kind == "ambiguous" else ids[group.kind == "only_left"]

    ranked = sorted((-p.score, shown(p)) for p in group.pairs)
    return "; ".join(f"{who} ({-score:.0f})" for score, who in ranked[:_SHOWN]) + (" …" if len(ranked) > _SHOWN else "")


def _doubts(group: Group) -> list[Pair]:
    """The pairs an officer decides: those in doubt, and the parts of a whole that do not add up."""
    known = {(p.left, p.right) for p in group.pairs}
    extra = [] if group.division is None else [pair for pair in group.division.pairs if pair not in known]
    return [*group.pairs, *(Pair(m, n, "doubtful", "part_or_whole", 0.0) for m, n in extra)]


def _candidate_row(key: str, pair: Pair, left: Sequence[Entry], right: Sequence[Entry]) -> dict[str, Any]:
    a, b = left[pair.left], right[pair.right]
    why = pair.why
    return {
        "outcome_id": key,
        "left_id": a.id,
        "left_name": a.name.text,
        "right_id": b.id,
        "right_name": b.name.text,
        "score": pair.score,
        "reason": pair.reason,
        "evidence": pair.told,
        "why_vi": why.vi,
        "why_en": why.en,
        "decision": "",
        "who": "",
        "date": "",
        "note": "",
    }


def _difference_row(d: Difference) -> dict[str, Any]:
    return {
        "field": d.field,
        "kind": d.kind,
        "left": d.left,
        "right": d.right,
        "amount": d.amount,
        "relative": d.relative,
        "unit": d.unit,
        "why_vi": d.why.vi,
        "why_en": d.why.en,
    }
