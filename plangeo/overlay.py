"""Measuring sites against zones and districts: all vector geometry of an assessment happens here.

Every site is *partitioned*: each spot of it carries the set of zones that lie there (none = uncovered
ground, several = overlapping zones or several plans). Shares of a partition add up to one whatever the
zones do, and the law (which plan prevails, which class governs) is then read off tables.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.engine.areas import ellipsoidal_area
from plangeo.engine.collection import without_collection
from plangeo.engine.drawing import shared_ground
from plangeo.engine.partition import CONTACT_WIDTH_M, Face, Partition, partition, without_contact
from plangeo.engine.plainground import PLAIN_COVER, PLAIN_EVIDENCE, measure_plain_ground, tabulate
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry import linear, polygonal, quarantined_boxes, widest_circle
from plangeo.labelpoints import label_rows
from plangeo.model import ZoneKey
from plangeo.tables import COVER, DISTRICT_EVIDENCE, EVIDENCE, empty

_SIZES = ("area_m2", "length_m", "share")


@dataclass(frozen=True)
class ZoneMeasure:
    """What measuring zones gives: see ``measure_zones``."""

    evidence: gpd.GeoDataFrame
    cover: pd.DataFrame
    widths: Mapping[tuple[str, str], float]
    doubts: Mapping[str, str]


@without_collection()
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

    Sites on ground that zones cover at most once are measured all together (``plangeo.engine.plainground``); those that meet an
    overlap, or a border they run along, are cut one by one (``plangeo.engine.partition``).

    Parameters: ``sites`` (tables.SITES) and ``zones`` (tables.ZONES, or made ready by ``plangeo.engine.zonelayer``), both in one
    metric CRS; rows without geometry are passed over. ``width_classes`` maps a class to the codes below it: the width of
    the total of that class is measured too, as the diameter of the widest circle inside (slow). ``contact_m``: strips up
    to this width in metres are contact, not overlap. ``threads`` changes nothing but the time; ``compiled`` as in
    ``plangeo.engine.pairs.measure_pairs``.
    Returns: ``evidence`` (tables.EVIDENCE, one row per site and zone; ``prevails`` still True everywhere),
    ``cover`` (tables.COVER), both in the order of the sites and of the zones' keys; ``widths`` (site_id, class) →
    metres; ``doubts`` site_id → which sum contradicts another, empty when every site adds up.
    """
    layer = zones if isinstance(zones, ZoneLayer) else ZoneLayer.of(zones, contact_m)
    shapes = sites.geometry.to_numpy()
    ids = sites["site_id"].astype(str).to_numpy(dtype=object)
    apart = frozenset(code for codes in (width_classes or {}).values() for code in codes)
    plain = measure_plain_ground(shapes, layer, apart=apart, contact_m=contact_m, threads=threads, compiled=compiled)
    tables = [tabulate(plain, layer, shapes)]
    widths: dict[tuple[str, str], float] = {}
    doubts: dict[str, str] = {}
    cut: dict[int, Partition] = {}
    for at in np.flatnonzero(~plain.settled & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)).tolist():
        found = cut[at] = partition(shapes[at], layer.near(shapes[at], contact_m), contact_m)
        if found.doubt:
            doubts[ids[at]] = found.doubt
        for zone_class, codes in (width_classes or {}).items():
            parts = [f.geometry for f in found.faces if any(layer.keys[z][1] in codes for z in f.zones)]
            if parts:
                widths[ids[at], zone_class] = _width(parts, shapes[at])
    if cut:
        tables.append(_tabulate_cut(cut, layer))
    evidence, cover = (_joined(both) for both in zip(*tables, strict=True))
    return ZoneMeasure(_evidence(evidence, layer, ids, sites), _cover(cover, ids), widths, doubts)


