"""Which polygons of a layer fit their neighbours edge by edge, tile by tile, so that giants with many holes do not take their square.

GEOS holds every ring of a polygon against every ring near it. A river of half a million vertices is near everything, so the whole layer
is not asked at once: each tile is asked with what lies on it, giants clipped to the tile and a halo. Whether an edge fits is a matter
of the ground right at the edge, so an edge that meets a tile is judged there as it is in the whole layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.geometry import polygonal

AT_ONCE = 40_000
"""Vertices that are asked together; size M of the benchmark takes about as long with 20,000 and 80,000."""
_GIANT = 2_000
_TILES_ACROSS, _MOST_EDGES = (
    64,
    0.999,
)  # longer edges may reach over the halo: judged clipped, they are at worst overlaid for nothing


def unfitting(shapes: NDArray[Any], at_once: int = AT_ONCE) -> NDArray[np.bool_]:
    """Return which polygons have an edge that crosses, overlaps or only half shares an edge of another, or lies inside another.

    Parameters: ``shapes`` valid (multi)polygons in one metric CRS, none missing or empty; ``at_once`` how many vertices one tile holds.
    An answer True may be over-cautious for polygons with very long edges, an answer False never depends on the tiles.
    """
    if int(shapely.get_num_coordinates(shapes).sum()) <= at_once:
        return ~np.asarray(shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    found = np.zeros(len(shapes), dtype=bool)
    halo = _halo(shapes)
    todo = [(shapes, np.arange(len(shapes)), shapely.total_bounds(shapes), True)]
    while todo:
        members, rows, box, splits = todo.pop()
        if not splits or int(shapely.get_num_coordinates(members).sum()) <= at_once:
            edges = shapely.coverage_invalid_edges(members)
            met = np.asarray(shapely.intersects(edges, shapely.box(*box)))
            found[rows[met]] = True
            continue
        for half in _halves(box):
            chosen, of = _on_tile(members, rows, half, halo)
            if len(chosen):
                # a tile not larger than its halo stays as it is: halving would not make it smaller
                todo.append((chosen, of, half, min(half[2] - half[0], half[3] - half[1]) > 2 * halo))
    return found


def _halo(shapes: NDArray[Any]) -> float:
    """Metres around a tile beyond which no edge that meets the tile reaches; where a few edges are very long, nearly none."""
    rings = shapely.get_rings(shapes)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    step = np.hypot(*(points[1:] - points[:-1]).T)[ring[1:] == ring[:-1]]
    west, south, east, north = shapely.total_bounds(shapes)
    longest = float(step.max())
    return 1.01 * (
        longest if longest * _TILES_ACROSS <= max(east - west, north - south) else float(np.quantile(step, _MOST_EDGES))
    )


def _halves(box: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two closed tiles that share the line across the longer side."""
    first, second = box.copy(), box.copy()
    axis = 0 if box[2] - box[0] >= box[3] - box[1] else 1
    first[axis + 2] = second[axis] = (box[axis] + box[axis + 2]) / 2
    return first, second


def _on_tile(
    members: NDArray[Any], rows: NDArray[np.intp], box: NDArray[np.float64], halo: float
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """What lies on a tile: polygons that meet it, the large ones clipped to the tile and its halo."""
    west, south, east, north = box + halo * np.array([-1, -1, 1, 1])
    bounds = shapely.bounds(members)
    near = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    chosen, of = members[near], rows[near]
    large = np.flatnonzero(shapely.get_num_coordinates(chosen) > _GIANT)
    if len(large):
        chosen[large] = _clipped(chosen[large], (west, south, east, north))
        left = ~shapely.is_empty(chosen)
        chosen, of = chosen[left], of[left]
    return chosen, of


def _clipped(shapes: NDArray[Any], box: tuple[float, float, float, float]) -> NDArray[Any]:
    """The shapes within a box; those the fast clip leaves unclean are overlaid with it."""
    out = np.asarray(shapely.clip_by_rect(shapes, *box), dtype=object)
    clean = np.asarray(shapely.is_valid(out) & (np.isin(shapely.get_type_id(out), (3, 6)) | shapely.is_empty(out)))
    whole = shapely.box(*box)
    for n in np.flatnonzero(~clean).tolist():
        out[n] = polygonal(shapely.intersection(shapes[n], whole))
    return out
