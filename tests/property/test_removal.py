"""What is not known is no consent: whatever is taken away from what a run was given, no site is permitted for it.

Every kind of layer is taken away whole, row by row, and shape by shape (the row stays, and nobody knows where it lies).
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.boundaries import join_boundaries
from plangeo.model import Assessment
from plangeo.rulebook import rulebook_from_text
from tests.effort import examples
from tests.makers import CRS, PLANS, RULES, X0, Y0, plan, rule, rulebook, rulebook_text, site, sites, square, zones

ON = "2025-07-01"
STAGE = 40
KEPT_M = 6.0
"""Metres that the book of these tests wants between a site and the next relic."""
GRASS, WATER, NODATA = 1, 2, 0
BOOK = rulebook(
    plans=[PLANS[0], plan("F", theme="forest"), plan("P2")],
    rules=[*RULES, rule("housing", "LUA", "permitted")],
    thresholds=[{"use": "*", "zone": "RPH", "share": 0.05}],
    requirements=[
        {"use": "*", "layer": "relics", "field": "distance_m", "op": ">=", "value": KEPT_M, "basis": "test"},
        {"use": "*", "layer": "cover", "field": "class", "op": "in", "value": [GRASS], "share": 0.8, "basis": "test"},
    ],
    triggers=[
        {"code": "rice", "zone": "LUA", "area_ha": 0.005, "ground": "present_use", "needs": "x", "basis": "test"},
        {"code": "all-rice", "zone": "NNP", "area_ha": 0, "op": ">", "needs": "x", "basis": "test"},
    ],
)
OVER = "F"
"""The plan of forest that lies over the other one."""
ROLES = ("zones", "districts", "present_use", "relics")
Layers = dict[str, Any]


@st.composite
def columns(draw: st.DrawFn, codes: list[str]) -> list[tuple[str, shapely.Geometry]]:
    """Strips side by side over the whole stage, each of one class: a plan that is sound."""
    joints = [-10, *sorted(draw(st.sets(st.integers(4, STAGE - 4), max_size=2))), STAGE + 10]
    strips = [shapely.box(X0 + a, Y0 - 10, X0 + b, Y0 + STAGE + 10) for a, b in pairwise(joints)]
    return [(draw(st.sampled_from(codes)), strip) for strip in strips]


@st.composite
def places(draw: st.DrawFn) -> dict[str, Any]:
    x, y, size = draw(st.integers(2, 24)), draw(st.integers(2, 24)), draw(st.integers(7, 14))
    drawn = square(x, y, size)
    kind = draw(st.sampled_from(["area", "area", "area", "point", "line"]))
    shape = {"area": drawn, "point": drawn.centroid, "line": shapely.LineString([(X0 + x, Y0 + y), (X0 + x + size, Y0 + y + 2)])}
    area = draw(st.sampled_from([math.nan, float(size * size) if kind == "area" else 40.0]))
    unit = draw(st.sampled_from(["", "", "", "Xã 1", "Xã 2", "Xã 1, xã 2"]))
    accuracy = draw(st.sampled_from([math.nan, 0.5]))
    return {"geometry": shape[kind], "declared_area_m2": area, "declared_district": unit, "accuracy_m": accuracy}


@st.composite
def situations(draw: st.DrawFn) -> tuple[gpd.GeoDataFrame, Layers, np.ndarray[Any, Any]]:
    """Sites, every kind of vector layer, and the cells of a raster of one metre."""
    rows = draw(st.lists(places(), min_size=1, max_size=4))
    register = sites(*(site(f"S{n}", row.pop("geometry"), **row) for n, row in enumerate(rows)))
    strips = draw(columns(["ODT", "ODT", "ODT", "ODT", "LUA", "RPH", "XXX"]))
    over = [
        ("RPH", square(draw(st.integers(0, 30)), draw(st.integers(0, 30)), draw(st.integers(5, 20))))
        for _ in range(draw(st.integers(0, 1)))
    ]
    drawn = [*((code, shape, "P1") for code, shape in strips), *((code, shape, OVER) for code, shape in over)]
    ground = zones(*((f"z{n}", *zone) for n, zone in enumerate(drawn)))
    present = zones(*((f"u{n}", code, s, "") for n, (code, s) in enumerate(draw(columns(["ODT", "ODT", "ODT", "LUC", "NNP"])))))
    border = draw(st.integers(-5, 45))
    west, east = shapely.box(X0 - 50, Y0 - 50, X0 + border, Y0 + 90), shapely.box(X0 + border, Y0 - 50, X0 + 90, Y0 + 90)
    names = {"district_id": ["1", "2"], "district_name": ["Xã 1", "Xã 2"], "parent_name": "", "problem": "", "repaired": ""}
    communes = gpd.GeoDataFrame(names, geometry=[west, east], crs=CRS)
    middle = register.geometry[0].centroid
    near = st.tuples(st.integers(-14, 14), st.integers(-14, 14))
    spots = [(-400.0, -400.0), *((middle.x - X0 + x, middle.y - Y0 + y) for x, y in draw(st.lists(near, max_size=1)))]
    relics = gpd.GeoDataFrame(
        {"name": [f"R{n}" for n in range(len(spots))]}, geometry=[shapely.Point(X0 + x, Y0 + y) for x, y in spots], crs=CRS
    )
    cells = np.full((STAGE + 20, STAGE + 20), GRASS, dtype=np.uint8)
    for value in draw(st.lists(st.sampled_from([WATER, WATER, NODATA]), max_size=2)):
        left, top = draw(st.integers(0, STAGE)), draw(st.integers(0, STAGE))
        cells[top : top + draw(st.integers(1, 12)), left : left + draw(st.integers(1, 12))] = value
    return register, {"zones": ground, "districts": communes, "present_use": present, "relics": relics}, cells


def raster(folder: Path, cells: np.ndarray[Any, Any]) -> Path:
    path = folder / "cover.tif"
    where = rasterio.Affine(1, 0, X0 - 10, 0, -1, Y0 + STAGE + 10)
    size = {"height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", driver="GTiff", crs=CRS, transform=where, nodata=NODATA, **size) as file:
        file.write(cells, 1)
    return path


def judged(register: gpd.GeoDataFrame, layers: Layers, cover: Path | None) -> Assessment:
    return assess(register, BOOK, on=ON, **layers, **({} if cover is None else {"cover": cover}))


def newly_permitted(before: Assessment, after: Assessment) -> list[str]:
    pairs = zip(before.sites["site_id"], before.sites["verdict"], after.sites["verdict"], strict=True)
    return [site_id for site_id, was, now in pairs if now == "permitted" != was]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cover")


@examples(4)
@given(situations(), st.data())
def test_a_layer_a_row_or_a_shape_that_is_gone_permits_nobody(
    folder: Path, situation: tuple[gpd.GeoDataFrame, Layers, np.ndarray[Any, Any]], data: st.DataObject
) -> None:
    register, layers, cells = situation
    cover = raster(folder, cells)
    full = judged(register, layers, cover)
    role = data.draw(st.sampled_from([*ROLES, "relics"]))
    n = data.draw(st.integers(0, len(layers[role]) - 1))
    rest = layers[role].drop(layers[role].index[n])
    blind = layers[role].set_geometry([None if i == n else s for i, s in enumerate(layers[role].geometry)], crs=CRS)
    for way, changed in (("layer", None), ("row", rest), ("shape", blind)):
        if changed is not None and not changed.geometry.notna().any():
            continue  # an empty layer is refused
        fewer = {r: f for r, f in (layers | {role: changed}).items() if f is not None}
        found = judged(register, fewer, cover)
        assert found.sites["site_id"].tolist() == full.sites["site_id"].tolist()
        for site_id in newly_permitted(full, found):
            told = full.findings[(full.findings["site_id"] == site_id) & (full.findings["verdict"] != "permitted")]
            if role == "districts" and way == "layer":
                # what a site declares was compared with nothing, and the run says so
                assert set(told["check"]) <= {"district", "outside_area"}
                assert "district" in {s.check for s in found.not_run}
            elif role == "zones" and way == "row":
                # forest over other ground that nobody draws any more leaves no gap
                assert layers[role]["plan_id"].iloc[n] == OVER
                assert layers[role].geometry.iloc[n].distance(register.geometry[int(site_id[1:])]) < 1
            else:
                # a relic that nobody draws any more kept nobody away; all that spoke against the site is its distance
                assert (role, way, set(told["check"])) == ("relics", "row", {"setback"}), (site_id, role, way, told["reason"])
                assert layers[role].geometry.iloc[n].distance(register.geometry[int(site_id[1:])]) < KEPT_M + 1


@examples(2)
@given(situations(), st.integers(0, STAGE), st.integers(0, STAGE), st.integers(1, 40))
def test_cells_or_a_raster_that_are_gone_permit_nobody(
    folder: Path, situation: tuple[gpd.GeoDataFrame, Layers, np.ndarray[Any, Any]], left: int, top: int, size: int
) -> None:
    register, layers, cells = situation
    full = judged(register, layers, raster(folder, cells))
    blank = cells.copy()
    blank[top : top + size, left : left + size] = NODATA
    assert not newly_permitted(full, judged(register, layers, raster(folder, blank)))
    dry = np.where(cells == WATER, NODATA, cells).astype(np.uint8)
    assert not newly_permitted(full, judged(register, layers, raster(folder, dry)))
    assert not newly_permitted(full, judged(register, layers, raster(folder, blank[:, : left + 1])))
    assert "permitted" not in set(judged(register, layers, None).sites["verdict"])


@examples(3)
@given(columns(["ODT", "ODT", "LUA", "RPH", "XXX"]), st.lists(places(), min_size=1, max_size=4))
def test_the_boundary_of_a_site_that_is_gone_permits_nobody(
    strips: list[tuple[str, shapely.Geometry]], rows: list[dict[str, Any]]
) -> None:
    """A square known by its middle and its area: where every place of it would do, so does the square itself."""
    ground = zones(*((f"z{n}", code, shape, "P1") for n, (code, shape) in enumerate(strips)))
    book = rulebook(rules=[*RULES, rule("housing", "LUA", "permitted")])
    shapes = [square(0, 0, 9) if row["geometry"].area == 0 else row["geometry"] for row in rows]
    points = sites(*(site(f"S{n}", s.centroid, declared_area_m2=s.area) for n, s in enumerate(shapes)))
    drawn = sites(*(site(f"S{n}", s) for n, s in enumerate(shapes)))
    full, bare = (assess(r, book, on=ON, zones=ground) for r in (join_boundaries(points, drawn), points))
    assert full.sites.geometry.area.tolist() == pytest.approx([s.area for s in shapes])
    assert not newly_permitted(full, bare)


@examples(3)
@given(
    columns(["ODT", "ODT", "LUA", "RPH"]),
    st.lists(st.tuples(st.sampled_from(["P1", "P2", "F"]), st.sampled_from(["ODT", "LUC", "RPH", "XXX"]), places()), max_size=3),
    st.lists(places(), min_size=1, max_size=3),
    st.sampled_from(["P1", "P2", "F"]),
)
def test_a_plan_the_rulebook_no_longer_knows_permits_nobody(
    strips: list[tuple[str, shapely.Geometry]], over: list[tuple[str, str, dict[str, Any]]], rows: list[dict[str, Any]], gone: str
) -> None:
    """Its zones are still drawn, and nobody says that they are not in force."""
    more = [(plan_id, code, row["geometry"].buffer(3)) for plan_id, code, row in over]
    drawn = [("P1", code, shape) for code, shape in strips] + more
    ground = zones(*((f"z{n}", code, shape, plan_id) for n, (plan_id, code, shape) in enumerate(drawn)))
    register = sites(*(site(f"S{n}", row.pop("geometry"), **row) for n, row in enumerate(rows)))
    full, fewer = (
        rulebook_text(plans=[p for p in (plan("P1"), plan("P2"), plan("F", theme="forest")) if p["plan_id"] != left])
        for left in ("", gone)
    )
    before, after = (assess(register, rulebook_from_text(text), on=ON, zones=ground) for text in (full, fewer))
    assert not newly_permitted(before, after)
