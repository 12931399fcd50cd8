"""MicroStation DGN, version 7 only (GDAL cannot read version 8); no CRS inside."""

from __future__ import annotations

from pathlib import Path

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, read_head, true_type
from plangeo.vectors import read_layer


def read(path: Path, request: Request) -> Raw:
    """Read the elements of a DGN v7 design file. **Raises** InputError for version 8 and other content; CrsError without ``crs=``."""
    head = read_head(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"{path.name} is a DGN of version 8, which cannot be read here. In MicroStation save it as V7, DXF or shapefile."
        )
    if not (len(head) >= 512 and head[0] in (0x08, 0xC8) and head[1] == 0x09 and head[2] == 0xFE):
        raise InputError(f"{path.name} is not a DGN design file of version 7: its content is {true_type(head)}.")
    return read_layer(path, request, driver="DGN", encoding="ISO-8859-1", carries_crs=False)


FORMAT = Format("DGN v7", (".dgn",), "vector", read)
