"""Capital and phase of a project: are they stated, can they be read, and does the phase lie within a plan?

A plan is approved years into its period, so a phase that begins before the plan took effect is in order. The period of a plan begins
with the first year its title states ("thời kỳ 2021-2030"), else the year the plan, or the plan it replaced, took effect; it
ends with the year of its last day. A project may rest on any plan in force whose zones it lies on, else on any plan in force at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from plangeo.entries.entrytable import Entries
from plangeo.entries.funding import shown_vnd
from plangeo.entries.remarks import Answer, Remark
from plangeo.model import Label, Plan
from plangeo.rulebook import Rulebook

_PERIOD = re.compile(r"\b((?:19|20)\d\d)\s*[-–]\s*((?:19|20)\d\d)\b")


def ask_capital(entries: Entries) -> Answer:
    """Return which entries state no capital, one that cannot be read, a range, or a foreign currency only."""
    written = entries.texts("declared_capital")
    ends = [entries.numbers(f"capital_{end}_{money}") for money in ("vnd", "usd") for end in ("min", "max")]
    about, currency = entries.texts("capital_approx"), entries.texts("capital_currency")
    count = len(written)
    if "declared_capital" not in entries.table:
        why = Label("Danh mục không có cột tổng vốn", "The register has no column of capital")
        return Answer("capital", np.zeros(count, dtype=bool), (), why)
    remarks = []
    for row, text in enumerate(written):
        low, high, low_usd, high_usd = (float(values[row]) for values in ends)
        local = [v for v in (low, high) if not math.isnan(v)]
        if not any(c.isalnum() for c in text):
            remarks.append(Remark(row, "capital.missing", Label("Chưa nêu tổng vốn", "No capital is stated"), text))
        elif not local and currency[row] in ("", "VND") and math.isnan(low_usd) and math.isnan(high_usd):
            said = Label(f"Không đọc chắc chắn được tổng vốn “{text}”", f"The capital “{text}” cannot be read without guessing")
            remarks.append(Remark(row, "capital.unreadable", said, text))
        elif not local:
            said = Label(
                f"Tổng vốn chỉ ghi bằng ngoại tệ “{text}”, không quy đổi",
                f"The capital is stated in a foreign currency only, “{text}”; it is not converted",
            )
            remarks.append(Remark(row, "capital.foreign", said, text))
        elif max(local) <= 0:
            remarks.append(Remark(row, "capital.zero", Label("Tổng vốn bằng 0", "The capital is zero"), text))
        elif len(local) < 2 or low != high or about[row] == "True":
            said = Label(
                f"Tổng vốn ghi là khoảng hoặc ước lượng: “{text}”",
                f"The capital is a range, a bound or an approximation: “{text}”",
            )
            remarks.append(Remark(row, "capital.range", said, text))
    return Answer("capital", np.ones(count, dtype=bool), remarks)


@dataclass(frozen=True)
class Period:
    """The years of a plan."""

    plan: Plan
    first: float
    """NaN when unknown."""
    last: float
    """Infinite for a plan that holds until it is replaced."""

    @property
    def shown(self) -> str:
        """Return the plan and its years, as remarks name them."""
        first, last = ("…" if not math.isfinite(year) else f"{year:.0f}" for year in (self.first, self.last))
        return f"{self.plan.plan_id} ({first}–{last})"


def periods(rulebook: Rulebook) -> Mapping[str, Period]:
    """Return plan → years of every plan in force on the day of the rulebook."""
    return {
        plan_id: _period(plan, rulebook)
        for plan_id, plan in rulebook.plans.items()
        if rulebook.plan_status(plan_id) == "in_force"
    }


def _period(plan: Plan, rulebook: Rulebook) -> Period:
    chain = {plan.plan_id: plan}
    while before := {p.plan_id: p for p in rulebook.plans.values() if p.successor in chain and p.plan_id not in chain}:
        chain |= before
    starts = [year for p in chain.values() for year in _starts(p)]
    return Period(plan, min(starts, default=math.nan), math.inf if plan.valid_to is None else float(plan.valid_to.year))


def _starts(plan: Plan) -> list[float]:
    stated = {int(first) for text in (plan.title.vi, plan.title.en) for first, last in _PERIOD.findall(text) if first < last}
    dated = [] if plan.valid_from is None else [float(plan.valid_from.year)]
    return [*dated, *(float(year) for year in stated)] if len(stated) == 1 else dated


def ask_phases(entries: Entries) -> Answer:
    """Return which entries state no phase, one without years, or years beyond every plan they may rest on."""
    written, count = entries.texts("phase"), len(entries.table)
    known = periods(entries.assessment.rulebook)
    if "phase" not in entries.table:
        why = Label("Danh mục không có cột phân kỳ", "The register has no column of phases")
        return Answer("phase", np.zeros(count, dtype=bool), (), why)
    under = _plans_under(entries)
    first, last = entries.numbers("phase_from"), entries.numbers("phase_to")
    remarks: list[Remark] = []
    asked = np.ones(count, dtype=bool)
    for row, text in enumerate(written):
        if not any(c.isalnum() for c in text):
            remarks.append(Remark(row, "phase.missing", Label("Chưa nêu phân kỳ", "No phase is stated"), text))
            continue
        if math.isnan(first[row]) and math.isnan(last[row]):
            said = Label(f"Phân kỳ “{text}” không nêu năm", f"The phase “{text}” states no years")
            remarks.append(Remark(row, "phase.unreadable", said, text))
            continue
        may_rest_on = [known[p] for p in sorted(under.get(row, set())) if p in known] or list(known.values())
        if not may_rest_on:
            asked[row] = False
            continue
        remarks += _of_years(row, text, float(first[row]), float(last[row]), may_rest_on)
    why = (
        Label("", "")
        if known
        else Label("Không có quy hoạch nào đang có hiệu lực để đối chiếu", "No plan is in force to compare with")
    )
    return Answer("phase", asked, remarks, why)


def _of_years(row: int, text: str, first: float, last: float, plans: Sequence[Period]) -> list[Remark]:
    """The years of one entry (NaN where open) against the years of the plans it may rest on."""
    latest = max(plans, key=lambda p: p.last)
    earliest = min(plans, key=lambda p: (math.isnan(p.first), p.first))
    shown = ", ".join(p.shown for p in plans)
    remarks = []
    if math.isnan(last):
        said = Label(f"Phân kỳ “{text}” không có năm kết thúc", f"The phase “{text}” has no last year")
        remarks.append(Remark(row, "phase.open", said, text))
    if not math.isnan(first) and first > latest.last:
        said = Label(
            f"Phân kỳ “{text}” bắt đầu sau khi quy hoạch hết thời kỳ: {shown}",
            f"The phase “{text}” begins after the plans end: {shown}",
        )
        return [Remark(row, "phase.outside", said, text, shown)]
    if not math.isnan(last) and last > latest.last:
        said = Label(
            f"Phân kỳ “{text}” kéo dài quá thời kỳ quy hoạch: {shown}", f"The phase “{text}” ends after the plans end: {shown}"
        )
        return [Remark(row, "phase.partly_outside", said, text, shown)]
    if not math.isnan(last) and last < earliest.first:
        said = Label(
            f"Phân kỳ “{text}” kết thúc trước thời kỳ quy hoạch: {shown}",
            f"The phase “{text}” ended before the plans began: {shown}",
        )
        return [Remark(row, "phase.before", said, text, shown)]
    return remarks


def _plans_under(entries: Entries) -> dict[int, set[str]]:
    """Row of a site → the plans whose zones it lies on."""
    zones = entries.assessment.evidence.get("zones")
    if zones is None:
        return {}
    place = {site_id: n for n, site_id in enumerate(entries.texts("site_id"))}
    under: dict[int, set[str]] = {}
    for site_id, plan_id in zip(zones["site_id"].tolist(), zones["plan_id"].tolist(), strict=True):
        if site_id in place:
            under.setdefault(place[site_id], set()).add(plan_id)
    return under


def capital_words(low: float, high: float, language: str) -> str:
    """Return a capital (VND) in tỷ đồng, a range with both ends; a dash where none is known."""
    if math.isnan(low) and math.isnan(high):
        return "—"
    if low == high:
        return shown_vnd(low, language)
    if math.isnan(high):
        return f"≥ {shown_vnd(low, language)}"
    return f"≤ {shown_vnd(high, language)}" if math.isnan(low) else f"{shown_vnd(low, language)} – {shown_vnd(high, language)}"
