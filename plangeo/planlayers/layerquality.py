"""The quality of a plan layer: gaps, overlaps, slivers, doubles, unknown codes and uncovered ground, before anything is judged on it."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.geometry import quarantined_boxes
from plangeo.labelpoints import label_rows
from plangeo.law.stages import stage_faults
from plangeo.model import Label
from plangeo.planlayers.faults import FaultList, fault_table, named
from plangeo.planlayers.planzones import PlanZones, in_metres, zones_by_plan
from plangeo.planlayers.sharedground import joined, overlaps, united
from plangeo.planlayers.unitcover import Frame, beside, frame_of, openings, unit_names
from plangeo.planlayers.widths import drawn, is_wider, polygons_of, without_hairs
from plangeo.rulebook import LANGUAGES, Rulebook
from plangeo.text import format_area

NOT_EXAMINED = frozenset({"expired", "superseded", "revoked"})
"""Plans that can govern nothing on the day or later; they are listed, and examined only when asked for by name."""
MOST_OF_A_CODE = 200
"""Zones of one unknown code that get a row each; beyond, the code gets one row."""
_STAGED_M2 = 1.0
_NUMBERED = re.compile(r"(?P<base>.+)#\d+")

COVERAGE = (
    *("plan_id", "title", "level", "status", "examined", "zones", "zones_ha", "units", "frame_ha", "covered_ha", "tolerance_m"),
    *("covered_share", "overlap_share", "known_share", "score", "faults", "slivers"),
)
"""Columns of ``LayerQuality.coverage``: areas in hectares, shares 0 to 1, NaN where nothing was examined."""


@dataclass(frozen=True)
class LayerQuality:
    """What was found: one row per fault, one per plan, and what a reader must know."""

    faults: gpd.GeoDataFrame
    """``plangeo.planlayers.faults.COLUMNS`` and geometry, in ``crs``."""
    coverage: pd.DataFrame
    """``COVERAGE``: one row per plan that draws a zone."""
    notes: tuple[Label, ...]
    crs: Any


@dataclass(frozen=True)
class _Measures:
    frame: Frame
    frame_m2: float
    covered_m2: float
    overlap_share: float
    known_share: float
    staged_m2: float
    """Ground to be covered that only zones outside their days cover."""


def check_plan_layer(
    zones: gpd.GeoDataFrame,
    rulebook: Rulebook,
    districts: gpd.GeoDataFrame | None = None,
    *,
    crs: Any = None,
    plans: Collection[str] | None = None,
) -> LayerQuality:
    """Examine a layer of zones by itself.

    Parameters: ``zones`` (tables.ZONES, as ``read_zones`` gives them) and ``districts`` (tables.DISTRICTS), any CRS with a
    known datum; ``rulebook`` closed over a day by ``.at(on)``; ``crs`` the metric CRS to measure in, chosen from the layers
    when None; ``plans`` the plans to examine, all that may govern on the day or later when None.

    Only zones of one plan are held against each other, and only those whose days meet; zones of overlay classes may lie
    over others. Faults thinner than the plan's tolerance are marked ``sliver``; without a stated scale or accuracy none is.
    **Raises** CrsError when a layer cannot be measured, RulebookError when the rulebook has no day.
    """
    book = rulebook.with_mixed(sorted(set(zones["zone_code"].astype(str))))
    metric, target = in_metres([zones] if districts is None else [zones, districts], crs)
    units = metric[1] if districts is not None else None
    lists, rows, notes = [], [], []
    for plan in zones_by_plan(metric[0], book):
        found = FaultList(plan.plan_id, plan.tolerance_m)
        examined = plan.plan_id in plans if plans is not None else plan.status not in NOT_EXAMINED
        measures = _examine(plan, book, units, found) if examined else None
        lists.append(found)
        rows.append(_coverage(plan, measures, found))
        notes += _notes(plan, measures)
    faults = _with_units(fault_table(lists, target), units)
    return LayerQuality(faults, pd.DataFrame(rows, columns=list(COVERAGE)), tuple(notes), target)


def _with_units(faults: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Say in which unit the point of each fault lies, where nothing is said yet."""
    if units is None or not len(faults):
        return faults
    points = shapely.points(faults["east_m"], faults["north_m"])
    at, unit = shapely.STRtree(units.geometry.to_numpy()).query(points, predicate="intersects")
    names = unit_names(units)
    where: dict[int, list[str]] = defaultdict(list)
    for n, u in sorted(zip(at.tolist(), unit.tolist(), strict=True)):
        where[n].append(names[u])
    told = [text or named(where[n]) for n, text in enumerate(faults["units"])]
    return faults.assign(units=told)


