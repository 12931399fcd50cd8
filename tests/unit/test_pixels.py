"""Rasters read in the process apart: the same description and the same cells, and what kills or hangs the reader names the file."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely.geometry import box

from plangeo.apart import child, reading_apart
from plangeo.errors import CrsError, InputError
from plangeo.grids.rasters import Raster, read_raster
from plangeo.grids.sloperasters import slope_of
from plangeo.limits import limited
from plangeo.terrain import measure_condition

unix = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files and no signals")
GRID = Affine(10.0, 0, 500_000.0, 0, -10.0, 2_400_100.0)


def write(path: Path, values: Any, **options: Any) -> Path:
    values = np.asarray(values)
    profile = {"driver": "GTiff", "crs": "EPSG:3405", "transform": GRID, "dtype": values.dtype, "count": 1}
    with rasterio.open(path, "w", **(profile | {"height": values.shape[0], "width": values.shape[1], **options})) as target:
        target.write(values, 1)
    return path


def windows(raster: Raster) -> Iterator[Any]:
    with raster.open() as reader:
        for window in ((0, raster.height, 0, raster.width), (1, 3, 2, 5), (raster.height - 1, raster.height, 0, 1)):
            found = reader.read(*window)
            yield found.values.tobytes(), found.valid.tobytes(), found.doubts


def kinds(folder: Path) -> list[Path]:
    ground = np.linspace(0, 900, 48).reshape(6, 8)
    masked = write(folder / "masked.tif", np.arange(48, dtype=np.int16).reshape(6, 8))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(masked, "r+") as target:
        target.write_mask(np.tile([255, 0], (6, 4)).astype(np.uint8))
    sparse = folder / "sparse.tif"
    profile = {"driver": "GTiff", "crs": "EPSG:3405", "transform": GRID, "dtype": "uint8", "count": 1, "height": 64, "width": 64}
    with rasterio.open(sparse, "w", **profile, tiled=True, blockxsize=16, blockysize=16, SPARSE_OK=True) as target:
        target.write(np.full((16, 16), 7, np.uint8), 1, window=rasterio.windows.Window(16, 0, 16, 16))
    return [
        write(folder / "plain.tif", ground.astype(np.float32), nodata=np.nan),
        write(folder / "undeclared.tif", np.where(ground > 500, -9999, ground).astype(np.float32)),
        write(folder / "degrees.tif", ground, crs="EPSG:4756", transform=Affine(0.001, 0, 105.0, 0, -0.001, 21.0)),
        masked,
        sparse,
    ]


def test_a_raster_read_apart_is_the_raster_read_here(tmp_path: Path) -> None:
    for path in kinds(tmp_path):
        here = read_raster(path, unit="metre")
        with reading_apart():
            apart = read_raster(path, unit="metre")
        assert apart.apart
        assert str(replace(apart, apart=False)) == str(here), "NaN equals nothing, but is written alike"
        assert (apart.crs, apart.stamp) == (here.crs, here.stamp)
        assert list(windows(apart)) == list(windows(here)), path.name
        assert list(windows(slope_of(apart))) == list(windows(slope_of(here))), path.name


def test_faults_of_rasters_are_the_same_apart(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("<VRTDataset/>")
    write(tmp_path / "b.tif", np.zeros((2, 2), np.uint8), crs=None)
    for name, kind in (("a.tif", InputError), ("b.tif", CrsError)):
        said = []
        for wanted in (False, True):
            with reading_apart(wanted), pytest.raises(kind) as met:
                read_raster(tmp_path / name)
            said.append((str(met.value), met.value.code))
        assert said[0] == said[1]


def test_a_raster_cut_off_is_a_problem_of_the_site_as_it_is_here(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.tif", np.random.default_rng(1).integers(0, 99, (64, 64)).astype(np.uint8), compress="deflate")
    path.write_bytes(path.read_bytes()[:-2_000])
    site = gpd.GeoDataFrame({"site_id": ["A"]}, geometry=[box(500_000, 2_399_500, 500_600, 2_400_000)], crs=3405)
    found = []
    for wanted in (False, True):
        with reading_apart(wanted):
            found.append(measure_condition(site, read_raster(path), "<", 15))
    assert found[0].loc[0, "problem"].startswith("raster_unreadable: cut.tif")
    assert found[1].equals(found[0])


@pytest.fixture
def trapped(tmp_path: Path) -> Raster:
    """The reader of a raster opens the notes beside it, and waits for ever when those are a pipe."""
    path = write(tmp_path / "trap.tif", np.zeros((4, 4), np.float32))
    with reading_apart():
        raster = read_raster(path)
    os.mkfifo(f"{path}.aux.xml")
    return raster


@unix
def test_a_raster_that_hangs_its_reader_ends_the_measuring_and_names_the_file(trapped: Raster) -> None:
    site = gpd.GeoDataFrame({"site_id": ["A"]}, geometry=[box(500_000, 2_400_080, 500_020, 2_400_100)], crs=3405)
    with limited({"seconds": 1}), pytest.raises(InputError, match=r"^trap\.tif: .*limit seconds") as met:
        measure_condition(site, trapped, "<", 15)
    assert met.value.code == "reader_timeout"


@unix
def test_a_raster_that_kills_its_reader_is_told_by_name(trapped: Raster) -> None:
    reader = child._child()

    def kill() -> None:
        notes = os.open(f"{trapped.path}.aux.xml", os.O_WRONLY)  # opens when the other side does, which then waits for its end
        os.kill(reader._process.pid, signal.SIGSEGV)
        os.close(notes)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(InputError, match=r"^trap\.tif: .*crashed \(SIGSEGV\)") as met:
        list(windows(trapped))
    killer.join()
    assert met.value.code == "reader_crashed"


def test_cells_that_do_not_fill_their_window_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.tif", np.zeros((4, 4), np.float32))
    with reading_apart():
        raster = read_raster(path)
    ask = child._child().ask
    monkeypatch.setattr(child._child(), "ask", lambda asked, name, limits, take: ask(asked, name, limits, lambda b: take(b[:-1])))
    with pytest.raises(InputError, match=r"^a\.tif: ") as met:
        list(windows(raster))
    assert met.value.code == "reader_failed"
