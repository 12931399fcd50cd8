"""Where the money comes from: is a source named, is it known, and do the amounts add up to the capital?

Rounding: each number may be off by half of its last digit (of at most 10⁹ VND, tables are written in tỷ đồng); more than all of that
together is a difference, and less is told as what rounding could explain. A range of the capital is met by a sum that lies in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plangeo.amounts.units import Unit, header_units
from plangeo.entries.entrytable import Entries, Floats
from plangeo.entries.remarks import Answer, Remark
from plangeo.entries.sources import KINDS, Piece, amounts_vnd, column_pieces, read_amounts, source_columns, take_sources
from plangeo.model import Label
from plangeo.text import STYLES, NumberStyle, format_number

_MOST_ROUNDED_VND = 1e9
_ONE_DONG = 1.0
_SHARE_SLACK = 0.5
"""Per cent, for each share: shares are written as whole numbers."""


@dataclass(frozen=True)
class Funding:
    """The sources of each entry."""

    kinds: list[tuple[str, ...]]
    """Kinds named (``sources.KINDS``), each once, in the order of the entry."""
    answer: Answer


def ask_funding(entries: Entries) -> Funding:
    """Return the kinds of sources of each entry and what is missing, unknown or does not add up."""
    columns = source_columns(entries, _stated_unit(entries.heading_of("declared_capital")))
    texts = entries.texts("funding")
    default = _stated_unit(entries.heading_of("funding"))
    told = [take_sources(text, default) if text else [] for text in texts]
    stated = column_pieces(entries, columns)
    styles = read_amounts(told), read_amounts(stated)
    count = len(entries.table)
    if "funding" not in entries.table and not columns:
        why = Label("Danh mục không có cột nguồn vốn", "The register has no column of funding")
        return Funding([()] * count, Answer("funding", np.zeros(count, dtype=bool), (), why))
    low, high = entries.numbers("capital_min_vnd"), entries.numbers("capital_max_vnd")
    remarks: list[Remark] = []
    kinds = []
    for row in range(count):
        pieces, style = (stated[row], styles[1]) if stated[row] else (told[row], styles[0])
        kinds.append(tuple(dict.fromkeys(kind for piece in (*told[row], *stated[row]) for kind in piece.kinds)))
        if not told[row] and not stated[row]:
            remarks.append(
                Remark(row, "funding.missing", Label("Chưa nêu nguồn vốn", "No source of the money is stated"), texts[row])
            )
            continue
        remarks += _of_words(row, told[row])
        remarks += _of_amounts(row, pieces, style, (float(low[row]), float(high[row])))
    return Funding(kinds, Answer("funding", np.ones(count, dtype=bool), remarks))


def _stated_unit(heading: str) -> Unit | None:
    """The one unit of money that a heading states, a bare "tỷ" as đồng."""
    units = header_units(heading, "money")
    return Unit(units[0].factor, units[0].base or "VND") if len(units) == 1 else None


def _of_words(row: int, pieces: Sequence[Piece]) -> list[Remark]:
    unknown = [piece.words for piece in pieces if not piece.kinds]
    remarks = []
    if unknown:
        shown = ", ".join(f"“{words[:60] or '—'}”" for words in unknown)
        said = Label(f"Không rõ nguồn vốn {shown}", f"The source {shown} is not known")
        remarks.append(Remark(row, "funding.unknown_word", said, shown))
    if any(piece.kinds == ("state",) for piece in pieces):
        said = Label(
            "Chỉ ghi ngân sách nhà nước, chưa rõ trung ương hay địa phương",
            "State budget, without saying whether central or local",
        )
        remarks.append(Remark(row, "funding.level_not_stated", said, KINDS["state"].vi))
    return remarks


def _of_amounts(row: int, pieces: Sequence[Piece], style: NumberStyle | None, capital: tuple[float, float]) -> list[Remark]:
    """Amounts and shares of the sources of one entry against its capital (VND, least and most)."""
    remarks = []
    shares = [piece.share for piece in pieces if piece.share is not None]
    if shares and len(shares) == len(pieces) and abs(math.fsum(shares) - 100) > _SHARE_SLACK * len(shares):
        vi, en = (format_number(math.fsum(shares), lang, 1) for lang in ("vi", "en"))
        said = Label(
            f"Tỷ lệ các nguồn vốn cộng lại {vi} %, không phải 100 %", f"The shares of the sources add up to {en} %, not 100 %"
        )
        remarks.append(Remark(row, "funding.differs", said, f"{vi} %", "100 %"))
    wanted = [piece for piece in pieces if piece.amount is not None or piece.unread]
    if not wanted:
        return remarks
    amounts = _settled(pieces, style, capital)
    unread = [piece for piece, value in zip(pieces, amounts, strict=True) if (piece.amount or piece.unread) and math.isnan(value)]
    if unread:
        shown = ", ".join(f"“{piece.amount[1] if piece.amount else piece.unread}”" for piece in unread)
        said = Label(
            f"Không đọc chắc chắn được số tiền {shown} (thiếu đơn vị hoặc dấu thập phân không rõ)",
            f"The amount {shown} cannot be read without guessing (no unit, or the decimal sign is not clear)",
        )
        return [*remarks, Remark(row, "funding.unread_amount", said, shown)]
    return remarks + _of_sum(row, [a for a in amounts if not math.isnan(a)], len(wanted) == len(pieces), capital)


def _settled(pieces: Sequence[Piece], style: NumberStyle | None, capital: tuple[float, float]) -> list[float]:
    """The amounts in the column's style; where none is proven, in the only style in which they add up to the capital."""
    amounts = amounts_vnd(pieces, style)
    if style is not None or not any(math.isnan(a) for a, p in zip(amounts, pieces, strict=True) if p.amount is not None):
        return amounts
    fitting = []
    for tried in STYLES:
        read = amounts_vnd(pieces, tried)
        if not any(map(math.isnan, read)) and _gap(read, capital)[1]:
            fitting.append(read)
    return fitting[0] if len(fitting) == 1 else amounts


