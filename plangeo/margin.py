"""The margin of a site: how far the border of the permitted ground is, so how sure a verdict is.

Permitted ground of a use = the union of the zones that permit it; ground without a zone is not permitted. Two numbers:

- ``margin_m``, signed. Site on permitted ground: the least distance from any of its points to the border, which is how far the
  border may move before the site pokes out. Site that pokes out: minus the greatest distance from any of its points to the
  ground, which is how far the ground would have to grow to hold it (the directed Hausdorff distance).
- ``distance_m``: the least distance from the site to the ground, 0 unless the site lies wholly outside.

Closed forms, for ground [0, W] × [0, H] and a site [a, b] × [c, d]: inside, margin = min(a, W − b, c, H − d). Poking out
through the right side only: margin = −(b − W), distance = 0. Wholly right of it: margin = −(b − W), distance = a − W.
Beyond the corner too (b > W and d > H): margin = −√((b − W)² + (d − H)²).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from plangeo.errors import CrsError, TableError
from plangeo.ground import NOISE_M, Bools, Floats, Ground, Ints, ZoneEdges, zone_edges
from plangeo.outside import Depth, Outside, deepest, outside_parts
from plangeo.tables import FLIPS, MARGINS

TOLERANCE_M = 0.01
"""Metres: how exact the depth of what pokes out, and the displacement at a threshold, are."""

Permitted = Mapping[str, npt.NDArray[np.bool_]]
_NO_PLACE = "the site has no geometry"
_NO_GROUP = "nothing says which zones are permitted for {!r}"
_NO_GROUND = "no zone is permitted"


def margins(
    sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, permitted: Permitted, *, by: str = "use", tolerance_m: float = TOLERANCE_M
) -> pd.DataFrame:
    """Measure the signed margin of every site to the border of its permitted ground.

    Parameters: ``sites`` (points, lines, polygons, multi-parts) and ``zones`` in one metric CRS; ``permitted``, for
    every value of the column ``by`` of the sites, a boolean per row of ``zones``; ``tolerance_m``, how exact a negative
    margin is, in metres. Zones may overlap, repeat and have needless vertices; gaps up to 1e-6 m between them are
    closed, and a site that pokes out by no more than that is inside.
    Returns: tables.MARGINS, one row per site, in their order.
    **Raises** CrsError when the frames are not in one metric CRS, TableError when ``permitted`` does not fit the zones.

    >>> zones = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 50, 100), shapely.box(50, 0, 100, 100)], crs=9215)
    >>> shapes = [shapely.box(40, 20, 60, 40), shapely.box(80, 20, 130, 40), shapely.box(130, 20, 150, 40)]
    >>> sites = gpd.GeoDataFrame({"site_id": ["a", "b", "c"], "use": "housing"}, geometry=shapes, crs=9215)
    >>> margins(sites, zones, {"housing": np.array([True, True])})[["site_id", "margin_m", "distance_m"]].values.tolist()
    [['a', 20.0, 0.0], ['b', -30.0, 0.0], ['c', -50.0, 30.0]]
    """
    table = _blank(sites, by, permitted)
    for rows, ground in _groups(sites, zones, permitted, by, table):
        measured = _Measured(sites.geometry.to_numpy()[rows], ground, tolerance_m)
        table.loc[rows, "margin_m"] = measured.margin()
        table.loc[rows, "tolerance_m"] = np.where(measured.pokes, measured.depth.slack, 0.0)
        table.loc[rows, "distance_m"] = measured.distance()
    return table[[c.name for c in MARGINS]]


def flip_distance(
    sites: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    permitted: Permitted,
    *,
    by: str = "use",
    share: float | None = None,
    area_m2: float | None = None,
    radius_m: float = 100.0,
) -> pd.DataFrame:
    """Find the smallest displacement of the border that changes whether a site is on permitted ground.

    Without a threshold that is the margin without its sign. With ``share`` (of the area, or of the length of lines)
    or ``area_m2`` (polygons only) the part outside is tolerated up to the threshold (up to the smaller one of two):
    where it is tolerated, the displacement that eats so much ground that it is no longer; else the one that gives
    enough ground. Found by bisection to 0.01 m, up to ``radius_m``; beyond that the row says ``beyond``.
    For points nothing is tolerated. Parameters and errors else as in ``margins``.
    Returns: tables.FLIPS, one row per site, in their order.

    >>> zones = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], crs=9215)
    >>> sites = gpd.GeoDataFrame({"site_id": ["a"], "use": "housing"}, geometry=[shapely.box(80, 20, 110, 40)], crs=9215)
    >>> flip_distance(sites, zones, {"housing": np.array([True])}, share=0.5)[["tolerated", "flip_m"]].round(1).values.tolist()
    [[True, 5.0]]
    """
    table = _blank(sites, by, permitted)
    table["tolerated"] = False
    table["beyond"] = False
    for rows, ground in _groups(sites, zones, permitted, by, table):
        shapes = sites.geometry.to_numpy()[rows]
        measured = _Measured(shapes, ground, TOLERANCE_M)
        flip, beyond, tolerated = np.abs(measured.margin()), np.zeros(len(rows), dtype=bool), ~measured.pokes
        limit = _limits(shapes, share, area_m2)
        asked = np.flatnonzero(limit > 0)
        if len(asked) and not ground.is_empty:
            eroded = _Displaced(shapes[asked], measured.rest(asked), ground, limit[asked], radius_m)
            flip[asked], beyond[asked] = eroded.flip(np.where(tolerated, flip, 0.0)[asked])
            tolerated[asked] = eroded.tolerated
        table.loc[rows, "flip_m"], table.loc[rows, "beyond"], table.loc[rows, "tolerated"] = flip, beyond, tolerated
    table = table.rename(columns={"margin_m": "_"})
    return table[[c.name for c in FLIPS]]


class _Measured:
    """Some sites against one ground: what pokes out, how deep."""

    def __init__(self, shapes: npt.NDArray[Any], ground: Ground, tolerance_m: float) -> None:
        self._shapes, self._ground = shapes, ground
        parts, self._site = _single_parts(shapes)
        self._outside: Outside = outside_parts(parts, ground)
        found = deepest(self._whole(self._outside), ground, tolerance_m)
        self.depth: Depth = found
        self.pokes: Bools = found.least + found.slack > NOISE_M

    def _whole(self, found: Outside) -> Outside:
        """The same, with sites for owners instead of their parts."""
        apart = np.ones(len(self._shapes), dtype=bool)
        apart[self._site[~found.apart]] = False
        return Outside(self._site[found.owner], found.piece, apart)

    def margin(self) -> Floats:
        margin = -self.depth.least
        inside = np.flatnonzero(~self.pokes)
        margin[inside] = self._ground.depth(self._shapes[inside])
        return margin

    def distance(self) -> Floats:
        apart = np.flatnonzero(self._whole(self._outside).apart & self.pokes)
        distance = np.zeros(len(self._shapes))
        distance[apart] = self._ground.gap(self._shapes[apart])
        return distance

    def rest(self, asked: Ints) -> npt.NDArray[Any]:
        """The parts off the ground of these sites, collected."""
        owner = self._site[self._outside.owner]
        order = np.argsort(owner, kind="stable")
        rest = np.full(len(self._shapes), shapely.GeometryCollection(), dtype=object)
        shapely.geometrycollections(self._outside.piece[order], indices=owner[order], out=rest)
        return np.asarray(rest[asked])


class _Displaced:
    """What of some sites is off the ground when the ground's border moves."""

    def __init__(self, shapes: npt.NDArray[Any], rest: npt.NDArray[Any], ground: Ground, limit: Floats, radius_m: float) -> None:
        self._limit, self._radius = limit, radius_m
        self._size: Callable[[Any], Any] = _sizes
        self._out = _sizes(rest)
        self.tolerated: Bools = self._out <= limit
        at, line = ground.border(shapes, radius_m)
        order = np.argsort(at, kind="stable")
        self._at, self._line = at[order], line[order]
        self._line_gap = shapely.distance(shapes[self._at], self._line)
        # Ground that shrinks is taken from the part inside, ground that grows from the part outside.
        inside = shapely.difference(shapes, shapely.union_all(rest[:, None], axis=1))
        self._body = np.where(self.tolerated, inside, rest)

    def flip(self, at_least: Floats) -> tuple[Floats, Bools]:
        """Return the displacement at the flip and whether it is beyond the radius; bisection, all sites at once."""
        low, high = np.minimum(at_least, self._radius), np.full(len(self._limit), self._radius)
        numbers = np.arange(len(self._limit))
        beyond = ~self._flipped(numbers, high)
        low[beyond] = self._radius
        while True:
            wait = np.flatnonzero(high - low > TOLERANCE_M)
            if not len(wait):
                return (low + high) / 2, beyond
            middle = (low[wait] + high[wait]) / 2
            done = self._flipped(wait, middle)
            high[wait[done]] = middle[done]
            low[wait[~done]] = middle[~done]

    def _flipped(self, numbers: Ints, by_m: Floats) -> Bools:
        strip = np.full(len(self._limit), shapely.Polygon(), dtype=object)
        reach = np.full(len(self._limit), -1.0)
        reach[numbers] = by_m
        near = self._line_gap <= reach[self._at]
        if near.any():
            shapely.multilinestrings(self._line[near], indices=self._at[near], out=strip)
            arcs = int(np.ceil(np.pi / 4 / np.sqrt(TOLERANCE_M / by_m.max())))
            strip[numbers] = shapely.buffer(strip[numbers], by_m, quad_segs=min(max(arcs, 8), 64))
        moved = _sizes(shapely.intersection(self._body[numbers], strip[numbers]))
        tolerated, out, limit = self.tolerated[numbers], self._out[numbers], self._limit[numbers]
        return np.where(tolerated, out + moved > limit, out - moved <= limit)


