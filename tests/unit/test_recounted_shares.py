"""The second computation of shares on rasters: agrees with the engine's exact cover, and catches faults put into that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

import plangeo as pg
from plangeo import surroundings, terrain
from plangeo.grids import footprints
from plangeo.grids.rasters import read_raster
from plangeo.recount import rastershares
from tests.effort import examples
from tests.unit.test_surroundings import CELL, SLOPE, X, Y, book, run, told, write

STEEP = np.where(np.add.outer(np.arange(40), np.arange(40)) % 3 == 0, 20.0, 5.0).astype(np.float32)
CLASSES = (np.add.outer(np.arange(40), 7 * np.arange(40)) % 5 + 1).astype(np.uint8)
CORNERS = st.tuples(st.floats(-50, 450), st.floats(-50, 450))


@pytest.fixture(scope="module")
def rasters(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("rasters")
    return write(folder / "slope.tif", STEEP, unit="degree"), write(folder / "cover.tif", CLASSES, nodata=5)


@examples(12)
@given(st.lists(CORNERS, min_size=3, max_size=7), st.booleans())
def test_covered_cells_are_those_that_overlaying_finds(
    rasters: tuple[Path, Path], corners: list[tuple[float, float]], hollow: bool
) -> None:
    site = shapely.make_valid(shapely.Polygon([(X - 100 + x, Y - 100 + y) for x, y in corners]), method="structure")
    site = shapely.difference(site, shapely.box(X, Y, X + 55, Y + 33)) if hollow else site
    if not site.area:
        return
    laid = rastershares._lay(site, read_raster(rasters[0]))
    grid = shapely.box(X - 100, Y - 100, X + 300, Y + 300)
    if laid is None:
        assert shapely.intersection(site, grid).area == pytest.approx(0, abs=1e-6)
        return
    top = Y - 100 + 400 - CELL * laid.top
    left = X - 100 + CELL * laid.left
    rows, columns = laid.cover.shape
    x, y = left + CELL * np.arange(columns), top - CELL * np.arange(rows)[:, None]
    cells = shapely.box(x, y - CELL, x + CELL, y)
    assert laid.cover == pytest.approx(shapely.area(shapely.intersection(cells, site)) / CELL**2, abs=1e-7)
    assert laid.beyond == pytest.approx(shapely.difference(site, grid).area / CELL**2, abs=1e-6)


def _shapes() -> dict[str, Any]:
    return {
        "plain": shapely.box(X, Y, X + 200, Y + 200),
        "slanted": shapely.Polygon([(X + 3, Y + 1), (X + 190, Y + 40), (X + 120, Y + 187)]),
        "beyond": shapely.box(X + 150, Y + 150, X + 380, Y + 320),
    }


@pytest.mark.parametrize("name", sorted(_shapes()))
def test_sound_shares_are_confirmed(name: str, rasters: tuple[Path, Path]) -> None:
    asked = (
        f"{SLOPE}, share: 0.6",
        "layer: cover, field: class, op: in, value: [1, 2, 3]",
        'layer: slope, field: value, op: ">", value: 4, unit: degree',
    )
    layers = {"slope": rasters[0], "cover": rasters[1]}
    plain, checked = (run(book(*asked), _shapes()[name], cross_check=more, **layers) for more in (False, True))
    pd.testing.assert_frame_equal(plain.findings, checked.findings)
    assert checked.recount["kinds"]["rasters"] == {
        "pairs": 3,
        "rational_pairs": 3,
        "not_recomputed": 0,
        "sites_in_doubt": [],
    }


def test_shares_on_a_grid_in_degrees_are_confirmed_where_it_covers_the_site(tmp_path: Path) -> None:
    place = {"crs": "EPSG:4326", "transform": Affine(1 / 7200, 0, 106.755, 0, -1 / 7200, 21.86)}
    path = write(tmp_path / "slope.tif", np.tile(STEEP, (3, 3)), unit="degree", **place)
    whole, partly = (
        run(book(f"{SLOPE}, share: 0.5"), shapely.box(X, Y, X + size, Y + size), cross_check=True, slope=path).recount["kinds"][
            "rasters"
        ]
        for size in (300, 3_000)
    )
    assert whole == {"pairs": 1, "rational_pairs": 1, "not_recomputed": 0, "sites_in_doubt": []}
    assert partly == {"pairs": 1, "rational_pairs": 0, "not_recomputed": 1, "sites_in_doubt": []}


def test_what_is_not_added_up_again_is_told(rasters: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    road = shapely.LineString([(X, Y + 5), (X + 300, Y + 290)])
    told_of_road = run(book(SLOPE), road, cross_check=True, slope=rasters[0]).recount["kinds"]["rasters"]
    assert (told_of_road["pairs"], told_of_road["not_recomputed"], told_of_road["rational_pairs"]) == (1, 1, 0)
    monkeypatch.setattr(rastershares, "MOST_CROSSED", 3)
    assert run(book(SLOPE), cross_check=True, slope=rasters[0]).recount["kinds"]["rasters"]["not_recomputed"] == 1


def _shifted(sound: Any) -> Any:
    return lambda grid, raster: [shapely.affinity.translate(g, 1.0, 0.0) for g in sound(grid, raster)]


@pytest.mark.parametrize(
    ("asked", "layer", "check"),
    [
        pytest.param(f"{SLOPE}, share: 0.5", 0, "slope", id="slope"),
        pytest.param("layer: slope, field: class, op: in, value: [1, 2, 3], share: 0.5", 1, "raster_class", id="class"),
    ],
)
def test_a_fault_in_laying_sites_on_the_grid_is_caught(
    asked: str, layer: int, check: str, rasters: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(run(book(asked), _shapes()["slanted"], cross_check=True, slope=rasters[layer]), check)[2] == "permitted"
    monkeypatch.setattr(terrain, "to_grid", _shifted(footprints.to_grid))  # one column off
    result = run(book(asked), _shapes()["slanted"], cross_check=True, slope=rasters[layer])
    reason, sentence, verdict = told(result, check)
    assert (reason, verdict) == ("recount_differs", "unknown")
    assert "second, independent computation of the shares" in sentence
    assert result.recount["sites_in_doubt"] == ["S"]


def test_values_held_against_the_wrong_side_of_a_bound_are_caught(
    rasters: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = surroundings.measure_condition
    monkeypatch.setattr(surroundings, "measure_condition", lambda sites, raster, op, value: sound(sites, raster, ">", value - 12))
    assert told(run(book(SLOPE), slope=rasters[0]), "slope")[2] == "permitted"  # which is what must not be said
    result: pg.Assessment = run(book(SLOPE), cross_check=True, slope=rasters[0])
    assert told(result, "slope")[::2] == ("recount_differs", "unknown")
