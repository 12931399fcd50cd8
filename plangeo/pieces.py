"""Cutting big polygons into small pieces, and finding the edges that no neighbour shares.

A zone of a million vertices is scanned anew for every site that meets it; its pieces are not. The cutting is
invisible: pieces of one polygon lie on either side of straight cuts, share them, and together are the polygon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.errors import LayerError
from plangeo.geometry import polygonal

# A zone piece of this many vertices costs about as much to intersect as to find.
MAX_VERTICES = 256
# Cuts pass a little beside the middle, so that they do not run along the round coordinates people draw on.
_CUT_AT = 0.4987654321
# Smaller limits cannot be kept: a cut adds corners.
MIN_LIMIT = 16
# A millionth of a millionth of the extent: what is still big then has all its edges in one spot, and stays big.
_MOST_HALVINGS = 40
# Areas on both sides of a cut must add up to this share of the area cut.
_AREA_KEPT = 1e-12
_HILBERT_LEVEL = 16
# Edges that are paired at a time: about 10 MB.
_STRIP_EDGES = 200_000


@dataclass(frozen=True)
class Pieces:
    """Parts of polygons, sorted along a Hilbert curve, so that neighbours in space are neighbours in the arrays."""

    geometries: NDArray[Any]
    rows: NDArray[np.intp]
    """Row of the source that each piece was cut from."""
    numbers: NDArray[np.intp]
    """Running number of each piece within its source; sums are taken in this order, whatever else was read."""

    def __len__(self) -> int:
        return len(self.geometries)

    def take(self, chosen: NDArray[Any]) -> Pieces:
        """Return the chosen pieces (index or mask); rows and numbers stay those of the source."""
        return Pieces(self.geometries[chosen], self.rows[chosen], self.numbers[chosen])


@dataclass(frozen=True)
class Edges:
    """Straight edges with the row of the polygon each belongs to."""

    coordinates: NDArray[np.float64]
    """Shape (n, 2, 2): start and end, the polygon on the left."""
    rows: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.coordinates)


def cut(geometries: Any, max_vertices: int = MAX_VERTICES) -> Pieces:
    """Cut polygons into pieces of at most ``max_vertices`` vertices.

    Parameters: ``geometries`` valid (multi)polygons in any CRS, after the validity gate
    (``geometry.repair_layer``); None and empty ones give no piece.
    Returns: the pieces; every piece is a valid polygon, no two pieces of one source overlap, together they
    are the source up to the rounding of the points where a cut crosses an edge. A polygon that cannot be cut
    cleanly stays whole.
    **Raises** LayerError when a geometry is no polygon, ValueError when ``max_vertices`` is below 16.

    >>> pieces = cut([shapely.Point(0, 0).buffer(10, quad_segs=64), shapely.box(0, 0, 1, 1)], max_vertices=100)
    >>> sorted(pieces.rows.tolist())
    [0, 0, 0, 0, 1]
    """
    if max_vertices < MIN_LIMIT:
        raise ValueError(
            f"max_vertices={max_vertices} is too small: every cut adds corners, so pieces need at least {MIN_LIMIT}."
        )
    shapes = np.asarray(geometries, dtype=object)
    present = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    if (np.asarray(shapely.get_dimensions(shapes[present])) != 2).any():
        raise LayerError("Only polygons can be cut into pieces. Lines and points are measured as they are.")
    parts, at = shapely.get_parts(shapes[present], return_index=True)
    big = np.flatnonzero(shapely.get_num_coordinates(parts) > max_vertices)
    small = np.ones(len(parts), dtype=bool)
    small[big] = False
    leaves, origins = [parts[small]], [np.flatnonzero(small)]
    for number in big.tolist():
        found = _halved(parts[number], max_vertices)
        leaves.append(found)
        origins.append(np.full(len(found), number))
    origin = np.concatenate(origins)
    order = np.argsort(origin, kind="stable")  # back to the order of the parts, pieces of a part in cutting order
    cuttings, rows = np.concatenate(leaves)[order], present[at[origin[order]]]
    return _sorted_along_curve(Pieces(cuttings, rows, _running_numbers(rows)))


def _halved(polygon: Any, max_vertices: int) -> NDArray[Any]:
    """Halve a polygon across its longer side until every part is small; exactly where the fast clip is unclean."""
    for clip in (_clip_fast, _clip_exactly):
        found = _halved_by(clip, polygon, max_vertices)
        if found is not None:
            return found
    return np.array([polygon], dtype=object)


def _halved_by(clip: Any, polygon: Any, max_vertices: int) -> NDArray[Any] | None:
    done: list[NDArray[Any]] = []
    todo = np.array([polygon], dtype=object)
    for _ in range(_MOST_HALVINGS):
        if not len(todo):
            break
        boxes = [_half_boxes(each) for each in shapely.bounds(todo).tolist()]
        halves = [clip(polygon, *pair) for polygon, pair in zip(todo, boxes, strict=True)]
        if not _clean(todo, halves):
            return None
        parts = shapely.get_parts(np.array([h for pair in halves for h in pair], dtype=object))
        parts = parts[~shapely.is_empty(parts)]
        small = shapely.get_num_coordinates(parts) <= max_vertices
        done.append(parts[small])
        todo = parts[~small]
    return _mended(np.concatenate([*done, todo]))


def _mended(leaves: NDArray[Any]) -> NDArray[Any] | None:
    """Part rings where they touch themselves (a hole on a vertex of its shell, cut open); None when that is not all."""
    bad = ~np.asarray(shapely.is_valid(leaves))
    if not bad.any():
        return leaves
    mended = shapely.make_valid(leaves[bad])
    areas = shapely.area(leaves[bad])
    same = np.abs(shapely.area(mended) - areas) <= _AREA_KEPT * areas
    if not same.all() or not np.isin(shapely.get_type_id(mended), (3, 6)).all():
        return None
    return np.concatenate([leaves[~bad], shapely.get_parts(mended)])


def _clip_fast(polygon: Any, first: list[float], second: list[float]) -> tuple[Any, Any]:
    return shapely.clip_by_rect(polygon, *first), shapely.clip_by_rect(polygon, *second)


def _clip_exactly(polygon: Any, first: list[float], second: list[float]) -> tuple[Any, Any]:
    one, other = (polygonal(shapely.intersection(polygon, shapely.box(b[0], b[1], b[2], b[3]))) for b in (first, second))
    return one, other


def _half_boxes(bounds: list[float]) -> tuple[list[float], list[float]]:
    """Two boxes that share one side across the longer extent, and reach beyond the bounds on the other sides."""
    west, south, east, north = bounds
    beyond = (east - west) + (north - south)
    first = [west - beyond, south - beyond, east + beyond, north + beyond]
    second = first.copy()
    if east - west < north - south:
        first[3] = second[1] = south + (north - south) * _CUT_AT
    else:
        first[2] = second[0] = west + (east - west) * _CUT_AT
    return first, second


def _clean(whole: NDArray[Any], halves: list[tuple[Any, Any]]) -> bool:
    """True when both halves are polygons and their areas add up to the whole."""
    pairs = np.array(halves, dtype=object)
    if (np.asarray(shapely.get_dimensions(pairs)) != 2).any() or bool((shapely.get_type_id(pairs) == 7).any()):
        return False
    areas, bounds = shapely.area(whole), shapely.bounds(whole)
    # A crossing is rounded to the next number that coordinates of this size can show.
    rounding = 4 * np.spacing(np.abs(bounds).max(axis=1)) * (bounds[:, 2:] - bounds[:, :2]).sum(axis=1)
    return bool((np.abs(shapely.area(pairs).sum(axis=1) - areas) <= _AREA_KEPT * areas + rounding).all())


def _running_numbers(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Number the entries of each run of equal rows from 0 (rows are sorted)."""
    starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if len(rows) else np.empty(0, dtype=np.intp)
    return np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))


