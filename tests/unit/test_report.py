"""What lands on an officer's desk: all rows, numbers as numbers, text as text, equal runs equal bytes."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import openpyxl
import pyogrio
import pytest

from plangeo import report
from plangeo.errors import InputError
from plangeo.layerstyles import style_file
from plangeo.manifest import changed_files, hash_files, read_manifest, verdict_digest
from plangeo.model import ILLUSTRATIVE, Assessment, Verdict
from plangeo.report import OUTPUTS, read_explanations, replace_file, write_outputs, write_report

EVIL = '=HYPERLINK("http://x";"y") {0.__class__} {{7*7}} <img src=x onerror=alert(1)>'
SHEETS = ["Tổng hợp", "Dự án", "Phát hiện", "Chứng cứ", "Sửa chữa", "Đọc dữ liệu", "Thông tin"]


@pytest.fixture(scope="module")
def folder(result: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_outputs(
        result, tmp_path_factory.mktemp("out") / "kết quả", extra={"map.html": "<p>bản đồ</p></html>"}, run={"a": 1}
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_manifest_names_every_file_and_its_bytes(folder: Path, result: Assessment) -> None:
    manifest = read_manifest(folder)
    written = {*OUTPUTS, "map.html", *(style_file(layer) for layer in ("sites", "findings", "evidence_zones"))}
    assert set(manifest["files"]) == written
    assert {p.name for p in folder.iterdir()} == {*written, "manifest.json"}
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"]
    assert manifest["counts"]["sites"] == sum(manifest["counts"]["verdicts"].values()) == 4
    assert manifest["verdict_digest"] == verdict_digest(result.sites)
    assert manifest["illustrative"] is True
    assert set(manifest["checks"]["not_run"]) == {"district"}
    assert manifest["inputs"][0]["sha256"] == "1" * 64
    assert {"GDAL (fiona)", "GDAL (rasterio)", "GDAL (pyogrio)", "GEOS (shapely)", "PROJ (pyproj)"} <= set(manifest["versions"])
    assert manifest["run"] == {"a": 1}


def test_equal_runs_write_equal_bytes(folder: Path, result: Assessment, tmp_path: Path) -> None:
    again = write_outputs(result, tmp_path / "again", extra={"map.html": "<p>bản đồ</p></html>"}, run={"a": 1})
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_csv_keeps_every_row_and_no_cell_is_a_formula(folder: Path) -> None:
    rows = rows_of(folder / "verdicts.csv")
    assert (folder / "verdicts.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert [row["site_id"] for row in rows] == ["P-1", "P-2", "P-3", "P-4"]
    assert [row["verdict"] for row in rows][1] == "not_permitted"
    assert rows[1]["name"] == f"'{EVIL}"
    assert [row["STT"] for row in rows] == ["007", "1E5", "-5", "'+84 12"]
    assert [row["Tổng vốn (tỷ)"] for row in rows] == ["1500.5", "", "khoảng 20", "'=1+1"]
    assert not any(cell[:1] in "=@\t\r" for row in rows for cell in row.values() if cell)


def test_the_workbook_shows_what_a_person_needs(folder: Path, result: Assessment) -> None:
    book = openpyxl.load_workbook(folder / "report.xlsx")
    assert book.sheetnames == SHEETS
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == (8 if sheet.title in ("Dự án", "Phát hiện") else 9)
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
            links = [cell.hyperlink for cell in row if cell.hyperlink is not None]
            assert all(link.target is None and link.location.startswith("'") for link in links)  # within the workbook only
    projects = book["Dự án"]
    head = [cell.value for cell in projects[1]]
    assert projects.max_row == 5
    assert projects.freeze_panes == "D2"
    assert projects.auto_filter.ref.startswith("A1:")
    assert projects.print_title_rows == "$1:$1"
    second = dict(zip(head, [cell.value for cell in projects[3]], strict=True))
    assert second["Tên dự án"] == EVIL
    assert second["Kết luận"] == "Chưa phù hợp"
    assert "Điều 2" in second["Lý do"]
    first = dict(zip(head, [cell.value for cell in projects[2]], strict=True))
    assert first["Tổng vốn (tỷ)"] == 1500.5
    assert first["STT"] == "007"
    fills = {projects.cell(row, head.index("Kết luận") + 1).fill.start_color.rgb for row in range(2, 6)}
    assert len(fills) == len(set(result.sites["verdict"]))


def test_ids_lead_to_the_findings_and_back(folder: Path, result: Assessment) -> None:
    book = openpyxl.load_workbook(folder / "report.xlsx")
    for here, there in (("Dự án", "Phát hiện"), ("Phát hiện", "Dự án")):
        goals = [cell.value for cell in book[there]["A"]]
        for cell in book[here]["A"][1:]:
            assert cell.hyperlink.location == f"'{there}'!A{goals.index(cell.value) + 1}"


def test_more_links_than_excel_opens_stay_text(result: Assessment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plangeo.worksheets.tablesheet._LINKS", 2)
    write_report(result, tmp_path / "a.xlsx")
    cells = openpyxl.load_workbook(tmp_path / "a.xlsx")["Dự án"]["A"][1:]
    assert [cell.value for cell in cells] == result.sites["site_id"].tolist()
    assert [cell.hyperlink is not None for cell in cells] == [True, True, False, False]


def test_the_summary_sheet_counts_and_warns(folder: Path, result: Assessment) -> None:
    sheet = openpyxl.load_workbook(folder / "report.xlsx")["Tổng hợp"]
    cells = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    text = "\n".join(str(cell) for row in cells for cell in row)
    assert ILLUSTRATIVE.vi in text
    assert "01/07/2025" in text
    assert "two rows were totals" in text
    assert "12/QĐ-MH" in text
    counted = {row[0]: row[1] for row in cells if len(row) == 3 and isinstance(row[1], int)}
    for verdict in Verdict:
        assert counted[verdict.wording.vi] == int((result.sites["verdict"] == verdict.label).sum())
    hectares = next(row[2] for row in cells if row[:1] == ["Tổng cộng"])
    assert hectares == pytest.approx(18, rel=1e-3)


def test_the_geopackage_opens_styled_and_whole(folder: Path, result: Assessment) -> None:
    path = folder / "sites.gpkg"
    assert {"sites", "findings", "evidence_zones", "layer_styles"} <= {name for name, _ in pyogrio.list_layers(path)}
    sites = gpd.read_file(path, layer="sites")
    assert sites["site_id"].tolist() == result.sites["site_id"].tolist()
    assert sites.geometry.isna().tolist() == [False, False, False, True]
    assert len(gpd.read_file(path, layer="findings")) == len(result.findings)
    styles = pyogrio.read_dataframe(path, layer="layer_styles")
    assert {"sites", "findings", "evidence_zones"} <= set(styles["f_table_name"])
    for text in styles["styleQML"]:
        rules = ElementTree.fromstring(text).findall("renderer-v2//rule")
        symbols = ElementTree.fromstring(text).findall(".//symbol")
        assert len(rules) == len(symbols) > 0
    words = "".join(styles["styleQML"])
    assert all(verdict.label in words and verdict.wording.vi in words for verdict in Verdict)


def test_columns_that_differ_only_by_case_or_carry_a_reserved_name_survive(result: Assessment, tmp_path: Path) -> None:
    sites = result.sites.copy()
    sites["Ghi chú"], sites["GHI CHÚ"], sites["fid"], sites["geom"] = "a", "b", "c", "d"
    write_report(dataclasses.replace(result, sites=sites), tmp_path / "a.gpkg")
    read = gpd.read_file(tmp_path / "a.gpkg", layer="sites")
    assert {"a", "b", "c", "d"} <= set(read.drop(columns="geometry").iloc[0])


def test_a_text_longer_than_a_cell_is_cut_and_says_so(result: Assessment, tmp_path: Path) -> None:
    sites = result.sites.copy()
    sites["Ghi chú"] = "x" * 40_000
    write_report(dataclasses.replace(result, sites=sites), tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Dự án"]
    column = [cell.value for cell in sheet[1]].index("Ghi chú")
    assert str(sheet.cell(2, column + 1).value).endswith("(cắt bớt)")


@pytest.mark.parametrize("suffix", [".xlsx", ".gpkg", ".csv", ".parquet", ".json"])
def test_one_file_by_suffix(result: Assessment, tmp_path: Path, suffix: str) -> None:
    path = write_report(result, tmp_path / f"a{suffix}")
    assert path.stat().st_size > 0
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    if suffix == ".json":
        assert len(json.loads(path.read_text("utf-8"))["sites"]) == 4
    if suffix == ".parquet":
        assert gpd.read_parquet(path)["verdict"].tolist() == result.sites["verdict"].tolist()
    if suffix == ".xlsx":
        assert zipfile.is_zipfile(path)


def test_an_unknown_suffix_or_folder_is_refused(result: Assessment, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.xlsx"):
        write_report(result, tmp_path / "a.odt")
    with pytest.raises(InputError, match="does not exist"):
        write_report(result, tmp_path / "none" / "a.csv")


def test_a_folder_of_somebody_else_is_left_alone(result: Assessment, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    (tmp_path / "manifest.json").write_text('{"name": "a web site"}')
    with pytest.raises(InputError, match="not empty"):
        write_outputs(result, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["manifest.json", "thesis.docx"]


def test_a_second_run_replaces_its_own_files_only(result: Assessment, tmp_path: Path) -> None:
    out = write_outputs(result, tmp_path / "out", extra={"map.html": "x</html>"})
    (out / "notes.txt").write_text("mine")
    write_outputs(result, out)
    assert (out / "notes.txt").exists()
    assert not (out / "map.html").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_manifest_cannot_make_plangeo_delete_elsewhere(result: Assessment, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    out = write_outputs(result, tmp_path / "out")
    manifest = read_manifest(out)
    manifest["files"]["../precious.txt"] = {"sha256": "0"}
    (out / "manifest.json").write_text(json.dumps(manifest))
    write_outputs(result, out)
    assert (tmp_path / "precious.txt").exists()


def test_a_failure_leaves_the_earlier_result_whole(result: Assessment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = write_outputs(result, tmp_path / "out")
    before = {p.name: p.read_bytes() for p in out.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "write_workbook", full)
    with pytest.raises(InputError, match="disk is full") as told:
        write_outputs(result, out)
    assert told.value.code == "disk_full"
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_writer_that_loses_rows_is_caught(result: Assessment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_write_csv", lambda frame, path: path.write_text("site_id\n"))
    with pytest.raises(InputError, match="disk full") as met:
        write_outputs(result, tmp_path / "out")
    assert met.value.code == "output_incomplete"
    assert not (tmp_path / "out").exists()


def test_explanations_are_read_back_and_tampering_is_seen(result: Assessment, tmp_path: Path) -> None:
    out = write_outputs(result, tmp_path / "out")
    assert read_explanations(out)["P-1"]["vi"].startswith("P-1 · KCN Đồng Bành")
    (out / "explanations.json").write_text("{}")
    with pytest.raises(InputError, match="changed after the run"):
        read_explanations(out)
    with pytest.raises(InputError, match="not a finished plangeo output"):
        read_explanations(tmp_path)


def test_changed_inputs_are_named(tmp_path: Path) -> None:
    for name in ("a.shp", "a.dbf", "b.csv"):
        (tmp_path / name).write_text(name)
    hashes = hash_files([str(tmp_path / "a.shp"), str(tmp_path / "b.csv"), str(tmp_path / "none")])
    assert len(hashes) == 3
    assert changed_files(hashes) == []
    (tmp_path / "a.dbf").write_text("other")
    (tmp_path / "b.csv").unlink()
    told = changed_files(hashes)
    assert "a.dbf: changed" in told[0]
    assert "b.csv: gone" in told[1]


def test_a_map_drawn_again_is_recorded(result: Assessment, tmp_path: Path) -> None:
    out = write_outputs(result, tmp_path / "out", extra={"map.html": "x</html>"})
    replace_file(out, "map.html", "y</html>")
    assert (out / "map.html").read_text() == "y</html>"
    assert read_manifest(out)["files"]["map.html"]["sha256"] == hashlib.sha256(b"y</html>").hexdigest()


def test_an_empty_register_gives_an_empty_report(result: Assessment, tmp_path: Path) -> None:
    nothing = dataclasses.replace(
        result,
        sites=result.sites.iloc[:0],
        findings=result.findings.iloc[:0],
        evidence={role: frame.iloc[:0] for role, frame in result.evidence.items()},
        ledger=result.ledger.iloc[:0],
    )
    out = write_outputs(nothing, tmp_path / "out")
    assert read_manifest(out)["counts"]["sites"] == 0


def test_own_numbers_are_numbers_and_rows_fit_their_text(result: Assessment, tmp_path: Path) -> None:
    sites = result.sites.copy()
    sites["Vốn (tỷ)"] = ["12", "1,5", "khoảng 500", "7"]
    sites["Mã số"] = ["101", "102", "103", "104"]
    sites["Ghi chú"] = ["một\nhai\nba\nbốn", "", "", ""]
    write_report(dataclasses.replace(result, sites=sites), tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Dự án"]
    column = {cell.value: [c.value for c in sheet[cell.column_letter][1:]] for cell in sheet[1]}
    assert column["Vốn (tỷ)"] == [12, 1.5, "khoảng 500", 7]
    assert column["Mã số"] == ["101", "102", "103", "104"]
    assert sheet.row_dimensions[2].height >= 60
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 8
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.freeze_panes == "D2"
