"""The records of one vector layer: read at once, or one by one around a damaged record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plangeo.errors import InputError
from plangeo.gdalgate import VECTOR_OPTIONS, pyogrio
from plangeo.letters.bytetext import decode_frame

_SALVAGE_BLOCK = 1000


def read_records(
    path: Path,
    layer: str,
    driver: str,
    encoding: str | None,
    options: dict[str, Any],
    info: Mapping[str, Any],
    name: str,
    notes: list[str],
) -> tuple[Any, Any, dict[str, Any], dict[int, str]]:
    """Read all rows at once; when one bad record spoils that, read row by row and keep the bad ones as blanks.

    Parameters: ``options`` for the reader, ``info`` what it says of the layer, ``name`` of the file in messages, ``notes`` to add to.
    Returns: CRS, shapes (WKB; None where there are none), columns, and position → why a record could not be read.
    **Raises** InputError when nothing can be read.
    """
    try:
        meta, wkb, fields = _bulk(path, layer, encoding, options)
        return meta["crs"], wkb, fields, {}
    except UnicodeDecodeError:
        meta, wkb, fields = _bulk(path, layer, "ISO-8859-1", options)
        table, told = decode_frame(pd.DataFrame(fields), None, from_bytes=True)
        notes += [str(decision) for decision in told]
        return meta["crs"], wkb, {str(c): table[c] for c in table}, {}
    except Exception as error:  # one damaged record raises anything from FeatureError to "year 0 is out of range"
        total = int(info["features"])
        dates = [
            str(c)
            for c, kind in zip(info["fields"], info["ogr_types"], strict=True)
            if kind in ("OFTDate", "OFTDateTime", "OFTTime")
        ]
        if dates and "columns" not in options and ("out of range" in str(error) or "must be in" in str(error)):
            notes.append(f"column(s) {', '.join(dates)} hold impossible dates and were not read")
            kept = [c for c in info["fields"] if c not in dates]
            return read_records(path, layer, driver, encoding, options | {"columns": kept}, info, name, notes)
        if total <= 0:
            raise InputError(
                f"{name}, layer {layer!r}: cannot be read ({error}). Export it again.", code="file_damaged"
            ) from error
        return _salvage(path, layer, driver, encoding or str(info["encoding"]), options, info, total)


def _bulk(path: Path, layer: str, encoding: str | None, options: dict[str, Any]) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    meta, _, wkb, data = pyogrio.raw.read(path, layer=layer, encoding=encoding, force_2d=True, datetime_as_string=True, **options)
    fields = {}
    for index, (column, values) in enumerate(zip(meta["fields"], data, strict=True)):
        kind = meta["ogr_types"][index]
        if kind.startswith("OFTInteger") and values.dtype.kind == "f":
            # numpy has no missing integer; as a float an identifier 7 would read "7.0"
            values = pd.array(values, dtype="Int64")
        fields[str(column)] = values
    return meta, wkb, fields


def _salvage(
    path: Path, layer: str, driver: str, encoding: str, options: dict[str, Any], info: Mapping[str, Any], total: int
) -> tuple[Any, Any, dict[str, Any], dict[int, str]]:
    columns = [str(c) for c in options.get("columns", info["fields"])]
    rows: dict[int, tuple[Any, list[Any]]] = {}
    problems: dict[int, str] = {}
    pending = [(start, min(_SALVAGE_BLOCK, total - start)) for start in range(0, total, _SALVAGE_BLOCK)]
    while pending:
        start, size = pending.pop()
        try:
            _, wkb, fields = _bulk(path, layer, encoding, options | {"skip_features": start, "max_features": size})
            for offset in range(size):
                rows[start + offset] = (wkb[offset], [fields[c][offset] for c in columns])
        except Exception as error:
            if size > 1:
                half = size // 2
                pending += [(start, half), (start + half, size - half)]
                continue
            rows[start] = (None, _attributes_by_fiona(path, layer, driver, encoding, columns, start))
            problems[start] = f"invalid_geometry: the record cannot be read ({error})"
    fields = {c: [rows[i][1][k] for i in range(total)] for k, c in enumerate(columns)}
    return info["crs"], np.array([rows[i][0] for i in range(total)], dtype=object), fields, problems


def _attributes_by_fiona(path: Path, layer: str, driver: str, encoding: str, columns: list[str], position: int) -> list[Any]:
    """Return what a second reader makes of a record's attributes; blanks without fiona or when it fails too."""
    try:
        from plangeo.gdalgate import fiona

        options = {"WRITE_GFS": "NO"} if driver == "GML" else {}
        with (
            fiona.Env(**VECTOR_OPTIONS),
            fiona.open(
                path, layer=layer, enabled_drivers=[driver], encoding=encoding, ignore_geometry=True, **options
            ) as collection,
        ):
            _, record = next(iter(collection.items(position, position + 1)))
            return [record["properties"].get(c) for c in columns]
    except Exception:
        return [None] * len(columns)
