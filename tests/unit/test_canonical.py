"""Raw frames become canonical tables: columns by name, places by stated rules, every row kept, every doubt told."""

from __future__ import annotations

import json
import math
import struct

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from shapely.geometry import MultiPoint, Point, Polygon, box

from plangeo.assessment import assess
from plangeo.canonical import canonical_districts, canonical_register, canonical_sites, canonical_zones
from plangeo.errors import CrsError, TableError
from plangeo.explanation import explain
from plangeo.profiles import load_profile
from plangeo.sources import read_register
from plangeo.tables import DISTRICTS, SITES, ZONES, check_table
from plangeo.vectors import shapes_of
from tests import makers

VN = load_profile("vn")
NORTH, EAST = "2417140.524", "449158.033"


def sites(cells: dict[str, list[object]], **keywords: object) -> gpd.GeoDataFrame:
    frame = canonical_sites(pd.DataFrame(cells), VN, source="a.xlsx", **keywords)
    check_table(frame, SITES, "sites")
    assert len(frame) == len(next(iter(cells.values())))
    return frame


def layer(*geometries: object, crs: object = "EPSG:9215", **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns or {"code": ["LUC"] * len(geometries)}, geometry=list(geometries), crs=crs)


def zones(frame: gpd.GeoDataFrame, **keywords: object) -> gpd.GeoDataFrame:
    made = canonical_zones(frame, VN, source="z.gpkg", **keywords)
    check_table(made, ZONES, "zones")
    assert len(made) == len(frame)
    return made


def notes(frame: pd.DataFrame) -> str:
    json.dumps(frame.attrs["plangeo"])
    return "\n".join(frame.attrs["plangeo"]["notes"])


def square(x: float = 449_000, y: float = 2_417_000, size: float = 100) -> Polygon:
    return box(x, y, x + size, y + size)


# --- columns


def test_columns_are_found_by_their_vietnamese_names_and_the_own_ones_stay():
    frame = sites(
        {"MÃ DỰ ÁN": ["P1"], "Ten du an": ["Khu A"], "Loại dự án": ["KCN"], "Địa điểm": ["Xã Đồng Đăng"], "Ghi chú": ["x"]}
    )
    assert frame[["site_id", "name", "use", "declared_district"]].iloc[0].tolist() == ["P1", "Khu A", "KCN", "Xã Đồng Đăng"]
    assert frame["Ghi chú"].tolist() == ["x"]
    assert frame["MÃ DỰ ÁN"].tolist() == ["P1"]


def test_given_columns_win_over_synonyms():
    frame = sites({"Tên dự án": ["a"], "Gọi là": ["b"]}, columns={"Gọi là": "name"})
    assert frame["name"].tolist() == ["b"]


def test_given_columns_that_do_not_fit_are_all_named():
    with pytest.raises(TableError) as caught:
        sites({"Tên": ["a"], "Khác": ["b"]}, columns={"Ten dự": "name", "Khác": "title", "Tên": "name"})
    for part in ("'Ten dự'", "'title'", "declared_area_m2", "both given as 'name'"):
        assert part in str(caught.value)


def test_a_name_that_only_begins_like_a_synonym_never_matches():
    with pytest.raises(TableError, match="land_use_p"):
        zones(layer(square(), land_use_p=["LUC"], land_use_e=["SKK"]))
    exact = zones(layer(square(), land_use_p=["LUC"], land_use=["SKK"]))
    assert exact["zone_code"].tolist() == ["SKK"]


def test_a_second_column_that_could_be_meant_is_told():
    frame = zones(layer(square(), code=["LUC"], MAQH=["SKK"]))
    assert frame["zone_code"].tolist() == ["SKK"]
    assert "'code' could be meant as well" in notes(frame)
    assert "could be meant" not in notes(zones(layer(square(), code=["LUC"], MAQH=["SKK"]), columns={"code": "zone_code"}))


def test_one_name_twice_is_not_guessed():
    with pytest.raises(TableError, match="could all be name"):
        sites({"Tên dự án": ["a"], "TÊN DỰ ÁN": ["b"]})


