"""Sites on rasters: known fractions, no data, ground beyond the raster, units, hostile files, and independence of batches."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box

import plangeo.grids.footprints
import plangeo.terrain
from plangeo.errors import CrsError, InputError
from plangeo.grids.cells import lay_polygons, strips
from plangeo.terrain import (
    in_degrees,
    measure_bands,
    measure_classes,
    measure_condition,
    read_raster,
    ready_slope,
    slope,
    slope_of,
)

SHARED = Path(__file__).parents[2].parent / "shared/data"
EAST, NORTH, CELL = 500_000.0, 2_400_100.0, 10.0
GRID = Affine(CELL, 0, EAST, 0, -CELL, NORTH)


def write(path: Path, values: Any, **options: Any) -> Path:
    """Write a raster; by default 10 m cells in VN-2000 / UTM 48N."""
    values = np.asarray(values)
    profile = {"driver": "GTiff", "crs": "EPSG:3405", "transform": GRID, "dtype": values.dtype, "count": 1}
    profile |= {"height": values.shape[0], "width": values.shape[1], **options}
    with rasterio.open(path, "w", **profile) as target:
        target.write(values, 1)
    return path


def sites(*shapes: Any, crs: Any = "EPSG:3405") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"site_id": [f"P-{n}" for n in range(len(shapes))]}, geometry=list(shapes), crs=crs)


def cells(left: float, top: float, right: float, bottom: float) -> Any:
    """A box given in columns and rows of the 10 m grid."""
    return box(EAST + left * CELL, NORTH - bottom * CELL, EAST + right * CELL, NORTH - top * CELL)


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """10 × 10 cells: the left half is class 1, the right half class 2, the lowest row no data."""
    values = np.ones((10, 10), dtype=np.uint8)
    values[:, 5:] = 2
    values[9] = 255
    return write(tmp_path / "halves.tif", values, nodata=255)


def table(measured: Any, site: str = "P-0") -> dict[tuple[str, str], float]:
    rows = measured.shares[measured.shares.site_id == site]
    return {(r.kind, r.label): r.share for r in rows.itertuples()}


def test_known_fractions_of_a_polygon(halves: Path) -> None:
    measured = measure_classes(sites(cells(4, 7.5, 8, 10)), read_raster(halves, kind="classes"), known=[1, 2])
    assert table(measured) == pytest.approx({("class", "1"): 0.15, ("class", "2"): 0.45, ("nodata", ""): 0.4}, abs=1e-12)
    rows = measured.shares.set_index("label")
    assert rows.area_m2.tolist() == pytest.approx([150, 450, 400])
    assert rows.pixels.tolist() == pytest.approx([1.5, 4.5, 4.0])
    assert measured.status.loc[0, ["measured", "problem", "few_pixels"]].tolist() == [True, "", True]


def test_ground_beyond_the_raster_is_never_dropped(halves: Path) -> None:
    partly, wholly = cells(-4, 0, 4, 2), cells(50, 50, 60, 60)
    measured = measure_classes(sites(partly, wholly), read_raster(halves, kind="classes"))
    assert table(measured) == pytest.approx({("class", "1"): 0.5, ("outside", ""): 0.5})
    assert table(measured, "P-1") == pytest.approx({("outside", ""): 1.0})
    told = measure_condition(sites(partly, wholly), read_raster(halves), "<=", 1)
    assert told.share_true.tolist() == pytest.approx([0.5, 0.0])
    assert told.share_nodata.tolist() == pytest.approx([0.5, 1.0])


def test_a_site_larger_than_the_raster_on_every_side(halves: Path) -> None:
    measured = measure_classes(sites(cells(-5, -5, 15, 15)), read_raster(halves, kind="classes"))
    assert table(measured) == pytest.approx(
        {("class", "1"): 45 / 400, ("class", "2"): 45 / 400, ("nodata", ""): 10 / 400, ("outside", ""): 300 / 400}
    )


def test_bands_have_closed_lower_and_open_upper_bounds(tmp_path: Path) -> None:
    path = write(tmp_path / "s.tif", np.array([[0, 7.9, 8, 14.9, 15, 40]], dtype=np.float32))
    measured = measure_bands(sites(cells(0, 0, 6, 1)), read_raster(path, unit="°"), [8, 15], unit="degree")
    rows = measured.shares
    assert rows.label.tolist() == ["< 8", "8 … < 15", "≥ 15"]
    assert rows.share.tolist() == pytest.approx([1 / 3] * 3)
    assert rows.lower.tolist() == [-math.inf, 8, 15]
    assert rows.upper.tolist() == [8, 15, math.inf]
    assert measured.unit == "degree"


def test_a_cell_written_as_the_bound_is_the_bound(tmp_path: Path) -> None:
    """15.1 is not a float32; the cell that holds the nearest one is neither above nor below a bound of 15.1."""
    raster, site = read_raster(write(tmp_path / "s.tif", np.full((1, 2), 15.1, dtype=np.float32))), sites(cells(0, 0, 2, 1))
    assert measure_condition(site, raster, ">", 15.1).share_true[0] == 0
    assert measure_condition(site, raster, "<=", 15.1).share_true[0] == 1
    assert measure_bands(site, raster, [15.1]).shares.label.tolist() == ["≥ 15.1"]


def test_conditions(tmp_path: Path) -> None:
    path = write(tmp_path / "d.tif", np.array([[0, 1, 2, -1]], dtype=np.float32), nodata=-1)
    raster, site = read_raster(path), sites(cells(0, 0, 4, 1))
    true = {op: measure_condition(site, raster, op, 1.0).share_true[0] for op in ("<", "<=", ">", ">=", "==", "!=")}
    assert true == pytest.approx({"<": 0.25, "<=": 0.5, ">": 0.25, ">=": 0.5, "==": 0.25, "!=": 0.5})
    row = measure_condition(site, raster, ">", 1.0).iloc[0]
    assert row.share_true + row.share_false + row.share_nodata == pytest.approx(1, abs=1e-9)
    with pytest.raises(InputError, match="compares nothing"):
        measure_condition(site, raster, "above", 1.0)
    with pytest.raises(InputError, match="give a number"):
        measure_condition(site, raster, ">", math.nan)
    with pytest.raises(InputError, match="increasing order"):
        measure_bands(site, raster, [15, 8])


def test_lines_by_exact_length_and_points_by_their_cell(halves: Path) -> None:
    slanted = LineString([(EAST + 20, NORTH - 20), (EAST + 80, NORTH - 40)])
    spots = MultiPoint([(EAST + 15, NORTH - 15), (EAST + 75, NORTH - 15), (EAST + 5, NORTH - 95), (EAST - 5, NORTH - 5)])
    point = Point(EAST + 50, NORTH - 5)
    measured = measure_classes(sites(slanted, spots, point), read_raster(halves, kind="classes"))
    assert table(measured) == pytest.approx({("class", "1"): 0.5, ("class", "2"): 0.5}, abs=1e-12)
    assert measured.shares.length_m[:2].tolist() == pytest.approx([slanted.length / 2] * 2)
    quarters = {("class", "1"): 0.25, ("class", "2"): 0.25, ("nodata", ""): 0.25, ("outside", ""): 0.25}
    assert table(measured, "P-1") == quarters
    assert table(measured, "P-2") == {("class", "2"): 1.0}, "a point on a grid line belongs to the cell right of it"
    assert measured.status.dimension.tolist() == [1, 0, 0]
    assert not measured.status.few_pixels.any(), "few pixels is a doubt about areas"


def test_every_site_keeps_its_row(halves: Path) -> None:
    bow_tie = Polygon([(EAST, NORTH), (EAST + 50, NORTH - 50), (EAST + 50, NORTH), (EAST, NORTH - 50)])
    flat = Polygon([(EAST, NORTH), (EAST + 50, NORTH), (EAST, NORTH)])
    frame = sites(None, Polygon(), bow_tie, Point(math.nan, 1), flat, cells(0, 0, 6, 6))
    measured = measure_classes(frame, read_raster(halves, kind="classes"))
    assert measured.status.site_id.tolist() == frame.site_id.tolist()
    assert [p.partition(":")[0] for p in measured.status.problem] == ["no_geometry"] * 2 + ["bad_geometry"] * 3 + [""]
    told = measure_condition(frame, read_raster(halves), "<", 100)
    assert told.share_nodata[:5].tolist() == [1.0] * 5
    assert told.share_true.tolist() == pytest.approx([0, 0, 0, 0, 0, 1])


def test_a_register_without_rows_or_places_is_no_crash(halves: Path) -> None:
    raster = read_raster(halves)
    assert len(measure_condition(sites(), raster, "<", 15)) == 0
    assert measure_condition(sites(None, None), raster, "<", 15).share_nodata.tolist() == [1.0, 1.0]


def test_only_the_ground_of_a_mixed_site_is_measured(halves: Path) -> None:
    mixed = shapely.GeometryCollection([cells(0, 0, 6, 6), Point(EAST + 75, NORTH - 5)])
    assert table(measure_classes(sites(mixed), read_raster(halves, kind="classes"))) == pytest.approx(
        {("class", "1"): 5 / 6, ("class", "2"): 1 / 6}
    )


def test_no_data_declared_undeclared_and_masked(tmp_path: Path) -> None:
    site = sites(cells(0, 0, 4, 1))
    values = np.array([[5, -9999, np.nan, 3.4e38]], dtype=np.float32)
    row = measure_condition(site, read_raster(write(tmp_path / "a.tif", values)), "<", 15).iloc[0]
    assert (row.share_true, row.share_nodata) == (0.25, 0.75)
    assert "-9999 looks like an undeclared no-data value" in row.note
    assert "1e30" in row.note
    declared = measure_condition(site, read_raster(write(tmp_path / "b.tif", values, nodata=-9999)), "<", 15).iloc[0]
    assert declared.share_nodata == 0.75
    assert "-9999" not in declared.note
    lowest = float(np.finfo(np.float32).min)
    rounded = write(tmp_path / "c.tif", np.array([[1, lowest, 0.1, 1]], dtype=np.float32), nodata=0.1)
    assert measure_condition(site, read_raster(rounded), "<", 15).iloc[0].share_nodata == 0.5, (
        "0.1 is stored as the nearest float32"
    )
    path = write(tmp_path / "d.tif", np.full((1, 4), 3, dtype=np.uint8))
    with rasterio.open(path, "r+") as target:
        target.write_mask(np.array([[255, 255, 0, 255]], dtype=np.uint8))
    assert measure_condition(site, read_raster(path), "<", 15).iloc[0].share_nodata == 0.25


def test_unknown_and_resampled_classes_are_kept_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "c.tif", np.array([[1, 77, 1.5, 2]], dtype=np.float32))
    measured = measure_classes(sites(cells(0, 0, 4, 1)), read_raster(path, kind="classes"), known=(1, 2))
    assert table(measured) == {
        ("class", "1"): 0.25,
        ("unknown_class", "1.5"): 0.25,
        ("class", "2"): 0.25,
        ("unknown_class", "77"): 0.25,
    }
    free = measure_classes(sites(cells(0, 0, 4, 1)), read_raster(path, kind="classes"))
    assert ("unknown_class", "1.5") in table(free)
    assert ("class", "77") in table(free)


def test_blocks_never_written_are_no_data_and_not_zero(tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    profile = {
        "driver": "GTiff",
        "crs": "EPSG:3405",
        "transform": GRID,
        "dtype": "float32",
        "count": 1,
        "height": 64,
        "width": 64,
    }
    with rasterio.open(path, "w", **profile, tiled=True, blockxsize=16, blockysize=16, sparse_ok=True) as target:
        target.write(np.full((16, 16), 3, dtype=np.float32), 1, window=rasterio.windows.Window(0, 0, 16, 16))
    row = measure_condition(sites(cells(8, 0, 24, 16)), read_raster(path), "<", 15).iloc[0]
    assert (row.share_true, row.share_nodata) == (0.5, 0.5)
    assert "never written" in row.note


def test_a_huge_sparse_raster_is_a_problem_of_the_site_and_not_of_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    size = 200_000
    profile = {
        "driver": "GTiff",
        "crs": "EPSG:3405",
        "transform": GRID,
        "dtype": "float32",
        "count": 1,
        "height": size,
        "width": size,
    }
    with rasterio.open(
        path, "w", **profile, tiled=True, blockxsize=512, blockysize=512, sparse_ok=True, compress="deflate"
    ) as target:
        target.write(np.full((512, 512), 3, dtype=np.float32), 1, window=rasterio.windows.Window(0, 0, 512, 512))
    told = measure_condition(sites(cells(0, 0, size, size), cells(0, 0, 100, 100)), read_raster(path), "<", 15)
    assert told.problem[0].startswith("too_many_cells")
    assert (told.share_nodata[0], told.share_true[1]) == (1.0, 1.0)


def test_an_outline_of_absurd_length_is_refused(halves: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plangeo.terrain, "MOST_PIECES", 20)
    told = measure_condition(sites(cells(1, 1, 9, 9)), read_raster(halves), "<", 15)
    assert told.problem[0].startswith("too_many_cells")


def test_a_damaged_file_is_a_problem_of_the_sites_on_the_damage(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = write(
        tmp_path / "cut.tif",
        rng.random((400, 400), dtype=np.float32),
        compress="deflate",
        tiled=True,
        blockxsize=64,
        blockysize=64,
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    told = measure_condition(sites(cells(0, 0, 50, 50), cells(340, 380, 390, 395)), read_raster(path), "<", 15)
    assert told.problem[0] == ""
    assert told.problem[1].startswith("raster_unreadable")
    assert told.share_nodata[1] == 1.0


def test_a_file_that_changes_between_two_looks_is_refused(halves: Path) -> None:
    raster = read_raster(halves)
    write(halves, np.zeros((20, 20), dtype=np.float32))
    with pytest.raises(InputError, match="changed since"):
        measure_condition(sites(cells(0, 0, 1, 1)), raster, "<", 15)


VRT = """<VRTDataset rasterXSize="10" rasterYSize="10"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
<SourceFilename>/vsicurl/http://127.0.0.1:9/x.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""


