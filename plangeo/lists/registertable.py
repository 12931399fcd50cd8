"""Rows of a list as an office writes it → a table of its projects, and a record of every decision on the way.

Every row with text below the header is either a project or stands in a decision with its number and what it was taken for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from plangeo.amounts.declared import UNIT_LINES
from plangeo.amounts.units import header_units, stated_units
from plangeo.inputs import Request
from plangeo.lists.formchecks import check_form
from plangeo.lists.forms import Recognised, plain_heading, recognise_form
from plangeo.lists.headers import NUMBER_WORDS, Header, Merged, Row, Spans, column_letters, read_header
from plangeo.lists.subtotals import Amounts, check_totals, read_amounts, settle_totals, unproved_titles
from plangeo.lists.tablerows import Kind, Line, Roles, find_roles, tell_rows
from plangeo.profiles import PLACE
from plangeo.reading import Decision, Sentence
from plangeo.text import fold, is_known, unique_names

_CRS_WORDS = ("kinh tuyen", "vn2000", "vn 2000", "vn-2000", "he toa do", "toa do vn", "coordinate system")
_ERROR = re.compile(r"#(REF!|DIV/0!|N/A|NAME\?|VALUE!|NUM!|NULL!|SPILL!|CALC!)|Err:\d{3}")
_IN_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_METRES = re.compile(r"[(\[]\s*(m|met|metre|metres)\s*[)\]]")
_PLACE = frozenset(PLACE)
_NAMED = ("site_id", "name", "declared_district", "declared_parent")
_NUMBER = re.compile(r"^[-+(]?[\d.,\s]*\d[\d.,\s]*[)%]?$")
_MOST_PASSES = 8
"""After so many no title by its words alone is believed that states numbers."""
_KINDS: Mapping[Kind, str] = {
    "group": "group rows; their text stands in the column 'group' of the projects below them",
    "total": "totals, kept out of the projects",
    "header": "the header again",
    "counting": "the line that counts the columns",
    "note": "notes and signatures",
}
GROUP, SHEET, NOTE = "group", "sheet", "row_note"
"""Columns the reader adds: the groups a row stands under, its sheet, and what was noticed about it."""


@dataclass
class Table:
    """A list as read."""

    frame: pd.DataFrame
    """Every cell as text, with its row number in ``source_row``."""
    notes: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    """Column → canonical field, where the form or the heading without its unit says so and no heading says it word for word."""
    form: Recognised | None = None
    known: int = 0
    """How many columns of the header are known."""
    header: tuple[int, ...] = ()
    """Row numbers of the header."""

    counted: dict[str, int] = field(default_factory=dict)
    """How many rows with text there are (``rows``) and what each was taken for: ``above`` and ``header`` of the table, then the kinds."""
    beside: frozenset[int] = frozenset()
    """Row numbers of titles above the header and of notes: what may speak of the whole table."""
    sentences: list[Sentence] = field(default_factory=list)
    """Titles and notes beside the table, as written."""
    listed: bool = False
    """Whether this looks like a list of projects: rows, and a known header with names or identifiers."""


def read_table(
    rows: Sequence[Row], request: Request, merged: Merged = (), *, place: str = "file", titles: Sequence[str] = ()
) -> Table:
    """Return the projects of a list.

    Parameters: ``rows`` of the sheet, blank ones too or not; ``request`` with the names the profile knows and what the user
    stated; ``merged`` ranges; ``place`` names the sheet in decisions; ``titles`` more words that may name the form.
    Returns an empty frame when there is no cell at all. **Raises** InputError for a stated header row that is blank.
    """
    decisions: list[Decision] = []
    filled = [(number, list(cells)) for number, cells in rows if any(cells)]
    _blank_errors(filled, place, decisions)
    filled = [(number, cells) for number, cells in filled if any(cells)]
    if not filled:
        return Table(pd.DataFrame({"source_row": pd.Series(dtype=float)}), decisions=decisions)
    width = max(len(cells) for _, cells in filled)
    filled = [(number, cells + [""] * (width - len(cells))) for number, cells in filled]
    spans = Spans(merged, width)
    fields = dict(request.fields) or {word: word for word in request.known}
    header = read_header(filled, fields, spans, request.header_row)
    body = filled[header.last + 1 :]
    amounted = _amounted(header, fields)
    _fill_merged(body, spans, amounted, place, decisions)
    roles = find_roles(header, body, fields, _PLACE)
    names = [name or f"column {i + 1}" for i, name in enumerate(header.names)]
    lines, amounts = _tell_lines(body, filled[header.first : header.last + 1], roles, spans, names)
    above = filled[: header.first]
    if [line.number for line in lines] != [number for number, _ in body]:
        raise AssertionError(f"{place}: {len(body)} rows below the header became {len(lines)}; a row taken or set aside is a row")
    decisions[:0] = _told_header(header, above, fields, place, request)
    decisions += _told_rows(lines, place)
    decisions += check_totals(lines, amounts, names, place)
    _share_merged(lines, spans, amounted, names, place, decisions)
    table = _table(header, lines, names)
    table.header = header.numbers
    table.counted = _count_rows(len(filled), header, lines)
    unit_lines = [
        line for _, cells in above for line in _lines(cells) if stated_units(line, "area") or stated_units(line, "money")
    ]
    table.frame.attrs[UNIT_LINES] = list(dict.fromkeys(unit_lines))
    table.beside = frozenset([*(n for n, _ in above), *(line.number for line in lines if line.kind == "note")])
    table.known = sum(1 for n in header.names if n and (is_known(n, fields) or fold(n) in NUMBER_WORDS))
    table.form = recognise_form(
        request.forms, [*titles, *(c for _, cells in above for c in cells if c)], header.parts, request.codes
    )
    projects = [line for line in lines if line.kind == "project"]
    _apply_form(table, header, projects, names, fields, place, decisions)
    # after the form: it may be what tells the column of names
    meant = {fields.get(fold(n)) for n in header.names} | set(table.fields.values())
    named = not request.fields or not meant.isdisjoint(("name", "site_id"))
    table.listed = named and max(table.known, len(meant - {None})) >= 2 and not table.frame.empty
    table.notes = [*_notes(header, above, lines), *header.notes]
    decisions += [Decision("column", place, note) for note in header.notes]
    table.decisions = decisions
    return table


def _count_rows(rows: int, header: Header, lines: Sequence[Line]) -> dict[str, int]:
    """What the rows with text were taken for. **Raises** AssertionError when one of them is nothing."""
    kinds = Counter(line.kind for line in lines)
    told = {"above": header.first, "header": header.last + 1 - header.first} | {
        f"{kind}_rows": n for kind, n in sorted(kinds.items())
    }
    if sum(told.values()) != rows:
        raise AssertionError(f"{rows} rows with text became {told}: a row taken or set aside is a row")
    return {"rows": rows, **told}


def _tell_lines(
    body: Sequence[Row], heads: Sequence[Row], roles: Roles, spans: Spans, names: Sequence[str]
) -> tuple[list[Line], Amounts]:
    """Return what every row is, and the amounts; what looks like a total or a group by its words is one when its numbers are sums."""
    untitled: frozenset[int] = frozenset()
    passes = 0
    while True:  # a title that falls gives its rows to the group above, whose sum may then fail, too
        lines = tell_rows(body, heads, roles, spans, untitled)
        amounts = read_amounts(lines, roles, names)
        lines = settle_totals(lines, amounts)
        more = unproved_titles(lines, amounts)
        if not more:
            return lines, amounts
        passes += 1
        untitled |= more if passes < _MOST_PASSES else {line.number for line in lines if line.worded and line.amounts}


def _lines(cells: Sequence[str]) -> list[str]:
    """Texts of a row, those that end with a colon joined with what follows."""
    told: list[str] = []
    for cell in filter(None, cells):
        if told and told[-1].endswith(":"):
            told[-1] += f" {cell}"
        else:
            told.append(cell)
    return told


def _blank_errors(rows: list[Row], place: str, decisions: list[Decision]) -> None:
    """Cells with an error of the program hold nothing: they are blanked, and named; so are rows that hold nothing else."""
    found, emptied = [], []
    for number, cells in rows:
        for i, cell in enumerate(cells):
            if cell[:1] in ("#", "E") and _ERROR.fullmatch(cell):
                found.append((f"{column_letters(i)}{number}", cell))
                cells[i] = ""
        if not any(cells):
            emptied.append(number)
    if found:
        shown = ", ".join(f"{at} {text}" for at, text in found[:20]) + (" …" if len(found) > 20 else "")
        said = f"{len(found)} cell(s) hold an error of the spreadsheet program and were read as empty; correct their formulas"
        decisions.append(Decision("row", place, said, shown))
    if emptied:
        said = "nothing but errors of the spreadsheet program: no project was read here; correct the formulas"
        decisions.append(Decision("row", f"{place}, {rows_text(emptied)}", said))


def _amounted(header: Header, fields: Mapping[str, str]) -> frozenset[int]:
    """Columns of declared areas and capital, also of those whose heading nobody knows word for word."""
    return frozenset(
        i
        for i, name in enumerate(header.names)
        if {fields.get(fold(name)), fields.get(fold(_IN_BRACKETS.sub(" ", name)))} & {"declared_area_m2", "declared_capital"}
        or header_units(name, "area")
        or header_units(name, "money")
        or fold(name).startswith("dien tich")
    )


def _share_merged(
    lines: Sequence[Line], spans: Spans, columns: frozenset[int], names: Sequence[str], place: str, decisions: list[Decision]
) -> None:
    """An amount merged over the rows of several projects is shared by them: nobody can read how much is whose, and each row says so."""
    at = {line.number: line for line in lines}
    for top, left, bottom, _ in spans.tall():
        first = at.get(top)
        text = first.cells[left] if first is not None and left in columns else ""
        if first is None or not text or first.kind not in ("project", "group"):
            continue
        covered = [line for row in range(top, bottom + 1) if (line := at.get(row)) is not None and line.kind == "project"]
        if len(covered) < 2 and first.kind == "project":
            continue
        shown = rows_text(line.number for line in covered)
        for line in covered:
            if line is first or not line.cells[left]:
                line.cells[left] = f"{text} (chung / shared with {shown})"
        said = f"one amount in a cell merged over {len(covered)} projects was read for none of them; write the part of each in its row"
        decisions.append(Decision("number", f"{place}, {shown}, column {names[left]!r}", said, text[:80]))


def _fill_merged(body: list[Row], spans: Spans, amounted: frozenset[int], place: str, decisions: list[Decision]) -> None:
    """Give the words of a cell merged over several rows to all of them; a number is not repeated: it may be a sum."""
    at = dict(body)
    filled: list[str] = []
    for top, left, bottom, right in spans.tall():
        text = at[top][left] if top in at else ""
        if not text or _NUMBER.match(text) or right > left or left in amounted:
            continue
        for row in range(top + 1, bottom + 1):
            if row in at and not at[row][left] and any(at[row]):
                at[row][left] = text
        filled.append(f"{column_letters(left)}{top}:{column_letters(left)}{bottom}")
    if filled:
        shown = ", ".join(filled[:20]) + (" …" if len(filled) > 20 else "")
        decisions.append(Decision("row", place, "words in a cell merged over several rows count for each of them", shown))


def _told_header(header: Header, above: Sequence[Row], fields: Mapping[str, str], place: str, request: Request) -> list[Decision]:
    columns = [n for n in header.names if n]
    known = sum(1 for n in columns if is_known(n, fields))
    why = "as stated" if request.header_row else f"{known} of {len(columns)} columns are known"
    if not known and not request.header_row:
        why = "no column is known, so this may be no header at all"
    change = "" if request.header_row else "; state another with --header-row"
    told = [Decision("header", f"{place}, {rows_text(header.numbers)}", f"the header: {why}{change}", " | ".join(columns)[:300])]
    if above:
        shown = " / ".join(" ".join(c for c in cells if c) for _, cells in above)
        told.append(Decision("row", f"{place}, {rows_text(n for n, _ in above)}", "title above the header", shown[:300]))
    return told


def _told_rows(lines: Sequence[Line], place: str) -> list[Decision]:
    told = []
    for kind, said in _KINDS.items():
        rows = [line for line in lines if line.kind == kind]
        if rows:
            shown = "; ".join(f"{line.number}: {_words(line)}" for line in rows[:8]) + (" …" if len(rows) > 8 else "")
            told.append(
                Decision(
                    "row",
                    f"{place}, {rows_text(line.number for line in rows)}",
                    said,
                    shown if kind in ("group", "total", "note") else "",
                )
            )
    kept = [line for line in lines if line.kind == "project" and line.doubt]
    for line in kept:
        below = line.doubt == "group"
        said = f"looks like a {line.doubt}, but its numbers are no sum of the rows {'below' if below else 'above'}: kept as a project"
        told.append(Decision("row", f"{place}, row {line.number}", said, _words(line), 0.7))
    groups = {line.shape for line in lines if line.kind == "group"}
    like = [line for line in lines if line.kind == "project" and line.shape in groups and not line.doubt]
    if like:
        said = "numbered like groups, but with words of their own: kept as projects; a total may count them twice"
        shown = "; ".join(_words(line) for line in like[:5])
        told.append(Decision("row", f"{place}, {rows_text(line.number for line in like)}", said, shown, 0.6))
    bare = [
        line for line in lines if line.kind == "project" and not (line.doubt or line.data or line.amounts or line.shape == "int")
    ]
    if bare and len(bare) < sum(1 for line in lines if line.kind == "project"):
        said = "name and nothing else, and no number of the list: kept as projects; delete the rows if they are titles"
        told.append(
            Decision(
                "row", f"{place}, {rows_text(line.number for line in bare)}", said, "; ".join(_words(b) for b in bare[:5]), 0.5
            )
        )
    return told


def _words(line: Line) -> str:
    return " ".join((line.text or " ".join(c for c in line.cells if c)).split())[:80]


def rows_text(numbers: Iterable[int]) -> str:
    """Return row numbers as an officer reads them, runs joined.

    >>> rows_text([4]), rows_text([4, 5, 7])
    ('row 4', 'rows 4-5, 7')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number, number])
    shown = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
    return f"row{'s' if len(runs) > 1 or (runs and runs[0][0] != runs[0][1]) else ''} {shown}"


