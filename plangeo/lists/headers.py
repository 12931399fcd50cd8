"""Rows of text cells → which rows are the header, and what each column is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from plangeo.errors import InputError
from plangeo.text import fold, is_known, without_brackets

Row = tuple[int, list[str]]
"""The row's number in the file, counted from 1, and its cells as text."""
Merged = Iterable[tuple[tuple[int, int], tuple[int, int]]]
"""Merged ranges ((row, column), (row, column)), both ends included, counted from 0."""

_HEADER_WITHIN = 60
_MOST_LINES = 5
_MOST_SPANS = 200_000
_NUMBER = re.compile(r"^[-+(]?[\d.,\s]*\d[\d.,\s]*[)%]?$")
_YEAR = re.compile(r"^(19|20)\d\d$")
_UNIT_ONLY = re.compile(r"^([(\[].*[)\]]|ha|m2|m²|m|km2|ty dong|trieu dong|%)$")
_OF_ALL = re.compile(r"^(tong|tong so|tong cong|cong|tong dien tich|tong so dien tich|toan bo|total|all)$")
_COUNTING = re.compile(r"^[(\[]?\d{1,3}[)\]]?([=+\-*/x:]|\(|\)|\[|\]|\d|\s)*$|^[(\[]?[a-z][)\]]?$", re.IGNORECASE)
_TITLE = re.compile(
    r"\b(cong hoa xa hoi|doc lap|uy ban nhan dan|ubnd|hoi dong nhan dan|hdnd|phu luc|kem theo|ban hanh|don vi tinh|dvt|bieu (so )?\d+|danh muc (cac )?(cong trinh|du an))\b"
)
NUMBER_WORDS = frozenset({"stt", "tt", "so tt", "so thu tu", "s tt", "thu tu", "no", "no.", "#"})
"""Folded headings of the column that counts the rows of a list."""


