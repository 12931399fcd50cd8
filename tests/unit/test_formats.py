"""Each format reads its own file whole, and refuses what it cannot read honestly."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sqlite3
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import Point, box

from plangeo.errors import CrsError, InputError
from plangeo.formats import list_formats
from plangeo.inputs import Raw, Request, check_path, check_xml, unpack
from plangeo.letters.bytetext import codec_of, decode_frame
from plangeo.lists.registertable import read_table

SHARED = Path(__file__).parents[2].parent / "shared/data"
KNOWN = frozenset({"ma du an", "ten du an", "kinh do", "vi do", "dien tich", "x", "y", "ten", "ma"})


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not on this machine")
    return path


def read(path: Path, **wanted: object) -> Raw:
    entry = next(f for f in list_formats() if path.suffix.lower() in f.suffixes)
    return entry.read(path, Request(known=KNOWN, **wanted))  # type: ignore[arg-type]


def layer(rows: int = 3, crs: object = "EPSG:9215", **columns: list[object]) -> gpd.GeoDataFrame:
    data = {"code": ["LUC", "RPH", "ODT"][:rows], **columns}
    return gpd.GeoDataFrame(data, geometry=[box(i * 100, 0, i * 100 + 100, 100) for i in range(rows)], crs=crs)


def workbook(path: Path, rows: list[list[object]], **more_sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "DanhMuc"
    for row in rows:
        book.active.append(row)
    for title, others in more_sheets.items():
        sheet = book.create_sheet(title)
        for row in others:
            sheet.append(row)
    book.save(path)
    return path


def save(frame: gpd.GeoDataFrame, path: Path, **options: object) -> Path:
    frame.to_file(path, engine="pyogrio", **options)
    return path


# --- the registry


def test_every_format_module_is_listed_and_no_suffix_is_claimed_twice():
    folder = Path(__file__).parents[2] / "plangeo/formats"
    assert len(list_formats()) == len([p for p in folder.glob("*.py") if p.name != "__init__.py"])
    suffixes = [s for f in list_formats() for s in f.suffixes]
    assert len(suffixes) == len(set(suffixes))


# --- vector formats


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson", "geojsonl", "fgb", "tab", "mif", "gml"])
def test_vector_formats_keep_rows_text_and_order(tmp_path, suffix):
    crs = "EPSG:4326" if suffix in {"geojson", "geojsonl"} else "EPSG:32648"
    frame = layer(crs=crs, name=["Lạng Sơn", "Đồng Đăng", None])
    frame["geometry"] = [box(i, 0, i + 1, 1) for i in range(3)]
    options = {"SPATIAL_INDEX": "NO"} if suffix == "fgb" else {}  # the index reorders the rows of the file
    raw = read(save(frame, tmp_path / f"zones.{suffix}", **options))
    names = [v if isinstance(v, str) and v else None for v in raw.frame["name"]]
    assert list(raw.frame["code"]) == ["LUC", "RPH", "ODT"]
    assert names[2] is None
    if suffix not in {"tab", "mif"}:  # MapInfo's own charset cannot hold Vietnamese letters
        assert names == ["Lạng Sơn", "Đồng Đăng", None]
    assert list(raw.frame["source_row"]) == [1, 2, 3]
    assert [g.area for g in raw.frame.geometry] == pytest.approx([1, 1, 1], abs=1e-3)
    assert raw.frame.crs is not None


def test_geoparquet(tmp_path):
    layer().to_parquet(tmp_path / "zones.parquet")
    raw = read(tmp_path / "zones.parquet")
    assert raw.frame.crs == "EPSG:9215"
    assert list(raw.frame.columns) == ["code", "source_row", "geometry"]


def test_geoparquet_without_crs_is_refused_and_a_stated_one_used(tmp_path):
    layer(crs=None).to_parquet(tmp_path / "zones.parquet")
    with pytest.raises(CrsError, match="--crs zones=EPSG:9215"):
        read(tmp_path / "zones.parquet", role="zones")
    assert read(tmp_path / "zones.parquet", crs="EPSG:9215").frame.crs == "EPSG:9215"


def test_a_crs_stated_by_the_caller_wins_and_is_noted(tmp_path):
    raw = read(save(layer(crs="EPSG:32648"), tmp_path / "z.gpkg"), crs="EPSG:9215")
    assert raw.frame.crs == "EPSG:9215"
    assert any("EPSG:32648" in note for note in raw.notes)


def test_several_layers_must_be_named_but_styles_do_not_count(tmp_path):
    path = tmp_path / "plans.gpkg"
    save(layer(), path, layer="plan_2020")
    save(layer().iloc[:0], path, layer="layer_styles")
    assert read(path).layer == "plan_2020"
    save(layer(rows=2), path, layer="plan_2030")
    with pytest.raises(InputError, match=r"'plan_2020', 'plan_2030'.*layer="):
        read(path)
    assert len(read(path, layer="plan_2030").frame) == 2
    with pytest.raises(InputError, match="no layer 'plan_2040'"):
        read(path, layer="plan_2040")


def test_empty_layer_is_refused(tmp_path):
    with pytest.raises(InputError, match="no rows"):
        read(save(layer().iloc[:0], tmp_path / "empty.gpkg"))


def test_geopackage_with_a_stale_counter_is_read_whole(tmp_path):
    path = save(layer(), tmp_path / "zones.gpkg")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE gpkg_ogr_contents SET feature_count = 1")
    connection.commit()
    connection.close()
    raw = read(path)
    assert len(raw.frame) == 3
    assert any("counter says 1" in note for note in raw.notes)


def test_geopackage_in_wal_mode_warns_and_leaves_no_file_beside_it(tmp_path):
    path = save(layer(), tmp_path / "zones.gpkg")
    blob = bytearray(path.read_bytes())
    blob[18:20] = b"\2\2"
    path.write_bytes(blob)
    raw = read(path)
    assert any("may be incomplete" in note for note in raw.notes)
    assert os.listdir(tmp_path) == ["zones.gpkg"]


def test_database_that_is_no_geopackage_is_refused(tmp_path):
    sqlite3.connect(tmp_path / "a.gpkg").execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(InputError, match="not a GeoPackage"):
        read(tmp_path / "a.gpkg")


@pytest.mark.parametrize(
    "name",
    [
        "zones.gpkg",
        "zones.geojson",
        "zones.kml",
        "zones.shp",
        "zones.fgb",
        "zones.tab",
        "zones.gml",
        "zones.dgn",
        "zones.parquet",
    ],
)
def test_gdal_virtual_files_are_refused_under_every_name(tmp_path, name):
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    (tmp_path / name).write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    with pytest.raises(InputError):
        read(tmp_path / name)


def test_gdal_pipeline_in_json_is_refused(tmp_path):
    (tmp_path / "p.geojson").write_text(
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read x", "x": {"type": "FeatureCollection"}}'
    )
    with pytest.raises(InputError, match="not GeoJSON"):
        read(tmp_path / "p.geojson")


def test_unclosed_ring_stays_a_row_with_a_problem(tmp_path):
    ring = [[105.0, 21.0], [105.1, 21.0], [105.1, 21.1]]
    features = [
        {"type": "Feature", "properties": {"id": "A"}, "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}},
        {"type": "Feature", "properties": {"id": "B"}, "geometry": {"type": "Polygon", "coordinates": [[*ring, [105.0, 21.05]]]}},
    ]
    (tmp_path / "p.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    raw = read(tmp_path / "p.geojson")
    assert list(raw.frame["id"]) == ["A", "B"]
    assert raw.frame.geometry.isna().tolist() == [False, True]
    assert raw.problems[1].startswith("invalid_geometry: ")


def test_swapped_axes_are_refused_with_the_cause(tmp_path):
    frame = gpd.GeoDataFrame({"id": ["A"]}, geometry=[Point(21.8, 106.7)], crs="EPSG:4326")
    with pytest.raises(CrsError, match="latitude"):
        read(save(frame, tmp_path / "p.geojson"))


def test_integers_with_gaps_stay_integers(tmp_path):
    frame = layer(number=pd.array([7, None, 9], dtype="Int64"))
    assert read(save(frame, tmp_path / "z.gpkg")).frame["number"].tolist() == [7, pd.NA, 9]


# --- shapefile


def test_shapefile_parts_must_be_there_and_agree(tmp_path):
    path = save(layer(), tmp_path / "zones.shp")
    longer = save(layer(rows=2), tmp_path / "other.shp")
    (tmp_path / "zones.dbf").rename(tmp_path / "kept.dbf")
    with pytest.raises(InputError, match=r"zones\.dbf .* missing"):
        read(path)
    shutil.copy(longer.with_suffix(".dbf"), tmp_path / "zones.dbf")
    with pytest.raises(InputError, match=r"3 shapes.*2 rows"):
        read(path)
    shutil.copy(tmp_path / "kept.dbf", tmp_path / "zones.dbf")
    assert len(read(path).frame) == 3
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(InputError, match="cut short"):
        read(path)


def test_shapefile_deleted_rows_are_left_out_and_counted(tmp_path):
    path = save(layer(), tmp_path / "zones.shp")
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    start, width = struct.unpack("<HH", table[8:12])
    table[start + width] = ord("*")
    path.with_suffix(".dbf").write_bytes(table)
    raw = read(path)
    assert list(raw.frame["code"]) == ["LUC", "ODT"]
    assert any("deleted" in note for note in raw.notes)


def test_cp1258_shapefile_keeps_every_letter(tmp_path):
    path = save(layer(name=["Lua", "Rung", "Dat o"]), tmp_path / "zones.shp")
    table = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(table.replace(b"Lua ", "Lúa ".encode("cp1258")))
    path.with_suffix(".cpg").write_text("CP1258")
    raw = read(path)
    assert list(raw.frame["code"]) == ["LUC", "RPH", "ODT"]
    assert list(raw.frame["name"]) == ["Lúa", "Rung", "Dat o"]
    assert {"code", "name"} <= set(raw.frame.columns)


def test_a_cpg_that_lies_or_is_nonsense_does_not_lose_the_file(tmp_path):
    path = save(layer(name=["Lạng Sơn", "b", "c"]), tmp_path / "zones.shp", encoding="utf-8")
    for words in ("CP1252", "HELLO WORLD"):
        path.with_suffix(".cpg").write_text(words)
        raw = read(path)
        assert raw.frame["name"][0] == "Lạng Sơn"
        assert raw.notes or raw.decisions


def test_garbage_prj_is_a_crs_error_that_shows_it(tmp_path):
    path = save(layer(), tmp_path / "zones.shp")
    path.with_suffix(".prj").write_text("HELLO WORLD")
    with pytest.raises(CrsError, match="HELLO"):
        read(path, role="zones")


def test_mojibake_is_repaired_and_plain_accents_are_not():
    table, decisions = decode_frame(
        pd.DataFrame({"a": ["bÃ¢timent", "déjà", None], "b": ["Âu Lạc", "x", "y"]}), None, from_bytes=False
    )
    assert list(table["a"][:2]) == ["bâtiment", "déjà"]
    assert table["b"][0] == "Âu Lạc"
    assert len(decisions) == 1
    assert codec_of("65001") == "utf-8"


def test_latin1_text_that_ends_in_an_accent_is_not_cut():
    table, decisions = decode_frame(pd.DataFrame({"a": ["Qué", "abc"]}), None, from_bytes=True)
    assert list(table["a"]) == ["Qué", "abc"]
    assert "Latin-1" in decisions[0].said


# --- MapInfo, DXF, KML, GML


def test_mapinfo_of_vietnam_says_that_the_datum_may_be_lost(tmp_path):
    raw = read(save(layer(crs="EPSG:9215"), tmp_path / "zones.tab"))
    assert any("224 m" in note for note in raw.notes)
    assert not any("224 m" in note for note in read(tmp_path / "zones.tab", crs="EPSG:9215").notes)
    (tmp_path / "zones.dat").unlink()
    with pytest.raises(InputError, match=r"zones\.DAT"):
        read(tmp_path / "zones.tab")


def test_drawings_always_need_a_crs(tmp_path):
    path = save(layer()[["geometry"]], tmp_path / "drawing.dxf")
    with pytest.raises(CrsError):
        read(path)
    assert len(read(path, crs="EPSG:9215").frame) == 3


KML = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
PLACE = "<Placemark><name>A</name><Point><coordinates>106.7,21.8</coordinates></Point></Placemark>"


def test_kml_and_kmz(tmp_path):
    (tmp_path / "p.kml").write_text(
        KML.format("<NetworkLink><Link><href>http://127.0.0.1:9/x</href></Link></NetworkLink>" + PLACE)
    )
    raw = read(tmp_path / "p.kml")
    assert raw.frame.crs == "EPSG:4326"
    assert list(raw.frame["Name"]) == ["A"]
    assert any("NetworkLink" in note for note in raw.notes)
    with zipfile.ZipFile(tmp_path / "p.kmz", "w") as archive:
        archive.writestr("doc.kml", KML.format(PLACE))
    assert len(read(tmp_path / "p.kmz").frame) == 1


def test_xml_with_entities_or_endless_depth_is_refused(tmp_path):
    (tmp_path / "bomb.kml").write_text('<!DOCTYPE kml [<!ENTITY a "aaaa">]>' + KML.split("?>")[1].format("&a;"))
    (tmp_path / "deep.kml").write_text(KML.format("<Folder>" * 500 + "</Folder>" * 500))
    (tmp_path / "page.kml").write_text("<html></html>")
    for name, why in (("bomb", "document type"), ("deep", "deeper"), ("page", "not KML")):
        with pytest.raises(InputError, match=why):
            read(tmp_path / f"{name}.kml")
    (tmp_path / "cut.gml").write_text("<FeatureCollection>")
    with pytest.raises(InputError, match="well-formed"):
        check_xml(tmp_path / "cut.gml", ["FeatureCollection"], "GML")


def test_gml_leaves_no_file_beside_the_source(tmp_path):
    source = save(layer(), tmp_path / "zones.gml")
    for beside in ("zones.xsd", "zones.gfs"):
        (tmp_path / beside).unlink(missing_ok=True)
    read(source)
    assert os.listdir(tmp_path) == ["zones.gml"]


# --- workbooks

ROWS = [["Mã dự án", "Tên dự án", "Kinh độ", "Vĩ độ"], ["007", "Khu A", 105.0053, 21.8], ["1E5", "Khu B", 105, 21.9]]


def test_workbook_cells_are_text_with_the_row_excel_shows(tmp_path):
    raw = read(
        workbook(
            tmp_path / "a.xlsx",
            [["DANH MỤC DỰ ÁN"], ["(Hệ tọa độ VN-2000, kinh tuyến trục 107°15')"], [], *ROWS, [], ["008", "Khu C", None, None]],
        )
    )
    assert list(raw.frame["Mã dự án"]) == ["007", "1E5", "008"]
    assert list(raw.frame["Kinh độ"]) == ["105.0053", "105", ""]
    assert list(raw.frame["source_row"]) == [5, 6, 8]
    assert any("row 4" in note for note in raw.notes)
    assert any("107°15" in note for note in raw.notes)


def test_titles_groups_and_totals_are_left_out_and_counted(tmp_path):
    rows = [*ROWS, ["Nhóm II"], ["009", "Khu D", 105, 21], ["", "Tổng cộng", 210, ""], ["Cộng:", "", 1, 2]]
    raw = read(workbook(tmp_path / "a.xlsx", rows))
    assert list(raw.frame["Mã dự án"]) == ["007", "1E5", "009"]
    assert any("3 row(s)" in note and "4, 6, 7" in note for note in raw.notes)


def test_projects_whose_name_begins_like_a_total_stay(tmp_path):
    raw = read(
        workbook(tmp_path / "a.xlsx", [*ROWS, ["010", "Cộng Hòa, khu dân cư", 105, 21], ["011", "Tổng kho xăng dầu", 105, 21]])
    )
    assert list(raw.frame["Mã dự án"])[2:] == ["010", "011"]


def test_two_row_header_and_numbering_row(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        [["Mã dự án", "Tên dự án", "Tọa độ", None], [None, None, "X", "Y"], ["(1)", "(2)", "(3)", "(4)"], ["P1", "A", 1, 2]],
    )
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("C1:D1")
    book.save(path)
    raw = read(path)
    assert list(raw.frame.columns) == ["Mã dự án", "Tên dự án", "X", "Y", "source_row"]
    assert list(raw.frame["source_row"]) == [4]


def test_first_project_is_not_taken_for_a_second_header_line():
    rows = [(1, ["Mã dự án", "Tên dự án", "Ghi chú"]), (2, ["PA", "Khu A", "xa"]), (3, ["PB", "Khu B", ""])]
    frame = read_table(rows, Request(known=KNOWN)).frame
    assert list(frame["Mã dự án"]) == ["PA", "PB"]


def test_sheet_must_be_named_when_several_hold_data_and_hidden_ones_do_not_count(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ROWS, Cu=ROWS)
    with pytest.raises(InputError, match=r"'DanhMuc', 'Cu'.*sheet="):
        read(path)
    assert read(path, sheet="Cu").layer == "Cu"
    book = openpyxl.load_workbook(path)
    book["Cu"].sheet_state = "hidden"
    book["DanhMuc"].row_dimensions[3].hidden = True
    book.save(path)
    raw = read(path)
    assert raw.layer == "DanhMuc"
    assert len(raw.frame) == 2
    assert any("hidden sheet(s) not read: Cu" in note for note in raw.notes)
    assert any("row(s) 3" in note for note in raw.notes)


def test_stray_cell_is_refused_before_memory_is_reserved(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ROWS)
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"] = "x"
    book.save(path)
    with pytest.raises(InputError, match="Ctrl"):
        read(path)


def test_formulas_without_value_and_error_cells_are_named(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [*ROWS, ["P9", "=A1&B1", 1, 2]])
    assert any("B4" in note for note in read(path).notes)


def test_workbook_with_a_wrong_suffix_password_or_entities_is_refused(tmp_path):
    (tmp_path / "text.xlsx").write_text("a,b\n1,2\n")
    (tmp_path / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    with zipfile.ZipFile(workbook(tmp_path / "bomb.xlsx", ROWS)) as good, zipfile.ZipFile(tmp_path / "bomb2.xlsx", "w") as bad:
        for entry in good.namelist():
            body = good.read(entry)
            bad.writestr(entry, b'<!DOCTYPE x [<!ENTITY a "a">]>' + body if "sheet1" in entry else body)
    for name, why in (("text", "CSV"), ("locked", "password"), ("bomb2", "document type")):
        with pytest.raises(InputError, match=why):
            read(tmp_path / f"{name}.xlsx")


def ods(path: Path, cells: str) -> Path:
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="DanhMuc">{cells}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )
        archive.writestr("content.xml", content)
    return path


def ods_row(*texts: str, repeat: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"{repeat}><text:p>{t}</text:p></table:table-cell>' for t in texts
    )
    return f"<table:table-row>{cells}</table:table-row>"


def test_opendocument_sheet_and_its_repeat_bomb(tmp_path):
    raw = read(ods(tmp_path / "a.ods", ods_row("Mã dự án", "Tên dự án", "x") + ods_row("007", "Khu A", "1,5")))
    assert raw.frame.iloc[0].tolist() == ["007", "Khu A", "1,5", 2.0]
    with pytest.raises(InputError, match="Ctrl"):
        read(ods(tmp_path / "b.ods", ods_row("Mã dự án", repeat=' table:number-columns-repeated="16384"')))
    rows = ods_row("A", "B").replace("<table:table-row>", '<table:table-row table:number-rows-repeated="1048576">')
    with pytest.raises(InputError, match="Ctrl"):
        read(ods(tmp_path / "c.ods", ods_row("Mã dự án", "Tên dự án") + rows))


# --- CSV


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Mã dự án;Tên;Kinh độ\nP1;Khu A;105,5\n", "utf-8-sig"),
        ('Mã dự án,Tên,Kinh độ\nP1,Khu A,"105,5"\n', "utf-8"),
        ("Mã dự án\tTên\tKinh độ\nP1\tKhu A\t105,5\n", "utf-16"),
    ],
)
def test_csv_encodings_and_separators(tmp_path, text, encoding):
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    raw = read(tmp_path / "a.csv")
    assert raw.frame.iloc[0].tolist() == ["P1", "Khu A", "105,5", 2.0]


def test_csv_in_the_vietnamese_code_page(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"Ma\xde,T\xean\nP1,\xd0\xe2\xec\x74 l\xfaa\n")
    raw = read(tmp_path / "a.csv")
    assert raw.frame.iloc[0, 1] == "Đất lúa"
    assert any("CP1258" in decision.said for decision in raw.decisions)


def test_csv_source_row_counts_lines_and_binary_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text('Mã,Tên\nP1,"hai\ndòng"\n\nP2,x\n', encoding="utf-8")
    assert list(read(tmp_path / "a.csv").frame["source_row"]) == [2, 5]
    (tmp_path / "b.csv").write_bytes(b"PK\x03\x04" + bytes(20))
    with pytest.raises(InputError, match="ZIP"):
        read(tmp_path / "b.csv")


# --- the gate


@pytest.mark.parametrize("path", ["/vsicurl/http://x/a.gpkg", "https://x/a.gpkg", "PG:dbname=x", "/vsizip/a.zip/b.shp"])
def test_addresses_are_refused(path):
    with pytest.raises(InputError, match="address"):
        check_path(path)


def test_archives_that_lead_out_or_link_are_refused(tmp_path):
    for name in ("../x.shp", "/etc/x.shp", "C:/x.shp", "a\\..\\..\\x.shp"):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(name, "x")
        with pytest.raises(InputError, match="leads out"):
            unpack(tmp_path / "a.zip", tmp_path / "out")
    link = zipfile.ZipInfo("link.geojson")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(link, "/etc/hostname")
    with pytest.raises(InputError, match="symbolic link"):
        unpack(tmp_path / "b.zip", tmp_path / "out")


def test_zip_bombs_are_refused_before_unpacking(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.dbf", "w", force_zip64=True) as sink,
    ):
        for _ in range(120):
            sink.write(bytes(1 << 20))
    with pytest.raises(InputError, match="bomb"):
        unpack(tmp_path / "bomb.zip", tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "z.gpkg",
        "z.shp",
        "z.dbf",
        "z.shx",
        "z.geojson",
        "z.fgb",
        "z.tab",
        "z.map",
        "z.dat",
        "z.gml",
        "z.parquet",
        "z.xlsx",
        "z.csv",
        "z.kml",
    ],
)
def test_damaged_files_are_read_or_refused_but_never_crash(tmp_path, name):
    folder = tmp_path / "good"
    folder.mkdir()
    suffix = "." + {"dbf": "shp", "shx": "shp", "map": "tab", "dat": "tab"}.get(name[2:], name[2:])
    if suffix == ".parquet":
        layer().to_parquet(folder / "z.parquet")
    elif suffix == ".xlsx":
        workbook(folder / "z.xlsx", ROWS)
    elif suffix in (".csv", ".kml"):
        (folder / f"z{suffix}").write_text("Mã;Tên\nP1;A\n" if suffix == ".csv" else KML.format(PLACE), encoding="utf-8")
    else:
        days = {} if suffix == ".shp" else {"day": pd.to_datetime(["2025-07-01"] * 3)}
        save(layer(**days), folder / f"z{suffix}")
    chance = random.Random(7)
    for turn in range(25):
        work = tmp_path / f"{turn}"
        shutil.copytree(folder, work)
        blob = bytearray((work / name).read_bytes())
        for _ in range(chance.choice([1, 5, 30])):
            blob[chance.randrange(len(blob))] = chance.randrange(256)
        (work / name).write_bytes(blob[: len(blob) if turn % 3 else chance.randrange(len(blob))])
        with contextlib.suppress(InputError):
            read(work / f"z{suffix}")


def test_shapefile_says_where_it_may_have_cut_names_and_texts(tmp_path):
    frame = layer(land_use_p=["a", "b", "c"], note=["x" * 254, "", ""])
    notes = read(save(frame, tmp_path / "z.shp")).notes
    assert any("land_use_p" in note for note in notes)
    assert any("254" in note for note in notes)


# --- real files, where they are at hand


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("fr_plu/41175_PLU_20140603/Donnees_geographiques/ZONE_URBA.shp", 118),
        ("fr_plu/19182_CC_20150517/Donnees_geographiques/19182_SECTEUR_CC_20150517.TAB", 19),
        ("chicago/zoning_2024-10-21.parquet", 14592),
        ("vn_langson/langson_communes_2025.gpkg", 65),
    ],
)
def test_real_layers_are_read_whole_and_without_mojibake(name, rows):
    raw = read(shared(name))
    assert len(raw.frame) == rows
    texts = [v for c in raw.frame.columns if c != "geometry" for v in raw.frame[c] if isinstance(v, str)]
    assert not any("Ã©" in t or "\ufffd" in t for t in texts)


def test_real_curve_is_linearised_within_a_thousandth():
    raw = read(shared("bad/01_geometry/curvepolygon.gpkg"))
    assert raw.frame.geometry.area.max() == pytest.approx(31415.9, rel=1e-3)  # a circle of radius 100 m
    assert any("curves" in note for note in raw.notes)
