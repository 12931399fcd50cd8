"""Order of attention, covers against brute force, amendments against a second assessment, and what a survey is worth."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import plangeo as pg
from plangeo.assessment import assess
from plangeo.model import Assessment
from plangeo.studies import add_studies
from plangeo.study import sheet_of
from plangeo.triage import coverchoice
from plangeo.triage.amendments import best_amendments, by_class, find_blocked, list_spots
from plangeo.triage.coverchoice import Demand, choose, worth_of
from plangeo.triage.surveys import value_of_survey
from plangeo.triage.worklist import order_projects
from tests.makers import X0, Y0, plan, rulebook, site, sites, square, zones

ON = dt.date(2025, 7, 1)
BN = 1_000_000_000
ZONES = [
    ("Z1", "LUC", square(0, 0, 1000), "P1"),
    ("Z2", "SKK", square(1000, 0, 1000), "P1"),
    ("Z3", "RPH", square(2000, 0, 1000), "P1"),
    ("Z4", "LUC", square(3000, 0, 1000), "P1"),
]


def project(site_id: str, geometry: Any, capital: float = math.nan, use: str = "industrial_park", **more: Any) -> dict[str, Any]:
    return site(site_id, geometry, use, capital_min_vnd=capital, capital_max_vnd=capital, **more)


def judged(*places: dict[str, Any], ground: Any = ZONES, **sections: Any) -> Assessment:
    return assess(sites(*places), rulebook(**sections), on=ON, zones=zones(*ground))


# --- covers ------------------------------------------------------------------------------------------------------------------


def brute(demands: list[Demand], count: int) -> tuple[int, int]:
    things = sorted(set().union(*(d.needs for d in demands)))
    return max(
        (worth_of(demands, some) for n in range(min(count, len(things)) + 1) for some in itertools.combinations(things, n)),
        default=(0, 0),
    )


DEMANDS = st.lists(
    st.builds(Demand, st.frozensets(st.integers(0, 7), min_size=1, max_size=4), st.tuples(st.integers(0, 9), st.just(1))),
    min_size=1,
    max_size=9,
)


@settings(max_examples=150, deadline=None)
@given(DEMANDS, st.randoms(use_true_random=False))
def test_the_best_sets_are_those_of_brute_force_in_any_order(demands: list[Demand], random: Any) -> None:
    found = choose(demands, 8)
    for count in range(1, 9):
        best = max((c for c in found if c.count <= count), key=lambda c: c.count, default=None)
        assert (best.worth if best else (0, 0)) == brute(demands, count)
    for choice in found:
        assert choice.exact
        assert worth_of(demands, choice.things) == choice.worth
    worths = [c.worth for c in found]
    assert worths == sorted(set(worths))  # more amendments never admit less
    shuffled = random.sample(demands, len(demands))
    assert choose(shuffled, 8) == found


@settings(max_examples=60, deadline=None)
@given(DEMANDS)
def test_greedy_says_so_and_never_claims_too_much(demands: list[Demand]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverchoice, "EXACT_THINGS", 0)
        found = choose(demands, 8)
    for choice in found:
        assert worth_of(demands, choice.things) == choice.worth
        assert choice.worth <= brute(demands, choice.count)
    assert [c.worth for c in found] == sorted({c.worth for c in found})
    assert found[-1].worth == brute(demands, 8)  # with all of them nothing is left


def test_capital_of_trillions_is_added_exactly() -> None:
    demands = [Demand(frozenset({n}), (10**15 + n, 1)) for n in range(900)] + [Demand(frozenset({0, 1}), (1, 1))]
    best = choose(demands, 2)
    assert best[0].things == (899,)
    assert best[1].worth == (2 * 10**15 + 899 + 898, 2)


def test_a_pair_that_is_worth_more_together_beats_the_best_single_one() -> None:
    # worked by hand: {0} alone 5; {1, 2} together 12; with three, 17
    demands = [Demand(frozenset({0}), (5, 1)), Demand(frozenset({1, 2}), (12, 1)), Demand(frozenset({0, 1}), (4, 1))]
    assert [(c.count, c.things, c.worth[0]) for c in choose(demands, 3)] == [(1, (0,), 5), (2, (1, 2), 12), (3, (0, 1, 2), 21)]


# --- amendments --------------------------------------------------------------------------------------------------------------


def test_all_zones_that_block_a_project_must_be_amended() -> None:
    result = judged(
        project("A", square(400, 400, 100), 100 * BN),
        project("B", square(2950, 400, 100), 500 * BN),  # half on Z3 (RPH), half on Z4 (LUC)
        project("C", square(3400, 400, 100), 150 * BN),
        project("OK", square(1400, 400, 100), 900 * BN),
        project("H", square(2400, 400, 100), use="housing"),
    )
    blocked, left_out = find_blocked(result)
    assert not left_out
    assert {b.site_id: sorted(s[2] for s in b.spots) for b in blocked} == {
        "A": ["Z1"],
        "B": ["Z3", "Z4"],
        "C": ["Z4"],
        "H": ["Z3"],
    }
    table = best_amendments(result, blocked, "zone")
    assert table["amendments"].tolist() == [1, 2, 3, 4]
    assert table["capital_vnd"].tolist() == [150 * BN, 650 * BN, 750 * BN, 750 * BN]
    assert table["site_ids"].tolist() == ["C", "B, C", "A, B, C", "A, B, C, H"]
    assert table["unknown_capital"].tolist() == [0, 0, 0, 1]
    spots = list_spots(result, blocked)
    assert spots["zone_id"].tolist()[:2] == ["Z4", "Z3"]
    assert spots.set_index("zone_id").loc["Z4", "alone"] == 1
    assert spots.geometry.iloc[0].area == pytest.approx(5_000 + 10_000)
    classes = best_amendments(result, by_class(blocked), "class")
    assert classes["capital_vnd"].tolist()[0] == 250 * BN  # paddy for industry admits A and C


def test_what_is_said_to_be_admitted_is_admitted_when_the_zones_are_amended() -> None:
    overlap = [*ZONES, ("Z5", "RDD", square(3000, 0, 1000), "P1")]  # a second, hidden obstacle of the same plan
    places = [
        project("A", square(400, 400, 100), 100 * BN),
        project("B", square(2950, 400, 100), 500 * BN),
        project("C", square(3400, 400, 100), 150 * BN),
    ]
    for ground in (ZONES, overlap):
        result = judged(*places, ground=ground)
        blocked, _ = find_blocked(result)
        spots = sorted({s for b in blocked for s in b.spots})
        for n in range(len(spots) + 1):
            for some in itertools.combinations(spots, n):
                amended = {s[2] for s in some}
                again = judged(*places, ground=[(z, "SKK" if z in amended else code, g, p) for z, code, g, p in ground])
                admitted = {b.site_id for b in blocked if b.spots <= set(some)}
                verdicts = dict(zip(again.sites["site_id"], again.sites["verdict"], strict=True))
                assert admitted == {b.site_id for b in blocked if verdicts[b.site_id] in ("permitted", "conditional")}


def test_overlapping_zones_are_left_to_the_map_and_hidden_ones_count() -> None:
    # the same verdict on both zones: no conflict of verdicts, but both stand against the site
    ground = [("Z1", "LUC", square(0, 0, 1000), "P1"), ("Z9", "RPH", square(0, 0, 1000), "P1")]
    blocked, _ = find_blocked(judged(project("A", square(400, 400, 100), BN), ground=ground))
    assert {s[2] for s in blocked[0].spots} == {"Z1", "Z9"}


def test_projects_that_something_else_stands_against_are_left_out_and_told() -> None:
    far = project("N", square(400, 400, 100), BN, declared_area_m2=90_000.0)
    edge = project("E", square(-50, 400, 100), BN)  # half of it on no plan
    blocked, left_out = find_blocked(judged(far, edge))
    assert not blocked
    assert {x.site_id: x.why.en for x in left_out} == dict.fromkeys("EN", "other checks speak against it as well")
    assert "declared_area.differs" in {x.site_id: x.reasons for x in left_out}["N"]


def test_ground_below_a_threshold_needs_no_amendment() -> None:
    threshold = {"use": "industrial_park", "zone": "RPH", "area_m2": 600}
    sliver = project("A", square(1906, 400, 100), BN)  # 6 m of 100 on forest, the rest on industry
    assert find_blocked(judged(sliver, thresholds=[threshold]))[0] == []
    both = project("B", shapely.box(X0 + 900, Y0 + 400, X0 + 2006, Y0 + 500), BN)  # 100 m on paddy, 6 m on forest
    result = judged(both, thresholds=[threshold])
    assert [sorted(s[2] for s in b.spots) for b in find_blocked(result)[0]] == [["Z1"]]


# --- worklist ----------------------------------------------------------------------------------------------------------------


PLACES = [
    project("P1", square(1400, 400, 100), 1 * BN),
    project("N1", square(400, 400, 100), 5 * BN),
    project("N2", square(2400, 400, 100)),
    project("N3", square(3300, 300, 100), 5 * BN),
    project("N4", square(3500, 500, 100), 7 * BN),
    project("U1", None, 900 * BN),
]


def test_order_of_attention_worked_by_hand() -> None:
    table = order_projects(judged(*PLACES))
    # N1 (600 m to industry) and N3 (1.3 km) cost the same: the one no survey moves comes first; unknown capital after known
    assert table["site_id"].tolist() == ["N4", "N3", "N1", "N2", "U1", "P1"]
    assert table["severity"].tolist() == [1, 1, 1, 1, 2, 4]
    assert table["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    row = table.set_index("site_id").loc["N2"]
    assert math.isnan(row["capital_vnd"])
    assert row["capital_note_en"] == "capital not known"


def test_the_order_does_not_depend_on_the_register() -> None:
    one, other = order_projects(judged(*PLACES)), order_projects(judged(*PLACES[::-1]))
    assert one["site_id"].tolist() == other["site_id"].tolist()


def test_ranges_upper_ends_and_dollars_are_said() -> None:
    table = order_projects(
        judged(
            site("R", square(1400, 400, 100), "industrial_park", capital_min_vnd=2.0 * BN, capital_max_vnd=3.0 * BN),
            site("M", square(1500, 500, 100), "industrial_park", capital_min_vnd=math.nan, capital_max_vnd=4.0 * BN),
            site("D", square(1600, 600, 100), "industrial_park", capital_min_usd=5e6, capital_max_usd=5e6),
        )
    ).set_index("site_id")
    assert table["capital_vnd"].tolist()[:2] == [4 * BN, 2 * BN]
    assert table.loc["D", "capital_note_en"] == "stated in USD only: not converted"
    assert math.isnan(table.loc["D", "capital_vnd"])


# --- surveys -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan_m", "own_m", "kind", "needed_site", "needed_plan"),
    [
        # ε* = 10 m throughout: the site lies 10 m from the paddy
        (8.0, 5.0, "either", 2.0, 5.0),
        (12.0, 5.0, "map", math.nan, 5.0),
        (8.0, 15.0, "coordinates", 2.0, math.nan),
        (12.0, 15.0, "both", math.nan, math.nan),
        (12.0, math.nan, "map", math.nan, 10.0),
    ],
)
def test_which_accuracy_would_decide(plan_m: float, own_m: float, kind: str, needed_site: float, needed_plan: float) -> None:
    near = project("A", square(1010, 400, 100), 9 * BN, accuracy_m=own_m)
    result = judged(near, plans=[plan("P1", accuracy_m=plan_m)])
    assert result.sites["verdict"].tolist() == ["unknown"]
    row = value_of_survey(result).iloc[0]
    assert row["kind"] == kind
    assert row["decides"]
    assert row["margin_m"] == pytest.approx(10.0)
    assert row["needed_site_m"] == pytest.approx(needed_site, nan_ok=True)
    assert row["needed_plan_m"] == pytest.approx(needed_plan, nan_ok=True)
    # the second computation: with just that accuracy the site is decided, with a centimetre more it is not
    for better, verdict in ((-0.01, "permitted"), (0.01, "unknown")):
        if not math.isnan(needed_site):
            again = judged(near | {"accuracy_m": needed_site + better}, plans=[plan("P1", accuracy_m=plan_m)])
            assert again.sites["verdict"].tolist() == [verdict]
        if not math.isnan(needed_plan):
            again = judged(near, plans=[plan("P1", accuracy_m=needed_plan + better)])
            assert again.sites["verdict"].tolist() == [verdict]


def test_a_plan_that_states_no_accuracy_is_asked_for_it() -> None:
    near = project("A", square(1010, 400, 100))
    row = value_of_survey(judged(near, plans=[plan("P1", accuracy_m=None, scale=None)])).iloc[0]
    assert (row["kind"], row["decides"]) == ("map_accuracy", True)
    assert row["needed_scale"] == pytest.approx(20_000, abs=1)
    assert row["needed_plan_m"] == pytest.approx(10.0)


def test_a_boundary_or_a_place_would_decide() -> None:
    point = project("PT", square(1040, 400, 100).centroid, 3 * BN, declared_area_m2=90_000.0)
    lost = project("NO", None, 4 * BN)
    inside = project("IN", square(1400, 400, 100), 5 * BN)
    table = value_of_survey(judged(point, lost, inside)).set_index("site_id")
    assert table.loc["PT", "kind"] == "boundary"
    assert table.loc["PT", "decides"]
    assert "IN" not in table.index
    assert table.loc["NO", "kind"] == "position"


def test_what_a_survey_leaves_open_is_named() -> None:
    near = project("A", square(1010, 400, 100), declared_area_m2=50_000.0)
    row = value_of_survey(judged(near, plans=[plan("P1", accuracy_m=12.0)])).iloc[0]
    assert not row["decides"]
    assert row["remaining"] == "declared_area.differs"


# --- the study ---------------------------------------------------------------------------------------------------------------


def test_the_study_writes_its_sheets_also_of_nothing() -> None:
    result = add_studies(judged(*PLACES), only=["triage"])
    assert [s.code for s in result.sheets] == ["worklist", "amendments", "blocking_zones", "not_by_amendment", "surveys"]
    assert sheet_of(result, "worklist")["capital_bn"].tolist()[0] == 7.0
    survey = next(s for s in result.sheets if s.code == "surveys")
    assert survey.frame["site_id"].tolist() == ["U1"]
    assert survey.shapes is None  # its only site has no place
    fine = add_studies(judged(PLACES[0]), only=["triage"])
    assert [len(s.frame) for s in fine.sheets] == [1, 0, 0, 0, 0]
    assert not fine.studies_not_run
    nothing = add_studies(assess(sites(*PLACES), rulebook(), on=ON), only=["triage"])  # no zones at all
    assert not nothing.studies_not_run


def test_the_sample_has_a_case_of_each(judged_sample: pg.Assessment) -> None:
    result = judged_sample
    blocked, left_out = find_blocked(result)
    refused = set(result.sites.loc[result.sites["verdict"] == "not_permitted", "site_id"])
    assert {b.site_id for b in blocked} | {x.site_id for x in left_out} == refused
    assert value_of_survey(result)["kind"].isin(["boundary", "position", "map"]).all()
