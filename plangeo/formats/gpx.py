"""GPX: what a hand-held GPS receiver writes; always WGS 84."""

from __future__ import annotations

from pathlib import Path

from plangeo.inputs import Format, Raw, Request, check_xml
from plangeo.markupcounts import count_tracks
from plangeo.rowcounts import require_rows
from plangeo.vectors import read_layer


def read(path: Path, request: Request) -> Raw:
    """Read one layer (waypoints, routes, tracks, …). **Raises** InputError for DTDs, entities and other XML, and when rows were lost."""
    check_xml(path, ["gpx"], "GPX")
    # the vertices of routes and tracks repeat what the lines say
    raw = read_layer(path, request, driver="GPX", default_crs="EPSG:4326", ignore=("route_points", "track_points"))
    counted = count_tracks(path, raw.layer)
    if counted is not None and len(raw.frame) < counted:  # the reader may add points that programs keep as extensions
        require_rows(len(raw.frame), counted, path.name, f"of its {raw.layer} the file holds")
    if counted is not None:
        raw.counted[raw.layer] = {"rows": len(raw.frame), "counted": counted}
    return raw


FORMAT = Format("GPX", (".gpx",), "vector", read)
