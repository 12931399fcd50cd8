"""Declared areas as bands: what drawing fulfils them, and how much ground a site may need at most."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.amounts.bands import declared_ends, fitting_band, largest_area, largest_areas

OPEN = math.nan


def row(exact=OPEN, least=OPEN, most=OPEN, approx=False):
    return {
        "declared_area_m2": exact,
        "declared_area_min_m2": least,
        "declared_area_max_m2": most,
        "declared_area_approx": approx,
    }


@pytest.mark.parametrize(
    ("site", "largest"),
    [
        (row(5e5), 5e5),
        (row(least=8e5, most=1e6), 1e6),
        (row(least=5e5, most=5e5, approx=True), 5.5e5),
        (row(least=5e5, approx=True), 5.5e5),
        (row(most=5e5, approx=True), 5.5e5),
        (row(most=5e5), 5e5),
        (row(least=5e5), OPEN),
        (row(), OPEN),
        ({}, OPEN),
        ({"declared_area_m2": None}, OPEN),
    ],
)
def test_the_most_ground_a_site_may_need(site, largest):
    assert largest_area(site) == pytest.approx(largest, nan_ok=True)
    assert largest_areas(pd.DataFrame([site])).tolist() == pytest.approx([largest], nan_ok=True)


@given(st.floats(1e4, 1e8), st.floats(1e4, 1e8), st.booleans(), st.floats(1.0, 1e9))
def test_a_wider_declaration_never_fits_less(one, other, approx, drawn):
    low, high = sorted((one, other))

    def fits(least, most, about):
        band = fitting_band(np.array([least]), np.array([most]), np.array([about]))
        return bool(band[0][0] <= drawn <= band[1][0])

    assert not fits(low, low, approx) or fits(low, high, approx)
    assert not fits(low, high, False) or fits(low, high, True)
    assert fits(low, high, approx) or not low <= drawn <= high


def test_an_exact_area_wins_over_ends_and_is_not_approximate():
    low, high, approx = declared_ends(pd.DataFrame([row(5e5, 1.0, 2.0, True), row(least=3.0)]))
    assert low.tolist() == [5e5, 3.0]
    assert high.tolist() == pytest.approx([5e5, OPEN], nan_ok=True)
    assert approx.tolist() == [False, False]
