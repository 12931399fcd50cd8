"""Do zones of one plan overlap under the site?

Anti-pattern: adding the areas of overlapping zones (shares of 120 %). Here the overlap is one spot with
two zones: the most restrictive governs (``zone_use``), and the overlap is reported as a fault of the plan.
"""

from __future__ import annotations

import math
from collections import defaultdict

import pandas as pd

from plangeo.model import Check, Label, Measured, Reason, Verdict
from plangeo.tables import findings_table


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site and pair set of overlapping classes a finding, or ``no_conflict``."""
    book = measured.rulebook
    uses = dict(zip(measured.sites["site_id"], measured.sites["use_code"], strict=True))
    found: dict[str, dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[tuple[float, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for face in measured.faces():
        if face.on_border:
            continue
        by_plan: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for plan_id, code, zone_id in face.governs:
            if not (code in book.classes and book.classes[code].overlay):
                by_plan[plan_id].append((code, zone_id))
        for plan_id, zones in by_plan.items():
            if len(zones) > 1:
                codes = tuple(sorted(code for code, _ in zones))
                ids = tuple(sorted(zone_id for _, zone_id in zones))
                found[face.site_id][plan_id, codes, ids].append((face.area_m2, face.share))
    rows = []
    for site_id in measured.sites["site_id"]:
        for (plan_id, codes, ids), sizes in sorted(found.get(site_id, {}).items()):
            verdicts = {_verdict(measured, uses[site_id], code) for code in codes}
            reason = "same_class" if len(set(codes)) == 1 else "same_verdict" if len(verdicts) == 1 else "overlap"
            named = f"{' / '.join(codes)} ({', '.join(ids)})"
            rows.append(
                {
                    "site_id": site_id,
                    "reason": reason,
                    "verdict": "unknown" if reason == "overlap" else "permitted",
                    "plan_id": plan_id,
                    "zone_code": codes[0] if reason == "same_class" else "",
                    "area_m2": math.fsum(s[0] for s in sizes),
                    "share": math.fsum(s[1] for s in sizes),
                    "measure": math.fsum(s[1] for s in sizes),
                    "unit": "share",
                    "detail": named,
                    "detail_en": named,
                }
            )
        if site_id not in found:
            rows.append({"site_id": site_id, "reason": "no_conflict", "verdict": "permitted"})
    return findings_table("zone_conflict", rows)


def _verdict(measured: Measured, use: str | None, code: str) -> Verdict:
    rule = measured.rulebook.look_up(use, code) if use else None
    return Verdict.UNKNOWN if rule is None else rule.verdict


CHECK = Check(
    code="zone_conflict",
    title=Label("Chồng lấn giữa các vùng của cùng một quy hoạch", "Overlapping zones of one plan"),
    needs=("zones",),
    reasons={
        "overlap": Reason(
            "Các vùng {detail} của {plan} chồng lấn nhau dưới {size} ({share}) của dự án và cho kết luận khác nhau; "
            "cần chỉnh lý bản đồ quy hoạch.",
            "Zones {detail} of {plan} overlap under {size} ({share}) of the site and lead to different verdicts; "
            "the plan map needs correcting.",
        ),
        "same_verdict": Reason(
            "Các vùng {detail} của {plan} chồng lấn nhau dưới {size} ({share}) của dự án, cùng một kết luận.",
            "Zones {detail} of {plan} overlap under {size} ({share}) of the site, with the same verdict.",
        ),
        "same_class": Reason(
            "Vùng bị lặp hoặc chồng lấn cùng loại {detail} trong {plan} dưới {size} ({share}) của dự án; chỉ tính một lần.",
            "A zone is repeated or overlaps one of the same class ({detail}) in {plan} under {size} ({share}) of the site; "
            "it is counted once.",
        ),
        "no_conflict": Reason(
            "Không có vùng chồng lấn dưới dự án.",
            "No zones overlap under the site.",
        ),
    },
    judge=judge,
)
