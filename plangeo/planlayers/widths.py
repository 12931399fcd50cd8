"""How wide a polygon is, and which part of it is wider than what a map can show.

The width is the diameter of the widest circle inside. It is at least twice the area over the perimeter, which settles
most polygons without looking for the circle.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

HAIR_M = 0.01
"""Polygons thinner than this are the rounding of coordinates, not ground."""
_POLYGON = 3
_WIDTH_SHARE = 0.01
_REACH = 5.0  # sharp corners come back this many half widths long


def polygons_of(shapes: Any) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the single polygons of ``shapes`` and the place of the shape each belongs to; lines and points fall away."""
    values = np.atleast_1d(np.asarray(shapes, dtype=object))
    parts, first = shapely.get_parts(values, return_index=True)
    parts, second = shapely.get_parts(parts, return_index=True)
    at = first[second]
    areal = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
    return parts[areal], at[areal]


def drawn(shapes: NDArray[Any]) -> list[bytes]:
    """Return a key of every shape that is the same for the same drawing, wherever its rings begin and whichever way they turn."""
    alone = shapely.get_num_geometries(shapes) == 1
    plain = np.where(alone, shapely.get_geometry(shapes, 0), shapes)
    return [bytes(key) for key in shapely.to_wkb(shapely.normalize(plain))]


def is_wider(polygons: NDArray[Any], width_m: float) -> NDArray[np.bool_]:
    """Return which polygons hold a circle of more than ``width_m`` metres across."""
    area, around = shapely.area(polygons), shapely.length(polygons)
    if width_m <= 0:
        return np.asarray(area > 0)
    wide = np.asarray(2 * area > width_m * around)
    doubt = np.flatnonzero(~wide & (area > 0.75 * width_m**2))  # the circle itself has an area of 0.785 of its square
    wide[doubt] = ~shapely.is_empty(shapely.buffer(polygons[doubt], -width_m / 2))
    return wide


def without_hairs(polygons: NDArray[Any]) -> NDArray[Any]:
    """Return the single polygons that are wider than ``HAIR_M``."""
    return polygons[is_wider(polygons, HAIR_M)]


def width_of(polygon: Any) -> float:
    """Return the width in metres of the widest part of a (multi)polygon, to one per cent or a centimetre; 0 for what is no area.

    It is never understated. The search for the circle starts from what the area and perimeter say, because looking for the
    last millimetre takes long in long strips.
    """
    parts, _ = polygons_of([polygon])
    widest = 0.0
    area = shapely.area(parts)
    least, most = 2 * area / shapely.length(parts), 2 * np.sqrt(area / np.pi)
    for n in np.argsort(-least, kind="stable").tolist():
        if most[n] <= widest:
            continue
        slack = max(HAIR_M, _WIDTH_SHARE * float(least[n]))
        found = float(shapely.maximum_inscribed_circle(parts[n], tolerance=slack / 2).length)
        widest = max(widest, 2 * found + slack)
    return widest


def wide_part(shape: Any, width_m: float) -> Any:
    """Return the ground of ``shape`` that a circle of ``width_m`` metres across can reach without leaving it (its opening).

    Corners stay sharp. What is cut off are strips and spikes thinner than the width.

    >>> strip = shapely.union(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 5))
    >>> [round(edge, 1) for edge in wide_part(strip, 10).bounds]
    [0.0, 0.0, 100.0, 100.0]
    """
    parts, _ = polygons_of([shape])
    if width_m <= 0 or not len(parts):
        return shapely.union_all(parts)
    parts = parts[is_wider(parts, width_m)]
    core = shapely.buffer(parts, -width_m / 2)
    grown = shapely.buffer(core, width_m / 2 + HAIR_M / 10, join_style="mitre", mitre_limit=_REACH)
    kept, _ = polygons_of(shapely.intersection(parts, grown))
    return shapely.union_all(without_hairs(kept))
