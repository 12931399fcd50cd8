"""How wide a polygon is, on shapes whose width anybody can say."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from plangeo.planlayers.widths import is_wider, polygons_of, wide_part, width_of


def test_width_agrees_with_the_circle_another_routine_finds() -> None:
    rng = np.random.default_rng(7)
    for _ in range(30):
        line = shapely.LineString(np.cumsum(rng.uniform(-30, 30, (6, 2)), axis=0))
        shape = shapely.buffer(line, rng.uniform(1, 20), cap_style="flat")
        circles = [shapely.maximum_inscribed_circle(p, tolerance=0.01).length for p in polygons_of([shape])[0]]
        assert width_of(shape) == pytest.approx(2 * max(circles), rel=0.015)


@pytest.mark.parametrize(
    ("shape", "width"),
    [
        (shapely.box(0, 0, 100, 7), 7.0),
        (shapely.box(0, 0, 50, 50), 50.0),
        (shapely.Point(0, 0).buffer(10, quad_segs=64), 20.0),
        (shapely.Polygon([(0, 0), (4, 0), (0, 3)]), 2.0),  # the inscribed circle of the 3-4-5 triangle has radius 1
    ],
)
def test_width_is_the_widest_circle(shape: shapely.Polygon, width: float) -> None:
    assert width_of(shape) == pytest.approx(width, rel=0.02)
    shapes = np.array([shape], dtype=object)
    assert is_wider(shapes, width * 0.95).tolist() == [True]
    assert is_wider(shapes, width * 1.05).tolist() == [False]


def test_wide_part_keeps_corners_and_loses_strips_and_spikes() -> None:
    block, strip = shapely.box(0, 0, 100, 100), shapely.box(100, 40, 300, 46)
    opened = wide_part(shapely.union(block, strip), 10)
    assert opened.area == pytest.approx(100 * 100, abs=10)  # what the round mouth of the strip keeps
    assert wide_part(strip, 10).is_empty
    assert wide_part(block, 0).equals(block)


def test_polygons_of_a_mixed_collection() -> None:
    mixed = shapely.GeometryCollection(
        [shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (5, 5)]), shapely.MultiPolygon([shapely.box(3, 3, 4, 4)])]
    )
    parts, at = polygons_of([None, mixed])
    assert (len(parts), at.tolist()) == (2, [1, 1])
