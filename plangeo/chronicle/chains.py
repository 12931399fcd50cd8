"""Which plan replaced which: the chain of successors, with loops and strangers told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from plangeo.law.planstatus import DATES_DECIDE, read_status
from plangeo.model import Plan
from plangeo.rulebook import Rulebook

ARROW = " → "


@dataclass(frozen=True)
class Chain:
    """A plan and the plans that replaced it one after the other, the first one first."""

    plans: tuple[str, ...]
    end: Literal["", "loop", "unknown"] = ""
    """``loop``: the last one names an earlier one as its successor; ``unknown``: the last one is in no register."""

    @property
    def replaced(self) -> bool:
        """True when the plan names a successor."""
        return len(self.plans) > 1

    def __str__(self) -> str:
        return ARROW.join(self.plans)


def follow(plan_id: str, plans: Mapping[str, Plan]) -> Chain:
    """Return the chain that begins with ``plan_id``.

    >>> def plan(name: str, successor: str | None) -> Plan:
    ...     return Plan(name, None, "", "", "", None, None, successor=successor)
    >>> known = {"A": plan("A", "B"), "B": plan("B", "C"), "C": plan("C", None), "X": plan("X", "X"), "Y": plan("Y", "Z")}
    >>> str(follow("A", known)), follow("X", known).end, str(follow("Y", known)), follow("Y", known).end
    ('A → B → C', 'loop', 'Y → Z', 'unknown')
    """
    seen = {plan_id: None}
    here = plans.get(plan_id)
    while here is not None and here.successor:
        after = here.successor
        if after in seen:
            return Chain((*seen, after), "loop")
        seen[after] = None
        if after not in plans:
            return Chain(tuple(seen), "unknown")
        here = plans[after]
    return Chain(tuple(seen))


def state_of(plan_id: str, book: Rulebook) -> str:
    """Return what the plan is on the day of ``book``: a word of ``law.planstatus.WORDS``.

    It is what the law says (``Rulebook.plan_status``), told apart further: a plan in force that is under adjustment, and a
    plan not yet in force that is a draft. Neither changes a verdict.
    """
    status, plan = book.plan_status(plan_id), book.plans.get(plan_id)
    stated = read_status(plan.status) if plan else None
    if (status, stated) in (("in_force", "under_adjustment"), ("pending", "draft")):
        return str(stated)
    return status


def ended_on(plan: Plan, book: Rulebook) -> dt.date | None:
    """Return the last day the plan was in force, for a plan that is no longer on the day of ``book``; None when nobody wrote it down.

    An annulled plan has none: an annulment reaches back, and its day stands in no register.
    """
    assert book.on is not None
    status = book.plan_status(plan.plan_id)
    if status not in ("expired", "superseded"):
        return None
    heir = book.plans.get(plan.successor) if plan.successor else None
    days = [plan.valid_to] if plan.valid_to and plan.valid_to < book.on else []
    if heir is not None and heir.valid_from and heir.valid_from <= book.on and read_status(heir.status) in _TOOK_EFFECT:
        days.append(heir.valid_from - dt.timedelta(days=1))
    return min(days, default=None)


_TOOK_EFFECT = {*DATES_DECIDE, "expired", "superseded"}


def own_record_in_force(plan: Plan, day: dt.date) -> bool:
    """Return True when the plan's own status and days say that it is in force, whatever became of its successor."""
    begun = plan.valid_from is not None and plan.valid_from <= day
    return read_status(plan.status) in DATES_DECIDE and begun and (plan.valid_to is None or day <= plan.valid_to)
