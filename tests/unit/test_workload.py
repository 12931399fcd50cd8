"""The benchmark's made-up plan: valid, the same for the same seed, mixed as stated, and fit for an assessment."""

import importlib.util
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import plangeo as pg
from plangeo.tables import SITES, ZONES, check_table

BENCH = Path(__file__).resolve().parents[2] / "bench"


def _load(name):
    """Import a file of bench/ by its path; it is no package and finds its neighbours by name."""
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bench():
    with pytest.MonkeyPatch.context() as patch:
        before = set(sys.modules)
        patch.syspath_prepend(str(BENCH))
        yield {name: _load(name) for name in ("workload", "agreement")}
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(BENCH)):
                del sys.modules[name]


@pytest.fixture(scope="module")
def made(bench, tmp_path_factory):
    return bench["workload"].prepare("S", 1, tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def zones(made):
    return gpd.read_parquet(made.zones)


@pytest.fixture(scope="module")
def sites(made):
    return gpd.read_parquet(made.sites)


def test_zones_are_a_valid_planar_coverage(zones):
    assert len(zones) == 2_000
    assert zones.is_valid.all()
    assert shapely.coverage_is_valid(zones.geometry.to_numpy())
    ground = shapely.coverage_union_all(zones.geometry.to_numpy())
    # No gaps: what the zones add up to is one piece without holes.
    assert ground.geom_type == "Polygon"
    assert not ground.interiors
    assert zones.area.sum() == pytest.approx(ground.area, rel=1e-12)


def test_zones_have_giants_with_holes_and_a_dozen_classes(zones):
    assert zones["zone_code"].nunique() == 12
    giants = zones[zones["zone_code"].isin(["RPH", "RSX", "RDD", "DGT", "SON"])]
    assert len(giants) == 5
    ordinary = shapely.get_num_coordinates(zones.drop(giants.index).geometry.to_numpy())
    assert shapely.get_num_coordinates(giants.geometry.to_numpy()).min() > 10 * ordinary.max()
    assert sum(len(p.interiors) for g in giants.geometry for p in getattr(g, "geoms", [g])) > 20


def test_sites_have_the_stated_mix(sites):
    assert len(sites) == 1_000
    assert sites.is_valid.all()
    assert sites["kind"].value_counts().to_dict() == {"point": 300, "polygon": 450, "corridor": 100, "line": 150}
    dimension = sites["kind"].map({"point": 0, "polygon": 2, "corridor": 2, "line": 1})
    np.testing.assert_array_equal(shapely.get_dimensions(sites.geometry.to_numpy()), dimension)
    assert sites[sites["kind"] == "polygon"].area.between(999, 500_500).all()
    corridors = sites[sites["kind"] == "corridor"]
    assert (corridors.area / corridors.length * 2 < 65).all()  # mean width in metres
    assert (corridors.length > 5_900).all()


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(bench, made, tmp_path):
    again = bench["workload"].prepare("S", 1, tmp_path)
    other = bench["workload"].prepare("S", 2, tmp_path)
    for name in ("zones.parquet", "sites.parquet", "rulebook.yaml", "facts.json"):
        assert (again.folder / name).read_bytes() == (made.folder / name).read_bytes()
    assert other.zones.read_bytes() != made.zones.read_bytes()
    assert other.sites.read_bytes() != made.sites.read_bytes()


def test_a_workload_already_made_is_used_again(bench, made):
    before = made.zones.stat().st_mtime_ns
    assert bench["workload"].prepare("S", 1, made.folder.parent) == made
    assert made.zones.stat().st_mtime_ns == before


def test_plangeo_assesses_the_workload(made, zones, sites):
    check_table(zones, ZONES, "zones")
    check_table(sites, SITES, "sites")
    points = sites[sites["kind"] == "point"].head(40)
    # Without the giants, which would take the time; their ground is then uncovered.
    result = pg.assess(
        points, pg.load_rulebook(made.rulebook), on="2025-07-01", zones=zones.iloc[5:], checks=["zone_use", "coverage"]
    )
    assert set(result.findings["verdict"]) >= {"permitted", "not_permitted", "unknown"}
    assert result.sites["site_id"].tolist() == points["site_id"].tolist()


def _measures(rows):
    return pd.Series({(site, zone): value for site, zone, value in rows})


def test_agreement_holds_within_its_tolerance_and_names_what_breaks_it(bench):
    compare = bench["agreement"].compare
    reference = _measures([("a", "x", 1e6), ("a", "y", 10.0), ("b", "x", 1.0)])
    same = _measures([("a", "x", 1e6 + 9e-4), ("a", "y", 10.0 + 9e-7), ("b", "x", 1.0)])
    assert compare(same, reference).holds
    found = compare(_measures([("a", "x", 1e6 + 2e-3), ("b", "x", 1.0), ("b", "y", 5.0)]), reference)
    assert (found.pairs, found.missing, found.extra, found.differing) == (3, 1, 1, 1)
    assert found.worst == "a in y: none, reference 10"
    assert not found.holds


def test_agreement_refuses_a_pair_named_twice(bench, tmp_path):
    table = pd.DataFrame({"site_id": ["a", "a"], "zone_id": ["x", "x"], "measure": [1.0, 2.0]})
    table.to_parquet(tmp_path / "twice.parquet")
    with pytest.raises(ValueError, match="named twice"):
        bench["agreement"].read_measures(tmp_path / "twice.parquet")
