"""Tables about sites, with the place of each site beside its row."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from plangeo.geometry import as_crs, to_crs
from plangeo.model import Assessment


def with_places(table: pd.DataFrame, assessment: Assessment, about: Sequence[bool] | None = None) -> pd.DataFrame:
    """Return ``table`` (column ``site_id``) with the shapes of its sites in the CRS of the run; rows without one have none.

    ``about`` says of each row whether it is about the site it names; by default each is. Where no site of the run has a place, the table stays as it is.
    """
    sites = assessment.sites
    if not assessment.crs or sites.crs is None or sites.geometry.isna().all():
        return table
    shapes = to_crs(sites, as_crs(assessment.crs)).geometry.tolist()
    place = dict(zip(sites["site_id"].astype(str).tolist(), shapes, strict=True))
    rows = zip(table["site_id"].tolist(), [True] * len(table) if about is None else about, strict=True)
    found = gpd.GeoSeries([place.get(str(site_id)) if known else None for site_id, known in rows], crs=assessment.crs)
    placed: pd.DataFrame = gpd.GeoDataFrame(table.reset_index(drop=True), geometry=found)
    return placed
