"""What rests on a plan: the sites on its zones, whether or not it governs there, with their ground and capital; and what a plan covers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.engine.areas import ellipsoidal_area
from plangeo.geometry import as_crs, to_crs
from plangeo.law.consent import is_overlay
from plangeo.model import Assessment

CAPITAL = ("capital_min_vnd", "capital_max_vnd", "capital_min_usd", "capital_max_usd")
_TOUCH_M2 = 1.0
"""A zone and a unit that share less than this only border on each other, square metres."""
_UNION_UP_TO = 2_000
"""Zones of one plan that are joined to measure what they cover; of more, the areas are added."""


def sites_on_plans(assessment: Assessment, plans: Collection[str] | Mapping[str, str]) -> pd.DataFrame:
    """Return a row for each site and plan of ``plans`` whose zones lie under it, by plan, then in the order of the sites.

    A mapping says under which plan a row stands: stages under the plan they are of, so that ground on several counts once.

    Columns: ``plan_id, site_id, row`` (position of the site), ``area_m2`` and ``length_m`` on the plan's zones (zones that
    overlap count once), ``share`` of the site, and the same of the ground that no plan in force governs: ``bare_m2, bare_m,
    bare_share``. Sites known by their commune only rest on nothing here: nobody knows their ground.
    """
    cover = assessment.cover
    owner = plans if isinstance(plans, Mapping) else dict.fromkeys(plans, "")
    faces = [
        (n, plan_id)
        for n, (zones, sides) in enumerate(zip(cover["zones"].tolist(), cover["sides"].tolist(), strict=True))
        for plan_id in sorted({owner[zone[0]] or zone[0] for side in (zones, *sides) for zone in side if zone[0] in owner})
    ]
    at = np.fromiter((n for n, _ in faces), dtype=np.intp, count=len(faces))
    place = pd.Series(np.arange(len(assessment.sites)), index=assessment.sites["site_id"].astype(str).to_numpy())
    bare = np.array([not governs for governs in cover["governs"].tolist()], dtype=bool)[at]
    table = pd.DataFrame({"plan_id": [p for _, p in faces], "row": place.loc[cover["site_id"].astype(str)].to_numpy()[at]})
    for size, of_bare in (("area_m2", "bare_m2"), ("length_m", "bare_m"), ("share", "bare_share")):
        table[size] = cover[size].to_numpy(dtype=float)[at]
        table[of_bare] = np.where(bare, table[size], 0.0)
    found = table.groupby(["plan_id", "row"], sort=True).sum().reset_index()
    found["site_id"] = assessment.sites["site_id"].to_numpy()[found["row"].to_numpy(dtype=int)]
    return found[["plan_id", "site_id", "area_m2", "length_m", "share", "bare_m2", "bare_m", "bare_share", "row"]]


def add_capital(sites: pd.DataFrame, rows: Iterable[int]) -> dict[str, Any]:
    """Return the capital of the sites at ``rows``, each counted once.

    ``capital_min_vnd`` and ``capital_max_vnd`` add what is stated (NaN when nothing is), ``capital_open`` counts sites with
    a least but no greatest amount, ``capital_unstated`` those that state none in any currency; dollars are never converted.
    """
    some = sites.iloc[sorted(set(rows))]
    ends = {n: some[n].to_numpy(dtype=float) if n in some else np.full(len(some), math.nan) for n in CAPITAL}
    found: dict[str, Any] = {n: math.fsum(v[~np.isnan(v)]) if (~np.isnan(v)).any() else math.nan for n, v in ends.items()}
    stated = np.any([~np.isnan(v) for v in ends.values()], axis=0)
    is_open = [~np.isnan(ends[f"capital_min_{c}"]) & np.isnan(ends[f"capital_max_{c}"]) for c in ("vnd", "usd")]
    return found | {"capital_open": int(np.any(is_open, axis=0).sum()), "capital_unstated": int((~stated).sum())}


def metric_shapes(assessment: Assessment) -> NDArray[Any]:
    """Return the shapes of the sites in the CRS of the assessment; None where a site has no place."""
    sites = assessment.sites
    if sites.crs is None:
        return np.full(len(sites), None, dtype=object)
    return np.asarray(to_crs(sites[["geometry"]].reset_index(drop=True), as_crs(assessment.crs)).geometry.to_numpy())


def joined(shapes: NDArray[Any]) -> Any:
    """Return shapes as one: the areas among them, else the lines, else the points; None when there are none."""
    dimension = shapely.get_dimensions(shapes)
    found = shapes[dimension == dimension.max(initial=-1)] if (dimension >= 0).any() else shapes[:0]
    return shapely.union_all(found) if len(found) else None


def covered_by_plans(assessment: Assessment) -> pd.DataFrame:
    """Return what every plan in the zone layer covers: index ``plan_id``, columns ``zones, zones_ha, added, units``.

    ``zones_ha``: hectares on the ellipsoid of the zones without overlay classes, joined; ``added`` True where there were too
    many to join, so that zones over one another count twice. ``units``: names of the districts with more than a square
    metre in common with them, in the order of that layer; empty without districts.
    """
    drawn = assessment.layers.get("zones")
    if drawn is None:
        return pd.DataFrame(columns=["zones", "zones_ha", "added", "units"]).rename_axis("plan_id")
    zones = to_crs(drawn[["plan_id", "zone_code", "geometry"]], as_crs(assessment.crs)).reset_index(drop=True)
    plans = zones["plan_id"].astype(str)
    overlays = {code for code in zones["zone_code"].astype(str).unique() if is_overlay(code, assessment.rulebook)}
    ground = zones.geometry.notna() & ~zones["zone_code"].astype(str).isin(overlays)
    units = _units(assessment, zones)
    rows = []
    for plan_id in sorted(plans.unique()):
        shapes = zones.geometry[ground & (plans == plan_id)]
        added = len(shapes) > _UNION_UP_TO
        measured = shapes if added else gpd.GeoSeries([shapely.union_all(shapes.to_numpy())], crs=zones.crs)
        row = {
            "plan_id": plan_id,
            "zones": int((plans == plan_id).sum()),
            "zones_ha": float(ellipsoidal_area(measured).sum()) / 10_000,
        }
        rows.append(row | {"added": added, "units": units.get(plan_id, ())})
    return pd.DataFrame(rows, columns=["plan_id", "zones", "zones_ha", "added", "units"]).set_index("plan_id")


def _units(assessment: Assessment, zones: gpd.GeoDataFrame) -> Mapping[str, tuple[str, ...]]:
    """Plan → names of the districts that its zones lie in, not only beside."""
    districts = assessment.layers.get("districts")
    if districts is None:
        return {}
    outlines = to_crs(districts[["district_name", "geometry"]], as_crs(assessment.crs)).geometry.to_numpy()
    names, shapes = districts["district_name"].astype(str).tolist(), zones.geometry.to_numpy()
    plan = zones["plan_id"].astype(str).tolist()
    tree = shapely.STRtree(shapes)
    at = np.flatnonzero(~shapely.is_missing(outlines))
    inside, whole = tree.query(outlines[at], predicate="covers")
    met = {
        (int(at[unit]), plan[zone]) for unit, zone in zip(inside.tolist(), whole.tolist(), strict=True) if shapes[zone].area > 0
    }
    near, touched = tree.query(outlines[at], predicate="intersects")
    for unit, zone in zip(at[near].tolist(), touched.tolist(), strict=True):
        pair = (int(unit), plan[zone])
        if pair not in met and shapely.intersection(outlines[unit], shapes[zone]).area > _TOUCH_M2:
            met.add(pair)
    found: dict[str, list[str]] = defaultdict(list)
    for unit, plan_id in sorted(met):
        found[plan_id].append(names[unit])
    return {plan_id: tuple(dict.fromkeys(some)) for plan_id, some in found.items()}
