"""The cells of a raster file as they stand in it, window by window; what they mean is ``plangeo.grids.rasters``'s."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.errors import RasterioError
from rasterio.windows import Window

from plangeo.errors import InputError
from plangeo.gdalgate import OPTIONS, rasterio

Array = np.ndarray[Any, Any]
CACHE_MB = 256
"""The reader's own cache of unpacked blocks, so that memory does not depend on the machine."""
_OPTIONS = {**OPTIONS, "GDAL_CACHEMAX": CACHE_MB}
_REMEMBERED = 1_000_000


@dataclass(frozen=True)
class Layout:
    """What must be known of a file to read cells of it: the driver, the band from 1, the type of a cell, whether a mask goes with it."""

    driver: str
    band: int
    dtype: str
    masked: bool


@dataclass(frozen=True)
class Cells:
    """A window of a file: ``raw`` cells, ``mask`` (0 where there is none; None without a mask), and the blocks that were never written."""

    raw: Array
    mask: Array | None
    unwritten: tuple[tuple[int, int, int, int], ...]
    """First row, end row, first column, end column of each, in the raster."""


@contextmanager
def open_raster_file(path: Path, driver: str) -> Iterator[Any]:
    """Open a raster with the one driver that may open it; no address is followed, whatever the file says."""
    with rasterio.Env(**_OPTIONS), rasterio.open(path, driver=driver) as source:
        yield source


@contextmanager
def open_cells(path: Path, layout: Layout) -> Iterator[CellReader]:
    """Open a raster for reading windows."""
    with open_raster_file(path, layout.driver) as source:
        yield CellReader(path.name, layout, source)


@dataclass
class CellReader:
    """An open raster file."""

    name: str
    layout: Layout
    source: Any
    _written: dict[tuple[int, int], bool] = field(default_factory=dict)

    def read(self, top: int, bottom: int, left: int, right: int) -> Cells:
        """Read rows ``top`` … ``bottom`` − 1 and columns ``left`` … ``right`` − 1, which must lie within the raster.

        **Raises** InputError when the file cannot be read there (cut off, damaged).
        """
        window = Window(left, top, right - left, bottom - top)
        try:
            raw = self.source.read(self.layout.band, window=window)
            mask = self.source.read_masks(self.layout.band, window=window) if self.layout.masked else None
        except (RasterioError, MemoryError) as fault:
            raise InputError(
                f"{self.name} cannot be read at rows {top} to {bottom}: the file is cut off or damaged "
                f"({str(fault)[:120]}). Copy or export it again.",
                code="file_truncated",
            ) from fault
        return Cells(raw, mask, tuple(self._unwritten(top, bottom, left, right)))

    def _unwritten(self, top: int, bottom: int, left: int, right: int) -> Iterator[tuple[int, int, int, int]]:
        """The blocks of a sparse GeoTIFF that nobody wrote."""
        if self.layout.driver != "GTiff":
            return
        high, wide = self.source.block_shapes[self.layout.band - 1]
        for down in range(top // high, (bottom - 1) // high + 1):
            for across in range(left // wide, (right - 1) // wide + 1):
                if not self._is_written(down, across):
                    yield down * high, (down + 1) * high, across * wide, (across + 1) * wide

    def _is_written(self, down: int, across: int) -> bool:
        key = (down, across)
        if key not in self._written:
            if len(self._written) > _REMEMBERED:
                self._written.clear()
            name = f"BLOCK_OFFSET_{across}_{down}"
            self._written[key] = self.source.get_tag_item(name, "TIFF", self.layout.band) is not None
        return self._written[key]
