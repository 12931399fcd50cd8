"""How far conditions on sizes are from failing: rules that hold for at most, or at least, so much ground of their classes.

Such a verdict changes where a border moves by little inside one permitted ground, which no distance to other ground shows.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np

from plangeo.engine.zonelayer import ZoneLayer
from plangeo.law.compatibility import SIZES, Ground, SizedSpot, ground_by_rule, has_conditions
from plangeo.margin import flip_distance
from plangeo.model import Measured, Rule, Verdict
from plangeo.rulebook import Rulebook

_ABOVE = frozenset({">", ">="})
_BELOW = frozenset({"<", "<="})
_WHOLE: Mapping[str, str] = {"area_m2": "site_area_m2", "length_m": "site_length_m"}
_OUTLINES = ("site_area_m2", "site_area_ellipsoidal_m2")


@dataclass(frozen=True)
class SizeBound:
    """A share of a site at which a condition of a rule begins to fail."""

    site_id: str
    plans: tuple[str, ...]
    codes: tuple[str, ...]
    """Classes the rule is asked on."""
    share: float
    is_least: bool
    """True where at least so much must lie on them."""


def size_bounds(
    measured: Measured, site: int, leaning: Verdict, plans: tuple[str, ...], governed: Sequence[SizedSpot], codes: Sequence[str]
) -> tuple[tuple[SizeBound, ...], float]:
    """Return the bounds of conditions on sizes that the site in this row keeps, and how far (m) its outline is from failing one.

    Parameters: ``leaning`` its verdict; ``plans`` that govern ``governed``, its ground; ``codes`` all classes of the layer.
    """
    book, use = measured.rulebook, str(measured.sites["use_code"].iat[site])
    if not has_conditions(book, use, {code for spot in governed for _, code, _ in spot.governs}):
        return (), math.inf
    ground, row = ground_by_rule(book, use, governed), measured.sites.iloc[site].to_dict()
    return tuple(bounds_of(row, plans, ground, leaning, book, codes)), outline_flip(row, ground, leaning)


def bounds_of(
    site: Mapping[Any, Any], plans: tuple[str, ...], ground: Ground, leaning: Verdict, rulebook: Rulebook, codes: Sequence[str]
) -> list[SizeBound]:
    """Return the bounds of the rules that govern ground of a site (a line or an area), where their failing says worse.

    Parameters: ``plans`` that govern some of it; ``ground`` the rules with its sizes under each; ``codes`` all classes of the layer.
    """
    found = []
    for rule in _asked(ground, leaning):
        mine = tuple(code for code in codes if rulebook.look_up(site["use_code"], code) == rule)
        for condition in rule.conditions:
            whole = 1.0 if condition.field == "share" else float(site.get(_WHOLE.get(condition.field, "")) or 0.0)
            if condition.field in SIZES and condition.op in _ABOVE | _BELOW and site["dimension"] > 0 and whole > 0:
                share = float(condition.value) / whole  # type: ignore[arg-type]
                if 0 < share <= 1:
                    found.append(SizeBound(str(site["site_id"]), plans, mine, share, condition.op in _ABOVE))
    return found


def outline_flip(site: Mapping[Any, Any], ground: Ground, leaning: Verdict) -> float:
    """Return how far (m) the outline of a drawn site may be off before a condition on its own area fails; inf without any."""
    length = float(site.get("site_length_m") or 0.0)
    gaps = [
        abs(float(site[c.field]) - float(c.value)) / length  # type: ignore[arg-type]
        for rule in _asked(ground, leaning)
        for c in rule.conditions
        if c.field in _OUTLINES and c.op in _ABOVE | _BELOW and site["dimension"] == 2 and length > 0
    ]
    return min(gaps, default=math.inf)


def _asked(ground: Ground, leaning: Verdict) -> Iterable[Rule]:
    return (rule for rule in ground if rule.otherwise > leaning and rule.verdict <= leaning)


def flips_at_bounds(bounds: Sequence[SizeBound], sites: gpd.GeoDataFrame, zones: ZoneLayer) -> dict[str, float]:
    """Return site_id → the smallest displacement of borders (m) at which one of its bounds is passed; inf beyond 100 m."""
    shapes = dict(zip(sites["site_id"].astype(str), sites.geometry, strict=True))
    plan, code = (zones.rows[name].astype(str).to_numpy(dtype=object) for name in ("plan_id", "zone_code"))
    members: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for b in bounds:
        members[b.plans, b.codes, b.share, b.is_least].append(b.site_id)
    found: dict[str, float] = {}
    for (plans, codes, share, is_least), ids in members.items():
        frame = gpd.GeoDataFrame({"site_id": ids, "group": "g"}, geometry=[shapes[i] for i in ids], crs=zones.crs)
        # what is left off the classes is tolerated up to the rest of the site as long as at least the share lies on them
        chosen = np.asarray(np.isin(plan, list(plans)) & np.isin(code, list(codes)))
        table = flip_distance(frame, zones, {"g": chosen}, by="group", share=1 - share)
        for site_id, flip, beyond, kept in zip(ids, table["flip_m"], table["beyond"], table["tolerated"], strict=True):
            distance = 0.0 if bool(kept) is not is_least else math.inf if beyond else float(flip)
            found[site_id] = min(found.get(site_id, math.inf), distance)
    return found
