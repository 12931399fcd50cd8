"""What stands around the map: grid ticks with metres, north arrow, scale bar, inset, legend."""

from __future__ import annotations

import math
from typing import Any

import shapely

from plangeo.explanation import format_length
from plangeo.papers.page import Page
from plangeo.papers.siteplan import SITE, STRIP, WAY, style_of
from plangeo.papers.siteview import SiteView
from plangeo.papers.wording import say
from plangeo.text import format_number

_TICK_MM = 2.0
_LEGEND_ROW_MM = 5.4


def draw_frame(page: Page, view: SiteView, x: float, y: float, width: float, height: float) -> None:
    """Draw the frame of the map with ticks of the metric grid, inside the box, and their metres outside."""
    west, south, east, north = view.frame.bounds
    step = view.frame.tick_m
    page.box(x, y, width, height, linewidth=1.0, zorder=20)
    for metres in _ticks(west, east, step):
        at = x + (metres - west) / (east - west) * width
        page.line(at, y, at, y + _TICK_MM, zorder=21)
        page.line(at, y + height - _TICK_MM, at, y + height, zorder=21)
        page.text(at, y + height + 0.6, _metres(metres), 6, ha="center")
    for metres in _ticks(south, north, step):
        at = y + height - (metres - south) / (north - south) * height
        page.line(x, at, x + _TICK_MM, at, zorder=21)
        page.line(x + width - _TICK_MM, at, x + width, at, zorder=21)
        page.text(x - 0.8, at - 0.2, _metres(metres), 6, ha="right", rotation=90, rotation_mode="default")


def _ticks(low: float, high: float, step: int) -> list[int]:
    edge = 0.04 * (high - low)
    first = math.ceil((low + edge) / step)
    return [n * step for n in range(first, math.floor((high - edge) / step) + 1)]


def _metres(value: float) -> str:
    return format_number(value, "vi", 0).replace(".", " ")


def draw_bar(page: Page, view: SiteView, x: float, y: float) -> None:
    """Draw the scale bar: its length on paper is its length on the ground divided by the scale."""
    long = view.frame.bar_m / view.frame.denominator * 1_000
    for n in range(4):
        page.box(x + n * long / 4, y, long / 4, 1.6, facecolor="black" if n % 2 == 0 else "white", linewidth=0.4)
    page.text(x, y + 2.0, "0", 6, ha="center")
    page.text(x + long, y + 2.0, format_length(view.frame.bar_m, view.language), 6, ha="center")


def draw_north(page: Page, x: float, y: float, letter: str) -> None:
    """Draw the north arrow: grid north is up."""
    from matplotlib.patches import Polygon

    for side, colour in ((-1, "black"), (1, "white")):
        places = [(x, y + 3.2), (x + side * 2.6, y + 12), (x, y + 9.8)]
        page.figure.add_artist(
            Polygon(
                [(a / page.width, 1 - b / page.height) for a, b in places],
                closed=True,
                facecolor=colour,
                edgecolor="black",
                linewidth=0.5,
                transform=page.figure.transFigure,
            )
        )
    page.text(x, y, letter, 8, style="bold", ha="center")


def draw_inset(page: Page, view: SiteView, x: float, y: float, width: float, height: float) -> None:
    """Draw where in the whole area the frame lies; not to scale, and says so."""
    page.box(x, y, width, height, linewidth=0.5)
    if view.inset is None or view.inset_bounds is None:
        page.paragraph(x + 2, y + height / 2 - 2, width - 4, say("no_inset", view.language), 6, ha="center")
        return
    axes = page.axes(x, y, width, height)
    axes.axis("off")
    west, south, east, north = view.inset_bounds
    frame = view.frame.bounds
    west, south, east, north = min(west, frame[0]), min(south, frame[1]), max(east, frame[2]), max(north, frame[3])
    metres = max((east - west) / width, (north - south) / height) * 1.08
    mx, my = (west + east) / 2, (south + north) / 2
    axes.set_xlim(mx - metres * width / 2, mx + metres * width / 2)
    axes.set_ylim(my - metres * height / 2, my + metres * height / 2)
    for part in shapely.get_parts([view.inset]).tolist():
        xy = shapely.get_coordinates(part.exterior)
        axes.fill(xy[:, 0], xy[:, 1], facecolor="#F3F3F3", edgecolor="#555555", linewidth=0.5)
    xs = [frame[0], frame[2], frame[2], frame[0], frame[0]]
    ys = [frame[1], frame[1], frame[3], frame[3], frame[1]]
    axes.plot(xs, ys, color="#C00000", linewidth=0.8)
    axes.plot([(frame[0] + frame[2]) / 2], [(frame[1] + frame[3]) / 2], "o", color="#C00000", markersize=2.5)


