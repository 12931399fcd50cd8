"""The map before an audience, on a phone and on paper: one page load, Chromium offline."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from plangeo.maps import make_map
from plangeo.model import Assessment
from tests.browser.test_map import (  # noqa: F401 - the fixtures of the map's own tests
    HOSTILE,
    Page,
    browser,
    pytestmark,
    result,
    webdriver,
)

EVIL = "<img src=x onerror=\"document.title='hit'\"> {{7*7}} </script>"
NOTES = f"""notes:
- {{site_id: S7, order: 1, note_vi: "Bắt đầu ở con đường", note_en: "Start with the road"}}
- {{site_id: S5, order: 2, note_vi: "{EVIL.replace(chr(34), chr(92) + chr(34))}"}}
- {{site_id: S404, note_vi: "lạc"}}
- {{site_id: S6, order: hai, note_vi: "không rõ thứ tự"}}
"""
PHONES = ((400, 800), (360, 640))
A4, A3 = (8.27, 11.69), (11.69, 16.54)
"""Inches, upright."""


@pytest.fixture(scope="module")
def shared(browser: webdriver.Chrome, result: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:  # noqa: F811
    folder = tmp_path_factory.mktemp("briefing")
    (folder / "notes.yaml").write_text(NOTES, encoding="utf-8")
    path = folder / "map.html"
    make_map(result, notes=folder / "notes.yaml").save(str(path))
    page = Page(browser)
    resize(page, 1500, 900)
    browser.get(path.as_uri())
    webdriver.support.ui.WebDriverWait(browser, 30).until(lambda _: page.all("#plangeo[data-ready]"))
    yield page
    assert page.complaints() == []
    assert {url for url in page.asked() if not url.startswith(("file:", "data:", "chrome:"))} == set()


@pytest.fixture
def page(shared: Page) -> Iterator[Page]:
    yield shared
    shared.driver.execute_script(
        "document.querySelector('dialog').close(); plangeo.app.use('vi'); plangeo.app.select(null); plangeo.app.open(false);"
        "plangeo.app.map.closePopup(); plangeo.app.root.classList.remove('pg-contrast'); document.querySelector('[data-view=usual]').click()"
    )
    resize(shared, 1500, 900)


def resize(page: Page, width: int, height: int) -> None:
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    )


def choose(page: Page, site_id: str) -> None:
    page.driver.execute_script(
        "const a = plangeo.app; a.select(a.data.sites.findIndex((s) => s.id === arguments[0]), { zoom: true })", site_id
    )


def printed(page: Page, paper: tuple[float, float], *, landscape: bool = False) -> pypdf.PdfReader:
    told = page.driver.execute_cdp_cmd(
        "Page.printToPDF",
        {"paperWidth": paper[0], "paperHeight": paper[1], "landscape": landscape, "printBackground": True},
    )
    return pypdf.PdfReader(io.BytesIO(base64.b64decode(told["data"])))


def words(text: str) -> str:
    return "".join(text.split())


def test_the_author_leads_from_stop_to_stop(page: Page) -> None:
    body = page.one("body")
    flagged = page.driver.execute_script(
        "return plangeo.app.data.sites.filter((s) => s.verdict !== 'permitted').map((s) => s.id)"
    )
    stops = {*flagged, "S5", "S6", "S7"}
    seen = []
    for _ in stops:
        body.send_keys(Keys.PAGE_DOWN)
        seen.append(page.driver.execute_script("return plangeo.app.data.sites[plangeo.app.selected].id"))
        if len(seen) == 1:
            assert page.one(".pg-note").text == "Bắt đầu ở con đường"
            assert page.one(".pg-walk [role=status]").text == f"Điểm dừng 1 / {len(stops)}"
            page.one(".pg-language").click()
            assert page.one(".pg-note").text == "Start with the road"
            assert page.one(".pg-walk [role=status]").text == f"Stop 1 of {len(stops)}"
        if len(seen) == 2:
            assert page.one(".pg-note").text == EVIL, "the other language where one is missing, letter by letter"
    assert seen[:2] == ["S7", "S5"]
    assert set(seen) == stops
    assert page.driver.title != "hit"
    assert not page.all("img[src=x]")
    told = page.one(".pg-note-faults")
    told.find_element(By.TAG_NAME, "summary").click()
    assert [line.text for line in told.find_elements(By.TAG_NAME, "li")] == [
        "row 4 S404: no project has this id",
        "row 5 S6: the order is not a whole number from 1",
    ]


def test_whatever_is_open_follows_the_language(page: Page) -> None:
    driver = page.driver
    choose(page, "S5")
    driver.execute_script(
        "const a = plangeo.app; a.map.fire('click', { latlng: L.latLng(a.place(a.data.sites[a.selected].at)) })"
    )
    popup = page.one(".leaflet-popup-content")
    assert "Đất chuyên trồng lúa" in popup.get_property("textContent")
    page.one(".pg-overview-open").click()
    before: dict[str, str] = {}
    for language, class_name, head in (
        ("en", "Wet-rice land", "Land classes in view"),
        ("vi", "Đất chuyên trồng lúa", "Loại đất"),
    ):
        page.one(".pg-overview-head [lang]").click()
        assert class_name in page.one(".leaflet-popup-content").get_property("textContent")
        assert class_name in page.one(".pg-card").get_property("textContent")
        assert head in page.one(".pg-legend").get_property("textContent")
        for selector in (
            ".pg-overview-table thead",
            ".pg-overview figcaption",
            ".pg-overview-table tbody",
            ".pg-narrow",
            ".pg-limits",
        ):
            text = page.one(selector).get_property("textContent")
            assert text != before.get(selector), f"{selector} keeps its language"
            before[selector] = text
        assert driver.execute_script("return document.documentElement.lang") == language
    everything = driver.execute_script("plangeo.app.use('en'); return document.querySelector('#plangeo').innerText")
    for vietnamese in ("Danh sách", "Chú giải", "Tọa độ", "Kết luận", "Lọc", "Tải bảng", "Quy hoạch đã"):
        assert vietnamese not in everything


TARGETS = """
const wide = innerWidth, faults = [];
for (const node of document.querySelectorAll("button, select, summary, input, [role=button], .pg-legend label, .leaflet-popup-close-button")) {
  const box = node.getBoundingClientRect();
  if (!node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) || !box.width) continue;
  const name = (node.className || node.tagName) + " " + node.textContent.slice(0, 20);
  const tall = node.matches("input[type=checkbox]") ? node.parentElement.getBoundingClientRect().height : box.height;
  if (tall < 40) faults.push(name + " is " + Math.round(tall) + " high");
  if (node.matches("button, [role=button]") && box.width < 40) faults.push(name + " is " + Math.round(box.width) + " wide");
  if (!node.closest(".pg-filters, .pg-overview-table") && (box.left < -0.5 || box.right > wide + 0.5)) faults.push(name + " is cut");
  const inner = node.matches("button") && node.scrollWidth > node.clientWidth + 1;
  if (inner) faults.push(name + " does not hold its words");
  if (node.matches("button") && node.textContent && getComputedStyle(node).color === getComputedStyle(node).backgroundColor) faults.push(name + " cannot be read");
}
if (document.documentElement.scrollWidth > wide) faults.push("the page is wider than the screen");
return faults;
"""


@pytest.mark.parametrize("size", PHONES, ids=str)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_on_a_phone_nothing_is_cut_and_fingers_hit(page: Page, size: tuple[int, int], language: str) -> None:
    driver = page.driver
    resize(page, *size)
    driver.execute_script("plangeo.app.use(arguments[0])", language)
    assert not page.one(".pg-list").is_displayed(), "the map comes first"
    assert page.one(".folium-map").rect["height"] > 0.55 * size[1]
    assert driver.execute_script(TARGETS) == []
    page.one(".pg-fold").click()
    assert page.one(".pg-search").is_displayed()
    assert page.one(".folium-map").rect["height"] > 0.2 * size[1], "the map stays in sight"
    for step in (
        "document.querySelector('.pg-narrow').open = true",
        "plangeo.app.root.classList.add('pg-contrast')",
        "plangeo.app.select(4, {})",
        "for (let n = 0; n < 6; n++) document.querySelector('[data-view=larger]').click()",
        "document.querySelector('[data-view=usual]').click()",
        "document.querySelector('.pg-legend').open = true",
        "plangeo.app.map.fire('click', { latlng: plangeo.app.map.getCenter() })",
        "document.querySelector('.pg-overview-open').click()",
    ):
        driver.execute_script(step)
        assert driver.execute_script(TARGETS) == [], step
    driver.execute_script("document.querySelector('dialog').close(); document.querySelector('.pg-legend').open = false")
    page.one(".pg-fold").click()
    assert not page.one(".pg-card").is_displayed()


@pytest.mark.parametrize(
    ("paper", "landscape"), [(A4, False), (A4, True), (A3, True)], ids=["A4", "A4 landscape", "A3 landscape"]
)
def test_the_card_on_paper(page: Page, paper: tuple[float, float], landscape: bool) -> None:
    choose(page, "S5")
    sheets = printed(page, paper, landscape=landscape).pages
    size = [float(v) / 72 for v in sheets[0].mediabox[2:]]
    assert size == pytest.approx(paper[::-1] if landscape else paper, abs=0.02)
    first, whole = words(sheets[0].extract_text()), [words(sheet.extract_text()) for sheet in sheets]
    for text in (
        "Vùng quy hoạch và vị trí minh họa",
        "01/07/2025",
        "Chú giải",
        "Ranh giới hành chính",
        "LUC",
        "Đất chuyên trồng lúa",
        "Phù hợp có điều kiện",
    ):
        assert words(text) in first, text
    card = "".join(whole[1:])
    assert words("KCN Đồng Bành") in whole[1], "the card begins on the second sheet, with nothing left over between"
    for text in ("KCN Đồng Bành", "Chưa phù hợp", "Căn cứ trên bản đồ", "1/QĐ", "WGS 84", EVIL):
        assert words(text) in card, text
    for number, text in enumerate(whole, start=1):
        assert words("không phải quy hoạch được duyệt") in text, "the notice stands on every sheet"
        assert f"{number}/{len(whole)}" in text
    assert not page.one("dialog").get_property("open")


@pytest.mark.parametrize("opened_by_hand", [False, True])
def test_the_table_on_paper(page: Page, opened_by_hand: bool) -> None:
    if opened_by_hand:
        page.one(".pg-overview-open").click()
    whole = [words(sheet.extract_text()) for sheet in printed(page, A4).pages]
    table = "".join(whole[1:])
    ids = page.driver.execute_script("return plangeo.app.data.sites.map((s) => s.id)")
    names = [words(page.driver.execute_script("return plangeo.app.visible(arguments[0])", name)) for name in HOSTILE.values()]
    for text in (*ids, *names, words("Số dự án theo giai đoạn"), words("Bảng dự án")):
        assert text in table, text
    assert words("Chú giải") in whole[0]
    assert page.one("dialog").get_property("open") is opened_by_hand, "after printing the screen is as before"
    assert page.driver.execute_script("return document.querySelector('dialog').matches(':modal')") is opened_by_hand


OFF_PAPER = """
const wide = innerWidth, off = [];
for (const node of document.querySelectorAll(".folium-map, .pg-legend li, th, td, .pg-why li, .pg-titles, svg.pg-chart, .pg-notice")) {
  const box = node.getBoundingClientRect();
  if (box.width && (box.left < -0.5 || box.right > wide + 0.5)) off.push(node.className + node.tagName + " " + box.right);
}
return off;
"""


@pytest.mark.parametrize(("wide", "high"), [(703, 1020), (1032, 1020), (1496, 1020), (1032, 1484)])
def test_nothing_hangs_over_the_edge_of_the_paper(page: Page, wide: int, high: int) -> None:
    """The room between the margins of A4, A4 and A3 landscape, A3 in CSS pixels, with the style sheet of print."""
    driver = page.driver
    for site_id in (None, "S5"):
        if site_id:
            choose(page, site_id)
        driver.execute_script("window.dispatchEvent(new Event('beforeprint'))")
        try:
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
            resize(page, wide, high)
            assert driver.execute_script(OFF_PAPER) == []
            box: dict[str, Any] = driver.execute_script(
                "return document.querySelector('.folium-map').getBoundingClientRect().toJSON()"
            )
            assert box["width"] > 0.45 * wide
            assert box["height"] < 0.8 * high
            assert box["width"] / box["height"] == pytest.approx(
                driver.execute_script("const s = plangeo.app.map.getSize(); return s.x / s.y"), rel=0.02
            ), "the view of the screen, whole"
        finally:
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
            resize(page, 1500, 900)
            driver.execute_script("window.dispatchEvent(new Event('afterprint'))")


def test_the_table_is_reached_and_left_by_keyboard(page: Page) -> None:
    driver = page.driver
    driver.execute_script("document.activeElement.blur()")
    for _ in range(60):
        page.focused().send_keys(Keys.TAB)
        if "pg-overview-open" in (page.focused().get_attribute("class") or ""):
            break
    page.focused().send_keys(Keys.ENTER)
    assert page.one("dialog").get_property("open")
    reached = []
    for _ in range(12):
        page.focused().send_keys(Keys.TAB)
        reached.append(page.focused().get_attribute("class"))
    assert "pg-overview-table" in reached
    link = next(n for n, name in enumerate(reached) if name == "pg-link")
    assert link > reached.index("pg-overview-table")
    rows = page.all(".pg-overview-table tbody tr")
    assert len(rows) == len(driver.execute_script("return plangeo.app.data.sites"))
    page.focused().send_keys(Keys.ESCAPE)
    assert not page.one("dialog").get_property("open")
    assert "pg-overview-open" in page.focused().get_attribute("class")


def test_coordinates_are_copied_in_both_systems_and_the_scale_bar_is_true(page: Page) -> None:
    choose(page, "S5")
    page.one(".pg-card .pg-copy").click()
    assert page.one(".pg-card .pg-copy").text == "Đã chép"
    page.one(".pg-back").click()
    search = page.one(".pg-search")
    search.send_keys(Keys.CONTROL, "v")
    copied = search.get_property("value")
    search.clear()
    search.send_keys(" ", Keys.BACKSPACE)
    at = page.driver.execute_script("return plangeo.app.data.sites.find((s) => s.id === 'S5').at")
    assert copied.startswith(f"{at[1] / 1e6:.6f}, {at[0] / 1e6:.6f} WGS 84")
    assert "VN-2000" in copied
    assert "417." in copied
    length, wide = page.driver.execute_script(
        "const line = document.querySelector('.leaflet-control-scale-line'), map = plangeo.app.map, y = map.getSize().y / 2;"
        "const ends = [0, line.offsetWidth].map((x) => map.containerPointToLatLng([x, y]));"
        "return [line.textContent, plangeo.app.measuring.geodesic(...ends)]"
    )
    number, unit = length.split()
    assert wide == pytest.approx(float(number) * {"m": 1, "km": 1000}[unit], rel=0.03)
