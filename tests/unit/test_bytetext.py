"""Bytes of tables and vector files become letters: every letter whole, every decision told, codes untouched."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import box

import plangeo as pg
from plangeo.inputs import Raw, Request
from plangeo.letters.bytetext import codec_of, decode_frame, read_rows
from plangeo.profiles import load_profile
from plangeo.rawfiles import read_raw
from tests.legacy import cp1258, mojibake, tcvn3, vni

KNOWN = load_profile("vn").header_words("sites")
NAMES = ["Phường Đông Kinh", "Xã Hưng Vũ", "Thị trấn Đồng Đăng", "Xã Tràng Định"]
CODES = ["RPH", "LUC", "LUK", "ODT"]
BYTES = {
    "TCVN3": lambda text: tcvn3(text).encode("latin-1"),
    "VNI": lambda text: vni(text).encode("latin-1"),
    "CP1258": cp1258,
    "UTF-8": lambda text: text.encode(),
}
HEADER = ["TT", "Mã", "Tên dự án", "Diện tích (ha)", "Địa điểm", "Tọa độ X (m)", "Tọa độ Y (m)"]
ROWS = [
    ["1", "P1", "Khu công nghiệp Đồng Bành", "162", "Xã Hưng Vũ", "2417140", "449158"],
    ["2", "P2", "Đường Trần Hưng Đạo", "1", "Cao Lộc", "2417240", "449258"],
]


def layer(encode) -> gpd.GeoDataFrame:
    columns = {"MaDat": CODES, encode("Tên xã").decode("latin-1"): [encode(n).decode("latin-1") for n in NAMES]}
    return gpd.GeoDataFrame(columns, geometry=[box(i, 0, i + 1, 1) for i in range(4)], crs="EPSG:9215")


def read(path: Path, crs: str | None = None) -> Raw:
    return read_raw(path, Request("features", crs=crs))[0]


@pytest.mark.parametrize("page", [None, "1258", "CP1258", "ISO-8859-1", "UTF-8", "CP1252", "HELLO"])
@pytest.mark.parametrize("way", BYTES)
def test_a_shapefile_keeps_every_letter_whatever_its_code_page_says(tmp_path, way, page):
    path = tmp_path / "zones.shp"
    pyogrio.write_dataframe(layer(BYTES[way]), path, encoding="ISO-8859-1")
    path.with_suffix(".cpg").unlink()
    if page:
        path.with_suffix(".cpg").write_text(page)
    raw = read(path)
    assert list(raw.frame.columns[:2]) == ["MaDat", "Tên xã"]
    assert raw.frame["Tên xã"].tolist() == NAMES
    assert raw.frame["MaDat"].tolist() == CODES
    if way in ("TCVN3", "VNI"):
        assert [d.where for d in raw.decisions] == ["names of the columns", "column 'Tên xã'"]
        assert all(way in d.said for d in raw.decisions)


@pytest.mark.parametrize("language", [0x00, 0x01, 0x03, 0x57, 0xC9])
def test_a_language_byte_does_not_cost_a_letter(tmp_path, language):
    path = tmp_path / "zones.shp"
    pyogrio.write_dataframe(layer(cp1258), path, encoding="ISO-8859-1")
    path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = language
    path.with_suffix(".dbf").write_bytes(table)
    raw = read(path)
    assert raw.frame["Tên xã"].tolist() == NAMES
    assert raw.frame["MaDat"].tolist() == CODES


@pytest.mark.parametrize("charset", ["Neutral", "WindowsLatin1", "WindowsVietnamese"])
@pytest.mark.parametrize("way", ["TCVN3", "VNI", "CP1258"])
@pytest.mark.parametrize("suffix", [".tab", ".mif"])
def test_mapinfo_keeps_every_letter(tmp_path, suffix, way, charset):
    path = tmp_path / f"zones{suffix}"
    frame = layer(BYTES[way]).set_axis(["MaDat", "TenXa", "geometry"], axis=1)
    pyogrio.write_dataframe(frame, path, driver="MapInfo File", encoding="ISO-8859-1")
    path.write_bytes(path.read_bytes().replace(b"Neutral", charset.encode()))
    raw = read(path, "EPSG:9215")
    assert raw.frame["TenXa"].tolist() == NAMES
    assert raw.frame["MaDat"].tolist() == CODES


def drawing(path: Path, version: str, page: str, texts: list[bytes]) -> Path:
    pairs = [b"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\n" + version.encode(), b"9\n$DWGCODEPAGE\n3\n" + page.encode()]
    pairs += [b"0\nENDSEC\n0\nSECTION\n2\nENTITIES"]
    pairs += [b"0\nTEXT\n8\nRanh\n10\n%d\n20\n0\n30\n0\n40\n2.5\n1\n" % n + text for n, text in enumerate(texts)]
    path.write_bytes(b"\n".join([*pairs, b"0\nENDSEC\n0\nEOF\n"]))
    return path


@pytest.mark.parametrize("page", ["ANSI_1252", "ANSI_1258", "ANSI_1250"])
@pytest.mark.parametrize("way", BYTES)
def test_a_drawing_keeps_every_letter(tmp_path, way, page):
    version = "AC1021" if way == "UTF-8" else "AC1015"
    path = drawing(tmp_path / "plan.dxf", version, page, [BYTES[way](t) for t in (*NAMES, *CODES)])
    assert read(path, "EPSG:9215").frame["Text"].tolist() == [*NAMES, *CODES]


def test_a_drawing_of_western_europe_is_read_by_its_code_page(tmp_path):
    path = drawing(tmp_path / "plan.dxf", "AC1015", "ANSI_1252", ["Forêt “A”".encode("cp1252"), b"Zone UA"])
    assert read(path, "EPSG:2154").frame["Text"].tolist() == ["Forêt “A”", "Zone UA"]


@pytest.mark.parametrize("way", BYTES)
def test_a_csv_file_in_any_encoding(tmp_path, way):
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([["PHỤ LỤC: DANH MỤC DỰ ÁN"], HEADER, *ROWS])
    (tmp_path / "list.csv").write_bytes(BYTES[way](text.getvalue()))
    sites = pg.read_sites(tmp_path / "list.csv", crs="EPSG:9215")
    assert sites["name"].tolist() == [row[2] for row in ROWS]
    assert sites["declared_district"].tolist() == [row[4] for row in ROWS]
    assert sites["declared_area_m2"].tolist() == [1_620_000, 10_000]
    told = [d for d in sites.attrs["plangeo"]["decisions"] if d.topic == "encoding"]
    assert bool(told) == (way != "UTF-8")


@pytest.mark.parametrize("encode", [tcvn3, vni, mojibake])
def test_a_workbook_typed_in_an_old_font(tmp_path, encode):
    book = openpyxl.Workbook()
    for row in (["DANH MỤC DỰ ÁN"], HEADER, *ROWS):
        book.active.append([encode(cell) for cell in row])
    book.save(tmp_path / "list.xlsx")
    sites = pg.read_sites(tmp_path / "list.xlsx", crs="EPSG:9215")
    assert sites["name"].tolist() == [row[2] for row in ROWS]
    assert sites["declared_district"].tolist() == [row[4] for row in ROWS]
    assert any("column 3, 'Tên dự án'" in d.where for d in sites.attrs["plangeo"]["decisions"])


def test_the_header_is_judged_by_itself():
    rows = [(1, ["TT", "Xã", "Tên dự án"]), *((n, [str(n), tcvn3(NAMES[n - 2]), "x"]) for n in range(2, 6))]
    read_back, decisions = read_rows(rows, KNOWN, place="sheet 'A'")
    assert read_back[0] == (1, ["TT", "Xã", "Tên dự án"])
    assert [cells[1] for _, cells in read_back[1:]] == NAMES
    assert [d.where for d in decisions] == ["sheet 'A', column 2, 'Xã'"]


def test_rows_without_letters_and_without_rows():
    assert read_rows([], KNOWN) == ([], [])
    rows = [(1, ["", ""]), (2, ["é"]), (3, [])]
    assert read_rows(rows, KNOWN)[0] == rows


def test_western_text_keeps_its_quotes_and_says_that_nobody_named_its_encoding():
    table, decisions = decode_frame(pd.DataFrame({"a": ["l\x92été", "abc", None]}), None, from_bytes=True)
    assert table["a"].tolist()[:2] == ["l’été", "abc"]
    assert "Latin-1" in decisions[0].said


def test_names_of_columns_that_become_alike_stay_apart():
    table, _ = decode_frame(pd.DataFrame([["a", "b"]], columns=["Tên xã", tcvn3("Tên xã")]), None, from_bytes=False, known=KNOWN)
    assert len(set(table.columns)) == 2


def test_code_pages_by_any_name():
    assert [codec_of(w) for w in ("CP1258", "1258", "ANSI_1258", "windows-1258", "WindowsVietnamese")] == ["cp1258"] * 5
    assert codec_of("65001") == codec_of("UTF-8") == "utf-8"
    assert codec_of("88591") == codec_of("ISO 8859-1") == "iso8859-1"
