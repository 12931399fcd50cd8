"""Which encoding a column was written in: TCVN3 (.VnTime), VNI, CP1258 and misread UTF-8 told from proper text, per column.

A text is converted only where the words of its column (or the words of the cell alone, in a mixed column) are spelled as
Vietnamese when read so and are not when left; codes are never converted. Every conversion and every doubt is a Decision.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, get_args

from plangeo.letters.legacytext import Legacy, as_bytes, in_bulk, is_evident, may_be_misread, mend_utf8, read_legacy
from plangeo.letters.oldletters import mend_letters, shown
from plangeo.letters.syllables import is_familiar, is_syllable, is_word, with_lost_u
from plangeo.reading import Decision
from plangeo.text import is_known

LEGACY: tuple[Legacy, ...] = get_args(Legacy)
_ENOUGH = 2.0
"""Points of evidence a column needs by itself; two words of three letters give them."""
_ENOUGH_BESIDE = 1.0
"""Points a column needs when other columns of the same table, or its header, are in that encoding."""
_LONGEST_TITLE = 120
"""Characters of the longest cell that may be the title of a column."""
_LONGEST_WORD = 60
"""Characters of the longest word that is weighed."""
_RIGHT = 0.8
"""Share of the words that must be spelled right."""
# a run of letters and of what older fonts use as letters; not: blanks, dashes, quotes and other marks of print
_WORD = re.compile("[A-Za-z\u0080-\u009f\u00a1-\u1fff\u20ab\uff00-\uffef]+")
_UNIT_SIGNS = frozenset("²³°™€")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9+/._-]{0,11}")
_CODE_LIKE = re.compile(r"[^a-z\s]{1,12}")
_LETTER = re.compile("[A-Za-z\u0080-\uffff]")
_SAYS = {
    "TCVN3": "TCVN3 (ABC, fonts named .VnTime); its capitals with tone marks come out small, names are compared without case",
    "VNI": "VNI (fonts named VNI-Times)",
    "CP1258": "CP1258 (Vietnamese Windows)",
}


class _Reading(NamedTuple):
    """A word read in one encoding."""

    right: bool
    points: float
    """How much it speaks for the encoding; 0 where the word is as good as it stands."""
    familiar: bool


class _Word(NamedTuple):
    proper: bool
    """Spelled right as it stands."""
    beyond_bytes: bool
    """Spelled right with letters that no encoding of bytes shows: it is Unicode."""
    familiar: bool
    read: tuple[_Reading | None, ...]
    """For each of LEGACY; None where the word says nothing."""


_NO_WORD = _Word(False, False, False, (None,) * len(LEGACY))


@dataclass
class Score:
    """The words of a unit weighed; counts of distinct words."""

    proper: int = 0
    beyond_bytes: int = 0
    familiar: int = 0
    right: dict[Legacy, int] = field(default_factory=lambda: dict.fromkeys(LEGACY, 0))
    wrong: dict[Legacy, int] = field(default_factory=lambda: dict.fromkeys(LEGACY, 0))
    points: dict[Legacy, float] = field(default_factory=lambda: dict.fromkeys(LEGACY, 0.0))
    unfamiliar: dict[Legacy, int] = field(default_factory=lambda: dict.fromkeys(LEGACY, 0))

    @property
    def best(self) -> Legacy:
        """The encoding that spells most words right."""
        return max(LEGACY, key=self._rank)

    @property
    def tied(self) -> bool:
        """Whether another encoding spells as many words right as the best, so that the words settle nothing."""
        return sum(self._rank(e) == self._rank(self.best) for e in LEGACY) > 1

    def _rank(self, encoding: Legacy) -> tuple[int, float]:
        return (self.right[encoding] if self.points[encoding] else 0, self.points[encoding])

    def share(self, encoding: Legacy) -> float:
        """Return the share of the words that are right in ``encoding``."""
        return self.right[encoding] / max(1, self.right[encoding] + self.wrong[encoding])


@dataclass
class Unit:
    """Cells that were typed alike: one column, or the cells of the header. ``texts`` is what is weighed and read."""

    texts: list[str]
    header: bool = False
    plain: Callable[[str], str] = str
    """What a text is when nothing is converted; where ``texts`` stand for bytes, their declared reading."""
    unread: str = ""
    """What is to be said when bytes are read in no known encoding."""
    told: list[tuple[str, str, float | None]] = field(default_factory=list)
    """What was said so far: sentence, sample, confidence."""
    words: dict[str, _Word] = field(default_factory=dict)
    score: Score = field(default_factory=Score)

    def distinct(self) -> list[str]:
        """Return the different texts with letters beyond ASCII."""
        return [t for t in dict.fromkeys(self.texts) if not t.isascii()]

    def score_of(self, text: str) -> Score:
        """Return the words of one cell weighed."""
        return _sum(self.words[w] for w in set(_WORD.findall(text)) if not w.isascii())


def weigh(unit: Unit) -> None:
    """Mend misread UTF-8 in the unit and weigh its words."""
    _mend(unit)
    words = {w for w in _WORD.findall("\n".join(unit.distinct())) if not w.isascii()}
    unit.words = {w: _judged(w, unit.plain(w), unit.header) if len(w) <= _LONGEST_WORD else _NO_WORD for w in words}
    unit.score = _sum(unit.words.values())


def settled(units: Iterable[Unit]) -> Legacy | None:
    """Return the encoding that units of one table are in by themselves, when it is only one; of a small table, all words count."""
    units = list(units)
    found = {u.score.best for u in units if _decided(u.score, None)}
    if not found:
        pooled = _sum({word: judged for u in units for word, judged in u.words.items()}.values())
        found = {pooled.best} if _decided(pooled, None) else set()
    return found.pop() if len(found) == 1 else None


def read_unit(unit: Unit, beside: Legacy | None, known: frozenset[str] = frozenset()) -> list[str]:
    """Return the unit's texts in Unicode (NFC) and add to ``unit.told`` what was decided.

    Parameters: ``unit`` weighed; ``beside`` the encoding of other columns of the table; ``known`` folded header words, which
    settle a cell of a header.
    """
    distinct = unit.distinct()
    if not distinct:
        return unit.texts
    whole = _decided(unit.score, beside)
    codes = {t for t in distinct if _CODE_LIKE.fullmatch(t)} if not unit.header and _holds_codes(unit.texts) else set()
    chosen: dict[str, Legacy | None] = dict.fromkeys(distinct)
    if unit.header or whole or any(unit.score.points.values()):
        words = [t for t in distinct if t not in codes]
        chosen |= _choices(unit, words, _encoding(unit.score, beside) if whole else None, known)
    read: dict[str, str] = {}
    for encoding in (None, *LEGACY):
        texts = [t for t in distinct if chosen[t] == encoding]
        read |= zip(texts, in_bulk(texts, unit.plain) if encoding is None else _converted_all(texts, encoding), strict=True)
    _tell(unit, chosen, read, whole)
    mended, told = mend_letters([read.get(t, t) for t in unit.texts], tcvn3="TCVN3" in chosen.values())
    unit.told += told
    _tell_left(unit, [t for t in distinct if chosen[t] is None], set(mended), beside, codes)
    return mended


def decisions_of(unit: Unit, where: str) -> list[Decision]:
    """Return what was decided about the unit; ``where`` names it."""
    return [Decision("encoding", where, said, sample, confidence) for said, sample, confidence in unit.told]


def header_word(text: str, known: frozenset[str]) -> bool:
    """Say whether a header cell, read in any encoding, is one of the ``known`` folded words."""
    if len(text) > _LONGEST_TITLE:
        return False
    if is_known(text, known) or text.isascii():
        return is_known(text, known)
    return is_known(mend_utf8(text)[0], known) or any(is_known(_converted(text, e), known) for e in LEGACY)


def _mend(unit: Unit) -> None:
    """Turn back UTF-8 that was read as Latin-1, cell by cell: its bytes are evidence enough."""
    distinct = unit.distinct()
    if not may_be_misread("\n".join(distinct)):
        return
    mended = {t: read for t in distinct if (read := mend_utf8(t))[1]}
    if not any(map(is_evident, mended)):
        mended = {t: r for t, r in mended.items() if all(is_word(_core(w)) for w in _WORD.findall(r[0]) if not w.isascii())}
    if not mended:
        return
    for text in distinct:
        if text not in mended and text[-1:] in "ÃÆ":  # the last byte of à or Ơ is a blank of Latin-1, stripped by readers
            read = mend_utf8(f"{text}\xa0")
            mended |= {text: read} if read[1] else {}
    counts = Counter(unit.texts)
    often = ("", "", " twice", " three times")[max(times for _, times in mended.values())]
    first = next(iter(mended))
    said = f"{sum(counts[t] for t in mended)} text(s) were UTF-8 read as Latin-1 or CP1252{often} and were repaired"
    unit.told.append((said, shown(first, mended[first][0]), 1.0))
    broken = [t for t in distinct if t not in mended and is_evident(t)]
    if broken:
        number = sum(counts[t] for t in broken)
        said = f"{number} text(s) look like misread UTF-8 that has lost letters; they were left as written"
        unit.told.append((said, repr(broken[0][:60]), None))
    unit.texts = [mended[t][0] if t in mended else t for t in unit.texts]


def _sum(words: Iterable[_Word]) -> Score:
    score = Score()
    for word in words:
        score.proper += word.proper
        score.beyond_bytes += word.beyond_bytes
        score.familiar += word.familiar
        for encoding, reading in zip(LEGACY, word.read, strict=True):
            if reading is not None:
                score.right[encoding] += reading.right
                score.wrong[encoding] += not reading.right
                score.points[encoding] += reading.points
                score.unfamiliar[encoding] += not reading.familiar
    return score


@lru_cache(maxsize=1 << 16)
def _judged(word: str, plain: str, joined: bool) -> _Word:
    core = _core(plain.replace("\xad", ""))
    # a capital behind small letters is the byte of another letter: chuyÓn is chuyển
    proper = not core.isascii() and is_word(core, joined=joined) and (core.isupper() or core[1:] == core[1:].lower())
    beyond = proper and any(c > "ÿ" for c in unicodedata.normalize("NFC", word))
    signs = [c for c in word if not c.isascii()]
    if all(c in _UNIT_SIGNS for c in signs) or not any(c.isalpha() for c in plain):
        return _NO_WORD
    read = tuple(_read_as(word, plain, encoding, proper, joined) for encoding in LEGACY)
    return _Word(proper, beyond, is_familiar(core), read)


def _read_as(word: str, plain: str, encoding: Legacy, proper: bool, joined: bool) -> _Reading | None:
    text, whole = _word_in(word, encoding)
    core = _core(text)
    if core.isupper() and "Đ" in core and len(core) <= 6 and whole:  # QĐ, TĐC: says nothing
        return None
    if whole and text == unicodedata.normalize("NFC", plain):
        return _Reading(proper, 0.0, is_familiar(core))
    # fonts of TCVN3 show some capitals by small letters; elsewhere a capital within a syllable (bƯu) is a wrong reading
    cased = encoding == "TCVN3" or core.isupper() or core[1:] == core[1:].lower() or not is_syllable(core)
    word_like = cased and is_word(core, joined=joined)
    right = whole and core == text.strip("\xad") and (word_like or _lacks_u(core, encoding))
    if not right or proper:
        return _Reading(right, 0.0, is_familiar(core))
    within = any(not c.isalpha() and not c.isascii() and after.isalpha() for c, after in pairwise(word))
    points = {1: 0.25, 2: 0.5}.get(len(core), 1.0) + (0.5 if within else 0.0) + (0.5 if is_familiar(core) else 0.0)
    return _Reading(True, points, is_familiar(core))


def _lacks_u(word: str, encoding: Legacy) -> bool:
    """A syllable of TCVN3 whose ư, a soft hyphen there, some program has dropped."""
    return encoding == "TCVN3" and with_lost_u(word) is not None


def _core(text: str) -> str:
    """The word without signs around it."""
    start, end = 0, len(text)
    while start < end and not text[start].isalpha():
        start += 1
    while end > start and not (text[end - 1].isalpha() or unicodedata.combining(text[end - 1])):
        end -= 1
    return unicodedata.normalize("NFC", text[start:end])


def _decided(score: Score, beside: Legacy | None) -> bool:
    """Whether the words settle the encoding of the whole unit."""
    if score.beyond_bytes:
        return False
    best = score.best
    enough = score.points[best] >= _ENOUGH and not score.tied
    if enough and score.share(best) >= _RIGHT and score.right[best] > score.proper - score.right[best]:
        return True
    if beside is None or score.wrong[beside] or not score.right[beside]:
        return False
    # words that are right both ways: the familiar reading, because all else in the table is in that encoding
    return score.points[beside] >= _ENOUGH_BESIDE or not (score.unfamiliar[beside] or score.familiar)


def _encoding(score: Score, beside: Legacy | None) -> Legacy:
    """The encoding of a unit that is decided: by itself, else by the rest of the table."""
    return beside if beside is not None and (score.tied or score.points[score.best] < _ENOUGH) else score.best


def _choices(unit: Unit, distinct: list[str], column: Legacy | None, known: frozenset[str]) -> dict[str, Legacy | None]:
    """The encoding of every cell, None where it stays."""
    if column is not None and not unit.header and not unit.score.wrong[column]:
        return dict.fromkeys(distinct, column)
    return {text: _of_cell(text, unit, column, known) for text in distinct}


def _of_cell(text: str, unit: Unit, column: Legacy | None, known: frozenset[str]) -> Legacy | None:
    """The encoding of one cell: the column's, unless the cell is proper as it stands; in other columns what it proves itself."""
    own = unit.score_of(text)
    proper = unit.score.beyond_bytes and own.proper and not any(own.points.values())  # a word of a header in Unicode
    if unit.header and known and not proper and not is_known(unit.plain(text), known):
        meant = [e for e in LEGACY if is_known(_converted(text, e), known)]
        if meant:
            return meant[0]
    if column is not None:
        # a word that is right in neither way: a foreign name where all its letters are letters
        foreign = own.wrong[column] and not own.right[column] and (own.proper or all(c.isascii() or c.isalpha() for c in text))
        return None if own.beyond_bytes or foreign or not _convertible(text, column) else column
    best = own.best
    certain = own.points[best] >= _ENOUGH and not own.tied and not own.wrong[best] and not own.beyond_bytes and not own.proper
    return best if certain and _convertible(text, best) else None


