"""The list of a year in the sample: every trap it holds is read or refused as it should be, and told."""

from __future__ import annotations

import math

import geopandas as gpd
import pytest

import plangeo as pg
from plangeo.reading import Decision, decisions_of

PATH = pg.sample("annual_list.xlsx")


@pytest.fixture(scope="module")
def sites() -> gpd.GeoDataFrame:
    return pg.read_sites(PATH, sheet="Biểu 10", list_date="2025-09-01").set_index("site_id", drop=False)


@pytest.fixture(scope="module")
def told(sites: gpd.GeoDataFrame) -> list[Decision]:
    return decisions_of(sites.attrs["plangeo"])


TRAPS = {
    "titles above the header": ("row", "title above the header"),
    "two header rows": ("header", "8 of 12 columns are known"),
    "counted columns": ("row", "the line that counts the columns"),
    "groups in two levels": ("row", "group rows"),
    "totals": ("row", "totals, kept out of the projects"),
    "a subtotal that misses its sum": ("total", "'Cộng I' differs from the sum"),
    "a header in the middle": ("row", "the header again"),
    "notes and signatures": ("row", "notes and signatures"),
    "a hidden row": ("row", "1 row(s) hidden in the sheet"),
    "a hidden sheet": ("sheet", "1 hidden sheet(s) not read"),
    "a formula without a value": ("row", "1 formula(s) without a stored value"),
    "an error cell": ("row", "hold an error of the spreadsheet program"),
    "the form": ("form", "Form 10/CH"),
    "parts that miss the whole": ("form", "30 is stated, 22 follows"),
    "decimal commas": ("number", "prove a decimal comma"),
    "ranges and bounds": ("number", "were kept as least and most area"),
    "a slip of unit": ("number", "a thousand times or more away"),
    "capital that can be read both ways": ("number", "are not read by the column"),
    "TCVN3 in one cell": ("encoding", "TCVN3"),
    "letters in parts": ("encoding", "(NFC)"),
    "eth for đ": ("encoding", "Icelandic eth"),
    "a level that is gone": ("place", "a level that does not exist any more"),
    "names of the day of the list": ("place", "places were read as named on 2025-09-01"),
    "a stale name": ("place", "merged long before"),
    "a misspelt name": ("place", "nearly one; it was not accepted"),
    "a system stated on the sheet": ("crs", "because the sheet says so"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_told(trap: str, told: list[Decision]) -> None:
    topic, words = TRAPS[trap]
    assert any(d.topic == topic and words in f"{d.said} {d.sample}" for d in told), [str(d) for d in told if d.topic == topic]


def test_every_project_is_a_row_and_nothing_else_is(sites: gpd.GeoDataFrame) -> None:
    assert sites.index.tolist() == [f"C-{n:02d}" for n in range(1, 16)]
    assert sites.loc["C-02", "group"] == "I. CÔNG NGHIỆP / A. Cụm công nghiệp"


def test_areas_and_capital_keep_what_they_say(sites: gpd.GeoDataFrame) -> None:
    assert sites.loc["C-01", "declared_area_m2"] == 255_000
    assert sites.loc["C-05", "declared_area_m2"] == 45_000
    assert math.isnan(sites.loc["C-04", "declared_area_m2"])
    assert sites.loc["C-04", ["declared_area_min_m2", "declared_area_max_m2"]].tolist() == [800_000, 1_000_000]
    assert sites.loc["C-10", "declared_area_m2"] == 180_000_000, "a slip is told, and not mended"
    assert sites.loc["C-12", "capital_min_usd"] == 60_000_000
    assert sites.loc["C-12", "capital_approx"]
    assert sites.loc["C-04", "phase_from"] == 2031


def test_places_are_read_in_metres_and_degrees_or_not_at_all(sites: gpd.GeoDataFrame) -> None:
    communes = gpd.read_file(pg.sample("communes.gpkg")).set_index("ma_xa").geometry
    for site_id, commune in {"C-02": "06385", "C-03": "06427", "C-05": "05977", "C-07": "06625"}.items():
        assert communes[commune].contains(sites.geometry[site_id]), site_id
    unplaced = sites[sites.geometry.isna()].index.tolist()
    assert unplaced == ["C-01", "C-08", "C-09", "C-12", "C-13", "C-15"]
    assert sites.loc["C-12", "problem"].startswith("bad_coordinates:")


def test_corners_of_the_second_sheet_find_their_projects() -> None:
    corners = pg.read_sites(PATH, sheet="Góc ranh")
    joined = pg.read_sites(PATH, sheet="Biểu 10", list_date="2025-09-01", boundaries=corners).set_index("site_id")
    assert joined.geometry[["C-01", "C-15"]].geom_type.tolist() == ["Polygon", "Polygon"]
    assert joined.geometry["C-01"].area == pytest.approx(185_800, rel=0.2)


def test_nothing_in_doubt_is_permitted() -> None:
    corners = pg.read_sites(PATH, sheet="Góc ranh")
    register = pg.read_sites(PATH, sheet="Biểu 10", list_date="2025-09-01", boundaries=corners)
    rules = pg.load_rulebook(pg.sample("rulebook.yaml"))
    result = pg.assess(register, rules, on="2025-09-15", zones=pg.sample("zones.gpkg"), districts=pg.sample("communes.gpkg"))
    verdicts = result.sites.set_index("site_id")["verdict"]
    assert len(verdicts) == 15
    assert not (verdicts == "permitted").any()
    assert (verdicts[["C-05", "C-07", "C-08", "C-09", "C-12", "C-13", "C-14"]] == "unknown").all()
