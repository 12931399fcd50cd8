"""The register of plans on a day: every plan of the rulebook and of plan documents' tables, one row each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import pandas as pd

from plangeo.chronicle.chains import ARROW, Chain, ended_on, follow, own_record_in_force, state_of
from plangeo.law.planstatus import TITLES, read_status
from plangeo.model import Label, Plan
from plangeo.rulebook import Rulebook

LEVELS: Mapping[str, Label] = {
    "national": Label("quốc gia", "national"),
    "region": Label("vùng", "region"),
    "province": Label("tỉnh", "province"),
    "district": Label("huyện", "district"),
    "commune": Label("xã", "commune"),
}
"""How people read a level; another word is shown as written."""
RULEBOOK = "rulebook"
"""Origin of a plan that the rulebook itself states."""
_DAY = dt.timedelta(days=1)
_NOT_TOLD = ("status_note", "source", "illustrative")


def list_plans(book: Rulebook, origins: Mapping[str, str] | None = None, strangers: Sequence[str] = ()) -> pd.DataFrame:
    """Return every plan, by theme, rank, level and first day.

    Parameters: ``book`` closed over the day; ``origins`` plan → file it was read from, for plans beside the rulebook's own;
    ``strangers`` plans that zones name and no register has. Returns one row per plan: ``plan_id, title_vi, title_en,
    decision, authority, level, rank, theme, valid_from, valid_to, status, status_vi, status_en, replaced_by, chain, ended_on,
    scale, tolerance_m, source, origin, illustrative, remark_vi, remark_en``. Stages of a plan stand with their plan.
    """
    known = {name: plan for name, plan in book.plans.items() if not plan.stage_of}
    order = {name: n for n, name in enumerate(known)}
    ranked = sorted(known.values(), key=lambda p: (p.theme, _last_none(p.rank), p.valid_from or dt.date.min, order[p.plan_id]))
    rows = [_row(plan, book, (origins or {}).get(plan.plan_id, RULEBOOK)) for plan in ranked]
    rows += [_stranger(name) for name in sorted({name for name in strangers if name and name not in book.plans})]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"illustrative": bool})


COLUMNS = (
    *("plan_id", "title_vi", "title_en", "decision", "authority", "level", "rank", "theme", "valid_from", "valid_to"),
    *("status", "status_vi", "status_en", "replaced_by", "chain", "ended_on", "scale", "tolerance_m", "source", "origin"),
    *("illustrative", "remark_vi", "remark_en"),
)


def _last_none(rank: int | None) -> tuple[bool, int]:
    return rank is None, rank or 0


def _row(plan: Plan, book: Rulebook, origin: str) -> dict[str, Any]:
    state, chain = state_of(plan.plan_id, book), follow(plan.plan_id, book.plans)
    told = list(remarks(plan, book))
    return {
        "plan_id": plan.plan_id,
        "title_vi": plan.title.text("vi"),
        "title_en": plan.title.text("en"),
        "decision": plan.decision,
        "authority": plan.authority,
        "level": plan.level,
        "rank": plan.rank,
        "theme": plan.theme,
        "valid_from": plan.valid_from,
        "valid_to": plan.valid_to,
        "status": state,
        "status_vi": TITLES[state].vi,
        "status_en": TITLES[state].en,
        "replaced_by": plan.successor or "",
        "chain": str(chain) if chain.replaced else "",
        "ended_on": ended_on(plan, book),
        "scale": plan.scale,
        "tolerance_m": plan.tolerance_m,
        "source": plan.source,
        "origin": origin,
        "illustrative": plan.illustrative or (origin == RULEBOOK and book.illustrative),
        "remark_vi": "; ".join(t.vi for t in told),
        "remark_en": "; ".join(t.en for t in told),
    }


def _stranger(plan_id: str) -> dict[str, Any]:
    told = Label(
        "các vùng ghi mã này nhưng không có trong bộ quy tắc: không có căn cứ nào để coi là có hiệu lực",
        "zones name it, and it is in no register: nothing says that it is in force",
    )
    blank = dict.fromkeys(COLUMNS, "") | {"rank": None, "valid_from": None, "valid_to": None, "ended_on": None}
    state = {"status": "unknown", "status_vi": TITLES["unknown"].vi, "status_en": TITLES["unknown"].en}
    more = {"plan_id": plan_id, "title_vi": plan_id, "title_en": plan_id, "scale": None, "tolerance_m": None, "origin": "zones"}
    return blank | state | more | {"illustrative": False, "remark_vi": told.vi, "remark_en": told.en}


def remarks(plan: Plan, book: Rulebook) -> Iterator[Label]:
    """Yield what does not fit together in the record of a plan on the day of ``book``, and what was not understood."""
    assert book.on is not None
    status, stated = book.plan_status(plan.plan_id), read_status(plan.status)
    chain = follow(plan.plan_id, book.plans)
    yield from _of_the_chain(chain)
    if plan.status_note:
        yield Label(f"trạng thái ghi trong bảng: «{plan.status_note}»", f"status as the table has it: “{plan.status_note}”")
    if plan.valid_from is None:
        yield Label("không có ngày bắt đầu hiệu lực nên không bao giờ được coi là có hiệu lực", "no first day, so never in force")
    heir = book.plans.get(plan.successor) if plan.successor else None
    if heir is not None and own_record_in_force(plan, book.on) and book.plan_status(heir.plan_id) == "in_force":
        word = (
            Label("ghi là có hiệu lực", "is on record as in force")
            if stated
            else Label("còn trong thời kỳ", "is within its period")
        )
        yield Label(
            f"{word.vi} nhưng quy hoạch thay thế {heir.plan_id} cũng đang có hiệu lực: coi là đã được thay thế",
            f"{word.en}, and so is its successor {heir.plan_id}: taken as superseded",
        )
    if plan.valid_from and plan.valid_from == plan.valid_to:
        yield Label(
            "thời kỳ chỉ có một ngày: cần xem lại ngày hết hiệu lực", "its period is one day only: check the day of the end"
        )
    if status == "in_force" and plan.tolerance_m is None:
        yield Label(
            "không nêu tỷ lệ hay sai số bản đồ: kết luận dựa trên quy hoạch này chưa thể xác định",
            "neither scale nor accuracy is stated: verdicts that rest on it cannot be determined",
        )
    if status in ("expired", "superseded", "revoked"):
        yield from _of_the_end(plan, heir, status, book)


def _of_the_chain(chain: Chain) -> Iterator[Label]:
    if chain.end == "loop":
        loop = ARROW.join(chain.plans[chain.plans.index(chain.plans[-1]) :])
        yield Label(f"các quy hoạch thay thế nhau theo vòng: {loop}", f"the plans replace one another in a circle: {loop}")
    elif chain.end == "unknown":
        name = chain.plans[-1]
        yield Label(f"quy hoạch thay thế {name} không có trong danh mục", f"the successor {name} is in no register")


def _of_the_end(plan: Plan, heir: Plan | None, status: str, book: Rulebook) -> Iterator[Label]:
    if status == "expired" and read_status(plan.status) in ("in_force", "under_adjustment"):
        word = TITLES[str(read_status(plan.status))]
        yield Label(f"ghi là {word.vi} nhưng thời kỳ đã hết", f"is on record as {word.en}, and its period is over")
    if not plan.successor:
        yield Label("không nêu quy hoạch thay thế", "no successor is named")
    if status != "revoked" and ended_on(plan, book) is None:
        yield Label("không nêu ngày hết hiệu lực", "the day it ended is not on record")
    if heir is None:
        return
    if plan.valid_to and heir.valid_from and heir.valid_from > plan.valid_to + _DAY:
        first, last = plan.valid_to + _DAY, heir.valid_from - _DAY
        yield Label(
            f"từ {first:%d/%m/%Y} đến {last:%d/%m/%Y} không có quy hoạch nào: {heir.plan_id} có hiệu lực từ {heir.valid_from:%d/%m/%Y}",
            f"no plan from {first} to {last}: {heir.plan_id} begins on {heir.valid_from}",
        )
    after = state_of(heir.plan_id, book)
    if after not in ("in_force", "under_adjustment"):
        yield Label(
            f"quy hoạch thay thế {heir.plan_id}: {TITLES[after].vi}",
            f"its successor {heir.plan_id}: {TITLES[after].en}",
        )


def with_plans(book: Rulebook, plans: Sequence[Plan]) -> tuple[Rulebook, list[Label]]:
    """Return the book with more plans in its register, and what the two say differently of one plan.

    The rulebook's word stays where both know a plan, because verdicts come from it.
    """
    added: dict[str, Plan] = {}
    told: list[Label] = []
    for plan in plans:
        own = book.plans.get(plan.plan_id)
        if own is None:
            added[plan.plan_id] = plan
            continue
        for name in (f.name for f in fields(Plan) if f.name not in _NOT_TOLD):
            ours, theirs = getattr(own, name), getattr(plan, name)
            if theirs not in (None, "") and ours != theirs and name != "title":
                told.append(
                    Label(
                        f"{plan.plan_id}: {name} trong bộ quy tắc là {ours}, trong bảng là {theirs}; giữ theo bộ quy tắc",
                        f"{plan.plan_id}: {name} is {ours} in the rulebook and {theirs} in the table; the rulebook's word stays",
                    )
                )
    return replace(book, plans={**book.plans, **added}), told
