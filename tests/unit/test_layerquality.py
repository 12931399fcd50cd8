"""The quality of a plan layer: every kind of fault in squares whose numbers can be counted by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.planlayers.layerquality import LayerQuality, check_plan_layer
from tests.makers import CLASSES, CRS, X0, Y0, plan, rulebook, square, zones

ON = dt.date(2025, 7, 1)
BOOK = rulebook(ON, plans=[plan("P1", accuracy_m=5.0), plan("P2", accuracy_m=5.0), plan("OLD", valid_to="2022-12-31")])


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X0 + west, Y0 + south, X0 + east, Y0 + north)


def units(*shapes: shapely.Polygon) -> gpd.GeoDataFrame:
    names = [f"Xã {n}" for n, _ in enumerate(shapes)]
    columns = {"district_id": names, "district_name": names, "problem": "", "repaired": ""}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def found(quality: LayerQuality, kind: str) -> pd.DataFrame:
    return quality.faults[quality.faults["kind"] == kind]


def cell(quality: LayerQuality, plan_id: str, column: str) -> Any:
    return quality.coverage.set_index("plan_id").at[plan_id, column]


def test_clean_layer_has_no_fault_and_full_score() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", square(100, 0, 100), "P1"))
    quality = check_plan_layer(layer, BOOK, units(box(0, 0, 200, 100)))
    assert quality.faults.empty
    assert cell(quality, "P1", "score") == pytest.approx(1.0)
    assert cell(quality, "P1", "frame_ha") == pytest.approx(2.0)


def test_overlap_is_named_with_area_width_and_place() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", box(80, 0, 200, 100), "P1"))
    row = found(check_plan_layer(layer, BOOK), "overlap").iloc[0]
    assert (row["zones"], row["codes"], row["plan_id"]) == ("A, B", "LUA, ODT", "P1")
    assert row["area_m2"] == pytest.approx(20 * 100)
    assert row["width_m"] == pytest.approx(20, rel=0.01)
    assert not row["sliver"]
    assert X0 + 80 < row["east_m"] < X0 + 100
    assert 105 < row["longitude"] < 108
    assert 21 < row["latitude"] < 23


def test_overlap_thinner_than_the_tolerance_is_a_sliver_and_counted_apart() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", box(97, 0, 200, 100), "P1"))
    quality = check_plan_layer(layer, BOOK)
    assert found(quality, "overlap")["sliver"].tolist() == [True]
    assert (cell(quality, "P1", "faults"), cell(quality, "P1", "slivers")) == (0, 1)
    assert cell(quality, "P1", "overlap_share") == pytest.approx(300 / 20_000)


def test_zone_without_scale_has_no_slivers_and_says_so() -> None:
    book = rulebook(ON, plans=[plan("P1", accuracy_m=None, scale=None)])
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", box(99, 0, 200, 100), "P1"))
    quality = check_plan_layer(layer, book)
    assert found(quality, "overlap")["sliver"].tolist() == [False]
    assert "states neither scale" in quality.notes[0].en


def test_gap_all_around_and_ground_at_the_border() -> None:
    ring = shapely.difference(box(0, 0, 300, 300), box(100, 100, 150, 140))
    quality = check_plan_layer(zones(("A", "LUA", ring, "P1")), BOOK, units(box(0, 0, 330, 300)))
    gap, open_ground = found(quality, "gap").iloc[0], found(quality, "uncovered").iloc[0]
    assert (gap["area_m2"], open_ground["area_m2"]) == (pytest.approx(50 * 40), pytest.approx(30 * 300))
    assert gap["units"] == "Xã 0"
    assert gap["zones"] == "A"
    assert cell(quality, "P1", "covered_share") == pytest.approx((90_000 - 2_000) / (330 * 300))


def test_gap_is_found_without_units_too() -> None:
    ring = shapely.difference(box(0, 0, 300, 300), box(100, 100, 150, 140))
    quality = check_plan_layer(zones(("A", "LUA", ring, "P1")), BOOK)
    assert found(quality, "gap")["area_m2"].tolist() == [pytest.approx(2_000)]
    assert cell(quality, "P1", "covered_share") == pytest.approx(88_000 / 90_000)


def test_neighbouring_unit_that_a_plan_only_touches_is_no_gap_but_is_told() -> None:
    layer = zones(("A", "LUA", box(0, 0, 120, 100), "P1"))
    quality = check_plan_layer(layer, BOOK, units(box(0, 0, 100, 100), box(100, 0, 300, 100)))
    assert found(quality, "uncovered").empty
    assert "Xã 1 10%" in quality.notes[0].en
    assert cell(quality, "P1", "units") == 1


def test_zone_beyond_all_units() -> None:
    quality = check_plan_layer(zones(("A", "LUA", box(0, 0, 140, 100), "P1")), BOOK, units(box(0, 0, 100, 100)))
    row = found(quality, "beyond_units").iloc[0]
    assert row["area_m2"] == pytest.approx(40 * 100)
    assert row["units"] == "Xã 0"


def test_zone_drawn_twice_is_no_overlap_as_well() -> None:
    turned = shapely.Polygon([(X0 + 100, Y0), (X0 + 100, Y0 + 100), (X0, Y0 + 100), (X0, Y0)])
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", shapely.MultiPolygon([turned]), "P1"))
    quality = check_plan_layer(layer, BOOK)
    assert found(quality, "duplicate")["zones"].tolist() == ["A, B"]
    assert found(quality, "overlap").empty
    assert cell(quality, "P1", "overlap_share") == pytest.approx(1.0)


def test_repeated_identifier_is_told_where_it_lies() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("A#2", "ODT", square(100, 0, 100), "P1"))
    row = found(check_plan_layer(layer, BOOK), "repeated_id").iloc[0]
    assert "identifier A" in row["why_en"]
    assert row["east_m"] > X0 + 100


def test_number_in_an_identifier_is_no_repetition() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B#2", "ODT", square(100, 0, 100), "P1"))
    assert check_plan_layer(layer, BOOK).faults.empty


def test_unknown_and_missing_codes() -> None:
    layer = zones(
        ("A", "XYZ", square(0, 0, 100), "P1"), ("B", "", square(100, 0, 100), "P1"), ("C", "LUA", box(0, 100, 200, 200), "P1")
    )
    quality = check_plan_layer(layer, BOOK)
    assert found(quality, "unknown_code")["codes"].tolist() == ["XYZ"]
    assert found(quality, "no_code")["zones"].tolist() == ["B"]
    assert cell(quality, "P1", "known_share") == pytest.approx(0.5)
    assert cell(quality, "P1", "score") == pytest.approx(0.5)


def test_code_unknown_everywhere_gets_one_row_with_its_count() -> None:
    rows = [(f"Z{n}", "XYZ", square(100 * n, 0, 100), "P1") for n in range(250)]
    row = found(check_plan_layer(zones(*rows), BOOK), "unknown_code")
    assert len(row) == 1
    assert row.iloc[0]["why_en"].startswith("250 zones")


def test_mixed_code_of_known_parts_is_known() -> None:
    assert check_plan_layer(zones(("A", "ODT+LUA", square(0, 0, 100), "P1")), BOOK).faults.empty


def test_thin_zone_and_row_that_was_set_aside() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", box(100, 0, 103, 100), "P1"), ("C", "ODT", None, "P1"))
    layer["problem"] = ["", "", f"invalid_geometry: Self-intersection [bbox {X0}, {Y0}, {X0 + 10}, {Y0 + 10}]"]
    quality = check_plan_layer(layer, BOOK)
    thin, aside = found(quality, "thin_zone").iloc[0], found(quality, "set_aside").iloc[0]
    assert (thin["zones"], thin["width_m"], thin["sliver"]) == ("B", pytest.approx(2 * 300 / 206), True)
    assert (aside["zones"], aside["east_m"]) == ("C", pytest.approx(X0 + 5))
    assert "Self-intersection" in aside["why_vi"]


def test_repaired_zone_is_told() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"))
    layer["repaired"] = "make_valid (structure): Self-intersection"
    assert len(found(check_plan_layer(layer, BOOK), "repaired")) == 1


def test_zones_of_two_plans_may_lie_on_each_other() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", square(0, 0, 100), "P2"))
    assert check_plan_layer(layer, BOOK).faults.empty


def test_overlay_class_may_lie_over_others() -> None:
    book = rulebook(ON, plans=[plan("P1")], classes=[*CLASSES, {"code": "KKT", "name": "Khu kinh tế", "overlay": True}])
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "KKT", square(50, 0, 100), "P1"))
    quality = check_plan_layer(layer, book)
    assert quality.faults.empty
    assert cell(quality, "P1", "zones_ha") == pytest.approx(1.0)


def test_zones_never_in_force_together_may_overlap_and_only_the_day_s_count_as_ground() -> None:
    layer = zones(
        ("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", square(0, 0, 100), "P1"), ("C", "ODT", square(100, 0, 50), "P1")
    )
    layer["valid_from"], layer["valid_to"] = ["", "2026-01-01", "2026-01-01"], ["2025-12-31", "", ""]
    quality = check_plan_layer(layer, BOOK)
    assert quality.faults.empty
    assert cell(quality, "P1", "covered_ha") == pytest.approx(1.0)
    layer["valid_from"] = ["", "2025-12-31", ""]
    assert found(check_plan_layer(layer, BOOK), "duplicate")["zones"].tolist() == ["A, B"]


def test_ground_of_zones_outside_their_days_is_no_gap_but_is_told() -> None:
    """West from today, middle from 2028, east until 2024; 20 m in the middle of it all are drawn by nobody."""
    layer = zones(
        ("W", "LUA", square(0, 0, 100), "P1"), ("M", "ODT", square(100, 0, 100), "P1"), ("E", "ODT", box(220, 0, 300, 100), "P1")
    )
    layer["valid_from"], layer["valid_to"] = ["", "2028-01-01", ""], ["", "", "2024-12-31"]
    unit = units(box(0, 0, 300, 100))
    quality = check_plan_layer(layer.iloc[[0, 1, 2]], BOOK, unit)
    assert quality.faults.empty, "less than half is covered today: the unit is not held against the plan"
    wide = check_plan_layer(zones_with_west(layer), BOOK, units(box(-400, 0, 300, 100)))
    (gap,) = found(wide, "uncovered").to_dict("records")
    assert gap["area_m2"] == pytest.approx(20 * 100)
    assert cell(wide, "P1", "covered_share") == pytest.approx(500 / 700), "but it does not count as covered"
    assert any("outside their days" in note.en and "1.80 ha" in note.en for note in wide.notes)


def zones_with_west(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer with one more zone of 4 ha in force to the west of it."""
    more = zones(("WW", "LUA", box(-400, 0, 0, 100), "P1")).assign(valid_from="", valid_to="")
    return gpd.GeoDataFrame(pd.concat([layer, more], ignore_index=True), crs=layer.crs)


