"""The bounding box of a row that was set aside: where its ground may lie, told in the text of its ``problem``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from plangeo.errors import CrsError
from plangeo.geometry.conversion import converted, densified, transformation
from plangeo.geometry.crs import as_crs, crs_mark

_BOX = re.compile(r"\[bbox ([-\d., e+]+?)(?: in (\S+))?\]$")


def box_text(bounds: Sequence[float], crs: Any = None) -> str:
    """Return the mark of a row that was set aside: its bounding box in the units of its layer, rounded outwards, and in which CRS.

    Without ``crs`` the validity gate adds that of the layer. A layer that somebody converts himself takes the text along as it is.

    >>> box_text((0.0, 0.1234567, 1.0, 0.1234567), "EPSG:4326")
    '[bbox 0.000000, 0.123456, 1.000000, 0.123457 in EPSG:4326]'
    """
    outwards = [np.floor(v * 1e6) / 1e6 for v in bounds[:2]] + [np.ceil(v * 1e6) / 1e6 for v in bounds[2:]]
    within = "" if crs is None else f" in {crs_mark(as_crs(crs))}"
    return f"[bbox {', '.join(f'{v:.6f}' for v in outwards)}{within}]"


def quarantined_boxes(frame: gpd.GeoDataFrame) -> Mapping[Any, Any]:
    """Return index → bounding box (shapely, frame CRS) of the rows the validity gate set aside.

    A layer that somebody converted has boxes in the CRS it came from, which are converted too. Where that cannot be done a row has
    no box, and may lie anywhere.
    """
    told = zip(frame.index.tolist(), frame["problem"].tolist(), strict=True)
    marks = ((index, _BOX.search(text)) for index, text in told if isinstance(text, str) and text)
    boxes = ((index, _box(mark[1], mark[2], frame.crs)) for index, mark in marks if mark)
    return {index: box for index, box in boxes if box is not None}


def with_box(text: str, bounds: Sequence[float], crs: Any) -> str:
    """Return the text of a problem with another bounding box, in ``crs``; as it is when it ends with none."""
    return _BOX.sub(box_text(bounds, crs), text)


def _box(text: str, stated: str | None, crs: Any) -> Any:
    west, south, east, north = (float(v) for v in text.split(", "))
    box = shapely.box(west, south, east, north)
    if stated is None or crs is None or stated == crs_mark(as_crs(crs)):
        return box
    try:
        source, target = as_crs(stated), as_crs(crs)
        transformation(source, target)
        moved = converted(densified(gpd.GeoSeries([box]), source), source, target)[0]
    except CrsError:
        return None
    return shapely.box(*moved.bounds) if np.isfinite(moved.bounds).all() else None


def with_crs(text: str, crs: Any) -> str:
    """Say in which CRS a box is that a reader took from the file before anybody had settled the CRS."""
    if crs is None or not isinstance(text, str) or not (mark := _BOX.search(text)) or mark[2]:
        return text
    return f"{text[: mark.start()]}[bbox {mark[1]} in {crs_mark(as_crs(crs))}]"