def _of_sum(row: int, amounts: Sequence[float], whole: bool, capital: tuple[float, float]) -> list[Remark]:
    """The sum of the sources against the capital; of some sources only, it can but exceed it."""
    gap, rounding = _gap(amounts, capital)
    summed = math.fsum(amounts)
    if whole and gap == 0:
        return []
    vi, en = (tuple(shown_vnd(v, lang) for v in (summed, capital[0 if summed < capital[0] else 1])) for lang in ("vi", "en"))
    if (gap > 0 and not (rounding and not whole)) or (whole and gap < 0):
        code = "funding.rounding" if rounding else "funding.differs" if whole else "funding.exceeds"
        told = ("; có thể do làm tròn", "; rounding could explain it") if rounding else ("", "")
        said = Label(
            f"Các nguồn vốn cộng lại {vi[0]}, tổng vốn {vi[1]}{told[0]}",
            f"The sources add up to {en[0]}, the capital is {en[1]}{told[1]}",
        )
        return [Remark(row, code, said, vi[0], vi[1])]
    why = (
        ("chưa có số tiền của mọi nguồn", "not every source has an amount")
        if not whole
        else ("chưa có tổng vốn để đối chiếu", "there is no capital to compare with")
    )
    said = Label(f"Các nguồn vốn nêu số tiền cộng lại {vi[0]}: {why[0]}", f"The amounts stated add up to {en[0]}: {why[1]}")
    return [Remark(row, "funding.partly_stated", said, vi[0])]


def _gap(amounts: Sequence[float], capital: tuple[float, float]) -> tuple[float, bool]:
    """How far a sum lies beyond the capital (VND; NaN where there is none), and whether rounding can explain it."""
    low, high = capital
    ends = [v for v in (low, high) if not math.isnan(v)]
    if not ends:
        return math.nan, False
    summed = math.fsum(amounts)
    gap = summed - high if summed > high else summed - low if summed < low else 0.0
    slack = 0.5 * sum(_last_digit(a) for a in (*amounts, *dict.fromkeys(ends)))
    return (gap, abs(gap) <= slack) if abs(gap) > _ONE_DONG else (0.0, True)


def _last_digit(value: float) -> float:
    """The greatest power of ten that divides a number of VND, of at most 10⁹: what its last written digit can stand for."""
    power = 1.0
    while power < _MOST_ROUNDED_VND and value and abs(math.remainder(value, power * 10)) < 1e-3:
        power *= 10
    return power


def shown_vnd(value: float, language: str) -> str:
    """Return an amount of đồng in tỷ (10⁹), as lists write it."""
    if math.isnan(value):
        return "—"
    number = format_number(value / 1e9, "vi" if language == "vi" else "en", 3)
    number = number.rstrip("0").rstrip(",.")
    return f"{number} tỷ đồng" if language == "vi" else f"VND {number} billion"


def middle_vnd(low: Floats, high: Floats) -> Floats:
    """Return one number for each capital, the middle of a range on the log scale; NaN where an end is open."""
    with np.errstate(invalid="ignore"):
        return np.where((low > 0) & (high > 0), np.sqrt(low) * np.sqrt(high), math.nan)
