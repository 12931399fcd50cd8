"""Layers made ready for measuring once, and kept: repaired, cut into pieces, sorted, read by window.

What is kept is never trusted: every file is hashed when it is opened, and the key covers the input, the way it was
read and the versions of the libraries. Whatever does not fit is made anew. Nothing is unpickled. What cannot be kept
(a full disk, a column without a faithful form in Parquet) is used from memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from numpy.typing import NDArray

from plangeo._version import __version__
from plangeo.borders import Borders, settle, shared_borders
from plangeo.geometry import as_crs, repair_layer, to_crs
from plangeo.partition import CONTACT_WIDTH_M
from plangeo.piecefile import read_borders, read_pieces, write_borders, write_pieces
from plangeo.pieces import Pieces, cut, hilbert_positions

# Raise when preparing changes: everything kept before is then made anew.
PREPARING = 1
# Prepared layers above this total are removed, those unused for longest first.
LIMIT_BYTES = 4 * 2**30
_NAMES = ("pieces", "borders", "rows", "repairs")
_ABOUT = "layer.json"
_ABOUT_BYTES = 16 * 2**20

Window = tuple[float, float, float, float]


@dataclass(frozen=True)
class PreparedLayer:
    """A layer ready for measuring; geometry is read by window."""

    rows: pd.DataFrame
    """The rows of the layer without geometry, in the given order, with ``problem`` and ``repaired``."""
    repairs: list[dict[str, Any]]
    """Rows of the repair ledger (tables.REPAIRS)."""
    crs: pyproj.CRS
    key: str
    kept: str
    """Where the layer is kept, or why it is not (then it starts with "not kept")."""
    files: Mapping[str, Any]

    def pieces(self, window: Window | None = None) -> Pieces:
        """Return the pieces whose boxes meet ``window`` (west, south, east, north in the layer's CRS), or all."""
        return read_pieces(self.files["pieces"], window)

    def borders(self, window: Window | None = None) -> Borders:
        """Return the borders (``plangeo.borders``) whose boxes meet ``window``, or all."""
        return read_borders(self.files["borders"], window)

    def near(self, window: Window) -> gpd.GeoDataFrame:
        """Return the rows that meet ``window`` with their ground in and around it, for exact work on single sites.

        The geometry is complete inside the window; farther away parts may be missing.
        """
        pieces = self.pieces(window)
        order = np.lexsort((pieces.numbers, pieces.rows))
        numbers, starts = np.unique(pieces.rows[order], return_index=True)
        groups = np.split(pieces.geometries[order], starts[1:]) if len(numbers) else []
        shapes = [g[0] if len(g) == 1 else shapely.union_all(g) for g in groups]
        return gpd.GeoDataFrame(
            self.rows.iloc[numbers], geometry=gpd.GeoSeries(shapes, index=self.rows.index[numbers], crs=self.crs)
        )


def prepare(
    read: gpd.GeoDataFrame | Callable[[], gpd.GeoDataFrame],
    *,
    layer: str,
    id_column: str,
    crs: Any,
    files: Iterable[str | Path] = (),
    options: Mapping[str, Any] | None = None,
    folder: str | Path | None = None,
) -> PreparedLayer:
    """Return the layer ready for measuring, from what is kept of it or made anew.

    Parameters: ``read`` the frame, or a function that reads it (called only when nothing fitting is kept); ``layer``
    its role (zones, districts); ``id_column`` its identifier; ``crs`` the metric CRS to measure in; ``files`` all files
    ``read`` depends on, and ``options`` everything else (both needed when ``read`` is a function); ``folder`` where to
    keep it, by default ``$XDG_CACHE_HOME/plangeo`` or ``~/.cache/plangeo``.
    **Raises** CrsError when the layer cannot be converted, ValueError when a function comes without ``files``.

    >>> zones = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[shapely.box(0, 0, 9, 9)], crs="EPSG:9215")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ready = prepare(zones, layer="zones", id_column="zone_id", crs="EPSG:9215", folder=folder)
    >>> len(ready.pieces((1, 1, 2, 2))), len(ready.pieces((20, 20, 21, 21)))
    (1, 0)
    """
    paths = [Path(f) for f in files]
    if callable(read) and not paths:
        raise ValueError("A layer that is read by a function needs files=…, so that a change of the files is noticed.")
    given = {
        "preparing": PREPARING,
        "versions": _versions(),
        "layer": layer,
        "id_column": id_column,
        "crs": as_crs(crs).to_wkt(),
        "options": options or {},
        "files": [[p.name, _hash_file(p)] for p in paths] if callable(read) else _hash_frame(read),
    }
    key = hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode()).hexdigest()
    place = _cache_folder(folder) / key
    known = _open(place, key)
    if known is not None:
        return known
    made, about = _make(read() if callable(read) else read, layer, id_column, crs, key)
    return _keep(place, made, about) if about is not None else made