def test_an_own_column_with_a_canonical_name_is_kept_beside():
    frame = sites({"Mã dự án": ["P1"], "repaired": ["fence, 2019"], "accuracy_m": ["2,5"]})
    assert frame["repaired_raw"].tolist() == ["fence, 2019"]
    assert frame["repaired"].tolist() == [""]
    assert frame["accuracy_m"].tolist() == [2.5]
    assert frame["accuracy_m_raw"].tolist() == ["2,5"]


# --- identifiers


def test_blank_and_repeated_identifiers_become_unique():
    frame = sites({"Mã": ["P1", "", "P1", "P1#2", "P1"], "source_row": [5, 6, 7, 8, 9]})
    assert frame["site_id"].tolist() == ["P1", "row-6", "P1#3", "P1#2", "P1#4"]
    assert [p.split(":")[0] for p in frame["problem"].str.split("; ").str[0]] == [
        "no_geometry",
        "no_geometry",
        "duplicate_id",
        "no_geometry",
        "duplicate_id",
    ]
    assert "1 row(s) have no site_id" in notes(frame)


def test_without_an_identifier_the_rows_are_numbered():
    assert sites({"Tên": ["a", "b"]})["site_id"].tolist() == ["row-1", "row-2"]
    assert sites({"Tên": ["a", "b"], "source_row": ["x", None]})["site_id"].tolist() == ["row-1", "row-2"]


def test_numbers_as_identifiers_stay_as_written():
    assert sites({"Mã": ["007", "1E5"]})["site_id"].tolist() == ["007", "1E5"]
    assert sites({"Mã": [7.0, 8.0]})["site_id"].tolist() == ["7", "8"]


def test_repeated_zone_identifiers_are_a_note_and_no_problem():
    frame = zones(layer(square(), square(450_000), id=["z", "z"], code=["LUC", "RPH"]))
    assert frame["zone_id"].tolist() == ["z", "z#2"]
    assert frame["problem"].tolist() == ["", ""]
    assert "repeat a zone_id" in notes(frame)


# --- declared areas


@pytest.mark.parametrize(
    ("header", "cells", "areas"),
    [
        ("Diện tích (ha)", ["1.234,5", "1.234"], [12_345_000, 12_340_000]),
        ("Diện tích (m2)", ["12500", "800"], [12_500, 800]),
        ("Diện tích (m²)", ["1.250,5"], [1_250.5]),
        ("Diện tích", ["12.000 m²", "1,5 ha"], [12_000, 15_000]),
        ("Diện tích", ["234.567 m²", "1234.567 m²"], [234.567, 1234.567]),
        ("declared_area_m2", ["500"], [500]),
    ],
)
def test_areas_by_header_and_cell(header, cells, areas):
    frame = sites({header: cells})
    assert frame["declared_area_m2"].tolist() == areas
    assert "could not be read" not in notes(frame)
    assert "states no unit" not in notes(frame)


def test_an_ambiguous_area_is_no_number_and_the_note_names_its_row():
    frame = sites({"Diện tích (ha)": ["1.234", "5.678", "chưa đo."], "source_row": [7, 8, 9]})
    assert frame["declared_area_m2"].isna().all()
    assert "3 area(s) in column 'Diện tích (ha)'" in notes(frame)
    assert "'1.234' in row 7" in notes(frame)


@pytest.mark.parametrize("written", ["1.234", "năm mươi", "20-10", "abc", "12,345", "-3 ha", "3 công", "?"])
def test_an_unreadable_area_is_carried_as_written_and_the_site_is_unknown(written):
    frame = sites(
        {"Mã": ["A", "B"], "Loại hình": ["housing"] * 2, "Diện tích (ha)": [written, ""], "X": [NORTH] * 2, "Y": [EAST] * 2},
        crs="EPSG:9215",
    )
    assert frame["declared_area_m2"].isna().all()
    assert frame["declared_area_text"].tolist() == [written, ""]
    ground = makers.zones(("Z", "ODT", Point(449_158, 2_417_140).buffer(5_000), "P1"))
    result = assess(frame, makers.rulebook(), on="2025-07-01", zones=ground)
    assert result.sites["verdict"].tolist() == ["unknown", "permitted"]
    assert written in explain(result, "A", "vi")
    assert written in explain(result, "A", "en")


