"""The sheet of one site: one upright page with title, map, conclusion, evidence, coordinates, sources and room to sign."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from plangeo.explanation import format_date, format_length, format_share
from plangeo.model import ILLUSTRATIVE, Verdict
from plangeo.papers.mapmargin import draw_bar, draw_frame, draw_inset, draw_legend, draw_north, draw_verdict
from plangeo.papers.page import SETTINGS, SIZES, Page
from plangeo.papers.sitefacts import Ground, SiteFacts
from plangeo.papers.siteplan import draw_plan
from plangeo.papers.siteview import SiteView, scale_text
from plangeo.text import format_area, format_number

COLOUR = {
    Verdict.NOT_PERMITTED: "#B3261E",
    Verdict.UNKNOWN: "#5B6168",
    Verdict.CONDITIONAL: "#A85B00",
    Verdict.PERMITTED: "#1A7F37",
}
_LEFT, _RIGHT, _TOP, _BOTTOM = 22.0, 12.0, 10.0, 10.0
_SIDE = 50.0
"""Width of the column beside the map, with inset and legend."""
_SIGN = 30.0
_BELOW = {"A4": 126.0, "A3": 150.0}
"""Room below the map, in millimetres, the block for signatures included."""
_HEAD = 42.0
_MOST_GROUND = {"A4": 7, "A3": 14}
STATEMENT = (
    "Kết luận là đối chiếu kỹ thuật với quy hoạch; việc quyết định thuộc cơ quan có thẩm quyền. "
    "Phiếu này không thay thế trích lục, trích đo bản đồ địa chính."
)


def map_size(paper: str) -> tuple[float, float]:
    """Return width and height of the map on a paper, millimetres."""
    width, height = SIZES[paper]
    return width - _LEFT - _RIGHT - _SIDE - 3, height - _TOP - _BOTTOM - _HEAD - _BELOW[paper] - 6


def draw_sheet(facts: SiteFacts, view: SiteView | str, sources: Sequence[str], paper: str, paths: Sequence[Path]) -> list[str]:
    """Write the sheet to every path (.pdf, .png) and return what had to be cut to fit.

    ``view``: the map made for ``map_size(paper)``, or why there is none; ``sources``: one line for each input.
    """
    import matplotlib

    with matplotlib.rc_context(SETTINGS):
        page = Page(paper)
        y = _title(page, facts)
        y = _map(page, facts, view, y, paper)
        y = _conclusion(page, facts, view, y)
        y = _tables(page, facts, y, paper)
        _foot(page, facts, sources, y)
        for path in paths:
            page.save(path)
    return list(dict.fromkeys(page.cut))


def _wide(page: Page) -> float:
    return page.width - _LEFT - _RIGHT


def _title(page: Page, facts: SiteFacts) -> float:
    wide = _wide(page)
    middle = _LEFT + wide / 2
    page.text(_LEFT + wide * 0.22, _TOP, "CƠ QUAN: ……………………………", 7.5, ha="center")
    page.text(_LEFT + wide * 0.75, _TOP, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 7.5, style="bold", ha="center")
    page.text(_LEFT + wide * 0.75, _TOP + 4, "Độc lập - Tự do - Hạnh phúc", 7.5, style="bold", ha="center")
    page.text(_LEFT + wide * 0.22, _TOP + 4, "Số: ………/………", 7.5, ha="center")
    page.text(middle, _TOP + 10.5, "PHIẾU KIỂM TRA VỊ TRÍ DỰ ÁN", 12, style="bold", ha="center")
    y = page.paragraph(_LEFT, _TOP + 17, wide, facts.name, 10, style="bold", most=2, what="tên dự án", ha="center")
    declared = f" · Diện tích kê khai: {format_area(facts.declared_m2, 'vi')}" if facts.declared_m2 else ""
    drawn = f" · Diện tích theo tọa độ: {format_area(facts.drawn_m2, 'vi')}" if facts.drawn_m2 is not None else ""
    drawn += f" · Chiều dài theo tọa độ: {format_length(facts.drawn_m, 'vi')}" if facts.drawn_m is not None else ""
    line = f"Mã: {facts.site_id} · Loại: {facts.use or 'chưa rõ'} · Địa điểm: {facts.place or 'không nêu'}{declared}{drawn}"
    page.paragraph(_LEFT, y + 0.5, wide, line, 7.5, most=2, what="dòng thông tin dự án", ha="center")
    if facts.illustrative:
        page.box(_LEFT, _TOP + _HEAD - 6.2, wide, 4.4, edgecolor="#B3261E", linewidth=0.8)
        page.text(middle, _TOP + _HEAD - 5.4, ILLUSTRATIVE.vi.upper(), 7, style="bold", ha="center", color="#B3261E")
    return _TOP + _HEAD


def _map(page: Page, facts: SiteFacts, view: SiteView | str, y: float, paper: str) -> float:
    width, height = map_size(paper)
    if isinstance(view, str):
        page.box(_LEFT, y, _wide(page), height, edgecolor="#777777", linestyle=(0, (4, 3)))
        below = page.paragraph(_LEFT + 15, y + height * 0.4, _wide(page) - 30, view, 10, style="bold", ha="center")
        if facts.problem:
            page.paragraph(_LEFT + 15, below + 2, _wide(page) - 30, facts.problem, 8, most=8, what="vấn đề của dòng", ha="center")
        return y + height + 6
    draw_plan(page.axes(_LEFT, y, width, height), view)
    draw_frame(page, view, _LEFT, y, width, height)
    x = _LEFT + width + 3
    draw_inset(page, view, x, y, _SIDE - 12, 32)
    draw_north(page, x + _SIDE - 5.5, y + 8)
    side = page.paragraph(x, y + 33.5, _SIDE, scale_text(view), 7, style="bold", most=3, what="tỷ lệ")
    draw_bar(page, view, x + 2, side + 1)
    side = page.paragraph(x, side + 7, _SIDE, f"Lưới tọa độ (m): {view.crs}", 6, most=2, what="hệ tọa độ")
    plans = "; ".join(view.plans) or "không có quy hoạch nào trong khung"
    side = page.paragraph(x, side + 0.5, _SIDE, f"Nền: {plans}", 6, most=4, what="tên quy hoạch nền")
    draw_legend(page, view, x, side + 1.5, _SIDE, y + height - side - 1.5)
    return y + height + 6


def _conclusion(page: Page, facts: SiteFacts, view: SiteView | str, y: float) -> float:
    wide, colour = _wide(page), COLOUR[facts.verdict]
    page.box(_LEFT, y, wide, 7, edgecolor=colour, linewidth=1.4)
    draw_verdict(page, _LEFT + 5, y + 3.5, 9, facts.verdict, colour)
    words = f"KẾT LUẬN: {facts.verdict.wording.vi.upper()} (tại ngày {format_date(facts.on)})"
    page.text(_LEFT + 10, y + 1.7, words, 10, style="bold", color=colour)
    y += 8.4
    room = 6 if page.height < 300 else 12
    for n, sentence in enumerate(facts.sentences):
        if room <= 0:
            page.text(_LEFT, y, f"… và {len(facts.sentences) - n} căn cứ khác", 7, style="italic")
            page.cut.append("các căn cứ")
            y += 3.4
            break
        before = y
        y = page.paragraph(_LEFT, y, wide, f"- {sentence}", 7, most=room, what="căn cứ của kết luận")
        room -= round((y - before) / 3.2)
    return page.paragraph(_LEFT, y + 0.4, wide, " · ".join(_doubt(facts)), 7, style="italic", most=2, what="độ chắc chắn") + 1


def _doubt(facts: SiteFacts) -> list[str]:
    flip = "không xác định" if facts.flip_m is None else format_length(facts.flip_m, "vi")
    tolerance = "không nêu" if facts.tolerance_m is None else format_length(facts.tolerance_m, "vi")
    lines = [f"Ranh giới dịch bao nhiêu thì kết luận đổi (ε*): {flip}", f"Sai số của bản đồ và vị trí (t): {tolerance}"]
    return [*lines, facts.nearest] if facts.nearest else lines


def _tables(page: Page, facts: SiteFacts, y: float, paper: str) -> float:
    wide = _wide(page)
    corners = _corner_rows(facts)
    left = wide - 66 if corners else wide
    rows, note = _ground_rows(facts.ground, _MOST_GROUND[paper])
    size = 6.5
    fixed = (34.0, 16.0, 16.0)
    widths = (left - sum(fixed) - (2 if corners else 0), *fixed)
    below = page.table(_LEFT, y, widths, rows, size, numbers=(1, 2), what="bảng căn cứ")
    if note:
        page.text(_LEFT, below + 0.5, note, 6.5, style="italic")
        page.cut.append("bảng căn cứ")
        below += 3.5
    if corners:
        at = _LEFT + left
        page.text(at, y - 0.2, "Bảng kê tọa độ (hệ tọa độ của danh mục)", 6, style="italic")
        below = max(below, page.table(at, y + 2.8, (10, 20, 20, 16), corners, 6, numbers=(1, 2, 3), what="bảng tọa độ"))
    return below + 1.5


def _ground_rows(ground: Sequence[Ground], most: int) -> tuple[list[tuple[str, ...]], str]:
    lines = any(g.length_m > 0 for g in ground) and not any(g.area_m2 > 0 for g in ground)
    rows: list[tuple[str, ...]] = [("Loại đất theo quy hoạch", "Dài (m)" if lines else "Diện tích (ha)", "Tỷ lệ", "Chi phối")]
    for g in ground[:most]:
        amount = format_number(g.length_m, "vi", 1) if lines else format_number(g.area_m2 / 10_000, "vi", 4)
        if not lines and not g.area_m2:
            amount = "(điểm)"
        name = f"{g.code} - {g.name}" if g.code else g.name
        plan = f" [{g.plan}]" if g.plan else ""
        says = "trên ranh giới" if g.on_border else "có" if g.governs else "—" if not g.plan else "không"
        rows.append((f"{name}{plan}", amount, format_share(g.share, "vi"), says))
    if not ground:
        rows.append(("Không có vùng quy hoạch nào được đối chiếu", "—", "—", "—"))
    left = len(ground) - most
    return rows, f"… và {left} dòng khác, xem report.xlsx" if left > 0 else ""


def _corner_rows(facts: SiteFacts) -> list[tuple[str, ...]]:
    if not facts.corners:
        return []
    rows: list[tuple[str, ...]] = [("Điểm", "X - Bắc (m)", "Y - Đông (m)", "Cạnh (m)")]
    for c in facts.corners:
        side = "" if c.side_m is None else _grid(c.side_m)
        rows.append((str(c.number), _grid(c.north), _grid(c.east), side))
    return rows


def _grid(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _foot(page: Page, facts: SiteFacts, sources: Sequence[str], y: float) -> None:
    wide = _wide(page)
    top = page.height - _BOTTOM - _SIGN - 7
    room = max(0, int((top - y) / 2.9))
    lines = [f"Quy hoạch: {plan}." for plan in facts.plans] + [f"Nguồn: {'; '.join(sources)}."]
    for line in lines:
        if room < 1:
            page.cut.append("quy hoạch và nguồn")
            break
        before = y
        y = page.paragraph(_LEFT, y, wide, line, 6, most=min(4, room), what="quy hoạch và nguồn")
        room -= round((y - before) / 2.7)
    for part, who in enumerate(("NGƯỜI LẬP", "NGƯỜI KIỂM TRA", "THỦ TRƯỞNG ĐƠN VỊ")):
        x = _LEFT + wide * (part + 0.5) / 3
        page.text(x, page.height - _BOTTOM - _SIGN - 3, who, 7.5, style="bold", ha="center")
        page.text(x, page.height - _BOTTOM - _SIGN + 0.6, "(ký, ghi rõ họ tên)", 6.5, style="italic", ha="center")
    told = STATEMENT
    if page.cut:
        told += f" Đã rút gọn trên phiếu: {', '.join(dict.fromkeys(page.cut))}; toàn văn trong report.xlsx."
    page.line(_LEFT, page.height - _BOTTOM - 3.2, _LEFT + wide, page.height - _BOTTOM - 3.2, linewidth=0.3)
    page.paragraph(_LEFT, page.height - _BOTTOM - 2.6, wide, told, 6, style="italic", most=3)
