"""Is the plan that draws the zones in force on the date?

Ground that only an expired, superseded, pending or unknown plan covers is UNKNOWN: an old map is not consent.
"""

from __future__ import annotations

import math
from collections import defaultdict

import pandas as pd

from plangeo.model import Check, Label, Measured, Reason
from plangeo.tables import findings_table

_REASON = {"expired": "plan_expired", "superseded": "plan_superseded", "pending": "plan_pending", "unknown": "plan_unknown"}


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site one finding for each plan: ``in_force``, or why it does not govern ground nothing else governs."""
    stale: dict[str, dict[str, list[tuple[float, float, float]]]] = defaultdict(lambda: defaultdict(list))
    live: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for face in measured.faces():
        for plan_id in sorted({z[0] for z in face.governs}):
            live[face.site_id][plan_id].append(face.share)
        bare = [side for side, governs in zip(face.sides or (face.zones,), face.governs_by_side, strict=True) if not governs]
        for plan_id in sorted({zone[0] for side in bare for zone in side}):
            stale[face.site_id][plan_id].append((face.area_m2, face.length_m, face.share))
    rows = []
    for site_id in measured.sites["site_id"]:
        for plan_id, sizes in stale.get(site_id, {}).items():
            rows.append(
                {
                    "site_id": site_id,
                    "reason": _REASON[measured.rulebook.plan_status(plan_id)],
                    "verdict": "unknown",
                    "plan_id": plan_id,
                    "area_m2": math.fsum(s[0] for s in sizes),
                    "length_m": math.fsum(s[1] for s in sizes),
                    "share": math.fsum(s[2] for s in sizes),
                    "measure": math.fsum(s[2] for s in sizes),
                    "unit": "share",
                    "detail": plan_id,
                    "detail_en": plan_id,
                }
            )
        for plan_id, shares in live.get(site_id, {}).items():
            rows.append(
                {
                    "site_id": site_id,
                    "reason": "in_force",
                    "verdict": "permitted",
                    "plan_id": plan_id,
                    "share": math.fsum(shares),
                    "measure": math.fsum(shares),
                    "unit": "share",
                }
            )
        if site_id not in stale and site_id not in live:
            rows.append({"site_id": site_id, "reason": "no_plan", "verdict": "unknown"})
    return findings_table("plan_in_force", rows)


CHECK = Check(
    code="plan_in_force",
    title=Label("Hiệu lực của quy hoạch", "Plan in force"),
    needs=("zones",),
    reasons={
        "in_force": Reason("{plan} đang có hiệu lực ngày {on}.", "{plan} is in force on {on}."),
        "plan_expired": Reason(
            "{share} dự án chỉ nằm trong quy hoạch đã hết thời hạn ngày {on}: {plan}.",
            "{share} of the site lies only in a plan that had expired on {on}: {plan}.",
        ),
        "plan_superseded": Reason(
            "{share} dự án chỉ nằm trong quy hoạch đã được thay thế ngày {on}: {plan}.",
            "{share} of the site lies only in a plan that had been replaced on {on}: {plan}.",
        ),
        "plan_pending": Reason(
            "{share} dự án chỉ nằm trong quy hoạch chưa có hiệu lực ngày {on}: {plan}.",
            "{share} of the site lies only in a plan not yet in force on {on}: {plan}.",
        ),
        "plan_unknown": Reason(
            "{share} dự án chỉ nằm trong quy hoạch không có thông tin hiệu lực trong bộ quy tắc: {detail}.",
            "{share} of the site lies only in a plan whose validity the rulebook does not state: {detail}.",
        ),
        "no_plan": Reason(
            "Không có quy hoạch nào tại vị trí này vào ngày {on}.",
            "No plan lies at this place on {on}.",
        ),
    },
    judge=judge,
)
