"""Which law of conversion holds on the day, since when, by which article, and has anybody verified it?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from plangeo.law.triggers import M2_PER_HA, Regime, Trigger
from plangeo.model import Label, LegalBasis
from plangeo.study import Sheet, SheetColumn, Study, Subject
from plangeo.text import format_number

_COLUMNS = (
    SheetColumn("kind_vi", "Loại", "Kind", 16),
    SheetColumn("code", "Mã", "Code", 20, "code"),
    SheetColumn("title_vi", "Nội dung", "What holds (Vietnamese)", 60),
    SheetColumn("title_en", "Nội dung (tiếng Anh)", "What holds", 60),
    SheetColumn("clears_vi", "Cơ quan, thủ tục", "Who clears it (Vietnamese)", 60),
    SheetColumn("clears_en", "Cơ quan, thủ tục (tiếng Anh)", "Who clears it", 60),
    SheetColumn("valid_from", "Từ ngày", "From", 12, "date"),
    SheetColumn("valid_to", "Đến ngày", "To", 12, "date"),
    SheetColumn("state_vi", "Ngày xét", "On the day", 16),
    SheetColumn("basis_vi", "Căn cứ", "Legal basis", 48),
    SheetColumn("verified_vi", "Kiểm chứng", "Verified", 16),
    SheetColumn("source", "Nguồn", "Source", 40),
    SheetColumn("code_state", "Mã tình trạng", "State code", 12, "code"),
)
_STATES = {"holds": "đang áp dụng", "ended": "đã hết", "to_come": "chưa áp dụng"}


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the regimes of every day, those of the day marked, and the conditions by area of the day."""
    book, on = subject.assessment.rulebook, subject.assessment.on
    rows = [_regime(regime, on) for regime in book.regimes] + [_trigger(trigger) for trigger in book.triggers]
    frame = pd.DataFrame(rows, columns=[c.field for c in _COLUMNS])
    day = on.strftime("%d/%m/%Y")
    note = Label(
        f"Tình trạng vào ngày xét {day}. “Chưa kiểm chứng”: chưa ai đối chiếu với văn bản gốc; cán bộ cần kiểm tra trước khi dùng. "
        "Ngưỡng diện tích tính trên tổng diện tích của các loại đất nêu tên, không có cận trên.",
        f"As on {on.isoformat()}. “Not verified”: nobody has held it against the text of the law; check before use. Bounds are asked of "
        "the total area of the classes named, and have no upper end.",
    )
    empty = Label("Bộ quy tắc không ghi chế độ pháp lý nào (mục regimes).", "The rulebook states no regimes (section regimes).")
    return [Sheet("regimes", Label("Chế độ pháp lý", "Legal regimes"), _COLUMNS, frame, empty, note)]


def _regime(regime: Regime, on: dt.date) -> dict[str, Any]:
    state = "holds" if regime.in_force(on) else "ended" if regime.valid_to is not None and regime.valid_to < on else "to_come"
    return {
        "kind_vi": "Chế độ",
        "code": regime.code,
        "title_vi": _with_note(regime.title.text("vi"), regime.note.text("vi")),
        "title_en": _with_note(regime.title.text("en"), regime.note.text("en")),
        "clears_vi": regime.clears.text("vi"),
        "clears_en": regime.clears.text("en"),
        **_dated(regime, state),
        **_cited(regime.basis),
    }


def _trigger(trigger: Trigger) -> dict[str, Any]:
    bound = {lang: format_number(trigger.area_m2 / M2_PER_HA, lang, 2) for lang in _LANGUAGES}
    sign = "≥" if trigger.op == ">=" else ">"
    ground = {"plan": Label("quy hoạch", "plan"), "present_use": Label("hiện trạng", "present use")}[trigger.ground]
    classes = ", ".join(trigger.zones)
    uses = "" if trigger.uses == ("*",) else f" ({', '.join(trigger.uses)})"
    return {
        "kind_vi": "Ngưỡng diện tích",
        "code": trigger.code,
        "title_vi": _with_note(f"{classes} {sign} {bound['vi']} ha, theo {ground.vi}{uses}", trigger.note.text("vi")),
        "title_en": _with_note(f"{classes} {sign} {bound['en']} ha, by the {ground.en}{uses}", trigger.note.text("en")),
        "clears_vi": trigger.needs.text("vi"),
        "clears_en": trigger.needs.text("en"),
        **_dated(trigger, "holds"),
        **_cited(trigger.basis),
    }


_LANGUAGES: tuple[Any, Any] = ("vi", "en")


def _dated(entry: Regime | Trigger, state: str) -> dict[str, Any]:
    return {"valid_from": entry.valid_from, "valid_to": entry.valid_to, "state_vi": _STATES[state], "code_state": state}


def _cited(basis: LegalBasis) -> dict[str, Any]:
    verified = "đã kiểm chứng" if basis.verified else "chưa kiểm chứng"
    return {"basis_vi": basis.cite("vi"), "verified_vi": verified, "source": basis.source}


def _with_note(text: str, note: str) -> str:
    return f"{text}. {note}" if note else text


STUDY = Study("regimes", Label("Chế độ pháp lý theo ngày", "Legal regimes by date"), run, order=70)
