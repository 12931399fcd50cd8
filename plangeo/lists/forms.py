"""Forms that a regulation or an office's habit prescribes for lists of projects: their titles, columns and inner sums.

A form is dated data of a profile, never code. It is recognised by what the sheet shows, its title and its column headings,
and it says which column is which field and which numbers of a row must agree.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from plangeo.model import Label
from plangeo.text import fold

Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=400)]
_UNIT = re.compile(r"[(\[][^()\[\]]*[)\]]")
_SIGNS = re.compile(r"[^\w\s]+")
_MOST_HEADINGS = 12


@dataclass(frozen=True)
class FormColumn:
    """One column of a form: what it holds, under which headings, and which canonical field it is."""

    role: str
    headings: tuple[str, ...]
    """Folded, without units and signs, nearest first."""
    field: str | None = None
    required: bool = False


@dataclass(frozen=True)
class FormCheck:
    """Numbers of a row that must agree.

    ``difference``: ``result`` = ``first`` − ``second``. ``parts``: what the column (or columns of codes) ``second`` lists sums to
    ``result``, or to no more than it when ``at_most``.
    """

    kind: Literal["difference", "parts"]
    result: str
    second: str
    first: str = ""
    at_most: bool = False


@dataclass(frozen=True)
class Form:
    """A kind of list known by name."""

    form_id: str
    title: Label
    titles: tuple[str, ...]
    """Folded words that name it above the table or on the sheet's tab."""
    columns: tuple[FormColumn, ...]
    checks: tuple[FormCheck, ...]
    valid_from: dt.date | None
    valid_to: dt.date | None
    source: str
    verified: bool

    def column(self, role: str) -> FormColumn | None:
        """Return the column that plays ``role``."""
        return next((c for c in self.columns if c.role == role), None)


