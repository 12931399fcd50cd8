"""Filters, sums, table, charts and exports of the map page, in a real Chromium."""

from __future__ import annotations

import csv
import io
import json

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from plangeo.assessment import assess
from plangeo.model import Assessment
from tests.browser.test_map import Opened, Page, browser, opened, pytestmark  # noqa: F401 - the fixtures of the map's own tests
from tests.makers import rulebook, site, sites, square, zones


@pytest.fixture(scope="module")
def result() -> Assessment:
    def row(
        key: str, x: float, use: str, capital: float | None, phase: tuple[int, int] | None, area: float | None, **more: object
    ):
        low, high = phase or (None, None)
        stated = {"capital_min_vnd": capital, "capital_max_vnd": capital, "phase_from": low, "phase_to": high}
        return site(key, square(x, 0, 100), use=use, declared_area_m2=area, **stated, **more)

    rows = (
        row("A1", 0, "housing", 20e9, (2021, 2025), 10_000.0, name="=SUM(A1)", declared_district="Xã Một"),
        row("A2", 200, "housing", None, (2021, 2025), 10_000.0, name='Khu "B", 2', declared_district="Xã Hai"),
        row("A3", 400, "KCN", 5e9, (2026, 2030), None, name="KCN Ba", declared_district="Xã Hai"),
        row("A4", 5000, "KCN", 7.5e9, None, 30_000.0, name="KCN Bốn", declared_district="Xã Một"),
    )
    ground = zones(("z1", "ODT", square(-100, -100, 1000), "P1"))
    return assess(sites(*rows), rulebook(), on="2025-07-01", zones=ground)


def shown(page: Page) -> list[str]:
    return [
        page.driver.execute_script(f"return plangeo.app.data.sites[{i.get_attribute('data-index')}].id")
        for i in page.all(".pg-item")
    ]


def choose(page: Page, facet: str, text: str) -> None:
    select = Select(page.one(f'[data-facet="{facet}"]'))
    select.select_by_visible_text(next(o.text for o in select.options if o.text.startswith(text)))


def test_one_wrong_unit_is_in_no_sum_and_is_told(opened: Opened) -> None:  # noqa: F811
    rows = (
        site("A1", square(0, 0, 100), declared_area_m2=10_000.0),
        site("A2", square(200, 0, 100), declared_area_m2=10_000.0 * 10_000),
        site("A3", square(400, 0, 100), declared_area_m2=None),
    )
    ground = zones(("z1", "ODT", square(-100, -100, 1000), "P1"))
    page = opened(assess(sites(*rows), rulebook(), on="2025-07-01", zones=ground))
    assert page.one(".pg-count").text == "3 / 3 dự án · 1,0 ha đăng ký (1 chưa nêu, 1 nghi nhầm đơn vị, không cộng)"


def test_sums_follow_the_filter_and_say_what_is_not_stated(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    assert page.one(".pg-count").text == "4 / 4 dự án · 5,0 ha đăng ký (1 chưa nêu) · 32,5 tỷ đồng (1 chưa nêu)"
    page.one(".pg-narrow summary").click()
    choose(page, "unit", "Xã Hai")
    assert shown(page) == ["A2", "A3"]
    assert page.one(".pg-count").text == "2 / 4 dự án · 1,0 ha đăng ký (1 chưa nêu) · 5,0 tỷ đồng (1 chưa nêu)"
    choose(page, "phase", "2021–2025")
    assert shown(page) == ["A2"]
    assert "(2)" in page.one(".pg-narrow summary").text
    choose(page, "unit", "Mọi đơn vị")
    assert shown(page) == ["A1", "A2"]
    choose(page, "phase", "Mọi giai đoạn")
    page.one(".pg-language").click()
    assert "billion VND (1 not stated)" in page.one(".pg-count").text


def test_sorting_puts_what_is_not_stated_last(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    page.one(".pg-narrow summary").click()
    sort = Select(page.one(".pg-sort"))
    sort.select_by_value("capital")
    assert shown(page) == ["A1", "A4", "A3", "A2"]
    sort.select_by_value("area")
    assert shown(page)[-1] == "A3"
    sort.select_by_value("verdict")
    order = dict(zip(result.sites["site_id"], result.sites["verdict"], strict=True))
    severity = ["not_permitted", "unknown", "conditional", "permitted"]
    ranks = [severity.index(order[i]) for i in shown(page)]
    assert ranks == sorted(ranks)


def test_table_charts_and_exports_speak_of_what_is_shown(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    page.one(".pg-narrow summary").click()
    choose(page, "unit", "Xã Một")
    page.one(".pg-overview-open").click()
    rows = [[c.text for c in r.find_elements(By.TAG_NAME, "td")] for r in page.all(".pg-overview tbody tr")]
    assert [row[0] for row in rows] == ["A1", "A4"]
    assert rows[0][1] == "=SUM(A1)"
    bars = page.all(".pg-chart")[0].find_elements(By.CSS_SELECTOR, "rect")
    assert sum(int(bar.get_attribute("data-count") or 0) for bar in bars) == 2

    text = page.driver.execute_script("return plangeo.app.exports.csv()")
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["Mã"] for row in table] == ["A1", "A4"]
    assert table[0]["Tên dự án"] == "'=SUM(A1)", "no spreadsheet may take a name for a formula"
    assert (table[0]["Diện tích đăng ký (ha)"], table[0]["Vốn từ (tỷ đồng)"]) == ("1", "20")
    assert table[1]["Giai đoạn"] == ""

    features = json.loads(page.driver.execute_script("return plangeo.app.exports.geojson()"))["features"]
    assert [f["id"] for f in features] == ["A1", "A4"]
    lon, lat = features[0]["geometry"]["coordinates"][0][0]
    assert 106 < lon < 107.5
    assert 21 < lat < 22.5

    page.all(".pg-link")[1].click()
    assert "KCN Bốn" in page.one(".pg-card").text
    assert not page.one(".pg-overview").is_displayed()
