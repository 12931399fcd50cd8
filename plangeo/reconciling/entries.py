"""A list of projects as entries ready for comparing: every row one entry, nothing merged, nothing dropped."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import shapely

from plangeo.adminunits.places import ground, list_span, resolve
from plangeo.adminunits.unitregister import UnitRegister
from plangeo.amounts.bands import declared_ends
from plangeo.errors import TableError
from plangeo.geometry import to_crs
from plangeo.profiles import Profile
from plangeo.reconciling.names import ProjectName, read_name
from plangeo.text import clean, fold

Side = Literal["left", "right"]
_STAND_IN = re.compile(r"(?:^|-)row-\d+$")
"""The identifier of a row that states none: it says nothing about which project is meant."""
_REPEATED = re.compile(r"#\d+$")
_COUNTER = re.compile(r"\d{1,4}(?:-\d{1,4})*")


@dataclass(frozen=True)
class Amount:
    """An area (m²) or a capital (VND) as stated: two ends, NaN where open."""

    low: float
    high: float
    approx: bool
    text: str
    """As written, where the list has the words; else empty."""

    @property
    def stated(self) -> bool:
        """True when it was read as a number."""
        return not (math.isnan(self.low) and math.isnan(self.high))

    @property
    def exact(self) -> bool:
        """True for one plain number."""
        return self.low == self.high and not self.approx


@dataclass(frozen=True)
class Ground:
    """The units of today that hold a written place."""

    units: frozenset[str]
    complete: bool
    """False when some name could not be read, or nobody can say which unit is meant."""


@dataclass(frozen=True)
class Entry:
    """One row of a list."""

    row: int
    """Position in the list, from 0."""
    id: str
    code: str
    """Canonical code; empty when the list states none, or only a running number."""
    name: ProjectName
    place: str
    ground: Ground
    area: Amount
    capital: Amount
    phase: tuple[float, float]
    phase_text: str
    use: str
    funding: str
    shape: Any
    """Geometry in metres; None when unknown."""
    problem: str
    source_row: float

    @property
    def radius_m(self) -> float:
        """Radius of a circle of the stated area, metres; 0 when no area is stated."""
        largest = max((v for v in (self.area.low, self.area.high) if not math.isnan(v)), default=0.0)
        return math.sqrt(max(largest, 0.0) / math.pi)


@dataclass(frozen=True)
class Listed:
    """One list: its entries, and which facts it states at all."""

    entries: tuple[Entry, ...]
    stated: frozenset[str]
    """Of ``code, area, capital, phase, place, use, funding, geometry`` those that at least one row states."""


def canonical_code(text: str) -> str:
    """Return a code for comparing: no case, no signs but between digits; empty for a stand-in and a running number.

    >>> canonical_code("P-0042"), canonical_code("p.0042"), canonical_code("QH 1.12"), canonical_code("12"), canonical_code("row-7")
    ('p0042', 'p0042', 'qh1-12', '', '')
    """
    plain = fold(text)
    if not plain or _STAND_IN.search(plain):
        return ""
    plain = _REPEATED.sub("", plain)
    plain = re.sub(r"(?<=\d)[^\w]+(?=\d)", "§", plain)
    code = re.sub(r"[^\w§]|_", "", plain).replace("§", "-")
    return "" if _COUNTER.fullmatch(code) else code


def entries_of(frame: pd.DataFrame, profile: Profile, crs: Any, what: str) -> Listed:
    """Return the rows of a canonical register (tables.SITES, with or without geometry) as entries, in its order.

    ``crs`` is the metric CRS of the comparison, None when no geometry is compared.
    **Raises** TableError without site_id or name, or when identifiers are empty or repeated.
    """
    for column in ("site_id", "name"):
        if column not in frame:
            raise TableError(
                f"{what} has no column {column!r}. Read the list with plangeo.read_sites or plangeo.read_register before reconciling it.",
                code="column_missing",
            )
    ids = [str(i) for i in frame["site_id"]]
    if len(set(ids)) < len(ids) or not all(ids):
        raise TableError(
            f"{what}: site_id is empty or repeated; an entry could not be told from another one.", code="ids_repeated"
        )
    shapes = _shapes(frame, crs)
    texts = {
        c: _texts(frame, c) for c in ("name", "use", "phase", "problem", "funding", "declared_capital", "declared_area_text")
    }
    places = _places(frame, profile.units)
    areas = _areas(frame, texts["declared_area_text"])
    capitals = _capitals(frame, texts["declared_capital"])
    phases = list(zip(_numbers(frame, "phase_from"), _numbers(frame, "phase_to"), strict=True))
    rows = _numbers(frame, "source_row")
    made = []
    for n, own in enumerate(ids):
        name = read_name(texts["name"][n], profile.names)
        place = places(n, name.where)
        made.append(
            Entry(
                n,
                own,
                canonical_code(own),
                name,
                *place,
                areas[n],
                capitals[n],
                phases[n],
                texts["phase"][n],
                texts["use"][n],
                texts["funding"][n],
                shapes[n],
                texts["problem"][n],
                rows[n],
            )
        )
    return Listed(tuple(made), _stated(made))


def _stated(entries: Sequence[Entry]) -> frozenset[str]:
    told: dict[str, Callable[[Entry], bool]] = {
        "code": lambda e: bool(e.code),
        "area": lambda e: e.area.stated or bool(e.area.text),
        "capital": lambda e: e.capital.stated or bool(e.capital.text),
        "phase": lambda e: bool(e.phase_text) or not all(map(math.isnan, e.phase)),
        "place": lambda e: bool(e.place),
        "use": lambda e: bool(e.use),
        "funding": lambda e: bool(e.funding),
        "geometry": lambda e: e.shape is not None,
    }
    return frozenset(name for name, test in told.items() if any(map(test, entries)))


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame:
        return [""] * len(frame)
    return ["" if v is None or (isinstance(v, float) and math.isnan(v)) or v is pd.NA else clean(str(v)) for v in frame[column]]


def _numbers(frame: pd.DataFrame, column: str) -> list[float]:
    if column not in frame:
        return [math.nan] * len(frame)
    return [float(v) for v in pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=math.nan)]


def _shapes(frame: pd.DataFrame, crs: Any) -> list[Any]:
    if crs is None or not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None or not frame.geometry.notna().any():
        return [None] * len(frame)
    found = list(to_crs(frame, crs).geometry)
    return [None if s is None or s.is_empty or not shapely.is_valid(s) else s for s in found]


def _areas(frame: pd.DataFrame, texts: Sequence[str]) -> list[Amount]:
    low, high, approx = declared_ends(frame)
    rows = zip(low.tolist(), high.tolist(), approx.tolist(), texts, strict=True)
    return [Amount(a, b, bool(about), text) for a, b, about, text in rows]


def _capitals(frame: pd.DataFrame, texts: Sequence[str]) -> list[Amount]:
    """Capital in đồng; one in another currency only is not a number here, and its words are compared."""
    about = frame["capital_approx"].tolist() if "capital_approx" in frame else [False] * len(frame)
    rows = zip(_numbers(frame, "capital_min_vnd"), _numbers(frame, "capital_max_vnd"), about, texts, strict=True)
    return [Amount(a, b, bool(approx), text) for a, b, approx, text in rows]


def _places(frame: pd.DataFrame, units: UnitRegister | None) -> Callable[[int, str], tuple[str, Ground]]:
    texts, above, days = (_texts(frame, c) for c in ("declared_district", "declared_parent", "list_date"))

    def place(n: int, behind_name: str) -> tuple[str, Ground]:
        """What the columns state, else the words behind the name."""
        shown = ", ".join(part for part in (texts[n], above[n]) if part)
        stated = texts[n] if shown else behind_name
        return shown or behind_name, _ground(stated, above[n], days[n], units)

    return place


def _ground(text: str, above: str, day: str, units: UnitRegister | None) -> Ground:
    if units is None or not (text or above):
        return Ground(frozenset(), False)
    return _read_ground(text, above, day, units)


@lru_cache(maxsize=100_000)
def _read_ground(text: str, above: str, day: str, units: UnitRegister) -> Ground:
    try:
        span = list_span(day)
    except ValueError:
        span = (None, None)
    place = resolve(text, units, span, within=above)
    latest = units.epochs[-1][0] or dt.date.max
    found = ground(place, units, latest)
    return Ground(frozenset(u.key for u in found.units), found.complete)