def _doubt(text: str, unit: Unit, beside: Legacy | None) -> str:
    """How a cell that was left could be read as well; empty when there is no reason to think so."""
    if max(text) > "\xff":
        return ""
    own = unit.score_of(text)
    best = own.best
    suspected = unit.score.beyond_bytes or unit.score.share(best) >= 0.5
    if suspected and own.points[best] >= _ENOUGH_BESIDE and own.share(best) >= _RIGHT and not own.beyond_bytes:
        return _converted(text, best)
    if beside is not None and own.right[beside] and not own.wrong[beside]:
        return _converted(text, beside)
    return ""


def _converted(text: str, encoding: Legacy) -> str:
    """The text with its words read in the encoding; marks of print between them stay."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return unicodedata.normalize("NFC", _WORD.sub(lambda match: _word_in(match.group(), encoding)[0], text))
    return read_legacy(text, encoding)[0]


def _converted_all(texts: list[str], encoding: Legacy) -> list[str]:
    return in_bulk(texts, lambda text: _converted(text, encoding))


def _convertible(text: str, encoding: Legacy) -> bool:
    """Whether every letter of the cell's words has a meaning in the encoding; signs of units are let pass."""
    return all(_word_in(word, encoding)[1] for word in _WORD.findall(text) if not word.isascii())


