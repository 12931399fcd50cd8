"""Which outlines of the boundary map a register means by the administrative unit it names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from plangeo.checks.district import _SEPARATOR, _meant, _parted, _units

_ABOVE = frozenset({"huyen", "quan", "thi xa", "thanh pho", "tinh"})
"""Kinds of units that stand behind a commune in an address ("xã Đồng Đăng, huyện Cao Lộc") and are no second place."""


@dataclass(frozen=True)
class NamedUnits:
    """The outlines that a text means, or the reason why nobody can say."""

    outlines: tuple[str, ...] = ()
    """Identifiers of rows of the boundary map, sorted; of all units when the text names several."""
    problem: str = ""
    """Reason code: ``no_unit``, ``unit_unknown``, ``unit_ambiguous``; empty when all that is named was found."""


def unit_finder(ids: Sequence[str], names: Sequence[str]) -> Callable[[str], NamedUnits]:
    """Return the function that finds the outlines a declared text means; ``ids`` and ``names`` of the boundary map's rows.

    Names are matched as the check ``district`` matches them. Every unit that is named must be found: a site in one of two
    communes, one of them unknown, is not known to lie in the other.
    """
    units = _units(zip(ids, names, strict=True))

    @cache
    def find(declared: str) -> NamedUnits:
        parts = [part.strip() for part in _SEPARATOR.split(declared) if part.strip()]
        meant = [(part, _meant([part], units)) for part in parts]
        sure = {outline for _, found in meant for outline in found.sure}
        if any(found.doubtful for _, found in meant):
            return NamedUnits(problem="unit_ambiguous")
        lost = [part for part, found in meant if not found.sure and not (sure and _parted(part)[0] in _ABOVE)]
        if not parts:
            return NamedUnits(problem="no_unit")
        return NamedUnits(problem="unit_unknown") if lost else NamedUnits(tuple(sorted(sure)))

    return find
