"""Quantities of cells: read in the style the column proves, never off by a thousand in silence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.amounts.quantities import evaluate, readings, slips, style_decision, take_apart, weigh_style
from plangeo.amounts.units import Unit
from plangeo.text import ExactNumber, format_number, write_number

HA = Unit(10_000.0, "m2")
TY = Unit(1e9, "VND")
OPEN = math.nan


def read(text, decimal="comma", default=HA, kind="area"):
    written = take_apart(text, kind, default)
    return None if written is None else evaluate(written, decimal)


def ends(text, **keywords):
    quantity = read(text, **keywords)
    return None if quantity is None else (quantity.low / 1e4, quantity.high / 1e4, quantity.approx, quantity.form)


@pytest.mark.parametrize(
    ("text", "low", "high", "approx", "form"),
    [
        ("12,5", 12.5, 12.5, False, "value"),
        ("1.234,5 ha", 1234.5, 1234.5, False, "value"),
        ("2 417 ha", 2417, 2417, False, "value"),
        ("500 m²", 0.05, 0.05, False, "value"),
        ("80-100 ha", 80, 100, False, "range"),
        ("80 – 100", 80, 100, False, "range"),
        ("80 ha đến 100 ha", 80, 100, False, "range"),
        ("từ 80 đến 100 ha", 80, 100, False, "range"),
        ("5.000 m2 - 1 ha", 0.5, 1, False, "range"),
        ("khoảng 50 ha", 50, 50, True, "value"),
        ("~50", 50, 50, True, "value"),
        ("≈ 50", 50, 50, True, "value"),
        ("50 ha (dự kiến)", 50, 50, True, "value"),
        ("khoảng 80-100 ha", 80, 100, True, "range"),
        ("hơn 50 ha", 50, OPEN, True, "least"),
        ("gần 50 ha", OPEN, 50, True, "most"),
        ("trên 50 ha", 50, OPEN, False, "least"),
        ("≥ 50", 50, OPEN, False, "least"),
        ("dưới 50 ha", OPEN, 50, False, "most"),
        ("không quá 75 ha", OPEN, 75, False, "most"),
        ("từ 50 ha trở lên", 50, OPEN, False, "least"),
        ("khoảng trên 50 ha", 50, OPEN, True, "least"),
        ("12,5 + 3,2 ha", 15.7, 15.7, False, "sum"),
        ("LUC: 1,20; CLN: 0,35", 1.55, 1.55, False, "sum"),
        ("LUC: 1,20 ha; CLN: 350 m2", 1.235, 1.235, False, "sum"),
        ("khu A: 10; khu B: 5", 15, 15, False, "sum"),
    ],
)
def test_cells_of_area(text, low, high, approx, form):
    assert ends(text) == (pytest.approx(low, nan_ok=True), pytest.approx(high, nan_ok=True), approx, form)


@pytest.mark.parametrize(
    "text",
    [
        "?",
        "-3 ha",
        "20-10",
        "2021-2025",
        "50 ha, chưa duyệt",
        "50 MW",
        "10 ha; 20 MW",
        "60.000 tấn/năm",
        "3 công",
        "50 ± 5 ha",
        "LUC: 1,20; CLN: ?",
        "15; LUC: 10; CLN: 5",
        "Tổng: 15; LUC: 10; CLN: 5",
        "15 + 10 + 5",  # a total among its parts
        "12,5; 3,2",  # two areas, of what?
        "1,5 + 200 m2",  # hectares and square metres, or only metres?
        "10 20",
        "12.03.2024",
        "hơn dưới 50",
        "12,5¹",
        "12,5² ha",
        "125①",
        "1½ ha",
        "12,5*",
        "12,5 (1)",
        "50 %",
        "1 tỷ 500 triệu",
        "80-100-120",
        "9" * 400,
        "50 ha " * 100,
    ],
)
def test_cells_that_are_not_read(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "low", "high", "base"),
    [
        ("3.500 tỷ đồng", 3.5e12, 3.5e12, "VND"),
        ("3.500-4.500 tỷ", 3.5e12, 4.5e12, "VND"),
        ("từ 3.500 đến 4.500 tỷ", 3.5e12, 4.5e12, "VND"),
        ("500 triệu - 1,5 tỷ đồng", 5e8, 1.5e9, "VND"),
        ("1,2 nghìn tỷ", 1.2e12, 1.2e12, "VND"),
        ("12,5 ngàn tỉ đồng", 1.25e13, 1.25e13, "VND"),
        ("850", 8.5e11, 8.5e11, "VND"),
        ("150 triệu USD", 1.5e8, 1.5e8, "USD"),
        ("USD 150 million", 1.5e8, 1.5e8, "USD"),
        ("$2,5 million", 2.5e6, 2.5e6, "USD"),
        ("3.500.000.000 đồng", 3.5e9, 3.5e9, "VND"),
    ],
)
def test_cells_of_money(text, low, high, base):
    quantity = read(text, default=TY, kind="money")
    assert (quantity.low, quantity.high, quantity.base) == (pytest.approx(low), pytest.approx(high), base)


def test_money_of_another_currency_than_the_header_and_without_its_own_is_not_read():
    assert read("3,5 tỷ", default=Unit(1e6, "USD"), kind="money") is None
    assert read("500 - 1,5 tỷ", default=TY, kind="money") is None  # 500 tỷ would be more than 1.5 tỷ
    assert read("3.500", default=None, kind="money") is None


# --- how a column writes its numbers


def weighed(*cells):
    return weigh_style((take_apart(c, "area", HA), c, n) for n, c in enumerate(cells, start=5))


def test_the_evidence_of_a_column_is_stated_with_its_rows():
    style = weighed("1.234,5 ha", "80-100", "1.234", "12,5-14,75", "chưa đo", write_number(12.5))
    assert style.decimal == "comma"
    told = style_decision(style, "column 'Diện tích (ha)'")
    assert told.topic == "number"
    assert "decimal comma: 2 cell(s) prove a decimal comma ('1.234,5 ha' in row 5), none proves a decimal point" in told.said
    assert "1 cell(s) that could be read both ways follow them: '1.234' in row 7 = 1,234" in told.said
    assert "1 cell(s) hold true numbers" in told.said


def test_a_column_that_contradicts_itself_has_no_style_and_says_so():
    style = weighed("1,5", "1.5", "1.234")
    assert style.decimal is None
    told = style_decision(style, "c")
    assert "both signs" in told.said
    assert "'1,5' in row 5" in told.said
    assert "'1.5' in row 6" in told.said
    assert "'1.234' in row 7" in told.said


def test_a_column_that_proves_nothing_shows_both_readings():
    told = style_decision(weighed("1.234", "143,700"), "c")
    assert told.sample == "'1.234' = 1,234 or 1.234"
    assert "not read" in told.said
    assert style_decision(weighed("12", "7 ha"), "c") is None


def test_numbers_of_a_file_prove_nothing_of_texts_beside_them():
    style = weighed(write_number(12.5), write_number(0.25), "1.234")
    assert style.decimal is None
    assert style.exact == 2
    assert read(write_number(12.5)).low == 125_000


def test_both_readings_of_a_cell_that_reads_both_ways():
    assert [q.low for q in readings(take_apart("1.234", "area", HA))] == [12_340_000, 12_340]
    assert [q.high for q in readings(take_apart("1.234-2.500", "area", HA))] == [25_000_000, 25_000]
    assert readings(take_apart("1.234,5", "area", HA)) is None
    assert readings(take_apart("12", "area", HA)) is None


# --- round trips

AMOUNTS = st.decimals(min_value="0.01", max_value="9999999", places=2)


def written(value, style):
    return format_number(float(value), "vi" if style == "comma" else "en")


@given(AMOUNTS, st.sampled_from(["comma", "point"]), st.sampled_from(["", " ha", " m²", " km2"]))
def test_a_quantity_written_in_either_style_is_read_back(value, style, unit):
    text = written(value, style) + unit
    factor = {"": 1e4, " ha": 1e4, " m²": 1.0, " km2": 1e6}[unit]
    quantity = read(text, weighed(text).decimal)
    assert quantity.low == pytest.approx(float(value) * factor)


@given(
    st.lists(AMOUNTS, min_size=2, max_size=2, unique=True),
    st.sampled_from(["comma", "point"]),
    st.sampled_from(["-", " đến ", "–"]),
)
def test_a_range_in_either_style_is_read_back(values, style, between):
    low, high = sorted(values)
    text = f"{written(low, style)}{between}{written(high, style)} ha"
    quantity = read(text, weighed(text).decimal)
    assert (quantity.low, quantity.high) == (pytest.approx(float(low) * 1e4), pytest.approx(float(high) * 1e4))


@given(
    st.lists(st.tuples(st.integers(0, 999_999), st.integers(0, 999), st.integers(0, 3)), min_size=1, max_size=12),
    st.booleans(),
    st.randoms(),
)
def test_no_reading_is_off_by_a_thousand_whatever_decimals_a_column_has(numbers, comma, random):
    """People write each number with the decimals it has; each is read rightly or not at all, in any order of rows."""
    true, cells = [], []
    for whole, part, places in numbers:
        value = whole + (part // 10 ** (3 - places)) / 10**places if places else float(whole)
        true.append(value)
        cells.append(format_number(value, "vi" if comma else "en", places))
    style = weighed(*cells).decimal
    assert style in (None, "comma" if comma else "point")
    for value, cell in zip(true, cells, strict=True):
        quantity = read(cell, style)
        assert quantity is None or quantity.low == pytest.approx(value * 1e4)
    order = list(range(len(cells)))
    random.shuffle(order)
    assert weighed(*(cells[i] for i in order)).decimal == style


@given(st.text(alphabet="0123456789.,-+;: ()~<>hamkuLCNtừđến²$", max_size=60), st.sampled_from(["comma", "point", None]))
def test_any_text_is_read_or_not_but_breaks_nothing(text, decimal):
    for kind, default in (("area", HA), ("money", TY)):
        taken = take_apart(text, kind, default)
        quantity = None if taken is None else evaluate(taken, decimal)
        if quantity is not None:
            assert not (quantity.low > quantity.high)
            assert all(math.isnan(v) or 0 <= v < math.inf for v in (quantity.low, quantity.high))


# --- neighbours


def test_a_slip_against_the_column_is_found_whatever_the_order():
    areas = np.array([12.5, 3.4, 8.0, 45.0, 7.7, 22.0, 5.5, 9.9, 150_000.0, 0.0012])
    found = slips(areas)
    assert found.tolist() == [0] * 8 + [4.0, -4.0]
    assert slips(areas[::-1]).tolist() == found[::-1].tolist()


def test_a_column_that_is_short_or_wide_accuses_nobody():
    assert not slips(np.array([1.0, 2.0, 3.0, 50_000.0])).any()
    assert not slips(np.array([0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 0.5, 50.0, 5000.0])).any()
    assert not slips(np.full(20, math.nan)).any()


def test_exact_numbers_stay_exact_through_a_workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    from plangeo.sources import read_register

    book = openpyxl.Workbook()
    for row in (("Mã dự án", "Tên dự án", "Diện tích (ha)"), ("A", "a", 12.5), ("B", "b", 7.25), ("C", "c", "1.234")):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    frame = read_register(tmp_path / "list.xlsx")
    assert frame["declared_area_m2"].tolist()[:2] == [125_000, 72_500]
    assert frame["declared_area_text"].tolist() == ["", "", "1.234"]
    assert isinstance(frame["Diện tích (ha)"][0], ExactNumber)
