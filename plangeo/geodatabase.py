"""How many rows a table of a file geodatabase says it holds, read from its own headers without the library that reads it.

The format is not published; what is used here is what its readers agree on: the table of contents is table 1 (``a00000001``), the
number of an entry is the number of its table, and the header of a table counts the rows that are not deleted. Where a file is
laid out otherwise nothing is said, rather than something wrong.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plangeo.errors import InputError

_OBJECT_ID, _TEXT, _INTEGERS = 6, 4, (0, 1)
_NULLABLE, _DEFAULT = 1, 4
_MOST_TABLES = 100_000
_PAGE = 1024
"""Rows whose offsets stand in one page of the index (.gdbtablx)."""


class _Unknown(Exception):
    """A layout that is not the known one."""


@dataclass(frozen=True)
class TableCount:
    """What the two files of a table say of its rows."""

    header: int
    """Rows that are not deleted, by the header of the table (.gdbtable)."""
    index: int | None
    """Rows that the index (.gdbtablx) leads to; None where its layout is not known."""


def count_table_rows(folder: Path, name: str) -> TableCount | None:
    """Return how many rows the table called ``name`` has; None where the layout is not the known one.

    **Raises** InputError when the index leads to another number of rows than the header counts: rows would be lost, or deleted ones
    come back.
    """
    try:
        number = _tables(folder).get(name.casefold())
        if number is None:
            return None
        table = _beside(folder, number, "gdbtable")
        found = TableCount(_valid_rows(table), _indexed(_beside(folder, number, "gdbtablx")))
    except (_Unknown, OSError, struct.error, ValueError, IndexError, OverflowError):
        return None
    if found.index is not None and found.index != found.header:
        raise InputError(
            f"{folder.name}, table {name!r}: its header counts {found.header} rows, its index leads to {found.index}. Rows would be lost, or "
            "deleted ones come back. Copy the whole folder again while no program has it open, or export it as GeoPackage.",
            code="file_truncated",
        )
    return found


def _beside(folder: Path, number: int, suffix: str) -> Path:
    wanted = f"a{number:08x}.{suffix}"
    return next((p for p in folder.iterdir() if p.name.lower() == wanted), folder / wanted)


def _valid_rows(table: Path) -> int:
    with table.open("rb") as stream:
        head = stream.read(40)
    version = struct.unpack_from("<I", head)[0]
    if version == 3:
        return int(struct.unpack_from("<i", head, 4)[0])
    if version == 4:  # object identifiers of 64 bits
        return int(struct.unpack_from("<q", head, 16)[0])
    raise _Unknown


def _indexed(index: Path) -> int | None:
    """Count the offsets that are not 0; a deleted row, or one never written, has none."""
    content = index.read_bytes()
    version, pages, _, width = struct.unpack_from("<IIII", content)
    if version != 3 or width not in (4, 5, 6):
        return None
    body = np.frombuffer(content, dtype=np.uint8, count=pages * _PAGE * width, offset=16)
    return int(body.reshape(-1, width).any(axis=1).sum())


def _tables(folder: Path) -> dict[str, int]:
    """The table of contents: name in small letters → number of its table. Names that two tables bear are left out."""
    table, index = _beside(folder, 1, "gdbtable").read_bytes(), _beside(folder, 1, "gdbtablx").read_bytes()
    version, pages, rows, width = struct.unpack_from("<IIII", index)
    if version != 3 or width not in (4, 5, 6) or rows > min(_MOST_TABLES, pages * _PAGE):
        raise _Unknown
    flags = _flag_bytes(table)
    found: dict[str, int] = {}
    for row in range(rows):
        at = int.from_bytes(index[16 + row * width : 16 + (row + 1) * width], "little")
        if not at:
            continue
        length, start = _varuint(table, at + 4 + flags)
        name = table[start : start + length].decode("utf-8").casefold()
        if name in found:
            raise _Unknown
        found[name] = row + 1
    return found


def _flag_bytes(table: bytes) -> int:
    """Bytes before the name in a row of the table of contents, which are the flags of missing values."""
    at = struct.unpack_from("<Q", table, 32)[0] + 12
    fields = struct.unpack_from("<H", table, at)[0]
    at += 2
    names, nullable = [], 0
    for _ in range(fields):
        name, at = _utf16(table, at)
        _, at = _utf16(table, at)
        kind, at = table[at], at + 1
        names.append((name, kind))
        if kind == _OBJECT_ID:
            at += 2
            continue
        if kind != _TEXT and kind not in _INTEGERS:
            raise _Unknown
        at += 4 if kind == _TEXT else 1
        flag, at = table[at], at + 1
        nullable += bool(flag & _NULLABLE)
        length, at = _varuint(table, at) if kind == _TEXT else (table[at], at + 1)
        at += length if flag & _DEFAULT else 0
    if names[:2] != [("ID", _OBJECT_ID), ("Name", _TEXT)]:
        raise _Unknown
    return (nullable + 7) // 8


def _utf16(content: bytes, at: int) -> tuple[str, int]:
    stop = at + 1 + 2 * content[at]
    return content[at + 1 : stop].decode("utf-16-le"), stop


def _varuint(content: bytes, at: int) -> tuple[int, int]:
    """A number of any length, seven bits a byte, the lowest first; and where it ends."""
    value, shift = 0, 0
    while True:
        byte, at = content[at], at + 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise _Unknown
