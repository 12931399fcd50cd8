"""The zones of each plan in their legend colours; only plans in force are switched on."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
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


def data(assessment: Assessment) -> dict[str, Any]:
    """Return per plan its classes, how many zones are drawn, and their blob (``plangeo.polygonblob``); what they cover; and the
    tolerance in metres they were simplified with (0 = not)."""
    frame = assessment.layers.get("zones")
    if frame is None or not len(frame):
        return {"plans": [], "bounds": None, "simplified_m": 0}
    frame, tolerance = _for_display(frame, assessment.crs)
    shapes = on_the_globe(frame)
    codes = np.array([plain(code) for code in frame["zone_code"]], dtype=object)
    plan_ids = np.array([plain(plan_id) for plan_id in frame["plan_id"]], dtype=object)
    there = drawable(shapes, UNIT_DEGREES)
    order = sorted(set(plan_ids[there]), key=lambda plan_id: (*_breadth(assessment, plan_id), plan_id))
    plans = [
        _plan(assessment, plan_id, shapes[rows], codes[rows]) for plan_id in order for rows in [there & (plan_ids == plan_id)]
    ]
    bounds = [round(float(v), 6) for v in shapely.total_bounds(shapes[there])] if there.any() else None
    return {"plans": plans, "bounds": bounds, "simplified_m": tolerance}


def _plan(assessment: Assessment, plan_id: str, shapes: np.ndarray[Any, Any], codes: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Zones keep the order of their file, but overlays come last: they are drawn over what they overlie."""
    classes = assessment.rulebook.classes
    over = np.array([code in classes and classes[code].overlay for code in codes], dtype=bool)
    order = np.argsort(over, kind="stable")
    names = sorted(set(codes))
    number = {code: n for n, code in enumerate(names)}
    blob = pack(shapes[order], [number[code] for code in codes[order]], UNIT_DEGREES)
    return {"plan": plan_id, "codes": names, "zones": len(order), "blob": blob}


def _breadth(assessment: Assessment, plan_id: str) -> tuple[float, float]:
    """Sort key that puts wider plans first, so that the detailed ones are drawn over them: coarse scale, then rank."""
    plan = assessment.rulebook.plans.get(plan_id)
    if plan is None:
        return 0.0, 0.0
    return -float(plan.scale or 0), float(plan.rank or 0)


def _for_display(frame: gpd.GeoDataFrame, crs: str) -> tuple[gpd.GeoDataFrame, float]:
    """Simplify each plan's zones as a coverage, so neighbours keep sharing their border; only when there are too many vertices.

    Tolerances that cannot be enough are skipped. Each step goes on from the one before: the method takes the least triangles away
    first, so that the result is the same.
    """
    budget = min(max(FEW_VERTICES, SPARE_VERTICES + VERTICES_PER_ZONE * len(frame)), MOST_VERTICES)
    if _vertices(frame.geometry.to_numpy()) <= budget or not crs:
        return frame, 0.0
    metric = to_crs(frame, crs)
    shapes = metric.geometry.to_numpy().copy()
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
    return metric.set_geometry(gpd.GeoSeries(shapes, index=metric.index, crs=metric.crs)), tolerance


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
    },
    data=data,
)
