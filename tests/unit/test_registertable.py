"""Lists as offices write them: every layout gives its projects, and every other row is named."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.errors import InputError, TableError
from plangeo.inputs import Request
from plangeo.lists.headers import parse_header_row
from plangeo.lists.registertable import Table, read_table
from plangeo.profiles import load_profile
from plangeo.reading import decisions_of
from plangeo.readingreport import doubt_lines
from plangeo.sources import read_register, read_sites

sys.path.insert(0, str(Path(__file__).parents[1]))
from hardlists import BIEU_10, LAYOUTS, MERGED_BODY, Layout, add_sheet, write_layout

VN = load_profile("vn")
REQUEST = Request("register", fields=VN.header_fields("sites"), forms=VN.forms, codes=frozenset(VN.classes))
KIND_WORDS = {
    "group": "group rows",
    "total": "totals",
    "note": "notes",
    "header": "the header again",
    "counting": "counts the columns",
}


def decisions(frame: pd.DataFrame, topic: str) -> list[str]:
    return [str(d) for d in decisions_of(frame.attrs["plangeo"]) if d.topic == topic]


def numbers(where: str) -> set[int]:
    """Row numbers in the ``where`` of a decision."""
    listed = re.search(r"rows? ([\d, -]+)$", where)
    found: set[int] = set()
    for part in listed.group(1).split(",") if listed else ():
        first, _, last = part.strip().partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def table(rows: list[list[object]], **more: object) -> Table:
    cells = [(i, ["" if c is None else str(c) for c in row]) for i, row in enumerate(rows, start=1)]
    return read_table(cells, REQUEST, **more)  # type: ignore[arg-type]


def rows_told(decided: list, place: str) -> set[int]:
    return {n for d in decided if d.topic in ("row", "header") for n in numbers(d.where.removeprefix(place))}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: one.title)
def test_a_layout_gives_its_projects_and_names_every_other_row(layout: Layout, tmp_path: Path) -> None:
    frame = read_register(write_layout(layout, tmp_path / "list.xlsx"))
    assert frame["name"].tolist() == list(layout.names)
    assert (frame["group"].tolist() if "group" in frame else []) == list(layout.groups)
    assert set(layout.columns) <= set(frame.columns)
    if layout.areas_ha:
        areas = [None if pd.isna(a) else round(a / 1e4, 6) for a in frame["declared_area_m2"]]
        assert areas == list(layout.areas_ha)
    told = decisions_of(frame.attrs["plangeo"])
    for kind, wanted in layout.left_out.items():
        found = {n for d in told if d.topic == "row" and KIND_WORDS[kind] in d.said for n in numbers(d.where)}
        assert found == set(wanted), kind
    every = {i for i, row in enumerate(layout.rows, start=1) if any(c != "" for c in row)}
    assert every == {int(n) for n in frame["source_row"]} | rows_told(told, "") - {int(n) for n in frame["source_row"]}
    (counted,) = frame.attrs["plangeo"]["fingerprint"]["counted"].values()
    assert counted["rows"] == len(every) == sum(n for kind, n in counted.items() if kind != "rows")
    assert counted["project_rows"] == len(frame)
    assert {kind: counted.get(f"{kind}_rows", 0) for kind in layout.left_out} == {k: len(r) for k, r in layout.left_out.items()}
    forms = [f for f in VN.forms if f.form_id == layout.form]
    assert bool(forms) == any(d.topic == "form" for d in told)
    assert all(any(d.topic == "form" and f.title.en in d.said for d in told) for f in forms)


def test_totals_are_checked_and_a_difference_says_stated_summed_and_gap(tmp_path: Path) -> None:
    frame = read_register(write_layout(LAYOUTS[4], tmp_path / "a.xlsx"))
    told = decisions(frame, "total")
    assert any("row 5" in t and "stated 3, summed 2, difference 1" in t for t in told)
    assert any("row 2" in t and "is the sum of its projects (2)" in t for t in told)
    assert any("row 8" in t and "'Tổng cộng' is the sum of all projects (4)" in t for t in told)


def test_a_form_checks_the_numbers_of_a_row_and_notes_a_difference_without_losing_it(tmp_path: Path) -> None:
    frame = read_register(write_layout(BIEU_10, tmp_path / "a.xlsx"))
    assert any("3 is stated, 2 follows, difference 1" in t and "row 15" in t for t in decisions(frame, "form"))
    assert [bool(n) for n in frame["row_note"]] == [False, False, False, True]
    assert frame["problem"].tolist() == [""] * 4


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every layout as a workbook, and room for LibreOffice's own files."""
    folder = tmp_path_factory.mktemp("lists")
    for n, layout in enumerate(LAYOUTS):
        write_layout(layout, folder / f"{n}.xlsx")
    return folder