@pytest.mark.parametrize("name", ["a.vrt", "a.tif", "a.asc", "a.img"])
def test_virtual_rasters_are_refused_under_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(VRT, "utf-8")
    with pytest.raises(InputError, match="virtual file"):
        read_raster(tmp_path / name)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [(".msk", VRT), (".ovr", VRT), (".aux.xml", '<PAMDataset><MDI key="OVERVIEW_FILE">/vsicurl/http://x</MDI></PAMDataset>')],
)
def test_neighbours_of_a_raster_that_lead_elsewhere_are_refused(halves: Path, suffix: str, text: str) -> None:
    """GDAL opens a mask beside the raster with any driver: a virtual one made all data vanish, or could reveal other files."""
    halves.with_name(halves.name + suffix).write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"Remove it"):
        read_raster(halves)


def test_harmless_neighbours_are_welcome(tmp_path: Path) -> None:
    path = write(tmp_path / "d.tif", np.full((64, 64), 3, dtype=np.uint8))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="NO"), rasterio.open(path, "r+") as target:
        target.build_overviews([2])
        target.write_mask(np.where(np.arange(64) < 32, 255, 0).astype(np.uint8) * np.ones((64, 1), np.uint8))
    (tmp_path / "d.tif.aux.xml").write_text("<PAMDataset><Metadata><MDI key='a'>b</MDI></Metadata></PAMDataset>", "utf-8")
    assert (tmp_path / "d.tif.msk").exists()
    assert measure_condition(sites(cells(0, 0, 64, 64)), read_raster(path), "<", 15).share_nodata[0] == 0.5


