"""Hold the estimate of a run against what it takes: python bench/estimate.py demo S M:2000 M:2000:stream

Each argument is the sample, or a size of bench/workload.py, with a number of sites and ``stream`` where wanted. Printed is a row for
each: estimated and real seconds of processor time and memory at the peak, and their ratios. Processor time is what an idle machine
takes, for most of a run uses one core; where others work too, the clock shows more.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd

import workload
from plangeo import sample
from plangeo.project_file import Project, load_project
from plangeo.rerun import size_of
from plangeo.resources.estimate import estimate_run


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
    path = folder / f"{what.replace(':', '-')}.yaml"
    path.write_text(
        f"register: {sites}\nrulebook: {made.rulebook}\non: 2025-07-01\nlayers: {{zones: {made.zones}}}\n", encoding="utf-8"
    )
    return load_project(path), path, streamed


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


if __name__ == "__main__":
    main()
