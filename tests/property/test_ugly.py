"""How the ground is drawn changes no verdict: the invariants of judging over shared borders, gaps, spikes, bow-ties and holes.

Every test compares one assessment with another of the same ground drawn differently, or with the second computation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from hypothesis import assume, event, given
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.checks import CHECKS
from plangeo.engine.partition import REPROJECTED_CONTACT_M
from plangeo.geometry import linear, polygonal
from plangeo.model import Assessment, Verdict
from tests.effort import examples
from tests.makers import CRS, PLANS, RULES, X0, Y0, plan, rule, rulebook
from tests.uglyshapes import STAGE, Ground, grounds, move, outlines, zone_frame

DAY = "2025-07-01"
SPECIAL = [{"use": "*", "zone": "RPH", "share": 0.02}]
BOOK = rulebook(
    plans=[PLANS[0], plan("F", theme="forest")], thresholds=SPECIAL, rules=[*RULES, rule("housing", "LUA", "conditional")]
)
FORBIDDEN = ("LUC", "RPH")
ORDER = {v.label: v for v in Verdict}


def assessed(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, book: Any = BOOK, **keywords: Any) -> Assessment:
    return assess(sites, book, on=DAY, zones=zones, **keywords)


def verdicts(*given: Any, **keywords: Any) -> dict[str, str]:
    found = assessed(*given, **keywords).sites
    return dict(zip(found["site_id"], found["verdict"], strict=True))


SIZES = ("area_m2", "length_m", "share")
AREA_M2, RELATIVE = 1e-3, 1e-6
"""What the same ground, cut or merged otherwise, may differ by."""
FAR_M = 1e6
"""Distances beyond, and infinite ones, are one and the same."""
DISTANCE_M = 0.0101
"""The depth of a site outside its ground is known to a centimetre (tables.MARGINS), and all other distances better."""


def sizes(found: Assessment) -> pd.DataFrame:
    """Sizes of each site under each class of each plan, whatever the zones are called."""
    return found.evidence["zones"].groupby(["site_id", "plan_id", "zone_code"])[list(SIZES)].sum()


def told(found: Assessment) -> pd.DataFrame:
    """The findings, one for each site, code, plan and class: sizes summed, and what was judged."""
    rows = pd.DataFrame(found.findings.drop(columns="geometry"))
    rows[["area_m2", "length_m", "share", "measure"]] = rows[["area_m2", "length_m", "share", "measure"]].fillna(0.0)
    rows["metres"] = rows["measure"].where(rows["unit"] == "m", 0.0).clip(upper=FAR_M)
    rows.loc[rows["unit"] == "m", "length_m"] = 0.0
    kinds = rows.groupby(["site_id", "check", "reason", "verdict", "plan_id", "zone_code"])
    return kinds.agg({"area_m2": "sum", "length_m": "sum", "share": "sum", "metres": "max"})


def differences(left: pd.DataFrame, right: pd.DataFrame, relative: float = RELATIVE) -> pd.DataFrame:
    """Absolute differences less what is allowed relative to the greater number; all rows of both."""
    one, two = left.align(right, fill_value=0.0)
    return (one - two).abs() - relative * np.maximum(one.abs(), two.abs())


def same(first: Assessment, second: Assessment, relative: float = RELATIVE, drawing: Sequence[str] = ()) -> None:
    """The same verdict for the same reasons, and the same sizes, totals and distances but for rounding.

    ``drawing``: reasons that tell how shapes are drawn and not what they cover. A spike without ground is near or far as long as
    it is drawn; where shapes were repaired, it may be gone, so that distances say nothing.
    """
    assert verdict_map(first) == verdict_map(second)
    left, right = (frame[~frame.index.get_level_values("reason").isin(drawing)] for frame in (told(first), told(second)))
    assert set(left.index) == set(right.index)
    mended = len(first.repairs) + len(second.repairs) > 0
    for off in (differences(sizes(first), sizes(second), relative), differences(left, right, relative)):
        assert (off[["area_m2", "length_m"]] <= AREA_M2).all(axis=None), off
        assert (off["share"] <= max(relative, RELATIVE)).all(), off
        assert mended or "metres" not in off or (off["metres"] <= DISTANCE_M).all(), off
    ways = [a.nearest.groupby("site_id")["distance_m"].min().fillna(-1.0) for a in (first, second)]
    assert mended or (ways[0].sub(ways[1], fill_value=-1.0).abs() <= DISTANCE_M).all()


def verdict_map(found: Assessment) -> dict[str, str]:
    return dict(zip(found.sites["site_id"], found.sites["verdict"], strict=True))


@examples(8)
@given(grounds(plans=("P1", "P1", "F")))
def test_no_row_is_lost_and_the_second_computation_agrees(ground: Ground) -> None:
    found = assessed(ground.site_frame(), ground.zone_frame(), cross_check=True)
    assert found.sites["site_id"].tolist() == [f"S{n}" for n in range(len(ground.sites))]
    assert set(found.findings["site_id"]) == set(found.sites["site_id"])
    assert "recount_differs" not in set(found.findings["reason"])
    placed = found.cover.groupby("site_id")["share"].sum()
    assert ((placed - 1).abs() <= 1e-9).all()  # none where every site was set aside
    assert found.sites["verdict"].tolist() == assessed(ground.site_frame(), ground.zone_frame()).sites["verdict"].tolist()


@examples(8)
@given(grounds(invalid=False, plans=("P1", "F")))
def test_permitted_lies_on_ground_that_permits(ground: Ground) -> None:
    """The referee overlays the shapes themselves: what is permitted is covered, and forbidden only as far as the rulebook forgives."""
    zones = ground.zone_frame()
    own = zones[zones["plan_id"] == "P1"]
    fits = shapely.union_all(own.geometry[own["zone_code"] == "ODT"].to_numpy())
    forest = shapely.union_all(zones.geometry[zones["zone_code"] == "RPH"].to_numpy())
    others = shapely.union_all(zones.geometry[~zones["zone_code"].isin(["ODT", "RPH"])].to_numpy())
    for shape, verdict in zip(ground.sites, verdicts(ground.site_frame(), zones).values(), strict=True):
        if verdict != "permitted":
            continue
        size = max(shape.area, shape.length if shape.geom_type == "LineString" else 0.0)
        # what is thinner than the contact width counts as touching
        slack = 2e-3 * (1 + shape.length)
        assert measure(shape, shapely.union(fits, forest)) >= size - slack
        assert measure(shape, others) <= slack
        assert measure(shape, forest) <= 0.02 * size + slack
        if size == 0:
            assert shapely.distance(shape, fits) <= 2e-3


def measure(shape: shapely.Geometry, ground: shapely.Geometry) -> float:
    part = shapely.intersection(shape, ground)
    return float(part.area if shape.area else part.length)


@examples(6)
@given(grounds(invalid=False), st.integers(-80, 80))
def test_cutting_zones_changes_no_verdict_no_code_and_no_number(ground: Ground, angle: int) -> None:
    knife = move(shapely.affinity.rotate(shapely.box(-200, 20.5, 300, 300), angle, origin=(20, 20)))
    cut = [
        (code, piece, plan_id)
        for code, shape, plan_id in ground.zones
        for piece in map(polygonal, (shapely.intersection(shape, knife), shapely.difference(shape, knife)))
        if piece is not None and piece.area > 0
    ]
    # coordinates on the cut are rounded, so that under a spike of a nanometre the pieces of one zone may overlap
    drawing = ("same_class", "no_conflict")
    same(assessed(ground.site_frame(), ground.zone_frame()), assessed(ground.site_frame(), zone_frame(cut)), drawing=drawing)


@examples(6)
@given(grounds(invalid=False))
def test_merging_zones_of_a_class_changes_no_verdict_no_code_and_no_number(ground: Ground) -> None:
    """Where zones of a class do not overlap, which is a fault of the plan that merging would hide."""
    shapes: dict[tuple[str, str], list[shapely.Geometry]] = {}
    for code, shape, plan_id in ground.zones:
        shapes.setdefault((code, plan_id), []).append(shape)
    merged = {key: shapely.union_all(some) for key, some in shapes.items()}
    assume(all(abs(merged[key].area - sum(s.area for s in some)) < 1e-9 for key, some in shapes.items()))
    whole = zone_frame([(code, shape, plan_id) for (code, plan_id), shape in merged.items()])
    same(assessed(ground.site_frame(), ground.zone_frame()), assessed(ground.site_frame(), whole))


@examples(6)
@given(grounds(), st.integers(0, 9999))
def test_the_order_of_rows_and_the_company_of_a_site_change_nothing(ground: Ground, seed: int) -> None:
    sites, zones = ground.site_frame(), ground.zone_frame()
    whole = verdicts(sites, zones)
    mixed = verdicts(sites.sample(frac=1, random_state=seed), zones.sample(frac=1, random_state=seed))
    alone = {k: v for n in range(len(sites)) for k, v in verdicts(sites.iloc[[n]], zones).items()}
    assert whole == mixed == alone


@examples(6)
@given(grounds(invalid=False), st.sampled_from([0.7, 3.0]))
def test_more_corners_on_the_same_edges_change_nothing(ground: Ground, step: float) -> None:
    dense = Ground(
        tuple((c, shapely.segmentize(s, step), p) for c, s, p in ground.zones),
        tuple(shapely.segmentize(s, step) for s in ground.sites),
    )
    same(
        assessed(ground.site_frame(), ground.zone_frame()),
        assessed(dense.site_frame(), dense.zone_frame()),
        1e-3,
        ("repaired", "sound"),
    )


@examples(6)
@given(grounds(invalid=False), st.integers(-9, 9), st.integers(-9, 9))
def test_moving_everything_changes_nothing(ground: Ground, east: int, north: int) -> None:
    """By whole kilometres, so that coordinates are rounded anew by less than the contact width."""

    def moved(shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.affinity.translate(shape, 1000 * east, 1000 * north)

    there = Ground(tuple((c, moved(s), p) for c, s, p in ground.zones), tuple(map(moved, ground.sites)))
    same(assessed(ground.site_frame(), ground.zone_frame()), assessed(there.site_frame(), there.zone_frame()))


OTHER_CRS = "EPSG:3405"
"""Zone 48 of VN-2000, instead of the 3° zone of the province: the same datum, so that the operation itself costs no accuracy."""
CROSSINGS = 10
"""Most borders that a line of these tests crosses."""


def scale(shape: shapely.Geometry) -> float:
    """How much longer a metre of the province is in zone 48, at the middle of a shape; both projections are conformal."""
    lon, lat = _TO_DEGREES.transform(*shape.centroid.coords[0])
    here, there = (pyproj.Proj(crs).get_factors(lon, lat).meridional_scale for crs in (CRS, OTHER_CRS))
    return float(there / here)


_TO_DEGREES = pyproj.Transformer.from_crs(CRS, pyproj.CRS(CRS).geodetic_crs, always_xy=True)


def is_near(shape: shapely.Geometry, ground: Ground, bound: float) -> bool:
    """Whether what a displacement of ``bound`` metres may change decides about a site; worked out from the shapes alone.

    That is a border along a line or at a point; a zone, a gap, or an overlap of zones that is thinner than twice that within the
    site; and a share of forest as near as that to the threshold.
    """
    drawn = [zone for _, zone, _ in ground.zones]
    borders = shapely.union_all([shapely.boundary(zone) for zone in drawn])
    if shape.geom_type == "Point":
        return bool(shapely.distance(shape, borders) <= bound)
    if shape.area and shapely.buffer(shape, -bound).is_empty:
        return True
    kind = polygonal if shape.area else linear
    inside = [kind(shapely.intersection(shape, zone)) for zone in drawn]
    overlaps = [kind(shapely.intersection(a, b)) for a, b in combinations(inside, 2)]
    parts = [*inside, *overlaps, kind(shapely.difference(shape, shapely.union_all(drawn)))]
    if shape.geom_type == "LineString":
        ends = shapely.multipoints(shapely.get_coordinates(shape))
        along = shapely.get_parts(shapely.intersection(shape, shapely.buffer(borders, bound)))
        short = [p for part in parts for p in shapely.get_parts(part) if p.length < 20 * bound]
        corners = shapely.multipoints(shapely.get_coordinates(borders))
        near = min(shapely.distance(ends, borders), shapely.distance(shape, corners)) <= bound
        return bool(near or short or any(part.length > 100 * bound for part in along))
    beside = [shapely.intersection(shapely.buffer(shape, 2 * bound), z) for z in drawn if shapely.distance(z, shape) <= bound]
    if any(_thin(part, bound) for part in [*parts, *beside]):
        return True
    forest = shapely.intersection(shape, shapely.union_all([z for code, z, _ in ground.zones if code == "RPH"])).area
    return bool(abs(forest - 0.02 * shape.area) <= bound * (shape.length + borders.length))


def _thin(part: shapely.Geometry, bound: float) -> bool:
    """Whether some of a part is thinner than twice the bound; its sharp corners are not."""
    thick = shapely.buffer(shapely.buffer(part, -2 * bound), 3 * bound)
    return any(piece.length > 40 * bound for piece in shapely.get_parts(shapely.difference(part, thick)))


@examples(6)
@given(grounds(invalid=False), st.sampled_from([0.0, 0.37, 0.37]))
def test_measuring_in_another_metric_system_changes_numbers_by_its_scale_alone(ground: Ground, off_grid: float) -> None:
    """And no verdict, unless a border is as near as what reprojection may move it: then never from permitted to forbidden or back."""
    moved = tuple(shapely.affinity.translate(shape, off_grid, 1.1 * off_grid) for shape in ground.sites)
    ground = Ground(ground.zones, moved)
    here, there = (assessed(ground.site_frame(), ground.zone_frame(), crs=crs) for crs in (CRS, OTHER_CRS))
    assert here.crs != there.crs
    assert max(o["accuracy_m"] for o in there.crs_operations if o["role"] != "datum") == 0
    bound = REPROJECTED_CONTACT_M
    pairs = {s: (v, verdict_map(there)[s]) for s, v in verdict_map(here).items()}
    assert all(Verdict.UNKNOWN.label in pair or pair[0] == pair[1] for pair in pairs.values()), pairs
    near = {f"S{n}": is_near(shape, ground, 2 * bound) for n, shape in enumerate(ground.sites)}
    by = {f"S{n}": scale(shape) for n, shape in enumerate(ground.sites)}
    for is_close in near.values():
        event(f"near a border: {is_close}")
    assert all(near[s] or pair[0] == pair[1] for s, pair in pairs.items()), (pairs, near)
    length = {f"S{n}": shape.length if shape.geom_type == "LineString" else 0.0 for n, shape in enumerate(ground.sites)}
    tables = [(sizes(a), told(a)) for a in (here, there)]
    for first, second in zip(*tables, strict=True):
        left, right = (
            t[np.array([not near[s] for s in t.index.get_level_values("site_id")], dtype=bool)] for t in (first, second)
        )
        assert set(left.index) == set(right.index)
        k = np.array([by[s] for s in left.index.get_level_values("site_id")])
        scaled = left.assign(
            area_m2=left["area_m2"] * k**2,
            **{c: left[c] * np.where(left[c] < FAR_M, k, 1.0) for c in ("length_m", "metres") if c in left},
        )
        off = differences(scaled, right.loc[left.index])
        assert (off["area_m2"] <= AREA_M2).all(), off
        # every border that a line crosses may lie on either side of a gap
        slack = np.array([bound * CROSSINGS * (length[s] > 0) for s in left.index.get_level_values("site_id")])
        whole = np.array([max(length[s], 1.0) for s in left.index.get_level_values("site_id")])
        assert (off["length_m"] <= bound + slack).all(), off
        assert (off["share"] <= RELATIVE + slack / whole).all(), off
        assert "metres" not in off or (off["metres"] <= DISTANCE_M + 2 * bound).all(), off


@examples(8)
@given(
    grounds(invalid=False, plans=("P1", "P1", "F")),
    outlines(invalid=False),
    st.sampled_from(FORBIDDEN),
    st.sampled_from(["P1", "F"]),
)
def test_more_forbidden_ground_never_improves_a_verdict(ground: Ground, more: shapely.Geometry, code: str, plan_id: str) -> None:
    """Nor does it where a threshold forgives some of it; only bare ground that it fills is known better than before."""
    before = assessed(ground.site_frame(), ground.zone_frame())
    after = assessed(ground.site_frame(), zone_frame([*ground.zones, (code, more, plan_id)]))
    bare = set(before.findings.loc[before.findings["reason"].isin(["uncovered", "no_zone", "no_plan"]), "site_id"])
    for site_id, verdict in verdict_map(after).items():
        was = verdict_map(before)[site_id]
        assert ORDER[verdict] >= ORDER[was] or (site_id in bare and was == "unknown"), (site_id, was, verdict)


@examples(5)
@given(grounds(plans=("P1", "F")), st.data())
def test_taking_ground_away_never_makes_a_site_greener(ground: Ground, data: st.DataObject) -> None:
    """A zone of permitted ground left out, or all zones: what is not known is no consent."""
    full = verdicts(ground.site_frame(), ground.zone_frame())
    fitting = [n for n, (code, _, _) in enumerate(ground.zones) if code == "ODT"]
    gone = data.draw(st.sampled_from(fitting)) if fitting else None
    fewer = [zone for n, zone in enumerate(ground.zones) if n != gone]
    for left in [fewer] if fewer and gone is not None else []:
        for site_id, verdict in verdicts(ground.site_frame(), zone_frame(left)).items():
            assert ORDER[verdict] >= ORDER[full[site_id]] or ORDER[verdict] >= Verdict.UNKNOWN, (site_id, full[site_id], verdict)
    assert set(assess(ground.site_frame(), BOOK, on=DAY).sites["verdict"]) == {"unknown"}
    far = zone_frame([("ODT", shapely.box(X0 + 9000, Y0, X0 + 9001, Y0 + 1), "P1")])
    assert set(verdicts(ground.site_frame(), far).values()) == {"unknown"}


@examples(5)
@given(grounds(most=4), st.integers(1, 3))
def test_the_chunk_law_of_every_check(ground: Ground, cut: int) -> None:
    """All findings of all checks, those of some sites beside those of the others."""
    sites, zones = ground.site_frame(), ground.zone_frame()
    districts = gpd.GeoDataFrame(
        {"district_id": ["1"], "district_name": ["Xã"], "parent_name": "", "problem": "", "repaired": ""},
        geometry=[move(shapely.box(-50, -50, STAGE, STAGE + 50))],
        crs=CRS,
    )
    whole = assess(sites, BOOK, on=DAY, zones=zones, districts=districts)
    parts = [assess(s, BOOK, on=DAY, zones=zones, districts=districts) for s in (sites.iloc[:cut], sites.iloc[cut:]) if len(s)]
    assert set(whole.findings["check"]) <= set(CHECKS)
    for check in set(whole.findings["check"]):
        columns = ["site_id", "reason", "verdict", "plan_id", "zone_code", "detail", "detail_en", "area_m2", "share", "measure"]
        left = whole.findings.loc[whole.findings["check"] == check, columns]
        right = pd.concat([p.findings.loc[p.findings["check"] == check, columns] for p in parts])
        pd.testing.assert_frame_equal(
            *(f.sort_values(columns, ignore_index=True) for f in (pd.DataFrame(left), pd.DataFrame(right)))
        )
