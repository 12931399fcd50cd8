"""Measures of whole layers: hand-made cases, the exact oracle, and the slow exact partition as referee."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from plangeo.engine.pairs import Measures, measure_pairs
from plangeo.engine.pieces import cut
from tests.makers import cut_one_by_one

X0, Y0 = 449_000.0, 2_417_000.0
DATA = Path(__file__).parents[2].parent / "shared/data"
ORACLE = DATA / "bad/11_oracle/generated_pairs.csv"
COMMUNES = DATA / "perf/vn_north5_communes_2025.parquet"
CHICAGO = DATA / "chicago/zoning_2024-10-21.parquet"


def square(x: float, y: float, size: float = 10.0) -> shapely.Polygon:
    return shapely.box(X0 + x, Y0 + y, X0 + x + size, Y0 + y + size)


def line(*places: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X0 + x, Y0 + y) for x, y in places])


def told(found: Measures) -> dict[tuple[int, int], float]:
    return dict(zip(zip(found.sites.tolist(), found.zones.tolist(), strict=True), found.measure.tolist(), strict=True))


def test_areas_per_site_and_zone() -> None:
    zones = [square(0, 0), square(10, 0), None, square(10, 0)]
    found = measure_pairs([square(5, 5), shapely.Polygon(), None, square(50, 50), square(12, 2, 3)], cut(zones))
    assert told(found) == {(0, 0): 25.0, (0, 1): 25.0, (0, 3): 25.0, (4, 1): 9.0, (4, 3): 9.0}
    assert len(found.unsettled) == 0
    assert not found.on_border.any()


def test_touching_is_not_overlapping() -> None:
    assert told(measure_pairs([square(10, 0), square(10, 10), line((10, -5), (10, 0))], cut([square(0, 0)]))) == {}


def test_no_sites_and_no_zones() -> None:
    assert told(measure_pairs([], cut([square(0, 0)]))) == {}
    assert told(measure_pairs([square(0, 0), line((0, 0), (1, 1)), shapely.Point(X0, Y0)], cut([]))) == {}


def test_lengths_of_lines_that_turn_cross_themselves_and_come_back() -> None:
    zones = cut([square(0, 0), square(10, 0)])
    twice = line((2, 2), (18, 2), (2, 2))
    eight = line((1, 1), (9, 9), (9, 1), (1, 9))
    parts = shapely.MultiLineString([line((-5, 3), (5, 3)), line((12, -4), (12, 25))])
    through_corners = line((-3, -3), (13, 13))
    found = told(measure_pairs([twice, eight, parts, through_corners], zones))
    assert found == pytest.approx(
        {(0, 0): 16.0, (0, 1): 16.0, (1, 0): 8 + 2 * 8 * 2**0.5, (2, 0): 5.0, (2, 1): 10.0, (3, 0): 10 * 2**0.5}, abs=1e-9
    )


def test_lengths_through_holes_and_along_vertices() -> None:
    ring = shapely.difference(square(0, 0), shapely.box(X0 + 4, Y0 + 4, X0 + 6, Y0 + 6))
    diamond = shapely.Polygon([(X0 + 20, Y0), (X0 + 25, Y0 + 5), (X0 + 20, Y0 + 10), (X0 + 15, Y0 + 5)])
    across = line((-1, 5), (30, 5))  # through the hole, then through two vertices of the diamond
    found = told(measure_pairs([across, line((20, -5), (20, 0))], cut([ring, diamond])))
    assert found == pytest.approx({(0, 0): 8.0, (0, 1): 10.0}, abs=1e-9)


@pytest.mark.parametrize("off", [0.0, 4e-7, -4e-7])
def test_a_line_along_a_border_is_left_to_the_exact_rule(off: float) -> None:
    zones = cut([square(0, 0), square(10, 0)])
    along = line((5, 5), (10 + off, 5), (10 + off, 9))
    beside = line((0 - abs(off), 2), (0 - abs(off), 8))  # on the outline, or just outside of it
    found = measure_pairs([along, line((5, 5), (15, 6)), beside, line((-0.5, 2), (-0.5, 8))], zones)
    assert found.unsettled.tolist() == [0, 2]
    assert set(found.sites.tolist()) == {1}


def test_a_slanted_run_within_rounding_of_the_border_is_seen() -> None:
    border = np.array([(X0, Y0), (X0 + 733.1, Y0 + 411.7)])
    zone = shapely.Polygon([*border, (X0, Y0 + 700)])
    middle = border[0] + (border[1] - border[0]) * np.array([[0.3], [0.7]])
    found = measure_pairs([shapely.LineString(middle)], cut([zone]))
    assert found.unsettled.tolist() == [0]


def test_points_inside_on_borders_and_on_vertices() -> None:
    zones = cut([square(0, 0), square(10, 0), square(10, 10)])
    spots = [(5.0, 5.0), (10.0, 5.0), (10.0, 10.0), (0.0, 5.0), (30.0, 30.0)]
    sites = [shapely.Point(X0 + x, Y0 + y) for x, y in spots]
    sites.append(shapely.MultiPoint([sites[0], shapely.Point(X0 + 6, Y0 + 6), sites[4], sites[1]]))
    found = measure_pairs(sites, zones)
    assert told(found) == {
        (0, 0): 1,
        (1, 0): 1,
        (1, 1): 1,
        (2, 0): 1,
        (2, 1): 1,
        (2, 2): 1,
        (3, 0): 1,
        (5, 0): 3,
        (5, 1): 1,
    }
    assert found.on_border.tolist() == [False, True, True, True, True, True, True, True, True]
    assert found.unsettled.tolist() == [1, 2, 3, 5]


def test_a_point_on_a_cut_between_pieces_is_not_on_a_border() -> None:
    angles = np.linspace(0, 2 * np.pi, 2000)
    zone = shapely.Polygon(np.c_[X0 + 500 * np.cos(angles), Y0 + 500 * np.sin(angles)])
    pieces = cut([zone], 64)
    corners = shapely.points(np.unique(shapely.get_coordinates(pieces.geometries), axis=0))
    depth = shapely.distance(corners, zone.boundary)
    inner = corners[depth > 1]
    assert len(inner) > 5
    found = measure_pairs([*inner, corners[depth == 0][0]], pieces)
    assert found.measure.tolist() == [1.0] * (len(inner) + 1)
    assert found.on_border.tolist() == [False] * len(inner) + [True]


def test_what_cannot_be_measured_is_named() -> None:
    mixed = shapely.GeometryCollection([square(0, 0), shapely.Point(X0, Y0)])
    found = measure_pairs([square(1, 1), mixed], cut([square(0, 0)]))
    assert found.unsettled.tolist() == [1]


def test_a_refusal_of_the_library_is_named_and_stays_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shapely.intersection

    def refusing(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if any(g.area == 16 for g in a):
            raise shapely.errors.GEOSException("TopologyException: made for this test")
        return whole(a, b)

    sites = [square(8, i, 4 if i == 3 else 3) for i in range(7)]
    monkeypatch.setattr(shapely, "intersection", refusing)
    found = measure_pairs(sites, cut([square(0, 0, 20), square(9, 0, 20)]))
    assert found.unsettled.tolist() == [3]
    assert set(found.sites.tolist()) == {0, 1, 2, 4, 5, 6}


def test_a_giant_its_copy_and_its_clipped_halves_agree() -> None:
    chance = np.random.default_rng(1)
    angles = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = 3000 * chance.uniform(0.97, 1.03, len(angles))
    giant = shapely.make_valid(shapely.Polygon(np.c_[X0 + radius * np.cos(angles), Y0 + radius * np.sin(angles)]))
    halves = [
        shapely.intersection(giant, shapely.box(X0 - 9e3, Y0 - 9e3, X0 + 17.3, Y0 + 9e3)),
        shapely.intersection(giant, shapely.box(X0 + 17.3, Y0 - 9e3, X0 + 9e3, Y0 + 9e3)),
    ]
    sites = [square(*chance.uniform(-3500, 3000, 2), 400) for _ in range(60)]
    found = told(measure_pairs(sites, cut([giant, giant, *halves])))
    for n, site in enumerate(sites):
        exact = shapely.intersection(site, giant).area
        assert found.get((n, 0), 0.0) == found.get((n, 1), 0.0) == pytest.approx(exact, rel=1e-9, abs=1e-6)
        assert found.get((n, 2), 0.0) + found.get((n, 3), 0.0) == pytest.approx(exact, rel=1e-9, abs=1e-3)
    assert any(0 < v < 400 * 400 for v in found.values())


@pytest.mark.skipif(not ORACLE.exists(), reason="the shared pairs with exact areas are not on this machine")
@pytest.mark.parametrize("most", [16, 256])
def test_areas_agree_with_exact_arithmetic(most: int) -> None:
    pairs = pd.read_csv(ORACLE)
    sites, zones = shapely.from_wkb(pairs["a_wkb"].to_numpy()), shapely.from_wkb(pairs["b_wkb"].to_numpy())
    for i in range(len(pairs)):
        found = measure_pairs(sites[i : i + 1], cut(zones[i : i + 1], most))
        exact = float(pairs["area_a_and_b"].iloc[i])
        assert abs(found.measure.sum() - exact) <= max(1e-9 * pairs["area_a"].iloc[i], 1e-6 * sites[i].length)


def _agrees_with_the_partition(sites: list[shapely.Geometry], zones: np.ndarray) -> None:
    found = measure_pairs(sites, cut(zones))
    slow = {k: v for k, v in cut_one_by_one(sites, zones).items() if k[0] not in found.unsettled}
    fast = {k: v for k, v in told(found).items() if k[0] not in found.unsettled}
    assert fast == pytest.approx(slow, rel=1e-8, abs=1e-4)
    assert len(slow) > len(sites) / 2


def _some_sites(spots: np.ndarray, size: float) -> list[shapely.Geometry]:
    sites: list[shapely.Geometry] = []
    for n, (x, y) in enumerate(spots):
        turned = shapely.affinity.rotate(shapely.box(x, y, x + size, y + size / 3), 17 * n)
        sites.append((turned, shapely.LineString(turned.exterior.coords[:4]), shapely.Point(x, y))[n % 3])
    return sites


@pytest.mark.skipif(not COMMUNES.exists(), reason="the shared communes are not on this machine")
def test_real_communes_agree_with_the_partition() -> None:
    frame = gpd.read_parquet(COMMUNES).to_crs("EPSG:9215")
    zones = frame.geometry[frame.is_valid].to_numpy()[:40]
    spots = shapely.get_coordinates(shapely.boundary(zones))[::900]
    _agrees_with_the_partition(_some_sites(spots[:90] + 3.0, 1500), zones)


@pytest.mark.skipif(not CHICAGO.exists(), reason="the shared zoning of Chicago is not on this machine")
def test_real_zoning_agrees_with_the_partition() -> None:
    frame = gpd.read_parquet(CHICAGO).to_crs("EPSG:26916")
    zones = frame.geometry[frame.is_valid & ~frame.is_empty].to_numpy()[:4000]
    _agrees_with_the_partition(_some_sites(shapely.get_coordinates(shapely.centroid(zones))[::40], 200), zones)


def test_long_steps_over_many_zones_are_measured_whole_and_alike_in_small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    zones = cut([square(10.0 * i, 10.0 * j) for i in range(40) for j in range(40)])
    sites = [line((1, 2), (398, 391)), line((-50, 3), (450, 377), (2, 399)), square(-20, 33, 360.5), *[line((5, 5), (6, 9))] * 5]
    found = measure_pairs(sites, zones)
    total = np.bincount(found.sites, weights=found.measure)
    ground = square(0, 0, 400)
    assert total[:2] == pytest.approx([s.intersection(ground).length for s in sites[:2]], rel=1e-12)
    assert total[2] == pytest.approx(sites[2].intersection(ground).area, rel=1e-12)
    monkeypatch.setattr("plangeo.engine.pairs._PAIRS_AT_ONCE", 10)
    again = measure_pairs(sites, zones, threads=2)
    assert again.measure.tobytes() == found.measure.tobytes()
    assert again.zones.tobytes() == found.zones.tobytes()
