"""Which outlines of the boundary map a register means by the administrative unit it names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from plangeo.adminunits.unitmaps import UnitMap, read_unit_map
from plangeo.adminunits.unitregister import UnitRegister
from plangeo.checks.district import _SEPARATOR, _meant, _parted, _Units, _units, read_place

_ABOVE = frozenset({"huyen", "quan", "thi xa", "thanh pho", "tinh"})
"""Kinds of units that stand behind a commune in an address ("xã Đồng Đăng, huyện Cao Lộc") and are no second place."""


@dataclass(frozen=True)
class NamedUnits:
    """The outlines that a text means, or the reason why nobody can say."""

    outlines: tuple[str, ...] = ()
    """Identifiers of rows of the boundary map, sorted; of all units when the text names several."""
    problem: str = ""
    """Reason code: ``no_unit``, ``unit_unknown``, ``unit_ambiguous``; empty when all that is named was found."""


Finder = Callable[[str, str, str], NamedUnits]
"""Declared text, greater unit by a column of its own, day of the list → the outlines meant."""


def unit_finder(
    ids: Sequence[str],
    names: Sequence[str],
    parents: Sequence[str] = (),
    *,
    register: UnitRegister | None = None,
    on: dt.date | None = None,
) -> Finder:
    """Return the function that finds the outlines a declared text means; ``ids`` and ``names`` of the boundary map's rows.

    Names are matched as the check ``district`` matches them: through the ``register`` of units where the map shows its units
    (``on``: the day of the assessment), else by the names of the map alone. Every unit that is named must be found: a site in
    one of two communes, one of them unknown, is not known to lie in the other. The place lies in the union of the outlines.
    """
    rows = zip(ids, names, parents or [""] * len(ids), strict=True)
    drawn = None if register is None else read_unit_map(rows, register)
    if drawn is not None:
        return cache(lambda declared, above, day: _by_units(declared, above, day, drawn, on))
    units = _units(zip(ids, names, strict=True))
    return cache(lambda declared, above, day: _by_names(declared, units))


def _by_units(declared: str, above: str, day: str, drawn: UnitMap, on: dt.date | None) -> NamedUnits:
    found = read_place(declared, above, day, drawn, on)
    if not found.place.mentions:
        return NamedUnits(problem="unit_unknown" if declared or above else "no_unit")
    if any(not there.known and not there.most for there in found.lies):
        return NamedUnits(problem="unit_unknown")
    if any(not there.known or there.least.keys() != there.most.keys() for there in found.lies):
        return NamedUnits(problem="unit_ambiguous")
    return NamedUnits(tuple(sorted({outline for there in found.lies for outline in there.least})))


def _by_names(declared: str, units: _Units) -> NamedUnits:
    parts = [part.strip() for part in _SEPARATOR.split(declared) if part.strip()]
    meant = [(part, _meant([part], units)) for part in parts]
    sure = {outline for _, found in meant for outline in found.sure}
    if any(found.doubtful for _, found in meant):
        return NamedUnits(problem="unit_ambiguous")
    lost = [part for part, found in meant if not found.sure and not (sure and _parted(part)[0] in _ABOVE)]
    if not parts:
        return NamedUnits(problem="no_unit")
    return NamedUnits(problem="unit_unknown") if lost else NamedUnits(tuple(sorted(sure)))
