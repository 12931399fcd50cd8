"""Which column of a file was taken for which field, by which name, and what the unused ones resemble."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from plangeo.lists.registertable import GROUP, NOTE, SHEET
from plangeo.positions.cornerlists import CORNERS, TITLES
from plangeo.reading import Decision
from plangeo.text import fold

READERS_OWN = frozenset({"source_row", "problem", GROUP, SHEET, NOTE, CORNERS, TITLES})
"""Columns the readers add: no heading of the file, so never told as one."""


def column_decisions(
    found: Mapping[str, str],
    columns: Sequence[str],
    synonyms: Mapping[str, Sequence[str]],
    given: Mapping[str, str],
    by_form: Mapping[str, str],
    samples: Mapping[str, str],
    source: str,
) -> list[Decision]:
    """Return one decision for each field found, one for the fields not found, and one for each unused column that is near one.

    Parameters: ``found`` field → column; ``columns`` of the file; ``synonyms`` field → names; ``given`` and ``by_form`` column → field as
    the user and a form say; ``samples`` column → a value of it; ``source`` names the file.
    """
    told = []
    for name, column in found.items():
        if column in given:
            why = "as stated"
        elif column in by_form:
            why = "by its place in the form, or its heading without the unit"
        else:
            word = next((w for w in (name, *synonyms.get(name, ())) if fold(w) == fold(column)), name)
            why = f"known name {word!r}"
        told.append(Decision("column", f"column {column!r}", f"read as {name} ({why})", samples.get(column, "")))
    missing = [name for name in synonyms if name not in found]
    if missing:
        told.append(Decision("column", source, f'no column for {", ".join(missing)}; name one with --map "COLUMN=FIELD"'))
    used = set(found.values())
    for column in columns:
        if column not in used:
            near = nearest_names(column, {name: synonyms[name] for name in missing})
            hint = "; nearest known names: " + ", ".join(f"{word!r} ({name})" for word, name in near) if near else ""
            told.append(
                Decision("column", f"column {column!r}", f"kept as it is, no field of plangeo{hint}", samples.get(column, ""))
            )
    return told


def nearest_names(column: str, synonyms: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return up to three known names, with their fields, that a heading resembles.

    >>> nearest_names("Dien tich su dung (ha)", {"declared_area_m2": ["diện tích (ha)"], "name": ["tên"]})
    [('diện tích (ha)', 'declared_area_m2')]
    """
    words = {fold(word): (word, name) for name, names in reversed(list(synonyms.items())) for word in names if len(word) > 2}
    return [words[w] for w in difflib.get_close_matches(fold(column)[:120], list(words), n=3, cutoff=0.66)]
