"""The law as dated data: plans, uses × zone classes, thresholds, precedence; ``.at(date)`` closes it over a day.

A rulebook is one YAML 1.2 file (``data/rulebook.yaml`` is a full one). Its sections:

- ``rulebook``: ``name``, ``profile`` (gives the classes), ``illustrative``, ``version``, ``source``.
- ``plans``: ``plan_id, title, level, decision, authority, valid_from, valid_to`` must be there; ``valid_from: null``
  = start unknown, so never in force; ``valid_to: null`` = until replaced. Also ``scale`` (denominator), ``accuracy_m``,
  ``rank``, ``theme``, ``successor``, ``source``, ``illustrative`` and ``status``: empty, in_force or under_adjustment let the dates
  decide; draft, pending, expired, superseded, revoked, unknown are never in force (``plangeo.law.planstatus`` lists the Vietnamese words).
- ``classes``: ``code, name, parent, colour (#RRGGBB), overlay``; what an entry leaves out it keeps from the profile.
- ``uses``: ``code, name, synonyms``, ``land_class`` (the class or classes of the quota that a project of the use takes up).
- ``bases``: legal bases by name (``document, article, source, verified, note``), for every ``basis`` below.
- ``rules``: ``use`` (a code, a list, or "*"), ``zone`` (a code or a list), ``verdict`` (permitted, conditional, unknown,
  not_permitted), ``basis``, ``from``, ``to``, ``conditions`` (``field, op, value, note``), ``otherwise``, ``note``.
- ``thresholds``: ``use``, ``zone`` (may be "*"), ``basis``, one or more of ``area_m2, share, width_m``; ``from``, ``to``.
- ``requirements``: what the ground must be like beyond its zone: ``use``, ``zone`` (may be "*"), ``layer`` (a raster or
  features, given as a layer of that name), ``field`` (slope_deg, value, class, distance_m), ``op``, ``value``, ``unit`` (of
  the raster's values), ``legend`` (all known classes), ``share`` (part of the site on which it must hold, 1 when left out),
  ``otherwise``, ``basis``, ``from``, ``to``, ``note``.
- ``ceilings``: ceilings and floors of what a register declares: ``use``, ``field`` (declared_area_m2, capital_vnd), ``op`` (<, <=, >=, >),
  ``value``, ``unit`` (ha, tỷ đồng …; m² and đồng when left out), ``basis``, ``from``, ``to``, ``note``.
- ``triggers``: what is needed from an area on: ``code``, ``use`` ("*" when left out), ``zone`` (classes that count, with those below),
  ``op`` (">=" or ">"), ``area_ha``, ``ground`` (plan, or present_use: the layer of that name), ``needs``, ``basis``, ``from``, ``to``, ``note``.
- ``regimes``: which law of conversion holds when: ``code, title, clears`` (who clears what), ``basis``, ``from``, ``to``, ``note``.
- ``precedence``: ``order`` (plans, the first governs), ``basis``, ``from``, ``to``.

Names are one text or ``{vi: …, en: …}``. Days are year-month-day, both ends inclusive. Codes are texts: write "010" in quotes.

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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from plangeo.errors import ProfileError, RulebookError
from plangeo.landcodes import split_codes
from plangeo.law.ceilings import Ceiling, unit_of
from plangeo.law.planstatus import DATES_DECIDE, NOT_YET, read_status
from plangeo.law.rulebook_faults import check_form, unknown_names
from plangeo.law.rulebook_schema import (
    ANY,
    MOST_RULES,
    BasisForm,
    ClassForm,
    RequirementForm,
    RuleForm,
    ThresholdForm,
    Words,
    contradictions,
    listed,
)
from plangeo.law.triggers import LawForm, Regime, Trigger, TriggerForm, regimes_of, trigger_faults, triggers_of
from plangeo.model import (
    Condition,
    Label,
    Language,
    LegalBasis,
    Plan,
    PlanStatus,
    Precedence,
    Requirement,
    Rule,
    Threshold,
    Use,
    Verdict,
    ZoneClass,
)
from plangeo.profiles import load_profile
from plangeo.text import fold
from plangeo.yamlfile import MOST_BYTES, YamlDocument, YamlFault, read_yaml

_KEPT_OUT: Mapping[str, PlanStatus] = {"expired": "expired", "superseded": "superseded", "revoked": "revoked"}
_SHOWN = 200
"""Most faults one message spells out."""
LANGUAGES: tuple[Language, Language] = ("vi", "en")
_Dated = TypeVar("_Dated", Rule, Threshold, Requirement, Precedence, Ceiling, Trigger)


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
    requirements: tuple[Requirement, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    regimes: tuple[Regime, ...] = ()
    """Of every day; ``Regime.in_force`` tells."""
    on: dt.date | None = None
    illustrative: bool = False
    sha256: str = ""
    source: str = ""
    _rules: Mapping[tuple[str, str], Rule] = field(default_factory=dict, repr=False, compare=False)
    _uses: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def at(self, on: dt.date) -> Rulebook:
        """Return the law of the day ``on``: rules, thresholds and precedence in force; all plans stay.

        **Raises** RulebookError when ``on`` is no date, or the book is closed over another day already: what was
        not in force then is gone, and the new day would lack it in silence.
        """
        if isinstance(on, dt.datetime) and on == on:  # NaT is no day, and differs from itself
            on = on.date()
        if not isinstance(on, dt.date) or isinstance(on, dt.datetime):
            raise RulebookError(
                f"rulebook.at({on!r}): give a datetime.date, e.g. datetime.date(2025, 7, 1).", code="date_unreadable"
            )
        if self.on is not None:
            if self.on == on:
                return self
            raise RulebookError(
                f"The rulebook is closed over {self.on} already; call .at({on}) on the book as loaded.", code="rulebook_undated"
            )
        rules = _in_force(self.rules, on)
        return replace(
            self,
            on=on,
            rules=rules,
            thresholds=_in_force(self.thresholds, on),
            precedence=_in_force(self.precedence, on),
            requirements=_in_force(self.requirements, on),
            ceilings=_in_force(self.ceilings, on),
            triggers=_in_force(self.triggers, on),
            _rules={(r.use, r.zone): r for r in rules},
        )

    def plan_status(self, plan_id: str) -> PlanStatus:
        """Return what the plan is on the day; ``unknown`` for a plan that is not in the book or has no start.

        A status that keeps the plan out wins over the dates; a draft is ``pending``. Where nobody can say
        whether the successor took effect, the plan is ``unknown``. **Raises** RulebookError before ``.at(on)``.
        """
        day = self._day()
        plan = self.plans.get(plan_id)
        if plan is None:
            return "unknown"
        stated = read_status(plan.status)
        if stated not in DATES_DECIDE:
            return "pending" if stated in NOT_YET else _KEPT_OUT.get(stated or "", "unknown")
        if plan.valid_from is None:
            return "unknown"
        if day < plan.valid_from:
            return "pending"
        if replaced := self._replaced(plan, day):
            return replaced
        return "expired" if plan.valid_to is not None and day > plan.valid_to else "in_force"

    def _replaced(self, plan: Plan, day: dt.date) -> PlanStatus | None:
        """What the successor makes of the plan: a draft nothing; an unknown or revoked one a doubt."""
        heir = self.plans.get(plan.successor) if plan.successor else None
        status = read_status(heir.status) if heir else None
        if heir is None or status in NOT_YET or (heir.valid_from and day < heir.valid_from):
            return None
        took_effect = heir.valid_from is not None and status in {*DATES_DECIDE, "expired", "superseded"}
        return "superseded" if took_effect else "unknown"

    def find_use(self, text: str) -> str | None:
        """Return the code of the use that ``text`` names by code, name or synonym (folded), or None."""
        return self._uses.get(fold(text))

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return ``code`` and the classes above it, nearest first."""
        chain = [code]
        while (zone_class := self.classes.get(chain[-1])) and zone_class.parent:
            chain.append(zone_class.parent)
        return tuple(chain)

    def with_mixed(self, codes: Iterable[str]) -> Rulebook:
        """Return the book with a class for every mixed code among ``codes`` (ODT+CLN) whose parts it knows.

        A class of the book's own that writes the same mixture in another way (ONT/CLN) stands above it, so that its rule counts.
        """
        own = {frozenset(parts): code for code in self.classes if len(parts := split_codes(code)) > 1}
        mixed = {}
        for code in codes:
            parts = split_codes(code)
            if code in self.classes or len(parts) < 2 or not all(part in self.classes for part in parts):
                continue
            named = Label(*(" + ".join(self.classes[p].name.text(lang) or p for p in parts) for lang in LANGUAGES))
            same = own.get(frozenset(parts))
            overlay = all(self.classes[p].overlay for p in parts)
            mixed[code] = ZoneClass(code, named, same, overlay=overlay, parts=() if same else parts)
        return replace(self, classes={**self.classes, **mixed}) if mixed else self

    def look_up(self, use: str, zone_code: str) -> Rule | None:
        """Return the nearest rule: upwards through the classes, at each the exact use before "*"; None when none.

        On a mixed class the strictest rule of its parts; None where its parts leave that open.
        """
        self._day()
        if zone_code not in self.classes or use not in self.uses:
            return None
        if parts := self.classes[zone_code].parts:
            asked = [p for p in parts if not self.classes[p].overlay or self.look_up(use, p)] or parts
            return _strictest([self.look_up(use, part) for part in asked])
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

    def requirements_for(self, use: str, zone_codes: Collection[str]) -> tuple[int, ...]:
        """Return the numbers (places in ``requirements``) asked of a use on ground of these classes."""
        self._day()
        parts = [part for code in zone_codes for part in self.parts_of(code)]
        classes = {ANY}.union(*(self.ancestors(code) for code in (*zone_codes, *parts)))
        return tuple(i for i, r in enumerate(self.requirements) if r.use in (use, ANY) and r.zone in classes)

    def ceilings_for(self, use: str) -> tuple[Ceiling, ...]:
        """Return the ceilings and floors in force that speak of the use."""
        self._day()
        return tuple(c for c in self.ceilings if c.use in (use, ANY))

    def triggers_for(self, use: str) -> tuple[int, ...]:
        """Return the numbers (places in ``triggers``) of the conditions by area that speak of a use."""
        self._day()
        return tuple(i for i, t in enumerate(self.triggers) if use in t.uses or ANY in t.uses)

    def parts_of(self, zone_code: str) -> tuple[str, ...]:
        """Return the classes of a mixed class, also of one the book names itself (ODT/RPH), by a rule of its own; () of any other."""
        known = self.classes.get(zone_code)
        if known is None or known.parts:
            return known.parts if known else ()
        parts = split_codes(zone_code)
        return parts if len(parts) > 1 and all(part in self.classes for part in parts) else ()

    def falls_under(self, zone_code: str, zones: Collection[str]) -> bool:
        """Return True when a class, or a part of a mixed one, is one of ``zones`` or lies below one."""
        codes = (zone_code, *self.parts_of(zone_code)) if zone_code in self.classes else ()
        return any(not set(self.ancestors(code)).isdisjoint(zones) for code in codes)

    def order_for(self) -> tuple[Precedence, ...]:
        """Return the precedence entries in force on the day."""
        self._day()
        return self.precedence

    def _day(self) -> dt.date:
        if self.on is None:
            raise RulebookError(
                "The rulebook is not closed over a date yet: call rulebook.at(date) first.", code="rulebook_undated"
            )
        return self.on


