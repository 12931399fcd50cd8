"""What is fuzzed: one function per parser that takes any bytes and fails when the parser crashes or misreads in silence.

Allowed to leave a target: nothing. What a parser may raise (the family of PlangeoError) is caught here; every other
exception, and every answer that contradicts the text it was read from, is a find.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import math
import re
import unicodedata
import warnings
from collections.abc import Callable

import pandas as pd

from plangeo.amounts.dates import parse_span
from plangeo.amounts.phases import parse_phase
from plangeo.amounts.quantities import Kind, evaluate, readings, take_apart
from plangeo.amounts.units import Unit, header_units
from plangeo.errors import InputError, PlangeoError, PlangeoWarning, RulebookError
from plangeo.inputs import Request
from plangeo.lists.registertable import Table, read_table
from plangeo.model import Verdict
from plangeo.positions.angles import parse_angle
from plangeo.positions.cellpoints import ranges_of, read_cell
from plangeo.positions.coordinates import places
from plangeo.profiles import Profile, load_profile
from plangeo.project_file import parse_project
from plangeo.rulebook import rulebook_from_text
from plangeo.text import STYLES, number_style, parse_area, parse_date, parse_number, write_number

_UNITS: dict[Kind, Unit] = {"area": Unit(10_000.0, "m2"), "money": Unit(1e9, "VND")}


def text_of(data: bytes) -> str:
    """The text of an input, as a file of this encoding would give it."""
    return data.decode("utf-8", errors="replace")


def fuzz_numbers(data: bytes) -> None:
    """Numbers, areas, amounts, dates and periods of one cell, and the style of a column of such cells."""
    text = text_of(data)
    read = [parse_number(text, style) for style in (None, *STYLES)]
    for value in (v for v in read if v is not None):
        _same_digits(text, value)
        assert parse_number(write_number(value)) == value, (text, value)
    if read[0] is not None:
        assert read[0] in read[1:], (text, read)  # what reads without a style is one of the two readings
    for style in (None, *STYLES):
        area = parse_area(text, "ha", style)
        assert area is None or (math.isfinite(area) and area >= 0) or area == math.inf, (text, area)
    for kind, unit in _UNITS.items():
        for default in (None, unit):
            written = take_apart(text, kind, default)
            if written is None:
                continue
            for quantity in (evaluate(written, None), *(readings(written) or ())):
                ends = [] if quantity is None else [e for e in (quantity.low, quantity.high) if not math.isnan(e)]
                assert all(e >= 0 and math.isfinite(e) for e in ends), (text, quantity)
                assert ends == sorted(ends), (text, quantity)
        header_units(text, kind)
    number_style(text.split("\n"))
    day, span, phase = parse_date(text), parse_span(text), parse_phase(text)
    assert span is None or span.first <= span.last, (text, span)
    if day is not None:
        assert str(day.year) in _plain(text), (text, day)
        assert span is None or span.first == span.last == day, (text, day, span)
    assert phase is None or not phase[0] > phase[1], (text, phase)


def _plain(text: str) -> str:
    """The text with the digits of every script as our own."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in unicodedata.normalize("NFKC", text))


def _same_digits(text: str, value: float) -> None:
    """An independent reading: the digits as they stand, with the decimal sign after one of them, or none."""
    plain = _plain(text)
    if "e" in plain.lower():
        return
    digits, sign = "".join(c for c in plain if c.isdecimal()), -1 if "-" in plain else 1
    ways = {float(f"{digits[:n] or '0'}.{digits[n:] or '0'}") * sign for n in range(len(digits) + 1)}
    assert value in ways, (text, value)


@functools.cache
def _profile() -> Profile:
    return load_profile("vn")


