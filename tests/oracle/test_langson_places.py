"""Written places of Lạng Sơn against the real communes of today: 53 real projects, all 194 old units, all 65 new ones."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import plangeo as pg
from plangeo.adminunits.places import ground, resolve
from plangeo.adminunits.unitregister import UnitRegister
from plangeo.profiles import load_profile
from plangeo.tables import SITES
from tests.makers import rulebook, site

SHARED = Path(__file__).parents[2].parent / "shared"
UNITS_CSV = SHARED / "domain/langson_admin_units.csv"
PROJECTS = SHARED / "domain/langson_projects.csv"
COMMUNES = SHARED / "data/vn_langson/langson_communes_2025.gpkg"

needs_facts = pytest.mark.skipif(
    not (UNITS_CSV.exists() and PROJECTS.exists()), reason="the shared facts on Lạng Sơn are not on this machine"
)
needs_communes = pytest.mark.skipif(not COMMUNES.exists(), reason="the shared communes of Lạng Sơn are not on this machine")
OLD_LIST, NEW_LIST = dt.date(2024, 5, 1), dt.date(2026, 2, 1)


@pytest.fixture(scope="module")
def units() -> UnitRegister:
    register = load_profile("vn").units
    assert register is not None
    return register


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@needs_facts
def test_the_profile_says_what_the_facts_say(units: UnitRegister) -> None:
    told = {}
    for row in rows(UNITS_CSV):
        key = f"{row['code']}@2025-07-01"
        assert units.units[key].title == row["name_vi"]
        assert units.units[key].area_km2 == float(row["area_km2_published"])
        for part in row["formed_from"].split("; "):
            match = re.fullmatch(r"(.+?)( \(một phần\))? \[(.+)\]", part)
            assert match
            told[match[1], match[3], key] = "divided" if match[2] else "merged"
    held = {
        (units.units[link.before].title, units.above(units.units[link.before])[0].name, link.after): link.kind
        for link in units.links
    }
    assert held == told
    assert len({(name, district) for name, district, _ in held}) == 194


@needs_facts
def test_places_of_real_projects_lead_to_the_communes_the_list_gives(units: UnitRegister) -> None:
    reasons: Counter[str] = Counter()
    for row in rows(PROJECTS):
        if not row["former_communes"]:
            continue
        place = resolve(row["former_communes"], units, OLD_LIST, within=row["former_districts"])
        assert len(place.mentions) == len(row["former_communes"].split("; "))
        reasons.update(m.reason for m in place.mentions)
        stated = {part[:5] for part in row["communes_2025"].split("; ") if part}
        assert not stated or {u.code for u in ground(place, units, NEW_LIST).units} == stated, row["id"]
    # the two Mẫu Sơn of one project are one name twice, in a district each; Sơn Hà was gone before
    assert reasons == {"unit": 49, "ambiguous": 2, "stale": 1}


@needs_facts
def test_new_names_of_real_projects_are_their_codes(units: UnitRegister) -> None:
    read = 0
    for row in rows(PROJECTS):
        for part in filter(None, row["communes_2025"].split("; ")):
            assert [u.code for u in resolve(part, units).units] == [part[:5]]
            assert [u.code for u in resolve(part[6:], units, NEW_LIST).units] == [part[:5]]
            # without the day of the list an old commune of the name may be meant; that is told, and the new one is among them
            assert part[:5] in {u.code for u in ground(resolve(part[6:], units), units, NEW_LIST).units}
            read += 1
    assert read == 44


@needs_facts
def test_districts_in_a_list_of_today_are_told_with_their_successors(units: UnitRegister) -> None:
    formed = rows(UNITS_CSV)
    for district in {d for row in formed for d in row["former_districts"].split(" + ")}:
        kind = "TP" if district == "Lạng Sơn" else "huyện"
        place = resolve(f"{kind} {district}", units, NEW_LIST)
        assert place.reason == "abolished_level"
        stated = {row["code"] for row in formed if district in row["former_districts"].split(" + ")}
        assert {u.code for u in ground(place, units, NEW_LIST).units} == stated


@pytest.fixture(scope="module")
def communes() -> gpd.GeoDataFrame:
    return pg.read_districts(COMMUNES)


def judged(places: list[tuple[str, str, object]], communes: gpd.GeoDataFrame) -> list[str]:
    """The reasons of the check for (declared, day of the list, point)."""
    made = [
        site(f"S{n}", point, declared_district=text, list_date=day)  # type: ignore[arg-type]
        for n, (text, day, point) in enumerate(places)
    ]
    columns = [c.name for c in SITES if c.required] + ["declared_district", "list_date"]
    frame = gpd.GeoDataFrame(pd.DataFrame(made)[columns], geometry="geometry", crs=communes.crs)
    result = pg.assess(frame, rulebook(), on="2026-03-01", checks=["district"], districts=communes)
    found = dict(zip(result.findings["site_id"], result.findings["reason"], strict=True))
    return [found[f"S{n}"] for n in range(len(places))]


@needs_communes
def test_every_old_unit_agrees_with_its_successor_and_with_no_other_commune(
    communes: gpd.GeoDataFrame, units: UnitRegister
) -> None:
    points = dict(zip(communes["district_id"], communes.geometry.representative_point(), strict=True))
    asked, wanted = [], []
    for unit in [u for u in units.units.values() if u.level == units.leaf and u.in_force(units.epochs[0])]:
        successors = {units.units[link.after].code for link in units.successors(unit)}
        for code, point in points.items():
            asked.append((f"{unit.title}, {units.above(unit)[0].title}", "2024", point))
            wanted.append("differs" if code not in successors else "divided" if len(successors) > 1 else "agrees_successor")
    assert judged(asked, communes) == wanted


@needs_communes
def test_every_new_unit_agrees_with_itself_alone(communes: gpd.GeoDataFrame) -> None:
    points = list(communes.geometry.representative_point())
    names = communes["district_name"].tolist()
    asked = [(name, "2026", point) for name in names for point in points]
    assert judged(asked, communes) == ["agrees" if a == b else "differs" for a in range(65) for b in range(65)]


@needs_communes
def test_without_the_day_of_the_list_nothing_agrees_by_one_reading_only(communes: gpd.GeoDataFrame, units: UnitRegister) -> None:
    """ "Xã Hoàng Văn Thụ" in its commune of today: an old commune of the name went into Xã Bình Gia."""
    points = list(communes.geometry.representative_point())
    found = judged([(name, "", point) for name, point in zip(communes["district_name"], points, strict=True)], communes)
    doubtful = {
        name for name, reason in zip(communes["name"], found, strict=True) if reason not in ("agrees", "agrees_successor")
    }
    repeated = {"Thuỵ Hùng", "Hồng Phong", "Hoàng Văn Thụ", "Tân Thành", "Chi Lăng", "Chiến Thắng", "Mẫu Sơn"}
    assert doubtful == repeated | {"Kiên Mộc"}  # of Kiên Mộc only a part kept the name
