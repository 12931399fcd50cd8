"""Wrong arguments of the public verbs: each is refused with what to give instead, or taken as what it plainly means."""

from __future__ import annotations

import datetime as dt
import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import plangeo as pg
from plangeo.errors import InputError, LayerError, PlangeoError, RulebookError, TableError
from plangeo.model import Assessment
from plangeo.report import write_outputs
from plangeo.worksheets.inputsheets import notes_of
from tests.makers import PLANS, rule, rulebook, site, sites, square, zones

BOOK = rulebook(rules=[rule("housing", "ODT", "permitted")])
SITES = sites(site("A", square(0, 0, 100)), site("B", square(200, 0, 100)))
ZONES = zones(("Z", "ODT", square(-50, -50, 900), "P1"))


def judge(sites: Any = SITES, rulebook: Any = BOOK, **given: Any) -> Assessment:
    return pg.assess(sites, rulebook, **({"on": "2025-07-01", "zones": ZONES} | given))


def with_column(name: str, values: Any) -> gpd.GeoDataFrame:
    return SITES.assign(**{name: values})


def levels(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    out = frame.copy()
    out.columns = pd.MultiIndex.from_product([["a"], out.columns])
    return out


def doubled(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat([pd.DataFrame(frame), pd.DataFrame({name: ["x"] * len(frame)})], axis=1), crs=frame.crs)


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"checks": []}, LayerError, "checks is empty: without a check there is no answer"),
        ({"checks": ()}, LayerError, "checks is empty"),
        ({"checks": "all"}, LayerError, "There is no check 'all'; plangeo knows coverage"),
        ({"checks": 3}, LayerError, "There is no check 3"),
        ({"checks": [["coverage"]]}, LayerError, "There is no check"),
        ({"on": pd.NaT}, RulebookError, "on=NaT is not a date"),
        ({"on": None}, RulebookError, "There is no default"),
        ({"on": 2025}, RulebookError, "on=2025 is not a date"),
        ({"on": "1/7/2025"}, RulebookError, "write it as year-month-day"),
        ({"on": float("nan")}, RulebookError, "is not a date"),
        ({"sites": "projects.xlsx"}, TableError, "sites is the text 'projects.xlsx', not a GeoDataFrame.*plangeo.read_sites"),
        ({"sites": None}, TableError, "sites is None"),
        ({"sites": pd.DataFrame(SITES)}, TableError, "sites is a DataFrame.*read_sites"),
        ({"sites": SITES.geometry}, TableError, "sites is a GeoSeries"),
        ({"sites": gpd.GeoDataFrame({"site_id": ["A"]})}, TableError, "'geometry' is missing"),
        ({"sites": SITES.rename_geometry("place")}, TableError, "'geometry' is missing"),
        ({"sites": SITES.assign(g2=SITES.geometry).set_geometry("g2")}, TableError, "not the active geometry"),
        ({"sites": levels(SITES)}, TableError, "MultiIndex"),
        ({"sites": doubled(SITES, "use")}, TableError, "several columns of the name 'use'"),
        ({"sites": doubled(doubled(SITES, "note"), "note")}, TableError, "several columns of the name 'note'"),
        ({"sites": with_column("site_id", [1, "1"])}, TableError, "'site_id' is not unique: '1'"),
        ({"sites": with_column("site_id", [1.0, 1])}, TableError, "'site_id' is not unique"),
        ({"sites": with_column("site_id", ["A", None])}, TableError, "'site_id' is empty in 1 row"),
        ({"sites": with_column("declared_area_m2", ["1 ha", "2 ha"])}, TableError, "must hold numbers in m²"),
        ({"sites": with_column("declared_area_m2", [1j, 2j])}, TableError, "must hold numbers in m²"),
        ({"rulebook": "data/rulebook.yaml"}, RulebookError, r"plangeo.load_rulebook\('data/rulebook.yaml'\)"),
        ({"rulebook": Path("rulebook.yaml")}, RulebookError, "plangeo.load_rulebook"),
        ({"rulebook": None}, RulebookError, "rulebook is None.*plangeo.load_rulebook"),
        ({"zones": pd.DataFrame(ZONES)}, LayerError, "plain DataFrame has no geometry.*plangeo.read_zones"),
        ({"zones": [ZONES]}, LayerError, "zones is a list"),
        ({"zones": None}, LayerError, "zones is None.*Leave zones= out"),
        ({"districts": 5}, LayerError, "districts is a int.*read_districts"),
        ({"zones": levels(ZONES)}, TableError, "the layer 'zones' has columns of 2 levels"),
        ({"zones": doubled(ZONES, "zone_code")}, TableError, "several columns of the name 'zone_code'"),
        ({"zones": "nowhere.gpkg"}, InputError, "no such file"),
        ({"noise": ZONES}, LayerError, "wants a layer called 'noise'"),
        ({"backend": "threads"}, InputError, "backend is the text 'threads'"),
        ({"crs": "metres"}, InputError, "does not name a coordinate reference system"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_assess_refuses_in_words(given: dict[str, Any], error: type[PlangeoError], told: str) -> None:
    with pytest.raises(error, match=told):
        judge(**given)


@pytest.mark.parametrize(
    "on",
    [
        "2025-07-01",
        dt.date(2025, 7, 1),
        dt.datetime(2025, 7, 1, 23, 59),
        pd.Timestamp("2025-07-01 10:00"),
        pd.Timestamp("2025-07-01", tz="Asia/Ho_Chi_Minh"),
    ],
)
def test_a_day_may_come_as_date_datetime_timestamp_or_text(on: Any) -> None:
    assert judge(on=on).on == dt.date(2025, 7, 1)
    assert type(judge(on=on).on) is dt.date


def test_identifiers_that_are_not_text_become_text_as_in_the_readers() -> None:
    for given, kept in (([7, 8], ["7", "8"]), ([7.0, "B "], ["7", "B"]), (np.array([1, 2], dtype="int64"), ["1", "2"])):
        result = judge(with_column("site_id", given))
        assert list(result.sites["site_id"]) == kept
        assert set(result.findings["site_id"]) == set(kept)
        assert list(result.sites["verdict"]) == ["permitted", "permitted"]
        assert kept[0] in pg.explain(result, kept[0])
    assert list(SITES["site_id"]) == ["A", "B"], "the caller's table stays as it was"


def test_codes_of_layers_that_are_not_text_become_text() -> None:
    book = rulebook(classes=[{"code": "10"}], rules=[rule("housing", "10", "permitted")], plans=[{**PLANS[0], "plan_id": "1"}])
    numbers = ZONES.assign(zone_id=[1], zone_code=[10], plan_id=[1])
    assert list(judge(rulebook=book, zones=numbers).sites["verdict"]) == ["permitted", "permitted"]


def test_one_check_may_be_named_by_its_code_alone_and_permits_nothing() -> None:
    one = judge(checks="zone_use")
    assert set(one.findings["check"]) == {"zone_use"}
    assert list(one.sites["verdict"]) == ["unknown", "unknown"]
    pd.testing.assert_frame_equal(pd.DataFrame(one.findings), pd.DataFrame(judge(checks=["zone_use"]).findings))


def test_no_backend_is_the_default_backend() -> None:
    pd.testing.assert_frame_equal(pd.DataFrame(judge(backend=None).findings), pd.DataFrame(judge().findings))


def test_a_missing_declared_area_is_no_fault_and_an_infinite_one_is_a_problem_of_the_row() -> None:
    areas = pd.array([pd.NA, 10_000], dtype="Int64")
    result = judge(with_column("declared_area_m2", areas))
    assert list(result.sites["verdict"]) == ["permitted", "permitted"]
    assert list(result.sites["declared_area_m2"].isna()) == [True, False]
    for endless in (math.inf, -math.inf):
        result = judge(with_column("declared_area_m2", [endless, 10_000.0]))
        assert list(result.sites["verdict"]) == ["unknown", "permitted"]
        assert "bad_area" in result.sites["problem"][0]


def test_missing_texts_are_empty_texts() -> None:
    result = judge(SITES.assign(problem=None, repaired=np.nan, declared_district=pd.NA))
    assert list(result.sites["verdict"]) == ["permitted", "permitted"]


# --- columns of the register under names of ours


def test_own_columns_named_like_the_answer_are_kept_beside_it(tmp_path: Path) -> None:
    own = {
        "verdict": ["đạt", "không đạt"],
        "reasons": ["r1", "r2"],
        "Verdict": ["V", "W"],
        "why": ["vì", "bởi"],
        "verdict_raw": ["x", "y"],
    }
    result = judge(SITES.assign(**own))
    assert list(result.sites["verdict"]) == ["permitted", "permitted"]
    for name, kept in {
        "verdict": "verdict_raw_raw",
        "reasons": "reasons_raw",
        "Verdict": "Verdict_raw_raw_raw",
        "why": "why_raw",
        "verdict_raw": "verdict_raw",
    }.items():
        assert list(result.sites[kept]) == own[name]
    (note,) = notes_of(result)
    assert note.startswith(
        "sites: columns of the register that bear a name of plangeo's results, or a number for a name, were kept: 'verdict' as"
    )
    table = pd.read_csv(write_outputs(result, tmp_path / "out") / "verdicts.csv")
    assert list(table["reasons_raw"]) == own["reasons"]


@pytest.mark.parametrize("suffix", ["xlsx", "gpkg", "csv", "parquet", "json"])
def test_a_column_whose_name_is_a_number_does_not_stop_a_report(suffix: str, tmp_path: Path) -> None:
    result = judge(SITES.assign(own=["p", "q"]).rename(columns={"own": 0}))
    assert list(result.sites["0_raw"]) == ["p", "q"]
    assert pg.write_report(result, tmp_path / f"a.{suffix}").stat().st_size > 0


def test_a_register_read_from_a_file_keeps_its_own_verdict(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("Mã dự án;Kinh độ;Vĩ độ;verdict;reasons\nP1;106,76;21,85;đạt;cũ\n", encoding="utf-8")
    result = judge(pg.read_sites(tmp_path / "r.csv"), checks="geometry")
    assert (result.sites["verdict"][0], result.sites["verdict_raw"][0], result.sites["reasons_raw"][0]) == (
        "unknown",
        "đạt",
        "cũ",
    )
    assert any("'verdict' as 'verdict_raw'" in note for note in notes_of(result))


def test_a_condition_still_reads_the_register_column_by_its_own_name() -> None:
    asked = [{"field": "verdict", "op": "==", "value": "đạt"}]
    book = rulebook(rules=[rule("housing", "ODT", "permitted", conditions=asked)])
    result = judge(SITES.assign(verdict=["đạt", "không đạt"]), book)
    assert list(result.sites["verdict"]) == ["permitted", "not_permitted"]


# --- what comes after


@pytest.mark.parametrize("wrong", [None, "sites", SITES, 5], ids=["None", "text", "frame", "number"])
@pytest.mark.parametrize(
    "call",
    [lambda wrong: pg.explain(wrong, "A"), pg.make_map, lambda wrong: pg.write_report(wrong, "a.xlsx")],
    ids=["explain", "make_map", "write_report"],
)
def test_what_is_no_assessment_cannot_be_told(call: Callable[[Any], Any], wrong: Any) -> None:
    with pytest.raises(InputError, match=r"not an Assessment.*plangeo\.assess"):
        call(wrong)


@pytest.mark.parametrize(
    "call",
    [
        lambda result: pg.explain(result, "A", "fr"),
        lambda result: pg.explain(result, "A", None),
        lambda result: pg.explain(result, "A", ["vi"]),
        lambda result: pg.explain(result, None),
        lambda result: pg.explain(result, 5),
        lambda result: pg.make_map(result, language="fr"),
        lambda result: pg.make_map(result, title=5),
        lambda result: pg.write_report(result, None),
        lambda result: pg.write_report(result, 5),
        lambda result: pg.write_report(result, ""),
        lambda result: pg.write_report(result, "a.odt"),
        lambda result: pg.write_report(result, "a\0.xlsx"),
        lambda result: pg.write_report(result, "/nowhere/a.xlsx"),
    ],
)
def test_wrong_arguments_of_the_outputs_are_input_errors(call: Callable[[Assessment], Any]) -> None:
    with pytest.raises(InputError):
        call(judge())


def test_a_report_is_not_written_over_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError):
        pg.write_report(judge(), tmp_path / "a.csv")


READERS = [pg.read_sites, pg.read_zones, pg.read_districts, pg.read_register]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "path", [None, 5, ["a.csv"], b"a.csv", SITES, "", "https://example.org/a.gpkg", "a\0.csv", Path("/nowhere")]
)
def test_readers_refuse_what_is_no_path(read: Callable[..., Any], path: Any) -> None:
    with pytest.raises(InputError):
        read(path)


