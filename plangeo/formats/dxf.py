"""DXF drawings: no CRS inside, so the caller always states one."""

from __future__ import annotations

from pathlib import Path

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, read_head, true_type
from plangeo.vectors import read_layer


def read(path: Path, request: Request) -> Raw:
    """Read the entities of a DXF drawing. **Raises** CrsError without ``crs=``; InputError for other content."""
    head = read_head(path)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(b"AutoCAD Binary DXF") and b"SECTION" not in head and not text.startswith((b"0", b"999")):
        raise InputError(
            f"{path.name} is not a DXF drawing: its content is {true_type(head)}. A DWG file must be exported to DXF first."
        )
    raw = read_layer(path, request, driver="DXF", carries_crs=False)
    raw.notes.append("a drawing has no register: name, layer and text come from the drawing's own attributes")
    return raw


FORMAT = Format("DXF", (".dxf",), "vector", read)
