"""Every code is explained in both languages, and every fault that is explained can be met: one way to each."""

from __future__ import annotations

import ast
import functools
import json
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from branca.element import Element
from ruamel.yaml import YAML

import plangeo as pg
from plangeo import errors
from plangeo.briefingnotes import notes_sheet
from plangeo.canonical import canonical_sites
from plangeo.catalogue.entries import FAMILIES, catalogue, describe, find_entries, page
from plangeo.catalogue.phrases import advice, entries_of
from plangeo.checks import CHECKS
from plangeo.cli import run
from plangeo.crsdoctor.crsconsultation import consult, write_copy
from plangeo.engine.pieces import cut
from plangeo.geometry import as_crs, to_crs, working_crs
from plangeo.grids.rasters import read_raster
from plangeo.grids.sloperasters import slope_of
from plangeo.landcodes import describe_code
from plangeo.law.planregister import plans_from_table
from plangeo.limits import limits_from
from plangeo.manifest import read_manifest
from plangeo.overrides.decisionfile import read_decisions
from plangeo.planlayers.planzones import refuse_huge
from plangeo.profiles import load_profile
from plangeo.project_file import load_project, parse_project
from plangeo.quota.quotatable import read_quota
from plangeo.reading import Topic
from plangeo.reconciling.confirmation import read_confirmations
from plangeo.report import write_outputs
from plangeo.rerun import repeat_run
from plangeo.resources.amounts import parse_bytes
from plangeo.resources.budget import Limits, require_fit
from plangeo.resources.estimate import RunSize
from plangeo.resources.spending import Spending
from plangeo.rulebook import load_rulebook, rulebook_from_text
from plangeo.rundiff.recordedrun import read_run
from plangeo.sheetfile import write_tables
from plangeo.storage.keptzones import arrive
from plangeo.study import StudyFile
from plangeo.terrain import measure_classes
from tests.drawings import dxf, dxf_line, dxf_text
from tests.makers import plan, rulebook, rulebook_text, site, sites, square, zones

ROOT = Path(__file__).parents[2]
Provoke = Callable[[Path], object]


def _text(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _zip(path: Path, **entries: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return path


def _geojson(path: Path, *points: tuple[float, float]) -> Path:
    features = [{"type": "Feature", "properties": {"name": "A"}, "geometry": {"type": "Point", "coordinates": p}} for p in points]
    return _text(path, json.dumps({"type": "FeatureCollection", "features": features}))


def _tiff(path: Path, bands: int = 1, kind: str = "float32") -> Path:
    place = {"transform": rasterio.Affine(10, 0, 450_000, 0, -10, 2_420_000), "crs": "EPSG:9215"}
    with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=bands, dtype=kind, **place) as file:
        file.write(np.ones((bands, 4, 4), kind))
    return path


def _far_cell(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.cell(1_048_576, 16_384, "x")
    book.save(path)
    return path


def _shapefile(path: Path) -> Path:
    frame = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=[shapely.Point(1, 1), shapely.Point(2, 2)], crs=9215)
    frame.to_file(path)
    return path


def _cut_short(path: Path) -> Path:
    table = _shapefile(path).with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-15])
    return path


def _without(path: Path, suffix: str) -> Path:
    _shapefile(path).with_suffix(suffix).unlink()
    return path


def _other_table(folder: Path) -> Path:
    """The shapes of one file with the table of another."""
    path, longer = _shapefile(folder / "a.shp"), folder / "b.shp"
    gpd.GeoDataFrame({"name": list("ABC")}, geometry=[shapely.Point(n, n) for n in range(3)], crs=9215).to_file(longer)
    path.with_suffix(".dbf").write_bytes(longer.with_suffix(".dbf").read_bytes())
    return path


def _gpkg(path: Path) -> Path:
    gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(450_000, 2_420_000)], crs=9215).to_file(path)
    return path


def _round(corners: int) -> shapely.Polygon:
    angles = np.linspace(0, 2 * np.pi, corners)
    return shapely.Polygon(np.column_stack([np.cos(angles), np.sin(angles)]))


