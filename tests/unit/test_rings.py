"""Rings of corners: what is said of each fault, by the names of the corners."""

from __future__ import annotations

import pytest

from plangeo.positions.rings import Corner, build_ring

SQUARE = [(0, 0), (0, 100), (100, 100), (100, 0)]


def ring(points, sides=(), names=None):
    told = [*sides, *[None] * (len(points) - len(sides))]
    return [
        Corner(n, i + 1, x, y, s)
        for i, ((x, y), s, n) in enumerate(zip(points, told, names or map(str, range(1, 99)), strict=False))
    ]


def closed(points, sides=()):
    corners = ring([*points, points[0]], sides)
    return [*corners[:-1], corners[-1]._replace(name="1")]


@pytest.mark.parametrize("points", [SQUARE, SQUARE[::-1]])
def test_orientation_does_not_matter(points):
    made = build_ring(closed(points))
    assert made.area.area == 10_000
    assert made.closed
    assert not made.faults
    assert not build_ring(ring(points)).closed


def test_a_closing_row_elsewhere_is_a_fault_with_the_distance():
    corners = closed(SQUARE)
    made = build_ring([*corners[:-1], corners[-1]._replace(x=3.0, y=4.0)])
    assert made.area is None
    assert "not closed: corner 1 stands in row 1 and again in row 5, 5.00 m apart" in made.faults[0]


def test_crossing_sides_are_named():
    made = build_ring(ring([(0, 0), (100, 100), (100, 0), (0, 100)]))
    assert made.faults == ["sides cross: 1–2 and 3–4"]


def test_repeated_corners():
    once = build_ring(ring([*SQUARE[:2], SQUARE[1], *SQUARE[2:]]))
    assert once.area.area == 10_000
    assert "corner 3 (row 3) repeats" in once.remarks[0]
    apart = build_ring(ring([(0, 0), (50, 50), (100, 0), (100, 100), (50, 50), (0, 100)]))
    assert apart.area is None
    assert "corners 2 (row 2) and 5 (row 5) are the same spot" in apart.faults[0]
    assert "with different coordinates" in build_ring(ring(SQUARE, names=["1", "2", "2", "4"])).faults[0]
    assert "at least three" in build_ring(ring(SQUARE[:2])).faults[0]
    assert build_ring(ring([(0, 0), (50, 50), (100, 100)])).area is None


def test_sides_are_held_to_a_centimetre_in_both_ways_of_writing_them():
    assert not build_ring(closed(SQUARE, [100.0, 100.01, 99.99, 100.0])).remarks
    assert not build_ring(closed(SQUARE, [None, 100.0, 100.0, 100.0, 100.0])).remarks
    told = build_ring(closed(SQUARE, [100.0, 100.02, 100.0, 100.0]))
    assert "2–3 is 100.00 m by its corners and 100.02 m as written" in told.remarks[0]
    assert told.area is not None
    assert not build_ring(closed(SQUARE, [100.0, 100.02, 100.0, 100.0]), rounding_m=0.03).remarks


def test_a_wrong_corner_is_found_by_its_two_sides():
    moved = [*SQUARE[:2], (130, 100), SQUARE[3]]
    made = build_ring(closed(moved, [100.0] * 4))
    assert made.area is None
    assert "look at corner 3 (row 3)" in made.faults[0]
    first = build_ring(closed([(-30, 0), *SQUARE[1:]], [100.0] * 4))
    assert "look at corner 1 (row 1)" in first.faults[0]


def test_lengths_on_the_ground_differ_by_one_factor():
    made = build_ring(closed(SQUARE, [100.05] * 4))
    assert "factor 1.00050" in made.remarks[0]
    assert made.area is not None


def test_the_length_of_the_last_side_closes_a_ring():
    assert build_ring(ring(SQUARE, [100.0] * 4)).closed
    assert build_ring(ring(SQUARE, [100.0] * 4)).area.area == 10_000