WRONG_OPTIONS: list[dict[str, Any]] = [
    {"profile": None},
    {"profile": 5},
    {"profile": "atlantis"},
    {"columns": "Mã dự án"},
    {"columns": ["Mã dự án"]},
    {"columns": {"Mã dự án": None}},
    {"columns": {1: "site_id"}},
    {"columns": {"no such": "site_id"}},
    {"crs": "metres"},
    {"crs": 5.5},
    {"layer": 0},
    {"sheet": 0},
    {"plan_id": 1},
]


@pytest.mark.parametrize(
    ("read", "given"),
    [(read, given) for read in READERS for given in WRONG_OPTIONS if given.keys() <= inspect.signature(read).parameters.keys()],
    ids=lambda value: str(value) if isinstance(value, dict) else value.__name__,
)
def test_readers_refuse_wrong_options(read: Callable[..., Any], given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "Mã dự án;WKT;zone_code;district_name\nP1;POINT (450000 2417000);ODT;Xã A\n", encoding="utf-8"
    )
    with pytest.raises(PlangeoError):
        read(tmp_path / "r.csv", **given)


@pytest.mark.parametrize("path", [None, 5, BOOK, "", ".", "nowhere.yaml", "a\0.yaml", ["rulebook.yaml"]])
def test_load_rulebook_refuses_what_is_no_rulebook_file(path: Any) -> None:
    with pytest.raises(RulebookError):
        pg.load_rulebook(path)


@pytest.mark.parametrize("day", [pd.NaT, None, "2025-07-01", 5])
def test_a_rulebook_is_closed_over_days_only(day: Any) -> None:
    with pytest.raises(RulebookError):
        BOOK.at(day)


@pytest.mark.parametrize("source", [None, 5, [ZONES], pd.DataFrame(ZONES)])
def test_open_layer_refuses_what_is_no_layer(source: Any) -> None:
    with pytest.raises(LayerError, match="read_zones"):
        pg.open_layer("zones", source)
