"""A boundary map is read as units of its own days; where its names fit several days, nothing is sure."""

from __future__ import annotations

import pytest

from plangeo.adminunits.places import resolve
from plangeo.adminunits.unitmaps import UnitMap, lie, read_unit_map
from plangeo.adminunits.unitregister import Hold, UnitRegister
from plangeo.profiles import load_profile

_LOADED = load_profile("vn").units
assert _LOADED is not None
UNITS: UnitRegister = _LOADED
BEFORE, AFTER = UNITS.epochs
NEW = [(u.code, u.title, "") for u in UNITS.units.values() if u.level == UNITS.leaf and u.in_force(AFTER)]
OLD = [
    (f"row-{n}", u.title, UNITS.above(u)[0].title)
    for n, u in enumerate(u for u in UNITS.units.values() if u.level == UNITS.leaf and u.in_force(BEFORE))
]
DISTRICTS = [(u.code, u.title, "Lạng Sơn") for u in UNITS.units.values() if u.level == 1]


def read(rows: list[tuple[str, str, str]]) -> UnitMap:
    drawn = read_unit_map(rows, UNITS)
    assert drawn is not None
    return drawn


@pytest.mark.parametrize(
    ("rows", "epoch"),
    [
        (NEW, AFTER),
        ([(str(n), name.split(" ", 1)[1], "") for n, (_, name, _) in enumerate(NEW)], AFTER),
        ([(code, name.upper(), "Tỉnh Lạng Sơn") for code, name, _ in NEW], AFTER),
        (OLD, BEFORE),
        ([(given, name, "") for given, name, _ in OLD], BEFORE),
        (DISTRICTS, BEFORE),
        ([(code, name.split(" ")[-2] + " " + name.split(" ")[-1], "") for code, name, _ in DISTRICTS], BEFORE),
        (NEW[:10], AFTER),
        ([*NEW, ("04567", "Xã Tân Thành", "Tỉnh Thái Nguyên"), ("04568", "Xã Quang Trung", "")], AFTER),
    ],
    ids=[
        "new",
        "new without kinds",
        "new in capitals",
        "old",
        "old without districts",
        "districts",
        "plain districts",
        "ten",
        "more",
    ],
)
def test_the_days_of_a_map_are_found_by_its_names(rows, epoch) -> None:
    assert [view.epoch for view in read(rows).views] == [epoch]


def test_a_map_of_elsewhere_is_not_read_as_units() -> None:
    assert read_unit_map([("1", "Rogers Park", ""), ("2", "Lincoln Square", ""), ("3", "Xã Tân Thành", "")], UNITS) is None
    assert read_unit_map([], UNITS) is None


def test_a_map_of_one_name_may_be_of_any_day() -> None:
    drawn = read([("1", "Phường Đông Kinh", "")])
    assert [view.epoch for view in drawn.views] == [BEFORE, AFTER]


def test_a_unit_of_another_code_is_a_neighbour_of_the_same_name() -> None:
    drawn = read([*NEW, ("04567", "Xã Tân Thành", "")])
    assert [o.id for o in drawn.strangers] == ["04567"]
    there = lie(resolve("Xã Tân Thành, huyện Hữu Lũng", UNITS).mentions[0], drawn)
    assert there.most.keys() == {"06445"}
    doubtful = lie(resolve("Xã Tân Thành", UNITS, AFTER).mentions[0], drawn)
    assert doubtful.least == {}
    assert doubtful.most.keys() == {"06445", "04567"}


def test_more_outlines_of_one_name_than_units_are_not_told_apart() -> None:
    drawn = read([(str(n), name, "") for n, (_, name, _) in enumerate([*NEW, ("", "Xã Ba Sơn", "")])])
    there = lie(resolve("Xã Ba Sơn", UNITS).mentions[0], drawn)
    assert there.least == {}
    assert len(there.most) == 2


def test_the_parts_of_one_unit_are_one_unit() -> None:
    drawn = read([*NEW, ("06196#2", "Xã Ba Sơn", "")])
    there = lie(resolve("Xã Ba Sơn", UNITS).mentions[0], drawn)
    assert there.least == {"06196": Hold.WITHIN, "06196#2": Hold.WITHIN}


@pytest.mark.parametrize(
    ("text", "rows", "wanted"),
    [
        ("Xã Phú Xá", NEW, {"06184": Hold.HOLDS}),
        ("Xã Đồng Đăng", DISTRICTS, {"183": Hold.HOLDS}),
        ("huyện Bình Gia", DISTRICTS, {"181": Hold.WITHIN}),
        ("Xã Khánh Khê, huyện Văn Quan", DISTRICTS, {"184": Hold.PART}),  # the new one reaches into another district
        ("Xã Bính Xá", NEW, {"06613": Hold.PART, "06625": Hold.PART}),
        ("Xã Sơn Hà", NEW, {}),
    ],
)
def test_where_a_name_lies_by_every_reading(text, rows, wanted) -> None:
    assert lie(resolve(text, UNITS).mentions[0], read(rows)).least == wanted


def test_a_stale_name_may_be_anywhere() -> None:
    assert not lie(resolve("Xã Sơn Hà", UNITS).mentions[0], read(NEW)).known
    assert lie(resolve("Xã Phú Xá", UNITS).mentions[0], read(NEW)).known
