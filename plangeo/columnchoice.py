"""Which column of a file holds which field: as the user says, else by the synonyms of the profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from plangeo.errors import TableError
from plangeo.lists.fieldcolumns import READERS_OWN
from plangeo.positions.cornerlists import has_corners
from plangeo.profiles import PLACE, Profile
from plangeo.text import fold

# Fields whose column decides a verdict: when a second column could be meant as well, the reader is told.
_DECISIVE = ("use", "zone_code", "plan_id", "district_name", "declared_area_m2", "declared_district", *PLACE)


def find_columns(
    raw: pd.DataFrame, table: str, profile: Profile, columns: Mapping[str, str] | None, source: str, notes: list[str]
) -> dict[str, str]:
    """Return canonical field → raw column: by ``columns``, else by the profile's synonyms, nearest first.

    A name that only begins like a synonym never matches. **Raises** TableError for names that do not exist.
    """
    synonyms = profile.synonyms.get(table, {})
    present = [str(c) for c in raw.columns if c != getattr(raw, "_geometry_column_name", None)]
    faults = []
    chosen: dict[str, str] = {}
    for name, field in (columns or {}).items():
        if name not in present:
            faults.append(f"there is no column {name!r}; the file has {listed_names(c for c in present if c not in READERS_OWN)}")
        if field not in synonyms:
            faults.append(f"plangeo knows no field {field!r} of {table}; it knows {listed_names(synonyms)}")
        if field in chosen:
            faults.append(f"{chosen[field]!r} and {name!r} are both given as {field!r}; one column holds it")
        chosen[field] = name
    if faults:
        raise TableError(f"{source}: the given columns do not fit:\n- " + "\n- ".join(faults), code="columns_given_wrong")
    folded: dict[str, list[str]] = {}
    for name in present:
        folded.setdefault(fold(name), []).append(name)
    for field, words in synonyms.items():
        if field in chosen:
            continue
        for word in (field, *words):
            hits = [n for n in folded.get(fold(word), []) if n not in chosen.values()]
            if len(hits) > 1:
                raise TableError(
                    f"{source}: the columns {listed_names(hits)} could all be {field}; name one: columns={{{hits[0]!r}: {field!r}}}.",
                    code="column_ambiguous",
                )
            if hits:
                chosen[field] = hits[0]
                break
    renamed = [f"{field} ← {name!r}" for field, name in chosen.items() if field != name]
    if renamed:
        notes.append(f"{source}: " + ", ".join(renamed))
    for field in _DECISIVE:
        if field not in chosen or field in (columns or {}).values():
            continue
        meant = [fold(word) for word in (field, *synonyms[field])]
        rivals = [n for w in meant for n in folded.get(w, []) if n not in chosen.values()]
        if rivals:
            notes.append(
                f"{source}: {field} was read from column {chosen[field]!r}; {listed_names(dict.fromkeys(rivals))} could be meant as well. "
                f"If so, say it with columns={{{rivals[0]!r}: {field!r}}}"
            )
    return chosen


def choose_place(raw: pd.DataFrame, found: Mapping[str, str], source: str, notes: list[str]) -> dict[str, str]:
    """Return the place columns to read: shapes, else degrees, else metres, else cells of whole points; a corner list is its own place."""
    pairs = (("wkt",), ("longitude", "latitude"), ("north", "east"), ("coordinates",))
    kinds = [k for k in pairs if all(f in found for f in k)] if not has_corners(raw) else []
    if len(kinds) > 1:
        used, others = [found[f] for f in kinds[0]], [found[f] for k in kinds[1:] for f in k]
        notes.append(
            f"{source}: the place was read from {listed_names(used)}; {listed_names(others)} tell it again and were not read"
        )
    return {f: n for f, n in found.items() if f not in PLACE or (kinds and f in kinds[0])}


def listed_names(names: Iterable[Any]) -> str:
    """Return names as they are shown in a message, the first forty of many."""
    shown = [repr(str(n)) for n in names]
    return ", ".join(shown[:40]) + (" …" if len(shown) > 40 else "")
