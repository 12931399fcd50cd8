"""What the law of the day said, in few words that can be kept and compared: for the manifest, and for telling runs apart.

A print is a short hash of an entry; equal prints mean equal entries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from plangeo.rulebook import Rulebook

MOST_RECORDED = 5_000
"""Uses as written, and pairs of use and class, that a record holds; beyond that it holds none of them and says so."""


def short_print(value: Any) -> str:
    """Return twelve hexadecimal digits that stand for ``value`` (its ``repr``, which must not depend on the run).

    >>> short_print((1, "a")) == short_print((1, "a")), short_print((1, "a")) == short_print((1, "b"))
    (True, False)
    """
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def pair_key(use_code: str, zone_code: str) -> str:
    """Return the name under which the answer to a use on a class is kept: ``industrial_park|LUC``."""
    return f"{use_code}|{zone_code}"


def record_answer(rulebook: Rulebook, use_code: str, zone_code: str) -> dict[str, Any] | None:
    """Return the rule that answers a use on a class and the thresholds that may forgive it; None when no rule does.

    Keys: ``rule`` (use/zone of the entry), ``verdict``, ``basis``, ``from``, ``to`` (ISO or None), ``fields`` that its
    conditions ask of the site, ``print`` of the rule, ``thresholds`` (print of all that speak of the pair, "" = none).
    """
    rule = rulebook.look_up(use_code, zone_code)
    forgiving = sorted(repr(t) for t in rulebook.thresholds_for(use_code, zone_code))
    thresholds = short_print(forgiving) if forgiving else ""
    if rule is None:
        return {"rule": None, "print": "", "thresholds": thresholds}
    return {
        "rule": f"{rule.use}/{rule.zone}",
        "verdict": rule.verdict.label,
        "basis": rule.basis.cite("en"),
        "from": _iso(rule.valid_from),
        "to": _iso(rule.valid_to),
        "fields": [c.field for c in rule.conditions],
        "print": short_print(rule),
        "thresholds": thresholds,
    }


def record_plan(rulebook: Rulebook, plan_id: str) -> dict[str, Any]:
    """Return what the rulebook says of a plan and what it is on the day."""
    plan = rulebook.plans.get(plan_id)
    status = rulebook.plan_status(plan_id)
    if plan is None:
        return {"status": status, "known": False}
    # the titles are words for people: a corrected one changes nothing that is decided
    decided = {name: value for name, value in asdict(plan).items() if name not in ("title", "source")}
    return {
        "status": status,
        "known": True,
        "from": _iso(plan.valid_from),
        "to": _iso(plan.valid_to),
        "stated": plan.status,
        "successor": plan.successor,
        "tolerance_m": plan.tolerance_m,
        "print": short_print(sorted(decided.items(), key=lambda item: item[0])),
    }


def record_law(rulebook: Rulebook, uses: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the law of the day as far as it decided something.

    Parameters: ``uses`` as the register writes them; ``pairs`` of use code and class that lie under some site.
    Keys: ``uses`` (text → code), ``plans``, ``answers`` (``pair_key`` → ``record_answer``), ``precedence``,
    ``requirements`` and ``triggers`` (use code → print), ``complete`` (False where there was too much to record).
    """
    written, asked = sorted(set(uses)), sorted(set(pairs))
    complete = len(written) <= MOST_RECORDED and len(asked) <= MOST_RECORDED
    named = {text: rulebook.find_use(text) or "" for text in written} if complete else {}
    return {
        "complete": complete,
        "uses": named,
        "plans": {plan_id: record_plan(rulebook, plan_id) for plan_id in sorted(rulebook.plans)},
        "answers": {pair_key(*pair): record_answer(rulebook, *pair) for pair in asked} if complete else {},
        "precedence": short_print([(p.order, p.valid_from, p.valid_to) for p in rulebook.order_for()]),
        "requirements": _prints((r.use, r) for r in rulebook.requirements),
        "triggers": _prints((use, t) for t in rulebook.triggers for use in t.uses),
    }


def _prints(entries: Iterable[tuple[str, Any]]) -> Mapping[str, str]:
    """Use code → print of all entries that speak of it, whatever their order."""
    by_use: dict[str, list[str]] = {}
    for use, entry in entries:
        by_use.setdefault(use, []).append(repr(entry))
    return {use: short_print(sorted(found)) for use, found in sorted(by_use.items())}


def _iso(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())
