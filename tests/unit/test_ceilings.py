"""Ceilings and floors of a rulebook: dated, with a basis, in units that fit; faults are named with their line."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.errors import RulebookError
from plangeo.law.ceilings import Ceiling
from plangeo.model import LegalBasis
from tests.makers import rulebook

DAY = dt.date(2025, 7, 1)
CLUSTER: dict[str, Any] = {
    "use": "industrial_park",
    "field": "declared_area_m2",
    "op": "<=",
    "value": 75,
    "unit": "ha",
    "basis": "test",
    "from": "2024-05-01",
}


def test_a_ceiling_is_read_in_square_metres_and_holds_from_its_day() -> None:
    book = rulebook(ceilings=[CLUSTER])
    ceiling = book.at(DAY).ceilings_for("industrial_park")[0]
    assert (ceiling.value, ceiling.basis.document, ceiling.basis.verified) == (750_000.0, "Luật thử", True)
    assert book.at(DAY).ceilings_for("housing") == ()
    assert book.at(dt.date(2024, 4, 30)).ceilings_for("industrial_park") == ()


def test_a_star_speaks_of_every_use_and_a_list_of_several() -> None:
    book = rulebook(ceilings=[CLUSTER | {"use": "*"}, CLUSTER | {"use": ["housing", "industrial_park"], "op": ">=", "value": 5}])
    assert [c.value for c in book.at(DAY).ceilings_for("housing")] == [750_000.0, 50_000.0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"use": "spaceport"}, "the use 'spaceport' is not among 'uses'"),
        ({"unit": "tỷ đồng"}, "the unit 'tỷ đồng' does not fit 'declared_area_m2'"),
        ({"unit": "sào"}, "the unit 'sào' does not fit"),
        ({"field": "capital_vnd"}, "the unit 'ha' does not fit 'capital_vnd'"),
        ({"basis": "nobody"}, "the basis 'nobody' is not among 'bases'"),
        ({"op": "=="}, "op"),
        ({"value": 0}, "greater than 0"),
        ({"vallue": 3}, "'vallue' is not known here"),
        ({"to": "2020-01-01"}, "later than"),
    ],
)
def test_faults_are_named(change: dict[str, Any], told: str) -> None:
    with pytest.raises(RulebookError, match="line") as caught:
        rulebook(ceilings=[CLUSTER | change])
    assert told in str(caught.value)


@given(st.floats(1, 1e7), st.floats(1, 1e7), st.floats(1, 1e7), st.sampled_from(["<", "<=", ">=", ">"]))
def test_a_range_is_answered_as_its_ends_agree(one: float, two: float, bound: float, op: Any) -> None:
    low, high = sorted((one, two))
    ceiling = Ceiling("u", "declared_area_m2", op, bound, LegalBasis("x"))
    both = {ceiling.holds(low, low), ceiling.holds(high, high)}
    assert None not in both
    assert ceiling.holds(low, high) == (both.pop() if len(both) == 1 else None)


def test_an_open_end_leaves_it_open() -> None:
    ceiling = Ceiling("u", "declared_area_m2", "<=", 100.0, LegalBasis("x"))
    assert ceiling.holds(50, math.nan) is None
    assert ceiling.holds(150, math.nan) is False
    assert ceiling.holds(math.nan, 50) is True
    assert ceiling.holds(math.nan, 150) is None
