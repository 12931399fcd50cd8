"""The form of a rulebook file: what may stand in it, of which type, and which entries contradict one another.

The words of the file are those of ``plangeo.model``; ``from`` and ``to`` are both inclusive.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    model_validator,
)

from plangeo.law.ceilings import unit_of
from plangeo.law.planstatus import known_statuses, read_status
from plangeo.text import clean, fold, normalise_code

ANY = "*"
MOST_RULES = 200_000
"""Most pairs of use and class the lists of one file may spell out; a real book has some thousands."""


def _iso_day(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return dt.date.fromisoformat(value)
    return value


def _condition_value(value: object) -> object:
    """Numbers must be finite: every comparison with NaN but != fails, and != would always hold."""
    for item in value if isinstance(value, list) else [value]:
        if (
            isinstance(item, bool)
            or not isinstance(item, str | int | float)
            or (isinstance(item, float) and not math.isfinite(item))
        ):
            raise ValueError(f"{item!r} cannot be compared; give a number, a text, or a list of them")
    return value


def _status(word: str) -> str:
    status = read_status(word)
    if status is None:
        raise ValueError(
            f"{word!r} is not a status of a plan; use one of {known_statuses()}, or leave it empty: the dates decide"
        )
    return status


# Control characters have no place in a name, and a NUL in a profile's name would reach the file system.
Code = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(clean),
]
# Zones are read with normalised codes, so the law has to use the same form: "luc" would never match "LUC".
ClassCode = Annotated[Code, AfterValidator(lambda code: normalise_code(code)[0])]
Text = Annotated[str, StringConstraints(strict=True, max_length=4000)]
Day = Annotated[dt.date, Field(strict=True), BeforeValidator(_iso_day)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Form(BaseModel):
    """Unknown words are faults, so that a misspelt key cannot silently mean nothing."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Words(Form):
    vi: Text = ""
    en: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _plain_text(cls, value: object) -> object:
        return {"vi": value, "en": value} if isinstance(value, str) else value


class BasisForm(Form):
    document: Text
    article: Text = ""
    source: Text = ""
    verified: bool = False
    note: Text = ""


class Dated(Form):
    valid_from: Day | None = Field(default=None, alias="from")
    valid_to: Day | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Dated:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError(f"'from' {self.valid_from} is later than 'to' {self.valid_to}")
        return self


class Head(Form):
    name: Words
    profile: Code | None = None
    illustrative: bool = False
    version: Text = ""
    source: Text = ""


class PlanForm(Form):
    plan_id: Code
    title: Words
    level: Text
    decision: Text
    authority: Text
    valid_from: Day | None
    valid_to: Day | None
    scale: Annotated[int, Field(strict=True, gt=0, le=100_000_000)] | None = None
    accuracy_m: Annotated[Number, Field(ge=0)] | None = None
    rank: Annotated[int, Field(strict=True)] | None = None
    theme: Code = "land_use"
    status: Annotated[Text, AfterValidator(_status)] = ""
    successor: Code | None = None
    source: Text = ""
    illustrative: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> PlanForm:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError(f"valid_from {self.valid_from} is later than valid_to {self.valid_to}")
        return self


def _no_star(code: str) -> str:
    if code == ANY:
        raise ValueError("'*' stands for every use in rules and cannot be a code")
    return code


class ClassForm(Form):
    code: Annotated[ClassCode, AfterValidator(_no_star)]
    name: Words = Words()
    parent: ClassCode | None = None
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    overlay: bool = False


class UseForm(Form):
    code: Annotated[Code, AfterValidator(_no_star)]
    name: Words
    synonyms: list[Text] = []
    land_class: ClassCode | list[ClassCode] = []


class ConditionForm(Form):
    field: Code
    op: Literal["<", "<=", "==", "!=", ">=", ">", "in", "not_in"]
    value: Annotated[float | str | list[float | str], PlainValidator(_condition_value)]
    note: Words = Words()

    @model_validator(mode="after")
    def _comparable(self) -> ConditionForm:
        listed = isinstance(self.value, list)
        if self.op in ("in", "not_in"):
            if not listed or not self.value:
                raise ValueError(f"{self.op!r} needs a list of values that is not empty, e.g. value: [a, b]")
        elif listed:
            raise ValueError(f"{self.op!r} compares with one value, not with a list; use 'in' or 'not_in'")
        elif isinstance(self.value, str) and self.op not in ("==", "!="):
            raise ValueError(f"{self.op!r} compares numbers, and {self.value!r} is a text")
        return self


