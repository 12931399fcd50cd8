"""Pieces, borders and shapes as Parquet in row groups with boxes, so that a window is read without reading the rest.

Pieces are GeoParquet 1.1 with GeoArrow coordinates ("polygon", separated x and y), https://geoparquet.org: other tools
read them too. Writers take one run after the other, so that a layer larger than memory can be written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from plangeo.engine.borders import Borders
from plangeo.engine.pieces import Pieces

# Pieces per row group (about 2 MB), and edges.
_GROUP = 1024
_EDGE_GROUP = 32_768
_BOX = ("xmin", "ymin", "xmax", "ymax")
_ENDS = ("x0", "y0", "x1", "y1")

Window = tuple[float, float, float, float]
Open = Callable[[], Any]
"""Opens the file anew for one reader: a buffer of pyarrow or a file object."""


def write_pieces(path: Path, runs: Iterable[Pieces]) -> None:
    """Write pieces as one Parquet file, run by run."""
    covering = {"bbox": {name: ["bbox", name] for name in _BOX}}
    column = {"encoding": "polygon", "geometry_types": ["Polygon"], "covering": covering, "crs": None}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    _write(path, (_piece_table(pieces) for pieces in runs), _GROUP, {"geo": json.dumps(geo)})


def _piece_table(pieces: Pieces) -> pa.Table:
    points: Any = np.empty((0, 2))
    rings: Any = np.zeros(1, dtype=np.int64)
    shells: Any = rings
    if len(pieces):
        _, points, (rings, shells) = shapely.to_ragged_array(pieces.geometries, include_z=False)
    corners = pa.StructArray.from_arrays([pa.array(points[:, 0]), pa.array(points[:, 1])], ["x", "y"])
    loops = pa.ListArray.from_arrays(pa.array(rings.astype(np.int32)), corners)
    shapes = pa.ListArray.from_arrays(pa.array(shells.astype(np.int32)), loops)
    bounds = shapely.bounds(pieces.geometries).reshape(-1, 4)
    boxes = pa.StructArray.from_arrays([pa.array(bounds[:, i]) for i in range(4)], list(_BOX))
    numbers = (pa.array(values.astype(np.int32)) for values in (pieces.rows, pieces.numbers))
    return pa.table(dict(zip(("geometry", "row", "number", "bbox"), (shapes, *numbers, boxes), strict=True)))


def read_pieces(opened: Open, window: Window | None) -> Pieces:
    """Return the pieces whose boxes meet ``window`` (west, south, east, north), or all."""
    table = _read(opened, window, [f"bbox.{name}" for name in _BOX], _piece_boxes)
    loops = table["geometry"].combine_chunks() if len(table) else None
    if loops is None:
        none = np.empty(0, dtype=np.intp)
        return Pieces(np.empty(0, dtype=object), none, none)
    shells = loops.offsets.to_numpy()
    rings = loops.values.offsets.to_numpy()
    corners = loops.values.values
    points = np.column_stack([corners.field("x").to_numpy(), corners.field("y").to_numpy()])
    first = rings[shells[0]]
    rings = rings[shells[0] : shells[-1] + 1] - first
    polygons = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        points[first : first + rings[-1]],
        (rings.astype(np.int64), (shells - shells[0]).astype(np.int64)),
    )
    return Pieces(polygons, table["row"].to_numpy().astype(np.intp), table["number"].to_numpy().astype(np.intp))


def write_borders(path: Path, runs: Iterable[Borders]) -> None:
    """Write borders as one Parquet file, run by run."""
    _write(path, (_border_table(borders) for borders in runs), _EDGE_GROUP, {})


def _border_table(borders: Borders) -> pa.Table:
    ends = borders.coordinates.reshape(-1, 4)
    columns: dict[str, Any] = {name: pa.array(ends[:, i]) for i, name in enumerate(_ENDS)}
    columns |= {name: pa.array(getattr(borders, name).astype(np.int32)) for name in ("left", "right")}
    return pa.table(columns | {"doubtful": pa.array(borders.doubtful)})


def read_borders(opened: Open, window: Window | None) -> Borders:
    """Return the edges whose boxes meet ``window`` (west, south, east, north), or all."""
    table = _read(opened, window, ["x0|x1", "y0|y1"] * 2, _edge_boxes)
    ends = np.column_stack([table[name].to_numpy() for name in _ENDS])
    left, right = (table[name].to_numpy().astype(np.intp) for name in ("left", "right"))
    return Borders(ends.reshape(-1, 2, 2), left, right, table["doubtful"].to_numpy().astype(bool))


def write_shapes(path: Path, runs: Iterable[NDArray[Any]]) -> None:
    """Write geometries as one Parquet file of WKB in the order of the rows, run by run; None stays None."""
    _write(path, (pa.table({"wkb": pa.array(shapely.to_wkb(run), type=pa.binary())}) for run in runs), _GROUP, {})


def read_shapes(opened: Open) -> NDArray[Any]:
    """Return all geometries in the order of the rows."""
    wkb = read_table(opened).column("wkb").to_pylist()
    return np.asarray(shapely.from_wkb(np.array([*wkb, None], dtype=object)))[:-1]


def read_table(opened: Open) -> pa.Table:
    """Return the whole table of a Parquet file, and close the file."""
    source = opened()
    try:
        return pq.ParquetFile(source).read()
    finally:
        source.close()


def _write(path: Path, tables: Iterable[pa.Table], group: int, metadata: dict[str, str]) -> None:
    """Write tables under one another; the first says the columns, so there must be one, be it empty."""
    writer = None
    for table in tables:
        if writer is None:
            schema = table.schema.with_metadata(metadata)
            writer = pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=False)
        writer.write_table(table.replace_schema_metadata(metadata), row_group_size=group)
    if writer is not None:
        writer.close()


def _read(opened: Open, window: Window | None, columns: list[str], boxes: Callable[[Any], NDArray[np.float64]]) -> pa.Table:
    source = opened()
    try:
        file = pq.ParquetFile(source)
        if window is None or not file.metadata.num_rows:
            return file.read()
        meets = boxes_meeting(_group_boxes(file.metadata, columns), window)
        table = file.read_row_groups(np.flatnonzero(meets).tolist())
    finally:
        source.close()
    return table.take(pa.array(np.flatnonzero(boxes_meeting(boxes(table), window)))) if len(table) else table


def _piece_boxes(table: pa.Table) -> NDArray[np.float64]:
    own = table["bbox"].combine_chunks()
    return np.column_stack([own.field(name).to_numpy() for name in _BOX])


def _edge_boxes(table: pa.Table) -> NDArray[np.float64]:
    x0, y0, x1, y1 = (table[name].to_numpy() for name in _ENDS)
    return np.column_stack([np.minimum(x0, x1), np.minimum(y0, y1), np.maximum(x0, x1), np.maximum(y0, y1)])


def _group_boxes(metadata: Any, columns: list[str]) -> NDArray[np.float64]:
    """One box per row group, from the statistics of the columns that hold its west, south, east and north."""
    places = {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}
    found = np.empty((metadata.num_row_groups, 4))
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for side, (names, least) in enumerate(zip(columns, (True, True, False, False), strict=True)):
            told = [group.column(places[name]).statistics for name in names.split("|")]
            found[number, side] = min(t.min for t in told) if least else max(t.max for t in told)
    return found


def boxes_meeting(boxes: NDArray[np.float64], window: Window) -> NDArray[np.bool_]:
    """Return which bounding boxes (west, south, east, north) meet a window."""
    west, south, east, north = window
    return np.asarray((boxes[:, 0] <= east) & (boxes[:, 1] <= north) & (boxes[:, 2] >= west) & (boxes[:, 3] >= south))