def _limits(shapes: npt.NDArray[Any], share: float | None, area_m2: float | None) -> Floats:
    """Area in m² (length in m of lines) that may lie outside: the smaller one where two bounds are given."""
    if share is None and area_m2 is None:
        return np.zeros(len(shapes))
    areal = shapely.get_dimensions(shapes) == 2
    by_share = np.inf if share is None else share * _sizes(shapes)
    by_area = np.inf if area_m2 is None else np.where(areal, area_m2, 0.0)
    return np.asarray(np.minimum(by_share, by_area) + np.zeros(len(shapes)))


def _sizes(shapes: Any) -> Floats:
    """Area of what has area, else length."""
    area = shapely.area(shapes)
    return np.where(area > 0, area, np.where(shapely.get_dimensions(shapes) == 1, shapely.length(shapes), 0.0))


def _single_parts(shapes: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints]:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts, again = shapely.get_parts(parts, return_index=True)  # a collection may hold multi-parts
    full = ~shapely.is_empty(parts)
    return parts[full], owner[again][full].astype(np.int64)


def _blank(sites: gpd.GeoDataFrame, by: str, permitted: Permitted) -> pd.DataFrame:
    """A row per site, with what keeps it from being measured."""
    if by not in sites:
        raise TableError(
            f"sites have no column {by!r}: without it nobody knows which zones are permitted for a site. "
            "Name the column with by=, its values are the keys of permitted."
        )
    group = sites[by].fillna("").astype(str).to_numpy()
    placeless = (sites.geometry.isna() | sites.geometry.is_empty).to_numpy()
    problem = [
        _NO_PLACE if gone else "" if name in permitted else _NO_GROUP.format(name)
        for gone, name in zip(placeless, group, strict=True)
    ]
    nan = np.full(len(sites), np.nan)
    columns = {"margin_m": nan, "tolerance_m": nan, "distance_m": nan, "flip_m": nan}
    return pd.DataFrame({"site_id": sites["site_id"].to_numpy(), "group": group, **columns, "problem": problem})


