"""Is the site's own geometry sound?

A row without a place, with a broken place, or with an identifier met before cannot be judged: UNKNOWN.
A repaired geometry is judged, and the repair is stated.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from plangeo.model import Check, Label, Measured, Reason
from plangeo.tables import Findings


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site: ``problem`` (UNKNOWN), ``repaired`` or ``sound``."""
    sites = measured.sites
    problem, repaired = ([str(text or "") for text in sites[column].tolist()] for column in ("problem", "repaired"))
    both = list(zip(problem, repaired, strict=True))
    texts = [p or r for p, r in both]
    found = Findings("geometry", sites["site_id"].tolist())
    found.add(
        np.arange(len(sites)),
        reason=["problem" if p else "repaired" if r else "sound" for p, r in both],
        verdict=["unknown" if p else "permitted" for p in problem],
        detail=texts,
        detail_en=texts,
    )
    return found.table()


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
