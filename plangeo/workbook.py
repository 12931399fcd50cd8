"""The Excel workbook an office works with: summary, projects, findings, evidence, repairs, provenance."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.workbook import Format, Workbook
from xlsxwriter.worksheet import Worksheet

from plangeo.amounts.bands import declared_ends, ends_in_words
from plangeo.datumline import datum_lines
from plangeo.engine.areas import ellipsoidal_area
from plangeo.explanation import describe_plan, format_date, format_period, format_scale, not_run_line, one_line
from plangeo.listing import Listing, deciding_sentences, own_columns
from plangeo.manifest import verdict_digest, versions
from plangeo.model import ILLUSTRATIVE, Assessment, SkippedCheck, Verdict
from plangeo.overrides.decisions import decisions_beside
from plangeo.sheetcells import LINE_POINTS, as_number, is_numeric, row_height
from plangeo.study import Sheet

FILL = {
    Verdict.NOT_PERMITTED: "#F4B6B6",
    Verdict.UNKNOWN: "#FCE5A8",
    Verdict.CONDITIONAL: "#CFE2F3",
    Verdict.PERMITTED: "#D0E8D0",
}
"""Cell colours by verdict; always beside the words, so a grey print loses nothing."""

_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "constant_memory": False,
    "remove_timezone": True,
}
_CREATED = dt.datetime(2000, 1, 1)  # fixed: two equal runs write equal bytes
_LONGEST = 32_700  # Excel holds 32,767 characters in a cell; XlsxWriter drops a longer text without a word
_ROWS = 1_048_000
_FITTED = 50_000
_A3, _A4 = 8, 9
_LINKS = 60_000  # Excel opens 65,530 links in a sheet; XlsxWriter drops the text of a later one with its link
_STATUS = {
    "in_force": "đang có hiệu lực",
    "expired": "đã hết thời hạn",
    "superseded": "đã được thay thế",
    "pending": "chưa có hiệu lực",
    "revoked": "đã bị bãi bỏ",
    "unknown": "không rõ hiệu lực",
}


@dataclass(frozen=True)
class _Column:
    """A column of a sheet: where the value comes from, its heading, width and number style."""

    field: str
    heading: str
    width: float
    style: str = "text"
    fits: bool = True
    """Whether rows grow with its text; a very long one is read in the cell."""


def write_workbook(listing: Listing, path: Path) -> None:
    """Write the workbook to ``path``. Text is always text (never a formula or a link), numbers are numbers."""
    assessment, findings = listing.assessment, listing.findings
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        book.set_properties({"title": "plangeo", "comments": _notice(assessment), "created": _CREATED})
        styles = _styles(book)
        _summary_sheet(book.add_worksheet("Tổng hợp"), assessment, styles)
        findings = _in_order_of_sites(assessment, findings)
        projects = book.add_worksheet("Dự án")
        _project_sheet(projects, listing, styles)
        _link_ids(projects, listing.verdicts["site_id"], "Phát hiện", findings["site_id"], styles)
        found = book.add_worksheet("Phát hiện")
        _finding_sheet(found, assessment, findings, styles)
        _link_ids(found, findings["site_id"], "Dự án", listing.verdicts["site_id"], styles)
        _evidence_sheet(book.add_worksheet("Chứng cứ"), listing, styles)
        for study in assessment.sheets:
            _study_sheet(book.add_worksheet(study.title.vi), study, styles)
        _repair_sheet(book.add_worksheet("Sửa chữa"), assessment, styles)
        _reading_sheet(book.add_worksheet("Đọc dữ liệu"), assessment, styles)
        _provenance_sheet(book.add_worksheet("Thông tin"), assessment, styles)
        for sheet in book.worksheets():
            _page(sheet, assessment)
        for wide in (projects, found):
            wide.set_paper(_A3)


def rows_in_sheet(count: int) -> int:
    """Return how many rows below its header the sheet of a table of ``count`` rows has."""
    return max(1, min(count, _ROWS) + (count > _ROWS))


def write_sheets(sheets: Sequence[Sheet], path: Path, notice: str = "") -> None:
    """Write tables by themselves, a sheet for each, without an assessment; ``notice`` goes to the foot of every page."""
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        book.set_properties({"title": "plangeo", "comments": notice, "created": _CREATED})
        styles = _styles(book)
        for study in sheets:
            sheet = book.add_worksheet(study.title.vi)
            _study_sheet(sheet, study, styles)
            _landscape(sheet, "&L&8plangeo" + (f"&R&8{notice}" if notice else ""))


def _notice(assessment: Assessment) -> str:
    return f"{ILLUSTRATIVE.vi} / {ILLUSTRATIVE.en}" if assessment.illustrative else ""


def _styles(book: Workbook) -> dict[str, Format]:
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


def _page(sheet: Worksheet, assessment: Assessment) -> None:
    footer = f"&L&8plangeo · {format_date(assessment.on)}" + (f"&R&8{ILLUSTRATIVE.vi}" if assessment.illustrative else "")
    _landscape(sheet, footer)


def _landscape(sheet: Worksheet, footer: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
    sheet.set_header("&C&P")
    sheet.set_footer(footer)


def _clean(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " … (cắt bớt)"


def _put(sheet: Worksheet, row: int, column: int, value: Any, styles: Mapping[str, Format], style: str = "text") -> None:
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
        sheet.write_string(row, column, _clean(str(value)), shape)


def _number_shape(value: float, style: str, styles: Mapping[str, Format]) -> Format:
    """Excel shows a whole number in a format with optional decimals as ``5.``: it gets one without."""
    if style in ("text", "number"):
        return styles["integer" if float(value).is_integer() else "number"]
    return styles[style]


def _table(
    sheet: Worksheet, frame: pd.DataFrame, columns: Sequence[_Column], styles: Mapping[str, Format], *, frozen: int, empty: str
) -> None:
    """Write a table with heading, filter, frozen panes and a heading repeated on every printed page."""
    for n, column in enumerate(columns):
        sheet.set_column(n, n, column.width)
        sheet.write_string(0, n, _clean(column.heading), styles["header"])
    sheet.set_row(0, row_height([(column.heading, column.width * 0.9) for column in columns]))
    if frame.empty:
        sheet.write_string(1, 0, empty, styles["plain"])
    shown = frame.iloc[:_ROWS]
    verdicts = shown["verdict"].tolist() if "verdict" in shown else []
    for n, column in enumerate(columns):
        for row, value in enumerate(shown[column.field].tolist(), start=1):
            _put(sheet, row, n, value, styles, verdicts[row - 1] if column.style == "verdict" else column.style)
    _fit_rows(sheet, shown, columns)
    if len(frame) > _ROWS:
        sheet.write_string(_ROWS + 1, 0, f"… còn {len(frame) - _ROWS} dòng: xem tệp .csv / .parquet kèm theo", styles["notice"])
    sheet.freeze_panes(1, frozen)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, max(len(shown), 1), len(columns) - 1)


def _fit_rows(sheet: Worksheet, shown: pd.DataFrame, columns: Sequence[_Column]) -> None:
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


def _link_ids(
    sheet: Worksheet, ids: Iterable[object], target: str, there: Iterable[object], styles: Mapping[str, Format]
) -> None:
    """Lead each id in the first column to its first row in the sheet ``target``; ids are shown, never part of an address."""
    first: dict[str, int] = {}
    for row, site_id in enumerate(there, start=1):
        first.setdefault(str(site_id), row)
    for row, site_id in enumerate(ids, start=1):
        if row > _LINKS:
            return
        goal, text = first.get(str(site_id)), _clean(str(site_id))
        if goal is not None and goal <= _ROWS and text:
            sheet.write_url(row, 0, _address(target, goal), styles["link"], text)


def _address(title: str, row: int = 0) -> str:
    quoted = title.replace("'", "''")
    return f"internal:'{quoted}'!A{row + 1}"


def _contents(sheet: Worksheet, row: int, assessment: Assessment, styles: Mapping[str, Format]) -> int:
    """The sheets that follow, each with a link, its number of rows and what it holds."""
    sheet.write_string(row, 0, "Các trang tính", styles["section"])
    row += 1
    for n, heading in enumerate(("Trang tính", "Số dòng", "", "Nội dung")):
        sheet.write_string(row, n, heading, styles["header"])
    ours = (
        ("Dự án", len(assessment.sites), "Mỗi dự án một dòng: kết luận, lý do, số liệu kê khai. Bấm mã để xem các phát hiện."),
        ("Phát hiện", len(assessment.findings), "Mỗi nội dung kiểm tra của mỗi dự án, nặng nhất trước. Bấm mã để về dự án."),
    )
    studied = [(s.title.vi, len(s.frame), _says(s)) for s in assessment.sheets]
    for title, rows, says in (*ours, *studied):
        row += 1
        sheet.write_url(row, 0, _address(title), styles["link"], title)
        sheet.write_number(row, 1, rows, styles["integer"])
        sheet.write_blank(row, 2, None, styles["text"])
        sheet.write_string(row, 3, _clean(says), styles["text"])
    for skipped in assessment.studies_not_run:
        row += 1
        for n, text in enumerate((_called(skipped), "chưa thực hiện", "", skipped.why.vi)):
            sheet.write_string(row, n, _clean(text), styles["text"])
    return row + 1


def _called(skipped: SkippedCheck) -> str:
    return skipped.check if skipped.title is None else skipped.title.vi or skipped.check


_HOLDS = {
    "plan_coverage": "Mỗi quy hoạch phủ được bao nhiêu phần các đơn vị hành chính.",
    "plan_quality": "Khoảng trống, chồng lấn, mã sai của lớp quy hoạch; lỗi nặng trước.",
    "published_areas": "Diện tích theo bản đồ so với diện tích trong quyết định.",
    "plans": "Các quy hoạch, thời kỳ và tình trạng vào ngày xét.",
    "expired_plans": "Quy hoạch đã hết hiệu lực, quy hoạch thay thế, số dự án và vốn còn nằm trên.",
    "expired_plan_sites": "Từng dự án còn nằm trên quy hoạch đã hết hiệu lực.",
    "plan_matrix": "Diện tích chung của hai cấp quy hoạch theo từng cặp loại đất.",
    "plan_conflicts": "Nơi hai cấp quy hoạch nói khác nhau, kèm dự án nằm trên đó.",
    "plan_changes": "Nơi bản quy hoạch sau khác bản trước.",
    "changed_sites": "Dự án nằm trên phần đất mà quy hoạch đã thay đổi.",
    "officer_decisions": "Quyết định của cán bộ bên cạnh kết luận của máy; nêu quyết định đã cũ.",
    "entry_findings": "Chỗ sai, nghi vấn, thiếu trong danh mục.",
    "entries": "Từng dự án: nội dung nào trong danh mục đã đúng, sai hoặc thiếu.",
    "double_allocation": "Các cặp dự án trên cùng một khu đất, và dự án chưa xét được.",
    "priority_list": "Đối chiếu danh mục ưu tiên với danh mục dự án.",
    "list_differences": "Chỗ hai danh mục ghi khác nhau về cùng một dự án.",
    "priority_to_confirm": "Các cặp cần cán bộ xác nhận là cùng hay khác dự án.",
    "quota": "Chỉ tiêu, phần đã dùng và phần còn lại theo đơn vị và loại đất (ha).",
    "conversions": "Diện tích chuyển mục đích mà các dự án cần (ha).",
    "outside_quota": "Dự án, diện tích không tính được vào sổ chỉ tiêu và lý do.",
    "quota_remarks": "Chỗ trong bảng chỉ tiêu cần cán bộ xem lại.",
    "worklist": "Dự án xếp theo thứ tự nên xử lý.",
    "amendments": "Điều chỉnh vùng nào gỡ vướng được nhiều dự án nhất.",
    "blocking_zones": "Vùng quy hoạch đang làm vướng dự án.",
    "not_by_amendment": "Dự án mà điều chỉnh vùng không gỡ được vướng.",
    "surveys": "Dự án mà đo đạc hoặc bản đồ chính xác hơn có thể quyết định được.",
    "books": "Mỗi lớp, mỗi dòng đầu vào đã đi đâu: liên quan, không liên quan, chưa có dữ liệu.",
    "books_of_sites": "Từng dự án: lớp nào liên quan, không liên quan, chưa có dữ liệu.",
    "regimes": "Luật và quy định áp dụng theo ngày.",
}
"""Code of a study's sheet → what it holds, in the table of contents; another sheet tells how its note begins."""


