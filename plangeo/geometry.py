"""Choosing a metric CRS, repairing with a ledger, and measuring areas on the plane and on the ellipsoid."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from plangeo.errors import CrsError
from plangeo.labelpoints import find_labels, tell_label, told_place, without_repeats

# Layers whose rows cover ground; sites and features to keep clear of may be lines and points.
AREAS_ONLY = frozenset({"zones", "districts", "present_use"})
# Two readings of an invalid ring must agree to this share before plangeo believes either of them.
REPAIR_AGREEMENT = 1e-3
# A repaired area may differ by this share from the area the register declares.
DECLARED_AGREEMENT = 0.05
# A planar CRS is fit for measuring when its areas differ by less than this share from the ellipsoid's.
AREAL_SCALE_BOUND = 1e-3
# Long edges bend when they are reprojected; they are densified to this length first (sagitta < 1 mm at 21° N).
MAX_EDGE_M = 250.0
# The widest circle is searched until its diameter is known to this many metres.
WIDTH_TOLERANCE_M = 0.01
CURVED = (
    "curved_geometry: the shape is drawn with arcs, which cannot be measured; turn curves into straight pieces "
    "(QGIS: Convert to curved/straight geometry type, PostGIS: ST_CurveToLine)"
)
"""Problem of a row whose shape has curves; plangeo does not choose how finely to straighten them."""
_DEGREE_M = 111_320.0
_RING, _POINTS, _COLLECTION = 2, 4, 7  # type ids of shapely; above them come the curves
_BOX = re.compile(r"\[bbox ([-\d., e+]+?)(?: in (\S+))?\]$")
_FAULT_AT = re.compile(r"\[(\S+) (\S+)\]$")  # where GEOS says that a ring is not valid
# A place on earth comes back from degrees within this many units of its projected CRS.
_ROUND_TRIP = 1.0
_EARTH = (-180.0, -90.0, 180.0, 90.0)


def as_crs(text: Any) -> pyproj.CRS:
    """Return the CRS that ``text`` names (EPSG code, WKT, pyproj object).

    **Raises** CrsError when it names none, or names a CRS without a known datum.

    >>> as_crs("EPSG:9215").name
    'VN-2000 / TM-3 107-15'
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError as fault:
        raise CrsError(
            f"{text!r} does not name a coordinate reference system. Give an EPSG code, e.g. EPSG:9215 (VN-2000, 107°15').",
            code="crs_unknown",
        ) from fault


