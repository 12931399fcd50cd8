"""Corners in order → one area: closing row, repeated corners, crossing sides, and the side lengths the list states.

Planar metres, x = easting and y = northing. The orientation of the ring does not matter. What contradicts itself is a
fault and no area is made of it; what can be told without doubt is a remark.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import shapely

CLOSES_M = 0.01
"""A closing row repeats the first corner when it lies at most this far from it."""
SIDE_M = 0.01
"""Side lengths are checked to this, or to what the written decimals can tell where that is coarser."""
CONTRADICTS_M = 0.5
"""A side that differs by more says that a corner is wrong."""
_SHOWN = 6


class Corner(NamedTuple):
    """One corner as read: its name and row in the list, metres, and the length written for the side that follows it."""

    name: str
    row: int
    x: float
    y: float
    side: float | None = None


@dataclass
class Ring:
    """An area and what there is to say of it; ``area`` is None where a fault stands."""

    area: shapely.Polygon | None
    closed: bool = False
    """The list itself closes the ring: by a closing row, or by the length of its last side."""
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def build_ring(corners: Sequence[Corner], rounding_m: float = 0.0) -> Ring:
    """Return the area of ``corners``, listed around it; ``rounding_m`` is what their written decimals may hide in a length.

    >>> square = [Corner(str(i + 1), i, x, y) for i, (x, y) in enumerate([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)])]
    >>> build_ring(square).area.area, build_ring(square).closed
    (100.0, True)
    >>> build_ring([square[0], square[2], square[1], square[3]]).faults[0][:40]
    'sides cross: 1–3 and 2–4'
    """
    ring = Ring(None)
    kept = _without_repeats(_closed(list(corners), ring), ring)
    if len(kept) < 3:
        ring.faults.append(f"{len(kept)} different corner(s); an area has at least three")
        return ring
    _check_names(kept, ring)
    _check_crossings(kept, ring)
    _check_sides(list(corners), ring, max(SIDE_M, rounding_m))
    if not ring.faults:
        area = shapely.Polygon([(c.x, c.y) for c in kept])
        if area.is_valid and area.area > 0:
            ring.area = area
        else:
            ring.faults.append("the corners enclose no area" if area.area == 0 else shapely.is_valid_reason(area))
    return ring


def _closed(corners: list[Corner], ring: Ring) -> list[Corner]:
    """The corners without the closing row."""
    first, last = corners[0], corners[-1]
    if len(corners) < 3:
        return corners
    gap = _distance(first, last)
    if gap <= CLOSES_M:
        ring.closed = True
        return corners[:-1]
    if first.name and first.name == last.name:
        ring.faults.append(
            f"the ring is not closed: corner {first.name} stands in row {first.row} and again in row {last.row}, {gap:.2f} m apart"
        )
        return corners[:-1]
    if any(c.side is not None and abs(c.side - gap) <= CONTRADICTS_M for c in (first, last)):
        ring.closed = True
    return corners


def _without_repeats(corners: list[Corner], ring: Ring) -> list[Corner]:
    kept: list[Corner] = []
    for corner in corners:
        if kept and _distance(kept[-1], corner) == 0:
            ring.remarks.append(f"corner {_name(corner)} (row {corner.row}) repeats the one before it and counts once")
        else:
            kept.append(corner)
    return kept


def _check_names(corners: Sequence[Corner], ring: Ring) -> None:
    seen: dict[tuple[float, float], Corner] = {}
    named: dict[str, Corner] = {}
    for corner in corners:
        other = seen.setdefault((corner.x, corner.y), corner)
        if other is not corner:
            ring.faults.append(
                f"corners {_name(other)} (row {other.row}) and {_name(corner)} (row {corner.row}) are the same spot"
            )
        same = named.setdefault(corner.name, corner) if corner.name else corner
        if same is not corner and other is corner:
            ring.faults.append(
                f"corner {corner.name} stands in row {same.row} and in row {corner.row} with different coordinates"
            )


def _check_crossings(corners: Sequence[Corner], ring: Ring) -> None:
    """Name the sides that cross; neighbours share a corner and do not count."""
    count = len(corners)
    points = np.array([(c.x, c.y) for c in corners])
    lines: Any = shapely.linestrings(np.stack([points, np.roll(points, -1, axis=0)], axis=1))
    pairs = shapely.STRtree(lines).query(lines, predicate="intersects").T
    crossing = sorted((int(a), int(b)) for a, b in pairs if a < b and b - a not in (1, count - 1))
    if crossing:
        shown = ", ".join(f"{_side(corners, a)} and {_side(corners, b)}" for a, b in crossing[:_SHOWN])
        ring.faults.append(f"sides cross: {shown}" + (" …" if len(crossing) > _SHOWN else ""))


def _check_sides(corners: Sequence[Corner], ring: Ring, tolerance_m: float) -> None:
    """Hold the written lengths against the distances of the corners; small deviations are told, large ones contradict.

    A list writes a length in the row its side begins in, or in the row it ends in; the way that fits more sides counts.
    """
    count = len(corners) - (1 if len(corners) > 2 and _distance(corners[0], corners[-1]) <= CLOSES_M else 0)
    lengths = [_distance(corners[i], corners[(i + 1) % count]) for i in range(count)]
    begins = [(i, c.side) for i, c in enumerate(corners[:count]) if c.side is not None]
    ends = [((i - 1) % count, c.side) for i, c in enumerate(corners) if c.side is not None and (i or count == len(corners))]
    if len(ends) < len(begins):  # the closing row has no length: sides are written where they begin
        ends = []
    ways = [
        [(i, side, lengths[i]) for i, side in way if abs(side - lengths[i]) > tolerance_m + 1e-6] for way in (begins, ends) if way
    ]
    if not ways or not min(ways, key=len):
        return
    off = min(ways, key=len)
    told = begins if off is ways[0] and begins else ends
    shown = ", ".join(
        f"{_name(corners[i])}–{_name(corners[(i + 1) % count])} is {length:.2f} m by its corners and {side:.2f} m as written"
        for i, side, length in off[:_SHOWN]
    )
    text = f"{len(off)} of {len(told)} side lengths differ by more than {tolerance_m:.2f} m: {shown}" + (
        " …" if len(off) > _SHOWN else ""
    )
    factors = [side / lengths[i] for i, side in told if lengths[i] > 0]
    if len(off) > 2 and max(factors) - min(factors) < 3e-4 and abs(float(np.mean(factors)) - 1) < 5e-3:
        ring.remarks.append(f"{text}; all by the factor {np.mean(factors):.5f}, as lengths on the ground and on the plane differ")
    elif max(abs(side - length) for _, side, length in off) > CONTRADICTS_M:
        ring.faults.append(
            text + _suspect(corners[:count], sorted(i for i, side, length in off if abs(side - length) > CONTRADICTS_M))
        )
    else:
        ring.remarks.append(text)


def _suspect(corners: Sequence[Corner], off: Sequence[int]) -> str:
    """The corner that two wrong sides share is the one to look at."""
    shared = [b for a, b in itertools.pairwise(off) if b == a + 1]
    if {0, len(corners) - 1} <= set(off):
        shared.append(0)
    names = [f"{_name(corners[i])} (row {corners[i].row})" for i in shared[:3]]
    return f"; look at corner {' and '.join(names)}" if 0 < len(shared) <= 3 else ""


def _distance(a: Corner, b: Corner) -> float:
    return math.hypot(a.x - b.x, a.y - b.y)


def _name(corner: Corner) -> str:
    return corner.name or f"of row {corner.row}"


def _side(corners: Sequence[Corner], index: int) -> str:
    return f"{_name(corners[index])}–{_name(corners[(index + 1) % len(corners)])}"
