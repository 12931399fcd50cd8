"""Zones with days of their own, as plans drawn in stages have them: outside its days a zone lies in no plan in force.

Such a zone is counted to a plan of its own, the stage, which has begun not yet or ended already; so whatever asks for
plans in force (cover, margins, rooms) passes it over, and what a stage alone covers is told as ground without a plan.
A zone whose days cannot be read loses its class: it may govern or not, so its ground can only be unknown.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import pandas as pd

from plangeo.amounts.dates import parse_span
from plangeo.model import Label, Plan
from plangeo.reading import Decision
from plangeo.rulebook import Rulebook

DAYS = ("valid_from", "valid_to")
"""Columns of zones: first and last day in force, ISO text; empty = as their plan."""
_ENDLESS = "9999-12-31"
_MIDNIGHT = re.compile(r"(?<=\d)[T ]00:00(:00(\.0+)?)? ?(Z|[+-]\d{2}:?\d{2})?$")
_HOUR = re.compile(r"\d[T ]\d{1,2}:\d{2}")
_Rows = TypeVar("_Rows", bound=pd.DataFrame)


def read_stage_days(texts: Sequence[str], *, last: bool, where: str) -> tuple[list[str], list[Decision]]:
    """Return the cells of a column of first days (or, ``last``, of last days) as ISO texts, and what was decided.

    A year, a quarter or a month stands for its first (last) day, and a decision says so. What is no date stays as written.

    >>> read_stage_days(["2028", "", "01/07/2025"], last=False, where="zones.gpkg, column 'tu'")[0]
    ['2028-01-01', '', '2025-07-01']
    """
    known: dict[str, tuple[str, str]] = {text: _read_cell(text, last) for text in dict.fromkeys(texts)}
    days = [known[text][0] for text in texts]
    assumed = [(text, *found) for text, found in known.items() if found[1]]
    decisions = [Decision("column", where, f"{said}; taken as {day}", text, 0.9) for text, day, said in assumed[:5]]
    return days, decisions


def stage_faults(rows: pd.DataFrame) -> list[str]:
    """Return the problem of each zone whose days cannot be read, or end before they begin; empty texts for the others."""
    spans = _spans(rows)
    known = {span: _fault(span) for span in set(spans)}
    return [known[span] for span in spans]


def _fault(span: tuple[str, str]) -> str:
    unread = next((text for text in span if text and _iso(text) is None), "")
    if unread:
        return f"bad_dates: {unread[:40].replace(';', ',')!r} is no day, so nobody knows when the zone is in force"
    first, last = map(_iso, span)
    return f"bad_dates: the zone ends on {last}, before it begins on {first}" if first and last and last < first else ""


def _read_cell(text: str, last: bool) -> tuple[str, str]:
    """The ISO day of a cell and what had to be assumed; the text itself where it is no date."""
    plain = _short(text.strip())
    compact = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", plain)
    plain = "-".join(compact.groups()) if compact else plain
    if not plain or (plain == _ENDLESS and last):
        return "", ""
    span = None if _HOUR.search(plain) else parse_span(plain)
    if span is None:
        return text, ""
    end = "last" if last else "first"
    said = "" if span.precision == "day" else f"a {span.precision} stands for its {end} day"
    return (span.last if last else span.first).isoformat(), "; ".join(part for part in (said, span.assumed) if part)


def stage_zones(rows: _Rows, on: dt.date | None) -> _Rows:
    """Return zones (tables.ZONES) as they count on the day: outside their days under the plan of their stage.

    Rows, their order and their geometry stay. ``zone_code`` is emptied where the days cannot be read or contradict.
    """
    if on is None or not any(name in rows for name in DAYS):
        return rows
    spans = _spans(rows)
    if not any(map(any, set(spans))):
        return rows
    live = {span: _is_live(span, on) for span in set(spans)}
    out = rows.copy()
    plans = zip(rows["plan_id"].tolist(), spans, strict=True)
    out["plan_id"] = [stage_id(plan, span) if live[span] is False else plan for plan, span in plans]
    unread = pd.Series([live[span] is None for span in spans], index=rows.index)
    out["zone_code"] = rows["zone_code"].mask(unread, "")
    return out


def with_stages(rulebook: Rulebook, rows: pd.DataFrame) -> Rulebook:
    """Return the book with a plan for every stage that zones (of ``stage_zones``) lie in: its zones are not in force on the day."""
    if not any(name in rows for name in DAYS):
        return rulebook
    stages: dict[str, Plan] = {}
    for plan_id, span in sorted(set(zip(rows["plan_id"].tolist(), _spans(rows), strict=True))):
        plan = rulebook.plans.get(plan_id.removesuffix(_suffix(span)))
        if any(span) and plan is not None and plan_id == stage_id(plan.plan_id, span):
            stages[plan_id] = _stage(plan, plan_id, *map(_iso, span))
    return replace(rulebook, plans={**rulebook.plans, **stages}) if stages else rulebook


def stage_id(plan_id: str, span: tuple[str, str]) -> str:
    """Return the identifier of the stage of a plan that has these days.

    >>> stage_id("QH", ("2028-01-01", ""))
    'QH@2028-01-01..'
    """
    return plan_id + _suffix(span)


def _suffix(span: tuple[str, str]) -> str:
    return f"@{span[0]}..{span[1]}"


def _stage(plan: Plan, stage: str, first: dt.date | None, last: dt.date | None) -> Plan:
    since = f" từ {first:%d/%m/%Y}" if first else ""
    until = f" đến {last:%d/%m/%Y}" if last else ""
    from_day, to_day = (f" {word} {day}" if day else "" for word, day in (("from", first), ("to", last)))
    title = Label(
        f"{plan.title.text('vi')}, các vùng chỉ có hiệu lực{since}{until}",
        f"{plan.title.text('en')}, zones in force only{from_day}{to_day}",
    )
    starts, ends = [d for d in (plan.valid_from, first) if d], [d for d in (plan.valid_to, last) if d]
    begin = max(starts) if plan.valid_from else None  # a plan whose start is unknown stays so
    return replace(
        plan, plan_id=stage, title=title, valid_from=begin, valid_to=min(ends) if ends else None, stage_of=plan.plan_id
    )


def _spans(rows: pd.DataFrame) -> list[tuple[str, str]]:
    first, last = (rows[n].fillna("").astype(str).str.strip().tolist() if n in rows else [""] * len(rows) for n in DAYS)
    return [(_short(a), _short(b)) for a, b in zip(first, last, strict=True)]


def _short(text: str) -> str:
    """A day without its midnight, as frames write timestamps; another hour stays, for nobody knows whose day was meant.

    >>> _short("2028-01-01T00:00:00+07:00"), _short("2027-12-31 17:00:00+00:00")
    ('2028-01-01', '2027-12-31 17:00:00+00:00')
    """
    return _MIDNIGHT.sub("", text)


def _iso(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _is_live(span: tuple[str, str], on: dt.date) -> bool | None:
    """Whether the day lies between the two; None where they cannot be read."""
    first, last = map(_iso, span)
    if _fault(span):
        return None
    return (first is None or first <= on) and (last is None or on <= last)
