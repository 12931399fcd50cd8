"""A short mark of what the verdict of a site rests on: place, particulars, ground and law.

An officer copies it beside a decision; a later run then tells whether, and in what, the site has changed since.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from plangeo.geometry import as_crs, to_crs
from plangeo.law.lawrecord import record_answer, record_plan
from plangeo.model import Assessment, Label

PARTS: Mapping[str, Label] = {
    "place": Label("vị trí, ranh giới dự án", "the place or outline of the site"),
    "particulars": Label("loại dự án hoặc thông tin kê khai", "the use or what the register declares"),
    "ground": Label("vùng quy hoạch dưới dự án", "the zones under the site"),
    "law": Label("quy hoạch hoặc quy tắc áp dụng", "the plans or rules that apply"),
}
"""What the four parts of a fingerprint stand for, in their order."""

_FORM = re.compile(r"[0-9a-f]{6}(-[0-9a-f]{6}){3}")
_PARTICULARS = (
    *("problem", "accuracy_m", "declared_area_m2", "declared_area_text", "declared_area_min_m2", "declared_area_max_m2"),
    *("declared_area_approx", "declared_district", "declared_parent"),
)
_MILLIMETRES = 3  # registers write centimetres: what a conversion adds behind is no change


def fingerprints(assessment: Assessment) -> dict[str, str]:
    """Return site_id → fingerprint, ``a1b2c3-…``: four hashes in the order of ``PARTS``.

    Places are taken in the working CRS to the millimetre, ground to the square metre (or the thousandth of a share).
    """
    ids = assessment.sites["site_id"].astype(str).tolist()
    uses = assessment.sites["use"].astype(str)
    codes = [assessment.rulebook.find_use(text) or "" for text in uses]
    ground = _ground(assessment)
    said = _Law(assessment)
    columns = [c for c in _PARTICULARS if c in assessment.sites]
    particulars = zip(*(assessment.sites[c].tolist() for c in columns), strict=True) if columns else ([] for _ in ids)
    out = {}
    for site_id, place, use, told in zip(ids, _places(assessment), codes, particulars, strict=True):
        under = ground.get(site_id, [])
        parts = (place, (use, [_plain(v) for v in told]), under, said.about(use, under))
        out[site_id] = "-".join(_hash(part) for part in parts)
    return out


def well_formed(text: str) -> bool:
    """Say whether ``text`` is a fingerprint as plangeo writes it.

    >>> well_formed("0a1b2c-000000-ffffff-123456"), well_formed("0a1b2c")
    (True, False)
    """
    return _FORM.fullmatch(text) is not None


def changed_parts(then: str, now: str) -> list[str]:
    """Return the parts (keys of ``PARTS``) in which two fingerprints differ.

    >>> changed_parts("aaaaaa-bbbbbb-cccccc-dddddd", "aaaaaa-bbbbbb-000000-dddddd")
    ['ground']
    """
    pairs = zip(PARTS, then.split("-"), now.split("-"), strict=True)
    return [name for name, left, right in pairs if left != right]


def _hash(part: Any) -> str:
    blob = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
    return hashlib.sha256(blob).hexdigest()[:6]


def _places(assessment: Assessment) -> list[bytes]:
    sites = assessment.sites
    if assessment.crs and sites.crs is not None:
        sites = to_crs(sites, as_crs(assessment.crs))
    shapes = sites.geometry.to_numpy()
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, _MILLIMETRES) + 0.0)
    return [blob or b"" for blob in shapely.to_wkb(shapely.normalize(rounded), output_dimension=2).tolist()]


def _plain(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _ground(assessment: Assessment) -> dict[str, list[tuple[Any, ...]]]:
    """site_id → (plan, class, size, prevails) of what lies under it, sorted."""
    zones: gpd.GeoDataFrame | None = assessment.evidence.get("zones")
    if zones is None:
        return {}
    sums: dict[tuple[str, str, str], list[Any]] = {}
    names = ("site_id", "plan_id", "zone_code", "area_m2", "length_m", "share", "prevails")
    for site_id, plan_id, code, area, length, share, prevails in zip(*(zones[n].tolist() for n in names), strict=True):
        total = sums.setdefault((str(site_id), str(plan_id), str(code)), [0.0, 0.0, 0.0, False])
        total[0], total[1], total[2] = total[0] + area, total[1] + length, total[2] + share
        total[3] = total[3] or bool(prevails)
    found: dict[str, list[tuple[Any, ...]]] = {}
    for (site_id, plan_id, code), (area, length, share, prevails) in sorted(sums.items()):
        size = round(area) if area else round(length) if length else round(share, 3)
        found.setdefault(site_id, []).append((plan_id, code, size, prevails))
    return found


class _Law:
    """What the law of the day says to a use on some ground, each question asked once."""

    def __init__(self, assessment: Assessment) -> None:
        self._book = assessment.rulebook
        self._known: dict[Any, Any] = {}
        self._common = repr([(p.order, p.valid_from, p.valid_to) for p in self._book.order_for()])
        self._requirements: dict[str, list[str]] = {}

    def about(self, use: str, ground: Sequence[tuple[Any, ...]]) -> Any:
        """Return plan states, answers, requirements and conditions by area that such a site meets."""
        pairs = [(plan_id, code) for plan_id, code, *_ in ground]
        return self._common, [(self._plan(p), self._answer(use, code)) for p, code in pairs], self._asked(use)

    def _plan(self, plan_id: str) -> Any:
        if plan_id not in self._known:
            told = record_plan(self._book, plan_id)
            self._known[plan_id] = (plan_id, told["status"], told.get("tolerance_m"), told.get("from"), told.get("to"))
        return self._known[plan_id]

    def _answer(self, use: str, code: str) -> Any:
        if (use, code) not in self._known:
            told = record_answer(self._book, use, code) or {}
            self._known[use, code] = (code, told.get("print"), told.get("thresholds"))
        return self._known[use, code]

    def _asked(self, use: str) -> list[str]:
        if use not in self._requirements:
            triggers = (self._book.triggers[i] for i in self._book.triggers_for(use))
            required = (r for r in self._book.requirements if r.use in (use, "*"))
            self._requirements[use] = sorted(map(repr, (*required, *triggers)))
        return self._requirements[use]
