"""Cutting must be invisible."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.engine import pieces as pieces_module
from plangeo.engine.pieces import Pieces, cut, hilbert_positions
from plangeo.errors import LayerError

X0, Y0 = 449_000.0, 2_417_000.0
COMMUNES = Path(__file__).parents[2].parent / "shared/data/perf/vn_north5_communes_2025.parquet"


def star(seed: int, corners: int, holes: int = 0) -> shapely.Polygon:
    """A wiggly polygon with round holes, at VN-2000 coordinates."""
    chance = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = 400 * chance.uniform(0.6, 1.4, corners)
    shell = np.c_[X0 + radius * np.cos(angles), Y0 + radius * np.sin(angles)]
    spots = [(X0 - 150 + 60 * i, Y0 + 40 * (-1) ** i) for i in range(holes)]
    return shapely.Polygon(shell, [shapely.Point(s).buffer(20, quad_segs=8).exterior.coords for s in spots])


def grid(columns: int, rows: int, step: float = 100.0) -> list[shapely.Polygon]:
    return [
        shapely.box(X0 + i * step, Y0 + j * step, X0 + (i + 1) * step, Y0 + (j + 1) * step)
        for i in range(columns)
        for j in range(rows)
    ]


def assert_invisible(source: shapely.Geometry, pieces: Pieces, row: int = 0) -> None:
    own = pieces.take(pieces.rows == row)
    assert shapely.is_valid(own.geometries).all()
    assert (shapely.get_type_id(own.geometries) == 3).all()
    assert shapely.area(own.geometries).sum() == pytest.approx(source.area, rel=1e-12)
    assert sorted(own.numbers.tolist()) == list(range(len(own)))
    union = shapely.union_all(own.geometries)
    # A cut that crosses an edge rounds the crossing to the next number: no edge strays farther than that.
    stray = float(np.spacing(np.abs(source.bounds).max()))
    assert shapely.symmetric_difference(union, source).area <= 1e-12 * source.area + stray * source.length
    tree = shapely.STRtree(own.geometries)
    one, other = tree.query(own.geometries)
    shared = shapely.intersection(own.geometries[one[one < other]], own.geometries[other[one < other]])
    assert shapely.area(shared).sum() == 0.0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 700), st.integers(0, 5), st.sampled_from([16, 24, 64]))
def test_cutting_is_invisible(seed: int, corners: int, holes: int, most: int) -> None:
    source = star(seed, corners, holes)
    if not source.is_valid:
        source = shapely.make_valid(source, method="structure")
    pieces = cut([source], most)
    assert_invisible(source, pieces)
    assert shapely.get_num_coordinates(pieces.geometries).max() <= most


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=40), st.sampled_from([16, 20, 28]))
def test_cutting_dissolved_cells_with_holes_on_their_shell(chosen: set[tuple[int, int]], most: int) -> None:
    cells = [shapely.box(X0 + i, Y0 + j, X0 + i + 1, Y0 + j + 1) for i, j in sorted(chosen)]
    source = shapely.union_all(cells)
    assert_invisible(source, cut([source], most))


def test_a_hole_that_touches_its_shell_stays_a_hole() -> None:
    shell = [(0, 0), (10, 0), (20, 0), (20, 20), (0, 20)]
    bend = np.linspace(0, 2 * np.pi, 40)
    hole = np.c_[10 + 5 * np.sin(bend), 5 - 5 * np.cos(bend)]
    hole[0] = hole[-1] = (10, 0)
    source = shapely.Polygon(shell, [hole])
    pieces = cut([source], 16)
    assert_invisible(source, pieces)
    assert len(pieces) > 1


def test_cuts_along_drawn_edges_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces_module, "_CUT_AT", 0.5)
    source = shapely.union_all([g for n, g in enumerate(grid(16, 16)) if n % 3])
    assert_invisible(source, cut([source], 16))


def test_an_unclean_clip_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the fast clip to drop a part, the exact one takes over; were both to fail, the polygon stays whole."""
    source = star(3, 300)

    def lossy(polygon: shapely.Polygon, *box: float) -> shapely.Geometry:
        return shapely.buffer(shapely.intersection(polygon, shapely.box(*box)), -1e-3)

    monkeypatch.setattr(shapely, "clip_by_rect", lossy)
    pieces = cut([source], 64)
    assert len(pieces) > 1
    assert_invisible(source, pieces)
    monkeypatch.setattr(pieces_module, "_clip_exactly", lambda polygon, *_: (polygon, polygon))
    assert cut([source], 64).geometries.tolist() == [source]


def test_rows_without_geometry_give_no_piece_and_others_keep_their_row() -> None:
    pieces = cut([None, shapely.Polygon(), star(1, 50), shapely.MultiPolygon(grid(1, 2)), None], 16)
    assert set(pieces.rows.tolist()) == {2, 3}
    assert len(cut([])) == 0


def test_a_limit_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        cut([star(1, 50)], 5)


def test_edges_that_meet_in_one_spot_end_the_cutting() -> None:
    holes = [[(0, 0), (9 * np.cos(a), 9 * np.sin(a)), (9 * np.cos(a + 0.02), 9 * np.sin(a + 0.02))] for a in np.arange(0, 6, 0.1)]
    source = shapely.Polygon([(-9, -9), (20, -9), (20, 20), (-9, 20)], holes)
    assert source.is_valid
    assert_invisible(source, cut([source], 16))


def test_lines_are_refused() -> None:
    with pytest.raises(LayerError, match="polygons"):
        cut([shapely.LineString([(0, 0), (1, 1)])])


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)))
def test_pieces_do_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    sources = [shapely.affinity.translate(star(n, 60), 500 * n) for n in range(6)]
    first, second = cut(sources, 16), cut([sources[n] for n in order], 16)
    told = {(int(r), int(n)): g.wkb for g, r, n in zip(first.geometries, first.rows, first.numbers, strict=True)}
    again = {(order[r], int(n)): g.wkb for g, r, n in zip(second.geometries, second.rows, second.numbers, strict=True)}
    assert told == again


def test_hilbert_neighbours_are_neighbours_in_space() -> None:
    x, y = np.meshgrid(np.arange(32.0), np.arange(32.0))
    places = np.c_[x.ravel(), y.ravel()]
    walk = places[np.argsort(hilbert_positions(np.c_[places, places]))]
    assert np.hypot(*np.diff(walk, axis=0).T).max() == 1.0


@pytest.mark.skipif(not COMMUNES.exists(), reason="the shared communes are not on this machine")
def test_real_communes_are_cut_invisibly() -> None:
    sources = gpd.read_parquet(COMMUNES).to_crs("EPSG:9215").geometry
    sources = sources[sources.is_valid].to_numpy()[:60]
    pieces = cut(sources)
    kept = np.bincount(pieces.rows, weights=shapely.area(pieces.geometries), minlength=len(sources))
    assert kept == pytest.approx(shapely.area(sources), rel=1e-12)
    assert shapely.is_valid(pieces.geometries).all()
    for row in range(0, 60, 20):
        assert_invisible(sources[row], pieces, row)
