"""Cutting the ground of a large shape (a commune) into patches: parts on which the same zones lie everywhere.

A site is cut by ``plangeo.engine.partition`` in one go; a commune meets thousands of zones, and cutting every part by every
zone would take hours. So it is halved first, until each part meets few zones. Best practice: read the law off the
patches once for each kind of them. Anti-pattern: one overlay of a whole commune.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.engine.partition import partition
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry import polygonal
from plangeo.model import ZoneKey

Kind = tuple[ZoneKey, ...]
"""What the law sees of a patch: the zones on it as (plan_id, zone_code, ""), sorted; () is ground without a zone."""

MOST_PIECES = 100_000
"""A shape that meets more pieces of zones is not cut: that is a country, not a commune."""
_FEW = 24
"""Pieces of zones that one part is cut by together."""
_CUT_AT = 0.4987654321
"""Cuts pass a little beside the middle, so that they do not run along the round coordinates people draw on."""
_LEAST_M = 20.0
"""Parts of this extent are not halved further, however many zones lie there."""


@dataclass(frozen=True)
class Patches:
    """Disjoint parts of a shape, together all of it."""

    kinds: tuple[Kind, ...]
    shapes: NDArray[Any]
    doubt: str = ""
    """Which sum contradicts another; empty when all add up."""


def cut_ground(shape: Any, layer: ZoneLayer, contact_m: float, most: int = MOST_PIECES) -> Patches | None:
    """Cut a polygon (metric CRS of the layer) by its zones; None when its box meets more than ``most`` pieces of them.

    ``contact_m``: strips up to this width in metres are contact, not overlap.
    """
    if len(layer.tree.query(shape)) > most:
        return None
    kinds: list[Kind] = []
    shapes: list[Any] = []
    doubt = ""
    for part in _halved(shape, layer):
        found = partition(part, layer.near(part, contact_m), contact_m)
        doubt = doubt or found.doubt
        for face in found.faces:
            kinds.append(tuple(sorted((*layer.keys[zone][:2], "") for zone in face.zones)))
            shapes.append(face.geometry)
    return Patches(tuple(kinds), np.array(shapes, dtype=object), doubt)


def _halved(shape: Any, layer: ZoneLayer) -> Iterator[Any]:
    """Halve a polygon until every part meets few pieces of zones; the cuts depend on nothing else."""
    waiting = [shape]
    while waiting:
        part = waiting.pop()
        west, south, east, north = part.bounds
        if max(east - west, north - south) <= _LEAST_M or len(layer.tree.query(part)) <= _FEW:
            yield part
        else:
            waiting += _halves(part)


def _halves(part: Any) -> list[Any]:
    """Both halves of a polygon, cut across its longer side."""
    west, south, east, north = part.bounds
    x, y = west + (east - west) * _CUT_AT, south + (north - south) * _CUT_AT
    if east - west >= north - south:
        boxes = shapely.box(west - 1, south - 1, x, north + 1), shapely.box(x, south - 1, east + 1, north + 1)
    else:
        boxes = shapely.box(west - 1, south - 1, east + 1, y), shapely.box(west - 1, y, east + 1, north + 1)
    halves = [polygonal(shapely.intersection(part, box)) for box in boxes]
    return [half for half in halves if not half.is_empty]
