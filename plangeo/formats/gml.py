"""GML: schemas are never fetched and no file is written beside the source."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from plangeo.inputs import Format, Raw, Request, check_xml, family
from plangeo.vectors import CURVE_NOTE, read_layer

_ARC = re.compile(rb"<(?:\w+:)?(?:Arc|Circle)\w*[\s>]")


def read(path: Path, request: Request) -> Raw:
    """Read one feature type of a GML file. **Raises** InputError for DTDs, entities and other XML; CrsError without a CRS."""
    check_xml(path, ["FeatureCollection", "SpatialDataset", "Dataset", "collection", "featureMembers"], "GML")
    # GDAL writes a .gfs beside the source on opening; a working copy leaves the officer's folder alone
    with tempfile.TemporaryDirectory(prefix="plangeo-") as folder:
        for part in sidecars(path):
            shutil.copyfile(part, Path(folder) / part.name)
        raw = read_layer(Path(folder) / path.name, request, driver="GML", options={"WRITE_GFS": "NO"}, shown=path.name)
    with path.open("rb") as stream:
        if any(_ARC.search(line) for line in stream) and CURVE_NOTE not in raw.notes:
            raw.notes.append(CURVE_NOTE)
    return raw


def sidecars(path: Path) -> list[Path]:
    """Return the file with its schema, which decides how columns are read."""
    return family(path, (".gml", ".xsd", ".gfs"))


FORMAT = Format("GML", (".gml",), "vector", read, sidecars)
