"""Corner lists as offices write them: one parcel a block, every row accounted for, areas come back."""

from __future__ import annotations

import math
from itertools import chain
from pathlib import Path

import openpyxl
import pytest
import shapely
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo import assess, load_rulebook, read_register, read_sites, sample
from plangeo.canonical import canonical_sites
from plangeo.errors import InputError
from plangeo.positions.cornerlists import read_corner_sheet
from plangeo.profiles import load_profile

VN = load_profile("vn")
KNOWN = VN.header_words("sites")
NOTE = "(Hệ tọa độ VN-2000, kinh tuyến trục 107°15', múi chiếu 3°)"
E0, N0 = 449158.033, 2417140.524


def around(count, x=E0, y=N0, radius=100.0):
    return [
        (round(x + radius * math.cos(2 * math.pi * i / count), 3), round(y + radius * math.sin(2 * math.pi * i / count), 3))
        for i in range(count)
    ]


def rows_of(points, *, close=True, sides=False, prefix="", style="{:.3f}"):
    """Rows "corner, X, Y(, side)" of one parcel; X is north."""
    listed = [*points, points[0]] if close else points
    made = []
    for i, (x, y) in enumerate(listed):
        row = [f"{prefix}{i % len(points) + 1}", style.format(y), style.format(x)]
        if sides:
            row.append(f"{math.dist((x, y), points[(i + 1) % len(points)]):.2f}" if i < len(points) else "")
        made.append(row)
    return made


def numbered(rows):
    return [(i, [str(c) for c in row]) for i, row in enumerate(rows, start=1)]


def sites(rows, merged=(), crs="EPSG:9215"):
    sheet = read_corner_sheet(numbered(rows), KNOWN, merged)
    assert sheet is not None
    return canonical_sites(sheet.frame, VN, crs=crs, source="a.xlsx"), sheet


def area_of(points):
    return shapely.Polygon(points).area


HEAD = ["Điểm", "X (m)", "Y (m)", "Cạnh/S/d (m)"]


def test_blocks_below_one_another_with_titles():
    rows = [["BẢNG KÊ TỌA ĐỘ GÓC RANH"], [NOTE]]
    for name, count in (("Khu A", 4), ("Khu B", 5)):
        rows += [[], [name], HEAD, *rows_of(around(count), sides=True)]
    frame, sheet = sites(rows)
    assert frame["name"].tolist() == ["Khu A", "Khu B"]
    assert frame.geometry.area.tolist() == pytest.approx([area_of(around(4)), area_of(around(5))])
    assert frame["problem"].tolist() == ["", ""]
    assert "11 corner rows in 2 block(s)" in sheet.notes[0]


def test_blocks_side_by_side_each_with_its_title():
    left, right = rows_of(around(4), sides=True), rows_of(around(6, E0 + 900), sides=True, prefix="M")
    rows = [["Khu A", "", "", "", "", "Khu B"], [*HEAD, "", *HEAD]]
    rows += [[*(left[i] if i < len(left) else [""] * 4), "", *right[i]] for i in range(len(right))]
    frame, _ = sites(rows)
    assert frame["name"].tolist() == ["Khu A", "Khu B"]
    assert frame["site_id"].is_unique
    assert frame["problem"].tolist() == ["", ""]
    assert frame.geometry.area.tolist() == pytest.approx([area_of(around(4)), area_of(around(6))])


def test_a_list_that_goes_on_in_the_next_columns_is_one_parcel():
    points = around(11)
    listed = rows_of(points)
    rows = [["Tên điểm", "X", "Y", "", "Tên điểm", "X", "Y"]]
    rows += [[*listed[i], "", *(listed[6 + i] if 6 + i < len(listed) else [""] * 3)] for i in range(6)]
    frame, _ = sites(rows)
    assert frame.geometry.area.tolist() == pytest.approx([area_of(points)])


def test_sheet_and_parcel_numbers_with_x_to_the_east():
    rows = [["STT", "Tờ", "Thửa", "X", "Y"]]
    for parcel, x in (("12", E0), ("13", E0 + 500)):
        rows += [[len(rows), "5", parcel, px, py] for px, py in around(5, x)]
    frame, _ = sites(rows)
    assert frame["site_id"].tolist() == ["tờ 5 thửa 12", "tờ 5 thửa 13"]
    assert frame.geometry.area.sum() == pytest.approx(2 * area_of(around(5)), rel=1e-6)
    assert "holds the northings" in "\n".join(frame.attrs["plangeo"]["notes"])


