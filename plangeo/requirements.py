"""Holding the measured surroundings of a site (slope, flood, land cover, distances) against the rulebook's requirements.

Pure tables: ``plangeo.surroundings`` measured them. What could not be measured is UNKNOWN, never met.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from plangeo.model import Measured, Reason, Requirement
from plangeo.tables import Findings

# A share of fewer cells than this says more about the grid than about the ground.
LEAST_PIXELS = 30
_ROUNDING = 1e-9


def judge_requirements(check: str, measured: Measured, fields: Collection[str]) -> pd.DataFrame:
    """Return the findings of the requirements on ``fields``: one for each that applies to a site, else ``not_required``.

    ``check`` is the code of the check that asks.
    """
    ids = measured.sites["site_id"].tolist()
    found = Findings(check, ids)
    asked = _asked(measured, fields)
    if any(asked):
        sites = measured.sites.to_dict("records")
        rows = {(row.site_id, int(row.requirement)): row for row in measured.pieces("requirements")}
        pairs = [(at, i) for at, some in enumerate(asked) for i in some]
        wanted = measured.rulebook.requirements
        found.add_each([at for at, _ in pairs], [_judge(wanted[i], sites[at], rows.get((ids[at], i))) for at, i in pairs])
    found.add([at for at, some in enumerate(asked) if not some], reason="not_required", verdict="permitted")
    return found.table()


def _asked(measured: Measured, fields: Collection[str]) -> list[tuple[int, ...]]:
    """The requirements on ``fields`` that apply to each site, by its use and the classes it lies on."""
    book = measured.rulebook
    if not any(requirement.field in fields for requirement in book.requirements):
        return [()] * len(measured.sites)
    known: dict[tuple[str, frozenset[str]], tuple[int, ...]] = {}
    for key in (keys := list(zip(measured.sites["use_code"].tolist(), measured.once(_classes), strict=True))):
        if key not in known:
            known[key] = tuple(i for i in book.requirements_for(key[0], sorted(key[1])) if book.requirements[i].field in fields)
    return [known[key] for key in keys]


def _classes(measured: Measured) -> list[frozenset[str]]:
    """The classes that govern ground of each site."""
    faces = measured.ground()
    of_spot = [frozenset(code for _, code, _ in spot.governs) for spot in faces.spots]
    found: list[set[str]] = [set() for _ in range(len(measured.sites))]
    for at, spot in zip(faces.site.tolist(), faces.spot.tolist(), strict=True):
        found[at] |= of_spot[spot]
    return [frozenset(classes) for classes in found]


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
