"""An upper plan against a lower one: hand-counted squares, conservation, and a referee that counts cells."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.errors import TableError
from plangeo.planlayers.agreement import Agreement, read_stated
from plangeo.planlayers.planmatrix import PlanMatrix, governing, lay_over, plan_pairs
from plangeo.planlayers.planzones import zones_by_plan
from plangeo.rulebook import Rulebook
from tests.makers import CLASSES, X0, Y0, plan, rulebook, square, zones

ON = dt.date(2025, 7, 1)
PLANS = [plan("TINH", level="province", accuracy_m=5.0), plan("XA", level="commune", accuracy_m=2.0)]
BOOK = rulebook(ON, plans=PLANS, precedence=[{"order": ["TINH", "XA"], "from": "2020-01-01"}])


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X0 + west, Y0 + south, X0 + east, Y0 + north)


def laid(
    *rows: tuple[str, str, Any, str], book: Rulebook = BOOK, stated: dict[tuple[str, str], bool] | None = None
) -> PlanMatrix:
    layer = zones(*rows)
    law = book.with_mixed(sorted(set(layer["zone_code"])))
    (pair,), notes = plan_pairs(zones_by_plan(layer, law))
    assert not notes
    return lay_over(*pair, Agreement(law, stated or {}))


def cells(matrix: PlanMatrix) -> dict[tuple[str, str], float]:
    return {(c.upper_code, c.lower_code): c.area_m2 for c in matrix.cells.itertuples()}


def test_matrix_counts_every_pair_and_sums_to_the_common_ground() -> None:
    matrix = laid(
        *(("T1", "LUA", box(0, 0, 100, 100), "TINH"), ("T2", "ODT", box(100, 0, 200, 100), "TINH")),
        *(("X1", "LUC", box(0, 0, 80, 100), "XA"), ("X2", "ODT", box(80, 0, 250, 100), "XA")),
    )
    assert cells(matrix) == pytest.approx({("LUA", "LUC"): 8_000, ("LUA", "ODT"): 2_000, ("ODT", "ODT"): 10_000})
    assert matrix.cells["outcome"].tolist() == ["below", "disagrees", "same"]
    assert matrix.cells["share"].sum() == pytest.approx(1)
    assert (matrix.common_m2, matrix.upper_only_m2, matrix.lower_only_m2) == pytest.approx((20_000, 0, 5_000), abs=1e-6)
    piece = matrix.pieces.iloc[0]
    assert (piece["area_m2"], piece["upper_zones"], piece["lower_zones"]) == (pytest.approx(2_000), "T1", "X2")
    assert (piece["governs"], piece["overruled"]) == ("TINH", "XA")
    assert X0 + 80 < piece["east_m"] < X0 + 100


def test_strip_within_the_accuracy_is_no_disagreement() -> None:
    """The coarser map is good to 5 m: a border 4 m off says nothing."""
    matrix = laid(
        *(("T1", "LUA", box(0, 0, 100, 100), "TINH"), ("T2", "ODT", box(100, 0, 200, 100), "TINH")),
        *(("X1", "LUA", box(0, 0, 96, 100), "XA"), ("X2", "ODT", box(96, 0, 200, 100), "XA")),
    )
    assert matrix.pieces.empty
    row = matrix.cells.set_index("outcome").loc["disagrees"]
    assert (row["accuracy_m2"], row["beyond_m2"]) == pytest.approx((400, 0))


def test_strips_of_two_classes_beside_each_other_are_one_disagreement() -> None:
    """Each is 4 m wide, but the border is 8 m off."""
    matrix = laid(
        *(("T1", "LUA", box(0, 0, 100, 100), "TINH"), ("T2", "ODT", box(100, 0, 200, 100), "TINH")),
        *(
            ("X1", "LUA", box(0, 0, 92, 100), "XA"),
            ("X2", "RPH", box(92, 0, 96, 100), "XA"),
            ("X3", "ODT", box(96, 0, 200, 100), "XA"),
        ),
    )
    assert matrix.pieces.set_index("lower_code")["area_m2"].to_dict() == pytest.approx({"RPH": 400, "ODT": 400}, rel=0.02)


def test_ground_drawn_twice_or_cut_counts_once() -> None:
    rows = [
        ("T1", "LUA", box(0, 0, 100, 100), "TINH"),
        ("X1", "ODT", box(0, 0, 60, 100), "XA"),
        ("X2", "ODT", box(40, 0, 100, 100), "XA"),
    ]
    assert cells(laid(*rows)) == pytest.approx({("LUA", "ODT"): 10_000})
    assert len(laid(*rows).pieces) == 1


def test_zones_of_unreadable_days_are_compared_with_nothing() -> None:
    """Nobody knows whether they are in force: neither agreement nor disagreement may be read out of them."""
    layer = zones(
        ("U", "LUA", box(0, 0, 200, 100), "TINH"),
        ("L1", "LUA", square(0, 0, 100), "XA"),
        ("L2", "ODT", square(100, 0, 100), "XA"),
    )
    for days in (["", "khi được duyệt", "khi được duyệt"], ["", "2027-01-01", "2027-01-01"]):
        layer["valid_from"], layer["valid_to"] = days, ["", "2026-01-01", "2026-01-01"]
        (pair,), _ = plan_pairs(zones_by_plan(layer, BOOK))
        matrix = lay_over(*pair, Agreement(BOOK, {}))
        (row,) = matrix.cells.to_dict("records")
        assert (row["upper_code"], row["lower_code"], row["outcome"]) == ("LUA", "", "unknown")
        assert row["area_m2"] == pytest.approx(2 * 100 * 100)
        assert matrix.pieces.empty


def test_overlay_classes_stay_out() -> None:
    book = rulebook(ON, plans=PLANS, classes=[*CLASSES, {"code": "KKT", "name": "Khu kinh tế", "overlay": True}])
    rows = [
        ("T1", "LUA", square(0, 0, 100), "TINH"),
        ("T2", "KKT", square(0, 0, 100), "TINH"),
        ("X1", "LUA", square(0, 0, 100), "XA"),
    ]
    assert cells(laid(*rows, book=book)) == pytest.approx({("LUA", "LUA"): 10_000})


def test_what_two_classes_are_to_each_other() -> None:
    reform = {"code": "DDT", "name": "Di tích"}
    law = rulebook(ON, plans=PLANS, classes=[*CLASSES, reform]).with_mixed(["ODT+LUC", "RPH+RDD"])
    says = Agreement(law, {("RPH", "RDD"): True, ("LUA", "LUC"): False}).of
    assert says("ODT", "ODT") == "same"
    assert says("NNP", "LUC") == says("LUC", "NNP") == "below"
    assert says("LUA", "RPH") == "disagrees"
    assert says("ODT+LUC", "ODT") == says("PNN", "ODT+LUC") == "part"
    assert says("RPH+RDD", "ODT") == "disagrees"
    assert says("XYZ", "ODT") == says("", "") == "unknown"
    assert says("RPH", "RDD") == "stated"
    assert says("LUA", "LUC") == "disagrees"


def test_reform_of_names_is_no_disagreement_once_it_is_in_force() -> None:
    def says(day: dt.date) -> str:
        return Agreement(rulebook(day, rulebook={"name": "vn", "profile": "vn"}, classes=[], rules=[], uses=[])).of("ODT", "ONT")

    assert (says(dt.date(2024, 1, 1)), says(dt.date(2026, 3, 1))) == ("disagrees", "relabelled")


def test_stated_agreements_are_read_and_contradictions_refused(tmp_path: Path) -> None:
    file = tmp_path / "agree.csv"
    file.write_text("upper,lower,agrees\nRPH,RSX,có\nLUA,ODT,no\n", "utf-8")
    assert read_stated(file) == {("RPH", "RSX"): True, ("LUA", "ODT"): False}
    file.write_text("upper,lower,agrees\nRPH,RSX,yes\nRPH,RSX,no\n", "utf-8")
    with pytest.raises(TableError, match=r"line 2: RPH and RSX"):
        read_stated(file)
    file.write_text("upper,lower,agrees\nRPH,RSX,perhaps\n", "utf-8")
    with pytest.raises(TableError, match="'perhaps'"):
        read_stated(file)


def test_only_plans_in_force_of_one_theme_and_different_level_are_paired() -> None:
    square_of = square(0, 0, 10)
    plans = [
        plan("A", level="province"),
        plan("B", level="district"),
        plan("OLD", level="district", valid_to="2022-12-31"),
        plan("ROADS", level="district", theme="transport"),
        plan("ODD", level="somewhere"),
    ]
    layer = zones(*((p["plan_id"], "LUA", square_of, p["plan_id"]) for p in plans))
    pairs, notes = plan_pairs(zones_by_plan(layer, rulebook(ON, plans=plans)))
    assert [(u.plan_id, w.plan_id) for u, w in pairs] == [("A", "B")]
    assert len(notes) == 2
    assert "ODD" in notes[0].en


def test_rank_goes_before_level() -> None:
    plans = [plan("A", level="province", rank=2), plan("B", level="district", rank=1)]
    layer = zones(("1", "LUA", square(0, 0, 10), "A"), ("2", "LUA", square(0, 0, 10), "B"))
    pairs, _ = plan_pairs(zones_by_plan(layer, rulebook(ON, plans=plans)))
    assert [(u.plan_id, w.plan_id) for u, w in pairs] == [("B", "A")]


def test_nobody_governs_where_the_rulebook_has_no_order() -> None:
    assert governing("TINH", "XA", rulebook(ON, plans=PLANS))[0] == ""
    assert governing("TINH", "XA", BOOK)[0] == "TINH"


CODES = ("LUA", "LUC", "ODT", "RPH", "")
raster = st.lists(st.sampled_from(CODES), min_size=25, max_size=25)


@settings(deadline=None, max_examples=30)
@given(raster, raster, st.randoms(use_true_random=False))
def test_referee_counts_cells_and_cuts_and_order_do_not_matter(upper: list[str], lower: list[str], chance: Any) -> None:
    """5 × 5 cells of 20 m, "" = no zone: the referee counts pairs of cells; the plan is drawn in cells and in whole classes."""
    places = [box(20 * (n % 5), 20 * (n // 5), 20 * (n % 5) + 20, 20 * (n // 5) + 20) for n in range(25)]
    in_cells, joined = [], []
    for plan_id, codes in (("TINH", upper), ("XA", lower)):
        in_cells += [(f"{plan_id}{n}", code, places[n], plan_id) for n, code in enumerate(codes) if code]
        for code in sorted(set(codes) - {""}):
            shape = shapely.union_all([places[n] for n in range(25) if codes[n] == code])
            joined.append((f"{plan_id}{code}", code, shape, plan_id))
    if len({row[3] for row in joined}) < 2:
        return
    expected: dict[tuple[str, str], float] = {}
    for pair in zip(upper, lower, strict=True):
        if all(pair):
            expected[pair] = expected.get(pair, 0) + 400
    matrix = laid(*joined)
    assert cells(matrix) == pytest.approx(expected)
    assert matrix.cells["area_m2"].sum() == pytest.approx(matrix.common_m2)
    against = matrix.cells[matrix.cells["outcome"] == "disagrees"]
    assert (against["accuracy_m2"] + against["beyond_m2"]).sum() == pytest.approx(against["area_m2"].sum())
    assert matrix.pieces["area_m2"].sum() == pytest.approx(against["beyond_m2"].sum())
    chance.shuffle(in_cells)
    again = laid(*in_cells)
    columns = ["upper_code", "lower_code", "outcome"]
    pd.testing.assert_frame_equal(again.cells[columns], matrix.cells[columns])
    np.testing.assert_allclose(again.cells[["area_m2", "beyond_m2"]], matrix.cells[["area_m2", "beyond_m2"]], atol=1e-3)
    assert sorted(again.pieces["area_m2"]) == pytest.approx(sorted(matrix.pieces["area_m2"]), abs=1e-3)
