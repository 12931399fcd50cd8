"""The edges of a layer in a tree of boxes, and shapes taken apart into segments: what ``plangeo.margins.nearestedge`` searches."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from plangeo.engine.borders import Borders
from plangeo.engine.pieces import hilbert_positions
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.margins.edgekernel import FAN

_LEAF = 12
"""Edges in a row that the index holds together: few enough to look at, many enough to keep the index small."""
_RUN = 8

_ALONG, _AGAINST = 1, 2

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Shapes = npt.NDArray[Any]


@dataclass(frozen=True)
class Outlines:
    """Shapes as straight segments (a point is one of length 0), in runs that have boxes.

    >>> outlines = Outlines.of(np.array([shapely.Point(1, 1), shapely.box(0, 0, 2, 2)]))
    >>> len(outlines), outlines.segments.shape, np.diff(outlines.runs).tolist()
    (2, (5, 4), [1, 1])
    """

    segments: Floats
    firsts: Ints
    """First segment of every run, and the end."""
    run_boxes: Floats
    runs: Ints
    """First run of every shape, and the end."""
    boxes: Floats

    @classmethod
    def of(cls, shapes: Shapes) -> Outlines:
        """Take the outlines of points, lines, polygons and multi-parts; an empty shape has none."""
        parts, owner = shapely.get_parts(shapes, return_index=True)
        parts, again = shapely.get_parts(parts, return_index=True)  # a collection may hold multi-parts
        owner = owner[again]
        areal = shapely.get_type_id(parts) == 3
        rings, of = shapely.get_rings(parts[areal], return_index=True)
        paths = np.concatenate([parts[~areal], rings])
        owner = np.concatenate([owner[~areal], owner[areal][of]])
        order = np.argsort(owner, kind="stable")
        xy, path = shapely.get_coordinates(paths[order], return_index=True)
        single = np.bincount(path, minlength=len(paths)) == 1
        starts = np.flatnonzero(np.append(path[1:] == path[:-1], False) | single[path])
        segments = np.hstack([xy[starts], xy[np.where(single[path[starts]], starts, starts + 1)]])
        return cls._grouped(segments, path[starts], owner[order], len(shapes))

    @classmethod
    def of_points(cls, xy: Floats) -> Outlines:
        """Take places."""
        every = np.arange(len(xy) + 1)
        boxes = np.hstack([xy, xy])
        return cls(boxes, every, boxes, every, boxes)

    @classmethod
    def _grouped(cls, segments: Floats, path: Ints, owner: Ints, count: int) -> Outlines:
        along = np.arange(len(path)) - np.searchsorted(path, path)
        first = np.flatnonzero(along % _RUN == 0)
        run_boxes = _joined_boxes(_boxes_of(segments), first)
        of = owner[path[first]] if len(first) else np.zeros(0, dtype=np.int64)
        runs = np.searchsorted(of, np.arange(count + 1))
        boxes = np.full((count, 4), np.nan)
        full = np.flatnonzero(np.diff(runs))
        boxes[full] = _joined_boxes(run_boxes, runs[full])
        return cls(segments, np.append(first, len(segments)), run_boxes, runs, boxes)

    def __len__(self) -> int:
        return len(self.boxes)


class EdgeIndex:
    """Straight edges with the zones on their sides, in a tree of boxes."""

    def __init__(self, ends: Floats, left: Ints, right: Ints, doubtful: Bools) -> None:
        turned = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
        link, fresh = _links(ends)
        start = np.flatnonzero(fresh)
        along = np.arange(len(ends)) - np.repeat(start, np.diff(start, append=len(ends)))
        first = np.flatnonzero(along % _LEAF == 0)
        count = np.diff(first, append=len(ends))
        leaf_boxes = _joined_boxes(_boxes_of(ends), first)
        order = np.argsort(hilbert_positions(leaf_boxes), kind="stable")
        self.firsts: Ints = np.concatenate([[0], np.cumsum(count[order])]).astype(np.int64)
        place = spread(first[order], count[order])[1]
        turned = turned[place]
        self.ends: Floats = ends[place]
        self.ends[turned] = self.ends[turned][:, [2, 3, 0, 1]]
        # A leaf is one line through all its edges, which runs against them where they were drawn so.
        against = np.append(link, 0)[first + 1] == _AGAINST
        self._turned: Bools = turned ^ np.repeat((against & (count > 1))[order], count[order])
        self.sides: Ints = np.stack([left[place], right[place]], axis=1).astype(np.int64)
        self.sides[turned] = self.sides[turned, ::-1]
        self.doubtful: Bools = doubtful[place]
        self.is_plain = not bool(doubtful.any())
        """True when the layer has no doubtful edge: then no zone lies over another one."""
        self.boxes, self.levels = _tree(leaf_boxes[order])

    @classmethod
    def of(cls, borders: Borders) -> EdgeIndex:
        """Make the index of borders."""
        return cls(borders.coordinates.reshape(-1, 4), borders.left, borders.right, borders.doubtful)

    def __len__(self) -> int:
        return len(self.ends)

    @cached_property
    def lines(self) -> Shapes:
        """The leaves as lines."""
        count = np.diff(self.firsts)
        number = np.repeat(np.arange(len(count)), count)
        places = np.empty((len(self) + len(count), 2))
        low, high = self.ends[:, :2], self.ends[:, 2:]
        places[np.arange(len(self)) + number + 1] = np.where(self._turned[:, None], low, high)
        starts = self.firsts[:-1]
        places[starts + np.arange(len(count))] = np.where(self._turned[starts, None], high[starts], low[starts])
        return np.asarray(shapely.linestrings(places, indices=np.repeat(np.arange(len(count)), count + 1)))

    @cached_property
    def tree(self) -> Any:
        """The index of shapely over the leaves."""
        return shapely.STRtree(self.lines)

    def members(self, leaf: Ints) -> tuple[Ints, Ints]:
        """Return (position in ``leaf``, edge) for the edges of these leaves."""
        return spread(self.firsts[leaf], self.firsts[leaf + 1] - self.firsts[leaf])


def in_threads(work: Callable[[Any], Any], groups: Iterable[Any], threads: int) -> Iterator[Any]:
    """Yield ``work`` of every group in their order, several at a time."""
    if threads <= 1:
        yield from map(work, groups)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, groups)


def _links(ends: Floats) -> tuple[npt.NDArray[np.int8], Bools]:
    """How each edge goes on from the one before (0: not at all), and where a new line has to begin."""
    link = np.zeros(len(ends), dtype=np.int8)
    places = np.ascontiguousarray(ends).view(np.complex128)
    link[1:][places[:-1, 0] == places[1:, 1]] = _AGAINST
    link[1:][places[:-1, 1] == places[1:, 0]] = _ALONG
    fresh = link == 0
    fresh[1:] |= (link[1:] != link[:-1]) & (link[:-1] != 0)
    return link, fresh


def spread(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Return (position, number) for ``count`` numbers from each ``first`` on.

    >>> [v.tolist() for v in spread(np.array([5, 9]), np.array([2, 1]))]
    [[0, 0, 1], [5, 6, 9]]
    """
    at = np.repeat(np.arange(len(first)), count)
    return at, first[at] + np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)


