"""Do the coordinates of a layer fit what its CRS says? One absurd row is a problem of that row, a whole file is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import ProjError

from plangeo.errors import CrsError
from plangeo.geometry import as_crs, on_earth
from plangeo.profiles import Profile

_FAR_DEGREES = 10.0

Box = tuple[float, float, float, float]
Floats = NDArray[np.float64]


def check_bounds(values: Sequence[Any], crs: Any, profile: Profile, source: str, notes: list[str]) -> list[str]:
    """Return the problem of every row whose coordinates cannot be what the CRS says; "" for the others.

    Parameters: ``values`` geometries in ``crs`` (x = easting or longitude first), None where there is none;
    ``profile`` whose country tells exchanged axes; ``notes`` gets what is odd about the layer as a whole.
    **Raises** CrsError when no row fits the CRS, or all would fit with the axes exchanged; nothing is swapped silently.

    >>> from plangeo.profiles import load_profile
    >>> check_bounds([shapely.Point(106.7, 21.8), shapely.Point(106.7, 95)], "EPSG:4326", load_profile("vn"), "a.csv", [])[1]
    'bad_coordinates: x 106.7, y 95 lie nowhere in WGS 84'
    """
    problems = [""] * len(values)
    rows = np.array([i for i, g in enumerate(values) if g is not None and not g.is_empty], dtype=int)
    if crs is None or not len(rows):
        return problems
    reference = as_crs(crs)
    bounds = shapely.bounds(np.array([values[i] for i in rows], dtype=object))
    finite = np.isfinite(bounds).all(axis=1)  # the validity gate tells of the others
    rows, bounds = rows[finite], bounds[finite]
    if not len(rows) or not (reference.is_geographic or reference.is_projected):
        return problems
    odd = ~on_earth(bounds, reference)
    if odd.all():
        raise _misfit(bounds, reference, profile, source)
    odd[~odd] = _far(bounds[~odd], reference, profile, source, notes)
    x, y = _centres(bounds)
    for n in np.flatnonzero(odd):
        problems[rows[n]] = f"bad_coordinates: x {x[n]:.10g}, y {y[n]:.10g} lie nowhere in {reference.name}"
        if reference.is_projected:
            problems[rows[n]] += ", or far from the rest of the file"
    if odd.any():
        notes.append(f"{source}: the coordinates of {int(odd.sum())} row(s) do not fit {reference.name}; they have no place")
    return problems


def _far(bounds: Floats, crs: pyproj.CRS, profile: Profile, source: str, notes: list[str]) -> NDArray[np.bool_]:
    """Mark the rows that lie far from where the CRS is made for while most of the layer lies there.

    **Raises** CrsError where the reason is plain for the layer as a whole: degrees under a CRS in metres, or axes that
    fit the profile's country only when exchanged. A layer that lies elsewhere becomes a note.
    """
    none = np.zeros(len(bounds), dtype=bool)
    x, y = _centres(bounds)
    mx, my, box = float(np.median(x)), float(np.median(y)), profile.bounds_lonlat
    if crs.is_geographic:
        if box and not _inside(mx, my, box) and _inside(my, mx, box):
            raise _misfit(bounds, crs, profile, source)
        return none
    if box and _inside(mx, my, box):
        raise CrsError(
            f"{source}: the coordinates around x {mx:.10g}, y {my:.10g} are degrees, but the file says {crs.name}, which is in metres. "
            f"State the true CRS, e.g. crs='EPSG:4326'. {_ask(source)}",
            code="crs_misfit",
        )
    area = crs.area_of_use
    if area is None:
        return none
    wide = (area.west - _FAR_DEGREES, area.south - _FAR_DEGREES, area.east + _FAR_DEGREES, area.north + _FAR_DEGREES)
    if _inside(*_lonlat(crs, mx, my), wide):
        lon, lat = _lonlat(crs, x, y)
        return np.array([not (_inside(a, b, wide) or (box and _inside(a, b, box))) for a, b in zip(lon, lat, strict=True)])
    if box and _inside(*_lonlat(crs, my, mx), box):
        raise CrsError(
            f"{source}: the coordinates around x {mx:.10g}, y {my:.10g} lie far outside {crs.name}. They fit when the axes are exchanged: the "
            f"file has the northing first. plangeo does not exchange them silently: correct the file, or state the true crs=. {_ask(source)}",
            code="crs_axes_swapped",
        )
    notes.append(
        f"{source}: the coordinates around x {mx:.10g}, y {my:.10g} lie far outside the area {crs.name} is made for ({area.name[:80]}); "
        f"is the CRS right? {_ask(source)}"
    )
    return none


def _ask(source: str) -> str:
    return f"`plangeo doctor {source or 'FILE'}` shows which reading fits."


def _misfit(bounds: Floats, crs: pyproj.CRS, profile: Profile, source: str) -> CrsError:
    x0, y0, x1, y1 = bounds[:, 0].min(), bounds[:, 1].min(), bounds[:, 2].max(), bounds[:, 3].max()
    box = profile.bounds_lonlat
    x, y = _centres(bounds)
    swapped = bool(crs.is_geographic and box and _inside(float(np.median(y)), float(np.median(x)), box))
    hint = "They fit when the axes are exchanged: the file has latitude first." if swapped else "Is the CRS right?"
    first = ", which has longitude first" if crs.is_geographic else ""
    return CrsError(
        f"{source}: the coordinates x {x0:.10g} … {x1:.10g}, y {y0:.10g} … {y1:.10g} do not fit {crs.name}{first}. {hint} "
        f"plangeo does not exchange them silently: correct the file, or state the true crs=. {_ask(source)}",
        code="crs_misfit",
    )


def _centres(bounds: Floats) -> tuple[Floats, Floats]:
    return bounds[:, 0] / 2 + bounds[:, 2] / 2, bounds[:, 1] / 2 + bounds[:, 3] / 2


def _inside(x: float, y: float, box: Box) -> bool:
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


def _lonlat(crs: pyproj.CRS, x: Any, y: Any) -> tuple[Any, Any]:
    """Degrees on the CRS's own datum, which is near enough to tell a country; infinite where there is none."""
    try:
        lon, lat = pyproj.Proj(crs)(x, y, inverse=True)
    except ProjError:
        return np.full_like(x, np.inf), np.full_like(y, np.inf)
    return lon, lat
