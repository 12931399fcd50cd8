"""Bad and hostile inputs made by somebody else: no crash, no traceback, no lost row, no wrong "permitted".

One child process works through the files, so that a dying library shows as a failed file and not as a dead
test run; ``expect`` of the shared manifest says what must come out.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BAD = Path(__file__).parents[2].parent / "shared/data/bad"
pytestmark = pytest.mark.skipif(not BAD.exists(), reason="the shared set of bad inputs is not on this machine")

LAW = """
rulebook: {name: Thử}
plans: [{plan_id: P, title: Plan, level: district, decision: 1/QĐ, authority: UBND, valid_from: 2021-01-01, valid_to: null, scale: 10000}]
classes: [{code: ODT}, {code: RSX}, {code: LUC}, {code: RPH}]
uses: [{code: ODT, name: ODT}, {code: RSX, name: RSX}, {code: LUC, name: LUC}, {code: any, name: any}]
rules:
  - {use: "*", zone: [ODT, RSX, LUC], verdict: permitted, basis: {document: D}}
  - {use: "*", zone: RPH, verdict: not_permitted, basis: {document: D}}
"""
# Known by the shared truth: P004 (half) and P005 (whole) lie on RPH, whatever is wrong with the other file.
ON_RPH = {"P004", "P005"}


def _rows() -> list[dict[str, str]]:
    if not BAD.exists():
        return []
    with (BAD / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        return [r for r in csv.DictReader(stream) if r["role"] in ("projects", "zones", "raster")]


def _judge(row: dict[str, str]) -> dict[str, Any]:
    """What plangeo makes of one file (runs in the child)."""
    import warnings

    import plangeo as pg
    from plangeo.errors import CrsError
    from plangeo.rulebook import rulebook_from_text

    warnings.simplefilter("ignore")
    path = BAD / row["file"]
    try:
        if row["role"] == "projects":
            try:
                sites = pg.read_sites(path)
            except CrsError:
                if path.suffix not in (".csv", ".xlsx"):
                    raise
                sites = pg.read_sites(path, crs="EPSG:3405")  # tables state no CRS; the set's is known
            zones = pg.read_zones(BAD / "00_good/zones.gpkg")
        else:
            sites, zones = pg.read_sites(BAD / "00_good/projects.gpkg"), pg.read_zones(path)
        sites["use"] = "any"
        result = pg.assess(sites, rulebook_from_text(LAW), on="2025-07-01", zones=zones)
    except pg.PlangeoError as fault:
        return {"refused": str(fault)}
    told = [*sites.attrs["plangeo"]["notes"], *zones.attrs["plangeo"]["notes"]]
    columns = ["site_id", "verdict", "problem", "repaired", "reasons"]
    return {"sites": result.sites[columns].to_dict("records"), "notes": told, "zones": len(zones), "repairs": len(result.repairs)}


def _child(files: list[str]) -> None:
    rows = {r["file"]: r for r in _rows()}
    for name in files:
        print(json.dumps({"start": name}), flush=True)
        print(json.dumps({"file": name, **_judge(rows[name])}), flush=True)


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    left, found = [r["file"] for r in _rows()], {}
    while left:
        command = [sys.executable, str(Path(__file__)), *left]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found |= {line["file"]: line for line in lines if "file" in line}
        started = [line["start"] for line in lines if "start" in line]
        if done.returncode:
            dead = started[-1] if started else left[0]
            found[dead] = {"died": f"exit {done.returncode}: {done.stderr[-1500:]}"}
        left = [name for name in left if name not in found]
    return found


@pytest.mark.parametrize("row", _rows(), ids=lambda r: r["file"])
def test_bad_input(row: dict[str, str], answers: dict[str, dict[str, Any]]) -> None:
    answer = answers[row["file"]]
    assert "died" not in answer, answer
    by_id = {s["site_id"]: s for s in answer.get("sites", ())}
    for site_id in ON_RPH & set(by_id):
        assert by_id[site_id]["verdict"] != "permitted", (site_id, by_id[site_id])
    ways = row["expect"].split("_or_")
    assert any(_fits(way, ways, row, answer, by_id) for way in ways), answer


def _fits(way: str, ways: list[str], row: dict[str, str], answer: dict[str, Any], by_id: dict[str, Any]) -> bool:
    kind, _, detail = way.partition(":")
    detail = detail or ways[-1].partition(":")[2]
    if row["role"] == "raster":  # a raster is no zones: refused in words; as a raster it is tried in test_terrain
        return Path(row["file"]).name in answer.get("refused", "")
    if kind == "refuse":
        return Path(row["file"]).name in answer.get("refused", "") and "Traceback" not in answer["refused"]
    if "sites" not in answer:
        return False
    if kind == "review":
        return all(s["verdict"] != "permitted" for s in by_id.values())
    if kind in ("accept", "accept_warn"):
        count = len(answer["sites"]) if row["role"] == "projects" else answer["zones"]
        return not detail.isdigit() or count == int(detail)
    wanted = [name for name in detail.split(",") if name]
    if kind == "quarantine":
        return all(by_id[n]["problem"] and by_id[n]["verdict"] == "unknown" for n in wanted)
    return kind == "repair" and all(by_id[n]["repaired"] for n in wanted)


def test_user_text_stays_text(tmp_path: Path) -> None:
    """Formulas, scripts and templates in names stay letters in the workbook and in the map."""
    import zipfile

    import plangeo as pg
    from plangeo.rulebook import rulebook_from_text

    zones = pg.read_zones(BAD / "00_good/zones.gpkg")
    for name in ("07_tables/formula_injection.xlsx", "07_tables/html_injection.csv", "08_security/ssti_property.geojson"):
        crs = None if name.endswith("geojson") else "EPSG:3405"
        result = pg.assess(pg.read_sites(BAD / name, crs=crs), rulebook_from_text(LAW), on="2025-07-01", zones=zones)
        pg.write_report(result, tmp_path / "r.xlsx")
        with zipfile.ZipFile(tmp_path / "r.xlsx") as book:
            assert not any(b"<f>" in book.read(n) for n in book.namelist() if n.startswith("xl/worksheets/"))
        page = pg.make_map(result).get_root().render()
        assert "<img src=x" not in page
        assert "PWNED" not in "".join(p.name for p in Path.cwd().iterdir())


if __name__ == "__main__":
    _child(sys.argv[1:])
