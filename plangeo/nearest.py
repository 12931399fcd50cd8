"""The zones nearest to a site, and the shortest way there."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from plangeo.ground import NOISE_M, Floats, Ints

_GIANT = 256
"""Vertices: a zone with more of them is searched by runs of its border, so that no site rescans all of it."""
_RUN = 32
_BATCH = 4096
_COMPASS = np.array(["N", "NE", "E", "SE", "S", "SW", "W", "NW"])

Shapes = npt.NDArray[Any]


class NearestZones:
    """An index of polygons that belong to zones.

    Parameters: ``shapes``, single polygons in a metric CRS; ``zone``, for each its row in ``ids``; ``ids``, the zones' ids.
    """

    def __init__(self, shapes: Shapes, zone: Ints, ids: npt.NDArray[Any]) -> None:
        areal = (shapely.get_type_id(shapes) == 3) & ~shapely.is_empty(shapes)
        shapes, zone = shapes[areal], zone[areal].astype(np.int64)
        giant = shapely.get_num_coordinates(shapes) > _GIANT
        runs, of = _runs(shapes[giant])
        self._shapes = np.concatenate([shapes[~giant], runs])
        self._zone = np.concatenate([zone[~giant], zone[giant][of]])
        self._tree = shapely.STRtree(self._shapes)
        self._giants, self._giant_zone = shapes[giant], zone[giant]
        shapely.prepare(self._giants)
        self._giant_tree = shapely.STRtree(self._giants)
        self._count = len(np.unique(zone))
        self._rank = np.unique(ids, return_inverse=True)[1]
        self._ids = ids

    def ways(self, sites: Shapes, k: int) -> pd.DataFrame:
        """Return the ``k`` nearest zones of every site: row, rank, zone_id, distance, azimuth and the ends of the line."""
        frames = [self._batch(sites[low : low + _BATCH], k, low) for low in range(0, len(sites), _BATCH)]
        return pd.concat(frames, ignore_index=True)

    def _batch(self, sites: Shapes, k: int, offset: int) -> pd.DataFrame:
        inside = self._inside_giants(sites)
        reach = np.full(len(sites), np.inf)
        if self._count:
            (at, _), gap = self._tree.query_nearest(sites, return_distance=True, all_matches=False)
            reach[at] = gap
        reach[inside["row"]] = 0.0
        reach += NOISE_M
        wanted, waiting, found = min(k, self._count), np.arange(len(sites)), [inside]
        while wanted and len(waiting):
            at, shape = self._tree.query(sites[waiting], predicate="dwithin", distance=reach[waiting])
            near = self._lines(sites, waiting[at], shape)
            zones = pd.concat([near, inside[inside["row"].isin(waiting)]]).groupby("row")["zone"].nunique()
            enough = np.isin(waiting, zones.index[zones >= wanted])
            found.append(near[near["row"].isin(waiting[enough])])
            waiting = waiting[~enough]
            reach[waiting] = np.maximum(2 * reach[waiting], 1.0)
        return self._ranked(pd.concat(found), k, offset)

    def _ranked(self, lines: pd.DataFrame, k: int, offset: int) -> pd.DataFrame:
        lines = lines.assign(step=np.rint(lines["distance_m"] / NOISE_M), name=self._rank[np.asarray(lines["zone"])])
        lines = lines.sort_values(["row", "step", "name", "to_x", "to_y", "from_x", "from_y"]).drop_duplicates(["row", "zone"])
        lines["rank"] = lines.groupby("row").cumcount() + 1.0
        lines = lines[lines["rank"] <= k]
        touching = np.asarray(lines["distance_m"] <= NOISE_M)
        east, north = lines["to_x"] - lines["from_x"], lines["to_y"] - lines["from_y"]
        azimuth = np.degrees(np.arctan2(np.asarray(east), np.asarray(north))) % 360.0
        word = _COMPASS[((azimuth + 22.5) // 45).astype(int) % 8]
        return lines.assign(
            row=lines["row"] + offset,
            zone_id=self._ids[np.asarray(lines["zone"])],
            distance_m=np.where(touching, 0.0, lines["distance_m"]),
            azimuth_deg=np.where(touching, np.nan, azimuth),
            compass=np.where(touching, "", word),
        )[["row", "rank", "zone_id", "distance_m", "azimuth_deg", "compass", "from_x", "from_y", "to_x", "to_y"]]

    def _inside_giants(self, sites: Shapes) -> pd.DataFrame:
        """Pairs of sites and giant zones they have ground in common with, even where no border is near."""
        part, owner = shapely.get_parts(sites, return_index=True)
        at, giant = self._giant_tree.query(part)
        hit = shapely.intersects(self._giants[giant], part[at])
        at, giant = at[hit], giant[hit]
        place = shapely.get_coordinates(shapely.point_on_surface(part[at]))
        within = shapely.intersects_xy(self._giants[giant], place[:, 0], place[:, 1])
        # Else the site's border meets the giant's border, which the runs find.
        return _frame(owner[at][within], self._giant_zone[giant][within], np.zeros(int(within.sum())), np.tile(place[within], 2))

    def _lines(self, sites: Shapes, at: Ints, shape: Ints) -> pd.DataFrame:
        ends = shapely.get_coordinates(shapely.shortest_line(sites[at], self._shapes[shape])).reshape(-1, 4)
        return _frame(at, self._zone[shape], shapely.distance(sites[at], self._shapes[shape]), ends)


def _frame(row: Ints, zone: Ints, distance: Floats, ends: Floats) -> pd.DataFrame:
    names = ("from_x", "from_y", "to_x", "to_y")
    return pd.DataFrame({"row": row, "zone": zone, "distance_m": distance} | {n: ends[:, i] for i, n in enumerate(names)})


def _runs(polygons: Shapes) -> tuple[Shapes, Ints]:
    """Cut the rings of polygons into lines of up to _RUN edges; return them and the polygon of each."""
    ring, owner = shapely.get_rings(polygons, return_index=True)
    xy, of = shapely.get_coordinates(ring, return_index=True)
    along = np.arange(len(xy)) - np.searchsorted(of, of)
    first = np.flatnonzero((along % _RUN == 0) & (np.append(of[1:], -1) == of))
    last = np.minimum(first + _RUN, np.searchsorted(of, of[first], side="right") - 1)
    count = last - first + 1
    number = np.repeat(np.arange(len(first)), count)
    vertex = first[number] + np.arange(len(number)) - np.repeat(np.cumsum(count) - count, count)
    return np.asarray(shapely.linestrings(xy[vertex], indices=number)), owner[of[first]]
