"""The gate before GDAL: one way in, and a file, made here, for each way of getting past it."""

from __future__ import annotations

import ast
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely

import plangeo as pg
from plangeo.contents import describe_file
from plangeo.errors import InputError
from plangeo.formats import list_formats
from plangeo.gdalgate import NEVER, environment
from plangeo.grids.rasters import read_raster
from plangeo.inputs import Request
from plangeo.limits import Limits, limited, limits_from, limits_now
from plangeo.profiles import load_profile
from plangeo.project_file import parse_project
from plangeo.rawfiles import read_here

ROOT = Path(__file__).parents[2]
VRT = "<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
RASTER_VRT = "<VRTDataset rasterXSize='4' rasterYSize='4'><VRTRasterBand dataType='Byte' band='1'/></VRTDataset>"
WMS = "<GDAL_WMS><Service name='TMS'><ServerUrl>http://127.0.0.1:9/</ServerUrl></Service></GDAL_WMS>"
PIPELINE = '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /etc/passwd ! write a.csv"}'
POLYGLOT = '{"type": "FeatureCollection", "x": "' + VRT + '", "features": []}'


def _refused(path: Path) -> InputError:
    with pytest.raises(InputError, match=path.name) as met:
        read_here(path, Request("zones", crs="EPSG:9215"))
    return met.value


SUFFIXES = sorted({s for f in list_formats() for s in f.suffixes} - {".gdb", ".txt", ".csv", ".tsv"})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_content_under_a_false_name_is_refused(suffix: str, tmp_path: Path) -> None:
    foreign = [VRT, RASTER_VRT, WMS, PIPELINE, POLYGLOT, "%PDF-1.7\n", "\x89PNG\r\n"]
    for n, content in enumerate(foreign):
        path = tmp_path / f"a{n}{suffix}"
        path.write_text(content, "latin-1")
        if suffix in (".shp", ".tab", ".mif"):
            for beside in (".shx", ".dbf", ".dat", ".map", ".id", ".mid"):
                path.with_suffix(beside).write_bytes(b"\0" * 200)
        _refused(path)


@pytest.mark.parametrize("content", [VRT, PIPELINE, "Mã;Tên\n1;Chợ\n", "{}", "<gml/>", "GIF89a"])
def test_a_raster_is_opened_only_by_the_driver_of_its_content(content: str, tmp_path: Path) -> None:
    for suffix in (".tif", ".asc", ".img"):
        path = tmp_path / f"a{suffix}"
        path.write_text(content, "utf-8")
        with pytest.raises(InputError, match="is not a raster that plangeo reads"):
            read_raster(path, unit="metre")


@pytest.mark.parametrize("mark", ["<OGRVRTDataSource>", "<GDAL_WMS>", "<OGRWFSDataSource>", "gdal_streamed_alg"])
def test_a_mark_behind_an_honest_beginning_is_seen(mark: str, tmp_path: Path) -> None:
    """Some drivers look for their mark anywhere in the head, so honest JSON may be theirs."""
    feature = {"type": "Feature", "properties": {"name": mark}, "geometry": {"type": "Point", "coordinates": [106, 21]}}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert _refused(path).code == "file_not_its_type"


@pytest.mark.parametrize(
    "address",
    [
        "/vsicurl/http://127.0.0.1/a.gpkg",
        "/vsizip/a.zip",
        "vsistdin/",
        "http://127.0.0.1/a.geojson",
        "PG:host=127.0.0.1",
        "MySQL:x",
        "WFS:http://127.0.0.1",
        "file:///etc/passwd",
        "s3://bucket/a.parquet",
        "\\vsimem\\a.gpkg",
    ],
)
def test_addresses_are_not_followed(address: str) -> None:
    for read in (pg.read_sites, pg.read_zones, pg.read_districts, pg.read_register, read_raster):
        with pytest.raises(InputError, match="address") as met:
            read(address)
        assert met.value.code == "file_address"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.geojson")
    assert _refused(tmp_path / "a.geojson").code == "path_wrong"
    gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(450_000, 2_420_000)], crs=9215).to_file(tmp_path / "b.shp")
    (tmp_path / "b.cpg").unlink()
    os.mkfifo(tmp_path / "b.cpg")
    with pytest.raises(InputError, match=r"b\.cpg"):
        pg.read_sites(tmp_path / "b.shp")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_in_a_database_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "a.gdb"
    folder.mkdir()
    (folder / "a00000001.gdbtable").symlink_to("/etc/passwd")
    assert _refused(folder).code == "path_wrong"


