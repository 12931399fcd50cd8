"""What is asked of a site's surroundings at the bounds: shares of a raster, distances, and what could not be measured. Tables of a few rows."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from plangeo.law.ceilings import unit_of
from tests.lawtables import DAY, face, measured, rows, zone
from tests.makers import rule, rulebook

FLAT = {"use": "housing", "zone": "*", "layer": "slope", "field": "slope_deg", "op": "<", "value": 15, "basis": "test"}
FAR = FLAT | {"layer": "relics", "field": "distance_m", "op": ">=", "value": 100}
BLANK = {"share_true": math.nan, "share_false": math.nan, "share_nodata": math.nan, "pixels": math.nan, "distance_m": math.nan}


def found(
    check: str, *asked: dict[str, Any], measure: dict[str, Any] | None, columns: tuple[str, ...] = (), **site: Any
) -> list[list[Any]]:
    """What a check says of one site on housing land; ``measure`` is the evidence of the first requirement."""
    book = rulebook(DAY, rules=[rule("housing", "ODT", "permitted")], requirements=list(asked))
    row = {"site_id": "S", "requirement": 0.0, "feature": "", "problem": "", "note": ""} | BLANK | (measure or {})
    evidence = {"requirements": pd.DataFrame([row])} if measure is not None else {}
    return rows(check, measured(book, face(100, zone("ODT")), evidence=evidence, **site), *(columns or ("reason", "verdict")))


def flat(true: float, nodata: float = 0.0, pixels: float = 100.0, share: float = 0.8, **given: Any) -> list[Any]:
    site = {"dimension": given.pop("dimension", 2), "has_place": given.pop("has_place", True)}
    columns = given.pop("columns", ())
    measure = {"share_true": true, "share_nodata": nodata, "pixels": pixels} | given
    (row,) = found("slope", FLAT | {"share": share}, measure=measure, columns=columns, **site)
    return row


@pytest.mark.parametrize(
    ("true", "nodata", "said"),
    [
        (0.8, 0.0, ["met", "permitted"]),
        (0.8, 0.2, ["met", "permitted"]),
        (0.8 - 1e-9, 0.0, ["met", "permitted"]),  # as exact as sums of cells are
        (0.8 - 5e-7, 0.0, ["failed", "not_permitted"]),
        (0.799, 0.0, ["failed", "not_permitted"]),
        (0.7, 0.0999, ["failed", "not_permitted"]),
        (0.7, 0.1, ["no_data", "unknown"]),
        (0.7, 0.1 - 5e-10, ["no_data", "unknown"]),
        (0.0, 0.8 - 1e-9, ["no_data", "unknown"]),
        (0.5, 0.5, ["no_data", "unknown"]),
        (0.0, 0.0, ["failed", "not_permitted"]),
    ],
)
def test_a_share_of_the_site_must_hold(true: float, nodata: float, said: list[str]) -> None:
    assert flat(true, nodata) == said


def test_what_is_measured_is_told_with_the_bound() -> None:
    told = ("measure", "threshold", "unit", "share", "detail_en")
    assert flat(0.9, columns=told) == [0.9, 0.8, "share", 0.9, "slope: slope < 15°"]
    assert flat(0.7, 0.2, columns=told)[:4] == [0.7, 0.8, "share", 0.2]  # the ground without data
    milder = found(
        "slope", FLAT | {"otherwise": "conditional"}, measure={"share_true": 0.0, "share_nodata": 0.0, "pixels": 100.0}
    )
    assert milder == [["failed", "conditional"]]


def test_few_cells_say_more_about_the_grid_than_about_the_ground() -> None:
    assert flat(1.0, pixels=30)[0] == "met"
    assert flat(1.0, pixels=29.999) == ["few_pixels", "unknown"]
    assert flat(0.5, 0.5, pixels=14.9) == ["few_pixels", "unknown"]
    assert flat(0.5, 0.5, pixels=15) == ["no_data", "unknown"]  # the site is large enough, its data are not
    assert flat(0.0, pixels=10) == ["few_pixels", "unknown"]


def test_what_could_not_be_measured_is_never_met() -> None:
    assert flat(1.0, problem="too_many_cells: 9") == ["not_measured", "unknown"]
    assert flat(1.0, dimension=0) == ["point_only", "unknown"]
    assert flat(1.0, dimension=1) == ["met", "permitted"]
    assert flat(1.0, has_place=False) == ["no_place", "unknown"]
    assert found("slope", FLAT, measure=None) == [["layer_missing", "unknown"]]


def test_why_it_could_not_be_measured_is_told_in_both_languages() -> None:
    words = ("detail", "detail_en")
    known = flat(1.0, problem="too_many_cells: 9 million cells", columns=words)
    assert known == [
        "slope: độ dốc < 15° (dự án phủ quá nhiều ô lưới, cần dữ liệu thô hơn)",
        "slope: slope < 15° (9 million cells)",
    ]
    assert flat(1.0, problem="strange: a new fault", columns=words)[0] == "slope: độ dốc < 15° (a new fault)"
    assert flat(0.7, 0.2, columns=words) == ["slope: độ dốc < 15°", "slope: slope < 15°"]
    half = FLAT | {"value": 7.5}
    assert found("slope", half, measure=None, columns=words) == [["slope: độ dốc < 7,5°", "slope: slope < 7.5°"]]


def test_only_what_speaks_of_the_site_and_the_check_is_asked() -> None:
    met = {"share_true": 1.0, "share_nodata": 0.0, "pixels": 100.0}
    assert found("slope", measure=None) == [["not_required", "permitted"]]
    assert found("slope", FAR, measure=None) == [["not_required", "permitted"]]
    assert found("setback", FLAT, measure=met) == [["not_required", "permitted"]]
    assert found("slope", FLAT | {"zone": "RPH"}, measure=met) == [["not_required", "permitted"]]
    assert found("slope", FLAT | {"use": "industrial_park"}, measure=met) == [["not_required", "permitted"]]
    assert found("slope", FLAT, FAR, measure=met) == [["met", "permitted"]]
    assert found("setback", FLAT, FAR, measure=met) == [["layer_missing", "unknown"]]
    book = rulebook(DAY, requirements=[FLAT | {"zone": "RPH"}])
    two = measured(book, face(100, zone("ODT"), site="A"), face(40, zone("RPH"), site="B"), face(60, zone("ODT"), site="B"))
    assert rows("slope", two, "site_id", "reason") == [["A", "not_required"], ["B", "layer_missing"]]


def far(distance: float, op: str = ">=", **given: Any) -> list[Any]:
    site = {k: given.pop(k) for k in ("dimension", "accuracy_m", "declared_area_m2", "declared_area_max_m2") if k in given}
    columns = given.pop("columns", ())
    (row,) = found("setback", FAR | {"op": op}, measure={"distance_m": distance} | given, columns=columns, **site)
    return row


@pytest.mark.parametrize(
    ("distance", "op", "said"),
    [
        (100.0, ">=", ["met", "permitted"]),
        (100.0, ">", ["failed", "not_permitted"]),
        (100.001, ">", ["met", "permitted"]),
        (99.999, ">=", ["failed", "not_permitted"]),
        (0.0, ">=", ["touched", "not_permitted"]),
        (1e-9, ">=", ["failed", "not_permitted"]),
        (math.nan, ">=", ["layer_missing", "unknown"]),
    ],
)
def test_a_distance_at_its_bound(distance: float, op: str, said: list[str]) -> None:
    assert far(distance, op) == said


def test_the_accuracy_of_the_place_leaves_a_distance_near_the_bound_open() -> None:
    for distance, reason in ((105.0, "met"), (104.999, "within_accuracy"), (95.0, "within_accuracy"), (94.999, "failed")):
        assert far(distance, accuracy_m=5.0)[0] == reason
    assert far(101.0, accuracy_m=5.0) == ["within_accuracy", "unknown"]
    for nothing in (None, math.nan, 0.0, -0.5, math.inf):
        assert far(100.0, accuracy_m=nothing)[0] == "met", nothing
    assert far(100.0, accuracy_m=0.5)[0] == "within_accuracy"


def test_a_point_reaches_as_far_as_the_disc_it_declares() -> None:
    area = math.pi * 25  # a disc 10 m wide
    assert far(110.0, dimension=0, declared_area_m2=area) == ["met", "permitted"]
    assert far(109.999, dimension=0, declared_area_m2=area) == ["point_uncertain", "unknown"]
    assert far(109.999, dimension=2, declared_area_m2=area) == ["met", "permitted"]
    assert far(115.0, dimension=0, declared_area_m2=area, accuracy_m=5.0)[0] == "met"
    assert far(114.999, dimension=0, declared_area_m2=area, accuracy_m=5.0)[0] == "point_uncertain"
    assert far(99.0, dimension=0, declared_area_m2=area)[0] == "failed"
    for nothing in (math.nan, 0.0, -1.0):
        assert far(100.0, dimension=0, declared_area_m2=nothing)[0] == "met"


def test_a_distance_is_told_with_what_it_leads_to() -> None:
    told = ("measure", "threshold", "unit", "detail", "detail_en")
    assert far(120.0, feature="Nhà thờ", columns=told) == [120, 100, "m", "Nhà thờ", "Nhà thờ"]
    assert far(120.0, columns=told)[4] == "relics: distance ≥ 100 m"
    assert far(120.0, problem="broken_feature: 3", columns=("reason", "verdict", "measure")) == ["not_measured", "unknown", 120]


def test_a_bound_without_a_unit_is_in_the_unit_of_its_field() -> None:
    for field, base in (("declared_area_m2", "m2"), ("capital_vnd", "VND")):
        bare = unit_of(field, "")
        assert bare is not None
        assert (bare.factor, bare.base) == (1.0, base)
    thousands = unit_of("capital_vnd", "triệu")  # of đồng, as money is counted here; of an area nobody could say of what
    assert thousands is not None
    assert thousands.factor == 1e6
    assert unit_of("declared_area_m2", "triệu") is None
