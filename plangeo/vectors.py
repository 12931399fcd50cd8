"""Reading one layer of a vector file through GDAL: driver named, rows counted, bad records kept as rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from plangeo.errors import CrsError, InputError, SeveralLayers
from plangeo.gdalgate import VECTOR_OPTIONS, pyogrio, reference_in
from plangeo.geometry import CURVED, as_crs, box_text
from plangeo.inputs import Raw, Request
from plangeo.letters.bytetext import decode_frame
from plangeo.vectorrecords import read_records
from plangeo.wkbdepth import MOST_NESTING, is_nested_too_deep

CURVE_NOTE = "curves were turned into straight pieces of 1° of arc (largest deviation 0.004 % of the radius)"
_CURVES = ("CircularString", "CompoundCurve", "CurvePolygon", "MultiCurve", "MultiSurface")
_QUIET = (
    "not consistent with type in gpkg_geometry_columns",
    "Measured (M) geometry types",
    "Non closed ring",
    "Z geometry",
    "crs was not provided",
)


def read_layer(
    path: Path,
    request: Request,
    *,
    driver: str,
    encoding: str | None = None,
    declared: str | None = None,
    where: str | None = None,
    ignore: Iterable[str] = (),
    default_crs: str | None = None,
    carries_crs: bool = True,
    shown: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Raw:
    """Read one layer with the GDAL ``driver`` and return its rows, in file order.

    ``encoding="ISO-8859-1"`` reads text as bytes, to be decoded here (``declared`` is the codec the file
    names). ``where`` is a constant that makes some drivers count honestly. ``shown`` names the file in
    messages when ``path`` is a working copy.

    **Raises** InputError for an unreadable file, several layers without ``layer=``, an empty layer;
    CrsError when the file states no CRS and the caller none.
    """
    name = shown or path.name
    _refuse_reference(path, name)
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layer = choose_layer(path, request, name, notes, ignore=ignore)
        opened, extra = dict(options or {}), {"where": where} if where else {}
        try:
            info = pyogrio.read_info(path, layer=layer, encoding=encoding, force_feature_count=True, **opened)
            if info.get("driver", driver) != driver:
                raise _other_driver(name, info["driver"], driver)
            crs, wkb, fields, problems = read_records(path, layer, driver, encoding, opened | extra, info, name, notes)
        except InputError:
            raise
        except Exception as error:  # damaged bytes lead the binding to faults of any kind; each means: unreadable
            raise InputError(
                f"{name}, layer {layer!r}: cannot be read ({error}). Open it in QGIS and export it as GeoPackage.",
                code="file_damaged",
            ) from error
    notes += _gdal_notes(caught)
    if not len(next(iter(fields.values()), [])) and (wkb is None or not len(wkb)):
        raise _no_rows(name, layer)
    table = pd.DataFrame(fields) if fields else pd.DataFrame(index=range(len(wkb)))
    table, decisions = decode_frame(table, declared, from_bytes=encoding is not None, known=request.known)
    if wkb is None:
        return Raw(_numbered(table), layer, [*notes, "the layer has no geometry"], problems, decisions)
    shapes, more = shapes_of(wkb)
    problems |= more
    crs_found = default_crs or (crs if carries_crs else None)
    settled = settle_crs(crs_found, request, name, notes, shapes)
    notes += _shape_notes(str(info["geometry_type"]), path, layer, driver)
    # a column of the file may already be called "geometry"; it must not hide the shapes
    table = table.rename(columns={c: f"{c}_raw" for c in table.columns if c == "geometry"})
    frame = gpd.GeoDataFrame(_numbered(table), geometry=gpd.GeoSeries(shapes, crs=settled), crs=settled)
    if problems:
        notes.append(f"{len(problems)} row(s) could not be read whole and are kept without geometry")
    return Raw(frame, layer, notes, problems, decisions, stated_crs=crs_found)


def _refuse_reference(path: Path, name: str) -> None:
    """**Raises** InputError for a file that would have its reader open something else."""
    if mark := reference_in(path):
        raise InputError(
            f"{name} holds {mark!r}, by which readers take a file for one that points at other files or at the network. It was not "
            "opened. Remove that text, or export the file again.",
            code="file_not_its_type",
        )


def _other_driver(name: str, found: str, wanted: str) -> InputError:
    return InputError(
        f"{name} opened as {found}, not as {wanted}: the suffix and the content disagree. Export it again.",
        code="file_not_its_type",
    )


def _no_rows(name: str, layer: str) -> InputError:
    return InputError(
        f"{name}, layer {layer!r} has no rows: an empty layer would make every site look free of conflict. "
        "Check the export, or leave the layer out.",
        code="layer_empty",
    )


def _shape_notes(kind: str, path: Path, layer: str, driver: str) -> list[str]:
    """What of the shapes is not used, or was straightened."""
    notes = ["heights (Z) of the geometry are not used"] if "Z" in kind or "3D" in kind else []
    return [*notes, CURVE_NOTE] if driver != "GPKG" and _has_curves(path, layer, driver) else notes


def read_styles(path: Path, query: str, encoding: str | None = None) -> list[str]:
    """Return the drawing style (OGR feature style: colour, text size and anchor) of every row of a drawing; empty when there is none.

    ``query`` is a constant of the format, never a text of the user.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told when the rows were read
        try:
            _, _, _, data = pyogrio.raw.read(path, sql=query, sql_dialect="OGRSQL", read_geometry=False, encoding=encoding)
        except Exception:  # damaged bytes lead the binding to faults of any kind; styles only help
            return []
    return ["" if v is None else str(v) for v in data[0]]


