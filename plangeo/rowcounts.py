"""How many rows a file says it holds, counted without the library that reads it.

A reader that passes over what it does not understand loses a zone without a word; where its rows are not the rows counted here, the
file is refused.
"""

from __future__ import annotations

import csv
import json
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np

from plangeo.errors import InputError

_FEATURE = "Feature"
_SHAPES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"},
)
_BLANK = re.compile(r"[ \t\r\n]*")
_JSON = json.JSONDecoder(strict=False)
_HINT = "Export it again as GeoPackage."


def require_rows(found: int, counted: int, name: str, said: str) -> None:
    """**Raises** InputError when a reader gave ``found`` rows and the file holds ``counted``, as ``said`` by what."""
    if found != counted:
        raise InputError(
            f"{name}: {found} row(s) could be read, but {said} {counted}. A row that is not read is a zone or a project nobody looks at. "
            f"{_HINT}",
            code="file_truncated",
        )


def count_features(path: Path) -> int:
    """Return how many features a GeoJSON file holds.

    **Raises** InputError for what is no JSON, for a key ``features`` written twice, and for members of it that are no features.
    """
    text, counts = _text(path), []
    try:
        at = _skip(text, 0)
        _require(text[at] == "{", "it does not begin with {")
        at = _skip(text, at + 1)
        while text[at] != "}":
            key, at = _JSON.raw_decode(text, at)
            at = _skip(text, at)
            _require(text[at] == ":", f"no value follows {key!r}")
            at = _skip(text, at + 1)
            if key == "features":
                count, at = _count_members(text, at, path.name)
                counts.append(count)
            else:
                at = _JSON.raw_decode(text, at)[1]
            at = _next(text, at)
    except InputError:
        raise
    except (ValueError, RecursionError, IndexError) as error:
        raise InputError(f"{path.name}: its features cannot be counted ({error}). {_HINT}", code="file_damaged") from error
    if len(counts) > 1:
        raise InputError(
            f"{path.name}: the list of features stands there {len(counts)} times, and readers disagree which one counts. {_HINT}",
            code="file_damaged",
        )
    return counts[0] if counts else 1


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _text(path: Path) -> str:
    """The structure of JSON is ASCII, whatever the encoding of its texts."""
    return path.read_bytes().decode("latin-1").removeprefix("\xef\xbb\xbf")


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _next(text: str, at: int) -> int:
    """Where the next member begins, or the bracket that closes."""
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _count_members(text: str, at: int, name: str) -> tuple[int, int]:
    """Count the features of the list that begins at ``at``, one by one in memory, and return where it ends."""
    _require(text[at] == "[", "features is no list")
    at, count = _skip(text, at + 1), 0
    while text[at] != "]":
        member, at = _JSON.raw_decode(text, at)
        _require_feature(member, count, name)
        count, at = count + 1, _next(text, at)
    return count, at + 1


def _require_feature(member: Any, number: int, name: str) -> None:
    """**Raises** InputError for what a reader would pass over, or read as something else."""
    kind = member.get("type") if isinstance(member, dict) else type(member).__name__
    if kind != _FEATURE:
        raise InputError(
            f"{name}: member {number + 1} of its features is no Feature but {str(kind)[:40]!r}; readers pass over it without a word, and "
            f"a zone would be lost. {_HINT}",
            code="file_damaged",
        )


def count_sequence(path: Path) -> int:
    """Return how many features a file of one JSON text per line, or per record separator, holds.

    **Raises** InputError for a text that is no feature and no shape.
    """
    text = _text(path)
    parts = text.split("\x1e") if "\x1e" in text else text.splitlines()
    count = 0
    for number, part in enumerate(parts, start=1):
        if not part.strip():
            continue
        try:
            member = json.loads(part, strict=False)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path.name}: text {number} is damaged ({error}). {_HINT}", code="file_damaged") from error
        if not (isinstance(member, dict) and member.get("type") in _SHAPES):
            _require_feature(member, number - 1, path.name)
        count += 1
    return count


def count_interchange(attributes: Path, separator: str) -> int:
    """Return how many records the attributes (.mid) of a MapInfo interchange file have."""
    with attributes.open(encoding="latin-1", newline="") as stream:
        rows = list(map(bool, csv.reader((line.replace("\0", " ") for line in stream), delimiter=separator)))
    while rows and not rows[-1]:  # the file ends with blank lines
        rows.pop()
    return len(rows)


def count_table(attributes: Path, index: Path) -> int:
    """Return how many rows a MapInfo table has by the header of its attributes (.dat), without those marked as deleted.

    **Raises** InputError when the file is cut short, or its index (.id) has another number of rows.
    """
    size = attributes.stat().st_size
    with attributes.open("rb") as stream:
        head = stream.read(32)
        rows, start, width = struct.unpack("<IHH", head[4:12]) if len(head) == 32 else (0, 0, 0)
        if not width or start + rows * width > size:
            raise InputError(
                f"{attributes.name} is cut short: its header promises {rows} rows. Copy it again.", code="file_truncated"
            )
        stream.seek(start)
        deleted = sum(stream.read(width)[:1] == b"*" for _ in range(rows))
    if index.stat().st_size != 4 * rows:
        raise InputError(
            f"{index.name} has {index.stat().st_size // 4} rows, {attributes.name} has {rows}: the files are from different versions, and "
            "attributes would go to the wrong shapes. Copy all files of the table together.",
            code="sidecar_foreign",
        )
    return int(rows) - deleted


def require_index(shapes: Path, index: Path) -> None:
    """Check that the index (.shx) of a shapefile leads to every shape (.shp) once.

    **Raises** InputError when two rows lead to one shape, or one leads to where no shape begins: attributes would be joined to the
    wrong ground.
    """
    entries = np.frombuffer(index.read_bytes()[100:], dtype=">i4").reshape(-1, 2).astype(np.int64) * 2
    if not len(entries):
        return
    starts, lengths = entries.T
    order = np.argsort(starts, kind="stable")
    size = shapes.stat().st_size
    astray = (starts < 100) | (lengths < 4) | (starts + 8 + lengths > size)
    astray[order[1:]] |= starts[order][1:] < (starts + 8 + lengths)[order][:-1]
    if not astray.any():
        content = np.memmap(shapes, dtype=np.uint8, mode="r")
        at = starts[:, None] + np.arange(4, 8)
        astray = np.ascontiguousarray(content[at]).view(">i4").ravel().astype(np.int64) * 2 != lengths
    if astray.any():
        raise InputError(
            f"{index.name}: row {int(np.argmax(astray)) + 1} leads to no shape of its own in {shapes.name}, so a row would get the ground "
            "of another. Delete the .shx and let QGIS make it anew, or export the shapefile again.",
            code="sidecar_foreign",
        )
