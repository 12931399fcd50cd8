"""Measuring sites on rasters: shares of slope classes, flood depths, land cover, with what is not known kept apart.

Of every site: how much of it lies on cells of which value, on cells without data, and beyond the raster; these add
to one. Polygons by exact area, lines by exact length, points by the cell they lie in. Nothing is judged here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.cells import Footprint, lay_line, lay_points, lay_polygon, strips
from plangeo.errors import CrsError, InputError
from plangeo.geometry import as_crs, linear, polygonal, to_crs, transformation
from plangeo.rasters import Raster, Reader, read_raster
from plangeo.sloperasters import in_degrees, ready_slope, slope_of
from plangeo.slopes import radii, slope

__all__ = [
    "Measured",
    "Raster",
    "in_degrees",
    "measure_bands",
    "measure_classes",
    "measure_condition",
    "read_raster",
    "ready_slope",
    "slope",
    "slope_of",
]

Array = np.ndarray[Any, Any]
# A site whose window holds more cells is not measured: at this size a mistaken unit is more likely than a project.
MOST_CELLS = 400_000_000
# Pieces of outline after cutting at the grid lines; beyond it one wild outline could exhaust the memory.
MOST_PIECES = 20_000_000
# Below this many cells with data the share of a polygon says more about the grid than about the ground.
FEW_PIXELS = 30
# Covered cells and the ground beyond the raster must add up to the site's area within this share.
CLOSURE = 1e-6
_OPERATORS: dict[str, Callable[[Array, float], Array]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_SHARES = ["site_id", "kind", "label", "value", "lower", "upper", "share", "area_m2", "length_m", "pixels"]
_STATUS = [
    "site_id",
    "measured",
    "problem",
    "note",
    "dimension",
    "pixels",
    "cells",
    "few_pixels",
    "share_nodata",
    "share_outside",
]
_CONDITION = ["site_id", "share_true", "share_false", "share_nodata", "share_outside"]
_CONDITION += ["pixels", "cells", "few_pixels", "problem", "note"]


@dataclass(frozen=True)
class Measured:
    """What was measured.

    ``shares``: one row per site and class or band that occurs there. Columns: site_id; ``kind`` (``band``, ``class``,
    ``unknown_class``, ``nodata``, ``outside``); ``label``; ``value`` of a class; ``lower`` ≤ values < ``upper`` of a
    band; ``share``; ``area_m2`` and ``length_m`` (the share of the site's own size in its CRS); ``pixels`` (polygons:
    cells weighted by their covered part; lines and points: cells touched).
    ``status``: one row per site, in the order of the sites. Columns: site_id; ``measured``; ``problem`` (why not);
    ``note`` (doubts about the raster there); ``dimension`` (2 area, 1 line, 0 points, −1 none); ``pixels`` and
    ``cells`` (touched) with data; ``few_pixels``; ``share_nodata``; ``share_outside``. A site not measured counts as
    wholly without data, so that no reader of the table can take it for good.
    ``unit`` of the values and ``notes`` on the raster.
    """

    shares: pd.DataFrame
    status: pd.DataFrame
    unit: str
    notes: tuple[str, ...]


@dataclass
class _Sums:
    """What one site gathers: per key the weight and the cells; apart from them no data and beyond the raster."""

    keys: dict[float, tuple[float, float]] = field(default_factory=dict)
    nodata: tuple[float, float] = (0.0, 0.0)
    outside: float = 0.0
    cells: int = 0
    dimension: int = -1
    problem: str = ""
    doubts: set[str] = field(default_factory=set)

    @property
    def total(self) -> float:
        return sum((weight for weight, _ in self.keys.values()), 0.0) + self.nodata[0] + self.outside

    @property
    def pixels(self) -> float:
        return sum((pixels for _, pixels in self.keys.values()), 0.0)


def measure_bands(sites: gpd.GeoDataFrame, raster: Raster, bounds: Sequence[float], *, unit: str | None = None) -> Measured:
    """Measure which share of every site lies in which band of values.

    Parameters: ``sites`` with ``site_id`` in a metric CRS; ``bounds`` in increasing order, in the unit of the raster:
    ``[8, 15]`` makes the bands < 8, 8 to < 15, ≥ 15; ``unit`` of the bounds, compared with the raster's.
    **Raises** InputError for bounds out of order, another unit, or a raster of classes; CrsError for sites in degrees.
    """
    edges = np.asarray(list(bounds), dtype=np.float64)
    if not len(edges) or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise InputError(f"bounds={list(bounds)!r} must be numbers in increasing order, e.g. [8, 15].")
    _require_values(raster, unit)
    names = [f"< {edges[0]:g}", *(f"{a:g} … < {b:g}" for a, b in pairwise(edges)), f"≥ {edges[-1]:g}"]
    limits = [-np.inf, *edges.tolist(), np.inf]

    def row(key: float) -> dict[str, Any]:
        number = int(key)
        return {"kind": "band", "label": names[number], "value": np.nan, "lower": limits[number], "upper": limits[number + 1]}

    return _measured(sites, raster, lambda values: np.digitize(values, edges), row)


def measure_classes(sites: gpd.GeoDataFrame, raster: Raster, known: Collection[float] | None = None) -> Measured:
    """Measure which share of every site lies on which class.

    Parameters: ``sites`` with ``site_id`` in a metric CRS; ``known`` the codes of the legend: any other code is of the
    kind ``unknown_class``. A code that is no whole number comes from a class map that was resampled as if it were a
    measure, and is always unknown.
    **Raises** InputError for a raster of continuous values; CrsError for sites in degrees.
    """
    if raster.kind != "classes":
        raise InputError(f"{raster.path.name} was read as continuous values. Read it with kind='classes', or use measure_bands.")
    legend = None if known is None else {float(k) for k in known}

    def row(key: float) -> dict[str, Any]:
        fits = key.is_integer() and (legend is None or key in legend)
        return {"kind": "class" if fits else "unknown_class", "label": f"{key:g}", "value": key, "lower": np.nan, "upper": np.nan}

    return _measured(sites, raster, lambda values: values, row)


def measure_condition(sites: gpd.GeoDataFrame, raster: Raster, op: str, value: float, *, unit: str | None = None) -> pd.DataFrame:
    """Measure which share of every site has values for which ``values op value`` is true.

    Parameters: ``op`` one of ``< <= > >= == !=``; ``value`` in the unit of the raster; ``unit`` of the value.
    Returns: one row per site, in their order: site_id, share_true, share_false, share_nodata (with share_outside in
    it), share_outside, pixels, cells, few_pixels, problem, note. The first three shares add to one.
    **Raises** InputError for another operator or unit; CrsError for sites in degrees.
    """
    if op not in _OPERATORS:
        raise InputError(f"{op!r} compares nothing: write one of {' '.join(_OPERATORS)}.")
    if not np.isfinite(value):
        raise InputError(f"A share cannot be measured against {value!r}: give a number.")
    _require_values(raster, unit)
    compare = _OPERATORS[op]
    rows = []
    for site_id, _, sums in _sums_of(sites, raster, lambda values: compare(values, float(value))):
        total = sums.total
        true, false = (sums.keys.get(key, (0.0, 0.0))[0] / total if total else 0.0 for key in (1.0, 0.0))
        status = _status(site_id, sums)
        shares = {"share_true": true, "share_false": false, "share_nodata": status["share_nodata"] + status["share_outside"]}
        rows.append({"site_id": site_id, **shares, **{k: status[k] for k in _CONDITION[4:]}})
    return pd.DataFrame(rows, columns=_CONDITION)


def _require_values(raster: Raster, unit: str | None) -> None:
    if raster.kind != "continuous":
        raise InputError(f"{raster.path.name} holds class codes: 'above 15' means nothing there. Use measure_classes.")
    if unit is not None and unit != raster.unit:
        raise InputError(
            f"The bounds are in {unit}, the values of {raster.path.name} in {raster.unit or 'a unit nobody states'}: 15 % is 8.5°. "
            "State the raster's unit with read_raster(unit=…); in_degrees() converts a slope."
        )


def _measured(
    sites: gpd.GeoDataFrame, raster: Raster, key: Callable[[Array], Array], row: Callable[[float], dict[str, Any]]
) -> Measured:
    nothing = {"label": "", "value": np.nan, "lower": np.nan, "upper": np.nan}
    rows: list[dict[str, Any]] = []
    states: list[dict[str, Any]] = []
    for site_id, shape, sums in _sums_of(sites, raster, key):
        states.append(_status(site_id, sums))
        parts: list[tuple[dict[str, Any], float, float]] = [(row(k), *sums.keys[k]) for k in sorted(sums.keys)]
        parts.append(({"kind": "nodata", **nothing}, *sums.nodata))
        parts.append(({"kind": "outside", **nothing}, sums.outside, 0.0))
        for told, weight, pixels in parts:
            if weight > 0:
                share = weight / sums.total
                rows.append(
                    {"site_id": site_id, **told, "share": share, **_sizes(shape, sums.dimension, share), "pixels": pixels}
                )
    return Measured(pd.DataFrame(rows, columns=_SHARES), pd.DataFrame(states, columns=_STATUS), raster.unit, raster.notes)


def _status(site_id: Any, sums: _Sums) -> dict[str, Any]:
    total = sums.total
    return {
        "site_id": site_id,
        "measured": not sums.problem,
        "problem": sums.problem,
        "note": "; ".join(sorted(sums.doubts)),
        "dimension": sums.dimension,
        "pixels": sums.pixels,
        "cells": sums.cells,
        "few_pixels": sums.dimension == 2 and sums.pixels < FEW_PIXELS,
        "share_nodata": sums.nodata[0] / total if total else 1.0,
        "share_outside": sums.outside / total if total else 0.0,
    }


def _sizes(shape: Any, dimension: int, share: float) -> dict[str, float]:
    return {"area_m2": share * shape.area if dimension == 2 else 0.0, "length_m": share * shape.length if dimension == 1 else 0.0}


def _sums_of(sites: gpd.GeoDataFrame, raster: Raster, key: Callable[[Array], Array]) -> Iterator[tuple[Any, Any, _Sums]]:
    """Measure every site and return them in their order; they are read in the order in which they lie in the file."""
    _require_sites(sites)
    shapes, problems = _main_parts(sites)
    moved = _moved(shapes, problems, sites.crs, raster)
    grid = _to_grid(moved, raster)
    windows = [_window(g, raster) for g in grid]
    sums = [_Sums(problem=p) for p in problems]
    with raster.open() as reader:
        for n in sorted(range(len(sums)), key=lambda i: (windows[i][0] // 512, windows[i][2], i)):
            if not sums[n].problem:
                sums[n] = _measure_one(grid[n], moved[n], windows[n], reader, key)
    yield from zip(sites["site_id"].tolist(), shapes, sums, strict=True)


def _require_sites(sites: gpd.GeoDataFrame) -> None:
    if "site_id" not in sites:
        raise InputError("The sites have no column site_id, so shares could not be told apart. Read them with read_sites.")
    if sites.crs is None:
        raise CrsError("The sites have no coordinate reference system. State it with crs='EPSG:…'.")
    system = as_crs(sites.crs)
    if not system.is_projected or abs(system.axis_info[0].unit_conversion_factor - 1) > 1e-9:
        raise CrsError(
            f"The sites are in {system.name}; areas are wanted in m². Convert them to a metric CRS first, e.g. EPSG:9215."
        )


def _main_parts(sites: gpd.GeoDataFrame) -> tuple[list[Any], list[str]]:
    """Return of every site the part that is measured (its areas, else lines, else points) and why it cannot be."""
    shapes, problems = [], []
    for shape in sites.geometry:
        kept, problem = shape, ""
        if shape is None or shape.is_empty:
            problem = "no_geometry: the site has no shape"
        elif not np.isfinite(shapely.get_coordinates(shape)).all():
            problem = "bad_geometry: coordinates are not finite numbers"
        elif not shape.is_valid:
            problem = f"bad_geometry: the shape is not valid ({shapely.is_valid_reason(shape)[:80]})"
        elif shape.geom_type == "GeometryCollection":
            dimension = int(shapely.get_dimensions(shape))
            kept = polygonal(shape) if dimension == 2 else linear(shape) if dimension == 1 else shape
        size = kept.area if kept is not None and shapely.get_dimensions(kept) == 2 else kept.length if kept is not None else 0
        if not problem and shapely.get_dimensions(kept) > 0 and not size > 0:
            problem = "bad_geometry: the shape has no extent"
        shapes.append(kept)
        problems.append(problem)
    return shapes, problems


def _moved(shapes: list[Any], problems: list[str], crs: Any, raster: Raster) -> list[Any]:
    """Return the shapes in the raster's CRS with densified edges; one that cannot be converted gets a problem."""
    transformation(crs, raster.crs)
    good = [n for n, problem in enumerate(problems) if not problem]
    moved: list[Any] = [None] * len(shapes)
    try:
        whole = to_crs(gpd.GeoDataFrame(geometry=[shapes[n] for n in good], crs=crs), raster.crs).geometry.tolist()
    except CrsError:
        whole = [_moved_alone(shapes[n], crs, raster) for n in good]
    for n, shape in zip(good, whole, strict=True):
        moved[n] = shape
        if shape is None:
            problems[n] = f"bad_geometry: the place cannot be converted to {raster.crs.name}, the CRS of the raster"
    return moved


