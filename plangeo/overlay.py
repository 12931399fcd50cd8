"""Measuring sites against zones and districts: all vector geometry of an assessment happens here.

Every site is *partitioned*: each spot of it carries the set of zones that lie there (none = uncovered
ground, several = overlapping zones or several plans). Shares of a partition add up to one whatever the
zones do, and the law (which plan prevails, which class governs) is then read off tables.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.geometry import ellipsoidal_area, linear, polygonal, quarantined_boxes, widest_circle
from plangeo.model import ZoneKey
from plangeo.pairs import measure_pairs
from plangeo.partition import CONTACT_WIDTH_M, Face, Partition, partition, without_contact
from plangeo.tables import COVER, DISTRICT_EVIDENCE, EVIDENCE, empty
from plangeo.zonelayer import ZoneLayer

# Parts of a site that is covered once add up to it within this share.
_SUM_KEPT = 1e-9
_SIZES = ("area_m2", "length_m", "share")


@dataclass(frozen=True)
class ZoneMeasure:
    """What measuring zones gives: see ``measure_zones``."""

    evidence: gpd.GeoDataFrame
    cover: pd.DataFrame
    widths: Mapping[tuple[str, str], float]
    doubts: Mapping[str, str]


def measure_zones(
    sites: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame | ZoneLayer,
    *,
    width_classes: Mapping[str, frozenset[str]] | None = None,
    contact_m: float = CONTACT_WIDTH_M,
    threads: int = 1,
    compiled: bool | None = None,
) -> ZoneMeasure:
    """Measure which part of every site lies on which zone.

    Sites on ground that zones cover exactly once are measured all together (``plangeo.pairs``); those that meet an
    overlap, a gap, an edge of the plan or a border they run along are cut one by one (``plangeo.partition``).

    Parameters: ``sites`` (tables.SITES) and ``zones`` (tables.ZONES, or made ready by ``plangeo.zonelayer``), both in one
    metric CRS; rows without geometry are passed over. ``width_classes`` maps a class to the codes below it: the width of
    the total of that class is measured too, as the diameter of the widest circle inside (slow). ``contact_m``: strips up
    to this width in metres are contact, not overlap. ``threads`` changes nothing but the time; ``compiled`` as in
    ``plangeo.pairs.measure_pairs``.
    Returns: ``evidence`` (tables.EVIDENCE, one row per site and zone; ``prevails`` still True everywhere),
    ``cover`` (tables.COVER), both in the order of the sites and of the zones' keys; ``widths`` (site_id, class) →
    metres; ``doubts`` site_id → which sum contradicts another, empty when every site adds up.
    """
    layer = zones if isinstance(zones, ZoneLayer) else ZoneLayer.of(zones)
    ids, shapes = sites["site_id"].astype(str).tolist(), sites.geometry.to_numpy()
    plain = _measure_plainly(shapes, layer, width_classes or {}, contact_m, threads, compiled)
    evidence: list[dict[str, Any]] = []
    cover: list[dict[str, Any]] = []
    widths: dict[tuple[str, str], float] = {}
    doubts: dict[str, str] = {}
    for row, (site_id, site) in enumerate(zip(ids, shapes, strict=True)):
        if site is None or site.is_empty:
            continue
        if row in plain:
            told = _plain_rows(site_id, site, plain[row], layer)
        else:
            found = partition(site, layer.near(site, contact_m), contact_m)
            told = _partition_rows(site_id, site, found, layer)
            if found.doubt:
                doubts[site_id] = found.doubt
            for zone_class, codes in (width_classes or {}).items():
                parts = [f.geometry for f in found.faces if any(layer.keys[z][1] in codes for z in f.zones)]
                if parts:
                    widths[site_id, zone_class] = widest_circle(shapely.union_all(parts))
        evidence += told[0]
        cover += told[1]
    frame = _geo(evidence, EVIDENCE, sites.crs)
    frame["area_ellipsoidal_m2"] = _ellipsoidal(frame, sites)
    return ZoneMeasure(frame, _merge_cover(cover), widths, doubts)


def draw_evidence(
    evidence: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, layer: ZoneLayer, site_ids: Collection[str]
) -> gpd.GeoDataFrame:
    """Return zone evidence with the ground of these sites drawn, where only its size was measured; from the original shapes."""
    missing = evidence.geometry.isna() & evidence["site_id"].isin(set(site_ids))
    if not missing.any():
        return evidence
    shapes = dict(zip(sites["site_id"].astype(str), sites.geometry, strict=True))
    number = {key: n for n, key in enumerate(layer.keys)}
    near: dict[str, Mapping[int, Any]] = {}
    geometry = evidence.geometry.to_numpy().copy()
    keys = zip(evidence["site_id"], evidence["plan_id"], evidence["zone_code"], evidence["zone_id"], strict=True)
    for at, (site_id, *key) in enumerate(keys):
        if missing.iloc[at]:
            around = near.setdefault(site_id, layer.near(shapes[site_id], 0.0))
            geometry[at] = _inside(shapes[site_id], around[number[tuple(key)]], CONTACT_WIDTH_M)
    out = evidence.set_geometry(gpd.GeoSeries(geometry, index=evidence.index, crs=evidence.crs))
    out.loc[missing, "area_ellipsoidal_m2"] = ellipsoidal_area(out.geometry[missing]).to_numpy()
    return out


def _measure_plainly(
    shapes: NDArray[Any],
    layer: ZoneLayer,
    width_classes: Mapping[str, frozenset[str]],
    contact_m: float,
    threads: int,
    compiled: bool | None,
) -> dict[int, list[tuple[int, float]]]:
    """Return site row → [(zone row, size)] for the sites on ground that zones cover exactly once, or nowhere.

    Such ground meets no edge that a neighbour does not share, so it is covered equally often everywhere, and the sum
    of the sizes says how often. A single point needs no such proof: it lies in the zones it lies in.
    """
    found = measure_pairs(shapes, layer.pieces, threads=threads, contact_m=contact_m, compiled=compiled)
    sizes: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for site, zone, size in zip(found.sites.tolist(), found.zones.tolist(), found.measure.tolist(), strict=True):
        sizes[site].append((zone, size))
    kinds = shapely.get_type_id(shapes)
    areal = shapely.get_dimensions(shapes) == 2
    doubtful = np.zeros(len(shapes), dtype=bool)
    doubtful[found.unsettled] = True
    extended = np.flatnonzero(np.isin(kinds, (1, 3)))
    met = layer.edge_tree.query(shapes[extended], predicate="intersects")[0]
    doubtful[extended[met]] = True
    doubtful |= ~np.isin(kinds, (0, 1, 3))
    wide = {code for codes in width_classes.values() for code in codes}
    whole = np.where(areal, shapely.area(shapes), shapely.length(shapes))
    noise = contact_m * np.where(areal, shapely.length(shapes), 1.0)
    plain: dict[int, list[tuple[int, float]]] = {}
    for row in np.flatnonzero(~doubtful).tolist():
        zones = sizes.get(row, [])
        if kinds[row] != 0:
            total = math.fsum(size for _, size in zones)
            covered = not zones or abs(total - whole[row]) <= _SUM_KEPT * whole[row]
            clear = all(size > noise[row] for _, size in zones)
            if not covered or not clear or any(layer.keys[zone][1] in wide for zone, _ in zones):
                continue
        plain[row] = sorted(zones, key=lambda z: layer.rank[z[0]])
    return plain


def _plain_rows(
    site_id: str, site: Any, zones: Sequence[tuple[int, float]], layer: ZoneLayer
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Evidence and cover of a site measured plainly; only ground that is the whole site is drawn at once."""
    dimension = int(shapely.get_dimensions(site))
    keys = [layer.keys[zone] for zone, _ in zones]
    if dimension == 0 or len(zones) < 2:
        sizes = [_sizes(site, _size(site))] * len(zones)
        faces = [(tuple(keys), _sizes(site, _size(site)))]
    else:
        total = math.fsum(size for _, size in zones)
        column = "area_m2" if dimension == 2 else "length_m"
        blank = {"area_m2": 0.0, "length_m": 0.0, "geometry": None}
        sizes = [blank | {column: size, "share": size / total} for _, size in zones]
        faces = [((key,), size) for key, size in zip(keys, sizes, strict=True)]
    evidence = [
        {"site_id": site_id, "plan_id": key[0], "zone_id": key[2], "zone_code": key[1], "prevails": True, "on_border": False}
        | size
        for key, size in zip(keys, sizes, strict=True)
    ]
    cover = [
        {"site_id": site_id, "zones": lying, "on_border": False, "sides": ()} | {c: size[c] for c in _SIZES}
        for lying, size in faces
    ]
    return evidence, cover


