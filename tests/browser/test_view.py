"""Letters grow and shrink, and high contrast is one button away."""

from __future__ import annotations

from plangeo.model import Assessment
from tests.browser.test_map import (  # noqa: F401 - the fixtures of the map's own tests
    Opened,
    browser,
    opened,
    pytestmark,
    result,
)


def test_letters_grow_without_pushing_anything_off_the_page(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    wide = page.one(".pg-side").rect["width"]
    for _ in range(6):
        if page.one('[data-view="larger"]').is_enabled():
            page.one('[data-view="larger"]').click()
    assert float(page.one(".pg-head").value_of_css_property("zoom")) == 1.75
    side = page.one(".pg-side").rect
    assert side["width"] > 1.3 * wide
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 1500
    for button in page.all(".pg-head button"):
        if button.is_displayed():
            assert button.rect["x"] + button.rect["width"] <= side["x"] + side["width"] + 1
    page.one('[data-view="usual"]').click()
    assert page.one(".pg-side").rect["width"] == wide


def test_high_contrast_is_black_on_white(opened: Opened, result: Assessment) -> None:  # noqa: F811
    page = opened(result)
    page.one('[data-view="contrast"]').click()
    assert page.one(".pg-count").value_of_css_property("color") == "rgba(0, 0, 0, 1)"
    assert page.one('[data-view="contrast"]').get_attribute("aria-pressed") == "true"
    page.one('[data-view="contrast"]').click()
    assert page.one(".pg-count").value_of_css_property("color") != "rgba(0, 0, 0, 1)"
