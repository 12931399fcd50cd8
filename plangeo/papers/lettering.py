"""Text on paper: letters the embedded font has, widths in millimetres, lines that fit, cuts that are told."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from plangeo.explanation import one_line

POINT_MM = 25.4 / 72
MISSING = "□"
_FILES = {"regular": "Tinos-Regular.ttf", "bold": "Tinos-Bold.ttf", "italic": "Tinos-Italic.ttf"}


def font_path(style: str) -> Path:
    """Return the font file of ``regular``, ``bold`` or ``italic``: Tinos, as wide as the Times New Roman that decrees ask for."""
    return Path(__file__).parent / "fonts" / _FILES[style]


@cache
def _font(style: str) -> Any:
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(font_path(style)))
    font.set_size(100, 72)
    return font


@cache
def _letters(style: str) -> frozenset[int]:
    return frozenset(_font(style).get_charmap())


@cache
def _advance(letter: str, style: str) -> float:
    """Width of a letter in parts of the size of the type."""
    from matplotlib.ft2font import LoadFlags

    glyph = _font(style).load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 / 100


def plain_text(value: Any) -> str:
    """Return user text on one line without control and invisible formatting characters, composed (NFC).

    >>> plain_text("Đường\\x07 tỉnh\\u202e 123")
    'Đường tỉnh 123'
    """
    text = unicodedata.normalize("NFC", one_line(value))
    return " ".join("".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")).split())


def printable(text: str, style: str = "regular") -> str:
    """Return ``text`` with a box for every letter the font has not.

    >>> printable("Đập ếợặ 水")
    'Đập ếợặ □'
    """
    known = _letters(style)
    return "".join(c if ord(c) in known and ord(c) <= 0xFFFF else MISSING for c in text)


def width_mm(text: str, size: float, style: str = "regular") -> float:
    """Return the width of printable text in type of ``size`` points."""
    return sum(_advance(c, style) for c in text) * size * POINT_MM


def wrap(text: str, wide_mm: float, size: float, *, style: str = "regular", most: int = 1_000) -> tuple[list[str], bool]:
    """Return at most ``most`` lines no wider than ``wide_mm``, and whether text was cut (the last line then ends in …).

    A word wider than the line is broken where it must be.
    """
    lines: list[str] = []
    line = ""
    for word in printable(text, style).split(" "):
        tried = f"{line} {word}" if line else word
        if width_mm(tried, size, style) <= wide_mm:
            line = tried
            continue
        if line:
            lines.append(line)
        pieces = _broken(word, wide_mm, size, style)
        lines += pieces[:-1]
        line = pieces[-1]
        if len(lines) > most:
            break
    if line:
        lines.append(line)
    if len(lines) <= most:
        return lines, False
    last = lines[most - 1]
    while last and width_mm(f"{last} …", size, style) > wide_mm:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()} …"], True


def _broken(word: str, wide_mm: float, size: float, style: str) -> list[str]:
    pieces, piece = [], ""
    for letter in word:
        if piece and width_mm(piece + letter, size, style) > wide_mm:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]
