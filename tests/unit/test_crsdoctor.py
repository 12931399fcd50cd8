"""The CRS doctor on files as officers have them: what it finds, what it leaves open, what it says, what it writes."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.cli import run
from plangeo.crsdoctor.crsadvice import metres
from plangeo.crsdoctor.crsconsultation import Consultation, consult, write_copy
from plangeo.crsdoctor.crsreadings import Reading, from_sexagesimal, lost_datum
from plangeo.crsdoctor.examination import declared_units, examine, told_apart
from plangeo.errors import InputError
from plangeo.geometry import as_crs
from plangeo.profiles import load_profile
from plangeo.sources import read_sites, read_zones

VN = load_profile("vn")
NAMES = ["Phường Đông Kinh", "Xã Hội Hoan", "Xã Thất Khê", "Xã Văn Lãng", "Xã Na Sầm", "Xã Bình Gia"]


@pytest.fixture(scope="module")
def communes() -> gpd.GeoDataFrame:
    """Six square communes of a tenth of a degree, two rows of three."""
    boxes = [shapely.box(106.5 + i / 10, 21.7 + j / 10, 106.6 + i / 10, 21.8 + j / 10) for j in range(2) for i in range(3)]
    ids = [f"{n:05d}" for n in range(len(boxes))]
    return gpd.GeoDataFrame({"district_id": ids, "district_name": NAMES}, geometry=boxes, crs="EPSG:4326")


@pytest.fixture(scope="module")
def map_file(communes: gpd.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "communes.gpkg"
    communes.to_file(path)
    return path


@pytest.fixture(scope="module")
def truth() -> gpd.GeoDataFrame:
    """Eighteen projects, three in each commune, in degrees on WGS 84."""
    rows = [
        {
            "Mã": f"P{i}{k}",
            "Tên dự án": "Chợ",
            "Địa điểm": name,
            "lon": 106.53 + (i % 3) / 10 + k / 100,
            "lat": 21.74 + (i // 3) / 10 + k / 100,
        }
        for i, name in enumerate(NAMES)
        for k in range(3)
    ]
    table = pd.DataFrame(rows)
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326")


def _list(
    truth: gpd.GeoDataFrame, path: Path, code: str, x: str = "Tọa độ X (m)", y: str = "Tọa độ Y (m)", offset: float = 0.0
) -> Path:
    """Write a register as offices do: X is the northing."""
    moved = truth.to_crs(code).geometry
    table = pd.DataFrame(truth.drop(columns=["geometry", "lon", "lat"]))
    table[x], table[y] = moved.y.round(3), (moved.x + offset).round(3)
    table.to_csv(path, index=False)
    return path


def _ask(path: Path, **given: Any) -> Consultation:
    return consult(path, **given)


def _best(told: Consultation) -> Reading:
    assert told.found.best is not None
    return told.found.best.reading


def test_a_register_that_states_nothing_is_read_and_diagnosed(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    told = _ask(_list(truth, tmp_path / "list.csv", "EPSG:9215"), districts=map_file)
    assert _best(told).code == "EPSG:9215"
    assert "coordinate system stated: none" in told.text
    assert "18 of 18 sites lie in the unit they declare" in told.text
    assert f"plangeo assess {tmp_path / 'list.csv'} --crs sites=EPSG:9215" in told.text
    assert not told.healthy


def test_a_wrong_meridian_is_named_with_its_margin_and_distance(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    told = _ask(_list(truth, tmp_path / "list.csv", "EPSG:9215"), districts=map_file, crs="sites=EPSG:9214")
    assert told.found.contradicted
    assert "do not fit EPSG:9214 VN-2000 / TM-3 107-00 (stated by --crs): 0 of 18" in told.text
    assert "moves the sites by 25.8" in told.text
    assert "to the E (median)" in told.text
    assert "0 sites in their declared unit, 18 fewer than EPSG:9215" in " ".join(told.text.split())


def test_what_fits_is_kept(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    told = _ask(_list(truth, tmp_path / "list.csv", "EPSG:9215"), districts=map_file, crs="EPSG:9215")
    assert told.healthy
    assert "Nothing here speaks against EPSG:9215" in told.text
    assert "To accept" not in told.text


def test_columns_exchanged_are_found_and_the_command_exchanges_them(
    truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path
) -> None:
    path = _list(truth, tmp_path / "list.csv", "EPSG:9215", x="Tọa độ Y (m)", y="Tọa độ X (m)")
    told = _ask(path, districts=map_file, crs="EPSG:9215")
    assert _best(told).swapped
    assert "--map 'Tọa độ X (m)=east' --map 'Tọa độ Y (m)=north' --crs sites=EPSG:9215" in told.text
    sites = read_sites(path, crs="EPSG:9215", columns={"Tọa độ X (m)": "east", "Tọa độ Y (m)": "north"})
    assert sites.to_crs(4326).geometry.x.between(106, 107).all()


def test_a_zone_number_before_the_easting(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    told = _ask(_list(truth, tmp_path / "old.csv", "EPSG:2044"), districts=map_file)
    assert _best(told).code == "EPSG:2044"
    assert _best(told).plain
    assert {a.score.reading.code for a in told.found.alike} == {"EPSG:3405", "EPSG:5897", "EPSG:32648"}
    bare = _ask(_list(truth, tmp_path / "bare.csv", "EPSG:2044", offset=-18e6), districts=map_file)
    assert any(s.reading.code == "EPSG:2044" and s.reading.offset == 18e6 and s.declared.all() for s in bare.found.scores)
    far = _ask(_list(truth, tmp_path / "48.csv", "EPSG:3405", offset=48e6), districts=map_file, header_row=1)
    assert _best(far).offset == -48e6
    assert "zone number 48 taken off the easting" in far.text
    assert f"--header-row 1 --districts {map_file} --accept 1 --out corrected.gpkg" in far.text


def test_degrees_typed_with_minutes_and_seconds_as_decimals(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    def typed(values: pd.Series) -> pd.Series:
        seconds = (values * 3600).round()
        return (seconds // 3600 + seconds % 3600 // 60 / 100 + seconds % 60 / 10_000).round(4)

    table = pd.DataFrame({"Địa điểm": truth["Địa điểm"], "Vĩ độ": typed(truth["lat"]), "Kinh độ": typed(truth["lon"])})
    table.to_csv(tmp_path / "dms.csv", index=False)
    told = _ask(tmp_path / "dms.csv", districts=map_file)
    assert _best(told).sexagesimal
    assert "Suspicion: degrees were typed as DD.MMSS" in told.text


def test_swapped_degrees_are_written_out_right_on_request_only(truth: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "swapped.geojson"
    table = truth.drop(columns=["lon", "lat"])
    table.set_geometry(gpd.points_from_xy(truth["lat"], truth["lon"]), crs="EPSG:4326").to_file(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"plangeo doctor swapped\.geojson"):
        read_sites(path)
    told = _ask(path)  # the axes are plain without any map
    assert _best(told).swapped
    assert told.found.proposed is not None
    said = write_copy(told, 1, tmp_path / "right.gpkg")
    assert "18 rows" in said
    assert path.read_bytes() == before
    right = read_sites(tmp_path / "right.gpkg")
    assert np.allclose(right.geometry.x, truth["lon"])
    assert right["declared_district"].tolist() == truth["Địa điểm"].tolist()
    with pytest.raises(InputError, match="nothing is overwritten"):
        write_copy(told, 1, tmp_path / "right.gpkg")
    with pytest.raises(InputError, match="the table has"):
        write_copy(told, 99, tmp_path / "other.gpkg")


def test_a_shapefile_without_prj(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "bare.shp"
    truth.to_crs("EPSG:3405").rename(columns={"Địa điểm": "dia_diem"})[["dia_diem", "geometry"]].to_file(path)
    path.with_suffix(".prj").unlink()
    told = _ask(path, districts=map_file)
    assert told.found.proposed is not None
    near = {s.score.reading.code for s in told.found.alike} | {_best(told).code}
    assert {"EPSG:3405", "EPSG:5897", "EPSG:32648"} <= near
    assert "What would decide" in told.text
    assert re.search(r"differs by 72\d m", told.text)
    path.with_suffix(".prj").write_text("HELLO WORLD", encoding="ascii")
    assert _ask(path, districts=map_file).found.in_use is None


def test_without_a_map_nothing_is_claimed(truth: gpd.GeoDataFrame, tmp_path: Path) -> None:
    told = _ask(_list(truth, tmp_path / "list.csv", "EPSG:9215"))
    assert told.found.proposed is None
    assert "nothing here says which" in told.text
    assert "--districts communes.gpkg" in told.text
    assert "To accept" not in told.text


def test_a_list_of_another_place_gets_no_proposal(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    table = pd.read_csv(_list(truth, tmp_path / "list.csv", "EPSG:9215"))
    table["Địa điểm"] = np.roll(table["Địa điểm"], 7)  # no commune is right
    table.to_csv(tmp_path / "rolled.csv", index=False)
    told = _ask(tmp_path / "rolled.csv", districts=map_file, crs="EPSG:9215")
    assert told.found.proposed is None


def test_two_systems_in_one_list(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    one, other = (pd.read_csv(_list(truth, tmp_path / f"{c}.csv", f"EPSG:{c}")) for c in (9215, 9213))
    pd.concat([one.iloc[:12], other.iloc[12:]]).to_csv(tmp_path / "mixed.csv", index=False)
    told = _ask(tmp_path / "mixed.csv", districts=map_file, crs="EPSG:9215")
    assert told.found.rest is not None
    other_score, explained, count = told.found.rest
    assert (other_score.reading.code, explained, count) == ("EPSG:9213", 6, 6)
    assert "Two systems in one list?" in told.text


def test_a_mapinfo_table_written_from_vn2000_lost_its_datum(truth: gpd.GeoDataFrame, tmp_path: Path) -> None:
    frame = truth.to_crs("EPSG:9215").rename(columns={"Mã": "ma_dat"})[["ma_dat", "geometry"]]
    path = tmp_path / "plan.tab"
    pyogrio.write_dataframe(frame, path, driver="MapInfo File")
    for read in (read_sites, read_zones):
        about = read(path).attrs["plangeo"]
        assert any("Datum lost" in n and "EPSG:9215" in n and "224 m" in n for n in about["notes"])
        assert any(d.topic == "crs" and "224 m" in d.said for d in about["decisions"])
    told = _ask(path)
    assert "Datum lost" in told.text
    assert not told.healthy
    assert not [n for n in read_sites(path, crs="EPSG:9215").attrs["plangeo"]["notes"] if "Datum lost" in n]


UNKNOWN = (
    'PROJCS["x",GEOGCS["g",DATUM["D_unknown",SPHEROID["WGS84",6378137,298.257223563]{towgs}],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],'
    'PARAMETER["central_meridian",107.25],PARAMETER["scale_factor",0.9999],PARAMETER["false_easting",500000],'
    'PARAMETER["false_northing",0],UNIT["metre",1]]'
)


@pytest.mark.parametrize("towgs", ["", ",TOWGS84[-191.9,-39.3,-111.45,0.0093,-0.0198,0.0043,0.2529]"])
def test_a_prj_without_its_datum(towgs: str) -> None:
    """With an unknown datum PROJ ignores TOWGS84 as well, so that the places are 224 m off either way."""
    crs = pyproj.CRS(UNKNOWN.format(towgs=towgs))
    reading = lost_datum(crs, VN)
    assert reading is not None
    assert reading.code == "EPSG:9215"
    x, y = np.array([449158.033]), np.array([2417140.524])
    found = examine(x, y, crs, VN)
    assert found.in_use is not None
    near = next(s for s in found.scores if s.reading.code == "EPSG:9215" and s.reading.plain)
    assert near.move_m == pytest.approx(224.25, abs=0.01)


@pytest.mark.parametrize("code", ["EPSG:9215", "EPSG:32648", "EPSG:4326", "EPSG:2044", "EPSG:3435"])
def test_systems_with_a_code_mean_what_they_say(code: str) -> None:
    assert lost_datum(code, VN) is None


def test_wgs84_utm_under_another_name_is_no_lost_datum() -> None:
    assert lost_datum("+proj=utm +zone=48 +datum=WGS84 +type=crs", VN) is None
    assert lost_datum("+proj=tmerc +lon_0=107.25 +k=0.9999 +x_0=500000 +datum=WGS84 +type=crs", VN) is not None


def test_two_thousand_sites_are_compared_with_every_reading(communes: gpd.GeoDataFrame) -> None:
    spread = np.random.default_rng(3)
    lon, lat = spread.uniform(106.5, 106.8, 2000), spread.uniform(21.7, 21.9, 2000)
    at = (((lat - 21.7) * 10).astype(int) * 3 + ((lon - 106.5) * 10).astype(int)).clip(0, 5)
    x, y = pyproj.Transformer.from_crs(4326, 5897, always_xy=True).transform(lon, lat)
    found = examine(x, y, as_crs("EPSG:3405"), VN, communes, [NAMES[i] for i in at])
    assert found.kept, "727 m are not decided by the borders of communes"
    assert found.best is not None
    assert found.best.reading.code == "EPSG:5897"
    hint = next(a for a in found.alike if a.score is found.in_use)
    assert hint.leans
    assert hint.against > 20
    assert hint.favour == 0
    assert 0 < hint.near <= 2000


def test_rows_without_numbers_are_counted_not_lost(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    table = pd.read_csv(_list(truth, tmp_path / "list.csv", "EPSG:9215"), dtype=str)
    table.loc[3, "Tọa độ X (m)"] = "chưa có"
    table.to_csv(tmp_path / "gap.csv", index=False)
    told = _ask(tmp_path / "gap.csv", districts=map_file)
    assert (told.found.rows, told.found.placed) == (18, 17)
    assert "18 rows, 17 with coordinates" in told.text


def test_a_row_with_its_axes_exchanged_is_named(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    table = pd.read_csv(_list(truth, tmp_path / "list.csv", "EPSG:9215"))
    x, y = "Tọa độ X (m)", "Tọa độ Y (m)"
    table.loc[4, [x, y]] = table.loc[4, [y, x]].to_numpy()
    table.to_csv(tmp_path / "one.csv", index=False)
    told = _ask(tmp_path / "one.csv", districts=map_file, crs="EPSG:9215")
    assert told.found.outside() == [(4, True)]
    assert "with X and Y exchanged in that row alone, inside: row 6." in " ".join(told.text.split())


def test_a_boundary_map_may_lack_its_system_or_its_datum(
    truth: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = _list(truth, tmp_path / "list.csv", "EPSG:9215")
    named = communes.rename(columns={"district_id": "ma_xa", "district_name": "name"}).to_crs("EPSG:9215")
    named.to_file(tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    told = _ask(path, districts=tmp_path / "bare.shp", districts_crs="EPSG:9215")
    assert _best(told).code == "EPSG:9215"
    pyogrio.write_dataframe(named[["ma_xa", "name", "geometry"]], tmp_path / "lost.tab", driver="MapInfo File")
    lost = _ask(path, districts=tmp_path / "lost.tab", crs="EPSG:9215")
    assert "The boundary map: Datum lost" in " ".join(lost.text.split())
    assert not lost.healthy


def test_a_row_that_fits_only_exchanged_is_no_rival_system(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path) -> None:
    table = pd.read_csv(_list(truth, tmp_path / "list.csv", "EPSG:9215")).head(6).drop(columns="Địa điểm")
    x, y = "Tọa độ X (m)", "Tọa độ Y (m)"
    table.loc[4, [x, y]] = table.loc[4, [y, x]].tolist()
    table.to_csv(tmp_path / "one.csv", index=False)
    told = " ".join(_ask(tmp_path / "one.csv", districts=map_file).text.split())
    assert "Row 6 fits only with X and Y exchanged: correct that row." in told
    assert "X/Y exchanged): differs by" not in told


def test_a_sentence_on_the_sheet_states_the_system_and_is_told_once(
    truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path
) -> None:
    lines = _list(truth, tmp_path / "list.csv", "EPSG:9215").read_text(encoding="utf-8")
    titled = 'DANH MỤC NĂM 2025,,,,\n"Hệ tọa độ VN-2000, kinh tuyến trục 107°15\', múi chiếu 3°",,,,\n' + lines
    (tmp_path / "titled.csv").write_text(titled, encoding="utf-8")
    told = _ask(tmp_path / "titled.csv", districts=map_file, header_row=3)
    assert "coordinate system stated: EPSG:9215 VN-2000 / TM-3 107-15 (by the sentence in row 2)" in told.text
    assert told.text.count('múi chiếu 3°"') + told.text.count("múi chiếu 3°'") + told.text.count("múi chiếu 3°\n") == 1
    assert told.healthy


def test_old_names_are_followed_at_the_day_of_the_list(tmp_path: Path) -> None:
    units = VN.units
    assert units is not None
    unit = next(u for u in units.units.values() if u.title == "Thị trấn Đồng Đăng")
    shapes = [shapely.box(106.6 + i / 100, 21.8, 106.61 + i / 100, 21.81) for i in range(100)]
    now = [u for u in units.units.values() if u.level == units.leaf and u.valid_to is None and not u.stale]
    table = gpd.GeoDataFrame(
        {"district_id": [u.code for u in now], "district_name": [u.title for u in now]}, geometry=shapes[: len(now)], crs=4326
    )
    table.to_file(tmp_path / "now.gpkg")
    at = shapes[next(n for n, u in enumerate(now) if u.title == "Xã Đồng Đăng")].centroid
    (tmp_path / "old.csv").write_text(
        f"Tên dự án;Địa điểm;Kinh độ;Vĩ độ\nChợ;{unit.title}, huyện Cao Lộc;{at.x};{at.y}\n", "utf-8"
    )
    told = _ask(tmp_path / "old.csv", districts=tmp_path / "now.gpkg", list_date="2024-12-31")
    assert told.found.asked == 1
    assert told.found.in_use is not None
    assert told.found.in_use.declared.all()


def test_names_are_matched_mildly() -> None:
    units = [("05977", "Phường Đông Kinh"), ("1", "Xã Tân Tiến"), ("2", "Xã Tân Tiến"), ("3#2", "Xã Hội Hoan")]
    texts = ["P. ĐÔNG KINH, tỉnh Lạng Sơn", "05977", "xa tan tien", "Hội Hoan", "Xã Không Có", ""]
    found = declared_units([(text, "", "") for text in texts], units)
    assert [np.flatnonzero(found[:, i]).tolist() for i in range(len(texts))] == [[0], [0], [1, 2], [3], [], []]


@given(against=st.integers(0, 300), favour=st.integers(0, 300), apart=st.floats(0, 1e6))
def test_telling_apart_is_monotone(against: int, favour: int, apart: float) -> None:
    told = told_apart(against, favour, apart)
    assert not (told and against <= favour)
    assert not (told and apart < 2000)
    assert not told or told_apart(against + 1, favour, apart)


@given(st.integers(-179, 179), st.integers(0, 59), st.integers(0, 59))
def test_sexagesimal_numbers_are_read_as_typed(degree: int, minute: int, second: int) -> None:
    sign = -1 if degree < 0 else 1
    typed = sign * (abs(degree) + minute / 100 + second / 10_000)
    read = from_sexagesimal(np.array([round(typed, 4)]))[0]
    if degree or typed > 0:
        assert read == pytest.approx(sign * (abs(degree) + minute / 60 + second / 3600), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(lon=st.floats(103, 109), lat=st.floats(9, 23), code=st.sampled_from([c for c in VN.crs_readings if c != "EPSG:3406"]))
def test_every_reading_returns_what_was_projected(lon: float, lat: float, code: str) -> None:
    """An independent way there and back: PROJ's own pipeline by codes, whatever zone the point lies in."""
    base = as_crs(code).geodetic_crs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        there = pyproj.transformer.TransformerGroup(4326, base, always_xy=True, allow_ballpark=False).transformers[0]
    dlon, dlat = there.transform(lon, lat)
    x, y = pyproj.Transformer.from_crs(base, code, always_xy=True).transform(dlon, dlat)
    back = Reading(as_crs(code)).lonlat(np.array([x]), np.array([y]))
    assert (back[0][0], back[1][0]) == pytest.approx((lon, lat), abs=2e-8)


