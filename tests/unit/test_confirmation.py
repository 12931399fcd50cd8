"""The officer's file: read from CSV, from the sheet of a reconciliation, refused when it contradicts itself."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import plangeo as pg
from plangeo.errors import TableError
from plangeo.reconciling.confirmation import read_confirmations
from plangeo.reconciling.listsheets import sheets_of
from plangeo.workbook import write_sheets


def listed(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["site_id", "name"])


def word(left: str, right: str, decision: str = "same", who: str = "Lan", date: str = "2025-07-01") -> dict[str, str]:
    return {"left_id": left, "right_id": right, "decision": decision, "who": who, "date": date}


LEFT = listed(("A1", "Khu dân cư Tân Thanh"), ("A2", "Chợ Bãi Bồi"))
RIGHT = listed(("B1", "Khu đô thị Ven Suối"), ("B2", "Chợ đầu mối Bãi Bồi"), ("B3", "Khu đô thị Bờ Lau"))


def outcomes(confirmed: pd.DataFrame | str | Path) -> set[tuple[str, str, str]]:
    told = pg.reconcile(LEFT, RIGHT, confirmed=confirmed).outcomes
    return set(told[["left_ids", "right_ids", "outcome"]].itertuples(index=False, name=None))


def test_what_no_rule_joins_an_officer_may() -> None:
    assert ("A1", "B1", "changed") in outcomes(pd.DataFrame([word("A1", "B1")]))
    assert ("A1", "B1; B3", "split") in outcomes(pd.DataFrame([word("A1", "B1"), word("A1", "B3")]))
    assert ("A1; A2", "B1", "merged") in outcomes(pd.DataFrame([word("A1", "B1"), word("A2", "B1")]))


def test_what_a_rule_joins_an_officer_may_part() -> None:
    same = listed(("A1", "Trung tâm logistics Bến Sương"))
    alone = pg.reconcile(same, same, confirmed=pd.DataFrame([word("A1", "A1", "khác")])).outcomes
    assert sorted(alone["outcome"]) == ["only_left", "only_right"]


@pytest.mark.parametrize("text", ["left_id,right_id,decision,who,date\nA1,B1,same,Lan,1/7/2025\nA2,B2,,,\n"])
def test_csv_with_undecided_rows(tmp_path: Path, text: str) -> None:
    file = tmp_path / "confirm.csv"
    file.write_text(text, "utf-8")
    assert [(d.left_id, d.right_id, d.same, str(d.date)) for d in read_confirmations(file)[0]] == [
        ("A1", "B1", True, "2025-07-01")
    ]


def test_the_sheet_of_a_reconciliation_comes_back_filled_in(tmp_path: Path) -> None:
    left, right = listed(("P-1", "Mỏ cát Bãi Vàng")), listed(("P-1", "Nhà máy gạch Cầu Ngầm"))
    file = tmp_path / "diff.xlsx"
    write_sheets(sheets_of(pg.reconcile(left, right)), file)
    assert read_confirmations(file) == ([], [])
    book = openpyxl.load_workbook(file)
    sheet = book["Cần xác nhận"]
    heading = [c.value for c in sheet[1]]
    for name, value in (("Quyết định", "cùng"), ("Người xác nhận", "Trần Lan"), ("Ngày xác nhận", "2/7/2025")):
        sheet.cell(2, heading.index(name) + 1).value = value
    book.save(file)
    told = pg.reconcile(left, right, confirmed=file).outcomes.iloc[0]
    assert (told["outcome"], told["reason"], told["confirmed_by"]) == ("changed", "confirmed", "Trần Lan, 2025-07-02")


def test_a_bad_row_is_told_with_its_fault_and_the_others_hold() -> None:
    bad = [word("A1", "B1", "maybe"), word("A1", "B1", who=""), word("A1", "B1", date="soon"), word("", "B1")]
    made, refused = read_confirmations(pd.DataFrame([*bad, word("A2", "B3")]))
    assert [(d.left_id, d.right_id) for d in made] == [("A2", "B3")]
    told = [f"{r.where}: {r.problem}" for r in refused]
    faults = ("row 1: the decision 'maybe'", "row 2: nobody", "row 3: 'soon'", "row 4: left_id")
    assert len(told) == len(faults)
    assert all(fault in text for fault, text in zip(faults, told, strict=True))
    result = pg.reconcile(LEFT, RIGHT, confirmed=pd.DataFrame([*bad, word("A2", "B3")]))
    found = set(result.outcomes[["left_ids", "right_ids"]].itertuples(index=False, name=None))
    assert ("A2", "B3") in found
    assert ("A1", "B1") not in found, "a row with a fault is never applied"
    assert sum("this confirmation has no effect" in d.said for d in result.decisions) == 4


def test_of_contradictions_none_holds() -> None:
    rows = [word("A1", "B1"), word("A1", "B1", "different"), word("A2", "B3")]
    made, refused = read_confirmations(pd.DataFrame(rows))
    assert [(d.left_id, d.right_id) for d in made] == [("A2", "B3")]
    assert [r.problem.rpartition(" in ")[2] for r in refused] == ["row 2", "row 1"]
    several = pd.DataFrame([word("A1", "B1"), word("A1", "B3"), word("A2", "B1")])
    result = pg.reconcile(LEFT, RIGHT, confirmed=several)
    assert not (
        result.outcomes["left_ids"].ne("") & result.outcomes["right_ids"].ne("") & result.outcomes["confirmed_by"].ne("")
    ).any()
    assert sum("not several with several" in d.said for d in result.decisions) == 3


def test_one_bad_row_of_a_chain_leaves_the_other_groups_alone() -> None:
    left, right = listed(*((f"A{n}", f"Chợ {n}") for n in (1, 2, 3))), listed(*((f"B{n}", f"Trường {n}") for n in (1, 2, 3)))
    rows = [word("A1", "B1"), word("A1", "B2"), word("A2", "B2"), word("A3", "B3")]
    found = pg.reconcile(left, right, confirmed=pd.DataFrame(rows)).outcomes
    assert found.loc[found["confirmed_by"] != "", "left_ids"].tolist() == ["A3"]


def test_unknown_identifiers_are_reported() -> None:
    result = pg.reconcile(LEFT, RIGHT, confirmed=pd.DataFrame([word("A9", "B1")]))
    assert any("not in the lists" in d.said and "A9 – B1" in d.sample for d in result.decisions)


def test_a_file_without_its_columns_is_refused() -> None:
    with pytest.raises(TableError, match="no column right_id, decision"):
        read_confirmations(pd.DataFrame({"left_id": ["A1"], "who": ["x"], "date": ["2025-01-01"]}))


def test_a_decision_on_names_that_are_others_now_has_no_effect() -> None:
    row = word("A1", "B1") | {"left_name": "KHU DÂN CƯ TÂN THANH", "right_name": "Khu đô thị Ven Suối"}
    assert ("A1", "B1", "changed") in outcomes(pd.DataFrame([row]))
    row["right_name"] = "Chợ Bãi Bồi"  # the row numbers moved since
    result = pg.reconcile(LEFT, RIGHT, confirmed=pd.DataFrame([row]))
    assert ("A1", "") in set(result.outcomes[["left_ids", "right_ids"]].itertuples(index=False, name=None))
    assert any("confirm these pairs again" in d.said for d in result.decisions)
