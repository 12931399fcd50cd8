"""An invalid shape mended, when everything that can be made of it tells the same story."""

from __future__ import annotations

from typing import Any

import shapely

from plangeo.geometry.shapes import part_of

# Two readings of an invalid ring must agree to this share before plangeo believes either of them.
REPAIR_AGREEMENT = 1e-3


def mended(geometry: Any) -> tuple[Any, str]:
    """Return the mended geometry and the method, or None and why no single reading exists."""
    dimension = int(shapely.get_dimensions(geometry))
    try:
        linework = part_of(shapely.make_valid(geometry), dimension)
        structure = part_of(shapely.make_valid(geometry, method="structure"), 2) if dimension == 2 else linework
    except shapely.errors.GEOSException as fault:
        return None, f"it cannot be mended ({str(fault).splitlines()[0][:80]})"
    if dimension < 2:
        same = not linework.is_empty
        return (linework, "make_valid") if same else (None, "no valid reading")
    areas = [abs(float(geometry.area)), float(linework.area), float(structure.area)]
    largest = max(areas)
    if largest == 0 or structure.is_empty:
        return None, "the polygon has no area"
    if (largest - min(areas)) / largest > REPAIR_AGREEMENT:
        return (
            None,
            "the readings of the ring differ: area {:.6g}, linework {:.6g}, structure {:.6g} in the layer's units".format(*areas),
        )
    if shapely.symmetric_difference(linework, structure).area / largest > REPAIR_AGREEMENT:
        return None, "the two repair methods give different shapes"
    return structure, "make_valid (structure)"
