"""Slope as a raster: worked out from elevations while it is read, or a ready one whose unit has been checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from plangeo.errors import InputError
from plangeo.grids.rasters import METRES, Raster
from plangeo.grids.slopes import require_measurable

# Lowest and highest ground on earth with a margin, in metres: elevations beyond are no data.
ELEVATIONS = (-12_000.0, 9_000.0)
_MOST = {"degree": 90.0, "percent": float("inf"), "radian": float(np.pi / 2)}
# A raster up to this size is looked through whole for the evidence of its unit; of a larger one a grid of samples is.
_LOOK_THROUGH = 25_000_000
_SAMPLE, _SAMPLES = 512, 8


def slope_of(raster: Raster) -> Raster:
    """Return the slope in degrees of a raster of elevations (Horn), as a raster that is worked out window by window.

    The outermost cells of the raster, and cells beside cells without data, have no slope. A raster in degrees is
    measured in metres at the latitude of each row (``slopes.spacing``).
    **Raises** InputError for classes, a slope, or an elevation in an unknown unit; CrsError for a CRS that is not fit.
    """
    if raster.kind != "continuous" or raster.derived or raster.unit in _MOST:
        raise InputError(
            f"{raster.path.name} holds no elevations (kind {raster.kind}, unit {raster.unit or 'not stated'}): no slope is in it.",
            code="raster_unit_unclear",
        )
    if raster.unit not in METRES:
        raise InputError(
            f"{raster.path.name} gives elevations in {raster.unit!r}. State unit='metre', 'foot' or 'us_foot'.",
            code="raster_unit_unclear",
        )
    require_measurable(raster.transform, raster.crs, raster.height, raster.width)
    notes = raster.notes
    if not raster.unit:
        notes += (f"{raster.path.name} states no unit: its elevations were taken as metres",)
    low, high = (bound / METRES[raster.unit] for bound in ELEVATIONS)
    return replace(raster, derived="slope", unit="degree", low=low, high=high, notes=notes)


def ready_slope(raster: Raster, *, certain: bool = False) -> Raster:
    """Return a raster of slopes after holding its stated unit against its values; nothing is converted.

    Parameters: ``certain`` accepts a unit that the values make doubtful (land so flat that no slope exceeds 1.57).
    **Raises** InputError, with the evidence, when nobody states the unit, or the values contradict it or make it doubtful.
    """
    if raster.kind != "continuous" or raster.derived:
        raise InputError(f"{raster.path.name} is no raster of slopes (kind {raster.kind}).", code="raster_unit_unclear")
    low, high, looked = _extremes(raster)
    evidence = f"{raster.path.name}: the values of {looked} lie between {low:g} and {high:g}"
    if raster.unit not in _MOST:
        raise InputError(
            f"{evidence}, and nothing says whether that is degrees, percent or radians (like {_guess(high)}): a bound of 15 "
            "means something else in each. State it, in a rulebook's requirement with unit: degree (percent, radian; metre for "
            "elevations), in Python with read_raster(…, unit='degree').",
            code="raster_unit_unclear",
        )
    if low < 0 or high > _MOST[raster.unit]:
        raise InputError(
            f"{evidence}, which cannot be slopes in {raster.unit} (0 to {_MOST[raster.unit]:g}); they look like {_guess(high)}. "
            "State the true unit, or give the raster of slopes.",
            code="raster_unit_unclear",
        )
    if raster.unit != "radian" and high <= _MOST["radian"] and not certain:
        raise InputError(
            f"{evidence}: in {raster.unit} that is almost level ground, in radians it is steep. "
            "If they are radians, state unit: radian. If the land is that level, file and requirement must both say so (rio edit-info "
            "--bidx 1 --units degree FILE; unit: degree), or give the elevations; in Python ready_slope(…, certain=True).",
            code="raster_unit_unclear",
        )
    return replace(raster, low=0.0, high=_MOST[raster.unit])


def in_degrees(raster: Raster) -> Raster:
    """Return a raster of slopes converted to degrees; percent p is atan(p / 100). **Raises** InputError for another unit."""
    if raster.unit == "degree":
        return raster
    if raster.derived or raster.unit not in _MOST:
        raise InputError(
            f"{raster.path.name} is in {raster.unit or 'a unit nobody states'}, not in percent or radians.",
            code="raster_unit_unclear",
        )
    return replace(raster, derived=raster.unit, unit="degree")


def _guess(high: float) -> str:
    if high <= _MOST["radian"]:
        return "radians"
    return "percent, or elevations" if high > 90 else "degrees or percent"


@lru_cache(maxsize=64)  # asked once for every requirement and part of the register; the raster carries its file's stamp
def _extremes(raster: Raster) -> tuple[float, float, str]:
    """Lowest and highest value, and where was looked. **Raises** InputError when there is no value at all."""
    whole = raster.height * raster.width <= _LOOK_THROUGH
    low, high = np.inf, -np.inf
    with raster.open() as reader:
        for window in _strips(raster) if whole else _samples(raster):
            found = reader.read(*window)
            if found.valid.any():
                values = found.values[found.valid]
                low, high = min(low, float(values.min())), max(high, float(values.max()))
    looked = "all cells" if whole else f"{_SAMPLES}×{_SAMPLES} samples of {_SAMPLE}×{_SAMPLE} cells"
    if low > high:
        raise InputError(
            f"{raster.path.name}: {looked} hold no value, so its unit cannot be checked. Is it the right file? If its data "
            "fill a small part only, cut that out first (gdalwarp -te …).",
            code="raster_unit_unclear",
        )
    return low, high, looked


def _strips(raster: Raster) -> Iterator[tuple[int, int, int, int]]:
    step = max(1, 2**20 // raster.width)
    for top in range(0, raster.height, step):
        yield top, min(top + step, raster.height), 0, raster.width


def _samples(raster: Raster) -> Iterator[tuple[int, int, int, int]]:
    for top in np.linspace(0, max(raster.height - _SAMPLE, 0), _SAMPLES).astype(int).tolist():
        for left in np.linspace(0, max(raster.width - _SAMPLE, 0), _SAMPLES).astype(int).tolist():
            yield top, min(top + _SAMPLE, raster.height), left, min(left + _SAMPLE, raster.width)
