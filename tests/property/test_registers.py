"""Ugly lists of projects: every row is a site or is named, and no site is permitted of which the list says otherwise."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.errors import PlangeoError, PlangeoWarning
from plangeo.sources import read_sites
from tests.effort import examples
from tests.makers import CRS, rulebook
from tests.uglyregisters import List, frame_of, ground, lists

ON = "2025-07-01"
BOOK = rulebook()
GROUND = ground()
kinds = st.sampled_from(["csv", "csv", "tsv", "xlsx"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists")


def read(listed: List, folder: Path, kind: str) -> gpd.GeoDataFrame | None:
    """The list as read; None where plangeo refuses it in so many words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PlangeoWarning)
        try:
            return read_sites(listed.write(folder, kind), crs=CRS)
        except PlangeoError as fault:
            event(f"refused: {fault.code}")
            if fault.code == "fault" or not str(fault):
                raise
            return None


def judged(found: gpd.GeoDataFrame) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PlangeoWarning)
        return frame_of(assess(found, BOOK, on=ON, zones=GROUND).sites)


def named_rows(found: gpd.GeoDataFrame) -> set[int]:
    """Rows of the file of which a decision speaks."""
    told: set[int] = set()
    for decision in found.attrs["plangeo"]["decisions"]:
        listed = re.search(r"rows? ([\d, -]+)$", decision.where)
        for part in listed.group(1).split(",") if listed and decision.topic in ("row", "header") else ():
            first, _, last = part.strip().partition("-")
            told |= set(range(int(first), int(last or first) + 1))
    return told


@examples(8)
@given(lists(), kinds)
def test_every_row_is_a_site_or_is_named_and_only_what_is_sound_is_permitted(folder: Path, listed: List, kind: str) -> None:
    found = read(listed, folder, kind)
    if found is None:
        return
    verdicts = judged(found)
    assert set(verdicts) == {row.marker for row in listed.rows if row.marker}
    filled = {n for n, row in enumerate(listed.rows, start=2) if any(text.strip() for text in row.cells)}
    assert filled <= set(found["source_row"].astype(int)) | named_rows(found)
    for row in (r for r in listed.rows if r.marker):
        told = verdicts[row.marker]
        event(told.verdict)
        if told.verdict != "permitted":
            continue
        assert row.sound, (row, told.geometry)
        assert row.fits, (row, told.geometry)
        assert row.place is not None
        assert (told.geometry.y, told.geometry.x) == pytest.approx(row.place, abs=1), (row, told.geometry)


@examples(3)
@given(lists(between=False), kinds, st.data())
def test_where_rows_and_columns_stand_says_nothing(folder: Path, listed: List, kind: str, data: st.DataObject) -> None:
    """Codes that stand twice are left out: of those the first counts, and that is what this test changes."""
    once = {row.cells[0]: row for row in reversed(listed.rows)}
    plain = List(tuple(once.values()))
    order = data.draw(st.permutations(range(6)))
    other = List(tuple(data.draw(st.permutations(plain.rows))), order=tuple(order), more=("Ghi chú", "Ghi chú", "Người lập"))
    first, second = read(plain, folder, kind), read(other, folder, kind)
    assert (first is None) == (second is None)
    if first is None or second is None:
        return
    shuffled = second.set_axis([7] * len(second))
    before, after = judged(first), judged(shuffled)
    assert {m: r.verdict for m, r in before.items()} == {m: r.verdict for m, r in after.items()}
