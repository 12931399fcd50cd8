"""Numbers that must agree within one row of a known form; a difference is told and noted in the row, and changes nothing else."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from plangeo.lists.forms import FormCheck, Recognised
from plangeo.reading import Decision
from plangeo.text import NumberStyle, area_number, number_style, parse_number, write_number

_PART = re.compile(r"([A-ZĐ]{2,4})\s*[:=(]?\s*([\d.,]*\d)\s*(?:ha|m2|m²)?\)?", re.IGNORECASE)
_LEFT = re.compile(r"[\s;:,.+()/&\-–]*")
_BLANK = re.compile(r"[-–—.…\s]*")
_SHOWN = 20

Cells = Sequence[Sequence[str]]


def check_form(seen: Recognised, cells: Cells, numbers: Sequence[int], place: str) -> tuple[list[Decision], dict[int, list[str]]]:
    """Return what was found, and notes for rows by position.

    ``cells`` are the projects' rows in the columns of the header, ``numbers`` their row numbers. A row in which a number is missing or
    cannot be read is not checked, and counted.
    """
    decisions: list[Decision] = []
    notes: dict[int, list[str]] = {}
    for check in seen.form.checks:
        roles = {role for role in (check.result, check.first, check.second) if role}
        missing = roles - {*seen.columns, *seen.parts}
        if missing:
            told = f"{_rule(check)} was not checked: the column for {', '.join(sorted(missing))} is not there"
            decisions.append(Decision("form", place, told))
            continue
        faults, unread, checked = _differences(check, seen, cells)
        for row, text in faults.items():
            notes.setdefault(row, []).append(text)
        decisions += _told(check, faults, unread, checked, numbers, place)
    return decisions, notes


def _told(
    check: FormCheck, faults: Mapping[int, str], unread: Sequence[int], checked: int, numbers: Sequence[int], place: str
) -> list[Decision]:
    rule = _rule(check)
    if not checked:
        return [Decision("form", place, f"{rule} could not be checked in any row")]
    found = [Decision("form", f"{place}, row {numbers[row]}", text) for row, text in list(faults.items())[:_SHOWN]]
    if len(faults) > _SHOWN:
        rest = ", ".join(str(numbers[row]) for row in list(faults)[_SHOWN:])
        found.append(Decision("form", f"{place}, rows {rest}", f"{rule} does not hold there either; see the column row_note"))
    said = f"{rule} holds in {checked - len(faults)} of {checked} row(s)"
    if unread:
        said += f"; not checked in row(s) {', '.join(str(numbers[row]) for row in unread)}, where a number is missing or cannot be read"
    return [Decision("form", place, said), *found]


def _rule(check: FormCheck) -> str:
    words = {name: name.replace("_", " ") for name in (check.result, check.first, check.second)}
    if check.kind == "difference":
        return f"{words[check.result]} = {words[check.first]} − {words[check.second]}"
    return f"sum of {words[check.second]} {'≤' if check.at_most else '='} {words[check.result]}"


def _differences(check: FormCheck, seen: Recognised, cells: Cells) -> tuple[dict[int, str], list[int], int]:
    """Return position → what is wrong, the rows that could not be checked, and how many were."""
    stated = _column(seen.columns.get(check.result), cells)
    if check.kind == "difference":
        first, second = _column(seen.columns.get(check.first), cells), _column(seen.columns.get(check.second), cells)
        # nothing stands there today: a blank present area is none
        expected = [
            None if a is None else a - (0.0 if b is None and not _text(row, seen.columns[check.second]) else _or_nan(b))
            for a, b, row in zip(first, second, cells, strict=True)
        ]
    else:
        expected = _parts(check, seen, cells)
    faults, unread, checked = {}, [], 0
    for row, (value, other) in enumerate(zip(stated, expected, strict=True)):
        if value is None and other is None:
            continue
        if value is None or other is None or math.isnan(other):
            unread.append(row)
            continue
        checked += 1
        gap = value - other
        if (gap < -0.0051) if check.at_most else (abs(gap) > 0.0051):  # areas are written to 0.01 ha
            faults[row] = (
                f"{_rule(check)} does not hold: {_number(value)} is stated, {_number(other)} follows, difference {_number(gap)}"
            )
    return faults, unread, checked


def _parts(check: FormCheck, seen: Recognised, cells: Cells) -> list[float | None]:
    """The sum of the parts of each row: of the columns of codes, or of a text like "LUC: 1,20; CLN: 0,35"."""
    if check.second in seen.parts:
        columns = [_column(c, cells) for c in seen.parts[check.second]]
        blank = [all(not _text(row, c) for c in seen.parts[check.second]) for row in cells]
        wrong = [
            any(_text(row, c) and v[i] is None for c, v in zip(seen.parts[check.second], columns, strict=True))
            for i, row in enumerate(cells)
        ]
        return [
            None if blank[i] else math.nan if wrong[i] else math.fsum(v[i] or 0.0 for v in columns) for i in range(len(cells))
        ]
    at = seen.columns[check.second]
    texts = [_text(row, at) for row in cells]
    style = number_style(n for text in texts for _, n in _PART.findall(text))
    decimal = style if style in ("comma", "point") else None
    return [parts_sum(text, decimal) if text else None for text in texts]


def parts_sum(text: str, decimal: NumberStyle | None = None) -> float:
    """Return the sum of the areas of a text such as "LUC: 1,20; CLN: 0,35"; NaN when it says anything else.

    >>> round(parts_sum("LUC: 1,20; CLN: 0,35"), 2), parts_sum("LUC 1.5 ha + RSX (2.0)"), parts_sum("LUC, CLN")
    (1.55, 3.5, nan)
    """
    found = _PART.findall(text)
    values = [parse_number(number, decimal) for _, number in found]
    if not found or any(v is None for v in values) or not _LEFT.fullmatch(_PART.sub(" ", text)):
        return math.nan
    return math.fsum(v for v in values if v is not None)


def _column(column: int | None, cells: Cells) -> list[float | None]:
    if column is None:
        return [None] * len(cells)
    texts = [_text(row, column) for row in cells]
    written = [area_number(t) or t for t in texts]
    style = number_style(written)
    decimal = style if style in ("comma", "point") else None
    return [parse_number(t, decimal) if t else None for t in written]


def _text(row: Sequence[str], column: int) -> str:
    return "" if _BLANK.fullmatch(row[column]) else row[column]


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _number(value: float) -> str:
    return write_number(round(value, 6) + 0.0)
