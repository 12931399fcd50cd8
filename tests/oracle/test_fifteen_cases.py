"""Fifteen situations of an officer's morning, each with the answer the domain facts give (case numbers are theirs)."""

from __future__ import annotations

import datetime as dt
import unicodedata
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

import plangeo as pg
from plangeo.adminunits.places import resolve
from plangeo.adminunits.unittexts import list_successors
from plangeo.canonical import canonical_sites, canonical_zones
from plangeo.crsdoctor.crsconsultation import consult
from plangeo.landcodes import classes_of_colour
from plangeo.profiles import load_profile
from plangeo.reading import decisions_of
from tests.makers import plan, rule, rulebook, site, sites, square, zones

VN = load_profile("vn")
EAST, NORTH = 449158.033, 2417140.524
DAY = dt.date(2025, 7, 1)


def listed(path: Path, x: float, y: float) -> Path:
    path.write_text(f"Mã dự án;Tên dự án;Địa điểm;X (m);Y (m)\nP-1;Nhà máy;Phường Đông Kinh;{x};{y}\n", "utf-8")
    return path


def said(frame: gpd.GeoDataFrame) -> str:
    about = frame.attrs["plangeo"]
    return "\n".join([*about["notes"], *map(str, decisions_of(about))])


def test_1_metres_of_vn2000_are_the_point_of_the_fixture(tmp_path: Path) -> None:
    frame = pg.read_sites(listed(tmp_path / "a.csv", NORTH, EAST), crs="EPSG:9215")
    place = frame.to_crs("EPSG:4326").geometry.iloc[0]
    off_m = pyproj.Geod(ellps="WGS84").inv(place.x, place.y, 106.76, 21.85)[2]
    assert off_m < 0.002, "the fixture states metres to the millimetre"


def test_2_exchanged_columns_are_read_right_and_told(tmp_path: Path) -> None:
    frame = pg.read_sites(listed(tmp_path / "a.csv", EAST, NORTH), crs="EPSG:9215")
    assert frame.geometry.iloc[0].equals(shapely.Point(EAST, NORTH))
    assert "holds the northings" in said(frame)


def test_3_the_doctor_names_the_system_that_fits_the_named_commune(tmp_path: Path) -> None:
    ground = gpd.GeoDataFrame(
        {"ten_xa": ["Phường Đông Kinh"]}, geometry=[shapely.Point(EAST, NORTH).buffer(4000)], crs="EPSG:9215"
    )
    ground.assign(ma_xa="05977").to_file(tmp_path / "map.gpkg")
    told = consult(listed(tmp_path / "a.csv", NORTH, EAST), crs="EPSG:5897", districts=tmp_path / "map.gpkg")
    assert told.found.best is not None
    assert told.found.best.reading.code == "EPSG:9215"
    assert "232.58 km E" in told.text
    assert "--crs sites=EPSG:9215" in told.text


def test_4_a_mapinfo_table_that_lost_its_datum_is_told(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"ma_dat": ["ODT"]}, geometry=[shapely.Point(EAST, NORTH).buffer(100)], crs="EPSG:9215")
    pyogrio.write_dataframe(frame, tmp_path / "zones.tab", driver="MapInfo File")
    assert "224 m" in said(pg.read_zones(tmp_path / "zones.tab", plan_id="P"))


@pytest.mark.parametrize(
    "written", ["Phường Kỳ Lừa", "Ph\u00adường Kỳ Lừa", unicodedata.normalize("NFD", "Phường Kỳ Lừa"), "PHƯỜNG KỲ LỪA"]
)
def test_5_one_unit_however_it_is_typed(written: str) -> None:
    assert VN.units is not None
    assert [u.code for u in resolve(written, VN.units, dt.date(2025, 9, 1)).units] == ["06187"]


def test_6_a_name_of_two_communes_has_two_candidates() -> None:
    assert VN.units is not None
    place = resolve("Xã Hồng Phong", VN.units, dt.date(2024, 5, 1))
    assert place.reason == "ambiguous"
    assert len(place.candidates) == 2


def test_7_a_stale_name_matches_nothing() -> None:
    assert VN.units is not None
    place = resolve("Xã Sơn Hà, huyện Hữu Lũng", VN.units, dt.date(2024, 5, 1))
    assert place.reason == "stale"


@pytest.mark.parametrize(("side", "hectares"), [(3512.834, 1234.0), (111.086, 1.234)])
def test_8_the_drawing_chooses_between_two_readings_and_that_is_told(side: float, hectares: float) -> None:
    raw = gpd.GeoDataFrame(
        {"Mã": ["A"], "Tên dự án": ["Khu A"], "Diện tích (ha)": ["1.234"]}, geometry=[square(0, 0, side)], crs="EPSG:9215"
    )
    frame = canonical_sites(raw, VN, source="a.gpkg")
    assert frame["declared_area_m2"].iloc[0] == pytest.approx(hectares * 10_000)
    assert "1.234" in said(frame)