def _width(parts: Sequence[Any], site: Any) -> float:
    """The width in metres of the total of some parts; that of the whole site, so never less, where they cannot be joined.

    Parts are cut near the origin; where coordinates are coarser one of them may cross itself, and mending it may lose half of it.
    """
    try:
        return widest_circle(shapely.union_all(parts))
    except shapely.errors.GEOSException:
        return widest_circle(site)


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables under one another; empty ones have no say in the types."""
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def draw_evidence(
    evidence: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, layer: ZoneLayer, wanted: NDArray[np.bool_], *, threads: int = 1
) -> gpd.GeoDataFrame:
    """Return zone evidence with the ground drawn in the ``wanted`` rows, where only its size was measured."""
    missing = np.flatnonzero(evidence.geometry.isna() & wanted)
    if not len(missing):
        return evidence
    number = {key: n for n, key in enumerate(layer.keys)}
    place = {site_id: n for n, site_id in enumerate(sites["site_id"].astype(str).tolist())}
    rows = evidence.iloc[missing]
    keys = zip(*(rows[name].tolist() for name in ("plan_id", "zone_code", "zone_id")), strict=True)
    zones = np.fromiter((number[key] for key in keys), dtype=np.intp, count=len(rows))
    at = np.fromiter((place[site_id] for site_id in rows["site_id"].tolist()), dtype=np.intp, count=len(rows))
    geometry = evidence.geometry.to_numpy().copy()
    geometry[missing] = shared_ground(sites.geometry.to_numpy(), at, zones, layer, threads=threads)
    area = evidence["area_ellipsoidal_m2"].to_numpy().copy()
    area[missing] = ellipsoidal_area(gpd.GeoSeries(geometry[missing], crs=evidence.crs)).to_numpy()
    out = evidence.assign(area_ellipsoidal_m2=area)
    return out.set_geometry(gpd.GeoSeries(geometry, index=evidence.index, crs=evidence.crs))


def _tabulate_cut(cut: Mapping[int, Partition], layer: ZoneLayer) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evidence and cover of the sites that were cut one by one, as ``plainground.tabulate`` has them."""
    evidence: list[dict[str, Any]] = []
    cover: list[dict[str, Any]] = []
    for at, found in cut.items():
        whole = math.fsum(_size(face.geometry) for face in found.faces)  # the parts on a snapped grid differ by rounding
        borders = {z for f in found.faces if f.on_border for z in f.zones}
        for zone in sorted(found.pieces, key=lambda z: layer.rank[z]):
            evidence.append({"at": at, "zone": zone, "on_border": zone in borders} | _sizes(found.pieces[zone], whole))
        faces = _merged([_cover_row(face, layer.keys, whole) for face in found.faces])
        cover += [{"at": at, "rank": n} | face for n, face in enumerate(faces)]
    return pd.DataFrame(evidence, columns=list(PLAIN_EVIDENCE)), pd.DataFrame(cover, columns=list(PLAIN_COVER))


