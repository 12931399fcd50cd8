"""The validity gate: what it mends, what it sets aside, and the ledger of both."""

from __future__ import annotations

import pytest
import shapely
import shapely.affinity

from plangeo.assessment import assess
from plangeo.geometry import repair_layer
from tests.makers import CRS, X0, Y0, rulebook, site, sites, square, zones

NAN, INF = float("nan"), float("inf")


def _at(text: str) -> shapely.Geometry:
    return shapely.affinity.translate(shapely.from_wkt(text), X0, Y0)


SHELL = "(0 0, 100 0, 100 100, 0 100, 0 0)"
# shape → what the gate does, area before and after (m²), where the fault lies (metres from the origin of the tests)
GATE: dict[str, tuple[shapely.Geometry, str, float, float, tuple[float, float] | None]] = {
    "bow-tie": (_at("POLYGON ((0 0, 100 100, 100 0, 0 100, 0 0))"), "quarantined", 0.0, NAN, (50, 50)),
    "uneven bow-tie": (_at("POLYGON ((0 0, 100 100, 100 0, 0 60, 0 0))"), "quarantined", 2000.0, NAN, (37.5, 37.5)),
    "spike": (_at("POLYGON ((0 0, 100 0, 100 100, 50 100, 50 600, 50 100, 0 100, 0 0))"), "repaired", 1e4, 1e4, (50, 600)),
    "nested shells": (
        _at(f"MULTIPOLYGON (({SHELL}), ((20 20, 80 20, 80 80, 20 80, 20 20)))"),
        "quarantined",
        13600.0,
        NAN,
        (20, 20),
    ),
    "overlapping parts": (
        _at(f"MULTIPOLYGON (({SHELL}), ((50 0, 150 0, 150 100, 50 100, 50 0)))"),
        "quarantined",
        2e4,
        NAN,
        None,
    ),
    "the same part twice": (_at(f"MULTIPOLYGON (({SHELL}), ({SHELL}))"), "quarantined", 2e4, NAN, None),
    "the same hole twice": (
        _at(f"POLYGON ({SHELL}, (10 10, 20 10, 20 20, 10 20, 10 10), (10 10, 20 10, 20 20, 10 20, 10 10))"),
        *("quarantined", 9800.0, NAN, None),
    ),
    "hole as large as the shell": (_at(f"POLYGON ({SHELL}, {SHELL})"), "quarantined", 0.0, NAN, None),
    "hole outside the shell": (
        _at(f"POLYGON ({SHELL}, (200 0, 300 0, 300 100, 200 100, 200 0))"),
        "quarantined",
        0.0,
        NAN,
        (200, 0),
    ),
    "ring that touches itself": (_at("POLYGON ((0 0, 100 0, 100 100, 50 0, 0 100, 0 0))"), "repaired", 5e3, 5e3, (50, 0)),
    "parts that share an edge": (
        _at("MULTIPOLYGON (((0 0, 50 0, 50 50, 0 50, 0 0)), ((50 0, 100 0, 100 50, 50 50, 50 0)))"),
        *("repaired", 5e3, 5e3, (50, 50)),
    ),
    "inverted ring": (
        _at("POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0, 30 30, 60 30, 30 60, 0 0))"),
        "quarantined",
        10900.0,
        NAN,
        (0, 0),
    ),
    "no area": (_at("POLYGON ((0 0, 100 100, 50 50, 0 0))"), "quarantined", 0.0, NAN, None),
    "NaN": (shapely.Point(NAN, NAN), "quarantined", 0.0, 0.0, None),
    "infinite": (shapely.LineString([(X0, Y0), (INF, Y0)]), "quarantined", 0.0, 0.0, None),
    "1e308": (shapely.Polygon([(X0, Y0), (1e308, Y0), (X0, Y0 + 1)]), "quarantined", 0.0, 0.0, (0, 0)),
    "areas and points": (_at(f"GEOMETRYCOLLECTION (POLYGON ({SHELL}), POINT (500 5))"), "quarantined", 0.0, 0.0, (0, 0)),
    "a point on its area": (_at(f"GEOMETRYCOLLECTION (POLYGON ({SHELL}), POINT (5 5))"), "repaired", 10000.0, 10000.0, (0, 0)),
}


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("layer", ["sites", "zones"])
def test_the_gate_and_its_ledger(layer: str) -> None:
    shapes = [shape for shape, *_ in GATE.values()]
    rows = [site(name, g) for name, g in zip(GATE, shapes, strict=True)]
    frame = sites(*rows) if layer == "sites" else zones(*((name, "RPH", g, "P1") for name, g in zip(GATE, shapes, strict=True)))
    gated, ledger = repair_layer(frame, layer, "site_id" if layer == "sites" else "zone_id")
    told = {row["row_id"]: row for row in ledger}
    assert set(told) == set(GATE)
    for shape, (name, (_, action, before, after, where)) in zip(gated.geometry, GATE.items(), strict=True):
        row = told[name]
        assert (row["layer"], row["action"]) == (layer, action), name
        assert (shape is None) is (action == "quarantined"), name
        if row["method"] != "set aside":
            assert [row["area_before_m2"], row["area_after_m2"]] == pytest.approx([before, after], nan_ok=True), name
        if where is not None:
            assert (row["x"] - X0, row["y"] - Y0) == pytest.approx(where), name


