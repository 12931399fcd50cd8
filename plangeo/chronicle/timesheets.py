"""A register on several days as tables for people: verdicts per date, what differs and why, approvals against today."""

from __future__ import annotations

import pandas as pd

from plangeo.chronicle.standings import STANDINGS
from plangeo.chronicle.timeline import Timeline
from plangeo.model import Label, Verdict
from plangeo.study import Sheet, SheetColumn

KINDS = {
    "plan": Label("quy hoạch", "plan"),
    "zone": Label("đợt vùng", "stage of zones"),
    "rule": Label("quy định", "rule"),
    "threshold": Label("ngưỡng", "threshold"),
    "requirement": Label("yêu cầu", "requirement"),
    "condition": Label("điều kiện theo diện tích", "condition by area"),
    "precedence": Label("thứ tự ưu tiên", "precedence"),
    "unit": Label("đơn vị hành chính", "administrative unit"),
}
"""How people read what kind of thing changed."""
_NOTE = Label(
    "Mỗi ngày được đối chiếu lại từ đầu với luật và quy hoạch của ngày đó. Phù hợp gồm cả phù hợp có điều kiện.",
    "Each date was assessed anew under the law and plans of that day. Compatible includes compatible on conditions.",
)
_WHY = (
    SheetColumn("standing_vi", "So sánh", "Standing (Vietnamese)", 26),
    SheetColumn("standing", "Mã so sánh", "Standing", 14, "code"),
    SheetColumn("kinds_vi", "Thay đổi ở", "Changed (Vietnamese)", 18),
    SheetColumn("kinds", "Mã thay đổi", "Changed", 14, "code"),
    SheetColumn("what", "Đối tượng thay đổi", "What changed", 26),
    SheetColumn("why_vi", "Vì sao", "Why (Vietnamese)", 70),
    SheetColumn("why_en", "Vì sao (tiếng Anh)", "Why", 70),
    SheetColumn("reasons_before", "Mã lý do trước", "Reasons before", 30),
    SheetColumn("reasons_after", "Mã lý do sau", "Reasons after", 30),
)
_SITE = (SheetColumn("site_id", "Mã dự án", "Site", 14, "code"), SheetColumn("name", "Tên dự án", "Name", 38))


def timeline_sheets(timeline: Timeline) -> list[Sheet]:
    """Return the tables of a comparison: counts, flips, verdicts per date and, where there are any, approvals."""
    sheets = [_counts(timeline), _flips(timeline), _verdicts(timeline)]
    return sheets if timeline.approvals is None else [*sheets, _approvals(timeline)]


def _counts(timeline: Timeline) -> Sheet:
    frame = timeline.counts().reset_index()
    frame["verdict_vi"] = [Verdict.parse(str(v)).wording.vi for v in frame["verdict"]]
    days = [day.isoformat() for day in timeline.dates]
    columns = (
        SheetColumn("verdict_vi", "Kết luận", "Verdict (Vietnamese)", 22, "verdict"),
        SheetColumn("verdict", "Mã kết luận", "Verdict", 16, "code"),
        *(SheetColumn(day, day, day, 12, "integer") for day in days),
    )
    title = Label("Số dự án theo ngày", "Sites per date")
    return Sheet("dates_counts", title, columns, frame, Label("Không có dự án nào.", "There are no sites."), _NOTE)


def _flips(timeline: Timeline) -> Sheet:
    columns = (
        *_SITE,
        SheetColumn("from_date", "Từ ngày", "From", 12, "date"),
        SheetColumn("to_date", "Đến ngày", "To", 12, "date"),
        SheetColumn("before_vi", "Kết luận trước", "Before (Vietnamese)", 18),
        SheetColumn("after_vi", "Kết luận sau", "After (Vietnamese)", 18),
        SheetColumn("before", "Mã kết luận trước", "Before", 14, "code"),
        SheetColumn("after", "Mã kết luận sau", "After", 14, "code"),
        *_WHY,
    )
    empty = Label("Không có kết luận nào thay đổi giữa các ngày.", "No verdict differs between the dates.")
    return Sheet(
        "dates_flips", Label("Kết luận thay đổi", "Verdicts that differ"), columns, _worded(timeline.flips), empty, _NOTE
    )


