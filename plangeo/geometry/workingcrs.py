"""The CRS to measure in: projected, in metres, true to area where the layers meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj.exceptions import ProjError

from plangeo.errors import CrsError
from plangeo.geometry.crs import as_crs, crs_name, is_metric_unit

# A planar CRS is fit for measuring when its areas differ by less than this share from the ellipsoid's.
AREAL_SCALE_BOUND = 1e-3


def is_metric(crs: Any, bounds_lonlat: tuple[float, float, float, float]) -> bool:
    """Return True when ``crs`` is projected in metres and true to area within 0.1 % over the bounds (degrees)."""
    candidate = as_crs(crs)
    if not is_metric_unit(candidate):
        return False
    west, south, east, north = bounds_lonlat
    lon = np.array([west, west, east, east, (west + east) / 2])
    lat = np.array([south, north, south, north, (south + north) / 2])
    try:
        factors = pyproj.Proj(candidate).get_factors(lon, lat, errcheck=True)
    except ProjError:
        return False
    return bool(np.all(np.abs(np.asarray(factors.areal_scale) - 1) < AREAL_SCALE_BOUND))


def working_crs(frames: Sequence[gpd.GeoDataFrame], preferred: Any = None, fallback: Any = None) -> pyproj.CRS:
    """Return the CRS to measure in: ``preferred``, else the first frame's own that is fit, else ``fallback``, UTM, or an
    equal-area projection around the ground in question.

    The frames come in order of importance (sites, zones, districts). Only ground where the first meets the others
    counts, so that one row that lies far away does not change the areas of all. EPSG:3857 and degrees are never chosen.
    **Raises** CrsError when ``preferred`` is not fit for measuring here.
    """
    known = [f for f in frames if f.crs is not None and np.isfinite(shapely.bounds(f.geometry.to_numpy())).all(axis=1).any()]
    if not known:
        return as_crs(preferred or fallback or "EPSG:6933")
    bounds = _meeting_bounds(known)
    if preferred is not None:
        if not is_metric(preferred, bounds):
            raise CrsError(
                f"{preferred} is not fit for measuring here: it must be projected, in metres, and true to area within 0.1 %. "
                "Leave crs= out to let plangeo choose, or give e.g. EPSG:9215 for Lạng Sơn.",
                code="crs_not_metric",
            )
        return as_crs(preferred)
    for candidate in (*(f.crs for f in known), fallback):
        if candidate is not None and is_metric(candidate, bounds):
            return as_crs(candidate)
    utm = gpd.GeoSeries(shapely.box(*bounds), crs="EPSG:4326").estimate_utm_crs()  # looks through all of EPSG: only when needed
    if is_metric(utm, bounds):
        return as_crs(utm)
    west, south, east, north = bounds
    return as_crs(f"+proj=laea +lat_0={(south + north) / 2:.2f} +lon_0={(west + east) / 2:.2f} +datum=WGS84 +units=m +type=crs")


def _meeting_bounds(frames: Sequence[gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    """Bounds in degrees of the first frame's boxes that meet a box of another frame; of all its boxes when none does."""
    boxes = [_boxes_lonlat(f) for f in frames]
    boxes = [b for b in boxes if len(b)]
    if not boxes:
        raise CrsError(
            f"No coordinate of the {len(frames)} layer(s) fits its coordinate reference system "
            f"({', '.join(crs_name(as_crs(f.crs)) for f in frames)}). Are the axes swapped, or the CRS wrong?",
            code="crs_misfit",
        )
    chosen = boxes[0]
    if len(boxes) > 1:
        tree = shapely.STRtree(shapely.box(*np.concatenate(boxes[1:]).T))
        meeting = np.unique(tree.query(shapely.box(*chosen.T), predicate="intersects")[0])
        chosen = chosen[meeting] if len(meeting) else chosen
    west, south = chosen[:, :2].min(axis=0)
    east, north = chosen[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _boxes_lonlat(frame: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """The bounding box of every row in degrees, without rows that have none or lie outside the CRS."""
    boxes = frame.geometry.bounds.to_numpy()
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    transformer = pyproj.Transformer.from_crs(as_crs(frame.crs), "EPSG:4326", always_xy=True)
    corners = [transformer.transform(boxes[:, i], boxes[:, j]) for i in (0, 2) for j in (1, 3)]
    lon, lat = np.array([c[0] for c in corners]), np.array([c[1] for c in corners])
    out = np.column_stack([lon.min(axis=0), lat.min(axis=0), lon.max(axis=0), lat.max(axis=0)])
    usable = np.isfinite(out).all(axis=1) & (np.abs(lat) <= 90).all(axis=0)
    return np.asarray(out[usable])
