"""GML: schemas are never fetched and no file is written beside the source."""

from __future__ import annotations

from pathlib import Path

from plangeo.inputs import Format, Raw, Request, check_xml, family
from plangeo.vectors import read_layer


def read(path: Path, request: Request) -> Raw:
    """Read one feature type of a GML file. **Raises** InputError for DTDs, entities and other XML; CrsError without a CRS."""
    check_xml(path, ["FeatureCollection", "SpatialDataset", "Dataset", "collection", "featureMembers"], "GML")
    return read_layer(path, request, driver="GML", options={"WRITE_GFS": "NO"})


def sidecars(path: Path) -> list[Path]:
    """Return the file with its schema, which decides how columns are read."""
    return family(path, (".gml", ".xsd", ".gfs"))


FORMAT = Format("GML", (".gml",), "vector", read, sidecars)
