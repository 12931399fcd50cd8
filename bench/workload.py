"""The benchmark's made-up plan and register, by size and seed.

    python bench/workload.py S            # → out/bench/S-1-v1/zones.parquet, sites.parquet, rulebook.yaml

The zones are one planar coverage whose forests, rivers and roads are dissolved into giants with many holes, as in
real plans; they, and not the number of rows, are what makes an overlay slow. Same size, seed and version: same files.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landcover import CODES, DISSOLVED, class_codes, place_towns
from mesh import Array, Mesh, build_mesh, side, warp
from register import make_sites

VERSION = 1  # raise it whenever the same seed gives other data
CRS = "EPSG:9210"  # VN-2000 / TM-3 105°45'
CENTRE = np.array([500_000.0, 2_400_000.0])  # about 21.7° N on the central meridian
PLAN_ID = "BENCH-1"
ROW_GROUP = 4_096  # several row groups, so that readers which work in parallel can
OUT = Path(__file__).resolve().parents[1] / "out" / "bench"


@dataclass(frozen=True)
class Size:
    """How much is made: ``steps`` are the straight edges between two corners of a zone."""

    zones: int
    sites: int
    width_m: float
    height_m: float
    steps: int


SIZES = {
    "S": Size(2_000, 1_000, 20_000.0, 16_000.0, 10),
    "H": Size(12_000, 5_000, 49_000.0, 39_000.0, 10),  # held back: no constant of plangeo was fitted on it
    "M": Size(50_000, 20_000, 100_000.0, 80_000.0, 10),
    "L": Size(500_000, 200_000, 316_000.0, 253_000.0, 4),
}


@dataclass(frozen=True)
class Workload:
    """Where the files of one size and seed lie."""

    folder: Path
    size: str
    seed: int

    @property
    def zones(self) -> Path:
        """The zones of the plan, GeoParquet."""
        return self.folder / "zones.parquet"

    @property
    def sites(self) -> Path:
        """The register of projects, GeoParquet."""
        return self.folder / "sites.parquet"

    @property
    def rulebook(self) -> Path:
        """Rules that fit the uses and classes made here."""
        return self.folder / "rulebook.yaml"


def prepare(size: str = "S", seed: int = 1, out: Path = OUT) -> Workload:
    """Return the workload, made when it is not there yet; a half-written one is never taken for a whole one."""
    folder = out / f"{size}-{seed}-v{VERSION}"
    if not folder.exists():
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out) as scratch:
            made = Workload(Path(scratch) / "made", size, seed)
            made.folder.mkdir()
            write(made)
            os.replace(made.folder, folder)
    return Workload(folder, size, seed)


def write(workload: Workload) -> None:
    """Make the tables and write zones, sites, rulebook and a count of what was made."""
    zones, sites = make(workload.size, workload.seed)
    zones.to_parquet(workload.zones, index=False, row_group_size=ROW_GROUP)
    sites.to_parquet(workload.sites, index=False, row_group_size=ROW_GROUP)
    workload.rulebook.write_text(rulebook_text(), encoding="utf-8")
    (workload.folder / "facts.json").write_text(json.dumps(facts(zones, sites), indent=1) + "\n", encoding="utf-8")


def make(size: str, seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return zones and sites of the contracts in ``plangeo/tables.py``, in EPSG:9210."""
    wanted = SIZES[size]
    towns_seed, class_seed, mesh_seed, site_seed, merge_seed = np.random.SeedSequence([VERSION, seed]).spawn(5)
    extent = np.array([wanted.width_m, wanted.height_m])
    towns = place_towns(np.random.default_rng(towns_seed), extent)
    origin = np.round(CENTRE - extent / 2)
    codes, width = _enough_cells(wanted, class_seed, towns)
    mesh = build_mesh(np.random.default_rng(mesh_seed), *codes.shape, width, wanted.steps, towns, origin)
    zones = make_zones(mesh, codes, wanted.zones, np.random.default_rng(merge_seed))
    sites = make_sites(np.random.default_rng(site_seed), wanted.sites, extent, warp(towns, towns), origin, CRS)
    return zones, sites


def _enough_cells(wanted: Size, seed: np.random.SeedSequence, towns: Array) -> tuple[Array, float]:
    """Classes on the coarsest mesh that leaves enough cells undissolved, and the width of its cells."""
    ratio = 1.6
    while True:
        cell_m2 = wanted.width_m * wanted.height_m / (ratio * wanted.zones)
        width = float(np.sqrt(cell_m2 * 2 / np.sqrt(3)))
        rows, cols = round(wanted.height_m / (1.5 * side(width))), round(wanted.width_m / width)
        codes = class_codes(np.random.default_rng(seed), rows, cols, width, towns)
        if (~_is_dissolved(codes)).sum() >= wanted.zones:
            return codes, width
        ratio *= 1.03


def _is_dissolved(codes: Array) -> Array:
    return np.isin(codes, [CODES.index(c) for c in DISSOLVED])


