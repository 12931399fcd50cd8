"""How the ground is drawn changes no verdict: the invariants of judging over shared borders, gaps, spikes, bow-ties and holes.

Every test compares one assessment with another of the same ground drawn differently, or with the second computation.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.checks import CHECKS
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


def shares(found: Assessment) -> pd.Series:
    """Share of each site under each class of each plan, whatever the zones are called."""
    evidence = found.evidence["zones"]
    return evidence.groupby(["site_id", "plan_id", "zone_code"])["share"].sum()


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


def same(first: Assessment, second: Assessment, bound: float) -> None:
    """The same verdict for the same reasons, and shares within a bound."""
    assert verdict_map(first) == verdict_map(second)
    left, right = (shares(a) for a in (first, second))
    off = left.sub(right, fill_value=0.0).abs()
    assert off.empty or off.max() <= bound


@examples(6)
@given(grounds(invalid=False), st.integers(-80, 80))
def test_cutting_zones_changes_no_verdict(ground: Ground, angle: int) -> None:
    knife = move(shapely.affinity.rotate(shapely.box(-200, 20.5, 300, 300), angle, origin=(20, 20)))
    cut = [
        (code, piece, plan_id)
        for code, shape, plan_id in ground.zones
        for piece in (shapely.intersection(shape, knife), shapely.difference(shape, knife))
        if piece.area > 0
    ]
    first, second = assessed(ground.site_frame(), ground.zone_frame()), assessed(ground.site_frame(), zone_frame(cut))
    assert verdict_map(first) == verdict_map(second)


def verdict_map(found: Assessment) -> dict[str, str]:
    return dict(zip(found.sites["site_id"], found.sites["verdict"], strict=True))


@examples(6)
@given(grounds(invalid=False))
def test_merging_zones_of_a_class_changes_no_verdict(ground: Ground) -> None:
    """Where zones of a class do not overlap, which is a fault of the plan that merging would hide."""
    shapes: dict[tuple[str, str], list[shapely.Geometry]] = {}
    for code, shape, plan_id in ground.zones:
        shapes.setdefault((code, plan_id), []).append(shape)
    merged = {key: shapely.union_all(some) for key, some in shapes.items()}
    assume(all(abs(merged[key].area - sum(s.area for s in some)) < 1e-9 for key, some in shapes.items()))
    whole = zone_frame([(code, shape, plan_id) for (code, plan_id), shape in merged.items()])
    assert verdicts(ground.site_frame(), ground.zone_frame()) == verdicts(ground.site_frame(), whole)


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
    same(assessed(ground.site_frame(), ground.zone_frame()), assessed(dense.site_frame(), dense.zone_frame()), 1e-3)


@examples(6)
@given(grounds(invalid=False), st.integers(-9, 9), st.integers(-9, 9))
def test_moving_everything_changes_nothing(ground: Ground, east: int, north: int) -> None:
    """By whole kilometres, so that coordinates are rounded anew by less than the contact width."""

    def moved(shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.affinity.translate(shape, 1000 * east, 1000 * north)

    there = Ground(tuple((c, moved(s), p) for c, s, p in ground.zones), tuple(map(moved, ground.sites)))
    same(assessed(ground.site_frame(), ground.zone_frame()), assessed(there.site_frame(), there.zone_frame()), 1e-6)


@examples(5)
@given(grounds(invalid=False))
def test_measuring_in_another_metric_system_changes_no_verdict(ground: Ground) -> None:
    """Zone 48 of VN-2000 instead of the 3° zone of the province; shares differ by what the scale of the two differs over 40 m."""
    here = assessed(ground.site_frame(), ground.zone_frame(), crs=CRS)
    there = assessed(ground.site_frame(), ground.zone_frame(), crs="EPSG:3405")
    assert here.crs != there.crs
    both = {s: (v, verdict_map(there)[s]) for s, v in verdict_map(here).items()}
    # A gap of a millimetre is contact in one system and may be ground in the other: never from permitted to forbidden or back.
    assert all(Verdict.UNKNOWN.label in pair or pair[0] == pair[1] for pair in both.values()), both


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
