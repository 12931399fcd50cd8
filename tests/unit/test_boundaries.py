"""Boundaries take the place of points; everything else of the register stays."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
from shapely.geometry import Point, box

from plangeo.boundaries import join_boundaries


def table(
    ids: list[str], shapes: list[Any], problems: list[str] | None = None, crs: str | None = "EPSG:9215"
) -> gpd.GeoDataFrame:
    columns = {
        "site_id": ids,
        "name": [f"Dự án {i}" for i in ids],
        "use": "x",
        "accuracy_m": 7.0,
        "problem": problems or [""] * len(ids),
        "repaired": "",
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


AREA = box(450_000, 2_417_000, 450_100, 2_417_100)


def test_the_boundary_replaces_the_point_and_keeps_the_rest() -> None:
    sites = table(["A", "B"], [Point(450_050, 2_417_050), Point(1, 1)])
    out = join_boundaries(sites, table(["A"], [AREA]))
    assert out.geometry.iloc[0].equals(AREA)
    assert out.geometry.iloc[1].equals(Point(1, 1))
    assert out["accuracy_m"].tolist() == [7.0, 7.0]
    assert out["problem"].tolist() == ["", ""]
    assert sites.geometry.iloc[0].geom_type == "Point"


def test_another_crs_is_converted() -> None:
    sites = table(["A"], [Point(450_050, 2_417_050)])
    out = join_boundaries(sites, table(["A"], [AREA]).to_crs("EPSG:4756"))
    assert out.crs == sites.crs
    assert abs(out.geometry.iloc[0].area - 10_000) < 0.01


def test_a_boundary_cures_a_missing_place_and_brings_its_own_fault() -> None:
    sites = table(["A", "B", "C"], [None, None, Point(0, 0)], ["no_geometry: blank", "duplicate_id: A; no_geometry: blank", ""])
    shapes = table(["A", "B", "C"], [AREA, AREA, None], ["", "", "bad_coordinates: x"])
    out = join_boundaries(sites, shapes)
    assert out["problem"].tolist() == ["", "duplicate_id: A", "bad_coordinates: x"]
    assert out.geometry.iloc[2].equals(Point(0, 0))


def test_two_boundaries_of_one_id_are_a_fault_not_a_guess() -> None:
    out = join_boundaries(table(["A"], [Point(0, 0)]), table(["A", "A#2"], [AREA, AREA], ["", "duplicate_id: A"]))
    assert out["problem"].iloc[0].startswith("duplicate_boundary: 2 boundaries")
    assert out.geometry.iloc[0].equals(Point(0, 0))


def test_strangers_become_a_note_and_never_a_site() -> None:
    out = join_boundaries(table(["A"], [Point(0, 0)]), table(["Z"], [AREA]))
    assert out["site_id"].tolist() == ["A"]
    assert any("1 without a row in the register" in note and "Z" in note for note in out.attrs["plangeo"]["notes"])
