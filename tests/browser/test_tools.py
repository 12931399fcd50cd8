"""Coordinates, measuring and the way to the nearest compatible ground, in a real Chromium, against pyproj."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pyproj import Geod, Transformer
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from plangeo.assessment import assess
from plangeo.model import Assessment
from tests.browser.test_map import Opened, browser, opened, pytestmark  # noqa: F401 - the fixtures of the map's own tests
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
