"""Files of strangers are read apart: the same rows as in this process, and whatever kills or stops the reader is told by the file's name."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import threading
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import plangeo as pg
from plangeo.apart import child, is_apart, reading_apart
from plangeo.apart.asking import holdings_apart, read_apart, read_slices_apart, stated_crs_apart
from plangeo.apart.cellcode import decode, encode
from plangeo.apart.transfer import RawBuilder, request_from_json, request_to_json, write_raw
from plangeo.errors import CrsError, InputError, SeveralLayers
from plangeo.formats.geoparquet import read_slices, stated_crs
from plangeo.inputs import Raw, Request
from plangeo.limits import Limits, limited
from plangeo.overrides.decisionfile import read_decisions
from plangeo.profiles import load_profile
from plangeo.quota.quotatable import read_quota
from plangeo.rawfiles import read_here
from plangeo.resources.holdings import holdings_of
from plangeo.sources import with_words
from plangeo.study import StudyFile
from plangeo.wkbdepth import MOST_NESTING, is_nested_too_deep

unix = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files, no signals and no bound on memory")
BAD = Path(__file__).parents[2].parent / "shared/data/bad"
POINT = struct.pack("<BIdd", 1, 1, 450_000.0, 2_420_000.0)


@pytest.fixture
def gpkg(tmp_path: Path) -> Path:
    shapes = [shapely.Point(450_000, 2_420_000), None]
    frame = gpd.GeoDataFrame({"name": ["Chợ", None], "count": [7, 8]}, geometry=shapes, crs=9215)
    frame.to_file(tmp_path / "a.gpkg", layer="one")
    return tmp_path / "a.gpkg"


@pytest.fixture
def hanging(gpkg: Path) -> Path:
    """SQLite looks for a journal beside a database, and waits for ever when that is a pipe."""
    os.mkfifo(gpkg.with_name("a.gpkg-journal"))
    return gpkg


def _cells(raw: Raw) -> list[object]:
    frame = raw.frame
    columns = [[(type(v), shapely.to_wkt(v) if hasattr(v, "geom_type") else repr(v)) for v in frame[c].tolist()] for c in frame]
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    return [list(frame.columns), list(map(str, frame.dtypes)), columns, crs, dict(frame.attrs), raw.notes, raw.decisions]


def test_a_file_read_apart_is_the_file_read_here(gpkg: Path, tmp_path: Path) -> None:
    table = tmp_path / "b.csv"
    table.write_text("Mã dự án,Tên dự án,X,Y\n007,Chợ,2420000,450000\n8,,2420001,450001\n", "utf-8")
    for path in (gpkg, table):
        request = with_words(Request("sites", crs="EPSG:9215"), load_profile("vn"))
        here, files, kind = read_here(path, request)
        apart = read_apart(path, request)
        assert _cells(apart[0]) == _cells(here)
        assert apart[1:] == (files, kind)


@pytest.mark.skipif(not BAD.exists(), reason="the shared set of bad inputs is not on this machine")
def test_every_bad_input_is_read_or_refused_apart_as_it_is_here() -> None:
    paths = [p for folder in ("01_geometry", "06_kml", "07_tables", "08_security") for p in sorted((BAD / folder).iterdir())]
    assert len(paths) > 20
    for path in paths:
        request = with_words(Request("sites", crs="EPSG:3405"), load_profile("vn"))
        found: list[object] = []
        for read in (read_here, read_apart):
            try:
                found.append(_cells(read(path, request)[0]))
            except InputError as fault:
                found.append((type(fault), str(fault), fault.code))
        assert found[0] == found[1], path.name


def test_faults_come_over_with_their_kind_code_and_names(gpkg: Path, tmp_path: Path) -> None:
    gpd.read_file(gpkg).to_file(gpkg, layer="two")
    with pytest.raises(SeveralLayers) as several:
        read_apart(gpkg, Request("zones"))
    assert (several.value.names, several.value.code) == (("one", "two"), "part_not_chosen")
    (tmp_path / "a.csv").write_text("name,x,y\nA,450000,2420000\n")
    with pytest.raises(CrsError), reading_apart():
        pg.read_sites(tmp_path / "a.csv")


def test_who_trusts_a_file_reads_it_here(gpkg: Path) -> None:
    assert not is_apart(None)
    with reading_apart():
        assert is_apart(None)
        assert not is_apart(True)
        apart = pg.read_sites(gpkg)
    assert is_apart(False)
    assert apart.drop(columns="geometry").equals(pg.read_sites(gpkg, trusted=True).drop(columns="geometry"))
    assert apart.geometry.geom_equals_exact(pg.read_sites(gpkg, trusted=False).geometry, 0).tolist() == [True, False]


@pytest.mark.parametrize("kind", [4, 5, 6, 7, 9, 10, 11, 12, 1007, 2007, 3007, 0x80000007])
@pytest.mark.parametrize("order", ["<", ">"])
def test_shapes_nested_without_end_are_rows_with_a_problem(kind: int, order: str, tmp_path: Path) -> None:
    """Each of these, given to the geometry library, ends the process with SIGSEGV."""
    head = struct.pack(f"{order}BII", order == "<", kind, 1)
    assert is_nested_too_deep(head * 100_000 + POINT)
    assert not is_nested_too_deep(head * MOST_NESTING + POINT)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"name": ["A", "B"], "geometry": [head * 100_000 + POINT, POINT]}), path)
    raw = read_apart(path, Request("sites", crs="EPSG:9215"))[0]
    assert list(raw.problems) == [0]
    assert raw.frame.geometry.notna().tolist() == [False, True]


def test_honest_shapes_are_not_too_deep() -> None:
    ring = shapely.Point(0, 0).buffer(1, 64)
    many = shapely.MultiPolygon([shapely.transform(ring, lambda c, n=n: c + 3 * n) for n in range(200)])
    held = shapely.GeometryCollection([many, shapely.MultiPoint(np.arange(200.0).reshape(-1, 2))])
    for flavour in ("iso", "extended"):
        for big in (0, 1):
            blob = shapely.to_wkb(shapely.force_3d(held), flavor=flavour, byte_order=big)
            assert not is_nested_too_deep(blob)
            assert not is_nested_too_deep(blob[: len(blob) // 2])


@unix
def test_a_file_that_hangs_its_reader_is_stopped(hanging: Path) -> None:
    with limited({"seconds": 1}), pytest.raises(InputError, match=r"^a\.gpkg: .*limit seconds.*PLANGEO_LIMITS") as met:
        read_apart(hanging, Request())
    assert met.value.code == "reader_timeout"
    hanging.with_name("a.gpkg-journal").unlink()
    assert len(read_apart(hanging, Request())[0].frame) == 2, "the next file has a new reader"


@unix
def test_a_reader_that_dies_is_a_fault_of_the_file(hanging: Path) -> None:
    reader = child._child()
    timer = threading.Timer(0.3, os.kill, (reader._process.pid, signal.SIGSEGV))
    timer.start()
    with pytest.raises(InputError, match=r"^a\.gpkg: .*crashed \(SIGSEGV\)") as met:
        read_apart(hanging, Request())
    timer.join()
    assert met.value.code == "reader_crashed"
    assert not reader.folder.exists(), "what it had unpacked is gone"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much memory a process holds, and bounds it")
def test_memory_beyond_the_limit_is_a_fault_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,x,y\n" + "A,450000,2420000\n" * 150_000)
    with limited({"memory_mb": 10}), pytest.raises(InputError, match=r"^a\.csv: .*limit memory_mb") as met:
        read_apart(path, Request(crs="EPSG:9215"))
    assert met.value.code == "reader_memory"


def test_a_reader_that_cannot_start_is_told_with_the_way_out(gpkg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child.end_child()
    monkeypatch.setattr(sys, "executable", str(gpkg))
    with pytest.raises(InputError, match="--trusted") as met:
        read_apart(gpkg, Request())
    assert met.value.code == "reader_unavailable"


def test_what_does_not_come_over_whole_is_refused(gpkg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that was taken over by a file can answer what it likes."""
    ask = child._child().ask

    def lying(asked: dict[str, object], name: str, limits: Limits, take: child.Take) -> dict[str, object]:
        return ask(asked, name, limits, lambda block: take(block[:-100]))

    monkeypatch.setattr(child._child(), "ask", lying)
    with pytest.raises(InputError, match=r"^a\.gpkg: ") as met:
        read_apart(gpkg, Request())
    assert met.value.code == "reader_failed"
    assert len(read_apart(gpkg, Request())[0].frame) == 2, "the next file has a new reader"


