"""Sentences about units of several days: where a place lies by old and by new names, with shares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from plangeo.adminunits.places import Mention
from plangeo.adminunits.unitmaps import UnitMap
from plangeo.adminunits.unitregister import Hold, Span, Unit, UnitRegister
from plangeo.model import Language
from plangeo.text import format_number

_MOST = 12
_UNTIL: Mapping[Language, str] = {"vi": "đến", "en": "until"}
_SINCE: Mapping[Language, str] = {"vi": "từ", "en": "since"}
_PART: Mapping[Language, str] = {"vi": "một phần", "en": "part of"}
_LOST: Mapping[Language, str] = {"vi": "không tìm thấy", "en": "not found"}
_MEANT: Mapping[Language, str] = {"vi": "có thể là", "en": "perhaps"}
_PLACE: Mapping[Language, str] = {"vi": "vị trí", "en": "the place"}
_MAP_DAYS: Mapping[Language, str] = {
    "vi": "tên trên bản đồ địa giới có ở nhiều thời kỳ, không rõ bản đồ thuộc thời kỳ nào",
    "en": "the names on the boundary map fit several days, and it is not known of which days it is",
}
_SUCCESSORS: Mapping[Language, str] = {"vi": "các đơn vị kế tiếp", "en": "its successors"}


def tell_ground(pieces: Iterable[tuple[str, str, float]], drawn: UnitMap, language: Language) -> str:
    """Tell where a place lies: name and share of each outline (``pieces``: id, name, share), with its names of other days."""
    told = []
    for given, name, share in pieces:
        candidates = drawn.views[0].units.get(given, ()) if len(drawn.views) == 1 else ()
        unit = candidates[0] if len(candidates) == 1 else None
        others = () if unit is None else _other_days(unit, drawn.views[0].epoch, drawn.register, language)
        told.append(f"{name} ({format_number(100 * share, language)} %{''.join(f'; {text}' for text in others)})")
    return "; ".join(told) + (f" ({_MAP_DAYS[language]})" if len(drawn.views) > 1 else "")


@lru_cache(maxsize=65_536)
def _other_days(unit: Unit, epoch: Span, register: UnitRegister, language: Language) -> tuple[str, ...]:
    """What was, or is, on the ground of a unit before and after its days."""
    at = register.epochs.index(epoch)
    found = []
    for other in (at - 1, at + 1):
        if not 0 <= other < len(register.epochs):
            continue
        first, last = register.epochs[other]
        held = register.hold(unit, (first, last))
        if not held or set(held) == {unit.key}:
            continue
        day = f"{_UNTIL[language]} {_date(last)}" if other < at else f"{_SINCE[language]} {_date(first)}"
        found.append(f"{day}: {_by_parent(held, register, language)}")
    return tuple(found)


def _by_parent(held: Mapping[str, Hold], register: UnitRegister, language: Language) -> str:
    """Units with the greater one they lie in, said once for its group."""
    groups: dict[str, list[str]] = {}
    for key, hold in held.items():
        unit = register.units[key]
        near = register.above(unit)
        above = f"{near[0].kind} {near[0].name}" if near and near[0].level else ""
        part = f"{_PART[language]} " if hold is Hold.PART else ""
        groups.setdefault(above, []).append(f"{part}{unit.title}")
    return "; ".join(_some(titles) + (f", {above}" if above else "") for above, titles in groups.items())


def tell_names(mentions: Sequence[Mention], register: UnitRegister, language: Language) -> str:
    """Tell what written names mean or may mean: "Xã Hồng Phong → Xã Hồng Phong, huyện Bình Gia / Xã Hồng Phong, huyện Cao Lộc"."""
    told = []
    for mention in mentions:
        units = mention.units or mention.suggested
        said = _some([_title(unit, register, language) for unit in units], " / ")
        found = f"{mention.said} → {'' if mention.units else _MEANT[language] + ' '}{said}"
        told.append(found if units else f"{_LOST[language]}: {mention.said}")
    return "; ".join(told)


def list_successors(mentions: Sequence[Mention], register: UnitRegister, language: Language) -> str:
    """Tell which units of the latest days follow the units that written names mean."""
    latest = register.epochs[-1]
    told = []
    for mention in mentions:
        held = {key: hold for unit in mention.units for key, hold in register.hold(unit, latest).items()}
        told.append(f"{mention.said}: {_SUCCESSORS[language]} {_by_parent(held, register, language)}")
    return "; ".join(told)


def joined(names: str, ground: str, language: Language) -> str:
    """Join what was declared and where the place is."""
    return f"{names}; {_PLACE[language]}: {ground}" if names else f"{_PLACE[language]}: {ground}"


def _title(unit: Unit, register: UnitRegister, language: Language) -> str:
    days = []
    if unit.valid_from:
        days.append(f"{_SINCE[language]} {_date(unit.valid_from)}")
    if unit.valid_to:
        days.append(f"{_UNTIL[language]} {_date(unit.valid_to)}")
    return register.title(unit) + (f" ({' '.join(days)})" if days else "")


def _some(titles: Sequence[str], sign: str = ", ") -> str:
    return sign.join(titles[:_MOST]) + (f" … (+{len(titles) - _MOST})" if len(titles) > _MOST else "")


def _date(day: dt.date | None) -> str:
    return f"{day.day}/{day.month}/{day.year}" if day else "…"
