"""Cutting and measuring at their bounds: strips of contact, runs along borders, spots on borders, units, and rows that cannot be drawn."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiPoint, Point, box

from plangeo.assessing.chunktables import with_ground
from plangeo.engine import partition as cutting
from plangeo.engine.areas import ellipsoidal_area
from plangeo.engine.partition import REPROJECTED_CONTACT_M, Face, Partition, partition, without_contact
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry.boxes import box_text
from plangeo.overlay import draw_evidence, layer_facts, measure_districts, measure_zones
from plangeo.triggerground import border_of
from tests.makers import CRS, X0, Y0, site, sites, zones

A, B, C = 0, 1, 2


def told(found: Partition) -> list[tuple[Any, Any, float]]:
    """(zones, sides, size) of every face."""
    sizes = [f.geometry.area or f.geometry.length or float(shapely.get_num_geometries(f.geometry)) for f in found.faces]
    return [(f.zones, f.sides, round(size, 9)) for f, size in zip(found.faces, sizes, strict=True)]


# --- one site ---------------------------------------------------------------------------------------------------------------


def test_faces_come_in_the_order_of_their_zones_and_fill_the_site() -> None:
    found = partition(box(0, 0, 2, 1), {A: box(-1, 0, 1, 1), B: box(0.5, 0, 1.5, 1), C: box(5, 5, 6, 6)})
    assert told(found) == [((), (), 0.5), ((A,), (), 0.5), ((A, B), (), 0.5), ((B,), (), 0.5)]
    assert {n: piece.area for n, piece in found.pieces.items()} == {A: 1.0, B: 1.0}
    assert not found.doubt


def test_a_strip_is_contact_up_to_the_width_of_contact() -> None:
    ground, strip = box(0, 0, 2, 2), box(10, 0, 11, 100)
    assert without_contact(ground, 1.0).is_empty  # as wide as contact: twice area over perimeter is 1
    assert without_contact(ground, 0.999).equals(ground)
    assert without_contact(ground, 0.9).equals(ground)
    three = shapely.MultiPolygon([ground, strip, box(20, 0, 24, 4)])
    kept = without_contact(three, 0.995)
    assert (kept.geom_type, kept.area) == ("MultiPolygon", 20)
    assert without_contact(three, 1.5).equals(box(20, 0, 24, 4))
    assert without_contact(three, 0.5) is three
    assert without_contact(three, 9.0).is_empty


ROAD = LineString([(0, 0), (10, 0)])


def test_a_line_is_measured_by_length_and_along_a_border_by_both_sides() -> None:
    assert told(partition(ROAD, {A: box(2, -1, 5, 1)})) == [((), (), 7), ((A,), (), 3)]
    assert told(partition(ROAD, {A: box(2, 0, 5, 1)})) == [((), (), 7), ((A,), ((), (A,)), 3)]
    both = partition(ROAD, {A: box(2, 0, 5, 1), B: box(2, -1, 4, 0)})
    assert told(both) == [((), (), 7), ((A,), ((), (A,)), 1), ((A, B), ((A,), (B,)), 2)]
    assert {n: piece.length for n, piece in both.pieces.items()} == {A: 3, B: 2}
    under = partition(ROAD, {A: box(-1, -1, 11, 1), B: box(0, 0, 10, 1)})
    assert told(under) == [((A, B), ((A,), (A, B)), 10)]


def test_a_road_driven_twice_counts_twice_and_standing_still_counts_nothing() -> None:
    there_and_back = LineString([(0, 0), (10, 0), (10, 0), (0, 0)])
    found = partition(there_and_back, {A: box(2, -1, 5, 1)})
    assert sum(f.geometry.length for f in found.faces) == 20
    assert found.pieces[A].length == 6
    assert told(partition(LineString([(0, 0), (0.5, 0)]), {})) == [((), (), 0.5)]


def test_a_border_that_leaves_the_line_is_no_border_along_it() -> None:
    wedge = shapely.Polygon([(0, 0), (10, 0.004), (10, 1), (0, 1)])  # within 2 mm of the first half only
    assert told(partition(ROAD, {A: wedge}, REPROJECTED_CONTACT_M)) == [((), (), 10)]


def test_ends_nearer_than_contact_are_one() -> None:
    for zone, apart in ((box(0.25, -1, 5, 1), 4.75), (box(5, -1, 9.75, 1), 4.75)):
        assert told(partition(ROAD, {A: zone}, 0.25)) == [((), (), 5), ((A,), (), 5)]
        assert told(partition(ROAD, {A: zone}, 0.24)) == [((), (), 5), ((A,), (), apart), ((A,), ((), (A,)), 0.25)]


@pytest.mark.parametrize("zone", [(2.499, 2.501), (4.999, 5.001), (7.499, 7.501), (2, 3), (4, 6), (7, 8), (-1, 5.5), (4.5, 11)])
def test_a_border_that_the_overlay_did_not_find_is_told(monkeypatch: pytest.MonkeyPatch, zone: tuple[float, float]) -> None:
    monkeypatch.setattr(cutting, "_spans", lambda segment, cut: [])
    hidden = {A: box(zone[0], -1, zone[1], 1)}
    assert partition(ROAD, hidden).doubt == "a run of 10.000 m crosses a border that the overlay did not find"
    assert not partition(ROAD, {A: box(-1, -1, 11, 1)}).doubt
    two = LineString([(0, 0), (10, 0), (10, 5), (0, 5)])
    assert partition(two, {A: box(zone[0], -1, zone[1], 9)}).doubt.startswith("a run of 10.000 m")


@pytest.mark.parametrize(("contact_m", "doubted"), [(2.4, True), (2.5, False), (2.6, False)])
def test_a_run_of_four_widths_of_contact_proves_nothing(monkeypatch: pytest.MonkeyPatch, contact_m: float, doubted: bool) -> None:
    monkeypatch.setattr(cutting, "_spans", lambda segment, cut: [])
    assert bool(partition(ROAD, {A: box(4, -100, 600, 100)}, contact_m).doubt) is doubted


def test_what_is_shorter_than_contact_crosses_no_border(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "_spans", lambda segment, cut: [])
    short, zone = LineString([(0, 0), (8e-3, 0)]), {A: box(3e-3, -1, 5e-3, 1)}
    assert not partition(short, zone, 2e-3).doubt
    first = LineString([(0, 0), (10, 0), (10, 20), (0, 20)])
    assert partition(first, {A: box(4, -1, 6, 30)}).doubt.startswith("a run of 10.000 m")


def test_points_lie_in_zones_beside_them_or_on_their_border() -> None:
    assert told(partition(Point(1, 1), {A: box(0, 0, 5, 5)})) == [((A,), (), 1)]
    assert told(partition(Point(9, 9), {A: box(0, 0, 5, 5)})) == [((), (), 1)]
    assert told(partition(Point(0, 2), {A: box(0, 0, 5, 5)})) == [((A,), ((), (A,)), 1)]
    over = partition(Point(0, 2), {A: box(0, 0, 5, 5), B: box(-9, -9, 9, 9), C: box(50, 50, 51, 51)})
    assert told(over) == [((A, B), ((A, B), (B,)), 1)]
    assert set(over.pieces) == {A, B}
    many = partition(MultiPoint([(1, 1), (9, 9), (2, 2), (0, 2)]), {A: box(0, 0, 5, 5)})
    assert told(many) == [((), (), 1), ((A,), (), 1), ((A,), (), 1), ((A,), ((), (A,)), 1)]
    assert shapely.get_num_geometries(many.pieces[A]) == 3


def sides(contact_m: float, **zones_at: Any) -> Any:
    (face,) = partition(Point(0, 2), dict(enumerate(zones_at.values())), contact_m).faces
    return face.sides


HERE = box(0, 0, 5, 5)


@pytest.mark.parametrize(
    ("contact_m", "gap", "beside"),
    [
        (1e-6, 0.0005, True),  # looked for within a millimetre
        (1e-6, 0.002, False),
        (REPROJECTED_CONTACT_M, 0.0165, True),  # after reprojection within 2 cm
        (REPROJECTED_CONTACT_M, 0.0185, False),
        (REPROJECTED_CONTACT_M, 1.0, False),
    ],
)
def test_the_sides_of_a_spot_are_those_around_it(contact_m: float, gap: float, beside: bool) -> None:
    assert sides(contact_m, here=HERE, there=box(-3, 0, -gap, 5)) == (((), (A,), (B,)) if beside else ((), (A,)))


def test_a_side_is_more_than_a_fiftieth_of_what_lies_around() -> None:
    radius = 10 * REPROJECTED_CONTACT_M
    disc = shapely.buffer(Point(0, 0), radius)

    def gap(share: float) -> float:
        """How far beside the spot a zone must begin to have that share of what lies around it."""
        low, high = 0.0, radius
        for _ in range(60):
            middle = (low + high) / 2
            wide = disc.intersection(box(-3, -3, -middle, 3)).area > share * disc.area
            low, high = (middle, high) if wide else (low, middle)
        return low

    for share, counts in ((0.02001, True), (0.01999, False)):
        found = sides(REPROJECTED_CONTACT_M, here=HERE, there=box(-3, 0, -gap(share), 5))
        assert ((B,) in found) is counts


@pytest.mark.parametrize(("x", "y"), [(100.0, 2.0), (2.0, 100.0), (100.0, 100.0)])
def test_the_sides_of_a_spot_on_a_zone_of_many_corners(x: float, y: float) -> None:
    fine = shapely.segmentize(box(x, y - 3, x + 6, y + 3), 0.01)
    (face,) = partition(Point(x, y), {A: fine}).faces
    assert (face.zones, face.sides) == ((A,), ((), (A,)))
    (along,) = partition(LineString([(x, y - 3), (x, y + 3)]), {A: fine}).faces
    assert (along.zones, along.sides) == ((A,), ((), (A,)))


SITE, ZONE, REST = box(0, 0, 10, 10), box(0, 0, 5, 10), box(5, 0, 10, 10)


def contradiction(inside: float, outside: float, piece: Any = ZONE, contact_m: float = 1e-3, zones_at: Any = None) -> str:
    """What is said of faces of these areas (a site of 100 m², a zone over the half of it)."""
    faces = (Face((A,), box(0, 0, inside / 10, 10)), Face((), box(0, 0, outside / 10, 10)))
    return cutting._contradiction(SITE, zones_at or {A: ZONE}, {A: piece}, faces, contact_m, None)


def test_parts_must_fit_the_site_and_the_zones() -> None:
    assert not contradiction(50, 50)
    assert not contradiction(50, 50.25)  # 4 strips of contact along site and piece: 0.28 m²
    assert contradiction(50, 50.3).startswith("parts 100.300000 m² ≠ site")
    assert contradiction(50, 49.7).startswith("parts 99.700000 m² ≠ site")
    assert contradiction(40, 60).startswith("part inside 50.000000 m², parts summed 40.000000 m²")
    assert contradiction(40, 60, piece=box(0, 0, 4, 10)).startswith("part inside 40.000000 m²")
    assert not contradiction(50, 50, contact_m=0.0)
    assert contradiction(50, 50 + 5e-7, contact_m=0.0)
    assert not contradiction(50, 50 + 5e-8, contact_m=0.0)
    assert not contradiction(50, 50, contact_m=0.0, zones_at={A: ZONE, B: box(50, 50, 60, 60)})


# --- a register on a plan ---------------------------------------------------------------------------------------------------


def at(shape: Any) -> Any:
    """Moved to where metres are content."""
    return shapely.transform(shape, lambda xy: xy + np.array([X0, Y0]))


PLAN = zones(
    ("z1", "ODT", at(box(0, 0, 100, 100)), "P1"),
    ("z2", "RPH", at(box(100, 0, 200, 100)), "P1"),
    ("z3", "LUA", at(box(140, 0, 200, 50)), "P2"),
)
REGISTER = sites(
    site("plain", at(box(10, 10, 30, 20))),
    site("halves", at(box(90, 10, 110, 20))),
    site("overlap", at(box(130, 40, 150, 60))),
    site("road", at(LineString([(50, 0), (50, 150)]))),
    site("edge", at(LineString([(100, 10), (100, 30)]))),
    site("point", at(Point(20, 20))),
    site("nowhere", None),
    site("empty", shapely.Polygon()),
    site("far", at(box(900, 0, 910, 10))),
)


def test_every_zone_of_a_site_is_a_row_and_every_spot_a_face() -> None:
    found = measure_zones(REGISTER, PLAN)
    told = ["site_id", "plan_id", "zone_id", "zone_code", "area_m2", "length_m", "share", "on_border", "prevails"]
    rounded = found.evidence[told].round({"area_m2": 6, "length_m": 6, "share": 9})
    assert rounded.values.tolist() == [
        ["plain", "P1", "z1", "ODT", 200, 0, 1, False, True],
        ["halves", "P1", "z1", "ODT", 100, 0, 0.5, False, True],
        ["halves", "P1", "z2", "RPH", 100, 0, 0.5, False, True],
        ["overlap", "P1", "z2", "RPH", 400, 0, 1, False, True],
        ["overlap", "P2", "z3", "LUA", 100, 0, 0.25, False, True],
        ["road", "P1", "z1", "ODT", 0, 100, round(100 / 150, 9), False, True],
        ["edge", "P1", "z1", "ODT", 0, 20, 1, True, True],
        ["edge", "P1", "z2", "RPH", 0, 20, 1, True, True],
        ["point", "P1", "z1", "ODT", 0, 0, 1, False, True],
    ]
    assert list(found.evidence.index) == list(range(len(found.evidence)))
    faces = found.cover[["site_id", "zones", "share", "on_border"]].round({"share": 9}).values.tolist()
    z1, z2, z3 = ("P1", "ODT", "z1"), ("P1", "RPH", "z2"), ("P2", "LUA", "z3")
    assert sorted(faces, key=str) == sorted(
        [
            ["plain", (z1,), 1, False],
            ["halves", (z1,), 0.5, False],
            ["halves", (z2,), 0.5, False],
            ["overlap", (z2,), 0.75, False],
            ["overlap", (z2, z3), 0.25, False],
            ["road", (), round(50 / 150, 9), False],
            ["road", (z1,), round(100 / 150, 9), False],
            ["edge", (z1, z2), 1, True],
            ["point", (z1,), 1, False],
            ["far", (), 1, False],
        ],
        key=str,
    )
    assert list(found.cover.index) == list(range(len(found.cover)))
    order = found.cover["site_id"].drop_duplicates().tolist()
    assert order == ["plain", "halves", "overlap", "road", "edge", "point", "far"]
    assert not found.doubts


def test_the_width_of_a_class_is_that_of_all_its_ground_in_the_site() -> None:
    lot = sites(site("S", at(box(80, 0, 120, 40))))
    over = zones(("a", "ODT", at(box(0, 0, 200, 100)), "P1"), ("b", "RPH", at(box(100, 0, 110, 100)), "P2"))
    widths = measure_zones(lot, over, width_classes={"RPH": frozenset({"RPH"}), "LUA": frozenset({"LUA"})}).widths
    assert set(widths) == {("S", "RPH")}
    assert widths["S", "RPH"] == pytest.approx(10, rel=1e-3)


def test_ground_is_drawn_where_it_is_wanted_and_measured_itself() -> None:
    wide = sites(site("S", at(box(0, 0, 20_000, 2_000))), site("T", at(box(10, 10, 20, 20))))
    over = zones(("a", "ODT", at(box(-10, -10, 5_000, 3_000)), "P1"), ("b", "RPH", at(box(5_000, -10, 21_000, 3_000)), "P1"))
    layer = ZoneLayer.of(over)
    evidence = measure_zones(wide, layer).evidence
    undrawn = evidence.geometry.isna().to_numpy()
    wanted = (evidence["zone_id"] == "a").to_numpy()
    drawn = draw_evidence(evidence, wide, layer, wanted)
    assert (drawn.geometry.isna().to_numpy() == (undrawn & ~wanted)).all()
    first = drawn.iloc[0]
    assert first.geometry.equals(at(box(0, 0, 5_000, 2_000)))
    exact = ellipsoidal_area(gpd.GeoSeries([first.geometry], crs=CRS)).iloc[0]
    assert first["area_ellipsoidal_m2"] == pytest.approx(exact, rel=1e-12)
    assert draw_evidence(evidence, wide, layer, np.zeros(len(evidence), dtype=bool)) is evidence
    # cut one by one where plans overlap: the part itself is measured there too
    twice = zones(("a", "ODT", at(box(-10, -10, 5_000, 3_000)), "P1"), ("b", "RPH", at(box(0, 0, 20_000, 2_000)), "P2"))
    part = measure_zones(wide.iloc[[0]], twice).evidence.set_index("zone_id").loc["a"]
    assert part["area_ellipsoidal_m2"] == pytest.approx(exact, rel=1e-10)


# --- units ------------------------------------------------------------------------------------------------------------------


def units(*shapes: Any) -> gpd.GeoDataFrame:
    rows = [
        {
            "district_id": str(n),
            "district_name": f"Xã {n}",
            "geometry": at(s) if s is not None else None,
            "problem": "",
            "repaired": "",
        }
        for n, s in enumerate(shapes)
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def lying(shape: Any, *shapes: Any, contact_m: float = 1e-6) -> list[list[Any]]:
    placed = None if shape is None else shape if shape.is_empty else at(shape)
    found = measure_districts(sites(site("S", placed)), units(*shapes), contact_m)
    columns = found[["district_id", "area_m2", "length_m", "share"]].round({"area_m2": 6, "length_m": 6, "share": 9})
    return columns.values.tolist()


def test_units_are_told_the_largest_share_first() -> None:
    west, east = box(0, 0, 50, 100), box(50, 0, 100, 100)
    assert lying(box(40, 0, 80, 10), west, east) == [["1", 300, 0, 0.75], ["0", 100, 0, 0.25]]
    assert lying(box(45, 0, 55, 10), west, east) == [["0", 50, 0, 0.5], ["1", 50, 0, 0.5]]
    assert lying(LineString([(40, 5), (80, 5)]), west, east) == [["1", 0, 30, 0.75], ["0", 0, 10, 0.25]]
    assert lying(Point(10, 10), west, east) == [["0", 0, 0, 1]]
    assert lying(MultiPoint([(10, 10), (60, 10), (70, 10)]), west, east) == [
        ["1", 0, 0, round(2 / 3, 9)],
        ["0", 0, 0, round(1 / 3, 9)],
    ]
    assert lying(Point(500, 500), west, east) == []
    assert lying(None, west, east) == lying(shapely.Polygon(), west, east) == []


def test_contact_with_a_unit_is_no_part_of_it() -> None:
    unit = box(0, 0, 50, 100)
    assert lying(box(50, 0, 60, 10), unit) == []
    assert lying(LineString([(49.5, 5), (90, 5)]), unit, contact_m=0.5) == []
    assert lying(LineString([(49.5, 5), (90, 5)]), unit, contact_m=0.4)[0][2] == 0.5
    assert lying(LineString([(50, 5), (90, 5)]), unit) == []
    assert lying(box(49.5, 0, 90, 10), unit, contact_m=0.6) == []
    assert lying(box(49.5, 0, 90, 10), unit, contact_m=0.4)[0][1] == 5
    assert lying(Point(20, 5), LineString([(0, 5), (50, 5)]), None) == []  # only areas hold a place


# --- rows that cannot be drawn ----------------------------------------------------------------------------------------------


def test_rows_without_a_shape_are_lost_or_known_by_their_box() -> None:
    plan = zones(
        ("z1", "ODT", at(box(0, 0, 100, 100)), "P1"),
        ("z2", "RPH", None, "P2"),
        ("z3", "LUA", at(shapely.Polygon([(0, 0), (9, 9), (0, 9), (9, 0)])), "P1"),
    )
    register = sites(
        site("A", at(box(1, 1, 2, 2))), site("B", at(box(130, 0, 140, 10))), site("C", None), site("D", at(box(100, 0, 110, 10)))
    )
    facts = layer_facts(register, plan.drop(index=2))
    assert facts["lost"] == ({"id": "z2", "code": "RPH", "plan_id": "P2"},)
    assert facts["quarantined"] == ()
    assert facts["sites_outside"] == {"B": pytest.approx(30)}
    assert facts["rows"] == 2
    assert layer_facts(register, plan.drop(index=2), reached=("B",))["sites_outside"] == {}
    assert layer_facts(register.iloc[[2]], plan)["sites_outside"] == {}
    assert layer_facts(register, plan.iloc[[1]])["sites_outside"] == {}  # nothing to be outside of
    near = sites(site("E", at(box(100.5, 0, 101, 10))))
    assert layer_facts(near, plan.iloc[:1])["sites_outside"] == {"E": pytest.approx(0.5)}
    ready = shapely.STRtree([at(box(0, 0, 120, 100))])
    assert layer_facts(register, plan.drop(index=2), tree=ready)["sites_outside"] == {"B": pytest.approx(10)}
    both = units(box(0, 0, 10, 10), None)
    assert layer_facts(register, both)["lost"] == ({"id": "1", "code": "", "plan_id": ""},)
    assert math.isfinite(layer_facts(register, both)["sites_outside"]["B"])


@pytest.mark.parametrize(
    ("tolerances", "near"),
    [
        (None, {"on"}),
        ({"P1": 2.0, "P2": 5.0}, {"on", "1 m"}),
        ({"P1": None, "P2": 5.0}, {"on", "1 m", "4 m"}),  # it may be as coarse as the coarsest
        ({"P2": 5.0}, {"on", "1 m", "4 m"}),
        ({"P1": None}, {"on"}),
        ({"P1": 0.0, "P2": 5.0}, {"on"}),
    ],
)
def test_a_row_set_aside_may_reach_as_far_as_its_plan_may_be_off(tolerances: Any, near: set[str]) -> None:
    west, south, east, north = at(box(0, 0, 10, 10)).bounds
    plan = zones(("z1", "RPH", None, "P1")).assign(problem=f"invalid_geometry: crossed {box_text((west, south, east, north))}")
    register = sites(
        *(site(name, at(box(10 + gap, 0, 20 + gap, 5))) for name, gap in (("on", -1), ("1 m", 1), ("4 m", 4), ("6 m", 6)))
    )
    (row,) = layer_facts(register, plan, tolerances=tolerances)["quarantined"]
    assert row["sites"] == near


def test_ground_that_cannot_be_joined_is_drawn_in_parts_and_its_border_is_never_too_short() -> None:
    crossed = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    with pytest.raises(shapely.errors.GEOSException):
        shapely.union_all([crossed, box(2, 2, 20, 8)])
    keys = {"site_id": ["S"] * 2, "plan_id": ["P1"] * 2, "zone_code": ["LUA"] * 2, "prevails": [True] * 2}
    ground = gpd.GeoDataFrame(keys, geometry=[crossed, box(2, 2, 20, 8)], crs=CRS)
    found = pd.DataFrame({"check": ["zone_use"], "site_id": ["S"], "plan_id": ["P1"], "zone_code": ["LUA"]})
    assert shapely.get_num_geometries(with_ground(found, ground, CRS).geometry.iloc[0]) == 2
    assert border_of([crossed, box(2, 2, 20, 8)]).length >= box(2, 2, 20, 8).length
