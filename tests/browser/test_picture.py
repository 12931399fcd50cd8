"""The script that takes the README's picture: a picture of the size asked for, or a clear word why there is none."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from plangeo.maps import make_map
from plangeo.model import Assessment
from tests.browser.test_map import pytestmark, result  # noqa: F401 - the assessment of the map's own tests

SCRIPT = Path(__file__).parents[2] / "maps" / "screenshot.py"


def run(*arguments: object, path: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=None if path is None else {"PATH": path})


@pytest.fixture(scope="module")
def page(result: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    path = tmp_path_factory.mktemp("picture") / "bản đồ.html"
    make_map(result).save(str(path))
    return path


def test_a_picture_of_the_size_asked_for(page: Path, tmp_path: Path) -> None:
    out = tmp_path / "shot.png"
    done = run("--map", page, "--out", out, "--project", "S5", "--size", "640x480", "--language", "en")
    assert done.returncode == 0, done.stderr
    assert struct.unpack(">II", out.read_bytes()[16:24]) == (640, 480)


def test_what_is_missing_is_said_and_nothing_is_written(page: Path, tmp_path: Path) -> None:
    out = tmp_path / "shot.png"
    for done, words in (
        (run("--map", page, "--out", out, path=str(tmp_path)), "Chromium"),
        (run("--map", tmp_path / "none.html", "--out", out), "there is no map"),
        (run("--map", page, "--out", out, "--size", "big"), "1500x900"),
    ):
        assert done.returncode == 2
        assert words in done.stderr
    assert not out.exists()
