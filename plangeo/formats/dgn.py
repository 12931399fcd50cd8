"""MicroStation DGN, version 7 only (GDAL cannot read version 8); no CRS inside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from plangeo.drawings.cad import Drawing, read_drawing, rows_of
from plangeo.drawings.designfile import walk
from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, read_head, true_type


def read(path: Path, request: Request) -> Raw:
    """Read the elements of a DGN v7 design file; of a plan, the zones its shapes and labels make (``plangeo.drawings.cad``).

    **Raises** InputError for version 8 and other content, for elements that were not read, for levels that are not there or were not
    chosen; CrsError without ``crs=``.
    """
    return rows_of(read_elements(path, request), request, path)


def read_elements(path: Path, request: Request) -> Drawing:
    """Read all elements of a design file. **Raises** as ``read``."""
    head = read_head(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"{path.name} is a DGN of version 8, which cannot be read here. In MicroStation: File → Save As (or Export) → V7 DGN, DXF or "
            "shapefile; the free Bentley View saves V7 as well. Then check that the extent is the same.",
            code="format_variant",
        )
    if not (len(head) >= 512 and head[0] in (0x08, 0xC8) and head[1] == 0x09 and head[2] == 0xFE):
        raise InputError(
            f"{path.name} is not a DGN design file of version 7: its content is {true_type(head)}.", code="file_not_its_type"
        )
    walked = walk(path)
    if not walked.drawn:
        raise InputError(
            f"{path.name} draws nothing: {walked.warning() or 'it has no line, shape or text'}.", code="drawing_unreadable"
        )
    # without a filter GDAL trusts its index, which counts a cell and its first member once, and as many elements at the end are lost
    styles = "SELECT OGR_STYLE FROM elements WHERE 1 = 1"
    drawing = read_drawing(path, request, driver="DGN", styles=styles, where="1 = 1")
    walked.require_all(len(drawing.levels), path.name)
    drawing.raw.counted["elements"] = {"rows": len(drawing.levels), "counted": walked.drawn}
    return replace(drawing, ending=walked.warning())


FORMAT = Format("DGN v7", (".dgn",), "vector", read)
