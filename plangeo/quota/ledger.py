"""The ledger: allotted − existing − claimed = remaining, by unit and class, and which project breaks it first."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from plangeo.quota.claims import Claim, Project
from plangeo.quota.quotatable import TOTAL
from plangeo.quota.unitmatch import UnitMatches
from plangeo.rulebook import Rulebook

_ROUNDING_HA = 1e-9
LEDGER = (
    *(
        "period_from",
        "period_to",
        "unit_id",
        "code",
        "allocated_ha",
        "existing_ha",
        "projects",
        "claimed_min_ha",
        "claimed_max_ha",
    ),
    *("remaining_min_ha", "remaining_max_ha", "state", "breaks_site", "breaks_row", "breaks_ha", "why_vi", "why_en"),
)
"""Columns of the ledger; hectares, NaN where not known. ``state`` is one of STATES."""
STATES = {
    "left": "còn",
    "exceeded": "vượt",
    "may_be_exceeded": "có thể vượt",
    "shrinks": "phải giảm, không có dự án",
    "not_settled": "chưa đủ số liệu",
}

Key = tuple[float, float, str, str]
"""(first year, last year, unit, class); years that are not stated are −1."""


def book_ledger(
    allotted: pd.DataFrame,
    existing: pd.DataFrame | None,
    matches: UnitMatches,
    existing_matches: UnitMatches | None,
    claims: Sequence[Claim],
    book: Rulebook,
) -> pd.DataFrame:
    """Return the ledger (LEDGER), one row for each period, unit of the map and class that the table allots.

    Parameters: ``allotted`` and ``existing`` (quotatable.COLUMNS); claims in any order. A row of all units together (TOTAL)
    takes the claims of all units of the map.
    """
    given, lacking = carried(allotted, matches)
    there, lacking_there = (
        carried(existing, existing_matches) if existing is not None and existing_matches is not None else ({}, {})
    )
    present = _without_years(there)
    gaps = _without_years(dict.fromkeys(lacking_there, 0.0))
    by_unit: dict[str, list[Claim]] = defaultdict(list)
    for one in claims:
        if one.unit_id:
            by_unit[one.unit_id].append(one)
            by_unit[TOTAL].append(one)
    rows = []
    for key in sorted({*given, *lacking}):
        first, last, unit, code = key
        period = (_year(first), _year(last))
        there_now = [c for c in by_unit.get(unit, ()) if _same(c.project.period, period)]
        mine = [c for c in there_now if _takes(c, code, book) == "all"]
        maybe = [c for c in there_now if _takes(c, code, book) == "some"]
        have = math.nan if (unit, code) in gaps or (unit, code) not in present else present[unit, code]
        amount, why = (given[key], ("", "")) if key not in lacking else (math.nan, lacking[key])
        rows.append(_row(period, unit, code, amount, have, existing is not None, mine, maybe, why))
    return pd.DataFrame(rows, columns=list(LEDGER))


def carried(table: pd.DataFrame, matches: UnitMatches) -> tuple[dict[Key, float], dict[Key, tuple[str, str]]]:
    """Return the hectares by period, unit of the map and class, and the same keys whose hectares are not all there, with the reason.

    Numbers that cannot be read, stand twice, or belong to a unit that was not carried over take part in no sum.
    """
    plain = table[(table["from_code"] == "")]
    keys = ["code", "unit", "period_from", "period_to"]
    bad = (plain["problem_en"] != "") | plain.duplicated(keys, keep=False)
    amounts: dict[Key, list[float]] = defaultdict(list)
    members: dict[Key, set[str]] = defaultdict(set)
    lacking: dict[Key, tuple[str, str]] = {}
    columns = (plain[name].tolist() for name in ("unit", "code", "period_from", "period_to", "hectares"))
    for name, code, first, last, hectares, wrong in zip(*columns, bad, strict=True):
        unit = TOTAL if name == TOTAL else matches.of[name].unit_id
        if not unit:
            continue
        key = (_stated(first), _stated(last), unit, str(code))
        if wrong:
            lacking[key] = (
                "số liệu trong bảng không đọc được hoặc ghi hai lần",
                "the number in the table cannot be read, or stands twice",
            )
            continue
        amounts[key].append(float(hectares))
        members[key].add(name)
        if unit in matches.incomplete:
            lacking[key] = matches.incomplete[unit]
    of_unit: dict[str, set[str]] = defaultdict(set)
    for name, match in matches.of.items():
        if match.unit_id and match.former:
            of_unit[match.unit_id].add(name)
    for key, some in members.items():
        if missing := of_unit.get(key[2], set()) - some:
            shown = ", ".join(sorted(missing)[:5])
            lacking[key] = (f"bảng không ghi loại đất này cho {shown}", f"the table states nothing of this class for {shown}")
    return {key: math.fsum(some) for key, some in amounts.items()}, lacking


def _row(
    period: tuple[float, float],
    unit: str,
    code: str,
    allotted: float,
    existing: float,
    asked_existing: bool,
    claims: Sequence[Claim],
    maybe: Sequence[Claim],
    why: tuple[str, str],
) -> dict[str, Any]:
    low, high = math.fsum(c.low_ha for c in claims), math.fsum(c.high_ha for c in (*claims, *maybe))
    start = allotted - (0.0 if math.isnan(existing) else existing)
    left_low, left_high = start - high, start - low
    told = [why] if why[0] else []
    if math.isnan(existing):
        told.append(
            ("chưa trừ hiện trạng: bảng hiện trạng không có số này", "present use not taken off: its table lacks the number")
            if asked_existing
            else ("chưa trừ hiện trạng: không có tệp existing_use", "present use not taken off: no file existing_use")
        )
    if maybe:
        sites = ", ".join(sorted({c.project.site_id for c in maybe})[:5])
        told.append(
            (f"mức nhiều nhất gồm dự án chưa rõ loại đất: {sites}", f"the most includes projects whose class is open: {sites}")
        )
    if math.isinf(left_low):
        left_low = math.nan
        told.append(("có dự án không rõ diện tích tối đa", "a project states no greatest area"))
    both = [*claims, *maybe]
    state = _state(start, low, high, existing, both)
    site, row, cumulated = _first_break(start, claims if state == "exceeded" else both, state)
    vi, en = ("; ".join(words) for words in (zip(*told, strict=True) if told else ((), ())))
    return dict(
        zip(
            LEDGER,
            (
                *(*period, unit, code, allotted, existing, len({c.project.site_id for c in claims}), low, _finite(high)),
                *(left_low, left_high, state, site, row, cumulated, vi, en),
            ),
            strict=True,
        )
    )


def _takes(claim: Claim, code: str, book: Rulebook) -> str:
    """Whether a claim takes up a class: "all" of it, "some" may where its class is open, "" none."""
    classes = (claim.code,) if claim.code else claim.project.classes
    below = [book.falls_under(c, (code,)) for c in classes]
    return "all" if all(below) else "some" if any(below) else ""


def _state(start: float, low: float, high: float, existing: float, claims: Sequence[Claim]) -> str:
    if math.isnan(start):
        return "not_settled"
    if not claims and start < -_ROUNDING_HA:
        return "shrinks"
    if start - low < -_ROUNDING_HA:
        return "exceeded"
    if math.isnan(existing):
        return "not_settled"
    return "may_be_exceeded" if start - high < -_ROUNDING_HA else "left"


def _first_break(start: float, claims: Sequence[Claim], state: str) -> tuple[str, float, float]:
    """The project with which the claims, in the list's own order, go beyond what is left; its row and the sum up to it."""
    if state not in ("exceeded", "may_be_exceeded"):
        return "", math.nan, math.nan
    end = "low_ha" if state == "exceeded" else "high_ha"
    sums: dict[int, list[float]] = defaultdict(list)
    projects: dict[int, Project] = {}
    for one in claims:
        sums[one.project.order].append(getattr(one, end))
        projects[one.project.order] = one.project
    cumulated: list[float] = []
    for order in sorted(sums):
        cumulated += sums[order]
        if start - math.fsum(cumulated) < -_ROUNDING_HA:
            return projects[order].site_id, projects[order].row, _finite(math.fsum(cumulated))
    return "", math.nan, math.nan


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def _stated(year: float) -> float:
    return -1.0 if math.isnan(year) else float(year)


def _year(stated: float) -> float:
    return math.nan if stated < 0 else stated


def _same(one: tuple[float, float] | None, two: tuple[float, float]) -> bool:
    return one is not None and (_stated(one[0]), _stated(one[1])) == (_stated(two[0]), _stated(two[1]))


def _without_years(found: Mapping[Key, float]) -> dict[tuple[str, str], float]:
    """Present use has a day, not a period; a class of a unit that stands for several is not taken."""
    out: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (_, _, unit, code), value in found.items():
        out[unit, code].append(value)
    return {key: some[0] for key, some in out.items() if len(some) == 1}


def periods_of(table: pd.DataFrame) -> list[tuple[float, float]]:
    """Return the periods of a table in order, NaN where a year is not stated."""
    found: Iterable[tuple[float, float]] = {
        (_stated(a), _stated(b)) for a, b in zip(table["period_from"], table["period_to"], strict=True)
    }
    return [(_year(a), _year(b)) for a, b in sorted(found)]