def _strictest(rules: Sequence[Rule | None]) -> Rule | None:
    """The rule that governs where all of these must consent; None where only the conditions of several could tell."""
    known = [r for r in rules if r is not None]
    plain = [r for r in known if not r.conditions]
    worst = max(plain, key=lambda r: r.verdict, default=None)
    if worst is not None and worst.verdict is Verdict.NOT_PERMITTED:
        return worst
    if len(known) < len(rules):
        return None
    conditional = set(known) - set(plain)
    if not conditional:
        return worst
    alone = len(conditional) == 1 and (worst is None or worst.verdict is Verdict.PERMITTED)
    return next(iter(conditional)) if alone else None


def load_rulebook(path: str | Path) -> Rulebook:
    """Return the rulebook of a YAML file.

    **Raises** RulebookError with every fault of the file and its line.
    """
    if not isinstance(path, str | Path) or "\0" in str(path):
        raise RulebookError(
            f"load_rulebook({path!r}): give the path of a YAML file, e.g. load_rulebook('rulebook.yaml').",
            code="rulebook_unreadable",
        )
    file = Path(path)
    try:
        with file.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 4)  # one mark of UTF-8 more than a rulebook may hold
        text = raw.decode("utf-8-sig")
    except OSError as fault:
        raise RulebookError(f"{file}: the rulebook cannot be read ({fault.strerror}).", code="rulebook_unreadable") from fault
    except UnicodeDecodeError as fault:
        if len(raw) > MOST_BYTES:
            raise RulebookError(
                f"{file}: the rulebook is larger than {MOST_BYTES // 1_000_000} MB.", code="rulebook_unreadable"
            ) from fault
        raise RulebookError(f"{file}: the rulebook is not UTF-8 text; save it as UTF-8.", code="rulebook_unreadable") from fault
    return replace(rulebook_from_text(text, str(file)), sha256=hashlib.sha256(raw).hexdigest())


