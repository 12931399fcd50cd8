"""Does the declared area fit the drawn one, and does a site known by one point have room around it?

A difference of a power of ten is named as a likely slip of units. For a site known only by a point, a circle
of the declared area around it shows whether other classes are within reach; the point alone proves little.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from plangeo.model import Check, Label, Measured, Reason, Verdict
from plangeo.tables import findings_table

# Plan tables round to 0.01 ha, so such a difference is rounding and not an error.
ROUNDING_M2 = 100.0
# A larger relative difference between the list and the drawing is for the officer to explain.
TOLERATED_SHARE = 0.05
_SLIPS = (10.0, 100.0, 1_000.0, 10_000.0, 1_000_000.0)


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site about its declared area."""
    footprints: dict[str, list[Any]] = defaultdict(list)
    cover = measured.layers.get("zones", {}).get("footprint_cover")
    if cover is not None:
        for face in cover.itertuples(index=False):
            footprints[face.site_id].append(face)
    rows = [_judge_site(site, footprints, measured) for site in measured.sites.to_dict("records")]
    return findings_table("declared_area", rows)


def _judge_site(site: Mapping[Any, Any], footprints: Mapping[str, list[Any]], measured: Measured) -> dict[str, Any]:
    site_id, declared = site["site_id"], float(site.get("declared_area_m2", math.nan))
    row: dict[str, Any] = {"site_id": site_id, "verdict": "permitted", "threshold": declared, "unit": "m²"}
    if not declared > 0:
        return row | {"reason": "not_declared"}
    if not site["has_place"]:
        return row | {"reason": "no_place", "verdict": "unknown"}
    if site["dimension"] == 0:
        return row | _judge_point(site, footprints.get(site_id, []), measured)
    if site["dimension"] == 1:
        return row | {"reason": "not_measurable"}
    drawn = float(site["site_area_m2"])
    difference = abs(drawn - declared)
    sizes = {"measure": drawn, "area_m2": drawn, "share": difference / declared}
    if difference <= max(ROUNDING_M2, TOLERATED_SHARE * declared):
        return row | sizes | {"reason": "agrees"}
    ratio = max(drawn, declared) / min(drawn, declared)
    slip = next((s for s in _SLIPS if abs(ratio / s - 1) <= TOLERATED_SHARE), None)
    text = f"{slip:g}" if slip else ""
    return row | sizes | {"reason": "unit_slip" if slip else "differs", "verdict": "unknown", "detail": text, "detail_en": text}


def _judge_point(site: Mapping[Any, Any], faces: list[Any], measured: Measured) -> dict[str, Any]:
    """UNKNOWN when a circle of the declared area meets uncovered ground or a class with a worse verdict."""
    worse = set()
    for face in faces:
        if not face.governs:
            worse.add("∅")
        for _, code, _ in face.governs:
            rule = measured.rulebook.look_up(site["use_code"], code) if site["use_code"] else None
            overlay = code in measured.rulebook.classes and measured.rulebook.classes[code].overlay
            if (rule is None and not overlay) or (rule is not None and rule.verdict is not Verdict.PERMITTED):
                worse.add(code)
    if not faces or worse:
        text = ", ".join(sorted(worse)) or "∅"
        return {"reason": "point_uncertain", "verdict": "unknown", "detail": text, "detail_en": text}
    return {"reason": "point_fits"}


CHECK = Check(
    code="declared_area",
    title=Label("Diện tích kê khai", "Declared area"),
    needs=(),
    reasons={
        "agrees": Reason(
            "Diện tích theo hình vẽ {area} khớp với kê khai {declared} (chênh {share}).",
            "The drawn area {area} agrees with the declared {declared} (difference {share}).",
        ),
        "differs": Reason(
            "Diện tích theo hình vẽ {area} khác kê khai {declared} (chênh {share}).",
            "The drawn area {area} differs from the declared {declared} (difference {share}).",
        ),
        "unit_slip": Reason(
            "Diện tích theo hình vẽ {area} và kê khai {declared} lệch nhau khoảng {detail} lần: có thể nhầm đơn vị (ha, m²).",
            "The drawn area {area} and the declared {declared} differ by a factor of about {detail}: likely a slip of units (ha, m²).",
        ),
        "point_fits": Reason(
            "Dự án chỉ có một điểm; hình tròn có diện tích kê khai {declared} quanh điểm đó vẫn nằm trên đất phù hợp.",
            "The site is known by one point; a circle of the declared {declared} around it stays on compatible ground.",
        ),
        "point_uncertain": Reason(
            "Dự án chỉ có một điểm; hình tròn có diện tích kê khai {declared} quanh điểm đó chạm loại đất khác ({detail}): "
            "cần ranh giới dự án.",
            "The site is known by one point; a circle of the declared {declared} around it meets other ground ({detail}): "
            "the site's boundary is needed.",
        ),
        "not_declared": Reason("Danh mục không nêu diện tích.", "The register states no area."),
        "not_measurable": Reason(
            "Dự án dạng tuyến nên không so sánh được diện tích kê khai {declared}.",
            "The site is a line, so the declared {declared} cannot be compared.",
        ),
        "no_place": Reason(
            "Dự án chưa có vị trí nên không so sánh được diện tích kê khai {declared}.",
            "The site has no place yet, so the declared {declared} cannot be compared.",
        ),
    },
    judge=judge,
)
