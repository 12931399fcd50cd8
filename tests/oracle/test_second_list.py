"""The sample's list against a second one with thirty differences written by hand: all are found, none is invented."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import plangeo as pg
from tests.secondlist import KNOWN, write_second_list


def told(result: pd.DataFrame) -> set[tuple[str, str, str, str, str]]:
    """Outcomes that say anything but: the same, in every letter."""
    rows = zip(*(result[c] for c in ("left_ids", "right_ids", "outcome", "changes", "wording")), strict=True)
    return {row for row in rows if row[2:] != ("same", "", "")}


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_second_list(tmp_path_factory.mktemp("lists") / "second.xlsx")


def test_thirty_differences_are_found_and_none_is_invented(second: Path) -> None:
    assert len(KNOWN) == 30
    result = pg.reconcile(pg.sample("projects.xlsx"), second)
    assert told(result.outcomes) == {(k.left, k.right, k.outcome, k.changes, k.wording) for k in KNOWN}
    assert len(result.members) == 77 + 78


def test_the_lists_exchanged_give_the_mirror_image(second: Path) -> None:
    mirror = {"only_left": "only_right", "only_right": "only_left", "split": "merged", "merged": "split"}
    result = pg.reconcile(second, pg.sample("projects.xlsx"))
    assert told(result.outcomes) == {(k.right, k.left, mirror.get(k.outcome, k.outcome), k.changes, k.wording) for k in KNOWN}


def test_another_order_of_rows_changes_nothing(second: Path, tmp_path: Path) -> None:
    result = pg.reconcile(pg.sample("projects.xlsx"), write_second_list(tmp_path / "other.xlsx", seed=11))
    assert told(result.outcomes) == {(k.left, k.right, k.outcome, k.changes, k.wording) for k in KNOWN}


def test_numbers_of_differences_are_those_made_by_hand(second: Path) -> None:
    found = pg.reconcile(pg.sample("projects.xlsx"), second).differences.set_index(["left_id", "field"])
    assert found.loc[("P-0012", "area"), "amount"] == pytest.approx((124 - 12.4) * 1e4)
    assert found.loc[("P-0012", "area"), "relative"] == pytest.approx(9.0)
    assert found.loc[("P-0016", "capital"), "amount"] == pytest.approx(85e9)
    assert found.loc[("P-0052", "geometry"), "amount"] == pytest.approx(800)
    assert found.loc[("P-0053", "geometry"), "amount"] == pytest.approx(12_000)
    assert found.loc[("P-0050", "area"), "right"] == "25,00 ha + 19,70 ha"
    assert found.loc[("P-0004", "capital"), "kind"] == "one_sided"


def test_a_list_against_itself_says_nothing() -> None:
    result = pg.reconcile(pg.sample("projects.xlsx"), pg.sample("projects.xlsx"))
    assert told(result.outcomes) == set()
    assert result.differences.empty
    assert result.summary().loc["same", "left"] == 77


def test_lists_of_other_projects_have_nothing_in_common() -> None:
    other = pg.read_sites(pg.sample("annual_list.xlsx"), sheet="Biểu 10")
    result = pg.reconcile(pg.sample("projects.xlsx"), other)
    assert result.summary()["outcomes"].to_dict() == {
        **dict.fromkeys(("ambiguous", "split", "merged", "changed", "same"), 0),
        "only_left": 77,
        "only_right": 15,
    }
