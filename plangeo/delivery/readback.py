"""Every file of a draft opened again and counted, before it may be published: on a full disk some writers say nothing."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from xml.parsers import expat

import pyarrow.parquet
import python_calamine

from plangeo.errors import InputError
from plangeo.gdalgate import pyogrio

_END_OF_PAGE = b"</html>"


def read_back(draft: Path, names: Iterable[str], counts: Mapping[str, Mapping[str, int]], contents: Mapping[str, bytes]) -> None:
    """Open the files ``names`` of ``draft`` again.

    Parameters: ``counts`` file → part (layer, sheet, or "" for the whole) → rows it must hold; ``contents`` file → the bytes it
    must hold. Files in neither are opened as far as their suffix says how.

    **Raises** InputError naming the first file that is not whole.
    """
    for name in names:
        path = draft / name
        try:
            if name in contents:
                if path.read_bytes() != contents[name]:
                    raise _lost(name, "other bytes than were written")
            elif not path.stat().st_size:
                raise _lost(name, "no byte")
            for part, wanted in counts.get(name, {}).items():
                found = _COUNT[path.suffix](path, part)
                if found != wanted:
                    raise _lost(name, f"{found} rows instead of {wanted}{f' in {part!r}' if part else ''}")
            if test := _WHOLE.get(path.suffix.lower()):
                test(path)
        except InputError:
            raise
        except Exception as error:  # whatever a reader says of a file that was cut
            raise _lost(name, f"what cannot be read again: {error}") from error


def _lost(name: str, found: str) -> InputError:
    return InputError(f"{name} was written with {found}; is the disk full? Nothing was published", code="output_incomplete")


def csv_rows(path: Path, part: str = "") -> int:
    """Return how many rows a CSV file of ours holds below its header."""
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return sum(1 for _ in csv.reader(stream)) - 1


def csv_cells(path: Path, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Return some columns of a CSV file of ours, row by row. **Raises** KeyError for a column it does not have, ValueError."""
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        return [tuple(str(row[name]) for name in columns) for row in rows]


def _parquet_rows(path: Path, part: str) -> int:
    return int(pyarrow.parquet.read_metadata(path).num_rows)


def _layer_rows(path: Path, part: str) -> int:
    return int(pyogrio.read_info(path, layer=part, force_feature_count=True)["features"])


def _sheet_rows(path: Path, part: str) -> int:
    with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
        end = book.get_sheet_by_name(part).end
        return int(end[0]) if end else -1


def _entries(path: Path, part: str) -> int:
    return len(json.loads(path.read_text("utf-8")))


def _unzips(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if (bad := archive.testzip()) is not None:
            raise ValueError(f"its part {bad} is damaged")


def _is_base(path: Path) -> None:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        told = base.execute("PRAGMA quick_check(1)").fetchone()
        if told != ("ok",):
            raise ValueError(str(told))
        there = {name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "gpkg_geometry_columns" not in there:
            raise ValueError("it is no GeoPackage any more")
        wanted = base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall()
    if missing := sorted(table for table, column in wanted if f"rtree_{table}_{column}" not in there):
        raise ValueError(f"no spatial index for {', '.join(missing)}")  # GDAL leaves it out on a full disk, without a word


def _is_page(path: Path) -> None:
    if _END_OF_PAGE not in path.read_bytes()[-64:]:
        raise ValueError("its end is missing")


def _is_xml(path: Path) -> None:
    parser = expat.ParserCreate()
    with path.open("rb") as stream:
        parser.ParseFile(stream)


_COUNT: Mapping[str, Callable[[Path, str], int]] = {
    ".csv": csv_rows,
    ".parquet": _parquet_rows,
    ".gpkg": _layer_rows,
    ".json": _entries,
    ".xlsx": _sheet_rows,
}
_WHOLE: Mapping[str, Callable[[Path], object]] = {
    ".xlsx": _unzips,
    ".docx": _unzips,
    ".html": _is_page,
    ".gpkg": _is_base,
    ".qml": _is_xml,
    ".json": lambda path: json.loads(path.read_bytes()),
    ".jsonl": lambda path: [json.loads(line) for line in path.read_text("utf-8").splitlines()],
}
