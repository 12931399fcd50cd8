"""Every fault of a rulebook file in one reading: a faulty entry is left out, and all the others are still held against each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from plangeo.law.rulebook_schema import (
    ANY,
    BasisForm,
    CeilingForm,
    ClassForm,
    Head,
    PlanForm,
    PrecedenceForm,
    RequirementForm,
    RuleForm,
    ThresholdForm,
    UseForm,
    Words,
)
from plangeo.law.triggers import LawForm, RegimeForm, TriggerForm
from plangeo.text import clean, normalise_code
from plangeo.yamlfile import YamlDocument

_FORMS: Mapping[str, type[BaseModel]] = {
    "plans": PlanForm,
    "classes": ClassForm,
    "uses": UseForm,
    "rules": RuleForm,
    "thresholds": ThresholdForm,
    "requirements": RequirementForm,
    "precedence": PrecedenceForm,
    "ceilings": CeilingForm,
    "triggers": TriggerForm,
    "regimes": RegimeForm,
}
_KEYS = {"plans": "plan_id", "classes": "code", "uses": "code"}
_JUDGING = ("rules", "thresholds", "requirements", "triggers", "ceilings")
"""Sections whose entries name uses and classes."""
_BASED = (*_JUDGING, "precedence", "regimes")
"""Sections whose entries cite a basis."""
_MOST_ORDERS = 200


@dataclass(frozen=True)
class Checked:
    """A file as far as it is sound, and what is wrong with the rest."""

    form: LawForm
    lines: Mapping[str, Sequence[int]]
    """Section → line of each entry of the form."""
    broken: Sequence[tuple[str, int, Mapping[str, Any]]]
    """(section, line, entry as written) of the entries left out."""
    hidden: frozenset[str]
    """Names of faulty entries, so that those who name them are not told again."""
    faults: Sequence[str]


def check_form(document: YamlDocument) -> Checked:
    """Return what stands in the file; the form holds the sound entries only when there are faults."""
    lines = {s: [document.line((s, i)) for i in range(len(_entries(document.data, s)))] for s in _FORMS}
    try:
        return Checked(LawForm.model_validate(document.data), lines, (), frozenset(), ())
    except ValidationError as fault:
        faults = _told(fault, document)
    data = document.data if isinstance(document.data, Mapping) else {}
    sound: dict[str, list[Any]] = {s: [] for s in _FORMS}
    kept: dict[str, list[int]] = {s: [] for s in _FORMS}
    broken: list[tuple[str, int, Mapping[str, Any]]] = []
    for section, form in _FORMS.items():
        for entry, line in zip(_entries(data, section), lines[section], strict=True):
            if (value := _valid(form, entry)) is not None:
                sound[section].append(value)
                kept[section].append(line)
            elif isinstance(entry, Mapping):
                broken.append((section, line, entry))
    given = data.get("bases")
    bases = given if isinstance(given, Mapping) else {}
    sound_bases = {str(name): form for name, b in bases.items() if (form := _valid(BasisForm, b)) is not None}
    hidden = {str(name) for name in bases} - sound_bases.keys() | _lost(data)
    for section, _, entry in broken:
        name = entry.get(_KEYS.get(section, ""))
        if isinstance(name, str):
            hidden |= {clean(name), normalise_code(name)[0]} if section == "classes" else {clean(name)}
    sound["precedence"] = sound["precedence"][:_MOST_ORDERS]
    book = LawForm.model_construct(None, rulebook=_head(data.get("rulebook")), bases=sound_bases, **sound)
    return Checked(book, kept, broken, frozenset(hidden), faults)


def unknown_names(checked: Checked, classes: Collection[str]) -> Iterator[str]:
    """Yield the names in faulty entries that nothing in the file bears; sound entries are told by ``contradictions``."""
    form, hidden = checked.form, checked.hidden
    plans = {p.plan_id for p in form.plans} | hidden
    uses = {u.code for u in form.uses} | hidden | {ANY}
    zones = {*classes} | hidden
    for section, line, entry in checked.broken:
        for use in _texts(entry.get("use")) if section in _JUDGING else ():
            if clean(use) not in uses:
                yield f"line {line}: {section}: the use {use!r} is not among 'uses'"
        for zone in _texts(entry.get("zone")) if section in _JUDGING else ():
            if normalise_code(zone)[0] not in zones and not (section in ("thresholds", "requirements") and zone == ANY):
                yield f"line {line}: {section}: the zone class {zone!r} is unknown"
        for basis in _texts(entry.get("basis")) if section in _BASED else ():
            if clean(basis) not in form.bases.keys() | hidden:
                known = ", ".join(sorted(form.bases)) or "there are none"
                yield f"line {line}: {section}: the basis {basis!r} is not among 'bases' ({known})"
        for plan_id in _texts(entry.get("order")) if section == "precedence" else ():
            if clean(plan_id) not in plans:
                yield f"line {line}: precedence: the plan {plan_id!r} is not among the plans"
        for parent in _texts(entry.get("parent")) if section == "classes" else ():
            if normalise_code(parent)[0] not in zones:
                yield f"line {line}: the parent class {parent!r} of {entry.get('code')!r} is unknown"
        for heir in _texts(entry.get("successor")) if section == "plans" else ():
            if clean(heir) not in plans:
                yield f"line {line}: the successor {heir!r} of {entry.get('plan_id')!r} is not among the plans"


def _entries(data: Any, section: str) -> list[Any]:
    found = data.get(section) if isinstance(data, Mapping) else None
    return found if isinstance(found, list) else []


def _valid(form: type[BaseModel], entry: Any) -> Any:
    try:
        return form.model_validate(entry)
    except ValidationError:
        return None


def _head(given: Any) -> Head:
    """The head as it stands, or only its profile, which says what classes there are."""
    profile = given.get("profile") if isinstance(given, Mapping) else None
    named: Head | None = _valid(Head, given)
    return named or Head(name=Words(), profile=profile if _valid(Head, {"name": "", "profile": profile}) else None)


def _lost(data: Mapping[str, Any]) -> set[str]:
    """Every name that refers to a section which is no list at all: nobody can say whether it stands there."""
    rules = [e for s in _BASED for e in _entries(data, s) if isinstance(e, Mapping)]
    words = {"uses": "use", "classes": "zone", "bases": "basis", "plans": "order"}
    lost: set[str] = set()
    for section, word in words.items():
        shape = Mapping if section == "bases" else list
        if section in data and not isinstance(data[section], shape):
            names = [name for entry in rules for name in _texts(entry.get(word))]
            lost |= {clean(name) for name in names} | {normalise_code(name)[0] for name in names if section == "classes"}
    return lost


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(v for v in found if isinstance(v, str) and v.strip()))


def _told(fault: ValidationError, document: YamlDocument) -> list[str]:
    """Every fault with line and path, one for each place where a value could have had several forms."""
    errors = [(_real_path(e["loc"], document.data), e) for e in fault.errors(include_url=False)]
    blamed = {path for path, _ in errors}
    deeper = {path[:n] for path in blamed for n in range(len(path))}
    deeper |= {path for path, e in errors if e["type"] == "missing"}
    out: dict[tuple[Any, ...], str] = {}
    for path, e in errors:
        kind = e["type"]
        if kind == "string_type" and isinstance(e["input"], Mapping | list) and path in deeper:
            continue  # a map was meant, and it is told what is wrong inside
        key = (path, e["loc"][-1] if kind == "missing" else "")
        shown = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".") or "the file"
        out.setdefault(key, f"line {document.line(path)}: {shown}: {_wording(e)}")
    return list(out.values())


def _wording(error: Any) -> str:
    kind, given = error["type"], repr(error["input"])
    given = given if len(given) <= 60 else given[:57] + "…"
    name = error["loc"][-1] if error["loc"] else ""
    if kind == "missing":
        return f"{name!r} is missing"
    if kind == "extra_forbidden":
        return f"the word {str(name)!r} is not known here; is it misspelt?"
    if kind == "literal_error":
        what = "a verdict" if name in ("verdict", "otherwise") else "known here"
        return f"{given} is not {what}; use one of {error['ctx']['expected']}"
    if kind == "string_type":
        return f"{given} is not a text; write it in quotes"
    if kind.startswith(("date_", "datetime_")):
        return f"{given} is not a day; write it as year-month-day, e.g. 2025-07-01"
    if kind == "string_pattern_mismatch" and name == "colour":
        return f"{given} is not a colour; write it as #RRGGBB, in quotes"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"{given} is not a map of words to values"
    message = str(error["msg"]).removeprefix("Value error, ")
    return message if kind == "value_error" else f"{given}: {message[0].lower()}{message[1:]}"


def _real_path(loc: Sequence[str | int], data: Any) -> tuple[str | int, ...]:
    """The part of ``loc`` that stands in the file: pydantic also names the forms it tried."""
    path: list[str | int] = []
    for step in loc:
        inside = (isinstance(data, Mapping) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if inside:
            path.append(step)
            data = data[step]
    return tuple(path)
