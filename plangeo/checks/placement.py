"""Where nobody knows the exact place: what of the ground in question would do?

A site known only by its administrative unit gets an interval: ground of the unit that would do (permitted, if only on
conditions), ground nobody can judge, ground that is forbidden. No ground that would do, and none in doubt, beyond what
the maps cannot exclude, is *not permitted*, and so is a declared area larger than all such ground of the unit.
Everything else is UNKNOWN, ground that would do everywhere included: outlines of units are no proof that a site lies in
them, and slopes and setbacks cannot be measured without a place. A point with a declared area stands for all discs of
that area that contain it (or the place its accuracy allows): permitted only when each of them would do. That none of
them would do is UNKNOWN: a site need not be round, and ground drawn for one site seldom holds a disc of its area.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plangeo.amounts.bands import ROUNDING_M2, declared_ends, fitting_band
from plangeo.amounts.declaredareas import SUMMED, parse_note
from plangeo.law.compatibility import name_unknown_use
from plangeo.law.consent import casts_doubt, is_overlay
from plangeo.model import Check, Label, Language, Measured, Reason, Verdict
from plangeo.room import DiscRoom, FaultyZone, UnitRoom
from plangeo.rulebook import Rulebook
from plangeo.tables import Findings
from plangeo.text import format_area, format_number

# A drawn area that is smaller than the declared one by less than this share still agrees with it.
TOLERATED_SHARE = 0.05
# Distances are known to this many metres.
_NOISE_M = 1e-6
_NOTHING_WOULD_DO = Label("không có đất phù hợp", "no ground would do")
_EVERYWHERE = Label("mọi vị trí có thể đều phù hợp", "every possible position would do")
_RADIUS = Label("bán kính", "radius")
_AT_MOST = Label("kể cả đất chưa xác định được thì nhiều nhất {}", "at most {} when ground that cannot be judged is included")
_NO_ROOM = Label("không đủ đất cho diện tích kê khai", "too little ground for the declared area")


def judge(measured: Measured) -> pd.DataFrame:
    """Return one finding per site: ``placed`` for those whose place is known, else what the room for it says."""
    facts = measured.layers.get("zones", {})
    rooms: Mapping[str, UnitRoom | DiscRoom] = facts.get("rooms", {})
    differs: Mapping[str, str] = facts.get("room_doubts", {})
    sites = measured.sites
    found = Findings("placement", sites["site_id"].tolist())
    columns = zip(sites["site_id"].tolist(), sites["use_code"].tolist(), sites["has_place"].tolist(), strict=True)
    placed, asked, rows = [], [], []
    uses = sites["use"].tolist()
    needed, stated = (values.tolist() for values in _needed_areas(sites))
    for n, (site_id, use, has_place) in enumerate(columns):
        room = rooms.get(site_id)
        if room is None and has_place:
            placed.append(n)
            continue
        asked.append(n)
        if site_id in differs:
            rows.append(_unknown("recount_differs") | _told(Label(differs[site_id], differs[site_id])))
        elif isinstance(room, DiscRoom):
            rows.append(_judge_disc(room, use, measured.rulebook))
        elif room is not None:
            rows.append(_judge_unit(room, use, needed[n], stated[n], measured.rulebook))
        else:
            rows.append(_unknown("use_unknown") | _told(name_unknown_use(str(uses[n]), measured.rulebook)))
    found.add(placed, reason="placed", verdict="permitted")
    found.add_each(asked, rows)
    return found.table()


def _judge_unit(room: UnitRoom, use: str, needed: float, declared_m2: float, book: Rulebook) -> dict[str, Any]:
    """The interval verdict of a site that is known by its unit only; the surest statement comes first.

    ``needed``: the least area that would be what the register declares, 0 when nobody knows; ``declared_m2`` as it is shown.
    """
    if room.problem:
        return _unknown(room.problem) | _told(Label(room.name, room.name))
    if room.doubt:
        return _unknown("sums_contradict") | _told(Label(room.doubt, room.doubt))
    share = room.would_m2 / room.area_m2
    row = {"measure": share, "unit": "share", "share": share, "area_m2": room.would_m2} | _told(_shares(room))
    faulty = [zone for zone in room.faulty if not is_overlay(zone[1], book) or book.look_up(use, zone[1])]
    if faulty:
        return row | _unknown("zones_faulty") | _told(_named(faulty))
    if room.could_m2 == 0 and room.beside_m > 0:
        return row | _unknown("beside_unit") | {"measure": room.beside_m, "unit": "m"}
    if room.could_m2 == 0:
        return row | _if_stated(room, {"reason": "nowhere", "verdict": "not_permitted"}, _NOTHING_WOULD_DO)
    sizes = {"threshold": declared_m2, "unit": "m²"}
    if needed > room.area_m2:
        told = sizes | {"measure": room.area_m2, "area_m2": room.area_m2} | _told(Label(room.name, room.name))
        return told | _unknown("larger_than_unit")
    if room.could_m2 + _forgiven(use, room.forbidden, needed, book) < needed:
        told = row | sizes | {"measure": room.could_m2}
        return told | _if_stated(room, {"reason": "no_room", "verdict": "not_permitted"}, _NO_ROOM)
    if not room.would_m2 > 0:
        return row | _unknown("none_known")
    if room.largest_m2 < needed:
        return row | sizes | {"measure": room.largest_m2} | _unknown("no_room_in_one_piece")
    if room.is_thin:
        return row | _within(room, _NOTHING_WOULD_DO)
    if room.unknown_m2 == 0 and room.forbidden_m2 == 0:
        return row | _unknown("everywhere")
    return row | _unknown("partly")


def _judge_disc(room: DiscRoom, use: str, book: Rulebook) -> dict[str, Any]:
    """What the positions of a disc say of a point."""
    sizes = {"measure": room.would, "unit": "share", "share": room.would, "length_m": room.reach_m}
    if room.problem:
        return _unknown(room.problem) | _told(Label(format_area(room.area_m2, "vi"), format_area(room.area_m2, "en")))
    if room.doubt:
        return sizes | _unknown("sums_contradict") | _told(Label(room.doubt, room.doubt))
    row = sizes | _told(_positions(room))
    whole = room.radius_m + room.reach_m
    if room.gap_m < whole - _NOISE_M:
        return row | _unknown("disc_partly" if room.would > 0 else "disc_nowhere" if room.could == 0 else "disc_none_known")
    faulty = [zone for zone in room.faulty if casts_doubt(use, zone[1], zone[2], book)]
    if faulty:
        return row | _unknown("zones_faulty") | _told(_named(faulty))
    if room.gap_m < whole + (room.accuracy.tolerance_m or 0.0) - _NOISE_M:
        return row | _within(room, _EVERYWHERE)
    verdict = Verdict.CONDITIONAL if room.is_conditional else Verdict.PERMITTED
    return row | _if_stated(room, {"reason": "disc_everywhere", "verdict": verdict.label}, _EVERYWHERE)


def _needed_areas(sites: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least area that would be what the register declares, and the declared area to show, both in m².

    The least is 0 where none is declared, and where the number stands in doubt: too little ground for it would prove nothing.
    """
    low, high, approx = declared_ends(sites)
    least, _ = fitting_band(low, high, approx)
    exact = np.isfinite(low) & (low == high) & ~approx
    least[exact] = low[exact] - np.maximum(ROUNDING_M2, TOLERATED_SHARE * low[exact])
    notes = sites["declared_area_note"].tolist() if "declared_area_note" in sites else [""] * len(sites)
    doubted = np.array([isinstance(note, str) and bool(parse_note(note).keys() - {SUMMED}) for note in notes], dtype=bool)
    sound = np.isfinite(least) & (least > 0) & ~doubted
    return np.where(sound, least, 0.0), np.where(np.isnan(low), high, low)