def make_zones(mesh: Mesh, codes: Array, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return ``count`` zones: giants, then cells from south to north, some of them joined with their neighbour.

    A giant is a whole class, as dissolving leaves it: one multipolygon with parts far apart and many holes.
    """
    cells = np.stack([mesh.row_polygons(row) for row in range(mesh.rows)])
    shapes: list[Array] = []
    names: list[Array] = []
    for code in DISSOLVED:
        chosen = cells[codes == CODES.index(code)]
        if len(chosen):
            shapes.append(np.array([shapely.coverage_union_all(chosen)]))
            names.append(np.array([code]))
    left = ~_is_dissolved(codes)
    spare = int(left.sum()) + len(shapes) - count
    first, second = _neighbours(codes, left, spare, rng)
    joined = shapely.coverage_union_all(np.stack([cells.ravel()[first], cells.ravel()[second]], axis=1), axis=1)
    singles = np.setdiff1d(np.flatnonzero(left), np.concatenate([first, second]))
    order = np.argsort(np.concatenate([first, singles]), kind="stable")
    shapes.append(np.concatenate([joined, cells.ravel()[singles]])[order])
    names.append(np.array(CODES)[codes.ravel()[np.concatenate([first, singles])[order]]])
    shape, name = np.concatenate(shapes), np.concatenate(names)
    table = {
        "zone_id": [f"Z-{i:06d}" for i in range(1, len(shape) + 1)],
        "zone_code": name.astype(str),
        "plan_id": PLAN_ID,
        "problem": "",
        "repaired": "",
    }
    return gpd.GeoDataFrame(pd.DataFrame(table), geometry=list(shape), crs=CRS)


def _neighbours(codes: Array, left: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Choose ``count`` disjoint pairs of undissolved cells of one class, side by side in a row."""
    even = codes.shape[1] // 2 * 2
    same = (codes[:, 0:even:2] == codes[:, 1:even:2]) & left[:, 0:even:2]
    row, half = np.nonzero(same)
    pick = np.sort(rng.permutation(len(row))[:count])
    if len(pick) < count:
        raise ValueError(f"Only {len(pick)} pairs of cells can be joined and {count} must be; make fewer cells.")
    first = row[pick] * codes.shape[1] + 2 * half[pick]
    return first, first + 1


def facts(zones: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> dict[str, Any]:
    """What was made, in numbers: rows, edges, and the vertices and holes of the largest zones."""
    vertices = shapely.get_num_coordinates(zones.geometry.to_numpy())
    rings = np.array([sum(shapely.get_num_interior_rings(shapely.get_parts(g))) for g in zones.geometry[vertices > 5_000]])
    largest = np.sort(vertices)[::-1][:8]
    return {
        "zones": len(zones),
        "sites": len(sites),
        "zone_edges": int(vertices.sum() - len(zones)),
        "largest_zones_vertices": [int(v) for v in largest],
        "holes_of_giants": int(rings.sum()),
        "classes": {str(k): int(v) for k, v in zones["zone_code"].value_counts().sort_index().items()},
        "kinds": {str(k): int(v) for k, v in sites["kind"].value_counts().sort_index().items()},
    }


def rulebook_text() -> str:
    """Return a rulebook in which every verdict occurs; made up, like the plan."""
    return """\
# Made up for the benchmark.
rulebook:
  name: Benchmark
  profile: vn
  illustrative: true
plans:
  - {plan_id: BENCH-1, level: province, rank: 1, scale: 25000, title: Benchmark plan, decision: none, authority: none,
     valid_from: 2024-01-01, valid_to: 2030-12-31, theme: land_use, illustrative: true, source: made up}
bases:
  made-up: {document: none, source: made up, verified: false}
uses:
  - {code: industrial_park, name: Industrial park}
  - {code: housing, name: Housing}
  - {code: tourism, name: Tourism}
  - {code: energy, name: Energy}
  - {code: school, name: School}
  - {code: reservoir, name: Reservoir}
  - {code: mining, name: Mining}
  - {code: road, name: Road}
rules:
  - {use: industrial_park, zone: [SKK], verdict: permitted, basis: made-up}
  - {use: housing, zone: [ODT, ONT], verdict: permitted, basis: made-up}
  - {use: tourism, zone: [TMD], verdict: permitted, basis: made-up}
  - {use: tourism, zone: [RSX], verdict: conditional, basis: made-up}
  - {use: energy, zone: [HNK, CLN, RSX], verdict: conditional, basis: made-up}
  - {use: school, zone: [ODT, ONT, TMD], verdict: permitted, basis: made-up}
  - {use: reservoir, zone: [SON, HNK], verdict: permitted, basis: made-up}
  - {use: mining, zone: [HNK, RSX], verdict: conditional, basis: made-up}
  - {use: road, zone: [DGT, HNK, CLN, ODT, ONT, TMD, SKK], verdict: permitted, basis: made-up}
  - {use: road, zone: [LUA, RSX, SON], verdict: conditional, basis: made-up}
  - {use: '*', zone: [RDD, RPH], verdict: not_permitted, basis: made-up}
  - {use: [industrial_park, housing, tourism, energy, school, mining], zone: [LUA], verdict: not_permitted, basis: made-up}
"""


def main() -> None:
    """Make one workload from the command line and print what was made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("size", choices=sorted(SIZES), nargs="?", default="S")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    workload = prepare(chosen.size, chosen.seed)
    print(workload.folder)
    print((workload.folder / "facts.json").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
