"""The embedded sample is what its registry says, is geometrically sound, and can be rebuilt to the byte."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from python_calamine import CalamineWorkbook

DATA = Path(__file__).resolve().parents[2] / "data"
PLANS = ("QHT-2021", "QHSDD-2021", "QHSDD-2021-DC1")


def layer(name: str, folder: Path = DATA) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / name)


@pytest.fixture(scope="module")
def communes() -> gpd.GeoDataFrame:
    return layer("communes.gpkg")


@pytest.fixture(scope="module")
def zones() -> gpd.GeoDataFrame:
    return layer("zones.gpkg")


@pytest.fixture(scope="module")
def register() -> list[list[object]]:
    return CalamineWorkbook.from_path(str(DATA / "projects.xlsx")).get_sheet_by_index(0).to_python(skip_empty_area=False)


def registry(folder: Path = DATA) -> dict[str, dict[str, str]]:
    with (folder / "registry.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_every_file_has_the_hash_and_licence_of_its_registry():
    for name, row in registry().items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == row["sha256"], name
        assert row["licence"], name
        assert row["source"], name
    data_files = {p.name for p in DATA.iterdir() if p.suffix in {".gpkg", ".xlsx", ".yaml", ".csv"}} - {"registry.csv"}
    assert data_files == set(registry())


def test_made_up_files_say_so():
    made_up = {n: r for n, r in registry().items() if n not in {"communes_2025_facts.csv", "plangeo.yaml"}}
    assert all("ILLUSTRATIVE" in row["what"] for row in made_up.values())
    assert "illustrative: true" in (DATA / "rulebook.yaml").read_text(encoding="utf-8")


def test_communes_are_a_valid_coverage_with_the_published_areas(communes):
    assert len(communes) == 65
    assert communes.crs.to_epsg() == 9215
    assert communes["ma_xa"].is_unique
    assert communes.geometry.is_valid.all()
    assert shapely.coverage_is_valid(communes.geometry.to_numpy())
    published = communes["dien_tich_km2"] * 1e6
    assert ((communes.area / published - 1).abs() < 0.01).all()


def in_force(zones: gpd.GeoDataFrame, plan: str, day: str) -> gpd.GeoDataFrame:
    """The zones of a plan on a day; ISO days compare as text."""
    first, last = zones["hieu_luc_tu"].fillna(""), zones["hieu_luc_den"].fillna("")
    return zones[(zones["plan_id"] == plan) & (first <= day) & ((last == "") | (last >= day))]


@pytest.mark.parametrize("day", ["2025-07-01", "2027-06-01"])
@pytest.mark.parametrize("plan", PLANS)
def test_each_plan_covers_the_province_once_but_for_the_faults_put_in(plan, day, zones, communes):
    """In the amended plan 4 ha are drawn twice, 4 ha and a strip of 3 m by 400 m are left out; nothing is amiss in the others."""
    shapes = in_force(zones, plan, day).geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    spoilt = plan == "QHSDD-2021-DC1"
    assert shapely.coverage_is_valid(shapes) != spoilt
    twice, left_out = (40_000, 41_200) if spoilt else (0, 0)
    province = shapely.coverage_union_all(communes.geometry.to_numpy())
    covered = shapely.union_all(shapes)
    assert shapely.symmetric_difference(covered, province).area == pytest.approx(left_out, abs=1e-6 * province.area)
    assert sum(s.area for s in shapes) - covered.area == pytest.approx(twice, abs=1)


def test_coordinates_are_whole_millimetres(zones):
    xy = shapely.get_coordinates(zones.geometry.to_numpy())
    assert abs(xy * 1000 - (xy * 1000).round()).max() < 1e-4  # the rest is binary rounding of the decimals


def test_the_amendment_changes_the_class_of_a_few_zones_and_no_border_but_those_of_the_added_cases(zones):
    before, after = (zones[zones["plan_id"] == p].reset_index(drop=True) for p in PLANS[1:])
    added, after = after.iloc[len(before) :], after.iloc[: len(before)]
    assert sorted(added["ma_khoanh"].str.removeprefix("QHSDD-2021-DC1-")) == ["CL", "GD1", "GD2"]
    assert (~before.geometry.geom_equals(after.geometry)).sum() == 3, "the staged square, the gap and the sliver are cut out"
    assert 10 <= (before["ma_dat"] != after["ma_dat"]).sum() <= 20


def test_register_has_its_projects_and_its_traps(register):
    header = next(row for row in register if row[0] == "STT")
    assert header[9:11] == ["Tọa độ X (m)", "Tọa độ Y (m)"]
    projects = [row for row in register if isinstance(row[0], float)]
    assert len(projects) == 77
    assert sum(isinstance(r[9], float) and 2_350_000 < r[9] < 2_500_000 for r in projects) >= 60  # X is north
    assert any(row[2] == "Tổng cộng" for row in register)
    assert any("minh họa" in str(row[0]) for row in register)
    codes = [r[1] for r in projects]
    assert codes.count("") == 1
    assert codes.count("P-0060") == 2
    hostile = [r for r in projects if "test row" in str(r[11])]
    assert len(hostile) == 2


def test_boundaries_belong_to_projects_of_the_register_and_one_is_a_bow_tie(register):
    boundaries = layer("project_boundaries.gpkg")
    codes = {row[1] for row in register}
    assert len(boundaries) >= 25
    assert set(boundaries["ma_du_an"]) <= codes
    assert (boundaries.geom_type == "LineString").sum() >= 5
    assert (~boundaries.geometry.is_valid).sum() == 1


def test_no_column_gives_the_verdict_away(zones, communes, register):
    names = [*zones.columns, *communes.columns, *map(str, next(row for row in register if row[0] == "STT"))]
    assert not [n for n in names if any(word in n.lower() for word in ("verdict", "kết luận", "ket_luan", "phù hợp"))]


def test_rebuilding_gives_the_same_sample(tmp_path):
    # a process of its own: the builder fixes GDAL's clock through the environment
    subprocess.run([sys.executable, str(DATA / "build_sample.py"), str(tmp_path)], check=True, timeout=300)
    for name in registry():
        if name.endswith(".gpkg"):
            here, there = layer(name), layer(name, tmp_path)
            assert here.drop(columns="geometry").equals(there.drop(columns="geometry")), name
            assert shapely.equals_exact(here.geometry.to_numpy(), there.geometry.to_numpy()).all(), name
        else:
            assert (DATA / name).read_bytes() == (tmp_path / name).read_bytes(), name
