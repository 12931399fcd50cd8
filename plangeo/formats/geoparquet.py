"""GeoParquet, read with pyarrow; also Parquet tables with a WKB column that state no CRS."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, require_signature
from plangeo.vectors import require_one_system, settle_crs, shapes_of

_GUESSES = ("geometry", "geom", "wkb_geometry", "wkb", "the_geom")


def read(path: Path, request: Request) -> Raw:
    """Read a Parquet file with one geometry column.

    **Raises** InputError for other content, an empty table, or a geometry that is not stored as WKB;
    CrsError when the file says that its CRS is unknown.
    """
    require_signature(path, [b"PAR1"], "a Parquet file")
    try:
        table = pq.ParquetFile(path).read()
        described = _described(table.schema)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{path.name} cannot be read as Parquet ({error}). Copy or export it again.", code="file_damaged"
        ) from error
    if not table.num_rows:
        raise InputError(
            f"{path.name} has no rows: an empty layer would make every site look free of conflict. Check the export.",
            code="layer_empty",
        )
    column, stated = _geometry_column(table, described, path)
    frame = _attributes(table, column, 0)
    if column is None:
        return Raw(frame, path.stem, ["the table has no geometry"])
    notes: list[str] = []
    shapes, problems = _shapes(table, column)
    crs = settle_crs(stated, request, path.name, notes, shapes)
    placed = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    return Raw(placed, path.stem, notes, problems, stated_crs=stated)


def stated_crs(path: Path) -> tuple[str | None, Any]:
    """Return the geometry column of a file and the CRS stated for it; None, None when it has no geometry."""
    schema = pq.ParquetFile(path).schema_arrow
    return _geometry_column(schema.empty_table(), _described(schema), path)


def read_slices(path: Path, column: str, crs: Any, size: int) -> Generator[Raw]:
    """Read a file with a geometry column in slices of ``size`` rows, each as ``read`` gives the whole.

    ``crs`` of the shapes, settled for the whole file. A column of whole numbers with blanks anywhere is read as decimal
    numbers everywhere, as it is when the file is read at once. **Raises** InputError when the file cannot be read.
    """
    first = 0
    try:
        with pq.ParquetFile(path, buffer_size=1 << 20) as file:
            blank = _with_blanks(file.metadata)
            for batch in file.iter_batches(batch_size=size):
                table = pa.Table.from_batches([batch])
                for name in blank & set(table.column_names):
                    at = table.column_names.index(name)
                    if pa.types.is_integer(table.schema.field(at).type):
                        table = table.set_column(at, name, table.column(at).cast(pa.float64()))
                shapes, problems = _shapes(table, column)
                require_one_system(shapes, crs, path.name, stated=True)
                frame = gpd.GeoDataFrame(_attributes(table, column, first), geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
                yield Raw(frame, path.stem, [], problems)
                first += len(frame)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path.name} cannot be read as Parquet ({error}). Copy or export it again.", code="file_damaged"
        ) from error


def _described(schema: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    return found


def _attributes(table: pa.Table, column: str | None, first: int) -> pd.DataFrame:
    # pandas stores an unnamed index as a column of this name; it is no attribute of the place
    others = table.drop_columns([c for c in table.column_names if c == column or c.startswith("__index_level_")])
    frame: pd.DataFrame = others.to_pandas(ignore_metadata=True).rename(
        columns={"source_row": "source_row_raw", "geometry": "geometry_raw"}
    )
    frame["source_row"] = np.arange(first + 1, first + len(frame) + 1, dtype=float)
    return frame


def _shapes(table: pa.Table, column: str) -> tuple[Any, dict[int, str]]:
    return shapes_of(
        np.array([*(v if v is None else bytes(v) for v in table.column(column).to_pylist()), None], dtype=object)[:-1]
    )


def _with_blanks(metadata: Any) -> set[str]:
    """Names of the columns that have a blank in some row group, or do not say."""
    found = set()
    for group in range(metadata.num_row_groups):
        for at in range(metadata.num_columns):
            told = metadata.row_group(group).column(at)
            if told.statistics is None or not told.statistics.has_null_count or told.statistics.null_count:
                found.add(told.path_in_schema)
    return found


def _geometry_column(table: pa.Table, described: dict[str, Any], path: Path) -> tuple[str | None, Any]:
    """Return the name of the geometry column and the CRS stated for it."""
    column = described.get("primary_column")
    if column is None:
        binary = [n for n in _GUESSES if n in table.column_names and pa.types.is_binary(table.schema.field(n).type)]
        return (binary[0], None) if binary else (None, None)
    facts = described.get("columns", {}).get(column, {})
    if facts.get("encoding", "WKB").upper() != "WKB" or column not in table.column_names:
        raise InputError(
            f"{path.name}: the geometry is stored as {facts.get('encoding')!r}; only WKB is read. Export it again as GeoParquet 1.0.",
            code="format_variant",
        )
    # the specification: an absent CRS means longitude and latitude on WGS 84, null means unknown
    return str(column), facts.get("crs", "OGC:CRS84")


FORMAT = Format("GeoParquet", (".parquet", ".geoparquet"), "vector", read)
