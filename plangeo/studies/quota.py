"""How much of the plan's hectares is left in each unit and class, which project goes beyond it first, and what is converted into what?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from plangeo.adminunits.places import list_span
from plangeo.errors import InputError
from plangeo.geometry import repair_layer, to_crs
from plangeo.model import Label
from plangeo.profiles import load_profile
from plangeo.quota.claims import Claim, Claims, Project, claim, projects_of
from plangeo.quota.conversions import Conversion, convert, ground_of
from plangeo.quota.ledger import STATES, book_ledger, carried, periods_of
from plangeo.quota.quotasums import check_sums
from plangeo.quota.quotatable import TOTAL, QuotaTable, Remark, read_quota
from plangeo.quota.unitmatch import UnitMatches, match_units
from plangeo.rulebook import Rulebook
from plangeo.study import Sheet, SheetColumn, Study, StudyFile, Subject

QUOTA, EXISTING, PRESENT_USE = "quota", "existing_use", "present_use"
_LEDGER = (
    SheetColumn("period_vi", "Thời kỳ", "Period", 12),
    SheetColumn("unit_id", "Mã đơn vị", "Unit code", 12, "code"),
    SheetColumn("unit_name", "Đơn vị", "Unit", 26),
    SheetColumn("code", "Mã đất", "Class", 9, "code"),
    SheetColumn("class_vi", "Loại đất", "Class name", 30),
    SheetColumn("allocated_ha", "Chỉ tiêu (ha)", "Allotted (ha)", 14, "hectare"),
    SheetColumn("existing_ha", "Hiện trạng (ha)", "Existing (ha)", 14, "hectare"),
    SheetColumn("projects", "Số dự án", "Projects", 9, "integer"),
    SheetColumn("claimed_min_ha", "Dự án cần, ít nhất (ha)", "Claimed, least (ha)", 14, "hectare"),
    SheetColumn("claimed_max_ha", "Dự án cần, nhiều nhất (ha)", "Claimed, most (ha)", 14, "hectare"),
    SheetColumn("remaining_min_ha", "Còn lại, ít nhất (ha)", "Remaining, least (ha)", 14, "hectare"),
    SheetColumn("remaining_max_ha", "Còn lại, nhiều nhất (ha)", "Remaining, most (ha)", 14, "hectare"),
    SheetColumn("state_vi", "Tình trạng", "State", 20),
    SheetColumn("breaks_site", "Dự án vượt đầu tiên", "First to go beyond", 18, "code"),
    SheetColumn("breaks_name", "Tên dự án", "Its name", 34),
    SheetColumn("breaks_row", "Dòng", "Row", 8, "integer"),
    SheetColumn("breaks_ha", "Cộng dồn đến đó (ha)", "Sum up to it (ha)", 14, "hectare"),
    SheetColumn("why_vi", "Lưu ý", "Remarks (Vietnamese)", 50),
    SheetColumn("why_en", "Lưu ý (tiếng Anh)", "Remarks", 50),
    SheetColumn("state", "Mã tình trạng", "State code", 14, "code"),
)
_CONVERSIONS = (
    SheetColumn("unit_id", "Mã đơn vị", "Unit code", 12, "code"),
    SheetColumn("unit_name", "Đơn vị", "Unit", 26),
    SheetColumn("from_code", "Từ loại đất", "From class", 12, "code"),
    SheetColumn("code", "Sang loại đất", "To class", 12, "code"),
    SheetColumn("projects", "Số dự án", "Projects", 9, "integer"),
    SheetColumn("min_ha", "Ít nhất (ha)", "Least (ha)", 12, "hectare"),
    SheetColumn("max_ha", "Nhiều nhất (ha)", "Most (ha)", 12, "hectare"),
    SheetColumn("allowed_ha", "Bảng cho phép chuyển (ha)", "Allowed by the table (ha)", 14, "hectare"),
    SheetColumn("state_vi", "Tình trạng", "State", 18),
    SheetColumn("source_vi", "Theo", "By", 34),
    SheetColumn("source_en", "Theo (tiếng Anh)", "By (English)", 34),
)
_OUTSIDE = (
    SheetColumn("site_id", "Mã dự án", "Site", 16, "code"),
    SheetColumn("name", "Tên dự án", "Name", 40),
    SheetColumn("row", "Dòng", "Row", 8, "integer"),
    SheetColumn("code", "Loại đất", "Class", 10, "code"),
    SheetColumn("min_ha", "Ít nhất (ha)", "Least (ha)", 12, "hectare"),
    SheetColumn("max_ha", "Nhiều nhất (ha)", "Most (ha)", 12, "hectare"),
    SheetColumn("why_vi", "Vì sao không tính", "Why not counted (Vietnamese)", 60),
    SheetColumn("why_en", "Vì sao không tính (tiếng Anh)", "Why not counted", 60),
)
_REMARKS = (
    SheetColumn("topic_vi", "Loại", "Kind", 22),
    SheetColumn("where", "Ở đâu", "Where", 40),
    SheetColumn("vi", "Nội dung", "What (Vietnamese)", 90),
    SheetColumn("en", "Nội dung (tiếng Anh)", "What", 90),
    SheetColumn("topic", "Mã lưu ý", "Code", 10, "code"),
)
_TOPICS = {"read": "cách đọc", "unread": "không đọc được", "sum": "cộng không khớp", "unit": "đơn vị không chuyển được"}
_EMPTY = Label("Không có dòng nào.", "There are no rows.")


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the ledger, the conversions, what is not counted, and what is odd about the tables."""
    assessment, book = subject.assessment, subject.assessment.rulebook
    districts = to_crs(repair_layer(assessment.layers["districts"], "districts", "district_id")[0], assessment.crs)
    allotted, matches = _table(subject, QUOTA, book)
    existing, there = _table(subject, EXISTING, book) if EXISTING in subject.files else (None, None)
    gated = repair_layer(assessment.sites.reset_index(drop=True), "sites", "site_id")[0]
    sites = gated.set_crs(assessment.crs) if gated.crs is None else to_crs(gated, assessment.crs)
    projects = projects_of(sites, book, periods_of(allotted.frame))
    found = claim(projects, districts, ground_of(assessment, "zones"))
    present = PRESENT_USE in assessment.layers
    conversions = convert(found.claims, ground_of(assessment, PRESENT_USE if present else "zones"))
    counted, already = _increase(found.claims, conversions, book, taken_off=present and existing is not None)
    ledger = book_ledger(allotted.frame, existing.frame if existing else None, matches, there, counted, book)
    names = {str(i).partition("#")[0]: str(n) for i, n in zip(districts["district_id"], districts["district_name"], strict=True)}
    remarks = [*allotted.remarks, *(existing.remarks if existing else ())]
    return [
        _ledger_sheet(ledger, names, projects, book, existing is not None),
        _conversion_sheet(conversions, allotted, matches, names, present),
        _outside_sheet(found, already, names),
        _remark_sheet(remarks),
    ]


