"""Does the declared area fit the drawn one, and does a site known by one point have room around it?

A range, a bound or an approximation is fulfilled or not, as written. A difference of a power of ten is named as a likely slip
of units; an area that cannot be read is no area left out, and the site is UNKNOWN. So it is where the number was chosen by the
drawing itself, or stands in a unit whose size nobody has verified. For a site known only by a point, a circle of the (greatest)
declared area around it shows whether other classes are within reach; the point alone proves little.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plangeo.amounts.bands import ROUNDING_M2, declared_ends, ends_in_words, fitting_band, largest_areas
from plangeo.amounts.declaredareas import BY_DRAWING, DOUBTFUL_UNIT, UNLIKE, parse_note
from plangeo.faces import Faces, Spot, faces_of
from plangeo.law.compatibility import SIZES, ask
from plangeo.law.consent import casts_doubt, is_ground, is_overlay
from plangeo.model import Check, Label, Measured, Reason, Verdict
from plangeo.rulebook import Rulebook
from plangeo.tables import Findings

# A larger relative difference between the list and the drawing is for the officer to explain.
TOLERATED_SHARE = 0.05
_NO_GROUND = "∅"
_NAMELESS = {
    "": Label("vùng chưa có mã", "a zone without a code"),
    _NO_GROUND: Label("nơi không có vùng quy hoạch", "ground without a zone"),
}
"""Codes of ground that are no class → the words for them."""
_SLIPS = (10.0, 100.0, 1_000.0, 10_000.0, 1_000_000.0)


_SLIPPED = ("unit_slip", "unlike_neighbours")


def slipped_areas(findings: pd.DataFrame) -> frozenset[str]:
    """Return the ids of sites whose declared area is likely a slip of units: no sum of areas may contain it."""
    told = findings[(findings["check"] == "declared_area") & findings["reason"].isin(_SLIPPED)]
    return frozenset(told["site_id"].astype(str))


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site about its declared area."""
    sites = measured.sites
    unread = [text.strip() if isinstance(text, str) else "" for text in _column(sites, "declared_area_text", "")]
    exact = np.array(_column(sites, "declared_area_m2", math.nan), dtype=float)
    low, high, _ = declared_ends(sites)
    declared = np.fmax(low, high)
    placed, dimension = sites["has_place"].to_numpy(dtype=bool), sites["dimension"].to_numpy()
    found = Findings("declared_area", sites["site_id"].tolist())
    named = np.array([bool(text) for text in unread], dtype=bool)
    wrong = ~named & (np.isinf(low) | np.isinf(high) | (low < 0) | (high < 0))
    texts = [unread[n] or f"{declared[n]:g}" for n in np.flatnonzero(named | wrong)]
    found.add(np.flatnonzero(named | wrong), reason="unreadable", verdict="unknown", unit="m²", detail=texts, detail_en=texts)
    given = ~named & ~wrong & (declared > 0)
    trust = _Trust(_column(sites, "declared_area_note", ""))
    doubted = _add_doubted(found, given & placed & np.isin(dimension, (0, 1)), declared, trust)
    for told, reason, verdict in (
        (~named & ~wrong & ~given, "not_declared", "permitted"),
        (given & ~placed, "no_place", "unknown"),
        (given & placed & (dimension == 1) & ~doubted, "not_measurable", "permitted"),
    ):
        found.add(np.flatnonzero(told), reason=reason, verdict=verdict, threshold=declared[told], unit="m²")
    _add_points(found, given & placed & (dimension == 0) & ~doubted, declared, measured)
    areal = given & placed & ~np.isin(dimension, (0, 1))
    drawn = sites["site_area_m2"].to_numpy(dtype=float)
    _add_areas(found, np.flatnonzero(areal & ~np.isnan(exact)), exact, drawn, trust)
    _add_ranges(found, np.flatnonzero(areal & np.isnan(exact)), sites, drawn, trust)
    return found.table()


def _column(sites: pd.DataFrame, name: str, blank: Any) -> list[Any]:
    return sites[name].tolist() if name in sites else [blank] * len(sites)


class _Trust:
    """Which declared areas rest on more than a plain number, so that agreement with them proves too little."""

    def __init__(self, notes: Sequence[Any]) -> None:
        self._notes = [parse_note(note) if isinstance(note, str) and note else {} for note in notes]

    def reason(self, row: int, codes: Sequence[str]) -> str:
        """Return the first of ``codes`` that stands in the note of a row, as a reason of this check; empty when none does."""
        return next((_TOLD_AS[code] for code in codes if code in self._notes[row]), "")

    def detail(self, row: int, reason: str) -> str:
        """Return what the note of a row says beside the code of ``reason``: a text as written, or a factor."""
        return next((self._notes[row].get(code, "") for code, told in _TOLD_AS.items() if told == reason), "")


