"""Does the declared area fit the drawn one, and does a site known by one point have room around it?

A difference of a power of ten is named as a likely slip of units; an area that cannot be read is no area left out,
and the site is UNKNOWN. For a site known only by a point, a circle
of the declared area around it shows whether other classes are within reach; the point alone proves little.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plangeo.compatibility import SIZES, ask
from plangeo.consent import casts_doubt, is_ground, is_overlay
from plangeo.faces import Faces, Spot, faces_of
from plangeo.model import Check, Label, Measured, Reason, Verdict
from plangeo.rulebook import Rulebook
from plangeo.tables import Findings

# Plan tables round to 0.01 ha, so such a difference is rounding and not an error.
ROUNDING_M2 = 100.0
# A larger relative difference between the list and the drawing is for the officer to explain.
TOLERATED_SHARE = 0.05
_NO_GROUND = "∅"
_SLIPS = (10.0, 100.0, 1_000.0, 10_000.0, 1_000_000.0)


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site about its declared area."""
    sites = measured.sites
    unread = [text.strip() if isinstance(text, str) else "" for text in _column(sites, "declared_area_text", "")]
    declared = np.array(_column(sites, "declared_area_m2", math.nan), dtype=float)
    placed, dimension = sites["has_place"].to_numpy(dtype=bool), sites["dimension"].to_numpy()
    found = Findings("declared_area", sites["site_id"].tolist())
    named = np.array([bool(text) for text in unread], dtype=bool)
    wrong = ~named & (np.isinf(declared) | (declared < 0))
    texts = [unread[n] or f"{declared[n]:g}" for n in np.flatnonzero(named | wrong)]
    found.add(np.flatnonzero(named | wrong), reason="unreadable", verdict="unknown", unit="m²", detail=texts, detail_en=texts)
    given = ~named & ~wrong & (declared > 0)
    for told, reason, verdict in (
        (~named & ~wrong & ~given, "not_declared", "permitted"),
        (given & ~placed, "no_place", "unknown"),
        (given & placed & (dimension == 1), "not_measurable", "permitted"),
    ):
        found.add(np.flatnonzero(told), reason=reason, verdict=verdict, threshold=declared[told], unit="m²")
    points = np.flatnonzero(given & placed & (dimension == 0))
    found.add_each(
        points,
        [{"threshold": declared[n], "unit": "m²", **row} for n, row in zip(points, _judge_points(points, measured), strict=True)],
    )
    _add_areas(
        found, np.flatnonzero(given & placed & ~np.isin(dimension, (0, 1))), declared, sites["site_area_m2"].to_numpy(dtype=float)
    )
    return found.table()


def _column(sites: pd.DataFrame, name: str, blank: Any) -> list[Any]:
    return sites[name].tolist() if name in sites else [blank] * len(sites)


def _add_areas(found: Findings, at: NDArray[np.intp], declared: NDArray[np.float64], drawn: NDArray[np.float64]) -> None:
    """Drawn areas held against the declared ones (both m², of all sites)."""
    asked, measured = declared[at], drawn[at]
    difference = np.abs(measured - asked)
    agrees = difference <= np.maximum(ROUNDING_M2, TOLERATED_SHARE * asked)
    slips = [0.0 if fits else _slip(a, b) for a, b, fits in zip(asked.tolist(), measured.tolist(), agrees.tolist(), strict=True)]
    texts = [f"{slip:g}" if slip else "" for slip in slips]
    found.add(
        at,
        reason=["agrees" if fits else "unit_slip" if slip else "differs" for fits, slip in zip(agrees, slips, strict=True)],
        verdict=["permitted" if fits else "unknown" for fits in agrees],
        threshold=asked,
        unit="m²",
        measure=measured,
        area_m2=measured,
        share=difference / asked,
        detail=texts,
        detail_en=texts,
    )


def _slip(declared: float, drawn: float) -> float:
    """The power of ten between two areas that looks like a slip of units; 0 when there is none."""
    ratio = max(drawn, declared) / min(drawn, declared)
    return next((s for s in _SLIPS if abs(ratio / s - 1) <= TOLERATED_SHARE), 0.0)


def _judge_points(points: NDArray[np.intp], measured: Measured) -> Iterator[dict[str, Any]]:
    """What circles of the declared area say of the sites ``points`` (rows)."""
    if not len(points):
        return
    cover = measured.layers.get("zones", {}).get("footprint_cover")
    ids = measured.sites["site_id"].tolist()
    around = _spots_by_site(faces_of(measured.cover.iloc[:0] if cover is None else cover, ids), points)
    here = _spots_by_site(measured.ground(), points)
    sites = measured.sites.iloc[points].to_dict("records")
    for n, site in zip(points.tolist(), sites, strict=True):
        yield _judge_point(site, here.get(n, []), around.get(n, []), measured)


def _spots_by_site(faces: Faces, points: NDArray[np.intp]) -> dict[int, list[Spot]]:
    """The kinds of spots on which each of some sites lies."""
    found: dict[int, list[Spot]] = defaultdict(list)
    chosen = np.isin(faces.site, points)
    for at, spot in np.unique(np.column_stack([faces.site[chosen], faces.spot[chosen]]), axis=0).tolist():
        found[at].append(faces.spots[spot])
    return found


