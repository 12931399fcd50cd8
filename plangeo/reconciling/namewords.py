"""The words of names of projects that a profile knows: abbreviations, fillers, words before the number of a part."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from plangeo.errors import ProfileError
from plangeo.text import clean, fold

Phrase = tuple[str, ...]
"""Words without marks; a full stop that is part of an abbreviation is a word of its own."""

KINDS = (
    *("abbreviation", "before_number", "synonym", "filler", "part", "part_alone", "number", "number_mark"),
    *("unit", "place_lead"),
)
_COLUMNS = ("written", "means", "kind", "source")


@dataclass(frozen=True)
class NameWords:
    """All such words of one country; empty where a profile brings none."""

    expanded: Mapping[Phrase, tuple[str, ...]] = field(default_factory=dict)
    """Abbreviation or synonym → the words it stands for, with their marks."""
    before_number: Mapping[Phrase, tuple[str, ...]] = field(default_factory=dict)
    """The same, only where a number follows."""
    fillers: frozenset[Phrase] = frozenset()
    parts: frozenset[Phrase] = frozenset()
    parts_alone: frozenset[Phrase] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    units: frozenset[Phrase] = frozenset()
    leads: frozenset[Phrase] = frozenset()
    longest: int = 1
    """Words of the longest phrase."""


def phrase_of(text: str) -> Phrase:
    """Return the words of a phrase for comparing.

    >>> phrase_of("Đầu tư xây dựng"), phrase_of("H.")
    (('dau', 'tu', 'xay', 'dung'), ('h', '.'))
    """
    return tuple(fold(text).replace(".", " .").split())


def read_name_words(table: str) -> NameWords:
    """Return the words written in a CSV (written, means, kind, source); lines that begin with # are remarks.

    **Raises** ProfileError with every fault: a column that is missing, a kind that is none, an abbreviation that stands for nothing.
    """
    lines = [line for line in table.splitlines() if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(io.StringIO("\n".join(lines)))
    missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        raise ProfileError(
            f"The table of words of names has no column {', '.join(missing)}; it has {', '.join(_COLUMNS)}.",
            code="profile_malformed",
        )
    rows = [{c: clean(row[c] or "") for c in _COLUMNS} for row in reader]
    faults = [
        f"{row['written']!r}: "
        + (
            f"there is no kind {row['kind']!r}"
            if row["kind"] not in KINDS
            else "the columns 'written', 'means' or 'source' are empty"
        )
        for row in rows
        if row["kind"] not in KINDS
        or not row["written"]
        or not row["source"]
        or (not row["means"] and row["kind"] in ("abbreviation", "before_number", "synonym", "number"))
    ]
    if faults:
        raise ProfileError("\n- ".join(["The table of words of names cannot be used:", *faults[:20]]), code="profile_malformed")

    def phrases(*kinds: str) -> frozenset[Phrase]:
        return frozenset(phrase_of(row["written"]) for row in rows if row["kind"] in kinds)

    def meanings(*kinds: str) -> dict[Phrase, tuple[str, ...]]:
        return {phrase_of(r["written"]): tuple(r["means"].casefold().split()) for r in rows if r["kind"] in kinds}

    return NameWords(
        expanded=meanings("abbreviation", "synonym"),
        before_number=meanings("before_number"),
        fillers=phrases("filler"),
        parts=phrases("part"),
        parts_alone=phrases("part_alone"),
        numbers={fold(r["written"]): r["means"] for r in rows if r["kind"] == "number"},
        marks=frozenset(fold(r["written"]) for r in rows if r["kind"] == "number_mark"),
        units=phrases("unit"),
        leads=phrases("place_lead"),
        longest=max((len(phrase_of(r["written"])) for r in rows), default=1),
    )