def rulebook_from_text(text: str, source: str = "rulebook") -> Rulebook:
    """Return the rulebook written in ``text``; ``source`` names it in messages. **Raises** RulebookError."""
    try:
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
        document = read_yaml(text)
    except UnicodeEncodeError as fault:
        raise _error(source, ["half a character (a lone surrogate) stands in the text; save it as UTF-8"]) from fault
    except YamlFault as fault:
        raise _error(source, fault.faults) from fault
    faults: list[str] = []
    checked = check_form(document)
    form, hidden = checked.form, checked.hidden
    faults += checked.faults

    def line(section: str, place: int) -> int:
        return checked.lines[section][place]

    classes = _classes(form, document, faults)
    entries: list[RuleForm | ThresholdForm | RequirementForm | TriggerForm] = [
        *form.rules,
        *form.thresholds,
        *form.requirements,
        *form.triggers,
    ]
    spelt = sum(len(listed(e.use)) * len(listed(e.zone)) for e in entries)
    book = None
    if spelt > MOST_RULES:  # before anything walks through them
        faults.append(f"the lists of uses and classes spell out {spelt} rules; {MOST_RULES} are the most")
    else:
        faults += contradictions(form, {c: z.parent for c, z in classes.items()}, line, hidden)
        faults += trigger_faults(form, classes.keys(), line, hidden)
        faults += unknown_names(checked, classes.keys())
        book = _build(form, classes, source, line, hidden, faults)
    if faults or book is None:
        raise _error(source, faults)
    return replace(book, sha256=digest)


