"""Zones that lie ready on disk: they travel as a path and a key, and are read whole or by window, whatever fits.

Best practice: give ``assess`` the path of a big plan; it is prepared once and read ready from then on. Anti-pattern: a frame
of a country's zones, which is copied to every process.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.engine.zonelayer import Window, ZoneLayer
from plangeo.errors import LayerError
from plangeo.law.stages import stage_zones
from plangeo.storage.prepared import PreparedLayer, open_prepared

HOLD_BYTES = 512 * 2**20
"""Pieces and borders up to this size on disk are read once and held (they take about four times as much); larger ones by window."""
_FIRST_REACH_M = 1_000.0
REACHES_M = (2_000.0, 16_000.0, 64_000.0)
"""How far around its sites a plan that is not held is searched for what is nearest."""
_opened: dict[tuple[str, str, dt.date | None], KeptZones] = {}
_opening = threading.Lock()


class KeptZones(ZoneLayer):
    """A layer of zones that is kept on disk (``plangeo.storage.prepared``); asked like any other, it reads what it needs.

    Parameters: ``layer`` as it was opened; ``plan_id`` names the plan of the zones that do not say which plan draws them;
    ``on`` the day they are asked about, which puts zones outside their days into stages (``plangeo.law.stages``).
    """

    _layer: PreparedLayer
    _plan_id: str
    _on: dt.date | None

    def __init__(self, layer: PreparedLayer, plan_id: str = "", on: dt.date | None = None) -> None:
        rows = layer.rows.reset_index(drop=True)
        if plan_id:
            rows = rows.assign(plan_id=rows["plan_id"].mask(unnamed(rows), plan_id))
        rows = stage_zones(rows, on)
        for name, value in (("rows", rows), ("crs", layer.crs), ("_layer", layer), ("_plan_id", plan_id), ("_on", on)):
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        """A path and what to read it as: a few hundred bytes, whatever the size of the plan."""
        return arrive, (self._layer.kept, self._plan_id, self._on)

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("kept zones travel as a path")

    @property
    def _held(self) -> bool:
        return bool(self._layer.size <= HOLD_BYTES)

    @cached_property
    def pieces(self) -> Any:
        """All pieces; read when they are first asked for."""
        return self._layer.pieces()

    @cached_property
    def drawn(self) -> Any:
        """All borders; read when they are first asked for."""
        return self._layer.borders()

    def window(self, box: Window) -> ZoneLayer:
        """Return the layer, complete in its pieces and borders inside a box (west, south, east, north, metres)."""
        if self._held:
            return self
        found = ZoneLayer(self.rows, self.crs, self._layer.pieces(box), self._layer.borders(box))
        # The same for every window, and slow to make for a million zones.
        found.__dict__.update(keys=self.keys, rank=self.rank)
        return found

    def windows(self, shapes: NDArray[Any]) -> Iterator[tuple[ZoneLayer, float]]:
        """Yield larger and larger windows around shapes, and how far around them each is complete (m): infinitely when it is all."""
        if self._held:
            yield self, math.inf
            return
        for reach in REACHES_M:
            found = self.window(window_around(shapes, reach))
            whole = len(found.pieces) == self._layer.about["pieces"]
            yield found, math.inf if whole else reach
            if whole:
                return

    @cached_property
    def lost(self) -> gpd.GeoDataFrame:
        """The rows without a geometry: nobody knows their ground."""
        rows = self.rows.iloc[list(self._layer.about["lost"])]
        return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries([None] * len(rows), index=rows.index, crs=self.crs))

    def frame(self) -> gpd.GeoDataFrame:
        """Return the zones with their whole geometry."""
        return self._frame

    @cached_property
    def _frame(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(self.rows, geometry=gpd.GeoSeries(self._layer.shapes(), index=self.rows.index, crs=self.crs))

    def reaching(self, shapes: NDArray[Any]) -> ZoneLayer:
        """Return a window that holds the nearest zone of each shape (metric, with a place)."""
        if self._held or not len(shapes):
            return self if self._held else self.window((0.0, 0.0, 0.0, 0.0))
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        reach = _FIRST_REACH_M
        while True:
            found = self.window((west - reach, south - reach, east + reach, north + reach))
            if len(found.pieces) == self._layer.about["pieces"]:
                return found
            if len(found.pieces):
                (at, _), gap = found.tree.query_nearest(shapes, return_distance=True, all_matches=False)
                if len(at) == len(shapes) and bool((gap <= reach).all()):
                    return found
            reach *= 4


def arrive(place: str, plan_id: str, on: dt.date | None) -> KeptZones:
    """Return the zones kept at ``place``, opened and checked once per process. **Raises** LayerError when they are gone."""
    with _opening:
        known = _opened.get((place, plan_id, on))
        if known is None:
            layer = open_prepared(Path(place), checked=True)
            if layer is None:
                raise LayerError(
                    f"The prepared zones at {place} are not there, or are not what was written. Every worker must see this folder under "
                    "the same path, with the same version of plangeo; set PLANGEO_CACHE to a folder they share, and run again.",
                    code="prepared_zones_missing",
                )
            known = _opened[place, plan_id, on] = KeptZones(layer, plan_id, on)
        return known


def unnamed(rows: pd.DataFrame) -> pd.Series:
    """Return True for the zones that do not say which plan draws them."""
    return rows["plan_id"].fillna("").astype(str).str.strip() == ""


def window_around(shapes: NDArray[Any], reach_m: float) -> Window:
    """Return the box of all shapes, widened by ``reach_m``; a box nowhere when none has a place."""
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return (0.0, 0.0, 0.0, 0.0)
    (west, south), (east, north) = bounds[:, :2].min(axis=0).tolist(), bounds[:, 2:].max(axis=0).tolist()
    return (west - reach_m, south - reach_m, east + reach_m, north + reach_m)
