"""Folders of the process that reads apart: gone with their run, cleared later where it was killed, and nobody else's ever touched."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from plangeo.apart.workfolder import LEFT_AFTER_S, PREFIX, WorkFolder, remove_left_over

unix = pytest.mark.skipif(os.name == "nt", reason="left-over folders are not removed on Windows, which has no such locks")
NOW = 2_000_000_000.0
OLD, YOUNG = NOW - LEFT_AFTER_S - 1, NOW - LEFT_AFTER_S + 1


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left(place: Path, name: str, *, mode: int = 0o700, modified: float = OLD) -> Path:
    folder = place / f"{PREFIX}{name}"
    folder.mkdir(mode=mode)
    (folder / "unpacked.shp").write_text("x")
    folder.chmod(mode)
    os.utime(folder, (modified, modified))
    return folder


@unix
def test_only_own_old_folders_that_nobody_holds_are_removed(temporary: Path) -> None:
    gone = left(temporary, "gone")
    kept = [left(temporary, "young", modified=YOUNG), left(temporary, "open", mode=0o755)]
    held = WorkFolder()
    os.utime(held.path, (OLD, OLD))
    elsewhere = temporary / "documents"
    elsewhere.mkdir()
    (elsewhere / "thesis.txt").write_text("x")
    os.utime(elsewhere, (OLD, OLD))
    link = temporary / f"{PREFIX}link"
    link.symlink_to(elsewhere)
    (gone / "inside").symlink_to(elsewhere)
    os.utime(gone, (OLD, OLD))
    file = temporary / f"{PREFIX}file"
    file.write_text("x")
    os.utime(file, (OLD, OLD))

    remove_left_over(NOW)

    assert not gone.exists()
    assert (elsewhere / "thesis.txt").exists(), "no link is followed, neither at the folder's place nor within it"
    assert all((folder / "unpacked.shp").exists() for folder in kept)
    assert link.is_symlink()
    assert file.exists()
    assert held.path.exists()
    held.remove()
    assert not held.path.exists()


_PARENT = """
import sys
import plangeo as pg
from plangeo.apart import child
print(child._child()._process.pid, child._child().folder, flush=True)
pg.read_sites(sys.argv[1], trusted=False)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent, whatever it is doing")
def test_a_reader_at_work_ends_with_a_killed_parent_and_its_folder_at_the_next_start(temporary: Path) -> None:
    import geopandas as gpd
    import shapely

    path = temporary / "a.gpkg"
    gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(450_000, 2_420_000)], crs=9215).to_file(path)
    pipe = temporary / "a.gpkg-journal"  # SQLite looks for a journal beside a database, and waits for ever when that is a pipe
    os.mkfifo(pipe)
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    ) as parent:
        assert parent.stdout is not None
        number, folder = parent.stdout.readline().split()
        reader = os.pidfd_open(int(number))
        with pipe.open("wb"):  # opens when the reader does: now it waits within the library
            parent.send_signal(signal.SIGKILL)
            assert select.select([reader], [], [], 60)[0], "the reader lives on without its parent"
        os.close(reader)
    assert Path(folder).parent == temporary
    assert Path(folder).exists()
    remove_left_over(Path(folder).stat().st_mtime + LEFT_AFTER_S)
    assert not Path(folder).exists()
