"""Attribute text of vector files: bytes to letters, and UTF-8 that was read as Latin-1 turned back."""

from __future__ import annotations

import codecs
import re
import unicodedata

import pandas as pd

_CODECS = {
    "88591": "latin-1",
    "88591:1987": "latin-1",
    "ansi 1252": "cp1252",
    "1252": "cp1252",
    "1258": "cp1258",
    "ansi 1258": "cp1258",
    "windowslatin1": "cp1252",
    "windowsvietnamese": "cp1258",
    "65001": "utf-8",
    "system": "utf-8",
}
_TWICE = re.compile(
    "[ÃÂÄÅÆáâà][\x80-\xbf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
)


def codec_of(words: str) -> str | None:
    """Return Python's name of a code page as files write it, or None when nobody knows it.

    >>> codec_of("CP1258"), codec_of("WindowsLatin1"), codec_of("HELLO WORLD")
    ('cp1258', 'cp1252', None)
    """
    text = words.strip().strip("\0")
    key = text.lower().replace("windows-", "").replace("cp", "") if text.lower().startswith(("cp", "windows-")) else text.lower()
    try:
        return codecs.lookup(_CODECS.get(key, text)).name
    except (LookupError, ValueError):
        return None


def decode_frame(table: pd.DataFrame, declared: str | None, *, from_bytes: bool) -> tuple[pd.DataFrame, list[str]]:
    """Return ``table`` with readable text, and a note for every column where that took a decision.

    With ``from_bytes`` every character of the text stands for one byte (read as ISO-8859-1). A column of
    valid UTF-8 is UTF-8 whatever the file says; else ``declared`` is believed; else the bytes are kept as
    Latin-1, so that nothing is lost and older Vietnamese encodings can still be recognised afterwards.
    """
    notes: list[str] = []
    table = table.copy()
    if from_bytes:
        table.columns = pd.Index([_letters([str(c)], declared)[0][0] for c in table.columns])
    for position in range(table.shape[1]):
        values = table.iloc[:, position]
        if not (values.dtype == object or pd.api.types.is_string_dtype(values.dtype)):
            continue
        texts = values.tolist()
        where = [i for i, v in enumerate(texts) if isinstance(v, str) and not v.isascii()]
        if not where:
            continue
        name = str(table.columns[position])
        chosen = [texts[i] for i in where]
        if from_bytes:
            chosen, note = _letters(chosen, declared)
            notes += [f"column {name!r}: {note}"] if note else []
        mended = [_once(text) for text in chosen]
        changed = sum(a != b for a, b in zip(mended, chosen, strict=True))
        if changed:
            notes.append(
                f"column {name!r}: {changed} text(s) were UTF-8 read as Latin-1 and were repaired, e.g. {next(a for a, b in zip(mended, chosen, strict=True) if a != b)[:40]!r}"
            )
        for i, text in zip(where, mended, strict=True):
            texts[i] = text
        table.isetitem(position, texts)
    return table, notes


def _letters(texts: list[str], declared: str | None) -> tuple[list[str], str]:
    """Decode texts of one column whose characters are bytes; return them and a note."""
    try:
        blobs = [t.encode("latin-1") for t in texts]
    except UnicodeEncodeError:
        return texts, ""
    if all(b.isascii() for b in blobs):
        return texts, ""
    as_utf8 = [_utf8(b) for b in blobs]
    whole = [t for t, b in zip(as_utf8, blobs, strict=True) if t is not None and not t.isascii()]
    if whole and None not in as_utf8:
        note = "" if declared in (None, "utf-8") else f"the file declares {declared}, the bytes are UTF-8; read as UTF-8"
        return [unicodedata.normalize("NFC", t or "") for t in as_utf8], note
    if declared and declared not in ("utf-8", "iso8859-1"):
        try:
            return [unicodedata.normalize("NFC", b.decode(declared)) for b in blobs], ""
        except UnicodeDecodeError:
            return texts, f"the text does not fit {declared}, which the file declares; kept as Latin-1"
    return texts, "" if declared == "iso8859-1" else "the encoding is not stated or wrong; read as Latin-1"


def _utf8(blob: bytes) -> str | None:
    """Decode UTF-8, forgiving a last letter cut by the field's width; None when it is not UTF-8."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(blob, final=False)
    except UnicodeDecodeError:
        return None


def _once(text: str) -> str:
    """Undo one reading of UTF-8 as Latin-1 or CP1252, when that is evident; else return ``text``.

    >>> _once("bÃ¢timents Ã©tablis"), _once("Âu Lạc"), _once("déjà")
    ('bâtiments établis', 'Âu Lạc', 'déjà')
    """
    if not _TWICE.search(text):
        return text
    for codec in ("latin-1", "cp1252"):
        try:
            mended = text.encode(codec).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if len(mended) < len(text):
            return unicodedata.normalize("NFC", mended)
    return text
