"""Does the declared administrative unit agree with the place?

Names are compared without tone marks and case; a ward and a commune of one name are two units. A name without a
kind is taken for the only unit that bears it, and never for one of several. A split site keeps all its shares.

Where the profile knows the units with their days (``plangeo.adminunits.unitregister``), the name is read at the day of the list
(``list_date``; every day when it is not known) and followed to the units of the boundary map, whatever the days of the
map. It agrees only where it does so by every reading. Without such a register only the names of the map are known,
and a name that no unit bears is not guessed at: it may be a unit abolished by a reform.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd

from plangeo.adminunits.places import Mention, Place, list_span, resolve
from plangeo.adminunits.unitmaps import Lie, UnitMap, lie, read_unit_map
from plangeo.adminunits.unitregister import Hold, UnitRegister
from plangeo.adminunits.unittexts import joined, list_successors, tell_ground, tell_names
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
    register: UnitRegister | None = facts.get("units")
    drawn = (
        None if register is None else read_unit_map(zip(facts["ids"], facts["names"], facts["parents"], strict=True), register)
    )
    found = Findings("district", measured.sites["site_id"].tolist())
    sites = measured.sites.to_dict("records")
    differs: Mapping[str, str] = facts.get("recount_doubts", {})
    if drawn is not None:
        read = cache(lambda declared, above, day: read_place(declared, above, day, drawn, measured.rulebook.on))
        rows = [_judge_by_units(site, places.get(site["site_id"], []), drawn, read) for site in sites]
        found.add_each(range(len(rows)), _recounted(_told_doubts(sites, rows, facts), sites, differs))
        return found.table()
    units = _units(zip(facts["ids"], facts["names"], strict=True))
    meant = cache(lambda declared: _meant((part.strip() for part in _SEPARATOR.split(declared) if part.strip()), units))
    rows = [_judge_site(site, places.get(site["site_id"], []), meant) for site in sites]
    found.add_each(range(len(rows)), _recounted(_told_doubts(sites, rows, facts), sites, differs))
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


def _declared(site: Mapping[Any, Any], column: str = "declared_district") -> str:
    given = site.get(column)
    return "" if given is None or (not isinstance(given, str) and pd.isna(given)) else str(given).strip()


def _judge_site(site: Mapping[Any, Any], places: Sequence[Any], meant_by: Callable[[str], _Meant]) -> dict[str, Any]:
    row: dict[str, Any] = {"verdict": "unknown", "unit": "share"}
    declared = _declared(site)
    text = {"detail": _listed(places, "vi"), "detail_en": _listed(places, "en")}
    if not places:
        return row | _nowhere(site, declared)
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


def _nowhere(site: Mapping[Any, Any], declared: str) -> dict[str, str]:
    """Why a site that lies in no unit cannot be compared, and what it declares."""
    told = _both(lambda to: declared or _NONE_DECLARED.text(to))
    return told | {"reason": "outside" if site["has_place"] else "no_place"}


_NONE_DECLARED = Label("danh mục không nêu đơn vị nào", "the register names none")


@dataclass(frozen=True)
class PlaceOnMap:
    """A declared place, and where each of its names lies on the map."""

    place: Place
    lies: tuple[Lie, ...]

    def outlines(self, least: Hold, by: str = "least", *, but: str = "") -> frozenset[str]:
        """Outlines in which some name lies at least so surely; ``but``: leave out names with this reason."""
        counted = [there for m, there in zip(self.place.mentions, self.lies, strict=True) if m.reason != but]
        return frozenset(given for there in counted for given, hold in getattr(there, by).items() if hold >= least)

    def names(self, wanted: Callable[[Mention, Lie], bool]) -> list[Mention]:
        return [m for m, there in zip(self.place.mentions, self.lies, strict=True) if wanted(m, there)]


def read_place(declared: str, above: str, day: str, drawn: UnitMap, on: dt.date | None) -> PlaceOnMap:
    """Read a declared place, with the greater unit of a column of its own, at the day of its list, and find it on a map.

    ``on``: the day of the assessment. Where the day of the list is not known, or is none, names of every day count.
    """
    try:
        span = list_span(day)
    except ValueError:  # told when the list was read; without a day every reading counts
        span = (None, None)
    place = resolve(declared, drawn.register, span, within=above, today=on)
    return PlaceOnMap(place, tuple(lie(mention, drawn) for mention in place.mentions))


def _judge_by_units(
    site: Mapping[Any, Any], places: Sequence[Any], drawn: UnitMap, read_by: Callable[[str, str, str], PlaceOnMap]
) -> dict[str, Any]:
    row: dict[str, Any] = {"verdict": "unknown", "unit": "share"}
    declared, above, day = (_declared(site, c) for c in ("declared_district", "declared_parent", "list_date"))
    shown = ", ".join(part for part in (declared, above) if part)
    if not places:
        return row | _nowhere(site, shown)
    text = _both(lambda language: tell_ground([(p.district_id, p.district_name, p.share) for p in places], drawn, language))
    if not shown:
        return row | text | {"reason": "not_declared", "verdict": "permitted"}
    read = read_by(declared, above, day)
    for reason, least in (("agrees", Hold.WITHIN), ("agrees_successor", Hold.HOLDS)):
        stated = _share(places, read.outlines(least, but="abolished_level"))
        row |= {"measure": stated, "share": stated, "threshold": 1 - TOLERATED_SHARE}
        if stated >= 1 - TOLERATED_SHARE:
            told = text if reason == "agrees" else _compared(shown, "→", text)
            return row | told | {"reason": reason, "verdict": "permitted"}
    possible, anyhow = (_share(places, read.outlines(Hold.PART, by)) for by in ("least", "most"))
    row |= {"measure": possible, "share": possible}
    reason, about = _doubt(read, possible, anyhow)
    if reason in ("differs", "split"):
        return row | _compared(shown, "≠", text) | {"reason": reason}
    tell = list_successors if reason == "abolished_level" else tell_names
    if not day and reason in ("ambiguous", "divided"):
        text = {slot: f"{told} ({_NO_DAY.text(to)})" for to, slot in _SLOT.items() for told in (text[slot],)}
    return row | _both(lambda to: joined(tell(about, drawn.register, to), text[_SLOT[to]], to)) | {"reason": reason}


def _doubt(read: PlaceOnMap, possible: float, anyhow: float) -> tuple[str, list[Mention]]:
    """Why a declared place does not plainly agree, and the names it is about."""
    unread = read.names(lambda m, there: not there.known)
    gone = read.names(lambda m, _: m.reason == "abolished_level")
    if anyhow == 0:
        return (_UNREAD[unread[0].reason], unread) if unread else ("differs" if read.place.mentions else "name_unknown", [])
    if gone:
        return "abolished_level", gone
    if possible >= 1 - TOLERATED_SHARE:
        return "divided", read.names(lambda m, there: bool(there.least))
    if unread and anyhow > possible and not read.names(lambda m, there: bool(there.most) and not m.may_only_hold):
        return _UNREAD[unread[0].reason], unread  # "xã Quang Lang, Chi Lăng": only where it lies was found, not the place
    doubtful = read.names(lambda m, there: any(there.least.get(given, 0) == 0 for given in there.most))
    if doubtful and anyhow > possible:
        return "ambiguous", doubtful
    return "split", []


_NO_DAY = Label("danh mục không nêu ngày, nên xét cả tên cũ và tên mới", "the list states no day, so old and new names count")
_SLOT: Mapping[Language, str] = {"vi": "detail", "en": "detail_en"}
# Why a name could not be read → the reason of the finding; a name of several days of which one is not known is ambiguous.
_UNREAD: Mapping[str, str] = {
    "stale": "stale_name",
    "other_kind": "kind_differs",
    "elsewhere": "name_elsewhere",
    "near": "near_name",
    "unknown": "name_unknown",
    "unit": "name_unknown",
    "same_ground": "ambiguous",
    "ambiguous": "ambiguous",
    "abolished_level": "abolished_level",
}


def _both(tell: Callable[[Language], str]) -> dict[str, str]:
    return {slot: tell(language) for language, slot in _SLOT.items()}


def _compared(declared: str, sign: str, text: Mapping[str, str]) -> dict[str, str]:
    return {slot: f"{declared} {sign} {told}" for slot, told in text.items()}


def _told_doubts(
    sites: Sequence[Mapping[Any, Any]], rows: Sequence[dict[str, Any]], facts: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The findings with what is known of the coordinate system: of the whole list, and of rows that another system would explain."""
    others = facts.get("other_systems", {})
    told = [_doubted(row, facts.get("crs_check", {})) for row in rows]
    for site, row in zip(sites, told, strict=True):
        other = others.get(site["site_id"])
        if row["reason"] in ("differs", "outside") and other is not None and other.unit:
            said = other.said
            row |= {slot: f"{row[slot]}; {said.text(language)}" for language, slot in _SLOT.items()}
    return told


