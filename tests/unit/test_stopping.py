"""Whoever stops a run finds the earlier result, or the new one, complete; nothing beside it; and is told how to go on."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plangeo import report, stream
from plangeo.cli import run
from plangeo.commands import assess
from plangeo.console import Console
from plangeo.manifest import read_manifest
from plangeo.stopping import Stopped, stop_signals

SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


@pytest.fixture(autouse=True)
def signals_are_heard() -> Iterator[None]:
    """Also where the tests run in the background, whose programs ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def told(recorded: Path, out: Path, *more: str) -> list[str]:
    inputs = recorded / "in"
    given = ["assess", str(inputs / "projects.gpkg"), "--rulebook", str(inputs / "rulebook.yaml"), "--on", "2025-07-01"]
    return [*given, "--layer", f"zones={inputs / 'zones.gpkg'}", "--out", str(out), *more]


def after(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, number: int, when: Callable[..., bool] = lambda *_: True
) -> None:
    """Let a signal arrive when ``where.name`` has done its work."""
    work = getattr(where, name)

    def stopped(*given: Any, **named: Any) -> Any:
        done = work(*given, **named)
        if when(*given):
            signal.raise_signal(number)
        return done

    monkeypatch.setattr(where, name, stopped)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for results whose temporary files are seen."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path


def nothing_beside(folder: Path, *names: str) -> None:
    assert sorted(p.name for p in folder.iterdir()) == sorted(["temporary", *names])
    assert list((folder / "temporary").iterdir()) == []


