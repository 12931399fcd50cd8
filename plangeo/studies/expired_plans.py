"""Which plans ended, when, what replaced them, and which projects and how much capital still rest on them?

Ended is what expired, was superseded or revoked by the day, and zones whose own days are over; a site rests on a plan when it
lies on its zones, also where another plan governs now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from plangeo.chronicle.chains import ended_on, follow, state_of
from plangeo.chronicle.planlist import remarks
from plangeo.chronicle.resting import CAPITAL, add_capital, joined, metric_shapes, sites_on_plans
from plangeo.law.planstatus import TITLES
from plangeo.model import Assessment, Label, Plan, Verdict
from plangeo.study import Sheet, SheetColumn, Study, Subject

_STAGES_SHOWN = 5
ENDED = ("expired", "superseded", "revoked")
_MONEY = (
    SheetColumn("capital_min_bn", "Vốn ít nhất (tỷ đồng)", "Capital, least (bn VND)", 16, "number"),
    SheetColumn("capital_max_bn", "Vốn nhiều nhất (tỷ đồng)", "Capital, greatest (bn VND)", 16, "number"),
    SheetColumn("capital_min_usd", "Vốn ít nhất (USD)", "Capital, least (USD)", 16, "integer"),
    SheetColumn("capital_max_usd", "Vốn nhiều nhất (USD)", "Capital, greatest (USD)", 16, "integer"),
)
_PLAN_COLUMNS = (
    SheetColumn("plan_id", "Mã quy hoạch", "Plan", 18, "code"),
    SheetColumn("title_vi", "Tên quy hoạch", "Title", 44),
    SheetColumn("decision", "Quyết định", "Decision", 22),
    SheetColumn("status_vi", "Tình trạng", "Status (Vietnamese)", 16),
    SheetColumn("status", "Mã tình trạng", "Status", 12, "code"),
    SheetColumn("valid_from", "Từ ngày", "From", 12, "date"),
    SheetColumn("ended_on", "Ngày cuối còn hiệu lực", "Last day in force", 12, "date"),
    SheetColumn("replaced_by", "Quy hoạch thay thế", "Replaced by", 18, "code"),
    SheetColumn("replaced_status_vi", "Tình trạng của quy hoạch thay thế", "Status of that (Vietnamese)", 16),
    SheetColumn("chain", "Chuỗi thay thế", "Chain of replacement", 34),
    SheetColumn("sites", "Số dự án còn nằm trên", "Sites resting on it", 10, "integer"),
    SheetColumn(
        "bare_sites", "Trong đó chưa có quy hoạch nào đang có hiệu lực", "of them with ground nothing governs", 14, "integer"
    ),
    SheetColumn("area_ha", "Diện tích dự án trên quy hoạch (ha)", "Ground of sites on it (ha)", 14, "hectare"),
    SheetColumn("bare_ha", "Trong đó không có quy hoạch đang có hiệu lực (ha)", "of it governed by nothing (ha)", 14, "hectare"),
    *_MONEY,
    SheetColumn("capital_open", "Số dự án không nêu mức vốn trên", "Sites without an upper amount", 10, "integer"),
    SheetColumn("capital_unstated", "Số dự án không nêu vốn", "Sites without capital", 10, "integer"),
    SheetColumn("site_ids", "Các dự án", "Sites", 40),
    SheetColumn("why_vi", "Lưu ý", "Remarks (Vietnamese)", 60),
    SheetColumn("why_en", "Lưu ý (tiếng Anh)", "Remarks", 60),
)
_SITE_COLUMNS = (
    SheetColumn("plan_id", "Mã quy hoạch", "Plan", 18, "code"),
    SheetColumn("status_vi", "Tình trạng", "Status (Vietnamese)", 16),
    SheetColumn("ended_on", "Ngày cuối còn hiệu lực", "Last day in force", 12, "date"),
    SheetColumn("replaced_by", "Quy hoạch thay thế", "Replaced by", 18, "code"),
    SheetColumn("site_id", "Mã dự án", "Site", 14, "code"),
    SheetColumn("name", "Tên dự án", "Name", 38),
    SheetColumn("verdict_vi", "Kết luận", "Verdict", 18, "verdict"),
    SheetColumn("area_ha", "Diện tích trên quy hoạch (ha)", "Ground on it (ha)", 14, "hectare"),
    SheetColumn("length_m", "Chiều dài (m)", "Length (m)", 12, "area"),
    SheetColumn("share", "Tỷ lệ", "Share", 9, "share"),
    SheetColumn("bare_share", "Tỷ lệ không có quy hoạch đang có hiệu lực", "Share governed by nothing", 12, "share"),
    *_MONEY,
)
_PLAN_NOTE = Label(
    "Dự án “nằm trên” một quy hoạch khi nằm trên vùng của quy hoạch đó, kể cả khi nay đã có quy hoạch khác điều chỉnh. Mỗi dự án "
    "tính vốn một lần cho mỗi quy hoạch, toàn bộ vốn của dự án, nên không cộng vốn của nhiều quy hoạch với nhau; USD không quy đổi. Dự án chỉ biết đến cấp xã không có ở đây. Hình vẽ là ranh giới các dự án.",
    "A site rests on a plan when it lies on its zones, also where another plan governs by now. Each plan counts the whole capital of a "
    "site once, so the capital of several plans must not be added; dollars are not converted. Sites known by their commune only are not here. Shapes are those of the sites.",
)


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the plans that ended, and the sites that rest on each."""
    assessment = subject.assessment
    book = assessment.rulebook
    ended = {plan_id: plan for plan_id, plan in book.plans.items() if state_of(plan_id, book) in ENDED}
    owner = {plan_id: plan.stage_of or plan_id for plan_id, plan in ended.items()}
    resting = sites_on_plans(assessment, owner)
    shapes = metric_shapes(assessment)
    rows = [
        _row_of(plan_id, owner, assessment, resting[resting["plan_id"] == plan_id]) for plan_id in dict.fromkeys(owner.values())
    ]
    names = [c.field for c in _PLAN_COLUMNS]
    plans = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=[*names, *CAPITAL[:2], "rows"]),
        geometry=gpd.GeoSeries([None] * len(rows)),
        crs=_crs(assessment),
    )
    plans = plans.set_geometry(gpd.GeoSeries([joined(shapes[list(r)]) for r in plans["rows"]], index=plans.index, crs=plans.crs))
    sites = _site_rows(assessment, resting, {row["plan_id"]: row for row in rows})
    on_it = gpd.GeoDataFrame(
        sites, geometry=gpd.GeoSeries(shapes[resting["row"].to_numpy(dtype=int)], crs=plans.crs), crs=plans.crs
    )
    return [
        Sheet(
            "expired_plans",
            Label("Quy hoạch hết hiệu lực", "Expired plans"),
            _PLAN_COLUMNS,
            plans.drop(columns="rows"),
            Label("Không có quy hoạch nào đã hết hiệu lực.", "No plan has ended."),
            _PLAN_NOTE,
        ),
        Sheet(
            "expired_plan_sites",
            Label("Dự án trên QH hết hiệu lực", "Sites on expired plans"),
            _SITE_COLUMNS,
            on_it,
            Label("Không có dự án nào nằm trên quy hoạch hết hiệu lực.", "No site lies on a plan that has ended."),
            _PLAN_NOTE,
        ),
    ]


