"""Holding the measured surroundings of a site (slope, flood, land cover, distances) against the rulebook's requirements.

Pure tables: ``plangeo.surroundings`` measured them. What could not be measured is UNKNOWN, never met.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from plangeo.model import Measured, Reason, Requirement

# A share of fewer cells than this says more about the grid than about the ground.
LEAST_PIXELS = 30
_ROUNDING = 1e-9


def judge_requirements(measured: Measured, fields: Collection[str]) -> list[dict[str, Any]]:
    """Return the findings of the requirements on ``fields``: one for each that applies to a site, else ``not_required``."""
    codes: dict[str, set[str]] = defaultdict(set)
    for face in measured.faces():
        codes[face.site_id] |= {code for _, code, _ in face.governs}
    found = {(row.site_id, int(row.requirement)): row for row in measured.pieces("requirements")}
    rows = []
    for site in measured.sites.to_dict("records"):
        site_id = site["site_id"]
        asked = [
            i
            for i in measured.rulebook.requirements_for(site["use_code"], sorted(codes[site_id]))
            if measured.rulebook.requirements[i].field in fields
        ]
        for i in asked:
            rows.append({"site_id": site_id} | _judge(measured.rulebook.requirements[i], site, found.get((site_id, i))))
        if not asked:
            rows.append({"site_id": site_id, "reason": "not_required", "verdict": "permitted"})
    return rows


def _judge(requirement: Requirement, site: Mapping[Any, Any], row: Any) -> dict[str, Any]:
    out = _described(requirement)
    if not site["has_place"]:
        return out | {"reason": "no_place", "verdict": "unknown"}
    if row is None:
        return out | {"reason": "layer_missing", "verdict": "unknown"}
    if requirement.field == "distance_m":
        return out | _judge_distance(requirement, row)
    out |= {"measure": row.share_true, "threshold": requirement.share, "unit": "share", "share": row.share_true}
    if row.problem:
        return out | {"reason": "not_measured", "verdict": "unknown", "detail": row.problem, "detail_en": row.problem}
    if row.pixels < LEAST_PIXELS:
        return out | {"reason": "few_pixels", "verdict": "unknown"}
    if row.share_true >= requirement.share - _ROUNDING:
        return out | {"reason": "met", "verdict": "permitted"}
    if row.share_true + row.share_nodata < requirement.share - _ROUNDING:
        return out | {"reason": "failed", "verdict": requirement.otherwise.label}
    return out | {"reason": "no_data", "verdict": "unknown", "share": row.share_nodata}


def _judge_distance(requirement: Requirement, row: Any) -> dict[str, Any]:
    sizes = {"measure": row.distance_m, "threshold": float(requirement.value), "unit": "m"}  # type: ignore[arg-type]
    if row.problem:
        return sizes | {"reason": "not_measured", "verdict": "unknown", "detail": row.problem, "detail_en": row.problem}
    if math.isnan(row.distance_m):
        return {"reason": "layer_missing", "verdict": "unknown"}
    bound = float(requirement.value)  # type: ignore[arg-type]
    holds = row.distance_m >= bound if requirement.op == ">=" else row.distance_m > bound
    named = {"detail": row.feature, "detail_en": row.feature} if row.feature else {}
    return (
        sizes | named | {"reason": "met" if holds else "failed", "verdict": "permitted" if holds else requirement.otherwise.label}
    )


def _described(requirement: Requirement) -> dict[str, Any]:
    value = requirement.value if not isinstance(requirement.value, tuple) else ", ".join(f"{v:g}" for v in requirement.value)
    text = f"{requirement.layer}: {requirement.field} {requirement.op} {value}"
    return {
        "detail": requirement.note.text("vi") or text,
        "detail_en": requirement.note.text("en") or text,
        "basis": requirement.basis.cite("vi"),
        "basis_en": requirement.basis.cite("en"),
    }


SHARED_REASONS: Mapping[str, Reason] = {
    "no_place": Reason(
        "Dự án chưa có vị trí nên chưa xét được: {detail}.", "The site has no place, so this cannot be judged: {detail}."
    ),
    "layer_missing": Reason(
        "Thiếu lớp dữ liệu để xét yêu cầu: {detail} ({basis}).",
        "The layer for this requirement was not given: {detail} ({basis}).",
    ),
    "not_measured": Reason(
        "Không đo được yêu cầu theo {basis}: {detail}.", "The requirement of {basis} could not be measured: {detail}."
    ),
}
RASTER_REASONS: Mapping[str, Reason] = {
    "met": Reason(
        "Đạt yêu cầu {detail} trên {share} diện tích (cần {threshold}) theo {basis}.",
        "{detail} holds on {share} of the site ({threshold} needed) under {basis}.",
    ),
    "failed": Reason(
        "Không đạt yêu cầu {detail}: chỉ {share} diện tích (cần {threshold}) theo {basis}.",
        "{detail} holds on only {share} of the site ({threshold} needed) under {basis}.",
    ),
    "no_data": Reason(
        "{share} diện tích không có dữ liệu, chưa đủ để xét yêu cầu {detail} (cần {threshold}) theo {basis}.",
        "{share} of the site has no data, too much to judge {detail} ({threshold} needed) under {basis}.",
    ),
    "few_pixels": Reason(
        "Dự án phủ quá ít ô lưới (dưới 30) để xét yêu cầu {detail} theo {basis}: cần dữ liệu chi tiết hơn.",
        "The site covers too few cells (under 30) to judge {detail} under {basis}: finer data are needed.",
    ),
}
