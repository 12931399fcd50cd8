"""What the reader of workbooks does not tell of .xls files: rows that are hidden and cells with an error.

An .xls is an OLE container (a small file system in sectors) whose stream ``Workbook`` is a sequence of BIFF records. Everything is bounded
by the size of the file; a container that does not add up tells nothing, and the true reader says what is wrong with it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_END = 0xFFFFFFFA  # this and above mark ends and holes of a chain
_BOUND_SHEET, _ROW, _ERROR, _FORMULA, _BEGIN, _STOP = 0x85, 0x208, 0x205, 0x06, 0x809, 0x0A


def hidden_and_errors(blob: bytes) -> list[tuple[list[int], list[tuple[int, int]]]]:
    """Return for every sheet of an .xls, in its order, the hidden rows (from 1) and the cells (row, column from 0) with an error.

    Returns an empty list for what is no such container.
    """
    try:
        stream = _workbook(blob)
        starts = [struct.unpack_from("<I", data)[0] for kind, data in _records(stream, 0) if kind == _BOUND_SHEET]
        return [_sheet(stream, start) for start in starts[:1000]]
    except (struct.error, IndexError, ValueError):
        return []


def _sheet(stream: bytes, start: int) -> tuple[list[int], list[tuple[int, int]]]:
    hidden, errors = [], []
    for kind, data in _records(stream, start):
        if kind == _ROW and len(data) >= 14 and data[12] & 0x20:
            hidden.append(struct.unpack_from("<H", data)[0] + 1)
        wrong = (kind == _ERROR and data[7:8] not in (b"", b"\0")) or (
            kind == _FORMULA and len(data) >= 14 and data[12:14] == b"\xff\xff" and data[6] == 2
        )
        if wrong:
            row, column = struct.unpack_from("<HH", data)
            errors.append((row + 1, column))
    return sorted(set(hidden)), errors


def _records(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one sub-stream, down to its end; charts inside it are walked through."""
    depth = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + size]
        depth += (kind == _BEGIN) - (kind == _STOP)
        place += 4 + size
        if kind == _STOP and depth <= 0:
            return


def _workbook(blob: bytes) -> bytes:
    """The bytes of the stream ``Workbook``. **Raises** ValueError, struct.error or IndexError for what does not add up."""
    if not blob.startswith(b"\xd0\xcf\x11\xe0"):
        return blob  # a bare stream of records, as very old programs wrote
    sector, mini = 1 << struct.unpack_from("<H", blob, 30)[0], 1 << struct.unpack_from("<H", blob, 32)[0]
    directory, _, cutoff, mini_start = struct.unpack_from("<IIII", blob, 48)
    if not (128 <= sector <= 4096 and 16 <= mini <= 512):
        raise ValueError("no container")
    listed = list(struct.unpack_from("<109I", blob, 76))
    extra = struct.unpack_from("<I", blob, 68)[0]
    for _ in range(len(blob) // sector + 1):
        if extra >= _END:
            break
        block = struct.unpack_from(f"<{sector // 4}I", blob, (extra + 1) * sector)
        listed += block[:-1]
        extra = block[-1]
    table: list[int] = []
    for number in listed:
        if number < _END:
            table += struct.unpack_from(f"<{sector // 4}I", blob, (number + 1) * sector)
    entries = _chain(blob, directory, table, sector, sector)
    root_start = 0
    for at in range(0, len(entries) - 127, 128):
        entry = entries[at : at + 128]
        name = entry[: max(0, struct.unpack_from("<H", entry, 64)[0] - 2)].decode("utf-16-le", "replace")
        start, size = struct.unpack_from("<II", entry, 116)
        if at == 0:
            root_start = start
        if name in ("Workbook", "Book"):
            if size >= cutoff:
                return _chain(blob, start, table, sector, sector)[:size]
            small = _chain(blob, root_start, table, sector, sector)
            shorter = _chain(blob, mini_start, table, sector, sector)
            steps = list(struct.unpack_from(f"<{len(shorter) // 4}I", shorter))
            return _chain(small, start, steps, mini, 0)[:size]
    raise ValueError("no workbook in the container")


def _chain(blob: bytes, start: int, table: list[int], sector: int, offset: int) -> bytes:
    parts, seen = [], 0
    while start < _END and seen <= len(table):
        parts.append(blob[start * sector + offset : (start + 1) * sector + offset])
        start, seen = table[start], seen + 1
    return b"".join(parts)