def test_a_key_column_names_the_project_of_a_block_and_its_other_columns_stay():
    rows = [["Mã dự án", "Tên dự án", "Loại dự án", "Điểm", "X (m)", "Y (m)"]]
    for key, name, x in (("P-1", "Một", E0), ("P-2", "Hai", E0 + 500), ("P-1", "Một", E0 + 1000)):
        rows += [
            [key, name, "Khu đô thị", *row] if not i else ["", "", "", *row]
            for i, row in enumerate(rows_of(around(4, x), close=False))
        ]
    frame, _ = sites(rows)
    assert frame["site_id"].tolist() == ["P-1", "P-2"]
    assert frame["use"].tolist() == ["Khu đô thị"] * 2
    assert frame.geometry.geom_type.tolist() == ["MultiPolygon", "Polygon"]
    assert frame.geometry[0].area == pytest.approx(2 * area_of(around(4)), rel=1e-6)


def test_rings_of_one_project_that_overlap_are_not_guessed():
    rows = [["Mã dự án", "Điểm", "X (m)", "Y (m)"]]
    for radius in (100.0, 50.0):
        rows += [["P-1", *row] for row in rows_of(around(4, radius=radius))]
    frame, _ = sites(rows)
    assert frame.geometry.tolist() == [None]
    assert "hole" in frame["problem"][0]


def test_numbering_that_starts_again_begins_a_parcel_even_without_titles_blank_rows_or_closing_rows():
    rows = [
        ["Điểm", "X", "Y"],
        *rows_of(around(4), close=False),
        *rows_of(around(5, E0 + 500), close=False),
        *rows_of(around(3, E0 + 900)),
    ]
    frame, _ = sites(rows)
    assert frame.geometry.area.tolist() == pytest.approx([area_of(around(4)), area_of(around(5)), area_of(around(3))], rel=1e-6)
    assert not frame["problem"].any()


def test_lists_without_names_are_parted_by_blank_rows():
    body = [row[1:] for row in rows_of(around(4), sides=True)]
    rows = [
        ["X (m)", "Y (m)", "S (m)"],
        *body,
        [],
        *[[y, x, s] for y, x, s in (r[1:] for r in rows_of(around(5, E0 + 500), sides=True))],
    ]
    frame, _ = sites(rows)
    assert frame.geometry.area.tolist() == pytest.approx([area_of(around(4)), area_of(around(5))], rel=1e-6)


def test_lengths_on_rows_of_their_own_and_a_header_of_two_rows():
    points = around(6)
    rows = [["Dự án: Nhà máy A (P-7)"], ["Số hiệu điểm", "Tọa độ", "", "Cạnh"], ["", "X (m)", "Y (m)", ""]]
    for i, row in enumerate(rows_of(points)):
        rows.append([*row, ""])
        if i < 6:
            rows.append(["", "", "", f"{math.dist(points[i], points[(i + 1) % 6]):.2f}"])
    rows.append(["Diện tích: 25.980,8 m²"])
    frame, sheet = sites(rows)
    assert frame["name"].tolist() == ["Dự án: Nhà máy A (P-7)"]
    assert frame["declared_area_m2"].tolist() == pytest.approx([25980.8])
    assert frame["problem"].tolist() == [""]
    assert "6 row(s) with a length only" in sheet.notes[0]


def test_a_page_break_that_repeats_the_header_does_not_cut_a_parcel():
    listed = rows_of(around(8))
    frame, _ = sites([HEAD[:3], *listed[:4], HEAD[:3], *listed[4:]])
    assert frame.geometry.area.tolist() == pytest.approx([area_of(around(8))])


def test_an_area_far_from_the_corners_is_a_problem_and_a_near_one_a_decision():
    def told(text):
        frame, _ = sites([HEAD[:3], *rows_of(around(4)), [text]])
        return frame["problem"][0], "\n".join(d.said for d in frame.attrs["plangeo"]["decisions"])

    assert told("Diện tích: 20.000 m2")[0] == ""
    assert "20.000 m2" in told("Diện tích: 20.000 m2")[1]
    assert told("Diện tích: 2,0 ha")[0] == ""
    assert told("Diện tích: 3,0 ha")[0].startswith("invalid_geometry")


