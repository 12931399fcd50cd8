"""Layers made ready for measuring once, and kept: repaired, cut into pieces, sorted, read by window.

What is kept is never trusted: every file is checked when it is read, and the key covers the input, the way it was
read and the versions of the libraries. Whatever does not fit is made anew. What cannot be kept (a full disk, a column
without a faithful form in Parquet) is used from memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
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
from plangeo.engine.borders import Borders, settle, shared_borders
from plangeo.engine.partition import CONTACT_WIDTH_M
from plangeo.engine.pieces import Pieces, cut, hilbert_positions
from plangeo.geometry import as_crs, repair_layer, to_crs
from plangeo.storage.cachefolder import Open, cache_folder, keep, open_kept
from plangeo.storage.piecefile import (
    boxes_meeting,
    read_borders,
    read_pieces,
    read_shapes,
    read_table,
    write_borders,
    write_pieces,
    write_shapes,
)

# Raise when preparing changes: everything kept before is then made anew.
PREPARING = 5
_FILES = ("pieces", "borders", "shapes", "rows", "repairs")
_OUTLINE = ("boxes",)
_NOT_FAITHFUL = "not kept: its rows cannot be written faithfully"

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
    about: Mapping[str, Any] = field(default_factory=dict)
    """``read``: what the reader said of the file (``attrs["plangeo"]``); ``lost``: positions of the rows without a geometry;
    ``pieces``: how many there are."""
    files: Mapping[str, Open] = field(default_factory=dict, repr=False)
    made: tuple[Pieces, Borders, NDArray[Any]] | None = field(default=None, repr=False)
    """Pieces, borders and shapes in memory, where they are not kept."""

    @property
    def size(self) -> int:
        """Bytes of the pieces and borders on disk; 0 when they are in memory."""
        found: int = self.about.get("size", 0)
        return found if self.made is None else 0

    def pieces(self, window: Window | None = None) -> Pieces:
        """Return the pieces whose boxes meet ``window`` (west, south, east, north in the layer's CRS), or all."""
        if self.made is None:
            return read_pieces(self.files["pieces"], window)
        pieces = self.made[0]
        return pieces if window is None else pieces.take(boxes_meeting(shapely.bounds(pieces.geometries).reshape(-1, 4), window))

    def borders(self, window: Window | None = None) -> Borders:
        """Return the borders (``plangeo.engine.borders``) whose boxes meet ``window``, or all."""
        if self.made is None:
            return read_borders(self.files["borders"], window)
        borders = self.made[1]
        return borders if window is None else borders.take(boxes_meeting(_boxes(borders.coordinates), window))

    def shapes(self) -> NDArray[Any]:
        """Return the whole geometry of every row, in the order of the rows; None where there is none."""
        return read_shapes(self.files["shapes"]) if self.made is None else self.made[2]


@dataclass(frozen=True)
class Outline:
    """What is known of a layer before the CRS to measure in is chosen."""

    boxes: gpd.GeoDataFrame
    """A line across the bounding box of every row, in the layer's own CRS; None where a row has no place."""
    about: Mapping[str, Any]
    """What the reader said of the file (``attrs["plangeo"]``)."""


class Origin:
    """Where a layer comes from: a frame, or a function that reads it, called at most once and only if nothing kept fits.

    Parameters: ``read`` the frame or the function; ``layer`` its role (zones, districts); ``id_column`` its identifier;
    ``files`` all files ``read`` depends on, and ``options`` everything else (both needed when ``read`` is a function);
    ``folder`` where to keep it, by default ``$XDG_CACHE_HOME/plangeo`` or ``~/.cache/plangeo``.
    **Raises** ValueError when a function comes without ``files``.
    """

    def __init__(
        self,
        read: gpd.GeoDataFrame | Callable[[], gpd.GeoDataFrame],
        *,
        layer: str,
        id_column: str,
        files: Iterable[str | Path] = (),
        options: Mapping[str, Any] | None = None,
        folder: str | Path | None = None,
    ) -> None:
        paths = [Path(f) for f in files]
        if callable(read) and not paths:
            raise ValueError("A layer that is read by a function needs files=…, so that a change of the files is noticed.")
        self._read, self._layer, self._id_column, self._folder = read, layer, id_column, cache_folder(folder)
        self._given = {
            "preparing": PREPARING,
            "versions": _versions(),
            "layer": layer,
            "id_column": id_column,
            "options": options or {},
            "files": [[p.name, hash_file(p)] for p in paths] if callable(read) else hash_frame(read),
        }

    @cached_property
    def _gated(self) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
        frame = self._read() if callable(self._read) else self._read
        return repair_layer(frame, self._layer, self._id_column)

    def outline(self) -> Outline:
        """Return where the rows lie, from what is kept or from the file."""
        place = self._folder / self._key("outline")
        known = open_kept(place, _OUTLINE)
        if known is None:
            frame, _ = self._gated
            made = Outline(_across(frame.geometry.bounds.to_numpy(), frame.crs), frame.attrs.get("plangeo", {}))
            told = _told_crs(frame.crs)
            if told is not None:
                _try_to_keep(place, {"crs": told, "attrs": dict(made.about)}, {"boxes": lambda p: _write_boxes(p, frame)})
            return made
        about, files = known
        table = read_table(files["boxes"])
        return Outline(_across(np.column_stack([c.to_numpy() for c in table.columns]), as_crs(about["crs"])), about["attrs"])

    def prepared(self, crs: Any, contact_m: float = CONTACT_WIDTH_M) -> PreparedLayer:
        """Return the layer ready for measuring in ``crs`` (metric), from what is kept of it or made anew.

        ``contact_m``: metres; what is nearer is one place. **Raises** CrsError when the layer cannot be converted.
        """
        key = self._key(as_crs(crs).to_wkt(), contact_m)
        place = self._folder / key
        known = open_prepared(place)
        if known is not None:
            return known
        frame, repairs = self._gated
        made = _make(frame, repairs, self._layer, self._id_column, crs, contact_m, key)
        self.__dict__.pop("_gated", None)  # the pieces are all that is needed from here on
        return _kept(place, made)

    def _key(self, *more: Any) -> str:
        text = json.dumps([self._given, *more], sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def prepare(
    read: gpd.GeoDataFrame | Callable[[], gpd.GeoDataFrame],
    *,
    layer: str,
    id_column: str,
    crs: Any,
    files: Iterable[str | Path] = (),
    options: Mapping[str, Any] | None = None,
    folder: str | Path | None = None,
    contact_m: float = CONTACT_WIDTH_M,
) -> PreparedLayer:
    """Return the layer ready for measuring, from what is kept of it or made anew.

    Parameters: ``crs`` the metric CRS to measure in; ``contact_m`` in metres, what is nearer is one place; the others as
    in ``Origin``. **Raises** CrsError when the layer cannot be converted, ValueError when a function comes without ``files``.

    >>> import tempfile
    >>> zones = gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[shapely.box(0, 0, 9, 9)], crs="EPSG:9215")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ready = prepare(zones, layer="zones", id_column="zone_id", crs="EPSG:9215", folder=folder)
    >>> len(ready.pieces((1, 1, 2, 2))), len(ready.pieces((20, 20, 21, 21)))
    (1, 0)
    """
    origin = Origin(read, layer=layer, id_column=id_column, files=files, options=options, folder=folder)
    return origin.prepared(crs, contact_m)


def open_prepared(place: Path, *, checked: bool = False) -> PreparedLayer | None:
    """Return the layer kept at ``place``, or None when it is not there or anything about it is wrong."""
    known = open_kept(place, _FILES, checked=checked)
    if known is None:
        return None
    about, files = known
    try:
        ledger = read_table(files["repairs"]).column("ledger").to_pylist()
        rows = _rows(read_table(files["rows"]), list(about["object_columns"]))
        size = sum(about["files"][name]["bytes"] for name in ("pieces", "borders"))
        told = {**about["attrs"], "size": size}
        return PreparedLayer(rows, [json.loads(r) for r in ledger], as_crs(about["crs"]), about["key"], str(place), told, files)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None


def moved_and_gated(
    gated: gpd.GeoDataFrame, layer: str, id_column: str, crs: Any
) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    """Return a layer in ``crs``, through the gate again where rounding by the conversion has pinched a ring, and its ledger."""
    moved = to_crs(gated, crs)
    if moved is gated or bool(shapely.is_valid(moved.geometry.dropna().to_numpy()).all()):
        return moved, []
    return repair_layer(moved, layer, id_column)


def _make(
    gated: gpd.GeoDataFrame, repairs: list[dict[str, Any]], layer: str, id_column: str, crs: Any, contact_m: float, key: str
) -> PreparedLayer:
    moved, later = moved_and_gated(gated, layer, id_column, crs)
    shapes = moved.geometry.to_numpy()
    rows = pd.DataFrame(moved.drop(columns=moved.geometry.name))
    rows.attrs = {}
    pieces = cut(shapes)
    borders = settle(shared_borders(shapes), pieces, contact_m)
    order = np.argsort(hilbert_positions(_boxes(borders.coordinates)), kind="stable")
    made = (pieces, borders.take(order), shapes)
    lost = np.flatnonzero(shapely.is_missing(shapes)).tolist()
    about = {"read": dict(gated.attrs.get("plangeo", {})), "lost": lost, "pieces": len(pieces)}
    return PreparedLayer(rows, [*repairs, *later], as_crs(crs), key, "not kept", about, made=made)


def _kept(place: Path, made: PreparedLayer) -> PreparedLayer:
    """Write a layer and return it as it is read again; as it was made, with the reason, where that cannot be done."""
    assert made.made is not None
    pieces, borders, shapes = made.made
    told = _told_crs(made.crs)
    plain = [str(c) for c in made.rows if made.rows[c].dtype == object]
    if told is None:
        return _not_kept(made, "not kept: its CRS cannot be written down")
    ledger = pd.DataFrame({"ledger": [json.dumps(r, allow_nan=True) for r in made.repairs]}, dtype="str")
    writers = {
        "pieces": lambda path: write_pieces(path, [pieces]),
        "borders": lambda path: write_borders(path, [borders]),
        "shapes": lambda path: write_shapes(path, [shapes]),
        "rows": lambda path: _write_rows(path, made.rows, plain),
        "repairs": lambda path: pq.write_table(pa.Table.from_pandas(ledger), path),
    }
    failed = _try_to_keep(place, {"crs": told, "object_columns": plain, "attrs": dict(made.about)}, writers)
    known = open_prepared(place)  # another process may have been first
    return known or _not_kept(made, failed or "not kept: what was written could not be read again")


def _not_kept(made: PreparedLayer, why: str) -> PreparedLayer:
    return PreparedLayer(made.rows, made.repairs, made.crs, made.key, why, made.about, made=made.made)


def _try_to_keep(place: Path, about: Mapping[str, Any], writers: Mapping[str, Callable[[Path], None]]) -> str:
    """Keep an entry; return why that did not work, else an empty text."""
    try:
        json.dumps(about)
        keep(place, about, writers)
    except OSError as fault:
        return f"not kept: {fault}"
    except (pa.ArrowException, TypeError, ValueError, AssertionError):
        return _NOT_FAITHFUL
    return ""


def _told_crs(crs: Any) -> str | None:
    """The CRS as text that gives the same CRS again, under the same name; None when there is none."""
    known = as_crs(crs)
    for text in (known.to_wkt(), known.srs):
        again = as_crs(text)
        if again == known and again.to_string() == known.to_string():
            return str(text)
    return None


def _write_rows(path: Path, rows: pd.DataFrame, plain: list[str]) -> None:
    """Write rows and read them again. **Raises** AssertionError when they are no longer the same."""
    pq.write_table(pa.Table.from_pandas(rows), path)
    pd.testing.assert_frame_equal(_rows(read_table(lambda: path.open("rb")), plain), rows)


def _rows(table: pa.Table, plain: list[str]) -> pd.DataFrame:
    rows: pd.DataFrame = table.to_pandas()
    for column in plain:
        values = rows[column].astype(object)
        rows[column] = values.where(values.notna(), None) if values.isna().any() else values
    return rows


def _write_boxes(path: Path, frame: gpd.GeoDataFrame) -> None:
    bounds = frame.geometry.bounds.to_numpy()
    pq.write_table(pa.table({name: pa.array(bounds[:, i]) for i, name in enumerate(("xmin", "ymin", "xmax", "ymax"))}), path)


def _across(bounds: NDArray[np.float64], crs: Any) -> gpd.GeoDataFrame:
    """A line from corner to corner of every box: it has the same bounds and costs little."""
    lines = np.full(len(bounds), None, dtype=object)
    placed = ~np.isnan(bounds).any(axis=1)
    lines[placed] = shapely.linestrings(bounds[placed].reshape(-1, 2, 2))
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(lines, crs=crs))


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


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_frame(frame: gpd.GeoDataFrame) -> str:
    """Return a hash of all cells, geometry as WKB, with the names, types and CRS."""
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
