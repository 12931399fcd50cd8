"""The studies of plans as an officer meets them: sheets of a run, files beside it, the command."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

import plangeo as pg
from plangeo.cli import run
from plangeo.layerscores import score_lines
from plangeo.manifest import build_manifest
from plangeo.study import Sheet
from tests.makers import CLASSES, CRS, X0, Y0, plan, rule, rulebook, rulebook_text, site, sites, square, zones

PLANS = [
    plan("TINH", level="province", accuracy_m=5.0),
    plan("XA", level="commune", accuracy_m=2.0, valid_to="2025-01-14", successor="XA2"),
    plan("XA2", level="commune", accuracy_m=2.0, valid_from="2025-01-15"),
]
SECTIONS: dict[str, Any] = {"plans": PLANS, "precedence": [{"order": ["TINH", "XA2"], "from": "2020-01-01"}]}
ON = dt.date(2025, 7, 1)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X0 + west, Y0 + south, X0 + east, Y0 + north)


LAYER = zones(
    ("T1", "LUA", box(0, 0, 300, 100), "TINH"),
    ("O1", "LUA", box(0, 0, 300, 100), "XA"),
    ("N1", "LUA", box(0, 0, 100, 100), "XA2"),
    ("N2", "ODT", box(100, 0, 200, 100), "XA2"),
    ("N3", "RPH", box(200, 0, 300, 100), "XA2"),
)
REGISTER = sites(
    site("CHEAP", box(110, 10, 150, 50), capital_min_vnd=2e9),
    site("DEAR", box(210, 10, 250, 50), capital_min_vnd=9e9),
    site("SILENT", box(260, 10, 280, 50), capital_min_vnd=float("nan")),
    site("SAME", box(10, 10, 50, 50), capital_min_vnd=5e9),
    site("LOST", None, capital_min_vnd=7e9),
)


def studied(layer: gpd.GeoDataFrame = LAYER, files: dict[str, Path] | None = None, **layers: Any) -> dict[str, Sheet]:
    book = rulebook(**SECTIONS)
    result = pg.assess(REGISTER, book, on=ON, zones=layer, **layers)
    given = {role: pg.StudyFile(path) for role, path in (files or {}).items()}
    only = ["plan_quality", "plan_consistency", "plan_versions"]
    done = pg.add_studies(result, only=only, files=given)
    assert not done.studies_not_run
    assert [s.code for s in done.sheets][:2] == ["plan_coverage", "plan_quality"]
    return {sheet.code: sheet for sheet in done.sheets}


def test_conflicts_are_ranked_by_capital_and_projects_and_unknown_capital_is_counted_apart() -> None:
    frame = studied()["plan_conflicts"].frame
    assert frame["lower_code"].tolist() == ["RPH", "ODT"]
    assert frame["capital_bn"].tolist() == [9.0, 2.0]
    assert frame["projects"].tolist() == [2, 1]
    assert frame["without_capital"].tolist() == [1, 0]
    assert frame["project_ids"].tolist() == ["DEAR, SILENT", "CHEAP"]
    assert set(frame["governs_vi"]) == {"TINH (không áp dụng XA2)"}


def test_note_says_what_the_matrix_sums_up_to_and_who_is_not_in_it() -> None:
    found = studied()
    assert "common ground 3.00 ha = agreeing 1.00 + disagreeing 2.00" in str(found["plan_matrix"].note)
    assert "1 projects have no place" in str(found["plan_conflicts"].note)
    assert found["plan_matrix"].frame["hectares"].sum() == pytest.approx(3.0)


def test_officer_may_state_that_classes_agree(tmp_path: Path) -> None:
    file = tmp_path / "agree.csv"
    file.write_text("upper,lower,agrees\nLUA,RPH,yes\nLUA,ODT,no\n", "utf-8")
    found = studied(files={"agreeing_classes": file})
    assert found["plan_conflicts"].frame["lower_code"].tolist() == ["ODT"]


def test_versions_of_one_layer_and_the_projects_on_changed_ground() -> None:
    found = studied()
    changes = found["plan_changes"].frame
    assert changes[["from_code", "to_code", "hectares"]].to_numpy().tolist() == [["LUA", "ODT", 1.0], ["LUA", "RPH", 1.0]]
    touched = found["changed_sites"].frame.set_index("site_id")
    assert set(touched.index) == {"CHEAP", "DEAR", "SILENT"}
    assert touched.at["DEAR", "rule_before"] == "Phù hợp có điều kiện"
    assert touched.at["DEAR", "rule_after"] == "Chưa phù hợp"


def test_earlier_zones_from_a_file(tmp_path: Path) -> None:
    earlier = LAYER[LAYER["plan_id"] == "XA2"].copy()
    earlier.loc[earlier["zone_id"] == "N3", ["zone_code", "zone_id"]] = ["LUC", "N3a"]
    file = tmp_path / "earlier.gpkg"
    earlier[["zone_id", "zone_code", "plan_id", "geometry"]].to_file(file, driver="GPKG")
    frame = studied(files={"previous_zones": file})["plan_changes"].frame
    assert frame[["kind", "from_code", "to_code"]].to_numpy().tolist() == [["class_change", "LUC", "RPH"]]


def test_earlier_zones_that_name_no_plan_are_not_compared_in_silence(tmp_path: Path) -> None:
    file = tmp_path / "earlier.gpkg"
    LAYER[LAYER["plan_id"] == "XA2"][["zone_id", "zone_code", "geometry"]].to_file(file, driver="GPKG")
    sheet = studied(files={"previous_zones": file})["plan_changes"]
    assert sheet.frame.empty
    assert "3 zones of the earlier version do not name their plan" in str(sheet.note)


def test_layer_with_one_plan_has_nothing_to_compare_and_says_so() -> None:
    found = studied(LAYER[LAYER["plan_id"] == "TINH"])
    assert found["plan_matrix"].frame.empty
    assert found["plan_changes"].frame.empty
    assert "no two versions" in found["plan_changes"].empty.en


def test_published_areas_are_a_sheet_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "areas.csv"
    file.write_text("plan_id,code,ha\nXA2,ODT,1.00\nXA2,RPH,2.00\nXA,LUA,3.00\n", "utf-8")
    frame = studied(files={"class_areas": file})["published_areas"].frame
    assert frame[["code", "outcome"]].to_numpy().tolist() == [["RPH", "differs"], ["LUA", "not_compared"], ["ODT", "within"]]


def test_workbook_and_geopackage_hold_the_sheets(tmp_path: Path) -> None:
    layer = zones(
        *LAYER[["zone_id", "zone_code", "geometry", "plan_id"]].to_numpy().tolist(), ("N4", "RDD", square(280, 0, 60), "XA2")
    )
    done = pg.add_studies(pg.assess(REGISTER, rulebook(**SECTIONS), on=ON, zones=layer))
    pg.write_report(done, tmp_path / "report.xlsx")
    pg.write_report(done, tmp_path / "sites.gpkg")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx", read_only=True)
    assert {"Chất lượng lớp quy hoạch", "Độ phủ quy hoạch", "Ma trận quy hoạch", "Quy hoạch mâu thuẫn"} <= set(book.sheetnames)
    rows = list(book["Chất lượng lớp quy hoạch"].iter_rows(values_only=True))
    assert rows[1][:4] == ("lỗi", "Hai khoanh chồng lên nhau", "XA2", "N3, N4")
    shapes = gpd.read_file(tmp_path / "sites.gpkg", layer="plan_quality")
    assert shapes.area.tolist() == pytest.approx([20 * 60])
    assert shapes.crs == CRS


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A rulebook and a layer with one overlap, as files."""
    layer = zones(("A", "LUA", box(0, 0, 100, 100), "XA2"), ("B", "ODT", box(80, 0, 200, 100), "XA2"))
    layer[["zone_id", "zone_code", "plan_id", "geometry"]].to_file(tmp_path / "zones.gpkg", driver="GPKG")
    (tmp_path / "book.yaml").write_text(
        rulebook_text(**SECTIONS, rules=[rule("*", "NNP", "conditional")], classes=CLASSES), "utf-8"
    )
    return {"zones": tmp_path / "zones.gpkg", "book": tmp_path / "book.yaml", "out": tmp_path / "faults.gpkg"}


