"""A result held against its manifest, a recorded run done again, and what the log of a run tells."""

from __future__ import annotations

import getpass
import hashlib
import json
import platform
import shutil
from pathlib import Path

import pytest
import yaml

from plangeo.cli import run
from plangeo.delivery.runlog import LOG, PHASES, RunLog
from plangeo.delivery.verification import verify_output
from plangeo.manifest import read_manifest


@pytest.fixture
def base(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "base"))


def test_a_result_as_written_is_ok(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(recorded / "out")]) == 0
    told = capsys.readouterr().out
    assert told.count("ok  ") == len(read_manifest(recorded / "out")["files"]) + 1
    assert "verdict digest" in told
    found = verify_output(recorded / "out")
    assert found.whole
    assert {f.state for f in found.files} == {"ok"}


def test_each_file_that_is_not_as_written_is_named(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = base / "out"
    (out / "report.xlsx").unlink()
    with (out / "map.html").open("ab") as page:
        page.write(b"<!-- -->")
    (out / "notes.txt").write_text("mine")
    (out / "sheets").mkdir()
    states = {f.name: f.state for f in verify_output(out).files if f.state != "ok"}
    assert states == {"report.xlsx": "missing", "map.html": "changed", "notes.txt": "foreign", "sheets/": "foreign"}
    assert run(["verify", str(out)]) == 1
    told = capsys.readouterr()
    assert "missing  report.xlsx" in told.out
    assert "not what the run wrote" in told.err


def test_foreign_files_do_no_harm(base: Path) -> None:
    (base / "out" / "notes.txt").write_text("mine")
    assert run(["verify", str(base / "out")]) == 0


def test_a_verdict_rewritten_with_its_hash_is_seen_by_the_digest(base: Path) -> None:
    out = base / "out"
    text = (out / "verdicts.csv").read_bytes().replace(b",not_permitted,", b",permitted,", 1)
    (out / "verdicts.csv").write_bytes(text)
    manifest = read_manifest(out)
    manifest["files"]["verdicts.csv"]["sha256"] = hashlib.sha256(text).hexdigest()
    (out / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    found = verify_output(out)
    assert {f.state for f in found.files} == {"ok"}
    assert not found.whole


def test_a_manifest_that_leads_elsewhere_is_not_followed(base: Path) -> None:
    manifest = read_manifest(base / "out")
    manifest["files"]["../in/rulebook.yaml"] = {"sha256": "0" * 64, "bytes": 1}
    (base / "out" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert {f.name for f in verify_output(base / "out").files if f.state == "missing"} == {"../in/rulebook.yaml"}


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    assert run(["verify", str(tmp_path)]) == 2
    assert run(["rerun", str(tmp_path)]) == 2
    assert run(["conformance", str(tmp_path)]) == 2


def test_a_run_is_reproduced_from_its_record(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {p.name: p.read_bytes() for p in (recorded / "out").iterdir()}
    assert run(["rerun", str(recorded / "out")]) == 0
    told = capsys.readouterr().out
    assert "inputs, rulebook, libraries and program are those of the run" in told
    assert "the same: 5 sites" in told
    assert {p.name: p.read_bytes() for p in (recorded / "out").iterdir()} == before


def test_a_changed_rulebook_is_the_component_that_explains(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run was read elsewhere; ``--inputs`` names where the files lie now."""
    book = yaml.safe_load((base / "in" / "rulebook.yaml").read_text("utf-8"))
    book["rules"][0]["verdict"] = "not_permitted"
    (base / "in" / "rulebook.yaml").write_text(yaml.safe_dump(book, allow_unicode=True), "utf-8")
    assert run(["rerun", str(base / "out"), "--inputs", str(base / "in"), "--lang", "en"]) == 1
    told = capsys.readouterr().out
    assert "rulebook  changed: rulebook.yaml" in told
    assert "NOT the same" in told
    assert "proven: A rule: housing|PNN: permitted" in told


def test_libraries_and_program_that_changed_are_told_although_the_verdicts_are_the_same(
    base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = read_manifest(base / "out")
    manifest["versions"]["shapely"] = "1.0"
    manifest["program"] = "0" * 64
    (base / "out" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert run(["rerun", str(base / "out")]) == 0
    told = capsys.readouterr().out
    assert "library   changed: shapely (1.0 →" in told
    assert "program   changed: the code of plangeo" in told


def test_inputs_that_are_gone_are_named(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (base / "in" / "zones.gpkg").unlink()
    assert run(["rerun", str(base / "out"), "--inputs", str(base / "in")]) == 2
    assert "zones.gpkg" in capsys.readouterr().err


def test_the_log_tells_phases_and_nothing_personal(recorded: Path) -> None:
    text = (recorded / "out" / LOG).read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["phase"] for line in lines] == list(PHASES)
    assert all(line["seconds"] >= 0 for line in lines)
    assert {type(value) for line in lines[1:] for key, value in line.items() if key != "phase"} <= {int, float}
    for secret in (str(recorded), getpass.getuser(), platform.node(), "projects", "Dự án"):
        assert secret not in text
    assert LOG not in read_manifest(recorded / "out")["files"]


def test_the_log_takes_no_free_text() -> None:
    with pytest.raises(ValueError, match="knows no"):
        RunLog().phase("Nguyễn Văn A")
    with pytest.raises(ValueError, match="knows no"):
        RunLog().phase("judge", owner=1)
    assert RunLog().to_bytes() == RunLog().to_bytes()
