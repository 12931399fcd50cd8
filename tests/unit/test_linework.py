"""Closed shapes from bare lines, against counts that can be done on paper."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.drawings.linework import close_lines, loose_ends, nearest_gaps

BOX = [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)]


def line(*points):
    return shapely.LineString(points)


def test_lines_that_cross_are_cut_where_they_cross():
    found = close_lines([line(*BOX), line((500, -10), (500, 1010)), line((-10, 500), (1010, 500))])
    assert [f.area for f in found.polygons] == pytest.approx([250_000] * 4)
    assert len(found.dangles) == 4
    assert found.open_m == (0, 0, 0, 0)


# k chords of a square cut it into 1 + k + (crossings inside) faces (Euler)
@given(st.integers(0, 10**6), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_chords_of_a_square_make_as_many_faces_as_euler_says(seed, count):
    rng = np.random.default_rng(seed)
    chords = [line((0, a), (1000, b)) for a, b in rng.uniform(1, 999, (count, 2))]
    crossings = sum(one.crosses(other) for n, one in enumerate(chords) for other in chords[:n])
    found = close_lines([line(*BOX), *chords])
    assert len(found.polygons) == 1 + count + crossings
    assert sum(f.area for f in found.polygons) == pytest.approx(1e6, rel=1e-12)
    assert sum(found.open_m) < 1e-6


@given(st.floats(1e-6, 0.0099), st.floats(1, 999))
@settings(max_examples=40, deadline=None)
def test_an_end_that_stops_short_by_less_than_the_tolerance_is_joined(gap, x):
    found = close_lines([line(*BOX), line((x, gap), (x, 1000))])
    assert len(found.polygons) == 2
    assert found.joined >= 1
    assert sum(f.area for f in found.polygons) == pytest.approx(1e6, abs=1e-6 + 1000 * gap)


@given(st.floats(0.011, 900), st.floats(1, 999))
@settings(max_examples=40, deadline=None)
def test_an_end_that_stops_short_by_more_stays_open_and_is_told(gap, x):
    found = close_lines([line(*BOX), line((x, gap), (x, 1000))])
    assert [f.area for f in found.polygons] == pytest.approx([1e6])
    assert found.open_m == pytest.approx((1000 - gap,))
    assert len(found.dangles) == 1
    ends = loose_ends(np.array(found.dangles, dtype=object))
    gaps = nearest_gaps(ends, np.array([*found.dangles, *(shapely.boundary(f) for f in found.polygons)], dtype=object), 2000)
    assert min(gaps) == pytest.approx(min(gap, x, 1000 - x, 1000 - gap))


def test_the_same_border_drawn_twice_counts_once():
    left, right = line((0, 0), (10, 0), (10, 10), (0, 10), (0, 0)), line((10, 0), (20, 0), (20, 10), (10, 10), (10, 0))
    found = close_lines([left, right, right])
    assert [f.area for f in found.polygons] == pytest.approx([100, 100])


def test_nothing_makes_nothing():
    assert close_lines([]).polygons == ()
    assert close_lines([line((0, 0), (0, 0))]).polygons == ()
