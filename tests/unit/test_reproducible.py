"""One register and one plan through twelve ways of execution: one verdict digest, and equal bytes where rows stand in one order.

A cluster is asked in test_stream.py (a worker is killed) and in tests/property/test_assess.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from plangeo import assess, assess_to, backends, load_rulebook, read_sites
from plangeo.manifest import read_manifest, verdict_digest
from plangeo.report import OUTPUTS, write_outputs
from plangeo.sources import LayerFile
from tests.makers import rulebook_text, site, sites, square, zones

ON = "2025-07-01"
ROOT = Path(__file__).resolve().parents[2]
CODES = ["PNN", "LUC", "SKK", "NNP", "RPH"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """25 sites, one without a place and two of one identifier, over a plan with a hole and an overlap."""
    base = tmp_path_factory.mktemp("inputs")
    grid = [(f"z{n}", CODES[n % 5], square(500 * (n % 6), 500 * (n // 6), 500), "P1") for n in range(30) if n != 8]
    zones(*grid, ("over", "RPH", square(700, 700, 600), "P1")).to_parquet(base / "zones.parquet")
    chance = np.random.default_rng(7)
    uses = ["housing", "industrial_park", "farm"]
    rows = [site(f"s{n}", square(x, y, 10 + 9 * n), uses[n % 3]) for n, (x, y) in enumerate(chance.uniform(0, 2400, (21, 2)))]
    rows += [
        site("well", square(100, 100, 60)),
        site("s5", shapely.Point(square(40, 40, 1).centroid)),
        site("nowhere", None),
        site("=far", square(90_000, 0, 50)),
    ]
    sites(*rows).drop(columns="problem").to_parquet(base / "sites.parquet")
    (base / "rulebook.yaml").write_text(rulebook_text(), "utf-8")
    return {name: base / file for name, file in (("z", "zones.parquet"), ("s", "sites.parquet"), ("r", "rulebook.yaml"))}


def judged(inputs: dict[str, Path], **options: Any) -> Any:
    given = {"zones": inputs["z"]} | options
    return assess(
        given.pop("sites", None) if "sites" in given else read_sites(inputs["s"]), load_rulebook(inputs["r"]), on=ON, **given
    )


def streamed(inputs: dict[str, Path], folder: Path, size: int, **options: Any) -> Path:
    return assess_to(
        folder, inputs["s"], load_rulebook(inputs["r"]), on=ON, zones=inputs["z"], part_sites=size, run={"by": "test"}, **options
    )


def in_chunks_of(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plangeo.assessment.CHUNK_SITES", size)
    monkeypatch.setattr("plangeo.assessment.SERIAL_SITES", size)


def prepared(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PLANGEO_CACHE", str(folder))
    monkeypatch.setattr("plangeo.layers.PREPARE_FROM_BYTES", 0)


_FRESH = """
import sys
from plangeo import assess, load_rulebook, read_sites
from plangeo.report import write_outputs
s, z, r, out = sys.argv[1:]
write_outputs(assess(read_sites(s), load_rulebook(r), on="2025-07-01", zones=z), out, run={"by": "test"})
"""


def in_another_process(inputs: dict[str, Path], folder: Path) -> Path:
    """Another order of sets and dictionaries, another folder, another language, one thread."""
    more = {"PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT), "LC_ALL": "C", "TZ": "Asia/Ho_Chi_Minh", "OMP_NUM_THREADS": "1"}
    paths = [str(inputs[name]) for name in "szr"]
    done = subprocess.run(
        [sys.executable, "-c", _FRESH, *paths, str(folder)], cwd="/", env={**os.environ, **more}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder


def written(result: Any, folder: Path) -> dict[str, bytes]:
    out = write_outputs(result, folder, run={"by": "test"})
    return {name: (out / name).read_bytes() for name in (*OUTPUTS, "manifest.json")}


@pytest.fixture(scope="module")
def first(inputs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, bytes]]:
    """The plain way: at once, in this process, the plan read from its file."""
    result = judged(inputs)
    assert set(result.sites["verdict"]) == {"permitted", "conditional", "unknown", "not_permitted"}
    return verdict_digest(result.sites), written(result, tmp_path_factory.mktemp("first") / "out")


WAYS: dict[str, Callable[[dict[str, Path], Path, pytest.MonkeyPatch], Any]] = {
    "again": lambda i, d, m: judged(i),
    "chunks of 3": lambda i, d, m: [in_chunks_of(3, m), judged(i)][1],
    "two threads": lambda i, d, m: [in_chunks_of(5, m), judged(i, backend=backends.threads(2))][1],
    "two processes": lambda i, d, m: [in_chunks_of(5, m), judged(i, backend=backends.processes(2))][1],
    "compiled sums": lambda i, d, m: [m.setattr("plangeo.assessment.prefers_compiled", lambda count: True), judged(i)][1],
    "another process": lambda i, d, m: in_another_process(i, d / "out"),
}
"""Ways whose every output has equal bytes, manifest included."""

SAME_VERDICTS: dict[str, Callable[[dict[str, Path], Path, pytest.MonkeyPatch], Any]] = {
    "sites in another order": lambda i, d, m: judged(i, sites=read_sites(i["s"]).sample(frac=1, random_state=1)),
    "zones in another order": lambda i, d, m: judged(i, zones=gpd.read_parquet(i["z"]).sample(frac=1, random_state=2)),
    "layer in memory": lambda i, d, m: judged(i, zones=LayerFile(i["z"]).read("zones")),
    "prepared layer": lambda i, d, m: [prepared(m, d / "cache"), judged(i), judged(i)][2],
    "stream, parts of 7": lambda i, d, m: streamed(i, d / "out", 7),
    "stream, one part, threads": lambda i, d, m: streamed(i, d / "out", 1000, backend=backends.threads(2)),
}
"""Ways with other rows, inputs told otherwise or fewer files: the verdict digest is the same."""


@pytest.mark.parametrize("way", WAYS)
def test_equal_bytes(
    way: str, inputs: dict[str, Path], first: tuple[str, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = WAYS[way](inputs, tmp_path, monkeypatch)
    files = written(found, tmp_path / "out") if not isinstance(found, Path) else {n: (found / n).read_bytes() for n in first[1]}
    assert [name for name in first[1] if files[name] != first[1][name]] == []


@pytest.mark.parametrize("way", SAME_VERDICTS)
def test_equal_digests(
    way: str, inputs: dict[str, Path], first: tuple[str, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SAME_VERDICTS[way](inputs, tmp_path, monkeypatch)
    digest = read_manifest(found)["verdict_digest"] if isinstance(found, Path) else verdict_digest(found.sites)
    assert digest == first[0]
    if isinstance(found, Path):
        assert all((found / name).read_bytes() == first[1][name] for name in ("verdicts.csv", "findings.csv"))
