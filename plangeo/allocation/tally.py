"""How much ground several sites claim: counted by the union, so that three claims on one spot are not three pairs.

For areas A of a register: Σ area(A) = area(union) + over-count, exactly; the over-count is the integral of (claims − 1) over the ground.
``doubled`` is the ground with two claims and more, whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tally:
    """Areas in m² of all sites of a register that are areas."""

    sites: int
    summed_m2: float
    """Σ of the areas of the sites."""
    union_m2: float
    """Ground that at least one site claims."""
    doubled_m2: float
    """Ground that at least two sites claim."""

    @property
    def overcount_m2(self) -> float:
        """Ground counted more than once: by how much the sum of the sites exceeds the ground they claim."""
        return self.summed_m2 - self.union_m2


def count_ground(shapes: NDArray[Any]) -> Tally:
    """Return the tally of the areas among ``shapes`` (one metric CRS, valid; lines, points and None count nothing).

    Only sites that meet are united, group by group, and the very same shape once, so that the work grows with what overlaps.
    """
    rows = np.flatnonzero(np.where(shapely.is_missing(shapes), -1, shapely.get_dimensions(shapes)) == 2)
    first = first_alike(shapes[rows])
    kept, copies = np.unique(first, return_counts=True)
    areas = shapes[rows][kept]
    summed = float(shapely.area(shapes[rows]).sum())
    one, two = shapely.STRtree(areas).query(areas, predicate="intersects")
    one, two = one[one < two], two[one < two]
    shared = shapely.intersection(areas[one], areas[two])
    groups = _groups(len(areas), zip(one.tolist(), two.tolist(), strict=True))
    group_of = {row: n for n, group in enumerate(groups) for row in group}
    pieces: dict[int, list[Any]] = {}
    for row, piece in zip(one.tolist(), shared.tolist(), strict=True):
        pieces.setdefault(group_of[row], []).append(piece)
    lone = np.array([row not in group_of for row in range(len(areas))], dtype=bool)
    for row in np.flatnonzero((copies > 1) & ~lone).tolist():
        pieces.setdefault(group_of[row], []).append(areas[row])
    union = float(shapely.area(areas[lone]).sum()) + sum(_united([areas[row] for row in group]) for group in groups)
    doubled = float(shapely.area(areas[lone & (copies > 1)]).sum()) + sum(map(_united, pieces.values()))
    return Tally(len(rows), summed, union, doubled)


def first_alike(shapes: NDArray[Any]) -> NDArray[np.intp]:
    """Return for each shape the position of the first one that is the very same; rows without a shape are their own.

    >>> first_alike(np.array([shapely.Point(0, 0), None, shapely.Point(1, 1), shapely.Point(0, 0), None], dtype=object)).tolist()
    [0, 1, 2, 0, 4]
    """
    met: dict[bytes, int] = {}
    keys = shapely.to_wkb(shapely.normalize(shapes)).tolist()
    return np.array([n if key is None else met.setdefault(key, n) for n, key in enumerate(keys)], dtype=np.intp)


def _united(shapes: list[Any]) -> float:
    return float(shapely.area(shapely.union_all(shapes)))


def _groups(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Sites joined by pairs, directly or through others; only groups of two and more."""
    above = list(range(count))

    def top(row: int) -> int:
        while above[row] != row:
            above[row] = above[above[row]]
            row = above[row]
        return row

    for one, two in pairs:
        above[max(top(one), top(two))] = min(top(one), top(two))
    members: dict[int, list[int]] = {}
    for row in range(count):
        members.setdefault(top(row), []).append(row)
    return [rows for rows in members.values() if len(rows) > 1]