def _forgiven(use: str, codes: frozenset[str], area_m2: float, book: Rulebook) -> float:
    """The most forbidden ground (m²) that thresholds may forgive a site of an area: less than half of it in any case."""
    thresholds = {threshold for code in codes for threshold in book.thresholds_for(use, code)}
    most = []
    for threshold in thresholds:
        bounds = [math.inf if threshold.share is None else threshold.share * area_m2]
        bounds.append(math.inf if threshold.area_m2 is None else threshold.area_m2)
        most.append(min(bounds))
    return min(area_m2 / 2, math.fsum(most))


def _unknown(reason: str) -> dict[str, Any]:
    return {"reason": reason, "verdict": "unknown"}


def _if_stated(room: UnitRoom | DiscRoom, certain: Mapping[str, Any], leaning: Label) -> dict[str, Any]:
    """What is certain, unless a plan does not say how accurate it is."""
    if room.accuracy.tolerance_m is not None:
        return dict(certain)
    return _unknown("accuracy_unstated") | {"plan_id": room.accuracy.plan_id} | _told(leaning)


def _within(room: UnitRoom | DiscRoom, leaning: Label) -> dict[str, Any]:
    if room.accuracy.tolerance_m is None:
        return _if_stated(room, {}, leaning)
    bound = {"measure": room.accuracy.tolerance_m, "unit": "m", "plan_id": room.accuracy.plan_id}
    return _unknown("within_map_accuracy") | bound | _told(leaning)


