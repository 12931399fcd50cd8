"""What projects claim of the quota: hectares by class and unit, apportioned by shares of ground, overlapping ground once.

Σ of the claims of a project + what stays outside the ledger = its hectares, whatever its ground is cut into.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.amounts.bands import APPROXIMATE_SHARE, ROUNDING_M2, declared_ends
from plangeo.amounts.declaredareas import DOUBTFUL_UNIT, UNLIKE, parse_note
from plangeo.geometry import polygonal
from plangeo.model import Verdict
from plangeo.rulebook import Rulebook

_M2_PER_HA = 10_000.0
# A declared single value that misses the drawing by more than this is one end of an interval, and the drawing the other.
_AGREES = 0.05
_LEAST_M2 = 0.01
"""Ground smaller than this is rounding of coordinates."""


@dataclass(frozen=True)
class Project:
    """A project that wants land."""

    site_id: str
    name: str
    order: int
    """Place in the list's own order, from 0."""
    row: float
    """Row of the list; NaN when the list has none."""
    low_ha: float
    high_ha: float
    """Between which hectares lie; ``high_ha`` may be infinite."""
    area_from: str
    """declared, drawn, or both."""
    classes: tuple[str, ...]
    """Classes of the quota that its use takes up; empty when not known."""
    period: tuple[float, float] | None
    """The period of the table it is counted in; None when none, or nobody can say which."""
    shape: Any = None
    """Its ground in the metric CRS; None without a place."""
    why_vi: str = ""
    why_en: str = ""
    """Why it is not in the ledger; empty when it is."""


@dataclass(frozen=True)
class Claim:
    """Part of a project's hectares that one class of one unit must provide; ``share`` of the whole project."""

    project: Project
    code: str
    """Empty where the class is open."""
    unit_id: str
    """Empty outside all units."""
    share: float
    ground: Any = None
    """Its polygon, where there is one."""

    @property
    def low_ha(self) -> float:
        """The least hectares."""
        return self.share * self.project.low_ha

    @property
    def high_ha(self) -> float:
        """The most hectares; infinite where the list leaves it open."""
        return self.share * self.project.high_ha if self.share > 0 else 0.0


@dataclass(frozen=True)
class Overlap:
    """Ground of a project that an earlier one of the list claims already for the same class."""

    project: Project
    earlier: tuple[str, ...]
    code: str
    share: float


@dataclass
class Claims:
    """All claims of a register."""

    claims: list[Claim] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    outside: list[Project] = field(default_factory=list)


def target_classes(use: str, book: Rulebook) -> tuple[str, ...]:
    """Return the classes a use takes up: its ``land_class``, else those on which a rule of its own permits it."""
    known = book.uses.get(use)
    if known is None:
        return ()
    permitted = (r.zone for r in book.rules if r.use == use and r.verdict is Verdict.PERMITTED)
    return known.land_class or tuple(dict.fromkeys(permitted))


def projects_of(sites: gpd.GeoDataFrame, book: Rulebook, periods: Sequence[tuple[float, float]]) -> list[Project]:
    """Return the projects of a register in the list's own order.

    Parameters: ``sites`` (tables.SITES) through the validity gate, in the metric CRS; ``periods`` of the table of hectares.
    """
    low, high, approx = declared_ends(sites)
    rows = pd.to_numeric(sites["source_row"], errors="coerce") if "source_row" in sites else pd.Series(np.nan, index=sites.index)
    order = np.lexsort((np.arange(len(sites)), rows.fillna(np.inf).to_numpy()))
    columns = zip(sites["site_id"], sites["name"], sites["use"], sites["problem"], sites.geometry, rows, strict=True)
    found = list(columns)
    phases = [_phase(sites, n) for n in range(len(sites))]
    notes = sites["declared_area_note"].tolist() if "declared_area_note" in sites else [""] * len(sites)
    out = []
    for place, n in enumerate(order.tolist()):
        site_id, name, use, problem, shape, row = found[n]
        doubtful = isinstance(notes[n], str) and not {DOUBTFUL_UNIT, UNLIKE}.isdisjoint(parse_note(notes[n]))
        ends = _hectares(shape, float(low[n]), float(high[n]), bool(approx[n]))
        if doubtful and shape is not None and shapely.get_dimensions(shape) == 2:  # what is drawn is surer
            ends = _hectares(shape, math.nan, math.nan, False)
        classes = target_classes(book.find_use(str(use)) or "", book)
        period, wrong = _period(phases[n], periods)
        why = _outside(shape, str(problem), ends, classes, wrong, str(use))
        if doubtful and ends[2] == "declared" and not why[0]:
            why = (
                "diện tích kê khai nghi sai đơn vị hoặc sai một bậc, và không có hình vẽ để đối chiếu",
                "the declared area looks like a slip of units, and nothing is drawn to hold it against",
            )
        out.append(Project(str(site_id), str(name), place, float(row), *ends, classes, period, shape, *why))
    return out