def _examine(plan: PlanZones, book: Rulebook, units: gpd.GeoDataFrame | None, found: FaultList) -> _Measures:
    _rows_in_trouble(plan, found)
    known = _codes(plan, book, found)
    doubles = _doubles(plan, found)
    live = plan.shapes[plan.live]
    covered = plan.day.ground
    overlapping = _overlaps(plan, doubles, found)
    _thin_zones(plan, found)
    frame = frame_of(covered, units)
    staged = _openings(plan, covered, frame, found)
    if units is not None and frame.units:
        _beyond(plan, covered, units, found)
    areas = shapely.area(live)
    total, ground = math.fsum(areas), float(shapely.area(covered))
    inside = float(shapely.area(shapely.intersection(frame.ground, covered))) if frame.units else ground
    return _Measures(
        frame,
        float(shapely.area(frame.ground)),
        inside,
        overlapping / ground if ground else 0.0,
        math.fsum(areas[known[plan.live]]) / total if total else 0.0,
        staged,
    )


def _rows_in_trouble(plan: PlanZones, found: FaultList) -> None:
    """Rows that were set aside or mended, and identifiers that several rows bear."""
    boxes = quarantined_boxes(plan.zones)
    told = zip(plan.zones["problem"].astype(str), plan.zones["repaired"].astype(str), plan.shapes, strict=True)
    bearers: dict[str, list[int]] = defaultdict(list)
    everybody = set(plan.ids)
    labels = label_rows(plan.zones)
    for n, (problem, repaired, shape) in enumerate(told):
        if labels[n]:
            continue
        numbered = _NUMBERED.fullmatch(plan.ids[n])
        bearers[numbered["base"] if numbered and numbered["base"] in everybody else plan.ids[n]].append(n)
        of = {"zones": [plan.ids[n]], "codes": [plan.codes[n]]}
        if shape is None or shape.is_empty:
            why = problem or "no_geometry"
            said = Label(f"Đất ở đây không rõ thuộc loại nào: {why}", f"What lies here is unknown: {why}")
            found.add("set_aside", boxes.get(plan.zones.index[n]), said, **of)
        elif repaired:
            said = Label(
                f"Hình đã được sửa, cần kiểm tra với bản gốc: {repaired}", f"Mended; compare with the original: {repaired}"
            )
            found.add("repaired", shape, said, **of)
    for n, fault in enumerate(stage_faults(plan.zones)):
        if fault:
            said = Label(f"Không rõ khoanh có hiệu lực khi nào: {fault}", fault.partition(": ")[2])
            found.add("bad_dates", plan.shapes[n], said, [plan.ids[n]], [plan.codes[n]])
    for name, rows in bearers.items():
        for n in rows[1:]:
            said = Label(f"{len(rows)} khoanh cùng mang mã {name}", f"{len(rows)} zones bear the identifier {name}")
            found.add("repeated_id", plan.shapes[n], said, [plan.ids[n]], [plan.codes[n]])


def _codes(plan: PlanZones, book: Rulebook, found: FaultList) -> Any:
    """Which zones bear a code the rulebook knows; the others become rows."""
    known = np.array([code in book.classes for code in plan.codes], dtype=bool)
    by_code: dict[str, list[int]] = defaultdict(list)
    for n in np.flatnonzero(~known & ~shapely.is_missing(plan.shapes)).tolist():
        by_code[plan.codes[n]].append(n)
    for code, rows in sorted(by_code.items()):
        kind = "unknown_code" if code else "no_code"
        said = (
            Label(
                f"Mã {code} không có trong danh mục loại đất của bộ quy tắc: mọi dự án tại đây sẽ chưa xác định được",
                f"The rulebook knows no class {code}: no project here can be determined",
            )
            if code
            else Label(
                "Khoanh không có mã loại đất: mọi dự án tại đây sẽ chưa xác định được",
                "Without a code no project can be determined",
            )
        )
        if len(rows) > MOST_OF_A_CODE:
            first = plan.shapes[rows[0]]
            count = Label(
                f"{len(rows)} khoanh, tọa độ là của khoanh đầu. {said.vi}", f"{len(rows)} zones, placed at the first. {said.en}"
            )
            found.add(kind, first, count, list(plan.ids[rows]), [code])
            continue
        for n in rows:
            found.add(kind, plan.shapes[n], said, [plan.ids[n]], [code])
    return known


