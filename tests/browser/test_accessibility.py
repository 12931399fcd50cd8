"""axe-core (vendored, MPL-2.0) finds no serious fault in any state of the page that people meet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plangeo.model import Assessment
from tests.browser.test_map import (  # noqa: F401 - the fixtures of the map's own tests
    Opened,
    Page,
    browser,
    opened,
    pytestmark,
    result,
)

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
SIZES = {"desktop": (1500, 900), "phone": (360, 640)}


def faults(page: Page) -> list[str]:
    """Serious and critical faults: rule and the first place of each."""
    page.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    page.driver.execute_script(AXE)
    told: dict[str, Any] = page.driver.execute_async_script(
        "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }).then(done)"
    )
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:160]} ({len(v['nodes'])})"
        for v in told["violations"]
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("size", SIZES)
def test_list_card_table_and_contrast_have_no_serious_fault(opened: Opened, result: Assessment, size: str) -> None:  # noqa: F811
    page = opened(result, *SIZES[size])
    page.driver.execute_script(
        "plangeo.app.map.getPane('mapPane').classList.remove('leaflet-fade-anim')"
    )  # half faded in, nothing has contrast
    page.driver.execute_script("plangeo.app.map.getContainer().classList.remove('leaflet-fade-anim')")
    if size == "phone":
        assert faults(page) == []
        page.one(".pg-fold").click()
        page.driver.execute_script("document.querySelector('.pg-legend').open = true")
    for language, contrast in (("vi", False), ("en", True)):
        page.driver.execute_script("plangeo.app.use(arguments[0])", language)
        if contrast:
            page.driver.execute_script("document.querySelector('[data-view=contrast]').click()")
            assert page.one('[data-view="contrast"]').get_attribute("aria-pressed") == "true"
        page.driver.execute_script("document.querySelector('.pg-narrow').open = true")
        assert faults(page) == [], language
        page.driver.execute_script("plangeo.app.select(4, {})")
        page.driver.execute_script(
            "const a = plangeo.app; a.map.fire('click', { latlng: L.latLng(a.place(a.data.sites[4].at)) })"
        )
        assert faults(page) == [], language
        page.one(".pg-overview-open").click()
        assert faults(page) == [], language
        page.driver.execute_script("document.querySelector('dialog').close(); plangeo.app.select(null, { back: true })")
