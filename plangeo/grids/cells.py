"""Which cells of a grid a shape covers, and how much of each: exact, in double precision, by cutting at the grid lines.

Everything here is in *grid coordinates*: x counts columns and y counts rows from the outer corner of the first
cell, so cell (row 3, column 5) is the square 5 ≤ x < 6, 3 ≤ y < 4. An affine map keeps shares of area, and shares
of length along one straight segment, so rotated and oblong cells need nothing special.

The area of a polygon in a cell is a signed sum over the pieces of its border: a piece adds the ground to its right
in its own cell, and its height to every cell further right in that row (trapezoid rule with running sums along the
row, as font rasterisers do it). No overlay of shapes is needed, and nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

Array = np.ndarray[Any, Any]
# A window of more cells than this is worked through in strips of rows; the strips depend on the shape alone.
STRIP_CELLS = 1 << 20


@dataclass(frozen=True)
class Footprint:
    """One shape laid on a grid ``width`` cells wide.

    ``rows`` and ``columns`` name the cell of each piece, sorted by row (a border beyond the right edge lies in column
    ``width``). Polygons: ``first`` and ``further`` are the
    signed parts added in the piece's own cell and in all cells further right. Lines and points: ``first`` is the
    share of the shape, ``further`` is empty. ``total`` is the area in cells (polygons) or 1; ``outside`` is the part
    of it that lies beyond the grid.
    """

    dimension: int
    width: int
    rows: Array
    columns: Array
    first: Array
    further: Array
    total: float
    outside: float

    @property
    def window(self) -> tuple[int, int, int, int]:
        """First row, row after the last, first column, column after the last; all 0 when no cell is touched."""
        if not len(self.rows):
            return 0, 0, 0, 0
        right = min(int(self.columns.max()) + 1, self.width)
        return int(self.rows[0]), int(self.rows[-1]) + 1, int(self.columns.min()), right

    @property
    def window_cells(self) -> int:
        """Number of cells that must be read."""
        top, bottom, left, right = self.window
        return (bottom - top) * (right - left)


@dataclass(frozen=True)
class Strip:
    """Some rows of a footprint's window: ``cover`` is the covered part of each cell (lines: share of the length)."""

    top: int
    bottom: int
    left: int
    right: int
    cover: Array


def cut_at_grid(x0: Array, y0: Array, x1: Array, y1: Array, height: int, width: int) -> tuple[Array, ...]:
    """Cut straight segments where they cross the lines of the grid.

    Returns, for each piece: index of its segment, start x and y, end x and y, and the part of the segment's length.
    Pieces of one segment follow one another. Beyond the grid nothing is cut, so a far shape costs nothing.

    >>> pieces = cut_at_grid(*(np.array([v]) for v in (0.5, 0.5, 2.5, 0.5)), height=9, width=9)
    >>> pieces[1].tolist(), pieces[5].tolist()
    ([0.5, 1.0, 2.0], [0.25, 0.5, 0.25])
    """
    count = len(x0)
    by_x = _crossings(x0, x1, width)
    by_y = _crossings(y0, y1, height)
    segment = np.concatenate([np.arange(count), by_x[0], by_y[0], np.arange(count)])
    at = np.concatenate([np.zeros(count), by_x[2], by_y[2], np.ones(count)])
    with np.errstate(invalid="ignore"):
        x = np.concatenate([x0, by_x[1], x0[by_y[0]] + by_y[2] * (x1 - x0)[by_y[0]], x1])
        y = np.concatenate([y0, y0[by_x[0]] + by_x[2] * (y1 - y0)[by_x[0]], by_y[1], y1])
    order = np.lexsort((at, segment))
    segment, at, x, y = segment[order], at[order], x[order], y[order]
    same = segment[1:] == segment[:-1]
    part = (at[1:] - at[:-1])[same]
    return segment[:-1][same], x[:-1][same], y[:-1][same], x[1:][same], y[1:][same], part


