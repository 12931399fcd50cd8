"""Ground that two sets of polygons share, piece by piece, in near-linear time: big polygons are cut once, then met by index."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.engine.pieces import cut
from plangeo.planlayers.sharededges import unfitting
from plangeo.planlayers.widths import polygons_of, without_hairs

_AT_ONCE = 50_000
_AREA_KEPT = 1e-12


@dataclass(frozen=True)
class Shared:
    """Polygons that lie in both sets: ``one`` and ``other`` are the places of their owners."""

    one: NDArray[np.intp]
    other: NDArray[np.intp]
    shapes: NDArray[Any]

    def pairs(self) -> dict[tuple[int, int], NDArray[Any]]:
        """Return (one, other) → their pieces, in the order of the pairs."""
        if not len(self.shapes):
            return {}
        order = np.lexsort((self.other, self.one))
        keys = np.column_stack([self.one[order], self.other[order]])
        starts = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)])
        groups = np.split(self.shapes[order], starts[1:])
        return {(int(keys[s, 0]), int(keys[s, 1])): group for s, group in zip(starts, groups, strict=True)}


def shape_array(shapes: Iterable[Any]) -> NDArray[Any]:
    """Return shapes as an array of one dimension, also where they are collections that numpy would open."""
    values = list(shapes)
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def shared_ground(one: NDArray[Any], other: NDArray[Any] | None = None) -> Shared:
    """Return what polygons of ``one`` share with polygons of ``other``; without ``other``, every pair of ``one`` once.

    Parameters: valid (multi)polygons in one metric CRS; None and empty ones share nothing.
    """
    left = cut(one)
    right = left if other is None else cut(other)
    tree = shapely.STRtree(right.geometries)
    a, b = tree.query(left.geometries, predicate="intersects")
    if other is None:
        kept = left.rows[a] < right.rows[b]
        a, b = a[kept], b[kept]
    shapes, at = [np.empty(0, dtype=object)], [np.empty(0, dtype=np.intp)]
    for start in range(0, len(a), _AT_ONCE):
        chunk = slice(start, start + _AT_ONCE)
        met, where = polygons_of(shapely.intersection(left.geometries[a[chunk]], right.geometries[b[chunk]]))
        shapes.append(met)
        at.append(where + start)
    place = np.concatenate(at)
    return Shared(left.rows[a[place]], right.rows[b[place]], np.concatenate(shapes))


@dataclass(frozen=True)
class United:
    """The ground of a set of polygons, and which of them may lie on others."""

    ground: Any
    """One (multi)polygon."""
    suspects: NDArray[np.intp]
    """Places of polygons such that every overlap has one of them on at least one side."""


def united(shapes: NDArray[Any]) -> United:
    """Return the union of (multi)polygons of one plan, in linear time as far as neighbours share their edges.

    Polygons whose edges all fit their neighbours' are joined along those edges; only the rest is overlaid. The areas prove
    the joining; where they do not, everything is overlaid and every polygon is a suspect.
    """
    if not len(shapes):
        return United(shapely.Polygon(), np.empty(0, dtype=np.intp))
    fits = ~unfitting(shapes)
    suspects = np.flatnonzero(~fits)
    if not fits.any() or (len(suspects) and unfitting(shapes[fits]).any()):
        return United(shapely.union_all(shapes), np.arange(len(shapes)))
    clean = shapely.coverage_union_all(shapes[fits])
    total = math.fsum(shapely.area(shapes[fits]))
    if abs(float(shapely.area(clean)) - total) > _AREA_KEPT * (1 + total) or not shapely.is_valid(clean):
        return United(shapely.union_all(shapes), np.arange(len(shapes)))
    parts = polygons_of([clean])[0]
    if not len(suspects):
        return United(shapely.multipolygons(parts) if len(parts) > 1 else parts[0], suspects)
    return United(shapely.union_all(np.concatenate([parts, shapes[suspects]])), suspects)


def overlaps(shapes: NDArray[Any], suspects: NDArray[np.intp]) -> dict[tuple[int, int], NDArray[Any]]:
    """Return (one, other) → the pieces of ground on which two of ``shapes`` lie; ``suspects`` as ``united`` gives them."""
    if len(suspects) == len(shapes):
        return shared_ground(shapes).pairs()
    suspected = np.zeros(len(shapes), dtype=bool)
    suspected[suspects] = True
    met = shared_ground(shapes[suspects], shapes)
    one, other = suspects[met.one], met.other
    # of two suspects the pair comes twice
    once = (one != other) & ~(suspected[other] & (other < one))
    return Shared(np.minimum(one, other)[once], np.maximum(one, other)[once], met.shapes[once]).pairs()


def joined(pieces: NDArray[Any]) -> NDArray[Any]:
    """Return the connected polygons that pieces of one ground form, without hairs, so that no cut is seen."""
    polygons, _ = polygons_of([shapely.union_all(pieces)])
    return without_hairs(polygons)
