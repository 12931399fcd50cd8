"""The gate every file passes before a library parses it: paths, true content, archives, XML; and what a format is."""

from __future__ import annotations

import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from xml.parsers import expat

import pandas as pd

from plangeo.errors import InputError
from plangeo.limits import limits_now, raise_hint
from plangeo.lists.forms import Form
from plangeo.reading import Decision, Sentence

RATIO_FROM_BYTES = 100 * 1024**2
"""Below this unpacked size the ratio is not judged: small tables of blanks compress very well."""
_CHUNK = 1 << 20
UNZIP_FAULTS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What Python's reader of archives raises for damaged ones."""


@dataclass(frozen=True)
class Request:
    """What the caller asked for beside the path."""

    role: str = "sites"
    layer: str | None = None
    sheet: str | None = None
    crs: Any = None
    known: frozenset[str] = frozenset()
    """Folded header words the profile knows; they tell a header row from a data row."""
    labels: str | None = None
    """Levels of a drawing whose texts are the labels of its shapes, several with commas."""
    named: frozenset[str] = frozenset()
    """Canonical fields for which the caller has named a column."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Folded header word → canonical field, as far as ``known`` words have one."""
    header_row: tuple[int, int] | None = None
    """First and last row of the header, where the user states them."""
    forms: tuple[Form, ...] = ()
    codes: frozenset[str] = frozenset()
    """Class codes the profile knows: they may head columns of areas, and tell a label of a drawing from its other texts."""
    trusted: bool | None = None
    """Whether the file is read in this process; None: as the program around says (``apart.child.reading_apart``)."""

    @property
    def identifying(self) -> frozenset[str]:
        """Folded header words of names and identifiers."""
        return frozenset(word for word, meant in self.fields.items() if meant in ("site_id", "name"))

    def refuse_header_row(self, place: str) -> None:
        """**Raises** InputError when a header row is stated for a list of corners, where it would be read over in silence."""
        if self.header_row is not None:
            raise InputError(
                f"{place} is a list of corners, whose headers plangeo finds itself: leave header_row out (--header-row on the command line).",
                code="header_row_wrong",
            )


@dataclass
class Raw:
    """A file as read, before its columns are understood; every text is still as written."""

    frame: pd.DataFrame
    layer: str = ""
    notes: list[str] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)
    """Position of a row → what is wrong with it."""
    decisions: list[Decision] = field(default_factory=list)
    stated_crs: Any = None
    """The CRS the file itself states, whatever the caller stated; None where it states none."""
    sentences: list[Sentence] = field(default_factory=list)
    """Titles and notes beside the table, as written."""
    fields: dict[str, str] = field(default_factory=dict)
    """Column → canonical field, where a form or a heading without its unit says so; words the profile knows go first."""
    counted: dict[str, dict[str, int]] = field(default_factory=dict)
    """Sheet or layer → how many rows it has (``rows``) and what they are, or how many a second count found (``counted``)."""


@dataclass(frozen=True)
class Format:
    """One kind of file: how it is called, which names it has, how it is read.

    ``sidecars(path)`` lists the files that belong to ``path``, itself included.
    """

    name: str
    suffixes: tuple[str, ...]
    kind: Literal["table", "vector"]
    read: Callable[[Path, Request], Raw]
    sidecars: Callable[[Path], Sequence[Path]] = lambda path: [path]


def check_path(path: Any) -> Path:
    """Return ``path`` as a local path that exists.

    **Raises** InputError for addresses (``https://``, ``PG:``, ``/vsizip/``), which GDAL would follow,
    and for a path where nothing lies.
    """
    if not isinstance(path, str | Path):
        raise InputError(
            f"a {type(path).__name__} was given where the path of a file is wanted. Name the file, e.g. 'projects.xlsx'; "
            "what is read already goes to plangeo.assess.",
            code="path_wrong",
        )
    text = str(path)
    low = text.lower().replace("\\", "/")
    if "/vsi" in low or low.startswith("vsi") or "://" in low or low.startswith(("pg:", "mysql:", "wfs:", "http:", "https:")):
        raise InputError(
            f"{text!r} is an address, not a file: plangeo opens local files only. Download or export it first.",
            code="file_address",
        )
    if "\0" in text:
        raise InputError(f"{text!r} is not a file name: it holds a NUL character.", code="path_wrong")
    found = Path(text)
    if not found.exists():
        raise InputError(f"{text}: no such file. Check the spelling and the folder ({Path.cwd()}).", code="file_missing")
    require_plain([found])
    return found


