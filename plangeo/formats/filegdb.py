"""ESRI file geodatabase: a folder named .gdb (zipped ones are unpacked before)."""

from __future__ import annotations

from pathlib import Path

from plangeo.errors import InputError
from plangeo.geodatabase import count_table_rows
from plangeo.inputs import Format, Raw, Request
from plangeo.rowcounts import require_rows
from plangeo.vectors import read_layer


def read(path: Path, request: Request) -> Raw:
    """Read one feature class.

    **Raises** InputError when the folder is no geodatabase, several classes hold rows and none is named, or the table counts other rows.
    """
    if not path.is_dir() or not any(path.glob("*.gdbtable")):
        raise InputError(
            f"{path.name} is not a file geodatabase: a folder with *.gdbtable files is expected. Copy the whole folder.",
            code="format_variant",
        )
    raw = read_layer(path, request, driver="OpenFileGDB")
    counted = count_table_rows(path, raw.layer)
    if counted is None:
        raw.notes.append(
            f"the rows of {raw.layer!r} could not be counted a second time: the layout of the database is not the usual one"
        )
    else:
        require_rows(len(raw.frame), counted.header, path.name, f"the header of the table {raw.layer!r} counts")
        raw.counted[raw.layer] = {"rows": len(raw.frame), "counted": counted.header}
    return raw


def sidecars(path: Path) -> list[Path]:
    """Return every file of the folder."""
    return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".lock")


FORMAT = Format("file geodatabase", (".gdb",), "vector", read, sidecars)
