"""Where plangeo measures: the working CRS, rows that cannot be converted, borders that reprojection moves apart."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.affinity
from pyproj import Transformer
from pyproj.transformer import TransformerGroup

from plangeo.assessment import assess
from plangeo.errors import CrsError
from plangeo.geometry import is_metric, repair_layer, to_crs, transformation, working_crs
from tests.makers import CRS, X0, Y0, rulebook, site, sites, square, zones

ZONES = zones(("z1", "ODT", square(-500, -500, 1000), "P1"), ("z2", "RPH", square(500, -500, 1000), "P1"))


def on_day(frame: gpd.GeoDataFrame, ground: gpd.GeoDataFrame = ZONES) -> gpd.GeoDataFrame:
    result = assess(frame, rulebook(), on="2025-07-01", zones=ground)
    return result.sites.set_index("site_id").join(result.evidence["zones"].groupby("site_id")["area_m2"].sum())


@pytest.mark.parametrize("far", [shapely.Point(X0 + 800_000, Y0), shapely.Point(X0, Y0 - 1_500_000), shapely.Point(1e9, 1e9)])
def test_one_row_far_away_changes_nothing_for_the_others(far: shapely.Point) -> None:
    near = site("near", square(0, 0, 100))
    alone, together = on_day(sites(near)), on_day(sites(site("far", far), near))
    assert together.loc["near", "area_m2"] == alone.loc["near", "area_m2"] == pytest.approx(10_000)
    assert together.loc["near", "verdict"] == "permitted"
    assert together.loc["far", "verdict"] == "unknown"


def test_a_row_that_cannot_be_converted_is_a_row_with_a_problem() -> None:
    frame = sites(site("good", shapely.Point(106.7, 21.9)), site("bad", shapely.Point(106.7, 95.0)), crs="EPSG:4326")
    moved = to_crs(frame, CRS)
    assert moved.geometry.isna().tolist() == [False, True]
    assert moved["problem"].str.startswith("bad_coordinates").tolist() == [False, True]


def test_a_layer_of_which_no_row_can_be_converted_is_refused() -> None:
    with pytest.raises(CrsError, match="axes swapped"):
        to_crs(sites(site("a", shapely.Point(21.9, 106.7)), crs="EPSG:4326"), CRS)


def test_a_wide_country_is_measured_in_an_equal_area_projection() -> None:
    corners = [
        site(f"s{i}", shapely.Point(*at).buffer(0.01)) for i, at in enumerate([(102.2, 22.4), (109.4, 12.0), (105.0, 8.6)])
    ]
    frame = sites(*corners, crs="EPSG:4326")
    chosen = working_crs([frame])
    assert is_metric(chosen, tuple(frame.total_bounds))
    assert chosen.is_projected


def test_web_mercator_and_degrees_are_never_measured_in() -> None:
    for crs in ("EPSG:3857", "EPSG:4326"):
        chosen = working_crs([sites(site("a", square(0, 0, 100))).to_crs(crs)])
        assert chosen.to_authority() not in (("EPSG", "3857"), ("EPSG", "4326"))
        assert is_metric(chosen, (106.0, 21.0, 107.0, 22.0))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32648", "EPSG:9210"])
@pytest.mark.parametrize("side", ["east", "west"])
def test_a_border_shared_in_another_crs_stays_a_border(crs: str, side: str) -> None:
    # long straight borders whose vertices lie in different places on either side
    border = site("s", shapely.box(X0 + 450, Y0 - 20_000, X0 + 500, Y0 + 20_000) if side == "west" else square(400, 0, 100))
    ground = zones(
        ("z1", "ODT", shapely.box(X0 - 500, Y0 - 30_000, X0 + 500, Y0 + 30_000), "P1"),
        ("z2", "RPH", shapely.box(X0 + 500, Y0 - 33_333, X0 + 900, Y0 + 41_000), "P1"),
    )
    moved = ground.assign(geometry=shapely.segmentize(ground.geometry.to_numpy(), 100.0)).to_crs(crs)
    assert on_day(sites(border), moved).loc["s", "verdict"] == "permitted"


def test_a_line_among_the_zones_leaves_the_sites_near_it_open() -> None:
    """not_an_area: nobody knows which ground a zone drawn as a line covers."""
    drawn = zones(
        ("Z", "ODT", square(-100, -100, 500), "P1"),
        ("L", "RPH", shapely.LineString([(X0 + 40, Y0 + 10), (X0 + 40, Y0 + 90)]), "P1"),
    )
    result = assess(sites(site("A", square(0, 0, 100))), rulebook(), on="2025-07-01", zones=drawn)
    assert result.sites["verdict"].tolist() == ["unknown"]
    assert "zone_quarantined" in set(result.findings["reason"])


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


def test_conversions_never_ignore_the_datum_and_are_recorded_as_they_are_done() -> None:
    """Indian 1960 has several operations, each for its own area; PROJ's first in the list is 461 m from the one used here."""
    saigon = (690_000.0, 1_190_000.0, 700_000.0, 1_200_000.0)
    used = transformation("EPSG:3148", "EPSG:4326", saigon)
    frame = gpd.GeoDataFrame({"problem": [""]}, geometry=[shapely.Point(saigon[:2])], crs="EPSG:3148")
    moved = to_crs(frame, "EPSG:4326").geometry.iloc[0]
    ways = TransformerGroup("EPSG:3148", "EPSG:4326", always_xy=True, allow_ballpark=False).transformers
    by_hand = next(way for way in ways if way.description == used["operation"]).transform(*saigon[:2])
    assert (moved.x, moved.y) == pytest.approx(by_hand, abs=1e-10)
    with pytest.raises(CrsError, match="no datum-correct way"):
        to_crs(frame.set_crs("+proj=utm +zone=48 +ellps=WGS84 +units=m +type=crs", allow_override=True), CRS)


@pytest.mark.parametrize(("source", "target", "edge"), [
    ("EPSG:4326", CRS, [(106.2, 21.3), (107.2, 22.3)]),
    ("EPSG:4326", "EPSG:2154", [(2.0, 48.8), (3.0, 48.8)]),
    ("EPSG:3857", CRS, [(11_860_000, 2_480_000), (11_920_000, 2_520_000)]),
])  # fmt: skip
def test_long_edges_keep_their_ground_to_a_millimetre(source: str, target: str, edge: list[tuple[float, float]]) -> None:
    line = shapely.LineString(edge)
    moved = to_crs(gpd.GeoDataFrame({"problem": [""]}, geometry=[line], crs=source), target).geometry.iloc[0]
    way = Transformer.from_crs(source, target, always_xy=True)
    truth = shapely.points(*way.transform(*np.linspace(*edge, 5001).T))
    bare = shapely.LineString(np.column_stack(way.transform(*np.array(edge).T)))
    assert shapely.distance(truth, moved).max() < 0.001
    assert shapely.distance(truth, bare).max() > 20
