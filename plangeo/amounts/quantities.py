"""Quantities in cells: numbers with units, ranges, bounds, approximations and sums, and how a column writes its numbers.

A cell is first taken apart (which numbers, which units), then read in the style its column proves. What no cell of the column
proves is not read; ``readings`` gives both ways, so that other evidence may choose and say so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plangeo.amounts.units import Kind, Unit, parse_unit
from plangeo.reading import Decision
from plangeo.text import STYLES, ExactNumber, NumberStyle, clean, fold, format_number, number_style, parse_number, write_number

Form = Literal["value", "range", "least", "most", "sum"]

_MOST_LETTERS = 160
_BLANK = re.compile(r"[-–—−.…\s]*")
_NUMBER = r"(?:\d{1,3}(?:[ ']\d{3})+(?!\d)(?:[.,]\d*)?|\d[\d.,]*|[.,]\d+)"
_UNIT = r"(?:[a-z$][a-z$ .^]*?2?)?"
_QUANTITY = rf"({_NUMBER})\s*({_UNIT})"
_SINGLE = re.compile(_QUANTITY)
_RANGE = re.compile(rf"(?:tu\s+)?{_QUANTITY}\s*(?:-|~|÷|\bden\b|\bto\b)\s*{_QUANTITY}")
_PART = re.compile(rf"(?:([a-z]{{2,4}}|(?:khu|lo|gd|giai doan|xa|thua) [a-z0-9]{{1,3}})\s*[:=]\s*)?{_QUANTITY}\s*(?=$|[;+])")
_CURRENCY_FIRST = re.compile(r"(us\$|\$|usd|vnd)\s*(\d.*)")
_ABOUT = r"khoang|xap xi|uoc tinh|uoc khoang|uoc dat|uoc|tam tinh|du kien|approximately|approx\.?|about|circa|ca\.|~|∼|≈|≃"
_WORDS: tuple[tuple[Form | Literal["about", "over", "nearly"], re.Pattern[str]], ...] = (
    ("about", re.compile(rf"(?:{_ABOUT})[\s:]*")),
    ("over", re.compile(r"hon\s+")),
    ("nearly", re.compile(r"(?:gan|nearly)\s+")),
    ("least", re.compile(r"(?:(?:tren|toi thieu|it nhat|khong duoi|khong it hon|at least|more than|over)\s+|[>≥]=?\s*)")),
    ("most", re.compile(r"(?:(?:duoi|toi da|khong qua|khong vuot qua|at most|less than|under|up to|den)\s+|[<≤]=?\s*)")),
)
_FOLLOWED = 10
_AREA_WORDS = {1.0: "m²", 10_000.0: "ha", 1_000_000.0: "km²"}
_NO_LABEL = frozenset({"tong", "cong", "trong"})
_ABOUT_AFTER = re.compile(r"(.*\S)\s*\((?:du kien|tam tinh|uoc tinh|uoc)\)")
_FROM = re.compile(r"(?:tu\s+)?(.*\S)\s+(tro len|tro xuong)|tu\s+(.*\S)")


@dataclass(frozen=True)
class Written:
    """What a cell says before it is known how its numbers are written; one unit for each number."""

    form: Form
    numbers: tuple[str, ...]
    units: tuple[Unit, ...]
    approx: bool = False
    bare: bool = False
    """No unit stands in the cell; the column's was taken."""


@dataclass(frozen=True)
class Quantity:
    """A cell as read: ``low`` and ``high`` in ``base``, equal for a single value, NaN where a bound leaves it open."""

    low: float
    high: float
    base: str
    form: Form
    approx: bool = False
    doubtful: str = ""
    """The unit whose size nobody has verified; else empty."""

    @property
    def exact(self) -> float:
        """The value where a single one is meant; NaN for ranges, bounds and approximations."""
        return self.low if self.form in ("value", "sum") and not self.approx else math.nan


@dataclass(frozen=True)
class Style:
    """How a column writes its decimals, and what proves it."""

    decimal: NumberStyle | None
    """None where no cell proves it, or cells prove both."""
    proofs: dict[NumberStyle, list[tuple[str, int]]]
    """Cells (text, row) that by themselves read in one style only."""
    open: list[tuple[str, int]]
    """Cells that by themselves read in both."""
    exact: int
    """Cells that hold numbers and no text."""

    @property
    def shown(self) -> set[tuple[str, int]]:
        """The open cells that ``style_decision`` names one by one."""
        return set(self.open[:_FOLLOWED])


def is_blank(text: str) -> bool:
    """Return whether a cell states nothing: dashes or dots alone; a question mark is a doubt."""
    return _BLANK.fullmatch(text) is not None


