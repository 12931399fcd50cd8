"""Invariants of sites without an exact place: the chunk law, a second computation, and that less ground never looks like more."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from plangeo import assessment
from plangeo.assessment import assess
from plangeo.model import Assessment, Verdict
from plangeo.tables import SITES, ZONES
from tests.effort import examples
from tests.property.test_assess import BOOK, CODES, ON, X0, Y0, _communes, _frame, _union

Frames = tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
UNITS = ["1", "Xã 2", "Xã 1, xã 2", "Xã 3", ""]
small = st.integers(0, 40)


@st.composite
def situations(draw: st.DrawFn, codes: tuple[str, ...] = tuple(CODES), plans: tuple[str, ...] = ("LUP", "UP", "OLD")) -> Frames:
    """Up to six sites, known by their commune or by a point and an area, over up to eight overlapping zones."""
    sites = []
    for i in range(draw(st.integers(1, 6))):
        place = shapely.Point(X0 + draw(small), Y0 + draw(small)) if draw(st.booleans()) else None
        area = draw(st.sampled_from([math.nan, 10.0, 120.0, 900.0, 4000.0]))
        sites.append(
            {
                "site_id": f"S{i}",
                "use": draw(st.sampled_from(["housing", "housing", "school", "?"])),
                "geometry": place,
                "declared_area_m2": area,
                "declared_district": draw(st.sampled_from(UNITS)),
            }
        )
    zones = []
    for i in range(draw(st.integers(1, 8))):
        x, y, size = draw(small) + X0 - 10, draw(small) + Y0 - 10, draw(st.integers(3, 60))
        zones.append(
            {
                "zone_id": f"Z{i}",
                "zone_code": draw(st.sampled_from(codes)),
                "plan_id": draw(st.sampled_from(plans)),
                "geometry": shapely.box(x, y, x + size, y + size),
            }
        )
    return _frame(sites, SITES), _frame(zones, ZONES)


def _assessed(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, **layers: Any) -> Assessment:
    return assess(sites, BOOK, on=ON, zones=zones, **({"districts": _communes()} | layers))


def _rooms(result: Assessment) -> pd.DataFrame:
    found = result.findings[result.findings["check"] == "placement"].set_index("site_id")
    return pd.DataFrame(found.drop(columns="geometry"))


@examples(7)
@given(situations(), st.integers(0, 9999))
def test_the_chunk_law(situation: Frames, seed: int) -> None:
    sites, zones = situation
    whole = _assessed(sites, zones)
    mixed = sites.sample(frac=1, random_state=seed)
    for size in (1, 2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(assessment, "SERIAL_SITES", size)
            apart = _assessed(mixed, zones)
        left, right = (_sorted(r) for r in (whole, apart))
        pd.testing.assert_frame_equal(left, right, check_exact=True)


def _sorted(result: Assessment) -> pd.DataFrame:
    frame = pd.DataFrame(result.findings.drop(columns="geometry"))
    return frame.sort_values(["site_id", "check"], kind="stable", ignore_index=True)


@examples(7)
@given(situations(), small, small, st.integers(1, 60))
def test_more_forbidden_ground_never_makes_more_room(situation: Frames, x: int, y: int, size: int) -> None:
    sites, zones = situation
    forest = {
        "zone_id": "F",
        "zone_code": "RPH",
        "plan_id": "UP",
        "geometry": shapely.box(X0 + x, Y0 + y, X0 + x + size, Y0 + y + size),
    }
    more = pd.concat([zones, _frame([forest], ZONES)], ignore_index=True)
    results = _assessed(sites, zones), _assessed(sites, more)
    before, after = (_rooms(r) for r in results)
    shared = before.index[before["share"].notna().to_numpy() & after["share"].notna().to_numpy()]
    assert (after.loc[shared, "share"] <= before.loc[shared, "share"] + 1e-9).all()
    was, now = (r["verdict"].map(Verdict.parse) for r in (before, after))
    for site_id in before.index:
        assert now[site_id] >= was[site_id] or was[site_id] is Verdict.UNKNOWN


@examples(7)
@given(situations())
def test_nobody_without_a_place_is_permitted_and_no_unit_layer_makes_nobody_greener(situation: Frames) -> None:
    sites, zones = situation
    with_units, without = (_assessed(sites, zones), assess(sites, BOOK, on=ON, zones=zones))
    for result in (with_units, without):
        verdicts = result.sites.set_index("site_id")["verdict"]
        assert set(verdicts[sites.geometry.isna().to_numpy()]) <= {"unknown", "not_permitted"}
    drawn = ~sites.geometry.isna().to_numpy()
    assert _rooms(with_units)[drawn].equals(_rooms(without)[drawn])


@examples(11)
@given(situations(codes=("ODT", "RPH"), plans=("LUP", "UP")))
def test_shares_of_a_unit_by_unions_and_differences(situation: Frames) -> None:
    """An independent second look: the upper plan where it lies, else the lower one, the forest of either before its housing."""
    sites, zones = situation
    communes = _communes()
    upper, fits = zones["plan_id"] == "UP", zones["zone_code"] == "ODT"
    roof = _union(zones[upper])
    good = _union(zones[upper & fits]).difference(_union(zones[upper & ~fits]))
    below = _union(zones[~upper & fits]).difference(_union(zones[~upper & ~fits])).difference(roof)
    rooms = _rooms(_assessed(sites.assign(use="housing"), zones))
    for row in sites[sites.geometry.isna()].itertuples():
        numbers = [n for n in (0, 1) if str(n + 1) in row.declared_district]
        if row.declared_district in ("", "Xã 3"):
            assert rooms.loc[row.site_id, "reason"] in ("no_unit", "unit_unknown")
            continue
        unit = _union(communes.iloc[numbers])
        would = unit.intersection(good.union(below)).area
        if rooms.loc[row.site_id, "reason"] != "larger_than_unit":
            assert rooms.loc[row.site_id, "area_m2"] == pytest.approx(would, abs=1e-6)
        if rooms.loc[row.site_id, "verdict"] == "not_permitted":
            forbidden = _union(zones[upper & ~fits]).union(_union(zones[~upper & ~fits]).difference(roof))
            could = unit.difference(forbidden).area
            assert could == 0 or could < row.declared_area_m2


@examples(7)
@given(situations(codes=("ODT", "RPH"), plans=("LUP", "UP")))
def test_discs_that_would_do_by_trying_them(situation: Frames) -> None:
    """Some discs of the declared area that contain the point, one by one, on ground put together by unions."""
    sites, zones = situation
    upper, fits = zones["plan_id"] == "UP", zones["zone_code"] == "ODT"
    good = _union(zones[upper & fits]).difference(_union(zones[upper & ~fits]))
    good = good.union(
        _union(zones[~upper & fits]).difference(_union(zones[~upper & ~fits])).difference(_union(zones[upper]))
    ).buffer(1e-6)
    rooms = _rooms(_assessed(sites.assign(use="housing"), zones))
    spread = [(r, a) for r in (0.0, 0.5, 0.99) for a in np.linspace(0, 2 * math.pi, 9)[:-1]]
    for row in sites[~sites.geometry.isna() & (sites["declared_area_m2"] > 0)].itertuples():
        radius = math.sqrt(row.declared_area_m2 / math.pi)
        centres = [(row.geometry.x + r * radius * math.cos(a), row.geometry.y + r * radius * math.sin(a)) for r, a in spread]
        fitting = [bool(shapely.covers(good, shapely.Point(c).buffer(radius, quad_segs=64))) for c in centres]
        reason = rooms.loc[row.site_id, "reason"]
        if reason == "disc_everywhere":
            assert all(fitting)
        if reason in ("disc_nowhere", "disc_none_known"):
            assert rooms.loc[row.site_id, "share"] == 0
            assert not any(shapely.covers(good, shapely.Point(c).buffer(radius * 1.05)) for c in centres)
        if all(fitting):
            assert rooms.loc[row.site_id, "share"] > 0.5
