"""What the studies found that has a place: expired plans, faults of the plan, overlaps …; switched off until asked for."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from plangeo.model import Assessment, Label, Verdict
from plangeo.panels import Panel, anchor, encode, on_the_globe, plain
from plangeo.polygonblob import pack_text
from plangeo.study import Sheet, SheetColumn

MAX_ROWS = 300
"""A layer shows this many rows at most, the first of its table; the workbook has them all."""

LONGEST = 300
"""Characters of a cell in a popup; the workbook has the whole text."""

_DIGITS = {"integer": 0, "number": 3, "area": 1, "hectare": 2, "share": 2}


def data(assessment: Assessment) -> list[dict[str, Any]]:
    """Return per sheet with places its code, titles, headings, ``count`` and rows: values as shown, anchor and geometry."""
    return [_layer(sheet) for sheet in assessment.sheets if sheet.shapes is not None]


def pack(layers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ``data`` with the rows as compressed text: few readers switch these layers on, and all of them carry the file."""
    return [{**layer, "rows": pack_text(json.dumps(layer["rows"], ensure_ascii=False, allow_nan=False))} for layer in layers]


def _layer(sheet: Sheet) -> dict[str, Any]:
    frame = sheet.shapes
    assert frame is not None
    there = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    shown = there.iloc[:MAX_ROWS]
    shared = _two_languages(sheet.columns)
    kept = [column for column in sheet.columns if column.field not in {english.field for english in shared.values()}]
    cells = [[_value(value, column) for value in shown[column.field].tolist()] for column in kept]
    for n, column in enumerate(kept):
        if column.field in shared:
            other = shared[column.field]
            pairs = zip(cells[n], shown[other.field].tolist(), strict=True)
            cells[n] = [[vi, _value(en, other) or vi] if isinstance(vi, str) and vi else _value(en, other) for vi, en in pairs]
    rows = []
    for n, shape in enumerate(on_the_globe(shown)):
        if shape is not None:
            rows.append({"values": [column[n] for column in cells], "at": anchor(shape), "geometry": encode(shape)})
    return {
        "code": sheet.code,
        "title": [sheet.title.vi, sheet.title.en],
        "headings": [[column.vi, shared.get(column.field, column).en] for column in kept],
        "count": len(rows),
        "rows": rows,
        "left_out": len(there) - len(rows),
    }


def _two_languages(columns: Sequence[SheetColumn]) -> dict[str, SheetColumn]:
    """The column of the Vietnamese words (``why_vi``) → that of the same in English (``why_en``): a popup shows one of them."""
    named = {column.field: column for column in columns}
    pairs = {field: named.get(field.removesuffix("vi") + "en") for field in named if field.endswith("_vi")}
    return {field: english for field, english in pairs.items() if english is not None}


def _value(value: Any, column: SheetColumn) -> Any:
    """Text as text, a number with its digits (``[n, digits, sign]``), a verdict in both languages; None where there is nothing."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if column.style == "verdict":
        words = {v.label: [v.wording.vi, v.wording.en] for v in Verdict}
        return words.get(str(value), plain(value))
    if isinstance(value, bool):
        return ["có", "yes"] if value else ["không", "no"]
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, int | float):
        digits = _DIGITS.get(column.style, 0 if float(value).is_integer() else 3)
        return [value * 100, digits, "%"] if column.style == "share" else [value, digits, ""]
    text = plain(value)
    return f"{text[:LONGEST].rstrip()} …" if len(text) > LONGEST else text


PANEL = Panel(
    code="study_layers",
    title=Label("Kết quả rà soát", "Findings on register and plan"),
    order=65,
    words={
        "rows": Label("{n} vị trí", "{n} places"),
        "left_out": Label("{n} vị trí, còn {m} trong bảng tính", "{n} places, {m} more in the workbook"),
    },
    data=data,
    pack=pack,
)
