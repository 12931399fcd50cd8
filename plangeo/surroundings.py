"""Measuring what the rulebook's requirements ask of a site beyond its zone: distances to features, shares of rasters."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.amounts.bands import largest_areas
from plangeo.errors import InputError
from plangeo.geometry import quarantined_boxes
from plangeo.grids.rasters import Raster, read_raster
from plangeo.model import Requirement
from plangeo.rulebook import Rulebook
from plangeo.tables import REQUIREMENT_EVIDENCE, empty
from plangeo.terrain import in_degrees, measure_classes, measure_condition, ready_slope, slope_of

_HEIGHTS = frozenset({"metre", "foot", "us_foot"})
# Features further away say nothing about the site: they lie in another country, or in a wrong CRS.
FAR_M = 500_000.0
RASTER_SUFFIXES = frozenset({".tif", ".tiff", ".img", ".asc", ".bil", ".bip", ".bsq", ".flt"})
RASTER_SUFFIXES |= {".vrt", ".jp2", ".hgt", ".adf", ".grd", ".nc", ".png", ".jpg"}  # not read, but refused as what they are


def measure_requirements(
    sites: gpd.GeoDataFrame, cover: pd.DataFrame, layers: Mapping[str, Any], rulebook: Rulebook
) -> pd.DataFrame:
    """Measure every requirement of the day on the sites it is asked of.

    Parameters: ``sites`` in a metric CRS with ``site_id`` and ``use_code``; ``cover`` the governed cover, which says on
    which classes a site lies or may lie; ``layers`` name → features (GeoDataFrame in the same CRS) or the path of a raster. A requirement whose
    layer is missing gives no row: the check then says so.
    Returns: tables.REQUIREMENT_EVIDENCE, in the order of the sites and of the requirements.
    """
    codes: dict[str, set[str]] = defaultdict(set)
    for site_id, governs in zip(cover["site_id"], cover["governs"], strict=True):
        codes[site_id] |= {code for _, code, _ in governs}
    placed = sites[_have_place(sites)]
    asked: dict[int, list[int]] = defaultdict(list)
    for position, (site_id, use) in enumerate(zip(placed["site_id"], placed["use_code"], strict=True)):
        for number in rulebook.requirements_for(use, sorted(codes[site_id])):
            asked[number].append(position)
    rows: list[dict[str, Any]] = []
    for number, positions in sorted(asked.items()):
        requirement = rulebook.requirements[number]
        if requirement.layer in layers:
            chosen = placed.iloc[positions]
            layer = layers[requirement.layer]
            measure = measure_distances if requirement.field == "distance_m" else measure_ground
            found = measure(chosen, layer, requirement)
            rows += [{**row, "at": at, "requirement": number} for at, row in zip(positions, found, strict=True)]
    if not rows:
        return empty(REQUIREMENT_EVIDENCE)
    rows.sort(key=lambda r: (r["at"], r["requirement"]))
    return pd.DataFrame(rows, columns=[c.name for c in REQUIREMENT_EVIDENCE])


def measure_distances(
    sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame, requirement: Requirement
) -> Sequence[Mapping[str, Any]]:
    """Return for every site the distance in metres to the nearest feature and its name; 0 where it touches one.

    A feature without a place may lie anywhere, and one with broken geometry anywhere in its box, which may be nearer than drawn
    by what the site's own accuracy, or its ground around a point, leaves open: both leave a site undecided unless a sound
    feature is too near already. So do features that all lie beyond ``FAR_M``.
    """
    wanted = float(requirement.value)  # type: ignore[arg-type]
    placed = _have_place(features)
    sound = features[placed].sort_values("feature_id", kind="stable")
    distances, names = _nearest(sites, sound, requirement.layer)
    boxes = quarantined_boxes(features)
    lost = int((~placed).sum()) - len(boxes)
    near_box = np.zeros(len(sites), dtype=bool)
    reach = wanted + _slack(sites)
    for box in boxes.values():
        near_box |= shapely.distance(sites.geometry.to_numpy(), box) <= reach
    rows = []
    for site_id, distance, name, boxed in zip(sites["site_id"], distances, names, near_box, strict=True):
        doubt = f"lost_features: {lost} feature(s) of {requirement.layer} have no place" if lost else ""
        doubt = doubt or (f"broken_feature: a feature of {requirement.layer} nearby has broken geometry" if boxed else "")
        if not doubt and distance > FAR_M:
            told = f"{distance / 1000:,.0f} km away" if math.isfinite(distance) else "nowhere to be found"
            doubt = f"far_features: the nearest feature of {requirement.layer} is {told}; is it the right file, and its CRS true?"
        too_near = distance < wanted
        rows.append(_blank(site_id) | {"distance_m": distance, "feature": name, "problem": "" if too_near else doubt})
    return rows


def _slack(sites: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """How far (m) the ground of each site may reach beyond what is drawn: its accuracy, and around points the width of a disc of
    the declared area.
    """
    own = pd.to_numeric(pd.Series(sites.get("accuracy_m", 0.0), index=sites.index), errors="coerce").to_numpy(dtype=float)
    width = 2.0 * np.sqrt(_positive(largest_areas(sites)) / math.pi)
    return np.asarray(_positive(own) + np.where(shapely.get_dimensions(sites.geometry.to_numpy()) == 0, width, 0.0))


def _positive(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.where((values > 0) & np.isfinite(values), values, 0.0)


def measure_ground(sites: gpd.GeoDataFrame, raster: Path, requirement: Requirement) -> Sequence[Mapping[str, Any]]:
    """Return for every site the shares on which a raster's value holds, does not hold, or is not known."""
    opened = open_raster(raster, requirement)
    if requirement.field == "class":
        return _class_shares(sites, opened, requirement)
    table = measure_condition(sites, opened, requirement.op, float(requirement.value))  # type: ignore[arg-type]
    columns = ("share_true", "share_false", "share_nodata", "pixels", "problem")
    return [_blank(row["site_id"]) | {c: row[c] for c in columns} | {"note": _note(row)} for row in table.to_dict("records")]