def _crossings(start: Array, end: Array, lines: int) -> tuple[Array, Array, Array]:
    """Segment, whole coordinate and position along the segment of every crossing with the lines 0 … ``lines``."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    first = np.clip(np.floor(low) + 1, 0, lines + 1)
    last = np.clip(np.ceil(high) - 1, -1, lines)
    number = np.maximum(last - first + 1, 0).astype(np.int64)
    segment = np.repeat(np.arange(len(start)), number)
    steps = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    line = first[segment] + steps
    with np.errstate(over="ignore"):
        at = (line - start[segment]) / (end - start)[segment]
    return segment, line, np.clip(at, 0.0, 1.0)


def lay_polygons(shapes: Array, height: int, width: int) -> list[Footprint]:
    """Lay valid polygons or multipolygons in grid coordinates on the grid, all in one go; each as if it were alone."""
    if not len(shapes):
        return []
    start, end, owner = _borders(shapes)
    turn = np.where(_signed_areas(start, end, owner, len(shapes)) > 0, -1.0, 1.0)
    segment, ax, ay, bx, by, _ = cut_at_grid(start[:, 0], start[:, 1], end[:, 0], end[:, 1], height, width)
    piece_of = owner[segment]
    rise = (by - ay) * turn[piece_of]  # running sums go to the right, where the inside of a left border lies
    row = np.floor((ay + by) / 2)
    kept = (rise != 0) & (row >= 0) & (row < height)
    middle_x = np.clip((ax + bx)[kept] / 2, 0.0, float(width))
    piece_of, row, rise = piece_of[kept], row[kept].astype(np.int64), rise[kept]
    column = np.floor(middle_x).astype(np.int64)
    further = rise * (middle_x - column)
    order = np.lexsort((row, piece_of))
    parts = [values[order] for values in (row, column, rise - further, further)]
    cuts = np.searchsorted(piece_of[order], np.arange(len(shapes) + 1)).tolist()
    west, north, east, south = shapely.bounds(shapes).T
    within = (west >= 0) & (north >= 0) & (east <= width) & (south <= height)
    laid = []
    for n, total in enumerate(shapely.area(shapes).tolist()):
        rows, columns, first, beyond = (values[cuts[n] : cuts[n + 1]] for values in parts)
        one = Footprint(2, width, rows, columns, first, beyond, total, 0.0)
        if not within[n]:
            inside = sum(float(strip.cover.sum()) for strip in strips(one))
            one = _with_outside(one, min(max(total - inside, 0.0), total))
        laid.append(one)
    return laid


def _borders(shapes: Array) -> tuple[Array, Array, Array]:
    """Start and end of every segment of every ring, holes turning against their shells, and the shape it belongs to."""
    parts, part_of = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    return xy[:-1][joined], xy[1:][joined], part_of[ring_of[ring[:-1][joined]]]


def _signed_areas(start: Array, end: Array, owner: Array, count: int) -> Array:
    """Twice the signed areas, measured from a vertex of each shape so that far coordinates lose no digits."""
    anchor = start[np.searchsorted(owner, np.arange(count))][owner]
    a, b = start - anchor, end - anchor
    return np.bincount(owner, weights=a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1], minlength=count)


def lay_line(shape: Any, lengths: Array, height: int, width: int) -> Footprint:
    """Lay a line in grid coordinates on the grid; ``lengths`` are the true lengths of its segments, in their order.

    A piece that runs exactly along a grid line counts for the cell below it or right of it.
    """
    xy, part = shapely.get_coordinates(shapely.get_parts(shape), return_index=True)
    joined = part[1:] == part[:-1]
    start, end = xy[:-1][joined], xy[1:][joined]
    segment, ax, ay, bx, by, share = cut_at_grid(start[:, 0], start[:, 1], end[:, 0], end[:, 1], height, width)
    weights = lengths[segment] * share / lengths.sum()
    return _lay_spots(1, (ax + bx) / 2, (ay + by) / 2, weights, height, width)


def lay_points(shape: Any, height: int, width: int) -> Footprint:
    """Lay a point or multipoint in grid coordinates on the grid; a point on a grid line counts below it or right of it."""
    xy = shapely.get_coordinates(shape)
    return _lay_spots(0, xy[:, 0], xy[:, 1], np.full(len(xy), 1 / len(xy)), height, width)


def _lay_spots(dimension: int, x: Array, y: Array, weights: Array, height: int, width: int) -> Footprint:
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height) & (weights > 0)
    row, column = np.floor(y[inside]).astype(np.int64), np.floor(x[inside]).astype(np.int64)
    order = np.argsort(row, kind="stable")
    laid = Footprint(dimension, width, row[order], column[order], weights[inside][order], np.empty(0), 1.0, 0.0)
    # summed, not subtracted: a shape wholly inside has exactly nothing outside
    return _with_outside(laid, float(weights[~inside].sum()))


def _with_outside(laid: Footprint, outside: float) -> Footprint:
    return replace(laid, outside=outside)


def strips(laid: Footprint) -> Iterator[Strip]:
    """Yield the covered part of every cell of the footprint's window, some rows at a time, from the top."""
    top, bottom, left, right = laid.window
    step = max(1, STRIP_CELLS // max(1, right - left))
    for begin in range(top, bottom, step):
        stop = min(begin + step, bottom)
        low, high = np.searchsorted(laid.rows, [begin, stop])
        if low == high:
            continue
        pieces = slice(int(low), int(high))
        column = laid.columns[pieces]
        west, east = int(column.min()), int(column.max()) + 1
        # a spare column at the right takes what a border at the window's edge hands on
        place = (laid.rows[pieces] - begin) * (east - west + 1) + (column - west)
        size = (stop - begin) * (east - west + 1)
        cover = np.bincount(place, weights=laid.first[pieces], minlength=size)
        if laid.dimension == 2:
            cover += np.bincount(place + 1, weights=laid.further[pieces], minlength=size)
            east = min(east, laid.width)
        cover = cover.reshape(stop - begin, -1)
        if laid.dimension == 2:
            cover = _settled(np.cumsum(cover, axis=1))
        yield Strip(begin, stop, west, east, cover[:, : east - west])


def _settled(cover: Array) -> Array:
    """Remove rounding: covered parts lie between 0 and 1, and what running sums leave behind a border is not ground."""
    noise = 1e-14 * max(cover.shape[0], cover.shape[1], 8)
    return np.where(cover < noise, 0.0, np.minimum(cover, 1.0))
