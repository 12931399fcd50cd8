"""The governed cover as columns, with the few kinds of spots it is made of.

A register of many sites meets the same situations of law over and over: a check judges each kind of spot once and then
looks up which faces are of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_Zones = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Spot:
    """What the law sees of a face: plans and classes as (plan_id, zone_code, ""), without the single zones."""

    zones: _Zones
    sides: tuple[_Zones, ...]
    governs: _Zones
    governs_by_side: tuple[_Zones, ...]
    on_border: bool


@dataclass(frozen=True)
class Faces:
    """The rows of a governed cover by columns, one entry for each face, in the order of the cover."""

    site: NDArray[np.intp]
    """Row of the site."""
    spot: NDArray[np.intp]
    """Place in ``spots``."""
    spots: Sequence[Spot]
    area_m2: NDArray[np.float64]
    length_m: NDArray[np.float64]
    share: NDArray[np.float64]

    def where(self, holds: Callable[[Spot], bool]) -> NDArray[np.bool_]:
        """Return for every face whether ``holds`` is True of its spot; each kind of spot is asked once."""
        return np.array([holds(spot) for spot in self.spots], dtype=bool)[self.spot]


def faces_of(cover: pd.DataFrame, site_ids: Sequence[str]) -> Faces:
    """Return the columns of ``cover`` (tables.GOVERNED_COVER); ``site_ids`` says which row a site is."""
    place = {site_id: n for n, site_id in enumerate(site_ids)}
    names = ("zones", "sides", "governs", "governs_by_side", "on_border")
    known: dict[tuple[object, ...], int] = {}
    spot = [
        known.setdefault(
            (_plain(zones), tuple(map(_plain, sides)), _plain(governs), tuple(map(_plain, by_side)), border), len(known)
        )
        for zones, sides, governs, by_side, border in zip(*(cover[name].tolist() for name in names), strict=True)
    ]
    site = [place[site_id] for site_id in cover["site_id"].tolist()]
    sizes = (cover[name].to_numpy(dtype=float) for name in ("area_m2", "length_m", "share"))
    spots = [Spot(*key) for key in known]  # type: ignore[arg-type]
    return Faces(np.array(site, dtype=np.intp), np.array(spot, dtype=np.intp), spots, *sizes)


def _plain(zones: _Zones) -> _Zones:
    return tuple((plan_id, code, "") for plan_id, code, _ in zones)


def number(keys: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Number groups by their first row: (the first row of every group, the group of every row).

    >>> first, group = number(np.array([7, 3, 7]))
    >>> first.tolist(), group.tolist()
    ([0, 1], [0, 1, 0])
    """
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return np.sort(first), rank[inverse]


def spread(values: Sequence[Sequence[int]], pick: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return ``values[pick[n]]`` of all rows under one another: (the row of every value, the values).

    >>> rows, found = spread([[5], [], [7, 8]], np.array([2, 1, 0]))
    >>> rows.tolist(), found.tolist()
    ([0, 0, 2], [7, 8, 5])
    """
    counts = np.array([len(some) for some in values], dtype=np.intp)
    flat = np.array([value for some in values for value in some], dtype=np.intp)
    ends = np.cumsum(counts[pick])
    rows = np.repeat(np.arange(len(pick)), counts[pick])
    within = np.arange(len(rows)) - (ends - counts[pick])[rows]
    return rows, flat[(np.cumsum(counts) - counts)[pick[rows]] + within]


def sums(values: NDArray[np.float64], group: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """Return the sum of every group from 0 to ``count``, rounded once as ``math.fsum`` does, whatever the order of rows.

    >>> sums(np.array([1e16, 1.0, -1e16, 5.0]), np.array([0, 0, 0, 2]), 3).tolist()
    [1.0, 0.0, 5.0]
    """
    found: NDArray[np.float64] = np.bincount(group, weights=values, minlength=count).astype(
        float
    )  # one or two values: rounded once already
    members = np.bincount(group, minlength=count)
    if (members > 2).any():
        rows = np.flatnonzero(members[group] > 2)
        rows = rows[np.argsort(group[rows], kind="stable")]
        groups, starts = np.unique(group[rows], return_index=True)
        ordered = values[rows].tolist()
        ends = [*starts[1:].tolist(), len(ordered)]
        found[groups] = [math.fsum(ordered[a:b]) for a, b in zip(starts.tolist(), ends, strict=True)]
    return found
