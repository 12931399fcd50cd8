"""Sums of trapezoids against GEOS and exact arithmetic; with numba or, where it is missing, as plain Python."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.engine import pairs as pairs_module
from plangeo.engine import trapezoids
from plangeo.engine.pairs import measure_pairs, prefers_compiled
from plangeo.engine.pieces import cut
from plangeo.engine.runs import edges_of
from plangeo.engine.runs import lengths_inside as lengths_in_numpy
from plangeo.engine.trapezoids import lengths_inside, shared_areas

X0, Y0 = 449_000.0, 2_417_000.0
ORACLE = Path(__file__).parents[2].parent / "shared/data/bad/11_oracle/generated_pairs.csv"

spot = st.tuples(st.integers(0, 30), st.integers(0, 30))


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Geometry:
    """Valid polygons on a coarse grid, so that corners, edges and uprights coincide often; some with holes, some reversed."""
    shell = draw(st.lists(spot, min_size=3, max_size=9, unique=True))
    shape = shapely.make_valid(shapely.Polygon(shell))
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0]
    if not parts:
        return shapely.box(X0, Y0, X0 + 3, Y0 + 5)
    part = parts[0].reverse() if draw(st.booleans()) else parts[0]
    if draw(st.booleans()):
        hole = shapely.box(*part.representative_point().buffer(0.25).bounds)
        part = part.difference(hole) if part.contains_properly(hole) else part
    return shapely.affinity.translate(part, X0, Y0)


@settings(max_examples=150, deadline=None)
@given(polygons(), polygons())
def test_areas_agree_with_intersecting(one: shapely.Polygon, other: shapely.Polygon) -> None:
    shapes = np.array([one, other])
    assert (shapely.get_type_id(shapes) == 3).all()
    found = shared_areas(shapes, np.array([0, 1, 0]), shapes, np.array([1, 0, 0]))
    assert found == pytest.approx([one.intersection(other).area] * 2 + [one.area], rel=1e-9, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(polygons(), spot, spot)
def test_lengths_agree_with_intersecting_and_with_numpy(
    zone: shapely.Polygon, start: tuple[int, int], end: tuple[int, int]
) -> None:
    if start == end:
        return
    steps = np.array([[start, end]]) + np.array([X0, Y0])
    none = np.zeros(1, dtype=np.intp)
    (length,), (along,) = lengths_inside(steps, none, np.array([zone]), none, 1e-6, 1e-3)
    (again,), (along_again,) = lengths_in_numpy(steps, none, *edges_of(np.array([zone])), none, 1e-6, 1e-3)
    line = shapely.LineString(steps[0])
    assert along == along_again
    assert length == pytest.approx(again, abs=1e-11)
    assert along or line.intersection(zone.boundary).length == 0
    if not along:
        assert length == pytest.approx(line.intersection(zone).length, abs=1e-9)


@pytest.mark.skipif(not ORACLE.exists(), reason="the shared pairs with exact areas are not on this machine")
def test_areas_agree_with_exact_arithmetic() -> None:
    pairs = pd.read_csv(ORACLE)
    sites, zones = shapely.from_wkb(pairs["a_wkb"].to_numpy()), shapely.from_wkb(pairs["b_wkb"].to_numpy())
    for i, exact in enumerate(pairs["area_a_and_b"].astype(float)):
        a, b = cut(sites[i : i + 1]), cut(zones[i : i + 1])
        one, other = np.divmod(np.arange(len(a) * len(b)), len(b))
        area = shared_areas(a.geometries, one, b.geometries, other)
        assert area.sum() == pytest.approx(exact, rel=1e-9, abs=1e-9 * pairs["area_a"].iloc[i] + 1e-9)


@settings(max_examples=25, deadline=None)
@given(st.lists(polygons(), min_size=1, max_size=5), st.lists(polygons(), min_size=1, max_size=5))
def test_the_path_changes_no_pair_and_no_measure(sites: list[shapely.Polygon], zones: list[shapely.Polygon]) -> None:
    register = [*sites, *(s.exterior for s in sites), *(shapely.centroid(s) for s in sites)]
    pieces = cut(zones, 16)
    fast, slow = (measure_pairs(register, pieces, compiled=c) for c in (True, False))
    assert fast.sites.tolist() == slow.sites.tolist()
    assert fast.zones.tolist() == slow.zones.tolist()
    assert fast.unsettled.tolist() == slow.unsettled.tolist()
    assert fast.measure == pytest.approx(slow.measure, rel=1e-9, abs=1e-6)


def test_large_windows_are_left_to_geos() -> None:
    wide = [shapely.box(X0, Y0, X0 + 9e4, Y0 + 8e4), shapely.box(X0 + 1, Y0 + 1, X0 + 8e4, Y0 + 9e4)]
    none = np.zeros(1, dtype=np.intp)
    assert np.isnan(shared_areas(np.array(wide[:1]), none, np.array(wide[1:]), none)).all()
    assert measure_pairs(wide[:1], cut(wide[1:]), compiled=True).measure.tolist() == [(8e4 - 1) ** 2]


def test_threads_and_chunks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(4)
    places = shapely.points(np.array([X0, Y0]) + chance.uniform(0, 400, (40, 2)))
    sites = [
        *shapely.buffer(places, 60, quad_segs=4),
        *shapely.linestrings(shapely.get_coordinates(places), indices=np.arange(40) // 4),
    ]
    pieces = cut(shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(places[:20]))), 16)
    first = measure_pairs(sites, pieces, compiled=True)
    monkeypatch.setattr(pairs_module, "_COMPILED_CHUNK", 3)
    monkeypatch.setattr(pairs_module, "_STEP_CHUNK", 3)
    second = measure_pairs(sites, pieces, compiled=True, threads=2)
    assert first.measure.tobytes() == second.measure.tobytes()
    assert len(first.measure) > 40


def test_without_numba_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not trapezoids.is_available.__wrapped__()
    monkeypatch.setattr(trapezoids, "is_available", lambda: False)
    assert not prefers_compiled(10**9)
    assert trapezoids._compiled.__wrapped__(len) is len
    monkeypatch.setattr(trapezoids, "is_available", lambda: True)
    assert prefers_compiled(10**9)
    assert not prefers_compiled(100)
