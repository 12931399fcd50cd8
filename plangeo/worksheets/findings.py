"""The sheets of findings, of the ground they rest on, and of what studies found."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from xlsxwriter.workbook import Format
from xlsxwriter.worksheet import Worksheet

from plangeo.explanation import one_line
from plangeo.listing import Listing
from plangeo.model import Assessment, Verdict
from plangeo.sheetcells import row_height
from plangeo.study import Sheet
from plangeo.worksheets.inputsheets import LAYER_WORDS
from plangeo.worksheets.tablesheet import MOST_ROWS, Column, clean, write_table


def in_order_of_sites(assessment: Assessment, findings: pd.DataFrame) -> pd.DataFrame:
    """The findings in the order of the register, the heaviest of a site first."""
    place = {str(site_id): n for n, site_id in enumerate(assessment.sites["site_id"])}
    ids, words = findings["site_id"].tolist(), findings["verdict"].tolist()
    order = sorted(range(len(ids)), key=lambda n: (place.get(str(ids[n]), 0), -Verdict.parse(str(words[n]))))
    return findings.iloc[order].reset_index(drop=True)


def write_findings(sheet: Worksheet, assessment: Assessment, findings: pd.DataFrame, styles: Mapping[str, Format]) -> None:
    """Write a row for each finding of ``findings``, in their order."""
    frame = findings.copy()
    frame["verdict_vi"] = [Verdict.parse(str(word)).wording.vi for word in frame["verdict"]]
    names = dict(zip(assessment.sites["site_id"], assessment.sites["name"], strict=True))
    frame["name"] = [names.get(item, "") for item in frame["site_id"]]
    frame["area_ha"] = frame["area_m2"] / 10_000
    columns = [
        Column("site_id", "Mã dự án", 12, "code"),
        Column("name", "Tên dự án", 34),
        Column("verdict_vi", "Kết luận", 18, "verdict"),
        Column("sentence_vi", "Phát hiện", 70),
        Column("plan_id", "Quy hoạch", 16),
        Column("zone_code", "Loại đất", 10, "code"),
        Column("area_ha", "Diện tích (ha)", 12, "hectare"),
        Column("length_m", "Chiều dài (m)", 12, "area"),
        Column("share", "Tỷ lệ", 9, "share"),
        Column("measure", "Giá trị xét", 12, "number"),
        Column("threshold", "Ngưỡng", 12, "number"),
        Column("unit", "Đơn vị", 9, "code"),
        Column("basis", "Căn cứ", 40),
        Column("check", "Nội dung kiểm tra", 16, "code"),
        Column("reason", "Mã phát hiện", 22, "code"),
        Column("sentence_en", "Phát hiện (tiếng Anh)", 70, fits=False),
    ]
    write_table(sheet, frame, columns, styles, frozen=3, empty="Không có phát hiện nào.")
    last = next(n for n, column in enumerate(columns) if column.field == "basis")
    sheet.print_area(0, 0, max(len(frame), 1), last)  # codes and the English sentence stay on the screen


def write_evidence(sheet: Worksheet, listing: Listing, styles: Mapping[str, Format]) -> None:
    """Write a row for each piece of ground a site lies on."""
    frame = pd.DataFrame(listing.evidence.drop(columns="geometry", errors="ignore"))
    classes = listing.assessment.rulebook.classes
    for name in (
        "site_id",
        "plan_id",
        "zone_code",
        "zone_id",
        "district_name",
        "area_m2",
        "area_ellipsoidal_m2",
        "length_m",
        "share",
        "prevails",
        "on_border",
    ):
        if name not in frame:
            frame[name] = None
    frame["zone_name"] = [classes[c].name.vi if (c := one_line(code)) in classes else "" for code in frame["zone_code"]]
    frame["layer_name"] = [LAYER_WORDS.get(str(r), str(r)) for r in frame["role"]]
    columns = [
        Column("site_id", "Mã dự án", 12, "code"),
        Column("layer_name", "Lớp", 18),
        Column("plan_id", "Quy hoạch", 16),
        Column("zone_code", "Loại đất", 10, "code"),
        Column("zone_name", "Tên loại đất", 34),
        Column("zone_id", "Mã vùng", 16, "code"),
        Column("district_name", "Đơn vị hành chính", 24),
        Column("area_m2", "Diện tích phẳng (m²)", 14, "area"),
        Column("area_ellipsoidal_m2", "Diện tích ellipsoid (m²)", 14, "area"),
        Column("length_m", "Chiều dài (m)", 12, "area"),
        Column("share", "Tỷ lệ", 9, "share"),
        Column("prevails", "Có hiệu lực chi phối", 12),
        Column("on_border", "Trên ranh giới", 10),
    ]
    write_table(sheet, frame, columns, styles, frozen=1, empty="Không có dự án nào nằm trên lớp dữ liệu nào.")


def write_study(sheet: Worksheet, study: Sheet, styles: Mapping[str, Format]) -> None:
    """The table of a study; what a reader must know of it stands below the rows."""
    columns = [Column(c.field, c.vi, c.width, c.style) for c in study.columns]
    write_table(sheet, study.frame, columns, styles, frozen=1, empty=study.empty.vi)
    if study.note is not None:
        below = min(len(study.frame), MOST_ROWS) + 3
        sheet.merge_range(below, 0, below, max(1, min(len(columns), 8) - 1), "", styles["plain"])
        sheet.write_string(below, 0, clean(study.note.vi), styles["plain"])
        span = sum(column.width for column in columns[: max(1, min(len(columns), 8))])
        sheet.set_row(below, row_height([(study.note.vi, span)]))
