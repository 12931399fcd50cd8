"""Coordinate reference systems: by what they are named, which unit they have, which coordinates they give a place on earth."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from plangeo.errors import CrsError

# A place on earth comes back from degrees within this many units of its projected CRS.
_ROUND_TRIP = 1.0
_EARTH = (-180.0, -90.0, 180.0, 90.0)


def as_crs(text: Any) -> pyproj.CRS:
    """Return the CRS that ``text`` names (EPSG code, WKT, pyproj object).

    **Raises** CrsError when it names none, or names a CRS without a known datum.

    >>> as_crs("EPSG:9215").name
    'VN-2000 / TM-3 107-15'
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError as fault:
        raise CrsError(
            f"{text!r} does not name a coordinate reference system. Give an EPSG code, e.g. EPSG:9215 (VN-2000, 107°15').",
            code="crs_unknown",
        ) from fault


def crs_name(crs: pyproj.CRS) -> str:
    """Return code and name of a CRS; of one without a code the name."""
    authority = crs.to_authority(min_confidence=100)
    return f"{':'.join(authority)} {crs.name}" if authority else crs.name


@cache
def crs_mark(crs: pyproj.CRS) -> str:
    """Return the code of a CRS without blanks and brackets; of one without a code what tells it from any other."""
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else f"crs-{hashlib.sha256(crs.to_wkt().encode()).hexdigest()[:12]}"


def metres_per_unit(crs: pyproj.CRS) -> float:
    """Return how many metres the unit of a projected CRS has."""
    return float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else 1.0


def is_metric_unit(crs: pyproj.CRS) -> bool:
    """Return True when ``crs`` is projected and its unit is the metre."""
    return bool(crs.is_projected) and abs(metres_per_unit(crs) - 1) <= 1e-12


def on_earth(bounds: NDArray[np.float64], crs: pyproj.CRS) -> NDArray[np.bool_]:
    """Return where ``crs`` gives bounding boxes a place on earth: degrees in range, metres that come back from degrees.

    All are let pass by a CRS that is neither geographic nor projected.
    """
    if crs.is_geographic:
        return np.asarray((bounds[:, :2] >= _EARTH[:2]).all(axis=1) & (bounds[:, 2:] <= _EARTH[2:]).all(axis=1))
    good = np.ones(len(bounds), dtype=bool)
    if not crs.is_projected:
        return good
    projection = pyproj.Proj(crs)
    for corner in ((0, 1), (2, 1), (2, 3), (0, 3)):
        x, y = bounds[:, corner[0]], bounds[:, corner[1]]
        back_x, back_y = projection(*projection(x, y, inverse=True))
        with np.errstate(invalid="ignore"):
            good &= (np.abs(back_x - x) < _ROUND_TRIP) & (np.abs(back_y - y) < _ROUND_TRIP)
    return good
