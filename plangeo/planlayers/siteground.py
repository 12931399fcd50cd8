"""Which projects lie on pieces of ground, with how much of them, and what capital rests there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.geometry import repair_layer, to_crs
from plangeo.model import Assessment
from plangeo.planlayers.faults import named
from plangeo.planlayers.widths import HAIR_M, polygons_of, without_hairs

_AT_ONCE = 20_000

MEETINGS = ("site", "ground", "area_m2", "length_m", "geometry")
"""Columns of ``sites_on``: places of the site and of the ground, what of the site lies there, and its shape."""


def metric_sites(assessment: Assessment) -> gpd.GeoDataFrame:
    """Return the sites in the metric CRS of the assessment, rows numbered from 0; those without a place keep None."""
    sites = assessment.sites.reset_index(drop=True)
    gated, _ = repair_layer(sites, "sites", "site_id")
    if gated.crs is None:
        return gated.set_crs(assessment.crs)
    return to_crs(gated, assessment.crs)


def sites_on(sites: gpd.GeoDataFrame, ground: Sequence[Any] | NDArray[Any]) -> pd.DataFrame:
    """Return what of every site lies on every piece of ground (MEETINGS); touching is not lying on it.

    Polygons count with their area, lines with their length, points by lying inside.
    """
    shapes = sites.geometry.to_numpy()
    pieces = np.asarray(ground, dtype=object)
    if not len(pieces):
        return pd.DataFrame({name: [] for name in MEETINGS})
    site, at = shapely.STRtree(pieces).query(shapes, predicate="intersects")
    rows: list[tuple[int, int, float, float, Any]] = []
    for start in range(0, len(site), _AT_ONCE):
        chosen = slice(start, start + _AT_ONCE)
        met = shapely.intersection(shapes[site[chosen]], pieces[at[chosen]])
        for s, g, shape in zip(site[chosen].tolist(), at[chosen].tolist(), met, strict=True):
            dimension = int(shapely.get_dimensions(shapes[s]))
            if dimension == 2:
                kept = without_hairs(polygons_of([shape])[0])
                shape = shapely.union_all(kept)
                lies = bool(len(kept))
            elif dimension == 1:
                lies = shape.length > HAIR_M and not shapely.touches(shapes[s], pieces[g])
            else:
                lies = not shapely.touches(shapes[s], pieces[g])
            if lies:
                rows.append((s, g, float(shape.area), float(shape.length) if dimension == 1 else 0.0, shape))
    frame = pd.DataFrame(rows, columns=list(MEETINGS))
    return frame.sort_values(["site", "ground"], ignore_index=True)


def projects_on(sites: gpd.GeoDataFrame, ground: Sequence[Any] | NDArray[Any]) -> pd.DataFrame:
    """Return, for every piece of ground, the projects on it: ``projects``, ``project_ids``, ``capital_vnd``, ``without_capital``.

    The capital of a project counts whole on every piece that holds part of it, by its least amount; projects whose capital
    is not known are counted in ``without_capital``, never as 0. ``capital_vnd`` is NaN where no project's capital is known.
    """
    met = sites_on(sites, ground)
    ids = sites["site_id"].astype(str).to_numpy()
    capital = sites["capital_min_vnd"].to_numpy(dtype=float) if "capital_min_vnd" in sites else np.full(len(sites), np.nan)
    found = {
        "projects": np.zeros(len(ground), dtype=int),
        "project_ids": np.full(len(ground), "", dtype=object),
        "capital_vnd": np.full(len(ground), np.nan),
        "without_capital": np.zeros(len(ground), dtype=int),
    }
    by_ground = met.groupby("ground")["site"]
    for n in sorted(set(met["ground"].astype(int).tolist())):
        on_it = by_ground.get_group(n).to_numpy(dtype=int)
        known = capital[on_it][np.isfinite(capital[on_it])]
        found["projects"][n] = len(on_it)
        found["project_ids"][n] = named(list(ids[on_it]))
        found["without_capital"][n] = len(on_it) - len(known)
        found["capital_vnd"][n] = known.sum() if len(known) else np.nan
    return pd.DataFrame(found)
