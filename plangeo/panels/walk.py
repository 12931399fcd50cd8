"""From one flagged project to the next, by button, key or presenter, with the author's notes, and an address for every project."""

from __future__ import annotations

from typing import Any

from plangeo.briefingnotes import SHEET, is_shown
from plangeo.model import Assessment, Label
from plangeo.panels import Panel, number, plain

MOST_TOLD = 50
"""Rows of the notes' file whose problem is named on the map; the workbook has them all."""


def data(assessment: Assessment) -> dict[str, Any]:
    """Return the notes by project (``[vi, en]`` in the order of the file), the order the file gives, and rows with a problem.

    Keys: ``notes`` site_id → list of texts; ``order`` site_id → number; ``problems`` list of row, id, words in both
    languages; ``left_out`` how many more there are.
    """
    frame = next((sheet.frame for sheet in assessment.sheets if sheet.code == SHEET), None)
    notes: dict[str, list[list[str]]] = {}
    order: dict[str, float] = {}
    problems: list[dict[str, Any]] = []
    for row in [] if frame is None else frame.to_dict("records"):
        site_id = str(row["site_id"])
        if row["problem"]:
            words = [row["problem_vi"], row["problem_en"]]
            problems.append({"row": int(row["source_row"]), "id": site_id, "words": words})
        if not is_shown(row["problem"]):
            continue
        texts = [plain(row["note_vi"]), plain(row["note_en"])]
        notes.setdefault(site_id, []).extend([texts] if any(texts) else [])
        place = number(row["order"])
        if place is not None:
            order[site_id] = min(place, order.get(site_id, place))
    return {"notes": notes, "order": order, "problems": problems[:MOST_TOLD], "left_out": max(0, len(problems) - MOST_TOLD)}


PANEL = Panel(
    code="walk",
    title=Label("Lần lượt xem các dự án cần lưu ý", "Walk through the flagged projects"),
    order=35,
    words={
        "next": Label("Dự án cần lưu ý tiếp theo (phím Page Down)", "Next flagged project (Page Down)"),
        "previous": Label("Dự án cần lưu ý trước (phím Page Up)", "Previous flagged project (Page Up)"),
        "of": Label("{n} / {all} cần lưu ý", "{n} of {all} flagged"),
        "start": Label("Xem {all} dự án cần lưu ý", "Walk through {all} flagged"),
        "stop": Label("Điểm dừng {n} / {all}", "Stop {n} of {all}"),
        "stops": Label("Xem {all} điểm dừng", "Walk through {all} stops"),
        "none": Label("Không có dự án cần lưu ý", "No project is flagged"),
        "note": Label("Lời thuyết minh", "Author's note"),
        "problems": Label("{n} dòng ghi chú có lỗi", "{n} rows of the notes have a problem"),
        "row": Label("dòng {n}", "row {n}"),
        "more": Label("và {n} dòng khác, xem trong bảng tính", "and {n} more, see the workbook"),
    },
    data=data,
)
