"""The zones of each plan in their legend colours; only plans in force are switched on."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from plangeo.geometry import to_crs
from plangeo.model import Assessment, Label
from plangeo.panels import Panel, anchor, encode, on_the_globe, plain

# A page with more vertices than this gets slow to move; then zones are drawn a little simpler.
MAX_VERTICES = 200_000
SIMPLIFY_M = 5.0


def data(assessment: Assessment) -> dict[str, Any]:
    """Return the zones grouped by plan, and the tolerance in metres they were simplified with (0 = not)."""
    frame = assessment.layers.get("zones")
    if frame is None or not len(frame):
        return {"plans": [], "simplified_m": 0}
    frame, tolerance = _for_display(frame, assessment.crs)
    shapes = on_the_globe(frame)
    by_plan: dict[str, list[dict[str, Any]]] = {}
    for plan_id, zone_id, code, shape in zip(frame["plan_id"], frame["zone_id"], frame["zone_code"], shapes, strict=True):
        if shape is not None:
            zone = {"id": plain(zone_id), "code": plain(code), "at": anchor(shape), "geometry": encode(shape)}
            by_plan.setdefault(plain(plan_id), []).append(zone)
    order = sorted(by_plan, key=lambda plan_id: (*_breadth(assessment, plan_id), plan_id))
    plans = [{"plan": plan_id, "zones": by_plan[plan_id]} for plan_id in order]
    return {"plans": plans, "simplified_m": tolerance}


def _breadth(assessment: Assessment, plan_id: str) -> tuple[float, float]:
    """Sort key that puts wider plans first, so that the detailed ones are drawn over them: coarse scale, then rank."""
    plan = assessment.rulebook.plans.get(plan_id)
    if plan is None:
        return 0.0, 0.0
    return -float(plan.scale or 0), float(plan.rank or 0)


def _for_display(frame: gpd.GeoDataFrame, crs: str) -> tuple[gpd.GeoDataFrame, float]:
    """Simplify each plan's zones as a coverage, so neighbours keep sharing their border; only when there are too many vertices."""
    if int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()) <= MAX_VERTICES or not crs:
        return frame, 0.0
    metric = to_crs(frame, crs)
    shapes = metric.geometry.to_numpy().copy()
    areal = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    for plan_id in metric["plan_id"].unique():
        rows = np.flatnonzero(areal & (metric["plan_id"] == plan_id).to_numpy())
        simpler = shapely.coverage_simplify(shapes[rows], SIMPLIFY_M)
        shapes[rows] = np.where(shapely.is_empty(simpler), shapes[rows], simpler)
    return metric.set_geometry(gpd.GeoSeries(shapes, index=metric.index, crs=metric.crs)), SIMPLIFY_M


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
        "simplified": Label(
            "Ranh giới vùng được giản lược khoảng {n} m để hiển thị; kết luận tính trên ranh giới gốc.",
            "Zone borders are simplified by about {n} m for display; verdicts use the original borders.",
        ),
    },
    data=data,
)
