"""What of a shape lies off the permitted ground, and how far off its deepest point is.

The deepest point is found by branch and bound: the part outside is cut into triangles (lines into segments).
The distance to one straight edge is a convex function, so over a triangle it is greatest at a corner; so is any
mean of the distances to several edges, and the least distance never exceeds a mean. Each triangle is so bounded
from above by the edges nearest to its corners, and halved while it could still hold a deeper point.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from plangeo.margins.edgeindex import Bools, Floats, Ints
from plangeo.margins.edgekernel import NOISE_M
from plangeo.margins.ground import Ground, distance_to_edges

_MOST_CELLS = 1_000_000
_MOST_ROUNDS = 80

Shapes = npt.NDArray[Any]


class Outside(NamedTuple):
    """The parts off the ground."""

    owner: Ints
    piece: Shapes
    """Points, lines and polygons."""
    apart: Bools
    """For every shape asked: True when it neither touches nor lies on the ground."""


class Depth(NamedTuple):
    """The greatest distance to the ground, a lower bound for it and how much it may be missed by."""

    least: Floats
    slack: Floats


def outside_parts(shapes: Shapes, ground: Ground) -> Outside:
    """Return the parts of shapes that lie off the ground.

    Parameters: ``shapes``, single points, lines and polygons (no multi-parts) in the CRS of the ground.

    >>> import geopandas as gpd
    >>> from plangeo.engine.zonelayer import ZoneLayer
    >>> zones = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], crs=9215)
    >>> ground = Ground(ZoneLayer.of(zones), np.array([True]))
    >>> found = outside_parts(np.array([shapely.box(8, 0, 12, 5), shapely.Point(3, 3)]), ground)
    >>> found.owner.tolist(), shapely.area(found.piece).tolist()
    ([0], [10.0])
    """
    if ground.is_empty:
        return Outside(np.arange(len(shapes)), shapes, np.ones(len(shapes), dtype=bool))
    dimension = shapely.get_dimensions(shapes)
    whole, apart = np.ones(len(shapes), dtype=bool), np.zeros(len(shapes), dtype=bool)
    touched, owners, pieces = [], [], []
    for mine, crossing, cut in (
        (dimension == 0, ground.crossed, None),
        (dimension == 1, ground.crossed, _cut_lines),
        (dimension == 2, ground.cutters, _cut_polygons),
    ):
        numbers = np.flatnonzero(mine)
        at, line = crossing(shapes[numbers])
        if not len(at):
            continue
        met, group = np.unique(at, return_inverse=True)
        touched.append(numbers[met])
        if cut is not None:
            whole[numbers[met]] = False
            owner, piece = cut(shapes[numbers[met]], np.asarray(shapely.multilinestrings(line, indices=group)), ground)
            owners.append(numbers[met][owner])
            pieces.append(piece)
    numbers = np.flatnonzero(whole)
    lost = numbers[~ground.contains(_any_place(shapes[numbers]))]
    apart[lost] = True
    apart[np.concatenate([np.empty(0, dtype=np.intp), *touched])] = False
    return Outside(np.concatenate([lost, *owners]), np.concatenate([shapes[lost], *pieces]), apart)


def _any_place(shapes: Shapes) -> Floats:
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    return np.asarray(xy[np.searchsorted(owner, np.arange(len(shapes)))])


def _cut_lines(lines: Shapes, cutters: Shapes, ground: Ground) -> tuple[Ints, Shapes]:
    """Cut lines at the border; runs along it are dropped, they are 0 m outside."""
    piece, owner = shapely.get_parts(shapely.difference(lines, cutters), return_index=True)
    full = shapely.length(piece) > 0
    piece, owner = piece[full], owner[full]
    middle = shapely.get_coordinates(shapely.line_interpolate_point(piece, 0.5, normalized=True))
    off = ~ground.contains(middle)
    return owner[off], piece[off]


def _cut_polygons(polygons: Shapes, cutters: Shapes, ground: Ground) -> tuple[Ints, Shapes]:
    """Cut polygons along the border into faces, each wholly on or wholly off the ground."""
    shapely.prepare(polygons)
    linework = shapely.union(shapely.boundary(polygons), cutters)
    face, owner = shapely.get_parts(shapely.polygonize(linework[:, None]), return_index=True)
    place = shapely.get_coordinates(shapely.point_on_surface(face))
    mine = shapely.contains_xy(polygons[owner], place[:, 0], place[:, 1])
    face, owner, place = face[mine], owner[mine], place[mine]
    found = np.bincount(owner, weights=shapely.area(face), minlength=len(polygons))
    noise = NOISE_M * shapely.length(polygons) + 1e-9 * shapely.area(polygons)
    broken = np.abs(found - shapely.area(polygons)) > noise
    off = ~broken[owner]
    off[off] = ~ground.contains(place[off])
    owners, pieces = [owner[off]], [face[off]]
    for number in np.flatnonzero(broken).tolist():  # linework that lost a face: ask the zones themselves
        rest = shapely.get_parts(ground.cut_out(polygons[number]))
        owners.append(np.full(len(rest), number, dtype=np.int64))
        pieces.append(rest)
    return np.concatenate(owners), np.concatenate(pieces)


def deepest(found: Outside, ground: Ground, tolerance: float) -> Depth:
    """Return, for every shape asked, the greatest distance in metres from its parts outside to the ground.

    ``least`` is the distance of a place that was looked at; the true one is at most ``slack`` greater, and
    ``slack`` at most ``tolerance`` (more only where a million triangles were not enough). No part outside: 0.
    """
    count = len(found.apart)
    least, most = np.zeros(count), np.zeros(count)
    if ground.is_empty or not len(found.owner):
        least[found.owner] = most[found.owner] = np.inf
        return Depth(least, np.zeros(count))
    dimension = shapely.get_dimensions(found.piece)
    spots = dimension == 0
    gap = ground.outside(shapely.get_coordinates(found.piece[spots])).distance if spots.any() else np.zeros(0)
    np.maximum.at(least, found.owner[spots], gap)
    lines, areas = np.flatnonzero(dimension == 1), np.flatnonzero(dimension == 2)
    if len(lines):
        cells, number = _segments(found.piece[lines])
        _search(cells, found.owner[lines][number], ground, tolerance, least, most)
    if len(areas):
        areas = areas[_may_be_deepest(found.piece[areas], found.owner[areas], ground, tolerance, least, most)]
        cells, number = _triangles(found.piece[areas])
        _search(cells, found.owner[areas][number], ground, tolerance, least, most)
    return Depth(least, np.maximum(most - least, 0.0))


def _may_be_deepest(polygons: Shapes, owner: Ints, ground: Ground, tolerance: float, least: Floats, most: Floats) -> Bools:
    """Raise ``least`` to the deepest vertex seen, and say which polygons must be taken apart, as they may go deeper.

    No place of a polygon is farther from one straight edge than its vertices are: the edges nearest to its deepest vertex and to
    the vertex farthest from that one bound it, and most polygons of a site with many are so known to be shallow.
    """
    xy, polygon = shapely.get_coordinates(polygons, return_index=True)
    gap, edge = _nearest_border(xy, ground)
    np.maximum.at(least, owner[polygon], gap)
    first = np.searchsorted(polygon, np.arange(len(polygons)))
    deepest_at = _last_of_each(polygon, gap)
    far = np.maximum.reduceat(distance_to_edges(xy, edge[deepest_at][polygon]), first)
    step = np.hypot(*(xy - xy[deepest_at][polygon]).T)
    other = _last_of_each(polygon, step)
    far = np.minimum(far, np.maximum.reduceat(distance_to_edges(xy, edge[other][polygon]), first))
    seen = least[owner]
    waiting = far > seen + np.minimum(tolerance, np.maximum(seen, NOISE_M))
    np.maximum.at(most, owner[~waiting], far[~waiting])
    return np.asarray(waiting)


def _nearest_border(xy: Floats, ground: Ground) -> tuple[Floats, Floats]:
    """Distance and nearest edge of places off the ground, of which many repeat; neighbours are asked one after the other."""
    _, first, back = np.unique(xy[:, 0] + 1j * xy[:, 1], return_index=True, return_inverse=True)
    order = np.argsort(first)
    near = ground.outside(xy[first[order]])
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    return near.distance[place[back]], near.edge[place[back]]


def _last_of_each(group: Ints, value: Floats) -> Ints:
    """The position of the greatest value of every group; the groups stand one after the other."""
    order = np.lexsort((value, group))
    return order[np.flatnonzero(np.diff(group[order], append=-1))]


def _segments(lines: Shapes) -> tuple[Floats, Ints]:
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    return np.stack([xy[:-1][same], xy[1:][same]], axis=1), owner[:-1][same]


def _triangles(polygons: Shapes) -> tuple[Floats, Ints]:
    part, owner = shapely.get_parts(shapely.constrained_delaunay_triangles(polygons), return_index=True)
    return shapely.get_coordinates(part).reshape(-1, 4, 2)[:, :3], owner


def _search(cells: Floats, owner: Ints, ground: Ground, tolerance: float, least: Floats, most: Floats) -> None:
    """Raise ``least`` to the deepest place seen and ``most`` to what may have been missed, per owner."""
    if not len(cells):
        return
    corners = cells.shape[1]
    gap, edge = _nearest_border(cells.reshape(-1, 2), ground)
    gap, edge = gap.reshape(-1, corners), edge.reshape(-1, corners, 4)
    np.maximum.at(least, owner, gap.max(axis=1))
    for turn in range(_MOST_ROUNDS):
        bound = _bound(cells, gap, edge)
        seen = least[owner]
        wait = bound > seen + np.minimum(tolerance, np.maximum(seen, NOISE_M))  # what pokes out a little still pokes out
        if turn == _MOST_ROUNDS - 1 or int(wait.sum()) > _MOST_CELLS:
            wait[:] = False
        np.maximum.at(most, owner[~wait], bound[~wait])
        if not wait.any():
            return
        cells, gap, edge, owner = cells[wait], gap[wait], edge[wait], owner[wait]
        cells, gap, edge, middle_gap = _halve(cells, gap, edge, ground, turn)
        np.maximum.at(least, owner, middle_gap)
        owner = np.concatenate([owner, owner])


def _halve(cells: Floats, gap: Floats, edge: Floats, ground: Ground, turn: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Cut every cell through a side, where the edges nearest to its two ends seem equally far.

    In turn the longest side, so that cells shrink, and the side on which that place seems to be deepest.
    """
    corners = cells.shape[1]
    sides = list(combinations(range(corners), 2))
    length = np.stack([np.hypot(*(cells[:, i] - cells[:, j]).T) for i, j in sides])
    part, height = zip(*(_crossing(cells, gap, edge, i, j) for i, j in sides), strict=True)
    if turn % 2:
        chosen = length.argmax(axis=0)
    else:
        chosen = np.where(length >= length.max(axis=0) / 4, np.stack(height), -1.0).argmax(axis=0)
    first, second = np.array(sides)[chosen].T
    row = np.arange(len(cells))
    t = np.stack(part)[chosen, row][:, None]
    middle = cells[row, first] * (1 - t) + cells[row, second] * t
    near = ground.outside(middle)
    halves = []
    for corner in (first, second):
        child = (cells.copy(), gap.copy(), edge.copy())
        for values, new in zip(child, (middle, near.distance, near.edge), strict=True):
            values[row, corner] = new
        halves.append(child)
    joined = [np.concatenate([a, b]) for a, b in zip(*halves, strict=True)]
    return joined[0], joined[1], joined[2], near.distance


