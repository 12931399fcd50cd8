"""The map in a real Chromium, offline: find a project without tone marks, filter, click, read, switch the language."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import plangeo as pg

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
HOSTILE = '<img src=x onerror="document.title=1">{{7*7}}</script>'


@pytest.fixture(scope="module")
def page(judged_sample: pg.Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sites = judged_sample.sites.copy()
    sites.loc[sites["site_id"] == "P-0001", "name"] = HOSTILE
    result = dataclasses.replace(judged_sample, sites=sites)
    path = tmp_path_factory.mktemp("map") / "bản đồ.html"
    pg.make_map(result).save(path)
    return path


@pytest.fixture(scope="module")
def browser(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    profile = tmp_path_factory.mktemp("chromium")
    for flag in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--window-size=1500,900", f"--user-data-dir={profile}",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    try:
        driver.get(page.as_uri())
        WebDriverWait(driver, 30).until(lambda d: d.find_elements(By.CSS_SELECTOR, ".pg-item"))
        yield driver
    finally:
        driver.quit()


def _items(browser: webdriver.Chrome) -> list[str]:
    return [e.text for e in browser.find_elements(By.CSS_SELECTOR, ".pg-item")]


def test_an_officer_finds_filters_clicks_and_reads(browser: webdriver.Chrome) -> None:
    assert len(_items(browser)) == 77
    search = browser.find_element(By.CSS_SELECTOR, ".pg-search")
    search.send_keys("khu do thi moi cong nam")
    assert len(_items(browser)) == 1
    assert "Khu đô thị mới Cổng Nam" in _items(browser)[0]
    browser.find_element(By.CSS_SELECTOR, ".pg-item").click()
    card = browser.find_element(By.CSS_SELECTOR, ".pg-card")
    assert "Chưa phù hợp" in card.text
    assert "LUA" in card.text
    assert "được phép" not in card.text
    browser.find_element(By.CSS_SELECTOR, ".pg-language").click()
    assert "Not compatible" in card.text
    browser.find_element(By.CSS_SELECTOR, ".pg-language").click()
    browser.find_element(By.CSS_SELECTOR, ".pg-back").click()
    search.clear()
    search.send_keys(" ")
    browser.find_element(By.CSS_SELECTOR, '.pg-filter[data-verdict="not_permitted"]').click()
    shown = _items(browser)
    assert 0 < len(shown) < 72
    assert all("Chưa phù hợp" in text for text in shown)
    browser.find_element(By.CSS_SELECTOR, '.pg-filter[data-verdict="all"]').click()


def test_the_notice_stays(browser: webdriver.Chrome) -> None:
    notice = browser.find_element(By.CSS_SELECTOR, ".pg-notice")
    assert notice.is_displayed()
    assert "không phải quy hoạch được duyệt" in notice.text
    assert not notice.find_elements(By.TAG_NAME, "button")


def test_a_hostile_name_is_only_letters(browser: webdriver.Chrome) -> None:
    assert any(HOSTILE in text for text in _items(browser))
    assert browser.title != "1"
    assert not browser.find_elements(By.CSS_SELECTOR, "img[src='x']")


def test_no_request_and_no_console_error(browser: webdriver.Chrome) -> None:
    events = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    asked = [r["request"]["url"] for r in sent if r["documentURL"].startswith("file:")]  # not the browser's own start page
    assert asked, "the page itself must stand in the log"
    assert [url[:80] for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []
