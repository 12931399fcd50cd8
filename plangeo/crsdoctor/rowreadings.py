"""One row in another system than its list: a site that lies off the map, or outside the unit it declares, and would lie there if its
numbers were read in another metric system of the country.

Whole lists are looked at elsewhere (``crsdoctor.crscheck``); a single row is outvoted there. Nothing is changed here: the row is open
anyhow, and its finding names the systems. Most places on earth fit some system or other, so that a row honestly outside is not called
a slip: a row that declares no unit is only read in the two or three systems its province writes in, any other has to hit the very unit
it declares, and systems that move it by less than a commune is wide are never named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.adminunits.unitmaps import read_unit_map
from plangeo.crsdoctor.crsreadings import WGS84, Floats, Reading, list_readings
from plangeo.crsdoctor.examination import FAR_M, declared_units
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry import as_crs
from plangeo.model import Label
from plangeo.profiles import Profile, load_profile
from plangeo.storage.keptzones import window_around
from plangeo.text import fold

# As in ``crscheck``: elsewhere on earth these readings put no site onto the map, and nothing is said.
_PROFILE = "vn"
_MILLION = 1_000_000.0
_NATIONAL_DEG = 6
"""Zones of this width are of the country, not of a province: UTM and Gauss-Krüger."""
_MOST_NAMED = 3


@dataclass(frozen=True)
class OtherSystems:
    """The systems in which a row would lie where it should."""

    names: tuple[str, ...]
    unit: str
    """The declared unit it would lie in; empty where it declares none and would lie on the map."""

    @property
    def said(self) -> Label:
        """The end of a sentence, in both languages."""
        more = len(self.names) - _MOST_NAMED
        left = f" (+{more})" if more > 0 else ""
        vi, en = (f" {word} ".join(self.names[:_MOST_NAMED]) + left for word in ("hoặc", "or"))
        return Label(
            f"nếu đọc tọa độ của dòng này theo {vi} thì vị trí nằm trong {self.unit or 'phạm vi bản đồ'}",
            f"read in {en}, the place of this row would lie {f'in {self.unit}' if self.unit else 'on the map'}",
        )


@cache
def _profile() -> Profile:
    return load_profile(_PROFILE)


def beside_units(
    sites: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, stated: Any, lying: pd.DataFrame, facts: Mapping[str, Any]
) -> dict[str, OtherSystems]:
    """Return, for sites off the map of units or beside the unit they declare, the other systems that fit.

    Parameters: ``sites`` and ``districts`` in the metric CRS of the run; ``stated`` the CRS the numbers were read in; ``lying`` the
    evidence on districts; ``facts`` of the layer (``overlay.layer_facts``).
    """
    if stated is None or as_crs(stated).is_geographic:
        return {}
    profile, beyond = _profile(), facts["sites_outside"]
    ids = sites["site_id"].astype(str).tolist()
    shapes = districts.geometry.to_numpy()
    units = list(zip(facts["ids"], facts["names"], strict=True))
    drawn = None
    if profile.units is not None:
        drawn = read_unit_map([(*unit, above) for unit, above in zip(units, facts["parents"], strict=True)], profile.units)
    meant = declared_units([_declared(row) for row in _columns(sites)], units, drawn)
    at = {given: n for n, (given, _) in enumerate(units)}
    there: dict[str, set[int]] = defaultdict(set)
    for site_id, unit in zip(lying["site_id"].astype(str), lying["district_id"].astype(str), strict=True):
        there[site_id].add(at[unit])
    named = [np.flatnonzero(meant[:, n]).tolist() for n in range(len(ids))]
    wanted = {n: named[n] for n, i in enumerate(ids) if i in beyond or (named[n] and not there[i] & set(named[n]))}
    above = {fold(text) for text in facts["parents"] if text}
    if drawn is not None:
        above |= {fold(unit.name) for unit in drawn.register.units.values() if unit.level == 0}
    tree = shapely.STRtree(shapes[~shapely.is_missing(shapes)])

    def fits(n: int, points: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether the points lie in a unit the row may mean, else in any unit."""
        if not wanted[n]:
            return _covered(tree, points)
        return np.asarray(np.logical_or.reduce([shapely.intersects(shapes[unit], points) for unit in wanted[n]]))

    found = _fitting(sites, wanted, stated, usual_systems(above, profile), fits)
    return {ids[n]: OtherSystems(names, str(units[wanted[n][0]][1]) if wanted[n] else "") for n, names in found.items()}


