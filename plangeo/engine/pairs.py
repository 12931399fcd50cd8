"""The hot path of measuring: how much of every site lies on every zone, for whole layers at once.

Zones come in pieces (``plangeo.engine.pieces``), big sites are cut too, and what is measured per pair of pieces is added
up per (site, zone) in one fixed order, so that the same input gives the same bits whatever was cut, read or threaded.
Sites that need the exact rule of ``plangeo.overlay`` (runs along a border, points on one) are named, not guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.engine.pieces import Pieces, cut, hilbert_positions
from plangeo.engine.runs import edges_of, lengths_inside, slices_by_weight, steps_of

Indices = NDArray[np.intp]
Work = Callable[[slice], tuple[Indices, Indices, NDArray[np.float64]]]

# Two shapes that share a border overlap by rounding noise only: up to this width along the site's own outline.
CONTACT_WIDTH_M = 1e-6
# Square metres, or metres: a sum of rounding noise where shapes only touch is smaller than this.
NOISE = 1e-6
# A line and an edge run along each other when they stay within the contact width for longer than this. Lines that
# cross an edge at less than 0.1° do too; they take the exact path, which costs time and changes nothing.
RUN_M = 1e-3
# Loading numba and its kept code takes about a second, as long as GEOS takes for sites with this many vertices.
COMPILED_FROM = 50_000
# Sites are cut less finely than zones: each site is used once, each zone piece by many.
SITE_VERTICES = 128
# Pieces of sites per unit of work: small enough to share between threads, big enough that Python does not matter.
_CHUNK = 128
_COMPILED_CHUNK = 4096
_STEP_CHUNK = 2048
_COMPILED_STEP_CHUNK = 8192
_PAIRS_AT_ONCE = 400_000


@dataclass(frozen=True)
class Measures:
    """One entry per site and zone that share more than a border, sorted by site row and zone row."""

    sites: Indices
    zones: Indices
    measure: NDArray[np.float64]
    """Area in the square of the CRS unit (polygons), length (lines) or number of points inside (points)."""
    on_border: NDArray[np.bool_]
    """True where a point lies on the zone's border."""
    unsettled: Indices
    """Sites to be measured exactly instead: lines that run along a border, points on one, what GEOS refused.

    A line or polygon among these has no entries; a point has one for every zone it touches.
    """


def measure_pairs(
    sites: Any,
    pieces: Pieces,
    *,
    tree: Any = None,
    threads: int = 1,
    compiled: bool | None = None,
    contact_m: float = CONTACT_WIDTH_M,
) -> Measures:
    """Measure which part of every site lies on which zone.

    Parameters: ``sites`` valid geometries in one metric CRS, None and empty ones are passed over; ``pieces`` of the
    zones in the same CRS; ``tree`` their index, where somebody has made it already; ``threads`` at most this many at a time (results do not depend on it); ``compiled`` True
    for the sums of ``plangeo.engine.trapezoids`` (slow without numba), False for GEOS, None to choose by size. Both agree to
    1e-9 of the area or 1e-6 m²; ``contact_m`` how near, in metres, a line runs along a border or a point lies on one.
    Who cuts one run into chunks and wants the same bits decides once for all chunks (``prefers_compiled``).
    Returns: the measures, row numbers being those of ``sites`` and of the zones given to ``pieces.cut``.

    >>> zones = cut([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    >>> found = measure_pairs([shapely.box(8, 0, 11, 1), shapely.Point(3, 3), None], zones)
    >>> list(zip(found.sites.tolist(), found.zones.tolist(), found.measure.tolist()))
    [(0, 0, 2.0), (0, 1, 1.0), (1, 0, 1.0)]
    """
    shapes = np.asarray(sites, dtype=object)
    usable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    mixed = usable & (shapely.get_type_id(shapes) == 7)
    dimensions = np.where(usable & ~mixed, shapely.get_dimensions(shapes), -1)
    tree = tree or shapely.STRtree(pieces.geometries)
    if compiled is None:
        compiled = prefers_compiled(int(shapely.get_num_coordinates(shapes[dimensions > 0]).sum()))
    found = [
        _measure_areas(shapes, np.flatnonzero(dimensions == 2), pieces, tree, threads, compiled),
        _measure_lengths(shapes, np.flatnonzero(dimensions == 1), pieces, tree, threads, compiled, contact_m),
        _measure_points(shapes, np.flatnonzero(dimensions == 0), pieces, tree, contact_m),
    ]
    site, zone = (np.concatenate([getattr(f, name) for f in found]) for name in ("sites", "zones"))
    order = np.lexsort((zone, site))
    return Measures(
        site[order],
        zone[order],
        np.concatenate([f.measure for f in found])[order],
        np.concatenate([f.on_border for f in found])[order],
        np.sort(np.concatenate([np.flatnonzero(mixed), *(f.unsettled for f in found)])),
    )


def prefers_compiled(site_vertices: int) -> bool:
    """Return True when loading the compiled sums pays for sites with so many vertices, and numba is installed."""
    if site_vertices < COMPILED_FROM:
        return False
    from plangeo.engine.trapezoids import is_available

    return is_available()


