"""Invariants of margins: the same as by a union, monotone, blind to cuts and to the order of rows."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from plangeo.margin import flip_distance, margins, nearest_permitted
from tests.effort import examples

CRS = "EPSG:9215"
X0, Y0 = 449_000.0, 2_417_000.0
Shapes = list[shapely.Geometry]

cell = st.integers(0, 40)
side = st.integers(1, 20)


def move(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.affinity.translate(shape, X0, Y0)


@st.composite
def turned(draw: st.DrawFn) -> shapely.Polygon:
    x, y = draw(cell), draw(cell)
    return move(
        shapely.affinity.rotate(shapely.box(x, y, x + draw(side), y + draw(side)), draw(st.sampled_from([0, 0, 17, 45, 71])))
    )


@st.composite
def bricks(draw: st.DrawFn) -> Shapes:
    """A wall of courses with joints of their own: a coverage where corners meet the middle of other sides."""
    zones: Shapes = []
    for course in range(draw(st.integers(1, 4))):
        joints = [0, *sorted(draw(st.sets(st.integers(1, 39), max_size=4))), 40]
        zones += [move(shapely.box(a, 10 * course, b, 10 * course + 10)) for a, b in pairwise(joints)]
    return zones


@st.composite
def layers(draw: st.DrawFn) -> Shapes:
    """Overlapping boxes, walls of bricks, both; some zones drawn twice, some gone."""
    zones = draw(st.one_of(st.lists(turned(), min_size=1, max_size=7), bricks()))
    zones += draw(st.lists(turned(), max_size=2))
    return [*zones, *draw(st.lists(st.sampled_from(zones), max_size=2))]


@st.composite
def places(draw: st.DrawFn) -> Shapes:
    found: Shapes = []
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["point", "line", "box", "turned", "many"]))
        xy = [(draw(st.integers(-3, 45)), draw(st.integers(-3, 45))) for _ in range(3)]
        if kind == "point":
            found.append(move(shapely.Point(xy[0][0] + 0.3, xy[0][1] + 0.4)))
        elif kind == "many":
            found.append(move(shapely.MultiPoint(xy)))
        elif kind == "line" and len(set(xy)) == 3:
            found.append(move(shapely.LineString(xy)))
        elif kind == "turned":
            found.append(draw(turned()))
        else:
            found.append(move(shapely.box(*xy[0], xy[0][0] + draw(side), xy[0][1] + draw(side))))
    return found


def layer(shapes: Shapes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"zone_id": [f"z{i:03d}" for i in range(len(shapes))]}, geometry=shapes, crs=CRS)


def register(shapes: Shapes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"site_id": [f"s{i}" for i in range(len(shapes))], "use": "a"}, geometry=shapes, crs=CRS)


def measured(sites: Shapes, zones: Shapes) -> pd.DataFrame:
    return margins(register(sites), layer(zones), {"a": np.ones(len(zones), dtype=bool)})


def union(zones: Shapes) -> shapely.Geometry:
    """The union of zones, with gaps of rounding closed."""
    corners = {"join_style": "mitre", "mitre_limit": 50}
    return shapely.buffer(shapely.buffer(shapely.union_all(zones), 1e-7, **corners), -1e-7, **corners)


@examples(42)
@given(places(), layers())
def test_margin_inside_is_the_distance_to_the_border_of_the_union(sites: Shapes, zones: Shapes) -> None:
    found, ground = measured(sites, zones), union(zones)
    for site, margin, distance in zip(sites, found["margin_m"], found["distance_m"], strict=True):
        assert distance == pytest.approx(shapely.distance(site, ground), abs=1e-6)
        if margin >= 0:
            assert margin == pytest.approx(shapely.distance(site, shapely.boundary(ground)), abs=1e-6)
            assert shapely.covers(shapely.buffer(ground, 2e-6), site)
        else:
            assert not shapely.covers(ground, site)


@examples(42)
@given(places(), layers())
def test_depth_outside_is_the_greatest_distance_of_many_places(sites: Shapes, zones: Shapes) -> None:
    """An independent computation: a fine net of places all over the site."""
    found, ground = measured(sites, zones), union(zones)
    for site, margin, tolerance in zip(sites, found["margin_m"], found["tolerance_m"], strict=True):
        west, south, east, north = shapely.bounds(site)
        x, y = (v.ravel() for v in np.meshgrid(np.linspace(west, east, 41), np.linspace(south, north, 41)))
        net = shapely.points(x, y)[shapely.intersects_xy(site, x, y)]
        outline = shapely.points(
            shapely.get_coordinates(site if site.geom_type == "MultiPoint" else shapely.segmentize(site, 0.2))
        )
        seen = shapely.distance(np.concatenate([net, outline]), ground).max()
        mesh = 0.0 if shapely.get_dimensions(site) == 0 else 0.75 * max(east - west, north - south) / 40 + 0.1
        assert tolerance <= 0.01
        assert seen - 0.01 - 1e-6 <= max(-margin, 0.0) <= seen + mesh + 1e-6


@examples(21)
@given(places(), layers(), turned())
def test_more_permitted_ground_never_lowers_a_margin(sites: Shapes, zones: Shapes, more: shapely.Polygon) -> None:
    before, after = measured(sites, zones), measured(sites, [*zones, more])
    assert (after["margin_m"] >= before["margin_m"] - before["tolerance_m"] - after["tolerance_m"] - 1e-6).all()
    assert (after["distance_m"] <= before["distance_m"] + 1e-6).all()


@examples(21)
@given(places(), layers(), st.integers(-80, 80))
def test_cutting_zones_and_their_order_change_nothing(sites: Shapes, zones: Shapes, angle: int) -> None:
    knife = move(shapely.affinity.rotate(shapely.box(-200, 20.5, 300, 300), angle, origin=(20, 20)))
    cut = [p for z in zones for p in shapely.get_parts([z & knife, z - knife]) if p.area > 1e-6]
    whole, pieces, turned_round = measured(sites, zones), measured(sites, cut), measured(sites, zones[::-1])
    for other, noise in ((pieces, 1e-5), (turned_round, 1e-6)):
        slack = whole["tolerance_m"] + other["tolerance_m"] + noise
        assert ((whole["margin_m"] - other["margin_m"]).abs() <= slack).all()
        assert ((whole["margin_m"] >= 0) == (other["margin_m"] >= 0)).all()
        assert other["distance_m"].to_numpy() == pytest.approx(whole["distance_m"].to_numpy(), abs=1e-5)


@examples(21)
@given(st.lists(turned(), min_size=2, max_size=6), layers())
def test_sites_do_not_know_one_another(sites: Shapes, zones: Shapes) -> None:
    together = measured(sites, zones)
    alone = pd.concat([measured([s], zones) for s in sites], ignore_index=True)
    assert together["margin_m"].to_numpy() == pytest.approx(alone["margin_m"].to_numpy(), abs=1e-6)


@given(st.integers(1, 24), st.integers(1, 10), st.floats(0.1, 14))
@examples(24)
def test_moving_inward_raises_the_margin(x: int, size: int, step: float) -> None:
    ground = [move(shapely.box(0, 0, 100, 100))]
    here, there = move(shapely.box(x - 20, 30, x - 20 + size, 35)), move(shapely.box(x - 20 + step, 30, x - 20 + size + step, 35))
    found = measured([here, there], ground)["margin_m"]
    assert found[1] > found[0]


@examples(24)
@given(st.lists(turned(), min_size=1, max_size=4), layers(), st.floats(0.05, 0.9))
def test_flip_is_where_the_part_outside_passes_the_share(sites: Shapes, zones: Shapes, share: float) -> None:
    """An independent computation: the ground itself buffered a little less and a little more."""
    ground = union(zones)
    found = flip_distance(register(sites), layer(zones), {"a": np.ones(len(zones), dtype=bool)}, share=share, radius_m=30.0)
    for site, row in zip(sites, found.itertuples(), strict=True):
        sign = -1.0 if row.tolerated else 1.0

        def within(by: float, site: shapely.Geometry = site, sign: float = sign) -> bool:
            return bool(shapely.difference(site, shapely.buffer(ground, sign * by, quad_segs=200)).area <= share * site.area)

        assert within(0.0) == row.tolerated or abs(shapely.difference(site, ground).area - share * site.area) < 1e-6
        room = 0.02 + 0.012 * row.flip_m  # shapely simplifies what it buffers by up to a hundredth of the distance
        if row.flip_m > room:
            assert within(row.flip_m - room) == row.tolerated
        if not row.beyond:
            assert within(row.flip_m + room) != row.tolerated


@examples(21)
@given(places(), layers(), st.integers(1, 4), st.randoms(use_true_random=False))
def test_nearest_zones_are_the_nearest_of_all(sites: Shapes, zones: Shapes, k: int, chance: object) -> None:
    frame, plan, mask = register(sites), layer(zones), {"a": np.ones(len(zones), dtype=bool)}
    found = nearest_permitted(frame, plan, mask, k=k)
    shuffled = plan.sample(frac=1, random_state=chance.randint(0, 9999))  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(found, nearest_permitted(frame, shuffled, mask, k=k))
    for site_id, site in zip(frame["site_id"], sites, strict=True):
        rows = found[found["site_id"] == site_id]
        expected = sorted(shapely.distance(np.array(zones), site))[:k]
        assert rows["distance_m"].to_numpy() == pytest.approx(expected, abs=2e-6)
        for row in rows.itertuples():
            zone = zones[int(row.zone_id[1:])]
            assert row.distance_m == pytest.approx(shapely.distance(zone, site), abs=2e-6)
            assert shapely.distance(shapely.Point(row.to_x, row.to_y), zone) <= 1e-6
            assert shapely.distance(shapely.Point(row.from_x, row.from_y), site) <= 1e-6
