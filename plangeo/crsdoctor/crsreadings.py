"""The coordinate reference systems a list of bare numbers may stand in, and where each of them would put it.

The systems are data of a profile (EPSG codes). Every way to degrees is a projection of EPSG undone and one datum operation
of EPSG, never a proj4 string: in one of those, signs of rotations and missing datums go unnoticed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray
from pyproj.transformer import Transformer, TransformerGroup

from plangeo.geometry import as_crs
from plangeo.profiles import Profile

WGS84 = "EPSG:4326"
MILLION = 1_000_000.0
_DEGREES = 360.0
# Tolerances for calling two grids the same: degrees, scale, metres.
_SAME = {"longitude": 1e-6, "scale": 1e-7, "metres": 1e-3}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """One way to understand pairs of numbers: a system, which number is the easting, and what was done to it before."""

    crs: pyproj.CRS
    swapped: bool = False
    """True when the second number is the easting or longitude."""
    offset: float = 0.0
    """Metres to be added to the easting: a zone number written before it, or left out."""
    sexagesimal: bool = False
    """True when 106.4536 stands for 106°45'36\"."""

    @property
    def code(self) -> str:
        """``EPSG:9215``, or an empty text for a system of the file's own."""
        return ":".join(self.crs.to_authority(min_confidence=100) or ())

    @property
    def name(self) -> str:
        """The name of the system, its code in front; what it is made of when it has none."""
        if self.code:
            return f"{self.code} {self.crs.name}"
        plain = _unbound(self.crs)
        base, grid = plain.geodetic_crs, grid_of(plain)
        datum = (
            "?" if base is None or base.datum is None else str(base.datum.name).replace("World Geodetic System 1984", "WGS 84")
        )
        made = "" if grid is None else f"TM {self.meridian}, k {grid[1]:g}, "
        return f"{made or plain.name + ', '}datum {datum}{', own parameters' if self.crs.is_bound else ''}"

    @property
    def meridian(self) -> str:
        """The central meridian as maps print it, ``107°15'``; empty for degrees."""
        grid = grid_of(self.crs)
        return "" if grid is None else f"{int(grid[0])}°{round(grid[0] % 1 * 60):02d}'"

    @property
    def plain(self) -> bool:
        """True when stating the CRS is all that is needed to read the numbers this way."""
        return not (self.swapped or self.offset or self.sexagesimal)

    def lonlat(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude on WGS 84 of numbers as written; infinite where the system gives no place."""
        east, north = (y, x) if self.swapped else (x, y)
        if self.sexagesimal:
            east, north = from_sexagesimal(east), from_sexagesimal(north)
        with np.errstate(all="ignore"):
            lon, lat = np.asarray(east + self.offset, dtype=float), np.asarray(north, dtype=float)
            for step in _steps(self.crs):
                lon, lat = step.transform(lon, lat)
            good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90)
        return np.where(good, lon, np.inf), np.where(good, lat, np.inf)


def has_datum(crs: pyproj.CRS) -> bool:
    """Return True when PROJ knows a way from ``crs`` to WGS 84 that does not ignore the datum."""
    return bool(_direct(crs)) or (bool(crs.to_authority(min_confidence=100)) and bool(_direct(crs.geodetic_crs)))


@cache
def _direct(crs: pyproj.CRS | None) -> tuple[Transformer, ...]:
    """The best operation to WGS 84 that is no ballpark; empty when there is none."""
    if crs is None:
        return ()
    return tuple(TransformerGroup(crs, WGS84, always_xy=True, allow_ballpark=False).transformers[:1])


@cache
def _steps(crs: pyproj.CRS) -> tuple[Transformer, ...]:
    """From the system to its own degrees, then to WGS 84; degrees of an unknown datum stay as they are."""
    if not crs.to_authority(min_confidence=100) and (whole := _direct(crs)):
        return whole
    plain = _unbound(crs)
    base = plain.geodetic_crs
    undone = () if plain.is_geographic else (Transformer.from_crs(plain, base, always_xy=True),)
    return (*undone, *_direct(base))


def _unbound(crs: pyproj.CRS) -> pyproj.CRS:
    """The system itself, without the datum parameters it may carry."""
    return crs.source_crs if crs.is_bound and crs.source_crs is not None else crs


def grid_of(crs: pyproj.CRS) -> tuple[float, float, float, float] | None:
    """Return central meridian (degrees), scale, false easting and false northing (metres) of a transverse Mercator grid.

    >>> grid_of(as_crs("EPSG:9215"))
    (107.25, 0.9999, 500000.0, 0.0)
    """
    plain = _unbound(crs)
    operation = plain.coordinate_operation if plain.is_projected else None
    if operation is None or "transverse mercator" not in operation.method_name.lower():
        return None
    told = {p.name.lower(): float(p.value) for p in operation.params}
    names = ("longitude of natural origin", "scale factor at natural origin", "false easting", "false northing")
    found = [told.get(name) for name in names]
    return None if None in found else tuple(found)  # type: ignore[return-value]


def list_readings(profile: Profile, x: Floats, y: Floats) -> list[Reading]:
    """Return every reading the range of the numbers leaves open, in the order of the profile.

    ``x``, ``y`` as written (first and second number of a pair). Degrees are read as degrees only, metres as metres, each with
    the axes both ways; a zone number before the easting is taken off or put on as the system wants it.
    """
    if not len(x):
        return []
    degrees = max(abs(float(np.median(x))), abs(float(np.median(y)))) <= _DEGREES
    found: list[Reading] = []
    for code in profile.crs_readings:
        crs = as_crs(code)
        if crs.is_geographic is not degrees:
            continue
        for swapped in (False, True):
            offset = 0.0 if degrees else _prefix_shift(crs, float(np.median(y if swapped else x)), profile)
            found.append(Reading(crs, swapped, offset))
    if degrees and looks_sexagesimal(x) and looks_sexagesimal(y):
        found += [Reading(r.crs, r.swapped, sexagesimal=True) for r in found]
    return found


def _prefix_shift(crs: pyproj.CRS, easting: float, profile: Profile) -> float:
    grid = grid_of(crs)
    written = int(easting // MILLION)
    wanted = 0 if grid is None else int(grid[2] // MILLION)
    known = written == 0 or written in profile.easting_prefixes
    return (wanted - written) * MILLION if known else 0.0


def looks_sexagesimal(values: Floats) -> bool:
    """Return True when every number reads as degrees.minutesseconds: both below 60, and not all of them whole.

    >>> looks_sexagesimal(np.array([106.4536, 106.2109])), looks_sexagesimal(np.array([106.76, 106.775]))
    (True, False)
    """
    minutes, seconds = _parts(values)
    return bool(len(values) and (minutes < 60).all() and (seconds < 60).all() and (minutes + seconds > 0).any())


def from_sexagesimal(values: Floats) -> Floats:
    """Return degrees of numbers that write minutes and seconds as decimals.

    >>> from_sexagesimal(np.array([106.4536])).round(6).tolist()
    [106.76]
    """
    minutes, seconds = _parts(values)
    return np.asarray(np.sign(values) * (np.floor(np.abs(values)) + minutes / 60 + seconds / 3600))


def _parts(values: Floats) -> tuple[Floats, Floats]:
    rest = np.round((np.abs(values) - np.floor(np.abs(values))) * 1e4, 6)
    minutes = np.floor(rest / 100)
    return minutes, rest - minutes * 100


def lost_datum(crs: Any, profile: Profile) -> Reading | None:
    """Return the reading of the profile whose grid ``crs`` has, when ``crs`` puts that grid on WGS 84 or on no datum.

    MapInfo's ``Earth Projection 8, 104``, a WKT without datum and a plain proj4 string are what VN-2000 files turn into; so
    read, everything lies some 224 m off. Systems with a code of their own (EPSG:32648) mean what they say.
    """
    own = as_crs(crs)
    grid = grid_of(own)
    if grid is None or own.to_authority(min_confidence=100):
        return None
    if own.is_bound and has_datum(own):
        return None  # parameters of a datum are stated
    word = str(own.geodetic_crs.datum.name if own.geodetic_crs is not None and own.geodetic_crs.datum is not None else "")
    if has_datum(own) and not re.search(r"wgs|world geodetic", word, re.IGNORECASE):
        return None
    meant = [c for c in map(as_crs, profile.crs_readings) if "WGS 84" in c.name and (g := grid_of(c)) and _same_grid(grid, g)]
    if has_datum(own) and meant:
        return None  # WGS 84 / UTM under another name
    for code in profile.crs_readings:
        known = as_crs(code)
        other = grid_of(known)
        if other is None or "WGS 84" in known.name or not _same_ellipsoid(own, known):
            continue
        if _same_grid(grid, other):
            return Reading(known)
    return None


def _same_grid(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    bounds = (_SAME["longitude"], _SAME["scale"], _SAME["metres"], _SAME["metres"])
    return all(abs(a - b) <= bound for a, b, bound in zip(one, other, bounds, strict=True))


def datum_shift(crs: pyproj.CRS, x: Floats, y: Floats) -> float | None:
    """Return how far in metres places move when the datum of ``crs`` is ignored (median); None for WGS 84 or an unknown datum."""
    plain = _unbound(crs)
    good = np.isfinite(x) & np.isfinite(y)
    if not good.any() or not has_datum(crs):
        return None
    lon, lat = x[good], y[good]
    if not plain.is_geographic:
        lon, lat = Transformer.from_crs(plain, plain.geodetic_crs, always_xy=True).transform(lon, lat)
    distance, _ = shift((np.asarray(lon), np.asarray(lat)), Reading(crs).lonlat(x[good], y[good]))
    return round(distance, 2) if distance > _SAME["metres"] else None


def datum_warnings(crs: Any, x: Floats, y: Floats, profile: Profile, role: str) -> list[str]:
    """Return a warning where ``crs`` has the grid of a national system on another datum, or on none (MapInfo, bare WKT).

    ``x``, ``y`` coordinates of the layer, for the distance; ``role`` the word for it on the command line.
    """
    national = None if crs is None else lost_datum(crs, profile)
    if national is None:
        return []
    good = np.isfinite(x) & np.isfinite(y)
    distance, _ = shift_between(Reading(as_crs(crs)), national, x[good], y[good])
    off = f"{distance:.0f} m" if np.isfinite(distance) else "hundreds of metres"
    return [
        f"Datum lost: the file's system is the grid of {national.name} on WGS 84 or on no datum, as MapInfo (Earth Projection 8, 104), a "
        f".prj without its datum or a plain proj4 text write it. If the data are VN-2000, everything is shown {off} off; "
        f"then state --crs {role}={national.code}."
    ]


def _same_ellipsoid(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    a, b = one.ellipsoid, other.ellipsoid
    return a is not None and b is not None and abs(a.semi_major_metre - b.semi_major_metre) < _SAME["metres"]


def shift_between(one: Reading, other: Reading, x: Floats, y: Floats) -> tuple[float, float]:
    """Return how far, in metres, and in which direction (degrees from north) ``other`` puts the places ``one`` gives: medians."""
    return shift(one.lonlat(x, y), other.lonlat(x, y))


def shift(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> tuple[float, float]:
    """Return median distance in metres and mean direction in degrees from places to places (longitudes, latitudes)."""
    good = np.isfinite(one[0]) & np.isfinite(other[0])
    if not good.any():
        return float("nan"), float("nan")
    azimuth, _, metres = pyproj.Geod(ellps="WGS84").inv(one[0][good], one[1][good], other[0][good], other[1][good])
    turned = np.radians(azimuth)
    mean = np.degrees(np.arctan2(np.sin(turned).mean(), np.cos(turned).mean()))
    return float(np.median(metres)), float(mean % 360)
