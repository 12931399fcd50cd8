"""Administrative units with their days: which unit was in force when, and which became which.

A reform of boundaries is a set of dated links from units to units, many to many. A profile brings the data; nothing
here knows a country. Best practice: ask with the date of the list. Anti-pattern: a code without a date, since codes
are given anew.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Literal, get_args

from plangeo.adminunits.placenames import Key, name_key, plain_key
from plangeo.errors import ProfileError
from plangeo.model import Label

LinkKind = Literal["unchanged", "renamed", "merged", "divided"]
"""What a unit did in a reform: stayed as it was, got another name, was merged whole, or went into several units by parts."""
Span = tuple[dt.date | None, dt.date | None]
"""First and last day, both included; None = open."""

_UNIT = ("unit", "code", "kind", "name", "parent", "valid_from", "valid_to", "status", "area_km2")
_LINK = ("before", "after", "link")
STALE = "stale"
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Unit:
    """One administrative unit while it kept its ground and its name."""

    key: str
    """Identifies it for ever: the code and the first day, or name, parent and last day where no code is known."""
    code: str
    """Official code, which other units may have borne before; empty = not known."""
    kind: str
    """Lower case, e.g. ``xã``."""
    name: str
    level: int
    """Place of its kind in the register's levels: 0 the largest."""
    parent: str
    """Key of the unit it belonged to; empty at the top."""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    stale: bool = False
    """True for a name of which only is known that the unit is gone: neither days nor successors."""
    area_km2: float | None = None

    @property
    def title(self) -> str:
        """Kind and name, e.g. ``Xã Hồng Phong``."""
        return f"{self.kind[:1].upper()}{self.kind[1:]} {self.name}"

    def in_force(self, span: Span) -> bool:
        """Say whether the unit was in force on some day of ``span``; a stale one never is."""
        first, last = span
        if self.stale:
            return False
        return (first is None or self.valid_to is None or self.valid_to >= first) and (
            last is None or self.valid_from is None or self.valid_from <= last
        )


@dataclass(frozen=True)
class Link:
    """What became of one unit: ``before`` went into ``after`` (keys)."""

    before: str
    after: str
    kind: LinkKind


class Hold(IntEnum):
    """How the ground of one unit lies to another one, of another day; the greater, the surer a place in it is right."""

    NONE = 0
    PART = 1
    """Some of the unit's ground may lie there; nobody can say which."""
    HOLDS = 2
    """The whole unit lies there, and more."""
    WITHIN = 3
    """All of the ground there belongs to the unit."""


@dataclass(frozen=True)
class KindOfUnit:
    """A kind of unit, e.g. ``xã``, with its level."""

    word: str
    level: int


