"""How near the border is: ε* and t of every site, and the ground in doubt of those whose verdict lies within the accuracy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from plangeo.disputedground import deciding_borders, disputed_ground
from plangeo.errors import CrsError
from plangeo.geometry import to_crs
from plangeo.model import Assessment, Label
from plangeo.panels import Panel, encode, number, on_the_globe, plain

SIMPLER = (0.05, 0.15, 0.4)
"""Parts of its tolerance by which a strip may be drawn otherwise, tried in turn until all strips have few vertices."""
MOST_VERTICES = 15_000
"""Vertices of all strips together, about 6 bytes each in the file."""


def data(assessment: Assessment) -> list[dict[str, Any] | None]:
    """Return per site ``flip_m`` (ε*), ``accuracy_m`` (t), the ``plan`` whose border decides, the strip in doubt and that ``border``
    (None outside the accuracy); None without either."""
    found = assessment.findings[assessment.findings["check"] == "robustness"]
    out: list[dict[str, Any] | None] = [None] * len(assessment.sites)
    rows = {str(site_id): n for n, site_id in enumerate(assessment.sites["site_id"])}
    doubtful: dict[int, float] = {}
    for row in found.to_dict("records"):
        n, flip, accuracy = rows.get(str(row["site_id"])), number(row["measure"]), number(row["threshold"])
        if n is None or out[n] is not None or (flip is None and accuracy is None):
            continue
        out[n] = {"flip_m": flip, "accuracy_m": accuracy, "plan": plain(row["plan_id"]), "geometry": None, "border": None}
        if row["reason"] == "within_map_accuracy" and accuracy:
            doubtful[n] = accuracy
    for n, geometry, border in _strips(assessment, doubtful):
        entry = out[n]
        if entry is not None:
            entry |= {"geometry": geometry, "border": border}
    return out


def _strips(assessment: Assessment, doubtful: dict[int, float]) -> Iterator[tuple[int, Any, Any]]:
    """The encoded strip and the encoded border of each row of ``doubtful`` (row → tolerance)."""
    layer = assessment.layers.get("zones") if doubtful else None
    if layer is None or not len(layer) or layer.crs is None or assessment.sites.crs is None or not assessment.crs:
        return
    try:
        zones, sites = to_crs(layer, assessment.crs), to_crs(assessment.sites.iloc[list(doubtful)], assessment.crs)
    except CrsError:
        return
    areas, codes = zones.geometry.to_numpy(), zones["zone_code"].to_numpy()
    plan_ids = np.array([plain(plan) for plan in zones["plan_id"]], dtype=object)
    tree, governing = shapely.STRtree(areas), _governing(assessment)
    shapes: dict[int, Any] = {}
    borders: dict[int, Any] = {}
    for (n, accuracy), shape, site_id, use in zip(doubtful.items(), sites.geometry, sites["site_id"], sites["use"], strict=True):
        if shape is None or shape.is_empty:
            continue
        west, south, east, north = shape.bounds
        window = (west - 3 * accuracy, south - 3 * accuracy, east + 3 * accuracy, north + 3 * accuracy)
        near = np.sort(tree.query(shapely.box(*window)))
        near = near[np.isin(plan_ids[near], list(governing[str(site_id)]))]
        pieces = shapely.make_valid(shapely.clip_by_rect(areas[near], *window))
        ground = [(plain(code), piece) for code, piece in zip(codes[near], pieces, strict=True) if not piece.is_empty]
        strip = disputed_ground(assessment.rulebook, str(use), shape, ground, accuracy)
        if strip is not None:
            shapes[n] = strip
            inner = shapely.box(*window).buffer(-accuracy / 100).bounds  # the edge of the window is no border
            borders[n] = shapely.clip_by_rect(deciding_borders(assessment.rulebook, str(use), ground), *inner)
    encoded = (_encoded(drawn, doubtful, assessment.crs) for drawn in (shapes, borders))
    yield from zip(shapes, *encoded, strict=True)


def _encoded(shapes: dict[int, Any], tolerances: dict[int, float], crs: str) -> list[dict[str, Any] | None]:
    strips = np.array(list(shapes.values()), dtype=object)
    metres = np.array([tolerances[n] for n in shapes])
    drawn = strips
    for part in SIMPLER if len(strips) else ():
        drawn = shapely.simplify(strips, part * metres)
        if int(shapely.get_num_coordinates(drawn).sum()) <= MOST_VERTICES:
            break
    return [encode(shape) for shape in on_the_globe(gpd.GeoDataFrame(geometry=list(drawn), crs=crs))]


def _governing(assessment: Assessment) -> dict[str, set[str]]:
    """Per site the plans that govern ground of it."""
    found: dict[str, set[str]] = defaultdict(set)
    cover = assessment.cover
    for row in cover.to_dict("records") if "zones" in cover.columns else []:
        found[str(row["site_id"])] |= {plain(plan) for plan, _, _ in row.get("governs", row["zones"])}
    return found


PANEL = Panel(
    code="strip",
    title=Label("Dải trong sai số", "Ground within the accuracy"),
    order=67,
    words={
        "strip": Label("dải trong sai số", "ground within the accuracy"),
        "flip": Label("Kết luận đổi khi ranh giới dịch (ε*)", "Verdict changes when borders move (ε*)"),
        "accuracy": Label("Sai số bản đồ và vị trí (t)", "Accuracy of map and place (t)"),
        "decides": Label("Ranh giới quyết định là của", "The border that decides is of"),
        "of": Label("ranh giới của", "border of"),
        "short": Label("kết luận đổi khi ranh giới dịch", "verdict changes when borders move"),
    },
    data=data,
)
