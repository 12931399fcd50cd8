"""Does so much ground of a class lie under the site that the law asks for more: an approval, a plan for replacement forest?

The total of the trigger's classes counts, what lies on several of them once. A condition that holds makes the site conditional,
never more. Where the border of that ground, as exact as its map and the site's outline, could carry the area over the bound, be it
from inside the site or from beside it, or the area is not known, the site is UNKNOWN, unless a rule of its zones or another condition
makes it conditional anyway: then the open condition is one more, and changes nothing. Ground that a threshold of the rulebook leaves aside is left aside here too. A rulebook
without triggers gives no finding.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from plangeo.amounts.bands import UNSEARCHED_M2, largest_area, most_area, outline_accuracy
from plangeo.law.consent import NOT_IN_FORCE
from plangeo.law.totals import Total, judge_totals
from plangeo.law.triggers import M2_PER_HA, Trigger
from plangeo.model import Check, Label, Measured, Reason, Verdict
from plangeo.rulebook import Rulebook
from plangeo.tables import Findings
from plangeo.text import format_number

_ROUNDING_M2 = 1e-6
_LAYER_OF: Mapping[str, str] = {"plan": "zones", "present_use": "present_use"}
_OPEN = frozenset({"near_bound", "area_unknown", "accuracy_unstated", "present_use_missing", "ground_set_aside"})
"""Reasons of conditions of which nobody knows whether they hold."""


@dataclass
class _Ground:
    """What lies under a site of the classes of one trigger, m²."""

    certain: float = 0.0
    possible: float = 0.0
    """With what may be of the classes: mixed zones, classes above them, ground the map of present use leaves out."""
    unmapped: float = 0.0
    """The part of it that the map leaves out: beside a site whose outline is drawn it says nothing."""
    touched: bool = False

    @property
    def drawn(self) -> float:
        """What is drawn as one of the classes, or as what may be one."""
        return self.possible - self.unmapped


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding for each trigger that holds or may hold, else one that none does; nothing where the book has none."""
    book, ids = measured.rulebook, measured.sites["site_id"].tolist()
    found = Findings("legal_conditions", ids)
    if not book.triggers:
        return found.table()
    totals = measured.once(judge_totals)
    grounds, reached = _grounds(measured), _grounds(measured, reach=True)
    borders = {(row.site_id, int(row.trigger)): row for row in measured.pieces("triggers")}
    for at, site in enumerate(measured.sites.to_dict("records")):
        rows = []
        for i in book.triggers_for(site["use_code"]):
            told = _judge(book.triggers[i], site, grounds, reached, (ids[at], i), borders)
            told = told or _set_aside(book.triggers[i], site, measured)
            if told:
                rows.append(_described(book.triggers[i]) | told)
        if rows and _conditional_anyway(rows, totals[ids[at]]):
            rows = [row | {"verdict": "conditional"} if row["reason"] in _OPEN else row for row in rows]
        found.add_each([at] * len(rows), rows)
        if not rows:
            found.add([at], reason="none_holds", verdict="permitted")
    return found.table()


def _conditional_anyway(rows: Sequence[Mapping[str, Any]], totals: Sequence[Total]) -> bool:
    """Return True when another condition holds, or a rule of the zones makes the site conditional."""
    return any(row["verdict"] == "conditional" for row in rows) or any(t.verdict is Verdict.CONDITIONAL for t in totals)


def _judge(
    trigger: Trigger,
    site: Mapping[Any, Any],
    grounds: Mapping[str, Mapping[tuple[str, int], _Ground]],
    reached: Mapping[str, Mapping[tuple[str, int], _Ground]],
    key: tuple[str, int],
    borders: Mapping[tuple[str, int], Any],
) -> dict[str, Any] | None:
    if not site["has_place"]:
        return {"reason": "no_place", "verdict": "unknown"}
    if trigger.ground not in grounds:
        return {"reason": "present_use_missing", "verdict": "unknown"}
    ground, near = (found[trigger.ground].get(key, _Ground()) for found in (grounds, reached))
    sized_point = site["dimension"] == 0 and largest_area(site) > 0
    if sized_point and largest_area(site) > UNSEARCHED_M2:
        near = _Ground(possible=math.inf, touched=True)
    if not ground.touched and not (near.touched if sized_point else near.drawn > 0):
        return None
    if site["dimension"] != 2:
        return _without_area(trigger, site, ground, near)
    return _with_area(trigger, site, ground, near, borders.get(key))


