"""What a written place means: the units of a register it names on the day of its list; doubt is told, never settled by guess.

``resolve("Xã Hồng Phong, huyện Cao Lộc", units)`` gives the one unit, although a district is no longer a unit;
``resolve("Xã Hồng Phong", units)`` gives candidates; ``ground`` says which units of another day hold the place.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from plangeo.adminunits.placenames import one_slip, plain_key
from plangeo.adminunits.placetext import Said, take_apart
from plangeo.adminunits.placewords import bearers
from plangeo.adminunits.unitregister import Span, Unit, UnitRegister
from plangeo.text import clean, fold, parse_date

Reason = Literal["unit", "same_ground", "ambiguous", "abolished_level", "stale", "other_kind", "elsewhere", "near", "unknown"]
"""Why a name is, or is not, read as one unit:

- ``unit``: it means one unit;
- ``same_ground``: units of several days, e.g. a commune and the greater one that bears its name now, and all of them lie in
  one and the same unit of the latest day;
- ``ambiguous``: several units, all listed; nothing was chosen;
- ``abolished_level``: a unit of a level that does not exist on the day of the list (a district since July 2025);
- ``stale``: a name that was gone before the units known here; nobody knows where its ground went;
- ``other_kind``: only units of another kind bear the name: a ward is not the commune of its name;
- ``elsewhere``: units bear the name, but not where the text says they lie;
- ``near``: no unit bears the name, some differ by one letter or by marks; suggested, never accepted;
- ``unknown``: nothing like it.
"""
_MOST_SUGGESTED = 5


@dataclass(frozen=True)
class Mention:
    """One name of a written place and what it may mean."""

    said: str
    """As written, with kind and what the text says it lies in."""
    name: str
    kind: str
    code: str
    reason: Reason
    units: tuple[Unit, ...]
    """Every unit it may mean, those in force on the day of the list first; with reason ``unit`` exactly one."""
    suggested: tuple[Unit, ...] = ()
    """Units that may have been meant, and were not accepted."""
    outdated: bool = False
    """True when no unit meant was in force on the day of the list."""
    may_only_hold: bool = False
    """True when it may be no place of its own, but only where another name lies."""
    beyond: bool = False
    """True when the text puts it into a place the register does not know, e.g. another province."""
    placed: bool = False
    """True when the text says where it lies, and the units fit."""


@dataclass(frozen=True)
class Place:
    """A written place, read."""

    said: str
    mentions: tuple[Mention, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units meant, when every name means exactly one; else nothing."""
        sure = all(m.reason == "unit" and not m.may_only_hold for m in self.mentions)
        return tuple(dict.fromkeys(u for m in self.mentions for u in m.units)) if sure else ()

    @property
    def candidates(self) -> tuple[Unit, ...]:
        """Every unit that any name may mean, without mere suggestions."""
        return tuple(dict.fromkeys(u for m in self.mentions for u in m.units))

    @property
    def reason(self) -> Reason:
        """The reason of the name that is least sure."""
        return max((m.reason for m in self.mentions), key=_DOUBT.index, default="unknown")


_DOUBT: tuple[Reason, ...] = (
    "unit",
    "same_ground",
    "ambiguous",
    "abolished_level",
    "other_kind",
    "elsewhere",
    "near",
    "stale",
    "unknown",
)


@dataclass(frozen=True)
class Ground:
    """The units of one day that hold a place."""

    units: tuple[Unit, ...]
    """Smallest units in force on the day; the place lies in their union, if ``complete``."""
    complete: bool
    """False when some name could not be read, or nobody knows where its ground went: the place may lie elsewhere."""
    one_reading: bool
    """False when names are ambiguous: the place lies in some of the units only, nobody can say which."""


def list_span(written: str | dt.date | None) -> Span:
    """Return the days a list may be of: a date, or a year as a whole; open at both ends when it is not known.

    **Raises** ValueError for a text that is neither.

    >>> list_span("1/7/2025")[0], list_span("2024")
    (datetime.date(2025, 7, 1), (datetime.date(2024, 1, 1), datetime.date(2024, 12, 31)))
    """
    if isinstance(written, dt.date):
        day = written.date() if isinstance(written, dt.datetime) else written
        return day, day
    text = clean(written or "")
    if not text:
        return None, None
    if text.isdigit() and len(text) == 4 and int(text) > 0:
        return dt.date(int(text), 1, 1), dt.date(int(text), 12, 31)
    day_read = parse_date(text)
    if day_read is None:
        raise ValueError(f"{text!r} is neither a date such as 2025-07-01 or 1/7/2025 nor a year")
    return day_read, day_read