@pytest.fixture(scope="module")
def as_written(lists: Path) -> list[pd.DataFrame]:
    return [read_register(lists / f"{n}.xlsx") for n in range(len(LAYOUTS))]


@pytest.mark.parametrize("suffix", ["xls", "ods", "xlsx", "csv"])
def test_the_same_list_saved_by_libreoffice_reads_the_same(
    suffix: str, lists: Path, as_written: list[pd.DataFrame], tmp_path: Path
) -> None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not on this machine")
    kind = "csv:Text - txt - csv (StarCalc):59,34,76" if suffix == "csv" else suffix
    command = [
        program,
        "--headless",
        f"-env:UserInstallation={(lists / 'user').as_uri()}",
        "--convert-to",
        kind,
        "--outdir",
        str(tmp_path),
    ]
    subprocess.run([*command, *map(str, sorted(lists.glob("*.xlsx")))], check=True, capture_output=True, timeout=240)
    for n, layout in enumerate(LAYOUTS):
        first, again = as_written[n], read_register(tmp_path / f"{n}.{suffix}")
        if suffix == "csv" and layout is MERGED_BODY:
            continue  # text tables have no merged cells, so nothing says that a word counts for several rows
        pd.testing.assert_frame_equal(first, again)
        if suffix != "csv":
            told = [[(d.topic, d.said, d.sample) for d in decisions_of(f.attrs["plangeo"])] for f in (first, again)]
            assert told[0] == told[1]


NAMES = st.sampled_from(
    [
        "Tổng kho xăng dầu",
        "Cộng đồng Suối Mơ",
        "Tổng công ty 789",
        "Cộng Hòa, khu dân cư",
        "Công viên",
        "CỘNG ĐỒNG",
        "Ghi chú đường",
        "I",
        "Nguồn",
    ]
)
MARKS = st.sampled_from(["I", "II", "A", "B", "1.1", "-", "a)", ""])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("project"), NAMES, st.integers(1, 99)),
            st.tuples(st.just("title"), MARKS, st.integers(0, 3)),
            st.tuples(st.just("total"), st.sampled_from(["Cộng", "Tổng cộng", "Cộng I", "Tổng (I+II)"]), st.integers(0, 500)),
            st.tuples(st.just("blank"), st.just(""), st.just(0)),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_no_numbered_project_with_a_place_is_ever_dropped_and_no_row_is_forgotten(made: list[tuple[str, str, int]]) -> None:
    rows: list[list[object]] = [["DANH MỤC"], ["STT", "Tên dự án", "Địa điểm", "Diện tích (ha)", "Ghi chú"]]
    projects = []
    for kind, word, size in made:
        if kind == "project":
            projects.append(len(rows) + 1)
            rows.append([len(projects), word, "Xã A", size])
        elif kind == "title":
            rows.append([word, f"Đất loại {size}", None, size or None])
        else:
            rows.append([None, word, None, size] if kind == "total" else [None])
    read = table(rows, place="file a")
    kept = [int(n) for n in read.frame["source_row"]]
    assert set(projects) <= set(kept)
    assert kept == sorted(set(kept))
    every = {i for i, row in enumerate(rows, start=1) if any(c is not None and c != "" for c in row)}
    told = {n for d in read.decisions if d.topic in ("row", "header") for n in numbers(d.where)}
    assert every == set(kept) | told


def test_a_total_in_other_words_is_one_only_when_it_is_the_sum() -> None:
    rows = [["STT", "Tên dự án", "Diện tích (ha)", "Địa điểm"], [1, "A1", 2, "Xã A"], [2, "A2", 3, "Xã A"]]
    summed = table([*rows, [None, "Cộng giao thông", 5]])
    assert len(summed.frame) == 2
    other = table([*rows, [None, "Cộng giao thông", 7]])
    assert len(other.frame) == 3
    assert any("kept as a project" in d.said for d in other.decisions)


def test_a_row_with_number_and_name_only_stays_a_project_among_projects() -> None:
    rows = [
        ["STT", "Tên dự án", "Địa điểm"],
        ["I", "Giao thông"],
        [1, "Đường A", "Xã A"],
        [2, "Đường B"],
        [3, "Đường C", "Xã C"],
        ["II", "Thủy lợi"],
        [4, "Hồ D"],
    ]
    read = table(rows)
    assert read.frame["Tên dự án"].tolist() == ["Đường A", "Đường B", "Đường C", "Hồ D"]