def open_raster(path: Path, requirement: Requirement) -> Raster:
    """Describe the raster of a requirement: classes, values, slopes, or elevations whose slope is worked out.

    The file's own unit and the requirement's must not differ. A slope is worked out from values in metres or feet, and
    from the layer ``dem``, in metres when nobody says; any other is a raster of slopes, and somebody must state its unit.
    Slopes nowhere above 1.57 could be radians: they are taken for degrees or percent only when file and requirement both say so.
    **Raises** InputError, with the evidence, for a unit that is not stated, or that the values contradict.
    """
    if requirement.field == "class":
        return read_raster(path, kind="classes")
    stated = read_raster(path).unit
    raster = read_raster(path, unit=requirement.unit or None)
    if requirement.field == "value":
        _require_plain_unit(raster, requirement)
        return raster
    if raster.unit in _HEIGHTS or (not raster.unit and requirement.layer == "dem"):
        return slope_of(raster if raster.unit else read_raster(path, unit="metre"))
    return in_degrees(ready_slope(raster, certain=bool(requirement.unit) and stated == raster.unit))


def _require_plain_unit(raster: Raster, requirement: Requirement) -> None:
    """A bound without a unit means metres to most readers: feet or centimetres must be spelt out. **Raises** InputError."""
    if requirement.unit or raster.unit in ("", "metre"):
        return
    raise InputError(
        f"{raster.path.name} holds values in {raster.unit}, and the requirement on the layer {requirement.layer!r} does not say in "
        f"which unit {requirement.value} is. Add unit: {raster.unit} to the requirement if that is meant, or give a raster in metres.",
        code="raster_unit_unclear",
    )


def _class_shares(sites: gpd.GeoDataFrame, raster: Raster, requirement: Requirement) -> list[dict[str, Any]]:
    """Unknown classes (no whole numbers), NODATA and ground beyond the raster are not known, whatever is asked."""
    found = measure_classes(sites, raster, known=requirement.legend or None)
    wanted = {float(v) for v in requirement.value}  # type: ignore[union-attr]
    shares: dict[str, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    known = found.shares[found.shares["kind"] == "class"]
    for site_id, value, share in zip(known["site_id"], known["value"], known["share"], strict=True):
        shares[site_id][(value in wanted) is (requirement.op == "in")].append(share)
    strange: dict[str, list[str]] = defaultdict(list)
    unknown = found.shares[found.shares["kind"] == "unknown_class"]
    for site_id, label in zip(unknown["site_id"], unknown["label"], strict=True):
        strange[site_id].append(label)
    rows = []
    for status in found.status.to_dict("records"):
        true, false = (math.fsum(shares[status["site_id"]][holds]) for holds in (True, False))
        measured = {"share_true": true, "share_false": false, "share_nodata": max(0.0, 1.0 - true - false)}
        codes = ", ".join(strange[status["site_id"]][:10])
        told = {"pixels": status["pixels"], "problem": status["problem"], "note": _note(status, codes)}
        rows.append(_blank(status["site_id"]) | measured | told)
    return rows


def _note(status: Mapping[Any, Any], unknown_classes: str = "") -> str:
    """Why ground counts as without data, where the holes of the file alone do not explain it."""
    beyond = "wholly beyond the raster" if status["share_outside"] >= 1 else "partly beyond the raster"
    notes = [status["note"], beyond if status["share_outside"] > 0 else ""]
    notes.append(f"unknown classes: {unknown_classes}" if unknown_classes else "")
    return "; ".join(n for n in notes if n)


def _have_place(frame: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    shapes = frame.geometry.to_numpy()
    return np.asarray(~shapely.is_missing(shapes) & ~shapely.is_empty(shapes))


def _nearest(sites: gpd.GeoDataFrame, sound: gpd.GeoDataFrame, layer: str) -> tuple[np.ndarray[Any, Any], list[str]]:
    if not len(sound):
        return np.full(len(sites), np.inf), [""] * len(sites)
    tree = shapely.STRtree(sound.geometry.to_numpy())
    (at, feature), distance = tree.query_nearest(sites.geometry.to_numpy(), return_distance=True)
    order = np.lexsort((feature, at))  # of equally near features the first by id, whatever the tree found first
    first = order[np.unique(at[order], return_index=True)[1]]
    labels = [str(n) or f"{layer} {i}" for n, i in zip(sound["name"], sound["feature_id"], strict=True)]
    return distance[first], [labels[f] for f in feature[first]]


def _blank(site_id: str) -> dict[str, Any]:
    return {c.name: float("nan") if c.dtype == "float" else "" for c in REQUIREMENT_EVIDENCE} | {"site_id": site_id}
