"""GeoParquet, read with pyarrow; also Parquet tables with a WKB column that state no CRS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, require_signature
from plangeo.vectors import settle_crs, shapes_of

_GUESSES = ("geometry", "geom", "wkb_geometry", "wkb", "the_geom")


def read(path: Path, request: Request) -> Raw:
    """Read a Parquet file with one geometry column.

    **Raises** InputError for other content, an empty table, or a geometry that is not stored as WKB;
    CrsError when the file says that its CRS is unknown.
    """
    require_signature(path, [b"PAR1"], "a Parquet file")
    try:
        table = pq.ParquetFile(path).read()
        described = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read as Parquet ({error}). Copy or export it again.") from error
    if not table.num_rows:
        raise InputError(
            f"{path.name} has no rows: an empty layer would make every site look free of conflict. Check the export."
        )
    column, stated = _geometry_column(table, described, path)
    notes: list[str] = []
    # pandas stores an unnamed index as a column of this name; it is no attribute of the place
    others = table.drop_columns([c for c in table.column_names if c == column or c.startswith("__index_level_")])
    frame: pd.DataFrame = others.to_pandas(ignore_metadata=True).rename(
        columns={"source_row": "source_row_raw", "geometry": "geometry_raw"}
    )
    frame["source_row"] = np.arange(1, len(frame) + 1, dtype=float)
    if column is None:
        return Raw(frame, path.stem, ["the table has no geometry"])
    wkb = np.array([v if v is None else bytes(v) for v in table.column(column).to_pylist()], dtype=object)
    shapes, problems = shapes_of(wkb)
    crs = settle_crs(stated, request, path.name, notes, shapes)
    return Raw(gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs), path.stem, notes, problems)


def _geometry_column(table: pa.Table, described: dict[str, Any], path: Path) -> tuple[str | None, Any]:
    """Return the name of the geometry column and the CRS stated for it."""
    column = described.get("primary_column")
    if column is None:
        binary = [n for n in _GUESSES if n in table.column_names and pa.types.is_binary(table.schema.field(n).type)]
        return (binary[0], None) if binary else (None, None)
    facts = described.get("columns", {}).get(column, {})
    if facts.get("encoding", "WKB").upper() != "WKB" or column not in table.column_names:
        raise InputError(
            f"{path.name}: the geometry is stored as {facts.get('encoding')!r}; only WKB is read. Export it again as GeoParquet 1.0."
        )
    # the specification: an absent CRS means longitude and latitude on WGS 84, null means unknown
    return str(column), facts.get("crs", "OGC:CRS84")


FORMAT = Format("GeoParquet", (".parquet", ".geoparquet"), "vector", read)
