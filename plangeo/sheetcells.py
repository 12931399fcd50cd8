"""Cells of our workbooks: how high a row must be for its text, and which texts of an office's own columns are numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from plangeo.text import fold

LINE_POINTS = 15.0
"""Height of a line of 11-point type in points."""
_CHARACTER = 0.9
"""Width of a letter of Times New Roman in digits of the standard type, in which Excel states the width of columns."""
_MOST_LINES = 27
"""Excel takes rows of up to 409 points."""
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})([.,](\d{1,2}|\d{4,9}))?")
"""A number that is read in one way only: with three decimals it may be thousands, with a leading zero a code."""
_CODES = ("ma", "so hieu", "dien thoai", "ma so")


def row_height(texts: Sequence[tuple[str, float]]) -> float:
    """Return the height in points a row needs for ``texts`` (text, width of its column in characters).

    Programs other than Excel do not fit rows by themselves when they open a workbook or print it.

    >>> row_height([("a", 10), ("một hai ba bốn năm", 10)])
    30.0
    """
    most = max((_lines(text, width) for text, width in texts), default=1)
    return LINE_POINTS * min(most, _MOST_LINES)


def _lines(text: str, width: float) -> int:
    return sum(max(1, math.ceil(len(part) * _CHARACTER / max(1.0, width))) for part in text.split("\n"))


def as_number(text: str) -> float | int | None:
    """Return the number a text of a register is, or None where it may be read in two ways or is a code.

    >>> as_number("162"), as_number("540,5"), as_number("2.399"), as_number("007"), as_number("khoảng 500")
    (162, 540.5, None, None, None)
    """
    if _NUMBER.fullmatch(text) is None:
        return None
    return float(text.replace(",", ".")) if "." in text or "," in text else int(text)


def is_numeric(heading: str, texts: Sequence[str]) -> bool:
    """Say whether a column holds numbers: most of its cells are, and its heading speaks of no code."""
    filled = [text for text in texts if text]
    head = fold(heading)
    if not filled or any(head == word or head.startswith(f"{word} ") for word in _CODES):
        return False
    return 2 * sum(as_number(text) is not None for text in filled) > len(filled)
