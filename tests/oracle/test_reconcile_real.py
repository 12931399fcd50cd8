"""Real lists nobody here wrote, held against themselves: shuffled, in capitals, with communes before and after the reform of 2025."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import plangeo as pg

SHARED = Path(__file__).parents[2].parent / "shared"
CHICAGO = SHARED / "data/chicago/affordable_housing.csv"
LANGSON = SHARED / "domain/langson_projects.csv"


@pytest.mark.skipif(not CHICAGO.exists(), reason="the shared Chicago data are not on this machine")
def test_a_citys_register_with_94_repeated_names() -> None:
    listed = pg.read_sites(CHICAGO, "default")
    result = pg.reconcile(listed, listed.sample(frac=1, random_state=1), profile="default")
    joined = result.outcomes[result.outcomes["outcome"] != "ambiguous"]
    assert (joined["left_ids"] == joined["right_ids"]).all()
    # two rows of one building: nobody can say which is which
    assert result.summary()["left"].to_dict() == {
        **dict.fromkeys(("split", "merged", "changed", "only_left", "only_right"), 0),
        "ambiguous": 2,
        "same": 486,
    }


@pytest.mark.skipif(not LANGSON.exists(), reason="the shared list of Lạng Sơn is not on this machine")
def test_projects_of_lang_son_by_communes_before_and_after_the_reform() -> None:
    told = pd.read_csv(LANGSON, dtype=str).fillna("")
    before = pd.DataFrame(
        {
            "site_id": told["id"],
            "name": told["name_vi"],
            "declared_district": told["former_communes"] + ", " + told["former_districts"],
            "list_date": "2024",
        }
    )
    after = pd.DataFrame(
        {
            "site_id": "N" + told["id"],
            "name": told["name_vi"].str.upper(),
            "declared_district": told["communes_2025"].str.replace(r"\d{5} ", "", regex=True),
            "list_date": "2025-07-01",
        }
    ).sample(frac=1, random_state=2)
    outcomes = pg.reconcile(before, after).outcomes
    assert set(outcomes["outcome"]) <= {"same", "changed"}
    assert ("N" + outcomes["left_ids"] == outcomes["right_ids"]).all()
    # a place is a difference only where one list states none
    assert set(outcomes["changes"]) == {"", "place"}
    assert (outcomes["changes"] == "place").sum() == (told["communes_2025"] == "").sum()
