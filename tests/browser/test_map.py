"""The map page in a real Chromium without network: small assessments that hold what registers hold at their worst."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from plangeo.assessment import assess
from plangeo.maps import make_map
from plangeo.model import Assessment
from tests.makers import plan, rulebook, site, sites, square, zones

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.remote.webelement import WebElement  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
HOSTILE = {
    "S1": "{{7*7}} {% raw %} {# x",
    "S2": "#} </script><script>document.title='hit'</script>",
    "S3": "<img src=x onerror=\"document.title='hit'\">",
    "S4": "${document.title='hit'} `x`",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
        try:
            driver.get("about:blank")
            yield driver
        finally:
            driver.quit()


Opened = Callable[..., "Page"]


class Page:
    """One opened map; words for what a reader does with it."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def items(self) -> list[str]:
        return [e.text for e in self.all(".pg-item")]

    def search(self, words: str) -> None:
        box = self.one(".pg-search")
        box.send_keys(Keys.CONTROL, "a")
        box.send_keys(words or Keys.BACKSPACE)

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def zoom(self) -> float:
        return float(self.driver.execute_script("return plangeo.app.map.getZoom()"))

    def asked(self) -> set[str]:
        events = [json.loads(e["message"])["message"] for e in self.driver.get_log("performance")]
        return {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}

    def complaints(self) -> list[str]:
        return [e["message"] for e in self.driver.get_log("browser")]


@pytest.fixture
def opened(browser: webdriver.Chrome, tmp_path: Path) -> Iterator[Opened]:
    pages: list[Page] = []

    def open_map(result: Assessment, width: int = 1500, height: int = 900, **keywords: str) -> Page:
        path = tmp_path / "bản đồ.html"
        make_map(result, **keywords).save(str(path))  # type: ignore[arg-type]
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        )
        browser.get("about:blank")
        browser.get_log("performance")
        browser.get_log("browser")
        browser.get(path.as_uri())
        page = Page(browser)
        WebDriverWait(browser, 30).until(lambda _: page.all("#plangeo[data-ready]"))
        pages.append(page)
        return page

    yield open_map
    for page in pages:  # whatever a test did, the page stayed silent and asked for nothing
        assert page.complaints() == []
        assert {url for url in page.asked() if not url.startswith(("file:", "data:"))} == set()


@pytest.fixture(scope="module")
def result() -> Assessment:
    rows = [site(key, square(150 * n, 0, 80), name=name) for n, (key, name) in enumerate(HOSTILE.items())]
    rows += [
        site(
            "S5", square(700, 0, 100), use="KCN", name="KCN Đồng Bành", declared_district="Xã Chi Lăng", declared_area_m2=12_345.0
        ),
        site("S6", shapely.Point(449_900, 2_417_100), name="Điểm dân cư"),
        site("S7", shapely.LineString([(449_000, 2_417_300), (450_000, 2_417_320)]), name="Đường vào khu"),
        site("S8", None, name="Chưa có vị trí", problem="no_geometry: the row has no coordinates"),
        site("S9", square(0, 150, 60), name="a\u202egnp.exe"),
    ]
    ground = zones(
        ("z1", "ODT", square(-100, -100, 700), "P1"),
        ("z2", "LUC", square(600, -100, 700), "P1"),
        ("z3", "XYZ", square(-100, 600, 300), "P1"),
        ("z4", "RPH", square(-100, -100, 700), "P0"),
    )
    units = gpd.GeoDataFrame(
        {"district_id": ["1"], "district_name": ["Xã <b>Chi Lăng</b>"], "problem": "", "repaired": ""},
        geometry=[square(-200, -200, 2000)],
        crs="EPSG:9215",
    )
    book = rulebook(plans=[plan("P1", illustrative=True), plan("P0", valid_to="2024-12-31", title={"vi": "Cũ", "en": "Old"})])
    return assess(sites(*rows), book, on="2025-07-01", zones=ground, districts=units)


