"""For every test: property tests have no deadline, for no test measures time; the sample is assessed once for all workers.

Fixtures of the sample: ``few`` (a few of its projects as a project folder), ``judged_sample`` and ``studied_sample`` (all).
"""

from __future__ import annotations

import os
import pickle
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from hypothesis import settings

import plangeo as pg
from plangeo.assessment import Assessment

settings.register_profile("plangeo", settings.default, deadline=None)
settings.load_profile("plangeo")

FEW = ("P-0002", "P-0004", "P-0008", "P-0014", "P-0018", "P-0036", "P-0041", "P-0047")
"""Projects of the sample: with and without a decision, drawn faultily, without a place."""
NEAR_M = 1_000.0
WAIT_S = 600
LONG = ("test_notebooks.py", "test_cli.py", "test_publication.py", "test_cases.py", "test_stream.py", "test_sample.py")
"""Files that come first, the longest ahead: one that begins when the others have ended keeps the other processors idle."""


def pytest_configure(config: pytest.Config) -> None:
    """Files go to the workers in the order of ``LONG``, not by their number of tests, which says little about their length."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def made_once(name: str, factory: pytest.TempPathFactory, make: Callable[[Path], None]) -> Path:
    """Return a file or folder that the first worker of this test run makes, and the others wait for. Do not change it."""
    base = factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{name}"
    try:
        shared.mkdir()
    except FileExistsError:
        until = time.monotonic() + WAIT_S
        while not ((shared / "done").exists() or (shared / "failed").exists()) and time.monotonic() < until:
            time.sleep(0.1)
    else:
        try:
            make(shared / "made")
        except BaseException:
            (shared / "failed").touch()
            raise
        (shared / "done").touch()
    assert (shared / "done").exists(), f"the worker that makes {name} failed, see there"
    return shared / "made"


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where ``judged`` and ``studied`` lie: the whole sample with its boundaries on 2025-07-01, without and with every study."""

    def make(folder: Path) -> None:
        register = pg.read_sites(
            pg.sample("projects.xlsx"), crs="EPSG:9215", list_date="2025-07-01", boundaries=pg.sample("project_boundaries.gpkg")
        )
        layers = {"zones": pg.read_zones(pg.sample("zones.gpkg")), "districts": pg.read_districts(pg.sample("communes.gpkg"))}
        files = {
            "priority_list": "priority_list.xlsx",
            "overrides": "officer_decisions.csv",
            "quota": "quota.xlsx",
            "existing_use": "existing_use.xlsx",
            "class_areas": "class_areas.csv",
        }
        rules = pg.load_rulebook(pg.sample("rulebook.yaml"))
        judged = pg.assess(register, rules, on="2025-07-01", crs="EPSG:9215", **layers)
        folder.mkdir()
        (folder / "judged").write_bytes(pickle.dumps(judged))
        studied = pg.add_studies(judged, files={role: pg.StudyFile(pg.sample(name)) for role, name in files.items()})
        (folder / "studied").write_bytes(pickle.dumps(studied))

    return made_once("sample", tmp_path_factory, make)


@pytest.fixture(scope="session")
def judged_sample(sample_folder: Path) -> Assessment:
    """Return the embedded sample judged on 2025-07-01; read only, for it is shared."""
    result: Assessment = pickle.loads((sample_folder / "judged").read_bytes())
    return result


@pytest.fixture(scope="session")
def studied_sample(sample_folder: Path) -> Assessment:
    """Return the embedded sample judged on 2025-07-01, with every study; read only, for it is shared."""
    result: Assessment = pickle.loads((sample_folder / "studied").read_bytes())
    return result


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project of the sample (``plangeo.yaml``), its register cut to the projects ``FEW`` and the one without a code, and its plan to
    their zones."""
    folder = tmp_path_factory.mktemp("few")
    for path in pg.sample("plangeo.yaml").parent.iterdir():
        if path.suffix in {".gpkg", ".xlsx", ".yaml", ".csv"}:
            shutil.copy(path, folder)
    book = openpyxl.load_workbook(folder / "projects.xlsx")
    sheet = book.worksheets[0]
    for row in range(sheet.max_row, 1, -1):
        code = str(sheet.cell(row, 2).value)
        if code.startswith("P-") and code not in FEW:
            sheet.delete_rows(row)
    book.save(folder / "projects.xlsx")
    around = pg.read_sites(folder / "projects.xlsx", crs="EPSG:9215").geometry.dropna().buffer(NEAR_M).union_all()
    zones = gpd.read_file(folder / "zones.gpkg")
    (folder / "zones.gpkg").unlink()
    zones[zones.intersects(around)].to_file(folder / "zones.gpkg")
    return folder
