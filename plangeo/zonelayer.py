"""Zones made ready for measuring: cut into small pieces once, with the edges that no neighbour shares."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.geometry import polygonal
from plangeo.model import ZoneKey
from plangeo.pieces import MAX_VERTICES, Pieces, cut, unpaired_edges

# Around a site, its zones are put together again from their pieces this far.
_AROUND_M = 1.0


@dataclass(frozen=True)
class ZoneLayer:
    """A layer of zones in one metric CRS, read-only and free to travel between threads and processes."""

    keys: tuple[ZoneKey, ...]
    """(plan_id, zone_code, zone_id) of every row."""
    shapes: NDArray[Any]
    """The zones as given; None where a row has no area."""
    pieces: Pieces
    lone_edges: NDArray[Any]
    """Straight edges that are not shared by exactly one neighbour: outlines, overlaps, gaps, T-junctions."""

    @classmethod
    def of(cls, zones: gpd.GeoDataFrame) -> ZoneLayer:
        """Make the zones of a table (tables.ZONES, metric CRS) ready; rows without an area are passed over."""
        columns = (zones[name].astype(str) for name in ("plan_id", "zone_code", "zone_id"))
        shapes = zones.geometry.to_numpy().copy()
        shapes[shapely.is_empty(shapes) | (shapely.get_dimensions(shapes) != 2)] = None
        lone = np.asarray(shapely.linestrings(unpaired_edges(shapes).coordinates), dtype=object)
        return cls(tuple(zip(*columns, strict=True)), shapes, cut(shapes), lone)

    @cached_property
    def tree(self) -> Any:
        """The index over the pieces."""
        return shapely.STRtree(self.pieces.geometries)

    @cached_property
    def edge_tree(self) -> Any:
        """The index over the edges that no neighbour shares."""
        return shapely.STRtree(self.lone_edges)

    @cached_property
    def rank(self) -> NDArray[np.intp]:
        """Place of every row in the order of the keys, so that results do not depend on the order of the file."""
        order = sorted(range(len(self.keys)), key=lambda n: self.keys[n])
        rank = np.empty(len(order), dtype=np.intp)
        rank[order] = np.arange(len(order))
        return rank

    @cached_property
    def _small(self) -> NDArray[np.bool_]:
        return np.asarray(shapely.get_num_coordinates(self.shapes) <= MAX_VERTICES)

    def near(self, site: Any, reach_m: float) -> dict[int, Any]:
        """Return row → zone for the zones within ``reach_m`` of a site, big ones only around it, in the order of the keys."""
        by_row: dict[int, list[Any]] = defaultdict(list)
        for piece in self.tree.query(site, predicate="dwithin", distance=reach_m).tolist():
            by_row[int(self.pieces.rows[piece])].append(piece)
        if any(not self._small[row] for row in by_row):
            west, south, east, north = site.bounds
            around = shapely.box(west - _AROUND_M, south - _AROUND_M, east + _AROUND_M, north + _AROUND_M)
            for row in by_row:
                by_row[row] = []
            for piece in self.tree.query(around, predicate="intersects").tolist():
                if (row := int(self.pieces.rows[piece])) in by_row:
                    by_row[row].append(piece)
        return {row: self._put_together(row, by_row[row]) for row in sorted(by_row, key=lambda n: self.rank[n])}

    def _put_together(self, row: int, pieces: list[int]) -> Any:
        if self._small[row]:
            return self.shapes[row]
        return polygonal(shapely.union_all(self.pieces.geometries[sorted(pieces)]))
