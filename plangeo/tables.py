"""Column contracts: the name, type and unit of every column that travels through the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from plangeo.errors import TableError


@dataclass(frozen=True)
class Column:
    """One column of a contract."""

    name: str
    dtype: str
    """``str``, ``float``, ``bool``, ``date`` or ``geometry``."""
    required: bool = True
    unit: str = ""
    meaning: str = ""
    unique: bool = False


SITES = (
    Column("site_id", "str", unique=True, meaning="identifier, unique in the run"),
    Column("name", "str", meaning="name of the project"),
    Column("use", "str", meaning="kind of project: a use code of the rulebook; empty when unknown"),
    Column("geometry", "geometry", meaning="place; null when unknown"),
    Column("accuracy_m", "float", unit="m", meaning="stated accuracy of the position; NaN when not stated"),
    Column("problem", "str", meaning="what is wrong with the row; empty when nothing"),
    Column("repaired", "str", meaning="what was mended; empty when nothing"),
    Column("declared_area_m2", "float", required=False, unit="m²", meaning="area the register states"),
    Column("declared_area_text", "str", required=False, meaning="area as written where it cannot be read; else empty"),
    Column("declared_area_min_m2", "float", False, "m²", "least area of a range, bound or approximation; NaN where open"),
    Column("declared_area_max_m2", "float", False, "m²", "greatest area of one; NaN where open"),
    Column("declared_area_approx", "bool", required=False, meaning="True where the register says about, more than, nearly"),
    Column("declared_area_note", "str", required=False, meaning="code(text): how an area that is no plain number was read"),
    Column("declared_district", "str", required=False, meaning="administrative unit the register states"),
    Column(
        "declared_parent", "str", required=False, meaning="greater unit that one lies in, where a column of its own states it"
    ),
    Column(
        "list_date", "str", required=False, meaning="day (or year) of the list: its names are those of that day; empty = unknown"
    ),
    Column("declared_capital", "str", required=False, meaning="capital as written in the register"),
    Column("capital_min_vnd", "float", False, "VND", "least capital; NaN where open, or in another currency only"),
    Column("capital_max_vnd", "float", False, "VND", "greatest capital"),
    Column("capital_min_usd", "float", False, "USD", "least capital the register states in dollars; never converted"),
    Column("capital_max_usd", "float", False, "USD", "greatest capital in dollars"),
    Column("capital_currency", "str", required=False, meaning="currency the capital is stated in first; empty when not read"),
    Column("capital_approx", "bool", required=False, meaning="True where the register says about, more than, nearly"),
    Column("funding", "str", required=False, meaning="sources of the money as written in the register"),
    Column("phase", "str", required=False, meaning="phase as written in the register"),
    Column("phase_from", "float", False, "year", "first year of the phase; NaN where open or not read"),
    Column("phase_to", "float", False, "year", "last year of the phase"),
    Column("source_row", "float", required=False, meaning="row of the file, counted as the reader's program shows it"),
)

DERIVED = frozenset(
    {
        *("declared_area_text", "declared_area_min_m2", "declared_area_max_m2", "declared_area_approx", "declared_area_note"),
        *("capital_min_vnd", "capital_max_vnd", "capital_min_usd", "capital_max_usd", "capital_currency", "capital_approx"),
        *("phase_from", "phase_to"),
    }
)
"""Columns of SITES that are read out of another one; no column of a register holds them."""

ZONES = (
    Column("zone_id", "str", unique=True, meaning="identifier, unique in the layer"),
    Column("zone_code", "str", meaning="class code of the plan's legend; empty when unknown"),
    Column("plan_id", "str", meaning="plan that draws the zone; empty when not stated"),
    Column("valid_from", "str", required=False, meaning="first day of the zone, ISO; empty = as its plan"),
    Column("valid_to", "str", required=False, meaning="last day of the zone, ISO; empty = as its plan"),
    Column("geometry", "geometry"),
    Column("problem", "str"),
    Column("repaired", "str"),
)

DISTRICTS = (
    Column("district_id", "str", unique=True, meaning="code of the administrative unit"),
    Column("district_name", "str", meaning="name of the administrative unit"),
    Column("parent_name", "str", required=False, meaning="greater unit it lies in"),
    Column("geometry", "geometry"),
    Column("problem", "str"),
    Column("repaired", "str"),
)

EVIDENCE = (
    Column("site_id", "str"),
    Column("plan_id", "str"),
    Column("zone_id", "str"),
    Column("zone_code", "str"),
    Column("area_m2", "float", unit="m²", meaning="planar area in the working CRS; 0 for lines and points"),
    Column("area_ellipsoidal_m2", "float", unit="m²"),
    Column("length_m", "float", unit="m", meaning="length inside, for lines; 0 otherwise"),
    Column("share", "float", meaning="part of the site's area, length or points, 0 to 1"),
    Column("prevails", "bool", meaning="False where no part of the piece governs (overruled, or plan not in force)"),
    Column("on_border", "bool", meaning="True where a point or line runs along the zone's border"),
    Column("geometry", "geometry"),
)

COVER = (
    Column("site_id", "str"),
    Column("zones", "str", meaning="tuple of (plan_id, zone_code, zone_id), sorted; empty tuple = uncovered ground"),
    Column("on_border", "bool"),
    Column("sides", "str", meaning="on a border: the zones of every side, () for bare ground; empty tuple elsewhere"),
    Column("area_m2", "float", unit="m²"),
    Column("length_m", "float", unit="m"),
    Column("share", "float"),
)

DISTRICT_EVIDENCE = (
    Column("site_id", "str"),
    Column("district_id", "str"),
    Column("district_name", "str"),
    Column("area_m2", "float", unit="m²"),
    Column("length_m", "float", unit="m"),
    Column("share", "float"),
    Column("geometry", "geometry"),
)

FEATURES = (
    Column("feature_id", "str", required=True, unique=True),
    Column("name", "str", required=True),
    Column("geometry", "geometry", required=True),
    Column("problem", "str", required=True),
    Column("repaired", "str", required=True),
)

REQUIREMENT_EVIDENCE = (
    Column("site_id", "str"),
    Column("requirement", "float", meaning="place in the rulebook's requirements of the day, from 0"),
    Column("share_true", "float", meaning="part of the site on which a raster's value holds"),
    Column("share_false", "float"),
    Column("share_nodata", "float", meaning="part without a value: NODATA, outside the raster, unknown class"),
    Column("pixels", "float", meaning="cells covered, parts of cells counted as parts"),
    Column("distance_m", "float", unit="m", meaning="to the nearest feature; 0 where it touches"),
    Column("feature", "str", meaning="the nearest feature: its name, else its id"),
    Column("problem", "str", meaning="why it could not be measured, a word, a colon and a sentence; empty when it was"),
    Column(
        "note", "str", meaning="why ground counts as without data although the file holds values there; empty when it does not"
    ),
)

TRIGGER_GROUND = (
    Column("site_id", "str"),
    Column("trigger", "float", meaning="place in the rulebook's triggers of the day, from 0"),
    Column("inner_m", "float", unit="m", meaning="length of the border of the trigger's ground inside the site"),
    Column("outer_m", "float", unit="m", meaning="length of the site's outline that encloses it"),
    Column("tolerance_m", "float", unit="m", meaning="displacement the map cannot exclude; NaN when it states none"),
)

GOVERNED_COVER = (
    *COVER,
    Column("governs", "str", meaning="the zones that prevail on that day; empty tuple = no plan in force governs here"),
    Column("governs_by_side", "str", meaning="the same for every side of a border; elsewhere a tuple of one, ``governs``"),
)

FINDINGS = (
    Column("site_id", "str"),
    Column("check", "str"),
    Column("reason", "str", meaning="permanent code within the check"),
    Column("verdict", "str"),
    Column("plan_id", "str"),
    Column("zone_code", "str"),
    Column("measure", "float", meaning="the number that was judged"),
    Column("threshold", "float", meaning="the bound it was held against"),
    Column("unit", "str"),
    Column("area_m2", "float", unit="m²"),
    Column("length_m", "float", unit="m"),
    Column("share", "float"),
    Column("basis", "str", meaning="legal basis in Vietnamese"),
    Column("basis_en", "str", meaning="legal basis in English"),
    Column("detail", "str", meaning="names, codes or text the sentence needs, Vietnamese"),
    Column("detail_en", "str"),
)

MARGINS = (
    Column("site_id", "str"),
    Column("group", "str", meaning="the use (or other group) whose permitted zones were taken"),
    Column(
        "margin_m",
        "float",
        unit="m",
        meaning="inside: how far the border may move before the site pokes out (exact to 1e-6); negative: how far the ground "
        "would have to grow to hold the site (exact to tolerance_m); -inf: nothing is permitted; NaN: not measured, see problem",
    ),
    Column("tolerance_m", "float", unit="m", meaning="a negative margin may be lower by up to this, 0.01 unless asked otherwise"),
    Column("distance_m", "float", unit="m", meaning="least distance from the site to permitted ground; 0 when they touch"),
    Column("problem", "str", meaning="why the margin could not be measured; empty when it was"),
)

FLIPS = (
    Column("site_id", "str"),
    Column("group", "str"),
    Column("tolerated", "bool", meaning="the part outside permitted ground is within the threshold (without one: there is none)"),
    Column("flip_m", "float", unit="m", meaning="smallest displacement of the border that changes ``tolerated``"),
    Column("beyond", "bool", meaning="True: no flip was found up to flip_m, the true one is greater"),
    Column("problem", "str"),
)

NEAREST = (
    Column("site_id", "str"),
    Column("group", "str"),
    Column("rank", "float", meaning="1 = the nearest permitted zone"),
    Column("zone_id", "str", meaning="empty when no zone is permitted or the site has no place"),
    Column("zone_code", "str", required=False),
    Column("plan_id", "str", required=False),
    Column("distance_m", "float", unit="m", meaning="0 when the site touches the zone or lies on it"),
    Column("azimuth_deg", "float", unit="°", meaning="clockwise from grid north, 0 to 360; NaN at distance 0"),
    Column("compass", "str", meaning="N, NE, E …; empty at distance 0"),
    Column("from_x", "float", meaning="end of the shortest line on the site, in the CRS of the sites"),
    Column("from_y", "float"),
    Column("to_x", "float", meaning="its end on the zone"),
    Column("to_y", "float"),
    Column("problem", "str"),
)

REPAIRS = (
    Column("layer", "str", meaning="role: sites, zones, districts"),
    Column("row_id", "str"),
    Column("source_row", "float"),
    Column("action", "str", meaning="repaired or quarantined"),
    Column("method", "str"),
    Column("why", "str"),
    Column("area_before_m2", "float", unit="m²"),
    Column("area_after_m2", "float", unit="m²"),
    Column("x", "float", meaning="where, in the layer's CRS"),
    Column("y", "float"),
)

_PANDAS = {"str": "object", "float": "float64", "bool": "bool", "date": "object", "geometry": "object"}


def empty(contract: Sequence[Column]) -> pd.DataFrame:
    """Return a table without rows that has every column of ``contract`` (geometry as objects)."""
    return _empty(tuple(contract)).copy()


@cache
def _empty(contract: tuple[Column, ...]) -> pd.DataFrame:
    return pd.DataFrame({c.name: pd.Series(dtype=_PANDAS[c.dtype]) for c in contract})


class Findings:
    """The findings of one check on many sites, written kind by kind: everybody who is told the same, at once.

    >>> said = Findings("noise", ["A", "B", "C"])
    >>> said.add([0, 2], reason="quiet", verdict="permitted")
    >>> said.add([1], reason="loud", verdict="unknown", measure=[72.5], unit="dB")
    >>> said.table()[["site_id", "reason", "measure"]].values.tolist()
    [['A', 'quiet', nan], ['B', 'loud', 72.5], ['C', 'quiet', nan]]
    """

    def __init__(self, check: str, site_ids: Sequence[str]) -> None:
        self._check = check
        self._site_ids = np.array(site_ids, dtype=object)
        self._parts: list[tuple[NDArray[np.intp], dict[str, Any]]] = []

    def add(self, at: ArrayLike, *, reason: str | Sequence[str], verdict: str | Sequence[str], **columns: Any) -> None:
        """Add one finding for each of the sites ``at`` (their rows); a column is one value for all or a value for each."""
        rows = np.asarray(at, dtype=np.intp)
        if len(rows):
            self._parts.append((rows, {"reason": reason, "verdict": verdict, **columns}))

    def add_each(self, at: ArrayLike, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add one finding for each of the sites ``at``: the columns of its row (with ``reason`` and ``verdict``)."""
        if rows:
            names = {name for row in rows for name in row}
            self.add(at, **{name: [row.get(name, _BLANK[name]) for row in rows] for name in names})

    def table(self) -> pd.DataFrame:
        """Return all of them (FINDINGS) in the order of the sites; those of one site in the order they were added."""
        if not self._parts:
            return empty(FINDINGS)
        at = np.concatenate([rows for rows, _ in self._parts])
        order = np.argsort(at, kind="stable")
        columns: dict[str, Any] = {"site_id": self._site_ids[at[order]], "check": np.full(len(at), self._check, dtype=object)}
        for name in _BLANK.keys() - columns.keys():
            parts = [_column(part.get(name, _BLANK[name]), len(rows), name) for rows, part in self._parts]
            columns[name] = np.concatenate(parts)[order]
        return _typed({name: columns[name] for name in _BLANK})


