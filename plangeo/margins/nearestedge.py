"""The edge nearest to a shape, among the edges that matter to a question.

One index serves all questions: each says anew which zones are permitted, and an edge is border when exactly one of its
sides is. Found with a compiled walk (``plangeo.margins.edgekernel``) where numba is installed and the work is worth it, else with
shapely and arrays; to the bit the same.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from plangeo.engine.trapezoids import is_available
from plangeo.margins.edgeindex import Bools, EdgeIndex, Floats, Ints, Outlines, Shapes, spread
from plangeo.margins.edgekernel import GONE, NOISE_M
from plangeo.margins.gaps import edge_gap2

WORTH_COMPILING = 2_000
"""Segments asked; with fewer, fetching the compiled code takes longer than doing without."""
_AT_ONCE = 1024
_PLENTY = 200
"""Shapes that are worth a thread."""
_NOTHING = -2

Status = npt.NDArray[np.uint8]


class Found(NamedTuple):
    """The best edge for every shape asked."""

    gap2: Floats
    """Squared metres; infinite where there is none."""
    edge: Ints
    """Number of the edge in the index, -1 where there is none."""
    segment: Ints
    """Number of the segment of the outlines."""
    zone: Ints
    """Row of the zone, where zones were asked for."""


class Choice:
    """The edges of an index that matter to a question.

    Parameters: ``permitted``, one per row of the layer. With ``ranks`` (one per row) the question is for the nearest permitted
    zone, by its edges: of zones equally far (to 1e-6 m) the one of the lowest rank. Without, it is for the nearest
    border: an edge with exactly one permitted side. Edges equally far go by their coordinates.
    """

    def __init__(self, index: EdgeIndex, permitted: Bools, ranks: Ints | None = None) -> None:
        self.index = index
        self._allowed: Bools = np.append(permitted, False)  # the last one answers for "no zone", -1
        self._by_zone = ranks is not None
        self._ranks: Ints = np.zeros(1, dtype=np.int64) if ranks is None else ranks

    @cached_property
    def wanted(self) -> Ints:
        """Numbers of the edges that matter, rising."""
        left, right = self._allowed[self.index.sides].T
        return np.flatnonzero(left | right if self._by_zone else left != right)

    @cached_property
    def _tree(self) -> Any:
        return shapely.STRtree(np.asarray(shapely.linestrings(self.index.ends[self.wanted].reshape(-1, 2, 2))))

    @cached_property
    def _marks(self) -> Bools:
        from plangeo.margins.edgekernel import mark

        index, marks = self.index, np.zeros(len(self.index.boxes), dtype=bool)
        mark((index.firsts, index.boxes, index.levels), index.sides, self._allowed, self._by_zone, marks)
        return marks

    def matters(self, edge: Ints) -> Bools:
        """Say which of these edges matter."""
        left, right = self._allowed[self.index.sides[edge]].T
        return np.asarray(left | right if self._by_zone else left != right)

    def matters_in(self, leaf: Ints) -> Bools:
        """Say which of these leaves hold an edge that matters."""
        return np.asarray(self._leaves[leaf])

    def matters_wholly(self, leaf: Ints) -> Bools:
        """Say of which of these leaves all edges matter."""
        return np.asarray(self._whole_leaves[leaf])

    @cached_property
    def _leaves(self) -> Bools:
        return self._by_leaf(np.logical_or)

    @cached_property
    def _whole_leaves(self) -> Bools:
        return self._by_leaf(np.logical_and)

    def _by_leaf(self, said: np.ufunc) -> Bools:
        left, right = self._allowed[self.index.sides].T
        mine = left | right if self._by_zone else left != right
        return np.asarray(said.reduceat(mine, self.index.firsts[:-1])) if len(mine) else np.zeros(0, dtype=bool)

    def nearest(
        self, outlines: Outlines, asked: Ints | None = None, *, status: Status | None = None, taken: Ints | None = None
    ) -> Found:
        """Return the nearest edge for every shape asked.

        Parameters: ``asked``, numbers of the shapes, all by default; ``status``, one per edge, GONE where it is no border;
        ``taken``, per shape the rows of zones that do not count for it (-1 for none).
        """
        asked = np.arange(len(outlines)) if asked is None else asked
        gone = np.zeros(0, dtype=np.uint8) if status is None else status
        used = np.full((len(outlines), 1), _NOTHING) if taken is None or not taken.shape[1] else np.ascontiguousarray(taken)
        edge, segment, zone = (np.full(len(asked), -1, dtype=np.int64) for _ in range(3))
        out = Found(np.full(len(asked), np.inf), edge, segment, zone)
        if not len(self.index) or not len(asked):
            return out
        if is_available() and (len(outlines.segments) >= WORTH_COMPILING or _is_loaded()):
            self._walk(outlines, asked, gone, used, out)
        elif len(self.wanted):
            for low in range(0, len(asked), _AT_ONCE):
                part = slice(low, low + _AT_ONCE)
                self._ask(outlines, asked[part], gone, used, Found._make(v[part] for v in out))
        return out

    def _walk(self, outlines: Outlines, asked: Ints, gone: Status, taken: Ints, out: Found) -> None:
        from plangeo.margins.edgekernel import search

        o, index = outlines, self.index
        shapes = (o.segments, o.firsts, o.run_boxes, o.runs, o.boxes)
        tree, edges = (index.firsts, index.boxes, index.levels, self._marks), (index.ends, index.sides, gone)

        def work(low: int, high: int) -> None:
            parts = tuple(v[low:high] for v in out)
            search(asked[low:high], shapes, tree, edges, self._allowed, self._ranks, taken, self._by_zone, parts)

        workers = min(os.cpu_count() or 1, 1 + len(asked) // _PLENTY)
        limits = np.linspace(0, len(asked), 1 if workers == 1 else 4 * workers + 1).astype(int).tolist()
        if workers == 1:
            work(0, len(asked))
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(work, limits[:-1], limits[1:]))

    def _ask(self, outlines: Outlines, asked: Ints, gone: Status, taken: Ints, out: Found) -> None:
        """The same with shapely: how far it is roughly, then all edges that near by the common formula."""
        waiting = np.flatnonzero(np.diff(outlines.runs)[asked])
        lines = _lines(outlines, asked[waiting])
        _, rough = self._tree.query_nearest(lines, return_distance=True, all_matches=False)
        reach = rough * (1 + 1e-9) + 4 * NOISE_M
        x, y = np.ptp(np.concatenate([self.index.boxes[-1:], outlines.boxes[asked[waiting]]]).reshape(-1, 2), axis=0)
        while len(waiting):
            at, edge = self._tree.query(lines, predicate="dwithin", distance=reach)
            edge = self.wanted[edge]
            zone = self._zones(edge, asked[waiting][at], gone, taken)
            at, edge, zone = (v[zone != _NOTHING] for v in (at, edge, zone))
            shape = asked[waiting][at]
            pair, run = spread(outlines.runs[shape], np.diff(outlines.runs)[shape])
            again, segment = spread(outlines.firsts[run], np.diff(outlines.firsts)[run])
            at, edge, zone = at[pair][again], edge[pair][again], zone[pair][again]
            gap2 = np.asarray(edge_gap2(*outlines.segments[segment].T, *self.index.ends[edge].T))
            done = self._best(waiting, (at, gap2, edge, segment, zone), reach, out)
            left = ~done & (reach <= 2 * (x + y))
            waiting, lines, reach = waiting[left], lines[left], np.maximum(2 * reach[left], 1.0)

    def _zones(self, edge: Ints, shape: Ints, gone: Status, taken: Ints) -> Ints:
        """The zone that each edge stands for (-1 for a border), -2 for edges that do not count for the shape."""
        if not self._by_zone:
            return np.where(gone[edge] != GONE, -1, _NOTHING) if len(gone) else np.full(len(edge), -1)
        sides = self.index.sides[edge]
        free = self._allowed[sides] & ~(taken[shape][:, None, :] == sides[:, :, None]).any(axis=2)
        rank = np.where(free, self._ranks[sides], np.iinfo(np.int64).max)
        return np.where(free.any(axis=1), sides[np.arange(len(edge)), rank.argmin(axis=1)], _NOTHING)

    def _best(self, waiting: Ints, pairs: tuple[Any, ...], reach: Floats, out: Found) -> Bools:
        """Write the best of the pairs to ``out`` where it is within the reach, and say where."""
        at, gap2, edge, segment, zone = pairs
        step = np.rint(np.sqrt(gap2) / NOISE_M) if self._by_zone else gap2
        least = np.full(len(waiting), np.inf)
        np.minimum.at(least, at, step)
        close = np.flatnonzero(step == least[at])
        at, gap2, edge, segment, zone = (v[close] for v in (at, gap2, edge, segment, zone))
        rank = self._ranks[zone] if self._by_zone else zone
        order = np.lexsort((segment, edge, *self.index.ends[edge].T[::-1], gap2, rank, at))
        order = order[np.diff(at[order], prepend=-1) != 0]
        order = order[np.sqrt(gap2[order]) + 2 * NOISE_M <= reach[at[order]]]
        rows = waiting[at[order]]
        for column, values in zip(out, (gap2, edge, segment, zone), strict=True):
            column[rows] = values[order]
        done = np.zeros(len(waiting), dtype=bool)
        done[at[order]] = True
        return done


def _is_loaded() -> bool:
    kernel = sys.modules.get("plangeo.margins.edgekernel")
    return bool(getattr(getattr(kernel, "search", None), "signatures", ()))


def _lines(outlines: Outlines, asked: Ints) -> Shapes:
    """The outlines as (multi)lines, places as points: a line of length 0 is none to every library."""
    pair, run = spread(outlines.runs[asked], np.diff(outlines.runs)[asked])
    again, segment = spread(outlines.firsts[run], np.diff(outlines.firsts)[run])
    shape, ends = pair[again], outlines.segments[segment]
    spot = (ends[:, :2] == ends[:, 2:]).all(axis=1)
    parts = np.empty(len(ends), dtype=object)
    parts[~spot] = shapely.linestrings(ends[~spot].reshape(-1, 2, 2))
    parts[spot] = shapely.points(ends[spot, :2])
    spotted = np.zeros(len(asked), dtype=bool)
    spotted[shape[spot]] = True
    shapes = np.empty(len(asked), dtype=object)
    for mine, collect in ((~spotted, shapely.multilinestrings), (spotted, shapely.geometrycollections)):
        kept = mine[shape]
        number = np.cumsum(mine) - 1
        shapes[mine] = collect(parts[kept], indices=number[shape[kept]]) if mine.any() else []
    return shapes
