"""Makers of tiny inputs: squares in metres, one-row sites, zones and a small rulebook, shared by the tests."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from plangeo.engine.partition import partition
from plangeo.rulebook import Rulebook, rulebook_from_text
from plangeo.tables import SITES, ZONES, Column

CRS = "EPSG:9215"
X0, Y0 = 449_000.0, 2_417_000.0
"""Where ``square(0, 0, …)`` lies, metres in ``CRS``: near Lạng Sơn, so that bounds checks are content."""

PLANS: list[dict[str, Any]] = [
    {
        "plan_id": "P1",
        "title": {"vi": "Quy hoạch thử", "en": "Test plan"},
        "level": "district",
        "decision": "1/QĐ",
        "authority": "UBND",
        "valid_from": "2021-01-01",
        "valid_to": "2030-12-31",
        "scale": 10000,
        "accuracy_m": 0.0,
    }
]
CLASSES: list[dict[str, Any]] = [
    {"code": "NNP", "name": {"vi": "Đất nông nghiệp", "en": "Agricultural land"}},
    {"code": "LUA", "parent": "NNP", "name": {"vi": "Đất trồng lúa", "en": "Rice land"}},
    {"code": "LUC", "parent": "LUA", "name": {"vi": "Đất chuyên trồng lúa", "en": "Wet-rice land"}},
    {"code": "RPH", "name": {"vi": "Rừng phòng hộ", "en": "Protection forest"}},
    {"code": "RDD", "name": {"vi": "Rừng đặc dụng", "en": "Special-use forest"}},
    {"code": "PNN", "name": {"vi": "Đất phi nông nghiệp", "en": "Non-agricultural land"}},
    {"code": "ODT", "parent": "PNN", "name": {"vi": "Đất ở đô thị", "en": "Urban housing"}},
    {"code": "SKK", "name": {"vi": "Đất khu công nghiệp", "en": "Industrial park land"}},
]
USES: list[dict[str, Any]] = [
    {"code": "housing", "name": {"vi": "Nhà ở", "en": "Housing"}, "synonyms": ["khu đô thị"]},
    {"code": "industrial_park", "name": {"vi": "Khu công nghiệp", "en": "Industrial park"}, "synonyms": ["KCN"]},
]


def square(x: float, y: float, size: float) -> shapely.Polygon:
    """Return a square of ``size`` metres whose lower left corner lies ``x``, ``y`` metres from the origin of the tests."""
    return shapely.box(X0 + x, Y0 + y, X0 + x + size, Y0 + y + size)


def site(site_id: str, geometry: BaseGeometry | None, use: str = "housing", **columns: Any) -> dict[str, Any]:
    """Return one row of the SITES contract."""
    return _blank(SITES) | {"site_id": site_id, "name": f"Dự án {site_id}", "use": use, "geometry": geometry} | columns


def sites(*rows: Mapping[str, Any], crs: str = CRS) -> gpd.GeoDataFrame:
    """Return sites as ``read_sites`` gives them."""
    return _frame(rows, SITES, crs)


def zones(*rows: tuple[str, str, BaseGeometry | None, str], crs: str = CRS) -> gpd.GeoDataFrame:
    """Return zones as ``read_zones`` gives them, from (zone_id, zone_code, geometry, plan_id)."""
    names = ("zone_id", "zone_code", "geometry", "plan_id")
    return _frame([_blank(ZONES) | dict(zip(names, row, strict=True)) for row in rows], ZONES, crs)


def plan(plan_id: str, **columns: Any) -> dict[str, Any]:
    """Return one plan for ``rulebook(plans=…)``: P1 with another id and the given columns."""
    return PLANS[0] | {"plan_id": plan_id} | columns


def rule(use: str | list[str], zone: str | list[str], verdict: str, **columns: Any) -> dict[str, Any]:
    """Return one rule for ``rulebook(rules=…)``; ``start`` and ``end`` stand for ``from`` and ``to``."""
    words = {"start": "from", "end": "to"}
    return {"use": use, "zone": zone, "verdict": verdict} | {words.get(k, k): v for k, v in columns.items()}


RULES: list[dict[str, Any]] = [
    rule("housing", "PNN", "permitted"),
    rule("industrial_park", "SKK", "permitted"),
    rule(["housing", "industrial_park"], "NNP", "conditional"),
    rule("*", ["LUC", "RPH", "RDD"], "not_permitted"),
]


def rulebook_text(**sections: Any) -> str:
    """Return a rulebook file: the small book with the given sections instead of its own (JSON, so also YAML)."""
    book: dict[str, Any] = {
        "rulebook": {"name": {"vi": "Quy tắc thử", "en": "Test rules"}},
        "bases": {"test": {"document": "Luật thử", "article": "Điều 1", "verified": True}},
        "plans": PLANS,
        "classes": CLASSES,
        "uses": USES,
        "rules": RULES,
    }
    book |= sections
    for section in ("rules", "thresholds", "precedence"):
        book[section] = [{"basis": "test"} | dict(entry) for entry in book.get(section, ())]
    return json.dumps(book, ensure_ascii=False, default=_written)


def rulebook(on: dt.date | None = None, **sections: Sequence[Any] | Mapping[str, Any]) -> Rulebook:
    """Return the small rulebook, with the given sections instead of its own, closed over ``on`` when given."""
    book = _parsed(rulebook_text(**sections))
    return book if on is None else book.at(on)


@functools.lru_cache(maxsize=64)
def _parsed(text: str) -> Rulebook:
    return rulebook_from_text(text, "test rulebook")


def _written(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot stand in a rulebook")


def _blank(contract: Sequence[Column]) -> dict[str, Any]:
    return {c.name: float("nan") if c.dtype == "float" else "" for c in contract if c.required}


def _frame(rows: Sequence[Mapping[str, Any]], contract: Sequence[Column], crs: str) -> gpd.GeoDataFrame:
    columns = list(dict.fromkeys([*_blank(contract), *(name for row in rows for name in row)]))
    return gpd.GeoDataFrame({c: [row.get(c) for row in rows] for c in columns}, geometry="geometry", crs=crs)


def cut_one_by_one(sites: Sequence[BaseGeometry], zones: Sequence[BaseGeometry]) -> dict[tuple[int, int], float]:
    """Measure by the exact partition, one site at a time: (site, zone) → area in m², length in m or number of points."""
    tree = shapely.STRtree(list(zones))
    found: dict[tuple[int, int], float] = {}
    for row, place in enumerate(sites):
        hits = {int(n): zones[n] for n in sorted(tree.query(place, predicate="intersects").tolist())}
        for zone, piece in partition(place, hits).pieces.items():
            found[row, zone] = piece.area or piece.length or float(shapely.get_num_geometries(piece))
    return found