def _table(subject: Subject, role: str, book: Rulebook) -> tuple[QuotaTable, UnitMatches]:
    """A table of hectares, its sums checked, and where its units lie on the map."""
    file: StudyFile = subject.files[role]
    profile, districts = load_profile(file.profile), subject.assessment.layers["districts"]
    codes = {code for code in book.classes if code}
    table = read_quota(file.path, profile, codes, sheet=file.keywords.get("sheet"), label=role)
    where = f"{role}: {file.path.name}"
    try:
        span = list_span(file.keywords.get("list_date"))
    except ValueError as fault:
        raise InputError(f"{where}: list_date: {fault}", code="date_unreadable") from fault
    units = [u for u in dict.fromkeys(table.frame["unit"]) if u != TOTAL]
    matches = match_units(units, districts, profile.units, span)
    told = [
        Remark("unit", f"{where}, {name}", f"{name}: {m.problem_vi}", f"{name}: {m.problem_en}")
        for name, m in matches.of.items()
        if not m.unit_id
    ]
    remarks = [*table.remarks, *check_sums(table.frame, book.classes, where), *told]
    return replace(table, remarks=remarks), matches


def _increase(
    claims: Sequence[Claim], conversions: Sequence[Conversion], book: Rulebook, *, taken_off: bool
) -> tuple[list[Claim], list[Claim]]:
    """Claims without the ground that is of the class already, and that ground: present use counts it."""
    if not taken_off:
        return list(claims), []
    same: dict[int, list[float]] = defaultdict(list)
    for one in conversions:
        if one.from_code and one.claim.code and book.falls_under(one.from_code, (one.claim.code,)):
            same[id(one.claim)].append(one.share)
    counted, already = [], []
    for c in claims:
        share = math.fsum(same.get(id(c), ()))
        counted.append(replace(c, share=max(0.0, c.share - share)))
        if share > 0:
            already.append(replace(c, share=share))
    return [c for c in counted if c.share > 0], already


