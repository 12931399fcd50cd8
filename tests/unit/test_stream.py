"""Registers that go through part by part: the answer of ``assess``, whoever works and however often the run is stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import yaml

from plangeo import assess, assess_to, backends, layers, load_rulebook, read_sites
from plangeo.errors import InputError
from plangeo.report import write_outputs
from tests.makers import rulebook_text, site, sites, square, zones

ON = "2025-07-01"
CODES = ["PNN", "LUC", "SKK", "NNP", "RPH"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def everything_is_prepared_and_sliced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLANGEO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(layers, "PREPARE_FROM_BYTES", 0)
    monkeypatch.setattr("plangeo.registers.COMPILED_FROM", 0)


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    """A register of 40 sites, some without a place or with an identifier used twice, and the plan under it."""
    grid = [(f"z{n}", CODES[n % 5], square(500 * (n % 6), 500 * (n // 6), 500), "P1") for n in range(30) if n != 8]
    zones(*grid, ("over", "RPH", square(700, 700, 600), "P1")).to_parquet(tmp_path / "zones.parquet")
    chance = np.random.default_rng(3)
    rows = [
        site(f"s{n}", square(x, y, 10 + 7 * n), ["housing", "industrial_park", "farm"][n % 3], declared_area_m2=100.0 * n)
        for n, (x, y) in enumerate(chance.uniform(0, 2400, (37, 2)))
    ]
    rows += [site("s5", shapely.Point(square(40, 40, 1).centroid)), site("nowhere", None), site("far", square(90_000, 0, 50))]
    sites(*rows).drop(columns="problem").to_parquet(tmp_path / "sites.parquet")
    (tmp_path / "rulebook.yaml").write_text(rulebook_text(), "utf-8")
    return {
        name: tmp_path / file
        for name, file in (("zones", "zones.parquet"), ("sites", "sites.parquet"), ("rules", "rulebook.yaml"))
    }


def stream(inputs: dict[str, Path], folder: Path, **options: Any) -> Path:
    options = {"part_sites": 7} | options
    return assess_to(folder, inputs["sites"], load_rulebook(inputs["rules"]), on=ON, zones=inputs["zones"], **options)


def at_once(inputs: dict[str, Path], folder: Path) -> Path:
    whole = assess(read_sites(inputs["sites"]), load_rulebook(inputs["rules"]), on=ON, zones=inputs["zones"])
    return write_outputs(whole, folder)


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found


def _inputs(folder: Path) -> list[dict[str, Any]]:
    """What is told of the inputs, without the look at all declared areas beside all drawn ones, which no part of a stream can take."""
    inputs: list[dict[str, Any]] = manifest(folder)["inputs"]
    return [{**one, "decisions": [d for d in one["decisions"] if "drawn" not in d["said"]]} for one in inputs]


def test_parts_give_what_a_run_at_once_gives(inputs: dict[str, Path], tmp_path: Path) -> None:
    parts, whole = stream(inputs, tmp_path / "parts"), at_once(inputs, tmp_path / "whole")
    assert manifest(parts)["verdict_digest"] == manifest(whole)["verdict_digest"]
    assert manifest(parts)["counts"] == manifest(whole)["counts"]
    assert _inputs(parts) == _inputs(whole)
    assert sum(manifest(parts)["counts"]["verdicts"].values()) == 40
    for name in ("verdicts.csv", "findings.csv"):
        assert (parts / name).read_bytes() == (whole / name).read_bytes()
    one, other = (gpd.read_parquet(folder / "evidence.parquet") for folder in (parts, whole))
    pd.testing.assert_frame_equal(one.drop(columns="geometry"), other.drop(columns="geometry"), check_dtype=False)
    assert one.geometry.to_wkb().fillna(b"").tolist() == other.geometry.to_wkb().fillna(b"").tolist()
    assert sorted(p.name for p in parts.iterdir()) == ["evidence.parquet", "findings.csv", "manifest.json", "verdicts.csv"]


_KILLED = """
import os, signal, sys
from plangeo import assess_to, layers, load_rulebook, registers

