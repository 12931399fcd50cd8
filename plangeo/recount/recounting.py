"""What the engine measured of sites on zones, measured again by sums over edges, and what does not agree.

Every zone is compared with every site whose box it meets, without an index, so that a zone the engine overlooked shows too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.model import ZoneKey
from plangeo.recount.exactsums import Edges, Sum, edges_of, holds, shared_area, shared_length

_KEY = ("plan_id", "zone_code", "zone_id")
# What two ways of measuring may differ by beside contact: a share of the site, far above the rounding of either.
_SHARE = 1e-9
_LEAST = 1e-9
"""Differences are not told more finely than this share: the last digits depend on how sums were grouped."""


@dataclass(frozen=True)
class Recount:
    """What was measured again."""

    sites: int = 0
    pairs: int = 0
    """Pairs of a site and a zone whose boxes meet."""
    rational: int = 0
    """Those measured in rational numbers alone."""
    largest_share: float = 0.0
    """The largest difference, as a share of its site."""
    doubts: dict[str, str] = field(default_factory=dict)
    """site_id → the zone on which the two computations disagree, with both sizes."""


def add_recounts(some: Iterable[Recount]) -> Recount:
    """Return the recounts of all chunks as one."""
    every = list(some)
    doubts = {site_id: said for one in every for site_id, said in one.doubts.items()}
    return Recount(
        sum(one.sites for one in every),
        sum(one.pairs for one in every),
        sum(one.rational for one in every),
        max((one.largest_share for one in every), default=0.0),
        doubts,
    )


def tell_recount(counted: Recount) -> dict[str, Any]:
    """Return a recount as the manifest has it; differences as the power of ten above them, which no way of running changes."""
    below = 0.0 if counted.largest_share <= 0 else max(_LEAST, 10.0 ** math.ceil(math.log10(counted.largest_share)))
    return {
        "sites": counted.sites,
        "pairs": counted.pairs,
        "rational_pairs": counted.rational,
        "differences_below_share": below,
        "sites_in_doubt": sorted(counted.doubts),
    }


def join_recounts(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what ``tell_recount`` would say of all parts of a run at once."""
    counts: dict[str, Any] = {name: sum(t[name] for t in told) for name in ("sites", "pairs", "rational_pairs")}
    below = max((t["differences_below_share"] for t in told), default=0.0)
    return counts | {"differences_below_share": below, "sites_in_doubt": sorted(s for t in told for s in t["sites_in_doubt"])}


def recount(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, evidence: pd.DataFrame, contact_m: float) -> Recount:
    """Measure sites on zones again and compare with the evidence.

    Parameters: ``sites`` (tables.SITES) and ``zones`` (tables.ZONES) in one metric CRS; ``evidence`` (tables.EVIDENCE) as the
    engine measured it; ``contact_m`` strips up to this width in metres are contact, which either computation may leave out.
    Returns: counts, the largest difference, and the sites on which the two disagree.
    """
    shapes = zones.geometry.to_numpy()
    drawn = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & (shapely.get_dimensions(shapes) == 2))
    boxes = shapely.bounds(shapes[drawn])
    keys = list(zip(*(zones[name].astype(str).to_numpy()[drawn].tolist() for name in _KEY), strict=True))
    told = _measured(evidence)

    @cache
    def edges(rows: tuple[int, ...]) -> Edges:
        return edges_of(shapes[drawn[rows[0]]] if len(rows) == 1 else shapely.union_all(shapes[drawn[list(rows)]]))

    found = []
    for site_id, shape in zip(sites["site_id"].astype(str).tolist(), sites.geometry.to_numpy().tolist(), strict=True):
        if shape is None or shape.is_empty:
            continue
        rows_of: dict[ZoneKey, list[int]] = defaultdict(list)
        for row in np.flatnonzero(_meets(boxes, shape.bounds)).tolist():
            rows_of[keys[row]].append(row)
        near = {key: edges(tuple(rows)) for key, rows in rows_of.items()}
        found.append(_one_site(site_id, shape, near, told.get(site_id, {}), contact_m))
    return add_recounts(found)


def _measured(evidence: pd.DataFrame) -> dict[str, dict[ZoneKey, tuple[float, bool]]]:
    """site_id → zone → (size in m², m or 1 for a point, whether a border runs through it)."""
    told: dict[str, dict[ZoneKey, tuple[float, bool]]] = defaultdict(dict)
    names = ("site_id", *_KEY, "area_m2", "length_m", "on_border")
    for site_id, plan, code, zone, area, length, border in zip(*(evidence[n].tolist() for n in names), strict=True):
        size = area if area > 0 else length if length > 0 else 1.0
        told[str(site_id)][str(plan), str(code), str(zone)] = (size, bool(border))
    return told


def _meets(boxes: NDArray[np.float64], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    west, south, east, north = box
    meets: NDArray[np.bool_] = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    return meets


def _one_site(
    site_id: str, shape: Any, near: dict[ZoneKey, Edges], told: dict[ZoneKey, tuple[float, bool]], contact_m: float
) -> Recount:
    size = {2: shape.area, 1: shape.length}.get(int(shapely.get_dimensions(shape)), 1.0)
    outline = edges_of(shape) if shape.area else None
    worst, said, rational = 0.0, "", 0
    for key in sorted({*near, *told}):
        before, border = told.get(key, (0.0, False))
        if key in near:
            again, slack = _again(shape, outline, near[key], contact_m)
        else:
            again, slack = Sum(0.0, 0.0, True), 0.0
        rational += again.exact
        if border and outline is None:  # along a border a line or point is on both sides, however it is asked
            continue
        off = abs(before - again.size)
        worst = max(worst, off / size)
        if off > slack + again.error + _SHARE * size and not said:
            unit = "m²" if outline is not None else "m"
            said = f"{key[2]} ({key[1]}): {before:.6g} {unit} ≠ {again.size:.6g} {unit}"
    return Recount(1, len(near), rational, worst, {site_id: said} if said else {})


def _again(shape: Any, outline: Edges | None, zone: Edges, contact_m: float) -> tuple[Sum, float]:
    """The size of what a site and a zone share, and what contact along their borders may take from it."""
    if outline is not None:
        west, south, east, north = shape.bounds
        passing = zone.within(shape.bounds)
        if not len(passing):  # no border passes: all of the site, or nothing
            x, y, *_ = outline.ends[0].tolist()
            return Sum(shape.area if holds(zone, x, y) else 0.0, 0.0, True), contact_m * shape.length
        lengths = np.minimum(np.hypot(*(passing[:, 2:] - passing[:, :2]).T), np.hypot(east - west, north - south))
        return shared_area(outline, zone.across(west, east)), contact_m * (shape.length + float(lengths.sum()))
    if shape.length:
        crossings = len(zone.within(shape.bounds)) + shapely.get_num_coordinates(shape)
        return Sum(shared_length(shape, zone), 0.0, True), 4 * contact_m * crossings
    return Sum(float(any(_point_held(zone, part) for part in shapely.get_parts(shape).tolist())), 0.0, True), 0.0


def _point_held(zone: Edges, point: Any) -> bool:
    return holds(zone, point.x, point.y)
