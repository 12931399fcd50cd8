"""Rows of a table by site, as plain tuples: frames are slow to walk through."""

from __future__ import annotations

from collections import defaultdict, namedtuple
from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

FINDING = ("site_id", "check", "reason", "verdict", "plan_id", "zone_code", "measure", "threshold")


def rows_by_site(table: pd.DataFrame, wanted: Collection[str], columns: Sequence[str]) -> dict[str, list[Any]]:
    """Return site_id → its rows in the order of the table, with ``columns`` (``site_id`` among them) as attributes."""
    row = namedtuple("row", columns)  # type: ignore[misc]
    kept = table[table["site_id"].isin(set(wanted)).to_numpy()]
    found: dict[str, list[Any]] = defaultdict(list)
    at = list(columns).index("site_id")
    for values in zip(*(kept[name].tolist() for name in columns), strict=True):
        found[str(values[at])].append(row(*values))
    return found
