"""Projects against projects, as the sheet of a finished assessment shows them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
import shapely

from plangeo.allocation.claims import KINDS, claims
from plangeo.assessment import assess
from plangeo.report import write_report
from plangeo.studies import add_studies
from plangeo.study import sheet_of
from tests.makers import rulebook, site, sites, square

NAN = math.nan


def _site(site_id: str, shape: Any, **columns: Any) -> dict[str, Any]:
    phase = {"phase": "2021-2025", "phase_from": 2021.0, "phase_to": 2025.0, "capital_min_vnd": 2e10, "capital_max_vnd": 2e10}
    return site(site_id, shape, **(phase | columns))


ROWS = [
    _site("C", square(0, 0, 100)),
    _site("A", square(50, 0, 100), phase="2026-2030", phase_from=2026.0, phase_to=2030.0, capital_max_vnd=3e10),
    _site("B", square(100, 0, 100), phase="", phase_from=NAN, phase_to=NAN, capital_min_vnd=NAN, capital_max_vnd=NAN),
    _site("D", None, problem="no_geometry: the row has no coordinates"),
    _site("E", square(10, 10, 20).centroid),
    _site("F", shapely.LineString([(448_900, 2_417_050), (449_050, 2_417_050)])),
    _site("G", square(2000, 0, 100), name="Dự án X"),
    _site("H", square(2300, 0, 100), name="DỰ ÁN  X"),
]


def test_the_sheet_by_hand() -> None:
    found = claims(assess(sites(*ROWS), rulebook(), on="2025-07-01"))
    frame = found.frame
    told = list(zip(frame["kind"], frame["site_a"], frame["site_b"], strict=True))
    assert told == [
        ("overlap", "A", "B"),
        ("overlap", "A", "C"),
        ("same_name_near", "G", "H"),
        ("point_inside", "C", "E"),
        ("crosses", "C", "F"),
        ("not_examined", "D", ""),
    ]
    first, second = frame.iloc[0], frame.iloc[1]
    assert first["area_ha"] == second["area_ha"] == pytest.approx(0.5)
    assert (first["share_a"], first["share_b"]) == pytest.approx((0.5, 0.5))
    assert (first["phases_meet"], second["phases_meet"]) == ("not known", "no")
    assert (second["capital_a"], second["capital_b"], first["capital_b"]) == ("20 tỷ đồng – 30 tỷ đồng", "20 tỷ đồng", "—")
    assert frame.iloc[4]["length_m"] == pytest.approx(50)
    # five squares of 1 ha; C and A, A and B share half a hectare each
    tally = found.tally
    assert (tally.summed_m2, tally.union_m2, tally.overcount_m2) == pytest.approx((50_000, 40_000, 10_000))
    assert found.not_examined == 1
    assert found.contacts.touching == 2, "B begins where C ends, and F ends where A begins"


def test_any_order_of_the_register_gives_the_same_sheet() -> None:
    one, two = (claims(assess(sites(*rows), rulebook(), on="2025-07-01")).frame for rows in (ROWS, ROWS[::-1]))
    pd.testing.assert_frame_equal(pd.DataFrame(one.drop(columns="geometry")), pd.DataFrame(two.drop(columns="geometry")))
    assert shapely.equals(one.geometry.iloc[:2].to_numpy(), two.geometry.iloc[:2].to_numpy()).all()


def test_the_study_says_totals_and_reaches_workbook_and_geopackage(tmp_path: Path) -> None:
    result = add_studies(assess(sites(*ROWS), rulebook(), on="2025-07-01"), only=["double_allocation", "entries"])
    assert not result.studies_not_run
    sheet = next(s for s in result.sheets if s.code == "double_allocation")
    assert sheet.note is not None
    assert "5 projects with an area: 5.00 ha in all, on 4.00 ha of ground; counted more than once 1.00 ha" in sheet.note.en
    assert "cộng 5,00 ha, chiếm 4,00 ha đất; tính trùng 1,00 ha" in sheet.note.vi
    write_report(result, tmp_path / "report.xlsx")
    write_report(result, tmp_path / "sites.gpkg")
    layer = pyogrio.read_dataframe(tmp_path / "sites.gpkg", layer="double_allocation")
    assert len(layer) == len(sheet.frame)
    assert len(sheet_of(result, "entries")) == len(ROWS)


def test_a_register_of_healthy_sites_gives_an_empty_sheet() -> None:
    frame = claims(assess(sites(ROWS[0], ROWS[6]), rulebook(), on="2025-07-01")).frame
    assert frame.empty
    assert set(KINDS) >= set(frame["kind"])


def test_sites_without_any_place() -> None:
    found = claims(assess(sites(_site("A", None), _site("B", None)), rulebook(), on="2025-07-01"))
    assert found.frame["kind"].tolist() == ["not_examined", "not_examined"]
    assert found.tally.sites == 0


def test_a_broken_shape_is_not_examined_and_says_why() -> None:
    bow = shapely.Polygon([(449_000, 2_417_000), (449_100, 2_417_100), (449_100, 2_417_000), (449_000, 2_417_100)])
    found = claims(assess(sites(_site("A", bow), ROWS[0]), rulebook(), on="2025-07-01"))
    assert found.frame["kind"].tolist() == ["not_examined"]
    assert "invalid_geometry" in found.frame["why_en"].iloc[0]
    assert found.tally.sites == 1


def test_a_point_that_stands_in_for_a_broken_boundary_is_not_examined() -> None:
    point = _site(
        "A", square(10, 10, 20).centroid, problem="invalid_geometry: Self-intersection; the readings differ; bad_accuracy: x"
    )
    found = claims(assess(sites(point, ROWS[0]), rulebook(), on="2025-07-01"))
    assert found.frame["kind"].tolist() == ["not_examined"]
