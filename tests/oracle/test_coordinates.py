"""Points of the fact base, written in every system and notation, must be the same places; its test cases 1 and 2."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from plangeo.canonical import canonical_sites
from plangeo.errors import CrsError
from plangeo.positions.angles import write_dms
from plangeo.profiles import load_profile
from plangeo.reading import Sentence

SHARED = Path(__file__).parents[3] / "shared/domain"
SHARED = SHARED if SHARED.exists() else Path(__file__).parents[4] / "shared/domain"
FIXTURE = SHARED / "crs_fixture.csv"
pytestmark = pytest.mark.skipif(not FIXTURE.exists(), reason="the fact base ../shared/domain is not here")
VN = load_profile("vn")
NOTES = {
    9215: "(Hệ tọa độ VN-2000, kinh tuyến trục 107°15', múi chiếu 3°)",
    5897: "VN-2000, KTT 105°, múi 3°",
    3405: "VN-2000, kinh tuyến trục 105°00', múi chiếu 6°",
    32648: "WGS84 / UTM zone 48N",
}


def points() -> list[dict[str, str]]:
    return list(csv.DictReader(FIXTURE.read_text("utf-8").splitlines())) if FIXTURE.exists() else []


def truth() -> gpd.GeoSeries:
    lonlat = [shapely.Point(float(p["wgs84_lon"]), float(p["wgs84_lat"])) for p in points()]
    return gpd.GeoSeries(lonlat, crs="EPSG:4326").to_crs("EPSG:9215")


def read(table: dict[str, list[str]], note: str = "", crs: str | None = None) -> gpd.GeoDataFrame:
    sentences = [Sentence("row 2", note)] if note else []
    frame = canonical_sites(pd.DataFrame(table, dtype=object), VN, crs=crs, source="a.xlsx", sentences=sentences)
    assert frame["problem"].tolist() == [""] * len(frame)
    return frame


def off(frame: gpd.GeoDataFrame) -> float:
    """Largest distance from the truth, metres."""
    return float(np.max(frame.to_crs("EPSG:9215").geometry.distance(truth(), align=False)))


def metres(epsg: int, style: str) -> tuple[list[str], list[str]]:
    values = [(float(p[f"epsg{epsg}_north_X"]), float(p[f"epsg{epsg}_east_Y"])) for p in points()]
    write = {
        "point": "{:.3f}".format,
        "comma": lambda v: f"{v:.3f}".replace(".", ","),
        "groups": lambda v: f"{v:,.3f}".translate(str.maketrans(",.", ".,")),
        "spaces": lambda v: f"{v:,.3f}".replace(",", " "),
        "unit": "{:.3f} m".format,
    }[style]
    return [write(n) for n, _ in values], [write(e) for _, e in values]


@pytest.mark.parametrize("epsg", [9215, 5897, 3405, 32648])
@pytest.mark.parametrize("style", ["point", "comma", "groups", "spaces", "unit"])
def test_every_system_and_style_is_the_same_place(epsg, style):
    north, east = metres(epsg, style)
    assert off(read({"X (m)": north, "Y (m)": east}, NOTES[epsg])) < 0.002
    assert off(read({"X (m)": north, "Y (m)": east}, crs=f"EPSG:{epsg}")) < 0.002
    cells = [f"X={n}; Y={e}" for n, e in zip(north, east, strict=True)]
    assert off(read({"Tọa độ": cells}, NOTES[epsg])) < 0.002
    bare = [f"{n}; {e}" for n, e in zip(north, east, strict=True)]
    assert off(read({"Tọa độ": bare}, NOTES[epsg])) < 0.002


@pytest.mark.parametrize(("seconds", "bound_m"), [(5, 0.002), (2, 0.3), (0, 25.0)])
def test_minutes_and_seconds_are_as_good_as_they_are_written(seconds, bound_m):
    lat = [write_dms(float(p["wgs84_lat"]), "lat", seconds) for p in points()]
    lon = [write_dms(float(p["wgs84_lon"]), "lon", seconds) for p in points()]
    assert off(read({"Vĩ độ": lat, "Kinh độ": lon})) < bound_m
    assert off(read({"X": lat, "Y": lon})) < bound_m
    assert off(read({"Tọa độ": [f"{a} {b}" for a, b in zip(lat, lon, strict=True)]})) < bound_m


def test_decimal_degrees_in_columns_cells_and_with_commas():
    lat, lon = [p["wgs84_lat"] for p in points()], [p["wgs84_lon"] for p in points()]
    bound = 0.12  # six decimals in the fixture
    assert off(read({"lat": lat, "lon": lon})) < bound
    assert off(read({"Vĩ độ": [t.replace(".", ",") for t in lat], "Kinh độ": [t.replace(".", ",") for t in lon]})) < bound
    assert off(read({"Tọa độ": [f"{a}, {b}" for a, b in zip(lat, lon, strict=True)]})) < bound
    assert off(read({"X": lon, "Y": lat}, "Tọa độ WGS84")) < bound


def test_degrees_on_the_old_datum_are_224_m_away_unless_somebody_says_so():
    own = truth().to_crs("EPSG:4756")
    table = {"Vĩ độ": [f"{p.y:.9f}" for p in own], "Kinh độ": [f"{p.x:.9f}" for p in own]}
    assert off(read(table, "Hệ tọa độ VN-2000")) < 0.002
    assert off(read(table, crs="EPSG:4756")) < 0.002
    silent = read(table)
    assert 220 < off(silent) < 228
    assert any("224 m" in d.said for d in silent.attrs["plangeo"]["decisions"])


def test_case_1_of_the_fact_base():
    frame = read({"X": ["2417140.524"], "Y": ["449158.033"]}, crs="EPSG:9215").to_crs("EPSG:4326")
    assert (frame.geometry[0].x, frame.geometry[0].y) == pytest.approx((106.76, 21.85), abs=1e-8)


@pytest.mark.parametrize("note", [NOTES[9215], ""])
def test_case_2_of_the_fact_base_the_swap_is_told(note):
    crs = None if note else "EPSG:9215"
    for table in ({"X": ["449158.033"], "Y": ["2417140.524"]}, {"Tọa độ": ["X=449158.033; Y=2417140.524"]}):
        frame = read(table, note, crs)
        told = frame.attrs["plangeo"]
        assert (frame.geometry[0].x, frame.geometry[0].y) == (449158.033, 2417140.524)
        assert any("northings" in n for n in told["notes"])
        assert any(d.topic == "column" and "northings" in d.said for d in told["decisions"])


def test_the_same_numbers_in_a_contradicted_system_are_refused():
    with pytest.raises(CrsError, match=r"EPSG:9215.*EPSG:5897"):
        read({"X": ["2417140.524"], "Y": ["449158.033"]}, NOTES[9215], "EPSG:5897")
