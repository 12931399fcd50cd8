"""Zones read ready from disk: whatever is kept, cold or warm, whole or by window, the answer is the one from memory."""

from __future__ import annotations

import pickle
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from plangeo import assess, layers
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.errors import LayerError
from plangeo.manifest import verdict_digest
from plangeo.maps import page_data
from plangeo.model import Assessment
from plangeo.sources import open_layer
from plangeo.storage import keptzones
from plangeo.storage.keptzones import KeptZones
from plangeo.storage.prepared import prepare
from tests.makers import CRS, plan, rulebook, site, sites, square, zones

CODES = ["PNN", "LUC", "SKK", "NNP", "RPH"]


@pytest.fixture(autouse=True)
def small_files_are_prepared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLANGEO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(layers, "PREPARE_FROM_BYTES", 0)
    monkeypatch.setattr(keptzones, "_opened", {})


def town(path: Path, crs: str = CRS) -> Path:
    """A grid of zones with a giant, an overlap, a gap, one zone beyond repair and one without a plan."""
    grid = [(f"z{n}", CODES[n % 5], square(500 * (n % 6), 500 * (n // 6), 500), "P1") for n in range(30) if n != 8]
    giant = ("giant", "LUC", shapely.Point(square(0, 0, 1).centroid.x - 2500, square(0, 0, 1).centroid.y).buffer(2000, 400), "P1")
    overlap = ("over", "RPH", square(700, 700, 600), "P1")
    corner = square(0, 0, 1).bounds
    bowtie = shapely.Polygon([(corner[0] + x, corner[1] - 900 + y) for x, y in ((0, 0), (200, 200), (200, 0), (0, 200))])
    frame = zones(*grid, giant, overlap, ("broken", "PNN", bowtie, "P1"), ("silent", "SKK", square(4000, 0, 300), ""))
    frame.to_crs(crs).to_parquet(path)
    return path


def register() -> gpd.GeoDataFrame:
    """Sites of every kind, on plain ground, on borders, on the overlap, on the broken zone and far away."""
    chance = np.random.default_rng(5)
    rows = [
        site(f"s{n}", square(x, y, 20 + 10 * (n % 30)), ["housing", "industrial_park", "farm"][n % 3])
        for n, (x, y) in enumerate([*chance.uniform(0, 2400, (45, 2)), *chance.uniform(-4500, 3500, (15, 2))])
    ]
    corner = square(0, 0, 1).centroid
    line = shapely.LineString([(corner.x - 600, corner.y + 20), (corner.x + 2500, corner.y + 1500)])
    rows += [
        site("line", line),
        site("point", corner, declared_area_m2=10_000.0),
        site("broken", square(20, -860, 80)),
        site("far", square(60_000, 70_000, 100)),
        site("nowhere", None, problem="no_geometry: not drawn"),
    ]
    return sites(*rows)


def same(one: Assessment, other: Assessment) -> None:
    assert verdict_digest(one.sites) == verdict_digest(other.sites)
    for a, b in ((one.findings, other.findings), (one.evidence["zones"], other.evidence["zones"])):
        pd.testing.assert_frame_equal(a.drop(columns="geometry"), b.drop(columns="geometry"), check_exact=True)
        assert a.geometry.to_wkb().fillna(b"").tolist() == b.geometry.to_wkb().fillna(b"").tolist()
    for a, b in ((one.cover, other.cover), (one.repairs, other.repairs)):
        pd.testing.assert_frame_equal(a, b, check_exact=True)
    unnumbered = (r.nearest.drop(columns="group") for r in (one, other))  # groups are numbered within a chunk
    pd.testing.assert_frame_equal(*unnumbered, check_exact=True)
    assert (one.inputs, one.crs, one.crs_operations) == (other.inputs, other.crs, other.crs_operations)


@pytest.mark.parametrize("crs", [CRS, "EPSG:4326"])
def test_kept_zones_give_the_answer_of_zones_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crs: str) -> None:
    path, book = town(tmp_path / "zones.parquet", crs), rulebook()
    monkeypatch.setattr(layers, "PREPARE_FROM_BYTES", float("inf"))
    memory = assess(register(), book, on="2025-07-01", zones=path)
    assert set(memory.sites["verdict"]) >= {"permitted", "conditional", "unknown", "not_permitted"}
    assert not (tmp_path / "cache").exists()
    monkeypatch.setattr(layers, "PREPARE_FROM_BYTES", 0)
    same(memory, assess(register(), book, on="2025-07-01", zones=path))
    assert len(list((tmp_path / "cache").iterdir())) == 2  # where the rows lie, and the layer in the metric CRS

    def unreadable(*_: object, **__: object) -> gpd.GeoDataFrame:
        raise AssertionError("the file was read again")

    monkeypatch.setattr("plangeo.sources.open_layer", unreadable)
    same(memory, assess(register(), book, on="2025-07-01", zones=path))
    monkeypatch.setattr(keptzones, "HOLD_BYTES", 0)
    monkeypatch.setattr("plangeo.assessment.SERIAL_SITES", 7)
    same(memory, assess(register(), book, on="2025-07-01", zones=path))


def test_what_is_kept_of_another_file_or_spoiled_is_not_used(tmp_path: Path) -> None:
    path, book = town(tmp_path / "zones.parquet"), rulebook()
    first = assess(register(), book, on="2025-07-01", zones=path)
    for kept in sorted((tmp_path / "cache").glob("*/*.parquet")):
        content = bytearray(kept.read_bytes())
        content[len(content) // 2] ^= 1
        kept.write_bytes(content)
    same(first, assess(register(), book, on="2025-07-01", zones=path))
    frame = gpd.read_parquet(path)
    frame.assign(zone_code="LUC").to_parquet(path)
    changed = assess(register(), book, on="2025-07-01", zones=path)
    assert "permitted" in set(first.sites["verdict"])
    assert "permitted" not in set(changed.sites["verdict"])


def test_zones_that_name_no_plan_are_refused_where_several_could_be_meant(tmp_path: Path) -> None:
    path = town(tmp_path / "zones.parquet")
    assess(register(), rulebook(), on="2025-07-01", zones=path)
    with pytest.raises(LayerError, match="1 of 33 zones do not say which plan"):
        assess(register(), rulebook(plans=[plan("P1"), plan("P2")]), on="2025-07-01", zones=path)


def test_maps_read_the_file_when_they_need_it(tmp_path: Path) -> None:
    path = town(tmp_path / "zones.parquet")
    result = assess(register(), rulebook(), on="2025-07-01", zones=path)
    drawn = result.layers["zones"]
    assert drawn["zone_id"].tolist() == open_layer("zones", path)["zone_id"].tolist()
    assert drawn["plan_id"].tolist() == ["P1"] * 33
    assert [plan["zones"] for plan in page_data(result, "vi", None)["panels"]["zones"]["plans"]] == [
        int(drawn.geometry.notna().sum())
    ]


def test_a_kept_layer_travels_as_a_path_and_reads_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plangeo.storage.piecefile._GROUP", 4)
    monkeypatch.setattr("plangeo.storage.piecefile._EDGE_GROUP", 64)
    frame = open_layer("zones", town(tmp_path / "zones.parquet"))
    kept = KeptZones(prepare(frame, layer="zones", id_column="zone_id", crs=CRS, folder=tmp_path / "cache"), "P1")
    sent = pickle.dumps(kept)
    assert len(sent) < 600
    arrived = pickle.loads(sent)
    assert pickle.loads(sent) is arrived
    assert arrived.keys == kept.keys
    memory = ZoneLayer.of(frame.assign(plan_id="P1"))
    monkeypatch.setattr(keptzones, "HOLD_BYTES", 0)
    box = square(600, 600, 300).bounds
    part = arrived.window(box)
    assert 0 < len(part.pieces) < len(memory.pieces)
    assert 0 < len(part.borders) < len(memory.borders)
    spot = shapely.box(*box).centroid.buffer(100)
    near = {row: shape.wkb for row, shape in memory.near(spot, 1e-6).items()}
    assert {row: shape.wkb for row, shape in part.near(spot, 1e-6).items()} == near
    assert part.rank.tolist() == memory.rank.tolist()
    far = np.array([square(30_000, 0, 1)], dtype=object)
    gap = arrived.reaching(far).tree.query_nearest(far, return_distance=True, all_matches=False)[1]
    assert gap == memory.tree.query_nearest(far, return_distance=True, all_matches=False)[1]


def test_a_worker_without_the_prepared_layer_says_so(tmp_path: Path) -> None:
    frame = open_layer("zones", town(tmp_path / "zones.parquet"))
    kept = KeptZones(prepare(frame, layer="zones", id_column="zone_id", crs=CRS, folder=tmp_path / "cache"))
    sent = pickle.dumps(kept)
    (tmp_path / "cache").rename(tmp_path / "elsewhere")
    with pytest.raises(LayerError, match="Every worker must see this folder"):
        pickle.loads(sent)


def test_what_is_farther_than_the_last_window_is_told_as_that_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = zones(("near", "LUC", square(0, 0, 500), "P1"), ("far", "PNN", square(9000, 0, 500), "P1"))
    far.to_parquet(tmp_path / "zones.parquet")
    asked = sites(site("s", square(100, 100, 50)), site("t", square(8000, 100, 50)), site("nowhere", None))
    memory = assess(asked, rulebook(), on="2025-07-01", zones=tmp_path / "zones.parquet")
    monkeypatch.setattr(keptzones, "HOLD_BYTES", 0)
    monkeypatch.setattr("plangeo.storage.piecefile._GROUP", 1)
    monkeypatch.setattr("plangeo.storage.piecefile._EDGE_GROUP", 4)
    monkeypatch.setattr("plangeo.assessment.SERIAL_SITES", 1)
    monkeypatch.setenv("PLANGEO_CACHE", str(tmp_path / "another"))
    same(memory, assess(asked, rulebook(), on="2025-07-01", zones=tmp_path / "zones.parquet"))
    monkeypatch.setattr(keptzones, "REACHES_M", (1.0, 2000.0))
    found = assess(asked, rulebook(), on="2025-07-01", zones=tmp_path / "zones.parquet")
    assert found.sites["verdict"].tolist() == memory.sites["verdict"].tolist()
    nearest = found.nearest.set_index("site_id")
    assert nearest["problem"].tolist() == ["no zone within 2 km is permitted", ""]
    assert nearest.loc["t", "distance_m"] == memory.nearest.set_index("site_id").loc["t", "distance_m"] == 950.0
