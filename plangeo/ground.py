"""Permitted ground: the union of the permitted zones, known by its border edges, without ever building the union.

An edge that two permitted zones share, one on each side, has ground on both sides and is no border. What is
left is the border on a clean coverage. Where zones overlap, repeat, or meet at a vertex only one of them has,
some of what is left lies inside the ground; such edges are looked at when they are the nearest of some site,
and only then: each is cut where others meet it, and beside the middle of every piece it is asked whether a zone
lies there. Gaps between zones up to ``NOISE_M`` wide are closed, gaps wider than twice that are gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from plangeo.geometry import polygonal

NOISE_M = 1e-6
"""Metres: what is nearer than this is one place; a gap between zones narrower than this is rounding noise."""

_RUN = 12
"""Edges in a row that the index holds as one line: few enough to look at, many enough to keep the index small."""
_BATCH = 4096
_SLANT = np.array([1.0, 0.7548776662466927])

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ZoneEdges:
    """All edges of all zones, in the order of the rings, and the zones' polygons."""

    ends: Floats
    """x, y of the start and x, y of the end, one row per edge."""
    zone: Ints
    left: Bools
    """True where the zone lies left of the edge."""
    twin: Ints
    """The same number for edges between the same two places."""
    forward: Bools
    """Of two edges with one twin number: equal when their zones lie on the same side."""
    parts: npt.NDArray[Any]
    part_zone: Ints


