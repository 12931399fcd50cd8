"""Entries of registers and what is remarked of them: cases an officer can read, one at least for every code."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import yaml

from plangeo.assessment import Assessment, assess
from plangeo.entries.inquiry import Inquiry, inquire
from plangeo.entries.remarks import CODES, IN_ORDER, LEVELS, MARKS, NOT_ASKED, QUESTIONS
from plangeo.rulebook import load_rulebook
from plangeo.samples import sample
from plangeo.sources import read_sites, read_zones
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
    healthy = {name: value for name, value in HEALTHY.items() if name not in case.get("without", ())}
    columns = [*healthy, *case.get("columns", ()), "wkt"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, delimiter=";")
        writer.writeheader()
        for n, given in enumerate(case["rows"]):
            told = healthy | {"Mã": "ABC"[n]} | dict(given)
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
        marks = table[f"asked_{answer.question}"].tolist()
        assert set(marks) <= {IN_ORDER, NOT_ASKED, *MARKS.values()}
        told = {row for r in answer.remarks for row in (r.row, *r.also)}
        assert all((mark in MARKS.values()) == (row in told) for row, mark in enumerate(marks)), answer.question


def _backwards() -> Inquiry:
    sites = read_sites(
        sample("projects.xlsx"), crs="EPSG:9215", list_date="2025-07-01", boundaries=sample("project_boundaries.gpkg")
    )
    ground, law = read_zones(sample("zones.gpkg")), load_rulebook(sample("rulebook.yaml"))
    return inquire(assess(sites.iloc[::-1], law, on="2025-07-01", zones=ground, districts=sample("communes.gpkg")))


def _told(inquiry: Inquiry) -> set[tuple[str, str]]:
    ids = inquiry.entries.texts("site_id")
    return {(ids[r.row], r.code) for a in inquiry.answers for r in a.remarks if r.code != "funding.level_not_stated"}


def test_the_sample_has_these_troubles_and_no_others(studied_sample: Assessment) -> None:
    inquiry = inquire(studied_sample)
    assert _told(inquiry) == {
        ("P-0004", "capital.missing"),
        ("P-0009", "capital.range"),
        ("P-0010", "area.unit_slip"),
        ("P-0014", "location.geometry_faulty"),
        ("P-0018", "capital.unreadable"),
        ("P-0034", "area.parts_rounding"),
        ("P-0034", "capital.missing"),
        ("P-0041", "location.geometry_missing"),
        ("P-0043", "location.differs"),
        ("P-0045", "capital.unreadable"),
        ("P-0048", "capital.unreadable"),
        ("P-0051", "location.differs"),
        ("P-0055", "location.geometry_faulty"),
        ("P-0060#2", "duplicate.code"),
        ("P-0069", "type.unknown"),
        ("P-0101", "limit.broken_unverified"),
    }
    told = inquiry.found()
    assert told["count"].sum() == 16 + 18, "18 entries name the state budget without its level, in one row"
    assert len(told) == 17
    assert told.loc[told["count"] == 18, "code"].tolist() == ["funding.level_not_stated"]


def test_the_order_of_the_register_changes_nothing_but_which_of_two_is_the_second(studied_sample: Assessment) -> None:
    both = [{t for t in _told(some) if not t[1].startswith("duplicate")} for some in (inquire(studied_sample), _backwards())]
    assert both[0] == both[1]


def test_what_was_not_asked_is_never_shown_as_in_order(tmp_path: Path) -> None:
    register = _register({"rows": [{}]}, tmp_path / "list.csv")
    bare = assess(
        register.drop(columns=["funding", "phase", "declared_capital"]), rulebook(), on="2041-01-01", checks=["geometry"]
    )
    inquiry = inquire(bare)
    marks = inquiry.by_project().iloc[0]
    asked = {"name": IN_ORDER, "type": IN_ORDER, "duplicate": IN_ORDER}
    assert {q: marks[f"asked_{q}"] for q in QUESTIONS} == {q: asked.get(q, NOT_ASKED) for q in QUESTIONS}
    assert len(inquiry.not_asked()) == len(QUESTIONS) - len(asked)


RATIO_CODES = {"ratio.outlier", "ratio.unit_slip"}


def test_every_code_has_a_case() -> None:
    shown = {code for case in CASES for code in case["expect"]}
    assert set(CODES) - shown == RATIO_CODES, "capital per hectare has its own tests in tests/unit/test_ratios.py"
    assert set(CODES.values()) == set(LEVELS)
