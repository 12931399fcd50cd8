"""The column of declared capital: amounts in đồng or dollars, each in its own currency and never converted.

A number whose unit (tỷ, triệu, đồng) neither the cell nor the header states is not read: a thousand lies between them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from plangeo.amounts.quantities import (
    Quantity,
    Written,
    cell_text,
    evaluate,
    is_blank,
    slips,
    style_decision,
    take_apart,
    weigh_style,
)
from plangeo.amounts.units import Unit, header_units, stated_units
from plangeo.reading import Decision
from plangeo.text import ExactNumber, NumberStyle, format_number

_SHOWN = 5
_IN_BRACKETS = re.compile(r"([^()]*\S)\s*\((?:tương đương|tuong duong|hay|=)?\s*([^()]+)\)\s*", re.IGNORECASE)
_KEPT = ("VND", "USD")
Pair = tuple[Written | None, Written | None]


def read_capital(
    cells: pd.Series, numbers: Sequence[int], source: str, decisions: list[Decision], beside: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the columns ``capital_*`` of the SITES contract for a column of capital, one entry per row.

    The name of ``cells`` is the header that may state the unit; ``numbers`` are the rows of the file; ``beside`` lines of
    the sheet that may state it where the header does not ("ĐVT: triệu đồng"). "3.500 tỷ đồng (150 triệu
    USD)" fills both currencies. What cannot be read stays NaN, and a decision names it.
    """
    where = f"{source}, column {str(cells.name)!r}"
    units = header_units(str(cells.name), "money")
    if not units and (units := list(dict.fromkeys(unit for line in beside for unit in stated_units(line, "money")))):
        shown = " / ".join(line for line in beside if stated_units(line, "money"))[:160]
        decisions.append(Decision("number", where, "the line above the table states the unit of numbers without one", shown))
    default = _with_currency(units[0]) if len(units) == 1 else None
    texts = ["" if is_blank(t) else t for t in map(cell_text, cells.tolist())]
    pairs = [_apart(t, default) if t else (None, None) for t in texts]
    style = weigh_style(
        [(written, text, n) for pair, text, n in zip(pairs, texts, numbers, strict=True) for written in pair if written]
    )
    found = [_amounts(pair, style.decimal) for pair in pairs]
    followed = style.shown
    words = {(t, n): _shown(q[0]) for t, n, q in zip(texts, numbers, found, strict=True) if q and (t, n) in followed}
    told = style_decision(style, where, words)
    columns = _columns(found)
    decisions += [told] if told else []
    decisions += _told(found, texts, numbers, where, units)
    decisions += _slipped(columns, numbers, where)
    return columns


def _with_currency(unit: Unit) -> Unit:
    """A header's "(tỷ)" means đồng, as a cell's does."""
    return unit if unit.base else Unit(unit.factor, "VND")


def _apart(text: str, default: Unit | None) -> Pair:
    """The amount of a cell, and the same in another currency where brackets state it."""
    written = take_apart(text, "money", default)
    if written is not None or isinstance(text, ExactNumber):
        return written, None
    match = _IN_BRACKETS.fullmatch(text)
    if match is None:
        return None, None
    first, second = take_apart(match.group(1), "money", default), take_apart(match.group(2), "money", None)
    if first is None or second is None or first.units[0].base == second.units[0].base:
        return None, None
    return first, second


def _amounts(pair: Pair, decimal: NumberStyle | None) -> list[Quantity]:
    """The amounts of a cell; none when one of them cannot be read."""
    read = [evaluate(written, decimal) for written in pair if written is not None]
    return [] if any(q is None for q in read) else [q for q in read if q is not None]


def _columns(found: Sequence[list[Quantity]]) -> dict[str, Any]:
    count = len(found)
    columns: dict[str, Any] = {
        f"capital_{end}_{currency.lower()}": np.full(count, math.nan) for currency in _KEPT for end in ("min", "max")
    }
    columns["capital_currency"] = [quantities[0].base if quantities else "" for quantities in found]
    columns["capital_approx"] = np.array([any(q.approx for q in quantities) for quantities in found], dtype=bool)
    for n, quantities in enumerate(found):
        for quantity in quantities:
            if quantity.base in _KEPT:
                columns[f"capital_min_{quantity.base.lower()}"][n] = quantity.low
                columns[f"capital_max_{quantity.base.lower()}"][n] = quantity.high
    return columns


def _told(
    found: Sequence[list[Quantity]], texts: Sequence[str], numbers: Sequence[int], where: str, units: Sequence[Unit]
) -> list[Decision]:
    """What was understood, with a sample, and what was not."""
    read = [(t, q[0]) for t, q in zip(texts, found, strict=True) if q]
    decisions = []
    if read:
        foreign = {q.base for _, q in read} - {"VND"}
        said = f"{len(read)} amount(s) of capital were read" + (
            f"; those in {', '.join(sorted(foreign))} stay in their own currency" if foreign else ""
        )
        decisions.append(Decision("number", where, said, f"{read[0][0][:40]!r} = {_shown(read[0][1])}"))
    unread = [(t, n) for t, q, n in zip(texts, found, numbers, strict=True) if t and not q]
    if unread:
        shown = ", ".join(f"{t[:40]!r} in row {n}" for t, n in unread[:_SHOWN]) + (" …" if len(unread) > _SHOWN else "")
        why = {
            0: "The header states no unit; write e.g. 'Tổng mức đầu tư (tỷ đồng)', or the unit in each cell",
            1: "A number is read where unit and decimal sign leave no doubt",
        }.get(len(units), "The header names several units; name one")
        decisions.append(
            Decision("number", where, f"{len(unread)} amount(s) of capital were not read and stay as written: {shown}. {why}")
        )
    return decisions


def _shown(quantity: Quantity) -> str:
    about = "about " if quantity.approx else ""
    least, most = (format_number(v, "en", 0) for v in (quantity.low, quantity.high))
    if math.isnan(quantity.high):
        return f"{about}{least} {quantity.base} or more"
    if math.isnan(quantity.low):
        return f"{about}{most} {quantity.base} or less"
    return f"{about}{least}{'' if least == most else f' to {most}'} {quantity.base}"


def _slipped(columns: dict[str, Any], numbers: Sequence[int], where: str) -> list[Decision]:
    """Amounts a thousand times and more away from the rest of the column, in each currency."""
    decisions = []
    for currency in _KEPT:
        low, high = columns[f"capital_min_{currency.lower()}"], columns[f"capital_max_{currency.lower()}"]
        middle = np.fmax(low, high)
        rows = np.flatnonzero(slips(middle))
        if len(rows):
            usual = float(np.median(middle[middle > 0]))
            shown = ", ".join(f"{format_number(float(middle[n]), 'en', 0)} in row {numbers[n]}" for n in rows[:_SHOWN])
            said = (
                f"{len(rows)} amount(s) are a thousand times or more away from the usual {format_number(usual, 'en', 0)} {currency}, "
                f"as slips of units (tỷ, triệu, đồng) are: {shown}. Nothing was changed; check the unit of these cells"
            )
            decisions.append(Decision("number", where, said, confidence=0.5))
    return decisions
