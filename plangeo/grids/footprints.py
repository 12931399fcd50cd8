"""Laying sites on the grid of a raster: their measurable part, moved to its CRS, in columns and rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from plangeo.errors import CrsError
from plangeo.geometry import linear, polygonal, to_crs, transformation
from plangeo.grids.cells import Footprint, lay_line, lay_points, lay_polygons
from plangeo.grids.rasters import Raster
from plangeo.grids.slopes import radii

Array = np.ndarray[Any, Any]
# Sites are laid on the grid in groups of about so many pieces.
BATCH_PIECES = 200_000


def main_parts(sites: gpd.GeoDataFrame) -> tuple[list[Any], list[str]]:
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


def move_shapes(shapes: list[Any], problems: list[str], crs: Any, raster: Raster) -> list[Any]:
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


def to_grid(moved: list[Any], raster: Raster) -> list[Any]:
    """Return shapes in the raster's CRS in grid coordinates (column, row)."""
    inverse = ~raster.transform

    def columns_and_rows(xy: Array) -> Array:
        x, y = xy[:, 0], xy[:, 1]
        return np.column_stack([inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f])

    return list(shapely.transform(np.array(moved, dtype=object), columns_and_rows)) if moved else []


def find_windows(grid: list[Any], raster: Raster) -> list[tuple[int, int, int, int]]:
    """Return, per shape (grid coordinates), the rows and columns of the raster within its bounds; all 0 for None."""
    bounds = np.nan_to_num(shapely.bounds(np.array(grid, dtype=object)).reshape(-1, 4))
    west, north, east, south = bounds.T
    edges = [np.floor(north), np.ceil(south), np.floor(west), np.ceil(east)]
    most = [raster.height, raster.height, raster.width, raster.width]
    columns = [np.clip(edge, 0, limit).astype(np.int64).tolist() for edge, limit in zip(edges, most, strict=True)]
    return list(zip(*columns, strict=True))


def count_pieces(grid: list[Any], raster: Raster) -> list[float]:
    """Return, per shape, an upper bound of the pieces that cutting it at the grid lines makes."""
    xy, owner = shapely.get_coordinates(np.array(grid, dtype=object), return_index=True)
    steps = np.abs(np.diff(np.clip(xy, -1, [raster.width + 1, raster.height + 1]), axis=0)).sum(axis=1)
    same = owner[1:] == owner[:-1]
    pieces = np.bincount(owner, minlength=len(grid)) + np.bincount(owner[1:][same], weights=steps[same], minlength=len(grid))
    return list(pieces.tolist())


def batch_sites(order: list[int], pieces: list[float]) -> Iterator[list[int]]:
    """Group sites that are laid on the grid together: fewer calls, the same numbers."""
    batch: list[int] = []
    held = 0.0
    for n in order:
        if batch and held + pieces[n] > BATCH_PIECES:
            yield batch
            batch, held = [], 0.0
        batch.append(n)
        held += pieces[n]
    if batch:
        yield batch


def lay_shapes(shapes: list[Any], moved: list[Any], raster: Raster) -> list[Footprint]:
    """Lay shapes (grid coordinates; ``moved`` in the raster's CRS) on the grid, each as if it were alone."""
    size = (raster.height, raster.width)
    dimensions = shapely.get_dimensions(shapes).tolist()
    polygons = iter(lay_polygons(np.array([s for s, d in zip(shapes, dimensions, strict=True) if d == 2], dtype=object), *size))
    laid = []
    for shape, place, dimension in zip(shapes, moved, dimensions, strict=True):
        if dimension == 2:
            laid.append(next(polygons))
        else:
            laid.append(lay_line(shape, _lengths(place, raster), *size) if dimension == 1 else lay_points(shape, *size))
    return laid


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


def cell_sizes(rows: Array, raster: Raster) -> Array:
    """Return the relative size of cells at ``rows``: they shrink towards the poles on a grid in degrees, else all count alike."""
    transform = raster.transform
    if not raster.crs.is_geographic:
        return np.ones(len(rows))
    unit = float(raster.crs.axis_info[0].unit_conversion_factor)
    latitude = transform.f + rows * transform.e + (raster.width / 2) * transform.d
    across, along = radii(raster.crs, latitude * unit)
    return np.asarray(across * along)


def outside_size(shape: Any, laid: Footprint, raster: Raster) -> float:
    """Size of a cell where the part beyond the raster lies."""
    if laid.dimension != 2 or not laid.outside or not raster.crs.is_geographic:
        return 1.0
    beyond = shape.difference(shapely.box(0, 0, raster.width, raster.height)).centroid
    row = laid.rows[:1] + 0.5 if beyond.is_empty else np.array([beyond.y])
    return float(cell_sizes(row, raster)[0]) if len(row) else 1.0
