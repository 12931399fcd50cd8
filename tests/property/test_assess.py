"""Invariants of judging: the chunk law, order, backends, and that less knowledge never looks greener."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from plangeo import assessment, backends
from plangeo.assessment import assess, assess_chunks
from plangeo.checks import CHECKS
from plangeo.geometry import to_crs
from plangeo.model import Verdict
from plangeo.rulebook import rulebook_from_text
from plangeo.tables import DISTRICTS, SITES, ZONES
from tests.effort import examples

BOOK = rulebook_from_text((Path(__file__).parents[1] / "oracle/cases/rulebook.yaml").read_text(encoding="utf-8"))
CRS = "EPSG:9215"
X0, Y0 = 449_000.0, 2_417_000.0
ON = "2025-07-01"
CODES = ["ODT", "TMD", "LUC", "RPH", "SKC", "CSD", "KKT", "XXX"]

small = st.integers(0, 30)


@st.composite
def situations(draw: st.DrawFn) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Up to five sites (squares, lines, points) over up to eight overlapping zones of two plans."""
    sites = []
    for i in range(draw(st.integers(1, 5))):
        x, y, size = draw(small) + X0, draw(small) + Y0, draw(st.integers(1, 12))
        shape = draw(st.sampled_from(["square", "line", "point", "none"]))
        geometry: Any = {
            "square": shapely.box(x, y, x + size, y + size),
            "line": shapely.LineString([(x, y), (x + size, y + 1)]),
            "point": shapely.Point(x, y),
            "none": None,
        }[shape]
        sites.append({"site_id": f"S{i}", "name": "", "use": draw(st.sampled_from(["housing", "?"])), "geometry": geometry})
    zones = []
    for i in range(draw(st.integers(1, 8))):
        x, y, size = draw(small) + X0, draw(small) + Y0, draw(st.integers(3, 30))
        code, plan = draw(st.sampled_from(CODES)), draw(st.sampled_from(["LUP", "LUP", "UP", "OLD"]))
        zones.append({"zone_id": f"Z{i}", "zone_code": code, "plan_id": plan, "geometry": shapely.box(x, y, x + size, y + size)})
    return _frame(sites, SITES), _frame(zones, ZONES)


def _frame(rows: list[dict[str, Any]], contract: Any) -> gpd.GeoDataFrame:
    blank = {c.name: float("nan") if c.dtype == "float" else "" for c in contract if c.required}
    return gpd.GeoDataFrame([blank | row for row in rows], geometry="geometry", crs=CRS)


def _verdicts(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.Series:
    return assess(sites, BOOK, on=ON, zones=zones).sites.set_index("site_id")["verdict"].map(Verdict.parse)


@examples(10)
@given(situations(), st.integers(1, 3))
def test_the_chunk_law(situation: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], size: int) -> None:
    sites, zones = situation
    metric = to_crs(sites, CRS).assign(use_code=[BOOK.find_use(u) or "" for u in sites["use"]])
    law, checks = BOOK.at(pd.Timestamp(ON).date()), [c for c in CHECKS.values() if "districts" not in c.needs]
    together = list(assess_chunks(metric, {"zones": zones}, law, checks, size=100))
    apart = list(assess_chunks(metric, {"zones": zones}, law, checks, size=size))
    joined = pd.concat([c.findings for c in apart], ignore_index=True)
    order = ["site_id", "check", "reason", "plan_id", "zone_code", "detail"]
    left, right = (f.sort_values(order, ignore_index=True) for f in (together[0].findings, joined))
    pd.testing.assert_frame_equal(left, right, check_exact=True, check_dtype=False)


@examples(6)
@given(situations(), st.integers(0, 9999))
def test_every_row_stands_in_the_same_place_whatever_the_chunks(
    situation: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], seed: int
) -> None:
    sites, zones = situation
    sites = pd.concat([sites, sites.assign(site_id=[f"A{i}" for i in range(len(sites))])]).sample(frac=1, random_state=seed)
    layers = {"zones": zones, "districts": _communes()}
    answers = []
    for size in (1, 7, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(assessment, "SERIAL_SITES", size)
            answers.append(assess(sites, BOOK, on=ON, **layers))
    whole = answers.pop()
    for apart in answers:
        for left, right in (
            (apart.sites, whole.sites),
            (apart.findings, whole.findings),
            (apart.cover, whole.cover),
            *((apart.evidence[role], whole.evidence[role]) for role in layers),
        ):
            pd.testing.assert_frame_equal(pd.DataFrame(left), pd.DataFrame(right), check_exact=True)
    places = {site_id: n for n, site_id in enumerate(sites["site_id"])}
    rows = [(places[s], list(CHECKS).index(c)) for s, c in zip(whole.findings["site_id"], whole.findings["check"], strict=True)]
    assert rows == sorted(rows)


def _communes() -> gpd.GeoDataFrame:
    west, east = shapely.box(X0 - 50, Y0 - 50, X0 + 15, Y0 + 99), shapely.box(X0 + 15, Y0 - 50, X0 + 99, Y0 + 99)
    rows = [{"district_id": n, "district_name": f"Xã {n}", "geometry": g} for n, g in (("1", west), ("2", east))]
    return _frame(rows, DISTRICTS)


@examples(8)
@given(situations(), st.integers(0, 9999))
def test_order_changes_no_verdict(situation: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], seed: int) -> None:
    sites, zones = situation
    mixed = _verdicts(sites.sample(frac=1, random_state=seed), zones.sample(frac=1, random_state=seed))
    pd.testing.assert_series_equal(mixed.sort_index(), _verdicts(sites, zones).sort_index())


