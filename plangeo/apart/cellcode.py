"""Cells as JSON and back, each with its exact type: a number that was read as text must not come back as a number.

What is read back is data, whoever wrote it: no name in it leads to code, and the kinds are a closed list.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from plangeo.positions.cornerlists import Block, Vertex
from plangeo.text import ExactNumber

_PLAIN = (type(None), bool, int, str)
_VERTEX = tuple(Vertex.__dataclass_fields__)
_BLOCK = tuple(Block.__dataclass_fields__)


def encode(value: Any) -> Any:
    """Return ``value`` as plain JSON. **Raises** TypeError for a kind that no reader gives.

    >>> decode(encode(["007", 7, 7.0, None, b"x", (1, 2)]))
    ['007', 7, 7.0, None, b'x', (1, 2)]
    """
    if type(value) in _PLAIN:
        return value
    for kind, types, outward, _ in _KINDS:
        if type(value) in types:
            return {kind: outward(value)}
    if isinstance(value, np.generic):
        return {"numpy": [value.dtype.str, encode(value.item())]}
    raise TypeError(f"a value of type {type(value).__name__} cannot be handed over")


def decode(code: Any) -> Any:
    """Return the value that ``encode`` was given. **Raises** ValueError for what it never gives."""
    if type(code) in _PLAIN:
        return code
    if not isinstance(code, dict) or len(code) != 1:
        raise ValueError(f"no code of a cell: {str(code)[:60]}")
    [(name, content)] = code.items()
    if name == "numpy":
        kind, item = content
        if np.dtype(kind).kind not in "biufMm":
            raise ValueError(f"no kind of number: {kind}")
        return np.dtype(kind).type(decode(item))
    for kind, _, _, inward in _KINDS:
        if kind == name:
            return inward(content)
    raise ValueError(f"no kind of cell: {name[:60]}")


def _members(values: Any) -> list[Any]:
    return [encode(v) for v in values]


def _pairs(value: dict[Any, Any]) -> list[list[Any]]:
    return [[encode(k), encode(v)] for k, v in value.items()]


def _array(value: Any) -> list[Any]:
    return [value.dtype.str if value.dtype != object else "O", _members(value.tolist())]


def _as_array(content: Any) -> Any:
    kind, items = content
    values = [decode(v) for v in items]
    if kind == "O":
        made = np.empty(len(values), dtype=object)
        made[:] = values
        return made
    if np.dtype(kind).kind not in "biufMmU":
        raise ValueError(f"no kind of array: {kind}")
    return np.array(values, dtype=kind)


def _stated(names: tuple[str, ...]) -> Callable[[Any], Any]:
    return lambda value: [encode(getattr(value, name)) for name in names]


_KINDS: tuple[tuple[str, tuple[Any, ...], Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("float", (float,), float.hex, float.fromhex),
    ("exact", (ExactNumber,), str, ExactNumber),
    ("na", (type(pd.NA),), lambda _: 0, lambda _: pd.NA),
    ("nat", (type(pd.NaT),), lambda _: 0, lambda _: pd.NaT),
    ("list", (list,), _members, lambda c: [decode(v) for v in c]),
    ("tuple", (tuple,), _members, lambda c: tuple(decode(v) for v in c)),
    ("set", (frozenset,), lambda v: sorted(_members(v), key=str), lambda c: frozenset(decode(v) for v in c)),
    ("dict", (dict,), _pairs, lambda c: {decode(k): decode(v) for k, v in c}),
    ("array", (np.ndarray,), _array, _as_array),
    ("bytes", (bytes, bytearray), lambda v: base64.b64encode(v).decode(), base64.b64decode),
    ("decimal", (Decimal,), str, Decimal),
    ("moment", (pd.Timestamp,), lambda v: [v.isoformat(), v.unit], lambda c: pd.Timestamp(c[0]).as_unit(c[1])),
    ("datetime", (dt.datetime,), dt.datetime.isoformat, dt.datetime.fromisoformat),
    ("day", (dt.date,), dt.date.isoformat, dt.date.fromisoformat),
    ("time", (dt.time,), dt.time.isoformat, dt.time.fromisoformat),
    (
        "span",
        (dt.timedelta,),
        lambda v: [v.days, v.seconds, v.microseconds],
        lambda c: dt.timedelta(*(int(n) for n in c)),
    ),
    ("vertex", (Vertex,), _stated(_VERTEX), lambda c: Vertex(*(decode(v) for v in c))),
    ("block", (Block,), _stated(_BLOCK), lambda c: Block(*(decode(v) for v in c))),
)
"""Name, types, how a value goes out, how it comes back."""