def _set_aside(trigger: Trigger, site: Mapping[Any, Any], measured: Measured) -> dict[str, Any] | None:
    """A zone of the classes, or of no known class, that could not be drawn and may lie under the site."""
    book, facts = measured.rulebook, measured.layers.get(_LAYER_OF[trigger.ground], {})
    near = [z for key in ("quarantined", "reach_quarantined") for z in facts.get(key, ()) if site["site_id"] in z["sites"]]
    if not trigger.reached(most_area(site)):
        return None
    above = {c for zone in trigger.zones for c in book.ancestors(zone)}
    named = {
        (zone["id"], zone["code"])
        for zone in (*facts.get("lost", ()), *near)
        if (trigger.ground == "present_use" or book.plan_status(zone["plan_id"]) not in NOT_IN_FORCE)
        and any(c not in book.classes or c in above or book.falls_under(c, trigger.zones) for c in _parts(zone["code"], book))
    }
    if not named:
        return None
    told, needs = ", ".join(f"{name} ({code or '?'})" for name, code in sorted(named)), _described(trigger)
    return {"reason": "ground_set_aside", "verdict": "unknown"} | {
        slot: f"{told}; {needs[slot]}" for slot in ("detail", "detail_en")
    }


def _with_area(
    trigger: Trigger, site: Mapping[Any, Any], ground: _Ground, near: _Ground, border: Any | None
) -> dict[str, Any] | None:
    inner, outer, tolerance = (border.inner_m, border.outer_m, border.tolerance_m) if border is not None else (0.0, 0.0, 0.0)
    own = outline_accuracy(site)
    slack = outer * own + (inner * (tolerance + own) if inner > 0 else 0.0)
    whole = float(site["site_area_m2"])
    sizes = {"measure": ground.certain, "area_m2": ground.certain, "share": ground.certain / max(whole, _ROUNDING_M2)}
    if math.isnan(slack):
        return sizes | {"reason": "accuracy_unstated", "verdict": "unknown"}
    if trigger.reached(ground.certain - slack + _ROUNDING_M2 * (not trigger.any_area)):
        return sizes | {"reason": "holds", "verdict": "conditional"}
    # never more than the site itself; beside its ground nobody measured the outline by which it may be larger
    most = whole + outer * own if ground.touched or not own else math.inf
    high = min(most, max(ground.drawn, near.drawn) + ground.unmapped + slack)
    if not trigger.reached(high):
        return None
    vi, en = (f"{_ha(max(0.0, ground.certain - slack), lang)} – {_ha(high, lang)} ha" for lang in _LANGUAGES)
    needs = _described(trigger)
    told = {"detail": f"{vi}; {needs['detail']}", "detail_en": f"{en}; {needs['detail_en']}"}
    return sizes | {"reason": "near_bound", "verdict": "unknown"} | told


def _without_area(trigger: Trigger, site: Mapping[Any, Any], ground: _Ground, near: _Ground) -> dict[str, Any] | None:
    """A point or a line on the ground or beside it: its area there is not drawn, and at most the one it declares."""
    if trigger.any_area and ground.certain > 0:
        return {"reason": "holds_somewhere", "verdict": "conditional"}
    most = largest_area(site)
    known = most > 0
    if site["dimension"] == 0 and known and not ground.touched:
        most = min(most, near.possible)
    if known and not trigger.reached(most):
        return None
    return {"reason": "area_unknown", "verdict": "unknown", "measure": most}


def _grounds(measured: Measured, *, reach: bool = False) -> dict[str, dict[tuple[str, int], _Ground]]:
    """What may be measured on → (site, trigger) → the ground of its classes; with ``reach``, that around points."""
    book = measured.rulebook
    totals = measured.once(judge_totals)
    uses = dict(zip(measured.sites["site_id"], measured.sites["use_code"], strict=True))
    left = {site_id: set() if reach else _left_aside(found) for site_id, found in totals.items()}
    faces = measured.layers["zones"]["reach_cover"].itertuples(index=False) if reach else measured.faces()
    planned = ((r.site_id, {c for _, c, _ in r.governs} - left[r.site_id], r) for r in faces)
    found = {"plan": _summed(planned, uses, book, "plan")}
    if "present_use" in measured.layers:
        cover = measured.layers["present_use"]["reach_cover" if reach else "cover"]
        present = ((r.site_id, {c for _, c, _ in r.zones}, r) for r in cover.itertuples(index=False))
        found["present_use"] = _summed(present, uses, book, "present_use")
    return found


def _summed(
    faces: Iterator[tuple[str, set[str], Any]], uses: Mapping[str, str], book: Rulebook, ground: str
) -> dict[tuple[str, int], _Ground]:
    parts: dict[tuple[str, int], list[tuple[bool, bool, float]]] = defaultdict(list)
    asked = {use: [i for i in book.triggers_for(use) if book.triggers[i].ground == ground] for use in set(uses.values())}
    # ground drawn as a class above those of the trigger may be of one of them
    above = [{c for zone in trigger.zones for c in book.ancestors(zone)[1:]} for trigger in book.triggers]
    for site_id, codes, face in faces:
        size = face.area_m2 or face.length_m or face.share
        for i in asked[uses[site_id]]:
            zones = book.triggers[i].zones
            whole = any(book.falls_under(code, zones) and not _parted(code, zones, book) for code in codes)
            open_ground = ground == "present_use" and (not codes or any(code not in book.classes for code in codes))
            coarse = any(not above[i].isdisjoint(_parts(code, book)) for code in codes)
            drawn = whole or coarse or any(book.falls_under(code, zones) for code in codes)
            if drawn or open_ground:
                parts[site_id, i].append((whole, drawn, size))
    return {
        key: _Ground(
            math.fsum(s for whole, _, s in some if whole),
            math.fsum(s for _, _, s in some),
            math.fsum(s for _, drawn, s in some if not drawn),
            touched=True,
        )
        for key, some in parts.items()
    }


