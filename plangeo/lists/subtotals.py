"""Totals that a list states, compared with the sums of the rows they speak of."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from plangeo.amounts.bands import APPROXIMATE_SHARE
from plangeo.amounts.declaredareas import HECTARE
from plangeo.amounts.quantities import Written, evaluate, take_apart
from plangeo.amounts.units import Unit, header_units
from plangeo.lists.tablerows import Line, Roles
from plangeo.reading import Decision
from plangeo.text import NumberStyle, area_number, fold, number_style, parse_number, write_number

_MOST_COMPARED = 20_000_000
_SHOWN = 5
_DASH = re.compile(r"[-–—.…\s]*")
_MARKS = re.compile(r"\b([ivxlc]{1,6}|[a-h]|\d{1,3}(?:\.\d{1,3})*)\b")


_PLAIN = re.compile(r"[-+(]?[\d.,\s]*\d[\d.,\s]*\)?")
Span = tuple[float, float]


@dataclass(frozen=True)
class Amounts:
    """The numbers of a list, read column by column in the style each column proves, and in the unit of its heading."""

    values: Mapping[int, Mapping[int, Span | None]]
    """Column → position of the row → the least and the most its cell says, equal for a plain number; None where the cell cannot be
    read. Blank cells are left out."""
    decimals: Mapping[int, int]
    """Column → most decimals written."""

    def total(self, column: int, rows: Iterable[int]) -> Span | None:
        """Return the least and the most sum of a column over rows, None when some cell cannot be read or none states a number."""
        found = [self.values[column][r] for r in rows if r in self.values[column]]
        spans = [v for v in found if v is not None]
        if not found or len(spans) < len(found):
            return None
        return math.fsum(low for low, _ in spans), math.fsum(high for _, high in spans)

    def unread(self, column: int, rows: Iterable[int]) -> list[int]:
        """Return those of ``rows`` whose cell says something that cannot be read."""
        return [r for r in rows if self.values[column].get(r, (0.0, 0.0)) is None]

    def ranged(self, column: int, rows: Iterable[int]) -> list[int]:
        """Return those of ``rows`` that state a range, a bound or an approximation."""
        spans = {r: self.values[column].get(r) for r in rows}
        return [r for r, span in spans.items() if span is not None and span[0] != span[1]]


def read_amounts(lines: Sequence[Line], roles: Roles, names: Sequence[str]) -> Amounts:
    """Return the numbers in the columns of amounts, totals' own included; ``names`` are the headings, which may state a unit."""
    values: dict[int, dict[int, Span | None]] = {}
    decimals: dict[int, int] = {}
    for column in roles.numeric:
        cells = {i: line.cells[column] for i, line in enumerate(lines) if line.kind in ("project", "group", "total")}
        unit = _unit(names[column])
        taken = {i: (c, _apart(c, unit)) for i, c in cells.items() if c and not _DASH.fullmatch(c)}
        written = [n for text, apart in taken.values() for n in (apart.numbers if apart else (area_number(text) or text,))]
        style = number_style(written)
        decimal = style if style in ("comma", "point") else None
        values[column] = {i: _span(text, apart, decimal, unit) for i, (text, apart) in taken.items()}
        sign = "," if decimal == "comma" else "."
        parts = [text.rpartition(sign)[2].rstrip("0") for text in written if sign in text]
        decimals[column] = max((len(p) for p in parts if p.isdigit()), default=0)
    return Amounts(values, decimals)


def _unit(heading: str) -> Unit | None:
    """The unit of area in which a column is added up; None for a column of money, or of several units."""
    units = header_units(heading, "area")
    if len(units) > 1 or (not units and header_units(heading, "money")):
        return None
    return units[0] if units else HECTARE


def _apart(text: str, unit: Unit | None) -> Written | None:
    """A cell that is more than a number, taken apart: a range, a sum, a unit of its own."""
    return None if unit is None or _PLAIN.fullmatch(text) else take_apart(text, "area", unit)


def _span(text: str, apart: Written | None, decimal: NumberStyle | None, unit: Unit | None) -> Span | None:
    if apart is None or unit is None:
        value = parse_number(area_number(text) or text, decimal)
        return None if value is None else (value, value)
    read = evaluate(apart, decimal)
    if read is None:
        return None
    low, high = (v / unit.factor for v in (read.low, read.high))
    low, high = 0.0 if math.isnan(low) else low, math.inf if math.isnan(high) else high
    return (low * (1 - APPROXIMATE_SHARE), high * (1 + APPROXIMATE_SHARE)) if read.approx else (low, high)


