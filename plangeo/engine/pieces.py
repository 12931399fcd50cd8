"""Cutting big polygons into small pieces.

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
_POLYGON = 3
# Cuts pass a little beside the middle, so that they do not run along the round coordinates people draw on.
_CUT_AT = 0.4987654321
# Smaller limits cannot be kept: a cut adds corners.
MIN_LIMIT = 16
# A millionth of a millionth of the extent: what is still big then has all its edges in one spot, and stays big.
_MOST_HALVINGS = 40
# Areas on both sides of a cut must add up to this share of the area cut.
_AREA_KEPT = 1e-12
_HILBERT_LEVEL = 16


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
        raise LayerError(
            "Only polygons can be cut into pieces. Lines and points are measured as they are.", code="layer_kind_wrong"
        )
    parts, at = _parts(shapes[present])
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


def _parts(shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The parts of (multi)polygons, and of which they are; polygons, which are nearly all, are not copied."""
    several = np.flatnonzero(shapely.get_type_id(shapes) != _POLYGON)
    single = np.delete(np.arange(len(shapes)), several)
    parts, owner = shapely.get_parts(shapes[several], return_index=True)
    at = np.concatenate([single, several[owner]])
    order = np.argsort(at, kind="stable")
    return np.concatenate([shapes[single], parts])[order], at[order]


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
