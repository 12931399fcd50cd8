"""Areas of the map against areas a plan publishes: class by class, unit by unit."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.errors import TableError
from plangeo.inputs import Request
from plangeo.model import Label
from plangeo.planlayers.planzones import PlanZones
from plangeo.planlayers.sharedground import Shared, joined, shared_ground
from plangeo.planlayers.unitcover import unit_names
from plangeo.rawfiles import read_raw
from plangeo.rulebook import Rulebook
from plangeo.text import fold, normalise_code, number_style, parse_number

WORDS: Mapping[str, tuple[str, ...]] = {
    "unit": ("unit", "commune", "district", "đơn vị", "đơn vị hành chính", "tên đơn vị", "xã", "mã xã"),
    "class": ("class", "code", "zone_code", "mã", "mã đất", "mã loại đất", "loại đất", "ký hiệu", "ma_dat"),
    "hectares": ("hectares", "ha", "area_ha", "diện tích", "diện tích (ha)", "dien_tich_ha", "dt_ha"),
    "plan": ("plan", "plan_id", "quy hoạch", "mã quy hoạch"),
}
"""Field of the table → its headings, compared without tone marks and case."""

COLUMNS = (
    *("plan_id", "unit", "code", "published_ha", "computed_ha", "difference_ha", "difference_share", "tolerance_ha"),
    *("outcome", "why_vi", "why_en"),
)
OUTCOMES: Mapping[str, Label] = {
    "differs": Label("Lệch quá sai số", "Differs by more than the accuracy"),
    "not_compared": Label("Không so sánh được", "Not compared"),
    "within": Label("Khớp trong sai số", "Agrees within the accuracy"),
}
MOST_ROWS = 50_000
_ROUNDING_HA = 0.005  # published to two decimals
_KINDS_OF_UNIT = ("xa ", "phuong ", "thi tran ", "dac khu ", "huyen ", "thanh pho ", "tinh ")


@dataclass(frozen=True)
class Published:
    """One line of the table: hectares of a class, in a unit or (``unit`` empty) on the whole plan."""

    row: int
    unit: str
    code: str
    hectares: float
    plan_id: str
    problem: Label | None = None


def read_published(path: Path, *, sheet: str | None = None) -> list[Published]:
    """Read a table of class codes and hectares, with a column of units and of plans where it has one; a line per row.

    A line that cannot be read stays, with its problem. **Raises** InputError for a file that is no table, TableError
    without a column of classes or hectares, or with more rows than MOST_ROWS.
    """
    meanings = {fold(word): field for field, words in WORDS.items() for word in words}
    raw, _, _ = read_raw(path, Request("class_areas", sheet=sheet, known=frozenset(meanings), fields=meanings))
    found = {meanings[fold(str(name))]: name for name in reversed(list(raw.frame.columns)) if fold(str(name)) in meanings}
    missing = [f"{field} ({', '.join(WORDS[field][:4])})" for field in ("class", "hectares") if field not in found]
    if missing or len(raw.frame) > MOST_ROWS:
        names = ", ".join(map(repr, map(str, raw.frame.columns)))
        why = (
            f"no column {' and none '.join(missing)}; it has {names}"
            if missing
            else f"{len(raw.frame)} rows; {MOST_ROWS} are the most"
        )
        raise TableError(f"{Path(path).name}: the table of published areas has {why}. One row holds one class and its hectares.")
    cells = {field: [_text(v) for v in raw.frame[name]] for field, name in found.items()}
    style = number_style(cells["hectares"])
    lines = []
    for n, (code, hectares) in enumerate(zip(cells["class"], cells["hectares"], strict=True), start=1):
        value = None if style == "ambiguous" else parse_number(hectares, style)
        problem = None
        if value is None:
            problem = Label(f"không đọc được diện tích “{hectares}”", f"the area {hectares!r} cannot be read in one way only")
        where = (cells[field][n - 1] if field in cells else "" for field in ("unit", "plan"))
        unit, plan_id = where
        lines.append(Published(n, unit, normalise_code(code)[0], float("nan") if value is None else value, plan_id, problem))
    return lines


def compare_areas(
    published: Sequence[Published], plans: Sequence[PlanZones], rulebook: Rulebook, units: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    """Return one row (COLUMNS, hectares) per line and plan; a line that names no plan is held against each of ``plans``.

    A class counts with all classes below it; ground drawn twice counts once. The tolerance lets the border of every patch
    of the class lie off by the plan's tolerance, each by itself: √Σ(tolerance × perimeter)², plus the rounding of the table.
    """
    rows: list[dict[str, Any]] = []
    known = {plan.plan_id: _Ground(plan, rulebook, units) for plan in plans}
    for line in published:
        chosen = [line.plan_id] if line.plan_id else sorted(known)
        for plan_id in chosen:
            rows.append(_row(line, plan_id, known.get(plan_id), rulebook))
    rows.sort(
        key=lambda r: (
            list(OUTCOMES).index(r["outcome"]),
            -abs(_or_zero(r.get("difference_ha"))),
            r["plan_id"],
            r["unit"],
            r["code"],
        )
    )
    return pd.DataFrame(rows, columns=list(COLUMNS))


class _Ground:
    """The ground of a plan, ready to be asked for classes and units."""

    def __init__(self, plan: PlanZones, rulebook: Rulebook, units: gpd.GeoDataFrame | None) -> None:
        self.plan = plan
        self._rulebook = rulebook
        shown = (
            ~(shapely.is_missing(plan.shapes) | shapely.is_empty(plan.shapes)) & (plan.first <= plan.on) & (plan.on <= plan.last)
        )
        self._codes, self._shapes = plan.codes[shown], plan.shapes[shown]
        self._units = {} if units is None else _unit_keys(units)
        self._outlines = np.empty(0, dtype=object) if units is None else units.geometry.to_numpy()

    def unit(self, name: str) -> int | None:
        """The place of the unit a text names; None when none or several are meant."""
        at = self._units.get(_key(name), [])
        return at[0] if len(at) == 1 else None

    def patches(self, code: str, unit: int | None) -> NDArray[Any]:
        """The connected ground of a class and those below it, in a unit or everywhere."""
        below = [own for own in set(self._codes) if code in self._rulebook.ancestors(own)]
        of_class = np.isin(self._codes, below)
        if unit is None:
            return joined(self._shapes[of_class]) if of_class.any() else self._shapes[:0]
        pieces = self._in_units
        chosen = pieces.shapes[of_class[pieces.one] & (pieces.other == unit)]
        return joined(chosen) if len(chosen) else chosen

    @cached_property
    def _in_units(self) -> Shared:
        """What every zone has in every unit, cut once for all lines."""
        return shared_ground(self._shapes, self._outlines)


def _row(line: Published, plan_id: str, ground: _Ground | None, rulebook: Rulebook) -> dict[str, Any]:
    row: dict[str, Any] = {
        "plan_id": plan_id,
        "unit": line.unit,
        "code": line.code,
        "published_ha": line.hectares,
        "outcome": "not_compared",
    }
    unit = ground.unit(line.unit) if ground and line.unit else None
    problem = line.problem or _problem(line, plan_id, ground, unit, rulebook)
    if problem is not None or ground is None:
        said = problem or Label("", "")
        return row | {"why_vi": f"Dòng {line.row}: {said.vi}", "why_en": f"Line {line.row}: {said.en}"}
    patches = ground.patches(line.code, unit)
    computed = math.fsum(shapely.area(patches)) / 1e4
    slack = ground.plan.tolerance_m * math.sqrt(math.fsum(shapely.length(patches) ** 2)) / 1e4 + _ROUNDING_HA
    difference = computed - line.hectares
    row |= {
        "computed_ha": computed,
        "difference_ha": difference,
        "difference_share": difference / line.hectares if line.hectares else float("nan"),
        "tolerance_ha": slack,
    }
    if math.isnan(slack):
        said = Label("quy hoạch không nêu tỷ lệ, nên không biết sai số", "the plan states no scale, so nobody knows the accuracy")
        return row | {"why_vi": f"Dòng {line.row}: {said.vi}", "why_en": f"Line {line.row}: {said.en}"}
    return row | {"outcome": "within" if abs(difference) <= slack else "differs", "why_vi": "", "why_en": ""}


def _problem(line: Published, plan_id: str, ground: _Ground | None, unit: int | None, rulebook: Rulebook) -> Label | None:
    if ground is None:
        return Label(
            f"không có khoanh nào của quy hoạch {plan_id} còn được xem xét",
            f"no examined plan of the layer is called {plan_id!r}",
        )
    if line.unit and unit is None:
        return Label(f"không xác định được đơn vị “{line.unit}” trên bản đồ", f"the map has no one unit called {line.unit!r}")
    if line.code not in rulebook.classes:
        return Label(f"mã {line.code or '(trống)'} không có trong danh mục", f"the rulebook knows no class {line.code!r}")
    return None


def _unit_keys(units: gpd.GeoDataFrame) -> dict[str, list[int]]:
    keys: dict[str, list[int]] = defaultdict(list)
    for n, (name, code) in enumerate(zip(unit_names(units), units["district_id"].astype(str), strict=True)):
        for key in {_key(name), _key(code)}:
            keys[key].append(n)
    return keys


def _key(text: str) -> str:
    plain = fold(text)
    return next((plain.removeprefix(kind) for kind in _KINDS_OF_UNIT if plain.startswith(kind)), plain).strip()


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()


def _or_zero(value: Any) -> float:
    return float(value) if isinstance(value, float) and value == value else 0.0
