"""The books of a run: they balance for any input, and a result whose books do not is never published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.features import canonical_features
from plangeo.layerledger import NO_DATA, STATES, add_books, require_balance, summarise
from plangeo.model import Assessment
from plangeo.report import write_outputs
from plangeo.studies import add_studies
from tests.makers import CRS, X0, Y0, plan, rule, rulebook, site, sites, square, zones

ON = "2025-07-01"
BASIS = {"basis": "test"}
RELICS = [{"use": "housing", "zone": "*", "layer": "relics", "field": "distance_m", "op": ">=", "value": 100, **BASIS}]
BOOK = rulebook(rules=[rule("housing", "ODT", "permitted"), rule("*", "RPH", "not_permitted")], requirements=RELICS)
PLAN = zones(("z1", "ODT", square(0, 0, 1000), "P1"), ("z2", "RPH", square(1000, 0, 1000), "P1"))


def relics(*shapes: Any) -> Any:
    return canonical_features(gpd.GeoDataFrame({"name": ["relic"] * len(shapes)}, geometry=list(shapes), crs=CRS))


def judge(*rows: dict[str, Any], **layers: Any) -> Assessment:
    return assess(sites(*rows), BOOK, on=ON, **({"zones": PLAN} | layers))


def states(result: Assessment, layer: str) -> dict[str, str]:
    return dict(zip(result.ledger["site_id"], result.ledger[layer], strict=True))


def test_three_lists() -> None:
    near, clear, bare, nowhere = square(40, 40, 50), square(500, 500, 50), square(5000, 5000, 50), None
    rows = [site(n, g) for n, g in (("near", near), ("clear", clear), ("bare", bare), ("nowhere", nowhere))]
    result = judge(*rows, relics=relics(shapely.Point(X0, Y0)))
    assert states(result, "zones") == {"near": "affected", "clear": "affected", "bare": "no_data", "nowhere": "no_data"}
    assert states(result, "relics") == {"near": "affected", "clear": "not_affected", "bare": "not_affected", "nowhere": "no_data"}
    assert dict(zip(result.sites["site_id"], result.sites["verdict"], strict=True))["clear"] == "permitted"


def test_every_plan_has_its_own_three_lists() -> None:
    """P2 is in force and draws the next square, OLD ended, P3 is in force and draws nothing at all."""
    book = rulebook(
        plans=[plan("P1"), plan("P2"), plan("P3"), plan("OLD", valid_to="2024-12-31")],
        rules=[rule("housing", "ODT", "permitted")],
    )
    drawn = zones(
        ("a", "ODT", square(0, 0, 1000), "P1"),
        ("b", "ODT", square(1000, 0, 1000), "P2"),
        ("c", "ODT", square(2000, 0, 1000), "OLD"),
        ("d", "ODT", None, "P2"),
    )
    places = {
        "one": square(100, 100, 50),
        "both": square(980, 100, 50),
        "old": square(2100, 100, 50),
        "edge": square(-20, 100, 50),
    }
    rows = [site(name, shape) for name, shape in places.items()]
    result = assess(sites(*rows, site("nowhere", None)), book, on=ON, zones=drawn.iloc[:3])
    found = {name: states(result, f"zones: {name}") for name in ("P1", "P2", "P3", "OLD")}
    yes, no, open_ = "affected", "not_affected", "no_data"
    assert list(found["P1"].values()) == [yes, yes, open_, yes, open_]
    assert list(found["P2"].values()) == [no, yes, open_, open_, open_], "on bare ground nobody knows whether a plan has a gap"
    assert list(found["P3"].values()) == [no, no, open_, open_, open_]
    assert list(found["OLD"].values()) == [no, no, open_, open_, open_], "its zones lie there, and it ended"
    lost = assess(sites(*rows), book, on=ON, zones=drawn)
    assert states(lost, "zones: P2")["one"] == "no_data", "a zone of the plan may lie anywhere"
    assert states(lost, "zones: OLD")["one"] == "not_affected"


def test_a_layer_that_was_not_given_or_is_broken_nearby_has_no_data() -> None:
    row = site("a", square(500, 500, 50))
    assert states(judge(row), "relics") == {"a": "no_data"}
    bow = shapely.Polygon([(X0 + 480, Y0 + 480), (X0 + 490, Y0 + 490), (X0 + 490, Y0 + 480), (X0 + 480, Y0 + 488)])
    result = judge(row, relics=relics(bow, shapely.Point(X0, Y0)))
    assert states(result, "relics") == {"a": "no_data"}
    assert result.sites["verdict"].tolist() == ["unknown"]
    assert {"layer": "relics", "rows": 2, "measured": 1, "labels": 0, "quarantined": 1, "without_place": 0} in result.layer_rows


SHAPES = st.sampled_from(
    [
        None,
        shapely.Polygon(),
        square(10, 10, 100),
        square(950, 10, 100),
        square(1900, 900, 400),
        shapely.Point(X0 + 20, Y0 + 20),
        shapely.LineString([(X0, Y0), (X0 + 1500, Y0 + 700)]),
        shapely.Polygon([(X0, Y0), (X0 + 90, Y0 + 90), (X0 + 90, Y0), (X0, Y0 + 60)]),
        shapely.Point(1e308, 1e308),
        shapely.Polygon([(X0, Y0), (X0 + 1, Y0), (float("inf"), Y0)]),
        shapely.GeometryCollection([square(10, 10, 20), shapely.Point(X0, Y0)]),
        shapely.MultiPolygon([square(10, 10, 60), square(30, 30, 10)]),
    ]
)
PLACES = st.lists(SHAPES, min_size=1, max_size=5)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    drawn=PLACES, ground=PLACES, kept_clear=PLACES, uses=st.lists(st.sampled_from(["housing", "farm"]), min_size=5, max_size=5)
)
def test_the_books_balance_for_anything_drawn(drawn: Any, ground: Any, kept_clear: Any, uses: Any) -> None:
    rows = [site(f"s{n}", shape, use) for n, (shape, use) in enumerate(zip(drawn, uses, strict=False))]
    plan = zones(("z", "ODT", square(0, 0, 1000), "P1"), *((f"d{n}", "RPH", g, "P1") for n, g in enumerate(ground)))
    layers = {"relics": relics(square(0, 3000, 10), *kept_clear)}
    result = assess(sites(*rows), BOOK, on=ON, zones=plan, **layers)  # would raise where they do not
    books = summarise(result)
    assert sum(books["sites"]["verdicts"].values()) == books["sites"]["rows"] == len(rows)
    assert all(sum(found.values()) == len(rows) for found in books["layers"].values())
    assert set(result.ledger.drop(columns="site_id").to_numpy().ravel()) <= set(STATES)
    counts = {row["layer"]: row for row in books["rows"]}
    assert counts["zones"]["rows"] == len(plan)
    set_aside = {layer: row["labels"] + row["quarantined"] + row["without_place"] for layer, row in counts.items()}
    assert set_aside == {layer: counts[layer]["rows"] - counts[layer]["measured"] for layer in counts}
    lacking = (result.ledger[["zones", "relics"]] == NO_DATA).any(axis=1).to_numpy()
    assert not (result.sites["verdict"].isin(["permitted", "conditional"]).to_numpy() & lacking).any()


TAMPERED: dict[str, Any] = {
    "a verdict over missing data": lambda r: replace(r, sites=r.sites.assign(verdict="permitted")),
    "a verdict that is none": lambda r: replace(r, sites=r.sites.assign(verdict="fine")),
    "a site that fell out": lambda r: replace(r, sites=r.sites.iloc[1:]),
    "a site judged twice": lambda r: replace(r, sites=pd.concat([r.sites, r.sites.iloc[:1]])),
    "a check that forgot a site": lambda r: replace(r, findings=r.findings[r.findings["site_id"] != "b"]),
    "a plan that forgot its ground": lambda r: replace(r, ledger=r.ledger.assign(**{"zones: P1": "not_affected"})),
    "a state that is none": lambda r: replace(r, ledger=r.ledger.assign(zones="")),
    "a zone that fell out": lambda r: replace(r, layer_rows=({**r.layer_rows[0], "measured": 1}, *r.layer_rows[1:])),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_books_that_do_not_balance_are_never_published(what: str, tmp_path: Path) -> None:
    result = judge(site("a", square(10, 10, 50)), site("b", square(5000, 0, 50)), relics=relics(square(0, 3000, 10)))
    with pytest.raises(AssertionError, match="do not balance"):
        write_outputs(TAMPERED[what](result), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_parts_add_up_to_the_whole() -> None:
    rows = [site(f"s{n}", square(300 * n, 100, 50)) for n in range(4)]
    whole = judge(*rows, relics=relics(square(0, 3000, 10)))
    parts = [summarise(judge(row, relics=relics(square(0, 3000, 10)))) for row in rows]
    assert add_books(parts) == summarise(whole)
    parts[0]["sites"]["verdicts"]["unknown"] += 1
    with pytest.raises(AssertionError, match="balance"):
        add_books(parts)


def test_the_register_must_come_out_as_it_went_in() -> None:
    result = judge(site("a", square(10, 10, 50)), site("b", square(20, 10, 50)))
    require_balance(result, ["a", "b"])
    with pytest.raises(AssertionError, match="each once and in their order"):
        require_balance(result, ["b", "a"])


def test_the_books_stand_in_the_workbook() -> None:
    result = judge(site("a", square(10, 10, 50)), site("b", None), relics=relics(square(0, 3000, 10)))
    whole, each = add_studies(result, only=["books"]).sheets
    table = whole.frame.set_index("layer")
    assert table.loc["zones", ["rows", "measured", "affected", "no_data"]].tolist() == [2, 2, 1, 1]
    assert table.loc["sites", ["rows", "without_place"]].tolist() == [2, 1]
    assert np.array_equal(each.frame["relics"], ["không liên quan", "chưa có dữ liệu"])
