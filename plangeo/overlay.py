"""Measuring sites against zones and districts: all vector geometry of an assessment happens here.

Every site is *partitioned*: each spot of it carries the set of zones that lie there (none = uncovered
ground, several = overlapping zones or several plans). Shares of a partition add up to one whatever the
zones do, and the law (which plan prevails, which class governs) is then read off tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.geometry import ellipsoidal_area, linear, polygonal, quarantined_boxes, widest_circle
from plangeo.model import ZoneKey
from plangeo.tables import COVER, DISTRICT_EVIDENCE, EVIDENCE, empty

# Two shapes that share a border overlap by rounding noise only: up to this width along the site's own outline.
CONTACT_WIDTH_M = 1e-6


@dataclass(frozen=True)
class Face:
    """A part of a site on which the same zones lie everywhere."""

    zones: tuple[int, ...]
    geometry: Any
    on_border: bool = False


def measure_zones(
    sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, *, width_classes: Mapping[str, frozenset[str]] | None = None
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, dict[tuple[str, str], float]]:
    """Measure which part of every site lies on which zone.

    Parameters: ``sites`` (tables.SITES) and ``zones`` (tables.ZONES), both in one metric CRS; rows without
    geometry are passed over. ``width_classes`` maps a class to the codes below it: the width of the total of
    that class is measured too, as the diameter of the widest circle inside (slow).
    Returns: evidence (tables.EVIDENCE, one row per site and zone; ``prevails`` still True everywhere), the cover
    (tables.COVER), both in the order of the sites and of the zone ids, and (site_id, class) → width in metres.
    """
    keys: list[ZoneKey] = list(
        zip(zones["plan_id"].astype(str), zones["zone_code"].astype(str), zones["zone_id"].astype(str), strict=True)
    )
    evidence: list[dict[str, Any]] = []
    cover: list[dict[str, Any]] = []
    widths: dict[tuple[str, str], float] = {}
    for site_id, site, candidates in _pairs(sites, zones):
        is_line = shapely.get_dimensions(site) == 1
        pieces = {} if is_line else _pieces(site, candidates)
        faces = partition(site, candidates, pieces)
        if is_line:
            pieces = {n: _collected(faces, n) for f in faces for n in f.zones}
        whole = _size(site)
        for face in faces:
            cover.append(_cover_row(site_id, face, keys, whole))
        for zone_class, codes in (width_classes or {}).items():
            parts = [f.geometry for f in faces if any(keys[z][1] in codes for z in f.zones)]
            if parts:
                widths[site_id, zone_class] = widest_circle(shapely.union_all(parts))
        borders = {z for f in faces if f.on_border for z in f.zones}
        for zone in sorted(pieces, key=lambda z: keys[z]):
            plan_id, zone_code, zone_id = keys[zone]
            row = {"site_id": site_id, "plan_id": plan_id, "zone_id": zone_id, "zone_code": zone_code}
            evidence.append(row | _sizes(pieces[zone], whole) | {"prevails": True, "on_border": zone in borders})
    frame = _geo(evidence, EVIDENCE, sites.crs)
    frame["area_ellipsoidal_m2"] = ellipsoidal_area(frame.geometry).to_numpy() if len(frame) else 0.0
    return frame, _merge_cover(cover), widths


def measure_districts(sites: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Measure which part of every site lies in which district; both frames in one metric CRS.

    Returns: tables.DISTRICT_EVIDENCE, one row per site and district, the largest share first.
    """
    rows: list[dict[str, Any]] = []
    ids, names = districts["district_id"].astype(str).tolist(), districts["district_name"].astype(str).tolist()
    for site_id, site, candidates in _pairs(sites, districts):
        whole = _size(site)
        found = []
        for number, shape in candidates.items():
            piece = _inside(site, shape)
            if piece.is_empty or _size(piece) <= _noise(site):
                continue
            found.append({"site_id": site_id, "district_id": ids[number], "district_name": names[number], **_sizes(piece, whole)})
        rows += sorted(found, key=lambda r: (-r["share"], r["district_id"]))
    return _geo(rows, DISTRICT_EVIDENCE, sites.crs)


