"""Sources of money in words, amounts and columns."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.entries.parts import parse_parts
from plangeo.entries.sources import KINDS, amounts_vnd, kinds_of, read_amounts, take_sources


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("Ngân sách Trung ương", "state_central"),
        ("NS TW", ""),
        ("nguồn NSTW", "state_central"),
        ("Vốn ngân sách tỉnh", "state_local"),
        ("Nguồn vốn của nhà đầu tư", "private"),
        ("vốn FDI", "private"),
        ("Vay ODA", "oda"),
        ("BOT", "ppp"),
        ("Các nguồn vốn hợp pháp khác", "other"),
        ("ngân sách nhà nước", "state"),
        ("NSTW, NSĐP", "state_central state_local"),
        ("ngân sách liên bang", ""),
        ("", ""),
        ("vốn", ""),
    ],
)
def test_words(words: str, kinds: str) -> None:
    assert " ".join(kinds_of(words)) == kinds


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("NSTW: 500 tỷ; NSĐP 200 tỷ", [("state_central", 500e9), ("state_local", 200e9)]),
        (
            "Ngân sách trung ương 1.250,5 tỷ đồng, ngân sách tỉnh (200 triệu đồng)",
            [("state_central", 1250.5e9), ("state_local", 2e8)],
        ),
        ("500 tỷ đồng NSTW + 20 tỷ đồng vốn khác", [("state_central", 500e9), ("other", 20e9)]),
        ("Vốn doanh nghiệp", [("private", math.nan)]),
        ("Tổng số: 700 tỷ; ODA: 700 tỷ", [("oda", 700e9)]),
        ("NSTW khoảng 500 tỷ", [("state_central", math.nan)]),
        ("ODA 30 triệu USD", [("oda", math.nan)]),
    ],
)
def test_cells(cell: str, told: list[tuple[str, float]]) -> None:
    pieces = take_sources(cell, None)
    amounts = amounts_vnd(pieces, read_amounts([pieces]))
    assert [" ".join(p.kinds) for p in pieces] == [kind for kind, _ in told]
    assert amounts == pytest.approx([amount for _, amount in told], nan_ok=True)


@given(st.lists(st.tuples(st.sampled_from(["NSTW", "NSĐP", "ODA", "vốn khác"]), st.integers(1, 99_999)), min_size=1, max_size=6))
def test_what_is_written_is_read(sources: list[tuple[str, int]]) -> None:
    pieces = take_sources("; ".join(f"{word}: {amount} triệu đồng" for word, amount in sources), None)
    assert amounts_vnd(pieces, None) == pytest.approx([amount * 1e6 for _, amount in sources])


@given(st.text(max_size=200))
def test_any_text_is_taken_without_harm(text: str) -> None:
    for piece in take_sources(text, None):
        assert set(piece.kinds) <= set(KINDS)
    parse_parts(text)
