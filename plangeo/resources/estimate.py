"""How long a run will take and how much memory it will need: a few measured constants, and a spread that says how far to trust them.

The constants stand here and nowhere else. They were measured on two cores of an AMD EPYC of 2024 under Linux, on the sample of the
package and on the plans that bench/workload.py makes, with the extra ``fast`` installed; bench/estimate.py measures them against any
machine. Other machines are slower or faster by half, and zones with long borders cost more than small ones: hence the spread.
On sizes that no constant was fitted on (bench size H, with and without rasters) the estimate was 0.92 to 1.28 times the real time and
0.95 to 1.28 times the real memory. Rasters were measured on elevations with cells of 30 m and 10 m, whose slope is worked out (3 and 7 ms for a site), the
second computation on plans of 0.2 and 1 million vertices (0.08 to 0.11 s for a site, whatever the plan).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plangeo.resources.amounts import bytes_in_words, seconds_in_words

PHASES = ("read", "judge", "study", "map", "write")
"""The phases of a run in their order; a streamed run has no ``study`` and no ``map``."""
COUNTED_SPREAD, TOLD_SPREAD = 2.0, 3.0
"""Reality lies within the estimate divided by, and multiplied with, these: where files say their rows, and where only their size does."""
NOTICE_SECONDS = 20.0
NOTICE_SHARE = 0.25
"""A run that takes longer, or more of the free memory, is told of before it begins."""

_SECONDS: Mapping[str, tuple[float, float, float, float]] = {
    "read": (1.0, 5.0e-5, 0.0, 0.0),
    "judge": (2.0, 3.5e-3, 4.5e-6, 5.0e-3),
    "study": (1.5, 2.5e-3, 5.0e-6, 0.0),
    "map": (0.3, 2.5e-3, 6.5e-6, 0.0),
    "write": (0.2, 5.5e-3, 0.0, 0.0),
}
"""Phase → seconds: always, for each site, for each vertex of the layers, for each site and raster."""
_STREAMED_WRITE = 6.0e-5
"""Seconds of a site when parts are joined."""
_STUDIED_VERTICES = 1_500_000
"""A plan with more of them is not studied as a whole."""
_RECOUNTED = 0.1
"""Seconds of a site for the second computation."""
_BASE_BYTES = 400e6
_READY_BYTES = 300.0
"""Memory of a vertex while layers are read and made ready; that of the sites comes later, when this is free again."""
_SHOWN_BYTES, _SITE_BYTES = 120.0, 200e3
"""Memory of a vertex on the map, and of a site with its evidence, sentences and sheets."""
_PART_SITE_BYTES, _OUTLINE_BYTES = 36e3, 600.0
"""Memory of a site of the part that is at work, and of one that waits for its part."""
_RASTER_BYTES = 300e6
"""The reader's cache of raster blocks (in the process that reads) and a window, however large the raster is."""


@dataclass(frozen=True)
class RunSize:
    """What there is to do."""

    sites: int
    vertices: int
    """Of the zones."""
    other_vertices: int = 0
    """Of all other layers and of the sites themselves."""
    rasters: int = 0
    streamed: bool = False
    part_sites: int = 20_000
    cross_check: bool = False
    counted: bool = True
    """Whether files say their rows; else they are told from sizes."""


@dataclass(frozen=True)
class Estimate:
    """Seconds by phase, bytes at the peak, and the factor that both may be off by."""

    phases: Mapping[str, float]
    memory: float
    spread: float

    @property
    def seconds(self) -> float:
        """Seconds of the whole run."""
        return sum(self.phases.values())

    def in_words(self) -> str:
        """Return the estimate as a person reads it.

        >>> Estimate({"judge": 150.0}, 1.2e9, 2.0).in_words()
        'about 2.5 min (1.2 to 5) and 1.2 GB (0.6 to 2.4)'
        """
        time = seconds_in_words(self.seconds, self.spread)
        return f"about {time} and {bytes_in_words(self.memory, self.spread)}"


def estimate_run(size: RunSize) -> Estimate:
    """Return what a run of a size is likely to take. More of anything never takes less.

    >>> small, large = (estimate_run(RunSize(n, 100_000)) for n in (100, 10_000))
    >>> small.seconds < large.seconds, small.memory < large.memory
    (True, True)
    """
    vertices = size.vertices + size.other_vertices
    phases = {
        phase: always + site * size.sites + vertex * vertices + raster * size.sites * size.rasters
        for phase, (always, site, vertex, raster) in _SECONDS.items()
    }
    phases["study"] -= _SECONDS["study"][2] * max(0, vertices - _STUDIED_VERTICES)
    if size.cross_check:
        phases["judge"] += _RECOUNTED * size.sites
    memory = _BASE_BYTES + _RASTER_BYTES * bool(size.rasters)
    if size.streamed:
        phases = {"judge": phases["read"] + phases["judge"], "write": _SECONDS["write"][0] + _STREAMED_WRITE * size.sites}
        memory += _READY_BYTES * vertices + _PART_SITE_BYTES * min(size.sites, size.part_sites) + _OUTLINE_BYTES * size.sites
    else:
        memory += max(_READY_BYTES * vertices, _SHOWN_BYTES * vertices + _SITE_BYTES * size.sites)
    return Estimate(phases, memory, COUNTED_SPREAD if size.counted else TOLD_SPREAD)


def is_long(estimate: Estimate, free: float | None) -> bool:
    """Say whether a person should be told of an estimate before the run; ``free`` bytes of memory, None where nobody knows."""
    return estimate.seconds >= NOTICE_SECONDS or (free is not None and estimate.memory > NOTICE_SHARE * free)
