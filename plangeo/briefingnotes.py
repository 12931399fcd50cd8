"""The author's notes to the stops of a briefing: read from YAML or CSV, every row kept, doubtful ones with their problem.

A file names projects by ``site_id`` and says per row a text in Vietnamese, in English or both, and the place of the stop in
the walk. Rows in = rows out: what cannot be shown stays in the table with the reason.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from plangeo.errors import InputError
from plangeo.inputs import check_path
from plangeo.model import Label
from plangeo.study import Sheet, SheetColumn, StudyFile
from plangeo.text import clean, fold
from plangeo.yamlfile import YamlFault, read_yaml

SHEET = "briefing_notes"
MOST_BYTES = 2_000_000
MOST_ROWS = 5_000
LONGEST = 2_000
"""Characters of one text; the rest is left out and said so."""

_MOST_STOPS = 1_000_000
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "site_id": ("site_id", "site id", "mã", "mã dự án", "mã số", "mã công trình", "id"),
    "note_vi": ("note_vi", "note vi", "note", "ghi chú", "ghi chú (tiếng Việt)", "lời thuyết minh", "nội dung"),
    "note_en": ("note_en", "note en", "ghi chú (tiếng Anh)", "note (English)"),
    "order": ("order", "stop", "thứ tự", "số thứ tự", "stt", "điểm dừng"),
}
"""Field → headings that name it, compared without case and tone marks."""

_FIELD_OF = {fold(word): name for name, words in _HEADINGS.items() for word in words}
PROBLEMS: Mapping[str, Label] = {
    "no_site": Label("thiếu mã dự án", "no project is named"),
    "unknown_site": Label("không có dự án mang mã này", "no project has this id"),
    "nothing_said": Label("không có ghi chú, không có thứ tự", "neither a note nor an order"),
    "bad_order": Label("thứ tự không phải là số nguyên dương", "the order is not a whole number from 1"),
    "too_long": Label(f"quá dài, chỉ giữ {LONGEST} ký tự đầu", f"too long, only the first {LONGEST} characters are kept"),
    "not_a_row": Label("mục này không phải là một ghi chú", "the entry is not a note"),
}
_NOT_SHOWN = ("no_site", "unknown_site", "nothing_said", "not_a_row")
_COLUMNS = (
    SheetColumn("site_id", "Mã dự án", "Id", 12, "code"),
    SheetColumn("order", "Thứ tự", "Order", 8, "integer"),
    SheetColumn("note_vi", "Ghi chú", "Note (Vietnamese)", 60),
    SheetColumn("note_en", "Ghi chú (tiếng Anh)", "Note", 60),
    SheetColumn("problem_vi", "Lỗi của dòng", "Fault of the row", 34),
    SheetColumn("problem_en", "Lỗi của dòng (tiếng Anh)", "Fault of the row", 34),
    SheetColumn("problem", "Mã lỗi", "Problem code", 16, "code"),
    SheetColumn("source_row", "Dòng trong tệp", "Row of the file", 10, "integer"),
)


def notes_sheet(file: StudyFile, site_ids: Iterable[str]) -> Sheet:
    """Return the table of the notes, a row for each row of the file in its order; ``problem`` holds codes joined by "; ".

    **Raises** InputError when the file cannot be read, is too large, or has no column for the project and its note or order.
    """
    rows, unknown = _read(file)
    known = {str(site_id) for site_id in site_ids}
    columns = [column.field for column in _COLUMNS]
    frame = pd.DataFrame([_row(number, cells, known) for number, cells in rows], columns=columns)
    frame["order"] = frame["order"].astype("Int64")
    said = ", ".join(unknown)
    note = Label(
        "Lời thuyết minh cho từng điểm dừng khi lần lượt xem bản đồ; không thay đổi kết luận nào."
        + (f" Cột không hiểu, bỏ qua: {said}." if said else ""),
        "What the author says at each stop of the walk through the map; no verdict depends on it."
        + (f" Columns not understood, left out: {said}." if said else ""),
    )
    empty = Label("Tệp không có ghi chú nào.", "The file holds no note.")
    return Sheet(SHEET, Label("Ghi chú trình bày", "Briefing notes"), _COLUMNS, frame, empty, note)


def is_shown(problem: str) -> bool:
    """Return whether a row with these problems has a stop on the map.

    >>> is_shown(""), is_shown("bad_order"), is_shown("unknown_site; too_long")
    (True, True, False)
    """
    return not set(problem.split("; ")) & set(_NOT_SHOWN)


def _row(number: int, cells: Mapping[str, str] | None, known: set[str]) -> dict[str, Any]:
    if cells is None:
        cells, problems = {}, ["not_a_row"]
    else:
        problems = []
    texts = {name: cells.get(name, "") for name in ("note_vi", "note_en")}
    order = _order(cells.get("order", ""))
    site_id = cells.get("site_id", "")
    if not problems:
        if site_id not in known:
            problems.append("unknown_site" if site_id else "no_site")
        if cells.get("order") and order is None:
            problems.append("bad_order")
        if not any(texts.values()) and order is None:
            problems.append("nothing_said")
    if any(len(text) > LONGEST for text in (*texts.values(), site_id)):
        problems.append("too_long")
    return {
        "site_id": site_id[:LONGEST],
        "order": order,
        **{name: text[:LONGEST] for name, text in texts.items()},
        "problem_vi": "; ".join(PROBLEMS[code].vi for code in problems),
        "problem_en": "; ".join(PROBLEMS[code].en for code in problems),
        "problem": "; ".join(problems),
        "source_row": number,
    }


def _order(text: str) -> int | None:
    whole = text.removesuffix(".0")
    value = int(whole) if whole.isascii() and whole.isdigit() and len(whole) <= 7 else 0
    return value if 1 <= value <= _MOST_STOPS else None


_Rows = list[tuple[int, dict[str, str] | None]]


def _read(file: StudyFile) -> tuple[_Rows, tuple[str, ...]]:
    """Rows with their number in the file (None: not a row at all), and headings nobody could name."""
    path = check_path(file.path)
    if path.stat().st_size > MOST_BYTES:
        raise InputError(
            f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB: notes for a briefing are not. Remove what is no note.",
            code="file_too_large",
        )
    suffix = path.suffix.lower()
    if suffix not in (".yaml", ".yml", ".csv", ".tsv"):
        raise InputError(
            f"{path.name}: notes are read from .csv or .yaml, not {suffix or 'a file without a suffix'!r}.", code="format_unknown"
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not UTF-8 text, so notes could be misread. Save it as “CSV UTF-8”.", code="text_not_utf8"
        ) from error
    rows, unknown = _from_yaml(path, text) if suffix in (".yaml", ".yml") else _from_csv(path, text, file.keywords)
    if len(rows) > MOST_ROWS:
        raise InputError(f"{path.name} has more than {MOST_ROWS} rows: nobody is briefed for so long.", code="file_too_large")
    return rows, unknown


def _from_csv(path: Path, text: str, keywords: Mapping[str, Any]) -> tuple[_Rows, tuple[str, ...]]:
    named = {fold(str(raw)): str(name) for raw, name in dict(keywords.get("columns") or {}).items() if str(name) in _HEADINGS}
    known = {**_FIELD_OF, **named}
    head_line = text.lstrip().split("\n", 1)[0]
    separator = max((";", "\t", ","), key=lambda sign: (head_line.count(sign), sign == ","))
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        lines: list[tuple[int, Sequence[str]]] = []
        start = 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((start, [clean(cell) for cell in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path.name} is not a table ({error}). Check the quotes.", code="notes_malformed") from error
    head = [fold(cell) for cell in lines[0][1]] if lines else []
    fields = {n: known[word] for n, word in enumerate(head) if word in known}
    if "site_id" not in fields.values() or len(set(fields.values())) < 2:
        raise InputError(
            f"{path.name}: its first row must name the columns site_id (Mã dự án) and note_vi, note_en (Ghi chú) or order (Thứ tự); "
            "without them no note finds its project. Add the row of headings.",
            code="notes_malformed",
        )
    if twice := sorted({name for name in fields.values() if list(fields.values()).count(name) > 1}):
        raise InputError(
            f"{path.name}, row {lines[0][0]}: several columns are headed as {', '.join(twice)}; keep one of each.",
            code="notes_malformed",
        )
    rows: _Rows = [(number, {f: cells[n] for n, f in fields.items() if n < len(cells)}) for number, cells in lines[1:]]
    unknown = tuple(cell for n, cell in enumerate(lines[0][1]) if cell and n not in fields)
    return rows, unknown


def _from_yaml(path: Path, text: str) -> tuple[_Rows, tuple[str, ...]]:
    try:
        document = read_yaml(text)
    except YamlFault as error:
        raise InputError(f"{path.name} cannot be read: {'; '.join(error.faults[:5])}", code="notes_malformed") from error
    data: Any = document.data
    where: tuple[str | int, ...] = ()
    if isinstance(data, dict):
        key = next((k for k in data if fold(str(k)) in ("notes", "stops", "ghi chu")), None)
        data, where = (None, where) if key is None else (data[key], (str(key),))
    if not isinstance(data, list):
        raise InputError(
            f"{path.name}: write a list of notes, or one under the word 'notes'; each entry with site_id, note_vi, note_en, order.",
            code="notes_malformed",
        )
    rows: _Rows = []
    unknown: dict[str, None] = {}
    for n, entry in enumerate(data):
        line = document.line((*where, n))
        if not isinstance(entry, dict):
            rows.append((line, None))
            continue
        unknown.update({str(k): None for k in entry if fold(str(k)) not in _FIELD_OF})
        cells: dict[str, str] = {}
        for key, value in entry.items():
            name = _FIELD_OF.get(fold(str(key)))
            if name is not None and value is not None:  # a text under "note" and one under "note_vi" are both kept
                cells[name] = " ".join(filter(None, (cells.get(name, ""), clean(str(value)))))
        rows.append((line, cells))
    return rows, tuple(unknown)
