"""An upper plan against a lower one: which classes lie on each other, how much of it agrees, where it does not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.model import Label, Language
from plangeo.planlayers.agreement import Agreement
from plangeo.planlayers.faults import named, with_place
from plangeo.planlayers.planzones import PlanZones
from plangeo.planlayers.sharedground import Shared, joined, shape_array, shared_ground
from plangeo.planlayers.widths import polygons_of, wide_part
from plangeo.rulebook import Rulebook

CELLS = (
    *("upper_plan", "lower_plan", "upper_code", "lower_code", "area_m2", "share", "outcome"),
    *("accuracy_m2", "beyond_m2"),
)
"""Columns of ``PlanMatrix.cells``: area in m², share of the common ground; of disagreeing ground what the accuracy of the
borders explains and what lies beyond."""

PIECES = (
    *("upper_plan", "lower_plan", "upper_code", "lower_code", "upper_zones", "lower_zones", "area_m2"),
    *("tolerance_m", "governs", "overruled", "basis_vi", "basis_en", "east_m", "north_m", "longitude", "latitude", "geometry"),
)
"""Columns of ``PlanMatrix.pieces``: one row per connected polygon on which two classes disagree beyond the accuracy."""

_ROUNDING_M2 = 1e-6
_LEVELS = ("national", "region", "province", "special_zone", "district", "commune")


@dataclass(frozen=True)
class PlanMatrix:
    """Two plans laid over each other on one day."""

    upper: str
    lower: str
    tolerance_m: float
    """Strips thinner than this are border accuracy: the larger tolerance of the two plans, 0 where neither states one."""
    common_m2: float
    """Ground both plans cover; the cells sum up to it, unless zones of one plan overlap."""
    upper_only_m2: float
    lower_only_m2: float
    cells: pd.DataFrame
    pieces: gpd.GeoDataFrame
    governs: str
    """The plan that prevails where both lie, as the rulebook says; empty when it says nothing."""


def plan_pairs(plans: Sequence[PlanZones]) -> tuple[list[tuple[PlanZones, PlanZones]], list[Label]]:
    """Return (upper, lower) for plans in force of one theme and different rank or level, and what could not be paired.

    The rank of the rulebook decides (1 = the uppermost); where a plan has none, the level.
    """
    live = [p for p in plans if p.status == "in_force" and p.plan is not None]
    pairs, notes = [], []
    for one, other in combinations(live, 2):
        assert one.plan is not None
        assert other.plan is not None
        if one.plan.theme != other.plan.theme:
            continue
        ranks = (one.plan.rank, other.plan.rank)
        levels = tuple(_LEVELS.index(p.plan.level) if p.plan and p.plan.level in _LEVELS else None for p in (one, other))
        order = ranks if None not in ranks else levels
        first, second = order
        if first is None or second is None:
            notes.append(
                Label(
                    f"{one.plan_id} và {other.plan_id}: không rõ quy hoạch nào ở cấp trên (thiếu rank hoặc level), nên chưa so sánh",
                    f"{one.plan_id} and {other.plan_id}: rank or level do not say which is the upper one, so they were not compared",
                )
            )
        elif first != second:
            pairs.append((one, other) if first < second else (other, one))
    return pairs, notes


def governing(upper: str, lower: str, rulebook: Rulebook) -> tuple[str, Label]:
    """Return which of two plans prevails on the day and the legal basis; empty when the rulebook has no order of the two."""
    for entry in rulebook.order_for():
        present = [p for p in entry.order if p in (upper, lower)]
        if len(present) == 2:
            languages: tuple[Language, Language] = ("vi", "en")
            return present[0], Label(*(entry.basis.cite(language) for language in languages))
    return "", Label("chưa có quy định thứ tự ưu tiên giữa hai quy hoạch", "no order of precedence between the two")


def lay_over(upper: PlanZones, lower: PlanZones, agreement: Agreement) -> PlanMatrix:
    """Return the matrix of two plans in one metric CRS.

    The ground of a class is joined first, so neither cuts nor the order of zones count; overlay classes stay out. All
    ground on which the classes disagree is taken together; what a circle as wide as the tolerance can reach in it is
    disagreement, the rest border accuracy.
    """
    known = [t for t in (upper.tolerance_m, lower.tolerance_m) if not math.isnan(t)]
    tolerance = max(known, default=0.0)
    (above, classes), (below, others) = upper.class_ground(), lower.class_ground()
    codes = sorted(set(classes)), sorted(set(others))
    met = shared_ground(above, below)
    numbers = np.searchsorted(codes[0], classes), np.searchsorted(codes[1], others)
    shared = Shared(numbers[0][met.one], numbers[1][met.other], met.shapes).pairs()
    outcome = {key: agreement.of(codes[0][key[0]], codes[1][key[1]]) for key in shared}
    against = {key: pieces for key, pieces in shared.items() if outcome[key] == "disagrees"}
    core = wide_part(shapely.union_all(np.concatenate(list(against.values()))), tolerance) if against else None
    beyond = _beyond(against, core)
    all_above, all_below = upper.day.ground, lower.day.ground
    common = float(shapely.area(shapely.intersection(all_above, all_below)))
    cells = _cells(shared, outcome, beyond, common, codes)
    pieces = _pieces(beyond, codes, upper, lower)
    governs, basis = governing(upper.plan_id, lower.plan_id, agreement.rulebook)
    said = {
        "tolerance_m": tolerance,
        "governs": governs,
        "overruled": {upper.plan_id: lower.plan_id, lower.plan_id: upper.plan_id}.get(governs, ""),
        "basis_vi": basis.vi,
        "basis_en": basis.en,
    }
    pair = {"upper_plan": upper.plan_id, "lower_plan": lower.plan_id}
    return PlanMatrix(
        upper.plan_id,
        lower.plan_id,
        tolerance,
        common,
        float(shapely.area(all_above)) - common,
        float(shapely.area(all_below)) - common,
        cells.assign(**pair)[list(CELLS)],
        with_place(pieces.assign(**pair, **said))[list(PIECES)],
        governs,
    )


def _pieces(
    beyond: Mapping[tuple[int, int], NDArray[Any]], codes: tuple[list[str], list[str]], upper: PlanZones, lower: PlanZones
) -> gpd.GeoDataFrame:
    """One row per disagreeing polygon, the greatest first, with the zones that lie on it."""
    rows = [
        {"upper_code": codes[0][i], "lower_code": codes[1][j], "area_m2": float(shape.area), "geometry": shape}
        for (i, j), shapes in beyond.items()
        for shape in shapes
    ]
    rows.sort(key=lambda r: (-r["area_m2"], r["upper_code"], r["lower_code"]))
    table = pd.DataFrame(rows, columns=["upper_code", "lower_code", "area_m2", "geometry"])
    frame = gpd.GeoDataFrame(table, geometry="geometry", crs=upper.zones.crs)
    shapes = frame.geometry.to_numpy()
    return frame.assign(
        upper_zones=_owners(shapes, frame["upper_code"], upper), lower_zones=_owners(shapes, frame["lower_code"], lower)
    )


def _beyond(against: dict[tuple[int, int], NDArray[Any]], core: Any) -> dict[tuple[int, int], NDArray[Any]]:
    """The part of every disagreeing pair of classes that lies in the wide part of all disagreement, as connected polygons."""
    if core is None or core.is_empty:
        return {}
    keys = list(against)
    grounds = shape_array([shapely.union_all(against[key]) for key in keys])
    met = shared_ground(grounds, polygons_of([core])[0])
    found = {key: joined(met.shapes[met.one == n]) for n, key in enumerate(keys)}
    return {key: shapes for key, shapes in found.items() if len(shapes)}


def _cells(
    shared: dict[tuple[int, int], NDArray[Any]],
    outcome: dict[tuple[int, int], str],
    beyond: dict[tuple[int, int], NDArray[Any]],
    common: float,
    codes: tuple[list[str], list[str]],
) -> pd.DataFrame:
    rows = []
    for (i, j), pieces in shared.items():
        area = math.fsum(shapely.area(pieces))
        said = outcome[i, j]
        wide = min(area, math.fsum(shapely.area(beyond[i, j]))) if (i, j) in beyond else 0.0
        rows.append(
            {
                "upper_code": codes[0][i],
                "lower_code": codes[1][j],
                "area_m2": area,
                "share": area / common if common else 0.0,
                "outcome": said,
                "accuracy_m2": area - wide if said == "disagrees" and area - wide > _ROUNDING_M2 else 0.0,
                "beyond_m2": wide,
            }
        )
    frame = pd.DataFrame(rows, columns=[c for c in CELLS if c not in ("upper_plan", "lower_plan")])
    return frame.sort_values(["upper_code", "lower_code"], ignore_index=True)


def _owners(shapes: NDArray[Any], codes: pd.Series, plan: PlanZones) -> list[str]:
    """The zones of the class that lie on each shape, by name."""
    ids, own, zones = plan.ids[plan.live], plan.codes[plan.live], plan.shapes[plan.live]
    met = shared_ground(shapes, zones)
    found: list[set[str]] = [set() for _ in shapes]
    wanted = codes.tolist()
    for n, zone in zip(met.one.tolist(), met.other.tolist(), strict=True):
        if own[zone] == wanted[n]:
            found[n].add(str(ids[zone]))
    return [named(sorted(zones_of)) for zones_of in found]
