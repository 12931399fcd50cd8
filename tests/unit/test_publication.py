"""A result folder under kill −9, a full disk, a second run and a program that holds a file: the old result or the new one, complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plangeo.delivery import publication
from plangeo.delivery.atomicfile import write_content
from plangeo.delivery.folderlock import locked, mark_of
from plangeo.delivery.publication import JOURNAL, drafted, publish, recover
from plangeo.errors import InputError
from plangeo.manifest import read_manifest
from plangeo.model import Assessment
from plangeo.report import write_outputs, write_report

ROOT = Path(__file__).resolve().parents[2]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="forks, size limits and the exchange of folders are Linux")
BOTH_WAYS = pytest.mark.parametrize("exchange", [True, False], ids=["exchange", "journal"])


def told_by_the_killer(what: str, folder: Path) -> dict[str, Any]:
    """In memory where there is room, because waiting for a disk a thousand times takes a minute."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as place:
        return _told(what, Path(place) if memory else folder)


def _told(what: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "tests/unit/killed_writer.py"), what, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@ON_LINUX
def test_killed_at_any_step_the_folder_holds_the_old_or_the_new_result(tmp_path: Path) -> None:
    """Looked at without plangeo's help: the exchange is one step."""
    told = told_by_the_killer("exchange", tmp_path)
    assert len(told["writing"]) == 20
    assert set(told["writing"]) == {"old", "new"}
    assert {(raw, seen, *rest) for raw, seen, *rest in told["publishing"]} == {
        ("old", "old", "new", "out"),
        ("new", "new", "new", "out"),
    }


@ON_LINUX
def test_without_an_exchange_the_journal_brings_the_old_result_back(tmp_path: Path) -> None:
    """Also when the recovery itself is killed at any step; the next run leaves nothing beside the folder."""
    told = told_by_the_killer("journal", tmp_path)
    kinds = {tuple(trial) for trial in told["publishing"]}
    assert kinds == {("old", "old", "new", "out"), ("journal", "old", "new", "out"), ("new", "new", "new", "out")}
    assert len(told["recovery"]) >= 40
    assert set(told["recovery"]) == {"old"}


@ON_LINUX
def test_a_disk_that_fills_at_any_size_costs_nothing(tmp_path: Path) -> None:
    told = told_by_the_killer("full", tmp_path)
    assert set(told["full"]) == {"old out", "new out"}
    assert [code == 0 for code in told["exits"]] == [state == "new out" for state in told["full"]]
    assert told["full"].count("new out") < 4 < len(told["full"])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_small_disk_that_is_full_is_named(result: Assessment, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)], capture_output=True, check=False
    ).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        write_outputs(result, disk / "out")
        before = {p.name: p.read_bytes() for p in (disk / "out").iterdir()}
        for filler in (0, 300_000, 600_000):
            (disk / "filler").write_bytes(bytes(filler))
            with pytest.raises(InputError) as told:
                write_outputs(result, disk / "out", extra={"map.html": "x" * 1_400_000 + "</html>"})
            assert told.value.code in ("disk_full", "output_unwritable", "output_incomplete")
            assert {p.name: p.read_bytes() for p in (disk / "out").iterdir()} == before
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_second_run_in_one_folder_is_refused(result: Assessment, tmp_path: Path) -> None:
    held = tmp_path / "out"
    script = "import sys; from pathlib import Path; from plangeo.delivery.folderlock import locked\n"
    script += "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(held)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"another run is writing into .*process {other.pid} on") as told:
            write_outputs(result, held)
        assert told.value.code == "folder_in_use"
        assert not held.exists()
    finally:
        other.kill()
        other.communicate()
    assert (tmp_path / f"{mark_of(held)}.lock").exists()  # killed, so it could not remove it: stale
    write_outputs(result, held)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_run_may_hold_its_folder_twice(tmp_path: Path) -> None:
    with locked(tmp_path / "a"), locked(tmp_path / "a"), locked(tmp_path / "b"):
        assert len(list(tmp_path.iterdir())) == 2
    assert not list(tmp_path.iterdir())


def prepared(folder: Path, **files: str) -> None:
    with drafted(folder) as draft:
        for name, text in files.items():
            (draft / name).write_text(text)
        publish(draft, folder, list(files), drop=[p.name for p in folder.glob("*.old")])


