"""How the cells and pages of the workbook look: fonts, colours by verdict, number formats, paper."""

from __future__ import annotations

import datetime as dt

from xlsxwriter.workbook import Format, Workbook
from xlsxwriter.worksheet import Worksheet

from plangeo.model import Verdict

FILL = {
    Verdict.NOT_PERMITTED: "#F4B6B6",
    Verdict.UNKNOWN: "#FCE5A8",
    Verdict.CONDITIONAL: "#CFE2F3",
    Verdict.PERMITTED: "#D0E8D0",
}
"""Cell colours by verdict; always beside the words, so a grey print loses nothing."""
OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "constant_memory": False,
    "remove_timezone": True,
}
CREATED = dt.datetime(2000, 1, 1)  # fixed: two equal runs write equal bytes
A3, A4 = 8, 9


def cell_styles(book: Workbook) -> dict[str, Format]:
    """Return the formats of a book by name; a verdict's own is named by its label."""
    cell = {"font_name": "Times New Roman", "font_size": 11, "valign": "top"}
    boxed = {**cell, "border": 1, "border_color": "#BFBFBF"}
    styles = {
        "plain": book.add_format({**cell, "text_wrap": True}),
        "line": book.add_format({**cell}),
        "title": book.add_format({**cell, "bold": True, "font_size": 15}),
        "notice": book.add_format({**cell, "bold": True, "font_color": "#9C0006", "text_wrap": True}),
        "section": book.add_format({**cell, "bold": True, "font_size": 12, "bottom": 1}),
        "header": book.add_format(
            {**boxed, "bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "bg_color": "#E7E6E6"}
        ),
        "text": book.add_format({**boxed, "text_wrap": True, "num_format": "@"}),
        "code": book.add_format({**boxed, "num_format": "@"}),
        "link": book.add_format({**boxed, "num_format": "@", "font_color": "#0563C1", "underline": 1, "text_wrap": True}),
        "integer": book.add_format({**boxed, "num_format": "#,##0"}),
        "own": book.add_format({**boxed, "text_wrap": True}),
        "number": book.add_format({**boxed, "num_format": "#,##0.####"}),
        "area": book.add_format({**boxed, "num_format": "#,##0.0"}),
        "hectare": book.add_format({**boxed, "num_format": "#,##0.00"}),
        "share": book.add_format({**boxed, "num_format": "0.00%"}),
        "date": book.add_format({**boxed, "num_format": "dd/mm/yyyy", "align": "left"}),
    }
    for verdict, fill in FILL.items():
        styles[verdict.label] = book.add_format({**boxed, "bold": True, "text_wrap": True, "bg_color": fill})
    return styles


def landscape(sheet: Worksheet, footer: str) -> None:
    """Lay a sheet out for A4 across, as wide as the page, with its number at the head and ``footer`` (Excel codes) below."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
    sheet.set_header("&C&P")
    sheet.set_footer(footer)
