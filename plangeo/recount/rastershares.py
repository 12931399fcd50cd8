"""Shares of sites on rasters, added up again cell by cell: each cell that an outline crosses is measured by sums over edges.

The engine cuts outlines at all lines of the grid and hands what is covered from cell to cell along a row. Here a cell is looked at by
itself: crossed by the outline, it is a square that shares an area with the site; else its middle is inside or outside. The values, and
the move into the system of the raster, are those of the engine.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.grids.footprints import cell_sizes, main_parts, move_shapes
from plangeo.grids.rasters import Raster
from plangeo.law.requirements import DIFFERS, LEAST_PIXELS
from plangeo.model import Requirement
from plangeo.recount.exactsums import Edges, edges_of, holds, shared_area
from plangeo.recount.tallies import Tally, add_tallies
from plangeo.recount.wholegrid import Floats
from plangeo.rulebook import Rulebook
from plangeo.surroundings import open_raster

MOST_CROSSED = 4_000
"""Cells that an outline may cross; a site with more is left out (about 0.1 ms each)."""
_MOST_CELLS = 4_000_000
_DIFFER = 1e-6
"""Shares by which two ways of adding up may differ; far above the rounding of either."""
_ROUNDING = 1e-9
"""As in ``plangeo.law.requirements``."""
_BESIDE = 1e-6
"""Parts of a cell by which an outline may miss a cell and still be looked at there."""
_HOLDS: Mapping[str, Callable[[Any, float], Any]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def recount_shares(
    sites: gpd.GeoDataFrame, evidence: pd.DataFrame, layers: Mapping[str, Any], law: Rulebook
) -> tuple[Tally, pd.DataFrame]:
    """Add up the shares of all requirements on rasters again and compare what decides.

    Parameters: ``sites`` (tables.SITES) in a metric CRS; ``evidence`` (tables.REQUIREMENT_EVIDENCE) as the engine measured it;
    ``layers`` name → path of a raster, among others; ``law`` of the day.
    Returns: counts, with the sites on which the two disagree; and the evidence, in which the rows of these have a ``problem``.
    Sites without an area, with too many cells, or partly beyond a raster in degrees are left out.
    """
    found, problems = [], evidence["problem"].tolist()
    asked = evidence[(evidence["problem"] == "") & (evidence["pixels"] >= LEAST_PIXELS)]
    places = dict(zip(sites["site_id"].astype(str), range(len(sites)), strict=True))
    for number in asked["requirement"].unique().tolist():
        rows, requirement = asked[asked["requirement"] == number], law.requirements[int(number)]
        raster = open_raster(layers[requirement.layer], requirement)
        chosen = sites.iloc[[places[str(site_id)] for site_id in rows["site_id"].tolist()]]
        shapes, faults = main_parts(chosen)
        moved = move_shapes(shapes, faults, chosen.crs, raster)
        columns = (rows[name].tolist() for name in ("site_id", "share_true", "share_false", "share_nodata"))
        for at, shape, site_id, *told in zip(rows.index.tolist(), moved, *columns, strict=True):
            again = _shares(shape, raster, requirement)
            said = "" if again is None else _difference(told, again, requirement)
            found.append(Tally(1, 1, int(again is not None), int(again is None), doubts={str(site_id): said} if said else {}))
            problems[at] = f"{DIFFERS}: {said}" if said else problems[at]
    return add_tallies(found), evidence.assign(problem=problems)


def _difference(told: list[float], again: tuple[float, float], requirement: Requirement) -> str:
    """Both shares where they differ or lead to different ends."""
    before, now = (told[0], told[0] + told[2]), (again[0], 1 - again[1])  # on which it holds, and on which it may hold
    least = requirement.share - _ROUNDING
    off = max(abs(told[0] - again[0]), abs(told[1] - again[1]))
    if off <= _DIFFER and all((a >= least) is (b >= least) for a, b in zip(before, now, strict=True)):
        return ""
    return f"{requirement.layer}: {100 * told[0]:.9g} % ≠ {100 * again[0]:.9g} %"


@dataclass(frozen=True)
class _Covered:
    """The covered part of the cells of a window that lies within the raster."""

    top: int
    left: int
    cover: Floats
    beyond: float
    """What of the site lies beyond the raster, in cells."""


def _shares(shape: Any, raster: Raster, requirement: Requirement) -> tuple[float, float] | None:
    """The shares on which a requirement holds and does not hold; None where they were not added up."""
    if shape is None or shapely.get_dimensions(shape) != 2:
        return None
    laid = _lay(shape, raster)
    if laid is None or (laid.beyond and raster.crs.is_geographic):
        return None
    height, width = laid.cover.shape
    with raster.open() as reader:
        read = reader.read(laid.top, laid.top + height, laid.left, laid.left + width)
    size = laid.cover * cell_sizes(laid.top + np.arange(height) + 0.5, raster)[:, None]
    total = float(size.sum()) + laid.beyond
    good, known = _good(read.values, raster, requirement)
    true, false = (math.fsum(size[read.valid & known & which].tolist()) / total for which in (good, ~good))
    return true, false


def _good(values: Floats, raster: Raster, requirement: Requirement) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where values satisfy a requirement, and where they say anything: classes are known whole numbers."""
    if requirement.field == "class":
        wanted = [float(v) for v in requirement.value]  # type: ignore[union-attr]
        known = (values == np.floor(values)) & (np.isin(values, requirement.legend) if requirement.legend else True)
        return np.isin(values, wanted) == (requirement.op == "in"), np.asarray(known, dtype=bool)
    bound = float(requirement.value)  # type: ignore[arg-type]
    if not raster.derived and (raster.scale, raster.offset) == (1.0, 0.0):
        bound = raster.as_stored(bound)
    return np.asarray(_HOLDS[requirement.op](values, bound)), np.ones(values.shape, dtype=bool)