@pytest.mark.parametrize("written", ["-", "…", " ", "—"])
def test_a_dash_states_no_area(written):
    frame = sites({"Diện tích (ha)": [written, "1,5"]})
    assert frame["declared_area_text"].tolist() == ["", ""]
    assert "could not be read" not in notes(frame)


def test_an_own_column_of_that_name_is_not_taken_for_it():
    frame = sites({"declared_area_text": ["my words"], "Diện tích (ha)": ["1,5"]})
    assert frame["declared_area_text"].tolist() == [""]
    assert frame["declared_area_text_raw"].tolist() == ["my words"]


def test_a_remark_does_not_decide_how_numbers_are_read():
    frame = sites({"Diện tích (ha)": ["12.345", "khoảng 1.5, chưa duyệt"]})
    assert frame["declared_area_m2"].isna().all()


def test_real_numbers_are_not_ambiguous():
    frame = canonical_sites(layer(square(), square(), area_ha=[12.345, 1e-7]), VN, source="s.gpkg")
    assert frame["declared_area_m2"].tolist() == pytest.approx([123_450, 0.001])


def test_hectares_by_default_are_told():
    assert "states no unit" in notes(sites({"Diện tích": ["1,5"]}))


# --- places of tables


def test_vietnamese_lists_have_x_to_the_north():
    frame = sites({"X": [NORTH], "Y": [EAST]}, crs="EPSG:9215")
    assert (frame.geometry[0].x, frame.geometry[0].y) == (449158.033, 2417140.524)
    assert frame.crs == "EPSG:9215"
    assert "read that way" not in notes(frame)


def test_lists_from_drawings_have_x_to_the_east_and_that_is_told():
    frame = sites({"X (m)": [EAST], "Y (m)": [NORTH]}, crs="EPSG:9215")
    assert (frame.geometry[0].x, frame.geometry[0].y) == (449158.033, 2417140.524)
    assert "holds the northings" in notes(frame)


def test_one_exchanged_row_is_a_problem_of_that_row():
    frame = sites({"X": [NORTH, NORTH, EAST], "Y": [EAST, EAST, NORTH]}, crs="EPSG:9215")
    assert frame.geometry.notna().tolist() == [True, True, False]
    assert frame["problem"][2].startswith("bad_coordinates")


@pytest.mark.parametrize(
    ("north", "east"), [("2.417.140,524", "449.158,033"), ("2,417,140.524", "449,158.033"), ("2 417 140,524", "449 158,033")]
)
def test_coordinates_in_local_styles(north, east):
    place = sites({"X": [north], "Y": [east]}, crs="EPSG:9215").geometry[0]
    assert (place.x, place.y) == (449158.033, 2417140.524)


def test_rows_that_cannot_be_placed_stay_rows():
    frame = sites({"X": [NORTH, "", "sau", "99"], "Y": [EAST, "", EAST, EAST]}, crs="EPSG:9215")
    assert frame.geometry.notna().tolist() == [True, False, False, False]
    assert [p.split(":")[0] for p in frame["problem"]] == ["", "no_geometry", "bad_coordinates", "bad_coordinates"]


def test_metres_without_a_crs_are_refused_with_the_remedy():
    with pytest.raises(CrsError, match="crs='EPSG:9215'"):
        sites({"X": [NORTH], "Y": [EAST]})


def test_degrees_are_wgs84_unless_another_datum_is_stated():
    cells = {"Kinh độ": ["106,76"], "Vĩ độ": ["21,85"]}
    assert sites(cells).crs == "EPSG:4326"
    vn2000 = sites(cells, crs="EPSG:4756")
    assert vn2000.crs == "EPSG:4756"
    assert (vn2000.geometry[0].x, vn2000.geometry[0].y) == (106.76, 21.85)
    metric = sites(cells, crs="EPSG:9215")
    assert metric.crs == "EPSG:4326"
    assert "was not used" in notes(metric)


