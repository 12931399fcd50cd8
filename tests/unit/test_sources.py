"""Files become canonical tables, with a fingerprint and everything that was decided on the way."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from plangeo.errors import CrsError, InputError, LayerError
from plangeo.rawfiles import fingerprint, format_of
from plangeo.samples import sample
from plangeo.sources import open_layer, read_districts, read_register, read_sites, read_zones
from plangeo.tables import DISTRICTS, SITES, ZONES, check_table

SHARED = Path(__file__).parents[2].parent / "shared/data"


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not on this machine")
    return path


def zone_file(path: Path, **options: object) -> Path:
    frame = gpd.GeoDataFrame(
        {"code": ["LUC", "RPH"], "plan_id": ["QH", "QH"]},
        geometry=[box(450_000 + i * 100, 2_417_000, 450_100 + i * 100, 2_417_100) for i in range(2)],
        crs="EPSG:9215",
    )
    frame.to_file(path, engine="pyogrio", **options)
    return path


CSV = "Mã dự án;Tên dự án;Kinh độ;Vĩ độ\nP1;Khu A;106,76;21,85\n;Khu B;106,77;21,86\nP1;Khu C;;\n"


def test_sites_from_a_table_keep_every_row_and_say_what_is_wrong(tmp_path):
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    sites = read_sites(tmp_path / "a.csv")
    check_table(sites, SITES, "sites")
    assert list(sites["site_id"]) == ["P1", "row-3", "P1#2"]
    assert list(sites["source_row"]) == [2, 3, 4]
    assert sites.geometry.notna().tolist() == [True, True, False]
    assert "duplicate_id" in sites["problem"][2]
    assert sites["Mã dự án"].tolist() == ["P1", "", "P1"]


def test_fingerprint_tells_the_file_and_fits_into_json(tmp_path):
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    told = read_sites(tmp_path / "a.csv").attrs["plangeo"]
    json.dumps(told)
    assert told["fingerprint"]["role"] == "sites"
    assert told["fingerprint"]["name"] == "a.csv"
    assert told["fingerprint"]["rows"] == 3
    assert told["fingerprint"]["sha256"] == hashlib.sha256((tmp_path / "a.csv").read_bytes()).hexdigest()


def test_fingerprint_of_a_shapefile_changes_with_its_attributes(tmp_path):
    path = zone_file(tmp_path / "zones.shp")
    before = read_zones(path).attrs["plangeo"]["fingerprint"]["sha256"]
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"RPH", b"RSX"))
    assert read_zones(path).attrs["plangeo"]["fingerprint"]["sha256"] != before
    assert fingerprint([path]) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_zones_districts_and_their_contracts(tmp_path):
    zones = read_zones(zone_file(tmp_path / "zones.gpkg"), plan_id="QH-2030")
    check_table(zones, ZONES, "zones")
    assert list(zones["zone_code"]) == ["LUC", "RPH"]
    assert set(zones["plan_id"]) == {"QH-2030"}
    districts = read_districts(zone_file(tmp_path / "d.gpkg"), columns={"code": "district_name"})
    check_table(districts, DISTRICTS, "districts")
    assert list(districts["district_name"]) == ["LUC", "RPH"]


def test_zones_from_a_table_of_wkt(tmp_path):
    (tmp_path / "z.csv").write_text('code,wkt\nLUC,"POLYGON ((0 0, 1 0, 1 1, 0 0))"\nRPH,nonsense\n')
    zones = read_zones(tmp_path / "z.csv", crs="EPSG:9215")
    assert zones.geometry.notna().tolist() == [True, False]
    assert zones["problem"][1]
    with pytest.raises(CrsError):
        read_zones(tmp_path / "z.csv")
    (tmp_path / "list.csv").write_text("code,name\nLUC,a\n")
    with pytest.raises(InputError, match="no geometry"):
        read_zones(tmp_path / "list.csv")


def test_a_record_that_cannot_be_read_stays_a_row_with_its_cause(tmp_path):
    ring = [[106.7, 21.8], [106.71, 21.8], [106.71, 21.81], [106.7, 21.805]]
    feature = {
        "type": "Feature",
        "properties": {"id": "A", "problem": "chờ duyệt"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    (tmp_path / "p.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    sites = read_sites(tmp_path / "p.geojson")
    assert sites["problem"][0].startswith("invalid_geometry")
    assert "bbox 106.7" in sites["problem"][0]
    assert sites["problem_raw"][0] == "chờ duyệt"


def test_register_needs_no_place(tmp_path):
    (tmp_path / "a.csv").write_text("Mã dự án,Tên dự án\nP1,Khu A\n", encoding="utf-8")
    register = read_register(tmp_path / "a.csv")
    assert "geometry" not in register
    assert register[["site_id", "name"]].iloc[0].tolist() == ["P1", "Khu A"]
    assert register.attrs["plangeo"]["fingerprint"]["role"] == "register"


def test_zipped_shapefile(tmp_path):
    path = zone_file(tmp_path / "zones.shp")
    with zipfile.ZipFile(tmp_path / "zones.zip", "w") as archive:
        for part in tmp_path.glob("zones.*"):
            if part.suffix != ".zip":
                archive.write(part, f"folder/{part.name}")
    zones = read_zones(tmp_path / "zones.zip")
    assert len(zones) == 2
    assert zones.attrs["plangeo"]["fingerprint"]["name"] == "zones.zip"
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for part in path.parent.glob("zones.[sdp]*"):
            archive.write(part, f"a{part.suffix}")
            archive.write(part, f"b{part.suffix}")
    with pytest.raises(InputError, match="'a', 'b'"):
        read_zones(tmp_path / "two.zip")
    assert len(read_zones(tmp_path / "two.zip", layer="b")) == 2
    with zipfile.ZipFile(tmp_path / "bare.zip", "w") as archive:
        for suffix in (".shp", ".shx", ".dbf"):
            archive.write(path.with_suffix(suffix), f"p{suffix}")
    with pytest.raises(CrsError, match=r"bare\.zip"):
        read_zones(tmp_path / "bare.zip")


def test_exclamation_mark_in_a_name_is_no_border_of_an_archive(tmp_path):
    zone_file(tmp_path / "zones.shp")
    for part in list(tmp_path.glob("zones.*")):
        part.rename(tmp_path / f"new!{part.suffix}")
    assert len(read_zones(tmp_path / "new!.shp")) == 2


def test_reading_leaves_the_folder_as_it_was(tmp_path):
    for suffix in ("gpkg", "gml", "geojson", "fgb"):
        zone_file(tmp_path / f"z.{suffix}")
    for beside in ("z.gfs", "z.xsd"):
        (tmp_path / beside).unlink(missing_ok=True)
    before = sorted(os.listdir(tmp_path))
    for name in before:
        read_zones(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == before


def test_open_layer_dispatches_and_passes_frames_through(tmp_path):
    zones = open_layer("zones", zone_file(tmp_path / "z.gpkg"), plan_id="X")
    assert set(zones["plan_id"]) == {"X"}
    assert open_layer("zones", zones) is zones
    frame = gpd.GeoDataFrame({"name": ["Xã A"]}, geometry=[Point(0, 0).buffer(1)], crs="EPSG:9215")
    assert list(open_layer("districts", frame)["district_name"]) == ["Xã A"]
    relics = open_layer("relics", frame)  # any other name: features a requirement may speak of
    assert relics[["feature_id", "name"]].values.tolist() == [["1", "Xã A"]]
    assert open_layer("relics", relics) is relics
    with pytest.raises(LayerError, match="relics"):
        open_layer("relics", None)


def test_unknown_names_are_refused_with_the_known_ones(tmp_path):
    with pytest.raises(InputError, match=r"\.gpkg"):
        format_of(Path("a.xyz"))
    with pytest.raises(InputError, match="DXF"):
        format_of(Path("plan.dwg"))
    with pytest.raises(InputError, match="no such file"):
        read_sites(tmp_path / "missing.csv")
    with pytest.raises(InputError, match="address"):
        read_zones("https://example.org/zones.gpkg")


def test_bad_files_are_refused_or_kept_as_rows_never_lost():
    manifest = shared("bad/manifest.csv")
    import csv

    with manifest.open(encoding="utf-8") as stream:
        rows = [r for r in csv.DictReader(stream) if r["role"] in ("projects", "zones")]
    for row in rows:
        reader = read_zones if row["role"] == "zones" else read_sites
        crs = {"crs": "EPSG:3405"} if row["file"].endswith("deep_nested_gc.csv") else {}
        if row["expect"] == "refuse":
            with pytest.raises(InputError) as refused:
                reader(manifest.parent / row["file"], **crs)
            assert Path(row["file"]).stem in str(refused.value), row["file"]
            continue
        try:
            frame = reader(manifest.parent / row["file"], **crs)
        except InputError:
            assert "refuse" in row["expect"], row["file"]
            continue
        kind, _, wanted = row["expect"].partition(":")
        if kind in ("accept", "accept_warn") and wanted.isdigit():
            assert len(frame) == int(wanted), row["file"]
        if kind.startswith("quarantine"):
            for name in wanted.split(","):
                hit = frame[frame["site_id"] == name].iloc[0]
                assert hit["problem"] or hit["repaired"], row["file"]


def test_reading_writes_nothing_beside_the_file(tmp_path):
    copy = tmp_path / "zones.gpkg"
    copy.write_bytes(sample("zones.gpkg").read_bytes())
    read_zones(copy)
    assert [p.name for p in tmp_path.iterdir()] == ["zones.gpkg"]
