"""Does the declared administrative unit agree with the place?

Names are compared without tone marks, unit prefixes and case; a split site keeps all its shares. A name that no
unit bears is not guessed at: it may be a unit abolished by the reform of 1 July 2025.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from plangeo.model import Check, Label, Language, Measured, Reason
from plangeo.tables import findings_table
from plangeo.text import fold, format_number

# Administrative outlines of two sources differ by a few metres; less than this share elsewhere is not a split.
TOLERATED_SHARE = 0.01
_PREFIX = re.compile(r"^(xa|phuong|thi tran|thi xa|thanh pho|huyen|quan|tinh|tt|tp|x|p|h)\b[. ]*")
_SEPARATOR = re.compile(r"[;,/+&\n]| và | and ", re.IGNORECASE)


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site: ``agrees``, ``split``, ``differs``, ``name_unknown``, ``not_declared`` or ``outside``."""
    found: dict[str, list[Any]] = defaultdict(list)
    for piece in measured.pieces("districts"):
        found[piece.site_id].append(piece)
    known = {_plain(name) for name in measured.layers["districts"]["names"]} | set(measured.layers["districts"]["ids"])
    rows = [_judge_site(site, found.get(site["site_id"], []), known) for site in measured.sites.to_dict("records")]
    return findings_table("district", rows)


def _plain(name: str) -> str:
    return _PREFIX.sub("", fold(name)).strip()


def _listed(places: Sequence[Any], language: Language) -> str:
    return "; ".join(f"{p.district_name} ({format_number(100 * p.share, language)} %)" for p in places)


def _judge_site(site: Mapping[Any, Any], places: Sequence[Any], known: set[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"site_id": site["site_id"], "verdict": "unknown", "unit": "share"}
    declared = str(site.get("declared_district") or "").strip()
    text = {"detail": _listed(places, "vi"), "detail_en": _listed(places, "en")}
    if not places:
        return row | {"reason": "outside" if site["has_place"] else "no_place", "detail": declared, "detail_en": declared}
    if not declared:
        return row | text | {"reason": "not_declared", "verdict": "permitted"}
    named = [part.strip() for part in _SEPARATOR.split(declared) if part.strip()]
    wanted = {_plain(part) for part in named} | {part for part in named if part in known}
    both = {slot: f"{declared} ≠ {shown}" for slot, shown in text.items()}
    if not wanted & known:
        return row | both | {"reason": "name_unknown"}
    stated = min(1.0, sum(p.share for p in places if _plain(p.district_name) in wanted or p.district_id in wanted))
    row |= {"measure": stated, "share": stated, "threshold": 1 - TOLERATED_SHARE}
    if stated >= 1 - TOLERATED_SHARE:
        return row | text | {"reason": "agrees", "verdict": "permitted"}
    return row | both | {"reason": "split" if stated > 0 else "differs"}


CHECK = Check(
    code="district",
    title=Label("Đơn vị hành chính kê khai", "Declared administrative unit"),
    needs=("districts",),
    reasons={
        "agrees": Reason(
            "Vị trí khớp với đơn vị hành chính kê khai: {detail}.",
            "The place agrees with the declared administrative unit: {detail}.",
        ),
        "split": Reason(
            "Dự án nằm trên nhiều đơn vị hành chính, danh mục chỉ nêu một phần ({share}): {detail}.",
            "The site lies in several administrative units, the register names only part of them ({share}): {detail}.",
        ),
        "differs": Reason(
            "Vị trí không nằm trong đơn vị hành chính kê khai: {detail}.",
            "The place is not in the declared administrative unit: {detail}.",
        ),
        "name_unknown": Reason(
            "Tên đơn vị hành chính kê khai không có trong bản đồ địa giới (tên cũ trước sắp xếp, hoặc viết sai): {detail}.",
            "The boundary map has no unit of the declared name (an abolished unit, or a misspelling): {detail}.",
        ),
        "not_declared": Reason(
            "Danh mục không nêu đơn vị hành chính; theo vị trí: {detail}.",
            "The register names no administrative unit; by its place: {detail}.",
        ),
        "outside": Reason(
            "Vị trí không nằm trong đơn vị hành chính nào của bản đồ địa giới (kê khai: {detail}).",
            "The place lies in no administrative unit of the boundary map (declared: {detail}).",
        ),
        "no_place": Reason(
            "Dự án chưa có vị trí nên không so sánh được đơn vị hành chính kê khai: {detail}.",
            "The site has no place yet, so the declared unit cannot be compared: {detail}.",
        ),
    },
    judge=judge,
)