def _measure_areas(shapes: NDArray[Any], rows: Indices, pieces: Pieces, tree: Any, threads: int, compiled: bool) -> Measures:
    own = cut(shapely.force_2d(shapes[rows]), SITE_VERTICES)  # a copy: two sites may share one shape, threads may not

    def areas(chunk: slice) -> tuple[Indices, Indices, NDArray[np.float64]]:
        return (_areas_compiled if compiled else _areas)(own.geometries[chunk], pieces.geometries, tree)

    most = _COMPILED_CHUNK if compiled else _CHUNK
    found = _in_chunks(areas, shapely.bounds(own.geometries).reshape(-1, 4), tree, threads, most)
    return _summed(shapes, rows, own, pieces, found)


def _areas_compiled(own: NDArray[Any], zones: NDArray[Any], tree: Any) -> tuple[Indices, Indices, NDArray[np.float64]]:
    """As ``_areas``, by sums of trapezoids; pairs too large for these go to GEOS."""
    from plangeo.engine.trapezoids import shared_areas

    one, other = tree.query(own)
    used, place = np.unique(other, return_inverse=True)
    area = shared_areas(own, one, zones[used], place)
    large = np.isnan(area)
    area[large] = _measured(own[one[large]], zones[other[large]])
    return one, other, area


def _areas(own: NDArray[Any], zones: NDArray[Any], tree: Any) -> tuple[Indices, Indices, NDArray[np.float64]]:
    """Areas shared by pieces of sites and of zones; NaN where GEOS gives up."""
    shapely.prepare(own)  # prepared by the one thread that uses them
    one, other = tree.query(own)
    meets = shapely.intersects(own[one], zones[other])
    one, other = one[meets], other[meets]
    a, b = own[one], zones[other]
    area = np.full(len(a), np.nan)
    zone_inside = shapely.covers(a, b)
    area[zone_inside] = shapely.area(b[zone_inside])
    site_inside = ~zone_inside & shapely.covered_by(a, b)
    area[site_inside] = shapely.area(a[site_inside])
    rest = np.isnan(area)
    area[rest] = _measured(a[rest], b[rest])
    return one, other, area


def _measured(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """Areas of the intersections; NaN for the pairs that GEOS refuses."""
    try:
        return np.asarray(shapely.area(shapely.intersection(a, b)), dtype=float)
    except shapely.errors.GEOSException:
        if len(a) == 1:
            return np.array([np.nan])
        half = len(a) // 2
        return np.concatenate([_measured(a[:half], b[:half]), _measured(a[half:], b[half:])])


def _measure_lengths(
    shapes: NDArray[Any], rows: Indices, pieces: Pieces, tree: Any, threads: int, compiled: bool, contact_m: float
) -> Measures:
    steps, owner = steps_of(shapes[rows])
    number = np.arange(len(steps)) - np.searchsorted(owner, owner)
    order = np.argsort(
        hilbert_positions(np.hstack([steps.min(axis=1), steps.max(axis=1)])), kind="stable"
    )  # neighbours meet the same zones
    steps, owner = steps[order], owner[order]
    own = Pieces(np.empty(len(steps), dtype=object), owner, number[order])
    # Edges that touch a step's box from outside may still run along it.
    low, high = steps.min(axis=1, initial=np.inf) - contact_m, steps.max(axis=1, initial=-np.inf) + contact_m
    along = np.zeros(len(rows), dtype=bool)

    def lengths(chunk: slice) -> tuple[Indices, Indices, NDArray[np.float64]]:
        one, other = tree.query(shapely.box(low[chunk, 0], low[chunk, 1], high[chunk, 0], high[chunk, 1]))
        used, place = np.unique(other, return_inverse=True)
        if compiled:
            from plangeo.engine import trapezoids

            size, runs = trapezoids.lengths_inside(steps[chunk], one, pieces.geometries[used], place, contact_m, RUN_M)
        else:
            edges, firsts = edges_of(pieces.geometries[used])
            size, runs = lengths_inside(steps[chunk], one, edges, firsts, place, contact_m, RUN_M)
        along[owner[chunk][one[runs]]] = True
        return one, other, size

    found = _in_chunks(lengths, np.hstack([low, high]), tree, threads, _COMPILED_STEP_CHUNK if compiled else _STEP_CHUNK)
    return _summed(shapes, rows, own, pieces, found, unsettled=along)


def _measure_points(shapes: NDArray[Any], rows: Indices, pieces: Pieces, tree: Any, contact_m: float) -> Measures:
    points, owner = shapely.get_parts(shapes[rows], return_index=True)
    places = shapely.get_coordinates(points)
    low, high = places - contact_m, places + contact_m
    point, piece = tree.query(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))
    touched = shapely.dwithin(pieces.geometries[piece], points[point], contact_m)
    point, piece = point[touched], piece[touched]
    near = shapely.dwithin(shapely.boundary(pieces.geometries[piece]), points[point], contact_m)
    zone = pieces.rows[piece]
    order = np.lexsort((zone, point))
    point, zone, piece, near = point[order], zone[order], piece[order], near[order]
    first = np.flatnonzero(np.r_[True, (point[1:] != point[:-1]) | (zone[1:] != zone[:-1])]) if len(point) else point
    border = np.logical_or.reduceat(near, first) if len(first) else np.zeros(0, dtype=bool)
    for i in np.flatnonzero(border & (np.diff(np.r_[first, len(point)]) > 1)).tolist():
        # On a cut between pieces of one zone is not on its border.
        around = shapely.union_all(pieces.geometries[piece[first[i] : np.r_[first, len(point)][i + 1]]])
        border[i] = shapely.dwithin(shapely.boundary(around), points[point[first[i]]], contact_m)
    site, zone = rows[owner[point[first]]], zone[first]
    order = np.lexsort((zone, site))
    site, zone, border = site[order], zone[order], border[order]
    starts = _group_starts(site, zone)
    count = np.asarray(np.diff(np.r_[starts, len(site)]), dtype=np.float64)
    on_border = np.logical_or.reduceat(border, starts) if len(starts) else np.zeros(0, dtype=bool)
    return Measures(site[starts], zone[starts], count, on_border, np.unique(site[border]))