def _says(study: Sheet) -> str:
    """What a sheet holds in one line: its own words, else what is said of an empty one, else how its note begins."""
    if study.frame.empty:
        return study.empty.vi
    if study.code in _HOLDS:
        return _HOLDS[study.code]
    text = "" if study.note is None else study.note.vi
    return text.split(". ")[0].rstrip(".") + "." if text else ""


def _summary_sheet(sheet: Worksheet, assessment: Assessment, styles: Mapping[str, Format]) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 22)
    sheet.set_column(3, 3, 70)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, "KẾT QUẢ ĐỐI CHIẾU DỰ ÁN VỚI QUY HOẠCH SỬ DỤNG ĐẤT", styles["title"])
    sheet.write_string(1, 0, f"Pháp lý và quy hoạch tính đến ngày {format_date(assessment.on)}", styles["line"])
    row = 2
    if assessment.illustrative:
        sheet.merge_range(row, 0, row, 3, "", styles["notice"])
        sheet.write_string(row, 0, _notice(assessment), styles["notice"])
        row += 1
    row = _verdict_counts(sheet, row + 1, assessment, styles)
    row = _contents(sheet, row + 1, assessment, styles)
    row = _flip_distances(sheet, row + 1, assessment, styles)
    row = _plans(sheet, row + 1, assessment, styles)
    lines = [text for text in (not_run_line(assessment, "vi"),) if text] or ["Mọi nội dung kiểm tra đều đã thực hiện."]
    row = _paragraphs(sheet, row + 1, "Nội dung chưa kiểm tra", lines, styles)
    if datum := datum_lines(assessment, "vi"):
        row = _paragraphs(sheet, row + 1, "Hệ tọa độ", datum, styles)
    notes = notes_of(assessment)
    if notes:
        row = _paragraphs(sheet, row + 1, "Ghi chú khi đọc dữ liệu", notes, styles)
    _paragraphs(
        sheet,
        row + 1,
        "Cách đọc",
        [
            "“Phù hợp” nghĩa là máy không thấy mâu thuẫn giữa loại dự án và loại đất quy hoạch theo bộ quy tắc; "
            "quyết định thuộc cơ quan có thẩm quyền.",
            "“Chưa xác định được”: thiếu dữ liệu, quy hoạch không có hiệu lực, chưa có quy định, hoặc dòng dữ liệu có lỗi. "
            "Dự án có kết luận thay đổi khi ranh giới lệch ít hơn sai số của bản đồ cũng thuộc nhóm này.",
            "Diện tích theo tọa độ là diện tích trên ellipsoid khi có; dự án dạng điểm hoặc tuyến không có diện tích.",
        ],
        styles,
    )


