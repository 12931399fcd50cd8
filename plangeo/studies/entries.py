"""Does every entry of the register say what a list must say, and does it agree with itself, the map, the plans and the rulebook?

The codes and their levels stand in ``plangeo.entries.remarks``.
"""

from __future__ import annotations

from collections.abc import Sequence

from plangeo.entries.inquiry import Inquiry, inquire
from plangeo.entries.ratios import LEAST_PEERS
from plangeo.entries.remarks import IN_ORDER, LEVELS, MARKS, NOT_ASKED, QUESTIONS
from plangeo.model import Label
from plangeo.study import Sheet, SheetColumn, Study, Subject

_PROJECT = (
    SheetColumn("site_id", "Mã dự án", "Project", 12, "code"),
    SheetColumn("name", "Tên dự án", "Name", 34),
    SheetColumn("source_row", "Dòng", "Row", 7, "integer"),
)


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the sheet of what was found and the sheet of one row per project."""
    inquiry = inquire(subject.assessment)
    return [_found(inquiry), _by_project(inquiry)]


def _found(inquiry: Inquiry) -> Sheet:
    frame = inquiry.found()
    counts = [int((frame["level"] == level).sum()) for level in LEVELS]
    vi, en = (
        ", ".join(f"{LEVELS[level].text(lang)} {n}" for level, n in zip(LEVELS, counts, strict=True)) for lang in ("vi", "en")
    )
    not_asked = inquiry.not_asked()
    return Sheet(
        code="entry_findings",
        title=Label("Kiểm tra thông tin", "Entry findings"),
        columns=(
            *_PROJECT,
            SheetColumn("question_vi", "Nội dung", "Question", 13),
            SheetColumn("level_vi", "Mức", "Level", 10),
            SheetColumn("why_vi", "Phát hiện", "Found (Vietnamese)", 60),
            SheetColumn("why_en", "Phát hiện (tiếng Anh)", "Found (English)", 50),
            SheetColumn("found", "Giá trị", "Value", 18),
            SheetColumn("expected", "Đối chiếu với", "Held against", 18),
            SheetColumn("basis", "Căn cứ", "Basis", 24),
            SheetColumn("count", "Số dự án", "Projects", 9, "integer"),
            SheetColumn("code", "Mã phát hiện", "Code", 24, "code"),
        ),
        frame=frame,
        empty=Label("Không phát hiện vấn đề nào trong các mục đã kiểm tra.", "Nothing was found in what was asked."),
        note=Label(
            " ".join([f"Số dòng theo mức: {vi}.", *(told.vi for told in not_asked)]),
            " ".join([f"Rows by level: {en}.", *(told.en for told in not_asked)]),
        ),
    )


def _by_project(inquiry: Inquiry) -> Sheet:
    legend = ", ".join(f"{MARKS[level]} {LEVELS[level].vi.lower()}" for level in LEVELS)
    legend_en = ", ".join(f"{MARKS[level]} {LEVELS[level].en}" for level in LEVELS)
    return Sheet(
        code="entries",
        title=Label("Thông tin theo dự án", "Entries by project"),
        columns=(
            *_PROJECT,
            *(SheetColumn(f"asked_{code}", title.vi, title.en, 9) for code, title in QUESTIONS.items()),
            SheetColumn("funding_kinds", "Nguồn vốn đọc được", "Sources read", 22),
            SheetColumn("bn_vnd_per_ha", "Tỷ đồng/ha", "VND bn per ha", 10, "number"),
            *(
                SheetColumn(f"count_{level}", f"Số {title.vi.lower()}", f"Count: {title.en}", 8, "integer")
                for level, title in LEVELS.items()
            ),
        ),
        frame=inquiry.by_project(),
        empty=Label("Danh mục không có dự án nào.", "The register has no projects."),
        note=Label(
            f"{IN_ORDER} đã hỏi, không phát hiện gì; {legend}; {NOT_ASKED} chưa hỏi được. "
            f"Suất đầu tư chỉ so sánh khi có ít nhất {LEAST_PEERS} dự án cùng loại.",
            f"{IN_ORDER} asked, nothing found; {legend_en}; {NOT_ASKED} could not be asked. "
            f"Capital per hectare is compared among at least {LEAST_PEERS} projects of one use.",
        ),
    )


STUDY = Study(
    code="entries",
    title=Label("Thông tin của từng dự án trong danh mục", "What the register says of each project"),
    run=run,
    order=40,
)
