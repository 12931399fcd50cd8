"""Coordinates under the cursor in WGS 84 and in the metric system of the run, and geodesic measuring."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.geometry import as_crs, to_crs
from plangeo.model import Assessment, Label
from plangeo.panels import WGS84, Panel, on_the_globe

DEGREE = 5
"""Of the polynomials in longitude and latitude that stand for the transformation; over a province they miss by less than 1 mm."""

_PADDING_DEG = 0.25


def data(assessment: Assessment) -> dict[str, Any] | None:
    """Return polynomials from WGS 84 degrees to metres of the metric CRS, where they hold and how far they miss; None without places.

    Keys: ``crs`` its name, ``bounds`` west, south, east, north in degrees, ``x`` and ``y`` coefficients of
    ``u^i v^j`` (i + j ≤ DEGREE, i outermost) with u, v the place within the bounds from −1 to 1, ``error_m``.
    """
    bounds = _bounds(assessment)
    if bounds is None or not assessment.crs:
        return None
    u, v = (part.ravel() for part in np.meshgrid(np.cos(np.linspace(0, np.pi, 14)), np.cos(np.linspace(0, np.pi, 14))))
    metres = _metres(u, v, bounds, assessment.crs)
    fitted, *_ = np.linalg.lstsq(_terms(u, v), metres, rcond=None)
    fitted = np.round(fitted, 6)
    u, v = (
        part.ravel() for part in np.meshgrid(np.linspace(-1, 1, 29), np.linspace(-1, 1, 29))
    )  # other places than those fitted
    error = np.hypot(*(_terms(u, v) @ fitted - _metres(u, v, bounds, assessment.crs)).T).max()
    return {
        "crs": as_crs(assessment.crs).name,
        "bounds": bounds,
        "x": fitted[:, 0].tolist(),
        "y": fitted[:, 1].tolist(),
        "error_m": float(np.ceil(error * 1000) / 1000),
    }


def _bounds(assessment: Assessment) -> list[float] | None:
    """The sites and units of the run with a margin, in degrees."""
    shapes = [on_the_globe(assessment.sites)]
    if "districts" in assessment.layers:
        shapes.append(on_the_globe(assessment.layers["districts"]))
    there = [shape for shape in np.concatenate(shapes) if shape is not None]
    if not there:
        return None
    west, south, east, north = shapely.total_bounds(there)
    if max(east - west, north - south) > 12:
        return None  # one polynomial does not serve a continent
    around = (west - _PADDING_DEG, south - _PADDING_DEG, east + _PADDING_DEG, north + _PADDING_DEG)
    return [round(float(value), 4) for value in around]


def _terms(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([u**i * v**j for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)], axis=1)


def _metres(u: NDArray[np.float64], v: NDArray[np.float64], bounds: list[float], crs: str) -> NDArray[np.float64]:
    west, south, east, north = bounds
    places = shapely.points(west + (u + 1) / 2 * (east - west), south + (v + 1) / 2 * (north - south))
    moved = to_crs(gpd.GeoDataFrame(geometry=places, crs=WGS84), crs).geometry
    return np.stack([moved.x, moved.y], axis=1)


PANEL = Panel(
    code="tools",
    title=Label("Tọa độ và đo", "Coordinates and measuring"),
    order=70,
    words={
        "north": Label("X (Bắc)", "N"),
        "east": Label("Y (Đông)", "E"),
        "error": Label("công thức gần đúng, sai số ≤ {n} m", "fitted formula, off by ≤ {n} m"),
        "measure": Label(
            "Đo khoảng cách, diện tích (bấm các điểm; Esc để thôi)", "Measure distance and area (click points; Esc ends)"
        ),
        "length": Label("Dài", "Length"),
        "area": Label("Diện tích nếu khép kín", "Area if closed"),
        "hint": Label("Bấm lên bản đồ để đo", "Click on the map to measure"),
        "copy": Label("Chép tọa độ", "Copy coordinates"),
        "copied": Label("Đã chép", "Copied"),
    },
    data=data,
)
