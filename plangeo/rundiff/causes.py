"""Why a site's answer changed: every input that differs and touches it, proven by the site's own rows or only possible.

A cause is *proven* when it leaves a trace in the rows of the site (its ground, its rule, its plan, its place) that no other
differing input could have left. Other inputs that differ and that the finding rests on are *possible*. Where nothing that
was recorded differs, that is said, and nothing is invented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from plangeo.model import Label
from plangeo.rundiff.causetables import AROUND, CAUSES, NEEDS, RESTS_ON
from plangeo.rundiff.differences import Differences, describe_state
from plangeo.rundiff.recordedrun import RecordedRun
from plangeo.rundiff.traces import FindingChange, GroundChange, SiteTrace


@dataclass(frozen=True)
class Cause:
    """One candidate: ``proven`` or possible, what it explains, and the evidence in words and figures."""

    code: str
    proven: bool
    evidence: Label
    explains: tuple[str, ...] = ()
    """``check`` or ``check on class`` of the findings it explains."""


@dataclass(frozen=True)
class _Case:
    trace: SiteTrace
    change: FindingChange
    differences: Differences
    before: RecordedRun
    after: RecordedRun


_Told = tuple[bool, Label]
"""Whether the site's own rows show it, and the evidence."""


def find_causes(trace: SiteTrace, differences: Differences, before: RecordedRun, after: RecordedRun) -> list[Cause]:
    """Return the causes of everything that changed for a site; at least one, ``not_found`` where nothing recorded differs."""
    asked = [c for c in trace.findings if c.says_otherwise] or list(trace.findings)
    merged: dict[tuple[str, Label], tuple[bool, list[str]]] = {}
    for change in asked or [FindingChange("", "", "", (), ())]:
        for cause in _causes_of(_Case(trace, change, differences, before, after)):
            proven, named = merged.get((cause.code, cause.evidence), (False, []))
            where = " ".join(part for part in (change.check, change.zone_code) if part)
            merged[cause.code, cause.evidence] = (proven or cause.proven, [*named, *([where] if where else [])])
    if any(code != "not_found" for code, _ in merged):
        merged = {key: value for key, value in merged.items() if key[0] != "not_found"}
    sure = {code for (code, _), (proven, _) in merged.items() if proven}
    merged = {key: value for key, value in merged.items() if value[0] or key[0] not in sure}
    order = list(CAUSES)
    causes = [Cause(code, proven, told, tuple(dict.fromkeys(named))) for (code, told), (proven, named) in merged.items()]
    return sorted(causes, key=lambda c: (not c.proven, order.index(c.code), c.evidence.en))


def _causes_of(case: _Case) -> list[Cause]:
    """The causes of one changed finding, or of a site whose findings are the same."""
    rests_on = RESTS_ON.get(case.change.check, frozenset(_EXAMINE))
    told = {code: said for code in _EXAMINE if code in rests_on and (said := _EXAMINE[code](case)) is not None}
    if skipped := _checks(case):
        return [Cause("checks", True, skipped)]
    traced = [code for code, (shows, _) in told.items() if shows]
    causes = [Cause(code, shows and len(traced) == 1, text) for code, (shows, text) in told.items()]
    if case.differences.programs:
        text = case.differences.programs
        causes.append(Cause("software", False, Label(f"phần mềm khác: {text}", f"programs differ: {text}")))
    if len(causes) == 1 and not causes[0].proven:
        only = causes[0].evidence
        causes = [
            Cause(
                causes[0].code, False, Label(f"{only.vi}; không có gì khác thay đổi", f"{only.en}; nothing else recorded differs")
            )
        ]
    return causes or [Cause("not_found", False, CAUSES["not_found"])]


def _checks(case: _Case) -> Label | None:
    """A check that ran in one run only explains its own findings, and the doubt about what is essential and did not run."""
    skipped = case.differences.checks
    said = {r.partition(".")[0] for r in (*case.trace.reasons_gone, *case.trace.reasons_new) if r.endswith(".not_run")}
    named = sorted(skipped & ({case.change.check} if case.change.check else said))
    if not named:
        return None
    text = ", ".join(named)
    return Label(f"chỉ một trong hai lần chạy có kiểm tra {text}", f"{text} ran in one of the two runs only")


