"""How far places and straight edges are apart: one formula for single numbers and for whole arrays, so the same bits either way."""

from __future__ import annotations

from typing import Any

import numpy as np

Number = Any
"""A float, or an array of floats."""


def point_gap2(x: Number, y: Number, ax: Number, ay: Number, bx: Number, by: Number) -> Number:
    """Return the squared distance from the place x, y to the edge from a to b, in the unit of the coordinates squared.

    >>> float(point_gap2(3.0, 4.0, -1.0, 0.0, 9.0, 0.0)), float(point_gap2(3.0, 4.0, 0.0, 0.0, 0.0, 0.0))
    (16.0, 25.0)
    """
    dx, dy = bx - ax, by - ay
    rx, ry = x - ax, y - ay
    square = dx * dx + dy * dy
    part = np.minimum(np.maximum((rx * dx + ry * dy) / (square + (square == 0.0)), 0.0), 1.0)
    gx, gy = rx - dx * part, ry - dy * part
    return gx * gx + gy * gy


def segment_gap2(
    ax: Number, ay: Number, bx: Number, by: Number, cx: Number, cy: Number, dx: Number, dy: Number
) -> tuple[Number, Number, Number, Number, Number]:
    """Return 0 where the edges a–b and c–d cross (else 1), and the squared distances of a, b to c–d and of c, d to a–b.

    >>> [float(v) for v in segment_gap2(0.0, 0.0, 4.0, 0.0, 1.0, 2.0, 1.0, 5.0)]
    [1.0, 5.0, 13.0, 4.0, 25.0]
    """
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    one = ux * (cy - ay) - uy * (cx - ax)
    two = ux * (dy - ay) - uy * (dx - ax)
    three = vx * (ay - cy) - vy * (ax - cx)
    four = vx * (by - cy) - vy * (bx - cx)
    apart = 1.0 - 1.0 * ((one * two < 0.0) & (three * four < 0.0))
    return (
        apart,
        point_gap2(ax, ay, cx, cy, dx, dy),
        point_gap2(bx, by, cx, cy, dx, dy),
        point_gap2(cx, cy, ax, ay, bx, by),
        point_gap2(dx, dy, ax, ay, bx, by),
    )


def edge_gap2(ax: Number, ay: Number, bx: Number, by: Number, cx: Number, cy: Number, dx: Number, dy: Number) -> Number:
    """Return the squared distance between the edges a–b and c–d; either may be a single place.

    >>> float(edge_gap2(0.0, 0.0, 4.0, 0.0, 1.0, 2.0, 1.0, 5.0)), float(edge_gap2(0.0, 0.0, 4.0, 0.0, 1.0, -2.0, 1.0, 5.0))
    (4.0, 0.0)
    """
    apart, one, two, three, four = segment_gap2(ax, ay, bx, by, cx, cy, dx, dy)
    return apart * np.minimum(np.minimum(one, two), np.minimum(three, four))
