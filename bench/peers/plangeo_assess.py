"""plangeo: the whole assessment, from the two files and the rulebook beside them to a table of verdicts."""

import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd

import plangeo as pg

if __name__ == "__main__":
    zones_path, sites_path, out = sys.argv[1:4]
    rules = pg.load_rulebook(Path(zones_path).parent / "rulebook.yaml")
    result = pg.assess(gpd.read_parquet(sites_path), rules, on="2025-07-01", zones=gpd.read_parquet(zones_path))
    pd.DataFrame(result.sites[["site_id", "verdict"]]).to_parquet(out)
