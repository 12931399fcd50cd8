"""shapely: an STRtree of the sites asked by the zones, so that each giant is prepared once; vectorised intersection."""

import sys

import geopandas as gpd
import numpy as np
import shapely

from measures import FLOOR, write_measures

if __name__ == "__main__":
    zones = gpd.read_parquet(sys.argv[1], columns=["zone_id", "geometry"])
    sites = gpd.read_parquet(sys.argv[2], columns=["site_id", "geometry"])
    shape, ground = sites.geometry.to_numpy(), zones.geometry.to_numpy()
    zone, site = shapely.STRtree(shape).query(ground, predicate="intersects")
    dimension = shapely.get_dimensions(shape[site])
    measure = np.ones(len(site))
    solid = dimension > 0
    pieces = shapely.intersection(shape[site[solid]], ground[zone[solid]])
    measure[solid] = np.where(dimension[solid] == 2, shapely.area(pieces), shapely.length(pieces))
    kept = measure > FLOOR
    ids = sites["site_id"].to_numpy()[site[kept]], zones["zone_id"].to_numpy()[zone[kept]]
    write_measures(sys.argv[3], *ids, measure[kept])
