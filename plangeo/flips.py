"""How far each site's verdict is from flipping: the law says which ground counts, ``plangeo.margin`` measures to it.

A site is permitted while it lies wholly on ground that permits its use, conditional while it lies on ground that does
so at least on conditions. ε* is the smaller of two displacements of the zones' borders: the one that lets it poke out
of its ground, or reach a zone that says worse; and the one that would bring it wholly onto ground that says better.
Where several plans govern, one is enough for a worse verdict and all must agree to a better one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from plangeo.engine.zonelayer import ZoneLayer
from plangeo.law.compatibility import SizedSpot, ask, ground_by_rule, has_conditions
from plangeo.law.totals import Total
from plangeo.margin import NO_GROUND, flip_distance, margins, nearest_permitted
from plangeo.margins.nearest import NearestZones
from plangeo.model import Flip, Measured, Verdict, ZoneKey
from plangeo.recount.robustness import FlipGround
from plangeo.rulebook import Rulebook
from plangeo.storage.keptzones import KeptZones
from plangeo.tables import NEAREST, empty

_Says = tuple[tuple[str, Verdict], ...]
"""What each class of the layer says to one kind of site; overlay classes no rule speaks of are left out."""


_Group = tuple[tuple[str, ...], _Says, Verdict]
"""Plans, what their classes say, and the worst verdict of ground that counts: sites of one group see the same ground."""


def measure_around(
    sites: gpd.GeoDataFrame, zones: ZoneLayer, measured: Measured, totals: Mapping[str, Sequence[Total]], *, threads: int = 1
) -> tuple[dict[str, Flip], pd.DataFrame]:
    """Return ``measure_flips`` and ``find_nearest``; of zones that are too large to hold only what lies around the sites is read.

    What is farther than the last window reaches is told as that far at least: a flip at its reach, and no nearest zone.
    """
    windows = zones.windows(sites.geometry.to_numpy()) if isinstance(zones, KeptZones) else ((zones, math.inf),)
    for layer, reach in windows:
        flips = measure_flips(sites, layer, measured, totals, threads=threads)
        nearest = find_nearest(sites, layer, measured, totals, threads=threads)
        found = (nearest["distance_m"].to_numpy(dtype=float) <= reach) | ~nearest["problem"].isin(("", NO_GROUND)).to_numpy()
        if reach == math.inf or (found.all() and all(flip.distance_m <= reach for flip in flips.values())):
            return flips, nearest
    flips = {site_id: replace(flip, distance_m=min(flip.distance_m, reach)) for site_id, flip in flips.items()}
    return flips, _no_farther_than(reach, nearest, found)


def _no_farther_than(reach: float, nearest: pd.DataFrame, found: npt.NDArray[np.bool_]) -> pd.DataFrame:
    out = nearest.copy()
    for column in out.columns.difference(["site_id", "group", "problem"]):
        out.loc[~found, column] = math.nan if out[column].dtype.kind in "fi" else ""
    out.loc[~found, "problem"] = f"no zone within {reach / 1000:g} km is permitted"
    return out


@dataclass(frozen=True)
class _Asked:
    """One site whose verdict may flip."""

    site_id: str
    leaning: Verdict
    says: _Says
    plans: tuple[str, ...]
    """Plans that govern some of it."""
    own: Mapping[str, Verdict]
    """What each of them says by itself."""
    forgiven: tuple[Total, ...]
    overruled: frozenset[ZoneKey]
    """Zones under it that another plan overrules."""


def measure_flips(
    sites: gpd.GeoDataFrame, zones: ZoneLayer, measured: Measured, totals: Mapping[str, Sequence[Total]], *, threads: int = 1
) -> dict[str, Flip]:
    """Return site_id → Flip for every site to which zones give a verdict.

    Parameters: ``sites`` and ``zones`` (made ready by ``plangeo.engine.zonelayer``) in one metric CRS; ``measured`` with the governed cover and the zone evidence;
    ``totals`` of ``plangeo.law.totals.judge_totals``; ``threads`` changes nothing but the time. A site whose leaning verdict is UNKNOWN has nothing to flip.
    """
    asked = _asked(measured, totals, sorted(set(zones.rows["zone_code"].astype(str))))
    if not asked:
        return {}
    layer = _Layer(sites, zones, measured.rulebook, threads)
    worse = layer.to_worse([a for a in asked if a.leaning is not Verdict.NOT_PERMITTED])
    better = layer.to_better([a for a in asked if a.leaning is not Verdict.PERMITTED])
    accuracy = dict(zip(measured.sites["site_id"], measured.sites["accuracy_m"], strict=True))
    out = {}
    for a in asked:
        plan_id, tolerance = tolerance_of(a.plans, measured.rulebook, float(accuracy[a.site_id]))
        distance = min(worse.get(a.site_id, math.inf), better.get(a.site_id, math.inf))
        out[a.site_id] = Flip(a.leaning, distance, tolerance, plan_id)
    return out


def flip_grounds(
    sites: gpd.GeoDataFrame, zones: ZoneLayer, measured: Measured, totals: Mapping[str, Sequence[Total]]
) -> list[FlipGround]:
    """Return what the law makes of the zones around every site of ``measure_flips``, for a second computation. Parameters as there."""
    layer = _Layer(sites, zones, measured.rulebook, 1)
    permitted, drawn = cache(layer.permitted), cache(layer.drawn_by)
    found = []
    for a in _asked(measured, totals, sorted(set(zones.rows["zone_code"].astype(str)))):
        keeps, worse = None, None
        if a.leaning is not Verdict.NOT_PERMITTED:
            keeps = permitted(a.plans, a.says, a.leaning)
            worse = drawn(a.plans, tuple(code for code, verdict in a.says if verdict > a.leaning)).copy()
            worse[[layer.row_of(key) for key in a.overruled]] = False
        better = [plan for plan in a.plans if a.own.get(plan) is a.leaning] if a.leaning is not Verdict.PERMITTED else []
        grounds = tuple(permitted((plan,), a.says, Verdict(a.leaning - 1)) for plan in better)
        found.append(FlipGround(a.site_id, keeps, worse, grounds, bool(a.forgiven)))
    return found


def permitted_grounds(
    sites: gpd.GeoDataFrame, zones: ZoneLayer, measured: Measured, totals: Mapping[str, Sequence[Total]]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Return site_id → the zones among which ``find_nearest`` looks, by row. Parameters as there."""
    layer = _Layer(sites, zones, measured.rulebook, 1)
    permitted = cache(layer.permitted)
    return {site_id: permitted(*group) for site_id, group in _nearest_groups(zones, measured, totals).items()}


