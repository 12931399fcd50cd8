"""A row that a reader passes over is counted, and the file refused; what is whole is read whole."""

from __future__ import annotations

import copy
import json
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from plangeo.errors import CrsError, InputError
from plangeo.rowcounts import count_features
from plangeo.sources import read_zones
from tests.makers import CRS, square

ZONES = gpd.GeoDataFrame(
    {"zone_id": [f"Z{n}" for n in range(6)], "zone_code": ["ODT", "RPH"] * 3},
    geometry=[square(100 * n, 0, 100) for n in range(6)],
    crs=CRS,
)
TEXT: dict[str, Any] = json.loads(ZONES.to_crs("EPSG:4326").to_json(drop_id=True))


def _members(*members: Any) -> str:
    return json.dumps(TEXT | {"features": [*TEXT["features"][:2], *members, *TEXT["features"][2:]]})


SHAPE = TEXT["features"][0]["geometry"]
BROKEN_JSON: dict[str, tuple[str, str]] = {
    "nothing": (_members(None), "member 3"),
    "a misspelt kind": (_members({"type": "Fature", "properties": {"zone_code": "RPH"}, "geometry": SHAPE}), "'Fature'"),
    "a bare shape": (_members(SHAPE), "'Polygon'"),
    "a collection in the collection": (
        _members({"type": "FeatureCollection", "features": TEXT["features"]}),
        "FeatureCollection",
    ),
    "the list twice": (json.dumps(TEXT)[:-1] + ', "features": []}', "2 times"),
}


@pytest.mark.parametrize("what", BROKEN_JSON)
def test_geojson_that_hides_a_zone_is_refused(what: str, tmp_path: Path) -> None:
    content, said = BROKEN_JSON[what]
    (tmp_path / "a.geojson").write_text(content, "utf-8")
    with pytest.raises(InputError, match=said):
        read_zones(tmp_path / "a.geojson")


def test_whole_geojson_is_counted(tmp_path: Path) -> None:
    odd = copy.deepcopy(TEXT)
    odd["features"][0]["properties"] |= {"features": [1, {"features": []}], "name": 'Đất "ở" }]', "type": "x"}
    for text in (json.dumps(odd, ensure_ascii=False, indent=2), "\ufeff" + json.dumps({"features": odd["features"]} | odd)):
        (tmp_path / "a.geojson").write_text(text, "utf-8")
        assert count_features(tmp_path / "a.geojson") == len(read_zones(tmp_path / "a.geojson")) == 6
    (tmp_path / "one.geojson").write_text(json.dumps(TEXT["features"][0]), "utf-8")
    assert count_features(tmp_path / "one.geojson") == 1


def test_a_damaged_line_of_a_sequence_is_refused(tmp_path: Path) -> None:
    lines = [json.dumps(f) for f in TEXT["features"]]
    (tmp_path / "a.geojsonl").write_text("\n".join([*lines, "", ""]), "utf-8")
    assert len(read_zones(tmp_path / "a.geojsonl")) == 6
    for bad in (lines[2][:-30], '{"type": "Fature"}'):
        (tmp_path / "b.geojsonl").write_text("\n".join([*lines[:2], bad, *lines[3:]]), "utf-8")
        with pytest.raises(InputError, match=r"text 3|member 3"):
            read_zones(tmp_path / "b.geojsonl")


def _interchange(folder: Path, change: Callable[[str, str], tuple[str, str]]) -> Path:
    ZONES.to_file(folder / "a.mif", driver="MapInfo File")
    texts = change((folder / "a.mif").read_text("latin-1"), (folder / "a.mid").read_text("latin-1"))
    for suffix, text in zip((".mif", ".mid"), texts, strict=True):
        (folder / f"a{suffix}").write_text(text, "latin-1")
    return folder / "a.mif"


def test_mapinfo_interchange_files_must_agree(tmp_path: Path) -> None:
    assert len(read_zones(_interchange(tmp_path, lambda m, d: (m, d)), crs=CRS)) == 6
    changes: list[Callable[[str, str], tuple[str, str]]] = [
        lambda m, d: (m, d + d),
        lambda m, d: (m, "".join(d.splitlines(keepends=True)[:4])),
        lambda m, d: (m[:-150], d),
    ]
    for number, change in enumerate(changes):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(InputError, match=r"a\.mid has"):
            read_zones(_interchange(folder, change), crs=CRS)


@pytest.mark.parametrize("part", ["dat", "id"])
def test_a_mapinfo_table_cut_short_is_refused(part: str, tmp_path: Path) -> None:
    ZONES.to_file(tmp_path / "a.tab", driver="MapInfo File")
    assert len(read_zones(tmp_path / "a.tab", crs=CRS)) == 6
    whole = (tmp_path / f"a.{part}").read_bytes()
    (tmp_path / f"a.{part}").write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(InputError, match=r"cut short|different versions"):
        read_zones(tmp_path / "a.tab", crs=CRS)


@pytest.mark.parametrize("at", [999_999, 50])
def test_an_index_that_misleads_is_refused(at: int, tmp_path: Path) -> None:
    ZONES.to_file(tmp_path / "a.shp")
    index = bytearray((tmp_path / "a.shx").read_bytes())
    index[108:112] = struct.pack(">i", at)  # the second row leads to the first shape, or to nowhere
    (tmp_path / "a.shx").write_bytes(index)
    with pytest.raises(InputError, match="leads to no shape of its own"):
        read_zones(tmp_path / "a.shp")


@pytest.mark.parametrize("other", [4326, 32648])
def test_a_geopackage_with_shapes_of_two_systems_is_refused(other: int, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    ZONES.to_file(path)
    assert len(read_zones(path)) == 6
    moved = shapely.to_wkb(ZONES.to_crs(other).geometry.iloc[0])
    with sqlite3.connect(path) as base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute("UPDATE a SET geom = ? WHERE fid = 1", (b"GP\0\1" + struct.pack("<i", other) + moved,))
    base.close()
    with pytest.raises(CrsError, match=f"some of its shapes say that they are in {other}"):
        read_zones(path)


def test_wkb_that_bears_the_number_of_another_system_is_refused(tmp_path: Path) -> None:
    def write(*numbers: int) -> Path:
        shapes = [shapely.set_srid(shape, number) for shape, number in zip(ZONES.geometry, numbers, strict=True)]
        blobs = [shapely.to_wkb(shape, include_srid=True) for shape in shapes]
        columns = {"zone_id": ZONES["zone_id"].tolist(), "zone_code": ZONES["zone_code"].tolist(), "geometry": blobs}
        pq.write_table(pa.table(columns), tmp_path / "a.parquet")
        return tmp_path / "a.parquet"

    assert len(read_zones(write(*[9215] * 6), crs=CRS)) == 6
    with pytest.raises(CrsError, match="EPSG:9215, EPSG:32648"):
        read_zones(write(32648, *[9215] * 5), crs=CRS)
