"""From one CRS to another without ignoring the datum: the operation as a record, and coordinates converted."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from plangeo.errors import CrsError
from plangeo.geometry.crs import as_crs, crs_name, metres_per_unit

# Long edges bend when they are reprojected; they are densified to this length first (sagitta < 1 mm at 21° N).
MAX_EDGE_M = 250.0
_DEGREE_M = 111_320.0


def transformation(source: Any, target: Any, bounds: Sequence[float] | None = None) -> dict[str, Any]:
    """Return the coordinate operation PROJ uses from ``source`` to ``target``: name, accuracy in metres, CRS names; of the
    steps that change the datum, names and EPSG codes.

    Where PROJ knows several, each made for its own area, ``bounds`` (of the layer, in ``source``) tell which ones are used; all of
    these are named, with the worst accuracy. **Raises** CrsError for a "ballpark" operation, which ignores the datum (224 m in northern Vietnam).
    """
    src, dst = as_crs(source), as_crs(target)
    record: dict[str, Any] = {
        "from": crs_name(src),
        "to": crs_name(dst),
        "operation": "none",
        "accuracy_m": 0.0,
        "datum": "",
        "code": "",
    }
    if src == dst:
        return record
    with warnings.catch_warnings():
        # PROJ remarks on better grids that are not installed; the accuracy of what is used is in the record.
        warnings.simplefilter("ignore", UserWarning)
        candidates = TransformerGroup(src, dst, always_xy=True, allow_ballpark=False).transformers
    if not candidates:
        raise CrsError(
            f"PROJ knows no datum-correct way from {record['from']} to {record['to']}; the plain one may be wrong by hundreds "
            "of metres. State the true CRS of the file, e.g. crs='EPSG:9215' or --crs sites=EPSG:9215.",
            code="crs_ballpark",
        )
    used = (_used(src, dst, bounds) if len(candidates) > 1 and bounds is not None else []) or candidates[:1]
    accuracies = [float(way.accuracy) for way in used]
    steps = [_datum_steps(way) for way in used]
    return record | {
        "operation": " | ".join(dict.fromkeys(way.description for way in used)),
        "accuracy_m": None if min(accuracies) < 0 else max(accuracies),
        "datum": " | ".join(dict.fromkeys(" + ".join(names) for names, _ in steps)),
        "code": " | ".join(dict.fromkeys(" + ".join(codes) for _, codes in steps)),
    }


@cache
def _transformer(source: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer:
    """PROJ's way between two CRS: of several operations the one made for the place of each point, never a ballpark one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return pyproj.Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)


def _used(source: pyproj.CRS, target: pyproj.CRS, bounds: Sequence[float]) -> list[Any]:
    """The operations that PROJ takes at the corners and in the middle of a layer."""
    west, south, east, north = (float(v) for v in bounds)
    way, used = _transformer(source, target), {}
    for x, y in ((west, south), (east, south), (east, north), (west, north), ((west + east) / 2, (south + north) / 2)):
        if np.isfinite(way.transform(x, y)).all():
            found = way.get_last_used_operation()
            used[found.definition] = found
    return list(used.values())


def _datum_steps(transformer: Any) -> tuple[list[str], list[str]]:
    """Names and EPSG codes of the steps of an operation that change the datum, e.g. VN-2000 to WGS 84 (2), EPSG:6960."""
    names, codes = [], []
    for step in transformer.operations or ():
        told = step.to_json_dict()
        if "transformation" in str(told.get("type", "")).lower() and told.get("id"):
            names.append(step.name)
            codes.append(f"{told['id']['authority']}:{told['id']['code']}".replace("INVERSE(EPSG)", "inverse of EPSG"))
    return names, codes


def densified(geometry: gpd.GeoSeries, crs: pyproj.CRS) -> np.ndarray[Any, Any]:
    """Return the shapes with a vertex at least every 250 m, so that straight edges of the plane survive a conversion."""
    values = geometry.to_numpy()
    step = MAX_EDGE_M / _DEGREE_M if crs.is_geographic else MAX_EDGE_M / metres_per_unit(crs)
    return np.asarray(shapely.segmentize(values, step))


def converted(shapes: NDArray[Any], source: Any, target: pyproj.CRS) -> NDArray[Any]:
    """Return shapes with every coordinate converted; infinite where no operation leads.

    geopandas would let PROJ fall back, point by point, to an operation that ignores the datum.
    **Raises** CrsError when PROJ cannot convert at all.
    """
    try:
        x, y = _transformer(as_crs(source), target).transform(*shapely.get_coordinates(shapes).T)
    except ProjError as fault:  # pragma: no cover - depends on PROJ's mood
        raise CrsError(
            f"Cannot convert from {crs_name(as_crs(source))} to {crs_name(target)}: {fault}", code="crs_misfit"
        ) from fault
    moved: NDArray[Any] = shapely.set_coordinates(np.array(shapes, dtype=object), np.column_stack([x, y]))
    return moved