def _sorted_along_curve(pieces: Pieces) -> Pieces:
    if not len(pieces):
        return pieces
    return pieces.take(np.argsort(hilbert_positions(shapely.bounds(pieces.geometries)), kind="stable"))


def hilbert_positions(bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the position of each box's centre along a Hilbert curve through all boxes.

    Parameters: ``bounds`` of shape (n, 4) as ``shapely.bounds`` gives them, finite.
    Source: H. S. Warren, Hacker's Delight, 2nd edition (2012), chapter 16, for whole arrays at once.

    >>> hilbert_positions(np.array([[0, 0, 0, 0], [0, 1, 0, 1], [1, 1, 1, 1], [1, 0, 1, 0.0]])).argsort().tolist()
    [0, 1, 2, 3]
    """
    if not len(bounds):
        return np.empty(0, dtype=np.int64)
    centres = (bounds[:, :2] + bounds[:, 2:]) / 2
    low, size = centres.min(axis=0), max(float(np.ptp(centres, axis=0).max()), np.finfo(float).tiny)
    cells = ((centres - low) / size * (2**_HILBERT_LEVEL - 1)).astype(np.int64)
    x, y = cells[:, 0], cells[:, 1]
    position = np.zeros(len(cells), dtype=np.int64)
    side = 2 ** (_HILBERT_LEVEL - 1)
    while side:
        right, upper = (x & side) > 0, (y & side) > 0
        position += side * side * ((3 * right) ^ upper)
        turn, flip = ~upper, ~upper & right
        x, y = np.where(flip, 2**_HILBERT_LEVEL - 1 - x, x), np.where(flip, 2**_HILBERT_LEVEL - 1 - y, y)
        x, y = np.where(turn, y, x), np.where(turn, x, y)
        side //= 2
    return position


def unpaired_edges(geometries: Any) -> Edges:
    """Return the edges of polygons that are not shared by exactly one neighbour in the opposite direction.

    Parameters: ``geometries`` valid (multi)polygons of one layer, one CRS; None and empty ones are passed over.
    Returns: the outline of a clean coverage and every edge at an overlap, a gap, a duplicate or a border whose
    vertices differ between neighbours. Ground that no such edge crosses is covered equally often everywhere.

    >>> left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    >>> len(unpaired_edges([left, right]))
    6
    """
    shapes = np.asarray(geometries, dtype=object)
    present = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    polygons, rows = shapely.get_parts(shapes[present], return_index=True)
    if not len(polygons):
        return Edges(np.empty((0, 2, 2)), np.empty(0, dtype=np.intp))
    _, points, (rings, firsts) = shapely.to_ragged_array(polygons, include_z=False)
    points = points + 0.0  # -0.0 and 0.0 are one place
    real = (points[1:] != points[:-1]).any(axis=1)
    real[rings[1:-1] - 1] = False  # from the end of a ring to the start of the next
    edges = np.flatnonzero(real)
    ring_of = np.repeat(np.arange(len(rings) - 1), np.diff(rings))
    turned = turned_rings(points, rings, firsts)[ring_of[edges]]
    single = ~_paired(points, edges, turned)
    lone = edges[single]
    ends = np.stack([points[lone], points[lone + 1]], axis=1)
    ends[turned[single]] = ends[turned[single], ::-1]
    return Edges(ends, present[rows[np.searchsorted(firsts, ring_of[lone], side="right") - 1]])


def turned_rings(points: NDArray[np.float64], rings: NDArray[Any], firsts: NDArray[Any]) -> NDArray[np.bool_]:
    """Return True for rings that have their polygon on the right: clockwise shells and anticlockwise holes.

    Parameters: as ``shapely.to_ragged_array`` gives them for polygons: points, where each ring starts, and at which ring
    each polygon starts (both with the end appended).
    """
    local = points - np.repeat(points[rings[:-1]], np.diff(rings), axis=0)
    twice = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]
    clockwise = (
        np.add.reduceat(np.r_[twice, 0.0], rings[:-1]) < 0
    )  # the step from ring to ring adds 0: rings end where they start
    hole = np.ones(len(rings) - 1, dtype=bool)
    hole[firsts[:-1]] = False
    return np.asarray(clockwise != hole)


def _paired(points: NDArray[np.float64], edges: NDArray[np.intp], turned: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True for edges that occur exactly twice, once in each direction; strip by strip, so that a strip fits the cache."""
    middles = points[edges, 0] + points[edges + 1, 0]  # the same in both directions
    count = 1 + len(edges) // _STRIP_EDGES
    limits = np.quantile(middles[:: 1 + len(edges) // 100_000], np.arange(1, count) / count)
    strips = np.searchsorted(limits, middles).astype(np.uint16)
    spans = np.lib.stride_tricks.sliding_window_view(points.reshape(-1), 4)[::2]
    found = np.zeros(len(edges), dtype=bool)
    for strip in range(count):
        here = np.flatnonzero(strips == strip)
        found[here] = _paired_in(spans[edges[here]], turned[here])
    return found


def _paired_in(spans: NDArray[np.float64], turned: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """As ``_paired``; ``spans`` are x, y of the start and x, y of the end, to be read backwards where ``turned``."""
    keys = _mixed(spans[:, :2]) + _mixed(spans[:, 2:])  # the same in both directions
    order = np.argsort(keys)
    sorted_keys = keys[order]
    same = sorted_keys[1:] == sorted_keys[:-1]
    # First of exactly two equal keys; the coordinates themselves decide, so that a chance equality of keys pairs nothing.
    twins = np.flatnonzero(same & ~np.r_[False, same[:-1]] & ~np.r_[same[1:], False])
    one, other = order[twins], order[twins + 1]
    a, b = spans[one], spans[other]
    against = (a[:, :2] == b[:, 2:]).all(axis=1) & (a[:, 2:] == b[:, :2]).all(axis=1)
    opposite = np.where(turned[one] == turned[other], against, (a == b).all(axis=1))
    found = np.zeros(len(spans), dtype=bool)
    found[one[opposite]] = True
    found[other[opposite]] = True
    return found


def _mixed(points: NDArray[np.float64]) -> NDArray[np.uint64]:
    """A 64-bit key per point (multiply and shift, as in splitmix64)."""
    bits = np.ascontiguousarray(points).view(np.uint64)
    key = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    key ^= (bits[:, 1] + np.uint64(0x632BE59BD9B4E019)) * np.uint64(0xBF58476D1CE4E5B9)
    key ^= key >> np.uint64(31)
    key *= np.uint64(0x94D049BB133111EB)
    key ^= key >> np.uint64(29)
    return key