def test_names_in_answers_lead_to_no_code() -> None:
    for code in ({"eval": "1"}, {"numpy": ["O", 1]}, {"array": ["V8", []]}, {"a": 1, "b": 2}, 1.5):
        with pytest.raises((ValueError, TypeError)):
            decode(code)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.floats(allow_nan=False)
    | st.dates()
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)


@given(st.lists(_VALUES, max_size=4))
def test_cells_come_back_as_they_went(values: list[object]) -> None:
    back = decode(encode(values))
    assert back == values
    assert list(map(type, back)) == list(map(type, values))


def _sent(raw: Raw) -> Raw:
    builder = RawBuilder()
    told = write_raw(raw, lambda block: builder.take(bytes(memoryview(block))))
    return builder.finish(json.loads(json.dumps(told)))


def test_columns_of_every_kind_come_back() -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None], dtype="Int64"),
            "days": pd.to_datetime(["2025-07-01", None]),
            "texts": pd.Series(["a", "\ud800"], dtype=object),
            "mixed": pd.Series([np.float32(1.5), pd.NA], dtype=object),
            "numbers": [1.0, np.nan],
        }
    )
    back = _sent(Raw(frame, "x", problems={1: "p"}))
    pd.testing.assert_frame_equal(back.frame, frame)
    assert (back.layer, back.problems) == ("x", {1: "p"})


