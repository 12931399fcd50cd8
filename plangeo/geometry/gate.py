"""The validity gate: every shape of a layer is fit to be measured, or its row says why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from plangeo.errors import CrsError
from plangeo.geometry.boxes import box_text, with_crs
from plangeo.geometry.conversion import converted, transformation
from plangeo.geometry.crs import as_crs, crs_mark, on_earth
from plangeo.geometry.mending import mended
from plangeo.geometry.repairledger import RepairLedger, first_place
from plangeo.geometry.shapes import CURVED, are_finite, flattened, has_curves, is_mixed
from plangeo.labelpoints import find_labels, tell_label, told_place, without_repeats

# Layers whose rows cover ground; sites and features to keep clear of may be lines and points.
AREAS_ONLY = frozenset({"zones", "districts", "present_use"})
# A repaired area may differ by this share from the area the register declares.
DECLARED_AGREEMENT = 0.05
_RING, _POINTS, _COLLECTION = 2, 4, 7  # type ids of shapely; above them come the curves
_FAULT_AT = re.compile(r"\[(\S+) (\S+)\]$")  # where GEOS says that a ring is not valid


def repair_layer(frame: gpd.GeoDataFrame, layer: str, id_column: str) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    """Pass every geometry of a layer through the validity gate.

    Every coordinate must be finite and have a place on earth in the layer's CRS.

    An invalid polygon is repaired only when both methods of GEOS (linework and structure) and the
    original area tell the same story to 0.1 %; otherwise the row is quarantined: geometry None,
    ``problem`` "invalid_geometry: …" with the bounding box. Nothing is lost: rows in = rows out.

    Parameters: ``frame`` with ``problem`` and ``repaired`` columns (added when absent); ``layer`` the
    role for the ledger; ``id_column`` the identifier.
    Returns: the frame (index kept) and the ledger rows of ``tables.REPAIRS``: a row for each shape that was changed or set aside.
    """
    out = frame.copy()
    for column in ("problem", "repaired"):
        out[column] = out[column].fillna("").astype(object) if column in out else ""
    ledger = RepairLedger(out, layer, id_column)
    shapes = _opened(out.geometry.to_numpy(), ledger)
    present = ~np.asarray(shapely.is_missing(shapes))
    shapes[present] = shapely.force_2d(shapes[present])
    declared = out["declared_area_m2"].tolist() if "declared_area_m2" in out else [float("nan")] * len(out)
    shapes, thin = _sifted(shapes, declared, ledger)
    labels = find_labels(out, shapes, {i: g for i, g in thin.items() if g is not None and not ledger.problems[i]}, layer)
    _tell_thin(thin, labels, present, ledger)
    out["problem"] = [with_crs(text, frame.crs) for text in ledger.problems]
    out["repaired"] = ledger.repaired
    return out.set_geometry(gpd.GeoSeries(shapes, index=out.index, crs=frame.crs)), ledger.rows


def _opened(shapes: NDArray[Any], ledger: RepairLedger) -> NDArray[Any]:
    """Shapes without arcs, nesting and repetitions; single points, lines and polygons need no opening."""
    out = shapes.copy()
    kinds = np.asarray(shapely.get_type_id(out))
    for i in np.flatnonzero((kinds == _RING) | (kinds >= _POINTS)).tolist():
        if has_curves(out[i]):
            out[i] = None
            ledger.set_aside(i, None, CURVED)
        else:
            out[i] = _ground_alone(i, _distinct(i, flattened(out[i]), ledger), ledger)
    return out


def _sifted(shapes: NDArray[Any], declared_m2: list[Any], ledger: RepairLedger) -> tuple[NDArray[Any], dict[int, Any]]:
    """Shapes fit to be measured, None for the others; and, where only areas will do, position → shape of those that are none."""
    out = shapes.copy()
    present = ~np.asarray(shapely.is_missing(shapes))
    finite = are_finite(shapes)
    empty = np.asarray(present & shapely.is_empty(shapes))
    astray = _astray(shapes, finite & present & ~empty, ledger.crs)
    valid = np.asarray(shapely.is_valid(shapes))
    mixable = np.asarray(shapely.get_type_id(shapes)) == _COLLECTION
    thin = np.asarray(shapely.get_dimensions(shapes) < 2) if ledger.layer in AREAS_ONLY else ~present
    thin_ones: dict[int, Any] = {}
    for i in np.flatnonzero(~present | empty | ~finite | astray | thin | ~valid | mixable).tolist():
        shape, problems = shapes[i], ledger.problems
        if not present[i]:
            if (told := told_place(problems[i])) is not None:  # a label of an earlier run has to be proven again
                thin_ones[i], problems[i] = _label_again(*told, ledger.crs), ""
            problems[i] = problems[i] or ("" if i in thin_ones else "no_geometry: the row has no place on the map")
            continue
        if empty[i]:
            problems[i] = problems[i] or "empty_geometry: the geometry is empty, so its place is unknown"
            out[i] = None
        elif not finite[i]:
            ledger.set_aside(i, shape, "not_finite: a coordinate is not a finite number")
            out[i] = None
        elif astray[i]:
            x, y = shapely.get_coordinates(shape)[0]
            ledger.set_aside(i, shape, f"bad_coordinates: x {x:.10g}, y {y:.10g} … lie nowhere in {as_crs(ledger.crs).name}")
            out[i] = None
        elif thin[i]:
            thin_ones[i], out[i] = shape, None
        elif mixable[i] and is_mixed(shape):  # first of all: mending looks at the polygons alone
            why = "mixed_geometry: polygons, lines and points in one row; only one kind can be measured"
            ledger.set_aside(i, shape, why, shape)
            out[i] = None
        elif not valid[i]:
            out[i] = _mended_row(i, shape, float(declared_m2[i]), ledger)
    return out, thin_ones


def _tell_thin(thin: Mapping[int, Any], labels: Mapping[int, int], present: NDArray[np.bool_], ledger: RepairLedger) -> None:
    """Say of each row without an area which other row it labels, or that its ground is unknown."""
    mark = "" if ledger.crs is None else crs_mark(as_crs(ledger.crs))
    for i, shape in thin.items():
        if i not in labels:
            place = None if shape is None else _ground_along(shape)
            ledger.set_aside(i, shape, "not_an_area: a line or point cannot be a zone; its ground is unknown", place)
            continue
        ledger.problems[i] = tell_label(ledger.name_of(labels[i]), shape, mark)
        if present[i]:  # else it was told before
            ledger.note(i, "repaired", "label of another row", ledger.problems[i], first_place(shape))


def _distinct(i: int, shape: Any, ledger: RepairLedger) -> Any:
    """The points of a multipoint, each once: a repeated one would weigh twice in every share."""
    if shape is None or shapely.get_type_id(shape) != _POINTS:
        return shape
    kept = np.unique(shapely.get_coordinates(shape), axis=0)
    count = int(shapely.get_num_geometries(shape))
    if len(kept) == count:
        return shape
    why = f"{count - len(kept)} of {count} points repeat another one"
    ledger.note(i, "repaired", "each point once", why, kept[0])
    ledger.add_repair(i, f"each point once: {why}")
    return shapely.Point(kept[0]) if len(kept) == 1 else shapely.MultiPoint(kept)


def _ground_alone(i: int, shape: Any, ledger: RepairLedger) -> Any:
    """The polygons of a mixed shape, when its points and lines all lie on them: label points and outlines drawn again."""
    kept = without_repeats(shape)
    if kept is shape:
        return shape
    why, area = "points or lines in the row lie on its polygons", ledger.area_m2(kept)
    ledger.note(i, "repaired", "polygons only", why, first_place(kept), before_m2=area, after_m2=area)
    ledger.add_repair(i, f"polygons only: {why}")
    return kept


def _mended_row(i: int, shape: Any, declared_m2: float, ledger: RepairLedger) -> Any:
    """The shape mended; None, and the row set aside, where that cannot be done or does not fit the area declared."""
    why = shapely.is_valid_reason(shape)
    good, method = mended(shape)
    before = ledger.area_m2(shape)
    after = float("nan") if good is None else ledger.area_m2(good)
    if declared_m2 > 0 and after > 0 and abs(after - declared_m2) / declared_m2 > DECLARED_AGREEMENT:
        good, method = None, f"the repaired area {after:.6g} does not fit the declared {declared_m2:.6g} m²"
    action = "quarantined" if good is None else "repaired"
    at = _FAULT_AT.search(why)
    ledger.note(i, action, method, why, at.groups() if at else first_place(shape), before_m2=before, after_m2=after)
    if good is None:
        ledger.add_problem(i, f"invalid_geometry: {why}; {method} {box_text(shape.bounds, ledger.crs)}")
    else:
        ledger.repaired[i] = f"{method}: {why}; area {before:.1f} → {after:.1f} m²"
    return good


def _label_again(place: tuple[float, float] | None, stated: str, crs: Any) -> Any:
    """The point of a label that an earlier run told, in ``crs``; None where it cannot be had."""
    if place is None:
        return None
    point = shapely.Point(place)
    if not stated or crs is None or stated == crs_mark(as_crs(crs)):
        return point
    try:
        source, target = as_crs(stated), as_crs(crs)
        transformation(source, target)
        moved = converted(np.array([point], dtype=object), source, target)[0]
    except CrsError:
        return None
    return moved if np.isfinite(shapely.get_coordinates(moved)).all() else None


def _ground_along(shape: Any) -> Any:
    """Where the ground of a zone drawn as a line may lie: along it, as far as the line reaches; of a point nobody knows."""
    west, south, east, north = shape.bounds
    reach = max(east - west, north - south)
    return shapely.box(west - reach, south - reach, east + reach, north + reach) if reach > 0 else None


def _astray(shapes: NDArray[Any], asked: NDArray[np.bool_], crs: Any) -> NDArray[np.bool_]:
    """Which of the shapes asked for have coordinates that lie nowhere in the CRS; none where there is no CRS."""
    found = np.zeros(len(shapes), dtype=bool)
    if crs is not None and asked.any():
        found[asked] = ~on_earth(shapely.bounds(shapes[asked]), as_crs(crs))
    return found
