"""Cells of workbooks: rows are as high as their text, and only what is surely a number becomes one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.sheetcells import LINE_POINTS, as_number, is_numeric, row_height


@given(st.lists(st.tuples(st.text(max_size=4_000), st.floats(5, 100)), max_size=4))
def test_a_row_holds_at_least_a_line_and_at_most_what_excel_takes(texts: list[tuple[str, float]]) -> None:
    assert LINE_POINTS <= row_height(texts) <= 409


def test_lines_of_the_text_count() -> None:
    assert row_height([("a\nb\nc", 20)]) == 3 * LINE_POINTS
    assert row_height([("x" * 100, 30), ("y", 30)]) == 3 * LINE_POINTS


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("-12", -12), ("540.5", 540.5), ("540,5", 540.5), ("12,3456", 12.3456), ("2025", 2025)],
)
def test_what_can_be_read_in_one_way_is_a_number(text: str, number: float) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize("text", ["", "007", "1.234", "1,234", "1.234,5", "1e5", "=1", "+5", " 5", "5 ha", "٣", "NaN", "1" * 16])
def test_what_can_be_read_in_two_ways_or_is_a_code_stays_text(text: str) -> None:
    assert as_number(text) is None


def test_a_column_of_codes_is_no_column_of_numbers() -> None:
    assert is_numeric("Diện tích (ha)", ["12", "3,5", "khoảng 500", ""])
    assert not is_numeric("Mã dự án", ["12", "13"])
    assert not is_numeric("Ghi chú", ["12", "xem trang 3", "như trên"])
    assert not is_numeric("Vốn", ["", ""])