def test_requests_come_over_with_the_forms_of_the_profile() -> None:
    asked = with_words(Request("sites", "l", crs="EPSG:9215", header_row=(1, 2)), load_profile("vn"))
    assert request_from_json(request_to_json(asked)) == asked


@given(st.lists(st.none() | st.integers(1, 40), max_size=12), st.integers(1, 60), st.integers(1, 5))
def test_shapes_cut_into_blocks_come_back_in_their_order(counts: list[int | None], vertices: int, rows: int) -> None:
    lines = [None if n is None else shapely.LineString([(k, i) for k in range(n + 1)]) for i, n in enumerate(counts)]
    frame = gpd.GeoDataFrame({"n": range(len(lines))}, geometry=gpd.GeoSeries(lines, crs=9215), crs=9215)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("plangeo.apart.transfer._VERTICES", vertices)
        patch.setattr("plangeo.apart.transfer._ROWS", rows)
        back = _sent(Raw(frame, "x")).frame
    assert shapely.to_wkb(back.geometry.to_numpy()).tolist() == shapely.to_wkb(frame.geometry.to_numpy()).tolist()
    assert back["n"].tolist() == frame["n"].tolist()


@pytest.fixture
def register(tmp_path: Path) -> Path:
    shapes = [shapely.box(450_000 + n, 2_420_000, 450_009 + n, 2_420_009) for n in range(23)]
    frame = gpd.GeoDataFrame({"site_id": [f"{n:03}" for n in range(23)], "khu": pd.array([1, None] * 11 + [2], "Int64")})
    gpd.GeoDataFrame(frame, geometry=shapes, crs=9215).to_parquet(tmp_path / "a.parquet", row_group_size=7)
    return tmp_path / "a.parquet"


def test_slices_of_a_register_read_apart_are_those_read_here(register: Path) -> None:
    column, stated = stated_crs_apart(register)
    assert (column, stated) == stated_crs(register)
    crs = pyproj.CRS.from_user_input(stated)
    for size in (5, 23, 100):
        here = list(map(_cells, read_slices(register, "geometry", crs, size)))
        assert list(map(_cells, read_slices_apart(register, "geometry", crs, size))) == here
    turns = zip(*(read_slices_apart(register, "geometry", crs, 9) for _ in range(2)), strict=True)
    assert all(_cells(one) == _cells(other) for one, other in turns), "two streams of one file do not take rows from one another"


def test_a_register_that_cannot_be_read_to_its_end_is_refused_and_not_cut_short(register: Path) -> None:
    content = bytearray(register.read_bytes())
    place = pq.ParquetFile(register).metadata.row_group(2).column(0).data_page_offset
    content[place : place + 40] = b"\xff" * 40
    register.write_bytes(content)
    slices = read_slices_apart(register, "geometry", pyproj.CRS.from_epsg(9215), 7)
    assert [len(next(slices).frame) for _ in range(2)] == [7, 7]
    with pytest.raises(InputError, match=r"^a\.parquet") as met:
        next(slices)
    assert met.value.code == "file_damaged"


def test_tables_of_quotas_and_decisions_are_read_apart_as_here(tmp_path: Path) -> None:
    table, book = tmp_path / "q.csv", tmp_path / "d.xlsx"
    table.write_text("Mã,Chỉ tiêu,Tổng diện tích (ha)\nLUC,Đất lúa,70.5\nSKK,Đất khu công nghiệp,12\n", "utf-8")
    made = openpyxl.Workbook()
    for row in (["Mã dự án", "Quyết định", "Lý do"], ["007", "permitted", "=1+1"]):
        made.active.append(row)
    made.save(book)
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 400)
    found: list[list[object]] = []
    for wanted in (False, True):
        with reading_apart(wanted):
            quota = read_quota(table, load_profile("vn"), {"LUC", "SKK"})
            found.append([quota.frame.to_dict("list").__repr__(), quota.remarks, read_decisions(StudyFile(book))])
            with pytest.raises(InputError) as met:
                read_decisions(StudyFile(tmp_path / "broken.xlsx"))
            found[-1].append((str(met.value), met.value.code))
    assert found[0] == found[1]


def test_what_a_file_holds_is_told_apart_as_here(register: Path, gpkg: Path, tmp_path: Path) -> None:
    (tmp_path / "no.parquet").write_bytes(b"PAR1" + b"\xff" * 60 + b"PAR1")
    for path in (register, gpkg, tmp_path / "no.parquet"):
        assert holdings_apart(path) == holdings_of(path)