def _doubles(plan: PlanZones, found: FaultList) -> set[tuple[int, int]]:
    """Zones of one and the same shape whose days meet: each becomes a row; returns their pairs."""
    at = np.flatnonzero(plan.areal)
    groups: dict[bytes, list[int]] = defaultdict(list)
    for n, key in zip(at.tolist(), drawn(plan.shapes[at]), strict=True):
        groups[key].append(n)
    pairs: set[tuple[int, int]] = set()
    for rows in groups.values():
        for place, n in enumerate(rows[1:], start=1):
            twins = [m for m in rows[:place] if _meet(plan, m, n)]
            pairs |= {(m, n) for m in twins}
            if not twins:
                continue
            first = twins[0]
            same = plan.codes[first] == plan.codes[n]
            vi = (
                "cùng loại đất, chỉ tính một lần"
                if same
                else f"nhưng khác loại đất ({plan.codes[first]}, {plan.codes[n]}): phải xác định loại nào đúng"
            )
            en = (
                "of the same class; it counts once"
                if same
                else f"but as {plan.codes[first]} and {plan.codes[n]}: one of them is wrong"
            )
            found.add(
                "duplicate",
                plan.shapes[n],
                Label(f"Cùng một hình vẽ, {vi}", f"The same shape, {en}"),
                [plan.ids[first], plan.ids[n]],
                [plan.codes[first], plan.codes[n]],
            )
    return pairs


def _meet(plan: PlanZones, one: int, other: int) -> bool:
    """Whether two zones are ever in force together."""
    return bool(plan.first[one] <= plan.last[other] and plan.first[other] <= plan.last[one])


def _overlaps(plan: PlanZones, doubles: set[tuple[int, int]], found: FaultList) -> float:
    """Pairs of zones that lie on the same ground; returns the ground of the day that lies under several, in m²."""
    at = np.flatnonzero(plan.areal)
    shapes = plan.shapes[at]
    suspects = plan.day.suspects if np.array_equal(plan.live, plan.areal) else united(shapes).suspects
    double_ground: list[Any] = []
    for (i, j), pieces in overlaps(shapes, suspects).items():
        one, other = int(at[i]), int(at[j])
        if not _meet(plan, one, other):
            continue
        parts = joined(pieces)
        if plan.live[one] and plan.live[other]:
            double_ground.extend(parts)
        if (one, other) in doubles:
            continue
        codes = [plan.codes[one], plan.codes[other]]
        said = (
            Label("Hai khoanh cùng loại đất: diện tích bị tính hai lần", "Two zones of one class: their area is counted twice")
            if codes[0] == codes[1]
            else Label(
                f"Cùng một chỗ là {codes[0]} và {codes[1]}: loại nghiêm ngặt hơn được áp dụng khi đối chiếu",
                f"The same ground is {codes[0]} and {codes[1]}: the more restrictive governs until it is settled",
            )
        )
        for part in parts:
            found.add("overlap", part, said, [plan.ids[one], plan.ids[other]], codes)
    return float(shapely.area(shapely.union_all(double_ground)))


def _thin_zones(plan: PlanZones, found: FaultList) -> None:
    """Zones, or parts of them, that are thinner than the map can show."""
    if not plan.tolerance_m > 0:
        return
    at = np.flatnonzero(plan.areal)
    parts, owner = polygons_of(plan.shapes[at])
    thin = np.flatnonzero(~is_wider(parts, plan.tolerance_m))
    said = Label(
        "Hẹp hơn mức bản đồ tỷ lệ này thể hiện được: có thể là vụn số hóa, hoặc đường, kênh vẽ đúng bề rộng",
        "Thinner than a map of this scale can show: a scrap of digitising, or a road or canal drawn to width",
    )
    for part, zone in zip(parts[thin], at[owner[thin]].tolist(), strict=True):
        found.add("thin_zone", part, said, [plan.ids[zone]], [plan.codes[zone]])


