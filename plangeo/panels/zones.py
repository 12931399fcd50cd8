"""The zones of each plan in their legend colours; only plans in force are switched on."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.geometry import to_crs
from plangeo.model import Assessment, Label
from plangeo.panels import UNIT_DEGREES, Panel, on_the_globe, plain
from plangeo.polygonblob import drawable, pack

# Tolerances are tried in turn until the zones fit the page's budget of vertices: about 3 bytes each in the file, so that 5,000
# zones and 300 projects stay under 2 MB, 100,000 zones under 15 MB.
TOLERANCES_M = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0)
FEW_VERTICES, MOST_VERTICES = 200_000, 4_000_000
SPARE_VERTICES, VERTICES_PER_ZONE = 85_000, 32
# Places in the file are rounded to about this many metres.
ROUNDING_M = 0.1


def data(assessment: Assessment) -> dict[str, Any]:
    """Return the zones of the run as ``drawn_zones`` does."""
    return drawn_zones(assessment, assessment.layers.get("zones"))


def drawn_zones(assessment: Assessment, frame: gpd.GeoDataFrame | None) -> dict[str, Any]:
    """Return per plan its classes, how many zones are drawn, and their blob (``plangeo.polygonblob``); what they cover; and the
    tolerance in metres they were simplified with (0 = not).

    **Raises** CrsError when the frame has no usable CRS.
    """
    if frame is None or not len(frame):
        return {"plans": [], "bounds": None, "simplified_m": 0}
    frame, tolerance, reach = _for_display(frame, assessment.crs)
    shapes = on_the_globe(frame)
    codes = np.array([plain(code) for code in frame["zone_code"]], dtype=object)
    plan_ids = np.array([plain(plan_id) for plan_id in frame["plan_id"]], dtype=object)
    there = drawable(shapes, UNIT_DEGREES)
    order = sorted(set(plan_ids[there]), key=lambda plan_id: (*_breadth(assessment, plan_id), plan_id))
    plans = [
        _plan(assessment, plan_id, shapes[rows], codes[rows], reach[rows])
        for plan_id in order
        for rows in [there & (plan_ids == plan_id)]
    ]
    bounds = [round(float(v), 6) for v in shapely.total_bounds(shapes[there])] if there.any() else None
    return {"plans": plans, "bounds": bounds, "simplified_m": tolerance}


def _plan(
    assessment: Assessment,
    plan_id: str,
    shapes: np.ndarray[Any, Any],
    codes: np.ndarray[Any, Any],
    reach: np.ndarray[Any, Any],
) -> dict[str, Any]:
    """Zones keep the order of their file, but overlays come last: they are drawn over what they overlie."""
    classes = assessment.rulebook.classes
    over = np.array([code in classes and classes[code].overlay for code in codes], dtype=bool)
    order = np.argsort(over, kind="stable")
    names = sorted(set(codes))
    number = {code: n for n, code in enumerate(names)}
    blob = pack(shapes[order], [number[code] for code in codes[order]], UNIT_DEGREES, reach[order])
    return {"plan": plan_id, "codes": names, "zones": len(order), "blob": blob}


def _breadth(assessment: Assessment, plan_id: str) -> tuple[float, float]:
    """Sort key that puts wider plans first, so that the detailed ones are drawn over them: coarse scale, then rank."""
    plan = assessment.rulebook.plans.get(plan_id)
    if plan is None:
        return 0.0, 0.0
    return -float(plan.scale or 0), float(plan.rank or 0)


def _for_display(frame: gpd.GeoDataFrame, crs: str) -> tuple[gpd.GeoDataFrame, float, np.ndarray[Any, Any]]:
    """Simplify each plan's zones as a coverage, so neighbours keep sharing their border; only when there are too many vertices.

    Tolerances that cannot be enough are skipped. Each step goes on from the one before: the method takes the least triangles away
    first, so that the result is the same. Also returned: the tolerance, and per zone how far its own border may lie from the drawn
    one, in whole metres.
    """
    untouched = np.zeros(len(frame), dtype=np.int64)
    budget = min(max(FEW_VERTICES, SPARE_VERTICES + VERTICES_PER_ZONE * len(frame)), MOST_VERTICES)
    if _vertices(frame.geometry.to_numpy()) <= budget or not crs:
        return frame, 0.0, untouched
    metric = to_crs(frame, crs)
    shapes = metric.geometry.to_numpy().copy()
    before = shapes.copy()
    areal = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    plans = [np.flatnonzero(areal & (metric["plan_id"] == plan_id).to_numpy()) for plan_id in metric["plan_id"].unique()]
    areas = np.sqrt(_triangles(shapes))
    worth_trying = [t for t in TOLERANCES_M if (areas >= t).sum() <= budget] or [TOLERANCES_M[-1]]
    tolerance = 0.0
    for tolerance in worth_trying:
        for rows in plans:
            simpler = shapely.coverage_simplify(shapes[rows], tolerance)
            shapes[rows] = np.where(shapely.is_empty(simpler), shapes[rows], simpler)
        if _vertices(shapes) <= budget:
            break
    return metric.set_geometry(gpd.GeoSeries(shapes, index=metric.index, crs=metric.crs)), tolerance, _reach(before, shapes)


def _reach(before: np.ndarray[Any, Any], after: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Per zone the metres, rounded up, that a vertex left out is away from the edge drawn in its place.

    The tolerance does not say it: the method counts square metres lost, and a long thin tip is few of them. What lies between a
    border and its drawn edge lies in the hull of the vertices left out, and so no farther from the edge than the farthest of them.
    """
    xy, ring, row = _ring_vertices(before)
    out = np.zeros(len(before), dtype=np.int64)
    if not len(xy):
        return out
    drawn_xy, _, drawn_row = _ring_vertices(after)
    kept = np.isin(_keys(xy, row), _keys(drawn_xy, drawn_row))
    at = np.arange(len(xy))
    first = np.searchsorted(ring, np.arange(ring[-1] + 2))
    last_before, next_after = np.full((2, len(xy)), -1)
    last_before[:] = np.maximum.accumulate(np.where(kept, at, -1))
    next_after[:] = np.minimum.accumulate(np.where(kept, at, len(xy))[::-1])[::-1]
    start, end = first[ring], first[ring + 1]
    lost = np.flatnonzero(~kept)
    # Rings go round: before the first vertex that is left comes the last one, and the other way round.
    a = np.where(last_before[lost] >= start[lost], last_before[lost], last_before[end[lost] - 1])
    b = np.where(next_after[lost] < end[lost], next_after[lost], next_after[start[lost]])
    gone = (a < start[lost]) | (b >= end[lost])  # a whole ring left out: as far as it is large
    a, b = np.where(gone, start[lost], a), np.where(gone, start[lost], b)
    along, off = xy[b] - xy[a], xy[lost] - xy[a]
    length = (along**2).sum(axis=1)
    share = np.clip((along * off).sum(axis=1) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    away = np.hypot(*(off - along * share[:, None]).T)
    np.maximum.at(out, row[lost], np.ceil(away + ROUNDING_M).astype(np.int64))
    return out


def _ring_vertices(shapes: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], ...]:
    """Vertices of all rings, unclosed, with the number of their ring and the row of their zone."""
    parts, row_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    open_ended = np.r_[ring[1:] == ring[:-1], False] if len(ring) else np.zeros(0, dtype=bool)
    return xy[open_ended], ring[open_ended], row_of_part[part][ring[open_ended]]


