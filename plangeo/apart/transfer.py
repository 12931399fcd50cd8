"""What was read, from one process to another: columns as an Arrow file, everything else as JSON; never a pickle.

Who reads here does not trust who wrote: the Arrow file is validated in full, shapes are built from WKB by the same gate as those of a
file, and of texts none is more than a text.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
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

_INDEX = "rows"


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


def write_raw(raw: Raw, path: Path) -> dict[str, Any]:
    """Write the columns of ``raw`` to ``path`` and return the rest as plain data. **Raises** TypeError for cells of an unknown kind."""
    frame = raw.frame
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    arrays, told = [], []
    for position, name in enumerate(frame.columns):
        array, kind = _shapes_out(frame) if name == shapes else _column_out(frame.iloc[:, position])
        arrays.append(array)
        told.append({"name": encode(name), "kind": kind, "dtype": str(frame.dtypes.iloc[position])})
    plain = isinstance(frame.index, pd.RangeIndex) and (frame.index.start, frame.index.step) == (0, 1)
    if not plain:
        arrays.append(pa.array([json.dumps(encode(v)) for v in frame.index.tolist()], pa.large_string()))
    names = [f"c{n}" for n in range(len(told))] + ([] if plain else [_INDEX])
    table = pa.table(arrays, names=names) if arrays else pa.table({_INDEX: pa.array(["0"] * len(frame), pa.large_string())})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {
        "columns": told,
        "length": len(frame),
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


def read_raw_file(path: Path, told: Mapping[str, Any]) -> Raw:
    """Return what ``write_raw`` was given.

    **Raises** any exception when file and ``told`` do not belong together: they come from a process that may have been damaged.
    """
    with pa.OSFile(str(path), "rb") as source, pa.ipc.open_file(source) as reader:
        table = reader.read_all()
    table.validate(full=True)
    length = int(told["length"])
    if table.num_rows != length and table.num_columns:
        raise ValueError(f"{table.num_rows} rows were handed over, {length} were promised")
    columns: list[Any] = []
    shapes: tuple[int, Any] | None = None
    for n, about in enumerate(told["columns"]):
        if about["kind"] == "shapes":
            shapes = n, _shapes_in(table.column(f"c{n}"))
            columns.append(pd.Series(shapes[1], dtype=object))
        else:
            columns.append(_column_in(table.column(f"c{n}"), about["kind"], about["dtype"]))
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(length))
    frame.columns = pd.Index([decode(about["name"]) for about in told["columns"]], dtype=None if columns else object)
    if _INDEX in table.column_names and columns:
        frame.index = pd.Index([decode(json.loads(v)) for v in table.column(_INDEX).to_pylist()])
    if shapes is not None:
        crs = None if told["crs"] is None else pyproj.CRS.from_user_input(str(told["crs"]))
        frame = gpd.GeoDataFrame(frame, geometry=frame.columns[shapes[0]], crs=crs)
    frame.attrs.update(decode(told["attrs"]))
    return Raw(
        frame,
        str(told["layer"]),
        [str(n) for n in told["notes"]],
        {int(k): str(v) for k, v in told["problems"].items()},
        [Decision(*d) for d in told["decisions"]],
        decode(told["stated_crs"]),
        [Sentence(*s) for s in told["sentences"]],
        {str(k): str(v) for k, v in told["fields"].items()},
        {str(k): {str(kind): int(n) for kind, n in v.items()} for k, v in told["counted"].items()},
    )


def _shapes_out(frame: gpd.GeoDataFrame) -> tuple[pa.Array, str]:
    blobs = shapely.to_wkb(frame.geometry.to_numpy(), include_srid=True, flavor="extended", output_dimension=4)
    return pa.array(list(blobs), pa.large_binary()), "shapes"


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
