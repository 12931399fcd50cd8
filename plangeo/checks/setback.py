"""Is the site far enough from what must be kept clear: relics, reservoirs, the border belt?

Best practice: the distance to the nearest feature wherever it lies, also outside the province. Anti-pattern: a buffer
cut off at the region's edge, which makes sites near the edge look free.
"""

from __future__ import annotations

import pandas as pd

from plangeo.law.requirements import SHARED_REASONS, judge_requirements
from plangeo.model import Check, Label, Measured, Reason


def judge(measured: Measured) -> pd.DataFrame:
    """Return per site one finding for each requirement on ``distance_m``, else ``not_required``."""
    return judge_requirements("setback", measured, ("distance_m",))


CHECK = Check(
    code="setback",
    title=Label("Khoảng cách an toàn", "Setback distances"),
    needs=(),
    reasons={
        **SHARED_REASONS,
        "not_required": Reason("Bộ quy tắc không đặt khoảng cách an toàn.", "The rulebook asks for no setback distance."),
        "met": Reason(
            "Cách {detail} {measure}, đạt khoảng cách tối thiểu {threshold} theo {basis}.",
            "{measure} from {detail}, at least the {threshold} required by {basis}.",
        ),
        "failed": Reason(
            "Cách {detail} chỉ {measure}, dưới khoảng cách tối thiểu {threshold} theo {basis}.",
            "Only {measure} from {detail}, less than the {threshold} required by {basis}.",
        ),
        "touched": Reason(
            "Dự án nằm trên hoặc chạm {detail}, trong khi phải cách ít nhất {threshold} theo {basis}.",
            "The site lies on or touches {detail}, and {basis} requires at least {threshold} between them.",
        ),
        "recount_differs": Reason(
            "Tính lại khoảng cách bằng phương pháp độc lập cho kết quả khác ({detail}), nên chưa biết có đạt yêu cầu theo {basis} hay "
            "không: hãy báo lỗi kèm tệp.",
            "A second, independent computation of the distance comes to another result ({detail}), so nobody knows whether what {basis} "
            "requires is kept: please report it with the files.",
        ),
        "within_accuracy": Reason(
            "Cách {detail} {measure}; sai số vị trí của dự án không cho biết có đạt khoảng cách tối thiểu {threshold} theo {basis} hay "
            "không.",
            "{measure} from {detail}; the accuracy of the site's place does not show whether the {threshold} required by {basis} "
            "are kept.",
        ),
        "point_uncertain": Reason(
            "Dự án chỉ có một điểm, cách {detail} {measure}; hình tròn có diện tích kê khai chứa điểm đó có thể không đạt khoảng cách tối "
            "thiểu {threshold} theo {basis}: cần ranh giới dự án.",
            "The site is known by one point, {measure} from {detail}; a circle of the declared area that contains it may not keep the "
            "{threshold} required by {basis}: the site's boundary is needed.",
        ),
    },
    judge=judge,
)
