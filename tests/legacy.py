"""Vietnamese text as old fonts, code pages and wrong readings show it: encoders, which the package itself has no use for."""

from __future__ import annotations

import unicodedata

from plangeo.letters.legacytext import letters_of

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TCVN3 = {letter: legacy for legacy, letter in letters_of("TCVN3").items()}
_VNI = {letter: legacy for legacy, letter in letters_of("VNI").items()}


def tcvn3(text: str) -> str:
    """The bytes of .VnTime as Latin-1 characters; capitals with tone marks become small, as in .VnTimeH."""
    return "".join(_TCVN3.get(c, _TCVN3.get(c.lower(), c)) for c in unicodedata.normalize("NFC", text))


def vni(text: str) -> str:
    """The bytes of VNI-Times as Latin-1 characters."""
    return "".join(_VNI.get(c, c) for c in unicodedata.normalize("NFC", text))


def cp1258(text: str) -> bytes:
    """Windows-1258: the tone mark follows its letter."""
    found = b""
    for c in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", c)
        letter = unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONES))
        found += (letter + "".join(p for p in parts if p in _TONES)).encode("cp1258")
    return found


def misread_1258(text: str) -> str:
    """CP1258 read as Latin-1."""
    return cp1258(text).decode("latin-1")


def mojibake(text: str, times: int = 1) -> str:
    """UTF-8 read as CP1252, ``times`` times."""
    for _ in range(times):
        text = "".join(_western(byte) for byte in text.encode("utf-8"))
    return text


def _western(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def small_tones(text: str) -> str:
    """What is left of a text after TCVN3: capitals with tone marks are small."""
    return "".join(c if c in _TCVN3 or c.isascii() else c.lower() for c in unicodedata.normalize("NFC", text))
