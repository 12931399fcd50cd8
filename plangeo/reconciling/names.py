"""Names of projects taken apart for comparing: words, numbers and parts, and where the name says it lies.

Numbers are never compared as letters: "KCN Đồng Bành 1" and "KCN Đồng Bành 2" are as different as two names can be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Literal

from plangeo.adminunits.placenames import EXACT, Key, fit, name_key, one_slip, plain_key
from plangeo.reconciling.namewords import NameWords, Phrase
from plangeo.text import clean, fold

MOST_CHARACTERS = 500
"""A longer text is no name; the rest of it is not compared."""

Wording = Literal["same", "marks_left_out", "other_marks", "slip", "reordered", "extended", "distinct"]
"""How the words of two names agree:

- ``same``: the same words, whatever case, abbreviation, filler or place of a tone mark;
- ``marks_left_out``: the same, one of them written without any marks;
- ``other_marks``: the same letters with other marks (Tân Thanh, Tân Thành): may be two places;
- ``slip``: one letter of a word left out, added or changed, or a space: may be two places;
- ``reordered``: the same words in another order;
- ``extended``: one name has more words than the other;
- ``distinct``: clearly other words.
"""
Numbering = Literal["equal", "one_sided", "different"]
"""How numbers and parts agree; ``one_sided``: one name states a number or a part, the other none."""

_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*|[^\w\s]")
_ROMAN_NUMBERS = ("i ii iii iv v vi vii viii ix x", "xi xii xiii xiv xv xvi xvii xviii xix xx")
_ROMAN = {roman: str(n) for n, roman in enumerate(" ".join(_ROMAN_NUMBERS).split(), start=1)}
_NO_WORD = frozenset({"i", "ii", "iii", "iv", "vii", "viii", "ix"})
"""Roman numbers that are no syllable, whatever their case."""
_OPENING = frozenset(",;(–—-:")
_SLIP_FROM_LETTERS = 3


@dataclass(frozen=True)
class ProjectName:
    """A name, read."""

    text: str
    """As written."""
    words: Key
    """Its words as keys of syllables, without numbers, fillers and the place behind it."""
    numbers: tuple[tuple[str, str], ...]
    """(word of the part or empty, number) in the order they stand; Roman numbers as Arabic ones."""
    where: str
    """The words behind the name that say where it lies; empty when there are none."""
    marked: bool
    """False when it is written without any Vietnamese marks."""
    plain: tuple[str, ...] = field(default=())
    aside: tuple[str, ...] = field(default=())
    """Words in brackets, without marks: a second name, or what tells it from another one."""

    @property
    def base(self) -> str:
        """The words without marks, as one text: equal for all parts of one project."""
        return " ".join(self.plain)

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Words without marks, and numbers."""
        return self.base, self.numbers


@dataclass(frozen=True)
class _Token:
    plain: str
    written: str
    upper: bool
    glued: bool
    """True when nothing stands between it and the token before."""

    @property
    def number(self) -> bool:
        return self.plain[0].isdigit()


def read_name(text: str, words: NameWords) -> ProjectName:
    """Return a name taken apart.

    >>> from plangeo.profiles import load_profile
    >>> words = load_profile("vn").names
    >>> name = read_name("Dự án ĐTXD KCN Đồng Bành GĐ II, xã Chi Lăng", words)
    >>> name.base, name.numbers, name.where
    ('khu cong nghiep dong banh', (('giai doan', '2'),), 'xã Chi Lăng')
    >>> read_name("Cải tạo QL1A", words).key == read_name("Cải tạo Quốc lộ 1A", words).key
    True
    """
    shown = clean(text)
    said = clean(text[:MOST_CHARACTERS])
    tokens, where = _without_place(_tokens(said), words)
    outside, inside = _brackets(_without_fillers(_expanded(tokens, words), words))
    rest, numbers = _numbers(outside, words)
    beside, more = _numbers(inside, words)
    key = name_key(" ".join(t.written for t in rest))
    plain = tuple(plain_key((syllable,)) for syllable in key)
    aside = tuple(plain_key((syllable,)) for syllable in name_key(" ".join(t.written for t in beside)))
    aside = () if _within(aside, plain) else aside
    return ProjectName(shown, key, numbers + more, where, _is_marked(said), plain, aside)


