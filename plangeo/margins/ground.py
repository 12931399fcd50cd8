"""Permitted ground: the union of the permitted zones, known by its border edges, without ever building the union.

An edge between a permitted zone and one that is not, or none, is border. That is all on a clean coverage. Where zones
overlap, repeat, or meet at a vertex only one of them has, some of these edges lie inside the ground; they are looked at when
they are the nearest of some site, and only then: each is cut where others meet it, and beside the middle of every part it is
asked whether a zone lies there. Gaps between zones up to ``NOISE_M`` wide are closed, gaps wider than twice that are gaps.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import shapely

from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry import polygonal
from plangeo.margins.edgeindex import Bools, EdgeIndex, Floats, Ints, Outlines, Shapes, edges_of, near_pairs
from plangeo.margins.edgekernel import GONE, NOISE_M
from plangeo.margins.gaps import point_gap2
from plangeo.margins.nearestedge import Choice, Status

_SURE = 1


class Near(NamedTuple):
    """The border nearest to some places."""

    distance: Floats
    edge: Floats
    """The border edge that is nearest, x, y, x, y."""


class Ground:
    """The union of some zones of a layer, as its border.

    Parameters: ``layer`` in a metric CRS; ``permitted``, one per row of the layer.

    >>> import geopandas as gpd
    >>> zones = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)], crs=9215)
    >>> ground = Ground(ZoneLayer.of(zones), np.array([True, True]))
    >>> ground.contains(np.array([[10.0, 5.0], [21.0, 5.0]])).tolist()
    [True, False]
    >>> ground.depth(shapely.points([[10.0, 4.0]])).tolist()
    [4.0]
    """

    def __init__(self, layer: ZoneLayer, permitted: Bools) -> None:
        self._layer, self._permitted = layer, permitted
        self._index = edges_of(layer)
        self._choice = Choice(self._index, permitted)
        self._status: Status | None = None if self._index.is_plain else np.zeros(len(self._index), dtype=np.uint8)
        self._extra: Choice | None = None
        """Parts of edges that are border, while the rest of the edge is not."""
        self._looking = Lock()

    @property
    def is_empty(self) -> bool:
        """True when no zone is permitted."""
        return not self._permitted[self._layer.pieces.rows].any()

    def contains(self, xy: Floats) -> Bools:
        """Say for every place whether it lies on permitted ground, its border included."""
        found = np.zeros(len(xy), dtype=bool)
        pieces = self._layer.pieces
        at, piece = self._layer.tree.query(shapely.points(xy))
        mine = self._permitted[pieces.rows[piece]]
        at, piece = at[mine], piece[mine]
        hit = shapely.intersects_xy(pieces.geometries[piece], xy[at, 0], xy[at, 1])
        found[at[hit]] = True
        return found

    def cut_out(self, shape: Any) -> Any:
        """Return the part of one shape off the ground, by a union of the zones there; exact and slow."""
        pieces = self._layer.pieces
        here = self._layer.tree.query(shape, predicate="intersects")
        here = here[self._permitted[pieces.rows[here]]]
        return polygonal(shapely.difference(shape, shapely.union_all(pieces.geometries[here])))

    def crossed(self, shapes: Shapes) -> tuple[Ints, Shapes]:
        """Return the border edges that meet each shape, as (number of the shape in rising order, line).

        They hold the whole border there, maybe more of it, and maybe edges that lie inside the ground.
        """
        at, edge = self._edges(*self._crossed_leaves(shapes))
        return at, _lines_of(self._index.ends[edge])

    def cutters(self, shapes: Shapes) -> tuple[Ints, Shapes]:
        """Return the same edges, in lines of several where all edges of a line of the index may be border."""
        at, leaf = self._crossed_leaves(shapes)
        whole = self._choice.matters_wholly(leaf)
        rest, edge = self._edges(at[~whole], leaf[~whole])
        lines = np.concatenate([self._index.lines[leaf[whole]], _lines_of(self._index.ends[edge])])
        at = np.concatenate([at[whole], rest])
        order = np.argsort(at, kind="stable")
        return at[order], lines[order]

    def _crossed_leaves(self, shapes: Shapes) -> tuple[Ints, Ints]:
        at, leaf = near_pairs(self._index.tree, shapes, self._choice.matters_in)
        hit = shapely.intersects(shapes[at], self._index.lines[leaf])
        return at[hit], leaf[hit]

    def _edges(self, at: Ints, leaf: Ints) -> tuple[Ints, Ints]:
        """The edges of leaves that may be border, by the rising number in ``at``."""
        order = np.argsort(at, kind="stable")
        pair, edge = self._index.members(leaf[order])
        mine = self._choice.matters(edge)
        return at[order][pair[mine]], edge[mine]

    def border(self, shapes: Shapes, radius: float) -> tuple[Ints, Floats]:
        """Return the true border near each shape, as (number of the shape in rising order, edge as x, y, x, y).

        All edges within ``radius`` metres, and some more.
        """
        at, edge = self._edges(*self._index.tree.query(shapes, predicate="dwithin", distance=radius))
        if self._status is None:
            return at, self._index.ends[edge]
        self._verify(edge)
        kept = self._status[edge] != GONE
        at, ends = at[kept], self._index.ends[edge[kept]]
        if self._extra is not None:
            extra = self._extra.index
            leaves = extra.tree.query(shapes, predicate="dwithin", distance=radius)
            pair, edge = extra.members(leaves[1])
            at, ends = np.concatenate([at, leaves[0][pair]]), np.concatenate([ends, extra.ends[edge]])
            order = np.argsort(at, kind="stable")
            at, ends = at[order], ends[order]
        return at, ends

    def outside(self, xy: Floats) -> Near:
        """Return the distance from places to the ground, and the nearest edge; for places off the ground only.

        Edges inside the ground do no harm here: the ground's own border is nearer.
        """
        found = self._choice.nearest(Outlines.of_points(xy))
        return Near(np.sqrt(found.gap2), self._index.ends[found.edge])

    def gap(self, shapes: Shapes) -> Floats:
        """Return the least distance from shapes that lie wholly off the ground to it; infinite when there is no ground."""
        return np.asarray(np.sqrt(self._choice.nearest(Outlines.of(shapes)).gap2))

    def depth(self, shapes: Shapes) -> Floats:
        """Return the distance from shapes on permitted ground to its border (m); infinite where there is none.

        Where the nearest edge turns out to lie inside the ground, it is dropped and the search goes on, further.
        """
        outlines = Outlines.of(shapes)
        if self._status is None:
            return np.asarray(np.sqrt(self._choice.nearest(outlines).gap2))
        found = np.full(len(shapes), np.inf)
        waiting, wide = np.arange(len(shapes)), False
        while len(waiting):
            near = self._choice.nearest(outlines, waiting, status=self._status)
            edge, gap2 = near.edge, near.gap2
            if self._extra is not None:
                least = self._extra.nearest(outlines, waiting).gap2
                edge, gap2 = np.where(least <= gap2, -1, edge), np.minimum(gap2, least)
            asked = edge[edge >= 0]
            if wide:
                far = (edge >= 0) & (self._status[edge] != _SURE)
                reach = np.maximum(2 * np.sqrt(gap2[far]), 1.0)
                leaves = self._index.tree.query(shapes[waiting[far]], predicate="dwithin", distance=reach)
                asked = np.union1d(asked, self._edges(*leaves)[1])
            self._verify(asked)
            done = (edge < 0) | (self._status[edge] == _SURE)
            found[waiting[done]] = np.sqrt(gap2[done])
            waiting, wide = waiting[~done], True
        return found

    def _verify(self, edge: Ints) -> None:
        """Look at edges: what is border is sure, what lies inside the ground is gone, and of others a part is kept."""
        with self._looking:
            self._look_at(np.unique(edge))

    def _look_at(self, asked: Ints) -> None:
        assert self._status is not None
        asked = asked[self._status[asked] == 0]
        if not len(asked):
            return
        owner, low, high = self._parts(asked)
        start, along, _ = _rays(self._index.ends[asked])
        normal = np.stack([along[:, 1], -along[:, 0]], axis=1)
        normal *= np.where(np.append(self._permitted, False)[self._index.sides[asked, 0]], 1.0, -1.0)[:, None]
        middle = start[owner] + along[owner] * ((low + high) / 2)[:, None] + normal[owner] * NOISE_M
        covered = self.contains(middle)
        inside = np.zeros(len(asked), dtype=bool)
        inside[owner[covered]] = True
        keep = ~covered & inside[owner]
        if keep.any():
            owner, low, high = owner[keep], low[keep], high[keep]
            self._add(np.hstack([start[owner] + along[owner] * low[:, None], start[owner] + along[owner] * high[:, None]]))
        # Last, so that no thread misses an edge of which a part is kept.
        self._status[asked] = np.where(inside, GONE, _SURE)

    def _add(self, ends: Floats) -> None:
        if self._extra is not None:
            ends = np.concatenate([self._extra.index.ends, ends])
        count = len(ends)
        index = EdgeIndex(ends, np.zeros(count, dtype=np.int64), np.full(count, -1), np.zeros(count, dtype=bool))
        self._extra = Choice(index, np.ones(1, dtype=bool))

    def _parts(self, asked: Ints) -> tuple[Ints, Floats, Floats]:
        """Cut edges where other edges meet them; return (position in ``asked``, from, to) in metres along the edge."""
        ends = self._index.ends[asked]
        start, along, length = _rays(ends)
        lines = _lines_of(ends)
        at, other = self._edges(*self._index.tree.query(lines, predicate="dwithin", distance=2 * NOISE_M))
        other_ends = self._index.ends[other] - np.tile(start[at], 2)
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


def _lines_of(ends: Floats) -> Shapes:
    return np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)))


def _rays(ends: Floats) -> tuple[Floats, Floats, Floats]:
    """Return start, unit direction and length of edges."""
    step = ends[:, 2:] - ends[:, :2]
    length = np.hypot(step[:, 0], step[:, 1])
    return ends[:, :2], step / length[:, None], length


def distance_to_edges(xy: Floats, ends: Floats) -> Floats:
    """Return the distance from each place to the edge in the same row, in the unit of the coordinates."""
    return np.asarray(np.sqrt(point_gap2(xy[:, 0], xy[:, 1], *ends.T)))
