"""The Excel workbook an office works with: summary, projects, findings, evidence, repairs, provenance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from plangeo.explanation import format_date
from plangeo.listing import Listing
from plangeo.model import ILLUSTRATIVE, Assessment
from plangeo.study import Sheet
from plangeo.worksheets.findings import in_order_of_sites, write_evidence, write_findings, write_study
from plangeo.worksheets.inputsheets import write_provenance, write_reading, write_repairs
from plangeo.worksheets.projects import write_projects
from plangeo.worksheets.styles import A3, CREATED, OPTIONS, cell_styles, landscape
from plangeo.worksheets.summary import notice_of, write_summary
from plangeo.worksheets.tablesheet import MOST_ROWS, link_ids


def write_workbook(listing: Listing, path: Path) -> None:
    """Write the workbook to ``path``. Text is always text (never a formula or a link), numbers are numbers."""
    assessment, findings = listing.assessment, listing.findings
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        book.set_properties({"title": "plangeo", "comments": notice_of(assessment), "created": CREATED})
        styles = cell_styles(book)
        write_summary(book.add_worksheet("Tổng hợp"), assessment, styles)
        findings = in_order_of_sites(assessment, findings)
        projects = book.add_worksheet("Dự án")
        write_projects(projects, listing, styles)
        link_ids(projects, listing.verdicts["site_id"], "Phát hiện", findings["site_id"], styles)
        found = book.add_worksheet("Phát hiện")
        write_findings(found, assessment, findings, styles)
        link_ids(found, findings["site_id"], "Dự án", listing.verdicts["site_id"], styles)
        write_evidence(book.add_worksheet("Chứng cứ"), listing, styles)
        for study in assessment.sheets:
            write_study(book.add_worksheet(study.title.vi), study, styles)
        write_repairs(book.add_worksheet("Sửa chữa"), assessment, styles)
        write_reading(book.add_worksheet("Đọc dữ liệu"), assessment, styles)
        write_provenance(book.add_worksheet("Thông tin"), assessment, styles)
        for sheet in book.worksheets():
            _page(sheet, assessment)
        for wide in (projects, found):
            wide.set_paper(A3)


def rows_in_sheet(count: int) -> int:
    """Return how many rows below its header the sheet of a table of ``count`` rows has."""
    return max(1, min(count, MOST_ROWS) + (count > MOST_ROWS))


def write_sheets(sheets: Sequence[Sheet], path: Path, notice: str = "") -> None:
    """Write tables by themselves, a sheet for each, without an assessment; ``notice`` goes to the foot of every page."""
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        book.set_properties({"title": "plangeo", "comments": notice, "created": CREATED})
        styles = cell_styles(book)
        for study in sheets:
            sheet = book.add_worksheet(study.title.vi)
            write_study(sheet, study, styles)
            landscape(sheet, "&L&8plangeo" + (f"&R&8{notice}" if notice else ""))


def _page(sheet: Worksheet, assessment: Assessment) -> None:
    footer = f"&L&8plangeo · {format_date(assessment.on)}" + (f"&R&8{ILLUSTRATIVE.vi}" if assessment.illustrative else "")
    landscape(sheet, footer)
