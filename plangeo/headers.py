"""Rows of text cells → a frame: which row is the header, which rows are projects, and what was decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd

from plangeo.text import fold

Row = tuple[int, list[str]]
"""The row's number in the file, counted from 1, and its cells as text."""

_HEADER_WITHIN = 40
_NUMBER = re.compile(r"^[-+(]?[\d.,\s]*\d[\d.,\s]*[)%]?$")
_TOTAL = re.compile(r"^(tong cong|tong so|tong|cong|total|sub ?total|grand total)\b[\s:.0-9]*(\(.*\))?$|^(tong cong|total)\b")
_GROUP_MARK = re.compile(r"^([IVXLC]+|[A-H]|\d+\.\d+)[.)]?$")  # I, IV., A, 1.1: a group when only a title follows
_UNIT = re.compile(r"[(\[].*?[)\]]")
_CRS_WORDS = ("kinh tuyen", "vn2000", "vn 2000", "vn-2000", "he toa do", "toa do vn", "coordinate system")


def table_from_rows(
    rows: Sequence[Row], known: frozenset[str], merged: Iterable[tuple[tuple[int, int], tuple[int, int]]] = ()
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table below the header, every cell as text, with its row number in ``source_row``, and notes.

    ``known`` are folded header words; ``merged`` are ranges ((row, column), (row, column)) counted from 0.
    Blank rows are dropped. Titles, groups and totals are no projects: they are left out and counted in a note.
    Returns an empty frame when there is no cell at all.
    """
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled:
        return pd.DataFrame({"source_row": pd.Series(dtype=float)}), []
    width = max(len(cells) for _, cells in filled)
    filled = [(number, cells + [""] * (width - len(cells))) for number, cells in filled]
    spans = {
        (top + 1, column): (left, bottom + 1) for (top, left), (bottom, right) in merged for column in range(left, right + 1)
    }
    first, last = find_header(filled, known, spans)
    names = _names(
        [cells for _, cells in filled[first : last + 1]], [number for number, _ in filled[first : last + 1]], known, spans
    )
    notes = []
    numbers = [number for number, _ in filled[first : last + 1]]
    if filled[0][0] != numbers[0] or len(numbers) > 1:
        notes.append(f"the header was found in row{'s' if len(numbers) > 1 else ''} {' and '.join(map(str, numbers))}")
    for number, cells in filled[:first]:
        line = " ".join(c for c in cells if c)
        if any(word in fold(line) for word in _CRS_WORDS):
            notes.append(f"row {number} says: {line[:200]!r}")
    body = filled[last + 1 :]
    if body and _counts_columns(body[0][1]):
        body = body[1:]
    kept = [i for i, name in enumerate(names) if name or any(cells[i] for _, cells in body)]
    marked = [(number, cells, _no_project(cells, len(kept))) for number, cells in body]
    projects = [(number, [cells[i] for i in kept]) for number, cells, skip in marked if not skip]
    left_out = [number for number, _, skip in marked if skip]
    if left_out:
        shown = ", ".join(map(str, left_out[:20])) + (" …" if len(left_out) > 20 else "")
        notes.append(f"{len(left_out)} row(s) that are titles, groups or totals were left out: row(s) {shown}")
    columns = unique_names([names[i] or f"column {i + 1}" for i in kept])
    frame = pd.DataFrame([cells for _, cells in projects], columns=pd.Index(columns), dtype=object)
    frame["source_row"] = pd.Series([float(number) for number, _ in projects], dtype=float)
    return frame, notes


def find_header(rows: Sequence[Row], known: frozenset[str], spans: dict[tuple[int, int], tuple[int, int]]) -> tuple[int, int]:
    """Return the positions of the first and last header row: the row with most known words, and its second line."""
    head = rows[:_HEADER_WITHIN]
    scores = [sum(1 for c in cells if c and is_known(c, known)) for _, cells in head]
    best = scores.index(max(scores))
    if scores[best] == 0:
        best = next((i for i, (_, cells) in enumerate(head) if sum(1 for c in cells if c and not _NUMBER.match(c)) >= 2), 0)
    if best and _second_line(head[best - 1], head[best], known, spans):
        return best - 1, best
    if best + 1 < len(head) and _second_line(head[best], head[best + 1], known, spans):
        return best, best + 1
    return best, best


def _second_line(upper: Row, lower: Row, known: frozenset[str], spans: dict[tuple[int, int], tuple[int, int]]) -> bool:
    """Say whether ``lower`` continues the header ``upper``: words only, under a cell that spans several columns."""
    if lower[0] != upper[0] + 1 or any(_NUMBER.match(c) for c in lower[1] if c):
        return False
    words = [i for i, c in enumerate(lower[1]) if c]
    if len([c for c in upper[1] if c]) < 2 or not words:
        return False
    row = upper[0]
    if any((row, i) in spans for i in words):
        # a data row under a merged title has cells everywhere; a second line only where the upper cell is split
        tall = [i for i in range(len(upper[1])) if spans.get((row, i), (0, row))[1] > row]
        return not any(lower[1][i] for i in tall) and any(((row, i) in spans and not upper[1][i]) or upper[1][i] for i in words)
    blank_above = [i for i in words if not upper[1][i]]
    recognised = sum(1 for i in words if is_known(lower[1][i], known))
    return bool(blank_above) and recognised * 2 >= len(words)


def _names(
    lines: list[list[str]], numbers: list[int], known: frozenset[str], spans: dict[tuple[int, int], tuple[int, int]]
) -> list[str]:
    if len(lines) == 1:
        return [" ".join(c.split()) for c in lines[0]]
    upper, lower = lines
    names = []
    group = ""
    for i, (top, sub) in enumerate(zip(upper, lower, strict=True)):
        covered = spans.get((numbers[0], i))
        if top:
            group = top
        elif covered is not None:
            group = upper[covered[0]]
        elif not sub:
            group = ""
        choices = [" ".join(f"{group} {sub}".split()), sub, top] if sub else [top]
        # the joined name is the honest one; the second line alone is used where only it is understood
        names.append(next((c for c in choices if c and is_known(c, known)), choices[0]))
    return names


def is_known(cell: str, known: frozenset[str]) -> bool:
    """Return whether a header cell is one of the ``known`` folded words, with or without its unit in brackets."""
    return fold(cell) in known or fold(_UNIT.sub(" ", cell)) in known


def _counts_columns(cells: list[str]) -> bool:
    """Recognise the line (1) (2) (3) … that appendices carry below the header."""
    marks = [c.strip("()[] ") for c in cells if c]
    return len(marks) >= 3 and marks[:3] == ["1", "2", "3"] and all(m.split("=")[0].strip("()[] ").isdigit() for m in marks)


def _no_project(cells: list[str], columns: int) -> bool:
    filled = [i for i, c in enumerate(cells) if c]
    if columns > 2 and len(filled) == 1 and filled[0] < 2:
        return True
    if columns > 3 and len(filled) == 2 and filled[0] == 0 and _GROUP_MARK.match(cells[0]):
        return True
    return any(cells[i][0] in "TtCcSsGg" and _TOTAL.match(fold(cells[i])) for i in filled[:2])


def unique_names(names: Sequence[str]) -> list[str]:
    """Return ``names`` with repeats told apart.

    >>> unique_names(["x", "y", "x"])
    ['x', 'y', 'x (2)']
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
