"""What was read, from one process to another: columns as Arrow, shapes as WKB, everything else as JSON; never a pickle.

It goes in blocks: the first holds the columns, each further one some rows of shapes, so that shapes are built here while the other
process still writes. Who reads here does not trust who wrote: blocks are validated in full, shapes are built from WKB by the same gate
as those of a file, and of texts none is more than a text.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely

from plangeo.apart.cellcode import decode, encode
from plangeo.inputs import Raw, Request
from plangeo.lists.forms import Form, FormCheck, FormColumn
from plangeo.model import Label
from plangeo.reading import Decision, Sentence
from plangeo.vectors import shapes_of

_INDEX, _SHAPES = "rows", "shapes"
_VERTICES, _ROWS = 200_000, 20_000
"""Most of a block of shapes, so that the first is on its way early; a larger shape is a block of its own."""
Send = Callable[[Any], None]
"""Takes a block: anything with bytes."""


def request_to_json(request: Request) -> dict[str, Any]:
    """Return a request as plain data, for ``request_from_json``."""
    stated = {f.name: getattr(request, f.name) for f in dataclasses.fields(Request)}
    crs = stated["crs"]
    return {
        "crs": {"srs": crs.srs} if isinstance(crs, pyproj.CRS) else encode(crs),
        "forms": [_form(form) for form in stated["forms"]],
        "fields": dict(stated["fields"]),
        **{name: sorted(stated[name]) for name in ("known", "named", "codes")},
        **{name: stated[name] for name in ("role", "layer", "sheet", "labels", "header_row")},
    }


def request_from_json(data: Mapping[str, Any]) -> Request:
    """Return the request that ``request_to_json`` was given."""
    crs = data["crs"]
    return Request(
        crs=pyproj.CRS.from_user_input(crs["srs"]) if isinstance(crs, dict) and "srs" in crs else decode(crs),
        forms=tuple(map(_form_from, data["forms"])),
        fields=data["fields"],
        known=frozenset(data["known"]),
        named=frozenset(data["named"]),
        codes=frozenset(data["codes"]),
        role=data["role"],
        layer=data["layer"],
        sheet=data["sheet"],
        labels=data["labels"],
        header_row=None if data["header_row"] is None else tuple(data["header_row"]),
    )


def _form(form: Form) -> dict[str, Any]:
    days = {name: day.isoformat() if (day := getattr(form, name)) else None for name in ("valid_from", "valid_to")}
    return dataclasses.asdict(form) | days


def _form_from(data: Mapping[str, Any]) -> Form:
    days = {name: dt.date.fromisoformat(data[name]) if data[name] else None for name in ("valid_from", "valid_to")}
    columns = tuple(FormColumn(**(c | {"headings": tuple(c["headings"])})) for c in data["columns"])
    checks = tuple(FormCheck(**c) for c in data["checks"])
    return Form(
        **{**data, **days, "title": Label(**data["title"]), "titles": tuple(data["titles"]), "columns": columns, "checks": checks}
    )


def write_raw(raw: Raw, send: Send) -> dict[str, Any]:
    """Hand the columns and shapes of ``raw`` to ``send`` and return the rest as plain data. **Raises** TypeError for cells of an unknown kind."""
    frame = raw.frame
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    columns: dict[str, pa.Array] = {}
    told = []
    for position, name in enumerate(frame.columns):
        kind = _SHAPES
        if name != shapes:
            columns[f"c{position}"], kind = _column_out(frame.iloc[:, position])
        told.append({"name": encode(name), "kind": kind, "dtype": str(frame.dtypes.iloc[position])})
    plain = isinstance(frame.index, pd.RangeIndex) and (frame.index.start, frame.index.step) == (0, 1)
    if not plain or not columns:
        columns[_INDEX] = pa.array([json.dumps(encode(v)) for v in frame.index.tolist()], pa.large_string())
    send(_packed(columns))
    if shapes is not None:
        for rows in _portions(frame.geometry.to_numpy()):
            blobs = shapely.to_wkb(rows, include_srid=True, flavor="extended", output_dimension=4)
            send(_packed({_SHAPES: pa.array(list(blobs), pa.large_binary())}))
    return {
        "columns": told,
        "length": len(frame),
        "plain": plain,
        "crs": frame.crs.srs if shapes is not None and frame.crs is not None else None,
        "spatial": shapes is not None,
        "attrs": encode(dict(frame.attrs)),
        "layer": raw.layer,
        "notes": list(raw.notes),
        "problems": {str(k): v for k, v in raw.problems.items()},
        "decisions": [list(d) for d in raw.decisions],
        "sentences": [list(s) for s in raw.sentences],
        "fields": dict(raw.fields),
        "counted": {part: dict(counts) for part, counts in raw.counted.items()},
        "stated_crs": raw.stated_crs.srs if isinstance(raw.stated_crs, pyproj.CRS) else encode(raw.stated_crs),
    }


def _packed(columns: Mapping[str, pa.Array]) -> pa.Buffer:
    table = pa.table(list(columns.values()), names=list(columns))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _portions(shapes: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    """Cut an array of shapes into blocks of at most ``_ROWS`` rows and, but for single shapes, ``_VERTICES`` vertices."""
    counts = np.cumsum(shapely.get_num_coordinates(shapes))
    start = 0
    while start < len(shapes):
        before = int(counts[start - 1]) if start else 0
        end = int(np.searchsorted(counts, before + _VERTICES, side="right"))
        end = min(max(end, start + 1), start + _ROWS)
        yield shapes[start:end]
        start = end


class RawBuilder:
    """Takes the blocks of ``write_raw`` as they come and makes of them what it was given."""

    def __init__(self) -> None:
        self._table: pa.Table | None = None
        self._shapes: list[np.ndarray[Any, Any]] = []

    def take(self, block: bytes) -> None:
        """Take the next block. **Raises** any exception when it is not what ``write_raw`` sends."""
        with pa.ipc.open_stream(pa.py_buffer(block)) as reader:
            table = reader.read_all()
        table.validate(full=True)
        if self._table is None:
            self._table = table
        else:
            self._shapes.append(_shapes_in(table.column(_SHAPES)))

    def finish(self, told: Mapping[str, Any]) -> Raw:
        """Return what ``write_raw`` was given.

        **Raises** any exception when blocks and ``told`` do not belong together: they come from a process that may have been damaged.
        """
        if self._table is None:
            raise ValueError("nothing was handed over")
        table, length = self._table, int(told["length"])
        shapes = np.concatenate([*self._shapes, np.empty(0, dtype=object)])
        if table.num_rows != length or len(shapes) != (length if told["spatial"] else 0):
            raise ValueError(f"{table.num_rows} rows and {len(shapes)} shapes were handed over, {length} rows were promised")
        return Raw(
            _frame(table, shapes, told),
            str(told["layer"]),
            [str(n) for n in told["notes"]],
            {int(k): str(v) for k, v in told["problems"].items()},
            [Decision(*d) for d in told["decisions"]],
            decode(told["stated_crs"]),
            [Sentence(*s) for s in told["sentences"]],
            {str(k): str(v) for k, v in told["fields"].items()},
            {str(k): {str(kind): int(n) for kind, n in v.items()} for k, v in told["counted"].items()},
        )


def _frame(table: pa.Table, shapes: np.ndarray[Any, Any], told: Mapping[str, Any]) -> pd.DataFrame:
    columns: list[Any] = []
    at: int | None = None
    for n, about in enumerate(told["columns"]):
        if about["kind"] == _SHAPES:
            at = n
            columns.append(pd.Series(shapes, dtype=object))
        else:
            columns.append(_column_in(table.column(f"c{n}"), about["kind"], about["dtype"]))
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(int(told["length"])))
    frame.columns = pd.Index([decode(about["name"]) for about in told["columns"]], dtype=None if columns else object)
    if not told["plain"]:
        frame.index = pd.Index([decode(json.loads(v)) for v in table.column(_INDEX).to_pylist()])
    if at is not None:
        crs = None if told["crs"] is None else pyproj.CRS.from_user_input(str(told["crs"]))
        frame = gpd.GeoDataFrame(frame, geometry=frame.columns[at], crs=crs)
    frame.attrs.update(decode(told["attrs"]))
    return frame


def _shapes_in(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    shapes, problems = shapes_of(np.array([*column.to_pylist(), None], dtype=object)[:-1])
    if problems:
        raise ValueError(f"{len(problems)} shapes were handed over damaged")
    return shapes


def _column_out(values: pd.Series) -> tuple[pa.Array, str]:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufM":
        return pa.array(values.to_numpy(), from_pandas=False), "numbers"
    cells = values.tolist()
    if all(type(v) is str for v in cells):
        try:
            return pa.array(cells, pa.large_string()), "texts"
        except UnicodeEncodeError:  # half a character
            pass
    return pa.array([json.dumps(encode(v)) for v in cells], pa.large_string()), "cells"


def _column_in(column: pa.ChunkedArray, kind: str, dtype: str) -> Any:
    if kind == "numbers":
        return pd.Series(column.to_numpy().astype(dtype), dtype=dtype)
    cells = column.to_pylist() if kind == "texts" else [decode(json.loads(v)) for v in column.to_pylist()]
    if dtype == "object":
        made = np.empty(len(cells), dtype=object)
        made[:] = cells
        return pd.Series(made, dtype=object)
    return pd.Series(list(cells), dtype=dtype)
