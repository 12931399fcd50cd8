"""Text of tables and vector files: bytes to letters, older encodings to Unicode, column by column, before anything is looked up."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache, partial

import pandas as pd

from plangeo.letters.encodings import Unit, decisions_of, header_word, read_unit, settled, weigh
from plangeo.letters.legacytext import from_windows
from plangeo.reading import Decision
from plangeo.text import is_known, unique_names

Row = tuple[int, list[str]]
"""The row's number in the file and its cells as text."""

_CODECS = {
    "88591": "latin-1",
    "88591:1987": "latin-1",
    "windowslatin1": "cp1252",
    "windowsvietnamese": "cp1258",
    "cp65001": "utf-8",
    "system": "utf-8",
}
_NUMBERED = re.compile(r"(?:ansi|cp|windows|dos|ibm)?[ _-]?(\d{3,5})")
_HEADER_WITHIN = 40


def codec_of(words: str) -> str | None:
    """Return Python's name of a code page as files write it, or None when nobody knows it.

    >>> codec_of("CP1258"), codec_of("WindowsLatin1"), codec_of("ANSI_1258"), codec_of("HELLO WORLD")
    ('cp1258', 'cp1252', 'cp1258', None)
    """
    text = words.strip().strip("\0").lower()
    number = _NUMBERED.fullmatch(text)
    name = f"cp{number.group(1)}" if number and text not in _CODECS else text
    try:
        return codecs.lookup(_CODECS.get(name, name)).name
    except (LookupError, ValueError):
        return None


def decode_frame(
    table: pd.DataFrame, declared: str | None, *, from_bytes: bool, known: frozenset[str] = frozenset()
) -> tuple[pd.DataFrame, list[Decision]]:
    """Return ``table`` with readable names and text, and every decision that took; the names of its columns stay distinct.

    With ``from_bytes`` every character of the text stands for one byte (read as ISO-8859-1). A column of valid UTF-8 is
    UTF-8 whatever the file says; else the encoding its words are spelled in; else ``declared`` (a codec) is believed; else
    the bytes are kept as CP1252, which loses nothing. ``known`` are folded names of columns the profile understands.
    """
    table = table.copy()
    texts: dict[int, list[object]] = {}
    for position in range(table.shape[1]):
        values = table.iloc[:, position]
        if values.dtype == object or pd.api.types.is_string_dtype(values.dtype):
            texts[position] = values.tolist()
    where = {n: [i for i, v in enumerate(cells) if isinstance(v, str)] for n, cells in texts.items()}
    names = Unit([str(c) for c in table.columns], header=True)
    units = {n: Unit([str(texts[n][i]) for i in rows]) for n, rows in where.items()}
    units = {n: unit for n, unit in units.items() if not all(map(str.isascii, unit.texts))}
    for unit in (names, *units.values()):
        if from_bytes:
            set_letters(unit, declared)
        weigh(unit)
    beside = settled([names, *units.values()])
    table.columns = pd.Index(unique_names(read_unit(names, beside, known)))
    decisions = decisions_of(names, "names of the columns")
    for position, unit in units.items():
        for i, text in zip(where[position], read_unit(unit, beside), strict=True):
            texts[position][i] = text
        table.isetitem(position, texts[position])
        decisions += decisions_of(unit, f"column {table.columns[position]!r}")
    return table, decisions