_BLANK: Mapping[str, Any] = {c.name: float("nan") if c.dtype == "float" else "" for c in FINDINGS}


def _column(values: Any, count: int, name: str) -> NDArray[Any]:
    kind = object if isinstance(_BLANK[name], str) else np.float64
    if isinstance(values, str) or np.ndim(values) == 0:
        return np.full(count, values, dtype=kind)
    return np.fromiter(values, dtype=kind, count=count)


def _typed(columns: Mapping[str, Any]) -> pd.DataFrame:
    """A table of columns of FINDINGS, each of the type the contract names."""
    return pd.DataFrame(
        {n: pd.array(v, dtype="str") if isinstance(_BLANK[n], str) else np.asarray(v, dtype=float) for n, v in columns.items()}
    )


def check_columns(frame: pd.DataFrame, what: str) -> None:
    """**Raises** TableError when columns have several levels or a name stands twice: nobody could say which is meant."""
    if frame.columns.nlevels > 1:
        raise TableError(
            f"{what} has columns of {frame.columns.nlevels} levels (a MultiIndex); flatten them to one name each.",
            code="column_ambiguous",
        )
    repeated = [str(name) for name in frame.columns[frame.columns.duplicated()].unique()]
    if repeated:
        raise TableError(
            f"{what} has several columns of the name {', '.join(map(repr, repeated))}, so nobody can say which one counts. "
            "Rename or drop all but one.",
            code="column_ambiguous",
        )


