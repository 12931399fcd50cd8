"""plangeo and its peers on one workload, in turn, as whole processes.

    make bench SIZE=S                       # what this file does, after setting up both environments
    python bench/run.py --size S --peers plangeo,shapely --runs 5

Agreement is checked before a time is printed. Times of different machines or days do not compare; ratios of one
run do. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from agreement import compare, read_measures
from process import Run, run_process
from results import record, render
from workload import OUT, SIZES, Workload, prepare

ROOT = Path(__file__).resolve().parents[1]
PEER_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
RUNS = {"S": 3, "M": 2, "L": 1}
LOAD_OF_A_QUIET_MACHINE = 0.3


@dataclass(frozen=True)
class Contender:
    """One tool: how it is shown, its script, and whether it runs in plangeo's own environment."""

    name: str
    title: str
    script: str
    options: tuple[str, ...] = ()
    own: bool = False


READING = Contender("reading", "import geopandas and read both files, nothing else", "read_only.py", own=True)
PLANGEO = Contender("plangeo", "**plangeo**", "plangeo_measure.py", own=True)
PEERS = (
    Contender("geopandas", "geopandas.overlay + sjoin", "geopandas_overlay.py"),
    Contender("shapely", "shapely STRtree + vectorised intersection", "shapely_strtree.py"),
    Contender("dask", "dask-geopandas, 2 processes", "dask_geopandas_overlay.py"),
    Contender("duckdb", "DuckDB spatial, 2 threads", "duckdb_spatial.py"),
    Contender("sedonadb", "SedonaDB", "sedonadb_join.py"),
    Contender("postgis", "PostGIS, GiST", "postgis.py"),
    Contender("postgis-cut", "PostGIS, ST_Subdivide(256) first", "postgis.py", ("subdivided",)),
)
PLANGEO_MEASURE = Contender("measure", "plangeo, the measuring job alone", "plangeo_measure.py", own=True)
ASSESS = Contender("plangeo", "**plangeo.assess**, whole", "plangeo_assess.py", own=True)
# A job is what is timed. The peers have no counterpart to an assessment, so its yardstick is the reading.
MARGINS = Contender("plangeo", "**plangeo**, overlay and margins", "plangeo_margins.py", own=True)
WARM = Contender("plangeo", "**plangeo**, plan prepared before", "plangeo_warm.py", own=True)
JOBS: dict[str, tuple[Contender, ...]] = {
    "measure": (READING, PLANGEO, *PEERS),
    "assess": (READING, PLANGEO_MEASURE, ASSESS),
    "margins": (READING, MARGINS),
    "warm": (READING, WARM, *PEERS[:2]),
}
WARM_SITES = 1_000


def main() -> None:
    """Parse, run, compare, write."""
    chosen = _arguments()
    contenders = _chosen(JOBS[chosen.job], chosen.peers)
    workload = prepare(chosen.size, chosen.seed)
    if chosen.job == "warm":
        workload = _few_sites(workload)
        _run(WARM, workload, chosen.limit)
    load = os.getloadavg()[0]
    print(f"{chosen.job} on {workload.folder.name}, {chosen.runs} run(s) each, limit {chosen.limit:g} s", flush=True)
    runs = run_in_turn(contenders, workload, chosen.runs, chosen.limit)
    agreement = agreements(contenders, runs, workload) if chosen.job in ("measure", "warm") else {}
    for name, found in agreement.items():
        print(f"{name}: {found}")
    rows = [_row(c, runs[c.name], runs.get("plangeo", []), agreement.get(c.name)) for c in contenders]
    record(
        {
            "job": chosen.job,
            "size": chosen.size,
            "seed": chosen.seed,
            "runs": chosen.runs,
            "date": dt.date.today().isoformat(),
            "load_before": round(load, 2),
            "quiet": load < LOAD_OF_A_QUIET_MACHINE and not chosen.shared,
            "facts": (workload.folder / "facts.json").read_text(encoding="utf-8"),
            "versions": _versions(contenders),
            "rows": rows,
        }
    )
    print(render())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare plangeo with its peers on a made-up plan.")
    parser.add_argument("--size", choices=sorted(SIZES), default="S")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--job", choices=list(JOBS), default="measure")
    parser.add_argument("--peers", default="", help="comma-separated names, e.g. plangeo,shapely; all by default")
    parser.add_argument("--runs", type=int, default=0, help="default: 3 for S, 2 for M, 1 for L")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds one process may take; over it is a result")
    parser.add_argument("--shared", action="store_true", help="say in the results that the machine was not quiet")
    chosen = parser.parse_args()
    known = [c.name for c in JOBS[chosen.job]]
    unknown = [name for name in _names(chosen.peers) if name not in known]
    if unknown:
        parser.error(f"--peers knows {', '.join(known)}; not {', '.join(unknown)}")
    chosen.runs = chosen.runs or RUNS[chosen.size]
    return chosen