def choose_layer(path: Path, request: Request, name: str, notes: list[str], *, ignore: Iterable[str] = ()) -> str:
    """Return the name of the layer to read.

    **Raises** InputError when the file cannot be opened, ``request.layer`` is not in it, or it holds
    several layers with rows and none was named.
    """
    try:
        found = [(str(row[0]), row[1]) for row in pyogrio.list_layers(path)]
    except (pyogrio.errors.DataSourceError, ValueError) as error:
        raise InputError(
            f"{name} cannot be opened ({error}). It may be damaged: copy or export it again.", code="file_damaged"
        ) from error
    if request.layer is not None:
        if request.layer not in [n for n, _ in found]:
            raise InputError(
                f"{name} has no layer {request.layer!r}; it has {', '.join(repr(n) for n, _ in found)}.", code="part_unknown"
            )
        return request.layer
    skipped = {s.lower() for s in ignore} | {"layer_styles", "qgis_projects"}
    wanted = [(n, kind) for n, kind in found if n.lower() not in skipped]
    if len(wanted) > 1:
        wanted = [
            (n, kind)
            for n, kind in wanted
            if pyogrio.read_info(path, layer=n, encoding="ISO-8859-1", force_feature_count=True)["features"]
        ]
        spatial = [(n, kind) for n, kind in wanted if kind is not None]
        if spatial and len(spatial) < len(wanted):
            notes.append(f"tables without geometry were not read: {', '.join(n for n, kind in wanted if kind is None)}")
            wanted = spatial
    if not wanted:
        raise InputError(
            f"{name} has no layer with rows. Check the export; an empty layer would make every site look free of conflict.",
            code="layer_empty",
        )
    if len(wanted) > 1:
        names = ", ".join(repr(n) for n, _ in wanted[:20]) + (f" and {len(wanted) - 20} more" if len(wanted) > 20 else "")
        raise SeveralLayers(
            f"{name} has {len(wanted)} layers: {names}. plangeo does not guess which one is meant: "
            f"name it with layer={wanted[0][0]!r} (on the command line: {path.name}::{wanted[0][0]}).",
            tuple(n for n, _ in wanted),
        )
    if len(wanted) < len(found):
        notes.append(
            f"layer {wanted[0][0]!r} was read; the file also holds {', '.join(n for n, _ in found if n != wanted[0][0])}"
        )
    return wanted[0][0]


def shapes_of(wkb: Any) -> tuple[np.ndarray[Any, Any], dict[int, str]]:
    """Return the geometries of an array of WKB and a problem for each row whose geometry cannot be built."""
    problems: dict[int, str] = {}
    safe = np.array(wkb, dtype=object)
    for position, blob in enumerate(safe):
        if blob is not None and is_nested_too_deep(bytes(blob)):
            safe[position] = None
            problems[position] = f"invalid_geometry: collections nested deeper than {MOST_NESTING}"
    shapes = _built(safe)
    for position in np.flatnonzero(shapely.is_missing(shapes)).tolist():
        if safe[position] is not None:
            try:
                shapely.from_wkb(safe[position])
            except NotImplementedError:
                problems[int(position)] = CURVED
            except (shapely.errors.GEOSException, ValueError, TypeError) as error:
                problems[int(position)] = f"invalid_geometry: {str(error).split(': ', 1)[-1]}{_box(safe[position])}"
    return shapes, problems