def _zip(path: Path, entries: dict[str, bytes], link: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        if link:
            entry = zipfile.ZipInfo(link)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
    return path


ARCHIVES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "slip": (lambda p: _zip(p, {"../../a.csv": b"x"}), "archive_unsafe"),
    "absolute": (lambda p: _zip(p, {"/tmp/a.csv": b"x"}), "archive_unsafe"),
    "backslash": (lambda p: _zip(p, {"..\\a.csv": b"x"}), "archive_unsafe"),
    "drive": (lambda p: _zip(p, {"C:a.csv": b"x"}), "archive_unsafe"),
    "symlink": (lambda p: _zip(p, {"b.csv": b"x"}, "a.csv"), "archive_unsafe"),
    "nested": (lambda p: _zip(p, {"a.zip": b"PK"}), "archive_contents"),
    "many": (lambda p: _zip(p, {f"{n}.csv": b"" for n in range(30)}), "archive_too_large"),
    "bomb": (lambda p: _zip(p, {"a.csv": bytes(3_000_000)}), "archive_too_large"),
    "vrt inside": (lambda p: _zip(p, {"a.geojson": VRT.encode(), "doc.kml": VRT.encode()}), ""),
}


@pytest.mark.parametrize("suffix", [".zip", ".kmz"])
@pytest.mark.parametrize("attack", ARCHIVES)
def test_archives_are_unpacked_safely_or_not_at_all(attack: str, suffix: str, tmp_path: Path) -> None:
    make, code = ARCHIVES[attack]
    path = make(tmp_path / "in" / f"a{suffix}") if (tmp_path / "in").mkdir() is None else tmp_path
    before = sorted(tmp_path.rglob("*"))
    with limited({"archive_entries": 20, "archive_mb": 2}):
        fault = _refused(path)
    assert not code or fault.code == code
    assert sorted(tmp_path.rglob("*")) == before, "nothing was written beside it"


def test_each_limit_is_stated_and_can_be_raised(tmp_path: Path) -> None:
    shapes = [shapely.Point(450_000, 2_420_000).buffer(10)] * 3
    gpd.GeoDataFrame({"name": list("ABC")}, geometry=shapes, crs=9215).to_file(tmp_path / "a.gpkg")
    (tmp_path / "a.kml").write_text("<kml>" + "<Folder>" * 9 + "</Folder>" * 9 + "</kml>")
    place = {"transform": rasterio.Affine(10, 0, 450_000, 0, -10, 2_420_000), "crs": "EPSG:9215"}
    with rasterio.open(tmp_path / "a.tif", "w", driver="GTiff", width=9, height=9, count=1, dtype="float32", **place) as file:
        file.write(np.ones((1, 9, 9), "float32"))
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Mã dự án", "Tên dự án", "X", "Y"])
    book.active.append([1, "A", 2_420_000, 450_000])
    book.save(tmp_path / "a.xlsx")
    ways = [
        ("rows", 2, "a.gpkg", pg.read_sites),
        ("vertices", 10, "a.gpkg", pg.read_sites),
        ("xml_depth", 5, "a.kml", pg.read_sites),
        ("pixels", 80, "a.tif", lambda path: read_raster(path, unit="metre")),
        ("cells", 7, "a.xlsx", lambda path: pg.read_sites(path, crs="EPSG:9215")),
    ]
    for limit, value, name, read in ways:
        with limited({limit: value}), pytest.raises(InputError, match=f'limit {limit}.*PLANGEO_LIMITS="{limit}='):
            read(tmp_path / name)
    (tmp_path / "big.csv").write_bytes(b"name,x,y\n" + b"A,450000,2420000\n" * 70_000)
    with limited({"file_mb": 1}), pytest.raises(InputError, match=r"at most 1 MB are read \(limit file_mb\)"):
        pg.read_sites(tmp_path / "big.csv", crs="EPSG:9215")
    assert len(pg.read_sites(tmp_path / "a.gpkg")) == 3
    assert read_raster(tmp_path / "a.tif", unit="metre").width == 9


