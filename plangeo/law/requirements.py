"""Holding the measured surroundings of a site (slope, flood, land cover, distances) against the rulebook's requirements.

Pure tables: ``plangeo.surroundings`` measured them. What could not be measured is UNKNOWN, never met.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from plangeo.amounts.bands import largest_area
from plangeo.model import Label, Language, Measured, Reason, Requirement
from plangeo.tables import Findings

# A share of fewer cells than this says more about the grid than about the ground.
LEAST_PIXELS = 30
_ROUNDING = 1e-9
DIFFERS = "recount_differs"
"""The word of the problem of a measure with which a second, independent computation does not agree."""


def judge_requirements(check: str, measured: Measured, fields: Collection[str]) -> pd.DataFrame:
    """Return the findings of the requirements on ``fields``: one for each that applies to a site, else ``not_required``.

    ``check`` is the code of the check that asks.
    """
    ids = measured.sites["site_id"].tolist()
    found = Findings(check, ids)
    asked = asked_of(measured, fields)
    if any(asked):
        sites = measured.sites.to_dict("records")
        rows = {(row.site_id, int(row.requirement)): row for row in measured.pieces("requirements")}
        pairs = [(at, i) for at, some in enumerate(asked) for i in some]
        wanted = measured.rulebook.requirements
        found.add_each([at for at, _ in pairs], [_judge(wanted[i], sites[at], rows.get((ids[at], i))) for at, i in pairs])
    found.add([at for at, some in enumerate(asked) if not some], reason="not_required", verdict="permitted")
    return found.table()


def asked_of(measured: Measured, fields: Collection[str]) -> list[tuple[int, ...]]:
    """Return the numbers of the requirements on ``fields`` that apply to each site, by its use and the classes it lies on."""
    book = measured.rulebook
    if not any(requirement.field in fields for requirement in book.requirements):
        return [()] * len(measured.sites)
    known: dict[tuple[str, frozenset[str]], tuple[int, ...]] = {}
    for key in (keys := list(zip(measured.sites["use_code"].tolist(), measured.once(_classes), strict=True))):
        if key not in known:
            known[key] = tuple(i for i in book.requirements_for(key[0], sorted(key[1])) if book.requirements[i].field in fields)
    return [known[key] for key in keys]


def _classes(measured: Measured) -> list[frozenset[str]]:
    """The classes that govern ground of each site."""
    faces = measured.ground()
    of_spot = [frozenset(code for _, code, _ in spot.governs) for spot in faces.spots]
    found: list[set[str]] = [set() for _ in range(len(measured.sites))]
    for at, spot in zip(faces.site.tolist(), faces.spot.tolist(), strict=True):
        found[at] |= of_spot[spot]
    return [frozenset(classes) for classes in found]


def _judge(requirement: Requirement, site: Mapping[Any, Any], row: Any) -> dict[str, Any]:
    out = _described(requirement)
    if not site["has_place"]:
        return out | {"reason": "no_place", "verdict": "unknown"}
    if row is None:
        return out | {"reason": "layer_missing", "verdict": "unknown"}
    if row.problem.startswith(DIFFERS):
        told = row.problem.partition(": ")[2]
        return out | {"reason": DIFFERS, "verdict": "unknown", "detail": told, "detail_en": told}
    if requirement.field == "distance_m":
        return out | _judge_distance(requirement, site, row, out)
    out |= {"measure": row.share_true, "threshold": requirement.share, "unit": "share", "share": row.share_true}
    if row.problem:
        return out | {"reason": "not_measured", "verdict": "unknown"} | _with_words(out, row.problem)
    if site["dimension"] == 0:
        return out | {"reason": "point_only", "verdict": "unknown"}
    if row.pixels < LEAST_PIXELS:
        blind = row.pixels >= LEAST_PIXELS * (1 - row.share_nodata)  # the site is large enough, its data are not
        scarce = {"reason": "no_data", "share": row.share_nodata} | _with_words(out, row.note)
        return out | {"verdict": "unknown"} | (scarce if blind else {"reason": "few_pixels"})
    if row.share_true >= requirement.share - _ROUNDING:
        return out | {"reason": "met", "verdict": "permitted"}
    if row.share_true + row.share_nodata < requirement.share - _ROUNDING:
        return out | {"reason": "failed", "verdict": requirement.otherwise.label}
    return out | {"reason": "no_data", "verdict": "unknown", "share": row.share_nodata} | _with_words(out, row.note)


def _judge_distance(requirement: Requirement, site: Mapping[Any, Any], row: Any, out: Mapping[str, Any]) -> dict[str, Any]:
    """A distance that the site's own accuracy, or its ground around a single point, may push over the bound is UNKNOWN."""
    bound = float(requirement.value)  # type: ignore[arg-type]
    sizes = {"measure": row.distance_m, "threshold": bound, "unit": "m"}
    if row.problem:
        return sizes | {"reason": "not_measured", "verdict": "unknown"} | _with_words(out, row.problem)
    if math.isnan(row.distance_m):
        return {"reason": "layer_missing", "verdict": "unknown"}

    def holds(distance: float) -> bool:
        return distance >= bound if requirement.op == ">=" else distance > bound

    accuracy, reach = _positive(site.get("accuracy_m")), 0.0
    if site["dimension"] == 0:  # a disc of the declared area that contains the point reaches its whole width from it
        reach = 2 * math.sqrt(_positive(largest_area(site)) / math.pi)
    named = sizes | ({"detail": row.feature, "detail_en": row.feature} if row.feature else {})
    if holds(row.distance_m - accuracy) != holds(row.distance_m + accuracy):
        return named | {"reason": "within_accuracy", "verdict": "unknown"}
    if not holds(row.distance_m) and row.distance_m == 0:
        return named | {"reason": "touched", "verdict": requirement.otherwise.label}
    if not holds(row.distance_m):
        return named | {"reason": "failed", "verdict": requirement.otherwise.label}
    if not holds(row.distance_m - reach - accuracy):
        return named | {"reason": "point_uncertain", "verdict": "unknown"}
    return named | {"reason": "met", "verdict": "permitted"}


