"""Reading tables of allotted hectares: class by unit as in Biểu 03/CH and 04/CH, or one row for each class, unit and period.

Every number stays as a row with its place in the file; what cannot be read is a row with a ``problem``. Nothing is added up
here that the table does not state.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from plangeo.amounts.quantities import evaluate, is_blank, take_apart, weigh_style
from plangeo.amounts.units import Unit, header_units, stated_units
from plangeo.errors import InputError
from plangeo.inputs import Request, check_path
from plangeo.lists.headers import Row, column_letters
from plangeo.profiles import Profile
from plangeo.tablecells import SUFFIXES, read_table_cells
from plangeo.text import clean, fold, normalise_code, parse_number

TOTAL = "*"
"""Stands for all units together."""
M2_PER_HA = 10_000.0
_HA = Unit(M2_PER_HA, "m2")
_MOST_CELLS = 2_000_000
_HEADER_WITHIN = 60
_COUNTING = re.compile(r"^\(?\d+\)?(\s*[=+\-(].*)?$")
_BRACKETED = re.compile(r"\([^()]*\)\s*$")
_JOINT = re.compile(r"\s*(?:/|->|→|>)\s*")
_PERIOD = re.compile(r"\b((?:19|20)\d{2})\s*(?:-|den|to)\s*(?:nam\s*)?((?:19|20)\d{2})\b")
_UNTIL = re.compile(r"\bden (?:het )?nam ((?:19|20)\d{2})\b")
_YEAR = re.compile(r"\bnam ((?:19|20)\d{2})\b")

COLUMNS = (
    "code",
    "from_code",
    "unit",
    "period_from",
    "period_to",
    "hectares",
    "row",
    "column",
    "text",
    "problem_vi",
    "problem_en",
)


class Remark(NamedTuple):
    """One thing about the table that a reader must know."""

    topic: str
    """``read`` how it was read; ``unread`` what was not; ``sum`` where it contradicts itself; ``unit`` where a unit was not found."""
    where: str
    vi: str
    en: str


@dataclass(frozen=True)
class QuotaTable:
    """A table of hectares by class and unit."""

    frame: pd.DataFrame
    """COLUMNS: one row for each number; ``unit`` as written, TOTAL for the column of totals; years NaN where not stated."""
    remarks: list[Remark] = field(default_factory=list)


def read_quota(
    path: str | Path, profile: Profile, codes: Collection[str], *, sheet: str | None = None, label: str = ""
) -> QuotaTable:
    """Read a table of hectares (xlsx, xls, xlsb, ods, csv).

    Parameters: ``codes`` the classes of the rulebook; ``label`` names the table in messages.
    **Raises** InputError when it cannot be read, or has neither a column of class codes nor the headings of a long table.
    """
    file = check_path(path)
    request = Request(role="quota", sheet=sheet, known=frozenset(profile.header_fields("quota")))
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{file.name}: a table of hectares is one of {', '.join(SUFFIXES)}. Save it as .xlsx.", code="format_unknown"
        )
    sheet_name, rows, decisions = read_table_cells(file, request)
    name = f"{file.name}, {sheet_name}" if sheet_name else file.name
    if sum(len(cells) for _, cells in rows) > _MOST_CELLS:
        raise InputError(
            f"{name} has more than {_MOST_CELLS:,} cells; no table of hectares is that large.", code="file_too_large"
        )
    where = f"{label}: {name}" if label else name
    table = _read(rows, profile.header_fields("quota"), codes, where)
    table.remarks[:0] = [Remark("read", where, str(d), str(d)) for d in decisions]
    return table


def _read(rows: Sequence[Row], fields: Mapping[str, str], codes: Collection[str], where: str) -> QuotaTable:
    width = max((len(cells) for _, cells in rows), default=0)
    grid = [(number, [clean(c) if type(c) is str else c for c in cells] + [""] * (width - len(cells))) for number, cells in rows]
    long = _long_header(grid, fields)
    cells = _long_cells(grid, *long) if long else _wide_cells(grid, fields, codes, where)
    above = [c for number, row in grid if number <= cells.header for c in row if c]
    unit, said = _unit(above)
    years, told = _years(above, cells.header_rows)
    remarks = [*cells.remarks, *(Remark("read", where, *words) for words in (said, told) if words)]
    frame = _valued(cells.found, unit, years, codes)
    for problem, some in frame[frame["problem_en"] != ""].groupby("problem_en", sort=False):
        first = some.iloc[0]
        shown = ", ".join(f"{r.column}{r.row}" for r in some.head(10).itertuples()) + (" …" if len(some) > 10 else "")
        remarks.append(Remark("unread", where, f"{first['problem_vi']} (ô {shown})", f"{problem} (cells {shown})"))
    return QuotaTable(frame, remarks)


class _Cell(NamedTuple):
    code: str
    unit: str
    text: str
    row: int
    column: int
    years: tuple[str, str] = ("", "")
    from_code: str = ""


@dataclass
class _Cells:
    found: list[_Cell]
    header: int
    """The last row of the header."""
    header_rows: frozenset[str]
    remarks: list[Remark]


def _long_header(grid: Sequence[Row], fields: Mapping[str, str]) -> tuple[int, dict[str, int]] | None:
    """Position of the header of a long table and its columns; None for any other table."""
    for at, (_, cells) in enumerate(grid[:_HEADER_WITHIN]):
        columns: dict[str, int] = {}
        for i, text in enumerate(cells):
            if text and (meant := _meant(text, fields)):
                columns.setdefault(meant, i)
        if {"class", "unit", "hectares"} <= columns.keys():
            return at, columns
    return None


def _long_cells(grid: Sequence[Row], at: int, columns: Mapping[str, int]) -> _Cells:
    def cell(cells: Sequence[str], name: str) -> str:
        return cells[columns[name]] if name in columns else ""

    found = [
        _Cell(
            cell(cells, "class"),
            cell(cells, "unit"),
            cell(cells, "hectares"),
            number,
            columns["hectares"],
            (cell(cells, "period_from"), cell(cells, "period_to")),
            cell(cells, "from_class"),
        )
        for number, cells in grid[at + 1 :]
        if any(cell(cells, name) for name in ("class", "unit", "hectares"))
    ]
    heads = frozenset(fold(c) for c in grid[at][1] if c)
    return _Cells([c._replace(unit=TOTAL) if _is_total(c.unit) else c for c in found], grid[at][0], heads, [])


def _is_total(unit: str) -> bool:
    return fold(unit) in ("", "tong", "tong so", "tong cong", "toan tinh", "toan huyen", "total", TOTAL)


def _wide_cells(grid: Sequence[Row], fields: Mapping[str, str], codes: Collection[str], where: str) -> _Cells:
    column = _code_column(grid, codes)
    if column is None:
        raise InputError(
            f"{where}: no column holds class codes of the rulebook (at least two rows such as LUA, CLN, SKK), and no row heads a long "
            "table (class, unit, hectares). Give the table as Biểu 03/CH has it: a row for each class with its code, a column for each "
            "unit; or name the sheet.",
            code="quota_table_unreadable",
        )
    body = next(i for i, (_, cells) in enumerate(grid) if _pair(cells[column], codes) is not None)
    body = next((i for i, (_, cells) in enumerate(grid[:body]) if _has_amounts(cells, column)), body)
    head = [row for row in grid[:body] if any(c and not _COUNTING.match(c) for c in row[1])]
    start = next((i for i in range(len(head) - 1, -1, -1) if head[i][1][column]), max(0, len(head) - 1))
    heads = head[start:]
    remarks: list[Remark] = []
    units: dict[int, str] = {}
    width = len(grid[0][1])
    for i in range(column + 1, width):
        words = [cells[i] for _, cells in heads if cells[i]]
        name = words[-1] if words else ""
        meant = _meant(name, fields) if name else ""
        if meant in ("total", "hectares") or (name and fold(name).startswith("tong dien tich")):
            units.setdefault(i, TOTAL) if TOTAL not in units.values() else None
        elif name and meant not in ("ignored", "class") and "%" not in name:
            units[i] = name
        elif any(cells[i] for _, cells in grid[body:]):
            letters = column_letters(i)
            remarks.append(
                Remark(
                    "unread",
                    f"{where}, {letters}",
                    f"cột {letters} “{name or '(không tên)'}” không phải đơn vị hành chính nên không đọc",
                    f"column {letters} {name or '(without a heading)'!r} is no unit and was not read",
                )
            )
    if not units:
        raise InputError(
            f"{where}: right of the codes in column {column_letters(column)} no column is headed by a unit or a total.",
            code="quota_table_unreadable",
        )
    found, nameless = [], []
    for number, cells in grid[body:]:
        if not cells[column]:
            if any(cells[i] for i in units):
                nameless.append((number, next((c for c in cells if c), "")))
            continue
        if _COUNTING.match(cells[column]):
            continue
        found += [_Cell(cells[column], unit, cells[i], number, i) for i, unit in units.items() if not is_blank(cells[i])]
    if nameless:
        shown = "; ".join(f"{number}: {text}" for number, text in nameless[:5]) + (" …" if len(nameless) > 5 else "")
        remarks.append(
            Remark(
                "unread",
                where,
                f"{len(nameless)} dòng không có mã đất nên không đọc ({shown})",
                f"{len(nameless)} row(s) without a code were not read ({shown})",
            )
        )
    return _Cells(found, grid[body][0] - 1, frozenset(fold(c) for _, row in heads for c in row if c), remarks)


def _meant(heading: str, fields: Mapping[str, str]) -> str:
    """The field a heading names, with or without its unit in brackets; empty for any other."""
    plain = fold(heading)
    return fields.get(plain) or fields.get(_BRACKETED.sub("", plain).strip(), "")


def _has_amounts(cells: Sequence[str], column: int) -> bool:
    """Say whether a row has words on the left and numbers right of the codes: a row of the body, though without a code."""
    words = any(c and not _COUNTING.match(c) for c in cells[:column])
    return words and any(c and parse_number(c) is not None for c in cells[column + 1 :])


def _code_column(grid: Sequence[Row], codes: Collection[str]) -> int | None:
    """The column most of whose cells are class codes, at least two."""
    width = len(grid[0][1]) if grid else 0
    counts = [sum(_pair(cells[i], codes) is not None for _, cells in grid) for i in range(min(width, 20))]
    return counts.index(max(counts)) if counts and max(counts) >= 2 else None


def _pair(text: str, codes: Collection[str]) -> tuple[str, str] | None:
    """(from, to) of the code of a row: ("", "SKK"), or ("LUA", "PNN") for a conversion; None where a class is not known."""
    plain = normalise_code(text)[0]
    if plain in codes:
        return "", plain
    parts = [normalise_code(part)[0] for part in _JOINT.split(text)]
    return (parts[0], parts[1]) if len(parts) == 2 and all(part in codes for part in parts) else None


def _unit(above: Sequence[str]) -> tuple[Unit, tuple[str, str] | tuple[()]]:
    """The unit that a line above the table or its headings state; hectares where none does."""
    stated = [u for text in above for u in (*stated_units(text, "area"), *header_units(text, "area"))]
    known = list(dict.fromkeys(u for u in stated if u.base == "m2" and not u.doubtful))
    if len(known) == 1:
        return known[0], ()
    return _HA, (
        "không rõ đơn vị tính trong bảng nên đọc theo hecta",
        "the table states no unit, or several; hectares were taken",
    )


def _years(above: Sequence[str], heads: Collection[str]) -> tuple[tuple[float, float], tuple[str, str] | tuple[()]]:
    """First and last year of the period that the titles state; NaN where they state none."""
    titles = [fold(text) for text in above if fold(text) not in heads] + sorted(heads)
    for pattern in (_PERIOD, _UNTIL, _YEAR):
        if match := next((m for text in titles if (m := pattern.search(text))), None):
            years = [float(y) for y in match.groups()]
            first = years[0] if pattern is not _UNTIL else math.nan
            shown = f"{'…' if math.isnan(first) else int(first)}-{int(years[-1])}"
            return (first, years[-1]), (f"thời kỳ {shown} theo tiêu đề", f"period {shown}, from the title")
    return (math.nan, math.nan), ("tiêu đề không nêu thời kỳ", "the titles state no period")


def _valued(cells: Sequence[_Cell], unit: Unit, years: tuple[float, float], codes: Collection[str]) -> pd.DataFrame:
    taken = [take_apart(c.text, "area", unit) if not is_blank(c.text) else None for c in cells]
    style = weigh_style([(w, c.text, c.row) for w, c in zip(taken, cells, strict=True)])
    rows: list[dict[str, Any]] = []
    for cell, written in zip(cells, taken, strict=True):
        quantity = evaluate(written, style.decimal) if written is not None else None
        value = quantity.exact / M2_PER_HA if quantity is not None else math.nan
        pair = _pair(cell.code, codes)
        if pair is not None and cell.from_code:
            source = normalise_code(cell.from_code)[0]
            pair = (source, pair[1]) if source in codes else None
        own, problem = _own_years(cell, years), ("", "")
        if pair is None:
            shown = f"{cell.from_code}/{cell.code}" if cell.from_code else cell.code
            problem = (f"mã “{shown}” không có trong bộ quy tắc", f"the rulebook does not know the code {shown!r}")
        elif own is None:
            problem = ("thời kỳ không đọc được", "the period cannot be read")
        elif math.isnan(value):
            problem = ("diện tích không đọc được", "the area cannot be read")
        first, last = own or (math.nan, math.nan)
        rows.append(
            dict(
                zip(
                    COLUMNS,
                    (
                        (pair or ("", cell.code))[1],
                        (pair or ("", ""))[0],
                        cell.unit,
                        first,
                        last,
                        value,
                        cell.row,
                        column_letters(cell.column),
                        cell.text,
                        *problem,
                    ),
                    strict=True,
                )
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _own_years(cell: _Cell, years: tuple[float, float]) -> tuple[float, float] | None:
    """The years of a row; those of the table where it states none; None when they are no years."""
    found = []
    for text, usual in zip(cell.years, years, strict=True):
        if not text:
            found.append(usual)
        elif re.fullmatch(r"(?:19|20)\d{2}", text):
            found.append(float(text))
        else:
            return None
    return (found[0], found[1]) if not found[0] > found[1] else None
