"""Does the declared administrative unit agree with the place?

Names are compared without tone marks and case; a ward and a commune of one name are two units. A name without a
kind is taken for the only unit that bears it, and never for one of several. A split site keeps all its shares. A name
that no unit bears is not guessed at: it may be a unit abolished by the reform of 1 July 2025.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd

from plangeo.model import Check, Label, Language, Measured, Reason
from plangeo.tables import Findings
from plangeo.text import fold, format_number

# Administrative outlines of two sources differ by a few metres; less than this share elsewhere is not a split.
TOLERATED_SHARE = 0.01
_SHORT = {"tt": "thi tran", "tx": "thi xa", "tp": "thanh pho", "x": "xa", "p": "phuong", "h": "huyen", "q": "quan"}
_KIND = re.compile(r"(xa|phuong|thi tran|dac khu|thi xa|thanh pho|huyen|quan|tinh|tt|tx|tp|x|p|h|q)(?:\.\s*|\s+|$)(.*)")
_SEPARATOR = re.compile(r"[;,/+&\n]| và | and ", re.IGNORECASE)
_REPEATED = re.compile(r"#\d+$")
_ROW = re.compile(r"row-\d+")


@dataclass
class _Units:
    """The units of the boundary map: unit → identifiers of its outlines, and which units bear a name."""

    outlines: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    named: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """Name without kind → unit → kind; "" where the map states none."""


@dataclass(frozen=True)
class _Meant:
    """What a declared text may mean, as identifiers of outlines."""

    sure: frozenset[str]
    doubtful: frozenset[str]
    """Units of the name, of which the text does not say which one."""
    other_kind: frozenset[str]


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site: ``agrees``, or why the declared unit and the place do not fit together."""
    places: dict[str, list[Any]] = defaultdict(list)
    for piece in measured.pieces("districts"):
        places[piece.site_id].append(piece)
    facts = measured.layers["districts"]
    units = _units(zip(facts["ids"], facts["names"], strict=True))
    meant = cache(lambda declared: _meant((part.strip() for part in _SEPARATOR.split(declared) if part.strip()), units))
    found = Findings("district", measured.sites["site_id"].tolist())
    rows = [_judge_site(site, places.get(site["site_id"], []), meant) for site in measured.sites.to_dict("records")]
    rows = [_doubted(row, facts.get("crs_check", {})) for row in rows]
    found.add_each(range(len(rows)), rows)
    return found.table()


def _units(rows: Iterable[tuple[str, str]]) -> _Units:
    """An identifier met again was numbered ("05977#2"): one unit of several parts. Row numbers identify nothing."""
    units = _Units()
    for given, name in rows:
        unit = fold(name) if _ROW.fullmatch(given) else _REPEATED.sub("", given)
        units.outlines[unit].add(given)
        kind, plain = _parted(name)
        if plain:
            units.named[plain][unit] = kind
    return units


def _parted(name: str) -> tuple[str, str]:
    """Return kind and name: "P. Đông Kinh" → ("phuong", "dong kinh"); the kind is "" when none is stated."""
    plain = fold(name)
    match = _KIND.fullmatch(plain)
    return (_SHORT.get(match[1], match[1]), match[2].strip()) if match else ("", plain)


def _meant(parts: Iterable[str], units: _Units) -> _Meant:
    sure, doubtful, other = set[str](), set[str](), set[str]()
    for part in parts:
        if part in units.outlines:
            sure.add(part)
            continue
        kind, plain = _parted(part)
        if kind and fold(part) in units.named:  # "Quan Sơn" without tone marks begins like a kind of unit
            kind, plain = "", fold(part)
        bearers = units.named.get(plain, {})
        fitting = [unit for unit, its in bearers.items() if not kind or not its or its == kind]
        (sure if len(fitting) == 1 else doubtful).update(fitting)
        other.update(bearers.keys() - set(fitting))
    parts_of = [frozenset(i for unit in group for i in units.outlines[unit]) for group in (sure, doubtful - sure, other)]
    return _Meant(*parts_of)


def _listed(places: Sequence[Any], language: Language) -> str:
    return "; ".join(f"{p.district_name} ({format_number(100 * p.share, language)} %)" for p in places)


def _declared(site: Mapping[Any, Any]) -> str:
    given = site.get("declared_district")
    return "" if given is None or (not isinstance(given, str) and pd.isna(given)) else str(given).strip()


