"""What a rulebook answers at the bounds of its questions: mixed classes, whom an entry speaks of, how large and how faulty a file may be."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plangeo.errors import RulebookError
from plangeo.rulebook import MOST_BYTES, Rulebook, load_rulebook
from tests.makers import CLASSES, USES, rule, rulebook, rulebook_text

DAY = dt.date(2025, 7, 1)
OVERLAYS = [{"code": c, "name": {"en": c}, "overlay": True} for c in ("KKT", "KDL")]
LOW = {"field": "storeys", "op": "<=", "value": 5}
SMALL = {"field": "storeys", "op": "<=", "value": 3}


def mixed(code: str, *rules: dict[str, Any], classes: list[dict[str, Any]] | None = None) -> Rulebook:
    return rulebook(DAY, classes=[*CLASSES, *OVERLAYS, *(classes or [])], rules=list(rules)).with_mixed([code])


def answer(code: str, *rules: dict[str, Any]) -> str:
    """What the rules say of housing on a mixed class: a verdict, with the rule's conditions, or "open"."""
    found = mixed(code, *rules).look_up("housing", code)
    return "open" if found is None else found.verdict.label + (" if" if found.conditions else "")


def says(zone: str, verdict: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return rule("housing", zone, verdict, conditions=list(conditions))


def test_a_book_is_closed_over_one_day() -> None:
    book = rulebook(DAY)
    assert book.at(DAY) is book
    assert book.at(dt.datetime(2025, 7, 1, 14)) is book  # the hour does not count
    for no_day in (None, "2025-07-01", pd.NaT, 20250701):
        with pytest.raises(RulebookError, match=r"give a datetime\.date"):
            rulebook().at(no_day)  # type: ignore[arg-type]
    with pytest.raises(RulebookError, match="closed over 2025-07-01 already"):
        book.at(DAY + dt.timedelta(1))


def test_a_mixture_is_a_class_when_every_part_is_known() -> None:
    book = rulebook(DAY, classes=[*CLASSES, *OVERLAYS])
    made = book.with_mixed(["ODT+SKK", "ODT+LUA+RPH", "ODT", "ODT+XXX", "XXX+YYY", "KKT+ODT", "KKT+KDL", ""])
    assert made.classes.keys() - book.classes.keys() == {"ODT+SKK", "ODT+LUA+RPH", "KKT+ODT", "KKT+KDL"}
    assert made.classes["ODT+LUA+RPH"].parts == ("ODT", "LUA", "RPH")
    assert made.classes["ODT+SKK"].name.en == "Urban housing + Industrial park land"
    assert [made.classes[c].overlay for c in ("ODT+SKK", "KKT+ODT", "KKT+KDL")] == [False, False, True]
    assert made.classes["ODT"] is book.classes["ODT"]
    assert made.classes["ODT"].parts == ()
    assert book.with_mixed(["ODT", "XXX+ODT", "ODT+ODT", "ODT+"]) is book
    nameless = rulebook(DAY, classes=[*CLASSES, {"code": "NTS", "name": {}}]).with_mixed(["NTS+SKK"])
    assert nameless.classes["NTS+SKK"].name.en == "NTS + Industrial park land"


def test_a_mixture_that_the_book_rules_itself_is_not_taken_apart() -> None:
    own = [{"code": "ODT/SKK", "name": {"en": "Homes and works"}}]
    rules = [says("ODT", "not_permitted"), says("SKK", "permitted"), says("ODT/SKK", "permitted")]
    for code in ("ODT/SKK", "SKK+ODT", "ODT+SKK"):
        book = mixed(code, *rules, classes=own)
        assert book.classes[code].parts == ()
        found = book.look_up("housing", code)
        assert found is not None
        assert found.zone == "ODT/SKK"
    of_three = [{"code": "ODT/SKK/LUA", "name": {"en": "All of them"}}]
    assert mixed("LUA+SKK+ODT", *rules[:2], says("ODT/SKK/LUA", "permitted"), classes=of_three).look_up("housing", "LUA+SKK+ODT")
    assert mixed("ODT+SKK", *rules[:2], classes=of_three).classes["ODT+SKK"].parts == ("ODT", "SKK")


def test_every_part_of_a_mixture_must_consent() -> None:
    home, works = says("ODT", "permitted"), says("SKK", "permitted")
    assert answer("ODT+SKK", home, works) == "permitted"
    assert answer("ODT+SKK", home, says("SKK", "conditional")) == "conditional"
    assert answer("ODT+SKK", home, says("SKK", "unknown")) == "unknown"
    assert answer("ODT+SKK", says("ODT", "conditional"), says("SKK", "not_permitted")) == "not_permitted"
    assert answer("ODT+SKK", home) == "open"  # no rule speaks of the other part
    assert answer("ODT+SKK", says("ODT", "not_permitted")) == "not_permitted"  # whatever the other part says


def test_conditions_of_one_part_count_where_the_others_ask_for_nothing() -> None:
    home = says("ODT", "permitted")
    assert answer("ODT+SKK", home, says("SKK", "permitted", LOW)) == "permitted if"
    assert answer("ODT+SKK+LUA", home, says("SKK", "permitted", LOW), says("LUA", "permitted")) == "permitted if"
    assert answer("ODT+SKK", says("ODT", "conditional"), says("SKK", "permitted", LOW)) == "open"  # whichever way they come out
    assert answer("ODT+SKK", says("ODT", "unknown"), says("SKK", "permitted", LOW)) == "open"
    assert answer("ODT+SKK", says("ODT", "not_permitted"), says("SKK", "permitted", LOW)) == "not_permitted"
    assert answer("ODT+SKK", says("ODT", "permitted", SMALL), says("SKK", "permitted", LOW)) == "open"
    assert answer("ODT+LUC", says("ODT", "permitted", LOW)) == "open"
    assert answer("LUC+LUA", says("LUA", "permitted", LOW)) == "permitted if"  # one rule for both parts
    assert answer("ODT+SKK", says("ODT", "permitted", LOW)) == "open"


def test_an_overlay_in_a_mixture_counts_when_a_rule_speaks_of_it() -> None:
    home = says("ODT", "permitted")
    assert answer("ODT+KKT", home) == "permitted"
    assert answer("ODT+KKT", home, says("KKT", "not_permitted")) == "not_permitted"
    assert answer("ODT+KKT", says("KKT", "permitted")) == "open"
    assert answer("KKT+KDL", home) == "open"
    assert answer("KKT+KDL", says("KKT", "permitted")) == "permitted"  # the other lies over the ground and asks for nothing


def whom(**entry: Any) -> dict[str, Any]:
    return {"use": "housing", "zone": "NNP", "layer": "slope", "field": "value", "op": "<", "value": 8, "basis": "test"} | entry


def test_requirements_are_asked_of_their_use_on_their_ground_only() -> None:
    book = rulebook(
        DAY,
        classes=[*CLASSES, *OVERLAYS],
        requirements=[whom(), whom(use="*", zone="RPH"), whom(use="industrial_park"), whom(zone="*"), whom(zone="LUC")],
    ).with_mixed(["ODT+LUC", "ODT+RPH"])
    for use, codes, asked in (
        ("housing", ["NNP"], (0, 3)),
        ("housing", ["LUA"], (0, 3)),
        ("housing", ["LUC"], (0, 3, 4)),
        ("housing", ["RPH"], (1, 3)),
        ("industrial_park", ["RPH", "LUA"], (1, 2)),
        ("housing", ["ODT"], (3,)),
        ("housing", ["ODT+LUC"], (0, 3, 4)),  # the parts of a mixed class count
        ("industrial_park", ["ODT+RPH"], (1,)),
        ("housing", ["XXX"], (3,)),
        ("housing", [], (3,)),
        ("industrial_park", [], ()),
    ):
        assert book.requirements_for(use, codes) == asked, (use, codes)


def test_ceilings_and_conditions_by_area_are_asked_of_their_uses_only() -> None:
    ceilings = [
        {"use": u, "field": "declared_area_m2", "op": "<=", "value": 1, "unit": "ha", "basis": "test"} for u in ("housing", "*")
    ]
    triggers = [
        {"code": str(n), "use": u, "zone": "LUA", "area_ha": 1, "needs": {"en": "a"}, "basis": "test"}
        for n, u in enumerate(["housing", "*", ["industrial_park", "housing"]])
    ]
    book = rulebook(DAY, ceilings=ceilings, triggers=triggers)
    assert [c.use for c in book.ceilings_for("housing")] == ["housing", "*"]
    assert [c.use for c in book.ceilings_for("industrial_park")] == ["*"]
    assert book.triggers_for("housing") == (0, 1, 2)
    assert book.triggers_for("industrial_park") == (1, 2)


def test_a_class_falls_under_those_above_it_and_a_mixture_where_a_part_does() -> None:
    book = rulebook(DAY).with_mixed(["ODT+LUC", "ODT+SKK"])
    asked = ("NNP", "LUC", "RPH", "ODT+LUC", "ODT+SKK", "XXX", "")
    assert [book.falls_under(code, {"NNP"}) for code in asked] == [True, True, False, True, False, False, False]
    assert not book.falls_under("NNP", {"LUC"})
    assert book.falls_under("RPH", {"NNP", "RPH"})


# --- the file ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [None, 5, b"rules.yaml", "rules\0.yaml"])
def test_what_is_no_path_is_said_to_be_none(path: Any) -> None:
    with pytest.raises(RulebookError, match="give the path of a YAML file"):
        load_rulebook(path)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_may_be_as_large_as_the_limit_and_no_larger(tmp_path: Path, mark: bytes) -> None:
    text = rulebook_text().encode()
    file = tmp_path / "rules.yaml"
    file.write_bytes(mark + text + b" " * (MOST_BYTES - len(text)))
    assert load_rulebook(file).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_bytes(mark + text + b" " * (MOST_BYTES - len(text) + 1))
    with pytest.raises(RulebookError, match="larger than"):
        load_rulebook(file)


@pytest.mark.parametrize(("spare", "why"), [(0, "not UTF-8"), (1, "larger than")])
def test_bytes_that_are_no_text_are_said_to_be_too_many_only_above_the_limit(tmp_path: Path, spare: int, why: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(b"\xff" * (MOST_BYTES + spare))
    with pytest.raises(RulebookError, match=why):
        load_rulebook(file)


def test_as_many_rules_as_the_limit_may_be_spelt_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [rule([u["code"] for u in USES], ["LUA", "LUC", "RPH"], "unknown")]
    monkeypatch.setattr("plangeo.rulebook.MOST_RULES", 6)
    assert len(rulebook(rules=rules, rulebook={"name": "six"}).rules) == 6
    with pytest.raises(RulebookError, match="spell out 7 rules; 6 are the most"):
        rulebook(rules=[*rules, rule("*", "SKK", "unknown")])


def test_many_faults_are_told_and_of_more_how_many() -> None:
    def told(count: int) -> list[str]:
        with pytest.raises(RulebookError) as fault:
            rulebook(rules=[rule("housing", f"X{n}", "permitted") for n in range(count)])
        return str(fault.value).splitlines()

    shown = len(told(230)) - 2
    assert told(230)[-1] == f"- … and {230 - shown} more"
    assert len(told(shown)) == shown + 1
    assert "more" not in told(shown)[-1]
    assert told(shown + 1)[-1] == "- … and 1 more"


def test_a_basis_that_is_not_in_the_file_is_told_with_those_that_are() -> None:
    for bases, known in (({}, "there are none"), ({"b": {"document": "B"}, "a": {"document": "A"}}, "a, b")):
        with pytest.raises(RulebookError, match=rf"basis 'x' is not among 'bases' \({known}\)"):
            rulebook(bases=bases, rules=[rule("housing", "ODT", "permitted", basis="x")])
