"""Which of the zones on a spot govern it: plans in force on the day, in the order the rulebook states.

Pure tables: the geometry was cut by ``plangeo.overlay``, so every row of the cover is one spot of law.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations

import pandas as pd

from plangeo.model import ZoneKey
from plangeo.rulebook import Rulebook


def govern(cover: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """Return ``cover`` with the columns ``governs`` and ``governs_by_side``: the zones that prevail, () where none does.

    On a border every side is a spot of its own: what prevails on one side says nothing of the other.

    Overlay classes (economic zones and the like) lie over the ground: they neither overrule another plan
    nor are overruled.

    Parameters: ``cover`` per tables.COVER; ``rulebook`` closed over a date by ``.at(on)``.
    """
    orders = [p.order for p in rulebook.order_for()]
    overlays = frozenset(code for code, zone_class in rulebook.classes.items() if zone_class.overlay)
    in_force = cache(lambda plan_id: rulebook.plan_status(plan_id) == "in_force")
    prevailing = cache(lambda side: _prevailing([zone for zone in side if in_force(zone[0])], orders, overlays))
    by_side = [
        tuple(map(prevailing, sides or (zones,)))
        for zones, sides in zip(cover["zones"].tolist(), cover["sides"].tolist(), strict=True)
    ]
    governs = [sides[0] if len(sides) == 1 else tuple(sorted(set().union(*sides))) for sides in by_side]
    out = cover.copy()
    out["governs"] = pd.Series(governs, index=cover.index, dtype=object)
    out["governs_by_side"] = pd.Series(by_side, index=cover.index, dtype=object)
    return out


def _prevailing(live: Sequence[ZoneKey], orders: Sequence[Sequence[str]], overlays: frozenset[str]) -> tuple[ZoneKey, ...]:
    """The zones that govern: a plan gives way to one that an order puts before it, and that gives way to none itself.

    So the answer does not hang on the order of the entries, and a plan that is overruled overrules nobody.
    """
    waiting = {plan_id for plan_id, code, _ in live if code not in overlays}
    above = {pair for order in orders for pair in combinations([p for p in order if p in waiting], 2)}
    governing: set[str] = set()
    while waiting:
        # the rulebook refuses orders that go round in a circle; in one, nobody would give way
        first = {p for p in waiting if not any((q, p) in above for q in waiting)} or set(waiting)
        governing |= {p for p in first if not any((q, p) in above for q in governing)}
        waiting -= first
    return tuple(zone for zone in live if zone[1] in overlays or zone[0] in governing)


def prevails_among(plan_id: str, governs: Sequence[ZoneKey], rulebook: Rulebook) -> bool:
    """Return True when ground of a plan would govern a spot too, if it lay there beside the zones that govern it."""
    orders = [p.order for p in rulebook.order_for()]
    overlays = frozenset(code for code, zone_class in rulebook.classes.items() if zone_class.overlay)
    zone = (plan_id, "", "")
    return zone in _prevailing([*governs, zone], orders, overlays)


def mark_prevailing(evidence: pd.DataFrame, cover: pd.DataFrame) -> pd.DataFrame:
    """Return the zone evidence with ``prevails`` False where no part of the piece governs."""
    spots = zip(cover["site_id"].tolist(), cover["governs"].tolist(), strict=True)
    governing = {(site_id, zone) for site_id, zones in spots for zone in zones}
    zones = zip(*(evidence[name].tolist() for name in ("plan_id", "zone_code", "zone_id")), strict=True)
    out = evidence.copy()
    out["prevails"] = [key in governing for key in zip(evidence["site_id"].tolist(), zones, strict=True)]
    return out
