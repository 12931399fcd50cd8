"""A table on a sheet: every value by its type, headings, filters, heights of rows, links between sheets."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from xlsxwriter.workbook import Format
from xlsxwriter.worksheet import Worksheet

from plangeo.sheetcells import LINE_POINTS, row_height

_LONGEST = 32_700  # Excel holds 32,767 characters in a cell; XlsxWriter drops a longer text without a word
MOST_ROWS = 1_048_000
_FITTED = 50_000
_LINKS = 60_000  # Excel opens 65,530 links in a sheet; XlsxWriter drops the text of a later one with its link


@dataclass(frozen=True)
class Column:
    """A column of a sheet: where the value comes from, its heading, width and number style."""

    field: str
    heading: str
    width: float
    style: str = "text"
    fits: bool = True
    """Whether rows grow with its text; a very long one is read in the cell."""


def clean(text: str) -> str:
    """Return text that a cell can hold: no lone surrogates, cut where Excel would drop it."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " … (cắt bớt)"


def put(sheet: Worksheet, row: int, column: int, value: Any, styles: Mapping[str, Format], style: str = "text") -> None:
    """Write one value by its type: what looks like a formula, a link or a number in text stays text."""
    shape = styles[style]
    if isinstance(value, dt.datetime | dt.date) and not pd.isna(value) and 1900 < value.year < 9999:
        naive = value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value
        sheet.write_datetime(row, column, naive, styles["date"])
        return
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        sheet.write_blank(row, column, None, shape)
    elif isinstance(value, bool):
        sheet.write_string(row, column, "có" if value else "không", shape)
    elif isinstance(value, int | float):
        if math.isfinite(value) and abs(value) < 1e15:
            sheet.write_number(row, column, value, _number_shape(value, style, styles))
        elif math.isnan(value):
            sheet.write_blank(row, column, None, shape)
        else:
            sheet.write_string(row, column, str(value), shape)
    else:
        sheet.write_string(row, column, clean(str(value)), shape)


def _number_shape(value: float, style: str, styles: Mapping[str, Format]) -> Format:
    """Excel shows a whole number in a format with optional decimals as ``5.``: it gets one without."""
    if style in ("text", "number"):
        return styles["integer" if float(value).is_integer() else "number"]
    return styles[style]


def write_table(
    sheet: Worksheet, frame: pd.DataFrame, columns: Sequence[Column], styles: Mapping[str, Format], *, frozen: int, empty: str
) -> None:
    """Write a table with heading, filter, frozen panes and a heading repeated on every printed page."""
    for n, column in enumerate(columns):
        sheet.set_column(n, n, column.width)
        sheet.write_string(0, n, clean(column.heading), styles["header"])
    sheet.set_row(0, row_height([(column.heading, column.width * 0.9) for column in columns]))
    if frame.empty:
        sheet.write_string(1, 0, empty, styles["plain"])
    shown = frame.iloc[:MOST_ROWS]
    verdicts = shown["verdict"].tolist() if "verdict" in shown else []
    for n, column in enumerate(columns):
        for row, value in enumerate(shown[column.field].tolist(), start=1):
            put(sheet, row, n, value, styles, verdicts[row - 1] if column.style == "verdict" else column.style)
    _fit_rows(sheet, shown, columns)
    if len(frame) > MOST_ROWS:
        sheet.write_string(
            MOST_ROWS + 1, 0, f"… còn {len(frame) - MOST_ROWS} dòng: xem tệp .csv / .parquet kèm theo", styles["notice"]
        )
    sheet.freeze_panes(1, frozen)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, max(len(shown), 1), len(columns) - 1)


def _fit_rows(sheet: Worksheet, shown: pd.DataFrame, columns: Sequence[Column]) -> None:
    """Make rows as high as their wrapped texts; a very long table is left to Excel."""
    if len(shown) > _FITTED:
        return
    fitted = [column for column in columns if column.fits and column.style in ("text", "verdict")]
    texts = [[str(value) if isinstance(value, str) else "" for value in shown[column.field].tolist()] for column in fitted]
    every = not all(column.fits for column in columns)
    for row, cells in enumerate(zip(*texts, strict=True), start=1):
        height = row_height([(text, column.width) for text, column in zip(cells, fitted, strict=True)])
        if every or height > LINE_POINTS:
            sheet.set_row(row, height)


def link_ids(sheet: Worksheet, ids: Iterable[object], target: str, there: Iterable[object], styles: Mapping[str, Format]) -> None:
    """Lead each id in the first column to its first row in the sheet ``target``; ids are shown, never part of an address."""
    first: dict[str, int] = {}
    for row, site_id in enumerate(there, start=1):
        first.setdefault(str(site_id), row)
    for row, site_id in enumerate(ids, start=1):
        if row > _LINKS:
            return
        goal, text = first.get(str(site_id)), clean(str(site_id))
        if goal is not None and goal <= MOST_ROWS and text:
            sheet.write_url(row, 0, address(target, goal), styles["link"], text)


def address(title: str, row: int = 0) -> str:
    """Return the link to a row (from 0) of the sheet ``title``."""
    quoted = title.replace("'", "''")
    return f"internal:'{quoted}'!A{row + 1}"
