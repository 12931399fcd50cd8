"""How much room there is for a site whose exact place nobody knows: what ``plangeo.placements`` measures and a check judges."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FaultyZone = tuple[str, str, str]
"""(zone_id, zone_code, plan_id) of a zone that could not be drawn and may lie there."""


@dataclass(frozen=True)
class Accuracy:
    """The displacement of borders that the plans of some ground cannot exclude."""

    tolerance_m: float | None = 0.0
    """None when a plan states neither scale nor accuracy."""
    plan_id: str = ""
    """The coarsest plan, or the one that is silent."""


@dataclass(frozen=True)
class UnitRoom:
    """What the ground of an administrative unit says to one use. Areas in m², planar."""

    problem: str = ""
    """Reason code when it could not be measured; everything below is then empty."""
    name: str = ""
    """The unit as the boundary map names it; with a problem, what the register says."""
    permitted_m2: float = 0.0
    conditional_m2: float = 0.0
    unknown_m2: float = 0.0
    forbidden_m2: float = 0.0
    could_m2: float = math.inf
    """All ground that is not forbidden, with all that plans and outline cannot exclude; inf where one part is large enough."""
    largest_m2: float = math.inf
    """Its largest connected part, with what the plans cannot exclude; inf as above."""
    is_thin: bool = False
    """True when a displacement within the tolerance may take away all that would do."""
    beside_m: float = 0.0
    """How far around a unit without any such ground zones that do not forbid the use were found; 0 when none were."""
    accuracy: Accuracy = Accuracy()
    forbidden: frozenset[str] = frozenset()
    """Classes of the forbidden ground."""
    faulty: tuple[FaultyZone, ...] = ()
    doubt: str = ""
    """Which sum contradicts another; empty when all add up."""

    @property
    def area_m2(self) -> float:
        """The whole unit."""
        return math.fsum((self.permitted_m2, self.conditional_m2, self.unknown_m2, self.forbidden_m2))

    @property
    def would_m2(self) -> float:
        """Ground that permits the use, if only on conditions."""
        return self.permitted_m2 + self.conditional_m2


@dataclass(frozen=True)
class DiscRoom:
    """What the discs of the declared area that contain a point say: shares of the positions their centre may have."""

    problem: str = ""
    radius_m: float = 0.0
    """Radius of the disc of the declared area."""
    reach_m: float = 0.0
    """How far from the point its centre may lie: the radius and the stated accuracy of the point."""
    would: float = 0.0
    """Share of the positions at which the whole disc lies on ground that permits the use, if only on conditions."""
    could: float = 0.0
    """Share of those at which no part of it lies on forbidden ground."""
    gap_m: float = math.inf
    """Distance from the point to ground that does not permit the use."""
    is_conditional: bool = False
    """True when some ground within reach permits the use on conditions only."""
    accuracy: Accuracy = field(default_factory=Accuracy)
    faulty: tuple[FaultyZone, ...] = ()
    doubt: str = ""

    @property
    def area_m2(self) -> float:
        """The declared area the disc stands for."""
        return math.pi * self.radius_m**2
