"""Two layers side by side, opacity, the legend of what is in view, ground in doubt, a base map: one page in a real Chromium."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from PIL import Image

from plangeo.assessment import assess
from plangeo.maps import make_map
from plangeo.model import Assessment
from plangeo.panels import zones as zone_panel
from tests.browser.test_accessibility import faults
from tests.browser.test_map import (  # noqa: F401 - the fixtures of the map's own tests
    By,
    Keys,
    Opened,
    Page,
    WebDriverWait,
    browser,
    opened,
    pytestmark,
    webdriver,
)
from tests.browser.test_zones import _click, _degrees, _moved
from tests.makers import plan, rule, rulebook, site, sites, zones

COLOURS = {"ODT": (255, 0, 255), "LUC": (255, 255, 0), "NTS": (0, 255, 255), "SKK": (0, 0, 255)}
CLASSES = [
    {
        "code": code,
        "name": {"vi": f"Loại {code}", "en": f"Class {code}"},
        "colour": "#" + "".join(f"{part:02x}" for part in colour),
    }
    for code, colour in COLOURS.items()
]
# Steep small waves, so that few of them are left; the zones meet along them.
WAVE = [(500 + 6 * (-1) ** n, 4.0 * n - 500) for n in range(500)]
WEST = shapely.Polygon([(-1500, 1496), (-1500, -500), *WAVE])
EAST = shapely.Polygon([*WAVE, (2500, 1496), (2500, -500)])


def _box(x: float, y: float, width: float, height: float) -> shapely.Geometry:
    return _moved(shapely.box(x, y, x + width, y + height))


@pytest.fixture(scope="module")
def result() -> Assessment:
    ground = zones(
        ("w", "ODT", _moved(WEST), "NEW"),
        ("e", "LUC", _moved(EAST), "NEW"),
        ("old", "NTS", _box(-1500, -500, 4000, 1996), "OLD"),
    )
    now = zones(("u", "SKK", _box(-1500, -500, 4000, 1996), ""))
    book = rulebook(
        classes=CLASSES,
        rules=[rule("*", "ODT", "permitted"), rule("*", ["LUC", "NTS", "SKK"], "not_permitted")],
        plans=[
            plan("NEW", accuracy_m=30.0, title={"vi": "Bản mới", "en": "New"}),
            plan("OLD", valid_to="2024-12-31", title={"vi": "Bản cũ", "en": "Old"}),
        ],
    )
    places = [
        site("CLOSE", _box(380, 100, 100, 100)),
        site("FAR", _box(-1400, 1300, 50, 50)),
        site("EAST", _box(2300, -400, 50, 50)),
    ]
    return assess(sites(*places), book, on="2025-07-01", zones=ground, present_use=now)


@pytest.fixture(scope="module")
def shown(browser: webdriver.Chrome, result: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:  # noqa: F811
    path = tmp_path_factory.mktemp("compare") / "map.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zone_panel, "MOST_VERTICES", 400)
        make_map(result, compare="present_use", language="en").save(str(path))
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1500, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(path.as_uri())
    page = Page(browser)
    WebDriverWait(browser, 30).until(lambda _: page.all("#plangeo[data-ready]"))
    yield page
    assert page.complaints() == []
    assert {url for url in page.asked() if not url.startswith(("file:", "data:"))} == set()


def _settle(page: Page) -> None:
    page.driver.execute_async_script(
        "plangeo.polygons.settled().then(() => requestAnimationFrame(() => requestAnimationFrame(arguments[0])))"
    )


def _compare(page: Page, on: bool) -> None:
    page.driver.execute_async_script("plangeo.app.compare.turn(arguments[0]).then(arguments[1])", on)
    if on:
        page.driver.execute_script("plangeo.app.compare.move(0.5); plangeo.app.select(null)")


def _look(page: Page, point: tuple[float, float], zoom: float) -> None:
    (spot,) = _degrees([point])
    page.driver.execute_script("plangeo.app.map.closePopup().setView(arguments[0], arguments[1], { animate: false })", spot, zoom)
    _settle(page)


def _pixel(page: Page, right: int, down: int) -> str:
    """The class whose colour lies that many pixels from the middle of the map."""
    _settle(page)
    box = page.one(".folium-map").rect
    x, y = box["x"] + box["width"] // 2 + right, box["y"] + box["height"] // 2 + down
    seen = np.array(Image.open(io.BytesIO(page.driver.get_screenshot_as_png())).convert("RGB").getpixel((x, y)))
    return min(COLOURS, key=lambda code: float(np.abs(seen - COLOURS[code]).sum()))


def test_a_base_map_asks_its_server_and_no_other(browser: webdriver.Chrome, result: Assessment, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "tiles.html"
    hostile = "© <img src=x onerror=1> Ai đó"
    make_map(result, tiles="https://tiles.example.org/{z}/{x}/{y}.png", attribution=hostile).save(str(path))
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get(path.as_uri())
    page = Page(browser)
    WebDriverWait(browser, 30).until(lambda _: "không tải được từ tiles.example.org" in page.one(".pg-layers").text)
    assert page.one(".pg-attribution").text == hostile
    asked = {url.split("/")[2] for url in page.asked() if url.startswith("http")}
    assert asked == {"tiles.example.org"}
    refused = browser.execute_async_script(
        """const done = arguments[0];
        document.addEventListener("securitypolicyviolation", (event) => done(event.blockedURI), { once: true });
        new Image().src = "https://other.example.org/a.png";"""
    )
    assert refused.startswith("https://other.example.org")
    assert not [e for e in page.complaints() if "image 'https://tiles.example.org" in e]
    assert json.loads(str(browser.execute_script("return document.getElementById('plangeo-data').textContent")))["panels"][
        "basemap"
    ]


def test_the_divider_shows_one_layer_on_each_side_and_moves_by_keys(shown: Page) -> None:
    page = shown
    _compare(page, True)
    _look(page, (-500, 700), 16)
    labels = [s.find_element(By.CSS_SELECTOR, "option:checked").text for s in page.all(".pg-compare select")]
    assert labels == ["New", "Present land use"]
    divider = page.one(".pg-divider")
    assert divider.get_attribute("role") == "slider"
    assert divider.get_attribute("aria-valuenow") == "50"
    assert "New on the left, Present land use on the right" in str(divider.get_attribute("aria-valuetext"))
    assert (_pixel(page, -60, 0), _pixel(page, 60, 0)) == ("ODT", "SKK")
    for _ in range(6):
        divider.send_keys(Keys.ARROW_RIGHT)
    assert divider.get_attribute("aria-valuenow") == "62"
    assert (_pixel(page, 60, 0), _pixel(page, 200, 0)) == ("ODT", "SKK")
    divider.send_keys(Keys.HOME)
    assert _pixel(page, -200, 0) == "SKK"
    divider.send_keys(Keys.END)
    assert (divider.get_attribute("aria-valuenow"), _pixel(page, 200, 0)) == ("100", "ODT")


def test_the_divider_follows_mouse_and_finger_and_the_map_pans_under_it(shown: Page) -> None:
    page = shown
    _compare(page, True)
    _look(page, (-500, 700), 16)
    divider, box = page.one(".pg-divider"), page.one(".folium-map").rect
    y = box["y"] + 400

    def grip() -> float:
        return float(divider.rect["x"] + divider.rect["width"] / 2)

    for kind, x in (("mousePressed", grip()), ("mouseMoved", grip() - 150), ("mouseReleased", grip() - 150)):
        mouse = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", mouse)
    middle = box["x"] + box["width"] / 2
    assert grip() == pytest.approx(middle - 150, abs=2)
    page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    start = grip()
    for kind, spots in (("touchStart", [start]), ("touchMove", [start + 250]), ("touchEnd", [])):
        touch = {"type": kind, "touchPoints": [{"x": x, "y": y} for x in spots]}
        page.driver.execute_cdp_cmd("Input.dispatchTouchEvent", touch)
    page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    assert grip() == pytest.approx(middle + 100, abs=2)
    page.driver.execute_script("plangeo.app.map.panBy([170, 90], { animate: false })")
    assert (_pixel(page, 60, 0), _pixel(page, 140, 0)) == ("ODT", "SKK")
    for kind, x in (("mousePressed", grip()), ("mouseMoved", 1490), ("mouseReleased", 1490)):
        mouse = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", mouse)
    assert middle + 100 < grip() < page.one(".pg-legend").rect["x"], (
        "never left under the legend, where nobody could take it again"
    )


def test_a_click_names_both_sides_and_the_layers_can_be_chosen(shown: Page) -> None:
    page = shown
    _compare(page, True)
    page.driver.execute_script("plangeo.app.compare.move(0.45)")  # a click is made in the middle of the map
    told = _click(page, (-500, 700), 16)
    assert "Left: New" in told
    assert "Class ODT" in told
    assert "Right: Present land use" in told
    assert "Class SKK" in told
    right = page.all(".pg-compare select")[1]
    right.find_element(By.XPATH, "./option[.='Old']").click()
    assert "Right: Old" in _click(page, (-500, 700), 16)
    assert _pixel(page, 60, 0) == "NTS"
    right.find_element(By.XPATH, "./option[.='New']").click()  # already on the left: the sides change places
    WebDriverWait(page.driver, 5).until(lambda _: _pixel(page, 60, 0) == "ODT")
    assert _pixel(page, -200, 0) == "NTS"
    page.one(".pg-compare-close").click()
    assert not page.one(".pg-divider").is_displayed()
    assert (_pixel(page, -60, 0), _pixel(page, 60, 0)) == ("ODT", "ODT")
    assert page.focused().get_attribute("class") == "pg-compare-open"


def test_comparing_has_no_serious_fault_and_nothing_overlaps_on_a_phone(shown: Page) -> None:
    page = shown
    _compare(page, True)
    assert faults(page) == []
    page.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )
    WebDriverWait(page.driver, 5).until(lambda _: page.one(".pg-compare").rect["width"] <= 400)
    boxes = [
        e.rect
        for e in (
            *page.all(".pg-compare select"),
            page.one(".pg-compare-close"),
            *page.all(".leaflet-bar"),
            page.one(".pg-legend"),
        )
    ]
    for n, one in enumerate(boxes):
        assert one["x"] >= 0
        assert one["x"] + one["width"] <= 401
        for other in boxes[n + 1 :]:
            apart_x = one["x"] + one["width"] <= other["x"] + 1 or other["x"] + other["width"] <= one["x"] + 1
            apart_y = one["y"] + one["height"] <= other["y"] + 1 or other["y"] + other["height"] <= one["y"] + 1
            assert apart_x or apart_y
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1500, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    _compare(page, False)


def test_opacity_by_keyboard_and_it_stays_when_the_layer_comes_back(shown: Page) -> None:
    page = shown
    _compare(page, False)
    slider = next(e for e in page.all(".pg-opacity input") if e.get_attribute("aria-label") == "Opacity: New")
    slider.send_keys(Keys.HOME)
    assert slider.get_attribute("aria-valuetext") == "0 %"
    tiles = "return [...document.querySelectorAll('.leaflet-pg-zones-pane .leaflet-layer')].map((layer) => layer.style.opacity)"
    assert page.driver.execute_script(tiles) == ["0"]
    slider.send_keys(Keys.PAGE_UP, Keys.ARROW_RIGHT)
    part = float(str(slider.get_attribute("value"))) / 100
    assert 0 < part < 1
    assert [float(v) for v in page.driver.execute_script(tiles)] == [part]
    page.driver.execute_script("const l = plangeo.app.zoneLayers.find((l) => l.plan === 'NEW'); l.set(false); l.set(true);")
    assert [float(v) for v in page.driver.execute_script(tiles)] == [part]
    slider = next(e for e in page.all(".pg-opacity input") if e.get_attribute("aria-label") == "Opacity: New")
    slider.send_keys(Keys.END)
    assert page.driver.execute_script(tiles) == ["1"]


def _legend(page: Page) -> list[str]:
    return [line.text.split()[0] for line in page.all(".pg-classes li")]


def test_the_legend_shows_what_is_in_view_and_all_on_request(shown: Page) -> None:
    page = shown
    _compare(page, False)
    _look(page, (-700, 900), 17)
    assert _legend(page) == ["ODT"]
    page.one(".pg-legend-all").click()
    assert _legend(page) == ["ODT", "LUC"]
    assert page.focused().get_attribute("aria-pressed") == "true"
    page.one(".pg-legend-all").click()
    assert _legend(page) == ["ODT"]
    _look(page, (500, 500), 17)
    assert _legend(page) == ["ODT", "LUC"]
    _look(page, (90_000, 500), 17)
    assert _legend(page) == []
    assert "No land class in view." in page.one(".pg-legend").text


def test_a_click_near_a_simplified_border_says_that_the_class_may_be_another(shown: Page) -> None:
    page = shown
    _compare(page, False)
    assert "simplified by about" in page.one(".pg-legend").text
    told = _click(page, (497, 702), 17)
    assert "from a border drawn simplified; the original border may lie up to" in told
    assert "may also lie in" in told
    assert "drawn simplified" not in _click(page, (450, 702), 17)


def test_the_ground_in_doubt_is_drawn_and_both_numbers_are_told(shown: Page, result: Assessment) -> None:
    page = shown
    _compare(page, False)
    row = result.findings[(result.findings["check"] == "robustness") & (result.findings["site_id"] == "CLOSE")].iloc[0]
    assert row["reason"] == "within_map_accuracy"
    page.driver.execute_script("plangeo.app.select(0, { zoom: true })")
    told = f"ground within the accuracy: t = 30 m\nverdict changes when borders move: ε* = {row['measure']:.0f} m\nborder of: New"
    WebDriverWait(page.driver, 5).until(lambda _: page.one(".pg-strip-label").text == told)
    card = page.one(".pg-card").text
    assert "Accuracy of map and place (t)\n30 m" in card
    page.driver.execute_script("plangeo.app.select(1, { zoom: true })")
    WebDriverWait(page.driver, 5).until(lambda _: not page.all(".pg-strip-label"))
    assert "Accuracy of map and place (t)" in page.one(".pg-card").text
    page.driver.execute_script("plangeo.app.select(null)")