def _verdict_counts(sheet: Worksheet, row: int, assessment: Assessment, styles: Mapping[str, Format]) -> int:
    for n, heading in enumerate(("Kết luận", "Số dự án", "Diện tích theo tọa độ (ha)")):
        sheet.write_string(row, n, heading, styles["header"])
    hectares = hectares_by_verdict(assessment)
    counts = assessment.summary()["sites"]
    for word, count in counts.items():
        row += 1
        verdict = Verdict.parse(str(word))
        sheet.write_string(row, 0, verdict.wording.vi, styles[verdict.label])
        sheet.write_number(row, 1, int(count), styles["integer"])
        sheet.write_number(row, 2, hectares[verdict], styles["hectare"])
    row += 1
    sheet.write_string(row, 0, "Tổng cộng", styles["header"])
    sheet.write_number(row, 1, len(assessment.sites), styles["integer"])
    sheet.write_number(row, 2, math.fsum(hectares.values()), styles["hectare"])
    return row + 1


def _flip_distances(sheet: Worksheet, row: int, assessment: Assessment, styles: Mapping[str, Format]) -> int:
    """How far borders would have to be off, over the register: bars drawn by the cells themselves."""
    table = assessment.flip_distances()
    if not table.to_numpy().any():
        return row
    headings = ("Ranh giới lệch bao nhiêu thì kết luận đổi (m)", "Trong sai số bản đồ", "Ngoài sai số bản đồ")
    for n, heading in enumerate(headings):
        sheet.write_string(row, n, heading, styles["header"])
    first = row + 1
    for metres, within, beyond in table.itertuples(name=None):
        row += 1
        sheet.write_string(row, 0, metres, styles["text"])
        sheet.write_number(row, 1, int(within), styles["integer"])
        sheet.write_number(row, 2, int(beyond), styles["integer"])
    for column, colour in ((1, "#E0A030"), (2, "#7FA8D0")):
        sheet.conditional_format(first, column, row, column, {"type": "data_bar", "bar_color": colour})
    return row + 1


