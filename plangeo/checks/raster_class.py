"""Does the site lie on ground of the right kind, by a raster of classes (land cover, soil, hazard)?

Best practice: exact shares per class, unknown classes and NODATA as shares of their own. Anti-pattern: the majority class.
"""

from __future__ import annotations

import pandas as pd

from plangeo.law.requirements import RASTER_REASONS, SHARED_REASONS, judge_requirements
from plangeo.model import Check, Label, Measured, Reason


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site one finding for each requirement on ``class``, else ``not_required``."""
    return judge_requirements("raster_class", measured, ("class",))


CHECK = Check(
    code="raster_class",
    title=Label("Loại lớp phủ, lớp nền", "Land cover and other classes of a raster"),
    needs=(),
    reasons={
        **SHARED_REASONS,
        **RASTER_REASONS,
        "not_required": Reason("Bộ quy tắc không đặt yêu cầu về lớp phủ.", "The rulebook asks nothing of land cover."),
    },
    judge=judge,
)
