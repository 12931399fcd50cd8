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

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from plangeo.engine.collection import without_collection
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.errors import CrsError, TableError
from plangeo.margins.displacement import Displacement
from plangeo.margins.edgeindex import Bools, Floats, Ints, in_threads
from plangeo.margins.edgekernel import NOISE_M
from plangeo.margins.ground import Ground
from plangeo.margins.nearest import NearestZones
from plangeo.margins.outside import Depth, Outside, deepest, outside_parts
from plangeo.tables import FLIPS, MARGINS, NEAREST

TOLERANCE_M = 0.01
"""Metres: how exact the depth of what pokes out, and the displacement at a threshold, are."""

_AT_ONCE = 1_000
"""Sites of one share of work."""

Permitted = Mapping[str, npt.NDArray[np.bool_]]
_NO_PLACE = "the site has no geometry"
_NO_GROUP = "nothing says which zones are permitted for {!r}"
NO_GROUND = "no zone is permitted"


@without_collection()
def margins(
    sites: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame | ZoneLayer,
    permitted: Permitted,
    *,
    by: str = "use",
    tolerance_m: float = TOLERANCE_M,
    threads: int = 1,
) -> pd.DataFrame:
    """Measure the signed margin of every site to the border of its permitted ground.

    Parameters: ``sites`` (points, lines, polygons, multi-parts) and ``zones`` (a table, or made ready by ``plangeo.engine.zonelayer``) in one metric CRS; ``permitted``, for
    every value of the column ``by`` of the sites, a boolean per row of ``zones``; ``tolerance_m``, how exact a negative
    margin is, in metres; ``threads`` changes nothing but the time. Zones may overlap, repeat and have needless vertices; gaps up to 1e-6 m between them are
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

    def measure(group: tuple[Ints, Ground]) -> tuple[Ints, Floats]:
        rows, ground = group
        found = _Measured(sites.geometry.to_numpy()[rows], ground, tolerance_m)
        slack = np.where(found.pokes, found.depth.slack, 0.0)
        return rows, np.column_stack([found.margin(), slack, found.distance()])

    for rows, found in in_threads(measure, _in_shares(_groups(sites, zones, permitted, table)), threads):
        table.loc[rows, ["margin_m", "tolerance_m", "distance_m"]] = found
    return table[[c.name for c in MARGINS]]


def flip_distance(
    sites: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame | ZoneLayer,
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
    For points nothing is tolerated; a run that a line takes twice counts once. Parameters and errors else as in ``margins``.
    Returns: tables.FLIPS, one row per site, in their order.

    >>> zones = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], crs=9215)
    >>> sites = gpd.GeoDataFrame({"site_id": ["a"], "use": "housing"}, geometry=[shapely.box(80, 20, 110, 40)], crs=9215)
    >>> flip_distance(sites, zones, {"housing": np.array([True])}, share=0.5)[["tolerated", "flip_m"]].round(1).values.tolist()
    [[True, 5.0]]
    """
    table = _blank(sites, by, permitted)
    table["tolerated"] = False
    table["beyond"] = False
    for rows, ground in _groups(sites, zones, permitted, table):
        shapes = sites.geometry.to_numpy()[rows]
        measured = _Measured(shapes, ground, TOLERANCE_M)
        flip, beyond, tolerated = np.abs(measured.margin()), np.zeros(len(rows), dtype=bool), ~measured.pokes
        lines = np.flatnonzero(shapely.get_dimensions(shapes) == 1)
        shapes[lines] = shapely.union_all(shapes[lines, None], axis=1)
        limit = _limits(shapes, share, area_m2)
        asked = np.flatnonzero(limit > 0)
        if len(asked) and not ground.is_empty:
            moved = Displacement(shapes[asked], measured.rest(asked), ground, limit[asked], radius_m, TOLERANCE_M)
            flip[asked], beyond[asked] = moved.flip(np.where(tolerated, flip, 0.0)[asked])
            tolerated[asked] = moved.tolerated
        table.loc[rows, "flip_m"], table.loc[rows, "beyond"], table.loc[rows, "tolerated"] = flip, beyond, tolerated
    return table[[c.name for c in FLIPS]]


