"""Zones as they came, asked without an index: which lie near a box, how far they are, whether they hold a point."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.recount.exactgaps import Box, Gap, Places, boxes_within, gap_between, point_gaps
from plangeo.recount.exactsums import directed_edges
from plangeo.recount.wholegrid import Floats

Bools = NDArray[np.bool_]
_AT_ONCE = 250_000
"""Points and edges compared at once."""


class ZoneStock:
    """The zones of a table in one metric CRS; rows that are no area hold nothing and are nowhere."""

    def __init__(self, zones: gpd.GeoDataFrame) -> None:
        self._shapes = zones.geometry.to_numpy()
        drawn = ~shapely.is_missing(self._shapes) & (shapely.get_dimensions(self._shapes) == 2)
        self._boxes = np.where(drawn[:, None], shapely.bounds(self._shapes), np.nan)
        self._places: dict[int, Places] = {}
        self._directed: dict[int, Floats] = {}

    def near(self, chosen: Bools, box: Box, reach: float) -> list[int]:
        """Return the rows of chosen zones whose boxes lie within ``reach`` metres of a box."""
        rows: list[int] = np.flatnonzero(chosen & boxes_within(self._boxes, box, reach)).tolist()
        return rows

    def gap(self, places: Places, rows: list[int]) -> Gap:
        """Return the distance from some places to the nearest of these zones."""
        least, pairs = None, 0
        for row in rows:
            found = gap_between(places, self.places(row))
            pairs += found.pairs
            if found.square is not None and (least is None or found.square < least):
                least = found.square
        return Gap(least, pairs)

    def places(self, row: int) -> Places:
        """One zone, ready to be asked for distances."""
        if row not in self._places:
            self._places[row] = Places([self._shapes[row]])
        return self._places[row]

    def directed(self, row: int) -> Floats:
        """The edges of a zone with its ground on the left."""
        if row not in self._directed:
            self._directed[row] = directed_edges(self._shapes[row])
        return self._directed[row]

    def hold(self, rows: list[int], x: float, y: float) -> bool:
        """Return whether one of these zones holds a point; on a border either answer may come."""
        return any(self.places(row).hold(x, y) for row in rows)

    def border_gaps(self, rows: list[int], points: Floats) -> Floats:
        """Return how far points (x, y) are from the borders of these zones, in floating point."""
        least = np.full(len(points), np.inf)
        for row in rows:
            ends = self.places(row).segments
            for low in range(0, len(points), step := max(1, _AT_ONCE // len(ends))):
                some = points[low : low + step, None]
                least[low : low + step] = np.minimum(least[low : low + step], point_gaps(some, ends[None]).min(axis=1))
        return least