def _moved_alone(shape: Any, crs: Any, raster: Raster) -> Any:
    try:
        return to_crs(gpd.GeoDataFrame(geometry=[shape], crs=crs), raster.crs).geometry.iloc[0]
    except CrsError:
        return None


def _to_grid(moved: list[Any], raster: Raster) -> list[Any]:
    inverse = ~raster.transform

    def columns_and_rows(xy: Array) -> Array:
        return np.column_stack(inverse * (xy[:, 0], xy[:, 1]))

    return list(shapely.transform(np.array(moved, dtype=object), columns_and_rows)) if moved else []


def _window(shape: Any, raster: Raster) -> tuple[int, int, int, int]:
    """Rows and columns of the raster within the bounds of ``shape`` (grid coordinates)."""
    if shape is None:
        return 0, 0, 0, 0
    west, north, east, south = shapely.bounds(shape)
    top, bottom = (int(np.clip(v, 0, raster.height)) for v in (np.floor(north), np.ceil(south)))
    left, right = (int(np.clip(v, 0, raster.width)) for v in (np.floor(west), np.ceil(east)))
    return top, bottom, left, right


def _measure_one(
    shape: Any, moved: Any, window: tuple[int, int, int, int], reader: Reader, key: Callable[[Array], Array]
) -> _Sums:
    raster = reader.raster
    top, bottom, left, right = window
    cells = (bottom - top) * (right - left)
    if cells > MOST_CELLS or _pieces(shape, raster) > MOST_PIECES:
        return _Sums(
            problem=f"too_many_cells: the site's window holds {cells:,} cells of the raster (bound {MOST_CELLS:,}); use a coarser one"
        )
    laid = _lay(shape, moved, raster)
    sums = _Sums(dimension=laid.dimension)
    try:
        covered = _add_strips(sums, laid, reader, key)
    except InputError as fault:
        return _Sums(problem=f"raster_unreadable: {fault}")
    sums.outside = laid.outside * _outside_weight(shape, laid, raster)
    if abs(covered + laid.outside - laid.total) > CLOSURE * laid.total:
        return _Sums(problem="not_closed: covered cells do not add up to the site; is its outline crossed in the raster's CRS?")
    return sums