def _positive(value: Any) -> float:
    number = float("nan") if value is None else float(value)
    return number if number > 0 and math.isfinite(number) else 0.0


def _described(requirement: Requirement) -> dict[str, Any]:
    return {
        "detail": _worded(requirement, "vi"),
        "detail_en": _worded(requirement, "en"),
        "basis": requirement.basis.cite("vi"),
        "basis_en": requirement.basis.cite("en"),
    }


def _worded(requirement: Requirement, language: Language) -> str:
    """The requirement in words: layer, what is measured, bound and unit, and the rulebook's note behind it."""
    words = _FIELDS[requirement.field].text(language)
    if isinstance(requirement.value, tuple):
        bound = ", ".join(_number(v, language) for v in requirement.value)
        text = f"{words} {_OPS[requirement.op].text(language)} {bound}"
    else:
        unit = {"slope_deg": "°", "distance_m": " m"}.get(requirement.field) or _UNITS.get(
            requirement.unit, f" {requirement.unit}"
        )
        text = f"{words} {_OPS[requirement.op].text(language)} {_number(requirement.value, language)}{unit}".rstrip()
    note = requirement.note.text(language)
    return f"{requirement.layer}: {text} ({note})" if note else f"{requirement.layer}: {text}"


def _number(value: Any, language: Language) -> str:
    text = f"{value:.10g}"
    return text.replace(".", ",") if language == "vi" else text


def _with_words(out: Mapping[str, Any], told: str) -> dict[str, str]:
    """The requirement and why it could not be measured; the English of the measure, and Vietnamese where it is known."""
    if not told:
        return {}
    why = [vi for code, vi in _WHY.items() if code in told]
    english = re.sub(r"^[a-z_]+: ", "", told)  # problems begin with a word for programs
    return {"detail": f"{out['detail']} ({'; '.join(why) or english})", "detail_en": f"{out['detail_en']} ({english})"}


