"""The sheet of projects: a row for each, with its verdict, why, and what the register says of it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from xlsxwriter.workbook import Format
from xlsxwriter.worksheet import Worksheet

from plangeo.amounts.bands import declared_ends, ends_in_words
from plangeo.explanation import one_line
from plangeo.listing import Listing, deciding_sentences, own_columns
from plangeo.overrides.decisions import decisions_beside
from plangeo.sheetcells import as_number, is_numeric
from plangeo.worksheets.areas import hectares_of
from plangeo.worksheets.tablesheet import Column, write_table

_HEADINGS = ("Mã dự án", "Tên dự án", "Kết luận", "Lý do", "Loại dự án", "Giải thích")


def _declared(sites: pd.DataFrame) -> list[float | str]:
    """The declared areas in hectares; a range, a bound or an approximation in words."""
    exact = sites["declared_area_m2"].tolist() if "declared_area_m2" in sites else [math.nan] * len(sites)
    ends = zip(*(column.tolist() for column in declared_ends(sites)), strict=True)
    return [
        float(area) / 10_000
        if not math.isnan(area) or (math.isnan(low) and math.isnan(high))
        else ends_in_words(low, high, approx)[0]
        for area, (low, high, approx) in zip(exact, ends, strict=True)
    ]


def write_projects(sheet: Worksheet, listing: Listing, styles: Mapping[str, Format]) -> None:
    """Write a row for each site, in the order of the register."""
    assessment, frame = listing.assessment, listing.verdicts.copy()
    why = deciding_sentences(assessment, listing.findings)
    frame["why"] = pd.Series([why.get(item, "") for item in frame["site_id"]], dtype=object, index=frame.index)
    own = [name if name in frame.columns else f"{name}_raw" for name in own_columns(assessment)]
    frame["declared_ha"] = pd.Series(_declared(assessment.sites), index=frame.index, dtype=object)
    frame["drawn_ha"] = pd.Series(hectares_of(assessment), index=frame.index, dtype=float)
    ours = [frame[name].map(one_line).tolist() for name in ("site_id", "name", "use")]
    own = [name for name in own if frame[name].map(one_line).tolist() not in ours]  # said once, not twice
    decided = decisions_beside(assessment)
    frame["decided"] = pd.Series(
        [decided[i].vi if i in decided else "" for i in frame["site_id"]], dtype=object, index=frame.index
    )
    columns = [
        Column("site_id", "Mã dự án", 12, "code"),
        Column("name", "Tên dự án", 38),
        Column("verdict_vi", "Kết luận", 18, "verdict"),
        *([Column("decided", "Quyết định của cán bộ", 30)] if decided else []),
        Column("why", "Lý do", 76),
        *(Column(name, _own_heading(name), _width(frame[name]), _own_style(frame, name)) for name in own),
        Column("declared_ha", "Kê khai (ha)", 12, "hectare"),
        Column("drawn_ha", "Theo tọa độ (ha)", 12, "hectare"),
        Column("use", "Loại dự án", 22),
        Column("problem", "Lỗi dữ liệu", 26, fits=False),
        Column("repaired", "Đã sửa khi đọc", 26, fits=False),
        Column("reasons", "Mã lý do", 30, fits=False),
        Column("explanation_vi", "Giải thích", 90, fits=False),
        Column("source_row", "Dòng trong tệp gốc", 10, "integer"),
        Column("fingerprint", "Dấu kiểm", 30, "code"),
    ]
    write_table(sheet, frame, columns, styles, frozen=3, empty="Danh mục không có dự án nào.")
    # On paper the long explanation would shrink the table beyond reading: it stays on the screen.
    last = next(n for n, column in enumerate(columns) if column.field == "drawn_ha")
    sheet.print_area(0, 0, max(len(frame), 1), last)


def _own_heading(name: str) -> str:
    """The register's own heading; said whose it is where it is also one of ours."""
    return "Nhóm trong danh mục" if name == "group" else f"{name} (danh mục)" if name in _HEADINGS else name


def _own_style(frame: pd.DataFrame, name: str) -> str:
    """Turn the plain numbers of a column of numbers into numbers; what can be read in two ways stays text."""
    texts = frame[name].map(one_line).tolist()
    if not is_numeric(name, texts):
        return "text"
    numbers = [as_number(text) for text in texts]
    values = [v if n is None else n for v, n in zip(frame[name].tolist(), numbers, strict=True)]
    frame[name] = pd.Series(values, index=frame.index, dtype=object)
    return "own"


def _width(values: pd.Series) -> float:
    longest = max((len(one_line(value)) for value in values.head(200)), default=0)
    return float(min(max(12, longest * 0.9, len(str(values.name)) * 0.6), 40))
