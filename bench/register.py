"""The benchmark's projects: points, small polygons, long thin corridors and lines, most of them near towns."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mesh import Array

SHARES = {"point": 0.30, "polygon": 0.45, "corridor": 0.10, "line": 0.15}
CLUSTERED = 0.60
TOWN_SPREAD_M = 3_000.0
AREA_M2 = (1_000.0, 500_000.0)  # 0.1 to 50 ha
CORRIDOR_LENGTH_M, CORRIDOR_WIDTH_M = (3_000.0, 18_000.0), (20.0, 60.0)
LINE_LENGTH_M = (2_000.0, 18_000.0)
USES = ("industrial_park", "housing", "tourism", "energy", "school", "reservoir", "mining")
_KINDS = tuple(SHARES)


def make_sites(rng: np.random.Generator, count: int, extent: Array, towns: Array, origin: Array, crs: str) -> gpd.GeoDataFrame:
    """Return ``count`` sites of the SITES contract in shuffled order, coordinates rounded to 1 mm."""
    counts = {kind: round(share * count) for kind, share in SHARES.items()}
    counts["line"] = count - sum(n for kind, n in counts.items() if kind != "line")
    kinds = rng.permutation(np.repeat(np.arange(len(_KINDS)), [counts[k] for k in _KINDS]))
    middles = _middles(rng, count, extent, towns) + origin
    makers = {"point": _points, "polygon": _small_polygons, "corridor": _corridors, "line": _lines}
    shapes = np.empty(count, dtype=object)
    for number, kind in enumerate(_KINDS):
        rows = np.flatnonzero(kinds == number)
        shapes[rows] = makers[kind](rng, middles[rows])
    road = np.isin(kinds, [_KINDS.index("corridor"), _KINDS.index("line")])
    use = np.where(road, "road", np.array(USES)[rng.integers(0, len(USES), count)])
    areas = shapely.area(shapes)
    table = {
        "site_id": [f"P-{i:06d}" for i in range(1, count + 1)],
        "name": [f"Dự án {i}" for i in range(1, count + 1)],
        "use": use.astype(str),
        "kind": np.array(_KINDS)[kinds].astype(str),
        "accuracy_m": np.full(count, np.nan),
        "problem": "",
        "repaired": "",
        "declared_area_m2": np.where(areas > 0, np.round(areas), np.nan),
    }
    return gpd.GeoDataFrame(pd.DataFrame(table), geometry=list(shapes), crs=crs)


def _middles(rng: np.random.Generator, count: int, extent: Array, towns: Array) -> Array:
    spread = rng.random((count, 2)) * extent
    near = towns[rng.integers(0, len(towns), count)] + TOWN_SPREAD_M * rng.standard_normal((count, 2))
    rows = rng.permutation(count)[: round(CLUSTERED * count)]
    spread[rows] = near[rows]
    folded = np.abs(spread)  # a site beyond the plan is mirrored back in
    return np.asarray(extent - np.abs(extent - folded))


def _points(rng: np.random.Generator, middles: Array) -> Array:
    return np.asarray(shapely.points(np.round(middles, 3)))


def _small_polygons(rng: np.random.Generator, middles: Array) -> Array:
    """Star-shaped around their middle, so always valid; the area is even on a logarithmic scale."""
    out = np.empty(len(middles), dtype=object)
    area = _log_even(rng, len(middles), AREA_M2)
    corners = rng.choice([5, 8, 13, 24], len(middles))
    for n in (5, 8, 13, 24):
        rows = np.flatnonzero(corners == n)
        angle = 2 * np.pi * (np.arange(n) + 0.6 * rng.random((len(rows), n))) / n
        radius = 0.7 + 0.6 * rng.random((len(rows), n))
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        raw = 0.5 * (x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(axis=1)
        scale = np.sqrt(area[rows] / raw)[:, None, None]
        out[rows] = shapely.polygons(np.round(middles[rows, None] + scale * np.stack([x, y], axis=-1), 3))
    return out


def _corridors(rng: np.random.Generator, middles: Array) -> Array:
    """A centre line that is a graph over its chord, thickened along one direction: its two sides never meet."""
    along, across = _centre_lines(rng, len(middles), _log_even(rng, len(middles), CORRIDOR_LENGTH_M))
    half = rng.uniform(*CORRIDOR_WIDTH_M, (len(middles), 1)) / 2
    x = np.concatenate([along, along[:, ::-1]], axis=1)
    y = np.concatenate([across - half, (across + half)[:, ::-1]], axis=1)
    return np.asarray(shapely.polygons(_turned(rng, x, y, middles)))


def _lines(rng: np.random.Generator, middles: Array) -> Array:
    along, across = _centre_lines(rng, len(middles), _log_even(rng, len(middles), LINE_LENGTH_M))
    return np.asarray(shapely.linestrings(_turned(rng, along, across, middles)))


def _centre_lines(rng: np.random.Generator, count: int, length: Array, steps: int = 60) -> tuple[Array, Array]:
    t = np.linspace(-0.5, 0.5, steps + 1)
    phase, turns = rng.random((count, 2, 1)), np.array([[1.0], [3.0]]) * (0.6 + 0.8 * rng.random((count, 2, 1)))
    bends = (np.array([[0.06], [0.02]]) * np.sin(2 * np.pi * (turns * t + phase))).sum(axis=1)
    return length[:, None] * t, length[:, None] * bends


def _turned(rng: np.random.Generator, x: Array, y: Array, middles: Array) -> Array:
    angle = 2 * np.pi * rng.random((len(x), 1))
    turned: Any = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=-1)
    return np.asarray(np.round(turned + middles[:, None], 3))


def _log_even(rng: np.random.Generator, count: int, bounds: tuple[float, float]) -> Array:
    return np.asarray(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]), count)))
