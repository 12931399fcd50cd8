"""A zone that was set aside casts doubt on the sites it may reach, whatever the CRS of its file."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from plangeo.assessment import assess
from plangeo.rulebook import rulebook_from_text
from plangeo.tables import SITES

BOOK = rulebook_from_text((Path(__file__).parent / "cases/rulebook.yaml").read_text(encoding="utf-8"))
X0, Y0 = 449_000.0, 2_417_000.0


@pytest.mark.parametrize("crs", ["EPSG:9215", "EPSG:4326", "EPSG:3405", "EPSG:32648", "EPSG:3857"])
def test_a_faulty_forest_zone_keeps_a_site_from_being_permitted(crs: str) -> None:
    bow = shapely.Polygon([(X0, Y0), (X0 + 80, Y0 + 80), (X0 + 80, Y0), (X0, Y0 + 60)])
    ground = shapely.box(X0 - 50, Y0 - 50, X0 + 300, Y0 + 300)
    rows = {"zone_id": ["A", "B"], "zone_code": ["ODT", "RPH"], "plan_id": "LUP", "problem": "", "repaired": ""}
    zones = gpd.GeoDataFrame(rows, geometry=[ground, bow], crs="EPSG:9215").to_crs(crs)
    blank = {c.name: float("nan") if c.dtype == "float" else "" for c in SITES if c.required}
    near = blank | {"site_id": "near", "use": "housing", "geometry": shapely.box(X0, Y0, X0 + 50, Y0 + 50)}
    far = blank | {"site_id": "far", "use": "housing", "geometry": shapely.box(X0 + 200, Y0 + 200, X0 + 250, Y0 + 250)}
    sites = gpd.GeoDataFrame([near, far], geometry="geometry", crs="EPSG:9215")
    result = assess(sites, BOOK, on="2025-07-01", zones=zones)
    assert result.sites["verdict"].tolist() == ["unknown", "permitted"]
    assert result.repairs["row_id"].tolist() == ["B"]