def compare_words(a: ProjectName, b: ProjectName) -> Wording:
    """Say how the words of two names agree; the same for (a, b) and (b, a).

    >>> from plangeo.profiles import load_profile
    >>> words = load_profile("vn").names
    >>> def said(a, b): return compare_words(read_name(a, words), read_name(b, words))
    >>> said("KCN Suối Biếc", "khu cong nghiep suoi biec"), said("KDC Tân Thanh", "KDC Tân Thành")
    ('marks_left_out', 'other_marks')
    >>> said("Khu dân cư Gò Mận", "Khu dân cư Gò Mậm"), said("KCN Suối Biếc", "KCN Suối Lạnh"), said("KCN Gốc Đa", "CCN Gốc Đa")
    ('slip', 'distinct', 'distinct')
    """
    if not a.words or not b.words:
        return "distinct"
    if a.aside != b.aside:
        core = compare_words(replace(a, aside=()), replace(b, aside=()))
        return core if core == "distinct" else "extended"
    if a.words == b.words:
        return "same"
    if a.plain == b.plain:
        exact = all(fit((x,), (y,)) == EXACT for x, y in zip(a.words, b.words, strict=True))
        return "same" if exact else ("other_marks" if a.marked and b.marked else "marks_left_out")
    if len(a.plain) == len(b.plain):
        differing = [(x, y) for x, y in zip(a.plain, b.plain, strict=True) if x != y]
        bound = 1 if len(a.plain) <= 5 else 2
        if len(differing) <= bound and all(_slipped(x, y) for x, y in differing) and _rest_agrees(a, b):
            return "slip"
    if "".join(a.plain) == "".join(b.plain):
        return "slip"
    if sorted(a.plain) == sorted(b.plain):
        return "reordered"
    return "extended" if _more_words(*sorted((a.plain, b.plain))) else "distinct"


def compare_numbers(a: ProjectName, b: ProjectName) -> Numbering:
    """Say how numbers and parts of two names agree; a part and a bare number of the same value are not the same for sure.

    >>> from plangeo.profiles import load_profile
    >>> words = load_profile("vn").names
    >>> def said(a, b): return compare_numbers(read_name(a, words), read_name(b, words))
    >>> said("Đồng Bành 1", "Đồng Bành số 2"), said("Đồng Bành I", "Đồng Bành 1"), said("Đồng Bành", "Đồng Bành mở rộng")
    ('different', 'equal', 'one_sided')
    """
    if a.numbers == b.numbers:
        return "equal"
    if not a.numbers or not b.numbers:
        return "one_sided"
    if [value for _, value in a.numbers] == [value for _, value in b.numbers]:
        return "one_sided"
    return "different"


def _slipped(x: str, y: str) -> bool:
    return min(len(x), len(y)) >= _SLIP_FROM_LETTERS and one_slip(x, y)


def _rest_agrees(a: ProjectName, b: ProjectName) -> bool:
    """A slip in one word, and other marks in another one, are two faults; too many to be one name."""
    if not (a.marked and b.marked):
        return True
    return all(x == y for x, y, p, q in zip(a.words, b.words, a.plain, b.plain, strict=True) if p == q)


def _more_words(a: Sequence[str], b: Sequence[str]) -> bool:
    """True when all that differs are words that only one of the names has, and no word stands for another one."""
    steps = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    shared = sum(stop - start for kind, start, stop, _, _ in steps if kind == "equal")
    return shared >= 3 and 2 * shared >= max(len(a), len(b)) and all(kind != "replace" for kind, *_ in steps)


def _brackets(tokens: Sequence[_Token]) -> tuple[list[_Token], list[_Token]]:
    """The tokens outside and inside brackets; all are outside where nothing else is."""
    outside: list[_Token] = []
    inside: list[_Token] = []
    depth = 0
    for token in tokens:
        depth += token.plain in "(["
        (inside if depth else outside).append(token)
        depth = max(0, depth - (token.plain in ")]"))
    return (outside, inside) if any(t.plain[0].isalpha() for t in outside) else (list(tokens), [])


def _within(short: Sequence[str], long: Sequence[str]) -> bool:
    rest = iter(long)
    return all(word in rest for word in short)


def _is_marked(text: str) -> bool:
    return any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", text)) or "đ" in text.casefold()


def _tokens(text: str) -> list[_Token]:
    """Words, numbers and signs; a single letter glued to a number is part of it ("1A")."""
    made: list[_Token] = []
    end = -1
    for match in _TOKEN.finditer(text):
        written = match.group()
        glued = match.start() == end
        end = match.end()
        after = text[end : end + 1]
        if glued and made and made[-1].number and len(written) == 1 and written.isalpha() and not after.isdigit():
            made[-1] = _Token(made[-1].plain + fold(written), made[-1].written + written, False, made[-1].glued)
            continue
        plain = fold(written) or written
        made.append(_Token(plain, written, written.isupper() and len(written) < 6, glued))
    return made


