"""Situation → verdict, in YAML a lawyer can read: ``cases/<check>.yaml``.

A case draws squares in metres (x, y, size) and says what must come out. See ``cases/README.md``.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from ruamel.yaml import YAML

from plangeo.assessment import assess
from plangeo.errors import PlangeoWarning
from plangeo.explanation import explain
from plangeo.rulebook import rulebook_from_text
from plangeo.tables import SITES

CASES = Path(__file__).parent / "cases"
BOOK = rulebook_from_text((CASES / "rulebook.yaml").read_text(encoding="utf-8"), "rulebook.yaml")
CRS = "EPSG:9215"
X0, Y0 = 449_000.0, 2_417_000.0


def _cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        if path.stem != "rulebook":
            for case in YAML(typ="safe").load(path.read_text(encoding="utf-8")):
                found.append(pytest.param(path.stem, case, id=f"{path.stem}: {case['case']}"))
    return found


def _shape(given: Any) -> Any:
    if given is None:
        return None
    if isinstance(given, str):
        return shapely.affinity.translate(shapely.from_wkt(given), X0, Y0)
    x, y, *size = given
    if not size:
        return shapely.Point(X0 + x, Y0 + y)
    width, height = size if len(size) == 2 else (size[0], size[0])
    return shapely.box(X0 + x, Y0 + y, X0 + x + width, Y0 + y + height)


def _frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def _site(given: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {c.name: float("nan") if c.dtype == "float" else "" for c in SITES if c.required}
    row |= {k: v for k, v in given.items() if k != "place"}
    return row | {"site_id": "S", "name": "Dự án thử", "use": given.get("use", "housing"), "geometry": _shape(given["place"])}


def _zones(given: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    rows = [
        {
            "zone_id": z.get("id", f"Z{i}"),
            "zone_code": z["code"],
            "plan_id": z.get("plan", "LUP"),
            "geometry": _shape(z.get("place")),
            "problem": "",
            "repaired": "",
        }
        for i, z in enumerate(given)
    ]
    return _frame(rows)


def _raster(path: Path, place: list[float], value: float, cell: float = 10.0, patches: Any = (), unit: str = "") -> Path:
    """Write a GeoTIFF: one value over ``place`` [x, y, width, height], others on patches [x, y, width, height, value]."""
    x, y, width, height = place
    cells = np.full((round(height / cell), round(width / cell)), value, dtype="float32")
    for left, low, wide, high, other in patches:
        top = round((y + height - low - high) / cell)
        side = round((left - x) / cell)
        cells[top : top + round(high / cell), side : side + round(wide / cell)] = other
    transform = rasterio.Affine(cell, 0, X0 + x, 0, -cell, Y0 + y + height)
    shape = {"height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": "float32", "crs": CRS, "nodata": -9999.0}
    with rasterio.open(path, "w", driver="GTiff", transform=transform, **shape) as file:
        file.write(cells, 1)
        if unit:
            file.units = (unit,)
    return path


@pytest.mark.parametrize(("check", "case"), _cases())
def test_case(check: str, case: dict[str, Any], tmp_path: Path) -> None:
    layers = {"zones": _zones(case["zones"])}
    if "present_use" in case:
        layers["present_use"] = _zones(case["present_use"])
    if "districts" in case:
        layers["districts"] = _frame(
            [
                {
                    "district_id": d["id"],
                    "district_name": d["name"],
                    "parent_name": d.get("parent", ""),
                    "geometry": _shape(d["place"]),
                    "problem": "",
                    "repaired": "",
                }
                for d in case["districts"]
            ]
        )
        layers["districts"].attrs["plangeo"] = {"profile": case.get("profile", "default")}
    for role, features in case.get("features", {}).items():
        layers[role] = _frame([{"name": f.get("name", ""), "geometry": _shape(f.get("place"))} for f in features])
    for role, drawn in case.get("rasters", {}).items():
        layers[role] = _raster(tmp_path / f"{role}.tif", **drawn)
    others = [_site(o) | {"site_id": f"O{i}"} for i, o in enumerate(case.get("others", []))]
    frame = _frame([_site(case["site"]), *others])
    with pytest.warns(PlangeoWarning, match=case["warns"]) if "warns" in case else contextlib.nullcontext():
        result = assess(frame, BOOK, on=str(case.get("on", "2025-07-01")), **layers)
    found = {(row.reason, row.verdict) for row in result.findings.itertuples() if row.check == check and row.site_id == "S"}
    wanted = {(reason, verdict) for reason, verdict in case["findings"].items()}
    assert found == wanted
    assert result.sites["verdict"].iloc[0] == case["verdict"]
    for language in ("vi", "en"):
        assert "{" not in explain(result, "S", language)
