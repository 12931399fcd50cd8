"""Does the plan allow this use on the ground the site lies on?

Best practice: totals per class against the law of the day (``plangeo.law.totals``). What no rule covers is UNKNOWN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from plangeo.law.compatibility import name_unknown_use
from plangeo.law.totals import Total, judge_totals
from plangeo.model import Check, Label, Measured, Reason
from plangeo.tables import Findings


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site one finding for each class it lies on; at least one finding per site."""
    totals, faces, sites = measured.once(judge_totals), measured.ground(), measured.sites
    governed = np.zeros(len(sites), dtype=bool)
    governed[faces.site[faces.where(lambda spot: bool(spot.governs))]] = True
    ids = sites["site_id"].tolist()
    found = Findings("zone_use", ids)
    found.add(np.flatnonzero(~governed), reason="no_zone", verdict="unknown")
    unknown = np.flatnonzero(governed & np.array([not use for use in sites["use_code"].tolist()], dtype=bool))
    uses = [name_unknown_use(str(use), measured.rulebook) for use in sites["use"].iloc[unknown].tolist()]
    found.add(unknown, reason="use_unknown", verdict="unknown", detail=[u.vi for u in uses], detail_en=[u.en for u in uses])
    counts = [len(totals[site_id]) for site_id in ids]
    found.add_each(np.repeat(np.arange(len(ids)), counts), [_row(total) for site_id in ids for total in totals[site_id]])
    return found.table()


def _row(total: Total) -> dict[str, Any]:
    judged, threshold = total.judged, total.threshold
    basis = threshold.basis if threshold else judged.rule.basis if judged.rule else None
    row: dict[str, Any] = {
        "reason": "below_threshold" if threshold else judged.reason,
        "verdict": total.verdict.label,
        "plan_id": judged.plan_id,
        "zone_code": judged.code,
        "area_m2": total.area_m2,
        "length_m": total.length_m,
        "share": total.share,
        "measure": total.share,
        "unit": "share",
        "basis": basis.cite("vi") if basis else "",
        "basis_en": basis.cite("en") if basis else "",
        "detail": judged.detail.text("vi"),
        "detail_en": judged.detail.text("en"),
    }
    if threshold:
        name, bound = next(
            (n, b) for n, b in (("m²", threshold.area_m2), ("share", threshold.share), ("m", threshold.width_m)) if b is not None
        )
        bounds = (("≤ {:g} m²", threshold.area_m2), ("≤ {:g} (share)", threshold.share), ("≤ {:g} m", threshold.width_m))
        text = ", ".join(form.format(b) for form, b in bounds if b is not None)
        row |= {"threshold": bound, "unit": name, "measure": total.area_m2 if name == "m²" else total.share}
        row |= {"detail": text, "detail_en": text}
    return row


CHECK = Check(
    code="zone_use",
    title=Label("Mục đích sử dụng so với vùng quy hoạch", "Use against the zone's class"),
    needs=("zones",),
    reasons={
        "permitted": Reason(
            "{size} ({share}) nằm trên {zone} theo {plan}: phù hợp với {use} theo {basis}. {detail}",
            "{size} ({share}) lies on {zone} of {plan}: compatible with {use} under {basis}. {detail}",
        ),
        "conditional": Reason(
            "{size} ({share}) nằm trên {zone} theo {plan}: phù hợp có điều kiện với {use} theo {basis}. {detail}",
            "{size} ({share}) lies on {zone} of {plan}: compatible with {use} on conditions under {basis}. {detail}",
        ),
        "needs_review": Reason(
            "{size} ({share}) nằm trên {zone} theo {plan}: cần đối chiếu thêm đối với {use} theo {basis}. {detail}",
            "{size} ({share}) lies on {zone} of {plan}: needs further checking for {use} under {basis}. {detail}",
        ),
        "not_permitted": Reason(
            "{size} ({share}) nằm trên {zone} theo {plan}: chưa phù hợp với {use} theo {basis}. {detail}",
            "{size} ({share}) lies on {zone} of {plan}: not compatible with {use} under {basis}. {detail}",
        ),
        "condition_failed": Reason(
            "{size} ({share}) nằm trên {zone} theo {plan}: điều kiện cho {use} không đạt ({detail}) theo {basis}.",
            "{size} ({share}) lies on {zone} of {plan}: a condition for {use} does not hold ({detail}) under {basis}.",
        ),
        "condition_unmeasured": Reason(
            "{size} ({share}) nằm trên {zone} theo {plan}: thiếu số liệu để xét điều kiện cho {use} ({detail}) theo {basis}.",
            "{size} ({share}) lies on {zone} of {plan}: no figure to test a condition for {use} ({detail}) under {basis}.",
        ),
        "below_threshold": Reason(
            "{size} ({share}) nằm trên {zone} theo {plan}: dưới ngưỡng {detail} theo {basis} nên không xét; vượt ngưỡng thì "
            "kết luận sẽ thay đổi.",
            "{size} ({share}) lies on {zone} of {plan}: below the threshold {detail} of {basis}, so it is left aside; above it the "
            "verdict would change.",
        ),
        "no_rule": Reason(
            "{size} ({share}) nằm trên {zone} theo {plan}: bộ quy tắc không có quy định cho {use} trên loại đất này. {detail}",
            "{size} ({share}) lies on {zone} of {plan}: the rulebook has no rule for {use} on this class. {detail}",
        ),
        "class_unknown": Reason(
            "{size} ({share}) nằm trên vùng có mã {detail} của {plan} không có trong bộ quy tắc.",
            "{size} ({share}) lies on a zone of {plan} whose code {detail} the rulebook does not know.",
        ),
        "class_missing": Reason(
            "{size} ({share}) nằm trên vùng của {plan} chưa có nhãn mã đất, hoặc có nhiều nhãn, nên chưa xác định được loại đất.",
            "{size} ({share}) lies on a zone of {plan} without a class code (no label, or several), so its class is not known.",
        ),
        "use_unknown": Reason(
            "Loại dự án {detail} không có trong bộ quy tắc nên chưa thể đối chiếu.",
            "The rulebook does not know the use {detail}, so it cannot be compared.",
        ),
        "on_border": Reason(
            "{size} ({share}) nằm đúng trên ranh giới giữa các vùng có kết luận khác nhau: {detail}.",
            "{size} ({share}) lies exactly on the border of zones that lead to different verdicts: {detail}.",
        ),
        "plans_disagree": Reason(
            "{size} ({share}): các quy hoạch cho kết luận khác nhau và bộ quy tắc không nêu thứ tự ưu tiên: {detail}.",
            "{size} ({share}): the plans lead to different verdicts and the rulebook states no precedence: {detail}.",
        ),
        "no_zone": Reason(
            "Không có vùng quy hoạch đang có hiệu lực nào tại vị trí dự án ngày {on}.",
            "No zone of a plan in force on {on} lies at the site.",
        ),
    },
    judge=judge,
)
