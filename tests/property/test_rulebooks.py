"""Ugly rulebooks: nothing is permitted that the file does not permit, and no stricter file permits more."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.errors import RulebookError
from plangeo.model import Assessment, Verdict
from plangeo.rulebook import Rulebook, rulebook_from_text
from tests.effort import examples
from tests.makers import rule
from tests.uglyrules import (
    ALIASES,
    DAY,
    PARENTS,
    Book,
    Referee,
    Sheet,
    faulty,
    listed,
    renamed,
    rulebooks,
    sheets,
    shuffled,
    text_of,
)

ORDER = {v.label: v for v in Verdict}
storeys = st.sampled_from([None, 0, 1, 13])


def judged(sheet: Sheet, book: Rulebook | str, **columns: Any) -> Assessment:
    law = rulebook_from_text(book) if isinstance(book, str) else book
    return assess(sheet.site_frame(**columns), law, on=DAY, zones=sheet.zone_frame())


def verdicts(sheet: Sheet, book: Rulebook | str, **columns: Any) -> list[str]:
    return list(judged(sheet, book, **columns).sites["verdict"])


@examples(7)
@given(sheets(), rulebooks(), storeys)
def test_nothing_is_permitted_that_the_file_does_not_permit(sheet: Sheet, book: Book, floors: float | None) -> None:
    """And what every zone under a site permits plainly is permitted: the referee is no excuse for silence."""
    referee, columns = Referee(book), {} if floors is None else {"storeys": floors}
    found = judged(sheet, text_of(book), **columns)
    assert found.sites["site_id"].tolist() == [f"S{n}" for n in range(len(sheet.sites))]
    for n, verdict in enumerate(found.sites["verdict"]):
        squares = sheet.squares(n)
        if verdict == "permitted":
            assert referee.could_permit(squares, columns), (n, found.sites["reasons"][n])
        elif all(p["accuracy_m"] == 0 for p in book["plans"]):
            assert not referee.plainly_permits(squares), (n, found.sites["reasons"][n])


@st.composite
def stricter(draw: st.DrawFn, book: Book) -> Book:
    """The same book after one entry became stricter; never an entry that takes a restriction away."""
    rules, thresholds = list(book["rules"]), list(book["thresholds"])
    ways = ["worse", "forbid", "otherwise", "no_threshold", "smaller_threshold", "no_permission"]
    way = draw(st.sampled_from(ways))
    if way == "forbid":
        code = draw(st.sampled_from([*PARENTS]))
        rules = [r for r in rules if not (r["use"] == "housing" and code in listed(r["zone"]))]
        rules += [
            r | {"zone": left} for r in book["rules"] if r not in rules and (left := [c for c in listed(r["zone"]) if c != code])
        ]
        rules.append(rule("housing", code, "not_permitted"))
    elif way.endswith("threshold"):
        assume(thresholds)
        n = draw(st.integers(0, len(thresholds) - 1))
        less = {k: v / 2 for k, v in thresholds[n].items() if k in ("area_m2", "share")}
        thresholds = [*thresholds[:n], *([thresholds[n] | less] if way == "smaller_threshold" else []), *thresholds[n + 1 :]]
    else:
        wanted = "conditions" if way == "otherwise" else "use"
        fitting = [n for n, r in enumerate(rules) if wanted in r and (way != "no_permission" or is_plain(r))]
        assume(fitting)
        n = draw(st.sampled_from(fitting))
        key = "otherwise" if way == "otherwise" else "verdict"
        step = Verdict.parse(rules[n][key])
        assume(way == "no_permission" or step < Verdict.NOT_PERMITTED)
        rules[n] = rules[n] | {key: Verdict(min(step + 1, 3)).label}
        if way == "no_permission":
            rules.pop(n)
    return book | {"rules": rules, "thresholds": thresholds}


def is_plain(one: Book) -> bool:
    return one["verdict"] == "permitted" and "conditions" not in one


UNSETTLED = ("plans_disagree", "on_border", "overlap", "no_rule", "condition_unmeasured")
"""Why a site is UNKNOWN that a stricter law may settle: who disagreed agrees, and a class without a rule has one."""


@examples(5)
@given(sheets(), st.data(), storeys)
def test_no_stricter_file_permits_more(sheet: Sheet, data: st.DataObject, floors: float | None) -> None:
    """Nor makes any verdict better; but what was open because the law said several things, or nothing, may become conditional."""
    book = data.draw(rulebooks())
    columns = {} if floors is None else {"storeys": floors}
    before, after = (judged(sheet, text_of(b), **columns) for b in (book, data.draw(stricter(book))))
    open_sites = set(before.findings.loc[before.findings["reason"].isin(UNSETTLED), "site_id"])
    for site_id, was, now in zip(before.sites["site_id"], before.sites["verdict"], after.sites["verdict"], strict=True):
        assert ORDER[now] >= ORDER[was] or (now != "permitted" and site_id in open_sites), (site_id, was, now)


@examples(2)
@given(sheets(), rulebooks(), st.randoms(use_true_random=False), st.sampled_from(ALIASES))
def test_the_order_of_entries_and_the_spelling_of_a_use_say_nothing(
    sheet: Sheet, book: Book, order: random.Random, use: str
) -> None:
    spelt = Sheet(sheet.zones, sheet.sites, (use,) * len(sheet.sites))
    assert verdicts(spelt, shuffled(book, order)) == verdicts(sheet, text_of(book))


@examples(2)
@given(
    sheets(),
    rulebooks(),
    st.permutations(["A-1", "ĐẤT", "Z", "0", "M2", "Q_Q", "(", "é", "b"]),
    st.permutations(["P", "Z9", "A"]),
)
def test_names_of_classes_and_plans_say_nothing(sheet: Sheet, book: Book, codes: list[str], plan_ids: list[str]) -> None:
    """Codes stand for themselves: under others, in any order of the alphabet, the verdicts are the same."""
    names = dict(zip(PARENTS, (c.upper() for c in codes), strict=True)) | dict(zip(("P1", "P2", "F"), plan_ids, strict=True))
    other = Sheet(tuple((names.get(p, p), names.get(c, c), at) for p, c, at in sheet.zones), sheet.sites)
    sections = {name: renamed(book[name], names) for name in book}
    assert verdicts(other, text_of(sections)) == verdicts(sheet, text_of(book))


@examples(2)
@given(sheets(), rulebooks())
def test_entries_of_other_days_say_nothing(sheet: Sheet, book: Book) -> None:
    today = DAY.isoformat()

    def holds(entry: Book) -> bool:
        return (entry.get("from") or "") <= today <= (entry.get("to") or "9999")

    live = {section: [e for e in book[section] if holds(e)] for section in ("rules", "precedence")}
    undated = [{k: v for k, v in e.items() if k not in ("from", "to")} for e in live["rules"]]
    assert verdicts(sheet, text_of(book, rules=undated, precedence=live["precedence"])) == verdicts(sheet, text_of(book))


@examples(2)
@given(rulebooks(), st.data())
def test_what_contradicts_itself_or_is_misspelt_is_refused_with_its_line(book: Book, data: st.DataObject) -> None:
    for wrong, text in data.draw(st.lists(st.sampled_from([*faulty(book)]), min_size=5, max_size=5)):
        with pytest.raises(RulebookError) as told:
            pytest.fail(f"read in silence: {wrong}: {rulebook_from_text(text).name}")
        assert told.value.code == "rulebook_malformed", wrong
        assert "line " in str(told.value), (wrong, str(told.value))
