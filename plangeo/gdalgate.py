"""The one door to GDAL: pyogrio, fiona and rasterio each bring one of their own, and each is opened here.

A GDAL reads ``GDAL_SKIP`` once, when it registers its drivers. So each binding is imported here with that list set, and made to
register its drivers at once; afterwards the environment is as it was, but for paths to data of another installation, which stay
away. Where the binding was in use before plangeo, its drivers are what they are (``exposed`` says so): content and name of every
file are looked at before GDAL sees it, fiona and rasterio are told the only driver that may open it, and files of strangers are
read in another process (``plangeo.apart``), whose environment is always this one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any

# Drivers that follow references to other files or to the network, run pipelines, or hand files to other programs; each GDAL
# complains of names it does not know, so each has its own list.
_VECTOR = "VRT,OGR_VRT,WFS,OAPIF,CSW,Elasticsearch,Carto,AmigoCloud,PLSCENES,NGW,GTFS,PMTiles,MVT,GPSBabel"
NEVER: Mapping[str, str] = {
    "pyogrio": f"{_VECTOR},GDALG,GTI,HTTP,WMS,WMTS,WCS,OGCAPI,EEDA,EEDAI,ADBC,MBTiles,DAAS,STACIT,STACTA,DERIVED,PLMOSAIC,Zarr,PDF,XLSX,ODS",
    "rasterio": f"{_VECTOR},GTI,HTTP,WMS,WMTS,WCS,EEDA,EEDAI,MBTiles,DAAS,STACIT,STACTA,DERIVED,PLMOSAIC,Zarr,PDF",
    "fiona": "",  # registers anew whenever it is entered, so only the list given with each opening holds
}
OPTIONS: Mapping[str, str] = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_TIMEOUT": "1",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
}
"""Options of GDAL that plangeo sets for every reading, also where drivers were registered before."""
VECTOR_OPTIONS = {**OPTIONS, "GDAL_PAM_ENABLED": "NO"}
"""The same for vectors: no .aux.xml beside the officer's files; with rasters such notes may hold the unit."""
_FOREIGN = ("GDAL_DATA", "PROJ_DATA", "PROJ_LIB", "GDAL_DRIVER_PATH", "OGR_DRIVER_PATH")
_MARKS = (
    b"<ogrvrtdatasource",
    b"<vrtdataset",
    b"gdal_streamed_alg",
    b"<gdal_wms",
    b"<ogrwfsdatasource",
    b"<wcs_gdal",
    b"<gdalwmts",
    b"<gdaltileindexdataset",
)
_LOOKED_AT = 1 << 16
_lock = RLock()


def environment(given: Mapping[str, str], binding: str = "pyogrio") -> dict[str, str]:
    """Return ``given`` as an environment in which a GDAL may start: drivers left out, no network, no data of another installation.

    >>> environment({"PROJ_DATA": "/opt/other/share/proj", "GDAL_SKIP": "MSSQL"})["GDAL_SKIP"].startswith("MSSQL,VRT,")
    True
    """
    kept = {name: value for name, value in given.items() if not _is_foreign(name, value)}
    skipped = ",".join(filter(None, (given.get("GDAL_SKIP", "").replace(" ", ","), NEVER[binding])))
    # GDAL_SKIP leaves out drivers of both kinds; OGR_SKIP, said as well, would only make GDAL complain that they are gone
    return {**kept, **OPTIONS, "GDAL_SKIP": skipped, "PROJ_NETWORK": "OFF"}


def _is_foreign(name: str, value: str) -> bool:
    """Whether a variable leads GDAL or PROJ to data (or drivers) that do not belong to this Python."""
    if name not in _FOREIGN:
        return False
    own = Path(sys.prefix).resolve()
    return not any(own in (Path(part).resolve(), *Path(part).resolve().parents) for part in value.split(os.pathsep))


@contextmanager
def guarded(binding: str) -> Iterator[None]:
    """Keep the environment of ``environment`` within the block."""
    with _lock:
        before = dict(os.environ)
        wanted = environment(before, binding)
        for name in before.keys() - wanted.keys():
            del os.environ[name]
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name in wanted:
                if name not in before:
                    os.environ.pop(name, None)
                elif os.environ.get(name) != before[name]:
                    os.environ[name] = before[name]


def _start(name: str) -> Any:
    """Import a binding and have it register its drivers."""
    with guarded(name):
        module = import_module(name)
        if name == "pyogrio":
            import_module("pyogrio.errors")
            import_module("pyogrio.raw")
            module.set_gdal_config_options(VECTOR_OPTIONS)
            module.set_gdal_config_options({"OGR_ARC_STEPSIZE": "1"})
            # hand over the bytes: GDAL's decoder of CP1258 drops the last letter of every text
            module.set_gdal_config_options({"DXF_ENCODING": "UTF-8"})
        else:
            import_module(f"{name}.errors")
            with module.Env():
                pass
    return module


def __getattr__(name: str) -> Any:
    if name not in ("pyogrio", "fiona", "rasterio"):
        raise AttributeError(f"there is no GDAL called {name!r}")
    found = globals()[name] = _start(name)
    return found


def exposed() -> tuple[str, ...]:
    """Return the drivers, of those to be left out, that pyogrio has in this process because it was in use before plangeo."""
    return tuple(sorted(set(NEVER["pyogrio"].split(",")) & set(__getattr__("pyogrio").list_drivers())))


def reference_in(path: Path) -> str:
    """Return the mark by which GDAL would take a file for one that points at other files or at the network; empty when it has none.

    Some drivers look for their mark anywhere in the head of a file, so JSON or XML may carry it behind an honest beginning.
    """
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        head = stream.read(_LOOKED_AT).lower()
    return next((mark.decode().strip("<") for mark in _MARKS if mark in head), "")
