"""The column of declared areas: every cell as square metres, as a range, or as text that nobody could read without guessing.

A cell that reads both ways ("1.234") is decided by its column, else by the site's own drawing, else not at all.
Likely slips of units are told, never mended.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.amounts.quantities import (
    Form,
    Quantity,
    Written,
    area_in,
    cell_text,
    evaluate,
    is_blank,
    own_units,
    readings,
    slips,
    style_decision,
    take_apart,
    weigh_style,
)
from plangeo.amounts.units import Unit, header_units, stated_units
from plangeo.engine.areas import ellipsoidal_area
from plangeo.reading import Decision
from plangeo.text import ExactNumber, NumberStyle, format_area, format_number

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]

HECTARE = Unit(10_000.0, "m2")
BY_DRAWING, DOUBTFUL_UNIT, UNLIKE, SUMMED = "by_drawing", "doubtful_unit", "unlike_neighbours", "sum"
TWO_READINGS = "two_readings"
"""Codes of ``declared_area_note``, each followed by its argument in brackets, a colon and a sentence."""

AREA_COLUMNS = (
    *("declared_area_m2", "declared_area_min_m2", "declared_area_max_m2", "declared_area_approx"),
    *("declared_area_text", "declared_area_note"),
)
"""Columns of the SITES contract that say what area is declared."""

_SHOWN = 5
# The drawing chooses between two readings only when one is near and the other absurd.
_NEAR, _ABSURD = 2.0, 100.0
# A difference from the drawing within this share of a power of ten looks like a slip of units.
_SLIP_SHARE = 0.05
_NOTE = re.compile(r"([a-z_]+)(?:\((.*?)\))?: ")


@dataclass(frozen=True)
class DeclaredAreas:
    """Declared areas of some rows; all arrays have one entry per row."""

    exact: Floats
    """m², where a single value is meant; else NaN."""
    low: Floats
    high: Floats
    approx: NDArray[np.bool_]
    text: Objects
    """As written where it cannot be read; else empty."""
    note: Objects
    """Of a cell that reads both ways, the two readings, so that a drawing that comes later may choose."""

    def rows(self, start: int, stop: int) -> DeclaredAreas:
        """Return what it says of some rows."""
        return DeclaredAreas(*(getattr(self, name)[start:stop] for name in self.__dataclass_fields__))

    def columns(self) -> dict[str, Any]:
        """Return them as columns of the SITES contract."""
        numbers = [values.copy() for values in (self.exact, self.low, self.high, self.approx)]
        return dict(zip(AREA_COLUMNS, [*numbers, self.text.tolist(), self.note.tolist()], strict=True))


def parse_note(note: str) -> dict[str, str]:
    """Return code → argument of a ``declared_area_note``.

    >>> parse_note("sum(1,2 + 3 ha): read as 4.20 ha; by_drawing(1.234): read as 1.23 ha")
    {'sum': '1,2 + 3 ha', 'by_drawing': '1.234'}
    """
    return dict(_NOTE.findall(note))


def read_areas(
    cells: pd.Series,
    numbers: Sequence[int],
    source: str,
    notes: list[str],
    decisions: list[Decision],
    beside: Sequence[str] = (),
) -> DeclaredAreas:
    """Read the column of declared areas; its name is the header that may state the unit, ``numbers`` are the rows of the file.

    ``beside`` are lines of the sheet that may state it where the header does not ("Đơn vị tính: m2").
    What cannot be read without guessing is a note; how numbers and units were understood, and what looks like a slip, are
    decisions.
    """
    header = str(cells.name)
    where = f"{source}, column {header!r}"
    units = header_units(header, "area")
    written = [] if units else list(dict.fromkeys(unit for line in beside for unit in stated_units(line, "area")))
    if written:
        units = written
        shown = " / ".join(line for line in beside if stated_units(line, "area"))[:160]
        decisions.append(Decision("number", where, "the line above the table states the unit of numbers without one", shown))
    default = units[0] if len(units) == 1 else HECTARE if not units else None
    if len(units) > 1:
        said = f"{'the lines above the table' if written else 'the header'} name{'' if written else 's'} several units; a number without one of its own was not read. Name one unit in the header"
        decisions.append(Decision("number", where, said, header))
    if default is not None and not default.doubtful and cells.dtype.kind in "iuf":
        areas = _plain(cells.to_numpy(dtype=float, na_value=math.nan), default.factor)
        bare, texts = int(np.isfinite(areas.exact).sum()), areas.text.tolist()
        found: list[Quantity | None] = [None] * len(cells)
    else:
        areas, bare, texts, found = _written(cells, default, numbers, where, decisions)
    if not units and bare:
        notes.append(f"{source}: column {header!r} states no unit; {bare} area(s) without one were read as hectares")
        said = (
            f"neither the header nor a line above the table states a unit: {bare} area(s) without one were read as hectares; state it, "
            "e.g. 'Diện tích (m2)', or 'Đơn vị tính: m2' above the table"
        )
        decisions.append(Decision("number", where, said, confidence=0.6))
    _tell_unread(texts, found, numbers, f"{source}: ", header, notes)
    decisions += _forms(found, texts, numbers, where)
    _tell_slips(areas, numbers, where, decisions)
    return areas


def kept_areas(raw: pd.DataFrame) -> DeclaredAreas | None:
    """Return the areas of a table that plangeo wrote itself, as it had read them; None for any other table.

    Its column of single values alone would turn a range, or a text nobody could read, into an area not stated.
    """
    if not set(AREA_COLUMNS) <= set(raw.columns):
        return None
    exact, low, high = (pd.to_numeric(raw[name], errors="coerce").to_numpy(dtype=float) for name in AREA_COLUMNS[:3])
    approx = raw["declared_area_approx"].map(lambda v: cell_text(v).casefold() in ("true", "1", "có")).to_numpy(dtype=bool)
    text, note = (np.array([cell_text(v) for v in raw[name]], dtype=object) for name in AREA_COLUMNS[4:])
    return DeclaredAreas(exact, low, high, approx, text, note)


def _plain(values: Floats, factor: float) -> DeclaredAreas:
    """A column of true numbers: nothing to be understood, only negative and infinite ones are no areas."""
    exact = np.where(np.isfinite(values) & (values >= 0), values, math.nan)
    left = ["" if np.isnan(v) or not np.isnan(e) else cell_text(v) for v, e in zip(values, exact, strict=True)]
    note = np.full(len(values), "", dtype=object)
    low, high = np.full((2, len(values)), math.nan)
    return DeclaredAreas(exact * factor, low, high, np.zeros(len(values), dtype=bool), np.array(left, dtype=object), note)


def _written(
    cells: pd.Series, default: Unit | None, numbers: Sequence[int], where: str, decisions: list[Decision]
) -> tuple[DeclaredAreas, int, list[str], list[Quantity | None]]:
    """A column of texts: the areas, how many took the unit of the column, the texts, and the cells as read."""
    texts = ["" if is_blank(t) else t for t in map(cell_text, cells.tolist())]
    taken = [take_apart(t, "area", default) if t else None for t in texts]
    style = weigh_style(zip(taken, texts, numbers, strict=True))
    known: dict[tuple[Written, bool], Quantity | None] = {}
    found: list[Quantity | None] = []
    for written, text in zip(taken, texts, strict=True):
        key = None if written is None else (written, isinstance(text, ExactNumber))
        if key is not None and key not in known:
            known[key] = _evaluate(key[0], style.decimal, default if header_units(str(cells.name), "area") else None)
        found.append(None if key is None else known[key])
    cells_read = list(zip(taken, texts, numbers, found, strict=True))
    followed = style.shown
    words = {(t, n): area_in(q, w.units[0]) for w, t, n, q in cells_read if w and q and (t, n) in followed}
    told = style_decision(style, where, words)
    decisions += [told] if told else []
    if default is not None and (header_units(str(cells.name), "area") or any(w is not None and w.bare for w in taken)):
        decisions += own_units(cells_read, default, where)
    bare = sum(q is not None and w is not None and w.bare for q, w in zip(found, taken, strict=True))
    return _arrays(found, taken, texts), bare, texts, found


def _evaluate(written: Written, decimal: NumberStyle | None, stated: Unit | None) -> Quantity | None:
    """The cell by the column's decimals; "5,000 m2" under a heading of hectares with decimal commas is hardly five square metres.

    ``stated``: the unit of the heading, None where it has none.
    """
    found, both = evaluate(written, decimal), readings(written)
    if found is None or both is None or stated is None or written.bare or written.units[0] == stated:
        return found
    return found if found.low == max(q.low for q in both) else None


def _arrays(found: Sequence[Quantity | None], taken: Sequence[Written | None], texts: Sequence[str]) -> DeclaredAreas:
    count = len(found)
    values = np.full((3, count), math.nan)
    approx = np.zeros(count, dtype=bool)
    text, note = (np.full(count, "", dtype=object) for _ in range(2))
    for n, (quantity, written, cell) in enumerate(zip(found, taken, texts, strict=True)):
        if quantity is not None:
            values[:, n] = _ends(quantity)
            approx[n] = quantity.approx
            note[n] = _noted(quantity, cell)
        elif cell:
            text[n] = str(cell)
            both = None if written is None else readings(written)
            note[n] = "" if both is None else _two(both)
    return DeclaredAreas(values[0], values[1], values[2], approx, text, note)


def _two(both: tuple[Quantity, Quantity]) -> str:
    """The note of a cell that reads both ways: every number of both readings, then both in words."""
    told = " or ".join(_worded(q) for q in both)
    return f"{TWO_READINGS}({' / '.join(f'{q.low!r} {q.high!r} {q.form} {int(q.approx)} {q.doubtful}' for q in both)}): {told}"


def _both(note: str) -> tuple[Quantity, Quantity] | None:
    """The two readings of a note; None where it tells of none."""
    told = parse_note(note).get(TWO_READINGS, "") if note.startswith(TWO_READINGS) else ""
    parts = [part.split(" ") for part in told.split(" / ")]
    if len(parts) != 2 or any(len(part) != 5 or part[2] not in get_args(Form) for part in parts):
        return None
    first, second = (
        Quantity(float(low), float(high), "m2", cast("Form", form), approx == "1", doubtful)
        for low, high, form, approx, doubtful in parts
    )
    return first, second


def _ends(quantity: Quantity) -> tuple[float, float, float]:
    """A single value, or the two ends of what is none."""
    exact = quantity.exact
    return (exact, math.nan, math.nan) if not math.isnan(exact) else (math.nan, quantity.low, quantity.high)


def _noted(quantity: Quantity, text: str) -> str:
    parts = []
    if quantity.form == "sum":
        parts.append(f"{SUMMED}({_argument(text)}): read as {format_area(quantity.low, 'en')} in all")
    if quantity.doubtful:
        said = "the size of this unit differs by region and is not verified"
        parts.append(f"{DOUBTFUL_UNIT}({_argument(text)}): read as {_shown(quantity)}; {said}")
    return "; ".join(parts)


def _argument(text: str) -> str:
    """A text that may stand in the brackets of a note."""
    return re.sub(r"[()]", "", text).replace(":", " =").replace(";", ",").strip()[:60]


def _shown(quantity: Quantity) -> str:
    ends = [format_area(v, "en") for v in dict.fromkeys((quantity.low, quantity.high))]
    return " to ".join(ends)


def _tell_unread(
    texts: Sequence[str], found: Sequence[Quantity | None], numbers: Sequence[int], start: str, header: str, notes: list[str]
) -> None:
    unread = [(t, n) for t, q, n in zip(texts, found, numbers, strict=True) if t and q is None]
    if unread:
        shown = ", ".join(f"{t[:40]!r} in row {n}" for t, n in unread[:_SHOWN]) + (" …" if len(unread) > _SHOWN else "")
        notes.append(f"{start}{len(unread)} area(s) in column {header!r} could not be read without guessing: {shown}")


def _forms(found: Sequence[Quantity | None], texts: Sequence[str], numbers: Sequence[int], where: str) -> list[Decision]:
    """One decision for each kind of cell that is more than one plain number."""
    kinds: dict[str, list[tuple[str, int, Quantity]]] = {
        "range(s), bound(s) or approximation(s) were kept as least and most area, not as one value": [],
        "sum(s) of parts were added up; every part could be read": [],
        "area(s) in units whose size differs by region were read with the northern one, which nobody has verified; "
        "their sites cannot be determined": [],
    }
    ranged, summed, doubtful = kinds.values()
    for quantity, text, number in zip(found, texts, numbers, strict=True):
        if quantity is None:
            continue
        for wanted, into in (
            (math.isnan(quantity.exact), ranged),
            (quantity.form == "sum", summed),
            (bool(quantity.doubtful), doubtful),
        ):
            if wanted:
                into.append((text, number, quantity))
    return [
        Decision(
            "number",
            where,
            f"{len(rows)} {said}: row(s) {', '.join(str(n) for _, n, _ in rows[:_SHOWN])}{' …' if len(rows) > _SHOWN else ''}",
            f"{rows[0][0][:40]!r} = {_worded(rows[0][2])}",
        )
        for said, rows in kinds.items()
        if rows
    ]


def _worded(quantity: Quantity) -> str:
    about = "about " if quantity.approx else ""
    if math.isnan(quantity.high):
        return f"{about}{format_area(quantity.low, 'en')} or more"
    if math.isnan(quantity.low):
        return f"{about}{format_area(quantity.high, 'en')} or less"
    return f"{about}{_shown(quantity)}"


def _tell_slips(areas: DeclaredAreas, numbers: Sequence[int], where: str, decisions: list[Decision]) -> None:
    """Cells that differ from the middle of their column by a power of ten: a note of the row and one decision."""
    middle = np.where(np.isnan(areas.exact), np.fmax(areas.low, areas.high), areas.exact)
    powers = slips(middle)
    rows = np.flatnonzero(powers)
    if not len(rows):
        return
    usual = float(np.median(middle[np.isfinite(middle) & (middle > 0)]))
    for n in rows:
        larger = "larger" if powers[n] > 0 else "smaller"
        told = f"{UNLIKE}({10 ** abs(powers[n]):g}): about {10 ** abs(powers[n]):,.0f} times {larger} than is usual in the column"
        areas.note[n] = f"{areas.note[n]}; {told}" if areas.note[n] else told
    shown = ", ".join(f"{format_area(float(middle[n]), 'en')} in row {numbers[n]}" for n in rows[:_SHOWN])
    decisions.append(
        Decision(
            "number",
            where,
            f"{len(rows)} area(s) are a thousand times or more away from the usual {format_area(usual, 'en')}, as slips of units "
            f"are: {shown}{' …' if len(rows) > _SHOWN else ''}. Nothing was changed; check the unit of these cells",
            confidence=0.5,
        )
    )


def settle_by_drawing(sites: gpd.GeoDataFrame, where: str, *, compare: bool = True) -> list[Decision]:
    """Hold declared areas against the drawn ones, in place: choose between two readings, and tell slips of units.

    Parameters: ``sites`` canonical, with the columns of ``DeclaredAreas`` (without them nothing is done); ``compare`` also looks
    for slips among all rows. Only sound polygons that were not mended decide.
    """
    if not set(AREA_COLUMNS) <= set(sites.columns) or sites.crs is None or sites.crs.geodetic_crs is None:
        return []  # a plan's own grid has no true areas
    numbers = row_numbers(sites)
    sound = shapely.get_dimensions(sites.geometry.to_numpy()) == 2
    sound &= (sites["problem"] == "").to_numpy() & (sites["repaired"] == "").to_numpy()
    doubts = [_both(note) if note else None for note in sites["declared_area_note"].tolist()]
    pending = np.array([both is not None for both in doubts], dtype=bool)
    exact = sites["declared_area_m2"].to_numpy(dtype=float)
    wanted = np.flatnonzero(sound & (pending | (compare & (exact > 0))))
    drawn = np.full(len(sites), math.nan)
    if len(wanted):
        drawn[wanted] = ellipsoidal_area(sites.geometry.iloc[wanted]).to_numpy()
    columns = {name: sites[name].tolist() for name in AREA_COLUMNS}
    chosen = []
    for n in np.flatnonzero(sound & pending).tolist():
        both = doubts[n]
        quantity = None if both is None else _choose(both, drawn[n])
        if quantity is not None:
            text = columns["declared_area_text"][n]
            told = f"read as {_shown(quantity)} because {format_area(drawn[n], 'en')} are drawn; the other reading is far off"
            noted = [f"{BY_DRAWING}({_argument(text)}): {told}", _noted(quantity, text)]
            row = (*_ends(quantity), quantity.approx, "", "; ".join(part for part in noted if part))
            for name, value in zip(AREA_COLUMNS, row, strict=True):
                columns[name][n] = value
            chosen.append((text, numbers[n], _shown(quantity), drawn[n]))
    if chosen:
        for name, values in columns.items():
            sites[name] = np.array(values, dtype=bool) if name == "declared_area_approx" else values
    slipped = _drawn_slips(exact, drawn, numbers, where) if compare else None
    return [*([_chosen(chosen, where)] if chosen else []), *([slipped] if slipped else [])]


def row_numbers(sites: pd.DataFrame) -> list[int]:
    """Return the rows of the file; where the reader gave none, the position counted from 1."""
    told = sites["source_row"].tolist() if "source_row" in sites else [math.nan] * len(sites)
    return [int(n) if math.isfinite(n) else i for i, n in enumerate(told, start=1)]


def _choose(doubt: tuple[Quantity, Quantity], drawn: float) -> Quantity | None:
    """The reading that lies near the drawn area while the other one is absurd; None when the drawing does not decide."""
    ratios = [_ratio(q, drawn) for q in doubt]
    best = int(np.argmin(ratios))
    return doubt[best] if ratios[best] <= _NEAR and ratios[1 - best] > _ABSURD else None


def _ratio(quantity: Quantity, drawn: float) -> float:
    """How many times the drawn area (m²) lies away from the nearest end of a reading."""
    ends = [v for v in (quantity.low, quantity.high) if v > 0]
    if not ends or not drawn > 0:
        return math.inf
    if len(ends) == 2 and ends[0] <= drawn <= ends[1]:
        return 1.0
    return min(max(drawn / end, end / drawn) for end in ends)


def _chosen(rows: Sequence[tuple[str, int, str, float]], where: str) -> Decision:
    text, _, read, drawn = rows[0]
    return Decision(
        "number",
        where,
        f"{len(rows)} area(s) that read both ways were chosen by the drawn area of their own site: row(s) "
        f"{', '.join(str(n) for _, n, _, _ in rows[:_SHOWN])}{' …' if len(rows) > _SHOWN else ''}. Their sites cannot be determined "
        "until somebody confirms the number; enter it as a number, or with one more decimal",
        f"{text!r} = {read}, drawn {format_area(drawn, 'en')}",
        0.8,
    )


def _drawn_slips(exact: Floats, drawn: Floats, numbers: Sequence[int], where: str) -> Decision | None:
    """What the drawings say of the unit of the column: how many rows differ by a power of ten, and by which."""
    both = np.flatnonzero((exact > 0) & (drawn > 0))
    ratio = np.log10(exact[both] / drawn[both])
    power = np.round(ratio)
    near = (np.abs(10.0 ** (ratio - power) - 1) <= _SLIP_SHARE) & (np.abs(power) >= 1)
    if not near.any():
        return None
    common = max(set(power[near].tolist()), key=lambda p: (int((power[near] == p).sum()), p))
    rows = both[near & (power == common)]
    times = format_number(10 ** abs(common), "en", 0)
    whole = "; that is most of the column, so its unit is probably another one" if 2 * len(rows) > len(both) else ""
    rest = int(near.sum()) - len(rows)
    also = f"; {rest} more row(s) differ by another power of ten" if rest else ""
    n = rows[0]
    return Decision(
        "number",
        where,
        f"{len(rows)} of {len(both)} declared area(s) are {times} times {'larger' if common > 0 else 'smaller'} than the drawn one, "
        "as slips of units are: row(s) "
        f"{', '.join(str(numbers[i]) for i in rows[:_SHOWN])}{' …' if len(rows) > _SHOWN else ''}{whole}{also}. Nothing was changed",
        f"row {numbers[n]}: declared {format_area(float(exact[n]), 'en')}, drawn {format_area(float(drawn[n]), 'en')}",
        0.5,
    )
