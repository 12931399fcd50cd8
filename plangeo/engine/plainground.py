"""Sites on plain ground, measured all together: where zones cover every spot at most once, sizes say everything.

Such a site meets no doubtful edge of the layer, so what no zone covers is what the sizes leave over. Sites that meet
an overlap, or run along a border, are cut one by one instead (``plangeo.engine.partition``).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.engine.pairs import Indices, measure_pairs
from plangeo.engine.partition import without_contact
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry import linear, polygonal

# Parts of a site that is covered once add up to it within this share.
_SUM_KEPT = 1e-9
# Columns of the tables: ``at`` is the position of the site, ``zone`` the row of the zone, ``rank`` the order within a site.
PLAIN_EVIDENCE = ("at", "zone", "area_m2", "length_m", "share", "on_border", "geometry")
PLAIN_COVER = ("at", "zones", "area_m2", "length_m", "share", "rank", "on_border", "sides")
_POINT, _LINE, _POLYGON = 0, 1, 3

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class PlainGround:
    """How much of every zone lies under the sites that could be measured together."""

    settled: Flags
    """One per site: measured here."""
    sites: Indices
    """Position of the site of every pair, rising."""
    zones: Indices
    """Row of the zone of every pair, in the order of the zones' keys."""
    sizes: Floats
    """Area or length; the whole site where there is one zone only."""
    wholes: Floats
    """One per site: its area or length, as the sum of its parts; 1 for points."""
    bare: Floats
    """One per site: what no zone covers."""
    dimensions: NDArray[Any]
    """One per site: 0, 1 or 2."""


def measure_plain_ground(
    shapes: NDArray[Any],
    layer: ZoneLayer,
    *,
    apart: frozenset[str] = frozenset(),
    contact_m: float,
    threads: int = 1,
    compiled: bool | None = None,
) -> PlainGround:
    """Measure the sites on ground that zones cover at most once; the others are not settled.

    Parameters: ``shapes`` in the CRS of the layer, None and empty ones are never settled; ``apart``: classes whose
    sites are wanted one by one; ``contact_m``, ``threads``, ``compiled`` as in ``plangeo.engine.pairs.measure_pairs``.
    """
    found = measure_pairs(shapes, layer.pieces, tree=layer.tree, threads=threads, contact_m=contact_m, compiled=compiled)
    kinds, dimensions = shapely.get_type_id(shapes), shapely.get_dimensions(shapes)
    extended = np.isin(kinds, (_LINE, _POLYGON))
    settled = (extended | (kinds == _POINT)) & ~shapely.is_empty(shapes)
    settled[found.unsettled] = False
    asked = np.flatnonzero(settled & extended)
    settled[asked[layer.doubt_tree.query(shapes[asked], predicate="intersects")[0]]] = False
    if apart:
        wide = np.array([key[1] in apart for key in layer.keys])
        settled[found.sites[wide[found.zones]]] = False
    order = np.lexsort((layer.rank[found.zones], found.sites))
    order = order[settled[found.sites[order]]]
    site, zone, size = found.sites[order], found.zones[order], found.measure[order]
    whole = np.where(dimensions == 2, shapely.area(shapes), np.where(dimensions == 1, shapely.length(shapes), 1.0))
    noise = contact_m * np.where(dimensions == 2, shapely.length(shapes), 1.0)
    tiny = np.flatnonzero(extended[site] & (size <= noise[site]))
    size[tiny] = [_beyond_contact(shapes[site[i]], zone[i], layer, contact_m) for i in tiny.tolist()]
    site, zone, size = (values[size > 0] for values in (site, zone, size))
    count = np.bincount(site, minlength=len(shapes))
    bare = np.asarray(whole - np.bincount(site, weights=size, minlength=len(shapes)), dtype=float)
    full = np.abs(bare) <= _SUM_KEPT * whole
    bare = np.where(count == 0, whole, np.where(full, 0.0, bare))
    # What is neither nothing nor more than noise is left to the exact way.
    settled &= ~extended | (bare == 0) | (bare > noise)
    bare[~extended] = 0.0
    kept = settled[site]
    site, zone, size = site[kept], zone[kept], size[kept]
    size = np.where((count[site] == 1) & (bare[site] == 0), whole[site], size)
    wholes = np.where(extended, np.bincount(site, weights=size, minlength=len(shapes)) + bare, 1.0)
    return PlainGround(settled, site, zone, size, wholes, bare, dimensions)


def _beyond_contact(site: Any, zone: int, layer: ZoneLayer, contact_m: float) -> float:
    """The size of what a site shares with one zone without its strips of contact; for pairs that may be nothing else."""
    pieces = layer.tree.query(site)
    here = shapely.union_all(layer.pieces.geometries[np.sort(pieces[layer.pieces.rows[pieces] == zone])])
    shared = shapely.intersection(site, here)
    if shapely.get_dimensions(site) == 1:
        return float(shapely.length(linear(shared)))
    return float(shapely.area(without_contact(polygonal(shared), contact_m)))


def tabulate(ground: PlainGround, layer: ZoneLayer, shapes: NDArray[Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return evidence (PLAIN_EVIDENCE) and cover (PLAIN_COVER) of the settled sites.

    Only ground that is a whole site is drawn.
    """
    areal, linear = (ground.dimensions == 2), (ground.dimensions == 1)
    point = ~areal & ~linear
    site, size = ground.sites, ground.sizes
    share = np.where(point[site], 1.0, size / ground.wholes[site])
    whole = point[site] | (size == ground.wholes[site])
    keys = [layer.keys[zone] for zone in ground.zones.tolist()]
    drawn = np.full(len(site), None, dtype=object)
    drawn[whole] = shapes[site[whole]]
    area, length = np.where(areal[site], size, 0.0), np.where(linear[site], size, 0.0)
    evidence: Mapping[str, Any] = {
        "at": site,
        "zone": ground.zones,
        "area_m2": area,
        "length_m": length,
        "share": share,
        "on_border": np.zeros(len(site), dtype=bool),
        "geometry": drawn,
    }
    alone = np.flatnonzero(~point[site])
    bare = np.flatnonzero(ground.settled & ~point & (ground.bare > 0))
    spots = np.flatnonzero(ground.settled & point)
    first, last = np.searchsorted(site, spots), np.searchsorted(site, spots, side="right")
    lying: list[tuple[Any, ...]] = [(keys[i],) for i in alone.tolist()] + [()] * len(bare)
    lying += [tuple(keys[a:b]) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    cover: Mapping[str, Any] = {
        "at": np.concatenate([site[alone], bare, spots]),
        "zones": _objects(lying, len(lying)),
        "area_m2": np.concatenate([area[alone], np.where(areal, ground.bare, 0.0)[bare], np.zeros(len(spots))]),
        "length_m": np.concatenate([length[alone], np.where(linear, ground.bare, 0.0)[bare], np.zeros(len(spots))]),
        "share": np.concatenate([share[alone], ground.bare[bare] / ground.wholes[bare], np.ones(len(spots))]),
        "on_border": np.zeros(len(lying), dtype=bool),
        "sides": _objects(itertools.repeat((), len(lying)), len(lying)),
        "rank": np.concatenate([1 + layer.rank[ground.zones[alone]], np.zeros(len(bare) + len(spots), dtype=np.intp)]),
    }
    return pd.DataFrame(evidence, columns=list(PLAIN_EVIDENCE)), pd.DataFrame(cover, columns=list(PLAIN_COVER))


def _objects(values: Iterable[Any], count: int) -> NDArray[Any]:
    """An array that holds tuples as they are."""
    return np.fromiter(values, dtype=object, count=count)
