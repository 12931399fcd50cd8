"""DXF drawings: no CRS inside, so the caller always states one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from plangeo.drawings.cad import Drawing, read_drawing, rows_of
from plangeo.drawings.exchangefile import MOST_ENTITIES, READ, Contents, survey_entities
from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, read_head, true_type
from plangeo.letters.bytetext import codec_of

_CUT = "the data end early: the drawing has no EOF at its end, so part of it is missing; copy or export it again"
_DWG = "AutoCAD: Save As → DXF; without AutoCAD: the free ODA File Converter, or QGIS: Project → Import/Export → Import Layers from DWG/DXF"

_PAGE = re.compile(rb"\$DWGCODEPAGE[\s\x00\x03]+(?:3\s+)?(\w+)")
_VERSION = re.compile(rb"\$ACADVER[\s\x00\x01]+(?:1\s+)?AC(\d{4})")
_UNICODE_SINCE = 1021
"""Version of the format (AutoCAD 2007) whose text is UTF-8, whatever code page the header names."""
_HEADER_BYTES = 65_536


def read(path: Path, request: Request) -> Raw:
    """Read the entities of a DXF drawing; of a plan, the zones its shapes and labels make (``plangeo.drawings.cad``).

    **Raises** CrsError without ``crs=``; InputError for other content, for entities that were not read, for levels that are not there or
    were not chosen.
    """
    return rows_of(read_elements(path, request), request, path)


def read_elements(path: Path, request: Request) -> Drawing:
    """Read all entities of a DXF drawing. **Raises** as ``read``."""
    head = read_head(path)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"AC10"):
        version = head[:6].decode("ascii", "replace")
        raise InputError(
            f"{path.name} is a DWG drawing ({version}) with the name of a DXF. Export it to DXF first ({_DWG}).",
            code="format_variant",
        )
    if not head.startswith(b"AutoCAD Binary DXF") and b"SECTION" not in head and not text.startswith((b"0", b"999")):
        raise InputError(
            f"{path.name} is not a DXF drawing: its content is {true_type(head)}. A DWG file must be exported to DXF first ({_DWG}).",
            code="file_not_its_type",
        )
    binary = head.startswith(b"AutoCAD Binary DXF")
    held = Contents(ended=True) if binary else survey_entities(path)
    kinds = held.kinds
    if not binary and kinds and not any(kind in READ for kind in kinds):
        raise InputError(
            f"{path.name} draws nothing that can be read: it holds {_counted(kinds)}. Export its outlines as LWPOLYLINE, LINE or HATCH.",
            code="drawing_unreadable",
        )
    if held.unfolded > MOST_ENTITIES:
        raise InputError(
            f"{path.name} unfolds to more than {MOST_ENTITIES:,} entities through its blocks: it would fill the memory. "
            "Explode or purge its blocks, or export the levels that are needed.",
            code="file_too_large",
        )
    drawing = read_drawing(
        path,
        request,
        driver="DXF",
        styles="SELECT OGR_STYLE FROM entities",
        declared=text_codec(read_head(path, _HEADER_BYTES)),
    )
    notes = drawing.raw.notes
    notes.append("a drawing has no register: name, layer and text come from the drawing's own attributes")
    if left := Counter({kind: n for kind, n in kinds.items() if kind not in READ}):
        notes.append(
            f"not read, because their kind is not known to the reader: {_counted(left)}; look whether borders or labels are among them"
        )
    if binary:
        notes.append("the entities of a binary drawing are not counted a second time")
        return drawing
    if not held.ended:
        return replace(drawing, ending=_CUT)
    _require_drawn(held, drawing.raw, path.name)
    drawing.raw.counted["entities"] = {"rows": len(drawing.levels), "counted": held.drawn.total()}
    return drawing


def _require_drawn(held: Contents, raw: Raw, name: str) -> None:
    """**Raises** InputError when entities that are a row each have none, told by their handles; those without handles are counted."""
    handles = raw.frame["EntityHandle"] if "EntityHandle" in raw.frame else [""] * len(raw.frame)
    read = Counter(str(h).upper() if isinstance(h, str) else "" for h in handles)
    lost = {handle: n - read[handle] for handle, n in held.drawn.items() if n > read[handle]}
    if lost:
        first = ", ".join(f"{held.names[h]} (handle {h})" if h else f"{lost[h]} without handle" for h in list(lost)[:5])
        raise InputError(
            f"{name}: of the {held.drawn.total():,} entities it draws, {sum(lost.values()):,} could not be read: {first}. A border that is not "
            "read joins two zones, a label that is not read leaves one unknown. Explode them or convert them to LWPOLYLINE, and export again.",
            code="file_truncated",
        )


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{n:,} {kind[:40]}" for kind, n in kinds.most_common(10))


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