def _make(frame: gpd.GeoDataFrame, layer: str, id_column: str, crs: Any, key: str) -> tuple[PreparedLayer, dict[str, Any] | None]:
    """Prepare a frame in memory; also what to write beside it, or None when its rows do not survive Parquet."""
    gated, repairs = repair_layer(frame, layer, id_column)
    moved = to_crs(gated, crs)
    if moved is not gated and not bool(shapely.is_valid(moved.geometry.dropna().to_numpy()).all()):
        moved, later = repair_layer(moved, layer, id_column)  # rounding by the conversion can pinch a ring
        repairs += later
    shapes = moved.geometry.to_numpy()
    rows = pd.DataFrame(moved.drop(columns=moved.geometry.name))
    rows.attrs = {}
    pieces = cut(shapes)
    borders = settle(shared_borders(shapes), pieces, CONTACT_WIDTH_M)
    order = np.argsort(hilbert_positions(_boxes(borders.coordinates)), kind="stable")
    buffers = {"pieces": write_pieces(pieces), "borders": write_borders(borders.take(order))}
    plain = [str(c) for c in rows if rows[c].dtype == object]
    made = PreparedLayer(rows, repairs, as_crs(crs), key, "not kept: its rows cannot be written faithfully", buffers)
    try:
        buffers["rows"] = _to_parquet(rows)
        buffers["repairs"] = _to_parquet(pd.DataFrame({"ledger": [json.dumps(r, allow_nan=True) for r in repairs]}, dtype="str"))
        pd.testing.assert_frame_equal(_rows(buffers["rows"], plain), rows)
    except (pa.ArrowException, TypeError, ValueError, AssertionError):
        return made, None
    return made, {"key": key, "crs": as_crs(crs).to_wkt(), "object_columns": plain}


def _rows(buffer: Any, plain: list[str]) -> pd.DataFrame:
    rows: pd.DataFrame = pq.ParquetFile(pa.BufferReader(buffer)).read().to_pandas()
    for column in plain:
        values = rows[column].astype(object)
        rows[column] = values.where(values.notna(), None) if values.isna().any() else values
    return rows


def _to_parquet(frame: pd.DataFrame) -> Any:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(frame), sink)
    return sink.getvalue()


