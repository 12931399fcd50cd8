"""The second computation: right by itself, agrees with the engine on sound input, and catches faults put into the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import plangeo as pg
from plangeo.assessing import layermeasures
from plangeo.assessment import assess
from plangeo.cli import run
from plangeo.manifest import read_manifest
from plangeo.overlay import measure_zones
from plangeo.recount import exactsums
from plangeo.recount.exactsums import edges_of, holds, shared_area, shared_length
from plangeo.recount.recounting import recount
from plangeo.recount.tallies import join_recounts, tell_recount
from tests.makers import CRS, X0, Y0, rulebook, rulebook_text, site, sites, square, zones

PAIRS = Path(__file__).parents[2].parent / "shared/data/bad/11_oracle/generated_pairs.csv"
PLAN = zones(("A", "ODT", square(0, 0, 100), "P1"), ("B", "RPH", square(100, 0, 100), "P1"))


@pytest.mark.skipif(not PAIRS.exists(), reason="the shared pairs with exact areas are not on this machine")
def test_shared_areas_are_those_of_exact_arithmetic_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = pd.read_csv(PAIRS)
    shapes = [(shapely.from_wkb(a), shapely.from_wkb(b)) for a, b in zip(pairs["a_wkb"], pairs["b_wkb"], strict=True)]
    for most, error in ((exactsums.EXACT_PAIRS, 1e-15), (0, 1e-13)):
        monkeypatch.setattr(exactsums, "EXACT_PAIRS", most)
        found = [shared_area(edges_of(a), edges_of(b)) for a, b in shapes]
        off = np.abs([f.size for f in found] - pairs["area_a_and_b"].to_numpy())
        assert (off <= error * pairs["area_a"]).all()
        assert (off <= np.array([f.error for f in found]) + 1e-15 * pairs["area_a"]).all()
        assert {f.exact for f in found} == {most > 0}


def test_worked_shares() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))  # 100 − 36 m²
    assert shared_area(edges_of(ring), edges_of(shapely.box(0, 0, 5, 10))).size == 32
    both = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 7, 7)])
    assert shared_area(edges_of(both), edges_of(shapely.box(0.5, 0.5, 6, 6))).size == 1.25
    assert shared_area(edges_of(ring), edges_of(shapely.box(3, 3, 7, 7))).size == 0
    assert shared_area(edges_of(ring), edges_of(shapely.box(10, 0, 20, 10))).size == 0  # touching
    assert shared_length(shapely.LineString([(-5, 5), (15, 5)]), edges_of(ring)) == 4
    assert shared_length(shapely.LineString([(1, -5), (1, 15)]), edges_of(ring)) == 10
    assert [holds(edges_of(ring), x, 5) for x in (-1, 1, 5, 9, 11)] == [False, True, False, True, False]


POINTS = st.tuples(st.integers(-40, 40), st.integers(-40, 40))


@st.composite
def polygons(draw: st.DrawFn) -> Any:
    """Outlines on a small grid, so that edges are shared, corners meet and lines run through corners; holes come by themselves."""
    drawn = shapely.Polygon(draw(st.lists(POINTS, min_size=3, max_size=9)))
    valid = shapely.make_valid(drawn, method="structure")
    parts = [p for p in shapely.get_parts(valid).tolist() if p.geom_type == "Polygon"]
    return shapely.affinity.translate(shapely.union_all(parts), X0, Y0)


@given(polygons().filter(bool), polygons().filter(bool), st.lists(POINTS, min_size=2, max_size=5))
def test_sums_over_edges_agree_with_overlaying(one: Any, other: Any, points: list[tuple[int, int]]) -> None:
    found = shared_area(edges_of(one), edges_of(other))
    assert found.size == pytest.approx(shapely.intersection(one, other).area, abs=1e-6)
    assert shared_area(edges_of(other), edges_of(one)).size == pytest.approx(found.size, abs=1e-6)
    line = shapely.affinity.translate(shapely.LineString(points), X0, Y0)
    if line.length and line.is_simple:  # a line that doubles back is dissolved by the one and counted twice by the other
        along = shapely.intersection(line, other.boundary).length
        within = shapely.intersection(line, other).length
        assert within - along - 1e-6 <= shared_length(line, edges_of(other)) <= within + 1e-6


@given(st.lists(polygons(), min_size=1, max_size=3), st.lists(polygons(), min_size=1, max_size=4))
def test_engine_and_second_computation_agree(places: list[Any], grounds: list[Any]) -> None:
    asked = sites(*(site(f"S{n}", p) for n, p in enumerate(places) if not p.is_empty))
    plan = zones(*((f"Z{n}", "ODT", g, "P1") for n, g in enumerate(grounds) if not g.is_empty))
    if len(asked) and len(plan):
        measured = measure_zones(asked, plan)
        again = recount(asked, plan, measured.evidence, 1e-6)
        assert {k: v for k, v in again.doubts.items() if k not in measured.doubts} == {}


def test_points_and_lines_are_counted_again() -> None:
    asked = sites(
        site("in", shapely.Point(X0 + 50, Y0 + 50)),
        site("edge", shapely.Point(X0 + 100, Y0 + 50)),
        site("out", shapely.Point(X0 + 500, Y0 + 50)),
        site("road", shapely.LineString([(X0 - 50, Y0 + 50), (X0 + 150, Y0 + 50)])),
        site("along", shapely.LineString([(X0 + 100, Y0), (X0 + 100, Y0 + 100)])),
        site("none", None),
    )
    evidence = measure_zones(asked, PLAN).evidence
    assert recount(asked, PLAN, evidence, 1e-6).doubts == {}
    for lost in ("in", "road"):
        told = recount(asked, PLAN, evidence[evidence["site_id"] != lost], 1e-6).doubts
        assert set(told) == {lost}
    assert recount(asked, PLAN, evidence.assign(length_m=evidence["length_m"] * 1.001), 1e-6).doubts == {
        "road": "A (ODT): 100.1 m ≠ 100 m",
        "along": "A (ODT): 100.1 m ≠ 0 m",  # a border may count for either side, but not for more than its length
    }


def _assess(**more: Any) -> pg.Assessment:
    asked = sites(site("S", square(60, 10, 80)), site("T", square(10, 10, 30)))
    return assess(asked, rulebook(), on="2025-07-01", zones=PLAN, **more)


def test_a_sound_run_says_what_was_counted_again_and_keeps_its_verdicts() -> None:
    plain, checked = _assess(), _assess(cross_check=True)
    assert plain.recount == {}
    assert checked.recount == {
        "sites": 2,
        "pairs": 3,
        "rational_pairs": 3,
        "differences_below_share": checked.recount["differences_below_share"],
        "sites_in_doubt": [],
        "kinds": {
            kind: {"pairs": pairs, "rational_pairs": pairs, "not_recomputed": 0, "sites_in_doubt": []}
            for kind, pairs in (
                ("zones", 3),
                ("setbacks", 0),
                ("robustness", 0),
                ("nearest", 1),
                ("placement", 0),
                ("rasters", 0),
            )
        },
    }
    assert checked.recount["differences_below_share"] <= 1e-9
    pd.testing.assert_frame_equal(plain.findings, checked.findings)


FAULTS = {
    "sizes off by one in a million": lambda e: e.assign(area_m2=e["area_m2"] * (1 + 1e-6)),
    "a zone overlooked": lambda e: e[e["zone_id"] != "B"],
    "ground given to the wrong zone": lambda e: e.assign(zone_id="A", zone_code="ODT"),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_put_into_the_engine_leaves_the_site_unknown(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(asked: gpd.GeoDataFrame, *given: Any, **more: Any) -> Any:
        found = measure_zones(asked, *given, **more)
        object.__setattr__(found, "evidence", FAULTS[fault](found.evidence).reset_index(drop=True))
        return found

    monkeypatch.setattr(layermeasures, "measure_zones", broken)
    result = _assess(cross_check=True)
    told = result.findings[result.findings["reason"] == "recount_differs"]
    assert "S" in set(told["site_id"])
    assert set(told["verdict"]) == {"unknown"}
    assert set(told["site_id"]) == set(result.recount["sites_in_doubt"])
    assert result.sites.set_index("site_id").loc["S", "verdict"] in ("unknown", "not_permitted")
    assert "second, independent computation" in pg.explain(result, "S", "en")


def test_recounts_of_parts_are_told_as_of_one_run() -> None:
    asked = sites(site("S", square(60, 10, 80)), site("T", square(10, 10, 30)))
    evidence = measure_zones(asked, PLAN).evidence
    whole = tell_recount({"zones": recount(asked, PLAN, evidence, 1e-6)})
    parts = [tell_recount({"zones": recount(asked.iloc[[n]], PLAN, evidence, 1e-6)}) for n in range(2)]
    assert join_recounts(parts) == whole


def test_cross_check_on_the_command_line_at_once_and_streamed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gpd.GeoDataFrame({"site_id": ["S"], "name": ["A"], "use": ["housing"]}, geometry=[square(60, 10, 80)], crs=CRS).to_parquet(
        tmp_path / "sites.parquet"
    )
    PLAN.drop(columns=["problem", "repaired"], errors="ignore").to_file(tmp_path / "zones.gpkg")
    (tmp_path / "rules.yaml").write_text(rulebook_text(), "utf-8")
    given = ["assess", str(tmp_path / "sites.parquet"), f"--rulebook={tmp_path}/rules.yaml", "--on=2025-07-01", "--lang=en"]
    given += [f"--layer=zones={tmp_path}/zones.gpkg", "--cross-check"]
    assert run([*given, f"--out={tmp_path}/whole"]) == 1
    assert (
        "Second computation: 1 shapes, 2 pairs with zones (2 in rational numbers), 1 nearest permitted zones; 0 disagree."
        in capsys.readouterr().out
    )
    assert run([*given, f"--out={tmp_path}/parts", "--stream"]) == 1
    whole, parts = (read_manifest(tmp_path / name) for name in ("whole", "parts"))
    assert whole["cross_check"] == parts["cross_check"]
    assert whole["verdict_digest"] == parts["verdict_digest"]
