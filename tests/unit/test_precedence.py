"""Which plans govern a spot: the same whatever the order of the entries, and a plan that is overruled overrules nobody."""

from __future__ import annotations

import datetime as dt
from itertools import permutations

import pandas as pd
import pytest

from plangeo.law.precedence import govern
from tests.makers import plan, rulebook

ZONES = (("A", "ODT", "a"), ("B", "ODT", "b"), ("C", "RPH", "c"))


def governing(orders: list[list[str]], *plans: str) -> set[str]:
    """The plans that govern a spot on which zones of ``plans`` lie."""
    entries = [{"order": order, "basis": "test", "from": "2020-01-01"} for order in orders]
    book = rulebook(dt.date(2025, 7, 1), plans=[plan(name) for name in "ABC"], precedence=entries)
    cover = pd.DataFrame({"site_id": ["S"], "zones": [tuple(z for z in ZONES if z[0] in plans)], "sides": [()]})
    return {plan_id for plan_id, _, _ in govern(cover, book)["governs"].iloc[0]}


@pytest.mark.parametrize("orders", permutations([["A", "B"], ["B", "C"]]))
def test_a_plan_that_gives_way_overrules_nobody(orders: tuple[list[str], ...]) -> None:
    """Nobody said that A goes before C: where B gives way to A, C still counts, in whatever order the file says so."""
    assert governing(list(orders), "A", "B", "C") == {"A", "C"}
    assert governing(list(orders), "B", "C") == {"B"}
    assert governing(list(orders), "A", "C") == {"A", "C"}


def test_one_order_of_all_three_is_said_of_every_pair() -> None:
    assert governing([["A", "B", "C"]], "A", "B", "C") == {"A"}
    assert governing([["A", "B", "C"]], "A", "C") == {"A"}
    assert governing([["A", "B", "C"]], "B", "C") == {"B"}


def test_plans_without_an_order_govern_together() -> None:
    assert governing([], "A", "B", "C") == {"A", "B", "C"}
