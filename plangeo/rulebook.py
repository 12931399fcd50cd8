"""The law as dated data: plans, uses × zone classes, thresholds, precedence; ``.at(date)`` closes it over a day.

A rulebook is one YAML file (``data/rulebook.yaml`` is a full one):

>>> book = rulebook_from_text('''
... rulebook: {name: Thử}
... plans: [{plan_id: P, title: Plan, level: district, decision: 1/QĐ, authority: UBND,
...          valid_from: 2021-01-01, valid_to: 2030-12-31, scale: 25000}]
... classes: [{code: PNN}, {code: ODT, parent: PNN}]
... uses: [{code: housing, name: Nhà ở}]
... rules: [{use: housing, zone: PNN, verdict: permitted, basis: {document: Luật}}]
... ''', "book.yaml").at(dt.date(2025, 7, 1))
>>> book.look_up("housing", "ODT").verdict.label, book.plan_status("P"), book.plan_status("Q")
('permitted', 'in_force', 'unknown')
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from plangeo.errors import ProfileError, RulebookError
from plangeo.model import (
    Condition,
    Label,
    LegalBasis,
    Plan,
    PlanStatus,
    Precedence,
    Rule,
    Threshold,
    Use,
    Verdict,
    ZoneClass,
)
from plangeo.profiles import load_profile
from plangeo.rulebook_schema import BasisForm, BookForm, RuleForm, ThresholdForm, Words
from plangeo.text import fold
from plangeo.yamlfile import YamlDocument, YamlFault, read_yaml

ANY = "*"
_DRAFT = {"draft", "du thao"}
_Dated = TypeVar("_Dated", Rule, Threshold, Precedence)


@dataclass(frozen=True)
class Rulebook:
    """Uses × zone classes → verdict, with plans, thresholds and precedence; all dated."""

    name: Label
    plans: Mapping[str, Plan]
    classes: Mapping[str, ZoneClass]
    uses: Mapping[str, Use]
    rules: tuple[Rule, ...]
    thresholds: tuple[Threshold, ...] = ()
    precedence: tuple[Precedence, ...] = ()
    on: dt.date | None = None
    illustrative: bool = False
    sha256: str = ""
    source: str = ""
    _rules: Mapping[tuple[str, str], Rule] = field(default_factory=dict, repr=False, compare=False)
    _uses: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def at(self, on: dt.date) -> Rulebook:
        """Return the law of the day ``on``: rules, thresholds and precedence in force; plans keep their status."""
        rules = _in_force(self.rules, on)
        return replace(
            self,
            on=on,
            rules=rules,
            thresholds=_in_force(self.thresholds, on),
            precedence=_in_force(self.precedence, on),
            _rules={(r.use, r.zone): r for r in rules},
        )

    def plan_status(self, plan_id: str) -> PlanStatus:
        """Return what the plan is on the day; ``unknown`` for a plan that is not in the book or has no start.

        **Raises** RulebookError before ``.at(on)``.
        """
        day = self._day()
        plan = self.plans.get(plan_id)
        if plan is None or plan.valid_from is None:
            return "unknown"
        if fold(plan.status) in _DRAFT or day < plan.valid_from:
            return "pending"
        heir = self.plans.get(plan.successor) if plan.successor else None
        if heir and heir.valid_from and heir.valid_from <= day and fold(heir.status) not in _DRAFT:
            return "superseded"
        return "expired" if plan.valid_to is not None and day > plan.valid_to else "in_force"

    def find_use(self, text: str) -> str | None:
        """Return the code of the use that ``text`` names by code, name or synonym (folded), or None."""
        return self._uses.get(fold(text)) if text.strip() else None

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return ``code`` and the classes above it, nearest first."""
        chain = [code]
        while (zone_class := self.classes.get(chain[-1])) and zone_class.parent:
            chain.append(zone_class.parent)
        return tuple(chain)

    def look_up(self, use: str, zone_code: str) -> Rule | None:
        """Return the nearest rule: upwards through the classes, at each the exact use before "*"; None when none."""
        self._day()
        if zone_code not in self.classes or use not in self.uses:
            return None
        for code in self.ancestors(zone_code):
            rule = self._rules.get((use, code)) or self._rules.get((ANY, code))
            if rule:
                return rule
        return None

    def thresholds_for(self, use: str, zone_code: str) -> tuple[Threshold, ...]:
        """Return the thresholds in force that speak of the use and of the class or one above it."""
        self._day()
        chain = {*self.ancestors(zone_code), ANY}
        return tuple(t for t in self.thresholds if t.use in (use, ANY) and t.zone in chain)

    def order_for(self) -> tuple[Precedence, ...]:
        """Return the precedence entries in force on the day."""
        self._day()
        return self.precedence

    def _day(self) -> dt.date:
        if self.on is None:
            raise RulebookError("The rulebook is not closed over a date yet: call rulebook.at(date) first.")
        return self.on


