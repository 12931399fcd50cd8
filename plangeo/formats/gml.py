"""GML: schemas are never fetched and no file is written beside the source."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from plangeo.gdalgate import pyogrio
from plangeo.inputs import Format, Raw, Request, check_xml, family
from plangeo.markupcounts import require_members
from plangeo.vectors import CURVE_NOTE, read_layer

_ARC = re.compile(rb"<(?:\w+:)?(?:Arc|Circle)\w*[\s>]")


def read(path: Path, request: Request) -> Raw:
    """Read one feature type of a GML file.

    **Raises** InputError for DTDs, entities and other XML, and when features or shapes of the file were not read; CrsError without a CRS.
    """
    check_xml(path, ["FeatureCollection", "SpatialDataset", "Dataset", "collection", "featureMembers"], "GML")
    # GDAL writes a .gfs beside the source on opening; a working copy leaves the officer's folder alone
    with tempfile.TemporaryDirectory(prefix="plangeo-") as folder:
        for part in sidecars(path):
            shutil.copyfile(part, Path(folder) / part.name)
        copy = Path(folder) / path.name
        # without a filter GDAL trusts the number of features that an old .gfs states, and reads no more
        raw = read_layer(copy, request, driver="GML", options={"WRITE_GFS": "NO"}, where="1 = 1", shown=path.name)
        others = {name: rows for name, rows in _layer_rows(copy).items() if name != raw.layer}
    counted, note = require_members(path, raw.layer, len(raw.frame), others, chosen=request.layer is not None)
    raw.notes += [note] if note else []
    raw.counted[raw.layer] = {"rows": len(raw.frame), "counted": counted}
    with path.open("rb") as stream:
        if any(_ARC.search(line) for line in stream) and CURVE_NOTE not in raw.notes:
            raw.notes.append(CURVE_NOTE)
    return raw


def _layer_rows(path: Path) -> dict[str, int]:
    """Layer → its rows, as the reader has them."""
    names = [str(row[0]) for row in pyogrio.list_layers(path)]
    return {n: int(pyogrio.read_info(path, layer=n, force_feature_count=True, WRITE_GFS="NO")["features"]) for n in names}


def sidecars(path: Path) -> list[Path]:
    """Return the file with its schema, which decides how columns are read."""
    return family(path, (".gml", ".xsd", ".gfs"))


FORMAT = Format("GML", (".gml",), "vector", read, sidecars)
