"""Would the verdict survive the displacement that the map's accuracy cannot exclude?

ε* is the smallest displacement of boundaries, in metres, that changes what the zones say of the site; t is the
displacement that plan and site cannot exclude (0.5 mm on the plan's paper unless it states its accuracy, plus the
site's own). ε* < t is UNKNOWN, with the leaning verdict beside it. A plan that states neither scale nor accuracy
leaves t open, and silence is not consent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from plangeo.model import Check, Flip, Label, Measured, Reason
from plangeo.tables import Findings


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site: ``robust``, ``within_map_accuracy``, ``accuracy_unstated``, ``recount_differs`` or ``nothing_to_flip``."""
    facts = measured.layers.get("zones", {})
    differs: Mapping[str, str] = facts.get("flip_doubts", {})
    flips: Mapping[str, Flip] = {site_id: flip for site_id, flip in facts.get("flips", {}).items() if site_id not in differs}
    ids = measured.sites["site_id"].tolist()
    at = [n for n, site_id in enumerate(ids) if site_id in flips]
    known = [flips[ids[n]] for n in at]
    reasons = [_reason(flip) for flip in known]
    distances, words = [flip.distance_m for flip in known], [flip.leaning.wording for flip in known]
    found = Findings("robustness", ids)
    found.add(
        at,
        reason=reasons,
        verdict=["permitted" if reason == "robust" else "unknown" for reason in reasons],
        plan_id=[flip.plan_id for flip in known],
        measure=distances,
        threshold=[math.nan if flip.tolerance_m is None else flip.tolerance_m for flip in known],
        unit="m",
        length_m=distances,
        detail=[word.vi for word in words],
        detail_en=[word.en for word in words],
    )
    doubted = [n for n, site_id in enumerate(ids) if site_id in differs]
    told = [differs[ids[n]] for n in doubted]
    found.add(doubted, reason="recount_differs", verdict="unknown", detail=told, detail_en=told)
    found.add(
        [n for n, site_id in enumerate(ids) if site_id not in flips and site_id not in differs],
        reason="nothing_to_flip",
        verdict="unknown",
    )
    return found.table()


def _reason(flip: Flip) -> str:
    if flip.tolerance_m is None:
        return "accuracy_unstated"
    return "within_map_accuracy" if flip.distance_m < flip.tolerance_m else "robust"


CHECK = Check(
    code="robustness",
    title=Label("Độ chắc chắn so với độ chính xác bản đồ", "Robustness against the map's accuracy"),
    needs=("zones",),
    tempers={"within_map_accuracy": ("zone_use",), "recount_differs": ("zone_use",)},
    reasons={
        "robust": Reason(
            "Kết luận theo vùng ({detail}) chỉ thay đổi nếu ranh giới lệch từ {measure} trở lên; sai số không loại trừ được là "
            "{threshold} ({plan}).",
            "What the zones say ({detail}) changes only if boundaries are off by {measure} or more; the displacement that cannot be "
            "excluded is {threshold} ({plan}).",
        ),
        "within_map_accuracy": Reason(
            "Thiên về: {detail}. Nhưng chỉ cần ranh giới lệch {measure} là kết luận thay đổi, nhỏ hơn sai số không loại trừ được "
            "{threshold} của {plan}: cần đo đạc hoặc bản đồ tỷ lệ lớn hơn.",
            "Leaning: {detail}. But a boundary off by {measure} would change the verdict, less than the displacement of {threshold} "
            "that {plan} cannot exclude: a survey or a map of larger scale is needed.",
        ),
        "accuracy_unstated": Reason(
            "Thiên về: {detail}; kết luận thay đổi nếu ranh giới lệch {measure}. {plan} không nêu tỷ lệ hoặc độ chính xác nên không biết "
            "sai số có nhỏ hơn không: bổ sung scale hoặc accuracy_m vào bộ quy tắc.",
            "Leaning: {detail}; the verdict changes if a boundary is off by {measure}. {plan} states neither scale nor accuracy, so "
            "nobody knows whether its error is smaller: add scale or accuracy_m to the rulebook.",
        ),
        "recount_differs": Reason(
            "Tính lại bằng phương pháp độc lập cho kết quả khác ({detail}), nên chưa biết kết luận theo vùng có chắc chắn không: hãy báo lỗi "
            "kèm tệp.",
            "A second, independent computation comes to another result ({detail}), so nobody knows how certain is what the zones say: please "
            "report it with the files.",
        ),
        "nothing_to_flip": Reason(
            "Chưa có kết luận theo vùng để xét độ chắc chắn.",
            "The zones give no verdict whose robustness could be judged.",
        ),
    },
    judge=judge,
)
