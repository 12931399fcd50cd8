"""The rulebook: what a file may say, what is refused and where, and the law of one day."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import pickle
from pathlib import Path
from typing import Any

import pytest

from plangeo.errors import RulebookError
from plangeo.law.planstatus import TITLES, WORDS, read_status
from plangeo.model import Verdict
from plangeo.rulebook import load_rulebook, rulebook_from_text
from plangeo.text import fold
from tests.makers import CLASSES, RULES, USES, plan, rule, rulebook, rulebook_text

DAY = dt.date(2025, 7, 1)
BOOK = """\
rulebook: {name: T, profile: vn}
plans:
  - {plan_id: P1, title: T, level: l, decision: d, authority: a, valid_from: 2021-01-01, valid_to: null}
uses: [{code: housing, name: Nhà ở}]
"""


def refused(text: str) -> str:
    with pytest.raises(RulebookError) as caught:
        rulebook_from_text(text, "book.yaml")
    return str(caught.value)


def refused_book(**sections: Any) -> str:
    return refused(rulebook_text(**sections))


# --- what a file may say


def test_every_fault_is_told_at_once_with_its_line() -> None:
    told = refused(
        BOOK
        + """\
classes: [{code: A1, parent: NOWHERE}]
rules:
  - {use: housing, zone: LUC, verdict: allowed, basis: {document: x}}
  - {use: housing, zone: LUA, verdict: permitted, basis: {docment: x}}
  - {use: castle, zone: LUA, verdict: permitted, basis: {document: x}}
  - {use: housing, zone: NOPE, verdict: permitted, basis: nobody}
thresholds:
  - {use: "*", zone: LUC, basis: {document: x}}
"""
    )
    assert "book.yaml" in told
    assert "line 7: rules[0].verdict: 'allowed' is not a verdict; use one of 'permitted'" in told
    assert "line 8: rules[1].basis: 'document' is missing" in told
    assert "line 8: rules[1].basis.docment" in told
    assert "line 9: rules: the use 'castle'" in told
    assert "line 10: rules: the zone class 'NOPE' is unknown" in told
    assert "line 10: rules: the basis 'nobody'" in told
    assert "line 12: thresholds[0]: a threshold needs at least one bound" in told
    assert "line 5: the parent class 'NOWHERE'" in told
    assert "8 fault(s)" in told


def test_six_faults_of_six_kinds_are_told_in_one_reading() -> None:
    told = refused(
        """\
rulebook: {name: T, profile: vn, colour: blue}
plans:
  - {plan_id: P1, title: T, level: l, decision: d, authority: a, valid_from: 2021-01-01, valid_to: 2020-12-31, status: gone}
uses: [{code: housing, name: Nhà ở}]
rules:
  - {use: castle, zone: NOPE, verdict: allowed, basis: nobody}
  - {use: housing, zone: [LUC, NADA], verdict: permitted, basis: law}
bases:
  law: {docment: Luật}
thresholds:
  - {use: keep, zone: NIX, basis: law}
precedence:
  - {order: [P1, GHOST], basis: law}
