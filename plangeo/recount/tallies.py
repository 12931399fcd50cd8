"""What was computed a second time, of which kind, and what did not agree: counted per chunk, added up, told in the manifest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS = ("zones", "districts", "present_use", "setbacks", "robustness", "nearest", "placement", "rasters")
"""``zones``, ``districts``, ``present_use``: a site on a zone or unit; ``setbacks``: a distance that is held against a bound;
``robustness``: whether a verdict survives what plan and site cannot exclude; ``nearest``: the nearest permitted zone; ``placement``: whether all
places that a point stands for would do; ``rasters``: a share of a site on a raster."""
_LEAST = 1e-9
"""Differences are not told more finely than this share: the last digits depend on how sums were grouped."""


@dataclass(frozen=True)
class Tally:
    """What was computed again of one kind."""

    sites: int = 0
    pairs: int = 0
    """Pairs of a site and what it was measured on."""
    exact: int = 0
    """Those measured in rational numbers alone."""
    left_out: int = 0
    """Decisions that could not be computed again."""
    largest_share: float = 0.0
    """The largest difference, as a share of its site."""
    doubts: Mapping[str, str] = field(default_factory=dict)
    """site_id → on what the two computations disagree, with both results."""


Recount = Mapping[str, Tally]
"""Kind → what was computed again of it."""


def add_tallies(some: Iterable[Tally]) -> Tally:
    """Return the tallies of all parts as one."""
    every = list(some)
    return Tally(
        sum(one.sites for one in every),
        sum(one.pairs for one in every),
        sum(one.exact for one in every),
        sum(one.left_out for one in every),
        max((one.largest_share for one in every), default=0.0),
        {site_id: said for one in every for site_id, said in one.doubts.items()},
    )


def add_recounts(some: Iterable[Recount]) -> Recount:
    """Return the recounts of all chunks as one."""
    every = list(some)
    return {kind: add_tallies(one[kind] for one in every if kind in one) for kind in KINDS if any(kind in one for one in every)}


def tell_recount(counted: Recount) -> dict[str, Any]:
    """Return a recount as the manifest has it; differences as the power of ten above them, which no way of running changes.

    ``sites``, ``pairs`` and ``rational_pairs`` speak of zones; ``kinds`` of everything.
    """
    zones = counted.get("zones", Tally())
    largest = max((tally.largest_share for tally in counted.values()), default=0.0)
    kinds = {
        kind: {
            "pairs": tally.pairs,
            "rational_pairs": tally.exact,
            "not_recomputed": tally.left_out,
            "sites_in_doubt": sorted(tally.doubts),
        }
        for kind, tally in counted.items()
    }
    return {
        "sites": zones.sites,
        "pairs": zones.pairs,
        "rational_pairs": zones.exact,
        "differences_below_share": 0.0 if largest <= 0 else max(_LEAST, 10.0 ** math.ceil(math.log10(largest))),
        "sites_in_doubt": _doubted(kinds.values()),
        "kinds": kinds,
    }


def join_recounts(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what ``tell_recount`` would say of all parts of a run at once."""
    counts: dict[str, Any] = {name: sum(t[name] for t in told) for name in ("sites", "pairs", "rational_pairs")}
    below = max((t["differences_below_share"] for t in told), default=0.0)
    kinds = {
        kind: _joined([t["kinds"][kind] for t in told if kind in t["kinds"]])
        for kind in KINDS
        if any(kind in t["kinds"] for t in told)
    }
    return counts | {"differences_below_share": below, "sites_in_doubt": _doubted(kinds.values()), "kinds": kinds}


def _joined(some: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    counts: dict[str, Any] = {name: sum(t[name] for t in some) for name in ("pairs", "rational_pairs", "not_recomputed")}
    return counts | {"sites_in_doubt": _doubted(some)}


def _doubted(some: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({site_id for t in some for site_id in t["sites_in_doubt"]})