def test_command_prints_and_writes_the_faults(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    command = ["quality", str(files["zones"]), "--rulebook", str(files["book"]), "--on", "2025-07-01", "--out", str(files["out"])]
    assert run([*command, "--lang", "en"]) == 1
    said = capsys.readouterr().out
    assert (
        "XA2 (in force, 2 zones): covered 100.00%, overlapping 10.00%, known codes 100.00%, score 90.00%; 1 faults, 0 slivers"
        in said
    )
    assert "Two zones overlap: XA2 A, B (LUA, ODT)" in said
    assert gpd.read_file(files["out"]).area.tolist() == pytest.approx([2_000])


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--plan", "XA"], "no zone of"),
        (["--layer", "roads=x.gpkg"], "wants no layer roads"),
        (["--out", "faults.txt"], ".gpkg, .xlsx or .csv"),
        (["--layer", "districts"], "write ROLE=VALUE, e.g. --layer districts=communes.gpkg"),
    ],
)
def test_command_says_what_is_wrong(
    files: dict[str, Path], more: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["quality", str(files["zones"]), "--rulebook", str(files["book"]), "--on", "2025-07-01", *more]) == 2
    assert why in capsys.readouterr().err


def test_a_huge_layer_is_told_and_not_looked_at(monkeypatch):
    for limit in ("MOST_VERTICES", "MOST_COMPARED"):
        monkeypatch.setattr(f"plangeo.planlayers.planzones.{limit}", 4)
    plan_layer = zones(("Z1", "ODT", square(0, 0, 100), "P1"))
    done = pg.assess(sites(site("S1", square(10, 10, 20))), rulebook(), on="2025-07-01", zones=plan_layer)
    studied = pg.add_studies(done, only=["plan_quality", "plan_consistency", "plan_versions"])
    assert studied.sheets == ()
    assert all("plangeo quality" in told.why.en for told in studied.studies_not_run)
    assert len(studied.studies_not_run) == 3


