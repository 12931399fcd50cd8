"""How long the borders are of the ground that a condition by area speaks of, and how far they may be off.

The area itself is the sum of the cover; what decides near a bound is the border: that of the classes inside the site, as exact
as the map, and the part of the site's own outline that encloses them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.engine.zonelayer import ZoneLayer
from plangeo.overlay import draw_evidence
from plangeo.rulebook import Rulebook
from plangeo.tables import TRIGGER_GROUND, empty

# Borders nearer than this to the site's outline are the outline itself.
_ALONG_M = 0.01


def measure_trigger_ground(
    sites: gpd.GeoDataFrame, law: Rulebook, grounds: Mapping[str, tuple[gpd.GeoDataFrame, ZoneLayer]], *, threads: int = 1
) -> pd.DataFrame:
    """Measure the borders of the ground of every trigger under every site of an area.

    Parameters: ``sites`` in the metric CRS, with ``use_code``; ``law`` of the day; ``grounds`` what a trigger may be measured
    on (``plan``, ``present_use``) → its evidence and its layer.
    Returns: tables.TRIGGER_GROUND, one row for each site and trigger whose classes lie under the site.
    """
    rows: list[dict[str, Any]] = []
    for ground, (evidence, layer) in grounds.items():
        if any(trigger.ground == ground for trigger in law.triggers):
            rows += _measured(sites, law, ground, evidence, layer, threads)
    return pd.DataFrame(rows, columns=[c.name for c in TRIGGER_GROUND]) if rows else empty(TRIGGER_GROUND)


def _measured(
    sites: gpd.GeoDataFrame, law: Rulebook, ground: str, evidence: gpd.GeoDataFrame, layer: ZoneLayer, threads: int
) -> list[dict[str, Any]]:
    shapes = dict(zip(sites["site_id"].astype(str), sites.geometry, strict=True))
    asked = {
        str(site): [i for i in law.triggers_for(use) if law.triggers[i].ground == ground]
        for site, use in zip(sites["site_id"], sites["use_code"], strict=True)
        if shapes[str(site)] is not None and shapely.get_dimensions(shapes[str(site)]) == 2
    }
    of_class = {
        code: {i for i, t in enumerate(law.triggers) if t.ground == ground and law.falls_under(code, t.zones)}
        for code in set(evidence["zone_code"])
    }
    pairs = zip(*(evidence[name].tolist() for name in ("site_id", "zone_code", "prevails")), strict=True)
    wanted = np.array(
        [bool(prevails and any(i in of_class[code] for i in asked.get(site, ()))) for site, code, prevails in pairs], dtype=bool
    )
    if not wanted.any():
        return []
    drawn = draw_evidence(evidence, sites, layer, wanted, threads=threads)[wanted]
    found: dict[tuple[str, int], list[Any]] = defaultdict(list)
    columns = (drawn[name].tolist() for name in ("site_id", "zone_code", "plan_id"))
    for site, code, plan_id, shape in zip(*columns, drawn.geometry, strict=True):
        for i in asked[site]:
            if i in of_class[code]:
                found[site, i].append((plan_id, shape))
    return [_row(site, i, shapes[site], pieces, law) for (site, i), pieces in found.items()]


def _row(site_id: str, trigger: int, site: Any, pieces: list[tuple[str, Any]], law: Rulebook) -> dict[str, Any]:
    border = border_of([shape for _, shape in pieces])
    inner = shapely.difference(border, shapely.buffer(shapely.boundary(site), _ALONG_M))
    tolerances = [law.plans[plan_id].tolerance_m if plan_id in law.plans else None for plan_id, _ in pieces]
    known = [t for t in tolerances if t is not None]
    return {
        "site_id": site_id,
        "trigger": float(trigger),
        "inner_m": float(inner.length),
        "outer_m": max(0.0, float(border.length - inner.length)),
        "tolerance_m": max(known) if len(known) == len(tolerances) else float("nan"),
    }


def border_of(shapes: list[Any]) -> Any:
    """Return the border of some ground together; with the borders between its parts, so never too short, where they cannot be joined."""
    try:
        return shapely.boundary(shapely.union_all(shapes))
    except shapely.errors.GEOSException:  # a part that crosses itself by rounding
        return shapely.union_all(shapely.boundary(shapes))
