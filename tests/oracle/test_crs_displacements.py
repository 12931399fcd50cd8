"""Thirty-four ways to mistake a coordinate system, each with the displacement another program measured.

``crs_displacements.csv``: a point at 21.85° N 106.76° E written in one system and read in another (PROJ 9.5.1). The doctor
must find the true system where a map of communes can tell, with that displacement, and say that it cannot decide elsewhere.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from plangeo.crsdoctor.examination import FAR_M, Diagnosis, Score, examine
from plangeo.profiles import load_profile

HERE = Path(__file__).parent
SHARED = HERE.parents[1].parent / "shared"
COMMUNES = SHARED / "data/vn_langson/langson_communes_2025.gpkg"
VN = load_profile("vn")
POINT = (106.76, 21.85)
SHIFTS = "-191.90441429,-39.30318279,-111.45032835"
TM = "+proj=tmerc +lat_0=0 +lon_0=107.25 +k=0.9999 +x_0=500000 +y_0=0 +units=m +no_defs +type=crs"


def _rows() -> list[Any]:
    with (HERE / "crs_displacements.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [pytest.param(row, id=f"{row['written_as']} read as {row['read_as']}") for row in rows]


def _rescaled(scale: float) -> pyproj.CRS:
    """EPSG:9215 with another scale factor: the system of a file, without a code."""
    told = json.loads(pyproj.CRS("EPSG:9215").to_json())
    told.pop("id")
    told["conversion"].pop("id", None)
    for parameter in told["conversion"]["parameters"]:
        if "Scale" in parameter["name"]:
            parameter["value"] = scale
    return pyproj.CRS.from_json_dict(told)


def _read_as(text: str) -> pyproj.CRS:
    if text.startswith("EPSG:"):
        return pyproj.CRS(text.split()[0])
    own = {
        "tmerc 107.25 on WGS84": f"{TM} +datum=WGS84",
        # the registers' own mistake: proj4 wants the opposite signs of the rotations the circular prints
        "proj4 +towgs84 printed rotation signs": f"{TM} +ellps=WGS84 +towgs84={SHIFTS},-0.00928836,0.01975479,-0.00427372,0.252906278",
        "proj4 +towgs84 flipped rotation signs": f"{TM} +ellps=WGS84 +towgs84={SHIFTS},0.00928836,-0.01975479,0.00427372,0.252906278",
        "proj4 +towgs84 3 params": f"{TM} +ellps=WGS84 +towgs84={SHIFTS}",
    }
    return pyproj.CRS(own[text]) if text in own else _rescaled(float(text.removeprefix("k=")))


def _written(lon: Any, lat: Any, code: str, swapped: bool) -> tuple[Any, Any]:
    x, y = pyproj.Transformer.from_crs(4326, code, always_xy=True, allow_ballpark=False).transform(np.array(lon), np.array(lat))
    return (y, x) if swapped else (x, y)


def _communes() -> gpd.GeoDataFrame:
    """Twenty-five square communes of a tenth of a degree around the point, which lies in the middle of none of their borders."""
    rows = []
    for i in range(5):
        for j in range(5):
            box = shapely.box(106.5 + i / 10, 21.6 + j / 10, 106.6 + i / 10, 21.7 + j / 10)
            rows.append({"district_id": f"{i}{j}", "district_name": f"Xã Thử {'ABCDE'[i]}{'ABCDE'[j]}", "geometry": box})
    return gpd.GeoDataFrame(rows, crs="EPSG:4326")


def _of(found: Diagnosis, code: str, swapped: bool) -> Score:
    return next(s for s in found.scores if s.reading.code == code and s.reading.swapped == swapped)


def _candidates(found: Diagnosis) -> list[Score]:
    """The best reading and those that the data cannot tell from it."""
    assert found.best is not None
    return [found.best, *(a.score for a in found.alike)]


@pytest.mark.parametrize("row", _rows())
def test_displacement_of_the_point(row: dict[str, str]) -> None:
    swapped = "swapped" in row["case"]
    x, y = _written([POINT[0]], [POINT[1]], row["written_as"], swapped)
    found = examine(x, y, _read_as(row["read_as"]), VN, _communes(), ["Xã Thử CC"])
    assert found.in_use is not None
    wanted = float(row["displacement_m"])
    (lon,), (lat,) = found.in_use.lonlat
    assert (lon, lat) == pytest.approx((float(row["read_lon"]), float(row["read_lat"])), abs=2e-6)
    if row["read_as"] == row["written_as"]:
        return
    true = _of(found, row["written_as"], swapped)
    assert true.move_m == pytest.approx(wanted, abs=max(0.01, wanted * 1e-7))
    (tlon,), (tlat,) = true.lonlat
    azimuth = pyproj.Geod(ellps="WGS84").inv(tlon, tlat, lon, lat)[0] % 360
    if wanted > 0.1:
        assert abs((azimuth - float(row["azimuth_deg"]) + 180) % 360 - 180) < 0.5
    if wanted >= FAR_M:  # one site that says where it lies is enough to name the true system, or its near kin
        assert not found.kept
        assert found.proposed in _candidates(found)
        assert any(s is true for s in _candidates(found))


@pytest.mark.parametrize("row", _rows())
def test_a_register_is_diagnosed_or_left_open(row: dict[str, str]) -> None:
    districts = _communes()
    middles = districts.geometry.centroid if districts.crs is None else shapely.centroid(districts.geometry.to_numpy())
    lon, lat = shapely.get_x(middles), shapely.get_y(middles)
    swapped = "swapped" in row["case"]
    x, y = _written(lon, lat, row["written_as"], swapped)
    found = examine(x, y, _read_as(row["read_as"]), VN, districts, districts["district_name"].tolist())
    true = _of(found, row["written_as"], swapped)
    assert any(s is true for s in _candidates(found))
    assert int(true.declared.sum()) == 25
    if float(row["displacement_m"]) >= FAR_M:
        assert found.contradicted
        assert found.proposed is not None
        assert found.proposed.reading.code in {s.reading.code for s in _candidates(found)}
        assert all(a.apart_m < FAR_M for a in found.alike)
    else:
        assert found.kept
        assert found.proposed is None
        assert not found.contradicted
        apart = next((a.apart_m for a in found.alike if a.score in (true, found.in_use)), None)
        assert apart == pytest.approx(float(row["displacement_m"]), abs=max(1.5, 0.01 * float(row["displacement_m"])))


@pytest.mark.skipif(not COMMUNES.exists(), reason="the shared boundary map is not on this machine")
@pytest.mark.parametrize("row", _rows())
def test_real_communes(row: dict[str, str]) -> None:
    from plangeo.sources import read_districts

    districts = read_districts(COMMUNES)
    inside = shapely.point_on_surface(districts.geometry.to_numpy())
    swapped = "swapped" in row["case"]
    x, y = _written(shapely.get_x(inside), shapely.get_y(inside), row["written_as"], swapped)
    found = examine(x, y, _read_as(row["read_as"]), VN, districts, districts["district_name"].tolist())
    assert any(s.reading.code == row["written_as"] and s.reading.swapped == swapped for s in _candidates(found))
    assert found.contradicted is (float(row["displacement_m"]) >= FAR_M)
    assert found.kept is not found.contradicted


@pytest.mark.skipif(not (SHARED / "domain/crs_fixture.csv").exists(), reason="the shared fixture is not on this machine")
def test_the_fixture_read_as_epsg_5897() -> None:
    """The same numbers tagged 5897 lie 232.58 km off; commune 05977 Đông Kinh contains the first point read as 9215."""
    from plangeo.sources import read_districts

    with (SHARED / "domain/crs_fixture.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    x, y = (np.array([float(r[c]) for r in rows]) for c in ("epsg9215_east_Y", "epsg9215_north_X"))
    declared = [r["point"].replace("task point", "05977") for r in rows]
    found = examine(x, y, pyproj.CRS(5897), VN, read_districts(COMMUNES), declared)
    assert found.proposed is not None
    assert found.proposed.reading.code == "EPSG:9215"
    assert found.proposed.declared[0]
    assert found.contradicted
    one = examine(x[:1], y[:1], pyproj.CRS(5897), VN, read_districts(COMMUNES), declared[:1])
    assert one.proposed is not None
    assert one.proposed.move_m == pytest.approx(232_580.75, abs=0.01)
    assert not one.contradicted, "one site alone may be declared wrongly; it is proposed, not shouted"
