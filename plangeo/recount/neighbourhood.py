"""What lies within some metres of a site: zones, the border of their ground, and whether all of the site is that near to them.

Zones are taken as they came: an edge of a zone is border of the ground where no other zone lies just beyond it, and no union is made.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from plangeo.recount.exactgaps import Box, Gap, Places, box_of, boxes_within, gap_between
from plangeo.recount.wholegrid import Floats
from plangeo.recount.zonestock import Bools, ZoneStock

_CLOSED_M = 1.5e-6
"""Gaps between zones up to a micrometre are closed by the engine, those of two micrometres are not."""
NOISE_M = 4e-6
"""Metres below which a border at a bound is not told apart from one nearer than it."""
_MOST_TRIED = 4_000
"""Places of a site that are tried before the question is left open."""


class Neighbourhood:
    """One site and what lies within ``reach`` metres of it.

    ``contact_m``: where strips of ground up to this width count as contact, gaps and overlaps of that width are nothing.
    """

    def __init__(self, shape: Any, stock: ZoneStock, reach: float, *, contact_m: float = 0.0) -> None:
        self.reach, self._stock = reach, stock
        self._places = Places([shape])
        self._closed, self._noise = max(_CLOSED_M, 1.5 * contact_m), NOISE_M + 3 * contact_m

    def rows(self, chosen: Bools) -> list[int]:
        """Return the rows of chosen zones that may lie within the reach."""
        return self._stock.near(chosen, self._places.box, self.reach)

    def to_zone(self, chosen: Bools) -> float | None:
        """Return the distance to the nearest of the chosen zones where it is less than the reach."""
        gap = self._stock.gap(self._places, self.rows(chosen))
        return None if gap.reaches(self.reach - self._noise) else gap.metres

    def to_border(self, chosen: Bools) -> float | None:
        """Return the distance to the border of the ground of the chosen zones where it is less than the reach; 0 off the ground."""
        rows = self._stock.near(chosen, self._places.box, self.reach + 1.0)
        edges = [self._stock.directed(row) for row in rows]
        every = np.concatenate(edges) if edges else np.empty((0, 4))
        every = every[boxes_within(every, self._places.box, self.reach + self._noise)]
        least = math.inf
        for edge in _unpaired(every):
            if self._gap_to(edge).reaches(self.reach - self._noise):
                continue
            for part in self._open_parts(edge, every, rows):
                gap = self._gap_to(part)
                least = least if gap.reaches(self.reach - self._noise) else min(least, gap.metres)
        if least < math.inf:
            return least
        return None if all(self._stock.hold(rows, *start) for start in self._places.starts.tolist()) else 0.0

    def _gap_to(self, edge: Floats) -> Gap:
        return gap_between(self._places, Places([shapely.LineString(edge.reshape(2, 2))]))

    def _open_parts(self, edge: Floats, every: Floats, rows: list[int]) -> list[Floats]:
        """Parts of an edge within the reach on whose right no zone lies: a line just beside it is cut, and asked at the middles."""
        along = edge[2:] - edge[:2]
        long = float(np.hypot(*along))
        beside = edge + np.tile(np.array([along[1], -along[0]]) / long * self._closed, 2)
        first, last = _clip(beside, self._places.box, self.reach + self._noise)
        cuts = [at for at in _crossings(beside, every) if first < at < last]
        parts = []
        for low, high in pairwise(sorted([first, *cuts, last])):
            x, y = (beside[:2] + along * (low + high) / 2).tolist()
            if (high - low) * long > self._noise and not self._stock.hold(rows, x, y):
                parts.append(np.concatenate([edge[:2] + along * low, edge[:2] + along * high]))
        return parts

    def has_place_apart(self, chosen: Bools) -> bool | None:
        """Return whether some place of the site is at least the reach from the chosen zones; None where that was not found out.

        It is not where all corners of the site lie on the zones, as they do where all of it lies on them.

        Corners first. Then middles of squares (of pieces of a line) that are halved while they may hold such a place: none of
        their places is farther from the zones than the middle is, and half the diagonal.
        """
        rows = self.rows(chosen)
        corners = np.unique(self._places.segments.reshape(-1, 2), axis=0)
        if not rows or self._is_any_apart(rows, corners):
            return True
        areal, tried = self._places.has_areas, 0
        cells = _square(self._places.box) if areal else self._places.segments
        while len(cells):
            tried += len(cells)
            if tried > _MOST_TRIED:
                return None
            middles = (cells[:, :2] + cells[:, 2:]) / 2
            half = np.hypot(*(cells[:, 2:] - cells[:, :2]).T) / 2
            far = self._stock.border_gaps(rows, middles)
            far[[self._stock.hold(rows, *middle) for middle in middles.tolist()]] = 0.0
            mine = (
                np.array([self._places.hold(*middle) for middle in middles.tolist()])
                if areal
                else np.ones(len(cells), dtype=bool)
            )
            if self._is_any_apart(rows, middles[mine & (far >= self.reach)]):
                return True
            waiting = (far + half >= self.reach - self._noise) & (half > self._noise)
            if areal:
                waiting &= mine | np.array([bool(boxes_within(self._places.segments, box_of(c[None]), 0.0).any()) for c in cells])
            cells = _quarter(cells[waiting]) if areal else _halve(cells[waiting])
        on = self._stock.border_gaps(rows, corners) <= self._noise
        return None if all(near or self._stock.hold(rows, *xy) for near, xy in zip(on, corners.tolist(), strict=True)) else False

    def _is_any_apart(self, rows: list[int], points: Floats) -> bool:
        """Whether one of some places is at least the reach from the zones: those that seem so are measured exactly."""
        far = self._stock.border_gaps(rows, points)
        return any(
            not self._stock.hold(rows, x, y)
            and self._stock.gap(Places([shapely.Point(x, y)]), rows).reaches(self.reach - self._noise)
            for x, y in points[far >= self.reach - self._noise].tolist()
        )


def _unpaired(edges: Floats) -> list[Floats]:
    """Edges that no zone has in the other direction."""
    known = {tuple(row) for row in edges.tolist()}
    return [np.array(row) for row in sorted(known) if (row[2], row[3], row[0], row[1]) not in known and row[:2] != row[2:]]


def _clip(edge: Floats, box: Box, reach: float) -> tuple[float, float]:
    """The part of an edge, as shares of it, that lies within reach of a box, corners of that included; (1, 1) where none does."""
    first, last = 0.0, 1.0
    for start, end, low, high in ((edge[0], edge[2], box[0], box[2]), (edge[1], edge[3], box[1], box[3])):
        if start == end:
            continue
        ends = sorted(((low - reach - start) / (end - start), (high + reach - start) / (end - start)))
        first, last = max(first, ends[0]), min(last, ends[1])
    return (first, last) if first < last else (1.0, 1.0)


def _crossings(line: Floats, edges: Floats) -> list[float]:
    """Where edges cross a line, as shares of it; those that nearly do too."""
    dx, dy = line[2:] - line[:2]
    ex, ey = (edges[:, 2:] - edges[:, :2]).T
    ox, oy = (edges[:, :2] - line[:2]).T
    turn = dx * ey - dy * ex
    usable = turn != 0
    turn = np.where(usable, turn, 1.0)
    at, on_edge = (ox * ey - oy * ex) / turn, (ox * dy - oy * dx) / turn
    slack = NOISE_M / np.maximum(np.hypot(ex, ey), NOISE_M)
    found: list[float] = at[usable & (on_edge >= -slack) & (on_edge <= 1 + slack)].tolist()
    return found


def _square(box: Box) -> Floats:
    """The square around a box, as its lower left and upper right corner."""
    west, south, east, north = box
    x, y, half = (west + east) / 2, (south + north) / 2, max(east - west, north - south) / 2
    return np.array([[x - half, y - half, x + half, y + half]])


def _quarter(squares: Floats) -> Floats:
    west, south, east, north = squares.T
    x, y = (west + east) / 2, (south + north) / 2
    parts = ((west, south, x, y), (x, south, east, y), (west, y, x, north), (x, y, east, north))
    return np.concatenate([np.stack(part, axis=1) for part in parts])


def _halve(lines: Floats) -> Floats:
    middle = (lines[:, :2] + lines[:, 2:]) / 2
    return np.concatenate([np.hstack([lines[:, :2], middle]), np.hstack([middle, lines[:, 2:]])])