class RuleForm(Dated):
    use: Code | list[Code]
    zone: ClassCode | list[ClassCode]
    verdict: Literal["permitted", "conditional", "unknown", "not_permitted"]
    basis: Code | BasisForm
    conditions: list[ConditionForm] = []
    otherwise: Literal["conditional", "unknown", "not_permitted"] = "not_permitted"
    note: Words = Words()


class ThresholdForm(Dated):
    use: Code | list[Code]
    zone: ClassCode | list[ClassCode]
    basis: Code | BasisForm
    area_m2: Annotated[Number, Field(gt=0)] | None = None
    share: Annotated[Number, Field(gt=0, lt=1)] | None = None
    width_m: Annotated[Number, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> ThresholdForm:
        if self.area_m2 is None and self.share is None and self.width_m is None:
            raise ValueError("a threshold needs at least one bound: area_m2, share or width_m")
        return self


RESERVED_LAYERS = frozenset({"sites", "zones", "districts", "present_use"})
SLOPE_UNITS = ("degree", "percent", "radian", "metre", "foot", "us_foot")
"""Units of a raster that a slope is taken from: of slopes, or of elevations whose slope is worked out."""


class RequirementForm(Dated):
    use: Code | list[Code]
    zone: ClassCode | list[ClassCode] = ANY
    layer: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    field: Literal["slope_deg", "value", "class", "distance_m"]
    op: Literal["<", "<=", "==", "!=", ">=", ">", "in", "not_in"]
    value: Annotated[float | str | list[float | str], PlainValidator(_condition_value)]
    unit: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, max_length=30), AfterValidator(clean)] = ""
    legend: Annotated[list[Number], Field(max_length=10_000)] = []
    share: Annotated[Number, Field(gt=0, le=1)] = 1.0
    otherwise: Literal["conditional", "unknown", "not_permitted"] = "not_permitted"
    basis: Code | BasisForm
    note: Words = Words()

    @model_validator(mode="after")
    def _measurable(self) -> RequirementForm:
        if self.layer in RESERVED_LAYERS:
            raise ValueError(
                f"the layer {self.layer!r} has its own checks; a requirement names another one, e.g. slope or relics"
            )
        values = self.value if isinstance(self.value, list) else [self.value]
        numbers = [v for v in values if not isinstance(v, str)]
        if len(numbers) < len(values):
            raise ValueError("a requirement compares numbers: degrees, metres, or the raster's class numbers")
        if self.field == "class":
            if self.op not in ("in", "not_in") or not isinstance(self.value, list) or not values:
                raise ValueError("'class' needs op: in or not_in, and a list of class numbers that is not empty")
        elif self.op not in ("<", "<=", ">=", ">") or isinstance(self.value, list):
            raise ValueError(f"{self.field!r} is compared with one number by <, <=, >= or >")
        if self.field == "distance_m" and (self.op not in (">", ">=") or self.share != 1.0 or numbers[0] < 0):
            raise ValueError("'distance_m' needs op: >= or >, a distance of 0 or more, and no share: it holds for the whole site")
        return self

    @model_validator(mode="after")
    def _known_values(self) -> RequirementForm:
        """A word for the unit and a legend, where a guess could turn a "no" into a "yes"."""
        if self.unit and self.field in ("class", "distance_m"):
            raise ValueError(f"{self.field!r} takes no unit: classes have none, and distances are in metres")
        if self.field == "slope_deg" and self.unit and self.unit not in SLOPE_UNITS:
            raise ValueError(
                f"the unit {self.unit!r} is that of the raster's values: write {', '.join(SLOPE_UNITS[:3])} for slopes, or "
                f"{', '.join(SLOPE_UNITS[3:])} for elevations; 'value' is in degrees in any case"
            )
        if self.legend and self.field != "class":
            raise ValueError("'legend' lists the classes of a raster, and goes with field: class only")
        if self.op == "not_in" and not self.legend:
            raise ValueError(
                "'not_in' needs legend: [all classes of the raster]; without it a code that nobody knows, such as 0 or 255 where "
                "there are no data, would count as allowed. Or name the wanted classes with op: in"
            )
        strangers = [v for v in (self.value if isinstance(self.value, list) else []) if self.legend and v not in self.legend]
        if strangers:
            raise ValueError(f"the classes {', '.join(map(str, strangers))} in 'value' do not stand in 'legend'")
        return self


