"""Zones made ready for measuring: cut into small pieces once, with the borders between them.

Best practice: make a layer ready once, ask it many times. Anti-pattern: the originals; a giant of a million vertices is
scanned anew for every site.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.engine.borders import Borders, settle, shared_borders
from plangeo.engine.collection import without_collection
from plangeo.engine.partition import CONTACT_WIDTH_M
from plangeo.engine.pieces import Pieces, cut
from plangeo.geometry import polygonal
from plangeo.model import ZoneKey

Window = tuple[float, float, float, float]

# Around a site, its zones are put together again from their pieces this far, so that no cut looks like a border.
_AROUND_M = 1.0


@dataclass(frozen=True)
class ZoneLayer:
    """A layer of zones in one metric CRS, read-only and free to travel between threads and processes."""

    rows: pd.DataFrame
    """The zones (tables.ZONES) without geometry; a row's number is its position."""
    crs: Any
    pieces: Pieces
    drawn: Borders | Future[Borders]
    """The borders, or the promise of them: they are drawn while pieces are measured already."""

    @classmethod
    @without_collection()
    def of(cls, zones: gpd.GeoDataFrame, contact_m: float = CONTACT_WIDTH_M) -> ZoneLayer:
        """Make the zones of a table (tables.ZONES, metric CRS) ready; rows without an area are passed over.

        ``contact_m``: metres; what is nearer is one place.
        """
        shapes = zones.geometry.to_numpy().copy()
        shapes[shapely.is_empty(shapes) | (shapely.get_dimensions(shapes) != 2)] = None
        rows = pd.DataFrame(zones.drop(columns=zones.geometry.name)).reset_index(drop=True)
        beside = ThreadPoolExecutor(1)
        drawn = beside.submit(shared_borders, shapes)
        pieces = cut(shapes)
        settled = beside.submit(lambda: settle(drawn.result(), pieces, contact_m))
        beside.shutdown(wait=False)
        return cls(rows, zones.crs, pieces, settled)

    def __getstate__(self) -> dict[str, Any]:
        """Indexes are made anew where the layer arrives."""
        return {"rows": self.rows, "crs": self.crs, "pieces": self.pieces, "drawn": self.borders}

    @property
    def borders(self) -> Borders:
        """Every edge once, with the zones on its sides."""
        return self.drawn.result() if isinstance(self.drawn, Future) else self.drawn

    def window(self, _box: Window) -> ZoneLayer:
        """Return the layer, complete in its pieces and borders inside a box (west, south, east, north); this one always is."""
        return self

    @cached_property
    def keys(self) -> tuple[ZoneKey, ...]:
        """(plan_id, zone_code, zone_id) of every row."""
        columns = (self.rows[name].astype(str).tolist() for name in ("plan_id", "zone_code", "zone_id"))
        return tuple(zip(*columns, strict=True))

    @cached_property
    def rank(self) -> NDArray[np.intp]:
        """Place of every row in the order of the keys, so that results do not depend on the order of the file."""
        order = sorted(range(len(self.keys)), key=self.keys.__getitem__)
        rank = np.empty(len(order), dtype=np.intp)
        rank[order] = np.arange(len(order))
        return rank

    @cached_property
    def ids(self) -> NDArray[Any]:
        """The zone_id of every row."""
        return self.rows["zone_id"].astype(str).to_numpy(dtype=object)

    @cached_property
    def id_rank(self) -> NDArray[np.int64]:
        """Place of every row's zone_id in the order of all of them."""
        return np.unique(self.ids, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def tree(self) -> Any:
        """The index over the pieces."""
        return shapely.STRtree(self.pieces.geometries)

    @cached_property
    def doubt_tree(self) -> Any:
        """The index over the doubtful edges: what meets none of them lies on ground that is covered equally often everywhere."""
        return shapely.STRtree(np.asarray(shapely.linestrings(self.borders.coordinates[self.borders.doubtful])))

    def near(self, site: Any, reach_m: float) -> dict[int, Any]:
        """Return row → zone for the zones within ``reach_m`` of a site, complete 1 m around it, in the order of the keys."""
        by_row: dict[int, list[int]] = defaultdict(list)
        found = np.sort(self.tree.query(site, predicate="dwithin", distance=max(reach_m, _AROUND_M)))
        for piece, row in zip(found.tolist(), self.pieces.rows[found].tolist(), strict=True):
            by_row[row].append(piece)
        rows = sorted(by_row, key=lambda n: self.rank[n])
        zones = {row: self._put_together(by_row[row]) for row in rows}
        return {row: zone for row, zone in zones.items() if shapely.dwithin(site, zone, reach_m)}

    def _put_together(self, pieces: list[int]) -> Any:
        shapes = self.pieces.geometries[pieces]
        return shapes[0] if len(shapes) == 1 else polygonal(shapely.union_all(shapes))
