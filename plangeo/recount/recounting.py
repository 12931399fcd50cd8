"""What the engine measured of sites on zones and districts, measured again by sums over edges, and what does not agree.

Every zone is compared with every site whose box it meets, without an index, so that a zone the engine overlooked shows too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.recount.exactgaps import boxes_within, least_gap, segments_of
from plangeo.recount.exactsums import Edges, Sum, edges_of, holds, length_along, shared_area, shared_length
from plangeo.recount.tallies import Tally, add_tallies

_ZONE = ("plan_id", "zone_code", "zone_id")
_DISTRICT = ("district_name", "district_id")
# Around a place on a border the engine looks for the zones on its sides, a thousand contact widths far, or ten of those of reprojected
# layers: whether a zone no farther than twice that is among them says nothing.
_SIDES = 2_000
_FARTHEST_SIDE_M = 0.04
# What two ways of measuring may differ by beside contact: a share of the site, far above the rounding of either.
_SHARE = 1e-9

_Key = tuple[str, ...]
"""What identifies a zone or a district; the last one is its id."""


def recount(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, evidence: pd.DataFrame, contact_m: float) -> Tally:
    """Measure sites on zones again and compare with the evidence.

    Parameters: ``sites`` (tables.SITES) and ``zones`` (tables.ZONES) in one metric CRS; ``evidence`` (tables.EVIDENCE) as the
    engine measured it; ``contact_m`` strips up to this width in metres are contact, which either computation may leave out.
    Returns: counts, the largest difference, and the sites on which the two disagree.
    """
    return _recount(sites, zones, _keys(zones, _ZONE), _measured(evidence, _keys(evidence, _ZONE)), contact_m)


def recount_districts(sites: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, evidence: pd.DataFrame, contact_m: float) -> Tally:
    """The same for districts (tables.DISTRICTS) and their evidence (tables.DISTRICT_EVIDENCE)."""
    return _recount(sites, districts, _keys(districts, _DISTRICT), _measured(evidence, _keys(evidence, _DISTRICT)), contact_m)


def _keys(table: pd.DataFrame, names: Sequence[str]) -> list[_Key]:
    return list(zip(*(table[name].astype(str).tolist() for name in names), strict=True))


def _measured(evidence: pd.DataFrame, keys: Sequence[_Key]) -> dict[str, dict[_Key, tuple[float, float]]]:
    """site_id → zone → size in m², m or 1 for a point, and share of the site."""
    told: dict[str, dict[_Key, tuple[float, float]]] = defaultdict(dict)
    columns = (evidence[name].tolist() for name in ("site_id", "area_m2", "length_m", "share"))
    for key, site_id, area, length, share in zip(keys, *columns, strict=True):
        size = area if area > 0 else length if length > 0 else 1.0
        told[str(site_id)][key] = (size, share)
    return told


def _recount(
    sites: gpd.GeoDataFrame,
    layer: gpd.GeoDataFrame,
    keys: Sequence[_Key],
    told: Mapping[str, Mapping[_Key, tuple[float, float]]],
    contact_m: float,
) -> Tally:
    shapes = layer.geometry.to_numpy()
    drawn = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & (shapely.get_dimensions(shapes) == 2))
    boxes = shapely.bounds(shapes[drawn])

    @cache
    def edges(rows: tuple[int, ...]) -> Edges:
        return edges_of(shapes[drawn[rows[0]]] if len(rows) == 1 else shapely.union_all(shapes[drawn[list(rows)]]))

    found = []
    for site_id, shape in zip(sites["site_id"].astype(str).tolist(), sites.geometry.to_numpy().tolist(), strict=True):
        if shape is None or shape.is_empty:
            continue
        rows_of: dict[_Key, list[int]] = defaultdict(list)
        reach = 0.0 if shape.area else _beside_m(contact_m)
        for row in np.flatnonzero(boxes_within(boxes, shape.bounds, reach)).tolist():
            rows_of[keys[drawn[row]]].append(row)
        near = {key: edges(tuple(rows)) for key, rows in rows_of.items()}
        found.append(_one_site(site_id, shape, near, told.get(site_id, {}), contact_m))
    return add_tallies(found)


def _one_site(
    site_id: str, shape: Any, near: Mapping[_Key, Edges], told: Mapping[_Key, tuple[float, float]], contact_m: float
) -> Tally:
    size = {2: shape.area, 1: shape.length}.get(int(shapely.get_dimensions(shape)), 1.0)
    outline = edges_of(shape) if shape.area else None
    worst, said, exact = 0.0, "", 0
    for key in sorted({*near, *told}):
        before, share = told.get(key, (0.0, 0.0))
        again, slack = _again(shape, outline, near[key], contact_m) if key in near else (Sum(0.0, 0.0, True), 0.0)
        exact += again.exact
        allowed = slack + again.error + _SHARE * size
        off = abs(before - again.size)
        if shape.length:  # checks read sizes, shares or both; of several points each counts
            off = max(off, abs(share * size - again.size))
        if off > allowed and outline is None and key in near:
            off = max(0.0, off - _on_both_sides(shape, near[key], contact_m))
        worst = max(worst, off / size)
        if off > allowed and not said:
            unit = "m²" if outline is not None else "m"
            said = f"{key[-1]} ({key[-2]}): {before:.6g} {unit} ≠ {again.size:.6g} {unit}"
    return Tally(1, len(near), exact, 0, worst, {site_id: said} if said else {})


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
    return Sum(float(any(holds(zone, point.x, point.y) for point in shapely.get_parts(shape).tolist())), 0.0, True), 0.0


def _on_both_sides(shape: Any, zone: Edges, contact_m: float) -> float:
    """Metres of a line that run along a border, where it is on both sides however it is asked; 1 for points that lie on one."""
    beside_m = _beside_m(contact_m)
    if shape.length:
        return length_along(shape, zone, beside_m)
    points = shapely.get_parts(shape).tolist()
    on_border = [_on_border(zone, point, beside_m) for point in points]
    inside = any(holds(zone, point.x, point.y) and not on for point, on in zip(points, on_border, strict=True))
    return float(any(on_border) and not inside)


def _beside_m(contact_m: float) -> float:
    return min(_SIDES * contact_m, _FARTHEST_SIDE_M)


def _on_border(zone: Edges, point: Any, beside_m: float) -> bool:
    west, south, east, north = point.bounds
    beside = zone.within((west - beside_m, south - beside_m, east + beside_m, north + beside_m))
    return not least_gap(segments_of(point), beside).reaches(beside_m, beyond=True)
