"""Distances to what must be kept clear of, measured again between segments, and held against their bounds without a root.

The engine asks an index for the nearest feature; here every feature of the layer is compared with every site, and what decides is
whether the squared distance reaches the square of the bound: to the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.amounts.bands import largest_areas
from plangeo.geometry import quarantined_boxes
from plangeo.law.requirements import DIFFERS
from plangeo.model import Requirement
from plangeo.recount.exactgaps import Gap, Places, gap_between
from plangeo.recount.tallies import Tally, add_tallies
from plangeo.rulebook import Rulebook

_DIFFER_M, _DIFFER = 1e-6, 1e-9
"""Metres, and share of the distance, by which two ways of measuring one may differ; far above the rounding of either."""


def recount_setbacks(
    sites: gpd.GeoDataFrame, evidence: pd.DataFrame, layers: Mapping[str, Any], law: Rulebook
) -> tuple[Tally, pd.DataFrame]:
    """Measure the distances of all requirements again and compare what decides.

    Parameters: ``sites`` (tables.SITES) and the features among ``layers`` in one metric CRS; ``evidence``
    (tables.REQUIREMENT_EVIDENCE) as the engine measured it; ``law`` of the day.
    Returns: counts, with the sites on which the two disagree by more than rounding or on whether a bound is kept; and the
    evidence, in which the rows of these have a ``problem``.
    """
    shapes = dict(zip(sites["site_id"].astype(str), sites.geometry, strict=True))
    moves = dict(zip(shapes, _moves(sites), strict=True))
    ready: dict[str, _Features] = {}
    found, problems = [], evidence["problem"].tolist()
    columns = (evidence[name].tolist() for name in ("site_id", "requirement", "distance_m"))
    for at, (site_id, number, distance) in enumerate(zip(*columns, strict=True)):
        requirement = law.requirements[int(number)]
        if requirement.field != "distance_m":
            continue
        if requirement.layer not in ready:
            ready[requirement.layer] = _Features(layers[requirement.layer])
        features, asked = ready[requirement.layer], str(site_id)
        said = features.contradicts(shapes[asked], requirement, distance, problems[at], moves[asked])
        found.append(Tally(1, 1, 1, doubts={asked: said} if said else {}))
        problems[at] = f"{DIFFERS}: {said}" if said else problems[at]
    return add_tallies(found), evidence.assign(problem=problems)


def _moves(sites: gpd.GeoDataFrame) -> list[tuple[Fraction, ...]]:
    """By how much a bound may be moved before a distance is held against it: what the accuracy and the disc of a point may change."""
    stated = pd.to_numeric(sites["accuracy_m"], errors="coerce").to_numpy(dtype=float)
    area = largest_areas(pd.DataFrame(sites.drop(columns="geometry")))
    whole = []
    for accuracy, size, dimension in zip(stated.tolist(), area.tolist(), shapely.get_dimensions(sites.geometry), strict=True):
        own = Fraction(accuracy) if accuracy > 0 and math.isfinite(accuracy) else Fraction(0)
        moves = {Fraction(0), own, -own}
        if dimension == 0 and size > 0 and math.isfinite(size):
            moves.add(own + Fraction(2 * math.sqrt(size / math.pi)))
        whole.append(tuple(sorted(moves)))
    return whole


class _Features:
    """The features of a layer, ready to be asked for distances; those set aside by the validity gate as boxes."""

    def __init__(self, layer: gpd.GeoDataFrame) -> None:
        shapes = layer.geometry.to_numpy()
        self._sound = Places(shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)].tolist())
        self._broken = Places(list(quarantined_boxes(layer).values()))

    def contradicts(
        self, shape: Any, requirement: Requirement, distance: float, problem: str, moves: tuple[Fraction, ...]
    ) -> str:
        """Return both distances where they lead to different ends, empty where they agree."""
        site, bound = Places([shape]), Fraction(float(requirement.value))  # type: ignore[arg-type]
        gap = gap_between(site, self._sound)
        beyond = requirement.op == ">"
        if self._is_off(gap, distance):
            return self._told(requirement, distance, gap)
        for move in moves:
            kept = distance > bound + move if beyond else distance >= bound + move
            if kept is not gap.reaches(bound + move, beyond=beyond):
                return self._told(requirement, distance, gap)
        if not problem and gap.reaches(bound):  # a feature whose shape is broken lies nearby: the engine has to say so
            broken = gap_between(site, self._broken)
            if not broken.reaches(bound, beyond=True):
                return self._told(requirement, distance, broken)
        return ""

    @staticmethod
    def _is_off(gap: Gap, distance: float) -> bool:
        if gap.square is None or not math.isfinite(distance):
            return not (gap.square is None and distance == math.inf)
        return bool(np.abs(gap.metres - distance) > _DIFFER_M + _DIFFER * distance)

    @staticmethod
    def _told(requirement: Requirement, distance: float, gap: Gap) -> str:
        return f"{requirement.layer}: {distance:.12g} m ≠ {gap.metres:.12g} m ({requirement.op} {requirement.value:g} m)"
