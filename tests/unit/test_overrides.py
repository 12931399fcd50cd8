"""The officer's decisions: every row shown, none changes a verdict, stale ones flagged, what cannot be told said."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from plangeo.assessment import assess
from plangeo.errors import InputError
from plangeo.manifest import verdict_digest
from plangeo.model import Assessment
from plangeo.overrides.decisionfile import read_decisions
from plangeo.overrides.fingerprints import PARTS, changed_parts, fingerprints, well_formed
from plangeo.report import read_explanations, write_outputs
from plangeo.studies import add_studies
from plangeo.study import StudyFile, sheet_of
from tests.makers import RULES, plan, rule, rulebook, site, sites, square, zones

ON = dt.date(2025, 7, 1)
ZONES = [
    ("Z1", "LUC", square(0, 0, 1000), "P1"),
    ("Z2", "SKK", square(1000, 0, 1000), "P1"),
]
SITES = [
    site("A", square(400, 400, 100), "industrial_park"),
    site("B", square(1400, 400, 100), "industrial_park"),
    site("C", square(1600, 700, 100), "industrial_park"),
]
HEAD = "Mã,Tên dự án,Quyết định,Lý do,Cán bộ,Ngày,Văn bản,Dấu kiểm"


def judged(on: dt.date = ON, places: Any = SITES, ground: Any = ZONES, **sections: Any) -> Assessment:
    return assess(sites(*places), rulebook(**sections), on=on, zones=zones(*ground))


def studied(result: Assessment, folder: Path, *rows: str, head: str = HEAD) -> Any:
    path = folder / "decisions.csv"
    path.write_text("\n".join([head, *rows]), "utf-8-sig")
    told = add_studies(result, only=["officer_decisions"], files={"overrides": StudyFile(path)})
    assert not told.studies_not_run, told.studies_not_run
    return sheet_of(told, "officer_decisions")


def row(site_id: str = "A", mark: str = "", date: str = "01/03/2025", decision: str = "Phù hợp") -> str:
    return f"{site_id},,{decision},Đã có văn bản thỏa thuận,Nguyễn Văn A,{date},12/QĐ,{mark}"


def test_a_decision_with_its_fingerprint_is_current(tmp_path: Path) -> None:
    result = judged()
    table = studied(result, tmp_path, row(mark=fingerprints(result)["A"]))
    told = table.iloc[0]
    assert (told["status"], told["verdict"], told["decided"], told["agrees"]) == ("current", "not_permitted", "permitted", "no")
    assert told["date"] == dt.date(2025, 3, 1)
    assert told["problem"] == ""


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("place", {"places": [site("A", square(400, 400, 120), "industrial_park"), *SITES[1:]]}),
        ("particulars", {"places": [SITES[0] | {"accuracy_m": 5.0}, *SITES[1:]]}),
        ("ground", {"ground": [("Z1", "RPH", ZONES[0][2], "P1"), ZONES[1]]}),
        ("law", {"rules": [*[r for r in RULES if r["zone"] != ["LUC", "RPH", "RDD"]], rule("*", "LUC", "unknown")]}),
        ("law", {"plans": [plan("P1", status="revoked")]}),
        ("law", {"triggers": [{"code": "rice", "zone": "LUA", "area_ha": 2, "needs": "x", "basis": {"document": "Luật"}}]}),
    ],
)
def test_what_changed_since_makes_it_stale_and_is_named(part: str, change: dict[str, Any], tmp_path: Path) -> None:
    before = fingerprints(judged())["A"]
    after = judged(**change)
    assert part in changed_parts(before, fingerprints(after)["A"])
    told = studied(after, tmp_path, row(mark=before)).iloc[0]
    assert told["status"] == "stale"
    assert PARTS[part].en in told["since_en"]


def test_a_change_elsewhere_leaves_it_current(tmp_path: Path) -> None:
    before = fingerprints(judged())["A"]
    after = judged(
        places=[SITES[0], site("B", square(1100, 100, 50), "housing")], ground=[ZONES[0], ("Z9", "RDD", ZONES[1][2], "P1")]
    )
    assert fingerprints(after)["A"] == before
    assert studied(after, tmp_path, row(mark=before)).iloc[0]["status"] == "current"


def test_another_date_with_the_same_law_leaves_it_current() -> None:
    assert fingerprints(judged()) == fingerprints(judged(dt.date(2026, 7, 1)))
    assert fingerprints(judged()) != fingerprints(judged(dt.date(2031, 7, 1)))  # the plan ended


def test_fingerprints_do_not_depend_on_the_order_or_the_company() -> None:
    whole = fingerprints(judged())
    assert fingerprints(judged(places=SITES[::-1], ground=ZONES[::-1])) == whole
    assert fingerprints(judged(places=SITES[:1]))["A"] == whole["A"]
    assert all(well_formed(mark) for mark in whole.values())


def test_without_a_fingerprint_nobody_can_tell(tmp_path: Path) -> None:
    told = studied(judged(), tmp_path, row()).iloc[0]
    assert told["status"] == "unknown"
    assert "no fingerprint" in told["since_en"]
    assert well_formed(told["fingerprint_now"])


@pytest.mark.parametrize(
    ("day", "status", "words"),
    [
        ("31/12/2020", "stale", "P1 took effect on 2021-01-01"),
        ("01/01/2021", "stale", "P1 ended after 2030-12-31"),
        ("30/12/2030", "stale", "P1 ended after 2030-12-31"),
        ("31/12/2030", "stale", "P1 ended after 2030-12-31"),
        ("01/01/2031", "unknown", ""),
    ],
)
def test_a_plan_that_began_or_ended_after_the_decision_makes_it_stale(day: str, status: str, words: str, tmp_path: Path) -> None:
    told = studied(judged(dt.date(2031, 6, 1)), tmp_path, row(date=day)).iloc[0]
    assert told["status"] == status
    assert words in told["since_en"]


def test_a_rule_that_began_after_the_decision_makes_it_stale(tmp_path: Path) -> None:
    rules = [*[r for r in RULES if r["zone"] != "SKK"], rule("industrial_park", "SKK", "permitted", start="2025-06-01")]
    told = studied(judged(rules=rules), tmp_path, row("B"), row("B", date="2025-06-01"), row("A"))
    assert told["status"].tolist() == ["stale", "unknown", "unknown"]
    assert "the rule on SKK holds since 2025-06-01" in told["since_en"].iloc[0]


def test_rows_in_are_rows_out_and_every_doubt_is_said(tmp_path: Path) -> None:
    table = studied(
        judged(),
        tmp_path,
        row("A"),
        row("A", date="2025-02-30"),
        row("X"),
        ",,Phù hợp,lý do,A,1/1/2025,1,",
        ",dự án b,tôi đồng ý,lý do,A,1/1/2025,1,",
        "B,Dự án C,Phù hợp,lý do,A,1/1/2025,1,",
        "B,Tên cũ,Phù hợp,,,,,xyz",
        "C,,,lý do,A,2099-01-01,1,",
    )
    assert table["problem"].tolist() == [
        "several_decisions",
        "bad_date; several_decisions",
        "unknown_site",
        "no_site",
        "several_decisions",
        "other_name",
        "no_reason; no_officer; no_date; no_document; name_differs; several_decisions; bad_fingerprint",
        "no_decision; later_than_on",
    ]
    assert table["site_id"].tolist() == ["A", "A", "X", "", "B", "B", "B", "C"]
    assert table.geometry.isna().tolist() == [False, False, True, True, False, True, False, False]
    assert table["status"].tolist()[2:6] == ["not_matched", "not_matched", "unknown", "not_matched"]
    assert table["decided"].iloc[4] == ""  # free text is kept, not read as a verdict
    assert table["decision"].iloc[4] == "tôi đồng ý"
    assert (table["source_row"] == range(2, 10)).all()


def test_a_name_that_several_projects_bear_is_not_guessed(tmp_path: Path) -> None:
    alike = [SITES[0] | {"name": "Chợ"}, SITES[1] | {"name": "CHỢ"}, SITES[2]]
    told = studied(judged(places=alike), tmp_path, ",chợ,Phù hợp,l,A,1/1/2025,1,").iloc[0]
    assert (told["status"], told["problem"]) == ("not_matched", "several_sites")


def test_no_verdict_or_count_turns(tmp_path: Path) -> None:
    result = judged()
    path = tmp_path / "d.csv"
    path.write_text(f"{HEAD}\n{row(decision='Phù hợp')}\n{row('B', decision='Chưa phù hợp')}", "utf-8")
    told = add_studies(result, files={"overrides": StudyFile(path)})
    assert verdict_digest(told.sites) == verdict_digest(result.sites)
    pd.testing.assert_frame_equal(told.summary(), result.summary())
    out = write_outputs(told, tmp_path / "out")
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["counts"]["verdicts"]["not_permitted"] == 1
    said = read_explanations(out)["A"]
    assert "Quyết định của cán bộ: Phù hợp (Nguyễn Văn A, 01/03/2025, 12/QĐ)" in said["vi"]
    assert f"Fingerprint: {fingerprints(result)['A']}" in said["en"]
    book = pd.read_excel(out / "report.xlsx", sheet_name=None, engine="openpyxl")
    projects = book["Dự án"].set_index("Mã dự án")
    assert projects.loc["A", "Kết luận"] == "Chưa phù hợp"
    assert str(projects.loc["A", "Quyết định của cán bộ"]).startswith("Phù hợp (Nguyễn Văn A")
    assert projects.loc["A", "Dấu kiểm"] == fingerprints(result)["A"]
    assert len(book["Quyết định của cán bộ"]) >= 2
    without = write_outputs(result, tmp_path / "plain")
    assert "Quyết định của cán bộ" not in pd.read_excel(without / "report.xlsx", sheet_name="Dự án", engine="openpyxl").columns


def test_excel_and_yaml_tell_the_same(tmp_path: Path) -> None:
    book = tmp_path / "d.xlsx"
    with xlsxwriter.Workbook(str(book)) as workbook:
        workbook.add_worksheet("Bìa").write_string(0, 0, "Danh sách")
        sheet = workbook.add_worksheet("Ý kiến")
        sheet.write_string(0, 0, "Ý KIẾN CỦA CÁN BỘ")
        for n, word in enumerate(("STT", "Mã dự án", "Ý kiến", "Lý do", "Họ và tên", "Ngày ký", "Số hiệu")):
            sheet.write_string(2, n, word)
        for n, word in enumerate(("1", "A", "Phù hợp", "vì", "An", "", "7/QĐ")):
            sheet.write_string(3, n, word)
        sheet.write_datetime(3, 5, dt.datetime(2025, 3, 1), workbook.add_format({"num_format": "dd/mm/yyyy"}))
    yaml = tmp_path / "d.yaml"
    yaml.write_text(
        "decisions:\n- {site_id: A, decision: Phù hợp, reason: vì, officer: An, date: 2025-03-01, document: 7/QĐ}\n", "utf-8"
    )
    from_book, from_yaml = (read_decisions(StudyFile(path)) for path in (book, yaml))
    assert from_book.not_understood == ("STT",)
    a, b = from_book.rows[0], from_yaml.rows[0]
    assert (a.site_id, a.decision, a.reason, a.officer, a.date, a.document) == (
        b.site_id,
        b.decision,
        b.reason,
        b.officer,
        b.date,
        b.document,
    )
    assert (a.row, b.row) == (4, 2)
    assert a.problems == b.problems == ()


def test_entries_of_a_yaml_list_that_are_none_stay(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("- {mã: A, quyết định: Phù hợp, thêm: 1}\n- chỉ là chữ\n", "utf-8")
    file = read_decisions(StudyFile(path))
    assert [r.problems[0] for r in file.rows] == ["no_reason", "not_a_row"]
    assert file.not_understood == ("thêm",)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("d.csv", b"a,b\n1,2\n", "names the project"),
        ("d.csv", "Mã,Quyết định,Kết luận\nA,x,y\n".encode(), "several columns are headed as decision"),
        ("d.csv", "Mã,Quyết định\nA,Phù hợp\n".encode("utf-16-le"), "not UTF-8"),
        ("d.csv", b"M\xe3,Quy\xeat\nA,x\n", "not UTF-8"),
        ("d.xlsx", b"PK\x03\x04nothing", r"d\.xlsx"),
        ("d.docx", b"x", r"read from \.csv, \.xlsx or \.yaml"),
        ("d.yaml", b"!!python/object:os.system [x]", "cannot be read"),
        ("d.yaml", b"decisions: 5", "must be a list"),
        ("d.yaml", b"other: []", "write a list of decisions"),
    ],
)
def test_files_that_are_no_list_are_refused_with_the_reason(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_decisions(StudyFile(path))
    told = add_studies(judged(), only=["officer_decisions"], files={"overrides": StudyFile(path)})
    assert [s.check for s in told.studies_not_run] == ["officer_decisions"]


def test_without_a_file_it_is_listed_as_not_asked() -> None:
    told = add_studies(judged(), only=["officer_decisions"])
    assert "--with overrides=FILE" in told.studies_not_run[0].why.en