def test_faults_stay_rows_with_the_corner_and_its_row():
    bad = rows_of(around(4))
    bad[2][1] = "24171xx"
    swapped = rows_of(around(4, E0 + 500))
    swapped[1][1], swapped[1][2] = swapped[1][2], swapped[1][1]
    missing = rows_of(around(4, E0 + 900))
    missing[3][1:] = ["", ""]
    frame, _ = sites([["A"], HEAD[:3], *bad, ["B"], HEAD[:3], *swapped, ["C"], HEAD[:3], *missing])
    assert frame.geometry.tolist() == [None] * 3
    assert "corner 3 in row 5: '24171xx'" in frame["problem"][0]
    assert "exchanged" in frame["problem"][1]
    assert "corner 4 in row 20" in frame["problem"][2]


def test_a_centre_line_is_a_line_and_one_corner_a_point():
    frame, _ = sites([["Bảng kê tọa độ tim tuyến đường A"], HEAD[:3], *rows_of(around(5), close=False)])
    assert frame.geometry.geom_type.tolist() == ["LineString"]
    frame, _ = sites([["Mã", *HEAD[:3]], *[["P-1", *r] for r in rows_of(around(4))], ["P-2", "1", str(N0), str(E0)]])
    assert frame.geometry.geom_type.tolist() == ["Polygon", "Point"]


def test_corners_in_degrees():
    rows = [
        ["Điểm", "Kinh độ", "Vĩ độ"],
        *[[i, f"106°45'{s}\"", f"21°51'{t}\""] for i, s, t in ((1, 30, 0), (2, 36, 0), (3, 36, 6), (4, 30, 6))],
    ]
    frame, _ = sites(rows, crs=None)
    assert frame.crs == "EPSG:4326"
    assert frame.geometry[0].bounds == pytest.approx((106.7583333, 21.85, 106.76, 21.8516667))


@pytest.mark.parametrize(
    "rows",
    [
        [["Mã", "Tên dự án", "X", "Y"], *[[f"P-{i}", f"Dự án {i}", N0 + i, E0] for i in range(5)]],
        [["Mã", "Tên dự án", "X", "Y", "S (m2)"], *[[f"P-{i}", f"Dự án {i}", N0 + i, E0, 500] for i in range(5)]],
        [["Mã", "Tên", "Số hiệu điểm", "X", "Y"], *[[f"P-{i}", f"Dự án {i}", i, N0 + i, E0] for i in range(5)]],
        [["Điểm", "X", "Y"], *[[n, N0, E0] for n in ("Trạm bơm Kỳ Lừa", "Chợ Đông Kinh", "Bến xe")]],
        [["Tên", "Diện tích"], ["A", 1]],
        [[]],
    ],
)
def test_registers_of_points_are_no_corner_lists(rows):
    assert read_corner_sheet(numbered(rows), KNOWN) is None


def test_merged_projects_without_names_of_corners_are_not_guessed():
    rows = [
        ["Mã", "Tên dự án", "X", "Y"],
        *[["P-1" if not i else "", "Một" if not i else "", y, x] for i, (x, y) in enumerate(around(4))],
        ["P-2", "Hai", N0, E0],
    ]
    frame, _ = sites(rows, merged=[((1, 0), (4, 0)), ((1, 1), (4, 1))])
    assert frame["site_id"].tolist() == ["P-1", "P-2"]
    assert frame.geometry[0] is None
    assert "nothing says whether" in frame["problem"][0]
    assert frame.geometry[1].geom_type == "Point"


