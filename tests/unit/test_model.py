"""The words of the house: verdicts that never turn greener by silence, labels, plans, and the makers of the tests."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import replace

import geopandas as gpd
import matplotlib.pyplot
import pandas as pd
import pytest

from plangeo.model import Assessment, Label, LegalBasis, Plan, SkippedCheck, Verdict
from plangeo.tables import SITES, ZONES, check_table
from tests.makers import plan, rulebook, site, sites, square, zones

DAY = dt.date(2025, 7, 1)


def test_the_worst_verdict_wins_whatever_the_order() -> None:
    for some in itertools.permutations(Verdict, 3):
        assert Verdict.worst(some) == max(some)
    assert Verdict.worst([Verdict.PERMITTED, "unknown"]) is Verdict.UNKNOWN
    assert Verdict.worst(["unknown", "not_permitted"]) is Verdict.NOT_PERMITTED
    assert Verdict.worst(["permitted", "conditional"]) is Verdict.CONDITIONAL


def test_silence_is_never_consent() -> None:
    assert Verdict.worst([]) is Verdict.UNKNOWN


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_read_back_from_its_word(verdict: Verdict) -> None:
    assert Verdict.parse(f" {verdict.label.upper()} ") is verdict


@pytest.mark.parametrize("word", ["", "allowed", "0", "nan"])
def test_another_word_is_no_verdict(word: str) -> None:
    with pytest.raises(ValueError, match="is not a verdict; use one of"):
        Verdict.parse(word)


def test_no_wording_grants_permission() -> None:
    """Only an authority can permit; plangeo says what fits the plan."""
    for verdict in Verdict:
        assert verdict.wording.vi
        assert verdict.wording.en
        assert "được phép" not in verdict.wording.vi.lower()
        assert "permitted" not in verdict.wording.en.lower()


def test_a_label_falls_back_to_the_other_language() -> None:
    assert (Label("Nhà ở", "Housing").text("vi"), Label("Nhà ở", "Housing").text("en")) == ("Nhà ở", "Housing")
    assert (Label("", "Housing").text("vi"), Label("Nhà ở", "").text("en")) == ("Housing", "Nhà ở")


def test_a_basis_nobody_read_says_so() -> None:
    assert LegalBasis("Luật Đất đai", "Điều 116", verified=True).cite("vi") == "Điều 116, Luật Đất đai"
    assert LegalBasis("Luật Đất đai").cite("vi") == "Luật Đất đai (chưa kiểm chứng)"
    assert LegalBasis("Land Law", "Article 116").cite("en") == "Article 116, Land Law (not verified)"


@pytest.mark.parametrize(
    ("scale", "accuracy_m", "tolerance_m"), [(25_000, None, 12.5), (25_000, 3.0, 3.0), (None, 0.0, 0.0), (None, None, None)]
)
def test_the_tolerance_is_the_stated_accuracy_or_half_a_millimetre_on_paper(
    scale: int | None, accuracy_m: float | None, tolerance_m: float | None
) -> None:
    act = Plan("P", Label("a", "a"), "district", "1", "UBND", DAY, None, scale=scale, accuracy_m=accuracy_m)
    assert act.tolerance_m == tolerance_m


def assessment(words: list[str], illustrative: bool = False) -> Assessment:
    places = [site(f"S{i}", square(200 * i, 0, 100), verdict=word, reasons="") for i, word in enumerate(words)]
    return Assessment(
        sites=sites(*places),
        findings=gpd.GeoDataFrame(),
        evidence={},
        cover=pd.DataFrame(),
        rulebook=rulebook(DAY, plans=[plan("P1", illustrative=illustrative)]),
        on=DAY,
        layers={},
        not_run=(SkippedCheck("district", Label("thiếu lớp", "<no layer>")),),
    )


def test_the_summary_names_every_verdict_worst_first() -> None:
    table = assessment(["permitted", "unknown", "unknown"]).summary()
    assert list(table.index) == ["not_permitted", "unknown", "conditional", "permitted"]
    assert list(table["sites"]) == [0, 2, 0, 1]


def test_the_notebook_view_names_what_did_not_run_and_marks_made_up_plans() -> None:
    shown = assessment(["permitted"])._repr_html_()
    assert "&lt;no layer&gt;" in shown
    assert "minh họa" not in shown
    assert "minh họa" in assessment(["permitted"], illustrative=True)._repr_html_()


def test_flip_distances_count_sites_by_how_far_borders_would_have_to_move() -> None:
    told = [
        (0.0, "robust"),
        (0.999, "within_map_accuracy"),
        (1.0, "within_map_accuracy"),
        (999.0, "robust"),
        (1e9, "accuracy_unstated"),
    ]
    rows = [{"check": "robustness", "reason": reason, "measure": far, "threshold": 5.0} for far, reason in told]
    rows += [{"check": "robustness", "reason": "nothing_to_flip"}, {"check": "slope", "reason": "met", "measure": 3.0}]
    table = replace(assessment([]), findings=gpd.GeoDataFrame(rows)).flip_distances()
    assert table.index.name == "metres"
    assert list(table.index) == ["0-1", "1-5", "5-10", "10-25", "25-50", "50-100", "100-250", "250-1000", "≥ 1000"]
    assert table["within_accuracy"].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert table["beyond_accuracy"].tolist() == [1, 0, 0, 0, 0, 0, 0, 1, 1]


def test_a_plot_tells_which_colour_is_which_verdict() -> None:
    axes = assessment(["permitted", "unknown"]).plot()
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"permitted", "unknown"}
    matplotlib.pyplot.close(axes.figure)


def test_the_makers_keep_the_contracts() -> None:
    made = sites(site("A", square(0, 0, 100)), site("B", None, problem="no_geometry: none", declared_area_m2=5.0))
    check_table(made, SITES, "sites")
    assert made.crs is not None
    assert made.geometry.area.iloc[0] == pytest.approx(10_000)
    assert math.isnan(made["declared_area_m2"].iloc[0])
    drawn = zones(("z1", "ODT", square(0, 0, 100), "P1"))
    check_table(drawn, ZONES, "zones")
    assert drawn.crs == made.crs
    law = rulebook(DAY)
    assert law.plan_status("P1") == "in_force"
    assert set(law.classes) == {"NNP", "LUA", "LUC", "RPH", "RDD", "PNN", "ODT", "SKK"}
    assert set(law.uses) == {"housing", "industrial_park"}
