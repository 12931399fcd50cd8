"""What the reader of workbooks does not tell: hidden rows, merged cells, formulas without a value, cells with an error, far stray cells.

The parts of an archive are walked before a library opens them: it would reserve memory for every cell up to the farthest one.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from plangeo.errors import InputError
from plangeo.inputs import UNZIP_FAULTS, check_zip
from plangeo.limits import limits_now, raise_hint
from plangeo.lists.headers import column_letters
from plangeo.lists.oldworkbook import hidden_and_errors

MAX_ROWS = 1_000_000
MAX_COLUMNS = 2_000
_MOST_OLD = 300_000_000
"""Bytes of the largest .xls looked into."""
_MOST_MARKS = 200_000
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

Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass
class Marks:
    """What a walk over one sheet showed; rows as the program numbers them, cells by their address."""

    hidden: list[int] = field(default_factory=list)
    without_value: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    merged: list[Range] | None = None
    """Merged ranges counted from 0; None where the reader tells them itself."""


def inspect_workbook(path: Path, suffix: str) -> dict[int, Marks]:
    """Return what a walk over the file shows of each sheet, by its position; sheets nothing is known of are left out.

    **Raises** InputError for document types in the XML, damaged archives, and sheets beyond the limits.
    """
    if suffix == ".xls":
        if path.stat().st_size > _MOST_OLD:
            return {}
        seen = hidden_and_errors(path.read_bytes())
        return {
            i: Marks(hidden, errors=[f"{column_letters(column)}{row}" for row, column in errors])
            for i, (hidden, errors) in enumerate(seen)
        }
    entries = check_zip(path)
    found: dict[int, Marks] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            names = {e.filename for e in entries}
            order = _sheet_files(archive, names) if suffix in {".xlsx", ".xlsm"} else _binary_sheets(archive, names)
            for entry in entries:
                low = entry.filename.lower()
                if low.endswith((".xml", ".rels")):
                    marks = _walk(archive, entry.filename, path, suffix)
                    if entry.filename in order:
                        found[order.index(entry.filename)] = marks
                elif low.endswith(".bin") and "/worksheets/" in low:
                    marks = _walk_binary(archive.read(entry), path, entry.filename)
                    if entry.filename in order:
                        found[order.index(entry.filename)] = marks
            if suffix == ".ods" and "content.xml" in names:
                found = dict(enumerate(_open_document(archive)))
    except InputError:
        raise
    except UNZIP_FAULTS as error:
        raise InputError(f"{path.name} is damaged ({error}). Open it in Excel and save it again.", code="file_damaged") from error
    return found


def _sheet_files(archive: zipfile.ZipFile, names: set[str]) -> list[str]:
    """Return the XML file of each sheet, in the workbook's order."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return []
    targets = _targets(archive.read("xl/_rels/workbook.xml.rels"))
    keys = re.findall(rb'<(?:\w+:)?sheet\s[^<>]*\w+:id="([^"]*)"', archive.read("xl/workbook.xml"))
    return [targets.get(key, "") for key in keys]


def _targets(relations: bytes) -> dict[bytes, str]:
    """Return key → file of the relations of a workbook."""
    targets = {}
    for tag in re.findall(rb"<(?:\w+:)?Relationship\s[^<>]*>", relations):
        key, target = re.search(rb'\bId="([^"]*)"', tag), re.search(rb'\bTarget="([^"]*)"', tag)
        if key and target:
            text = target.group(1).decode("utf-8", "replace")
            targets[key.group(1)] = text.lstrip("/") if text.startswith("/") else f"xl/{text}"
    return targets


def _binary_sheets(archive: zipfile.ZipFile, names: set[str]) -> list[str]:
    """Return the file of each sheet of an .xlsb, in the workbook's order."""
    if not {"xl/workbook.bin", "xl/_rels/workbook.bin.rels"} <= names:
        return []
    targets = _targets(archive.read("xl/_rels/workbook.bin.rels"))
    found = []
    for kind, data in _binary_records(archive.read("xl/workbook.bin")):
        if kind == 156 and len(data) >= 12:  # BrtBundleSh: state, id, then the key of the relation as counted UTF-16
            size = int.from_bytes(data[8:12], "little")
            found.append(targets.get(data[12 : 12 + 2 * size].decode("utf-16-le", "replace").encode(), ""))
    return found


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[bytes, int]]:
    """Yield windows of an entry that overlap, so that no tag is cut, and where the fresh part of each begins."""
    tail = b""
    with archive.open(name) as stream:
        while block := stream.read(1 << 22):
            yield tail + block, len(tail)
            tail = (tail + block)[-_OVERLAP:]


def _walk(archive: zipfile.ZipFile, name: str, path: Path, suffix: str) -> Marks:
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
                "open it in Excel or LibreOffice and save it again.",
                code="xml_unsafe",
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
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > limits_now().cells:
        raise InputError(too_large(path, name.rpartition("/")[2], rows, columns), code="file_too_large")
    return Marks(list(hidden), list(blank), list(errors))


