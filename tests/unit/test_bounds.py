"""One absurd row is a problem of that row; the rest of the register or layer is read and judged."""

from __future__ import annotations

import math
from collections.abc import Callable

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, box

from plangeo.assessment import assess
from plangeo.bounds import check_bounds
from plangeo.canonical import canonical_sites, canonical_zones
from plangeo.errors import CrsError
from plangeo.geometry import to_crs
from plangeo.profiles import load_profile
from tests import makers

VN = load_profile("vn")
PLANE, DEGREES = Point(449_000, 2_417_000), Point(106.76, 21.85)


def problems(*shapes: object, crs: str = "EPSG:9215") -> list[str]:
    notes: list[str] = []
    told = check_bounds(list(shapes), crs, VN, "a.gpkg", notes)
    assert bool(notes) == any(told)
    return [t.split(":")[0] for t in told]


@pytest.mark.parametrize(
    "odd",
    [
        Point(1e9, 1e9),
        Point(-1e9, 2_417_000),
        Point(449_000, 1e7),
        Point(106.76, 21.85),  # degrees among metres lie on the equator
        Point(2_417_000, 449_000),
        MultiPolygon([box(449_000, 2_417_000, 449_100, 2_417_100), box(1e9, 1e9, 1e9 + 10, 1e9 + 10)]),
    ],
)
def test_an_absurd_row_in_metres_is_the_only_one_without_a_place(odd):
    assert problems(PLANE, odd, PLANE) == ["", "bad_coordinates", ""]


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:32648", "EPSG:2154", "EPSG:2276"])
def test_no_plane_has_room_for_anything(crs):
    place = shapely.transform(DEGREES, _into(crs), interleaved=False) if crs in ("EPSG:3857", "EPSG:32648") else Point(7e5, 7e6)
    assert problems(place, Point(1e12, 1e12), crs=crs)[1] == "bad_coordinates"


def _into(crs: str) -> Callable[..., object]:
    return pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform


@pytest.mark.parametrize("odd", [Point(106.76, 95), Point(181, 21.85), Point(449_000, 2_417_000)])
def test_an_absurd_row_in_degrees_is_the_only_one_without_a_place(odd):
    assert problems(DEGREES, odd, DEGREES, crs="EPSG:4326") == ["", "bad_coordinates", ""]


def test_the_whole_country_fits_the_crs_of_one_province():
    camau, hagiang = ((105.15, 9.18), (104.98, 22.82))
    assert problems(PLANE, *(shapely.Point(_into("EPSG:9215")(*place)) for place in (camau, hagiang))) == ["", "", ""]


def test_null_empty_and_infinite_rows_are_left_to_the_gate():
    assert problems(PLANE, None, Point(), Point(math.inf, 0), Point(math.nan, 1)) == [""] * 5


@pytest.mark.parametrize(
    ("shape", "crs", "told"),
    [
        (Point(1e9, 1e9), "EPSG:9215", "do not fit"),
        (Point(106.76, 95), "EPSG:4326", "Is the CRS right"),
        (Point(21.85, 106.76), "EPSG:4326", "axes are exchanged"),
        (PLANE, "EPSG:4326", "Is the CRS right"),
    ],
)
def test_a_file_where_nothing_fits_is_refused(shape, crs, told):
    with pytest.raises(CrsError, match=told):
        problems(shape, shape, crs=crs)


def test_degrees_that_fit_only_when_exchanged_are_refused_even_in_range():
    small = load_profile("vn").__class__(**{**VN.__dict__, "bounds_lonlat": (5.0, 47.0, 16.0, 55.0)})
    with pytest.raises(CrsError, match="axes are exchanged"):
        check_bounds([Point(50, 10), Point(51, 9), Point(1, 1)], "EPSG:4326", small, "a", [])


@pytest.mark.parametrize("odd", ["POINT (1e9 1e9)", "POINT (inf 5)", "POINT (nan nan)", "POINT (1e400 0)"])
def test_a_register_with_one_absurd_shape_is_judged(odd):
    raw = pd.DataFrame({"Mã": ["A", "B"], "Loại hình": ["housing", "housing"], "wkt": [PLANE.wkt, odd]})
    sites = canonical_sites(raw, VN, crs="EPSG:9215", source="a.csv")
    assert sites.geometry.notna().tolist() == [True, False]
    assert sites["problem"][0] == ""
    assert sites["problem"][1].split(":")[0] in ("bad_coordinates", "not_finite")
    zones = makers.zones(("Z", "ODT", makers.square(-500, -500, 2000), "P1"))
    result = assess(sites, makers.rulebook(), on="2025-07-01", zones=zones)
    assert result.sites["verdict"].tolist() == ["permitted", "unknown"]


def test_a_zone_without_a_believable_place_keeps_everybody_from_being_permitted():
    raw = gpd.GeoDataFrame(
        {"code": ["ODT", "RPH"], "plan_id": "P1"},
        geometry=[makers.square(-500, -500, 2000), box(1e9, 1e9, 2e9, 2e9)],
        crs="EPSG:9215",
    )
    zones = canonical_zones(raw, VN, source="z.gpkg")
    assert zones["problem"].str.startswith("bad_coordinates").tolist() == [False, True]
    result = assess(makers.sites(makers.site("A", PLANE)), makers.rulebook(), on="2025-07-01", zones=zones)
    assert result.sites["verdict"].tolist() == ["unknown"]


def test_a_row_that_another_crs_cannot_show_loses_its_place_and_no_other_row_does():
    rows = (("A", DEGREES), ("B", Point(-162, 5)), ("C", None))
    moved = to_crs(makers.sites(*(makers.site(n, p) for n, p in rows), crs="EPSG:4326"), "EPSG:9215")
    assert moved.geometry.notna().tolist() == [True, False, False]
    assert [p.split(":")[0] for p in moved["problem"]] == ["", "bad_coordinates", ""]
    with pytest.raises(CrsError, match="fall outside"):
        to_crs(makers.sites(makers.site("B", Point(-162, 5)), crs="EPSG:4326"), "EPSG:9215")
