"""Reading the officer's decisions from CSV, Excel or YAML: rows in = rows out, every doubtful row with its problem."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plangeo.apart import is_apart
from plangeo.apart.asking import read_decision_rows_apart
from plangeo.errors import InputError
from plangeo.inputs import check_path, check_zip
from plangeo.study import StudyFile
from plangeo.text import clean, fold, parse_date
from plangeo.yamlfile import YamlFault, read_yaml

MOST_BYTES = 20_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 200
_HEADER_WITHIN = 40  # rows of titles above the header
_LONGEST = 2_000
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "site_id": ("site_id", "site id", "mã", "mã dự án", "mã số", "mã công trình", "id"),
    "name": ("name", "tên", "tên dự án", "tên công trình", "tên công trình, dự án", "project", "project name"),
    "decision": (
        *("decision", "officer decision", "officer's decision", "verdict", "quyết định", "quyết định của cán bộ"),
        *("kết luận", "kết luận của cán bộ", "ý kiến", "ý kiến của cán bộ"),
    ),
    "reason": ("reason", "lý do", "lí do", "giải trình"),
    "officer": (
        *("officer", "officer's name", "name of officer", "cán bộ", "tên cán bộ", "họ tên", "họ và tên", "người quyết định"),
        "người ký",
    ),
    "date": ("date", "date of decision", "decision date", "ngày", "ngày quyết định", "ngày ký", "ngày tháng"),
    "document": ("document", "document number", "văn bản", "số văn bản", "số hiệu", "số hiệu văn bản", "số quyết định"),
    "fingerprint": ("fingerprint", "dấu kiểm", "dấu đối chiếu"),
}
"""Field → headings that name it, compared without case and tone marks."""

_FIELD_OF = {fold(word): name for name, words in _HEADINGS.items() for word in words}


@dataclass(frozen=True)
class OfficerDecision:
    """One row of the file as written; ``date`` None where none was read."""

    row: int
    """Row of the sheet or line of the text, from 1; of a YAML list the line of the entry."""
    site_id: str = ""
    name: str = ""
    decision: str = ""
    reason: str = ""
    officer: str = ""
    date_text: str = ""
    document: str = ""
    fingerprint: str = ""
    problems: tuple[str, ...] = ()
    """Codes: ``no_site``, ``no_decision``, ``no_reason``, ``no_officer``, ``no_date``, ``bad_date``, ``no_document``, ``too_long``, ``not_a_row``."""

    @property
    def date(self) -> dt.date | None:
        """The day of the decision."""
        return parse_date(self.date_text)


@dataclass(frozen=True)
class DecisionFile:
    """Every row of a file of decisions, and the columns nobody could name."""

    rows: tuple[OfficerDecision, ...]
    not_understood: tuple[str, ...] = ()


def read_decisions(file: StudyFile) -> DecisionFile:
    """Return the decisions in a file (.csv, .xlsx, .yaml).

    **Raises** InputError when it cannot be read, is too large, or has no column for the project and the decision.
    """
    path = check_path(file.path)
    if path.stat().st_size > MOST_BYTES:
        raise InputError(
            f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB: a list of decisions is not. Remove what is no decision.",
            code="file_too_large",
        )
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        return _from_yaml(path)
    if suffix in (".xlsx", ".csv", ".tsv", ".txt"):
        sheet, named = file.keywords.get("sheet"), dict(file.keywords.get("columns") or {})
        rows = (read_decision_rows_apart if is_apart() else decision_rows_here)(path, sheet, named)
        return _from_rows(rows, path, file.keywords)
    raise InputError(
        f"{path.name}: decisions are read from .csv, .xlsx or .yaml, not {suffix or 'a file without a suffix'!r}.",
        code="format_unknown",
    )


def decision_rows_here(path: Path, sheet: Any, columns: Mapping[Any, Any]) -> list[tuple[int, list[str]]]:
    """Return the rows of a text table, or of the sheet of a workbook that holds decisions. **Raises** InputError."""
    return _sheet_rows(path, {"sheet": sheet, "columns": columns}) if path.suffix.lower() == ".xlsx" else _text_rows(path)


def _text_rows(path: Path) -> list[tuple[int, list[str]]]:
    blob = path.read_bytes()
    try:
        text = blob.decode("utf-16") if blob[:2] in (b"\xff\xfe", b"\xfe\xff") else blob.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not UTF-8 text, so names and reasons could be misread. Save it as “CSV UTF-8” or as .xlsx.",
            code="text_not_utf8",
        ) from error
    head = text[:8192]
    separator = max((";", "\t", ","), key=lambda sign: (head.count(sign), sign == ","))
    csv.field_size_limit(1 << 20)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        rows, start = [], 1
        for cells in reader:
            rows.append((start, [clean(c) for c in cells]))
            start = reader.line_num + 1
            if len(rows) > MOST_ROWS:
                break
    except csv.Error as error:
        raise InputError(
            f"{path.name} is not a table ({error}). Check the quotes, or save it as .xlsx.", code="decisions_malformed"
        ) from error
    return rows


def _sheet_rows(path: Path, keywords: Mapping[str, Any]) -> list[tuple[int, list[str]]]:
    """The rows of the sheet that is named, else of the only one with the headings of decisions."""
    import python_calamine

    check_zip(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
        wanted = keywords.get("sheet")
        if wanted is not None and str(wanted) not in names:
            raise InputError(f"{path.name} has no sheet {wanted!r}; it has {', '.join(map(repr, names))}.", code="part_unknown")
        asked = [str(wanted)] if wanted is not None else names
        tables = {name: _cells(book.get_sheet_by_name(name), path) for name in asked}
    except (InputError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic inside calamine is not an Exception
        raise InputError(
            f"{path.name} cannot be read as a workbook ({error}). Open it in Excel and save it again.", code="decisions_malformed"
        ) from error
    known = _known(keywords)
    fitting = [name for name, rows in tables.items() if _header(rows, known, None) is not None]
    if wanted is None and len(fitting) > 1:
        raise InputError(
            f"{path.name}: the sheets {', '.join(map(repr, fitting))} all look like lists of decisions; name one under `files:` of "
            "plangeo.yaml (sheet: …), or keep one of them.",
            code="part_not_chosen",
        )
    return tables[fitting[0] if wanted is None and fitting else asked[0]]


def _cells(sheet: Any, path: Path) -> list[tuple[int, list[str]]]:
    from plangeo.formats.spreadsheet import cell_text

    if sheet.end is not None and (sheet.end[0] > MOST_ROWS or sheet.end[1] > MOST_COLUMNS):
        raise InputError(
            f"{path.name} has a cell in row {sheet.end[0] + 1}, column {sheet.end[1] + 1}: no list of decisions reaches so far. "
            "Delete what stands far from the table.",
            code="file_too_large",
        )
    return [(n, [clean(cell_text(c)) for c in row]) for n, row in enumerate(sheet.to_python(skip_empty_area=False), start=1)]


def _known(keywords: Mapping[str, Any]) -> dict[str, str]:
    """Folded heading → field: ours, and those the user names."""
    named = {fold(str(raw)): str(field) for raw, field in dict(keywords.get("columns") or {}).items()}
    return {**_FIELD_OF, **{raw: field for raw, field in named.items() if field in _HEADINGS}}


def _from_rows(rows: Sequence[tuple[int, list[str]]], path: Path, keywords: Mapping[str, Any]) -> DecisionFile:
    if len(rows) > MOST_ROWS:
        raise InputError(
            f"{path.name} has more than {MOST_ROWS} rows: a list of decisions is not so long.", code="file_too_large"
        )
    known = _known(keywords)
    place = _header(rows, known, keywords.get("header_row"))
    head = rows[place][1] if place is not None else []
    fields = {n: known[fold(word)] for n, word in enumerate(head) if fold(word) in known}
    if place is None or "decision" not in fields.values() or not {"site_id", "name"} & set(fields.values()):
        raise InputError(
            f"{path.name}: no row of headings names the project (site_id / Mã, or name / Tên dự án) and the decision "
            "(decision / Quyết định), so no row can be shown beside a verdict. Name the columns so.",
            code="decisions_malformed",
        )
    twice = sorted({f for f in fields.values() if list(fields.values()).count(f) > 1})
    if twice:
        raise InputError(
            f"{path.name}, row {rows[place][0]}: several columns are headed as {', '.join(twice)}; keep one of each.",
            code="decisions_malformed",
        )
    found = []
    for number, cells in rows[place + 1 :]:
        if any(cells):
            found.append(_decision(number, {field: cells[n] for n, field in fields.items() if n < len(cells)}))
    unknown = [word for n, word in enumerate(head) if word and n not in fields]
    return DecisionFile(tuple(found), tuple(unknown))


def _header(rows: Sequence[tuple[int, list[str]]], known: Mapping[str, str], stated: Any) -> int | None:
    if stated is not None and str(stated).isdigit():
        return next((n for n, (number, _) in enumerate(rows) if number == int(stated)), None)
    scores = [len({known[fold(c)] for c in cells if fold(c) in known}) for _, cells in rows[:_HEADER_WITHIN]]
    best = max(scores, default=0)
    return scores.index(best) if best >= 2 else None


def _from_yaml(path: Path) -> DecisionFile:
    try:
        document = read_yaml(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text; save it as UTF-8.", code="text_not_utf8") from error
    except YamlFault as error:
        raise InputError(f"{path.name} cannot be read: {'; '.join(error.faults[:5])}", code="decisions_malformed") from error
    data: Any = document.data
    where: tuple[str | int, ...] = ()
    if isinstance(data, dict):
        key = next((k for k in data if fold(str(k)) in ("decisions", "overrides", "quyet dinh")), None)
        if key is None:
            raise InputError(
                f"{path.name}: write a list of decisions, or one under the word 'decisions'.", code="decisions_malformed"
            )
        data, where = data[key], (str(key),)
    if not isinstance(data, list) or len(data) > MOST_ROWS:
        raise InputError(f"{path.name}: the decisions must be a list, one entry for each.", code="decisions_malformed")
    rows: list[OfficerDecision] = []
    unknown: list[str] = []
    for n, entry in enumerate(data):
        line = document.line((*where, n))
        if not isinstance(entry, dict):
            rows.append(OfficerDecision(line, decision=clean(str(entry))[:_LONGEST], problems=("not_a_row",)))
            continue
        unknown += [str(k) for k in entry if fold(str(k)) not in _FIELD_OF]
        named = {
            _FIELD_OF[fold(str(k))]: clean("" if v is None else str(v)) for k, v in entry.items() if fold(str(k)) in _FIELD_OF
        }
        rows.append(_decision(line, named))
    return DecisionFile(tuple(rows), tuple(dict.fromkeys(unknown)))


def _decision(number: int, named: Mapping[str, str]) -> OfficerDecision:
    cells = {name: named.get(name, "") for name in _HEADINGS}
    problems = list(_missing(cells))
    if any(len(text) > _LONGEST for text in cells.values()):
        problems.append("too_long")
        cells = {name: text[:_LONGEST] for name, text in cells.items()}
    if cells["date"] and parse_date(cells["date"]) is None:
        problems.append("bad_date")
    date = cells.pop("date")
    return OfficerDecision(number, **cells, date_text=date, problems=tuple(problems))


def _missing(cells: Mapping[str, str]) -> Iterable[str]:
    if not cells["site_id"] and not cells["name"]:
        yield "no_site"
    for name in ("decision", "reason", "officer", "date", "document"):
        if not cells[name]:
            yield f"no_{name}"