def test_the_quality_command_writes_no_cell_that_a_spreadsheet_takes_for_a_formula(tmp_path: Path) -> None:
    drawn = zones(("=1+1", "ODT", square(0, 0, 100), "P1"), ("Z2", "ODT", square(50, 0, 100), "P1"))
    path, book = tmp_path / "zones.gpkg", tmp_path / "rules.yaml"
    drawn.to_file(path)
    book.write_text(rulebook_text(), "utf-8")
    given = ["quality", str(path), "--rulebook", str(book), "--on", "2025-07-01", "--map", "zone_id=zone_id", "--out"]
    assert run([*given, str(tmp_path / "faults.csv"), "--lang", "en"]) == 1
    text = (tmp_path / "faults.csv").read_text("utf-8-sig")
    assert "=1+1" in text
    assert not any(cell.lstrip('"').startswith("=") for line in text.splitlines() for cell in line.split(","))
    assert run([*given, str(tmp_path / "faults.xlsx")]) == 1
    assert "Chất lượng lớp quy hoạch" in openpyxl.load_workbook(tmp_path / "faults.xlsx").sheetnames


def test_the_quality_of_the_plan_layer_is_said_in_a_line_and_kept_in_the_manifest() -> None:
    plan_layer = zones(("Z1", "ODT", square(0, 0, 100), "P1"), ("Z2", "LUA", square(80, 0, 100), "P1"))
    done = pg.assess(sites(site("S1", square(10, 10, 20))), rulebook(), on="2025-07-01", zones=plan_layer)
    assert score_lines(done, "en") == []  # nobody asked
    studied = pg.add_studies(done, only=["plan_quality"])
    (line,) = score_lines(studied, "en")
    assert line.startswith(
        "Plan layer P1: coverage score 88.88 % (covered 100.00 %, overlapping 11.12 %, known codes 100.00 %); faults: 1,"
    )
    assert score_lines(studied, "vi")[0].startswith("Lớp quy hoạch P1: điểm độ phủ 88,88 %")
    (kept,) = build_manifest(studied, {})["plan_layer"]["plans"]
    assert kept["score"] == pytest.approx(1 - 2000 / 18000)
    assert (kept["plan_id"], kept["faults"]) == ("P1", 1)
    assert build_manifest(done, {})["plan_layer"] is None


def test_a_plan_layer_nobody_could_look_at_is_said_before_the_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plangeo.planlayers.planzones.MOST_VERTICES", 4)
    plan_layer = zones(("Z1", "ODT", square(0, 0, 100), "P1"))
    done = pg.assess(sites(site("S1", square(10, 10, 20))), rulebook(), on="2025-07-01", zones=plan_layer)
    studied = pg.add_studies(done, only=["plan_quality"])
    (line,) = score_lines(studied, "en")
    assert line.startswith("Quality of the plan layer: not examined, could not be done: the plan layer has 5 vertices")
    assert build_manifest(studied, {})["plan_layer"]["plans"] == []
