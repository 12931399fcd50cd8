"""Notes to the stops of a briefing: every row of the file is told of, none is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.briefingnotes import LONGEST, is_shown, notes_sheet
from plangeo.errors import InputError
from plangeo.maps import make_map
from plangeo.panels.walk import data
from plangeo.studies import add_studies
from plangeo.study import StudyFile
from tests.makers import rulebook, site, sites, square, zones

IDS = ("S1", "S2")


def table(path: Path, text: str) -> list[dict[str, object]]:
    path.write_text(text, encoding="utf-8")
    return notes_sheet(StudyFile(path), IDS).frame.to_dict("records")  # type: ignore[no-any-return]


def test_csv_and_yaml_say_the_same(tmp_path: Path) -> None:
    csv = table(tmp_path / "a.csv", "Mã dự án;Thứ tự;Ghi chú;note_en\nS2;1;Một, hai;One\nS1;2;;Two\n")
    yaml = table(
        tmp_path / "a.yaml",
        "notes:\n- {site_id: S2, order: 1, note_vi: 'Một, hai', note_en: One}\n- {site_id: S1, order: 2, note_en: Two}\n",
    )
    for rows in (csv, yaml):
        assert [r.pop("source_row") for r in rows] == [2, 3]
    assert csv == yaml
    assert [(r["site_id"], r["order"], r["note_vi"], r["note_en"], r["problem"]) for r in csv] == [
        ("S2", 1, "Một, hai", "One", ""),
        ("S1", 2, "", "Two", ""),
    ]


def test_bad_rows_stay_with_their_problem(tmp_path: Path) -> None:
    rows = table(
        tmp_path / "b.csv",
        f"site_id,order,note,colour\nS9,1,a,\n,2,b,\nS1,ba,c,\nS1,,,red\nS2,-1,d,\nS2,,{'x' * (LONGEST + 5)},\n\nS1,0,e,\n",
    )
    assert [(r["source_row"], r["problem"]) for r in rows] == [
        (2, "unknown_site"),
        (3, "no_site"),
        (4, "bad_order"),
        (5, "nothing_said"),
        (6, "bad_order"),
        (7, "too_long"),
        (9, "bad_order"),
    ]
    assert [is_shown(str(r["problem"])) for r in rows] == [False, False, True, False, True, True, True]
    assert len(str(rows[5]["note_vi"])) == LONGEST
    sheet = notes_sheet(StudyFile(tmp_path / "b.csv"), IDS)
    assert sheet.note is not None
    assert "colour" in sheet.note.en
    mixed = table(tmp_path / "c.yaml", "- S1\n- {site_id: S1, note: a, note_vi: b}\n")
    assert [(r["problem"], r["note_vi"]) for r in mixed] == [("not_a_row", ""), ("", "a b")]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"name,note\nx,y\n", "notes_malformed"),
        ("a.csv", b"", "notes_malformed"),
        ("a.csv", b"site_id,note,note_vi\nS1,a,b\n", "notes_malformed"),
        ("a.csv", "site_id,note\nS1,Đất\n".encode("utf-16"), "text_not_utf8"),
        ("a.yaml", b"colour: red\n", "notes_malformed"),
        ("a.yaml", b"- {site_id: !!python/object:os.system x}\n", "notes_malformed"),
        ("a.pdf", b"%PDF", "format_unknown"),
        ("a.csv", b"site_id,note\n" + b"S1,x\n" * 5_001, "file_too_large"),
        ("a.csv", b"x" * 2_000_001, "file_too_large"),
    ],
)
def test_a_file_that_is_no_list_of_notes_is_refused(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name) as fault:
        notes_sheet(StudyFile(tmp_path / name), IDS)
    assert fault.value.code == code


@given(
    cells=st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)] * 3), max_size=8
    )
)
def test_rows_in_are_rows_out(tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str, str]]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    written = [row for row in cells if any(cell.strip() for cell in row)]
    lines = ["site_id,order,note", *(",".join(map(quoted, row)) for row in written)]
    rows = table(tmp_path_factory.getbasetemp() / "drawn.csv", "\n".join(lines))
    assert len(rows) == len(written)
    for row in rows:
        assert row["problem"] or row["site_id"] in IDS


def test_the_study_and_the_map_take_the_same_file_and_no_verdict_moves(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("site_id,order,note\nS1,2,đầu\nS1,1,sau\nS7,1,lạc\n", encoding="utf-8")
    ground = zones(("z1", "ODT", square(-500, -500, 1000), "P1"))
    result = assess(sites(site("S1", square(0, 0, 100)), site("S2", None)), rulebook(), on="2025-07-01", zones=ground)
    studied = add_studies(result, only=["briefing_notes"], files={"briefing_notes": StudyFile(path)})
    assert studied.sites.equals(result.sites)
    assert data(studied) == {
        "notes": {"S1": [["đầu", ""], ["sau", ""]]},
        "order": {"S1": 1.0},
        "problems": [{"row": 4, "id": "S7", "words": ["không có dự án mang mã này", "no project has this id"]}],
        "left_out": 0,
    }
    assert data(add_studies(result, only=["briefing_notes"]))["notes"] == {}
    assert make_map(result, notes=path).get_root().render() == make_map(studied).get_root().render()