@pytest.mark.parametrize(
    "rows",
    [
        [["Số", "Tên", "Diện", "Địa"], ["TT", "dự án", "tích", "điểm"], [1, "Nhà máy", 2, "Xã A"]],
        [["STT", "Tên dự án", "Diện tích", "Địa điểm"], [None, None, "(ha)"], [1, "Nhà máy", 2, "Xã A"]],
        [["STT", "Tên dự án", "Năm thực hiện", None], [None, None, "2025", "2026"], [1, "Nhà máy", "x", None]],
    ],
)
def test_headers_in_two_lines_without_merged_cells(rows: list[list[object]]) -> None:
    read = table(rows)
    assert read.header == (1, 2)
    assert read.frame["source_row"].tolist() == [3.0]


def test_cells_with_errors_hold_nothing_and_are_named() -> None:
    read = table([["STT", "Tên dự án", "Diện tích (ha)"], [1, "Nhà máy", "#REF!"], [2, "Xưởng", "Err:508"]])
    assert read.frame["Diện tích (ha)"].tolist() == ["", ""]
    assert any("C2 #REF!" in d.sample and "C3 Err:508" in d.sample for d in read.decisions)


def test_a_row_of_nothing_but_errors_is_named_and_no_project() -> None:
    read = table([["STT", "Tên dự án"], [1, "Nhà máy"], ["#REF!", "#N/A"], ["", "#NAME?"], [2, "Xưởng"]])
    assert read.frame["Tên dự án"].tolist() == ["Nhà máy", "Xưởng"]
    assert any(d.where.endswith("rows 3-4") and d.said.startswith("nothing but errors") for d in read.decisions)


def test_the_header_may_be_stated(tmp_path: Path) -> None:
    rows = [["Tên dự án", "Diện tích", "Địa điểm"], ["Danh sách dưới đây"], ["Tên dự án", "Ghi chú"], ["Nhà máy", "x"]]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert read_register(tmp_path / "a.xlsx", header_row=3)["name"].tolist() == ["Nhà máy"]
    assert read_register(tmp_path / "a.xlsx", header_row="3-3")["Ghi chú"].tolist() == ["x"]
    with pytest.raises(InputError, match="that row is blank"):
        read_register(tmp_path / "a.xlsx", header_row=9)
    for wrong in ("x", "5-3", 0, True, 1.5):
        with pytest.raises(InputError, match="header_row"):
            parse_header_row(wrong)


def test_sheets_of_one_form_are_read_one_under_another_and_others_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Bìa"
    book.active.append(["BÁO CÁO"])
    add_sheet(book, BIEU_10, "An Sơn")
    add_sheet(book, BIEU_10, "Bình Sơn")
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match=r"(?s)does not guess.*'An Sơn': 4 row\(s\) look like projects"):
        read_register(tmp_path / "a.xlsx")
    frame = read_register(tmp_path / "a.xlsx", sheet="*")
    assert frame["sheet"].tolist() == ["An Sơn"] * 4 + ["Bình Sơn"] * 4
    assert frame["site_id"].is_unique
    assert frame["problem"].tolist() == [""] * 8
    assert any("'Bìa': not read" in t for t in decisions(frame, "sheet"))
    assert len(read_register(tmp_path / "a.xlsx", sheet="an son")) == 4
    add_sheet(book, MERGED_BODY, "Khác")
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(InputError, match="different columns"):
        read_register(tmp_path / "b.xlsx", sheet="*")


CORNER_SHEET = [
    ["BẢNG KÊ TỌA ĐỘ GÓC RANH (VN-2000, KTT 107°15')"],
    ["Tên dự án", "Điểm", "X (m)", "Y (m)", "Cạnh (m)"],
    ["Nhà máy A", "M1", 2385000, 397000, 2500],
    ["", "M2", 2387500, 397000, 2400],
    ["", "M3", 2387500, 399400, 2500],
    ["", "M4", 2385000, 399400, 2400],
]


def list_and_corners(path: Path) -> Path:
    """A list whose one column of names stands under the commonest heading of all, the corners of its projects, and a cover."""
    book = openpyxl.Workbook()
    book.active.title = "DM 2025"
    for row in (["STT", "Tên công trình,\ndự án", "Loại công trình", "Diện tích (ha)"], [1, "Nhà máy A", "Nhà máy", 600]):
        book.active.append(row)
    corners = book.create_sheet("Góc ranh")
    for row in CORNER_SHEET:
        corners.append(row)
    book.create_sheet("Bìa").append(["BÁO CÁO"])
    book.save(path)
    return path


