"""FlatGeobuf."""

from __future__ import annotations

from pathlib import Path

from plangeo.inputs import Format, Raw, Request, require_signature
from plangeo.vectors import read_layer


def read(path: Path, request: Request) -> Raw:
    """Read a FlatGeobuf file. **Raises** InputError for other content; CrsError when it states no CRS."""
    require_signature(path, [b"fgb\x03fgb"], "a FlatGeobuf file")
    return read_layer(path, request, driver="FlatGeobuf", options={"VERIFY_BUFFERS": "YES"})


FORMAT = Format("FlatGeobuf", (".fgb",), "vector", read)