def test_9_a_border_nearer_than_the_map_is_accurate_decides_nothing() -> None:
    book = rulebook(plans=[plan("P1", scale=100_000, accuracy_m=None)])
    ground = zones(("Z1", "ODT", square(0, 0, 2000), "P1"), ("Z2", "RPH", square(2000, 0, 2000), "P1"))
    result = pg.assess(sites(site("A", square(1820, 500, 150))), book, on=DAY, zones=ground)
    assert result.sites["verdict"].tolist() == ["unknown"]
    assert "within_map_accuracy" in result.sites["reasons"].iloc[0]


def test_10_rice_land_beyond_two_hectares_adds_its_duties_and_keeps_the_verdict() -> None:
    rules = [
        rule("housing", "ODT", "permitted"),
        rule("housing", "LUC", "conditional", note={"vi": "chuyển mục đích đất lúa", "en": "conversion of rice land"}),
    ]
    duties = [
        {"field": "area_m2", "op": "<", "value": 20_000, "note": {"vi": "từ 2 ha: Điều 46", "en": "from 2 ha on: Article 46"}}
    ]
    rules[1] |= {"conditions": duties, "otherwise": "conditional"}
    book = rulebook(rules=rules, plans=[plan("P1", accuracy_m=0)])
    texts = []
    for rice in (190.0, 210.0):  # metres of rice land in a strip 100 m wide: 1.9 and 2.1 ha
        ground = zones(("Z1", "ODT", shapely.box(*square(0, 0, 1000).bounds), "P1"), ("Z2", "LUC", square(1000, 0, 1000), "P1"))
        west, south, _, _ = square(1000, 0, 1).bounds
        shape = shapely.box(west - 100, south + 100, west + rice, south + 200)
        result = pg.assess(sites(site("A", shape)), book, on=DAY, zones=ground)
        assert result.sites["verdict"].tolist() == ["conditional"]
        texts.append(pg.explain(result, "A", language="en"))
    assert "Article 46" not in texts[0]
    assert "Article 46" in texts[1]


def test_11_kcn_for_an_industrial_park_is_asked_about() -> None:
    raw = gpd.GeoDataFrame({"ma_dat": ["KCN"]}, geometry=[square(0, 0, 100)], crs="EPSG:9215")
    frame = canonical_zones(raw, VN, plan_id="P", source="z.gpkg")
    assert frame["zone_code"].tolist() == ["KCN"]
    assert "Did you mean SKK?" in said(frame)


def test_12_totals_and_groups_are_no_projects() -> None:
    frame = pg.read_sites(pg.sample("annual_list.xlsx"), sheet="Biểu 10", list_date="2025-09-01")
    assert len(frame) == 15
    assert not frame["name"].str.contains("Tổng cộng|Cộng|CÔNG NGHIỆP").any()


@pytest.mark.parametrize(("on", "who"), [(dt.date(2024, 10, 1), "Council resolution"), (dt.date(2025, 9, 1), "written approval")])
def test_13_who_clears_rice_land_depends_on_the_day(on: dt.date, who: str) -> None:
    council = {"vi": "nghị quyết HĐND tỉnh", "en": "Council resolution"}
    committee = {"vi": "văn bản của UBND tỉnh", "en": "written approval of the People's Committee"}
    rules = [
        rule("housing", "LUC", "conditional", note=council, start=dt.date(2024, 8, 1), end=dt.date(2025, 8, 14)),
        rule("housing", "LUC", "conditional", note=committee, start=dt.date(2025, 8, 15)),
    ]
    book = rulebook(rules=rules, plans=[plan("P1", accuracy_m=0)])
    ground = zones(("Z1", "LUC", square(0, 0, 1000), "P1"))
    result = pg.assess(sites(site("A", square(100, 100, 100))), book, on=on, zones=ground)
    assert who in pg.explain(result, "A", language="en")


def test_14_an_abolished_district_is_answered_with_its_successors() -> None:
    assert VN.units is not None
    place = resolve("huyện Cao Lộc", VN.units, dt.date(2026, 3, 1))
    assert place.reason == "abolished_level"
    answer = list_successors(place.mentions, VN.units, "en")
    assert all(name in answer for name in ("Đồng Đăng", "Kỳ Lừa", "Ba Sơn", "Công Sơn")), answer


def test_15_no_colour_is_a_code() -> None:
    assert len(classes_of_colour("#FFAAA0", VN.classes)) == 22
    raw = gpd.GeoDataFrame({"ma_dat": [""], "colour": ["#FFFC8C"]}, geometry=[square(0, 0, 100)], crs="EPSG:9215")
    assert canonical_zones(raw, VN, plan_id="P", source="z.gpkg")["zone_code"].tolist() == [""]
    assert pd.notna(VN.classes["LUC"].colour)