def load_rulebook(path: str | Path) -> Rulebook:
    """Return the rulebook of a YAML file.

    **Raises** RulebookError with every fault of the file and its line.
    """
    file = Path(path)
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as fault:
        raise RulebookError(f"{file}: the rulebook cannot be read ({fault.strerror}).") from fault
    except UnicodeDecodeError as fault:
        raise RulebookError(f"{file}: the rulebook is not UTF-8 text; save it as UTF-8.") from fault
    return replace(rulebook_from_text(text, str(file)), sha256=hashlib.sha256(raw).hexdigest())


def rulebook_from_text(text: str, source: str = "rulebook") -> Rulebook:
    """Return the rulebook written in ``text``; ``source`` names it in messages. **Raises** RulebookError."""
    try:
        document = read_yaml(text)
    except YamlFault as fault:
        raise _error(source, fault.faults) from fault
    try:
        form = BookForm.model_validate(document.data)
    except ValidationError as fault:
        raise _error(source, _told(fault, document)) from fault
    faults: list[str] = []
    book = _build(form, document, source, faults)
    faults += _contradictions(form, book, document)
    if faults:
        raise _error(source, faults)
    return replace(book, sha256=hashlib.sha256(text.encode("utf-8")).hexdigest())


def _error(source: str, faults: Sequence[str]) -> RulebookError:
    return RulebookError(f"{source} cannot be used as a rulebook, {len(faults)} fault(s):\n- " + "\n- ".join(faults))


def _told(fault: ValidationError, document: YamlDocument) -> list[str]:
    """Every fault with line and path; pydantic's union branches and aliases are left out of the path."""
    out = []
    for error in fault.errors(include_url=False):
        path = _real_path(error["loc"], document.data)
        shown = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
        hint = "; write it in quotes, as text" if error["type"] == "string_type" else ""
        hint = "; write it as year-month-day" if error["type"].startswith("date") else hint
        missing = f".{error['loc'][-1]}" if error["type"] == "missing" else ""
        line = f"line {document.line(path)}: {shown}{missing}: {error['msg'].removeprefix('Value error, ')}{hint}"
        if line not in out:
            out.append(line)
    return out


