"""Areas against exact rational arithmetic, on polygon pairs of VN-2000 magnitude made by somebody else."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from plangeo.overlay import measure_zones

PAIRS = Path(__file__).parents[2].parent / "shared/data/bad/11_oracle/generated_pairs.csv"


@pytest.mark.skipif(not PAIRS.exists(), reason="the shared pairs with exact areas are not on this machine")
def test_areas_agree_with_exact_arithmetic() -> None:
    pairs = pd.read_csv(PAIRS)
    sites = shapely.from_wkb(pairs["a_wkb"].to_numpy())
    zones = shapely.from_wkb(pairs["b_wkb"].to_numpy())
    worst = 0.0
    for i, (site, zone) in enumerate(zip(sites, zones, strict=True)):
        frame = gpd.GeoDataFrame({"site_id": ["s"]}, geometry=[site], crs="EPSG:9215")
        layer = gpd.GeoDataFrame({"zone_id": ["z"], "zone_code": ["A"], "plan_id": ["P"]}, geometry=[zone], crs="EPSG:9215")
        found = measure_zones(frame, layer)
        evidence, cover = found.evidence, found.cover
        exact = float(pairs["area_a_and_b"].iloc[i])
        measured = float(evidence["area_m2"].sum())
        # what two shapes share only by touching (1 µm along the outline) is not reported
        assert abs(measured - exact) <= max(1e-9 * pairs["area_a"].iloc[i], 1e-6 * site.length)
        if measured:
            worst = max(worst, abs(measured - exact) / pairs["area_a"].iloc[i])
        assert cover["share"].sum() == pytest.approx(1, abs=1e-9)
    assert worst < 1e-9
    assert np.isfinite(worst)