def beside_plan(sites: gpd.GeoDataFrame, zones: ZoneLayer, stated: Any, facts: Mapping[str, Any]) -> dict[str, OtherSystems]:
    """The same for sites off the plan where no map of units was given: only the systems of the country are tried."""
    ids = sites["site_id"].astype(str).tolist()
    wanted: dict[int, list[int]] = {n: [] for n, site_id in enumerate(ids) if site_id in facts["sites_outside"]}

    def fits(_n: int, points: NDArray[Any]) -> NDArray[np.bool_]:
        return _covered(zones.window(window_around(points, 0.0)).tree, points)

    found = _fitting(sites, wanted, stated, usual_systems((), _profile()), fits)
    return {ids[n]: OtherSystems(names, "") for n, names in found.items()}


def usual_systems(provinces: Iterable[str], profile: Profile) -> frozenset[str]:
    """Return the codes a row of these provinces (folded names, or texts that hold them) may well stand in.

    >>> from plangeo.profiles import load_profile
    >>> sorted(usual_systems(["tinh lang son"], load_profile("vn")))
    ['EPSG:2044', 'EPSG:2045', 'EPSG:32648', 'EPSG:32649', 'EPSG:3405', 'EPSG:3406', 'EPSG:9215']
    """
    national = {f"EPSG:{s.epsg}" for s in profile.systems if s.width_deg == _NATIONAL_DEG}
    named = [f" {text} " for text in provinces]
    own = {
        f"EPSG:{p.epsg}" for p in profile.meridians if any(f" {fold(p.province).removeprefix('tp ')} " in text for text in named)
    }
    return frozenset(national | own)


def _columns(sites: gpd.GeoDataFrame) -> Iterable[tuple[Any, ...]]:
    blank = [""] * len(sites)
    told = (sites[c].tolist() if c in sites else blank for c in ("declared_district", "declared_parent", "list_date"))
    return zip(*told, strict=True)


def _declared(row: tuple[Any, ...]) -> tuple[str, str, str]:
    district, above, day = (v.strip() if isinstance(v, str) else "" for v in row)
    return district, above, day


def _covered(tree: Any, points: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether something of an index lies under each point."""
    hit = np.zeros(len(points), dtype=bool)
    hit[tree.query(points, predicate="intersects")[0]] = True
    return hit


def _fitting(
    sites: gpd.GeoDataFrame,
    wanted: Mapping[int, list[int]],
    stated: Any,
    usual: frozenset[str],
    fits: Callable[[int, NDArray[Any]], NDArray[np.bool_]],
) -> dict[int, tuple[str, ...]]:
    """Row → the names of the other systems that fit; rows without any are left out. Rows without a place have no other."""
    crs = None if stated is None else as_crs(stated)
    bounds = shapely.bounds(sites.geometry.to_numpy())
    rows = np.array([n for n in wanted if np.isfinite(bounds[n]).all()], dtype=int)
    if crs is None or crs.is_geographic or not len(rows):
        return {}
    here = np.column_stack([bounds[rows, 0] / 2 + bounds[rows, 2] / 2, bounds[rows, 1] / 2 + bounds[rows, 3] / 2])
    as_written = gpd.GeoSeries(shapely.points(here), crs=sites.crs).to_crs(crs)
    x, y = as_written.x.to_numpy(), as_written.y.to_numpy()
    found: dict[int, list[str]] = defaultdict(list)
    for million in sorted({float(v // _MILLION) for v in x}):  # a zone number before the easting is a reading of its own
        some = np.flatnonzero(x // _MILLION == million)
        readings = [r for r in list_readings(_profile(), x[some], y[some]) if not r.swapped and as_crs(r.crs) != crs]
        for reading in readings:
            points = _places(reading, x[some], y[some], sites.crs)
            far = shapely.distance(points, shapely.points(here[some])) >= FAR_M
            for k in np.flatnonzero(far):  # no place at all is no distance
                n = int(rows[some[k]])
                if (wanted[n] or reading.code in usual) and bool(fits(n, points[k : k + 1])[0]):
                    found[n].append(reading.name)
    return {n: tuple(names) for n, names in found.items()}


def _places(reading: Reading, x: Floats, y: Floats, crs: Any) -> NDArray[Any]:
    """Where a reading puts the numbers, as points of ``crs``; None where it gives no place."""
    lon, lat = reading.lonlat(x, y)
    points = np.full(len(x), None, dtype=object)
    good = np.isfinite(lon) & np.isfinite(lat)
    points[good] = gpd.GeoSeries(shapely.points(lon[good], lat[good]), crs=WGS84).to_crs(crs).to_numpy()
    return points
