"""Is the plan that draws the zones in force on the date?

Ground that only an expired, superseded, revoked, pending or unknown plan covers is UNKNOWN: an old map is not consent.
"""

from __future__ import annotations

import math
from collections import defaultdict

import pandas as pd

from plangeo.model import Check, Label, Measured, Plan, Reason
from plangeo.planstatus import DATES_DECIDE, TITLES, read_status
from plangeo.tables import findings_table

_REASON = {
    "expired": "plan_expired",
    "superseded": "plan_superseded",
    "pending": "plan_pending",
    "revoked": "plan_revoked",
    "unknown": "plan_unknown",
}


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
                }
                | _stated(measured.rulebook.plans.get(plan_id))
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
                | _stated(measured.rulebook.plans.get(plan_id))
            )
        if site_id not in stale and site_id not in live:
            rows.append({"site_id": site_id, "reason": "no_plan", "verdict": "unknown"})
    return findings_table("plan_in_force", rows)


def _stated(plan: Plan | None) -> dict[str, str]:
    """What the rulebook says of the plan beside its dates, as a sentence of its own; nothing when it says nothing."""
    if plan is None:
        return {"detail": "", "detail_en": ""}  # the sentence names it as a stranger
    status = read_status(plan.status)
    if status == "under_adjustment":
        return {
            "detail": "Quy hoạch đang được điều chỉnh, cần đối chiếu bản điều chỉnh",
            "detail_en": "The plan is under adjustment; look at the adjusted version too",
        }
    if status in DATES_DECIDE and not plan.status_note:
        return {"detail": "", "detail_en": ""}
    word = plan.status_note or (plan.status if status is None else "")
    title = TITLES[status or "unknown"]
    own = f" («{word}»)" if word else ""
    return {"detail": f"Trạng thái ghi nhận: {title.vi}{own}", "detail_en": f"Status on record: {title.en}{own}"}


CHECK = Check(
    code="plan_in_force",
    title=Label("Hiệu lực của quy hoạch", "Plan in force"),
    needs=("zones",),
    reasons={
        "in_force": Reason("{plan} đang có hiệu lực ngày {on}. {detail}", "{plan} is in force on {on}. {detail}"),
        "plan_expired": Reason(
            "{share} dự án chỉ nằm trong quy hoạch đã hết thời hạn ngày {on}: {plan}. {detail}",
            "{share} of the site lies only in a plan that had expired on {on}: {plan}. {detail}",
        ),
        "plan_superseded": Reason(
            "{share} dự án chỉ nằm trong quy hoạch đã được thay thế ngày {on}: {plan}. {detail}",
            "{share} of the site lies only in a plan that had been replaced on {on}: {plan}. {detail}",
        ),
        "plan_pending": Reason(
            "{share} dự án chỉ nằm trong quy hoạch chưa có hiệu lực ngày {on}: {plan}. {detail}",
            "{share} of the site lies only in a plan not yet in force on {on}: {plan}. {detail}",
        ),
        "plan_revoked": Reason(
            "{share} dự án chỉ nằm trong quy hoạch đã bị bãi bỏ: {plan}. {detail}",
            "{share} of the site lies only in a plan that was revoked: {plan}. {detail}",
        ),
        "plan_unknown": Reason(
            "{share} dự án chỉ nằm trong quy hoạch mà bộ quy tắc không cho biết hiệu lực ngày {on}: {plan}. {detail}",
            "{share} of the site lies only in a plan of which the rulebook does not say whether it was in force on {on}: {plan}. {detail}",
        ),
        "no_plan": Reason(
            "Không có quy hoạch nào tại vị trí này vào ngày {on}.",
            "No plan lies at this place on {on}.",
        ),
    },
    judge=judge,
)
