"""Invariants of measuring: shares add to one, cutting and order do not matter, touching is not overlapping."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from plangeo.engine.partition import partition
from plangeo.overlay import measure_zones
from tests.effort import examples

CRS = "EPSG:9215"
X0, Y0 = 449_000.0, 2_417_000.0

cell = st.integers(0, 40)


@st.composite
def boxes(draw: st.DrawFn, most: int = 6) -> list[shapely.Polygon]:
    found = []
    for _ in range(draw(st.integers(1, most))):
        x, y, w, h = draw(cell), draw(cell), draw(st.integers(1, 20)), draw(st.integers(1, 20))
        turned = shapely.affinity.rotate(shapely.box(x, y, x + w, y + h), draw(st.integers(0, 89)))
        found.append(shapely.affinity.translate(turned, X0, Y0))
    return found


def layer(shapes: list[shapely.Geometry], codes: list[str] | None = None) -> gpd.GeoDataFrame:
    codes = codes or ["A"] * len(shapes)
    return gpd.GeoDataFrame(
        {"zone_id": [f"z{i:03d}" for i in range(len(shapes))], "zone_code": codes, "plan_id": "P1"}, geometry=shapes, crs=CRS
    )


def register(shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"site_id": [f"s{i}" for i in range(len(shapes))]}, geometry=shapes, crs=CRS)


@examples(60)
@given(boxes(), boxes())
def test_shares_of_the_cover_add_to_one(sites: list[shapely.Polygon], zones: list[shapely.Polygon]) -> None:
    cover = measure_zones(register(sites), layer(zones)).cover
    assert cover.groupby("site_id")["share"].sum().to_numpy() == pytest.approx(1.0, abs=1e-9)


@examples(60)
@given(boxes(3), boxes())
def test_covered_area_is_the_area_of_the_union(sites: list[shapely.Polygon], zones: list[shapely.Polygon]) -> None:
    cover = measure_zones(register(sites), layer(zones)).cover
    ground = shapely.union_all(zones)
    for i, site in enumerate(sites):
        rows = cover[(cover["site_id"] == f"s{i}") & (cover["zones"].map(len) > 0)]
        assert rows["area_m2"].sum() == pytest.approx(shapely.intersection(site, ground).area, rel=1e-9, abs=1e-3)


@examples(40)
@given(boxes(3), boxes(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(sites: list[shapely.Polygon], zones: list[shapely.Polygon], chance: object) -> None:
    frame, plan = register(sites), layer(zones)
    shuffled = plan.sample(frac=1, random_state=chance.randint(0, 9999))  # type: ignore[attr-defined]
    first, second = measure_zones(frame, plan), measure_zones(frame.iloc[::-1], shuffled)
    keys = ["site_id", "zone_id"]
    left, right = (f.drop(columns="geometry").sort_values(keys, ignore_index=True) for f in (first.evidence, second.evidence))
    pd.testing.assert_frame_equal(left, right, check_exact=True)
    order = ["site_id", "share"]
    left, right = (c.sort_values(order, ignore_index=True)[order] for c in (first.cover, second.cover))
    pd.testing.assert_frame_equal(left, right, check_exact=True)


@examples(40)
@given(boxes(3), boxes(3), st.integers(-45, 45))
def test_cutting_zones_changes_no_total(sites: list[shapely.Polygon], zones: list[shapely.Polygon], angle: int) -> None:
    knife = shapely.affinity.rotate(shapely.box(-200, 0, 200, 200), angle, origin=(0, 0))
    knife = shapely.affinity.translate(knife, X0 + 20, Y0 + 20)
    pieces = [p for z in zones for p in (shapely.intersection(z, knife), shapely.difference(z, knife)) if p.area > 0]
    whole = _covered(register(sites), layer(zones))
    cut = _covered(register(sites), layer(pieces))
    assert cut.to_numpy() == pytest.approx(whole.to_numpy(), abs=1e-4)


def _covered(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.Series:
    cover = measure_zones(sites, zones).cover
    inside = cover[cover["zones"].map(len) > 0].groupby("site_id")["area_m2"].sum()
    return inside.reindex(sites["site_id"], fill_value=0.0)


def test_touching_is_not_overlapping() -> None:
    site = shapely.box(X0, Y0, X0 + 100, Y0 + 100)
    beside = shapely.box(X0 + 100, Y0, X0 + 200, Y0 + 100)
    found = measure_zones(register([site]), layer([beside]))
    assert found.evidence.empty
    assert found.cover["zones"].tolist() == [()]


def test_a_point_on_a_border_names_both_zones() -> None:
    left, right = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)
    (face,) = partition(shapely.Point(10, 5), {0: left, 1: right}).faces
    assert face.zones == (0, 1)
    assert face.on_border


def test_a_line_along_a_border_names_both_zones_and_keeps_its_length() -> None:
    left, right = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)
    line = shapely.LineString([(5, 5), (10, 5), (10, 9)])
    faces = partition(line, {0: left, 1: right}).faces
    assert {f.zones: f.geometry.length for f in faces} == {(0,): 5.0, (0, 1): 4.0}
    assert [f.on_border for f in faces if f.zones == (0, 1)] == [True]


def test_width_is_that_of_the_total_and_not_of_its_fragments() -> None:
    site = shapely.box(X0, Y0, X0 + 100, Y0 + 100)
    strips = [shapely.box(X0 + i, Y0, X0 + i + 1, Y0 + 100) for i in range(40)]
    widths = measure_zones(register([site]), layer(strips), width_classes={"A": frozenset({"A"})}).widths
    assert widths["s0", "A"] == pytest.approx(40, rel=0.02)


@examples(60)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=2, max_size=6, unique=True), st.integers(3, 17))
def test_lines_over_a_coverage_lose_no_metre(corners: list[tuple[int, int]], step: int) -> None:
    """Roads over stacked oblique coverages: every metre is covered once by each plan, whatever the crossings."""
    line = shapely.LineString([(X0 + x / 10, Y0 + y / 10) for x, y in corners])
    cells = [
        shapely.box(X0 + i, Y0 + j, X0 + i + step, Y0 + j + step) for i in range(-20, 80, step) for j in range(-20, 80, step)
    ]
    turned = list(shapely.affinity.rotate(shapely.MultiPolygon(cells), step * 3.1, origin=(X0 + 20, Y0 + 20)).geoms)
    cover = measure_zones(register([line]), layer(turned)).cover
    assert cover["length_m"].sum() == pytest.approx(line.length, rel=1e-9)
    assert cover.loc[cover["zones"].map(len) == 0, "length_m"].sum() == 0
    assert cover.loc[(cover["zones"].map(len) > 1) & ~cover["on_border"], "length_m"].sum() == 0


def test_a_line_drawn_among_the_zones_is_no_ground() -> None:
    point = shapely.Point(X0 + 5, Y0)
    found = measure_zones(register([point]), layer([shapely.LineString([(X0, Y0), (X0 + 10, Y0)])]))
    evidence, cover = found.evidence, found.cover
    assert evidence.empty
    assert cover["zones"].tolist() == [()]
