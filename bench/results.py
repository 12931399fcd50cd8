"""The benchmark's results: kept as JSON by job and size, rendered as one page and one picture."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
STORE = HERE / "results"
MAPS = HERE / "maps.json"
PAGE, PICTURE = HERE / "RESULTS.md", HERE / "results.png"
_HEAD = """# plangeo and its peers

Written by `make bench`; do not edit. Whole processes (start, import, read, job, write), in turn; medians.
**Ratio** is peer ÷ plangeo of the same run: above 1, plangeo is faster. Agreement is held against the result marked reference, plangeo's own where it gave one
(same pairs above 1e-6 m² or m; 1e-9 relative above 1,000, 1e-6 absolute below) and was checked before any time was printed.
Made-up plan (`bench/workload.py`): one planar coverage with wiggly shared borders; forests, rivers and roads are dissolved
into multipolygons with many holes.

![wall seconds and peak memory](results.png)
"""


def record(result: dict[str, Any]) -> None:
    """Keep the result of one job and size, in place of the one before."""
    STORE.mkdir(exist_ok=True)
    text = json.dumps(result | {"machine": machine()}, indent=1, ensure_ascii=False)
    (STORE / f"{result['job']}-{result['size']}.json").write_text(text + "\n", encoding="utf-8")


def render() -> str:
    """Write the page and the picture of all results kept, and return the page."""
    order = {"S": 0, "M": 1, "L": 2}
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in STORE.glob("*.json")]
    kept.sort(key=lambda r: (r["job"] != "measure", r["job"], order[r["size"]]))
    page = _HEAD + "".join(_section(result) for result in kept) + _maps()
    PAGE.write_text(page, encoding="utf-8")
    draw(kept)
    return page


def record_maps(rows: list[dict[str, Any]]) -> None:
    """Keep what ``briefing_map.py`` measured, one row per size, in place of what was kept of these sizes."""
    kept = {row["zones"]: row for row in [*_kept_maps(), *rows]}
    text = json.dumps([kept[zones] for zones in sorted(kept)], indent=1, ensure_ascii=False)
    MAPS.write_text(text + "\n", encoding="utf-8")


def _kept_maps() -> list[dict[str, Any]]:
    return json.loads(MAPS.read_text(encoding="utf-8")) if MAPS.is_file() else []  # type: ignore[no-any-return]


def _maps() -> str:
    """The section on the briefing map; empty where nothing was measured."""
    rows = _kept_maps()
    if not rows:
        return ""
    lines = [
        "\n## the briefing map (`make_map`), in Chromium\n",
        "`python bench/briefing_map.py 5000 100000`: 300 projects; no screen, no graphics card, 1500 × 900. Budgets: 2 MB and 1 s to the first paint "
        "for 5,000 zones, 15 MB and 4 s for 100,000, 30 frames a second while the map is dragged. "
        "Load is that of the machine (2 cores) before and after.\n",
        "| zones | MB | made in s | first paint s | zones seen s | usable s | frames/s province, district, village | load | date |",
        "|---:|---:|---:|---:|---:|---:|---|---|---|",
    ]
    for row in rows:
        seconds = (f"{row[name] / 1000:.2f}" for name in ("first_paint_ms", "first_zones_ms", "usable_ms"))
        frames = ", ".join(f"{row[f'{place}_fps']:.0f}" for place in ("province", "district", "village"))
        load = " – ".join(f"{value:.1f}" for value in row["load"])
        lines.append(
            f"| {row['zones']:,} | {row['file_mb']:.2f} | {row['make_s']:.0f} | {' | '.join(seconds)} | {frames} | {load} | {row['date']} |"
        )
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Return processor, cores, memory and system of this machine."""
    model = platform.processor() or platform.machine()
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _section(result: dict[str, Any]) -> str:
    facts = json.loads(result["facts"])
    giants = ", ".join(f"{n:,}" for n in facts["largest_zones_vertices"][:5])
    quiet = (
        "the machine was quiet" if result["quiet"] else "**the machine was shared with other work: read the ratios with care**"
    )
    lines = [
        f"\n## {result['job']}, size {result['size']}\n",
        f"{facts['zones']:,} zones with {facts['zone_edges']:,} edges (largest: {giants} vertices, {facts['holes_of_giants']:,} "
        f"holes), {facts['sites']:,} sites; seed {result['seed']}, {result['date']}, {result['runs']} run(s) each; {quiet} "
        f"(load before: {result['load_before']}).\n",
        "| tool | wall s | ratio | peak GB | pairs | agreement | note |",
        "|---|---:|---:|---:|---:|---|---|",
        *[_line(row) for row in result["rows"]],
        "",
        f"Machine: {result['machine']}.",
        *[f"{name}: {text}." for name, text in result["versions"].items() if text],
    ]
    return "\n".join(lines) + "\n"


def _line(row: dict[str, Any]) -> str:
    agreement = row["agreement"] or {}
    pairs = f"{agreement['pairs']:,}" if "pairs" in agreement else ""
    note = "; ".join(f"{name} {seconds:.1f} s" for name, seconds in row.get("phases", {}).items())
    if row["fault"]:
        return f"| {row['title']} | – | – | – | | | {row['fault'].replace('|', '/')} |"
    ratio = f"{row['ratio']:.2f}" if "ratio" in row else "–"
    return (
        f"| {row['title']} | {row['wall_s']:.2f} | {ratio} | {row['peak_gb']:.2f} | {pairs} | {_agreement(agreement)} | {note} |"
    )


def _agreement(found: dict[str, Any]) -> str:
    if not found:
        return ""
    if found.get("reference"):
        return "reference"
    if found["holds"]:
        return "yes"
    if "pairs" not in found:
        return f"**no**: {found['worst']}"
    counts = f"{found['missing']} missing, {found['extra']} extra, {found['differing']} differing"
    return f"**no**: {counts}; worst {found['worst']}"


def draw(kept: list[dict[str, Any]]) -> None:
    """Draw wall seconds and peak memory of every result kept."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(kept), 2, figsize=(12, 1 + 3.2 * len(kept)), squeeze=False, width_ratios=(2, 1))
    for (left, right), result in zip(axes, kept, strict=True):
        rows = [r for r in result["rows"] if not r["fault"]][::-1]
        names = [r["name"] for r in rows]
        colours = ["#c0392b" if n == "plangeo" else "#b8b8b8" if n == "reading" else "#4a7fb0" for n in names]
        bars = left.barh(names, [r["wall_s"] for r in rows], color=colours)
        left.bar_label(bars, [f" {r['wall_s']:.1f} s" for r in rows], fontsize=8)
        left.set(xlabel="wall seconds, whole process", title=f"{result['job']}, size {result['size']}")
        left.margins(x=0.15)
        right.barh(names, [r["peak_gb"] for r in rows], color=colours)
        right.set(xlabel="peak memory, GB", yticklabels=[])
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=90, metadata={"Software": ""})
    plt.close(figure)