_TOLD_AS = {BY_DRAWING: "read_by_drawing", DOUBTFUL_UNIT: "doubtful_unit", UNLIKE: "unlike_neighbours"}


def _add_doubted(found: Findings, chosen: NDArray[np.bool_], declared: NDArray[np.float64], trust: _Trust) -> NDArray[np.bool_]:
    """Points and lines, no drawing of which could confirm a doubtful number; return which they are."""
    doubted = np.zeros(len(chosen), dtype=bool)
    told = {n: trust.reason(n, (DOUBTFUL_UNIT, UNLIKE)) for n in np.flatnonzero(chosen).tolist()}
    for reason in ("doubtful_unit", "unlike_neighbours"):
        at = [n for n, said in told.items() if said == reason]
        texts = [trust.detail(n, reason) for n in at]
        found.add(at, reason=reason, verdict="unknown", threshold=declared[at], unit="m²", detail=texts, detail_en=texts)
        doubted[at] = True
    return doubted


def _add_points(found: Findings, chosen: NDArray[np.bool_], declared: NDArray[np.float64], measured: Measured) -> None:
    """Sites known by one point, unless nobody can say how much ground they need."""
    open_end = chosen & np.isnan(largest_areas(measured.sites))
    found.add(np.flatnonzero(open_end), reason="point_open_area", verdict="unknown", threshold=declared[open_end], unit="m²")
    points = np.flatnonzero(chosen & ~open_end)
    judged = _judge_points(points, measured)
    found.add_each(points, [{"threshold": declared[n], "unit": "m²", **row} for n, row in zip(points, judged, strict=True)])


def _add_areas(
    found: Findings, at: NDArray[np.intp], declared: NDArray[np.float64], drawn: NDArray[np.float64], trust: _Trust
) -> None:
    """Drawn areas held against the declared single values (both m², of all sites)."""
    asked, measured = declared[at], drawn[at]
    difference = np.abs(measured - asked)
    agrees = difference <= np.maximum(ROUNDING_M2, TOLERATED_SHARE * asked)
    slips = [0.0 if fits else _slip(a, b) for a, b, fits in zip(asked.tolist(), measured.tolist(), agrees.tolist(), strict=True)]
    told = [f"{slip:g}" if slip else "" for slip in slips]
    _add_compared(found, at, asked, measured, agrees, told, ("agrees", "differs"), trust, [("", "")] * len(at))


def _add_ranges(found: Findings, at: NDArray[np.intp], sites: pd.DataFrame, drawn: NDArray[np.float64], trust: _Trust) -> None:
    """Drawn areas held against declared ranges, bounds and approximations; the threshold is the end that lies nearest."""
    every_low, every_high, about = declared_ends(sites)
    low, high, approx, measured = every_low[at], every_high[at], about[at], drawn[at]
    least, most = fitting_band(low, high, approx)
    fits = (measured >= least) & (measured <= most)
    slips = np.zeros(len(at))
    for power in _SLIPS:
        shifted = [(measured * by >= least) & (measured * by <= most) for by in (power, 1 / power)]
        slips[~fits & (slips == 0) & (shifted[0] | shifted[1])] = power
    nearer_low = np.isnan(high) | (~np.isnan(low) & (np.abs(measured - low) <= np.abs(measured - high)))
    asked = np.where(nearer_low, low, high)
    words = [ends_in_words(*ends) for ends in zip(low.tolist(), high.tolist(), approx.tolist(), strict=True)]
    told = [f"{slip:g}" if slip else "" for slip in slips.tolist()]
    _add_compared(found, at, asked, measured, fits, told, ("within_range", "outside_range"), trust, words)


