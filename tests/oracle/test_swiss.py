"""Shares of a parcel against two legal extracts of the Swiss cadastre of restrictions, which state them in m², m and %."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from defusedxml.ElementTree import parse

from plangeo.overlay import measure_zones

FOLDER = Path(__file__).parents[2].parent / "shared/data/ch_oereb"
LV95 = "EPSG:2056"
EXTRACTS = {
    "CH344982777421": {"surfaces": 3, "lines": 0, "points": 0},
    "CH955832730623": {"surfaces": 9, "lines": 3, "points": 2},
}

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the shared Swiss extracts are not on this machine")


def _of(element: Any, name: str) -> list[Any]:
    """The children called ``name``; the two extracts bind the same namespaces to different prefixes."""
    return [child for child in element if child.tag.rpartition("}")[2] == name]


def _text(element: Any, name: str) -> str | None:
    found = _of(element, name)
    return found[0].text if found else None


def _xy(coord: Any) -> tuple[float, float]:
    return float(_text(coord, "c1") or "nan"), float(_text(coord, "c2") or "nan")


def _ring(boundary: Any) -> list[tuple[float, float]]:
    (polyline,) = _of(boundary, "polyline")
    assert {c.tag.rpartition("}")[2] for c in polyline} == {"coord"}, "an arc, which this parser does not read"
    return [_xy(c) for c in polyline]


def _surface(element: Any) -> shapely.Polygon:
    (outside,) = _of(element, "exterior")
    return shapely.Polygon(_ring(outside), [_ring(hole) for hole in _of(element, "interior")])


def _restriction(element: Any) -> dict[str, Any]:
    shapes: dict[str, list[Any]] = {"surfaces": [], "lines": [], "points": []}
    for geometry in _of(element, "Geometry"):
        shapes["surfaces"] += [_surface(s) for s in _of(geometry, "Surface")]
        shapes["lines"] += [shapely.LineString([_xy(c) for c in _of(line, "coord")]) for line in _of(geometry, "Line")]
        shapes["points"] += [shapely.Point(_xy(p)) for p in _of(geometry, "Point")]
    (kind,) = [name for name, found in shapes.items() if found]
    numbers = {name: _text(element, name) for name in ("AreaShare", "PartInPercent", "LengthShare", "NrOfPoints")}
    return {"kind": kind, "code": _text(element, "TypeCode"), "shape": shapely.union_all(shapes[kind])} | {
        name: None if text is None else float(text) for name, text in numbers.items()
    }


def _extract(egrid: str) -> tuple[shapely.Polygon, float, list[dict[str, Any]]]:
    """Return the parcel, the area the land register states in m², and its restrictions."""
    root = parse(FOLDER / f"{egrid}_geometry_wms.xml").getroot()
    (estate,) = [e for e in root.iter() if e.tag.rpartition("}")[2] == "RealEstate"]
    (limit,) = _of(estate, "Limit")
    (surface,) = _of(limit, "surface")
    found = [_restriction(r) for r in _of(estate, "RestrictionOnLandownership")]
    return _surface(surface), float(_text(estate, "LandRegistryArea") or "nan"), found


def _measured(sites: list[Any], zones: list[Any]) -> gpd.GeoDataFrame:
    left = gpd.GeoDataFrame({"site_id": [f"s{i}" for i in range(len(sites))]}, geometry=sites, crs=LV95)
    ids = [f"z{i:02}" for i in range(len(zones))]
    right = gpd.GeoDataFrame({"zone_id": ids, "zone_code": ids, "plan_id": ["CH"] * len(zones)}, geometry=zones, crs=LV95)
    found = measure_zones(left, right)
    evidence, cover = found.evidence, found.cover
    assert cover.groupby("site_id")["share"].sum().tolist() == pytest.approx([1.0] * len(sites), abs=1e-9)
    return evidence


@pytest.mark.parametrize("egrid", EXTRACTS)
def test_the_parcel_has_the_area_of_the_land_register(egrid: str) -> None:
    parcel, registered, restrictions = _extract(egrid)
    assert parcel.is_valid
    assert abs(parcel.area - registered) < 1
    for kind, number in EXTRACTS[egrid].items():
        assert sum(r["kind"] == kind for r in restrictions) == number


@pytest.mark.parametrize("egrid", EXTRACTS)
def test_area_shares_are_those_of_the_authority(egrid: str) -> None:
    parcel, registered, restrictions = _extract(egrid)
    surfaces = [r for r in restrictions if r["kind"] == "surfaces"]
    evidence = _measured([parcel], [r["shape"] for r in surfaces]).set_index("zone_id")
    for i, stated in enumerate(surfaces):
        got = evidence.loc[f"z{i:02}"]
        # stated in whole square metres: nothing but that rounding may lie between
        assert abs(got["area_m2"] - stated["AreaShare"]) <= 0.5, stated["code"]
        # the authority's percent is of its own rounded areas
        assert stated["PartInPercent"] == round(100 * stated["AreaShare"] / registered, 1)
        assert abs(100 * got["share"] - stated["PartInPercent"]) <= 0.05 + 100 / registered, stated["code"]


def test_length_and_point_shares_are_those_of_the_authority() -> None:
    parcel, _, restrictions = _extract("CH955832730623")
    lines = [r for r in restrictions if r["kind"] == "lines"]
    points = [r for r in restrictions if r["kind"] == "points"]
    evidence = _measured([r["shape"] for r in lines + points], [parcel]).set_index("site_id")
    for i, stated in enumerate(lines):
        assert abs(evidence.loc[f"s{i}", "length_m"] - stated["LengthShare"]) <= 0.5, stated["code"]
    for i, stated in enumerate(points, start=len(lines)):
        assert stated["NrOfPoints"] == 1
        assert evidence.loc[f"s{i}", "share"] == 1
