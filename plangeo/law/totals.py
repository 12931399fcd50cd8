"""The law applied to the whole ground of each site: one total per class, with what thresholds forgive.

Best practice: the union of a class's pieces is judged against the total thresholds. Anti-pattern: judging
fragment by fragment, so that 200 m² vanish in pieces of 20.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plangeo.faces import Faces, Spot, number, spread, sums
from plangeo.law.compatibility import NOTHING, Ground, SizedSpot, ask, ground_by_rule, has_conditions, relabelling_between
from plangeo.model import Label, Measured, Rule, Threshold, Verdict, ZoneKey
from plangeo.rulebook import Rulebook

Places = NDArray[np.intp]
_ANY = -1
"""In the place of a site: what is said does not depend on it."""

_NEVER_FORGIVEN = frozenset({"on_border", "plans_disagree", "class_unknown", "class_missing", "no_rule", "condition_unmeasured"})


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
    faces, ids, uses = measured.ground(), measured.sites["site_id"].tolist(), measured.sites["use_code"].tolist()
    counted = np.array([bool(use) for use in uses], dtype=bool)[faces.site] & faces.where(lambda spot: bool(spot.governs))
    rows = np.flatnonzero(counted)
    at, judged, known = _judge_faces(rows, faces, measured)
    site = faces.site[rows[at]]
    first, group = number(site * max(len(known), 1) + judged)
    area, length, share = (sums(v[rows[at]], group, len(first)) for v in (faces.area_m2, faces.length_m, faces.share))
    totals: list[list[Total]] = [[] for _ in ids]
    for n, said, *sizes in zip(
        site[first].tolist(), judged[first].tolist(), *(v.tolist() for v in (area, length, share)), strict=True
    ):
        totals[n].append(Total(known[said], *sizes))
    widths = measured.layers.get("zones", {}).get("widths", {})
    settle = partial(_settled, book=measured.rulebook, widths=widths)
    return {site_id: settle(site_id, use, found) for site_id, use, found in zip(ids, uses, totals, strict=True)}


def _judge_faces(rows: Places, faces: Faces, measured: Measured) -> tuple[Places, Places, list[Judged]]:
    """Judge the faces ``rows``: (position in ``rows``, number of what is said there), and everything that is said.

    The same use on the same kind of spot is judged once; where conditions are asked, once for each site.
    """
    book, uses = measured.rulebook, measured.sites["use_code"].tolist()
    asks = cache(lambda use, spot: has_conditions(book, use, (code for _, code, _ in faces.spots[spot].governs)))
    cases: dict[tuple[str, int, int], int] = {}
    pairs = zip(faces.site[rows].tolist(), faces.spot[rows].tolist(), strict=True)
    case = [cases.setdefault((uses[n], spot, n if asks(uses[n], spot) else _ANY), len(cases)) for n, spot in pairs]
    asked = sorted({n for _, _, n in cases if n != _ANY})
    sites = dict(zip(asked, measured.sites.iloc[asked].to_dict("records"), strict=True))
    grounds = {n: ground_by_rule(book, uses[n], found) for n, found in _spots_of(asked, rows, faces).items()}
    known: dict[Judged, int] = {}
    said = []
    for use, spot, n in cases:
        site = {"use_code": use} if n == _ANY else sites[n]
        said.append([known.setdefault(j, len(known)) for j in _judge_face(faces.spots[spot], site, measured, grounds.get(n, {}))])
    return *spread(said, np.array(case, dtype=np.intp)), list(known)


def _spots_of(sites: Sequence[int], rows: Places, faces: Faces) -> dict[int, list[SizedSpot]]:
    """The faces ``rows`` of some sites, each with what governs it and its sizes."""
    found: dict[int, list[SizedSpot]] = {n: [] for n in sites}
    mine = rows[np.isin(faces.site[rows], sites)]
    columns = (faces.site, faces.spot, faces.area_m2, faces.length_m, faces.share)
    for n, spot, *sizes in zip(*(v[mine].tolist() for v in columns), strict=True):
        found[n].append(SizedSpot(faces.spots[spot].governs, *sizes))
    return found


def _settled(
    site_id: str, use_code: str, totals: list[Total], book: Rulebook, widths: Mapping[tuple[str, str], float]
) -> list[Total]:
    """The totals of one site after thresholds, the worst first."""
    if any(t.judged.verdict is not Verdict.PERMITTED for t in totals):
        forgiven = _forgiven(site_id, use_code, totals, book, widths)
        totals = [replace(t, threshold=forgiven[t.judged]) if t.judged in forgiven else t for t in totals]
    return sorted(totals, key=_order)


def _order(total: Total) -> tuple[Any, ...]:
    judged = total.judged
    return -total.verdict, -total.share, judged.plan_id, judged.code, judged.reason, judged.detail.text("vi")


def _judge_face(face: Spot, site: Mapping[Any, Any], measured: Measured, ground: Ground) -> list[Judged]:
    """What the law says of one spot; on a border every side is asked, and sides that differ leave it undecided."""
    by_side = [_judge_spot(side, face, site, measured, ground) for side in face.governs_by_side if side]
    said = [judged for side in by_side for judged in side]
    if len({max(j.verdict for j in side) for side in by_side}) == 1:
        return said if len(by_side) == 1 else _governing(said, site, measured)
    named = " / ".join(dict.fromkeys(f"{j.plan_id}: {j.code}" for j in said))
    return [Judged(Verdict.UNKNOWN, "on_border", max(said, key=_severity).plan_id, "", None, Label(named, named))]


def _judge_spot(
    zones: Sequence[ZoneKey], face: Spot, site: Mapping[Any, Any], measured: Measured, ground: Ground
) -> list[Judged]:
    """The most restrictive zone on the spot; and what stays undecided there because plans disagree."""
    said = [j for j in (_judge_zone(zone, face, site, measured, ground) for zone in zones) if j is not None]
    if not said:
        plan_id, code, _ = zones[0]
        return [Judged(Verdict.UNKNOWN, "no_rule", plan_id, code)]
    worst = max(said, key=_severity)
    themes = {measured.rulebook.plans[j.plan_id].theme for j in said}
    if len({j.verdict for j in said}) == 1 or len({j.plan_id for j in said}) == 1 or len(themes) > 1:
        return _governing(said, site, measured)
    named = " / ".join(f"{j.plan_id}: {j.code}" for j in said)
    note = relabelling_between(measured.rulebook, (j.code for j in said))
    return [worst, Judged(Verdict.UNKNOWN, "plans_disagree", worst.plan_id, "", None, Label(named + note.vi, named + note.en))]


def _governing(said: Sequence[Judged], site: Mapping[Any, Any], measured: Measured) -> list[Judged]:
    """The most restrictive of what is said on a spot; with what else restricts it there, where a threshold may forgive the first.

    Forgiving forest that lies over rice land says nothing of the rice land: it keeps its own verdict and its own thresholds.
    """
    worst = max(said, key=_severity)
    if worst.reason in _NEVER_FORGIVEN or not measured.rulebook.thresholds_for(site["use_code"], worst.code):
        return [worst]
    return [worst, *dict.fromkeys(j for j in said if j != worst and j.verdict is not Verdict.PERMITTED)]


def _severity(judged: Judged) -> tuple[Verdict, str, str]:
    return judged.verdict, judged.plan_id, judged.code


def _judge_zone(zone: ZoneKey, face: Spot, site: Mapping[Any, Any], measured: Measured, ground: Ground) -> Judged | None:
    plan_id, code, _ = zone
    answer = ask(measured.rulebook, site, code, ground, on_border=face.on_border)
    return None if answer is None else Judged(answer.verdict, answer.reason, plan_id, code, answer.rule, answer.detail)


def _forgiven(
    site_id: str, use_code: str, totals: Sequence[Total], book: Rulebook, widths: Mapping[tuple[str, str], float]
) -> dict[Judged, Threshold]:
    """Return the classes whose total stays below a threshold.

    A threshold forgives an encroachment beside a larger ground that is permitted; it never makes a site
    permitted that lies on nothing else. Areas and widths say nothing of lines and points, so there only shares count.
    """
    found: dict[Judged, Threshold] = {}
    for total in totals:
        judged = total.judged
        if judged.verdict is Verdict.PERMITTED or judged.reason in _NEVER_FORGIVEN:
            continue
        for threshold in book.thresholds_for(use_code, judged.code):
            wrong = [t for t in totals if t.judged.verdict is not Verdict.PERMITTED]
            group = [t for t in wrong if threshold.zone in (*book.ancestors(t.judged.code), "*")]
            width = widths.get((site_id, threshold.zone), math.inf)
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
