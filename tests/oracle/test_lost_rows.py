"""Rows of a layer that a plain reader loses or misplaces: the site on them was once called permitted, and must never be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from plangeo import read_sites
from plangeo.assessment import assess
from plangeo.errors import InputError
from plangeo.rulebook import Rulebook
from tests.makers import CRS, X0, Y0, rule, rulebook, square

TOWN, FOREST = square(-3000, -3000, 6000), square(20, 20, 30)
FAR_RELIC = shapely.Point(X0 + 2500, Y0 + 2500)
SETBACK = {"use": "housing", "zone": "*", "layer": "relics", "field": "distance_m", "op": ">=", "value": 100, "basis": "test"}


def _plan(folder: Path, *shapes: object, codes: tuple[str, ...] = ("ODT", "RPH")) -> Path:
    frame = gpd.GeoDataFrame(
        {"zone_id": ["Z1", "Z2"][: len(shapes)], "zone_code": codes[: len(shapes)]}, geometry=list(shapes), crs=CRS
    )
    frame.to_crs("EPSG:4326").to_file(folder / "plan.geojson")
    return folder / "plan.geojson"


def _misspelt(folder: Path) -> dict[str, Path]:
    path = _plan(folder, TOWN, FOREST)
    told = json.loads(path.read_text("utf-8"))
    told["features"][1]["type"] = "feature"  # readers pass over it without a word
    path.write_text(json.dumps(told), "utf-8")
    return {"zones": path}


def _as_a_point(folder: Path) -> dict[str, Path]:
    return {"zones": _plan(folder, TOWN, shapely.Point(X0 + 300, Y0))}


def _relic(folder: Path, *places: shapely.Point) -> dict[str, Path]:
    gpd.GeoDataFrame({"name": ["đền"] * len(places)}, geometry=list(places), crs=CRS).to_file(folder / "relics.gpkg")
    return {"zones": _plan(folder, TOWN), "relics": folder / "relics.gpkg"}


def _axes_exchanged(folder: Path) -> dict[str, Path]:
    return _relic(folder, shapely.Point(Y0 + 60, X0 + 30), FAR_RELIC, FAR_RELIC)


LOST: dict[str, Callable[[Path], dict[str, Path]]] = {
    "a forest whose feature is misspelt": _misspelt,
    "a forest given as a point": _as_a_point,
    "one relic with its axes exchanged": _axes_exchanged,
}

REFUSED = {"a forest whose feature is misspelt"}


def _verdict(layers: dict[str, Path], folder: Path, book: Rulebook) -> str:
    gpd.GeoDataFrame({"site_id": ["A"], "use": ["housing"]}, geometry=[square(0, 0, 60)], crs=CRS).to_file(folder / "sites.gpkg")
    result = assess(read_sites(folder / "sites.gpkg"), book, on="2025-07-01", **layers)  # type: ignore[arg-type]
    return str(result.sites["verdict"].iloc[0])


@pytest.mark.parametrize("what", LOST)
def test_what_was_lost_is_missed(what: str, tmp_path: Path) -> None:
    layers = LOST[what](tmp_path)
    needs = [SETBACK] if "relics" in layers else []
    book = rulebook(rules=[rule("housing", "ODT", "permitted"), rule("*", "RPH", "not_permitted")], requirements=needs)
    if what in REFUSED:
        with pytest.raises(InputError, match="no Feature"):
            _verdict(layers, tmp_path, book)
    else:
        assert _verdict(layers, tmp_path, book) == "unknown"


def test_the_same_ground_without_a_fault_is_permitted(tmp_path: Path) -> None:
    book = rulebook(rules=[rule("housing", "ODT", "permitted"), rule("*", "RPH", "not_permitted")], requirements=[SETBACK])
    assert _verdict(_relic(tmp_path, FAR_RELIC), tmp_path, book) == "permitted"
