"""Cutting one site into faces: disjoint parts, together the whole site, each with the zones that lie there.

Best practice: cut near a local origin, prove the parts against the whole, and say so when they do not fit.
Anti-pattern: believing one overlay call; with nearly collinear edges it can return an area that is not there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException

from plangeo.geometry import linear, polygonal

# Two shapes that share a border overlap by rounding noise only: strips up to this width are contact.
CONTACT_WIDTH_M = 1e-6
# Reprojection moves shared borders apart by up to this much, because each side was densified by itself.
REPROJECTED_CONTACT_M = 2e-3
# When the plain overlay contradicts itself, it is repeated on this grid (metres), where GEOS is robust.
SNAP_GRID_M = 1e-6
# Zones with more vertices are first clipped to the site's surroundings.
_LARGE = 500
_MARGIN_M = 1.0


@dataclass(frozen=True)
class Face:
    """A part of a site on which the same zones lie everywhere.

    ``sides`` is empty inside; on a border it holds the zones of every side, an empty tuple for bare ground.
    """

    zones: tuple[int, ...]
    geometry: Any
    sides: tuple[tuple[int, ...], ...] = ()

    @property
    def on_border(self) -> bool:
        """True where the part runs along, or lies on, the border of a zone."""
        return bool(self.sides)


@dataclass(frozen=True)
class Partition:
    """The faces of one site, what of it each zone covers, and a ``doubt`` when the sums do not fit."""

    faces: tuple[Face, ...]
    pieces: Mapping[int, Any]
    doubt: str = ""


def partition(site: Any, candidates: Mapping[int, Any], contact_m: float = CONTACT_WIDTH_M) -> Partition:
    """Cut one site (point, line or polygon, single or multi) by the zones that may meet it.

    Parameters: ``site`` and ``candidates`` (number → polygon) in one metric CRS; ``contact_m`` the width in
    metres up to which a strip is contact and not overlap.

    >>> site, left, right = shapely.box(0, 0, 2, 1), shapely.box(-1, 0, 1, 1), shapely.box(0.5, 0, 1.5, 1)
    >>> [(f.zones, f.geometry.area) for f in partition(site, {0: left, 1: right}).faces]
    [((), 0.5), ((0,), 0.5), ((0, 1), 0.5), ((1,), 0.5)]
    """
    west, south, east, north = site.bounds
    origin = np.floor([(west + east) / 2, (south + north) / 2])
    here = _moved(site, -origin)
    near = {n: _moved(_clipped(zone, site.bounds), -origin) for n, zone in candidates.items()}
    cut = (_cut_points, _cut_line, _cut_polygon)[int(shapely.get_dimensions(site))]
    found = cut(here, near, contact_m)
    return replace(
        found,
        faces=tuple(replace(f, geometry=_moved(f.geometry, origin)) for f in found.faces),
        pieces={n: _moved(piece, origin) for n, piece in found.pieces.items()},
    )


def without_contact(piece: Any, contact_m: float) -> Any:
    """Return a polygon without its parts that are thinner than ``contact_m``; a strip's width is twice area ÷ perimeter.

    >>> strip, ground = shapely.box(0, 0, 1e-7, 100), shapely.box(10, 0, 12, 2)
    >>> without_contact(shapely.union(strip, ground), 1e-6).area
    4.0
    """
    if piece.is_empty:
        return piece
    parts = shapely.get_parts(piece)
    kept = parts[shapely.area(parts) > contact_m * shapely.length(parts) / 2]
    if len(kept) == len(parts):
        return piece
    return shapely.MultiPolygon(list(kept)) if len(kept) > 1 else kept[0] if len(kept) else shapely.Polygon()


def _moved(geometry: Any, by: Any) -> Any:
    """Shift by whole metres, which is exact; near the origin GEOS has a hundred thousand times finer coordinates."""
    return shapely.transform(geometry, lambda xy: xy + by)


def _clipped(zone: Any, bounds: tuple[float, float, float, float]) -> Any:
    if shapely.get_num_coordinates(zone) <= _LARGE:
        return zone
    west, south, east, north = bounds
    cut = shapely.clip_by_rect(zone, west - _MARGIN_M, south - _MARGIN_M, east + _MARGIN_M, north + _MARGIN_M)
    return polygonal(cut) if shapely.is_valid(cut) else zone


def _cut_polygon(site: Any, zones: Mapping[int, Any], contact_m: float) -> Partition:
    try:
        plain = _faces_of_polygon(site, zones, contact_m, None)
        if not plain.doubt:
            return plain
    except GEOSException:  # edges that nearly coincide; on the grid they do, or do not
        pass
    return _faces_of_polygon(site, zones, contact_m, SNAP_GRID_M)


def _faces_of_polygon(site: Any, zones: Mapping[int, Any], contact_m: float, grid_m: float | None) -> Partition:
    pieces = {
        n: without_contact(polygonal(shapely.intersection(site, zone, grid_size=grid_m)), contact_m) for n, zone in zones.items()
    }
    pieces = {n: piece for n, piece in pieces.items() if not piece.is_empty}
    faces: list[tuple[tuple[int, ...], Any, tuple[float, ...]]] = [((), site, site.bounds)]
    for number, piece in pieces.items():
        bounds = piece.bounds
        far = [face for face in faces if _apart(face[2], bounds)]
        split: list[tuple[tuple[int, ...], Any]] = []
        for carried, shape, _ in (face for face in faces if not _apart(face[2], bounds)):
            covered = polygonal(shapely.intersection(shape, piece, grid_size=grid_m))
            if without_contact(covered, contact_m).is_empty:
                split.append((carried, shape))
                continue
            rest = polygonal(shapely.difference(shape, piece, grid_size=grid_m))
            if without_contact(rest, contact_m).is_empty:
                split.append(((*carried, number), shape))  # the whole face, so that shares still add up to one
            else:
                split += [((*carried, number), covered), (carried, rest)]
        faces = far + [(carried, shape, shape.bounds) for carried, shape in split]
    found = tuple(Face(carried, shape) for carried, shape, _ in sorted(faces, key=lambda f: f[0]))
    return Partition(found, pieces, _contradiction(site, zones, pieces, found, contact_m, grid_m))


def _apart(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


def _contradiction(
    site: Any, zones: Mapping[int, Any], pieces: Mapping[int, Any], faces: Sequence[Face], contact_m: float, grid_m: float | None
) -> str:
    """Say which sum fails: faces = site, faces with a zone = its piece, piece + rest = site, piece ≤ zone."""
    slack = max(contact_m, grid_m or 0.0)
    whole = float(site.area)
    bound = 4 * slack * float(site.length + sum(p.length for p in pieces.values())) + 1e-9 * whole
    total = math.fsum(f.geometry.area for f in faces)
    if abs(total - whole) > bound:
        return f"parts {total:.6f} m² ≠ site {whole:.6f} m²"
    for number, zone in zones.items():
        piece = float(pieces[number].area) if number in pieces else 0.0
        summed = math.fsum(f.geometry.area for f in faces if number in f.zones)
        rest = float(polygonal(shapely.difference(site, zone, grid_size=grid_m)).area)
        if abs(summed - piece) > bound or abs(piece + rest - whole) > bound or piece > float(zone.area) + bound:
            return f"part inside {piece:.6f} m², parts summed {summed:.6f} m², outside {rest:.6f} m² of {whole:.6f} m²"
    return ""


def _cut_line(site: Any, zones: Mapping[int, Any], contact_m: float) -> Partition:
    """Like polygons, by length; a run along a zone's border carries every zone of either side.

    Each straight segment is cut by its own positions. Intersecting line with line instead loses runs, because
    a cut point is rounded and no longer lies on the line it was cut from.
    """
    segments = _segments(site)
    borders = {n: shapely.boundary(zone) for n, zone in zones.items()}
    for shape in (*borders.values(), *zones.values()):
        shapely.prepare(shape)
    cuts = {n: shapely.intersection(segments, zone) for n, zone in zones.items()}
    # Most zones are far from most segments: only those near one are asked again.
    meets = {n: shapely.intersects(zone, segments) for n, zone in zones.items()}
    touches = {n: shapely.dwithin(border, segments, contact_m) for n, border in borders.items()}
    runs: dict[tuple[tuple[int, ...], tuple[tuple[int, ...], ...]], list[Any]] = {}
    doubt = ""
    for i, segment in enumerate(segments):
        spans = {n: _spans(segment, cut[i]) for n, cut in cuts.items() if meets[n][i]}
        edged = [n for n in zones if touches[n][i]]
        near = [n for n in zones if meets[n][i]]
        start, end = shapely.get_coordinates(segment)
        for low, high in _steps(segment.length, spans, contact_m):
            at = [start + (end - start) * p / segment.length for p in (low, low + (high - low) / 2, high)]
            probes = [shapely.Point(*(at[0] + (at[2] - at[0]) * f)) for f in (0.25, 0.5, 0.75)]
            along = {n for n in edged if all(shapely.dwithin(borders[n], q, contact_m) for q in probes)}
            within = [{n for n in near if n not in along and shapely.intersects(zones[n], q)} for q in probes]
            if high - low > 4 * contact_m and (within[0] != within[1] or within[1] != within[2]):
                doubt = doubt or f"a run of {high - low:.3f} m crosses a border that the overlay did not find"
            sides = _sides(at[1], zones, contact_m) if along else ()
            carried = tuple(n for n in zones if n in within[1] or any(n in side for side in sides))
            runs.setdefault((carried, sides), []).append(shapely.LineString([at[0], at[2]]))
    faces = tuple(
        Face(carried, shapely.line_merge(shapely.MultiLineString(parts)), sides)
        for (carried, sides), parts in sorted(runs.items())
    )
    pieces = {n: _collected(faces, n) for n in zones if any(n in f.zones for f in faces)}
    return Partition(faces, pieces, doubt)


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


def _steps(length: float, spans: Mapping[int, Sequence[tuple[float, float]]], contact_m: float) -> list[tuple[float, float]]:
    """Cut ``length`` at every end of a span; ends closer than rounding noise are one."""
    marks = [0.0]
    for position in sorted(p for found in spans.values() for span in found for p in span):
        if position - marks[-1] > contact_m and length - position > contact_m:
            marks.append(position)
    marks.append(length)
    return list(pairwise(marks))


def _cut_points(site: Any, zones: Mapping[int, Any], contact_m: float) -> Partition:
    faces = []
    for point in shapely.get_parts(site):
        on_border = any(shapely.dwithin(shapely.boundary(zone), point, contact_m) for zone in zones.values())
        sides = _sides(shapely.get_coordinates(point)[0], zones, contact_m) if on_border else ()
        carried = tuple(
            n for n, zone in zones.items() if (any(n in side for side in sides) if sides else shapely.intersects(zone, point))
        )
        faces.append(Face(carried, point, sides))
    found = tuple(sorted(faces, key=lambda f: (f.zones, f.sides, f.geometry.x, f.geometry.y)))
    pieces = {
        n: shapely.MultiPoint([f.geometry for f in found if n in f.zones]) for n in zones if any(n in f.zones for f in found)
    }
    return Partition(found, pieces)


def _sides(spot: Any, zones: Mapping[int, Any], contact_m: float) -> tuple[tuple[int, ...], ...]:
    """The zones of every side around a spot on a border, read off a small disc; () is bare ground."""
    radius = 1_000 * contact_m if contact_m < REPROJECTED_CONTACT_M else 10 * contact_m
    disc = shapely.buffer(shapely.Point(0.0, 0.0), radius)
    box = (spot[0] - radius, spot[1] - radius, spot[0] + radius, spot[1] + radius)
    near = {
        n: _moved(_clipped(zone, box), -spot) for n, zone in zones.items() if shapely.dwithin(zone, shapely.Point(*spot), radius)
    }
    faces = _faces_of_polygon(disc, near, radius * 1e-6, None).faces
    return tuple(sorted(f.zones for f in faces if f.geometry.area > 0.02 * disc.area))