def settle_totals(lines: Sequence[Line], amounts: Amounts) -> list[Line]:
    """Decide the rows that begin like a total: one whose numbers are sums is a total, any other stays a project."""
    settled = list(lines)
    if _too_many(lines):
        return settled
    for i, line in enumerate(lines):
        if line.doubt == "total" and line.kind == "project":
            trial = [*settled[:i], replace(line, kind="total", doubt=""), *settled[i + 1 :]]
            scope = _scope(i, trial, amounts)
            if scope is not None and scope[2]:
                settled[i] = trial[i]
    return settled


def unproved_titles(lines: Sequence[Line], amounts: Amounts) -> frozenset[int]:
    """Return the row numbers of groups that only their words make one, and whose amounts are no sums of the rows below."""
    if _too_many(lines):
        return frozenset()
    return frozenset(
        line.number
        for i, line in enumerate(lines)
        if line.kind == "group" and line.worded and line.amounts and not _all_agree(i, _group_rows(i, lines)[0], amounts)
    )


def check_totals(lines: Sequence[Line], amounts: Amounts, names: Sequence[str], place: str) -> list[Decision]:
    """Return for every total, and every group that states numbers, whether it is the sum of its projects.

    A difference is told with the stated number, the sum and their difference in the unit of the column.
    """
    told: list[Decision] = []
    if _too_many(lines):
        return [Decision("total", place, "the totals were not checked: there are too many of them")]
    for i, line in enumerate(lines):
        stated = {c: v[i] for c, v in amounts.values.items() if i in v} if line.kind in ("total", "group") else {}
        if not stated:
            if line.kind == "total":
                told.append(
                    Decision(
                        "total", f"{place}, row {line.number}", f"{_title(line)} states no number; there is nothing to check"
                    )
                )
            continue
        rows, what = (
            _group_rows(i, lines)
            if line.kind == "group"
            else (_scope(i, lines, amounts) or (_projects(lines), "all projects", False))[:2]
        )
        agreed = []
        for column, value in stated.items():
            where = f"{place}, row {line.number}, column {names[column]!r}"
            summed = amounts.total(column, rows)
            unread = [i] if value is None else amounts.unread(column, rows)
            if value is None or unread:
                shown = ", ".join(f"{lines[r].cells[column][:30]!r} in row {lines[r].number}" for r in unread[:_SHOWN])
                more = f" and {len(unread) - _SHOWN} more" if len(unread) > _SHOWN else ""
                told.append(
                    Decision("total", where, f"{_title(line)} was not checked: {shown}{more} cannot be read without guessing")
                )
            elif summed is None:
                told.append(Decision("total", where, f"{_title(line)} was not checked: no row of {what} states a number here"))
            elif ranged := amounts.ranged(column, [i, *rows]):
                numbers = [lines[r].number for r in ranged]
                told.append(_within(line, where, value, summed, f"{what} ({len(rows)})", numbers, amounts.decimals[column]))
            elif _agrees(value[0], summed[0], amounts.decimals[column]):
                agreed.append(names[column])
            else:
                told.append(_difference(line, where, value[0], summed[0], len(rows), what, amounts.decimals[column]))
        if agreed:
            said = f"{_title(line)} is the sum of {what} ({len(rows)}) in {', '.join(map(repr, agreed))}"
            told.append(Decision("total", f"{place}, row {line.number}", said))
    return told


def _too_many(lines: Sequence[Line]) -> bool:
    """Say whether comparing every total with every row would take minutes."""
    return sum(1 for line in lines if line.kind in ("total", "group") or line.doubt) * len(lines) > _MOST_COMPARED


def _within(line: Line, where: str, stated: Span, summed: Span, what: str, ranged: Sequence[int], decimals: int) -> Decision:
    """A total over cells that state ranges: it can only lie between the sums of their ends, or not."""
    slack = 0.5 * 10**-decimals if decimals else 1e-6
    fits = stated[0] <= summed[1] + slack and stated[1] >= summed[0] - slack
    bounds = "is no less than the least sum" if math.isinf(summed[1]) else "lies between the least and the most sum"
    how = bounds if fits else "differs from the sum"
    shown = ", ".join(map(str, ranged[:_SHOWN])) + (" …" if len(ranged) > _SHOWN else "")
    said = f"{_title(line)} {how} of {what}; row(s) {shown} state ranges, bounds or approximations"
    return Decision("total", where, said, f"stated {_ends(stated)}, summed {_ends(summed)}")