def hectares_by_verdict(assessment: Assessment) -> dict[Verdict, float]:
    """Return the area of the polygonal sites per verdict in hectares, on the ellipsoid of their CRS."""
    total: dict[Verdict, list[float]] = {verdict: [] for verdict in Verdict}
    for word, area in zip(assessment.sites["verdict"], hectares_of(assessment), strict=True):
        if math.isfinite(area):
            total[Verdict.parse(str(word))].append(area)
    return {verdict: math.fsum(values) for verdict, values in total.items()}


def hectares_of(assessment: Assessment) -> list[float]:
    """Return the ellipsoidal area of each site in hectares; NaN for points, lines and sites with a problem."""
    sites = assessment.sites
    areal = sites.geometry.notna() & sites.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    areal &= sites["problem"].fillna("").astype(str).eq("")  # the area of a broken ring means nothing
    if not areal.any():
        return [math.nan] * len(sites)
    areas = iter(ellipsoidal_area(sites.geometry[areal]))
    return [float(next(areas)) / 10_000 if wanted else math.nan for wanted in areal]


def _plans(sheet: Worksheet, row: int, assessment: Assessment, styles: Mapping[str, Format]) -> int:
    sheet.write_string(row, 0, "Quy hoạch", styles["section"])
    row += 1
    for n, heading in enumerate(("Mã quy hoạch", "Hiệu lực tại ngày xét", "Thời kỳ; tỷ lệ", "Tên, quyết định")):
        sheet.write_string(row, n, heading, styles["header"])
    book = assessment.rulebook
    seen = set(book.plans)
    for frame in assessment.evidence.values():
        if "plan_id" in frame:
            seen |= {one_line(item) for item in frame["plan_id"].unique()}
    for plan_id in sorted(item for item in seen if item):
        row += 1
        plan = book.plans.get(plan_id)
        span = "" if plan is None else format_period(plan, "vi") + (f"; {format_scale(plan.scale)}" if plan.scale else "")
        status = book.plan_status(plan_id)
        values = (plan_id, _STATUS.get(status, status), span, describe_plan(plan_id, assessment, "vi"))
        sheet.set_row(row, row_height(list(zip(values, (34, 22, 22, 70), strict=True))))
        for n, value in enumerate(values):
            sheet.write_string(row, n, _clean(value), styles["text"])
    return row + 1


