"""Lists of projects as offices write them: layouts with all the traps, and what must come out. All names are made up.

Each layout is rows of cells from the first row of the sheet on, merged ranges, hidden rows, and the answer: the names of the projects,
the group of each, and the kinds of the rows that are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl

Cell = Any


@dataclass(frozen=True)
class Layout:
    """One sheet and what must be read from it."""

    title: str
    rows: Sequence[Sequence[Cell]]
    names: Sequence[str]
    groups: Sequence[str] = ()
    columns: Sequence[str] = ()
    merged: Sequence[str] = ()
    hidden: Sequence[int] = ()
    left_out: dict[str, Sequence[int]] = field(default_factory=dict)
    """Kind → row numbers."""
    form: str = ""
    areas_ha: Sequence[float | None] = ()


STATE = ["UBND HUYỆN AN SƠN", "", "", "", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"]

BIEU_10 = Layout(
    "Biểu 10",
    [
        ["Biểu 10/CH"],
        ["DANH MỤC CÔNG TRÌNH, DỰ ÁN THỰC HIỆN TRONG NĂM 2024 CỦA HUYỆN AN SƠN"],
        [],
        [
            "STT",
            "Hạng mục",
            "Diện tích kế hoạch (ha)",
            "Diện tích hiện trạng (ha)",
            "Tăng thêm",
            "",
            "",
            "Địa điểm (đến cấp xã)",
            "Vị trí trên bản đồ địa chính",
        ],
        ["", "", "", "", "Diện tích (ha)", "Sử dụng vào loại đất", "", "", ""],
        ["", "", "", "", "", "LUC", "CLN", "", ""],
        ["(1)", "(2)", "(3)", "(4)", "(5)=(3)-(4)", "(6)", "(7)", "(8)", "(9)"],
        ["A", "Công trình quốc phòng", 12.5, 2.5, 10, 6, 4, "", ""],
        [1, "Thao trường Suối Đá", 12.5, 2.5, 10, 6, 4, "Xã Tân Lập", "Tờ 12, thửa 5"],
        ["B", "Công trình còn lại"],
        ["I", "Đất giao thông", 7.5, "", 7.5, 5, 2.5],
        [2, "Đường Tân Lập - Hòa An", 5, "", 5, 3, 2, "Xã Tân Lập; Xã Hòa An"],
        [3, "Bến xe Hòa An", 2.5, "", 2.5, 2, 0.5, "Xã Hòa An", "Tờ 3"],
        ["II", "Đất thương mại, dịch vụ"],
        [4, "Tổng kho xăng dầu An Sơn", 3, "", 3, 1, 1, "Xã Hòa An"],
        ["", "Cộng II", 3, "", 3, 1, 1],
        ["", "Tổng (I+II)", 10.5, "", 10.5, 6, 3.5],
        ["", "Tổng cộng (A+B)", 23, 2.5, 20.5, 12, 7.5],
        ["Ghi chú: diện tích tính đến ngày lập biểu"],
        ["", "Người lập biểu", "", "", "", "", "GIÁM ĐỐC"],
        ["", "(Ký, ghi rõ họ tên)", "", "", "", "", "(Ký tên, đóng dấu)"],
    ],
    ["Thao trường Suối Đá", "Đường Tân Lập - Hòa An", "Bến xe Hòa An", "Tổng kho xăng dầu An Sơn"],
    [
        "A. Công trình quốc phòng",
        "B. Công trình còn lại / I. Đất giao thông",
        "B. Công trình còn lại / I. Đất giao thông",
        "B. Công trình còn lại / II. Đất thương mại, dịch vụ",
    ],
    [
        "STT",
        "Hạng mục",
        "Diện tích kế hoạch (ha)",
        "Diện tích hiện trạng (ha)",
        "Tăng thêm Diện tích (ha)",
        "Tăng thêm Sử dụng vào loại đất LUC",
    ],
    ["A1:I1", "A2:I2", "A4:A6", "B4:B6", "C4:C6", "D4:D6", "E4:G4", "E5:E6", "F5:G5", "H4:H6", "I4:I6"],
    left_out={"group": [8, 10, 11, 14], "total": [16, 17, 18], "note": [19, 20, 21], "counting": [7]},
    form="bieu_10_ch",
    areas_ha=[12.5, 5, 2.5, 3],
)

RECOVERY = Layout(
    "Thu hồi đất",
    [
        ["PHỤ LỤC II"],
        ["DANH MỤC DỰ ÁN THU HỒI ĐẤT NĂM 2024"],
        ["(Kèm theo Nghị quyết số 00/NQ-HĐND)"],
        [
            "STT",
            "Tên công trình",
            "Chủ đầu tư",
            "Địa điểm (xã)",
            "Diện tích thu hồi (ha)",
            "",
            "",
            "",
            "Căn cứ pháp lý",
            "Ghi chú",
        ],
        ["", "", "", "", "Tổng số", "Trong đó", "", "", "", ""],
        ["", "", "", "", "", "LUC", "RPH", "RSX", "", ""],
        ["", "Tổng cộng", "", "", 16.3, 4.5, 1, 2],
        ["I. XÃ TÂN LẬP"],
        [1, "Trường tiểu học số 2", "UBND huyện", "Tân Lập", 1.3, 1.0, "", "", "Văn bản 12"],
        [2, "Cộng đồng sinh thái Suối Mơ", "Công ty Suối Mơ", "Tân Lập", 9, 2.5, 1, 2],
        [
            "STT",
            "Tên công trình",
            "Chủ đầu tư",
            "Địa điểm (xã)",
            "Diện tích thu hồi (ha)",
            "",
            "",
            "",
            "Căn cứ pháp lý",
            "Ghi chú",
        ],
        ["II. XÃ HÒA AN"],
        [3, "Nhà văn hóa thôn Nà Lươn"],
        [4, "Kè suối Hòa An", "Ban quản lý", "Hòa An", 6, 1.0],
    ],
    ["Trường tiểu học số 2", "Cộng đồng sinh thái Suối Mơ", "Nhà văn hóa thôn Nà Lươn", "Kè suối Hòa An"],
    ["I. XÃ TÂN LẬP"] * 2 + ["II. XÃ HÒA AN"] * 2,
    ["Diện tích thu hồi (ha)", "Diện tích thu hồi (ha) Trong đó LUC"],
    [
        "A1:J1",
        "A2:J2",
        "A3:J3",
        "A4:A6",
        "B4:B6",
        "C4:C6",
        "D4:D6",
        "E4:H4",
        "E5:E6",
        "F5:H5",
        "I4:I6",
        "J4:J6",
        "A8:J8",
        "A12:J12",
    ],
    left_out={"group": [8, 12], "total": [7], "header": [11]},
    form="land_recovery",
    areas_ha=[1.3, 9, None, 6],
)

IMPLEMENTATION = Layout(
    "KH thực hiện",
    [
        ["DANH MỤC DỰ ÁN KẾ HOẠCH THỰC HIỆN QUY HOẠCH TỈNH"],
        [],
        ["TT", "Tên dự án", "Địa điểm", "Quy mô", "Tổng mức", "Nguồn vốn", "Phân kỳ", "", "Cơ quan chủ trì"],
        ["", "", "", "", "đầu tư", "", "2021-2025", "2026-2030", ""],
        ["", "", "", "", "(tỷ đồng)", "", "", "", ""],
        ["A", "HẠ TẦNG KỸ THUẬT"],
        ["I", "Giao thông"],
        ["1.1", "Đường bộ"],
        [1, "Cải tạo đường tỉnh 999", "Huyện An Sơn", "25 km", 1200, "NSNN", "x", "", "Sở Xây dựng"],
        [2, "Tổng công ty Đường sắt: ga An Sơn", "Thị trấn An Sơn", "", 300, "Xã hội hóa", "", "x", "Sở Xây dựng"],
        ["1.2", "Đường thủy"],
        [3, "Bến thủy Hòa An"],
        ["II", "Cấp nước"],
        [4, "Nhà máy nước Tân Lập", "Xã Tân Lập", "5.000 m3/ngày", 80, "XHH", "x", "x", "Sở Xây dựng"],
        ["B", "HẠ TẦNG XÃ HỘI"],
        ["I", "Giáo dục"],
        [5, "Trường THPT An Sơn", "Thị trấn An Sơn", "30 lớp", 95, "NSNN", "x", "", "Sở Giáo dục"],
        ["", "Tổng số: 5 dự án", "", "", 1675],
        ["Người lập", "", "", "", "", "", "An Sơn, ngày 12 tháng 3 năm 2024"],
        ["", "", "", "", "", "", "KT. CHỦ TỊCH"],
    ],
    [
        "Cải tạo đường tỉnh 999",
        "Tổng công ty Đường sắt: ga An Sơn",
        "Bến thủy Hòa An",
        "Nhà máy nước Tân Lập",
        "Trường THPT An Sơn",
    ],
    [
        "A. HẠ TẦNG KỸ THUẬT / I. Giao thông / 1.1. Đường bộ",
        "A. HẠ TẦNG KỸ THUẬT / I. Giao thông / 1.1. Đường bộ",
        "A. HẠ TẦNG KỸ THUẬT / I. Giao thông / 1.2. Đường thủy",
        "A. HẠ TẦNG KỸ THUẬT / II. Cấp nước",
        "B. HẠ TẦNG XÃ HỘI / I. Giáo dục",
    ],
    ["Tổng mức đầu tư (tỷ đồng)", "Phân kỳ 2021-2025"],
    ["A1:I1", "G3:H3"],
    left_out={"group": [6, 7, 8, 11, 13, 15, 16], "total": [18], "note": [19, 20]},
    form="implementation_plan",
)

ANNEX = Layout(
    "Phụ lục",
    [
        ["PHỤ LỤC: DANH MỤC DỰ ÁN DỰ KIẾN ƯU TIÊN"],
        ["TT", "Tên dự án", "Ghi chú"],
        ["I", "Giao thông"],
        [1, "Cầu Nà Lươn"],
        [2, "Tổng kho vật tư"],
        ["II", "Công nghiệp", "làm sau năm 2025"],
        [3, "Cụm công nghiệp Hòa An"],
        [4, "Cộng đồng năng lượng mặt trời"],
        ["* Vị trí và diện tích được xác định khi lập dự án"],
    ],
    ["Cầu Nà Lươn", "Tổng kho vật tư", "Cụm công nghiệp Hòa An", "Cộng đồng năng lượng mặt trời"],
    ["I. Giao thông"] * 2 + ["II. Công nghiệp"] * 2,
    ["TT", "Tên dự án"],
    left_out={"group": [3, 6], "note": [9]},
)

DECIMAL_NUMBERS = Layout(
    "Số thứ tự bậc",
    [
        ["STT", "Tên công trình, dự án", "Diện tích (ha)", "Địa điểm"],
        [1, "Đất quốc phòng", 4],
        ["1.1", "Trận địa số 1", 1.5, "Xã A"],
        ["1.2", "Trận địa số 2", 2.5, "Xã B"],
        [2, "Đất an ninh", 3],
        ["2.1", "Trụ sở công an xã A", 1, "Xã A"],
        ["2.2", "Trụ sở công an xã B", 1, "Xã B"],
        ["Tổng cộng", "", 6],
    ],
    ["Trận địa số 1", "Trận địa số 2", "Trụ sở công an xã A", "Trụ sở công an xã B"],
    ["1. Đất quốc phòng"] * 2 + ["2. Đất an ninh"] * 2,
    ["STT", "Tên công trình, dự án"],
    left_out={"group": [2, 5], "total": [8]},
    areas_ha=[1.5, 2.5, 1, 1],
)

IDS_ONLY = Layout(
    "Mã",
    [
        ["Mã dự án", "Tên dự án", "Loại dự án", "Diện tích (ha)", "Địa điểm"],
        ["Nhóm II"],
        ["007", "Khu A", "Khu dân cư", 5, "Xã A"],
        ["C", "Khu C", "", 2],
        ["1E5", "Cộng Hòa, khu dân cư", "Khu dân cư", 4, "Xã B"],
        ["Nhóm III"],
        ["D", "Khu D"],
        ["Cộng:", "", "", 11],
    ],
    ["Khu A", "Khu C", "Cộng Hòa, khu dân cư", "Khu D"],
    ["Nhóm II"] * 3 + ["Nhóm III"],
    ["Mã dự án"],
    left_out={"group": [2, 6], "total": [8]},
    areas_ha=[5, 2, 4, None],
)

MERGED_BODY = Layout(
    "Gộp ô",
    [
        STATE,
        ["", "", "", "", "Độc lập - Tự do - Hạnh phúc"],
        ["STT", "Tên dự án", "Chủ đầu tư", "Địa điểm", "Diện tích", "Tọa độ", ""],
        ["", "", "", "", "(ha)", "X (m)", "Y (m)"],
        [1, "Khu tái định cư 1", "Công ty Một", "Xã A", 2.5, 2417140.5, 449158.25],
        [2, "Khu tái định cư 2", "", "Xã A", 1.5, 2417240.5, 449258.25],
        [3, "Khu tái định cư 3", "", "", 1, 2417340.5, 449358.25],
        [4, "Chợ trung tâm", "Công ty Bốn", "Xã B", 0.75, 2418340.5, 449458.25],
        ["", "Cộng", "", "", 5.75],
    ],
    ["Khu tái định cư 1", "Khu tái định cư 2", "Khu tái định cư 3", "Chợ trung tâm"],
    (),
    ["Diện tích (ha)", "Tọa độ X (m)", "Tọa độ Y (m)"],
    ["A1:D1", "E1:G1", "E2:G2", "A3:A4", "B3:B4", "C3:C4", "D3:D4", "F3:G3", "C5:C7", "D6:D7"],
    hidden=[6],
    left_out={"total": [9]},
    areas_ha=[2.5, 1.5, 1, 0.75],
)

CALL = Layout(
    "Kêu gọi",
    [
        ["DANH MỤC DỰ ÁN KÊU GỌI ĐẦU TƯ GIAI ĐOẠN 2021 - 2025"],
        ["Đơn vị tính: tỷ đồng"],
        ["TT", "Tên dự án", "Địa điểm", "Quy mô (ha, công suất)", "Tổng vốn", "Hình thức", "Hiện trạng pháp lý"],
        ["CÔNG NGHIỆP"],
        [1, "Khu công nghiệp Suối Đá", "Huyện An Sơn", "150 ha", 2500, "Trong nước, nước ngoài", "Đã có quy hoạch"],
        ["NÔNG NGHIỆP"],
        ["", "Trang trại Hòa An", "Xã Hòa An", "khoảng 40 ha", 120, "Trong nước", ""],
        [2, "Nhà máy chế biến hồi", "Xã Tân Lập", "5 ha", 60, "Trong nước", ""],
        ["", "Tổng vốn đầu tư kêu gọi", "", "", 2680],
    ],
    ["Khu công nghiệp Suối Đá", "Trang trại Hòa An", "Nhà máy chế biến hồi"],
    ["CÔNG NGHIỆP", "NÔNG NGHIỆP", "NÔNG NGHIỆP"],
    ["Tổng vốn"],
    ["A1:G1", "A2:G2", "A4:G4", "A6:G6"],
    left_out={"group": [4, 6], "total": [9]},
    form="investment_call",
)

TWICE = Layout(
    "Hai hệ tọa độ",
    [
        ["DỰ ÁN", "", "VN-2000", "", "WGS 84", ""],
        ["STT", "Tên dự án", "X", "Y", "X", "Y"],
        [1, "Trạm biến áp", 2417140.5, 449158.25, 106.5, 21.8],
        [2, "Trạm bơm", 2417240.5, 449258.25, 106.6, 21.9],
    ],
    ["Trạm biến áp", "Trạm bơm"],
    (),
    ["STT", "Tên dự án", "VN-2000 X", "WGS 84 X"],
    ["A1:B1", "C1:D1", "E1:F1"],
)

LAYOUTS = (BIEU_10, RECOVERY, IMPLEMENTATION, ANNEX, DECIMAL_NUMBERS, IDS_ONLY, MERGED_BODY, CALL, TWICE)


def write_layout(layout: Layout, path: Path) -> Path:
    """Write one layout as a workbook with one sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    add_sheet(book, layout)
    book.save(path)
    return path


def add_sheet(book: openpyxl.Workbook, layout: Layout, title: str | None = None) -> None:
    """Add a layout to a workbook."""
    sheet = book.create_sheet(title or layout.title)
    for row in layout.rows:
        sheet.append([None if c == "" else c for c in row])
    for area in layout.merged:
        sheet.merge_cells(area)
    for row in layout.hidden:
        sheet.row_dimensions[row].hidden = True


if __name__ == "__main__":
    import sys

    folder = Path(sys.argv[1])
    for n, one in enumerate(LAYOUTS, start=1):
        print(write_layout(one, folder / f"{n:02d}.xlsx"))
