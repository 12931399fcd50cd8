"""Does the site lie outside the plan's map or outside the districts altogether?

Outside is not "no conflict": it usually means a wrong coordinate system, swapped axes or another province.
"""

from __future__ import annotations

import math
from collections import defaultdict

import pandas as pd

from plangeo.model import Check, Label, Measured, Reason
from plangeo.tables import findings_table

# Administrative outlines differ between sources; less than this share outside them is not remarked on.
TOLERATED_SHARE = 0.01


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site ``inside``, ``outside_plan`` (with distance), ``outside_districts`` or ``partly_outside``."""
    zones = measured.layers.get("zones", {}).get("sites_outside", {})
    inside: dict[str, list[float]] = defaultdict(list)
    has_districts = "districts" in measured.layers
    for piece in measured.pieces("districts"):
        inside[piece.site_id].append(piece.share)
    rows = []
    for site in measured.sites.to_dict("records"):
        site_id = site["site_id"]
        if not site["has_place"]:
            rows.append({"site_id": site_id, "reason": "no_place", "verdict": "unknown"})
            continue
        found = []
        if site_id in zones:
            found.append({"reason": "outside_plan", "measure": zones[site_id], "unit": "m", "length_m": zones[site_id]})
        if has_districts:
            # A point on a border lies in two districts, so shares may add to more than one.
            share = min(1.0, math.fsum(inside[site_id]))
            if share == 0:
                far = measured.layers["districts"]["sites_outside"].get(site_id, math.nan)
                found.append({"reason": "outside_districts", "measure": far, "unit": "m", "length_m": far, "share": 1.0})
            elif 1 - share > TOLERATED_SHARE:
                found.append(
                    {
                        "reason": "partly_outside",
                        "measure": 1 - share,
                        "threshold": TOLERATED_SHARE,
                        "unit": "share",
                        "share": 1 - share,
                    }
                )
        rows += [{"site_id": site_id, "verdict": "unknown"} | f for f in found]
        if not found:
            rows.append({"site_id": site_id, "reason": "inside", "verdict": "permitted"})
    return findings_table("outside_area", rows)


CHECK = Check(
    code="outside_area",
    title=Label("Ngoài phạm vi quy hoạch hoặc địa giới", "Outside the plan or the districts"),
    needs=("zones",),
    reasons={
        "inside": Reason("Dự án nằm trong phạm vi bản đồ quy hoạch.", "The site lies within the plan's map."),
        "outside_plan": Reason(
            "Dự án nằm ngoài bản đồ quy hoạch, cách vùng gần nhất {length}; kiểm tra hệ tọa độ, trục X/Y.",
            "The site lies outside the plan's map, {length} from the nearest zone; check the coordinate system and the axes.",
        ),
        "outside_districts": Reason(
            "Dự án nằm ngoài mọi đơn vị hành chính của bản đồ địa giới, cách {length}.",
            "The site lies outside every administrative unit of the boundary map, {length} away.",
        ),
        "partly_outside": Reason(
            "{share} của dự án nằm ngoài các đơn vị hành chính của bản đồ địa giới.",
            "{share} of the site lies outside the administrative units of the boundary map.",
        ),
        "no_place": Reason("Dự án chưa có vị trí.", "The site has no place yet."),
    },
    judge=judge,
)
