"""Units of a table on today's map: merged whole is carried over, divided is not."""

from __future__ import annotations

import geopandas as gpd
import pytest

from plangeo.adminunits.unitregister import UnitRegister, read_units
from plangeo.model import Label
from plangeo.profiles import load_profile
from plangeo.quota.unitmatch import match_units
from plangeo.samples import sample
from plangeo.sources import read_districts

UNITS = """unit,code,kind,name,parent,valid_from,valid_to,status,area_km2
p,,tỉnh,Thử,,,,,
a,,xã,An,p,,2025-06-30,,
b,,xã,Bình,p,,2025-06-30,,
c,,xã,Cao,p,,2025-06-30,,
d,,xã,Dương,p,,2025-06-30,,
e,,xã,Em,p,,2025-06-30,,
x,,xã,Xuân,p,2025-07-01,,,
y,,xã,Yên,p,2025-07-01,,,
z,,xã,Em Mới,p,2025-07-01,,,
"""
LINKS = "before,after,link\na,x,merged\nb,x,merged\nc,y,divided\nc,x,divided\nd,y,merged\ne,z,renamed\n"


def register(links: str = LINKS) -> UnitRegister:
    from plangeo.adminunits.unitregister import KindOfUnit

    kinds = {"tỉnh": KindOfUnit("tỉnh", 0), "xã": KindOfUnit("xã", 1)}
    return read_units(UNITS, links, levels=[Label("tỉnh", "province"), Label("xã", "commune")], kinds=kinds)


def districts(**names: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"district_id": list(names), "district_name": list(names.values())}, geometry=[None] * len(names))


MAP = districts(X="Xã Xuân", Y="Xã Yên", Z="Xã Em Mới")


def test_merged_whole_is_carried_over() -> None:
    found = match_units(
        ["Xã An", "Xã Bình", "Xã Em"],
        MAP,
        register(LINKS.replace("c,x,divided\n", "").replace("divided", "merged")),
        (None, None),
    )
    assert {n: m.unit_id for n, m in found.of.items()} == {"Xã An": "X", "Xã Bình": "X", "Xã Em": "Z"}
    assert found.incomplete == {}


def test_a_part_that_came_of_a_divided_unit_leaves_the_whole_open() -> None:
    found = match_units(["Xã An", "Xã Bình", "Xã Cao", "Xã Dương"], MAP, register(), (None, None))
    assert found.of["Xã Cao"].unit_id == ""
    assert "divided among X, Y" in found.of["Xã Cao"].problem_en
    assert {"X", "Y"} == set(found.incomplete), "what Cao gave is not known"


def test_a_former_unit_missing_from_the_table() -> None:
    whole = LINKS.replace("c,x,divided\n", "").replace("divided", "merged")
    found = match_units(["Xã An"], MAP, register(whole), (None, None))
    assert found.of["Xã An"].unit_id == "X"
    assert "Bình" in found.incomplete["X"][1]


def test_present_units_are_themselves() -> None:
    found = match_units(["Xã Xuân", "Xã Yên"], MAP, register(), (None, None))
    assert {n: m.unit_id for n, m in found.of.items()} == {"Xã Xuân": "X", "Xã Yên": "Y"}
    assert found.incomplete == {}


def test_a_name_nobody_knows() -> None:
    assert match_units(["Xã Xuân", "Xã Lạ"], MAP, register(), (None, None)).of["Xã Lạ"].problem_en


def test_without_a_register_names_must_be_equal() -> None:
    found = match_units(["xa xuan", "Xã Xuâ"], MAP, None, (None, None))
    assert found.of["xa xuan"].unit_id == "X"
    assert found.of["Xã Xuâ"].unit_id == ""


@pytest.mark.parametrize(("names", "whole"), [("former", 192), ("present", 65)])
def test_real_communes(names: str, whole: int) -> None:
    units, shown = load_profile("vn").units, read_districts(sample("communes.gpkg"))
    assert units is not None
    ended = [units.title(u) for u in units.units.values() if u.level == units.leaf and u.valid_to and not u.stale]
    asked = ended if names == "former" else shown["district_name"].tolist()
    found = match_units(asked, shown, units, (None, None))
    assert sum(bool(m.unit_id) for m in found.of.values()) == whole
    assert len(found.incomplete) == (3 if names == "former" else 0)
