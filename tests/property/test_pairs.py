"""Invariants of the hot path: cutting, order, threads and windows change nothing; the exact partition agrees."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from plangeo.engine import pairs as pairs_module
from plangeo.engine.borders import shared_borders
from plangeo.engine.pairs import Measures, measure_pairs
from plangeo.engine.partition import SNAP_GRID_M
from plangeo.engine.pieces import cut
from plangeo.recount.exactsums import edges_of, shared_area
from tests.effort import examples
from tests.makers import cut_one_by_one

X0, Y0 = 449_000.0, 2_417_000.0
place = st.tuples(st.integers(-80, 480), st.integers(-80, 480))


def coverage(seed: int, count: int = 6, step: float = 80.0, bends: int = 9) -> list[shapely.Geometry]:
    """A clean coverage with wiggly borders; some cells are dissolved into one zone."""
    chance = np.random.default_rng(seed)
    corners = step * np.stack(np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij"), axis=-1)
    corners = corners + chance.uniform(-0.2, 0.2, corners.shape) * step + (X0, Y0)

    def border(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        share = np.linspace(0, 1, bends)[1:-1, None]
        return np.vstack([a, a + (b - a) * share + chance.uniform(-3, 3, (bends - 2, 2)), b])

    east = {(i, j): border(corners[i, j], corners[i + 1, j]) for i in range(count) for j in range(count + 1)}
    north = {(i, j): border(corners[i, j], corners[i, j + 1]) for i in range(count + 1) for j in range(count)}
    cells = [
        shapely.Polygon(np.vstack([east[i, j], north[i + 1, j][1:], east[i, j + 1][::-1][1:], north[i, j][::-1][1:]]))
        for i in range(count)
        for j in range(count)
    ]
    joined = chance.random(len(cells)) < 0.4
    giant = shapely.coverage_union_all([c for c, is_joined in zip(cells, joined, strict=True) if is_joined])
    return [*(c for c, is_joined in zip(cells, joined, strict=True) if not is_joined), giant]


@st.composite
def registers(draw: st.DrawFn) -> list[shapely.Geometry]:
    sites: list[shapely.Geometry] = []
    for kind in draw(st.lists(st.integers(0, 3), min_size=1, max_size=8)):
        x, y = draw(place)
        x, y = X0 + x + 0.137, Y0 + y + 0.291
        size, angle = draw(st.integers(1, 250)), draw(st.integers(0, 89))
        box = shapely.affinity.rotate(shapely.box(x, y, x + size, y + size / 2), angle)
        sites.append(
            (box, shapely.LineString(box.exterior.coords), shapely.Point(x, y), shapely.Point(x, y).buffer(size, 60))[kind]
        )
    return sites


def assert_same(first: Measures, second: Measures) -> None:
    for name in ("sites", "zones", "measure", "on_border", "unsettled"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes(), name


@examples(60)
@given(registers(), st.integers(0, 500))
def test_cutting_is_invisible_in_the_measures(sites: list[shapely.Geometry], seed: int) -> None:
    zones = coverage(seed)
    fine, whole = measure_pairs(sites, cut(zones, 16)), measure_pairs(sites, cut(zones, 10**6))
    assert fine.sites.tolist() == whole.sites.tolist()
    assert fine.zones.tolist() == whole.zones.tolist()
    assert fine.measure == pytest.approx(whole.measure, rel=1e-9, abs=1e-6)


@examples(60)
@given(registers(), st.integers(0, 500))
def test_a_clean_coverage_covers_everything_once(sites: list[shapely.Geometry], seed: int) -> None:
    zones = coverage(seed)
    ground = shapely.Polygon(shapely.union_all(zones).exterior)
    found = measure_pairs(sites, cut(zones, 32))
    total = np.bincount(found.sites, weights=found.measure, minlength=len(sites))
    for n, site in enumerate(sites):
        if n in found.unsettled:
            continue
        inside = shapely.intersection(site, ground)
        expected = (float(not inside.is_empty), inside.length, inside.area)[int(shapely.get_dimensions(site))]
        assert total[n] == pytest.approx(expected, rel=1e-9, abs=1e-6)


@examples(40)
@given(registers(), st.integers(0, 500))
def test_the_exact_partition_agrees(sites: list[shapely.Geometry], seed: int) -> None:
    zones = coverage(seed)
    found = measure_pairs(sites, cut(zones, 24))
    settled = ~np.isin(found.sites, found.unsettled)
    fast = dict(zip(zip(found.sites[settled], found.zones[settled], strict=True), found.measure[settled], strict=True))
    slow = {k: v for k, v in cut_one_by_one(sites, zones).items() if k[0] not in found.unsettled}
    for site, zone in fast.keys() & slow.keys():
        shape = sites[site]
        if shapely.get_dimensions(shape) == 2 and abs(fast[site, zone] - slow[site, zone]) > 1e-6:
            # where GEOS gives up, sites are cut on a grid: that far the parts may be off, and sums in whole numbers say what is right
            assert abs(fast[site, zone] - slow[site, zone]) < SNAP_GRID_M * shape.length
            slow[site, zone] = shared_area(edges_of(shape), edges_of(zones[zone])).size
    assert fast == pytest.approx(slow, rel=1e-8, abs=1e-6)


@examples(30)
@given(registers(), st.integers(0, 500), st.randoms(use_true_random=False))
def test_order_of_rows_changes_no_bit(sites: list[shapely.Geometry], seed: int, chance: object) -> None:
    zones = coverage(seed)
    site_order, zone_order = list(range(len(sites))), list(range(len(zones)))
    chance.shuffle(site_order)  # type: ignore[attr-defined]
    chance.shuffle(zone_order)  # type: ignore[attr-defined]
    first = measure_pairs(sites, cut(zones, 32))
    second = measure_pairs([sites[n] for n in site_order], cut([zones[n] for n in zone_order], 32))
    told = {(s, z): v for s, z, v in zip(first.sites, first.zones, first.measure, strict=True)}
    again = {(site_order[s], zone_order[z]): v for s, z, v in zip(second.sites, second.zones, second.measure, strict=True)}
    assert told == again
    assert first.unsettled.tolist() == sorted(site_order[n] for n in second.unsettled)


@examples(15)
@given(st.integers(0, 500), st.sampled_from([1, 3, 64]))
def test_threads_and_chunks_change_no_bit(seed: int, chunk: int) -> None:
    chance = np.random.default_rng(seed)
    spots = np.array([X0, Y0]) + chance.uniform(-50, 500, (60, 2))
    sites = [*shapely.buffer(shapely.points(spots[:30]), 40), *shapely.linestrings(spots[:30], indices=np.arange(30) // 3)]
    pieces = cut(coverage(seed), 32)
    first = measure_pairs(sites, pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs_module, "_CHUNK", chunk)
        patch.setattr(pairs_module, "_STEP_CHUNK", chunk)
        assert_same(first, measure_pairs(sites, pieces, threads=2))


@examples(30)
@given(registers(), st.integers(0, 500))
def test_a_window_of_the_pieces_changes_no_bit(sites: list[shapely.Geometry], seed: int) -> None:
    pieces = cut(coverage(seed), 16)
    box = shapely.box(*shapely.total_bounds(sites)).buffer(1)
    near = shapely.intersects(shapely.box(*shapely.bounds(pieces.geometries).T), box)
    assert_same(measure_pairs(sites, pieces), measure_pairs(sites, pieces.take(near)))


@examples(40)
@given(registers(), st.integers(0, 500), st.integers(0, 30))
def test_a_site_that_meets_no_doubtful_edge_is_covered_evenly(sites: list[shapely.Geometry], seed: int, moved: int) -> None:
    zones = coverage(seed)
    moved %= len(zones)
    zones[moved] = shapely.affinity.translate(zones[moved], 0.5, 0.25)
    borders = shared_borders(zones)
    edges = shapely.linestrings(borders.coordinates[borders.doubtful])
    found = measure_pairs(sites, cut(zones, 32))
    total = np.bincount(found.sites, weights=found.measure, minlength=len(sites))
    for n, site in enumerate(sites):
        if shapely.get_dimensions(site) != 2 or shapely.intersects(edges, site).any():
            continue
        assert total[n] / site.area == pytest.approx(round(total[n] / site.area), abs=1e-9)
