"""Cutting one site: hard coordinates, strips of contact, sides of a border, and sums that must fit."""

from __future__ import annotations

import math

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from plangeo import open_layer, sample
from plangeo.checks import CHECKS
from plangeo.engine.partition import REPROJECTED_CONTACT_M, Partition, partition
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry import WIDTH_TOLERANCE_M, widest_circle
from plangeo.model import Measured, Verdict
from plangeo.overlay import measure_zones
from plangeo.tables import GOVERNED_COVER, empty
from tests.makers import rulebook, square

# Nearly collinear edges: at these coordinates one overlay call finds 0.28 m² where there is nothing.
SITE = shapely.from_wkt(
    "POLYGON ((449034.29076260934 2417023.6736482745, 449033.66295434564 2417032.651724727, 449014.70923739066 2417031.3263517255, "
    "449015.33704565436 2417022.348275273, 449034.29076260934 2417023.6736482745))"
)
ZONES = [
    shapely.from_wkt(
        "POLYGON ((449034.1045621338 2417012.0183662353, 449033.8951332565 2417024.016538577, 449031.8954378662 2417023.9816337647, "
        "449032.1048667435 2417011.983461423, 449034.1045621338 2417012.0183662353))"
    ),
    shapely.from_wkt(
        "POLYGON ((449033.99181348074 2417023.2961355816, 449032.11242823914 2417023.980175868, 449028.00818651926 "
        "2417012.7038644184, 449029.88757176086 2417012.019824132, 449033.99181348074 2417023.2961355816))"
    ),
]


def area(found: Partition, zone: int) -> float:
    return sum(f.geometry.area for f in found.faces if zone in f.zones)


def test_nearly_collinear_edges_are_cut_right() -> None:
    found = partition(SITE, dict(enumerate(ZONES)))
    assert not found.doubt
    assert sum(f.geometry.area for f in found.faces) == pytest.approx(SITE.area, rel=1e-9)
    for number in (0, 1):
        assert area(found, number) == pytest.approx(found.pieces[number].area, abs=1e-6)


def test_sums_that_contradict_make_the_site_unknown() -> None:
    sites = pd.DataFrame({"site_id": ["s"], "use_code": ["housing"]})
    measured = Measured(sites, {}, empty(GOVERNED_COVER), {"zones": {"doubts": {"s": "1 ≠ 2"}}}, rulebook())
    covered = empty(GOVERNED_COVER)
    covered.loc[0] = ["s", (("P1", "ODT", "z"),), False, (), 1.0, 0.0, 1.0, (("P1", "ODT", "z"),), ((("P1", "ODT", "z"),),)]
    findings = CHECKS["coverage"].judge(Measured(sites, measured.evidence, covered, measured.layers, measured.rulebook))
    told = findings.set_index("reason")
    assert Verdict.parse(told.loc["sums_contradict", "verdict"]) is Verdict.UNKNOWN
    assert told.loc["sums_contradict", "detail"] == "1 ≠ 2"


def test_a_sliver_beside_a_real_overlap_does_not_hide_it() -> None:
    zone = shapely.union(square(-1000, 0, 1000.001), square(500, 500, 3))
    found = partition(square(0, 0, 1000), {0: zone}, REPROJECTED_CONTACT_M)
    assert found.pieces[0].area == pytest.approx(9.0)


def test_a_millimetre_strip_is_contact_only_after_reprojection() -> None:
    site, neighbour = square(0, 0, 100), square(-100, 0, 100.001)
    assert area(partition(site, {0: neighbour}), 0) == pytest.approx(0.1, rel=1e-6)
    assert not partition(site, {0: neighbour}, REPROJECTED_CONTACT_M).pieces


def test_a_small_encroachment_is_never_contact() -> None:
    found = partition(square(0, 0, 1000), {0: square(-1.2, -1.2, 2.4)}, REPROJECTED_CONTACT_M)
    assert found.pieces[0].area == pytest.approx(1.44)


def test_the_sides_of_a_corner_are_all_named() -> None:
    quarters = {0: square(0, 0, 10), 1: square(10, 0, 10), 2: square(0, 10, 10)}
    (face,) = partition(shapely.Point(*square(10, 10, 1).bounds[:2]), quarters).faces
    assert face.zones == (0, 1, 2)
    assert face.sides == ((), (0,), (1,), (2,))


@pytest.mark.parametrize(("length", "width"), [(10_000, 5.2), (200, 5.0), (50_000, 0.3)])
def test_the_width_of_a_long_strip_is_never_understated(length: float, width: float) -> None:
    found = widest_circle(shapely.affinity.rotate(shapely.box(0, 0, length, width), 30))
    assert width - 1e-9 <= found <= width + 2 * WIDTH_TOLERANCE_M


@pytest.mark.parametrize(
    ("x", "y", "area_m2"), [(484947.0, 2372433.0, 8876.585351352804), (434431.0, 2443781.0, 69017.34354869995)]
)
def test_edges_that_nearly_coincide_are_cut_on_the_grid(x: float, y: float, area_m2: float) -> None:
    """Discs on the sample's zones at which GEOS gives up ("side location conflict") without a grid."""
    layer = ZoneLayer.of(open_layer("zones", sample("zones.gpkg"), profile="vn"))
    disc = shapely.Point(x, y).buffer(math.sqrt(area_m2 / math.pi), quad_segs=32)
    found = partition(disc, layer.near(disc, 1e-6))
    assert not found.doubt
    assert math.fsum(face.geometry.area for face in found.faces) == pytest.approx(disc.area, abs=1e-3)


@pytest.mark.parametrize(("x", "y", "radius"), [(469460.4, 2406308.3, 454.88), (469460.44, 2406308.28, 454.9)])
def test_a_width_whose_parts_cannot_be_joined_is_never_understated(x: float, y: float, radius: float) -> None:
    """Discs on the sample's zones of which a part crosses itself after it was moved back: joining parts ended the run."""
    zones = open_layer("zones", sample("zones.gpkg"), profile="vn")
    disc = shapely.Point(x, y).buffer(radius, quad_segs=12)
    asked = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[disc], crs=zones.crs)
    near = zones[zones.distance(disc) < 1]
    found = measure_zones(asked, near, width_classes={"LUA": frozenset({"LUA", "LUC"})}, compiled=False)
    assert 907 < found.widths["S", "LUA"] < 2 * radius
