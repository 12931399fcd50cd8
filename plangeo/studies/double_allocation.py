"""Which projects claim the same ground: overlaps with area, phase and capital, near-duplicates, and points and lines within other projects."""

from __future__ import annotations

from collections.abc import Sequence

from plangeo.allocation.claims import KINDS, MOST_ROWS, Claims, claims, kinds
from plangeo.allocation.contacts import ALIKE, MOST_ALIKE, UNSTATED_M
from plangeo.entries.duplicates import SAME_PLACE_M
from plangeo.model import Label, Language
from plangeo.study import Sheet, SheetColumn, Study, Subject
from plangeo.text import format_number


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the sheet of pairs, with the shared ground as geometries."""
    found = claims(subject.assessment)
    return [
        Sheet(
            code="double_allocation",
            title=Label("Chồng lấn dự án", "Project overlaps"),
            columns=_COLUMNS,
            frame=found.frame,
            empty=Label(
                "Không có dự án nào chồng lấn hoặc gần như trùng nhau.", "No projects overlap or are drawn nearly alike."
            ),
            note=Label(_note(found, "vi"), _note(found, "en")),
        )
    ]


_COLUMNS = (
    SheetColumn("kind_vi", "Loại", "Kind (Vietnamese)", 18),
    SheetColumn("site_a", "Mã dự án A", "Project A", 11, "code"),
    SheetColumn("name_a", "Dự án A", "Name A", 28),
    SheetColumn("site_b", "Mã dự án B", "Project B", 11, "code"),
    SheetColumn("name_b", "Dự án B", "Name B", 28),
    SheetColumn("area_ha", "Diện tích chung (ha)", "Shared area (ha)", 11, "hectare"),
    SheetColumn("share_a", "Phần của A", "Share of A", 9, "share"),
    SheetColumn("share_b", "Phần của B", "Share of B", 9, "share"),
    SheetColumn("length_m", "Chiều dài (m)", "Length (m)", 10, "integer"),
    SheetColumn("phase_a", "Phân kỳ A", "Phase A", 11),
    SheetColumn("phase_b", "Phân kỳ B", "Phase B", 11),
    SheetColumn("phases_meet_vi", "Cùng thời kỳ", "Same years (Vietnamese)", 9),
    SheetColumn("capital_a", "Vốn A", "Capital A", 16),
    SheetColumn("capital_b", "Vốn B", "Capital B", 16),
    SheetColumn("why_vi", "Phát hiện", "Found (Vietnamese)", 44),
    SheetColumn("why_en", "Phát hiện (tiếng Anh)", "Found (English)", 44),
    SheetColumn("alike", "Mức trùng (IoU)", "Likeness (IoU)", 9, "number"),
    SheetColumn("tolerance_m", "Dung sai (m)", "Tolerance (m)", 9, "number"),
    SheetColumn("row_a", "Dòng A", "Row A", 7),
    SheetColumn("row_b", "Dòng B", "Row B", 7),
    SheetColumn("kind", "Mã loại", "Kind", 14, "code"),
)


def _note(found: Claims, language: Language) -> str:
    """Totals, definitions and what was not examined."""
    tally = found.tally

    def ha(area_m2: float) -> str:
        return format_number(area_m2 / 1e4, language)

    counted = kinds(found.frame)
    listed = ", ".join(f"{KINDS[kind].text(language)} {counted[kind]}" for kind in KINDS if counted[kind])
    touching, sliver = found.contacts.touching, format_number(found.contacts.sliver_m2, language, 1)
    if language == "vi":
        said = [
            f"{tally.sites} dự án có ranh giới vùng: cộng {ha(tally.summed_m2)} ha, chiếm {ha(tally.union_m2)} ha đất; tính trùng "
            f"{ha(tally.overcount_m2)} ha, trên {ha(tally.doubled_m2)} ha đất được giao cho từ hai dự án trở lên.",
            f"Dải mỏng hơn dung sai (√(a²+b²) của sai số hai dự án, {UNSTATED_M:g} m khi không nêu) là tiếp giáp, không phải chồng lấn: "
            f"{touching} cặp, {sliver} m². Gần như trùng: IoU từ {format_number(ALIKE, language, 1)}; cùng tên, gần nhau: trong {SAME_PLACE_M:g} m, tên so sánh không dấu và phải bằng nhau.",
            f"{found.not_examined} dự án chưa xét được vì không có hình học dùng được; dự án chỉ có một điểm chỉ được xét có nằm trong dự án khác không.",
        ]
        more = f"Còn {found.left_off} cặp ngoài {MOST_ROWS} cặp được liệt kê."
    else:
        said = [
            f"{tally.sites} projects with an area: {ha(tally.summed_m2)} ha in all, on {ha(tally.union_m2)} ha of ground; counted more than "
            f"once {ha(tally.overcount_m2)} ha, on {ha(tally.doubled_m2)} ha of ground that two projects or more claim.",
            f"A strip thinner than the tolerance (√(a²+b²) of the accuracies of the two, {UNSTATED_M:g} m where none is stated) is touching, not overlapping: "
            f"{touching} pairs, {sliver} m². Nearly alike: IoU of {ALIKE:g} and more; same name, close: within {SAME_PLACE_M:g} m, names without marks must be equal.",
            f"{found.not_examined} projects were not examined for want of a usable geometry; of a project known by one point it is only asked whether it lies in another.",
        ]
        more = f"{found.left_off} more pairs beyond the {MOST_ROWS} listed."
    if found.contacts.bundled:
        many = len(found.contacts.bundled)
        said.append(
            f"{many} dự án có hình vẽ lặp lại hơn {MOST_ALIKE} lần chỉ được ghép với dự án đầu tiên của hình đó."
            if language == "vi"
            else f"{many} projects of a shape that stands more than {MOST_ALIKE} times are paired with the first of that shape only."
        )
    return " ".join([*said, *([f"{listed}."] if listed else []), *([more] if found.left_off else [])])


STUDY = Study(
    code="double_allocation",
    title=Label("Dự án chồng lấn dự án", "Projects against projects"),
    run=run,
    order=42,
)