def near_pairs(tree: Any, shapes: Shapes, matters: Callable[[Ints], Bools]) -> tuple[Ints, Ints]:
    """Return (shape, entry of the tree) for entries that matter whose boxes meet that of a shape, shapes rising.

    What does not matter is left out before any geometry is looked at, and the shapes are prepared.
    """
    at, entry = tree.query(shapes)
    kept = matters(entry)
    at, entry = at[kept], entry[kept]
    order = np.argsort(at, kind="stable")
    shapely.prepare(shapes)
    return at[order], entry[order]


def _boxes_of(ends: Floats) -> Floats:
    return np.hstack([np.minimum(ends[:, :2], ends[:, 2:]), np.maximum(ends[:, :2], ends[:, 2:])])


def _joined_boxes(boxes: Floats, first: Ints) -> Floats:
    if not len(first):
        return np.empty((0, 4))
    return np.hstack([np.minimum.reduceat(boxes[:, :2], first), np.maximum.reduceat(boxes[:, 2:], first)])


def _tree(leaves: Floats) -> tuple[Floats, Ints]:
    """Boxes of the leaves, then of every FAN of them, and so on to a single one; and where each level starts, and the end."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        levels.append(_joined_boxes(levels[-1], np.arange(0, len(levels[-1]), FAN)))
    return np.concatenate(levels), np.concatenate([[0], np.cumsum([len(v) for v in levels])]).astype(np.int64)


_held: dict[int, EdgeIndex] = {}


def edges_of(layer: ZoneLayer) -> EdgeIndex:
    """Return the index over the borders of a layer; made once, for as long as the layer lives."""
    key = id(layer)
    if key not in _held:
        found = EdgeIndex.of(layer.borders)
        _ = found.tree, layer.tree  # made before threads share them
        _held[key] = found
        weakref.finalize(layer, _held.pop, key, None)
    return _held[key]
