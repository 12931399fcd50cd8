"""The sheets about the inputs: what was repaired, how files were read, where everything comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from xlsxwriter.workbook import Format
from xlsxwriter.worksheet import Worksheet

from plangeo.explanation import format_date, one_line
from plangeo.manifest import verdict_digest, versions
from plangeo.model import Assessment, SkippedCheck
from plangeo.worksheets.tablesheet import Column, write_table

LAYER_WORDS = {"sites": "dự án", "zones": "vùng quy hoạch", "districts": "đơn vị hành chính", "boundaries": "ranh giới dự án"}
_ACTIONS = {"quarantined": "để riêng, không dùng", "repaired": "đã sửa"}
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


def notes_of(assessment: Assessment) -> list[str]:
    """Return the notes of the readers on every input, each with the role of its layer, in order and once."""
    notes = []
    for item in assessment.inputs:
        notes += [f"{item.get('role', '?')}: {one_line(note)}" for note in item.get("notes", ())]
    return list(dict.fromkeys(notes))


def called(skipped: SkippedCheck) -> str:
    """Return the name of a question that was not asked."""
    return skipped.check if skipped.title is None else skipped.title.vi or skipped.check


def write_repairs(sheet: Worksheet, assessment: Assessment, styles: Mapping[str, Format]) -> None:
    """Write the repair ledger."""
    frame = assessment.repairs.copy()
    for field, words in (("layer", LAYER_WORDS), ("action", _ACTIONS)):
        if field in frame:
            frame[field] = [words.get(str(value), value) for value in frame[field]]
    columns = [
        Column("layer", "Lớp", 12),
        Column("row_id", "Mã đối tượng", 16, "code"),
        Column("source_row", "Dòng", 8, "integer"),
        Column("action", "Xử lý", 14),
        Column("method", "Cách sửa", 22),
        Column("why", "Vì sao", 50),
        Column("area_before_m2", "Diện tích trước (m²)", 16, "area"),
        Column("area_after_m2", "Diện tích sau (m²)", 16, "area"),
        Column("x", "x", 14, "number"),
        Column("y", "y", 14, "number"),
    ]
    for column in columns:
        if column.field not in frame:
            frame[column.field] = None
    write_table(sheet, frame, columns, styles, frozen=2, empty="Không có hình học nào phải sửa.")


def write_reading(sheet: Worksheet, assessment: Assessment, styles: Mapping[str, Format]) -> None:
    """What the readers decided about every input, and what they noted, as an officer checks it."""
    rows: list[tuple[Any, ...]] = []
    for item in assessment.inputs:
        file = str(item.get("name", item.get("role", "?")))
        for d in item.get("decisions", ()):
            rows.append((file, _TOPICS.get(d["topic"], d["topic"]), d["where"], d["said"], d["sample"], d["confidence"]))
        rows += [(file, "Ghi chú", "", one_line(note), "", None) for note in item.get("notes", ())]
    frame = pd.DataFrame(rows, columns=["file", "topic", "where", "said", "sample", "confidence"], dtype=object)
    columns = [
        Column("file", "Tệp", 22),
        Column("topic", "Nội dung", 14),
        Column("where", "Ở đâu", 34),
        Column("said", "Đã hiểu thế nào", 70),
        Column("sample", "Ví dụ", 50),
        Column("confidence", "Độ tin cậy", 10, "number"),
    ]
    write_table(sheet, frame, columns, styles, frozen=0, empty="Không có gì phải ghi nhận.")


def write_provenance(sheet: Worksheet, assessment: Assessment, styles: Mapping[str, Format]) -> None:
    """Write the day, rulebook, coordinate system, inputs, notes and versions."""
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
    rows += [("Nội dung chưa thực hiện", called(skipped), skipped.why.vi) for skipped in assessment.studies_not_run]
    rows += [("Ghi chú", "", note) for note in notes_of(assessment)]
    rows += [("Phần mềm", name, version) for name, version in versions().items()]
    frame = pd.DataFrame(rows, columns=["part", "what", "value"], dtype=object)
    columns = [Column("part", "Phần", 24), Column("what", "Mục", 34), Column("value", "Giá trị", 100)]
    write_table(sheet, frame, columns, styles, frozen=0, empty="")


def _flat(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the entries of a fingerprint as text, one level of nesting unfolded."""
    rows: list[tuple[str, str]] = []
    for key, value in item.items():
        if isinstance(value, Mapping):
            rows += [(f"{key}: {inner}", text) for inner, text in _flat(value)]
        else:
            rows.append((str(key), one_line(value)))
    return rows
