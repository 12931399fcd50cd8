"""For every test: property tests have no deadline, for no test measures time; in CI they draw the same examples each time."""

import pytest
from hypothesis import settings

import plangeo as pg
from plangeo.assessment import Assessment

settings.register_profile("plangeo", settings.default, deadline=None)
settings.load_profile("plangeo")


@pytest.fixture(scope="session")
def studied_sample() -> Assessment:
    """Return the embedded sample judged on 2025-07-01, with every study; read only, for it is shared."""
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
    return pg.add_studies(judged, files={role: pg.StudyFile(pg.sample(name)) for role, name in files.items()})
