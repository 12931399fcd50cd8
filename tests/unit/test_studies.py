"""Studies: their tables reach the outputs, what could not be asked is told, and no verdict changes."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

import plangeo as pg
from plangeo.errors import InputError, LayerError, PlangeoWarning
from plangeo.explanation import failed_lines
from plangeo.maps import page_data
from plangeo.model import Label
from plangeo.report import write_report
from plangeo.studies import studies, without_sheets
from plangeo.study import Sheet, SheetColumn, Study
from tests.makers import CRS, rulebook, site, sites, square, zones


@pytest.fixture
def assessment() -> pg.Assessment:
    plan = zones(("Z1", "ODT", square(0, 0, 100), "P1"))
    return pg.assess(sites(site("S1", square(10, 10, 20))), rulebook(), on="2025-07-01", zones=plan)


def _parks(frame: pd.DataFrame) -> Sheet:
    columns = (SheetColumn("what", "Nội dung", "What"), SheetColumn("ha", "Diện tích (ha)", "Area (ha)", style="hectare"))
    return Sheet("parks", Label("Công viên", "Parks"), columns, frame, Label("Không có.", "None."), Label("Ghi chú.", "Note."))


def test_every_study_names_its_sheets_once(assessment: pg.Assessment) -> None:
    done = pg.add_studies(assessment)
    codes = [sheet.code for sheet in done.sheets]
    titles = [sheet.title.vi for sheet in done.sheets]
    assert len(set(codes)) == len(codes)
    assert len(set(titles)) == len(titles)
    assert {s.check for s in done.studies_not_run} <= set(studies())
    assert done.sites is assessment.sites
    assert done.findings is assessment.findings


def test_a_table_with_places_reaches_workbook_geopackage_and_map(
    assessment: pg.Assessment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shapes = gpd.GeoDataFrame(
        {"what": ["=1+1", "hồ"], "ha": [0.04, None], "own": ["x", "y"]}, geometry=[square(0, 0, 20), None], crs=CRS
    )
    monkeypatch.setattr("plangeo.studies.studies", lambda: {"parks": Study("parks", Label("", ""), lambda _: [_parks(shapes)])})
    done = pg.add_studies(assessment)
    assert pg.sheet_of(done, "parks") is shapes

    write_report(done, tmp_path / "report.xlsx")
    cells = list(openpyxl.load_workbook(tmp_path / "report.xlsx")["Công viên"].values)
    assert cells[:3] == [("Nội dung", "Diện tích (ha)"), ("=1+1", 0.04), ("hồ", None)]
    assert cells[-1][0] == "Ghi chú."
    contents = {row[0].value: row for row in openpyxl.load_workbook(tmp_path / "report.xlsx")["Tổng hợp"].iter_rows()}
    assert [cell.value for cell in contents["Công viên"]] == ["Công viên", 2, None, "Ghi chú."]
    assert contents["Công viên"][0].hyperlink.location == "'Công viên'!A1"

    write_report(done, tmp_path / "sites.gpkg")
    layer = pyogrio.read_dataframe(tmp_path / "sites.gpkg", layer="parks")
    assert list(layer.columns) == ["what", "ha", "geometry"]
    assert len(layer) == 2

    (panel,) = page_data(done, "vi", None)["panels"]["study_layers"]
    assert panel["title"] == ["Công viên", "Parks"]
    assert [row["values"] for row in panel["rows"]] == [["=1+1", [0.04, 2, ""]]]


def test_the_map_shows_words_in_one_language_and_shortens_long_cells(
    assessment: pg.Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = gpd.GeoDataFrame(
        {"why_vi": ["xa", "chỉ tiếng Việt", ""], "why_en": ["far", "", "English only"], "ids": ["P-1, " * 2000, "P-1", ""]},
        geometry=[square(0, 0, 20)] * 3,
        crs=CRS,
    )
    columns = (SheetColumn("why_vi", "Lý do", "vi"), SheetColumn("why_en", "en", "Reason"), SheetColumn("ids", "Mã", "Ids"))
    sheet = Sheet("parks", Label("Công viên", "Parks"), columns, shapes, Label("Không có.", "None."))
    monkeypatch.setattr("plangeo.studies.studies", lambda: {"parks": Study("parks", Label("", ""), lambda _: [sheet])})
    (panel,) = page_data(pg.add_studies(assessment), "vi", None)["panels"]["study_layers"]
    assert panel["headings"] == [["Lý do", "Reason"], ["Mã", "Ids"]]
    words, ids = zip(*(row["values"] for row in panel["rows"]), strict=True)
    assert words == (["xa", "far"], ["chỉ tiếng Việt", "chỉ tiếng Việt"], "English only")
    assert len(ids[0]) <= 302
    assert ids[0].endswith("…")
    assert ids[1] == "P-1"


def test_a_question_that_cannot_be_asked_is_told(assessment: pg.Assessment, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> list[Sheet]:
        raise InputError("list.xlsx cannot be read")

    known = {
        "list": Study("list", Label("", ""), lambda _: [], files=("priority_list",)),
        "relics": Study("relics", Label("", ""), lambda _: [], layers=("relics",)),
        "fails": Study("fails", Label("", ""), fails),
    }
    monkeypatch.setattr("plangeo.studies.studies", lambda: known)
    done = pg.add_studies(assessment)
    told = {s.check: s.why.en for s in done.studies_not_run}
    assert told["list"] == "not given: --with priority_list=FILE"
    assert told["relics"] == "not given: --layer relics=FILE"
    assert told["fails"].endswith("list.xlsx cannot be read")
    assert failed_lines(done, "vi") == ["fails: không thực hiện được: list.xlsx cannot be read"]  # the others were only not asked
    with pytest.raises(LayerError, match="no study asks for the file prioritylist"):
        pg.add_studies(assessment, files={"prioritylist": pg.StudyFile(Path("a"))})
    with pytest.raises(LayerError, match="no study is called parks"):
        pg.add_studies(assessment, only=["parks"])
    with pytest.raises(LayerError, match="no sheet 'parks'"):
        pg.sheet_of(done, "parks")


def test_a_fault_of_ours_costs_its_own_table_only(
    assessment: pg.Assessment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(_: object) -> list[Sheet]:
        raise KeyError("zone_code")

    frame = pd.DataFrame({"what": ["hồ"], "ha": [0.04]})
    known = {
        "fails": Study("fails", Label("", ""), fails),
        "parks": Study("parks", Label("", ""), lambda _: [_parks(frame)]),
    }
    monkeypatch.setattr("plangeo.studies.studies", lambda: known)
    with pytest.warns(PlangeoWarning, match="the study fails failed, and it is our fault") as warned:
        done = pg.add_studies(assessment)
    assert [w.message.code for w in warned] == ["study_failed"]
    assert [sheet.code for sheet in done.sheets] == ["parks"]
    assert [(s.check, type(s.fault)) for s in done.studies_not_run] == [("fails", KeyError)]
    assert done.sites is assessment.sites
    write_report(done, tmp_path / "report.xlsx")
    bare = without_sheets(done, ValueError("a cell"))
    assert bare.sheets == ()
    assert [s.check for s in bare.studies_not_run] == ["fails", "parks"]


@pytest.mark.parametrize("count", [0, 1])
def test_studies_of_hardly_any_site(count: int) -> None:
    plan = zones(("Z1", "ODT", square(0, 0, 100), "P1"))
    register = sites(site("S1", square(10, 10, 20), declared_area_m2=400.0)).iloc[:count]
    done = pg.add_studies(pg.assess(register, rulebook(), on="2025-07-01", zones=plan))
    assert len(done.sites) == count
    assert [s.fault for s in done.studies_not_run] == [None] * len(done.studies_not_run)
