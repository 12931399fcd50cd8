"""The CRS plangeo measures in: fit for the ground in question, whatever lies far away; borders stay borders in it."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from plangeo.assessment import assess
from plangeo.geometry import is_metric, working_crs
from tests.makers import X0, Y0, rulebook, site, sites, square, zones

ZONES = zones(("z1", "ODT", square(-500, -500, 1000), "P1"), ("z2", "RPH", square(500, -500, 1000), "P1"))


def on_day(frame: gpd.GeoDataFrame, ground: gpd.GeoDataFrame = ZONES) -> gpd.GeoDataFrame:
    result = assess(frame, rulebook(), on="2025-07-01", zones=ground)
    return result.sites.set_index("site_id").join(result.evidence["zones"].groupby("site_id")["area_m2"].sum())


@pytest.mark.parametrize("far", [shapely.Point(X0 + 800_000, Y0), shapely.Point(X0, Y0 - 1_500_000), shapely.Point(1e9, 1e9)])
def test_one_row_far_away_changes_nothing_for_the_others(far: shapely.Point) -> None:
    near = site("near", square(0, 0, 100))
    alone, together = on_day(sites(near)), on_day(sites(site("far", far), near))
    assert together.loc["near", "area_m2"] == alone.loc["near", "area_m2"] == pytest.approx(10_000)
    assert together.loc["near", "verdict"] == "permitted"
    assert together.loc["far", "verdict"] == "unknown"


def test_a_wide_country_is_measured_in_an_equal_area_projection() -> None:
    corners = [
        site(f"s{i}", shapely.Point(*at).buffer(0.01)) for i, at in enumerate([(102.2, 22.4), (109.4, 12.0), (105.0, 8.6)])
    ]
    frame = sites(*corners, crs="EPSG:4326")
    chosen = working_crs([frame])
    assert is_metric(chosen, tuple(frame.total_bounds))
    assert chosen.is_projected


def test_web_mercator_and_degrees_are_never_measured_in() -> None:
    for crs in ("EPSG:3857", "EPSG:4326"):
        chosen = working_crs([sites(site("a", square(0, 0, 100))).to_crs(crs)])
        assert chosen.to_authority() not in (("EPSG", "3857"), ("EPSG", "4326"))
        assert is_metric(chosen, (106.0, 21.0, 107.0, 22.0))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32648", "EPSG:9210"])
@pytest.mark.parametrize("side", ["east", "west"])
def test_a_border_shared_in_another_crs_stays_a_border(crs: str, side: str) -> None:
    # long straight borders whose vertices lie in different places on either side
    border = site("s", shapely.box(X0 + 450, Y0 - 20_000, X0 + 500, Y0 + 20_000) if side == "west" else square(400, 0, 100))
    ground = zones(
        ("z1", "ODT", shapely.box(X0 - 500, Y0 - 30_000, X0 + 500, Y0 + 30_000), "P1"),
        ("z2", "RPH", shapely.box(X0 + 500, Y0 - 33_333, X0 + 900, Y0 + 41_000), "P1"),
    )
    moved = ground.assign(geometry=shapely.segmentize(ground.geometry.to_numpy(), 100.0)).to_crs(crs)
    assert on_day(sites(border), moved).loc["s", "verdict"] == "permitted"
