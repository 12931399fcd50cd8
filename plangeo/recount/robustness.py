"""Whether a verdict of the zones survives the displacement that nobody can exclude, decided a second time, from the zones as they came.

The engine measures ε*, the displacement at which the verdict changes, and compares it with t. Here nothing is measured: what lies
within t of a site is looked at.

- *It does not get worse within t*: no zone that says worse is nearer than t, and no border of the ground is. A border is an edge of
  a zone beyond which no other zone of the ground lies; an edge that two zones share in opposite directions is none.
- *It does not get better within t*: some place of the site is at least t from the better ground. Corners of the site are tried, then
  places inside it, in squares that are halved as long as they may hold such a place: no place of a square is farther from the
  ground than its middle is, and half its diagonal.

Only ε* ≥ t is looked at: else the verdict is UNKNOWN already. What thresholds forgive is not decided again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from plangeo.model import Flip
from plangeo.recount.exactgaps import Places
from plangeo.recount.neighbourhood import NOISE_M, Neighbourhood
from plangeo.recount.tallies import Tally, add_tallies
from plangeo.recount.zonestock import Bools, ZoneStock


@dataclass(frozen=True)
class FlipGround:
    """What the law makes of the zones around one site: which of them, by their rows, mean what to its verdict."""

    site_id: str
    keeps: Bools | None
    """The ground that lets the verdict stand; None where it cannot get worse."""
    worse: Bools | None
    """Zones that say worse; None where there is nothing worse."""
    better: tuple[Bools, ...]
    """Ground that says better, by plan: it gets better where the site lies on all of them."""
    is_forgiven: bool
    """Whether thresholds forgive some of what it lies on."""


def recount_around(
    sites: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    grounds: Sequence[FlipGround],
    permitted: Mapping[str, Bools],
    flips: Mapping[str, Flip],
    nearest: pd.DataFrame,
) -> dict[str, Tally]:
    """Decide again which verdicts survive what accuracies cannot exclude, and measure the nearest permitted zones again.

    Parameters: ``sites`` (tables.SITES) and ``zones`` (tables.ZONES) in one metric CRS; ``grounds`` of the sites; ``permitted``:
    site_id → the zones that permit its use, by row; ``flips`` and ``nearest`` (tables.NEAREST) as the engine measured them.
    Returns: ``robustness`` and ``nearest`` → counts, and the sites on which the two disagree.
    """
    shapes = dict(zip(sites["site_id"].astype(str), sites.geometry, strict=True))
    stock = ZoneStock(zones)
    robust = [_decide(shapes[g.site_id], stock, g, flips[g.site_id]) for g in grounds]
    columns = (nearest[name].tolist() for name in ("site_id", "zone_id", "distance_m"))
    names = zones["zone_id"].astype(str).to_numpy(dtype=object)
    near = [
        _measure(shapes[site_id], stock, permitted[site_id], names == zone_id, distance, (site_id, zone_id))
        for site_id, zone_id, distance in zip(*columns, strict=True)
    ]
    return {"robustness": add_tallies(robust), "nearest": add_tallies(near)}


def _decide(shape: Any, stock: ZoneStock, ground: FlipGround, flip: Flip) -> Tally:
    if flip.tolerance_m is None or flip.distance_m < flip.tolerance_m:  # UNKNOWN in any case
        return Tally()
    if flip.tolerance_m <= NOISE_M:  # every displacement is at least that
        return Tally(1)
    said = _contradiction(Neighbourhood(shape, stock, flip.tolerance_m), ground)
    left_out = said is None or (ground.is_forgiven and not said)
    return Tally(
        1, 1, int(not left_out), int(left_out), doubts={ground.site_id: f"ε* {flip.distance_m:.6g} m ≠ {said}"} if said else {}
    )


def _contradiction(around: Neighbourhood, ground: FlipGround) -> str | None:
    """What lies within t of the site that should not; empty when nothing does, None when that was not found out."""
    if ground.worse is not None and (gap := around.to_zone(ground.worse)) is not None:
        return f"{gap:.6g} m"
    if ground.keeps is not None and not ground.is_forgiven and (gap := around.to_border(ground.keeps)) is not None:
        return f"{gap:.6g} m"
    if ground.better:
        apart = [around.has_place_apart(mask) for mask in ground.better]
        if not any(apart):
            return None if None in apart else f"< {around.reach:.6g} m"
    return ""


def _measure(shape: Any, stock: ZoneStock, permitted: Bools, told: Bools, distance: float, names: tuple[str, str]) -> Tally:
    """Measure the distance to the permitted zones, and to the one that is told to be the nearest; NaN where none is."""
    site_id, zone_id = names
    places = Places([shape])
    if not zone_id:
        found = stock.gap(places, stock.near(permitted, places.box, math.inf))
        return Tally(1, 1, 1, doubts={} if found.square is None else {site_id: f"∞ m ≠ {found.metres:.6g} m"})
    own = stock.gap(places, np.flatnonzero(permitted & told).tolist()).metres
    least = stock.gap(places, stock.near(permitted, places.box, distance + 1.0)).metres
    agrees = abs(own - distance) <= (slack := NOISE_M + 1e-9 * distance) and least >= distance - slack
    return Tally(1, 1, 1, doubts={} if agrees else {site_id: f"{zone_id}: {distance:.6g} m ≠ {min(own, least):.6g} m"})
