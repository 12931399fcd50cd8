"""DXF drawings: no CRS inside, so the caller always states one."""

from __future__ import annotations

import re
from pathlib import Path

from plangeo.bytetext import codec_of
from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, read_head, true_type
from plangeo.vectors import read_layer

_PAGE = re.compile(rb"\$DWGCODEPAGE[\s\x00\x03]+(?:3\s+)?(\w+)")
_VERSION = re.compile(rb"\$ACADVER[\s\x00\x01]+(?:1\s+)?AC(\d{4})")
_UNICODE_SINCE = 1021
"""Version of the format (AutoCAD 2007) whose text is UTF-8, whatever code page the header names."""
_HEADER_BYTES = 65_536


def read(path: Path, request: Request) -> Raw:
    """Read the entities of a DXF drawing. **Raises** CrsError without ``crs=``; InputError for other content."""
    head = read_head(path)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(b"AutoCAD Binary DXF") and b"SECTION" not in head and not text.startswith((b"0", b"999")):
        raise InputError(
            f"{path.name} is not a DXF drawing: its content is {true_type(head)}. A DWG file must be exported to DXF first."
        )
    declared = text_codec(read_head(path, _HEADER_BYTES))
    raw = read_layer(path, request, driver="DXF", encoding="ISO-8859-1", declared=declared, carries_crs=False)
    raw.notes.append("a drawing has no register: name, layer and text come from the drawing's own attributes")
    return raw


def text_codec(head: bytes) -> str | None:
    """Return the codec of a drawing's text by its header; None when it names none that is known.

    >>> text_codec(b"9\\n$ACADVER\\n1\\nAC1015\\n9\\n$DWGCODEPAGE\\n3\\nANSI_1258\\n")
    'cp1258'
    """
    version, page = _VERSION.search(head), _PAGE.search(head)
    if version and int(version.group(1)) >= _UNICODE_SINCE:
        return "utf-8"
    return codec_of(page.group(1).decode("ascii", "replace")) if page else None


FORMAT = Format("DXF", (".dxf",), "vector", read)
