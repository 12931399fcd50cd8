"""Letters that old conversions leave behind in Vietnamese text: Ð for Đ, letters in parts, a soft hyphen for ư, a lost ư.

TCVN3 writes ư with the byte that everybody else knows as the soft hyphen, so that many programs drop it ("đường" → "đờng").
It is put back only where spelling allows nothing else, or a listed phrase stands there; where it may lack, that is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache

from plangeo.letters.legacytext import in_bulk, is_evident
from plangeo.letters.syllables import is_familiar, is_syllable, is_word, maybe_lost_u, spelling, with_lost_u

Told = tuple[str, str, float | None]
"""What was decided, a sample as written → as read, and how sure it is."""

_ETH = str.maketrans("ÐƉðɖ", "ĐĐđđ")
_LETTERS = re.compile(r"[^\W\d_]+")
_SOFT = re.compile(r"(?:[^\W\d_]|\u00ad)+")
_HYPHEN = re.compile(r"(?<!\w)([^\W\d_]{1,3})-([^\W\d_]{1,4})(?!\w)")
_HORN = frozenset("ơờớởỡợƠỜỚỞỠỢ")
_ONLY_VIETNAMESE = re.compile("[ơƠưƯ\u1ea0-\u1ef9]")
_VOWELS = frozenset("AEIOUY")


def mend_letters(texts: list[str], *, tcvn3: bool = False) -> tuple[list[str], list[Told]]:
    """Return the texts of one column in NFC with these letters mended, and what was decided. ASCII texts stay untouched.

    ``tcvn3`` says that the column came out of TCVN3, where an ư may have been dropped.

    >>> mend_letters(["Ðất ở", "déjà"])[0]
    ['Đất ở', 'déjà']
    """
    read = {t: t for t in dict.fromkeys(texts) if not t.isascii()}
    told: list[Told] = []
    counts = Counter(texts)

    def step(said: str, mend: Callable[[str], str], confidence: float = 1.0) -> None:
        mended = dict(zip(read, in_bulk(list(read.values()), mend), strict=True))
        changed = [t for t, new in mended.items() if new != read[t]]
        if changed:
            sample = _sample(read[changed[0]], mended[changed[0]])
            told.append((f"{sum(counts[t] for t in changed)} text(s): {said}", sample, confidence))
            read.update(mended)

    step("letters written in parts (a letter and its marks as characters of their own) were composed (NFC)", _composed)
    column = "\n".join(read.values())
    vietnamese = _ONLY_VIETNAMESE.search(column) is not None
    if any(c in column for c in "ÐƉðɖ"):
        step("Ð or ð (the Icelandic eth) stood for Đ or đ", lambda t: _LETTERS.sub(lambda m: _eth(m.group()), t))
    if "\xad" in column:
        said = "invisible soft hyphens (U+00AD) were left out, or read as ư where only that is a word"
        step(said, lambda t: t if is_evident(t) else _SOFT.sub(_soft, t))
    _lost_u(read, tcvn3, step, told)
    doubtful = next((t for t in read.values() if "\xad" in t and (vietnamese or tcvn3)), None)
    if doubtful is not None:
        told.append(("a soft hyphen (U+00AD) may stand for ư; it was left as written, check the word", repr(doubtful[:60]), None))
    return [read.get(t, t) for t in texts], told


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _eth(word: str) -> str:
    """The word with Đ for Ð, where that makes a Vietnamese word or an abbreviation without vowel: QĐ, HĐND."""
    mended = word.translate(_ETH)
    if mended == word:
        return word
    short = word.isupper() and _VOWELS.isdisjoint(unicodedata.normalize("NFD", word))
    return mended if short or is_word(mended) else word


def _soft(match: re.Match[str]) -> str:
    """The word without its soft hyphens, or with ư for them; as written where it could be either."""
    word = match.group()
    if "\xad" not in word:
        return word
    plain, horned = word.replace("\xad", ""), word.replace("\xad", "ư")
    as_u = word.count("\xad") == 1 and bool(plain) and is_syllable(horned)
    as_nothing = plain.isascii() or is_word(plain)
    if as_u != as_nothing or not plain:
        return horned if as_u else plain
    return word


def _lost_u(
    read: dict[str, str], tcvn3: bool, step: Callable[[str, Callable[[str], str], float], None], told: list[Told]
) -> None:
    """Put back what is certain; tell what is not."""
    column = "\n".join(read.values())
    words = set(_LETTERS.findall(column)) if tcvn3 or not _HORN.isdisjoint(column) else set()
    certain = {w: mended for w in words if (mended := _certain(w, tcvn3)) is not None}
    if not (tcvn3 or certain):
        return
    certain |= {w: mended for w in words if certain and (mended := _certain(w, True)) is not None and is_familiar(mended)}
    pattern, phrases = _phrases()
    lower = {w.lower() for w in words}
    listed = any(lower.issuperset(lost.split()) for lost in phrases)

    def restore(text: str) -> str:
        text = _HYPHEN.sub(_hyphen, text) if tcvn3 else text
        text = pattern.sub(lambda m: _phrase(m.group(), phrases), text) if listed else text
        return _LETTERS.sub(lambda m: certain.get(m.group(), m.group()), text) if certain else text

    if certain or listed or (tcvn3 and "-" in column):
        said = "the letter ư, a soft hyphen in TCVN3, was dropped by some program and put back where spelling or a phrase allows nothing else"
        step(said, restore, 0.95)
    if certain or "ư" not in column:
        left = sorted(words.intersection(_LETTERS.findall("\n".join(read.values()))))
        doubts = [f"{w!r} ({whole!r}?)" for w in left if (whole := maybe_lost_u(w) or with_lost_u(w)) is not None]
        if doubts:
            told.append(
                ("words that may lack an ư were left as written; correct the file where they do", ", ".join(doubts[:8]), None)
            )


def _certain(word: str, tcvn3: bool) -> str | None:
    """The word with its ư, where spelling allows nothing else; in a column that is not TCVN3 a familiar word only."""
    horned = bool(_HORN & set(word))
    if not horned and not tcvn3:
        return None
    whole = with_lost_u(word)
    return whole if whole is not None and ((horned and tcvn3) or is_familiar(whole)) else None


def _hyphen(match: re.Match[str]) -> str:
    """Ph-ờng: some programs write the soft hyphen as a hyphen."""
    left, right = match.groups()
    whole = f"{left}ư{right}"
    fits = not right.isupper() and not is_syllable(left) and is_syllable(whole)
    return whole if fits and (_HORN & set(right) or is_familiar(whole)) else match.group()


@cache
def _phrases() -> tuple[re.Pattern[str], dict[str, str]]:
    table = {" ".join(lost): " ".join(whole) for lost, whole in spelling().lost_u.items()}
    choices = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{choices})-?(?![\w-])", re.IGNORECASE), table


def _phrase(found: str, phrases: dict[str, str]) -> str:
    """The phrase with its ư, capitals as written; a hyphen at its end stands for the ư."""
    whole = phrases[found.rstrip("-").lower()]
    if found.endswith("-") and not whole.endswith("ư"):
        return found
    letters = iter(found)
    return "".join("ư" if c == "ư" and c not in found.lower() else next(letters, "") for c in whole)


def _sample(before: str, after: str) -> str:
    if unicodedata.normalize("NFC", before) == after and len(before) != len(after):
        return f"{after[:60]!r}: {len(before)} characters → {len(after)}"
    return shown(before, after)


def shown(before: str, after: str) -> str:
    """Return a sample: as written → as read, cut to what fits a line.

    >>> shown("Quy ho¹ch", "Quy hoạch")
    "'Quy ho¹ch' → 'Quy hoạch'"
    """
    cut = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    start = before.rfind(" ", 0, cut) + 1 if cut > 40 else 0
    parts = [f"{'…' if start else ''}{t[start : start + 60]}{'…' if len(t) > start + 60 else ''}" for t in (before, after)]
    return f"{parts[0]!r} → {parts[1]!r}"