def _site_geometry(case: _Case) -> _Told | None:
    moved = case.trace.moved
    if moved is None:
        return None
    if case.differences.coordinates and case.differences.register is False:
        return None  # the same file read in another system: that is the cause, not the place
    if moved.farthest_m != moved.farthest_m:
        text = Label("vị trí được thêm hoặc không còn", "a place was added or taken away")
    else:
        sized = moved.area_before_m2 or moved.area_after_m2  # a point or a line has no area
        hectares = f"{moved.area_before_m2 / 1e4:,.4f} → {moved.area_after_m2 / 1e4:,.4f} ha" if sized else ""
        text = Label(
            f"ranh giới lệch tới {moved.farthest_m:,.2f} m, tâm dời {moved.centre_m:,.2f} m{', diện tích ' if sized else ''}{hectares}",
            f"outline off by up to {moved.farthest_m:,.2f} m, centre by {moved.centre_m:,.2f} m{', area ' if sized else ''}{hectares}",
        )
    return _shows_ground(case), text


def _shows_ground(case: _Case) -> bool:
    """The finding's ground is another one, or it was measured anew: what a moved site, or other zones, would leave behind."""
    change = case.change
    if change.check in ("", "geometry"):
        return True
    if change.zone_code:
        return any(g.zone_code == change.zone_code and g.plan_id == change.plan_id for g in case.trace.ground)
    if change.check == "district":
        return bool(case.trace.districts)
    return True


def _site_attribute(case: _Case) -> _Told | None:
    particulars = case.trace.particulars
    looked_at = NEEDS.get(case.change.check, particulars.keys())
    found = {n: v for n, v in particulars.items() if n in looked_at and (n != "name" or not case.change.check)}
    if not found:
        return None
    text = "; ".join(f"{name}: {left or '—'} → {right or '—'}" for name, (left, right) in sorted(found.items()))
    return True, Label(text, text)


def _size(value: float, unit: str) -> str:
    if unit == "m²":
        return f"{value / 1e4:,.4f} ha"
    return f"{value:,.1f} m" if unit == "m" else f"{value:.1%}"


def _pieces(changes: Iterable[GroundChange]) -> str:
    shown = [f"{g.plan_id} {g.zone_code or '?'}: {_size(g.before, g.unit)} → {_size(g.after, g.unit)}".strip() for g in changes]
    return "; ".join(shown[:12]) + (f"; … {len(shown) - 12}" if len(shown) > 12 else "")


def _resized(changes: Iterable[GroundChange]) -> list[GroundChange]:
    return [g for g in changes if g.before != g.after]


def _zone(case: _Case) -> _Told | None:
    if case.differences.zones is False:
        return None
    known = case.differences.zones is True
    ground = _resized(case.trace.ground)
    if ground:
        text = _pieces(ground)
        return _shows_ground(case), Label(f"vùng dưới dự án: {text}", f"zones under the site: {text}")
    if not known:
        return None
    if case.change.check in AROUND:
        near = Label(
            "vùng dưới dự án không đổi, nhưng lớp vùng quy hoạch khác và kết quả đo quanh dự án khác",
            "the zones under the site are the same, but the layer is another one and what was measured around the site differs",
        )
        return True, near
    return None


def _districts(case: _Case) -> _Told | None:
    if not case.differences.districts:
        return None
    text = _pieces(_resized(case.trace.districts))
    if text:
        return True, Label(f"đơn vị hành chính dưới dự án: {text}", f"districts under the site: {text}")
    return False, Label("lớp địa giới khác", "the layer of districts is another one")


def _dated(case: _Case, code: str, entries: tuple[Mapping[str, object] | None, Mapping[str, object] | None]) -> bool:
    """Whether a difference in the law belongs to ``code`` (an edited entry) or to ``date``.

    The same book on two days: the date. Two books on one day: the edit. Both differ: an entry that would have been in
    force on the other day as well was edited; where that cannot be told, both are shown.
    """
    d = case.differences
    if d.rulebook != d.on:
        return (code == "date") == d.on
    old, new = entries
    edited = bool(old and new) and _spans(old, str(case.after.manifest["on"])) and _spans(new, str(case.before.manifest["on"]))
    return code != "date" if edited else True


