"""Single shapes: their parts of one dimension, what they are made of, how wide they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

CURVED = (
    "curved_geometry: the shape is drawn with arcs, which cannot be measured; turn curves into straight pieces "
    "(QGIS: Convert to curved/straight geometry type, PostGIS: ST_CurveToLine)"
)
"""Problem of a row whose shape has curves; plangeo does not choose how finely to straighten them."""
# The widest circle is searched until its diameter is known to this many metres.
WIDTH_TOLERANCE_M = 0.01
_POINTS, _COLLECTION = 4, 7  # type ids of shapely; above the collection come the curves


def polygonal(geometry: Any) -> Any:
    """Return the polygonal part of ``geometry`` as a (multi)polygon, empty when there is none."""
    return part_of(geometry, 2)


def linear(geometry: Any) -> Any:
    """Return the lines of ``geometry`` as a (multi)line, empty when there are none."""
    return part_of(geometry, 1)


def part_of(geometry: Any, dimension: int) -> Any:
    """Return what has this dimension (0 points, 1 lines, 2 polygons), empty when nothing has."""
    if geometry is None:
        return shapely.GeometryCollection()
    if geometry.geom_type != "GeometryCollection":
        return geometry if shapely.get_dimensions(geometry) == dimension else shapely.GeometryCollection()
    parts = [part_of(p, dimension) for p in geometry.geoms]
    kept = [p for p in parts if not p.is_empty]
    if not kept:
        return shapely.GeometryCollection()
    return shapely.union_all(kept) if len(kept) > 1 else kept[0]


def has_curves(geometry: Any) -> bool:
    """Return True when ``geometry`` has arcs, at any depth of a collection.

    >>> has_curves(shapely.from_wkt("GEOMETRYCOLLECTION (CIRCULARSTRING (0 0, 1 1, 2 0))")), has_curves(shapely.Point(0, 0))
    (True, False)
    """
    if geometry is None:
        return False
    if shapely.get_type_id(geometry) != _COLLECTION:
        return bool(shapely.get_type_id(geometry) > _COLLECTION)
    try:
        return any(has_curves(shapely.get_geometry(geometry, n)) for n in range(int(shapely.get_num_geometries(geometry))))
    except NotImplementedError:  # this is how the library meets an arc
        return True


def flattened(geometry: Any) -> Any:
    """Open nested collections and drop empty parts, which hide parts from every later test and crash GEOS."""
    if geometry is None or geometry.is_empty:
        return geometry
    if shapely.get_type_id(geometry) < 4:
        return _open_line(geometry)
    parts = [p for p in _primitives(geometry) if not p.is_empty]
    kinds = {int(shapely.get_dimensions(p)) for p in parts}
    if len(kinds) != 1:
        return shapely.GeometryCollection(parts)
    if len(parts) == 1 and shapely.get_type_id(geometry) in (_POINTS, _COLLECTION):
        return parts[0]
    return (shapely.MultiPoint, shapely.MultiLineString, shapely.MultiPolygon)[kinds.pop()](parts)


def _primitives(geometry: Any) -> list[Any]:
    if shapely.get_type_id(geometry) < 4:
        return [_open_line(geometry)]
    return [p for part in shapely.get_parts(geometry) for p in _primitives(part)]


def _open_line(geometry: Any) -> Any:
    """A bare ring is a line to every measurement, but mending it crashes GEOS."""
    return shapely.LineString(geometry) if geometry.geom_type == "LinearRing" else geometry


def is_mixed(geometry: Any) -> bool:
    """Return True when the parts of ``geometry`` are not all points, all lines or all polygons."""
    return len({int(shapely.get_dimensions(p)) for p in shapely.get_parts(geometry) if not p.is_empty}) > 1


def are_finite(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    """Return whether every coordinate of a shape is a finite number; True for none."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    found = np.ones(len(shapes), dtype=bool)
    found[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return found


def widest_circle(geometry: Any) -> float:
    """Return the diameter in metres of the widest circle inside a polygon (its width), 0 when empty.

    The search stops within ``WIDTH_TOLERANCE_M``; what is left is added, so that a width is never understated.
    """
    if geometry is None or geometry.is_empty or shapely.get_dimensions(geometry) < 2:
        return 0.0
    parts = shapely.get_parts(polygonal(geometry))
    radius = max(float(shapely.maximum_inscribed_circle(p, tolerance=WIDTH_TOLERANCE_M / 2).length) for p in parts)
    return 2.0 * radius + WIDTH_TOLERANCE_M
