"""Before anything is measured: do the sites lie where they say they lie, in the coordinate system that is used?

The quick form of the CRS doctor for ``assess``. What it finds is told loudly and keeps sites from being called permitted; it
changes no coordinate. Boxes of sites are looked at, so that registers read in slices get the same answer.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from plangeo.crsdoctor.crsadvice import compass, metres, short
from plangeo.crsdoctor.crsreadings import Reading, datum_shift, lost_datum, shift_between
from plangeo.crsdoctor.examination import FEWEST, Diagnosis, Score, examine
from plangeo.geometry import as_crs, transformation
from plangeo.profiles import Profile, load_profile

# The readings tried are those of this profile; elsewhere on earth they put no site onto the boundary map, and nothing is said.
_PROFILE = "vn"


@cache
def _profile() -> Profile:
    return load_profile(_PROFILE)


def operations(frames: Sequence[tuple[str, gpd.GeoDataFrame]], crs: Any) -> tuple[dict[str, Any], ...]:
    """Return for each layer (role, frame) the coordinate operation to the ``crs`` of the run, and for the sites that to WGS 84.

    **Raises** CrsError where PROJ only knows a way that ignores the datum.
    """
    placed = [(role, f) for role, f in frames if f.crs is not None]
    moved = [{"role": role} | transformation(f.crs, crs, _span(f)) | _lost(f) | _relabelled(f) for role, f in placed]
    return (*moved, *({"role": "datum"} | transformation(f.crs, "EPSG:4326", _span(f)) for role, f in placed if role == "sites"))


def _span(frame: gpd.GeoDataFrame) -> Sequence[float] | None:
    """The bounds of a layer, from the second to the second last of a hundred: one row astray says nothing of the others."""
    bounds = shapely.bounds(frame.geometry.to_numpy())
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    return [*np.quantile(bounds[:, :2], 0.02, axis=0).tolist(), *np.quantile(bounds[:, 2:], 0.98, axis=0).tolist()]


def _lost(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """The national system whose grid a layer has without its datum, and how far off that would be; empty for all others."""
    national = lost_datum(frame.crs, _profile())
    if national is None:
        return {}
    west, south, east, north = frame.total_bounds
    middle = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    metres_off, _ = shift_between(Reading(as_crs(frame.crs)), national, *middle)
    return {"lost": national.name, "lost_m": round(metres_off, 2) if np.isfinite(metres_off) else None}


def _relabelled(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """The CRS a layer was read in, where it was called another one afterwards without moving its coordinates; empty for all others.

    Numbers that are those of the reading, all of them, tell; of some rows only where they cannot have been converted.
    """
    about = frame.attrs.get("plangeo", {})
    read, extent = about.get("fingerprint", {}).get("crs"), about.get("extent")
    bounds = frame.total_bounds
    if not read or not extent or not np.isfinite([*extent, *bounds]).all():
        return {}
    before = as_crs(read)
    if before.equals(as_crs(frame.crs), ignore_axis_order=True):
        return {}
    kept = np.allclose(bounds, extent, rtol=1e-12, atol=0)
    if not kept and _within(bounds, extent):
        back = gpd.GeoSeries([shapely.box(*bounds)], crs=frame.crs).to_crs(before).total_bounds
        kept = not _within(back, extent)
    return {"read_in": _called(before), "called": _called(as_crs(frame.crs))} if kept else {}


def _within(bounds: Sequence[float], extent: Sequence[float]) -> bool:
    return bool(bounds[0] >= extent[0] and bounds[1] >= extent[1] and bounds[2] <= extent[2] and bounds[3] <= extent[3])


def _called(crs: pyproj.CRS) -> str:
    return f"{':'.join(crs.to_authority() or ())} {crs.name}".strip()


def check_sites(sites: gpd.GeoDataFrame, districts: gpd.GeoDataFrame | None) -> dict[str, Any]:
    """Return, as plain data, whether the sites of a run lie in the units they declare.

    Keys: ``declared`` sites that name a unit of the map, ``agree`` those that lie in it, ``doubt`` "" | "undeclared" |
    "everywhere" (which sites may not be called permitted), ``stated`` and ``better`` readings, ``agree_better``, ``move_m``,
    ``datum_shift_m`` what ignoring the datum would do; ``against`` and ``favour`` sites beside borders that speak for and against
    ``better``, ``apart_m`` away; ``note`` the sentence for the officer ("" when nothing is wrong).
    """
    told: dict[str, Any] = {"declared": 0, "agree": 0, "doubt": "", "note": "", "datum_shift_m": None}
    if sites.crs is None or not len(sites):
        return told
    bounds = shapely.bounds(sites.geometry.to_numpy())
    x, y = bounds[:, 0] / 2 + bounds[:, 2] / 2, bounds[:, 1] / 2 + bounds[:, 3] / 2
    crs = as_crs(sites.crs)
    told |= {"stated": crs.name, "datum_shift_m": datum_shift(crs, x, y)}
    if districts is None or "declared_district" not in sites:
        return told
    declared = [str(v) for v in sites["declared_district"].fillna("")]
    if not any(declared):
        return told
    found = examine(x, y, crs, _profile(), districts, declared)
    used = found.in_use
    if not found.asked or used is None:
        return told
    told |= {"declared": found.asked, "agree": int(used.declared.sum()), "stated": short(used)}
    paths = [str(f.attrs.get("plangeo", {}).get("fingerprint", {}).get("path", "FILE")) for f in (sites, districts)]
    return told | _doubt(found, used, paths)


def _lean(found: Diagnosis, used: Score) -> dict[str, Any]:
    """What sites beside borders say where another reading less than FAR_M away fits better: a hint, no doubt."""
    hint = next((a for a in found.alike if a.score is used and a.leans), None)
    if hint is None or found.best is None:
        return {}
    return {
        "better": short(found.best),
        "against": hint.against,
        "favour": hint.favour,
        "apart_m": round(hint.apart_m, 2),
    }


def _doubt(found: Diagnosis, used: Score, paths: Sequence[str]) -> dict[str, Any]:
    """What is wrong, if anything: a better reading of the whole list, or of some of its sites."""
    better, whole = found.proposed, True
    if better is None and found.rest is not None:
        better, whole = found.rest[0], False
    if better is None or int((better.declared & ~used.declared).sum()) < FEWEST:
        return _lean(found, used)
    path, districts = (shlex.quote(p) for p in paths)
    agree = int(better.declared.sum())
    way = f"{metres(better.move_m)} to the {compass(better.move_azimuth)}"
    if whole:
        said = (
            f"THE COORDINATE SYSTEM OF THE SITES LOOKS WRONG: as {short(used)}, {int(used.declared.sum())} of {found.asked} sites lie in the "
            f"unit they declare; as {short(better)}, {agree} do ({way})."
        )
    else:
        said = (
            f"THE LIST SEEMS TO MIX TWO COORDINATE SYSTEMS: as {short(used)}, {int(used.declared.sum())} of {found.asked} sites lie in the "
            f"unit they declare; of the others, {found.rest[1]} of {found.rest[2]} do as {short(better)} ({way})."  # type: ignore[index]
        )
    accept = f" If that is right: --crs sites={better.reading.code}." if whole and better.reading.plain else ""
    note = f"{said} Nothing was changed.{accept} Look at all readings: plangeo doctor {path} --districts {districts}"
    return {
        "doubt": "everywhere" if found.contradicted else "undeclared",
        "better": short(better),
        "agree_better": agree,
        "move_m": round(better.move_m, 2) if np.isfinite(better.move_m) else None,
        "note": note,
    }