@pytest.mark.parametrize("phase", ["read", "judge", "study", "map", "write"])
def test_stopped_in_any_phase_nothing_was_written(
    phase: str, recorded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = signal.SIGTERM if phase in ("read", "write") else signal.SIGINT
    after(monkeypatch, Console, "step", number, lambda _, word: word == phase)
    assert run(told(recorded, folder / "out")) == SIGNALS[number]
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("stopped; nothing was written. Run the same command again")
    nothing_beside(folder)


def test_stopped_while_files_are_written_the_earlier_result_is_whole(
    recorded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(told(recorded, folder / "out", "--lang", "en")) == 1
    files = {p.name: p.read_bytes() for p in (folder / "out").iterdir()}
    for name in ("write_geopackage", "write_workbook", "write_manifest"):
        with monkeypatch.context() as patched:
            after(patched, report, name, signal.SIGINT)
            assert run(told(recorded, folder / "out")) == 130
        assert "holds the earlier result, as it was" in capsys.readouterr().err
        assert {p.name: p.read_bytes() for p in (folder / "out").iterdir()} == files
        nothing_beside(folder, "out")


def test_stopped_after_the_result_was_published(
    recorded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    after(monkeypatch, assess, "assess_and_write", signal.SIGINT)
    assert run(told(recorded, folder / "out")) == 130
    assert "holds the new one, complete" in capsys.readouterr().err
    assert read_manifest(folder / "out")["verdict_digest"] == read_manifest(recorded / "out")["verdict_digest"]
    nothing_beside(folder, "out")


def test_a_streamed_run_that_was_stopped_goes_on(
    recorded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stream, "PART_SITES", 2)
    with monkeypatch.context() as patched:
        after(patched, Console, "count", signal.SIGTERM, lambda _, done, total: done == 0)
        assert run(told(recorded, folder / "out", "--stream")) == 143
    assert "stopped before any part was finished; nothing was written" in capsys.readouterr().err
    with monkeypatch.context() as patched:
        after(patched, Console, "count", signal.SIGTERM, lambda _, done, total: done == 4)
        assert run(told(recorded, folder / "out", "--stream")) == 143
    said = capsys.readouterr().err
    assert "stopped; 2 finished parts (4 of 5 sites) lie in" in said
    assert "Go on: the same command with --stream --resume." in said
    nothing_beside(folder, "out")
    counted: list[tuple[int, int]] = []
    monkeypatch.setattr(Console, "count", lambda _, done, total: counted.append((done, total)))
    assert run(told(recorded, folder / "out", "--stream", "--resume")) == 1
    assert counted[-1] == (5, 5)
    assert counted[0][1] == 5
    assert read_manifest(folder / "out")["verdict_digest"] == read_manifest(recorded / "out")["verdict_digest"]
    nothing_beside(folder, "out")


def late(monkeypatch: pytest.MonkeyPatch, name: str, when: Callable[..., bool]) -> None:
    """Let the clock go forward by days before ``Console.name`` is told of what ``when`` says."""
    clock, days = time.perf_counter, [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + days[0])
    work = getattr(Console, name)

    def told_late(*given: Any) -> None:
        if when(*given):
            days[0] = 500_000.0
        work(*given)

    monkeypatch.setattr(Console, name, told_late)


@pytest.mark.parametrize("phase", ["judge", "study", "map", "write"])
def test_a_run_over_its_time_stops_before_the_next_phase_and_leaves_the_earlier_result(
    phase: str, recorded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "out").mkdir()
    for path in (recorded / "out").iterdir():
        shutil.copyfile(path, folder / "out" / path.name)
    files = {p.name: p.read_bytes() for p in (folder / "out").iterdir()}
    late(monkeypatch, "step", lambda _, word: word == phase)
    assert run(told(recorded, folder / "out", "--time", "10 h")) == 2
    said = capsys.readouterr().err
    assert "the budget of this run is 10 h, and while " in said
    assert "had taken 139 h. It was stopped; " in said
    assert "holds the earlier result, as it was. Run the same command again; it begins anew" in said
    assert "Raise the budget before (--time" in said
    assert "[budget_time_spent]" in said
    assert {p.name: p.read_bytes() for p in (folder / "out").iterdir()} == files
    nothing_beside(folder, "out")


def test_a_run_over_its_time_stops_between_pieces_though_nobody_sees_it_count(
    recorded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    late(monkeypatch, "count", lambda console, done, total: (console._phase, done) == ("judge", 0))
    assert run(told(recorded, folder / "out", "--time", "10 h")) == 2
    assert "while judging (0 of 5) it had taken 139 h. It was stopped; nothing was written." in capsys.readouterr().err
    nothing_beside(folder)


def test_a_run_over_its_memory_stops_between_two_pieces(
    recorded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("plangeo.resources.freememory.held_memory", lambda: 5e9)
    assert run(told(recorded, folder / "out", "--memory", "4 GB")) == 2
    said = capsys.readouterr().err
    assert (
        "the budget of this run is 4 GB of memory, and while beginning it held 5 GB. It was stopped; nothing was written." in said
    )
    assert "[budget_memory_spent]" in said
    nothing_beside(folder)


def test_a_streamed_run_over_its_time_goes_on_where_it_stopped(
    recorded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stream, "PART_SITES", 2)
    with monkeypatch.context() as patched:
        late(patched, "count", lambda _, done, total: done == 2)
        assert run(told(recorded, folder / "out", "--stream", "--time", "10 h")) == 2
    said = capsys.readouterr().err
    assert "while judging (2 of 5) it had taken 139 h. It was stopped; 1 finished part (2 of 5 sites) lie in" in said
    assert "Go on: the same command with --stream --resume. The time then counts anew." in said
    assert run(told(recorded, folder / "out", "--stream", "--resume", "--time", "10 h")) == 1
    assert read_manifest(folder / "out")["verdict_digest"] == read_manifest(recorded / "out")["verdict_digest"]
    nothing_beside(folder, "out")


def test_other_commands_say_that_they_were_stopped(
    recorded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    after(monkeypatch, Console, "__call__", signal.SIGINT)
    assert run(["map", str(recorded / "out"), "--out", str(recorded / "again.html")]) == 130
    assert "stopped; nothing half-written was published" in capsys.readouterr().err
    assert not (recorded / "again.html").exists()


def test_a_second_signal_waits_for_the_cleaning_up_and_a_third_does_not() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    said: list[str] = []

    def stopped_thrice() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(Stopped):
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(Stopped) as met, stop_signals(said.append):
        stopped_thrice()
    assert met.value.exit_code == 143
    assert len(said) == 1
    assert [signal.getsignal(number) for number in SIGNALS] == before