def _real_path(loc: Iterable[str | int], data: Any) -> tuple[str | int, ...]:
    path: list[str | int] = []
    for step in loc:
        inside = (isinstance(data, Mapping) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if inside:
            path.append(step)
            data = data[step]
    return tuple(path)


def _build(form: BookForm, document: YamlDocument, source: str, faults: list[str]) -> Rulebook:
    bases = {name: _basis(b) for name, b in form.bases.items()}

    def basis(given: str | BasisForm, path: tuple[str | int, ...]) -> LegalBasis:
        if isinstance(given, BasisForm):
            return _basis(given)
        if given not in bases:
            faults.append(
                f"line {document.line(path)}: the basis {given!r} is not among 'bases' ({', '.join(sorted(bases)) or 'there are none'})"
            )
        return bases.get(given, LegalBasis(given))

    classes: dict[str, ZoneClass] = {}
    if form.rulebook.profile:
        try:
            classes |= load_profile(form.rulebook.profile).classes
        except ProfileError as fault:
            faults.append(f"line {document.line(('rulebook', 'profile'))}: {fault}")
    classes |= {c.code: ZoneClass(c.code, _label(c.name), c.parent, c.colour, c.overlay) for c in form.classes}
    uses = {u.code: Use(u.code, _label(u.name), tuple(u.synonyms)) for u in form.uses}
    rules = [
        Rule(
            use,
            zone,
            Verdict.parse(r.verdict),
            basis(r.basis, ("rules", i, "basis")),
            tuple(
                Condition(c.field, c.op, tuple(c.value) if isinstance(c.value, list) else c.value, _label(c.note))
                for c in r.conditions
            ),
            Verdict.parse(r.otherwise),
            _label(r.note),
            r.valid_from,
            r.valid_to,
        )
        for i, r in enumerate(form.rules)
        for use in _listed(r.use)
        for zone in _listed(r.zone)
    ]
    thresholds = [
        Threshold(use, zone, basis(t.basis, ("thresholds", i, "basis")), t.area_m2, t.share, t.width_m, t.valid_from, t.valid_to)
        for i, t in enumerate(form.thresholds)
        for use in _listed(t.use)
        for zone in _listed(t.zone)
    ]
    precedence = [
        Precedence(tuple(p.order), basis(p.basis, ("precedence", i, "basis")), p.valid_from, p.valid_to)
        for i, p in enumerate(form.precedence)
    ]
    plans = {p.plan_id: Plan(**{**dict(p), "title": _label(p.title)}) for p in form.plans}
    return Rulebook(
        name=_label(form.rulebook.name),
        plans=plans,
        classes=classes,
        uses=uses,
        rules=tuple(rules),
        thresholds=tuple(thresholds),
        precedence=tuple(precedence),
        illustrative=form.rulebook.illustrative or any(p.illustrative for p in plans.values()),
        source=source,
        _uses={fold(word): u.code for u in uses.values() for word in (u.code, u.name.vi, u.name.en, *u.synonyms) if word},
    )


def _contradictions(form: BookForm, book: Rulebook, document: YamlDocument) -> list[str]:
    """What no single entry shows: unknown names, loops, doubles, rules that contradict each other."""
    faults: list[str] = []

    def fault(path: tuple[str | int, ...], text: str) -> None:
        faults.append(f"line {document.line(path)}: {text}")

    for kind, words in (
        ("plans", [p.plan_id for p in form.plans]),
        ("classes", [c.code for c in form.classes]),
        ("uses", [u.code for u in form.uses]),
    ):
        for i, word in enumerate(words):
            if word in words[:i]:
                fault((kind, i), f"{kind}: {word!r} stands here again")
    spoken: dict[str, str] = {}
    for i, use in enumerate(form.uses):
        for word in {fold(w) for w in (use.code, use.name.vi, use.name.en, *use.synonyms) if w}:
            if spoken.setdefault(word, use.code) != use.code:
                fault(("uses", i), f"{word!r} names both {spoken[word]!r} and {use.code!r}; a project could mean either")
    for i, zone_class in enumerate(form.classes):
        if zone_class.parent and zone_class.parent not in book.classes:
            fault(("classes", i), f"the parent class {zone_class.parent!r} of {zone_class.code!r} is unknown")
    for code in book.classes:
        if _loops(code, {c: z.parent for c, z in book.classes.items()}):
            faults.append(f"the class {code!r} is its own ancestor")
            return faults  # walking up would never end
    for i, plan in enumerate(form.plans):
        if plan.successor and plan.successor not in book.plans:
            fault(("plans", i), f"the successor {plan.successor!r} of {plan.plan_id!r} is not among the plans")
        elif _loops(plan.plan_id, {p: q.successor for p, q in book.plans.items()}):
            fault(("plans", i), f"{plan.plan_id!r} replaces itself through its successors")
    both: tuple[tuple[str, Sequence[RuleForm | ThresholdForm]], ...] = (("rules", form.rules), ("thresholds", form.thresholds))
    for kind, entries in both:
        for i, entry in enumerate(entries):
            for use_code in _listed(entry.use):
                if use_code != ANY and use_code not in book.uses:
                    fault((kind, i), f"the use {use_code!r} is not among 'uses'")
            for zone_code in _listed(entry.zone):
                if zone_code not in book.classes and not (kind == "thresholds" and zone_code == ANY):
                    fault((kind, i), f"the zone class {zone_code!r} is unknown")
    for i, order in enumerate(form.precedence):
        for plan_id in order.order:
            if plan_id not in book.plans:
                fault(("precedence", i), f"the plan {plan_id!r} is not among the plans")
    faults += _doubles(form, document)
    return faults


def _doubles(form: BookForm, document: YamlDocument) -> list[str]:
    faults = []
    said: dict[tuple[str, str], list[tuple[int, Any]]] = {}
    for i, rule in enumerate(form.rules):
        for use in _listed(rule.use):
            for zone in _listed(rule.zone):
                for j, other in said.get((use, zone), []):
                    if _overlap(rule, other):
                        line, first = document.line(("rules", i)), document.line(("rules", j))
                        faults.append(
                            f"line {line}: a second rule for {use!r} on {zone!r} at the same time (first on line {first})"
                        )
                said.setdefault((use, zone), []).append((i, rule))
    for (i, one), (j, two) in combinations(enumerate(form.precedence), 2):
        shared = [p for p in one.order if p in two.order]
        if _overlap(one, two) and shared != [p for p in two.order if p in one.order]:
            line, first = document.line(("precedence", j)), document.line(("precedence", i))
            faults.append(f"line {line}: orders {' and '.join(sorted(shared))} otherwise than line {first} at the same time")
    return faults


def _overlap(one: Any, two: Any) -> bool:
    first, last = dt.date.min, dt.date.max
    return (one.valid_from or first) <= (two.valid_to or last) and (two.valid_from or first) <= (one.valid_to or last)


def _loops(start: str, above: Mapping[str, str | None]) -> bool:
    seen, here = {start}, above.get(start)
    while here:
        if here in seen:
            return True
        seen.add(here)
        here = above.get(here)
    return False


def _in_force(entries: Sequence[_Dated], on: dt.date) -> tuple[_Dated, ...]:
    return tuple(e for e in entries if (e.valid_from is None or e.valid_from <= on) and (e.valid_to is None or on <= e.valid_to))


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def _label(words: Words) -> Label:
    return Label(words.vi, words.en)


def _basis(form: BasisForm) -> LegalBasis:
    return LegalBasis(form.document, form.article, form.source, form.verified, form.note)