def _hectares(shape: Any, low: float, high: float, approx: bool) -> tuple[float, float, str]:
    """Least and most hectares and where they are from; NaN when nobody knows."""
    drawn = float(shape.area) if shape is not None and shapely.get_dimensions(shape) == 2 else math.nan
    slack = APPROXIMATE_SHARE if approx else 0.0
    stated = not (math.isnan(low) and math.isnan(high)) and max(np.nan_to_num(low), np.nan_to_num(high)) > 0
    if not stated:
        return (drawn / _M2_PER_HA, drawn / _M2_PER_HA, "drawn") if drawn > 0 else (math.nan, math.nan, "")
    least = 0.0 if math.isnan(low) else low * (1 - slack)
    most = math.inf if math.isnan(high) else high * (1 + slack)
    if math.isnan(drawn):
        return least / _M2_PER_HA, most / _M2_PER_HA, "declared"
    if math.isinf(most):
        most = max(least, drawn)
        return least / _M2_PER_HA, most / _M2_PER_HA, "both"
    if least - max(ROUNDING_M2, _AGREES * least) <= drawn <= most + max(ROUNDING_M2, _AGREES * most):
        return least / _M2_PER_HA, most / _M2_PER_HA, "declared"
    return min(least, drawn) / _M2_PER_HA, max(most, drawn) / _M2_PER_HA, "both"


def _phase(sites: gpd.GeoDataFrame, n: int) -> tuple[float, float]:
    first, last = (float(sites[c].iloc[n]) if c in sites else math.nan for c in ("phase_from", "phase_to"))
    return first, last


def _period(
    phase: tuple[float, float], periods: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float] | None, tuple[str, str]]:
    """The period in which a project ends (else begins); a project without a phase falls into the only one there is."""
    year = phase[0] if math.isnan(phase[1]) else phase[1]
    if math.isnan(year):
        if len(periods) == 1:
            return periods[0], ("", "")
        return None, ("không có phân kỳ, bảng có nhiều thời kỳ", "it states no phase, and the table has several periods")
    fits = [p for p in periods if not (year < p[0] or year > p[1])]  # NaN bounds hold for every year
    if len(fits) == 1:
        return fits[0], ("", "")
    shown = f"{year:.0f}"
    if not fits:
        return None, (
            f"hoàn thành năm {shown}, ngoài các thời kỳ của bảng",
            f"it ends in {shown}, outside the periods of the table",
        )
    return None, (f"năm {shown} thuộc nhiều thời kỳ của bảng", f"{shown} lies in several periods of the table")


def _outside(
    shape: Any, problem: str, ends: tuple[float, float, str], classes: Sequence[str], period: tuple[str, str], use: str
) -> tuple[str, str]:
    """Why a project is not in the ledger; empty texts when it is."""
    if shape is None or shape.is_empty:
        told = f": {problem}" if problem else ""
        return f"không có vị trí{told}", f"it has no place{told}"
    if math.isnan(ends[0]):
        return "chỉ có điểm hoặc tuyến và không kê khai diện tích", "it is a point or a line and declares no area"
    if not classes:
        return f"không rõ loại đất của mục đích “{use}”", f"no class is known for the use {use!r}"
    return period


def claim(projects: Sequence[Project], districts: gpd.GeoDataFrame, ground: Mapping[str, Sequence[tuple[str, Any]]]) -> Claims:
    """Apportion projects over classes and units.

    Parameters: ``districts`` (tables.DISTRICTS) in the metric CRS; ``ground`` site id → (class, shape) of the zones that
    govern there, asked where a use may take up several classes.
    """
    out = Claims(outside=[p for p in projects if p.why_en])
    inside = [p for p in projects if not p.why_en]
    parts = {p.site_id: list(_by_class(p, ground.get(p.site_id, ()))) for p in inside}
    units = _Units(districts)
    tree = shapely.STRtree([p.shape for p in inside])
    taken: dict[str, list[tuple[str, tuple[float, float] | None, Any]]] = defaultdict(list)
    for n, project in enumerate(inside):
        if shapely.get_dimensions(project.shape) != 2:
            ((code, _),) = parts[project.site_id]
            out.claims += [Claim(project, code, unit_id, share) for unit_id, share in units.shares(project.shape)]
            continue
        near = sorted(m for m in tree.query(project.shape, predicate="intersects").tolist() if m < n)
        whole = math.fsum(shape.area for _, shape in parts[project.site_id])
        for code, shape in parts[project.site_id]:
            left, earlier = _without(shape, code, project, [inside[m] for m in near], taken)
            lost = max(0.0, shape.area - left.area)
            if lost > _LEAST_M2:
                out.overlaps.append(Overlap(project, earlier, code, lost / whole))
            else:
                left = shape
            taken[project.site_id].append((code, project.period, left))
            out.claims += [Claim(project, code, unit_id, area / whole, piece) for unit_id, area, piece in units.cut(left)]
    return out