def test_of_several_sheets_the_list_is_recommended_and_corners_are_called_corners(tmp_path: Path) -> None:
    path = list_and_corners(tmp_path / "a.xlsx")
    with pytest.raises(InputError) as refused:
        read_register(path)
    said = str(refused.value)
    assert "name it with --sheet 'DM 2025' (in Python sheet='DM 2025')" in said
    assert "- 'DM 2025': 1 row(s) look like projects" in said
    assert "- 'Góc ranh': a list of corners: 4 row(s) in 1 block(s) (for --boundaries)" in said
    assert "--boundaries a.xlsx --layer-name 'boundaries=Góc ranh'" in said
    assert "- 'Bìa': no list of projects" in said


def test_all_lists_of_a_workbook_leave_the_corners_out_and_say_so(tmp_path: Path) -> None:
    frame = read_register(list_and_corners(tmp_path / "a.xlsx"), sheet="*")
    assert frame["name"].tolist() == ["Nhà máy A"]
    assert any("'Góc ranh': not read: a list of corners" in t for t in decisions(frame, "sheet"))
    assert any("sheet 'Góc ranh': not read" in line for line in doubt_lines([frame.attrs["plangeo"]], []))


def test_a_list_known_by_headings_without_their_unit_alone_is_a_list() -> None:
    rows = [(1, ["Mã", "Danh mục dự án (công trình)", "Loại công trình"]), (2, ["x", "Nhà máy A", "Nhà máy"])]
    table = read_table(rows, REQUEST)
    assert table.fields == {"Danh mục dự án (công trình)": "name"}
    assert table.listed


def test_columns_the_reader_adds_are_never_told_as_columns_of_the_file(tmp_path: Path) -> None:
    path = list_and_corners(tmp_path / "a.xlsx")
    told = "\n".join(decisions(read_sites(path, sheet="Góc ranh"), "column"))
    assert "'Tên dự án': read as name" in told
    for leak in ("corner", "Vertex", "no column for"):
        assert leak not in told
    with pytest.raises(TableError) as refused:
        read_register(path, sheet="Góc ranh", columns={"Tên": "name"})
    assert str(refused.value).endswith("the file has 'Tên dự án'")


def totals_of(*cells: str, stated: str, heading: str = "Diện tích (ha)") -> str:
    body = [(n, [str(n), f"Dự án {n}", cell]) for n, cell in enumerate(cells, start=2)]
    rows = [(1, ["STT", "Tên dự án", heading]), *body, (len(cells) + 2, ["", "Tổng cộng", stated])]
    return "\n".join(str(d) for d in read_table(rows, REQUEST).decisions if d.topic == "total")


def test_a_total_over_ranges_is_held_against_the_sums_of_their_ends() -> None:
    told = totals_of("599,76", "30-35", "1,5", stated="632,26")
    assert "lies between the least and the most sum of all projects (3); row(s) 3 state ranges" in told
    assert "[stated 632.26, summed 631.26 to 636.26]" in told
    told = totals_of("599,76", "30-35", "1,5", stated="640")
    assert "'Tổng cộng' differs from the sum of all projects (3); row(s) 3 state ranges" in told
    told = totals_of("20,5", "trên 29,5", stated="60")
    assert "is no less than the least sum" in told
    assert "summed 50 or more" in told
    assert "lies between" in totals_of("20,5", "khoảng 10", stated="31,2")


def test_a_cell_with_its_own_unit_counts_in_the_unit_of_the_column() -> None:
    assert "'Tổng cộng' is the sum of all projects (2)" in totals_of("12,5", "50000 m2", stated="17,5")
    assert "'Tổng cộng' is the sum of all projects (2)" in totals_of("12,5", "15+7,5", stated="35")


def test_a_total_that_cannot_be_checked_names_the_rows() -> None:
    told = totals_of("12,5", "lớn", "?", stated="17,5")
    assert "row 5, column 'Diện tích (ha)': 'Tổng cộng' was not checked: 'lớn' in row 3, '?' in row 4 cannot be read" in told
    assert "'chưa rõ' in row 4 cannot be read" in totals_of("12,5", "3,5", stated="chưa rõ")


def test_a_header_row_is_refused_for_corners_and_used_for_boundaries_that_are_a_table(tmp_path: Path) -> None:
    path = list_and_corners(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match=r"sheet 'Góc ranh', is a list of corners.*leave header_row out"):
        read_sites(path, sheet="Góc ranh", header_row=2)
    (tmp_path / "c.csv").write_text("".join(";".join(map(str, row)) + "\n" for row in CORNER_SHEET), "utf-8")
    with pytest.raises(InputError, match=r"c\.csv is a list of corners"):
        read_sites(tmp_path / "c.csv", header_row=2)
    (tmp_path / "b.csv").write_text('ghi chú\nsite_id;WKT\nP-1;"POLYGON((106 21,107 21,107 22,106 21))"\n', "utf-8")
    assert read_sites(tmp_path / "b.csv", header_row=2, crs="EPSG:4326").geometry.notna().all()


