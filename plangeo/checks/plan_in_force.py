"""Is the plan that draws the zones in force on the date?

Ground that only an expired, superseded, revoked, pending or unknown plan covers is UNKNOWN: an old map is not consent.
Nor is a map passed over because nobody knows its state: where a plan that may be in force would make the verdict of governed
ground worse, or ask more of the site there, it is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plangeo.faces import Faces, Spot, number, spread, sums
from plangeo.law.openplans import asks_more, open_plans, suppose_in_force, worst_of
from plangeo.law.planstatus import DATES_DECIDE, TITLES, read_status
from plangeo.model import Check, Label, Measured, Plan, Reason
from plangeo.tables import Findings

_REASON = {
    "expired": "plan_expired",
    "superseded": "plan_superseded",
    "pending": "plan_pending",
    "revoked": "plan_revoked",
    "unknown": "plan_unknown",
}


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site one finding for each plan: ``in_force``, or why it does not govern ground nothing else governs."""
    book, faces, ids = measured.rulebook, measured.ground(), measured.sites["site_id"].tolist()
    found = Findings("plan_in_force", ids)
    told = np.zeros(len(ids), dtype=bool)
    for plans, is_live in ((_stale_plans, False), (_live_plans, True)):
        at, plan_ids, (area, length, share) = _by_plan(faces, [plans(spot) for spot in faces.spots])
        told[at] = True
        known = {plan_id: (book.plan_status(plan_id), _stated(book.plans.get(plan_id))) for plan_id in set(plan_ids)}
        stated = [known[plan_id][1] for plan_id in plan_ids]
        sizes = {"share": share} if is_live else {"area_m2": area, "length_m": length, "share": share}
        found.add(
            at,
            reason="in_force" if is_live else [_REASON[known[plan_id][0]] for plan_id in plan_ids],
            verdict="permitted" if is_live else "unknown",
            plan_id=plan_ids,
            measure=share,
            unit="share",
            detail=[text.vi for text in stated],
            detail_en=[text.en for text in stated],
            **sizes,
        )
    found.add(np.flatnonzero(~told), reason="no_plan", verdict="unknown")
    _add_open(found, measured)
    return found.table()


def _add_open(found: Findings, measured: Measured) -> None:
    """A finding for each plan that may be in force, over ground that others govern, where it would make the verdict worse or ask more."""
    book, faces = measured.rulebook, measured.ground()
    plans = open_plans({plan_id for spot in faces.spots for plan_id, _, _ in spot.zones}, book)
    if not plans:
        return
    supposed = suppose_in_force(measured, plans)
    there = supposed.ground()
    said = list(zip(worst_of(measured), worst_of(supposed), strict=True))
    judged = np.array([a is not None and b is not None for a, b in said], dtype=bool)
    worse = np.array([a is not None and b is not None and b > a for a, b in said], dtype=bool)
    worse |= judged & asks_more(measured, supposed)
    governed = worse[there.site] & faces.where(lambda spot: bool(spot.governs))
    over = [sorted({p for p, _, _ in spot.governs} & plans) for spot in there.spots]
    mine = Faces(
        there.site[governed],
        there.spot[governed],
        there.spots,
        *(v[governed] for v in (there.area_m2, there.length_m, there.share)),
    )
    at, plan_ids, (area, length, share) = _by_plan(mine, over)
    sizes = {"area_m2": area, "length_m": length, "share": share, "measure": share, "unit": "share"}
    found.add(at, reason="open_plan_over", verdict="unknown", plan_id=plan_ids, **sizes)


def _live_plans(spot: Spot) -> list[str]:
    return sorted({plan_id for plan_id, _, _ in spot.governs})


def _stale_plans(spot: Spot) -> list[str]:
    """Plans on the sides of a spot that nothing governs."""
    sides = zip(spot.sides or (spot.zones,), spot.governs_by_side, strict=True)
    return sorted({plan_id for side, governs in sides if not governs for plan_id, _, _ in side})


