"""Ceilings and floors of the rulebook against what the register declares, each with its article and whether somebody verified it."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from plangeo.amounts.bands import declared_ends, ends_in_words
from plangeo.entries.entrytable import Entries
from plangeo.entries.periods import capital_words
from plangeo.entries.remarks import Answer, Remark
from plangeo.law.ceilings import Ceiling
from plangeo.model import Label
from plangeo.text import format_area

_WORDS = {
    "<=": Label("không quá {}", "not above {}"),
    "<": Label("dưới {}", "below {}"),
    ">=": Label("không dưới {}", "not below {}"),
    ">": Label("trên {}", "above {}"),
}


def ask_limits(entries: Entries, doubted: Collection[int]) -> Answer:
    """Return which entries break a ceiling or floor of the rulebook of the day; ``doubted``: rows whose area is in doubt already."""
    book = entries.assessment.rulebook
    ends = {
        "declared_area_m2": declared_ends(entries.table)[:2],
        "capital_vnd": (entries.numbers("capital_min_vnd"), entries.numbers("capital_max_vnd")),
    }
    asked = np.zeros(len(entries.table), dtype=bool)
    remarks: list[Remark] = []
    for row, use in enumerate(entries.uses):
        for ceiling in book.ceilings_for(use) if use else ():
            low, high = (float(values[row]) for values in ends[ceiling.field])
            if (math.isnan(low) and math.isnan(high)) or (ceiling.field == "declared_area_m2" and row in doubted):
                continue
            asked[row] = True
            remarks += _of_ceiling(row, ceiling, low, high)
    why = Label("Bộ quy tắc không nêu mức trần, mức sàn nào", "The rulebook states no ceilings or floors")
    return Answer("limit", asked, remarks, Label("", "") if book.ceilings else why)


def _of_ceiling(row: int, ceiling: Ceiling, low: float, high: float) -> list[Remark]:
    holds = ceiling.holds(low, high)
    if holds:
        return []
    bound = Label(*(_WORDS[ceiling.op].text(lang).format(_written(ceiling, ceiling.value, lang)) for lang in ("vi", "en")))
    if ceiling.field == "declared_area_m2":
        stated = Label(*ends_in_words(low, high, False))
    else:
        stated = Label(*(capital_words(low, high, lang) for lang in ("vi", "en")))
    note = tuple(f"; {text}" if text else "" for text in (ceiling.note.vi, ceiling.note.en))
    said = Label(
        f"Kê khai {stated.vi}, quy định {bound.vi} ({ceiling.basis.cite('vi')}){note[0]}",
        f"Declared {stated.en}, the rule is {bound.en} ({ceiling.basis.cite('en')}){note[1]}",
    )
    code = "limit.uncertain" if holds is None else "limit.broken" if ceiling.basis.verified else "limit.broken_unverified"
    return [Remark(row, code, said, stated.vi, bound.vi, ceiling.basis.cite("vi"))]


def _written(ceiling: Ceiling, value: float, language: str) -> str:
    if ceiling.field == "declared_area_m2":
        return format_area(value, "vi" if language == "vi" else "en")
    return capital_words(value, value, language)