def _error(source: str, faults: Sequence[str]) -> RulebookError:
    told = list(dict.fromkeys(faults))
    more = [f"… and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return RulebookError(f"{source} cannot be used as a rulebook, {len(told)} fault(s):\n- " + "\n- ".join(told[:_SHOWN] + more))


def _classes(form: LawForm, document: YamlDocument, faults: list[str]) -> dict[str, ZoneClass]:
    """The profile's classes with the book's own over them; what an entry does not say stays as the profile has it."""
    classes: dict[str, ZoneClass] = {}
    if form.rulebook.profile:
        try:
            classes |= load_profile(form.rulebook.profile).classes
        except ProfileError as fault:
            faults.append(f"line {document.line(('rulebook', 'profile'))}: {fault}")
    return classes | {c.code: _class(c, classes.get(c.code)) for c in form.classes}


def _class(form: ClassForm, known: ZoneClass | None) -> ZoneClass:
    told = ZoneClass(form.code, _label(form.name), form.parent, form.colour, form.overlay)
    if known is None:
        return told
    return replace(known, **{name: getattr(told, name) for name in form.model_fields_set - {"code"}})


def _build(
    form: LawForm,
    classes: Mapping[str, ZoneClass],
    source: str,
    line: Callable[[str, int], int],
    hidden: frozenset[str],
    faults: list[str],
) -> Rulebook:
    bases = {name: _basis(b) for name, b in form.bases.items()}

    def basis(given: str | BasisForm, section: str, place: int) -> LegalBasis:
        if isinstance(given, BasisForm):
            return _basis(given)
        if given not in bases and given not in hidden:
            known = ", ".join(sorted(bases)) or "there are none"
            faults.append(f"line {line(section, place)}: {section}: the basis {given!r} is not among 'bases' ({known})")
        return bases.get(given, LegalBasis(given))

    uses = {u.code: Use(u.code, _label(u.name), tuple(u.synonyms), tuple(listed(u.land_class))) for u in form.uses}
    rules = [
        Rule(
            use,
            zone,
            Verdict.parse(r.verdict),
            basis(r.basis, "rules", i),
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
        for use in listed(r.use)
        for zone in listed(r.zone)
    ]
    thresholds = [
        Threshold(use, zone, basis(t.basis, "thresholds", i), t.area_m2, t.share, t.width_m, t.valid_from, t.valid_to)
        for i, t in enumerate(form.thresholds)
        for use in listed(t.use)
        for zone in listed(t.zone)
    ]
    requirements = [
        Requirement(
            use,
            zone,
            r.layer,
            r.field,
            r.op,
            tuple(r.value) if isinstance(r.value, list) else r.value,
            basis(r.basis, "requirements", i),
            r.share,
            Verdict.parse(r.otherwise),
            _label(r.note),
            r.valid_from,
            r.valid_to,
            r.unit,
            tuple(r.legend),
        )
        for i, r in enumerate(form.requirements)
        for use in listed(r.use)
        for zone in listed(r.zone)
    ]
    precedence = [
        Precedence(tuple(p.order), basis(p.basis, "precedence", i), p.valid_from, p.valid_to)
        for i, p in enumerate(form.precedence)
    ]
    ceilings = [
        Ceiling(
            use,
            c.field,
            c.op,
            c.value * unit.factor,
            basis(c.basis, "ceilings", i),
            _label(c.note),
            c.valid_from,
            c.valid_to,
        )
        for i, c in enumerate(form.ceilings)
        for unit in [unit_of(c.field, c.unit)]
        if unit is not None
        for use in listed(c.use)
    ]
    plans = {p.plan_id: Plan(**{**dict(p), "title": _label(p.title)}) for p in form.plans}
    return Rulebook(
        name=_label(form.rulebook.name),
        plans=plans,
        classes=dict(classes),
        uses=uses,
        rules=tuple(rules),
        thresholds=tuple(thresholds),
        precedence=tuple(precedence),
        requirements=tuple(requirements),
        ceilings=tuple(ceilings),
        triggers=triggers_of(form, basis),
        regimes=regimes_of(form, basis),
        illustrative=form.rulebook.illustrative or any(p.illustrative for p in plans.values()),
        source=source,
        _uses={fold(word): u.code for u in uses.values() for word in (u.code, u.name.vi, u.name.en, *u.synonyms) if fold(word)},
    )


def _in_force(entries: Sequence[_Dated], on: dt.date) -> tuple[_Dated, ...]:
    return tuple(e for e in entries if (e.valid_from is None or e.valid_from <= on) and (e.valid_to is None or on <= e.valid_to))


def _label(words: Words) -> Label:
    return Label(words.vi, words.en)


def _basis(form: BasisForm) -> LegalBasis:
    return LegalBasis(form.document, form.article, form.source, form.verified, form.note)
