"""The ground that decides and is in doubt: where a site lies nearer to a border of the rules' answers than map and site are exact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely

from plangeo.model import Verdict
from plangeo.rulebook import Rulebook


def disputed_ground(book: Rulebook, use: str, shape: Any, zones: Iterable[tuple[str, Any]], tolerance: float) -> Any:
    """Return the part of a site within ``tolerance`` metres of a border at which the rules change their answer; None for no such part.

    Of a line or point, the ground within ``tolerance`` of it. ``use`` is the use as the register names it, ``zones`` are class code
    and area, all in one metric CRS; they must reach at least twice the tolerance beyond the site.
    """
    borders = deciding_borders(book, use, zones)
    here = shape if shapely.get_dimensions(shape) == 2 else shapely.buffer(shape, tolerance)
    strip = shapely.intersection(here, shapely.buffer(borders, tolerance))
    return None if strip.is_empty else strip


def deciding_borders(book: Rulebook, use: str, zones: Iterable[tuple[str, Any]]) -> Any:
    """Return the lines at which the rules change their answer for ``use``; also the outer edge of all ``zones`` together."""
    code = book.find_use(use) or ""
    answers: dict[Verdict | None, list[Any]] = {}
    for zone_code, area in zones:
        rule = book.look_up(code, zone_code) if zone_code in book.classes else None
        answers.setdefault(rule.verdict if rule else None, []).append(area)
    return shapely.union_all([shapely.boundary(shapely.union_all(areas)) for areas in answers.values()])
