"""The briefing map at size: bytes of the file, first paint, time until it is usable, frames while it is dragged.

    python bench/briefing_map.py 5000 100000        # → lines, and a table in RESULTS.md; the maps stay in out/bench

Chromium without a screen and without a graphics card, 1500 × 900; the plan covers one province of 8,000 km².
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

import plangeo as pg
import workload
from results import record_maps, render

SITES = 300
OUT = workload.OUT

# Put in before the page's own scripts: when something is first seen, when it is usable, and what kept it from answering.
WATCH = """
window.long = [];
new PerformanceObserver((list) => list.getEntries().forEach((e) => window.long.push([e.startTime, e.duration]))).observe({ entryTypes: ["longtask"] });
const look = new MutationObserver(() => {
  const root = document.querySelector("#plangeo");
  if (root && !window.usable && root.dataset.ready) window.usable = performance.now();
  if (!window.zones && document.querySelector(".leaflet-pg-zones-pane .leaflet-tile-loaded")) window.zones = performance.now();
});
look.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-ready", "class"] });
"""
# Counts the frames between two calls.
FRAMES = """
window.frames_seen = [];
requestAnimationFrame(function step(now) { if (window.frames_seen) { window.frames_seen.push(now); requestAnimationFrame(step); } });
"""


def drag(driver: webdriver.Chrome, seconds: float = 3.0) -> list[float]:
    """Drag the map to and fro with the mouse; return the milliseconds between its frames."""

    def mouse(kind: str, x: float, y: float) -> None:
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
        driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)

    mouse("mousePressed", 800, 450)
    driver.execute_script(FRAMES)
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        turn = passed % 1.5
        way = turn if turn < 0.75 else 1.5 - turn
        mouse("mouseMoved", 800 - 500 * way, 450 - 300 * way)
        time.sleep(0.008)
    seen = driver.execute_script("const seen = window.frames_seen; window.frames_seen = null; return seen")
    mouse("mouseReleased", 800, 450)
    return [b - a for a, b in pairwise(seen)]


def build(zones: int, seed: int = 1) -> tuple[Path, float]:
    """Make the map of ``zones`` zones and 300 projects; return the file and the seconds ``make_map`` and ``save`` took."""
    workload.SIZES["map"] = workload.Size(zones, SITES, 100_000.0, 80_000.0, 10)
    ground, sites = workload.make("map", seed)
    folder = OUT / "maps"
    folder.mkdir(parents=True, exist_ok=True)
    rules = folder / "rulebook.yaml"
    rules.write_text(workload.rulebook_text(), encoding="utf-8")
    result = pg.assess(sites, pg.load_rulebook(rules), on="2025-07-01", zones=ground)
    path = folder / f"map-{zones}-{seed}.html"
    start = time.perf_counter()
    pg.make_map(result).save(str(path))
    return path, time.perf_counter() - start


def measure(path: Path) -> dict[str, Any]:
    """Open the map once and return milliseconds and frames per second."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1500,900", f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            driver.set_script_timeout(60)
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
            driver.get(path.as_uri())
            WebDriverWait(driver, 120, 0.2).until(lambda d: d.execute_script("return window.usable"))
            paints = driver.execute_script("return performance.getEntriesByType('paint').map((p) => [p.name, p.startTime])")
            found = {
                "first_paint_ms": dict(paints).get("first-contentful-paint"),
                "first_zones_ms": driver.execute_script("return window.zones"),
                "usable_ms": driver.execute_script("return window.usable"),
                "longest_task_ms": driver.execute_script("return Math.max(0, ...window.long.map((t) => t[1]))"),
                "long_tasks": driver.execute_script("return window.long.slice(0, 400).sort((a, b) => b[1] - a[1]).slice(0, 6)"),
            }
            for name, zoom in (("province", 0), ("district", 12), ("village", 15)):
                if zoom:
                    driver.execute_script("plangeo.app.map.setZoom(arguments[0], { animate: false })", zoom)
                time.sleep(2)
                frames = drag(driver)
                found[f"{name}_fps"] = round(1000 * len(frames) / sum(frames), 1)
                found[f"{name}_slowest_ms"] = round(max(frames))
            return found
        finally:
            driver.quit()


def main() -> None:
    """Measure the sizes named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("zones", type=int, nargs="*", default=[5_000, 100_000])
    for zones in parser.parse_args().zones:
        before = os.getloadavg()[0]
        path, seconds = build(zones)
        found = {"zones": zones, "file_mb": round(path.stat().st_size / 1e6, 2), "make_s": round(seconds, 1), **measure(path)}
        found |= {"load": [round(before, 1), round(os.getloadavg()[0], 1)], "date": dt.date.today().isoformat()}
        print(json.dumps(found), flush=True)
        record_maps([found])
    render()


if __name__ == "__main__":
    main()
