"""Priority list against register and map: who is missing where, and what the two say differently."""

from __future__ import annotations

import pandas as pd

from plangeo.model import Label, Verdict
from plangeo.reconciling.confirmation import SHEETS
from plangeo.reconciling.listsheets import WORDS, confirm_sheet, difference_sheet
from plangeo.reconciling.prioritylist import STATES, PriorityComparison, compare_with_list
from plangeo.sources import read_sites
from plangeo.study import Sheet, SheetColumn, Study, Subject

_LIST, _REGISTER = Label("danh mục ưu tiên", "priority list"), Label("danh sách xét", "register")


def run(subject: Subject) -> list[Sheet]:
    """Return the sheets "Đối chiếu danh mục" and "Khác biệt thông tin"; where a pair is in doubt, the one to confirm it on."""
    file = subject.files["priority_list"]
    listed = read_sites(file.path, file.profile, **file.keywords)
    words = subject.files.get("list_confirmations")
    found = compare_with_list(subject.assessment, listed, file.profile, None if words is None else words.path)
    sheets = [_states(found), difference_sheet(found.result, _LIST, _REGISTER)]
    doubts = [] if found.result.candidates.empty else [confirm_sheet(found.result, "priority_to_confirm", SHEETS[1])]
    return [*sheets, *doubts]


def _states(found: PriorityComparison) -> Sheet:
    frame = found.table.copy()
    frame["state_vi"] = [STATES[s].vi for s in frame["state"]]
    frame["outcome_vi"] = [WORDS[o].vi if o in _TOLD else "" for o in frame["outcome"]]
    frame["verdict_vi"] = [_verdict(v) for v in frame["verdict"]]
    frame["capital_bn"] = pd.to_numeric(frame["capital_vnd"]) / 1e9
    return Sheet(
        "priority_list",
        Label("Đối chiếu danh mục", "Priority list"),
        (
            SheetColumn("state_vi", "Tình trạng", "State (Vietnamese)", 34),
            SheetColumn("list_ids", "Mã (danh mục ưu tiên)", "Id on the priority list", 14, "code"),
            SheetColumn("list_names", "Tên (danh mục ưu tiên)", "Name on the priority list", 38),
            SheetColumn("site_ids", "Mã (danh sách xét)", "Id in the register", 14, "code"),
            SheetColumn("site_names", "Tên (danh sách xét, bản đồ)", "Name in the register or on the map", 38),
            SheetColumn("on_map", "Có trên bản đồ", "On the map", 10),
            SheetColumn("verdict_vi", "Kết luận", "Verdict (Vietnamese)", 18),
            SheetColumn("capital_bn", "Tổng vốn (tỷ đồng)", "Capital (billion VND)", 13, "number"),
            SheetColumn("capital_unstated", "Số dự án không ghi vốn", "Projects that state no capital", 11, "integer"),
            SheetColumn("outcome_vi", "So sánh thông tin", "Comparison (Vietnamese)", 18),
            SheetColumn("why_vi", "Lý do", "Reason (Vietnamese)", 44),
            SheetColumn("candidates", "Mục gần giống (điểm)", "Candidates (score)", 26),
            SheetColumn("why_en", "Reason (English)", "Reason (English)", 44),
            SheetColumn("state", "Mã tình trạng", "State", 16, "code"),
        ),
        frame,
        Label(
            "Danh mục ưu tiên và danh sách xét đều không có dự án.", "Neither the priority list nor the register has a project."
        ),
        _note(found),
    )


_TOLD = ("same", "changed", "split", "merged")


def _verdict(word: str) -> str:
    return Verdict.parse(word).wording.vi if word else ""


def _note(found: PriorityComparison) -> Label:
    counts = {state: number for state, number in found.counts().items() if number}
    vi = "; ".join(f"{STATES[state].vi.lower()}: {number}" for state, number in counts.items())
    en = "; ".join(f"{STATES[state].en.lower()}: {number}" for state, number in counts.items())
    told = " ".join(str(d) for d in found.result.decisions)
    return Label(
        f"Số dòng – {vi}. Bên trái là danh mục ưu tiên, bên phải là danh sách xét. Không mục nào được ghép nếu không có quy tắc. "
        f"Vốn lấy theo danh mục ưu tiên; nơi không ghi thì không tính. {told}".strip(),
        f"Rows – {en}. Left is the priority list, right the register. Nothing is joined without a rule. Capital is that of the "
        f"priority list; where none is stated none is counted. {told}".strip(),
    )


STUDY = Study(
    code="priority_list",
    title=Label("Danh mục ưu tiên", "Priority list"),
    run=run,
    files=("priority_list",),
    may_use=("list_confirmations",),
    order=60,
)
