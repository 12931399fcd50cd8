"""What changed in the law between two days for one site: plans, stages of zones, rules, thresholds, requirements, conditions by area,
precedence.

Only what can change a verdict is named: a rule that says the same under another article is no change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, cast

from plangeo.chronicle.chains import ARROW, ended_on, follow
from plangeo.law.planstatus import TITLES
from plangeo.law.triggers import M2_PER_HA, Trigger
from plangeo.model import Label, Plan, Requirement, Rule, Threshold
from plangeo.rulebook import LANGUAGES, Rulebook

Kind = Literal["plan", "zone", "rule", "threshold", "requirement", "condition", "precedence", "unit"]
_DAY = dt.timedelta(days=1)
_OPEN = Label("không có quy định", "no rule")


@dataclass(frozen=True)
class Change:
    """One thing that is not the same on the two days."""

    kind: Kind
    what: str
    """The plan (or the chain of plans), zone, class or layer it speaks of."""
    told: Label


def plan_changes(before: Rulebook, after: Rulebook, plans: Collection[str]) -> list[Change]:
    """Return what became of plans: a plan with the one that governs in its place is one change (A → B → C)."""
    changed = [p for p in sorted(plans) if before.plan_status(p) != after.plan_status(p) and not _is_stage(p, before, after)]
    found, told = [], set[str]()
    for plan_id in changed:
        chain = follow(plan_id, after.plans).plans
        live = next((p for p in chain[1:] if _one_side(p, before, after, "in_force")), None)
        if live is not None and _one_side(plan_id, before, after, "in_force"):
            members = chain[: chain.index(live) + 1]
            told |= set(members)
            found.append(_replacement(members, before, after))
    for plan_id in changed:
        if plan_id not in told:
            found.append(Change("plan", plan_id, _became(plan_id, before, after)))
    return found


def _is_stage(plan_id: str, *books: Rulebook) -> bool:
    return any(plan_id in book.plans and book.plans[plan_id].stage_of for book in books)


def _one_side(plan_id: str, before: Rulebook, after: Rulebook, status: str) -> bool:
    return (before.plan_status(plan_id) == status) != (after.plan_status(plan_id) == status)


def _became(plan_id: str, before: Rulebook, after: Rulebook) -> Label:
    was, now = TITLES[before.plan_status(plan_id)], TITLES[after.plan_status(plan_id)]
    days = _days(after.plans.get(plan_id), after)
    return Label(f"quy hoạch {plan_id}: {was.vi} → {now.vi}{days.vi}", f"plan {plan_id}: {was.en} → {now.en}{days.en}")


def _days(plan: Plan | None, book: Rulebook) -> Label:
    if plan is None:
        return Label("", "")
    last = ended_on(plan, book) or plan.valid_to
    vi = (f" từ {_day(plan.valid_from)}" if plan.valid_from else "") + (f" đến {_day(last)}" if last else "")
    en = (f" from {_day(plan.valid_from)}" if plan.valid_from else "") + (f" to {_day(last)}" if last else "")
    return Label(f" (hiệu lực{vi})" if vi else "", f" (in force{en})" if en else "")


def _day(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def _replacement(members: tuple[str, ...], before: Rulebook, after: Rulebook) -> Change:
    old, new = members[0], members[-1]
    chain = ARROW.join(members)
    parts = [_became(old, before, after), _became(new, before, after)]
    return Change(
        "plan",
        chain,
        Label(
            f"quy hoạch thay thế {chain}: {'; '.join(p.vi for p in parts)}",
            f"plans replaced {chain}: {'; '.join(p.en for p in parts)}",
        ),
    )


def zone_changes(before: Mapping[str, str], after: Mapping[str, str], books: tuple[Rulebook, Rulebook]) -> list[Change]:
    """Return which zones count to a stage on one of the days only; ``before`` and ``after`` zone → plan or stage as measured."""
    found: list[Change] = []
    for zone_id in sorted(before.keys() & after.keys()):
        sides = [before[zone_id], after[zone_id]]
        stages = [book.plans.get(plan) for book, plan in zip(books, sides, strict=True)]
        words = [
            TITLES[book.plan_status(plan)]
            if stage is not None and stage.stage_of
            else Label("thuộc quy hoạch", "counts to its plan")
            for book, plan, stage in zip(books, sides, stages, strict=True)
        ]
        stage = next((s for s in stages if s is not None and s.stage_of), None)
        if sides[0] != sides[1] and stage is not None:
            told = Label(
                f"vùng {zone_id} ({stage.title.vi}): {words[0].vi} → {words[1].vi}",
                f"zone {zone_id} ({stage.title.en}): {words[0].en} → {words[1].en}",
            )
            found.append(Change("zone", zone_id, told))
    return found


def rule_changes(before: Rulebook, after: Rulebook, use: str, classes: Collection[str]) -> list[Change]:
    """Return where the rule for a use on a class says something else."""
    found: dict[Any, tuple[Rule | None, Rule | None, list[str]]] = {}
    for code in sorted(classes):
        old, new = (book.look_up(use, code) if use else None for book in (before, after))
        if _content(old) != _content(new):
            key = (_content(old), old and old.basis, _content(new), new and new.basis)
            found.setdefault(key, (old, new, []))[2].append(code)
    return [Change("rule", ", ".join(codes), _rule_told(use, codes, old, new)) for old, new, codes in found.values()]


def _content(rule: Rule | None) -> Any:
    return None if rule is None else (rule.verdict, rule.conditions, rule.otherwise)


def _rule_told(use: str, codes: Iterable[str], old: Rule | None, new: Rule | None) -> Label:
    since = new.valid_from if new and new.valid_from else old.valid_to + _DAY if old and old.valid_to else None
    named = ", ".join(codes)
    vi, en = ([_rule_word(rule, n) for rule in (old, new)] for n in (0, 1))
    return Label(
        f"quy định cho {use} trên {named}: {vi[0]} → {vi[1]}" + (f", mốc {_day(since)}" if since else ""),
        f"rule for {use} on {named}: {en[0]} → {en[1]}" + (f", as of {_day(since)}" if since else ""),
    )


def _rule_word(rule: Rule | None, language: int) -> str:
    if rule is None:
        return (_OPEN.vi, _OPEN.en)[language]
    word = rule.verdict.wording
    some = (" (có điều kiện kèm theo)", " (with conditions)")[language] if rule.conditions else ""
    return f"{(word.vi, word.en)[language]}{some} [{rule.basis.cite(LANGUAGES[language])}]"


def threshold_changes(before: Rulebook, after: Rulebook, use: str, classes: Collection[str]) -> list[Change]:
    """Return where what may be left aside as too small is not the same."""

    def stated(book: Rulebook, code: str) -> frozenset[tuple[Any, ...]]:
        return frozenset((t.area_m2, t.share, t.width_m) for t in book.thresholds_for(use, code))

    found = []
    for code in sorted(c for c in classes if stated(before, c) != stated(after, c)):
        old, new = (_bounds(book.thresholds_for(use, code)) for book in (before, after))
        told = Label(f"ngưỡng cho {use} trên {code}: {old.vi} → {new.vi}", f"threshold for {use} on {code}: {old.en} → {new.en}")
        found.append(Change("threshold", code, told))
    return found


def _bounds(thresholds: Iterable[Threshold]) -> Label:
    texts = [
        " + ".join(f"≤ {value:g} {unit}".strip() for value, unit in ((t.area_m2, "m²"), (t.share, ""), (t.width_m, "m")) if value)
        for t in thresholds
    ]
    said = "; ".join(sorted(texts))
    return Label(said or "không có", said or "none")


def requirement_changes(before: Rulebook, after: Rulebook, use: str, classes: Collection[str]) -> list[Change]:
    """Return which requirements on the ground (slope, distance …) begin or end."""

    def asked(book: Rulebook) -> dict[tuple[Any, ...], Requirement]:
        some = [book.requirements[i] for i in book.requirements_for(use, classes)]
        return {(r.layer, r.field, r.op, r.value, r.share, r.otherwise, r.legend, r.unit): r for r in some}

    old, new = asked(before), asked(after)
    found = []
    for key in sorted(old.keys() ^ new.keys(), key=repr):
        layer, measure, sign, value, *_ = key
        begins = key in new
        text = f"{layer}: {measure} {sign} {value}"
        word = Label("bắt đầu áp dụng", "begins to apply") if begins else Label("thôi áp dụng", "ceases to apply")
        found.append(Change("requirement", str(layer), Label(f"yêu cầu {text} {word.vi}", f"requirement {text} {word.en}")))
    return found


def condition_changes(before: Rulebook, after: Rulebook, use: str, classes: Collection[str]) -> list[Change]:
    """Return which conditions by area on these classes begin or end; those of the present use are always looked at."""

    def asked(book: Rulebook) -> dict[tuple[Any, ...], Trigger]:
        some = [book.triggers[i] for i in book.triggers_for(use)]
        met = [t for t in some if t.ground != "plan" or any(_may_be(book, code, t.zones) for code in classes)]
        return {(t.zones, t.op, t.area_m2, t.ground): t for t in met}

    old, new = asked(before), asked(after)
    found = []
    for key in sorted(old.keys() ^ new.keys(), key=repr):
        trigger = new.get(key) or old[key]
        zones = ", ".join(trigger.zones)
        text = f"{zones} {trigger.op} {trigger.area_m2 / M2_PER_HA:g} ha"
        word = Label("bắt đầu áp dụng", "begins to apply") if key in new else Label("thôi áp dụng", "ceases to apply")
        vi, en = (f" [{trigger.basis.cite(language)}]" for language in LANGUAGES)
        told = Label(f"điều kiện theo diện tích {text}{vi} {word.vi}", f"condition by area {text}{en} {word.en}")
        found.append(Change("condition", zones, told))
    return found


def _may_be(book: Rulebook, code: str, zones: Collection[str]) -> bool:
    """Whether ground of a class is, or may be, of one of ``zones``: it lies below one, or above one."""
    return book.falls_under(code, zones) or any(code in book.ancestors(zone) for zone in zones)


def precedence_changes(before: Rulebook, after: Rulebook, plans: Collection[str]) -> list[Change]:
    """Return for which pairs of plans another one governs, or none is said to."""
    old, new = (dict(_order(book, plans)) for book in (before, after))
    found = []
    for pair in sorted(old.keys() | new.keys()):
        if old.get(pair) != new.get(pair):
            vi, en = ([_first(order.get(pair), n) for order in (old, new)] for n in (0, 1))
            named = " / ".join(pair)
            told = Label(
                f"thứ tự ưu tiên giữa {named}: {vi[0]} → {vi[1]}",
                f"precedence between {named}: {en[0]} → {en[1]}",
            )
            found.append(Change("precedence", named, told))
    return found


def _first(plan_id: str | None, language: int) -> str:
    return ("không nêu", "not stated")[language] if plan_id is None else plan_id


def _order(book: Rulebook, plans: Collection[str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Pairs of plans, and which of them governs."""
    for precedence in book.order_for():
        listed = [p for p in precedence.order if p in plans]
        for above, below in combinations(listed, 2):
            yield (min(above, below), max(above, below)), above


