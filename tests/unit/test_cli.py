"""The command line as a newcomer meets it: help, messages, exit codes, and the sample from end to end."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from plangeo import cli, sample
from plangeo.cli import run
from plangeo.commandline.runoptions import from_options
from plangeo.manifest import read_manifest
from plangeo.model import Label
from plangeo.report import OUTPUTS
from plangeo.study import Sheet, SheetColumn, Study


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The folder of ``plangeo demo``, and what it said on its two streams."""
    out, said, err = tmp_path_factory.mktemp("cli") / "demo", io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(err):
        assert run(["demo", "--out", str(out)]) == 0
    return out, said.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def demo(told: tuple[Path, str, str]) -> Path:
    return told[0]


def test_the_demo_asks_every_question(demo: Path) -> None:
    about = list(openpyxl.load_workbook(demo / "report.xlsx", read_only=True)["Thông tin"].values)
    assert [row for row in about if row[0] == "Nội dung chưa thực hiện"] == []


@pytest.fixture(scope="module")
def result(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("few") / "out"
    assert run(["assess", "--project", str(few / "plangeo.yaml"), "--out", str(out)]) == 1
    return out


def options(folder: Path) -> list[str]:
    given = [str(folder / "projects.xlsx"), "--rulebook", str(sample("rulebook.yaml")), "--on", "2025-07-01"]
    given += ["--layer", f"zones={folder / 'zones.gpkg'}", "--layer", f"districts={sample('communes.gpkg')}"]
    return [
        "assess",
        *given,
        "--crs",
        "sites=EPSG:9215",
        "--list-date",
        "2025-07-01",
        "--boundaries",
        str(sample("project_boundaries.gpkg")),
    ]


def test_the_demo_writes_everything_and_ends_with_the_map(told: tuple[Path, str, str]) -> None:
    demo, out, err = told
    assert {*OUTPUTS, "map.html", "manifest.json"} <= {p.name for p in demo.iterdir()}
    assert "map.html" in read_manifest(demo)["files"]
    assert out.splitlines()[-1] == str(demo / "map.html")
    assert "minh họa" in out.splitlines()[0]
    assert err == "" or all(line.startswith("Note:") for line in err.splitlines())


def test_explain_reads_a_result(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site_id = next(iter(json.loads((demo / "explanations.json").read_text("utf-8"))))
    assert run(["explain", str(demo), site_id, "--lang", "en"]) == 0
    assert capsys.readouterr().out.startswith(f"{site_id} · ")
    assert run(["explain", str(demo), "nobody"]) == 2
    assert "there is no site 'nobody'" in capsys.readouterr().err
    assert run(["explain", str(demo.parent), site_id]) == 2
    assert "not a finished plangeo output" in capsys.readouterr().err


def test_the_map_is_drawn_again_and_the_manifest_keeps_up(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = read_manifest(result)["files"]["map.html"]
    assert run(["map", str(result)]) == 0
    assert capsys.readouterr().out.strip() == str(result / "map.html")
    assert read_manifest(result)["files"]["map.html"] == before
    ground = ["--tiles", "https://tiles.example.org/{z}/{x}/{y}.png", "--attribution", "© Example"]
    drawn = result.parent / "en.html"
    assert run(["map", str(result), "--lang", "en", "--out", str(drawn), "--compare", str(sample("zones.gpkg")), *ground]) == 0
    text = drawn.read_text("utf-8")
    assert "img-src data: https://tiles.example.org;" in text
    assert '"name":["zones.gpkg","zones.gpkg"]' in text


def test_a_map_is_not_drawn_on_tiles_that_are_unsafe_or_without_maker(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["map", str(demo), "--tiles", "http://tiles.example.org/{z}/{x}/{y}.png", "--attribution", "x"]) == 2
    assert "only https://" in capsys.readouterr().err
    assert run(["map", str(demo), "--tiles", "https://tiles.example.org/{z}/{x}/{y}.png"]) == 2
    assert "--attribution" in capsys.readouterr().err


def test_a_map_of_changed_inputs_is_refused(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = read_manifest(demo)
    register = manifest["run"]["project"]["register"]["path"]
    manifest["run"]["files"][register] = "0" * 64
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert run(["map", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert register in said
    assert "changed" in said


def test_options_and_project_file_give_the_same_verdicts(
    few: Path, result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*options(few), "--out", str(tmp_path / "options"), "--lang", "en"]) == 1
    said = capsys.readouterr().out
    assert "Not compatible" in said
    by_options, by_project = read_manifest(tmp_path / "options"), read_manifest(result)
    assert by_options["verdict_digest"] == by_project["verdict_digest"]


def test_assess_alone_runs_the_project_of_the_folder(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'register: {{path: {json.dumps(str(few / "projects.xlsx"))}, crs: "EPSG:9215"}}\n'
    text += f"rulebook: {json.dumps(str(sample('rulebook.yaml')))}\n"
    text += f"on: 2025-07-01\nout: kết quả\nlayers: {{zones: {json.dumps(str(few / 'zones.gpkg'))}}}\n"
    (tmp_path / "plangeo.yaml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["assess"]) == 1
    manifest = read_manifest(tmp_path / "kết quả")
    assert "district" in manifest["checks"]["not_run"]
    assert run(["assess", "--on", "2018-01-01", "--out", "xưa"]) == 1
    assert read_manifest(tmp_path / "xưa")["on"] == "2018-01-01"
    assert read_manifest(tmp_path / "xưa")["counts"]["verdicts"]["permitted"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["assess", "a.xlsx"], "--rulebook and --on missing"),
        (["assess", "a.xlsx", "--rulebook", "r", "--on", "01/07/2025"], "year-month-day"),
        (["assess", "a.xlsx", "--rulebook", "r", "--on", "2025-07-01", "--layer", "zones.gpkg"], "ROLE=VALUE"),
        (["assess", "a.xlsx", "--rulebook", "r", "--on", "2025-07-01", "--crs", "noise=EPSG:9215"], "speaks of 'noise'"),
        (["assess", "a.xlsx", "--rulebook", "r", "--on", "2025-07-01", "--map", "use"], "RAW=NAME"),
        (["assess", "a.xlsx", "--project", "p.yaml"], "not both"),
        (["assess", "--project", "p.yaml"], "p.yaml cannot be read"),
        (["assess", "--project", "p.yaml", "--sheet", "x"], "describes the whole run"),
        (["assess", "--project", "p.yaml", "--cross-check"], "(not: --cross-check). Write the rest into the file"),
        (["assess", "--project", "p.yaml", "--crs", "sites=EPSG:9215"], "(not: --crs)"),
        (["codes", "nosuchcode"], "`plangeo codes` lists them all"),
        (["assess", "a.xlsx", "--rulebook", "no.yaml", "--on", "2025-07-01"], "no.yaml"),
        (["assess"], "plangeo demo"),
        (["nonsense"], "No such command"),
    ],
)
def test_wrong_use_ends_with_2_and_one_clear_message(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_our_own_fault_is_one_line_and_debug_shows_the_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the roof\nfell in")

    monkeypatch.setattr("plangeo.commands.assess.project_of", broken)
    assert run(["assess"]) == 3
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "RuntimeError: the roof fell in" in told
    assert run(["assess", "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_help_shows_examples_and_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    told = capsys.readouterr().out
    for word in ("plangeo demo", "assess", "explain", "map", "prepare", "checks", "Exit code"):
        assert word in told
    assert run(["assess", "--help"]) == 0
    assert "--rulebook rulebook.yaml --on 2025-07-01" in capsys.readouterr().out


def test_help_loads_no_library_for_tables_or_maps() -> None:
    script = "import sys; from plangeo.cli import run; run(['--help']); sys.exit(bool({'pandas', 'numpy', 'pydantic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0


def test_a_plan_is_prepared_once_and_then_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLANGEO_CACHE", str(tmp_path / "cache"))
    command = ["prepare", str(sample("zones.gpkg")), "--sites-crs", "EPSG:9215"]
    assert run(command) == 0
    first, place, small = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d+ zones, to be measured in EPSG:9215, ready in \d+\.\d s", first)
    size, kept = re.fullmatch(r"(\d+\.\d) MB in (.+)", place).groups()  # type: ignore[union-attr]
    files = [f for f in Path(kept).iterdir() if f.is_file()]
    assert float(size) == round(sum(f.stat().st_size for f in files) / 1e6, 1)
    assert "reads it itself" in small
    pieces = Path(kept) / "pieces.parquet"
    written = pieces.stat().st_mtime_ns
    assert run(command) == 0
    assert pieces.stat().st_mtime_ns == written
    pieces.write_bytes(pieces.read_bytes()[:-100])
    assert run(command) == 0
    assert pieces.stat().st_mtime_ns != written
    assert run(["prepare", str(tmp_path / "nothing.gpkg")]) == 2


def test_a_streamed_run_gives_the_digest_of_a_run_at_once(few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = options(few)
    given = given[: given.index("--boundaries")]
    assert run([*given, "--out", str(tmp_path / "whole")]) == 1
    assert run([*given, "--out", str(tmp_path / "parts"), "--stream", "--lang", "en"]) == 1
    assert "Not compatible" in capsys.readouterr().out
    whole, parts = (read_manifest(tmp_path / name) for name in ("whole", "parts"))
    assert parts["verdict_digest"] == whole["verdict_digest"]
    assert sorted(parts["files"]) == ["evidence.parquet", "findings.csv", "verdicts.csv"]
    plan = tmp_path / "parts" / "parts" / "plan.json"
    plan.parent.mkdir()
    plan.write_text(json.dumps({"the date": "2024-01-01"}), "utf-8")
    assert run([*given, "--out", str(tmp_path / "parts"), "--resume"]) == 2
    said = capsys.readouterr().err
    assert "cannot go on" in said
    assert "the date" in said
    assert run([*options(few), "--out", str(tmp_path / "no"), "--stream"]) == 2
    assert "takes no --boundaries" in capsys.readouterr().err
    assert run([*given, "--out", str(tmp_path / "no"), "--stream", "--with", f"quota={sample('quota.xlsx')}"]) == 2
    assert "takes no file of one: quota" in capsys.readouterr().err


def test_checks_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks"]) == 0
    assert re.search(r"^zone_use\s+zones\s+\S", capsys.readouterr().out, re.MULTILINE)
    assert run(["--version"]) == 0
    assert "plangeo" in capsys.readouterr().out


def test_map_options_reach_the_right_file(tmp_path: Path) -> None:
    given = {
        "layers": ("zones=z.gpkg",),
        "layer_names": ("zones=QH=2025",),
        "systems": ("register=EPSG:9215", "zones=EPSG:3405"),
        "columns": ("Loại: công trình=use", "zones:KyHieu=zone_code", "a=b=name"),
        "plan_id": "QH",
        "sheet": "Sheet1",
        "boundaries": None,
        "rulebook": "r.yaml",
        "on": "2025-07-01",
        "checks": (),
        "profile": None,
        "out": None,
        "lang": None,
    }
    project = from_options("a.xlsx", given)
    assert project.register_.crs == "EPSG:9215"
    assert project.register_.columns == {"Loại: công trình": "use", "a=b": "name"}
    assert project.layers["zones"].columns == {"KyHieu": "zone_code"}
    assert project.layers["zones"].layer == "QH=2025"
    assert project.layers["zones"].plan_id == "QH"
    assert project.checks is None


def test_an_old_console_shows_question_marks_instead_of_dying(demo: Path) -> None:
    site_id = next(iter(json.loads((demo / "explanations.json").read_text("utf-8"))))
    done = subprocess.run(
        [sys.executable, "-m", "plangeo", "explain", str(demo), site_id],
        capture_output=True,
        env={"PYTHONIOENCODING": "cp1252", "PATH": "", "PYTHONPATH": str(Path(cli.__file__).parents[1])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"?" in done.stdout


def test_known_codes_are_told_although_another_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["codes", "SKX", "XYZ", "ODT+CLN"]) == 2
    said = capsys.readouterr()
    assert [line[:4] for line in said.out.splitlines() if not line.startswith(" ")] == ["SKX:", "ODT:", "CLN:"]
    assert "no class code 'XYZ'" in said.err
    assert run(["codes", "ODT+CLN"]) == 0


def test_layers_lists_the_sheets_of_a_workbook(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", str(sample("annual_list.xlsx"))]) == 0
    said = capsys.readouterr().out
    assert "- sheet 'Biểu 10': 15 row(s) look like projects" in said
    assert "- sheet 'Góc ranh': a list of corners: 11 row(s) in 2 block(s)" in said
    assert "- sheet 'Nháp': hidden; no list of projects" in said


def test_read_takes_the_day_of_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["read", str(sample("annual_list.xlsx")), "--sheet", "Biểu 10", "--rows", "0"]
    assert run(asked) == 0
    assert "the day of the list is not known" in capsys.readouterr().out
    assert run([*asked, "--list-date", "2025-06-30"]) == 0
    assert "the day of the list is not known" not in capsys.readouterr().out


def test_a_file_nobody_asks_for_is_refused_before_anything_is_judged(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = ["--with", f"prioritylist={sample('projects.xlsx')}", "--out", str(tmp_path / "out")]
    assert run([*options(few), *strange]) == 2
    said = capsys.readouterr().err
    assert "no study asks for the file prioritylist" in said
    assert "columns" not in said
    assert not (tmp_path / "out").exists()


class _Unwritable:
    def __str__(self) -> str:
        raise KeyError("zone_code")

    __float__ = __repr__ = __str__


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("where", ["studied", "written"])
def test_verdicts_are_written_before_a_fault_of_a_study_is_told(
    where: str, few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = (SheetColumn("what", "Nội dung", "What", style="hectare"),)

    def run_study(_: object) -> list[Sheet]:
        if where == "studied":
            raise KeyError("zone_code")
        frame = pd.DataFrame({"what": [_Unwritable()]})
        return [Sheet("parks", Label("Công viên", "Parks"), columns, frame, Label("", ""))]

    monkeypatch.setattr("plangeo.studies.studies", lambda: {"parks": Study("parks", Label("", ""), run_study)})
    out = tmp_path / "out"
    assert run([*options(few), "--out", str(out)]) == 3
    said = capsys.readouterr()
    assert "these studies are missing: parks" in said.err
    assert "our fault, not yours" in said.err
    assert "manifest.json" in said.out
    assert {*OUTPUTS, "map.html", "manifest.json"} <= {p.name for p in out.iterdir()}
