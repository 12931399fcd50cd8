"""GeoPackage: rows are counted by SQLite itself, because the file's own counter may be stale."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

from plangeo.errors import CrsError, InputError
from plangeo.inputs import Format, Raw, Request, require_signature
from plangeo.vectors import CURVE_NOTE, read_layer

_CURVE_CODES = {8, 9, 10, 11, 12, 13, 14}


def read(path: Path, request: Request) -> Raw:
    """Read one layer of a GeoPackage.

    **Raises** InputError for a file that is not a GeoPackage, for several layers without ``layer=``, for an
    empty layer, and when the rows read are not the rows stored.
    """
    head = require_signature(path, [b"SQLite format 3\0"], "a GeoPackage")
    wal = path.with_name(path.name + "-wal")
    if 2 not in head[18:20] and not (wal.exists() and wal.stat().st_size):
        return _read(path, path, request)
    # opening a database in WAL mode writes beside it; a working copy leaves the officer's folder alone
    with tempfile.TemporaryDirectory(prefix="plangeo-") as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        if wal.exists():
            shutil.copyfile(wal, copy.with_name(copy.name + "-wal"))
        raw = _read(copy, path, request)
    if not wal.exists():
        raw.notes.append(
            f"{path.name} was copied from a running program without its -wal file and may be incomplete: "
            "close the program (QGIS) and copy the file again"
        )
    return raw


def _read(path: Path, shown: Path, request: Request) -> Raw:
    with _database(path, shown) as connection:
        tables = {row[0] for row in _rows(connection, "SELECT lower(name) FROM sqlite_master", shown)}
        if "gpkg_contents" not in tables:
            raise InputError(
                f"{shown.name} is an SQLite database, but not a GeoPackage (no table gpkg_contents). Export it as GeoPackage.",
                code="format_variant",
            )
    # a constant filter makes GDAL count the rows instead of trusting the stored counter
    raw = read_layer(path, request, driver="GPKG", where="1=1", shown=shown.name)
    quoted = '"' + raw.layer.replace('"', '""') + '"'
    with _database(path, shown) as connection:
        stored = _rows(connection, f"SELECT count(*) FROM {quoted}", shown)[0][0]  # noqa: S608 - quoted identifier
        if stored != len(raw.frame):
            raise InputError(
                f"{shown.name}, layer {raw.layer!r}: {len(raw.frame)} of {stored} rows could be read. Repair it: export it again from QGIS.",
                code="file_truncated",
            )
        raw.counted[raw.layer] = {"rows": len(raw.frame), "counted": int(str(stored))}
        counter = (
            _rows(connection, "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ?", shown, (raw.layer,))
            if "gpkg_ogr_contents" in tables
            else []
        )
        if counter and counter[0][0] is not None and counter[0][0] != stored:
            raw.notes.append(f"the file's counter says {counter[0][0]} rows, it holds {stored}; all {stored} were read")
        _require_one_system(connection, raw.layer, quoted, shown)
        if _curved(connection, raw.layer, quoted, shown):
            raw.notes.append(CURVE_NOTE)
    return raw


class _Closing:
    """A read-only connection that is closed, not only committed, at the end of ``with``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> sqlite3.Connection:
        return self.connection

    def __exit__(self, *_error: object) -> None:
        self.connection.close()


def _database(path: Path, shown: Path) -> _Closing:
    try:
        return _Closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True))
    except sqlite3.Error as error:
        raise InputError(
            f"{shown.name} cannot be opened as a database ({error}). Copy or export it again.", code="file_damaged"
        ) from error


def _rows(connection: sqlite3.Connection, query: str, shown: Path, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
    try:
        return connection.execute(query, tuple(values)).fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise InputError(
            f"{shown.name} is a damaged database ({error}). Copy or export it again.", code="file_damaged"
        ) from error


def _curved(connection: sqlite3.Connection, layer: str, quoted: str, shown: Path) -> bool:
    """Look at the type code of the stored geometries: the layer's declared type may be silent about curves."""
    named = _rows(connection, "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", shown, (layer,))
    if not named:
        return False
    column = '"' + str(named[0][0]).replace('"', '""') + '"'
    # header: magic 2, version 1, flags 1, srs 4, envelope 0/32/48/48/64 bytes, then WKB: order 1, type 4
    query = f"SELECT DISTINCT substr({column}, 4, 1), substr({column}, 9, 69) FROM {quoted} WHERE {column} IS NOT NULL"  # noqa: S608
    for flags, rest in _rows(connection, query, shown):
        if not isinstance(flags, bytes) or not isinstance(rest, bytes) or not flags:
            continue
        start = (0, 32, 48, 48, 64, 0, 0, 0)[(flags[0] >> 1) & 7]
        order, code = rest[start : start + 1], rest[start + 1 : start + 5]
        if len(code) == 4 and int.from_bytes(code, "little" if order == b"\1" else "big") % 1000 in _CURVE_CODES:
            return True
    return False


def _require_one_system(connection: sqlite3.Connection, layer: str, quoted: str, shown: Path) -> None:
    """**Raises** CrsError when some of the stored geometries say that they are in another system than their layer."""
    named = _rows(connection, "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?", shown, (layer,))
    if not named:
        return
    column, own = '"' + str(named[0][0]).replace('"', '""') + '"', named[0][1]
    query = f"SELECT DISTINCT substr({column}, 4, 5) FROM {quoted} WHERE {column} IS NOT NULL"  # noqa: S608 - quoted identifiers
    heads = [row[0] for row in _rows(connection, query, shown) if isinstance(row[0], bytes) and len(row[0]) == 5]
    told = {int.from_bytes(head[1:], "little" if head[0] & 1 else "big", signed=True) for head in heads}
    # all alike but not as the layer says: a program that writes no numbers, or those of another table
    if len(told) > 1 and (others := sorted(n for n in told if n > 0 and n != own)):
        raise CrsError(
            f"{shown.name}, layer {layer!r}: the layer is in the system {own}, and some of its shapes say that they are in "
            f"{', '.join(map(str, others))}. They would lie hundreds of metres off, or in another country. Convert all of them into one "
            "system and export again.",
            code="crs_statements_contradict",
        )


def sidecars(path: Path) -> list[Path]:
    """Return the file and its write-ahead log, if there is one."""
    return [p for p in (path, path.with_name(path.name + "-wal")) if p.exists()]


FORMAT = Format("GeoPackage", (".gpkg",), "vector", read, sidecars)
