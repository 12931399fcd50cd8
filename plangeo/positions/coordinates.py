"""What a table says of places → points, areas and lines: columns, one text cell, corner lists, WKT; with the CRS it states.

Nothing is swapped for a single row, and what can be read in two ways is not read: the row keeps its problem.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from plangeo.errors import CrsError
from plangeo.geometry import CURVED, as_crs
from plangeo.positions.axes import (
    Axes,
    Columns,
    Evidence,
    bare_axes,
    degrees_crs,
    is_blank,
    metres_crs,
    minutes_suspected,
    quoted,
    read_axes,
)
from plangeo.positions.cellpoints import Cell, Kind, Point, ranges_of, read_cell
from plangeo.positions.cornerlists import CORNERS, has_corners
from plangeo.positions.crsnotes import Claim, check_sheets, claims_of, narrowed_to, settle_written, speaks_of
from plangeo.positions.parcels import build_parcels
from plangeo.positions.rings import Corner, build_ring
from plangeo.profiles import Profile
from plangeo.reading import Decision, Sentence

MOST_WKT = 5_000_000
MOST_DEPTH = 100
_CURVES = re.compile(r"CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|MULTICURVE|MULTISURFACE", re.IGNORECASE)


@dataclass(frozen=True)
class Places:
    """Places of a table: geometry and problem per row, the CRS, and what was decided."""

    geometry: list[Any]
    problems: list[str]
    crs: pyproj.CRS | None
    notes: list[str]
    decisions: list[Decision] = field(default_factory=list)


def places(
    raw: pd.DataFrame,
    columns: Mapping[str, str],
    crs: Any,
    profile: Profile,
    source: str,
    sentences: Sequence[Sentence] = (),
) -> Places:
    """Return the places of a table's rows.

    Parameters: ``raw`` text cells; ``columns`` canonical field → raw column; ``crs`` stated by the user or None;
    ``sentences`` titles and notes beside the table, which may state the system.
    **Raises** CrsError when coordinates in metres have no CRS, or sentences and ``crs`` contradict one another.
    """
    used = [columns[f] for f in ("north", "east", "longitude", "latitude", "coordinates", "wkt") if f in columns]
    if has_corners(raw):
        used = list(dict.fromkeys(header for blocks in raw[CORNERS] for block in blocks for header in block.headers))
    told = [*sentences, *(Sentence(f"the header {name!r}", str(name)) for name in used)]
    if crs is None and used:
        check_sheets(told, profile, source)
    evidence = Evidence(crs, claims_of(told, profile), told, profile, source)
    if has_corners(raw):
        parcels = build_parcels(list(raw[CORNERS]), evidence)
        return Places(parcels.geometry, parcels.problems, parcels.crs, parcels.notes, parcels.decisions)
    if "wkt" in columns:
        return _from_wkt(raw[columns["wkt"]], evidence)
    if "longitude" in columns and "latitude" in columns:
        return _from_columns(raw, columns["latitude"], columns["longitude"], evidence, firm=True)
    if "north" in columns and "east" in columns:
        return _from_columns(raw, columns["north"], columns["east"], evidence, firm=False)
    if "coordinates" in columns:
        return _from_cells(raw[columns["coordinates"]], evidence)
    problem = "no_geometry: the table has no coordinates"
    return Places([None] * len(raw), [problem] * len(raw), as_crs(crs) if crs is not None else None, [])


def bare_points(raw: pd.DataFrame, columns: Mapping[str, str], profile: Profile, source: str) -> Places:
    """Return the coordinates of a table as bare numbers without CRS, for those who ask in which system they may stand.

    Parameters: ``columns`` canonical field → raw column: latitude and longitude, north and east, or coordinates.
    x is the number called east or longitude, whatever it is; nothing is exchanged. Rows that cannot be read keep their problem.
    """
    if "coordinates" in columns:
        cells = raw[columns["coordinates"]]
        read = [read_cell(t, ranges_of(profile), str(cells.name)) if t else Cell() for t in _texts(cells)]
        shapes = [shapely.Point(c.points[0].east, c.points[0].north) if c.points else None for c in read]
        return Places(shapes, [f"bad_coordinates: {c.fault}" if c.fault else "" for c in read], None, [])
    firm = "longitude" in columns
    north, east = (columns["latitude"], columns["longitude"]) if firm else (columns["north"], columns["east"])
    axes = bare_axes(Columns(_texts(raw[north]), _texts(raw[east]), north, east, firm, _rows(raw)), profile, source)
    shapes = [None if x is None or y is None else shapely.Point(x, y) for x, y in zip(axes.x, axes.y, strict=True)]
    return Places(shapes, axes.faults, None, axes.notes)


def _rows(raw: pd.DataFrame) -> list[int]:
    """Rows of the file, as far as the reader told them."""
    rows = raw["source_row"].tolist() if "source_row" in raw else []
    return [int(n) for n in rows] if all(n == n and isinstance(n, int | float) for n in rows) else []


def _texts(cells: pd.Series) -> list[str]:
    return ["" if pd.isna(c) or is_blank(str(c)) else str(c).strip() for c in cells]


def _from_columns(raw: pd.DataFrame, north: str, east: str, evidence: Evidence, *, firm: bool) -> Places:
    axes: Axes = read_axes(Columns(_texts(raw[north]), _texts(raw[east]), north, east, firm, _rows(raw)), evidence)
    geometry = [None if x is None or y is None else shapely.Point(x, y) for x, y in zip(axes.x, axes.y, strict=True)]
    problems = [
        fault or ("no_geometry: the row has no coordinates" if shape is None else "")
        for fault, shape in zip(axes.faults, geometry, strict=True)
    ]
    return Places(geometry, problems, axes.crs, axes.notes, axes.decisions)


def _from_cells(cells: pd.Series, evidence: Evidence) -> Places:
    """Places of a column whose cells hold whole points, each read by itself; their order is held against the column's."""
    name, texts = str(cells.name), _texts(cells)
    ranges = ranges_of(evidence.profile)
    read = [read_cell(t, ranges, name) if t else Cell() for t in texts]
    notes: list[str] = []
    decisions: list[Decision] = []
    problems = [
        f"bad_coordinates: {quoted(t)} in column {name!r} is not read: {c.fault}"
        if c.fault
        else ""
        if t
        else "no_geometry: the row has no coordinates"
        for t, c in zip(texts, read, strict=True)
    ]
    points = [p for c in read for p in c.points]
    usual = _usual_order(points, name, evidence, notes, decisions)
    evidence = _with_cells(texts, read, evidence, name)
    systems = _cell_systems(points, name, evidence, notes, decisions)
    decisions += minutes_suspected([w for p in points if p.kind == "degrees" for w in p.written], evidence.source)
    target = systems.get("metres") or systems.get("degrees")
    geometry: list[Any] = []
    for i, cell in enumerate(read):
        problems[i] = problems[i] or _out_of_order(cell, usual, name) or _other_system(texts[i], cell, systems, evidence)
        shape, fault = (None, "") if problems[i] or not cell.points else _shape_of(cell, name)
        problems[i] = problems[i] or fault
        if shape is not None and target is not None and systems[cell.points[0].kind] is not target:
            shape = gpd.GeoSeries([shape], crs=systems["degrees"]).to_crs(target).iloc[0]
        geometry.append(shape)
    if target is None and evidence.stated is not None:
        target = as_crs(evidence.stated)
    return Places(geometry, problems, target, notes, decisions)


