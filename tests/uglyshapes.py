"""Hypothesis strategies for the ground as it is really drawn: shared borders, T-junctions, near-duplicates, spikes, bow-ties, holes.

All in metres of ``tests.makers.CRS`` around its origin, on a stage of 40 × 40 m with borders on whole metres, so that a border is
either shared or missed by a known gap. ``GAPS`` are those of digitising and of reprojection: a verdict may depend on none of them
where they are below the contact width of the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import shapely
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from tests.makers import X0, Y0, site, sites, zones

GAPS = (0.0, 1e-9, -1e-9, 1e-7, -1e-7, 1e-5, 1e-3, -1e-3)
STAGE = 40
CODES = ("ODT", "ODT", "LUA", "LUC", "RPH", "SKK", "XXX")
"""Permitted (twice, so that it happens), conditional, forbidden, forbidden, without a rule, unknown: for the use ``housing``."""
cell = st.integers(0, STAGE)
side = st.integers(1, 20)
gap = st.sampled_from(GAPS)


@dataclass(frozen=True)
class Ground:
    """Zones as (code, shape, plan) and sites as shapes."""

    zones: tuple[tuple[str, BaseGeometry, str], ...]
    sites: tuple[BaseGeometry, ...]

    def zone_frame(self) -> gpd.GeoDataFrame:
        return zone_frame(self.zones)

    def site_frame(self) -> gpd.GeoDataFrame:
        return site_frame(self.sites)


def zone_frame(drawn: Any) -> gpd.GeoDataFrame:
    """ZONES from (code, shape, plan)."""
    return zones(*((f"z{n:03d}", code, shape, plan) for n, (code, shape, plan) in enumerate(drawn)))


def site_frame(shapes: Any) -> gpd.GeoDataFrame:
    """SITES from shapes."""
    return sites(*(site(f"S{n}", shape) for n, shape in enumerate(shapes)))


def move(shape: BaseGeometry) -> BaseGeometry:
    """From the stage to where the tests lie."""
    return shapely.affinity.translate(shape, X0, Y0)


@st.composite
def bricks(draw: st.DrawFn) -> list[BaseGeometry]:
    """A wall over the whole stage whose joints meet the middle of other sides; some bricks miss their neighbour by a gap."""
    found: list[BaseGeometry] = []
    rows = [-5, *sorted(draw(st.sets(st.integers(1, STAGE - 1), max_size=2))), STAGE + 5]
    for low, high in pairwise(rows):
        joints = [-5, *sorted(draw(st.sets(st.integers(1, STAGE - 1), max_size=2))), STAGE + 5]
        for west, east in pairwise(joints):
            found.append(move(shapely.box(west, low, east + draw(gap), high + draw(gap))))
    return found


@st.composite
def outlines(draw: st.DrawFn, invalid: bool = True) -> BaseGeometry:
    """One polygon, plain or ugly."""
    x, y, w, h = draw(cell), draw(cell), draw(side), draw(side)
    e = draw(gap)
    kinds = [
        "box",
        "turned",
        "spike",
        "doubled",
        "hole",
        "ring",
        "sliver",
        "corner",
        "two",
        *(["bow", "nested"] if invalid else []),
    ]
    kind = draw(st.sampled_from(kinds))
    box = shapely.box(x, y, x + w, y + h)
    shape: BaseGeometry = {
        "box": lambda: box,
        "turned": lambda: shapely.affinity.rotate(box, draw(st.sampled_from([17, 45, 71]))),
        # out and back along nearly the same line
        "spike": lambda: shapely.Polygon(
            [
                (x, y),
                (x + w, y),
                (x + w, y + h / 2),
                (x + w + 9, y + h / 2 + e),
                (x + w, y + h / 2 + abs(e)),
                (x + w, y + h),
                (x, y + h),
            ]
        ),
        "doubled": lambda: shapely.Polygon(
            [(x, y), (x + e, y), (x + w, y), (x + w, y + e), (x + w, y + h), (x, y + h), (x, y + h)]
        ),
        "hole": lambda: shapely.Polygon(
            box.exterior, [shapely.box(x + w / 2, y + h / 2, x + w / 2 + 1e-2, y + h / 2 + 1e-2).exterior.coords]
        ),
        "ring": lambda: shapely.Polygon(box.exterior, [shapely.box(x + w / 4, y + h / 4, x + w / 2, y + h / 2).exterior.coords]),
        "sliver": lambda: shapely.box(x, y, x + w, y + max(abs(e), 1e-5)),
        "corner": lambda: shapely.union(shapely.box(x, y, x + w, y + 1), shapely.box(x, y, x + 1, y + h)),
        "two": lambda: shapely.MultiPolygon([box, shapely.box(x + w, y + h, x + 2 * w, y + 2 * h)]),  # meeting in a corner
        "bow": lambda: shapely.Polygon([(x, y), (x + w, y + h), (x + w, y), (x, y + h)]),
        "nested": lambda: shapely.MultiPolygon([box, shapely.box(x + w / 4, y + h / 4, x + w / 2, y + h / 2)]),
    }[kind]()
    return move(shape)


@st.composite
def places(draw: st.DrawFn, invalid: bool = True) -> BaseGeometry:
    """One site: an outline, a line that may run along borders, a point that may stand on a corner."""
    kind = draw(st.sampled_from(["outline", "outline", "outline", "line", "point"]))
    if kind == "outline":
        return draw(outlines(invalid))
    x, y = draw(cell), draw(cell)
    if kind == "point":
        return move(shapely.Point(x + draw(gap), y + draw(gap)))
    return move(shapely.LineString([(x, y), (x + draw(side), y + draw(gap)), (x + draw(st.integers(21, 30)), y + draw(side))]))


@st.composite
def grounds(draw: st.DrawFn, *, invalid: bool = True, plans: tuple[str, ...] = ("P1",), most: int = 3) -> Ground:
    """A wall of bricks, zones over it, and up to ``most`` sites."""
    code, plan = st.sampled_from(CODES), st.sampled_from(plans)
    shapes = draw(st.one_of(bricks(), bricks(), st.just([]))) + draw(st.lists(outlines(invalid), max_size=3))
    drawn = tuple((draw(code), shape, draw(plan)) for shape in shapes)
    if not drawn:
        drawn = (("ODT", move(shapely.box(-5, -5, STAGE + 5, STAGE + 5)), "P1"),)
    return Ground(drawn, tuple(draw(st.lists(places(invalid), min_size=1, max_size=most))))
