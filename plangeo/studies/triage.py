"""What to do first: projects in order, the fewest zone amendments that admit most capital, what to survey again."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from plangeo.model import Assessment, Label
from plangeo.siteplaces import with_places
from plangeo.study import Sheet, SheetColumn, Study, Subject
from plangeo.triage.amendments import MOST_AMENDMENTS, BlockedSite, LeftOut, best_amendments, by_class, find_blocked, list_spots
from plangeo.triage.coverchoice import EXACT_THINGS
from plangeo.triage.surveys import value_of_survey
from plangeo.triage.worklist import order_projects

_SITE = (SheetColumn("site_id", "Mã", "Id", 12, "code"), SheetColumn("name", "Tên dự án", "Project", 36))
_CAPITAL = SheetColumn("capital_bn", "Vốn (tỷ đồng)", "Capital (bn VND)", 14, "number")
_CAPITAL_NOTE = SheetColumn("capital_note_vi", "Ghi chú về vốn", "Note on capital", 22)
_UNKNOWN = SheetColumn("unknown_capital", "Trong đó chưa rõ vốn", "Of these, capital unknown", 12, "integer")
_IDS = SheetColumn("site_ids", "Mã các dự án", "Projects", 40)


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the sheets of the triage."""
    assessment = subject.assessment
    blocked, left_out = find_blocked(assessment)
    return [
        _worklist(assessment),
        _amendments(assessment, blocked),
        _spots(assessment, blocked),
        _left_out(left_out),
        _surveys(assessment),
    ]


