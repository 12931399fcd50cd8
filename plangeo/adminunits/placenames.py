"""Names of places, compared as people write them: tone marks put on either vowel, i for y, marks left out, slips of one letter.

Keys are for comparing only; what is shown is always what stands in the list or in the register of units.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from plangeo.text import clean

Key = tuple[tuple[str, str], ...]
"""Each syllable as (letters, tone): the place of the tone mark within the syllable says nothing."""

EXACT, MARKS_LEFT_OUT, OTHER_MARKS = 3, 2, 1
"""How well a written name fits a name: the same word; the same but for marks not written; the same letters with other marks."""

_TONES = "̣̀́̃̉"
_D_LIKE = str.maketrans(dict.fromkeys("ÐðƉɖ", "đ"))  # look-alikes of Đ and đ out of old conversions
_JOINTS = re.compile(r"[\s\-‐‑‒–—−'’.]+")
# y stands for i where it is the only vowel of the syllable: Lý = Lí, Quý = Quí; not in Tây, Thủy.
_ONLY_Y = re.compile(r"([^aăâeêioôơuưy]*|qu)y")


@lru_cache(maxsize=65_536)
def name_key(name: str) -> Key:
    """Return the key of a name: equal for every accepted way of writing it with its marks.

    >>> name_key("Quý Hoà") == name_key("QUÍ HÒA"), name_key("Tân Thanh") == name_key("Tân Thành")
    (True, False)
    """
    return tuple(_syllable(s) for s in _JOINTS.split(clean(name).casefold().translate(_D_LIKE)) if s)


def _syllable(text: str) -> tuple[str, str]:
    parts = unicodedata.normalize("NFD", text)
    letters = unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES))
    only_y = _ONLY_Y.fullmatch(letters)
    return (only_y[1] + "i" if only_y else letters), "".join(c for c in parts if c in _TONES)


@lru_cache(maxsize=65_536)
def plain_key(key: Key) -> str:
    """Return a key without any marks, as one text.

    >>> plain_key(name_key("Đồng Ý"))
    'dong i'
    """
    parts = (unicodedata.normalize("NFD", letters.replace("đ", "d")) for letters, _ in key)
    return " ".join("".join(c for c in part if not unicodedata.combining(c)) for part in parts)


def fit(written: Key, name: Key) -> int:
    """Say how well a written name fits a name: EXACT, MARKS_LEFT_OUT, OTHER_MARKS, or 0.

    >>> full = name_key("Tân Thành")
    >>> [fit(name_key(t), full) for t in ("Tân Thành", "tan thanh", "Tân Thanh", "Tần Thành", "Tân Thịnh")]
    [3, 2, 2, 1, 0]
    """
    if written == name:
        return EXACT
    if plain_key(written) != plain_key(name):
        return 0
    bare = all(w in (n, (plain_key((n,)), "")) for w, n in zip(written, name, strict=True))
    return MARKS_LEFT_OUT if bare else OTHER_MARKS


def one_slip(a: str, b: str) -> bool:
    """Say whether two texts differ by one letter left out, added, changed, or two neighbours exchanged.

    >>> one_slip("cao loc", "cao lo"), one_slip("ba son", "ab son"), one_slip("na sam", "na duong"), one_slip("a", "a")
    (True, True, False, False)
    """
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    short, long = sorted((a, b), key=len)
    at = next((n for n, (s, t) in enumerate(zip(short, long, strict=False)) if s != t), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long[at:]
