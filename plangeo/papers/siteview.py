"""What the map of one site shows, cut to its frame: zones, units, the strip in doubt, the way to compatible ground."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import pi, sqrt
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from plangeo.disputedground import disputed_ground
from plangeo.errors import CrsError
from plangeo.explanation import format_length, format_scale
from plangeo.geometry import as_crs, to_crs
from plangeo.model import Assessment, Language
from plangeo.papers.lettering import plain_text
from plangeo.papers.scales import Bounds, MapFrame, frame_around
from plangeo.papers.sitefacts import SiteReader, number
from plangeo.papers.wording import say

_LEAST_M = 50.0
_BEYOND_FRAME = 0.1
"""Part of the frame that is kept around it, so that cut edges are not seen."""
_NEAR_STEPS = 5
"""The frame may grow by up to this factor to show the nearest compatible ground."""
_INSET_GRID_M = 300.0


@dataclass(frozen=True)
class ShownZone:
    """Ground of one class in the frame, of one plan."""

    code: str
    shape: Any


@dataclass(frozen=True)
class ShownClass:
    """A line of the legend; ``colour`` is ``#rrggbb`` or empty."""

    code: str
    name: str
    colour: str
    overlay: bool


@dataclass(frozen=True)
class SiteView:
    """A map ready to be drawn, all shapes in metres of ``crs``."""

    frame: MapFrame
    crs: str
    shape: Any
    zones: tuple[ShownZone, ...]
    legend: tuple[ShownClass, ...]
    plans: tuple[str, ...]
    plan_scale: int | None
    units: tuple[tuple[str, Any], ...]
    strip: Any
    strip_m: float | None
    disc_m: float | None
    """Radius of the circle with the declared area, around a site that is a point."""
    way: tuple[tuple[float, float], tuple[float, float]] | None
    """From the site to the nearest compatible ground."""
    way_text: str
    goal: Any
    inset: Any
    inset_bounds: Bounds | None
    language: Language


