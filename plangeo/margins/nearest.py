"""The zones nearest to a site, and the shortest way there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from plangeo.engine.zonelayer import ZoneLayer
from plangeo.margins.edgeindex import Bools, Floats, Ints, Outlines, Shapes, edges_of, near_pairs
from plangeo.margins.edgekernel import NOISE_M
from plangeo.margins.nearestedge import Choice

_COMPASS = np.array(["N", "NE", "E", "SE", "S", "SW", "W", "NW"])
_ENDS = ("from_x", "from_y", "to_x", "to_y")
_NONE = -1


class NearestZones:
    """Some zones of a layer, asked how far they are.

    Parameters: ``layer`` in a metric CRS; ``chosen``, one per row of the layer. Of zones equally far (to 1e-6 m) the one of
    the lowest zone_id is the nearer.
    """

    def __init__(self, layer: ZoneLayer, chosen: Bools) -> None:
        self._layer, self._chosen = layer, chosen
        self._choice = Choice(edges_of(layer), chosen, layer.id_rank)
        drawn = np.zeros(len(chosen), dtype=bool)
        drawn[layer.pieces.rows] = True
        self._count = int((drawn & chosen).sum())

    def gaps(self, sites: Shapes, taken: Ints) -> Floats:
        """Return the distance in metres to the nearest zone; infinite when there is none.

        ``taken``: for every site the rows of zones that do not count for it, filled up with -1.
        """
        gap = np.sqrt(self._choice.nearest(Outlines.of(sites), taken=taken).gap2)
        at, piece = self._touched(sites)
        counts = ~(taken[at] == self._layer.pieces.rows[piece][:, None]).any(axis=1)
        gap[at[counts]] = 0.0
        return np.asarray(gap)

    def ways(self, sites: Shapes, k: int) -> pd.DataFrame:
        """Return the ``k`` nearest zones of every site: row, rank, zone_id, distance, azimuth and the ends of the line."""
        found = self._lying_on(sites, k)
        taken = np.full((len(sites), k), _NONE, dtype=np.int64)
        taken[found["row"], found["rank"]] = found["zone"]
        frames, outlines = [found], Outlines.of(sites)
        have = np.bincount(found["row"], minlength=len(sites))
        for rank in range(min(k, self._count)):
            asked = np.flatnonzero((have == rank) & (np.diff(outlines.runs) > 0))
            near = self._beside(outlines, asked, taken)
            taken[near["row"], rank] = near["zone"]
            have[near["row"]] += 1
            frames.append(near.assign(rank=rank))
        return self._told(pd.concat(frames, ignore_index=True))

    def _touched(self, sites: Shapes) -> tuple[Ints, Ints]:
        """Pairs of sites and pieces of chosen zones that share a place."""
        at, piece = near_pairs(self._layer.tree, sites, lambda piece: self._chosen[self._layer.pieces.rows[piece]])
        hit = shapely.intersects(sites[at], self._layer.pieces.geometries[piece])
        return at[hit], piece[hit]

    def _lying_on(self, sites: Shapes, k: int) -> pd.DataFrame:
        """Up to ``k`` zones that a site shares a place with, in the order of their ids, and such a place."""
        at, piece = self._touched(sites)
        pieces = self._layer.pieces
        zone = pieces.rows[piece]
        order = np.lexsort((pieces.numbers[piece], self._layer.id_rank[zone], at))
        at, zone, piece = at[order], zone[order], piece[order]
        first = np.flatnonzero((np.diff(at, prepend=-1) != 0) | (np.diff(zone, prepend=-1) != 0))
        at, zone, piece = at[first], zone[first], piece[first]
        rank = np.arange(len(at)) - np.searchsorted(at, at)
        at, zone, piece, rank = (v[rank < k] for v in (at, zone, piece, rank))
        place = shapely.get_coordinates(shapely.shortest_line(sites[at], pieces.geometries[piece])).reshape(-1, 4)
        return _frame(at, zone, np.zeros(len(at)), place).assign(rank=rank)

    def _beside(self, outlines: Outlines, asked: Ints, taken: Ints) -> pd.DataFrame:
        """The nearest zone that is not taken yet, by its edges."""
        near = self._choice.nearest(outlines, asked, taken=taken)
        here = np.flatnonzero(near.edge >= 0)
        ends = (outlines.segments[near.segment[here]], self._choice.index.ends[near.edge[here]])
        one, other = (shapely.linestrings(v.reshape(-1, 2, 2)) for v in ends)
        way = shapely.get_coordinates(shapely.shortest_line(one, other)).reshape(-1, 4)
        return _frame(asked[here], near.zone[here], np.sqrt(near.gap2[here]), way)

    def _told(self, found: pd.DataFrame) -> pd.DataFrame:
        touching = np.asarray(found["distance_m"] <= NOISE_M)
        east, north = found["to_x"] - found["from_x"], found["to_y"] - found["from_y"]
        azimuth = np.degrees(np.arctan2(np.asarray(east), np.asarray(north))) % 360.0
        word = _COMPASS[((azimuth + 22.5) // 45).astype(int) % 8]
        return found.assign(
            rank=found["rank"] + 1.0,
            zone_id=self._layer.ids[np.asarray(found["zone"])],
            distance_m=np.where(touching, 0.0, found["distance_m"]),
            azimuth_deg=np.where(touching, np.nan, azimuth),
            compass=np.where(touching, "", word),
        )[["row", "rank", "zone_id", "distance_m", "azimuth_deg", "compass", *_ENDS]]


def _frame(row: Ints, zone: Ints, distance: Floats, ends: Floats) -> pd.DataFrame:
    return pd.DataFrame({"row": row, "zone": zone, "distance_m": distance} | {n: ends[:, i] for i, n in enumerate(_ENDS)})
