"""Plans that lie beside a site and govern none of it: which of them would govern it too, were a border off by a little.

Anti-pattern: asking only the plans under a site how far its verdict is from flipping. A forest plan whose zone begins a metre from
the site forbids it as soon as that metre is in doubt, whatever the plan under the site says.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

from plangeo.law.openplans import open_plans
from plangeo.law.precedence import prevails_among
from plangeo.model import Flip, ZoneKey
from plangeo.rulebook import Rulebook


class BesidePlans:
    """The plans of a layer that are, or may be, in force on the day; asked once for each kind of site."""

    def __init__(self, rulebook: Rulebook, plan_ids: Collection[str]) -> None:
        open_ones = open_plans(plan_ids, rulebook)
        self._book = rulebook
        self._plans = [p for p in sorted(plan_ids) if p in open_ones or rulebook.plan_status(p) == "in_force"]
        self._known: dict[frozenset[tuple[ZoneKey, ...]], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def of(self, spots: frozenset[tuple[ZoneKey, ...]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the plans beside a site of these spots (the zones that govern each): those whose ground would govern one
        of them if it lay there, and those of which only overlays would.
        """
        if spots not in self._known:
            under = {plan_id for spot in spots for plan_id, _, _ in spot}
            others = [p for p in self._plans if p not in under]
            beside = tuple(p for p in others if any(prevails_among(p, spot, self._book) for spot in spots))
            self._known[spots] = beside, tuple(p for p in others if p not in beside)
        return self._known[spots]


def worst_flip(flip: Flip, beside: Sequence[tuple[str, float]], rulebook: Rulebook, site_accuracy_m: float) -> Flip:
    """Return how far a verdict is from flipping, with what plans beside the site may do to it.

    Parameters: ``beside`` plans with the distance (m) to their nearest zone that says worse. One that states no accuracy counts
    where it is nearer than the coarsest plan of the book would let be.
    """
    own = site_accuracy_m if site_accuracy_m > 0 else 0.0
    stated = {p: plan.tolerance_m for p, plan in rulebook.plans.items()}
    coarsest = max((t for t in stated.values() if t is not None), default=0.0)
    found = [flip]
    for plan_id, distance in beside:
        tolerance = stated.get(plan_id)
        if tolerance is not None:
            found.append(Flip(flip.leaning, distance, tolerance + own, plan_id))
        elif distance < coarsest + own:
            found.append(Flip(flip.leaning, distance, None, plan_id))
    worst = min(found, key=_certainty)
    if not _certainty(worst)[0]:
        return worst
    # all stand: the nearest of what its own plans could not exclude either is told
    near = [distance for _, distance in beside if distance >= (flip.tolerance_m or 0.0)]
    return replace(flip, distance_m=min([flip.distance_m, *near]))


def _certainty(flip: Flip) -> tuple[bool, float]:
    """The smaller, the more a verdict is in doubt: within a known accuracy or an unknown one first, then the narrower margin."""
    if flip.tolerance_m is None:
        return False, -math.inf
    margin = flip.distance_m - flip.tolerance_m
    return margin >= 0, margin