def require_plain(files: Iterable[Path]) -> None:
    """**Raises** InputError for what is neither file nor folder (a pipe or a device, on which a reader would wait for ever), and for a
    link in a folder of a database that leads out of it.
    """
    for file in files:
        if not (file.is_file() or file.is_dir()):
            raise InputError(
                f"{file}: this is a pipe, a socket or a device, not a file; a reader could wait for it for ever. Copy its content into a file.",
                code="path_wrong",
            )
        inside = file.rglob("*") if file.is_dir() and file.suffix.lower() == ".gdb" else ()
        for part in inside:
            if part.is_symlink() or not (part.is_file() or part.is_dir()):
                raise InputError(
                    f"{file.name}: its part {part.name!r} is a link or a pipe, which could lead to any file. Copy the database itself.",
                    code="path_wrong",
                )


def read_head(path: Path, size: int = 4096) -> bytes:
    """Return the first ``size`` bytes of a file. **Raises** InputError when it cannot be opened or is empty."""
    try:
        with path.open("rb") as stream:
            head = stream.read(size)
    except OSError as error:
        raise InputError(f"{path.name}: cannot be opened ({error.strerror or error}).", code="file_damaged") from error
    if not head:
        raise InputError(f"{path.name} is empty (0 bytes). Export or copy it again.", code="file_empty")
    return head


_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PK\x03\x04", "a ZIP archive (or a modern Office file)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.xls, .doc) or an encrypted workbook"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"fgb", "a FlatGeobuf file"),
    (b"\x00\x00\x27\x0a", "a shapefile (.shp)"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"II*\0", "a TIFF raster"),
    (b"MM\0*", "a TIFF raster"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
)


def true_type(head: bytes) -> str:
    """Say in words what the first bytes of a file show.

    >>> true_type(b"PAR1....")
    'a Parquet file'
    >>> true_type("Mã;Tên".encode())
    'plain text, perhaps CSV'
    """
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return words
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    low = text[:2048].lower()
    if b"vrtdataset" in low or b"ogrvrt" in low or b"gdal_streamed_alg" in low:
        return "a GDAL virtual file, which may point at other files"
    if text.startswith(b"<"):
        return "an HTML page" if b"<html" in low else "an XML document"
    if text.startswith((b"{", b"[")):
        return "a JSON document"
    if b"\0" in head:
        return "binary data of an unknown kind"
    return "plain text, perhaps CSV"


def require_signature(path: Path, signatures: Iterable[bytes], wanted: str) -> bytes:
    """Return the head of ``path`` when it begins with one of ``signatures``.

    **Raises** InputError that names the true type otherwise: a wrong suffix would let a library guess.
    """
    head = read_head(path)
    if not head.startswith(tuple(signatures)):
        raise InputError(
            f"{path.name} is not {wanted}: its content is {true_type(head)}. Rename it to its true type, or export it again.",
            code="file_not_its_type",
        )
    return head


def find_beside(path: Path, suffix: str) -> Path | None:
    """Return the neighbour of ``path`` with the same stem and ``suffix`` in any case, or None."""
    wanted = (path.stem + suffix).lower()
    exact = path.with_suffix(suffix)
    if exact.exists():
        return exact
    return next((p for p in sorted(path.parent.iterdir()) if p.name.lower() == wanted), None)


def family(path: Path, suffixes: Iterable[str]) -> list[Path]:
    """Return ``path`` and its neighbours of the same stem with one of ``suffixes``, sorted by name."""
    wanted = {(path.stem + s).lower() for s in suffixes}
    found = {p for p in path.parent.iterdir() if p.name.lower() in wanted} | {path}
    return sorted(found, key=lambda p: p.name)