def _crossing(cells: Floats, gap: Floats, edge: Floats, i: int, j: int) -> tuple[Floats, Floats]:
    """Where between two corners their nearest edges seem equally far (0.1 to 0.9 of the way), and how far."""
    rise = distance_to_edges(cells[:, i], edge[:, j]) - gap[:, i]
    far = distance_to_edges(cells[:, j], edge[:, i])
    total = rise + far - gap[:, j]
    part = np.clip(np.where(total > 0, rise / np.where(total > 0, total, 1.0), 0.5), 0.1, 0.9)
    return part, gap[:, i] + (far - gap[:, i]) * part


def _bound(cells: Floats, gap: Floats, edge: Floats) -> Floats:
    """Return an upper bound of the distance to the ground over each cell.

    For the edges nearest to the corners: the least, over single edges and weighted pairs of them, of the
    greatest (mean) distance at a corner.
    """
    corners = cells.shape[1]
    table = np.empty((corners, corners, len(cells)))  # corner × edge
    for i in range(corners):
        for j in range(corners):
            table[i, j] = gap[:, i] if i == j else distance_to_edges(cells[:, i], edge[:, j])
    best = np.asarray(table.max(axis=0).min(axis=0))
    best = np.minimum(best, table.mean(axis=1).max(axis=0))
    for j, k in combinations(range(corners), 2):
        step = table[:, j] - table[:, k]
        for i, h in combinations(range(corners), 2):
            turn = step[i] - step[h]
            weight = np.clip((table[h, k] - table[i, k]) / np.where(turn == 0, 1.0, turn), 0.0, 1.0)
            best = np.minimum(best, (table[:, k] + weight * step).max(axis=0))
    return np.asarray(best)
