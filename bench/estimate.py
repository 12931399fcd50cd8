"""Hold the estimate of a run against what it takes: python bench/estimate.py demo S M:2000 M:2000:stream

Each argument is the sample, or a size of bench/workload.py, with a number of sites, ``stream``, ``cross`` (the second computation) and
``raster30`` (elevations, by the metres of a cell) where wanted. Printed is a row for
each: estimated and real seconds of processor time and memory at the peak, and their ratios. Processor time is what an idle machine
takes, for most of a run uses one core; where others work too, the clock shows more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio

import workload
from plangeo import sample
from plangeo.project_file import Project, load_project
from plangeo.rerun import size_of
from plangeo.resources.estimate import estimate_run

STEEP = """
requirements:
  - {use: [industrial_park, housing, tourism, energy, school, mining, road, reservoir], layer: dem, field: slope_deg, op: "<=", value: 25,
     share: 0.5, unit: metre, basis: made-up}
"""


def project_of(what: str, folder: Path, out: Path) -> tuple[Project, Path, bool]:
    """Return the run that an argument names, its project file, and whether it is streamed."""
    name, *more = what.split(":")
    streamed = "stream" in more
    if name == "demo":
        path = Path(sample("plangeo.yaml"))
        return load_project(path), path, False
    made = workload.prepare(name, 1, out)
    sites = made.sites
    if counts := [int(word) for word in more if word.isdigit()]:
        sites = folder / f"sites-{counts[0]}.parquet"
        gpd.read_parquet(made.sites).iloc[: counts[0]].to_parquet(sites)
    layers, rules = {"zones": made.zones}, made.rulebook
    for cell in (int(word.removeprefix("raster")) for word in more if word.startswith("raster")):
        layers["dem"], rules = elevations(gpd.read_parquet(sites), cell, folder), folder / "slope.yaml"
        rules.write_text(made.rulebook.read_text("utf-8") + STEEP, encoding="utf-8")
    path = folder / f"{what.replace(':', '-')}.yaml"
    path.write_text(
        f"register: {sites}\nrulebook: {rules}\non: 2025-07-01\nlayers: {{{', '.join(f'{k}: {v}' for k, v in layers.items())}}}\n"
        + ("cross_check: true\n" if "cross" in more else ""),
        encoding="utf-8",
    )
    return load_project(path), path, streamed


def elevations(sites: gpd.GeoDataFrame, cell: int, folder: Path) -> Path:
    """Write elevations under the sites, in tiles as offices get them; metres."""
    west, south, east, north = sites.total_bounds
    width, height = int((east - west) / cell) + 3, int((north - south) / cell) + 3
    rng, path = np.random.default_rng(1), folder / f"dem-{cell}.tif"
    tiles = {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate", "dtype": "float32", "count": 1}
    place = rasterio.Affine(cell, 0, west - cell, 0, -cell, north + cell)
    with rasterio.open(path, "w", crs=sites.crs, transform=place, width=width, height=height, **tiles) as target:
        for top in range(0, height, 256):
            rows = min(256, height - top)
            hills = 300 * np.sin(np.arange(top, top + rows)[:, None] / 90) * np.cos(np.arange(width) / 70)
            window = rasterio.windows.Window(0, top, width, rows)
            target.write((hills + rng.normal(size=(rows, width))).astype("float32"), 1, window=window)
    return path


def measured(path: Path, folder: Path, streamed: bool) -> tuple[float, float, float]:
    """Run a project in a process of its own; return seconds of processor time, seconds by the clock, bytes at the peak."""
    command = [sys.executable, "-m", "plangeo", "assess", "--project", str(path), "--out", str(folder / "out" / path.stem)]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, *(["--stream"] if streamed else [])], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {run.returncode}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss * 1024.0


def times(out: Path) -> dict[str, float]:
    """Return phase → seconds by the clock, as the log of a run says."""
    lines = [json.loads(line) for line in (out / "run.log.jsonl").read_text("utf-8").splitlines()]
    return {str(line.get("phase")): line["seconds"] for line in lines if "seconds" in line}


def main() -> None:
    """Measure what the arguments name and print a table."""
    print("| run | sites | vertices | estimated s | real s (clock) | ratio | estimated GB | real GB | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ.setdefault("PLANGEO_CACHE", str(folder / "cache"))
        for what in sys.argv[1:] or ("demo", "S"):
            project, path, streamed = project_of(what, folder, workload.OUT)
            size = size_of(project, streamed=streamed)
            told = estimate_run(size)
            seconds, clock, memory = measured(path, folder, streamed)
            print(
                f"| {what} | {size.sites:,} | {size.vertices + size.other_vertices:,} | {told.seconds:.0f} | {seconds:.0f} ({clock:.0f}) | "
                f"{told.seconds / seconds:.2f} | {told.memory / 1e9:.2f} | {memory / 1e9:.2f} | {told.memory / memory:.2f} |",
                flush=True,
            )
            if "PHASES" in os.environ:
                print(
                    {phase: round(value, 1) for phase, value in told.phases.items()},
                    times(folder / "out" / path.stem),
                    flush=True,
                )


if __name__ == "__main__":
    main()