def nearest_permitted(
    sites: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame | ZoneLayer,
    permitted: Permitted,
    *,
    by: str = "use",
    k: int = 1,
    threads: int = 1,
) -> pd.DataFrame:
    """Find the permitted zones nearest to every site, and the way there.

    Parameters: as in ``margins``; ``k``, how many zones.
    Returns: tables.NEAREST, in the order of the sites, then of the rank; fewer than ``k`` rows where there are fewer
    zones, never none. Zones equally far (to 1e-6 m) go by zone_id. Where several lines are shortest (parallel sides, a
    site on the zone) the ends are one of them, and may be another one when the zones are cut.
    **Raises** as ``margins``.

    >>> zones = gpd.GeoDataFrame({"zone_id": ["z1"]}, geometry=[shapely.box(0, 0, 10, 10)], crs=9215)
    >>> sites = gpd.GeoDataFrame({"site_id": ["a"], "use": "housing"}, geometry=[shapely.Point(14, 13)], crs=9215)
    >>> row = nearest_permitted(sites, zones, {"housing": np.array([True])}).iloc[0]
    >>> row["zone_id"], row["compass"], row[["distance_m", "to_x", "to_y"]].astype(float).tolist()
    ('z1', 'SW', [5.0, 10.0, 10.0])
    """
    table = _blank(sites, by, permitted)

    def search(group: tuple[Ints, Bools, ZoneLayer]) -> tuple[Ints, Bools, pd.DataFrame]:
        rows, mask, layer = group
        ways = NearestZones(layer, mask).ways(sites.geometry.to_numpy()[rows], k)
        return rows, mask[layer.pieces.rows], ways.assign(row=rows[ways["row"].to_numpy()])

    found = []
    for rows, drawn, ways in in_threads(search, _masks(sites, zones, permitted, table), threads):
        if not drawn.any():
            table.loc[rows, "problem"] = NO_GROUND
        found.append(ways)
    ways = pd.concat(found) if found else pd.DataFrame({"row": np.zeros(0, dtype=np.int64)})
    out = table[["site_id", "group", "problem"]].rename_axis("row").reset_index().merge(ways, on="row", how="left")
    out = out.reindex(columns=["row", *(c.name for c in NEAREST if c.required)]).sort_values(["row", "rank"], ignore_index=True)
    return out[[c.name for c in NEAREST if c.required]].fillna({"zone_id": "", "compass": ""})


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


def _limits(shapes: npt.NDArray[Any], share: float | None, area_m2: float | None) -> Floats:
    """Area in m² (length in m of lines) that may lie outside: the smaller one where two bounds are given; 0 for points."""
    dimension = shapely.get_dimensions(shapes)
    limit = np.where(dimension > 0, np.inf if share is not None or area_m2 is not None else 0.0, 0.0)
    if share is not None:
        limit = np.minimum(limit, share * np.where(dimension == 2, shapely.area(shapes), shapely.length(shapes)))
    if area_m2 is not None:
        limit = np.minimum(limit, np.where(dimension == 2, area_m2, 0.0))
    return limit


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
            "Name the column with by=, its values are the keys of permitted.",
            code="column_missing",
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
    sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | ZoneLayer, permitted: Permitted, table: pd.DataFrame
) -> Iterator[tuple[Ints, Ground]]:
    """Yield the rows of the sites that share a permitted ground, and that ground."""
    for rows, mask, layer in _masks(sites, zones, permitted, table):
        ground = Ground(layer, mask)
        if ground.is_empty:
            table.loc[rows, "problem"] = NO_GROUND
        yield rows, ground


def _in_shares(groups: Iterable[tuple[Ints, Ground]]) -> Iterator[tuple[Ints, Ground]]:
    """The same, with big groups in several shares of work, so that threads have something to share."""
    for rows, ground in groups:
        for low in range(0, len(rows), _AT_ONCE):
            yield rows[low : low + _AT_ONCE], ground


def _masks(
    sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | ZoneLayer, permitted: Permitted, table: pd.DataFrame
) -> Iterator[tuple[Ints, Bools, ZoneLayer]]:
    """Yield the rows of the sites that share their permitted zones, which zones those are, and the layer."""
    _check_frames(sites, zones, permitted)
    layer: ZoneLayer | None = zones if isinstance(zones, ZoneLayer) else None
    same: dict[bytes, list[str]] = {}
    for name, mask in permitted.items():
        same.setdefault(np.asarray(mask, dtype=bool).tobytes(), []).append(name)
    for key, names in same.items():
        rows = np.flatnonzero(table["group"].isin(names) & (table["problem"] == ""))
        if len(rows):
            layer = layer or ZoneLayer.of(zones)
            yield rows, np.frombuffer(key, dtype=bool), layer


def _check_frames(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | ZoneLayer, permitted: Permitted) -> None:
    if sites.crs is None or zones.crs is None or sites.crs != zones.crs or sites.crs.is_geographic:
        raise CrsError(
            f"sites are in {sites.crs}, zones in {zones.crs}: a margin in metres needs both in one metric CRS. "
            "Convert both with plangeo.geometry.to_crs.",
            code="crs_not_metric",
        )
    count = len(zones.rows if isinstance(zones, ZoneLayer) else zones)
    wrong = [f"{name!r}: {len(mask)}" for name, mask in permitted.items() if len(mask) != count]
    if wrong:
        raise TableError(
            f"permitted must hold one value per zone ({count}), but has {', '.join(wrong)}: "
            "else the wrong zones count as permitted. Make the arrays from the rows of this very layer."
        )
