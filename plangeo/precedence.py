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

    Parameters: ``cover`` per tables.COVER; ``rulebook`` closed over a date by ``.at(on)``.
    """
    in_force = {p: rulebook.plan_status(p) == "in_force" for p in {k[0] for zones in cover["zones"] for k in zones}}
    orders = [p.order for p in rulebook.order_for()]
    out = cover.copy()
    out["governs"] = pd.Series([_prevailing(z, in_force, orders) for z in cover["zones"]], index=cover.index, dtype=object)
    return out


def _prevailing(zones: Sequence[ZoneKey], in_force: dict[str, bool], orders: Sequence[Sequence[str]]) -> tuple[ZoneKey, ...]:
    live = [z for z in zones if in_force[z[0]]]
    for order in orders:
        present = [p for p in order if any(z[0] == p for z in live)]
        live = [z for z in live if z[0] not in present[1:]]
    return tuple(live)


def mark_prevailing(evidence: pd.DataFrame, cover: pd.DataFrame) -> pd.DataFrame:
    """Return the zone evidence with ``prevails`` False where no part of the piece governs."""
    governing = {(site_id, *zone) for site_id, zones in zip(cover["site_id"], cover["governs"], strict=True) for zone in zones}
    keys = zip(evidence["site_id"], evidence["plan_id"], evidence["zone_code"], evidence["zone_id"], strict=True)
    out = evidence.copy()
    out["prevails"] = [key in governing for key in keys]
    return out
