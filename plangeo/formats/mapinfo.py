"""MapInfo TAB and MIF: parts that must be there, charsets that lie, and the datum VN-2000 loses."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, family, find_beside, read_head, true_type
from plangeo.rowcounts import count_interchange, count_table, require_rows
from plangeo.vectors import read_layer

_CHARSET = re.compile(r'(?:!charset\s+|Charset\s+")(\w+)', re.IGNORECASE)
_COLUMNS = re.compile(r"^\s*columns\s+(\d+)", re.IGNORECASE | re.MULTILINE)
_DELIMITER = re.compile(r'^\s*delimiter\s+"(.)"', re.IGNORECASE | re.MULTILINE)
_ELSEWHERE = re.compile(
    r'open\s+table|"\\?IsSeamless"\s*=\s*"TRUE"|create\s+view|^\s*File\s+"[^"]*[/\\:]', re.IGNORECASE | re.MULTILINE
)


def read(path: Path, request: Request) -> Raw:
    """Read a MapInfo table (.tab with .dat, .map, .id) or interchange file (.mif with .mid).

    **Raises** InputError when a part is missing or rows are lost between the parts, and for tables that only point at other tables.
    """
    text = read_head(path, 65536).decode("latin-1")
    if path.suffix.lower() == ".mif":
        wanted, valid = {".mid": "its attributes"}, text.lstrip().lower().startswith("version")
    else:
        wanted, valid = (
            {".dat": "its attributes", ".map": "its shapes", ".id": "its index"},
            text.lstrip().lower().startswith("!table"),
        )
        kind = re.search(r"Type\s+(\w+)", text, re.IGNORECASE)
        if valid and _ELSEWHERE.search(text):
            raise InputError(
                f"{path.name} only points at other tables (view, seamless or linked table). Pass those tables, or export to GeoPackage.",
                code="format_variant",
            )
        if valid and kind and kind.group(1).upper() == "DBF":
            wanted = {".dbf": "its attributes", ".map": "its shapes", ".id": "its index"}
        elif valid and (kind is None or kind.group(1).upper() != "NATIVE"):
            raise InputError(
                f"{path.name} is a MapInfo table of type {kind.group(1) if kind else 'unknown'!r}, not of shapes. Export the layer to GeoPackage.",
                code="format_variant",
            )
    if not valid:
        raise InputError(
            f"{path.name} is not a MapInfo file: its content is {true_type(text.encode('latin-1'))}. Export it again.",
            code="file_not_its_type",
        )
    for suffix, why in wanted.items():
        if find_beside(path, suffix) is None:
            raise InputError(
                f"{path.name}: {path.stem}{suffix.upper()} ({why}) is missing beside it. Copy all files of the table together.",
                code="sidecar_missing",
            )
    charset = _CHARSET.search(text)
    if charset and charset.group(1).lower() == "windowsvietnamese":
        raw = _as_neutral(path, request)
    else:
        # GDAL recodes the charsets it knows to UTF-8 and hands over the bytes of the others: decide per column
        raw = read_layer(path, request, driver="MapInfo File", encoding="ISO-8859-1")
    if (counted := _counted(path, text)) is not None:
        require_rows(len(raw.frame), *counted)
        raw.counted[raw.layer] = {"rows": len(raw.frame), "counted": counted[0]}
    note = _datum_note(raw)
    if note and request.crs is None:
        raw.notes.append(note)
    return raw


def _counted(path: Path, text: str) -> tuple[int, str, str] | None:
    """How many rows the attributes have, the file's name, and who says so; None for kinds that do not tell."""
    if path.suffix.lower() == ".mif":
        rows, columns = find_beside(path, ".mid"), _COLUMNS.search(text)
        if rows is None or columns is None or int(columns[1]) == 0:
            return None
        separator = _DELIMITER.search(text)
        return count_interchange(rows, separator[1] if separator else "\t"), path.name, f"{rows.name} has"
    rows, index = find_beside(path, ".dat"), find_beside(path, ".id")
    if rows is None or index is None:
        return None
    return count_table(rows, index), path.name, f"{rows.name} has"


def _as_neutral(path: Path, request: Request) -> Raw:
    """Read a working copy that declares no charset: GDAL's decoder of CP1258 drops the last letter of a text."""
    with tempfile.TemporaryDirectory(prefix="plangeo-") as folder:
        for part in sidecars(path):
            shutil.copyfile(part, Path(folder) / part.name)
        copy = Path(folder) / path.name
        head, rest = copy.read_bytes()[:65536], copy.read_bytes()[65536:]
        copy.write_bytes(re.sub(rb"WindowsVietnamese", b"Neutral", head, flags=re.IGNORECASE) + rest)
        return read_layer(copy, request, driver="MapInfo File", encoding="ISO-8859-1", declared="cp1258", shown=path.name)


def _datum_note(raw: Raw) -> str:
    """Warn where a layer of Vietnam says WGS 84: MapInfo files written from VN-2000 lose the datum."""
    crs = getattr(raw.frame, "crs", None)
    if crs is None or not any(word in str(crs.datum).lower() for word in ("wgs", "world geodetic")):
        return ""
    if crs.is_projected and crs.coordinate_operation is not None:
        lon_0 = next((p.value for p in crs.coordinate_operation.params if "longitude of natural origin" in p.name.lower()), None)
    else:
        lon_0 = raw.frame.total_bounds[0]
    if lon_0 is None or not 101 <= float(lon_0) <= 111:
        return ""
    return (
        "MapInfo files of VN-2000 layers are often labelled WGS 84, which shifts everything by about 224 m: "
        'if the plan is in VN-2000, state it with crs= (for example crs="EPSG:9215")'
    )


def sidecars(path: Path) -> list[Path]:
    """Return the parts of the table."""
    return family(path, (".tab", ".dat", ".dbf", ".map", ".id", ".ind", ".mif", ".mid"))


FORMAT = Format("MapInfo", (".tab", ".mif"), "vector", read, sidecars)
