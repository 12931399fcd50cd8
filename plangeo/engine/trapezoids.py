"""Areas and lengths without topology, compiled with numba when it is installed (``pip install plangeo[fast]``).

A polygon is the signed sum of the trapezoids under its edges, so the area two polygons share is the signed sum, over
pairs of edges, of the area under both: ``∫ min(y_a, y_b) dx`` where their x ranges overlap, within the window that
both bounding boxes share. No intersection point has to be found or joined to others, so nothing can fail; but the sum
means nothing on invalid rings: the validity gate comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.engine.borders import turned_rings

Indices = NDArray[np.intp]
Floats = NDArray[np.float64]

# In larger windows (5 km × 5 km) the rounding of the sums could reach 1e-6 m²; GEOS measures those pairs.
LARGEST_WINDOW = 2.5e7


@cache
def is_available() -> bool:
    """Return True when numba is installed and works with the numpy that is installed."""
    try:
        import numba  # noqa: F401
    except (ImportError, OSError, SystemError):
        return False
    return True


def shared_areas(one_shapes: NDArray[Any], one: Indices, other_shapes: NDArray[Any], other: Indices) -> Floats:
    """Return the area that each pair of polygons shares; NaN where the common window is too large for these sums.

    Parameters: valid polygons of two layers and, for each pair, which of them. Exact to about 1e-9 of the area
    and 1e-6 m².

    >>> squares = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)])
    >>> shared_areas(squares, np.array([0, 0]), squares, np.array([0, 1])).tolist()
    [4.0, 1.0]
    """
    area = np.zeros(len(one))
    if not len(one):
        return area
    bounds_a, bounds_b = shapely.bounds(one_shapes)[one], shapely.bounds(other_shapes)[other]
    low, high = np.maximum(bounds_a[:, :2], bounds_b[:, :2]), np.minimum(bounds_a[:, 2:], bounds_b[:, 2:])
    first, second = (np.ascontiguousarray(n, dtype=np.intp) for n in (one, other))  # one form of input, one compilation
    _compiled(_sum_trapezoids)(*_roofs(one_shapes), first, *_roofs(other_shapes), second, np.hstack([low, high]), area)
    area[(high - low).clip(0).prod(axis=1) > LARGEST_WINDOW] = np.nan
    return area


def _roofs(polygons: NDArray[Any]) -> tuple[Floats, Floats, Indices]:
    """Edges as (left x, left y, right x, right y, ±1), sorted by left x per polygon; how far right they reach so far."""
    _, points, (rings, shells) = shapely.to_ragged_array(polygons, include_z=False)
    rings, shells = rings.astype(np.intp), shells.astype(np.intp)
    roofs, reach = np.empty((len(points), 5)), np.empty(len(points))
    firsts = np.empty(len(polygons) + 1, dtype=np.intp)
    _compiled(_fill_roofs)(points, rings, shells, roofs, reach, firsts)
    return roofs, reach, firsts


@cache
def _compiled(function: Callable[..., None]) -> Callable[..., None]:
    """The function compiled (kept on disk by numba), or as it is where numba is missing: the same result, slowly."""
    if not is_available():
        return function
    import numba

    try:
        return numba.njit(cache=True, nogil=True)(function)  # type: ignore[no-any-return,unused-ignore]
    except RuntimeError:  # no place to keep the code: compile it anew in every process
        return numba.njit(nogil=True)(function)  # type: ignore[no-any-return,unused-ignore]


def _fill_roofs(points: Floats, rings: Indices, shells: Indices, roofs: Floats, reach: Floats, firsts: Indices) -> None:
    count = 0
    for p in range(len(shells) - 1):
        firsts[p] = count
        for r in range(shells[p], shells[p + 1]):
            x, y, twice = points[rings[r], 0], points[rings[r], 1], 0.0
            for i in range(rings[r], rings[r + 1] - 1):
                twice += (points[i, 0] - x) * (points[i + 1, 1] - y) - (points[i + 1, 0] - x) * (points[i, 1] - y)
            # Westward edges of an anticlockwise shell have the polygon below them.
            below = 1.0 if (twice > 0) == (r == shells[p]) else -1.0
            for i in range(rings[r], rings[r + 1] - 1):
                if points[i, 0] > points[i + 1, 0]:
                    left, right, sign = i + 1, i, below
                elif points[i, 0] < points[i + 1, 0]:
                    left, right, sign = i, i + 1, -below
                else:
                    continue
                roofs[count, 0], roofs[count, 1] = points[left, 0], points[left, 1]
                roofs[count, 2], roofs[count, 3] = points[right, 0], points[right, 1]
                roofs[count, 4] = sign
                count += 1
        first = firsts[p]
        gap = 1
        while gap < (count - first) // 3:
            gap = 3 * gap + 1
        while gap:  # Shell's sort: numba needs seconds to compile numpy's
            for i in range(first + gap, count):
                xl, yl, xr, yr, sign = roofs[i]
                j = i
                while j >= first + gap and roofs[j - gap, 0] > xl:
                    roofs[j] = roofs[j - gap]
                    j -= gap
                roofs[j, 0], roofs[j, 1], roofs[j, 2], roofs[j, 3], roofs[j, 4] = xl, yl, xr, yr, sign
            gap //= 3
        most = -np.inf
        for i in range(first, count):
            most = max(most, roofs[i, 2])
            reach[i] = most
    firsts[len(shells) - 1] = count


def _sum_trapezoids(
    roofs_a: Floats,
    _reach_a: Floats,
    firsts_a: Indices,
    one: Indices,
    roofs_b: Floats,
    reach_b: Floats,
    firsts_b: Indices,
    other: Indices,
    windows: Floats,
    area: Floats,
) -> None:
    for k in range(len(one)):
        west, low, east, high = windows[k]
        height = high - low
        if east <= west or height <= 0:
            continue
        start, end = firsts_b[other[k]], firsts_b[other[k] + 1]
        total = 0.0
        for i in range(firsts_a[one[k]], firsts_a[one[k] + 1]):
            axl, ayl, axr, ayr = roofs_a[i, 0], roofs_a[i, 1] - low, roofs_a[i, 2], roofs_a[i, 3] - low
            if axl >= east:
                break
            if axr <= west or (ayl <= 0 and ayr <= 0):
                continue
            left_a, right_a = max(axl, west), min(axr, east)
            while start < end and reach_b[start] <= left_a:
                start += 1
            slope_a = (ayr - ayl) / (axr - axl)
            for j in range(start, end):
                bxl, bxr = roofs_b[j, 0], roofs_b[j, 2]
                if bxl >= right_a:
                    break
                left, right = max(left_a, bxl), min(right_a, bxr)
                if right <= left:
                    continue
                byl, byr = roofs_b[j, 1] - low, roofs_b[j, 3] - low
                if byl <= 0 and byr <= 0:
                    continue
                width = right - left
                slope_b = (byr - byl) / (bxr - bxl)
                # Interpolated from the nearer end, so that steep edges lose nothing.
                a0 = ayl + slope_a * (left - axl) if left - axl < axr - left else ayr - slope_a * (axr - left)
                a1 = ayl + slope_a * (right - axl) if right - axl < axr - right else ayr - slope_a * (axr - right)
                b0 = byl + slope_b * (left - bxl) if left - bxl < bxr - left else byr - slope_b * (bxr - left)
                b1 = byl + slope_b * (right - bxl) if right - bxl < bxr - right else byr - slope_b * (bxr - right)
                d0, d1 = a0 - b0, a1 - b1
                share = d0 / (d0 - d1) if (d0 < 0) != (d1 < 0) else 1.0
                at = a0 + (a1 - a0) * share
                under = 0.0
                for part in range(2):
                    if part == 0:
                        g0, g1, w = min(a0, b0), (at if share < 1.0 else min(a1, b1)), width * share
                    else:
                        g0, g1, w = at, min(a1, b1), width * (1.0 - share)
                    if w <= 0 or (g0 <= 0 and g1 <= 0):
                        continue
                    if g0 >= height and g1 >= height:
                        under += height * w
                        continue
                    least, most = min(g0, g1), max(g0, g1)
                    below = -least / (most - least) if least < 0 else 0.0
                    above = (most - height) / (most - least) if most > height else 0.0
                    under += w * (above * height + (1.0 - below - above) * (max(least, 0.0) + min(most, height)) / 2)
                total += roofs_a[i, 4] * roofs_b[j, 4] * under
        area[k] = total


def lengths_inside(
    steps: Floats, step: Indices, polygons: NDArray[Any], polygon: Indices, width: float, run: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """As ``runs.lengths_inside``, compiled; the polygons themselves instead of their edges.

    >>> steps = np.array([[[-1, 1], [1, 1]], [[-1, 2], [1, 2.0]]])
    >>> found = lengths_inside(steps, np.arange(2), np.array([shapely.box(0, 0, 2, 2)]), np.zeros(2, int), 1e-6, 1e-3)
    >>> [x.tolist() for x in found]
    [[1.0, 0.0], [False, True]]
    """
    inside, along = np.zeros(len(step)), np.zeros(len(step), dtype=bool)
    if len(step):
        _, points, (rings, shells) = shapely.to_ragged_array(polygons, include_z=False)
        rings, shells = rings.astype(np.intp), shells.astype(np.intp)
        turned = np.where(turned_rings(points, rings, shells), -1.0, 1.0)
        first, second = (np.ascontiguousarray(n, dtype=np.intp) for n in (step, polygon))
        places = np.ascontiguousarray(steps, dtype=np.float64)
        _compiled(_sum_steps)(places, first, points, rings, shells, turned, second, width, run, inside, along)
    return inside, along


def _sum_steps(
    steps: Floats,
    step: Indices,
    points: Floats,
    rings: Indices,
    shells: Indices,
    turned: Floats,
    polygon: Indices,
    width: float,
    run: float,
    inside: Floats,
    along: NDArray[np.bool_],
) -> None:
    for k in range(len(step)):
        x, y = steps[step[k], 0, 0], steps[step[k], 0, 1]
        u, v = steps[step[k], 1, 0] - x, steps[step[k], 1, 1] - y
        length = np.hypot(u, v)
        u, v = u / length, v / length
        total = 0.0
        for r in range(shells[polygon[k]], shells[polygon[k] + 1]):
            at_b, off_b = 0.0, 0.0
            for i in range(rings[r], rings[r + 1]):
                at_a, off_a = at_b, off_b
                px, py = points[i, 0] - x, points[i, 1] - y
                at_b, off_b = u * px + v * py, u * py - v * px
                if i == rings[r]:
                    continue
                crosses = (off_a > 0) != (off_b > 0)
                if not crosses and abs(off_a) > width and abs(off_b) > width:
                    continue
                if (at_a >= 0 or at_b >= 0) and (at_a <= length or at_b <= length):
                    low, high, slope = 0.0, 1.0, off_b - off_a
                    if slope == 0:
                        high = 1.0 if abs(off_a) <= width else 0.0
                    else:
                        first, last = (-width - off_a) / slope, (width - off_a) / slope
                        low = min(max(min(first, last), 0.0), 1.0)
                        high = min(max(max(first, last), 0.0), 1.0)
                    end, other_end = at_a + (at_b - at_a) * low, at_a + (at_b - at_a) * high
                    shared = min(max(end, other_end), length) - max(min(end, other_end), 0.0)
                    if shared > 0 and shared >= min(run, length / 2, np.hypot(at_b - at_a, slope) / 2):
                        along[k] = True
                if crosses:
                    place = at_a + (at_b - at_a) * (off_a / (off_a - off_b))
                    sign = turned[r] if off_a > 0 else -turned[r]
                    total += sign * (length - min(max(place, 0.0), length))
        inside[k] = min(max(total, 0.0), length)
