"""Reading tables of hectares: forms as offices write them, numbers, codes, years, sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from plangeo.errors import InputError
from plangeo.profiles import load_profile
from plangeo.quota.quotasums import check_sums
from plangeo.quota.quotatable import TOTAL, QuotaTable, read_quota

VN = load_profile("vn")
CODES = set(VN.classes)


def workbook(path: Path, rows: Sequence[Sequence[Any]], merged: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)
    return path


FORM_03 = [
    ["Biểu 03/CH"],
    ["QUY HOẠCH SỬ DỤNG ĐẤT ĐẾN NĂM 2030 CỦA HUYỆN THỬ"],
    ["Đơn vị tính: ha"],
    ["STT", "Chỉ tiêu sử dụng đất", "Mã", "Cấp tỉnh phân bổ", "Tổng diện tích", "Phân theo đơn vị hành chính"],
    [None, None, None, None, None, "Xã A", "Xã B"],
    ["(1)", "(2)", "(3)", "(4)", "(5)=(6)+(7)", "(6)", "(7)"],
    [None, "Tổng diện tích tự nhiên", None, None, 300, 100, 200],
    ["1", "Đất nông nghiệp", "NNP", None, 250, 90, 160],
    ["1.1", "Đất trồng lúa", "LUA", None, 100, 40, 60],
    [None, "Trong đó: đất chuyên trồng lúa", "LUC", None, 70.5, 30.25, 40.25],
    ["2", "Đất phi nông nghiệp", "PNN", None, 40, 10, 30],
    ["2.3", "Đất khu công nghiệp", "skk", 12, 12, 0, 12],
]


def values(table: QuotaTable) -> dict[tuple[str, str], float]:
    sound = table.frame[table.frame["problem_en"] == ""]
    return {(r.code, r.unit): r.hectares for r in sound.itertuples()}


def test_form_03(tmp_path: Path) -> None:
    table = read_quota(workbook(tmp_path / "a.xlsx", FORM_03, ["F4:G4"]), VN, CODES)
    found = values(table)
    assert found["LUC", "Xã B"] == 40.25
    assert found["SKK", TOTAL] == 12
    assert len(found) == 15
    assert set(table.frame["period_to"]) == {2030.0}
    assert table.frame["period_from"].isna().all()
    told = " ".join(r.en for r in table.remarks)
    assert "Tổng diện tích tự nhiên" in told, "a row without a code is named"
    assert "column D" in told, "a column that is no unit is named"


def test_sums_are_held_against_one_another(tmp_path: Path) -> None:
    rows = [list(row) for row in FORM_03]
    rows[11][4] = 15  # the total of SKK
    rows[9][5] = 45.0  # LUC above LUA in Xã A
    table = read_quota(workbook(tmp_path / "a.xlsx", rows), VN, CODES)
    told = [r.en for r in check_sums(table.frame, VN.classes, "t") if r.topic == "sum"]
    assert any(t.startswith("SKK: the total is 15.00 ha, the sum of the units 12.00 ha") for t in told)
    assert any(t.startswith("LUA: LUA is 40.00 ha, the sum of LUC 45.00 ha") for t in told)
    clean = read_quota(workbook(tmp_path / "b.xlsx", FORM_03), VN, CODES)
    assert check_sums(clean.frame, VN.classes, "t") == []


def test_a_class_stated_twice_does_not_count(tmp_path: Path) -> None:
    table = read_quota(workbook(tmp_path / "a.xlsx", [*FORM_03, ["2.3", "Đất khu công nghiệp", "SKK", None, 9, 4, 5]]), VN, CODES)
    told = [r.en for r in check_sums(table.frame, VN.classes, "t")]
    assert any("SKK, Xã A: stated 2 times" in t for t in told)


def test_conversions_of_form_04(tmp_path: Path) -> None:
    rows = [
        ["Diện tích chuyển mục đích thời kỳ 2021-2030"],
        ["STT", "Chỉ tiêu", "Mã", "Tổng diện tích", "Xã A"],
        ["1", "Đất nông nghiệp chuyển sang phi nông nghiệp", "NNP/PNN", 20, 20],
        ["1.1", "Đất trồng lúa", "LUA/PNN", 8, 8],
        ["1.2", "Rừng", "RSX/NKR(a)", 1, 1],
    ]
    table = read_quota(workbook(tmp_path / "a.xlsx", rows), VN, CODES)
    first = table.frame.iloc[2]
    assert (first["from_code"], first["code"], first["hectares"]) == ("LUA", "PNN", 8)
    assert (first["period_from"], first["period_to"]) == (2021, 2030)
    odd = table.frame[table.frame["problem_en"] != ""]
    assert len(odd) == 2, "an unknown code stays a row with its problem"


def test_numbers_as_text_and_other_units(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Mã đất;Đơn vị;Diện tích (m2);Từ năm;Đến năm\nLUA;Xã A;12.345,5;2021;2025\nSKK;Xã A;1.234;2021;2025\nSKK;Xã B;khoảng 5;2026;2030\nSKK;Xã C;7;x;2030\n",
        encoding="utf-8",
    )
    table = read_quota(path, VN, CODES)
    assert values(table)["LUA", "Xã A"] == pytest.approx(1.23455)
    assert values(table)["SKK", "Xã A"] == pytest.approx(0.1234), "the column proves a decimal comma"
    assert table.frame["problem_en"].tolist() == ["", "", "the area cannot be read", "the period cannot be read"]
    assert math.isnan(table.frame["hectares"].iloc[2])


def test_a_number_that_reads_both_ways_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Mã,Đơn vị,Diện tích (ha)\nLUA,Xã A,1.234\nSKK,Xã A,7\n", encoding="utf-8")
    assert read_quota(path, VN, CODES).frame["problem_en"].tolist() == ["the area cannot be read", ""]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "Mã,Xã A\nLUA,1\n", ""])
def test_no_table_of_hectares(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_quota(path, VN, CODES)


def test_another_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"SQLite format 3\0")
    with pytest.raises(InputError, match="a table of hectares is one of"):
        read_quota(path, VN, CODES)