def resolve(
    text: str, register: UnitRegister, on: dt.date | Span | None = None, *, within: str = "", today: dt.date | None = None
) -> Place:
    """Return what a written place means.

    Parameters
    ----------
    text : as the list writes it, e.g. "xã A và xã B (huyện C), xã D (huyện E)".
    register : the units of a profile: ``load_profile("vn").units``.
    on : the day of the list (or its first and last possible day); None = not known, then units of every day count.
    within : districts named in a column of their own, e.g. "Hữu Lũng" or "Chi Lăng; Hữu Lũng"; the names lie in one of them.
        When ``text`` is empty, they are the place, and they are districts, not communes of such a name.
    today : a day on which levels must still exist when the day of the list is not known.

    Returns
    -------
    Place with one Mention for each name that is a place of its own; see ``Reason`` for what is doubtful.

    >>> from plangeo.profiles import load_profile
    >>> units = load_profile("vn").units
    >>> [u.title for u in resolve("xa Hong Phong, H. Cao Loc", units).units]
    ['Xã Hồng Phong']
    >>> place = resolve("Xã Hồng Phong", units, dt.date(2024, 5, 1))
    >>> place.reason, [units.title(u) for u in place.candidates]
    ('ambiguous', ['Xã Hồng Phong, huyện Bình Gia', 'Xã Hồng Phong, huyện Cao Lộc'])
    """
    span: Span = (on, on) if isinstance(on, dt.date) else on or (None, None)
    limits = _limits_of(within, register)
    if not clean(text) and limits is not None:
        return resolve(_with_kinds(within, register), register, on, today=today)
    said = take_apart(text, register)
    if limits is None:
        said = _office_style(said, text, register, span)
    level_day: Span = (today, today) if span == (None, None) and today is not None else span
    mentions: list[Mention] = []
    for each in said:
        hints = [s for s in said if s.may_only_hold and s is not each]
        made = _read(each, register, span, level_day, limits, hints)
        if each.again and mentions and mentions[-1].units and made.units:
            mentions[-1] = _both(mentions[-1], made, register)
        else:
            mentions.append(made)
    return Place(clean(text), tuple(mentions))


def ground(place: Place, register: UnitRegister, on: dt.date) -> Ground:
    """Return the units in force ``on`` a day (that of a boundary map) that hold the place.

    >>> from plangeo.profiles import load_profile
    >>> units = load_profile("vn").units
    >>> [u.title for u in ground(resolve("TT. Cao Lộc, H. Cao Lộc", units), units, dt.date(2026, 1, 1)).units]
    ['Phường Kỳ Lừa']
    """
    epoch = next(e for e in register.epochs if (e[0] is None or e[0] <= on) and (e[1] is None or on <= e[1]))
    held: dict[Unit, None] = {}
    complete = bool(place.mentions)
    one = True
    for mention in place.mentions:
        readings = [register.hold(unit, epoch) for unit in mention.units]
        complete &= bool(readings) and all(readings) and not mention.beyond
        one &= not mention.may_only_hold and len({frozenset(reading) for reading in readings}) < 2
        held |= {register.units[key]: None for reading in readings for key in reading}
    return Ground(tuple(held), complete, one)


