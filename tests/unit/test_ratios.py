"""Capital per hectare: outliers of one use and slips of a power of ten, worked by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.entries.entrytable import Entries
from plangeo.entries.ratios import LEAST_PEERS, Ratios, ask_ratios
from tests.makers import rulebook, site, sites, square


def _asked(billions: list[float], uses: list[str] | None = None, doubted: tuple[int, ...] = ()) -> Ratios:
    """Sites of one hectare each, with these capitals in tỷ đồng."""
    rows = [
        site(
            f"S{n}",
            square(200 * n, 0, 100),
            use=(uses or ["housing"] * len(billions))[n],
            declared_area_m2=10_000.0,
            capital_min_vnd=value * 1e9,
            capital_max_vnd=value * 1e9,
        )
        for n, value in enumerate(billions)
    ]
    return ask_ratios(Entries(assess(sites(*rows), rulebook(), on="2025-07-01")), doubted)


def test_one_of_nine_far_from_the_median_is_an_outlier() -> None:
    found = _asked([10, 11, 9, 10, 12, 10, 11, 10, 200])
    remarks = found.answer.remarks
    assert [(r.row, r.code) for r in remarks] == [(8, "ratio.outlier")]
    # the median of 9 10 10 10 10 11 11 12 200 is 10; 200 / 10 = 20
    assert "20.0 times above the median VND 10 billion per ha of 9 projects" in remarks[0].said.en
    assert "cao hơn 20,0 lần" in remarks[0].said.vi


def test_a_thousand_times_is_a_slip_of_units() -> None:
    found = _asked([10, 11, 9, 10, 12, 10, 11, 10, 10_000, 0.01])
    assert [(r.row, r.code) for r in found.answer.remarks] == [(8, "ratio.unit_slip"), (9, "ratio.unit_slip")]


def test_a_slip_is_seen_among_all_projects_where_its_use_has_too_few() -> None:
    found = _asked([10, 11, 9, 10, 12, 10, 11, 10, 10_000], ["housing"] * 8 + ["industrial_park"])
    assert [(r.row, r.code) for r in found.answer.remarks] == [(8, "ratio.unit_slip")]


def test_few_projects_of_a_use_are_not_asked_and_that_is_said() -> None:
    found = _asked([10, 11, 9, 10, 12, 10, 200])
    assert len(found.vnd_per_ha) < LEAST_PEERS
    assert not found.answer.remarks
    assert not found.answer.asked.any()
    assert "7 project(s)" in found.answer.why_not.en


def test_a_doubted_area_is_neither_judged_nor_a_peer() -> None:
    found = _asked([10, 11, 9, 10, 12, 10, 11, 10, 200], doubted=(8,))
    assert np.isnan(found.vnd_per_ha[8])
    assert not found.answer.remarks


@given(st.lists(st.floats(8, 12), min_size=LEAST_PEERS, max_size=20))
def test_projects_within_half_of_one_another_are_never_told(billions: list[float]) -> None:
    assert not _asked(billions).answer.remarks


@given(st.permutations([10.0, 11, 9, 10, 12, 10, 11, 10, 200]))
def test_the_order_of_the_register_does_not_matter(billions: list[float]) -> None:
    assert [r.row for r in _asked(billions).answer.remarks] == [billions.index(200)]
