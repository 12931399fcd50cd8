"""Prepared layers: what comes back from disk is what was made, and nothing spoiled is ever believed."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from plangeo.engine.borders import settle, shared_borders
from plangeo.engine.pairs import measure_pairs
from plangeo.engine.pieces import cut
from plangeo.errors import CrsError
from plangeo.storage import cachefolder, prepared
from plangeo.storage.checkedfile import SpoiledFile
from plangeo.storage.prepared import PreparedLayer, prepare

X0, Y0 = 449_000.0, 2_417_000.0


def zones(count: int = 12, moved: float = 0.0) -> gpd.GeoDataFrame:
    """A grid of zones, one of them round and big, one invalid beyond repair, one without geometry."""
    cells = [
        shapely.box(X0 + 100 * (n % 4), Y0 + 100 * (n // 4), X0 + 100 * (n % 4 + 1), Y0 + 100 * (n // 4 + 1))
        for n in range(count)
    ]
    cells.append(shapely.Point(X0 + 800, Y0 + 200 + moved).buffer(300, quad_segs=500))
    bowtie = shapely.Polygon([(X0, Y0 - 300), (X0 + 100, Y0 - 200), (X0 + 100, Y0 - 300), (X0, Y0 - 200)])
    frame = gpd.GeoDataFrame(
        {
            "zone_id": [f"z{n}" for n in range(count + 3)],
            "zone_code": ["LUC", "SKK", None] * (count // 3 + 1),
            "area": np.arange(count + 3) / 3,
            "since": [dt.date(2021, 1, 1)] * (count + 3),
        },
        geometry=[*cells, bowtie, None],
        crs="EPSG:9215",
        index=range(10, count + 13),
    )
    frame["problem"] = pd.Series([""] * len(frame), index=frame.index, dtype=object)
    return frame


def ready(frame: gpd.GeoDataFrame | Callable[[], gpd.GeoDataFrame], folder: Path, **more: object) -> PreparedLayer:
    return prepare(frame, **{"layer": "zones", "id_column": "zone_id", "crs": "EPSG:9215", "folder": folder} | more)  # type: ignore[arg-type]


def assert_same(first: PreparedLayer, second: PreparedLayer) -> None:
    pd.testing.assert_frame_equal(first.rows, second.rows)
    assert json.dumps(first.repairs) == json.dumps(second.repairs)
    assert first.crs == second.crs
    for one, other in ((first.pieces(), second.pieces()), (first.borders(), second.borders())):
        assert [g.wkb if g else None for g in first.shapes()] == [g.wkb if g else None for g in second.shapes()]
        for name in vars(one):
            a, b = getattr(one, name), getattr(other, name)
            assert [g.wkb for g in a] == [g.wkb for g in b] if a.dtype == object else a.tobytes() == b.tobytes()


def test_rows_in_are_rows_out_and_pieces_are_those_of_the_repaired_layer(tmp_path: Path) -> None:
    layer = ready(zones(), tmp_path)
    assert layer.rows["zone_id"].tolist() == zones()["zone_id"].tolist()
    assert layer.rows.index.tolist() == zones().index.tolist()
    assert layer.rows["problem"].str.startswith("invalid_geometry").tolist() == [False] * 13 + [True, False]
    assert layer.rows["problem"].iloc[14].startswith("no_geometry")
    assert [r["action"] for r in layer.repairs] == ["quarantined"]
    straight = cut(zones().geometry.to_numpy()[:13])
    assert [g.wkb for g in layer.pieces().geometries] == [g.wkb for g in straight.geometries]
    assert layer.pieces().rows.tolist() == straight.rows.tolist()
    told = {tuple(e.ravel()) for e in settle(shared_borders(zones().geometry.to_numpy()[:13]), straight, 1e-6).coordinates}
    assert {tuple(e.ravel()) for e in layer.borders().coordinates} == told


def test_the_second_time_nothing_is_read_and_everything_is_the_same(tmp_path: Path) -> None:
    source = tmp_path / "zones.gpkg"
    source.write_bytes(b"1")
    first = ready(zones, tmp_path / "kept", files=[source], options={"layer": "a"})

    def unreadable() -> gpd.GeoDataFrame:
        raise AssertionError("read again")

    second = ready(unreadable, tmp_path / "kept", files=[source], options={"layer": "a"})
    assert_same(first, second)
    assert Path(second.kept).is_dir()
    assert second.rows.dtypes.tolist() == first.rows.dtypes.tolist()


def test_a_changed_file_option_or_version_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "zones.gpkg"
    source.write_bytes(b"1")
    reads = []

    def read() -> gpd.GeoDataFrame:
        reads.append(1)
        return zones(moved=len(reads))

    def again(**more: object) -> PreparedLayer:
        return ready(read, tmp_path / "kept", **{"files": [source], "options": {"encoding": "utf-8"}} | more)

    again(), again()
    assert len(reads) == 1
    again(options={"encoding": "tcvn3"})
    again(crs="EPSG:3405")
    source.write_bytes(b"2")
    again()
    assert len(reads) == 4
    monkeypatch.setattr(prepared, "PREPARING", -1)
    assert again().pieces().geometries[-1].bounds is not None
    monkeypatch.setattr(shapely, "__version__", "0")
    again()
    assert len(reads) == 6


def test_a_changed_frame_is_another_layer(tmp_path: Path) -> None:
    keys = {ready(zones(), tmp_path).key, ready(zones(), tmp_path).key}
    assert len(keys) == 1
    changed = zones()
    changed.loc[12, "zone_code"] = "CLN"
    keys |= {
        ready(f, tmp_path).key for f in (zones(moved=1e-6), changed, zones().iloc[::-1], zones().rename(columns={"area": "a"}))
    }
    assert len(keys) == 5


def _kept_file(layer: PreparedLayer, name: str) -> Path:
    return Path(layer.kept) / name


def _flip(path: Path, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(at * (len(content) - 1))] ^= 0x20
    path.write_bytes(content)


NAMES = ["pieces.parquet", "borders.parquet", "shapes.parquet", "rows.parquet", "repairs.parquet", "layer.json"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", ["first byte", "middle byte", "last byte", "truncated", "empty", "missing", "text"])
def test_a_spoiled_file_is_made_anew(tmp_path: Path, name: str, fault: str) -> None:
    good = ready(zones(), tmp_path)
    path = _kept_file(good, name)
    size = path.stat().st_size
    if fault.endswith("byte"):
        _flip(path, {"first": 0.0, "middle": 0.5, "last": 1.0}[fault.split()[0]])
    elif fault == "missing":
        path.unlink()
    else:
        path.write_bytes({"truncated": path.read_bytes()[: size // 2], "empty": b"", "text": b"[" * size}[fault])
    again = ready(zones(), tmp_path)
    assert_same(good, again)
    assert again.kept == good.kept
    assert [p.name for p in tmp_path.iterdir()] == [good.key]
    assert path.stat().st_size == size
    assert_same(good, ready(zones(), tmp_path))


def test_files_and_folders_of_another_layer_are_not_believed(tmp_path: Path) -> None:
    one, other = ready(zones(), tmp_path), ready(zones(moved=50), tmp_path)
    shutil.copy(_kept_file(other, "pieces.parquet"), _kept_file(one, "pieces.parquet"))
    assert_same(one, ready(zones(), tmp_path))
    shutil.rmtree(one.kept)
    shutil.copytree(other.kept, one.kept)
    again = ready(zones(), tmp_path)
    assert_same(one, again)
    assert again.pieces().geometries[0].wkb in {g.wkb for g in one.pieces().geometries}


def test_a_layer_in_use_survives_the_spoiling_of_its_files(tmp_path: Path) -> None:
    layer = ready(zones(), tmp_path)
    before = [g.wkb for g in layer.pieces().geometries]
    _kept_file(layer, "pieces.parquet").write_bytes(b"")
    assert [g.wkb for g in layer.pieces().geometries] == before


def test_a_large_file_is_checked_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = ready(zones(), tmp_path)
    monkeypatch.setattr(cachefolder, "IN_MEMORY_BYTES", 0)
    again = ready(zones(), tmp_path)
    assert_same(good, again)
    _flip(_kept_file(again, "pieces.parquet"), 0.1)
    with pytest.raises(SpoiledFile, match=r"pieces\.parquet was changed"):
        again.pieces()
    assert_same(good, ready(zones(), tmp_path))


def test_windows_give_what_meets_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plangeo.storage.piecefile._GROUP", 4)
    monkeypatch.setattr("plangeo.storage.piecefile._EDGE_GROUP", 16)
    layer = ready(zones(), tmp_path)
    assert pq.ParquetFile(Path(layer.kept) / "pieces.parquet").metadata.num_row_groups > 4
    everything, edges = layer.pieces(), layer.borders()
    chance = np.random.default_rng(1)
    for x, y, size in chance.uniform((-100, -400, 1), (1200, 600, 400), (40, 3)):
        window = (X0 + x, Y0 + y, X0 + x + size, Y0 + y + size / 2)
        meets = shapely.intersects(shapely.box(*shapely.bounds(everything.geometries).T), shapely.box(*window))
        found = layer.pieces(window)
        assert [g.wkb for g in found.geometries] == [g.wkb for g in everything.geometries[meets]]
        assert found.rows.tolist() == everything.rows[meets].tolist()
        assert found.numbers.tolist() == everything.numbers[meets].tolist()
        lines = shapely.linestrings(edges.coordinates)
        meets = shapely.intersects(shapely.box(*shapely.bounds(lines).T), shapely.box(*window))
        assert layer.borders(window).coordinates.tolist() == edges.coordinates[meets].tolist()


def test_measures_from_a_window_are_those_of_the_whole(tmp_path: Path) -> None:
    layer = ready(zones(), tmp_path)
    sites = [shapely.Point(X0 + 400 + 90 * n, Y0 + 200).buffer(70) for n in range(5)]
    window = tuple(shapely.total_bounds(sites).tolist())
    whole, near = measure_pairs(sites, layer.pieces()), measure_pairs(sites, layer.pieces(window))
    assert whole.measure.tobytes() == near.measure.tobytes()
    assert len(whole.measure) > 5


def test_layers_are_converted_to_the_metric_system(tmp_path: Path) -> None:
    layer = ready(zones().to_crs("EPSG:4326"), tmp_path)
    assert layer.crs.to_epsg() == 9215
    kept = layer.pieces()
    area = np.bincount(kept.rows, weights=shapely.area(kept.geometries), minlength=13)
    assert area == pytest.approx(zones().geometry.area.to_numpy()[:13], rel=1e-6)
    with pytest.raises(CrsError, match="no coordinate reference system"):
        ready(zones().set_crs(None, allow_override=True), tmp_path)


def test_an_empty_layer_is_kept_too(tmp_path: Path) -> None:
    for _ in range(2):
        layer = ready(zones().iloc[14:], tmp_path)
        assert (len(layer.rows), len(layer.pieces()), len(layer.borders((0, 0, 1, 1)))) == (1, 0, 0)
        assert Path(layer.kept).is_dir()


def test_what_cannot_be_kept_is_used_from_memory(tmp_path: Path) -> None:
    odd = zones().assign(mixed=pd.Series([1, "a", {"b": 2}, *range(12)], index=zones().index, dtype=object))
    layer = ready(odd, tmp_path)
    assert layer.kept.startswith("not kept")
    assert layer.rows["mixed"].tolist() == odd["mixed"].tolist()
    assert len(layer.pieces()) > 13
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    layer = ready(zones(), blocked)
    assert layer.kept.startswith("not kept")
    assert len(layer.pieces((X0, Y0, X0 + 1, Y0 + 1))) == 1
    assert len(layer.borders((X0 - 1, Y0 - 1, X0 + 1, Y0 + 1))) == 2


def test_the_folder_stays_within_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [ready(zones(moved=n), tmp_path) for n in range(3)]
    for n, layer in enumerate(layers):
        os.utime(_kept_file(layer, "layer.json"), (1000 + n, 1000 + n))
    (tmp_path / "notes.txt").write_text("not ours")
    old_draft = tmp_path / "draft-abc"
    old_draft.mkdir()
    os.utime(old_draft, (1000, 1000))
    assert ready(zones(moved=0), tmp_path).kept == layers[0].kept  # used, so now the youngest
    size = sum(p.stat().st_size for p in Path(layers[0].kept).iterdir())
    monkeypatch.setattr(cachefolder, "LIMIT_BYTES", int(2.5 * size))
    newest = ready(zones(moved=9), tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {layers[0].key, newest.key, "notes.txt"}


def test_the_folder_is_that_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert Path(ready(zones(), None).kept).parent == tmp_path / "x/plangeo"  # type: ignore[arg-type]
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path / "h"))
    assert Path(ready(zones(), None).kept).parent == tmp_path / "h/.cache/plangeo"  # type: ignore[arg-type]


def test_a_function_needs_its_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="files"):
        ready(zones, tmp_path)


def test_several_may_prepare_the_same_layer_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        layers = list(pool.map(lambda _: ready(zones(), tmp_path), range(8)))
    for layer in layers[1:]:
        assert_same(layers[0], layer)
    assert [p.name for p in tmp_path.iterdir()] == [layers[0].key]
    assert Path(ready(zones(), tmp_path).kept).is_dir()
