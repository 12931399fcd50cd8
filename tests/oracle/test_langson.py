"""Real boundaries of Lạng Sơn since 1 July 2025, and VN-2000 coordinates computed elsewhere."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import Geod

import plangeo as pg
from plangeo.engine.areas import ellipsoidal_area
from plangeo.geometry import to_crs
from plangeo.overlay import measure_districts
from plangeo.text import fold

SHARED = Path(__file__).parents[2].parent / "shared"
FIXTURE = SHARED / "domain/crs_fixture.csv"
COMMUNES = SHARED / "data/vn_langson/langson_communes_2025.gpkg"
METRIC = "EPSG:9215"
GRIDS = {"epsg9215": "EPSG:9215", "epsg5897": "EPSG:5897", "epsg3405": "EPSG:3405", "epsg32648": "EPSG:32648"}

needs_fixture = pytest.mark.skipif(not FIXTURE.exists(), reason="the shared CRS fixture is not on this machine")
needs_communes = pytest.mark.skipif(not COMMUNES.exists(), reason="the shared communes of Lạng Sơn are not on this machine")


@needs_fixture
@pytest.mark.parametrize("name", GRIDS)
def test_vn2000_and_utm_reach_the_same_place_within_a_millimetre(name: str) -> None:
    table = pd.read_csv(FIXTURE)
    grid = gpd.GeoSeries.from_xy(table[f"{name}_east_Y"], table[f"{name}_north_X"], crs=GRIDS[name])
    degrees = gpd.GeoSeries.from_xy(table["wgs84_lon"], table["wgs84_lat"], crs="EPSG:4326")
    # the fixture writes exact degrees and metres to the millimetre
    there = to_crs(degrees.to_frame("geometry"), GRIDS[name]).geometry
    assert there.distance(grid).max() < 0.001
    # the seven parameters of VN-2000 are small-angle formulas: their inverse comes back 0.8 mm beside
    back = to_crs(grid.to_frame("geometry"), "EPSG:4326").geometry
    _, _, metres = Geod(ellps="WGS84").inv(back.x, back.y, degrees.x, degrees.y)
    assert max(metres) < 0.002


@pytest.fixture(scope="module")
def communes() -> gpd.GeoDataFrame:
    return pg.read_districts(COMMUNES)


@pytest.fixture(scope="module")
def sites() -> gpd.GeoDataFrame:
    return pg.read_sites(pg.sample("projects.xlsx"), crs=METRIC)


@needs_communes
def test_the_communes_are_read_whole(communes: gpd.GeoDataFrame) -> None:
    assert len(communes) == communes["district_id"].nunique() == 65
    assert communes["district_id"].str.len().eq(5).all(), "codes keep their leading zero"
    assert communes["district_name"].str.lower().str.startswith(("xã ", "phường ")).all()
    assert (communes["problem"] == "").all()
    # the published areas differ from the drawn ones by up to 8.1 %: real, and not the product's doing
    ratio = ellipsoidal_area(communes.geometry) / 1e6 / communes["areaKm2"].astype(float)
    assert ratio.between(0.95, 1.082).all()


@needs_communes
def test_every_site_in_the_province_is_located(sites: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    local = to_crs(communes, METRIC)
    placed = sites[sites.geometry.notna()]
    province = shapely.union_all(local.geometry.to_numpy())
    inside = placed[shapely.intersects(placed.geometry.to_numpy(), province)]
    evidence = measure_districts(placed, local)
    assert set(evidence["site_id"]) == set(inside["site_id"])
    assert len(inside) > 0.9 * len(placed)
    # a point in two communes at once can only lie where the real boundaries overlap (1 ha in all)
    doubled = local.geometry.area.sum() - province.area
    assert 0 < doubled < 20_000
    twice = evidence["site_id"][evidence["site_id"].duplicated()]
    assert len(twice) <= 1
    assert evidence.groupby("site_id")["share"].sum().between(1 - 1e-9, 1 + len(twice)).all()
    plain = gpd.sjoin(inside, local[["district_id", "geometry"]], predicate="within", rsuffix="commune")
    assert set(zip(evidence["site_id"], evidence["district_id"], strict=True)) >= {
        (s, d) for s, d in zip(plain["site_id"], plain["district_id"], strict=True)
    }


@needs_communes
def test_shares_of_areas_add_up_to_the_part_inside_the_province(communes: gpd.GeoDataFrame) -> None:
    local = to_crs(communes, METRIC)
    areas = to_crs(pg.read_sites(pg.sample("project_boundaries.gpkg")), METRIC)
    areas = areas[areas.geometry.notna()]
    evidence = measure_districts(areas, local)
    province = shapely.union_all(local.geometry.to_numpy())
    doubled = local.geometry.area.sum() - province.area
    shapes = areas.set_index("site_id").geometry
    inside = shapely.area(shapely.intersection(shapes.to_numpy(), province))
    measured = evidence.groupby("site_id")["area_m2"].sum().reindex(shapes.index, fill_value=0.0).to_numpy()
    assert len(measured) > 0
    assert (measured >= inside - 0.01).all()
    assert (measured <= inside + doubled + 0.01).all()


@needs_communes
def test_the_declared_names_exist_on_the_real_map(sites: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    """The sample draws its own boundaries, so places may differ; the names are those of the province."""
    real = set(communes["district_name"].map(fold))
    drawn = set(pg.read_districts(pg.sample("communes.gpkg"))["district_name"].map(fold))
    assert drawn <= real
