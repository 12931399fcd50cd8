"""Is the site's own geometry sound?

A row without a place, with a broken place, or with an identifier met before cannot be judged: UNKNOWN.
A repaired geometry is judged, and the repair is stated.
"""

from __future__ import annotations

import pandas as pd

from plangeo.model import Check, Label, Measured, Reason
from plangeo.tables import findings_table


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site: ``problem`` (UNKNOWN), ``repaired`` or ``sound``."""
    rows = []
    for site in measured.sites.to_dict("records"):
        problem, repaired = str(site["problem"] or ""), str(site["repaired"] or "")
        reason = "problem" if problem else "repaired" if repaired else "sound"
        verdict = "unknown" if problem else "permitted"
        text = problem or repaired
        rows.append({"site_id": site["site_id"], "reason": reason, "verdict": verdict, "detail": text, "detail_en": text})
    return findings_table("geometry", rows)


CHECK = Check(
    code="geometry",
    title=Label("Hình học của dự án", "Geometry of the site"),
    needs=(),
    reasons={
        "problem": Reason(
            "Dữ liệu vị trí có lỗi nên chưa thể đối chiếu: {detail}.",
            "The row's location data are faulty, so it cannot be compared: {detail}.",
        ),
        "repaired": Reason(
            "Hình học không hợp lệ đã được sửa trước khi đo: {detail}.",
            "The geometry was invalid and was repaired before measuring: {detail}.",
        ),
        "sound": Reason("Hình học hợp lệ.", "The geometry is valid."),
    },
    judge=judge,
)
