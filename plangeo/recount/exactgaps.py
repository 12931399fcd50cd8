"""The least distance between shapes by comparing their segments: squared, in whole numbers, without a root or an index.

All pairs of segments are looked at in floating point; those that may be the nearest, for all that rounding can do, are measured
exactly. A squared distance is a fraction, so whether it reaches a bound is decided without rounding anything.

What rounding can do: the difference of two coordinates is off by 2⁻⁵³ of itself; so the offset of a point from a segment is off by
less than 2⁻⁵⁰ of their distance and of the segment's length. ``_MARGIN_M`` and ``_MARGIN`` are a thousand times that on a whole continent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.recount.exactsums import Edges, edges_of, holds
from plangeo.recount.wholegrid import Floats, Grid

_MARGIN_M, _MARGIN = 1e-6, 1e-12
_AT_ONCE = 250_000
"""Pairs of segments compared at once."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Gap:
    """A squared distance in m², exact; ``pairs`` of segments were compared for it. ``square`` is None where there is nothing."""

    square: Fraction | None
    pairs: int = 0

    @property
    def metres(self) -> float:
        """The distance, rounded; infinite where there is nothing."""
        return math.inf if self.square is None else root(self.square)

    def reaches(self, bound_m: Fraction | float, *, beyond: bool = False) -> bool:
        """Return whether the distance is at least a bound (``beyond``: more than it), without rounding.

        >>> Gap(Fraction(25)).reaches(5), Gap(Fraction(25)).reaches(5, beyond=True), Gap(None).reaches(5)
        (True, False, True)
        """
        bound = Fraction(bound_m)
        if self.square is None or bound < 0:
            return True
        return self.square > bound * bound if beyond else self.square >= bound * bound


