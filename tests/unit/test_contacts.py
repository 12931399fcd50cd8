"""Sites that meet: worked squares, and the ground counted twice against a count of cells and against an arrangement of faces."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point

from plangeo.allocation.contacts import MOST_ALIKE, UNSTATED_M, Contacts, meet, name_neighbours
from plangeo.allocation.tally import count_ground
from tests.makers import square


def _meet(*shapes: Any, accuracy: float = math.nan) -> Contacts:
    return meet(np.array(shapes, dtype=object), np.full(len(shapes), accuracy))


def _told(found: Contacts) -> list[tuple[int, int, str]]:
    return [(c.first, c.second, c.kind) for c in found.pairs]


def test_two_squares_share_a_quarter() -> None:
    found = _meet(square(0, 0, 100), square(50, 50, 100))
    assert _told(found) == [(0, 1, "overlap")]
    assert found.pairs[0].area_m2 == pytest.approx(2500)
    assert found.pairs[0].alike == pytest.approx(2500 / 17_500)
    assert found.pairs[0].tolerance_m == pytest.approx(math.sqrt(2) * UNSTATED_M)


@pytest.mark.parametrize(("gap", "kind"), [(0.0, None), (-1.0, None), (-2.0, "overlap"), (1.0, None)])
def test_a_strip_thinner_than_the_tolerance_is_touching(gap: float, kind: str | None) -> None:
    found = _meet(square(0, 0, 100), square(100 + gap, 0, 100))  # tolerance √2 m
    assert [c.kind for c in found.pairs] == ([kind] if kind else [])
    assert found.touching == (1 if kind is None and gap <= 0 else 0)
    assert found.sliver_m2 == pytest.approx(100 if gap == -1.0 else 0)


def test_a_stated_accuracy_is_the_tolerance() -> None:
    pair = square(0, 0, 100), square(90, 0, 100)  # a strip of 10 m
    assert _told(_meet(*pair, accuracy=5)) == [(0, 1, "overlap")]  # √50 = 7.07 m
    assert _told(_meet(*pair, accuracy=8)) == []  # √128 = 11.3 m


def test_contained_and_nearly_alike() -> None:
    assert _told(_meet(square(0, 0, 100), square(10, 10, 20))) == [(0, 1, "contains")]
    # 100 m against 98 m in the corner: 9604 / 10000 = 0.96
    found = _meet(square(0, 0, 100), square(0, 0, 98))
    assert _told(found) == [(0, 1, "near_duplicate")]
    assert found.pairs[0].alike == pytest.approx(0.9604)


def test_points_in_areas_and_points_together() -> None:
    block = square(0, 0, 100)
    middle, border = block.centroid, Point(block.bounds[0], block.bounds[1] + 50)
    found = _meet(block, middle, border, shapely.affinity.translate(middle, 1.0, 0))
    assert _told(found) == [(0, 1, "point_inside"), (0, 3, "point_inside"), (1, 3, "same_point")]
    assert found.pairs[-1].distance_m == pytest.approx(1.0)
    assert found.touching == 1


def test_a_road_through_a_park_is_a_crossing_and_a_road_along_it_is_not() -> None:
    block = square(0, 0, 100)
    west, south, east, north = block.bounds
    through = LineString([(west - 50, south + 50), (east + 50, south + 50)])
    along = LineString([(west, south - 50), (west, north + 50)])
    found = _meet(block, through, along)
    assert _told(found) == [(0, 1, "crosses")], "the two lines cross in a point, which is nothing shared"
    assert found.pairs[0].length_m == pytest.approx(100)


def test_lines_that_run_together() -> None:
    found = _meet(LineString([(0, 0), (100, 0)]), LineString([(40, 0), (140, 0)]))
    assert [(c.kind, c.length_m) for c in found.pairs] == [("shared_line", pytest.approx(60))]


def test_sites_without_a_place_meet_nobody() -> None:
    assert _told(_meet(None, square(0, 0, 100), None, square(50, 0, 100))) == [(1, 3, "overlap")]
    assert count_ground(np.array([None, None], dtype=object)).union_m2 == 0


def test_one_name_close_together() -> None:
    shapes = np.array([square(0, 0, 100), square(300, 0, 100), square(3000, 0, 100), None], dtype=object)
    found = name_neighbours(shapes, ["a", "a", "a", "a"], 500)
    assert [(c.first, c.second, c.distance_m) for c in found] == [(0, 1, pytest.approx(200))]
    assert name_neighbours(shapes, ["", "", "b", "c"], 500) == []


def test_three_claims_on_one_spot_are_not_three_pairs() -> None:
    tally = count_ground(np.array([square(0, 0, 100)] * 3, dtype=object))
    assert (tally.summed_m2, tally.union_m2, tally.overcount_m2, tally.doubled_m2) == pytest.approx((3e4, 1e4, 2e4, 1e4))


@pytest.mark.parametrize(("shape", "kind"), [(square(0, 0, 100), "near_duplicate"), (square(0, 0, 100).centroid, "same_point")])
def test_many_sites_of_one_shape_are_paired_with_the_first_alone(shape: Any, kind: str) -> None:
    few, many = _meet(*[shape] * MOST_ALIKE), _meet(*[shape] * (MOST_ALIKE + 1), square(200, 0, 10))
    assert len(few.pairs) == MOST_ALIKE * (MOST_ALIKE - 1) // 2
    assert _told(many) == [(0, n, kind) for n in range(1, MOST_ALIKE + 1)]
    assert many.bundled == frozenset(range(1, MOST_ALIKE + 1))


Box = tuple[int, int, int, int]
BOXES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=9)


def _boxes(boxes: list[Box]) -> np.ndarray[Any, Any]:
    return np.array([shapely.box(10 * x, 10 * y, 10 * (x + w), 10 * (y + h)) for x, y, w, h in boxes], dtype=object)


def _cells(boxes: list[Box]) -> np.ndarray[Any, Any]:
    """How many boxes claim each cell of 10 × 10 m: an independent count without any geometry."""
    claimed = np.zeros((20, 20), dtype=int)
    for x, y, w, h in boxes:
        claimed[x : x + w, y : y + h] += 1
    return claimed


@given(BOXES)
def test_ground_counted_twice_is_what_the_cells_say(boxes: list[Box]) -> None:
    tally, claimed = count_ground(_boxes(boxes)), _cells(boxes)
    assert tally.summed_m2 == pytest.approx(100 * claimed.sum())
    assert tally.union_m2 == pytest.approx(100 * (claimed > 0).sum())
    assert tally.doubled_m2 == pytest.approx(100 * (claimed > 1).sum())
    assert tally.overcount_m2 == pytest.approx(100 * np.maximum(claimed - 1, 0).sum())


@given(BOXES, st.randoms())
def test_pairs_do_not_depend_on_the_order(boxes: list[Box], random: Any) -> None:
    order = list(range(len(boxes)))
    random.shuffle(order)
    shapes = _boxes(boxes)
    nan = np.full(len(boxes), math.nan)

    def told(found: Contacts, place: list[int]) -> list[tuple[frozenset[int], str, float]]:
        pairs = [(frozenset((place[c.first], place[c.second])), c.kind, round(c.area_m2, 6)) for c in found.pairs]
        return sorted(pairs, key=lambda p: sorted(p[0]))

    straight = told(meet(shapes, nan), list(range(len(boxes))))
    assert straight == told(meet(shapes[order], nan), order)
    assert len({pair for pair, _, _ in straight}) == len(straight), "each pair once"
    by_cells = {
        frozenset((i, j)): 100 * int(((_cells([boxes[i]]) > 0) & (_cells([boxes[j]]) > 0)).sum())
        for i in range(len(boxes))
        for j in range(i)
    }
    assert {pair: area for pair, _, area in straight} == {pair: pytest.approx(a) for pair, a in by_cells.items() if a}


@settings(max_examples=40)
@given(st.lists(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=3), min_size=1, max_size=6))
def test_ground_counted_twice_is_what_the_faces_of_the_drawing_say(corners: list[list[tuple[int, int]]]) -> None:
    triangles = [shapely.Polygon(three) for three in corners]
    shapes = np.array([t for t in triangles if t.area > 1], dtype=object)
    if not len(shapes):
        return
    faces = shapely.get_parts(shapely.polygonize([shapely.node(shapely.MultiLineString([s.exterior for s in shapes]))]))
    claims = [int(shapely.contains(shapes, face.representative_point()).sum()) for face in faces]
    tally = count_ground(shapes)
    areas = shapely.area(faces)
    assert tally.union_m2 == pytest.approx(sum(a for a, n in zip(areas, claims, strict=True) if n), abs=1e-6)
    assert tally.overcount_m2 == pytest.approx(sum(a * (n - 1) for a, n in zip(areas, claims, strict=True) if n), abs=1e-6)
    assert tally.doubled_m2 == pytest.approx(sum(a for a, n in zip(areas, claims, strict=True) if n > 1), abs=1e-6)


def test_a_site_of_two_parts_is_one_site() -> None:
    two = MultiPolygon([square(0, 0, 100), square(500, 0, 100)])
    found = _meet(two, square(-50, 0, 700))
    assert _told(found) == [(0, 1, "contains")]
    assert found.pairs[0].area_m2 == pytest.approx(20_000)