def _ledger_sheet(
    ledger: pd.DataFrame, names: Mapping[str, str], projects: Iterable[Project], book: Rulebook, with_existing: bool
) -> Sheet:
    titles = {p.site_id: p.name for p in projects}
    frame = ledger.assign(
        period_vi=[_years(a, b) for a, b in zip(ledger["period_from"], ledger["period_to"], strict=True)],
        unit_name=[_unit_name(u, names) for u in ledger["unit_id"]],
        class_vi=[book.classes[c].name.text("vi") if c in book.classes else "" for c in ledger["code"]],
        state_vi=[STATES[s] for s in ledger["state"]],
        breaks_name=[titles.get(s, "") for s in ledger["breaks_site"]],
    )
    base_vi = (
        "chỉ tiêu − hiện trạng − dự án" if with_existing else "chỉ tiêu − dự án (chưa trừ hiện trạng: không có tệp existing_use)"
    )
    base_en = (
        "allotted − existing − projects"
        if with_existing
        else "allotted − projects (present use not taken off: no file existing_use)"
    )
    note = Label(
        f"Còn lại = {base_vi}. Dự án chia theo phần đất trong từng đơn vị và từng loại đất; phần chồng lên dự án đứng trước "
        "trong danh mục cùng loại đất chỉ tính một lần. Diện tích là khoảng khi danh mục ghi khoảng, ước tính, hoặc lệch hình vẽ. "
        "Chỉ tiêu của đơn vị cũ chỉ chuyển khi đơn vị cũ được nhập nguyên vào đơn vị mới. Loại đất cấp trên gồm cả loại đất dưới nó.",
        f"Remaining = {base_en}. Projects are divided by their ground in each unit and class; what overlaps an earlier project of the list "
        "for the same class counts once. An area is an interval where the list states one, an estimate, or another area than is drawn. "
        "Hectares of a former unit are carried over only where it was merged whole. A class holds those below it.",
    )
    return Sheet("quota", Label("Chỉ tiêu đất", "Land quota"), _LEDGER, frame, _EMPTY, note)


def _conversion_sheet(
    conversions: Sequence[Conversion], table: QuotaTable, matches: UnitMatches, names: Mapping[str, str], present: bool
) -> Sheet:
    source = (
        Label("bản đồ hiện trạng (present_use)", "the map of present use (present_use)")
        if present
        else Label("vùng quy hoạch, không phải hiện trạng", "zones of the plan, not present use")
    )
    groups: dict[tuple[str, str, str], list[Conversion]] = defaultdict(list)
    for one in conversions:
        groups[one.claim.unit_id, one.from_code, one.claim.code].append(one)
    allowed = _allowed(table, matches)
    rows = []
    for (unit, source_code, code), some in sorted(groups.items()):
        low = math.fsum(c.share * c.claim.project.low_ha for c in some)
        high = math.fsum(c.share * c.claim.project.high_ha for c in some)
        limit = allowed.get((unit, source_code, code), math.nan)
        rows.append(
            {
                **{"unit_id": unit, "unit_name": _unit_name(unit, names), "from_code": source_code or "?", "code": code or "?"},
                **{"projects": len({c.claim.project.site_id for c in some}), "min_ha": low, "max_ha": _finite(high)},
                **{"allowed_ha": limit, "state_vi": _held(low, high, limit), "source_vi": source.vi, "source_en": source.en},
            }
        )
    frame = pd.DataFrame(rows, columns=[c.field for c in _CONVERSIONS])
    note = Label(
        f"Từ loại đất theo {source.vi}. “?”: không rõ loại đất. Chỉ so với bảng khi bảng ghi đúng cặp mã đó (ví dụ LUA/PNN).",
        f"From which class by {source.en}. “?”: the class is not known. Held against the table where it states that pair of codes.",
    )
    return Sheet("conversions", Label("Chu chuyển đất", "Land conversions"), _CONVERSIONS, frame, _EMPTY, note)