def _partition_rows(
    site_id: str, site: Any, found: Partition, layer: ZoneLayer
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    whole = math.fsum(_size(face.geometry) for face in found.faces)  # the parts on a snapped grid differ by rounding
    cover = [_cover_row(site_id, face, layer.keys, whole) for face in found.faces]
    borders = {z for f in found.faces if f.on_border for z in f.zones}
    evidence = []
    for zone in sorted(found.pieces, key=lambda z: layer.keys[z]):
        plan_id, zone_code, zone_id = layer.keys[zone]
        row = {"site_id": site_id, "plan_id": plan_id, "zone_id": zone_id, "zone_code": zone_code}
        evidence.append(row | _sizes(found.pieces[zone], whole) | {"prevails": True, "on_border": zone in borders})
    return evidence, sorted(cover, key=lambda r: (r["zones"], r["sides"]))


def _ellipsoidal(evidence: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> NDArray[Any]:
    """Area on the ellipsoid: of the ground where it is drawn, else the share of the site's own (equal to 1e-5 within 10 km)."""
    if not len(evidence):
        return np.empty(0)
    areas = ellipsoidal_area(evidence.geometry).to_numpy().copy()
    bare = evidence.geometry.isna().to_numpy()
    if bare.any():
        wanted = sites[sites["site_id"].astype(str).isin(set(evidence.loc[bare, "site_id"]))]
        own = dict(zip(wanted["site_id"].astype(str), ellipsoidal_area(wanted.geometry), strict=True))
        areas[bare] = [
            own[s] * share for s, share in zip(evidence.loc[bare, "site_id"], evidence.loc[bare, "share"], strict=True)
        ]
    return areas


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
