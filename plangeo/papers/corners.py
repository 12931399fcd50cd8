"""The coordinate table of a site with few corners, as official lists have it: X north, Y east, sides."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import Any

import shapely

MOST_CORNERS = 12


@dataclass(frozen=True)
class Corner:
    """One corner: number, north and east in metres, and the side to the next one (None after the last of a line)."""

    number: int
    north: float
    east: float
    side_m: float | None


def corners_of(geometry: Any) -> tuple[Corner, ...]:
    """Return the corners of a polygon without holes, a line or a point, at most MOST_CORNERS; else nothing.

    >>> [round(c.side_m) for c in corners_of(shapely.box(0, 0, 30, 40))]
    [40, 30, 40, 30]
    """
    if geometry is None or geometry.is_empty:
        return ()
    if geometry.geom_type == "MultiPolygon" and len(geometry.geoms) == 1:
        geometry = geometry.geoms[0]
    if geometry.geom_type == "Point":
        return (Corner(1, geometry.y, geometry.x, None),)
    closed = geometry.geom_type == "Polygon"
    if closed and len(geometry.interiors):
        return ()
    if not closed and geometry.geom_type != "LineString":
        return ()
    places = shapely.get_coordinates(geometry.exterior if closed else geometry)
    count = len(places) - closed
    if not 1 < count <= MOST_CORNERS:
        return ()
    out = []
    for n in range(count):
        x, y = (float(v) for v in places[n])
        side = None
        if n + 1 < len(places):
            side = hypot(places[n + 1][0] - x, places[n + 1][1] - y)
        out.append(Corner(n + 1, y, x, side))
    return tuple(out)
