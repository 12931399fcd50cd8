"""Which of the zones on a spot govern it: plans in force on the day, in the order the rulebook states.

Pure tables: the geometry was cut by ``plangeo.overlay``, so every row of the cover is one spot of law.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    in_force = {p: rulebook.plan_status(p) == "in_force" for p in {k[0] for zones in cover["zones"] for k in zones}}
    orders = [p.order for p in rulebook.order_for()]
    overlays = frozenset(code for code, zone_class in rulebook.classes.items() if zone_class.overlay)
    out = cover.copy()
    by_side = [
        tuple(_prevailing([z for z in side if in_force[z[0]]], orders, overlays) for side in (sides or (zones,)))
        for zones, sides in zip(cover["zones"], cover["sides"], strict=True)
    ]
    governs = [tuple(sorted({zone for side in sides for zone in side})) for sides in by_side]
    out["governs"] = pd.Series(governs, index=cover.index, dtype=object)
    out["governs_by_side"] = pd.Series(by_side, index=cover.index, dtype=object)
    return out


def _prevailing(live: Sequence[ZoneKey], orders: Sequence[Sequence[str]], overlays: frozenset[str]) -> tuple[ZoneKey, ...]:
    kept = list(live)
    for order in orders:
        present = [p for p in order if any(z[0] == p and z[1] not in overlays for z in kept)]
        kept = [z for z in kept if z[1] in overlays or z[0] not in present[1:]]
    return tuple(kept)


def mark_prevailing(evidence: pd.DataFrame, cover: pd.DataFrame) -> pd.DataFrame:
    """Return the zone evidence with ``prevails`` False where no part of the piece governs."""
    governing = {(site_id, *zone) for site_id, zones in zip(cover["site_id"], cover["governs"], strict=True) for zone in zones}
    keys = zip(evidence["site_id"], evidence["plan_id"], evidence["zone_code"], evidence["zone_id"], strict=True)
    out = evidence.copy()
    out["prevails"] = [key in governing for key in keys]
    return out