def draw_legend(page: Page, view: SiteView, x: float, y: float, width: float, room: float) -> None:
    """Draw the marks and the classes in view; those without room are counted, never dropped in silence."""
    page.text(x, y, say("legend", view.language), 7, style="bold")
    y += 4
    bottom = y + room - 4
    for kind, words in _marks(view):
        _mark(page, kind, x, y)
        below = page.paragraph(x + 9, y, width - 9, words, 6.5, most=2, what=say("cut_legend", view.language))
        y = max(y + _LEGEND_ROW_MM, below + 0.9)
    for n, shown in enumerate(view.legend):
        left = len(view.legend) - n
        if y + _LEGEND_ROW_MM * (2 if left > 1 else 1) > bottom:
            page.text(x, y, say("more_classes", view.language, count=str(left)), 6, style="italic")
            return
        page.box(x, y + 0.2, 7, 3.4, **({"edgecolor": "#777777"} | style_of(shown)))
        name = f"{shown.code} - {shown.name}" if shown.code else shown.name
        below = page.paragraph(x + 9, y, width - 9, name, 6.5, most=2, what=say("cut_legend", view.language))
        y = max(y + _LEGEND_ROW_MM, below + 0.9)
    if not view.legend:
        page.text(x, y, say("no_zone", view.language), 6, style="italic")


def _marks(view: SiteView) -> list[tuple[str, str]]:
    point = shapely.get_dimensions(view.shape) == 0
    lang = view.language
    marks = [("point" if point else "site", say("the_site", lang))]
    if view.disc_m:
        marks.append(("disc", say("disc", lang)))
    if view.strip is not None:
        marks.append(("strip", say("strip", lang, width=format_length(view.strip_m or 0, lang))))
    if view.way is not None:
        marks.append(("way", say("way", lang, text=view.way_text)))
    if view.units:
        marks.append(("unit", say("unit_border", lang)))
    return marks


def _mark(page: Page, kind: str, x: float, y: float) -> None:
    if kind == "strip":
        page.box(x, y + 0.2, 7, 3.4, edgecolor=STRIP, hatch="xxxx")
    elif kind == "unit":
        page.line(x, y + 1.8, x + 7, y + 1.8, color="#444444", linewidth=0.9, linestyle=(0, (6, 2, 1, 2)))
    elif kind == "way":
        page.line(x, y + 1.8, x + 7, y + 1.8, color=WAY, linewidth=1.4)
    elif kind == "point":
        page.line(x + 3.5, y + 1.8, x + 3.5, y + 1.8, color=SITE, marker="o", markersize=5)
    elif kind == "disc":
        page.line(x, y + 1.8, x + 7, y + 1.8, color=SITE, linewidth=1.0, linestyle=(0, (4, 2)))
    else:
        page.line(x, y + 1.8, x + 7, y + 1.8, color=SITE, linewidth=2.2)


def draw_verdict(page: Page, x: float, y: float, size: float, verdict: Any, colour: str) -> None:
    """Draw the sign of a verdict: form and colour both tell it."""
    from matplotlib.lines import Line2D

    form = {"permitted": "o", "conditional": "D", "unknown": "s", "not_permitted": "X"}[verdict.label]
    page.figure.add_artist(
        Line2D(
            [x / page.width],
            [1 - y / page.height],
            marker=form,
            markersize=size,
            markerfacecolor=colour,
            markeredgecolor="black",
            markeredgewidth=0.6,
            linestyle="none",
            transform=page.figure.transFigure,
        )
    )
