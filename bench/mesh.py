"""A honeycomb whose borders wiggle: the ground the benchmark's zones are cut from.

Every border is made once and both neighbours take exactly its points, so the cells are a planar coverage by
construction. A border stays inside a thin diamond around its chord, and no two diamonds meet except at a shared
corner: that is why every cell is valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

Array = np.ndarray[Any, Any]

JITTER = 0.25  # how far a corner moves, in sides of the hexagon
WIGGLE = 0.30  # half the opening of a border's diamond, as a slope
TOWN_RADIUS_M = 6_000.0
TOWN_SHRINK = 0.5  # cells in the middle of a town are half as wide
_WINDOW_PAD_M = 4_000.0


@dataclass(frozen=True)
class Mesh:
    """Cells in ``rows`` × ``cols``; every border has ``steps`` straight edges.

    ``lines`` are the points of the zigzag lines between rows, (rows + 1, points, 2); ``posts`` the points of the
    upright borders, (rows, cols + 1, steps, 2), the first of them the lower corner.
    """

    rows: int
    cols: int
    steps: int
    width: float
    lines: Array
    posts: Array

    def row_polygons(self, row: int) -> Array:
        """Return the cells of one row as valid polygons, counter-clockwise, from west to east."""
        k, shift = self.steps, row % 2
        first = k * (2 * np.arange(self.cols) + shift)[:, None]
        lower, upper = self.lines[row], self.lines[row + 1]
        right = self.posts[row, 1:]
        left = self.posts[row, :-1, :0:-1]  # downwards, without the lower corner
        ring = np.concatenate(
            [
                lower[first + np.arange(2 * k)],
                right,
                upper[first + np.arange(2 * k, -1, -1)],
                left,
                lower[first],
            ],
            axis=1,
        )
        return np.asarray(shapely.polygons(shapely.linearrings(ring)))


def side(width: float) -> float:
    """Return the side of a regular hexagon that is ``width`` metres from flat to flat."""
    return width / np.sqrt(3.0)


def centres(rows: int, cols: int, width: float) -> Array:
    """Return the middles of the cells before they are warped, (rows, cols, 2) in metres from the south-west corner."""
    row, col = np.indices((rows, cols))
    return np.stack([(col + 0.5 + 0.5 * (row % 2)) * width, (row + 0.5) * 1.5 * side(width)], axis=-1)


def cell_of(xy: Array, rows: int, cols: int, width: float) -> tuple[Array, Array]:
    """Return row and column of the cells nearest to unwarped points; neighbouring points give neighbouring cells."""
    row = np.clip((xy[:, 1] // (1.5 * side(width))).astype(int), 0, rows - 1)
    col = np.clip(((xy[:, 0] - 0.5 * width * (row % 2)) // width).astype(int), 0, cols - 1)
    return row, col


def build_mesh(rng: np.random.Generator, rows: int, cols: int, width: float, steps: int, towns: Array, origin: Array) -> Mesh:
    """Return the mesh around ``towns`` (metres from the south-west corner), moved to ``origin``, rounded to 1 mm."""
    corners = _corners(rng, rows, cols, width)
    lines = _border_points(rng, corners[:, :-1], corners[:, 1:], steps)
    at = 2 * np.arange(cols + 1)[None, :] + (np.arange(rows) % 2)[:, None]
    row = np.arange(rows)[:, None]
    posts = _border_points(rng, corners[row, at], corners[row + 1, at], steps)
    for town in towns:
        for block, pitch in ((corners, width / 2), (lines, width / 2), (posts, width)):
            _shrink(block, town, pitch, 1.5 * side(width))
    for block in (corners, lines, posts):
        block += origin
        np.round(block, 3, out=block)
    whole_lines = np.concatenate([corners[:, :-1, None], lines], axis=2).reshape(rows + 1, -1, 2)
    whole_posts = np.concatenate([corners[row, at][:, :, None], posts], axis=2)
    return Mesh(rows, cols, steps, width, np.concatenate([whole_lines, corners[:, -1:]], axis=1), whole_posts)


def warp(xy: Array, towns: Array) -> Array:
    """Return unwarped points where the towns' pull takes them."""
    out = np.array(xy, dtype=float)
    for town in towns:
        out = _pulled(out, town)
    return out


def _corners(rng: np.random.Generator, rows: int, cols: int, width: float) -> Array:
    """Corners of the honeycomb, (rows + 1, 2 cols + 2, 2), each moved inside a small circle."""
    line, j = np.indices((rows + 1, 2 * cols + 2))
    up = (line + j) % 2 == 0  # its upright border leads up: a peak of the zigzag
    xy = np.stack([j * width / 2, side(width) * (1.5 * line + np.where(up, 0.25, -0.25))], axis=-1)
    radius = JITTER * side(width) * np.sqrt(rng.random(xy.shape[:2]))
    angle = 2 * np.pi * rng.random(xy.shape[:2])
    return xy + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def _border_points(rng: np.random.Generator, start: Array, end: Array, steps: int) -> Array:
    """Points inside each border, without its ends: a graph over the chord, so it never meets itself."""
    shape = start.shape[:2]
    t = np.arange(1, steps) / steps
    phase, turns = rng.random((*shape, 1)), 0.5 + 1.5 * rng.random((*shape, 1))
    swing = 0.7 * np.sin(2 * np.pi * (turns * t + phase)) + 0.3 * (2 * rng.random((*shape, steps - 1)) - 1)
    offset = (WIGGLE * swing * np.minimum(t, 1 - t))[..., None]
    chord = (end - start)[:, :, None, :]
    normal = np.stack([-chord[..., 1], chord[..., 0]], axis=-1)
    return start[:, :, None, :] + t[:, None] * chord + offset * normal


def _shrink(block: Array, town: Array, pitch_x: float, pitch_y: float) -> None:
    """Pull the points around one town together, in place; only the part of the block that can lie there is touched."""
    reach = TOWN_RADIUS_M + _WINDOW_PAD_M
    low = np.floor((town - reach) / (pitch_x, pitch_y)).astype(int).clip(0)
    high = np.ceil((town + reach) / (pitch_x, pitch_y)).astype(int).clip(0) + 1
    part = block[low[1] : high[1], low[0] : high[0]]
    if part.size:
        part[...] = _pulled(part, town)


def _pulled(xy: Array, town: Array) -> Array:
    """Smooth and one-to-one: the distance to the town still grows outwards, and nothing moves beyond the radius."""
    away = xy - town
    q = np.minimum((away**2).sum(axis=-1, keepdims=True) / TOWN_RADIUS_M**2, 1.0)
    return town + away * (1 - TOWN_SHRINK * (1 - q) ** 2)