def cell_text(value: Any) -> str:
    """Return the text of a cell; a number that is already one is written so that it reads in one way only."""
    if isinstance(value, ExactNumber):
        return value
    if isinstance(value, bool | np.bool_):
        return str(value)
    if isinstance(value, int | float | np.integer | np.floating):
        return write_number(float(value)) if np.isfinite(value) else "" if np.isnan(value) else str(value)
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else clean(str(value))


def take_apart(text: str, kind: Kind, default: Unit | None) -> Written | None:
    """Return which numbers and units a cell writes and how they belong together; None when it says anything else.

    ``default`` is the unit of a bare number. Years ("2021-2025"), totals among their parts and mixed units are not taken.

    >>> ha = Unit(10_000.0, "m2")
    >>> take_apart("từ 3.500 đến 4.500 m²", "area", ha).numbers, take_apart("hơn 50", "area", ha).form
    (('3.500', '4.500'), 'least')
    >>> take_apart("50 ha, chưa duyệt", "area", ha), take_apart("12,5", "area", None)
    (None, None)
    """
    if isinstance(text, ExactNumber):
        return Written("value", (text,), (default,), bare=True) if default is not None else None
    return _taken(text, kind, default)


@lru_cache(maxsize=65_536)
def _taken(text: str, kind: Kind, default: Unit | None) -> Written | None:
    if any(c.isdigit() and not c.isdecimal() and before not in "mM" for before, c in pairwise(f" {text}")):
        return None  # the mark of a footnote: "12,5²" is not 12,52
    plain = re.sub(r"(?<=[a-z])\.$", "", fold(text))
    if len(plain) > _MOST_LETTERS:
        return None
    after = _ABOUT_AFTER.fullmatch(plain)
    plain, approx = (after.group(1), True) if after else (plain, False)
    form: Form = "value"
    open_end = None if _RANGE.fullmatch(plain) else _FROM.fullmatch(plain)
    if open_end:
        form = "most" if open_end.group(2) == "tro xuong" else "least"
        plain = open_end.group(1) or open_end.group(3)
    for _ in range(3):
        word, match = next(((w, m) for w, pattern in _WORDS if (m := pattern.match(plain))), ("", None))
        if match is None:
            break
        plain = plain[match.end() :]
        approx = approx or word in ("about", "over", "nearly")
        said: Form = "least" if word in ("over", "least") else "most" if word in ("nearly", "most") else form
        if form not in ("value", said):
            return None
        form = said
    return _stated(plain, kind, default, form, approx)


def _stated(plain: str, kind: Kind, default: Unit | None, form: Form, approx: bool) -> Written | None:
    """A cell without its words of approximation."""
    first = _CURRENCY_FIRST.fullmatch(plain)
    if first and kind == "money":
        plain = f"{first.group(2)} {first.group(1)}"
    single = _SINGLE.fullmatch(plain)
    if single:
        unit = _unit(single.group(2), kind, default)
        return None if unit is None else Written(form, (single.group(1),), (unit,), approx, not single.group(2).strip())
    if form != "value":
        return None
    pair = _RANGE.fullmatch(plain)
    if pair:
        return _range(pair, kind, default, approx)
    return _sum(plain, kind, default, approx)


def _unit(word: str, kind: Kind, default: Unit | None) -> Unit | None:
    """The unit of a number: what stands behind it, else the column's. A bare "tỷ" is of the column's currency, else đồng."""
    if not word.strip():
        return default
    unit = parse_unit(word, kind)
    if unit is None or unit.base:
        return unit
    if kind != "money" or (default is not None and default.base not in ("", "VND")):
        return None
    return Unit(unit.factor, "VND")


def _range(pair: re.Match[str], kind: Kind, default: Unit | None, approx: bool) -> Written | None:
    """Two numbers; one unit serves both where only one stands there. Two bare years are a period and no amount."""
    low, first, high, second = pair.groups()
    if not first.strip() and not second.strip() and all(re.fullmatch(r"(?:19|20)\d\d", n) for n in (low, high)):
        return None
    units = (_unit(first or second, kind, default), _unit(second or first, kind, default))
    if units[0] is None or units[1] is None or units[0].base != units[1].base:
        return None
    return Written("range", (low, high), (units[0], units[1]), approx, not (first + second).strip())