def tolerance_of(plans: Sequence[str], rulebook: Rulebook, site_accuracy_m: float) -> tuple[str, float | None]:
    """The coarsest plan and the displacement that it and the site's own position cannot exclude, in metres."""
    stated = {p: rulebook.plans[p].tolerance_m for p in plans}
    silent = [p for p in plans if stated[p] is None]
    if silent:
        return silent[0], None
    plan_id = max(plans, key=lambda p: (stated[p] or 0.0, p))
    return plan_id, (stated[plan_id] or 0.0) + (site_accuracy_m if site_accuracy_m > 0 else 0.0)


def _asked(measured: Measured, totals: Mapping[str, Sequence[Total]], codes: Sequence[str]) -> list[_Asked]:
    leaning = _leanings(measured, totals)
    faces = measured.ground()
    governed: dict[int, list[SizedSpot]] = {n: [] for n in leaning}
    columns = (faces.site, faces.spot, faces.area_m2, faces.length_m, faces.share)
    for n, spot, *sizes in zip(*(v.tolist() for v in columns), strict=True):
        if n in governed and faces.spots[spot].governs:
            governed[n].append(SizedSpot(faces.spots[spot].governs, *sizes))
    overruled = _overruled(measured)
    says = _Sayings(measured, codes)
    ids = measured.sites["site_id"].tolist()
    out = []
    for n, verdict in leaning.items():
        site_id, said = ids[n], says.on(n, governed[n])
        own = _own_verdicts(dict(said), governed[n])
        forgiven = tuple(t for t in totals[site_id] if t.threshold)
        out.append(_Asked(site_id, verdict, said, tuple(sorted(own)), own, forgiven, frozenset(overruled.get(site_id, ()))))
    return out