def transformation(source: Any, target: Any, bounds: Sequence[float] | None = None) -> dict[str, Any]:
    """Return the coordinate operation PROJ uses from ``source`` to ``target``: name, accuracy in metres, CRS names; of the
    steps that change the datum, names and EPSG codes.

    Where PROJ knows several, each made for its own area, ``bounds`` (of the layer, in ``source``) tell which ones are used; all of
    these are named, with the worst accuracy. **Raises** CrsError for a "ballpark" operation, which ignores the datum (224 m in northern Vietnam).
    """
    src, dst = as_crs(source), as_crs(target)
    record: dict[str, Any] = {
        "from": _crs_name(src),
        "to": _crs_name(dst),
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


def to_crs(frame: gpd.GeoDataFrame, crs: Any) -> gpd.GeoDataFrame:
    """Return ``frame`` in ``crs``: long edges densified first, every coordinate checked to be finite.

    A row whose coordinates cannot be converted loses its place and gets a ``problem``.
    **Raises** CrsError when the frame has no CRS, when the operation ignores a datum, or when no row can be
    converted (often swapped axes).
    """
    if frame.crs is None:
        raise CrsError(
            "The layer has no coordinate reference system, so it cannot be measured. Give it with crs='EPSG:…'.",
            code="crs_missing",
        )
    target = as_crs(crs)
    if as_crs(frame.crs) == target:
        return frame
    transformation(frame.crs, target)
    dense = frame.set_geometry(densified(frame.geometry, as_crs(frame.crs)))
    moved = dense.set_geometry(gpd.GeoSeries(_moved(dense.geometry.to_numpy(), frame.crs, target), index=frame.index, crs=target))
    bounds = moved.geometry.bounds.to_numpy()
    placed = frame.geometry.notna().to_numpy() & ~frame.geometry.is_empty.to_numpy()
    broken = ~np.isfinite(bounds).all(axis=1) & placed
    if broken.any():
        moved = _set_aside(moved, frame, broken, target)
    return _with_moved_boxes(moved, frame, target)


def _moved(shapes: NDArray[Any], source: Any, target: pyproj.CRS) -> NDArray[Any]:
    """Shapes with every coordinate converted; infinite where no operation leads.

    geopandas would let PROJ fall back, point by point, to an operation that ignores the datum.
    **Raises** CrsError when PROJ cannot convert at all.
    """
    try:
        x, y = _transformer(as_crs(source), target).transform(*shapely.get_coordinates(shapes).T)
    except ProjError as fault:  # pragma: no cover - depends on PROJ's mood
        raise CrsError(
            f"Cannot convert from {_crs_name(as_crs(source))} to {_crs_name(target)}: {fault}", code="crs_misfit"
        ) from fault
    moved: NDArray[Any] = shapely.set_coordinates(np.array(shapes, dtype=object), np.column_stack([x, y]))
    return moved


def _set_aside(
    moved: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, broken: np.ndarray[Any, Any], target: pyproj.CRS
) -> gpd.GeoDataFrame:
    """Rows that cannot be converted lose their place and say so; when no row can, the whole layer is refused."""
    present = frame.geometry.notna().to_numpy() & ~frame.geometry.is_empty.to_numpy()
    if "problem" not in frame or broken.sum() == present.sum():
        raise CrsError(
            f"{int(broken.sum())} of {len(frame)} geometries fall outside what {_crs_name(target)} can show, first at index "
            f"{frame.index[int(np.argmax(broken))]!r}. Are the axes swapped (x = easting or longitude comes first), or the CRS wrong?",
            code="crs_misfit",
        )
    why = f"bad_coordinates: the place lies outside what {_crs_name(target)} can show"
    told = moved["problem"].astype(object)
    out = moved.assign(problem=told.mask(broken & (told.fillna("") == ""), why))
    return out.set_geometry(gpd.GeoSeries(moved.geometry.where(~broken, None), index=moved.index, crs=target))


def _with_moved_boxes(moved: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, target: pyproj.CRS) -> gpd.GeoDataFrame:
    """Let the bounding boxes of rows set aside follow the layer; left in degrees they would meet no site in metres."""
    boxes = quarantined_boxes(frame) if "problem" in frame else {}
    if not boxes:
        return moved
    places = densified(gpd.GeoSeries(dict(boxes)), as_crs(frame.crs))
    texts = moved["problem"].astype(object).copy()
    for index, place in zip(boxes, _moved(places, frame.crs, target), strict=True):
        texts[index] = _BOX.sub(box_text(place.bounds, target), str(texts[index]))
    return moved.assign(problem=texts)


def box_text(bounds: Sequence[float], crs: Any = None) -> str:
    """Return the mark of a row that was set aside: its bounding box in the units of its layer, rounded outwards, and in which CRS.

    Without ``crs`` the validity gate adds that of the layer. A layer that somebody converts himself takes the text along as it is.

    >>> box_text((0.0, 0.1234567, 1.0, 0.1234567), "EPSG:4326")
    '[bbox 0.000000, 0.123456, 1.000000, 0.123457 in EPSG:4326]'
    """
    outwards = [np.floor(v * 1e6) / 1e6 for v in bounds[:2]] + [np.ceil(v * 1e6) / 1e6 for v in bounds[2:]]
    within = "" if crs is None else f" in {_crs_mark(as_crs(crs))}"
    return f"[bbox {', '.join(f'{v:.6f}' for v in outwards)}{within}]"


@cache
def _crs_mark(crs: pyproj.CRS) -> str:
    """The code of a CRS without blanks and brackets; of one without a code what tells it from any other."""
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else f"crs-{hashlib.sha256(crs.to_wkt().encode()).hexdigest()[:12]}"


def densified(geometry: gpd.GeoSeries, crs: pyproj.CRS) -> np.ndarray[Any, Any]:
    """Return the shapes with a vertex at least every 250 m, so that straight edges of the plane survive a conversion."""
    values = geometry.to_numpy()
    step = MAX_EDGE_M / _DEGREE_M if crs.is_geographic else MAX_EDGE_M / _metres_per_unit(crs)
    return np.asarray(shapely.segmentize(values, step))


def _metres_per_unit(crs: pyproj.CRS) -> float:
    return float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else 1.0


def is_metric_unit(crs: pyproj.CRS) -> bool:
    """Return True when ``crs`` is projected and its unit is the metre."""
    return bool(crs.is_projected) and abs(_metres_per_unit(crs) - 1) <= 1e-12


def _crs_name(crs: pyproj.CRS) -> str:
    authority = crs.to_authority(min_confidence=100)
    return f"{':'.join(authority)} {crs.name}" if authority else crs.name


def is_metric(crs: Any, bounds_lonlat: tuple[float, float, float, float]) -> bool:
    """Return True when ``crs`` is projected in metres and true to area within 0.1 % over the bounds (degrees)."""
    candidate = as_crs(crs)
    if not is_metric_unit(candidate):
        return False
    west, south, east, north = bounds_lonlat
    lon = np.array([west, west, east, east, (west + east) / 2])
    lat = np.array([south, north, south, north, (south + north) / 2])
    try:
        factors = pyproj.Proj(candidate).get_factors(lon, lat, errcheck=True)
    except ProjError:
        return False
    return bool(np.all(np.abs(np.asarray(factors.areal_scale) - 1) < AREAL_SCALE_BOUND))


def working_crs(frames: Sequence[gpd.GeoDataFrame], preferred: Any = None, fallback: Any = None) -> pyproj.CRS:
    """Return the CRS to measure in: ``preferred``, else the first frame's own that is fit, else ``fallback``, UTM, or an
    equal-area projection around the ground in question.

    The frames come in order of importance (sites, zones, districts). Only ground where the first meets the others
    counts, so that one row that lies far away does not change the areas of all. EPSG:3857 and degrees are never chosen.
    **Raises** CrsError when ``preferred`` is not fit for measuring here.
    """
    known = [f for f in frames if f.crs is not None and np.isfinite(shapely.bounds(f.geometry.to_numpy())).all(axis=1).any()]
    if not known:
        return as_crs(preferred or fallback or "EPSG:6933")
    bounds = _meeting_bounds(known)
    if preferred is not None:
        if not is_metric(preferred, bounds):
            raise CrsError(
                f"{preferred} is not fit for measuring here: it must be projected, in metres, and true to area within 0.1 %. "
                "Leave crs= out to let plangeo choose, or give e.g. EPSG:9215 for Lạng Sơn.",
                code="crs_not_metric",
            )
        return as_crs(preferred)
    for candidate in (*(f.crs for f in known), fallback):
        if candidate is not None and is_metric(candidate, bounds):
            return as_crs(candidate)
    utm = gpd.GeoSeries(shapely.box(*bounds), crs="EPSG:4326").estimate_utm_crs()  # looks through all of EPSG: only when needed
    if is_metric(utm, bounds):
        return as_crs(utm)
    west, south, east, north = bounds
    return as_crs(f"+proj=laea +lat_0={(south + north) / 2:.2f} +lon_0={(west + east) / 2:.2f} +datum=WGS84 +units=m +type=crs")


def _meeting_bounds(frames: Sequence[gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    """Bounds in degrees of the first frame's boxes that meet a box of another frame; of all its boxes when none does."""
    boxes = [_boxes_lonlat(f) for f in frames]
    boxes = [b for b in boxes if len(b)]
    if not boxes:
        raise CrsError(
            f"No coordinate of the {len(frames)} layer(s) fits its coordinate reference system "
            f"({', '.join(_crs_name(as_crs(f.crs)) for f in frames)}). Are the axes swapped, or the CRS wrong?",
            code="crs_misfit",
        )
    chosen = boxes[0]
    if len(boxes) > 1:
        tree = shapely.STRtree(shapely.box(*np.concatenate(boxes[1:]).T))
        meeting = np.unique(tree.query(shapely.box(*chosen.T), predicate="intersects")[0])
        chosen = chosen[meeting] if len(meeting) else chosen
    west, south = chosen[:, :2].min(axis=0)
    east, north = chosen[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _boxes_lonlat(frame: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """The bounding box of every row in degrees, without rows that have none or lie outside the CRS."""
    boxes = frame.geometry.bounds.to_numpy()
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    transformer = pyproj.Transformer.from_crs(as_crs(frame.crs), "EPSG:4326", always_xy=True)
    corners = [transformer.transform(boxes[:, i], boxes[:, j]) for i in (0, 2) for j in (1, 3)]
    lon, lat = np.array([c[0] for c in corners]), np.array([c[1] for c in corners])
    out = np.column_stack([lon.min(axis=0), lat.min(axis=0), lon.max(axis=0), lat.max(axis=0)])
    usable = np.isfinite(out).all(axis=1) & (np.abs(lat) <= 90).all(axis=0)
    return np.asarray(out[usable])


def polygonal(geometry: Any) -> Any:
    """Return the polygonal part of ``geometry`` as a (multi)polygon, empty when there is none."""
    return _part(geometry, 2)


def linear(geometry: Any) -> Any:
    """Return the lines of ``geometry`` as a (multi)line, empty when there are none."""
    return _part(geometry, 1)


def _part(geometry: Any, dimension: int) -> Any:
    if geometry is None:
        return shapely.GeometryCollection()
    if geometry.geom_type != "GeometryCollection":
        return geometry if shapely.get_dimensions(geometry) == dimension else shapely.GeometryCollection()
    parts = [_part(p, dimension) for p in geometry.geoms]
    kept = [p for p in parts if not p.is_empty]
    if not kept:
        return shapely.GeometryCollection()
    return shapely.union_all(kept) if len(kept) > 1 else kept[0]


def on_earth(bounds: NDArray[np.float64], crs: pyproj.CRS) -> NDArray[np.bool_]:
    """Return where ``crs`` gives bounding boxes a place on earth: degrees in range, metres that come back from degrees.

    All are let pass by a CRS that is neither geographic nor projected.
    """
    if crs.is_geographic:
        return np.asarray((bounds[:, :2] >= _EARTH[:2]).all(axis=1) & (bounds[:, 2:] <= _EARTH[2:]).all(axis=1))
    good = np.ones(len(bounds), dtype=bool)
    if not crs.is_projected:
        return good
    projection = pyproj.Proj(crs)
    for corner in ((0, 1), (2, 1), (2, 3), (0, 3)):
        x, y = bounds[:, corner[0]], bounds[:, corner[1]]
        back_x, back_y = projection(*projection(x, y, inverse=True))
        with np.errstate(invalid="ignore"):
            good &= (np.abs(back_x - x) < _ROUND_TRIP) & (np.abs(back_y - y) < _ROUND_TRIP)
    return good


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
    values = out.geometry.to_numpy().copy()
    ledger: list[dict[str, Any]] = []
    problems, repaired = out["problem"].astype(object).tolist(), out["repaired"].astype(object).tolist()

    def set_aside(i: int, shape: Any, why: str, place: Any = None) -> None:
        """The row keeps its first problem; ``place`` tells where its ground may lie, when that is known, and stands last."""
        if place is not None:
            problems[i] = "; ".join(t for t in (problems[i], f"{why} {box_text(place.bounds, frame.crs)}") if t)
        problems[i] = problems[i] or why
        ledger.append(_ledger_row(i, out, layer, id_column, "quarantined", "set aside", why, _first_place(shape)))

    kinds = np.asarray(shapely.get_type_id(values))
    for i in np.flatnonzero((kinds == _RING) | (kinds >= _POINTS)).tolist():  # single points, lines and polygons need no opening
        shape = values[i]
        if has_curves(shape):
            values[i] = None
            set_aside(i, None, CURVED)
        else:
            shape = _distinct(i, out, _flattened(shape), layer, id_column, repaired, ledger)
            values[i] = _ground_alone(i, out, shape, layer, id_column, repaired, ledger)
    present = ~np.asarray(shapely.is_missing(values))
    flat = values.copy()
    flat[present] = shapely.force_2d(values[present])
    finite = _finite(flat)
    empty = np.asarray(present & shapely.is_empty(flat))
    astray = _astray(flat, finite & present & ~empty, frame.crs)
    valid = np.asarray(shapely.is_valid(flat))
    declared = out["declared_area_m2"].tolist() if "declared_area_m2" in out else [float("nan")] * len(out)
    kinds = np.asarray(shapely.get_type_id(flat))
    thin = np.asarray(shapely.get_dimensions(flat) < 2) if layer in AREAS_ONLY else ~present
    thin_ones: dict[int, Any] = {}
    for i in np.flatnonzero(~present | empty | ~finite | astray | thin | ~valid | (kinds == _COLLECTION)).tolist():
        shape = flat[i]
        if not present[i]:
            if (told := told_place(problems[i])) is not None:  # a label of an earlier run has to be proven again
                thin_ones[i], problems[i] = _label_again(*told, frame.crs), ""
            problems[i] = problems[i] or ("" if i in thin_ones else "no_geometry: the row has no place on the map")
            continue
        if empty[i]:
            problems[i] = problems[i] or "empty_geometry: the geometry is empty, so its place is unknown"
            flat[i] = None
        elif not finite[i]:
            set_aside(i, shape, "not_finite: a coordinate is not a finite number")
            flat[i] = None
        elif astray[i]:
            x, y = shapely.get_coordinates(shape)[0]
            set_aside(i, shape, f"bad_coordinates: x {x:.10g}, y {y:.10g} … lie nowhere in {as_crs(frame.crs).name}")
            flat[i] = None
        elif thin[i]:
            thin_ones[i], flat[i] = shape, None
        elif kinds[i] == _COLLECTION and _mixed(shape):  # first of all: mending looks at the polygons alone
            set_aside(i, shape, "mixed_geometry: polygons, lines and points in one row; only one kind can be measured", shape)
            flat[i] = None
        elif not valid[i]:
            flat[i] = _mend(i, out, shape, float(declared[i]), layer, id_column, problems, repaired, ledger)
    labels = find_labels(out, flat, {i: g for i, g in thin_ones.items() if g is not None and not problems[i]}, layer)
    mark = "" if frame.crs is None else _crs_mark(as_crs(frame.crs))
    for i, shape in thin_ones.items():
        if i in labels:
            problems[i] = tell_label(_name_of(labels[i], out, id_column), shape, mark)
            if present[i]:  # else it was told before
                row = _ledger_row(i, out, layer, id_column, "repaired", "label of another row", problems[i], _first_place(shape))
                ledger.append(row)
        else:
            place = None if shape is None else _ground_along(shape)
            set_aside(i, shape, "not_an_area: a line or point cannot be a zone; its ground is unknown", place)
    out["problem"] = [_with_crs(text, frame.crs) for text in problems]
    out["repaired"] = repaired
    return out.set_geometry(gpd.GeoSeries(flat, index=out.index, crs=frame.crs)), ledger


def has_curves(geometry: Any) -> bool:
    """Return True when ``geometry`` has arcs, at any depth of a collection.

    >>> has_curves(shapely.from_wkt("GEOMETRYCOLLECTION (CIRCULARSTRING (0 0, 1 1, 2 0))")), has_curves(shapely.Point(0, 0))
    (True, False)
    """
    if geometry is None:
        return False
    if shapely.get_type_id(geometry) != _COLLECTION:
        return bool(shapely.get_type_id(geometry) > _COLLECTION)
    try:
        return any(has_curves(shapely.get_geometry(geometry, n)) for n in range(int(shapely.get_num_geometries(geometry))))
    except NotImplementedError:  # this is how the library meets an arc
        return True


def _flattened(geometry: Any) -> Any:
    """Open nested collections and drop empty parts, which hide parts from every later test and crash GEOS."""
    if geometry is None or geometry.is_empty:
        return geometry
    if shapely.get_type_id(geometry) < 4:
        return _open_line(geometry)
    parts = [p for p in _primitives(geometry) if not p.is_empty]
    kinds = {int(shapely.get_dimensions(p)) for p in parts}
    if len(kinds) != 1:
        return shapely.GeometryCollection(parts)
    if len(parts) == 1 and shapely.get_type_id(geometry) in (_POINTS, _COLLECTION):
        return parts[0]
    return (shapely.MultiPoint, shapely.MultiLineString, shapely.MultiPolygon)[kinds.pop()](parts)


def _primitives(geometry: Any) -> list[Any]:
    if shapely.get_type_id(geometry) < 4:
        return [_open_line(geometry)]
    return [p for part in shapely.get_parts(geometry) for p in _primitives(part)]


def _open_line(geometry: Any) -> Any:
    """A bare ring is a line to every measurement, but mending it crashes GEOS."""
    return shapely.LineString(geometry) if geometry.geom_type == "LinearRing" else geometry


def _distinct(
    i: int, frame: gpd.GeoDataFrame, geometry: Any, layer: str, id_column: str, repaired: list[str], ledger: list[dict[str, Any]]
) -> Any:
    """The points of a multipoint, each once: a repeated one would weigh twice in every share."""
    if geometry is None or shapely.get_type_id(geometry) != _POINTS:
        return geometry
    kept = np.unique(shapely.get_coordinates(geometry), axis=0)
    count = int(shapely.get_num_geometries(geometry))
    if len(kept) == count:
        return geometry
    why = f"{count - len(kept)} of {count} points repeat another one"
    ledger.append(_ledger_row(i, frame, layer, id_column, "repaired", "each point once", why, kept[0]))
    repaired[i] = "; ".join(t for t in (repaired[i], f"each point once: {why}") if t)
    return shapely.Point(kept[0]) if len(kept) == 1 else shapely.MultiPoint(kept)


def _ledger_row(
    i: int, frame: gpd.GeoDataFrame, layer: str, id_column: str, action: str, method: str, why: str, where: Any
) -> dict[str, Any]:
    return {
        "layer": layer,
        "row_id": _name_of(i, frame, id_column),
        "source_row": _number(frame["source_row"].iloc[i]) if "source_row" in frame else float("nan"),
        "action": action,
        "method": method,
        "why": why,
        "area_before_m2": 0.0,
        "area_after_m2": 0.0,
        "x": float(where[0]),
        "y": float(where[1]),
    }


def _name_of(i: int, frame: gpd.GeoDataFrame, id_column: str) -> str:
    return str(frame[id_column].iloc[i]) if id_column in frame else str(frame.index[i])


def _ground_alone(
    i: int, frame: gpd.GeoDataFrame, geometry: Any, layer: str, id_column: str, repaired: list[str], ledger: list[dict[str, Any]]
) -> Any:
    """The polygons of a mixed shape, when its points and lines all lie on them: label points and outlines drawn again."""
    kept = without_repeats(geometry)
    if kept is geometry:
        return geometry
    why = "points or lines in the row lie on its polygons"
    row = _ledger_row(i, frame, layer, id_column, "repaired", "polygons only", why, _first_place(kept))
    ledger.append(row | {name: _units_area(kept, frame) for name in ("area_before_m2", "area_after_m2")})
    repaired[i] = "; ".join(t for t in (repaired[i], f"polygons only: {why}") if t)
    return kept


def _with_crs(text: str, crs: Any) -> str:
    """Say in which CRS a box is that a reader took from the file before anybody had settled the CRS."""
    if crs is None or not isinstance(text, str) or not (mark := _BOX.search(text)) or mark[2]:
        return text
    return f"{text[: mark.start()]}[bbox {mark[1]} in {_crs_mark(as_crs(crs))}]"


def _label_again(place: tuple[float, float] | None, stated: str, crs: Any) -> Any:
    """The point of a label that an earlier run told, in ``crs``; None where it cannot be had."""
    if place is None:
        return None
    point = shapely.Point(place)
    if not stated or crs is None or stated == _crs_mark(as_crs(crs)):
        return point
    try:
        source, target = as_crs(stated), as_crs(crs)
        transformation(source, target)
        moved = _moved(np.array([point], dtype=object), source, target)[0]
    except CrsError:
        return None
    return moved if np.isfinite(shapely.get_coordinates(moved)).all() else None


def _ground_along(shape: Any) -> Any:
    """Where the ground of a zone drawn as a line may lie: along it, as far as the line reaches; of a point nobody knows."""
    west, south, east, north = shape.bounds
    reach = max(east - west, north - south)
    return shapely.box(west - reach, south - reach, east + reach, north + reach) if reach > 0 else None


def _first_place(shape: Any) -> Any:
    return (float("nan"), float("nan")) if shape is None else shapely.get_coordinates(shape)[0]


def _astray(shapes: NDArray[Any], asked: NDArray[np.bool_], crs: Any) -> NDArray[np.bool_]:
    """Which of the shapes asked for have coordinates that lie nowhere in the CRS; none where there is no CRS."""
    found = np.zeros(len(shapes), dtype=bool)
    if crs is not None and asked.any():
        found[asked] = ~on_earth(shapely.bounds(shapes[asked]), as_crs(crs))
    return found


def _finite(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether every coordinate of a shape is a finite number; True for none."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    found = np.ones(len(shapes), dtype=bool)
    found[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return found


def _mixed(geometry: Any) -> bool:
    return len({int(shapely.get_dimensions(p)) for p in shapely.get_parts(geometry) if not p.is_empty}) > 1


def _mend(
    i: int,
    frame: gpd.GeoDataFrame,
    geometry: Any,
    declared_m2: float,
    layer: str,
    id_column: str,
    problems: list[str],
    repaired: list[str],
    ledger: list[dict[str, Any]],
) -> Any:
    why = shapely.is_valid_reason(geometry)
    mended, method = _one_reading(geometry)
    before = _units_area(geometry, frame)
    after = float("nan") if mended is None else _units_area(mended, frame)
    if declared_m2 > 0 and after > 0 and abs(after - declared_m2) / declared_m2 > DECLARED_AGREEMENT:
        mended, method = None, f"the repaired area {after:.6g} does not fit the declared {declared_m2:.6g} m²"
    action = "quarantined" if mended is None else "repaired"
    at = _FAULT_AT.search(why)
    row = _ledger_row(i, frame, layer, id_column, action, method, why, at.groups() if at else _first_place(geometry))
    ledger.append(row | {"area_before_m2": before, "area_after_m2": after})
    if mended is None:
        told = f"invalid_geometry: {why}; {method} {box_text(geometry.bounds, frame.crs)}"
        problems[i] = "; ".join(t for t in (problems[i], told) if t)  # the box stands last
    else:
        repaired[i] = f"{method}: {why}; area {before:.1f} → {after:.1f} m²"
    return mended


def _one_reading(geometry: Any) -> tuple[Any, str]:
    """Return the repaired geometry and the method, or None and why no single reading exists."""
    dimension = int(shapely.get_dimensions(geometry))
    try:
        linework = _part(shapely.make_valid(geometry), dimension)
        structure = _part(shapely.make_valid(geometry, method="structure"), 2) if dimension == 2 else linework
    except shapely.errors.GEOSException as fault:
        return None, f"it cannot be mended ({str(fault).splitlines()[0][:80]})"
    if dimension < 2:
        same = not linework.is_empty
        return (linework, "make_valid") if same else (None, "no valid reading")
    areas = [abs(float(geometry.area)), float(linework.area), float(structure.area)]
    largest = max(areas)
    if largest == 0 or structure.is_empty:
        return None, "the polygon has no area"
    if (largest - min(areas)) / largest > REPAIR_AGREEMENT:
        return (
            None,
            "the readings of the ring differ: area {:.6g}, linework {:.6g}, structure {:.6g} in the layer's units".format(*areas),
        )
    if shapely.symmetric_difference(linework, structure).area / largest > REPAIR_AGREEMENT:
        return None, "the two repair methods give different shapes"
    return structure, "make_valid (structure)"


def _units_area(geometry: Any, frame: gpd.GeoDataFrame) -> float:
    """Area in m² for the ledger: planar where the CRS is projected, else on the ellipsoid (abs of the signed sum)."""
    crs = frame.crs
    if crs is None:
        return float(geometry.area)
    if as_crs(crs).is_projected:
        return float(geometry.area) * _metres_per_unit(as_crs(crs)) ** 2
    geod = as_crs(crs).get_geod() or pyproj.Geod(ellps="WGS84")
    return abs(float(geod.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def quarantined_boxes(frame: gpd.GeoDataFrame) -> Mapping[Any, Any]:
    """Return index → bounding box (shapely, frame CRS) of the rows the validity gate set aside.

    A layer that somebody converted has boxes in the CRS it came from, which are converted too. Where that cannot be done a row has
    no box, and may lie anywhere.
    """
    told = zip(frame.index.tolist(), frame["problem"].tolist(), strict=True)
    marks = ((index, _BOX.search(text)) for index, text in told if isinstance(text, str) and text)
    boxes = ((index, _box(mark[1], mark[2], frame.crs)) for index, mark in marks if mark)
    return {index: box for index, box in boxes if box is not None}


def _box(text: str, stated: str | None, crs: Any) -> Any:
    west, south, east, north = (float(v) for v in text.split(", "))
    box = shapely.box(west, south, east, north)
    if stated is None or crs is None or stated == _crs_mark(as_crs(crs)):
        return box
    try:
        source, target = as_crs(stated), as_crs(crs)
        transformation(source, target)
        moved = _moved(densified(gpd.GeoSeries([box]), source), source, target)[0]
    except CrsError:
        return None
    return shapely.box(*moved.bounds) if np.isfinite(moved.bounds).all() else None


def widest_circle(geometry: Any) -> float:
    """Return the diameter in metres of the widest circle inside a polygon (its width), 0 when empty.

    The search stops within ``WIDTH_TOLERANCE_M``; what is left is added, so that a width is never understated.
    """
    if geometry is None or geometry.is_empty or shapely.get_dimensions(geometry) < 2:
        return 0.0
    parts = shapely.get_parts(polygonal(geometry))
    radius = max(float(shapely.maximum_inscribed_circle(p, tolerance=WIDTH_TOLERANCE_M / 2).length) for p in parts)
    return 2.0 * radius + WIDTH_TOLERANCE_M
