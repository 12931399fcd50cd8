"""Ground beyond what is drawn of a site that it may lie on: circles of the area declared for a point, and what accuracies cannot exclude."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.amounts.bands import UNSEARCHED_M2, largest_areas
from plangeo.law.rulebook_schema import ANY
from plangeo.rulebook import Rulebook

_MOST_M = 20_000.0
"""Nobody looks farther around a site: an accuracy beyond it is a slip, and leaves no verdict of the zones standing anyway."""


def declared_circles(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Circles of the (largest) declared area around the sites that are known by a single point only."""
    area = pd.Series(largest_areas(sites), index=sites.index)
    points = sites[(sites.geometry.geom_type == "Point") & (area > 0) & (area < math.inf)]
    radii = [math.sqrt(a / math.pi) for a in area.loc[points.index]]
    return points.set_geometry(
        gpd.GeoSeries(shapely.buffer(points.geometry.to_numpy(), radii, quad_segs=32), index=points.index, crs=sites.crs)
    )


def reach_of(sites: gpd.GeoDataFrame, law: Rulebook) -> gpd.GeoDataFrame:
    """The ground that sites may lie on after all, where a condition by area, or what goes with a class, is asked of their use.

    That is what the accuracy of maps and site cannot exclude, and around a point any circle of its declared area that contains it;
    points of more than ``UNSEARCHED_M2`` have no row.
    """
    by_class = {r.use for r in law.requirements if r.zone != ANY}
    asked = [bool(law.triggers_for(use)) or not by_class.isdisjoint((use, ANY)) for use in sites["use_code"]]
    sites = sites[np.array(asked, dtype=bool) & sites.geometry.notna().to_numpy() & ~sites.geometry.is_empty.to_numpy()]
    map_m = max((plan.tolerance_m or 0.0 for plan in law.plans.values()), default=0.0)
    own_m = pd.Series(sites.get("accuracy_m", 0.0), index=sites.index, dtype=float).fillna(0.0)
    area = pd.Series(largest_areas(sites), index=sites.index, dtype=float)
    sized = (sites.geometry.geom_type == "Point") & (area > 0) & (area < math.inf)
    radii = map_m + own_m + 2.0 * np.sqrt(area.where(sized, 0.0) / math.pi)
    radii = radii.clip(upper=_MOST_M)
    searched = (radii > 0) & ~(sized & (area > UNSEARCHED_M2))
    sites, radii = sites[searched], radii[searched]
    around = shapely.buffer(sites.geometry.to_numpy(), radii.to_numpy(), quad_segs=32)
    return sites.set_geometry(gpd.GeoSeries(around, index=sites.index, crs=sites.crs))
