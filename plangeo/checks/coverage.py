"""Is every part of the site covered by a plan in force?

Uncovered ground is "no data", never consent. A zone that lost its geometry, or was quarantined near the
site, may lie anywhere there: if its class would make the verdict worse, the site is UNKNOWN.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plangeo.faces import sums
from plangeo.law.consent import casts_doubt, is_ground
from plangeo.model import Check, Label, Measured, Reason
from plangeo.tables import Findings


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site ``covered`` or ``uncovered``, and a finding for each zone that could not be drawn."""
    book, faces, sites = measured.rulebook, measured.ground(), measured.sites
    seen = np.bincount(faces.site, minlength=len(sites)) > 0
    bare = faces.where(lambda spot: not all(is_ground(side, book) for side in spot.governs_by_side))
    area, length, share = (sums(v[bare], faces.site[bare], len(sites)) for v in (faces.area_m2, faces.length_m, faces.share))
    uncovered = np.bincount(faces.site[bare], minlength=len(sites)) > 0
    found = Findings("coverage", sites["site_id"].tolist())
    found.add(np.flatnonzero(~seen), reason="no_place", verdict="unknown")
    for told, reason, verdict in ((uncovered, "uncovered", "unknown"), (~uncovered, "covered", "permitted")):
        at = np.flatnonzero(seen & told)
        sizes = {"area_m2": area[at], "length_m": length[at], "share": share[at], "measure": share[at]}
        found.add(at, reason=reason, verdict=verdict, threshold=0.0, unit="share", **sizes)
    _add_doubts(found, measured, seen)
    return found.table()


def _add_doubts(found: Findings, measured: Measured, seen: NDArray[np.bool_]) -> None:
    """Sums that contradict one another, and zones that could not be drawn and may lie under a site."""
    facts = measured.layers.get("zones", {})
    ids, uses = measured.sites["site_id"].tolist(), measured.sites["use_code"].tolist()
    for kind, reason in (("doubts", "sums_contradict"), ("recount_doubts", "recount_differs")):
        doubts = facts.get(kind, {})
        at = [n for n in np.flatnonzero(seen).tolist() if ids[n] in doubts] if doubts else []
        texts = [doubts[ids[n]] for n in at]
        found.add(at, reason=reason, verdict="unknown", detail=texts, detail_en=texts)
    lost = [(zone, "zone_without_geometry", seen) for zone in facts.get("lost", ())]
    near = [
        (z, "zone_quarantined", seen & np.array([i in z["sites"] for i in ids], dtype=bool)) for z in facts.get("quarantined", ())
    ]
    for zone, reason, reached in (*lost, *near):
        doubted = {use for use in set(uses) if casts_doubt(use, zone["code"], zone["plan_id"], measured.rulebook)}
        at = [n for n in np.flatnonzero(reached).tolist() if uses[n] in doubted]
        named = {"plan_id": zone["plan_id"], "zone_code": zone["code"], "detail": zone["id"], "detail_en": zone["id"]}
        found.add(at, reason=reason, verdict="unknown", **named)


CHECK = Check(
    code="coverage",
    title=Label("Phần chưa có dữ liệu quy hoạch", "Ground without plan data"),
    needs=("zones",),
    reasons={
        "sums_contradict": Reason(
            "Các phần đo được không khớp với nhau ({detail}), nên số đo của dự án chưa tin cậy được: cần kiểm tra hình học tại đây.",
            "The measured parts contradict one another ({detail}), so no figure of this site can be trusted: check the geometry here.",
        ),
        "recount_differs": Reason(
            "Tính lại bằng phương pháp độc lập cho kết quả khác ({detail}), nên số đo của dự án chưa tin cậy được: hãy báo lỗi kèm tệp.",
            "A second, independent computation gives another size ({detail}), so no figure of this site can be trusted: please report it "
            "with the files.",
        ),
        "covered": Reason(
            "Toàn bộ dự án có dữ liệu quy hoạch đang có hiệu lực.",
            "The whole site is covered by a plan in force.",
        ),
        "uncovered": Reason(
            "{size} ({share}) của dự án không có dữ liệu quy hoạch đang có hiệu lực ngày {on}.",
            "{size} ({share}) of the site has no data of a plan in force on {on}.",
        ),
        "zone_without_geometry": Reason(
            "Vùng {detail} ({zone}) của {plan} không có hình học nên có thể nằm tại đây; cần bổ sung bản đồ.",
            "Zone {detail} ({zone}) of {plan} has no geometry and may lie here; the plan map needs completing.",
        ),
        "zone_quarantined": Reason(
            "Vùng {detail} ({zone}) của {plan} có hình học lỗi và có thể chạm tới dự án; cần sửa bản đồ.",
            "Zone {detail} ({zone}) of {plan} has a faulty geometry and may reach the site; the plan map needs mending.",
        ),
        "no_place": Reason(
            "Dự án chưa có vị trí nên không thể đối chiếu với quy hoạch.",
            "The site has no place yet, so it cannot be compared with a plan.",
        ),
    },
    judge=judge,
)
