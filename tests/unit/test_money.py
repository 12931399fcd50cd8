"""Declared capital: in its own currency, with its ends, never converted and never guessed."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from plangeo.canonical import canonical_register
from plangeo.profiles import load_profile

VN = load_profile("vn")
OPEN = math.nan


def capital(cells, header="Tổng mức đầu tư (tỷ đồng)"):
    return canonical_register(pd.DataFrame({header: cells}), VN, source="a", columns={header: "declared_capital"})


def said(frame):
    return "\n".join(map(str, frame.attrs["plangeo"]["decisions"]))


def test_a_header_unit_applies_to_bare_numbers_and_a_cells_own_wins():
    frame = capital(["3.500", "1,5", "850 triệu đồng", "3.500-4.500", "khoảng 2.000 tỷ", "hơn 500", ""])
    assert frame["capital_min_vnd"].tolist() == pytest.approx([3.5e12, 1.5e9, 8.5e8, 3.5e12, 2e12, 5e11, OPEN], nan_ok=True)
    assert frame["capital_max_vnd"].tolist() == pytest.approx([3.5e12, 1.5e9, 8.5e8, 4.5e12, 2e12, OPEN, OPEN], nan_ok=True)
    assert frame["capital_approx"].tolist() == [False] * 4 + [True, True, False]
    assert frame["capital_currency"].tolist() == ["VND"] * 6 + [""]
    assert frame["declared_capital"].tolist()[:3] == ["3.500", "1,5", "850 triệu đồng"]
    assert "decimal comma" in said(frame)


def test_dollars_stay_dollars():
    frame = capital(["150 triệu USD", "3.500,0 tỷ đồng (khoảng 150 triệu USD)", "20 triệu EUR"])
    assert frame["capital_min_usd"].tolist() == pytest.approx([1.5e8, 1.5e8, OPEN], nan_ok=True)
    assert frame["capital_min_vnd"].tolist() == pytest.approx([OPEN, 3.5e12, OPEN], nan_ok=True)
    assert frame["capital_currency"].tolist() == ["USD", "VND", "EUR"]
    assert "stay in their own currency" in said(frame)


@pytest.mark.parametrize("cell", ["3.500", "3500", "850.000"])
def test_without_a_unit_nothing_is_read_and_it_is_said(cell):
    frame = capital([cell], "Tổng mức đầu tư")
    assert frame[["capital_min_vnd", "capital_max_vnd"]].isna().all().all()
    assert "The header states no unit" in said(frame)
    assert repr(cell) in said(frame)


def test_what_reads_both_ways_is_not_read():
    frame = capital(["3.500", "1.200"])
    assert frame["capital_min_vnd"].isna().all()
    assert "'3.500' = 3,500 or 3.5" in said(frame)


def test_a_thousandfold_slip_is_told_and_kept():
    frame = capital(["120", "85", "300", "95", "210", "150", "60", "175", "150.000.000"])
    assert frame["capital_min_vnd"].tolist()[-1] == 1.5e17
    assert "in row 9" in said(frame)
    assert "Nothing was changed" in said(frame)


def test_numbers_of_a_workbook_are_exact():
    assert capital([3500.5, 1.234])["capital_min_vnd"].tolist() == pytest.approx([3.5005e12, 1.234e9])


@pytest.mark.parametrize("cell", ["Vốn ngân sách", "theo dự án được duyệt", "3,5 tỷ đồng (vốn vay)", "12 ha"])
def test_words_stay_words(cell):
    frame = capital([cell])
    assert frame["capital_min_vnd"].isna().all()
    assert frame["capital_currency"].tolist() == [""]
    assert repr(cell) in said(frame)
