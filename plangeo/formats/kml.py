"""KML and KMZ: always WGS 84; links to other places are never followed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from plangeo.errors import InputError
from plangeo.inputs import Format, Raw, Request, check_xml, require_signature, unpack
from plangeo.kmldocument import KmlDocument, Placemark, described, read_document
from plangeo.markupcounts import count_placemarks
from plangeo.reading import Decision
from plangeo.rowcounts import require_rows
from plangeo.vectors import settle_crs

_SHOWN = 20


def read(path: Path, request: Request) -> Raw:
    """Read the placemarks of a KML or KMZ file; folders become the column ``folder``, or ``layer=`` names one.

    **Raises** InputError for document types and entities, very deep folders, a KMZ without a KML inside, several folders
    where only one can be meant, and a file without placemarks.
    """
    if path.suffix.lower() != ".kmz":
        return _read(path, path, request)
    require_signature(path, [b"PK\x03\x04"], "a KMZ file")
    with tempfile.TemporaryDirectory(prefix="plangeo-") as folder:
        inside = [p for p in unpack(path, Path(folder)) if p.suffix.lower() == ".kml"]
        main = [p for p in inside if p.name.lower() == "doc.kml"] or inside
        if not main:
            raise InputError(f"{path.name} holds no KML document. Export it again from Google Earth.", code="file_damaged")
        try:
            raw = _read(main[0], path, request)
        except InputError as fault:
            if path.name in str(fault):
                raise
            raise type(fault)(f"{path.name}: {fault}", code=fault.code) from fault
    if len(inside) > 1:
        raw.notes.append(f"{path.name} holds {len(inside)} KML documents; {main[0].name} was read")
    return raw


def _read(path: Path, shown: Path, request: Request) -> Raw:
    check_xml(path, ["kml", "Document", "Placemark", "Folder"], "KML")
    document = read_document(path)
    counted = count_placemarks(path)
    require_rows(len(document.placemarks), counted, shown.name, "the number of elements called Placemark is")
    notes = _others(document)
    decisions: list[Decision] = []
    marks = _chosen(document, request, shown, notes, decisions)
    shapes = np.array([m.shape() for m in marks], dtype=object)
    problems = {i: m.problem for i, m in enumerate(marks) if m.problem}
    for i in problems:
        shapes[i] = None
    crs = settle_crs("EPSG:4326", request, shown.name, notes, shapes)
    if any(m.high for m in marks):
        notes.append("heights (Z) of the geometry are not used")
    if unclosed := [m.texts.get("Name") or f"placemark {i}" for i, m in enumerate(marks, start=1) if m.unclosed]:
        shown_names = ", ".join(map(repr, unclosed[:_SHOWN]))
        notes.append(f"rings of {len(unclosed)} polygon(s) do not return to their first corner and were closed: {shown_names}")
    table = _table(marks, request, decisions)
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    layer = document.name or shown.stem
    return Raw(frame, layer, notes, problems, decisions, counted={layer: {"rows": len(frame), "counted": counted}})


def _others(document: KmlDocument) -> list[str]:
    notes = []
    if links := document.others.pop("NetworkLink", 0):
        notes.append(
            f"the file links to another place (NetworkLink, {links} time(s)); the link was not followed and its content is not here"
        )
    if document.others:
        told = ", ".join(f"{count} {name}" for name, count in sorted(document.others.items()))
        notes.append(f"pictures are no places and were left out: {told}")
    return notes


def _chosen(document: KmlDocument, request: Request, shown: Path, notes: list[str], decisions: list[Decision]) -> list[Placemark]:
    """The placemarks of the folder asked for; of all folders where rows of several may stand together."""
    marks = document.placemarks
    if not marks:
        raise InputError(
            f"{shown.name} has no placemarks: an empty layer would make every site look free of conflict. Check the export, or leave "
            "the layer out." + "".join(f" Note: {note}." for note in notes),
            code="layer_empty",
        )
    folders = list(dict.fromkeys(m.folder for m in marks))
    names = ", ".join(repr(f or document.name) for f in folders[:_SHOWN])
    if request.layer is not None:
        wanted = [m for m in marks if request.layer in (m.folder or document.name, *m.folder.split(" / "))]
        if not wanted and request.layer != document.name:
            raise InputError(f"{shown.name} has no folder {request.layer!r}; it has {names}.", code="part_unknown")
        return wanted or marks
    if len(folders) > 1 and request.role not in ("sites", "register"):
        raise InputError(
            f"{shown.name} has {len(folders)} layers: {names}. plangeo does not guess which one is meant: name the folder with "
            f"layer={folders[-1]!r}.",
            code="part_not_chosen",
        )
    if len(folders) > 1:
        said = f"{len(marks)} placemarks of {len(folders)} folders were read together; the column 'folder' tells them apart, layer= names one"
        decisions.append(Decision("sheet", shown.name, said, names[:200]))
    return marks


def _table(marks: list[Placemark], request: Request, decisions: list[Decision]) -> pd.DataFrame:
    """Names, data and descriptions as columns; what ExtendedData says wins over the description."""
    rows: list[dict[str, str]] = []
    told: dict[str, int] = {}
    for mark in marks:
        row = {"folder": mark.folder} | mark.texts
        for name, text in described(mark.texts.get("description", ""), request.known).items():
            if not row.get(name):
                row[name] = text
                told[name] = told.get(name, 0) + 1
        rows.append(row)
    if told:
        shown = ", ".join(f"{name!r} ({count})" for name, count in list(told.items())[:_SHOWN])
        decisions.append(
            Decision("column", "descriptions", f"columns were read from the tables and lines of descriptions: {shown}")
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    if all(m.folder == "" for m in marks):
        names.remove("folder")
    columns = {("geometry_raw" if n == "geometry" else n): pd.array([row.get(n) for row in rows], dtype=object) for n in names}
    table = pd.DataFrame(columns, index=range(len(rows)))
    if any(m.identifier for m in marks):
        table.insert(0, "id" if "id" not in table else "placemark_id", [m.identifier for m in marks])
    table = table.rename(columns={"source_row": "source_row_raw"})
    table["source_row"] = np.arange(1, len(rows) + 1, dtype=float)
    return table


FORMAT = Format("KML", (".kml", ".kmz"), "vector", read)
