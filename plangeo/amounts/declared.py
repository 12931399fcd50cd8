"""What a register declares of its sites in numbers: area, capital and phase, read column by column over all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from plangeo.amounts.declaredareas import DeclaredAreas, kept_areas, read_areas
from plangeo.amounts.money import read_capital
from plangeo.amounts.phases import read_phases
from plangeo.reading import Decision

DECLARED = ("declared_area_m2", "declared_capital", "phase")
"""Fields whose columns are read here."""


@dataclass(frozen=True)
class Declared:
    """What some rows declare; every array has one entry per row."""

    areas: DeclaredAreas | None
    """None without such a column."""
    others: Mapping[str, Any]
    """Canonical column → values: capital and phase."""
    decisions: list[Decision] = field(default_factory=list)

    def rows(self, start: int, stop: int) -> Declared:
        """Return what it says of some rows; the decisions speak of all and are left out."""
        areas = None if self.areas is None else self.areas.rows(start, stop)
        return Declared(areas, {name: values[start:stop] for name, values in self.others.items()})

    def fill(self, out: pd.DataFrame) -> None:
        """Write the columns of the SITES contract into ``out``."""
        columns = {} if self.areas is None else self.areas.columns()
        for name, values in {**columns, **self.others}.items():
            out[name] = values


UNIT_LINES = "unit_lines"
"""Entry of ``attrs`` of a table: the lines above it, as written, that state the unit of its numbers."""


def read_declared(raw: pd.DataFrame, found: Mapping[str, str], numbers: Sequence[int], source: str, notes: list[str]) -> Declared:
    """Read the columns of DECLARED that ``found`` (field → column) names; ``numbers`` are the rows of the file."""
    decisions: list[Decision] = []
    areas = None
    others: dict[str, Any] = {}
    if "declared_area_m2" in found:
        areas = kept_areas(raw) if found["declared_area_m2"] == "declared_area_m2" else None
        beside = raw.attrs.get(UNIT_LINES, ())
        areas = areas or read_areas(raw[found["declared_area_m2"]], numbers, source, notes, decisions, beside)
    if "declared_capital" in found:
        others |= read_capital(raw[found["declared_capital"]], numbers, source, decisions, raw.attrs.get(UNIT_LINES, ()))
    if "phase" in found:
        others |= read_phases(raw[found["phase"]], numbers, source, decisions)
    return Declared(areas, others, decisions)
