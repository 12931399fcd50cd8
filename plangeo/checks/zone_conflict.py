"""Do zones of one plan overlap under the site?

Anti-pattern: adding the areas of overlapping zones (shares of 120 %). Here the overlap is one spot with
two zones: the most restrictive governs (``zone_use``), and the overlap is reported as a fault of the plan.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from plangeo.law.compatibility import NOTHING, relabelling_between
from plangeo.law.consent import is_overlay
from plangeo.model import Check, Label, Measured, Reason, Verdict, ZoneKey
from plangeo.rulebook import Rulebook
from plangeo.tables import Findings


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site and pair set of overlapping classes a finding, or ``no_conflict``."""
    faces, sites = measured.ground(), measured.sites
    contested = np.flatnonzero(faces.where(lambda spot: not spot.on_border and bool(_several(spot.governs, measured.rulebook))))
    sizes: dict[tuple[int, str, tuple[str, ...], tuple[str, ...]], list[tuple[float, float]]] = defaultdict(list)
    for face, governs in zip(contested.tolist(), measured.cover["governs"].iloc[contested].tolist(), strict=True):
        for plan_id, zones in _several(governs, measured.rulebook).items():
            codes, ids = tuple(sorted(code for code, _ in zones)), tuple(sorted(zone_id for _, zone_id in zones))
            sizes[int(faces.site[face]), plan_id, codes, ids].append((float(faces.area_m2[face]), float(faces.share[face])))
    uses = sites["use_code"].tolist()
    rows: list[dict[str, Any]] = []
    for (at, plan_id, codes, ids), parts in sorted(sizes.items()):
        verdicts = {_verdict(measured, uses[at], code) for code in codes}
        reason = "same_class" if len(set(codes)) == 1 else "same_verdict" if len(verdicts) == 1 else "overlap"
        named = f"{' / '.join(codes)} ({', '.join(ids)})"
        note = relabelling_between(measured.rulebook, codes) if reason == "overlap" else NOTHING
        share = math.fsum(part[1] for part in parts)
        rows.append(
            {
                "reason": reason,
                "verdict": "unknown" if reason == "overlap" else "permitted",
                "plan_id": plan_id,
                "zone_code": codes[0] if reason == "same_class" else "",
                "area_m2": math.fsum(part[0] for part in parts),
                "share": share,
                "measure": share,
                "unit": "share",
                "detail": named + note.vi,
                "detail_en": named + note.en,
            }
        )
    found = Findings("zone_conflict", sites["site_id"].tolist())
    found.add_each([key[0] for key in sorted(sizes)], rows)
    clear = np.ones(len(sites), dtype=bool)
    clear[faces.site[contested]] = False
    found.add(np.flatnonzero(clear), reason="no_conflict", verdict="permitted")
    return found.table()


def _several(governs: Iterable[ZoneKey], rulebook: Rulebook) -> dict[str, list[tuple[str, str]]]:
    """Plan → (class, zone) of the zones that are its ground on one spot, for plans that have several there."""
    by_plan: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for plan_id, code, zone_id in governs:
        if not is_overlay(code, rulebook):
            by_plan[plan_id].append((code, zone_id))
    return {plan_id: zones for plan_id, zones in by_plan.items() if len(zones) > 1}


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
