"""The floor: a process that imports geopandas, reads both inputs and does nothing with them."""

import sys

import geopandas as gpd

zones_path, sites_path = sys.argv[1:3]
gpd.read_parquet(zones_path)
gpd.read_parquet(sites_path)