def _sum(plain: str, kind: Kind, default: Unit | None, approx: bool) -> Written | None:
    """Parts joined by +, or labelled ones ("LUC: 1,20; CLN: 0,35"); every part must be understood."""
    parts = []
    at = 0
    while at < len(plain):
        match = _PART.match(plain, at)
        if match is None:
            return None
        parts.append(match.groups())
        at = match.end() + 1
        while at < len(plain) and plain[at] == " ":
            at += 1
    labels = [label for label, _, _ in parts]
    if len(parts) < 2 or any(label and label.split()[0] in _NO_LABEL for label in labels):
        return None
    if not all(labels) and (any(labels) or ";" in plain):
        return None
    last = parts[-1][2].strip()
    shared = _unit(last, kind, default)
    bare = [not word.strip() for _, _, word in parts]
    if any(bare) and not all(bare) and default is not None and shared != default:
        return None
    units = [shared if blank else _unit(word, kind, default) for blank, (_, _, word) in zip(bare, parts, strict=True)]
    kept = tuple(unit for unit in units if unit is not None)
    if len(kept) != len(parts) or len({unit.base for unit in kept}) > 1:
        return None
    return Written("sum", tuple(number for _, number, _ in parts), kept, approx, all(bare))


def evaluate(written: Written, decimal: NumberStyle | None) -> Quantity | None:
    """Return the quantity in the base of its unit; None when a number cannot be read, or the ends stand the wrong way round.

    >>> ha = Unit(10_000.0, "m2")
    >>> evaluate(take_apart("80-100", "area", ha), None)
    Quantity(low=800000.0, high=1000000.0, base='m2', form='range', approx=False, doubtful='')
    """
    read = [parse_number(number, decimal) for number in written.numbers]
    values = [v * u.factor for v, u in zip(read, written.units, strict=True) if v is not None and v >= 0]
    if len(values) != len(read) or not all(map(math.isfinite, values)):
        return None
    low, high = values[0], values[-1]
    if written.form == "sum":
        low = high = math.fsum(values)
        largest = max(values)
        if len(values) > 2 and abs(low - 2 * largest) <= 0.01 * largest:  # a total among its parts
            return None
    elif written.form == "range" and not low <= high:
        return None
    elif written.form in ("least", "most"):
        low, high = (low, math.nan) if written.form == "least" else (math.nan, high)
    doubtful = next((u.doubtful for u in written.units if u.doubtful), "")
    return Quantity(low, high, written.units[0].base, written.form, written.approx, doubtful)


def readings(written: Written) -> tuple[Quantity, Quantity] | None:
    """Return both readings (decimal comma, decimal point) of a cell that by itself reads both ways; None for any other.

    >>> both = readings(take_apart("1.234 ha", "area", None))
    >>> [round(q.low) for q in both]
    [12340000, 12340]
    """
    comma, point = (evaluate(written, style) for style in STYLES)
    return None if comma is None or point is None or (comma.low, comma.high) == (point.low, point.high) else (comma, point)


def weigh_style(cells: Iterable[tuple[Written | None, str, int]]) -> Style:
    """Weigh how a column writes its decimals, from its cells taken apart, with their text and row."""
    proofs: dict[NumberStyle, list[tuple[str, int]]] = {"comma": [], "point": []}
    undecided: list[tuple[str, int]] = []
    exact = 0
    for written, text, row in cells:
        if written is None:
            continue
        if isinstance(text, ExactNumber):
            exact += 1
            continue
        said = {_proof(number) for number in written.numbers} - {None}
        for style in STYLES:
            if style in said:
                proofs[style].append((text, row))
        if said == {"open"}:
            undecided.append((text, row))
    proven: list[NumberStyle] = [style for style in STYLES if proofs[style]]
    return Style(proven[0] if len(proven) == 1 else None, proofs, undecided, exact)


@lru_cache(maxsize=65_536)
def _proof(number: str) -> NumberStyle | Literal["open"] | None:
    said = number_style([number])
    if said != "ambiguous":
        return said
    return "open" if all(parse_number(number, style) is not None for style in STYLES) else None


def style_decision(style: Style, where: str, read: Mapping[tuple[str, int], str] | None = None) -> Decision | None:
    """Return what was decided about a column's decimals, with the cells that prove it; None where nothing was to decide.

    ``read`` says of a cell (text, row) what it was read as, in words with its unit; cells that follow the column are all shown with it.
    """
    comma, point = (style.proofs[s] for s in STYLES)
    if not (comma or point or style.open):
        return None
    counts = f"{_cells(comma)} a decimal comma{_first(comma)}, {_cells(point)} a decimal point{_first(point)}"
    apart = f"; {style.exact} cell(s) hold true numbers and need no style" if style.exact else ""
    shown = style.open or comma or point
    if style.decimal is not None:
        sign = "comma" if style.decimal == "comma" else "point"
        followed = _results(style.open, read or {}, style.decimal)
        taken = f"; {len(style.open)} cell(s) that could be read both ways follow them: {followed}" if style.open else ""
        number = len(style.proofs[style.decimal])
        sample = "" if style.open else _sample(shown[0][0], (style.decimal,))
        return Decision("number", where, f"decimal {sign}: {counts}{taken}{apart}", sample, round(number / (number + 1), 2))
    if comma and point:
        said = (
            f"both signs stand for decimals: {counts}; {len(style.open)} cell(s) that could be read both ways"
            f"{_first(style.open)} were not read. Write the column in one way{apart}"
        )
        return Decision("number", where, said, f"{comma[0][0][:40]!r}, {point[0][0][:40]!r}", 0.0 if style.open else None)
    said = (
        f"no cell proves which sign stands for decimals; {len(style.open)} cell(s) could be read both ways"
        f"{_first(style.open)} and are not read by the column. Enter them as numbers, or with one more decimal (1.234,0){apart}"
    )
    return Decision("number", where, said, _sample(style.open[0][0]), 0.0)


