"""What a profile knows of land-use codes beside their names: lists of codes by regulation, successors, traps.

Facts, not law: they explain a code and never change a verdict. Every table says where a fact comes from and whether it was
verified; what was not is said to be so wherever it is shown.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from plangeo.errors import ProfileError
from plangeo.model import Label, LegalBasis, Relabelling, ZoneClass

_UNVERIFIED = Label(" (chưa kiểm chứng)", " (not verified)")
_COLUMNS = {
    "schemes": ("scheme", "title_vi", "title_en", "purpose", "valid_from", "valid_to", "verified", "source"),
    "hierarchy": ("scheme", "code", "parent", "code_verified", "parent_verified", "source"),
    "crosswalk": ("old", "to_scheme", "new", "how", "verified", "source"),
    "relabelled": ("code", "other", "valid_from", "document", "article", "verified", "source", "note_vi", "note_en"),
    "confused": ("code", "meant", "verified", "source", "note_vi", "note_en"),
}
TABLES = tuple(_COLUMNS)
"""Names of the tables a profile may give under ``landuse``; each is a CSV file beside the profile."""
HOW = ("by_case", "merged", "renamed")


@dataclass(frozen=True)
class Scheme:
    """One regulation's list of codes."""

    scheme: str
    title: Label
    purpose: str
    """``plan`` (plan tables and maps) or ``statistics``."""
    valid_from: dt.date | None
    valid_to: dt.date | None
    verified: bool
    source: str


@dataclass(frozen=True)
class Membership:
    """A code in the list of one scheme, and the class above it there; "" at the top, "(overlay)" for functional areas."""

    parent: str
    code_verified: bool
    parent_verified: bool
    source: str


@dataclass(frozen=True)
class Provenance:
    """Where the name and the colour of a code come from."""

    regulation: str
    verified: bool
    """The code and its name agree in two copies."""
    colour_verified: bool
    note: str


@dataclass(frozen=True)
class Successor:
    """What an older code is called in a later scheme; several rows with ``by_case`` mean that the ground decides."""

    old: str
    to_scheme: str
    new: str
    how: str
    verified: bool
    source: str


@dataclass(frozen=True)
class Confusable:
    """A code that people write for something else."""

    code: str
    meant: str
    note: Label
    verified: bool
    source: str


@dataclass(frozen=True)
class LandUse:
    """Land-use codes through the years."""

    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    """In order of age; the last is the list of today."""
    hierarchy: Mapping[str, Mapping[str, Membership]] = field(default_factory=dict)
    """Scheme → code → its place there."""
    successors: tuple[Successor, ...] = ()
    relabelled: Mapping[str, tuple[Relabelling, ...]] = field(default_factory=dict)
    confused: Mapping[str, Confusable] = field(default_factory=dict)
    provenance: Mapping[str, Provenance] = field(default_factory=dict)

    def schemes_of(self, code: str) -> tuple[str, ...]:
        """Return the schemes whose list holds ``code``, the oldest first."""
        return tuple(scheme for scheme in self.schemes if code in self.hierarchy.get(scheme, {}))

    def convert(self, code: str, to_scheme: str) -> tuple[Successor, ...]:
        """Return what ``code`` is called in ``to_scheme``: one row, several where the ground decides, none where nobody said."""
        return tuple(s for s in self.successors if s.old == code and s.to_scheme == to_scheme)

    def hint(self, code: str, classes: Mapping[str, ZoneClass]) -> Label:
        """Return a sentence for a code that the newest scheme does not hold; empty for one it does, and without schemes.

        >>> from plangeo.profiles import load_profile
        >>> profile = load_profile("vn")
        >>> profile.landuse.hint("SKX", profile.classes).en
        'SKX is a code of tt01-2021, tt27-2018; in tt08-2024 it is SKS or SKC, by case (not verified)'
        """
        newest = list(self.schemes)[-1] if self.schemes else ""
        today = self.hierarchy.get(newest, {})
        if not newest or code in today:
            return Label("", "")
        own, found = ", ".join(self.schemes_of(code)), self.convert(code, newest)
        vi = f"{code} là mã của {own}" if own else f"{code} không có trong bảng mã {', '.join(self.schemes)}"
        en = f"{code} is a code of {own}" if own else f"{code} is in no list of {', '.join(self.schemes)}"
        if found:
            case = all(s.how == "by_case" for s in found)
            mark = Label("", "") if all(s.verified for s in found) else _UNVERIFIED
            vi += f"; trong {newest} là {' hoặc '.join(s.new for s in found)}{', tùy trường hợp' if case else ''}{mark.vi}"
            en += f"; in {newest} it is {' or '.join(s.new for s in found)}{', by case' if case else ''}{mark.en}"
            return Label(vi, en)
        above = classes[code].parent
        while above and above not in today:
            above = classes[above].parent
        if above:
            return Label(
                f"{vi}; trong {newest} chỉ có loại cấp trên {above}", f"{en}; {newest} has only the class above it, {above}"
            )
        return Label(f"{vi}; chưa rõ mã tương ứng trong {newest}", f"{en}; what it is in {newest} is not known")

    def enrich(self, classes: Mapping[str, ZoneClass]) -> dict[str, ZoneClass]:
        """Return the classes with what these tables say of each."""
        return {c: replace(z, hint=self.hint(c, classes), relabelled=self.relabelled.get(c, ())) for c, z in classes.items()}