def _few_sites(workload: Workload) -> Workload:
    """The same plan with a new, small register."""
    folder = workload.folder.with_name(f"{workload.folder.name}-warm")
    folder.mkdir(exist_ok=True)
    small = Workload(folder, workload.size, workload.seed)
    for name in ("zones.parquet", "rulebook.yaml"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(workload.folder / name)
    pq.write_table(pq.read_table(workload.sites).slice(0, WARM_SITES), small.sites)
    facts = json.loads((workload.folder / "facts.json").read_text(encoding="utf-8"))
    (folder / "facts.json").write_text(json.dumps(facts | {"sites": min(WARM_SITES, facts["sites"])}), encoding="utf-8")
    return small


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _chosen(contenders: Iterable[Contender], names: str) -> list[Contender]:
    wanted = _names(names)
    return [c for c in contenders if not wanted or c.name in wanted]


def run_in_turn(contenders: list[Contender], workload: Workload, rounds: int, limit_s: float) -> dict[str, list[Run]]:
    """Run every contender once per round; one that failed or took too long is not asked again."""
    runs: dict[str, list[Run]] = {c.name: [] for c in contenders}
    for number in range(1, rounds + 1):
        for contender in contenders:
            done = runs[contender.name]
            if done and done[-1].fault:
                continue
            print(f"round {number} of {rounds}: {contender.name}", flush=True)
            done.append(_run(contender, workload, limit_s))
    return runs


def _run(contender: Contender, workload: Workload, limit_s: float) -> Run:
    python = Path(sys.executable) if contender.own else PEER_PYTHON
    if not python.exists():
        return Run(float("nan"), float("nan"), "not available: .venv-bench is missing, run make bench")
    out = _output(contender, workload)
    out.unlink(missing_ok=True)
    script = str(ROOT / "bench" / "peers" / contender.script)
    command = [str(python), script, str(workload.zones), str(workload.sites), str(out), *contender.options]
    # plangeo is the copy beside this file, whatever the environment has installed.
    run = run_process(command, limit_s, {"PYTHONPATH": str(ROOT)} if contender.own else {})
    if not run.fault and contender.name != "reading" and not out.exists():
        return Run(run.wall_s, run.peak_gb, "failed: it wrote no result")
    return run


def _output(contender: Contender, workload: Workload) -> Path:
    return workload.folder / f"result-{contender.script.removesuffix('.py')}{''.join(contender.options)}.parquet"


def agreements(contenders: list[Contender], runs: dict[str, list[Run]], workload: Workload) -> dict[str, dict[str, Any]]:
    """Compare every result with plangeo's, or with the first there is when plangeo gave none."""
    finished = [c for c in contenders if c.name != "reading" and not runs[c.name][-1].fault]
    finished.sort(key=lambda c: c.name != "plangeo")
    found: dict[str, dict[str, Any]] = {}
    reference: pd.Series | None = None
    for contender in finished:
        try:
            measures = read_measures(_output(contender, workload))
        except ValueError as fault:
            found[contender.name] = {"holds": False, "worst": str(fault)}
            continue
        if reference is None:
            reference = measures
            found[contender.name] = {"holds": True, "reference": True, "pairs": len(measures)}
        else:
            found[contender.name] = compare(measures, reference).as_dict()
    return found


def _row(contender: Contender, runs: list[Run], own: list[Run], agreement: dict[str, Any] | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": contender.name, "title": contender.title, "fault": runs[-1].fault, "agreement": agreement}
    if runs[-1].fault:
        return row
    wall = statistics.median(r.wall_s for r in runs)
    row |= {"wall_s": wall, "walls_s": [round(r.wall_s, 3) for r in runs], "peak_gb": max(r.peak_gb for r in runs)}
    row["phases"] = {name: statistics.median(r.phases[name] for r in runs) for name in runs[-1].phases}
    if own and not own[-1].fault:
        row["ratio"] = wall / statistics.median(r.wall_s for r in own)
    return row


_ASK_VERSIONS = """
import importlib.metadata as m, platform
names = ["plangeo", "geopandas", "shapely", "numpy", "pyarrow", "dask-geopandas", "duckdb", "sedonadb"]
found = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in m.distributions()}
import shapely
print("Python " + platform.python_version() + ", GEOS " + shapely.geos_version_string
      + "".join(f", {n} {found[n]}" for n in names if n in found))
"""


def _versions(contenders: list[Contender]) -> dict[str, str]:
    """What the two environments and the database hold, as text."""
    out = {}
    for place, python in (("plangeo", Path(sys.executable)), ("peers", PEER_PYTHON)):
        if python.exists():
            out[place] = _said([str(python), "-c", _ASK_VERSIONS])
    if any(c.name.startswith("postgis") for c in contenders):
        out["PostGIS"] = _said(["sh", "-c", "dpkg-query -W -f '${Package} ${Version}  ' 'postgresql-*-postgis-3' || true"])
    out["commit"] = _said(["git", "-C", str(ROOT), "describe", "--always", "--dirty"])
    return out


def _said(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout.strip()
    except OSError:
        return ""


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    main()
