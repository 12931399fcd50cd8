"""Columns and cells of coordinates: what is decided for the column, what stays a problem of its row, what is told."""

from __future__ import annotations

import pandas as pd
import pytest

from plangeo.canonical import canonical_sites
from plangeo.errors import CrsError
from plangeo.positions.coordinates import bare_points
from plangeo.profiles import load_profile
from plangeo.reading import Sentence

VN = load_profile("vn")
N, E = "2417140.524", "449158.033"
NOTE = "VN-2000, KTT 107°15', múi 3°"


def sites(table, *notes, crs=None, profile=VN):
    told = [Sentence(f"row {i}", n) for i, n in enumerate(notes, 1)]
    return canonical_sites(pd.DataFrame(table, dtype=object), profile, crs=crs, source="a.xlsx", sentences=told)


def said(frame):
    about = frame.attrs["plangeo"]
    return "\n".join([*about["notes"], *(str(d) for d in about["decisions"])])


def test_the_header_may_state_the_system():
    frame = sites({"Tọa độ VN-2000": [f"X={N}; Y={E}"]}, "kinh tuyến trục 107°15'")
    assert frame.crs == "EPSG:9215"
    frame = sites({"Tọa độ WGS84": ["21.85, 106.76"]})
    assert frame.crs == "EPSG:4326"
    assert "sheet says so" in said(frame)


def test_cells_may_state_the_system_when_nothing_else_does():
    frame = sites({"Tọa độ": [f"VN-2000, KTT 107°15': X={N}; Y={E}", f"X={N}; Y={E}"]})
    assert frame.crs == "EPSG:9215"
    assert frame["problem"].tolist() == ["", ""]


def test_a_cell_that_names_another_system_than_the_sheet_is_a_problem_of_its_row():
    frame = sites({"Tọa độ": [f"X={N}; Y={E}", f"VN-2000, KTT 105°45': X={N}; Y={E}"]}, NOTE)
    assert frame["problem"][0] == ""
    assert "another coordinate system" in frame["problem"][1]


def test_metres_without_a_system_are_refused_with_what_the_sheet_suggests():
    with pytest.raises(CrsError, match=r"nothing says.*EPSG:9215") as error:
        sites({"X": [N], "Y": [E]}, "Danh mục dự án tỉnh Lạng Sơn")
    assert "'tỉnh Lạng Sơn' stands in row 1" in str(error.value)
    with pytest.raises(CrsError, match=r"EPSG:3405.*or EPSG:5897"):
        sites({"X": [N], "Y": [E]}, "VN-2000, KTT 105")


def test_one_exchanged_row_names_the_fix():
    frame = sites({"X": [N, N, E], "Y": [E, E, N]}, NOTE)
    assert frame["problem"].tolist()[:2] == ["", ""]
    assert f"write {N} in 'X' and {E} in 'Y'" in frame["problem"][2]
    frame = sites({"Tọa độ": [f"X={N}; Y={E}", f"X={N}; Y={E}", f"X={E}; Y={N}"]}, NOTE)
    assert frame["problem"][2].endswith(f"write X={N}, Y={E}")
    frame = sites({"Tọa độ": [f"{E}; {N}", f"{E}; {N}", f"{N}; {E}"]}, NOTE)
    assert frame["problem"][2].endswith(f"write {E}, {N}")


def test_no_problem_text_is_cut_in_two_by_a_semicolon():
    frame = sites({"Tọa độ": ["bản Mới; cách chợ 2 km"], "Xã": ["Xã Đồng Đăng; Xã Kỳ Lừa"]}, NOTE)
    assert ";" not in frame["problem"][0]
    frame = sites({"Tọa độ": [""], "Xã": ["Xã Đồng Đăng; Xã Kỳ Lừa"]}, NOTE)
    assert ";" not in frame["problem"][0]


def test_columns_called_x_and_y_may_hold_degrees():
    frame = sites({"X": ["106°45'36\""], "Y": ["21°51'00\""]})
    assert frame.crs == "EPSG:4326"
    assert (frame.geometry[0].x, frame.geometry[0].y) == (106.76, 21.85)
    assert "holds the latitudes" in said(frame)
    with pytest.raises(CrsError, match="in metres"):
        sites({"X": ["106.76"], "Y": ["21.85"]}, crs="EPSG:9215")
    with pytest.raises(CrsError, match="in degrees"):
        sites({"X": [N], "Y": [E]}, crs="EPSG:4326")


def test_longitudes_under_latitude_by_their_letters_are_a_problem():
    frame = sites({"Kinh độ": ["106°45'36\"E", "21°51'00\"N"], "Vĩ độ": ["21°51'00\"N", "106°45'36\"E"]})
    assert frame["problem"][0] == ""
    assert "exchange the two cells" in frame["problem"][1]


def test_minutes_typed_as_decimals_are_said_and_not_changed():
    frame = sites({"Kinh độ": ["106.4536", "106.3012", "106.5559"], "Vĩ độ": ["21.5100", "21.4233", "21.3005"]})
    assert frame.geometry[0].x == 106.4536
    assert "106°45'36\"" in said(frame)
    assert frame["problem"].tolist() == ["", "", ""]
    frame = sites({"Kinh độ": ["106.4586", "106.3012", "106.5559"], "Vĩ độ": ["21.5100", "21.4233", "21.3005"]})
    assert "typed as decimals" not in said(frame)