def _by_plan(faces: Faces, plans: Sequence[Sequence[str]]) -> tuple[NDArray[np.intp], list[str], tuple[NDArray[np.float64], ...]]:
    """Sites, plans and sizes of the ground that each of them has there; ``plans`` of every kind of spot."""
    names = sorted({plan_id for some in plans for plan_id in some})
    face, plan = spread([[names.index(plan_id) for plan_id in some] for some in plans], faces.spot)
    first, group = number(faces.site[face] * len(names) + plan)
    sizes = tuple(sums(v[face], group, len(first)) for v in (faces.area_m2, faces.length_m, faces.share))
    return faces.site[face][first], [names[p] for p in plan[first].tolist()], sizes


def _stated(plan: Plan | None) -> Label:
    """What the rulebook says of the plan beside its dates, as a sentence of its own; nothing when it says nothing."""
    if plan is None:
        return Label("", "")  # the sentence names it as a stranger
    status = read_status(plan.status)
    if status == "under_adjustment":
        return Label(
            "Quy hoạch đang được điều chỉnh, cần đối chiếu bản điều chỉnh",
            "The plan is under adjustment; look at the adjusted version too",
        )
    if status in DATES_DECIDE and not plan.status_note:
        return Label("", "")
    word = plan.status_note or (plan.status if status is None else "")
    title = TITLES[status or "unknown"]
    own = f" («{word}»)" if word else ""
    return Label(f"Trạng thái ghi nhận: {title.vi}{own}", f"Status on record: {title.en}{own}")


CHECK = Check(
    code="plan_in_force",
    title=Label("Hiệu lực của quy hoạch", "Plan in force"),
    needs=("zones",),
    reasons={
        "in_force": Reason("{plan} đang có hiệu lực ngày {on}. {detail}", "{plan} is in force on {on}. {detail}"),
        "plan_expired": Reason(
            "{share} dự án chỉ nằm trong quy hoạch đã hết thời hạn ngày {on}: {plan}. {detail}",
            "{share} of the site lies only in a plan that had expired on {on}: {plan}. {detail}",
        ),
        "plan_superseded": Reason(
            "{share} dự án chỉ nằm trong quy hoạch đã được thay thế ngày {on}: {plan}. {detail}",
            "{share} of the site lies only in a plan that had been replaced on {on}: {plan}. {detail}",
        ),
        "plan_pending": Reason(
            "{share} dự án chỉ nằm trong quy hoạch chưa có hiệu lực ngày {on}: {plan}. {detail}",
            "{share} of the site lies only in a plan not yet in force on {on}: {plan}. {detail}",
        ),
        "plan_revoked": Reason(
            "{share} dự án chỉ nằm trong quy hoạch đã bị bãi bỏ: {plan}. {detail}",
            "{share} of the site lies only in a plan that was revoked: {plan}. {detail}",
        ),
        "plan_unknown": Reason(
            "{share} dự án chỉ nằm trong quy hoạch mà bộ quy tắc không cho biết hiệu lực ngày {on}: {plan}. {detail}",
            "{share} of the site lies only in a plan of which the rulebook does not say whether it was in force on {on}: {plan}. {detail}",
        ),
        "open_plan_over": Reason(
            "{share} dự án còn nằm trong {plan}, quy hoạch mà bộ quy tắc không cho biết hiệu lực ngày {on}; nếu quy hoạch đó có hiệu lực "
            "thì kết luận sẽ hoặc có thể kém hơn.",
            "{share} of the site also lies in {plan}, of which the rulebook does not say whether it was in force on {on}; were it in "
            "force, the verdict would or could be worse.",
        ),
        "no_plan": Reason(
            "Không có quy hoạch nào tại vị trí này vào ngày {on}.",
            "No plan lies at this place on {on}.",
        ),
    },
    judge=judge,
)
