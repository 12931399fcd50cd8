"""How much a file holds, told from its size and its header in milliseconds, before anything reads it.

Numbers for an estimate, never for a verdict: a file that lies about itself is caught by its reader, not here. Nothing is raised.
"""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePath

VERTEX_BYTES = 16
"""Two coordinates as every binary format of shapes keeps them."""
_LOOK = 4 * 2**20
"""Bytes of a text table that are counted; the rest is taken to be alike."""
_STEPS = 1_000_000
"""Steps after which the database is told to stop looking."""
_ROW_BYTES: Mapping[str, int] = {".xlsx": 500, ".ods": 700, ".xls": 400, ".xlsb": 300, ".csv": 250, ".tsv": 250, ".txt": 250}
"""Bytes of a row of a table as offices write it; of workbooks those of the sheets, unpacked."""
_BYTES_OF_A_VERTEX: Mapping[str, int] = {
    ".geojson": 40, ".json": 40, ".geojsonl": 40, ".geojsons": 40, ".gml": 40, ".kml": 45, ".dxf": 60, ".dgn": 12, ".mif": 25,
    ".tab": 8, ".fgb": 17, ".gpkg": 17, ".shp": 17,
}  # fmt: skip
_OF_A_ROW = 6
"""Vertices of a row of a table, whose places are points or short lists of corners."""


@dataclass(frozen=True)
class Holdings:
    """What a file seems to hold."""

    rows: int
    vertices: int
    counted: bool
    """Whether ``rows`` stands in the file; else it is told from its size."""


def holdings_of(path: str | Path) -> Holdings:
    """Return what a vector file or a table seems to hold; a file that is not there holds nothing.

    >>> holdings_of("nowhere.gpkg")
    Holdings(rows=0, vertices=0, counted=False)
    """
    path = Path(path)
    try:
        if path.suffix.lower() == ".zip":
            return _packed(path)
        size = sum(p.stat().st_size for p in _beside(path))
    except (OSError, ValueError, zipfile.BadZipFile):
        return Holdings(0, 0, False)
    suffix = path.suffix.lower()
    try:
        if suffix in _COUNTERS:
            return _COUNTERS[suffix](path, size)
    except Exception:  # whatever is wrong with the file, its reader says it better
        return _from_size(suffix, size)
    return _from_size(suffix, size)


def _beside(path: Path) -> list[Path]:
    """The file that holds the shapes: of a MapInfo table that is another one than the one named."""
    shapes = path.with_suffix(".map")
    return [shapes] if path.suffix.lower() == ".tab" and shapes.exists() else [path]


def _from_size(suffix: str, size: int) -> Holdings:
    if suffix in _ROW_BYTES:
        rows = max(1, size // _ROW_BYTES[suffix])
        return Holdings(rows, rows * _OF_A_ROW, False)
    vertices = size // _BYTES_OF_A_VERTEX.get(suffix, VERTEX_BYTES)
    return Holdings(max(1, vertices // 50), vertices, False)


def _packed(path: Path) -> Holdings:
    """An archive: its largest member, by the size it says it has when unpacked."""
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
    if not members:
        return Holdings(0, 0, False)
    largest = max(members, key=lambda m: m.file_size)
    return _from_size(PurePath(largest.filename).suffix.lower(), largest.file_size)


def _parquet(path: Path, size: int) -> Holdings:
    import pyarrow.parquet as pq

    about = pq.read_metadata(path)
    at = {about.schema.column(n).path: n for n in range(about.num_columns)}
    column = next((at[name] for name in ("geometry", "geom", "wkb_geometry") if name in at), None)
    if column is None:
        return Holdings(about.num_rows, about.num_rows * _OF_A_ROW, True)
    unpacked = sum(about.row_group(n).column(column).total_uncompressed_size for n in range(about.num_row_groups))
    return Holdings(about.num_rows, max(about.num_rows, unpacked // VERTEX_BYTES), True)


def _shapefile(path: Path, size: int) -> Holdings:
    index = path.with_suffix(".shx")
    rows = (index.stat().st_size - 100) // 8
    return Holdings(rows, max(rows, (size - 100 - 60 * rows) // VERTEX_BYTES), True)


def _geopackage(path: Path, size: int) -> Holdings:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        base.set_progress_handler(lambda: 1, _STEPS)  # a view of that name could go on for ever
        rows = base.execute("SELECT max(feature_count) FROM gpkg_ogr_contents").fetchone()[0]
    return Holdings(int(rows), max(int(rows), size // _BYTES_OF_A_VERTEX[".gpkg"]), True)


def _workbook(path: Path, size: int) -> Holdings:
    with zipfile.ZipFile(path) as archive:
        sheets = [m.file_size for m in archive.infolist() if re.search(r"sheets/[^/]+\.(xml|bin)$|content\.xml$", m.filename)]
    return _from_size(path.suffix.lower(), max(sheets, default=size))


def _text_table(path: Path, size: int) -> Holdings:
    with path.open("rb") as stream:
        seen = stream.read(_LOOK)
    lines = max(1, seen.count(b"\n"))
    rows = lines if len(seen) == size else round(lines * size / len(seen))
    return Holdings(rows, rows * _OF_A_ROW, len(seen) == size)


_COUNTERS: Mapping[str, Callable[[Path, int], Holdings]] = {
    ".parquet": _parquet,
    ".geoparquet": _parquet,
    ".shp": _shapefile,
    ".gpkg": _geopackage,
    ".xlsx": _workbook,
    ".xlsb": _workbook,
    ".ods": _workbook,
    ".csv": _text_table,
    ".tsv": _text_table,
    ".txt": _text_table,
}