def _table(header: Header, lines: Sequence[Line], names: Sequence[str]) -> Table:
    """Projects as a frame: columns without heading and content are left out, the group column comes where there are groups."""
    projects = [line for line in lines if line.kind == "project"]
    kept = [i for i, name in enumerate(header.names) if name or any(line.cells[i] for line in projects)]
    columns = unique_names([names[i] for i in kept])
    frame = pd.DataFrame([[line.cells[i] for i in kept] for line in projects], columns=pd.Index(columns), dtype=object)
    if any(line.path for line in projects):
        frame[_free(GROUP, frame)] = [" / ".join(line.path) for line in projects]
    frame["source_row"] = pd.Series([float(line.number) for line in projects], dtype=float)
    frame.attrs["kept"] = kept
    return Table(frame)


def _free(name: str, frame: pd.DataFrame) -> str:
    while name in frame.columns:
        name += "_read"
    return name


def _apply_form(
    table: Table,
    header: Header,
    projects: Sequence[Line],
    names: Sequence[str],
    fields: Mapping[str, str],
    place: str,
    decisions: list[Decision],
) -> None:
    """Say which form the table is, check its rows, and which column is which field where no heading says it word for word."""
    kept: list[int] = table.frame.attrs.pop("kept")
    column = {i: str(table.frame.columns[n]) for n, i in enumerate(kept)}
    exact = {fields[fold(n)]: i for i, n in enumerate(header.names) if n and fold(n) in fields}
    loose: dict[str, list[int]] = {}
    plain: dict[str, str] = {}
    for word in sorted(fields, key=lambda word: bool(_IN_BRACKETS.search(word))):  # what stands in brackets may tell fields apart
        plain.setdefault(plain_heading(word), fields[word])
    for i, name in enumerate(header.names):
        meant = plain.get(plain_heading(name)) if name and i not in exact.values() else None
        if meant and meant not in exact and _only_units(name, meant, fields):
            loose.setdefault(meant, []).append(i)
    for meant, places in loose.items():
        if len(places) == 1 and places[0] in column:
            table.fields[column[places[0]]] = meant
    seen = table.form
    if seen is None:
        return
    for meant, i in seen.fields().items():
        if meant in ("declared_area_m2", "declared_capital") and not _only_units(names[i], meant, fields):
            continue  # an area of something else
        if i in column and exact.get(meant) != i:
            table.fields = {c: f for c, f in table.fields.items() if f != meant and c != column[i]} | {column[i]: meant}
    form = seen.form
    how = f"its title says {seen.titled!r}" if seen.titled else "its columns show it"
    found = len({*seen.columns, *seen.parts})
    period = (
        ""
        if form.valid_from is None and form.valid_to is None
        else f"; in use {form.valid_from or '…'} to {form.valid_to or 'now'}"
    )
    doubt = "" if form.verified else "; the columns of this form are not verified"
    said = f"{form.title.en}: {how}, {found} of {len(form.columns)} columns found{period}{doubt}"
    shown = "; ".join(f"{role} ← {names[i]!r}" for role, i in seen.columns.items())
    shown += "".join(f"; {role} ← {', '.join(repr(names[i]) for i in places)}" for role, places in seen.parts.items())
    decisions.append(Decision("form", place, said, shown[:400], round(seen.share, 2)))
    more, notes = check_form(seen, [line.cells for line in projects], [line.number for line in projects], place)
    decisions += more
    if notes:
        table.frame[_free(NOTE, table.frame)] = ["; ".join(notes.get(i, ())) for i in range(len(projects))]


