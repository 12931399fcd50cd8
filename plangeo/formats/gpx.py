"""GPX: what a hand-held GPS receiver writes; always WGS 84."""

from __future__ import annotations

from pathlib import Path

from plangeo.inputs import Format, Raw, Request, check_xml
from plangeo.vectors import read_layer


def read(path: Path, request: Request) -> Raw:
    """Read one layer (waypoints, routes, tracks, …). **Raises** InputError for DTDs, entities and other XML."""
    check_xml(path, ["gpx"], "GPX")
    # the vertices of routes and tracks repeat what the lines say
    return read_layer(path, request, driver="GPX", default_crs="EPSG:4326", ignore=("route_points", "track_points"))


FORMAT = Format("GPX", (".gpx",), "vector", read)
