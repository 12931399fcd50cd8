"""The dossier: one Word document with summary, appendix table of all projects, flagged projects, plans, method, run."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plangeo.datumline import datum_lines
from plangeo.explanation import describe_plan, format_date, format_length, format_share, not_run_line, one_line
from plangeo.listing import Listing
from plangeo.manifest import verdict_digest, versions
from plangeo.model import ILLUSTRATIVE, Assessment, Verdict
from plangeo.papers.charts import verdict_chart
from plangeo.papers.page import SETTINGS
from plangeo.papers.sitefacts import Ground, SiteFacts, SiteReader
from plangeo.papers.siteplan import draw_plan
from plangeo.papers.sitesheet import STATEMENT
from plangeo.papers.siteview import Views, scale_text
from plangeo.papers.wordfile import WordFile, number_pages
from plangeo.study import Sheet
from plangeo.text import format_number

TITLE = "HỒ SƠ ĐỐI CHIẾU VỊ TRÍ DỰ ÁN VỚI QUY HOẠCH SỬ DỤNG ĐẤT"
MOST_SECTIONS = 300
"""Flagged projects with a section of their own; the rest is counted, and stands in the appendix table as every project does."""
MOST_MAPS = 60
_MOST_ROWS = 30
_MOST_COLUMNS = 9
_WIDE_MM = 250.0
_MOST_KINDS = 14
_MAP_MM = (150.0, 95.0)
_STATUS = {
    "in_force": "đang có hiệu lực",
    "expired": "hết thời kỳ",
    "superseded": "đã được thay thế",
    "pending": "chưa có hiệu lực",
    "revoked": "bị bãi bỏ",
    "unknown": "chưa rõ",
}
_HEAD = (
    "TT",
    "Mã",
    "Tên dự án",
    "Địa điểm theo danh mục",
    "Diện tích kê khai (ha)",
    "Diện tích theo tọa độ (ha)",
    "Loại đất quy hoạch (mã: ha)",
    "Kết luận",
    "Lý do",
)
_WIDTHS = (10, 18, 44, 32, 20, 20, 34, 22, 52)


def write_dossier(listing: Listing, path: Path) -> None:
    """Write the dossier of an assessment as .docx; Vietnamese, decimal comma."""
    result = listing.assessment
    reader = SiteReader(result, listing.findings)
    facts = [reader.facts(row) for row in range(len(reader))]
    word = WordFile(TITLE, result.on)
    _cover(word, result, facts)
    _summary(word, facts)
    word.section(landscape=True)
    _appendix(word, facts, result.on)
    word.section(landscape=False)
    _flagged(word, reader, facts)
    _plans(word, result)
    _studies(word, result)
    _method(word, result)
    _run(word, result)
    number_pages(word)
    word.save(path)


def _cover(word: WordFile, result: Assessment, facts: Sequence[SiteFacts]) -> None:
    word.paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold=True, centre=True)
    word.paragraph("Độc lập - Tự do - Hạnh phúc", bold=True, centre=True)
    for _ in range(6):
        word.paragraph("")
    word.paragraph(TITLE, size=18, bold=True, centre=True)
    word.paragraph(f"Tại ngày {format_date(result.on)} · {len(facts)} dự án", size=14, centre=True)
    if result.illustrative:
        word.paragraph(ILLUSTRATIVE.vi.upper(), bold=True, centre=True)
    word.paragraph(STATEMENT, italic=True, centre=True)
    word.document.add_page_break()


def _summary(word: WordFile, facts: Sequence[SiteFacts]) -> None:
    word.heading("1. Tổng hợp")
    counts = Counter(f.verdict for f in facts)
    rows = []
    for verdict in sorted(Verdict, reverse=True):
        mine = [f for f in facts if f.verdict is verdict]
        rows.append((verdict.wording.vi, str(counts[verdict]), _hectares([f.declared_m2 for f in mine]), _without(mine)))
    rows.append(("Tổng cộng", str(len(facts)), _hectares([f.declared_m2 for f in facts]), _without(facts)))
    head = ("Kết luận", "Số dự án", "Diện tích kê khai (ha)", "Không có diện tích kê khai")
    word.table(head, rows, (60, 25, 40, 40), numbers=(1, 2, 3), bold_rows=(4,), size=12)
    if not facts:
        return
    kinds = Counter(f.use or "(chưa rõ loại)" for f in facts).most_common()
    shown = [kind for kind, _ in kinds[:_MOST_KINDS]]
    bars = [(_short(kind), Counter(f.verdict for f in facts if (f.use or "(chưa rõ loại)") == kind)) for kind in shown]
    if left := [f.verdict for f in facts if (f.use or "(chưa rõ loại)") not in shown]:
        bars.append((f"… {len(kinds) - len(shown)} loại khác", Counter(left)))
    word.paragraph("Kết luận theo loại dự án (số dự án)", italic=True, centre=True)
    word.picture(_in_settings(verdict_chart, bars), 160)


def _appendix(word: WordFile, facts: Sequence[SiteFacts], on: dt.date) -> None:
    word.paragraph("Phụ lục I", bold=True, centre=True, size=14)
    word.paragraph("DANH MỤC DỰ ÁN VÀ KẾT QUẢ ĐỐI CHIẾU VỚI QUY HOẠCH", bold=True, centre=True, size=14)
    word.paragraph(f"(Tại ngày {format_date(on)})", italic=True, centre=True)
    rows: list[tuple[str, ...]] = []
    bold: list[int] = []
    group = ""
    for n, f in enumerate(facts, 1):
        if f.group and f.group != group:
            bold.append(len(rows))
            rows.append(("", "", f.group, *([""] * 6)))
        group = f.group
        declared = "" if f.declared_m2 is None else format_number(f.declared_m2 / 10_000, "vi")
        drawn = "" if f.drawn_m2 is None else format_number(f.drawn_m2 / 10_000, "vi")
        reason = " ".join(f.sentences[:2]) if f.verdict is not Verdict.PERMITTED else ""
        cells = (
            str(n),
            f.site_id,
            f.name,
            f.place,
            declared,
            drawn,
            _classes(f.ground),
            f.verdict.wording.vi,
            _short(reason, 250),
        )
        rows.append(cells)
    bold.append(len(rows))
    drawn_total = _hectares([f.drawn_m2 for f in facts])
    totals = ("", "", "Tổng cộng", f"{len(facts)} dự án", _hectares([f.declared_m2 for f in facts]), drawn_total, "", "", "")
    rows.append(totals)
    word.table(_HEAD, rows, _WIDTHS, numbers=(4, 5), bold_rows=bold, size=9)
    without = sum(f.declared_m2 is None for f in facts), sum(f.drawn_m2 is None for f in facts)
    word.paragraph(
        f"Tổng không gồm {without[0]} dự án không có diện tích kê khai và {without[1]} dự án không có ranh giới dạng vùng.",
        italic=True,
        size=11,
    )


def _flagged(word: WordFile, reader: SiteReader, facts: Sequence[SiteFacts]) -> None:
    word.heading("2. Các dự án cần xem xét")
    flagged = sorted((f for f in facts if f.verdict is not Verdict.PERMITTED), key=lambda f: -f.verdict)
    word.paragraph(f"{len(flagged)} dự án không thuộc diện “{Verdict.PERMITTED.wording.vi}”, xếp theo mức độ.")
    views = Views(reader) if flagged else None
    maps = 0
    for f in flagged[:MOST_SECTIONS]:
        word.heading(f"{f.site_id} - {f.name}", 2)
        word.paragraph(f"Kết luận: {f.verdict.wording.vi}", bold=True)
        for sentence in f.sentences:
            word.paragraph(f"- {sentence}")
        if f.problem:
            word.paragraph(f"Vấn đề của dòng dữ liệu: {f.problem}")
        word.paragraph(_doubt(f), italic=True, size=12)
        if f.ground:
            _ground(word, f.ground)
        if views is not None and maps < MOST_MAPS:
            view = views.view(f.position, *_MAP_MM)
            if isinstance(view, str):
                word.paragraph(view, italic=True, size=12)
            else:
                maps += 1
                word.picture(_in_settings(_plan_picture, view), _MAP_MM[0])
                word.paragraph(
                    f"Sơ đồ vị trí, không in theo tỷ lệ đúng; vẽ cho {scale_text(view).lower()}",
                    italic=True,
                    size=11,
                    centre=True,
                )
        elif maps >= MOST_MAPS:
            word.paragraph("Sơ đồ: xem phiếu kiểm tra vị trí (plangeo sheet).", italic=True, size=11)
    if len(flagged) > MOST_SECTIONS:
        word.paragraph(f"… và {len(flagged) - MOST_SECTIONS} dự án khác, xem Phụ lục I và report.xlsx.", italic=True)


def _doubt(f: SiteFacts) -> str:
    flip = "không xác định" if f.flip_m is None else format_length(f.flip_m, "vi")
    tolerance = "không nêu" if f.tolerance_m is None else format_length(f.tolerance_m, "vi")
    return f"ε* (ranh giới dịch bao nhiêu thì kết luận đổi): {flip}; t (sai số của bản đồ và vị trí): {tolerance}. {f.nearest}"


def _ground(word: WordFile, ground: Sequence[Ground]) -> None:
    rows = []
    for g in ground[:_MOST_ROWS]:
        amount = (
            f"{format_number(g.area_m2 / 10_000, 'vi', 4)} ha"
            if g.area_m2
            else format_length(g.length_m, "vi")
            if g.length_m
            else "(điểm)"
        )
        says = "trên ranh giới" if g.on_border else "có" if g.governs else "—" if not g.plan else "không"
        rows.append((g.plan, f"{g.code} - {g.name}" if g.code else g.name, amount, format_share(g.share, "vi"), says))
    if len(ground) > _MOST_ROWS:
        rows.append(("", f"… còn {len(ground) - _MOST_ROWS} dòng trong report.xlsx", "", "", ""))
    word.table(
        ("Quy hoạch", "Loại đất", "Diện tích/chiều dài", "Tỷ lệ", "Chi phối"), rows, (36, 66, 30, 17, 16), numbers=(2, 3), size=10
    )


def _plan_picture(view: Any) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_MAP_MM[0] / 25.4, _MAP_MM[1] / 25.4))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.002, 0.003, 0.996, 0.994))
    draw_plan(axes, view)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=130, metadata={"Software": None})
    return out.getvalue()


def _in_settings(draw: Any, value: Any) -> bytes:
    import matplotlib

    with matplotlib.rc_context(SETTINGS):
        drawn: bytes = draw(value)
    return drawn


def _plans(word: WordFile, result: Assessment) -> None:
    word.heading("3. Các quy hoạch đã đối chiếu")
    book = result.rulebook
    rows = [
        (
            p.plan_id,
            describe_plan(p.plan_id, result, "vi"),
            p.authority,
            _STATUS.get(book.plan_status(p.plan_id), "chưa rõ"),
            _tolerance(p.tolerance_m),
        )
        for p in book.plans.values()
    ]
    word.table(("Mã", "Tên, quyết định, thời kỳ, tỷ lệ", "Cơ quan", "Trạng thái", "Sai số"), rows, (28, 67, 30, 24, 16), size=10)


def _tolerance(metres: float | None) -> str:
    return "không nêu" if metres is None else format_length(metres, "vi")


def _studies(word: WordFile, result: Assessment) -> None:
    if not result.sheets and not result.studies_not_run:
        return
    word.section(landscape=True)
    word.heading("4. Các bảng tổng thể")
    for sheet in result.sheets:
        _study(word, sheet)
    for skipped in result.studies_not_run:
        word.paragraph(f"Chưa thực hiện: {skipped.check} ({skipped.why.vi}).", italic=True, size=12)
    word.section(landscape=False)


def _study(word: WordFile, sheet: Sheet) -> None:
    word.heading(sheet.title.vi, 2)
    if sheet.note is not None:
        word.paragraph(sheet.note.vi, italic=True, size=12)
    if not len(sheet.frame):
        word.paragraph(sheet.empty.vi)
        return
    columns = sheet.columns[:_MOST_COLUMNS]
    total = sum(c.width for c in columns)
    widths = [_WIDE_MM * c.width / total for c in columns]
    rows = [
        [_cell(value, column.style) for value, column in zip(row, columns, strict=True)]
        for row in pd.DataFrame(sheet.frame)[[c.field for c in columns]].head(_MOST_ROWS).itertuples(index=False, name=None)
    ]
    numbers = [n for n, c in enumerate(columns) if c.style in ("integer", "number", "area", "hectare", "share")]
    word.table([c.vi for c in columns], rows, widths, numbers=numbers, size=9)
    left = [(len(sheet.frame) - _MOST_ROWS, "dòng"), (len(sheet.columns) - _MOST_COLUMNS, "cột")]
    if said := " và ".join(f"{count} {what}" for count, what in left if count > 0):
        word.paragraph(f"… còn {said} trong report.xlsx.", italic=True, size=11)


def _cell(value: Any, style: str) -> str:
    if one_line(value) == "":
        return ""
    if style == "verdict":
        try:
            return Verdict.parse(str(value)).wording.vi
        except ValueError:
            return str(value)
    if style == "date" and hasattr(value, "strftime"):
        return format_date(value)
    if style in ("integer", "number", "area", "hectare", "share") and isinstance(value, int | float | np.number):
        if style == "share":
            return format_share(float(value), "vi")
        return format_number(float(value), "vi", {"integer": 0, "area": 1}.get(style, 2))
    return _short(str(value), 400)


def _method(word: WordFile, result: Assessment) -> None:
    word.heading("5. Phương pháp và giới hạn")
    for text in (
        "Mỗi dự án được cắt với các vùng của mọi quy hoạch trong hệ tọa độ phẳng nêu dưới đây; quy hoạch chi phối được xác định theo "
        "hiệu lực và thứ tự ưu tiên tại ngày đối chiếu; quy tắc của bộ quy tắc cho biết loại đất đó phù hợp hay không với loại dự án.",
        "ε* là độ dịch chuyển nhỏ nhất của ranh giới làm kết luận thay đổi; t là độ dịch chuyển mà bản đồ và vị trí không loại trừ được "
        "(độ chính xác đã nêu, hoặc 0,5 mm trên bản đồ). Khi ε* không lớn hơn t, kết luận là “Chưa xác định được”.",
        "Dữ liệu thiếu hoặc không đọc được không bao giờ được coi là phù hợp.",
        STATEMENT,
        *datum_lines(result, "vi"),
        not_run_line(result, "vi"),
        f"{ILLUSTRATIVE.vi}." if result.illustrative else "",
    ):
        if text:
            word.paragraph(f"- {text}")


def _run(word: WordFile, result: Assessment) -> None:
    word.heading("6. Thông tin lần chạy")
    word.paragraph(f"Ngày áp dụng pháp luật: {format_date(result.on)}. Mã băm kết luận: {verdict_digest(result.sites)}.", size=11)
    rows = []
    for item in result.inputs:
        for one in (item, item.get("boundaries") or {}):
            if one:
                name = str(one.get("name") or "trong bộ nhớ")
                rows.append(
                    (
                        str(one.get("role", "")),
                        name,
                        str(one.get("rows", "")),
                        str(one.get("crs") or ""),
                        str(one.get("sha256") or ""),
                    )
                )
    word.table(("Vai trò", "Tệp", "Số dòng", "Hệ tọa độ", "SHA-256"), rows, (22, 40, 16, 24, 63), numbers=(2,), size=9)
    told = "; ".join(f"{name} {version}" for name, version in versions().items())
    word.paragraph(f"Phần mềm: {told}.", size=11)


def _classes(ground: Sequence[Ground]) -> str:
    said = []
    for g in ground:
        if g.governs or not g.plan:
            amount = (
                format_number(g.area_m2 / 10_000, "vi")
                if g.area_m2
                else format_length(g.length_m, "vi")
                if g.length_m
                else "(điểm)"
            )
            said.append(f"{g.code or g.name}: {amount}")
    return _short("; ".join(said), 200)


def _hectares(values: Sequence[float | None]) -> str:
    known = [v for v in values if v is not None]
    return format_number(sum(known) / 10_000, "vi") if known else ""


def _without(facts: Sequence[SiteFacts]) -> str:
    return str(sum(f.declared_m2 is None for f in facts))


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