def test_two_ways_of_telling_the_place_are_told():
    frame = sites({"lon": ["106.76"], "lat": ["21.85"], "X": [NORTH], "Y": [EAST]})
    assert frame.geometry[0].x == 106.76
    assert "tell it again" in notes(frame)


def test_shapes_in_words():
    ring = "POLYGON Z ((449000 2417000 5, 449100 2417000 5, 449100 2417100 5, 449000 2417000 5))"
    open_ring = "POLYGON ((449000 2417000, 449100 2417000, 449100 2417100))"
    frame = sites({"wkt": [ring, open_ring, "", "POINT (nan 1)", "DROP TABLE"]}, crs="EPSG:9215")
    assert frame.geometry.notna().tolist() == [True, False, False, False, False]
    assert not frame.geometry[0].has_z
    words = [p.split(":")[0] for p in frame["problem"]]
    assert words == ["", "bad_coordinates", "no_geometry", "not_finite", "bad_coordinates"]
    with pytest.raises(CrsError, match="WKT"):
        sites({"wkt": [ring]})


@pytest.mark.parametrize(
    "shape",
    [
        "CIRCULARSTRING (449000 2417000, 449100 2417100, 449200 2417000)",
        "CurvePolygon (COMPOUNDCURVE (CIRCULARSTRING (449000 2417000, 449100 2417100, 449200 2417000), "
        "(449200 2417000, 449000 2417000)))",
        "MULTISURFACE (((449000 2417000, 449100 2417000, 449000 2417100, 449000 2417000)))",
        "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (POINT EMPTY, CIRCULARSTRING (449000 2417000, 449100 2417100, 449200 2417000)))",
    ],
)
def test_curves_in_words_are_a_problem_of_their_row(shape):
    frame = sites({"wkt": [shape, "POINT (449000 2417000)"]}, crs="EPSG:9215")
    assert frame.geometry.notna().tolist() == [False, True]
    assert frame["problem"][0].startswith("curved_geometry")
    assert frame["problem"][1] == ""


def test_a_curve_inside_a_collection_of_a_layer_is_a_problem_of_its_row():
    hidden = shapely.from_wkt("GEOMETRYCOLLECTION (CIRCULARSTRING (449000 2417000, 449100 2417100, 449200 2417000))")
    frame = zones(layer(square(), hidden))
    assert frame.geometry.notna().tolist() == [True, False]
    assert frame["problem"][1].startswith("curved_geometry")


def test_a_column_of_wkb_with_one_curve_loses_only_that_row():
    arc = struct.pack("<BII6d", 1, 8, 3, 0, 0, 1, 1, 2, 0)
    shapes, problems = shapes_of([shapely.to_wkb(Point(1, 2)), arc, shapely.to_wkb(Point(3, 4)), None])
    assert [s and (s.x, s.y) for s in shapes] == [(1, 2), None, (3, 4), None]
    assert list(problems) == [1]
    assert problems[1].startswith("curved_geometry")


@pytest.mark.parametrize(
    ("shape", "read"),
    [
        ("GEOMETRYCOLLECTION (MULTIPOINT (1 2, 3 4))", "MULTIPOINT (1 2, 3 4)"),
        ("GEOMETRYCOLLECTION (MULTIPOINT (1 2), GEOMETRYCOLLECTION (POINT (3 4)))", "MULTIPOINT (1 2, 3 4)"),
        ("GEOMETRYCOLLECTION (POLYGON EMPTY, MULTIPOINT (1 2))", "POINT (1 2)"),
        ("LINEARRING (1 2, 3 4, 1 4, 1 2)", "LINESTRING (1 2, 3 4, 1 4, 1 2)"),
    ],
)
def test_nested_shapes_are_opened(shape, read):
    frame = sites({"wkt": [shape]}, crs="EPSG:9215")
    assert frame.geometry[0].equals_exact(shapely.from_wkt(read))
    assert frame["problem"].tolist() == [""]


