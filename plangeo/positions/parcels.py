"""Blocks of a corner list → places: numbers read by the rules for coordinates, rings built and checked, areas compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyproj
import shapely

from plangeo.positions.axes import Columns, Evidence, read_axes
from plangeo.positions.cornerlists import Block, Vertex
from plangeo.positions.rings import Corner, build_ring
from plangeo.reading import Decision
from plangeo.text import area_number, number_style, parse_area, parse_number

AGREES = 0.01
"""Areas that differ by less agree; a block's own area is usually worked out from its corners."""
CONTRADICTS = 0.05
_SHOWN = 5


@dataclass
class Parcels:
    """Places of parcels: one geometry and one problem each."""

    geometry: list[Any] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    crs: pyproj.CRS | None = None
    notes: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def build_parcels(groups: Sequence[Sequence[Block]], evidence: Evidence) -> Parcels:
    """Return the place of every group of blocks: an area, several parts, a line, or a point for a single corner.

    **Raises** CrsError when nothing says in which system the corners are written, or evidence contradicts itself.
    """
    blocks = [block for group in groups for block in group]
    vertices = [v for block in blocks for v in block.vertices]
    first, second = blocks[0].headers
    columns = Columns([v.first for v in vertices], [v.second for v in vertices], first, second, firm=blocks[0].degrees)
    axes = read_axes(columns, evidence)
    out = Parcels(crs=axes.crs, notes=axes.notes, decisions=axes.decisions)
    sides = _sides(vertices)
    rounding = _rounding_m(vertices)
    planar = axes.crs is not None and axes.crs.is_projected
    start = 0
    for group in groups:
        shapes: list[Any] = []
        faults: list[str] = []
        for block in group:
            stop = start + len(block.vertices)
            shape, told = _place(
                block,
                axes.x[start:stop],
                axes.y[start:stop],
                axes.faults[start:stop],
                sides[start:stop],
                rounding,
                planar,
                out,
                evidence,
            )
            start = stop
            shapes.append(shape)
            faults += told
        geometry = None if faults else shapes[0] if len(shapes) == 1 else _together(group, shapes, faults, out, evidence)
        out.geometry.append(geometry)
        out.problems.append("; ".join(faults))
    return out


def _place(
    block: Block,
    xs: Sequence[float | None],
    ys: Sequence[float | None],
    unread: Sequence[str],
    sides: Sequence[float | None],
    rounding_m: float,
    planar: bool,
    out: Parcels,
    evidence: Evidence,
) -> tuple[Any, list[str]]:
    """The shape of one block and its faults."""
    faults = []
    corners = []
    for vertex, x, y, fault, side in zip(block.vertices, xs, ys, unread, sides, strict=True):
        if x is None or y is None:
            why = fault.removeprefix("bad_coordinates: ") or "it has no coordinates"
            faults.append(f"{block.on_sheet}corner {vertex.name or 'without a name'} in row {vertex.row}: {why}")
        else:
            corners.append(Corner(vertex.name, vertex.row, x, y, side if planar else None))
    if faults:
        shown = " and ".join(faults[:_SHOWN]) + (f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else "")
        return None, [f"bad_coordinates: {shown}"]
    where = f"{evidence.source}, {block.where}"
    if len(corners) == 1:
        out.decisions.append(Decision("shape", where, "one corner only: the site is known by this point"))
        return shapely.Point(corners[0].x, corners[0].y), []
    if block.nameless and (corners[0].x, corners[0].y) != (corners[-1].x, corners[-1].y):
        rows = block.where.replace("–", " to ")
        return None, [
            f"bad_coordinates: {rows} hold {len(corners)} coordinates of this project, and nothing says whether they are the corners of an area "
            "or separate places: number them in a column 'Điểm', or repeat the first corner in a last row"
        ]
    if block.line:
        out.decisions.append(Decision("shape", where, f"the title speaks of a centre line: {len(corners)} points became a line"))
        return shapely.LineString([(c.x, c.y) for c in corners]), []
    ring = build_ring(corners, rounding_m)
    if ring.faults:
        return None, [f"invalid_geometry: {block.where.replace('–', ' to ')}: {fault.replace(';', ',')}" for fault in ring.faults]
    assert ring.area is not None
    area = f"an area of {ring.area.area / 10_000:.4f} ha" if planar else "an area"
    how = "" if ring.closed else f"; no closing row, the ring was closed from {_named(corners[-1])} to {_named(corners[0])}"
    title = f" of {block.titles[-1][:60]!r}" if block.titles else ""
    out.decisions.append(
        Decision(
            "shape", where, f"{len(block.vertices)} corner rows{title} became {area}{how}", confidence=1.0 if ring.closed else 0.9
        )
    )
    out.decisions += [Decision("shape", where, remark) for remark in ring.remarks]
    out.notes += [f"{where}: {remark}" for remark in ring.remarks]
    fault = _stated_area(block, ring.area.area, where, out) if planar else ""
    return ring.area, [fault] if fault else []


