"""The CRS doctor at work on a file: read bare numbers, score their readings, say what was found, write a copy on request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from plangeo.crsdoctor.crsadvice import Case, advise, short
from plangeo.crsdoctor.crsreadings import Reading, datum_warnings, from_sexagesimal
from plangeo.crsdoctor.examination import Diagnosis, Score, examine
from plangeo.crsdoctor.rawpoints import RawPoints, read_points
from plangeo.delivery.atomicfile import written_file
from plangeo.delivery.readback import read_back
from plangeo.errors import CrsError, InputError
from plangeo.gdalgate import pyogrio
from plangeo.geometry import as_crs
from plangeo.profiles import Profile, load_profile
from plangeo.sources import read_districts


@dataclass(frozen=True)
class Consultation:
    """A file, what was found, and the text that says it."""

    points: RawPoints
    found: Diagnosis
    text: str
    warnings: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """True when nothing speaks against the system in use."""
        return self.found.kept and not self.warnings


def consult(
    path: str | Path,
    profile: str | Path | Profile = "vn",
    *,
    crs: Any = None,
    districts: str | Path | None = None,
    districts_crs: str | None = None,
    sheet: str | None = None,
    layer_name: str | None = None,
    columns: Mapping[str, str] | None = None,
    header_row: int | str | None = None,
    list_date: str | dt.date | None = None,
) -> Consultation:
    """Examine the coordinates of a register or vector file against every plausible reading.

    Parameters: ``crs`` the system it is said to be in, ``EPSG:n`` or ``sites=EPSG:n``; ``districts`` a boundary map,
    ``districts_crs`` its system where it states none;
    ``columns`` column of the file → canonical field; ``header_row`` and ``list_date`` as for ``read_sites``: places are named
    as on that day.
    **Raises** InputError for a file that cannot be read or has no coordinates, CrsError for a ``crs`` nobody knows.
    """
    chosen = profile if isinstance(profile, Profile) else load_profile(profile)
    points = read_points(path, chosen, layer=layer_name, sheet=sheet, columns=columns, header_row=header_row, list_date=list_date)
    said = str(crs).rpartition("=")[2] if isinstance(crs, str) else crs
    in_use = points.stated if crs is None else as_crs(said)
    # A layer is judged by the points inside its shapes; what it declares is nothing.
    units = None if districts is None else read_districts(districts, chosen, crs=districts_crs)
    told = () if units is None else units.attrs["plangeo"]["decisions"]
    role = "zones" if points.areas else "sites"
    found = examine(points.x, points.y, in_use, chosen, units, points.declared, points.above, points.days)
    options = (
        *(("--sheet", sheet), ("--layer-name", layer_name), ("--header-row", header_row), ("--list-date", list_date)),
        ("--districts-crs", districts_crs),
        *(("--map", f"{column}={field}") for column, field in (columns or {}).items()),
    )
    case = Case(
        file=str(path),
        name=points.name,
        role=role,
        columns=points.columns,
        districts="" if districts is None else str(districts),
        stated_by="--crs" if crs is not None else points.stated_by or ("the file" if points.columns is None else "its columns"),
        crs="" if crs is None else str(said),
        options=tuple((option, str(value)) for option, value in options if value is not None),
        remark=points.remark,
        rows=tuple(points.rows),
        said=points.said,
        warnings=(
            *datum_warnings(in_use, points.x, points.y, chosen, role),
            *(f"The boundary map: {d.said}" for d in told if d.topic == "crs"),
        ),
    )
    return Consultation(points, found, advise(found, case), case.warnings)


def write_copy(told: Consultation, rank: int, out: str | Path) -> str:
    """Write the points of a file as the reading of ``rank`` understands them, as GeoPackage; return what was done.

    **Raises** InputError for a rank that is not in the table and a target that exists or is no .gpkg; CrsError for a reading
    of the file's own, which has no code to be written down by.
    """
    target = Path(out)
    if rank > len(told.found.scores):
        raise InputError(f"--accept {rank}: the table has {len(told.found.scores)} readings.", code="doctor_choice_wrong")
    if target.suffix.lower() != ".gpkg" or target.exists() or not target.parent.is_dir():
        raise InputError(
            f"{target}: name a new file that ends in .gpkg, in a folder that exists; nothing is overwritten.",
            code="output_name_wrong",
        )
    score: Score = told.found.scores[rank - 1]
    if not score.reading.code:
        raise CrsError(
            f"rank {rank} is the file's own system, {score.reading.name!r}, which has no EPSG code; choose another line.",
            code="doctor_choice_wrong",
        )
    frame = _understood(told.points.frame, score.reading)
    with written_file(target) as draft:
        try:
            frame.to_file(draft, driver="GPKG", layer=target.stem, engine="pyogrio")
        except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, ValueError, TypeError) as error:
            raise InputError(
                f"{target} cannot be written ({error}). Rename the columns it speaks of, or leave them out.",
                code="output_unwritable",
            ) from error
        read_back(draft.parent, [draft.name], {draft.name: {target.stem: len(frame)}}, {})
    return f"{target}: {len(frame)} rows of {told.points.name}, read as {short(score)}. The original was not changed; now assess the copy."


def _understood(raw: gpd.GeoDataFrame, reading: Reading) -> gpd.GeoDataFrame:
    """The rows with their numbers put as the reading's system wants them: easting or longitude first."""

    def moved(pairs: Any) -> Any:
        east, north = (pairs[:, 1], pairs[:, 0]) if reading.swapped else (pairs[:, 0], pairs[:, 1])
        if reading.sexagesimal:
            east, north = from_sexagesimal(east), from_sexagesimal(north)
        return np.column_stack([east + reading.offset, north])

    shapes = raw.geometry.to_numpy().copy()
    there = ~shapely.is_missing(shapes)
    shapes[there] = shapely.transform(shapely.force_2d(shapes[there]), moved)
    table = raw.drop(columns=raw.geometry.name).rename(columns={"fid": "fid_raw", "geometry": "geometry_raw"})
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, index=raw.index, crs=reading.crs), crs=reading.crs)
