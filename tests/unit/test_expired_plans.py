"""What rests on plans that ended: counted by hand, and a second time with geopandas on the sample."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import plangeo as pg
from plangeo.chronicle.resting import add_capital, joined, sites_on_plans
from plangeo.model import Assessment
from tests.makers import plan, rulebook, site, sites, square, zones

ON = "2025-07-01"
OLD = plan("OLD", valid_from="2016-01-01", valid_to="2020-12-31", successor="NEW")
NEW = plan("NEW")
MONEY = {"capital_min_vnd": 100e9, "capital_max_vnd": 100e9}


@pytest.fixture(scope="module")
def small() -> Assessment:
    """OLD covers 2 km, NEW the western one: A on both, B on OLD only, C half on each side, D on nothing; a line and a point too."""
    drawn = zones(
        ("o1", "ODT", square(0, 0, 1000), "OLD"),
        ("o1 again", "ODT", square(0, 0, 1000), "OLD"),  # drawn twice: counts once
        ("o2", "ODT", square(1000, 0, 1000), "OLD"),
        ("n1", "LUC", square(0, 0, 1000), "NEW"),
        ("x", "ODT", square(5000, 0, 1000), "STRANGER"),
    )
    register = sites(
        site("A", square(100, 100, 200), **MONEY),
        site("B", square(1100, 100, 200), capital_min_vnd=50e9, capital_max_vnd=math.nan),
        site("C", square(900, 500, 200), capital_min_usd=2e6, capital_max_usd=2e6),
        site("D", square(3000, 100, 200), **MONEY),
        site("E", square(1100, 600, 200).exterior),
        site("F", square(1500, 600, 200).centroid),
        site("G", None, problem="no_geometry: nowhere"),
    )
    return pg.add_studies(pg.assess(register, rulebook(plans=[OLD, NEW]), on=ON, zones=drawn), only=["plans", "expired_plans"])


def test_a_site_rests_on_a_plan_also_where_another_one_governs(small: Assessment) -> None:
    found = sites_on_plans(small, ["OLD"]).set_index("site_id")
    assert found.index.tolist() == ["A", "B", "C", "E", "F"]
    assert found["area_m2"].tolist() == pytest.approx([40_000, 40_000, 40_000, 0, 0])
    assert found["bare_m2"].tolist() == pytest.approx([0, 40_000, 20_000, 0, 0])
    assert found["share"].tolist() == pytest.approx([1, 1, 1, 1, 1])
    assert found["bare_share"].tolist() == pytest.approx([0, 1, 0.5, 1, 1])
    assert found.loc["E", "length_m"] == pytest.approx(800)


def test_the_list_of_plans_that_ended_counts_each_site_and_its_capital_once(small: Assessment) -> None:
    (row,) = pg.sheet_of(small, "expired_plans").to_dict("records")
    assert (row["plan_id"], row["status"], row["replaced_by"], row["chain"]) == ("OLD", "superseded", "NEW", "OLD → NEW")
    assert str(row["ended_on"]) == "2020-12-31"
    assert (row["sites"], row["bare_sites"], row["site_ids"]) == (5, 4, "A, B, C, E, F")
    assert (row["area_ha"], row["bare_ha"]) == (pytest.approx(12.0), pytest.approx(6.0))
    assert (row["capital_min_vnd"], row["capital_max_vnd"]) == (150e9, 100e9)
    assert (row["capital_min_usd"], row["capital_max_usd"]) == (2e6, 2e6)
    assert (row["capital_open"], row["capital_unstated"]) == (1, 2)
    assert row["geometry"].geom_type in ("Polygon", "MultiPolygon")
    assert row["geometry"].area == pytest.approx(120_000)


def test_the_register_shows_what_each_plan_covers_and_plans_nobody_knows(small: Assessment) -> None:
    found = pg.sheet_of(small, "plans").set_index("plan_id")
    assert found["sites"].to_dict() == {"OLD": 5, "NEW": 2, "STRANGER": 0}
    assert found["zones"].to_dict() == {"OLD": 3, "NEW": 1, "STRANGER": 1}
    assert found["zones_ha"].tolist() == pytest.approx([200.0, 100.0, 100.0], rel=1e-3), "the zone drawn twice counts once"
    assert found.loc["STRANGER", "status"] == "unknown"
    assert "in no register" in found.loc["STRANGER", "remark_en"]


def test_studies_change_no_verdict_and_write_map_layers(small: Assessment, tmp_path: Path) -> None:
    bare = dataclasses.replace(small, sheets=())
    assert small.sites["verdict"].equals(bare.sites["verdict"])
    assert not small.studies_not_run
    pg.write_report(small, tmp_path / "r.gpkg")
    pg.write_report(small, tmp_path / "r.xlsx")
    layers = set(pyogrio.list_layers(tmp_path / "r.gpkg")[:, 0])
    assert {"expired_plans", "expired_plan_sites"} <= layers
    titles = [s.title.vi for s in small.sheets]
    assert titles == ["Quy hoạch", "Quy hoạch hết hiệu lực", "Dự án trên QH hết hiệu lực"]


def test_without_expired_plans_or_capital_or_zones_the_sheets_say_so() -> None:
    register = sites(site("A", square(100, 100, 200)))
    drawn = zones(("n1", "ODT", square(0, 0, 1000), "NEW"))
    found = pg.add_studies(pg.assess(register, rulebook(plans=[NEW]), on=ON, zones=drawn), only=["plans", "expired_plans"])
    assert [len(s.frame) for s in found.sheets] == [1, 0, 0]
    bare = pg.add_studies(pg.assess(register, rulebook(plans=[NEW]), on=ON), only=["plans", "expired_plans"])
    assert [s.code for s in bare.sheets] == ["plans"]
    assert [s.check for s in bare.studies_not_run] == ["expired_plans"]
    assert add_capital(register, [0])["capital_unstated"] == 1
    assert math.isnan(add_capital(register, [0])["capital_min_vnd"])


def test_a_stage_that_ended_is_on_the_list_with_what_rests_on_it() -> None:
    drawn = zones(("n1", "ODT", square(0, 0, 1000), "NEW"))
    drawn["valid_to"] = "2024-12-31"
    register = sites(site("A", square(100, 100, 200), **MONEY))
    found = pg.add_studies(pg.assess(register, rulebook(plans=[NEW]), on=ON, zones=drawn), only=["plans", "expired_plans"])
    (row,) = pg.sheet_of(found, "expired_plans").to_dict("records")
    assert (row["plan_id"], str(row["ended_on"]), row["status_vi"][:9]) == ("NEW", "2024-12-31", "Một phần:")
    assert (row["sites"], row["capital_min_vnd"]) == (1, 100e9)
    (plan_row,) = pg.sheet_of(found, "plans").to_dict("records")
    assert (plan_row["plan_id"], plan_row["sites"]) == ("NEW", 1)


def test_the_stages_of_a_plan_stand_in_its_row_and_ground_on_several_counts_once() -> None:
    """NEW is in force, and two of its stages ended that lie on each other; OLD ended with the stage it had."""
    rows = [("n1", "NEW"), ("n2", "NEW"), ("n3", "NEW"), ("o1", "OLD"), ("o2", "OLD")]
    drawn = zones(*((zone, "ODT", square(0, 0, 1000), plan_id) for zone, plan_id in rows))
    drawn["valid_to"] = ["", "2023-12-31", "2024-12-31", "", "2018-12-31"]
    register = sites(site("A", square(100, 100, 200), **MONEY))
    found = pg.add_studies(pg.assess(register, rulebook(plans=[OLD, NEW]), on=ON, zones=drawn), only=["expired_plans"])
    table = pg.sheet_of(found, "expired_plans").set_index("plan_id")
    assert table.index.tolist() == ["OLD", "NEW"]
    assert table["area_ha"].tolist() == pytest.approx([4, 4])
    assert [str(day) for day in table["ended_on"]] == ["2020-12-31", "2024-12-31"]
    assert "2 stage(s) ended" in table.at["NEW", "why_en"]
    assert pg.sheet_of(found, "expired_plan_sites")["plan_id"].tolist() == ["NEW", "OLD"]


def test_joined_shapes_keep_the_areas_among_them() -> None:
    some = gpd.GeoSeries([square(0, 0, 10), square(5, 0, 10), square(0, 0, 1).centroid, None]).to_numpy()
    assert joined(some).area == pytest.approx(150)
    assert joined(some[2:]).geom_type == "Point"
    assert joined(some[3:]) is None


def test_the_sample_s_list_is_what_geopandas_finds(studied_sample: Assessment) -> None:
    """The areas of sites on the replaced plan, by an overlay of geopandas; its capital, by pandas."""
    zones = pg.read_zones(pg.sample("zones.gpkg")).to_crs("EPSG:9215")
    old = zones[zones["plan_id"] == "QHSDD-2021"]
    placed = studied_sample.sites[studied_sample.sites.geometry.notna()].to_crs("EPSG:9215")
    areal = placed[placed.geom_type.isin(["Polygon", "MultiPolygon"])]
    cut = gpd.overlay(
        areal[["site_id", "geometry"]], gpd.GeoDataFrame(geometry=[old.union_all()], crs=old.crs), keep_geom_type=True
    )
    (row,) = pg.sheet_of(studied_sample, "expired_plans").to_dict("records")
    assert row["area_ha"] == pytest.approx(cut.area.sum() / 1e4, rel=1e-6)
    joined_sites = gpd.sjoin(placed, old[["geometry"]], predicate="intersects")["site_id"].unique()
    assert set(row["site_ids"].split(", ")) == set(joined_sites)
    resting = studied_sample.sites[studied_sample.sites["site_id"].isin(joined_sites)]
    assert row["capital_min_vnd"] == pytest.approx(resting["capital_min_vnd"].sum())
    assert row["capital_unstated"] == int(
        resting[["capital_min_vnd", "capital_max_vnd", "capital_min_usd"]].isna().all(axis=1).sum()
    )


def test_the_sample_s_units_are_what_geopandas_finds(studied_sample: Assessment) -> None:
    zones = pg.read_zones(pg.sample("zones.gpkg")).to_crs("EPSG:9215")
    communes = pg.read_districts(pg.sample("communes.gpkg")).to_crs("EPSG:9215")
    register = pg.sheet_of(studied_sample, "plans").set_index("plan_id")
    for plan_id, some in zones.groupby("plan_id"):
        ground = some.union_all()
        met = communes["district_name"][communes.geometry.intersection(ground).area > 1.0]
        assert list(register.loc[plan_id, "units"]) == met.tolist()
    assert register["zones_ha"].gt(0).all()


def test_the_plans_of_a_table_join_the_register(small: Assessment, tmp_path: Path) -> None:
    table = tmp_path / "plans.csv"
    text = "Mã quy hoạch;Tên quy hoạch;Số quyết định;Ngày phê duyệt;Ngày hết hiệu lực;Trạng thái;Tỷ lệ;Quy hoạch thay thế\n"
    text += "QH-1;Quy hoạch xã A;12/QĐ-UBND;2015-06-01;2020-12-31;hết hiệu lực;1:5.000;QH-2\nQH-2;Quy hoạch xã A mới;13/QĐ-UBND;2021-01-01;;;1/5000;\n"
    table.write_text(text + "OLD;Quy hoạch cũ;99/QĐ;2016-01-01;2020-12-31;;;\n", "utf-8")
    found = pg.add_studies(small, only=["plans"], files={"plan_table": pg.StudyFile(table)})
    register = pg.sheet_of(found, "plans").set_index("plan_id")
    assert register["origin"].to_dict() == {
        "OLD": "rulebook",
        "NEW": "rulebook",
        "QH-1": "plans.csv",
        "QH-2": "plans.csv",
        "STRANGER": "zones",
    }
    assert register.loc["QH-1", "chain"] == "QH-1 → QH-2"
    assert register.loc["QH-1", "scale_text"] == "1:5.000"
    (sheet,) = found.sheets
    assert "OLD: decision is 1/QĐ in the rulebook and 99/QĐ in the table" in sheet.note.en
    assert found.sites["verdict"].equals(small.sites["verdict"])
    assert isinstance(sheet.frame, pd.DataFrame)
