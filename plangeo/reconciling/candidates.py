"""Which pairs of entries are worth comparing: by code, by name and by ground; never all against all in Python.

Names are compared letter by letter in compiled code, block by block, so that memory stays small; the rest are look-ups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import shapely
from rapidfuzz import fuzz, process

from plangeo.reconciling.entries import Entry
from plangeo.reconciling.evidence import NEAR_M

SIMILAR = 80.0
"""Names below this (per cent of letters in common) are not compared further."""
_MOST_SIMILAR = 12
"""Similar names looked at for one name, the nearest first; equally near ones all count."""
_BLOCK = 500
_MOST_OF_ONE_NAME = 2_500
"""More pairs of equal or similar names than this are compared only where the places agree."""
_MOST_AT_ONE_PLACE = 30
"""More entries around one point than this are no evidence (a list that gives every project the centre of its commune)."""


def candidate_pairs(left: Sequence[Entry], right: Sequence[Entry]) -> tuple[list[tuple[int, int]], list[str]]:
    """Return the pairs (left row, right row) worth comparing, sorted, and names that too many entries bear to compare them all.

    The mirror image for (right, left).
    """
    crowded: set[str] = set()
    pairs = _by_code(left, right)
    pairs |= _by_name(left, right, crowded)
    pairs |= _by_ground(left, right)
    return sorted(pairs), sorted(crowded)


def _by_code(left: Sequence[Entry], right: Sequence[Entry]) -> set[tuple[int, int]]:
    there = _grouped(right, lambda e: e.code)
    return {(entry.row, other.row) for entry in left if entry.code for other in there.get(entry.code, ())}


def _grouped(entries: Iterable[Entry], key: Callable[[Entry], str]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[key(entry)].append(entry)
    return found


def _by_name(left: Sequence[Entry], right: Sequence[Entry], crowded: set[str]) -> set[tuple[int, int]]:
    """Pairs whose words are alike: for each name the nearest ones of the other list, and those of the same words in another order."""
    mine, theirs = (_grouped((e for e in entries if e.name.plain), lambda e: e.name.base) for entries in (left, right))
    names, others = sorted(mine), sorted(theirs)
    alike = set(_nearest(names, others)) | {(a, b) for b, a in _nearest(others, names)}
    alike |= {(name, name) for name in names if name in theirs}
    in_order = defaultdict(list)
    for other in others:
        in_order[" ".join(sorted(other.split()))].append(other)
    alike |= {(name, other) for name in names for other in in_order.get(" ".join(sorted(name.split())), ())}
    pairs: set[tuple[int, int]] = set()
    for a, b in alike:
        pairs |= _numbered(mine[a], theirs[b], crowded)
    return pairs


def _numbered(mine: Sequence[Entry], theirs: Sequence[Entry], crowded: set[str]) -> set[tuple[int, int]]:
    """Pairs of two groups of alike names whose numbers do not tell them apart."""
    by_value: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in theirs:
        by_value[_values(entry)].append(entry)
    many = len(mine) * len(theirs) > _MOST_OF_ONE_NAME
    pairs: set[tuple[int, int]] = set()
    for entry in mine:
        wanted = theirs if not entry.name.numbers else [*by_value.get(_values(entry), ()), *by_value.get((), ())]
        pairs |= {(entry.row, other.row) for other in wanted if not many or _one_place(entry, other)}
    if many:
        crowded |= {entry.name.base for entry in (*mine, *theirs)}
    return pairs if len(pairs) <= 20 * _MOST_OF_ONE_NAME else set()


def _one_place(entry: Entry, other: Entry) -> bool:
    return bool(entry.ground.units & other.ground.units) or (entry.place == other.place != "")


def _values(entry: Entry) -> tuple[str, ...]:
    return tuple(value for _, value in entry.name.numbers)


def _nearest(names: Sequence[str], others: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each name with the most similar ones of the others; all that are as near as the last one of them."""
    if not others:
        return
    for start in range(0, len(names), _BLOCK):
        block = names[start : start + _BLOCK]
        scores = process.cdist(block, others, scorer=fuzz.ratio, score_cutoff=SIMILAR, dtype=np.uint8)
        for row, found in enumerate(scores):
            hits = np.flatnonzero(found)
            if len(hits) > _MOST_SIMILAR:
                least = np.partition(found[hits], -_MOST_SIMILAR)[-_MOST_SIMILAR]
                hits = hits[found[hits] >= least]
            yield from ((block[row], others[n]) for n in hits.tolist())


def _by_ground(left: Sequence[Entry], right: Sequence[Entry]) -> set[tuple[int, int]]:
    """Pairs whose geometries lie near one another."""
    mine, theirs = ([e for e in entries if e.shape is not None] for entries in (left, right))
    if not mine or not theirs:
        return set()
    here = shapely.STRtree([e.shape for e in mine])
    near = here.query([e.shape for e in theirs], predicate="dwithin", distance=NEAR_M)
    count_there, count_here = np.bincount(near[0], minlength=len(theirs)), np.bincount(near[1], minlength=len(mine))
    few = (count_there[near[0]] <= _MOST_AT_ONE_PLACE) & (count_here[near[1]] <= _MOST_AT_ONE_PLACE)
    return {(mine[b].row, theirs[a].row) for a, b in near[:, few].T.tolist()}