def test_days_that_cannot_be_read_are_a_fault() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", square(100, 0, 100), "P1"))
    layer["valid_from"], layer["valid_to"] = ["khi được duyệt", "2026-01-01"], ["", "2025-01-01"]
    told = found(check_plan_layer(layer, BOOK), "bad_dates")
    assert sorted(told["zones"]) == ["A", "B"]
    assert any("is no day" in why for why in told["why_en"])


def test_plan_that_ended_is_listed_and_examined_only_by_name() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "OLD"), ("B", "ODT", square(50, 0, 100), "OLD"))
    quality = check_plan_layer(layer, BOOK)
    assert quality.faults.empty
    assert not cell(quality, "OLD", "examined")
    assert len(found(check_plan_layer(layer, BOOK, plans=["OLD"]), "overlap")) == 1


def test_numbers_are_metres_when_the_layer_stands_in_degrees() -> None:
    layer = zones(("A", "LUA", square(0, 0, 100), "P1"), ("B", "ODT", box(80, 0, 200, 100), "P1"))
    row = found(check_plan_layer(layer.to_crs("EPSG:4756"), BOOK), "overlap").iloc[0]
    assert row["area_m2"] == pytest.approx(2_000, rel=1e-3)


spans = st.tuples(st.integers(0, 7), st.integers(1, 8)).map(lambda s: (s[0], min(8, s[0] + s[1])))
corners = st.tuples(spans, spans).map(lambda s: (s[0][0], s[1][0], s[0][1], s[1][1]))