@pytest.mark.parametrize(
    "shape",
    [
        "LINEARRING (449100 2417010, 449100 2417010, 449000 2417100, 449100 2417010)",
        "MULTIPOLYGON (((449050 2417000, 449050 2417000, 449050 2417000, 449050 2417000)), "
        "((449000 2417100, 449010 2417100, 449010 2417010, 449000 2417100)))",
        "LINESTRING (449000 2417000, 449000 2417000)",
        "POINT (1e400 2417000)",
    ],
)
def test_degenerate_shapes_are_rows_and_never_tracebacks(shape):
    frame = sites({"wkt": [shape]}, crs="EPSG:9215")
    assert (frame.geometry[0] is None) == bool(frame["problem"][0])


def test_a_point_written_twice_counts_once_and_the_ledger_tells():
    raw = layer(MultiPoint([(449_000, 2_417_000), (449_100, 2_417_000), (449_000, 2_417_000)]), name=["a"])
    frame = canonical_sites(raw, VN, source="s.gpkg")
    assert frame.geometry[0].equals(MultiPoint([(449_000, 2_417_000), (449_100, 2_417_000)]))
    assert len(frame.geometry[0].geoms) == 2
    assert "1 of 3 points repeat" in frame["repaired"][0]
    entry = frame.attrs["plangeo"]["repairs"][0]
    assert (entry["row_id"], entry["action"], entry["area_before_m2"]) == ("row-1", "repaired", 0)


def test_one_point_written_thrice_is_a_point():
    frame = canonical_sites(layer(MultiPoint([(449_000, 2_417_000)] * 3), name=["a"]), VN, source="s.gpkg")
    assert frame.geometry[0].equals_exact(Point(449_000, 2_417_000))


def test_bombs_of_shapes_never_reach_the_geometry_library(monkeypatch):
    met = []
    true = shapely.from_wkt
    monkeypatch.setattr(shapely, "from_wkt", lambda text, *a, **k: met.append(text) or true(text, *a, **k))
    deep = "GEOMETRYCOLLECTION (" * 50_000 + "POINT (1 1)" + ")" * 50_000
    long = "LINESTRING (" + ", ".join(["449000.123456 2417000.123456"] * 200_000) + ")"
    frame = sites({"wkt": [deep, long]}, crs="EPSG:9215")
    assert frame["problem"].str.startswith("bad_coordinates").all()
    assert not met


def test_a_list_without_places_is_all_problem():
    frame = sites({"Tên": ["a", "b"]})
    assert frame.geometry.isna().all()
    assert frame["problem"].str.startswith("no_geometry").all()


# --- places of vector files


def test_what_the_reader_said_of_a_row_comes_first():
    raw = layer(square(), None, code=["LUC", "RPH"], problem=["", "unreadable: record 2 is damaged"])
    assert zones(raw)["problem"].tolist() == ["", "unreadable: record 2 is damaged"]


def test_empty_null_and_infinite_zones_stay_rows():
    spike = Polygon([(449_000, 2_417_000), (math.inf, 2_417_000), (449_100, 2_417_100)])
    frame = zones(layer(square(), None, Polygon(), spike))
    assert [p.split(":")[0] for p in frame["problem"]][2:] == ["empty_geometry", "not_finite"]
    assert frame["problem"][1]
    assert frame.geometry.notna().tolist() == [True, False, False, False]


def test_a_broken_polygon_is_set_aside_with_its_box_and_the_ledger_tells():
    bow = Polygon([(449_000, 2_417_000), (449_100, 2_417_100), (449_100, 2_417_000), (449_000, 2_417_100)])
    frame = zones(layer(bow))
    assert frame["problem"][0].startswith("invalid_geometry")
    assert "bbox 449000" in frame["problem"][0]
    assert frame.attrs["plangeo"]["repairs"][0]["action"] == "quarantined"


def test_latitude_first_is_refused_and_never_mended():
    with pytest.raises(CrsError, match="axes are exchanged"):
        zones(layer(box(21.8, 106.7, 21.9, 106.8), crs="EPSG:4326"))
    with pytest.raises(CrsError, match="Is the CRS right"):
        zones(layer(square(), crs="EPSG:4326"))


def test_northing_first_is_refused_and_never_mended():
    with pytest.raises(CrsError, match="northing first"):
        zones(layer(square(2_417_000, 449_000)))


