"""A zone that was set aside casts doubt on the sites it may reach, whatever the CRS of its file."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from plangeo import read_zones
from plangeo.assessment import assess
from plangeo.rulebook import rulebook_from_text
from plangeo.tables import SITES
from tests.makers import site, sites
from tests.makers import zones as zones_of

BOOK = rulebook_from_text((Path(__file__).parent / "cases/rulebook.yaml").read_text(encoding="utf-8"))
X0, Y0 = 449_000.0, 2_417_000.0


@pytest.mark.parametrize("crs", ["EPSG:9215", "EPSG:4326", "EPSG:3405", "EPSG:32648", "EPSG:3857"])
def test_a_faulty_forest_zone_keeps_a_site_from_being_permitted(crs: str) -> None:
    bow = shapely.Polygon([(X0, Y0), (X0 + 80, Y0 + 80), (X0 + 80, Y0), (X0, Y0 + 60)])
    ground = shapely.box(X0 - 50, Y0 - 50, X0 + 300, Y0 + 300)
    rows = {"zone_id": ["A", "B"], "zone_code": ["ODT", "RPH"], "plan_id": "LUP", "problem": "", "repaired": ""}
    zones = gpd.GeoDataFrame(rows, geometry=[ground, bow], crs="EPSG:9215").to_crs(crs)
    blank = {c.name: float("nan") if c.dtype == "float" else "" for c in SITES if c.required}
    near = blank | {"site_id": "near", "use": "housing", "geometry": shapely.box(X0, Y0, X0 + 50, Y0 + 50)}
    far = blank | {"site_id": "far", "use": "housing", "geometry": shapely.box(X0 + 200, Y0 + 200, X0 + 250, Y0 + 250)}
    sites = gpd.GeoDataFrame([near, far], geometry="geometry", crs="EPSG:9215")
    result = assess(sites, BOOK, on="2025-07-01", zones=zones)
    assert result.sites["verdict"].tolist() == ["unknown", "permitted"]
    assert result.repairs["row_id"].tolist() == ["B"]


@pytest.mark.parametrize(
    "crs", ["EPSG:9215", "EPSG:32648", "+proj=tmerc +lat_0=0 +lon_0=106.5 +k=0.9999 +x_0=500000 +datum=WGS84 +type=crs"]
)
def test_a_layer_converted_by_its_user_keeps_the_doubt_where_it_is(crs: str, tmp_path: Path) -> None:
    """The box of a zone set aside was read in degrees; left so, it met no site in metres, and the site was called permitted."""
    bow = shapely.Polygon([(X0, Y0), (X0 + 80, Y0 + 80), (X0 + 80, Y0), (X0, Y0 + 60)])
    town = shapely.box(X0 - 50, Y0 - 50, X0 + 300, Y0 + 300)
    plan = gpd.GeoDataFrame({"zone_id": ["A", "B"], "zone_code": ["ODT", "RPH"]}, geometry=[town, bow], crs="EPSG:9215")
    plan.to_crs("EPSG:4326").to_file(tmp_path / "plan.geojson")
    zones = read_zones(tmp_path / "plan.geojson", plan_id="LUP").to_crs(crs)
    near, far = (site(name, shapely.box(X0 + d, Y0 + d, X0 + d + 50, Y0 + d + 50)) for name, d in (("near", 0), ("far", 200)))
    result = assess(sites(near, far), BOOK, on="2025-07-01", zones=zones, crs="EPSG:9215")
    assert result.sites["verdict"].tolist() == ["unknown", "permitted"]
    aside = zones["problem"].str.replace("in EPSG:4326]", "in crs-0123456789ab]")  # of a CRS nobody can name any more
    lost = assess(sites(near, far), BOOK, on="2025-07-01", zones=zones.assign(problem=aside), crs="EPSG:9215")
    assert lost.sites["verdict"].tolist() == ["unknown", "unknown"]


SPIKE = [(0, 0), (60, 0), (60, 60), (30, 60), (30, 65), (30, 60), (0, 60)]
SPIKY = shapely.Polygon([(X0 + x, Y0 + y) for x, y in SPIKE])


def test_mending_the_polygon_of_a_mixed_shape_loses_no_line_of_it() -> None:
    """A road that belongs to a site whose polygon is mended leads into the forest."""
    road = shapely.LineString([(X0 + 30, Y0 + 30), (X0 + 400, Y0 + 30)])
    town = ("A", "ODT", shapely.box(X0 - 50, Y0 - 50, X0 + 200, Y0 + 300), "LUP")
    forest = ("B", "RPH", shapely.box(X0 + 200, Y0 - 50, X0 + 500, Y0 + 300), "LUP")
    rows = sites(site("with a road", shapely.GeometryCollection([SPIKY, road])), site("alone", SPIKY))
    result = assess(rows, BOOK, on="2025-07-01", zones=zones_of(town, forest))
    assert result.sites["verdict"].tolist() == ["unknown", "permitted"]
    loop = shapely.LineString([(X0 + 300, Y0), (X0 + 400, Y0), (X0 + 400, Y0 + 200), (X0 + 300, Y0)])
    mixed = ("B", "RPH", shapely.GeometryCollection([SPIKY, loop]), "LUP")
    wide = ("A", "ODT", shapely.box(X0 - 50, Y0 - 50, X0 + 500, Y0 + 300), "LUP")
    within = sites(site("within the loop", shapely.box(X0 + 350, Y0 + 10, X0 + 390, Y0 + 50)))
    assert assess(within, BOOK, on="2025-07-01", zones=zones_of(wide, mixed)).sites["verdict"].tolist() == ["unknown"]


TOWN = ("A", "ODT", shapely.box(X0 - 50, Y0 - 50, X0 + 900, Y0 + 900), "LUP")
FOREST = shapely.box(X0 + 500, Y0 + 500, X0 + 600, Y0 + 600)
INSIDE, OUTSIDE = shapely.Point(X0 + 550, Y0 + 550), shapely.Point(X0 + 25, Y0 + 25)
LABELS = {
    "a point in a polygon of its class": ([("F", "RPH", FOREST, "LUP"), ("L", "RPH", INSIDE, "LUP")], "permitted"),
    "the same, the label first": ([("L", "RPH", INSIDE, "LUP"), ("F", "RPH", FOREST, "LUP")], "permitted"),
    "the same in one row": ([("F", "RPH", shapely.GeometryCollection([INSIDE, FOREST]), "LUP")], "permitted"),
    "an outline drawn again": ([("F", "RPH", shapely.GeometryCollection([FOREST, FOREST.exterior]), "LUP")], "permitted"),
    "a point beside the polygon": ([("F", "RPH", FOREST, "LUP"), ("L", "RPH", OUTSIDE, "LUP")], "unknown"),
    "a point in a polygon of another class": ([("F", "ODT", FOREST, "LUP"), ("L", "RPH", INSIDE, "LUP")], "unknown"),
    "a point without a class": ([("F", "RPH", FOREST, "LUP"), ("L", "", INSIDE, "LUP")], "unknown"),
    "a point beside the polygon, in one row": ([("F", "RPH", shapely.GeometryCollection([OUTSIDE, FOREST]), "LUP")], "unknown"),
    "a line in a polygon of its class": (
        [("F", "RPH", FOREST, "LUP"), ("L", "RPH", shapely.LineString([INSIDE, OUTSIDE]), "LUP")],
        "unknown",
    ),
}


@pytest.mark.parametrize("what", LABELS)
def test_a_point_that_labels_a_zone_casts_no_doubt(what: str) -> None:
    rows, expected = LABELS[what]
    result = assess(sites(site("A", shapely.box(X0, Y0, X0 + 50, Y0 + 50))), BOOK, on="2025-07-01", zones=zones_of(TOWN, *rows))
    assert result.sites["verdict"].tolist() == [expected]
    pointed = result.layers["zones"]["problem"].str.startswith("label_point: ").sum()
    counted = result.layer_rows[0]
    assert counted["labels"] == pointed == (expected == "permitted" and len(rows) == 2)
    assert counted["rows"] == len(rows) + 1 == sum(counted[c] for c in ("measured", "labels", "quarantined", "without_place"))


def test_a_label_of_an_earlier_run_is_proven_again() -> None:
    """What the gate wrote of a row stays in its frame, and the frame may be edited, converted or written by anybody."""
    drawn = zones_of(TOWN, ("F", "RPH", FOREST, "LUP"), ("L", "RPH", INSIDE, "LUP"))
    asked = sites(site("A", shapely.box(X0, Y0, X0 + 50, Y0 + 50)))
    gated = assess(asked, BOOK, on="2025-07-01", zones=drawn).layers["zones"]
    assert gated.geometry.isna().tolist() == [False, False, True]
    forged = gated.assign(problem=["", "", "label_point: a point inside F, which says the same of its ground"])
    elsewhere = gated.assign(problem=gated["problem"].str.replace(r"\[at \S+,", "[at 1.0,", regex=True))
    expected = {
        "as it was": (gated, "permitted"),
        "converted by its user": (gated.to_crs("EPSG:4326"), "permitted"),
        "its polygon taken out": (gated[gated["zone_id"] != "F"], "unknown"),
        "without a place": (forged, "unknown"),
        "with a place outside": (elsewhere, "unknown"),
    }
    told = {what: assess(asked, BOOK, on="2025-07-01", zones=z).sites["verdict"].iloc[0] for what, (z, _) in expected.items()}
    assert told == {what: verdict for what, (_, verdict) in expected.items()}


def test_an_empty_register_is_judged_where_a_zone_was_set_aside() -> None:
    """Every streamed run judges a register without rows, so a plan with one faulty zone could not be streamed at all."""
    faulty = ("B", "RPH", shapely.Polygon([(X0, Y0), (X0 + 80, Y0 + 80), (X0 + 80, Y0), (X0, Y0 + 60)]), "LUP")
    one = sites(site("A", shapely.box(X0, Y0, X0 + 50, Y0 + 50)))
    result = assess(one.iloc[:0], BOOK, on="2025-07-01", zones=zones_of(TOWN, faulty), present_use=zones_of(TOWN, faulty))
    assert len(result.sites) == len(result.findings) == len(result.ledger) == 0
    assert [row["quarantined"] for row in result.layer_rows] == [1, 1]
