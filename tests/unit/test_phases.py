"""Phases as years; what states none is kept as written and told."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from plangeo.amounts.phases import parse_phase
from plangeo.canonical import canonical_register
from plangeo.profiles import load_profile

OPEN = math.nan


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021-2025", 2021, 2025),
        ("2026 – 2030", 2026, 2030),
        ("GĐ 2021–2025", 2021, 2025),
        ("Giai đoạn 2021 - 2025", 2021, 2025),
        ("giai đoạn từ 2021 đến 2025", 2021, 2025),
        ("thời kỳ 2021-2030, tầm nhìn đến năm 2050", 2021, 2030),
        ("2021-25", 2021, 2025),
        ("2025", 2025, 2025),
        ("Năm 2025", 2025, 2025),
        ("Kế hoạch năm 2025", 2025, 2025),
        ("sau 2030", 2031, OPEN),
        ("sau năm 2030", 2031, OPEN),
        ("trước năm 2030", OPEN, 2029),
        ("đến 2030", OPEN, 2030),
        ("đến hết năm 2030", OPEN, 2030),
        ("từ năm 2026", 2026, OPEN),
        ("Quý II/2025", 2025, 2025),
        ("Quý III/2025 - Quý I/2027", 2025, 2027),
        ("01/2025-12/2026", 2025, 2026),
        ("2021-2025; 2026-2030", 2021, 2030),
        ("2021-2025 và sau 2025", 2021, OPEN),
        ("01/07/2025", 2025, 2025),
    ],
)
def test_phases(text, first, last):
    assert parse_phase(text) == (pytest.approx(first, nan_ok=True), pytest.approx(last, nan_ok=True))


@pytest.mark.parametrize(
    "text", ["", "giai đoạn 1", "I", "x", "2030-2025", "2010-12", "2021-2025; 2031-2035", "1234-1240", "đang rà soát", "45370"]
)
def test_no_years(text):
    assert parse_phase(text) is None


def test_the_column_keeps_its_words_and_says_what_states_no_years():
    cells = ["2021-2025", "sau 2030", "giai đoạn 1", "-", "03/04/2026", 2025.0]
    frame = canonical_register(pd.DataFrame({"Phân kỳ": cells}), load_profile("vn"), source="a.xlsx")
    assert frame["phase"].tolist()[:4] == ["2021-2025", "sau 2030", "giai đoạn 1", "-"]
    assert frame["phase_from"].tolist() == pytest.approx([2021, 2031, OPEN, OPEN, 2026, 2025], nan_ok=True)
    assert frame["phase_to"].tolist() == pytest.approx([2025, OPEN, OPEN, OPEN, 2026, 2025], nan_ok=True)
    told = "\n".join(map(str, frame.attrs["plangeo"]["decisions"]))
    assert "1 phase(s) state no years and stay as written: 'giai đoạn 1' in row 3" in told
    assert "3 April 2026" in told
