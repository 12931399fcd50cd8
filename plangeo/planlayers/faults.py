"""The faults of a plan layer: what they are called, and the table they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from plangeo.model import Label
from plangeo.planlayers.widths import is_wider, polygons_of, width_of

KINDS: Mapping[str, Label] = {
    "set_aside": Label("Hình không đọc được", "Geometry that cannot be read"),
    "no_code": Label("Thiếu mã loại đất", "No class code"),
    "unknown_code": Label("Mã loại đất không có trong danh mục", "Class code that is not in the list"),
    "bad_dates": Label("Ngày hiệu lực của khoanh không đọc được", "Days of the zone that cannot be read"),
    "overlap": Label("Hai khoanh chồng lên nhau", "Two zones overlap"),
    "duplicate": Label("Một khoanh vẽ hai lần", "Zone drawn twice"),
    "gap": Label("Khoảng hở giữa các khoanh", "Gap between zones"),
    "uncovered": Label("Đất của đơn vị chưa có khoanh nào phủ", "Ground of the unit that no zone covers"),
    "beyond_units": Label("Khoanh vượt ra ngoài ranh giới đơn vị", "Zone beyond the administrative units"),
    "repeated_id": Label("Mã khoanh dùng nhiều lần", "Zone identifier used more than once"),
    "thin_zone": Label("Khoanh hẹp hơn sai số bản đồ", "Zone thinner than the map's accuracy"),
    "repaired": Label("Hình lỗi đã được sửa", "Invalid geometry, repaired"),
}
"""Permanent code of a fault → what it is called, in the order of the report."""

AREAL = frozenset({"overlap", "gap", "uncovered", "beyond_units", "thin_zone"})
"""Faults that are a piece of ground, whose width says whether the map could show them."""

COLUMNS = (
    *("kind", "sliver", "plan_id", "zones", "codes", "units", "area_m2", "width_m", "tolerance_m"),
    *("east_m", "north_m", "longitude", "latitude", "why_vi", "why_en"),
)
THREAD_M = 0.5
"""Of faults thinner than this on average, and of slivers, the mean width (2 × area ÷ perimeter) is told, of others the widest place."""
MOST_NAMED = 6
"""Zones or units one row names; more are counted."""


@dataclass
class FaultList:
    """Faults of one plan as they are found."""

    plan_id: str
    tolerance_m: float
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, kind: str, shape: Any, why: Label, zones: Sequence[str] = (), codes: Sequence[str] = (), units: Sequence[str] = ()
    ) -> None:
        """Add one fault; ``shape`` in the metric CRS says where it is, None when nobody knows."""
        thin = kind in AREAL and self.tolerance_m > 0 and not is_wider(polygons_of([shape])[0], self.tolerance_m).any()
        sliver = kind == "thin_zone" or thin
        width = float("nan")
        if kind in AREAL:  # what is a sliver is known already: its mean width will do, and thousands of them cost nothing
            mean = float(2 * shapely.area(shape) / shapely.length(shape))
            width = mean if sliver or mean < THREAD_M else width_of(shape)
        self.rows.append(
            {
                "kind": kind,
                "sliver": sliver,
                "plan_id": self.plan_id,
                "zones": named(zones),
                "codes": named(list(dict.fromkeys(codes))),
                "units": named(units),
                "area_m2": float("nan") if shape is None else float(shapely.area(shape)),
                "width_m": width,
                "tolerance_m": self.tolerance_m,
                "why_vi": why.vi,
                "why_en": why.en,
                "geometry": shape,
            }
        )


def named(texts: Sequence[str]) -> str:
    """Return texts as one, the first few by name.

    >>> named(["a", "b"]), named([str(n) for n in range(9)])
    ('a, b', '0, 1, 2, 3, 4, 5 … (9)')
    """
    shown = ", ".join(texts[:MOST_NAMED])
    return f"{shown} … ({len(texts)})" if len(texts) > MOST_NAMED else shown


def fault_table(lists: Sequence[FaultList], crs: Any) -> gpd.GeoDataFrame:
    """Return the faults as one table in ``crs``: real ones first, then slivers; by kind, the greatest first.

    Columns ``COLUMNS`` and ``geometry``: area in m² and width in m in ``crs``, a point inside the fault in ``crs``
    (``east_m``, ``north_m``) and in WGS 84 degrees (``longitude``, ``latitude``).
    """
    rows = [row for found in lists for row in found.rows]
    order = list(KINDS)
    rows.sort(
        key=lambda r: (
            r["sliver"],
            order.index(r["kind"]),
            r["plan_id"],
            -_known(r["area_m2"]),
            r["zones"],
            _corner(r["geometry"]),
        )
    )
    frame = pd.DataFrame(rows, columns=[c for c in (*COLUMNS, "geometry") if c not in _PLACE])
    placed = with_place(gpd.GeoDataFrame(frame, geometry="geometry", crs=crs))
    return placed[[*COLUMNS, "geometry"]]


def with_place(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a metric frame with a point inside every shape: ``east_m``, ``north_m``, and ``longitude``, ``latitude`` (WGS 84)."""
    points = shapely.point_on_surface(frame.geometry.to_numpy()) if len(frame) else np.empty(0, dtype=object)
    east, north = shapely.get_x(points), shapely.get_y(points)
    known = np.isfinite(east)
    longitude, latitude = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    if known.any():
        to_degrees = pyproj.Transformer.from_crs(frame.crs, "EPSG:4326", always_xy=True)
        longitude[known], latitude[known] = to_degrees.transform(east[known], north[known])
    return frame.assign(east_m=east, north_m=north, longitude=longitude, latitude=latitude)


def degrees(frame: pd.DataFrame) -> list[str]:
    """Return latitude and longitude of every row as one text that maps on the web understand; empty where there is no place."""
    pairs = zip(frame["latitude"], frame["longitude"], strict=True)
    return [f"{north:.6f}, {east:.6f}" if north == north else "" for north, east in pairs]


_PLACE = frozenset({"east_m", "north_m", "longitude", "latitude"})


def _corner(shape: Any) -> tuple[float, ...]:
    return () if shape is None else tuple(shapely.bounds(shape))


def _known(value: float) -> float:
    return value if value == value else 0.0