def _lay(shape: Any, raster: Raster) -> _Covered | None:
    """Lay an area on the grid, in columns and rows; None where it would take too long, or lies wholly beyond it."""
    a, b, c, d, e, f = tuple(raster.transform)[:6]
    back = np.linalg.inv(np.array([[a, b], [d, e]])).T
    grid = shapely.transform(shape, lambda xy: (xy - [c, f]) @ back)
    outline = edges_of(grid)
    west, north, east, south = grid.bounds
    left, right = max(0, math.floor(west)), min(raster.width, math.ceil(east))
    top, bottom = max(0, math.floor(north)), min(raster.height, math.ceil(south))
    if left >= right or top >= bottom or (right - left) * (bottom - top) > _MOST_CELLS:
        return None
    crossed = _crossed(np.concatenate([outline.ends, outline.upright]), (top, bottom, left, right))
    if crossed.sum() > MOST_CROSSED:
        return None
    cover = np.zeros(crossed.shape)
    for row, column in np.argwhere(crossed).tolist():
        cover[row, column] = _shared(outline, column + left, row + top)
    for row in range(bottom - top):
        _fill(cover[row], crossed[row], outline, left + 0.5, row + top + 0.5)
    inside = west >= 0 and north >= 0 and east <= raster.width and south <= raster.height
    return _Covered(top, left, cover, 0.0 if inside else max(0.0, float(grid.area) - math.fsum(cover.ravel().tolist())))


def _fill(cover: Floats, crossed: NDArray[np.bool_], outline: Edges, x: float, y: float) -> None:
    """Fill the runs of cells of a row that no outline crosses, all of a run inside or outside; x, y: the middle of its first cell."""
    free = np.flatnonzero(~crossed)
    for run in np.split(free, np.flatnonzero(np.diff(free) > 1) + 1):
        if len(run) and holds(outline, x + float(run[0]), y):
            cover[run] = 1.0


def _shared(outline: Edges, column: int, row: int) -> float:
    """The part of a cell that a site covers."""
    x, y = float(column), float(row)
    cell = Edges(np.array([[x, y, x + 1, y], [x, y + 1, x + 1, y + 1]]), np.array([-1.0, 1.0]), np.empty((0, 4)))
    return shared_area(cell, outline.across(x, x + 1)).size


def _crossed(ends: Floats, window: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """The cells of a window (top, bottom, left, right) that edges may cross."""
    top, bottom, left, right = window
    found = np.zeros((bottom - top, right - left), dtype=bool)
    for x1, y1, x2, y2 in ends.tolist():
        low, high = min(y1, y2) - _BESIDE, max(y1, y2) + _BESIDE
        rows = np.arange(max(top, math.floor(low)), min(bottom, math.floor(high) + 1))
        if not len(rows):
            continue
        if y1 == y2:
            sides = np.array([[x1], [x2]]).repeat(len(rows), axis=1)
        else:
            at = np.clip((np.stack([rows, rows + 1.0]) - y1) / (y2 - y1), 0.0, 1.0)
            sides = x1 + at * (x2 - x1)
        wests = np.clip(np.floor(sides.min(axis=0) - _BESIDE).astype(int), left, right)
        easts = np.clip(np.floor(sides.max(axis=0) + _BESIDE).astype(int) + 1, left, right)
        for row, first, last in zip(rows.tolist(), wests.tolist(), easts.tolist(), strict=True):
            found[row - top, first - left : last - left] = True
    return found
