"""What reading the written places of a list decided: how many are sure, which are not and why, and on which day they were read."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from functools import lru_cache

import pandas as pd

from plangeo.adminunits.places import Mention, Place, list_span, resolve
from plangeo.adminunits.unitregister import Unit, UnitRegister
from plangeo.errors import InputError
from plangeo.reading import Decision

_SHOWN = 5
_SAID = {
    "unit": "mean one unit each",
    "same_ground": "mean a unit or the greater one that bears its name now; both lie in one unit of today",
    "ambiguous": "may mean several units, none was chosen; add the district",
    "abolished_level": "name units of a level that does not exist any more on the day of the list",
    "stale": "name units that were merged long before; it is not recorded into which ones",
    "other_kind": "name a unit that exists in another kind only (ward, commune, township)",
    "elsewhere": "name units that do not lie in the greater unit the list states",
    "near": "name no unit, but nearly one; it was not accepted",
    "unknown": "name no unit of the register",
}


def date_list(out: pd.DataFrame, list_date: str | dt.date | None) -> None:
    """Fill the column ``list_date`` of a list of sites in place where its rows do not state it.

    **Raises** InputError for a ``list_date`` that is neither a date nor a year.
    """
    if list_date is None:
        return
    try:
        list_span(list_date)
    except ValueError as fault:
        raise InputError(
            f"list_date: {fault}. It says as of which day places are named, e.g. list_date='2024-12-31'.", code="date_unreadable"
        ) from None
    day = list_date.isoformat()[:10] if isinstance(list_date, dt.date) else list_date
    own = out["list_date"].tolist() if "list_date" in out else [""] * len(out)
    out["list_date"] = [text or day for text in own]


def report_places(sites: pd.DataFrame, register: UnitRegister) -> list[Decision]:
    """Return the decisions on the written places of a list (tables.SITES): one for each reason, with the first few rows."""
    if "declared_district" not in sites and "declared_parent" not in sites:
        return []
    places, above, days = (
        sites[c].tolist() if c in sites else [""] * len(sites) for c in ("declared_district", "declared_parent", "list_date")
    )
    rows = sites["source_row"].tolist() if "source_row" in sites else range(1, len(sites) + 1)
    read = lru_cache(maxsize=None)(lambda *text: _read(*text, register=register))
    found: dict[str, list[tuple[str, Mention]]] = defaultdict(list)
    bad_days: dict[str, int] = defaultdict(int)
    count = 0
    for row, place, higher, day in zip(rows, places, above, days, strict=True):
        meant, fault = read(place, higher, day)
        bad_days[day] += fault
        count += bool(meant.mentions)
        for mention in meant.mentions:
            found[mention.reason].append((f"row {int(row)}" if row == row else "a row", mention))
    dated = "" not in days
    told = [_decide(reason, found[reason], register, dated) for reason in _SAID if found[reason]]
    if set(days) == {""}:
        told += _hint([mention for some in found.values() for _, mention in some], register)
    if told:
        told.insert(0, Decision("place", "column declared_district", f"{_day_said(set(days))}; {count} row(s) name places"))
    for day, number in bad_days.items():
        if number:
            said = (
                f"{number} row(s) state a day of the list that is neither a date nor a year; their places were read for every day"
            )
            told.append(Decision("place", "column list_date", said, sample=day))
    return told


def _hint(mentions: list[Mention], register: UnitRegister) -> list[Decision]:
    """Of which days the list may be, when all its names fit the same days and some fit no other; told, not taken."""
    meant = [m.units for m in mentions if m.units]
    for first, last in register.epochs:
        there = [any(u.in_force((first, last)) for u in units) for units in meant]
        only = sum(all(u.in_force((first, last)) for u in units) for units in meant)
        if meant and all(there) and only:
            span = f"since {first}" if last is None else f"until {last}"
            said = (
                f"all {len(meant)} names that were read fit the days {span}, {only} of them no others; if the list is of these days, "
                f"say so: --list-date {first or last}"
            )
            return [Decision("place", "column list_date", said, confidence=only / len(meant))]
    return []


def _read(place: str, above: str, day: str, *, register: UnitRegister) -> tuple[Place, bool]:
    try:
        span, fault = list_span(day), False
    except ValueError:
        span, fault = (None, None), True
    return resolve(place, register, span, within=above), fault


def _day_said(days: set[str]) -> str:
    if days == {""}:
        return "the day of the list is not known, so names of every day were considered (--list-date states it)"
    return f"places were read as named on {', '.join(sorted(d or 'a day not known' for d in days)[:_SHOWN])}"


def _decide(reason: str, found: list[tuple[str, Mention]], register: UnitRegister, dated: bool) -> Decision:
    shown = list(dict.fromkeys((row, mention.said, mention.units or mention.suggested) for row, mention in found))
    sample = "; ".join(f"{said!r} in {row}" + _meant(units, register, reason) for row, said, units in shown[:_SHOWN])
    more = f" … and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    advice = ", or state the day of the list (--list-date)" if reason == "ambiguous" and not dated else ""
    return Decision("place", "column declared_district", f"{len(found)} name(s) {_SAID[reason]}{advice}", sample + more)


def _meant(units: tuple[Unit, ...], register: UnitRegister, reason: str) -> str:
    if not units or reason == "stale":
        return ""
    titles = [register.title(unit) + (f" until {unit.valid_to}" if unit.valid_to else "") for unit in units]
    return f" → {' / '.join(titles[:_SHOWN])}" + (" …" if len(titles) > _SHOWN else "")
