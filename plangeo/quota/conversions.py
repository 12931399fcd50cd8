"""From which class to which: the ground that projects claim, by what lies there."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from plangeo.geometry import as_crs, polygonal, to_crs
from plangeo.model import Assessment
from plangeo.quota.claims import Claim

_LEAST_M2 = 0.01


@dataclass(frozen=True)
class Conversion:
    """Part of a claim that lies on one class; ``share`` of the whole project."""

    claim: Claim
    from_code: str
    """Empty where nothing is known of the ground."""
    share: float


def ground_of(assessment: Assessment, role: str) -> dict[str, list[tuple[str, Any]]]:
    """Return site id → (class, shape) of the rows of a layer that lie under it and prevail, in the metric CRS.

    ``role`` is ``zones`` (of plans in force) or ``present_use``; nothing when the layer was not given.
    """
    evidence = assessment.evidence.get(role)
    if evidence is None or role not in assessment.layers:
        return {}
    used = evidence[evidence["prevails"].to_numpy(dtype=bool)]
    keys = set(zip(used["plan_id"], used["zone_id"], strict=True))
    layer = assessment.layers[role]
    wanted = [key in keys for key in zip(layer["plan_id"].astype(str), layer["zone_id"].astype(str), strict=True)]
    moved = to_crs(layer[wanted], as_crs(assessment.crs))
    shapes = {
        (str(plan), str(zone)): shape
        for plan, zone, shape in zip(moved["plan_id"], moved["zone_id"], moved.geometry, strict=True)
        if shape is not None
    }
    overlays = {code for code, known in assessment.rulebook.classes.items() if known.overlay}
    found: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    rows = sorted(zip(*(used[c].tolist() for c in ("site_id", "zone_code", "plan_id", "zone_id")), strict=True))
    for site_id, code, plan_id, zone_id in rows:
        if code not in overlays and (plan_id, zone_id) in shapes:
            found[site_id].append((code, shapes[plan_id, zone_id]))
    return found


def convert(claims: Sequence[Claim], ground: Mapping[str, Sequence[tuple[str, Any]]]) -> list[Conversion]:
    """Split claims by what lies under them; the shares of one claim add up to its own.

    What several rows of the ground cover counts once, for the class that comes first. Points and lines have no ground to split.
    """
    out: list[Conversion] = []
    for claim in claims:
        if claim.ground is None or not claim.ground.area > 0:
            out.append(Conversion(claim, "", claim.share))
            continue
        areas: dict[str, float] = defaultdict(float)
        rest, whole = claim.ground, float(claim.ground.area)
        for code, shape in ground.get(claim.project.site_id, ()):
            if rest.is_empty or not shapely.intersects(rest, shape):
                continue
            piece = polygonal(shapely.intersection(rest, shape))
            if piece.area > _LEAST_M2:
                areas[code] += piece.area
                rest = polygonal(shapely.difference(rest, shape))
        open_m2 = whole - math.fsum(areas.values())
        if areas and open_m2 <= max(_LEAST_M2, 1e-9 * whole):
            areas[max(areas, key=lambda code: areas[code])] += open_m2
        elif open_m2 > 0:
            areas[""] += open_m2
        out += [Conversion(claim, code, claim.share * area / whole) for code, area in areas.items()]
    return out
