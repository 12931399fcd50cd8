"""A boundary map against the register of units: of which days it is, which outline is which unit, and where a place lies on it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from plangeo.adminunits.placenames import EXACT, fit, name_key
from plangeo.adminunits.places import Mention
from plangeo.adminunits.placewords import bearers, kind_of
from plangeo.adminunits.unitregister import Hold, Span, Unit, UnitRegister
from plangeo.text import clean, fold

# A map is of the days whose units it shows nearly all, or whose units most of its rows are.
_NEARLY_ALL = 0.9
_MOST = 0.5
_REPEATED = re.compile(r"#\d+$")
_ROW = re.compile(r"row-\d+")


@dataclass(frozen=True)
class Outline:
    """One row of a boundary map."""

    id: str
    name: str
    """Without kind."""
    kind: str
    """Empty when the map states none."""
    unit_id: str
    """Equal for the parts of one unit: "05977" and "05977#2"."""
    above: frozenset[str] | None = None
    """Keys of the units it may lie in by a column of the map; None when there is no such column."""


@dataclass(frozen=True)
class View:
    """The outlines as units of one span of days; None among them: the outline may be a unit beyond the register."""

    epoch: Span
    units: Mapping[str, tuple[Unit | None, ...]]


@dataclass(frozen=True)
class UnitMap:
    """A boundary map, read as units."""

    register: UnitRegister
    outlines: tuple[Outline, ...]
    views: tuple[View, ...]
    """One for each span of days the map may be of; several when its names fit several."""

    @cached_property
    def strangers(self) -> tuple[Outline, ...]:
        """Outlines that are no unit of the register, whatever the days: neighbours in another province."""
        return tuple(o for o in self.outlines if not any(o.id in view.units for view in self.views))

    @cached_property
    def unit_ids(self) -> Mapping[str, tuple[str, ...]]:
        """Identifier of a unit on the map → its outlines."""
        found: dict[str, list[str]] = defaultdict(list)
        for outline in self.outlines:
            found[outline.unit_id].append(outline.id)
        return {unit: tuple(ids) for unit, ids in found.items()}


@dataclass(frozen=True)
class Lie:
    """Where a mention lies on a map: outline → Hold, without NONE."""

    least: Mapping[str, Hold]
    """By every reading of the name."""
    most: Mapping[str, Hold]
    """By some reading."""
    known: bool
    """False when nobody knows where some reading lies: it may be anywhere."""


def read_unit_map(rows: Iterable[tuple[str, str, str]], register: UnitRegister) -> UnitMap | None:
    """Read a boundary map as units.

    Parameters: ``rows`` identifier, name, and the unit above by a column of the map (else empty) of every outline.
    Returns: None when the map does not show the units of the register on any day.
    """
    outlines = tuple(_outline(given, name, above, register) for given, name, above in rows)
    found = []
    for epoch in register.epochs:
        for level in range(len(register.levels)):
            units = {o.id: some for o in outlines if (some := _candidates(o, level, epoch, register))}
            there = sum(u.level == level and u.in_force(epoch) for u in register.units.values())
            if units and there:
                shown = {u.key for some in units.values() for u in some}
                found.append((len(shown) / there, len(units) / len(outlines), View(epoch, units)))
    full = {n: shown for n, (shown, _, view) in enumerate(found) if shown >= _NEARLY_ALL and len(view.units) > 1}
    score = full or {n: share for n, (_, share, _) in enumerate(found) if share >= _MOST}
    if not score:
        return None
    views = tuple(_with_strangers(found[n][2], outlines) for n, value in score.items() if value == max(score.values()))
    return UnitMap(register, outlines, views)


def _outline(given: str, name: str, above: str, register: UnitRegister) -> Outline:
    """An identifier met again was numbered ("05977#2"): one unit of several parts. Row numbers identify nothing."""
    unit_id = fold(name) if _ROW.fullmatch(given) else _REPEATED.sub("", given)
    kind, plain, _ = kind_of(clean(name), register)
    higher = None
    if clean(above):
        near = bearers(name_key(kind_of(clean(above), register)[1]), register)
        higher = frozenset(u.key for u in near if u.level < register.leaf)
    return Outline(given, plain, kind, unit_id, higher)


def _candidates(outline: Outline, level: int, epoch: Span, register: UnitRegister) -> tuple[Unit, ...]:
    """The units of a level and of some days that an outline may be, by name, kind, code and what it lies in."""
    if not outline.name:
        return ()
    coded = outline.unit_id in register.codes or (outline.unit_id.isdigit() and len(outline.unit_id) == 5)
    return tuple(
        u
        for u in bearers(name_key(outline.name), register)
        if u.level == level
        and u.in_force(epoch)
        and (not outline.kind or u.kind == outline.kind)
        and (not coded or not u.code or u.code == outline.unit_id)
        and (outline.above is None or bool(outline.above & register.places_above(u)))
    )


def _with_strangers(view: View, outlines: Sequence[Outline]) -> View:
    """Where more units of one name are drawn than the register has, some of them are beyond it; nobody knows which."""
    drawn: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for outline in outlines:
        if outline.id in view.units:
            drawn[tuple(u.key for u in view.units[outline.id] if u)].add(outline.unit_id)
    units: dict[str, tuple[Unit | None, ...]] = {}
    for given, some in view.units.items():
        many = len(drawn[tuple(u.key for u in some if u)]) > len(some)
        units[given] = (*some, None) if many else some
    return View(view.epoch, units)


def lie(mention: Mention, units: UnitMap) -> Lie:
    """Say where a name of a list lies on a map, by every reading of the name and of the map."""
    readings: list[Mapping[str, tuple[Hold, Hold]]] = []
    known = True
    for view in units.views:
        for unit in mention.units:
            held = units.register.hold(unit, view.epoch)
            known &= bool(held)
            readings.append(_on_view(held, view, units.register))
    strangers = () if mention.placed else _strangers(mention, units)
    readings += [dict.fromkeys(given_ids, (Hold.WITHIN, Hold.WITHIN)) for given_ids in strangers]
    if mention.may_only_hold or not known:
        readings.append({})
    met = {given for reading in readings for given in reading}
    nothing = (Hold.NONE, Hold.NONE)
    least = {given: min(reading.get(given, nothing)[0] for reading in readings) for given in met}
    most = {given: max(reading.get(given, nothing)[1] for reading in readings) for given in met}
    return Lie(_without_none(least), _without_none(most), known and bool(mention.units or strangers))


def _on_view(held: Mapping[str, Hold], view: View, register: UnitRegister) -> dict[str, tuple[Hold, Hold]]:
    """Outline → how a unit lies to it at least and at most: an outline itself may be one of several units."""
    found = {}
    for given, some in view.units.items():
        holds = [Hold.NONE if unit is None else _hold(held, unit, register) for unit in some]
        if max(holds):
            found[given] = (min(holds), max(holds))
    return found


def _hold(held: Mapping[str, Hold], outline: Unit, register: UnitRegister) -> Hold:
    """How a unit lies to an outline, which may be a greater unit than those ``held`` speaks of."""
    leaves = {leaf.key for leaf in register.leaves(outline)}
    if all(held.get(key) is Hold.WITHIN for key in leaves):
        return Hold.WITHIN
    if held and held.keys() <= leaves:
        return Hold.HOLDS
    return Hold.PART if leaves & held.keys() else Hold.NONE


def _strangers(mention: Mention, units: UnitMap) -> list[tuple[str, ...]]:
    """Outlines beyond the register that bear the name, unit by unit; an identifier of the map names its unit."""
    written = mention.code or mention.said
    if not mention.units and written in units.unit_ids:
        return [units.unit_ids[written]]
    key = name_key(mention.name)
    fits = [(o, fit(key, name_key(o.name))) for o in units.strangers if not mention.kind or not o.kind or o.kind == mention.kind]
    best = EXACT if any(how == EXACT for _, how in fits) else 1
    found: dict[str, list[str]] = defaultdict(list)
    for outline, how in fits:
        if how >= best and outline.name:
            found[outline.unit_id].append(outline.id)
    return [tuple(ids) for ids in found.values()]


def _without_none(holds: Mapping[str, Hold]) -> dict[str, Hold]:
    return {given: hold for given, hold in holds.items() if hold}
