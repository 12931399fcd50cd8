"""Phases of a register ("2021-2025", "sau 2030", "đến năm 2030") as first and last year; an open end is NaN."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from plangeo.amounts.dates import Span, parse_span
from plangeo.amounts.quantities import cell_text, is_blank
from plangeo.reading import Decision
from plangeo.text import fold

_SHOWN = 5
_YEARS = range(1980, 2101)
_LEAD = re.compile(r"(?:(?:giai doan|gd|g/d|thoi ky|thoi gian|ke hoach|kh|phan ky|phase|period)[.:]?\s*)+")
_VISION = re.compile(r"\s*[,;(]?\s*tam nhin\b.*$")
_AFTER = re.compile(r"(?:sau|after) (?:nam )?(\d{4})")
_BEFORE = re.compile(r"(?:truoc|before) (?:nam )?(\d{4})")
_UNTIL = re.compile(r"(?:den(?: het)?|until|to) (.+)")
_SINCE = re.compile(r"(?:tu|from) (.+)")
_PAIR = re.compile(r"(?:tu |from )?(.+?)\s*(?:-|\bden\b|\bto\b)\s*(.+)")
_SHORT_PAIR = re.compile(r"((?:19|20)\d\d)\s*-\s*(\d\d)")
_JOINED = re.compile(r"\s*(?:;|,|\+|&|\bva\b|\band\b)\s*")


def parse_phase(text: str) -> tuple[float, float] | None:
    """Return first and last year of a phase, NaN where it is open; None when it is no period of years.

    >>> parse_phase("GĐ 2021–2025"), parse_phase("sau 2030"), parse_phase("đến năm 2030")
    ((2021.0, 2025.0), (2031.0, nan), (nan, 2030.0))
    >>> parse_phase("Quý III/2025 - Quý I/2027"), parse_phase("2021-2025; 2026-2030"), parse_phase("giai đoạn 1")
    ((2025.0, 2027.0), (2021.0, 2030.0), None)
    """
    plain = _VISION.sub("", fold(text)).strip()
    if not plain or len(plain) > 80:
        return None
    whole = _period(plain)
    if whole is not None:
        return whole
    parts = [_period(part) for part in _JOINED.split(plain)]
    known = [part for part in parts if part is not None]
    if len(known) < 2 or len(known) < len(parts):
        return None
    follows = all(b[0] - a[1] in (0, 1) for a, b in pairwise(known))  # NaN never follows
    return (known[0][0], known[-1][1]) if follows else None


def _period(plain: str) -> tuple[float, float] | None:
    plain = _LEAD.sub("", plain, count=1) if _LEAD.match(plain) else plain
    after, before = _AFTER.fullmatch(plain), _BEFORE.fullmatch(plain)
    if after or before:
        year = int((after or before).group(1))  # type: ignore[union-attr]
        if year not in _YEARS:
            return None
        return (year + 1.0, math.nan) if after else (math.nan, year - 1.0)
    short = _SHORT_PAIR.fullmatch(plain)
    if short and int(short.group(2)) > 12:  # 2010-12 may be a month
        plain = f"{short.group(1)}-{short.group(1)[:2]}{short.group(2)}"
    for pattern, ends in ((_UNTIL, (False, True)), (_SINCE, (True, False))):
        match = pattern.fullmatch(plain)
        span = _span(match.group(1)) if match else None
        if span is not None:
            return (float(span.first.year) if ends[0] else math.nan, float(span.last.year) if ends[1] else math.nan)
    single = _span(plain)
    if single is not None:
        return float(single.first.year), float(single.last.year)
    pair = _PAIR.fullmatch(plain)
    spans = [_span(part) for part in pair.groups()] if pair else []
    if len(spans) == 2 and spans[0] is not None and spans[1] is not None and spans[0].first <= spans[1].last:
        return float(spans[0].first.year), float(spans[1].last.year)
    return None


def _span(text: str) -> Span | None:
    span = parse_span(text)
    return span if span is not None and span.first.year in _YEARS and span.last.year in _YEARS else None


def read_phases(cells: pd.Series, numbers: Sequence[int], source: str, decisions: list[Decision]) -> dict[str, Any]:
    """Return the columns ``phase_from`` and ``phase_to`` (years) of a column of phases, one entry per row.

    ``numbers`` are the rows of the file. What is no period of years is NaN at both ends, and a decision names it.
    """
    where = f"{source}, column {str(cells.name)!r}"
    texts = ["" if is_blank(t) else t for t in map(cell_text, cells.tolist())]
    known = {text: parse_phase(text) for text in dict.fromkeys(texts) if text}
    years = np.array([known.get(text) or (math.nan, math.nan) for text in texts], dtype=float).reshape(len(texts), 2)
    read = next(((text, span) for text, span in known.items() if span is not None), None)
    if read is not None:
        count = sum(known.get(text) is not None for text in texts)
        decisions.append(
            Decision("column", where, f"{count} phase(s) were read as years", f"{read[0][:40]!r} = {_shown(read[1])}")
        )
    unread = [(t, n) for t, n in zip(texts, numbers, strict=True) if t and known[t] is None]
    if unread:
        shown = ", ".join(f"{t[:40]!r} in row {n}" for t, n in unread[:_SHOWN]) + (" …" if len(unread) > _SHOWN else "")
        said = f"{len(unread)} phase(s) state no years and stay as written: {shown}. Write e.g. 2021-2025, 'sau 2030' or a year"
        decisions.append(Decision("column", where, said))
    assumed = {t: span.assumed for t in known if (span := parse_span(t)) is not None and span.assumed}
    decisions += [Decision("column", where, f"a date was read with {said}", repr(text[:40])) for text, said in assumed.items()][
        :_SHOWN
    ]
    return {"phase_from": years[:, 0], "phase_to": years[:, 1]}


def _shown(years: tuple[float, float]) -> str:
    first, last = ("…" if math.isnan(y) else f"{y:.0f}" for y in years)
    return f"{first} to {last}"
