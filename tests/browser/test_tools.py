"""Coordinates, measuring and the way to the nearest compatible ground, in a real Chromium, against pyproj."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pyproj import Geod, Transformer
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from plangeo.assessment import assess
from plangeo.model import Assessment
from tests.browser.test_map import Opened, Page, browser, opened, pytestmark  # noqa: F401 - the fixtures of the map's own tests
from tests.makers import CRS, rulebook, site, sites, square, zones

SPOTS = [(106.70, 21.80), (106.85, 21.83), (106.78, 21.95), (106.69, 21.9)]


@pytest.fixture(scope="module")
def result() -> Assessment:
    ground = zones(("z1", "RPH", square(-500, -500, 1000), "P1"), ("z2", "ODT", square(1500, -500, 1000), "P1"))
    rows = (site("S1", square(0, 0, 100)), site("S2", square(1600, 0, 100)), site("S3", None))
    return assess(sites(*rows), rulebook(), on="2025-07-01", zones=ground)


def test_distances_and_areas_are_those_of_the_ellipsoid(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    earth = Geod(ellps="WGS84")
    for a, b in pairwise(SPOTS):
        metres = page.driver.execute_script(
            "return plangeo.app.measuring.geodesic(L.latLng(arguments[1], arguments[0]), L.latLng(arguments[3], arguments[2]))",
            *a,
            *b,
        )
        assert metres == pytest.approx(earth.line_length(*zip(a, b, strict=True)), abs=0.001)
    area = page.driver.execute_script(
        "return plangeo.app.measuring.area(arguments[0].map(([x, y]) => L.latLng(y, x)))", [list(s) for s in SPOTS]
    )
    exact, _ = earth.polygon_area_perimeter(*zip(*SPOTS, strict=True))
    assert area == pytest.approx(abs(exact), rel=2e-5)  # edges are straight on the map, not geodesics


def test_metres_under_the_cursor_are_those_of_the_transformation(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    to_metres = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    stated = page.driver.execute_script("return plangeo.app.data.panels.tools.error_m")
    west, south, east, north = page.driver.execute_script("return plangeo.app.data.panels.tools.bounds")
    assert stated <= 0.01
    for step in (0.03, 0.37, 0.61, 0.99):
        lon, lat = west + step * (east - west), north - step * (north - south)
        found = page.driver.execute_script("return plangeo.app.measuring.metric(L.latLng(arguments[1], arguments[0]))", lon, lat)
        assert found == pytest.approx(to_metres.transform(lon, lat), abs=stated + 0.001)
    assert page.driver.execute_script("return plangeo.app.measuring.metric(L.latLng(0, 0))") is None


def test_measuring_begins_and_ends_and_keeps_zone_popups_away(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    page.one(".pg-measure").click()
    click = (
        "const m = plangeo.app.map; m.fire('click', { latlng: L.latLng(m.getCenter().lat + arguments[0], m.getCenter().lng) })"
    )
    for off in (0.0, 0.01):
        page.driver.execute_script(click, off)
    assert page.one(".pg-measured").text.startswith("Dài: 1.107,")
    assert not page.all(".leaflet-popup .pg-zone-popup")
    page.one("body").send_keys(Keys.ESCAPE)
    assert not page.one(".pg-measured").is_displayed()
    assert page.one(".pg-measure").get_attribute("aria-pressed") == "false"


def test_the_way_to_the_nearest_compatible_ground_is_drawn(opened: Opened, result: Assessment) -> None:  # noqa: F811
    assert result.sites["verdict"].tolist() == ["not_permitted", "permitted", "unknown"]
    page = opened(result)
    page.all(".pg-item")[0].click()
    assert page.one(".leaflet-tooltip").text == "nơi phù hợp gần nhất: ODT 1.400 m"
    page.one(".pg-language").click()
    assert page.all(".leaflet-tooltip")[-1].text == "nearest compatible ground: ODT 1,400 m"
    page.one("body").send_keys(Keys.ESCAPE)
    WebDriverWait(page.driver, 5).until(lambda _: not page.all(".leaflet-tooltip"))  # it fades
    page.all(".pg-item")[1].click()
    assert not page.all(".leaflet-tooltip")


BOX = "const b = document.querySelector(arguments[0]).getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]"


def _click(page: Page, x: float, y: float) -> None:
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        mouse = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", mouse)


def test_a_distance_begins_upon_a_project(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    page.one(".pg-measure").click()
    for index in (0, 1):
        x, y = page.driver.execute_script(
            "const map = plangeo.app.map, p = map.latLngToContainerPoint(plangeo.app.place(plangeo.app.data.sites[arguments[0]].at));"
            "const box = map.getContainer().getBoundingClientRect(); return [box.left + p.x, box.top + p.y]",
            index,
        )
        _click(page, x, y)
    assert page.one(".pg-measured").text.startswith("Dài: 1.6"), "from the middle of one to the middle of the other"
    assert page.driver.execute_script("return plangeo.app.selected") is None


@pytest.mark.parametrize(("wide", "high", "larger"), [(1280, 720, 0), (1280, 720, 4), (1500, 900, 0)])
def test_nothing_hides_the_coordinates_or_the_card(
    opened: Opened,  # noqa: F811
    result: Assessment,
    wide: int,
    high: int,
    larger: int,
) -> None:
    page = opened(result, wide, high)
    for _ in range(larger):
        page.one("[data-view=larger]").click()
    _click(page, wide / 2, high / 2)
    where, legend = (page.driver.execute_script(BOX, name) for name in (".pg-where", ".pg-legend"))
    assert where[2] <= legend[0], "the button beside them could not be pressed under the legend"
    page.one(".pg-where .pg-copy").click()
    page.one(".pg-language").click()
    assert "N " in page.one(".pg-where").text, "in the language of the page, also what was kept"
    page.driver.execute_script("plangeo.app.select(0, { zoom: true })")
    card, foot = (page.driver.execute_script(BOX, name) for name in (".pg-card", ".pg-foot"))
    assert card[3] - card[1] >= 200
    assert card[3] <= foot[1] + 1


def test_the_words_to_the_arrow_stand_where_they_are_seen(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    page.driver.execute_script("plangeo.app.select(0, {})")
    for zoom in (13, 16, 18):
        page.driver.execute_script(
            "plangeo.app.map.setView(plangeo.app.place(plangeo.app.data.sites[0].at), arguments[0], { animate: false })", zoom
        )
        WebDriverWait(page.driver, 5).until(lambda _: len(page.all(".leaflet-tooltip")) == 1)  # the one before fades
        words, legend = (page.driver.execute_script(BOX, name) for name in (".leaflet-tooltip", ".pg-legend"))
        assert words[2] <= legend[0], zoom
        assert words[0] >= page.driver.execute_script(BOX, ".pg-main")[0], zoom
