"""The coordinates of a file as bare numbers, before anybody says in which system they stand.

Readers refuse a file whose system is missing or contradicts its coordinates; the doctor must look at exactly these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from plangeo.canonical import find_columns
from plangeo.crsdoctor.crsreadings import WGS84, Floats
from plangeo.errors import CrsError, InputError
from plangeo.geometry import as_crs
from plangeo.inputs import Request
from plangeo.positions.coordinates import Places, bare_points, places
from plangeo.positions.cornerlists import CORNERS
from plangeo.profiles import Profile
from plangeo.sources import read_raw, with_words
from plangeo.text import fold

# Readers neither refuse nor exchange anything under a system in metres that covers the earth; the numbers stay as written.
_NUMBERS = "EPSG:3857"
_SYSTEM = re.compile(r"vn[- ]?2000|kinh tuyen|mui chieu|he toa do|hn[- ]?72|utm")


@dataclass(frozen=True)
class RawPoints:
    """One pair of numbers per row, and what the file says beside them."""

    name: str
    x: Floats
    """First number: the column called east or longitude, or x of a shape; NaN where a row has none."""
    y: Floats
    declared: list[str]
    """The administrative unit each row names, else ""."""
    rows: list[int]
    """Row numbers of the file."""
    columns: tuple[str, str] | None
    """Names of the two columns in a table; None for shapes."""
    stated: pyproj.CRS | None
    """The CRS the file states, or that goes without saying (degrees in columns called longitude and latitude)."""
    remark: str
    """Why there is none, where the file tries to state one."""
    frame: gpd.GeoDataFrame = field(repr=False)
    """All rows and columns, shapes in bare numbers under no CRS."""
    said: tuple[str, ...]
    """What the reader found in the file about its system: a note on the sheet ("VN-2000, kinh tuyến trục 107°15'")."""
    areas: bool
    """True for a layer of polygons without names of projects: zones, most likely."""


def read_points(
    path: str | Path,
    profile: Profile,
    *,
    layer: str | None = None,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> RawPoints:
    """Read the coordinates of a register or vector file as bare numbers; shapes are taken by a point inside them.

    **Raises** InputError when the file cannot be read or holds no coordinates, TableError for columns that do not exist.
    """
    raw, _, _ = read_raw(path, with_words(Request("sites", layer, sheet, _NUMBERS), profile, columns))
    name = Path(path).name
    found = find_columns(raw.frame, "sites", profile, columns, name, [])
    declared = [""] * len(raw.frame)
    if "declared_district" in found:
        declared = ["" if pd.isna(v) else str(v).strip() for v in raw.frame[found["declared_district"]]]
    rows = [int(n) for n in raw.frame["source_row"]] if "source_row" in raw.frame else list(range(1, len(raw.frame) + 1))
    pair: tuple[str, str] | None = None
    faults: list[str] = []
    if isinstance(raw.frame, gpd.GeoDataFrame):
        shapes: Any = raw.frame.geometry.to_numpy()
        stated, remark = _stated(raw.stated_crs)
    else:
        shapes, stated, pair, faults = _from_table(raw.frame, found, profile, name)
        remark = ""
    x, y = _inside(shapes)
    if not np.isfinite(x).any():
        why = next((f" Row {row}: {f.partition(': ')[2]}." for row, f in zip(rows, faults, strict=False) if f), "")
        raise InputError(f"{name}: none of its {len(x)} rows has coordinates that can be read, so no reading can be tried.{why}")
    kinds = shapely.get_dimensions(shapes)
    areas = bool((kinds == 2).any()) and "name" not in found
    plain = pd.DataFrame(raw.frame.drop(columns="geometry")) if isinstance(raw.frame, gpd.GeoDataFrame) else raw.frame
    bare = gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(shapes, index=plain.index))
    told = [*raw.notes, *(s.text for s in raw.sentences), *(d.said for d in raw.decisions if d.topic == "crs")]
    said = tuple(dict.fromkeys(t for t in told if _SYSTEM.search(fold(t)) and _NUMBERS not in t))
    return RawPoints(name, x, y, declared, rows, pair, stated, remark, bare, said, areas)


def _stated(crs: Any) -> tuple[pyproj.CRS | None, str]:
    if crs is None:
        return None, ""
    try:
        stated = as_crs(crs)
    except CrsError:
        return None, f"what it says cannot be understood: {str(crs)[:80]!r}"
    if not (stated.is_geographic or stated.is_projected):
        return None, f"what it says is no place on earth: {stated.name[:80]!r}"
    return stated, ""


def _from_table(
    frame: pd.DataFrame, found: Mapping[str, str], profile: Profile, name: str
) -> tuple[Any, pyproj.CRS | None, tuple[str, str] | None, list[str]]:
    """Shapes of a table's rows, the CRS that goes without saying, the two columns (first number, second number), faults of rows."""
    if CORNERS in frame:
        return _told(places(frame, {}, _NUMBERS, profile, name))
    if "wkt" in found:
        return _told(places(frame, {"wkt": found["wkt"]}, _NUMBERS, profile, name))
    for north, east, stated in (("latitude", "longitude", as_crs(WGS84)), ("north", "east", None)):
        if north in found and east in found:
            read = bare_points(frame, {north: found[north], east: found[east]}, profile, name)
            return _shapes(read.geometry), stated, (found[east], found[north]), read.problems
    if "coordinates" in found:
        return _told(bare_points(frame, {"coordinates": found["coordinates"]}, profile, name))
    raise InputError(
        f"{name}: no columns with coordinates were found among {', '.join(repr(str(c)) for c in frame.columns[:30])}. Name them: "
        "--map '<column>=north' --map '<column>=east' (metres), =latitude and =longitude (degrees), or =wkt."
    )


def _told(read: Places) -> tuple[Any, None, None, list[str]]:
    return _shapes(read.geometry), None, None, read.problems


def _shapes(values: list[Any]) -> Any:
    shapes = np.full(len(values), None, dtype=object)
    shapes[:] = values
    return shapes


def _inside(shapes: Any) -> tuple[Floats, Floats]:
    """A point of every shape: itself, a point inside an area, the middle of the box of what is broken; NaN without any."""
    points = np.array(shapes, dtype=object)
    other = ~shapely.is_missing(points) & (shapely.get_type_id(points) != 0)
    sound = other & shapely.is_valid(points) & ~shapely.is_empty(points)
    points[sound] = shapely.point_on_surface(points[sound])
    x, y = (np.array(f(points), dtype=float) for f in (shapely.get_x, shapely.get_y))
    boxes = shapely.bounds(points[other & ~sound])
    x[other & ~sound], y[other & ~sound] = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    bad = ~(np.isfinite(x) & np.isfinite(y))
    x[bad], y[bad] = np.nan, np.nan
    return x, y