@dataclass(frozen=True)
class Words:
    """Words beside names, in lower case, as the offices of the country write them."""

    below: tuple[str, ...] = ()
    """Kinds of places below the units of the register (hamlets, streets); what they name is not compared."""
    filler: tuple[str, ...] = ()
    """Words before a place that say nothing of it."""
    several: tuple[str, ...] = ()
    """Words before a kind that several names follow: "các xã A, B"."""
    beside: tuple[str, ...] = ()
    """Words before a neighbour of the place, which is not the place: near, next to, except."""
    former: tuple[str, ...] = ()
    """Words that say of a name that it is an old one."""
    present: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class UnitRegister:
    """All known units of a country or a part of it."""

    units: Mapping[str, Unit]
    links: tuple[Link, ...]
    levels: tuple[Label, ...]
    """Names of the levels, the largest first."""
    kinds: Mapping[str, KindOfUnit]
    """Lower-case word or abbreviation → kind."""
    words: Words = Words()

    @cached_property
    def leaf(self) -> int:
        """The level of the smallest units."""
        return len(self.levels) - 1

    @cached_property
    def _after(self) -> Mapping[str, tuple[Link, ...]]:
        return _grouped((link.before, link) for link in self.links)

    @cached_property
    def _before(self) -> Mapping[str, tuple[Link, ...]]:
        return _grouped((link.after, link) for link in self.links)

    @cached_property
    def _children(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for unit in self.units.values():
            found[unit.parent].append(unit.key)
        return {key: tuple(below) for key, below in found.items()}

    @cached_property
    def named(self) -> Mapping[Key, tuple[Unit, ...]]:
        """Name key → the units that bear or bore the name, of every kind and day."""
        found: dict[Key, list[Unit]] = defaultdict(list)
        for unit in self.units.values():
            found[name_key(unit.name)].append(unit)
        return {key: tuple(units) for key, units in found.items()}

    @cached_property
    def codes(self) -> Mapping[str, tuple[Unit, ...]]:
        """Official code → the units that bear or bore it."""
        found: dict[str, list[Unit]] = defaultdict(list)
        for unit in self.units.values():
            if unit.code:
                found[unit.code].append(unit)
        return {code: tuple(units) for code, units in found.items()}

    @cached_property
    def alike(self) -> Mapping[str, tuple[Key, ...]]:
        """Name without any marks → the keys of the names that differ by marks only."""
        found: dict[str, list[Key]] = defaultdict(list)
        for key in self.named:
            found[plain_key(key)].append(key)
        return {plain: tuple(keys) for plain, keys in found.items()}

    @cached_property
    def epochs(self) -> tuple[Span, ...]:
        """The spans between reforms, in order; within one, no unit begins or ends."""
        starts = {u.valid_from for u in self.units.values()} | {u.valid_to + _DAY for u in self.units.values() if u.valid_to}
        days = sorted(day for day in starts if day is not None)
        return tuple(zip([None, *days], [*(day - _DAY for day in days), None], strict=True))

    def successors(self, unit: Unit) -> tuple[Link, ...]:
        """Return the links to the units that followed ``unit``."""
        return self._after.get(unit.key, ())

    def predecessors(self, unit: Unit) -> tuple[Link, ...]:
        """Return the links from the units that ``unit`` was made of."""
        return self._before.get(unit.key, ())

    def above(self, unit: Unit) -> tuple[Unit, ...]:
        """Return the units that ``unit`` belonged to, the nearest first."""
        found: list[Unit] = []
        while unit.parent:
            unit = self.units[unit.parent]
            found.append(unit)
        return tuple(found)

    def places_above(self, unit: Unit) -> frozenset[str]:
        """Return keys of the units that ``unit``, or those it was made of, belonged to.

        People go on writing the old district after a new commune.
        """
        made_of = [self.units[link.before] for link in self.predecessors(unit)]
        return frozenset(higher.key for each in (unit, *made_of) for higher in self.above(each))

    def title(self, unit: Unit) -> str:
        """Return kind and name, with those of the unit above where the name alone would not say which one is meant."""
        near = self.above(unit)
        alone = unit.level < self.leaf or not near or near[0].level == 0
        return unit.title if alone else f"{unit.title}, {near[0].kind} {near[0].name}"

    def leaves(self, unit: Unit) -> tuple[Unit, ...]:
        """Return the smallest units below ``unit`` that were in force with it; itself when it is one."""
        if unit.level == self.leaf:
            return (unit,)
        below = (self.units[key] for key in self._children.get(unit.key, ()))
        span = (unit.valid_from, unit.valid_to)
        return tuple(leaf for each in below if each.in_force(span) for leaf in self.leaves(each))

    def hold(self, unit: Unit, epoch: Span) -> Mapping[str, Hold]:
        """Return how the ground of ``unit`` lies to the smallest units of ``epoch``: key → Hold, without NONE.

        Nothing at all means that nobody knows: the unit is stale, or the links do not reach that far.
        """
        leaves = [leaf for leaf in self.leaves(unit) if not leaf.stale]
        here = {leaf.key for leaf in leaves if leaf.in_force(epoch)}
        if here:  # a unit of several epochs has members of each
            return dict.fromkeys(sorted(here), Hold.WITHIN)
        if not leaves:
            return {}
        forward = epoch[0] is not None and all(leaf.valid_to is not None and leaf.valid_to < epoch[0] for leaf in leaves)
        carriers, within = {leaf.key for leaf in leaves}, {leaf.key for leaf in leaves}
        seen: set[str] = set()
        while pending := {key for key in carriers if not self.units[key].in_force(epoch)}:
            if pending & seen:
                return {}
            seen |= pending
            onward, back = (self._after, self._before) if forward else (self._before, self._after)
            if any(key not in onward for key in pending):
                return {}
            met = {_end(link, forward) for key in pending for link in onward[key]} | (carriers - pending)
            whole = {key for key in met if {_end(link, not forward) for link in back.get(key, ())} <= within}
            carriers, within = met, (whole - (carriers - pending)) | (within - pending)
        if len(carriers) == 1 and not within:
            return {next(iter(carriers)): Hold.HOLDS}
        return {key: Hold.WITHIN if key in within else Hold.PART for key in sorted(carriers)}


def _end(link: Link, forward: bool) -> str:
    return link.after if forward else link.before


def _grouped(pairs: Iterable[tuple[str, Link]]) -> dict[str, tuple[Link, ...]]:
    found: dict[str, list[Link]] = defaultdict(list)
    for key, link in pairs:
        found[key].append(link)
    return {key: tuple(links) for key, links in found.items()}


def read_units(
    units: str,
    links: str,
    *,
    levels: Sequence[Label],
    kinds: Mapping[str, KindOfUnit],
    words: Words = Words(),
) -> UnitRegister:
    """Return the register written in two CSV texts; lines that begin with # are remarks.

    Columns of ``units``: unit, code, kind, name, parent, valid_from, valid_to, status ("stale" or empty), area_km2; of
    ``links``: before, after, link. ``levels`` from the largest; ``kinds`` lower-case word or abbreviation → kind.
    **Raises** ProfileError with every fault: unknown kinds and keys, keys met twice, dates that are none, parents that
    are not above, links of other kinds, against time, or that contradict "divided".
    """
    faults: list[str] = []
    found: dict[str, Unit] = {}
    for line, row in _rows(units, _UNIT):
        kind = kinds.get(row["kind"])
        key = row["unit"]
        if kind is None or not key or key in found or not row["name"]:
            faults.append(f"units, line {line}: the kind {row['kind']!r} is not listed, or the key {key!r} is empty or met again")
            continue
        try:
            first, last = (dt.date.fromisoformat(row[c]) if row[c] else None for c in ("valid_from", "valid_to"))
            area = float(row["area_km2"]) if row["area_km2"] else None
        except ValueError as fault:
            faults.append(f"units, line {line}: {fault}")
            continue
        stale = row["status"] == STALE
        found[key] = Unit(key, row["code"], kind.word, row["name"], kind.level, row["parent"], first, last, stale, area_km2=area)
    for unit in found.values():
        parent = found.get(unit.parent)
        if unit.parent and (parent is None or parent.level >= unit.level):
            faults.append(f"units, {unit.key}: its parent {unit.parent!r} is not in the table, or not above it")
    made = tuple(
        Link(row["before"], row["after"], row["link"])  # type: ignore[arg-type]
        for _, row in _rows(links, _LINK)
    )
    faults += _link_faults(made, found)
    if faults:
        raise ProfileError("\n- ".join(["These are no administrative units:", *faults[:20]]), code="profile_malformed")
    return UnitRegister(found, made, tuple(levels), dict(kinds), words)


def _link_faults(links: Collection[Link], units: Mapping[str, Unit]) -> list[str]:
    faults = []
    count: dict[str, int] = defaultdict(int)
    for link in links:
        count[link.before] += 1
    for link in links:
        before, after = units.get(link.before), units.get(link.after)
        if before is None or after is None:
            faults.append(f"links: {link.before} → {link.after}: no such unit")
        elif link.kind not in get_args(LinkKind):
            faults.append(f"links: {link.before} → {link.after}: {link.kind!r} is none of {', '.join(get_args(LinkKind))}")
        elif before.valid_to is None or after.valid_from is None or before.valid_to >= after.valid_from:
            faults.append(f"links: {link.before} → {link.after}: a unit must have ended before its successor begins")
        elif (count[link.before] > 1) != (link.kind == "divided"):
            faults.append(f"links: {link.before} → {link.after}: a unit with several successors is divided, another one is not")
    return faults


def _rows(table: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    lines = [(n, text) for n, text in enumerate(table.splitlines(), start=1) if text.strip() and not text.startswith("#")]
    reader = csv.DictReader(io.StringIO("\n".join(text for _, text in lines)))
    missing = [c for c in columns if c not in (reader.fieldnames or ())]
    if missing:
        raise ProfileError(
            f"The columns {', '.join(missing)} are missing; a table of administrative units has {', '.join(columns)}.",
            code="profile_malformed",
        )
    for row in reader:
        yield lines[min(reader.line_num, len(lines)) - 1][0], {c: (row[c] or "").strip() for c in columns}