def partition(site: Any, candidates: Mapping[int, Any], pieces: Mapping[int, Any] | None = None) -> list[Face]:
    """Cut one site into faces: disjoint, together the whole site, each with the zones that lie there.

    ``pieces`` are the candidates' parts inside the site, when they are known already.

    >>> site, left, right = shapely.box(0, 0, 2, 1), shapely.box(-1, 0, 1, 1), shapely.box(0.5, 0, 1.5, 1)
    >>> [(f.zones, f.geometry.area) for f in partition(site, {0: left, 1: right})]
    [((), 0.5), ((0,), 0.5), ((0, 1), 0.5), ((1,), 0.5)]
    """
    dimension = int(shapely.get_dimensions(site))
    if dimension == 0:
        return _partition_points(site, candidates)
    if dimension == 1:
        return _partition_line(site, candidates)
    return _partition_polygon(site, _pieces(site, candidates) if pieces is None else pieces)


def _pieces(site: Any, candidates: Mapping[int, Any]) -> dict[int, Any]:
    """Return the part of the site in each candidate, without those that only touch it."""
    found = {number: _inside(site, zone) for number, zone in candidates.items()}
    noise = _noise(site)
    return {number: piece for number, piece in found.items() if not piece.is_empty and _size(piece) > noise}


def _partition_polygon(site: Any, pieces: Mapping[int, Any]) -> list[Face]:
    noise = _noise(site)
    faces: list[tuple[tuple[int, ...], Any]] = [((), site)]
    for number, piece in pieces.items():
        split: list[tuple[tuple[int, ...], Any]] = []
        for zones, shape in faces:
            inside = polygonal(shapely.intersection(shape, piece))
            if inside.is_empty or inside.area <= noise:
                split.append((zones, shape))
                continue
            outside = polygonal(shapely.difference(shape, piece))
            if outside.is_empty or outside.area <= noise:
                split.append(((*zones, number), shape))  # the whole face, so that shares still add up to one
            else:
                split += [((*zones, number), inside), (zones, outside)]
        faces = split
    return [Face(zones, shape) for zones, shape in sorted(faces, key=lambda f: f[0])]


def _partition_line(site: Any, candidates: Mapping[int, Any]) -> list[Face]:
    """Like polygons, by length; a run along a zone's border carries every zone it touches and ``on_border``.

    Each straight segment is cut by its own positions. Intersecting line with line instead loses runs, because
    a cut point is rounded and no longer lies on the line it was cut from.
    """
    segments = _segments(site)
    borders = {number: shapely.boundary(zone) for number, zone in candidates.items()}
    for border in borders.values():
        shapely.prepare(border)
    inside = {number: shapely.intersection(segments, zone) for number, zone in candidates.items()}
    runs: dict[tuple[tuple[int, ...], bool], list[Any]] = {}
    for i, segment in enumerate(segments):
        spans = {number: _spans(segment, cut[i]) for number, cut in inside.items()}
        start, end = shapely.get_coordinates(segment)
        for low, high in _steps(segment.length, spans):
            probes = [shapely.Point(start + (end - start) * (low + (high - low) * f) / segment.length) for f in (0.25, 0.5, 0.75)]
            along = {n for n, border in borders.items() if all(shapely.dwithin(border, q, CONTACT_WIDTH_M) for q in probes)}
            middle = (low + high) / 2
            within = {n for n, found in spans.items() if any(a <= middle <= b for a, b in found)}
            ends = [start + (end - start) * at / segment.length for at in (low, high)]
            runs.setdefault((tuple(n for n in candidates if n in within | along), bool(along)), []).append(
                shapely.LineString(ends)
            )
    return [
        Face(zones, shapely.line_merge(shapely.MultiLineString(parts)), edge) for (zones, edge), parts in sorted(runs.items())
    ]


