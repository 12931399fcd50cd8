"""Headers of corner lists: lines of a sheet that name X and Y beside corners, sides or parcels; lists side by side.

Also the parts of a register's header with names or codes merged over several rows of coordinates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plangeo.text import fold, without_brackets

Row = tuple[int, Sequence[str]]
"""Number in the file from 1, and the cells as text."""
Spans = Mapping[tuple[int, int], tuple[int, int]]
"""Merged cells: (row from 1, column from 0) → last row and column."""

AREA_UNIT = re.compile(r"\b(m2|ha|km2)\b")
_LONGEST = 60
_WITHIN = 300
"""The first header stands within so many rows."""
# Cheap look before cells are folded: most rows of a sheet name no northing.
_HINT = re.compile(r"(?:^|[^\w])[xn](?:[^\w]|$)|v[iĩ]|lat|north|b[aắ]", re.IGNORECASE | re.MULTILINE)
_POINT = r"(?:diem|dinh|moc|goc)"
_KINDS: Mapping[str, re.Pattern[str]] = {
    "corner": re.compile(
        rf"(?:(?:ten|so hieu|ky hieu|so|stt|tt|thu tu|ma)\s)?(?:cac\s)?{_POINT}(?:\s(?:goc|ranh|gioi|ranh gioi|thua|thua dat|so|toa do|khong che|dia chinh))*"
        r"|corner(?: no| id| name)?|vertex|point(?: no| id| name)?|pt|shd|s\.?h\.? ?diem"
    ),
    "x": re.compile(r"(?:toa do\s)?x(?: bac)?|n|northing|vi do|latitude|lat|toa do bac"),
    "y": re.compile(r"(?:toa do\s)?y(?: dong)?|e|easting|kinh do|longitude|lon|lng|toa do dong"),
    "side": re.compile(
        r"(?:(?:chieu dai|kich thuoc|do dai|khoang cach)(?: canh)?|canh|s|d|l|length|distance|side)(?:\s?/\s?(?:canh|s|d|l))*"
    ),
    "seq": re.compile(r"stt|tt|so tt|so thu tu|no\.?|#"),
    "sheet": re.compile(r"(?:so )?to(?: ban do)?(?: so)?|so hieu to ban do"),
    "parcel": re.compile(r"(?:so )?(?:hieu )?thua(?: dat)?(?: so)?|so thu tu thua"),
}
DEGREES = re.compile(r"vi do|latitude|lat|kinh do|longitude|lon|lng")
_NUMERIC = re.compile(r"[-+]?\d[\d.,\s'’′″”\"°ºdms]*[nebđ]?|[neb]\s?\d[\d.,\s'\"°]*", re.IGNORECASE)
KEYS = re.compile(
    r"(?:ma|ma so|so hieu|id|code|ten|name|ten khu|ten thua|khu|khu dat|lo|lo dat|khoanh|khoanh dat|site_id|project(?: id| name)?)"
    r"|(?:ma|ten)\s(?:so\s)?(?:du an|cong trinh|khu|lo|thua).*|du an|cong trinh|hang muc"
)


@dataclass(frozen=True)
class Panel:
    """Columns of one list of corners; several panels stand side by side."""

    columns: Mapping[str, int]
    own: Mapping[str, int]
    """Other columns: header → position."""
    low: int
    high: int
    headers: tuple[str, str]
    nameless: bool
    """Nothing but merged cells can say that several rows belong to one project."""


class Head(NamedTuple):
    """Positions of the lines of a header, and the lists below it."""

    first: int
    last: int
    panels: list[Panel]


def find_heads(rows: Sequence[Row]) -> list[Head]:
    """All headers of the sheet; a page break repeats them."""
    found: list[Head] = []
    for i, (_, cells) in enumerate(rows):
        if i >= _WITHIN and not found:
            break
        if not _HINT.search("\n".join(cells)) or any(is_numeric(c) for c in cells if c):
            continue
        kinds = [kind_of_column(c) for c in cells]
        if "x" not in kinds or "y" not in kinds:
            continue
        names, first = list(cells), i
        above = [*rows[i - 1][1], *[""] * len(names)] if i else []
        if any(above[k] and not cells[k] and kind_of_column(above[k]) for k in range(len(above[: len(cells)]))):
            # the second line below merged cells: what stands above an empty cell names its column
            names, first = [n or (above[k] if not is_numeric(above[k]) else "") for k, n in enumerate(names)], i - 1
        panels = _panels(names)
        if panels:
            found.append(Head(first, i, panels))
    return found


def is_numeric(cell: str) -> bool:
    """Say whether a cell writes one number or angle, perhaps with a letter of its hemisphere."""
    return len(cell) <= _LONGEST and _NUMERIC.fullmatch(cell) is not None


def kind_of_column(cell: str) -> str:
    """What a header says its column holds: corner, x, y, side, seq, sheet, parcel, or ""."""
    plain = plain_header(cell)
    if AREA_UNIT.search(fold(cell)):
        return ""  # S (m2) is an area, S (m) a side
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(plain)), "") if plain else ""


def plain_header(cell: str) -> str:
    """Return a header folded, without its unit in brackets."""
    return fold(without_brackets(cell)).rstrip(":").strip()


def merged_keys(head: Head, spans: Spans) -> bool:
    """Say whether the name or code of a project is merged over three rows and more, each with coordinates of its own."""
    keys = {at for panel in head.panels for name, at in panel.own.items() if KEYS.fullmatch(plain_header(name))}
    return any(column in keys and last - row >= 2 for (row, column), (last, _) in spans.items())


def _panels(names: Sequence[str]) -> list[Panel]:
    """Cut a header into lists side by side: a new one begins where a kind of column comes again."""
    cuts: list[int] = [0]
    seen: set[str] = set()
    for i, name in enumerate(names):
        kind = kind_of_column(name)
        if kind and kind in seen:
            cuts.append(i)
            seen = set()
        if kind:
            seen.add(kind)
    panels = []
    for low, high in zip(cuts, [*cuts[1:], len(names)], strict=True):
        kinds: dict[str, int] = {}
        own: dict[str, int] = {}
        for i in range(low, high):
            kind = kind_of_column(names[i])
            if kind and kind not in ("sheet", "parcel"):
                kinds.setdefault(kind, i)
            elif names[i]:
                own.setdefault(" ".join(names[i].split()), i)
        named = bool({"corner", "side"} & set(kinds)) or any(kind_of_column(n) in ("sheet", "parcel") for n in own)
        if "x" in kinds and "y" in kinds and (named or any(KEYS.fullmatch(plain_header(n)) for n in own)):
            panels.append(Panel(kinds, own, low, high, (names[kinds["x"]], names[kinds["y"]]), not named))
    return panels