def _spans(entry: Mapping[str, object] | None, day: str) -> bool:
    if entry is None:
        return False
    return str(entry.get("from") or "") <= day <= str(entry.get("to") or "9999")


def _answers(case: _Case, code: str) -> list[tuple[str, Mapping[str, object], Mapping[str, object]]]:
    """Recorded answers to the use of the site on ground it lies on that are not the same; of the finding's class where it names one."""
    old, new = (run.law.get("answers", {}) for run in (case.before, case.after))
    left, right = case.trace.use_code
    if left != right:
        return []  # another use has other rules: that is the register's doing
    classes = {case.change.zone_code} if case.change.zone_code else {zone for _, zone in case.trace.classes}
    keys = [f"{left}|{zone}" for zone in sorted(classes)]
    both = [(key, old[key], new[key]) for key in keys if key in old and key in new]
    return [item for item in both if item[1].get(code) != item[2].get(code)]


def _law_of(case: _Case, code: str, column: str) -> _Told | None:
    if not (case.differences.rulebook or case.differences.on):
        return None
    found = [item for item in _answers(case, column) if _dated(case, code, (item[1], item[2]))]
    if found:
        return True, _rules_in_words(found, column)
    if code == "rule" and case.differences.rulebook and case.change.check in ("placement", "robustness", "declared_area", ""):
        return False, Label("bộ quy tắc khác", "the rulebook is another one")
    unrecorded = not case.before.law.get("answers") or not case.after.law.get("answers")
    if code == "rule" and case.differences.rulebook and unrecorded:
        return False, Label(
            "bộ quy tắc khác; không ghi lại từng quy tắc", "the rulebook is another one; its rules were not recorded"
        )
    return None


def _rules_in_words(found: Iterable[tuple[str, Mapping[str, object], Mapping[str, object]]], column: str) -> Label:
    if column == "thresholds":
        keys = ", ".join(key for key, _, _ in found)
        return Label(f"ngưỡng cho {keys} khác", f"thresholds for {keys} differ")
    text = "; ".join(f"{key}: {_entry(old)} → {_entry(new)}" for key, old, new in found)
    return Label(text, text)


def _entry(answer: Mapping[str, object]) -> str:
    if not answer.get("rule"):
        return "không có quy tắc / no rule"
    days = f", {answer['from'] or '…'}–{answer['to'] or '…'}" if answer.get("from") or answer.get("to") else ""
    return f"{answer['verdict']} ({answer['basis']}{days})"


def _rule(case: _Case) -> _Told | None:
    return _law_of(case, "rule", "print")


def _threshold(case: _Case) -> _Told | None:
    return _law_of(case, "threshold", "thresholds")


def _plans(case: _Case) -> list[tuple[str, Mapping[str, object] | None, Mapping[str, object] | None]]:
    """Plans under the site (of the finding, where it names one) whose state or accuracy differs."""
    old, new = (run.law.get("plans", {}) for run in (case.before, case.after))
    if not old or not new:
        return []
    met = {plan for plan, _ in case.trace.classes}
    if case.change.plan_id and case.change.check == "plan_in_force":
        met = {case.change.plan_id}
    names = ("status", "tolerance_m") if case.change.check in ("robustness", "placement", "") else ("status",)
    return [
        (p, old.get(p), new.get(p))
        for p in sorted(met)
        if any((old.get(p) or {}).get(name) != (new.get(p) or {}).get(name) for name in names)
    ]


def _plan_state(case: _Case, code: str) -> Label | None:
    if not (case.differences.rulebook or case.differences.on):
        return None
    found = []
    for plan_id, old, new in _plans(case):
        same_entry = (old or {}).get("print") == (new or {}).get("print")
        if (code == "date") if same_entry and case.differences.on else _dated(case, code, (None, None)):
            found.append(f"{plan_id}: {describe_state(old)} → {describe_state(new)}")
    text = "; ".join(found)
    return Label(text, text) if text else None


