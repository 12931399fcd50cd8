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
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import plangeo as pg
from plangeo.apart import child, is_apart, reading_apart
from plangeo.apart.asking import read_apart
from plangeo.apart.cellcode import decode, encode
from plangeo.apart.transfer import RawBuilder, request_from_json, request_to_json, write_raw
from plangeo.errors import CrsError, InputError, SeveralLayers
from plangeo.inputs import Raw, Request
from plangeo.limits import Limits, limited
from plangeo.profiles import load_profile
from plangeo.sources import read_here, with_words
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
