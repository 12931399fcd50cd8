"""Take the README's picture: the example map in a headless Chromium without network, one flagged project chosen.

``python maps/screenshot.py [--map FILE] [--out FILE] [--project ID] [--size 1500x900] [--language en]``; needs Chromium with its driver,
and Selenium (both are what the browser tests need). Exit code 2 says what is missing.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND")
_WAIT_S = 60


def main() -> int:
    """Read the options, take the picture, say where it is."""
    parser = argparse.ArgumentParser(description="Take a picture of a briefing map.")
    parser.add_argument("--map", type=Path, default=HERE / "first_assessment.html", metavar="FILE")
    parser.add_argument("--out", type=Path, default=HERE / "first_assessment.png", metavar="FILE.png")
    parser.add_argument("--project", default="P-0004", metavar="ID", help="Project whose card is open; '' for the list.")
    parser.add_argument("--size", default="1500x900", metavar="WIDTHxHEIGHT")
    parser.add_argument("--language", choices=["vi", "en"], default="vi")
    given = parser.parse_args()
    try:
        width, height = (int(part) for part in given.size.split("x"))
    except ValueError:
        parser.error(f"--size {given.size!r}: write width and height in pixels, e.g. 1500x900")
    if not given.map.is_file():
        parser.error(f"there is no map {given.map}; notebooks/01_first_assessment.ipynb writes it")
    if not given.out.parent.is_dir():
        parser.error(f"the folder {given.out.parent} does not exist; make it first")
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        parser.error(
            "a picture needs Chromium and its driver (Debian: apt install chromium chromium-driver); the old picture stays"
        )
    try:
        import selenium  # noqa: F401
    except ImportError:
        parser.error("a picture needs Selenium: pip install selenium; the old picture stays")
    take(given.map, given.out, given.project, (width, height), given.language, chromium, driver)
    print(given.out)
    return 0


def take(page: Path, out: Path, project: str, size: tuple[int, int], language: str, chromium: str, driver: str) -> None:
    """Write ``out``, the page as a screen of ``size`` pixels shows it; nothing is written unless the page is ready."""
    from selenium import webdriver
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        try:
            screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
            browser.execute_cdp_cmd(
                "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
            )
            browser.get(page.resolve().as_uri())
            WebDriverWait(browser, _WAIT_S).until(lambda b: b.execute_script("return !!document.querySelector('[data-ready]')"))
            browser.execute_script("plangeo.app.use(arguments[0])", language)
            if project and not browser.execute_script(_CHOOSE, project):
                raise SystemExit(f"the map holds no project {project!r}; name one of its list with --project")
            browser.execute_async_script("plangeo.polygons.settled().then(() => setTimeout(arguments[0], 400))")
            browser.save_screenshot(str(out))
        finally:
            browser.quit()


_CHOOSE = """
const app = plangeo.app, index = app.data.sites.findIndex((site) => site.id === arguments[0]);
if (index >= 0) { app.select(index, {}); app.fitAll(); }
return index >= 0;
"""

if __name__ == "__main__":
    sys.exit(main())
