"""Excel and OpenDocument workbooks through calamine: bounded before parsing, every cell as text first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import python_calamine as calamine

from plangeo.amounts.declared import UNIT_LINES
from plangeo.amounts.units import Kind, header_units, stated_units
from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, read_head, require_signature, true_type
from plangeo.letters.bytetext import read_rows
from plangeo.lists.headers import Row
from plangeo.lists.registertable import SHEET, Table, read_table, rows_text
from plangeo.lists.sheetmarks import MAX_COLUMNS, MAX_ROWS, Marks, inspect_workbook, too_large
from plangeo.positions.cornerlists import CORNERS, read_corner_sheet
from plangeo.positions.crsnotes import sheet_sentences
from plangeo.reading import Decision, Sentence
from plangeo.text import fold, write_number

ALL_SHEETS = "*"
"""Asks for all sheets that are lists of the same form, one under another."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(path: Path, request: Request) -> Raw:
    """Read one sheet of a workbook, or all of one form (``sheet="*"``); numbers without ``.0``, dates as ISO, identifiers untouched.

    **Raises** InputError for a wrong suffix, a password, document types in the XML, archives or sheets
    beyond the limits, several sheets with data and no ``sheet=``, and a sheet without rows.
    """
    file, sheets, visible = _open(path, request)
    hidden = [n for n in sheets if n not in visible]
    told = _told_hidden(file, hidden, request)
    if request.sheet == ALL_SHEETS and ALL_SHEETS not in file.names:
        raw = _read_all(file, [n for n in sheets if n in visible])
    else:
        name = _choose(file, [n for n in sheets if n in visible], hidden)
        corners = file.corners(name)
        if corners is not None:
            request.refuse_header_row(f"{path.name}, sheet {name!r},")
        raw = corners or _read_list(file, name)
    raw.notes[:0] = [f"hidden sheet(s) not read: {', '.join(hidden)}"] if told else []
    raw.decisions[:0] = told
    return raw


def read_cells(path: Path, request: Request) -> tuple[str, list[Row], Any, list[Decision]]:
    """Return one sheet cell by cell: its name, its rows as text, its merged ranges, and what was decided on the way.

    **Raises** InputError as ``read`` does.
    """
    file, sheets, visible = _open(path, request)
    hidden = [n for n in sheets if n not in visible]
    name = _choose(file, [n for n in sheets if n in visible], hidden)
    rows, merged = file.rows(name)
    rows, decisions = read_rows(rows, request.known, place=f"sheet {name!r}")
    return name, rows, merged, [*_told_hidden(file, hidden, request), *decisions]


def _open(path: Path, request: Request) -> tuple[_File, list[str], list[str]]:
    """Return a workbook, its sheets of cells, and which sheets are visible. **Raises** InputError as ``read`` does."""
    _check_content(path)
    marks = inspect_workbook(path, path.suffix.lower())
    with _readable(path):
        book = calamine.CalamineWorkbook.from_path(path)
        names = list(book.sheet_names)
        visible = [m.name for m in book.sheets_metadata if m.visible == calamine.SheetVisibleEnum.Visible]
        sheets = [m.name for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
    return _File(path, book, names, {names[i]: m for i, m in marks.items() if i < len(names)}, request), sheets, visible


def _read_list(file: _File, name: str) -> Raw:
    table = file.table(name)
    if table.frame.empty:
        raise InputError(
            f"{file.path.name}, sheet {name!r} has no row below its header. Choose another sheet with sheet=, or check the file.",
            code="layer_empty",
        )
    return Raw(
        table.frame,
        name,
        table.notes,
        decisions=table.decisions,
        sentences=table.sentences,
        fields=table.fields,
        counted={name: table.counted},
    )


class _File:
    """A workbook that is open: its sheets as tables."""

    def __init__(self, path: Path, book: Any, names: list[str], marks: Mapping[str, Marks], request: Request) -> None:
        self.path, self.book, self.names, self.marks, self.request = path, book, names, marks, request

    def rows(self, name: str) -> tuple[list[Row], list[Any]]:
        """Return the rows of a sheet as text, and its merged ranges. **Raises** InputError beyond the limits."""
        with _readable(self.path):
            sheet = self.book.get_sheet_by_name(name)
            if sheet.end is not None and (sheet.end[0] >= MAX_ROWS or sheet.end[1] >= MAX_COLUMNS):
                raise InputError(too_large(self.path, name, sheet.end[0] + 1, sheet.end[1] + 1), code="file_too_large")
            rows = [
                (number, [cell_text(c) for c in cells])
                for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1)
            ]
            own = self.marks.get(name, Marks()).merged
            return rows, list(sheet.merged_cell_ranges or ()) if own is None else own

    def filled(self, name: str) -> bool:
        with _readable(self.path):
            return self.book.get_sheet_by_name(name).end is not None

    def table(self, name: str) -> Table:
        """Return the list on a sheet, with what is special about its rows."""
        rows, merged = self.rows(name)
        rows, decoded = read_rows(rows, self.request.known, place=f"sheet {name!r}")
        table = read_table(rows, self.request, merged, place=f"sheet {name!r}", titles=[name])
        notes, decisions = self._marked(name, rows)
        table.notes += notes
        table.decisions[:0] = decoded
        table.decisions += decisions
        table.sentences = sheet_sentences(row for row in rows if row[0] in table.beside)
        return table

    def corners(self, name: str) -> Raw | None:
        """Return the parcels of a sheet that lists corners; None for any other sheet."""
        if self.request.role not in ("sites", "register"):
            return None
        rows, merged = self.rows(name)
        rows, decoded = read_rows(rows, self.request.known, place=f"sheet {name!r}")
        found = read_corner_sheet(
            rows, self.request.known, merged, f"{self.path.name}, sheet {name!r},", self.request.identifying
        )
        if found is None:
            return None
        notes, decisions = self._marked(name, rows)
        decisions = [*decoded, *found.decisions, *decisions]
        return Raw(found.frame, name, found.notes + notes, decisions=decisions, sentences=sheet_sentences(found.beside))

    def _marked(self, name: str, rows: Sequence[Row]) -> tuple[list[str], list[Decision]]:
        return _marked(self.marks.get(name), name, {number for number, cells in rows if any(cells)})


