"""GeoTIFF and its kin: recognised and described, so that an officer learns at once why no project was judged by it."""

from __future__ import annotations

from pathlib import Path

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request


def read(path: Path, request: Request) -> Raw:
    """Refuse a raster where zones, districts or a register are wanted, and say what it is. **Raises** InputError always."""
    raise InputError(
        f"{path.name} is {describe(path)}, but {request.role} must be shapes or a table. "
        "A raster (slope, flood depth, land cover) is measured with plangeo.terrain; it is no substitute for a vector file here.",
        code="format_unknown",
    )


def describe(path: Path) -> str:
    """Return one line on a raster from its header alone: no pixel is read, so a huge sparse file costs nothing."""
    from rasterio.errors import RasterioError

    from plangeo.gdalgate import OPTIONS, rasterio

    try:
        with rasterio.Env(**OPTIONS), rasterio.open(path, driver="GTiff") as raster:
            crs = raster.crs.to_string() if raster.crs else "no coordinate reference system"
            return f"a raster of {raster.width} × {raster.height} cells, {raster.count} band(s), {crs}"
    except RasterioError:
        return "named like a raster, but cannot be read as GeoTIFF"


FORMAT = Format("GeoTIFF", (".tif", ".tiff"), "vector", read)
