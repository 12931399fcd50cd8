"""The result of a reconciliation as tables for the workbook: outcomes, differences, and what an officer has to confirm."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from plangeo.model import Label
from plangeo.reconciling.confirmation import COLUMNS, SHEETS
from plangeo.reconciling.differences import TITLES
from plangeo.reconciling.reconciliation import OUTCOMES, Reconciliation
from plangeo.reconciling.sayings import EVIDENCE
from plangeo.study import Sheet, SheetColumn

WORDS = {
    "ambiguous": Label("Cần xác nhận", "To be confirmed"),
    "split": Label("Tách thành nhiều phần", "Split into parts"),
    "merged": Label("Gộp nhiều phần", "Parts merged"),
    "changed": Label("Có thay đổi", "Changed"),
    "only_left": Label("Chỉ có bên trái", "Only in the left list"),
    "only_right": Label("Chỉ có bên phải", "Only in the right list"),
    "same": Label("Giống nhau", "The same"),
}
"""Outcome → word."""
KINDS = {
    "value": Label("khác giá trị", "other value"),
    "one_sided": Label("chỉ một bên có", "stated by one list only"),
    "unread": Label("khác, không so được bằng số", "differs, not comparable as numbers"),
    "wording": Label("chỉ khác cách viết", "only written differently"),
    "adds_up": Label("các phần cộng khớp", "the parts add up"),
}


def sheets_of(result: Reconciliation) -> list[Sheet]:
    """Return the sheets of a reconciliation: summary, outcomes, differences, pairs to confirm."""
    return [_summary(result), outcome_sheet(result), difference_sheet(result), confirm_sheet(result)]


def outcome_sheet(result: Reconciliation) -> Sheet:
    """Return one row for each outcome, what needs a word of an officer first."""
    frame = result.outcomes.copy()
    frame["outcome_vi"] = [WORDS[w].vi for w in frame["outcome"]]
    frame["changes_vi"] = [_fields(text) for text in frame["changes"]]
    frame["wording_vi"] = [_fields(text) for text in frame["wording"]]
    frame["evidence_vi"] = [_evidence(text) for text in frame["evidence"]]
    return Sheet(
        "lists_reconciled",
        Label("Đối chiếu danh mục", "Lists reconciled"),
        (
            SheetColumn("outcome_id", "Số", "No.", 9, "code"),
            SheetColumn("outcome_vi", "Kết quả", "Outcome (Vietnamese)", 18),
            SheetColumn("left_ids", "Mã bên trái", "Left ids", 14, "code"),
            SheetColumn("left_names", "Tên bên trái", "Left names", 38),
            SheetColumn("right_ids", "Mã bên phải", "Right ids", 14, "code"),
            SheetColumn("right_names", "Tên bên phải", "Right names", 38),
            SheetColumn("changes_vi", "Thông tin thay đổi", "Changed fields", 24),
            SheetColumn("wording_vi", "Chỉ khác cách viết", "Only written differently", 20),
            SheetColumn("why_vi", "Lý do", "Reason (Vietnamese)", 44),
            SheetColumn("evidence_vi", "Căn cứ ghép", "Evidence (Vietnamese)", 24),
            SheetColumn("score", "Điểm (0–100)", "Score (0–100)", 9, "integer"),
            SheetColumn("candidates", "Mục gần giống (điểm)", "Candidates (score)", 30),
            SheetColumn("confirmed_by", "Cán bộ xác nhận", "Confirmed by", 20),
            SheetColumn("why_en", "Reason (English)", "Reason (English)", 40),
            SheetColumn("outcome", "Mã kết quả", "Outcome", 12, "code"),
            SheetColumn("reason", "Mã lý do", "Reason code", 20, "code"),
        ),
        frame,
        Label("Hai danh mục đều không có dự án.", "Neither list has a project."),
        Label(
            "Không mục nào được ghép nếu không có quy tắc hoặc xác nhận của cán bộ; mỗi mục của mỗi danh mục đứng đúng một dòng. "
            "Điểm là tổng trọng số các thông tin trùng khớp, không phải xác suất.",
            "Nothing is joined without a rule or an officer's confirmation; every entry of either list stands in exactly one row. "
            "The score is the weight of what agrees, not a probability.",
        ),
    )


LEFT, RIGHT = Label("bên trái", "left"), Label("bên phải", "right")


def difference_sheet(result: Reconciliation, left: Label = LEFT, right: Label = RIGHT) -> Sheet:
    """Return one row for each field in which joined entries differ; ``left`` and ``right`` are what the lists are called."""
    frame = result.differences.copy()
    frame["field_vi"] = [TITLES[f].vi for f in frame["field"]]
    frame["kind_vi"] = [KINDS[k].vi for k in frame["kind"]]
    shown = [_amount(a, u) for a, u in zip(frame["amount"], frame["unit"], strict=True)]
    frame["shown_amount"] = pd.Series([a for a, _ in shown], index=frame.index, dtype=float)
    frame["shown_unit"] = [u for _, u in shown]
    return Sheet(
        "list_differences",
        Label("Khác biệt thông tin", "Field differences"),
        (
            SheetColumn("outcome_id", "Số", "No.", 9, "code"),
            SheetColumn("left_id", f"Mã ({left.vi})", f"Id ({left.en})", 14, "code"),
            SheetColumn("right_id", f"Mã ({right.vi})", f"Id ({right.en})", 14, "code"),
            SheetColumn("name", "Tên dự án", "Name", 38),
            SheetColumn("field_vi", "Thông tin", "Field (Vietnamese)", 14),
            SheetColumn("left", left.vi.capitalize(), left.en.capitalize(), 32),
            SheetColumn("right", right.vi.capitalize(), right.en.capitalize(), 32),
            SheetColumn(
                "shown_amount", f"Chênh lệch ({right.vi} − {left.vi})", f"Difference ({right.en} − {left.en})", 14, "number"
            ),
            SheetColumn("shown_unit", "Đơn vị", "Unit", 9, "code"),
            SheetColumn("relative", f"Tỷ lệ so với {left.vi}", f"Relative to: {left.en}", 11, "share"),
            SheetColumn("kind_vi", "Mức độ", "Kind (Vietnamese)", 22),
            SheetColumn("why_vi", "Giải thích", "Reason (Vietnamese)", 40),
            SheetColumn("why_en", "Reason (English)", "Reason (English)", 40),
            SheetColumn("field", "Mã thông tin", "Field", 11, "code"),
            SheetColumn("kind", "Mã mức độ", "Kind", 11, "code"),
        ),
        frame,
        Label("Không có thông tin nào khác nhau.", "No field differs."),
    )


def confirm_sheet(result: Reconciliation, code: str = "to_confirm", title: str = SHEETS[0]) -> Sheet:
    """Return one row for each pair in doubt, with the columns an officer fills in."""
    frame = result.candidates.copy()
    frame["evidence_vi"] = [_evidence(text) for text in frame["evidence"]]
    heading = {field: words[1] for field, words in COLUMNS.items()}
    return Sheet(
        code,
        Label(title, "To be confirmed"),
        (
            SheetColumn("left_id", heading["left_id"].capitalize(), "left_id", 14, "code"),
            SheetColumn("left_name", "Tên bên trái", "Left name", 38),
            SheetColumn("right_id", heading["right_id"].capitalize(), "right_id", 14, "code"),
            SheetColumn("right_name", "Tên bên phải", "Right name", 38),
            SheetColumn("why_vi", "Lý do", "Reason (Vietnamese)", 44),
            SheetColumn("evidence_vi", "Thông tin trùng khớp", "Evidence (Vietnamese)", 24),
            SheetColumn("score", "Điểm (0–100)", "Score (0–100)", 9, "integer"),
            SheetColumn("decision", heading["decision"].capitalize(), "decision", 16),
            SheetColumn("who", heading["who"].capitalize(), "who", 18),
            SheetColumn("date", heading["date"].capitalize(), "date", 14),
            SheetColumn("note", heading["note"].capitalize(), "note", 24),
            SheetColumn("why_en", "Reason (English)", "Reason (English)", 40),
            SheetColumn("outcome_id", "Số", "No.", 9, "code"),
        ),
        frame,
        Label("Không có cặp nào cần xác nhận.", "No pair has to be confirmed."),
        None
        if frame.empty
        else Label(
            "Điền “cùng” hoặc “khác”, người xác nhận và ngày, rồi chạy lại với tệp này (--confirm; báo cáo: --with list_confirmations); dòng để trống là chưa quyết định.",
            "Fill in 'same' or 'different', who and date, then run again with this file (--confirm; of a report: --with list_confirmations); a row left blank is not decided.",
        ),
    )


def _summary(result: Reconciliation) -> Sheet:
    rows = [
        {"what": WORDS[str(outcome)].vi, **{str(k): v for k, v in row.items()}, "en": WORDS[str(outcome)].en}
        for outcome, row in result.summary().iterrows()
    ]
    total = {name: sum(int(row[name]) for row in rows) for name in ("outcomes", "left", "right")}
    rows.append({"what": "Tổng số", **total, "en": "All"})
    rows += [{"what": str(d), "outcomes": None, "left": None, "right": None, "en": ""} for d in result.decisions]
    return Sheet(
        "reconciliation_summary",
        Label("Tổng hợp", "Summary"),
        (
            SheetColumn("what", "Kết quả", "Outcome (Vietnamese)", 60),
            SheetColumn("outcomes", "Số dòng kết quả", "Outcomes", 12, "integer"),
            SheetColumn("left", "Số mục bên trái", "Left entries", 12, "integer"),
            SheetColumn("right", "Số mục bên phải", "Right entries", 12, "integer"),
            SheetColumn("en", "Outcome", "Outcome", 24),
        ),
        pd.DataFrame(rows, dtype=object),
        Label("", ""),
    )


def _fields(text: str) -> str:
    return ", ".join(TITLES[f].vi.lower() for f in text.split(", ")) if text else ""


def _evidence(text: str) -> str:
    return ", ".join(EVIDENCE[word].vi for word in text.split(", ")) if text else ""


def _amount(amount: float, unit: str) -> tuple[float, str]:
    """In the units people write: hectares, tỷ đồng, metres."""
    factor, shown = {"m²": (1e4, "ha"), "VND": (1e9, "tỷ đồng"), "m": (1.0, "m")}.get(unit, (1.0, unit))
    return amount / factor, shown if amount == amount else ""


def count_lines(result: Reconciliation) -> Iterable[str]:
    """Yield the counts of outcomes as lines of text, Vietnamese, those that occur."""
    for outcome in OUTCOMES:
        row = result.summary().loc[outcome]
        if row["outcomes"]:
            yield f"{row['outcomes']:>6}  {WORDS[outcome].vi} ({outcome}): {row['left']} | {row['right']}"
