"""The law applied to the whole ground of each site: one total per class, with what thresholds forgive.

Best practice: the union of a class's pieces is judged against the total thresholds. Anti-pattern: judging
fragment by fragment, so that 200 m² vanish in pieces of 20.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plangeo.compatibility import NOTHING, Ground, ask, ground_by_rule, sizes_of
from plangeo.model import Label, Measured, Rule, Threshold, Verdict, ZoneKey

_NEVER_FORGIVEN = frozenset({"on_border", "plans_disagree", "class_unknown", "no_rule", "condition_unmeasured"})


@dataclass(frozen=True)
class Judged:
    """What one zone class of one plan says to one use."""

    verdict: Verdict
    reason: str
    plan_id: str
    code: str
    rule: Rule | None = None
    detail: Label = NOTHING


@dataclass(frozen=True)
class Total:
    """All ground of a site that was judged alike, and the threshold that forgives it, if one does."""

    judged: Judged
    area_m2: float
    length_m: float
    share: float
    threshold: Threshold | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict after thresholds."""
        return Verdict.PERMITTED if self.threshold else self.judged.verdict


def judge_totals(measured: Measured) -> Mapping[str, list[Total]]:
    """Return for every site its totals, the worst first; none where no plan in force governs or the use is unknown."""
    faces: dict[str, list[Any]] = defaultdict(list)
    for face in measured.faces():
        if face.governs:
            faces[face.site_id].append(face)
    widths = measured.layers.get("zones", {}).get("widths", {})
    return {
        site["site_id"]: _totals(site, faces[site["site_id"]], measured, widths) if site["use_code"] else []
        for site in measured.sites.to_dict("records")
    }


def _totals(
    site: Mapping[Any, Any], governed: Sequence[Any], measured: Measured, widths: Mapping[tuple[str, str], float]
) -> list[Total]:
    ground = ground_by_rule(measured.rulebook, site["use_code"], governed)
    found: dict[Judged, list[Any]] = defaultdict(list)
    for face in governed:
        for judged in _judge_face(face, site, measured, ground):
            found[judged].append(face)
    totals = [_total(judged, faces) for judged, faces in found.items()]
    forgiven = _forgiven(site, totals, measured, widths)
    totals = [replace(t, threshold=forgiven.get(t.judged)) for t in totals]
    return sorted(totals, key=lambda t: (-t.verdict, -t.share, t.judged.plan_id, t.judged.code))


def _total(judged: Judged, faces: Sequence[Any]) -> Total:
    sizes = sizes_of(faces)
    return Total(judged, sizes["area_m2"], sizes["length_m"], sizes["share"])


def _judge_face(face: Any, site: Mapping[Any, Any], measured: Measured, ground: Ground) -> list[Judged]:
    """What the law says of one spot; on a border every side is asked, and sides that differ leave it undecided."""
    by_side = [_judge_spot(side, face, site, measured, ground) for side in face.governs_by_side if side]
    said = [judged for side in by_side for judged in side]
    if len({max(j.verdict for j in side) for side in by_side}) == 1:
        return said if len(by_side) == 1 else [max(said, key=_severity)]
    named = " / ".join(dict.fromkeys(f"{j.plan_id}: {j.code}" for j in said))
    return [Judged(Verdict.UNKNOWN, "on_border", max(said, key=_severity).plan_id, "", None, Label(named, named))]


def _judge_spot(zones: Sequence[ZoneKey], face: Any, site: Mapping[Any, Any], measured: Measured, ground: Ground) -> list[Judged]:
    """The most restrictive zone on the spot; and what stays undecided there because plans disagree."""
    said = [j for j in (_judge_zone(zone, face, site, measured, ground) for zone in zones) if j is not None]
    if not said:
        plan_id, code, _ = zones[0]
        return [Judged(Verdict.UNKNOWN, "no_rule", plan_id, code)]
    worst = max(said, key=_severity)
    themes = {measured.rulebook.plans[j.plan_id].theme for j in said}
    if len({j.verdict for j in said}) == 1 or len({j.plan_id for j in said}) == 1 or len(themes) > 1:
        return [worst]
    named = " / ".join(f"{j.plan_id}: {j.code}" for j in said)
    return [worst, Judged(Verdict.UNKNOWN, "plans_disagree", worst.plan_id, "", None, Label(named, named))]


def _severity(judged: Judged) -> tuple[Verdict, str, str]:
    return judged.verdict, judged.plan_id, judged.code


def _judge_zone(zone: ZoneKey, face: Any, site: Mapping[Any, Any], measured: Measured, ground: Ground) -> Judged | None:
    plan_id, code, _ = zone
    answer = ask(measured.rulebook, site, code, ground, on_border=bool(face.on_border))
    return None if answer is None else Judged(answer.verdict, answer.reason, plan_id, code, answer.rule, answer.detail)


def _forgiven(
    site: Mapping[Any, Any], totals: Sequence[Total], measured: Measured, widths: Mapping[tuple[str, str], float]
) -> dict[Judged, Threshold]:
    """Return the classes whose total stays below a threshold.

    A threshold forgives an encroachment beside a larger ground that is permitted; it never makes a site
    permitted that lies on nothing else. Areas and widths say nothing of lines and points, so there only shares count.
    """
    book = measured.rulebook
    found: dict[Judged, Threshold] = {}
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


def _below(threshold: Threshold, area_m2: float, share: float, width_m: float, total: Total) -> bool:
    is_polygon = total.area_m2 > 0
    tests = []
    if threshold.area_m2 is not None:
        tests.append(is_polygon and area_m2 <= threshold.area_m2)
    if threshold.share is not None:
        tests.append((is_polygon or total.length_m > 0) and share <= threshold.share)
    if threshold.width_m is not None:
        tests.append(is_polygon and width_m <= threshold.width_m)
    return bool(tests) and all(tests)
