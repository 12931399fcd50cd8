"""plangeo: every site measured against every zone, through the public functions."""

import sys
from typing import Any

import geopandas as gpd
import numpy as np

from measures import write_measures
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.overlay import measure_zones


def measure(zones_path: str, sites_path: str) -> tuple[Any, Any, Any]:
    """Return site_id, zone_id and measure of two GeoParquet files: the one place that knows plangeo's engine."""
    zones = gpd.read_parquet(zones_path, columns=["plan_id", "zone_code", "zone_id", "geometry"])
    sites = gpd.read_parquet(sites_path, columns=["site_id", "geometry"])
    evidence = measure_zones(sites, ZoneLayer.of(zones), threads=2).evidence
    size = evidence["area_m2"] + evidence["length_m"]  # one of the two is 0, and both for a point
    return evidence["site_id"], evidence["zone_id"], np.where(size > 0, size, 1.0)


if __name__ == "__main__":
    write_measures(sys.argv[3], *measure(sys.argv[1], sys.argv[2]))
