"""Invariants of comparing days: one day is an assessment, rows in = rows out, order tells nothing, reversal mirrors."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import plangeo as pg
from plangeo.chronicle.lawchanges import law_days
from plangeo.chronicle.standings import STANDINGS, standing_of
from plangeo.rulebook import Rulebook
from tests.effort import examples
from tests.makers import plan, rule, rulebook, site, sites, square, zones

CHAIN = [
    plan("A", valid_from="2016-01-01", valid_to="2020-12-31", successor="B"),
    plan("B", valid_from="2021-01-01", valid_to="2024-12-31", successor="C"),
    plan("C", valid_from="2025-01-01", valid_to="2030-12-31"),
]
RULES = [
    rule("housing", "PNN", "permitted"),
    rule("housing", "NNP", "conditional", end="2023-06-30"),
    rule("housing", "NNP", "not_permitted", start="2023-07-01"),
    rule("*", "RPH", "not_permitted"),
]
days = st.dates(dt.date(2015, 1, 1), dt.date(2032, 1, 1))
codes = st.sampled_from(["ODT", "LUC", "RPH", "SKK"])


def book() -> Rulebook:
    return rulebook(plans=CHAIN, rules=RULES)


@st.composite
def drawn(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """Up to six zones of the three plans, some with days of their own."""
    rows, spans = [], []
    for n in range(draw(st.integers(1, 6))):
        place = square(draw(st.integers(0, 3)) * 500, 0, draw(st.sampled_from([500, 1000, 2000])))
        rows.append((f"z{n}", draw(codes), place, draw(st.sampled_from("ABC"))))
        spans.append(draw(st.sampled_from([("", ""), ("2022-01-01", ""), ("", "2023-12-31"), ("soon", "")])))
    found = zones(*rows)
    found["valid_from"], found["valid_to"] = [s[0] for s in spans], [s[1] for s in spans]
    return found


@st.composite
def registers(draw: st.DrawFn) -> gpd.GeoDataFrame:
    return sites(
        *(
            site(f"S{n}", square(draw(st.integers(0, 1800)), 100, 200) if draw(st.booleans()) else None)
            for n in range(draw(st.integers(1, 4)))
        )
    )


@examples(7)
@given(registers(), drawn(), days)
def test_one_date_is_an_assessment(register: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, day: dt.date) -> None:
    found = pg.compare_dates(register, book(), [day], zones=layer)
    plain = pg.assess(register, book(), on=day, zones=layer).sites
    assert found.verdicts[day.isoformat()].tolist() == plain["verdict"].tolist()
    assert found.reasons[day.isoformat()].tolist() == plain["reasons"].tolist()
    assert found.verdicts["site_id"].tolist() == register["site_id"].tolist()
    assert found.flips.empty
    assert found.counts()[day.isoformat()].sum() == len(register)


@examples(7)
@given(registers(), drawn(), st.lists(days, min_size=2, max_size=3, unique=True), st.randoms(use_true_random=False))
def test_every_flip_has_a_reason_and_the_order_of_rows_tells_nothing(
    register: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, some: list[dt.date], random: object
) -> None:
    found = pg.compare_dates(register, book(), some, zones=layer)
    other = pg.compare_dates(register.iloc[::-1], book(), some[::-1], zones=layer.iloc[::-1])
    same = other.verdicts.set_index("site_id").loc[found.verdicts["site_id"]].reset_index()
    pd.testing.assert_frame_equal(same[found.verdicts.columns], found.verdicts)
    keys = ["from_date", "site_id", "before", "after", "kinds", "what", "why_vi", "why_en"]
    assert sorted(map(tuple, other.flips[keys].values.tolist())) == sorted(map(tuple, found.flips[keys].values.tolist()))
    # nothing but plans, rules and stages differs here, so no verdict may differ without one of them
    assert set("; ".join(found.flips["kinds"]).split("; ")) <= {"", "plan", "rule", "zone"}
    assert (found.flips["kinds"] != "").all()
    assert (found.flips["before"] != found.flips["after"]).all()
    assert set(found.flips["standing"]) <= set(STANDINGS) - {"same"}


@examples(6)
@given(registers(), drawn(), days, days)
def test_between_two_changes_of_the_law_nothing_differs(
    register: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, one: dt.date, two: dt.date
) -> None:
    zone_days = [(dt.date(2022, 1, 1), None), (None, dt.date(2023, 12, 31))]
    breaks = law_days(book(), zone_days)
    first, last = sorted((one, two))
    if not any(first < day <= last for day in breaks):
        assert pg.compare_dates(register, book(), [first, last], zones=layer).flips.empty


@examples(6)
@given(registers(), drawn(), st.lists(days, min_size=4, max_size=4), days)
def test_approvals_by_epoch_are_those_day_by_day(
    register: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, approved: list[dt.date], now: dt.date
) -> None:
    """Grouping the days of approval by changes of the law gives what an assessment on every single day gives."""
    stated = dict(zip(register["site_id"], approved, strict=False))
    found = pg.compare_dates(register, book(), [now], approved=stated, zones=layer).approvals
    assert found is not None
    assert found["site_id"].tolist() == register["site_id"].tolist()
    for n, (site_id, day) in enumerate(stated.items()):
        then = pg.assess(register, book(), on=day, zones=layer).sites["verdict"].iloc[n]
        after = pg.assess(register, book(), on=now, zones=layer).sites["verdict"].iloc[n]
        row = found.set_index("site_id").loc[site_id]
        assert (row["before"], row["after"], row["standing"]) == (then, after, standing_of(then, after))
