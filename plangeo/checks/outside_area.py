"""Does the site lie outside the plan's map or outside the districts altogether?

Outside is not "no conflict": it usually means a wrong coordinate system, swapped axes or another province.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plangeo.faces import sums
from plangeo.model import Check, Label, Measured, Reason
from plangeo.tables import Findings

# Administrative outlines differ between sources; less than this share outside them is not remarked on.
TOLERATED_SHARE = 0.01


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site ``inside``, ``outside_plan`` (with distance), ``outside_districts``, ``partly_outside`` or ``other_system``."""
    ids = measured.sites["site_id"].tolist()
    placed = measured.sites["has_place"].to_numpy(dtype=bool)
    found = Findings("outside_area", ids)
    found.add(np.flatnonzero(~placed), reason="no_place", verdict="unknown")
    facts = measured.layers.get("zones", {})
    beyond_plan = facts.get("sites_outside", {})
    away = np.array([placed[n] and ids[n] in beyond_plan for n in range(len(ids))], dtype=bool)
    inside = placed & ~away
    far = [beyond_plan[ids[n]] for n in np.flatnonzero(away)]
    _add_outside(found, np.flatnonzero(away), far, "outside_plan", ids, facts.get("other_systems", {}))
    if "districts" in measured.layers:
        share = _share_inside(measured)
        none, partly = placed & (share == 0), placed & (share != 0) & (1 - share > TOLERATED_SHARE)
        beyond = measured.layers["districts"]["sites_outside"]
        far = [beyond.get(ids[n], math.nan) for n in np.flatnonzero(none)]
        others = measured.layers["districts"].get("other_systems", {})
        _add_outside(found, np.flatnonzero(none), far, "outside_districts", ids, others, share=1.0)
        sizes = {"measure": (1 - share)[partly], "share": (1 - share)[partly], "unit": "share", "threshold": TOLERATED_SHARE}
        found.add(np.flatnonzero(partly), reason="partly_outside", verdict="unknown", **sizes)
        inside &= ~none & ~partly
    found.add(np.flatnonzero(inside), reason="inside", verdict="permitted")
    return found.table()


def _add_outside(
    found: Findings,
    at: NDArray[np.intp],
    far: Sequence[float],
    reason: str,
    ids: Sequence[str],
    others: Mapping[str, Any],
    **sizes: float,
) -> None:
    """Add a finding for each site off a map; one that would lie on it in another system of the country says in which."""
    said = [others[ids[n]].said if ids[n] in others else None for n in at]
    found.add(
        at,
        reason=[reason if s is None else "other_system" for s in said],
        verdict="unknown",
        measure=far,
        length_m=far,
        unit="m",
        detail=["" if s is None else s.vi for s in said],
        detail_en=["" if s is None else s.en for s in said],
        **sizes,
    )


def _share_inside(measured: Measured) -> NDArray[np.float64]:
    """Which part of every site lies in districts; what lies in two of them counts once (a point on a border does)."""
    pieces = measured.evidence.get("districts")
    if pieces is None:
        return np.zeros(len(measured.sites))
    at = pd.Index(measured.sites["site_id"]).get_indexer(pd.Index(pieces["site_id"]))
    share = np.minimum(1.0, sums(pieces["share"].to_numpy(dtype=float), at, len(measured.sites)))
    covered = measured.layers["districts"].get("covered", {})
    known = (covered.get(site_id) for site_id in measured.sites["site_id"].tolist())
    return np.array([a if b is None else min(1.0, b) for a, b in zip(share.tolist(), known, strict=True)], dtype=float)


CHECK = Check(
    code="outside_area",
    title=Label("Ngoài phạm vi quy hoạch hoặc địa giới", "Outside the plan or the districts"),
    needs=("zones",),
    reasons={
        "inside": Reason("Dự án nằm trong phạm vi bản đồ quy hoạch.", "The site lies within the plan's map."),
        "outside_plan": Reason(
            "Dự án nằm ngoài bản đồ quy hoạch, cách vùng gần nhất {length}; kiểm tra hệ tọa độ, trục X/Y.",
            "The site lies outside the plan's map, {length} from the nearest zone; check the coordinate system and the axes.",
        ),
        "outside_districts": Reason(
            "Dự án nằm ngoài mọi đơn vị hành chính của bản đồ địa giới, cách {length}.",
            "The site lies outside every administrative unit of the boundary map, {length} away.",
        ),
        "other_system": Reason(
            "Dự án nằm ngoài bản đồ, cách {length}; {detail}. Có thể dòng này ghi theo hệ tọa độ khác với cả danh mục; chưa thay đổi gì.",
            "The site lies off the map, {length} away; {detail}. The row may be written in another system than its list; nothing was changed.",
        ),
        "partly_outside": Reason(
            "{share} của dự án nằm ngoài các đơn vị hành chính của bản đồ địa giới.",
            "{share} of the site lies outside the administrative units of the boundary map.",
        ),
        "no_place": Reason("Dự án chưa có vị trí.", "The site has no place yet."),
    },
    judge=judge,
)
