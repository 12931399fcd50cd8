"""A single row in another system than its list is named and never green; rows that are honestly elsewhere are left in peace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from plangeo import assess, explain
from plangeo.crsdoctor.rowreadings import OtherSystems, usual_systems
from plangeo.manifest import verdict_digest
from plangeo.model import Assessment
from plangeo.profiles import load_profile
from tests.makers import CRS, X0, Y0, rulebook, site, sites, zones

WIDTH = 4_000
NAMES = [f"Xã Thử {'ABCDEFGHIK'[n]}" for n in range(10)]
PLAN = shapely.box(X0, Y0, X0 + 10 * WIDTH, Y0 + WIDTH)
GROUND = zones(("Z", "ODT", PLAN, "P1"))


def _districts() -> gpd.GeoDataFrame:
    """Ten communes of 4 km side by side, in a province that writes in EPSG:9215."""
    rows = [
        {"district_id": str(n), "district_name": name, "parent_name": "tỉnh Lạng Sơn", "problem": "", "repaired": ""}
        | {"geometry": shapely.box(X0 + WIDTH * n, Y0, X0 + WIDTH * (n + 1), Y0 + WIDTH)}
        for n, name in enumerate(NAMES)
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def _written(place: shapely.Point, code: str) -> shapely.Point:
    """The numbers of a place of CRS in the system ``code``, as a list of CRS has them."""
    return gpd.GeoSeries([place], crs=CRS).to_crs(code).iloc[0]


def _judge(*rows: dict[str, Any], crs: str = CRS, **layers: Any) -> Assessment:
    good = [site(f"G{n}", shapely.Point(X0 + WIDTH * (n + 0.5), Y0 + 2_000), declared_district=NAMES[n]) for n in range(10)]
    frame = sites(*good, *rows)
    if crs != CRS:
        frame = frame.to_crs(crs)
    return assess(frame, rulebook(), on="2025-07-01", **({"zones": GROUND, "districts": _districts()} | layers))


def _told(result: Assessment, check: str, site_id: str = "S") -> list[tuple[str, str]]:
    rows = result.findings[(result.findings["check"] == check) & (result.findings["site_id"] == site_id)]
    return list(zip(rows["reason"], rows["detail_en"], strict=True))


HERE = shapely.Point(X0 + 9_000, Y0 + 1_000)


def test_a_row_in_the_national_zone_is_named_and_not_green() -> None:
    result = _judge(site("S", _written(HERE, "EPSG:3405")), site("R", HERE))
    verdicts = result.sites.set_index("site_id")["verdict"]
    assert verdicts["R"] == "permitted"
    assert verdicts["S"] == "unknown"
    assert set(verdicts.drop("S")) == {"permitted"}
    (_, plan), (reason, said) = sorted(_told(result, "outside_area"), key=lambda r: bool(r[1]))
    assert (plan, reason) == ("", "other_system")
    assert "read in EPSG:3405 VN-2000 / UTM zone 48N or " in said
    assert said.endswith("the place of this row would lie on the map")
    assert "đọc tọa độ của dòng này theo EPSG:3405" in explain(result, "S", "vi")


@pytest.mark.parametrize("code", ["EPSG:9214", "EPSG:9213", "EPSG:5899"])
def test_a_row_of_a_neighbouring_zone_has_to_hit_the_unit_it_declares(code: str) -> None:
    numbers = _written(HERE, code)
    wide = zones(("Z", "ODT", shapely.box(X0 - 300_000, Y0 - 10_000, X0 + 300_000, Y0 + 10_000), "P1"))
    declared = _judge(site("S", numbers, declared_district=NAMES[2]), zones=wide)
    assert declared.sites.set_index("site_id")["verdict"]["S"] == "unknown"
    told = " ".join(said for check in ("district", "outside_area") for _, said in _told(declared, check))
    assert f"read in {code} " in told
    assert f"the place of this row would lie in {NAMES[2]}" in told
    silent = _judge(site("S", numbers), zones=wide)
    assert all("read in" not in said for _, said in _told(silent, "outside_area")), "the list says nothing of where it should lie"


@pytest.mark.parametrize("declared", ["", NAMES[0], "Xã Nơi Khác"])
@pytest.mark.parametrize("east", [-150_000, -30_000, 90_000])
def test_a_row_that_is_elsewhere_is_only_outside(declared: str, east: float) -> None:
    result = _judge(site("S", shapely.Point(X0 + east, Y0 + 30_000), declared_district=declared))
    assert {reason for reason, _ in _told(result, "outside_area")} == {"outside_plan", "outside_districts"}
    assert all("read in" not in said for _, said in _told(result, "district"))


def test_systems_that_move_a_row_by_less_than_a_commune_is_wide_are_not_named() -> None:
    """A row of EPSG:5897 in a list of EPSG:3405 lies 727 m further north; so may one that is declared wrongly."""
    edge = shapely.Point(X0 + 9_000, Y0 + 3_700)
    numbers = gpd.GeoSeries([edge], crs=CRS).to_crs("EPSG:5897").set_crs("EPSG:3405", allow_override=True).to_crs(CRS).iloc[0]
    result = _judge(site("S", numbers, declared_district=NAMES[2]), crs="EPSG:3405")
    assert result.sites.set_index("site_id")["verdict"]["S"] == "unknown"
    assert all("read in" not in said for check in ("district", "outside_area") for _, said in _told(result, check))


def test_a_list_in_degrees_has_no_other_metric_system() -> None:
    result = _judge(site("S", _written(HERE, "EPSG:3405")), crs="EPSG:4756")
    assert {reason for reason, _ in _told(result, "outside_area")} == {"outside_plan", "outside_districts"}


def test_without_a_map_of_units_the_plan_is_the_map_kept_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = site("S", _written(HERE, "EPSG:3405")), site("T", shapely.Point(X0 - 50_000, Y0))
    GROUND.to_parquet(tmp_path / "zones.parquet")
    monkeypatch.setenv("PLANGEO_CACHE", str(tmp_path / "cache"))
    found = []
    for least in (8 * 2**20, 0):
        monkeypatch.setattr("plangeo.layers.PREPARE_FROM_BYTES", least)
        found.append(assess(sites(*rows), rulebook(), on="2025-07-01", zones=tmp_path / "zones.parquet"))
    assert [[reason for reason, _ in _told(result, "outside_area")] for result in found] == [["other_system"]] * 2
    assert [[reason for reason, _ in _told(result, "outside_area", "T")] for result in found] == [["outside_plan"]] * 2
    assert verdict_digest(found[0].sites) == verdict_digest(found[1].sites)


def test_parts_of_a_list_say_what_the_whole_says() -> None:
    rows = [
        site("S", _written(HERE, "EPSG:3405")),
        site("T", _written(HERE, "EPSG:9214"), declared_district=NAMES[2]),
        site("U", shapely.Point(X0 - 50_000, Y0)),
        site("V", None, declared_district=NAMES[1]),
    ]
    layers = {"zones": GROUND, "districts": _districts()}
    whole = assess(sites(*rows), rulebook(), on="2025-07-01", **layers)
    parts = [assess(sites(row), rulebook(), on="2025-07-01", **layers).findings for row in rows]
    columns = ["site_id", "check", "reason", "detail"]
    assert whole.findings[columns].values.tolist() == pd.concat(parts)[columns].values.tolist()


def test_systems_of_a_province_are_those_of_the_country_and_its_own() -> None:
    known = load_profile("vn")
    assert usual_systems(["tinh bac giang"], known) - usual_systems([], known) == {"EPSG:9214"}
    assert usual_systems(["xa bac giang cu"], known) >= {"EPSG:9214"}
    assert usual_systems(["giang"], known) == usual_systems([], known)
    assert (
        OtherSystems(("A", "B", "C", "D"), "Xã E").said.en == "read in A or B or C (+1), the place of this row would lie in Xã E"
    )
