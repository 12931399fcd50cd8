"""The zones of the map in a real Chromium: found exactly where they are clicked, drawn in their colours and hatches, many or few."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from plangeo.assessment import assess
from plangeo.maps import make_map
from plangeo.model import Assessment
from tests.browser.test_map import Opened, Page, WebDriverWait, browser, opened, pytestmark, webdriver  # noqa: F401 - the fixtures of the map's own tests
from tests.makers import CRS, plan, rule, rulebook, site, sites, square, zones

CLASSES = [
    {"code": "ODT", "name": {"vi": "Đất ở", "en": "Housing"}, "colour": "#ff00ff"},
    {"code": "LUC", "name": {"vi": "Đất lúa", "en": "Rice"}, "colour": "#ffff00"},
    {"code": "NTS", "name": {"vi": "Mặt nước", "en": "Ponds"}, "colour": "#00ffff"},
    {"code": "RES", "name": {"vi": "Hành lang", "en": "Reserve"}, "colour": "#000000", "overlay": True},
]
# A wavy border between two zones, a hole in the second that a third fills, and a hole that nothing fills.
WAVE = [(450 + 40 * np.sin(n / 3), 10.0 * n - 500) for n in range(150)]
POND = shapely.Point(1000, 200).buffer(150)
GAP = shapely.box(1300, 400, 1500, 600)
WEST = shapely.Polygon([(-500, 990), (-500, -500), *WAVE])
EAST = shapely.Polygon([*WAVE, (2000, 990), (2000, -500)]).difference(POND).difference(GAP)


def _moved(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + shapely.get_coordinates(square(0, 0, 1)).min(axis=0))


@pytest.fixture(scope="module")
def result() -> Assessment:
    ground = zones(
        ("west", "ODT", _moved(WEST), "P1"),
        ("east", "LUC", _moved(EAST), "P1"),
        ("pond", "NTS", _moved(POND), "P1"),
        ("reserve", "RES", _moved(shapely.box(1600, -400, 1900, -100)), "P1"),
        ("foreign", "XYZ", _moved(shapely.box(-500, 1100, 300, 1500)), "P1"),
    )
    book = rulebook(classes=CLASSES, rules=[rule("*", "ODT", "permitted")], plans=[plan("P1")])
    return assess(sites(site("S", square(9_000, -300, 30))), book, on="2025-07-01", zones=ground)


def _degrees(points: list[tuple[float, float]]) -> list[list[float]]:
    moved = gpd.GeoSeries([_moved(shapely.Point(p)) for p in points], crs=CRS).to_crs(4326)
    return [[p.y, p.x] for p in moved]


def _found(page: Page, points: list[tuple[float, float]]) -> list[list[str]]:
    found: list[list[str]] = page.driver.execute_script(
        "return arguments[0].map(([lat, lng]) => plangeo.app.zonesAt({ lat, lng }).map((z) => z.code))", _degrees(points)
    )
    return found


def _click(page: Page, point: tuple[float, float], zoom: float) -> str:
    (spot,) = _degrees([point])
    page.driver.execute_script("plangeo.app.map.closePopup()")
    WebDriverWait(page.driver, 5).until(lambda _: not page.all(".leaflet-popup"))
    x, y = page.driver.execute_script(
        "const m = plangeo.app.map; m.setView(arguments[0], arguments[1], { animate: false });"
        "const p = m.latLngToContainerPoint(arguments[0]), r = m.getContainer().getBoundingClientRect(); return [p.x + r.x, p.y + r.y];",
        spot,
        zoom,
    )
    for kind in ("mousePressed", "mouseReleased"):
        mouse = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", mouse)
    return "".join(popup.get_attribute("textContent") or "" for popup in page.all(".pg-zone-popup"))


def _colours(page: Page, point: tuple[float, float], half: int = 0) -> set[tuple[int, ...]]:
    """The colours of the tiles in a square around a place, fully drawn pixels only."""
    (spot,) = _degrees([point])
    found = page.driver.execute_async_script(
        """
        const [spot, half, done] = arguments;
        plangeo.polygons.settled().then(() => {
          const p = plangeo.app.map.latLngToContainerPoint(spot), r = plangeo.app.map.getContainer().getBoundingClientRect();
          const out = [], copies = new Map();
          for (let dx = -half; dx <= half; dx++) for (let dy = -half; dy <= half; dy++) {
            const x = p.x + r.x + dx, y = p.y + r.y + dy;
            for (const tile of document.querySelectorAll(".leaflet-pg-zones-pane canvas")) {
              const box = tile.getBoundingClientRect();
              if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) continue;
              if (!copies.has(tile)) {
                const copy = document.createElement("canvas");
                copy.width = tile.width;
                copy.height = tile.height;
                copies.set(tile, copy.getContext("2d", { willReadFrequently: true }));
                copies.get(tile).drawImage(tile, 0, 0);
              }
              out.push([...copies.get(tile).getImageData(Math.floor(x - box.left), Math.floor(y - box.top), 1, 1).data]);
            }
          }
          done(out);
        });
        """,
        spot,
        half,
    )
    return {tuple(colour) for colour in found}


def test_both_sides_of_a_border_are_told_apart_to_the_decimetre(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    line = shapely.LineString(WAVE)
    steps = [line.interpolate(d).coords[0] for d in np.linspace(20, line.length - 20, 60)]
    west, east = (_found(page, [(x + away, y) for x, y in steps]) for away in (-0.5, 0.5))
    assert west == [["ODT"]] * 60
    assert east == [["LUC"]] * 60
    assert all(len(found) == 1 for found in _found(page, steps)), "on the border itself: one zone, neither none nor both"
    assert _found(page, [(1000, 200), (1400, 500), (1000, 349.5), (1000, 350.5)]) == [["NTS"], [], ["NTS"], ["LUC"]]
    assert _found(page, [(1700, -200)]) == [["RES", "LUC"]], "what is drawn on top comes first"


@pytest.mark.parametrize("zoom", [11, 12.5, 14, 17.5, 20])
def test_a_click_names_the_zone_at_every_zoom(opened: Opened, result: Assessment, zoom: float) -> None:  # noqa: F811
    page = opened(result)
    assert "Đất ở" in _click(page, (0, 250), zoom)
    assert "Mặt nước" in _click(page, (1000, 200), zoom)
    assert _click(page, (1400, 500), zoom) == "", "a hole that nothing fills is no zone"
    assert _click(page, (-300, 1300), zoom).startswith("XYZ")


@pytest.mark.parametrize("zoom", [12.5, 14, 15.5])
def test_tiles_show_the_legend_colours_holes_and_hatches(opened: Opened, result: Assessment, zoom: float) -> None:  # noqa: F811
    page = opened(result)
    (spot,) = _degrees([(1000, 300)])
    page.driver.execute_script("plangeo.app.map.setView(arguments[0], arguments[1], { animate: false })", spot, zoom)
    assert _colours(page, (100, 0)) == {(255, 0, 255, 255)}
    assert _colours(page, (1000, 200)) == {(0, 255, 255, 255)}
    assert _colours(page, (1400, 500)) == {(0, 0, 0, 0)}
    reserve = _colours(page, (1750, -250), 5)
    assert (255, 255, 0, 255) in reserve, "the zone under an overlay shows through"
    assert len(reserve) > 2, "and the overlay's lines lie on it"
    foreign = _colours(page, (0, 1300), 5)
    assert len(foreign) > 2
    assert all(abs(r - g) < 12 and abs(g - b) < 12 for r, g, b, _ in foreign), "a class without a colour is hatched in grey"


def test_resting_on_a_zone_names_it(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    (spot,) = _degrees([(1000, 200)])
    x, y = page.driver.execute_script(
        "const m = plangeo.app.map, p = m.latLngToContainerPoint(arguments[0]), r = m.getContainer().getBoundingClientRect();"
        "return [p.x + r.x, p.y + r.y]",
        spot,
    )
    page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})
    WebDriverWait(page.driver, 5).until(lambda _: "Mặt nước" in "".join(t.text for t in page.all(".pg-tooltip")))


def test_a_plan_switched_off_is_neither_drawn_nor_found(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    page.one(".pg-layers input").click()
    assert page.all(".leaflet-pg-zones-pane canvas") == []
    assert _click(page, (400, 0), 14) == ""
    page.one(".pg-layers input").click()
    WebDriverWait(page.driver, 5).until(lambda _: page.all(".leaflet-pg-zones-pane canvas"))
    assert "Đất ở" in _click(page, (400, 0), 14)


def test_an_old_browser_is_told_what_it_misses(
    browser: webdriver.Chrome,  # noqa: F811
    result: Assessment,
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.html"
    make_map(result).save(str(path))
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.DecompressionStream"})
    try:
        browser.get(path.as_uri())
        page = Page(browser)
        WebDriverWait(browser, 30).until(lambda _: page.all("#plangeo[data-ready]"))
        assert "Trình duyệt này quá cũ" in page.one(".pg-state").text
        page.one(".pg-language").click()
        assert "This browser is too old to draw the plan zones" in page.one(".pg-state").text
        page.one(".pg-item").click()
        assert page.one(".pg-card").is_displayed()
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script["identifier"]})


def test_a_damaged_file_says_so_and_keeps_the_list(
    browser: webdriver.Chrome,  # noqa: F811
    result: Assessment,
    tmp_path: Path,
) -> None:
    path = tmp_path / "cut.html"
    make_map(result).save(str(path))
    text = path.read_text(encoding="utf-8")
    at = text.index('"blob":"') + 60
    path.write_text(text[:at] + text[at + 8 :], encoding="utf-8")
    browser.get(path.as_uri())
    page = Page(browser)
    WebDriverWait(browser, 30).until(lambda _: page.all("#plangeo[data-ready]"))
    assert "Không đọc được vùng quy hoạch" in page.one(".pg-state").text
    assert len(page.items()) == 1


def test_five_thousand_zones_fit_the_budget_and_are_found(opened: Opened, tmp_path: Path) -> None:  # noqa: F811
    chance = np.random.default_rng(5)
    spots = chance.random((5_000, 2)) * 60_000
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(spots), extend_to=shapely.box(0, 0, 60_000, 60_000)))
    cells = shapely.segmentize(cells, 60.0)
    codes = chance.choice(["ODT", "LUC", "NTS"], len(cells))
    ground = zones(*((f"z{n}", str(c), _moved(cell), "P1") for n, (c, cell) in enumerate(zip(codes, cells, strict=True))))
    places = [site(f"S{n}", _moved(shapely.Point(x, y).buffer(60))) for n, (x, y) in enumerate(chance.random((300, 2)) * 60_000)]
    book = rulebook(classes=CLASSES, rules=[rule("*", "ODT", "permitted")], plans=[plan("P1")])
    many = assess(sites(*places), book, on="2025-07-01", zones=ground)
    path = tmp_path / "many.html"
    make_map(many).save(str(path))
    assert path.stat().st_size < 2_000_000
    page = opened(many)
    tries = [(float(x), float(y)) for x, y in 5_000 + chance.random((200, 2)) * 50_000]
    tree = shapely.STRtree(cells)
    inner = [(t, hit) for t in tries for hit in [tree.query(shapely.Point(t), "within")] if len(hit) == 1]
    clear = [(t, int(h[0])) for t, h in inner if shapely.Point(t).distance(cells[h[0]].exterior) > 60]
    assert len(clear) > 150
    assert _found(page, [t for t, _ in clear]) == [[str(codes[n])] for _, n in clear]
    assert not page.one(".pg-state").is_displayed()
