"""dask-geopandas: the sites in Hilbert order, eight partitions, two worker processes that each keep the zones."""

import sys
from functools import lru_cache

import dask_geopandas
import geopandas as gpd
import pandas as pd

from geopandas_overlay import measure
from measures import write_measures


@lru_cache
def zones_of(path: str) -> gpd.GeoDataFrame:
    """Read the zones once per worker."""
    return gpd.read_parquet(path, columns=["zone_id", "geometry"])


def measure_part(sites: gpd.GeoDataFrame, zones_path: str) -> pd.DataFrame:
    """Measure one partition of the sites."""
    return measure(sites, zones_of(zones_path)).astype({"site_id": object, "zone_id": object})


if __name__ == "__main__":
    sites = gpd.read_parquet(sys.argv[2], columns=["site_id", "geometry"])
    sites = sites.iloc[sites.hilbert_distance().argsort(kind="stable")].reset_index(drop=True)
    meta = pd.DataFrame(
        {"site_id": pd.Series(dtype=object), "zone_id": pd.Series(dtype=object), "measure": pd.Series(dtype=float)}
    )
    parts = dask_geopandas.from_geopandas(sites, npartitions=8, sort=False)
    work = parts.map_partitions(measure_part, sys.argv[1], meta=meta)
    pairs = work.compute(scheduler="processes", num_workers=2)
    write_measures(sys.argv[3], pairs["site_id"], pairs["zone_id"], pairs["measure"])
