"""A table of hectares held against itself: totals against the sum of units, classes against those below them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from plangeo.model import ZoneClass
from plangeo.quota.quotatable import TOTAL, Remark
from plangeo.text import format_number

# Plan tables are rounded to 0.01 ha; a sum of n such numbers may miss by half a unit each.
_HALF_UNIT_HA = 0.005


def check_sums(frame: pd.DataFrame, classes: Mapping[str, ZoneClass], where: str) -> list[Remark]:
    """Return where the table contradicts itself; ``frame`` per quotatable.COLUMNS, ``classes`` of the rulebook."""
    sound = frame[(frame["problem_en"] == "")]
    return [*_totals(sound, where), *_parents(sound, classes, where), *_repeats(sound, where)]


def _totals(frame: pd.DataFrame, where: str) -> Iterator[Remark]:
    for (row, code, source), some in frame.groupby(["row", "code", "from_code"], sort=False):
        stated, parts = some[some["unit"] == TOTAL]["hectares"], some[some["unit"] != TOTAL]["hectares"]
        if len(stated) and len(parts):
            yield from _told(
                float(stated.iloc[0]), parts.tolist(), f"{where}, {row}", _named(str(code), str(source)), "tổng số", "the total"
            )


def _parents(frame: pd.DataFrame, classes: Mapping[str, ZoneClass], where: str) -> Iterator[Remark]:
    """A class holds at least what the classes right below it hold, and just that where the table lists them all."""
    below: dict[str, set[str]] = {}
    for code, known in classes.items():
        if known.parent and not known.overlay:
            below.setdefault(known.parent, set()).add(code)
    plain = frame[frame["from_code"] == ""]
    for (unit, _, _), some in plain.groupby(["unit", "period_from", "period_to"], sort=False, dropna=False):
        held = dict(zip(some["code"], some["hectares"], strict=True))
        rows = dict(zip(some["code"], some["row"], strict=True))
        for code in held:
            listed = sorted(below.get(code, set()) & held.keys())
            if not listed:
                continue
            parts = [held[c] for c in listed]
            full = set(listed) == below[code]
            if full or math.fsum(parts) > held[code]:
                place = f"{where}, {rows[code]}" + ("" if unit == TOTAL else f", {unit}")
                yield from _told(held[code], parts, place, code, f"{code}", f"{code}", " + ".join(listed))


def _told(stated: float, parts: Sequence[float], where: str, code: str, vi: str, en: str, named: str = "") -> Iterator[Remark]:
    summed = math.fsum(parts)
    if abs(stated - summed) <= _HALF_UNIT_HA * (len(parts) + 1) + 1e-9:
        return
    numbers = {lang: [format_number(v, lang, 2) for v in (stated, summed, summed - stated)] for lang in ("vi", "en")}
    what_vi, what_en = (named, named) if named else ("các đơn vị", "the units")
    yield Remark(
        "sum",
        where,
        f"{code}: {vi} {numbers['vi'][0]} ha, cộng {what_vi} được {numbers['vi'][1]} ha, lệch {numbers['vi'][2]} ha",
        f"{code}: {en} is {numbers['en'][0]} ha, the sum of {what_en} {numbers['en'][1]} ha, {numbers['en'][2]} ha apart",
    )


def _repeats(frame: pd.DataFrame, where: str) -> Iterator[Remark]:
    keys = ["code", "from_code", "unit", "period_from", "period_to"]
    for key, some in frame[frame.duplicated(keys, keep=False)].groupby(keys, sort=False, dropna=False):
        rows = ", ".join(str(r) for r in some["row"])
        code, source, unit = str(key[0]), str(key[1]), str(key[2])
        yield Remark(
            "sum",
            f"{where}, {rows}",
            f"{_named(code, source)}, {unit}: ghi {len(some)} lần cho cùng thời kỳ nên không lần nào được tính",
            f"{_named(code, source)}, {unit}: stated {len(some)} times for the same period, so none of them counts",
        )


def _named(code: str, source: str) -> str:
    return f"{source}→{code}" if source else code
