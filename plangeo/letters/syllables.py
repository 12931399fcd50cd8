"""Vietnamese spelling: is a run of letters a syllable of the language, and what it was before an ư fell out.

The spelling itself (onsets, rimes, familiar words) is data with provenance: ``plangeo/profiles/vn_script``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

from plangeo.yamlfile import read_yaml

_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_AFTER_STOP = ("\u0301", "\u0323")
_STOPS = ("c", "ch", "k", "p", "t")
_FRONT = "eêiy"
_LONGEST = 7
"""Letters of the longest syllable: nghiêng."""


class Spelling(NamedTuple):
    """What the data says, ready for looking up; every text in NFC and lower case."""

    onsets: tuple[str, ...]
    """Longest first."""
    rimes: frozenset[str]
    """With tone marks, in the old and the new place."""
    after_qu: frozenset[str]
    words: frozenset[str]
    lost_u: dict[tuple[str, ...], tuple[str, ...]]
    """A phrase as it stands after its ư fell out → the phrase; syllable by syllable."""


@cache
def spelling() -> Spelling:
    """Return the spelling of Vietnamese the package carries."""
    data = read_yaml((resources.files("plangeo.profiles") / "vn_script" / "script.yaml").read_text("utf-8")).data
    lost = {}
    for phrase in data["lost_u"]:
        whole = tuple(phrase.split())
        lost[tuple(word.replace("ư", "") for word in whole)] = whole
    return Spelling(
        tuple(sorted(data["onsets"], key=len, reverse=True)),
        frozenset(toned for rime in data["rimes"] for toned in _toned(rime)),
        frozenset(toned for rime in data["rimes_after_qu"] for toned in _toned(rime)),
        frozenset(data["words"]),
        lost,
    )


def _toned(rime: str) -> Iterator[str]:
    """All ways to write a rime with a tone: rimes that end in a stop know two tones, ``oa oe uy`` two places of the mark."""
    stop = rime.endswith(_STOPS)
    for tone in _AFTER_STOP if stop else _TONES:
        for place in _marked(rime):
            yield unicodedata.normalize("NFC", rime[: place + 1] + tone + rime[place + 1 :])


def _marked(rime: str) -> tuple[int, ...]:
    """The letters of a rime that may bear the tone."""
    vowels = [i for i, letter in enumerate(rime) if letter in "aăâeêioôơuưy"]
    shaped = [i for i in vowels if rime[i] in "ăâêôơư"]
    if shaped:  # ươ bears it on the second letter, ưa ưu ưi on the first
        return (shaped[-1],)
    if len(vowels) == 1:
        return (vowels[0],)
    if rime in ("oa", "oe", "uy"):
        return (0, 1)
    if rime[:2] in ("oa", "oe", "uy", "oo"):
        return (1,)
    return (vowels[0],)


@lru_cache(maxsize=1 << 16)
def is_syllable(word: str) -> bool:
    """Say whether ``word`` can be a Vietnamese syllable; case and place of the tone mark do not matter.

    >>> [is_syllable(w) for w in ("Nghiệp", "hòa", "hoà", "QUỲNH", "Đắk", "giếng", "phờng", "bâtir", "Léc", "forêt")]
    [True, True, True, True, True, True, False, False, True, False]
    """
    low = unicodedata.normalize("NFC", word).lower()
    if len(low) > _LONGEST:
        return False
    rules = spelling()
    for onset in rules.onsets:
        if not low.startswith(onset):
            continue
        rime = low[len(onset) :]
        if onset == "qu":
            if rime in rules.after_qu:
                return True
        elif _follows(rime, onset, rules):
            return True
    return False


def _follows(rime: str, onset: str, rules: Spelling) -> bool:
    parts = unicodedata.normalize("NFD", rime)
    if rime in rules.rimes and _fits(onset, parts):
        return True
    # giếng, giết: the i of gi stands for the i of iê
    return onset == "gi" and parts.startswith("e\u0302") and f"i{rime}" in rules.rimes


def _fits(onset: str, rime: str) -> bool:
    """Whether spelling lets the onset stand before the rime (decomposed): c/k, g/gh, ng/ngh, iê/yê."""
    front = rime[0] in _FRONT
    glide = rime.replace("\u0302", "^", 1).startswith(("ie^", "ye^"))
    if glide and (rime[0] == "y") != (onset == ""):
        return False
    if onset in ("gh", "ngh", "k"):
        return front or (onset == "k" and rime.endswith("k"))
    if onset in ("c", "ng"):
        return not front
    if onset == "g":
        return not front or re.sub("[\u0300-\u0323]", "", rime) in ("i", "in")
    return not (onset == "gi" and rime[0] in "iy")


def is_word(text: str, *, joined: bool = False) -> bool:
    """Say whether a run of letters is a syllable, or syllables written together with capitals (``TênDựÁn``).

    ``joined`` allows them together without capitals as well, as names of columns have them (``têndựán``).
    """
    if is_syllable(text):
        return True
    # without the first capital it is no such name: buơÌm is not "buơ" and "Ìm"
    starts = [n for n in range(1, len(text)) if text[n].isupper()] if text[:1].isupper() else []
    parts = [text[a:b] for a, b in pairwise((0, *starts, len(text)))]
    if len(parts) > 1 and all(is_syllable(part) for part in parts):
        return True
    return joined and len(text) <= 30 and _splits(text.lower(), 6)


def _splits(text: str, left: int) -> bool:
    if not text:
        return True
    return left > 0 and any(is_syllable(text[:n]) and _splits(text[n:], left - 1) for n in range(min(7, len(text)), 1, -1))


def is_familiar(text: str) -> bool:
    """Say whether the syllable is among the words of plans and registers the package knows.

    >>> is_familiar("Lộc"), is_familiar("Léc")
    (True, False)
    """
    return unicodedata.normalize("NFC", text).lower() in spelling().words


@lru_cache(maxsize=1 << 14)
def with_lost_u(word: str) -> str | None:
    """Return the only syllable that ``word`` becomes by one more ư; None when it is one already, or there is none or several.

    >>> with_lost_u("đờng"), with_lost_u("Hng"), with_lost_u("ngời"), with_lost_u("TT")
    ('đường', 'Hưng', None, None)
    """
    if not 3 <= len(word) <= _LONGEST or word.isupper() or is_syllable(word):
        return None
    found = {text for n in range(len(word) + 1) if is_syllable(text := f"{word[:n]}ư{word[n:]}")}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=1 << 14)
def maybe_lost_u(word: str) -> str | None:
    """Return the familiar word that an unfamiliar syllable would be with one more ư, for a doubt to be told.

    >>> maybe_lost_u("ngời"), maybe_lost_u("sơn")
    ('người', None)
    """
    if not 3 <= len(word) <= _LONGEST or is_familiar(word) or not is_syllable(word):
        return None
    found = {text for n in range(len(word) + 1) if is_familiar(text := f"{word[:n]}ư{word[n:]}")}
    return found.pop() if len(found) == 1 else None