def _paragraphs(sheet: Worksheet, row: int, title: str, lines: Sequence[str], styles: Mapping[str, Format]) -> int:
    sheet.write_string(row, 0, title, styles["section"])
    for line in lines:
        row += 1
        sheet.merge_range(row, 0, row, 3, "", styles["plain"])
        sheet.write_string(row, 0, _clean(line), styles["plain"])
        sheet.set_row(row, row_height([(line, 148)]))  # Excel does not grow the row of a merged cell
    return row + 1


def notes_of(assessment: Assessment) -> list[str]:
    """Return the notes of the readers on every input, each with the role of its layer, in order and once."""
    notes = []
    for item in assessment.inputs:
        notes += [f"{item.get('role', '?')}: {one_line(note)}" for note in item.get("notes", ())]
    return list(dict.fromkeys(notes))


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


def _project_sheet(sheet: Worksheet, listing: Listing, styles: Mapping[str, Format]) -> None:
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
        _Column("site_id", "Mã dự án", 12, "code"),
        _Column("name", "Tên dự án", 38),
        _Column("verdict_vi", "Kết luận", 18, "verdict"),
        *([_Column("decided", "Quyết định của cán bộ", 30)] if decided else []),
        _Column("why", "Lý do", 76),
        *(_Column(name, _own_heading(name), _width(frame[name]), _own_style(frame, name)) for name in own),
        _Column("declared_ha", "Kê khai (ha)", 12, "hectare"),
        _Column("drawn_ha", "Theo tọa độ (ha)", 12, "hectare"),
        _Column("use", "Loại dự án", 22),
        _Column("problem", "Lỗi dữ liệu", 26, fits=False),
        _Column("repaired", "Đã sửa khi đọc", 26, fits=False),
        _Column("reasons", "Mã lý do", 30, fits=False),
        _Column("explanation_vi", "Giải thích", 90, fits=False),
        _Column("source_row", "Dòng trong tệp gốc", 10, "integer"),
        _Column("fingerprint", "Dấu kiểm", 30, "code"),
    ]
    _table(sheet, frame, columns, styles, frozen=3, empty="Danh mục không có dự án nào.")
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


