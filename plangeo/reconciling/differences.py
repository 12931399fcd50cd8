"""What differs between two entries of one project, field by field, with both values as the lists write them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import shapely

from plangeo.amounts.bands import ROUNDING_M2, ends_in_words
from plangeo.model import Label
from plangeo.reconciling.entries import Amount, Entry
from plangeo.reconciling.evidence import CAPITAL_ROUNDING_VND, Agreement, gap, place_agreement
from plangeo.reconciling.names import compare_numbers, compare_words, read_name
from plangeo.reconciling.namewords import NameWords
from plangeo.reconciling.splits import Division
from plangeo.text import clean, fold, format_number

Field = Literal["code", "name", "use", "area", "capital", "phase", "place", "funding", "geometry"]
Kind = Literal["value", "one_sided", "unread", "wording", "adds_up"]
"""``adds_up``: the parts of a divided entry are the whole; ``value``: other values; ``one_sided``: only one list states it; ``unread``: written differently and not read as a number, so
nobody can say; ``wording``: written differently and the same all the same (abbreviations, marks, an old name of a commune, another
number in the list). Wording alone does not make a project changed."""

CHANGES: tuple[Kind, ...] = ("value", "one_sided", "unread")
"""Kinds that make a project changed."""

TITLES: dict[str, Label] = {
    "code": Label("Mã", "Code"),
    "name": Label("Tên", "Name"),
    "use": Label("Loại dự án", "Use"),
    "area": Label("Diện tích", "Area"),
    "capital": Label("Tổng vốn", "Capital"),
    "phase": Label("Phân kỳ", "Phase"),
    "place": Label("Địa điểm", "Place"),
    "funding": Label("Nguồn vốn", "Funding"),
    "geometry": Label("Vị trí", "Position"),
}
_NOTHING_TO_SAY = Label("", "")
MOVED_M = 5.0
"""Points nearer than this are the same: lists round to metres, and conversions of datum move by as much."""
_BETWEEN_SOURCES = re.compile(r"[;,+/]|\bvà\b", re.IGNORECASE)
_SAME_SHAPE = 0.99
"""Shared part of two areas from which they are one drawing."""


@dataclass(frozen=True)
class Difference:
    """One field in which two entries differ."""

    field: Field
    kind: Kind
    left: str
    """As the left list writes it; empty when it does not."""
    right: str
    amount: float = math.nan
    """Right less left: m², VND or metres; NaN where it is no number."""
    relative: float = math.nan
    """The same as a part of the left value."""
    unit: str = ""
    why: Label = _NOTHING_TO_SAY


def compare(left: Entry, right: Entry, words: NameWords, both: Iterable[str]) -> list[Difference]:
    """Return the differences of two entries, in the order of TITLES; ``both``: the fields that both lists state at all."""
    compared = set(both)
    found = [
        _code(left, right),
        _name(left, right),
        _text("use", left.use, right.use, words),
        _amount("area", left.area, right.area, ROUNDING_M2, "m²"),
        _amount("capital", left.capital, right.capital, CAPITAL_ROUNDING_VND, "VND"),
        _phase(left, right),
        _place(left, right),
        _funding(left, right, words),
        _moved(left, right),
    ]
    return [d for d in found if d is not None and (d.field in compared or d.field == "name")]


def compare_sums(left: Sequence[Entry], right: Sequence[Entry], division: Division) -> list[Difference]:
    """Return how one entry and the sum of its parts differ in area and capital, whichever side the parts are on."""
    parts_left = len(left) > 1
    whole, parts = (right[0], left) if parts_left else (left[0], right)
    rows: tuple[tuple[Field, Agreement, float, str, Amount, list[Amount]], ...] = (
        ("area", division.area, division.area_sum, "m²", whole.area, [p.area for p in parts]),
        ("capital", division.capital, division.capital_sum, "VND", whole.capital, [p.capital for p in parts]),
    )
    found = []
    for field, agreement, total, unit, one, several in rows:
        single, sum_of = _shown(one, unit), " + ".join(_shown(each, unit) or "?" for each in several)
        if not single and not sum_of.strip("?+ "):
            continue
        before, after = one.low if one.exact else math.nan, total
        texts = (single, sum_of)
        if parts_left:
            before, after, texts = after, before, (sum_of, single)
        found.append(
            Difference(
                field, _SUM_KIND[agreement], *texts, after - before, _share(after - before, before), unit, _SUM_WHY[agreement]
            )
        )
    return found


_SUM_KIND: dict[Agreement, Kind] = {"agree": "adds_up", "differ": "value", "unknown": "unread"}
_SUM_WHY: dict[Agreement, Label] = {
    "agree": Label("tổng các phần khớp với toàn dự án", "the parts add up to the whole"),
    "differ": Label("tổng các phần không khớp với toàn dự án", "the parts do not add up to the whole"),
    "unknown": Label(
        "không cộng được: thiếu hoặc không đọc được số liệu", "cannot be added up: a value is missing or was not read"
    ),
}


def _code(left: Entry, right: Entry) -> Difference | None:
    if not left.code or not right.code or left.code == right.code:
        return None
    return Difference(
        "code", "wording", left.id, right.id, why=Label("hai danh mục đánh mã khác nhau", "the lists number it differently")
    )


_WORDING_WHY = {
    "same": Label("viết khác nhau, cùng một tên", "written differently, the same name"),
    "marks_left_out": Label("một bên viết không dấu", "one list leaves the marks out"),
    "other_marks": Label("khác dấu: kiểm tra có phải cùng một địa danh", "other marks: check that it is the same place name"),
    "slip": Label("khác một chữ cái: có thể gõ nhầm", "differs by a letter: perhaps mistyped"),
    "reordered": Label("cùng các từ, khác thứ tự", "the same words in another order"),
    "extended": Label("một bên có thêm từ", "one list has more words"),
    "distinct": Label("tên khác hẳn", "clearly another name"),
}


def _name(left: Entry, right: Entry) -> Difference | None:
    if left.name.text == right.name.text:
        return None
    words, numbers = compare_words(left.name, right.name), compare_numbers(left.name, right.name)
    if numbers != "equal":
        why = Label("khác số hoặc giai đoạn", "another number or stage")
        return Difference("name", "value", left.name.text, right.name.text, why=why)
    kind: Kind = "wording" if words in ("same", "marks_left_out") else "value"
    return Difference("name", kind, left.name.text, right.name.text, why=_WORDING_WHY[words])


_ONE_SIDED = Label("chỉ một danh mục có", "only one list states it")


def _text(field: Field, left: str, right: str, words: NameWords) -> Difference | None:
    if left == right:
        return None
    if not left or not right:
        return Difference(field, "one_sided", left, right, why=_ONE_SIDED)
    a, b = read_name(left, words), read_name(right, words)
    same = fold(left) == fold(right) or (a.key == b.key and a.where == b.where and bool(a.plain))
    return Difference(field, "wording" if same else "value", left, right, why=_WORDING_WHY["same"] if same else Label("", ""))


def _funding(left: Entry, right: Entry, words: NameWords) -> Difference | None:
    """Sources of funding as a set: their order says nothing."""
    made = _text("funding", left.funding, right.funding, words)
    if made is None or made.kind != "value":
        return made
    same = _sources(left.funding, words) == _sources(right.funding, words)
    return Difference(
        "funding",
        "wording" if same else "value",
        left.funding,
        right.funding,
        why=_WORDING_WHY["same"] if same else Label("", ""),
    )


def _sources(text: str, words: NameWords) -> set[str]:
    return {read_name(part, words).base for part in _BETWEEN_SOURCES.split(text) if part.strip()}


def _amount(field: Field, left: Amount, right: Amount, rounding: float, unit: str) -> Difference | None:
    texts = _shown(left, unit), _shown(right, unit)
    if left.stated and right.stated:
        amount = gap(left, right, rounding)
        if amount == 0:
            if left.exact and right.exact:
                return None
            same = (left.low, left.high, left.approx) == (right.low, right.high, right.approx) or texts[0] == texts[1]
            why = Label("khoảng giá trị của hai bên giao nhau", "the two may be the same: they meet as ranges")
            return None if same else Difference(field, "wording", *texts, why=why)
        if left.exact and right.exact:
            amount = right.low - left.low
            return Difference(field, "value", *texts, amount, _share(amount, left.low), unit)
        before = left.high if amount > 0 else left.low
        why = Label(
            "hai khoảng giá trị không giao nhau; ghi phần cách nhau", "the ranges do not meet; what lies between them is given"
        )
        return Difference(field, "value", *texts, amount, _share(amount, before), unit, why)
    if not any(texts):
        return None
    if not all(texts):
        return Difference(field, "one_sided", *texts, why=_ONE_SIDED)
    if not left.stated and not right.stated and fold(left.text) == fold(right.text):
        return None
    why = Label("không đọc được thành số nên không so được", "not read as a number, so nobody can compare them")
    return Difference(field, "unread", *texts, why=why)


def _share(amount: float, before: float) -> float:
    return amount / before if before and math.isfinite(before) else math.nan


def _shown(amount: Amount, unit: str) -> str:
    """The amount as people read it; as written where it is no number."""
    if not amount.stated:
        return amount.text
    if unit == "m²":
        return ends_in_words(amount.low, amount.high, amount.approx)[0]
    low, high = (
        "" if math.isnan(v) else format_number(v / 1e9, "vi", 3).rstrip("0").rstrip(",") for v in (amount.low, amount.high)
    )
    about = "khoảng " if amount.approx else ""
    if not low or not high:
        return f"{about}{'từ' if low else 'đến'} {low or high} tỷ đồng"
    return f"{about}{low} tỷ đồng" if low == high else f"{about}{low}–{high} tỷ đồng"


def _phase(left: Entry, right: Entry) -> Difference | None:
    if fold(left.phase_text) == fold(right.phase_text):
        return None
    if not left.phase_text or not right.phase_text:
        return Difference("phase", "one_sided", left.phase_text, right.phase_text, why=_ONE_SIDED)
    years = [tuple(None if math.isnan(y) else y for y in e.phase) for e in (left, right)]
    read = [any(y is not None for y in pair) for pair in years]
    if all(read):
        kind: Kind = "wording" if years[0] == years[1] else "value"
    else:
        kind = "value"
    why = _WORDING_WHY["same"] if kind == "wording" else Label("", "")
    return Difference("phase", kind, left.phase_text, right.phase_text, why=why)


def _place(left: Entry, right: Entry) -> Difference | None:
    agreement = place_agreement(left, right)
    if clean(left.place).casefold() == clean(right.place).casefold() and agreement != "differ":
        return None
    if not left.place or not right.place:
        return Difference("place", "one_sided", left.place, right.place, why=_ONE_SIDED)
    a, b = left.ground, right.ground
    if agreement == "agree" and a.units == b.units:
        why = Label("cùng một đơn vị hành chính hiện nay, viết khác nhau", "the same unit of today, written differently")
        return Difference("place", "wording", left.place, right.place, why=why)
    if agreement == "agree":
        why = Label("có đơn vị hành chính hiện nay chung", "they share a unit of today")
        wider = a.units < b.units or b.units < a.units
        return Difference("place", "wording" if wider else "value", left.place, right.place, why=why)
    why = (
        Label("hai đơn vị hành chính khác nhau", "two different units")
        if agreement == "differ"
        else Label("địa danh không xác định được là một hay hai nơi", "nobody can say whether it is one place or two")
    )
    return Difference("place", "value" if agreement == "differ" else "unread", left.place, right.place, why=why)


def _moved(left: Entry, right: Entry) -> Difference | None:
    a, b = left.shape, right.shape
    if a is None and b is None:
        return None
    texts = _point(a), _point(b)
    if a is None or b is None:
        fault = (left if a is None else right).problem
        if fault:
            why = Label(f"vị trí của một bên có lỗi: {fault}", f"the place of one list is faulty: {fault}")
            return Difference("geometry", "unread", *texts, why=why)
        return Difference("geometry", "one_sided", *texts, why=_ONE_SIDED)
    areal = shapely.area(a) > 0 and shapely.area(b) > 0
    if areal:
        shared = shapely.area(shapely.intersection(a, b)) / shapely.area(shapely.union(a, b))
        if shared >= _SAME_SHAPE:
            return None
        metres = float(shapely.distance(shapely.centroid(a), shapely.centroid(b)))
        said = format_number(100 * shared, "vi", 1), format_number(100 * shared, "en", 1)
        why = Label(f"hai hình chung nhau {said[0]} % diện tích", f"the two shapes share {said[1]} % of their area")
        return Difference("geometry", "value", *texts, metres, unit="m", why=why)
    metres = float(shapely.hausdorff_distance(a, b)) if a.geom_type == b.geom_type else float(shapely.distance(a, b))
    if metres <= MOVED_M:
        return None
    return Difference("geometry", "value", *texts, metres, unit="m", why=Label("vị trí lệch nhau", "the places lie apart"))


def _point(shape: Any) -> str:
    if shape is None:
        return ""
    centre = shapely.point_on_surface(shape)
    kind = {"Point": "điểm", "LineString": "tuyến", "MultiLineString": "tuyến"}.get(shape.geom_type, "vùng")
    return f"{kind} ({centre.y:.1f}; {centre.x:.1f})"
