"""Areas of parts against the total of an entry: columns of land classes, and parts told in a sentence ("Gồm 3 khu: 3,88; 9,5; 23,59 ha").

Areas in m². Rounding: plan tables round to 0.01 ha, so each number may be off by half of its own last digit.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from plangeo.amounts.quantities import cell_text, evaluate, is_blank, take_apart, weigh_style
from plangeo.amounts.units import Unit, header_units
from plangeo.entries.entrytable import Entries, Floats
from plangeo.rulebook import Rulebook
from plangeo.text import fold, number_style, parse_number, without_brackets

_HECTARE, _METRE = Unit(10_000.0, "m2"), Unit(1.0, "m2")
_BESIDE = re.compile(
    r"\b(trong do|dien tich|thu hoi|can thu hoi|su dung vao|su dung tu|lay vao|lay tu|loai|cac loai dat|ha|m2)\b"
)
_NUMBERS = r"\d[\d.,]*(?:\s*(?:ha|m2))?"
_TOLD = re.compile(
    rf"\b(?:gom|chia|chia thanh|chia lam)\s+(\d{{1,2}})\s+(?:khu|phan|lo|thua|phan khu|giai doan|diem|hang muc)\s*[:(]\s*"
    rf"({_NUMBERS}(?:\s*(?:;|\+|,(?=\s)|\bva\b)\s*{_NUMBERS})+)"
)
_BETWEEN = re.compile(r"\s*(?:;|\+|,(?=\s)|\bva\b)\s*")
_LONGEST = 400


@dataclass(frozen=True)
class ClassColumn:
    """A column of the register that states how much of each site is of one class of land."""

    heading: str
    code: str
    areas: Floats
    """m², NaN where nothing stands or it cannot be read."""
    unread: tuple[int, ...]
    """Rows in which something stands that cannot be read."""


@dataclass(frozen=True)
class ToldParts:
    """Parts of a site told in a sentence of the register."""

    column: str
    written: str
    areas: tuple[float, ...]
    """m²."""
    slack_m2: float
    """What rounding of the parts can explain."""


def class_columns(entries: Entries) -> list[ClassColumn]:
    """Return the columns of land classes of a register: headings such as ``LUC``, ``Trong đó đất lúa (ha)``, ``Diện tích RSX``.

    Where a heading states no unit its numbers are in the one unit that the other headings state, else in hectares.
    """
    words, codes = _class_words(entries.assessment.rulebook), entries.assessment.rulebook.classes
    default = _usual_unit(entries)
    found = []
    for heading in entries.own_columns:
        left = without_brackets(heading)
        plain = " ".join(_BESIDE.sub(" ", fold(left)).split())
        spelt = [word for word in left.split() if word in codes and fold(word) == plain]  # a code is written in capitals
        code = spelt[0] if spelt else words.get(plain) or words.get(plain.removeprefix("dat "))
        units = header_units(heading, "area")
        if code is not None and len(units) < 2 and not header_units(heading, "money"):
            found.append(_read(entries, heading, code, units[0] if units else default))
    return [column for column in found if np.isfinite(column.areas).any()]


def _usual_unit(entries: Entries) -> Unit:
    """The unit of areas that the headings of the register state, where they agree in one; else hectares."""
    stated = {unit for heading in entries.own_columns for unit in header_units(heading, "area")}
    return stated.pop() if len(stated) == 1 else _HECTARE


def _read(entries: Entries, heading: str, code: str, unit: Unit) -> ClassColumn:
    texts = ["" if is_blank(text) else text for text in map(cell_text, entries.table[heading].tolist())]
    taken = [take_apart(text, "area", unit) if text else None for text in texts]
    style = weigh_style((t, text, n) for n, (t, text) in enumerate(zip(taken, texts, strict=True)))
    read = [None if t is None else evaluate(t, style.decimal) for t in taken]
    areas = np.array([math.nan if q is None else q.exact for q in read])
    return ClassColumn(heading, code, areas, tuple(n for n, text in enumerate(texts) if text and math.isnan(areas[n])))


def _class_words(rulebook: Rulebook) -> dict[str, str]:
    """Folded name of a class → its code; the rulebook's own names win over the words of the data file."""
    known = {word: code for word, code in _short_words().items() if code in rulebook.classes}
    return known | {fold(known_class.name.vi): code for code, known_class in rulebook.classes.items() if known_class.name.vi}


@cache
def _short_words() -> Mapping[str, str]:
    table = (resources.files("plangeo.profiles") / "vn_landuse_words.csv").read_text("utf-8")
    return {fold(row["word"]): row["code"] for row in csv.DictReader(io.StringIO(table))}


def top_columns(columns: Sequence[ClassColumn], rulebook: Rulebook) -> list[ClassColumn]:
    """Return the columns that count in a sum: those no other column of the list contains (LUC is a part of LUA)."""
    codes = {column.code for column in columns}
    overlay = {c.code for c in columns if rulebook.classes[c.code].overlay}
    return [c for c in columns if c.code not in overlay and not codes & set(rulebook.ancestors(c.code)[1:])]


def told_parts(entries: Entries) -> dict[int, ToldParts]:
    """Return row → parts that a sentence of the register lists, where it states as many as it counts ("gồm 3 khu: a; b; c ha")."""
    found: dict[int, ToldParts] = {}
    for column in entries.own_columns:
        for row, text in enumerate(entries.texts(column)):
            parts = parse_parts(text)
            if parts is not None and row not in found:
                found[row] = ToldParts(column, text, *parts)
    return found


def parse_parts(text: str) -> tuple[tuple[float, ...], float] | None:
    """Return the areas (m²) of the parts a sentence lists and what rounding of them can explain; None for any other text.

    >>> parts, slack = parse_parts("Gồm 3 khu: 3,88; 9,5; 23,59 ha")
    >>> [round(a) for a in parts], round(slack)
    ([38800, 95000, 235900], 600)
    >>> parse_parts("Gồm 3 khu: 3,88; 9,5 ha"), parse_parts("Gồm 2 khu: 3,88; 9,5")
    (None, None)
    """
    match = _TOLD.search(fold(text)) if len(text) <= _LONGEST else None
    if match is None:
        return None
    pieces = _BETWEEN.split(match.group(2).strip())
    unit = _METRE if re.search(r"m2$", pieces[-1].strip()) else _HECTARE if re.search(r"ha$", pieces[-1].strip()) else None
    numbers = [re.sub(r"\s*(ha|m2)$", "", piece.strip()) for piece in pieces]
    if (
        unit is None
        or len(numbers) != int(match.group(1))
        or any(p.endswith(("ha", "m2")) != pieces[0].endswith(("ha", "m2")) for p in pieces[:-1])
    ):
        return None
    style = number_style(numbers)
    decimal = style if style in ("comma", "point") else None
    values = [parse_number(number, decimal) for number in numbers]
    if any(value is None for value in values):
        return None
    slack = sum(0.5 * 10.0 ** -_decimals(number, decimal) for number in numbers) * unit.factor
    return tuple(value * unit.factor for value in values if value is not None), slack


def _decimals(number: str, decimal: str | None) -> int:
    sign = {"comma": ",", "point": "."}.get(decimal or "")
    return len(number.rpartition(sign)[2]) if sign and sign in number else 0