def _at(tokens: Sequence[_Token], start: int, longest: int, phrases: object) -> int:
    """Return how many tokens from ``start`` on are the longest phrase of ``phrases``; 0 for none."""
    for length in range(min(longest, len(tokens) - start), 0, -1):
        phrase: Phrase = tuple(t.plain for t in tokens[start : start + length])
        if phrase in phrases:  # type: ignore[operator]
            return length
    return 0


def _without_place(tokens: list[_Token], words: NameWords) -> tuple[list[_Token], str]:
    """Cut the words that say where the project lies: ", xã Chi Lăng", "tại xã Chi Lăng", "(huyện Cao Lộc)"."""
    for at in range(2, len(tokens)):
        lead = _at(tokens, at, words.longest, words.leads)
        start = at + lead + (1 if tokens[at].plain in _OPENING else 0)
        if start == at or start >= len(tokens):
            continue
        start += _at(tokens, start, words.longest, words.leads) if not lead else 0
        short = _at(tokens, start, words.longest, words.expanded)
        kind = tuple(t.plain for t in tokens[start : start + short])
        unit = short and tuple(fold(" ".join(words.expanded[kind])).split()) in words.units
        if _at(tokens, start, words.longest, words.units) or unit:
            return tokens[:at], _written(tokens[start:])
    return tokens, ""


def _written(tokens: Sequence[_Token]) -> str:
    text = "".join(t.written if t.glued or t.plain in ",;.)" else f" {t.written}" for t in tokens)
    return clean(text).rstrip(" ).;,")


def _expanded(tokens: Sequence[_Token], words: NameWords) -> list[_Token]:
    made: list[_Token] = []
    at = 0
    while at < len(tokens):
        length = _at(tokens, at, words.longest, words.before_number)
        after = at + length + (at + length < len(tokens) and tokens[at + length].plain == ".")
        meant = None
        if length and after < len(tokens) and _is_number(tokens, after):
            meant = words.before_number[tuple(t.plain for t in tokens[at : at + length])]
        elif length := _at(tokens, at, words.longest, words.expanded):
            meant = words.expanded[tuple(t.plain for t in tokens[at : at + length])]
        if meant is None:
            made.append(tokens[at])
            at += 1
            continue
        made += [_Token(fold(word), word, False, False) for word in meant]
        at += length
    return made


def _is_number(tokens: Sequence[_Token], at: int) -> bool:
    return tokens[at].number or (tokens[at].upper and tokens[at].plain in _ROMAN)


def _without_fillers(tokens: list[_Token], words: NameWords) -> list[_Token]:
    at = 0
    while at < len(tokens):
        length = _at(tokens, at, words.longest, words.fillers)
        if not length and not (at and tokens[at].plain in _OPENING):
            break
        at += length or 1
    return tokens[at:] or tokens


def _numbers(tokens: Sequence[_Token], words: NameWords) -> tuple[list[_Token], tuple[tuple[str, str], ...]]:
    """Part words and numbers: "giai đoạn 1", "số 2", "GĐ II", "mở rộng", "1A"."""
    rest: list[_Token] = []
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(tokens):
        if alone := _at(tokens, at, words.longest, words.parts_alone):
            found.append((" ".join(t.plain for t in tokens[at : at + alone]), ""))
            at += alone
            continue
        part = _at(tokens, at, words.longest, words.parts)
        marks = 1 if at + part < len(tokens) and tokens[at + part].plain in words.marks else 0
        value, used = _value(tokens, at + part + marks, bool(part or marks), words)
        if value:
            found.append((" ".join(t.plain for t in tokens[at : at + part]), value))
            at += part + marks + used
            continue
        if tokens[at].plain[0].isalpha():
            rest.append(tokens[at])
        at += 1
    return rest, tuple(found)


def _value(tokens: Sequence[_Token], at: int, expected: bool, words: NameWords) -> tuple[str, int]:
    """The number at a place, and how many tokens it takes; nothing where none stands."""
    if at >= len(tokens):
        return "", 0
    token = tokens[at]
    if token.number:
        value = token.plain.lstrip("0") or "0"
        span = at + 2 < len(tokens) and tokens[at + 1].plain in "-–—" and tokens[at + 2].number and expected
        return (f"{value}-{tokens[at + 2].plain}", 3) if span else (value, 1)
    # "VI" within capitals may be a syllable: only behind a part word, or where the name or a clause ends
    last = at + 1 >= len(tokens) or not tokens[at + 1].plain[0].isalnum()
    if token.plain in _ROMAN and (expected or (last and at > 0 and (token.upper or token.plain in _NO_WORD))):
        return _ROMAN[token.plain], 1
    if expected and token.plain in words.numbers:
        return words.numbers[token.plain], 1
    return "", 0
