"""Excel and OpenDocument workbooks through calamine: bounded before parsing, every cell as text first."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import python_calamine as calamine

from plangeo.bytetext import read_rows
from plangeo.cornerlists import read_corner_sheet
from plangeo.crsnotes import sheet_sentences
from plangeo.errors import InputError
from plangeo.headers import table_from_rows
from plangeo.inputs import UNZIP_FAULTS, Format, Raw, Request, check_zip, read_head, require_signature, true_type
from plangeo.text import write_number

MAX_ROWS = 1_000_000
MAX_COLUMNS = 2_000
MAX_CELLS = 30_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DTD = (b"<!DOCTYPE", b"<!ENTITY", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
# a cell with content (self-closing ones carry only a format), a row that is hidden, a formula without a stored value
_CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^<>]*?\s)?r="([A-Z]{1,4})(\d{1,8})"[^<>]*(?<!/)>')
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\s(?=[^<>]*\shidden="(?:1|true)")[^<>]*?\br="(\d+)"')
_NO_VALUE = re.compile(
    rb'<(?:\w+:)?c\s(?:[^<>]*?\s)?r="([A-Z]{1,4}\d{1,8})"[^<>]*>\s*<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>'
)
_REPEAT = re.compile(rb'number-(?:rows|columns)-repeated="(\d+)"')
_ERROR = re.compile(rb'<(?:\w+:)?c\s(?:[^<>]*?\s)?r="([A-Z]{1,4}\d{1,8})"(?=[^<>]*\bt="e")[^<>]*>')
_OVERLAP = 4096


class _Seen(NamedTuple):
    """What a walk over one sheet's XML showed."""

    hidden: list[int]
    without_value: list[str]
    errors: list[str]


