"""What two entries have in common, fact by fact: code, name, place, ground, area, capital; the same seen from either side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import shapely

from plangeo.adminunits.placenames import name_key
from plangeo.amounts.bands import APPROXIMATE_SHARE, ROUNDING_M2
from plangeo.reconciling.entries import Amount, Entry
from plangeo.reconciling.names import Numbering, Wording, compare_numbers, compare_words
from plangeo.text import fold

Agreement = Literal["agree", "differ", "unknown"]
"""``unknown``: one side does not state it, or nobody can compare the two."""

NEAR_M = 250.0
"""Points of one project in two lists lie this near one another, beside the radius of its area."""
MOST_RADIUS_M = 3_000.0
"""No stated area reaches farther than this: one of a wrong unit would be near to everything."""
FAR_M = 5_000.0
"""Beyond this, and twice the radius, two points are not of one project unless other facts say so."""
OVERLAP_SHARE = 0.2
"""Two areas that only touch are neighbours."""
SAME_GROUND_M = 50.0
SAME_GROUND_SHARE = 0.5
"""Part of the smaller area that lies within the other one."""
CAPITAL_ROUNDING_VND = 5e7
"""Lists write tỷ đồng with one decimal."""
_SMALL = 0.05
"""Rounding is never more than this part of an amount."""


@dataclass(frozen=True)
class Evidence:
    """How two entries compare."""

    code: Agreement
    words: Wording
    numbers: Numbering
    place: Agreement
    distance_m: float
    """Between the two geometries, 0 where they meet; NaN without both."""
    share: float
    """Part of the smaller of two areas within the other one; NaN unless both are areas."""
    near: Agreement
    """``agree`` near, ``differ`` far, ``unknown`` between, or without both geometries."""
    same_ground: bool
    area: Agreement
    capital: Agreement
    use: Agreement
    phase: Agreement

    @property
    def one_name(self) -> bool:
        """True when the names are the same, numbers included, as people write names."""
        return self.numbers == "equal" and self.words in ("same", "marks_left_out")

    @property
    def near_name(self) -> bool:
        """True when the names may be one with a slip, or two that differ little."""
        return self.numbers == "equal" and self.words in ("other_marks", "slip", "reordered")


def weigh(left: Entry, right: Entry) -> Evidence:
    """Return how two entries compare; symmetric in its arguments.

    Two points near one another are evidence; two shapes that overlap are more. What is not stated is unknown, and never evidence.
    """
    distance, share = _apart(left, right)
    radius = min(max(left.radius_m, right.radius_m), MOST_RADIUS_M)
    near: Agreement = "unknown"
    if not math.isnan(distance):
        if distance <= NEAR_M + radius and (math.isnan(share) or share >= OVERLAP_SHARE):
            near = "agree"
        elif distance > FAR_M + 2 * radius:
            near = "differ"
    ground = share >= SAME_GROUND_SHARE if not math.isnan(share) else distance <= SAME_GROUND_M
    return Evidence(
        code=_same_text(left.code, right.code),
        words=compare_words(left.name, right.name),
        numbers=compare_numbers(left.name, right.name),
        place=place_agreement(left, right),
        distance_m=distance,
        share=share,
        near=near,
        same_ground=bool(ground),
        area=amount_agreement(left.area, right.area, ROUNDING_M2),
        capital=amount_agreement(left.capital, right.capital, CAPITAL_ROUNDING_VND),
        use=_same_text(fold(left.use), fold(right.use)),
        phase=_same_phase(left, right),
    )


def _same_text(a: str, b: str) -> Agreement:
    if not a or not b:
        return "unknown"
    return "agree" if a == b else "differ"


def _same_phase(left: Entry, right: Entry) -> Agreement:
    if all(map(math.isnan, left.phase)) or all(map(math.isnan, right.phase)):
        return "unknown"
    return "agree" if _key(left.phase) == _key(right.phase) else "differ"


def _key(phase: tuple[float, float]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(year) else year for year in phase)


def place_agreement(left: Entry, right: Entry) -> Agreement:
    """Say whether two entries lie in the same unit of today, whichever of its names each list writes.

    Units that are read in one way only and do not meet disagree; a place nobody can read is unknown, unless both write the same.
    """
    a, b = left.ground.units, right.ground.units
    if a and b:
        if a & b:
            return "agree"
        if left.ground.complete and right.ground.complete:
            return "differ"
    return "agree" if left.place and name_key(left.place) == name_key(right.place) else "unknown"


def amount_agreement(a: Amount, b: Amount, rounding: float) -> Agreement:
    """Say whether two amounts can be the same: exact ones up to ``rounding``, ranges and approximations as intervals.

    >>> nan = math.nan
    >>> amount_agreement(Amount(1e6, 1e6, False, ""), Amount(1.2e6, 1.2e6, False, ""), 100)
    'differ'
    >>> amount_agreement(Amount(8e5, 1e6, False, ""), Amount(9e5, 9e5, False, ""), 100)
    'agree'
    """
    if not a.stated or not b.stated:
        return "unknown"
    return "agree" if gap(a, b, rounding) == 0 else "differ"


def gap(a: Amount, b: Amount, rounding: float) -> float:
    """Return by how much ``b`` lies beyond ``a`` (negative: below it); 0 when they can be the same. Both are stated."""
    (a_low, a_high), (b_low, b_high) = _ends(a), _ends(b)
    slack = min(rounding, _SMALL * max(_largest(a), _largest(b)))
    slack *= 1 + 1e-9
    if b_low - a_high > slack:
        return b_low - a_high
    if a_low - b_high > slack:
        return b_high - a_low
    return 0.0


def _ends(amount: Amount) -> tuple[float, float]:
    """The least and greatest value meant: approximate ends a tenth wider, open ends without bound."""
    low = -math.inf if math.isnan(amount.low) else amount.low
    high = math.inf if math.isnan(amount.high) else amount.high
    if amount.approx:
        low, high = low * (1 - APPROXIMATE_SHARE), high * (1 + APPROXIMATE_SHARE)
    return low, high


def _largest(amount: Amount) -> float:
    return max((abs(v) for v in (amount.low, amount.high) if not math.isnan(v)), default=0.0)


def _apart(left: Entry, right: Entry) -> tuple[float, float]:
    """Distance of the two geometries, and the part of the smaller area within the other."""
    a, b = left.shape, right.shape
    if a is None or b is None:
        return math.nan, math.nan
    distance = float(shapely.distance(a, b))
    smaller = min(shapely.area(a), shapely.area(b))
    if smaller <= 0:
        return distance, math.nan
    return distance, 0.0 if distance > 0 else float(min(1.0, shapely.area(shapely.intersection(a, b)) / smaller))
