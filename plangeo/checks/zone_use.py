"""Does the plan allow this use on the ground the site lies on?

Best practice: the union of a class's pieces is judged against the total thresholds. Anti-pattern: judging
fragment by fragment, so that 200 m² vanish in pieces of 20. What no rule covers is UNKNOWN.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from plangeo.compatibility import NOTHING, Ground, ask, ground_by_rule, sizes_of
from plangeo.model import Check, Label, Measured, Reason, Rule, Threshold, Verdict, ZoneKey
from plangeo.tables import findings_table

_NEVER_FORGIVEN = frozenset({"on_border", "plans_disagree", "class_unknown", "no_rule", "condition_unmeasured"})


@dataclass(frozen=True)
class _Judged:
    """What one zone class of one plan says to one use."""

    verdict: Verdict
    reason: str
    plan_id: str
    code: str
    rule: Rule | None = None
    detail: Label = NOTHING


@dataclass(frozen=True)
class _Total:
    """The total of one judged class on one site."""

    judged: _Judged
    area_m2: float
    length_m: float
    share: float


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site one finding for each class it lies on; at least one finding per site."""
    faces: dict[str, list[Any]] = defaultdict(list)
    for face in measured.faces():
        faces[face.site_id].append(face)
    widths: Mapping[tuple[str, str], float] = measured.layers.get("zones", {}).get("widths", {})
    rows: list[dict[str, Any]] = []
    for site in measured.sites.to_dict("records"):
        rows += _judge_site(site, faces.get(site["site_id"], []), measured, widths)
    return findings_table("zone_use", rows)


def _judge_site(
    site: Mapping[Any, Any], faces: Sequence[Any], measured: Measured, widths: Mapping[tuple[str, str], float]
) -> list[dict[str, Any]]:
    site_id = site["site_id"]
    governed = [f for f in faces if f.governs]
    if not governed:
        return [{"site_id": site_id, "reason": "no_zone", "verdict": "unknown"}]
    if not site["use_code"]:
        text = str(site["use"]) or "—"
        return [{"site_id": site_id, "reason": "use_unknown", "verdict": "unknown", "detail": text, "detail_en": text}]
    ground = ground_by_rule(measured.rulebook, site["use_code"], governed)
    sizes: dict[_Judged, list[Any]] = defaultdict(list)
    for face in governed:
        for judged in _judge_face(face, site, measured, ground):
            sizes[judged].append(face)
    totals = [_Total(judged, **sizes_of(fs)) for judged, fs in sizes.items()]
    ignored = _ignored(site, totals, measured, widths)
    rows = [_row(site_id, total, ignored.get(total.judged)) for total in totals]
    return sorted(rows, key=lambda r: (-Verdict.parse(r["verdict"]), -r["share"], r["plan_id"], r["zone_code"]))


def _judge_face(face: Any, site: Mapping[Any, Any], measured: Measured, ground: Ground) -> list[_Judged]:
    """What the law says of one spot; on a border every side is asked, and sides that differ leave it undecided."""
    by_side = [_judge_spot(side, face, site, measured, ground) for side in face.governs_by_side if side]
    said = [judged for side in by_side for judged in side]
    if len({max(j.verdict for j in side) for side in by_side}) == 1:
        return said if len(by_side) == 1 else [max(said, key=_severity)]
    named = " / ".join(dict.fromkeys(f"{j.plan_id}: {j.code}" for j in said))
    return [_Judged(Verdict.UNKNOWN, "on_border", max(said, key=_severity).plan_id, "", None, Label(named, named))]