def _ends(span: Span) -> str:
    low, high = span
    if math.isinf(high):
        return f"{_number(low)} or more"
    return _number(low) if low == high else f"{_number(low)} to {_number(high)}"


def _difference(line: Line, where: str, stated: float, summed: float, count: int, what: str, decimals: int) -> Decision:
    gap = stated - summed
    rounding = decimals > 0 and abs(gap) <= 0.5 * 10**-decimals * (count + 1)
    why = "; rounding of the single numbers could explain it" if rounding else "; a row may be missing, counted twice or mistyped"
    numbers = f"stated {_number(stated)}, summed {_number(summed)}, difference {_number(gap)}"
    return Decision("total", where, f"{_title(line)} differs from the sum of {what} ({count}){why}", numbers)


def _agrees(stated: float, summed: float, decimals: int) -> bool:
    return abs(stated - summed) <= max(0.5 * 10**-decimals if decimals else 1e-6, 1e-9 * abs(summed)) + 1e-9


def _number(value: float) -> str:
    return write_number(round(value, 6) + 0.0)


def _title(line: Line) -> str:
    return repr(" ".join(line.text.split())[:80] or "a total")


def _projects(lines: Sequence[Line]) -> list[int]:
    return [i for i, line in enumerate(lines) if line.kind == "project"]


def _group_rows(group: int, lines: Sequence[Line]) -> tuple[list[int], str]:
    return [i for i, line in enumerate(lines) if line.kind == "project" and group in line.groups], "its projects"


def _scope(i: int, lines: Sequence[Line], amounts: Amounts) -> tuple[list[int], str, bool] | None:
    """Return the rows a total speaks of, their name, and whether its numbers agree.

    Groups it names come first; else the first of these that agrees: all rows for a "Tổng cộng", the groups still open, innermost first,
    the rows since the total before, all rows so far, all rows. Where none agrees, the first is meant.
    """
    named = _named(i, lines)
    if named is not None:
        return (*named, _all_agree(i, named[0], amounts))
    choices: list[tuple[list[int], str]] = []
    for group in reversed(lines[i].groups):
        rows = [r for r in _group_rows(group, lines)[0] if r < i]
        choices.append((rows, f"the projects of {lines[group].text[:80]!r}"))
    before = [r for r in _projects(lines) if r < i]
    totals = [t for t in range(i) if lines[t].kind == "total"]
    if totals:
        choices.append(([r for r in before if r > totals[-1]], f"the projects since row {lines[totals[-1]].number}"))
    if before and len(before) < len(_projects(lines)):
        choices.append((before, "the projects above it"))
    whole = fold(lines[i].text).startswith(("tong cong", "tong so", "grand", "total"))
    choices.insert(0 if whole else len(choices), (_projects(lines), "all projects"))
    choices = [c for c in choices if c[0]]
    if not choices:
        return None
    for rows, what in choices:
        if _all_agree(i, rows, amounts):
            return rows, what, True
    return (*choices[0], False)


def _named(i: int, lines: Sequence[Line]) -> tuple[list[int], str] | None:
    """The rows of the groups a total names, as in "Cộng I" or "Tổng (I+II)"; None when it names none."""
    words = fold(lines[i].text).partition(" ")[2].replace("cong", " ").replace("tong", " ").replace("nhom", " ")
    marks = set(_MARKS.findall(words))
    if not marks or not re.fullmatch(r"[\s:.,;=+&()\[\]\-]*", _MARKS.sub(" ", words).replace("muc", "").replace("phan", "")):
        return None
    latest: dict[str, int] = {}
    for g, line in enumerate(lines):
        mark = line.mark.rstrip(".)").casefold()
        if line.kind == "group" and mark in marks and (g < i or mark not in latest):
            latest[mark] = g
    if set(latest) != marks:
        return None
    rows = sorted({r for g in latest.values() for r in _group_rows(g, lines)[0]})
    return (rows, "the projects of " + ", ".join(repr(lines[g].text[:60]) for g in latest.values())) if rows else None


def _all_agree(i: int, rows: Sequence[int], amounts: Amounts) -> bool:
    """Say whether every number of a total that can be checked is the sum of ``rows``, and at least one can."""
    checked = 0
    for column, values in amounts.values.items():
        stated, summed = values.get(i), amounts.total(column, rows)
        if stated is None or summed is None or stated[0] != stated[1] or summed[0] != summed[1]:
            continue  # ranges agree with too much to tell which rows are meant
        if not _agrees(stated[0], summed[0], amounts.decimals[column]):
            return False
        checked += 1
    return checked > 0
