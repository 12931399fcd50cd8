"""ESRI shapefile: three files that must agree, text decoded here because GDAL damages CP1258."""

from __future__ import annotations

import struct
from pathlib import Path

from plangeo.errors import CrsError, InputError
from plangeo.inputs import Format, Raw, Request, family, find_beside, require_signature
from plangeo.letters.bytetext import codec_of
from plangeo.rowcounts import require_index
from plangeo.vectors import read_layer

_LANGUAGE = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x57: "cp1252",
    0x58: "cp1252",
    0x59: "cp1252",
    0xC8: "cp1250",
    0xC9: "cp1251",
}


def read(path: Path, request: Request) -> Raw:
    """Read a shapefile with its .shx, .dbf, .prj and .cpg.

    **Raises** InputError when a part is missing or cut short, or when .shp and .dbf hold different numbers
    of rows or the index misleads (attributes would be attached to the wrong shapes); CrsError without a usable .prj or ``crs=``.
    """
    require_signature(path, [b"\x00\x00\x27\x0a"], "a shapefile")
    parts = {}
    for suffix, why in ((".shx", "its index"), (".dbf", "its attributes")):
        found = find_beside(path, suffix)
        if found is None:
            raise InputError(
                f"{path.name}: {path.stem}{suffix} ({why}) is missing beside it. Copy all files of the shapefile together.",
                code="sidecar_missing",
            )
        parts[suffix] = found
    shapes = _shapes(path, parts[".shx"])
    rows, deleted = _records(parts[".dbf"])
    if shapes != rows:
        raise InputError(
            f"{path.name} has {shapes} shapes, {parts['.dbf'].name} has {rows} rows: the files are from different versions, "
            "and attributes would go to the wrong shapes. Export the shapefile again.",
            code="sidecar_foreign",
        )
    require_index(path, parts[".shx"])
    notes = []
    declared, note = _declared(path, parts[".dbf"])
    notes += [note] if note else []
    try:
        raw = read_layer(path, request, driver="ESRI Shapefile", encoding="ISO-8859-1", declared=declared)
    except CrsError as error:
        projection = find_beside(path, ".prj")
        if projection is None or request.crs is not None:
            raise
        raise CrsError(
            f"{error} ({projection.name} is there and begins {projection.read_text('latin-1')[:40]!r})", code="crs_missing"
        ) from error
    if len(raw.frame) != rows - deleted:
        raise InputError(
            f"{path.name}: {len(raw.frame)} of {rows - deleted} rows could be read. Export the shapefile again.",
            code="file_truncated",
        )
    raw.counted[raw.layer] = {"rows": len(raw.frame), "counted": rows - deleted}
    if deleted:
        notes.append(f"{deleted} row(s) are marked as deleted in {parts['.dbf'].name} and were left out")
    raw.notes[:0] = notes + _limits(raw)
    return raw


def _limits(raw: Raw) -> list[str]:
    """Say where the format may have cut a name (10 letters) or a text (254 bytes)."""
    notes = []
    full = [str(c) for c in raw.frame.columns if len(str(c)) == 10 and c != "source_row"]
    if full:
        notes.append(f"column names of 10 letters may have been cut by the shapefile: {', '.join(full)}")
    for column in raw.frame.columns.drop("geometry", errors="ignore"):
        long = sum(isinstance(v, str) and max(len(v), len(v.encode())) >= 253 for v in raw.frame[column])
        if long:
            notes.append(f"column {column!r}: {long} text(s) reach 254 bytes, the limit of a shapefile, and may have been cut")
    return notes


def _shapes(path: Path, index: Path) -> int:
    """Count the shapes by the index, after checking that the shapes are all there."""
    with path.open("rb") as stream:
        head = stream.read(100)
    size = path.stat().st_size
    if len(head) < 100 or struct.unpack(">i", head[24:28])[0] * 2 > size:
        raise InputError(
            f"{path.name} is cut short: it should have {struct.unpack('>i', head[24:28])[0] * 2 if len(head) >= 28 else 100} bytes and has {size}. Copy it again.",
            code="file_truncated",
        )
    length = index.stat().st_size
    with index.open("rb") as stream:
        head = stream.read(100)
    if len(head) < 100 or struct.unpack(">i", head[24:28])[0] * 2 != length or (length - 100) % 8:
        raise InputError(
            f"{index.name} is damaged or cut short. Copy it again, or export the shapefile again.", code="file_damaged"
        )
    return (length - 100) // 8


def _records(table: Path) -> tuple[int, int]:
    """Return the rows of a .dbf by its header, and how many are marked as deleted."""
    size = table.stat().st_size
    with table.open("rb") as stream:
        head = stream.read(32)
        if len(head) < 32:
            raise InputError(f"{table.name} is cut short. Copy it again.", code="file_truncated")
        rows, start, width = struct.unpack("<IHH", head[4:12])
        if not width or start + rows * width > size:
            raise InputError(f"{table.name} is cut short: its header promises {rows} rows. Copy it again.", code="file_truncated")
        stream.seek(start)
        deleted = 0
        for _ in range(rows):
            deleted += stream.read(width)[:1] == b"*"
    return rows, deleted


def _declared(path: Path, table: Path) -> tuple[str | None, str]:
    """Return the codec the .cpg (else the .dbf header) names, and a note when it names none that exists."""
    page = find_beside(path, ".cpg")
    if page is not None:
        words = page.read_bytes()[:64].decode("latin-1").strip()
        codec = codec_of(words)
        return codec, "" if codec or not words else f"{page.name} says {words[:20]!r}, which is no known encoding; it was ignored"
    with table.open("rb") as stream:
        return _LANGUAGE.get(stream.read(30)[29:30][0]), ""


def sidecars(path: Path) -> list[Path]:
    """Return the parts of the shapefile."""
    return family(path, (".shp", ".shx", ".dbf", ".prj", ".cpg"))


FORMAT = Format("shapefile", (".shp",), "vector", read, sidecars)