def _judge_site(site: Mapping[Any, Any], places: Sequence[Any], meant_by: Callable[[str], _Meant]) -> dict[str, Any]:
    row: dict[str, Any] = {"verdict": "unknown", "unit": "share"}
    declared = _declared(site)
    text = {"detail": _listed(places, "vi"), "detail_en": _listed(places, "en")}
    if not places:
        return row | {"reason": "outside" if site["has_place"] else "no_place", "detail": declared, "detail_en": declared}
    if not declared:
        return row | text | {"reason": "not_declared", "verdict": "permitted"}
    meant = meant_by(declared)
    both = {slot: f"{declared} ≠ {shown}" for slot, shown in text.items()}
    if not meant.sure | meant.doubtful:
        return row | both | {"reason": "kind_differs" if meant.other_kind else "name_unknown"}
    stated = _share(places, meant.sure)
    if stated < 1 - TOLERATED_SHARE and _share(places, meant.doubtful) > 0:
        asked = {slot: f"{declared} ? {shown}" for slot, shown in text.items()}
        return row | asked | {"reason": "ambiguous"}
    row |= {"measure": stated, "share": stated, "threshold": 1 - TOLERATED_SHARE}
    if stated >= 1 - TOLERATED_SHARE:
        return row | text | {"reason": "agrees", "verdict": "permitted"}
    return row | both | {"reason": "split" if stated > 0 else "differs"}


def _doubted(row: dict[str, Any], check: Mapping[str, Any]) -> dict[str, Any]:
    """Where the register as a whole lies elsewhere than it says, a site that happens to fit, or says nothing, proves nothing."""
    reasons = {"everywhere": ("agrees", "not_declared"), "undeclared": ("not_declared",)}.get(str(check.get("doubt")), ())
    if row["reason"] not in reasons:
        return row
    said = (
        f"{check['stated']}: {check['agree']}/{check['declared']}; {check['better']}: {check['agree_better']}/{check['declared']}"
    )
    return {"verdict": "unknown", "unit": "share", "reason": "crs_doubtful", "detail": said, "detail_en": said}


def _share(places: Sequence[Any], outlines: frozenset[str]) -> float:
    return min(1.0, math.fsum(p.share for p in places if p.district_id in outlines))


CHECK = Check(
    code="district",
    title=Label("Đơn vị hành chính kê khai", "Declared administrative unit"),
    needs=("districts",),
    reasons={
        "agrees": Reason(
            "Vị trí khớp với đơn vị hành chính kê khai: {detail}.",
            "The place agrees with the declared administrative unit: {detail}.",
        ),
        "split": Reason(
            "Dự án nằm trên nhiều đơn vị hành chính, danh mục chỉ nêu một phần ({share}): {detail}.",
            "The site lies in several administrative units, the register names only part of them ({share}): {detail}.",
        ),
        "differs": Reason(
            "Vị trí không nằm trong đơn vị hành chính kê khai: {detail}.",
            "The place is not in the declared administrative unit: {detail}.",
        ),
        "name_unknown": Reason(
            "Tên đơn vị hành chính kê khai không có trong bản đồ địa giới (tên cũ trước sắp xếp, hoặc viết sai): {detail}.",
            "The boundary map has no unit of the declared name (an abolished unit, or a misspelling): {detail}.",
        ),
        "kind_differs": Reason(
            "Bản đồ địa giới có đơn vị cùng tên nhưng khác loại (phường, xã, thị trấn …), không thể coi là một: {detail}.",
            "The boundary map has a unit of that name but of another kind (ward, commune, township …), which is not the same: {detail}.",
        ),
        "ambiguous": Reason(
            "Nhiều đơn vị hành chính mang tên kê khai, danh mục không nêu rõ đơn vị nào: {detail}.",
            "Several administrative units bear the declared name, and the register does not say which one: {detail}.",
        ),
        "not_declared": Reason(
            "Danh mục không nêu đơn vị hành chính; theo vị trí: {detail}.",
            "The register names no administrative unit; by its place: {detail}.",
        ),
        "crs_doubtful": Reason(
            "Hệ tọa độ của danh mục có thể sai, nên vị trí này không đáng tin; số dự án nằm trong đơn vị kê khai: {detail}.",
            "The coordinate system of the register looks wrong, so this place cannot be trusted; sites in their declared unit: {detail}.",
        ),
        "outside": Reason(
            "Vị trí không nằm trong đơn vị hành chính nào của bản đồ địa giới (kê khai: {detail}).",
            "The place lies in no administrative unit of the boundary map (declared: {detail}).",
        ),
        "no_place": Reason(
            "Dự án chưa có vị trí nên không so sánh được đơn vị hành chính kê khai: {detail}.",
            "The site has no place yet, so the declared unit cannot be compared: {detail}.",
        ),
    },
    judge=judge,
)
