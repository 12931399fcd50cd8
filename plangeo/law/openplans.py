"""Plans of which nobody knows whether they are in force: what they would say if they were.

Ground that such a plan alone covers is ground without a plan in force. Over ground that another plan governs, it must not be
passed over either: were it in force, its zones might forbid what the other permits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from plangeo.amounts.bands import most_area
from plangeo.law.consent import LAND_USE
from plangeo.law.precedence import govern
from plangeo.law.requirements import FIELDS, asked_of
from plangeo.law.totals import Total, judge_totals
from plangeo.model import Label, Measured, Plan, Verdict
from plangeo.rulebook import Rulebook


def open_plans(plan_ids: Iterable[str], rulebook: Rulebook) -> frozenset[str]:
    """Return those that may be in force on the day: not in the book, or of unknown state with dates that leave it open."""
    return frozenset(
        p for p in plan_ids if rulebook.plan_status(p) == "unknown" and _may_hold(rulebook.plans.get(p), rulebook.on)
    )


def _may_hold(plan: Plan | None, on: dt.date | None) -> bool:
    assert on is not None
    return plan is None or ((plan.valid_from or on) <= on and (plan.valid_to is None or on <= plan.valid_to))


def suppose_in_force(measured: Measured, plan_ids: Collection[str]) -> Measured:
    """Return what was measured under the law as it would be with these plans in force; all else stays as it is.

    A plan the book does not know counts as one of land use, on which no precedence is stated.
    """
    book = measured.rulebook
    plans = {p: _apart(plan, book) for p, plan in book.plans.items()}
    for plan_id in plan_ids:
        known = plans.get(plan_id) or Plan(plan_id, Label(plan_id, plan_id), "", "", "", None, None, theme=LAND_USE)
        plans[plan_id] = replace(known, valid_from=book.on, valid_to=None, status="", successor=None)
    law = replace(book, plans=plans)
    cover = measured.cover.drop(columns=["governs", "governs_by_side"])
    return replace(measured, rulebook=law, cover=govern(cover, law), _known={})


def _apart(plan: Plan, rulebook: Rulebook) -> Plan:
    """A plan in force stays so, whatever is supposed of its successor."""
    return replace(plan, successor=None) if rulebook.plan_status(plan.plan_id) == "in_force" else plan


def worst_of(measured: Measured) -> list[Verdict | None]:
    """Return for every site the worst its zones say, in the order of the sites; None where they say nothing."""
    totals = measured.once(judge_totals)
    return [_worst(totals[site_id]) for site_id in measured.sites["site_id"].tolist()]


def _worst(totals: Collection[Total]) -> Verdict | None:
    return max((t.verdict for t in totals), default=None)


def asks_more(measured: Measured, supposed: Measured) -> NDArray[np.bool_]:
    """Return for every site whether the zones ask more of it under the law ``supposed``: a requirement that goes with a class
    (slope, distance …), or, of a site that is permitted plainly, an area on which something is needed.
    """
    asked = zip(asked_of(measured, FIELDS), asked_of(supposed, FIELDS), strict=True)
    more = np.array([not set(then) <= set(now) for now, then in asked], dtype=bool)
    more[_sites_on_more_ground(measured, supposed)] = True
    return more


def _sites_on_more_ground(measured: Measured, supposed: Measured) -> list[int]:
    """Sites more ground of which counts for a condition by area; as long as the whole site could reach its bound."""
    book, sites, now, then = measured.rulebook, measured.sites, measured.ground(), supposed.ground()
    if not any(trigger.ground == "plan" for trigger in book.triggers):
        return []
    plain = [verdict is Verdict.PERMITTED for verdict in worst_of(measured)]
    uses, sizes = sites["use_code"].tolist(), [most_area(site) for site in sites.to_dict("records")]
    pairs = set(zip(then.site.tolist(), now.spot.tolist(), then.spot.tolist(), strict=True))
    found = set()
    for n, a, b in pairs:
        if not plain[n] or now.spots[a].governs == then.spots[b].governs:
            continue
        for trigger in (book.triggers[i] for i in book.triggers_for(uses[n])):
            counts = [
                any(book.falls_under(code, trigger.zones) for _, code, _ in s.governs) for s in (now.spots[a], then.spots[b])
            ]
            if trigger.ground == "plan" and counts == [False, True] and trigger.reached(sizes[n]):
                found.add(n)
    return sorted(found)