def zone_edges(shapes: npt.NDArray[Any]) -> ZoneEdges:
    """Take zones apart into edges.

    Parameters: ``shapes``, valid (multi)polygons in one metric CRS; null, empty and other shapes have no ground.

    >>> edges = zone_edges(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    >>> len(edges.ends), len(set(edges.twin.tolist()))
    (8, 7)
    """
    parts, part_zone = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
    areal = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    parts, part_zone = parts[areal], part_zone[areal].astype(np.int64)
    shapely.prepare(parts)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    shell = np.diff(ring_part, prepend=-1) != 0
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    follows = (ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    ends, ring = np.hstack([xy[:-1], xy[1:]])[follows], ring[:-1][follows]
    left = (_turns_left(ends, ring, len(rings)) == shell)[ring] if len(ring) else np.zeros(0, dtype=bool)
    twin, upward = _twins(ends)
    return ZoneEdges(ends, part_zone[ring_part[ring]], left, twin, upward == left, parts, part_zone)


def _turns_left(ends: Floats, ring: Ints, rings: int) -> Bools:
    first = np.searchsorted(ring, np.arange(rings))
    near = ends - np.tile(ends[first, :2], 2)[ring] if len(ends) else ends
    cross = near[:, 0] * near[:, 3] - near[:, 2] * near[:, 1]
    return np.bincount(ring, weights=cross, minlength=rings) > 0


def _twins(ends: Floats) -> tuple[Ints, Bools]:
    """Number edges by their two places on a grid of NOISE_M; a number is shared by equal places only."""
    grid = np.rint(ends / NOISE_M).astype(np.int64)
    upward = (grid[:, 0] < grid[:, 2]) | ((grid[:, 0] == grid[:, 2]) & (grid[:, 1] < grid[:, 3]))
    grid = np.where(upward[:, None], grid, grid[:, [2, 3, 0, 1]])
    key = np.zeros(len(grid), dtype=np.uint64)
    for column in grid.T:
        key = (key ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    order = np.argsort(key, kind="stable")
    placed = grid[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (placed[1:] != placed[:-1]).any(axis=1)
    twin = np.empty(len(order), dtype=np.int64)
    twin[order] = np.cumsum(fresh) - 1
    return twin, upward


class Near(NamedTuple):
    """The border nearest to some shapes."""

    distance: Floats
    edge: Floats
    """The border edge that is nearest, x, y, x, y."""


class Ground:
    """The union of some zones of a layer, as its border.

    >>> zones = zone_edges(np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]))
    >>> ground = Ground(zones, np.array([True, True]))
    >>> ground.contains(np.array([[10.0, 5.0], [21.0, 5.0]])).tolist()
    [True, False]
    >>> ground.depth(shapely.points([[10.0, 4.0]])).tolist()
    [4.0]
    """

    def __init__(self, edges: ZoneEdges, permitted: Bools) -> None:
        kept = permitted[edges.part_zone]
        self._parts = edges.parts[kept]
        self._part_tree = shapely.STRtree(self._parts)
        mine = permitted[edges.zone]
        sides = np.zeros((2, int(edges.twin.max(initial=-1)) + 1), dtype=bool)
        for side in (0, 1):
            sides[side, edges.twin[mine & (edges.forward == bool(side))]] = True
        candidate = mine & ~(sides[0] & sides[1])[edges.twin]
        self._ends = edges.ends[candidate]
        self._left = edges.left[candidate]
        self._sure = np.zeros(len(self._ends), dtype=bool)
        self._index()

    @property
    def is_empty(self) -> bool:
        """True when no zone is permitted."""
        return not len(self._ends)

    def _index(self) -> None:
        """Hold the edges as lines of up to _RUN edges that follow one another."""
        ends = self._ends
        self._starts: tuple[Floats, Ints] | None = None
        broken = np.ones(len(ends), dtype=bool)
        broken[1:] = (ends[1:, :2] != ends[:-1, 2:]).any(axis=1)
        start = np.flatnonzero(broken)
        along = np.arange(len(ends)) - np.repeat(start, np.diff(start, append=len(ends)))
        self._first = np.append(np.flatnonzero(along % _RUN == 0), len(ends))
        count = np.diff(self._first)
        line = np.repeat(np.arange(len(count)), count)
        vertices = np.empty((len(ends) + len(count), 2))
        vertices[np.arange(len(ends)) + line] = ends[:, :2]
        last = self._first[1:] - 1
        vertices[last + np.arange(len(count)) + 1] = ends[last, 2:]
        self._lines = np.asarray(shapely.linestrings(vertices, indices=np.repeat(np.arange(len(count)), count + 1)))
        self._tree = shapely.STRtree(self._lines)

    def contains(self, xy: Floats) -> Bools:
        """Say for every place whether it lies on permitted ground, its border included."""
        found = np.zeros(len(xy), dtype=bool)
        at, part = self._part_tree.query(shapely.points(xy))
        hit = shapely.intersects_xy(self._parts[part], xy[at, 0], xy[at, 1])
        found[at[hit]] = True
        return found

    def cut_out(self, shape: Any) -> Any:
        """Return the part of one shape off the ground, by a union of the zones there; exact and slow."""
        here = self._parts[self._part_tree.query(shape, predicate="intersects")]
        return polygonal(shapely.difference(shape, shapely.union_all(here)))

    def crossed(self, shapes: npt.NDArray[Any]) -> tuple[Ints, npt.NDArray[Any]]:
        """Return the border lines that meet each shape, as (number of the shape, line).

        The lines hold the whole border there, and maybe edges that lie inside the ground.
        """
        at, line = self._tree.query(shapes, predicate="intersects")
        return at, self._lines[line]

    def border(self, shapes: npt.NDArray[Any], radius: float) -> tuple[Ints, Floats]:
        """Return the true border near each shape, as (number of the shape in rising order, edge as x, y, x, y).

        All edges within ``radius`` metres, and some more.
        """
        _, line = self._tree.query(shapes, predicate="dwithin", distance=radius)
        self._verify_lines(line)
        at, line = self._tree.query(shapes, predicate="dwithin", distance=radius)
        order = np.argsort(at, kind="stable")
        pair, edge = self._members(line[order])
        return at[order][pair], self._ends[edge]

    def _verify_lines(self, line: Ints) -> None:
        edge = self._members(np.unique(line))[1]
        self._verify(edge[~self._sure[edge]])

    def outside(self, xy: Floats) -> Near:
        """Return the distance from places to the ground, and the nearest edge; for places off the ground only.

        Edges inside the ground do no harm here: the ground's own border is nearer.
        """
        chosen, here = self._starting_at(xy)
        best = np.zeros(len(xy))
        away = np.flatnonzero(~here)
        at, line = self._tree.query_nearest(shapely.points(xy[away]), all_matches=False)
        at, edge = away[at[(pair := self._members(line))[0]]], pair[1]
        gap = distance_to_edges(xy[at], self._ends[edge])
        best[away] = np.inf
        np.minimum.at(best, at, gap)
        hit = gap == best[at]
        chosen[at[hit][::-1]] = edge[hit][::-1]
        return Near(best, self._ends[chosen])

    def _starting_at(self, xy: Floats) -> tuple[Ints, Bools]:
        """Return an edge that starts at each place, and whether there is one: cheaper than asking the index."""
        if self._starts is None:
            key = self._ends[:, :2] @ _SLANT
            order = np.argsort(key, kind="stable")
            self._starts = key[order], order
        key, order = self._starts
        edge = order[np.minimum(np.searchsorted(key, xy @ _SLANT), len(key) - 1)]
        return edge, (self._ends[edge, :2] == xy).all(axis=1)

    def gap(self, shapes: npt.NDArray[Any]) -> Floats:
        """Return the least distance from shapes that lie wholly off the ground to it; infinite when there is no ground."""
        gap = np.full(len(shapes), np.inf)
        (at, _), found = self._tree.query_nearest(shapes, return_distance=True, all_matches=False)
        gap[at] = found
        return gap

    def depth(self, shapes: npt.NDArray[Any]) -> Floats:
        """Return the distance from shapes on permitted ground to its border (m); infinite where there is none."""
        found = np.full(len(shapes), np.inf)
        for low in range(0, len(shapes), _BATCH):
            self._settle(shapes, np.arange(low, min(low + _BATCH, len(shapes))), found)
        return found

    def _settle(self, shapes: npt.NDArray[Any], waiting: Ints, found: Floats) -> None:
        """Find the nearest edge; where it turns out to lie inside the ground, drop it and look again, further."""
        wide = False
        while len(waiting) and len(self._ends):
            (at, line), gap = self._tree.query_nearest(shapes[waiting], return_distance=True, all_matches=False)
            waiting = waiting[at]
            touch = shapely.get_coordinates(shapely.shortest_line(shapes[waiting], self._lines[line])).reshape(-1, 4)[:, 2:]
            pair, edge = self._members(line)
            close = distance_to_edges(touch[pair], self._ends[edge]) <= NOISE_M
            pair, edge = pair[close], edge[close]
            asked = edge if not wide else self._within(shapes[waiting], np.maximum(2 * gap, 1.0), edge)
            true = self._true_after_check(asked, edge)
            done = np.zeros(len(waiting), dtype=bool)
            done[pair[true]] = True
            found[waiting[done]] = gap[done]
            waiting = waiting[~done]
            wide = True

    def _within(self, shapes: npt.NDArray[Any], reach: Floats, edge: Ints) -> Ints:
        _, line = self._tree.query(shapes, predicate="dwithin", distance=reach)
        return np.union1d(self._members(np.unique(line))[1], edge)

    def _true_after_check(self, asked: Ints, edge: Ints) -> Bools:
        """Verify ``asked``; say which of ``edge`` are border in their whole length."""
        asked = np.unique(asked)
        whole = self._verify(asked[~self._sure[asked]])
        return whole[edge]

    def _members(self, line: Ints) -> tuple[Ints, Ints]:
        """Return (position in ``line``, edge) for the edges of these lines."""
        first, count = self._first[line], self._first[line + 1] - self._first[line]
        at = np.repeat(np.arange(len(line)), count)
        step = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
        return at, first[at] + step

    def _verify(self, asked: Ints) -> Bools:
        """Keep of these edges what is border; return for every edge held before whether all of it is."""
        if not len(asked):
            return self._sure.copy()
        owner, low, high = self._pieces(asked)
        ends, left = self._ends[asked], self._left[asked]
        start, along, _ = _rays(ends)
        normal = np.stack([along[:, 1], -along[:, 0]], axis=1) * np.where(left, 1.0, -1.0)[:, None]
        middle = start[owner] + along[owner] * ((low + high) / 2)[:, None] + normal[owner] * NOISE_M
        covered = self.contains(middle)
        inside = np.zeros(len(asked), dtype=bool)
        inside[owner[covered]] = True
        self._sure[asked[~inside]] = True
        whole = self._sure.copy()
        if inside.any():
            keep = ~covered & inside[owner]
            owner, low, high = owner[keep], low[keep], high[keep]
            cut = np.hstack([start[owner] + along[owner] * low[:, None], start[owner] + along[owner] * high[:, None]])
            self._replace(asked[inside], asked[owner], cut)
        return whole

    def _replace(self, gone: Ints, origin: Ints, cut: Floats) -> None:
        kept = np.delete(np.arange(len(self._ends)), gone)
        order = np.argsort(np.concatenate([kept, origin]), kind="stable")
        self._ends = np.concatenate([self._ends[kept], cut])[order]
        self._left = np.concatenate([self._left[kept], self._left[origin]])[order]
        self._sure = np.concatenate([self._sure[kept], np.ones(len(origin), dtype=bool)])[order]
        self._index()

    def _pieces(self, asked: Ints) -> tuple[Ints, Floats, Floats]:
        """Cut edges where other edges meet them; return (position in ``asked``, from, to) in metres along the edge."""
        ends = self._ends[asked]
        start, along, length = _rays(ends)
        at, line = self._tree.query(shapely.linestrings(ends.reshape(-1, 2, 2)), predicate="dwithin", distance=2 * NOISE_M)
        pair, other = self._members(line)
        at = at[pair]
        other_ends = self._ends[other] - np.tile(start[at], 2)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)[at]
        t = np.stack([(other_ends[:, i : i + 2] * along[at]).sum(axis=1) for i in (0, 2)])
        off = np.stack([(other_ends[:, i : i + 2] * across).sum(axis=1) for i in (0, 2)])
        crosses = (off[0] * off[1]) < 0
        spread = np.where(crosses, off[0] - off[1], 1.0)
        cuts = [t[0] + (t[1] - t[0]) * off[0] / spread, t[0], t[1]]
        valid = [crosses, np.abs(off[0]) <= 2 * NOISE_M, np.abs(off[1]) <= 2 * NOISE_M]
        number = np.arange(len(asked))
        mark_edge = np.concatenate([number, number, *(at[v] for v in valid)])
        mark = np.concatenate([np.zeros(len(asked)), length, *(c[v] for c, v in zip(cuts, valid, strict=True))])
        fits = (mark >= 0) & (mark <= length[mark_edge])
        mark_edge, mark = mark_edge[fits], mark[fits]
        order = np.lexsort((mark, mark_edge))
        mark_edge, mark = mark_edge[order], mark[order]
        piece = (mark_edge[1:] == mark_edge[:-1]) & (mark[1:] - mark[:-1] > NOISE_M)
        return mark_edge[:-1][piece], mark[:-1][piece], mark[1:][piece]


def _rays(ends: Floats) -> tuple[Floats, Floats, Floats]:
    """Return start, unit direction and length of edges."""
    step = ends[:, 2:] - ends[:, :2]
    length = np.hypot(step[:, 0], step[:, 1])
    return ends[:, :2], step / length[:, None], length


def distance_to_edges(xy: Floats, ends: Floats) -> Floats:
    """Return the distance from each place to the edge in the same row, in the unit of the coordinates."""
    step, rel = ends[:, 2:] - ends[:, :2], xy - ends[:, :2]
    square = (step * step).sum(axis=1)
    t = np.clip((rel * step).sum(axis=1) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    gap = rel - step * t[:, None]
    return np.asarray(np.hypot(gap[:, 0], gap[:, 1]))
