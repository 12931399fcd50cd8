"""What a sheet says of its coordinate system is used and told; contradictions stop the reading."""

from __future__ import annotations

import openpyxl
import pytest

from plangeo.errors import CrsError
from plangeo.positions.crsnotes import claims_of, settle_written, sheet_sentences, suggestion, systems_named
from plangeo.profiles import load_profile
from plangeo.reading import Sentence, decisions_of
from plangeo.sources import read_sites

VN = load_profile("vn")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("(Hệ tọa độ VN-2000, kinh tuyến trục 107°15', múi chiếu 3°)", {9215}),
        ("HỆ TỌA ĐỘ VN2000 KINH TUYẾN TRỤC 107O15' MÚI CHIẾU 3O", {9215}),
        ("VN2000 KTT 107 15", {9215}),
        ("VN 2000, KTTW 107-15", {9215}),
        ("KTT: 107,25", {9215}),
        ("kinh tuyến trục 107.15 múi 3 độ", {9215}),
        ("kinh tuyến trục 107 độ 15 phút", {9215}),
        ("tọa độ VN2000, KTT 107015', múi 30", {9215}),
        ("KTT 1070 15'", {9215}),
        ("VN-2000 KTT 107°30'", {9216}),
        ("VN-2000, KTT 105°, múi 3°", {5897}),
        ("VN-2000, KTT 105°, múi 6°", {3405}),
        ("VN-2000 KTT 105", {5897, 3405}),
        ("VN-2000 / UTM zone 48N", {3405}),
        ("UTM zone 48N", {3405, 32648}),
        ("WGS84 UTM 48N", {32648}),
        ("múi 6 độ, VN-2000", {3405, 3406}),
        ("WGS84", {4326, 32648, 32649}),
        ("Hệ HN-72", {4147, 2044, 2045}),
        ("EPSG:9215", {9215}),
        ("VN-2000, kinh tuyến trục 107°10', múi 3°", set()),
        ("VN-2000, kinh tuyến trục 107°15', múi 6°", set()),
        ("VN-2000, KTT 1071", set()),
        ("KTT 107°", {9214}),
        ("KTT 107, 3 độ", {9214}),
    ],
)
def test_sentences(text, codes):
    assert systems_named(text, VN.systems) == codes


@pytest.mark.parametrize(
    "text", ["Khu công nghiệp Hữu Lũng", "Kinh tuyến", "Diện tích 107 ha", "Mã dự án", "Múi giờ", "Cải tạo KTT 107 Trần Phú"]
)
def test_other_sentences_say_nothing(text):
    assert not claims_of([Sentence("row 1", text)], VN)


def settle(*texts, stated=None, kind="metres"):
    return settle_written(claims_of([Sentence(f"row {i}", t) for i, t in enumerate(texts, 1)], VN), stated, kind, VN, "a.xlsx")


def test_a_sentence_that_leaves_one_system_is_used_and_told():
    got = settle("Hệ tọa độ VN-2000", "kinh tuyến trục 107°15', múi 3°")
    assert got.crs == "EPSG:9215"
    assert got.decisions[0].topic == "crs"
    assert "row 1" in got.decisions[0].where


def test_a_sentence_that_leaves_two_is_not_used():
    got = settle("VN-2000, KTT 105°")
    assert got.crs is None
    assert "EPSG:3405" in got.hint
    assert "EPSG:5897" in got.hint


def test_the_user_confirms_or_is_contradicted():
    assert settle("VN-2000 KTT 107 15", stated="EPSG:9215").crs == "EPSG:9215"
    assert settle("VN-2000", stated="EPSG:9216").crs == "EPSG:9216"
    with pytest.raises(CrsError, match=r"EPSG:9215.*row 1.*EPSG:5897"):
        settle("VN-2000 KTT 107 15", stated="EPSG:5897")


def test_sentences_that_contradict_each_other_stop_the_reading():
    with pytest.raises(CrsError, match=r"(?s)row 1.*row 2"):
        settle("VN-2000 KTT 107°15'", "VN-2000 KTT 105°45'")
    with pytest.raises(CrsError, match="no coordinate system"):
        settle("VN-2000 KTT 107°10'")


def test_degrees_take_only_sentences_that_can_speak_of_degrees():
    assert settle("Tọa độ WGS84", kind="degrees").crs == "EPSG:4326"
    assert settle("Hệ VN-2000", kind="degrees").crs == "EPSG:4756"
    got = settle("VN-2000 KTT 107°15'", kind="degrees")
    assert got.crs is None
    assert "metres" in got.hint


def test_provinces_are_suggested_never_applied():
    assert "EPSG:9215" in suggestion([Sentence("row 1", "UBND TỈNH LẠNG SƠN")], VN)
    assert "EPSG:9210" in suggestion([Sentence("row 1", "TP. Hồ Chí Minh")], VN)
    assert suggestion([Sentence("row 1", "Lạng Sơn")], VN) == ""