@settings(deadline=None, max_examples=40)
@given(st.lists(corners, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_raster_counts_the_same_and_the_order_does_not_matter(boxes: list[tuple[int, ...]], chance: Any) -> None:
    """The referee counts cells of 10 m: covered once, more than once, not at all."""
    counts = np.zeros((8, 8), dtype=int)
    for west, south, east, north in boxes:
        counts[south:north, west:east] += 1
    rows = [(f"Z{n}", "LUA", box(*(10 * v for v in corner)), "P1") for n, corner in enumerate(boxes)]
    frame = units(box(0, 0, 80, 80))
    quality = check_plan_layer(zones(*rows), BOOK, frame)
    covered = int((counts > 0).sum())
    assert cell(quality, "P1", "overlap_share") == pytest.approx((counts > 1).sum() / covered)
    if covered / 64 >= 0.5:
        assert cell(quality, "P1", "covered_share") == pytest.approx(covered / 64)
        open_ground = quality.faults[quality.faults["kind"].isin(["gap", "uncovered"])]
        assert open_ground["area_m2"].sum() == pytest.approx(100 * (64 - covered))
    chance.shuffle(rows)
    again = check_plan_layer(zones(*rows), BOOK, frame)
    assert again.coverage.iloc[0].drop("title").tolist() == pytest.approx(quality.coverage.iloc[0].drop("title").tolist())
    assert sorted(again.faults["area_m2"].dropna()) == pytest.approx(sorted(quality.faults["area_m2"].dropna()))
