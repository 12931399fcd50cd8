"""Is every part of the site covered by a plan in force?

Uncovered ground is "no data", never consent. A zone that lost its geometry, or was quarantined near the
site, may lie anywhere there: if its class would make the verdict worse, the site is UNKNOWN.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from plangeo.consent import casts_doubt, is_ground
from plangeo.model import Check, Label, Measured, Reason
from plangeo.tables import findings_table


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site ``covered`` or ``uncovered``, and a finding for each zone that could not be drawn."""
    bare: dict[str, list[Any]] = defaultdict(list)
    seen = set()
    for face in measured.faces():
        seen.add(face.site_id)
        if not all(is_ground(side, measured.rulebook) for side in face.governs_by_side):
            bare[face.site_id].append(face)
    facts = measured.layers.get("zones", {})
    rows = []
    for site in measured.sites.to_dict("records"):
        site_id = site["site_id"]
        if site_id not in seen:
            rows.append({"site_id": site_id, "reason": "no_place", "verdict": "unknown"})
            continue
        sizes = {c: math.fsum(getattr(f, c) for f in bare[site_id]) for c in ("area_m2", "length_m", "share")}
        reason = "uncovered" if bare[site_id] else "covered"
        verdict = "unknown" if bare[site_id] else "permitted"
        row = {"site_id": site_id, "reason": reason, "verdict": verdict}
        rows.append(row | sizes | {"measure": sizes["share"], "threshold": 0.0, "unit": "share"})
        if site_id in facts.get("doubts", {}):
            text = facts["doubts"][site_id]
            rows.append(
                {"site_id": site_id, "reason": "sums_contradict", "verdict": "unknown", "detail": text, "detail_en": text}
            )
        rows += _undrawn(site, facts, measured)
    return findings_table("coverage", rows)


def _undrawn(site: Mapping[Any, Any], facts: Mapping[str, Any], measured: Measured) -> list[dict[str, Any]]:
    rows = []
    lost = [(zone, "zone_without_geometry") for zone in facts.get("lost", ())]
    near = [(z, "zone_quarantined") for z in facts.get("quarantined", ()) if site["site_id"] in z["sites"]]
    for zone, reason in (*lost, *near):
        if not casts_doubt(site["use_code"], zone["code"], zone["plan_id"], measured.rulebook):
            continue
        rows.append(
            {
                "site_id": site["site_id"],
                "reason": reason,
                "verdict": "unknown",
                "plan_id": zone["plan_id"],
                "zone_code": zone["code"],
                "detail": zone["id"],
                "detail_en": zone["id"],
            }
        )
    return rows


CHECK = Check(
    code="coverage",
    title=Label("Phần chưa có dữ liệu quy hoạch", "Ground without plan data"),
    needs=("zones",),
    reasons={
        "sums_contradict": Reason(
            "Các phần đo được không khớp với nhau ({detail}), nên số đo của dự án chưa tin cậy được: cần kiểm tra hình học tại đây.",
            "The measured parts contradict one another ({detail}), so no figure of this site can be trusted: check the geometry here.",
        ),
        "covered": Reason(
            "Toàn bộ dự án có dữ liệu quy hoạch đang có hiệu lực.",
            "The whole site is covered by a plan in force.",
        ),
        "uncovered": Reason(
            "{size} ({share}) của dự án không có dữ liệu quy hoạch đang có hiệu lực ngày {on}.",
            "{size} ({share}) of the site has no data of a plan in force on {on}.",
        ),
        "zone_without_geometry": Reason(
            "Vùng {detail} ({zone}) của {plan} không có hình học nên có thể nằm tại đây; cần bổ sung bản đồ.",
            "Zone {detail} ({zone}) of {plan} has no geometry and may lie here; the plan map needs completing.",
        ),
        "zone_quarantined": Reason(
            "Vùng {detail} ({zone}) của {plan} có hình học lỗi và có thể chạm tới dự án; cần sửa bản đồ.",
            "Zone {detail} ({zone}) of {plan} has a faulty geometry and may reach the site; the plan map needs mending.",
        ),
        "no_place": Reason(
            "Dự án chưa có vị trí nên không thể đối chiếu với quy hoạch.",
            "The site has no place yet, so it cannot be compared with a plan.",
        ),
    },
    judge=judge,
)