def test_columns_are_told_with_the_name_they_were_known_by_and_unknown_ones_with_what_is_near(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("STT;Tên dự án;Diện tich su dung (ha);Màu\n1;Nhà máy;2,5;đỏ\n", "utf-8")
    told = decisions(read_register(tmp_path / "a.csv"), "column")
    assert any("column 'Tên dự án': read as name (known name 'tên dự án') [Nhà máy]" in t for t in told)
    assert any("Diện tich su dung" in t and "(declared_area_m2)" in t and "nearest" in t for t in told)
    assert any("no column for site_id" in t for t in told)
    mapped = read_register(tmp_path / "a.csv", columns={"Diện tich su dung (ha)": "declared_area_m2"})
    assert mapped["declared_area_m2"].tolist() == [25_000]
    assert any("read as declared_area_m2 (as stated)" in t for t in decisions(mapped, "column"))


def test_a_heading_split_below_its_unit_is_known_without_it(tmp_path: Path) -> None:
    rows = "STT;Tên dự án;Diện tích (ha);;Địa điểm\n;;Kế hoạch;Hiện trạng;\n1;Nhà máy;5;1;Xã A\n"
    (tmp_path / "a.csv").write_text(rows, "utf-8")
    assert read_register(tmp_path / "a.csv")["declared_area_m2"].tolist() == [50_000]


def test_two_readings_of_one_field_are_not_taken_and_said(tmp_path: Path) -> None:
    frame = read_register(write_layout(LAYOUTS[8], tmp_path / "a.xlsx"))
    assert any("could all be north; none was taken" in t for t in decisions(frame, "column"))
    again = read_sites(tmp_path / "a.xlsx", columns={"VN-2000 X": "north", "VN-2000 Y": "east"}, crs="EPSG:9215")
    assert again.geometry.notna().all()


def test_numbers_without_a_word_are_a_total_only_when_they_are_sums() -> None:
    rows = [["STT", "Tên dự án", "Diện tích (ha)", "Địa điểm"], [1, "A1", "2,5", "Xã A"], [2, "A2", "3,0", "Xã A"]]
    assert len(table([*rows, [None, None, "5,5"]]).frame) == 2
    assert len(table([*rows, [None, None, "5,6"]]).frame) == 3


def test_titles_in_the_column_of_names_and_projects_beside_them() -> None:
    rows = [["Tên dự án", "Địa điểm"], ["I. Giao thông"], ["Đường A", "Xã A"], ["Đường B"], ["Tổng"], ["Ghi chú: không có"]]
    read = table(rows)
    assert read.frame["Tên dự án"].tolist() == ["Đường A", "Đường B"]
    assert read.frame["group"].tolist() == ["I. Giao thông"] * 2


def test_a_first_row_of_small_numbers_is_not_taken_for_the_line_that_counts_columns() -> None:
    assert len(table([["Điểm", "X", "Y"], [1, 2, 3], [2, 3, 4]]).frame) == 2


def test_a_header_nobody_knows_is_told_as_doubtful() -> None:
    read = table([["1", "Nhà máy", "Xã A"], ["2", "Xưởng", "Xã B"]])
    assert any(d.topic == "header" and "may be no header" in d.said for d in read.decisions)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (
            "sep=;\r\nDANH MỤC\r\nSTT;Tên dự án;Diện tích (ha)\r\nI;Giao thông;\r\n1;Đường A;1,5\r\n;Tổng cộng;1,5\r\n",
            "utf-8-sig",
        ),
        ("DANH MỤC\nSTT\tTên dự án\tDiện tích (ha)\nI\tGiao thông\t\n1\tĐường A\t1,5\n\tTổng cộng\t1,5\n", "utf-16"),
        ("DANH MỤC\nSTT\tTên dự án\tDiện tích (ha)\nI\tGiao thông\t\n1\tĐường A\t1,5\n\tTổng cộng\t1,5\n", "utf-16-le"),
        ("DANH MUC\nSTT;Tên dự án;Diện tích (ha)\nI;Giao thông;\n1;Đường A;1,5\n;Tổng cộng;1,5\n", "cp1258"),
    ],
)
def test_text_tables_as_offices_save_them(text: str, encoding: str, tmp_path: Path) -> None:
    if encoding == "cp1258":  # this code page writes tone marks as characters of their own
        tones = "\u0300\u0301\u0303\u0309\u0323"
        text = "".join(_tone_apart(c, tones) for c in text)
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    frame = read_register(tmp_path / "a.csv")
    assert frame["name"].tolist() == ["Đường A"]
    assert frame["declared_area_m2"].tolist() == [15_000]
    assert frame["group"].tolist() == ["I. Giao thông"]
    assert any("is the sum of all projects (1)" in t for t in decisions(frame, "total"))


