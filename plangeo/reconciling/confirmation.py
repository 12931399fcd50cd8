"""The officer's file: which entries of two lists are the same project and which are not, by whom and when.

One row a decision: left_id, right_id, decision (same / different, "cùng" / "khác"), who, date, and a note. The sheet
"Cần xác nhận" of a reconciliation is such a file, to be filled in; rows without a decision are not decided. Where it also has the
names (left_name, right_name), a decision whose names are not those of the lists any more has no effect: row numbers stand in for
missing codes, and codes are given anew.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from plangeo.errors import InputError, TableError
from plangeo.inputs import Request
from plangeo.sources import read_raw
from plangeo.text import clean, fold, parse_date

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "left_id": ("left_id", "mã bên trái", "mã danh mục trái", "left id"),
    "right_id": ("right_id", "mã bên phải", "mã danh mục phải", "right id"),
    "left_name": ("left_name", "tên bên trái"),
    "right_name": ("right_name", "tên bên phải"),
    "decision": ("decision", "quyết định", "kết luận xác nhận"),
    "who": ("who", "người xác nhận", "người quyết định", "by"),
    "date": ("date", "ngày xác nhận", "ngày"),
    "note": ("note", "văn bản, ghi chú", "ghi chú", "văn bản"),
}
"""Field → headings; the first is the plain one."""
SHEETS = ("Cần xác nhận", "Cần xác nhận (danh mục)")
"""Sheets of a reconciliation, and of the report on a priority list, that come back filled in."""
MOST_ROWS = 100_000
_SAME = frozenset(fold(w) for w in ("same", "cùng", "cùng một", "cùng một dự án", "giống", "trùng", "là một", "có", "yes"))
_DIFFERENT = frozenset(fold(w) for w in ("different", "khác", "khác nhau", "không", "hai dự án", "no"))
_SHOWN = 10


@dataclass(frozen=True)
class Decided:
    """One decision as written."""

    left_id: str
    right_id: str
    same: bool
    who: str
    date: dt.date
    note: str
    where: str
    left_name: str = ""
    """The names at the time of the decision; empty when the file does not have them."""
    right_name: str = ""


@dataclass(frozen=True)
class Confirmed:
    """One decision on two rows of the lists."""

    left: int
    right: int
    decided: Decided

    @property
    def same(self) -> bool:
        return self.decided.same


def read_confirmations(source: str | Path | pd.DataFrame, sheet: str | None = None) -> list[Decided]:
    """Return the decisions of a CSV, a workbook (its sheet "Cần xác nhận", if it has one) or a frame.

    **Raises** TableError with every fault: columns that are missing, a decision that is neither same nor different, one without
    name or date, a pair decided both ways. InputError when the file cannot be read.
    """
    frame, name = (source, "confirmed") if isinstance(source, pd.DataFrame) else (_table(Path(source), sheet), Path(source).name)
    found: dict[str, str] = {}
    for field, headings in COLUMNS.items():
        words = {fold(h) for h in headings}
        column = next((str(c) for c in frame.columns if fold(str(c)) in words), None)
        if column is not None:
            found[field] = column
    missing = [COLUMNS[f][0] for f in ("left_id", "right_id", "decision", "who", "date") if f not in found]
    if missing:
        raise TableError(
            f"{name}: the file of confirmations has no column {', '.join(missing)}. It needs left_id, right_id, decision (same or "
            'different), who, date; the sheet "Cần xác nhận" of a reconciliation has them.',
            code="confirmations_malformed",
        )
    if len(frame) > MOST_ROWS:
        raise TableError(f"{name}: more than {MOST_ROWS:,} rows of confirmations; split the file.", code="file_too_large")
    cells = {field: [_text(v) for v in frame[column]] for field, column in found.items()}
    for field in ("note", "left_name", "right_name"):
        cells.setdefault(field, [""] * len(frame))
    numbers = frame["source_row"].tolist() if "source_row" in frame else list(range(1, len(frame) + 1))
    faults: list[str] = []
    made = []
    for n, number in enumerate(numbers):
        row = {field: values[n] for field, values in cells.items()}
        if row["decision"]:
            decided = _decided(row, f"{name}, row {number:g}", faults)
            made += [decided] if decided else []
    faults += _contradictions(made)
    if faults:
        more = [f"… and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        raise TableError(
            "\n- ".join([f"{name}: these confirmations cannot be used, and none was:", *faults[:_SHOWN], *more]),
            code="confirmations_malformed",
        )
    return made


def place_confirmations(
    decided: Sequence[Decided], left: Mapping[str, str], right: Mapping[str, str]
) -> tuple[list[Confirmed], list[Decided], list[Decided]]:
    """Return the decisions on rows of the two lists (identifier → name, in their order), those that name an unknown identifier, and
    those whose names are others now.

    **Raises** TableError when decisions join several of the one list with several of the other.
    """
    mine, theirs = ({name: n for n, name in enumerate(ids)} for ids in (left, right))
    unknown = [d for d in decided if d.left_id not in mine or d.right_id not in theirs]
    present = [d for d in decided if d.left_id in mine and d.right_id in theirs]
    stale = [d for d in present if not (_is_still(d.left_name, left[d.left_id]) and _is_still(d.right_name, right[d.right_id]))]
    known = [d for d in present if d not in stale]
    partners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for d in known:
        if d.same:
            partners["left", d.left_id].add(d.right_id)
            partners["right", d.right_id].add(d.left_id)
    faults = [
        f"{d.where}: {d.left_id} is the same as {', '.join(sorted(partners['left', d.left_id]))}, and {d.right_id} the same as "
        f"{', '.join(sorted(partners['right', d.right_id]))}; one entry may have several parts, but not several with several"
        for d in known
        if d.same and len(partners["left", d.left_id]) > 1 and len(partners["right", d.right_id]) > 1
    ]
    if faults:
        raise TableError(
            "\n- ".join(["The confirmations contradict one another, and none was used:", *faults[:_SHOWN]]),
            code="confirmations_malformed",
        )
    unique = {(d.left_id, d.right_id): d for d in known}
    return [Confirmed(mine[d.left_id], theirs[d.right_id], d) for d in unique.values()], unknown, stale


def _is_still(then: str, now: str) -> bool:
    return not then or fold(then) == fold(now)


def _table(path: Path, sheet: str | None) -> pd.DataFrame:
    words = frozenset(fold(h) for headings in COLUMNS.values() for h in headings)
    fields = {fold(h): field for field, headings in COLUMNS.items() for h in headings}
    wanted = SHEETS if sheet is None and path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods") else (sheet,)
    for name in wanted:
        try:
            return read_raw(path, Request("confirmations", None, name, None, known=words, fields=fields))[0].frame
        except InputError:  # no such sheet: the next one
            if sheet is not None or name is None:
                raise
    return read_raw(path, Request("confirmations", None, None, None, known=words, fields=fields))[0].frame


def _text(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()[:10]
    return clean(str(value))


def _decided(row: Mapping[str, str], where: str, faults: list[str]) -> Decided | None:
    said = fold(row["decision"])
    day = parse_date(row["date"])
    wrong = []
    if said not in _SAME | _DIFFERENT:
        wrong.append(f"the decision {row['decision'][:40]!r} is neither 'same' (cùng) nor 'different' (khác)")
    if not row["left_id"] or not row["right_id"]:
        wrong.append("left_id or right_id is empty")
    if not row["who"]:
        wrong.append("nobody is named who decided")
    if day is None:
        wrong.append(f"{row['date'][:40]!r} is not a date, e.g. 2025-07-01 or 1/7/2025")
    if wrong or day is None:
        faults.append(f"{where}: {'; '.join(wrong)}")
        return None
    return Decided(
        row["left_id"], row["right_id"], said in _SAME, row["who"], day, row["note"], where, row["left_name"], row["right_name"]
    )


def _contradictions(made: Sequence[Decided]) -> list[str]:
    first: dict[tuple[str, str], Decided] = {}
    faults = []
    for d in made:
        before = first.setdefault((d.left_id, d.right_id), d)
        if before.same != d.same:
            faults.append(
                f"{d.where}: {d.left_id} and {d.right_id} are decided the other way in {before.where.rpartition(', ')[2]}"
            )
    return faults