class PrecedenceForm(Dated):
    order: Annotated[list[Code], Field(min_length=2, max_length=200)]
    basis: Code | BasisForm

    @model_validator(mode="after")
    def _dated(self) -> PrecedenceForm:
        if self.valid_from is None:
            raise ValueError("precedence must be dated: give 'from'")
        if len(set(self.order)) < len(self.order):
            raise ValueError("a plan stands twice in 'order'")
        return self


class CeilingForm(Dated):
    use: Code | list[Code]
    field: Literal["declared_area_m2", "capital_vnd"]
    op: Literal["<", "<=", ">=", ">"]
    value: Annotated[Number, Field(gt=0)]
    unit: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, max_length=30)] = ""
    basis: Code | BasisForm
    note: Words = Words()

    @model_validator(mode="after")
    def _measured(self) -> CeilingForm:
        if unit_of(self.field, self.unit) is None:
            kind = "an area, e.g. ha or m2" if self.field == "declared_area_m2" else "an amount of đồng, e.g. tỷ đồng"
            raise ValueError(f"the unit {self.unit!r} does not fit {self.field!r}; write one of {kind}")
        return self


class BookForm(Form):
    rulebook: Head
    plans: Annotated[list[PlanForm], Field(min_length=1)]
    uses: list[UseForm] = []
    rules: list[RuleForm] = []
    classes: list[ClassForm] = []
    bases: dict[str, BasisForm] = {}
    thresholds: list[ThresholdForm] = []
    requirements: Annotated[list[RequirementForm], Field(max_length=500)] = []
    precedence: Annotated[list[PrecedenceForm], Field(max_length=200)] = []
    ceilings: Annotated[list[CeilingForm], Field(max_length=2_000)] = []


Line = Callable[[str, int], int]
"""(section, place in the form) → line of the file."""


def listed(value: str | list[str]) -> list[str]:
    """Return one code or a list of codes as a list."""
    return value if isinstance(value, list) else [value]


def contradictions(form: BookForm, parents: Mapping[str, str | None], line: Line, hidden: frozenset[str]) -> Iterator[str]:
    """Yield what no single entry shows: unknown names, loops, doubles, rules that contradict each other.

    ``parents``: every class, the profile's too, with the class above it. ``hidden``: codes of entries that are
    faulty themselves, so that one fault is not told twice.
    """
    plans = {p.plan_id: p for p in form.plans}
    uses = {u.code for u in form.uses} | hidden | {ANY}
    zones = parents.keys() | hidden
    yield from _repeats(form, line)
    for i, zone_class in enumerate(form.classes):
        if zone_class.parent and zone_class.parent not in zones:
            yield f"line {line('classes', i)}: the parent class {zone_class.parent!r} of {zone_class.code!r} is unknown"
    places = {c.code: i for i, c in enumerate(form.classes)}
    for loop in _loops(parents):
        at = min((line("classes", places[c]) for c in loop if c in places), default=1)
        yield f"line {at}: the classes go round in a circle: {' → '.join((*loop, loop[0]))}"
    for i, plan in enumerate(form.plans):
        if plan.successor and plan.successor not in plans.keys() | hidden:
            yield f"line {line('plans', i)}: the successor {plan.successor!r} of {plan.plan_id!r} is not among the plans"
    order = {p.plan_id: i for i, p in enumerate(form.plans)}
    for loop in _loops({p.plan_id: p.successor for p in form.plans}):
        at = min(line("plans", order[p]) for p in loop)
        yield f"line {at}: the plans replace one another in a circle: {' → '.join((*loop, loop[0]))}"
    for i, use_form in enumerate(form.uses):
        for zone in dict.fromkeys(listed(use_form.land_class)):
            if zone not in zones:
                yield f"line {line('uses', i)}: uses: the land_class {zone!r} of {use_form.code!r} is unknown"
    entries: list[tuple[str, int, RuleForm | ThresholdForm | RequirementForm]] = [
        *(("rules", i, r) for i, r in enumerate(form.rules)),
        *(("thresholds", i, t) for i, t in enumerate(form.thresholds)),
        *(("requirements", i, r) for i, r in enumerate(form.requirements)),
    ]
    for kind, i, entry in entries:
        for use in dict.fromkeys(listed(entry.use)):
            if use not in uses:
                yield f"line {line(kind, i)}: {kind}: the use {use!r} is not among 'uses'"
        for zone in dict.fromkeys(listed(entry.zone)):
            if zone not in zones and not (kind != "rules" and zone == ANY):
                yield f"line {line(kind, i)}: {kind}: the zone class {zone!r} is unknown"
    for i, ceiling in enumerate(form.ceilings):
        for use in dict.fromkeys(listed(ceiling.use)):
            if use not in uses:
                yield f"line {line('ceilings', i)}: ceilings: the use {use!r} is not among 'uses'"
    for i, precedence in enumerate(form.precedence):
        for plan_id in precedence.order:
            if plan_id not in plans.keys() | hidden:
                yield f"line {line('precedence', i)}: precedence: the plan {plan_id!r} is not among the plans"
    yield from _doubles(form, line)
    yield from _orders(form, line)


