"""Tables of chunks put together: in the order of the sites, findings with the ground they speak of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.checks import CHECKS
from plangeo.tables import REPAIRS, empty

GROUND = ("site_id", "plan_id", "zone_code")
"""What names a piece of ground that a finding speaks of."""


def ordered(table: Any, site_ids: pd.Series) -> Any:
    """Return rows in the order of the sites, then of the checks, else as they were: chunks must leave no trace."""
    place = {site_id: n for n, site_id in enumerate(site_ids)}
    keys = [table["site_id"].map(place)]
    if "check" in table:
        rank = {code: n for n, code in enumerate(CHECKS)}
        keys.insert(0, table["check"].map(rank))
    return table.iloc[np.lexsort([k.to_numpy(dtype=int) for k in keys])].reset_index(drop=True)


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all tables; without any row the first table, which has the columns and their types."""
    filled = [t for t in tables if len(t)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def joined_shapes(tables: Sequence[gpd.GeoDataFrame], crs: Any) -> gpd.GeoDataFrame:
    """The same of tables with shapes in ``crs``."""
    return gpd.GeoDataFrame(joined(list(tables)), geometry="geometry", crs=crs)


def with_ground(findings: pd.DataFrame, zones: gpd.GeoDataFrame | None, crs: Any) -> gpd.GeoDataFrame:
    """Attach to each zone finding the ground it speaks of, taken from the evidence; None elsewhere."""
    geometry = np.full(len(findings), None, dtype=object)
    if zones is not None:
        shapes: dict[tuple[str, ...], list[Any]] = defaultdict(list)
        prevailing = zones[zones["prevails"].to_numpy(dtype=bool)]
        for key, shape in zip(row_keys(prevailing, GROUND), prevailing.geometry.to_numpy(), strict=True):
            shapes[key].append(shape)
        at = np.flatnonzero(findings["check"].to_numpy() == "zone_use")
        geometry[at] = [_union(shapes.get(key, ())) for key in row_keys(findings.iloc[at], GROUND)]
    return gpd.GeoDataFrame(findings.reset_index(drop=True), geometry=gpd.GeoSeries(geometry, crs=crs), crs=crs)


def row_keys(table: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield what each row holds in the columns named."""
    return zip(*(table[name].tolist() for name in names), strict=True)


def _union(shapes: Sequence[Any]) -> Any:
    """The ground of a finding; None where it was measured but not drawn, because nothing speaks against it."""
    if not len(shapes) or any(shape is None for shape in shapes):
        return None
    try:
        return shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)
    except shapely.errors.GEOSException:  # a part that crosses itself by rounding: what is drawn need not be joined
        return shapely.GeometryCollection(list(shapes))


def table_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each by column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def repair_table(told: Sequence[Mapping[str, Any]], late: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return tables.REPAIRS of a run: the repairs that were made ``late``, then those that readers ``told`` of their files."""
    rows = [*late, *(row for about in told for row in about.get("repairs", ()))]
    return pd.DataFrame(rows, columns=[c.name for c in REPAIRS]) if rows else empty(REPAIRS)
