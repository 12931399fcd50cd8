"""What a run is told to take before it begins: what files hold, the estimate, the budget, and what is left."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from plangeo.cli import run
from plangeo.console import Console
from plangeo.errors import InputError
from plangeo.project_file import load_project, parse_project
from plangeo.rerun import repeat_run, size_of
from plangeo.resources.amounts import bytes_in_words, parse_bytes, parse_seconds, seconds_in_words
from plangeo.resources.budget import Limits, require_fit
from plangeo.resources.estimate import COUNTED_SPREAD, RunSize, estimate_run, is_long
from plangeo.resources.freememory import free_memory
from plangeo.resources.holdings import holdings_of
from plangeo.resources.remaining import Remaining

ROWS = 40


@pytest.fixture(scope="module")
def plan() -> gpd.GeoDataFrame:
    """Circles of 257 vertices each."""
    rounds = [shapely.Point(450_000 + 900 * n, 2_400_000).buffer(400, quad_segs=64) for n in range(ROWS)]
    return gpd.GeoDataFrame({"zone_code": "ODT"}, index=range(ROWS), geometry=rounds, crs=9215)


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".parquet", ".fgb"])
def test_a_file_of_shapes_says_about_how_much_it_holds(suffix: str, plan: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / f"plan{suffix}"
    plan.to_parquet(path) if suffix == ".parquet" else plan.to_file(path)
    held = holdings_of(path)
    assert 0.5 < held.vertices / (257 * ROWS) < 2 or suffix == ".gpkg"  # of a GeoPackage 100 kB are its own tables
    assert held.vertices >= 257 * ROWS / 2
    assert not held.counted or held.rows == ROWS


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_table_says_about_how_many_rows_it_has(suffix: str, tmp_path: Path) -> None:
    table = pd.DataFrame({"Mã": [f"P-{n:04d}" for n in range(500)], **{f"Nội dung {k}": "Khu công nghiệp" for k in range(12)}})
    path = tmp_path / f"list{suffix}"
    table.to_csv(path, index=False) if suffix == ".csv" else table.to_excel(path, index=False)
    assert 0.4 < holdings_of(path).rows / 500 < 2.5


def test_what_cannot_be_looked_at_is_left_to_its_reader(tmp_path: Path) -> None:
    endless = tmp_path / "endless.gpkg"
    with closing(sqlite3.connect(endless)) as base:
        base.execute(
            "CREATE VIEW gpkg_ogr_contents AS WITH RECURSIVE n(feature_count) AS "
            "(SELECT 1 UNION ALL SELECT feature_count + 1 FROM n) SELECT feature_count FROM n"
        )
        base.commit()
    for name, content in (("a.parquet", b"PAR1"), ("a.shp", b""), ("a.xlsx", b"PK"), ("a.zip", b"PK"), ("a.gpkg", b"SQLite")):
        (tmp_path / name).write_bytes(content)
    for path in tmp_path.iterdir():
        assert not holdings_of(path).counted


sizes = st.builds(
    RunSize,
    sites=st.integers(0, 10**7),
    vertices=st.integers(0, 10**9),
    other_vertices=st.integers(0, 10**8),
    rasters=st.integers(0, 5),
    streamed=st.booleans(),
    cross_check=st.booleans(),
)


@given(sizes, st.integers(1, 10**6), st.integers(1, 10**7))
def test_more_to_do_never_takes_less(size: RunSize, sites: int, vertices: int) -> None:
    small = estimate_run(size)
    large = estimate_run(RunSize(size.sites + sites, size.vertices + vertices, size.other_vertices, size.rasters, size.streamed,
                                 cross_check=size.cross_check))  # fmt: skip
    assert large.seconds > small.seconds
    assert large.memory > small.memory


@pytest.mark.parametrize(
    ("size", "seconds", "gigabytes"),
    [
        (RunSize(1_000, 183_188), 23, 0.65),
        (RunSize(1_000, 1_003_271), 31, 0.76),
        (RunSize(5_000, 1_119_553), 101, 1.23),
        (RunSize(1_000, 183_188, rasters=1), 26, 0.70),
        (RunSize(1_000, 183_188, rasters=1), 30, 0.70),
        (RunSize(1_000, 1_003_271, rasters=1), 31, 0.80),
        (RunSize(1_000, 183_188, cross_check=True), 124, 0.72),
        (RunSize(1_000, 1_003_271, cross_check=True), 140, 0.74),
    ],
)
def test_runs_that_were_measured_lie_within_the_spread(size: RunSize, seconds: float, gigabytes: float) -> None:
    """By bench/estimate.py: S, H:1000, H, S:raster30, S:raster10, H:1000:raster30, S:cross, H:1000:cross; no constant was fitted on H without cross."""
    told = estimate_run(size)
    assert 1 / COUNTED_SPREAD < told.seconds / seconds < COUNTED_SPREAD
    assert 1 / COUNTED_SPREAD < told.memory / 1e9 / gigabytes < COUNTED_SPREAD


@given(sizes)
def test_a_budget_refuses_what_is_estimated_above_it_and_nothing_else(size: RunSize) -> None:
    found = estimate_run(size)
    assert require_fit(size, Limits(found.memory, found.seconds)) == found
    for limits in (Limits(memory=found.memory * 0.99), Limits(seconds=found.seconds * 0.99)):
        with pytest.raises(InputError, match="Nothing was begun") as met:
            require_fit(size, limits)
        assert met.value.code in ("budget_memory_exceeded", "budget_time_exceeded")
        assert ("--stream" in str(met.value)) is not size.streamed


def test_the_way_out_that_is_named_fits() -> None:
    size = RunSize(200_000, 4_000_000)
    limits = Limits(memory=estimate_run(RunSize(200_000, 4_000_000, streamed=True)).memory)
    with pytest.raises(InputError, match="--stream, without map, workbook and studies, takes about") as met:
        require_fit(size, limits)
    assert "still too much" not in str(met.value)
    assert "plangeo prepare" in str(met.value)
    with pytest.raises(InputError, match="--stream would fit, but takes no --boundaries"):
        require_fit(size, limits, can_stream=False)


@given(st.floats(1, 1e7))
def test_amounts_said_are_the_amounts_meant(amount: float) -> None:
    assert parse_seconds(seconds_in_words(amount).replace(",", ""), "x") == pytest.approx(amount, rel=0.06)
    assert parse_bytes(bytes_in_words(amount * 1e6).replace(",", ""), "x") == pytest.approx(amount * 1e6, rel=0.06)


@pytest.mark.parametrize("text", ["4", "", "GB", "0 GB", "-4 GB", "4 GB 2", "4 parsec", "9" * 400 + " GB", "١ GB"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write a number above zero with its unit"):
        parse_bytes(text, "--memory")


def test_a_run_above_its_budget_is_refused_before_anything_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "projects.xlsx"
    broken.write_bytes(b"a register that no reader takes")
    (tmp_path / "rules.yaml").write_text("not a rulebook")
    given = [
        "assess",
        str(broken),
        "--rulebook",
        str(tmp_path / "rules.yaml"),
        "--on",
        "2025-07-01",
        "--out",
        str(tmp_path / "out"),
    ]
    assert run([*given, "--memory", "10 MB"]) == 2
    said = capsys.readouterr().err
    assert "its budget is 10 MB" in said
    assert "[budget_memory_exceeded]" in said
    assert run([*given, "--time", "1 s", "--stream"]) == 2
    assert "[budget_time_exceeded]" in capsys.readouterr().err
    assert run([*given, "--time", "1"]) == 2
    assert "--time '1' is no amount" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_budget_of_a_project_file(tmp_path: Path) -> None:
    lines = "register: a.csv\nrulebook: r.yaml\non: 2025-07-01\nlayers: {zones: z.gpkg, slope: s.tif}\n"
    project = parse_project(lines + "budget: {memory: 4 GB, time: 10 min}\n", folder=tmp_path)
    assert project.budget is not None
    assert project.budget.limits() == Limits(4e9, 600.0)
    assert size_of(project).rasters == 1
    with pytest.raises(InputError, match=r"line 5: 'budget\.memory'.*write a number above zero"):
        parse_project(lines + "budget: {memory: 4}\n".replace("4", "'4'"), folder=tmp_path)
    with pytest.raises(InputError, match=r"unknown key 'budget\.memry'; did you mean 'memory'"):
        parse_project(lines + "budget: {memry: 4 GB}\n", folder=tmp_path)


def test_the_sample_is_not_long(capsys: pytest.CaptureFixture[str]) -> None:
    from plangeo import sample

    size = size_of(load_project(sample("plangeo.yaml")))
    assert 0.5 < size.sites / 72 < 2
    assert not is_long(estimate_run(size), 8e9)
    assert (free_memory() or 1e6) >= 1e6


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_who_repeats_a_long_run_is_told_so(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    repeat_run(recorded / "out", told.append, studied=False)
    assert not any("estimated" in text for text in told), "a short run is just done"
    monkeypatch.setattr("plangeo.resources.estimate.NOTICE_SECONDS", 0.0)
    repeat_run(recorded / "out", told.append, studied=False)
    first = next(text for text in told if "estimated" in text)
    assert first.startswith("reading and judging once more, estimated: about ")


def test_what_is_left_follows_the_counts_and_the_pace_of_what_is_over() -> None:
    now = 0.0
    left = Remaining({"read": 10.0, "judge": 100.0, "write": 20.0}, lambda: now)
    left.begin("read")
    assert left.seconds() == 130.0
    now = 20.0  # twice as long as estimated, so all the rest is thought to be
    left.begin("judge")
    assert left.seconds() == 240.0
    left.count(600, 1000)  # found finished by an earlier run: no pace
    now = 21.0
    left.count(700, 1000)
    assert left.seconds() == pytest.approx(3.0 + 20.0 * (20 + 10) / 110)
    now = 25.0
    left.begin("write")
    assert left.seconds() == pytest.approx(20.0 * 25 / 110)
    now = 99.0
    assert left.seconds() is None


def test_a_terminal_sees_phases_and_counts_and_nothing_is_left_of_the_line() -> None:
    now = 0.0
    stream = Terminal()
    console = Console(stream, lambda: now)
    console.expect({"judge": 60.0, "write": 5.0})
    console.step("judge")
    console("judging 20000 sites")
    for done in range(0, 20_001, 2_000):
        now += 1.0
        console.count(done, 20_000)
    assert console.counted == (20_000, 20_000)
    console.step("write")
    console("writing out")
    lines = stream.getvalue().splitlines()
    assert lines[0] == "… judging 20000 sites (step 1 of 2, about 65 s left in all)"
    assert "2,000 of 20,000, about " in stream.getvalue()
    assert lines[-1].startswith("… writing out (step 2 of 2, about ")
    assert lines[-2].strip() == "" or lines[-1].startswith("…")


def test_nothing_is_told_where_nobody_looks() -> None:
    stream = io.StringIO()
    console = Console(stream, lambda: 0.0)
    console("judging")
    console.count(1, 2)
    console.clear()
    assert stream.getvalue() == ""