def test_numbers_that_are_no_place_are_no_place() -> None:
    lon, _ = Reading(as_crs("EPSG:9215")).lonlat(np.array([1e30, np.inf]), np.array([0.0, 1.0]))
    assert not np.isfinite(lon).any()
    assert metres(float("inf")) == "nowhere"
    empty = examine(np.array([np.nan]), np.array([np.nan]), None, VN)
    assert empty.best is None
    assert not empty.kept


def test_the_command(truth: gpd.GeoDataFrame, map_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _list(truth, tmp_path / "list.csv", "EPSG:9215")
    assert run(["doctor", str(path), "--districts", str(map_file), "--crs", "EPSG:9215"]) == 0
    assert run(["doctor", str(path), "--districts", str(map_file), "--crs", "EPSG:5897"]) == 1
    assert "EPSG:9215" in capsys.readouterr().out
    assert run(["doctor", str(path), "--accept", "1"]) == 2
    assert "go together" in capsys.readouterr().err
    (tmp_path / "words.csv").write_text("Tên,Xã\na,b\n", encoding="utf-8")
    assert run(["doctor", str(tmp_path / "words.csv")]) == 2
    assert "no columns with coordinates" in capsys.readouterr().err
    target = tmp_path / "copy.gpkg"
    assert run(["doctor", str(path), "--districts", str(map_file), "--accept", "1", "--out", str(target)]) == 1
    assert len(gpd.read_file(target)) == 18


BAD = Path(__file__).parents[2].parent / "shared/data/bad/03_crs"


@pytest.mark.skipif(not BAD.exists(), reason="the shared set of bad inputs is not on this machine")
def test_refusals_of_the_bad_set_point_to_the_doctor_who_can_read_it() -> None:
    for name in ("garbage_prj.shp", "swapped_axes.geojson"):
        with pytest.raises(InputError, match=f"plangeo doctor {name}"):
            read_sites(BAD / name)
    garbage = consult(BAD / "garbage_prj.shp")
    assert garbage.found.in_use is None
    assert garbage.found.proposed is None
    swapped = consult(BAD / "swapped_axes.geojson")
    assert swapped.found.proposed is swapped.found.best
    assert _best(swapped).swapped
    meridian = consult(BAD / "wrong_central_meridian.gpkg")
    assert "no site lies in the area EPSG names for that system" in " ".join(meridian.text.split())
    assert any(a.score.reading.code == "EPSG:9216" for a in meridian.found.alike), "107°30' is among what a map must decide"
