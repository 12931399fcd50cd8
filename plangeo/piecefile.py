"""Pieces and edges as Parquet in row groups with boxes, so that a window is read without reading the rest.

Pieces are GeoParquet 1.1 with GeoArrow coordinates ("polygon", separated x and y), https://geoparquet.org: other tools
read them too.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from plangeo.borders import Borders
from plangeo.pieces import Pieces

# Pieces or edges per row group: about 2 MB.
_GROUP = 1024
_BOX = ("xmin", "ymin", "xmax", "ymax")

Window = tuple[float, float, float, float]


def write_pieces(pieces: Pieces) -> Any:
    """Return the pieces as the content of a Parquet file (pyarrow buffer)."""
    points: Any = np.empty((0, 2))
    rings: Any = np.zeros(1, dtype=np.int64)
    shells: Any = rings
    if len(pieces):
        _, points, (rings, shells) = shapely.to_ragged_array(pieces.geometries, include_z=False)
    corners = pa.StructArray.from_arrays([pa.array(points[:, 0]), pa.array(points[:, 1])], ["x", "y"])
    loops = pa.ListArray.from_arrays(pa.array(rings.astype(np.int32)), corners)
    shapes = pa.ListArray.from_arrays(pa.array(shells.astype(np.int32)), loops)
    boxes = shapely.bounds(pieces.geometries).reshape(-1, 4)
    covering = {"bbox": {name: ["bbox", name] for name in _BOX}}
    column = {"encoding": "polygon", "geometry_types": ["Polygon"], "covering": covering, "crs": None}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return _written({"geometry": shapes, "row": pieces.rows, "number": pieces.numbers}, boxes, {"geo": json.dumps(geo)})


def read_pieces(content: Any, window: Window | None) -> Pieces:
    """Return the pieces whose boxes meet ``window`` (west, south, east, north), or all."""
    table = _read(content, window)
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


def write_borders(borders: Borders) -> Any:
    """Return the borders as the content of a Parquet file (pyarrow buffer)."""
    ends = borders.coordinates.reshape(-1, 4)
    boxes = np.hstack([np.minimum(ends[:, :2], ends[:, 2:]), np.maximum(ends[:, :2], ends[:, 2:])])
    columns = {"x0": ends[:, 0], "y0": ends[:, 1], "x1": ends[:, 2], "y1": ends[:, 3]}
    return _written(columns | {"left": borders.left, "right": borders.right, "doubtful": borders.doubtful}, boxes, {})


def read_borders(content: Any, window: Window | None) -> Borders:
    """Return the edges whose boxes meet ``window`` (west, south, east, north), or all."""
    table = _read(content, window)
    ends = np.column_stack([table[name].to_numpy() for name in ("x0", "y0", "x1", "y1")])
    left, right = (table[name].to_numpy().astype(np.intp) for name in ("left", "right"))
    return Borders(ends.reshape(-1, 2, 2), left, right, table["doubtful"].to_numpy().astype(bool))


def _written(columns: dict[str, Any], boxes: NDArray[np.float64], metadata: dict[str, str]) -> Any:
    arrays = {name: c if isinstance(c, pa.Array) else pa.array(c) for name, c in columns.items()}
    arrays["bbox"] = pa.StructArray.from_arrays([pa.array(boxes[:, i]) for i in range(4)], list(_BOX))
    table = pa.table(arrays).replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=_GROUP, compression="lz4", use_dictionary=False)
    return sink.getvalue()


def _read(content: Any, window: Window | None) -> Any:
    file = pq.ParquetFile(pa.BufferReader(content))
    if window is None or not file.metadata.num_rows:
        return file.read()
    meets = _meeting(_group_boxes(file.metadata), window)
    table = file.read_row_groups(np.flatnonzero(meets).tolist())
    boxes = table["bbox"].combine_chunks() if len(table) else None
    if boxes is None:
        return table
    own = np.column_stack([boxes.field(name).to_numpy() for name in _BOX])
    return table.take(pa.array(np.flatnonzero(_meeting(own, window))))


def _group_boxes(metadata: Any) -> NDArray[np.float64]:
    """One box per row group, from the statistics of the box columns."""
    places = {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}
    found = np.empty((metadata.num_row_groups, 4))
    for group in range(metadata.num_row_groups):
        columns = metadata.row_group(group)
        for i, name in enumerate(_BOX):
            statistics = columns.column(places[f"bbox.{name}"]).statistics
            found[group, i] = statistics.min if i < 2 else statistics.max
    return found


def _meeting(boxes: NDArray[np.float64], window: Window) -> NDArray[np.bool_]:
    west, south, east, north = window
    return np.asarray((boxes[:, 0] <= east) & (boxes[:, 1] <= north) & (boxes[:, 2] >= west) & (boxes[:, 3] >= south))
