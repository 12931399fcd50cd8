"""Draws the map of one site into a box of the page, at its true scale."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import shapely
from shapely.geometry.polygon import orient

from plangeo.papers.lettering import font_path, printable
from plangeo.papers.siteview import ShownClass, SiteView

NO_COLOUR = "#D9D9D9"
SITE = "#111111"
STRIP = "#D6006C"
WAY = "#00509E"
_LABEL_MM2 = 40.0
_MOST_LABELS = 60
_WHITE_BEHIND = 1.6


def draw_plan(axes: Any, view: SiteView) -> None:
    """Draw zones, units, strip, way and site; the axes must have the size the view was made for."""
    west, south, east, north = view.frame.bounds
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_xticks([])
    axes.set_yticks([])
    look = {c.code: c for c in view.legend}
    for order, zone in enumerate(view.zones):
        _fill(axes, zone.shape, **style_of(look[zone.code]), zorder=1 + order / 1e6)
    for _, shape in view.units:
        _outline(axes, shape, color="#444444", linewidth=0.9, linestyle=(0, (6, 2, 1, 2)), zorder=3)
    if view.goal is not None and not view.goal.is_empty:
        _outline(axes, view.goal, color=WAY, linewidth=1.4, zorder=4)
    _draw_site(axes, view)
    if view.strip is not None:
        _fill(axes, view.strip, facecolor="none", edgecolor=STRIP, hatch="xxxx", linewidth=0.6, zorder=6)
    room = Room(view.frame.denominator / 1_000)
    if view.way is not None:
        _draw_way(axes, view, room)
    _labels(axes, view, room)


class Room:
    """Where words stand already, in ground metres, so that none is written over another; ``mm`` is a millimetre of paper."""

    _LETTER_MM, _HIGH_MM = 1.25, 2.6

    def __init__(self, mm: float) -> None:
        self._mm = mm
        self._taken: list[tuple[float, float, float]] = []

    def take(self, text: str, spots: Iterable[tuple[float, float]]) -> tuple[float, float] | None:
        """Return the first of ``spots`` where ``text`` lies on no other words, and keep it; None where there is none."""
        half = len(text) * self._LETTER_MM * self._mm / 2
        for x, y in spots:
            if all(abs(x - a) >= half + h or abs(y - b) >= self._HIGH_MM * self._mm for a, b, h in self._taken):
                self._taken.append((x, y, half))
                return x, y
        return None


def style_of(shown: ShownClass) -> dict[str, Any]:
    """Return how ground of a class is filled: overlays hatched, classes without a colour grey and hatched."""
    colour = shown.colour if re.fullmatch(r"#[0-9A-Fa-f]{6}", shown.colour) else ""
    if shown.overlay:
        return {"facecolor": "none", "edgecolor": "#555555", "hatch": "///", "linewidth": 0.5}
    if not colour:
        return {"facecolor": NO_COLOUR, "edgecolor": "#777777", "hatch": "...", "linewidth": 0.3}
    return {"facecolor": colour, "edgecolor": "#777777", "linewidth": 0.3}


def _draw_site(axes: Any, view: SiteView) -> None:
    shape = view.shape
    for part in _parts(shape):
        if part.geom_type == "Polygon":
            _outline(axes, part, color="white", linewidth=3.2, zorder=5)
            _fill(axes, part, facecolor="none", edgecolor=SITE, linewidth=1.6, zorder=5.1)
        elif part.geom_type == "Point":
            axes.plot([part.x], [part.y], "o", markersize=6, markerfacecolor=SITE, markeredgecolor="white", zorder=7)
        else:
            xy = shapely.get_coordinates(part)
            axes.plot(xy[:, 0], xy[:, 1], color="white", linewidth=4.2, zorder=5)
            axes.plot(xy[:, 0], xy[:, 1], color=SITE, linewidth=2.2, zorder=5.1)
    if view.disc_m:
        for part in _parts(shape):
            ring = shapely.buffer(part, view.disc_m, quad_segs=32)
            _outline(axes, ring, color=SITE, linewidth=1.0, linestyle=(0, (4, 2)), zorder=6)


def _draw_way(axes: Any, view: SiteView, room: Room) -> None:
    """The arrow to the nearest compatible ground; where that lies beyond the frame, it ends at its edge."""
    assert view.way is not None
    line = shapely.LineString(view.way)
    west, south, east, north = view.frame.bounds
    seen = shapely.clip_by_rect(line, west, south, east, north)
    if line.length == 0 or seen.is_empty or seen.geom_type != "LineString":
        return
    (x1, y1), (x2, y2) = seen.coords[0], seen.coords[-1]
    arrow = {"arrowstyle": "-|>", "color": WAY, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11}
    axes.annotate("", xy=(x2, y2), xytext=(x1, y1), arrowprops=arrow, zorder=6.5)
    spot = room.take(view.way_text, [(x1 + 0.6 * (x2 - x1), y1 + 0.6 * (y2 - y1))])
    if spot:
        _write(axes, *spot, view.way_text, 6.5, color=WAY, zorder=9)


def _labels(axes: Any, view: SiteView, room: Room) -> None:
    """Codes of zones that are large enough on paper, the largest first, and the names of units."""
    mm = view.frame.denominator / 1_000
    window = shapely.box(*view.frame.bounds)
    seen = [(shapely.intersection(z.shape, window), z.code) for z in view.zones if z.code]
    large = sorted(((s.area, n) for n, (s, _) in enumerate(seen) if s.area > _LABEL_MM2 * mm**2), reverse=True)
    for _, n in large[:_MOST_LABELS]:
        shape, code = seen[n]
        place = shapely.point_on_surface(max(_parts(shape), key=lambda p: p.area))
        away = 5 * mm if shapely.dwithin(place, view.shape, 3 * mm) else 0.0  # not upon the site
        spots = [(place.x, place.y - away + shift * mm) for shift in (0, -4, 4, -8, 8)]
        spot = room.take(code, [spots[0], *(s for s in spots[1:] if shapely.contains_xy(shape, *s))])
        if spot:
            _write(axes, *spot, code, 6.5, zorder=8)
    for name, shape in view.units:
        inside = shapely.intersection(shape, shapely.buffer(window, -6 * mm))
        if inside.area > 300 * mm**2 and name:
            place = shapely.point_on_surface(max(_parts(inside), key=lambda p: p.area))
            higher = (place.y + inside.bounds[3]) / 2  # not on the code of the zone, which takes the middle
            start = higher if shapely.contains_xy(inside, place.x, higher) else place.y + 4 * mm
            shifts = [sign * step * mm for step in range(0, 41, 4) for sign in ((1,) if not step else (1, -1))]
            spots = [(place.x, start + shift) for shift in shifts]
            spot = room.take(name, [spots[0], *(s for s in spots[1:] if shapely.contains_xy(inside, *s))])
            if spot:
                _write(axes, *spot, name, 6.5, style="italic", color="#333333", zorder=8)


def _write(
    axes: Any, x: float, y: float, text: str, size: float, *, style: str = "bold", color: str = "black", zorder: float = 8
) -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.patheffects import withStroke

    axes.text(
        x,
        y,
        printable(text, style),
        fontproperties=FontProperties(fname=str(font_path(style)), size=size),
        ha="center",
        va="center",
        color=color,
        zorder=zorder,
        parse_math=False,
        clip_on=True,
        path_effects=[withStroke(linewidth=_WHITE_BEHIND, foreground="white")],
    )


def _fill(axes: Any, shape: Any, **look: Any) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    rings = [ring for part in _parts(shape) if part.geom_type == "Polygon" for ring in _oriented(part)]
    if not rings:
        return
    codes = [np.r_[Path.MOVETO, np.full(len(r) - 2, Path.LINETO), Path.CLOSEPOLY] for r in rings]
    axes.add_patch(PathPatch(Path(np.concatenate(rings), np.concatenate(codes).astype(np.uint8)), **look))


def _outline(axes: Any, shape: Any, **look: Any) -> None:
    for part in _parts(shape):
        for ring in (part.exterior, *part.interiors) if part.geom_type == "Polygon" else (part,):
            xy = shapely.get_coordinates(ring)
            axes.plot(xy[:, 0], xy[:, 1], **look)


def _oriented(polygon: Any) -> list[Any]:
    """Rings turning opposite ways, so that holes stay empty."""
    turned = orient(polygon)
    return [shapely.get_coordinates(r) for r in (turned.exterior, *turned.interiors)]


def _parts(shape: Any) -> Iterator[Any]:
    if shape is None or shape.is_empty:
        return
    if hasattr(shape, "geoms"):
        for member in shape.geoms:
            yield from _parts(member)
    else:
        yield shape