def test_search_ignores_tone_marks_and_the_card_tells_why(opened: Opened, result: Assessment) -> None:
    page = opened(result)
    assert len(page.items()) == 9
    page.search("kcn dong banh")
    (found,) = page.items()
    assert "KCN Đồng Bành" in found
    before = page.zoom()
    page.one(".pg-item").click()
    card = page.one(".pg-card")
    for words in (
        "KCN Đồng Bành",
        "Chưa phù hợp",
        "LUC",
        "Đất chuyên trồng lúa",
        "1/QĐ",
        "1,00",
        "100,00 %",
        "Xã Chi Lăng",
        "WGS 84",
    ):
        assert words in card.text, words
    assert "được phép" not in card.text
    assert "thuộc cơ quan có thẩm quyền" in card.text
    WebDriverWait(page.driver, 5).until(lambda _: page.zoom() >= before)


def test_the_open_card_follows_the_language(opened: Opened, result: Assessment) -> None:
    page = opened(result)
    page.search("dong banh")
    page.one(".pg-item").click()
    page.one(".pg-language").click()
    card = page.one(".pg-card")
    assert "Not compatible" in card.text
    assert "Wet-rice land" in card.text
    assert "Evidence on the map" in card.text
    assert "100.00 %" in card.text
    assert page.driver.execute_script("return document.documentElement.lang") == "en"
    assert "Legend" in page.one(".pg-legend summary").text


def test_filters_count_and_hide_on_the_map_too(opened: Opened, result: Assessment) -> None:
    page = opened(result)
    counts = {b.get_attribute("data-verdict"): int(b.find_element(By.TAG_NAME, "b").text) for b in page.all(".pg-filter")}
    assert counts.pop("all") == sum(counts.values()) == 9
    assert counts == result.summary()["sites"].to_dict()
    page.one('.pg-filter[data-verdict="not_permitted"]').click()
    assert len(page.items()) == counts["not_permitted"] > 0
    assert page.driver.execute_script("return plangeo.app.shown.filter(Boolean).length") == counts["not_permitted"]
    assert page.one('.pg-filter[data-verdict="not_permitted"]').get_attribute("aria-pressed") == "true"


def test_hostile_names_are_letters_everywhere(opened: Opened, result: Assessment) -> None:
    page = opened(result)
    shown = "\n".join(page.items())
    for name in HOSTILE.values():
        assert name in shown
    assert "a[U+202E]gnp.exe" in shown
    for item in range(9):
        page.all(".pg-item")[item].click()
        page.one(".pg-back").click()
    page.all(".pg-item")[2].click()
    assert HOSTILE["S3"] in page.one(".pg-card h2").text
    assert "Xã <b>Chi Lăng</b>" in page.one(".pg-card").text
    assert page.all("img[src='x']") == []
    assert page.driver.title != "hit"


def test_a_site_without_a_place_is_listed_and_says_so(opened: Opened, result: Assessment) -> None:
    page = opened(result)
    page.search("chua co vi tri")
    assert "không có vị trí trên bản đồ" in page.items()[0]
    page.one(".pg-item").click()
    assert "Dự án chưa có vị trí trên bản đồ." in page.one(".pg-card").text


def test_the_keyboard_is_enough(opened: Opened, result: Assessment) -> None:
    page = opened(result)
    page.all(".pg-item")[4].send_keys(Keys.ENTER)
    assert "KCN Đồng Bành" in page.one(".pg-card h2").text
    assert page.focused().get_attribute("class") == "pg-back"
    page.focused().send_keys(Keys.ESCAPE)
    assert not page.one(".pg-card").is_displayed()
    assert page.focused().get_attribute("data-index") == "4"
    assert page.driver.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_click_on_the_map_opens_the_card(opened: Opened, result: Assessment) -> None:
    page = opened(result)
    x, y = page.driver.execute_script(
        "const a = plangeo.app, p = a.map.latLngToContainerPoint(a.place(a.data.sites[4].at)), r = a.map.getContainer()"
        ".getBoundingClientRect(); return [p.x + r.x, p.y + r.y];"
    )
    for kind in ("mousePressed", "mouseReleased"):
        mouse = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", mouse)
    assert "KCN Đồng Bành" in page.one(".pg-card h2").text