def root(square: Fraction) -> float:
    """Return the square root of a fraction, right to the last digits of a double whatever its size.

    >>> root(Fraction(2)) == math.sqrt(2), root(Fraction(1, 10**40))
    (True, 1e-20)
    """
    shift = max(0, 128 - square.numerator.bit_length() + square.denominator.bit_length())
    shift += shift % 2
    return math.isqrt((square.numerator << shift) // square.denominator) / (1 << shift // 2)


def segments_of(geometry: Any) -> Floats:
    """Return the segments of a shape of any kind as x, y, x, y; of points as segments without length.

    >>> segments_of(shapely.Point(1, 2)).tolist()
    [[1.0, 2.0, 1.0, 2.0]]
    """
    runs = [_run(part) for part in _lines_and_points(geometry)]
    return np.concatenate(runs) if runs else np.empty((0, 4))


def _lines_and_points(geometry: Any) -> Iterator[Any]:
    for part in shapely.get_parts(geometry).tolist():
        if part.is_empty:
            continue
        if part.geom_type == "Polygon":
            yield from (part.exterior, *part.interiors)
        elif part.geom_type in ("Point", "LineString", "LinearRing"):
            yield part
        else:
            yield from _lines_and_points(part)


def _run(part: Any) -> Floats:
    points = np.asarray(part.coords)[:, :2]
    return np.hstack([points[:-1], points[1:]]) if len(points) > 1 else np.hstack([points, points])


class Places:
    """Some shapes made ready to be asked how far they are from others: their segments, and which of them are areas."""

    def __init__(self, shapes: Sequence[Any]) -> None:
        runs = [segments_of(shape) for shape in shapes]
        self.segments: Floats = np.concatenate(runs) if runs else np.empty((0, 4))
        """The segments of all of them, one shape after the other."""
        parts = [part for shape in shapes for part in _lines_and_points(shape)]
        self.starts: Floats = np.array([part.coords[0][:2] for part in parts]).reshape(-1, 2)
        """A corner of each part."""
        self._areas = [area for shape in shapes for area in _areas(shape)]
        self._boxes = shapely.bounds(np.array(self._areas, dtype=object)).reshape(-1, 4)
        self._edges: dict[int, Edges] = {}

    @property
    def box(self) -> Box:
        """The box (west, south, east, north) around all of them."""
        return box_of(self.segments)

    @property
    def has_areas(self) -> bool:
        """Whether some of them are areas."""
        return bool(self._areas)

    def hold(self, x: float, y: float) -> bool:
        """Return whether an area of these holds a point; on a border either answer may come."""
        return any(holds(self._edges_of(n), x, y) for n in np.flatnonzero(boxes_within(self._boxes, (x, y, x, y), 0.0)).tolist())

    def hold_any(self, other: Places) -> bool:
        """Return whether an area of these holds a part of the others whole; what crosses a border may count or not."""
        if not self._areas or not len(other.starts):
            return False
        x, y = other.starts.T
        for n in np.flatnonzero(boxes_within(self._boxes, (x.min(), y.min(), x.max(), y.max()), 0.0)).tolist():
            west, south, east, north = self._boxes[n].tolist()
            asked = other.starts[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
            if any(holds(self._edges_of(n), *start) for start in asked.tolist()):
                return True
        return False

    def _edges_of(self, area: int) -> Edges:
        if area not in self._edges:
            self._edges[area] = edges_of(self._areas[area])
        return self._edges[area]


def gap_between(one: Places, other: Places) -> Gap:
    """Return the least distance between some shapes and others; 0 where they share a place.

    >>> gap_between(Places([shapely.box(0, 0, 9, 9)]), Places([shapely.Point(4, 4)])).metres
    0.0
    """
    found = least_gap(one.segments, other.segments)
    return Gap(Fraction(0), found.pairs) if found.square and (one.hold_any(other) or other.hold_any(one)) else found


def _areas(geometry: Any) -> Iterator[Any]:
    for part in shapely.get_parts(geometry).tolist():
        if part.geom_type == "Polygon":
            yield part
        elif part.geom_type in ("MultiPolygon", "GeometryCollection"):
            yield from _areas(part)


def least_gap(one: Floats, other: Floats) -> Gap:
    """Return the least distance between two sets of segments (shape (n, 4)).

    >>> least_gap(np.array([[0.0, 0, 0, 9]]), np.array([[3.0, 12, 3, 13], [7, 0, 8, 0]])).square
    Fraction(18, 1)
    """
    if not len(one) or not len(other):
        return Gap(None)
    reach = _reach(one, other)
    other = other[boxes_within(other, box_of(one), reach)]
    one = one[boxes_within(one, box_of(other), reach)]
    best, pairs, found = math.inf, 0, []
    step = max(1, _AT_ONCE // len(other))
    for low in range(0, len(one), step):
        rows = one[low : low + step, None]
        gaps, crossed = _end_gaps(rows, other[None]), _may_cross(rows, other[None])
        pairs += gaps.size
        best = min(best, float(gaps.min()))
        n, m = np.nonzero(crossed | (gaps <= best + _margin(best)))
        found.append((np.where(crossed, 0.0, gaps)[n, m], n + low, m))
    gap, n, m = (np.concatenate(values) for values in zip(*found, strict=True))
    near = gap <= best + _margin(best)
    ends = np.unique(np.hstack([one[n[near]], other[m[near]]]), axis=0)
    grid = Grid.of(ends)
    least = min(_square(*grid.whole(row)) for row in ends.tolist())
    return Gap(least / (1 << 2 * grid.bits), pairs)


def _margin(distance: float) -> float:
    """What rounding may make two distances differ by."""
    return 2 * (_MARGIN_M + _MARGIN * distance)


def box_of(ends: Floats) -> Box:
    """Return the box (west, south, east, north) around some segments."""
    x, y = ends[:, [0, 2]], ends[:, [1, 3]]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def boxes_within(ends: Floats, box: Box, reach: float) -> NDArray[np.bool_]:
    """Return which boxes lie within reach of a box (west, south, east, north); of segments those that they span, of NaN none."""
    west, south, east, north = box
    x_low, x_high = np.minimum(ends[:, 0], ends[:, 2]), np.maximum(ends[:, 0], ends[:, 2])
    y_low, y_high = np.minimum(ends[:, 1], ends[:, 3]), np.maximum(ends[:, 1], ends[:, 3])
    east_off, north_off = np.maximum(x_low - east, west - x_high), np.maximum(y_low - north, south - y_high)
    near: NDArray[np.bool_] = np.hypot(np.maximum(east_off, 0), np.maximum(north_off, 0)) <= reach
    return near


def _reach(one: Floats, other: Floats) -> float:
    """A distance that the least one does not exceed: between ends of segments, first from any, then from the best."""
    near = other[int(np.hypot(*(other[:, :2] - one[0, :2]).T).argmin()), :2]
    least = float(np.hypot(*(one[:, :2] - near).T).min())
    return least + _margin(least)


def _end_gaps(one: Floats, other: Floats) -> Floats:
    """The least distance from an end of one segment to the other, in rows laid against one another."""
    return np.minimum(
        np.minimum(point_gaps(one[..., :2], other), point_gaps(one[..., 2:], other)),
        np.minimum(point_gaps(other[..., :2], one), point_gaps(other[..., 2:], one)),
    )


def _may_cross(one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Whether segments cross; where rounding hides it an end of one lies on the other, and their distance tells."""
    a, b, c, d = one[..., :2], one[..., 2:], other[..., :2], other[..., 2:]
    boxes = (np.minimum(a, b) <= np.maximum(c, d)).all(axis=-1) & (np.minimum(c, d) <= np.maximum(a, b)).all(axis=-1)
    crosses: NDArray[np.bool_] = boxes & (_turn(a, b, c) * _turn(a, b, d) <= 0) & (_turn(c, d, a) * _turn(c, d, b) <= 0)
    return crosses


def point_gaps(point: Floats, ends: Floats) -> Floats:
    """Return how far points (last axis: x, y) are from segments (x, y, x, y) laid against them, in floating point."""
    start, along = ends[..., :2], ends[..., 2:] - ends[..., :2]
    off = point - start
    square = (along * along).sum(axis=-1)
    at = np.clip((off * along).sum(axis=-1) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    gaps: Floats = np.hypot(*np.moveaxis(off - at[..., None] * along, -1, 0))
    return gaps


def _turn(a: Floats, b: Floats, c: Floats) -> Floats:
    """Twice the signed area of a triangle."""
    turn: Floats = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    return turn


def _square(ax: int, ay: int, bx: int, by: int, cx: int, cy: int, dx: int, dy: int) -> Fraction:
    """The squared distance between the segments ab and cd, in squared cells of the grid."""

    def turn(px: int, py: int, qx: int, qy: int, rx: int, ry: int) -> int:
        return (qx - px) * (ry - py) - (qy - py) * (rx - px)

    one, two = turn(ax, ay, bx, by, cx, cy), turn(ax, ay, bx, by, dx, dy)
    three, four = turn(cx, cy, dx, dy, ax, ay), turn(cx, cy, dx, dy, bx, by)
    if (one < 0) is not (two < 0) and (three < 0) is not (four < 0) and one and two and three and four:
        return Fraction(0)  # they cross; where they only touch, an end lies on the other one
    return min(
        _point_square(ax, ay, cx, cy, dx, dy),
        _point_square(bx, by, cx, cy, dx, dy),
        _point_square(cx, cy, ax, ay, bx, by),
        _point_square(dx, dy, ax, ay, bx, by),
    )


def _point_square(px: int, py: int, ax: int, ay: int, bx: int, by: int) -> Fraction:
    ex, ey, ox, oy = bx - ax, by - ay, px - ax, py - ay
    square, at = ex * ex + ey * ey, ox * ex + oy * ey
    if at <= 0:
        return Fraction(ox * ox + oy * oy)
    if at >= square:
        return Fraction((px - bx) ** 2 + (py - by) ** 2)
    return Fraction((ex * oy - ey * ox) ** 2, square)
