"""Each decision beside the machine's verdict: which project it is about, whether they agree, and whether it is stale."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from plangeo.law.lawrecord import record_answer
from plangeo.model import Assessment, Label, Verdict
from plangeo.overrides.decisionfile import DecisionFile, OfficerDecision
from plangeo.overrides.fingerprints import PARTS, changed_parts, fingerprints, well_formed
from plangeo.text import fold

SHEET = "officer_decisions"
"""Code of the sheet that holds the table."""

STATUSES: Mapping[str, Label] = {
    "current": Label("Còn khớp: dự án và căn cứ chưa thay đổi", "Current: site and law are as they were"),
    "stale": Label("Đã cũ: phải xem xét lại", "Stale: to be looked at again"),
    "unknown": Label("Không rõ có thay đổi hay chưa", "Cannot be told whether something changed since"),
    "not_matched": Label("Không gắn được với dự án nào", "Belongs to no project"),
}

_PROBLEMS: Mapping[str, Label] = {
    "no_site": Label("thiếu mã và tên dự án", "no project is named"),
    "no_decision": Label("thiếu nội dung quyết định", "no decision is stated"),
    "no_reason": Label("thiếu lý do", "no reason is stated"),
    "no_officer": Label("thiếu tên cán bộ", "no officer is named"),
    "no_date": Label("thiếu ngày", "no date"),
    "bad_date": Label("ngày không đọc được", "the date cannot be read"),
    "no_document": Label("thiếu số văn bản", "no document number"),
    "too_long": Label("ô quá dài, đã cắt bớt", "a cell is too long and was cut"),
    "not_a_row": Label("mục này không phải là một quyết định", "the entry is not a decision"),
    "unknown_site": Label("danh mục không có dự án này", "the register has no such project"),
    "several_sites": Label("nhiều dự án cùng tên này: cần ghi mã", "several projects bear this name: state the id"),
    "other_name": Label("mã và tên chỉ hai dự án khác nhau", "id and name point at two projects"),
    "name_differs": Label("tên khác với danh mục", "the name is not that of the register"),
    "several_decisions": Label("dự án có nhiều quyết định", "the project has several decisions"),
    "bad_fingerprint": Label("dấu kiểm không đúng dạng", "the fingerprint is not one"),
    "later_than_on": Label("ngày quyết định sau ngày xét", "decided after the as-of date"),
}

COLUMNS = (
    *(
        "source_row",
        "site_id",
        "name",
        "verdict",
        "verdict_vi",
        "decision",
        "decided",
        "agrees",
        "agrees_vi",
        "reason",
        "officer",
    ),
    *("date", "date_text", "document", "status", "status_vi", "since_vi", "since_en", "fingerprint_given", "fingerprint_now"),
    *("problem", "problem_vi", "problem_en"),
)
_WORDS = {fold(text): v for v in Verdict for text in (v.label, v.label.replace("_", " "), v.wording.vi, v.wording.en)} | {
    fold("không phù hợp"): Verdict.NOT_PERMITTED,
    fold("không xác định được"): Verdict.UNKNOWN,
}


@dataclass(frozen=True)
class _Site:
    site_id: str
    name: str
    verdict: str


def place_decisions(assessment: Assessment, file: DecisionFile) -> pd.DataFrame:
    """Return one row per row of the file, in its order (``COLUMNS``); verdicts of the assessment stay what they are.

    ``decided`` is the verdict the officer's words name, empty for free text; ``agrees`` ``yes``, ``no`` or empty;
    ``status`` a key of ``STATUSES``; ``problem`` codes joined by "; ".
    """
    frame = assessment.sites
    columns = (frame[n].astype(str).tolist() for n in ("site_id", "name", "verdict"))
    sites = {s.site_id: s for s in (_Site(*row) for row in zip(*columns, strict=True))}
    named: dict[str, list[_Site]] = defaultdict(list)
    for known in sites.values():
        named[fold(known.name)].append(known)
    found = [_find(row, sites, named) for row in file.rows]
    counts = pd.Series([s.site_id for s, _ in found if s is not None], dtype=object).value_counts()
    wanted = set(counts.index)
    marks = fingerprints(_only(assessment, wanted)) if wanted else {}
    dated = _dated_law(assessment, wanted)
    rows = []
    for decision, (site, problems) in zip(file.rows, found, strict=True):
        more = ("several_decisions",) if site is not None and counts[site.site_id] > 1 else ()
        rows.append(_row(decision, site, (*decision.problems, *problems, *more), marks, dated, assessment.on))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _find(
    row: OfficerDecision, sites: Mapping[str, _Site], named: Mapping[str, list[_Site]]
) -> tuple[_Site | None, tuple[str, ...]]:
    """The project a row is about, by id, else by a name only one project bears; never by guessing."""
    called = named.get(fold(row.name), []) if row.name else []
    if row.site_id:
        site = sites.get(row.site_id)
        if site is None:
            return None, ("unknown_site",)
        if row.name and fold(row.name) != fold(site.name):
            return (None, ("other_name",)) if called else (site, ("name_differs",))
        return site, ()
    if not row.name:
        return None, ()
    if len(called) != 1:
        return None, ("several_sites" if called else "unknown_site",)
    return called[0], ()


def _only(assessment: Assessment, wanted: set[str]) -> Assessment:
    """The assessment of some sites: marks are made of these only."""
    zones = assessment.evidence.get("zones")
    kept = {} if zones is None else {"zones": zones[zones["site_id"].astype(str).isin(wanted).to_numpy()]}
    sites = assessment.sites[assessment.sites["site_id"].astype(str).isin(wanted).to_numpy()]
    return replace(assessment, sites=sites, evidence=kept)


_Event = tuple[dt.date, Label]


def _dated_law(assessment: Assessment, wanted: set[str]) -> dict[str, list[_Event]]:
    """site_id → days on which a plan under the site or a rule that answers it began or ended, up to the as-of date."""
    zones = assessment.evidence.get("zones")
    if zones is None:
        return {}
    book, on = assessment.rulebook, assessment.on
    uses = dict(zip(assessment.sites["site_id"].astype(str), assessment.sites["use"].astype(str), strict=True))
    found: dict[str, set[_Event]] = defaultdict(set)
    rows = zones[zones["site_id"].astype(str).isin(wanted).to_numpy()]
    for site_id, plan_id, code in zip(*(rows[n].astype(str).tolist() for n in ("site_id", "plan_id", "zone_code")), strict=True):
        plan = book.plans.get(plan_id)
        if plan is not None and plan.valid_from is not None and plan.valid_from <= on:
            told = Label(f"{plan_id} có hiệu lực từ {plan.valid_from:%d/%m/%Y}", f"{plan_id} took effect on {plan.valid_from}")
            found[site_id].add((plan.valid_from, told))
        if plan is not None and plan.valid_to is not None and plan.valid_to < on:
            # the last day in force: a decision of that day was made under the plan
            told = Label(f"{plan_id} hết hiệu lực sau {plan.valid_to:%d/%m/%Y}", f"{plan_id} ended after {plan.valid_to}")
            found[site_id].add((plan.valid_to + dt.timedelta(days=1), told))
        answer = record_answer(book, book.find_use(uses[site_id]) or "", code) or {}
        if answer.get("from"):
            day = dt.date.fromisoformat(str(answer["from"]))
            told = Label(f"quy tắc trên {code} áp dụng từ {day:%d/%m/%Y}", f"the rule on {code} holds since {day}")
            found[site_id].add((day, told))
        for i in book.triggers_for(book.find_use(uses[site_id]) or ""):
            trigger = book.triggers[i]
            if trigger.valid_from is not None and book.falls_under(code, trigger.zones):
                day = trigger.valid_from
                told = Label(
                    f"điều kiện theo diện tích trên {code} áp dụng từ {day:%d/%m/%Y}",
                    f"the condition by area on {code} holds since {day}",
                )
                found[site_id].add((day, told))
    return {site_id: sorted(events, key=lambda e: (e[0], e[1].en)) for site_id, events in found.items()}


def _row(
    decision: OfficerDecision,
    site: _Site | None,
    problems: Sequence[str],
    marks: Mapping[str, str],
    dated: Mapping[str, Sequence[_Event]],
    on: dt.date,
) -> dict[str, Any]:
    now = marks.get(site.site_id, "") if site else ""
    given = decision.fingerprint.strip().lower()
    told = list(problems)
    if given and not well_formed(given):
        told.append("bad_fingerprint")
    if decision.date is not None and decision.date > on:
        told.append("later_than_on")
    status, since = _status(decision, site, given, now, dated)
    named = _WORDS.get(fold(decision.decision))
    agrees = "" if named is None or site is None else "yes" if named.label == site.verdict else "no"
    return {
        "source_row": decision.row,
        "site_id": site.site_id if site else decision.site_id,
        "name": site.name if site else decision.name,
        "verdict": site.verdict if site else "",
        "verdict_vi": Verdict.parse(site.verdict).wording.vi if site else "",
        "decision": decision.decision,
        "decided": named.label if named is not None else "",
        "agrees": agrees,
        "agrees_vi": {"yes": "giống", "no": "khác", "": ""}[agrees],
        "reason": decision.reason,
        "officer": decision.officer,
        "date": decision.date,
        "date_text": decision.date_text,
        "document": decision.document,
        "status": status,
        "status_vi": STATUSES[status].vi,
        "since_vi": "; ".join(label.vi for label in since),
        "since_en": "; ".join(label.en for label in since),
        "fingerprint_given": decision.fingerprint,
        "fingerprint_now": now,
        "problem": "; ".join(told),
        "problem_vi": "; ".join(_PROBLEMS[code].vi for code in told),
        "problem_en": "; ".join(_PROBLEMS[code].en for code in told),
    }


def _status(
    decision: OfficerDecision, site: _Site | None, given: str, now: str, dated: Mapping[str, Sequence[_Event]]
) -> tuple[str, list[Label]]:
    """Current, stale or not known, and what changed (or what it lacks to be told)."""
    if site is None:
        return "not_matched", []
    known = well_formed(given)
    since = [PARTS[part] for part in changed_parts(given, now)] if known else []
    day = decision.date
    if day is not None:
        since += [label for when, label in dated.get(site.site_id, ()) if when > day]
    if since:
        return "stale", since
    if known:
        return "current", []
    return "unknown", [Label("không có dấu kiểm của lần quyết định", "no fingerprint of the day of the decision")]


def decisions_beside(assessment: Assessment) -> dict[str, Label]:
    """Return site_id → the officer's decisions in a line each, the latest first; empty when no file of them was studied."""
    table = next((sheet.frame for sheet in assessment.sheets if sheet.code == SHEET), None)
    if table is None:
        return {}
    lines: dict[str, list[tuple[str, Label]]] = defaultdict(list)
    for row in table.to_dict("records"):
        if row["status"] != "not_matched":
            lines[str(row["site_id"])].append((_sortable(row["date"]), _line(row)))
    return {site_id: _joined(told) for site_id, told in lines.items()}


def _sortable(day: Any) -> str:
    return day.isoformat() if isinstance(day, dt.date) and not pd.isna(day) else ""


def _line(row: Mapping[Any, Any]) -> Label:
    by = ", ".join(str(row[n]) for n in ("officer", "date_text", "document") if row[n])
    said = f"{row['decision'] or '—'}" + (f" ({by})" if by else "")
    status = STATUSES[str(row["status"])]
    since = Label(*(f" ({text})" if text else "" for text in (row["since_vi"], row["since_en"])))
    return Label(f"{said}. {status.vi}{since.vi}", f"{said}. {status.en}{since.en}")


def _joined(told: Iterable[tuple[str, Label]]) -> Label:
    ordered = [label for _, label in sorted(told, key=lambda item: item[0], reverse=True)]
    return Label("\n".join(x.vi for x in ordered), "\n".join(x.en for x in ordered))