@pytest.mark.parametrize("address", ["/vsicurl/http://x/a.tif", "https://x/a.tif", "/vsizip/a.zip/a.tif", "missing.tif"])
def test_addresses_are_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"local files only|no such file"):
        read_raster(address)


def test_what_cannot_be_placed_or_read_safely_is_refused(tmp_path: Path) -> None:
    values = np.zeros((4, 4), dtype=np.float32)
    nowhere = write(tmp_path / "nocrs.tif", values, crs=None)
    with pytest.raises(CrsError, match="does not state its coordinate reference system"):
        read_raster(nowhere)
    assert read_raster(nowhere, crs="EPSG:3405").crs.to_epsg() == 3405
    assert "caller stated it" in read_raster(write(tmp_path / "o.tif", values), crs="EPSG:9215").notes[0]
    with pytest.raises(CrsError, match="cannot be degrees"):
        read_raster(nowhere, crs="EPSG:4326")
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        write(tmp_path / "nogeo.tif", values, transform=Affine.identity())
    with pytest.raises(InputError, match="where it lies"):
        read_raster(tmp_path / "nogeo.tif")
    with pytest.raises(InputError, match="cannot be compared"):
        read_raster(write(tmp_path / "cplx.tif", values.astype(np.complex64)))
    picture = write(tmp_path / "rgb.tif", values, count=3)
    with pytest.raises(InputError, match="has 3 bands"):
        read_raster(picture)
    assert read_raster(picture, band=2).band == 2
    with pytest.raises(InputError, match="bands 1 to 3, not 4"):
        read_raster(picture, band=4)
    with pytest.raises(InputError, match="photograph"):
        read_raster(write(tmp_path / "jpg.tif", np.zeros((16, 16), np.uint8), compress="jpeg"), kind="classes")
    with pytest.raises(InputError, match="exhaust the memory"):
        read_raster(write(tmp_path / "block.tif", np.zeros((6000, 6000), np.float32), blockysize=6000, compress="deflate"))


