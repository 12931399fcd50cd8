"""The sheet of one site: one upright page with title, map, conclusion, evidence, coordinates, sources and room to sign."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from plangeo.explanation import format_date, format_length, format_share
from plangeo.model import ILLUSTRATIVE, Language, Verdict
from plangeo.papers.mapmargin import draw_bar, draw_frame, draw_inset, draw_legend, draw_north, draw_verdict
from plangeo.papers.page import SETTINGS, SIZES, Page
from plangeo.papers.sitefacts import Ground, SiteFacts
from plangeo.papers.siteplan import draw_plan
from plangeo.papers.siteview import SiteView, scale_text
from plangeo.papers.wording import say
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
_STEP_MM = 3.25
"""Height of a line of the text below the map, 7 points."""
_FOOT_LINES = 6
"""Lines kept for plans and sources when there is much to say beside the conclusion."""


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
    lang = facts.language
    page.text(_LEFT + wide * 0.22, _TOP, say("office", lang), 8, ha="center")
    page.text(_LEFT + wide * 0.75, _TOP, say("republic", lang), 8, style="bold", ha="center")
    page.text(_LEFT + wide * 0.75, _TOP + 4, say("motto", lang), 8, style="bold", ha="center")
    page.text(_LEFT + wide * 0.22, _TOP + 4, say("number", lang), 8, ha="center")
    page.text(middle, _TOP + 10.5, say("sheet", lang), 13, style="bold", ha="center")
    y = page.paragraph(_LEFT, _TOP + 17, wide, facts.name, 11, style="bold", most=2, what=say("cut_name", lang), ha="center")
    page.paragraph(_LEFT, y + 0.5, wide, _about(facts), 8, most=2, what=say("cut_line", lang), ha="center")
    if facts.illustrative:
        page.box(_LEFT, _TOP + _HEAD - 6.2, wide, 4.4, edgecolor="#B3261E", linewidth=0.8)
        page.text(middle, _TOP + _HEAD - 5.4, ILLUSTRATIVE.text(lang).upper(), 7, style="bold", ha="center", color="#B3261E")
    return _TOP + _HEAD


def _about(facts: SiteFacts) -> str:
    lang = facts.language
    use, place = facts.use or say("no_use", lang), facts.place or say("not_stated", lang)
    line = say("id_line", lang, id=facts.site_id, use=use, place=place)
    if facts.declared_m2:
        line += say("declared", lang, area=format_area(facts.declared_m2, lang))
    if facts.drawn_m2 is not None:
        line += say("drawn", lang, area=format_area(facts.drawn_m2, lang))
    if facts.drawn_m is not None:
        line += say("drawn_m", lang, length=format_length(facts.drawn_m, lang))
    return line


def _map(page: Page, facts: SiteFacts, view: SiteView | str, y: float, paper: str) -> float:
    width, height = map_size(paper)
    lang = facts.language
    if isinstance(view, str):
        page.box(_LEFT, y, _wide(page), height, edgecolor="#777777", linestyle=(0, (4, 3)))
        below = page.paragraph(_LEFT + 15, y + height * 0.4, _wide(page) - 30, view, 10, style="bold", ha="center")
        if facts.problem:
            what = say("cut_problem", lang)
            page.paragraph(_LEFT + 15, below + 2, _wide(page) - 30, facts.problem, 8, most=8, what=what, ha="center")
        return y + height + 6
    draw_plan(page.axes(_LEFT, y, width, height), view)
    draw_frame(page, view, _LEFT, y, width, height)
    x = _LEFT + width + 3
    draw_inset(page, view, x, y, _SIDE - 12, 32)
    draw_north(page, x + _SIDE - 5.5, y + 8, say("north", lang))
    side = page.paragraph(x, y + 33.5, _SIDE, scale_text(view), 7, style="bold", most=3, what=say("cut_scale", lang))
    draw_bar(page, view, x + 2, side + 1)
    side = page.paragraph(x, side + 7, _SIDE, say("grid", lang, crs=view.crs), 6.5, most=2, what=say("cut_crs", lang))
    plans = say("ground_plans", lang, plans="; ".join(view.plans) or say("no_plan", lang))
    side = page.paragraph(x, side + 0.5, _SIDE, plans, 6.5, most=4, what=say("cut_plans", lang))
    draw_legend(page, view, x, side + 1.5, _SIDE, y + height - side - 1.5)
    return y + height + 6


def _conclusion(page: Page, facts: SiteFacts, view: SiteView | str, y: float) -> float:
    wide, colour, lang = _wide(page), COLOUR[facts.verdict], facts.language
    page.box(_LEFT, y, wide, 7, edgecolor=colour, linewidth=1.4)
    draw_verdict(page, _LEFT + 5, y + 3.5, 9, facts.verdict, colour)
    words = say("conclusion", lang, verdict=facts.verdict.wording.text(lang).upper(), day=format_date(facts.on))
    page.text(_LEFT + 10, y + 1.7, words, 10, style="bold", color=colour)
    y += 8.4
    room = 6 if page.height < 300 else 12
    for n, sentence in enumerate(facts.sentences):
        if room <= 0:
            page.text(_LEFT, y, say("more_reasons", lang, count=str(len(facts.sentences) - n)), 7, style="italic")
            page.cut.append(say("cut_reason", lang))
            y += 3.4
            break
        before = y
        y = page.paragraph(_LEFT, y, wide, f"- {sentence}", 7, most=room, what=say("cut_reason", lang))
        room -= round((y - before) / _STEP_MM)
    what = say("cut_doubt", lang)
    y = page.paragraph(_LEFT, y + 0.4, wide, " · ".join(_doubt(facts)), 7, style="italic", most=2, what=what)
    if facts.beside.decisions:
        text = say("decided", lang, text=" | ".join(facts.beside.decisions))
        y = page.paragraph(_LEFT, y + 0.4, wide, text, 7, style="bold", most=2, what=say("cut_decided", lang))
    return y + 1


def _doubt(facts: SiteFacts) -> list[str]:
    lang = facts.language
    flip = say("undetermined", lang) if facts.flip_m is None else format_length(facts.flip_m, lang)
    tolerance = say("not_stated", lang) if facts.tolerance_m is None else format_length(facts.tolerance_m, lang)
    lines = [say("flip", lang, flip=flip), say("tolerance", lang, tolerance=tolerance)]
    return [*lines, facts.nearest] if facts.nearest else lines


def _beside(page: Page, facts: SiteFacts, y: float, wide: float) -> float:
    """What the studies say, in the room that is left above plans and sources; returns the place below."""
    remarks, lang = facts.beside.remarks, facts.language
    if not remarks:
        return y
    room = int((_foot_top(page) - y) / _STEP_MM) - _FOOT_LINES
    what = say("cut_beside", lang)
    if room < 2:
        page.cut.append(what)
        return y
    y = page.paragraph(_LEFT, y, wide, say("beside", lang), 7, style="bold", most=1, what=what)
    room -= 1
    for remark in remarks:
        if room < 1:
            page.cut.append(what)
            break
        before = y
        y = page.paragraph(_LEFT, y, wide, f"- {remark}", 7, most=min(2, room), what=what)
        room -= round((y - before) / _STEP_MM)
    return y + 1


def _foot_top(page: Page) -> float:
    return page.height - _BOTTOM - _SIGN - 7


def _tables(page: Page, facts: SiteFacts, y: float, paper: str) -> float:
    wide, lang = _wide(page), facts.language
    corners = _corner_rows(facts)
    left = wide - 66 if corners else wide
    rows, note = _ground_rows(facts.ground, _MOST_GROUND[paper], lang)
    size = 7
    fixed = (34.0, 16.0, 16.0)
    widths = (left - sum(fixed) - (2 if corners else 0), *fixed)
    below = page.table(_LEFT, y, widths, rows, size, numbers=(1, 2), what=say("cut_ground", lang))
    if note:
        page.text(_LEFT, below + 0.5, note, 6.5, style="italic")
        page.cut.append(say("cut_ground", lang))
        below += 3.5
    below = _beside(page, facts, below + 1, left - 2 if corners else wide)
    if corners:
        at = _LEFT + left
        page.text(at, y - 0.2, say("corners", lang), 6.5, style="italic")
        what = say("cut_corners", lang)
        below = max(below, page.table(at, y + 2.8, (10, 20, 20, 16), corners, 6.5, numbers=(1, 2, 3), what=what))
    return below + 1.5


def _ground_rows(ground: Sequence[Ground], most: int, lang: Language) -> tuple[list[tuple[str, ...]], str]:
    lines = any(g.length_m > 0 for g in ground) and not any(g.area_m2 > 0 for g in ground)
    head = ("class_head", "length_head" if lines else "area_head", "share_head", "governs_head")
    rows: list[tuple[str, ...]] = [tuple(say(word, lang) for word in head)]
    for g in ground[:most]:
        amount = format_number(g.length_m, lang, 1) if lines else format_number(g.area_m2 / 10_000, lang, 4)
        if not lines and not g.area_m2:
            amount = say("point", lang)
        name = f"{g.code} - {g.name}" if g.code else g.name
        plan = f" [{g.plan}]" if g.plan else ""
        rows.append((f"{name}{plan}", amount, format_share(g.share, lang), governs_text(g, lang)))
    if not ground:
        rows.append((say("no_ground", lang), "—", "—", "—"))
    left = len(ground) - most
    return rows, say("more_rows", lang, count=str(left)) if left > 0 else ""


def governs_text(ground: Ground, lang: Language) -> str:
    """Say whether ground governs, lies on a border, or belongs to no plan."""
    if ground.on_border:
        return say("on_border", lang)
    if not ground.plan:
        return "—"
    return say("governs" if ground.governs else "governs_not", lang)


def _corner_rows(facts: SiteFacts) -> list[tuple[str, ...]]:
    if not facts.corners:
        return []
    lang = facts.language
    rows: list[tuple[str, ...]] = [tuple(say(word, lang) for word in ("corner_head", "north_head", "east_head", "side_head"))]
    for c in facts.corners:
        side = "" if c.side_m is None else _grid(c.side_m, lang)
        rows.append((str(c.number), _grid(c.north, lang), _grid(c.east, lang), side))
    return rows


def _grid(value: float, lang: Language) -> str:
    return f"{value:.2f}".replace(".", "," if lang == "vi" else ".")


def _foot(page: Page, facts: SiteFacts, sources: Sequence[str], y: float) -> None:
    wide, lang = _wide(page), facts.language
    room = max(0, int((_foot_top(page) - y) / 3.05))
    lines = [say("plan_line", lang, plan=plan) for plan in facts.plans] + [say("sources", lang, files="; ".join(sources))]
    for line in lines:
        if room < 1:
            page.cut.append(say("cut_sources", lang))
            break
        before = y
        y = page.paragraph(_LEFT, y, wide, line, 6.5, most=min(4, room), what=say("cut_sources", lang))
        room -= round((y - before) / 2.98)
    for part, who in enumerate(("made_by", "checked_by", "head_of_office")):
        x = _LEFT + wide * (part + 0.5) / 3
        page.text(x, page.height - _BOTTOM - _SIGN - 3, say(who, lang), 8, style="bold", ha="center")
        page.text(x, page.height - _BOTTOM - _SIGN + 0.6, say("sign", lang), 7, style="italic", ha="center")
    told = say("statement", lang)
    if page.cut:
        told += say("cut", lang, what=", ".join(dict.fromkeys(page.cut)))
    page.line(_LEFT, page.height - _BOTTOM - 3.2, _LEFT + wide, page.height - _BOTTOM - 3.2, linewidth=0.3)
    page.paragraph(_LEFT, page.height - _BOTTOM - 2.6, wide, told, 6, style="italic", most=3)
