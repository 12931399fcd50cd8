"""Texts of a drawing joined to the shapes that contain them; what has no label, two labels, or lies nowhere is told.

A text is anchored at a corner or at its centre, and drawings differ in which of the two lies inside the shape that is meant.
Where both lie in one shape there is no doubt. Where they do not, the whole drawing decides, or nobody does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from plangeo.drawings.linework import spots
from plangeo.reading import Decision

_LETTER = 0.7
"""Width of a letter in heights, as usual in CAD fonts."""
_SIZE = re.compile(r"[,(]s:([\d.]+)g")
_ANGLE = re.compile(r"[,(]a:(-?[\d.]+)")
_ANCHOR = re.compile(r"[,(]p:(\d+)")
_QUOTED = re.compile(r't:"(?:\\.|[^"\\])*"', re.DOTALL)
NOWHERE, BORDER = -1, -2


@dataclass(frozen=True)
class Label:
    """A text of the drawing: where it is anchored, where its centre lies."""

    text: str
    anchor: Any
    centre: Any


@dataclass(frozen=True)
class Joined:
    """What the labels say of each shape."""

    texts: tuple[str, ...]
    """The label that gives the shape its class, as written; "" for none or for several that differ."""
    others: tuple[str, ...]
    """All texts inside the shape, joined by " | "."""
    problems: dict[int, str]
    """Position of a shape → what is wrong with its labels."""
    decisions: tuple[Decision, ...]


def place_label(text: str, anchor: Any, style: str = "") -> Label:
    """Return a text with the centre worked out from its style (OGR feature style: s = height, p = anchor, a = angle).

    >>> place_label("ODTX", shapely.Point(0, 0), 'LABEL(t:"ODTX",p:1,s:10g)').centre.wkt
    'POINT (14 5)'
    """
    style = _QUOTED.sub("", style)  # the text itself may hold anything that looks like a style
    size = _SIZE.search(style)
    if size is None:
        return Label(text, anchor, anchor)
    lines = text.split("\n")
    width, height = (_LETTER * float(size[1]) * max(map(len, lines)), float(size[1]) * (1 + 1.6 * (len(lines) - 1)))
    place = int(found[1]) if (found := _ANCHOR.search(style)) else 1
    across = (width / 2, 0.0, -width / 2)[(place - 1) % 3]
    up = {0: height / 2, 1: 0.0, 2: -height / 2, 3: height / 2}[(place - 1) // 3 % 4]
    turn = math.radians(float(found[1])) if (found := _ANGLE.search(style)) else 0.0
    dx, dy = across * math.cos(turn) - up * math.sin(turn), across * math.sin(turn) + up * math.cos(turn)
    return Label(text, anchor, shapely.Point(anchor.x + dx, anchor.y + dy))


def join_labels(shapes: Sequence[Any], labels: Sequence[Label], code_of: Callable[[str], str], where: str) -> Joined:
    """Join every label to the innermost shape that contains it.

    Parameters: ``shapes`` polygons; ``code_of`` returns the class code a text holds, "" for a text that is no class (a parcel number,
    a name), which is kept beside. A shape with labels of different classes gets none of them, and a problem.
    """
    array = np.array(list(shapes), dtype=object)
    codes = [code_of(label.text) for label in labels]
    by_anchor, by_centre = (_places(array, [getattr(label, side) for label in labels]) for side in ("anchor", "centre"))
    chosen, decisions = _settle(by_anchor, by_centre, codes, len(array), where)
    inside: list[list[int]] = [[] for _ in array]
    for n, place in enumerate(chosen):
        if place >= 0:
            inside[place].append(n)
    texts, others, problems = [], [], {}
    for row, found in enumerate(inside):
        told = [labels[n].text for n in found]
        named = list(dict.fromkeys(codes[n] for n in found if codes[n]))
        others.append(" | ".join(told[:20]))
        if len(named) > 1:
            shown = ", ".join(repr(labels[n].text) for n in found if codes[n])
            problems[row] = (
                f"doubly_labelled: the labels {shown[:150]} lie in one shape; a border may be missing, or a label is misplaced"
            )
        if len(named) == 1:
            texts.append(next(labels[n].text for n in found if codes[n]))
        else:
            texts.append(told[0] if len(told) == 1 else "")
    decisions += _told(array, labels, codes, chosen, texts, problems, where)
    return Joined(tuple(texts), tuple(others), problems, tuple(decisions))


def _places(shapes: Any, points: Sequence[Any]) -> list[int]:
    """For every point the number of the innermost shape around it; NOWHERE, or BORDER where that cannot be said."""
    found = [NOWHERE] * len(points)
    if not len(shapes) or not points:
        return found
    tree, areas = shapely.STRtree(shapes), shapely.area(shapes)
    around: dict[int, list[int]] = {}
    for point, shape in zip(*tree.query(np.array(points, dtype=object), predicate="intersects").tolist(), strict=True):
        around.setdefault(point, []).append(shape)
    for point, hits in around.items():
        hits.sort(key=lambda n: areas[n])
        inner = hits[0]
        border = any(not shapely.contains_properly(shapes[n], points[point]) for n in hits)
        nested = all(shapely.covers(shapes[outer], shapes[inner]) for outer in hits[1:])
        found[point] = inner if nested and not border else BORDER
    return found


def _settle(
    by_anchor: list[int], by_centre: list[int], codes: Sequence[str], count: int, where: str
) -> tuple[list[int], list[Decision]]:
    """The shape of every label: where anchor and centre agree, that; else the one that fits the whole drawing, if one does."""
    differ = [n for n, (a, c) in enumerate(zip(by_anchor, by_centre, strict=True)) if a != c]
    if not differ:
        return by_anchor, []
    fits = {
        name: _is_clean([place for place, code in zip(places, codes, strict=True) if code], count)
        for name, places in (("anchor", by_anchor), ("centre", by_centre))
    }
    if fits["anchor"] != fits["centre"]:
        name = "anchor" if fits["anchor"] else "centre"
        said = (
            f"{len(differ)} label(s) reach over a border; their {'anchors' if name == 'anchor' else 'centres'} were taken, because so every "
            "shape has at most one class label and none lies outside"
        )
        return (by_anchor if name == "anchor" else by_centre), [Decision("shape", where, said)]
    return [a if a == c else BORDER for a, c in zip(by_anchor, by_centre, strict=True)], []


def _is_clean(places: Sequence[int], count: int) -> bool:
    """True when every class label lies in a shape of its own."""
    return bool(places) and min(places) >= 0 and len(set(places)) == len(places) and len(places) == count


def _told(
    shapes: Any,
    labels: Sequence[Label],
    codes: Sequence[str],
    chosen: Sequence[int],
    texts: Sequence[str],
    problems: dict[int, str],
    where: str,
) -> list[Decision]:
    """What an officer has to look at, each with its places."""
    blank = [n for n, text in enumerate(texts) if not text and n not in problems]
    coded = [n for n in range(len(labels)) if codes[n]]
    outside, unsure = ([n for n in coded if chosen[n] == place] for place in (NOWHERE, BORDER))
    labelled = len(shapes) - len(blank) - len(problems)
    counts = f"{len(shapes)} shape(s), {labelled} with a label; {len(coded)} of {len(labels)} text(s) hold a class code"
    decisions = [Decision("shape", where, counts)]
    for found, said, sample in (
        (blank, "shape(s) have no label; what lies there cannot be determined", spots(shapes[n] for n in blank)),
        (list(problems), "shape(s) have labels of different classes and got none of them", spots(shapes[n] for n in problems)),
        (outside, "label(s) lie outside every shape", _samples(labels, outside)),
        (
            unsure,
            "label(s) lie on or across a border and were given to no shape; centre each in its shape",
            _samples(labels, unsure),
        ),
    ):
        if found:
            decisions.append(Decision("shape", where, f"{len(found)} {said}", sample))
    return decisions


def _samples(labels: Sequence[Label], rows: Sequence[int]) -> str:
    found = [f"{labels[n].text[:30]!r} at {spots([labels[n].anchor])}" for n in rows[:5]]
    return ", ".join(found) + (f" … and {len(rows) - 5} more" if len(rows) > 5 else "")
