"""Coordinates as whole numbers of a grid fine enough to hold every one of them: exact, and far faster than fractions.

A double is a whole number times a power of two. One power for all coordinates of a computation makes them whole numbers, and
sums, products and comparisons of whole numbers are exact however long they grow; ``fractions.Fraction`` looks for a common
divisor at every step instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MANTISSA = 53

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A grid of cells 2^-bits metres wide."""

    bits: int

    @classmethod
    def of(cls, *coordinates: Floats) -> Grid:
        """Return the coarsest grid that holds all of these finite coordinates.

        >>> Grid.of(np.array([0.5, 3.0]), np.array([0.375])).bits
        3
        """
        values = np.concatenate([c.ravel() for c in coordinates])
        mantissa, exponent = np.frexp(values[values != 0])
        if not len(mantissa):
            return cls(0)
        whole = np.ldexp(mantissa, _MANTISSA).astype(np.int64)
        spare = np.frexp((whole & -whole).astype(np.float64))[1] - 1  # binary zeros at the end
        return cls(max(0, int((_MANTISSA - exponent - spare).max())))

    def whole(self, values: Sequence[float]) -> list[int]:
        """Return coordinates that the grid holds as whole numbers of its cells.

        >>> Grid(3).whole([0.5, 0.375])
        [4, 3]
        """
        try:
            return [int(math.ldexp(v, self.bits)) for v in values]
        except OverflowError:  # the whole number is beyond the range of doubles
            return [(top << self.bits) // bottom for top, bottom in (v.as_integer_ratio() for v in values)]
