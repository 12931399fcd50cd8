"""Which few things, done together, satisfy demands of the most worth, where a demand needs all of its things.

Exact wherever no more than ``EXACT_THINGS`` things hang together through demands; else greedy, and it says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXACT_THINGS = 18
"""So many things that hang together are searched through completely: 2^18 = 262,144 sets."""

Worth = tuple[int, int]
"""(capital, number of demands): the second decides where the first is equal."""


@dataclass(frozen=True)
class Demand:
    """What needs all of ``needs`` (numbers of things), and what it is worth."""

    needs: frozenset[int]
    worth: Worth


@dataclass(frozen=True)
class Choice:
    """The best set found of at most ``count`` things."""

    count: int
    things: tuple[int, ...]
    worth: Worth
    exact: bool


def choose(demands: Sequence[Demand], most: int) -> list[Choice]:
    """Return for every number of things up to ``most`` that does better than fewer the best set of them.

    The worth of a set is the sum over the demands all of whose needs are in it. Capital may be up to 10^18 in sum.
    The result depends neither on the order of demands nor on anything but them.
    """
    parts = [_best_of(part, most) for part in _connected(demands)]
    exact = all(known for _, known in parts)
    best: list[tuple[Worth, tuple[int, ...]]] = [((0, 0), ())] * (most + 1)
    for steps, _ in parts:
        before = list(best)
        for count in range(1, most + 1):
            for worth, things in steps:
                if len(things) > count:
                    continue
                rest = before[count - len(things)]
                total = (rest[0][0] + worth[0], rest[0][1] + worth[1])
                if total > best[count][0]:
                    best[count] = (total, (*rest[1], *things))
    found: list[Choice] = []
    for count in range(1, most + 1):
        if best[count][0] > (found[-1].worth if found else (0, 0)):
            found.append(Choice(len(best[count][1]), tuple(sorted(best[count][1])), best[count][0], exact))
    return found


def worth_of(demands: Iterable[Demand], things: Iterable[int]) -> Worth:
    """Return what a set of things is worth."""
    chosen = set(things)
    met = [d.worth for d in demands if d.needs <= chosen]
    return sum(w[0] for w in met), sum(w[1] for w in met)


def _connected(demands: Sequence[Demand]) -> list[list[Demand]]:
    """Demands of the same needs as one, in groups that share no thing; ordered by their things."""
    merged: dict[frozenset[int], Worth] = defaultdict(lambda: (0, 0))
    for d in demands:
        if d.needs:
            merged[d.needs] = (merged[d.needs][0] + d.worth[0], merged[d.needs][1] + d.worth[1])
    leader: dict[int, int] = {}

    def find(thing: int) -> int:
        while leader.setdefault(thing, thing) != thing:
            leader[thing] = thing = leader[leader[thing]]
        return thing

    for needs in merged:
        first, *others = sorted(needs)
        for other in others:
            leader[find(other)] = find(first)
    groups: dict[int, list[Demand]] = defaultdict(list)
    for needs, worth in sorted(merged.items(), key=lambda item: sorted(item[0])):
        groups[find(min(needs))].append(Demand(needs, worth))
    return sorted(groups.values(), key=lambda group: min(min(d.needs) for d in group))


def _best_of(demands: Sequence[Demand], most: int) -> tuple[list[tuple[Worth, tuple[int, ...]]], bool]:
    """For connected demands: the sets that do better than smaller ones, and whether nothing better exists."""
    things = sorted(frozenset().union(*(d.needs for d in demands)))
    if len(demands) == 1:
        return [(demands[0].worth, tuple(things))], True
    if len(things) <= EXACT_THINGS:
        return _search(demands, things), True
    return _greedy(demands, most), False


def _search(demands: Sequence[Demand], things: Sequence[int]) -> list[tuple[Worth, tuple[int, ...]]]:
    """Every subset at once: the worth of a set is the sum over its subsets of what needs exactly them."""
    bit = {thing: n for n, thing in enumerate(things)}
    capital = np.zeros(1 << len(things), dtype=np.int64)
    number = np.zeros_like(capital)
    for d in demands:
        mask = sum(1 << bit[thing] for thing in d.needs)
        capital[mask] += d.worth[0]
        number[mask] += d.worth[1]
    size = np.zeros(1 << len(things), dtype=np.int8)
    for n in range(len(things)):
        for table in (capital, number):
            halves = table.reshape(-1, 2, 1 << n)
            halves[:, 1, :] += halves[:, 0, :]
        size.reshape(-1, 2, 1 << n)[:, 1, :] += 1
    steps: list[tuple[Worth, tuple[int, ...]]] = []
    for count in range(1, len(things) + 1):
        mask = _best_mask(np.flatnonzero(size == count), capital, number)
        worth = int(capital[mask]), int(number[mask])
        if worth > (steps[-1][0] if steps else (0, 0)):
            steps.append((worth, tuple(thing for thing in things if mask >> bit[thing] & 1)))
    return steps


def _best_mask(masks: NDArray[np.intp], capital: NDArray[np.int64], number: NDArray[np.int64]) -> int:
    """The mask of most worth; of several the one whose things come first."""
    masks = masks[capital[masks] == capital[masks].max()]
    return int(masks[number[masks] == number[masks].max()].min())


def _greedy(demands: Sequence[Demand], most: int) -> list[tuple[Worth, tuple[int, ...]]]:
    """Again and again the demand that brings most for each new thing."""
    chosen: set[int] = set()
    open_ones = list(demands)
    steps: list[tuple[Worth, tuple[int, ...]]] = []
    while open_ones and len(chosen) < most:
        fitting = [d for d in open_ones if len(d.needs | chosen) <= most]
        if not fitting:
            break
        best = max(fitting, key=lambda d: (_gain(d, chosen), tuple(-thing for thing in sorted(d.needs))))
        chosen |= best.needs
        open_ones = [d for d in open_ones if not d.needs <= chosen]
        steps.append((worth_of(demands, chosen), tuple(sorted(chosen))))
    return steps


def _gain(demand: Demand, chosen: set[int]) -> tuple[float, float]:
    new = len(demand.needs - chosen)
    return demand.worth[0] / new, demand.worth[1] / new


def number_things(names: Iterable[tuple[str, ...]]) -> Mapping[tuple[str, ...], int]:
    """Number distinct names in sorted order.

    >>> number_things([("b",), ("a",), ("b",)])
    {('a',): 0, ('b',): 1}
    """
    return {name: n for n, name in enumerate(sorted(set(names)))}
