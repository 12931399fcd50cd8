"""Entries of registers and what is remarked of them: cases an officer can read, one at least for every code."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import yaml

from plangeo.assessment import assess
from plangeo.entries.inquiry import Inquiry, inquire
from plangeo.entries.remarks import CODES, IN_ORDER, LEVELS, MARKS, NOT_ASKED
from plangeo.sources import read_sites
from tests.makers import CRS, rulebook, square, zones

FILE = Path(__file__).parent / "entry_cases.yaml"
CASES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))
HEALTHY = {
    "Mã": "A",
    "Tên dự án": "Khu dân cư Bến Sông",
    "Loại dự án": "Nhà ở",
    "Địa điểm": "Xã Bến",
    "Diện tích (ha)": "1,00",
    "Tổng mức đầu tư (tỷ đồng)": "20",
    "Nguồn vốn": "Vốn doanh nghiệp",
    "Phân kỳ": "2021-2025",
}
CEILINGS = [
    {"use": "industrial_park", "field": "declared_area_m2", "op": "<=", "value": 3, "unit": "ha", "basis": "test"},
    {
        "use": "industrial_park",
        "field": "declared_area_m2",
        "op": ">=",
        "value": 0.5,
        "unit": "ha",
        "basis": {"document": "Nghị định thử", "verified": False},
    },
    {"use": "industrial_park", "field": "capital_vnd", "op": "<=", "value": 500, "unit": "tỷ đồng", "basis": "test"},
    {"use": "*", "field": "declared_area_m2", "op": "<=", "value": 1e-3, "unit": "m2", "basis": "test", "to": "2020-12-31"},
]


def _register(case: dict[str, Any], path: Path) -> gpd.GeoDataFrame:
    columns = [*HEALTHY, *case.get("columns", ()), "wkt"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, delimiter=";")
        writer.writeheader()
        for n, given in enumerate(case["rows"]):
            told = HEALTHY | {"Mã": "ABC"[n]} | dict(given)
            corner = told.pop("square", [100, 100, 100])
            told.setdefault("wkt", "" if corner is None else square(*corner).wkt)
            writer.writerow(told)
    return read_sites(path, profile="vn", crs=CRS)


def _inquiry(case: dict[str, Any], tmp_path: Path) -> Inquiry:
    communes = gpd.GeoDataFrame(
        {
            "district_id": ["1", "2", "3", "4"],
            "district_name": ["Xã Bến", "Xã Đồi", "Xã Hồng", "Xã Hồng"],
            "problem": "",
            "repaired": "",
        },
        geometry=[square(0, 0, 5000), square(5000, 0, 5000), square(0, 5000, 5000), square(5000, 5000, 5000)],
        crs=CRS,
    )
    ground = zones(("z", "ODT", square(-1000, -1000, 20_000), "P1"))
    result = assess(
        _register(case, tmp_path / "list.csv"), rulebook(ceilings=CEILINGS), on="2025-07-01", zones=ground, districts=communes
    )
    return inquire(result)


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    inquiry = _inquiry(case, tmp_path)
    remarks = [remark for answer in inquiry.answers for remark in answer.remarks]
    assert sorted(r.code for r in remarks) == sorted(case["expect"]), [r.said.en for r in remarks]
    assert all(r.said.vi and r.said.en for r in remarks)
    if "said" in case:
        assert case["said"] in remarks[0].said.vi
    table = inquiry.by_project()
    assert len(table) == len(case["rows"]), "rows in = rows out"
    for answer in inquiry.answers:
        marks = table[answer.question].tolist()
        assert set(marks) <= {IN_ORDER, NOT_ASKED, *MARKS.values()}
        told = {row for r in answer.remarks for row in (r.row, *r.also)}
        assert all((mark in MARKS.values()) == (row in told) for row, mark in enumerate(marks)), answer.question


RATIO_CODES = {"ratio.outlier", "ratio.unit_slip"}


def test_every_code_has_a_case() -> None:
    shown = {code for case in CASES for code in case["expect"]}
    assert set(CODES) - shown == RATIO_CODES, "capital per hectare has its own tests in tests/unit/test_ratios.py"
    assert set(CODES.values()) == set(LEVELS)