def read_rows(
    rows: Sequence[Row], known: frozenset[str], *, from_bytes: bool = False, place: str = ""
) -> tuple[list[Row], list[Decision]]:
    """Return the rows of a sheet or text table with every cell in Unicode, and what was decided, before a header is looked for.

    Parameters: ``known`` folded header words; ``from_bytes`` when every character stands for a byte (a text table that is no
    UTF-8); ``place`` names the sheet. What was typed alike is judged together: the header with the titles above it, and each
    column below.
    """
    if all(cell.isascii() for _, cells in rows for cell in cells):
        return list(rows), []
    head = _head(rows, known)
    width = max(len(cells) for _, cells in rows)
    places: list[list[tuple[int, int]]] = [[(r, c) for r in range(head) for c in range(len(rows[r][1]))]]
    places += [[(r, c) for r in range(head, len(rows)) if c < len(rows[r][1])] for c in range(width)]
    units = [Unit([rows[r][1][c] for r, c in cells], header=n == 0) for n, cells in enumerate(places)]
    for unit in units:
        if from_bytes:
            set_letters(unit, None)
        weigh(unit)
    beside = settled(units)
    changed = [list(cells) for _, cells in rows]
    decisions = []
    for number, (unit, cells) in enumerate(zip(units, places, strict=True)):
        for (r, c), text in zip(cells, read_unit(unit, beside, known), strict=True):
            changed[r][c] = text
        where = _where(number, changed[:head], known)
        decisions += decisions_of(unit, f"{place}, {where}" if place else where)
    return [(n, cells) for (n, _), cells in zip(rows, changed, strict=True)], decisions


def _head(rows: Sequence[Row], known: frozenset[str]) -> int:
    """How many rows at the top are titles and header: up to the one with most known words, read in any encoding."""
    scores = [sum(header_word(c, known) for c in cells if c) for _, cells in rows[:_HEADER_WITHIN]]
    if not any(scores):
        return next((i for i, (_, cells) in enumerate(rows) if any(cells)), 0) + 1
    best = scores.index(max(scores))
    below = [c for c in rows[best + 1][1] if c] if best + 2 < len(rows) else []
    second_line = bool(below) and not any(d.isdigit() for c in below for d in c)
    return best + 1 + second_line


def _where(number: int, head: list[list[str]], known: frozenset[str]) -> str:
    if number == 0:
        return "header and the rows above it"
    titles = [cells[number - 1] for cells in head if len(cells) >= number and cells[number - 1]]
    title = next((t for t in reversed(titles) if is_known(t, known)), titles[-1] if titles else "")
    return f"column {number}" + (f", {' '.join(title.split())!r}" if title else "")


def set_letters(unit: Unit, declared: str | None) -> None:
    """Say what the unit's texts, whose characters stand for bytes, are when they are in no older encoding."""
    blobs = {t: t.encode("latin-1") for t in dict.fromkeys(unit.texts) if not t.isascii()}
    if not blobs:
        return
    as_utf8 = {t: _utf8(b) for t, b in blobs.items()}
    if None not in as_utf8.values() and any(text and not text.isascii() for text in as_utf8.values()):
        if declared not in (None, "utf-8"):
            unit.told.append((f"the file declares {declared}, the bytes are UTF-8; read as UTF-8", "", 1.0))
        unit.texts = [as_utf8.get(t, t) or "" for t in unit.texts]
        return
    codec = declared if declared not in (None, "utf-8", "iso8859-1", "cp1252") else None
    if codec is None:
        unit.plain = _western
        unit.unread = (
            "" if declared in ("iso8859-1", "cp1252") else "the encoding is not stated or wrong; read as Latin-1 (CP1252)"
        )
        return
    try:
        for blob in blobs.values():
            blob.decode(codec)
    except UnicodeDecodeError:
        unit.plain = _western
        unit.unread = f"the text does not fit {declared}, which the file declares; kept as Latin-1 (CP1252)"
        return
    unit.plain = partial(_declared, codec=codec)


@lru_cache(maxsize=1 << 14)
def _declared(text: str, codec: str) -> str:
    """A text of byte characters as the file declares it; one with letters beyond one byte is Unicode already."""
    try:
        return unicodedata.normalize("NFC", text.encode("latin-1").decode(codec))
    except UnicodeError:
        return text


def _western(text: str) -> str:
    """CP1252; a text with letters beyond one byte is Unicode already."""
    return from_windows(text) if all(c < "\u0100" for c in text) else text


def _utf8(blob: bytes) -> str | None:
    """Decode UTF-8, forgiving a last letter cut by the field's width; None when it is not UTF-8."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(blob, final=False)
    except UnicodeDecodeError:
        return None
