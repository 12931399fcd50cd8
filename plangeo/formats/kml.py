"""KML and KMZ: always WGS 84; links to other places are never followed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, check_xml, require_signature, unpack
from plangeo.vectors import read_layer

_DRAWING = ("timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon", "snippet")


def read(path: Path, request: Request) -> Raw:
    """Read one folder (layer) of a KML or KMZ file.

    **Raises** InputError for document types and entities, very deep folders, a KMZ without a KML inside.
    """
    if path.suffix.lower() != ".kmz":
        return _read(path, path, request)
    require_signature(path, [b"PK\x03\x04"], "a KMZ file")
    with tempfile.TemporaryDirectory(prefix="plangeo-") as folder:
        inside = [p for p in unpack(path, Path(folder)) if p.suffix.lower() == ".kml"]
        main = [p for p in inside if p.name.lower() == "doc.kml"] or inside
        if not main:
            raise InputError(f"{path.name} holds no KML document. Export it again from Google Earth.")
        raw = _read(main[0], path, request)
    if len(inside) > 1:
        raw.notes.append(f"{path.name} holds {len(inside)} KML documents; {main[0].name} was read")
    return raw


def _read(path: Path, shown: Path, request: Request) -> Raw:
    check_xml(path, ["kml", "Document", "Placemark", "Folder"], "KML")
    raw = read_layer(path, request, driver="LIBKML", default_crs="EPSG:4326", shown=shown.name)
    with path.open("rb") as stream:
        if any(b"NetworkLink" in line for line in stream):
            raw.notes.append(
                "the file links to another place (NetworkLink); the link was not followed and its content is not here"
            )
    # GDAL adds drawing attributes to every placemark; they say nothing about the place
    plain = [c for c in _DRAWING if c in raw.frame and _says_nothing(raw.frame[c])]
    raw.frame = raw.frame.drop(columns=plain)
    return raw


def _says_nothing(values: pd.Series) -> bool:
    return bool(values.isna().all() or values.astype(str).isin(["", "-1", "0", "1", "None", "nan", "<NA>"]).all())


FORMAT = Format("KML", (".kml", ".kmz"), "vector", read)
