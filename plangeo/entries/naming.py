"""Name and kind of a project: is it named so that it can be told from others, and does the rulebook know its kind?"""

from __future__ import annotations

import csv
import difflib
import io
import re
from functools import cache
from importlib import resources

import numpy as np

from plangeo.entries.entrytable import Entries
from plangeo.entries.remarks import Answer, Remark
from plangeo.model import Label, Use
from plangeo.rulebook import Rulebook
from plangeo.text import fold

_LEAST_LETTERS = 3
_CANDIDATES = 3
_WORD = re.compile(r"\w+")
_NOTHING = re.compile(r"[\W_]*")


def ask_names(entries: Entries) -> Answer:
    """Return which entries have no name, one of under three letters, or one made of words for kinds of projects only."""
    remarks = []
    generic = _generic_words(entries.assessment.rulebook)
    for row, name in enumerate(entries.texts("name")):
        if _NOTHING.fullmatch(name):
            remarks.append(Remark(row, "name.missing", Label("Không có tên dự án", "The project has no name"), name))
        elif sum(c.isalpha() for c in name) < _LEAST_LETTERS:
            said = Label(f"Tên “{name}” có ít hơn 3 chữ cái", f"The name “{name}” has fewer than 3 letters")
            remarks.append(Remark(row, "name.too_short", said, name))
        elif not (set(_WORD.findall(fold(name))) - generic) and not _bears_capitals(name):
            said = Label(
                f"Tên “{name}” chỉ nêu loại công trình, không phân biệt được với dự án khác",
                f"The name “{name}” only says a kind of project and does not tell it from others",
            )
            remarks.append(Remark(row, "name.generic", said, name))
    return Answer("name", np.ones(len(entries.table), dtype=bool), remarks)


def _bears_capitals(name: str) -> bool:
    """A capital within the name makes a proper name of plain words: "Chợ Mới" is a place, "Chợ mới" is a kind."""
    return not name.isupper() and any(len(w) > 1 and w[0].isupper() for w in _WORD.findall(name)[1:])


def _generic_words(rulebook: Rulebook) -> frozenset[str]:
    """Folded single words: of the data file, and of the names and synonyms of the uses."""
    spoken = (w for use in rulebook.uses.values() for w in (use.name.vi, use.name.en, *use.synonyms))
    return _listed_words() | {word for text in spoken for word in _WORD.findall(fold(text))}


@cache
def _listed_words() -> frozenset[str]:
    table = (resources.files("plangeo.profiles") / "generic_words.csv").read_text("utf-8")
    return frozenset(word for row in csv.DictReader(io.StringIO(table)) for word in _WORD.findall(fold(row["word"])))


def ask_types(entries: Entries) -> Answer:
    """Return which entries state no kind of project, or one the rulebook does not know, with what may be meant."""
    book = entries.assessment.rulebook
    remarks = []
    for row, (text, use, name) in enumerate(zip(entries.texts("use"), entries.uses, entries.texts("name"), strict=True)):
        if use:
            continue
        near = candidates(text, name, book)
        vi, en = (", ".join(f"“{u.name.text(lang)}”" for u in near) for lang in ("vi", "en"))
        if _NOTHING.fullmatch(text):
            hint = Label(f"; theo tên có thể là {vi}", f"; by its name it may be {en}") if near else Label("", "")
            said = Label(f"Chưa nêu loại dự án{hint.vi}", f"No kind of project is stated{hint.en}")
            remarks.append(Remark(row, "type.missing", said, text, vi))
        else:
            hint = (
                Label(f"; gần giống: {vi}", f"; nearest: {en}") if near else Label("; không có loại gần giống", "; none is near")
            )
            said = Label(
                f"Loại dự án “{text}” không có trong bộ quy tắc{hint.vi}",
                f"The rulebook does not know the kind of project “{text}”{hint.en}",
            )
            remarks.append(Remark(row, "type.unknown", said, text, vi))
    return Answer("type", np.ones(len(entries.table), dtype=bool), remarks)


def candidates(text: str, name: str, rulebook: Rulebook) -> list[Use]:
    """Return up to three uses that a stated kind resembles, or that the project's name contains; never one of them chosen."""
    words = {fold(w): use for use in rulebook.uses.values() for w in (use.name.vi, use.name.en, *use.synonyms) if fold(w)}
    near = difflib.get_close_matches(fold(text)[:120], list(words), n=_CANDIDATES, cutoff=0.66) if text else []
    spoken = f" {' '.join(_WORD.findall(fold(name)))} "
    inside = sorted((w for w in words if f" {w} " in spoken), key=lambda w: (-len(w), w))
    found = {words[w].code: words[w] for w in (*near, *inside)}
    return list(found.values())[:_CANDIDATES]