@dataclass(frozen=True)
class Recognised:
    """A form seen in a table."""

    form: Form
    columns: Mapping[str, int]
    """Role → position of the column."""
    titled: str = ""
    """The words of the title that name the form; empty when only its columns show it."""
    parts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Role → positions of the columns it is split into, one for each class code."""

    def fields(self) -> dict[str, int]:
        """Return canonical field → position of its column."""
        return {c.field: self.columns[c.role] for c in self.form.columns if c.field and c.role in self.columns}

    @property
    def share(self) -> float:
        """How much of the form was found, 0 to 1."""
        return len({*self.columns, *self.parts}) / len(self.form.columns)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Column(_Entry):
    role: Text
    headings: list[Text] = Field(min_length=1, max_length=_MOST_HEADINGS)
    field: Text | None = None
    required: bool = False


class _Check(_Entry):
    kind: Literal["difference", "parts"]
    result: Text
    second: Text
    first: Text = ""
    at_most: bool = False


class _Title(_Entry):
    vi: Text
    en: Text


class _Form(_Entry):
    form_id: Text
    title: _Title
    titles: list[Text]
    columns: list[_Column] = Field(min_length=2, max_length=60)
    checks: list[_Check] = Field(default_factory=list)
    valid_from: dt.date | None
    valid_to: dt.date | None
    source: Text
    verified: bool


class _Document(_Entry):
    forms: list[_Form] = Field(max_length=100)


def forms_from_data(data: Any, fields: frozenset[str]) -> tuple[Form, ...]:
    """Return the forms written in plain data (a profile's YAML).

    ``fields`` are the canonical fields a column may be. **Raises** pydantic's ValidationError, and ValueError for roles and
    fields nobody knows.
    """
    forms = tuple(_form(entry) for entry in _Document.model_validate(data).forms)
    faults = []
    for form in forms:
        roles = {c.role for c in form.columns}
        faults += [
            f"{form.form_id}: {c.field!r} of {c.role!r} is no field of a register"
            for c in form.columns
            if c.field and c.field not in fields
        ]
        asked = [role for c in form.checks for role in (c.result, c.second, c.first) if role]
        faults += [
            f"{form.form_id}: a check speaks of {role!r}, which is no column of the form" for role in asked if role not in roles
        ]
    if faults:
        raise ValueError("; ".join(faults))
    return forms


def _form(entry: _Form) -> Form:
    return Form(
        entry.form_id,
        Label(entry.title.vi, entry.title.en),
        tuple(fold(t) for t in entry.titles),
        tuple(FormColumn(c.role, tuple(plain_heading(h) for h in c.headings), c.field, c.required) for c in entry.columns),
        tuple(FormCheck(c.kind, c.result, c.second, c.first, c.at_most) for c in entry.checks),
        entry.valid_from,
        entry.valid_to,
        entry.source,
        entry.verified,
    )


def plain_heading(text: str) -> str:
    """Return a heading for comparing: folded, without units in brackets, signs and double spaces.

    >>> plain_heading("Diện tích (ha) - Kế hoạch"), plain_heading("Xã/phường")
    ('dien tich ke hoach', 'xa phuong')
    """
    return " ".join(_SIGNS.sub(" ", _UNIT.sub(" ", fold(text))).split())


def recognise_form(
    forms: Sequence[Form], titles: Sequence[str], headings: Sequence[Sequence[str]], codes: frozenset[str]
) -> Recognised | None:
    """Return the form a table is, or None when none or several fit equally well.

    ``titles`` are the lines above the table and the sheet's name; ``headings`` the lines of the header over each column, outermost
    first; ``codes`` the class codes that may head columns. A form fits when its required columns are there and either its title
    is written or four in five of its columns are found.
    """
    lines = [fold(t) for t in titles]
    found: list[tuple[tuple[bool, float, int], Recognised]] = []
    for form in forms:
        seen = _lay(form, headings, codes)
        titled = next((t for t in form.titles if any(re.search(rf"(?<!\w){re.escape(t)}(?!\w)", line) for line in lines)), "")
        seen = Recognised(form, seen.columns, titled, seen.parts)
        if any(c.required and c.role not in {*seen.columns, *seen.parts} for c in form.columns):
            continue
        if titled or seen.share >= 0.8:
            found.append(((bool(titled), seen.share, len(seen.columns)), seen))
    found.sort(key=lambda item: item[0], reverse=True)
    if not found or (len(found) > 1 and found[0][0] == found[1][0]):
        return None
    return found[0][1]


def _lay(form: Form, headings: Sequence[Sequence[str]], codes: frozenset[str]) -> Recognised:
    """Find the columns of a form under a header, each column for one role."""
    names = [_readings(parts) for parts in headings]
    columns: dict[str, int] = {}
    parts: dict[str, tuple[int, ...]] = {}
    # a heading that fits word for word goes before one that fits in its last line only
    for depth in range(max((len(n) for n in names), default=0)):
        for column in form.columns:
            if column.role in columns:
                continue
            hits = [
                i
                for heading in column.headings
                for i, name in enumerate(names)
                if depth < len(name) and name[depth] == heading and i not in columns.values()
            ]
            if hits:
                columns[column.role] = hits[0]
    for column in form.columns:
        under = [i for i, lines in enumerate(headings) if len(lines) > 1 and _readings(lines[:-1])[0] in column.headings]
        coded = tuple(i for i in under if fold(headings[i][-1]).upper() in codes)
        if coded:  # one column for each class code
            parts[column.role] = coded
            columns.pop(column.role, None)
        elif column.role not in columns and len(under) > 1:  # split otherwise, e.g. by period
            parts[column.role] = tuple(under)
    return Recognised(form, columns, "", parts)


def _readings(parts: Sequence[str]) -> list[str]:
    """A heading as a whole, then without its outer lines."""
    lines = [p for p in parts if p]
    return [plain_heading(" ".join(lines[k:])) for k in range(len(lines))] or [""]
