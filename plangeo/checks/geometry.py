"""Is the site's own geometry sound?

A row without a place, with a broken place, or with an identifier met before cannot be judged: UNKNOWN.
A repaired geometry is judged, and the repair is stated.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from plangeo.catalogue.phrases import entries_of
from plangeo.model import Check, Label, Measured, Reason
from plangeo.tables import Findings


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site: ``problem`` (UNKNOWN), ``repaired`` or ``sound``."""
    sites = measured.sites
    problem, repaired = ([str(text or "") for text in sites[column].tolist()] for column in ("problem", "repaired"))
    both = list(zip(problem, repaired, strict=True))
    texts = [p or r for p, r in both]
    in_vietnamese = [problem_in_vietnamese(p) or r for p, r in both]
    found = Findings("geometry", sites["site_id"].tolist())
    found.add(
        np.arange(len(sites)),
        reason=["problem" if p else "repaired" if r else "sound" for p, r in both],
        verdict=["unknown" if p else "permitted" for p in problem],
        detail=in_vietnamese,
        detail_en=texts,
    )
    return found.table()


_DETAILS = {
    "the row has no coordinates": "dòng không có tọa độ",
    "the table has no coordinates": "bảng không có tọa độ",
    "the row has no place on the map": "dòng không có vị trí",
    "the row has no shape": "dòng không có hình vẽ",
    "the place is known by the commune only": "chỉ biết đơn vị hành chính",
}


def problem_in_vietnamese(text: str) -> str:
    """Return the problem of a row for Vietnamese sentences: its codes in words, the code behind them, the detail as it is.

    >>> problem_in_vietnamese("duplicate_id: A; no_geometry: the row has no coordinates")
    'mã dự án bị trùng (duplicate_id): A; chưa có vị trí trên bản đồ (no_geometry): dòng không có tọa độ'
    """
    if not text:
        return ""
    told, known = [], entries_of("problems")
    for problem in text.split("; "):
        code, sign, detail = problem.partition(": ")
        if sign and code in known:
            for english, vietnamese in _DETAILS.items():
                detail = re.sub(rf"^{english}(?=$|, )|(?<=, ){english}(?= \()", vietnamese, detail)
            problem = f"{known[code]['says'].vi} ({code}): {detail}"
        told.append(problem)
    return "; ".join(told)


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
