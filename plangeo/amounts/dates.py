"""Dates as offices write them, each as the days it may mean: a day, a month, a quarter or a year.

Vietnam writes the day before the month, so 03/04/2024 is the third of April; a reader is told where that had to be assumed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from plangeo.text import fold, parse_date

Precision = Literal["day", "month", "quarter", "year"]

_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_SHORT = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{2})")
_DAY_FIRST = re.compile(r"(?:ngay )?(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_QUARTER = re.compile(r"(?:quy|q) ?(i{1,3}|iv|[1-4])(?: ?[/.-] ?| nam | )(\d{4})")
_MONTH = re.compile(r"(?:thang )?(\d{1,2})(?: ?[/-] ?| nam )(\d{4})")
_YEAR = re.compile(r"(?:nam )?(\d{4})")
_YEARS = range(1900, 2101)
# 19/3/24 is 2024 and 19/3/85 is 1985: no plan of an office lies outside.
_PIVOT = 70


@dataclass(frozen=True)
class Span:
    """What a date may mean: its first and last day."""

    first: dt.date
    last: dt.date
    precision: Precision
    assumed: str = ""
    """What had to be assumed to read it, as a sentence; empty when it reads in one way only."""


def parse_span(text: str) -> Span | None:
    """Return the days a written date covers; None when it is none. A bare serial number of Excel is no date.

    >>> str(parse_span("Quý II/2025").first), parse_span("tháng 3 năm 2024").last.day, parse_span("45370")
    ('2025-04-01', 31, None)
    >>> parse_span("03/04/2024").assumed, parse_span("31-12-24").first.year, parse_span("12/31/2024")
    ('day before month, as Vietnam writes: 3 April 2024', 2024, None)
    """
    plain = fold(text)
    if len(plain) > 60:
        return None
    match = _QUARTER.fullmatch(plain)
    if match:
        first = 3 * _QUARTERS[match.group(1)] - 2
        return _months(int(match.group(2)), first, first + 2, "quarter")
    match = _MONTH.fullmatch(plain)
    if match:
        month = int(match.group(1))
        return _months(int(match.group(2)), month, month, "month")
    match = _YEAR.fullmatch(plain)
    if match:
        return _months(int(match.group(1)), 1, 12, "year")
    return _day(plain)


def _months(year: int, first: int, last: int, precision: Precision) -> Span | None:
    if year not in _YEARS or not 1 <= first <= last <= 12:
        return None
    return Span(dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1]), precision)


def _day(plain: str) -> Span | None:
    short = _SHORT.fullmatch(plain)
    if short:
        year = int(short.group(4)) + (2000 if int(short.group(4)) < _PIVOT else 1900)
        plain = f"{short.group(1)}/{short.group(3)}/{year}"
    day = parse_date(plain.removeprefix("ngay ") if _DAY_FIRST.fullmatch(plain) else plain)
    if day is None or day.year not in _YEARS:
        return None
    told = []
    if _DAY_FIRST.fullmatch(plain) and day.day <= 12 and day.day != day.month:
        told.append(f"day before month, as Vietnam writes: {day.day} {calendar.month_name[day.month]} {day.year}")
    if short:
        told.append(f"two digits of a year mean {day.year}")
    return Span(day, day, "day", "; ".join(told))
