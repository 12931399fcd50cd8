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

from plangeo.errors import CrsError, InputError
from plangeo.geometry import as_crs
from plangeo.grids.cells import Footprint, strips
from plangeo.grids.footprints import (
    batch_sites,
    cell_sizes,
    count_pieces,
    find_windows,
    lay_shapes,
    main_parts,
    move_shapes,
    outside_size,
    to_grid,
)
from plangeo.grids.rasters import Raster, Reader, read_raster
from plangeo.grids.sloperasters import in_degrees, ready_slope, slope_of
from plangeo.grids.slopes import slope

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
MOST_PIECES = 4_000_000
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
        raise InputError(
            f"bounds={list(bounds)!r} must be numbers in increasing order, e.g. [8, 15].", code="raster_question_wrong"
        )
    _require_values(raster, unit)
    names = [f"< {edges[0]:g}", *(f"{a:g} … < {b:g}" for a, b in pairwise(edges)), f"≥ {edges[-1]:g}"]
    limits = [-np.inf, *edges.tolist(), np.inf]

    def row(key: float) -> dict[str, Any]:
        number = int(key)
        return {"kind": "band", "label": names[number], "value": np.nan, "lower": limits[number], "upper": limits[number + 1]}

    held = np.array([_as_held(edge, raster) for edge in edges.tolist()])
    return _measured(sites, raster, lambda values: np.digitize(values, held), row)


