"""The borders of a layer of zones: every edge once, with the zone on its left and on its right.

Two zones that share an edge draw it in opposite directions; such edges are paired. What no neighbour shares is the
outline of the layer, an edge at an overlap, a gap or a duplicate, or one whose vertices differ between neighbours:
``settle`` asks the ground beside it, and says what is still in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.engine.pieces import Pieces

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]

NOBODY = -1
_POLYGON = 3
# Edges whose keys are made at a time, so that they fit the cache.
_AT_ONCE = 50_000


@dataclass(frozen=True)
class Borders:
    """Straight edges with the zone on either side."""

    coordinates: Floats
    """Shape (n, 2, 2): start and end."""
    left: Indices
    """Row of the zone on the left."""
    right: Indices
    """Row of the zone on the right, -1 where there is none or nobody knows."""
    doubtful: Flags
    """True where nobody shares the edge, and other zones than the one on its left may lie beside it. A third zone that lies
    over both sides of a shared edge does not make it doubtful: crossing the edge changes nothing of that."""

    def __len__(self) -> int:
        return len(self.coordinates)

    def take(self, chosen: NDArray[Any]) -> Borders:
        """Return the chosen edges (index or mask)."""
        return Borders(self.coordinates[chosen], self.left[chosen], self.right[chosen], self.doubtful[chosen])


def shared_borders(geometries: Any) -> Borders:
    """Return every edge of a layer of polygons once, with the rows of the polygons on its sides.

    Parameters: ``geometries`` valid (multi)polygons of one layer, one CRS; None and empty ones are passed over.
    Returns: the edges shared by exactly two polygons in opposite directions, and all others, which are doubtful.
    Ground that no doubtful edge crosses is covered equally often everywhere.

    >>> left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    >>> found = shared_borders([left, right])
    >>> len(found), int(found.doubtful.sum()), found.right[~found.doubtful].tolist()
    (7, 6, [1])
    """
    shapes = np.asarray(geometries, dtype=object)
    present = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    if not len(present):
        none = np.empty(0, dtype=np.intp)
        return Borders(np.empty((0, 2, 2)), none, none, np.empty(0, dtype=bool))
    points, rings, firsts, rows = rings_of(shapes[present])
    points += 0.0  # -0.0 and 0.0 are one place
    turned = turned_rings(points, rings, firsts)
    places = points.view(np.complex128).ravel()  # both coordinates at once
    one, other, lone = _paired(places, _starts(places, rings))
    ring_of = np.repeat(np.arange(len(turned), dtype=np.int32), np.diff(rings))
    against = turned[ring_of[one]] == turned[ring_of[other]]  # drawn in opposite directions they lie on opposite sides
    apart = (places[one] != places[other]) == against
    if not apart.all():
        lone = np.concatenate([lone, one[~apart], other[~apart]])
        one, other = one[apart], other[apart]
    place = np.concatenate([one, lone])
    backwards = turned[ring_of[place]]
    ends = np.stack([places[place + backwards], places[place + ~backwards]], axis=1).view(float).reshape(-1, 2, 2)
    row = present[rows[np.searchsorted(firsts, np.arange(len(turned)), side="right") - 1]]  # of every ring
    right = np.full(len(place), NOBODY, dtype=np.intp)
    right[: len(one)] = row[ring_of[other]]
    doubtful = np.ones(len(place), dtype=bool)
    doubtful[: len(one)] = False
    return Borders(ends, row[ring_of[place]], right, doubtful)


def rings_of(polygons: NDArray[Any]) -> tuple[Floats, Indices, Indices, Indices]:
    """Return the rings of (multi)polygons: points, where each ring starts, at which ring each part starts (both with the end
    appended), and the polygon of each part.

    As ``shapely.to_ragged_array``, but plain polygons, which are nearly all, are not copied ring by ring; they come first.
    """
    plain = (shapely.get_type_id(polygons) == _POLYGON) & (shapely.get_num_interior_rings(polygons) == 0)
    simple, others = np.flatnonzero(plain), np.flatnonzero(~plain)
    points = shapely.get_coordinates(polygons[simple])
    rings = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(polygons[simple]))]).astype(np.intp)
    if not len(others):
        return points, rings, np.arange(len(rings)), simple
    parts, rows = shapely.get_parts(polygons[others], return_index=True)
    _, more, (inner, firsts) = shapely.to_ragged_array(parts, include_z=False)
    return (
        np.concatenate([points, more]),
        np.concatenate([rings[:-1], inner + len(points)]).astype(np.intp),
        np.concatenate([np.arange(len(simple)), firsts + len(simple)]).astype(np.intp),
        np.concatenate([simple, others[rows]]),
    )


def turned_rings(points: Floats, rings: NDArray[Any], firsts: NDArray[Any]) -> Flags:
    """Return True for rings that have their polygon on the right: clockwise shells and anticlockwise holes.

    Parameters: as ``shapely.to_ragged_array`` gives them for polygons: points, where each ring starts, and at which ring
    each polygon starts (both with the end appended).
    """
    local = points - np.repeat(points[rings[:-1]], np.diff(rings), axis=0)
    twice = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]
    clockwise = (
        np.add.reduceat(np.r_[twice, 0.0], rings[:-1]) < 0
    )  # the step from ring to ring adds 0: rings end where they start
    hole = np.ones(len(rings) - 1, dtype=bool)
    hole[firsts[:-1]] = False
    return np.asarray(clockwise != hole)


def _starts(places: NDArray[np.complex128], rings: NDArray[Any]) -> Indices:
    """Points at which an edge starts: not the last of a ring, nor one that is repeated."""
    real = np.ones(len(places), dtype=bool)
    np.not_equal(places[1:], places[:-1], out=real[:-1])
    real[rings[1:] - 1] = False
    return np.flatnonzero(real)


def _paired(places: NDArray[np.complex128], starts: Indices) -> tuple[Indices, Indices, Indices]:
    """Starts of the edges that join the same two places exactly twice, of their twins, and of all others.

    A key of an edge and its number share 64 bits, because sorting numbers is many times faster than sorting an order.
    The coordinates themselves decide, so that a chance equality of keys pairs nothing.
    """
    bits = np.uint64(max(1, len(starts).bit_length()))
    packed = np.empty(len(starts), dtype=np.uint64)
    for low in range(0, len(starts), _AT_ONCE):
        here = starts[low : low + _AT_ONCE]
        mixed = _mixed(places[here[0] : here[-1] + 2])
        keys = mixed[here - here[0]] + mixed[here - here[0] + 1]  # the same in both directions
        packed[low : low + _AT_ONCE] = keys >> bits << bits | np.arange(low, low + len(here), dtype=np.uint64)
    packed.sort()
    number = (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int32)
    packed >>= bits
    same = packed[1:] == packed[:-1]
    twins = np.flatnonzero(same & ~np.r_[False, same[:-1]] & ~np.r_[same[1:], False])
    twin = np.full(len(starts), NOBODY, dtype=np.int32)
    twin[number[twins]] = number[twins + 1]  # equal keys were sorted by their number: this is the later one
    first = np.flatnonzero(twin >= 0)
    one, other = starts[first], starts[twin[first]]
    forth = (places[one] == places[other]) & (places[one + 1] == places[other + 1])
    back = (places[one] == places[other + 1]) & (places[one + 1] == places[other])
    real = forth | back
    one, other = one[real], other[real]
    paired = np.zeros(len(places), dtype=bool)
    paired[one] = paired[other] = True
    return one, other, starts[~paired[starts]]


def _mixed(places: NDArray[np.complex128]) -> NDArray[np.uint64]:
    """A 64-bit key per point (multiply and shift, as in splitmix64)."""
    bits = places.view(np.uint64)
    key = bits[::2] * np.uint64(0x9E3779B97F4A7C15)
    key ^= (bits[1::2] + np.uint64(0x632BE59BD9B4E019)) * np.uint64(0xBF58476D1CE4E5B9)
    key ^= key >> np.uint64(31)
    key *= np.uint64(0x94D049BB133111EB)
    key ^= key >> np.uint64(29)
    return key


def settle(borders: Borders, pieces: Pieces, contact_m: float) -> Borders:
    """Ask the ground on both sides of the doubtful edges; what is plain there is in doubt no more.

    An edge is cut where another doubtful edge ends on it (neighbours with different vertices), and beside the middle of every
    part it is asked which zones lie there: only its own on the left, one other or none on the right, and the doubt is gone.
    An edge that another one crosses stays doubtful, and so do overlaps.

    Parameters: ``pieces`` of the same layer; ``contact_m``, metres: what is nearer is one place.

    >>> zones = [shapely.box(0, 0, 2, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)]
    >>> from plangeo.engine.pieces import cut
    >>> found = settle(shared_borders(zones), cut(zones), 1e-6)
    >>> int(found.doubtful.sum()), sorted(zip(found.left.tolist(), found.right.tolist()))[:5]
    (0, [(0, -1), (0, -1), (0, -1), (0, 1), (0, 2)])
    """
    asked = borders.take(borders.doubtful)
    if not len(asked):
        return borders
    parts = _parts(asked.coordinates, contact_m)
    owner = parts.edge
    start = asked.coordinates[owner, 0]
    way = asked.coordinates[owner, 1] - start
    length = np.hypot(way[:, 0], way[:, 1])
    unit = way / length[:, None]
    middle = start + unit * ((parts.low + parts.high) / 2)[:, None]
    aside = 2 * contact_m * np.stack([-unit[:, 1], unit[:, 0]], axis=1)
    tree = shapely.STRtree(pieces.geometries)
    # How many zones lie beside an edge changes only where another doubtful edge meets it: one part of a run tells for all.
    run, at = parts.run, np.flatnonzero(np.diff(parts.run, prepend=-1))
    left, left_count = _zones_at((middle + aside)[at], pieces, tree)
    right_count = _zones_at((middle - aside)[at], pieces, tree)[1][run]
    plain = ((left_count == 1) & (left == asked.left[owner[at]]))[run] & (right_count <= 1)
    right = np.full(len(owner), NOBODY, dtype=np.intp)
    beside = np.flatnonzero(plain & (right_count == 1))
    right[beside] = _zones_at((middle - aside)[beside], pieces, tree)[0]
    doubtful = parts.crossed.copy()
    doubtful[owner[~plain]] = True
    kept = ~doubtful[owner]
    ends = np.stack([start + unit * parts.low[:, None], start + unit * parts.high[:, None]], axis=1)[kept]
    first, last = parts.low[kept] == 0, parts.high[kept] == length[kept]
    ends[first, 0], ends[last, 1] = asked.coordinates[owner[kept][first], 0], asked.coordinates[owner[kept][last], 1]
    sure = Borders(ends, asked.left[owner[kept]], right[kept], np.zeros(int(kept.sum()), dtype=bool))
    return _joined(borders.take(~borders.doubtful), sure, asked.take(doubtful))


def _joined(*parts: Borders) -> Borders:
    names = ("coordinates", "left", "right", "doubtful")
    return Borders(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


@dataclass(frozen=True)
class _Parts:
    """Edges cut where others end on them."""

    crossed: Flags
    """One per edge: another one crosses it."""
    edge: Indices
    """Which edge each part is of."""
    low: Floats
    high: Floats
    """From where to where on the edge, in metres."""
    run: Indices
    """Number of the run of parts, one after the other, that nothing else meets."""


def _parts(edges: Floats, contact_m: float) -> _Parts:
    lines = np.asarray(shapely.linestrings(edges))
    length = np.hypot(*(edges[:, 1] - edges[:, 0]).T)
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=contact_m)
    one, other = one[one != other], other[one != other]
    along, off = _seen_from(edges[one], length[one], edges[other])
    _, back = _seen_from(edges[other], length[other], edges[one])
    meets = (off[:, 0] * off[:, 1] < 0) & (back[:, 0] * back[:, 1] < 0)
    meets &= (np.abs(off).min(axis=1) > contact_m) & (np.abs(back).min(axis=1) > contact_m)
    crossed = np.zeros(len(edges), dtype=bool)
    crossed[one[meets]] = True
    within = (np.abs(off) <= contact_m) & (along > contact_m) & (along < length[one, None] - contact_m)
    owner = np.concatenate([np.arange(len(edges)), np.repeat(one, 2)[within.ravel()]])
    mark = np.concatenate([np.zeros(len(edges)), along.ravel()[within.ravel()]])
    order = np.lexsort((mark, owner))
    owner, mark = owner[order], mark[order]
    fresh = np.r_[True, (owner[1:] != owner[:-1]) | (mark[1:] - mark[:-1] > contact_m)]
    owner, low = owner[fresh], mark[fresh]
    high = np.r_[low[1:], 0.0]
    final = np.r_[owner[1:] != owner[:-1], True]
    high[final] = length[owner[final]]
    follows = (edges[1:, 0] == edges[:-1, 1]).all(axis=1)
    joined = np.bincount(one, minlength=len(edges))
    neighbours = np.r_[False, follows].astype(int) + np.r_[follows, False]
    alone = joined == neighbours  # nothing is near but the edge before and the edge after
    goes_on = np.r_[False, follows & alone[1:] & alone[:-1]]
    return _Parts(crossed, owner, low, high, np.cumsum(~(goes_on[owner] & (low == 0))) - 1)


def _seen_from(edges: Floats, length: Floats, others: Floats) -> tuple[Floats, Floats]:
    """Where both ends of other edges lie: metres along each edge, metres to its left."""
    unit = (edges[:, 1] - edges[:, 0]) / length[:, None]
    there = others - edges[:, :1]
    along = there[:, :, 0] * unit[:, None, 0] + there[:, :, 1] * unit[:, None, 1]
    off = there[:, :, 1] * unit[:, None, 0] - there[:, :, 0] * unit[:, None, 1]
    return along, off


def _zones_at(places: Floats, pieces: Pieces, tree: Any) -> tuple[Indices, Indices]:
    """The zone at each place (the lowest row, -1 for none) and how many zones lie there."""
    at, piece = tree.query(shapely.points(places), predicate="intersects")
    seen = np.unique(np.stack([at, pieces.rows[piece]], axis=1), axis=0)
    zone = np.full(len(places), NOBODY, dtype=np.intp)
    zone[seen[::-1, 0]] = seen[::-1, 1]
    return zone, np.bincount(seen[:, 0], minlength=len(places))
