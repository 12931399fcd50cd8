"""Which of the zones on a spot govern it: plans in force on the day, in the order the rulebook states.

Pure tables: the geometry was cut by ``plangeo.overlay``, so every row of the cover is one spot of law.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from plangeo.model import ZoneKey
from plangeo.rulebook import Rulebook


def govern(cover: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """Return ``cover`` with the column ``governs``: the zones that prevail, an empty tuple where none does.

    Overlay classes (economic zones and the like) lie over the ground: they neither overrule another plan
    nor are overruled.

    Parameters: ``cover`` per tables.COVER; ``rulebook`` closed over a date by ``.at(on)``.
    """
    in_force = {p: rulebook.plan_status(p) == "in_force" for p in {k[0] for zones in cover["zones"] for k in zones}}
    orders = [p.order for p in rulebook.order_for()]
    overlays = frozenset(code for code, zone_class in rulebook.classes.items() if zone_class.overlay)
    out = cover.copy()
    governs = [
        # On a border every side speaks: the spot lies in none of the zones more than in another.
        _prevailing([z for z in zones if in_force[z[0]]], () if border else orders, overlays)
        for zones, border in zip(cover["zones"], cover["on_border"], strict=True)
    ]
    out["governs"] = pd.Series(governs, index=cover.index, dtype=object)
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