def _leanings(measured: Measured, totals: Mapping[str, Sequence[Total]]) -> dict[int, Verdict]:
    """Row of the site → the verdict its zones lead to, where that is known."""
    worst = {
        n: Verdict.worst(t.verdict for t in totals[site_id])
        for n, site_id in enumerate(measured.sites["site_id"].tolist())
        if totals.get(site_id)
    }
    return {n: verdict for n, verdict in worst.items() if verdict is not Verdict.UNKNOWN}


def _overruled(measured: Measured) -> dict[str, set[ZoneKey]]:
    """Site → zones under it that do not govern there."""
    found: dict[str, set[ZoneKey]] = defaultdict(set)
    if "zones" in measured.evidence:
        pieces = measured.evidence["zones"]
        pieces = pieces[~pieces["prevails"].to_numpy(dtype=bool)]
        keys = zip(*(pieces[name].tolist() for name in ("plan_id", "zone_code", "zone_id")), strict=True)
        for site_id, key in zip(pieces["site_id"].tolist(), keys, strict=True):
            found[site_id].add(key)
    return found


class _Sayings:
    """What the classes of a layer say to sites; worked out once for each use whose rules ask no conditions."""

    def __init__(self, measured: Measured, codes: Sequence[str]) -> None:
        self._measured, self._codes = measured, codes
        self._uses = measured.sites["use_code"].tolist()
        self._known: dict[str, _Says] = {}

    def on(self, site: int, governed: Sequence[SizedSpot]) -> _Says:
        """Return what they say to the site in this row, ``governed`` being its ground."""
        use, book = self._uses[site], self._measured.rulebook
        if use in self._known:
            return self._known[use]
        conditional = has_conditions(book, use, self._codes)
        fields = {str(k): v for k, v in self._measured.sites.iloc[site].to_dict().items()} if conditional else {"use_code": use}
        ground = ground_by_rule(book, use, governed)
        answers = {code: ask(book, fields, code, ground) for code in self._codes}
        said = tuple((code, answer.verdict) for code, answer in answers.items() if answer is not None)
        if not conditional:
            self._known[use] = said
        return said


def _own_verdicts(says: Mapping[str, Verdict], faces: Sequence[SizedSpot]) -> dict[str, Verdict]:
    own: dict[str, Verdict] = {}
    for face in faces:
        for plan_id, code, _ in face.governs:
            own[plan_id] = max(own.get(plan_id, Verdict.PERMITTED), says.get(code, Verdict.PERMITTED))
    return own


def find_nearest(
    sites: gpd.GeoDataFrame, zones: ZoneLayer, measured: Measured, totals: Mapping[str, Sequence[Total]], *, threads: int = 1
) -> pd.DataFrame:
    """Find for every site that is not simply permitted by its zones the nearest zone that permits its use.

    Zones of plans in force only, each by its own class; conditions on the size of the ground count as met there.
    Parameters as in ``measure_flips``. Returns: tables.NEAREST, one row per site, in their order.
    """
    groups = _nearest_groups(zones, measured, totals)
    if not groups:
        return empty(NEAREST)
    found = _Layer(sites, zones, measured.rulebook, threads).nearest(groups)
    kept = zones.rows.drop_duplicates("zone_id").set_index("zone_id")[["zone_code", "plan_id"]]
    named = found.join(kept, on="zone_id")
    return named.fillna({"zone_code": "", "plan_id": ""})[[c.name for c in NEAREST]]


