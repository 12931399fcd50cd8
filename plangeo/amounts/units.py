"""Units of area and money as offices write them: the words stand with their sizes and sources in ``profiles/units.csv``.

A unit whose size differs by region is marked as not verified there, and whoever reads a quantity in it has to say so.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

from plangeo.text import fold

Kind = Literal["area", "money"]

_MOST_LETTERS = 40
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_BETWEEN = re.compile(r"[()\[\],;:/_\s]+")
_UNIT_LINE = re.compile(r"\b(?:don vi(?: tinh| do| dien tich| tien)?\s*[:=]|(?:don vi tinh|dvt)\b|units?\s*[:=])\s*(.+)$")
_MOST_LINE = 200
_THOUSANDS = {"1000": 1_000.0, "1.000": 1_000.0, "10^3": 1_000.0}


@dataclass(frozen=True)
class Unit:
    """How much one of a unit is: ``factor`` of ``base`` (``m2``, ``VND``, ``USD`` …; empty for a bare "tỷ")."""

    factor: float
    base: str
    doubtful: str = ""
    """The word as written in ``units.csv`` when nobody has verified its size; else empty."""


@dataclass(frozen=True)
class _Word:
    kind: str
    base: str
    factor: float | None
    verified: bool


@cache
def _words() -> dict[str, _Word]:
    """Word without spaces → what the table says of it."""
    table = (resources.files("plangeo.profiles") / "units.csv").read_text("utf-8")
    return {
        row["word"].replace(" ", ""): _Word(
            row["kind"], row["base"], float(row["factor"]) if row["factor"] else None, row["verified"] == "yes"
        )
        for row in csv.DictReader(io.StringIO(table))
    }


@cache
def _pattern(kind: Kind) -> re.Pattern[str]:
    """Any number of scales, then at most one unit; longer words first, so that "triệu" is not "tr" and a rest."""
    known = sorted(_words(), key=len, reverse=True)
    scales = "|".join(re.escape(w) for w in known if _words()[w].kind == "scale")
    bases = "|".join(re.escape(w) for w in known if _words()[w].kind == kind)
    return re.compile(rf"((?:{scales})*)({bases})?")


@lru_cache(maxsize=4096)
def parse_unit(text: str, kind: Kind) -> Unit | None:
    """Return the unit ``text`` writes; None when it is none, or one whose size is not known.

    >>> parse_unit("nghìn tỷ đồng", "money"), parse_unit("tr.đ", "money"), parse_unit("m²", "area")
    (Unit(factor=1000000000000.0, base='VND', doubtful=''), Unit(factor=1000000.0, base='VND', doubtful=''), \
Unit(factor=1.0, base='m2', doubtful=''))
    >>> parse_unit("sào", "area").doubtful, parse_unit("công", "area")
    ('sao', None)
    """
    plain = re.sub(r"[\s.]", "", fold(text))
    match = _pattern(kind).fullmatch(plain) if 0 < len(plain) <= _MOST_LETTERS else None
    if match is None:
        return None
    factor = 1.0
    for scale in re.findall(_scales(), match.group(1)):
        factor *= _words()[scale].factor or 1.0
    word = match.group(2) or ""
    if not word:
        return Unit(factor, "")
    said = _words()[word]
    return None if said.factor is None else Unit(factor * said.factor, said.base, "" if said.verified else word)


@cache
def _scales() -> str:
    return "|".join(sorted((w for w, said in _words().items() if said.kind == "scale"), key=len, reverse=True))


def header_units(header: str, kind: Kind) -> list[Unit]:
    """Return the units a column's header states, each once; two of them leave a bare number without a unit.

    Words count where they stand alone; a scale without a unit ("tỷ"), and a unit of doubtful size, only in brackets.

    >>> header_units("Tổng mức đầu tư (tỷ đồng)", "money"), header_units("Diện tích (1000 m2)", "area")
    ([Unit(factor=1000000000.0, base='VND', doubtful='')], [Unit(factor=1000.0, base='m2', doubtful='')])
    >>> header_units("Mẫu số 01: diện tích", "area"), len(header_units("Diện tích (ha/m2)", "area"))
    ([], 2)
    """
    plain = fold(header)
    found: dict[Unit, None] = {}
    for group in _BRACKETS.findall(plain):
        found |= dict.fromkeys(_units_in(group, kind, loose=True))
    outside = _BRACKETS.sub(" ", plain)
    return list(found or dict.fromkeys(_units_in(outside, kind, loose=False)))


def stated_units(text: str, kind: Kind) -> list[Unit]:
    """Return the units that a line beside a table states for its numbers; none for any other text.

    >>> stated_units("Đơn vị tính: m2", "area"), stated_units("(ĐVT: ha; triệu đồng)", "money")
    ([Unit(factor=1.0, base='m2', doubtful='')], [Unit(factor=1000000.0, base='VND', doubtful='')])
    >>> stated_units("Đơn vị: Công ty 68 ha", "area"), stated_units("Đơn vị: Công ty", "money")
    ([], [])
    >>> stated_units("Đơn vị tính: diện tích: m2, vốn: tỷ đồng", "area"), stated_units("ĐVT m2", "area")
    ([Unit(factor=1.0, base='m2', doubtful='')], [Unit(factor=1.0, base='m2', doubtful='')])
    """
    match = _UNIT_LINE.search(fold(text)[:_MOST_LINE])
    found: dict[Unit, None] = {}
    for piece in re.split(r"[,;/]|\bva\b", match.group(1)) if match else ():
        times, words = _times(piece.rpartition(":")[2].strip(" ()[].").split())  # "diện tích: ha; vốn: tỷ đồng"
        unit = parse_unit(" ".join(words), kind) if words else None
        if unit is not None and (unit.base or kind == "money"):
            found[Unit(unit.factor * times, unit.base, unit.doubtful)] = None
    return list(found)


def _units_in(text: str, kind: Kind, *, loose: bool) -> list[Unit]:
    words = [w for w in _BETWEEN.split(text) if w]
    units: list[Unit] = []
    at = 0
    while at < len(words):
        for size in (4, 3, 2, 1):
            times, window = _times(words[at : at + size])
            unit = parse_unit(" ".join(window), kind) if window and len(words[at : at + size]) == size else None
            if unit is not None and (loose or (unit.base and not unit.doubtful)) and (unit.base or kind == "money"):
                units.append(Unit(unit.factor * times, unit.base, unit.doubtful))
                at += size - 1
                break
        at += 1
    return units


def _times(words: list[str]) -> tuple[float, list[str]]:
    """A leading "1000" of a header's unit, and the rest; "1000m2" is written in one word as well."""
    if not words:
        return 1.0, []
    if words[0] in _THOUSANDS:
        return _THOUSANDS[words[0]], words[1:]
    joined = re.fullmatch(r"(1\.?000)([a-z].*)", words[0])
    return (_THOUSANDS[joined.group(1)], [joined.group(2), *words[1:]]) if joined else (1.0, words)