def _cells(found: Sequence[tuple[str, int]]) -> str:
    return f"{len(found)} cell(s) prove" if found else "none proves"


def _first(found: Sequence[tuple[str, int]]) -> str:
    return f" ({found[0][0][:40]!r} in row {found[0][1]})" if found else ""


def area_in(quantity: Quantity, unit: Unit) -> str:
    """Return an area to its last digit in ha, m² or km², the unit it was written in where that is one of them.

    >>> area_in(Quantity(123_450.0, 123_450.0, "m2", "value"), Unit(10_000.0, "m2"))
    '12.345 ha'
    """
    factor = unit.factor if unit.factor in _AREA_WORDS else 10_000.0
    ends = dict.fromkeys((quantity.low, quantity.high))
    shown = [format_number(v / factor, "en", 6).rstrip("0").rstrip(".") for v in ends if not math.isnan(v)]
    return f"{' to '.join(shown)} {_AREA_WORDS[factor]}"


def own_units(cells: Iterable[tuple[Written | None, str, int, Quantity | None]], usual: Unit, where: str) -> list[Decision]:
    """Return a decision that names the cells (as taken apart, text, row, as read) whose own unit is not the ``usual`` one."""
    found = [
        f"{text[:40]!r} in row {row} = {area_in(read, usual)}"
        for written, text, row, read in cells
        if read is not None and written is not None and not written.bare and any(u != usual for u in written.units)
    ]
    if not found:
        return []
    shown = ", ".join(found[:_FOLLOWED]) + (f" … and {len(found) - _FOLLOWED} more" if len(found) > _FOLLOWED else "")
    return [Decision("number", where, f"{len(found)} cell(s) state another unit than the column and were read by it: {shown}")]


def _results(found: Sequence[tuple[str, int]], read: Mapping[tuple[str, int], str], decimal: NumberStyle) -> str:
    """Every cell with its row and what it was read as; an officer has to check them one by one."""
    shown = []
    for text, row in found[:_FOLLOWED]:
        result = read.get((text, row)) or _sample(text, (decimal,)).rpartition(" = ")[2]
        shown.append(f"{text[:40]!r} in row {row} = {result}")
    return ", ".join(shown) + (f" … and {len(found) - _FOLLOWED} more" if len(found) > _FOLLOWED else "")


def _sample(text: str, styles: Sequence[NumberStyle] = STYLES) -> str:
    number = re.search(_NUMBER, fold(text))
    values = [parse_number(number.group(), style) for style in styles] if number else []
    shown = " or ".join(format_number(v, "en", 3).rstrip("0").rstrip(".") for v in values if v is not None)
    return f"{text[:40]!r} = {shown}"


# A column has to be this long before its middle says anything about one of its cells.
_NEIGHBOURS = 8
# Registers list a school beside an industrial park: below this spread (on the log10 scale) the middle is not trusted more.
_LEAST_SPREAD = 0.3
# Powers of ten that slips of units make: tỷ for triệu, m² for ha, m² for km².
_SLIPS = (3.0, 4.0, 6.0)


def slips(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each value the power of ten by which it seems to have slipped against its column, signed; 0 where it fits.

    Robust: the distance from the median on a log10 scale against the median absolute deviation. Only told, never mended.

    >>> slips(np.array([5.0, 8, 12, 20, 9, 15, 11, 60_000, 7])).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0]
    """
    found = np.zeros(len(values))
    positive = np.flatnonzero(np.isfinite(values) & (values > 0))
    if len(positive) < _NEIGHBOURS:
        return found
    logs = np.log10(values[positive])
    away = logs - np.median(logs)
    spread = max(1.4826 * float(np.median(np.abs(away))), _LEAST_SPREAD)
    gaps = np.abs(np.abs(away)[:, None] - np.array(_SLIPS))
    nearest = np.array(_SLIPS)[gaps.argmin(axis=1)]
    slipped = (gaps.min(axis=1) <= 1.5 * spread) & (np.abs(away) > np.maximum(3.5 * spread, nearest - 0.5))
    found[positive] = np.where(slipped, np.sign(away) * nearest, 0.0)
    return found
