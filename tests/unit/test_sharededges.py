"""Looked at tile by tile, a layer has the very faults it has as a whole, also where its zones are giants with many holes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from plangeo.planlayers.sharededges import unfitting
from plangeo.planlayers.sharedground import overlaps, united

CELL, ACROSS = 40.0, 14


def array(shapes: list[Any]) -> NDArray[Any]:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def crooked_cells() -> list[Any]:
    """A coverage of cells whose borders are broken lines with 8 corners a side, at odd coordinates."""
    rng = np.random.default_rng(5)
    steps = 8
    n = ACROSS * steps
    grid = np.stack(np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"), axis=-1) * CELL / steps + [500_000, 2_400_000]
    grid = grid + rng.uniform(-1.5, 1.5, grid.shape)
    cells = []
    for i in range(0, n, steps):
        for j in range(0, n, steps):
            k = np.arange(steps)
            ring = [grid[i + k, j], grid[i + steps, j + k], grid[i + steps - k, j + steps], grid[i, j + steps - k]]
            cells.append(shapely.Polygon(np.concatenate(ring)))
    return cells


CELLS = crooked_cells()
GIANT = [n for n in range(len(CELLS)) if n % 3 or n % 7 == 0]
"""Cells that are one river with holes and parts apart, of about 8,000 corners."""


def layer(moved: dict[int, float], gone: set[int]) -> NDArray[Any]:
    """The river, then the other cells; some of them grown by metres, some taken away."""
    rest = [n for n in range(len(CELLS)) if n not in GIANT]
    kept = [CELLS[n].buffer(moved[n]) if n in moved else CELLS[n] for n in rest if n not in gone]
    return array([shapely.coverage_union_all([CELLS[n] for n in GIANT]), *kept])


@given(
    st.dictionaries(
        st.sampled_from([n for n in range(len(CELLS)) if n not in GIANT]), st.sampled_from([-2.0, 0.5, 6.0]), max_size=6
    ),
    st.sets(st.sampled_from(range(len(CELLS))), max_size=5),
    st.sampled_from([1500, 2500, 4000]),
)
@settings(max_examples=15, deadline=None)
def test_tiles_find_what_the_whole_layer_has(moved: dict[int, float], gone: set[int], at_once: int) -> None:
    shapes = layer(moved, gone)
    whole = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
    assert unfitting(shapes, at_once).tolist() == whole.tolist()


def test_the_tiles_leave_no_trace_in_overlaps_and_ground(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = [n for n in range(len(CELLS)) if n not in GIANT]
    shapes = layer({rest[4]: 6.0, rest[20]: 0.5}, {rest[9]})
    every = shapely.intersection(shapes[:, None], shapes[None, :])
    pairs = np.triu(shapely.area(every), 1)
    monkeypatch.setattr("plangeo.planlayers.sharedground.unfitting", lambda s: unfitting(s, 2000))
    found = united(shapes)
    areas = {pair: float(shapely.area(pieces).sum()) for pair, pieces in overlaps(shapes, found.suspects).items()}
    met = {(int(i), int(j)): pairs[i, j] for i, j in zip(*np.nonzero(pairs > 1e-6), strict=True)}
    assert {pair for pair, area in areas.items() if area > 1e-6} == set(met)
    assert all(areas[pair] == pytest.approx(area, abs=1e-6) for pair, area in met.items())
    assert found.ground.area == pytest.approx(shapely.union_all(shapes).area, abs=1e-6)


def test_an_edge_longer_than_a_tile_hides_no_overlap() -> None:
    """Two fields with one edge of 600 m between them, drawn among cells of 40 m: what lies on one of them is found."""
    west, south = 500_000.0, 2_400_000.0 + ACROSS * CELL + 50
    fields = [shapely.box(west, south, west + 560, south + 40), shapely.box(west, south + 40, west + 560, south + 90)]
    intruder = shapely.box(west + 200, south + 30, west + 210, south + 60)
    shapes = array([*CELLS, *fields, intruder])
    found = unfitting(shapes, 1500)
    assert found[-1]
    assert not found[: len(CELLS)].any()
    mine = overlaps(shapes, np.flatnonzero(found))
    assert sorted(mine) == [(len(CELLS), len(CELLS) + 2), (len(CELLS) + 1, len(CELLS) + 2)]