def _office_style(said: Sequence[Said], text: str, register: UnitRegister, span: Span) -> list[Said]:
    """Read the last name of "Đồng Đăng, Cao Lộc" as where the others lie: communes first, then their district without its kind.

    Only where the day of the list leaves one such reading: the district exists on all its days, each name before has one unit in
    it, and where it has others elsewhere, the district's name is no commune's elsewhere. On other days two communes may be meant.
    """
    first_day, last_day = span
    if len(said) < 2 or first_day is None or last_day is None or said[-1].kind or not said[-1].may_only_hold:
        return list(said)
    *names, last = said
    behind = "".join(rf"\s*[,–—-]\s*{re.escape(a.said)}" for a in last.above)  # the province
    if not re.search(rf"[,–—-]\s*{re.escape(last.said)}{behind}\s*$", clean(text)):
        return list(said)
    there = [u for u in _bearing(last, register) if u.in_force(span)]
    higher = [u for u in there if u.level < register.leaf]
    if len(higher) != 1 or not _all_days(higher[0], first_day, last_day):
        return list(said)
    district = higher[0]
    elsewhere = any(not _lies_in(u, frozenset({district.key}), register) for u in there)
    for name in names:
        own = [u for u in _bearing(name, register) if u.in_force(span) and (not name.kind or u.kind == name.kind)]
        inside = [u for u in own if u.level == register.leaf and _lies_in(u, frozenset({district.key}), register)]
        if len(inside) != 1 or (elsewhere and len(own) > 1) or name.again or name.when or name.above != last.above:
            return list(said)
    above = replace(last, kind=district.kind, levels=frozenset({district.level}), may_only_hold=False, holds=True)
    return [replace(name, above=[above, *name.above], may_only_hold=False) for name in names]


def _all_days(unit: Unit, first: dt.date, last: dt.date) -> bool:
    return (unit.valid_from is None or unit.valid_from <= first) and (unit.valid_to is None or last <= unit.valid_to)


def _both(first: Mention, again: Mention, register: UnitRegister) -> Mention:
    """One place said twice, by its old and by its new name: it must be right by both."""
    units = tuple(dict.fromkeys((*first.units, *again.units)))
    return replace(first, said=f"{first.said} ({again.said})", units=units, reason=_several(units, register), outdated=False)


def _several(units: Sequence[Unit], register: UnitRegister) -> Reason:
    if len(units) == 1:
        return "unit"
    grounds = {frozenset(register.hold(unit, register.epochs[-1])) for unit in units}
    return "same_ground" if len(grounds) == 1 and len(next(iter(grounds))) == 1 else "ambiguous"


def _limits_of(within: str, register: UnitRegister) -> frozenset[str] | None:
    """Keys of the units a column of districts names; None when there is none."""
    if not clean(within):
        return None
    return frozenset(u.key for _, units in _column(within, register) for u in units)


def _column(within: str, register: UnitRegister) -> list[tuple[Said, list[Unit]]]:
    """The names of a column of districts and their units; "Lạng Sơn" is the city there, not the province."""
    found = []
    for said in (each for one in take_apart(within, register) for each in (one, *one.above)):
        higher = [u for u in _bearing(said, register) if u.level < register.leaf and (not said.kind or u.kind == said.kind)]
        found.append((said, [u for u in higher if u.level == max(h.level for h in higher)]))
    return found


def _with_kinds(within: str, register: UnitRegister) -> str:
    """A column of districts with the kind written before each name that stands without."""
    named = dict.fromkeys((units[0].title if len(units) == 1 else said.said) for said, units in _column(within, register))
    return "; ".join(named) or within


def _bearing(said: Said, register: UnitRegister) -> list[Unit]:
    """The units of the name, or of the code and the name, of every kind and day."""
    if said.code:
        return [u for u in register.codes.get(said.code, ()) if not said.name or u in bearers(said.key, register)]
    return bearers(said.key, register)


def _read(
    said: Said,
    register: UnitRegister,
    span: Span,
    level_day: Span,
    limits: frozenset[str] | None,
    hints: Sequence[Said],
) -> Mention:
    named = _bearing(said, register)
    kinds = [u for u in named if not said.kind or u.kind == said.kind]
    asked = [frozenset(u.key for u in _bearing(a, register) if not a.kind or u.kind == a.kind) for a in said.above]
    if limits is not None:
        asked.append(limits)
    # A place may be said to lie in itself ("huyện Cao Lộc" in the column Cao Lộc) only where its kind says that it is meant.
    fitting = [u for u in kinds if all(_lies_in(u, places, register) and (said.kind or u.key not in places) for places in asked)]
    shown = clean(", ".join([said.said, *(a.said for a in said.above)]))
    beyond = any(not places for places in asked)
    made = _mention(said, shown, beyond)
    if not fitting:
        return _unread(made, said, named, kinds, asked, register)
    stale = [u for u in fitting if u.stale]
    known = _of_the_day([u for u in fitting if not u.stale], said, register, span, hints)
    if not known:
        return _with(made, "stale", stale)
    in_force = [u for u in known if u.in_force(span)]
    if said.code and not said.name and not in_force:  # another unit bore the code on that day; which one is not known
        return _with(made, "unknown", (), known)
    # A stale name is another reading, unless the day of the list says that a unit of the name was in force.
    units = known if in_force and span != (None, None) else [*known, *stale]
    outdated = not in_force
    placed = bool(asked)
    gone = [u for u in units if u.level < register.leaf and not _has_level(u.level, register, level_day)]
    if len(gone) == len(units):
        return _with(made, "abolished_level", units, outdated=outdated, placed=placed)
    return _with(made, _several(units, register), units, outdated=outdated, placed=placed)


