"""CSV, TSV and text tables: encoding and separator found, every cell as text."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, read_head, true_type
from plangeo.letters.bytetext import read_rows
from plangeo.lists.headers import Row
from plangeo.lists.registertable import read_table
from plangeo.positions.cornerlists import read_corner_sheet
from plangeo.positions.crsnotes import sheet_sentences
from plangeo.reading import Decision

MAX_BYTES = 2 * 1024**3
_STATED = re.compile(r"sep=([;,\t|])\s*?(?:\r?\n|\r)")
"""The first line of files Excel wrote for itself."""
_SEPARATORS = (";", ",", "\t", "|")


def read(path: Path, request: Request) -> Raw:
    """Read a delimited text file.

    **Raises** InputError for binary content, files over 2 GB and files without a row below the header.
    """
    rows, notes, decisions = read_cells(path, request)
    register = request.role in ("sites", "register")
    corners = read_corner_sheet(rows, request.known, (), path.name, request.identifying) if register else None
    if corners is not None:
        request.refuse_header_row(path.name)
        told = [*decisions, *corners.decisions]
        return Raw(corners.frame, path.stem, notes + corners.notes, decisions=told, sentences=sheet_sentences(corners.beside))
    table = read_table(rows, request, place=f"file {path.name}", titles=[path.stem])
    if table.frame.empty:
        raise InputError(f"{path.name} has no row below its header. Check the export.", code="layer_empty")
    width = max((len(c) for n, c in rows if n in table.header), default=0)
    if width > 1 and any(any(c[width:]) for n, c in rows if table.header and n > table.header[-1]):
        table.notes.append("some rows have more cells than the header: a separator may stand inside a text without quotes")
    return Raw(
        table.frame,
        path.stem,
        notes + table.notes,
        decisions=[*decisions, *table.decisions],
        sentences=sheet_sentences(row for row in rows if row[0] in table.beside),
        fields=table.fields,
        counted={path.stem: table.counted},
    )


def read_cells(path: Path, request: Request) -> tuple[list[Row], list[str], list[Decision]]:
    """Return the rows of a delimited text file cell by cell, with notes and what was decided on its letters. **Raises** InputError as ``read`` does."""
    head = read_head(path)
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path.name} is larger than 2 GB. Convert it to Parquet or GeoPackage.", code="file_too_large")
    text, notes, from_bytes = _text(path, head)
    stated = _STATED.match(text)
    separator = stated.group(1) if stated else _separator(text)
    try:
        # one cell may hold a whole geometry as text
        csv.field_size_limit(1 << 30)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        rows, start = [], 1
        for cells in reader:
            # the line where the record begins; quoted cells may hold line breaks
            rows.append((start, [c.strip() for c in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path.name}, line {reader.line_num}: not a table ({error}). Check the quotes around that line.", code="file_damaged"
        ) from error
    rows = rows[1:] if stated else rows
    rows, decisions = read_rows(rows, request.known, from_bytes=from_bytes)
    return rows, notes, decisions


def _text(path: Path, head: bytes) -> tuple[str, list[str], bool]:
    """The text, notes, and whether its characters stand for bytes whose encoding the columns must tell."""
    blob = path.read_bytes()
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return blob.decode("utf-16", errors="replace"), ["encoding: UTF-16"], False
    if wide := _wide(head):
        return blob.decode(wide, errors="replace"), [f"encoding: {wide.upper()}, without a byte-order mark"], False
    if (
        b"\0" in head
        or head.startswith((b"PK\x03\x04", b"%PDF", b"SQLite format"))
        or true_type(head).startswith(("an HTML", "a GDAL virtual"))
    ):
        raise InputError(
            f"{path.name} is not a text table: its content is {true_type(head)}. Rename it to its true type, or export it again.",
            code="file_not_its_type",
        )
    try:
        return blob.decode("utf-8-sig"), [], False
    except UnicodeDecodeError:
        return blob.decode("latin-1"), [], True


def _wide(head: bytes) -> str:
    """The UTF-16 of a text without byte-order mark: most of every other byte is zero, the rest is not; empty otherwise."""
    half = len(head) // 2
    if half < 8 or head.startswith((b"PK", b"SQLite")):
        return ""
    even, odd = (head[start : 2 * half : 2].count(0) for start in (0, 1))
    if odd > 0.5 * half and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > 0.5 * half and odd == 0 else ""


def _separator(text: str) -> str:
    """Choose the separator that cuts the first lines into the most equal numbers of cells."""
    sample = text[:65536]
    best, best_score = ",", (0.0, 0)
    for separator in _SEPARATORS:
        lines = list(csv.reader(io.StringIO(sample, newline=""), delimiter=separator))[:50]
        counts = [len(cells) for cells in (lines[:-1] or lines) if any(cells)]
        if not counts:
            continue
        common = max(set(counts), key=lambda n: (counts.count(n), n))
        score = (counts.count(common) / len(counts), common) if common > 1 else (0.0, 0)
        # a decimal comma cuts every data row, but not the header: equality weighs more than number
        if score > best_score:
            best, best_score = separator, score
    return best


FORMAT = Format("CSV", (".csv", ".tsv", ".txt"), "table", read)
