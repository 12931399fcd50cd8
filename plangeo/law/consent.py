"""What counts as ground of a plan, and which classes consent plainly; shared by the checks, which do not know one another."""

from __future__ import annotations

from collections.abc import Iterable

from plangeo.model import Verdict, ZoneKey
from plangeo.rulebook import Rulebook

LAND_USE = "land_use"
NOT_IN_FORCE = ("expired", "superseded", "pending", "revoked")


def is_ground(governs: Iterable[ZoneKey], rulebook: Rulebook) -> bool:
    """Return True when a plan of the land-use theme colours a spot with a class that is ground, not an overlay.

    ``governs`` are the zones that prevail there, as (plan_id, zone_code, zone_id).
    """
    themes = {p.theme for p in rulebook.plans.values()}
    wanted = {LAND_USE} if LAND_USE in themes else themes
    return any(rulebook.plans[plan].theme in wanted and not is_overlay(code, rulebook) for plan, code, _ in governs)


def is_overlay(code: str, rulebook: Rulebook) -> bool:
    """Return True for a class of the rulebook that lies over other classes and says nothing about the ground."""
    return code in rulebook.classes and rulebook.classes[code].overlay


def consents(use_code: str, code: str, rulebook: Rulebook) -> bool:
    """Return True when a rule allows the use on the class and asks nothing more; a rule with conditions is no plain consent."""
    rule = rulebook.look_up(use_code, code) if use_code else None
    return rule is not None and rule.verdict is Verdict.PERMITTED and not rule.conditions


def casts_doubt(use_code: str, code: str, plan_id: str, rulebook: Rulebook) -> bool:
    """Return True when a zone that may lie at a site, nobody knows where, could make its verdict worse or ask more of it."""
    harmless = consents(use_code, code, rulebook) and rulebook.requirements_for(use_code, (code,)) == rulebook.requirements_for(
        use_code, ()
    )
    return not harmless and rulebook.plan_status(plan_id) not in NOT_IN_FORCE