def measure_classes(sites: gpd.GeoDataFrame, raster: Raster, known: Collection[float] | None = None) -> Measured:
    """Measure which share of every site lies on which class.

    Parameters: ``sites`` with ``site_id`` in a metric CRS; ``known`` the codes of the legend: any other code is of the
    kind ``unknown_class``. A code that is no whole number comes from a class map that was resampled as if it were a
    measure, and is always unknown.
    **Raises** InputError for a raster of continuous values; CrsError for sites in degrees.
    """
    if raster.kind != "classes":
        raise InputError(
            f"{raster.path.name} was read as continuous values. Read it with kind='classes', or use measure_bands.",
            code="raster_question_wrong",
        )
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

    >>> import rasterio, shapely, tempfile
    >>> path = tempfile.mkdtemp() + "/slope.tif"
    >>> profile = {"width": 2, "height": 1, "count": 1, "dtype": "float32", "crs": "EPSG:3405"}
    >>> with rasterio.open(path, "w", transform=rasterio.Affine(10, 0, 500_000, 0, -10, 2_400_000), **profile) as file:
    ...     file.write(np.array([[[3, 20]]], dtype="float32"))
    >>> shape = shapely.box(499_995, 2_399_992, 500_015, 2_399_998)
    >>> site = gpd.GeoDataFrame({"site_id": ["P-1"]}, geometry=[shape], crs="EPSG:3405")
    >>> found = measure_condition(site, read_raster(path, unit="degree"), ">", 15, unit="degree")
    >>> found[["share_true", "share_false", "share_nodata"]].iloc[0].round(3).tolist()
    [0.25, 0.5, 0.25]
    """
    if op not in _OPERATORS:
        raise InputError(f"{op!r} compares nothing: write one of {' '.join(_OPERATORS)}.", code="raster_question_wrong")
    if not np.isfinite(value):
        raise InputError(f"A share cannot be measured against {value!r}: give a number.", code="raster_question_wrong")
    _require_values(raster, unit)
    compare, bound = _OPERATORS[op], _as_held(float(value), raster)
    rows = []
    for site_id, _, sums in _sums_of(sites, raster, lambda values: compare(values, bound)):
        total = sums.total
        true, false = (sums.keys.get(key, (0.0, 0.0))[0] / total if total else 0.0 for key in (1.0, 0.0))
        status = _status(site_id, sums)
        shares = {"share_true": true, "share_false": false, "share_nodata": status["share_nodata"] + status["share_outside"]}
        rows.append({"site_id": site_id, **shares, **{k: status[k] for k in _CONDITION[4:]}})
    return pd.DataFrame(rows, columns=_CONDITION)


def _require_values(raster: Raster, unit: str | None) -> None:
    if raster.kind != "continuous":
        raise InputError(
            f"{raster.path.name} holds class codes: 'above 15' means nothing there. Use measure_classes.",
            code="raster_question_wrong",
        )
    if unit is not None and unit != raster.unit:
        raise InputError(
            f"The bounds are in {unit}, the values of {raster.path.name} in {raster.unit or 'a unit nobody states'}: 15 % is 8.5°. "
            "State the raster's unit with read_raster(unit=…); in_degrees() converts a slope.",
            code="raster_unit_unclear",
        )


def _as_held(bound: float, raster: Raster) -> float:
    """A bound as the raster holds it, so that a cell written as 15.1 is not above 15.1 by rounding."""
    plain = not raster.derived and (raster.scale, raster.offset) == (1.0, 0.0)
    return raster.as_stored(bound) if plain else bound


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
    shapes, problems = main_parts(sites)
    moved = move_shapes(shapes, problems, sites.crs, raster)
    grid = to_grid(moved, raster)
    windows, pieces = find_windows(grid, raster), count_pieces(grid, raster)
    sums = [_Sums(problem=told or _too_large(window, n)) for told, window, n in zip(problems, windows, pieces, strict=True)]
    order = sorted((n for n, one in enumerate(sums) if not one.problem), key=lambda i: (windows[i][0] // 512, windows[i][2], i))
    with raster.open() as reader:
        for batch in batch_sites(order, pieces):
            for n, laid in zip(batch, lay_shapes([grid[n] for n in batch], [moved[n] for n in batch], raster), strict=True):
                sums[n] = _measure_one(laid, grid[n], reader, key)
    yield from zip(sites["site_id"].tolist(), shapes, sums, strict=True)


def _require_sites(sites: gpd.GeoDataFrame) -> None:
    if "site_id" not in sites:
        raise InputError(
            "The sites have no column site_id, so shares could not be told apart. Read them with read_sites.",
            code="column_missing",
        )
    if sites.crs is None:
        raise CrsError("The sites have no coordinate reference system. State it with crs='EPSG:…'.", code="crs_missing")
    system = as_crs(sites.crs)
    if not system.is_projected or abs(system.axis_info[0].unit_conversion_factor - 1) > 1e-9:
        raise CrsError(
            f"The sites are in {system.name}; areas are wanted in m². Convert them to a metric CRS first, e.g. EPSG:9215.",
            code="crs_not_metric",
        )


def _too_large(window: tuple[int, int, int, int], pieces: float) -> str:
    """Return a problem when a site would cost too much to measure."""
    cells = (window[1] - window[0]) * (window[3] - window[2])
    if cells <= MOST_CELLS and pieces <= MOST_PIECES:
        return ""
    return (
        f"too_many_cells: the site's window holds {cells:,} cells of the raster (bound {MOST_CELLS:,}) and its outline crosses "
        f"{pieces:,.0f} (bound {MOST_PIECES:,}); use a coarser raster"
    )


def _measure_one(laid: Footprint, shape: Any, reader: Reader, key: Callable[[Array], Array]) -> _Sums:
    sums = _Sums(dimension=laid.dimension)
    try:
        covered = _add_strips(sums, laid, reader, key)
    except InputError as fault:
        if fault.code.startswith("reader_"):  # the process that reads died or hung: so it would for every site
            raise
        return _Sums(problem=f"raster_unreadable: {fault}")
    sums.outside = laid.outside * outside_size(shape, laid, reader.raster)
    if abs(covered + laid.outside - laid.total) > CLOSURE * laid.total:
        return _Sums(problem="not_closed: covered cells do not add up to the site; is its outline crossed in the raster's CRS?")
    return sums


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
    return cell_sizes(rows + 0.5, raster) if laid.dimension == 2 else np.ones(len(rows))