def _allowed(table: QuotaTable, matches: UnitMatches) -> dict[tuple[str, str, str], float]:
    """(unit, from, to) → hectares the table allows to be converted."""
    out: dict[tuple[str, str, str], float] = {}
    pairs = table.frame[table.frame["from_code"] != ""]
    for source in pairs["from_code"].unique():
        found, lacking = carried(pairs[pairs["from_code"] == source].assign(from_code=""), matches)
        out |= {(unit, str(source), code): v for key, v in found.items() if key not in lacking for _, _, unit, code in [key]}
    return out


def _held(low: float, high: float, limit: float) -> str:
    if math.isnan(limit):
        return ""
    return STATES["exceeded"] if low > limit else STATES["may_be_exceeded"] if high > limit else STATES["left"]


def _outside_sheet(found: Claims, already: Sequence[Claim], names: Mapping[str, str]) -> Sheet:
    rows = [_outside(p, "", 1.0, p.why_vi, p.why_en) for p in found.outside]
    for c in found.claims:
        where = _unit_name(c.unit_id, names)
        if not c.unit_id:
            rows.append(
                _outside(c.project, c.code, c.share, "phần nằm ngoài các đơn vị hành chính", "the part outside all units")
            )
        elif not c.code:
            shown = ", ".join(c.project.classes)
            vi = f"phần ở {where} chưa rõ thuộc loại đất nào trong {shown}"
            rows.append(_outside(c.project, "", c.share, vi, f"the part in {where} may take up any of {shown}"))
    for o in found.overlaps:
        shown = ", ".join(o.earlier)
        vi = f"phần chồng lên {shown} (đứng trước trong danh mục), chỉ tính một lần"
        rows.append(_outside(o.project, o.code, o.share, vi, f"the part that overlaps {shown}, earlier in the list, counts once"))
    for c in already:
        vi = f"phần ở {_unit_name(c.unit_id, names)} hiện trạng đã là loại đất này, đã tính trong hiện trạng"
        rows.append(_outside(c.project, c.code, c.share, vi, "the part that is of the class already counts as existing"))
    frame = pd.DataFrame(rows, columns=[f.field for f in _OUTSIDE])
    note = Label(
        "Diện tích của một dự án = phần trong sổ + các phần ở đây. Ô trống ở “nhiều nhất”: danh mục không giới hạn.",
        "The hectares of a project are those in the ledger and those here. An empty “most”: the list sets no end.",
    )
    return Sheet("outside_quota", Label("Ngoài sổ chỉ tiêu", "Not in the ledger"), _OUTSIDE, frame, _EMPTY, note)


def _outside(project: Project, code: str, share: float, vi: str, en: str) -> dict[str, Any]:
    return {
        **{"site_id": project.site_id, "name": project.name, "row": project.row, "code": code},
        **{"min_ha": share * project.low_ha, "max_ha": _finite(share * project.high_ha), "why_vi": vi, "why_en": en},
    }


def _remark_sheet(remarks: Sequence[Remark]) -> Sheet:
    rows = [{**r._asdict(), "topic_vi": _TOPICS[r.topic]} for r in remarks]
    frame = pd.DataFrame(rows, columns=[c.field for c in _REMARKS])
    return Sheet("quota_remarks", Label("Lưu ý bảng chỉ tiêu", "Remarks on the quota table"), _REMARKS, frame, _EMPTY)


def _unit_name(unit_id: str, names: Mapping[str, str]) -> str:
    return "Tất cả đơn vị" if unit_id == TOTAL else names.get(unit_id, "") if unit_id else "ngoài các đơn vị"


def _years(first: float, last: float) -> str:
    if math.isnan(first) and math.isnan(last):
        return ""
    ends = ["…" if math.isnan(y) else f"{y:.0f}" for y in (first, last)]
    return ends[0] if ends[0] == ends[1] else "-".join(ends)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


STUDY = Study(
    "quota",
    Label("Sổ chỉ tiêu sử dụng đất", "Land quota ledger"),
    run,
    files=(QUOTA,),
    may_use=(EXISTING,),
    layers=("districts",),
    order=60,
)