def changes_for(before: Rulebook, after: Rulebook, use: str, classes: Collection[str], plans: Collection[str]) -> list[Change]:
    """Return every change of the law between two days for a use on ground of some classes of some plans."""
    of_use: tuple[Callable[..., list[Change]], ...] = (
        rule_changes,
        threshold_changes,
        requirement_changes,
        condition_changes,
    )
    own = {p for p in plans if not _is_stage(p, before, after)}
    found = plan_changes(before, after, own)
    for work in of_use:
        found += work(before, after, use, classes)
    return found + precedence_changes(before, after, own)


def law_days(book: Rulebook, more: Iterable[tuple[dt.date | None, dt.date | None]] = ()) -> list[dt.date]:
    """Return the days on which the law of a book (as loaded) becomes another, in order; between two of them it is the same.

    ``more``: first and last days of what else is dated: zones, administrative units.
    """
    spans: list[tuple[dt.date | None, dt.date | None]] = [(p.valid_from, p.valid_to) for p in book.plans.values()]
    for dated in (book.rules, book.thresholds, book.requirements, book.triggers, book.precedence):
        spans += [(entry.valid_from, entry.valid_to) for entry in cast("Sequence[Rule]", dated)]
    spans += [(other.valid_from, None) for zone_class in book.classes.values() for other in zone_class.relabelled]
    days = {day for first, last in (*spans, *more) for day in (first, last + _DAY if last and last < dt.date.max else None)}
    return sorted(day for day in days if day is not None)
