"""The causes a change may have, and which of them the findings of each check can rest on."""

from __future__ import annotations

from collections.abc import Mapping

from plangeo.model import Label

CAUSES: Mapping[str, Label] = {
    "site_geometry": Label("Vị trí, ranh giới dự án thay đổi", "The site's place or outline"),
    "site_attribute": Label("Thông tin dự án thay đổi", "What the register says of the site"),
    "zone": Label("Vùng quy hoạch thay đổi", "The zones of the plan"),
    "rule": Label("Quy tắc thay đổi", "A rule"),
    "threshold": Label("Ngưỡng thay đổi", "A threshold"),
    "requirement": Label("Yêu cầu về đất, khoảng cách thay đổi", "A requirement on ground or distance"),
    "condition": Label("Điều kiện theo diện tích thay đổi", "A condition by area"),
    "precedence": Label("Thứ tự ưu tiên giữa các quy hoạch thay đổi", "The precedence of plans"),
    "plan": Label("Quy hoạch (hiệu lực, tỷ lệ) thay đổi", "A plan: its days, status or accuracy"),
    "date": Label("Ngày xét khác", "The as-of date"),
    "districts": Label("Lớp địa giới thay đổi", "The boundaries of districts"),
    "layer": Label("Lớp dữ liệu khác thay đổi", "Another layer"),
    "crs": Label("Hệ tọa độ, phép chuyển khác", "Coordinate system or operation"),
    "register": Label("Danh mục nói chung thay đổi", "The register as a whole"),
    "checks": Label("Nội dung kiểm tra khác", "The checks that ran"),
    "software": Label("Phiên bản phần mềm khác", "The version of the program"),
    "not_found": Label("Không tìm thấy nguyên nhân trong dữ liệu đã ghi", "Cause not found in recorded data"),
}
"""Code of a cause → its name."""

_PLACE = frozenset({"site_geometry", "site_attribute", "crs"})
_ZONES = _PLACE | {"zone", "plan", "precedence", "date"}
_LAW = frozenset({"rule", "threshold", "date"})
RESTS_ON: Mapping[str, frozenset[str]] = {
    "geometry": _PLACE,
    "coverage": _ZONES,
    "plan_in_force": _ZONES,
    "outside_area": _ZONES | {"districts"},
    "zone_use": _ZONES | _LAW,
    "zone_conflict": _ZONES | _LAW,
    "robustness": _ZONES | _LAW,
    "declared_area": _ZONES | _LAW | {"register"},
    "district": _PLACE | {"districts", "register"},
    "legal_conditions": _ZONES | _LAW | {"condition", "layer"},
    "slope": _ZONES | {"requirement", "layer"},
    "setback": _ZONES | {"requirement", "layer"},
    "raster_class": _ZONES | {"requirement", "layer"},
}
"""Which causes a check's findings can have; a check that is not listed can have any. Checks and software come on top."""

AROUND = frozenset({"robustness", "placement", "declared_area", "outside_area", "zone_conflict", "coverage", "legal_conditions"})
"""Checks that see zones beside the site, too."""

NEEDS: Mapping[str, frozenset[str]] = {
    "district": frozenset({"declared_district", "declared_parent", "list_date", "problem"}),
    "robustness": frozenset({"use", "accuracy_m", "problem"}),
    "geometry": frozenset({"problem", "repaired"}),
    "coverage": frozenset({"problem"}),
    "plan_in_force": frozenset({"problem"}),
    "outside_area": frozenset({"problem"}),
    "zone_conflict": frozenset({"use", "problem"}),
    "slope": frozenset({"use", "problem"}),
    "setback": frozenset({"use", "problem"}),
    "raster_class": frozenset({"use", "problem"}),
}
"""Particulars that a check looks at, where it does not look at all of them."""