@examples(10)
@given(situations(), small, small, st.integers(1, 30))
def test_more_forbidden_ground_never_improves_a_verdict(
    situation: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], x: int, y: int, size: int
) -> None:
    """Except where it only fills a gap: from "cannot be determined" to "not compatible" is worse, never better."""
    sites, zones = situation
    forest = {
        "zone_id": "F",
        "zone_code": "RPH",
        "plan_id": "UP",
        "geometry": shapely.box(X0 + x, Y0 + y, X0 + x + size, Y0 + y + size),
    }
    more = pd.concat([zones, _frame([forest], ZONES)], ignore_index=True)
    before, after = _verdicts(sites, zones), _verdicts(sites, more)
    touched = sites.set_index("site_id").geometry.intersects(forest["geometry"])
    for site_id in before.index:
        if not touched[site_id]:
            # outside the map turns into beside the map at most
            assert after[site_id] >= before[site_id] or before[site_id] is Verdict.UNKNOWN
        elif before[site_id] is Verdict.PERMITTED:
            assert after[site_id] >= before[site_id]


@examples(8)
@given(situations())
def test_permitted_means_covered_by_ground_that_allows_it(situation: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    """An independent second look, by unions and differences, at every site called permitted."""
    sites, zones = situation
    verdicts = _verdicts(sites, zones)
    base = zones[zones["zone_code"] != "KKT"]
    fits = base["zone_code"].isin(["ODT", "TMD"])
    upper, lower = base["plan_id"] == "UP", base["plan_id"] == "LUP"
    roof = _union(base[upper])
    good = shapely.union(_union(base[upper & fits]), shapely.difference(_union(base[lower & fits]), roof))
    bad = shapely.union(_union(base[upper & ~fits]), shapely.difference(_union(base[lower & ~fits]), roof))
    for site in sites.itertuples():
        if verdicts[site.site_id] is not Verdict.PERMITTED:
            continue
        assert site.use == "housing"
        assert shapely.difference(site.geometry, shapely.union(good, bad)).area < 1e-3
        if site.geometry.area:
            assert shapely.intersection(site.geometry, bad).area <= 0.01 * site.geometry.area + 1e-3  # the rulebook's threshold
        elif site.geometry.length:
            assert shapely.intersection(site.geometry, bad).length < 1e-3
        else:
            assert shapely.covers(good, site.geometry)


def _union(zones: gpd.GeoDataFrame) -> Any:
    return shapely.union_all(zones.geometry.to_numpy())


def test_backends_give_the_same_answer() -> None:
    sites = _frame(
        [{"site_id": f"S{i}", "use": "housing", "geometry": shapely.box(X0 + i, Y0, X0 + i + 5, Y0 + 5)} for i in range(7)], SITES
    )
    zones = _frame(
        [{"zone_id": "A", "zone_code": "ODT", "plan_id": "LUP", "geometry": shapely.box(X0, Y0, X0 + 8, Y0 + 9)}], ZONES
    )
    plain = assess(sites, BOOK, on=ON, zones=zones)
    # threads and processes: tests/unit/test_reproducible.py, to the byte
    other = assess(sites, BOOK, on=ON, zones=zones, backend=backends.dask(workers=2))
    pd.testing.assert_frame_equal(plain.findings.drop(columns="geometry"), other.findings.drop(columns="geometry"))


@pytest.mark.parametrize("left_out", ["coverage", "geometry", "plan_in_force", "robustness", "zone_use"])
def test_a_check_not_run_is_no_consent(left_out: str) -> None:
    sites = _frame([{"site_id": "S", "use": "housing", "geometry": shapely.box(X0, Y0, X0 + 5, Y0 + 5)}], SITES)
    zones = _frame(
        [{"zone_id": "A", "zone_code": "ODT", "plan_id": "LUP", "geometry": shapely.box(X0, Y0, X0 + 9, Y0 + 9)}], ZONES
    )
    assert assess(sites, BOOK, on=ON, zones=zones).sites["verdict"].tolist() == ["permitted"]
    some = [c for c in CHECKS if c != left_out]
    result = assess(sites, BOOK, on=ON, zones=zones, checks=some)
    assert result.sites["verdict"].tolist() == ["unknown"]
    assert assess(sites, BOOK, on=ON).sites["verdict"].tolist() == ["unknown"]


def test_the_index_and_the_columns_of_the_caller_are_kept() -> None:
    sites = _frame([{"site_id": f"S{i}", "use": "housing", "geometry": shapely.Point(X0, Y0)} for i in range(3)], SITES)
    sites = sites.set_axis([7, 7, "x"]).assign(own=[1, 2, 3])
    zones = _frame(
        [{"zone_id": "A", "zone_code": "ODT", "plan_id": "LUP", "geometry": shapely.box(X0 - 1, Y0 - 1, X0 + 9, Y0 + 9)}], ZONES
    )
    out = assess(sites, BOOK, on=ON, zones=zones).sites
    assert out.index.tolist() == [7, 7, "x"]
    assert out["own"].tolist() == [1, 2, 3]
