"""Room for sites without an exact place: shares in closed form, a second computation, and what is too large to measure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from plangeo import assess, assess_to, backends, layers, placements, read_sites
from plangeo.engine import patches
from plangeo.engine.patches import cut_ground
from plangeo.engine.zonelayer import ZoneLayer
from plangeo.explanation import explain
from plangeo.model import Assessment
from plangeo.overlay import measure_zones
from plangeo.report import write_outputs
from plangeo.storage import keptzones
from tests.makers import CRS, X0, Y0, rulebook, site, sites, square, zones

ON = "2025-07-01"
HECTARE = math.sqrt(1e4 / math.pi)
"""Radius of a disc of 1 ha, m."""


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    return shapely.box(X0 + x, Y0 + y, X0 + x + width, Y0 + y + height)


def communes(**shapes: Any) -> gpd.GeoDataFrame:
    rows = [
        {"district_id": str(n), "district_name": f"Xã {name}", "geometry": shape, "problem": "", "repaired": ""}
        for n, (name, shape) in enumerate(shapes.items())
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def unplaced(site_id: str = "S", unit: str = "Một", **columns: Any) -> dict[str, Any]:
    return site(site_id, None, **({"declared_district": unit} | columns))


def point(x: float, y: float, area_m2: float = 1e4, **columns: Any) -> dict[str, Any]:
    return site("S", shapely.Point(X0 + x, Y0 + y), **({"declared_area_m2": area_m2} | columns))


def said(result: Assessment, site_id: str = "S") -> pd.Series:
    rows = result.findings[(result.findings["check"] == "placement") & (result.findings["site_id"] == site_id)]
    assert len(rows) == 1
    return rows.iloc[0]


def one(row: dict[str, Any], *drawn: tuple[str, str, Any, str], **options: Any) -> pd.Series:
    if row["geometry"] is None:
        options = {"districts": communes(Một=square(0, 0, 1000))} | options
    return said(assess(sites(row), options.pop("rulebook", rulebook()), on=ON, zones=zones(*drawn), **options))


def test_37_percent_of_a_commune() -> None:
    """1 km² with 37 % housing, 21 % rice on conditions, 30 % forest; the rest is bare."""
    drawn = [
        ("h", "ODT", box(0, 0, 370, 1000), "P1"),
        ("r", "LUA", box(370, 0, 210, 1000), "P1"),
        ("f", "RPH", box(580, -50, 300, 1100), "P1"),
    ]
    finding = one(unplaced(), *drawn)
    assert finding["reason"] == "partly"
    assert finding["verdict"] == "unknown"
    assert finding["share"] == pytest.approx(0.58, abs=1e-12)
    assert finding["area_m2"] == pytest.approx(580_000, abs=1e-6)
    assert (
        "compatible 37.00%; compatible with conditions 21.00%; cannot be determined 12.00%; not compatible 30.00%"
        in (finding["detail_en"])
    )
    assert "phù hợp 37,00%" in finding["detail"]


def test_zones_cut_anyhow_give_the_same_shares() -> None:
    """A commune of many small zones is halved before it is cut; the shares are those of the whole."""
    tiles = [
        (f"z{x}-{y}", "ODT" if x < 37 else "RPH", box(10 * x, 100 * y, 10, 100), "P1") for x in range(100) for y in range(10)
    ]
    finding = one(unplaced(), *tiles)
    assert finding["share"] == pytest.approx(0.37, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 20.0, 40.0, 80.0, 112.0])
def test_the_share_of_discs_beside_a_straight_border(shift: float) -> None:
    """Forest begins ``shift`` m east of the point: centres may lie ``shift`` − r east of it, a segment of a circle."""
    r = HECTARE
    finding = one(
        point(0, 0), ("h", "ODT", box(-500, -500, 500 + shift, 1000), "P1"), ("f", "RPH", box(shift, -500, 500, 1000), "P1")
    )
    c = (shift - r) / r
    expected = 1 - (math.acos(c) - c * math.sqrt(1 - c * c)) / math.pi
    assert finding["share"] == pytest.approx(expected, abs=1e-3)
    assert finding["reason"] == ("disc_partly" if expected > 1e-3 else "disc_nowhere")


@pytest.mark.parametrize(("side", "reason"), [(4 * HECTARE, "disc_everywhere"), (4 * HECTARE - 0.01, "disc_partly")])
def test_a_square_that_holds_all_discs_touches_them(side: float, reason: str) -> None:
    """The discs that contain the point reach two radii: a square around them consents to the last of them."""
    forest = box(-900, -900, 1800, 1800).difference(box(-side / 2, -side / 2, side, side))
    finding = one(point(0, 0), ("h", "ODT", box(-side / 2, -side / 2, side, side), "P1"), ("f", "RPH", forest, "P1"))
    assert finding["reason"] == reason
    assert finding["share"] == pytest.approx(1.0, abs=1e-3)


def test_eroding_a_square_by_the_radius() -> None:
    """The centres of discs inside a square of 3 r are a square of r; all of them lie within r of its middle."""
    r = HECTARE
    forest = box(-900, -900, 1800, 1800).difference(box(-1.5 * r, -1.5 * r, 3 * r, 3 * r))
    finding = one(point(0, 0), ("h", "ODT", box(-1.5 * r, -1.5 * r, 3 * r, 3 * r), "P1"), ("f", "RPH", forest, "P1"))
    assert finding["share"] == pytest.approx(1 / math.pi, abs=1e-3)
    assert finding["length_m"] == pytest.approx(r)


def test_bare_ground_may_do_and_forest_may_not() -> None:
    bare = one(point(0, 0), ("h", "ODT", box(-500, -500, 560, 1000), "P1"))
    forest = one(point(0, 0), ("h", "ODT", box(-500, -500, 560, 1000), "P1"), ("f", "RPH", box(60, -500, 500, 1000), "P1"))
    assert bare["share"] == forest["share"]
    assert "at most 100.00%" in bare["detail_en"]
    assert "at most" not in forest["detail_en"]


def test_the_declared_area_answers_a_condition_on_the_size_of_the_site() -> None:
    """The point itself has no area, so a bound on it would hold for whatever is declared."""
    bound = {"use": "housing", "zone": "ODT", "verdict": "permitted", "basis": "test"}
    bound |= {"conditions": [{"field": "site_area_m2", "op": "<=", "value": 5000}], "otherwise": "not_permitted"}
    ground = ("h", "ODT", box(-500, -500, 1000, 1000), "P1")
    assert one(point(0, 0, 4900), ground, rulebook=rulebook(rules=[bound]))["reason"] == "disc_everywhere"
    assert one(point(0, 0, 5100), ground, rulebook=rulebook(rules=[bound]))["reason"] == "disc_nowhere"


def test_what_a_threshold_may_forgive_is_no_certainty() -> None:
    """27 ha of housing, 28.5 with an outline 10 m further out: too little for 31 ha, unless a tenth of forest is forgiven."""
    drawn = (("h", "ODT", box(0, 0, 270, 1000), "P1"), ("f", "RPH", box(270, 0, 730, 1000), "P1"))
    lenient = rulebook(thresholds=[{"use": "*", "zone": "RPH", "share": 0.1, "basis": "test"}])
    assert one(unplaced(declared_area_m2=310_000), *drawn)["reason"] == "no_room"
    assert one(unplaced(declared_area_m2=310_000), *drawn, rulebook=lenient)["reason"] == "no_room_in_one_piece"
    assert one(unplaced(declared_area_m2=400_000), *drawn, rulebook=lenient)["reason"] == "no_room"


def test_ranges_and_doubtful_numbers_prove_only_what_their_least_proves() -> None:
    """10 ha of housing and forest around it, against areas written in other ways than as one number."""
    drawn = (
        ("h", "ODT", box(400, 400, 250, 400), "P1"),
        ("f", "RPH", box(0, 0, 1000, 1000).difference(box(400, 400, 250, 400)), "P1"),
    )

    def reason(**declared: Any) -> str:
        return str(one(unplaced(**declared), *drawn)["reason"])

    ends = ("declared_area_min_m2", "declared_area_max_m2", "declared_area_approx")
    nan = math.nan
    assert reason(**dict(zip(ends, (120_000.0, 200_000.0, False), strict=True))) == "no_room"
    assert reason(**dict(zip(ends, (80_000.0, 200_000.0, False), strict=True))) == "partly"
    assert reason(**dict(zip(ends, (105_000.0, 105_000.0, True), strict=True))) == "partly"
    assert reason(**dict(zip(ends, (150_000.0, nan, False), strict=True))) == "no_room"
    assert reason(**dict(zip(ends, (nan, 150_000.0, False), strict=True))) == "partly"
    assert reason(declared_area_m2=150_000.0) == "no_room"
    assert reason(declared_area_m2=150_000.0, declared_area_note="doubtful_unit(15): hectares, probably") == "partly"
    assert reason(declared_area_m2=150_000.0, declared_area_note="sum(10 + 5 ha): read as 15.00 ha") == "no_room"


def test_a_disc_of_a_range_has_its_greatest_area() -> None:
    ground = ("h", "ODT", box(-500, -500, 1000, 1000), "P1")
    ends = {"declared_area_m2": math.nan, "declared_area_min_m2": 8000.0, "declared_area_max_m2": 10_000.0}
    finding = one(point(0, 0) | ends, ground)
    assert (finding["reason"], round(float(finding["length_m"]), 6)) == ("disc_everywhere", round(HECTARE, 6))
    assert one(point(0, 0) | ends | {"declared_area_max_m2": math.nan}, ground)["reason"] == "placed"


def test_shares_of_the_sample_by_a_second_computation() -> None:
    """The patches of a commune under three plans, against the same commune measured as one site."""
    from plangeo import open_layer, sample

    layer = ZoneLayer.of(open_layer("zones", sample("zones.gpkg"), profile="vn"))
    unit = open_layer("districts", sample("communes.gpkg"), profile="vn").iloc[[5]]
    shape = unit.geometry.iloc[0]
    frame = sites(site("U", shape), crs=unit.crs)
    found = cut_ground(shape, layer, 1e-6)
    assert found is not None
    assert found.doubt == ""
    areas: dict[Any, float] = {}
    for kind, part in zip(found.kinds, found.shapes, strict=True):
        areas[kind] = areas.get(kind, 0.0) + part.area
    cover = measure_zones(frame, layer).cover
    whole: dict[Any, float] = {}
    for lying, area in zip(cover["zones"], cover["area_m2"], strict=True):
        key = tuple(sorted((plan, code, "") for plan, code, _ in lying))
        whole[key] = whole.get(key, 0.0) + area
    assert areas.keys() == whole.keys()
    assert len(areas) > 10
    for key, area in areas.items():
        assert area == pytest.approx(whole[key], abs=1e-3)
    assert math.fsum(areas.values()) == pytest.approx(shape.area, rel=1e-12)


def test_a_unit_is_measured_once_however_many_sites_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[Any] = []

    def counted(shape: Any, *rest: Any) -> Any:
        cut.append(shape)
        return cut_ground(shape, *rest)

    monkeypatch.setattr(placements, "cut_ground", counted)
    rows = [unplaced(f"S{n}", ["Một", "Xã Hai", "Xã Một, xã Hai"][n % 3]) for n in range(60)]
    outlines = communes(Một=square(0, 0, 1000), Hai=square(1000, 0, 1000))
    ground = zones(("h", "ODT", box(0, 0, 1500, 1000), "P1"))
    result = assess(sites(*rows), rulebook(), on=ON, zones=ground, districts=outlines)
    assert len(cut) == 3
    shares = [round(float(said(result, f"S{n}")["share"]), 9) for n in range(3)]
    assert shares == [1.0, 0.5, 0.75]


def test_sites_of_one_unit_go_together_and_come_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[Any] = []
    monkeypatch.setattr(placements, "cut_ground", lambda *given: (cut.append(given), cut_ground(*given))[1])
    names = ["Một", "Hai", "Ba"]
    outlines = communes(**{name: square(1000 * n, 0, 1000) for n, name in enumerate(names)})
    rows = [unplaced(f"S{n}", names[n % 3]) if n % 2 else site(f"S{n}", square(n, n, 5)) for n in range(60)]
    ground = zones(("h", "ODT", box(0, 0, 1500, 1000), "P1"))
    whole = assess(sites(*rows), rulebook(), on=ON, zones=ground, districts=outlines)
    assert len(cut) == 3
    monkeypatch.setattr("plangeo.assessment.SERIAL_SITES", 10)
    apart = assess(sites(*rows), rulebook(), on=ON, zones=ground, districts=outlines)
    assert len(cut) == 6
    pd.testing.assert_frame_equal(pd.DataFrame(whole.findings), pd.DataFrame(apart.findings), check_exact=True)


def test_a_streamed_register_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANGEO_CACHE", str(tmp_path / "cache"))
    rows = [unplaced(f"u{n}", ["Một", "Hai"][n % 2], declared_area_m2=1e5 * n) for n in range(6)]
    rows += [point(100 * n, 500, 1e4) | {"site_id": f"p{n}"} for n in range(6)]
    ground = zones(("h", "ODT", box(0, 0, 370, 1000), "P1"), ("f", "RPH", box(370, 0, 1630, 1000), "P1"))
    outlines = communes(Một=square(0, 0, 1000), Hai=square(1000, 0, 1000))
    for name, frame in (("sites", sites(*rows).drop(columns="problem")), ("zones", ground), ("communes", outlines)):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    drawn = {"zones": tmp_path / "zones.parquet", "districts": tmp_path / "communes.parquet"}
    assess_to(
        tmp_path / "parts", tmp_path / "sites.parquet", rulebook(), on=ON, part_sites=5, backend=backends.processes(2), **drawn
    )
    write_outputs(assess(read_sites(tmp_path / "sites.parquet"), rulebook(), on=ON, **drawn), tmp_path / "whole")
    told = (tmp_path / "parts" / "findings.csv").read_text("utf-8")
    assert told == (tmp_path / "whole" / "findings.csv").read_text("utf-8")
    assert all(reason in told for reason in ("partly", "nowhere", "disc_partly", "disc_nowhere"))


def test_what_is_too_large_to_measure_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    tiles = [(f"z{n}", "ODT", box(50 * n, 0, 50, 1000), "P1") for n in range(20)]
    monkeypatch.setattr(placements, "_MOST_AROUND_POINT", 10)
    finding = one(point(500, 500, 200_000), *tiles)
    assert (finding["reason"], finding["verdict"]) == ("too_large", "unknown")
    assert "20.00 ha" in finding["detail_en"]
    monkeypatch.setattr(patches, "MOST_PIECES", 10)
    monkeypatch.setattr(placements.cut_ground, "__defaults__", (10,))
    assert one(unplaced(), *tiles)["reason"] == "too_large"


def test_sums_that_contradict_one_another_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubtful(*given: Any) -> Any:
        found = cut_ground(*given)
        assert found is not None
        return patches.Patches(found.kinds, found.shapes, "1 ≠ 2")

    monkeypatch.setattr(placements, "cut_ground", doubtful)
    for row in (unplaced(), point(500, 500)):
        finding = one(row, ("h", "ODT", box(-500, -500, 2000, 2000), "P1"))
        assert (finding["reason"], finding["verdict"], finding["detail"]) == ("sums_contradict", "unknown", "1 ≠ 2")


def test_the_explanation_begins_with_what_answers_the_question() -> None:
    ground = zones(("h", "ODT", box(0, 0, 370, 1000), "P1"), ("f", "RPH", box(370, 0, 630, 1000), "P1"))
    result = assess(sites(unplaced()), rulebook(), on=ON, zones=ground, districts=communes(Một=square(0, 0, 1000)))
    english, vietnamese = (explain(result, "S", language).split("\n")[1] for language in ("en", "vi"))  # type: ignore[arg-type]
    assert english.startswith("- The site has no place; 37% of the declared unit (37.00 ha) would do for Housing")
    assert vietnamese.startswith("- Dự án chưa có vị trí; 37% đất trong đơn vị hành chính kê khai (37,00 ha)")


def test_kept_zones_read_by_window_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANGEO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(keptzones, "_opened", {})
    chance = np.random.default_rng(4)
    codes = ["ODT", "RPH", "LUA", "SKK"]
    tiles = [(f"z{x}-{y}", codes[(x * y) % 4], square(100 * x, 100 * y, 100), "P1") for x in range(30) for y in range(30)]
    zones(*tiles, ("lost", "ODT", None, "P1")).to_parquet(tmp_path / "zones.parquet")
    outlines = communes(Một=square(50, 50, 1000), Hai=square(1500, 1200, 1300), Ba=square(200, 1900, 777))
    rows = [unplaced(f"u{n}", ["Một", "Hai", "Ba", "Bốn"][n % 4], declared_area_m2=float(10 ** (n % 7))) for n in range(12)]
    rows += [point(x, y, 4000) | {"site_id": f"p{n}"} for n, (x, y) in enumerate(chance.uniform(0, 3000, (25, 2)))]
    answers = []
    for least, held, size in ((math.inf, 2**30, 2000), (0, 2**30, 2000), (0, 0, 5)):
        monkeypatch.setattr(layers, "PREPARE_FROM_BYTES", least)
        monkeypatch.setattr(keptzones, "HOLD_BYTES", held)
        monkeypatch.setattr("plangeo.assessment.SERIAL_SITES", size)
        answers.append(assess(sites(*rows), rulebook(), on=ON, zones=tmp_path / "zones.parquet", districts=outlines))
    assert {"disc_partly", "zones_faulty", "unit_unknown"} <= set(answers[0].findings["reason"])
    for other in answers[1:]:
        left, right = (pd.DataFrame(a.findings.drop(columns="geometry")) for a in (answers[0], other))
        pd.testing.assert_frame_equal(left, right, check_exact=True)