def _keep(place: Path, made: PreparedLayer, about: dict[str, Any]) -> PreparedLayer:
    """Write the layer under a temporary name, then rename it: a reader sees all of it or nothing."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=place.parent))
        try:
            about["files"] = {}
            for name in _NAMES:
                content = memoryview(made.files[name])
                (draft / f"{name}.parquet").write_bytes(content)
                about["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            text = json.dumps(about, sort_keys=True)
            (draft / _ABOUT).write_text(json.dumps({"about": text, "sha256": _hash_text(text)}), encoding="utf-8")
            if place.exists():  # spoiled, or it would have been used; moved aside first, so that no half is ever seen
                spoiled = draft.with_name(f"{draft.name}-spoiled")
                place.rename(spoiled)
                shutil.rmtree(spoiled, ignore_errors=True)
            draft.rename(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        _prune(place.parent, keep=place)
    except OSError as fault:
        known = _open(place, made.key)  # another process may have been first
        return known or PreparedLayer(made.rows, made.repairs, made.crs, made.key, f"not kept: {fault}", made.files)
    return _open(place, made.key) or made


def _open(place: Path, key: str) -> PreparedLayer | None:
    """Return the kept layer, or None when it is not there or anything about it is wrong."""
    try:
        about = _read_about(place)
        if about["key"] != key or set(about["files"]) != set(_NAMES):
            return None
        files = {name: _checked(place / f"{name}.parquet", about["files"][name]) for name in _NAMES}
        ledger = pq.ParquetFile(pa.BufferReader(files["repairs"])).read().column("ledger").to_pylist()
        rows = _rows(files["rows"], list(about["object_columns"]))
        os.utime(place / _ABOUT)
        return PreparedLayer(rows, [json.loads(r) for r in ledger], as_crs(about["crs"]), key, str(place), files)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, pa.ArrowException):
        return None


def _read_about(place: Path) -> dict[str, Any]:
    with (place / _ABOUT).open("rb") as file:
        outer = json.loads(file.read(_ABOUT_BYTES))
    if _hash_text(outer["about"]) != outer["sha256"]:
        raise ValueError("the description of a prepared layer was changed")
    about: dict[str, Any] = json.loads(outer["about"])
    return about


def _checked(path: Path, expected: Mapping[str, Any]) -> Any:
    """The file in memory (what was hashed is what is used); its size and hash are those that were written."""
    if path.stat().st_size != expected["bytes"]:
        raise ValueError(f"{path.name} was cut")
    content = path.read_bytes()
    if len(content) != expected["bytes"] or hashlib.sha256(content).hexdigest() != expected["sha256"]:
        raise ValueError(f"{path.name} was changed")
    return pa.py_buffer(content)


def _prune(folder: Path, keep: Path) -> None:
    """Remove the layers unused for longest until all together are within the limit, and drafts older than a day."""
    now = (keep / _ABOUT).stat().st_mtime
    entries = []
    for place in folder.iterdir():
        if place.name.startswith("draft-") and now - place.stat().st_mtime > 86_400:
            shutil.rmtree(place, ignore_errors=True)
        elif len(place.name) == 64 and (place / _ABOUT).is_file():
            size = sum(f.stat().st_size for f in place.iterdir() if f.is_file())
            entries.append(((place / _ABOUT).stat().st_mtime, place.name, size))
    total = sum(size for _, _, size in entries)
    for _, name, size in sorted(entries):
        if total <= LIMIT_BYTES:
            break
        if name != keep.name:
            shutil.rmtree(folder / name, ignore_errors=True)
            total -= size


def _cache_folder(folder: str | Path | None) -> Path:
    if folder is not None:
        return Path(folder)
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "plangeo"


def _versions() -> dict[str, str]:
    return {
        "plangeo": __version__,
        "shapely": shapely.__version__,
        "geos": shapely.geos_version_string,
        "proj": f"{pyproj.__version__} {pyproj.proj_version_str}",
        "geopandas": gpd.__version__,
        "pandas": pd.__version__,
        "numpy": np.__version__,
        "pyarrow": pa.__version__,
    }


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_text(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _hash_frame(frame: gpd.GeoDataFrame) -> str:
    """A hash of all cells, geometry as WKB, with the names, types and CRS."""
    digest = hashlib.sha256(f"{frame.crs.to_wkt() if frame.crs else None}{frame.geometry.name}".encode())
    for name, column in frame.items():
        digest.update(f"\0{name}\0{column.dtype}\0{len(column)}\0".encode("utf-8", "surrogatepass"))
        cells = (
            shapely.to_wkb(column.to_numpy())
            if name == frame.geometry.name
            else [repr(v).encode("utf-8", "surrogatepass") for v in column]
        )
        for cell in cells:
            digest.update(b"-" if cell is None else len(cell).to_bytes(8, "little") + cell)
    digest.update(repr(frame.index.tolist()).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _boxes(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hstack([coordinates.min(axis=1), coordinates.max(axis=1)]) if len(coordinates) else np.empty((0, 4))