def _assess(**more: object) -> pg.Assessment:
    book = more.pop("rulebook", None) or rulebook()
    given = {"on": "2025-07-01", "zones": zones(("Z", "ODT", square(0, 0, 10), "P1")), **more}
    return pg.assess(sites(site("A", square(1, 1, 2))), book, **given)


def _changed_raster(folder: Path) -> None:
    raster = read_raster(_tiff(folder / "a.tif"), kind="continuous", unit="metre")
    with raster.path.open("ab") as file:
        file.write(b"more")
    with raster.open():
        pass


def _apart(map_: Element) -> Element:
    map_._parent = None
    return map_


def _two_sheets(path: Path) -> Path:
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Mã": [1, 2], "Tên dự án": ["A", "B"], "X": [2420000, 2420001], "Y": [450000, 450001]}).to_excel(
            book, sheet_name="a", index=False
        )
        pd.DataFrame({"Mã": [1, 2], "Tên dự án": ["A", "B"], "Vốn": [1, 2]}).to_excel(book, sheet_name="b", index=False)
    return path


def _outputs(folder: Path, recorded: dict[str, object] | None) -> Path:
    return write_outputs(_assess(), folder / "out", run=recorded)


def _edited(folder: Path) -> Path:
    with (folder / "verdicts.csv").open("a") as file:
        file.write("more\n")
    return folder


def _other_digest(folder: Path) -> Path:
    """A run by the command line whose manifest names other verdicts than its inputs give."""
    _assess().sites[["site_id", "name", "use", "geometry"]].to_file(folder / "a.gpkg")
    zones(("Z", "ODT", square(0, 0, 10), "P1"))[["zone_id", "zone_code", "plan_id", "geometry"]].to_file(folder / "z.gpkg")
    _text(folder / "rules.yaml", rulebook_text())
    given = [f"--rulebook={folder}/rules.yaml", "--on=2025-07-01", f"--layer=zones={folder}/z.gpkg", f"--out={folder}/out"]
    assert run(["assess", str(folder / "a.gpkg"), *given]) in (0, 1)
    manifest = folder / "out" / "manifest.json"
    manifest.write_text(re.sub(r'("verdict_digest": ")[0-9a-f]+', r"\g<1>0", manifest.read_text("utf-8")), "utf-8")
    return folder / "out"


def _silent(text: str) -> None:
    """Progress of a run, told to nobody."""


def _raise(fault: Exception) -> None:
    raise fault


def _names(count: int) -> pd.DataFrame:
    return pd.DataFrame({"site_id": [str(n) for n in range(count)], "name": "x"})