def test_other_formats_and_scaled_values(tmp_path: Path) -> None:
    text = f"ncols 2\nnrows 1\nxllcorner {EAST}\nyllcorner {NORTH - 10}\ncellsize 10\nNODATA_value -1\n3 -1\n"
    (tmp_path / "a.asc").write_text(text, "utf-8")
    grid = read_raster(tmp_path / "a.asc", crs="EPSG:3405")
    assert measure_condition(sites(cells(0, 0, 2, 1)), grid, "<", 15).iloc[0].share_nodata == 0.5
    imagine = write(tmp_path / "a.img", np.full((4, 4), 7, np.float32), driver="HFA")
    assert measure_condition(sites(cells(0, 0, 2, 1)), read_raster(imagine), "==", 7).share_true[0] == 1
    labelled = write(tmp_path / "a.bil", np.full((4, 4), 7, np.float32), driver="EHdr")
    assert measure_condition(sites(cells(0, 0, 2, 1)), read_raster(labelled), "==", 7).share_true[0] == 1
    path = write(tmp_path / "scaled.tif", np.array([[100, 200, -32768]], dtype=np.int16))
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (0.1,), (1.0,)
    row = measure_condition(sites(cells(0, 0, 3, 1)), read_raster(path), "<", 15).iloc[0]
    assert (row.share_true, row.share_false, row.share_nodata) == pytest.approx((1 / 3,) * 3)
    with pytest.raises(InputError, match="not class codes"):
        read_raster(path, kind="classes")


def test_measures_and_classes_are_not_mixed_up(halves: Path) -> None:
    with pytest.raises(InputError, match="kind='classes'"):
        measure_classes(sites(cells(0, 0, 1, 1)), read_raster(halves))
    with pytest.raises(InputError, match="class codes"):
        measure_condition(sites(cells(0, 0, 1, 1)), read_raster(halves, kind="classes"), ">", 1)
    with pytest.raises(InputError, match="is not known"):
        read_raster(halves, kind="slope")  # type: ignore[arg-type]


def test_sites_must_say_where_they_are_in_metres(halves: Path) -> None:
    raster = read_raster(halves)
    with pytest.raises(CrsError, match="metric CRS first"):
        measure_condition(sites(Point(105, 21), crs="EPSG:4326"), raster, ">", 1)
    with pytest.raises(CrsError, match="no coordinate reference system"):
        measure_condition(sites(Point(105, 21), crs=None), raster, ">", 1)
    with pytest.raises(InputError, match="site_id"):
        measure_condition(sites(Point(105, 21)).drop(columns="site_id"), raster, ">", 1)