classes: [{code: A1, parent: NOWHERE, colour: red}]
extra: 1
"""
    )
    for fault in (
        "line 1: rulebook.colour: the word 'colour' is not known here",
        "line 3: plans[0].status: 'gone' is not a status of a plan",
        "line 6: rules[0].verdict: 'allowed' is not a verdict",
        "line 6: rules: the use 'castle' is not among 'uses'",
        "line 6: rules: the zone class 'NOPE' is unknown",
        "line 6: rules: the basis 'nobody' is not among 'bases'",
        "line 7: rules: the zone class 'NADA' is unknown",
        "line 9: bases.law: 'document' is missing",
        "line 11: thresholds[0]: a threshold needs at least one bound",
        "line 11: thresholds: the use 'keep'",
        "line 11: thresholds: the zone class 'NIX'",
        "line 13: precedence[0]: precedence must be dated",
        "line 13: precedence: the plan 'GHOST'",
        "line 14: classes[0].colour: 'red'",
        "line 14: the parent class 'NOWHERE'",
        "line 15: extra: the word 'extra'",
    ):
        assert fault in told
    assert "'law' is not among" not in told, "a faulty basis is told once, and not again by those that name it"
    assert "'P1' is not among" not in told


def test_a_faulty_head_or_an_empty_list_of_plans_hides_no_fault_of_a_rule() -> None:
    rules = "rules:\n  - {use: castle, zone: LUC, verdict: permitted, basis: {document: x}}\n"
    for broken in (BOOK.replace("name: T", "nme: T"), BOOK.replace("plan_id: P1, ", ""), BOOK + "more: 1\n", BOOK + "bases: 5\n"):
        told = refused(broken + rules)
        assert "the use 'castle' is not among 'uses'" in told
        assert "'LUC' is unknown" not in told
    told = refused(BOOK.replace("uses: [{code: housing, name: Nhà ở}]", "uses: housing") + rules)
    assert "line 4: uses" in told
    assert "'castle' is not among" not in told, "nobody can say what stands in a list that is none"


def test_a_faulty_entry_is_not_told_again_by_those_that_name_it() -> None:
    told = refused_book(classes=[{"code": "ODT", "colour": "red"}], uses=USES[:1], rules=[rule("housing", "ODT", "permitted")])
    assert "1 fault(s)" in told
    assert "'red' is not a colour; write it as #RRGGBB" in told


@pytest.mark.parametrize(("written", "kept"), [("NO", "NO"), ('"010"', "010"), ("on", "ON"), (" luc2", "LUC2"), ("Ð1", "Đ1")])
def test_codes_are_texts_in_the_form_zones_have(written: str, kept: str) -> None:
    assert kept in rulebook_from_text(BOOK + f"classes: [{{code: {written}}}]\n").classes


@pytest.mark.parametrize("written", ["010", "true", "1.5", "2021-01-01", "null"])
def test_a_code_that_is_no_text_must_be_quoted(written: str) -> None:
    told = refused(BOOK + f"classes: [{{code: {written}}}]\n")
    assert "line 5: classes[0].code" in told
    assert "write it in quotes" in told


@pytest.mark.parametrize("written", ["2021-01-01", '"2021-01-01"'])
def test_days_may_be_dates_or_iso_texts(written: str) -> None:
    assert rulebook_from_text(BOOK.replace("2021-01-01", written)).plans["P1"].valid_from == dt.date(2021, 1, 1)


@pytest.mark.parametrize("written", ["2021", "1/1/2021", "2021-01-01T10:00:00", '"2021-02-31"', "true"])
def test_other_days_are_refused(written: str) -> None:
    assert "line 3: plans[0].valid_from" in refused(BOOK.replace("2021-01-01", written))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "just words",
        BOOK + "extra: 1\n",
        BOOK + "uses: []\n",
        BOOK + "classes: &a [{code: X}]\n",
        BOOK + "classes: !!python/object/apply:os.system [ls]\n",
        BOOK + "---\n" + BOOK,
        BOOK.replace("profile: vn", r'profile: "a\0.yaml"'),
        BOOK.replace("profile: vn", "profile: atlantis"),
        BOOK.replace("name: T", 'name: "\ud800"'),
        "plans: " + "[" * 2000,
        BOOK + "#" * 5_000_001,
    ],
    ids=lambda text: str(len(text)),
)
def test_hostile_or_broken_files_are_rulebook_errors(text: str) -> None:
    refused(text)


def test_a_plan_without_validity_is_refused_but_null_is_an_answer() -> None:
    assert "'valid_to' is missing" in refused(BOOK.replace(", valid_to: null", ""))
    assert rulebook_from_text(BOOK).plans["P1"].valid_to is None


@pytest.mark.parametrize(
    ("bound", "value"), [("area_m2", float("inf")), ("area_m2", -1), ("share", 1.5), ("share", 0), ("width_m", True)]
)
def test_a_threshold_that_forgives_everything_or_nothing_is_refused(bound: str, value: float) -> None:
    shown = "true" if value is True else str(value).replace("inf", ".inf")
    told = refused(BOOK + f"thresholds: [{{use: '*', zone: LUC, {bound}: {shown}, basis: {{document: x}}}}]\n")
    assert f"line 5: thresholds[0].{bound}" in told


@pytest.mark.parametrize(
    "condition",
    [
        {"op": "in", "value": 3},
        {"op": "not_in", "value": []},
        {"op": "<", "value": [1, 2]},
        {"op": "<", "value": "big"},
        {"op": "==", "value": True},
        {"op": "!=", "value": float("nan")},
        {"op": "~", "value": 1},
    ],
)
def test_conditions_that_cannot_be_tested_are_refused(condition: dict[str, Any]) -> None:
    text = rulebook_text(rules=[rule("housing", "ODT", "permitted", conditions=[{"field": "share"} | condition])])
    assert "rules[0].conditions[0]" in refused(text.replace("NaN", ".nan"))


def test_otherwise_is_never_permitted() -> None:
    assert "otherwise" in refused_book(rules=[rule("housing", "ODT", "conditional", otherwise="permitted")])


def test_a_class_of_the_book_keeps_what_it_does_not_say_from_the_profile() -> None:
    book = rulebook_from_text(BOOK + "classes: [{code: LUC, colour: '#FFFFFF'}, {code: LUK, parent: null}]\n")
    assert book.classes["LUC"].colour == "#FFFFFF"
    assert book.ancestors("LUC") == ("LUC", "LUA", "CHN", "NNP")
    assert book.classes["LUC"].name.vi
    assert book.ancestors("LUK") == ("LUK",)


# --- what entries say together


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"plans": [plan("P1", successor="P9")]}, "the successor 'P9'"),
        ({"plans": [plan("P1", successor="P2"), plan("P2", successor="P1")]}, "P1 → P2 → P1"),
        ({"plans": [plan("P1", successor="P1")]}, "P1 → P1"),
        ({"plans": [plan("P1"), plan("P1")]}, "'P1' stands here again"),
        ({"plans": [plan("P1", valid_from="2031-01-01")]}, "later than valid_to"),
        ({"classes": [*CLASSES, {"code": "A", "parent": "B"}, {"code": "B", "parent": "A"}]}, "A → B → A"),
        ({"uses": [*USES, {"code": "park", "name": "Công viên", "synonyms": ["kcn"]}]}, "'kcn' names both"),
        ({"rules": [rule("housing", "ODT", "permitted", start="2025-01-02", end="2025-01-01")]}, "later than 'to'"),
        ({"precedence": [{"order": ["P1", "P7"], "from": "2021-01-01"}]}, "the plan 'P7'"),
        ({"precedence": [{"order": ["P1", "P1"], "from": "2021-01-01"}]}, "twice in 'order'"),
    ],
)
def test_entries_that_cannot_be_true_together(sections: dict[str, Any], told: str) -> None:
    assert told in refused_book(**sections)


def test_rules_contradict_only_on_the_same_days() -> None:
    early = rule("housing", "ODT", "permitted", end="2024-12-31")
    assert rulebook(rules=[early, rule("housing", "ODT", "not_permitted", start="2025-01-01")])
    assert "contradictory rules for 'housing' on 'ODT'" in refused_book(
        rules=[early, rule("housing", ["LUC", "ODT"], "not_permitted", start="2024-12-31")]
    )
    assert "delete one" in refused_book(rules=[early, early])


def test_an_open_rule_contradicts_a_later_one_behind_a_short_one() -> None:
    told = refused_book(
        rules=[
            rule("housing", "ODT", "permitted"),
            rule("housing", "ODT", "unknown", start="2022-01-01", end="2022-12-31"),
            rule("housing", "ODT", "unknown", start="2024-01-01", end="2024-12-31"),
        ]
    )
    assert told.count("contradictory") == 1  # both stand on the one line of this file
    text = (
        BOOK
        + "rules:\n"
        + "".join(
            f"- {{use: housing, zone: ODT, verdict: {v}, basis: {{document: x}}{d}}}\n"
            for v, d in (("permitted", ""), ("unknown", ", from: 2022-01-01, to: 2022-12-31"), ("unknown", ", from: 2024-01-01"))
        )
    )
    assert "line 7: contradictory" in refused(text)
    assert "line 8: contradictory" in refused(text)


def test_precedence_may_change_with_time_but_not_disagree_on_a_day() -> None:
    plans = [plan("A"), plan("B"), plan("C")]
    old = {"order": ["A", "B"], "from": "2021-01-01", "to": "2024-12-31"}
    assert rulebook(plans=plans, precedence=[old, {"order": ["B", "A"], "from": "2025-01-01"}])
    assert "orders A and B otherwise" in refused_book(plans=plans, precedence=[old, {"order": ["B", "A"], "from": "2024-12-31"}])
    circle = [{"order": pair, "from": "2021-01-01"} for pair in (["A", "B"], ["B", "C"], ["C", "A"])]
    assert "go round in a circle" in refused_book(plans=plans, precedence=circle)


def test_lists_that_spell_out_too_many_rules_are_refused_before_they_are_walked() -> None:
    told = refused_book(rules=[rule(["housing"] * 1000, ["ODT"] * 1000, "permitted")])
    assert "spell out 1000000 rules" in told


# --- the law of a day


def test_the_law_of_a_day_keeps_what_is_in_force_and_both_ends_count() -> None:
    dated = {"start": "2024-01-01", "end": "2024-12-31"}
    book = rulebook(
        rules=[rule("housing", "ODT", "permitted", **dated)],
        thresholds=[{"use": "*", "zone": "LUC", "area_m2": 10, "from": "2024-01-01", "to": "2024-12-31"}],
    )
    for day, there in (
        (dt.date(2023, 12, 31), 0),
        (dt.date(2024, 1, 1), 1),
        (dt.date(2024, 12, 31), 1),
        (dt.date(2025, 1, 1), 0),
    ):
        law = book.at(day)
        assert (len(law.rules), len(law.thresholds), law.on) == (there, there, day)
        assert (law.look_up("housing", "ODT") is not None) == bool(there)
        assert set(law.plans) == {"P1"}


def test_without_a_day_there_is_no_law() -> None:
    book = rulebook()
    for ask in (
        lambda: book.plan_status("P1"),
        lambda: book.look_up("housing", "ODT"),
        lambda: book.thresholds_for("housing", "ODT"),
        book.order_for,
    ):
        with pytest.raises(RulebookError, match="at"):
            ask()


def test_a_closed_book_is_not_closed_over_another_day() -> None:
    law = rulebook(DAY)
    assert law.at(DAY) is law
    with pytest.raises(RulebookError, match="closed over 2025-07-01 already"):
        law.at(dt.date(2026, 1, 1))
    with pytest.raises(RulebookError, match=r"datetime\.date"):
        rulebook().at("2025-07-01")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("columns", "day", "status"),
    [
        ({}, "2020-12-31", "pending"),
        ({}, "2021-01-01", "in_force"),
        ({}, "2030-12-31", "in_force"),
        ({}, "2031-01-01", "expired"),
        ({"valid_to": None}, "2099-01-01", "in_force"),
        ({"valid_from": None}, "2025-01-01", "unknown"),
        ({"valid_from": None, "status": "draft"}, "2025-01-01", "pending"),
        ({"valid_from": None, "status": "revoked"}, "2025-01-01", "revoked"),
        ({"status": "Dự thảo"}, "2025-01-01", "pending"),
        ({"status": "bãi bỏ"}, "2025-01-01", "revoked"),
        ({"status": "Đã huỷ bỏ"}, "2025-01-01", "revoked"),
        ({"status": "HẾT HIỆU LỰC"}, "2025-01-01", "expired"),
        ({"status": "revoked"}, "2025-01-01", "revoked"),
        ({"status": "pending"}, "2025-01-01", "pending"),
        ({"status": "chưa có hiệu lực"}, "2025-01-01", "pending"),
        ({"status": "superseded"}, "2025-01-01", "superseded"),
        ({"status": "không rõ"}, "2025-01-01", "unknown"),
        ({"status": "under adjustment"}, "2025-01-01", "in_force"),
        ({"status": "in force"}, "2031-01-01", "expired"),
        ({"status": ""}, "2025-01-01", "in_force"),
        ({"status": "DRAFT"}, "2099-01-01", "pending"),
        ({"status": "đang điều chỉnh"}, "2025-01-01", "in_force"),
        ({"successor": "P2"}, "2025-12-31", "in_force"),
        ({"successor": "P2"}, "2026-01-01", "superseded"),
        ({"successor": "P2"}, "2099-01-01", "superseded"),
        ({"successor": "P3"}, "2026-06-01", "in_force"),
        ({"successor": "P4"}, "2026-06-01", "unknown"),
        ({"successor": "P5"}, "2026-06-01", "superseded"),
        ({"successor": "P6"}, "2026-06-01", "unknown"),
    ],
)
def test_plan_status(columns: dict[str, Any], day: str, status: str) -> None:
    heirs = [plan("P2", valid_from="2026-01-01"), plan("P3", valid_from="2026-01-01", status="draft")]
    heirs += [
        plan("P4", valid_from="2026-01-01", status="revoked"),
        plan("P5", valid_from="2026-01-01", status="superseded"),
        plan("P6", valid_from=None),
    ]
    law = rulebook(dt.date.fromisoformat(day), plans=[plan("P1", **columns), *heirs])
    assert law.plan_status("P1") == status
    assert law.plan_status("not in the book") == "unknown"


@pytest.mark.parametrize("word", ["tạm ngưng", "điều chỉnh", "dự thảo lần 2", "not in force", "không còn hiệu lực", "?"])
def test_a_status_outside_the_list_is_a_fault_with_its_line(word: str) -> None:
    told = refused(BOOK.replace("valid_to: null", f'valid_to: null, status: "{word}"'))
    assert f"line 3: plans[0].status: '{word}' is not a status of a plan" in told
    assert all(known in told for known in ("in_force", "under_adjustment", "revoked", "hết hiệu lực"))


def test_a_plan_built_by_hand_with_another_word_is_never_in_force() -> None:
    book = rulebook()
    strange = dataclasses.replace(book.plans["P1"], status="tạm ngưng")
    law = dataclasses.replace(book, plans={"P1": strange}).at(DAY)
    assert law.plan_status("P1") == "unknown"


def test_no_word_names_two_statuses_and_no_status_is_without_a_title() -> None:
    words = [fold(word) for status, others in WORDS.items() for word in (status, *others)]
    assert len(words) == len(set(words))
    assert WORDS.keys() == TITLES.keys()
    for status, others in WORDS.items():
        assert {read_status(w.upper()) for w in (status, *others, TITLES[status].vi, TITLES[status].en)} == {status}


def test_the_nearest_class_wins_and_there_the_use_before_the_star() -> None:
    law = rulebook(
        DAY,
        rules=[
            rule("housing", "NNP", "permitted"),
            rule("*", "LUA", "not_permitted"),
            rule("*", "RPH", "not_permitted"),
            rule("housing", "RPH", "conditional"),
        ],
    )
    assert law.ancestors("LUC") == ("LUC", "LUA", "NNP")
    found = law.look_up("housing", "LUC")
    assert found is not None
    assert (found.zone, found.verdict) == ("LUA", Verdict.NOT_PERMITTED)
    found = law.look_up("housing", "RPH")
    assert found is not None
    assert found.verdict is Verdict.CONDITIONAL
    assert law.look_up("housing", "SKK") is None


def test_what_the_book_does_not_know_gets_no_rule() -> None:
    law = rulebook(DAY, rules=[rule("*", "ODT", "permitted")])
    assert law.ancestors("XYZ") == ("XYZ",)
    assert law.look_up("housing", "XYZ") is None
    assert law.look_up("housing", "") is None
    assert law.look_up("castle", "ODT") is None
    assert law.look_up("", "ODT") is None


@pytest.mark.parametrize("text", ["housing", "HOUSING", "  nhà  ở", "Nhà ở", "NHA O", "Khu Đô Thị", "Khu đô thị"])
def test_a_use_is_found_by_code_name_or_synonym(text: str) -> None:
    assert rulebook().find_use(text) == "housing"


def test_empty_words_name_no_use() -> None:
    book = rulebook(uses=[{"code": "housing", "name": "Nhà ở", "synonyms": ["", " ", "\u200b"]}], rules=[])
    assert [book.find_use(text) for text in ("", "  ", "\u200b", "castle")] == [None] * 4


def test_thresholds_speak_of_a_class_and_those_below() -> None:
    law = rulebook(
        DAY,
        thresholds=[
            {"use": "*", "zone": "NNP", "area_m2": 1},
            {"use": "housing", "zone": "LUC", "share": 0.02},
            {"use": "industrial_park", "zone": "*", "width_m": 3},
        ],
    )
    assert [t.zone for t in law.thresholds_for("housing", "LUC")] == ["NNP", "LUC"]
    assert [t.zone for t in law.thresholds_for("industrial_park", "RPH")] == ["*"]


def test_a_basis_may_be_named_once() -> None:
    found = rulebook(DAY).look_up("housing", "ODT")
    assert found is not None
    assert found.basis.cite("vi") == "Điều 1, Luật thử"


def test_a_made_up_plan_makes_the_book_illustrative() -> None:
    assert not rulebook().illustrative
    assert rulebook(plans=[plan("P1"), plan("P2", illustrative=True)]).illustrative
    assert rulebook(rulebook={"name": "T", "illustrative": True}).illustrative


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_is_known_by_its_bytes(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "luật.yaml"
    path.write_bytes(mark + BOOK.encode())
    book = load_rulebook(str(path))
    assert book.sha256 == hashlib.sha256(mark + BOOK.encode()).hexdigest()
    assert book.source == str(path)
    assert load_rulebook(path) == book


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"#" * 5_000_010], ids=["missing", "not UTF-8", "too large"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "rules.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RulebookError, match=r"rules\.yaml"):
        load_rulebook(path)
    with pytest.raises(RulebookError):
        load_rulebook(tmp_path)


def test_the_law_travels_to_other_processes() -> None:
    law = rulebook(DAY)
    assert pickle.loads(pickle.dumps(law)) == law  # our own bytes


def test_a_mixed_class_with_a_rule_of_its_own_still_has_its_parts() -> None:
    """Its rule answers for the whole; conditions and requirements of its parts are asked all the same."""
    own = [*CLASSES, {"code": "ODT/RPH", "name": {"vi": "x", "en": "x"}}]
    needs = [
        {"use": "housing", "zone": "RPH", "layer": "relics", "field": "distance_m", "op": ">=", "value": 50, "basis": "test"}
    ]
    rules = [*RULES, rule("housing", "ODT/RPH", "permitted")]
    book = rulebook(DAY, classes=own, rules=rules, requirements=needs).with_mixed(["RPH+ODT", "LUC+??"])
    for code in ("ODT/RPH", "RPH+ODT"):
        assert set(book.parts_of(code)) == {"ODT", "RPH"}
        assert book.falls_under(code, ["RPH"])
        assert book.falls_under(code, ["PNN"])
        assert not book.falls_under(code, ["LUA"])
        assert book.requirements_for("housing", [code]) == (0,)
        assert (found := book.look_up("housing", code)) is not None
        assert found.zone == "ODT/RPH"
    assert book.falls_under("RPH+ODT", ["ODT/RPH"])
    assert book.parts_of("ODT") == book.parts_of("LUC+??") == ()
