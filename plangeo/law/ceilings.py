"""Ceilings and floors of a rulebook: how large a project of a use may be, or how much it may cost, from when to when, by which article.

They are asked of what the register declares. They never change a verdict: a condition of a rule does that.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Literal

from plangeo.amounts.units import Kind, Unit, parse_unit
from plangeo.model import Label, LegalBasis

CeilingField = Literal["declared_area_m2", "capital_vnd"]
CeilingOp = Literal["<", "<=", ">=", ">"]
_KINDS: Mapping[str, Kind] = {"declared_area_m2": "area", "capital_vnd": "money"}
_BASES: Mapping[str, str] = {"declared_area_m2": "m2", "capital_vnd": "VND"}
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">=": ge, ">": gt}

_NO_NOTE = Label("", "")


@dataclass(frozen=True)
class Ceiling:
    """One bound: ``field op value`` must hold for projects of the use; ``op`` < or <= makes a ceiling, > or >= a floor."""

    use: str
    field: CeilingField
    op: CeilingOp
    value: float
    """m² or VND."""
    basis: LegalBasis
    note: Label = _NO_NOTE
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def holds(self, low: float, high: float) -> bool | None:
        """Return whether it holds for a number between ``low`` and ``high`` (NaN where open); None where the range leaves that open.

        >>> cluster = Ceiling("industrial_cluster", "declared_area_m2", "<=", 750_000.0, LegalBasis("NĐ"))
        >>> cluster.holds(4e5, 4e5), cluster.holds(8e5, 9e5), cluster.holds(7e5, 8e5), cluster.holds(7e5, float("nan"))
        (True, False, None, None)
        """
        upwards = self.op in ("<", "<=")
        ends = (low, high) if upwards else (high, low)  # the end that is the safest, then the one that decides
        said = [None if math.isnan(end) else _COMPARE[self.op](end, self.value) for end in ends]
        return False if said[0] is False else True if said[1] else None


def unit_of(field: str, unit: str) -> Unit | None:
    """Return the unit a bound is written in; the base unit of its field when none is written, None for one that does not fit.

    >>> unit_of("declared_area_m2", "ha").factor, unit_of("capital_vnd", "tỷ đồng").factor, unit_of("capital_vnd", "ha")
    (10000.0, 1000000000.0, None)
    """
    if not unit:
        return Unit(1.0, _BASES[field])
    found = parse_unit(unit, _KINDS[field])
    return (
        None
        if found is None or found.doubtful or found.base not in (_BASES[field], "") or (not found.base and field != "capital_vnd")
        else found
    )
