"""Units of area and money: the words of offices, their sizes, and the unit a header states."""

from __future__ import annotations

import pytest

from plangeo.amounts.units import Unit, header_units, parse_unit


@pytest.mark.parametrize(
    ("word", "kind", "factor", "base"),
    [
        ("ha", "area", 1e4, "m2"),
        ("HA", "area", 1e4, "m2"),
        ("héc ta", "area", 1e4, "m2"),
        ("m²", "area", 1, "m2"),
        ("mét vuông", "area", 1, "m2"),
        ("km²", "area", 1e6, "m2"),
        ("nghìn ha", "area", 1e7, "m2"),
        ("tỷ đồng", "money", 1e9, "VND"),
        ("tỉ đồng", "money", 1e9, "VND"),
        ("tỷ", "money", 1e9, ""),
        ("nghìn tỷ đồng", "money", 1e12, "VND"),
        ("ngàn tỷ", "money", 1e12, ""),
        ("triệu USD", "money", 1e6, "USD"),
        ("tr.USD", "money", 1e6, "USD"),
        ("trđ", "money", 1e6, "VND"),
        ("VNĐ", "money", 1, "VND"),
        ("billion USD", "money", 1e9, "USD"),
    ],
)
def test_words(word, kind, factor, base):
    assert parse_unit(word, kind) == Unit(factor, base)


@pytest.mark.parametrize(
    ("word", "kind"), [("", "area"), ("MW", "area"), ("m", "area"), ("tỷ", "area"), ("ha", "money"), ("công", "area")]
)
def test_words_that_are_no_unit_or_of_no_known_size(word, kind):
    unit = parse_unit(word, kind)
    assert unit is None or (kind == "area" and unit.base == "")


def test_a_unit_that_differs_by_region_is_marked():
    assert parse_unit("sào", "area") == Unit(360, "m2", "sao")
    assert parse_unit("mẫu", "area") == Unit(3600, "m2", "mau")
    assert parse_unit("sào Trung Bộ", "area") is None


@pytest.mark.parametrize(
    ("header", "kind", "units"),
    [
        ("Diện tích (ha)", "area", [Unit(1e4, "m2")]),
        ("Diện tích, ha", "area", [Unit(1e4, "m2")]),
        ("area_ha", "area", [Unit(1e4, "m2")]),
        ("declared_area_m2", "area", [Unit(1, "m2")]),
        ("Diện tích (m²)", "area", [Unit(1, "m2")]),
        ("Diện tích (1.000 m2)", "area", [Unit(1e3, "m2")]),
        ("Diện tích (nghìn ha)", "area", [Unit(1e7, "m2")]),
        ("Diện tích (sào)", "area", [Unit(360, "m2", "sao")]),
        ("Quy mô (ha, công suất)", "area", [Unit(1e4, "m2")]),
        ("Area (sq. km)", "area", [Unit(1e6, "m2")]),
        ("Diện tích", "area", []),
        ("Hàm lượng", "area", []),
        ("Mẫu số 02: diện tích", "area", []),
        ("Diện tích (ha/m2)", "area", [Unit(1e4, "m2"), Unit(1, "m2")]),
        ("Tổng mức đầu tư (tỷ đồng)", "money", [Unit(1e9, "VND")]),
        ("Tổng vốn (ĐVT: triệu đồng)", "money", [Unit(1e6, "VND")]),
        ("Vốn đầu tư (tỷ)", "money", [Unit(1e9, "")]),
        ("Tổng vốn (1000 đồng)", "money", [Unit(1e3, "VND")]),
        ("Total capital (million USD)", "money", [Unit(1e6, "USD")]),
        ("Tỉ lệ vốn", "money", []),
        ("Tổng vốn (tỷ đồng / triệu USD)", "money", [Unit(1e9, "VND"), Unit(1e6, "USD")]),
    ],
)
def test_headers(header, kind, units):
    assert header_units(header, kind) == units
