"""Every edge of a layer once, with the zones on its sides; what is called plain ground is plain."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.engine.borders import Borders, settle, shared_borders
from plangeo.engine.pieces import cut
from tests.unit.test_pieces import X0, Y0, grid, star

CONTACT_M = 1e-6


def lone(cells: list[shapely.Polygon]) -> int:
    return int(shared_borders(cells).doubtful.sum())


def settled(zones: list[shapely.Polygon]) -> Borders:
    return settle(shared_borders(zones), cut(zones, 16), CONTACT_M)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.randoms(use_true_random=False))
def test_doubtful_edges_of_a_clean_grid_are_its_outline(columns: int, rows: int, chance: object) -> None:
    cells = grid(columns, rows)
    turned = [c.reverse() if chance.random() < 0.5 else c for c in cells]  # type: ignore[attr-defined]
    chance.shuffle(turned)  # type: ignore[attr-defined]
    found = shared_borders(turned)
    edges = found.take(found.doubtful)
    outline = shapely.union_all(cells).boundary
    assert shapely.union_all(shapely.linestrings(edges.coordinates)).equals(outline)
    assert shapely.length(shapely.linestrings(edges.coordinates)).sum() == pytest.approx(outline.length, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1), st.integers(1, 36))
def test_ground_between_doubtful_edges_is_covered_equally_often(removed: set[tuple[int, int]], copied: int) -> None:
    cells = [c for n, c in enumerate(grid(6, 6)) if (n // 6, n % 6) not in removed]
    cells += [shapely.box(X0 + 150, Y0 + 150, X0 + 350, Y0 + 250), *cells[:copied:5]]
    found = shared_borders(cells)
    edges = shapely.linestrings(found.coordinates[found.doubtful])
    walls = shapely.union_all([*edges, shapely.box(X0 - 50, Y0 - 50, X0 + 650, Y0 + 650).boundary])
    rooms = shapely.get_parts(shapely.polygonize(shapely.get_parts(walls)))
    for room in rooms:
        spots = [shapely.Point(X0 + 25 + 50 * i, Y0 + 25 + 50 * j) for i in range(-1, 13) for j in range(-1, 13)]
        inside = [s for s in spots if room.contains(s)]
        assert len({sum(c.contains(s) for c in cells) for s in inside}) <= 1


def test_the_polygon_lies_left_of_its_edges() -> None:
    edges = shared_borders([star(5, 40, 2).reverse()])
    for start, end in edges.coordinates:
        step = (end - start) / np.hypot(*(end - start))
        middle = (start + end) / 2
        assert star(5, 40, 2).contains(shapely.Point(middle + 1e-3 * np.array([-step[1], step[0]])))


def test_a_shifted_zone_shows_its_gap_and_its_overlap() -> None:
    cells = grid(3, 1)
    assert lone(cells) == 8
    shifted = [cells[0], shapely.affinity.translate(cells[1], 0.5), cells[2]]
    edges = shared_borders(shifted)
    assert lone(shifted) == 12
    at = {float(x) for x in edges.coordinates[(edges.coordinates[:, 0, 0] == edges.coordinates[:, 1, 0]), 0, 0]}
    assert {X0 + 100, X0 + 100.5, X0 + 200, X0 + 200.5} <= at


def test_duplicates_and_t_junctions_are_unpaired() -> None:
    cells = grid(2, 1)
    assert lone([*cells, *cells]) == 16
    assert sorted(shared_borders([*cells, cells[0]]).left.tolist()) == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    split = shapely.Polygon([(X0, Y0), (X0 + 100, Y0), (X0 + 100, Y0 + 50), (X0 + 100, Y0 + 100), (X0, Y0 + 100)])
    assert lone([split, cells[1]]) == 9


def test_edges_of_nothing() -> None:
    assert len(shared_borders([None, shapely.Polygon()])) == 0


@st.composite
def plans(draw: st.DrawFn) -> list[shapely.Polygon]:
    """Grids of several steps beside and over each other: T-junctions, overlaps, gaps, duplicates, crossings."""
    zones: list[shapely.Polygon] = []
    for _ in range(draw(st.integers(1, 3))):
        x, y, step = draw(st.integers(0, 12)) * 25, draw(st.integers(0, 12)) * 25, draw(st.sampled_from([50, 75, 100]))
        cells = grid(draw(st.integers(1, 3)), draw(st.integers(1, 3)), step)
        turned = draw(st.sampled_from([0, 0, 0, 17]))
        zones += [shapely.affinity.rotate(shapely.affinity.translate(c, x, y), turned, origin=(X0, Y0)) for c in cells]
    return zones


@settings(max_examples=80, deadline=None)
@given(plans(), st.integers(0, 2**32 - 1))
def test_beside_a_settled_edge_lie_the_zones_it_names(zones: list[shapely.Polygon], seed: int) -> None:
    found = settled(zones)
    sure = found.take(~found.doubtful)
    way = sure.coordinates[:, 1] - sure.coordinates[:, 0]
    unit = way / np.hypot(*way.T)[:, None]
    chance = np.random.default_rng(seed)
    for side, rows in ((1.0, sure.left), (-1.0, sure.right)):
        aside = side * 1e-4 * np.stack([-unit[:, 1], unit[:, 0]], axis=1)
        places = sure.coordinates[:, 0] + way * chance.uniform(0.01, 0.99, len(sure))[:, None] + aside
        for place, row in zip(places, rows, strict=True):
            here = [n for n, zone in enumerate(zones) if shapely.intersects_xy(zone, *place)]
            # A third zone may lie over both sides of an edge that two share, within the outline of an overlap.
            assert here == ([int(row)] if row >= 0 else []) or (found.doubtful.any() and row >= 0 and int(row) in here)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_the_edges_of_a_layer_are_all_there_whatever_is_settled(zones: list[shapely.Polygon]) -> None:
    drawn, kept = shared_borders(zones), settled(zones)
    first, last = (shapely.union_all(shapely.linestrings(b.coordinates)) for b in (drawn, kept))
    assert first.hausdorff_distance(last) < 1e-6


def test_t_junctions_are_settled_and_overlaps_stay_doubtful() -> None:
    wide, left, right = shapely.box(0, 0, 2, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)
    assert not settled([wide, left, right]).doubtful.any()
    over = shapely.box(0.5, 0.5, 1.5, 1.5)
    assert settled([wide, left, right, over]).doubtful.any()
    assert settled([wide, wide]).doubtful.all()


def test_an_edge_that_borders_on_two_zones_and_on_nothing_is_cut_in_three() -> None:
    found = settled([shapely.box(0, 0, 10, 1), shapely.box(0, 1, 3, 2), shapely.box(5, 1, 10, 2)])
    top = (found.coordinates[:, :, 1] == 1).all(axis=1) & (found.left == 0)
    told = sorted(
        (sorted(xy[:, 0].tolist()), row) for xy, row in zip(found.coordinates[top], found.right[top].tolist(), strict=True)
    )
    assert told == [([0.0, 3.0], 1), ([3.0, 5.0], -1), ([5.0, 10.0], 2)]
    assert not found.doubtful.any()