def _judge_spot(
    zones: Sequence[ZoneKey], face: Any, site: Mapping[Any, Any], measured: Measured, ground: Ground
) -> list[_Judged]:
    """The most restrictive zone on the spot; and what stays undecided there because plans disagree."""
    said = [j for j in (_judge_zone(zone, face, site, measured, ground) for zone in zones) if j is not None]
    if not said:
        plan_id, code, _ = zones[0]
        return [_Judged(Verdict.UNKNOWN, "no_rule", plan_id, code)]
    worst = max(said, key=_severity)
    themes = {measured.rulebook.plans[j.plan_id].theme for j in said}
    if len({j.verdict for j in said}) == 1 or len({j.plan_id for j in said}) == 1 or len(themes) > 1:
        return [worst]
    named = " / ".join(f"{j.plan_id}: {j.code}" for j in said)
    return [worst, _Judged(Verdict.UNKNOWN, "plans_disagree", worst.plan_id, "", None, Label(named, named))]


def _severity(judged: _Judged) -> tuple[Verdict, str, str]:
    return judged.verdict, judged.plan_id, judged.code


def _judge_zone(zone: ZoneKey, face: Any, site: Mapping[Any, Any], measured: Measured, ground: Ground) -> _Judged | None:
    plan_id, code, _ = zone
    answer = ask(measured.rulebook, site, code, ground, on_border=bool(face.on_border))
    return None if answer is None else _Judged(answer.verdict, answer.reason, plan_id, code, answer.rule, answer.detail)


def _ignored(
    site: Mapping[Any, Any], totals: Sequence[_Total], measured: Measured, widths: Mapping[tuple[str, str], float]
) -> dict[_Judged, Threshold]:
    """Return the classes whose total stays below a threshold.

    A threshold forgives an encroachment beside a larger ground that is permitted; it never makes a site
    permitted that lies on nothing else. Areas and widths say nothing of lines and points, so there only shares count.
    """
    book = measured.rulebook
    found: dict[_Judged, Threshold] = {}
    for total in totals:
        judged = total.judged
        if judged.verdict is Verdict.PERMITTED or judged.reason in _NEVER_FORGIVEN:
            continue
        for threshold in book.thresholds_for(site["use_code"], judged.code):
            wrong = [t for t in totals if t.judged.verdict is not Verdict.PERMITTED]
            group = [t for t in wrong if threshold.zone in (*book.ancestors(t.judged.code), "*")]
            width = widths.get((site["site_id"], threshold.zone), math.inf)
            if _below(threshold, math.fsum(t.area_m2 for t in group), math.fsum(t.share for t in group), width, total):
                found[judged] = threshold
                break
    permitted = math.fsum(t.share for t in totals if t.judged.verdict is Verdict.PERMITTED)
    return found if permitted > math.fsum(t.share for t in totals if t.judged in found) else {}


def _below(threshold: Threshold, area_m2: float, share: float, width_m: float, total: _Total) -> bool:
    is_polygon = total.area_m2 > 0
    tests = []
    if threshold.area_m2 is not None:
        tests.append(is_polygon and area_m2 <= threshold.area_m2)
    if threshold.share is not None:
        tests.append((is_polygon or total.length_m > 0) and share <= threshold.share)
    if threshold.width_m is not None:
        tests.append(is_polygon and width_m <= threshold.width_m)
    return bool(tests) and all(tests)


def _row(site_id: str, total: _Total, threshold: Threshold | None) -> dict[str, Any]:
    judged = total.judged
    basis = threshold.basis if threshold else judged.rule.basis if judged.rule else None
    row: dict[str, Any] = {
        "site_id": site_id,
        "reason": "below_threshold" if threshold else judged.reason,
        "verdict": "permitted" if threshold else judged.verdict.label,
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
            "{size} ({share}) nằm trên {zone} theo {plan}: bộ quy tắc không có quy định cho {use} trên loại đất này.",
            "{size} ({share}) lies on {zone} of {plan}: the rulebook has no rule for {use} on this class.",
        ),
        "class_unknown": Reason(
            "{size} ({share}) nằm trên vùng có mã {detail} của {plan} không có trong bộ quy tắc.",
            "{size} ({share}) lies on a zone of {plan} whose code {detail} the rulebook does not know.",
        ),
        "use_unknown": Reason(
            "Loại dự án “{detail}” không có trong bộ quy tắc nên chưa thể đối chiếu.",
            "The rulebook does not know the use “{detail}”, so it cannot be compared.",
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