def _doubted(row: dict[str, Any], check: Mapping[str, Any]) -> dict[str, Any]:
    """Where the register as a whole lies elsewhere than it says, a site that happens to fit, or says nothing, proves nothing."""
    reasons = {"everywhere": ("agrees", "agrees_successor", "not_declared"), "undeclared": ("not_declared",)}.get(
        str(check.get("doubt")), ()
    )
    if row["reason"] not in reasons:
        return row
    said = (
        f"{check['stated']}: {check['agree']}/{check['declared']}; {check['better']}: {check['agree_better']}/{check['declared']}"
    )
    return {"verdict": "unknown", "unit": "share", "reason": "crs_doubtful", "detail": said, "detail_en": said}


def _recounted(
    rows: Sequence[dict[str, Any]], sites: Sequence[Mapping[Any, Any]], differs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Where a second computation finds other shares, nothing that rests on the first ones is said."""
    told = [differs.get(str(site["site_id"]), "") for site in sites]
    return [
        row
        if not said
        else {"verdict": "unknown", "unit": "share", "reason": "recount_differs", "detail": said, "detail_en": said}
        for row, said in zip(rows, told, strict=True)
    ]


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
        "agrees_successor": Reason(
            "Đơn vị hành chính kê khai đã nhập trọn vào đơn vị nơi có vị trí; bản đồ địa giới này không cho biết vị trí nằm ở phần nào: {detail}.",
            "The declared administrative unit lies wholly in the one where the place is; in which part of it, this boundary map cannot say: {detail}.",
        ),
        "divided": Reason(
            "Đơn vị hành chính kê khai chỉ có một phần ở nơi có vị trí (đã chia tách hoặc sắp xếp lại), nên chỉ có thể khớp, chưa chắc chắn: {detail}.",
            "Only a part of the declared administrative unit lies where the place is (it was divided or rearranged), so they may agree, and nobody can say: {detail}.",
        ),
        "abolished_level": Reason(
            "Cấp hành chính kê khai không còn vào ngày của danh mục; cần nêu đơn vị kế tiếp, hoặc nêu ngày của danh mục: {detail}.",
            "Administrative units of the declared level do not exist any more on the day of the list; name the successor, or state the day of the list: {detail}.",
        ),
        "stale_name": Reason(
            "Tên kê khai là của đơn vị hành chính đã sáp nhập từ trước, không rõ nay thuộc đơn vị nào: {detail}.",
            "The declared name is of a unit that was merged long before, and it is not recorded into which one: {detail}.",
        ),
        "near_name": Reason(
            "Không có đơn vị hành chính tên như kê khai; có tên gần giống, cần sửa danh mục nếu đúng: {detail}.",
            "No administrative unit bears the declared name; similar names exist, correct the list if one of them is meant: {detail}.",
        ),
        "name_elsewhere": Reason(
            "Có đơn vị hành chính tên như kê khai, nhưng không thuộc đơn vị cấp trên mà danh mục nêu: {detail}.",
            "An administrative unit bears the declared name, but not within the greater unit that the register names: {detail}.",
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
        "recount_differs": Reason(
            "Tính lại bằng phương pháp độc lập cho kết quả khác ({detail}), nên chưa biết vị trí thuộc đơn vị hành chính nào: hãy báo lỗi "
            "kèm tệp.",
            "A second, independent computation comes to another result ({detail}), so nobody knows in which administrative unit the place "
            "lies: please report it with the files.",
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
