"""The ledger of the validity gate: what became of the rows of one layer, row by row."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pyproj
import shapely

from plangeo.geometry.boxes import box_text
from plangeo.geometry.crs import as_crs, metres_per_unit


class RepairLedger:
    """The problems and repairs of a layer, and a row of ``tables.REPAIRS`` for every shape that was changed or set aside.

    Parameters: ``frame`` with the text columns ``problem`` and ``repaired``; ``layer`` its role; ``id_column`` the identifier.
    Rows are named by their position.
    """

    def __init__(self, frame: gpd.GeoDataFrame, layer: str, id_column: str) -> None:
        self.layer, self.crs = layer, frame.crs
        self.problems: list[str] = frame["problem"].astype(object).tolist()
        self.repaired: list[str] = frame["repaired"].astype(object).tolist()
        self.rows: list[dict[str, Any]] = []
        self._frame, self._id_column = frame, id_column

    def name_of(self, i: int) -> str:
        """Return the identifier of a row, or its index where the layer has none."""
        frame = self._frame
        return str(frame[self._id_column].iloc[i]) if self._id_column in frame else str(frame.index[i])

    def set_aside(self, i: int, shape: Any, why: str, place: Any = None) -> None:
        """Let a row keep its first problem; ``place`` tells where its ground may lie, when that is known, and stands last."""
        if place is not None:
            self.add_problem(i, f"{why} {box_text(place.bounds, self.crs)}")
        self.problems[i] = self.problems[i] or why
        self.note(i, "quarantined", "set aside", why, first_place(shape))

    def add_problem(self, i: int, why: str) -> None:
        """Say one more thing against a row; what ends with a box has to come last."""
        self.problems[i] = _joined(self.problems[i], why)

    def add_repair(self, i: int, done: str) -> None:
        """Say one more thing that was done to a row."""
        self.repaired[i] = _joined(self.repaired[i], done)

    def note(
        self, i: int, action: str, method: str, why: str, where: Any, *, before_m2: float = 0.0, after_m2: float = 0.0
    ) -> None:
        """Write down what was done to a row, and at which place (x, y in the CRS of the layer)."""
        frame = self._frame
        self.rows.append(
            {
                "layer": self.layer,
                "row_id": self.name_of(i),
                "source_row": _number(frame["source_row"].iloc[i]) if "source_row" in frame else float("nan"),
                "action": action,
                "method": method,
                "why": why,
                "area_before_m2": before_m2,
                "area_after_m2": after_m2,
                "x": float(where[0]),
                "y": float(where[1]),
            }
        )

    def area_m2(self, shape: Any) -> float:
        """Return the area of a shape of the layer: planar where the CRS is projected, else on the ellipsoid (abs of the signed sum)."""
        if self.crs is None:
            return float(shape.area)
        crs = as_crs(self.crs)
        if crs.is_projected:
            return float(shape.area) * metres_per_unit(crs) ** 2
        geod = crs.get_geod() or pyproj.Geod(ellps="WGS84")
        return abs(float(geod.geometry_area_perimeter(shapely.orient_polygons(shape))[0]))


def first_place(shape: Any) -> Any:
    """Return the first coordinate of a shape; not a number of none."""
    return (float("nan"), float("nan")) if shape is None else shapely.get_coordinates(shape)[0]


def _joined(*texts: str) -> str:
    return "; ".join(text for text in texts if text)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
