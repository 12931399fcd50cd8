"""What the law of the day says to one use on one class of ground: rule, conditions, verdict and why.

Pure table logic below the checks, so that judging a site and measuring how far its verdict is from flipping
ask the same question in the same way.
"""

from __future__ import annotations

import difflib
import math
import operator
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from plangeo.model import Condition, Label, Rule, Verdict, ZoneKey
from plangeo.rulebook import LANGUAGES, Rulebook
from plangeo.text import fold, parse_number

Ground = Mapping[Rule, Mapping[str, float]]
"""The whole ground of a site that a rule speaks of: its conditions are asked of that total, never of a fragment."""

SIZES = ("area_m2", "length_m", "share")
_NONE_YET = dict.fromkeys(SIZES, 0.0)
_SIZELESS = {
    0: (*SIZES, "site_area_m2", "site_length_m", "site_area_ellipsoidal_m2"),
    1: ("area_m2", "site_area_m2", "site_area_ellipsoidal_m2"),
}
_REASON = {
    Verdict.PERMITTED: "permitted",
    Verdict.CONDITIONAL: "conditional",
    Verdict.UNKNOWN: "needs_review",
    Verdict.NOT_PERMITTED: "not_permitted",
}
_COMPARE = {"<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt}
NOTHING = Label("", "")
_STRICTEST = Label(
    "Vùng hỗn hợp: mọi loại đất trong vùng đều phải phù hợp, loại hạn chế nhất quyết định",
    "Mixed zone: every class in it must consent, the most restrictive governs",
)
_MIXED = Label(
    "Vùng hỗn hợp: mọi loại đất trong vùng đều phải phù hợp, và bộ quy tắc không trả lời được cho tất cả",
    "Mixed zone: every class in it must consent, and the rulebook does not answer for all of them",
)


def name_unknown_use(text: str, rulebook: Rulebook) -> Label:
    """Return a use nobody knows as messages name it, with the known one whose words are nearest; never accepted for it."""
    words = {fold(w): u for u in rulebook.uses.values() for w in (u.name.vi, u.name.en, *u.synonyms) if fold(w)}
    near = difflib.get_close_matches(fold(text)[:120], list(words), n=1, cutoff=0.66)
    if not near:
        return Label(f"“{text or '—'}”", f"“{text or '—'}”")
    name = words[near[0]].name
    return Label(f"“{text}” (gần giống nhất: “{name.vi}”)", f"“{text}” (the nearest known: “{name.en}”)")


@dataclass(frozen=True)
class Answer:
    """What one class of ground says to one use."""

    verdict: Verdict
    reason: str
    rule: Rule | None = None
    detail: Label = NOTHING


def ask(
    rulebook: Rulebook, site: Mapping[Any, Any], zone_code: str, ground: Ground | None = None, on_border: bool = False
) -> Answer | None:
    """Return what the rulebook of the day says of a site's use on a zone class.

    Parameters: ``site`` with ``use_code`` and the columns that conditions may name; ``ground`` the sizes of all its
    ground under each rule (m², m, share; none = the site only comes near). Returns None for an overlay class no rule
    speaks of: it lies over the ground, it is not the ground.
    """
    if zone_code not in rulebook.classes:
        if not zone_code:
            return Answer(Verdict.UNKNOWN, "class_missing")
        return Answer(Verdict.UNKNOWN, "class_unknown", None, Label(zone_code, zone_code))
    rule = rulebook.look_up(site["use_code"], zone_code)
    if rule is None:
        known = rulebook.classes[zone_code]
        return None if known.overlay else Answer(Verdict.UNKNOWN, "no_rule", None, _MIXED if known.parts else known.hint)
    # What was measured wins over a column of the register that happens to bear the same name.
    fields = {**site, **(ground or {}).get(rule, _NONE_YET), "on_border": on_border, **_sizeless(site)}
    for condition in rule.conditions:
        holds = _holds(condition, fields.get(condition.field))
        text = f"{condition.field} {condition.op} {condition.value}"
        named = Label(condition.note.text("vi") or text, condition.note.text("en") or text)
        if holds is None:
            return Answer(Verdict.UNKNOWN, "condition_unmeasured", rule, named)
        if not holds:
            return Answer(rule.otherwise, "condition_failed", rule, named)
    return Answer(rule.verdict, _REASON[rule.verdict], rule, _detail(rulebook, site["use_code"], zone_code, rule))


def _sizeless(site: Mapping[Any, Any]) -> dict[str, None]:
    """The sizes that a point or a line does not show: nobody knows how large what it stands for is, so none of them is 0."""
    names = _SIZELESS.get(site.get("dimension", 2), ())
    return {name: None for name in names if not float(site.get(name) or 0.0) > 0}


def _detail(rulebook: Rulebook, use_code: str, zone_code: str, rule: Rule) -> Label:
    """The rule's note; on a mixed class that its strictest part governs; where a reform may have changed nothing but the name
    of the ground and the other name has another verdict, that it may have. None of it changes the verdict."""
    known = rulebook.classes[zone_code]
    said = [rule.note, _STRICTEST] if known.parts else [rule.note]
    for other in known.relabelled:
        there = rulebook.look_up(use_code, other.code)
        if rulebook.on and other.valid_from <= rulebook.on and (there is None or there.verdict is not rule.verdict):
            said.append(
                Label(
                    f"Với {other.code} kết luận có thể khác. Lưu ý: {other.note.vi} ({other.basis.cite('vi')}); kết luận giữ theo mã trên bản đồ",
                    f"On {other.code} the verdict may differ. Note: {other.note.en} ({other.basis.cite('en')}); the verdict follows the code on the map",
                )
            )
    return Label(*(". ".join(t for s in said if (t := s.text(lang).rstrip("."))) for lang in LANGUAGES))


def relabelling_between(rulebook: Rulebook, codes: Iterable[str]) -> Label:
    """Return the note of the reform that may be all the difference between two of ``codes``; empty when there is none."""
    met = set(codes)
    for code in sorted(met & rulebook.classes.keys()):
        for other in rulebook.classes[code].relabelled:
            if other.code in met and rulebook.on and other.valid_from <= rulebook.on:
                return Label(
                    f". Lưu ý: {other.note.vi} ({other.basis.cite('vi')})", f". Note: {other.note.en} ({other.basis.cite('en')})"
                )
    return NOTHING


class SizedSpot(NamedTuple):
    """What governs a piece of ground, and how large it is."""

    governs: tuple[ZoneKey, ...]
    area_m2: float
    length_m: float
    share: float


def has_conditions(rulebook: Rulebook, use_code: str, codes: Iterable[str]) -> bool:
    """Return True when what is said of the use on one of the classes depends on the site."""
    return any((rule := rulebook.look_up(use_code, code)) is not None and rule.conditions for code in codes)


def ground_by_rule(rulebook: Rulebook, use_code: str, faces: Iterable[Any]) -> Ground:
    """Return for every rule the total of the faces (rows of the governed cover) on which it is asked; each spot counts once."""
    ruled: dict[Rule, list[Any]] = defaultdict(list)
    for face in faces:
        for rule in {rulebook.look_up(use_code, code) for _, code, _ in face.governs}:
            if rule is not None:
                ruled[rule].append(face)
    return {rule: sizes_of(found) for rule, found in ruled.items()}


def sizes_of(faces: Iterable[Any]) -> dict[str, float]:
    """Return the summed area (m²), length (m) and share of faces."""
    found = list(faces)
    return {column: math.fsum(getattr(f, column) for f in found) for column in SIZES}


def _holds(condition: Condition, value: Any) -> bool | None:
    """Return whether the condition holds for ``value``; None when the value is empty or of another kind than the bound.

    Texts are compared without case and tone marks; a text is a number only when it is one plain number
    ("1.500" may mean two things, so it means none).
    """
    bounds = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    wants_text = all(isinstance(b, str) for b in bounds)
    if value is None or value == "" or (not wants_text and any(isinstance(b, str) for b in bounds)):
        return None
    if wants_text:
        if not isinstance(value, str) or condition.op not in ("==", "!=", "in", "not_in"):
            return None
        return (fold(value) in {fold(str(b)) for b in bounds}) is (condition.op in ("==", "in"))
    number = parse_number(value) if isinstance(value, str) else _finite(value)
    if number is None:
        return None
    if condition.op in ("in", "not_in"):
        return (number in bounds) is (condition.op == "in")
    return bool(_COMPARE[condition.op](number, bounds[0]))


def _finite(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
