"""The published form of a result: schemas and table contracts, one folder for each format number, and tables held against them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from plangeo.errors import InputError

FORMATS = (1,)
"""Format numbers of results this plangeo knows; a changed meaning gets a new one."""
_SHOWN = 3


@cache
def published(number: int, name: str) -> dict[str, Any]:
    """Return one file of the published form ``number``: ``manifest.schema.json``, ``explanations.schema.json``, ``tables.json``."""
    found: dict[str, Any] = json.loads(files("plangeo").joinpath("schemas", f"output-{number}", name).read_text("utf-8"))
    return found


def schema_faults(content: Any, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (place, what is wrong) for everything in ``content`` that a JSON Schema does not allow."""
    from jsonschema import Draft202012Validator

    for error in sorted(Draft202012Validator(schema).iter_errors(content), key=lambda e: [str(p) for p in e.absolute_path]):
        place = "/".join(map(str, error.absolute_path)) or "the whole"
        yield place, error.message if len(error.message) < 200 else f"{error.message[:200]}…"


def table_faults(table: pd.DataFrame, columns: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield (code, column, what is wrong) for every column that is not as published.

    ``columns``: ``name, dtype`` (str, float, bool) and, where they hold, ``unique, words, least, most``. In a table read from
    text all cells are texts; blanks are allowed but for ``unique`` and ``words``.
    """
    for column in columns:
        name = column["name"]
        if name not in table.columns:
            yield "column_missing", name, f"the column is missing ({column.get('meaning') or column['dtype']})"
            continue
        values = table[name]
        if column.get("unique") and (bad := values[values.duplicated() | (values.astype(str) == "")]).size:
            yield "id_repeated", name, f"empty or twice: {_some(bad)}"
        if words := column.get("words"):
            if (bad := values[~values.isin(words)]).size:
                yield "word_unknown", name, f"{_some(bad)}; allowed: {', '.join(words)}"
        elif column["dtype"] == "float":
            yield from _number_faults(values, column)
        elif column["dtype"] == "bool" and not set(values.dropna().astype(str)) <= {"True", "False"}:
            yield "value_malformed", name, f"neither true nor false: {_some(values[~values.astype(str).isin(['True', 'False'])])}"
        elif column["dtype"] == "str" and pd.api.types.is_numeric_dtype(values) and values.notna().any():
            yield "value_malformed", name, "numbers where texts belong"


def _number_faults(values: pd.Series[Any], column: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    name = column["name"]
    blank = values.isna() | (values.astype(str).str.strip() == "")
    numbers = pd.to_numeric(values.where(~blank), errors="coerce")
    if (bad := values[numbers.isna() & ~blank]).size:
        yield "value_malformed", name, f"no number: {_some(bad)}"
    low, high = column.get("least", -np.inf), column.get("most", np.inf)
    if (bad := values[(numbers < low - 1e-9) | (numbers > high + 1e-9)]).size:
        unit = f" {column['unit']}" if column.get("unit") else ""
        yield "value_out_of_range", name, f"outside {low} … {high}{unit}: {_some(bad)}"


def _some(values: pd.Series[Any]) -> str:
    shown = ", ".join(f"{v!r} (row {int(i) + 1})" for i, v in values.head(_SHOWN).items())  # type: ignore[call-overload]
    return shown + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


def check_format(number: Any) -> int:
    """Return a format number that is known. **Raises** InputError for any other."""
    if isinstance(number, bool) or number not in FORMATS:
        raise InputError(
            f"the result states format {number!r}; this plangeo knows {', '.join(map(str, FORMATS))}. A newer plangeo may know it.",
            code="result_format_unknown",
        )
    return int(number)