_HEADINGS = ("Mã dự án", "Tên dự án", "Kết luận", "Lý do", "Loại dự án", "Giải thích")


def _width(values: pd.Series) -> float:
    longest = max((len(one_line(value)) for value in values.head(200)), default=0)
    return float(min(max(12, longest * 0.9, len(str(values.name)) * 0.6), 40))


def _in_order_of_sites(assessment: Assessment, findings: pd.DataFrame) -> pd.DataFrame:
    """The findings in the order of the register, the heaviest of a site first."""
    place = {str(site_id): n for n, site_id in enumerate(assessment.sites["site_id"])}
    ids, words = findings["site_id"].tolist(), findings["verdict"].tolist()
    order = sorted(range(len(ids)), key=lambda n: (place.get(str(ids[n]), 0), -Verdict.parse(str(words[n]))))
    return findings.iloc[order].reset_index(drop=True)


def _finding_sheet(sheet: Worksheet, assessment: Assessment, findings: pd.DataFrame, styles: Mapping[str, Format]) -> None:
    frame = findings.copy()
    frame["verdict_vi"] = [Verdict.parse(str(word)).wording.vi for word in frame["verdict"]]
    names = dict(zip(assessment.sites["site_id"], assessment.sites["name"], strict=True))
    frame["name"] = [names.get(item, "") for item in frame["site_id"]]
    frame["area_ha"] = frame["area_m2"] / 10_000
    columns = [
        _Column("site_id", "Mã dự án", 12, "code"),
        _Column("name", "Tên dự án", 34),
        _Column("verdict_vi", "Kết luận", 18, "verdict"),
        _Column("sentence_vi", "Phát hiện", 70),
        _Column("plan_id", "Quy hoạch", 16),
        _Column("zone_code", "Loại đất", 10, "code"),
        _Column("area_ha", "Diện tích (ha)", 12, "hectare"),
        _Column("length_m", "Chiều dài (m)", 12, "area"),
        _Column("share", "Tỷ lệ", 9, "share"),
        _Column("measure", "Giá trị xét", 12, "number"),
        _Column("threshold", "Ngưỡng", 12, "number"),
        _Column("unit", "Đơn vị", 9, "code"),
        _Column("basis", "Căn cứ", 40),
        _Column("check", "Nội dung kiểm tra", 16, "code"),
        _Column("reason", "Mã phát hiện", 22, "code"),
        _Column("sentence_en", "Phát hiện (tiếng Anh)", 70, fits=False),
    ]
    _table(sheet, frame, columns, styles, frozen=3, empty="Không có phát hiện nào.")
    last = next(n for n, column in enumerate(columns) if column.field == "basis")
    sheet.print_area(0, 0, max(len(frame), 1), last)  # codes and the English sentence stay on the screen