def _pieces(shape: Any, raster: Raster) -> float:
    xy = np.clip(shapely.get_coordinates(shape), -1, [raster.width + 1, raster.height + 1])
    return float(np.abs(np.diff(xy, axis=0)).sum() + len(xy))


def _lay(shape: Any, moved: Any, raster: Raster) -> Footprint:
    dimension = shapely.get_dimensions(shape)
    if dimension == 2:
        return lay_polygon(shape, raster.height, raster.width)
    if dimension == 1:
        return lay_line(shape, _lengths(moved, raster), raster.height, raster.width)
    return lay_points(shape, raster.height, raster.width)


def _lengths(line: Any, raster: Raster) -> Array:
    """Lengths of the line's segments in the raster's CRS, in metres where that is in degrees."""
    xy, part = shapely.get_coordinates(shapely.get_parts(line), return_index=True)
    joined = part[1:] == part[:-1]
    start, end = xy[:-1][joined], xy[1:][joined]
    step = end - start
    if raster.crs.is_geographic:
        unit = float(raster.crs.axis_info[0].unit_conversion_factor)
        step = step * np.column_stack(radii(raster.crs, (start[:, 1] + end[:, 1]) / 2 * unit))
    return np.asarray(np.hypot(step[:, 0], step[:, 1]))


