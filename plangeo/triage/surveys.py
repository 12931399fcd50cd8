"""Undecided projects that a survey, a drawn boundary or a better map would decide, and how good it would have to be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from plangeo.model import Assessment, Label, Verdict
from plangeo.rulebook import Rulebook
from plangeo.triage.capital import Capital, capital_of
from plangeo.triage.siterows import FINDING, rows_by_site

KINDS: Mapping[str, Label] = {
    "coordinates": Label("đo lại tọa độ dự án", "survey the site again"),
    "map": Label("bản đồ quy hoạch chính xác hơn", "a more accurate map of the plan"),
    "either": Label(
        "đo lại tọa độ dự án hoặc bản đồ quy hoạch chính xác hơn", "survey the site again, or a more accurate map of the plan"
    ),
    "both": Label("cần cả tọa độ và bản đồ chính xác hơn", "both better coordinates and a more accurate map"),
    "map_accuracy": Label("bổ sung tỷ lệ hoặc độ chính xác của quy hoạch", "state the scale or accuracy of the plan"),
    "boundary": Label("cần ranh giới thay cho một điểm", "a boundary instead of one point"),
    "position": Label(
        "cần vị trí: mới biết đơn vị hành chính hoặc tọa độ không đọc được",
        "a place: only a unit is known, or the coordinates cannot be read",
    ),
}
"""What would decide."""

COLUMNS = (
    *("site_id", "name", "kind", "kind_vi", "kind_en", "decides", "decides_vi", "remaining", "capital_vnd", "capital_note_vi"),
    *(
        "margin_m",
        "tolerance_m",
        "plan_id",
        "plan_tolerance_m",
        "site_accuracy_m",
        "needed_site_m",
        "needed_plan_m",
        "needed_scale",
    ),
    *("why_vi", "why_en"),
)

_BY_ACCURACY = {("robustness", "within_map_accuracy"), ("robustness", "accuracy_unstated")}
_CONSEQUENCES: Mapping[str, frozenset[str]] = {
    "position": frozenset(
        {
            *("coverage.no_place", "declared_area.no_place", "district.no_place", "geometry.problem", "outside_area.no_place"),
            *("plan_in_force.no_plan", "robustness.nothing_to_flip", "zone_use.no_zone", "slope.no_place", "setback.no_place"),
            "raster_class.no_place",
        }
    ),
    "boundary": frozenset(
        {"declared_area.point_uncertain", "declared_area.point_open_area", "declared_area.point_near_faulty_zone"}
    ),
}
"""Findings that fall with the lack of a place or boundary."""
_BOUNDARY = ("disc_partly", "disc_none_known")
_NO_SURVEY = frozenset({"placed", "disc_everywhere", "disc_nowhere", "nowhere", "no_room", "use_unknown", "larger_than_unit"})
"""What `placement` says where a place would not help: it is decided, or something else is missing."""


def value_of_survey(assessment: Assessment) -> pd.DataFrame:
    """Return a row for each UNKNOWN site and thing that would help to decide it (``COLUMNS``), the surest and largest first.

    ``decides`` True where no other finding leaves the site undecided; else ``remaining`` names them. ``needed_site_m`` and
    ``needed_plan_m``: the accuracy in metres that would do by itself (of the site; of the plan, with ``needed_scale`` its
    scale at 0.5 mm on paper); NaN where it alone cannot do.
    """
    sites = assessment.sites
    undecided = sites[(sites["verdict"] == Verdict.UNKNOWN.label).to_numpy()]
    ids = undecided["site_id"].astype(str).tolist()
    rows_of = rows_by_site(assessment.findings, ids, FINDING)
    open_ones = (Verdict.UNKNOWN.label, Verdict.NOT_PERMITTED.label)
    accuracy = dict(zip(ids, undecided["accuracy_m"].astype(float).tolist(), strict=True))
    capital = capital_of(undecided)
    rows = []
    for site_id, name in zip(ids, undecided["name"].astype(str).tolist(), strict=True):
        found = [row for row in rows_of[site_id] if row.verdict in open_ones]
        for told in (_by_accuracy(found, assessment.rulebook, accuracy[site_id]), _by_boundary(found), _by_position(found)):
            if told is not None:
                rows.append(_row(site_id, name, told, found, capital[site_id]))
    rows.sort(key=lambda r: (not r["decides"], math.isnan(r["capital_vnd"]), -r["capital_vnd"], r["site_id"], r["kind"]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _by_accuracy(found: Sequence[Any], rulebook: Rulebook, stated: float) -> dict[str, Any] | None:
    """ε* < t: whether the site's share of t, the plan's, or both are too large."""
    row = next((f for f in found if (f.check, f.reason) in _BY_ACCURACY), None)
    if row is None or not math.isfinite(row.measure):
        return None
    plan = rulebook.plans.get(str(row.plan_id))
    own = stated if stated > 0 else 0.0
    of_plan = plan.tolerance_m if plan is not None else None
    facts = {
        "margin_m": float(row.measure),
        "tolerance_m": float(row.threshold),
        "plan_id": str(row.plan_id),
        "site_accuracy_m": stated,
    }
    return {**facts, **_needed(float(row.measure), own, of_plan), "falls": {f"robustness.{row.reason}", *_tempered(found)}}


def _tempered(found: Sequence[Any]) -> set[str]:
    """Within the map's accuracy the zones' verdict is neither proven nor refuted: it falls or stands with the survey."""
    return {f"zone_use.{f.reason}" for f in found if f.check == "zone_use" and f.verdict == Verdict.NOT_PERMITTED.label}


def _needed(margin: float, own: float, of_plan: float | None) -> dict[str, Any]:
    """Kind and accuracies that would do: the sum of both must not exceed ε*."""
    needed_plan = margin - own if margin > own else math.nan
    scale = math.floor(needed_plan / 0.0005) if needed_plan > 0 else math.nan
    if of_plan is None:
        facts = {"plan_tolerance_m": math.nan, "needed_site_m": math.nan}
        return {"kind": "map_accuracy", **facts, "needed_plan_m": needed_plan, "needed_scale": scale}
    needed_site = margin - of_plan if own and margin > of_plan else math.nan
    kinds = {(True, True): "either", (True, False): "coordinates", (False, True): "map", (False, False): "both"}
    kind = kinds[not math.isnan(needed_site), not math.isnan(needed_plan)]
    return {
        "kind": kind,
        "plan_tolerance_m": of_plan,
        "needed_site_m": needed_site,
        "needed_plan_m": needed_plan,
        "needed_scale": scale,
    }


def _by_boundary(found: Sequence[Any]) -> dict[str, Any] | None:
    codes = {f"{f.check}.{f.reason}" for f in found}
    hit = {f"placement.{reason}" for reason in _BOUNDARY} & codes | _CONSEQUENCES["boundary"] & codes
    return {"kind": "boundary", "falls": hit} if hit else None


def _by_position(found: Sequence[Any]) -> dict[str, Any] | None:
    placement = next((f for f in found if f.check == "placement" and not f.reason.startswith("disc_")), None)
    if placement is None or placement.reason in _NO_SURVEY or not any(f.reason == "no_place" for f in found):
        return None
    return {"kind": "position", "falls": {f"placement.{placement.reason}"} | _CONSEQUENCES["position"]}


def _row(site_id: str, name: str, told: Mapping[str, Any], found: Sequence[Any], capital: Capital) -> dict[str, Any]:
    remaining = sorted({f"{f.check}.{f.reason}" for f in found} - set(told["falls"]))
    kind = str(told["kind"])
    why = _why(kind, told)
    row = dict.fromkeys(COLUMNS, math.nan) | {k: v for k, v in told.items() if k in COLUMNS} | {"site_id": site_id, "name": name}
    return row | {
        "plan_id": told.get("plan_id", ""),
        "kind_vi": KINDS[kind].vi,
        "kind_en": KINDS[kind].en,
        "decides": not remaining,
        "decides_vi": "quyết định được" if not remaining else "còn vướng nội dung khác",
        "remaining": "; ".join(remaining),
        "capital_vnd": math.nan if capital.vnd is None else float(capital.vnd),
        "capital_note_vi": capital.note.vi,
        "why_vi": why.vi,
        "why_en": why.en,
    }


def _why(kind: str, told: Mapping[str, Any]) -> Label:
    if kind in ("boundary", "position"):
        return KINDS[kind]
    margin, site, plan = told["margin_m"], told["needed_site_m"], told["needed_plan_m"]
    parts = [Label(f"ranh giới lệch {margin:,.2f} m là kết luận đổi", f"a boundary off by {margin:,.2f} m changes the verdict")]
    if not math.isnan(site):
        parts.append(Label(f"đủ nếu tọa độ chính xác đến {site:,.2f} m", f"coordinates accurate to {site:,.2f} m would do"))
    if not math.isnan(plan):
        scale = f"1:{told['needed_scale']:,}"
        parts.append(
            Label(
                f"đủ nếu quy hoạch chính xác đến {plan:,.2f} m (tỷ lệ từ {scale})",
                f"a plan accurate to {plan:,.2f} m (scale {scale} or larger) would do",
            )
        )
    if kind == "both":
        parts.append(
            Label(f"tổng hai sai số phải không quá {margin:,.2f} m", f"both errors together must not exceed {margin:,.2f} m")
        )
    return Label("; ".join(p.vi for p in parts), "; ".join(p.en for p in parts))