def _evidence_sheet(sheet: Worksheet, listing: Listing, styles: Mapping[str, Format]) -> None:
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
    frame["layer_name"] = [_LAYERS.get(str(r), str(r)) for r in frame["role"]]
    columns = [
        _Column("site_id", "Mã dự án", 12, "code"),
        _Column("layer_name", "Lớp", 18),
        _Column("plan_id", "Quy hoạch", 16),
        _Column("zone_code", "Loại đất", 10, "code"),
        _Column("zone_name", "Tên loại đất", 34),
        _Column("zone_id", "Mã vùng", 16, "code"),
        _Column("district_name", "Đơn vị hành chính", 24),
        _Column("area_m2", "Diện tích phẳng (m²)", 14, "area"),
        _Column("area_ellipsoidal_m2", "Diện tích ellipsoid (m²)", 14, "area"),
        _Column("length_m", "Chiều dài (m)", 12, "area"),
        _Column("share", "Tỷ lệ", 9, "share"),
        _Column("prevails", "Có hiệu lực chi phối", 12),
        _Column("on_border", "Trên ranh giới", 10),
    ]
    _table(sheet, frame, columns, styles, frozen=1, empty="Không có dự án nào nằm trên lớp dữ liệu nào.")


def _study_sheet(sheet: Worksheet, study: Sheet, styles: Mapping[str, Format]) -> None:
    """The table of a study; what a reader must know of it stands below the rows."""
    columns = [_Column(c.field, c.vi, c.width, c.style) for c in study.columns]
    _table(sheet, study.frame, columns, styles, frozen=1, empty=study.empty.vi)
    if study.note is not None:
        below = min(len(study.frame), _ROWS) + 3
        sheet.merge_range(below, 0, below, max(1, min(len(columns), 8) - 1), "", styles["plain"])
        sheet.write_string(below, 0, _clean(study.note.vi), styles["plain"])
        span = sum(column.width for column in columns[: max(1, min(len(columns), 8))])
        sheet.set_row(below, row_height([(study.note.vi, span)]))


_LAYERS = {"sites": "dự án", "zones": "vùng quy hoạch", "districts": "đơn vị hành chính", "boundaries": "ranh giới dự án"}
_ACTIONS = {"quarantined": "để riêng, không dùng", "repaired": "đã sửa"}


def _repair_sheet(sheet: Worksheet, assessment: Assessment, styles: Mapping[str, Format]) -> None:
    frame = assessment.repairs.copy()
    for field, words in (("layer", _LAYERS), ("action", _ACTIONS)):
        if field in frame:
            frame[field] = [words.get(str(value), value) for value in frame[field]]
    columns = [
        _Column("layer", "Lớp", 12),
        _Column("row_id", "Mã đối tượng", 16, "code"),
        _Column("source_row", "Dòng", 8, "integer"),
        _Column("action", "Xử lý", 14),
        _Column("method", "Cách sửa", 22),
        _Column("why", "Vì sao", 50),
        _Column("area_before_m2", "Diện tích trước (m²)", 16, "area"),
        _Column("area_after_m2", "Diện tích sau (m²)", 16, "area"),
        _Column("x", "x", 14, "number"),
        _Column("y", "y", 14, "number"),
    ]
    for column in columns:
        if column.field not in frame:
            frame[column.field] = None
    _table(sheet, frame, columns, styles, frozen=2, empty="Không có hình học nào phải sửa.")


