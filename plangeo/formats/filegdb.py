"""ESRI file geodatabase: a folder named .gdb (zipped ones are unpacked before)."""

from __future__ import annotations

from pathlib import Path

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request
from plangeo.vectors import read_layer


def read(path: Path, request: Request) -> Raw:
    """Read one feature class. **Raises** InputError when the folder is no geodatabase, or several classes hold rows and none is named."""
    if not path.is_dir() or not any(path.glob("*.gdbtable")):
        raise InputError(
            f"{path.name} is not a file geodatabase: a folder with *.gdbtable files is expected. Copy the whole folder.",
            code="format_variant",
        )
    return read_layer(path, request, driver="OpenFileGDB")


def sidecars(path: Path) -> list[Path]:
    """Return every file of the folder."""
    return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".lock")


FORMAT = Format("file geodatabase", (".gdb",), "vector", read, sidecars)
