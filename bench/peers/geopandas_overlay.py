"""geopandas: overlay for polygons and lines, sjoin for points."""

import sys

import geopandas as gpd
import numpy as np
import pandas as pd

from measures import FLOOR, write_measures


def measure(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return site_id, zone_id, measure of every pair above the floor."""
    kind = sites.geom_type.str.replace("Multi", "")
    found = []
    for name in ("Polygon", "LineString"):
        pieces = gpd.overlay(sites[kind == name], zones, how="intersection", keep_geom_type=True)
        size = pieces.area if name == "Polygon" else pieces.length
        found.append(pieces[["site_id", "zone_id"]].assign(measure=size))
    inside = gpd.sjoin(sites[kind == "Point"], zones, predicate="intersects")
    found.append(pd.DataFrame(inside[["site_id", "zone_id"]]).assign(measure=np.ones(len(inside))))
    pairs = pd.concat(found, ignore_index=True)
    return pairs[pairs["measure"] > FLOOR]


if __name__ == "__main__":
    columns = ["zone_id", "geometry"]
    pairs = measure(
        gpd.read_parquet(sys.argv[2], columns=["site_id", "geometry"]), gpd.read_parquet(sys.argv[1], columns=columns)
    )
    write_measures(sys.argv[3], pairs["site_id"], pairs["zone_id"], pairs["measure"])