def _mention(said: Said, shown: str, beyond: bool) -> Mention:
    return Mention(shown, said.name, said.kind, said.code, "unknown", (), may_only_hold=said.may_only_hold, beyond=beyond)


def _with(
    made: Mention,
    reason: Reason,
    units: Sequence[Unit] = (),
    suggested: Iterable[Unit] = (),
    *,
    outdated: bool = False,
    placed: bool = False,
) -> Mention:
    close = tuple(dict.fromkeys(suggested))[:_MOST_SUGGESTED]
    return replace(made, reason=reason, units=tuple(dict.fromkeys(units)), suggested=close, outdated=outdated, placed=placed)


def _lies_in(unit: Unit, places: frozenset[str], register: UnitRegister) -> bool:
    return unit.key in places or bool(places & register.places_above(unit))


def _of_the_day(units: Sequence[Unit], said: Said, register: UnitRegister, span: Span, hints: Sequence[Said]) -> list[Unit]:
    """Those in force on the days of the list; all, those in force first, when there are none or the text contradicts its day.

    A list of 2026 that writes "huyện" is written in the old way, whatever its day; ``hints`` may be such districts.
    """
    there = [u for u in units if u.in_force(span)]
    old_level = {level for level in range(register.leaf) if not _has_level(level, register, span)}
    higher = frozenset(u.key for h in hints for u in _bearing(h, register) if u.level in old_level)
    says_old = any(a.levels & old_level for a in said.above) or any(_lies_in(u, higher, register) for u in units)
    told = _of_the_time(units, said.when)
    if told is not None:
        return told
    if there and not says_old:
        return there
    return [*there, *(u for u in units if u not in there)]


def _of_the_time(units: Sequence[Unit], when: str) -> list[Unit] | None:
    """Those the text itself calls former or present ones; None when it does not say, or there are none."""
    if not when:
        return None
    chosen = [u for u in units if (u.valid_to is not None) == (when == "former")]
    return chosen or None


def _has_level(level: int, register: UnitRegister, span: Span) -> bool:
    return any(u.level == level and u.in_force(span) for u in register.units.values())


def _unread(
    made: Mention,
    said: Said,
    named: Sequence[Unit],
    kinds: Sequence[Unit],
    asked: Sequence[frozenset[str]],
    register: UnitRegister,
) -> Mention:
    """Why no unit fits, and which ones may have been meant."""
    near = _near(said, register)
    for above, places in zip(said.above, asked, strict=False):
        if not places and kinds:  # the name is known, the place it is said to lie in is not
            close = _near(above, register)
            inside = [u for u in kinds if any(_lies_in(u, frozenset({c.key}), register) for c in close)]
            return _with(made, "near" if inside else "elsewhere", (), inside or kinds)
    if kinds:
        here = [u for u in near if all(_lies_in(u, places, register) for places in asked)]
        return _with(made, "elsewhere", (), [*kinds, *here])
    if named:
        return _with(made, "other_kind", (), named)
    return _with(made, "near" if near else "unknown", (), near)


def _near(said: Said, register: UnitRegister) -> list[Unit]:
    """Units whose name differs by marks alone or by one letter."""
    if not said.name:
        return []
    plain = plain_key(said.key)
    keys = [
        key
        for other, alike in register.alike.items()
        if other == plain or (len(plain) > 3 and one_slip(plain, other))
        for key in alike
        if key != said.key
    ]
    units = [u for key in keys for u in register.named[key]]
    of_kind = [u for u in units if not said.kind or u.kind == said.kind]
    return sorted(of_kind, key=lambda u: (u.stale, u.valid_to is not None, fold(u.name)))