def _tone_apart(letter: str, tones: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    tone = "".join(c for c in parts if c in tones)
    return unicodedata.normalize("NFC", "".join(c for c in parts if c not in tones)) + tone


def test_a_project_with_parts_of_its_own_stays_where_such_numbers_are_projects() -> None:
    head = ["STT", "Tên dự án", "Địa điểm", "Diện tích (ha)"]
    rows = [head, [1, "Dự án 1", "Xã A", 10], [2, "Dự án 2"], ["2.1", "Hạng mục", "Xã B", 2]]
    assert table(rows).frame["STT"].tolist() == ["1", "2", "2.1"]


def test_a_row_numbered_like_a_group_with_a_place_stays_and_is_named() -> None:
    head = ["STT", "Tên dự án", "Địa điểm", "Diện tích (ha)"]
    read = table([head, ["I", "Giao thông"], [1, "Cầu", "Xã A", 1], ["II", "Thủy lợi", "Toàn huyện", 3], [2, "Hồ", "Xã B", 3]])
    assert read.frame["STT"].tolist() == ["1", "II", "2"]
    assert any("numbered like groups" in d.said and d.where.endswith("row 4") for d in read.decisions)


CELLS = st.sampled_from(
    [
        "",
        "",
        "",
        "STT",
        "Tên dự án",
        "Diện tích (ha)",
        "X",
        "Y",
        "I",
        "II",
        "A",
        "1",
        "2",
        "1.1",
        "-",
        "Tổng cộng",
        "Cộng I",
        "5",
        "2,5",
        "#REF!",
        "(1)",
        "(2)",
        "Ghi chú: x",
        "KT. CHỦ TỊCH",
        "LUC",
        "Xã A",
        "I. GIAO THÔNG",
        "((((",
        "tổng (((((((((((((((((((((((((((",
        "\x00",
        "Biểu 10/CH",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=7), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(0, 13), st.integers(0, 6), st.integers(0, 3), st.integers(0, 3)), max_size=4),
)
def test_whatever_stands_in_the_cells_every_row_is_a_project_or_is_named(
    rows: list[list[str]], spans: list[tuple[int, int, int, int]]
) -> None:
    merged = [((top, left), (top + down, left + right)) for top, left, down, right in spans]
    read = table([list(row) for row in rows], merged=merged, place="file a")
    kept = {int(n) for n in read.frame["source_row"]}
    told = {n for d in read.decisions if d.topic in ("row", "header") for n in numbers(d.where)}
    every = {i for i, row in enumerate(rows, start=1) if any(row)}
    assert every <= kept | told
    assert not read.frame.duplicated(subset="source_row").any()


def test_land_taken_written_as_text_is_summed_and_unreadable_text_is_named(tmp_path: Path) -> None:
    text = (
        "Biểu 10/CH;;;;;;\n"
        "STT;Hạng mục;Diện tích kế hoạch (ha);Diện tích hiện trạng (ha);Tăng thêm diện tích (ha);Sử dụng vào loại đất;Địa điểm (đến cấp xã)\n"
        "1;Trường học;1,55;0;1,55;LUC: 1,20; CLN: 0,35;Xã A\n".replace("LUC: 1,20; CLN: 0,35", '"LUC: 1,20; CLN: 0,35"')
        + '2;Chợ;2,00;0,50;1,60;"LUC: 1,00, CLN: 0,50";Xã B\n3;Kho;1,00;;1,00;đất lúa và đất khác;Xã C\n'
    )
    (tmp_path / "a.csv").write_text(text, "utf-8")
    frame = read_register(tmp_path / "a.csv")
    assert [bool(n) for n in frame["row_note"]] == [False, True, False]
    assert "1.6 is stated, 1.5 follows, difference 0.1" in frame["row_note"][1]
    assert any("not checked in row(s) 5" in t for t in decisions(frame, "form"))


def test_listed_classes_may_not_exceed_the_recovered_area(tmp_path: Path) -> None:
    text = "Danh mục dự án thu hồi đất;;;;;;\nSTT;Tên công trình;Chủ đầu tư;Địa điểm (xã);Diện tích thu hồi (ha);Trong đó;\n;;;;;LUC;RPH\n1;Kè;B;Xã A;2;1,5;1\n2;Đê;B;Xã A;2;1;\n"
    (tmp_path / "a.csv").write_text(text, "utf-8")
    frame = read_register(tmp_path / "a.csv")
    assert [bool(n) for n in frame["row_note"]] == [True, False]
    assert frame["declared_area_m2"].tolist() == [20_000, 20_000]