class Spans:
    """Merged cells of a sheet, looked up by row number (from 1) and column (from 0)."""

    def __init__(self, merged: Merged, width: int) -> None:
        self._at: dict[tuple[int, int], tuple[int, int, int, int]] = {}
        for (top, left), (bottom, right) in merged:
            right = min(right, width - 1)
            height = min(bottom, top + 2 * _HEADER_WITHIN)
            if len(self._at) + (height - top + 1) * max(right - left + 1, 0) > _MOST_SPANS:
                break
            box = (top + 1, left, bottom + 1, right)
            self._at |= {(row, column): box for row in range(top + 1, height + 2) for column in range(left, right + 1)}

    def __bool__(self) -> bool:
        return bool(self._at)

    def at(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Return top, left, bottom, right of the merged range over a cell; the cell itself where none is."""
        return self._at.get((row, column), (row, column, row, column))

    def tall(self) -> dict[tuple[int, int, int, int], None]:
        """Return the ranges over several rows, in order."""
        return dict.fromkeys(sorted({box for box in self._at.values() if box[2] > box[0]}))


@dataclass(frozen=True)
class Header:
    """Where the header lies and what its columns are called."""

    first: int
    last: int
    """Positions among the filled rows."""
    numbers: tuple[int, ...]
    """Row numbers in the file."""
    names: tuple[str, ...]
    """One for each column; empty where nothing is written."""
    parts: tuple[tuple[str, ...], ...]
    """The lines of the header over each column, outermost first."""
    notes: tuple[str, ...] = ()


def parse_header_row(given: object) -> tuple[int, int] | None:
    """Return first and last row of a header stated as ``4``, ``"4"`` or ``"4-5"``. **Raises** InputError for anything else.

    >>> parse_header_row("4-5"), parse_header_row(3), parse_header_row(None)
    ((4, 5), (3, 3), None)
    """
    if given is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,7})\s*(?:[-–:]\s*(\d{1,7})\s*)?", str(given)) if isinstance(given, int | str) else None
    if match is None or isinstance(given, bool):
        raise InputError(
            f"header_row={given!r}: write the row of the header as the program shows it, e.g. 4, or '4-5' for two rows.",
            code="header_row_wrong",
        )
    first, last = int(match.group(1)), int(match.group(2) or match.group(1))
    if not 1 <= first <= last or last - first >= 10:
        raise InputError(
            f"header_row={given!r}: rows count from 1, the first one goes first, and a header has at most 10 of them.",
            code="header_row_wrong",
        )
    return first, last


def read_header(rows: Sequence[Row], fields: Mapping[str, str], spans: Spans, given: tuple[int, int] | None = None) -> Header:
    """Return the header of a table.

    Parameters: ``rows`` with at least one filled cell each, of equal width; ``fields`` folded column name → canonical field;
    ``given`` first and last row number stated by the user. **Raises** InputError when the stated rows are blank.
    """
    first, last = _stated(rows, given) if given else find_header(rows, fields, spans)
    lines = rows[first : last + 1]
    parts = [tuple(p for p in column if p) for column in _parts(lines, spans)]
    names, notes = _names(parts, fields)
    return Header(first, last, tuple(number for number, _ in lines), tuple(names), tuple(parts), tuple(notes))


def _stated(rows: Sequence[Row], given: tuple[int, int]) -> tuple[int, int]:
    inside = [i for i, (number, _) in enumerate(rows) if given[0] <= number <= given[1]]
    if not inside or rows[inside[0]][0] != given[0]:
        near = ", ".join(str(number) for number, _ in rows[:8])
        raise InputError(
            f"header_row={given[0]}: that row is blank; the first rows with text are {near}.", code="header_row_wrong"
        )
    return inside[0], inside[-1]


def find_header(rows: Sequence[Row], fields: Mapping[str, str], spans: Spans) -> tuple[int, int]:
    """Return the positions of the first and last header row.

    It is the row with most known words, or the rows above the counting line (1) (2) (3), with the lines that go on above and below.
    """
    head = rows[:_HEADER_WITHIN]
    scores = [len({fold(c) for c in cells if c and (is_known(c, fields) or fold(c) in NUMBER_WORDS)}) for _, cells in head]
    counting = next((i for i, (_, cells) in enumerate(head) if i and counts_columns(cells)), None)
    pool = scores[:counting] if counting and max(scores[:counting]) >= 1 else scores
    best = pool.index(max(pool))
    if pool[best] == 0:
        best = counting - 1 if counting else next((i for i, (_, cells) in enumerate(head) if _words(cells) >= 2), 0)
    first = last = best
    while (
        last + 1 < len(head)
        and last - first + 1 < _MOST_LINES
        and _goes_on(head[first : last + 1], head[last + 1], fields, spans)
    ):
        last += 1
    while first and last - first + 1 < _MOST_LINES and _begins_above(head[first - 1], head[first : last + 1], fields, spans):
        first -= 1
    return first, last


def _words(cells: Sequence[str]) -> int:
    return sum(1 for c in cells if c and not _NUMBER.match(c))


def _goes_on(block: Sequence[Row], lower: Row, fields: Mapping[str, str], spans: Spans) -> bool:
    """Say whether ``lower`` is one more line of the header ``block``: words only, under headings that leave room for them."""
    number, cells = lower
    words = [i for i, c in enumerate(cells) if c]
    upper = block[-1]
    if number != upper[0] + 1 or not words or counts_columns(cells):
        return False
    if any(_TITLE.search(fold(cells[i])) for i in words) or (len(block) == 1 and len([c for c in upper[1] if c]) < 2):
        return False
    if any(spans.at(upper[0], i)[2] > upper[0] for i in words):
        return False  # a heading above reaches down over this cell: what stands here is no part of it
    above = _above(block)
    named = [i for i, c in enumerate(above) if fields.get(fold(c)) in ("name", "site_id") or fold(c) in NUMBER_WORDS]
    apart = bool(named) and not any(
        cells[i] for i in named
    )  # every row of a list has a number or a name, a line of its header need not
    if any(_NUMBER.match(cells[i]) and not (apart and _YEAR.match(cells[i])) for i in words):
        return False
    return apart or _leaves_room(block, lower, above, fields, spans)


def _leaves_room(block: Sequence[Row], lower: Row, above: Sequence[str], fields: Mapping[str, str], spans: Spans) -> bool:
    """Say whether every word stands under a heading that is split or goes on with it, and at least half of them are known."""
    known = 0
    words = [i for i, c in enumerate(lower[1]) if c]
    for i in words:
        _, left, _, right = spans.at(block[-1][0], i)
        cell, joined = lower[1][i], f"{above[i]} {lower[1][i]}"
        if _UNIT_ONLY.match(fold(cell)) or is_known(joined, fields) or fold(joined) in NUMBER_WORDS:
            known += 1
        elif right > left or not block[-1][1][i]:
            known += right > left or is_known(cell, fields)
        else:
            return False
    return 2 * known >= len(words)


def _above(block: Sequence[Row]) -> list[str]:
    """The words over each column, from the outermost line on."""
    return [" ".join(" ".join(c for _, cells in block if (c := cells[i])).split()) for i in range(len(block[0][1]))]


def _begins_above(upper: Row, block: Sequence[Row], fields: Mapping[str, str], spans: Spans) -> bool:
    """Say whether the header begins a line higher: over cells of ``block`` that leave room, or over a banner it needs."""
    lower = block[0]
    filled = [i for i, c in enumerate(upper[1]) if c]
    if not filled or lower[0] != upper[0] + 1 or any(_TITLE.search(fold(upper[1][i])) for i in filled):
        return False
    if any(_NUMBER.match(upper[1][i]) for i in filled):
        return False
    complete = all(lower[1][i] for i in filled)
    if complete:  # a banner over a line that is a header by itself: needed only to tell equal headings apart
        words = [fold(c) for c in lower[1] if c]
        return len(filled) > 1 and len(set(words)) < len(words)
    return _goes_on([upper], lower, fields, spans)


def _parts(lines: Sequence[Row], spans: Spans) -> list[list[str]]:
    """For each column the words of each header line over it; a word also covers the blank cells to its right that are split below."""
    width = len(lines[0][1])
    texts: list[list[str]] = []
    begins: list[list[int]] = []  # the column where the word over a cell stands
    for depth, (number, cells) in enumerate(lines):
        text, begin = [""] * width, list(range(width))
        for i in range(width):
            top, left, _, _ = spans.at(number, i)
            same_parent = bool(i) and (depth == 0 or begins[-1][i] == begins[-1][i - 1])
            split = any(line[i] for _, line in lines[depth + 1 :])
            if cells[i]:
                text[i] = " ".join(cells[i].split())
            elif top == number and left < i:
                text[i], begin[i] = text[left], begin[left]
            elif top == number and split and same_parent and spans.at(number, i - 1)[2] == number:
                text[i], begin[i] = text[i - 1], begin[i - 1]
        texts.append(text)
        begins.append(begin)
    return [[line[i] for line in texts] for i in range(width)]


def _names(parts: Sequence[tuple[str, ...]], fields: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Names of columns: the joined lines, or those that are understood alone where only one column claims them."""
    whole = [" ".join(dict.fromkeys(p)) for p in parts]
    taken = {_field(name, fields) for name in whole if is_known(name, fields)}
    short: dict[int, str] = {}
    for i, lines in enumerate(parts):
        if len(lines) < 2 or is_known(whole[i], fields):
            continue
        ends = [" ".join(dict.fromkeys(lines[k:])) for k in range(1, len(lines))]
        begins = [" ".join(lines[:k]) for k in range(len(lines) - 1, 0, -1)] if _OF_ALL.match(fold(lines[-1])) else []
        choice = next((name for name in [*begins, *ends] if is_known(name, fields) or fold(name) in NUMBER_WORDS), None)
        if choice is not None and (_field(choice, fields) or fold(choice)) not in taken:
            short[i] = choice
    claims: dict[str | None, list[int]] = {}
    for i, name in short.items():
        claims.setdefault(_field(name, fields) or fold(name), []).append(i)
    notes = []
    for field, places in claims.items():
        if len(places) > 1:
            names = ", ".join(repr(whole[i]) for i in places)
            notes.append(f'{names} could all be {field}; none was taken. Name one, e.g. --map "{whole[places[0]]}={field}"')
            for i in places:
                del short[i]
    return [short.get(i, name) for i, name in enumerate(whole)], notes


def _field(cell: str, fields: Mapping[str, str]) -> str | None:
    return fields.get(fold(cell)) or fields.get(fold(without_brackets(cell)))


def counts_columns(cells: Sequence[str]) -> bool:
    """Recognise the line (1) (2) (3) … that appendices carry below the header, also A B 1 2 3 and (5)=(3)-(4).

    >>> counts_columns(["(1)", "(2)", "(3)", "(4)", "(5)=(3)-(4)"]), counts_columns(["A", "B", "1", "2", "3"])
    (True, True)
    >>> counts_columns(["1", "2.5", "3"]), counts_columns(["1", "2", "300"])
    (False, False)
    """
    marks = [c.replace(" ", "") for c in cells if c]
    if len(marks) < 3 or not all(_COUNTING.match(m) for m in marks):
        return False
    leading = [m.split("=")[0].strip("()[]") for m in marks]
    letters = [m for m in leading if m.isalpha()]
    numbers = [int(m) for m in leading if m.isdigit()]
    if len(letters) + len(numbers) != len(leading) or leading[: len(letters)] != letters or len(letters) > 3:
        return False
    steps = [b - a for a, b in pairwise(numbers)]
    return len(numbers) >= 2 and numbers[0] in (1, len(letters) + 1) and all(s == 1 for s in steps)


def column_letters(position: int) -> str:
    """Return the letters of a column counted from 0.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters, number = "", position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
