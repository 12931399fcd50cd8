"""Lengths of lines inside polygons, without intersecting: sums over the edges that cross the line's straight steps.

Walk along the infinite line through a step, coming from far behind: every edge of a polygon that is crossed changes
inside to outside or back, at a place that is found by interpolation. The length inside the step is therefore a sum
over edges, ``Σ ± (L − place)``, with places before the step counted as 0 and behind it as L. A vertex on the line is
left of it or right of it, the same for both its edges, so no crossing is lost or counted twice. Only where an edge
runs along the step is the place not determined; such steps are reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.engine.borders import turned_rings

Indices = NDArray[np.intp]
Floats = NDArray[np.float64]

# Pairs of step and polygon edge looked at together (about 100 MB).
_AT_ONCE = 500_000


def steps_of(lines: NDArray[Any]) -> tuple[Floats, Indices]:
    """Return all straight steps of lines, shape (n, 2, 2), and the row of the line each belongs to.

    >>> steps_of(np.array([shapely.LineString([(0, 0), (1, 0), (1, 2)])]))[0].tolist()
    [[[0.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 2.0]]]
    """
    parts, rows = shapely.get_parts(lines, return_index=True)
    points, part_of = shapely.get_coordinates(parts, return_index=True)
    starts = np.flatnonzero((part_of[1:] == part_of[:-1]) & (points[1:] != points[:-1]).any(axis=1))
    return np.stack([points[starts], points[starts + 1]], axis=1), rows[part_of[starts]]


def edges_of(polygons: NDArray[Any]) -> tuple[Floats, Indices]:
    """Return all edges of polygons, shape (n, 4), polygon on the left, and where those of each polygon start (n + 1)."""
    if not len(polygons):
        return np.empty((0, 4)), np.zeros(1, dtype=np.intp)
    _, points, (rings, shells) = shapely.to_ragged_array(polygons, include_z=False)
    last = rings[1:] - 1
    firsts = (rings - np.arange(len(rings)))[shells]  # a ring of n points has n - 1 edges
    edges = np.delete(np.hstack([points, np.roll(points, -1, axis=0)]), last, axis=0)
    turned = np.repeat(turned_rings(points, rings, shells), np.diff(rings) - 1)
    edges[turned] = edges[turned][:, [2, 3, 0, 1]]
    return edges, firsts.astype(np.intp)


def lengths_inside(
    steps: Floats, step: Indices, edges: Floats, firsts: Indices, polygon: Indices, width: float, run: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return, for each pair of step and polygon, the length inside, and whether the step runs along an edge.

    Parameters: ``steps`` and ``step`` (which step of each pair); ``edges``, ``firsts`` from ``edges_of`` and
    ``polygon`` (which polygon of each pair); a step runs along an edge that stays within ``width`` of it for more
    than ``run`` (or half of the shorter of both, if that is less), all in the unit of the CRS.

    >>> edges, firsts = edges_of(np.array([shapely.box(0, 0, 2, 2)]))
    >>> steps = np.array([[[-1, 1], [1, 1]], [[-1, 2], [1, 2.0]]])
    >>> [x.tolist() for x in lengths_inside(steps, np.arange(2), edges, firsts, np.zeros(2, int), 1e-6, 1e-3)]
    [[1.0, 0.0], [False, True]]
    """
    inside, along = np.zeros(len(step)), np.zeros(len(step), dtype=bool)
    p = steps[step, 0]
    way = steps[step, 1] - p
    length = np.hypot(way[:, 0], way[:, 1])
    unit = way / length[:, None]
    count = np.diff(firsts)[polygon]
    for pairs in slices_by_weight(count, _AT_ONCE):
        pair = np.repeat(np.arange(pairs.start, pairs.stop), count[pairs])
        edge = edges[np.repeat(firsts[polygon[pairs]], count[pairs]) + _ranges(count[pairs])]
        u, v, origin = unit[pair, 0], unit[pair, 1], p[pair]
        xa, ya, xb, yb = (
            edge[:, 0] - origin[:, 0],
            edge[:, 1] - origin[:, 1],
            edge[:, 2] - origin[:, 0],
            edge[:, 3] - origin[:, 1],
        )
        off_a, off_b = u * ya - v * xa, u * yb - v * xb
        hit = np.flatnonzero(((off_a > 0) != (off_b > 0)) | (np.minimum(np.abs(off_a), np.abs(off_b)) <= width))
        pair, u, v, off_a, off_b = pair[hit], u[hit], v[hit], off_a[hit], off_b[hit]
        at_a, at_b = u * xa[hit] + v * ya[hit], u * xb[hit] + v * yb[hit]
        along[pair[_stays_near(at_a, at_b, off_a, off_b, length[pair], width, run)]] = True
        cross = (off_a > 0) != (off_b > 0)
        pair, at_a, at_b, off_a, off_b = pair[cross], at_a[cross], at_b[cross], off_a[cross], off_b[cross]
        place = np.clip(at_a + (at_b - at_a) * (off_a / (off_a - off_b)), 0.0, length[pair])
        # An edge that goes from left to right of the step has its polygon ahead.
        rest = np.where(off_a > 0, 1.0, -1.0) * (length[pair] - place)
        inside[pairs] = np.bincount(pair - pairs.start, weights=rest, minlength=pairs.stop - pairs.start)
    return np.clip(inside, 0.0, length), along


def _stays_near(
    at_a: Floats, at_b: Floats, off_a: Floats, off_b: Floats, length: Floats, width: float, run: float
) -> NDArray[np.bool_]:
    """True where an edge (positions along and offsets from a step, of both ends) stays within ``width`` for ``run``."""
    slope = off_b - off_a
    with np.errstate(divide="ignore", invalid="ignore"):
        # Shares of the edge at which its offset passes -width and +width; a level edge is near everywhere or nowhere.
        first, last = (-width - off_a) / slope, (width - off_a) / slope
    level = slope == 0
    low = np.where(level, 0.0, np.clip(np.minimum(first, last), 0.0, 1.0))
    high = np.where(level, (np.abs(off_a) <= width).astype(float), np.clip(np.maximum(first, last), 0.0, 1.0))
    ends = at_a + (at_b - at_a) * low, at_a + (at_b - at_a) * high
    shared = np.minimum(np.maximum(*ends), length) - np.maximum(np.minimum(*ends), 0.0)
    least = np.minimum(run, np.minimum(length, np.hypot(at_b - at_a, slope)) / 2)
    return np.asarray((shared > 0) & (shared >= least))


def slices_by_weight(weights: NDArray[Any], limit: float) -> Iterator[slice]:
    """Cut ``weights`` into slices of at most ``limit`` in sum, or of one that weighs more.

    >>> list(slices_by_weight(np.array([1, 1, 5, 1, 1, 1]), 3))
    [slice(0, 2, None), slice(2, 3, None), slice(3, 6, None)]
    """
    total = np.cumsum(weights)
    start = 0
    while start < len(weights):
        before = total[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(total, before + limit, side="right")))
        yield slice(start, end)
        start = end


def _ranges(counts: Indices) -> Indices:
    """0 … count−1 for each count, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)
