"""The coordinates of a file as bare numbers, before anybody says in which system they stand.

Readers refuse a file whose system is missing or contradicts its coordinates; the doctor must look at exactly these.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from plangeo.adminunits.placereport import date_list
from plangeo.columnchoice import find_columns
from plangeo.crsdoctor.crsreadings import WGS84, Floats
from plangeo.errors import CrsError, InputError
from plangeo.geometry import as_crs
from plangeo.inputs import Raw, Request
from plangeo.lists.headers import parse_header_row
from plangeo.positions.cellpoints import Kind
from plangeo.positions.coordinates import Places, bare_points, places
from plangeo.positions.cornerlists import has_corners
from plangeo.positions.crsnotes import claims_of, settle_written, speaks_of
from plangeo.profiles import Profile
from plangeo.rawfiles import read_raw
from plangeo.reading import Sentence
from plangeo.sources import with_words
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
    """The CRS the file states, be it in a sentence, or that goes without saying (columns called longitude and latitude)."""
    remark: str
    """Why there is none, where the file tries to state one."""
    frame: gpd.GeoDataFrame = field(repr=False)
    """All rows and columns, shapes in bare numbers under no CRS."""
    said: tuple[str, ...]
    """What the reader found in the file about its system: a note on the sheet ("VN-2000, kinh tuyến trục 107°15'")."""
    areas: bool
    """True for a layer of polygons without names of projects: zones, most likely."""
    above: list[str]
    """The greater unit of each row by a column of its own, else ""."""
    days: list[str]
    """The day of the list each row is of, else ""."""
    stated_by: str = ""
    """The sentence that states the CRS, e.g. "the sentence in row 3"; empty when it is stated otherwise."""


def read_points(
    path: str | Path,
    profile: Profile,
    *,
    layer: str | None = None,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
    header_row: int | str | None = None,
    list_date: str | dt.date | None = None,
) -> RawPoints:
    """Read the coordinates of a register or vector file as bare numbers; shapes are taken by a point inside them.

    ``header_row`` states the header of a table (4, or "4-5"), ``list_date`` the day of rows that do not state it.
    **Raises** InputError when the file cannot be read or holds no coordinates, TableError for columns that do not exist.
    """
    asked = Request("sites", layer, sheet, _NUMBERS, header_row=parse_header_row(header_row))
    raw, _, _ = read_raw(path, with_words(asked, profile, columns))
    name = Path(path).name
    given = dict(columns or {})
    read_off = {c: f for c, f in raw.fields.items() if c in raw.frame and c not in given and f not in given.values()}
    found = find_columns(raw.frame, "sites", profile, given | read_off, name, [])
    texts = {f: _texts(raw.frame, found.get(f)) for f in ("declared_district", "declared_parent", "list_date")}
    named = pd.DataFrame({"list_date": texts["list_date"]}, dtype=object)
    date_list(named, list_date)
    rows = [int(n) for n in raw.frame["source_row"]] if "source_row" in raw.frame else list(range(1, len(raw.frame) + 1))
    pair: tuple[str, str] | None = None
    faults, stated_by = list[str](), ""
    if isinstance(raw.frame, gpd.GeoDataFrame):
        shapes: Any = raw.frame.geometry.to_numpy()
        stated, remark = _stated(raw.stated_crs)
    else:
        shapes, stated, pair, faults = _from_table(raw.frame, found, profile, name)
        remark = ""
    x, y = _inside(shapes)
    if not np.isfinite(x).any():
        raise _no_places(name, len(x), faults)
    kinds = shapely.get_dimensions(shapes)
    areas = bool((kinds == 2).any()) and "name" not in found
    plain = pd.DataFrame(raw.frame.drop(columns="geometry")) if isinstance(raw.frame, gpd.GeoDataFrame) else raw.frame
    bare = gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(shapes, index=plain.index))
    if stated is None and not remark:
        stated, stated_by, remark = _written(
            raw.sentences, "degrees" if np.nanmax(np.abs([x, y])) <= 180 else "metres", profile, name
        )
    return RawPoints(
        name,
        x,
        y,
        texts["declared_district"],
        rows,
        pair,
        stated,
        remark,
        bare,
        _said(raw),
        areas,
        texts["declared_parent"],
        named["list_date"].tolist(),
        stated_by,
    )


def _no_places(name: str, rows: int, faults: Sequence[str]) -> InputError:
    why = next((f" {f.partition(': ')[2]}." for f in faults if f), "")
    return InputError(
        f"{name}: none of its {rows} rows has coordinates that can be read, so no reading can be tried.{why}",
        code="places_missing",
    )


def _said(raw: Raw) -> tuple[str, ...]:
    """What a file says of its system, each sentence once and none that another one contains."""
    told = [*raw.notes, *(s.text for s in raw.sentences), *(d.said for d in raw.decisions if d.topic == "crs")]
    said = list(dict.fromkeys(t for t in told if _SYSTEM.search(fold(t)) and _NUMBERS not in t))
    return tuple(t for t in said if not any(t in other for other in said if other is not t))


def _texts(frame: pd.DataFrame, column: str | None) -> list[str]:
    return [""] * len(frame) if column is None else ["" if pd.isna(v) else str(v).strip() for v in frame[column]]


def _written(sentences: Sequence[Sentence], kind: Kind, profile: Profile, name: str) -> tuple[pyproj.CRS | None, str, str]:
    """The CRS that the sentences of a file state, as readers take it; which sentence; why none, where they try to."""
    claims = claims_of(sentences, profile)
    try:
        settled = settle_written(claims, None, kind, profile, name)
    except CrsError as fault:
        return None, "", str(fault).splitlines()[0]
    if settled.crs is None:
        return None, "", settled.hint.strip()
    first = next(c for c in claims if speaks_of(c, kind, profile))
    return settled.crs, f"the sentence in {first.sentence.where}", ""


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
    if has_corners(frame):
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
        "--map '<column>=north' --map '<column>=east' (metres), =latitude and =longitude (degrees), or =wkt.",
        code="column_missing",
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
