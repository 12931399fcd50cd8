"""A small finished assessment with one site of each verdict and awkward texts, shared by the tests of outputs."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import LineString, box

from plangeo.assessment import assess
from plangeo.model import Assessment
from plangeo.rulebook import load_rulebook

EVIL = '=HYPERLINK("http://x";"y") {0.__class__} {{7*7}} <img src=x onerror=alert(1)>'

RULES = """\
rulebook: {name: {vi: Quy tắc thử, en: Test rules}, profile: vn, illustrative: true, source: made for the tests}
plans:
- plan_id: QH
  level: district
  rank: 1
  scale: 25000
  title: {vi: Quy hoạch thử, en: Test plan}
  decision: 12/QĐ-MH
  authority: Cơ quan thử
  valid_from: 2021-01-01
  valid_to: 2030-12-31
  theme: land_use
  illustrative: true
  source: made up
uses:
- code: industrial_park
  name: {vi: Khu công nghiệp, en: Industrial park}
  synonyms: [KCN]
rules:
- {use: industrial_park, zone: SKK, verdict: permitted, basis: {document: Luật thử, article: Điều 1, source: s, verified: true}}
- {use: industrial_park, zone: LUC, verdict: not_permitted, basis: {document: Luật thử, article: Điều 2, source: s, verified: true}}
- use: industrial_park
  zone: CLN
  verdict: conditional
  basis: {document: Luật thử, article: Điều 3, source: s, verified: true}
"""


@pytest.fixture(scope="session")
def result(tmp_path_factory: pytest.TempPathFactory) -> Assessment:

    path: Path = tmp_path_factory.mktemp("rules") / "rulebook.yaml"
    path.write_text(RULES, "utf-8")
    east, north = 450_000, 2_417_000
    zones = gpd.GeoDataFrame(
        {"zone_id": ["z1", "z2", "z3"], "zone_code": ["SKK", "LUC", "CLN"], "plan_id": "QH", "problem": "", "repaired": ""},
        geometry=[box(east + 1000 * n, north, east + 1000 * (n + 1), north + 1000) for n in range(3)],
        crs="EPSG:9215",
    )
    sites = gpd.GeoDataFrame(
        {
            "site_id": ["P-1", "P-2", "P-3", "P-4"],
            "name": ["KCN Đồng Bành", EVIL, "Đường vào khu", "Chưa có vị trí"],
            "use": ["KCN", "Khu công nghiệp", "KCN", "KCN"],
            "accuracy_m": 1.0,
            "problem": ["", "", "", "no_geometry: the row has no coordinates"],
            "repaired": "",
            "Tổng vốn (tỷ)": [1500.5, None, "khoảng 20", "=1+1"],
            "STT": ["007", "1E5", "-5", "+84 12"],
        },
        geometry=[
            box(east + 100, north + 100, east + 400, north + 400),
            box(east + 1100, north + 100, east + 1400, north + 400),
            LineString([(east + 2100, north + 100), (east + 2900, north + 900)]),
            None,
        ],
        crs="EPSG:9215",
    )
    sites.attrs["plangeo"] = {
        "fingerprint": {"role": "sites", "name": "a.xlsx", "sha256": "1" * 64},
        "notes": ["two rows were totals"],
    }
    return assess(sites, load_rulebook(path), on="2025-07-01", zones=zones)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the result of `plangeo assess` in ``out`` and its inputs in ``in``; copy it before changing anything."""
    from plangeo.cli import run
    from tests.makers import rulebook_text, site, sites, square, zones

    base = tmp_path_factory.mktemp("recorded")
    (base / "in").mkdir()
    zones(("z1", "PNN", square(0, 0, 500), "P1"), ("z2", "LUC", square(500, 0, 500), "P1")).to_file(base / "in" / "zones.gpkg")
    rows = [site("a", square(10, 10, 50)), site("=b", square(610, 10, 50)), site("c", square(490, 300, 50)), site("d", None)]
    frame = sites(*rows, site("e", square(20, 200, 50), "farm")).drop(columns="problem")
    frame.to_file(base / "in" / "projects.gpkg")
    (base / "in" / "rulebook.yaml").write_text(rulebook_text(), "utf-8")
    told = ["assess", str(base / "in" / "projects.gpkg"), "--rulebook", str(base / "in" / "rulebook.yaml"), "--on", "2025-07-01"]
    assert run([*told, "--layer", f"zones={base / 'in' / 'zones.gpkg'}", "--out", str(base / "out")]) == 1
    return base