def read_provenance(table: str) -> dict[str, Provenance]:
    """Return what a class table says of its sources; empty for a table without those columns."""
    reader = csv.DictReader(io.StringIO(table))
    if not {"regulation", "verified", "colour_verified", "note"} <= set(reader.fieldnames or ()):
        return {}
    return {
        (r["code"] or "").strip(): Provenance(
            r["regulation"] or "", _yes(r["verified"] or ""), _yes(r["colour_verified"] or ""), r["note"] or ""
        )
        for r in reader
    }


def read_landuse(files: Mapping[str, str], text_of: Callable[[str], str], codes: Mapping[str, ZoneClass]) -> LandUse:
    """Return the tables ``files`` names (table → file, read by ``text_of``); all codes they speak of must be in ``codes``.

    **Raises** ProfileError with every fault.
    """
    faults: list[str] = []
    if unknown := sorted(set(files) - set(TABLES)):
        raise ProfileError(
            f"landuse: no such table: {', '.join(unknown)}; there are {', '.join(TABLES)}.", code="profile_malformed"
        )
    rows = {table: _rows(text_of(name), name, _COLUMNS[table], faults) for table, name in files.items()}

    def known(table: str, column: str) -> list[dict[str, str]]:
        found = rows.get(table, [])
        faults.extend(
            f"{files[table]}: {r[column]!r} is not in the table of classes"
            for r in found
            if r[column] not in (*codes, "", "(overlay)")
        )
        return [r for r in found if r[column] in (*codes, "", "(overlay)")]

    schemes = {r["scheme"]: _scheme(r) for r in rows.get("schemes", [])}
    hierarchy: dict[str, dict[str, Membership]] = {scheme: {} for scheme in schemes}
    for table, column in (("hierarchy", "parent"), ("crosswalk", "new"), ("confused", "meant"), ("relabelled", "other")):
        known(table, column)
    for r in known("hierarchy", "code"):
        if r["scheme"] not in schemes:
            faults.append(f"{files['hierarchy']}: there is no scheme {r['scheme']!r}")
            continue
        place = Membership(r["parent"], _yes(r["code_verified"]), _yes(r["parent_verified"]), r["source"])
        hierarchy[r["scheme"]][r["code"]] = place
    faults += [
        f"{files['hierarchy']}: {scheme}: the parent {m.parent!r} of {code} is not in the same scheme"
        for scheme, members in hierarchy.items()
        for code, m in members.items()
        if m.parent not in ("", "(overlay)", *members)
    ]
    successors = tuple(
        Successor(r["old"], r["to_scheme"], r["new"], r["how"], _yes(r["verified"]), r["source"])
        for r in known("crosswalk", "old")
    )
    faults += [f"{files['crosswalk']}: how {s.how!r}; there are {', '.join(HOW)}" for s in successors if s.how not in HOW]
    relabelled = _relabelled(known("relabelled", "code"), files.get("relabelled", ""), faults)
    confused = {
        r["code"]: Confusable(r["code"], r["meant"], Label(r["note_vi"], r["note_en"]), _yes(r["verified"]), r["source"])
        for r in known("confused", "code")
    }
    if faults:
        raise ProfileError("\n- ".join(["The tables of land-use codes cannot be used:", *faults[:20]]), code="profile_malformed")
    return LandUse(schemes, hierarchy, successors, relabelled, confused)


def _relabelled(rows: list[dict[str, str]], name: str, faults: list[str]) -> dict[str, tuple[Relabelling, ...]]:
    """Both directions of every pair."""
    found: dict[str, tuple[Relabelling, ...]] = {}
    for r in rows:
        day = _day(r["valid_from"])
        if day is None:
            faults.append(f"{name}: {r['code']}: valid_from {r['valid_from']!r} is no day; write year-month-day")
            continue
        basis = LegalBasis(r["document"], r["article"], r["source"], _yes(r["verified"]))
        for one, other in ((r["code"], r["other"]), (r["other"], r["code"])):
            found[one] = (*found.get(one, ()), Relabelling(other, day, basis, Label(r["note_vi"], r["note_en"])))
    return found


def _scheme(row: Mapping[str, str]) -> Scheme:
    days = (_day(row["valid_from"]), _day(row["valid_to"]))
    return Scheme(
        row["scheme"], Label(row["title_vi"], row["title_en"]), row["purpose"], *days, _yes(row["verified"]), row["source"]
    )


def _rows(text: str, name: str, columns: tuple[str, ...], faults: list[str]) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text))
    if missing := [c for c in columns if c not in (reader.fieldnames or ())]:
        faults.append(f"{name}: the columns {', '.join(missing)} are missing")
        return []
    return [{c: (row[c] or "").strip() for c in columns} for row in reader]


def _yes(text: str) -> bool:
    return text.casefold() == "yes"


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
