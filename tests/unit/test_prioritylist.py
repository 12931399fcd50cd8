"""The assessed register against a priority list, and the command that reconciles two files."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import plangeo as pg
from plangeo.cli import run
from plangeo.reconciling.prioritylist import STATES
from plangeo.workbook import write_sheets
from tests.makers import rulebook, site, sites, square, zones

HEAD = ["STT", "Mã", "Tên dự án", "Địa điểm", "Diện tích (ha)", "Tổng mức đầu tư (tỷ đồng)"]
ROWS = [
    ["P-1", "KCN Suối Biếc", "Xã Hữu Lũng", 1, 500],
    ["P-2", "Khu dân cư Bến Đò Cũ", "Xã Hữu Lũng", 6.4, 96],
    ["P-9", "Nhà máy nước Đồi Cao", "Xã Bắc Sơn", 2, None],
    ["P-5", "Kho ngoại quan Cầu Mây", "Xã Bắc Sơn", 2, 30],
]


def write(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [HEAD, *([n, *row] for n, row in enumerate(rows, start=1))]:
        sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def priority(tmp_path: Path) -> Path:
    return write(tmp_path / "list.xlsx", ROWS)


def test_missing_both_ways_and_without_a_map(priority: Path, tmp_path: Path) -> None:
    register = sites(
        site("P-1", square(0, 0, 100), name="Khu công nghiệp Suối Biếc", declared_district="Xã Hữu Lũng"),
        site("P-2", None, name="Khu dân cư Bến Đò Cũ", declared_district="Xã Hữu Lũng", problem="no_geometry: none"),
        site("P-3", square(500, 0, 100), name="Trường tiểu học Hoa Mơ"),
        site("P-4", None, name="Đập dâng Suối Ngà", problem="no_geometry: none"),
        site("P-5", square(900, 0, 100), name="Trung tâm y tế Nắng Mai"),
    )
    plan = zones(("Z1", "ODT", square(-500, -500, 3000), "P1"))
    judged = pg.assess(register, rulebook(), on="2025-07-01", zones=plan)
    result = pg.add_studies(judged, only=["priority_list"], files={"priority_list": pg.StudyFile(priority)})
    assert not result.studies_not_run
    table = pg.sheet_of(result, "priority_list").set_index("state")
    ids = {state: (table.loc[[state], "list_ids"].iloc[0], table.loc[[state], "site_ids"].iloc[0]) for state in table.index}
    assert ids == {
        "to_confirm": ("P-5", "P-5"),
        "not_in_register": ("P-9", ""),
        "without_map": ("P-2", "P-2"),
        "not_on_list": ("", "P-3"),
        "on_neither": ("", "P-4"),
        "on_both": ("P-1", "P-1"),
    }
    assert table.loc["not_in_register", "capital_unstated"] == 1
    assert table.loc["on_both", "capital_bn"] == 500
    assert table.loc["on_both", "verdict"] == judged.sites["verdict"].iloc[0]
    assert [s.title.vi for s in result.sheets] == ["Đối chiếu danh mục", "Khác biệt thông tin", "Cần xác nhận (danh mục)"]
    assert result.sites["verdict"].tolist() == judged.sites["verdict"].tolist()
    shapes = result.sheets[0].shapes
    assert shapes is not None
    assert shapes.crs == judged.crs
    filled = tmp_path / "filled.xlsx"
    write_sheets(result.sheets, filled)
    book = openpyxl.load_workbook(filled)
    heading = [c.value for c in book["Cần xác nhận (danh mục)"][1]]
    for name, value in (("Quyết định", "khác"), ("Người xác nhận", "Lan"), ("Ngày xác nhận", "2/7/2025")):
        book["Cần xác nhận (danh mục)"].cell(2, heading.index(name) + 1).value = value
    book.save(filled)
    files = {"priority_list": pg.StudyFile(priority), "list_confirmations": pg.StudyFile(filled)}
    again = pg.sheet_of(pg.add_studies(judged, only=["priority_list"], files=files), "priority_list")
    assert sorted(again["state"]) == ["not_in_register"] * 2 + ["not_on_list"] * 2 + ["on_both", "on_neither", "without_map"]


def test_boundaries_that_belong_to_no_project_are_named(priority: Path, tmp_path: Path) -> None:
    drawn = sites(site("P-1", square(0, 0, 100)), site("X-7", square(300, 0, 100), name="Khu lạ"))
    drawn.drop(columns="use").to_file(tmp_path / "shapes.gpkg")
    register = pg.read_sites(priority, boundaries=tmp_path / "shapes.gpkg")
    judged = pg.assess(register, rulebook(), on="2025-07-01", zones=zones(("Z1", "ODT", square(-500, -500, 3000), "P1")))
    result = pg.add_studies(judged, only=["priority_list"], files={"priority_list": pg.StudyFile(priority)})
    table = pg.sheet_of(result, "priority_list")
    assert table.loc[table["state"] == "shape_without_project", "site_names"].tolist() == ["Khu lạ"]
    assert set(table["state"]) <= set(STATES)


def test_the_command_writes_the_tables_and_says_the_counts(
    priority: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write(tmp_path / "other.xlsx", [[*ROWS[0][:3], 1.2, 500], *ROWS[1:3], ["P-5", "Chợ Bãi Bồi", "Xã Ba Sơn", 9, 70]])
    out = tmp_path / "diff.xlsx"
    assert run(["reconcile", str(priority), str(other), "--out", str(out)]) == 1
    told = capsys.readouterr().out
    assert "1  Có thay đổi (changed): 1 | 1" in told
    assert "1  Cần xác nhận (ambiguous): 1 | 1" in told
    assert openpyxl.load_workbook(out).sheetnames == ["Tổng hợp", "Đối chiếu danh mục", "Khác biệt thông tin", "Cần xác nhận"]
    assert run(["reconcile", str(priority), str(priority)]) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "diff.txt"], "written as .xlsx or .csv"),
        (["--sheet", "left=A", "--sheet", "B"], "given twice for the left list"),
        (["--map", "Tên"], "write RAW=NAME"),
        (["--sheet", "right=Không có"], "right list:"),
        (["--confirm", "missing.csv"], "missing.csv: no such file"),
    ],
)
def test_wrong_use_is_told(priority: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reconcile", str(priority), str(priority), *options]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
