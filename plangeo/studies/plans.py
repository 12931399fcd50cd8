"""Which plans are there, what are they on the day, what replaced them, and what do they cover?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from plangeo.chronicle.documents import read_plans
from plangeo.chronicle.planlist import LEVELS, RULEBOOK, list_plans, with_plans
from plangeo.chronicle.resting import covered_by_plans, sites_on_plans
from plangeo.model import Label
from plangeo.study import Sheet, SheetColumn, Study, Subject

TABLE = "plan_table"
_SHOWN_UNITS = 30
_BLANK = {"zones": 0, "zones_ha": None, "added": False, "units": ()}
_COLUMNS = (
    SheetColumn("plan_id", "Mã", "Plan", 18, "code"),
    SheetColumn("title_vi", "Tên quy hoạch", "Title", 44),
    SheetColumn("decision", "Quyết định", "Decision", 22),
    SheetColumn("authority", "Cơ quan phê duyệt", "Authority", 22),
    SheetColumn("level_vi", "Cấp", "Level", 10),
    SheetColumn("rank", "Thứ bậc", "Rank", 8, "integer"),
    SheetColumn("theme", "Chủ đề", "Theme", 12, "code"),
    SheetColumn("valid_from", "Từ ngày", "From", 12, "date"),
    SheetColumn("valid_to", "Đến ngày", "To", 12, "date"),
    SheetColumn("status_vi", "Tình trạng ngày xét", "Status on the day", 18),
    SheetColumn("status", "Mã tình trạng", "Status code", 14, "code"),
    SheetColumn("chain", "Chuỗi thay thế", "Chain of replacement", 34),
    SheetColumn("scale_text", "Tỷ lệ", "Scale", 12),
    SheetColumn("tolerance_m", "Sai số bản đồ (m)", "Tolerance (m)", 10, "number"),
    SheetColumn("zones", "Số vùng", "Zones", 9, "integer"),
    SheetColumn("zones_ha", "Diện tích các vùng (ha)", "Ground covered (ha)", 14, "hectare"),
    SheetColumn("units_text", "Đơn vị hành chính", "Units", 34),
    SheetColumn("sites", "Số dự án nằm trên", "Sites on it", 10, "integer"),
    SheetColumn("source", "Nguồn", "Source", 30),
    SheetColumn("origin", "Lấy từ", "Read from", 16),
    SheetColumn("illustrative", "Minh họa", "Illustrative", 9),
    SheetColumn("remark_vi", "Lưu ý", "Remarks (Vietnamese)", 60),
    SheetColumn("remark_en", "Lưu ý (tiếng Anh)", "Remarks", 60),
)
_NOTE = Label(
    "Tình trạng là tình trạng vào ngày xét. Chuỗi thay thế: quy hoạch cũ → quy hoạch thay thế. Quy hoạch đang điều chỉnh vẫn có "
    "hiệu lực theo thời kỳ đã ghi. Diện tích là phần đất các vùng phủ trên ellipsoid, vùng chồng nhau tính một lần, không kể các "
    "lớp chức năng phủ trên; các quy hoạch đọc từ bảng tài liệu không tham gia kết luận.",
    "The status is that of the day. Chain: old plan → its replacement. A plan under adjustment stays in force within its period. Ground "
    "on the ellipsoid, overlapping zones counted once, overlay classes left out; plans read from a table of documents have no part in "
    "the verdicts.",
)


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the register of plans with what their zones cover."""
    assessment = subject.assessment
    book, told = assessment.rulebook, list[Label]()
    origins: dict[str, str] = {}
    if file := subject.files.get(TABLE):
        keywords = {name: value for name, value in file.keywords.items() if name == "columns"}
        plans = read_plans(file.path, **keywords)
        origins = {p.plan_id: file.path.name for p in plans if p.plan_id not in book.plans}
        book, told = with_plans(book, plans)
    covered = covered_by_plans(assessment)
    named = {p for p in covered.index if p}
    frame = list_plans(book, origins, sorted(named))
    resting = sites_on_plans(assessment, {*book.plans, *named})
    parent = {p.plan_id: p.stage_of or p.plan_id for p in book.plans.values()}
    counted = resting.assign(plan=resting["plan_id"].map(lambda p: parent.get(p, p))).groupby("plan")["row"].nunique()
    frame["sites"] = [int(counted.get(plan_id, 0)) for plan_id in frame["plan_id"]]
    frame["level_vi"] = [LEVELS[level].vi if level in LEVELS else level for level in frame["level"]]
    frame["scale_text"] = ["" if pd.isna(s) or not s else f"1:{int(s):,}".replace(",", ".") for s in frame["scale"]]
    for name in ("zones", "zones_ha", "added", "units"):
        known = dict(zip(covered.index, covered[name], strict=True))
        frame[name] = pd.Series([known[p] if p in named else _BLANK[name] for p in frame["plan_id"]], dtype=object)
    frame["units_text"] = [_units(units) for units in frame["units"]]
    _remark_sums(frame)
    note = Label(" ".join([_NOTE.vi, *(t.vi for t in told)]), " ".join([_NOTE.en, *(t.en for t in told)]))
    empty = Label("Bộ quy tắc không có quy hoạch nào.", "The rulebook has no plan.")
    return [Sheet("plans", Label("Quy hoạch", "Plans"), _COLUMNS, frame, empty, note)]


def _units(units: Sequence[str]) -> str:
    """The names of the units; of many the first ones and their number."""
    shown = ", ".join(units[:_SHOWN_UNITS])
    return shown if len(units) <= _SHOWN_UNITS else f"{len(units)}: {shown} …"


def _remark_sums(frame: pd.DataFrame) -> None:
    """Say where areas of zones were added and not joined, and where no zones of a plan of the rulebook are at hand."""
    for n, (zones, added, origin) in enumerate(zip(frame["zones"], frame["added"], frame["origin"], strict=True)):
        more: list[Label] = []
        if added:
            more.append(Label("diện tích cộng từng vùng, vùng chồng nhau tính hai lần", "areas added, overlaps count twice"))
        if not zones and origin == RULEBOOK:
            more.append(Label("không có vùng nào của quy hoạch này trong dữ liệu", "none of its zones are among the layers"))
        for column, texts in (("remark_vi", [t.vi for t in more]), ("remark_en", [t.en for t in more])):
            frame.loc[frame.index[n], column] = "; ".join(t for t in (frame[column].iloc[n], *texts) if t)


STUDY = Study(
    code="plans",
    title=Label("Danh mục quy hoạch", "Register of plans"),
    run=run,
    may_use=(TABLE,),
    order=10,
)
