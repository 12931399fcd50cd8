"""plangeo: the overlay, then the signed margin of every site to the border of the ground that permits its use."""

import datetime as dt
import sys
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd

import plangeo as pg
from measures import tell_phases
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.margin import margins
from plangeo.model import Verdict
from plangeo.overlay import measure_zones

if __name__ == "__main__":
    zones_path, sites_path, out = sys.argv[1:4]
    rules = pg.load_rulebook(Path(zones_path).parent / "rulebook.yaml").at(dt.date(2025, 7, 1))
    zones, sites = gpd.read_parquet(zones_path), gpd.read_parquet(sites_path)
    codes = zones["zone_code"].astype(str)
    says = {use: {c: rules.look_up(use, c) for c in codes.unique()} for use in sites["use"].unique()}
    fits = {use: {c for c, rule in said.items() if rule and rule.verdict is Verdict.PERMITTED} for use, said in says.items()}
    start = time.perf_counter()
    layer = ZoneLayer.of(zones)
    measure_zones(sites, layer, threads=2)
    between = time.perf_counter()
    found = margins(sites, layer, {use: codes.isin(some).to_numpy() for use, some in fits.items()}, threads=2)
    tell_phases(overlay=between - start, margins=time.perf_counter() - between)
    pd.DataFrame(found[["site_id", "margin_m"]]).to_parquet(out)