def polygons():
    """Valid polygons: corners seen from the middle one after the other, in centimetres."""
    corner = st.tuples(st.floats(20, 400), st.floats(0.05, 0.95))
    return (
        st.lists(corner, min_size=3, max_size=9)
        .map(
            lambda spokes: [
                (
                    round(E0 + r * math.cos(2 * math.pi * (i + t) / len(spokes)), 2),
                    round(N0 + r * math.sin(2 * math.pi * (i + t) / len(spokes)), 2),
                )
                for i, (r, t) in enumerate(spokes)
            ]
        )
        .filter(lambda points: shapely.Polygon(points).is_valid and shapely.Polygon(points).area > 10)
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(polygons(), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["{:.2f}", "{:,.2f}"]),
)
def test_areas_come_back_from_both_layouts(parcels, beside, close, sides, style):
    head = HEAD if sides else HEAD[:3]
    lists = [rows_of(points, close=close, sides=sides, style=style) for points in parcels]
    if beside:
        blank = [""] * (len(head) + 1)
        line = chain.from_iterable
        rows = [list(line([f"Khu {n}", *blank[1:]] for n in range(len(lists)))), list(line([*head, ""] for _ in lists))]
        rows += [list(line([*one[i], ""] if i < len(one) else blank for one in lists)) for i in range(max(map(len, lists)))]
    else:
        rows = [row for n, one in enumerate(lists) for row in ([f"Khu {n}"], head, *one, [])]
    frame, _ = sites(rows)
    assert frame["problem"].tolist() == [""] * len(parcels)
    assert frame.geometry.area.tolist() == pytest.approx([area_of(p) for p in parcels], rel=1e-6)
    assert frame["name"].tolist() == [f"Khu {n}" for n in range(len(parcels))]


def workbook(path, rows):
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Tọa độ")
    for i, row in enumerate(rows):
        for k, cell in enumerate(row):
            sheet.write(i, k, cell)
    book.close()
    return path


def test_a_workbook_says_its_system_and_runs_from_end_to_end(tmp_path):
    rows = [
        ["Dự án: Nhà máy A"],
        [NOTE],
        HEAD,
        *[[n, float(y), float(x), float(s) if s else ""] for n, y, x, s in rows_of(around(6), sides=True)],
    ]
    path = workbook(tmp_path / "a.xlsx", rows)
    frame = read_sites(path)
    assert frame.crs == "EPSG:9215"
    assert {d.topic for d in frame.attrs["plangeo"]["decisions"]} >= {"form", "crs", "shape"}
    result = assess(frame, load_rulebook(sample("rulebook.yaml")), on="2025-07-01", zones=sample("zones.gpkg"))
    evidence = result.evidence["zones"] if isinstance(result.evidence, dict) else result.evidence
    assert evidence.groupby("plan_id")["area_m2"].sum().tolist() == pytest.approx(
        [frame.geometry.area.sum()] * evidence["plan_id"].nunique(), rel=1e-6
    )
    assert "corners" not in read_register(path)
    (tmp_path / "a.csv").write_text("\n".join(";".join(map(str, row)) for row in rows), encoding="utf-8")
    assert read_sites(tmp_path / "a.csv").geometry.area[0] == pytest.approx(frame.geometry.area[0])


def test_a_register_on_the_same_sheet_is_refused_rather_than_lost():
    register = [["STT", "Mã", "Tên dự án", "Diện tích"], *[[i, f"P-{i}", f"Dự án {i}", 2.5] for i in range(1, 4)]]
    corners = [["Bảng kê tọa độ góc ranh"], HEAD[:3], *rows_of(around(4))]
    for rows in ([*register, [], *corners], [*corners, [], *register]):
        with pytest.raises(InputError, match="another table"):
            read_corner_sheet(numbered(rows), KNOWN)


def test_headers_of_a_list_may_state_its_system():
    head = ["Điểm", "X (VN-2000, KTT 107°15', múi 3)", "Y (VN-2000, KTT 107°15', múi 3)", "Kinh độ", "Vĩ độ"]
    frame, _ = sites([head, *[[*row, "106.76", "21.85"] for row in rows_of(around(4))]], crs=None)
    assert frame.crs == "EPSG:9215"
    assert frame.geometry.area[0] == pytest.approx(area_of(around(4)))


