"""Requirements as their users meet them: units, legends, gaps and features that would turn a "no" into a "yes"."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from plangeo.assessment import assess
from plangeo.errors import InputError, PlangeoError, RulebookError
from plangeo.explanation import explain
from plangeo.model import Assessment
from plangeo.rulebook import rulebook_from_text
from plangeo.tables import SITES

CRS, X, Y, CELL = "EPSG:9215", 449_000.0, 2_417_000.0, 10.0
BOOK = """
rulebook: {name: Thử}
plans: [{plan_id: P, title: Plan, level: district, decision: 1/QĐ, authority: UBND, accuracy_m: 0,
         valid_from: 2021-01-01, valid_to: 2030-12-31}]
classes: [{code: ODT}]
uses: [{code: camp, name: Trại}]
rules: [{use: camp, zone: ODT, verdict: permitted, basis: {document: Luật}}]
requirements:
"""


def book(*asked: str) -> str:
    return BOOK + "".join(f"  - {{use: camp, basis: {{document: Luật}}, {text}}}\n" for text in asked)


def write(path: Path, values: Any, *, unit: str = "", crs: Any = CRS, **more: Any) -> Path:
    """A raster of 10 m cells whose lower left corner is that of the site; 40 × 40 cells unless values say otherwise."""
    cells = np.broadcast_to(np.asarray(values), (40, 40)) if np.ndim(values) < 2 else np.asarray(values)
    place = {"transform": Affine(CELL, 0, X - 100, 0, -CELL, Y - 100 + cells.shape[0] * CELL), "crs": crs}
    profile = {"driver": "GTiff", "height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype}
    with rasterio.open(path, "w", **{**profile, **place, **more}) as file:
        file.write(cells, 1)
        if unit:
            file.units = (unit,)
    return path


def run(text: str, shape: Any = None, site: dict[str, Any] | None = None, **layers: Any) -> Assessment:
    """Judge one camp of 200 m × 200 m on permitted ground."""
    row: dict[str, Any] = {c.name: float("nan") if c.dtype == "float" else "" for c in SITES if c.required}
    row |= {"site_id": "S", "name": "Trại", "use": "camp", "geometry": shape or shapely.box(X, Y, X + 200, Y + 200)}
    zone = {"zone_id": "Z", "zone_code": "ODT", "plan_id": "P", "problem": "", "repaired": ""}
    zones = gpd.GeoDataFrame([zone], geometry=[shapely.box(X - 5_000, Y - 5_000, X + 5_000, Y + 5_000)], crs=CRS)
    sites = gpd.GeoDataFrame([row | (site or {})], geometry="geometry", crs=CRS)
    return assess(sites, rulebook_from_text(text, "book.yaml"), on="2025-07-01", zones=zones, **layers)


def told(result: Assessment, check: str) -> tuple[str, str, str]:
    """Reason and English sentence of a check, and the verdict of the site."""
    found = result.findings[result.findings["check"] == check]
    assert len(found) == 1
    return found["reason"].iloc[0], explain(result, "S", "en"), result.sites["verdict"].iloc[0]


SLOPE = 'layer: slope, field: slope_deg, op: "<=", value: 15'


@pytest.mark.parametrize(
    ("values", "tag", "stated", "verdict"),
    [
        (np.float32(10), "degree", "", "permitted"),
        (np.float32(10), "", "degree", "permitted"),
        (np.float32(20), "percent", "", "permitted"),  # 11.3°
        (np.float32(20), "", "percent", "permitted"),
        (np.float32(30), "", "percent", "not_permitted"),  # 16.7°
        (np.float32(0.2), "", "radian", "permitted"),  # 11.5°
        (np.float32(0.3), "radian", "", "not_permitted"),  # 17.2°
        (np.float32(0.3), "degree", "degree", "permitted"),  # level land, said twice
    ],
)
def test_slopes_in_a_stated_unit(tmp_path: Path, values: Any, tag: str, stated: str, verdict: str) -> None:
    path = write(tmp_path / "slope.tif", values, unit=tag)
    unit = f", unit: {stated}" if stated else ""
    assert run(book(SLOPE + unit), slope=path).sites["verdict"].iloc[0] == verdict


@pytest.mark.parametrize(
    ("values", "tag", "stated", "words"),
    [
        (np.float32(8), "", "", "unit: degree"),  # might be elevations of a plain, or percent
        (np.float32(0.3), "", "degree", "unit: radian"),  # might be radians, whatever the rulebook hopes
        (np.float32(0.3), "degree", "", "must both say so"),
        (np.float32(20), "percent", "degree", "one of them is wrong"),
        (np.float32(400), "", "degree", "elevations"),
    ],
)
def test_a_slope_that_may_mean_something_else_is_refused(tmp_path: Path, values: Any, tag: str, stated: str, words: str) -> None:
    path = write(tmp_path / "slope.tif", values, unit=tag)
    unit = f", unit: {stated}" if stated else ""
    with pytest.raises(InputError, match=words):
        run(book(SLOPE + unit), slope=path)


@pytest.mark.parametrize("unit", ["metre", "foot", "us_foot"])
def test_a_slope_from_elevations_in_any_unit_is_the_same(tmp_path: Path, unit: str) -> None:
    metres = {"metre": 1.0, "foot": 0.3048, "us_foot": 1200 / 3937}[unit]
    ramp = np.tile(np.arange(40) * CELL * np.tan(np.radians(14.0)) / metres, (40, 1))
    for bound, verdict in ((14.5, "permitted"), (13.5, "not_permitted")):
        asked = f'layer: height, field: slope_deg, op: "<=", value: {bound}, unit: {unit}'
        assert run(book(asked), height=write(tmp_path / "dem.tif", ramp)).sites["verdict"].iloc[0] == verdict


def test_a_bound_in_metres_is_not_held_against_feet(tmp_path: Path) -> None:
    asked = 'layer: dem, field: value, op: ">=", value: 250'
    feet = write(tmp_path / "dem.tif", np.float32(300), unit="ft")
    with pytest.raises(InputError, match="Add unit: foot"):
        run(book(asked), dem=feet)
    with pytest.raises(InputError, match="one of them is wrong"):
        run(book(asked + ", unit: m"), dem=feet)
    assert run(book(asked + ", unit: foot"), dem=feet).sites["verdict"].iloc[0] == "permitted"


@pytest.mark.parametrize("gap", [-99, -999, -9999, -32768, -3.4e38])
def test_an_undeclared_gap_is_no_dry_land(tmp_path: Path, gap: float) -> None:
    depth = np.full((40, 40), 0.1, dtype=np.float32)
    depth[:, 15:20] = gap
    path = write(tmp_path / "flood.tif", depth)
    reason, english, verdict = told(run(book('layer: flood, field: value, op: "<=", value: 0.5'), flood=path), "slope")
    assert (reason, verdict) == ("no_data", "unknown")
    assert "undeclared no-data" in english, "the officer is told why ground with values counts as without"


def test_ground_never_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "flood.tif"
    profile = {"driver": "GTiff", "height": 512, "width": 512, "count": 1, "dtype": "float32", "crs": CRS, "tiled": True}
    place = Affine(1, 0, X - 156, 0, -1, Y + 256)
    with rasterio.open(path, "w", **profile, transform=place, blockxsize=256, blockysize=256, SPARSE_OK=True) as file:
        file.write(np.full((256, 256), 0.1, dtype="float32"), 1, window=rasterio.windows.Window(0, 0, 256, 256))
    result = run(book('layer: flood, field: value, op: "<=", value: 0.5'), flood=path)
    assert told(result, "slope")[0] == "no_data"
    assert "chưa từng được ghi" in explain(result, "S")


def test_ground_beyond_the_raster_is_told_as_such(tmp_path: Path) -> None:
    path = write(tmp_path / "flood.tif", np.float32(0.1))
    asked = book('layer: flood, field: value, op: "<=", value: 0.5')
    for east, words in ((200, "partly beyond the raster"), (2_000, "wholly beyond the raster")):
        reason, english, verdict = told(run(asked, shapely.box(X + east, Y, X + east + 200, Y + 200), flood=path), "slope")
        assert (reason, verdict) == ("no_data", "unknown")
        assert words in english


@pytest.mark.parametrize("strange", [0, 255, 77])
def test_a_class_nobody_knows_is_never_allowed(tmp_path: Path, strange: int) -> None:
    cover = np.full((40, 40), 20, dtype=np.uint8)
    cover[:, 15:20] = strange
    path = write(tmp_path / "cover.tif", cover)
    asked = "layer: cover, field: class, op: not_in, value: [50], legend: [10, 20, 50]"
    reason, english, verdict = told(run(book(asked), cover=path), "raster_class")
    assert (reason, verdict) == ("no_data", "unknown")
    assert f"unknown classes: {strange}" in english


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("layer: cover, field: class, op: not_in, value: [50]", "needs legend"),
        ("layer: cover, field: class, op: in, value: [50], legend: [10]", "do not stand in 'legend'"),
        ("layer: cover, field: class, op: in, value: [50], unit: m", "takes no unit"),
        ('layer: relics, field: distance_m, op: ">=", value: 5, unit: km', "takes no unit"),
        (SLOPE + ", unit: metres", "write degree, percent, radian"),
        (SLOPE + ", legend: [1]", "goes with field: class"),
    ],
)
def test_a_requirement_that_could_be_misread_is_refused(asked: str, words: str) -> None:
    with pytest.raises(RulebookError, match=words):
        rulebook_from_text(book(asked), "book.yaml")


def test_the_requirement_is_told_with_its_number_and_its_note(tmp_path: Path) -> None:
    path = write(tmp_path / "flood.tif", np.float32(0.1))
    asked = 'layer: flood, field: value, op: "<=", value: 0.5, unit: metre, note: {vi: ngập lũ 100 năm, en: 100-year flood}'
    result = run(book(asked), flood=path)
    assert "flood: giá trị ≤ 0,5 m (ngập lũ 100 năm)" in explain(result, "S")
    assert "flood: value ≤ 0.5 m (100-year flood)" in explain(result, "S", "en")


RELICS = 'layer: relics, field: distance_m, op: ">=", value: 500'


def features(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def test_a_feature_with_an_empty_shape_may_lie_anywhere() -> None:
    relics = features(shapely.Point(), shapely.Point(X + 3_000, Y), name=["mất", "xa"])
    reason, english, verdict = told(run(book(RELICS), relics=relics), "setback")
    assert (reason, verdict) == ("not_measured", "unknown")
    assert "1 feature(s) of relics have no place" in english


def test_features_that_are_all_empty_are_no_clearance() -> None:
    for nothing in (features(None, None), features(shapely.Point(), shapely.Polygon())):
        with pytest.raises(PlangeoError, match="empty"):
            run(book(RELICS), relics=nothing)


@pytest.mark.filterwarnings("ignore:GeoSeries.notna:UserWarning")
def test_a_site_with_an_empty_shape_does_not_shift_the_others() -> None:
    text = book(RELICS)
    rows = []
    for site_id, shape in {"A": shapely.Polygon(), "B": shapely.box(X, Y, X + 200, Y + 200)}.items():
        row: dict[str, Any] = {c.name: float("nan") if c.dtype == "float" else "" for c in SITES if c.required}
        rows.append(row | {"site_id": site_id, "use": "camp", "geometry": shape})
    sites = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    result = assess(sites, rulebook_from_text(text, "b"), on="2025-07-01", relics=features(shapely.Point(X + 300, Y)))
    found = result.findings[result.findings["check"] == "setback"].set_index("site_id")["reason"].to_dict()
    assert found == {"A": "no_place", "B": "failed"}


def test_a_feature_without_a_name_is_told_by_its_layer() -> None:
    result = run(book(RELICS), relics=features(shapely.Point(X + 400, Y)))
    assert "Only 200 m from relics 1" in explain(result, "S", "en")


def test_a_broken_feature_far_away_and_none_else_is_no_clearance() -> None:
    bow = shapely.Polygon([(9e5, 9e5), (9.1e5, 9.1e5), (9.1e5, 9e5), (9e5, float("inf"))])
    relics = features(bow, shapely.Point(X + 900_000, Y))
    assert told(run(book(RELICS), relics=relics), "setback")[2] == "unknown"


CROSSED = shapely.Polygon([(X + 100, Y), (X + 150, Y + 50), (X + 150, Y), (X + 100, Y + 50)])


@pytest.mark.parametrize(
    ("others", "why"),
    [
        pytest.param([None], "1 feature(s) of relics have no place", id="lost_features"),
        pytest.param([CROSSED], "a feature of relics nearby has broken geometry", id="broken_feature"),
        pytest.param([], "the nearest feature of relics is 900 km away", id="far_features"),
    ],
)
def test_a_distance_that_cannot_be_trusted_says_why(others: list[Any], why: str) -> None:
    result = run(book(RELICS), relics=features(shapely.Point(X + 900_000, Y), *others))
    assert told(result, "setback")[2] == "unknown"
    assert why in explain(result, "S", "en")


@pytest.mark.parametrize(
    ("gap", "site", "verdict"),
    [
        (520, {"accuracy_m": 30.0}, "unknown"),
        (520, {"accuracy_m": 10.0}, "permitted"),
        (520, {}, "permitted"),
        (520, {"geometry": shapely.Point(X + 200, Y), "declared_area_m2": 400.0}, "unknown"),  # a disc 22.6 m wide
        (530, {"geometry": shapely.Point(X + 200, Y), "declared_area_m2": 400.0}, "permitted"),
    ],
)
def test_a_broken_feature_may_be_nearer_than_drawn(gap: float, site: dict[str, Any], verdict: str) -> None:
    crossed = shapely.transform(CROSSED, lambda xy: np.add(xy, (100 + gap, 0)))
    result = run(book(RELICS), site=site, relics=features(shapely.Point(X + 2_000, Y), crossed))
    assert result.sites["verdict"].tolist() == [verdict]


@pytest.mark.parametrize("accuracy", [float("nan"), 0.0, 19.0])
def test_a_distance_beyond_doubt_stays_decided(accuracy: float) -> None:
    far, near = (
        run(book(RELICS), site={"accuracy_m": accuracy}, relics=features(shapely.Point(X + 200 + d, Y))) for d in (520, 480)
    )
    assert (told(far, "setback")[0], told(near, "setback")[0]) == ("met", "failed")


def test_a_raster_without_a_crs_says_how_to_write_it_into_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "slope.tif", np.float32(4), unit="degree", crs=None)
    with pytest.raises(PlangeoError, match="rio edit-info --crs"):
        run(book(SLOPE), slope=path)


@pytest.mark.parametrize("name", ["slope.vrt", "slope.png", "slope.nc"])
def test_a_raster_of_another_format_is_refused_as_what_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"<VRTDataset/>" if name.endswith("vrt") else b"\x89PNG\r\n\x1a\n")
    with pytest.raises(InputError, match="not a raster that plangeo reads"):
        run(book(SLOPE), slope=tmp_path / name)


def test_missing_layers_leave_every_requirement_open() -> None:
    result = run(book(SLOPE + ", unit: degree", RELICS))
    assert result.sites["verdict"].iloc[0] == "unknown"
    assert set(pd.Series(result.findings["reason"])) >= {"layer_missing"}


def test_the_requirements_of_the_readme_are_a_rulebook() -> None:
    root = Path(__file__).parents[2]
    block = re.search(r"```yaml\n(requirements:.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block, "the README shows requirements"
    sample = (root / "data/rulebook.yaml").read_text(encoding="utf-8").rstrip()
    fields = [r.field for r in rulebook_from_text(f"{sample}\n{block[1]}", "README.md").requirements]
    assert set(fields) == {"slope_deg", "value", "class", "distance_m"}