def check_zip(path: Path) -> list[zipfile.ZipInfo]:
    """Return the entries of a ZIP archive that is safe to unpack.

    **Raises** InputError for damaged or encrypted archives, symbolic links, names that lead out of the
    folder, and archives that would unpack to more than the limits of this module.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except UNZIP_FAULTS as error:
        raise InputError(
            f"{path.name} is a damaged ZIP archive ({error}). Copy or export it again.", code="archive_damaged"
        ) from error
    most = limits_now()
    if len(entries) > most.archive_entries:
        raise InputError(
            f"{path.name} holds {len(entries)} entries; at most {most.archive_entries} are unpacked (limit archive_entries). Send the "
            f"needed files only. {raise_hint('archive_entries')}",
            code="archive_too_large",
        )
    for entry in entries:
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InputError(
                f"{path.name}: entry {entry.filename!r} is a symbolic link, which could point at any file. Zip the file itself.",
                code="archive_unsafe",
            )
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name or "\0" in name:
            raise InputError(
                f"{path.name}: entry {entry.filename!r} leads out of the archive's folder. Zip the files again.",
                code="archive_unsafe",
            )
        if entry.flag_bits & 1:
            raise InputError(
                f"{path.name}: entry {entry.filename!r} is encrypted. Unpack it and pass the files.", code="file_encrypted"
            )
    total = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    for limit, broken in (
        ("archive_mb", total > most.archive_mb * 1_000_000),
        ("archive_ratio", total > RATIO_FROM_BYTES and total / packed > most.archive_ratio),
    ):
        if broken:
            raise InputError(
                f"{path.name} would unpack from {packed:,} to {total:,} bytes: that looks like a ZIP bomb (limit {limit}: "
                f"{getattr(most, limit):,}). If the file is genuine, unpack it yourself and pass the files. {raise_hint(limit)}",
                code="archive_too_large",
            )
    return entries


def unpack(path: Path, folder: Path) -> list[Path]:
    """Unpack a ZIP archive into ``folder`` and return the files, sorted.

    **Raises** InputError as ``check_zip`` does, for an archive inside the archive (depth 1), and when an
    entry does not hold what the archive's directory says.
    """
    files: list[Path] = []
    entries = check_zip(path)
    for entry in entries:
        if PurePosixPath(entry.filename).suffix.lower() in {".zip", ".kmz", ".7z", ".rar", ".gz"}:
            raise InputError(
                f"{path.name}: holds another archive ({entry.filename!r}). Unpack it once and zip the files themselves.",
                code="archive_contents",
            )
    with zipfile.ZipFile(path) as archive:
        for entry in entries:
            target = folder / entry.filename.replace("\\", "/")
            if entry.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(entry) as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink, _CHUNK)
            except UNZIP_FAULTS as error:
                raise InputError(
                    f"{path.name}: entry {entry.filename!r} cannot be unpacked ({error}).", code="archive_damaged"
                ) from error
            files.append(target)
    return sorted(files)


def check_xml(path: Path, roots: Mapping[str, str] | Iterable[str], wanted: str) -> None:
    """Walk an XML file once without building anything.

    **Raises** InputError when its root element (without prefix) is none of ``roots``, when it declares a
    document type or entities (entity bombs, files read by reference), nests deeper than the limit xml_depth, or
    is not well-formed (with line and column).
    """
    read_head(path)
    depth = 0
    seen_root = False
    deepest = limits_now().xml_depth
    allowed = {r.lower() for r in roots}

    def start(name: str, _attributes: Any) -> None:
        nonlocal depth, seen_root
        depth += 1
        if not seen_root:
            seen_root = True
            if name.rpartition(":")[2].lower() not in allowed:
                raise InputError(
                    f"{path.name} is not {wanted}: its root element is <{name}>. Export it again.", code="file_not_its_type"
                )
        if depth > deepest:
            raise InputError(
                f"{path.name}: elements are nested deeper than {deepest} (limit xml_depth); such a file can crash readers. Flatten its "
                f"folders. {raise_hint('xml_depth')}",
                code="xml_unsafe",
            )

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_arguments: Any) -> None:
        raise InputError(
            f"{path.name} declares a document type or entities (<!DOCTYPE …>), which can hide bombs or read other files. "
            "Remove the declaration, or export the file again.",
            code="xml_unsafe",
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        with path.open("rb") as stream:
            parser.ParseFile(stream)
    except (expat.ExpatError, LookupError) as error:
        raise InputError(f"{path.name} is not well-formed XML: {error}. Export it again.", code="file_damaged") from error