def _by_class(project: Project, ground: Sequence[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The ground of a project by the class it takes up; "" where none of several lies under it."""
    if len(project.classes) == 1:
        yield project.classes[0], project.shape
        return
    if shapely.get_dimensions(project.shape) != 2:  # a point or a line that lies on one of them as a whole
        on = [c for c in project.classes if any(zone == c and shapely.covers(shape, project.shape) for zone, shape in ground)]
        yield (on[0] if len(on) == 1 else ""), project.shape
        return
    rest = project.shape
    for code in project.classes:
        shapes = [shape for zone, shape in ground if zone == code]
        if shapes:
            piece = polygonal(shapely.intersection(rest, shapely.union_all(shapes)))
            if piece.area > _LEAST_M2:
                yield code, piece
                rest = polygonal(shapely.difference(rest, piece))
    if rest.area > _LEAST_M2:
        yield "", rest


def _without(
    shape: Any,
    code: str,
    project: Project,
    near: Sequence[Project],
    taken: Mapping[str, Sequence[tuple[str, tuple[float, float] | None, Any]]],
) -> tuple[Any, tuple[str, ...]]:
    """What is left of a shape when the ground of earlier projects of the class and period is taken off, and who they are."""
    if not code:
        return shape, ()
    others = [
        (p.site_id, other)
        for p in near
        for c, period, other in taken[p.site_id]
        if c == code and period == project.period and shapely.area(shapely.intersection(shape, other)) > _LEAST_M2
    ]
    if not others:
        return shape, ()
    left = polygonal(shapely.difference(shape, shapely.union_all([other for _, other in others])))
    return left, tuple(dict.fromkeys(site_id for site_id, _ in others))


class _Units:
    """The units of a map, ready to be asked."""

    def __init__(self, districts: gpd.GeoDataFrame) -> None:
        usable = districts[districts.geometry.notna()]
        self._ids = [str(i).partition("#")[0] for i in usable["district_id"]]
        self._shapes = usable.geometry.to_numpy()
        self._tree = shapely.STRtree(self._shapes)

    def cut(self, shape: Any) -> Iterator[tuple[str, float, Any]]:
        """Yield (unit, m², piece): the pieces add up to the shape, "" where no unit is; outlines that overlap count once."""
        if shape.is_empty or shape.area <= 0:
            return
        near = sorted(self._tree.query(shape, predicate="intersects").tolist(), key=lambda n: self._ids[n])
        rest = shape
        for n in near:
            piece = polygonal(shapely.intersection(rest, self._shapes[n]))
            if piece.area <= _LEAST_M2:
                continue
            rest = polygonal(shapely.difference(rest, self._shapes[n]))
            last = rest.area <= _LEAST_M2
            yield self._ids[n], piece.area + (rest.area if last else 0.0), piece
            if last:
                return
        yield "", rest.area, rest

    def shares(self, shape: Any) -> Iterator[tuple[str, float]]:
        """Yield (unit, share) of a line by length, of a point alike among the units it touches."""
        near = sorted(self._tree.query(shape, predicate="intersects").tolist(), key=lambda n: self._ids[n])
        sizes: dict[str, float] = defaultdict(float)
        for n in near:
            sizes[self._ids[n]] += shapely.length(shapely.intersection(shape, self._shapes[n])) if shape.length > 0 else 1.0
        total = math.fsum(sizes.values())
        whole = max(total, float(shape.length)) if shape.length > 0 else total
        if whole <= 0:
            yield "", 1.0
            return
        for unit_id, size in sizes.items():
            yield unit_id, size / whole
        if whole - total > 1e-9 * whole:
            yield "", (whole - total) / whole
