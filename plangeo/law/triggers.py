"""Conditions of law that hang on an area, and the regimes of a day: their form in a rulebook file and what they are.

A trigger says: from so many hectares of these classes, this is needed. It has no upper bound, so that more land never needs
less. A regime says which law of conversion holds from when to when, and who decides. Both are dated, cite their basis, and are
marked where nobody has verified them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from plangeo.law.rulebook_schema import ANY, BasisForm, BookForm, ClassCode, Code, Dated, Line, Number, Words, listed
from plangeo.model import Label, LegalBasis

TriggerGround = Literal["plan", "present_use"]
"""Whose classes are measured: those of the plan that governs, or those of the map of present use (layer ``present_use``)."""
M2_PER_HA = 10_000.0
_NOTHING = Label("", "")


@dataclass(frozen=True)
class Trigger:
    """What is needed from a total area of some classes under a site."""

    code: str
    """Permanent name, e.g. ``replacement-forest``."""
    uses: tuple[str, ...]
    zones: tuple[str, ...]
    """The classes that count, each with those below it; what lies on several of them counts once."""
    op: Literal[">=", ">"]
    area_m2: float
    needs: Label
    basis: LegalBasis
    ground: TriggerGround = "plan"
    note: Label = _NOTHING
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def reached(self, area_m2: float) -> bool:
        """Return whether an area (m²) reaches the bound."""
        return area_m2 >= self.area_m2 if self.op == ">=" else area_m2 > self.area_m2

    @property
    def any_area(self) -> bool:
        """True when the least piece of the classes is enough."""
        return self.op == ">" and self.area_m2 == 0


@dataclass(frozen=True)
class Regime:
    """The law that rules conversion from one day to another."""

    code: str
    title: Label
    clears: Label
    """Who clears what."""
    basis: LegalBasis
    note: Label = _NOTHING
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def in_force(self, on: dt.date) -> bool:
        """Return whether it holds on a day; both ends are inclusive."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


class TriggerForm(Dated):
    code: Code
    use: Code | list[Code] = ANY
    zone: ClassCode | list[ClassCode]
    op: Literal[">=", ">"] = ">="
    area_ha: Annotated[Number, Field(ge=0, le=100_000_000)]
    ground: TriggerGround = "plan"
    needs: Words
    basis: Code | BasisForm
    note: Words = Words()

    @model_validator(mode="after")
    def _says_something(self) -> TriggerForm:
        if not (self.needs.vi.strip() or self.needs.en.strip()):
            raise ValueError("'needs' must say what is needed, in vi or en")
        if not listed(self.use) or not listed(self.zone):
            raise ValueError("'use' and 'zone' must name at least one use and class")
        if self.op == ">=" and self.area_ha == 0:
            raise ValueError(
                "area_ha: 0 with op: '>=' would hold for every site; write op: '>' for the least piece of the classes"
            )
        return self


class RegimeForm(Dated):
    code: Code
    title: Words
    clears: Words = Words()
    basis: Code | BasisForm
    note: Words = Words()

    @model_validator(mode="after")
    def _dated(self) -> RegimeForm:
        if self.valid_from is None:
            raise ValueError("a regime must be dated: give 'from'")
        return self


class LawForm(BookForm):
    """A whole rulebook file."""

    triggers: Annotated[list[TriggerForm], Field(max_length=500, default_factory=list)]
    regimes: Annotated[list[RegimeForm], Field(max_length=500, default_factory=list)]


def trigger_faults(form: LawForm, classes: Collection[str], line: Line, hidden: frozenset[str]) -> Iterator[str]:
    """Yield what no single trigger or regime shows: unknown uses and classes, one code twice for the same days."""
    uses = {u.code for u in form.uses} | hidden | {ANY}
    for i, trigger in enumerate(form.triggers):
        for use in dict.fromkeys(listed(trigger.use)):
            if use not in uses:
                yield f"line {line('triggers', i)}: triggers: the use {use!r} is not among 'uses'"
        for zone in dict.fromkeys(listed(trigger.zone)):
            if zone not in classes and zone not in hidden:
                yield f"line {line('triggers', i)}: triggers: the zone class {zone!r} is unknown"
    for section, entries in (("triggers", form.triggers), ("regimes", form.regimes)):
        yield from _doubles(section, entries, line)


def _doubles(section: str, entries: Sequence[TriggerForm] | Sequence[RegimeForm], line: Line) -> Iterator[str]:
    last: dict[str, int] = {}
    order = sorted(range(len(entries)), key=lambda n: (entries[n].valid_from or dt.date.min, n))
    for i in order:
        code, start = entries[i].code, entries[i].valid_from or dt.date.min
        before = last.get(code)
        if before is not None and start <= (entries[before].valid_to or dt.date.max):
            yield (
                f"line {line(section, i)}: {section}: {code!r} stands for the same days on line {line(section, before)}; "
                "end one ('to') before the other begins ('from'), or give it another code"
            )
        last[code] = i


def triggers_of(form: LawForm, basis: Callable[[str | BasisForm, str, int], LegalBasis]) -> tuple[Trigger, ...]:
    """Return the triggers of a file; ``basis`` finds a legal basis by (name or form, section, place)."""
    return tuple(
        Trigger(
            t.code,
            tuple(dict.fromkeys(listed(t.use))),
            tuple(dict.fromkeys(listed(t.zone))),
            t.op,
            t.area_ha * M2_PER_HA,
            Label(t.needs.vi, t.needs.en),
            basis(t.basis, "triggers", i),
            t.ground,
            Label(t.note.vi, t.note.en),
            t.valid_from,
            t.valid_to,
        )
        for i, t in enumerate(form.triggers)
    )


def regimes_of(form: LawForm, basis: Callable[[str | BasisForm, str, int], LegalBasis]) -> tuple[Regime, ...]:
    """Return the regimes of a file, the earliest first."""
    found = [
        Regime(
            r.code,
            Label(r.title.vi, r.title.en),
            Label(r.clears.vi, r.clears.en),
            basis(r.basis, "regimes", i),
            Label(r.note.vi, r.note.en),
            r.valid_from,
            r.valid_to,
        )
        for i, r in enumerate(form.regimes)
    ]
    return tuple(sorted(found, key=lambda r: (r.valid_from or dt.date.min, r.code)))
