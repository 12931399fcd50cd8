"""Opening a raster safely, and reading it window by window: the file stays closed until something is measured.

Read are GeoTIFF (with COG and BigTIFF), ESRI ASCII grid (.asc), ERDAS Imagine (.img) and ESRI .bil/.flt with .hdr. The
content decides, not the suffix, and only the driver of that content may open the file: a virtual raster (VRT), which
could point at other files or at the network, is refused.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyproj
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from plangeo.apart import is_apart
from plangeo.apart.child import not_whole
from plangeo.apart.pixels import describe_raster_apart, read_cells_apart
from plangeo.errors import CrsError, InputError
from plangeo.geometry import as_crs
from plangeo.grids.cellreading import Cells, Layout, open_cells, open_raster_file
from plangeo.grids.rastergate import driver_of, require_plain_neighbours
from plangeo.grids.slopes import horn, spacing
from plangeo.inputs import check_path
from plangeo.limits import limits_now, raise_hint

Array = np.ndarray[Any, Any]
Kind = Literal["continuous", "classes"]
# One block is unpacked whole by the reader, so a block may not be larger than this.
MOST_BLOCK_BYTES = 128 * 2**20
# Values that programs write for "no data" and forget to declare; ±1e30 and beyond count too.
SENTINELS = (-99.0, -999.0, -9999.0, -99999.0, -999999.0, -32768.0, -32767.0, -2147483648.0, -9999999.0, 65535.0, 4294967295.0)
_WORDS = {
    "degree": ("degree", "degrees", "deg", "°", "độ"),
    "percent": ("percent", "%", "pct", "percent rise"),
    "radian": ("radian", "radians", "rad"),
    "metre": ("metre", "metres", "meter", "meters", "m", "mét"),
    "foot": ("foot", "feet", "ft"),
    "us_foot": ("us survey foot", "us_foot", "ftus", "us-ft", "us foot"),
}
_EXACT = ("nodata", "scale", "offset", "low", "high")
"""Fields that may be infinite, which JSON cannot say."""
METRES = {"": 1.0, "metre": 1.0, "foot": 0.3048, "us_foot": 1200 / 3937}


@dataclass(frozen=True)
class Raster:
    """One band of a raster file, described but not read.

    ``transform`` is the affine map from (column, row) to the CRS; ``unit`` the unit of the values read,
    empty when nobody states it, ``file_unit`` that of the values in the file; ``low`` and ``high`` bound the file's values that can be true (others count as no data); ``derived`` says what
    is worked out from the file: ``""`` its values, ``"slope"`` degrees from elevations, ``"percent"`` or ``"radian"``
    degrees from slopes in that unit.
    """

    path: Path
    kind: Kind
    unit: str
    file_unit: str
    crs: pyproj.CRS
    transform: Any
    height: int
    width: int
    dtype: str
    nodata: float | None
    driver: str
    band: int = 1
    scale: float = 1.0
    offset: float = 0.0
    masked: bool = False
    derived: str = ""
    low: float = -np.inf
    high: float = np.inf
    stamp: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()
    apart: bool = False
    """Whether its cells are read in another process (``plangeo.apart``), as its description was."""

    def as_stored(self, value: float) -> float:
        """Return ``value`` as the file would store it: 15.1 in a float32 file is 15.1000003815."""
        with np.errstate(over="ignore"):
            return float(np.float32(value)) if self.dtype == "float32" else float(value)

    @contextmanager
    def open(self) -> Iterator[Reader]:
        """Open the file for reading windows. **Raises** InputError when it changed since it was described."""
        if _stamp(self.path) != self.stamp:
            raise InputError(
                f"{self.path.name} changed since it was opened first: results would mix two files. Read it again.",
                code="file_changed",
            )
        if self.apart:
            yield Reader(self, lambda *window: read_cells_apart(self.path, self.layout, window))
            return
        with open_cells(self.path, self.layout) as cells:
            yield Reader(self, cells.read)

    @property
    def layout(self) -> Layout:
        """What must be known of the file to read cells of it."""
        return Layout(self.driver, self.band, self.dtype, self.masked)


@dataclass(frozen=True)
class Reading:
    """Values of a window (float64), where they are true data, and why other cells are not, in words."""

    values: Array
    valid: Array
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """An open raster. Results do not depend on which windows are read, or in which order."""

    raster: Raster
    cells: Callable[[int, int, int, int], Cells]
    """Gives the cells of a window as the file has them."""

    def read(self, top: int, bottom: int, left: int, right: int) -> Reading:
        """Read rows ``top`` … ``bottom`` − 1 and columns ``left`` … ``right`` − 1, which must lie within the raster.

        **Raises** InputError when the file cannot be read there (cut off, damaged).
        """
        derived = self.raster.derived
        if derived == "slope":
            return self._slope(top, bottom, left, right)
        found = self._plain(top, bottom, left, right)
        if derived == "percent":
            return replace(found, values=np.degrees(np.arctan(found.values / 100)))
        return replace(found, values=np.degrees(found.values)) if derived == "radian" else found

    def _slope(self, top: int, bottom: int, left: int, right: int) -> Reading:
        """Work out slopes with one cell of elevations around; beyond the raster there is none."""
        raster = self.raster
        rows, columns = (max(top - 1, 0), min(bottom + 1, raster.height)), (max(left - 1, 0), min(right + 1, raster.width))
        found = self._plain(*rows, *columns)
        dem = np.full((bottom - top + 2, right - left + 2), np.nan)
        inner = np.where(found.valid, found.values * METRES[raster.file_unit], np.nan)
        dem[rows[0] - top + 1 : rows[1] - top + 1, columns[0] - left + 1 : columns[1] - left + 1] = inner
        east, south = spacing(raster.transform, raster.crs, np.arange(top - 1, bottom + 1))
        values = horn(dem, east, south)[1:-1, 1:-1]
        return Reading(values, np.isfinite(values), found.doubts)

    def _plain(self, top: int, bottom: int, left: int, right: int) -> Reading:
        raster = self.raster
        found = self.cells(top, bottom, left, right)
        values = found.raw.astype(np.float64)
        valid = np.isfinite(values)
        if found.mask is not None:
            valid &= found.mask > 0
        if raster.nodata is not None:
            # a float32 file stores the nearest float32 to the declared value
            valid &= values != raster.as_stored(raster.nodata)
        doubts = [*_drop_unwritten(valid, found.unwritten, top, left), *_drop_sentinels(values, valid, raster.kind)]
        if (raster.scale, raster.offset) != (1.0, 0.0):
            with np.errstate(over="ignore"):
                values = values * raster.scale + raster.offset
        doubts += _drop_beyond(values, valid, raster)
        return Reading(values, valid, tuple(doubts))


def _drop_unwritten(valid: Array, unwritten: Sequence[tuple[int, int, int, int]], top: int, left: int) -> list[str]:
    """Blocks that a sparse GeoTIFF never wrote read as 0, and a slope of 0 would be good news: they are no data."""
    for first, last, west, east in unwritten:
        valid[max(first - top, 0) : max(last - top, 0), max(west - left, 0) : max(east - left, 0)] = False
    words = "parts of the raster were never written; if they mean 0, write them (gdal_translate without SPARSE_OK)"
    return [words] if unwritten else []


def _drop_sentinels(values: Array, valid: Array, kind: str) -> list[str]:
    if kind == "classes" or not valid.any():
        return []
    low, high = values[valid].min(), values[valid].max()
    if low > max(v for v in SENTINELS if v < 0) and high < min(v for v in SENTINELS if v > 0):
        return []
    words = []
    for sentinel in SENTINELS:
        found = valid & (values == sentinel)
        if found.any():
            valid &= ~found
            words.append(f"the value {sentinel:.0f} looks like an undeclared no-data value and was taken as one")
    if (valid & (np.abs(values) >= 1e30)).any():
        valid &= np.abs(values) < 1e30
        words.append("values of 1e30 and more look like undeclared no-data values and were taken as such")
    return words


def _drop_beyond(values: Array, valid: Array, raster: Raster) -> list[str]:
    if not np.isfinite([raster.low, raster.high]).any():
        return []
    beyond = valid & ~((values >= raster.low) & (values <= raster.high))
    if not beyond.any():
        return []
    valid &= ~beyond
    return [f"values beyond {raster.low:g} … {raster.high:g} cannot be true and were taken as no data"]


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


def read_raster(
    path: str | Path, *, kind: Kind = "continuous", unit: str | None = None, crs: Any = None, band: int | None = None
) -> Raster:
    """Describe a raster file; no cell is read yet.

    Parameters: ``kind`` ``"continuous"`` (slope, elevation, depth) or ``"classes"`` (land cover); ``unit`` of the
    values (``"degree"``, ``"percent"``, ``"radian"``, ``"metre"``, ``"foot"`` …), needed when the file does not state it
    and the measure depends on it; ``crs`` for a file without one; ``band`` (from 1) when there are several.
    **Raises** InputError for an address, a virtual raster, another format, no position, several bands and none chosen,
    a unit that contradicts the file; CrsError when no CRS is known.
    """
    found = check_path(path)
    if kind not in ("continuous", "classes"):
        raise InputError(
            f"kind={kind!r} is not known: write kind='continuous' for measured values or kind='classes' for codes.",
            code="argument_wrong",
        )
    if is_apart():
        return _raster_from(found, describe_raster_apart(found, kind, unit, crs if crs is None else as_crs(crs).srs, band))
    driver = driver_of(found)
    require_plain_neighbours(found)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with open_raster_file(found, driver) as source:
                return _describe(found, source, kind, unit, crs, band)
    except RasterioError as fault:
        raise InputError(
            f"{found.name} looks like {driver}, but cannot be opened: {str(fault)[:160]}. Copy or export it again.",
            code="file_not_its_type",
        ) from fault


def raster_to_json(raster: Raster) -> dict[str, Any]:
    """Return a description as plain data."""
    told = {f.name: getattr(raster, f.name) for f in fields(raster) if f.name not in ("path", "crs", "transform", "apart")}
    told |= {name: told[name] if told[name] is None else told[name].hex() for name in _EXACT}
    return told | {"crs": raster.crs.srs, "transform": [float(v).hex() for v in tuple(raster.transform)[:6]]}


def _raster_from(path: Path, told: Mapping[str, Any]) -> Raster:
    """Return the raster that another process described. **Raises** InputError when that is no description."""
    try:
        return Raster(
            path=path,
            kind="classes" if told["kind"] == "classes" else "continuous",
            crs=as_crs(str(told["crs"])),
            transform=Affine(*(float.fromhex(v) for v in told["transform"])),
            stamp=(int(told["stamp"][0]), int(told["stamp"][1])),
            masked=bool(told["masked"]),
            notes=tuple(map(str, told["notes"])),
            apart=True,
            **{name: str(told[name]) for name in ("unit", "file_unit", "dtype", "driver", "derived")},  # type: ignore[arg-type]
            **{name: int(told[name]) for name in ("height", "width", "band")},  # type: ignore[arg-type]
            **{name: None if told[name] is None else float.fromhex(told[name]) for name in _EXACT},  # type: ignore[arg-type]
        )
    except (LookupError, TypeError, ValueError) as fault:
        raise not_whole(path.name, fault) from fault


def _describe(path: Path, source: Any, kind: Kind, unit: str | None, crs: Any, band: int | None) -> Raster:
    chosen = _band(path, source, band)
    _require_readable(path, source, chosen, kind)
    notes: list[str] = []
    system = _crs(path, source, crs, notes)
    stated = _unit(path, source.units[chosen - 1], unit)
    if source.transform.b or source.transform.d:
        notes.append(f"{path.name}: the grid is rotated; shares are exact, but slopes cannot be worked out from it")
    flags = {flag.name for flag in source.mask_flag_enums[chosen - 1]}
    return Raster(
        path=path,
        kind=kind,
        unit=stated,
        file_unit=stated,
        crs=system,
        transform=source.transform,
        height=source.height,
        width=source.width,
        dtype=source.dtypes[chosen - 1],
        nodata=None if source.nodatavals[chosen - 1] is None else float(source.nodatavals[chosen - 1]),
        driver=source.driver,
        band=chosen,
        scale=float(source.scales[chosen - 1]),
        offset=float(source.offsets[chosen - 1]),
        masked=bool(flags & {"per_dataset", "alpha"}),
        stamp=_stamp(path),
        notes=tuple(notes),
    )


def _band(path: Path, source: Any, band: int | None) -> int:
    if band is None and source.count == 1:
        return 1
    if band is None:
        raise InputError(
            f"{path.name} has {source.count} bands, and nothing says which to measure; a picture of a map (red, green, blue) is "
            "not data. Give the raster of the values itself (gdal_translate -b 1), in Python band=1.",
            code="raster_band_not_chosen",
        )
    if not 1 <= band <= source.count:
        raise InputError(f"{path.name} has the bands 1 to {source.count}, not {band}.", code="raster_band_not_chosen")
    return band


def _require_readable(path: Path, source: Any, band: int, kind: Kind) -> None:
    dtype = source.dtypes[band - 1]
    if dtype not in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"):
        raise InputError(
            f"{path.name}: its values are of type {dtype}, which cannot be compared exactly. Export it as Float32.",
            code="raster_unfit",
        )
    high, wide = source.block_shapes[band - 1]
    block = high * wide * np.dtype(dtype).itemsize * (source.count if source.interleaving is not None else 1)
    if block > MOST_BLOCK_BYTES:
        raise InputError(
            f"{path.name} is stored in blocks of {high} × {wide} cells ({block / 2**20:,.0f} MB each), which would exhaust the memory. "
            "Write it in tiles: gdal_translate -co TILED=YES.",
            code="file_too_large",
        )
    most = limits_now().pixels
    if source.width * source.height > most:
        raise InputError(
            f"{path.name} has {source.width:,} × {source.height:,} cells, and at most {most:,} are read (limit pixels). Cut it to the district. "
            f"{raise_hint('pixels')}",
            code="file_too_large",
        )
    if kind == "classes" and source.compression is not None and source.compression.value.upper() in ("JPEG", "WEBP"):
        raise InputError(
            f"{path.name} is compressed as a photograph, which changes codes. Export the classes with LZW or DEFLATE.",
            code="raster_unfit",
        )
    if source.transform.is_identity or source.transform.is_degenerate:
        raise InputError(
            f"{path.name} does not say where it lies (no geotransform). Georeference it first, or copy its world file beside it.",
            code="raster_unfit",
        )
    if kind == "classes" and (source.scales[band - 1], source.offsets[band - 1]) != (1.0, 0.0):
        raise InputError(
            f"{path.name} scales its values, so they are measures and not class codes. Use kind='continuous'.",
            code="raster_unfit",
        )


def _crs(path: Path, source: Any, stated: Any, notes: list[str]) -> pyproj.CRS:
    inside = as_crs(source.crs.to_wkt()) if source.crs else None
    if stated is None and inside is None:
        raise CrsError(
            f"{path.name} does not state its coordinate reference system: its cells may lie hundreds of metres away. "
            "Write it into the file: rio edit-info --crs EPSG:9215 FILE (VN-2000, 107°15'); in Python crs='EPSG:9215'.",
            code="crs_missing",
        )
    system = inside if stated is None else as_crs(stated)
    assert system is not None
    if stated is not None and inside is not None and inside != system:
        notes.append(f"{path.name}: the file says {inside.name}; {system.name} was used because the caller stated it")
    t, height, width = source.transform, source.height, source.width
    xs = [t.c + t.a * across + t.b * down for across in (0, width) for down in (0, height)]
    ys = [t.f + t.d * across + t.e * down for across in (0, width) for down in (0, height)]
    if system.is_geographic and not (max(map(abs, xs)) <= 361 and max(map(abs, ys)) <= 91):
        raise CrsError(
            f"{path.name}: x {min(xs):g} … {max(xs):g}, y {min(ys):g} … {max(ys):g} cannot be degrees. State the true CRS with crs=.",
            code="crs_misfit",
        )
    return system


def _unit(path: Path, tag: str | None, stated: str | None) -> str:
    inside, said = unit_word(tag or ""), unit_word(stated or "")
    if inside and said and inside != said:
        raise InputError(
            f"{path.name} states its values in {inside}, and the rulebook or caller states {said}: one of them is wrong, and a "
            "slope of 15 is not the same in both. Leave unit out, or correct the file: rio edit-info --bidx 1 --units {said} FILE.",
            code="raster_unit_unclear",
        )
    return said or inside


def unit_word(text: str) -> str:
    """Return plangeo's word for a unit; an unknown one in lower case.

    >>> unit_word("Degrees"), unit_word("%"), unit_word("US survey foot")
    ('degree', 'percent', 'us_foot')
    """
    low = text.strip().lower()
    return next((word for word, names in _WORDS.items() if low == word or low in names), low)
