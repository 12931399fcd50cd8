"""Hectares are conserved: however units and zones are cut and rows permuted, what projects claim adds up and stays where it is."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from plangeo.quota.claims import Claims, Project, claim
from plangeo.quota.conversions import convert
from tests.effort import examples
from tests.makers import CRS

SIDE = st.integers(1, 30)
BOX = st.tuples(st.integers(-5, 40), st.integers(-5, 40), SIDE, SIDE)
BOXES = st.lists(BOX, min_size=1, max_size=7)


def shape(given_box: tuple[int, int, int, int]) -> shapely.Polygon:
    x, y, width, height = (10.0 * v for v in given_box)
    return shapely.box(x, y, x + width, y + height)


def units(cuts: Sequence[int], parts: int = 1) -> gpd.GeoDataFrame:
    """Strips side by side over 0–400 m, each drawn in ``parts`` pieces of one unit."""
    edges = sorted({0, 400, *cuts})
    rows: list[tuple[str, Any]] = []
    for n, (left, right) in enumerate(itertools.pairwise(edges)):
        for k in range(parts):
            low, high = 400 * k / parts, 400 * (k + 1) / parts
            rows.append((f"U{n}" if k == 0 else f"U{n}#{k + 1}", shapely.box(left, low, right, high)))
    return gpd.GeoDataFrame({"district_id": [i for i, _ in rows]}, geometry=[s for _, s in rows], crs=CRS)


def projects(boxes: Sequence[tuple[int, int, int, int]], classes: Sequence[tuple[str, ...]]) -> list[Project]:
    found = []
    for n, (given_box, wanted) in enumerate(zip(boxes, classes, strict=True)):
        place = shape(given_box)
        area = place.area / 10_000
        found.append(Project(f"P{n}", "", n, float(n), area, 2 * area, "declared", wanted, (2021.0, 2030.0), place))
    return found


def zones(
    boxes: Sequence[tuple[int, int, int, int]], given_projects: Sequence[Project], cut: bool = False
) -> dict[str, list[tuple[str, Any]]]:
    ground: list[tuple[str, Any]] = []
    for n, given_box in enumerate(boxes):
        place = shape(given_box)
        west, low, east, high = place.bounds
        middle = (west + east) / 2
        parts = [shapely.box(west, low, middle, high), shapely.box(middle, low, east, high)] if cut else [place]
        ground += [("ODT" if n % 2 else "SKK", part) for part in parts]
    return {p.site_id: ground for p in given_projects}


def totals(found: Claims) -> dict[tuple[str, str, str], float]:
    out: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for c in found.claims:
        out[c.project.site_id, c.unit_id.partition("#")[0], c.code].append(c.share)
    return {key: math.fsum(some) for key, some in out.items() if math.fsum(some) > 1e-9}


def agree(one: dict[Any, float], two: dict[Any, float]) -> None:
    assert one.keys() == two.keys()
    for key, value in one.items():
        assert value == pytest.approx(two[key], abs=1e-9), key


CLASSES = st.sampled_from([("SKK",), ("ODT",), ("SKK", "ODT")])


@examples(60)
@given(st.data(), BOXES, BOXES, st.lists(st.integers(1, 39), max_size=3))
def test_shares_of_a_project_add_up_to_one(data: st.DataObject, sites: Any, ground: Any, cuts: list[int]) -> None:
    found = projects(sites, [data.draw(CLASSES) for _ in sites])
    made = claim(found, units([10 * c for c in cuts]), zones(ground, found))
    for project in found:
        share = math.fsum(c.share for c in made.claims if c.project is project)
        share += math.fsum(o.share for o in made.overlaps if o.project is project)
        assert share == pytest.approx(1, abs=1e-9)
    for one in made.claims:
        split = [c.share for c in convert([one], zones(ground, found))]
        assert math.fsum(split) == pytest.approx(one.share, abs=1e-9)


@examples(60)
@given(st.data(), BOXES, BOXES, st.lists(st.integers(1, 39), max_size=3))
def test_cutting_units_and_zones_moves_no_hectare(data: st.DataObject, sites: Any, ground: Any, cuts: list[int]) -> None:
    found = projects(sites, [data.draw(CLASSES) for _ in sites])
    edges = [10 * c for c in cuts]
    agree(
        totals(claim(found, units(edges), zones(ground, found))),
        totals(claim(found, units(edges, parts=3), zones(ground, found, cut=True))),
    )


@examples(60)
@given(BOXES)
def test_one_class_claims_the_union_of_its_projects(sites: Any) -> None:
    """An independent computation: overlapping ground of one class counts once, so the claims are the union."""
    found = projects(sites, [("SKK",)] * len(sites))
    made = claim(found, units([]), {})
    claimed = math.fsum(c.share * c.project.shape.area for c in made.claims)
    assert claimed == pytest.approx(shapely.union_all([p.shape for p in found]).area, rel=1e-9)


@examples(40)
@given(st.data(), BOXES)
def test_the_order_of_units_and_zones_does_not_matter(data: st.DataObject, sites: Any) -> None:
    found = projects(sites, [("SKK",)] * len(sites))
    drawn = units([100, 250])
    shuffled = drawn.iloc[data.draw(st.permutations(range(len(drawn))))]
    agree(totals(claim(found, drawn, {})), totals(claim(found, shuffled, {})))
