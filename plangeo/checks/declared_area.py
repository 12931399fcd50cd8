"""Does the declared area fit the drawn one, and does a site known by one point have room around it?

A difference of a power of ten is named as a likely slip of units; an area that cannot be read is no area left out,
and the site is UNKNOWN. For a site known only by a point, a circle
of the declared area around it shows whether other classes are within reach; the point alone proves little.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from plangeo.compatibility import SIZES, ask
from plangeo.consent import casts_doubt, is_ground, is_overlay
from plangeo.model import Check, Label, Measured, Reason, Verdict
from plangeo.rulebook import Rulebook
from plangeo.tables import findings_table

# Plan tables round to 0.01 ha, so such a difference is rounding and not an error.
ROUNDING_M2 = 100.0
# A larger relative difference between the list and the drawing is for the officer to explain.
TOLERATED_SHARE = 0.05
_NO_GROUND = "∅"
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
    unread = site.get("declared_area_text", "")
    if isinstance(unread, str) and unread.strip():
        return row | {"reason": "unreadable", "verdict": "unknown", "threshold": math.nan} | _told(unread.strip())
    if math.isinf(declared) or declared < 0:
        return row | {"reason": "unreadable", "verdict": "unknown", "threshold": math.nan} | _told(f"{declared:g}")
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
    reason = "unit_slip" if slip else "differs"
    return row | sizes | {"reason": reason, "verdict": "unknown"} | _told(f"{slip:g}" if slip else "")


def _judge_point(site: Mapping[Any, Any], faces: list[Any], measured: Measured) -> dict[str, Any]:
    """UNKNOWN when a circle of the declared area may lie on ground that says worse than the point, or on a faulty zone."""
    book, use = measured.rulebook, site["use_code"]
    here = [z for face in measured.faces() if face.site_id == site["site_id"] for z in face.governs]
    leaning = max((v for _, code, _ in here if (v := _says(site, code, book)) is not None), default=Verdict.UNKNOWN)
    worse = set() if faces else {_NO_GROUND}
    for face in faces:
        if not is_ground(face.governs, book):
            worse.add(_NO_GROUND)
        for _, code, _ in face.governs:
            verdict = _says(site, code, book)
            if verdict is not None and (verdict > leaning or verdict is Verdict.UNKNOWN):
                worse.add(code)
    if worse:
        return {"reason": "point_uncertain", "verdict": "unknown"} | _told(", ".join(sorted(worse)))
    faulty = {
        f"{zone['id']} ({zone['code']})"
        for zone in measured.layers.get("zones", {}).get("footprint_quarantined", ())
        if site["site_id"] in zone["sites"] and casts_doubt(use, zone["code"], zone["plan_id"], book)
    }
    if faulty:
        return {"reason": "point_near_faulty_zone", "verdict": "unknown"} | _told(", ".join(sorted(faulty)))
    return {"reason": "point_fits"}


def _says(site: Mapping[Any, Any], code: str, rulebook: Rulebook) -> Verdict | None:
    """What a class says to the site; UNKNOWN where the size of its ground would decide, which a point does not show."""
    answer = ask(rulebook, site, code) if site["use_code"] else None
    if answer is None:
        return None if is_overlay(code, rulebook) else Verdict.UNKNOWN
    sized = answer.rule is not None and any(c.field in SIZES for c in answer.rule.conditions)
    return Verdict.UNKNOWN if sized else answer.verdict


def _told(text: str) -> dict[str, str]:
    return {"detail": text, "detail_en": text}


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
        "point_near_faulty_zone": Reason(
            "Dự án chỉ có một điểm; trong hình tròn có diện tích kê khai {declared} quanh điểm đó có thể có vùng quy hoạch "
            "với hình học lỗi: {detail}; cần sửa bản đồ và bổ sung ranh giới dự án.",
            "The site is known by one point; a circle of the declared {declared} around it may meet a zone with a faulty geometry: "
            "{detail}; the plan map needs mending, and the site's boundary is needed.",
        ),
        "unreadable": Reason(
            "Danh mục ghi diện tích là “{detail}”, không thể đọc chắc chắn thành một con số nên chưa so sánh được.",
            "The register writes the area as “{detail}”, which cannot be read as one number without guessing, so it is not compared.",
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
