"""The words of a register of units: kinds and abbreviations, fillers, hamlets and streets; and who bears a name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from plangeo.adminunits.placenames import MARKS_LEFT_OUT, Key, fit, name_key, plain_key
from plangeo.adminunits.unitregister import Unit, UnitRegister
from plangeo.text import fold

CODE = re.compile(r"(\d{2,6})(?:\s+(.+))?")
"""A code, alone or before a name."""


@dataclass(frozen=True)
class Grammar:
    """The words of a register, made ready once."""

    kinds: tuple[tuple[str, str, re.Pattern[str]], ...]
    """Word, the same without marks, and the word at the start of a text without marks; the longest first."""
    inside: re.Pattern[str]
    """A kind in the midst of a text with marks."""
    inside_plain: re.Pattern[str]
    """A kind in the midst of a text without marks: only those that are no syllable of names."""
    before: frozenset[str]
    """Words that belong to the kind behind them, without marks."""
    below: re.Pattern[str]
    below_plain: re.Pattern[str]
    fillers: tuple[str, ...]
    beside: re.Pattern[str]
    """Words for a neighbour, at the end of a text or before a name without kind."""


@lru_cache(maxsize=16)
def grammar_of(register: UnitRegister) -> Grammar:
    """Return the words of a register as patterns; words of a profile are texts, never patterns themselves."""
    said = register.words
    ordered = sorted(register.kinds, key=len, reverse=True)
    long = [w for w in ordered if len(w) > 2 or not w.isascii()]
    short = "|".join(re.escape(w.rstrip(".")) for w in ordered if len(w) <= 2 and w.isascii())
    bare = [(word, fold(word).rstrip(".")) for word in ordered]
    beside = "|".join(map(re.escape, sorted({*said.beside, *map(fold, said.beside)}, key=len, reverse=True)))

    def inside(words: Iterable[str]) -> re.Pattern[str]:
        spelt = "|".join(map(re.escape, words))
        return re.compile(rf"(?<=[\s,])(?:(?:{spelt or 'x^'})\s+(?=[^\W\d])|(?:{short or 'x^'})\.\s*(?=\w))", re.IGNORECASE)

    def start(words: Iterable[str]) -> re.Pattern[str]:
        longest = sorted(words, key=len, reverse=True)
        return re.compile(rf"(?:{'|'.join(map(re.escape, longest)) or 'x^'})(?=[\s.\d]|$)")

    return Grammar(
        kinds=tuple((word, plain, re.compile(rf"{re.escape(plain)}(?:\.\s*|\s+|$)")) for word, plain in bare),
        inside=inside(long),
        inside_plain=inside(fold(w) for w in long if len(fold(w)) > 3),
        before=frozenset(fold(w) for w in (*ordered, *said.filler, *said.several, *said.former, *said.present)),
        below=start(said.below),
        below_plain=start(map(fold, said.below)),
        beside=re.compile(rf"(?:^|\s)(?:{beside or 'x^'})(?=\s|$)", re.IGNORECASE),
        fillers=tuple(sorted((*said.filler, *said.several), key=len, reverse=True)),
    )


def bearers(key: Key, register: UnitRegister) -> list[Unit]:
    """Return the units of a name: of exactly this one, else of those it may be when marks were left out.

    Where marks contradict, a name counts only when no other differs from it by marks alone.
    """
    exact = register.named.get(key)
    if exact:
        return list(exact)
    alike = register.alike.get(plain_key(key), ())
    left_out = [name for name in alike if fit(key, name) >= MARKS_LEFT_OUT]
    chosen = left_out or (list(alike) if len(alike) == 1 else [])
    return [unit for name in chosen for unit in register.named[name]]


@lru_cache(maxsize=65_536)
def is_name(piece: str, register: UnitRegister) -> bool:
    """Say whether a text as a whole is a name of the register, with or without its marks."""
    return any(fit(name_key(piece), name_key(unit.name)) >= MARKS_LEFT_OUT for unit in bearers(name_key(piece), register))


@lru_cache(maxsize=65_536)
def kind_of(piece: str, register: UnitRegister) -> tuple[str, str, str]:
    """Return kind, name and the kind's word as the register has it: "P. Đông Kinh" → ("phường", "Đông Kinh", "p")."""
    if is_name(piece, register):  # "Quan Sơn" without its marks begins like a kind of unit
        return "", piece, ""
    plain = fold(piece)
    grammar = grammar_of(register)
    road = grammar.below.match(piece.casefold())  # "tỉnh lộ 226" begins like a kind of unit
    for word, bare, start in grammar.kinds:
        match = start.match(plain)
        if match and road is not None and road.end() > len(word):
            return "", piece, ""
        if match and not (word.endswith(".") and "." not in match[0]):
            if word != bare and is_marked(piece[: len(bare)]) and not piece.casefold().startswith(word):
                continue  # "Xá" is not "xã"
            rest = piece[match.end() :].strip() if len(plain) == len(piece) else plain[match.end() :].strip()
            return register.kinds[word].word, rest, word
    return "", piece, ""


def is_marked(text: str) -> bool:
    """Say whether a text has any marks, so that what stands without them is meant to."""
    return fold(text) != text.casefold()


def is_below(piece: str, register: UnitRegister) -> bool:
    """Say whether a text names something below the units of the register: a hamlet, a street, a number."""
    plain, marked = fold(piece), is_marked(piece)
    if is_name(piece, register):  # "Đội Cấn" begins like "đội 5"
        return False
    match = CODE.match(piece)
    if match and (match[1] in register.codes or match[1] == piece):
        return False
    grammar = grammar_of(register)
    word = grammar.below.match(piece.casefold()) if marked else grammar.below_plain.match(plain)
    return bool(word) or not re.match(r"[^\W\d]", piece)