# --- units of slope


def test_bounds_in_another_unit_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "s.tif", np.array([[3, 20]], dtype=np.float32))
    site = sites(cells(0, 0, 2, 1))
    with pytest.raises(InputError, match="nobody states"):
        measure_condition(site, read_raster(path), ">", 15, unit="degree")
    with pytest.raises(InputError, match=r"in degree, the values of s\.tif in percent"):
        measure_bands(site, read_raster(path, unit="%"), [15], unit="degree")
    converted = in_degrees(ready_slope(read_raster(path, unit="%")))
    limit = math.degrees(math.atan(0.2))
    row = measure_condition(site, converted, ">=", limit, unit="degree").iloc[0]
    assert (row.share_true, row.share_false) == (0.5, 0.5)
    assert measure_condition(site, converted, ">", limit + 1e-9, unit="degree").share_true[0] == 0


def test_a_unit_tag_is_read_and_may_not_be_contradicted(tmp_path: Path) -> None:
    path = write(tmp_path / "s.tif", np.array([[3, 20]], dtype=np.float32))
    with rasterio.open(path, "r+") as target:
        target.units = ("percent",)
    assert read_raster(path).unit == "percent"
    with pytest.raises(InputError, match="one of them is wrong"):
        read_raster(path, unit="degree")


@pytest.mark.parametrize(
    ("values", "unit", "told"),
    [
        ([3, 20], None, "nothing says whether that is degrees, percent or radians"),
        ([3, 120], "degree", "look like percent"),
        ([0.1, 1.2], "degree", "in radians it is steep"),
        ([0.1, 1.2], "percent", "in radians it is steep"),
        ([0.1, 2.0], "radian", "cannot be slopes in radian"),
        ([-3, 20], "degree", "cannot be slopes in degree"),
        ([math.nan, math.nan], "degree", "hold no value"),
    ],
)
def test_a_slope_of_doubtful_unit_is_refused_with_evidence(
    tmp_path: Path, values: list[float], unit: str | None, told: str
) -> None:
    path = write(tmp_path / "s.tif", np.array([values], dtype=np.float32))
    with pytest.raises(InputError, match=told):
        ready_slope(read_raster(path, unit=unit))


def test_level_land_and_radians_need_a_word(tmp_path: Path) -> None:
    path = write(tmp_path / "s.tif", np.array([[0.1, 1.2]], dtype=np.float32))
    assert ready_slope(read_raster(path, unit="degree"), certain=True).unit == "degree"
    turned = in_degrees(ready_slope(read_raster(path, unit="radian")))
    assert measure_condition(sites(cells(0, 0, 2, 1)), turned, ">", 15, unit="degree").share_true[0] == 0.5
    with pytest.raises(InputError, match="not in percent or radians"):
        in_degrees(read_raster(path))