def _openings(plan: PlanZones, covered: Any, frame: Frame, found: FaultList) -> float:
    """Ground of the frame that no zone covers; what zones outside their days cover is no fault of the drawing, and returned in m²."""
    drawn_ever = shapely.union_all([covered, *plan.shapes[plan.staged]]) if plan.staged.any() else covered
    gaps = openings(drawn_ever, frame)
    shapes = plan.shapes[plan.live]
    ids, codes = plan.ids[plan.live], plan.codes[plan.live]
    for gap, near in zip(gaps, beside([g.shape for g in gaps], shapes), strict=True):
        kind = "gap" if gap.enclosed else "uncovered"
        said = (
            Label(
                "Không khoanh nào phủ phần đất này, xung quanh đều có quy hoạch",
                "No zone covers this ground, with zones all around",
            )
            if gap.enclosed
            else Label(
                "Phần đất sát ranh giới đơn vị không có khoanh nào phủ", "Ground at the border of the unit that no zone covers"
            )
        )
        found.add(kind, gap.shape, said, list(ids[near]), list(codes[near]))
    if drawn_ever is covered:
        return 0.0
    return float(shapely.area(shapely.intersection(shapely.difference(drawn_ever, covered), frame.ground)))


def _beyond(plan: PlanZones, covered: Any, units: gpd.GeoDataFrame, found: FaultList) -> None:
    """Ground of zones outside all units."""
    every = shapely.union_all(units.geometry.to_numpy())
    parts, _ = polygons_of([shapely.difference(covered, every)])
    outside = without_hairs(parts)
    shapes, ids, codes = plan.shapes[plan.live], plan.ids[plan.live], plan.codes[plan.live]
    said = Label("Khoanh vẽ ra ngoài ranh giới các đơn vị", "Drawn outside the borders of the units")
    names = unit_names(units)
    near_units = beside(list(outside), units.geometry.to_numpy())
    for part, near, at in zip(outside, beside(list(outside), shapes), near_units, strict=True):
        found.add("beyond_units", part, said, list(ids[near]), list(codes[near]), [names[n] for n in at])


def _coverage(plan: PlanZones, found: _Measures | None, faults: FaultList) -> dict[str, Any]:
    slivers = sum(row["sliver"] for row in faults.rows)
    row: dict[str, Any] = {
        "plan_id": plan.plan_id,
        "title": plan.title,
        "level": plan.plan.level if plan.plan else "",
        "status": plan.status,
        "examined": found is not None,
        "zones": len(plan.zones),
        "zones_ha": math.fsum(shapely.area(plan.shapes[plan.areal])) / 1e4,
        "tolerance_m": plan.tolerance_m,
        "faults": len(faults.rows) - slivers,
        "slivers": slivers,
    }
    if found is None:
        return row | {"faults": float("nan"), "slivers": float("nan")}
    covered = min(1.0, found.covered_m2 / found.frame_m2) if found.frame_m2 else 0.0
    return row | {
        "units": len(found.frame.units),
        "frame_ha": found.frame_m2 / 1e4,
        "covered_ha": found.covered_m2 / 1e4,
        "covered_share": covered,
        "overlap_share": found.overlap_share,
        "known_share": found.known_share,
        "score": covered * (1 - found.overlap_share) * found.known_share,
    }


def _notes(plan: PlanZones, found: _Measures | None) -> list[Label]:
    if found is None:
        return []
    notes = []
    if math.isnan(plan.tolerance_m):
        notes.append(
            Label(
                f"{plan.plan_id}: không biết tỷ lệ hay độ chính xác, nên không tách được vụn số hóa",
                f"{plan.plan_id} states neither scale nor accuracy, so slivers cannot be told apart",
            )
        )
    if found.staged_m2 > _STAGED_M2:
        vi, en = (format_area(found.staged_m2, language) for language in LANGUAGES)
        notes.append(
            Label(
                f"{plan.plan_id}: {vi} chỉ có khoanh ngoài thời gian hiệu lực của chúng phủ; không tính là đã phủ, cũng không ghi là khoảng hở",
                f"{plan.plan_id}: {en} lie only under zones outside their days; they do not count as covered, and are not listed as gaps",
            )
        )
    if found.frame.left_out:
        shown: Sequence[str] = [f"{name} {share:.0%}" for name, share in found.frame.left_out]
        notes.append(
            Label(
                f"{plan.plan_id}: các đơn vị chỉ được phủ dưới một nửa, không tính vào phần phải phủ: {named(shown)}",
                f"{plan.plan_id}: units covered by less than half are not held against it: {named(shown)}",
            )
        )
    return notes