def _verdicts(timeline: Timeline) -> Sheet:
    frame = timeline.verdicts.copy()
    for day in timeline.dates:
        frame[day.isoformat()] = [Verdict.parse(str(v)).wording.vi for v in frame[day.isoformat()]]
    columns = (*_SITE, *(SheetColumn(d.isoformat(), d.isoformat(), d.isoformat(), 18) for d in timeline.dates))
    empty = Label("Danh mục không có dự án nào.", "The register has no sites.")
    return Sheet("dates_verdicts", Label("Kết luận theo ngày", "Verdicts per date"), columns, frame, empty, _NOTE)


def _approvals(timeline: Timeline) -> Sheet:
    assert timeline.approvals is not None
    columns = (
        *_SITE,
        SheetColumn("approved_text", "Ngày phê duyệt", "Approved", 14),
        SheetColumn("before_vi", "Kết luận khi phê duyệt", "When approved (Vietnamese)", 18),
        SheetColumn("after_vi", "Kết luận ngày xét", "On the day (Vietnamese)", 18),
        SheetColumn("before", "Mã khi phê duyệt", "When approved", 14, "code"),
        SheetColumn("after", "Mã ngày xét", "On the day", 14, "code"),
        *_WHY,
    )
    empty = Label("Danh mục không có dự án nào.", "The register has no sites.")
    title = Label("Khi phê duyệt và ngày xét", "When approved and now")
    return Sheet("dates_approvals", title, columns, _worded(timeline.approvals), empty, _NOTE)


def _worded(flips: pd.DataFrame) -> pd.DataFrame:
    frame = flips.copy()
    for name in ("before", "after"):
        frame[f"{name}_vi"] = [Verdict.parse(str(v)).wording.vi if v else "" for v in frame[name]]
    frame["kinds_vi"] = ["; ".join(KINDS[k].vi for k in str(kinds).split("; ") if k) for kinds in frame["kinds"]]
    return frame


def summary_lines(timeline: Timeline, language: str) -> list[str]:
    """Return the comparison as lines: counts per date, then per pair of dates how many verdicts differ and why."""
    vi = language == "vi"
    counts = timeline.counts()
    width = max(len(Verdict.parse(str(v)).wording.text("vi" if vi else "en")) for v in counts.index)
    lines = [" " * width + "".join(f"  {day:%d/%m/%Y}" for day in timeline.dates)]
    for word, row in counts.iterrows():
        name = Verdict.parse(str(word)).wording.text("vi" if vi else "en")
        lines.append(f"{name:<{width}}" + "".join(f"  {int(n):>10}" for n in row))
    flips = timeline.flips
    for first, last in zip(timeline.dates, timeline.dates[1:], strict=False):
        some = flips[(flips["from_date"] == first) & (flips["to_date"] == last)]
        word = "dự án có kết luận khác" if vi else "verdicts differ"
        lines.append(f"{first:%d/%m/%Y} → {last:%d/%m/%Y}: {len(some)} {word}")
        for (standing, why), group in some.groupby(["standing", "why_vi" if vi else "why_en"], sort=False):
            named = STANDINGS[str(standing)]
            lines.append(f"  {len(group):>5}  {named.vi if vi else named.en}: {why}")
    if timeline.approvals is not None and timeline.on is not None:
        lines.append(
            (f"Khi phê duyệt so với {timeline.on:%d/%m/%Y}:") if vi else f"When approved against {timeline.on:%d/%m/%Y}:"
        )
        for standing, count in timeline.approvals["standing"].value_counts(sort=False).items():
            named = STANDINGS[str(standing)]
            lines.append(f"  {count:>5}  {named.vi if vi else named.en}")
    return lines