class Views:
    """Makes the view of one site after the other; layers are brought into the metric CRS and indexed once."""

    def __init__(self, reader: SiteReader) -> None:
        result = reader.assessment
        self._reader, self._result, self._language = reader, result, reader.language
        self._sites = _moved(result.sites, result)
        self._zones = _moved(result.layers.get("zones"), result)
        self._tree = None if self._zones is None else shapely.STRtree(self._zones.geometry.to_numpy())
        self._units = _moved(result.layers.get("districts"), result)
        self._inset = _inset(self._units if self._units is not None else self._zones)

    def view(self, position: int, width_mm: float, height_mm: float) -> SiteView | str:
        """Return what the map of a site shows, or why there is none."""
        if self._sites is None:
            return say("no_crs", self._language)
        shape = self._sites.geometry.iloc[position]
        if shape is None or shape.is_empty or not np.isfinite(shapely.bounds(shape)).all():
            return say("no_place", self._language)
        row = self._result.sites.iloc[position]
        site_id = str(row["site_id"])
        _, tolerance, reason = self._reader.flip(site_id)
        disc = number(row.get("declared_area_m2")) if shape.geom_type in ("Point", "MultiPoint") else None
        disc_m = sqrt(disc / pi) if disc else None
        least = max(_LEAST_M, 3 * (tolerance or 0.0), 1.6 * (disc_m or 0.0))
        bounds = tuple(float(v) for v in shape.bounds)
        frame = frame_around(bounds, width_mm, height_mm, least_m=least)  # type: ignore[arg-type]
        if frame is None:
            return say("too_large", self._language)
        way, text, goal = self._way(site_id)
        frame = self._with_goal(frame, shape, way, width_mm, height_mm, least)
        plans = self._plans(site_id, frame)
        zones = list(self._zones_in(frame, plans))
        strip = None
        if reason == "within_map_accuracy" and tolerance:
            ground = ((z.code, z.shape) for z in zones)
            strip = disputed_ground(self._result.rulebook, str(row["use"]), shape, ground, tolerance)
        shown = _by_weight(zones, shape, shapely.box(*frame.bounds))
        known = self._result.rulebook.plans
        scales = [known[p].scale for p in plans if p in known and known[p].scale]
        return SiteView(
            frame=frame,
            crs=self._crs_text(),
            shape=shape,
            zones=tuple(z for z in zones if z.code in set(shown)),
            legend=tuple(self._legend(code) for code in shown),
            plans=tuple(plain_text(known[p].title.text(self._language) if p in known else p) for p in plans),
            plan_scale=max((s for s in scales if s), default=None),
            units=tuple(self._units_in(frame)),
            strip=strip,
            strip_m=tolerance if strip is not None else None,
            disc_m=disc_m,
            way=way,
            way_text=text,
            goal=None if goal is None else shapely.clip_by_rect(goal, *_wider(frame.bounds)),
            inset=self._inset,
            inset_bounds=None if self._inset is None else tuple(self._inset.bounds),
            language=self._language,
        )

    def _crs_text(self) -> str:
        crs = as_crs(self._result.crs)
        return f"{crs.name} ({self._result.crs})"

    def _way(self, site_id: str) -> tuple[Any, str, Any]:
        row = self._reader.nearest_row(site_id)
        if row is None or number(row["to_x"]) is None or self._result.sites.crs is None:
            return None, "", None
        ends = gpd.GeoDataFrame(
            geometry=[shapely.Point(row["from_x"], row["from_y"]), shapely.Point(row["to_x"], row["to_y"])],
            crs=self._result.sites.crs,
        )
        moved = to_crs(ends, self._result.crs).geometry
        goal = None
        if self._zones is not None:
            mine = (self._zones["zone_id"] == row["zone_id"]) & (self._zones["plan_id"] == row["plan_id"])
            goal = self._zones.geometry[mine.to_numpy()].iloc[0] if mine.any() else None
        away = format_length(float(row["distance_m"]), self._language)
        start, end = ((float(p.x), float(p.y)) for p in moved)
        return (start, end), plain_text(f"{row['zone_code']}: {away}"), goal

    @staticmethod
    def _with_goal(frame: MapFrame, shape: Any, way: Any, width: float, height: float, least: float) -> MapFrame:
        if way is None or shapely.box(*frame.bounds).covers(shapely.Point(way[1])):
            return frame
        both = shapely.union(shape.envelope, shapely.MultiPoint(way).envelope).bounds
        wider = frame_around(both, width * 0.9, height * 0.9, least_m=least)
        if wider is None or wider.denominator > _NEAR_STEPS * frame.denominator:
            return frame
        x, y = (both[0] + both[2]) / 2, (both[1] + both[3]) / 2
        half_w, half_h = width * wider.denominator / 2_000, height * wider.denominator / 2_000
        return replace(wider, bounds=(x - half_w, y - half_h, x + half_w, y + half_h))

    def _plans(self, site_id: str, frame: MapFrame) -> list[str]:
        """The plans that govern the ground of the site, else those in force in the frame: broad ones first."""
        book = self._result.rulebook
        found = self._reader.governing_plans(site_id)
        if not found and self._tree is not None and self._zones is not None:
            rows = self._tree.query(shapely.box(*frame.bounds))
            there = list(dict.fromkeys(str(p) for p in self._zones["plan_id"].iloc[rows]))
            in_force = [p for p in there if p in book.plans and book.plan_status(p) == "in_force"]
            found = in_force or there

        def breadth(plan: str) -> int:
            return -((book.plans[plan].scale or 0) if plan in book.plans else 0)

        return sorted(found, key=lambda p: (breadth(p), p))

    def _zones_in(self, frame: MapFrame, plans: list[str]) -> Iterator[ShownZone]:
        if self._tree is None or self._zones is None:
            return
        window = _wider(frame.bounds)
        rows = np.sort(self._tree.query(shapely.box(*window)))
        order = {plan: n for n, plan in enumerate(plans)}
        classes = self._result.rulebook.classes
        found = []
        for row in rows.tolist():
            plan, code = str(self._zones["plan_id"].iloc[row]), plain_text(self._zones["zone_code"].iloc[row])
            if plan in order:
                piece = shapely.clip_by_rect(self._zones.geometry.iloc[row], *window)
                if not shapely.is_valid(piece):  # clipping is fast and may leave a ring that touches itself
                    piece = shapely.make_valid(piece)
                if not piece.is_empty:
                    over = code in classes and classes[code].overlay
                    found.append(((over, order[plan], row), ShownZone(code, piece)))
        yield from (zone for _, zone in sorted(found, key=lambda item: item[0]))

    def _units_in(self, frame: MapFrame) -> Iterator[tuple[str, Any]]:
        if self._units is None:
            return
        window = _wider(frame.bounds)
        for name, shape in zip(self._units["district_name"], self._units.geometry, strict=True):
            if shape is not None and shape.intersects(shapely.box(*window)):
                piece = shapely.clip_by_rect(shape, *window)
                if not piece.is_empty:
                    yield plain_text(name), piece

    def _legend(self, code: str) -> ShownClass:
        known = self._result.rulebook.classes.get(code)
        if known is None:
            return ShownClass(code, say("unknown_code" if code else "no_code", self._language), "", False)
        return ShownClass(code, plain_text(known.name.text(self._language)), known.colour or "", known.overlay)


def _moved(frame: gpd.GeoDataFrame | None, result: Assessment) -> gpd.GeoDataFrame | None:
    if frame is None or not len(frame) or not result.crs or frame.crs is None:
        return None
    try:
        return to_crs(frame, result.crs)
    except CrsError:
        return None


def _inset(frame: gpd.GeoDataFrame | None) -> Any:
    """The outline of the whole area, coarse."""
    if frame is None:
        return None
    shapes = [s for s in frame.geometry if s is not None and not s.is_empty]
    if not shapes:
        return None
    coarse = shapely.simplify(shapely.make_valid(np.asarray(shapes, dtype=object)), _INSET_GRID_M / 3)
    whole = shapely.union_all(shapely.buffer(coarse, _INSET_GRID_M))
    return shapely.simplify(shapely.buffer(whole, -_INSET_GRID_M), _INSET_GRID_M)


def _by_weight(zones: list[ShownZone], shape: Any, window: Any) -> list[str]:
    """The classes in view: those under the site first, then the largest, so that a short legend leaves out the least."""
    areas: dict[str, float] = {}
    under = set()
    for zone in zones:
        if zone.shape.intersects(window):
            areas[zone.code] = areas.get(zone.code, 0.0) + float(zone.shape.intersection(window).area)
            if zone.shape.intersects(shape):
                under.add(zone.code)
    return sorted(areas, key=lambda code: (code not in under, -areas[code], code))


def _wider(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    x, y = _BEYOND_FRAME * (east - west), _BEYOND_FRAME * (north - south)
    return west - x, south - y, east + x, north + y


def scale_text(view: SiteView) -> str:
    """Return the scale in words, and that a plan is magnified where it is."""
    said = say("scale", view.language, scale=format_scale(view.frame.denominator))
    if view.plan_scale and view.plan_scale > view.frame.denominator:
        said += say("magnified", view.language, scale=format_scale(view.plan_scale))
    return said
