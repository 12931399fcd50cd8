"""Closed shapes from bare lines: borders are noded, small gaps closed within a stated tolerance, and what stays open is told.

Coordinates of the file are not moved, except where an end stops short of another line by less than the tolerance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

SNAP_M = 0.01
"""An end that misses another line by up to this many metres is joined to it."""
LOOSE_M = 0.1
"""Loose ends of up to this length in all inside a shape are overshoots of the pen; longer ones may be borders that are not closed."""
_SHOWN = 5


@dataclass(frozen=True)
class Shapes:
    """What the lines enclose."""

    polygons: tuple[Any, ...]
    """Disjoint faces, islands cut out, sorted by their lower left corner."""
    open_m: tuple[float, ...]
    """For each face the length of loose ends inside it, metres: above LOOSE_M a border may be missing there."""
    joined: int
    """Ends that were joined to a line they missed by up to SNAP_M."""
    dangles: tuple[Any, ...]
    """Loose ends that enclose nothing, the longest first."""
    cuts: tuple[Any, ...]
    """Lines that join two borders and separate nothing."""


def close_lines(lines: Iterable[Any], snap_m: float = SNAP_M) -> Shapes:
    """Return the faces that ``lines`` (lines or rings, one metric CRS) enclose."""
    noded = _noded(lines)
    noded, joined = _join_ends(noded, snap_m)
    if not len(noded):
        return Shapes((), (), 0, (), ())
    found, cuts, dangles, _ = shapely.polygonize_full(noded)
    faces = _sorted(shapely.get_parts(found))
    loose = np.array(sorted(shapely.get_parts(dangles), key=lambda g: (-g.length, g.bounds)), dtype=object)
    cut = np.array(sorted(shapely.get_parts(cuts), key=lambda g: (-g.length, g.bounds)), dtype=object)
    return Shapes(tuple(faces), tuple(_length_inside(faces, loose)), joined, tuple(loose), tuple(cut))


def _noded(lines: Iterable[Any]) -> Any:
    """All lines cut at every meeting; each piece once."""
    parts = shapely.get_parts(shapely.get_parts(np.array([g for g in lines if g is not None and not g.is_empty], dtype=object)))
    parts = parts[shapely.length(parts) > 0] if len(parts) else parts
    return shapely.get_parts(shapely.union_all(parts)) if len(parts) else parts


def loose_ends(noded: Any) -> Any:
    """Return the points (an array) at which exactly one line ends."""
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(noded, n)) for n in (0, -1)])
    spots, counts = np.unique(ends, axis=0, return_counts=True)
    return shapely.points(spots[counts == 1])


def _join_ends(noded: Any, snap_m: float) -> tuple[Any, int]:
    """Join loose ends to the lines they miss by up to ``snap_m``; return the lines noded again and how many ends were joined."""
    if not len(noded):
        return noded, 0
    ends = loose_ends(noded)
    tree = shapely.STRtree(noded)
    lines = noded.copy()
    done: set[int] = set()
    joined = 0
    near_ends = shapely.STRtree(ends)
    for n, end in enumerate(ends):
        if n in done:
            continue
        met = tree.query(end, predicate="dwithin", distance=snap_m)
        # the line that ends here is always near; alone it is a loose end
        others = [i for i in met.tolist() if not _ends_at(lines[i], end)]
        if not others:
            continue
        done |= set(near_ends.query(end, predicate="dwithin", distance=snap_m).tolist())
        joined += 1
        for i in others:
            lines[i] = shapely.snap(lines[i], end, snap_m)
    if not joined:
        return noded, 0
    return _noded(lines[shapely.length(lines) > 0]), joined


def _ends_at(line: Any, point: Any) -> bool:
    ends = shapely.get_coordinates(line)[[0, -1]]
    return bool((ends == shapely.get_coordinates(point)).all(axis=1).any())


def _length_inside(faces: Any, loose: Any) -> list[float]:
    found = np.zeros(len(faces))
    if len(faces) and len(loose):
        middles = shapely.line_interpolate_point(loose, 0.5, normalized=True)
        which, face = shapely.STRtree(faces).query(middles, predicate="within")
        np.add.at(found, face, shapely.length(loose[which]))
    return [float(v) for v in found]


def _sorted(shapes: Any) -> Any:
    """Counted from the lower left, so that the same drawing gives the same numbers whatever the order of its lines."""
    boxes = shapely.bounds(shapes).reshape(-1, 4)
    return shapes[np.lexsort((shapely.area(shapes), boxes[:, 0], boxes[:, 1]))]


def nearest_gaps(ends: Any, lines: Any, within: float) -> list[float]:
    """Return for each of the loose ``ends`` how far the nearest other of the ``lines`` is, for those that have one ``within``."""
    tree = shapely.STRtree(lines)
    found = []
    for end in ends:
        near = [n for n in tree.query(end, predicate="dwithin", distance=within).tolist() if not _ends_at(lines[n], end)]
        # an end that lies on another line is where the loose line starts
        if near and (gap := float(shapely.distance(lines[near], end).min())) > 0:
            found.append(gap)
    return found


def spots(shapes: Iterable[Any]) -> str:
    """Return where the first few shapes lie, as east and north in metres.

    >>> spots([shapely.Point(449000.25, 2417000)])
    '(449000.25, 2417000.00)'
    """
    found = list(shapes)
    points = [
        shapely.point_on_surface(g)
        if shapely.get_dimensions(g) == 2
        else shapely.get_point(g, 0)
        if g.geom_type == "LineString"
        else g
        for g in found[:_SHOWN]
    ]
    told = ", ".join(f"({p.x:.2f}, {p.y:.2f})" for p in points)
    return told + (f" … and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
