"""Layers brought into another CRS, row by row: one that cannot be converted says so and loses its place."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pyproj

from plangeo.errors import CrsError
from plangeo.geometry.boxes import quarantined_boxes, with_box
from plangeo.geometry.conversion import converted, densified, transformation
from plangeo.geometry.crs import as_crs, crs_name


def to_crs(frame: gpd.GeoDataFrame, crs: Any) -> gpd.GeoDataFrame:
    """Return ``frame`` in ``crs``: long edges densified first, every coordinate checked to be finite.

    A row whose coordinates cannot be converted loses its place and gets a ``problem``.
    **Raises** CrsError when the frame has no CRS, when the operation ignores a datum, or when no row can be
    converted (often swapped axes).
    """
    if frame.crs is None:
        raise CrsError(
            "The layer has no coordinate reference system, so it cannot be measured. Give it with crs='EPSG:…'.",
            code="crs_missing",
        )
    target = as_crs(crs)
    if as_crs(frame.crs) == target:
        return frame
    transformation(frame.crs, target)
    dense = frame.set_geometry(densified(frame.geometry, as_crs(frame.crs)))
    moved = dense.set_geometry(
        gpd.GeoSeries(converted(dense.geometry.to_numpy(), frame.crs, target), index=frame.index, crs=target)
    )
    bounds = moved.geometry.bounds.to_numpy()
    placed = frame.geometry.notna().to_numpy() & ~frame.geometry.is_empty.to_numpy()
    broken = ~np.isfinite(bounds).all(axis=1) & placed
    if broken.any():
        moved = _set_aside(moved, frame, broken, target)
    return _with_moved_boxes(moved, frame, target)


def _set_aside(
    moved: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, broken: np.ndarray[Any, Any], target: pyproj.CRS
) -> gpd.GeoDataFrame:
    """Rows that cannot be converted lose their place and say so; when no row can, the whole layer is refused."""
    present = frame.geometry.notna().to_numpy() & ~frame.geometry.is_empty.to_numpy()
    if "problem" not in frame or broken.sum() == present.sum():
        raise CrsError(
            f"{int(broken.sum())} of {len(frame)} geometries fall outside what {crs_name(target)} can show, first at index "
            f"{frame.index[int(np.argmax(broken))]!r}. Are the axes swapped (x = easting or longitude comes first), or the CRS wrong?",
            code="crs_misfit",
        )
    why = f"bad_coordinates: the place lies outside what {crs_name(target)} can show"
    told = moved["problem"].astype(object)
    out = moved.assign(problem=told.mask(broken & (told.fillna("") == ""), why))
    return out.set_geometry(gpd.GeoSeries(moved.geometry.where(~broken, None), index=moved.index, crs=target))


def _with_moved_boxes(moved: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, target: pyproj.CRS) -> gpd.GeoDataFrame:
    """Let the bounding boxes of rows set aside follow the layer; left in degrees they would meet no site in metres."""
    boxes = quarantined_boxes(frame) if "problem" in frame else {}
    if not boxes:
        return moved
    places = densified(gpd.GeoSeries(dict(boxes)), as_crs(frame.crs))
    texts = moved["problem"].astype(object).copy()
    for index, place in zip(boxes, converted(places, frame.crs, target), strict=True):
        texts[index] = with_box(str(texts[index]), place.bounds, target)
    return moved.assign(problem=texts)
