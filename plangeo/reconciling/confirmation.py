"""The officer's file: which entries of two lists are the same project and which are not, by whom and when.

One row a decision: left_id, right_id, decision (same / different, "cùng" / "khác"), who, date, and a note. The sheet
"Cần xác nhận" of a reconciliation is such a file, to be filled in; rows without a decision are not decided. Where it also has the
names (left_name, right_name), a decision whose names are not those of the lists any more has no effect: row numbers stand in for
missing codes, and codes are given anew. A row that cannot be read decides nothing and is told with its fault; the others hold.
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
from plangeo.rawfiles import read_raw
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
class Refused:
    """A row of the file that decides nothing, and why."""

    where: str
    pair: str
    problem: str


@dataclass(frozen=True)
class Confirmed:
    """One decision on two rows of the lists."""

    left: int
    right: int
    decided: Decided

    @property
    def same(self) -> bool:
        return self.decided.same


def read_confirmations(source: str | Path | pd.DataFrame, sheet: str | None = None) -> tuple[list[Decided], list[Refused]]:
    """Return the decisions of a CSV, a workbook (its sheet "Cần xác nhận", if it has one) or a frame, and the rows that decide nothing.

    A row is refused whose decision is neither same nor different, that lacks a name, a date or an identifier, or whose pair is decided
    both ways: then all rows of the pair are. Rows without a decision are in neither list.
    **Raises** TableError when a column is missing, InputError when the file cannot be read.
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
    made: list[Decided] = []
    refused: list[Refused] = []
    for n, number in enumerate(numbers):
        row = {field: values[n] for field, values in cells.items()}
        if row["decision"]:
            read = _decided(row, f"{name}, row {number:g}")
            if isinstance(read, Decided):
                made.append(read)
            else:
                refused.append(read)
    contradictory = _contradictions(made)
    return [d for d in made if d not in contradictory], refused + list(contradictory.values())


@dataclass(frozen=True)
class Placed:
    """Decisions held against two lists."""

    confirmed: list[Confirmed]
    unknown: list[Decided]
    """They name an identifier that is not in the lists."""
    stale: list[Decided]
    """They were made on other names."""
    refused: list[Refused]
    """They would join several of the one list with several of the other."""


def place_confirmations(decided: Sequence[Decided], left: Mapping[str, str], right: Mapping[str, str]) -> Placed:
    """Return which decisions hold for rows of the two lists (identifier → name, in their order), and which do not and why."""
    mine, theirs = ({name: n for n, name in enumerate(ids)} for ids in (left, right))
    unknown = [d for d in decided if d.left_id not in mine or d.right_id not in theirs]
    present = [d for d in decided if d.left_id in mine and d.right_id in theirs]
    stale = [d for d in present if not (_is_still(d.left_name, left[d.left_id]) and _is_still(d.right_name, right[d.right_id]))]
    known = [d for d in present if d not in stale]
    tangled = _tangled(known)
    unique = {(d.left_id, d.right_id): d for d in known if d not in tangled}
    confirmed = [Confirmed(mine[d.left_id], theirs[d.right_id], d) for d in unique.values()]
    return Placed(confirmed, unknown, stale, list(tangled.values()))


def _tangled(known: Sequence[Decided]) -> dict[Decided, Refused]:
    """Every decision "same" of a group in which several of the one list meet several of the other; none of them can be trusted more."""
    same = [d for d in known if d.same]
    group: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for d in same:
        ends = (("left", d.left_id), ("right", d.right_id))
        merged = set(ends).union(*(group.get(end, set()) for end in ends))
        group |= dict.fromkeys(merged, merged)
    found = {}
    for d in same:
        members = group["left", d.left_id]
        sides = {side: sorted(name for of, name in members if of == side) for side in ("left", "right")}
        if len(sides["left"]) > 1 and len(sides["right"]) > 1:
            text = f"{', '.join(sides['left'])} are joined with {', '.join(sides['right'])}"
            why = f"{text}; one entry may have several parts, but not several with several"
            found[d] = Refused(d.where, f"{d.left_id} – {d.right_id}", why)
    return found


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


def _decided(row: Mapping[str, str], where: str) -> Decided | Refused:
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
        return Refused(where, f"{row['left_id'][:40] or '?'} – {row['right_id'][:40] or '?'}", "; ".join(wrong))
    return Decided(
        row["left_id"], row["right_id"], said in _SAME, row["who"], day, row["note"], where, row["left_name"], row["right_name"]
    )


def _contradictions(made: Sequence[Decided]) -> dict[Decided, Refused]:
    """Every decision on a pair that is decided both ways."""
    by_pair: dict[tuple[str, str], list[Decided]] = defaultdict(list)
    for d in made:
        by_pair[d.left_id, d.right_id].append(d)
    found = {}
    for pair, rows in by_pair.items():
        for d in rows:
            other = next((o for o in rows if o.same != d.same), None)
            if other is not None:
                why = f"the pair is decided the other way in {other.where.rpartition(', ')[2]}"
                found[d] = Refused(d.where, f"{pair[0]} – {pair[1]}", why)
    return found
