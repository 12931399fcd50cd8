"""Points that only label a zone or a district drawn beside them, as KML files and cadastral exports have them.

A zone given as a point may lie anywhere near, so it casts doubt on every site. A point within a polygon that says the same of itself
in every way that matters for a verdict has nothing to add: that ground is known already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

_SAME: Mapping[str, tuple[str, ...]] = {
    "zones": ("zone_code", "plan_id", "valid_from", "valid_to"),
    "present_use": ("zone_code", "plan_id", "valid_from", "valid_to"),
    "districts": ("district_name", "parent_name"),
}
"""Layer → columns in which a label and its polygon agree; the first must not be empty."""
_WORD = "label_point: "
_PLACE = re.compile(r"\[at (-?\d[\d.e+-]*), (-?\d[\d.e+-]*)(?: in (\S+))?\]$")
_COLLECTION = 7  # type id of shapely


def find_labels(rows: pd.DataFrame, shapes: NDArray[np.object_], thin: Mapping[int, Any], layer: str) -> dict[int, int]:
    """Return the positions of labels → the position of the polygon that each labels.

    ``rows`` of a layer with their ``shapes`` (None where one was set aside); ``thin`` position → shape of the rows without an area,
    of which only points can be labels, and not on a border.
    """
    names = [name for name in _SAME.get(layer, ()) if name in rows]
    points = {n: shape for n, shape in thin.items() if _is_one_point(shape)}
    if _SAME.get(layer, ("",))[0] not in names or not points:
        return {}
    filled = rows[names].astype(object)
    keys = [tuple(str(v) for v in row) for row in filled.where(filled.notna(), "").to_numpy().tolist()]
    areas = np.flatnonzero(~shapely.is_missing(shapes) & (shapely.get_dimensions(shapes) == 2))
    asked = [n for n in points if keys[n][0]]
    if not len(areas) or not asked:
        return {}
    at, hit = shapely.STRtree(shapes[areas]).query([points[n] for n in asked], predicate="within")
    found: dict[int, int] = {}
    for point, area in sorted(zip((asked[n] for n in at.tolist()), areas[hit].tolist(), strict=True)):
        if keys[point] == keys[area]:
            found.setdefault(point, area)
    return found


def without_repeats(geometry: Any) -> Any:
    """Return the polygons of a collection whose points and lines all lie on them; any other shape as it is."""
    if geometry is None or shapely.get_type_id(geometry) != _COLLECTION:
        return geometry
    parts = shapely.get_parts(geometry)
    dimensions = shapely.get_dimensions(parts)
    polygons = parts[dimensions == 2]
    if not len(polygons) or len(polygons) == len(parts):
        return geometry
    ground = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
    if not shapely.is_valid(ground) or not shapely.covers(ground, parts[dimensions < 2]).all():
        return geometry
    return ground


def _is_one_point(shape: Any) -> bool:
    return bool(shapely.get_dimensions(shape) == 0 and len(shapely.get_coordinates(shape)) == 1)


def tell_label(name: str, point: Any, crs: str) -> str:
    """Return the ``problem`` of a label of the row called ``name``; where it stands is told, so that it can be proven again.

    ``crs`` is the mark of the CRS of ``point``, empty where it is not known.
    """
    x, y = shapely.get_coordinates(point)[0].tolist()
    place = f"[at {x!r}, {y!r}{f' in {crs}' if crs else ''}]"
    return f"{_WORD}a point inside {name}, which says the same of its ground; it has no ground of its own {place}"


def told_place(problem: str) -> tuple[tuple[float, float] | None, str] | None:
    """Return the point and the CRS that the ``problem`` of a label tells; None of any other problem.

    What a row was in an earlier run is no proof: its polygon may have been taken out since, and anybody can write the words.
    """
    if not problem.startswith(_WORD):
        return None
    mark = _PLACE.search(problem)
    return ((float(mark[1]), float(mark[2])), mark[3] or "") if mark else (None, "")


def label_rows(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Return True for rows without ground of their own, whose ground is that of another row."""
    told = rows["problem"].tolist() if "problem" in rows else [""] * len(rows)
    return np.array([isinstance(text, str) and text.startswith(_WORD) for text in told], dtype=bool)