_FIELDS: Mapping[str, Label] = {
    "slope_deg": Label("độ dốc", "slope"),
    "value": Label("giá trị", "value"),
    "class": Label("lớp", "class"),
    "distance_m": Label("khoảng cách", "distance"),
}
_OPS: Mapping[str, Label] = {
    "<": Label("<", "<"),
    "<=": Label("≤", "≤"),
    ">": Label(">", ">"),
    ">=": Label("≥", "≥"),
    "in": Label("thuộc", "among"),
    "not_in": Label("không thuộc", "not among"),
}
_UNITS = {"": "", "degree": "°", "percent": "%", "%": "%", "metre": " m", "foot": " ft", "radian": " rad"}
_WHY = {
    "lost_features": "lớp này có đối tượng không rõ vị trí",
    "broken_feature": "gần dự án có đối tượng của lớp này với hình học lỗi",
    "far_features": "đối tượng gần nhất của lớp này cách hơn 500 km, có thể nhầm tệp hoặc sai hệ tọa độ",
    "no_geometry": "dự án không có hình",
    "bad_geometry": "hình học của dự án có lỗi hoặc không chuyển được sang hệ tọa độ của dữ liệu",
    "too_many_cells": "dự án phủ quá nhiều ô lưới, cần dữ liệu thô hơn",
    "raster_unreadable": "tệp raster bị hỏng hoặc bị cắt ngang tại vị trí dự án",
    "not_closed": "tổng diện tích các ô không khớp với diện tích dự án",
    "never written": "một phần của raster chưa từng được ghi dữ liệu",
    "looks like an undeclared": "có giá trị giống mã “không có dữ liệu” nhưng tệp không khai báo",
    "look like undeclared": "có giá trị rất lớn giống mã “không có dữ liệu” nhưng tệp không khai báo",
    "cannot be true": "có giá trị không thể đúng nên được coi là không có dữ liệu",
    "wholly beyond": "dự án nằm ngoài phạm vi raster",
    "partly beyond": "một phần dự án nằm ngoài phạm vi raster",
    "unknown classes": "có mã lớp không nằm trong chú giải",
}
"""Words in the English sentence of a measure → the same in Vietnamese."""


SHARED_REASONS: Mapping[str, Reason] = {
    "no_place": Reason(
        "Dự án chưa có vị trí nên chưa xét được: {detail}.", "The site has no place, so this cannot be judged: {detail}."
    ),
    "layer_missing": Reason(
        "Thiếu lớp dữ liệu để xét yêu cầu: {detail} ({basis}).",
        "The layer for this requirement was not given: {detail} ({basis}).",
    ),
    "not_measured": Reason(
        "Không đo được yêu cầu theo {basis}: {detail}.", "The requirement of {basis} could not be measured: {detail}."
    ),
}
RASTER_REASONS: Mapping[str, Reason] = {
    "recount_differs": Reason(
        "Tính lại tỷ lệ diện tích bằng phương pháp độc lập cho kết quả khác ({detail}), nên chưa biết có đạt yêu cầu theo {basis} hay "
        "không: hãy báo lỗi kèm tệp.",
        "A second, independent computation of the shares comes to another result ({detail}), so nobody knows whether what {basis} "
        "requires is kept: please report it with the files.",
    ),
    "met": Reason(
        "Đạt yêu cầu {detail} trên {share} diện tích (cần {threshold}) theo {basis}.",
        "{detail} holds on {share} of the site ({threshold} needed) under {basis}.",
    ),
    "failed": Reason(
        "Không đạt yêu cầu {detail}: chỉ {share} diện tích (cần {threshold}) theo {basis}.",
        "{detail} holds on only {share} of the site ({threshold} needed) under {basis}.",
    ),
    "no_data": Reason(
        "{share} diện tích không có dữ liệu, chưa đủ để xét yêu cầu {detail} (cần {threshold}) theo {basis}.",
        "{share} of the site has no data, too much to judge {detail} ({threshold} needed) under {basis}.",
    ),
    "point_only": Reason(
        "Dự án chỉ có một điểm nên chưa đo được yêu cầu {detail} (cần {threshold} diện tích) theo {basis}: cần ranh giới dự án.",
        "The site is known by one point, so {detail} ({threshold} of its ground needed) under {basis} cannot be measured: its "
        "boundary is needed.",
    ),
    "few_pixels": Reason(
        "Dự án phủ quá ít ô lưới (dưới 30) để xét yêu cầu {detail} theo {basis}: cần dữ liệu chi tiết hơn.",
        "The site covers too few cells (under 30) to judge {detail} under {basis}: finer data are needed.",
    ),
}
