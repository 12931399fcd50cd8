"""Which class every cell of the benchmark's mesh has: forests, fields, towns, rivers and a road network."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesh import Array, cell_of, centres

CODES = ("RPH", "RSX", "RDD", "DGT", "SON", "LUA", "HNK", "CLN", "ODT", "ONT", "TMD", "SKK")
DISSOLVED = ("RPH", "RSX", "RDD", "DGT", "SON")
_AT = {code: i for i, code in enumerate(CODES)}
FOREST_SHARE = 0.42
CLEARINGS = 0.16  # share of forest cells that are somebody's field: the holes
TOWN_CORE_M = 2_500.0


def place_towns(rng: np.random.Generator, extent: Array) -> Array:
    """Return towns, one per 160 km², apart from one another and from the edge; metres from the south-west corner."""
    wanted = max(2, round(float(np.prod(extent)) / 160e6))
    inner = np.minimum(3_000.0, extent / 5)
    kept: list[Any] = []
    for gap in (7_000.0, 5_000.0, 3_000.0, 0.0):
        for spot in inner + rng.random((20 * wanted, 2)) * (extent - 2 * inner):
            if len(kept) < wanted and (not kept or np.hypot(*(np.array(kept) - spot).T).min() >= gap):
                kept.append(spot)
    return np.array(kept)


def class_codes(rng: np.random.Generator, rows: int, cols: int, width: float, towns: Array) -> Array:
    """Return the number of the class (index of CODES) of every cell, (rows, cols)."""
    xy = centres(rows, cols, width)
    shape = (rows, cols)
    farmland = _thirds(_field(rng, xy, 18 * width)[0], ("LUA", "HNK", "CLN"))
    anything = np.array([_AT[c] for c in ("LUA", "HNK", "CLN", "ONT", "SKK")])[rng.integers(0, 5, shape)]
    codes = np.where(rng.random(shape) < 0.25, anything, farmland)
    wood = _field(rng, xy, 45 * width)[0] + 0.4 * _field(rng, xy, 9 * width)[0]
    is_wood = (wood > np.quantile(wood, 1 - FOREST_SHARE)) & (rng.random(shape) >= CLEARINGS)
    kinds = _thirds(_field(rng, xy, 90 * width)[0], ("RPH", "RSX", "RDD"))
    codes = np.where(is_wood, kinds, codes)
    urban = np.array([_AT[c] for c in ("ODT", "ODT", "ONT", "TMD", "SKK")])[rng.integers(0, 5, shape)]
    codes = np.where(_distance(xy, towns) < TOWN_CORE_M, urban, codes)
    value, slope = _field(rng, xy, 70 * width)
    codes[np.abs(value) < 0.55 * width * slope] = _AT["SON"]
    row, col = cell_of(_roads(rng, towns, width), rows, cols, width)
    codes[row, col] = _AT["DGT"]
    return codes.astype(np.int8)


def _thirds(field: Array, codes: tuple[str, str, str]) -> Array:
    return np.array([_AT[c] for c in codes])[np.digitize(field, np.quantile(field, (1 / 3, 2 / 3)))]


def _field(rng: np.random.Generator, xy: Array, wavelength: float, waves: int = 16) -> tuple[Array, Array]:
    """A smooth random field and the length of its gradient (per metre): a sum of waves in all directions."""
    angle, phase = 2 * np.pi * rng.random(waves), 2 * np.pi * rng.random(waves)
    number = 2 * np.pi / (wavelength * (0.7 + 0.8 * rng.random(waves)))
    value, east, north = np.zeros(xy.shape[:2]), np.zeros(xy.shape[:2]), np.zeros(xy.shape[:2])
    for kx, ky, p in zip(number * np.cos(angle), number * np.sin(angle), phase, strict=True):
        argument = kx * xy[..., 0] + ky * xy[..., 1] + p
        value += np.cos(argument)
        bend = np.sin(argument)
        east += kx * bend
        north += ky * bend
    return value, np.hypot(east, north)


def _distance(xy: Array, towns: Array) -> Array:
    nearest = np.full(xy.shape[:2], np.inf)
    for town in towns:
        np.minimum(nearest, np.hypot(xy[..., 0] - town[0], xy[..., 1] - town[1]), out=nearest)
    return nearest


def _roads(rng: np.random.Generator, towns: Array, width: float) -> Array:
    """Points along roads: every town to its three nearest, and six spokes of 3 to 9 km around each."""
    apart = np.hypot(*(towns[:, None] - towns[None, :]).transpose(2, 0, 1))
    near = np.argsort(apart, axis=1, kind="stable")[:, 1:4]
    starts, ends = np.repeat(towns, near.shape[1], axis=0), towns[near].reshape(-1, 2)
    angle, reach = 2 * np.pi * rng.random((len(towns), 6)), 3_000 + 6_000 * rng.random((len(towns), 6))
    tips = towns[:, None] + reach[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    starts, ends = np.concatenate([starts, np.repeat(towns, 6, axis=0)]), np.concatenate([ends, tips.reshape(-1, 2)])
    points = []
    for start, end in zip(starts, ends, strict=True):
        length = float(np.hypot(*(end - start)))
        t = np.linspace(0, 1, max(2, int(length / (0.2 * width))))[:, None]
        normal = np.array([start[1] - end[1], end[0] - start[0]]) / length
        sway = 0.05 * length * np.sin(np.pi * t) * np.sin(2 * np.pi * (t * rng.integers(1, 4) + rng.random()))
        points.append(start + t * (end - start) + sway * normal)
    return np.concatenate(points)
