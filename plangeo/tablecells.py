"""Tables cell by cell, for readers that find their own way in them: a sheet of a workbook, or a text table; read apart where files are."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from plangeo.apart import is_apart
from plangeo.apart.asking import read_cells_of_table_apart
from plangeo.formats import csvfile, spreadsheet
from plangeo.inputs import Request, check_path
from plangeo.lists.headers import Row
from plangeo.reading import Decision

SUFFIXES = (*spreadsheet.FORMAT.suffixes, *csvfile.FORMAT.suffixes)
"""Of the files that are read so."""


class TableCells(NamedTuple):
    """The name of the sheet (empty for a text table), rows with their number in the file, what was decided on the way."""

    sheet: str
    rows: list[Row]
    decisions: list[Decision]


def read_table_cells(path: str | Path, request: Request) -> TableCells:
    """Return the cells of a workbook's sheet or of a text table, in this process or apart from it. **Raises** InputError."""
    file = check_path(path)
    if is_apart(request.trusted):
        return TableCells(*read_cells_of_table_apart(file, request))
    return cells_here(file, request)


def cells_here(file: Path, request: Request) -> TableCells:
    """Do what ``read_table_cells`` does, in this process."""
    if file.suffix.lower() in csvfile.FORMAT.suffixes:
        rows, _, decisions = csvfile.read_cells(file, request)
        return TableCells("", rows, decisions)
    sheet, rows, _, decisions = spreadsheet.read_cells(file, request)
    return TableCells(sheet, rows, decisions)
