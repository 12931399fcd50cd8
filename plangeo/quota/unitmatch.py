"""Units of a table of hectares on the boundary map: only what was carried over whole is carried over.

A unit of the map takes the hectares of a former unit that was merged into it whole. What was divided, spans several units, or
cannot be told stays where it is, and is said. Without a register of units, names and codes must be equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd

from plangeo.adminunits.places import resolve
from plangeo.adminunits.unitmaps import UnitMap, lie, read_unit_map
from plangeo.adminunits.unitregister import Hold, Span, Unit, UnitRegister
from plangeo.text import fold


@dataclass(frozen=True)
class UnitMatch:
    """Where a unit of the table lies on the map."""

    unit_id: str
    """district_id on the map; empty when it was not carried over."""
    former: bool = False
    """True when it is one of several that make up the unit of the map."""
    problem_vi: str = ""
    problem_en: str = ""


@dataclass(frozen=True)
class UnitMatches:
    """All units of a table, and which units of the map they leave incomplete."""

    of: Mapping[str, UnitMatch]
    incomplete: Mapping[str, tuple[str, str]]
    """district_id → why its hectares are not all there, Vietnamese and English."""


def match_units(names: Sequence[str], districts: gpd.GeoDataFrame, register: UnitRegister | None, span: Span) -> UnitMatches:
    """Return where the units ``names`` of a table lie among ``districts`` (tables.DISTRICTS).

    Parameters: ``register`` of the profile, None when it brings none; ``span`` the days the table may be of, open when not known.
    """
    parents = districts["parent_name"] if "parent_name" in districts else [""] * len(districts)
    rows = [
        (str(i), str(n), str(p)) for i, n, p in zip(districts["district_id"], districts["district_name"], parents, strict=True)
    ]
    units = read_unit_map(rows, register) if register is not None else None
    if register is None or units is None:
        return UnitMatches(_by_name(names, rows), {})
    read = [_read(names, units, register, epoch) for epoch in _epochs(names, register, span)]
    found = {name: _agreed([each[name] for each in read]) for name in names}
    return UnitMatches({name: match for name, (match, _) in found.items()}, _incomplete(found, units, register))


def _by_name(names: Sequence[str], rows: Sequence[tuple[str, str, str]]) -> dict[str, UnitMatch]:
    known: dict[str, list[str]] = defaultdict(list)
    for unit_id, name, _ in rows:
        for word in {fold(unit_id), fold(name)}:
            known[word].append(unit_id)
    out = {}
    for name in names:
        ids = known.get(fold(name), [])
        some = len(ids) > 1
        vi = "nhiều đơn vị trên bản đồ cùng tên" if some else "không có đơn vị nào trên bản đồ tên như vậy"
        en = "several units of the map bear the name" if some else "no unit of the map bears the name"
        out[name] = UnitMatch(ids[0]) if len(ids) == 1 else UnitMatch("", False, vi, en)
    return out


def _epochs(names: Sequence[str], register: UnitRegister, span: Span) -> list[Span]:
    """The spans between reforms whose units the names of the table are, as many as may be."""
    fits: dict[int, int] = {}
    for n, epoch in enumerate(register.epochs):
        if (span[0] is None or epoch[1] is None or epoch[1] >= span[0]) and (
            span[1] is None or epoch[0] is None or epoch[0] <= span[1]
        ):
            fits[n] = sum(_meant(name, register, epoch) is not None for name in names)
    best = max(fits.values(), default=0)
    return [register.epochs[n] for n, count in fits.items() if count == best]


def _meant(name: str, register: UnitRegister, epoch: Span) -> Unit | None:
    """The one unit of those days that a name means."""
    units = [u for u in resolve(name, register, on=epoch).candidates if u.in_force(epoch)]
    return units[0] if len(units) == 1 else None


def _read(names: Sequence[str], units: UnitMap, register: UnitRegister, epoch: Span) -> dict[str, tuple[UnitMatch, str]]:
    """name → match, and the key of the unit it means in those days."""
    return {name: _on_map(name, _meant(name, register, epoch), units, register, epoch) for name in names}


def _on_map(name: str, unit: Unit | None, units: UnitMap, register: UnitRegister, epoch: Span) -> tuple[UnitMatch, str]:
    if unit is None:
        vi = "không rõ đơn vị nào: không có, hoặc nhiều đơn vị cùng tên; ghi thêm huyện cũ hoặc ngày của bảng (list_date)"
        return UnitMatch(
            "", False, vi, "no unit, or several, bear the name; add the former district or the day of the table (list_date)"
        ), ""
    place = resolve(name, register, on=epoch)
    if not place.mentions:
        return UnitMatch("", False, "không đọc được tên", "the name cannot be read"), ""
    where = {unit_id: hold for given, hold in _least(unit, units, register).items() for unit_id in [given]}
    if len(where) == 1 and min(where.values()) >= Hold.HOLDS:
        ((given, hold),) = where.items()
        return UnitMatch(given, hold is Hold.HOLDS), unit.key
    if any(hold is Hold.PART for hold in where.values()):
        vi = f"đơn vị cũ được chia vào nhiều đơn vị ({', '.join(sorted(where))}) nên chỉ tiêu không chuyển được"
        return UnitMatch(
            "", False, vi, f"the former unit was divided among {', '.join(sorted(where))}, so its hectares cannot be carried over"
        ), unit.key
    if where:
        vi = f"trải trên nhiều đơn vị của bản đồ ({', '.join(sorted(where))}) nên chỉ tiêu không chia được"
        return UnitMatch(
            "", False, vi, f"it spans several units of the map ({', '.join(sorted(where))}), so its hectares cannot be divided"
        ), unit.key
    return UnitMatch("", False, "không nằm trên bản đồ địa giới", "it does not lie on the boundary map"), unit.key


def _least(unit: Unit, units: UnitMap, register: UnitRegister) -> dict[str, Hold]:
    """Identifier of a unit of the map → how the unit lies there, by every reading of the map."""
    mention = resolve(register.title(unit), register, on=(unit.valid_from, unit.valid_to)).mentions
    exact = next((m for m in mention if unit in m.units), None)
    if exact is None:
        return {}
    ids = {o.id: o.unit_id for o in units.outlines}
    found = lie(exact, units)
    if not found.known:
        return {}
    return {ids[given]: found.least.get(given, Hold.PART) for given in found.most}


def _agreed(read: Sequence[tuple[UnitMatch, str]]) -> tuple[UnitMatch, str]:
    """What all readings of the table's days agree upon."""
    if not read:
        return UnitMatch(
            "", False, "ngày của bảng không thuộc thời kỳ nào đã biết", "the day of the table lies in no known span"
        ), ""
    if len({match.unit_id for match, _ in read}) == 1:
        return min(read, key=lambda pair: pair[0].former)
    vi = "tên có thể là đơn vị của nhiều thời kỳ; cho biết ngày của bảng (list_date)"
    return UnitMatch("", False, vi, "the name may be a unit of several days; say of which day the table is (list_date)"), ""


def _incomplete(found: Mapping[str, tuple[UnitMatch, str]], units: UnitMap, register: UnitRegister) -> dict[str, tuple[str, str]]:
    """Units of the map made of several former ones of which some are missing from the table, or came as a part only."""
    given: dict[str, set[str]] = defaultdict(set)
    for match, key in found.values():
        if match.unit_id and match.former:
            given[match.unit_id].add(key)
    out = {}
    ids = {o.id: o.unit_id for o in units.outlines}
    for view in units.views:
        for outline, some in view.units.items():
            have, after = given.get(ids[outline], set()), [u for u in some if u is not None]
            if not have or len(after) != 1:
                continue
            links = [link for leaf in register.leaves(after[0]) for link in register.predecessors(leaf)]
            lacking = [register.title(register.units[link.before]) for link in links if link.before not in have]
            if lacking:
                shown = ", ".join(sorted(lacking)[:5])
                out[ids[outline]] = (
                    f"bảng không có (hoặc không chuyển được) chỉ tiêu của {shown}",
                    f"the hectares of {shown} are not in the table, or could not be carried over",
                )
    return out