METRES = "site_id,name,x,y\n1,A,450000,2420000\n"
ZONES = "zone_id,wkt\n1,POINT(1 1)\n"
WAYS: dict[str, Provoke] = {
    "attribution_without_tiles": lambda t: pg.make_map(_assess(), attribution="x"),
    "budget_malformed": lambda t: parse_bytes("4", "--memory"),
    "budget_memory_exceeded": lambda t: require_fit(RunSize(10, 10), Limits(memory=1e6)),
    "budget_memory_spent": lambda t: Spending(Limits(memory=1e6), lambda: 0.0, lambda: 2e6).look("judging"),
    "budget_time_exceeded": lambda t: require_fit(RunSize(10, 10), Limits(seconds=1.0)),
    "budget_time_spent": lambda t: Spending(Limits(seconds=1.0), iter([0.0, 2.0]).__next__, lambda: None).look("judging"),
    "compare_no_layer": lambda t: pg.make_map(_assess(), compare="mood"),
    "tiles_unsafe": lambda t: pg.make_map(_assess(), tiles="http://a.example.org/{z}/{x}/{y}.png", attribution="x"),
    "tiles_without_attribution": lambda t: pg.make_map(_assess(), tiles="https://a.example.org/{z}/{x}/{y}.png"),
    "argument_wrong": lambda t: pg.make_map(None, language="fr"),
    "archive_contents": lambda t: pg.read_sites(_zip(t / "a.zip", readme_dot_doc="x")),
    "archive_damaged": lambda t: pg.read_sites(_text(t / "a.zip", b"PK\x03\x04 and no more")),
    "archive_too_large": lambda t: pg.read_sites(_zip(t / "a.zip", **{f"f{n}": "" for n in range(5_001)})),
    "archive_unsafe": lambda t: pg.read_sites(_zip(t / "a.zip", **{"..__a_dot_csv": METRES})),
    "check_unknown": lambda t: _assess(checks=["mood"]),
    "class_unknown": lambda t: describe_code("QQQ", load_profile("vn")),
    "column_ambiguous": lambda t: canonical_sites(pd.DataFrame({"Tên dự án": ["A"], "TEN DU AN": ["B"]}), load_profile("vn")),
    "column_missing": lambda t: pg.read_zones(_gpkg(t / "a.gpkg")),
    "columns_given_wrong": lambda t: pg.read_sites(_text(t / "a.csv", METRES), crs="EPSG:9215", columns={"nope": "name"}),
    "confirmations_malformed": lambda t: read_confirmations(_text(t / "a.csv", "left_id,decision\n1,same\n")),
    "crs_ballpark": lambda t: to_crs(sites(site("A", square(0, 0, 1))), "+proj=tmerc +lon_0=107.25 +ellps=bessel +units=m"),
    "crs_axes_swapped": lambda t: pg.read_sites(_geojson(t / "a.geojson", (21.8, 106.7))),
    "crs_misfit": lambda t: pg.read_sites(_geojson(t / "a.geojson", (450_000.0, 2_420_000.0))),
    "crs_missing": lambda t: pg.read_sites(_text(t / "a.csv", METRES)),
    "crs_not_metric": lambda t: working_crs([zones(("Z", "ODT", square(0, 0, 10), "P1"))], preferred="EPSG:4326"),
    "crs_statements_contradict": lambda t: canonical_sites(sites(), load_profile("vn"), crs="EPSG:3405"),
    "crs_unknown": lambda t: as_crs("the usual one"),
    "crs_unusable": lambda t: _raise(errors.CrsError("x")),
    "date_unreadable": lambda t: _assess(on="yesterday"),
    "decisions_malformed": lambda t: read_decisions(StudyFile(_text(t / "a.csv", "a,b\n1,2\n"))),
    "doctor_choice_wrong": lambda t: write_copy(consult(_text(t / "a.csv", METRES)), 999, t / "b.gpkg"),
    "drawing_unreadable": lambda t: pg.read_zones(
        dxf(t / "a.dxf", dxf_line("0", (450_000, 2_420_000), (450_009, 2_420_000)), dxf_text("1", 450_001, 2_420_001, "ODT")),
        crs="EPSG:9215",
    ),
    "fault": lambda t: _raise(errors.PlangeoError("x")),
    "file_address": lambda t: pg.read_sites("https://example.org/a.geojson"),
    "file_changed": _changed_raster,
    "file_damaged": lambda t: pg.read_sites(_text(t / "a.kml", "<?xml version='1.0'?><kml><Document>")),
    "file_empty": lambda t: pg.read_sites(_text(t / "a.csv", "")),
    "file_encrypted": lambda t: pg.read_sites(_text(t / "a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))),
    "file_missing": lambda t: pg.read_sites(t / "a.csv"),
    "file_not_its_type": lambda t: pg.read_sites(_text(t / "a.gpkg", b"%PDF-1.7 not a map")),
    "file_too_large": lambda t: pg.read_sites(_far_cell(t / "a.xlsx")),
    "file_truncated": lambda t: pg.read_sites(_cut_short(t / "a.shp")),
    "format_unknown": lambda t: pg.read_sites(_text(t / "a.doc", "x")),
    "format_variant": lambda t: pg.read_zones(_text(t / "a.dxf", b"AC1032" + bytes(600))),
    "header_row_wrong": lambda t: pg.read_sites(_text(t / "a.csv", METRES), crs="EPSG:9215", header_row="first"),
    "ids_repeated": lambda t: pg.reconcile(_names(2).assign(site_id="1"), _names(2)),
    "input_unreadable": lambda t: _raise(errors.InputError("x")),
    "limits_malformed": lambda t: limits_from("mood=1"),
    "layer_empty": lambda t: pg.read_sites(_geojson(t / "a.geojson")),
    "layer_kind_wrong": lambda t: cut([shapely.Point(1, 1)], 32),
    "layer_too_large": lambda t: refuse_huge(zones(("Z", "ODT", square(0, 0, 10), "P1")), 4),
    "layer_unknown": lambda t: _raise(errors.LayerError("x")),
    "layer_unwanted": lambda t: _assess(noise=zones(("Z", "ODT", square(0, 0, 10), "P1"))),
    "map_detached": lambda t: _apart(pg.make_map(_assess())).render(),
    "output_folder_foreign": read_manifest,
    "notes_malformed": lambda t: notes_sheet(StudyFile(_text(t / "a.csv", "a,b\n1,2\n")), []),
    "output_name_wrong": lambda t: write_tables([], t / "a.doc", chosen=""),
    "output_unwritable": lambda t: (t / "a.xlsx").mkdir() or pg.write_report(_assess(), t / "a.xlsx"),
    "part_not_chosen": lambda t: pg.read_sites(_zip(t / "a.zip", a_dot_csv=METRES, b_dot_csv=METRES)),
    "part_unknown": lambda t: pg.read_sites(_gpkg(t / "a.gpkg"), layer="roads"),
    "path_wrong": lambda t: pg.read_sites(42),
    "places_missing": lambda t: pg.read_zones(_text(t / "a.csv", "zone_id,zone_code\n1,ODT\n")),
    "plan_table_malformed": lambda t: plans_from_table(pd.DataFrame({"a": [1]}), level="commune", authority="UBND"),
    "prepared_zones_missing": lambda t: arrive(str(t), "P1", None),
    "profile_malformed": lambda t: load_profile(str(_text(t / "a.yaml", "mood: good\n"))),
    "profile_unknown": lambda t: load_profile("atlantis"),
    "project_file_malformed": lambda t: parse_project("[]"),
    "quota_table_unreadable": lambda t: read_quota(_text(t / "a.csv", "a,b\n1,2\n"), load_profile("vn"), ["LUA"]),
    "raster_band_not_chosen": lambda t: read_raster(_tiff(t / "a.tif", bands=3), kind="continuous"),
    "raster_question_wrong": lambda t: measure_classes(sites(), read_raster(_tiff(t / "a.tif"), kind="continuous")),
    "raster_unfit": lambda t: read_raster(_tiff(t / "a.tif", kind="int64"), kind="continuous"),
    "raster_unit_unclear": lambda t: slope_of(read_raster(_tiff(t / "a.tif"), kind="continuous", unit="percent")),
    "register_too_large": lambda t: pg.reconcile(_names(50_001), _names(1)),
    "result_sheet_unknown": lambda t: pg.sheet_of(_assess(), "mood"),
    "rulebook_malformed": lambda t: rulebook_from_text("rules: []"),
    "rulebook_undated": lambda t: rulebook().look_up("housing", "ODT"),
    "rulebook_unreadable": lambda t: load_rulebook(t),
    "run_damaged": lambda t: read_run(_edited(_outputs(t, None))),
    "run_inputs_changed": lambda t: repeat_run(_outputs(t, {"project": {}, "files": {"gone.csv": "0"}}), _silent),
    "run_not_repeatable": lambda t: repeat_run(_outputs(t, None), _silent),
    "run_verdicts_differ": lambda t: repeat_run(_other_digest(t), _silent),
    "sample_unknown": lambda t: pg.sample("mood.gpkg"),
    "sheets_differ": lambda t: pg.read_sites(_two_sheets(t / "a.xlsx"), sheet="*", crs="EPSG:9215"),
    "sidecar_foreign": lambda t: pg.read_sites(_other_table(t)),
    "sidecar_missing": lambda t: pg.read_sites(_without(t / "a.shp", ".dbf")),
    "site_unknown": lambda t: pg.explain(_assess(), "Z"),
    "study_file_unwanted": lambda t: pg.add_studies(_assess(), files={"mood": StudyFile(t / "a.csv")}),
    "study_unknown": lambda t: pg.add_studies(_assess(), only=["mood"]),
    "table_breaks_contract": lambda t: pg.assess(pd.DataFrame(), rulebook(), on="2025-07-01"),
    "text_not_utf8": lambda t: load_project(_text(t / "plangeo.yaml", b"on: \xe9")),
    "xml_unsafe": lambda t: pg.read_sites(_text(t / "a.kml", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><kml/>")),
    "zones_without_plan": lambda t: _assess(
        rulebook=rulebook(plans=[plan("P1"), plan("P2")]), zones=zones(("Z", "ODT", square(0, 0, 10), ""))
    ),
}
"""Fault → the shortest way to it."""

MET_ELSEWHERE = {
    "reader_crashed": "tests/unit/test_apart.py::test_a_reader_that_dies_is_a_fault_of_the_file",
    "reader_failed": "tests/unit/test_apart.py::test_what_does_not_come_over_whole_is_refused",
    "reader_memory": "tests/unit/test_apart.py::test_memory_beyond_the_limit_is_a_fault_of_the_file",
    "reader_timeout": "tests/unit/test_apart.py::test_a_file_that_hangs_its_reader_is_stopped",
    "reader_unavailable": "tests/unit/test_apart.py::test_a_reader_that_cannot_start_is_told_with_the_way_out",
    "disk_full": "tests/unit/test_report.py::test_a_failure_leaves_the_earlier_result_whole",
    "file_in_use": "tests/unit/test_publication.py::test_a_file_held_by_excel_leaves_the_old_result",
    "folder_in_use": "tests/unit/test_publication.py::test_a_second_run_in_one_folder_is_refused",
    "result_format_unknown": "tests/unit/test_conformance.py::test_a_format_nobody_published_is_refused",
    "result_incomplete": "tests/unit/test_publication.py::test_a_journal_by_somebody_else_deletes_nothing",
    "output_incomplete": "tests/unit/test_report.py::test_a_writer_that_loses_rows_is_caught",
    "package_missing": "tests/unit/test_catalogue.py::test_a_package_that_is_not_installed",
    "run_cannot_resume": "tests/unit/test_stream.py::test_a_run_does_not_go_on_with_other_inputs",
}
"""Fault → the test that meets it, where a whole run is needed."""


@pytest.mark.parametrize("code", sorted(WAYS))
def test_way_to_a_fault(code: str, tmp_path: Path) -> None:
    with pytest.raises(errors.PlangeoError) as met:
        WAYS[code](tmp_path)
    assert met.value.code == code, str(met.value)


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(errors.MissingDependency, match="pip install") as met:
        pg.backends.dask()
    assert met.value.code == "package_missing"


@functools.cache
def _raised() -> dict[str, list[str]]:
    """Code → where the package raises a fault with it."""
    found: dict[str, list[str]] = {}
    kinds = {k: v for k, v in vars(errors).items() if isinstance(v, type) and issubclass(v, errors.PlangeoError)}
    for path in sorted((ROOT / "plangeo").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds):
                continue
            said = [k.value for k in node.keywords if k.arg == "code"]
            codes = [said[0].value] if said and isinstance(said[0], ast.Constant) else [] if said else [kinds[node.func.id].code]
            for code in codes:
                found.setdefault(code, []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def test_every_fault_that_is_raised_is_explained_and_every_explained_one_is_raised() -> None:
    raised, explained = _raised(), set(entries_of("faults"))
    assert {code: where for code, where in raised.items() if code not in explained} == {}
    defaults = {k.code for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.PlangeoError)}
    assert explained - set(raised) - defaults == set()


def test_no_fault_of_the_package_is_told_without_saying_which() -> None:
    vague = {"fault", "input_unreadable", "crs_unusable", "layer_unknown"}
    assert {code: where for code, where in _raised().items() if code in vague} == {}


def test_there_is_a_way_to_every_fault() -> None:
    assert set(WAYS) | set(MET_ELSEWHERE) == set(entries_of("faults"))
    for code, where in MET_ELSEWHERE.items():
        path, _, name = where.partition("::")
        assert re.search(rf"def {name}\b[\s\S]*?\b{code}\b", (ROOT / path).read_text("utf-8")), (
            f"{where} does not speak of {code}"
        )


def test_notes_are_the_topics_of_readers_and_the_warnings_of_the_package() -> None:
    sources = "\n".join(p.read_text("utf-8") for p in (ROOT / "plangeo").rglob("*.py"))
    raised = [*re.findall(r"""PlangeoWarning\([^)]*?code="([a-z_]+)""", sources), "map_asks_outside"]
    assert set(entries_of("notes")) == {*raised, errors.PlangeoWarning.code, *(f"read.{topic}" for topic in get_args(Topic))}
    assert not re.search(r"warnings\.warn\([^(]*, PlangeoWarning", sources), "give the warning a code"
    shown = "\n".join(p.read_text("utf-8") for p in (ROOT / "tests").rglob("*.py") if p.name != Path(__file__).name)
    assert [code for code in raised if not re.search(rf"\b{code}\b", shown)] == []


DEFENCES = {"not_closed": "sums of covered cells are checked against the site; no input known breaks them"}


def test_every_problem_of_a_row_is_explained_and_shown_by_a_test() -> None:
    sources = "\n".join(p.read_text("utf-8") for p in (ROOT / "plangeo").rglob("*.py"))
    used = set(re.findall(r"""["']([a-z]+(?:_[a-z]+)+): """, sources)) - {"list_date", "bounds_lonlat", "area_ha"}
    explained = set(entries_of("problems"))
    assert used - explained == set()
    assert {code for code in explained if not re.search(rf"\b{code}\b", sources)} == set()
    shown = "\n".join(p.read_text("utf-8") for p in (ROOT / "tests").rglob("*.py") if p.name != Path(__file__).name)
    assert {code for code in explained if not re.search(rf"\b{code}\b", shown)} == set(DEFENCES)


def test_findings_are_those_of_the_checks_and_bring_the_verdicts_the_cases_show() -> None:
    known = {f"{check}.{reason}" for check, asked in CHECKS.items() for reason in asked.reasons}
    assert {code for code, entry in catalogue().items() if entry.family == "finding"} == known
    reasons = {code.partition(".")[2] for code in known}
    assert [code for code in entries_of("findings") if code not in known and code not in reasons] == []
    for path in sorted((ROOT / "tests/oracle/cases").glob("*.yaml")):
        if path.stem != "rulebook":
            for case in YAML(typ="safe").load(path.read_text("utf-8")):
                for reason, verdict in case["findings"].items():
                    assert verdict in catalogue()[f"{path.stem}.{reason}"].level.split("/"), (path.stem, reason, verdict)


def test_every_entry_speaks_both_languages_and_says_what_to_do() -> None:
    for entry in catalogue().values():
        for text in (entry.says, entry.means, entry.do):
            assert text.vi.strip().endswith((".", "?", "{detail}")), entry.code
            assert text.en.strip().endswith((".", "?", "{detail}")), entry.code
        for language in ("vi", "en"):
            assert describe(entry, language)[0].startswith(entry.code)


def test_codes_are_looked_up_by_name_and_by_reason() -> None:
    assert [e.code for e in find_entries("zone_use.no_rule")] == ["zone_use.no_rule"]
    assert {e.code.partition(".")[0] for e in find_entries("layer_missing")} == {"raster_class", "setback", "slope"}
    assert find_entries("mood") == []


def test_a_fault_on_the_command_line_ends_with_its_code_and_advice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["read", str(_text(tmp_path / "a.csv", ""))]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert said[0] == "Error: a.csv is empty (0 bytes). Export or copy it again."
    assert said[1] == advice("file_empty") == "[file_empty] Tệp rỗng (0 byte). Sao chép hoặc xuất lại."


def test_codes_prints_the_list_and_one_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["codes", "--lang", "vi"]) == 0
    listed = capsys.readouterr().out
    assert all(re.search(rf"^  {re.escape(code)} ", listed, re.M) for code in catalogue())
    assert all(title.vi in listed for title in FAMILIES.values())
    assert run(["codes", "file_empty", "duplicate_id"]) == 0
    assert "What to do: Copy or export it again." in capsys.readouterr().out


def test_the_page_of_codes_is_the_one_the_catalogue_makes() -> None:
    assert (ROOT / "plangeo/catalogue/CODES.md").read_text("utf-8") == page() + "\n", "run: make codes"
