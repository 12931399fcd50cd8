"""The files plangeo reads: one module here is one FORMAT; to add one, add its module to ``MODULES``."""

from __future__ import annotations

from importlib import import_module

from plangeo.inputs import Format

MODULES = (
    "spreadsheet",
    "csvfile",
    "geopackage",
    "shapefile",
    "geojson",
    "kml",
    "gml",
    "gpx",
    "geoparquet",
    "flatgeobuf",
    "mapinfo",
    "dxf",
    "dgn",
    "filegdb",
    "raster",
)


def list_formats() -> tuple[Format, ...]:
    """Return every format plangeo reads, in the order of ``MODULES``.

    >>> [f.name for f in list_formats()][:2]
    ['spreadsheet', 'CSV']
    """
    return tuple(import_module(f"plangeo.formats.{name}").FORMAT for name in MODULES)
