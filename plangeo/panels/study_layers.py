"""What the studies found that has a place: expired plans, faults of the plan, overlaps …; switched off until asked for."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd

from plangeo.model import Assessment, Label, Verdict
from plangeo.panels import Panel, anchor, encode, on_the_globe, plain
from plangeo.study import Sheet, SheetColumn

MAX_ROWS = 300
"""A layer shows this many rows at most, the first of its table; the workbook has them all."""

_DIGITS = {"integer": 0, "number": 3, "area": 1, "hectare": 2, "share": 2}


def data(assessment: Assessment) -> list[dict[str, Any]]:
    """Return per sheet with places its code, titles, headings and rows: values as shown, anchor and geometry."""
    return [_layer(sheet) for sheet in assessment.sheets if sheet.shapes is not None]


def _layer(sheet: Sheet) -> dict[str, Any]:
    frame = sheet.shapes
    assert frame is not None
    there = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    shown = there.iloc[:MAX_ROWS]
    columns = [shown[column.field].tolist() for column in sheet.columns]
    rows = []
    for n, shape in enumerate(on_the_globe(shown)):
        if shape is not None:
            values = [_value(cells[n], column) for cells, column in zip(columns, sheet.columns, strict=True)]
            rows.append({"values": values, "at": anchor(shape), "geometry": encode(shape)})
    return {
        "code": sheet.code,
        "title": [sheet.title.vi, sheet.title.en],
        "headings": [[column.vi, column.en] for column in sheet.columns],
        "rows": rows,
        "left_out": len(there) - len(rows),
    }


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
    return plain(value)


PANEL = Panel(
    code="study_layers",
    title=Label("Kết quả rà soát", "Findings on register and plan"),
    order=65,
    words={
        "rows": Label("{n} vị trí", "{n} places"),
        "left_out": Label("{n} vị trí, còn {m} trong bảng tính", "{n} places, {m} more in the workbook"),
    },
    data=data,
)