def _only_units(name: str, meant: str, fields: Mapping[str, str]) -> bool:
    """Say whether the brackets of a heading may be left out: a unit, or words the field is known by; "(đất lúa)" says something else.

    Coordinates may be in metres, and nothing else.
    """
    texts = [text[1:-1] for text in _IN_BRACKETS.findall(name)]
    if meant in _PLACE:
        return not texts or bool(_METRES.search(fold(name)))
    own = (
        {w for word, field_ in fields.items() if field_ == meant for w in re.findall(r"\w+", word)} if meant in _NAMED else set()
    )
    return all(
        _METRES.fullmatch(f"({fold(text)})")
        or header_units(f"({text})", "area")
        or header_units(f"({text})", "money")
        or set(re.findall(r"\w+", fold(text))) <= own
        for text in texts
    )


def _notes(header: Header, above: Sequence[Row], lines: Sequence[Line]) -> list[str]:
    """The same in short, as notes of the reader."""
    notes = []
    if above or len(header.numbers) > 1:
        plural = "s" if len(header.numbers) > 1 else ""
        *most, last = map(str, header.numbers)
        notes.append(f"the header was found in row{plural} {' and '.join([', '.join(most), last] if most else [last])}")
    for number, cells in above:
        line = " ".join(c for c in cells if c)
        if any(word in fold(line) for word in _CRS_WORDS):
            notes.append(f"row {number} says: {line[:200]!r}")
    left_out = [line.number for line in lines if line.kind in ("group", "total", "note", "header")]
    if left_out:
        shown = ", ".join(map(str, left_out[:20])) + (" …" if len(left_out) > 20 else "")
        notes.append(f"{len(left_out)} row(s) that are titles, groups or totals were left out: row(s) {shown}")
    return notes
