"""Measuring what the rulebook's requirements ask of a site beyond its zone: distances to features, shares of rasters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.geometry import quarantined_boxes
from plangeo.model import Requirement
from plangeo.rulebook import Rulebook
from plangeo.tables import REQUIREMENT_EVIDENCE, empty


def measure_requirements(
    sites: gpd.GeoDataFrame, cover: pd.DataFrame, layers: Mapping[str, Any], rulebook: Rulebook
) -> pd.DataFrame:
    """Measure every requirement of the day on the sites it is asked of.

    Parameters: ``sites`` in a metric CRS with ``site_id`` and ``use_code``; ``cover`` the governed cover, which says on
    which classes a site lies; ``layers`` name → features (GeoDataFrame in the same CRS) or raster. A requirement whose
    layer is missing gives no row: the check then says so.
    Returns: tables.REQUIREMENT_EVIDENCE, in the order of the sites and of the requirements.
    """
    codes: dict[str, set[str]] = defaultdict(set)
    for site_id, governs in zip(cover["site_id"], cover["governs"], strict=True):
        codes[site_id] |= {code for _, code, _ in governs}
    placed = sites[sites.geometry.notna()]
    asked: dict[int, list[int]] = defaultdict(list)
    for position, (site_id, use) in enumerate(zip(placed["site_id"], placed["use_code"], strict=True)):
        for number in rulebook.requirements_for(use, sorted(codes[site_id])):
            asked[number].append(position)
    rows: list[dict[str, Any]] = []
    for number, positions in sorted(asked.items()):
        requirement = rulebook.requirements[number]
        if requirement.layer in layers:
            chosen = placed.iloc[positions]
            found = measure_distances(chosen, layers[requirement.layer], requirement)
            rows += [{**row, "at": at, "requirement": number} for at, row in zip(positions, found, strict=True)]
    if not rows:
        return empty(REQUIREMENT_EVIDENCE)
    rows.sort(key=lambda r: (r["at"], r["requirement"]))
    return pd.DataFrame(rows, columns=[c.name for c in REQUIREMENT_EVIDENCE])


def measure_distances(
    sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame, requirement: Requirement
) -> Sequence[Mapping[str, Any]]:
    """Return for every site the distance in metres to the nearest feature and its name; 0 where it touches one.

    A feature without a place may lie anywhere, and one with broken geometry anywhere in its box: both leave a site
    undecided unless a sound feature is too near already.
    """
    wanted = float(requirement.value)  # type: ignore[arg-type]
    sound = features[features.geometry.notna()].sort_values("feature_id", kind="stable")
    distances, names = _nearest(sites, sound)
    boxes = quarantined_boxes(features)
    lost = int(features.geometry.isna().sum()) - len(boxes)
    near_box = np.zeros(len(sites), dtype=bool)
    for box in boxes.values():
        near_box |= shapely.distance(sites.geometry.to_numpy(), box) <= wanted
    rows = []
    for site_id, distance, name, boxed in zip(sites["site_id"], distances, names, near_box, strict=True):
        doubt = f"{lost} feature(s) of {requirement.layer} have no place" if lost else ""
        doubt = doubt or (f"a feature of {requirement.layer} nearby has broken geometry" if boxed else "")
        too_near = distance < wanted
        rows.append(_blank(site_id) | {"distance_m": distance, "feature": name, "problem": "" if too_near else doubt})
    return rows


def _nearest(sites: gpd.GeoDataFrame, sound: gpd.GeoDataFrame) -> tuple[np.ndarray[Any, Any], list[str]]:
    if not len(sound):
        return np.full(len(sites), np.inf), [""] * len(sites)
    tree = shapely.STRtree(sound.geometry.to_numpy())
    (at, feature), distance = tree.query_nearest(sites.geometry.to_numpy(), return_distance=True)
    order = np.lexsort((feature, at))  # of equally near features the first by id, whatever the tree found first
    first = order[np.unique(at[order], return_index=True)[1]]
    labels = [str(n) or str(i) for n, i in zip(sound["name"], sound["feature_id"], strict=True)]
    return distance[first], [labels[f] for f in feature[first]]


def _blank(site_id: str) -> dict[str, Any]:
    return {c.name: float("nan") if c.dtype == "float" else "" for c in REQUIREMENT_EVIDENCE} | {"site_id": site_id}
