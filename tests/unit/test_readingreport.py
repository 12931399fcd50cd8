"""The reading report on the command line, in the workbook and in the manifest."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import openpyxl
import pytest

import plangeo as pg
from plangeo.cli import run
from plangeo.errors import ProfileError
from plangeo.profiles import load_profile
from plangeo.project_file import parse_project
from plangeo.reading import Decision, decisions_of
from plangeo.readingreport import doubt_lines
from plangeo.sources import read_sites

sys.path.insert(0, str(Path(__file__).parents[1]))
from hardlists import BIEU_10, MERGED_BODY, write_layout

LAW = """
rulebook: {name: Thử}
plans: [{plan_id: P, title: Plan, level: district, decision: 1/QĐ, authority: UBND, valid_from: 2021-01-01, valid_to: null, scale: 10000}]
classes: [{code: ODT}]
uses: [{code: any, name: any}]
rules: [{use: "*", zone: ODT, verdict: permitted, basis: {document: D}}]
"""


def test_read_prints_the_report_and_the_first_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_layout(BIEU_10, tmp_path / "list.xlsx")
    assert run(["read", str(path), "--rows", "1"]) == 0
    said = capsys.readouterr().out
    for piece in (
        "4 project(s) read from 'Biểu 10'",
        "rows 4-6: the header",
        "Form 10/CH",
        "'Hạng mục': read as name",
        "row 9\n",
        "Totals",
    ):
        assert piece in said
    assert run(["read", str(path), "--map", "Hạng mục=use"]) == 0
    assert "'Hạng mục': read as use (as stated)" in capsys.readouterr().out
    assert run(["read", str(path), "--header-row", "3"]) == 2
    assert "that row is blank" in capsys.readouterr().err


def test_read_says_what_is_missing_for_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_layout(MERGED_BODY, tmp_path / "list.xlsx")
    assert run(["read", str(path)]) == 0
    said = capsys.readouterr().out
    assert "4 project(s) read" in said
    assert "Places were not read: " in said
    assert run(["read", str(path), "--crs", "EPSG:9215"]) == 0
    assert "Places were not read" not in capsys.readouterr().out


def test_assess_prints_it_short_and_writes_it_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_layout(MERGED_BODY, tmp_path / "list.xlsx")
    (tmp_path / "law.yaml").write_text(LAW, "utf-8")
    project = f"register: {{path: {path.name}, sheet: Gộp ô, header_row: 3-4, crs: 'EPSG:9215', columns: {{Chủ đầu tư: use}}}}\nrulebook: law.yaml\non: 2025-07-01\nout: out\n"
    (tmp_path / "plangeo.yaml").write_text(project, "utf-8")
    assert run(["assess", "--project", str(tmp_path / "plangeo.yaml")]) == 1
    short = capsys.readouterr().err
    assert "list.xlsx: 4 project(s) read" in short
    assert "use ← 'Chủ đầu tư'" in short
    item = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))["inputs"][0]
    assert {"topic", "where", "said", "sample", "confidence"} == set(item["decisions"][0])
    sheet = openpyxl.load_workbook(tmp_path / "out/report.xlsx")["Đọc dữ liệu"]
    cells = [[c.value for c in row] for row in sheet.iter_rows()]
    assert len(cells) >= 1 + len(item["decisions"])
    assert any(row[1] == "Dòng tiêu đề" and "rows 3-4" in row[2] for row in cells)
    assert any(row[1] == "Dòng tổng" for row in cells)


def tangled_run(folder: Path) -> Path:
    """A list with most of what goes wrong in lists, corners of strangers, and a drawing with a stray label; return the project file."""
    book = openpyxl.Workbook()
    book.active.title = "DM"
    for row in (
        ["DANH MỤC (VN-2000, kinh tuyến trục 107°15', múi chiếu 3°)"],
        ["STT", "Tên công trình, dự án", "Loại công trình", "Địa điểm", "Diện tích (ha)", "X", "Y", "Vốn đầu tư (tỷ đồng)"],
        [1, "Nhà máy A", "Nhà máy", "xã Hồ Sơn, huyện Hữu Lũng", "599,7", "2386450", "398120", "6.361"],
        [2, "Đường B", "Đường", "Mẫu Sơn", "12,3", "427741", "2446669", "11.029"],
        [3, "Mỏ C", "Mỏ", "xã Nơi Không Có", "lớn", "2413500;2413800", "425100;425500", ""],
        ["", "TỔNG CỘNG", "", "", "800", "", "", ""],
    ):
        book.active.append(row)
    corners = book.create_sheet("Góc")
    for row in (
        ["Tên dự án", "Điểm", "X (m)", "Y (m)"],
        ["Trường lạ", "M1", 2410000, 450000],
        ["", "M2", 2410000, 450100],
        ["", "M3", 2410100, 450100],
    ):
        corners.append(row)
    book.save(folder / "list.xlsx")
    square = {"type": "Polygon", "coordinates": [[[106.0, 21.0], [107.5, 21.0], [107.5, 22.5], [106.0, 22.5], [106.0, 21.0]]]}
    features = [
        {"type": "Feature", "properties": {"zone_code": code, "plan_id": "P"}, "geometry": square} for code in ("ODT", "XYZ")
    ]
    (folder / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    (folder / "law.yaml").write_text(LAW, "utf-8")
    (folder / "plangeo.yaml").write_text(
        "register: {path: list.xlsx, sheet: DM}\nboundaries: {path: list.xlsx, sheet: Góc, crs: 'EPSG:9215'}\nlayers: {zones: zones.geojson}\n"
        "rulebook: law.yaml\non: 2025-07-01\nout: out\n",
        "utf-8",
    )
    return folder / "plangeo.yaml"


def test_assess_tells_every_kind_of_doubt_and_no_trifles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assess", "--project", str(tangled_run(tmp_path))]) == 1
    first, *doubts, last = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("Note: ")]
    assert first.startswith("list.xlsx: 3 project(s) read from 'DM'; header in row 2; ")
    assert "name ← 'Tên công trình, dự án'" in first
    assert 6 <= len(doubts) <= 13
    said = "\n".join(doubts)
    for piece in (
        "1 project(s) with bad_coordinates (X and Y seem exchanged): row 4",
        "1 project(s) with bad_coordinates: row 5",
        "left aside: Trường lạ",
        "zones: zones.geojson, column 'zone_code': 1 zone(s) have a code that the profile does not know",
        "may mean several units",
        "name no unit",
        "amount(s) of capital were not read",
        "'lớn' in row 5",
    ):
        assert piece in said
    assert "title above" not in said
    assert "kept out of the projects" not in said
    assert last.startswith("all of it: sheet 'Đọc dữ liệu' of report.xlsx, or plangeo read ")
    assert last.endswith("list.xlsx --sheet 'DM'")


def test_no_more_doubts_are_told_than_asked_for_and_the_rest_is_counted() -> None:
    about = {"decisions": [Decision("number", f"row {n}", "1 area(s) were not read") for n in range(9)], "notes": ["a title"]}
    rows = [("row 3", "no_geometry: a; bad_area: b"), ("row 4", "no_geometry: c; d")]
    lines = doubt_lines([about], rows, 5)
    assert lines[0] == "1 project(s) with bad_area: row 3: b"
    assert lines[1] == "2 project(s) with no_geometry: row 3, row 4; row 3: a"
    assert len(lines) == 6
    assert lines[-1] == "… and 6 more"


def test_header_row_and_sheet_stand_in_the_project_file() -> None:
    project = parse_project("register: {path: a.xlsx, header_row: 4, sheet: '*'}\nrulebook: r.yaml\non: 2025-07-01\n")
    assert project.register_.keywords("header_row", "sheet") == {"header_row": 4, "sheet": "*"}


def test_decisions_pass_through_files(tmp_path: Path) -> None:
    sites = read_sites(write_layout(MERGED_BODY, tmp_path / "list.xlsx"), crs="EPSG:9215")
    again = json.loads(json.dumps(sites.attrs["plangeo"]))
    assert decisions_of(again) == decisions_of(sites.attrs["plangeo"])
    assert isinstance(decisions_of(again)[0], Decision)
    sites.to_parquet(tmp_path / "sites.parquet")
    assert len(pg.read_sites(tmp_path / "sites.parquet")) == 4


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("{form_id: f, columns: []}", "columns"),
        (
            "{form_id: f, title: {vi: a, en: b}, titles: [], valid_from: null, valid_to: null, source: s, verified: true, columns: [{role: a, headings: [x], field: nothing}, {role: b, headings: [y]}]}",
            "no field",
        ),
        (
            "{form_id: f, title: {vi: a, en: b}, titles: [], valid_from: null, valid_to: null, source: s, verified: true, columns: [{role: a, headings: [x]}, {role: b, headings: [y]}], checks: [{kind: parts, result: a, second: c}]}",
            "no column of the form",
        ),
    ],
)
def test_a_malformed_form_is_refused_with_the_reason(entry: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "forms.yaml").write_text(f"forms: [{entry}]\n", "utf-8")
    profile = "title: {vi: a, en: b}\nprovenance: p\nforms: forms.yaml\nsynonyms: {sites: {name: [tên]}}\n"
    (tmp_path / "own.yaml").write_text(profile, "utf-8")
    with pytest.raises(ProfileError, match=why):
        load_profile(tmp_path / "own.yaml")