def _summed(
    shapes: NDArray[Any],
    rows: Indices,
    own: Pieces,
    pieces: Pieces,
    found: tuple[Indices, Indices, NDArray[np.float64]],
    unsettled: NDArray[np.bool_] | None = None,
) -> Measures:
    """Add up the pairs of pieces per site and zone, in the order of the numbers of the pieces."""
    one, other, size = found
    lost = np.zeros(len(rows), dtype=bool) if unsettled is None else unsettled.copy()
    lost[own.rows[one[np.isnan(size)]]] = True
    kept = (size != 0) & ~lost[own.rows[one]]
    one, other, size = one[kept], other[kept], size[kept]
    order = _ranked(own.rows[one], pieces.rows[other], pieces.numbers[other], own.numbers[one])
    one, other, size = one[order], other[order], size[order]
    site, zone = own.rows[one], pieces.rows[other]
    starts = _group_starts(site, zone)
    group = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(site)]))
    total = np.asarray(
        np.bincount(group, weights=size, minlength=len(starts)), dtype=np.float64
    )  # one after the other, so zeros change nothing
    site, zone = rows[site[starts]], zone[starts]
    real = total > NOISE
    return Measures(site[real], zone[real], total[real], np.zeros(int(real.sum()), dtype=bool), rows[lost])


def _ranked(*keys: Indices) -> Indices:
    """The order of rows by the first key, then by the second …; as one number where they fit together into 63 bits."""
    spans = [int(key.max()) + 1 if len(key) else 1 for key in keys]
    if math.prod(spans) >= 2**63:
        return np.lexsort(keys[::-1])
    joined = keys[0].astype(np.int64)
    for key, span in zip(keys[1:], spans[1:], strict=True):
        joined = joined * span + key
    return np.argsort(joined, kind="stable")


def _group_starts(site: Indices, zone: Indices) -> Indices:
    if not len(site):
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(np.r_[True, (site[1:] != site[:-1]) | (zone[1:] != zone[:-1])])


def _in_chunks(work: Work, boxes: NDArray[np.float64], tree: Any, threads: int, most: int) -> tuple[Indices, Indices, Any]:
    """Do the work slice by slice; what shares nothing is dropped, the first indices count from the start of the whole."""
    weights = np.maximum(_expected_hits(boxes, tree.geometries) / _PAIRS_AT_ONCE, 1 / most)
    chunks = list(slices_by_weight(weights, 1.0 + 1e-9))

    def done(chunk: slice) -> tuple[Indices, Indices, NDArray[np.float64]]:
        one, other, size = work(chunk)
        real = size != 0
        return one[real] + chunk.start, other[real], size[real]

    if threads > 1 and len(chunks) > 1:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(done, chunks))
    else:
        found = [done(chunk) for chunk in chunks]
    none = np.empty(0, dtype=np.intp)
    one, other, size = zip((none, none, np.empty(0)), *found, strict=True)
    return np.concatenate(one), np.concatenate(other), np.concatenate(size)


def _expected_hits(boxes: NDArray[np.float64], zones: NDArray[Any]) -> NDArray[np.float64]:
    """How many zone pieces each box will roughly meet, were they spread evenly: long steps meet thousands."""
    if not len(zones) or not len(boxes):
        return np.zeros(len(boxes))
    bounds = shapely.bounds(zones)
    west, south, east, north = shapely.total_bounds(zones)
    wide, high = (bounds[:, 2:] - bounds[:, :2]).mean(axis=0)
    reach = np.minimum(boxes[:, 2:], (east, north)) - np.maximum(boxes[:, :2], (west, south))
    meets = (reach >= 0).all(axis=1)
    ground = max((east - west) * (north - south), np.finfo(float).tiny)
    return np.where(meets, len(zones) * ((reach[:, 0] + wide) * (reach[:, 1] + high) / ground), 0.0)