_TOPICS = {
    "sheet": "Trang tính",
    "header": "Dòng tiêu đề",
    "column": "Cột",
    "row": "Dòng",
    "total": "Dòng tổng",
    "form": "Biểu mẫu",
    "number": "Số, đơn vị",
    "encoding": "Bảng mã",
    "place": "Địa danh",
    "crs": "Hệ tọa độ",
    "shape": "Hình học",
}


def _reading_sheet(sheet: Worksheet, assessment: Assessment, styles: Mapping[str, Format]) -> None:
    """What the readers decided about every input, and what they noted, as an officer checks it."""
    rows: list[tuple[Any, ...]] = []
    for item in assessment.inputs:
        file = str(item.get("name", item.get("role", "?")))
        for d in item.get("decisions", ()):
            rows.append((file, _TOPICS.get(d["topic"], d["topic"]), d["where"], d["said"], d["sample"], d["confidence"]))
        rows += [(file, "Ghi chú", "", one_line(note), "", None) for note in item.get("notes", ())]
    frame = pd.DataFrame(rows, columns=["file", "topic", "where", "said", "sample", "confidence"], dtype=object)
    columns = [
        _Column("file", "Tệp", 22),
        _Column("topic", "Nội dung", 14),
        _Column("where", "Ở đâu", 34),
        _Column("said", "Đã hiểu thế nào", 70),
        _Column("sample", "Ví dụ", 50),
        _Column("confidence", "Độ tin cậy", 10, "number"),
    ]
    _table(sheet, frame, columns, styles, frozen=0, empty="Không có gì phải ghi nhận.")


def _provenance_sheet(sheet: Worksheet, assessment: Assessment, styles: Mapping[str, Format]) -> None:
    book = assessment.rulebook
    rows: list[tuple[str, str, Any]] = [
        ("Kết quả", "Ngày xét", format_date(assessment.on)),
        ("Kết quả", "Số dự án vào = số kết luận", len(assessment.sites)),
        ("Kết quả", "Mã băm các kết luận (sha256)", verdict_digest(assessment.sites)),
        ("Bộ quy tắc", "Tên", book.name.vi or book.name.en),
        ("Bộ quy tắc", "Nguồn", book.source),
        ("Bộ quy tắc", "sha256", book.sha256),
        ("Hệ tọa độ", "Hệ tọa độ tính toán", assessment.crs),
    ]
    for n, operation in enumerate(assessment.crs_operations, start=1):
        rows.append(("Hệ tọa độ", f"Phép chuyển {n}", "; ".join(f"{key}: {one_line(value)}" for key, value in operation.items())))
    for item in assessment.inputs:
        role = str(item.get("role", "?"))
        rows += [
            ("Dữ liệu vào", f"{role}: {key}", text) for key, text in _flat(item) if key not in {"role", "notes", "decisions"}
        ]
    rows += [("Nội dung chưa kiểm tra", skipped.check, skipped.why.vi) for skipped in assessment.not_run]
    rows += [("Nội dung chưa thực hiện", _called(skipped), skipped.why.vi) for skipped in assessment.studies_not_run]
    rows += [("Ghi chú", "", note) for note in notes_of(assessment)]
    rows += [("Phần mềm", name, version) for name, version in versions().items()]
    frame = pd.DataFrame(rows, columns=["part", "what", "value"], dtype=object)
    columns = [_Column("part", "Phần", 24), _Column("what", "Mục", 34), _Column("value", "Giá trị", 100)]
    _table(sheet, frame, columns, styles, frozen=0, empty="")


def _flat(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the entries of a fingerprint as text, one level of nesting unfolded."""
    rows: list[tuple[str, str]] = []
    for key, value in item.items():
        if isinstance(value, Mapping):
            rows += [(f"{key}: {inner}", text) for inner, text in _flat(value)]
        else:
            rows.append((str(key), one_line(value)))
    return rows