def _add_strips(sums: _Sums, laid: Footprint, reader: Reader, key: Callable[[Array], Array]) -> float:
    """Read the window strip by strip and add what is covered; return the covered total in cells (lines: share)."""
    covered = 0.0
    for strip in strips(laid):
        found = reader.read(strip.top, strip.bottom, strip.left, strip.right)
        touched = strip.cover > 0
        cover, valid = strip.cover[touched], found.valid[touched]
        weight = cover * _row_weights(strip.top, strip.bottom, laid, reader.raster)[np.nonzero(touched)[0]]
        pixels = cover if laid.dimension == 2 else np.ones(len(cover))
        covered += float(cover.sum())
        sums.cells += int(valid.sum())
        sums.doubts.update(found.doubts)
        sums.nodata = (sums.nodata[0] + float(weight[~valid].sum()), sums.nodata[1] + float(pixels[~valid].sum()))
        keys, place = np.unique(key(found.values[touched][valid]), return_inverse=True)
        weights, counts = (np.bincount(place, weights=w[valid], minlength=len(keys)) for w in (weight, pixels))
        for k, w, c in zip(keys.astype(float).tolist(), weights.tolist(), counts.tolist(), strict=True):
            held = sums.keys.get(k, (0.0, 0.0))
            sums.keys[k] = (held[0] + w, held[1] + c)
    return covered


def _row_weights(top: int, bottom: int, laid: Footprint, raster: Raster) -> Array:
    """Size of a cell of each row, for polygons on a grid in degrees, whose cells shrink towards the poles; else 1."""
    rows = np.arange(top, bottom)
    return _cell_size(rows + 0.5, raster) if laid.dimension == 2 else np.ones(len(rows))


def _cell_size(rows: Array, raster: Raster) -> Array:
    transform = raster.transform
    if not raster.crs.is_geographic:
        return np.ones(len(rows))
    unit = float(raster.crs.axis_info[0].unit_conversion_factor)
    latitude = transform.f + rows * transform.e + (raster.width / 2) * transform.d
    across, along = radii(raster.crs, latitude * unit)
    return np.asarray(across * along)


def _outside_weight(shape: Any, laid: Footprint, raster: Raster) -> float:
    """Size of a cell where the part beyond the raster lies."""
    if laid.dimension != 2 or not laid.outside or not raster.crs.is_geographic:
        return 1.0
    beyond = shape.difference(shapely.box(0, 0, raster.width, raster.height)).centroid
    row = laid.rows[:1] + 0.5 if beyond.is_empty else np.array([beyond.y])
    return float(_cell_size(row, raster)[0]) if len(row) else 1.0
