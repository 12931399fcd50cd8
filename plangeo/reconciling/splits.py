"""One entry that stands in the other list as several: stages and parts whose areas or capital add up to it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from plangeo.amounts.bands import ROUNDING_M2
from plangeo.reconciling.entries import Amount, Entry, Side
from plangeo.reconciling.evidence import CAPITAL_ROUNDING_VND, Agreement, amount_agreement, place_agreement
from plangeo.reconciling.names import compare_words

SUM_SHARE = 0.01
"""Parts may miss the whole by this share: each of them was rounded."""


@dataclass(frozen=True)
class Division:
    """One entry and those that may be its parts; rows of the two lists."""

    whole_on: Side
    """The list that has the whole; the other one has the parts."""
    whole: int
    parts: tuple[int, ...]
    area: Agreement
    capital: Agreement
    area_sum: float
    """m²; NaN unless every part states one number."""
    capital_sum: float

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The whole with each part, as (left row, right row)."""
        return [(self.whole, p) if self.whole_on == "left" else (p, self.whole) for p in self.parts]

    @property
    def adds_up(self) -> bool:
        """True when the parts are the whole by their areas, or by their capital where no areas are stated."""
        return self.area == "agree" or (self.area == "unknown" and self.capital == "agree")


def divide(whole: Entry, parts: Sequence[Entry], whole_on: Side) -> Division:
    """Return how parts add up to a whole of the list ``whole_on``."""
    area, area_sum = _sum(whole.area, [p.area for p in parts], ROUNDING_M2)
    capital, capital_sum = _sum(whole.capital, [p.capital for p in parts], CAPITAL_ROUNDING_VND)
    return Division(whole_on, whole.row, tuple(p.row for p in parts), area, capital, area_sum, capital_sum)


def find_divisions(
    wholes: Sequence[Entry], parts: Sequence[Entry], whole_on: Side, banned: Collection[tuple[int, int]]
) -> tuple[list[Division], list[Division]]:
    """Return the divisions that add up, and those of which nobody can say it.

    A whole is the only entry of its words in its list; its parts bear the same words with different numbers or stages, and
    no other place. ``banned``: pairs (whole row, part row) of which an officer said that they are different projects.
    """
    of_base: dict[str, list[Entry]] = defaultdict(list)
    for part in parts:
        of_base[part.name.base].append(part)
    alone: dict[str, list[Entry]] = defaultdict(list)
    for whole in wholes:
        alone[whole.name.base].append(whole)
    sure: list[Division] = []
    open_ones: list[Division] = []
    for base, entries in sorted(alone.items()):
        if len(entries) != 1 or not base:
            continue
        whole = entries[0]
        found = [p for p in of_base.get(base, ()) if _may_be_part(whole, p) and (whole.row, p.row) not in banned]
        numbers = {p.name.numbers for p in found}
        if len(found) < 2 or len(numbers) < len(found):
            continue
        made = divide(whole, found, whole_on)
        itself = next((p for p in found if p.name.numbers == whole.name.numbers), None)
        if itself is not None and (_is_itself(whole, itself) or not made.adds_up):
            continue
        (sure if made.adds_up else open_ones).append(made)
    return sure, open_ones


def _may_be_part(whole: Entry, part: Entry) -> bool:
    names = (replace(e.name, aside=()) for e in (whole, part))
    return place_agreement(whole, part) != "differ" and compare_words(*names) in ("same", "marks_left_out")


def _is_itself(whole: Entry, part: Entry) -> bool:
    """True when the entry of the same name is the whole already, by area or capital: then the others are no parts of it."""
    area = amount_agreement(whole.area, part.area, ROUNDING_M2)
    capital = amount_agreement(whole.capital, part.capital, CAPITAL_ROUNDING_VND)
    return area == "agree" or (area == "unknown" and capital == "agree")


def _sum(whole: Amount, parts: Sequence[Amount], rounding: float) -> tuple[Agreement, float]:
    if not whole.stated or not all(p.stated for p in parts):
        return "unknown", math.nan
    exact = all(p.exact for p in parts)
    total = Amount(math.fsum(p.low for p in parts), math.fsum(p.high for p in parts), any(p.approx for p in parts), "")
    bound = max((abs(v) for v in (whole.low, whole.high) if not math.isnan(v)), default=0.0)
    slack = max(SUM_SHARE * bound, rounding * len(parts))
    return amount_agreement(whole, total, slack), total.low if exact else math.nan