@lru_cache(maxsize=1 << 16)
def _word_in(word: str, encoding: Legacy) -> tuple[str, bool]:
    stand = as_bytes(word)
    if stand is None:
        return word, False
    text, whole = read_legacy(stand, encoding)
    return text, whole or read_legacy("".join(c for c in stand if c not in _UNIT_SIGNS), encoding)[1]


def _holds_codes(texts: list[str]) -> bool:
    lettered = [t for t in dict.fromkeys(texts) if _LETTER.search(t)]
    return 2 * sum(bool(_CODE.fullmatch(t)) for t in lettered) >= len(lettered)


def _tell(unit: Unit, chosen: dict[str, Legacy | None], read: dict[str, str], whole: bool) -> None:
    """Say what was converted, and what bytes in no known encoding were read as."""
    counts = Counter(unit.texts)
    for encoding in LEGACY:
        texts = [t for t, e in chosen.items() if e == encoding]
        if not texts:
            continue
        first = max(texts[:50], key=lambda t: sum(not c.isascii() for c in t[:60]))
        mixed = "" if whole else "; the column is mixed, so each cell was judged by its own words"
        said = f"{sum(counts[t] for t in texts)} text(s) typed in {_SAYS[encoding]}{mixed}. If that is wrong, save the file as Unicode (UTF-8)"
        unit.told.append((said, shown(unit.plain(first), read[first]), round(unit.score.share(encoding), 3) if whole else 0.9))
    stands = next((t for t, e in chosen.items() if e is None), None)
    if unit.unread and stands is not None:
        unit.told.append((unit.unread, repr(read[stands][:60]), None))


def _tell_left(unit: Unit, texts: list[str], read: set[str], beside: Legacy | None, codes: set[str]) -> None:
    """Say what was left although it may have been typed in an older encoding."""
    counts = Counter(unit.texts)
    suspected = any(unit.score.points.values()) or (beside is not None and not unit.score.beyond_bytes)
    if codes and suspected:
        number, first = sum(counts[t] for t in codes), min(codes)
        unit.told.append((f"{number} code(s) with letters beyond A to Z were left: codes are never converted", repr(first), None))
    left = (
        {t: doubt for t in texts if t not in codes and (doubt := _doubt(t, unit, beside)) and doubt not in read}
        if suspected
        else {}
    )
    if left:
        first = next(iter(left))
        said = (
            f"{sum(counts[t] for t in left)} text(s) may have been typed in an older encoding and were left as written: the words do "
            "not decide it. If they are meant as shown, convert the column to Unicode and read the file again"
        )
        unit.told.append((said, shown(unit.plain(first), left[first]), None))
