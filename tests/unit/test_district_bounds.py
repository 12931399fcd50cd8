"""Declared units at their bounds: shares that still agree, and what is told where they do not. Tables of a few rows."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from plangeo.model import Label
from plangeo.profiles import load_profile
from tests.lawtables import measured, rows
from tests.makers import rulebook

UNITS = load_profile("vn").units
OWN = {"1": "Xã Một", "2": "Xã Hai", "3": "Phường Hai"}
TODAY = {
    "06196": "Xã Ba Sơn",
    "06184": "Xã Đồng Đăng",
    "06625": "Xã Kiên Mộc",
    "06613": "Xã Đình Lập",
    "06637": "Xã Châu Sơn",
    "06187": "Phường Kỳ Lừa",
    "06079": "Xã Hồng Phong",
    "06463": "Xã Chi Lăng",
}
TOLD = ("reason", "verdict", "measure", "share", "threshold")


def declared(
    given: Any,
    shares: dict[str, float],
    *columns: str,
    drawn: dict[str, str] = OWN,
    facts: dict[str, Any] | None = None,
    **site: Any,
) -> list[Any]:
    """What is said of a site that declares ``given`` and lies on units in these shares."""
    register = UNITS if drawn is TODAY else None
    layer = {"ids": list(drawn), "names": list(drawn.values()), "parents": [""] * len(drawn), "units": register, **(facts or {})}
    pieces = pd.DataFrame(
        [("S", unit, drawn[unit], share) for unit, share in shares.items()],
        columns=["site_id", "district_id", "district_name", "share"],
    )
    table = measured(rulebook(), layers={"districts": layer}, evidence={"districts": pieces}, declared_district=given, **site)
    (found,) = rows("district", table, *(columns or ("reason", "verdict")))
    return found


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, ["agrees", "permitted", 1, 1, 0.99]),
        (0.99, ["agrees", "permitted", 0.99, 0.99, 0.99]),
        (0.9899, ["split", "unknown", 0.9899, 0.9899, 0.99]),
        (0.0, ["differs", "unknown", 0, 0, 0.99]),
        (1.0005, ["agrees", "permitted", 1, 1, 0.99]),  # units that overlap a little
    ],
)
def test_nearly_all_of_a_site_lies_where_it_says(share: float, said: list[Any]) -> None:
    rest = {"2": 1 - share} if share < 1 else {}
    assert declared("Xã Một", {"1": share, **rest} if share else {"2": 1.0}, *TOLD) == said


def test_a_name_of_two_units_is_asked_about_only_where_the_rest_does_not_agree() -> None:
    assert declared("Hai", {"2": 1.0}, "reason", "verdict", "detail_en") == ["ambiguous", "unknown", "Hai ? Xã Hai (100.00 %)"]
    assert declared("Xã Một, Hai", {"1": 0.99, "2": 0.01})[0] == "agrees"
    assert declared("Xã Một, Hai", {"1": 0.98, "2": 0.02})[0] == "ambiguous"
    assert declared("Xã Một, Hai", {"1": 1.0, "2": 0.01})[0] == "agrees"
    assert declared("Hai", {"1": 1.0})[0] == "differs"


@pytest.mark.parametrize("nothing", [None, "", "  ", math.nan, pd.NA])
def test_what_declares_nothing_has_nothing_to_compare(nothing: Any) -> None:
    assert declared(nothing, {"1": 1.0}) == ["not_declared", "permitted"]
    assert declared(nothing, {}, "reason", "verdict", "detail_en") == ["outside", "unknown", "the register names none"]
    assert declared(nothing, {}, "reason", "detail", has_place=False) == ["no_place", "danh mục không nêu đơn vị nào"]
    assert declared(nothing, {"06196": 1.0}, drawn=TODAY) == ["not_declared", "permitted"]


def test_what_lies_in_no_unit_is_told_with_what_it_declares() -> None:
    assert declared("Xã Một", {}, "reason", "detail_en") == ["outside", "Xã Một"]
    assert declared("Xã Một", {}, "reason", "detail_en", has_place=False) == ["no_place", "Xã Một"]
    assert declared(7, {"1": 1.0}, "reason", "detail_en") == ["name_unknown", "7 ≠ Xã Một (100.00 %)"]


def today(given: str, shares: dict[str, float], *columns: str, **site: Any) -> list[Any]:
    return declared(given, shares, *columns, drawn=TODAY, **site)


def test_units_of_the_register_agree_from_the_same_share_on() -> None:
    for share, reason in ((0.99, "agrees"), (0.9899, "split")):
        found = today("Xã Ba Sơn", {"06196": share, "06184": 1 - share}, *TOLD, list_date="2026-01-15")
        assert found == [reason, "permitted" if reason == "agrees" else "unknown", share, share, 0.99]
    successor = today("Xã Cao Lâu, huyện Cao Lộc", {"06196": 1.0}, "reason", "verdict", "detail_en", list_date="2024-01-15")
    assert successor[:2] == ["agrees_successor", "permitted"]
    assert successor[2].startswith("Xã Cao Lâu, huyện Cao Lộc → Xã Ba Sơn (100.00 %; until 30/6/2025: ")
    same = today("Xã Ba Sơn", {"06196": 1.0}, "detail_en", list_date="2026-01-15")
    assert "→" not in same[0]
    elsewhere = today("Xã Ba Sơn", {"06184": 1.0}, "reason", "detail_en", list_date="2026-01-15")
    assert elsewhere[0] == "differs"
    assert elsewhere[1].startswith("Xã Ba Sơn ≠ ")
    split = today("Xã Ba Sơn", {"06196": 0.5, "06184": 0.5}, "reason", "detail_en", list_date="2026-01-15")
    assert split[0] == "split"
    assert split[1].startswith("Xã Ba Sơn ≠ ")


def test_a_divided_unit_is_told_from_the_same_share_on() -> None:
    for share, reason in ((0.99, "divided"), (0.9899, "split")):
        assert today("Xã Bính Xá, huyện Đình Lập", {"06625": share, "06184": 1 - share}, list_date="2024-01-15")[0] == reason


def test_that_the_day_of_the_list_is_not_known_is_told_where_it_matters() -> None:
    no_day = "the list states no day"
    for given, shares, reason in (
        ("Xã Kiên Mộc, huyện Đình Lập", {"06625": 1.0}, "divided"),
        ("Xã Kiên Mộc, huyện Đình Lập", {"06637": 1.0}, "ambiguous"),
    ):
        told = today(given, shares, "reason", "detail_en")
        assert [told[0], no_day in told[1]] == [reason, True]
    dated = today("Xã Kiên Mộc, huyện Đình Lập", {"06625": 1.0}, "reason", "detail_en", list_date="2024-01-15")
    assert [dated[0], no_day in dated[1]] == ["divided", False]
    unknown = today("Xã Không Có", {"06625": 1.0}, "reason", "detail_en")
    assert [unknown[0], no_day in unknown[1]] == ["name_unknown", False]


def test_an_abolished_district_is_told_with_its_successors() -> None:
    told = today("huyện Cao Lộc", {"06184": 1.0}, "reason", "detail_en", list_date="2026-01-15")
    assert told[0] == "abolished_level"
    assert "Ba Sơn" in told[1]
    other = today("Xã Không Có", {"06184": 1.0}, "reason", "detail_en", list_date="2026-01-15")
    assert "Ba Sơn" not in other[1]


@pytest.mark.parametrize(
    ("given", "reason"),
    [("xã Không Có, xã Kỳ Lừa", "name_unknown"), ("xã Kỳ Lừa, xã Không Có", "kind_differs")],
)
def test_of_several_names_that_cannot_be_read_the_first_says_why(given: str, reason: str) -> None:
    assert today(given, {"06184": 1.0})[0] == reason
    assert today(f"{given}, Chi Lăng", {"06463": 1.0})[0] == reason  # and where only what may hold them is known


def test_a_doubtful_name_counts_only_where_it_may_hold_more_of_the_site() -> None:
    halves = {"06079": 0.5, "06184": 0.5}
    assert today("Đồng Đăng; Kiên Mộc", halves)[0] == "split"  # Kiên Mộc, of whichever day, holds none of it
    assert today("Đồng Đăng; Kiên Mộc", {"06637": 0.5, "06184": 0.5})[0] == "ambiguous"


def test_a_row_that_another_system_explains_is_told_so() -> None:
    other = SimpleNamespace(unit="1", said=Label("lệch múi", "another zone"))
    facts = {"other_systems": {"S": other}}
    assert declared("Xã Một", {"2": 1.0}, "reason", "detail_en", facts=facts) == [
        "differs",
        "Xã Một ≠ Xã Hai (100.00 %); another zone",
    ]
    assert declared("Xã Một", {}, "detail", facts=facts) == ["Xã Một; lệch múi"]
    for given, shares in (("Xã Một", {"1": 1.0}), ("Xã Một", {"1": 0.5, "2": 0.5}), ("", {"1": 1.0})):
        assert "another zone" not in declared(given, shares, "detail_en", facts=facts)[0]
    unplaced = {"other_systems": {"S": SimpleNamespace(unit="", said=Label("a", "b"))}}
    assert declared("Xã Một", {"2": 1.0}, "detail_en", facts=unplaced) == ["Xã Một ≠ Xã Hai (100.00 %)"]