def _with_cells(texts: Sequence[str], read: Sequence[Cell], evidence: Evidence, column: str) -> Evidence:
    """The evidence, with what the cells say of their own system where nothing else says it and all of them agree."""
    told: list[Claim] = []
    kinds: tuple[Kind, Kind] = ("metres", "degrees")
    for kind in kinds:
        if any(speaks_of(claim, kind, evidence.profile) for claim in evidence.claims):
            continue
        cells = [
            Sentence(f"cells of column {column!r}", t)
            for t, c in zip(texts, read, strict=True)
            if c.points and c.points[0].kind == kind
        ]
        claims = [
            Claim(c.sentence, narrowed_to(c, kind, evidence.profile)) for c in claims_of(cells, evidence.profile) if c.codes
        ]
        if claims and frozenset.intersection(*(c.codes for c in claims)):
            told += claims
    return replace(evidence, claims=[*evidence.claims, *told])


def _usual_order(
    points: Sequence[Point], column: str, evidence: Evidence, notes: list[str], decisions: list[Decision]
) -> dict[tuple[str, str], bool]:
    """What stands first in most cells written alike, by (kind, order): True = the northing, or it is the one called X."""
    votes: dict[tuple[str, str], Counter[bool]] = {}
    for p in points:
        if p.order != "named":
            votes.setdefault((p.kind, p.order), Counter())[p.north_first] += 1
    usual = {key: count[True] >= count[False] for key, count in votes.items()}
    for (kind, order), north_first in usual.items():
        words = ("northings", "eastings") if kind == "metres" else ("latitudes", "longitudes")
        if order == "labelled" and not north_first:
            told = f"in column {column!r} X names the {words[1]} and Y the {words[0]}, as the range of the numbers shows, so they were read that way"
            notes.append(f"{evidence.source}: {told}")
        elif order == "bare":
            told = f"in column {column!r} the {words[0 if north_first else 1]} stand first, as the range of the numbers shows"
        else:
            continue
        sample = next(p for p in points if (p.kind, p.order) == (kind, order))
        count = votes[kind, order]
        shown = f"{' '.join(w for w in sample.written if w)[:60]} → {sample.north:.10g}, {sample.east:.10g}"
        decisions.append(Decision("column", evidence.source, told, shown, count[north_first] / count.total()))
    return usual