def _groups(
    sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, permitted: Permitted, by: str, table: pd.DataFrame
) -> Iterator[tuple[Ints, Ground]]:
    """Yield the rows of the sites that share a permitted ground, and that ground."""
    _check_frames(sites, zones, permitted)
    edges: ZoneEdges | None = None
    masks: dict[bytes, list[str]] = {}
    for name, mask in permitted.items():
        masks.setdefault(np.asarray(mask, dtype=bool).tobytes(), []).append(name)
    for names in masks.values():
        rows = np.flatnonzero(table["group"].isin(names) & (table["problem"] == ""))
        if not len(rows):
            continue
        edges = edges or zone_edges(zones.geometry.to_numpy())
        ground = Ground(edges, np.asarray(permitted[names[0]], dtype=bool))
        if ground.is_empty:
            table.loc[rows, "problem"] = _NO_GROUND
        yield rows, ground


def _check_frames(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, permitted: Permitted) -> None:
    if sites.crs is None or zones.crs is None or sites.crs != zones.crs or sites.crs.is_geographic:
        raise CrsError(
            f"sites are in {sites.crs}, zones in {zones.crs}: a margin in metres needs both in one metric CRS. "
            "Convert both with plangeo.geometry.to_crs."
        )
    wrong = [f"{name!r}: {len(mask)}" for name, mask in permitted.items() if len(mask) != len(zones)]
    if wrong:
        raise TableError(
            f"permitted must hold one value per zone ({len(zones)}), but has {', '.join(wrong)}: "
            "else the wrong zones count as permitted. Make the arrays from the rows of this very layer."
        )