def _bound_ods(window: bytes, path: Path) -> None:
    """Refuse cells with content that claim to be repeated beyond the limits."""
    for row in re.finditer(rb"<table:table-cell\s([^<>]*)>\s*<text:p", window):
        repeat = _REPEAT.search(row.group(1))
        if repeat and int(repeat.group(1)) > MAX_COLUMNS:
            raise InputError(too_large(path, "content.xml", 1, int(repeat.group(1))), code="file_too_large")
    for row in re.finditer(rb"<table:table-row\s([^<>]*)>((?:(?!</table:table-row>).){0,4000})", window, re.DOTALL):
        repeat = _REPEAT.search(row.group(1))
        if repeat and int(repeat.group(1)) > 1000 and b"<text:p" in row.group(2):
            raise InputError(too_large(path, "content.xml", int(repeat.group(1)), 1), code="file_too_large")


def _walk_binary(blob: bytes, path: Path, name: str) -> Marks:
    """Walk the records of an .xlsb sheet and refuse cells beyond the limits."""
    rows, columns, row = 0, 0, 0
    marks = Marks(merged=[])
    for kind, data in _binary_records(blob):
        if kind == 0:
            row = int.from_bytes(data[:4], "little") + 1
            rows = max(rows, row)
            if len(data) > 11 and data[11] & 0x10:
                marks.hidden.append(row)
        elif 2 <= kind <= 11:
            column = int.from_bytes(data[:4], "little")
            columns = max(columns, column + 1)
            if kind in (3, 11):  # an error, as a value or as the result of a formula
                marks.errors.append(f"{column_letters(column)}{row}")
        elif kind == 176 and len(data) >= 16 and marks.merged is not None and len(marks.merged) < _MOST_MARKS:
            top, bottom, left, right = (int.from_bytes(data[i : i + 4], "little") for i in (0, 4, 8, 12))
            marks.merged.append(((top, left), (bottom, right)))
    if rows > MAX_ROWS + 48_576 or columns > MAX_COLUMNS or rows * max(columns, 1) > limits_now().cells:
        raise InputError(too_large(path, name.rpartition("/")[2], rows, columns), code="file_too_large")
    return marks


def _binary_records(blob: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each record of a part of an .xlsb."""
    place, size = 0, len(blob)
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
        yield kind, blob[place : place + length]
        place += length


class _OpenDocument:
    """Follows the rows and cells of content.xml as the parser meets them."""

    def __init__(self) -> None:
        self.sheets: list[Marks] = []
        self._row = self._column = 0
        self._repeat = 1
        self._dark = 0  # how many groups of rows around are not shown
        self._depth: list[bool] = []

    def start(self, name: str, about: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "table":
            self.sheets.append(Marks(merged=[]))
            self._row = 0
        elif not self.sheets:
            return
        elif tag == "table-row-group":
            self._depth.append(about.get("table:display") == "false")
            self._dark += self._depth[-1]
        elif tag == "table-row":
            self._repeat = int(about.get("table:number-rows-repeated", 1))
            self._column = 0
            if (self._dark or about.get("table:visibility") in ("collapse", "filter")) and self._repeat <= 1_000:
                self.sheets[-1].hidden += range(self._row + 1, self._row + self._repeat + 1)
        elif tag in ("table-cell", "covered-table-cell"):
            self._cell(about)

    def _cell(self, about: dict[str, str]) -> None:
        marks = self.sheets[-1]
        at = f"{column_letters(self._column)}{self._row + 1}"
        if about.get("calcext:value-type") == "error":
            marks.errors.append(at)
        elif "table:formula" in about and "office:value-type" not in about:
            marks.without_value.append(at)
        across, down = int(about.get("table:number-columns-spanned", 1)), int(about.get("table:number-rows-spanned", 1))
        if (across > 1 or down > 1) and marks.merged is not None and len(marks.merged) < _MOST_MARKS:
            marks.merged.append(((self._row, self._column), (self._row + down - 1, self._column + across - 1)))
        self._column += int(about.get("table:number-columns-repeated", 1))

    def end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "table-row":
            self._row += self._repeat
        elif tag == "table-row-group" and self._depth:
            self._dark -= self._depth.pop()


def _open_document(archive: zipfile.ZipFile) -> list[Marks]:
    """Return what content.xml shows of each sheet; nothing when it is not well-formed, which the true reader then says."""
    follower = _OpenDocument()
    parser = expat.ParserCreate()
    parser.StartElementHandler = follower.start
    parser.EndElementHandler = follower.end
    try:
        with archive.open("content.xml") as stream:
            parser.ParseFile(stream)
    except (expat.ExpatError, ValueError, OverflowError):
        return []
    for marks in follower.sheets:
        marks.hidden = [row for row in marks.hidden if row <= MAX_ROWS]
    return follower.sheets


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def too_large(path: Path, sheet: str, rows: int, columns: int) -> str:
    """Return the message for a sheet beyond the limits."""
    return (
        f"{path.name}, sheet {sheet!r} reaches to row {rows:,} and column {columns:,}; at most {MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns "
        f"and {limits_now().cells:,} cells are read (limit cells). Often it is one stray cell far away: press Ctrl+End in Excel, delete the rows and columns "
        f"beyond the table, and save. {raise_hint('cells')}"
    )