def _add_compared(
    found: Findings,
    at: NDArray[np.intp],
    asked: NDArray[np.float64],
    measured: NDArray[np.float64],
    fits: NDArray[np.bool_],
    slips: Sequence[str],
    words: tuple[str, str],
    trust: _Trust,
    worded: Sequence[tuple[str, str]],
) -> None:
    """One finding for each of the sites ``at``: it fits, it does not, or its number cannot be trusted that far.

    ``slips`` are likely factors between units, ``words`` the reasons of what fits and what does not, ``worded`` their details.
    """
    reasons, details = [], []
    for row, fit, slip, words_of_row in zip(at.tolist(), fits.tolist(), slips, worded, strict=True):
        doubt = trust.reason(row, (BY_DRAWING, DOUBTFUL_UNIT)) if fit else ""
        reasons.append(doubt or (words[0] if fit else "unit_slip" if slip else words[1]))
        told = trust.detail(row, doubt) if doubt else slip
        details.append((told, told) if told else words_of_row)
    found.add(
        at,
        reason=reasons,
        verdict=["permitted" if reason == words[0] else "unknown" for reason in reasons],
        threshold=asked,
        unit="m²",
        measure=measured,
        area_m2=measured,
        share=np.abs(measured - asked) / np.where(asked > 0, asked, math.nan),
        detail=[vi for vi, _ in details],
        detail_en=[en for _, en in details],
    )


def _slip(declared: float, drawn: float) -> float:
    """The power of ten between two areas that looks like a slip of units; 0 when there is none."""
    if min(drawn, declared) <= 0:
        return 0.0
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
        return {"reason": "point_uncertain", "verdict": "unknown"} | {
            slot: ", ".join(_named(code, slot) for code in sorted(worse)) for slot in _SLOTS
        }
    faulty = {
        (zone["code"], zone["id"])
        for zone in measured.layers.get("zones", {}).get("footprint_quarantined", ())
        if site["site_id"] in zone["sites"] and casts_doubt(use, zone["code"], zone["plan_id"], book)
    }
    if faulty:
        return {"reason": "point_near_faulty_zone", "verdict": "unknown"} | {
            slot: ", ".join(f"{zone_id} ({_named(code, slot)})" for code, zone_id in sorted(faulty, key=lambda z: (z[1], z[0])))
            for slot in _SLOTS
        }
    return {"reason": "point_fits", "verdict": "permitted"}


def _says(site: Mapping[Any, Any], code: str, rulebook: Rulebook) -> Verdict | None:
    """What a class says to the site; UNKNOWN where the size of its ground would decide, which a point does not show."""
    answer = ask(rulebook, site, code) if site["use_code"] else None
    if answer is None:
        return None if is_overlay(code, rulebook) else Verdict.UNKNOWN
    sized = answer.rule is not None and any(c.field in SIZES for c in answer.rule.conditions)
    return Verdict.UNKNOWN if sized else answer.verdict


_SLOTS: tuple[str, str] = ("detail", "detail_en")


def _named(code: str, slot: str) -> str:
    words = _NAMELESS.get(code)
    return code if words is None else words.en if slot == "detail_en" else words.vi


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
        "within_range": Reason(
            "Diện tích theo hình vẽ {area} phù hợp với kê khai ({detail}).",
            "The drawn area {area} fits the declared one ({detail}).",
        ),
        "outside_range": Reason(
            "Diện tích theo hình vẽ {area} không phù hợp với kê khai ({detail}).",
            "The drawn area {area} does not fit the declared one ({detail}).",
        ),
        "read_by_drawing": Reason(
            "Danh mục ghi diện tích là “{detail}”, có thể đọc theo hai cách; được đọc là {declared} vì hình vẽ có {area}: "
            "cần xác nhận con số này.",
            "The register writes the area as “{detail}”, which reads in two ways; it was read as {declared} because {area} are drawn: "
            "the number needs to be confirmed.",
        ),
        "doubtful_unit": Reason(
            "Danh mục ghi diện tích là “{detail}”, tạm đọc là {declared}: độ lớn của đơn vị này khác nhau theo vùng và chưa được "
            "xác minh; cần ghi theo ha hoặc m².",
            "The register writes the area as “{detail}”, read as {declared} for now: the size of this unit differs by region and is not "
            "verified; write it in ha or m².",
        ),
        "unlike_neighbours": Reason(
            "Diện tích kê khai {declared} lệch khoảng {detail} lần so với các dự án khác trong cột: có thể nhầm đơn vị (ha, m²).",
            "The declared {declared} differs by a factor of about {detail} from the others of the column: likely a slip of units (ha, m²).",
        ),
        "point_open_area": Reason(
            "Dự án chỉ có một điểm và danh mục chỉ nêu diện tích tối thiểu ({declared}): cần ranh giới hoặc diện tích dự án.",
            "The site is known by one point, and the register only states the least area ({declared}): its boundary or area is needed.",
        ),
        "point_fits": Reason(
            "Dự án chỉ có một điểm; hình tròn có diện tích kê khai {declared} quanh điểm đó không chạm loại đất nào kém phù hợp hơn tại điểm.",
            "The site is known by one point; a circle of the declared {declared} around it meets no ground that is judged worse "
            "than that of the point.",
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
