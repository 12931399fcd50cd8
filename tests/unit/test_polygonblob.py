"""The blob of polygons, read back by a second reader that knows only its description."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.polygonblob import drawable, pack, varints

UNIT = 1e-6
Ring = list[tuple[int, int]]


def read(text: str) -> dict[str, Any]:
    """Return classes, labels and areas (zones of parts of rings of whole-number places) of a blob."""
    numbers = _numbers(gzip.decompress(base64.b64decode(text)))
    zones, parts, rings, vertices = (next(numbers) for _ in range(4))
    classes = [next(numbers) for _ in range(zones)]
    reach = [next(numbers) for _ in range(zones)]
    parts_of, rings_of, vertices_of = ([next(numbers) for _ in range(n)] for n in (zones, parts, rings))
    labels: Ring = []
    for _ in range(zones):
        x, y = labels[-1] if labels else (0, 0)
        labels.append((x + next(numbers), y + next(numbers)))
    turns = [(next(numbers), next(numbers), next(numbers)) for _ in range(next(numbers))]
    places: Ring = []
    for fresh, repeated, back in turns:
        for _ in range(fresh):
            x, y = places[-1] if places else (0, 0)
            places.append((x + next(numbers), y + next(numbers)))
        first = len(places) - back
        places += [places[first - n] for n in range(repeated)]
    assert len(places) == vertices
    assert list(numbers) == []
    stream = iter(places)
    ring_list = iter([[next(stream) for _ in range(n)] for n in vertices_of])
    part_list = iter([[next(ring_list) for _ in range(n)] for n in rings_of])
    return {
        "classes": classes,
        "reach": reach,
        "labels": labels,
        "areas": [[next(part_list) for _ in range(n)] for n in parts_of],
    }


def _numbers(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield (value >> 1) ^ -(value & 1)
            value = shift = 0


def _shape(parts: list[list[Ring]]) -> Any:
    return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in parts])


def test_every_vertex_comes_back_rounded_to_the_unit() -> None:
    holed = shapely.from_wkt("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))")
    two = shapely.from_wkt("MULTIPOLYGON (((4 0, 8 0, 8 4, 4 4, 4 0)), ((-9 -9, -8 -9, -8 -8.1234567, -9 -9)))")
    found = read(pack(np.array([holed, two]), [7, 0], UNIT))
    assert found["classes"] == [7, 0]
    assert found["areas"][0][0][1] == [
        (1_000_000, 1_000_000),
        (1_000_000, 2_000_000),
        (2_000_000, 2_000_000),
        (2_000_000, 1_000_000),
    ]
    assert (-8_000_000, -8_123_457) in found["areas"][1][1][0]
    assert [_shape(a).area / 1e12 for a in found["areas"]] == [
        15,
        16 + shapely.Polygon([(-9, -9), (-8, -9), (-8, -8.123457)]).area,
    ]


def test_labels_lie_in_the_largest_part() -> None:
    shape = shapely.union_all([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 9, 9), shapely.box(20, 0, 21, 1)])
    (label,) = read(pack(np.array([shape]), [0], UNIT))["labels"]
    assert shapely.box(5, 5, 9, 9).contains(shapely.Point(label[0] * UNIT, label[1] * UNIT))


def test_what_is_smaller_than_the_unit_is_not_drawable() -> None:
    shapes = np.array(
        [
            shapely.box(0, 0, 1e-8, 1e-8),
            shapely.Point(1, 1),
            None,
            shapely.Polygon(),
            shapely.GeometryCollection([shapely.Point(0, 0), shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])]),
            shapely.box(0, 0, 1, 1),
        ]
    )
    assert drawable(shapes, UNIT).tolist() == [False, False, False, False, True, True]
    assert drawable(np.array([], dtype=object), UNIT).tolist() == []
    speck = shapely.Polygon(shapely.box(0, 0, 1, 1).exterior.coords, [shapely.box(0.5, 0.5, 0.5 + 1e-8, 0.6).exterior.coords])
    assert len(read(pack(np.array([speck]), [0], UNIT))["areas"][0][0]) == 1, "a hole without an area is no hole"


def test_a_shared_border_is_written_once() -> None:
    line = [(0.001 * np.sin(n) + 1, n / 400) for n in range(401)]
    west = shapely.Polygon([(0, 1), (0, 0), *line])
    east = shapely.Polygon([(2, 0), (2, 1), *line[::-1]])
    both, twice = (len(pack(np.array(s), [0] * len(s), UNIT)) for s in ([west, east], [west]))
    assert both < 1.1 * twice
    found = read(pack(np.array([west, east]), [0, 0], UNIT))["areas"]
    assert set(found[0][0][0]) & set(found[1][0][0]) == {(round(x / UNIT), round(y / UNIT)) for x, y in line}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=40, unique=True), st.randoms())
def test_coverages_survive(spots: list[tuple[int, int]], chance: Any) -> None:
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint([(x / 100, y / 100) for x, y in spots])))
    groups: dict[int, list[Any]] = {}
    for cell in cells:
        groups.setdefault(chance.randrange(1 + len(cells) // 2), []).append(cell)
    shapes = np.array([shapely.coverage_union_all(g) for g in groups.values()])
    shapes = shapes[drawable(shapes, UNIT)]
    found = read(pack(shapes, list(range(len(shapes))), UNIT))
    assert found["classes"] == list(range(len(shapes)))
    for shape, parts in zip(shapes, found["areas"], strict=True):
        rounded = {tuple(np.rint(xy / UNIT).astype(int).tolist()) for xy in shapely.get_coordinates(shape)}
        assert {xy for rings in parts for ring in rings for xy in ring} <= rounded
        assert abs(sum(shapely.Polygon(r[0], r[1:]).area for r in parts) * UNIT**2 - shape.area) < 1e-4 * shape.length
        assert shape.buffer(2 * UNIT).contains(shapely.Point(*(v * UNIT for v in found["labels"][found["areas"].index(parts)])))


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_numbers_come_back(numbers: list[int]) -> None:
    assert list(_numbers(varints(np.array(numbers, dtype=np.int64)))) == numbers