def _plan(case: _Case) -> _Told | None:
    text = _plan_state(case, "plan")
    return None if text is None else (True, text)


def _date(case: _Case) -> _Told | None:
    if not case.differences.on:
        return None
    days = f"{case.before.manifest['on']} → {case.after.manifest['on']}"
    found = [_plan_state(case, "date")]
    for column in ("print", "thresholds"):
        dated = [item for item in _answers(case, column) if _dated(case, "date", (item[1], item[2]))]
        found.append(_rules_in_words(dated, column) if dated else None)
    told = [label for label in found if label is not None]
    if told:
        return True, Label(f"{days}: {'; '.join(t.vi for t in told)}", f"{days}: {'; '.join(t.en for t in told)}")
    unrecorded = not case.before.law.get("answers") or not case.after.law.get("answers")
    if unrecorded or case.change.check in ("placement", "robustness", "declared_area", "slope", "setback", "raster_class", ""):
        return False, Label(days, days)
    return None


def _precedence(case: _Case) -> _Told | None:
    left, right = (run.law.get("precedence") for run in (case.before, case.after))
    if left is None or right is None or left == right or not (case.differences.rulebook or case.differences.on):
        return None
    turned = [g for g in case.trace.ground if g.prevailed != g.prevails and g.before and g.after]
    if not turned:
        return None
    text = ", ".join(f"{g.plan_id} {g.zone_code}" for g in turned)
    return True, Label(f"thứ tự ưu tiên khác: {text}", f"the precedence differs: {text}")


def _requirement(case: _Case) -> _Told | None:
    text = _other_entries(case, "requirements")
    return None if text is None else (True, Label(f"yêu cầu đối với {text} khác", f"requirements on {text} differ"))


def _condition(case: _Case) -> _Told | None:
    if case.change.check not in ("legal_conditions", ""):
        return None
    text = _other_entries(case, "triggers")
    told = Label(f"điều kiện theo diện tích đối với {text} khác", f"conditions by area for {text} differ")
    return None if text is None else (True, told)


def _other_entries(case: _Case, section: str) -> str | None:
    """The uses of the site whose entries in a section of the rulebook are not the same on both days; None where all are."""
    old, new = (run.law.get(section) for run in (case.before, case.after))
    if old is None or new is None or not (case.differences.rulebook or case.differences.on):
        return None
    uses = [use for use in dict.fromkeys((*case.trace.use_code, "*")) if old.get(use) != new.get(use)]
    return ", ".join(uses) or None


def _layer(case: _Case) -> _Told | None:
    named = [role for role, differs in case.differences.others.items() if differs]
    if not named:
        return None
    text = ", ".join(named)
    # which layer a requirement asks is not recorded: of several that differ, each is only a candidate
    return len(named) == 1, Label(f"lớp {text} khác", f"layer {text} is another one")


def _crs(case: _Case) -> _Told | None:
    if not case.differences.coordinates:
        return None
    text = Label("hệ tọa độ hoặc phép chuyển khác", "coordinate system or operation differs")
    moved = case.trace.moved
    if moved is not None and case.differences.register is False:
        off = f"{moved.farthest_m:,.2f} m"
        return _shows_ground(case), Label(f"{text.vi}: cùng danh mục, vị trí lệch {off}", f"{text.en}: same register, {off} off")
    return False, text


def _register(case: _Case) -> _Told | None:
    if not case.differences.doubt:
        return None
    return True, Label(
        "nghi ngờ về hệ tọa độ của cả danh mục khác", "the doubt about the coordinate system of the whole register differs"
    )


_EXAMINE: Mapping[str, Callable[[_Case], _Told | None]] = {
    "site_geometry": _site_geometry,
    "site_attribute": _site_attribute,
    "zone": _zone,
    "rule": _rule,
    "threshold": _threshold,
    "requirement": _requirement,
    "condition": _condition,
    "precedence": _precedence,
    "plan": _plan,
    "date": _date,
    "districts": _districts,
    "layer": _layer,
    "crs": _crs,
    "register": _register,
}