def _parts(code: str, book: Rulebook) -> tuple[str, ...]:
    return book.parts_of(code) or (code,)


def _parted(code: str, zones: Sequence[str], book: Rulebook) -> bool:
    """True of a mixed class of which only some parts are known to count."""
    return bool(book.parts_of(code)) and set(book.ancestors(code)).isdisjoint(zones)


def _left_aside(totals: list[Total]) -> set[str]:
    """Classes whose ground a threshold leaves aside."""
    return {t.judged.code for t in totals if t.threshold is not None}


def _described(trigger: Trigger) -> dict[str, Any]:
    classes = ", ".join(trigger.zones)
    notes = {
        lang: ". ".join(t.rstrip(".") for t in (trigger.needs.text(lang), trigger.note.text(lang)) if t) for lang in _LANGUAGES
    }
    return {
        "zone_code": trigger.zones[0] if len(trigger.zones) == 1 else "",
        "threshold": trigger.area_m2 / M2_PER_HA,
        "unit": "ha",
        "basis": trigger.basis.cite("vi"),
        "basis_en": trigger.basis.cite("en"),
        "detail": f"{classes}: {notes['vi']}",
        "detail_en": f"{classes}: {notes['en']}",
    }


_LANGUAGES: tuple[Any, Any] = ("vi", "en")


def _ha(area_m2: float, language: Any) -> str:
    return format_number(area_m2 / M2_PER_HA, language, 2)


CHECK = Check(
    code="legal_conditions",
    title=Label("Điều kiện pháp lý theo diện tích", "Legal conditions by area"),
    needs=("zones",),
    reasons={
        "holds": Reason(
            "{area} thuộc loại đất của điều kiện (ngưỡng {threshold}) theo {basis}: {detail}.",
            "{area} of the classes of a condition (bound {threshold}) under {basis}: {detail}.",
        ),
        "holds_somewhere": Reason(
            "Dự án có phần nằm trên loại đất của điều kiện, diện tích bao nhiêu cũng phải xét theo {basis}: {detail}.",
            "The site lies partly on the classes of a condition that any area fulfils, under {basis}: {detail}.",
        ),
        "near_bound": Reason(
            "{area} thuộc loại đất của điều kiện, sát ngưỡng {threshold} theo {basis}; với sai số bản đồ và ranh giới dự án, hoặc "
            "phần đất chưa rõ loại, diện tích có thể là {detail}: cần đo đạc.",
            "{area} of the classes of a condition, near its bound {threshold} under {basis}; with the errors of map and outline, or "
            "ground whose class is open, the area may be {detail}: a survey is needed.",
        ),
        "area_unknown": Reason(
            "Dự án chỉ có điểm hoặc tuyến nằm trên hoặc sát loại đất của điều kiện nên chưa biết diện tích có đạt ngưỡng {threshold} theo "
            "{basis} không: {detail}.",
            "The site is a point or a line on or beside the classes of a condition, so nobody knows whether its area reaches the bound "
            "{threshold} under {basis}: {detail}.",
        ),
        "accuracy_unstated": Reason(
            "{area} thuộc loại đất của điều kiện (ngưỡng {threshold}) theo {basis}, nhưng bản đồ không nêu tỷ lệ hoặc độ chính xác "
            "nên chưa kết luận được: {detail}.",
            "{area} of the classes of a condition (bound {threshold}) under {basis}, but the map states neither scale nor accuracy: "
            "{detail}.",
        ),
        "present_use_missing": Reason(
            "Điều kiện theo {basis} xét trên hiện trạng sử dụng đất, nhưng chưa có lớp hiện trạng (present_use): {detail}.",
            "The condition of {basis} is asked of the present use, whose map (layer present_use) was not given: {detail}.",
        ),
        "ground_set_aside": Reason(
            "Điều kiện theo {basis} có thể phải áp dụng: vùng không đo được hình có thể nằm tại dự án: {detail}.",
            "The condition of {basis} may hold: a zone that could not be drawn may lie at the site: {detail}.",
        ),
        "no_place": Reason(
            "Dự án chưa có vị trí nên chưa xét được điều kiện theo {basis}: {detail}.",
            "The site has no place, so the condition of {basis} cannot be judged: {detail}.",
        ),
        "none_holds": Reason(
            "Không có điều kiện pháp lý theo diện tích nào của bộ quy tắc phải áp dụng ngày {on}.",
            "No legal condition by area of the rulebook holds on {on}.",
        ),
    },
    judge=judge,
)