def _built(blobs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Geometries of WKB, None where it cannot be built; the library refuses a whole array for one curve."""
    try:
        return np.asarray(shapely.from_wkb(blobs, on_invalid="ignore"))
    except NotImplementedError:
        if len(blobs) == 1:
            return np.array([None], dtype=object)
        half = len(blobs) // 2
        return np.concatenate([_built(blobs[:half]), _built(blobs[half:])])


def _box(blob: Any) -> str:
    """Say where an unreadable shape lies, so that only its neighbourhood becomes unknown."""
    mended = shapely.from_wkb(blob, on_invalid="fix")
    if mended is None or mended.is_empty or not np.isfinite(mended.bounds).all():
        return ""
    return f" {box_text(mended.bounds)}"


def settle_crs(found: Any, request: Request, name: str, notes: list[str], shapes: Any) -> pyproj.CRS:
    """Return the CRS of a layer: the caller's, else the file's.

    **Raises** CrsError when neither states one, when the file's is no place on earth, and when no
    coordinate fits it (swapped axes, metres labelled as degrees).
    """
    fix = (
        f'State it: crs="EPSG:9215" (on the command line: --crs {request.role}=EPSG:9215). '
        f"`plangeo doctor {name}` shows which system fits."
    )
    if request.crs is not None:
        crs = as_crs(request.crs)
        if found is not None and _parsed(found) is not None and _parsed(found) != crs:
            notes.append(f"the file says {_words(_parsed(found))}; {_words(crs)} was used because the caller stated it")
    elif found is None:
        raise CrsError(
            f"{name} does not state its coordinate reference system, so its position is unknown. {fix}", code="crs_missing"
        )
    else:
        parsed = _parsed(found)
        if parsed is None or not (parsed.is_geographic or parsed.is_projected or parsed.is_geocentric):
            raise CrsError(
                f"{name}: its coordinate reference system cannot be understood ({str(found)[:80]!r}). {fix}", code="crs_unknown"
            )
        crs = parsed
        if "unknown" in str(crs.datum and crs.datum.name).lower():
            notes.append(f"the CRS {_words(crs)} does not state its datum: positions may be 100 to 300 m off; state it with crs=")
    if crs.is_geographic:
        _fits_degrees(shapes, crs, name, fix)
    require_one_system(shapes, crs, name, stated=request.crs is not None)
    return crs


def require_one_system(shapes: Any, crs: pyproj.CRS, name: str, *, stated: bool = False) -> None:
    """**Raises** CrsError when shapes bear the number (SRID) of another system than ``crs``; ``stated`` by the caller: of several."""
    numbers = {int(n) for n in np.unique(shapely.get_srid(shapes)).tolist() if n > 0}
    own = crs.to_epsg()
    if len(numbers) > 1 or (numbers and not stated and own is not None and numbers != {own}):
        raise CrsError(
            f"{name}: its shapes say that they are in EPSG:{', EPSG:'.join(map(str, sorted(numbers)))}, its layer is in {_words(crs)}. Shapes "
            "of another system would lie hundreds of metres off, or in another country. Convert all of them into one system and export again.",
            code="crs_statements_contradict",
        )


def _fits_degrees(shapes: Any, crs: pyproj.CRS, name: str, fix: str) -> None:
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return
    inside = (bounds[:, 0] >= -360) & (bounds[:, 2] <= 360) & (bounds[:, 1] >= -90) & (bounds[:, 3] <= 90)
    if inside.any():
        return
    x0, y0, x1, y1 = bounds[0]
    if max(abs(x0), abs(x1)) <= 90 and max(abs(y0), abs(y1)) <= 360:
        raise CrsError(
            f"{name}: no coordinate fits {_words(crs)} (first: {x0:g}, {y0:g}), but all would with the axes swapped: "
            "latitude seems to be written first. Swap the axes in the file; plangeo does not turn a map by itself. "
            f"`plangeo doctor {name}` shows it, and writes a corrected copy when asked.",
            code="crs_axes_swapped",
        )
    raise CrsError(
        f"{name} is labelled {_words(crs)} (degrees), but its coordinates are not degrees (first: {x0:g}, {y0:g}). {fix}",
        code="crs_misfit",
    )


def _parsed(found: Any) -> pyproj.CRS | None:
    try:
        return pyproj.CRS.from_user_input(found)
    except pyproj.exceptions.CRSError:
        return None


def _words(crs: Any) -> str:
    code = crs.to_authority() if crs is not None else None
    return ":".join(code) if code else str(getattr(crs, "name", crs))


def _has_curves(path: Path, layer: str, driver: str) -> bool:
    """Say whether the layer's schema names a curve type; False when fiona is not installed."""
    if driver not in {"OpenFileGDB", "FlatGeobuf"}:
        return False
    try:
        from plangeo.gdalgate import fiona

        with fiona.Env(**VECTOR_OPTIONS), fiona.open(path, layer=layer, enabled_drivers=[driver]) as collection:
            return any(curve in str(collection.schema["geometry"]) for curve in _CURVES)
    except Exception:
        return False


def _gdal_notes(caught: list[warnings.WarningMessage]) -> list[str]:
    words = dict.fromkeys(str(w.message).strip() for w in caught)
    kept = [w for w in words if not any(quiet in w for quiet in _QUIET)]
    return [f"GDAL: {w[:200]}" for w in kept[:5]] + ([f"GDAL: {len(kept) - 5} more messages"] if len(kept) > 5 else [])


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``source_row``, the position in the file counted from 1; the file's own column of that name is kept."""
    table = table.rename(columns={"source_row": "source_row_raw"})
    table["source_row"] = np.arange(1, len(table) + 1, dtype=float)
    return table