def test_only_plans_in_force_are_on_and_the_legend_follows(opened: Opened, result: Assessment) -> None:
    page = opened(result)
    state = {e.text.split("\n")[0]: e.find_element(By.TAG_NAME, "input").is_selected() for e in page.all(".pg-layers li")}
    assert state == {"Cũ": False, "Quy hoạch thử": True, "Ranh giới hành chính": True}
    classes = page.one(".pg-classes").text
    assert "LUC Đất chuyên trồng lúa" in classes
    assert "XYZ không có trong bộ quy tắc" in classes
    assert "RPH" not in classes
    page.all(".pg-layers input")[0].click()
    assert "RPH Rừng phòng hộ" in page.one(".pg-classes").text


def test_the_notice_stays_and_limits_are_told(opened: Opened, result: Assessment) -> None:
    page = opened(result)
    notice = page.one(".pg-notice")
    assert "Vùng quy hoạch và vị trí minh họa" in notice.text
    assert "Illustrative zones" in notice.text
    assert notice.find_elements(By.CSS_SELECTOR, "button, a") == []
    assert "01/07/2025" in page.one(".pg-head").text
    assert "việc quyết định thuộc cơ quan có thẩm quyền" in page.one(".pg-foot").text


@pytest.mark.parametrize(("width", "height"), [(1500, 900), (390, 844)])
def test_nothing_lies_over_anything_else(opened: Opened, result: Assessment, width: int, height: int) -> None:
    page = opened(result, width, height)
    boxes = [page.one(s).rect for s in (".pg-legend", ".pg-side", ".leaflet-control-scale", ".leaflet-control-zoom", ".pg-top")]
    for n, one in enumerate(boxes):
        assert one["x"] >= 0
        assert one["x"] + one["width"] <= width + 1
        for other in boxes[n + 1 :]:
            apart_x = one["x"] + one["width"] <= other["x"] + 1 or other["x"] + other["width"] <= one["x"] + 1
            apart_y = one["y"] + one["height"] <= other["y"] + 1 or other["y"] + other["height"] <= one["y"] + 1
            assert apart_x or apart_y


def test_on_a_phone_the_panel_folds(opened: Opened, result: Assessment) -> None:
    page = opened(result, 390, 844)
    assert not page.one(".pg-list").is_displayed()
    page.one(".pg-fold").click()
    assert page.one(".pg-list").is_displayed()
    page.one(".pg-item").click()
    assert page.one(".pg-card").is_displayed()
    page.one(".pg-fold").click()
    assert not page.one(".pg-card").is_displayed()


def test_an_empty_register_is_a_page_that_says_so(opened: Opened) -> None:
    nothing = assess(sites(site("S", square(0, 0, 9))).iloc[:0], rulebook(), on="2025-07-01")
    page = opened(nothing, language="en", title="Nothing {{7*7}} <b>")
    assert "The register holds no project." in page.one(".pg-list").text
    assert "No plan zones are shown." in page.one(".pg-legend").text
    assert "Checks not run" in page.one(".pg-foot").text
    assert page.driver.title == "Nothing {{7*7}} <b>"
    assert page.all(".pg-notice") == []


def test_layers_of_the_user_are_drawn_and_their_popups_open(
    browser: webdriver.Chrome, result: Assessment, tmp_path: Path
) -> None:
    import folium

    drawn = make_map(result)
    folium.Marker((21.85, 106.75), popup="Trụ sở", tooltip="x").add_to(drawn)
    path = tmp_path / "own.html"
    drawn.save(str(path))
    browser.get_log("browser")
    browser.get(path.as_uri())
    page = Page(browser)
    WebDriverWait(browser, 30).until(lambda _: page.all("#plangeo[data-ready]"))
    page.driver.execute_script("document.querySelector('.leaflet-marker-icon').click()")
    WebDriverWait(browser, 5).until(lambda _: "Trụ sở" in page.one(".leaflet-popup-content").text)
    assert page.complaints() == []
