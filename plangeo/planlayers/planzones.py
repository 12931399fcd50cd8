"""The zones of a layer, plan by plan, in metres: which count as ground, which lie over it, and since when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.errors import LayerError
from plangeo.geometry import working_crs
from plangeo.law.stages import stage_faults
from plangeo.model import Plan
from plangeo.planlayers.sharedground import United, united
from plangeo.rulebook import Rulebook
from plangeo.storage.prepared import moved_and_gated
from plangeo.text import parse_date

MOST_VERTICES = 10_000_000
"""Of a layer whose quality is looked at as a whole; 3.9 million in 50,000 zones, giants among them, took 10 s and, with 40 faults, 42 s."""
MOST_COMPARED = 4_000_000
"""Of a layer whose plans are laid over each other; two plans of 3.9 million vertices took 73 s as versions and 142 s as levels."""

_EVER, _NEVER = dt.date.min, dt.date.max


@dataclass(frozen=True)
class PlanZones:
    """The zones of one plan in a metric CRS, with what the rulebook says of the plan."""

    plan_id: str
    plan: Plan | None
    status: str
    """``Rulebook.plan_status`` of the day; ``unknown`` for a plan the rulebook does not know."""
    zones: gpd.GeoDataFrame
    """tables.ZONES, metric, rows numbered from 0."""
    overlay: NDArray[np.bool_]
    """Zones that lie over other classes and are never added to them."""
    first: NDArray[Any]
    last: NDArray[Any]
    """First and last day of every zone, as far as the layer states them."""
    on: dt.date
    undated: NDArray[np.bool_]
    """Zones whose days cannot be read or contradict each other: they may govern or not, so they count as ground of no known class."""

    @property
    def tolerance_m(self) -> float:
        """The displacement the map cannot exclude, metres; NaN when the plan states neither scale nor accuracy."""
        known = self.plan.tolerance_m if self.plan else None
        return float("nan") if known is None else float(known)

    @property
    def title(self) -> str:
        """The Vietnamese title, else the identifier."""
        return (self.plan.title.text("vi") if self.plan else "") or self.plan_id

    @cached_property
    def shapes(self) -> NDArray[Any]:
        """The geometry of every zone; None where it could not be read."""
        return np.asarray(self.zones.geometry.to_numpy(), dtype=object)

    @cached_property
    def areal(self) -> NDArray[np.bool_]:
        """Zones with a place on the map that are ground, not overlay."""
        return np.asarray(~(shapely.is_missing(self.shapes) | shapely.is_empty(self.shapes)) & ~self.overlay)

    @cached_property
    def live(self) -> NDArray[np.bool_]:
        """Zones that are ground on the day."""
        return np.asarray(self.areal & (self.first <= self.on) & (self.on <= self.last))

    @cached_property
    def staged(self) -> NDArray[np.bool_]:
        """Zones that are ground on other days than this one."""
        return np.asarray(self.areal & ~self.live)

    @cached_property
    def ids(self) -> NDArray[Any]:
        """zone_id of every zone."""
        return np.asarray(self.zones["zone_id"].astype(str).to_numpy(dtype=object))

    @cached_property
    def codes(self) -> NDArray[Any]:
        """zone_code of every zone."""
        return np.asarray(self.zones["zone_code"].astype(str).to_numpy(dtype=object))

    @cached_property
    def day(self) -> United:
        """All ground of the day; suspects are places among the live zones."""
        return united(self.shapes[self.live])

    def class_ground(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return polygons of the day and their classes, such that no two of one class overlap: the zones themselves, joined
        where some of one class lie on each other. Zones of unreadable days bear no class, "".
        """
        codes, shapes = np.where(self.undated, "", self.codes)[self.live], self.shapes[self.live]
        doubted = set(codes[self.day.suspects])
        plain = np.array([code not in doubted for code in codes], dtype=bool)
        whole = [united(shapes[codes == code]).ground for code in sorted(doubted)]
        out = np.empty(len(whole), dtype=object)
        out[:] = whole
        return np.concatenate([shapes[plain], out]), np.concatenate([codes[plain], np.array(sorted(doubted), dtype=object)])


def in_metres(layers: Iterable[gpd.GeoDataFrame], crs: Any = None) -> tuple[list[gpd.GeoDataFrame], Any]:
    """Return layers (zones first, then districts) in one metric CRS, through the validity gate, and the CRS.

    ``crs``: the CRS to measure in, chosen from the layers when None. **Raises** CrsError.
    """
    frames = list(layers)
    target = working_crs(frames) if crs is None else crs
    roles = (("zones", "zone_id"), ("districts", "district_id"))
    return [
        moved_and_gated(f.reset_index(drop=True), *roles[min(n, 1)], target)[0].reset_index(drop=True)
        for n, f in enumerate(frames)
    ], target


def zones_by_plan(zones: gpd.GeoDataFrame, rulebook: Rulebook) -> list[PlanZones]:
    """Return the plans of a metric layer, by identifier. ``rulebook``: closed over the day."""
    assert rulebook.on is not None
    found = []
    for plan_id in sorted(set(zones["plan_id"].astype(str))):
        own = zones[zones["plan_id"].astype(str) == plan_id].reset_index(drop=True)
        classes = [rulebook.classes.get(code) for code in own["zone_code"].astype(str)]
        undated = np.array([bool(fault) for fault in stage_faults(own)], dtype=bool)
        found.append(
            PlanZones(
                plan_id,
                rulebook.plans.get(plan_id),
                rulebook.plan_status(plan_id),
                own,
                np.array([c is not None and c.overlay for c in classes], dtype=bool),
                _days(own, "valid_from", _EVER, undated),
                _days(own, "valid_to", _NEVER, undated),
                rulebook.on,
                undated,
            )
        )
    return found


def _days(zones: gpd.GeoDataFrame, column: str, otherwise: dt.date, undated: NDArray[np.bool_]) -> NDArray[Any]:
    """The day of every zone; a zone without one is as its plan, and so is one whose days nobody can read."""
    if column not in zones:
        return np.full(len(zones), otherwise, dtype=object)
    found = [(v.date() if isinstance(v, dt.datetime) else v) if isinstance(v, dt.date) else str(v) for v in zones[column]]
    days = [(parse_date(v) if isinstance(v, str) else v) or otherwise for v in found]
    return np.array([otherwise if lost or d != d else d for d, lost in zip(days, undated, strict=True)], dtype=object)


def refuse_huge(zones: gpd.GeoDataFrame, most: int) -> None:
    """Refuse to look at a layer as a whole after every run where that would take longer than the run itself.

    **Raises** LayerError above ``most`` vertices.
    """
    vertices = int(shapely.get_num_coordinates(zones.geometry.to_numpy()).sum())
    if vertices > most:
        raise LayerError(
            f"the plan layer has {vertices:,} vertices, more than the {most:,} that are looked at as a whole after a run; "
            "ask it apart, district by district, with `plangeo quality`",
            code="layer_too_large",
        )
