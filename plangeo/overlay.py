"""Measuring sites against zones and districts: all vector geometry of an assessment happens here.

Every site is *partitioned*: each spot of it carries the set of zones that lie there (none = uncovered
ground, several = overlapping zones or several plans). Shares of a partition add up to one whatever the
zones do, and the law (which plan prevails, which class governs) is then read off tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.geometry import ellipsoidal_area, linear, polygonal, quarantined_boxes, widest_circle
from plangeo.model import ZoneKey
from plangeo.partition import CONTACT_WIDTH_M, Face, partition, without_contact
from plangeo.tables import COVER, DISTRICT_EVIDENCE, EVIDENCE, empty


@dataclass(frozen=True)
class ZoneMeasure:
    """What measuring zones gives: see ``measure_zones``."""

    evidence: gpd.GeoDataFrame
    cover: pd.DataFrame
    widths: Mapping[tuple[str, str], float]
    doubts: Mapping[str, str]


def measure_zones(
    sites: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    width_classes: Mapping[str, frozenset[str]] | None = None,
    contact_m: float = CONTACT_WIDTH_M,
) -> ZoneMeasure:
    """Measure which part of every site lies on which zone.

    Parameters: ``sites`` (tables.SITES) and ``zones`` (tables.ZONES), both in one metric CRS; rows without
    geometry are passed over. ``width_classes`` maps a class to the codes below it: the width of the total of
    that class is measured too, as the diameter of the widest circle inside (slow). ``contact_m``: strips up to
    this width in metres are contact, not overlap.
    Returns: ``evidence`` (tables.EVIDENCE, one row per site and zone; ``prevails`` still True everywhere),
    ``cover`` (tables.COVER), both in the order of the sites and of the zone ids; ``widths`` (site_id, class) →
    metres; ``doubts`` site_id → which sum contradicts another, empty when every site adds up.
    """
    keys: list[ZoneKey] = list(
        zip(zones["plan_id"].astype(str), zones["zone_code"].astype(str), zones["zone_id"].astype(str), strict=True)
    )
    evidence: list[dict[str, Any]] = []
    cover: list[dict[str, Any]] = []
    widths: dict[tuple[str, str], float] = {}
    doubts: dict[str, str] = {}
    for site_id, site, candidates in _pairs(sites, zones, contact_m):
        found = partition(site, candidates, contact_m)
        if found.doubt:
            doubts[site_id] = found.doubt
        whole = math.fsum(_size(face.geometry) for face in found.faces)  # the parts on a snapped grid differ by rounding
        rows = [_cover_row(site_id, face, keys, whole) for face in found.faces]
        cover += sorted(rows, key=lambda r: (r["zones"], r["sides"]))
        for zone_class, codes in (width_classes or {}).items():
            parts = [f.geometry for f in found.faces if any(keys[z][1] in codes for z in f.zones)]
            if parts:
                widths[site_id, zone_class] = widest_circle(shapely.union_all(parts))
        borders = {z for f in found.faces if f.on_border for z in f.zones}
        for zone in sorted(found.pieces, key=lambda z: keys[z]):
            plan_id, zone_code, zone_id = keys[zone]
            row = {"site_id": site_id, "plan_id": plan_id, "zone_id": zone_id, "zone_code": zone_code}
            evidence.append(row | _sizes(found.pieces[zone], whole) | {"prevails": True, "on_border": zone in borders})
    frame = _geo(evidence, EVIDENCE, sites.crs)
    frame["area_ellipsoidal_m2"] = ellipsoidal_area(frame.geometry).to_numpy() if len(frame) else 0.0
    return ZoneMeasure(frame, _merge_cover(cover), widths, doubts)


def measure_districts(
    sites: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, contact_m: float = CONTACT_WIDTH_M
) -> gpd.GeoDataFrame:
    """Measure which part of every site lies in which district; both frames in one metric CRS.

    Returns: tables.DISTRICT_EVIDENCE, one row per site and district, the largest share first.
    """
    rows: list[dict[str, Any]] = []
    ids, names = districts["district_id"].astype(str).tolist(), districts["district_name"].astype(str).tolist()
    for site_id, site, candidates in _pairs(sites, districts, 0.0):
        whole = _size(site)
        found = []
        for number, shape in candidates.items():
            piece = _inside(site, shape, contact_m)
            if piece.is_empty or (shapely.get_dimensions(piece) == 1 and piece.length <= contact_m):
                continue
            found.append({"site_id": site_id, "district_id": ids[number], "district_name": names[number], **_sizes(piece, whole)})
        rows += sorted(found, key=lambda r: (-r["share"], r["district_id"]))
    return _geo(rows, DISTRICT_EVIDENCE, sites.crs)


def _pairs(sites: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, reach_m: float) -> list[tuple[str, Any, dict[int, Any]]]:
    """Return (site_id, geometry, {layer row: shape}) of every site with a geometry; candidates by index, in id order."""
    shapes = layer.geometry.to_numpy()
    # Only areas are zones: a point on a drawn line would otherwise lie "in" it.
    usable = ~shapely.is_empty(shapes) & (shapely.get_dimensions(shapes) == 2)
    numbers = np.flatnonzero(usable)
    tree = shapely.STRtree(shapes[usable])
    shapely.prepare(shapes[usable])
    id_column = "zone_id" if "zone_id" in layer else "district_id"
    rank = np.argsort(np.argsort(layer[id_column].astype(str).to_numpy(), kind="stable"), kind="stable")
    out = []
    for site_id, site in zip(sites["site_id"].astype(str), sites.geometry, strict=True):
        if site is None or site.is_empty:
            continue
        hits = sorted(numbers[tree.query(site, predicate="dwithin", distance=reach_m)].tolist(), key=lambda n: rank[n])
        out.append((site_id, site, {n: shapes[n] for n in hits}))
    return out


def _inside(site: Any, shape: Any, contact_m: float) -> Any:
    piece = shapely.intersection(site, shape)
    dimension = int(shapely.get_dimensions(site))
    if dimension == 2:
        return without_contact(polygonal(piece), contact_m)
    return linear(piece) if dimension == 1 else piece


def _size(geometry: Any) -> float:
    dimension = int(shapely.get_dimensions(geometry))
    if dimension == 2:
        return float(geometry.area)
    return float(geometry.length) if dimension == 1 else float(shapely.get_num_geometries(geometry))


def _sizes(piece: Any, whole: float) -> dict[str, Any]:
    dimension = int(shapely.get_dimensions(piece))
    return {
        "area_m2": float(piece.area) if dimension == 2 else 0.0,
        "length_m": float(piece.length) if dimension == 1 else 0.0,
        "share": _size(piece) / whole if whole else float("nan"),
        "geometry": piece,
    }


def _cover_row(site_id: str, face: Face, keys: Sequence[ZoneKey], whole: float) -> dict[str, Any]:
    row = {
        "site_id": site_id,
        "zones": tuple(sorted(keys[z] for z in face.zones)),
        "on_border": face.on_border,
        "sides": tuple(sorted(tuple(sorted(keys[z] for z in side)) for side in face.sides)),
    }
    sizes = _sizes(face.geometry, whole)
    return row | {column: sizes[column] for column in ("area_m2", "length_m", "share")}


def _merge_cover(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per site, set of zones and sides (multi-points may give several equal faces)."""
    merged: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        merged.setdefault((row["site_id"], row["zones"], row["sides"]), []).append(row)
    if not merged:
        return empty(COVER)
    out = []
    for group in merged.values():
        first = dict(group[0])
        for column in ("area_m2", "length_m", "share"):
            first[column] = math.fsum(r[column] for r in group)
        out.append(first)
    return pd.DataFrame(out)[[c.name for c in COVER]]


