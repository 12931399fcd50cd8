"""The made-up ground of the sample: communes, rivers, roads and land-use zones, drawn from fixed seeds.

Everything is in EPSG:9215 metres, x = east, y = north. Borders are straight diagrams bent by one smooth
displacement field, so neighbours share every vertex; what must be cut (zones by the outline, rivers, towns)
is noded on a 1 mm grid and polygonised, so the result is a coverage by construction.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
import shapely.affinity
from shapely import Point, Polygon

GRID = 0.001
Ring = np.ndarray


class Noise:
    """A smooth scalar field: octaves of sine waves with seeded directions; ``amplitude`` per wavelength (both metres)."""

    def __init__(self, seed: int, octaves: Sequence[tuple[float, float]], waves: int = 5) -> None:
        rng = np.random.default_rng(seed)
        self._rows = []
        for wavelength, amplitude in octaves:
            for angle, phase, stretch in rng.random((waves, 3)):
                k = 2 * math.pi / (wavelength * (0.75 + 0.5 * stretch))
                a = angle * 2 * math.pi
                self._rows.append((k * math.cos(a), k * math.sin(a), phase * 2 * math.pi, amplitude / math.sqrt(waves)))

    def __call__(self, xy: np.ndarray) -> np.ndarray:
        """Return the field at the points ``xy`` (n, 2)."""
        return sum(a * np.sin(kx * xy[:, 0] + ky * xy[:, 1] + p) for kx, ky, p, a in self._rows)


def warper(seed: int, octaves: Sequence[tuple[float, float]]):
    """Return a displacement of the plane: a function of points (n, 2) giving points (n, 2) on the 1 mm grid."""
    dx, dy = Noise(seed, octaves), Noise(seed + 1, octaves)
    return lambda xy: np.round(xy + np.column_stack([dx(xy), dy(xy)]), 3)


BORDER_OCTAVES = ((15000, 520), (6000, 230), (2400, 92), (1000, 30), (450, 9))
warp_border = warper(11, BORDER_OCTAVES)
warp_zone = warper(23, ((9000, 400), (3500, 230), (1400, 100), (650, 34)))
warp_coarse = warper(37, ((14000, 800), (5500, 400), (2200, 180), (1000, 62)))


def bend(polygons: Sequence[Polygon], step: float, warp) -> list[Polygon]:
    """Densify every segment of a coverage to ``step`` metres, once per shared segment, and displace the vertices."""

    def densify(ring: np.ndarray) -> np.ndarray:
        parts = []
        for a, b in itertools.pairwise(ring):
            lo, hi = (a, b) if tuple(a) <= tuple(b) else (b, a)
            n = max(1, math.ceil(math.hypot(*(hi - lo)) / step))
            t = np.arange(n + 1)[:, None] / n
            points = lo * (1 - t) + hi * t
            parts.append((points if lo is a else points[::-1])[:-1])
        closed = np.vstack([*parts, parts[0][:1]])
        return warp(closed)

    return [
        Polygon(densify(shapely.get_coordinates(p.exterior)), [densify(shapely.get_coordinates(h)) for h in p.interiors])
        for p in polygons
    ]


def cells(seeds: np.ndarray, weights: np.ndarray, box: tuple[float, float, float, float]) -> list[Polygon]:
    """Return the power diagram of ``seeds`` (n, 2) with ``weights`` (m²) inside ``box``, by clipping half-planes."""
    x0, y0, x1, y1 = box
    start = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=float)
    out = []
    norm = (seeds**2).sum(axis=1) - weights
    for i, s in enumerate(seeds):
        order = np.argsort(((seeds - s) ** 2).sum(axis=1) - weights, kind="stable")
        poly = start
        for j in order:
            if j == i:
                continue
            normal, offset = 2 * (seeds[j] - s), norm[j] - norm[i]
            side = poly @ normal - offset
            if (side <= 0).all():
                continue
            nxt, nside = np.roll(poly, -1, axis=0), np.roll(side, -1)
            kept: list[np.ndarray] = []
            for p, q, sp, sq in zip(poly, nxt, side, nside, strict=True):
                if sp <= 0:
                    kept.append(p)
                if (sp < 0 < sq) or (sq < 0 < sp):
                    kept.append(p + (q - p) * (sp / (sp - sq)))
            poly = np.array(kept)
            if len(poly) < 3:
                break
        out.append(Polygon(poly) if len(poly) >= 3 else Polygon())
    return out


def faces_of(lines: Iterable[shapely.Geometry], grid: float = GRID) -> list[Polygon]:
    """Node ``lines`` on a grid (m) and return the faces they enclose."""
    noded = shapely.union_all([shapely.set_precision(g, grid) for g in lines], grid_size=grid)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return sorted(faces, key=lambda f: f.bounds)


def neighbours(faces: Sequence[Polygon]) -> dict[int, dict[int, float]]:
    """Return, per face, the neighbours with the length of the shared border (m), from exactly shared segments."""
    owner: dict[tuple, int] = {}
    shared: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for i, face in enumerate(faces):
        for ring in (face.exterior, *face.interiors):
            c = list(ring.coords)
            for a, b in itertools.pairwise(c):
                key = (a, b) if a <= b else (b, a)
                j = owner.setdefault(key, i)
                if j != i:
                    length = math.dist(a, b)
                    shared[i][j] += length
                    shared[j][i] += length
    return shared


def dissolve(faces: Sequence[Polygon], owners: list, min_area: float) -> list[tuple[object, Polygon]]:
    """Join faces of one owner; parts below ``min_area`` m² go to the neighbour with the longest border."""
    for _ in range(6):
        groups = defaultdict(list)
        for face, owner in zip(faces, owners, strict=True):
            groups[owner].append(face)
        joined = [(o, p) for o, fs in groups.items() for p in shapely.get_parts(shapely.coverage_union_all(fs))]
        joined.sort(key=lambda op: op[1].bounds)
        faces, owners = [p for _, p in joined], [o for o, _ in joined]
        small = [i for i, f in enumerate(faces) if f.area < min_area or f.area / max(f.length, 1) < 8]
        if not small:
            break
        beside = neighbours(faces)
        changed = False
        for i in sorted(small, key=lambda k: (faces[k].area, faces[k].bounds)):
            options = {j: w for j, w in beside[i].items() if j not in small} or beside[i]
            if options:
                owners[i] = owners[max(sorted(options), key=lambda j: options[j])]
                changed = True
        if not changed:
            break
    return list(zip(owners, faces, strict=True))


# --- communes -------------------------------------------------------------------------------------------------


def outline(centres: np.ndarray, areas_m2: np.ndarray) -> Polygon:
    """Return a smooth straight-space outline round discs of the published areas, as large as their sum."""
    discs = [Point(*c).buffer(math.sqrt(a / math.pi)) for c, a in zip(centres, areas_m2, strict=True)]
    hull = shapely.union_all(discs).buffer(7000).buffer(-9500).buffer(2500)
    hull = Polygon(max(shapely.get_parts(hull), key=lambda g: g.area).exterior)
    low, high, total = -4000.0, 6000.0, float(areas_m2.sum())
    for _ in range(50):
        mid = (low + high) / 2
        low, high = (mid, high) if hull.buffer(mid).area < total else (low, mid)
    return Polygon(hull.buffer(low).simplify(60).exterior)


def fit_communes(centres: np.ndarray, areas_m2: np.ndarray) -> list[Polygon]:
    """Return one polygon per centre, borders bent, whose areas match ``areas_m2`` within 0.5 %."""
    shell = outline(centres, areas_m2)
    x0, y0, x1, y1 = shell.buffer(20000).bounds
    weights = np.zeros(len(centres))
    seeds = centres.copy()
    target = areas_m2 * shell.area / areas_m2.sum()
    bent: list[Polygon] = []
    for _ in range(8):
        weights = _newton(seeds, weights, target, shell, (x0, y0, x1, y1))
        straight = _clip(seeds, weights, shell, (x0, y0, x1, y1))
        bent = bend(straight, 150, warp_border)
        got = np.array([p.area for p in bent])
        if (abs(got / areas_m2 - 1) < 0.005).all():
            break
        target = target * areas_m2 / got
        target *= shell.area / target.sum()
        # the outline itself grows or shrinks a little under the bending: follow it
        factor = math.sqrt(areas_m2.sum() / got.sum())
        shell = shapely.affinity.scale(shell, factor, factor, origin=(430000, 2420000))
        target *= factor**2
    return bent


def _newton(seeds: np.ndarray, weights: np.ndarray, target: np.ndarray, shell: Polygon, box: tuple) -> np.ndarray:
    """Return power weights that give the cells the areas ``target`` (m²) inside ``shell``: damped Newton."""
    n = len(seeds)
    for _ in range(60):
        clipped = [c.intersection(shell) for c in cells(seeds, weights, box)]
        area = np.array([c.area for c in clipped])
        miss = target - area
        if (abs(miss) < 1e-5 * target).all():
            break
        matrix = np.zeros((n, n))
        snapped = [shapely.set_precision(c, 0.01) for c in clipped]
        tree = shapely.STRtree(snapped)
        for i, j in zip(*tree.query(snapped, predicate="intersects"), strict=True):
            if i < j:
                edge = snapped[i].boundary.intersection(snapped[j].boundary).length
                if edge:
                    w = edge / (2 * math.dist(seeds[i], seeds[j]))
                    matrix[i, j] -= w
                    matrix[j, i] -= w
                    matrix[i, i] += w
                    matrix[j, j] += w
        step = np.linalg.lstsq(matrix + 1e-6 * np.eye(n), miss, rcond=None)[0]
        worst, damp = abs(miss).max(), 1.0
        while damp > 1e-3:
            trial = np.array([c.intersection(shell).area for c in cells(seeds, weights + damp * step, box)])
            if trial.min() > 0.25 * min(area.min(), target.min()) and abs(target - trial).max() < worst * (1 - damp / 4):
                break
            damp /= 2
        weights = weights + damp * step
        weights = weights - weights.mean()
    return weights


def _clip(seeds: np.ndarray, weights: np.ndarray, shell: Polygon, box: tuple) -> list[Polygon]:
    """Return the power cells inside ``shell`` as a noded coverage, one polygon per seed."""
    drawn = cells(seeds, weights, box)
    faces = [f for f in faces_of([shell.boundary, *(c.boundary for c in drawn)], 1.0) if shell.contains(f.representative_point())]
    owners = []
    for f in faces:
        p = np.array(f.representative_point().coords[0])
        owners.append(int(np.argmin(((seeds - p) ** 2).sum(axis=1) - weights)))
    for _ in range(4):
        largest: dict[int, int] = {}
        parts = dissolve(faces, owners, 0)
        faces, owners = [p for _, p in parts], [o for o, _ in parts]
        for i, (o, f) in enumerate(zip(owners, faces, strict=True)):
            if o not in largest or f.area > faces[largest[o]].area:
                largest[o] = i
        stray = [i for i, o in enumerate(owners) if largest[o] != i]
        if not stray:
            break
        beside = neighbours(faces)
        for i in stray:  # a piece cut off by a bay of the outline joins the commune beside it
            owners[i] = owners[max(sorted(beside[i]), key=lambda j: beside[i][j])]
    by = dict(zip(owners, faces, strict=True))
    return [by[i] for i in range(len(seeds))]
