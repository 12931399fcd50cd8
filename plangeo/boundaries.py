"""Boundaries: areas or lines that take the place of the point a register knows a project by."""

from __future__ import annotations

import copy
import re
from typing import Any

import geopandas as gpd

from plangeo.declaredareas import settle_by_drawing
from plangeo.geometry import to_crs

_PLACE = ("no_geometry", "bad_coordinates", "invalid_geometry", "empty_geometry", "not_finite", "out_of_bounds")
"""Problems of the register's own place: gone once the boundary has replaced it."""

_SHOWN = 5


def join_boundaries(sites: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``sites`` with the geometry of the boundary that has the same ``site_id``; all else is kept.

    Both are tables of ``plangeo.tables.SITES`` from ``read_sites``; boundaries are converted to the CRS of
    the sites. A fault of a boundary row becomes the site's ``problem``; an id with several boundaries is
    such a fault, because nobody said which one counts. Boundaries without a row in the register become a
    note, and never a site: rows in = rows out.

    **Raises** CrsError when a boundary cannot be converted to the CRS of the sites.
    """
    moved = boundaries if sites.crs is None or boundaries.crs is None else to_crs(boundaries, sites.crs)
    known = set(sites["site_id"].astype(str))
    rows: dict[str, list[int]] = {}
    for position, name in enumerate(moved["site_id"].astype(str)):
        base = name if name in known else re.sub(r"#\d+$", "", name)  # a repeated id was read as "P-1#2"
        rows.setdefault(base, []).append(position)
    geometry = list(sites.geometry)
    problems = [str(item or "") for item in sites["problem"]]
    repaired = [str(item or "") for item in sites["repaired"]]
    for n, site_id in enumerate(sites["site_id"].astype(str)):
        found = rows.get(site_id, [])
        if len(found) > 1:
            told = f"duplicate_boundary: {len(found)} boundaries carry this id; keep one, or merge them into one multi-part shape"
            problems[n] = _joined(problems[n], told)
        elif found:
            row = moved.iloc[found[0]]
            fault, shape = str(row["problem"] or ""), row.geometry
            if shape is not None and not shape.is_empty:
                geometry[n] = shape
                problems[n] = _without_place(problems[n])
            elif not fault:
                fault = "no_geometry: the boundary has no shape"
            problems[n] = _joined(problems[n], fault)
            repaired[n] = _joined(repaired[n], str(row["repaired"] or ""))
    out = sites.set_geometry(gpd.GeoSeries(geometry, index=sites.index, crs=sites.crs or boundaries.crs))
    out["problem"], out["repaired"] = problems, repaired
    out.attrs["plangeo"] = _about(sites, boundaries, sorted(set(rows) - known), len(set(rows) & known))
    settled = settle_by_drawing(out, "boundaries, declared areas")
    out.attrs["plangeo"]["decisions"] = [*out.attrs["plangeo"].get("decisions", ()), *settled]
    return out


def _joined(first: str, second: str) -> str:
    return "; ".join(part for part in (first, second) if part)


def _without_place(problem: str) -> str:
    return "; ".join(part for part in problem.split("; ") if part and not part.startswith(_PLACE))


def _about(sites: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame, strangers: list[str], used: int) -> dict[str, Any]:
    about: dict[str, Any] = copy.deepcopy(sites.attrs.get("plangeo", {}))
    other: dict[str, Any] = copy.deepcopy(boundaries.attrs.get("plangeo", {}))
    notes = [*about.get("notes", ()), *(f"boundaries: {note}" for note in other.get("notes", ()))]
    notes.append(f"boundaries: {used} of {len(sites)} projects got their boundary")
    if strangers:
        shown = ", ".join(strangers[:_SHOWN]) + (" …" if len(strangers) > _SHOWN else "")
        notes.append(f"boundaries: {len(strangers)} without a row in the register, left aside: {shown}")
    about["notes"] = notes
    about["repairs"] = [*about.get("repairs", ()), *other.get("repairs", ())]
    if "fingerprint" in other:
        about["fingerprint"] = {**about.get("fingerprint", {}), "boundaries": {**other["fingerprint"], "role": "boundaries"}}
    return about
