"""plangeo: a new register against a plan that is prepared already; the first run prepares it and is not timed."""

import sys

import geopandas as gpd
import numpy as np

from measures import write_measures
from plangeo.layers import origin_of
from plangeo.overlay import measure_zones
from plangeo.sources import LayerFile
from plangeo.storage.keptzones import KeptZones

if __name__ == "__main__":
    zones_path, sites_path, out = sys.argv[1:4]
    sites = gpd.read_parquet(sites_path, columns=["site_id", "geometry"])
    zones = KeptZones(origin_of(LayerFile(zones_path)).prepared(sites.crs), "BENCH-1")
    evidence = measure_zones(sites, zones, threads=2).evidence
    size = evidence["area_m2"] + evidence["length_m"]
    write_measures(out, evidence["site_id"], evidence["zone_id"], np.where(size > 0, size, 1.0))
