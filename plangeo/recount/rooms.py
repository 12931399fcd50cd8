"""Whether every place that a site known by one point may have is on ground that would do, decided a second time.

The engine cuts the ground around the point into patches and measures how far the nearest one is that would not do. Here the zones
are asked as they came: none that forbids lies within the reach of the discs, and no border of the ground.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from plangeo.amounts.bands import declared_ends
from plangeo.engine.patches import Kind
from plangeo.law.consent import is_overlay
from plangeo.law.sayings import Sayings
from plangeo.model import Verdict
from plangeo.recount.neighbourhood import NOISE_M, Neighbourhood
from plangeo.recount.tallies import Tally, add_tallies
from plangeo.recount.zonestock import ZoneStock
from plangeo.room import DiscRoom, UnitRoom
from plangeo.rulebook import Rulebook


def recount_rooms(
    sites: gpd.GeoDataFrame,
    table: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    rooms: Mapping[str, UnitRoom | DiscRoom],
    law: Rulebook,
    contact_m: float,
) -> Tally:
    """Decide again which discs lie on ground that would do wherever they are.

    Parameters: ``sites`` and ``zones`` (tables.ZONES) in one metric CRS; ``table`` the rows of the sites as the checks see them;
    ``rooms`` site_id → room, as the engine measured it; ``contact_m`` strips up to this width in metres are contact.
    Returns: counts, and the sites on which the two disagree. Units with too little room, and discs where several plans or overlays lie, are
    left out; discs that do not fit everywhere are UNKNOWN in any case.
    """
    stock, sayings = ZoneStock(zones), Sayings(law)
    kinds: list[Kind] = [
        ((plan, code, ""),) for plan, code in zip(zones["plan_id"].astype(str), zones["zone_code"].astype(str), strict=True)
    ]
    low, high, _ = declared_ends(table)
    told = table.assign(site_area_m2=np.where(low == high, low, math.nan))
    shapes, found = sites.geometry.to_numpy(), []
    for n, site_id in enumerate(table["site_id"].astype(str).tolist()):
        room = rooms.get(site_id)
        if room is None or room.problem or room.doubt:
            continue
        if isinstance(room, UnitRoom):
            found.append(Tally(1, 1, 0, 1) if math.isfinite(room.could_m2) else Tally())
            continue
        reach = room.radius_m + room.reach_m + (room.accuracy.tolerance_m or 0.0)
        if room.gap_m < reach - NOISE_M:
            continue
        around = Neighbourhood(shapes[n], stock, reach, contact_m=contact_m)
        near = around.rows(np.ones(len(zones), dtype=bool))
        if len({plan for row in near for plan, _, _ in kinds[row]}) > 1 or any(is_overlay(kinds[row][0][1], law) for row in near):
            found.append(Tally(1, 1, 0, 1))
            continue
        says = sayings.of(told.iloc[[n]], [frozenset(kinds[row] for row in near)])[0]
        good = np.zeros(len(zones), dtype=bool)
        good[[row for row in near if says[kinds[row]] <= Verdict.CONDITIONAL]] = True
        bad = np.zeros(len(zones), dtype=bool)
        bad[near] = ~good[near]
        gap = around.to_zone(bad)
        gap = around.to_border(good) if gap is None else gap
        said = "" if gap is None else f"{room.gap_m:.6g} m ≠ {gap:.6g} m"
        found.append(Tally(1, 1, 1, doubts={site_id: said} if said else {}))
    return add_tallies(found)