def _repeats(form: BookForm, line: Line) -> Iterator[str]:
    codes = {
        "plans": [p.plan_id for p in form.plans],
        "classes": [c.code for c in form.classes],
        "uses": [u.code for u in form.uses],
    }
    for kind, words in codes.items():
        first: dict[str, int] = {}
        for i, word in enumerate(words):
            if first.setdefault(word, i) != i:
                yield f"line {line(kind, i)}: {kind}: {word!r} stands here again (first on line {line(kind, first[word])})"
    spoken: dict[str, str] = {}
    for i, use in enumerate(form.uses):
        for word in {fold(w): w for w in (use.code, use.name.vi, use.name.en, *use.synonyms)}:
            if word and spoken.setdefault(word, use.code) != use.code:
                yield f"line {line('uses', i)}: {word!r} names both {spoken[word]!r} and {use.code!r}; a project could mean either"


def _doubles(form: BookForm, line: Line) -> Iterator[str]:
    """Rules for one use and class whose days overlap; sorted by start, so that a long book stays quick."""
    said: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, rule in enumerate(form.rules):
        for use in listed(rule.use):
            for zone in listed(rule.zone):
                said[use, zone].append(i)
    for (use, zone), places in said.items():
        longest: int | None = None
        for i in sorted(places, key=lambda n: form.rules[n].valid_from or dt.date.min):
            if longest is not None and _overlap(form.rules[longest], form.rules[i]):
                first, second = sorted((longest, i))
                same = form.rules[first] == form.rules[second]
                yield (
                    f"line {line('rules', second)}: "
                    + (
                        f"the rule for {use!r} on {zone!r} stands already"
                        if same
                        else f"contradictory rules for {use!r} on {zone!r}"
                    )
                    + f" on line {line('rules', first)}, for the same days; "
                    + ("delete one" if same else "keep one, or end one ('to') before the other begins ('from')")
                )
            if longest is None or (form.rules[i].valid_to or dt.date.max) > (form.rules[longest].valid_to or dt.date.max):
                longest = i


def _orders(form: BookForm, line: Line) -> Iterator[str]:
    found = False
    for (i, one), (j, two) in combinations(enumerate(form.precedence), 2):
        shared = [p for p in one.order if p in two.order]
        if _overlap(one, two) and shared != [p for p in two.order if p in one.order]:
            found = True
            yield (
                f"line {line('precedence', j)}: orders {' and '.join(sorted(shared))} otherwise than line "
                f"{line('precedence', i)}, for the same days"
            )
    for day in () if found else sorted({p.valid_from for p in form.precedence if p.valid_from}):
        live = [i for i, p in enumerate(form.precedence) if p.valid_from <= day <= (p.valid_to or dt.date.max)]  # type: ignore[operator]
        before: dict[str, set[str]] = defaultdict(set)
        for i in live:
            for above, below in zip(form.precedence[i].order, form.precedence[i].order[1:], strict=False):
                before[below].add(above)
        try:
            TopologicalSorter(before).prepare()
        except CycleError as fault:
            yield f"line {line('precedence', live[-1])}: on {day} the orders go round in a circle: {' → '.join(fault.args[1])}"
            return


def _overlap(one: Dated, two: Dated) -> bool:
    first, last = dt.date.min, dt.date.max
    return (one.valid_from or first) <= (two.valid_to or last) and (two.valid_from or first) <= (one.valid_to or last)


def _loops(above: Mapping[str, str | None]) -> list[tuple[str, ...]]:
    """Return every circle in a map of each name to the one above it."""
    done: set[str] = set()
    loops = []
    for start in above:
        path: dict[str, None] = {}
        here: str | None = start
        while here and here not in done and here not in path:
            path[here] = None
            here = above.get(here)
        if here and here in path:
            walked = list(path)
            loops.append(tuple(walked[walked.index(here) :]))
        done |= path.keys()
    return loops