def _crs(assessment: Assessment) -> Any:
    return assessment.crs or None


def _row_of(plan_id: str, owner: Mapping[str, str], assessment: Assessment, resting: pd.DataFrame) -> dict[str, Any]:
    """The row of a plan that ended, its stages with it; of a plan of which only stages ended, a row that says so."""
    book = assessment.rulebook
    if plan_id in owner:
        return _plan_row(book.plans[plan_id], assessment, resting)
    stages = [book.plans[stage] for stage, of in owner.items() if of == plan_id]
    row = _plan_row(stages[0], assessment, resting)
    days = [day for stage in stages if (day := ended_on(stage, book)) is not None]
    return row | {
        "plan_id": plan_id,
        "title_vi": "; ".join(stage.title.text("vi") for stage in stages[:_STAGES_SHOWN]),
        "status_vi": "Một phần: " + row["status_vi"].lower(),
        "ended_on": max(days, default=None),
        "why_vi": "; ".join(
            filter(None, [row["why_vi"], f"chỉ các khoanh của {len(stages)} đợt đã hết hiệu lực; quy hoạch thì chưa"])
        ),
        "why_en": "; ".join(filter(None, [row["why_en"], f"only the zones of {len(stages)} stage(s) ended, the plan has not"])),
    }


def _plan_row(plan: Plan, assessment: Assessment, resting: pd.DataFrame) -> dict[str, Any]:
    book = assessment.rulebook
    state, chain = state_of(plan.plan_id, book), follow(plan.plan_id, book.plans)
    heir = state_of(plan.successor, book) if plan.successor else ""
    told = list(remarks(plan, book))
    rows = resting["row"].tolist()
    capital = add_capital(assessment.sites, rows)
    return {
        "plan_id": plan.plan_id,
        "title_vi": plan.title.text("vi"),
        "decision": plan.decision,
        "status": state,
        "status_vi": TITLES[state].vi,
        "valid_from": plan.valid_from,
        "ended_on": ended_on(plan, book),
        "replaced_by": plan.successor or "",
        "replaced_status_vi": TITLES[heir].vi if heir else "",
        "chain": str(chain) if chain.replaced else "",
        "sites": len(rows),
        "bare_sites": int((resting["bare_share"] > 0).sum()),
        "area_ha": float(resting["area_m2"].sum()) / 10_000,
        "bare_ha": float(resting["bare_m2"].sum()) / 10_000,
        **capital,
        **{f"capital_{end}_bn": capital[f"capital_{end}_vnd"] / 1e9 for end in ("min", "max")},
        "site_ids": ", ".join(str(s) for s in resting["site_id"]),
        "why_vi": "; ".join(t.vi for t in told),
        "why_en": "; ".join(t.en for t in told),
        "rows": tuple(rows),
    }


def _site_rows(assessment: Assessment, resting: pd.DataFrame, plans: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    at = resting["row"].to_numpy(dtype=int)
    sites = assessment.sites.iloc[at]
    out = resting.drop(columns="row").reset_index(drop=True)
    for name in ("status_vi", "ended_on", "replaced_by"):
        out[name] = pd.Series([plans[p][name] for p in out["plan_id"]], dtype=object)
    out["name"] = sites["name"].to_numpy()
    out["verdict"] = sites["verdict"].to_numpy()
    out["verdict_vi"] = [Verdict.parse(str(word)).wording.vi for word in out["verdict"]]
    out["area_ha"] = out["area_m2"] / 10_000
    for name in CAPITAL:
        out[name] = sites[name].to_numpy(dtype=float) if name in sites else float("nan")
    for end in ("min", "max"):
        out[f"capital_{end}_bn"] = out[f"capital_{end}_vnd"] / 1e9
    return out


STUDY = Study(
    code="expired_plans",
    title=Label("Quy hoạch hết hiệu lực", "Expired plans"),
    run=run,
    layers=("zones",),
    order=11,
)
