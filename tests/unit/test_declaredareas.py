"""Declared areas of a register: by column, by drawing or not at all; slips of units are told and never mended."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from plangeo.amounts.declaredareas import AREA_COLUMNS, parse_note
from plangeo.arguments import take_sites
from plangeo.assessment import assess
from plangeo.boundaries import join_boundaries
from plangeo.canonical import canonical_register, canonical_sites
from plangeo.explanation import explain
from plangeo.profiles import load_profile
from plangeo.registers import open_register
from plangeo.report import write_report
from plangeo.sources import LayerFile, read_sites
from plangeo.tables import SITES, check_table
from tests import makers

VN = load_profile("vn")
HA = "Diện tích (ha)"


def square(hectares, n=0):
    side = math.sqrt(hectares * 10_000 * 0.9998)  # about the ellipsoidal area, near the central meridian
    return box(449_000 + 20_000 * n, 2_417_000, 449_000 + 20_000 * n + side, 2_417_000 + side)


def drawn(cells, shapes, header=HA, **columns):
    raw = gpd.GeoDataFrame(
        {"Mã": [f"P{n}" for n in range(len(cells))], header: cells, **columns}, geometry=shapes, crs="EPSG:9215"
    )
    return canonical_sites(raw, VN, source="a.gpkg")


def listed(cells, header=HA, **columns):
    return canonical_register(pd.DataFrame({header: cells, **columns}), VN, source="a.xlsx")


def said(frame):
    return "\n".join(map(str, frame.attrs["plangeo"]["decisions"]))


# --- test case 8 of the facts: 1.234 in a column of hectares


@pytest.mark.parametrize(("hectares", "square_metres"), [(1_234, 12_340_000), (1.234, 12_340)])
def test_an_area_that_reads_both_ways_is_chosen_by_the_polygon_and_flagged(hectares, square_metres):
    frame = drawn(["1.234"], [square(hectares)], use=["housing"])
    assert frame["declared_area_m2"].tolist() == [square_metres]
    assert frame["declared_area_text"].tolist() == [""]
    assert parse_note(frame["declared_area_note"][0]) == {"by_drawing": "1.234"}
    assert "1 area(s) that read both ways were chosen by the drawn area of their own site: row(s) 1" in said(frame)
    ground = makers.zones(("Z", "ODT", square(2_000).buffer(5_000), "P1"))
    result = assess(frame, makers.rulebook(), on="2025-07-01", zones=ground)
    assert result.sites["verdict"].tolist() == ["unknown"]  # the drawing cannot prove the number it chose
    assert "read_by_drawing" in result.findings["reason"].tolist()
    assert "“1.234”" in explain(result, "P0", "vi")


@pytest.mark.parametrize("hectares", [40.0, 3_000.0, 0.1])
def test_a_polygon_that_fits_neither_reading_decides_nothing(hectares):
    frame = drawn(["1.234"], [square(hectares)])
    assert frame["declared_area_m2"].isna().all()
    assert frame["declared_area_text"].tolist() == ["1.234"]


def test_a_faulty_polygon_a_point_and_no_place_decide_nothing():
    bowtie = box(449_000, 2_417_000, 449_111, 2_417_111)
    crossed = type(bowtie)([(449_000, 2_417_000), (449_111, 2_417_111), (449_111, 2_417_000), (449_000, 2_417_111)])
    frame = drawn(["1.234"] * 3, [crossed, Point(449_000, 2_417_000), None])
    assert frame["declared_area_text"].tolist() == ["1.234"] * 3


def test_what_the_column_proves_is_not_asked_of_the_polygon():
    frame = drawn(["1.234", "12,5"], [square(1.234), square(12.5, 1)])
    assert frame["declared_area_m2"].tolist() == [12_340_000, 125_000]
    assert frame["declared_area_note"].tolist() == ["", ""]
    assert "are 1,000 times larger than the drawn one" in said(frame)


def test_a_range_that_reads_both_ways_is_chosen_by_the_polygon():
    frame = drawn(["1.100-1.300"], [square(1.2)])
    assert frame["declared_area_m2"].isna().all()
    assert frame[["declared_area_min_m2", "declared_area_max_m2"]].iloc[0].tolist() == [11_000, 13_000]


@settings(max_examples=60, deadline=None)
@given(st.integers(1_001, 999_999).filter(lambda n: n % 1000), st.sampled_from(["point", "comma", "neither"]))
def test_the_polygon_never_chooses_a_reading_a_thousand_times_off(thousandths, true):
    text = f"{thousandths // 1000}.{thousandths % 1000:03d}"
    hectares = {"point": thousandths / 1000, "comma": float(thousandths), "neither": thousandths / 30}[true]
    frame = drawn([text], [square(hectares)])
    value = frame["declared_area_m2"][0]
    assert math.isnan(value) if true == "neither" else value == pytest.approx(hectares * 1e4)


# --- forms


def test_forms_are_kept_as_ends_and_told():
    frame = listed(["80-100 ha", "khoảng 50", "hơn 50", "dưới 75", "12,5 + 3,2 ha", "12", "?", "-", None])
    assert frame["declared_area_m2"].tolist() == pytest.approx([math.nan] * 4 + [157_000, 120_000] + [math.nan] * 3, nan_ok=True)
    assert frame["declared_area_min_m2"].tolist()[:4] == pytest.approx([8e5, 5e5, 5e5, math.nan], nan_ok=True)
    assert frame["declared_area_max_m2"].tolist()[:4] == pytest.approx([1e6, 5e5, math.nan, 7.5e5], nan_ok=True)
    assert frame["declared_area_approx"].tolist() == [False, True, True, False] + [False] * 5
    assert frame["declared_area_text"].tolist() == [""] * 6 + ["?", "", ""]
    assert "4 range(s), bound(s) or approximation(s)" in said(frame)
    assert "1 sum(s) of parts were added up" in said(frame)
    assert frame[HA].tolist()[:3] == ["80-100 ha", "khoảng 50", "hơn 50"]


def test_old_units_are_read_with_their_doubt():
    frame = listed(["5 sào", "2 mẫu", "1 công"])
    assert frame["declared_area_m2"].tolist()[:2] == [1_800, 7_200]
    assert parse_note(frame["declared_area_note"][0]) == {"doubtful_unit": "5 sào"}
    assert frame["declared_area_text"].tolist() == ["", "", "1 công"]
    assert "nobody has verified" in said(frame)


def test_a_header_with_two_units_gives_a_bare_number_none():
    raw = pd.DataFrame({"Diện tích (ha/m2)": ["500", "2 ha"]})
    frame = canonical_register(raw, VN, source="a", columns={"Diện tích (ha/m2)": "declared_area_m2"})
    assert frame["declared_area_text"].tolist() == ["500", ""]
    assert frame["declared_area_m2"].tolist()[1] == 20_000
    assert "several units" in said(frame)


def test_thousands_in_a_header_count():
    raw = pd.DataFrame({"Diện tích (1.000 m2)": ["2,5"]})
    frame = canonical_register(raw, VN, source="a", columns={"Diện tích (1.000 m2)": "declared_area_m2"})
    assert frame["declared_area_m2"].tolist() == [2_500]


# --- slips


USUAL = ["12,5", "3,4", "8", "45", "7,7", "22", "5,5", "9,9", "14"]


def test_a_slip_against_the_column_is_told_and_nothing_is_changed():
    frame = listed([*USUAL, "125.000"])
    assert frame["declared_area_m2"].tolist()[-1] == 1_250_000_000
    assert parse_note(frame["declared_area_note"].tolist()[-1]) == {"unlike_neighbours": "10000"}
    assert "1,250,000,000" not in said(frame)
    assert "125,000.00 ha in row 10" in said(frame)


def test_a_point_with_an_area_unlike_its_neighbours_is_unknown_and_a_polygon_confirms_itself():
    shapes = [square(float(c.replace(",", ".")), n) for n, c in enumerate(USUAL)]
    cells = [*USUAL, "0,0009", "0,0009"]
    frame = drawn(cells, [*shapes, Point(449_000, 2_417_000), box(449_000, 2_417_000, 449_003, 2_417_003)], use=["housing"] * 11)
    ground = makers.zones(("Z", "ODT", box(440_000, 2_400_000, 700_000, 2_430_000), "P1"))
    result = assess(frame, makers.rulebook(), on="2025-07-01", zones=ground)
    reasons = result.findings[result.findings["check"] == "declared_area"].set_index("site_id")["reason"]
    assert reasons["P9"] == "unlike_neighbours"
    assert reasons["P10"] == "agrees"
    assert set(reasons[:9]) == {"agrees"}


def test_a_column_in_another_unit_than_its_header_says_is_told_once():
    shapes = [square(float(c.replace(",", ".")), n) for n, c in enumerate(USUAL)]
    frame = drawn([f"{float(c.replace(',', '.')) * 10_000:.0f}" for c in USUAL], shapes)
    assert "9 of 9 declared area(s) are 10,000 times larger than the drawn one" in said(frame)
    assert "that is most of the column" in said(frame)
    assert "Nothing was changed" in said(frame)


# --- order and parts


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(10)))
def test_the_order_of_rows_changes_nothing(order):
    cells = ["1.234", "12,5", "80-100", "khoảng 50", "?", "", "5 sào", "1.500 m2", "LUC: 1,2; CLN: 0,3", "0,5"]
    straight, mixed = listed(cells), listed([cells[i] for i in order])
    for column in (c for c in straight.columns if c.startswith("declared_area_")):
        assert [str(straight[column][i]) for i in order] == [str(v) for v in mixed[column]], column


def test_numbers_of_a_frame_are_read_as_they_are():
    frame = listed(np.array([12.345, 1e-7, np.nan, -1.0, np.inf]))
    assert frame["declared_area_m2"].tolist()[:2] == pytest.approx([123_450, 0.001])
    assert frame["declared_area_text"].tolist() == ["", "", "", "-1", "inf"]


def test_parts_of_a_long_register_declare_what_the_whole_does(tmp_path, monkeypatch):
    monkeypatch.setattr("plangeo.registers.COMPILED_FROM", 0)
    cells = ["1.234", "1.234", "khoảng 50", "80-100", "5 sào", "?", "1.500", "2.000-3.000"] * 3
    shapes = [square([1.234, 1_234, 50, 90, 0.18, 1, 30, 2.5][n % 8], n % 8) for n in range(24)]
    columns = {
        "Mã": [f"P{n}" for n in range(24)],
        HA: cells,
        "Phân kỳ": ["2021-2025", "sau 2030"] * 12,
        "Tổng vốn (tỷ)": ["1.500,5", "120"] * 12,
    }
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:9215").to_parquet(tmp_path / "s.parquet")
    source = LayerFile(tmp_path / "s.parquet", keywords={"columns": {"Tổng vốn (tỷ)": "declared_capital"}})
    whole = take_sites(read_sites(source.path, **source.keywords))
    parts = pd.concat(list(open_register(source).parts(5)), ignore_index=True)
    derived = [c for c in whole if c.startswith(("declared_area", "capital", "phase"))]
    pd.testing.assert_frame_equal(pd.DataFrame(parts[derived]), pd.DataFrame(whole[derived]), check_dtype=False)
    assert whole["declared_area_m2"].tolist()[:2] == [12_340, 12_340_000]
    assert whole["capital_min_vnd"].tolist()[:2] == [1.5005e12, 1.2e11]


def test_a_grid_of_its_own_has_no_areas_to_decide_by():
    grid = 'ENGCRS["plan",EDATUM["plan"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]'
    raw = gpd.GeoDataFrame({HA: ["1.234"]}, geometry=[box(0, 0, 111, 111)], crs=grid)
    assert canonical_sites(raw, VN, source="a.dxf")["declared_area_text"].tolist() == ["1.234"]


def test_the_workbook_shows_a_range_in_words(tmp_path):
    ground = makers.zones(("Z", "ODT", box(440_000, 2_400_000, 470_000, 2_430_000), "P1"))
    frame = drawn(["80-100", "hơn 50", "12,5"], [square(90), square(52), square(12.5)], use=["housing"] * 3)
    result = assess(frame, makers.rulebook(), on="2025-07-01", zones=ground)
    assert set(result.sites["verdict"]) == {"permitted"}
    assert "(80,00 ha – 100,00 ha)" in explain(result, "P0", "vi")
    write_report(result, tmp_path / "report.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "report.xlsx")["Dự án"]
    heading = [cell.value for cell in sheet[1]]
    shown = [row[heading.index("Kê khai (ha)")] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert shown[:3] == ["80,00 ha – 100,00 ha", "hơn 50,00 ha", 12.5]


def test_boundaries_that_come_from_another_file_choose_as_well():
    cells = ["1.234", "1.234", "1.100-1.300", "khoảng 1.250 ha", "1.234 sào", "1.234"]
    places = [Point(449_000 + 20_000 * n, 2_417_000) for n in range(6)]
    register = drawn(cells, places)
    assert register["declared_area_text"].tolist() == cells
    shapes = [square(1_234, 0), square(1.234, 1), square(1_200, 2), square(1.2, 3), square(44.4, 4)]
    boundaries = canonical_sites(
        gpd.GeoDataFrame({"Mã": [f"P{n}" for n in range(5)]}, geometry=shapes, crs="EPSG:9215"), VN, source="b"
    )
    joined = join_boundaries(register, boundaries)
    check_table(joined, SITES, "sites")
    assert joined["declared_area_m2"].tolist() == pytest.approx(
        [12_340_000, 12_340, math.nan, math.nan, 444_240, math.nan], nan_ok=True
    )
    assert joined["declared_area_max_m2"].tolist()[2:4] == [13_000_000, 12_500]
    assert joined["declared_area_approx"].tolist() == [False, False, False, True, False, False]
    assert joined["declared_area_text"].tolist() == ["", "", "", "", "", "1.234"]
    assert set(parse_note(joined["declared_area_note"][4])) == {"by_drawing", "doubtful_unit"}
    assert "5 area(s) that read both ways were chosen" in said(joined)
    assert register["declared_area_text"].tolist() == cells  # the register itself is left alone


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet"])
def test_a_file_plangeo_wrote_declares_what_it_did(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr("plangeo.registers.COMPILED_FROM", 0)
    cells = ["80-100", "khoảng 50", "?", "12,5 + 3,2", "5 sào", "12", "1.234", "", "trên 5"]
    frame = drawn(cells, [Point(449_000 + n, 2_417_000) for n in range(9)])
    path = tmp_path / f"sites{suffix}"
    frame.to_file(path) if suffix == ".gpkg" else frame.to_parquet(path)
    whole = take_sites(read_sites(path))
    parts = pd.concat(list(open_register(path).parts(4)), ignore_index=True)
    for again in (whole, parts):
        for column in AREA_COLUMNS:
            assert [str(v) for v in again[column]] == [str(v) for v in frame[column]], column


CELLS = st.one_of(
    st.sampled_from(
        ["1.234", "1,234", "?", "", "-", "khoảng 1,2", "1-2", "1.100-1.300", "5 sào", "0,9 + 0,33", "trên 1", "12¹", "1 công"]
    ),
    st.text(alphabet="0123456789.,-+ hakm²khoảng", max_size=14),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=12))
def test_no_site_is_permitted_out_of_an_area_nobody_could_read_or_confirm(cells):
    frame = drawn(cells, [square(1.234)] * len(cells), use=["housing"] * len(cells))
    ground = makers.zones(("Z", "ODT", box(440_000, 2_400_000, 470_000, 2_430_000), "P1"))
    result = assess(frame, makers.rulebook(), on="2025-07-01", zones=ground)
    for row, cell, verdict in zip(result.sites.to_dict("records"), cells, result.sites["verdict"], strict=True):
        stated = not math.isnan(row["declared_area_m2"]) or row["declared_area_min_m2"] >= 0 or row["declared_area_max_m2"] >= 0
        assert stated or row["declared_area_text"] or not cell.strip(" -–.,…")  # nothing is lost in silence
        if verdict == "permitted":
            assert not row["declared_area_text"]
            assert not {"by_drawing", "doubtful_unit"} & set(parse_note(row["declared_area_note"]))
            if row["declared_area_m2"] > 0:
                assert row["declared_area_m2"] == pytest.approx(12_340, rel=0.06)


def test_every_cell_that_follows_the_column_is_shown_with_what_it_was_read_as():
    told = said(listed(["599,76", "1.250", "12,345", *["2.500"] * 10]))
    assert (
        "12 cell(s) that could be read both ways follow them: '1.250' in row 2 = 1,250 ha, '12,345' in row 3 = 12.345 ha" in told
    )
    assert "'2.500' in row 11 = 2,500 ha … and 2 more" in told


def test_a_cell_with_another_unit_than_the_column_is_named():
    frame = listed(["12,5", "50000 m2", "3 ha"])
    assert frame["declared_area_m2"].tolist() == [125_000, 50_000, 30_000]
    assert "1 cell(s) state another unit than the column and were read by it: '50000 m2' in row 2 = 5 ha" in said(frame)
    assert "another unit" not in said(listed(["12,5 ha", "50000 m2"], header="Diện tích"))  # no unit is the column's


def test_an_area_in_another_unit_is_not_read_a_thousand_times_too_small():
    frame = listed(["12,5", "3,25", "5,000 m2", "45.000 m2"])
    assert frame["declared_area_m2"].round(3).tolist()[:2] == [125_000, 32_500]
    assert np.isnan(frame["declared_area_m2"].iloc[2])
    assert frame["declared_area_text"].iloc[2] == "5,000 m2"
    assert frame["declared_area_m2"].iloc[3] == 45_000