def test_the_check_of_a_large_slope_raster_is_a_sample_and_measuring_still_sees_every_cell(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("plangeo.grids.sloperasters._LOOK_THROUGH", 1)
    monkeypatch.setattr("plangeo.grids.sloperasters._SAMPLE", 2)
    values = np.full((40, 40), 20, dtype=np.float32)
    values[3, 3] = 400
    raster = ready_slope(read_raster(write(tmp_path / "s.tif", values), unit="degree"))
    row = measure_condition(sites(cells(2, 2, 4, 4)), raster, "<", 15).iloc[0]
    assert (row.share_false, row.share_nodata) == (0.75, 0.25)
    assert "cannot be true" in row.note


# --- slope from elevations


def test_slope_has_no_edges_and_no_neighbours_of_gaps() -> None:
    dem = np.add.outer(np.zeros(7), np.arange(7) * CELL)
    dem[3, 3] = np.nan
    found = slope(dem, GRID, "EPSG:3405")
    known = np.isfinite(found)
    assert not known[[0, -1]].any()
    assert not known[:, [0, -1]].any()
    assert not known[2:5, 2:5].any(), "the cell without elevation and its eight neighbours"
    assert known.sum() == 25 - 9
    assert found[known] == pytest.approx(45)
    assert np.isnan(slope(dem[:2], GRID, "EPSG:3405")).all()


@pytest.mark.parametrize("latitude", [0.0, 10.5, 21.8, 60.0])
def test_slope_in_degrees_is_measured_in_metres(latitude: float) -> None:
    """A plane rising 1 m in 10 m to the east (north) has that slope at any latitude; the metres come from geodesics."""
    import pyproj

    step = 1 / 3600
    transform = Affine(step, 0, 106.0, 0, -step, latitude + 2.5 * step)
    geod = pyproj.Geod(ellps="WGS84")
    _, _, east = geod.inv(106.0, latitude, 106.0 + step, latitude)
    _, _, south = geod.inv(106.0, latitude - step / 2, 106.0, latitude + step / 2)
    for rise in (np.tile(np.arange(5) * east / 10, (5, 1)), np.tile(np.arange(5) * south / 10, (5, 1)).T):
        assert slope(rise, transform, "EPSG:4326")[2, 2] == pytest.approx(math.degrees(math.atan(0.1)), abs=1e-6)


def test_slope_is_refused_where_it_would_be_wrong(tmp_path: Path) -> None:
    dem = np.zeros((5, 5), dtype=np.float32)
    with pytest.raises(CrsError, match="stretches distances by up to 7"):
        slope(dem, Affine(10, 0, 1.18e7, 0, -10, 2.48e6), "EPSG:3857")
    with pytest.raises(CrsError, match="not in metres"):
        slope(dem, Affine(10, 0, 1.1e6, 0, -10, 1.9e6), "EPSG:3435")
    with pytest.raises(InputError, match="rotated"):
        slope(dem, GRID @ Affine.rotation(10), "EPSG:3405")
    path = write(tmp_path / "dem.tif", dem)
    for wrong in (read_raster(path, kind="classes"), read_raster(path, unit="degree"), slope_of(read_raster(path))):
        with pytest.raises(InputError, match="no elevations"):
            slope_of(wrong)
    with pytest.raises(InputError, match="State unit='metre'"):
        slope_of(read_raster(path, unit="fathom"))
    assert "taken as metres" in slope_of(read_raster(path)).notes[-1]


def test_slope_of_elevations_in_feet_and_impossible_elevations(tmp_path: Path) -> None:
    ramp = np.tile(np.arange(8) * CELL / 0.3048, (8, 1))
    ramp[6, 6] = 20_000 / 0.3048
    raster = slope_of(read_raster(write(tmp_path / "ft.tif", ramp), unit="ft"))
    row = measure_bands(sites(cells(1, 1, 7, 7)), raster, [44.999, 45.001], unit="degree").shares.set_index("label")
    assert row.share.tolist() == pytest.approx([32 / 36, 4 / 36])
    assert row.index.tolist() == ["44.999 … < 45.001", ""]


def test_slope_read_by_window_equals_slope_of_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    dem = rng.random((30, 40)) * 50
    dem[4, 5] = -9999
    raster = slope_of(read_raster(write(tmp_path / "dem.tif", dem, nodata=-9999)))
    whole = slope(np.where(dem == -9999, np.nan, dem), GRID, "EPSG:3405")
    with raster.open() as reader:
        for window in ((0, 30, 0, 40), (3, 9, 2, 11), (29, 30, 0, 40), (5, 6, 5, 6)):
            top, bottom, left, right = window
            found = reader.read(*window)
            assert np.array_equal(np.where(found.valid, found.values, np.nan), whole[top:bottom, left:right], equal_nan=True)


# --- an independent computation


def _by_overlay(shape: Any, height: int, width: int) -> Any:
    grid = shapely.box(
        *np.meshgrid(np.arange(width), np.arange(height)), *(a + 1 for a in np.meshgrid(np.arange(width), np.arange(height)))
    )
    return shapely.area(shapely.intersection(shape, grid))


def _cover(shape: Any, height: int, width: int) -> tuple[Any, float]:
    found = np.zeros((height, width))
    (laid,) = lay_polygons(np.array([shape], dtype=object), height, width)
    for strip in strips(laid):
        found[strip.top : strip.bottom, strip.left : strip.right] += strip.cover
    return found, laid.outside


@st.composite
def outlines(draw: st.DrawFn) -> Any:
    """Valid polygons around and over a 12 × 15 grid, some with a hole, some with corners on the grid lines."""
    count = draw(st.integers(3, 12))
    radii = draw(st.lists(st.floats(0.05, 9), min_size=count, max_size=count))
    x, y = draw(st.floats(-4, 18)), draw(st.floats(-4, 15))
    corners = [
        (x + r * math.cos(2 * math.pi * n / count), y + r * math.sin(2 * math.pi * n / count)) for n, r in enumerate(radii)
    ]
    shape = Polygon([(round(a), round(b)) for a, b in corners] if draw(st.booleans()) else corners)
    if draw(st.booleans()) and shape.is_valid:
        shape = shape.difference(Point(x, y).buffer(draw(st.floats(0.01, 2)), quad_segs=3))
    return shape


@settings(max_examples=150, deadline=None)
@given(outlines())
def test_cover_of_cells_equals_overlay_cell_by_cell(shape: Any) -> None:
    if not (shape.is_valid and shape.area > 1e-6 and shape.geom_type in ("Polygon", "MultiPolygon")):
        return
    found, outside = _cover(shape, 12, 15)
    assert np.abs(found - _by_overlay(shape, 12, 15)).max() < 1e-9
    assert outside == pytest.approx(shape.difference(box(0, 0, 15, 12)).area, abs=1e-9)


def test_cover_agrees_with_exactextract() -> None:
    """A second program, which keeps single precision: its shares differ by up to 1e-7, its cells by no more."""
    extract = pytest.importorskip("exactextract", reason="exactextract has no wheel for this platform")
    from exactextract.raster import NumPyRasterSource

    shape = Point(10.123, 9.77).buffer(6.3).difference(box(8, 8, 9.5, 11.25))
    frame = gpd.GeoDataFrame(geometry=[shape], crs="EPSG:3405")
    source = NumPyRasterSource(np.zeros((20, 20)), 0, 0, 20, 20, srs_wkt=frame.crs.to_wkt())
    told = extract.exact_extract(source, frame, ["cell_id", "coverage"], output="pandas")
    theirs = np.zeros(400)
    theirs[told.cell_id[0]] = told.coverage[0]
    ours, _ = _cover(shape, 20, 20)
    assert np.abs(np.flipud(ours) - theirs.reshape(20, 20)).max() < 1e-7


def test_lines_equal_overlay_cell_by_cell(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    path = write(tmp_path / "ids.tif", np.arange(100, dtype=np.int32).reshape(10, 10))
    line = LineString(np.column_stack([EAST - 20 + rng.random(30) * 140, NORTH + 20 - rng.random(30) * 140]))
    measured = measure_classes(sites(line), read_raster(path, kind="classes")).shares
    for row in measured[measured.kind == "class"].itertuples():
        r, c = divmod(int(row.value), 10)
        assert row.length_m == pytest.approx(line.intersection(cells(c, r, c + 1, r + 1)).length, abs=1e-6)
    assert measured.share.sum() == pytest.approx(1, abs=1e-9)


def test_a_rotated_grid_is_measured_exactly(tmp_path: Path) -> None:
    transform = GRID @ Affine.rotation(30) @ Affine.scale(1, 0.5)
    path = write(tmp_path / "r.tif", np.arange(400, dtype=np.int32).reshape(20, 20), transform=transform)
    raster = read_raster(path, kind="classes")
    assert "rotated" in raster.notes[0]
    x, y = transform @ (10, 10)
    shape, line = Point(x, y).buffer(33), LineString([(x - 30, y), (x + 5, y + 20), (x + 25, y - 9)])
    measured = measure_classes(sites(shape, line), raster).shares
    for row in measured.itertuples():
        r, c = divmod(int(row.value), 20)
        cell = Polygon([transform @ p for p in ((c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1))])
        if row.site_id == "P-0":
            assert row.area_m2 == pytest.approx(shape.intersection(cell).area, abs=1e-6)
        else:
            assert row.length_m == pytest.approx(line.intersection(cell).length, abs=1e-6)


def test_cells_in_degrees_are_weighed_by_their_ground(tmp_path: Path) -> None:
    """Over 6° of latitude the northern cells are smaller; the referee measures cells on the ellipsoid."""
    import pyproj

    values = np.repeat([[1], [2]], 40, axis=0) * np.ones((1, 4), dtype=int)
    path = write(tmp_path / "deg.tif", values.astype(np.uint8), crs="EPSG:4326", transform=Affine(1, 0, 103, 0, -0.1, 24))
    raster = read_raster(path, kind="classes")
    geod = pyproj.Geod(ellps="WGS84")
    north, south = (
        abs(geod.geometry_area_perimeter(shapely.segmentize(box(103.5, a, 106.5, b), 0.01))[0]) for a, b in ((20, 23), (17, 20))
    )
    corners = box(103.5, 17, 106.5, 23)
    site = gpd.GeoDataFrame({"site_id": ["P-0"]}, geometry=[shapely.segmentize(corners, 0.01)], crs="EPSG:4326").to_crs(
        "EPSG:3405"
    )
    share = table(measure_classes(site, raster))
    assert share["class", "1"] == pytest.approx(north / (north + south), abs=1e-6)
    assert abs(share["class", "1"] - 0.5) > 4e-3, "unweighted cells would be visibly wrong"


def test_sites_in_another_crs_are_moved(halves: Path) -> None:
    here = sites(cells(4, 2, 7, 6))
    there = here.to_crs("EPSG:9215")
    raster = read_raster(halves, kind="classes")
    assert table(measure_classes(there, raster)) == pytest.approx(table(measure_classes(here, raster)), abs=1e-6)


def test_one_site_beyond_the_projection_does_not_cost_the_others(tmp_path: Path) -> None:
    values = np.ones((10, 10), dtype=np.uint8)
    path = write(tmp_path / "deg.tif", values, crs="EPSG:4326", transform=Affine(0.01, 0, 105, 0, -0.01, 21.7))
    frame = sites(Point(1e30, 1e30), Point(505_000, 2_395_000))
    measured = measure_classes(frame, read_raster(path, kind="classes"))
    assert measured.status.problem[0].startswith("bad_geometry: the place cannot be converted")
    assert table(measured, "P-1") == {("class", "1"): 1.0}


# --- batches, order and strips do not matter


def _some_sites(seed: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    shapes: list[Any] = []
    for n in range(12):
        x, y = EAST + rng.uniform(-50, 450), NORTH - rng.uniform(-50, 450)
        ring = [
            (x + r * math.cos(a), y + r * math.sin(a)) for a, r in zip(np.linspace(0, 6, 9), rng.uniform(5, 90, 9), strict=True)
        ]
        shapes.append([Polygon(ring), LineString(ring), MultiPoint(ring), None][n % 4])
    return sites(*shapes)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_alone_reversed_and_in_small_batches_and_strips_alike(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dem.tif"
    if not path.exists():
        dem = np.random.default_rng(1).random((40, 40)) * 20
        dem[20:22, 3:30] = -9999
        write(path, dem, nodata=-9999, tiled=True, blockxsize=16, blockysize=16)
    raster, frame = slope_of(read_raster(path)), _some_sites(seed)
    together = measure_bands(frame, raster, [10, 30])
    assert together.shares.groupby("site_id").share.sum().to_numpy() == pytest.approx(1, abs=1e-9)
    again = measure_bands(frame[::-1], raster, [10, 30])
    with monkeypatch.context() as patch:
        patch.setattr(plangeo.grids.footprints, "BATCH_PIECES", 1)
        alone = [measure_bands(frame.iloc[[n]], raster, [10, 30]) for n in range(len(frame))]
    for n, site in enumerate(frame.site_id):
        rows = together.shares[together.shares.site_id == site].reset_index(drop=True)
        assert rows.equals(alone[n].shares.astype(rows.dtypes.to_dict())), "bit for bit"
        assert rows.equals(again.shares[again.shares.site_id == site].reset_index(drop=True))
    with monkeypatch.context() as patch:
        patch.setattr("plangeo.grids.cells.STRIP_CELLS", 37)
        cut = measure_bands(frame, raster, [10, 30])
    assert cut.shares.share.to_numpy() == pytest.approx(together.shares.share.to_numpy(), abs=1e-12)


# --- real rasters


@pytest.mark.skipif(not SHARED.exists(), reason="the shared rasters are not on this machine")
def test_land_cover_of_real_sites_adds_up() -> None:
    path = SHARED / "rasters/spdl_nlcd2011.tif"
    park = gpd.read_file(SHARED / "rasters/spdl_zion.gpkg").to_crs("EPSG:26912")
    site = gpd.GeoDataFrame({"site_id": ["zion"]}, geometry=[shapely.union_all(park.geometry)], crs=park.crs)
    with pytest.raises(CrsError, match="no datum-correct way"):
        measure_classes(site, read_raster(path, kind="classes"))  # its CRS names no datum
    raster = read_raster(path, kind="classes", crs="EPSG:26912")
    legend = {11, 12, 21, 22, 23, 24, 31, 41, 42, 43, 52, 71, 81, 82, 90, 95}
    measured = measure_classes(site, raster, legend)
    assert measured.shares.share.sum() == pytest.approx(1, abs=1e-9)
    assert measured.shares.area_m2.sum() == pytest.approx(site.area[0], rel=1e-9)
    assert set(measured.shares.kind) == {"class"}
    less = measure_classes(site, raster, legend - {42})
    unknown = less.shares[less.shares.kind == "unknown_class"]
    assert unknown.value.tolist() == [42]
    assert unknown.share.iloc[0] == measured.shares.set_index("value").share[42]


@pytest.mark.skipif(not SHARED.exists(), reason="the shared rasters are not on this machine")
def test_slope_classes_of_partly_covered_polygons_against_overlay() -> None:
    path = SHARED / "rasters/rasterstats_slope_classes.tif"
    raster = read_raster(path, kind="classes")
    frame = gpd.read_file(SHARED / "rasters/rasterstats_polygons_partial_overlap.shp").set_crs(raster.crs, allow_override=True)
    frame = sites(*frame.geometry, crs=raster.crs)
    measured = measure_classes(frame, raster)
    with rasterio.open(path) as source:
        values, transform = source.read(1, masked=True), source.transform
    rows, columns = np.nonzero(~values.mask)
    x, y = transform.c + columns * transform.a, transform.f + rows * transform.e
    squares = shapely.box(x, y + transform.e, x + transform.a, y)
    for site in frame.itertuples():
        parts = shapely.area(shapely.intersection(site.geometry, squares)) / site.geometry.area
        for number in range(1, 6):
            theirs = parts[values.data[rows, columns] == number].sum()
            assert table(measured, site.site_id).get(("class", str(number)), 0.0) == pytest.approx(theirs, abs=1e-9)
    assert (measured.status.share_outside > 0).any()


@pytest.mark.skipif(not SHARED.exists(), reason="the shared rasters are not on this machine")
def test_hostile_rasters_give_no_good_news() -> None:
    spots = sites(
        *(box(500_000 + x, 2_412_000 + y, 500_200 + x, 2_412_200 + y) for x in range(0, 3800, 400) for y in range(0, 2900, 400))
    )
    holes = measure_condition(spots, read_raster(SHARED / "bad/09_raster/nan_hole.tif"), "<", 1e9)
    assert (holes.share_nodata > 0).any()
    assert (holes.share_true + holes.share_nodata).to_numpy() == pytest.approx(1)
    classes = measure_classes(spots, read_raster(SHARED / "bad/09_raster/unknown_class.tif", kind="classes"), known=range(1, 10))
    assert set(classes.shares[classes.shares.kind == "unknown_class"].value) == {77}
    huge = measure_condition(
        sites(box(500_000, 2_414_990, 500_010, 2_415_000), box(500_000, 2_411_000, 504_000, 2_415_000)),
        read_raster(SHARED / "bad/09_raster/huge_sparse.tif"),
        "<",
        15,
    )
    assert huge.share_true.tolist() == [0, 0]
    assert huge.problem[1].startswith("too_many_cells")
