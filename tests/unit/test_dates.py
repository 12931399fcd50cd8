"""Vietnamese dates, as the days they may mean."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.amounts.dates import parse_span

D = dt.date


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("19/3/2024", D(2024, 3, 19), D(2024, 3, 19), "day"),
        ("ngày 19 tháng 3 năm 2024", D(2024, 3, 19), D(2024, 3, 19), "day"),
        ("ngày 19/3/2024", D(2024, 3, 19), D(2024, 3, 19), "day"),
        ("19-3-24", D(2024, 3, 19), D(2024, 3, 19), "day"),
        ("19.03.85", D(1985, 3, 19), D(1985, 3, 19), "day"),
        ("2024-03-19", D(2024, 3, 19), D(2024, 3, 19), "day"),
        ("2024-03-19 00:00:00", D(2024, 3, 19), D(2024, 3, 19), "day"),
        ("tháng 2/2024", D(2024, 2, 1), D(2024, 2, 29), "month"),
        ("tháng 02 năm 2023", D(2023, 2, 1), D(2023, 2, 28), "month"),
        ("12/2025", D(2025, 12, 1), D(2025, 12, 31), "month"),
        ("Quý II/2025", D(2025, 4, 1), D(2025, 6, 30), "quarter"),
        ("quý IV năm 2025", D(2025, 10, 1), D(2025, 12, 31), "quarter"),
        ("Q1/2026", D(2026, 1, 1), D(2026, 3, 31), "quarter"),
        ("2030", D(2030, 1, 1), D(2030, 12, 31), "year"),
        ("năm 2030", D(2030, 1, 1), D(2030, 12, 31), "year"),
    ],
)
def test_dates(text, first, last, precision):
    span = parse_span(text)
    assert (span.first, span.last, span.precision) == (first, last, precision)


@pytest.mark.parametrize(
    "text", ["", "45370", "31/2/2024", "12/31/2024", "13/2025", "Quý V/2025", "2024/2025", "1234", "236/QĐ-TTg", "x" * 99]
)
def test_no_dates(text):
    assert parse_span(text) is None


def test_what_had_to_be_assumed_is_said():
    assert "3 April 2024" in parse_span("03/04/2024").assumed
    assert "3 April 2024" in parse_span("3/4-2024").assumed
    assert "two digits of a year mean 2024" in parse_span("19/3/24").assumed
    for plain in ("19/3/2024", "3/3/2024", "2024-04-03", "ngày 3 tháng 4 năm 2024", "Quý II/2025"):
        assert parse_span(plain).assumed == ""


@given(st.dates(D(1970, 1, 1), D(2069, 12, 31)))
def test_a_day_reads_back_in_every_form(day):
    for form in ("{d:02d}/{m:02d}/{y}", "{d}-{m}-{y}", "{d}.{m}.{y}", "ngày {d} tháng {m} năm {y}", "{y}-{m:02d}-{d:02d}"):
        span = parse_span(form.format(d=day.day, m=day.month, y=day.year))
        assert span.first == span.last == day
    assert parse_span(f"{day.day}/{day.month}/{day.year % 100:02d}").first == day
