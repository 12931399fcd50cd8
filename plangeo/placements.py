"""Room for sites without an exact place: what of their commune would do, and which discs around a point would.

Nothing here knows the law: ``plangeo.law.sayings`` asks the checks what they say of each kind of ground, and that holds for
each patch of it. Best practice: measure a unit once and ask it for every use.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.adminunits.namedunits import unit_finder
from plangeo.adminunits.unitregister import UnitRegister
from plangeo.amounts.bands import declared_ends, largest_areas
from plangeo.engine.patches import Kind, Patches, cut_ground
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.geometry import polygonal
from plangeo.law.sayings import Sayings, Says
from plangeo.model import Verdict
from plangeo.overlay import layer_facts
from plangeo.room import Accuracy, DiscRoom, FaultyZone, UnitRoom
from plangeo.rulebook import Rulebook
from plangeo.storage.keptzones import KeptZones, window_around

_OUTLINE_M = 10.0
"""Outlines of a unit in two sources differ by a few metres."""
_HAIRLINE_M = 0.005
"""Patches as near as this are one; cutting and reprojecting move borders apart by less."""
_QUAD = 32
"""Vertices of a quarter circle."""
_AROUND_M = 10.0
_MOST_AROUND_POINT = 500
"""A disc that meets more pieces of zones is not measured: no site is that large, and not all of them would do."""
_TOLD_APART = 5e-4
"""Shares below this are nothing: circles are drawn with 128 corners."""


def measure_rooms(
    sites: gpd.GeoDataFrame,
    table: pd.DataFrame,
    zones: ZoneLayer,
    layers: Mapping[str, Any],
    rulebook: Rulebook,
    contact_m: float,
    register: UnitRegister | None = None,
) -> dict[str, UnitRoom | DiscRoom]:
    """Measure the room of every site without a place, and of every point with a declared area.

    Parameters: ``sites`` in the metric CRS of the zones; ``table`` the same rows as the checks see them (Measured.sites);
    ``layers`` role → frame in that CRS, or kept zones; ``contact_m``: metres up to which a strip is contact;
    ``register``: the administrative units with their days, where the profile of the boundary map brings them.
    Returns: site_id → room; none for sites whose room nobody asks for (drawn ones, and uses the rulebook does not know).
    """
    asked = np.array([bool(use) for use in table["use_code"].tolist()], dtype=bool)
    unplaced = np.flatnonzero(asked & ~table["has_place"].to_numpy(dtype=bool))
    points = np.flatnonzero(asked & _is_point_with_area(sites, table))
    sayings = Sayings(rulebook)
    drawn = layers["zones"]
    lost = drawn.lost if isinstance(drawn, KeptZones) else drawn[drawn.geometry.isna()]
    rooms: dict[str, UnitRoom | DiscRoom] = {}
    if len(unplaced):
        rooms |= _Units(zones, layers.get("districts"), sayings, lost, contact_m, register).rooms(table.iloc[unplaced])
    if len(points):
        rooms |= _disc_rooms(sites.iloc[points], table.iloc[points], zones, sayings, lost, contact_m)
    return rooms


def _is_point_with_area(sites: gpd.GeoDataFrame, table: pd.DataFrame) -> NDArray[np.bool_]:
    area = largest_areas(table)
    return np.asarray((sites.geometry.geom_type == "Point").to_numpy() & (area > 0) & np.isfinite(area))


@dataclass(frozen=True)
class _Ground:
    """A measured shape: its patches, and what is known of the plans that draw them."""

    shape: Any
    patches: Patches
    accuracy: Accuracy
    faulty: tuple[FaultyZone, ...]
    _known: dict[Any, Any] = field(default_factory=dict)

    def once(self, asked: Any, work: Callable[[], Any]) -> Any:
        """Return ``work()``, worked out once for what is asked."""
        if asked not in self._known:
            self._known[asked] = work()
        return self._known[asked]

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """All kinds of ground there."""
        return frozenset(self.patches.kinds)

    @cached_property
    def sizes(self) -> Mapping[Kind, float]:
        """Area of each kind, m²."""
        found: dict[Kind, list[float]] = defaultdict(list)
        for kind, area in zip(self.patches.kinds, shapely.area(self.patches.shapes).tolist(), strict=True):
            found[kind].append(area)
        return {kind: math.fsum(areas) for kind, areas in found.items()}

    def where(self, kinds: frozenset[Kind]) -> NDArray[Any]:
        """The patches of some kinds, the largest first."""
        chosen = self.patches.shapes[np.array([kind in kinds for kind in self.patches.kinds], dtype=bool)]
        return np.asarray(chosen[np.argsort(-shapely.area(chosen), kind="stable")])

    def largest_of(self, kinds: frozenset[Kind]) -> float:
        """Area in m² of the largest single patch of some kinds."""
        return max(shapely.area(self.where(kinds)).tolist(), default=0.0)

    def widened(self, kinds: frozenset[Kind]) -> tuple[float, float]:
        """Return area and largest connected part (m²) of some kinds, widened by what the plans cannot exclude, inside the shape.

        The area has a strip more where the outline of the shape itself may lie further out.
        """
        reach = (self.accuracy.tolerance_m or 0.0) + _HAIRLINE_M
        wide = shapely.union_all(shapely.buffer(self.where(kinds), reach, quad_segs=_QUAD))
        inside = polygonal(shapely.intersection(wide, self.shape))
        strip = _OUTLINE_M * float(shapely.intersection(shapely.boundary(self.shape), wide).length)
        return float(inside.area) + strip, max(shapely.area(shapely.get_parts(inside)).tolist(), default=0.0)

    def is_thin(self, kinds: frozenset[Kind]) -> bool:
        """Say whether a displacement within the tolerance of the plans may take away all ground of some kinds."""
        reach = self.accuracy.tolerance_m or 0.0
        if any(not part.buffer(-reach).is_empty for part in self.where(kinds)):
            return False
        joined = shapely.union_all(shapely.buffer(self.where(kinds), _HAIRLINE_M))
        return bool(joined.buffer(-reach - _HAIRLINE_M).is_empty)


class _Units:
    """The administrative units that sites without a place name; each is measured once, however many sites name it."""

    def __init__(
        self,
        zones: ZoneLayer,
        districts: gpd.GeoDataFrame | None,
        sayings: Sayings,
        lost: gpd.GeoDataFrame,
        contact_m: float,
        register: UnitRegister | None,
    ) -> None:
        self._register = register
        self._zones, self._districts, self._sayings, self._lost, self._contact_m = zones, districts, sayings, lost, contact_m
        self._grounds: dict[tuple[str, ...], _Ground | str] = {}

    def rooms(self, table: pd.DataFrame) -> dict[str, UnitRoom | DiscRoom]:
        """Return site_id → room for the rows of ``table``."""
        ids, declared = table["site_id"].tolist(), _texts(table, "declared_district")
        districts = self._districts
        if districts is None:
            return {i: UnitRoom("no_outlines" if text else "no_unit", text) for i, text in zip(ids, declared, strict=True)}
        units, names = (districts[name].astype(str).tolist() for name in ("district_id", "district_name"))
        parents = _texts(districts, "parent_name")
        find = unit_finder(units, names, parents, register=self._register, on=self._sayings.law.on)
        above, days = _texts(table, "declared_parent"), _texts(table, "list_date")
        written = [text or higher for text, higher in zip(declared, above, strict=True)]
        shapes, shown = (dict(zip(units, values, strict=True)) for values in (districts.geometry, names))
        rooms: dict[str, UnitRoom | DiscRoom] = {}
        found: list[tuple[int, str, _Ground]] = []
        for n, text in enumerate(written):
            meant = find(declared[n], above[n], days[n])
            ground = meant.problem or self._ground(meant.outlines, shapes)
            if isinstance(ground, str):
                rooms[ids[n]] = UnitRoom(ground, text)
            else:
                found.append((n, ", ".join(dict.fromkeys(shown[outline] for outline in meant.outlines)), ground))
        said = self._sayings.of(table.iloc[[n for n, _, _ in found]], [ground.kinds for _, _, ground in found])
        low, high, _ = declared_ends(table)
        areas = np.fmax(low, high).tolist()
        for (n, name, ground), says in zip(found, said, strict=True):
            rooms[ids[n]] = self._room(name, ground, says, areas[n], table.iloc[[n]])
        return rooms

    def _ground(self, outlines: tuple[str, ...], shapes: Mapping[str, Any]) -> _Ground | str:
        """The measured ground of some outlines together, or the reason code why there is none."""
        if outlines not in self._grounds:
            drawn = [shapes[outline] for outline in outlines]
            usable = all(s is not None and not s.is_empty and shapely.get_dimensions(s) == 2 for s in drawn)
            shape = polygonal(shapely.union_all(drawn)) if usable else None
            self._grounds[outlines] = "outline_missing" if shape is None else self._measured(shape)
        return self._grounds[outlines]

    def _measured(self, shape: Any) -> _Ground | str:
        patches = self._cut(shape)
        if patches is None:
            return "too_large"
        frame = gpd.GeoDataFrame({"site_id": ["unit"]}, geometry=[shape], crs=self._zones.crs)
        faulty = _faulty_zones(frame, self._lost, self._sayings.law)["unit"]
        return _Ground(shape, patches, self._sayings.accuracy(frozenset(patches.kinds)), faulty)

    def _cut(self, shape: Any) -> Patches | None:
        layer = self._zones.window(window_around(np.array([shape], dtype=object), _AROUND_M))
        return cut_ground(shape, layer, self._contact_m)

    def _room(self, name: str, ground: _Ground, says: Says, declared_m2: float, row: pd.DataFrame) -> UnitRoom:
        """What the ground says to the site in ``row``; what takes time is worked out once for all that are told the same."""
        bad = frozenset(kind for kind, verdict in says.items() if verdict is Verdict.NOT_PERMITTED)
        good = frozenset(kind for kind, verdict in says.items() if verdict <= Verdict.CONDITIONAL)
        areas: dict[Verdict, list[float]] = defaultdict(list)
        for kind, area in ground.sizes.items():
            areas[says[kind]].append(area)
        could, largest = math.inf, math.inf
        if bad == ground.kinds:
            could, largest = 0.0, 0.0
        elif declared_m2 > 0 and ground.largest_of(ground.kinds - bad) < declared_m2:
            could, largest = ground.once(("widened", bad), lambda: ground.widened(ground.kinds - bad))
        return UnitRoom(
            name=name,
            permitted_m2=math.fsum(areas[Verdict.PERMITTED]),
            conditional_m2=math.fsum(areas[Verdict.CONDITIONAL]),
            unknown_m2=math.fsum(areas[Verdict.UNKNOWN]),
            forbidden_m2=math.fsum(areas[Verdict.NOT_PERMITTED]),
            could_m2=could,
            largest_m2=largest,
            is_thin=bool(good) and ground.once(("is_thin", good), lambda: ground.is_thin(good)),
            beside_m=self._better_beside(ground, row) if bad == ground.kinds else 0.0,
            accuracy=ground.accuracy,
            forbidden=frozenset(code for kind in bad for _, code, _ in kind),
            faulty=ground.faulty,
            doubt=ground.patches.doubt,
        )

    def _better_beside(self, ground: _Ground, row: pd.DataFrame) -> float:
        """How far around a unit was looked, in metres, where zones lie there that do not forbid the use; 0 when none do."""
        reach = (ground.accuracy.tolerance_m or 0.0) + _OUTLINE_M
        beside = ground.once("beside", lambda: self._cut(polygonal(ground.shape.buffer(reach).difference(ground.shape))))
        if beside is None:
            return reach
        kinds = frozenset(kind for kind in beside.kinds if kind)
        verdicts = self._sayings.of(row, [kinds])[0].values()
        return reach if any(verdict is not Verdict.NOT_PERMITTED for verdict in verdicts) else 0.0


def _faulty_zones(frame: gpd.GeoDataFrame, lost: gpd.GeoDataFrame, rulebook: Rulebook) -> dict[str, tuple[FaultyZone, ...]]:
    """Row of ``frame`` (by site_id) → zones of a plan that may be in force, that may lie there and could not be drawn."""
    ids = frame["site_id"].tolist()
    facts = layer_facts(frame, lost, tree=shapely.STRtree([]), reached=ids)
    found: dict[str, list[FaultyZone]] = {i: [] for i in ids}
    for zone in (*facts["lost"], *facts["quarantined"]):
        if rulebook.plan_status(zone["plan_id"]) in ("in_force", "unknown"):
            for site_id in zone.get("sites", ids):
                found[site_id].append((zone["id"], zone["code"], zone["plan_id"]))
    return {site_id: tuple(sorted(some)) for site_id, some in found.items()}


def _texts(table: pd.DataFrame, name: str) -> list[str]:
    values = table[name].tolist() if name in table else [""] * len(table)
    return [value.strip() if isinstance(value, str) else "" for value in values]


def _disc_rooms(
    sites: gpd.GeoDataFrame, table: pd.DataFrame, zones: ZoneLayer, sayings: Sayings, lost: gpd.GeoDataFrame, contact_m: float
) -> dict[str, UnitRoom | DiscRoom]:
    """The room of points with a declared area; see ``measure_rooms``."""
    stated = pd.to_numeric(table["accuracy_m"], errors="coerce").to_numpy(dtype=float)
    radius = np.sqrt(largest_areas(table) / math.pi)
    reach = radius + np.where((stated > 0) & np.isfinite(stated), stated, 0.0)
    points = sites.geometry.to_numpy()
    plans = [p.tolerance_m for p in sayings.law.plans.values() if sayings.law.plan_status(p.plan_id) == "in_force"]
    window = _discs(points, radius + reach + max((t for t in plans if t is not None), default=0.0))
    layer = zones.window(window_around(window, _AROUND_M))
    cut = [cut_ground(shape, layer, contact_m, _MOST_AROUND_POINT) for shape in window]
    # What depends on the size of the site is asked of the declared one where that is one number; the point itself has none.
    low, high, _ = declared_ends(table)
    said = sayings.of(
        table.assign(site_area_m2=np.where(low == high, low, math.nan)), [frozenset(p.kinds) if p else frozenset() for p in cut]
    )
    accuracies = [sayings.accuracy(frozenset(says)) for says in said]
    ids = table["site_id"].astype(str).tolist()
    touched = _discs(points, radius + reach + np.array([a.tolerance_m or 0.0 for a in accuracies]))
    faulty = _faulty_zones(gpd.GeoDataFrame({"site_id": ids}, geometry=touched, crs=sites.crs), lost, sayings.law)
    rooms: dict[str, UnitRoom | DiscRoom] = {}
    rows = zip(ids, points, radius.tolist(), reach.tolist(), cut, said, accuracies, strict=True)
    for site_id, point, r, centre_m, patches, says, accuracy in rows:
        if patches is None:
            rooms[site_id] = DiscRoom("too_large", r, centre_m)
        else:
            rooms[site_id] = _disc_room(point, r, centre_m, _Ground(None, patches, accuracy, faulty[site_id]), says)
    return rooms


def _disc_room(point: Any, radius: float, reach: float, ground: _Ground, says: Says) -> DiscRoom:
    """Hold all positions of a disc against the patches around a point.

    A disc lies on ground that would do unless its centre is nearer than its radius to ground that would not: what is left
    of the positions when that ground is widened by the radius is the ground that would do, eroded by the radius.
    """
    centres = shapely.buffer(point, reach, quad_segs=_QUAD)
    doubtful = ground.where(frozenset(kind for kind, verdict in says.items() if verdict > Verdict.CONDITIONAL))
    forbidden = ground.where(frozenset(kind for kind, verdict in says.items() if verdict is Verdict.NOT_PERMITTED))
    near = np.flatnonzero(shapely.distance(ground.patches.shapes, point) < radius + reach)
    return DiscRoom(
        radius_m=radius,
        reach_m=reach,
        would=_free(centres, doubtful, radius),
        could=_free(centres, forbidden, radius),
        gap_m=float(min(shapely.distance(doubtful, point), default=math.inf)),
        is_conditional=any(says[ground.patches.kinds[n]] is Verdict.CONDITIONAL for n in near),
        accuracy=ground.accuracy,
        faulty=ground.faulty,
        doubt=ground.patches.doubt,
    )


def _free(centres: Any, blocking: NDArray[Any], radius: float) -> float:
    """Share of the positions that lie at least the radius away from what blocks them."""
    near = blocking[shapely.dwithin(blocking, centres, radius)]
    if not len(near):
        return 1.0
    blocked = shapely.intersection(centres, shapely.union_all(shapely.buffer(near, radius, quad_segs=_QUAD)))
    free = 1.0 - float(blocked.area) / float(centres.area)
    return free if free >= _TOLD_APART else 0.0


def _discs(points: NDArray[Any], radius: NDArray[np.float64]) -> NDArray[Any]:
    """Polygons that hold the whole discs."""
    return np.asarray(shapely.buffer(points, radius / math.cos(math.pi / (4 * _QUAD)), quad_segs=_QUAD), dtype=object)
