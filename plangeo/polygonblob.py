"""Polygons as one compressed blob for the map page: whole numbers, steps instead of places, seven bits a byte, gzip, base64.

The stream of numbers (each written zigzag, as LEB128): how many polygons rows, parts, rings, vertices there are; per row the number
of its class; per row how far its border may lie from where it is drawn; per row its parts; per part its rings (the outer one first); per ring its vertices (unclosed); per row the step from the
label of the row before to its own; then the vertices of all rings without a break. Neighbours share their border, so it is written
once: in turns, how many vertices are new, how many after them repeat earlier ones backwards, and how far back the first of these
lies. The new vertices follow at the end, each as the step from the vertex before. ``assets/polygons.js`` reads it back.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

Array = np.ndarray[Any, Any]


def drawable(shapes: Array, unit: float) -> Array:
    """Return which geometries keep an area when their vertices are rounded to ``unit`` degrees."""
    out = np.zeros(len(shapes), dtype=bool)
    out[_Parts(shapes, unit).rows] = True
    return out


def pack(shapes: Array, classes: Sequence[int] | Array, unit: float, reach: Sequence[int] | Array | None = None) -> str:
    """Return WGS 84 areas as base64 text of the compressed stream; every row must be ``drawable``.

    ``classes`` are whole numbers, one per row; so is ``reach``, the metres (0 when not given) that a border may be away from
    where it is drawn. The same input gives the same text, byte for byte on one zlib.
    """
    parts = _Parts(shapes, unit)
    labels = _labels(parts, len(shapes))
    numbers = np.concatenate(
        [
            [len(shapes), len(parts.rows), len(parts.part_of_ring), len(parts.xy)],
            np.asarray(classes, dtype=np.int64),
            np.zeros(len(shapes), dtype=np.int64) if reach is None else np.asarray(reach, dtype=np.int64),
            np.bincount(parts.rows, minlength=len(shapes)),
            np.bincount(parts.part_of_ring, minlength=len(parts.rows)),
            np.bincount(parts.ring_of_vertex, minlength=len(parts.part_of_ring)),
            _steps(np.rint(labels / unit).astype(np.int64)),
            *_shared(parts.xy),
        ]
    ).astype(np.int64)
    return base64.b64encode(gzip.compress(varints(numbers), compresslevel=9, mtime=0)).decode()


def pack_text(text: str) -> str:
    """Return text as base64 of its gzip, the same for the same text; ``assets/polygons.js`` reads it back.

    >>> pack_text("a" * 1000) == pack_text("a" * 1000), len(pack_text("a" * 1000)) < 60
    (True, True)
    """
    return base64.b64encode(gzip.compress(text.encode("utf-8", "replace"), compresslevel=9, mtime=0)).decode()


class _Parts:
    """Polygons of the geometries as rounded rings that still have an area to draw.

    ``rows`` is the row of every part, ``part_of_ring`` and ``ring_of_vertex`` count from 0 without a gap, ``polygons`` are the
    parts as they came.
    """

    def __init__(self, shapes: Array, unit: float) -> None:
        members, row = _members(shapes)
        rings, part = shapely.get_rings(members, return_index=True)
        outer = np.r_[True, part[1:] != part[:-1]] if len(part) else np.zeros(0, dtype=bool)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        xy = np.rint(xy / unit).astype(np.int64)
        keep = np.ones(len(xy), dtype=bool)
        if len(xy):
            same_ring = ring[1:] == ring[:-1]
            keep[1:] = ~(same_ring & (xy[1:] == xy[:-1]).all(axis=1))
        xy, ring = xy[keep], ring[keep]
        last = np.r_[ring[1:] != ring[:-1], True] if len(ring) else np.zeros(0, dtype=bool)
        xy, ring = xy[~last], ring[~last]  # the page closes rings itself
        whole = np.bincount(ring, minlength=len(rings)) >= 3
        stands = np.zeros(len(members), dtype=bool)
        stands[part[outer & whole]] = True
        used = whole & stands[part] if len(part) else whole
        self.xy = xy[used[ring]]
        self.ring_of_vertex = (np.cumsum(used) - 1)[ring[used[ring]]]
        self.part_of_ring = (np.cumsum(stands) - 1)[part[used]]
        self.rows = row[stands]
        self.polygons = members[stands]


def _members(shapes: Array) -> tuple[Array, Array]:
    """Every polygon of every geometry, collections opened, with the row it belongs to."""
    members, row = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(members) > shapely.GeometryType.POLYGON).any():
        members, inner = shapely.get_parts(members, return_index=True)
        row = row[inner]
    areal = (shapely.get_type_id(members) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(members)
    return members[areal], row[areal]


def _labels(parts: _Parts, rows: int) -> Array:
    """Degrees of a point inside the largest part of every row."""
    area = shapely.area(parts.polygons)
    order = np.lexsort((-area, parts.rows))
    first = order[np.r_[True, parts.rows[order][1:] != parts.rows[order][:-1]]] if len(order) else order
    largest = parts.polygons[first]
    spots = shapely.point_on_surface(largest)
    spots = np.where(shapely.is_empty(spots), shapely.centroid(largest), spots)
    return shapely.get_coordinates(spots).reshape(rows, 2)


_WORTH_SHARING = 3  # a repetition of fewer vertices would take more bytes than the vertices


def _shared(xy: Array) -> tuple[Array, Array, Array]:
    """Return how many turns there are, the turns, and the steps of the new vertices."""
    count = len(xy)
    order = np.lexsort((xy[:, 1], xy[:, 0]))  # stable: the same place in the order of the stream
    same = (xy[order][1:] == xy[order][:-1]).all(axis=1)
    before = np.full(count, -1, dtype=np.int64)
    before[order[1:][same]] = order[:-1][same]
    goes_on = np.zeros(count, dtype=bool)
    goes_on[1:] = (before[1:] >= 0) & (before[1:] == before[:-1] - 1)
    start = np.flatnonzero(~goes_on)
    length = np.diff(np.append(start, count))
    used = (before[start] >= 0) & (length >= _WORTH_SHARING)
    start, length = start[used], length[used]
    end = start + length
    fresh = np.diff(np.concatenate([[0], np.column_stack([start, end]).ravel(), [count]]))[::2]
    back = start - before[start]
    turns = np.column_stack([fresh, np.append(length, 0), np.append(back, 0)])
    repeated = np.zeros(count + 1, dtype=np.int64)
    repeated[start] += 1
    repeated[end] -= 1
    new = np.cumsum(repeated[:-1]) == 0
    return np.array([len(turns)]), turns.ravel(), _steps(xy).reshape(-1, 2)[new].ravel()


def _steps(places: Array) -> Array:
    return np.diff(places, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel()


def varints(numbers: Array) -> bytes:
    """Return whole numbers as zigzag LEB128 bytes.

    >>> varints(np.array([0, -1, 1, -2, 300])).hex()
    '00010203d804'
    """
    left = ((numbers << 1) ^ (numbers >> 63)).astype(np.uint64)
    size = np.ones(len(left), dtype=np.int64)
    for shift in range(7, 64, 7):
        size += left >= np.uint64(1 << shift)
    out = np.zeros(int(size.sum()), dtype=np.uint8)
    at = np.cumsum(size) - size
    rest = np.arange(len(left))
    while len(rest):
        more = size[rest] > 1
        out[at[rest]] = (left[rest] & np.uint64(0x7F)).astype(np.uint8) | np.where(more, 0x80, 0).astype(np.uint8)
        left[rest] >>= np.uint64(7)
        size[rest] -= 1
        at[rest] += 1
        rest = rest[more]
    return out.tobytes()
