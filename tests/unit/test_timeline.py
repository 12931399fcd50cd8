"""Comparing days: what is given and refused, layers that only some days want, units, files written, the commands."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import geopandas as gpd
import pytest
from python_calamine import CalamineWorkbook

import plangeo as pg
from plangeo.chronicle.documents import read_plans
from plangeo.chronicle.timeline import approval_column
from plangeo.chronicle.timesheets import timeline_sheets
from plangeo.cli import run
from plangeo.errors import InputError, LayerError, TableError
from plangeo.sheetfile import write_tables
from tests.makers import plan, rule, rulebook, rulebook_text, site, sites, square, zones

A = plan("A", valid_from="2021-01-01", valid_to="2024-12-31", successor="B")
B = plan("B", valid_from="2025-01-01", valid_to="2030-12-31")
DRAWN = zones(("a", "ODT", square(0, 0, 1000), "A"), ("b", "LUC", square(0, 0, 1000), "B"))
TWO = sites(site("S", square(100, 100, 200)), site("T", square(5000, 100, 200)))
BOOK = rulebook(plans=[A, B])


def test_dates_are_sorted_and_told_once() -> None:
    found = pg.compare_dates(TWO, BOOK, ["2025-07-01", dt.date(2024, 12, 31), "2025-07-01"], zones=DRAWN)
    assert found.dates == (dt.date(2024, 12, 31), dt.date(2025, 7, 1))
    assert found.counts().to_dict("list") == {"2024-12-31": [0, 1, 0, 1], "2025-07-01": [1, 1, 0, 0]}
    assert found.flips["site_id"].tolist() == ["S"]


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError, match="give 1 to 50"):
        pg.compare_dates(TWO, BOOK, [], zones=DRAWN)
    with pytest.raises(InputError, match="no such column"):
        pg.compare_dates(TWO, BOOK, ["2025-07-01"], approved="Ngày QĐ", zones=DRAWN)
    with pytest.raises(LayerError, match="noise"):
        pg.compare_dates(TWO, BOOK, ["2025-07-01"], zones=DRAWN, noise=DRAWN)


def test_a_layer_that_only_one_day_asks_for_is_used_on_that_day() -> None:
    """From July 2025 housing must keep 500 m away from relics; the site is 100 m away."""
    asked = {"use": "housing", "layer": "relics", "field": "distance_m", "op": ">=", "value": 500, "from": "2025-07-01"}
    book = rulebook(plans=[A, plan("B", valid_from="2025-01-01")], requirements=[asked | {"basis": "test"}])
    relics = gpd.GeoDataFrame({"name": ["Chùa"]}, geometry=[square(400, 100, 10)], crs=TWO.crs)
    drawn = zones(("b", "ODT", square(0, 0, 1000), "B"))
    found = pg.compare_dates(TWO, book, ["2025-06-30", "2025-07-01"], zones=drawn, relics=relics)
    (row,) = found.flips.to_dict("records")
    assert (row["site_id"], row["before"], row["after"], row["kinds"]) == ("S", "permitted", "not_permitted", "requirement")
    assert "relics: distance_m >= 500" in row["why_en"]
    before = pg.compare_dates(TWO, book, ["2025-06-30"], approved={"S": "2025-08-01"}, zones=drawn, relics=relics).approvals
    assert before is not None
    assert before["standing"].tolist() == ["gained", "no_date"], "a day of approval may ask for a layer that no date asks for"


def test_a_condition_by_area_that_begins_is_named_and_parts_the_days_of_approval() -> None:
    """From July 2025 half a hectare of rice land asks for an approval; the site has one hectare."""
    rice = {"code": "rice", "zone": "LUA", "area_ha": 0.5, "from": "2025-07-01", "needs": "approval", "basis": "test"}
    book = rulebook(plans=[A, plan("B", valid_from="2025-01-01")], rules=[rule("housing", "NNP", "permitted")], triggers=[rice])
    drawn = zones(("b", "LUC", square(0, 0, 1000), "B"))
    found = pg.compare_dates(TWO, book, ["2025-06-30", "2025-07-01"], zones=drawn, approved={"S": "2025-06-30"})
    (row,) = found.flips.to_dict("records")
    assert (row["site_id"], row["before"], row["after"], row["kinds"]) == ("S", "permitted", "conditional", "condition")
    assert "condition by area LUA >= 0.5 ha [Điều 1, Luật thử] begins to apply" in row["why_en"]
    assert found.approvals is not None
    approved = found.approvals.set_index("site_id").loc["S"]
    assert (approved["before"], approved["after"], approved["kinds"]) == ("permitted", "conditional", "condition")


def test_a_site_without_a_place_is_told_what_changed_around_it() -> None:
    """Known by its commune only: whether it fits there depends on the plans of the commune, not on ground of its own."""
    commune = gpd.GeoDataFrame(
        {"district_id": ["1"], "district_name": ["Xã Thử"], "problem": "", "repaired": ""},
        geometry=[square(0, 0, 1000)],
        crs=TWO.crs,
    )
    register = sites(site("P", None, problem="no_geometry: by commune", declared_district="Xã Thử", declared_area_m2=1e4))
    found = pg.compare_dates(register, BOOK, ["2024-12-31", "2025-07-01"], zones=DRAWN, districts=commune)
    assert found.verdicts.iloc[0, 2:].tolist() == ["unknown", "not_permitted"]
    (row,) = found.flips.to_dict("records")
    assert (row["kinds"], row["what"]) == ("plan", "A → B")
    assert "may bear on it" in row["why_en"]


def test_the_approval_column_is_found_by_its_name_only_when_one_fits() -> None:
    assert approval_column(TWO.assign(**{"Ngày phê duyệt": ""})) == "Ngày phê duyệt"
    assert approval_column(TWO) is None
    assert approval_column(TWO.assign(**{"Ngày phê duyệt": "", "Ngày quyết định": ""})) is None


def test_tables_are_written_as_text_and_replace_what_was_there(tmp_path: Path) -> None:
    evil = sites(site("=S", square(100, 100, 200), name='=HYPERLINK("http://x")'))
    found = pg.compare_dates(evil, BOOK, ["2024-12-31", "2025-07-01"], approved={"=S": "2022-01-01"}, zones=DRAWN)
    sheets = timeline_sheets(found)
    for name in ("out.csv", "out.xlsx", "out.csv"):
        write_tables(sheets, tmp_path / name, chosen="dates_flips")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        header, row = csv.reader(stream)
    assert header[:2] == ["Mã dự án", "Tên dự án"]
    assert row[:2] == ["'=S", '\'=HYPERLINK("http://x")']
    book = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx"))
    assert book.sheet_names == ["Số dự án theo ngày", "Kết luận thay đổi", "Kết luận theo ngày", "Khi phê duyệt và ngày xét"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "out.xlsx"]
    with pytest.raises(InputError, match=r"xlsx or \.csv"):
        write_tables(sheets, tmp_path / "out.pdf", chosen="dates_flips")
    with pytest.raises(InputError, match="does not exist"):
        write_tables(sheets, tmp_path / "no/out.csv", chosen="dates_flips")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run of its own: register, zones, rulebook and plangeo.yaml."""
    (tmp_path / "rulebook.yaml").write_text(rulebook_text(plans=[A, B]), "utf-8")
    register = TWO[["site_id", "name", "use", "geometry"]].assign(**{"Ngày phê duyệt": ["15/03/2023", ""]})
    register.to_file(tmp_path / "projects.gpkg")
    DRAWN[["zone_id", "zone_code", "plan_id", "geometry"]].to_file(tmp_path / "zones.gpkg")
    text = "register: projects.gpkg\nrulebook: rulebook.yaml\non: 2025-07-01\nlanguage: en\nlayers: {zones: zones.gpkg}\n"
    (tmp_path / "plangeo.yaml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_prints_counts_reasons_and_approvals(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["timeline", "--date", "2024-12-31", "--out", "out.xlsx"]) == 1
    told = capsys.readouterr()
    assert "31/12/2024 → 01/07/2025: 1 verdicts differ" in told.out
    assert "compatible then, not now: plans replaced A → B" in told.out
    assert "When approved against 01/07/2025" in told.out
    assert "'Ngày phê duyệt'" in told.err
    assert (project / "out.xlsx").exists()
    assert run(["timeline", "--date", "2026-01-01", "--approved-on", "2025-02-01", "--lang", "vi"]) == 0
    assert "0 dự án có kết luận khác" in capsys.readouterr().out


def test_the_command_refuses_what_makes_no_comparison(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["timeline"]) == 2
    assert "name a day to compare" in capsys.readouterr().err
    assert run(["timeline", "--date", "yesterday"]) == 2
    assert run(["timeline", "--date", "2024-01-01", "--approved", "a", "--approved-on", "2024-01-01"]) == 2
    assert run(["timeline", "--date", "2024-01-01", "--approved", "Ngày QĐ"]) == 2
    assert run(["timeline", "--project", "none.yaml", "--date", "2024-01-01"]) == 2
    (project / "plangeo.yaml").unlink()
    assert run(["timeline", "--date", "2024-01-01"]) == 2


def test_the_plans_command_lists_plans_on_a_day(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plans", "rulebook.yaml", "--on", "2025-07-01", "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "Plans on 01/07/2025: 2" in told
    assert "A → B" in told
    assert run(["plans", "--on", "2031-07-01", "--out", "plans.csv"]) == 1
    told = capsys.readouterr().out
    assert "không nêu quy hoạch thay thế" in told
    assert (project / "plans.csv").read_text("utf-8-sig").startswith("plan_id,")
    assert run(["plans", "rulebook.yaml"]) == 2
    assert "--on is missing" in capsys.readouterr().err
    (project / "plangeo.yaml").unlink()
    assert run(["plans", "--on", "2025-07-01"]) == 2


def test_tables_of_plans_are_read_from_files_and_refused_in_words(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "p.csv").write_text("IDURBA,TYPEDOC,DATAPPRO,ETAT\nX,PLU,20200128,03\n", "utf-8")
    (project / "bad.csv").write_text("IDURBA,TYPEDOC,DATAPPRO,ETAT\nX,PLU,20201328,03\n", "utf-8")
    (project / "no.dbf").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    (found,) = read_plans("p.csv", level="commune", authority="mairie")
    assert (found.plan_id, found.level, found.source, str(found.valid_from)) == ("X", "commune", "p.csv", "2020-01-28")
    assert run(["plans", "--table", "p.csv", "--on", "2025-07-01", "--lang", "en"]) == 1
    assert "neither scale nor accuracy" in capsys.readouterr().out
    with pytest.raises(TableError, match=r"bad\.csv.*20201328"):
        read_plans("bad.csv")
    with pytest.raises(InputError, match="no dBASE table"):
        read_plans("no.dbf")
    with pytest.raises(InputError, match="no such file"):
        read_plans("gone.csv")
