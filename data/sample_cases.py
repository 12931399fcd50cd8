"""Cases added to the made-up plans and register after everything else, so that the seeds of the first 72 projects stay as they were.

Staged zones, faults in the drawing of the amended plan, and five projects (P-0101 to P-0105), one for each thing to be shown.
What each must be told as stands in ``tests/oracle/sample_cases.yaml``.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from sample_register import Project, Sites, wiggly_patch
from sample_specs import Spec
from sample_zones import Zone
from shapely import Point, Polygon, box

FIRST_STAGE_ENDS, SECOND_STAGE_STARTS = "2026-12-31", "2027-01-01"
UPPER, AMENDED = "QHT-2021", "QHSDD-2021-DC1"
TOO_BIG = Spec("industrial_cluster", "Cụm công nghiệp Đồng Trám", 82, 905, "SKN", "SKN")
SAME_GROUND = Spec("logistics", "Kho lạnh Bãi Sậy", 6, 150, "TMD", "TMD", phase="2026-2030", drawn=True)
STAGED = Spec("industrial_park", "Khu công nghiệp Lũng Vài", 4, 60, "SKK", "SKK", phase="2026-2030", drawn=True)
NO_MORE = Spec("tourism", "Khu vui chơi Sân Cỏ", 2, 55, "DTT", "DTT")
NOW_ALLOWED = Spec("school", "Trường năng khiếu thể thao Nắng Sớm", 2, 48, "DTT", "DTT", funding="Ngân sách nhà nước")
APPROVED = {
    "P-0002": "2024-05-20",
    "P-0015": "2025-02-10",
    "P-0063": "2025-03-12",
    "P-0103": "2025-05-06",
    "P-0104": "2025-02-20",
    "P-0105": "2025-02-20",
}
"""Days of approval the register states; the other projects have none."""

Days = dict[str, tuple[str, str]]
"""Zone id → first and last day, empty where those of its plan hold."""


def add_projects(
    projects: list[Project], coarse: list[Zone], fine: list[Zone], communes: dict[str, Polygon], names: dict[str, str]
) -> list[Project]:
    """Return the register's projects and the five added ones, whose codes leave room for those of the second list."""
    sites = Sites(coarse, fine, communes, names)
    for p in projects:
        if p.shape is not None:
            sites.taken.append(p.boundary or p.shape.buffer(math.sqrt((p.spec.area_ha or 1) * 1e4 / math.pi)))
    rng = np.random.default_rng(101)
    neighbour = next(p for p in projects if p.code == "P-0015").shape
    assert neighbour is not None
    added = []
    for number, (spec, depth) in enumerate(
        ((TOO_BIG, 330.0), (SAME_GROUND, 0.0), (STAGED, 300.0), (NO_MORE, 150.0), (NOW_ALLOWED, 150.0)), start=101
    ):
        if spec is SAME_GROUND:
            centre = Point(round(neighbour.x + 310, 3), neighbour.y)
        else:
            centre, _, _ = sites.ground([spec.coarse], [spec.fine], depth)
        assert spec.area_ha is not None
        boundary = wiggly_patch(centre, spec.area_ha * 1e4, rng) if spec.drawn else None
        sites.taken.append(boundary or centre.buffer(depth))
        added.append(Project(spec, f"P-{number:04d}", centre, boundary, sites.places(boundary or centre)))
    return [*projects, *added]


def stage(zones: list[Zone], centre: Point, first: str, second: str) -> tuple[list[Zone], Days]:
    """Return a plan where a square of 420 m about ``centre`` is of class ``first`` until the end of 2026 and ``second`` then."""
    square = _square(centre, 210)
    out, plan = _cut(zones, square), zones[0].plan_id
    before, after = Zone(f"{plan}-GD1", plan, first, square), Zone(f"{plan}-GD2", plan, second, square)
    return [*out, before, after], {before.zone_id: ("", FIRST_STAGE_ENDS), after.zone_id: (SECOND_STAGE_STARTS, "")}


def spoil(zones: list[Zone], projects: list[Project]) -> list[Zone]:
    """Return a plan drawn with an overlap (4 ha), a gap (4 ha) and a sliver (3 m by 400 m), far from every project."""
    far = shapely.union_all([(p.boundary or p.shape).envelope.buffer(1500) for p in projects if p.shape is not None])
    places = []
    for zone in zones:
        if zone.code in {"RSX", "CLN"} and zone.shape.area > 1.2e6 and not zone.shape.intersects(far):
            spoke = shapely.maximum_inscribed_circle(zone.shape, tolerance=8)
            if spoke.length > 320:
                places.append(Point(spoke.coords[0]))
    overlap, gap, sliver = places[:3]
    plan = zones[0].plan_id
    thin = box(*np.round([sliver.x - 200, sliver.y - 1.5, sliver.x + 200, sliver.y + 1.5], 3))
    out = _cut(_cut(zones, _square(gap, 100)), thin)
    return [*out, Zone(f"{plan}-CL", plan, "HNK", _square(overlap, 100))]


def _square(centre: Point, half: float) -> Polygon:
    return box(*np.round([centre.x - half, centre.y - half, centre.x + half, centre.y + half], 3))


def _cut(zones: list[Zone], square: Polygon) -> list[Zone]:
    (owner,) = [z for z in zones if z.shape.contains_properly(square)]
    rest = Zone(owner.zone_id, owner.plan_id, owner.code, shapely.difference(owner.shape, square))
    return [rest if z is owner else z for z in zones]