def _evidence(table: pd.DataFrame, layer: ZoneLayer, ids: NDArray[Any], sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zone evidence in the order of the sites and of the zones' keys."""
    if not len(table):
        return _geo([], EVIDENCE, sites.crs)
    table = table.sort_values("at", kind="stable", ignore_index=True)
    at, zone = table["at"].to_numpy(dtype=int), table["zone"].to_numpy(dtype=int)
    ground = gpd.GeoSeries(table["geometry"].to_numpy(dtype=object), crs=sites.crs)
    named = {"plan_id": 0, "zone_id": 2, "zone_code": 1}
    shown: dict[str, Any] = {"site_id": _texts(ids).take(at)}
    shown |= {name: _texts([key[n] for key in layer.keys]).take(zone) for name, n in named.items()} | {"prevails": True}
    shown |= {name: table[name].to_numpy() for name in (*_SIZES, "on_border")}
    # Equal to 1e-5 within 10 km; ground that was drawn is measured itself.
    own = ellipsoidal_area(sites.geometry).to_numpy()[at] * table["share"].to_numpy()
    drawn = table["share"].to_numpy() < 1
    frame = pd.DataFrame(shown)
    frame["area_ellipsoidal_m2"] = np.where(ground.notna() & drawn, ellipsoidal_area(ground.where(drawn)).to_numpy(), own)
    frame["geometry"] = ground.to_numpy()
    return gpd.GeoDataFrame(frame[[c.name for c in EVIDENCE]], geometry="geometry", crs=sites.crs)


def _cover(table: pd.DataFrame, ids: NDArray[Any]) -> pd.DataFrame:
    if not len(table):
        return empty(COVER)
    table = table.sort_values(["at", "rank"], kind="stable", ignore_index=True)
    return table.assign(site_id=_texts(ids).take(table["at"].to_numpy(dtype=int)))[[c.name for c in COVER]]


def _texts(values: Sequence[Any] | NDArray[Any]) -> Any:
    return pd.array(list(values), dtype="str")


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


def covered_shares(evidence: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> dict[str, float]:
    """Return site_id → the share of it that lies in units, of sites (lines and areas) in several: what lies in two of them, as where
    a map draws communes and their district, counts once.
    """
    ids = evidence["site_id"].astype(str)
    shapes = dict(zip(sites["site_id"].astype(str), sites.geometry, strict=True))
    pieces = evidence.geometry[ids.duplicated(keep=False).to_numpy()]
    found = {}
    for site_id, some in pieces.groupby(ids[pieces.index]):
        whole = _size(shapely.union_all([shapes[str(site_id)]]))  # a line counts once where it runs twice
        if shapely.get_dimensions(shapes[str(site_id)]) > 0 and whole > 0:
            found[str(site_id)] = _size(shapely.union_all(some.to_numpy())) / whole
    return found


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


def _cover_row(face: Face, keys: Sequence[ZoneKey], whole: float) -> dict[str, Any]:
    sizes = _sizes(face.geometry, whole)
    return {
        "zones": tuple(sorted(keys[z] for z in face.zones)),
        "on_border": face.on_border,
        "sides": tuple(sorted(tuple(sorted(keys[z] for z in side)) for side in face.sides)),
    } | {column: sizes[column] for column in _SIZES}


def _merged(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per set of zones and sides, in their order (multi-points may give several equal faces)."""
    equal: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        equal.setdefault((row["zones"], row["sides"]), []).append(row)
    return [group[0] | {column: math.fsum(r[column] for r in group) for column in _SIZES} for _, group in sorted(equal.items())]


def _geo(rows: list[dict[str, Any]], contract: Sequence[Any], crs: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=[c.name for c in contract]) if rows else empty(contract)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)


def layer_facts(
    sites: gpd.GeoDataFrame,
    layer: gpd.GeoDataFrame,
    *,
    tree: Any = None,
    reached: Collection[str] = (),
    tolerances: Mapping[str, float | None] | None = None,
) -> dict[str, Any]:
    """What the checks must know of a layer beyond its evidence: rows that could not be measured, and where.

    Parameters: ``tree``, an index over the measured rows or their pieces, where somebody has made it already; ``reached``,
    the ids of sites that are known to touch a row; ``tolerances``, how far (m) the borders of each plan may be off: a row set
    aside may touch sites that lie as near to its box as that and their own accuracy allow.
    Returns: ``lost`` — rows without any place (id, code, plan); ``quarantined`` — rows with a known bounding
    box, each with the ids of the sites it may touch; ``sites_outside`` — site id → distance in metres to the
    nearest measured row, for sites that touch none.
    """
    id_column = "zone_id" if "zone_id" in layer else "district_id"
    boxes = quarantined_boxes(layer)
    lost, quarantined = [], []
    placed = sites[sites.geometry.notna()]
    own = _accuracies(placed)
    # of a plan that states nothing nobody can say that it is more exact than the others
    coarsest = max((t for t in (tolerances or {}).values() if t is not None), default=0.0)
    for index, row in layer[layer.geometry.isna().to_numpy() & ~label_rows(layer)].iterrows():
        entry = {"id": str(row[id_column]), "code": str(row.get("zone_code", "")), "plan_id": str(row.get("plan_id", ""))}
        if index in boxes:
            near = shapely.distance(placed.geometry.to_numpy(), boxes[index])
            stated = (tolerances or {}).get(entry["plan_id"])
            slack = 0.0 if tolerances is None else own + (coarsest if stated is None else stated)
            touched = placed["site_id"].astype(str)[(near == 0) | (near < slack)]
            quarantined.append(entry | {"sites": frozenset(touched)})
        else:
            lost.append(entry)
    asked = placed[~placed["site_id"].isin(list(reached))]
    tree = shapely.STRtree(layer.geometry.dropna().to_numpy()) if tree is None else tree
    outside: dict[str, float] = {}
    if len(tree.geometries) and len(asked):
        (at, _), gap = tree.query_nearest(asked.geometry.to_numpy(), return_distance=True, all_matches=False)
        ids = asked["site_id"].astype(str).to_numpy(dtype=object)
        outside = {site_id: distance for site_id, distance in zip(ids[at].tolist(), gap.tolist(), strict=True) if distance > 0}
    return {"lost": tuple(lost), "quarantined": tuple(quarantined), "sites_outside": outside, "rows": len(layer)}


def _accuracies(sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """How far each site may be off (m); 0 where nobody says."""
    stated = pd.to_numeric(pd.Series(sites.get("accuracy_m", 0.0), index=sites.index), errors="coerce").to_numpy(dtype=float)
    return np.where((stated > 0) & np.isfinite(stated), stated, 0.0)
