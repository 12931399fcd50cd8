"""How much of a site is off the permitted ground when the border of the ground is displaced, and when that is too much."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from plangeo.margins.edgeindex import Bools, Floats, Ints
from plangeo.margins.ground import Ground

_FIRST_STEP_M = 0.5
_ROUNDING = 1e-9
"""Part of a site's size by which a sum of its parts may miss it."""
_FEWEST_ARCS, _MOST_ARCS = 4, 256
_REACH = 1.02
"""Just more than 1 / cos(π / 16): a buffer of the fewest chords, so much wider, holds the true one."""

Shapes = npt.NDArray[Any]


class Displacement:
    """Some lines or polygons, their parts off the ground, and how much may be off it.

    Parameters: ``shapes`` and ``rest`` (their parts off the ground, collected) in the CRS of the ground; ``limit``, the
    area in m² (length in m of lines) that may be off; ``radius_m``, the greatest displacement looked at; ``tolerance_m``.
    """

    def __init__(self, shapes: Shapes, rest: Shapes, ground: Ground, limit: Floats, radius_m: float, tolerance_m: float) -> None:
        self._limit, self._radius, self._tolerance = limit, radius_m, tolerance_m
        self._areal = shapely.get_dimensions(shapes) == 2
        rest = np.asarray(shapely.union_all(rest[:, None], axis=1))
        self._off = self._size(rest, np.arange(len(shapes)))
        self._noise = _ROUNDING * self._size(shapes, np.arange(len(shapes)))
        self.tolerated: Bools = self._off <= limit + self._noise
        """Whether what is off the ground now is within the limit."""
        # Ground that shrinks uncovers the part inside, ground that grows covers the part outside.
        self._body = np.where(self.tolerated, shapely.difference(shapes, rest), rest)
        self._at, ends = ground.border(shapes, _REACH * radius_m)
        self._edge = np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)))
        self._gap = shapely.distance(self._body[self._at], self._edge)

    def flip(self, at_least: Floats) -> tuple[Floats, Bools]:
        """Return the least displacement at which the part off the ground passes the limit, and whether it is beyond the radius.

        ``at_least``: displacements known to change nothing yet. Steps that double until the limit is passed, then
        false position and bisection in turn, all shapes at once.
        """
        count, turn = len(at_least), 0
        low, high = np.minimum(at_least, self._radius), np.full(count, np.inf)
        left, right = self._off - self._limit, np.zeros(count)  # how far beyond the limit at low and at high
        while True:
            doubling = np.isinf(high) & (low < self._radius)
            halving = np.isfinite(high) & (high - low > self._tolerance)
            wait = np.flatnonzero(doubling | halving)
            if not len(wait):
                found = (low + np.where(np.isinf(high), low, high)) / 2
                beyond = np.isinf(high) | (found > self._radius)
                return np.where(beyond, self._radius, found), beyond
            step = np.minimum(np.maximum(2 * low, _FIRST_STEP_M), _REACH * self._radius)[wait]
            top = np.where(doubling, low, high)[wait]
            tried = np.where(doubling[wait], step, self._between(low[wait], top, left[wait], right[wait], turn))
            room = np.where(doubling[wait], tried - low[wait], np.minimum(tried - low[wait], top - tried))
            arcs = _arcs(tried, np.maximum(room, self._tolerance / 4))
            beyond_limit = self._beyond_limit(wait, tried, arcs)
            passed = (beyond_limit > self._noise[wait]) == self.tolerated[wait]
            high[wait[passed]], right[wait[passed]] = tried[passed], beyond_limit[passed]
            # A buffer of chords lies inside the true one, which it holds when that is narrower by this factor.
            # With the most chords the difference is 0.5 mm per 100 m, and is let go, so that the search ends.
            sure = np.where(arcs == _MOST_ARCS, tried, tried * np.cos(np.pi / 4 / arcs))
            missed = wait[~passed]
            low[missed], left[missed] = np.maximum(low[missed], sure[~passed]), beyond_limit[~passed]
            turn += 1

    def _between(self, low: Floats, high: Floats, left: Floats, right: Floats, turn: int) -> Floats:
        """A displacement between two: where a straight line passes the limit, a bit to this and to that side, or the middle."""
        middle = (low + high) / 2
        if turn % 3 == 2:
            return middle
        drop = left - right
        guess = low + (high - low) * np.clip(left / np.where(drop == 0, 1.0, drop), 0.0, 1.0)
        nudge = 0.4 * self._tolerance * (1 if turn % 3 else -1)
        margin = np.minimum(0.4 * self._tolerance, (high - low) / 2)
        return np.clip(np.where(drop == 0, middle, guess + nudge), low + margin, high - margin)

    def _beyond_limit(self, numbers: Ints, by_m: Floats, arcs: Ints) -> Floats:
        """How much more than the limit is off the ground when its border moves by ``by_m``."""
        found = np.empty(len(numbers))
        for count in np.unique(arcs).tolist():
            mine = arcs == count
            moved = self._size(self._moved(numbers[mine], by_m[mine], count), numbers[mine])
            off = self._off[numbers[mine]]
            found[mine] = np.where(self.tolerated[numbers[mine]], off + moved, off - moved) - self._limit[numbers[mine]]
        return found

    def _moved(self, numbers: Ints, by_m: Floats, arcs: int) -> Shapes:
        reach = np.full(len(self._limit), -1.0)
        reach[numbers] = by_m
        near = self._gap <= reach[self._at]
        strip = np.full(len(self._limit), shapely.Polygon(), dtype=object)
        if near.any():  # single edges: GEOS simplifies longer lines before it buffers them
            shapely.multilinestrings(self._edge[near], indices=self._at[near], out=strip)
        strip = shapely.buffer(strip[numbers], by_m, quad_segs=arcs)
        return np.asarray(shapely.intersection(self._body[numbers], strip))

    def _size(self, shapes: Shapes, numbers: Ints) -> Floats:
        return np.where(self._areal[numbers], shapely.area(shapes), shapely.length(shapes))


def _arcs(radius: Floats, error: Floats) -> Ints:
    """Chords per quarter circle, a power of two, that stay within an eighth of ``error`` of the circle."""
    needed = np.pi / 4 / np.sqrt(np.minimum(error / 4 / radius, 1.0))
    return np.asarray(np.clip(2 ** np.ceil(np.log2(needed)), _FEWEST_ARCS, _MOST_ARCS).astype(np.int64))
