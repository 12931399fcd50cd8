"""The tables of the studies in the dossier: a few rows and columns of each, in one language; the rest is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from plangeo.explanation import format_date, format_share, one_line
from plangeo.model import Assessment, Language, Verdict
from plangeo.papers.wordfile import WordFile
from plangeo.papers.wording import say
from plangeo.study import Sheet, SheetColumn
from plangeo.text import format_number

_MOST_ROWS = 30
_MOST_COLUMNS = 9
_WIDE_MM = 250.0
_LONGEST = 400
_NUMBERS = ("integer", "number", "area", "hectare", "share")


def add_studies(word: WordFile, result: Assessment, language: Language) -> None:
    """Add a section with the tables of all studies, and what was not asked; nothing when none was asked."""
    if not result.sheets and not result.studies_not_run:
        return
    word.section(landscape=True)
    word.heading(say("studies", language))
    for sheet in result.sheets:
        _study(word, sheet, language)
    for skipped in result.studies_not_run:
        title = skipped.check if skipped.title is None else skipped.title.text(language)
        word.paragraph(say("not_asked", language, title=title, why=skipped.why.text(language)), italic=True, size=12)
    word.section(landscape=False)


def _study(word: WordFile, sheet: Sheet, language: Language) -> None:
    word.heading(sheet.title.text(language), 2)
    if sheet.note is not None:
        word.paragraph(sheet.note.text(language), italic=True, size=12)
    if not len(sheet.frame):
        word.paragraph(sheet.empty.text(language))
        return
    every = columns_in(sheet, language)
    columns = every[:_MOST_COLUMNS]
    total = sum(c.width for c in columns)
    widths = [_WIDE_MM * c.width / total for c in columns]
    shown = pd.DataFrame(sheet.frame)[[c.field for c in columns]].head(_MOST_ROWS)
    rows = [
        [_cell(value, column, language) for value, column in zip(row, columns, strict=True)]
        for row in shown.itertuples(index=False, name=None)
    ]
    numbers = [n for n, c in enumerate(columns) if c.style in _NUMBERS]
    heads = [c.vi if language == "vi" else c.en for c in columns]
    word.table(heads, rows, widths, numbers=numbers, size=9)
    left = [(len(sheet.frame) - _MOST_ROWS, "rows"), (len(every) - _MOST_COLUMNS, "columns")]
    if said := say("and", language).join(say(what, language, count=str(count)) for count, what in left if count > 0):
        word.paragraph(say("rest_of_table", language, said=said), italic=True, size=11)


def columns_in(sheet: Sheet, language: Language) -> Sequence[SheetColumn]:
    """Return the columns of a sheet in one language.

    Of a pair ``why_vi, why_en`` one is kept. A Vietnamese column without an English one gives way to the code it words
    (``status_vi`` to ``status``); where there is none it stays as it is.
    """
    other = "_en" if language == "vi" else "_vi"
    mine = "_vi" if language == "vi" else "_en"
    out: dict[str, SheetColumn] = {}
    for column in sheet.columns:
        base = column.field.removesuffix(other)
        if base != column.field:
            replacement = next((name for name in (f"{base}{mine}", base) if name in sheet.frame), None)
            if replacement is None:
                out.setdefault(column.field, column)
            else:
                out.setdefault(replacement, SheetColumn(replacement, column.vi, column.en, column.width, column.style))
        else:
            out.setdefault(column.field, column)
    return list(out.values())


def _cell(value: Any, column: SheetColumn, language: Language) -> str:
    text = one_line(value)
    if text == "":
        return ""
    if column.style == "verdict" or column.field == "verdict":
        try:
            return Verdict.parse(text).wording.text(language)
        except ValueError:
            return text
    if column.style == "date" and hasattr(value, "strftime"):
        return format_date(value)
    if column.style in _NUMBERS and isinstance(value, int | float | np.number):
        if column.style == "share":
            return format_share(float(value), language)
        return format_number(float(value), language, {"integer": 0, "area": 1}.get(column.style, 2))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
