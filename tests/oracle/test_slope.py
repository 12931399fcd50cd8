"""Slope against gdaldem: its published grids, and the program itself where the GDAL inside rasterio can be called."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import rasterio
from affine import Affine
from rasterio.warp import Resampling, reproject

from plangeo.grids.slopes import horn_gradient, slope
from plangeo.terrain import read_raster, slope_of

FOLDER = Path(__file__).parents[2].parent / "shared/data/rasters"
needs_grids = pytest.mark.skipif(not FOLDER.exists(), reason="the shared reference grids are not on this machine")
CELL, SIZE, FIRST = 20.0, 24, 10


def _block(name: str) -> Any:
    with rasterio.open(FOLDER / name) as source:
        return source.read(1).astype(float)[FIRST : FIRST + SIZE, FIRST : FIRST + SIZE]


def _zevenbergen(dem: Any) -> tuple[Any, Any]:
    return (dem[1:-1, 2:] - dem[1:-1, :-2]) / 2, (dem[2:, 1:-1] - dem[:-2, 1:-1]) / 2


def _recover(gradient: Any) -> tuple[Any, float]:
    """Elevations whose ``gradient`` fits gdaldem's slope and aspect best, and the worst misfit in metres per cell.

    The grids come without their elevations, but 1,152 gradients of 676 elevations leave room for one method only.
    """
    steep, aspect = np.tan(np.radians(_block("gdaldem_slope_Horn.tif"))) * CELL, np.radians(_block("gdaldem_aspect_Horn.tif"))
    wanted = np.concatenate([(-steep * np.sin(aspect)).ravel(), (steep * np.cos(aspect)).ravel()])
    side = SIZE + 2
    units = np.eye(side * side).reshape(-1, side, side)
    matrix = np.array([np.concatenate([g.ravel() for g in gradient(unit)]) for unit in units]).T
    dem = np.linalg.lstsq(matrix, wanted, rcond=None)[0]
    return dem.reshape(side, side), float(np.abs(matrix @ dem - wanted).max())


@needs_grids
def test_only_horn_explains_the_reference_grid() -> None:
    """Worst misfit measured: Horn 0.00003 m, Zevenbergen and Thorne 0.43 m, on gradients up to 13 m per cell."""
    dem, misfit = _recover(horn_gradient)
    assert misfit < 1e-4
    assert _recover(_zevenbergen)[1] > 0.1
    found = slope(dem, Affine(CELL, 0, 505_550, 0, -CELL, 8_673_610), "EPSG:25833")[1:-1, 1:-1]
    assert np.abs(found - _block("gdaldem_slope_Horn.tif")).max() < 2e-4
    other = np.degrees(np.arctan(np.hypot(*_zevenbergen(dem)) / CELL))
    assert np.abs(found - _block("gdaldem_slope_Zevenberg.tif")).mean() > 0.1, "the two methods differ visibly"
    assert np.abs(other - _block("gdaldem_slope_Zevenberg.tif")).max() < 0.5, "and the elevations found are the true ones"


def _gdaldem(source: Path, target: Path) -> None:
    """Run ``gdaldem slope`` of the GDAL library that rasterio brings; skipped where it cannot be found."""
    library = next(iter(sorted((Path(rasterio.__file__).parents[1] / "rasterio.libs").glob("libgdal*.so*"))), None)
    if library is None:
        pytest.skip("the GDAL library of rasterio cannot be called here")
    gdal = ctypes.CDLL(str(library))
    pointer = ctypes.c_void_p
    for name in ("GDALOpen", "GDALDEMProcessingOptionsNew", "GDALDEMProcessing"):
        getattr(gdal, name).restype = pointer
    gdal.GDALDEMProcessing.argtypes = [ctypes.c_char_p, pointer, ctypes.c_char_p, ctypes.c_char_p, pointer, pointer]
    gdal.GDALDEMProcessingOptionsNew.argtypes = [pointer, pointer]
    gdal.GDALDEMProcessingOptionsFree.argtypes = gdal.GDALClose.argtypes = [pointer]
    gdal.GDALAllRegister()
    options = gdal.GDALDEMProcessingOptionsNew(None, None)
    opened = gdal.GDALOpen(str(source).encode(), 0)
    made = gdal.GDALDEMProcessing(str(target).encode(), opened, b"slope", None, options, None)
    gdal.GDALDEMProcessingOptionsFree(options)
    assert made
    gdal.GDALClose(made)
    gdal.GDALClose(opened)


def test_slope_equals_gdaldem_cell_by_cell(tmp_path: Path) -> None:
    """Rough ground to 80° with gaps: same cells without slope; gdaldem keeps single precision, hence 0.001°."""
    rng = np.random.default_rng(7)
    rough = np.cumsum(np.cumsum(rng.normal(0, 1, (120, 90)), axis=0), axis=1) + rng.normal(0, 20, (120, 90))
    dem = (rough + 1000).astype(np.float32)  # no elevation of this ground is -99, which would count as no data
    dem[rng.random(dem.shape) < 0.01] = -9999
    profile = {"driver": "GTiff", "height": 120, "width": 90, "count": 1, "dtype": "float32", "nodata": -9999, "crs": "EPSG:3405"}
    with rasterio.open(tmp_path / "dem.tif", "w", transform=Affine(10, 0, 5e5, 0, -12.5, 2.4e6), **profile) as target:
        target.write(dem, 1)
    _gdaldem(tmp_path / "dem.tif", tmp_path / "slope.tif")
    with rasterio.open(tmp_path / "slope.tif") as source:
        theirs = source.read(1, masked=True)
    with slope_of(read_raster(tmp_path / "dem.tif")).open() as reader:
        ours = reader.read(0, 120, 0, 90)
    assert np.array_equal(ours.valid, ~theirs.mask)
    assert theirs.max() > 60
    assert np.abs(ours.values - theirs.data)[ours.valid].max() < 1e-3


def _hills(x: Any, y: Any) -> tuple[Any, Any]:
    """Elevation and true slope in degrees of hills 3 km apart and 150 m high."""
    turn = 2 * np.pi / 3000
    u, v = turn * (x - 675_000), turn * (y - 2_415_000)
    steep = 150 * turn * np.hypot(np.cos(u) * np.cos(v), np.sin(u) * np.sin(v))
    return 150 * np.sin(u) * np.cos(v), np.degrees(np.arctan(steep))


def test_degrees_are_better_scaled_by_row_than_reprojected() -> None:
    """Hills known as a formula in UTM, sampled every 1″: error 0.019° by row (worst 0.027°), 0.061° (0.50°) after a bilinear warp."""
    side, step = 300, 1 / 3600
    transform = Affine(step, 0, 106.7, 0, -step, 21.88)
    columns, rows = np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5)
    move = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    dem, truth = _hills(*move.transform(transform.c + columns * step, transform.f - rows * step))
    by_row = np.abs(slope(dem, transform, "EPSG:4326") - truth)[1:-1, 1:-1]
    # the same ground in UTM, every 30 m, well inside what the degrees cover
    metric = Affine(30, 0, 676_000, 0, -30, 2_419_500)
    moved = np.full((200, 200), np.nan)
    systems = {"src_crs": "EPSG:4326", "dst_crs": "EPSG:32648", "src_nodata": np.nan, "dst_nodata": np.nan}
    reproject(dem, moved, src_transform=transform, dst_transform=metric, resampling=Resampling.bilinear, **systems)
    columns, rows = np.meshgrid(np.arange(200) + 0.5, np.arange(200) + 0.5)
    _, truth = _hills(metric.c + columns * 30, metric.f - rows * 30)
    by_warp = np.abs(slope(moved, metric, "EPSG:32648") - truth)[1:-1, 1:-1]
    assert np.isfinite(by_row).all()
    assert np.isfinite(by_warp).all()
    assert by_row.mean() < 0.02
    assert by_row.mean() < by_warp.mean()
    assert by_row.max() < by_warp.max()