def _check_content(path: Path) -> None:
    """**Raises** InputError when the content is not what the suffix says, or is locked."""
    head = read_head(path)
    if path.suffix.lower() == ".xls":
        require_signature(path, [_OLE, b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00"], "an .xls workbook")
    elif head.startswith(_OLE):
        raise InputError(
            f"{path.name} is protected by a password (or is an old .xls under another name). Save it without password as .xlsx.",
            code="file_encrypted",
        )
    elif not head.startswith(b"PK"):
        raise InputError(
            f"{path.name} is not a workbook: its content is {true_type(head)}. Rename it to its true type (.csv for text tables).",
            code="file_not_its_type",
        )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """**Raises** InputError for whatever calamine raises."""
    try:
        yield
    except (InputError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:  # a panic inside calamine is not an Exception
        raise InputError(
            f"{path.name} cannot be read as a workbook ({error}). Open it in Excel or LibreOffice and save it again.",
            code="file_damaged",
        ) from error


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


def _told_hidden(file: _File, hidden: Sequence[str], request: Request) -> list[Decision]:
    hidden = [name for name in hidden if name != request.sheet]
    if not hidden:
        return []
    said = f"{len(hidden)} hidden sheet(s) not read; name one with --sheet if it is meant"
    return [Decision("sheet", f"file {file.path.name}", said, ", ".join(map(repr, hidden[:20])))]


def _choose(file: _File, visible: Sequence[str], hidden: Sequence[str]) -> str:
    """Return the sheet to read. **Raises** InputError when it does not exist, or when several hold data and none is named."""
    asked, path = file.request.sheet, file.path
    if asked is not None:
        if asked in file.names:
            return asked
        alike = [n for n in file.names if fold(n) == fold(asked)]
        if len(alike) == 1:  # written without tone marks, or with a space too many
            return alike[0]
        raise InputError(f"{path.name} has no sheet {asked!r}; it has {', '.join(map(repr, file.names))}.", code="part_unknown")
    filled = [n for n in visible if file.filled(n)]
    if not filled:
        also = f" Hidden sheets: {', '.join(map(repr, hidden))}; name one with sheet= if it is meant." if hidden else ""
        raise InputError(f"{path.name} has no visible sheet with data.{also}", code="part_unknown")
    if len(filled) > 1:
        seen = {name: _look(file, name) for name in filled[:_MOST_SHEETS]}
        shown = "".join(f"\n- {name!r}: {_about(found)}" for name, found in seen.items())
        lists = [name for name, found in seen.items() if isinstance(found, Table) and found.listed]
        best = (lists or filled)[0]
        every = f" --sheet {ALL_SHEETS!r} reads all lists of the same form one under another." if len(lists) > 1 else ""
        corners = next((name for name, found in seen.items() if isinstance(found, Raw)), None)
        bounds = f" Corners go with --boundaries {path.name} --layer-name 'boundaries={corners}'." if corners else ""
        raise InputError(
            f"{path.name} has {len(filled)} sheets with data: {', '.join(map(repr, filled))}. plangeo does not guess which one is meant: "
            f"name it with --sheet {best!r} (in Python sheet={best!r}).{every}{bounds}{shown}",
            code="part_not_chosen",
        )
    return filled[0]


_MOST_SHEETS = 40


def _look(file: _File, name: str) -> Table | Raw | str:
    """Read a sheet nobody asked for, only to say what it holds: a list, corners, or why it is neither.

    A header row the user stated is meant for another sheet.
    """
    other = _File(file.path, file.book, file.names, file.marks, replace(file.request, header_row=None))
    try:
        return other.corners(name) or other.table(name)
    except InputError as fault:
        return f"cannot be read: {fault}"


def _about(found: Table | Raw | str) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, Raw):
        blocks = [block for parcel in found.frame[CORNERS] for block in parcel]
        return f"a list of corners: {sum(len(b.vertices) for b in blocks)} row(s) in {len(blocks)} block(s) (for --boundaries)"
    if not found.listed:
        return "no list of projects (no rows, or no known columns with names or identifiers)"
    form = f", {found.form.form.title.en}" if found.form else ""
    return f"{len(found.frame)} row(s) look like projects, {found.known} columns are known{form}"


def describe_sheets(path: Path, request: Request) -> dict[str, str]:
    """Return for every sheet what it looks like: a list of projects, a list of corners, or neither; hidden ones too.

    **Raises** InputError as ``read`` does for a file that is no workbook or beyond the limits.
    """
    file, sheets, visible = _open(path, request)
    about = {}
    for name in sheets:
        hidden = "" if name in visible else "hidden; "
        if not file.filled(name):
            about[name] = f"{hidden}empty"
        elif len(about) >= _MOST_SHEETS:
            about[name] = f"{hidden}not looked into: there are too many sheets"
        else:
            about[name] = hidden + _about(_look(file, name))
    return about


def _read_all(file: _File, visible: Sequence[str]) -> Raw:
    """Read all visible sheets that are lists of one form, else those of corners. **Raises** InputError when there is none, or their columns differ."""
    filled = [name for name in visible if file.filled(name)]
    corners = {name: raw for name in filled if (raw := file.corners(name)) is not None}
    tables = {name: file.table(name) for name in filled if name not in corners}
    lists = {name: t for name, t in tables.items() if t.listed}
    if corners and not lists:
        return _all_corners(file, corners, tables)
    if not lists:
        raise InputError(f"{file.path.name} has no sheet with a list of projects. Name one with sheet=.", code="part_not_chosen")
    forms: dict[tuple[str, ...], list[str]] = {}
    for name, table in lists.items():
        forms.setdefault(tuple(sorted(fold(c) for c in table.frame.columns if c not in _READERS_OWN)), []).append(name)
    if len(forms) > 1:
        shown = "".join(f"\n- {', '.join(map(repr, names))}: {', '.join(columns)[:300]}" for columns, names in forms.items())
        raise InputError(
            f"{file.path.name}: its lists have different columns, so they cannot stand one under another. Read them one by one with "
            f"sheet=.{shown}",
            code="sheets_differ",
        )
    first = next(iter(lists.values()))
    whole = {fold(str(c)): str(c) for c in first.frame.columns}
    frames = []
    for name, table in lists.items():
        frame = table.frame.rename(columns={c: whole.get(fold(str(c)), c) for c in table.frame.columns})
        frame[SHEET] = name
        frames.append(frame)
    frame = pd.concat(frames, ignore_index=True)
    for column in frame.columns:
        if column != "source_row":
            frame[column] = frame[column].fillna("")
    _identify(frame, file.request, first.fields)
    frame.attrs[UNIT_LINES] = _one_unit(file, lists)
    decisions = [
        Decision("sheet", f"sheet {n!r}", f"read, {len(t.frame)} row(s); its name stands in the column {SHEET!r}")
        for n, t in lists.items()
    ]
    left = {n: _about(other) for n, other in (tables | corners).items() if n not in lists}
    decisions += [Decision("sheet", f"sheet {n!r}", f"not read: {about}") for n, about in left.items()]
    notes = [f"{len(lists)} sheets were read one under another: {', '.join(lists)}"]
    for name, table in lists.items():
        notes += [f"{name}: {note}" for note in table.notes]
        decisions += table.decisions
    sentences = _of_sheets({name: table.sentences for name, table in lists.items()})
    counted = {name: table.counted for name, table in lists.items()}
    return Raw(frame, ", ".join(lists), notes, decisions=decisions, sentences=sentences, fields=first.fields, counted=counted)


_KINDS: tuple[Kind, ...] = ("area", "money")


def _one_unit(file: _File, lists: Mapping[str, Table]) -> list[str]:
    """Return the lines that state the unit of numbers. **Raises** InputError when they differ from sheet to sheet and are needed."""
    lines = {name: list(table.frame.attrs.get(UNIT_LINES, ())) for name, table in lists.items()}
    table = next(iter(lists.values()))
    amounts = {"declared_area_m2", "declared_capital"}
    columns = [c for c in map(str, table.frame.columns) if {file.request.fields.get(fold(c)), table.fields.get(c)} & amounts]
    needed = any(not header_units(c, "area") and not header_units(c, "money") for c in columns)
    stated = {str([[stated_units(line, kind) for line in told] for kind in _KINDS]) for told in lines.values()}
    if needed and len(stated) > 1:
        shown = "".join(f"\n- sheet {name!r}: {' / '.join(told)[:160] or 'says nothing'}" for name, told in lines.items())
        raise InputError(
            f"{file.path.name}: the lines above its lists do not state the same unit for columns whose heading states none. Write the unit into "
            f"the headings, or read the sheets one by one with sheet=.{shown}",
            code="sheets_differ",
        )
    return next(iter(lines.values())) if needed else []


def _all_corners(file: _File, corners: Mapping[str, Raw], others: Mapping[str, Table]) -> Raw:
    """Return the parcels of all sheets that list corners."""
    frames, notes, decisions = [], [f"{len(corners)} sheets of corners were read one under another: {', '.join(corners)}"], []
    whole: dict[str, str] = {}
    for name, raw in corners.items():
        frame = raw.frame.rename(columns={c: whole.setdefault(fold(str(c)), str(c)) for c in raw.frame.columns})
        frame[SHEET] = name
        made = "site_id" in frame and not any("site_id" in block.keys for blocks in frame[CORNERS] for block in blocks)
        if made:  # sheet and parcel numbers, or a cell: told apart by the sheet
            frame["site_id"] = [f"{name}: {ident}" if ident else "" for ident in frame["site_id"]]
        _identify(frame, file.request, raw.fields)
        frames.append(frame)
        notes += [f"{name}: {note}" for note in raw.notes]
        said = f"read, {len(frame)} parcel(s); its name stands in the column {SHEET!r}"
        decisions.append(Decision("sheet", f"sheet {name!r}", said))
        decisions += [d if name in d.where else d._replace(where=f"sheet {name!r}, {d.where}") for d in raw.decisions]
    decisions += [Decision("sheet", f"sheet {n!r}", f"not read: {_about(t)}") for n, t in others.items()]
    frame = pd.concat(frames, ignore_index=True)
    texts = [c for c in frame.columns if c not in ("source_row", CORNERS)]
    frame[texts] = frame[texts].fillna("")
    sentences = _of_sheets({name: raw.sentences for name, raw in corners.items()})
    return Raw(frame, ", ".join(corners), notes, decisions=decisions, sentences=sentences)


def _of_sheets(told: Mapping[str, Sequence[Sentence]]) -> list[Sentence]:
    """Return the sentences of several sheets, each with its sheet; a sheet that says nothing is among them, too."""
    found = []
    for name, sentences in told.items():
        found += [Sentence(f"sheet {name!r}, {s.where}", s.text, name) for s in sentences] or [
            Sentence(f"sheet {name!r}", "", name)
        ]
    return found


_READERS_OWN = ("group", "row_note", "source_row", SHEET)


def _identify(frame: pd.DataFrame, request: Request, fields: Mapping[str, str]) -> None:
    """Row numbers repeat from sheet to sheet: without a column of identifiers, sheet and row are one."""
    known = {request.fields.get(fold(str(c))) for c in frame.columns} | set(fields.values())
    if "site_id" not in known:
        frame["site_id"] = [f"{s}-row-{int(n)}" for s, n in zip(frame[SHEET], frame["source_row"], strict=True)]


def _marked(marks: Marks | None, name: str, filled: set[int]) -> tuple[list[str], list[Decision]]:
    """Return, as notes and as decisions, what is special about rows and cells of a sheet."""
    if marks is None:
        return [], []
    notes, decisions = [], []
    hidden = [row for row in sorted(set(marks.hidden)) if row in filled]
    if hidden:
        shown = ", ".join(map(str, hidden[:20]))
        notes.append(f"{len(hidden)} row(s) hidden in the sheet were read like the others: row(s) {shown}")
        said = f"{len(hidden)} row(s) hidden in the sheet (by hand or by a filter) were read like the others"
        decisions.append(Decision("row", f"sheet {name!r}, {rows_text(hidden)}", said))
    for cells, said in (
        (marks.without_value, "formula(s) without a stored value read as empty; open and save the file in Excel"),
        (marks.errors, "cell(s) with an Excel error (#REF!, #DIV/0! …) read as empty; correct their formulas"),
    ):
        if cells:
            shown = ", ".join(cells[:10]) + (" …" if len(cells) > 10 else "")
            notes.append(f"{len(cells)} {said.partition(' read as')[0]} read as empty: {shown}")
            decisions.append(Decision("row", f"sheet {name!r}", f"{len(cells)} {said}", shown))
    return notes, decisions


FORMAT = Format("spreadsheet", (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), "table", read)
