"""Is the ground flat, low or dry enough? Requirements on slope and on other values of a raster.

Best practice: exact shares of the site, NODATA as a share of its own. Anti-pattern: a mean slope, which hides a cliff.
"""

from __future__ import annotations

import pandas as pd

from plangeo.law.requirements import RASTER_REASONS, SHARED_REASONS, judge_requirements
from plangeo.model import Check, Label, Measured, Reason


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site one finding for each requirement on ``slope_deg`` or ``value``, else ``not_required``."""
    return judge_requirements("slope", measured, ("slope_deg", "value"))


CHECK = Check(
    code="slope",
    title=Label("Độ dốc, độ cao, ngập", "Slope, elevation, flood depth"),
    needs=(),
    reasons={
        **SHARED_REASONS,
        **RASTER_REASONS,
        "not_required": Reason(
            "Bộ quy tắc không đặt yêu cầu về độ dốc, độ cao hay ngập.",
            "The rulebook asks nothing of slope, elevation or flood depth.",
        ),
    },
    judge=judge,
)
