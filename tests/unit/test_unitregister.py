"""Units with their days: what became of a unit, and what it had been made of."""

from __future__ import annotations

import datetime as dt

import pytest

from plangeo.adminunits.unitregister import Hold, KindOfUnit, UnitRegister, read_units
from plangeo.errors import ProfileError
from plangeo.model import Label
from plangeo.profiles import load_profile

LEVELS = [Label("tỉnh", "province"), Label("huyện", "district"), Label("xã", "commune")]
KINDS = {"tỉnh": KindOfUnit("tỉnh", 0), "huyện": KindOfUnit("huyện", 1), "xã": KindOfUnit("xã", 2)}
HEAD = "unit,code,kind,name,parent,valid_from,valid_to,status,area_km2\n"
UNITS = f"""# made up
{HEAD}T,1,tỉnh,Thử,,,,,
H1,11,huyện,Một,T,,2019-12-31,,
H2,12,huyện,Hai,T,,2019-12-31,,
A,,xã,An,H1,,2019-12-31,,
B,,xã,Ba,H1,,2019-12-31,,
C,,xã,Cam,H1,,2019-12-31,,
D,,xã,Du,H2,,2019-12-31,,
E,,xã,Em,H2,,,,
S,,xã,Xa,H2,,,stale,
AB,7,xã,An Ba,T,2020-01-01,2024-12-31,,12.5
CD,8,xã,Cam Du,T,2020-01-01,2024-12-31,,
D2,9,xã,Du,T,2020-01-01,,,
ABCD,7,xã,An Cam,T,2025-01-01,,,
"""
LINKS = """before,after,link
A,AB,merged
B,AB,merged
C,CD,merged
D,CD,divided
D,D2,divided
AB,ABCD,merged
CD,ABCD,merged
"""


@pytest.fixture
def units() -> UnitRegister:
    return read_units(UNITS, LINKS, levels=LEVELS, kinds=KINDS)


def held(units: UnitRegister, key: str, year: int) -> dict[str, Hold]:
    day = dt.date(year, 6, 1)
    epoch = next(e for e in units.epochs if (e[0] is None or e[0] <= day) and (e[1] is None or day <= e[1]))
    return dict(units.hold(units.units[key], epoch))


def test_the_days_between_reforms(units: UnitRegister) -> None:
    assert [e[0] for e in units.epochs] == [None, dt.date(2020, 1, 1), dt.date(2025, 1, 1)]
    assert units.epochs[1][1] == dt.date(2024, 12, 31)


def test_a_whole_unit_lies_in_its_successor_and_the_parts_of_a_divided_one_are_not_known(units: UnitRegister) -> None:
    assert held(units, "A", 2022) == {"AB": Hold.HOLDS}
    assert held(units, "D", 2022) == {"CD": Hold.PART, "D2": Hold.WITHIN}
    assert held(units, "AB", 2018) == {"A": Hold.WITHIN, "B": Hold.WITHIN}
    assert held(units, "CD", 2018) == {"C": Hold.WITHIN, "D": Hold.PART}
    assert held(units, "D2", 2018) == {"D": Hold.HOLDS}


def test_links_are_followed_over_several_reforms(units: UnitRegister) -> None:
    assert held(units, "A", 2026) == {"ABCD": Hold.HOLDS}
    assert held(units, "D", 2026) == {"ABCD": Hold.PART, "D2": Hold.WITHIN}
    assert held(units, "ABCD", 2018) == {"A": Hold.WITHIN, "B": Hold.WITHIN, "C": Hold.WITHIN, "D": Hold.PART}


def test_a_district_is_the_units_it_had(units: UnitRegister) -> None:
    assert held(units, "H1", 2018) == dict.fromkeys(("A", "B", "C"), Hold.WITHIN)
    assert held(units, "H1", 2022) == {"AB": Hold.WITHIN, "CD": Hold.PART}
    assert held(units, "H1", 2026) == {"ABCD": Hold.HOLDS}


def test_a_unit_that_no_reform_touched_is_itself(units: UnitRegister) -> None:
    assert held(units, "E", 2018) == held(units, "E", 2026) == {"E": Hold.WITHIN}


def test_nobody_knows_where_a_stale_name_went(units: UnitRegister) -> None:
    assert held(units, "S", 2026) == {}
    assert not units.units["S"].in_force((None, None))


def test_a_new_unit_is_still_told_by_the_district_of_its_parts(units: UnitRegister) -> None:
    assert units.places_above(units.units["CD"]) == {"T", "H1", "H2"}
    assert units.title(units.units["A"]) == "Xã An, huyện Một"
    assert units.title(units.units["AB"]) == "Xã An Ba"


@pytest.mark.parametrize(
    ("units", "links", "told"),
    [
        (UNITS.replace("xã,An,", "phố,An,"), LINKS, "kind 'phố'"),
        (UNITS + "A,,xã,An,H1,,,,\n", LINKS, "line 16.*met again"),
        (UNITS.replace("2019-12-31", "31/12/2019"), LINKS, "31/12/2019"),
        (UNITS.replace("Em,H2", "Em,A"), LINKS, "not above it"),
        (UNITS.replace("Em,H2", "Em,H9"), LINKS, "H9.*not in the table"),
        (UNITS, LINKS + "A,Q,merged\n", "no such unit"),
        (UNITS, LINKS.replace("A,AB,merged", "A,AB,swallowed"), "swallowed"),
        (UNITS, LINKS.replace("A,AB,merged", "AB,A,merged"), "ended before"),
        (UNITS, LINKS.replace("D,CD,divided", "D,CD,merged"), "several successors is divided"),
        (UNITS, LINKS.replace("A,AB,merged", "A,AB,divided"), "another one is not"),
        ("unit,name\n", LINKS, "columns code, kind"),
    ],
)
def test_faults_of_the_tables_are_named(units: str, links: str, told: str) -> None:
    with pytest.raises(ProfileError, match=told):
        read_units(units, links, levels=LEVELS, kinds=KINDS)


def test_lang_son_before_and_after_the_reform() -> None:
    units = load_profile("vn").units
    assert units is not None
    before, after = units.epochs
    leaves = [u for u in units.units.values() if u.level == units.leaf]
    assert sum(u.in_force(before) for u in leaves) == 194
    assert sum(u.in_force(after) for u in leaves) == 65
    assert sum(u.level == 1 and u.in_force(before) for u in units.units.values()) == 11
    assert not any(u.level == 1 and u.in_force(after) for u in units.units.values())
    assert {units.units[link.before].name for link in units.links if link.kind == "divided"} == {"Bính Xá", "Kiên Mộc"}
    for unit in leaves:
        if unit.in_force(before):
            holds = set(units.hold(unit, after).values())
            divided = unit.name in ("Bính Xá", "Kiên Mộc")
            assert holds == {Hold.PART if divided else Hold.HOLDS}
        elif not unit.stale:
            assert Hold.WITHIN in units.hold(unit, before).values()


def test_a_profile_need_not_bring_units() -> None:
    assert load_profile("default").units is None