def test_a_name_in_capitals_beside_an_identifier_is_a_project() -> None:
    rows = [
        ["Mã dự án", "Tên dự án", "Địa điểm"],
        ["CÔNG NGHIỆP"],
        ["P-1", "Khu A", "Xã A"],
        ["P-2", "KHU ĐÔ THỊ"],
        ["P-3", "Khu C", "Xã C"],
    ]
    read = table(rows)
    assert read.frame["Mã dự án"].tolist() == ["P-1", "P-2", "P-3"]
    assert read.frame["group"].tolist() == ["CÔNG NGHIỆP"] * 3


OWN_ROWS = [
    (["Tên dự án", "Loại dự án", "Xã"], [["UBND xã Hòa Bình", "TSC", "Xã Hòa Bình"], ["Trường mầm non Tân An", "DGD", "Xã Tân An"], ["Chợ Mới", "TMD", "Xã Tân An"]]),
    (["Mã", "Tên dự án", "Loại dự án"], [["P-1", "Trường mầm non", "DGD"], ["P-2", "Chợ Mới", "TMD"], ["P-3", "UBND xã Hòa Bình", "TSC"]]),
    (["Mã", "Tên dự án", "Loại dự án", "Vĩ độ", "Kinh độ"], [["P1", "A", "TMD", "21.85", "106.76"], ["P2", "Ghi chú: nhà văn hóa", "TMD", "", ""], ["P3", "Sở Xây dựng", "TSC", "", ""]]),
    (["Tên dự án", "Diện tích (ha)", "Địa điểm"], [["Tổng công ty Thép", "5", ""], ["Nhóm trẻ Hoa Sen", "1.5", ""], ["Khu vực chợ Mới", "2.5", ""], ["Trường B", "3.5", "Xã A"]]),
    (["Mã", "Tên dự án", "Diện tích (ha)"], [["P1", "Trường A", "5"], ["P2", "Tổng kho xăng dầu", "5"], ["P3", "Cộng", "4"]]),
    (["Tên dự án", "Xã"], [["UBND xã Hòa Bình", ""], ["Trường B", "Xã A"], ["Chợ C", ""]]),
]  # fmt: skip


@pytest.mark.parametrize(("header", "body"), OWN_ROWS)
def test_names_that_sound_like_notes_totals_or_groups_are_projects(header: list[object], body: list[list[object]]) -> None:
    name = header.index("Tên dự án")
    assert [row[name] for row in body] == table([header, *body]).frame["Tên dự án"].tolist()


def test_totals_groups_and_signatures_of_such_lists_are_still_left_out() -> None:
    read = table(
        [
            ["Mã", "Tên dự án", "Loại dự án", "Xã", "Diện tích (ha)"],
            ["", "Nhóm B", "", "", "7"],
            ["P1", "Trường A", "DGD", "Xã A", "3"],
            ["P2", "Chợ", "TMD", "Xã B", "4"],
            ["", "Khu vực nông thôn", "", "", ""],
            ["P3", "Kho", "SKC", "Xã B", "2"],
            ["", "Tổng cộng", "", "", "9"],
            ["", "NGƯỜI LẬP BIỂU", "", "TM. UBND HUYỆN", ""],
            ["", "Nguyễn Văn A", "", "Trần Văn B", ""],
            ["Nguồn:", "Sở Tài nguyên và Môi trường", "", "", ""],
        ]
    )
    assert read.frame["Mã"].tolist() == ["P1", "P2", "P3"]
    assert read.frame["group"].tolist() == ["Nhóm B", "Nhóm B", "Khu vực nông thôn"]


def test_who_made_a_list_is_no_project_of_it() -> None:
    read = table(
        [
            ["STT", "Tên dự án", "Loại dự án", "Xã"],
            ["1", "Trường A", "DGD", "Xã A"],
            ["", "Người lập biểu", "", "Nguyễn Văn A"],
        ]
    )
    assert read.frame["Tên dự án"].tolist() == ["Trường A"]


def test_a_name_like_a_group_that_is_kept_is_told() -> None:
    told = [
        d for d in table([*[list(r) for r in ([OWN_ROWS[3][0], *OWN_ROWS[3][1]])]]).decisions if "looks like a group" in d.said
    ]
    assert {d.sample for d in told} == {"Nhóm trẻ Hoa Sen", "Khu vực chợ Mới"}