def _cell_systems(
    points: Sequence[Point], column: str, evidence: Evidence, notes: list[str], decisions: list[Decision]
) -> dict[str, pyproj.CRS]:
    kinds = {p.kind for p in points}
    found: dict[str, pyproj.CRS] = {}
    if "metres" in kinds:
        found["metres"], more = metres_crs(evidence, f"cells of column {column!r}")
        if found["metres"].is_geographic:
            raise CrsError(
                f"{evidence.source}: column {column!r} holds metres, but crs= says {found['metres'].name}, which is in degrees.",
                code="crs_misfit",
            )
        decisions += more
    if "degrees" in kinds:
        found["degrees"], told, more = degrees_crs(
            evidence, f"cells of column {column!r}", stated_in_metres_is_wrong="metres" not in kinds
        )
        notes += told
        decisions += more
    if len(kinds) == 2:
        both = f"column {column!r} holds metres and degrees; degrees ({found['degrees'].name}) were converted to {found['metres'].name}"
        notes.append(f"{evidence.source}: {both}")
        decisions.append(Decision("crs", evidence.source, both))
    return found


def _out_of_order(cell: Cell, usual: Mapping[tuple[str, str], bool], column: str) -> str:
    for p in cell.points:
        if p.order != "named" and usual[p.kind, p.order] != p.north_first:
            first, second = (p.north, p.east) if usual[p.kind, p.order] else (p.east, p.north)
            fix = f"X={first:.10g}, Y={second:.10g}" if p.order == "labelled" else f"{first:.10g}, {second:.10g}"
            return (
                f"bad_coordinates: X and Y are exchanged in this cell of column {column!r}, against the other rows: write {fix}"
            )
        if p.order == "named" and not p.north_first:
            return f"bad_coordinates: the names in this cell of column {column!r} contradict its numbers: {p.north:.10g} is the northing or latitude"
    return ""


def _other_system(text: str, cell: Cell, systems: Mapping[str, pyproj.CRS], evidence: Evidence) -> str:
    """A cell that names a system itself must name the one it is read in."""
    for claim in claims_of([Sentence("", text)], evidence.profile) if cell.points else ():
        crs = systems[cell.points[0].kind]
        if not any(as_crs(f"EPSG:{code}").equals(crs, ignore_axis_order=True) for code in claim.codes):
            return (
                f"bad_coordinates: {quoted(text)} names another coordinate system than {crs.name}, in which this column is read"
            )
    return ""


def _shape_of(cell: Cell, column: str) -> tuple[Any, str]:
    if cell.form == "point":
        return shapely.Point(cell.points[0].east, cell.points[0].north), ""
    if len({p.kind for p in cell.points}) > 1:
        return None, f"bad_coordinates: a cell of column {column!r} mixes degrees and metres"
    if cell.form == "multipoint":
        return shapely.MultiPoint([(p.east, p.north) for p in cell.points]), ""
    if cell.form != "polygon":
        return None, (
            f"bad_coordinates: {len(cell.points)} points stand in one cell of column {column!r}, and nothing says whether they are the corners of an "
            "area or separate places: repeat the first corner at the end, or call the column 'Tọa độ góc ranh' or 'Tọa độ các điểm'"
        )
    ring = build_ring([Corner(str(i), i, p.east, p.north) for i, p in enumerate(cell.points, start=1)])
    return ring.area, f"invalid_geometry: {', '.join(ring.faults)}".replace(";", ",") if ring.faults else ""


def _from_wkt(cells: pd.Series, evidence: Evidence) -> Places:
    read = [_shape(t) for t in _texts(cells)]
    settled = settle_written(evidence.claims, evidence.stated, _wkt_kind([g for g, _ in read]), evidence.profile, evidence.source)
    if settled.crs is None:
        raise CrsError(
            f"{evidence.source}: the column {cells.name!r} holds WKT shapes, but nothing says in which coordinate reference system. {settled.hint}"
            "Give it with crs='EPSG:…', or on the command line --crs sites=EPSG:…",
            code="crs_missing",
        )
    return Places([g for g, _ in read], [p for _, p in read], settled.crs, [], list(settled.decisions))


def _wkt_kind(shapes: Sequence[Any]) -> Any:
    """Metres or degrees, where all shapes show it; None otherwise."""
    bounds = shapely.bounds(np.array([g for g in shapes if g is not None and not g.is_empty], dtype=object)).reshape(-1, 4)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    return "degrees" if bool((np.abs(bounds) <= 180).all()) else "metres"


def _shape(text: str) -> tuple[Any, str]:
    if not text:
        return None, "no_geometry: the row has no shape"
    if len(text) > MOST_WKT or _depth(text) > MOST_DEPTH:
        return None, "bad_coordinates: the WKT is too long or nested too deeply to be a project"
    if _CURVES.search(text):
        return None, CURVED
    try:
        with np.errstate(all="ignore"):  # numbers beyond a float become infinite; the validity gate sets such rows aside
            return shapely.from_wkt(text), ""
    except shapely.errors.GEOSException as fault:
        return None, f"bad_coordinates: the WKT cannot be read ({str(fault).splitlines()[0][:120]})"


def _depth(text: str) -> int:
    """Nesting of brackets; checked first, because deep nesting kills the geometry library."""
    steps = np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)
    level = np.cumsum((steps == ord("(")).astype(np.int64) - (steps == ord(")")).astype(np.int64))
    return int(level.max(initial=0))