def check_table(frame: pd.DataFrame, contract: Sequence[Column], what: str) -> None:
    """Hold ``frame`` against ``contract``.

    **Raises** TableError that lists every fault at once: missing columns, empty or repeated
    identifiers, numbers that are not numbers.
    """
    check_columns(frame, what)
    faults: list[str] = []
    for column in contract:
        if column.name not in frame.columns:
            if column.required:
                faults.append(f"column {column.name!r} is missing ({column.meaning or column.dtype})")
            continue
        values = frame[column.name]
        if column.unique:
            blank = values.isna() | (values.astype(str).str.strip() == "")
            if blank.any():
                faults.append(f"{column.name!r} is empty in {int(blank.sum())} row(s), first at index {blank.idxmax()!r}")
            repeated = values[values.duplicated(keep=False)].unique()[:5]
            if len(repeated):
                faults.append(f"{column.name!r} is not unique: {', '.join(map(repr, repeated))}")
        if column.dtype == "float" and (not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_complex_dtype(values)):
            faults.append(f"column {column.name!r} must hold numbers{f' in {column.unit}' if column.unit else ''}")
    if faults:
        raise TableError(
            f"{what} does not fit its contract:\n- "
            + "\n- ".join(faults)
            + "\nRead it with plangeo.read_sites / read_zones / read_districts, or rename the columns."
        )