@pytest.mark.parametrize("shared", [20, "20 ha"])
def test_an_amount_merged_over_several_projects_is_read_for_none_of_them(shared: object, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in [
        ["Mã", "Tên dự án", "Loại dự án", "Diện tích (ha)", "Tổng vốn (tỷ đồng)", "X", "Y"],
        ["P1", "Nhà A", "housing", shared, 5, 2410500, 440950],
        ["P2", "Nhà B", "housing", None, None, 2410600, 440950],
        ["P3", "Nhà C", "housing", 3, 7, 2410600, 440950],
        ["", "Tổng cộng", "", 23, 12, None, None],
    ]:
        sheet.append(row)
    sheet.merge_cells("D2:D3")
    sheet.merge_cells("E2:E3")
    path = tmp_path / "a.xlsx"
    workbook.save(path)
    read = read_sites(path, crs="EPSG:9215")
    assert read["declared_area_m2"].isna().tolist() == [True, True, False]
    assert read["declared_area_text"].tolist()[:2] == [f"{shared} (chung / shared with rows 2-3)"] * 2
    assert read["capital_min_vnd"].isna().tolist() == [True, True, False]
    told = [str(d) for d in decisions_of(read.attrs["plangeo"]) if "merged over 2 projects" in d.said]
    assert len(told) == 2
    assert all("rows 2-3" in text for text in told)
    if shared == 20:
        assert any("is the sum of all projects (3)" in text for text in decisions(read, "total"))


def test_a_heading_with_other_words_in_brackets_is_another_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    head = "Mã,Tên dự án,Mục đích sử dụng (hiện trạng),Diện tích (đất lúa),Tổng vốn (ngân sách tỉnh)"
    path.write_text(f"{head}\nP1,Nhà A,housing,0.25,3 tỷ đồng\n", encoding="utf-8")
    read = read_sites(path)
    assert read["use"].tolist() == [""]
    assert "declared_area_m2" not in read
    assert any("Diện tích (đất lúa)" in d and "nearest known names" in d for d in decisions(read, "column"))
    path.write_text("Mã,Tên dự án (công trình),Diện tích (1000 m2),Địa điểm (xã)\nP1,Nhà A,0.25,Xã A\n", encoding="utf-8")
    read = read_sites(path)
    assert read[["name", "declared_district"]].values.tolist() == [["Nhà A", "Xã A"]]
    assert read["declared_area_m2"].tolist() == [250.0]


@pytest.mark.parametrize(
    "line", ["Đơn vị tính: m2,,,", "ĐVT: m²; triệu đồng,,,", ",,Đơn vị tính:,m2", '"(Đơn vị: m2, triệu đồng)",,,']
)
def test_a_line_above_the_table_states_the_unit(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        f"Danh mục,,,\n{line}\nMã,Tên dự án,Diện tích,Tổng vốn\nP1,Nhà A,5000,12\nP2,Nhà B,2 ha,7\n", encoding="utf-8"
    )
    read = read_sites(path)
    assert read["declared_area_m2"].tolist() == [5000.0, 20000.0]
    assert any("line above the table" in d and "m" in d for d in decisions(read, "number"))
    if "triệu" in line:
        assert read["capital_min_vnd"].tolist() == [12e6, 7e6]
    head = path.read_text("utf-8").replace("Diện tích,", "Diện tích (ha),")
    path.write_text(head, encoding="utf-8")
    assert read_sites(path)["declared_area_m2"].tolist() == [5e7, 20000.0]  # the heading speaks of its own column


def test_sheets_read_together_state_one_unit(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)  # type: ignore[arg-type]
    for name, unit in {"2023": "m2", "2024": "ha"}.items():
        sheet = workbook.create_sheet(name)
        for row in [[f"Đơn vị tính: {unit}"], ["Mã", "Tên dự án", "Diện tích"], [f"P{name}", "Nhà A", 5000]]:
            sheet.append(row)
    path = tmp_path / "a.xlsx"
    workbook.save(path)
    with pytest.raises(InputError, match=r"(?s)'2023'.*m2.*'2024'.*ha"):
        read_sites(path, sheet="*")
    workbook["2024"]["A1"] = "Đơn vị tính: m2"
    workbook.save(path)
    assert read_sites(path, sheet="*")["declared_area_m2"].tolist() == [5000.0, 5000.0]


def test_two_units_above_the_table_leave_bare_numbers_unread_and_none_is_told_as_hectares(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    body = "Mã,Tên dự án,Diện tích\nP1,Nhà A,5000\n"
    path.write_text(f"Đơn vị tính: m2/ha,,\n{body}", encoding="utf-8")
    read = read_sites(path)
    assert read["declared_area_m2"].isna().all()
    assert read["declared_area_text"].tolist() == ["5000"]
    path.write_text(body, encoding="utf-8")
    read = read_sites(path)
    assert read["declared_area_m2"].tolist() == [5e7]
    assert any("read as hectares; state it" in d for d in decisions(read, "number"))