@BOTH_WAYS
def test_a_file_held_by_excel_leaves_the_old_result(exchange: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to move a file that is open in Excel; the exchange never moves it by itself."""
    out = tmp_path / "out"
    prepared(out, **{"a.csv": "1", "report.xlsx": "1", "gone.old": "1"})
    (out / "notes.txt").write_text("mine")
    monkeypatch.setattr(publication, "_can_exchange", lambda folder: exchange)
    rename = os.rename

    def held(source: Path, target: Path) -> None:
        if Path(source) == out / "report.xlsx":
            raise PermissionError(
                13, "The process cannot access the file because it is being used by another process", str(source)
            )
        rename(source, target)

    monkeypatch.setattr(os, "rename", held)
    if exchange:
        prepared(out, **{"a.csv": "2", "report.xlsx": "2"})
    else:
        with pytest.raises(InputError, match=r"another program holds it \(report.xlsx\).*Excel") as told:
            prepared(out, **{"a.csv": "2", "report.xlsx": "2"})
        assert told.value.code == "file_in_use"
    expected = {"a.csv": "2", "report.xlsx": "2"} if exchange else {"a.csv": "1", "report.xlsx": "1", "gone.old": "1"}
    assert {p.name: p.read_text() for p in out.iterdir()} == expected | {"notes.txt": "mine"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_stopped_by_hand_or_not_to_be_brought_back_at_once_the_old_result_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle; then Excel, which opens a file of the new result so fast that nothing can be put back."""
    out = tmp_path / "out"
    prepared(out, **{"a.csv": "1", "b.csv": "1"})
    monkeypatch.setattr(publication, "_can_exchange", lambda folder: False)
    rename, replace, stop = os.rename, os.replace, [True]

    def interrupted(source: Path, target: Path) -> None:
        if Path(source).name == "b.csv" and Path(target).parent == out:
            raise KeyboardInterrupt
        rename(source, target)

    def held(source: Path, target: Path) -> None:
        if stop and Path(target).parent == out and Path(target).name == "a.csv":
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepared(out, **{"a.csv": "2", "b.csv": "2"})
        assert {p.name: p.read_text() for p in out.iterdir()} == {"a.csv": "1", "b.csv": "1"}
        patched.setattr(os, "replace", held)
        with pytest.raises(InputError, match="Excel"):
            prepared(out, **{"a.csv": "2", "b.csv": "2"})
        assert (out / JOURNAL).exists()
        with pytest.raises(InputError, match="Excel"):
            recover(out)
        stop.clear()
        recover(out)
    assert {p.name: p.read_text() for p in out.iterdir()} == {"a.csv": "1", "b.csv": "1"}
    prepared(out, **{"a.csv": "2", "b.csv": "2"})
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@BOTH_WAYS
def test_what_is_not_ours_survives_as_it_is(exchange: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication, "_can_exchange", lambda folder: exchange and sys.platform == "linux")
    out = tmp_path / "out"
    prepared(out, **{"a.csv": "1"})
    (out / "sheets").mkdir()
    (out / "sheets" / "P-1.pdf").write_text("sheet")
    (out / "empty").mkdir()
    (out / "leads").symlink_to("a.csv")
    (out / "elsewhere").symlink_to(tmp_path)
    out.chmod(0o750)
    inode = (out / "sheets" / "P-1.pdf").stat().st_ino
    prepared(out, **{"a.csv": "2"})
    assert sorted(p.name for p in out.rglob("*") if (out / "elsewhere") not in p.parents) == [
        "P-1.pdf",
        "a.csv",
        "elsewhere",
        "empty",
        "leads",
        "sheets",
    ]
    assert (out / "leads").read_text() == "2"
    assert (out / "elsewhere").is_symlink()
    assert (out / "sheets" / "P-1.pdf").stat().st_ino == inode
    assert out.stat().st_mode & 0o777 == 0o750
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


@ON_LINUX
def test_what_somebody_saves_during_the_exchange_is_brought_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    prepared(out, **{"a.csv": "1"})
    (out / "notes.txt").write_text("before")
    swap = publication._swap

    def late(one: Path, other: Path) -> None:
        (out / "late.txt").write_text("late")
        (out / ".notes").write_text("after")
        (out / ".notes").replace(out / "notes.txt")
        swap(one, other)

    monkeypatch.setattr(publication, "_swap", late)
    prepared(out, **{"a.csv": "2"})
    assert {p.name: p.read_text() for p in out.iterdir()} == {"a.csv": "2", "late.txt": "late", "notes.txt": "after"}


@BOTH_WAYS
def test_a_folder_with_the_name_of_a_file_of_ours_is_not_lost(
    exchange: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "_can_exchange", lambda folder: exchange and sys.platform == "linux")
    (tmp_path / "out" / "map.html").mkdir(parents=True)
    with pytest.raises(InputError, match="a folder has the name"):
        prepared(tmp_path / "out", **{"map.html": "1"})
    assert (tmp_path / "out" / "map.html").is_dir()


def test_a_result_reached_by_a_link_stays_reached_by_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    prepared(tmp_path / "link", **{"a.csv": "1"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a.csv").read_text() == "1"


@pytest.mark.parametrize(
    "journal",
    [
        {"beside": "../../etc", "new": [], "old": []},
        {"beside": "MARK-x", "new": ["../precious.txt"], "old": []},
        {"beside": "MARK-x", "new": ["notes.txt"], "old": []},
        {"beside": 3},
        [],
    ],
)
def test_a_journal_by_somebody_else_deletes_nothing(journal: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepared(out, **{"a.csv": "1", "manifest.json": "{}"})
    (tmp_path / "precious.txt").write_text("mine")
    (out / "notes.txt").write_text("mine")
    (out / JOURNAL).write_text(json.dumps(journal).replace("MARK", mark_of(out)))
    for reader in (recover, read_manifest):
        with pytest.raises(InputError) as told:
            reader(out)
        assert told.value.code == "result_incomplete"
    assert (tmp_path / "precious.txt").exists()
    assert (out / "notes.txt").exists()


@pytest.mark.parametrize("write", [lambda r, p: write_report(r, p), lambda r, p: write_content(p, "x")])
def test_a_single_file_is_replaced_or_left(
    write: Callable[[Any, Path], Any], result: Assessment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")

    def held(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", held)
        with pytest.raises(InputError, match="Excel") as told:
            write(result, target)
    assert told.value.code == "file_in_use"
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    write(result, target)
    assert target.read_text() != "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