def fuzz_coordinates(data: bytes) -> None:
    """Angles, cells with points, and columns of coordinates: rows in = rows out, and every point where its numbers may lie."""
    text = text_of(data)
    for style in (None, *STYLES):
        angle = parse_angle(text, style)
        assert angle is None or abs(angle.degrees) <= 180, (text, angle)
    ranges = ranges_of(_profile())
    cell = read_cell(text, ranges)
    assert not (cell.points and cell.fault), (text, cell)
    for point in cell.points:
        bounds = (ranges.north, ranges.east) if point.kind == "metres" else (ranges.lat, ranges.lon)
        for value, bound in zip((point.north, point.east), bounds, strict=True):
            assert bound is None or bound[0] <= value <= bound[1], (text, point)
    rows = text.split("\n")[:20]
    pairs = [[*r.split("\t"), ""][:2] for r in rows]
    two = pd.DataFrame(pairs, columns=["a", "b"])
    tables = [
        (pd.DataFrame({"a": rows}), {"coordinates": "a"}),
        (pd.DataFrame({"a": rows}), {"wkt": "a"}),
        (two, {"latitude": "a", "longitude": "b"}),
        (two, {"north": "a", "east": "b"}),
    ]
    for frame, columns in tables:
        with contextlib.suppress(PlangeoError):
            found = places(frame, columns, None, _profile(), "fuzz")
            assert len(found.geometry) == len(found.problems) == len(frame), text
            assert all(bool(p) or s is not None for s, p in zip(found.geometry, found.problems, strict=True)), text


@functools.cache
def _request() -> Request:
    known = _profile()
    return Request("register", fields=known.header_fields("sites"), forms=known.forms, codes=frozenset(known.classes))


def fuzz_headers(data: bytes) -> None:
    """Rows of a list (cells between tabs): every row with text is a project, or stands in a decision, or is the header."""
    cells = [(n, [c.strip() for c in line.split("\t")[:40]]) for n, line in enumerate(text_of(data).split("\n")[:200], start=1)]
    try:
        table = read_table(cells, _request())
    except InputError:
        return
    filled = {n for n, row in cells if any(row)}
    kept = table.frame["source_row"].astype(int).tolist() if "source_row" in table.frame else []
    assert len(kept) == len(set(kept)), kept
    assert set(kept) <= filled, (kept, filled)
    assert filled == set(kept) | set(table.header) | _told(table), sorted(filled - set(kept) - set(table.header) - _told(table))


def _told(table: Table) -> set[int]:
    """Rows that a decision names."""
    found: set[int] = set()
    for decision in table.decisions:
        listed = re.search(r"rows? ([\d, -]+)$", decision.where)
        for part in listed.group(1).split(",") if listed and decision.topic in ("row", "header") else ():
            first, _, last = part.strip().partition("-")
            found |= set(range(int(first), int(last or first) + 1))
    return found


def fuzz_rulebook(data: bytes) -> None:
    """A rulebook file: refused with a RulebookError, or a book that answers every question of every day."""
    text = text_of(data)
    try:
        book = rulebook_from_text(text)
    except RulebookError:
        return
    if "\\" not in text and not re.search(r"(?<!not_)permitted", text, re.IGNORECASE):
        assert all(Verdict.PERMITTED not in (r.verdict, r.otherwise) for r in book.rules), text
    for day in (dt.date(1, 1, 1), dt.date(2025, 7, 1), dt.date(9999, 12, 31)):
        law = book.at(day)
        for plan_id in law.plans:
            law.plan_status(plan_id)
        for use in [*law.uses][:20]:
            for code in [*law.classes][:200]:
                rule = law.look_up(use, code)
                assert rule is None or (rule.valid_from or day) <= day <= (rule.valid_to or day), text
                law.thresholds_for(use, code)


def fuzz_project(data: bytes) -> None:
    """A project file: refused with an InputError, or a project that writes itself as data and is read back the same."""
    text = text_of(data)
    try:
        project = parse_project(text)
    except InputError:
        return
    assert type(project).model_validate(project.to_json()) == project, text


TARGETS: dict[str, Callable[[bytes], None]] = {
    "numbers": fuzz_numbers,
    "coordinates": fuzz_coordinates,
    "headers": fuzz_headers,
    "rulebook": fuzz_rulebook,
    "project": fuzz_project,
}


def run(name: str, data: bytes) -> None:
    """Run one target on one input; notes a parser gives as warnings are no find."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PlangeoWarning)
        TARGETS[name](data)
