"""The made-up list of one year of the sample: the traps that lists of offices hold, each once, in the layout of Biểu 10/CH.

Title block, two-row merged header, counted columns, Roman and letter groups, a subtotal that misses its sum, a header repeated in
the middle, notes and signatures below, a hidden row and a hidden sheet, a formula without a value, an error cell; areas with commas,
ranges, other units and a slip of unit; capital in đồng and dollars; open phases; coordinates as text in metres and in degrees,
minutes and seconds, exchanged and missing; a name typed in the TCVN3 encoding, in NFD and with eth for đ; places named as before the
reform, at a level that is gone, by a name two units bear, with a letter too few; a second sheet of corners.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyproj
import xlsxwriter
from sample_specs import KINDS, NOTICE
from shapely import Point, Polygon

TOP = (
    "STT",
    "Mã công trình",
    "Hạng mục (tên công trình, dự án)",
    "Loại công trình",
    "Diện tích kế hoạch (ha)",
    "Diện tích hiện trạng (ha)",
)
TOP += ("Tăng thêm", "", "Địa điểm (đến cấp xã)", "Tọa độ", "Tổng mức đầu tư", "Phân kỳ")
BELOW = ("",) * 6 + ("Diện tích (ha)", "Sử dụng vào loại đất") + ("",) * 4
HIDDEN_ROW = "C-11"
_TCVN3 = {"ạ": "¹", "ị": "Þ", "ô": "«", "ư": "\u00ad", "ờ": "ê", "ộ": "é", "đ": "®", "ố": "è", "à": "µ", "á": "¸"}


def list_rows(places: Mapping[str, Point]) -> list[list[Any]]:
    """Return the rows below the header; ``places`` code of a commune → a place in it, in EPSG:9215."""

    def metres(code: str, east: float = 0, north: float = 0) -> str:
        at = places[code]
        return f"X = {at.y + north:.3f}; Y = {at.x + east:.3f}"

    def vietnamese(code: str) -> str:
        at = places[code]
        return "X: {} m; Y: {} m".format(*(f"{v:,.3f}".translate(str.maketrans(",.", ".,")) for v in (at.y, at.x)))

    def degrees(code: str) -> str:
        at = places[code]
        east, north = pyproj.Transformer.from_crs("EPSG:9215", "EPSG:4326", always_xy=True).transform(at.x, at.y)
        return f"{_dms(north)}N {_dms(east)}E"

    def row(
        n: int, code: str, name: str, use: str, areas: tuple[Any, Any, Any, str], place: str, at: str, capital: Any, phase: str
    ) -> list[Any]:
        return [n, code, name, KINDS.get(use, use), *areas, place, at, capital, phase]

    gap = [""] * 8
    return [
        ["I", "", "CÔNG NGHIỆP", *[""] * 9],
        ["A", "", "Cụm công nghiệp", *[""] * 9],
        row(
            1,
            "C-01",
            "Cụm công nghiệp Đá Bạc",
            "industrial_cluster",
            ("25,5", "0,5", "25,0", "LUC: 1,20; HNK: 23,80"),
            "Xã Đồng Đăng",
            "",
            "1.250 tỷ đồng",
            "2021-2025",
        ),
        row(
            2,
            "C-02",
            "Cụm công nghiệp Suối Vàng",
            "industrial_cluster",
            ("30,0", "0", "30,0", "LUC: 2,0; HNK: 20,0"),
            "xã Hữu Lũng",
            metres("06385"),
            "khoảng 800-900 tỷ đồng",
            "2026-2030",
        ),
        row(
            3,
            "C-03",
            "Khu công nghiệp Khe Trúc (KCN)",
            "industrial_park",
            ("121,2", "1,2", "120,0", "HNK: 120,0"),
            "Xã Cai Kinh",
            vietnamese("06427"),
            "3.500 tỷ đồng (150 triệu USD)",
            "2021-2030",
        ),
        ["", "", "Cộng A", "", "176,7", "1,7", "", "", *[""] * 4],
        ["", "", "Cộng I", "", "180,0", "1,7", "", "", *[""] * 4],
        ["II", "", "THƯƠNG MẠI, DU LỊCH", *[""] * 9],
        row(
            4,
            "C-04",
            "Khu du lịch sinh thái Hồ Xanh",
            "tourism",
            ("80-100", "", "", ""),
            "Xã Mẫu Sơn, huyện Lộc Bình",
            metres("06541"),
            "650 tỷ đồng",
            "sau 2030",
        ),
        row(
            5,
            "C-05",
            _in_tcvn3("Khu trung chuyển hàng hoá"),
            "logistics",
            ("45.000 m2", "", "", ""),
            "Phường Đông Kinh",
            degrees("05977"),
            "90.000 triệu đồng",
            "GĐ 2021–2025",
        ),
        row(
            6,
            "C-06",
            "Kho ngoại quan Ðồng Ðăng",
            "logistics",
            ("12,5", "", "", ""),
            "Thị trấn Đồng Đăng, huyện Cao Lộc",
            metres("06184", 400, -300),
            450,
            "2026-2030",
        ),
        [*TOP],
        [*BELOW],
        ["III", "", "HẠ TẦNG XÃ HỘI", *[""] * 9],
        row(
            7,
            "C-07",
            unicodedata.normalize("NFD", "Trường tiểu học Bản Mới"),
            "school",
            ("1.234", "", "", ""),
            "Xã Kiên Mộc",
            metres("06625"),
            "35 tỷ",
            "2021-2025",
        ),
        row(8, "C-08", "Trạm y tế xã", "health", ("0,35", "0,35", "0", ""), "Xã Hồng Phong", "", "#REF!", "2025"),
        row(
            9,
            "C-09",
            "Trường trung học cơ sở Đồi Thông",
            "school",
            ("2,1", "", "", ""),
            "huyện Cao Lộc",
            "",
            "42 tỷ đồng",
            "2021-2025",
        ),
        row(
            10,
            "C-10",
            "Khu dân cư Bến Sông",
            "housing",
            ("18000", "", "", ""),
            "Xã Na Dương",
            metres("06526"),
            "700 tỷ đồng",
            "2026-2030",
        ),
        row(
            11,
            "C-11",
            "Khu dân cư Cầu Mới",
            "housing",
            ("15,2", "", "", ""),
            "Xã Lộc Bìn",
            metres("06529", 250),
            "600 tỷ đồng",
            "2026-2030",
        ),
        ["IV", "", "NĂNG LƯỢNG, MÔI TRƯỜNG", *[""] * 9],
        row(
            12,
            "C-12",
            "Điện gió Đèo Gió",
            "energy",
            ("trên 41", "", "", ""),
            "Xã Châu Sơn",
            "21,85; 106,76; 3",
            "khoảng 60 triệu USD",
            "2021-2030",
        ),
        row(
            13,
            "C-13",
            "Khu xử lý chất thải Núi Đất",
            "waste",
            ("8,4", "", "", ""),
            "Xã Sơn Hà, huyện Hữu Lũng",
            "",
            "120 tỷ đồng",
            "2021-2025",
        ),
        row(
            14,
            "C-14",
            "Trạm trộn bê tông Thung Lũng",
            "Loại hình mới",
            ("3,0", "", "", ""),
            "Xã Vân Nham",
            metres("06415"),
            "",
            "",
        ),
        row(15, "C-15", "Mỏ đá vôi Lân Nà", "mining", ("9,8", "", "", ""), "Xã Vạn Linh", "", "=SUM(K1:K2)", "2021-2025"),
        ["", "", "Tổng cộng", "", "20.000,00", "", "", *gap[:5]],
        ["Ghi chú: diện tích làm tròn đến 0,01 ha.", *[""] * 11],
        ["", "", "", "", "", "", "", "", "TM. ỦY BAN NHÂN DÂN", "", "", ""],
    ]


def corner_rows(places: Mapping[str, Point]) -> list[list[Any]]:
    """Return the sheet of corners: two parcels side by side, their codes in the titles, sides checked, one ring left open."""
    first, second = _corners(places["06184"], 285.0), _corners(places["06505"], 175.0)
    rows: list[list[Any]] = [
        ["BẢNG KÊ TỌA ĐỘ GÓC RANH", *[""] * 8],
        ["(Hệ tọa độ VN-2000, kinh tuyến trục 107°15', múi chiếu 3°)", *[""] * 8],
        ["C-01 Cụm công nghiệp Đá Bạc", "", "", "", "", "C-15 Mỏ đá vôi Lân Nà", "", "", ""],
        ["Điểm", "X (m)", "Y (m)", "Cạnh (m)", "", "Điểm", "X (m)", "Y (m)", "Cạnh (m)"],
    ]
    for n in range(len(first)):
        left = _corner(n, first, closed=True)
        right = _corner(n, second, closed=False) if n < len(second) - 1 else [""] * 4
        rows.append([*left, "", *right])
    return rows


def write_list(communes: Mapping[str, Polygon], path: Path) -> None:
    """Write the workbook: the list, the sheet of corners, and a hidden draft."""
    places = {code: Point(*(round(v) for v in shape.representative_point().coords[0])) for code, shape in communes.items()}
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"title": "Danh mục minh họa", "comments": NOTICE, "created": dt.datetime(2025, 7, 1, tzinfo=dt.UTC)})
    style = {"font_name": "Times New Roman", "font_size": 12, "text_wrap": True, "border": 1}
    cell, head = book.add_format(style), book.add_format({**style, "bold": True, "align": "center"})
    sheet = book.add_worksheet("Biểu 10")
    last = len(TOP) - 1
    for row, text in enumerate(
        (
            "Biểu 10/CH",
            "DANH MỤC CÔNG TRÌNH, DỰ ÁN THỰC HIỆN TRONG NĂM 2025",
            NOTICE,
            "(Hệ tọa độ VN-2000, kinh tuyến trục 107°15', múi chiếu 3°)",
        )
    ):
        sheet.merge_range(row, 0, row, last, text, head)
    for column, (top, below) in enumerate(zip(TOP, BELOW, strict=True)):
        if top == "Tăng thêm":
            sheet.merge_range(5, column, 5, column + 1, top, head)
        elif top:
            sheet.merge_range(5, column, 6, column, top, head)
        if below:
            sheet.write_string(6, column, below, head)
        sheet.write_string(7, column, f"({column + 1})", head)
    for r, values in enumerate(list_rows(places), start=8):
        for column, value in enumerate(values):
            _write(sheet, r, column, value, cell)
        if HIDDEN_ROW in values:
            sheet.set_row(r, None, None, {"hidden": True})
    sheet.set_column(0, last, 18, None)
    corners = book.add_worksheet("Góc ranh")
    for r, values in enumerate(corner_rows(places)):
        for column, value in enumerate(values):
            _write(corners, r, column, value, cell)
    draft = book.add_worksheet("Nháp")
    draft.write_string(0, 0, "bản cũ", cell)
    draft.hide()
    book.close()


def _write(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    if isinstance(value, str) and value.startswith("="):
        sheet.write_formula(row, column, value, form, "")  # no value is kept, as programs that never calculated leave it
    elif isinstance(value, str):
        sheet.write_string(row, column, value, form) if value else sheet.write_blank(row, column, None, form)
    else:
        sheet.write_number(row, column, value, form)


def _dms(value: float) -> str:
    seconds = round(value * 3600, 2)
    return f"{int(seconds // 3600)}°{int(seconds % 3600 // 60):02d}'{seconds % 60:05.2f}\""


def _in_tcvn3(text: str) -> str:
    """As a program that knows only Unicode shows a text typed in a font of the TCVN3 encoding."""
    more = {"ể": "Ó", "ó": "ã", "ă": "¨", "ả": "¶", "ế": "Õ"}
    return "".join((_TCVN3 | more).get(c, c) for c in text)


def _corners(middle: Point, half: float) -> list[tuple[float, float]]:
    """North and east of a parcel's corners, clockwise, the first again at the end."""
    angles = [math.radians(a) for a in (40, 110, 160, 230, 290)]
    ring = [(round(middle.y + half * math.cos(a), 3), round(middle.x + half * math.sin(a), 3)) for a in angles]
    return [*ring, ring[0]]


def _corner(n: int, ring: list[tuple[float, float]], *, closed: bool) -> list[Any]:
    north, east = ring[n]
    along = round(math.dist(ring[n], ring[n + 1]), 2) if n + 1 < len(ring) else ""
    return [1 if closed and n == len(ring) - 1 else n + 1, north, east, along]
