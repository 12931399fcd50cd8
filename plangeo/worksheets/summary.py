"""The first sheet: counts by verdict, what every sheet holds, plans, what was not checked, how to read it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from xlsxwriter.workbook import Format
from xlsxwriter.worksheet import Worksheet

from plangeo.datumline import datum_lines
from plangeo.explanation import describe_plan, format_date, format_period, format_scale, not_run_line, one_line
from plangeo.model import ILLUSTRATIVE, Assessment, Verdict
from plangeo.sheetcells import row_height
from plangeo.study import Sheet
from plangeo.worksheets.areas import hectares_by_verdict
from plangeo.worksheets.inputsheets import called, notes_of
from plangeo.worksheets.tablesheet import address, clean

_STATUS = {
    "in_force": "đang có hiệu lực",
    "expired": "đã hết thời hạn",
    "superseded": "đã được thay thế",
    "pending": "chưa có hiệu lực",
    "revoked": "đã bị bãi bỏ",
    "unknown": "không rõ hiệu lực",
}
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


def notice_of(assessment: Assessment) -> str:
    """Return what must stand on an assessment on made-up plans; else nothing."""
    return f"{ILLUSTRATIVE.vi} / {ILLUSTRATIVE.en}" if assessment.illustrative else ""


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
        sheet.write_url(row, 0, address(title), styles["link"], title)
        sheet.write_number(row, 1, rows, styles["integer"])
        sheet.write_blank(row, 2, None, styles["text"])
        sheet.write_string(row, 3, clean(says), styles["text"])
    for skipped in assessment.studies_not_run:
        row += 1
        for n, text in enumerate((called(skipped), "chưa thực hiện", "", skipped.why.vi)):
            sheet.write_string(row, n, clean(text), styles["text"])
    return row + 1


def _says(study: Sheet) -> str:
    """What a sheet holds in one line: its own words, else what is said of an empty one, else how its note begins."""
    if study.frame.empty:
        return study.empty.vi
    if study.code in _HOLDS:
        return _HOLDS[study.code]
    text = "" if study.note is None else study.note.vi
    return text.split(". ")[0].rstrip(".") + "." if text else ""


def write_summary(sheet: Worksheet, assessment: Assessment, styles: Mapping[str, Format]) -> None:
    """Write the first sheet."""
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 22)
    sheet.set_column(3, 3, 70)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, "KẾT QUẢ ĐỐI CHIẾU DỰ ÁN VỚI QUY HOẠCH SỬ DỤNG ĐẤT", styles["title"])
    sheet.write_string(1, 0, f"Pháp lý và quy hoạch tính đến ngày {format_date(assessment.on)}", styles["line"])
    row = 2
    if assessment.illustrative:
        sheet.merge_range(row, 0, row, 3, "", styles["notice"])
        sheet.write_string(row, 0, notice_of(assessment), styles["notice"])
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
            sheet.write_string(row, n, clean(value), styles["text"])
    return row + 1


def _paragraphs(sheet: Worksheet, row: int, title: str, lines: Sequence[str], styles: Mapping[str, Format]) -> int:
    sheet.write_string(row, 0, title, styles["section"])
    for line in lines:
        row += 1
        sheet.merge_range(row, 0, row, 3, "", styles["plain"])
        sheet.write_string(row, 0, clean(line), styles["plain"])
        sheet.set_row(row, row_height([(line, 148)]))  # Excel does not grow the row of a merged cell
    return row + 1
