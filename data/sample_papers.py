"""The papers beside the sample's register: a priority list, officers' decisions, quota and published areas. All invented.

The priority list is the register a year later with thirty known differences, written by hand; what each must be told as
stands in ``tests/secondlist.py``.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import shapely
import xlsxwriter
from sample_specs import NOTICE
from sample_zones import NAMES, Zone

Row = dict[str, Any]
CODE, NAME, USE, PLACE = "Mã", "Tên dự án", "Loại dự án", "Địa điểm (xã/phường)"
AREA, CAPITAL, FUNDING, PHASE = "Diện tích (ha)", "Tổng mức đầu tư (tỷ đồng)", "Nguồn vốn", "Phân kỳ"
NORTH, EAST = "Tọa độ X (m)", "Tọa độ Y (m)"
QUOTA_CLASSES = ("SKK", "SKN", "TMD", "DGT", "ODT", "ONT", "DNL", "DGD", "DYT", "DTL", "DRA")
DECISIONS = (
    ("Mã dự án", "Quyết định của cán bộ", "Lý do", "Cán bộ", "Ngày", "Văn bản", "Dấu kiểm"),
    (
        "P-0004",
        "Chưa phù hợp",
        "Đúng như đối chiếu, đề nghị chọn vị trí khác",
        "Nguyễn Văn A (minh họa)",
        "2025-06-20",
        "12/BC-MH",
        "",
    ),
    ("P-0018", "Phù hợp", "Đã có ý kiến riêng của cơ quan minh họa", "Trần Thị B (minh họa)", "2024-11-30", "95/CV-MH", ""),
    ("P-0036", "Chưa xác định được", "Chờ đo lại ranh giới", "Nguyễn Văn A (minh họa)", "2025-06-25", "", ""),
    ("P-0999", "Phù hợp", "Dự án không có trong danh mục", "Trần Thị B (minh họa)", "2025-06-25", "13/BC-MH", ""),
    ("P-0047", "Phù hợp", "", "", "20/13/2025", "14/BC-MH", ""),
)
"""Header and rows: as the machine says; older than the plan; without document; unknown project; without reason, officer and a day."""


def second_rows(register: Path, seed: int = 5) -> tuple[list[str], list[Row]]:
    """Return the header and the rows of the second list, in another order than the register's."""
    sheet = openpyxl.load_workbook(register)["Danh mục"]
    cells = [list(row) for row in sheet.iter_rows(values_only=True)]
    start = next(n for n, row in enumerate(cells) if row[1] == CODE)
    header = [str(h) for h in cells[start]]
    rows = [dict(zip(header, row, strict=True)) for row in cells[start + 1 :] if isinstance(row[0], int)]
    of = {str(row[CODE]): row for row in rows if row[CODE] and row[NAME] != "Trung tâm y tế Suối Biếc"}
    _edit(of)
    rows = [row for row in rows if row not in (of["P-0023"], of["P-0069"], of["P-0007"])]
    rows += _added(of)
    random.Random(seed).shuffle(rows)
    for number, row in enumerate(rows, start=1):
        row["STT"] = number
    return header, rows


def _edit(of: dict[str, Row]) -> None:
    of["P-0002"][NAME] = "Khu cong nghiep Doi Hac"
    of["P-0005"][NAME] = "KCN Cầu Đá Trắng"
    of["P-0032"][NAME] = "Dự án ĐTXD KĐT mới Bờ Lau"
    of["P-0015"][NAME] = "TRUNG TÂM LOGISTICS BẾN SƯƠNG"
    of["P-0026"][NAME] = "Đường nối KCN Suối Biếc với đường trục"
    of["P-0036"][NAME] = "Khu dân cư Xóm Bười"
    of["P-0047"][NAME] = "Nhà máy điện sinh khối Gốc Thôn"
    of["P-0033"][CODE], of["P-0034"][CODE] = "P-0034", "P-0033"
    of["P-0065"][CODE] = "P-0165"
    of["P-0052"][EAST] += 800
    of["P-0053"][NORTH] -= 12_000
    of["P-0012"][AREA] = 124
    of["P-0038"][AREA] = 28.9
    of["P-0009"][AREA] = "40-50"
    of["P-0016"][CAPITAL] = 395
    of["P-0004"][CAPITAL] = 1400
    of["P-0039"][PHASE] = "2026-2030"
    of["P-0066"][FUNDING] = "Ngân sách nhà nước"
    of["P-0018"][USE] = "Du lịch"
    of["P-0003"][PLACE] = "Thị trấn Đồng Đăng, huyện Cao Lộc"
    of["P-0059"][PLACE] = "Xã Bắc Sơn"
    of["P-0006"] |= {NAME: "Cụm công nghiệp Đồng Mận", AREA: 95.26, CAPITAL: 1035, PLACE: "Xã Lộc Bình; Xã Bình Gia"}
    of["P-0055"] |= {NAME: "Nhà máy gạch Cầu Ngầm", AREA: 7.5, CAPITAL: 61, PLACE: "Xã Bắc Sơn", USE: "Công nghiệp"}
    of["P-0055"] |= {NORTH: 2_421_000, EAST: 405_000}