def _collected(faces: Sequence[Face], zone: int) -> Any:
    """The runs in one zone; collected and not dissolved, so that a road driven twice counts twice, as in its length."""
    return shapely.MultiLineString([p for f in faces if zone in f.zones for p in shapely.get_parts(f.geometry)])


def _segments(line: Any) -> Any:
    pairs = [
        xy[i : i + 2] for part in shapely.get_parts(line) for xy in [shapely.get_coordinates(part)] for i in range(len(xy) - 1)
    ]
    found = np.asarray(shapely.linestrings(np.array(pairs)))
    return found[shapely.length(found) > 0]


def _spans(segment: Any, cut: Any) -> list[tuple[float, float]]:
    """Where along the segment, in metres from its start, the parts of ``cut`` lie."""
    start, end = shapely.get_coordinates(segment)
    direction = (end - start) / segment.length
    found = []
    for part in shapely.get_parts(linear(cut)):
        if part.is_empty:
            continue
        positions = (shapely.get_coordinates(part) - start) @ direction
        found.append((float(positions.min()), float(positions.max())))
    return found


def _steps(length: float, spans: Mapping[int, Sequence[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Cut ``length`` at every end of a span; ends closer than rounding noise are one."""
    marks = [0.0]
    for position in sorted(p for found in spans.values() for span in found for p in span):
        if position - marks[-1] > CONTACT_WIDTH_M and length - position > CONTACT_WIDTH_M:
            marks.append(position)
    marks.append(length)
    return list(pairwise(marks))


def _partition_points(site: Any, candidates: Mapping[int, Any]) -> list[Face]:
    faces = []
    for point in shapely.get_parts(site):
        zones = tuple(n for n, zone in candidates.items() if shapely.intersects(zone, point))
        on_border = any(shapely.intersects(shapely.boundary(candidates[n]), point) for n in zones)
        faces.append(Face(zones, point, on_border))
    return sorted(faces, key=lambda f: (f.zones, f.on_border, f.geometry.x, f.geometry.y))


def _pairs(sites: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> list[tuple[str, Any, dict[int, Any]]]:
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
        hits = sorted(numbers[tree.query(site, predicate="intersects")].tolist(), key=lambda n: rank[n])
        out.append((site_id, site, {n: shapes[n] for n in hits}))
    return out


def _inside(site: Any, shape: Any) -> Any:
    piece = shapely.intersection(site, shape)
    dimension = int(shapely.get_dimensions(site))
    return polygonal(piece) if dimension == 2 else linear(piece) if dimension == 1 else piece


def _size(geometry: Any) -> float:
    dimension = int(shapely.get_dimensions(geometry))
    if dimension == 2:
        return float(geometry.area)
    return float(geometry.length) if dimension == 1 else float(shapely.get_num_geometries(geometry))


def _noise(site: Any) -> float:
    """Area (m²) or length (m) below which two shapes only touch; no point is ever noise."""
    dimension = int(shapely.get_dimensions(site))
    if dimension == 2:
        return CONTACT_WIDTH_M * float(site.length)
    return CONTACT_WIDTH_M if dimension == 1 else -1.0


def _sizes(piece: Any, whole: float) -> dict[str, Any]:
    dimension = int(shapely.get_dimensions(piece))
    return {
        "area_m2": float(piece.area) if dimension == 2 else 0.0,
        "length_m": float(piece.length) if dimension == 1 else 0.0,
        "share": _size(piece) / whole if whole else float("nan"),
        "geometry": piece,
    }


def _cover_row(site_id: str, face: Face, keys: Sequence[ZoneKey], whole: float) -> dict[str, Any]:
    row = {"site_id": site_id, "zones": tuple(sorted(keys[z] for z in face.zones)), "on_border": face.on_border}
    sizes = _sizes(face.geometry, whole)
    return row | {column: sizes[column] for column in ("area_m2", "length_m", "share")}


def _merge_cover(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per site, set of zones and border flag (multi-points may give several equal faces)."""
    merged: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        merged.setdefault((row["site_id"], row["zones"], row["on_border"]), []).append(row)
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
