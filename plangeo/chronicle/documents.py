"""Tables of planning documents as files: CSV, workbook, dBASE table or the attributes of a map layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from plangeo.apart import is_apart
from plangeo.apart.asking import read_dbase_apart
from plangeo.errors import InputError, TableError
from plangeo.gdalgate import pyogrio
from plangeo.inputs import Request, check_path
from plangeo.law.planregister import SYNONYMS, plans_from_table
from plangeo.model import Plan
from plangeo.rawfiles import read_raw
from plangeo.text import fold

MOST_BYTES = 50_000_000
"""A table of plans is a few pages; a larger one is another file."""
_DBASE = frozenset({0x02, 0x03, 0x30, 0x31, 0x32, 0x43, 0x83, 0x8B, 0xF5})
"""First bytes of dBASE and FoxPro tables."""


def read_plans(
    path: str | Path, *, level: str = "", authority: str = "", columns: Mapping[str, str] | None = None
) -> tuple[Plan, ...]:
    """Return the plans of a file with a table of planning documents; ``source`` names it.

    Parameters as in ``law.planregister.plans_from_table``; ``level`` and ``authority`` where the table has no such columns.
    **Raises** InputError when the file cannot be read, TableError when it is no table of plans; both name the file.
    """
    file = check_path(path)
    if file.is_file() and file.stat().st_size > MOST_BYTES:
        raise InputError(
            f"{file.name} is larger than {MOST_BYTES // 1_000_000} MB; a table of planning documents is a few pages.",
            code="file_too_large",
        )
    frame = (read_dbase_apart if is_apart(None) else read_dbase)(file) if file.suffix.lower() == ".dbf" else _table(file)
    try:
        plans = plans_from_table(frame, level=level, authority=authority, columns=columns)
    except TableError as fault:
        raise TableError(f"{file.name}: {fault}", code="plan_table_malformed") from fault
    return tuple(replace(plan, source=plan.source or file.name) for plan in plans)


def _table(file: Path) -> pd.DataFrame:
    words = {fold(word): field for field, synonyms in SYNONYMS.items() for word in synonyms}
    raw, _, _ = read_raw(file, Request("plans", known=frozenset(words), fields=words))
    geometry = getattr(raw.frame, "_geometry_column_name", None)
    return pd.DataFrame(raw.frame if geometry is None else raw.frame.drop(columns=geometry))


def read_dbase(file: Path) -> pd.DataFrame:
    """Return a dBASE table by itself, as French offices deliver beside their zones. **Raises** InputError when it is none."""
    with file.open("rb") as stream:
        head = stream.read(32)
    if len(head) < 32 or head[0] not in _DBASE:
        raise InputError(f"{file.name} is no dBASE table, though its name says so. Export it again.", code="file_not_its_type")
    try:
        frame: pd.DataFrame = pyogrio.read_dataframe(file, read_geometry=False)
    except Exception as fault:
        raise InputError(
            f"{file.name}: the dBASE table cannot be read ({' '.join(str(fault).split())[:200]}).", code="plan_table_malformed"
        ) from fault
    return frame