def _added(of: dict[str, Row]) -> list[Row]:
    stages = [of["P-0050"], dict(of["P-0050"])]
    stages[1] |= {CODE: "P-0080", NAME: "Nhà máy điện gió Vách Đá giai đoạn 2", AREA: 19.7, CAPITAL: 1300}
    stages[0] |= {NAME: "Nhà máy điện gió Vách Đá GĐ I", AREA: 25, CAPITAL: 1600}
    second_park = of["P-0001"] | {CODE: "P-0073", NAME: "Khu công nghiệp Suối Biếc 2", AREA: 80, CAPITAL: 900}
    one_mark = of["P-0010"] | {CODE: "P-0074", NAME: "Cụm công nghiệp Suối Lành", AREA: 31, CAPITAL: 333}
    one_mark |= {NORTH: of["P-0010"][NORTH] + 3_000}
    elsewhere = of["P-0072"] | {CODE: "P-0075", PLACE: "Xã Bắc Sơn", AREA: 1.9, CAPITAL: 40, NORTH: 2_424_000, EAST: 404_000}
    return [stages[1], second_park, one_mark, elsewhere]


def write_priority_list(register: Path, path: Path, seed: int = 5) -> None:
    """Write the second list as a workbook, rows in the order of ``seed``."""
    header, rows = second_rows(register, seed)
    titles = [
        ("", "", "DANH MỤC DỰ ÁN ƯU TIÊN NĂM SAU"),
        (NOTICE,),
        ("(Hệ tọa độ VN-2000, kinh tuyến trục 107°15', múi chiếu 3°; X = Bắc, Y = Đông)",),
    ]
    _write_table(path, "Danh mục", [*titles, header, *([row[h] for h in header] for row in rows)])


def write_decisions(path: Path) -> None:
    """Write the officers' decisions as CSV."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(DECISIONS)


def write_quota(zones: Sequence[Zone], communes: dict[str, shapely.Polygon], names: dict[str, str], folder: Path) -> None:
    """Write ``quota.xlsx`` (hectares allotted) and ``existing_use.xlsx`` (hectares there already), a column per commune.

    Allotted is what the amended plan draws, but for one commune and class that get less; existing is 0 to 30 % of it.
    """
    hectares = hectares_of(zones, communes)
    existing = {key: round(area * (sum(map(ord, "".join(key))) % 31) / 100, 2) for key, area in hectares.items()}
    short = max((key for key in hectares if key[1] == "SKN"), key=lambda key: (hectares[key], key))
    hectares[short] = round(hectares[short] * 0.3, 2)
    for name, title, table in (
        ("quota.xlsx", "CHỈ TIÊU SỬ DỤNG ĐẤT ĐẾN NĂM 2030", hectares),
        ("existing_use.xlsx", "HIỆN TRẠNG SỬ DỤNG ĐẤT NĂM 2024", existing),
    ):
        head = ["STT", "Chỉ tiêu sử dụng đất", "Mã", "Tổng diện tích (ha)", *names.values()]
        lines = [
            [n, NAMES[code], code, round(sum(cells), 2), *cells]
            for n, code in enumerate(QUOTA_CLASSES, start=1)
            for cells in [[table.get((unit, code), 0.0) for unit in names]]
        ]
        _write_table(folder / name, "Biểu 03", [("", title), (NOTICE,), head, *lines])


def hectares_of(zones: Iterable[Zone], communes: dict[str, shapely.Polygon]) -> dict[tuple[str, str], float]:
    """Return (commune, class) → hectares of the zones, two decimals."""
    units = list(communes)
    tree = shapely.STRtree([communes[unit] for unit in units])
    total: dict[tuple[str, str], float] = defaultdict(float)
    for zone in zones:
        if zone.code in QUOTA_CLASSES:
            for n in sorted(tree.query(zone.shape, predicate="intersects").tolist()):
                total[units[n], zone.code] += shapely.intersection(zone.shape, communes[units[n]]).area / 1e4
    return {key: round(area, 2) for key, area in sorted(total.items())}


def write_class_areas(zones: Iterable[Zone], path: Path) -> None:
    """Write the areas the provincial plan "publishes", class by class; one of them is not that of the map."""
    total: dict[str, float] = defaultdict(float)
    for zone in zones:
        total[zone.code] += zone.shape.area / 1e4
    total["SKK"] += 400  # the slip to be found
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Mã quy hoạch", "Mã loại đất", "Diện tích (ha)"])
        writer.writerows(["QHT-2021", code, f"{area:.2f}"] for code, area in sorted(total.items()))


def _write_table(path: Path, name: str, rows: Iterable[Sequence[Any]]) -> None:
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"comments": NOTICE, "created": dt.datetime(2025, 7, 1, tzinfo=dt.UTC)})
    sheet = book.add_worksheet(name)
    for r, values in enumerate(rows):
        for c, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(r, c, value)
            elif value is not None:
                sheet.write_number(r, c, value)
    book.close()