def test_degrees_under_a_crs_in_metres_are_refused():
    with pytest.raises(CrsError, match="are degrees"):
        zones(layer(box(106.7, 21.8, 106.8, 21.9)))


def test_a_layer_far_from_its_crs_is_told_but_one_odd_row_is_not_the_layer():
    assert "is the CRS right?" in notes(zones(layer(square(0, 0))))
    assert "is the CRS right?" not in notes(zones(layer(square(), square(449_200), square(0, 0))))


def test_a_stated_crs_serves_a_frame_without_one_and_may_not_contradict():
    bare = layer(Point(449_158, 2_417_140), crs=None)
    assert canonical_sites(bare, VN, crs="EPSG:9215").crs == "EPSG:9215"
    with pytest.raises(CrsError, match="crs= says"):
        canonical_sites(layer(square()), VN, crs="EPSG:3405")


# --- zones, districts, registers


def test_codes_are_mended_with_a_note_and_never_invented():
    frame = zones(layer(square(), square(), square(), code=[" luc", None, "ÐGT"]))
    assert frame["zone_code"].tolist() == ["LUC", "", "ĐGT"]
    assert "' luc'" in notes(frame) or "'luc' read as 'LUC'" in notes(frame)


def test_zones_drawn_twice_are_kept_and_told():
    frame = zones(layer(square(), square()), plan_id="QH ")
    assert len(frame) == 2
    assert frame["plan_id"].tolist() == ["QH", "QH"]
    assert "drawn twice" in notes(frame)


def test_districts_need_a_name():
    frame = canonical_districts(layer(square(), maxa=["05977"], fullName=["Phường Đông Kinh"]), VN, source="d")
    check_table(frame, DISTRICTS, "districts")
    assert frame[["district_id", "district_name"]].iloc[0].tolist() == ["05977", "Phường Đông Kinh"]
    with pytest.raises(TableError, match="district_name"):
        canonical_districts(layer(square(), maxa=["05977"]), VN, source="d")


def test_a_register_needs_no_place():
    raw = pd.DataFrame({"Mã": ["P1", "P1"], "Diện tích (ha)": ["1,5", "?"]})
    frame = canonical_register(raw, VN, source="b.xlsx")
    assert "geometry" not in frame
    assert frame["site_id"].tolist() == ["P1", "P1#2"]
    assert frame["declared_area_m2"][0] == 15_000
    assert frame["problem"][0] == ""
    assert frame["problem"][1].startswith("duplicate_id")
    assert "'?' in row 2" in notes(frame)


def test_tables_without_rows_keep_their_contract():
    assert len(sites({"Mã": [], "X": [], "Y": []}, crs="EPSG:9215")) == 0
    assert len(zones(layer(code=[]))) == 0


def test_numbers_of_a_workbook_are_not_ambiguous(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Mã dự án", "Tên dự án", "Diện tích (ha)"])
    for row in (("A", "a", 12.345), ("B", "b", 1.234), ("C", "c", "khoảng 50"), ("D", "d", None)):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    frame = read_register(tmp_path / "list.xlsx")
    assert frame["declared_area_m2"].tolist()[:2] == pytest.approx([123_450, 12_340])
    assert frame["declared_area_text"].tolist() == ["", "", "", ""]
    assert frame["declared_area_m2"].isna().tolist() == [False, False, True, True]
    assert frame["declared_area_min_m2"][2] == frame["declared_area_max_m2"][2] == 500_000
    assert frame["declared_area_approx"].tolist() == [False, False, True, False]


def test_an_accuracy_is_read_with_its_unit_or_is_a_problem():
    cells = ["50 m", "±50", "50", "", "-", "2 cm", "khá tốt", "0,5"]
    frame = sites({"Mã": list("ABCDEFGH"), "Sai số (m)": cells})
    assert frame["accuracy_m"].round(3).fillna(-1).tolist() == [50, 50, 50, -1, -1, 0.02, -1, 0.5]
    told = ["bad_accuracy" in p for p in frame["problem"]]
    assert told == [False] * 6 + [True, False]
    assert "'khá tốt' in column 'Sai số (m)'" in frame["problem"].iloc[6]
