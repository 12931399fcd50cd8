"""Drawing evidence: the ground that sites and zones share, for the pairs somebody wants to see.

Sizes are measured without it (``plangeo.engine.pairs``); most ground of most sites is never looked at.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.engine.partition import CONTACT_WIDTH_M, without_contact
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry import linear, polygonal

Places = NDArray[np.intp]
_AT_ONCE = 2048


def shared_ground(shapes: NDArray[Any], at: Places, zones: Places, layer: ZoneLayer, *, threads: int = 1) -> NDArray[Any]:
    """Return the ground that each pair of site and zone shares, without strips of contact; empty where there is none.

    Parameters: ``shapes`` the sites, lines or polygons, in the layer's metric CRS; ``at`` and ``zones`` the row of the site
    and of the zone of every pair. Lines give lines, polygons give polygons.
    """
    pair, piece = _meeting_pieces(shapes, at, zones, layer)
    areal = shapely.get_dimensions(shapes[at]) == 2
    parts = _intersections(shapes, at[pair], layer.pieces.geometries[piece], areal[pair], threads)
    full = ~shapely.is_empty(parts)
    pair, piece, parts = pair[full], piece[full], parts[full]
    ground = np.full(len(at), shapely.GeometryCollection(), dtype=object)
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    ground[pair[first]] = parts[first]
    several = np.flatnonzero(np.bincount(pair, minlength=len(at)) > 1)
    if len(several):
        mine = np.isin(pair, several)
        groups = np.searchsorted(several, pair[mine])
        ground[several] = _joined(np.asarray(shapely.geometrycollections(parts[mine], indices=groups)), areal[several])
    return ground


def _meeting_pieces(shapes: NDArray[Any], at: Places, zones: Places, layer: ZoneLayer) -> tuple[Places, Places]:
    """The pieces of the zone that come near the site of each pair: (pair in rising order, piece)."""
    used, site = np.unique(at, return_inverse=True)
    one, piece = layer.tree.query(shapes[used])
    count = len(layer.keys)
    wanted = site * count + zones
    order = np.argsort(wanted)
    met = one * count + layer.pieces.rows[piece]
    found = np.minimum(np.searchsorted(wanted[order], met), len(wanted) - 1)
    kept = wanted[order][found] == met
    pair, piece = order[found[kept]], piece[kept]
    order = np.lexsort((layer.pieces.numbers[piece], pair))
    return pair[order], piece[order]


def _intersections(
    shapes: NDArray[Any], at: Places, pieces: NDArray[Any], areal: NDArray[np.bool_], threads: int
) -> NDArray[Any]:
    """What the sites ``at`` and pieces share, slice by slice; only the dimension of the site counts."""

    def work(chosen: slice) -> NDArray[Any]:
        sites, others = shapely.force_2d(shapes[at[chosen]]), pieces[chosen]
        shapely.prepare(sites)  # of a copy: two sites, or two threads, may share one shape
        out = np.full(len(sites), shapely.GeometryCollection(), dtype=object)
        met = np.flatnonzero(shapely.intersects(sites, others))
        out[met] = shapely.intersection(sites[met], others[met])
        return _of_dimension(out, areal[chosen])

    slices = [slice(start, start + _AT_ONCE) for start in range(0, len(at), _AT_ONCE)]
    if threads > 1 and len(slices) > 1:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(work, slices))
    else:
        found = [work(chosen) for chosen in slices]
    return np.concatenate([np.empty(0, dtype=object), *found])


def _joined(parts: NDArray[Any], areal: NDArray[np.bool_]) -> NDArray[Any]:
    """The union of collections; lines that were cut at the edge of a piece are one again."""
    joined = np.asarray(shapely.union_all(parts[:, None], axis=1))
    lines = ~areal
    joined[lines] = shapely.line_merge(joined[lines])
    return joined


def _of_dimension(shared: NDArray[Any], areal: NDArray[np.bool_]) -> NDArray[Any]:
    """The polygons of what polygons share, without strips of contact, and the lines of what lines share."""
    kinds = shapely.get_type_id(shared)
    out = shared.copy()
    clear = np.where(areal, kinds == 3, (kinds == 1) | (kinds == 5))
    clear &= ~areal | (shapely.area(shared) > CONTACT_WIDTH_M * shapely.length(shared) / 2)
    for n in np.flatnonzero(~clear & ~shapely.is_empty(shared)):
        out[n] = without_contact(polygonal(shared[n]), CONTACT_WIDTH_M) if areal[n] else linear(shared[n])
    return out