def _nearest_groups(zones: ZoneLayer, measured: Measured, totals: Mapping[str, Sequence[Total]]) -> dict[str, _Group]:
    """Site → what permits its use, for every site that is not simply permitted where it lies."""
    rulebook, rows = measured.rulebook, zones.rows
    says = _Sayings(measured, sorted(set(rows["zone_code"].astype(str))))
    plans = tuple(p for p in sorted(set(rows["plan_id"].astype(str))) if rulebook.plan_status(p) == "in_force")
    leaning, groups = _leanings(measured, totals), {}
    columns = zip(*(measured.sites[name].tolist() for name in ("site_id", "use_code", "has_place")), strict=True)
    for n, (site_id, use, placed) in enumerate(columns):
        if placed and use and leaning.get(n) is not Verdict.PERMITTED:
            groups[site_id] = (plans, says.on(n, ()), Verdict.PERMITTED)
    return groups


class _Layer:
    """The zones of one layer, asked for distances by groups of sites that see the same law."""

    def __init__(self, sites: gpd.GeoDataFrame, zones: ZoneLayer, rulebook: Rulebook, threads: int) -> None:
        self._zones, self._threads = zones, threads
        names = (zones.rows[name].astype(str).to_numpy(dtype=object) for name in ("plan_id", "zone_code"))
        (self._plans, self._plan), (self._codes, self._code) = (np.unique(v, return_inverse=True) for v in names)
        overlays = [code for code, zone_class in rulebook.classes.items() if zone_class.overlay]
        self._ground = ~np.isin(self._codes, overlays)[self._code]
        self._shapes = sites.geometry.to_numpy()
        self._rows: dict[ZoneKey, int] = {}
        self._place = {site_id: n for n, site_id in enumerate(sites["site_id"].astype(str).tolist())}

    def to_worse(self, asked: Sequence[_Asked]) -> dict[str, float]:
        """Site → displacement (m) that lets it poke out of its ground or reach a zone that says worse."""
        groups = {a.site_id: (a.plans, a.says, a.leaning) for a in asked}
        table = self._margins(groups)
        depth = {s: max(0.0, m) for s, m in zip(table["site_id"], table["margin_m"], strict=True)}
        reach = self._distance_to_bad(asked)
        found = {a.site_id: min(depth[a.site_id], reach[a.site_id]) for a in asked}
        return found | self._to_thresholds([a for a in asked if a.forgiven], groups)

    def to_better(self, asked: Sequence[_Asked]) -> dict[str, float]:
        """Site → displacement (m) that brings it onto ground that says better, in every plan that says what it leans to."""
        found: dict[str, float] = {}
        for plan_id in sorted({p for a in asked for p in a.plans}):
            mine = [a for a in asked if a.own.get(plan_id) is a.leaning]
            groups = {a.site_id: ((plan_id,), a.says, Verdict(a.leaning - 1)) for a in mine}
            table = self._margins(groups)
            for site_id, margin in zip(table["site_id"], table["margin_m"], strict=True):
                found[site_id] = max(found.get(site_id, 0.0), -margin if margin < 0 else math.inf)
        return found

    def nearest(self, groups: Mapping[str, _Group]) -> pd.DataFrame:
        """The nearest zone of each site's permitted ground, and the way there."""
        frame, permitted = self._grouped(groups)
        return nearest_permitted(frame, self._zones, permitted, by="group", threads=self._threads)

    def permitted(self, plans: tuple[str, ...], says: _Says, at_most: Verdict) -> npt.NDArray[np.bool_]:
        """The zones of some plans whose classes say no worse."""
        good = [code for code, verdict in says if verdict <= at_most]
        return np.asarray(self._ground & self.drawn_by(plans, good))

    def drawn_by(self, plans: Sequence[str], codes: Sequence[str]) -> npt.NDArray[np.bool_]:
        """The zones of some plans and classes."""
        return np.asarray(np.isin(self._plans, plans)[self._plan] & np.isin(self._codes, codes)[self._code])

    def _margins(self, groups: Mapping[str, _Group]) -> pd.DataFrame:
        frame, permitted = self._grouped(groups)
        return margins(frame, self._zones, permitted, by="group", threads=self._threads)

    def _grouped(self, groups: Mapping[str, _Group]) -> tuple[gpd.GeoDataFrame, dict[str, npt.NDArray[np.bool_]]]:
        names = {key: str(n) for n, key in enumerate(dict.fromkeys(groups.values()))}
        frame = gpd.GeoDataFrame(
            {"site_id": list(groups), "group": [names[key] for key in groups.values()]},
            geometry=self._shapes[[self._place[site_id] for site_id in groups]],
            crs=self._zones.crs,
        )
        return frame, {name: self.permitted(*key) for key, name in names.items()}

    def _distance_to_bad(self, asked: Sequence[_Asked]) -> dict[str, float]:
        """Distance to the nearest zone of a governing plan that says worse than the site's leaning; inf when there is none.

        Zones under the site that another plan overrules do not count.
        """
        found = {a.site_id: math.inf for a in asked}
        members: dict[_Group, list[_Asked]] = defaultdict(list)
        for a in asked:
            members[a.plans, a.says, a.leaning].append(a)
        for (plans, says, leaning), group in members.items():
            bad = [code for code, verdict in says if verdict > leaning]
            chosen = self.drawn_by(plans, bad)
            if chosen.any():
                gaps = NearestZones(self._zones, chosen).gaps(self._shapes_of(group), self._overruled(group))
                found |= {a.site_id: float(gap) for a, gap in zip(group, gaps.tolist(), strict=True)}
        return found

    def _shapes_of(self, asked: Sequence[_Asked]) -> npt.NDArray[Any]:
        return np.asarray(self._shapes[[self._place[a.site_id] for a in asked]])

    def _overruled(self, asked: Sequence[_Asked]) -> npt.NDArray[np.int64]:
        """Rows of the overruled zones under each site, filled up with -1."""
        rows = np.full((len(asked), max(1, max(len(a.overruled) for a in asked))), -1, dtype=np.int64)
        for n, a in enumerate(asked):
            rows[n, : len(a.overruled)] = [self.row_of(zone_id) for zone_id in sorted(a.overruled)]
        return rows

    def row_of(self, key: ZoneKey) -> int:
        """The row of a zone."""
        if not self._rows:
            self._rows |= {key: n for n, key in enumerate(self._zones.keys)}
        return self._rows[key]

    def _to_thresholds(self, asked: Sequence[_Asked], groups: Mapping[str, _Group]) -> dict[str, float]:
        """Site → displacement (m) at which what its thresholds forgive outgrows the smallest of them."""
        bounds: dict[tuple[float | None, float | None], list[str]] = defaultdict(list)
        found: dict[str, float] = {}
        for a in asked:
            thresholds = [t.threshold for t in a.forgiven if t.threshold]
            share = min((t.share for t in thresholds if t.share is not None), default=None)
            area = min((t.area_m2 for t in thresholds if t.area_m2 is not None), default=None)
            if share is None and area is None:
                found[a.site_id] = 0.0  # a width alone: no displacement is shown to be safe
            else:
                bounds[share, area].append(a.site_id)
        for (share, area), members in bounds.items():
            frame, permitted = self._grouped({s: groups[s] for s in members})
            table = flip_distance(frame, self._zones, permitted, by="group", share=share, area_m2=area)
            rows = zip(table["site_id"], table["flip_m"], table["tolerated"], strict=True)
            found |= {s: float(d) if kept else 0.0 for s, d, kept in rows}
        return found