def test_limits_come_from_the_environment_and_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANGEO_LIMITS", " rows = 5 , seconds=60 ")
    assert limits_now() == Limits(rows=5, seconds=60)
    with limited({"rows": 7}) as now:
        assert (now.rows, now.seconds) == (7, 60)
    for wrong in ("rows", "rows=", "rows=-1", "rows=0", "rows=1e9", "rows=1_000", "mood=1"):
        with pytest.raises(InputError) as met:
            limits_from(wrong)
        assert met.value.code == "limits_malformed"
    said = "register: a.xlsx\nrulebook: r.yaml\non: 2025-07-01\n"
    assert parse_project(f"{said}limits: {{rows: 9}}\n").limits == {"rows": 9}
    assert "limits" not in parse_project(said).to_json()
    with pytest.raises(InputError, match=r"line 4: 'limits': .*mood"):
        parse_project(f"{said}limits: {{mood: 9}}\n")


_PROBE = """
import json, os
os.environ["PROJ_DATA"] = os.environ["GDAL_DATA"] = "/opt/elsewhere/share"
{first}
import plangeo.sources, plangeo.delivery.readback, plangeo.formats
from plangeo import gdalgate
plangeo.formats.list_formats()
with gdalgate.rasterio.Env() as env:
    rasters = list(env.drivers())
from rasterio.warp import transform
x = transform("EPSG:4326", "EPSG:32648", [106.0], [21.0])[0][0]
import fiona
print(json.dumps({{"vectors": list(gdalgate.pyogrio.list_drivers()), "rasters": rasters, "exposed": gdalgate.exposed(), "x": x,
    "skip": os.environ.get("GDAL_SKIP"), "data": os.environ.get("PROJ_DATA"), "network": os.environ.get("PROJ_NETWORK"),
    "schema": gdalgate.pyogrio.get_gdal_config_option("GML_DOWNLOAD_SCHEMA"),
    "curl": gdalgate.pyogrio.get_gdal_config_option("CPL_VSIL_CURL_ALLOWED_EXTENSIONS")}}))
"""


@pytest.mark.parametrize(
    "first", ["", "import geopandas, pyogrio; pyogrio.list_drivers()"], ids=["plangeo first", "geopandas first"]
)
def test_drivers_of_a_fresh_process(first: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(first=first)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    told = json.loads(done.stdout)
    never = set(NEVER["pyogrio"].split(","))
    assert not set(told["rasters"]) & never
    assert bool(set(told["vectors"]) & never) is bool(first) is bool(told["exposed"])
    assert told["curl"] == ".none"
    assert told["schema"] in (False, "NO")
    assert told["skip"] is None, "other libraries of the process keep their environment"
    assert told["data"] is None
    expected = pyproj.Transformer.from_crs(4326, 32648, always_xy=True).transform(106, 21)[0]
    assert told["x"] == pytest.approx(expected, abs=1e-3), "data of another installation does not reach PROJ"


def test_the_environment_of_the_reader() -> None:
    given = {"PATH": "/bin", "GDAL_SKIP": "MSSQL", "PROJ_LIB": "/opt/proj", "GDAL_DATA": str(Path(sys.prefix) / "share/gdal")}
    made = environment(given)
    assert "PROJ_LIB" not in made
    assert (made["PATH"], made["GDAL_DATA"], made["PROJ_NETWORK"]) == ("/bin", given["GDAL_DATA"], "OFF")
    assert {"MSSQL", "OGR_VRT", "VRT", "HTTP", "WMS"} <= set(made["GDAL_SKIP"].split(","))


def test_every_gdal_is_opened_through_the_gate() -> None:
    for path in sorted((ROOT / "plangeo").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            assert not {n.partition(".")[0] for n in names} & {"pyogrio", "fiona", "rasterio"}, (
                f"{path}: from plangeo.gdalgate import"
            )


def test_layers_of_a_false_file_are_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_text(VRT)
    with pytest.raises(InputError, match=r"a\.gpkg"):
        describe_file(path, load_profile("vn"))
