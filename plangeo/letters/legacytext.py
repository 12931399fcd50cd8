"""Texts of Vietnamese fonts and code pages turned into Unicode: TCVN3 (.VnTime), VNI, CP1258, UTF-8 read as Latin-1.

Nothing here decides whether a text is one of these; ``plangeo.letters.encodings`` does.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Literal

Legacy = Literal["TCVN3", "VNI", "CP1258"]
"""Encodings that a text may be in while its characters say something else."""

_PRINT = "\u201a\u201e\u2020\u2021\u2030\u2039\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u2026\u2122\u203a\xbb\xab"
"""Signs that may as well follow a capital letter in print: « MAÇÃ », OPCIÓ…"""
_TAIL = "\x80-\xbf\u20ac\u0192\u02c6\u0160\u0152\u017d\u02dc\u0161\u0153\u017e\u0178" + _PRINT
_MISREAD = re.compile(f"[\xc2-\xc6\xcc\xcd\xe1\xe2][{_TAIL}]")
# Å² is a unit; a capital amid small letters is none of print
_EVIDENT = re.compile(
    f"(?!Å[\xb0\xb2\xb3\xb9\xb7])[\xc2-\xc6\xcc\xcd](?![{_PRINT}])[{_TAIL}]|(?<=[a-z])[\xc2-\xc6][{_TAIL}]|[\xc2-\xc6][{_TAIL}](?=[a-z])"
    f"|[\xe1\xe2][{_TAIL}]{{2}}"
)
_LETTERS_OF_MISREAD = re.compile("[\x00-\u01bf\u0192\u02c6\u02dc\ufeff\u0300-\u036f\u1e00-\u1eff\u2000-\u22ff]*")
"""Latin letters, marks and signs: what a text of this kind holds."""
_PAIR = re.compile("[AEOUYaeouyÔÖôö][À-ÅÈ-ËÏÕØ-Üà-åè-ëïõø-ü]|[\x80-\xff]")
_CONTROL = re.compile("[\x80-\x9f]")
_MOST_READINGS = 3


@cache
def letters_of(name: Literal["TCVN3", "VNI"]) -> dict[str, str]:
    """Return legacy → letter; the keys are Latin-1 characters, one for each byte.

    >>> letters_of("TCVN3")["\xad"], letters_of("VNI")["aï"]
    ('ư', 'ạ')
    """
    table = (resources.files("plangeo.profiles") / "vn_script" / f"{name.lower()}.csv").read_text("utf-8")
    return {bytes.fromhex(row["legacy_hex"]).decode("latin-1"): row["unicode"] for row in csv.DictReader(io.StringIO(table))}


@cache
def _tcvn3() -> dict[int, str]:
    return {ord(legacy): letter for legacy, letter in letters_of("TCVN3").items()}


def read_legacy(text: str, encoding: Legacy) -> tuple[str, bool]:
    """Return ``text``, whose Latin-1 characters stand for bytes, read as ``encoding``, in NFC, and whether every byte has a meaning.

    Bytes without a meaning stay as they are. Capitals with tone marks come out of TCVN3 as small letters: it has none.

    >>> read_legacy("Quy ho¹ch tØnh", "TCVN3"), read_legacy("Laïng Sôn", "VNI"), read_legacy("déjà", "TCVN3")
    (('Quy hoạch tỉnh', True), ('Lạng Sơn', True), ('dộjà', False))
    """
    if encoding == "TCVN3":
        table = _tcvn3()
        return text.translate(table), all(c.isascii() or ord(c) in table for c in set(text))
    if encoding == "VNI":
        return _read_vni(text)
    try:
        return unicodedata.normalize("NFC", text.encode("latin-1").decode("cp1258")), True
    except UnicodeError:
        return text, False


def _read_vni(text: str) -> tuple[str, bool]:
    """One or two characters a letter; two count before one."""
    table = letters_of("VNI")
    whole = True

    def letter(match: re.Match[str]) -> str:
        nonlocal whole
        found = match.group()
        if found in table:
            return table[found]
        whole = whole and found[-1] in table and (found[0].isascii() or found[0] in table)
        return "".join(table.get(c, c) for c in found)

    return _PAIR.sub(letter, text), whole


@cache
def _windows(code_page: str) -> dict[str, str]:
    """Letter of a code page → the Latin-1 character of its byte; bytes without a letter stand for themselves."""
    found = {}
    for byte in range(0x80, 0x100):
        try:
            found[bytes([byte]).decode(code_page)] = chr(byte)
        except UnicodeDecodeError:
            found[chr(byte)] = chr(byte)
    return found


@cache
def _western() -> dict[str, str]:
    return {byte: letter for letter, byte in _windows("cp1252").items()}


@cache
def _western_bytes() -> dict[int, str]:
    return {ord(letter): byte for letter, byte in _windows("cp1252").items() if letter > "\xff"}


def from_windows(text: str) -> str:
    """Return ``text`` of Latin-1 characters as CP1252 writes them: its quotes, dashes and € stand where Latin-1 has none.

    >>> from_windows("l\x92été")
    'l’été'
    """
    table = _western()
    return _CONTROL.sub(lambda match: table[match.group()], text)


def as_bytes(text: str) -> str | None:
    """Return ``text`` as characters that stand for the bytes it was read from, as Latin-1, CP1252 or CP1258; None when it cannot be.

    >>> as_bytes("ho¹ch"), as_bytes("l’été") == "l\x92été", as_bytes("hoạch")
    ('ho¹ch', True, None)
    """
    if max(text, default="") < "\u0100":
        return text
    for code_page in ("cp1252", "cp1258"):
        table = _windows(code_page)
        if all(c.isascii() or c in table for c in text):
            return "".join(c if c.isascii() else table[c] for c in text)
    return None


def in_bulk(texts: list[str], convert: Callable[[str], str]) -> list[str]:
    """Return ``convert`` of every text, in one call where none holds a line break; it must work letter by letter.

    >>> in_bulk(["a", "b"], str.upper)
    ['A', 'B']
    """
    done = convert("\n".join(texts)).split("\n")
    return done if len(done) == len(texts) else [convert(text) for text in texts]


def may_be_misread(text: str) -> bool:
    """Say whether any letter looks like one of UTF-8 read as Latin-1 or CP1252."""
    return _MISREAD.search(text) is not None


def is_evident(text: str) -> bool:
    """Say whether a text shows signs of misread UTF-8 that cannot be a capital letter before a mark of print.

    >>> is_evident("rÃ©seau"), is_evident("aoÃ»t"), is_evident("VANDÅ»"), is_evident("10 Å²")
    (True, True, False, False)
    """
    return _EVIDENT.search(text) is not None


def mend_utf8(text: str) -> tuple[str, int]:
    """Undo readings of UTF-8 as Latin-1 or CP1252, where the bytes fit; return the text and how many were undone.

    >>> mend_utf8("bÃ¢timents Ã©tablis"), mend_utf8("Âu Lạc"), mend_utf8("déjà"), mend_utf8("OPCIÓ…")
    (('bâtiments établis', 1), ('Âu Lạc', 0), ('déjà', 0), ('OPCIÓ…', 0))
    """
    for times in range(_MOST_READINGS):
        mended = _once(text)
        if mended is None and is_evident(text):  # in a cell put together from several, each word by itself
            parts = [(part, _once(part)) for part in text.split(" ")]
            mended = " ".join(old if new is None else new for old, new in parts) if any(new for _, new in parts) else None
        if mended is None:
            return (unicodedata.normalize("NFC", text) if times else text), times
        text = mended
    return unicodedata.normalize("NFC", text), _MOST_READINGS


def _once(text: str) -> str | None:
    """The text whose UTF-8 was read in this way."""
    if not _MISREAD.search(text):
        return None
    try:
        blob = text.translate(_western_bytes()).encode("latin-1")
    except UnicodeEncodeError:
        return None
    for tail in (b"", b"\xa0", b"\x85"):  # readers strip these as blanks from the end of a cell: Hà, Nguyễn
        try:
            mended = (blob + tail).decode("utf-8")
        except UnicodeDecodeError:
            continue
        if _LETTERS_OF_MISREAD.fullmatch(mended):
            return mended
    return None
