"""Coordinate cells → points: which column is north, how its numbers are written, and what cannot be read.

Vietnamese lists call the northing X and the easting Y, CAD exports do the opposite; the range of the
numbers decides, per column, and what was decided is a note. Nothing is swapped for a single row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from plangeo.errors import CrsError
from plangeo.geometry import CURVED, as_crs
from plangeo.profiles import Profile
from plangeo.text import number_style, parse_number

MOST_WKT = 5_000_000
MOST_DEPTH = 100
_CURVES = re.compile(r"CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|MULTICURVE|MULTISURFACE", re.IGNORECASE)
_LON, _LAT = (-180.0, 180.0), (-90.0, 90.0)


@dataclass(frozen=True)
class Places:
    """Points of a table: geometry and problem per row, the CRS, and notes on what was decided."""

    geometry: list[Any]
    problems: list[str]
    crs: pyproj.CRS | None
    notes: list[str]


def places(raw: pd.DataFrame, columns: Mapping[str, str], crs: Any, profile: Profile, source: str) -> Places:
    """Return the places of a table's rows.

    Parameters: ``raw`` text cells; ``columns`` canonical field → raw column; ``crs`` stated by the user or None.
    **Raises** CrsError when coordinates in metres have no CRS.
    """
    if "wkt" in columns:
        return _from_wkt(raw[columns["wkt"]], crs, source)
    if "longitude" in columns and "latitude" in columns:
        return _from_columns(raw, columns["longitude"], columns["latitude"], "EPSG:4326", _LON, _LAT, source, [])
    if "north" in columns and "east" in columns:
        return _from_metres(raw, columns["north"], columns["east"], crs, profile, source)
    problem = "no_geometry: the table has no coordinates"
    return Places([None] * len(raw), [problem] * len(raw), as_crs(crs) if crs is not None else None, [])


def _from_metres(raw: pd.DataFrame, north: str, east: str, crs: Any, profile: Profile, source: str) -> Places:
    if crs is None:
        raise CrsError(
            f"{source}: the columns {north!r} and {east!r} hold coordinates, but nothing says in which coordinate reference system. "
            "A wrong one moves every project by up to hundreds of kilometres. Give it with crs='EPSG:9215' (VN-2000, central meridian "
            f"107°15'), or on the command line --crs sites=EPSG:9215. `plangeo doctor {source}` shows which system fits."
        )
    target = as_crs(crs)
    if target.is_geographic:
        return _from_columns(raw, east, north, target, _LON, _LAT, source, [])
    local = profile.metric_crs is not None and _vietnamese(target) and profile.north_range and profile.east_range
    if not local:
        limit = (-1e8, 1e8)
        return _from_columns(raw, east, north, target, limit, limit, source, [])
    assert profile.north_range is not None
    assert profile.east_range is not None
    notes = []
    said, swapped = (_share_in(raw[north], profile.north_range), _share_in(raw[east], profile.north_range))
    if swapped > said:
        notes.append(
            f"{source}: column {east!r} holds the northings and {north!r} the eastings ({swapped:.0%} of the cells lie in the range of "
            "northings), so they were read that way"
        )
        north, east = east, north
    return _from_columns(raw, east, north, target, profile.east_range, profile.north_range, source, notes)


def _vietnamese(crs: pyproj.CRS) -> bool:
    area = crs.area_of_use
    return area is not None and 100 < area.west < 120 and 5 < area.south < 25


def _share_in(cells: pd.Series, bounds: tuple[float, float]) -> float:
    style = number_style([str(c) for c in cells], bounds)
    values = [parse_number(str(c), None if style in (None, "ambiguous") else style) for c in cells if str(c).strip()]  # type: ignore[arg-type]
    inside = sum(v is not None and bounds[0] <= v <= bounds[1] for v in values)
    return inside / len(values) if values else 0.0


def _from_columns(
    raw: pd.DataFrame,
    x_column: str,
    y_column: str,
    crs: Any,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    source: str,
    notes: list[str],
) -> Places:
    told = list(notes)
    xs, ys = (_numbers(raw[c], bounds, c, source, told) for c, bounds in ((x_column, x_range), (y_column, y_range)))
    geometry: list[Any] = []
    problems: list[str] = []
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        cells = (str(raw[x_column].iloc[i]).strip(), str(raw[y_column].iloc[i]).strip())
        if cells in (("", ""), ("nan", "nan"), ("None", "None")):
            geometry.append(None)
            problems.append("no_geometry: the row has no coordinates")
            continue
        fault = _fault(x, cells[0], x_column, x_range) or _fault(y, cells[1], y_column, y_range)
        geometry.append(None if fault or x is None or y is None else shapely.Point(x, y))
        problems.append(fault)
    return Places(geometry, problems, as_crs(crs), told)


def _numbers(cells: pd.Series, bounds: tuple[float, float], column: str, source: str, notes: list[str]) -> list[float | None]:
    texts = ["" if pd.isna(c) else str(c).strip() for c in cells]
    style = number_style(texts, bounds)
    if style == "comma":
        notes.append(f"{source}: column {column!r} writes its decimals with a comma")
    if style == "ambiguous":
        # cells that prove their own style are read; a cell that does not becomes a problem of its row
        notes.append(f"{source}: column {column!r} mixes ways of writing numbers; cells that do not show which are left unread")
    return [parse_number(t, style if style in ("comma", "point") else None) for t in texts]


def _fault(value: float | None, cell: str, column: str, bounds: tuple[float, float]) -> str:
    if value is None or not np.isfinite(value):
        return f"bad_coordinates: {cell[:40]!r} in column {column!r} is not a number that can be read without guessing"
    if not bounds[0] <= value <= bounds[1]:
        return f"bad_coordinates: {value:g} in column {column!r} lies outside {bounds[0]:g} … {bounds[1]:g}; are X and Y exchanged in this row?"
    return ""


def _from_wkt(cells: pd.Series, crs: Any, source: str) -> Places:
    if crs is None:
        raise CrsError(
            f"{source}: the column {cells.name!r} holds WKT shapes, but nothing says in which coordinate reference system. "
            "Give it with crs='EPSG:…', or on the command line --crs sites=EPSG:…"
        )
    read = [_shape("" if pd.isna(c) else str(c).strip()) for c in cells]
    return Places([g for g, _ in read], [p for _, p in read], as_crs(crs), [])


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