def _keys(xy: np.ndarray[Any, Any], row: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """One number for a place in a zone."""
    table = pd.DataFrame({"row": row, "x": xy[:, 0], "y": xy[:, 1]})
    return pd.util.hash_pandas_object(table, index=False).to_numpy()


def _triangles(shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Square metres between every vertex and the two beside it: what is lost with it."""
    xy = shapely.get_coordinates(shapes)
    along, onward = xy[1:-1] - xy[:-2], xy[2:] - xy[:-2]
    return np.abs(along[:, 0] * onward[:, 1] - along[:, 1] * onward[:, 0]) / 2


def _vertices(shapes: np.ndarray[Any, Any]) -> int:
    return int(shapely.get_num_coordinates(shapes).sum())


PANEL = Panel(
    code="zones",
    title=Label("Vùng quy hoạch", "Plan zones"),
    order=50,
    words={
        "in_force": Label("đang có hiệu lực", "in force"),
        "expired": Label("đã hết hiệu lực", "expired"),
        "superseded": Label("đã bị thay thế", "superseded"),
        "pending": Label("chưa có hiệu lực", "not yet in force"),
        "revoked": Label("đã bị bãi bỏ", "revoked"),
        "unknown": Label("không rõ hiệu lực", "status unknown"),
        "unnamed": Label("Quy hoạch không nêu tên", "Plan not named"),
        "no_code": Label("không có mã loại đất", "no class code"),
        "loading": Label("Đang tải vùng quy hoạch…", "Loading the plan zones…"),
        "too_old": Label(
            "Trình duyệt này quá cũ để vẽ vùng quy hoạch; hãy mở bằng Edge hoặc Chrome từ 80, Firefox từ 113, Safari từ 16.4. "
            "Danh sách, kết luận và phiếu dự án vẫn đầy đủ.",
            "This browser is too old to draw the plan zones; open the page with Edge or Chrome 80, Firefox 113, Safari 16.4 or later. "
            "The list, the verdicts and the project cards are complete.",
        ),
        "unread": Label(
            "Không đọc được vùng quy hoạch: tệp này có thể đã bị cắt hoặc sửa. Hãy chép lại tệp hoặc tạo lại bản đồ. "
            "Danh sách, kết luận và phiếu dự án vẫn dùng được.",
            "The plan zones cannot be read: the file may have been cut short or changed. Copy it again, or make the map again. "
            "The list, the verdicts and the project cards still serve.",
        ),
        "simplified": Label(
            "Ranh giới vùng được giản lược khoảng {n} m để hiển thị; kết luận tính trên ranh giới gốc.",
            "Zone borders are simplified by about {n} m for display; verdicts use the original borders.",
        ),
        "near_border": Label(
            "cách ranh giới vẽ giản lược {n} m; ranh giới gốc có thể lệch tới {m} m, nên tại đây loại đất có thể khác",
            "{n} m from a border drawn simplified; the original border may lie up to {m} m away, so the class here may be another",
        ),
        "near_zone": Label("có thể còn thuộc", "may also lie in"),
        "about": Label("gần ranh giới vẽ giản lược", "near a border drawn simplified"),
    },
    data=data,
)