def test_the_declared_area_is_compared_in_square_metres_whatever_the_layer_is_in() -> None:
    metres = _at("POLYGON ((0 0, 100 0, 100 100, 50 0, 0 100, 0 0))")
    degrees = shapely.from_wkt("POLYGON ((106 21, 106.001 21, 106.001 21.001, 106.0005 21, 106 21.001, 106 21))")
    for crs, ring, area in ((CRS, metres, 5000.0), ("EPSG:4326", degrees, 5754.0)):
        frame = sites(site("fits", ring, declared_area_m2=area * 1.01), site("not", ring, declared_area_m2=area * 1.2), crs=crs)
        gated, ledger = repair_layer(frame, "sites", "site_id")
        assert gated.geometry.isna().tolist() == [False, True], crs
        assert ledger[0]["area_after_m2"] == pytest.approx(area, rel=1e-3)


def test_a_line_among_the_zones_leaves_the_sites_near_it_open() -> None:
    """not_an_area: nobody knows which ground a zone drawn as a line covers."""
    drawn = zones(
        ("Z", "ODT", square(-100, -100, 500), "P1"),
        ("L", "RPH", shapely.LineString([(X0 + 40, Y0 + 10), (X0 + 40, Y0 + 90)]), "P1"),
    )
    result = assess(sites(site("A", square(0, 0, 100))), rulebook(), on="2025-07-01", zones=drawn)
    assert result.sites["verdict"].tolist() == ["unknown"]
    assert "zone_quarantined" in set(result.findings["reason"])


@pytest.mark.parametrize(("shape", "verdicts"), [
    (shapely.Point(X0 + 60, Y0), ["unknown", "unknown"]),
    (shapely.LineString([(X0 + 60, Y0 - 50), (X0 + 60, Y0 + 50)]), ["unknown", "permitted"]),
    (shapely.Point(1e308, 1e308), ["unknown", "unknown"]),
])  # fmt: skip
def test_a_forest_drawn_as_a_point_or_line_keeps_what_lies_beside_from_being_permitted(
    shape: object, verdicts: list[str]
) -> None:
    ground = zones(("z1", "ODT", square(-500, -500, 9000), "P1"), ("z2", "RPH", shape, "P1"))
    frame = sites(site("near", square(0, 0, 50)), site("far", square(3000, 3000, 50)))
    assert assess(frame, rulebook(), on="2025-07-01", zones=ground).sites["verdict"].tolist() == verdicts
