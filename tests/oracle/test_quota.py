"""The quota ledger, worked by hand: two communes side by side, 1 km each; squares of 100 m are 1 ha."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import plangeo as pg
from tests.makers import CRS, X0, Y0, rule, rulebook, site, sites, square, zones

WEST, EAST = (shapely.box(X0 + 1000 * n, Y0, X0 + 1000 * (n + 1), Y0 + 1000) for n in (0, 1))
BOOK = {
    "uses": [
        {"code": "housing", "name": "Nhà ở"},
        {"code": "industrial_park", "name": "Khu công nghiệp", "land_class": "SKK"},
        {"code": "mixed", "name": "Tổ hợp", "land_class": ["ODT", "SKK"]},
    ],
    "rules": [rule("housing", "ODT", "permitted"), rule(["industrial_park", "mixed"], "PNN", "permitted")],
    "classes": [
        {"code": "NNP", "name": "Nông nghiệp"},
        {"code": "LUA", "parent": "NNP", "name": "Lúa"},
        {"code": "PNN", "name": "Phi nông nghiệp"},
        {"code": "ODT", "parent": "PNN", "name": "Đất ở"},
        {"code": "SKK", "parent": "PNN", "name": "Khu công nghiệp"},
    ],
}


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    return shapely.box(X0 + x, Y0 + y, X0 + x + width, Y0 + y + height)


def communes() -> gpd.GeoDataFrame:
    data = {"district_id": ["W", "E"], "district_name": ["Tây", "Đông"], "parent_name": "", "problem": "", "repaired": ""}
    return gpd.GeoDataFrame(data, geometry=[WEST, EAST], crs=CRS)


def table(path: Path, rows: str) -> pg.StudyFile:
    path.write_text("Mã đất;Đơn vị;Diện tích (ha);Từ năm;Đến năm\n" + rows, encoding="utf-8")
    return pg.StudyFile(path, "vn")


def studied(folder: Path, rows: list[dict[str, Any]], quota: str, existing: str = "", **layers: Any) -> pg.Assessment:
    files = {"quota": table(folder / "quota.csv", quota)}
    if existing:
        files["existing_use"] = table(folder / "existing.csv", existing)
    ground = zones(("Z1", "ODT", WEST, "P1"), ("Z2", "SKK", EAST, "P1"))
    made = pg.assess(sites(*rows), rulebook(**BOOK), on="2025-07-01", zones=ground, districts=communes(), **layers)
    return pg.add_studies(made, only=["quota"], files=files)


def line(assessment: pg.Assessment, unit: str, code: str) -> pd.Series:
    frame = pg.sheet_of(assessment, "quota")
    found = frame[(frame["unit_id"] == unit) & (frame["code"] == code)]
    assert len(found) == 1
    return found.iloc[0]


def numbers(row: pd.Series) -> tuple[float, ...]:
    names = ("allocated_ha", "existing_ha", "claimed_min_ha", "claimed_max_ha", "remaining_min_ha", "remaining_max_ha")
    return tuple(round(float(row[n]), 6) for n in names)


QUOTA = "SKK;Tây;10;2021;2030\nSKK;Đông;10;2021;2030\nPNN;Tây;30;2021;2030\n"
EXISTING = "SKK;Tây;4;;\nSKK;Đông;1;;\nPNN;Tây;12;;\n"


def test_a_site_on_the_border_is_divided_by_its_ground(tmp_path: Path) -> None:
    """4 ha, of which 3 ha in the west and 1 ha in the east."""
    parks = [site("A", box(700, 0, 400, 100), "industrial_park", source_row=5)]
    made = studied(tmp_path, parks, QUOTA, EXISTING)
    assert numbers(line(made, "W", "SKK")) == (10, 4, 3, 3, 3, 3)
    assert numbers(line(made, "E", "SKK")) == (10, 1, 1, 1, 8, 8)
    assert numbers(line(made, "W", "PNN")) == (30, 12, 3, 3, 15, 15), "a class holds those below it"
    assert set(pg.sheet_of(made, "quota")["state"]) == {"left"}
    assert pg.sheet_of(made, "outside_quota").empty


def test_which_project_breaks_it_first_goes_by_the_rows_of_the_list(tmp_path: Path) -> None:
    """6 ha are left in the west: 3 + 2 fit, the third of 2 goes beyond with 7; the rows of the file decide, not those of the frame."""
    rows = [
        site("C", box(0, 200, 200, 100), "industrial_park", source_row=9),
        site("A", box(0, 0, 300, 100), "industrial_park", source_row=7),
        site("D", box(0, 400, 100, 100), "industrial_park", source_row=10),
        site("B", box(0, 600, 200, 100), "industrial_park", source_row=8),
    ]
    row = line(studied(tmp_path, rows, QUOTA, EXISTING), "W", "SKK")
    assert (row["state"], row["breaks_site"], row["breaks_row"], round(row["breaks_ha"], 6)) == ("exceeded", "C", 9, 7)
    assert round(row["remaining_max_ha"], 6) == -2


def test_ground_of_two_projects_counts_once(tmp_path: Path) -> None:
    """A has 4 ha, B 4 ha of which 1 ha lies on A: 7 ha together, and B is told."""
    rows = [
        site("A", box(0, 0, 200, 200), "industrial_park", source_row=1),
        site("B", box(100, 100, 200, 200), "industrial_park", source_row=2),
    ]
    made = studied(tmp_path, rows, QUOTA, EXISTING)
    assert numbers(line(made, "W", "SKK"))[2:4] == (7, 7)
    told = pg.sheet_of(made, "outside_quota").iloc[0]
    assert (told["site_id"], round(told["min_ha"], 6)) == ("B", 1)
    assert "A" in told["why_en"]


def test_other_classes_may_lie_over_one_another(tmp_path: Path) -> None:
    rows = [
        site("A", box(0, 0, 200, 200), "industrial_park", source_row=1),
        site("B", box(100, 100, 200, 200), "housing", source_row=2),
    ]
    made = studied(tmp_path, rows, QUOTA + "ODT;Tây;9;2021;2030\n", EXISTING)
    assert numbers(line(made, "W", "ODT"))[2] == 4


def test_an_area_as_a_range_leaves_a_range(tmp_path: Path) -> None:
    place = shapely.Point(X0 + 500, Y0 + 500)
    rows = [
        site(
            "A", place, "industrial_park", source_row=1, declared_area_min_m2=50_000.0, declared_area_max_m2=80_000.0,
            declared_area_approx=False,
        )
    ]  # fmt: skip
    row = line(studied(tmp_path, rows, QUOTA, EXISTING), "W", "SKK")
    assert numbers(row) == (10, 4, 5, 8, -2, 1)
    assert (row["state"], row["breaks_site"]) == ("may_be_exceeded", "A")


def test_a_declared_area_unlike_the_drawn_one_is_a_range(tmp_path: Path) -> None:
    rows = [site("A", square(0, 0, 200), "industrial_park", source_row=1, declared_area_m2=60_000.0)]
    assert numbers(line(studied(tmp_path, rows, QUOTA, EXISTING), "W", "SKK"))[2:] == (4, 6, 0, 2)


def test_without_present_use_nothing_is_called_left(tmp_path: Path) -> None:
    rows = [site("A", square(0, 0, 200), "industrial_park", source_row=1)]
    row = line(studied(tmp_path, rows, QUOTA), "W", "SKK")
    assert row["state"] == "not_settled"
    assert math.isnan(row["existing_ha"])
    assert "existing_use" in row["why_en"]


def test_a_class_that_shrinks_is_not_exceeded_by_projects(tmp_path: Path) -> None:
    row = line(studied(tmp_path, [], "LUA;Tây;40;2021;2030\nSKK;Tây;1;2021;2030\n", "LUA;Tây;50;;\n"), "W", "LUA")
    assert row["state"] == "shrinks"


def test_a_use_of_several_classes_goes_by_the_zone_under_it(tmp_path: Path) -> None:
    """6 ha over the border of zones: 2 ha on ODT in the west, 4 ha on SKK in the east."""
    rows = [site("A", box(800, 0, 600, 100), "mixed", source_row=1)]
    made = studied(tmp_path, rows, "ODT;Tây;9;2021;2030\nSKK;Đông;9;2021;2030\nODT;Đông;9;2021;2030\n")
    assert numbers(line(made, "W", "ODT"))[2] == 2
    assert numbers(line(made, "E", "SKK"))[2] == 4
    assert numbers(line(made, "E", "ODT"))[2] == 0


def test_what_is_not_in_the_ledger_is_told_with_its_hectares(tmp_path: Path) -> None:
    rows = [
        site("NOWHERE", None, "industrial_park", source_row=1, declared_area_m2=30_000.0),
        site("STRANGE", square(0, 0, 100), "observatory", source_row=2),
        site("POINT", shapely.Point(X0 + 1, Y0 + 1), "industrial_park", source_row=3),
        site("LATER", square(200, 0, 100), "industrial_park", source_row=4, phase_from=2031.0, phase_to=2035.0),
        site("BEYOND", box(-100, 0, 200, 100), "industrial_park", source_row=5),
    ]
    made = studied(tmp_path, rows, QUOTA, EXISTING)
    told = pg.sheet_of(made, "outside_quota").set_index("site_id")
    assert list(told.index) == ["NOWHERE", "STRANGE", "POINT", "LATER", "BEYOND"]
    assert told["min_ha"].round(6).fillna(-1).tolist() == [3, 1, -1, 1, 1]
    assert "2035" in told.loc["LATER", "why_en"]
    assert numbers(line(made, "W", "SKK"))[2] == 1, "the part inside the commune counts"


def test_conversions_by_the_map_of_present_use(tmp_path: Path) -> None:
    """4 ha of SKK on 1 ha of rice, 2 ha of SKK that is there already, and 1 ha nobody has mapped."""
    ground = zones(("R", "LUA", box(0, 0, 100, 100), ""), ("S", "SKK", box(100, 0, 200, 100), ""))
    rows = [site("A", box(0, 0, 400, 100), "industrial_park", source_row=1)]
    made = studied(tmp_path, rows, QUOTA, EXISTING, present_use=ground)
    frame = pg.sheet_of(made, "conversions")
    assert {(r.from_code, r.code): round(r.min_ha, 6) for r in frame.itertuples()} == {
        ("LUA", "SKK"): 1,
        ("SKK", "SKK"): 2,
        ("?", "SKK"): 1,
    }
    assert numbers(line(made, "W", "SKK"))[2] == 2, "ground that is SKK already stands in the existing hectares"
    told = pg.sheet_of(made, "outside_quota")
    assert round(told["min_ha"].sum(), 6) == 2


def test_conversions_without_present_use_say_so(tmp_path: Path) -> None:
    frame = pg.sheet_of(studied(tmp_path, [site("A", square(0, 0, 100), "industrial_park", source_row=1)], QUOTA), "conversions")
    assert frame[["from_code", "code"]].values.tolist() == [["ODT", "SKK"]]
    assert frame["source_en"].tolist() == ["zones of the plan, not present use"]


def test_allowed_conversions_are_held_against_the_table(tmp_path: Path) -> None:
    rows = [site("A", box(0, 0, 300, 100), "industrial_park", source_row=1)]
    ground = zones(("R", "LUA", WEST, ""))
    made = studied(tmp_path, rows, "LUA/SKK;Tây;2;2021;2030\nSKK;Tây;9;2021;2030\n", present_use=ground)
    found = pg.sheet_of(made, "conversions").iloc[0]
    assert (found["from_code"], found["allowed_ha"], found["state_vi"]) == ("LUA", 2, "vượt")


@pytest.mark.parametrize("quota", ["SKK;Tây;x;2021;2030\nPNN;Tây;30;2021;2030\n", "SKK;Tây;1;2021;2030\nSKK;Tây;2;2021;2030\n"])
def test_hectares_that_cannot_be_read_settle_nothing(tmp_path: Path, quota: str) -> None:
    row = line(studied(tmp_path, [site("A", square(0, 0, 300), "industrial_park", source_row=1)], quota, EXISTING), "W", "SKK")
    assert row["state"] == "not_settled"
    assert math.isnan(row["allocated_ha"])