def _told(text: Label) -> dict[str, str]:
    return {"detail": text.vi, "detail_en": text.en}


def _shares(room: UnitRoom) -> Label:
    """All ground of the unit by what is said of it."""
    parts = (
        (v, a) for v, a in zip(Verdict, (room.permitted_m2, room.conditional_m2, room.unknown_m2, room.forbidden_m2), strict=True)
    )
    told = [(v.wording, a / room.area_m2) for v, a in parts if a > 0]

    def text(language: Language) -> str:
        shares = "; ".join(f"{word.text(language).lower()} {_percent(share, language)}" for word, share in told)
        return f"{room.name} ({format_area(room.area_m2, language)}): {shares}"

    return Label(text("vi"), text("en"))


def _positions(room: DiscRoom) -> Label:
    """The disc, and how many of its positions could do where that is more than would."""

    def text(language: Language) -> str:
        disc = f"{format_area(room.area_m2, language)}, {_RADIUS.text(language)} {format_number(room.radius_m, language, 0)} m"
        if room.could - room.would < 1e-9:
            return disc
        return f"{disc}; {_AT_MOST.text(language).format(_percent(room.could, language))}"

    return Label(text("vi"), text("en"))


def _percent(share: float, language: Language) -> str:
    return f"{format_number(100 * share, language)}%"


def _named(zones: Sequence[FaultyZone]) -> Label:
    told = ", ".join(f"{zone_id} ({code})" for zone_id, code, _ in zones[:5]) + (" …" if len(zones) > 5 else "")
    return Label(told, told)


