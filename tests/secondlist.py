"""A second list of the sample's projects with thirty known differences, written by hand: what an office sends a year later."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

import plangeo as pg

Row = dict[str, Any]
CODE, NAME, USE, PLACE = "Mã", "Tên dự án", "Loại dự án", "Địa điểm (xã/phường)"
AREA, CAPITAL, FUNDING, PHASE = "Diện tích (ha)", "Tổng mức đầu tư (tỷ đồng)", "Nguồn vốn", "Phân kỳ"
NORTH, EAST = "Tọa độ X (m)", "Tọa độ Y (m)"


@dataclass(frozen=True)
class Known:
    """One known difference and how it must be told."""

    what: str
    left: str
    """Identifiers of the left list, joined as the result joins them."""
    right: str
    outcome: str
    changes: str = ""
    """Fields that differ."""
    wording: str = ""
    """Fields that are only written differently."""


KNOWN = (
    Known("name without marks", "P-0002", "P-0002", "same", wording="name"),
    Known("abbreviation KCN", "P-0005", "P-0005", "same", wording="name"),
    Known("abbreviation KĐT behind 'Dự án ĐTXD'", "P-0032", "P-0032", "same", wording="name"),
    Known("capital letters", "P-0015", "P-0015", "same", wording="name"),
    Known("abbreviation within the name", "P-0026", "P-0026", "same", wording="name"),
    Known("a tone mark mistyped", "P-0036", "P-0036", "changed", "name"),
    Known("a letter left out", "P-0047", "P-0047", "changed", "name"),
    Known("codes exchanged, first", "P-0033", "P-0034", "same", wording="code"),
    Known("codes exchanged, second", "P-0034", "P-0033", "same", wording="code"),
    Known("another code", "P-0065", "P-0165", "same", wording="code"),
    Known("point moved by 800 m", "P-0052", "P-0052", "changed", "geometry"),
    Known("point moved by 12 km", "P-0053", "P-0053", "changed", "geometry"),
    Known("area ten times too large", "P-0012", "P-0012", "changed", "area"),
    Known("area corrected a little", "P-0038", "P-0038", "changed", "area"),
    Known("area as a range that holds the old one", "P-0009", "P-0009", "same", wording="area"),
    Known("capital raised", "P-0016", "P-0016", "changed", "capital"),
    Known("capital stated for the first time", "P-0004", "P-0004", "changed", "capital"),
    Known("phase postponed", "P-0039", "P-0039", "changed", "phase"),
    Known("funding changed", "P-0066", "P-0066", "changed", "funding"),
    Known("use changed", "P-0018", "P-0018", "changed", "use"),
    Known("removed", "P-0023", "", "only_left"),
    Known("removed, last of its list", "P-0069", "", "only_left"),
    Known("added: like another but for its number", "", "P-0073", "only_right"),
    Known("added: like another but for one mark, same commune", "", "P-0074", "only_right"),
    Known("added: same name in another commune", "", "P-0075", "only_right"),
    Known("divided into two stages", "P-0050", "P-0050; P-0080", "split"),
    Known("two merged into one", "P-0006; P-0007", "P-0006", "merged"),
    Known("place by its name before July 2025", "P-0003", "P-0003", "same", wording="place"),
    Known("another commune", "P-0059", "P-0059", "changed", "place"),
    Known("same code, wholly other project", "P-0055", "P-0055", "ambiguous"),
)


def second_rows(seed: int = 5) -> tuple[list[str], list[Row]]:
    """Return the header and the rows of the second list, in another order than the first."""
    sheet = openpyxl.load_workbook(pg.sample("projects.xlsx"))["Danh mục"]
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


def write_second_list(path: Path, seed: int = 5) -> Path:
    """Write the second list as a workbook."""
    header, rows = second_rows(seed)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Danh mục"
    sheet.append(["", "", "DANH MỤC DỰ ÁN NĂM SAU"])
    sheet.append(["(Hệ tọa độ VN-2000, kinh tuyến trục 107°15', múi chiếu 3°; X = Bắc, Y = Đông)"])
    sheet.append(header)
    for row in rows:
        sheet.append([row[h] for h in header])
    for cells in sheet.iter_rows(min_row=4):
        for cell in cells:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                cell.data_type = "s"
    book.save(path)
    return path