def read(path: Path, request: Request) -> Raw:
    """Read one sheet of a workbook; numbers without ``.0``, dates as ISO, identifiers untouched.

    **Raises** InputError for a wrong suffix, a password, document types in the XML, archives or sheets
    beyond the limits, several sheets with data and no ``sheet=``, and a sheet without rows.
    """
    suffix = path.suffix.lower()
    head = read_head(path)
    seen: dict[int, _Seen] = {}
    if suffix == ".xls":
        require_signature(path, [_OLE, b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00"], "an .xls workbook")
    else:
        if head.startswith(_OLE):
            raise InputError(
                f"{path.name} is protected by a password (or is an old .xls under another name). Save it without password as .xlsx."
            )
        if not head.startswith(b"PK"):
            raise InputError(
                f"{path.name} is not a workbook: its content is {true_type(head)}. Rename it to its true type (.csv for text tables)."
            )
        seen = _inspect(path, suffix)
    try:
        book = calamine.CalamineWorkbook.from_path(path)
        name, sheet, notes = _choose(book, request, path)
        if sheet.end is not None and (sheet.end[0] >= MAX_ROWS or sheet.end[1] >= MAX_COLUMNS):
            raise InputError(_too_large(path, name, sheet.end[0] + 1, sheet.end[1] + 1))
        rows = [
            (number, [cell_text(c) for c in cells])
            for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1)
        ]
        merged = sheet.merged_cell_ranges or []
    except (InputError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic inside calamine is not an Exception
        raise InputError(
            f"{path.name} cannot be read as a workbook ({error}). Open it in Excel or LibreOffice and save it again."
        ) from error
    rows, decisions = read_rows(rows, request.known, place=f"sheet {name!r}")
    hidden = _sheet_notes(seen.get(list(book.sheet_names).index(name)))
    corners = (
        read_corner_sheet(rows, request.known, merged, f"{path.name}, sheet {name!r},")
        if request.role in ("sites", "register")
        else None
    )
    if corners is not None:
        return Raw(
            corners.frame, name, notes + corners.notes + hidden, {}, [*decisions, *corners.decisions], sheet_sentences(rows)
        )
    frame, more = table_from_rows(rows, request.known, merged)
    if frame.empty:
        raise InputError(
            f"{path.name}, sheet {name!r} has no row below its header. Choose another sheet with sheet=, or check the file."
        )
    return Raw(frame, name, notes + more + hidden, decisions=decisions, sentences=sheet_sentences(rows))


def cell_text(value: Any) -> str:
    """Return a cell as text.

    >>> [cell_text(v) for v in (7.0, 0.1, "007", True, dt.date(2025, 7, 1), dt.datetime(2025, 7, 1), None)]
    ['7', '0.1', '007', 'true', '2025-07-01', '2025-07-01', '']
    """
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else write_number(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _choose(book: Any, request: Request, path: Path) -> tuple[str, Any, list[str]]:
    """Return the name of the sheet to read, the sheet, and notes on the hidden ones."""
    names = list(book.sheet_names)
    hidden = [m.name for m in book.sheets_metadata if m.visible != calamine.SheetVisibleEnum.Visible]
    sheets = [m.name for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
    if request.sheet is not None:
        if request.sheet not in names:
            raise InputError(f"{path.name} has no sheet {request.sheet!r}; it has {', '.join(map(repr, names))}.")
        return request.sheet, book.get_sheet_by_name(request.sheet), []
    visible = {n: book.get_sheet_by_name(n) for n in sheets if n not in hidden}
    filled = [n for n, sheet in visible.items() if sheet.end is not None]
    if not filled:
        also = f" Hidden sheets: {', '.join(map(repr, hidden))}; name one with sheet= if it is meant." if hidden else ""
        raise InputError(f"{path.name} has no visible sheet with data.{also}")
    if len(filled) > 1:
        raise InputError(
            f"{path.name} has {len(filled)} sheets with data: {', '.join(map(repr, filled))}. plangeo does not guess which one is meant: "
            f"name it with sheet={filled[0]!r}."
        )
    return filled[0], visible[filled[0]], [f"hidden sheet(s) not read: {', '.join(hidden)}"] if hidden else []


def _inspect(path: Path, suffix: str) -> dict[int, _Seen]:
    """Walk the archive before calamine does: it would reserve memory for every cell up to the farthest one."""
    entries = check_zip(path)
    found: dict[int, _Seen] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            names = {e.filename for e in entries}
            order = _sheet_files(archive, names) if suffix in {".xlsx", ".xlsm"} else []
            for entry in entries:
                low = entry.filename.lower()
                if low.endswith((".xml", ".rels")):
                    seen = _walk(archive, entry.filename, path, suffix)
                    if entry.filename in order:
                        found[order.index(entry.filename)] = seen
                elif low.endswith(".bin") and "/worksheets/" in low:
                    _bound_binary(archive.read(entry), path, entry.filename)
    except InputError:
        raise
    except UNZIP_FAULTS as error:
        raise InputError(f"{path.name} is damaged ({error}). Open it in Excel and save it again.") from error
    return found


def _sheet_files(archive: zipfile.ZipFile, names: set[str]) -> list[str]:
    """Return the XML file of each sheet, in the workbook's order."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return []
    targets = {}
    for tag in re.findall(rb"<(?:\w+:)?Relationship\s[^<>]*>", archive.read("xl/_rels/workbook.xml.rels")):
        key, target = re.search(rb'\bId="([^"]*)"', tag), re.search(rb'\bTarget="([^"]*)"', tag)
        if key and target:
            text = target.group(1).decode("utf-8", "replace")
            targets[key.group(1)] = text.lstrip("/") if text.startswith("/") else f"xl/{text}"
    keys = re.findall(rb'<(?:\w+:)?sheet\s[^<>]*\w+:id="([^"]*)"', archive.read("xl/workbook.xml"))
    return [targets.get(key, "") for key in keys]


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[bytes, int]]:
    """Yield windows of an entry that overlap, so that no tag is cut, and where the fresh part of each begins."""
    tail = b""
    with archive.open(name) as stream:
        while block := stream.read(1 << 22):
            yield tail + block, len(tail)
            tail = (tail + block)[-_OVERLAP:]


def _walk(archive: zipfile.ZipFile, name: str, path: Path, suffix: str) -> _Seen:
    hidden: dict[int, None] = {}
    blank: dict[str, None] = {}
    errors: dict[str, None] = {}
    rows = columns = 0
    low = name.lower()
    worksheet = "/worksheets/" in low and suffix != ".ods"
    for window, _ in _chunks(archive, name):
        if any(mark in window for mark in _DTD):
            raise InputError(
                f"{path.name}: {name} declares a document type or entities, which can hide a bomb. A genuine workbook has none: "
                "open it in Excel or LibreOffice and save it again."
            )
        if worksheet:
            cells = _CELL.findall(window)
            rows = max([rows, *map(int, {digits for _, digits in cells})])
            columns = max([columns, *map(_column_number, {letters for letters, _ in cells})])
            # the patterns are slow: a plain search says whether they can match at all
            if b"hidden=" in window:
                hidden |= dict.fromkeys(int(n) for n in _HIDDEN_ROW.findall(window))
            if b"<f" in window or b":f" in window:
                blank |= dict.fromkeys(c.decode() for c in _NO_VALUE.findall(window))
            if b't="e"' in window:
                errors |= dict.fromkeys(c.decode() for c in _ERROR.findall(window))
        elif suffix == ".ods" and low == "content.xml":
            _bound_ods(window, path)
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise InputError(_too_large(path, name.rpartition("/")[2], rows, columns))
    return _Seen(list(hidden), list(blank), list(errors))


def _bound_ods(window: bytes, path: Path) -> None:
    """Refuse cells with content that claim to be repeated beyond the limits."""
    for row in re.finditer(rb"<table:table-cell\s([^<>]*)>\s*<text:p", window):
        repeat = _REPEAT.search(row.group(1))
        if repeat and int(repeat.group(1)) > MAX_COLUMNS:
            raise InputError(_too_large(path, "content.xml", 1, int(repeat.group(1))))
    for row in re.finditer(rb"<table:table-row\s([^<>]*)>((?:(?!</table:table-row>).){0,4000})", window, re.DOTALL):
        repeat = _REPEAT.search(row.group(1))
        if repeat and int(repeat.group(1)) > 1000 and b"<text:p" in row.group(2):
            raise InputError(_too_large(path, "content.xml", int(repeat.group(1)), 1))


def _bound_binary(blob: bytes, path: Path, name: str) -> None:
    """Walk the records of an .xlsb sheet and refuse cells beyond the limits."""
    place, rows, columns, size = 0, 0, 0, len(blob)
    while place < size:
        kind = blob[place]
        place += 1
        if kind & 0x80 and place < size:
            kind = (kind & 0x7F) | (blob[place] & 0x7F) << 7
            place += 1
        length = shift = 0
        while place < size:
            byte = blob[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        if kind == 0:
            rows = max(rows, int.from_bytes(blob[place : place + 4], "little") + 1)
        elif 2 <= kind <= 11:
            columns = max(columns, int.from_bytes(blob[place : place + 4], "little") + 1)
        place += length
    if rows > MAX_ROWS + 48_576 or columns > MAX_COLUMNS or rows * max(columns, 1) > MAX_CELLS:
        raise InputError(_too_large(path, name.rpartition("/")[2], rows, columns))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _too_large(path: Path, sheet: str, rows: int, columns: int) -> str:
    return (
        f"{path.name}, sheet {sheet!r} reaches to row {rows:,} and column {columns:,}; at most {MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns "
        f"and {MAX_CELLS:,} cells are read. Often it is one stray cell far away: press Ctrl+End in Excel, delete the rows and columns "
        "beyond the table, and save."
    )


def _sheet_notes(seen: _Seen | None) -> list[str]:
    if seen is None:
        return []
    notes = []
    if seen.hidden:
        notes.append(
            f"{len(seen.hidden)} row(s) hidden in the sheet were read like the others: row(s) {', '.join(map(str, seen.hidden[:20]))}"
        )
    if seen.without_value:
        notes.append(
            f"{len(seen.without_value)} formula(s) without a stored value read as empty: {', '.join(seen.without_value[:10])}; open and save the file in Excel"
        )
    if seen.errors:
        notes.append(
            f"{len(seen.errors)} cell(s) with an Excel error (#REF!, #DIV/0! …) read as empty: {', '.join(seen.errors[:10])}"
        )
    return notes


FORMAT = Format("spreadsheet", (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), "table", read)