def test_titles_and_notes_are_kept_and_tables_are_not():
    rows = [(1, ["DANH MỤC", "", ""]), (2, ["", ""]), (3, ["1", "P-1", "A", "2417140", "449158"]), (9, ["Ghi chú: VN-2000"])]
    assert [s.where for s in sheet_sentences(rows)] == ["row 1", "row 9"]
    assert len(sheet_sentences([(i, ["title"]) for i in range(5000)])) == 400


def test_every_province_measures_in_a_system_of_the_table():
    codes = {s.epsg: s for s in VN.systems}
    assert len(VN.meridians) == 63
    for province in VN.meridians:
        system = codes[province.epsg]
        assert systems_named(f"VN-2000, kinh tuyến trục {province.written}, múi 3°", VN.systems) == {province.epsg}
        assert system.width_deg == 3


def test_cells_with_coordinates_speak_of_their_own_row_only():
    cells = ["WGS84: 21.85, 106.76", "VN-2000: X=2417140; Y=449158", "VN2000 21°51'00\"N 106°45'36\"E", "VN2000: 2.417.140,5"]
    assert sheet_sentences([(i, ["P-1", "A", c]) for i, c in enumerate(cells)]) == []
    assert len(sheet_sentences([(1, ["Hệ tọa độ VN-2000, kinh tuyến trục 107°15'00\", múi chiếu 3°"])])) == 1


def test_an_abbreviation_counts_with_a_datum_beside_it():
    assert settle("Hệ tọa độ VN-2000", "KTT 107").crs == "EPSG:9214"
    assert settle("Cải tạo KTT 107 Trần Phú", "Danh mục công trình").crs is None


ROWS = ["Trường A,housing,2417140.5,449158.0", "Cải tạo KTT 107 Trần Phú (VN-2000),housing,2417240.5,449258.0"]


def test_the_name_of_a_project_sets_no_system(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["Tên dự án,Loại dự án,X,Y", *ROWS]), encoding="utf-8")
    with pytest.raises(CrsError, match="nothing says"):
        read_sites(path)
    assert read_sites(path, crs="EPSG:9215").crs == "EPSG:9215"
    note = "Hệ tọa độ VN-2000 kinh tuyến trục 107°15',,,"
    beside = '"Tọa độ theo hệ VN-2000, KTT 107°15\'",,,'
    for lines in (
        [note, "Tên dự án,Loại dự án,X,Y", *ROWS],
        ["Tên dự án,Loại dự án,X,Y", *ROWS, note],
        ["Tên dự án,Loại dự án,X,Y", *ROWS, beside],
    ):
        path.write_text("\n".join(lines), encoding="utf-8")
        read = read_sites(path)
        assert read.crs == "EPSG:9215"
        assert len(read) == 2


def test_the_title_of_a_parcel_sets_no_system_and_stays_its_name(tmp_path):
    path = tmp_path / "a.csv"
    corners = "Điểm,X,Y\n1,2417140,449158\n2,2417140,449258\n3,2417040,449258\n"
    path.write_text(f"Khu nhà ở KTT 107 Trần Phú,,\n{corners}", encoding="utf-8")
    with pytest.raises(CrsError, match="nothing says"):
        read_sites(path)
    assert read_sites(path, crs="EPSG:9215")["name"].tolist() == ["Khu nhà ở KTT 107 Trần Phú"]
    path.write_text(f'"VN-2000, KTT 107°15\'",,\nKhu nhà ở KTT 105 Trần Phú,,\n{corners}', encoding="utf-8")
    assert read_sites(path).crs == "EPSG:9215"


def book(path, titles):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, title in titles.items():
        sheet = workbook.create_sheet(name)
        sheet.append([title])
        sheet.append(["Mã", "Tên dự án", "Loại dự án", "X", "Y"])
        for i in range(2):
            sheet.append([f"{name}-{i}", "Trường", "DGD", 2417140.5 + i, 449158.5])
    workbook.save(path)
    return path


def test_sheets_read_together_each_state_their_system(tmp_path):
    told = "VN-2000, kinh tuyến trục 107°15', múi 3"
    for other, said in (
        ("Danh mục dự án", "says nothing"),
        ("VN-2000, KTT 105°45'", "105-45"),
        ("Hệ tọa độ VN-2000", "UTM zone 48N"),
    ):
        path = book(tmp_path / "a.xlsx", {"Nam 2023": told, "Nam 2024": other})
        with pytest.raises(CrsError, match=rf"(?s)sheet 'Nam 2023'.*107-15.*sheet 'Nam 2024': .*{said}"):
            read_sites(path, sheet="*")
    assert read_sites(book(tmp_path / "a.xlsx", {"1": told, "2": ""}), sheet="*", crs="EPSG:9215").crs == "EPSG:9215"
    read = read_sites(book(tmp_path / "a.xlsx", {"1": told, "2": told}), sheet="*")
    assert read.crs == "EPSG:9215"
    where = [d.where for d in decisions_of(read.attrs["plangeo"]) if d.topic == "crs"]
    assert any("sheet '1'" in w and "sheet '2'" in w for w in where), where
