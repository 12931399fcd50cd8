"""The pieces of the map page: one file = one PANEL, with its script and style in ``assets/``.

A panel hands plain data to its script as JSON and never writes HTML: text of a register reaches the page
through one JSON island and ``textContent`` only.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import ProjError

from plangeo.errors import CrsError
from plangeo.geometry import to_crs, transformation
from plangeo.model import Assessment, Label

WGS84 = "EPSG:4326"
# One unit of the encoded coordinates, in degrees: about 0.1 m on the ground.
UNIT_DEGREES = 1e-6
# Mercator, and so Leaflet, has no place for latitudes beyond this.
MAX_LATITUDE = 85.0


def _no_data(assessment: Assessment) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Panel:
    """One piece of the map page; ``assets/<code>.js`` draws it and ``assets/<code>.css`` dresses it (both may be absent)."""

    code: str
    title: Label
    order: int
    """Place in the page: panels start in ascending order, so the first lies on top of its column."""
    words: Mapping[str, Label] = field(default_factory=dict)
    """Fixed texts the script shows."""
    data: Callable[[Assessment], Any] = _no_data
    """JSON-able data for the script; only what the panel shows, never whole columns of the register."""
    pack: Callable[[Any], Any] | None = None
    """Makes the data smaller on their way into the file; the script undoes it."""


def asset(name: str) -> str:
    """Return the text of ``assets/<name>``, empty when the file does not exist."""
    path = files(__name__).joinpath("assets", name)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def plain(value: Any) -> str:
    """Return user text for display, empty for a missing value.

    >>> plain(None), plain(float("nan")), plain(" a ")
    ('', '', 'a')
    """
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    return str(value).strip()


def number(value: Any) -> float | None:
    """Return a finite number, or None."""
    found = pd.to_numeric(value, errors="coerce")
    return float(found) if np.isfinite(found) else None


def on_the_globe(frame: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """Return the geometries of ``frame`` in WGS 84; None where there is none, or it cannot be shown.

    **Raises** CrsError when the frame has geometries but no CRS, or one without a known datum.
    """
    out = np.full(len(frame), None, dtype=object)
    values = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(values) | shapely.is_empty(values))
    if not there.any():
        return out
    if frame.crs is not None:
        transformation(frame.crs, WGS84)  # a wrong datum is a fault of the layer, not of a row
    rows = np.flatnonzero(there)
    out[rows] = _moved(gpd.GeoDataFrame(geometry=frame.geometry.iloc[rows].array, crs=frame.crs))
    bounds = shapely.bounds(out)
    with np.errstate(invalid="ignore"):
        good = np.isfinite(bounds).all(axis=1) & (np.abs(bounds[:, [1, 3]]) <= MAX_LATITUDE).all(axis=1)
    out[~good] = None
    return out


def _moved(frame: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """All at once; row by row when one of them cannot be converted, so that it alone is left out."""
    try:
        return np.asarray(to_crs(frame, WGS84).geometry.to_numpy(), dtype=object)
    except (CrsError, ProjError):
        if len(frame) == 1 or frame.crs is None:
            if frame.crs is None:
                raise
            return np.array([None], dtype=object)
        return np.concatenate([_moved(frame.iloc[i : i + 1]) for i in range(len(frame))])


def encode(geometry: Any) -> dict[str, Any] | None:
    """Return a WGS 84 geometry as whole numbers of 1e-6 degrees for the page; None for no geometry.

    Keys: ``p`` points ``[x, y, …]``, ``l`` lines, ``a`` areas (lists of rings, the outer one first). Lines and rings are
    flat ``[x, y, dx, dy, …]``: the first vertex, then steps.

    >>> encode(shapely.Point(106.5, 21.75))
    {'p': [106500000, 21750000]}
    >>> encode(shapely.LineString([(0, 0), (0.5, 0), (0.5, 0.25)]))
    {'l': [[0, 0, 500000, 0, 0, 250000]]}
    """
    if geometry is None or geometry.is_empty:
        return None
    points: list[int] = []
    lines: list[list[int]] = []
    areas: list[list[list[int]]] = []
    for part in _parts(geometry):
        if part.geom_type == "Point":
            points += [round(part.x / UNIT_DEGREES), round(part.y / UNIT_DEGREES)]
        elif part.geom_type == "Polygon":
            rings = [_steps(r) for r in (part.exterior, *part.interiors)]
            if len(rings[0]) >= 6:
                areas.append([r for r in rings if len(r) >= 6])
            else:  # smaller than the unit: keep it as the point it is
                points += rings[0][:2]
        else:
            lines.append(_steps(part))
    return {key: value for key, value in (("p", points), ("l", lines), ("a", areas)) if value} or None


def _parts(geometry: Any) -> list[Any]:
    if hasattr(geometry, "geoms"):
        return [part for member in geometry.geoms for part in _parts(member)]
    return [] if geometry.is_empty else [geometry]


def _steps(line: Any) -> list[int]:
    xy = np.rint(shapely.get_coordinates(line) / UNIT_DEGREES).astype(np.int64)
    if line.geom_type == "LinearRing":  # the page closes rings itself
        xy = xy[:-1]
    keep = np.ones(len(xy), dtype=bool)
    keep[1:] = (xy[1:] != xy[:-1]).any(axis=1)
    xy = xy[keep]
    steps = np.vstack([xy[:1], np.diff(xy, axis=0)])
    return [int(v) for v in steps.ravel()]


def anchor(geometry: Any) -> list[int] | None:
    """Return the place of a label: a point on the largest part of a WGS 84 geometry, in 1e-6 degrees."""
    if geometry is None or geometry.is_empty:
        return None
    parts = _parts(geometry)
    top = max(shapely.get_dimensions(parts))
    best = max((p for p in parts if shapely.get_dimensions(p) == top), key=lambda p: p.area or p.length)
    place = best.interpolate(0.5, normalized=True) if best.geom_type == "LineString" else shapely.point_on_surface(best)
    if place.is_empty:
        place = shapely.centroid(best)
    return [round(place.x / UNIT_DEGREES), round(place.y / UNIT_DEGREES)]


def _found() -> tuple[Panel, ...]:
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    panels = [importlib.import_module(f"{__name__}.{name}").PANEL for name in modules]
    return tuple(sorted(panels, key=lambda panel: (panel.order, panel.code)))


PANELS: tuple[Panel, ...] = _found()
"""Every panel in page order; dropping a file into this folder is all it takes."""