def _judge_point(site: Mapping[Any, Any], here: Sequence[Spot], around: Sequence[Spot], measured: Measured) -> dict[str, Any]:
    """UNKNOWN when a circle of the declared area may lie on ground that says worse than the point, or on a faulty zone."""
    book, use = measured.rulebook, site["use_code"]
    said = (_says(site, code, book) for code in {code for spot in here for _, code, _ in spot.governs})
    leaning = max((v for v in said if v is not None), default=Verdict.UNKNOWN)
    bare = not around or not all(is_ground(spot.governs, book) for spot in around)
    worse = {_NO_GROUND} if bare else set()
    for code in {code for spot in around for _, code, _ in spot.governs}:
        verdict = _says(site, code, book)
        if verdict is not None and (verdict > leaning or verdict is Verdict.UNKNOWN):
            worse.add(code)
    if worse:
        return {"reason": "point_uncertain", "verdict": "unknown"} | _told(", ".join(sorted(worse)))
    faulty = {
        f"{zone['id']} ({zone['code']})"
        for zone in measured.layers.get("zones", {}).get("footprint_quarantined", ())
        if site["site_id"] in zone["sites"] and casts_doubt(use, zone["code"], zone["plan_id"], book)
    }
    if faulty:
        return {"reason": "point_near_faulty_zone", "verdict": "unknown"} | _told(", ".join(sorted(faulty)))
    return {"reason": "point_fits", "verdict": "permitted"}


def _says(site: Mapping[Any, Any], code: str, rulebook: Rulebook) -> Verdict | None:
    """What a class says to the site; UNKNOWN where the size of its ground would decide, which a point does not show."""
    answer = ask(rulebook, site, code) if site["use_code"] else None
    if answer is None:
        return None if is_overlay(code, rulebook) else Verdict.UNKNOWN
    sized = answer.rule is not None and any(c.field in SIZES for c in answer.rule.conditions)
    return Verdict.UNKNOWN if sized else answer.verdict


def _told(text: str) -> dict[str, str]:
    return {"detail": text, "detail_en": text}


CHECK = Check(
    code="declared_area",
    title=Label("Diện tích kê khai", "Declared area"),
    needs=(),
    reasons={
        "agrees": Reason(
            "Diện tích theo hình vẽ {area} khớp với kê khai {declared} (chênh {share}).",
            "The drawn area {area} agrees with the declared {declared} (difference {share}).",
        ),
        "differs": Reason(
            "Diện tích theo hình vẽ {area} khác kê khai {declared} (chênh {share}).",
            "The drawn area {area} differs from the declared {declared} (difference {share}).",
        ),
        "unit_slip": Reason(
            "Diện tích theo hình vẽ {area} và kê khai {declared} lệch nhau khoảng {detail} lần: có thể nhầm đơn vị (ha, m²).",
            "The drawn area {area} and the declared {declared} differ by a factor of about {detail}: likely a slip of units (ha, m²).",
        ),
        "point_fits": Reason(
            "Dự án chỉ có một điểm; hình tròn có diện tích kê khai {declared} quanh điểm đó vẫn nằm trên đất phù hợp.",
            "The site is known by one point; a circle of the declared {declared} around it stays on compatible ground.",
        ),
        "point_uncertain": Reason(
            "Dự án chỉ có một điểm; hình tròn có diện tích kê khai {declared} quanh điểm đó chạm loại đất khác ({detail}): "
            "cần ranh giới dự án.",
            "The site is known by one point; a circle of the declared {declared} around it meets other ground ({detail}): "
            "the site's boundary is needed.",
        ),
        "point_near_faulty_zone": Reason(
            "Dự án chỉ có một điểm; trong hình tròn có diện tích kê khai {declared} quanh điểm đó có thể có vùng quy hoạch "
            "với hình học lỗi: {detail}; cần sửa bản đồ và bổ sung ranh giới dự án.",
            "The site is known by one point; a circle of the declared {declared} around it may meet a zone with a faulty geometry: "
            "{detail}; the plan map needs mending, and the site's boundary is needed.",
        ),
        "unreadable": Reason(
            "Danh mục ghi diện tích là “{detail}”, không thể đọc chắc chắn thành một con số nên chưa so sánh được.",
            "The register writes the area as “{detail}”, which cannot be read as one number without guessing, so it is not compared.",
        ),
        "not_declared": Reason("Danh mục không nêu diện tích.", "The register states no area."),
        "not_measurable": Reason(
            "Dự án dạng tuyến nên không so sánh được diện tích kê khai {declared}.",
            "The site is a line, so the declared {declared} cannot be compared.",
        ),
        "no_place": Reason(
            "Dự án chưa có vị trí nên không so sánh được diện tích kê khai {declared}.",
            "The site has no place yet, so the declared {declared} cannot be compared.",
        ),
    },
    judge=judge,
)
