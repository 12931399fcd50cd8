"""From one flagged project to the next, addresses of projects, and the layers of studies, in a real Chromium."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from plangeo.model import Assessment, Label
from plangeo.study import Sheet, SheetColumn
from tests.browser.test_map import (  # noqa: F401 - the fixtures of the map's own tests
    Opened,
    Page,
    browser,
    opened,
    pytestmark,
    result,
)
from tests.makers import CRS, square


def chosen(page: Page) -> str | None:
    index = page.driver.execute_script("return plangeo.app.selected")
    return None if index is None else str(page.driver.execute_script(f"return plangeo.app.data.sites[{index}].id"))


def test_keys_and_buttons_walk_through_every_flagged_project_once(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    flagged = [str(i) for i, v in zip(result.sites["site_id"], result.sites["verdict"], strict=True) if v != "permitted"]
    assert len(flagged) > 2
    assert f"{len(flagged)} dự án" in page.one(".pg-walk").text
    body = page.one("body")
    seen = []
    for _ in flagged:
        body.send_keys(Keys.PAGE_DOWN)
        seen.append(chosen(page))
    assert seen == flagged
    assert page.one(".pg-walk [role=status]").text.startswith(f"{len(flagged)} / {len(flagged)}")
    body.send_keys(Keys.PAGE_DOWN)
    assert chosen(page) == flagged[0]
    page.one(".pg-previous").click()
    assert chosen(page) == flagged[-1]
    body.send_keys(Keys.ESCAPE)
    assert chosen(page) is None
    page.search("dong banh")
    page.one(".pg-search").send_keys(Keys.PAGE_DOWN)
    assert chosen(page) is None, "keys typed into a field stay there"


def test_the_address_names_the_project(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    page.driver.execute_script("location.hash = '#project=S8'")
    page.driver.execute_async_script("setTimeout(arguments[0], 50)")
    assert chosen(page) == "S8"
    page.one("body").send_keys(Keys.ESCAPE)
    assert "#" not in page.driver.current_url
    page.search("dong banh")
    page.one(".pg-item").click()
    address = page.driver.current_url
    assert address.endswith("#project=S5")
    page.driver.get("about:blank")
    page.driver.get(address)
    page.driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert chosen(page) == "S5"
    page.driver.execute_script("location.hash = '#project=%E0%A4%A'")  # broken escapes are nobody's name
    page.driver.execute_async_script("setTimeout(arguments[0], 50)")
    assert chosen(page) == "S5"


def test_a_layer_of_a_study_is_off_until_asked_for_and_tells_its_row(opened: Opened, result: Assessment) -> None:  # noqa: F811
    columns = (SheetColumn("what", "Nội dung", "What"), SheetColumn("ha", "Diện tích (ha)", "Area (ha)", style="hectare"))
    frame = gpd.GeoDataFrame({"what": ["<b>chồng lấn</b>"], "ha": [1234.5]}, geometry=[square(0, 0, 2000)], crs=CRS)
    sheet = Sheet("overlaps", Label("Chồng lấn", "Overlaps"), columns, frame, Label("Không có.", "None."))
    page = opened(dataclasses.replace(result, sheets=(sheet,)))
    label = next(row for row in page.all(".pg-layers li") if "Chồng lấn" in row.text)
    box = label.find_element(By.TAG_NAME, "input")
    assert not box.is_selected()
    assert "1 vị trí" in label.text
    box.click()
    shown = "plangeo.app.map.eachLayer((l) => { if (l.getPopup && l.getPopup() && !l.isPopupOpen()) l.openPopup(); })"

    def card_of_the_study(_: object) -> WebElement | None:
        """Popups fade in, and what is switched on is drawn a moment later."""
        page.driver.execute_script(shown)
        return next((c for c in page.all(".pg-study") if c.text), None)

    card = WebDriverWait(page.driver, 10).until(card_of_the_study)
    assert "<b>chồng lấn</b>" in card.text
    assert "1.234,50" in card.text
