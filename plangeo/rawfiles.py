"""Files as they are read: the format by suffix and content, out of an archive, in this process or apart from it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import shapely

from plangeo.apart import is_apart
from plangeo.apart.asking import read_apart
from plangeo.errors import InputError
from plangeo.formats import list_formats
from plangeo.inputs import Format, Raw, Request, check_path, require_plain, require_signature, unpack
from plangeo.limits import require_extent, require_size


def format_of(path: Path) -> Format:
    """Return the format a path's suffix names. **Raises** InputError that lists the known suffixes.

    >>> format_of(Path("zones.GPKG")).name
    'GeoPackage'
    """
    formats = list_formats()
    suffix = path.suffix.lower()
    for entry in formats:
        if suffix in entry.suffixes:
            return entry
    known = ", ".join(s for f in formats for s in f.suffixes)
    hint = (
        " A DWG drawing must be saved as DXF first: in AutoCAD with Save As, without AutoCAD with the free ODA File Converter."
        if suffix == ".dwg"
        else ""
    )
    raise InputError(
        f"{path.name}: plangeo does not read files named {suffix or 'without suffix'!r}.{hint} It reads {known}, and .zip of one of them.",
        code="format_unknown",
    )


def read_raw(path: str | Path, request: Request) -> tuple[Raw, list[Path], str]:
    """Return a file as read, the files that belong to it, and ``table`` or ``vector``.

    Read in this process or apart from it, as ``request.trusted`` says. **Raises** InputError, CrsError.
    """
    found = check_path(path)
    raw, files, kind = (read_apart if is_apart(request.trusted) else read_here)(found, request)
    shapes = raw.frame.geometry.to_numpy() if isinstance(raw.frame, gpd.GeoDataFrame) else []
    require_extent(found.name, len(raw.frame), int(shapely.get_num_coordinates(shapes).sum()) if len(shapes) else 0)
    return raw, files, kind


def read_here(path: str | Path, request: Request) -> tuple[Raw, list[Path], str]:
    """Do what ``read_raw`` does, in this process.

    An archive is unpacked into a temporary folder first. **Raises** InputError, CrsError.
    """
    found = check_path(path)
    require_size([found])
    if found.suffix.lower() == ".zip":
        require_signature(found, [b"PK\x03\x04", b"PK\x05\x06"], "a ZIP archive")
        with tempfile.TemporaryDirectory(prefix="plangeo-") as folder:
            files = unpack(found, Path(folder))
            inner, rest = _inside(found, files, Path(folder), request)
            entry = format_of(inner)
            try:
                raw = entry.read(inner, rest)
            except InputError as error:
                raise type(error)(f"{found.name}: {error}", code=error.code) from error
        raw.notes.insert(0, f"{inner.name} was read from the archive {found.name}")
        return raw, [found], entry.kind
    entry = format_of(found)
    if found.is_dir() and ".gdb" not in entry.suffixes:
        raise InputError(f"{found.name} is a folder, not a {entry.name} file. Name the file inside it.", code="path_wrong")
    files = list(entry.sidecars(found))
    require_plain(files)
    require_size(files)
    if entry.kind == "vector" and "!" in str(found):
        # the reader takes "!" for the border of an archive: read a working copy under a plain name
        with tempfile.TemporaryDirectory(prefix="plangeo-") as folder:
            for file in files:
                copy = Path(folder) / file.name.replace("!", "_") if found.is_file() else Path(folder) / "copy.gdb" / file.name
                copy.parent.mkdir(exist_ok=True)
                shutil.copyfile(file, copy)
            return (
                entry.read(Path(folder) / (found.name.replace("!", "_") if found.is_file() else "copy.gdb"), request),
                files,
                entry.kind,
            )
    return entry.read(found, request), files, entry.kind


def _inside(archive: Path, files: Iterable[Path], folder: Path, request: Request) -> tuple[Path, Request]:
    """Choose what to read in an unpacked archive: the only vector file, else the only table, else the one ``layer=`` names."""
    kinds: dict[str, set[Path]] = {"vector": set(), "table": set()}
    for file in files:
        if any(part == "__MACOSX" or part.startswith(".") for part in file.relative_to(folder).parts):
            continue
        database = next((p for p in file.parents if p.suffix.lower() == ".gdb" and folder in p.parents), None)
        entry = next((f for f in list_formats() if (database or file).suffix.lower() in f.suffixes), None)
        if entry is not None:
            kinds[entry.kind].add(database or file)
    choices = sorted(kinds["vector"] or kinds["table"])
    if not choices:
        raise InputError(
            f"{archive.name} holds no file plangeo reads. Zip the shapefile with all its parts, or pass the file itself.",
            code="archive_contents",
        )
    if len(choices) == 1:
        return choices[0], request
    named = [c for c in choices if request.layer in (c.stem, c.name)]
    if len(named) == 1:
        return named[0], replace(request, layer=None)
    names = ", ".join(repr(c.stem) for c in choices[:20])
    raise InputError(
        f"{archive.name} holds {len(choices)} layers: {names}. plangeo does not guess which one is meant: name it with layer={choices[0].stem!r}.",
        code="part_not_chosen",
    )


def fingerprint(files: Iterable[Path]) -> str:
    """Return the SHA-256 of the files' bytes, in the order of their names; of one file it is what ``sha256sum`` prints."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda p: (p.name, str(p))):
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