def test_metres_and_degrees_in_one_column_are_brought_together():
    frame = sites({"Tọa độ": [f"X={N}; Y={E}", "21°51'00\"N 106°45'36\"E"]}, NOTE)
    assert frame.crs == "EPSG:9215"
    assert frame.geometry[0].distance(frame.geometry[1]) < 0.002
    assert "were converted" in said(frame)


def test_points_of_one_cell():
    ring = "2417140, 449158\n2417340, 449158\n2417340, 449358\n2417140, 449158"
    bowtie = "2417140, 449158\n2417340, 449358\n2417340, 449158\n2417140, 449358\n2417140, 449158"
    frame = sites({"Tọa độ": [ring, bowtie, "2417140, 449158; 2417340, 449158"]}, NOTE)
    assert frame.geometry[0].area == 20_000
    assert frame["problem"][1].startswith("invalid_geometry: sides cross")
    assert "nothing says whether" in frame["problem"][2]


def test_a_row_known_by_its_commune_only_keeps_the_prefix():
    frame = sites({"Mã": ["P-1", "P-2"], "Tọa độ": ["", f"X={N}; Y={E}"], "Xã": ["Xã Đồng Đăng", "Xã Đồng Đăng"]}, NOTE)
    assert frame["problem"].tolist() == [
        "no_geometry: the row has no coordinates, the place is known by the commune only (Xã Đồng Đăng)",
        "",
    ]
    frame = sites({"Mã": ["P-1"], "Xã": ["Xã Đồng Đăng"]})
    assert frame["problem"][0].startswith("no_geometry:")


def test_shapes_in_words_take_the_system_of_the_sheet():
    frame = sites({"wkt": ["POINT (449158.033 2417140.524)"]}, NOTE)
    assert frame.crs == "EPSG:9215"
    frame = sites({"wkt": ["POINT (106.76 21.85)"]}, "WGS84")
    assert frame.crs == "EPSG:4326"
    with pytest.raises(CrsError, match="WKT"):
        sites({"wkt": ["POINT (106.76 21.85)"]}, NOTE)


def test_bare_numbers_stay_as_written_whatever_they_are():
    def numbers(table, **columns):
        got = bare_points(pd.DataFrame(table, dtype=object), columns, VN, "a.xlsx")
        assert got.crs is None
        return [None if g is None else (g.x, g.y) for g in got.geometry]

    assert numbers({"X": [N, E, "x"], "Y": [E, N, N]}, north="X", east="Y") == [(float(E), float(N)), (float(N), float(E)), None]
    assert numbers({"X": ["106°45'36\""], "Y": ["21.85"]}, north="X", east="Y") == [(21.85, 106.76)]
    assert numbers({"a": ["21,85", ""], "o": ["106.76", ""]}, latitude="a", longitude="o") == [(106.76, 21.85), None]
    assert numbers({"t": [f"X={N}; Y={E}", "", "?"]}, coordinates="t") == [(float(E), float(N)), None, None]


def test_bare_metres_grouped_with_dots_are_whole_metres_in_either_order():
    for north, east in (("X", "Y"), ("Y", "X")):
        table = pd.DataFrame({"X": ["2.402.000", "2.446.669"], "Y": ["442.000", "427.741"]}, dtype=object)
        got = bare_points(table, {"north": north, "east": east}, VN, "a.csv")
        assert {frozenset((g.x, g.y)) for g in got.geometry} == {frozenset((2_402_000, 442_000)), frozenset((2_446_669, 427_741))}
    unclear = bare_points(
        pd.DataFrame({"X": ["12.345"], "Y": ["442.000"]}, dtype=object), {"north": "X", "east": "Y"}, VN, "a.csv"
    )
    assert unclear.geometry == [None]
    assert "12345 or 12.345?" in unclear.problems[0]


def test_a_problem_names_row_and_column_and_writes_numbers_out():
    table = {"X": [N, N, "2446669", "21°51'02\"N", N], "Y": [E, "425100;425500", "2446669", "106°56'11\"E", E]}
    frame = sites(table | {"source_row": [9.0, 21.0, 22.0, 23.0, 24.0]}, NOTE)
    problems = frame["problem"].tolist()
    assert problems[0] == problems[4] == ""
    assert "'425100,425500' (its semicolons shown as commas) in row 21, column 'Y' is not a number" in problems[1]
    assert "2446669 in row 22, column 'Y' lies outside 100000 … 900000" in problems[2]
    assert "is written in degrees, the column in metres" in problems[3]
    assert not any("e+0" in p for p in problems)


def test_the_way_to_check_a_system_of_the_sheet_is_given_for_both_callers():
    assert "state --crs sites=EPSG:9215 (in Python crs='EPSG:9215') to have this checked" in said(
        sites({"X": [N], "Y": [E]}, NOTE)
    )
