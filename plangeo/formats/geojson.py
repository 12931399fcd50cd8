"""GeoJSON, also one feature per line."""

from __future__ import annotations

import re
from pathlib import Path

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, read_head, true_type
from plangeo.rowcounts import count_features, count_sequence, require_rows
from plangeo.vectors import read_layer

_KINDS = re.compile(rb'"type"\s*:\s*"(FeatureCollection|Feature|(?:Multi)?(?:Point|LineString|Polygon)|GeometryCollection)"')


def read(path: Path, request: Request) -> Raw:
    """Read GeoJSON; WGS 84 unless the file states another CRS.

    **Raises** InputError for another kind of JSON (TopoJSON, ESRI JSON, GDAL pipelines) or a damaged file; when a member of its
    features is no feature, or was not read.
    """
    head = read_head(path, 65536)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x1e \t\r\n")
    if not text.startswith(b"{") or b"gdal_streamed_alg" in text or not _KINDS.search(text):
        raise InputError(
            f"{path.name} is not GeoJSON: its content is {true_type(head)}. Export it as GeoJSON or GeoPackage.",
            code="file_not_its_type",
        )
    lines = head.startswith(b"\x1e") or path.suffix.lower() in {".geojsonl", ".geojsons", ".ndjson"}
    raw = read_layer(path, request, driver="GeoJSONSeq" if lines else "GeoJSON")
    counted = count_sequence(path) if lines else count_features(path)
    require_rows(len(raw.frame), counted, path.name, "the file holds")
    raw.counted[raw.layer] = {"rows": len(raw.frame), "counted": counted}
    return raw


FORMAT = Format("GeoJSON", (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson"), "vector", read)