layers.PREPARE_FROM_BYTES = registers.COMPILED_FROM = 0

def until_the_power_fails(function, parts):
    for number, part in enumerate(parts):
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        yield function(part)

folder, sites, rules, zones = sys.argv[1:]
assess_to(folder, sites, load_rulebook(rules), on="2025-07-01", zones=zones, part_sites=7, backend=until_the_power_fails)
"""


def counted(made: list[int]) -> Callable[..., Iterator[Any]]:
    def run(function: Callable[..., Any], parts: Iterable[Any]) -> Iterator[Any]:
        for part in parts:
            made.append(part[0])
            yield function(part)

    return run


def killed(inputs: dict[str, Path], folder: Path) -> None:
    command = [sys.executable, "-c", _KILLED, str(folder), *(str(inputs[n]) for n in ("sites", "rules", "zones"))]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (folder / "manifest.json").exists()


def test_a_killed_run_goes_on_and_gives_the_same(inputs: dict[str, Path], tmp_path: Path) -> None:
    killed(inputs, tmp_path / "out")
    left = sorted(p.name for p in (tmp_path / "out" / "parts").glob("part-*.zip"))
    assert left == ["part-000000.zip", "part-000001.zip", "part-000002.zip"]
    damaged = tmp_path / "out" / "parts" / left[1]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    made: list[int] = []
    stream(inputs, tmp_path / "out", resume=True, backend=counted(made))
    assert made == [1, 3, 4, 5]
    expected = manifest(at_once(inputs, tmp_path / "whole"))
    assert manifest(tmp_path / "out")["verdict_digest"] == expected["verdict_digest"]
    assert (tmp_path / "out" / "findings.csv").read_bytes() == (tmp_path / "whole" / "findings.csv").read_bytes()


@pytest.mark.parametrize(
    ("changed", "told"), [("zones", "the layer zones"), ("rules", "the rulebook"), ("sites", "the register")]
)
def test_a_run_does_not_go_on_with_other_inputs(inputs: dict[str, Path], tmp_path: Path, changed: str, told: str) -> None:
    killed(inputs, tmp_path / "out")
    if changed == "rules":
        book = yaml.safe_load(inputs["rules"].read_text("utf-8"))
        book["rules"] = book["rules"][:-1]
        inputs["rules"].write_text(yaml.safe_dump(book, allow_unicode=True), "utf-8")
    else:
        gpd.read_parquet(inputs[changed]).iloc[1:].to_parquet(inputs[changed])
    with pytest.raises(InputError, match=f"cannot go on: {told} changed") as met:
        stream(inputs, tmp_path / "out", resume=True)
    assert met.value.code == "run_cannot_resume"
    made: list[int] = []
    stream(inputs, tmp_path / "out", backend=counted(made))
    assert made == [0, 1, 2, 3, 4, 5]


class DiesOnce:
    """The work of a part, by a worker that is killed in the middle of its second part."""

    def __init__(self, function: Callable[..., Any], mark: Path) -> None:
        self.function, self.mark = function, mark

    def __call__(self, part: Any) -> Any:
        if part[0] == 1 and not self.mark.exists():
            self.mark.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return self.function(part)


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(inputs: dict[str, Path], tmp_path: Path) -> None:
    cluster = backends.dask(workers=2)

    def backend(function: Callable[..., Any], parts: Iterable[Any]) -> Iterator[Any]:
        yield from cluster(DiesOnce(function, tmp_path / "killed"), parts)

    found = manifest(stream(inputs, tmp_path / "out", backend=backend))
    assert int((tmp_path / "killed").read_text()) != os.getpid()
    expected = manifest(at_once(inputs, tmp_path / "whole"))
    assert found["verdict_digest"] == expected["verdict_digest"]
    assert found["counts"] == expected["counts"]
    verdicts = pd.read_csv(tmp_path / "out" / "verdicts.csv", encoding="utf-8-sig")
    assert len(verdicts) == verdicts["site_id"].nunique() == 40


def test_an_empty_register_and_parts_without_sites_are_refused(inputs: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="part_sites=0"):
        stream(inputs, tmp_path / "out", part_sites=0)