def _named(corner: Corner) -> str:
    return f"corner {corner.name}" if corner.name else f"row {corner.row}"


def _stated_area(block: Block, drawn_m2: float, where: str, out: Parcels) -> str:
    """Hold the area a block states against its corners; far off, one of them is wrong and the parcel has a problem."""
    if not block.area:
        return ""
    units = [None] if (block.area[-1:].isalnum() and not block.area[-1:].isdigit()) or block.area.endswith("m2") else ["m2", "ha"]
    number = area_number(block.area) or block.area
    style = number_style([number])
    styles = [style] if style in ("comma", "point") else ["comma", "point"]
    stated = [a for u in units for s in styles if (a := parse_area(block.area, u, s)) is not None]  # type: ignore[arg-type]
    if not stated:
        out.notes.append(f"{where}: the stated area {block.area!r} cannot be read")
        return ""
    best = min(stated, key=lambda a: abs(a - drawn_m2))
    off = abs(best - drawn_m2) / max(drawn_m2, 1e-9)
    said = f"the block states {block.area}, its corners enclose {drawn_m2:,.1f} m² ({off:.2%} apart)"
    out.decisions.append(Decision("shape", where, said))
    if off <= AGREES:
        return ""
    out.notes.append(f"{where}: {said}")
    return f"invalid_geometry: {said}, so a corner or the area is wrong" if off > CONTRADICTS else ""


def _together(group: Sequence[Block], shapes: Sequence[Any], faults: list[str], out: Parcels, evidence: Evidence) -> Any:
    """Several rings of one project are parts of it when they lie apart; a ring within another may be a hole or a repeat."""
    where = f"{evidence.source}, {group[0].where} to {group[-1].where}"
    if len({s.geom_type for s in shapes}) > 1:
        faults.append("mixed_geometry: the blocks of this project are areas, lines and points; only one kind can be measured")
        return None
    kind = shapes[0].geom_type
    if kind != "Polygon":
        return shapely.MultiPoint(shapes) if kind == "Point" else shapely.MultiLineString(list(shapes))
    for i, one in enumerate(shapes):
        for j in range(i):
            if one.intersection(shapes[j]).area > 1e-6 * min(one.area, shapes[j].area):
                faults.append(
                    f"invalid_geometry: the blocks {group[j].where} and {group[i].where} of this project overlap, so one may be a hole in the "
                    "other or a second version of it: give them as separate projects, or correct the list"
                )
                return None
    out.decisions.append(Decision("shape", where, f"{len(shapes)} blocks that lie apart became the parts of one site"))
    return shapely.union_all(list(shapes))


def _sides(vertices: Sequence[Vertex]) -> list[float | None]:
    """Lengths as numbers, by the style of the whole column."""
    style = number_style([v.side for v in vertices], (0.01, 1e5))
    return [
        parse_number(v.side.rstrip(" mM"), style if style in ("comma", "point") else None) if v.side else None for v in vertices
    ]


def _rounding_m(vertices: Sequence[Vertex]) -> float:
    """What the decimals as written may hide in a length: half of the last digit of it, and of the four coordinates."""
    places = min((_decimals(t) for v in vertices for t in (v.first, v.second) if t), default=3)
    lengths = min((_decimals(v.side) for v in vertices if v.side), default=2)
    return 0.5 * 10.0**-lengths + 2**0.5 * 10.0**-places


def _decimals(text: str) -> int:
    """Digits after the last separator; none where groups of three could be meant."""
    tail = text.strip(" mM")
    at = max(tail.rfind("."), tail.rfind(","))
    return 0 if at < 0 else len(tail) - at - 1