def test_a_column_of_an_office_called_corners_is_no_corner_list(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name,use,lat,lon,corners\n1,A,x,21.8,106.7,4\n", "utf-8")
    frame = read_sites(tmp_path / "a.csv")
    assert frame["corners"].tolist() == ["4"]
    assert frame.geometry.notna().all()


def test_a_parcel_of_two_blocks_is_read_from_end_to_end(tmp_path: Path) -> None:
    rows = ["VN-2000, kinh tuyến trục 107°15', múi chiếu 3°", "Tên thửa,Điểm,X,Y"]
    for x in (450_000, 450_500):
        corners = [(x, 2_417_000), (x, 2_417_100), (x + 100, 2_417_100), (x + 100, 2_417_000), (x, 2_417_000)]
        rows += [f"Lô A,{n % 4 + 1},{py},{px}" for n, (px, py) in enumerate(corners)]
    (tmp_path / "a.csv").write_text("\n".join(rows), "utf-8")
    frame = read_sites(tmp_path / "a.csv")
    assert len(frame) == 1


def test_messages_name_the_sheet_of_the_corners():
    crossed = [(E0, N0), (E0 + 100, N0 + 100), (E0, N0 + 100), (E0 + 100, N0)]
    sheet = read_corner_sheet(numbered([HEAD[:3], *rows_of(crossed)]), KNOWN, (), "a.xlsx, sheet 'Góc ranh',")
    assert sheet is not None
    frame = canonical_sites(sheet.frame, VN, crs="EPSG:9215", source="a.xlsx")
    assert "invalid_geometry: sheet 'Góc ranh', rows 2 to 6: sides cross" in frame["problem"][0]


def _corner_book(path, sheets):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def _square(x, y):
    return [[1, y, x], [2, y, x + 100], [3, y - 100, x + 100], [4, y - 100, x]]


def test_sheets_of_corners_read_together_stay_parcels(tmp_path):
    market = [["Tên dự án", "Điểm", "X", "Y"], *[["Chợ Mới", *p] for p in _square(449158, 2417140)]]
    school = [["Tên dự án", "Điểm", "X", "Y"], *[["Trường", *p] for p in _square(459158, 2427140)]]
    path = _corner_book(tmp_path / "a.xlsx", {"Chợ": market, "Trường": school})
    read = read_sites(path, crs="EPSG:9215", sheet="*")
    assert read["name"].tolist() == ["Chợ Mới", "Trường"]
    assert read["site_id"].is_unique
    assert read["sheet"].tolist() == ["Chợ", "Trường"]
    assert (read.geometry.area.round(3) == 10_000).all()
    assert (read["problem"] == "").all()


def test_parcel_numbers_of_several_sheets_are_told_apart(tmp_path):
    sheets = {
        name: [["Số tờ", "Số thửa", "Điểm", "X", "Y"], *[[3, 5, *p] for p in _square(x, 2417140)]]
        for name, x in {"Xã A": 449158, "Xã B": 459158}.items()
    }
    read = read_sites(_corner_book(tmp_path / "a.xlsx", sheets), crs="EPSG:9215", sheet="*")
    assert read["site_id"].tolist() == ["Xã A: tờ 3 thửa 5", "Xã B: tờ 3 thửa 5"]
    assert (read["problem"] == "").all()


def test_blocks_with_titles_of_their_own_stay_apart_whatever_their_keys_say(tmp_path):
    lines = ["Điểm,X,Y,Tên dự án"]
    for title, x in (("Khu 1", 449158), ("Khu 2", 459158)):
        lines += [f"{title},,,", *(",".join([*map(str, p), "Khu dân cư"]) for p in _square(x, 2417140))]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert len(read_sites(path, crs="EPSG:9215")) == 2


@pytest.mark.parametrize("column", [("Xã", "Hòa Bình"), ("Loại đất", "TMD"), ("Loại dự án", "TMD"), ("Diện tích (m2)", "10000")])
@pytest.mark.parametrize("titles", [("Chợ Mới", "Trường A"), ("", "")])
def test_parcels_of_one_commune_use_or_area_stay_apart(column, titles, tmp_path):
    header, text = column
    lines = [f"Điểm,X,Y,{header}"]
    for title, x in zip(titles, (449158, 459158), strict=True):
        lines += [f"{title},,,"] if title else []
        lines += [",".join([*map(str, p), text]) for p in _square(x, 2417140)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    read = read_sites(path, crs="EPSG:9215")
    assert len(read) == 2
    assert (read.geometry.geom_type == "Polygon").all()
    assert not titles[0] or read["name"].tolist() == list(titles)
