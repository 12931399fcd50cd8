"""The officer's decisions beside the machine's verdicts; none of them changes a verdict, stale ones are flagged."""

from __future__ import annotations

from collections.abc import Sequence

from plangeo.model import Label
from plangeo.overrides.decisionfile import read_decisions
from plangeo.overrides.decisions import SHEET, place_decisions
from plangeo.siteplaces import with_places
from plangeo.study import Sheet, SheetColumn, Study, Subject

_COLUMNS = (
    SheetColumn("site_id", "Mã", "Id", 12, "code"),
    SheetColumn("name", "Tên dự án", "Project", 34),
    SheetColumn("verdict_vi", "Kết luận của máy", "Machine's verdict", 18),
    SheetColumn("verdict", "Mã kết luận", "Verdict code", 14, "code"),
    SheetColumn("decision", "Quyết định của cán bộ", "Officer's decision", 26),
    SheetColumn("agrees_vi", "So với kết luận của máy", "Against the verdict", 12),
    SheetColumn("status_vi", "Tình trạng", "State", 28),
    SheetColumn("status", "Mã tình trạng", "State code", 12, "code"),
    SheetColumn("since_vi", "Đã thay đổi", "What changed", 40),
    SheetColumn("since_en", "What changed (English)", "What changed", 40),
    SheetColumn("reason", "Lý do", "Reason", 40),
    SheetColumn("officer", "Cán bộ", "Officer", 20),
    SheetColumn("date", "Ngày", "Date", 12, "date"),
    SheetColumn("document", "Văn bản", "Document", 20),
    SheetColumn("fingerprint_given", "Dấu kiểm khi quyết định", "Fingerprint then", 30, "code"),
    SheetColumn("fingerprint_now", "Dấu kiểm hiện nay", "Fingerprint now", 30, "code"),
    SheetColumn("problem_vi", "Lỗi của dòng", "Fault of the row", 34),
    SheetColumn("problem_en", "Fault (English)", "Fault of the row", 34),
    SheetColumn("date_text", "Ngày như đã ghi", "Date as written", 14, "code"),
    SheetColumn("source_row", "Dòng trong tệp", "Row of the file", 10, "integer"),
)


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the sheet of decisions, a row for each row of the file."""
    file = read_decisions(subject.files["overrides"])
    unknown = ", ".join(file.not_understood)
    left_out = (
        Label(f" Cột không hiểu, bỏ qua: {unknown}.", f" Columns not understood, left out: {unknown}.")
        if unknown
        else Label("", "")
    )
    note = Label(
        "Quyết định của cán bộ đứng cạnh kết luận của máy, không thay thế. Dấu kiểm gồm bốn phần: vị trí; loại dự án và thông tin kê "
        "khai; vùng quy hoạch bên dưới; quy hoạch và quy tắc. “Đã cũ”: một phần đã khác, hoặc một quy hoạch, quy tắc bắt đầu hay hết "
        "hiệu lực sau ngày quyết định. Không có dấu kiểm thì không biết dự án có thay đổi hay không: hãy chép “Dấu kiểm hiện nay” vào "
        f"tệp khi xác nhận lại. Quy tắc đã bãi bỏ mà không có quy tắc thay thế chỉ thấy qua dấu kiểm.{left_out.vi}",
        "The officer's decision stands beside the machine's verdict and never replaces it. A fingerprint has four parts: place; use "
        "and what is declared; zones under the site; plans and rules. “Stale”: a part differs, or a plan or rule began or ended after "
        "the day of the decision. Without a fingerprint nobody can tell: copy “Fingerprint now” into the file when you confirm. "
        f"A rule repealed without another one is seen by the fingerprint only.{left_out.en}",
    )
    table = place_decisions(subject.assessment, file)
    frame = with_places(table, subject.assessment, table["status"].ne("not_matched").tolist())
    empty = Label("Tệp không có quyết định nào.", "The file holds no decision.")
    return [Sheet(SHEET, Label("Quyết định của cán bộ", "Officer's decisions"), _COLUMNS, frame, empty, note)]


STUDY = Study(
    code="officer_decisions",
    title=Label("Quyết định của cán bộ bên cạnh kết luận của máy", "The officer's decisions beside the verdicts"),
    run=run,
    files=("overrides",),
    order=20,
)
