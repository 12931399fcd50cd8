"""Which sites of a register meet, and how: shared ground, points and lines within, near-duplicates; each pair once.

All geometries are in one metric CRS; areas in m², lengths in m. A strip thinner than the tolerance of a pair is touching, not overlapping:
two surveys of one border differ by as much. The tolerance is √(a² + b²) of the two stated accuracies; ``UNSTATED_M`` stands for one
that is not stated (0.5 mm on a drawing at 1:2,000). Boundaries that are alike to ``ALIKE`` (intersection over union) are near-duplicates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.allocation.tally import first_alike
from plangeo.geometry import linear, polygonal

Floats = NDArray[np.float64]
Kind = Literal["overlap", "contains", "near_duplicate", "point_inside", "same_point", "crosses", "shared_line", "same_name_near"]

UNSTATED_M = 1.0
"""Accuracy of a site that states none, metres."""
ALIKE = 0.9
"""Intersection over union from which two sites look like one drawn twice."""
MOST_ALIKE = 20
"""The very same shape may stand as often in a register for every pair to be listed; of more, each is paired with the first alone."""
WITHIN_SHARE = 0.99
"""A site of which as much lies in another one is contained in it."""


@dataclass(frozen=True)
class Contact:
    """One pair of sites that meet; ``first`` < ``second`` are their positions."""

    first: int
    second: int
    kind: Kind
    area_m2: float = math.nan
    length_m: float = math.nan
    tolerance_m: float = math.nan
    alike: float = math.nan
    """Intersection over union of two areas."""
    distance_m: float = 0.0
    shape: Any = None
    """The shared ground, line or point."""


@dataclass(frozen=True)
class Contacts:
    """What the sites of a register share."""

    pairs: Sequence[Contact]
    """By position of the first, then of the second site."""
    touching: int
    """Pairs that meet along borders or in strips thinner than their tolerance only."""
    sliver_m2: float
    """The area of those strips."""
    bundled: frozenset[int] = frozenset()
    """Sites of a shape that stands more than ``MOST_ALIKE`` times, the first of each left out: paired with that one only."""


def meet(shapes: NDArray[Any], accuracy_m: Floats) -> Contacts:
    """Return how sites meet; rows without a geometry (None) are left out, which the caller tells.

    Parameters: ``shapes`` valid geometries in one metric CRS; ``accuracy_m`` of each, NaN where not stated.
    """
    first = first_alike(shapes)
    often = np.bincount(first, minlength=len(shapes))[first] > MOST_ALIKE
    copies = np.flatnonzero(often & (first != np.arange(len(shapes))))
    tolerance = np.where(np.isfinite(accuracy_m) & (accuracy_m >= 0), accuracy_m, UNSTATED_M)
    dimension = np.where(shapely.is_missing(shapes), -1, shapely.get_dimensions(shapes))
    single = shapes.copy()
    single[copies] = None
    one, two = shapely.STRtree(single).query(single, predicate="intersects")
    forward = one < two
    one, two = np.concatenate([one[forward], first[copies]]), np.concatenate([two[forward], copies])
    reach = np.hypot(tolerance[one], tolerance[two])
    ranks = np.sort(np.stack([dimension[one], dimension[two]]), axis=0)
    pairs: list[Contact] = []
    touching, slivers = 0, 0.0
    for low, high, measure in ((2, 2, _areas), (1, 2, _crossings), (1, 1, _shared_lines), (0, 2, _points_inside)):
        chosen = (ranks[0] == low) & (ranks[1] == high)
        found = measure(shapes, one[chosen], two[chosen], reach[chosen])
        pairs += found.pairs
        touching += found.touching
        slivers += found.sliver_m2
    pairs += _same_points(single, dimension, tolerance)
    pairs += [_one_point(int(first[row]), row, shapes, tolerance) for row in copies[dimension[copies] == 0].tolist()]
    return Contacts(sorted(pairs, key=lambda c: (c.first, c.second)), touching, slivers, frozenset(copies.tolist()))


def _one_point(first: int, second: int, shapes: NDArray[Any], tolerance: Floats) -> Contact:
    limit = math.hypot(tolerance[first], tolerance[second])
    apart = float(shapely.distance(shapes[first], shapes[second]))
    return Contact(first, second, "same_point", tolerance_m=limit, distance_m=apart, shape=shapes[first])


def _areas(shapes: NDArray[Any], one: NDArray[np.intp], two: NDArray[np.intp], reach: Floats) -> Contacts:
    """Two areas: the ground they share, unless all of it is thinner than the tolerance."""
    shared = np.array([polygonal(g) for g in shapely.intersection(shapes[one], shapes[two])], dtype=object)
    area = shapely.area(shared)
    wide = ~shapely.is_empty(shapely.buffer(shared, -reach / 2)) & (area > 0)
    sizes = shapely.area(shapes[one]), shapely.area(shapes[two])
    alike = area / np.maximum(sizes[0] + sizes[1] - area, 1e-12)
    contained = area / np.maximum(np.minimum(*sizes), 1e-12) >= WITHIN_SHARE
    pairs = []
    for n in np.flatnonzero(wide).tolist():
        kind: Kind = "near_duplicate" if alike[n] >= ALIKE else "contains" if contained[n] else "overlap"
        pairs.append(
            Contact(int(one[n]), int(two[n]), kind, float(area[n]), math.nan, float(reach[n]), float(alike[n]), 0.0, shared[n])
        )
    return Contacts(pairs, int((~wide).sum()), float(area[~wide].sum()))


def _crossings(shapes: NDArray[Any], one: NDArray[np.intp], two: NDArray[np.intp], reach: Floats) -> Contacts:
    """A line and an area: the line within it; along its border or shorter than the tolerance it only touches."""
    is_line = shapely.get_dimensions(shapes[one]) == 1
    lines, areas = np.where(is_line, one, two), np.where(is_line, two, one)
    within = np.array([linear(g) for g in shapely.intersection(shapes[lines], shapes[areas])], dtype=object)
    along = shapely.length(shapely.intersection(within, shapely.boundary(shapes[areas])))
    return _lengths("crosses", one, two, reach, shapely.length(within) - along, within)


def _shared_lines(shapes: NDArray[Any], one: NDArray[np.intp], two: NDArray[np.intp], reach: Floats) -> Contacts:
    """Two lines: what they share; roads that cross in a point share nothing."""
    shared = np.array([linear(g) for g in shapely.intersection(shapes[one], shapes[two])], dtype=object)
    return _lengths("shared_line", one, two, reach, shapely.length(shared), shared)


def _lengths(
    kind: Kind, one: NDArray[np.intp], two: NDArray[np.intp], reach: Floats, length: Floats, shared: NDArray[Any]
) -> Contacts:
    long = length > reach
    pairs = [
        Contact(int(one[n]), int(two[n]), kind, math.nan, float(length[n]), float(reach[n]), shape=shared[n])
        for n in np.flatnonzero(long).tolist()
    ]
    return Contacts(pairs, int((~long).sum()), 0.0)


def _points_inside(shapes: NDArray[Any], one: NDArray[np.intp], two: NDArray[np.intp], reach: Floats) -> Contacts:
    """A point in an area; within the tolerance of its border it only touches."""
    is_point = shapely.get_dimensions(shapes[one]) == 0
    points, areas = np.where(is_point, one, two), np.where(is_point, two, one)
    depth = shapely.distance(shapes[points], shapely.boundary(shapes[areas]))
    inside = depth > reach
    pairs = [
        Contact(int(one[n]), int(two[n]), "point_inside", math.nan, math.nan, float(reach[n]), shape=shapes[points[n]])
        for n in np.flatnonzero(inside).tolist()
    ]
    return Contacts(pairs, int((~inside).sum()), 0.0)


def _same_points(shapes: NDArray[Any], dimension: NDArray[np.int_], tolerance: Floats) -> list[Contact]:
    """Points no farther apart than their tolerance."""
    rows = np.flatnonzero((dimension == 0) & ~shapely.is_missing(shapes))
    if len(rows) < 2:
        return []
    tree = shapely.STRtree(shapes[rows])
    # a pair is found from its less certain point, whose reach times √2 is no less than the tolerance of the two
    at, other = tree.query(shapes[rows], predicate="dwithin", distance=tolerance[rows] * math.sqrt(2.0))
    pairs: dict[tuple[int, int], Contact] = {}
    for one, two in zip(rows[at].tolist(), rows[other].tolist(), strict=True):
        first, second = min(one, two), max(one, two)
        pair = _one_point(first, second, shapes, tolerance)
        if one != two and pair.distance_m <= pair.tolerance_m:
            pairs[first, second] = pair
    return list(pairs.values())


def name_neighbours(shapes: NDArray[Any], names: Sequence[str], within_m: float) -> list[Contact]:
    """Return pairs of one name (as given, blank ones left out) no farther apart than ``within_m``."""
    groups: dict[str, list[int]] = {}
    for row, (name, missing) in enumerate(zip(names, shapely.is_missing(shapes).tolist(), strict=True)):
        if name and not missing:
            groups.setdefault(name, []).append(row)
    pairs = []
    for members in (np.array(rows) for rows in groups.values() if len(rows) > 1):
        tree = shapely.STRtree(shapes[members])
        at, other = tree.query(shapes[members], predicate="dwithin", distance=within_m)
        for one, two in zip(members[at].tolist(), members[other].tolist(), strict=True):
            if one < two:
                apart = float(shapely.distance(shapes[one], shapes[two]))
                line = shapely.shortest_line(shapes[one], shapes[two])
                pairs.append(Contact(one, two, "same_name_near", distance_m=apart, shape=line))
    return pairs
