"""Which administrative units a plan speaks of, and the ground of them that its zones leave open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.planlayers.sharedground import shared_ground
from plangeo.planlayers.widths import polygons_of, without_hairs

SPOKEN_OF = 0.5
"""A plan speaks of a unit when its zones cover at least this share of it; a neighbour that it only touches is not its gap."""
_BESIDE_M = 0.05


@dataclass(frozen=True)
class Frame:
    """The ground a plan ought to cover."""

    ground: Any
    """One (multi)polygon."""
    units: tuple[str, ...]
    """The units it is made of; () when it is the outline of the zones with everything inside filled."""
    left_out: tuple[tuple[str, float], ...] = ()
    """Units that the plan covers in part, but too little to speak of them, with the covered share."""


@dataclass(frozen=True)
class Opening:
    """Ground of the frame that no zone covers."""

    shape: Any
    enclosed: bool
    """True when zones lie all around."""


def frame_of(covered: Any, districts: gpd.GeoDataFrame | None) -> Frame:
    """Return the ground a plan ought to cover.

    Parameters: ``covered`` the union of its zones; ``districts`` tables.DISTRICTS in the same metric CRS, or None.
    """
    parts, _ = polygons_of([covered])
    outline = Frame(shapely.union_all([shapely.Polygon(shapely.get_exterior_ring(p)) for p in parts]), ())
    if districts is None or not len(parts):
        return outline
    shapes = districts.geometry.to_numpy()
    names = unit_names(districts)
    share = covered_shares(shapes, covered)
    spoken = np.flatnonzero(share >= SPOKEN_OF)
    left_out = tuple((names[n], float(share[n])) for n in np.flatnonzero((share > 0.001) & (share < SPOKEN_OF)))
    if not len(spoken):
        return Frame(outline.ground, (), left_out)
    return Frame(shapely.union_all(shapes[spoken]), tuple(names[n] for n in spoken), left_out)


def covered_shares(shapes: NDArray[Any], covered: Any) -> NDArray[np.float64]:
    """Return the share of every shape that lies on ``covered``; 0 for shapes without area."""
    met = shared_ground(shapes, np.array([covered], dtype=object))
    inside = np.bincount(met.one, shapely.area(met.shapes), minlength=len(shapes))
    whole = np.nan_to_num(shapely.area(shapes))
    return np.divide(inside, whole, out=np.zeros(len(shapes)), where=whole > 0)


def openings(covered: Any, frame: Frame) -> list[Opening]:
    """Return the ground of the frame that is not covered, as connected polygons without hairs."""
    parts, _ = polygons_of([shapely.difference(frame.ground, covered)])
    found = without_hairs(parts)
    if not len(found):
        return []
    edge = shapely.boundary(frame.ground)
    shapely.prepare(edge)
    enclosed = ~shapely.dwithin(edge, found, _BESIDE_M)
    return [Opening(shape, bool(inner)) for shape, inner in zip(found, enclosed, strict=True)]


def beside(shapes: Sequence[Any], zones: NDArray[Any]) -> list[list[int]]:
    """Return for every shape the places of the zones that touch it."""
    out: list[list[int]] = [[] for _ in shapes]
    if shapes:
        at, zone = shapely.STRtree(zones).query(list(shapes), predicate="dwithin", distance=_BESIDE_M)
        for n, z in sorted(zip(at.tolist(), zone.tolist(), strict=True)):
            out[n].append(z)
    return out


def unit_names(districts: gpd.GeoDataFrame) -> list[str]:
    """Return the name of every unit, its code where it has none."""
    pairs = zip(districts["district_name"].astype(str), districts["district_id"].astype(str), strict=True)
    return [name or code for name, code in pairs]
