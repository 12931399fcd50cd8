"""The area of a project: is it stated, can it be read, does it fit the drawing, and do its parts add up?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from plangeo.amounts.bands import ROUNDING_M2, declared_ends, ends_in_words
from plangeo.amounts.declaredareas import BY_DRAWING, DOUBTFUL_UNIT, UNLIKE, parse_note
from plangeo.entries.entrytable import Entries
from plangeo.entries.parts import ClassColumn, ToldParts, class_columns, told_parts, top_columns
from plangeo.entries.remarks import Answer, Remark
from plangeo.lists.registertable import NOTE
from plangeo.model import Label
from plangeo.text import format_area, format_number

_DRAWN = {"unit_slip": "area.unit_slip", "differs": "area.differs", "outside_range": "area.differs"}
"""Findings of the check ``declared_area`` about a drawing → codes here."""


def ask_areas(entries: Entries) -> Answer:
    """Return what is missing, unreadable or contradictory in the declared areas. A line needs none, but one it states is read."""
    low, high, approx = declared_ends(entries.table)
    unread, notes = entries.texts("declared_area_text"), entries.texts("declared_area_note")
    told = entries.findings("declared_area")
    linear = shapely.get_dimensions(entries.shapes) == 1
    remarks: list[Remark] = []
    stated = np.isfinite(low) | np.isfinite(high)
    for row in range(len(entries.table)):
        if unread[row]:
            said = Label(
                f"Không đọc chắc chắn được diện tích “{unread[row]}”", f"The area “{unread[row]}” cannot be read without guessing"
            )
            remarks.append(Remark(row, "area.unreadable", said, unread[row]))
        elif not stated[row]:
            if not linear[row]:
                remarks.append(Remark(row, "area.missing", Label("Chưa nêu diện tích", "No area is stated")))
        elif np.fmax(low[row], high[row]) <= 0:
            remarks.append(Remark(row, "area.zero", Label("Diện tích bằng 0", "The area is zero"), "0"))
        else:
            remarks += _of_number(row, (float(low[row]), float(high[row]), bool(approx[row])), notes[row], told.get(row, {}))
    classes = class_columns(entries)
    for row, parts in told_parts(entries).items():
        remarks += _of_told(row, parts, low[row], high[row])
    remarks += _of_classes(entries, classes, low, high)
    remarks += [
        Remark(
            row,
            "area.row_check",
            Label(f"Phép cộng trong dòng không khớp: {text}", f"A sum within the row does not hold: {text}"),
        )
        for row, text in enumerate(entries.texts(NOTE))
        if text
    ]
    asked = ~linear | stated | np.array([bool(text) for text in unread], dtype=bool)
    if not entries.ran("declared_area"):
        why = Label(
            "Không chạy kiểm tra declared_area nên chưa so với hình vẽ",
            "The check declared_area did not run: nothing was compared with the drawing",
        )
        return Answer("area", asked & shapely.is_missing(entries.shapes), remarks, why)
    why = Label("Dự án dạng tuyến không cần nêu diện tích", "A line need not state an area")
    return Answer("area", asked, remarks, Label("", "") if asked.all() else why)


def doubted_areas(answer: Answer) -> frozenset[int]:
    """Return the rows whose area may be wrong by a power of ten; what is reckoned with it would only say so again."""
    return frozenset(r.row for r in answer.remarks if r.code in ("area.unit_slip", "area.uncertain"))


def _of_number(row: int, ends: tuple[float, float, bool], note: str, finding: Mapping[Any, Any]) -> list[Remark]:
    """A stated area against its drawing and its column; one remark, the gravest, and the form of the number."""
    words = (
        Label(*ends_in_words(*ends))
        if ends[0] != ends[1] or ends[2]
        else Label(*(format_area(ends[0], lang) for lang in ("vi", "en")))
    )
    known = parse_note(note) if note else {}
    remarks = []
    if ends[0] != ends[1] or ends[2]:
        said = Label(
            f"Diện tích ghi là khoảng hoặc ước lượng: {words.vi}", f"The area is a range, a bound or an approximation: {words.en}"
        )
        remarks.append(Remark(row, "area.range", said, words.vi))
    code = _DRAWN.get(str(finding.get("reason", "")))
    if code is not None:
        drawn = [format_area(float(finding["area_m2"]), lang) for lang in ("vi", "en")]
        factor = str(finding["detail"]) if code == "area.unit_slip" else ""
        slip = (
            (f", lệch khoảng {factor} lần: có thể nhầm đơn vị", f", a factor of about {factor}: likely a slip of units")
            if factor
            else ("", "")
        )
        said = Label(f"Kê khai {words.vi}, hình vẽ {drawn[0]}{slip[0]}", f"Declared {words.en}, drawn {drawn[1]}{slip[1]}")
        return [*remarks, Remark(row, code, said, words.vi, drawn[0])]
    if UNLIKE in known:
        said = Label(
            f"Diện tích {words.vi} lệch khoảng {known[UNLIKE]} lần so với các dự án khác: có thể nhầm đơn vị",
            f"The area {words.en} is about {known[UNLIKE]} times away from the other projects: likely a slip of units",
        )
        return [*remarks, Remark(row, "area.unit_slip", said, words.vi)]
    for note_code, why in _UNCERTAIN.items():
        if note_code in known:
            said = Label(
                f"Diện tích ghi “{known[note_code]}”, tạm đọc {words.vi}: {why.vi}",
                f"The area is written “{known[note_code]}”, read as {words.en} for now: {why.en}",
            )
            return [*remarks, Remark(row, "area.uncertain", said, known[note_code])]
    return remarks


_UNCERTAIN = {
    BY_DRAWING: Label("chọn theo hình vẽ, cần xác nhận", "chosen by the drawing, to be confirmed"),
    DOUBTFUL_UNIT: Label("độ lớn của đơn vị chưa được xác minh", "the size of the unit is not verified"),
}


def _of_told(row: int, parts: ToldParts, low: float, high: float) -> list[Remark]:
    """Parts listed in a sentence against the total of the entry."""
    total = math.fsum(parts.areas)
    least = 0.5 * ROUNDING_M2
    if math.isnan(low) or math.isnan(high) or low - least <= total <= high + least:
        return []
    slack = parts.slack_m2 + least
    rounding = low - slack <= total <= high + slack
    gap = total - (low if total < low else high)
    vi, en = ([format_area(v, lang) for v in (total, low if gap < 0 else high)] for lang in ("vi", "en"))
    numbers = " + ".join(format_number(a / 1e4, "vi") for a in parts.areas)
    why = ("; có thể do làm tròn", "; rounding could explain it") if rounding else ("", "")
    said = Label(
        f"Các phần cộng lại được {vi[0]} ({numbers}), tổng kê khai {vi[1]}{why[0]}",
        f"The parts add up to {en[0]}, the stated total is {en[1]}{why[1]}",
    )
    return [Remark(row, "area.parts_rounding" if rounding else "area.parts_differ", said, vi[0], vi[1])]


def _of_classes(entries: Entries, columns: list[ClassColumn], low: Any, high: Any) -> list[Remark]:
    """Columns of land classes: together no more than the total, and a class no more than the one it is a part of."""
    book = entries.assessment.rulebook
    top = top_columns(columns, book)
    remarks = []
    most = np.fmax(low, high)
    for row in range(len(entries.table)):
        unread = ", ".join(f"{c.heading}: “{entries.texts(c.heading)[row]}”" for c in columns if row in c.unread)
        if unread:
            said = Label(f"Không đọc được diện tích loại đất ({unread})", f"The area of a land class cannot be read ({unread})")
            remarks.append(Remark(row, "area.part_unread", said, unread))
        summed = math.fsum(c.areas[row] for c in top if not math.isnan(c.areas[row]))
        slack = 0.5 * ROUNDING_M2 * (len(top) + 1)
        if top and summed > most[row] + slack:
            vi, en = ([format_area(v, lang) for v in (summed, float(most[row]))] for lang in ("vi", "en"))
            named = ", ".join(c.code for c in top if not math.isnan(c.areas[row]))
            said = Label(
                f"Các loại đất ({named}) cộng lại {vi[0]}, nhiều hơn diện tích {vi[1]}",
                f"The land classes ({named}) add up to {en[0]}, more than the area of {en[1]}",
            )
            remarks.append(Remark(row, "area.parts_exceed", said, vi[0], vi[1]))
        for part, whole in _nested(columns, entries):
            if part.areas[row] > whole.areas[row] + ROUNDING_M2:
                vi, en = ([format_area(float(c.areas[row]), lang) for c in (part, whole)] for lang in ("vi", "en"))
                said = Label(
                    f"{part.code} {vi[0]} nhiều hơn {whole.code} {vi[1]}",
                    f"{part.code} with {en[0]} is more than {whole.code} with {en[1]}, of which it is a part",
                )
                remarks.append(Remark(row, "area.parts_exceed", said, vi[0], vi[1]))
    return remarks


def _nested(columns: list[ClassColumn], entries: Entries) -> list[tuple[ClassColumn, ClassColumn]]:
    by_code = {c.code: c for c in columns}
    above = {c.code: [a for a in entries.assessment.rulebook.ancestors(c.code)[1:] if a in by_code] for c in columns}
    return [(c, by_code[above[c.code][0]]) for c in columns if above[c.code]]
