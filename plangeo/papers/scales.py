"""Map scales: the largest round one at which a site and what surrounds it fit the frame."""

from __future__ import annotations

from dataclasses import dataclass

SCALES = (1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000)
"""Denominators, largest scale first."""
FILL = 0.5
"""Part of the frame the site may take, so that its surroundings are seen."""
_TICKS_M = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
_TICK_MM = 30
_BAR_MM = 40

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class MapFrame:
    """A window of the ground shown at ``denominator``; ``bounds`` (west, south, east, north) in metres."""

    denominator: int
    bounds: Bounds

    @property
    def tick_m(self) -> int:
        """Distance between grid ticks, metres: three centimetres on paper or more."""
        return next((t for t in _TICKS_M if t / self.denominator * 1_000 >= _TICK_MM), _TICKS_M[-1])

    @property
    def bar_m(self) -> int:
        """Length of the scale bar, metres: a round number of at most four centimetres."""
        return max((t for t in (10, 20, *_TICKS_M) if t / self.denominator * 1_000 <= _BAR_MM), default=10)


def frame_around(bounds: Bounds, width_mm: float, height_mm: float, *, least_m: float = 0.0) -> MapFrame | None:
    """Return the frame around ``bounds``, or None when it does not even fit at the smallest scale.

    ``least_m``: ground that is shown at least, from the middle to either side, metres.

    >>> frame_around((0, 0, 1000, 500), 100, 100)
    MapFrame(denominator=25000, bounds=(-750.0, -1000.0, 1750.0, 1500.0))
    """
    west, south, east, north = bounds
    wide = max((east - west) / FILL, 2 * least_m)
    high = max((north - south) / FILL, 2 * least_m)
    for scale in SCALES:
        half_w, half_h = width_mm * scale / 2_000, height_mm * scale / 2_000
        if wide <= 2 * half_w and high <= 2 * half_h:
            x, y = (west + east) / 2, (south + north) / 2
            return MapFrame(scale, (x - half_w, y - half_h, x + half_w, y + half_h))
    return None