def _in_billions(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(capital_bn=frame["capital_vnd"].astype(float) / 1e9)


def _worklist(assessment: Assessment) -> Sheet:
    frame = _in_billions(order_projects(assessment))
    unknown = int(frame["capital_vnd"].isna().sum())
    columns = (
        SheetColumn("rank", "Thứ tự", "Rank", 8, "integer"),
        *_SITE,
        SheetColumn("verdict_vi", "Kết luận", "Verdict", 18, "verdict"),
        SheetColumn("severity", "Mức (1 = nặng nhất)", "Severity (1 = worst)", 10, "integer"),
        _CAPITAL,
        _CAPITAL_NOTE,
        SheetColumn("margin_m", "ε*: ranh giới lệch bao nhiêu thì đổi (m)", "ε*: displacement that flips it (m)", 14, "number"),
        SheetColumn("tolerance_m", "Sai số không loại trừ được (m)", "Displacement not excluded (m)", 14, "number"),
        SheetColumn("reasons", "Mã lý do", "Reasons", 40),
    )
    note = Label(
        "Thứ tự: (1) kết luận, nặng nhất trước; (2) vốn, lớn nhất trước; cùng kết luận thì dự án chưa rõ vốn đứng sau dự án đã rõ vốn, "
        f"không tính là 0 (có {unknown} dự án); (3) ε*: dự án chưa phù hợp thì ε* lớn trước (đo lại cũng không đổi), còn lại ε* nhỏ "
        "trước (dễ đổi nhất), không có ε* thì sau cùng; (4) mã. Khoảng vốn lấy mức thấp nhất; chỉ có mức tối đa thì lấy mức đó.",
        "Order: (1) verdict, worst first; (2) capital, largest first; within one verdict projects of unknown capital stand after the "
        f"others and never count as 0 ({unknown} of them); (3) ε*: not compatible: largest first (no survey helps), else smallest first "
        "(nearest to turning), none last; (4) id. Of a range the least capital counts; of an upper end alone that end.",
    )
    empty = Label("Danh mục không có dự án nào.", "The register holds no project.")
    return Sheet("worklist", Label("Thứ tự xử lý", "Worklist"), columns, frame, empty, note)


def _amendments(assessment: Assessment, blocked: Sequence[BlockedSite]) -> Sheet:
    tables = [best_amendments(assessment, blocked, "zone"), best_amendments(assessment, by_class(blocked), "class")]
    filled = [table for table in tables if len(table)]
    frame = _in_billions(pd.concat(filled, ignore_index=True) if filled else tables[0])
    columns = (
        SheetColumn("level_vi", "Điều chỉnh", "Amended", 16),
        SheetColumn("amendments", "Số điều chỉnh", "Amendments", 10, "integer"),
        SheetColumn("what_vi", "Điều chỉnh ở đâu, cho loại dự án nào", "What, for which use", 60),
        SheetColumn("projects", "Số dự án gỡ vướng", "Projects admitted", 10, "integer"),
        _CAPITAL,
        _UNKNOWN,
        _IDS,
        SheetColumn("method_vi", "Cách tìm", "Method", 20),
        SheetColumn("level", "Mã mức", "Level", 8, "code"),
        SheetColumn("what_en", "What (English)", "What", 60),
    )
    note = Label(
        "Chỉ xét dự án “Chưa phù hợp” mà vùng quy hoạch là điều duy nhất vướng; phải điều chỉnh mọi vùng đang vướng của dự án thì mới "
        "tính. Mỗi dòng là tập điều chỉnh cho tổng vốn (đã rõ) lớn nhất, sau đó nhiều dự án nhất, với số điều chỉnh không quá số đã nêu; "
        f"xét đến {MOST_AMENDMENTS} điều chỉnh, dòng cuối là tất cả. Chính xác khi không quá {EXACT_THINGS} vùng liên quan nhau qua các "
        "dự án; nếu không thì ghi “gần đúng (tham lam)”. Đây là phép tính, không phải kiến nghị; độ chắc chắn (ε*) phải đo lại sau khi "
        "điều chỉnh.",
        "Only projects that are not compatible and that nothing but zones stands against; all zones that block a project must be amended. "
        "Each row: the set of most known capital, then most projects, with no more amendments than stated; up to "
        f"{MOST_AMENDMENTS}, and all of them in the last row. Exact where no more than {EXACT_THINGS} zones hang together through "
        "projects, else marked greedy. A computation, no proposal; robustness (ε*) is to be measured anew after an amendment.",
    )
    empty = Label(
        "Không có dự án nào mà chỉ điều chỉnh vùng là gỡ được vướng.", "No project would be admitted by amending zones alone."
    )
    return Sheet("amendments", Label("Điều chỉnh vùng", "Zone amendments"), columns, frame, empty, note)


def _spots(assessment: Assessment, blocked: Sequence[BlockedSite]) -> Sheet:
    frame = list_spots(assessment, blocked)
    frame["capital_bn"] = frame["capital_vnd"].astype(float) / 1e9
    columns = (
        SheetColumn("plan_id", "Quy hoạch", "Plan", 18),
        SheetColumn("zone_id", "Mã vùng", "Zone", 16, "code"),
        SheetColumn("zone_code", "Loại đất", "Class", 10, "code"),
        SheetColumn("use_vi", "Loại dự án", "Use", 24),
        SheetColumn("projects", "Số dự án vướng", "Projects blocked", 10, "integer"),
        SheetColumn("alone", "Chỉ vướng vùng này", "Blocked by it alone", 10, "integer"),
        _CAPITAL,
        _UNKNOWN,
        _IDS,
    )
    empty = Label("Không có vùng nào.", "There is none.")
    return Sheet("blocking_zones", Label("Vùng đang vướng", "Blocking zones"), columns, frame, empty)


def _left_out(left_out: Sequence[LeftOut]) -> Sheet:
    rows = [
        (
            s.site_id,
            s.name,
            float("nan") if s.capital.vnd is None else float(s.capital.vnd),
            s.capital.note.vi,
            s.why.vi,
            s.why.en,
            s.reasons,
        )
        for s in left_out
    ]
    names = ["site_id", "name", "capital_vnd", "capital_note_vi", "why_vi", "why_en", "reasons"]
    columns = (
        *_SITE,
        _CAPITAL,
        _CAPITAL_NOTE,
        SheetColumn("why_vi", "Vì sao không chỉ là vùng", "Why zones alone would not do", 40),
        SheetColumn("why_en", "Why (English)", "Why", 40),
        SheetColumn("reasons", "Mã phát hiện", "Findings", 40),
    )
    empty = Label("Không có: mọi dự án chưa phù hợp đều chỉ vướng vùng.", "None: every such project is blocked by zones only.")
    frame = _in_billions(pd.DataFrame(rows, columns=names))
    return Sheet("not_by_amendment", Label("Vướng ngoài vùng quy hoạch", "Not by amendment"), columns, frame, empty)


def _surveys(assessment: Assessment) -> Sheet:
    frame = with_places(_in_billions(value_of_survey(assessment)), assessment)
    columns = (
        *_SITE,
        SheetColumn("kind_vi", "Cần gì", "What would help", 34),
        SheetColumn("decides_vi", "Có đủ để kết luận", "Would it decide", 18),
        SheetColumn("remaining", "Còn vướng", "What remains", 34),
        _CAPITAL,
        _CAPITAL_NOTE,
        SheetColumn("margin_m", "ε* (m)", "ε* (m)", 10, "number"),
        SheetColumn("tolerance_m", "Sai số hiện nay (m)", "Displacement not excluded (m)", 12, "number"),
        SheetColumn("plan_id", "Quy hoạch", "Plan", 16),
        SheetColumn("plan_tolerance_m", "Sai số quy hoạch (m)", "Plan's tolerance (m)", 12, "number"),
        SheetColumn("site_accuracy_m", "Sai số dự án đã nêu (m)", "Site's stated accuracy (m)", 12, "number"),
        SheetColumn("needed_site_m", "Tọa độ phải chính xác đến (m)", "Coordinates must be accurate to (m)", 14, "number"),
        SheetColumn("needed_plan_m", "Quy hoạch phải chính xác đến (m)", "Plan must be accurate to (m)", 14, "number"),
        SheetColumn("needed_scale", "Tỷ lệ từ 1:", "Scale 1:", 12, "integer"),
        SheetColumn("why_vi", "Giải thích", "Explanation", 60),
        SheetColumn("why_en", "Explanation (English)", "Explanation", 60),
        SheetColumn("kind", "Mã", "Code", 12, "code"),
    )
    note = Label(
        "Chỉ dự án “Chưa xác định được”. Sai số không loại trừ được = sai số quy hoạch + sai số dự án đã nêu (không nêu: tính 0, nên không "
        "thể giảm). Một sai số “đủ” khi tổng không vượt ε*. Đo đạc xong có thể ra “phù hợp” hoặc “chưa phù hợp”.",
        "Only projects that cannot be determined. Displacement not excluded = the plan's tolerance + the site's stated accuracy (not "
        "stated: counted as 0, so it cannot be lowered). An accuracy does when the sum is no more than ε*. A survey may decide either way.",
    )
    empty = Label("Không có dự án nào mà đo đạc giúp kết luận.", "There is no project that a survey would help to decide.")
    return Sheet("surveys", Label("Nên đo đạc lại", "Worth a survey"), columns, frame, empty, note)


STUDY = Study(
    code="triage",
    title=Label("Việc nên làm trước", "What to do first"),
    run=run,
    order=60,
)