def _geo(rows: list[dict[str, Any]], contract: Sequence[Any], crs: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=[c.name for c in contract]) if rows else empty(contract)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)


def layer_facts(sites: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> dict[str, Any]:
    """What the checks must know of a layer beyond its evidence: rows that could not be measured, and where.

    Returns: ``lost`` — rows without any place (id, code, plan); ``quarantined`` — rows with a known bounding
    box, each with the ids of the sites it may touch; ``sites_outside`` — site id → distance in metres to the
    nearest measured row, for sites that touch none.
    """
    id_column = "zone_id" if "zone_id" in layer else "district_id"
    boxes = quarantined_boxes(layer)
    lost, quarantined = [], []
    placed = sites[sites.geometry.notna()]
    for index, row in layer[layer.geometry.isna()].iterrows():
        entry = {"id": str(row[id_column]), "code": str(row.get("zone_code", "")), "plan_id": str(row.get("plan_id", ""))}
        if index in boxes:
            touched = placed[placed.intersects(boxes[index])]["site_id"].astype(str)
            quarantined.append(entry | {"sites": frozenset(touched)})
        else:
            lost.append(entry)
    shapes = layer.geometry.dropna().to_numpy()
    outside: dict[str, float] = {}
    if len(shapes) and len(placed):
        tree = shapely.STRtree(shapes)
        (numbers, _), distances = tree.query_nearest(placed.geometry.to_numpy(), return_distance=True, all_matches=False)
        for number, distance in zip(numbers, distances, strict=True):
            if distance > 0:
                outside[str(placed["site_id"].iloc[number])] = float(distance)
    return {"lost": tuple(lost), "quarantined": tuple(quarantined), "sites_outside": outside, "rows": len(layer)}
