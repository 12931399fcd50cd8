"""Areas of the map against published tables, in squares counted by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from plangeo.errors import TableError
from plangeo.planlayers.planzones import zones_by_plan
from plangeo.planlayers.publishedareas import compare_areas, read_published
from tests.makers import CRS, plan, rulebook, square, zones

BOOK = rulebook(dt.date(2025, 7, 1), plans=[plan("P1", accuracy_m=1.0)])
LAYER = zones(
    ("A", "LUC", square(0, 0, 100), "P1"), ("B", "LUA", square(100, 0, 100), "P1"), ("C", "ODT", square(200, 0, 100), "P1")
)
UNITS = gpd.GeoDataFrame(
    {"district_id": ["1", "2"], "district_name": ["Xã Một", "Xã Hai"], "problem": "", "repaired": ""},
    geometry=[square(0, -100, 200).union(square(0, 0, 200)), square(200, 0, 200)],
    crs=CRS,
)


def compared(tmp_path: Path, text: str) -> pd.DataFrame:
    file = tmp_path / "areas.csv"
    file.write_text(text, "utf-8")
    return compare_areas(read_published(file), zones_by_plan(LAYER, BOOK), BOOK, UNITS).set_index("code")


def test_class_counts_with_those_below_it(tmp_path: Path) -> None:
    table = compared(tmp_path, "Mã;Diện tích (ha)\nLUA;2,00\nLUC;1,00\nODT;1,40\n")
    assert table["computed_ha"].to_dict() == pytest.approx({"LUA": 2.0, "LUC": 1.0, "ODT": 1.0})
    assert table["outcome"].to_dict() == {"LUA": "within", "LUC": "within", "ODT": "differs"}
    assert table.at["ODT", "difference_ha"] == pytest.approx(-0.4)
    assert table.at["ODT", "tolerance_ha"] == pytest.approx(400 / 1e4 + 0.005)  # 1 m × 400 m of border, and the rounding
    assert table.index[0] == "ODT"


def test_units_are_known_by_name_or_code(tmp_path: Path) -> None:
    table = compared(tmp_path, "Đơn vị,Mã,ha\nXã Một,LUA,2.00\n2,ODT,1.00\nXã Ba,LUC,1.00\n")
    assert table["outcome"].to_dict() == {"LUA": "within", "ODT": "within", "LUC": "not_compared"}
    assert "Xã Ba" in table.at["LUC", "why_en"]


def test_what_cannot_be_read_or_is_unknown_stays_a_row(tmp_path: Path) -> None:
    table = compared(tmp_path, "plan_id,code,ha\nP1,LUA,nhiều\nP1,XYZ,1.00\nP9,ODT,1.00\n")
    assert table["outcome"].tolist() == ["not_compared"] * 3
    assert "'nhiều'" in table.at["LUA", "why_en"]
    assert "XYZ" in table.at["XYZ", "why_en"]
    assert "P9" in table.at["ODT", "why_en"]


def test_table_without_hectares_is_refused_with_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "areas.csv"
    file.write_text("code,name\nLUA,rice\n", "utf-8")
    with pytest.raises(TableError, match=r"no column hectares .*'code', 'name'"):
        read_published(file)