CHECK = Check(
    code="placement",
    title=Label("Nơi có thể bố trí dự án", "Where the site may lie"),
    needs=("zones",),
    reasons={
        "placed": Reason("Dự án đã có vị trí trên bản đồ.", "The site has a place on the map."),
        "use_unknown": Reason(
            "Dự án chưa có vị trí và loại dự án {detail} không có trong bộ quy tắc nên không thể tìm đất phù hợp.",
            "The site has no place, and the rulebook does not know its use {detail}, so nobody can say which ground would do.",
        ),
        "no_unit": Reason(
            "Dự án chưa có vị trí và danh mục không nêu đơn vị hành chính: chưa biết tìm ở đâu.",
            "The site has no place, and the register names no administrative unit where it may lie.",
        ),
        "no_outlines": Reason(
            "Dự án chưa có vị trí, danh mục chỉ nêu {detail}: thiếu lớp địa giới (districts) để đo đất ở đó.",
            "The site has no place, the register names only {detail}: the layer of units (districts) was not given, so its ground "
            "is not measured.",
        ),
        "unit_unknown": Reason(
            "Dự án chưa có vị trí; bản đồ địa giới không có đủ các đơn vị đã kê khai nên không đo đất ở đó: {detail}.",
            "The site has no place; the boundary map lacks a declared unit, so its ground is not measured: {detail}.",
        ),
        "unit_ambiguous": Reason(
            "Dự án chưa có vị trí; nhiều đơn vị hành chính mang tên kê khai nên không chọn thay: {detail}.",
            "The site has no place; several units bear the declared name, and none is chosen silently: {detail}.",
        ),
        "outline_missing": Reason(
            "Dự án chưa có vị trí; ranh giới của {detail} trên bản đồ địa giới thiếu hoặc bị lỗi.",
            "The site has no place; the outline of {detail} on the boundary map is missing or faulty.",
        ),
        "too_large": Reason(
            "Phạm vi có thể của dự án gặp quá nhiều vùng quy hoạch nên không đo: {detail}.",
            "The ground where the site may lie meets too many zones to be measured: {detail}.",
        ),
        "recount_differs": Reason(
            "Tính lại bằng phương pháp độc lập cho kết quả khác ({detail}), nên chưa biết mọi vị trí có thể có phù hợp hay không: hãy báo lỗi "
            "kèm tệp.",
            "A second, independent computation comes to another result ({detail}), so nobody knows whether every possible position would do: "
            "please report it with the files.",
        ),
        "sums_contradict": Reason(
            "Các phần đo được tại nơi dự án có thể nằm không khớp với nhau ({detail}): cần kiểm tra hình học bản đồ quy hoạch.",
            "The measured parts of the ground where the site may lie contradict one another ({detail}): check the zones there.",
        ),
        "zones_faulty": Reason(
            "Theo các vùng vẽ được thì {share} nơi dự án có thể nằm là phù hợp, nhưng tại đó có thể còn vùng lỗi hoặc không có "
            "hình học: {detail}; cần sửa bản đồ.",
            "By the zones that could be drawn {share} of where the site may lie would do, but zones without a sound geometry may lie "
            "there too: {detail}; the plan map needs mending.",
        ),
        "larger_than_unit": Reason(
            "Diện tích kê khai {threshold} lớn hơn cả {detail} ({measure}): kiểm tra đơn vị (ha, m²) hoặc địa điểm.",
            "The declared {threshold} is larger than {detail} itself ({measure}): check the unit of area (ha, m²) or the place.",
        ),
        "nowhere": Reason(
            "Dự án chưa có vị trí, nhưng không chỗ nào trong đơn vị hành chính kê khai là phù hợp với {use}. {detail}.",
            "The site has no place, but nowhere in the declared unit would {use} do. {detail}.",
        ),
        "beside_unit": Reason(
            "Dự án chưa có vị trí và không chỗ nào trong đơn vị hành chính kê khai là phù hợp với {use}, nhưng trong {measure} quanh ranh giới "
            "(sai số bản đồ) có vùng không bị loại trừ. {detail}.",
            "The site has no place, and nowhere in the declared unit would {use} do, but within {measure} of its outline, which the maps "
            "cannot exclude, lie zones that are not ruled out. {detail}.",
        ),
        "no_room": Reason(
            "Dự án chưa có vị trí, nhưng toàn bộ đất không bị loại trừ trong đơn vị hành chính kê khai nhiều nhất là {measure} (kể cả sai số bản đồ), ít hơn "
            "{threshold} kê khai. {detail}.",
            "The site has no place, but all ground of the declared unit that is not ruled out measures {measure} at most (map accuracy included), less than the declared "
            "{threshold}. {detail}.",
        ),
        "no_room_in_one_piece": Reason(
            "Dự án chưa có vị trí; trong đơn vị hành chính kê khai không có khu đất liền khoảnh nào không bị loại trừ đủ {threshold} kê khai "
            "(lớn nhất {measure}), nên dự án không nằm gọn trong một khu. {detail}.",
            "The site has no place; no connected ground of the declared unit that is not ruled out is as large as the declared {threshold} "
            "(the largest measures {measure}), so the site does not fit in one piece. {detail}.",
        ),
        "none_known": Reason(
            "Dự án chưa có vị trí; trong đơn vị hành chính kê khai chưa biết đất nào phù hợp với {use}, phần còn lại chưa xác định "
            "được. {detail}.",
            "The site has no place; no ground of the declared unit is known to do for {use}, and some cannot be judged. {detail}.",
        ),
        "partly": Reason(
            "Dự án chưa có vị trí; {share} đất trong đơn vị hành chính kê khai ({area}) là phù hợp, kể cả có điều kiện, với {use}. {detail}.",
            "The site has no place; {share} of the declared unit ({area}) would do for {use}, if only on conditions. {detail}.",
        ),
        "everywhere": Reason(
            "Dự án chưa có vị trí; theo vùng quy hoạch thì mọi chỗ trong đơn vị hành chính kê khai đều phù hợp với {use}, nhưng vẫn cần vị trí "
            "để kết luận. {detail}.",
            "The site has no place; by the zones every spot of the declared unit would do for {use}, but a verdict needs its place. {detail}.",
        ),
        "within_map_accuracy": Reason(
            "Thiên về: {detail}. Nhưng ranh giới lệch trong sai số {measure} của {plan} là có thể khác: cần vị trí, ranh giới dự án hoặc "
            "bản đồ tỷ lệ lớn hơn.",
            "Leaning: {detail}. But a boundary off by no more than the {measure} that {plan} cannot exclude may change that: the place "
            "and boundary of the site, or a map of larger scale, are needed.",
        ),
        "accuracy_unstated": Reason(
            "Thiên về: {detail}. Nhưng {plan} không nêu tỷ lệ hoặc độ chính xác nên chưa chắc chắn: bổ sung scale hoặc accuracy_m vào bộ quy tắc.",
            "Leaning: {detail}. But {plan} states neither scale nor accuracy, so nobody can be sure: add scale or accuracy_m to the "
            "rulebook.",
        ),
        "disc_everywhere": Reason(
            "Dự án chỉ có một điểm; mọi hình tròn có diện tích kê khai chứa điểm đó ({detail}) đều nằm trên đất phù hợp, kể cả có điều kiện.",
            "The site is known by one point; every disc of the declared area that contains it ({detail}) lies on ground that would do, "
            "if only on conditions.",
        ),
        "disc_partly": Reason(
            "Dự án chỉ có một điểm; trong các hình tròn có diện tích kê khai chứa điểm đó (tâm cách điểm không quá {length}), {share} nằm trọn "
            "trên đất phù hợp, kể cả có điều kiện ({detail}): cần ranh giới dự án.",
            "The site is known by one point; of the discs of the declared area that contain it (centre within {length} of the point) "
            "{share} lie wholly on ground that would do, if only on conditions ({detail}): the site's boundary is needed.",
        ),
        "disc_none_known": Reason(
            "Dự án chỉ có một điểm; chưa biết hình tròn nào có diện tích kê khai chứa điểm đó (tâm cách điểm không quá {length}) nằm trọn trên "
            "đất phù hợp ({detail}): cần ranh giới dự án và bổ sung dữ liệu quy hoạch.",
            "The site is known by one point; no disc of the declared area that contains it (centre within {length} of the point) is "
            "known to lie wholly on ground that would do ({detail}): the site's boundary and the missing plan data are needed.",
        ),
        "disc_nowhere": Reason(
            "Dự án chỉ có một điểm; mọi hình tròn có diện tích kê khai chứa điểm đó (tâm cách điểm không quá {length}) đều chạm đất chưa phù hợp "
            "({detail}); dự án có thể có hình dạng khác nên cần ranh giới.",
            "The site is known by one point; every disc of the declared area that contains it (centre within {length} of the point) "
            "meets ground that is not compatible ({detail}); a site need not be round, so its boundary is needed.",
        ),
    },
    judge=judge,
)
