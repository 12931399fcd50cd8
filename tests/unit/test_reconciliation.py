"""``plangeo.reconcile``: what is compared, what is said not to be, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import plangeo as pg
from plangeo.errors import TableError
from tests.makers import site, sites, square

NAME = "Trung tâm logistics Bến Sương"


def differences(left: dict[str, Any], right: dict[str, Any]) -> dict[str, str]:
    """Field → kind of the differences of one project."""
    both = [sites(site("P-1", x.pop("geometry", None), name=x.pop("name", NAME), **x)) for x in (dict(left), dict(right))]
    found = pg.reconcile(*both).differences
    return dict(zip(found["field"], found["kind"], strict=True))


def test_what_only_one_list_states_at_all_is_not_compared_and_that_is_said() -> None:
    left = sites(site("P-1", None, name=NAME, capital_min_vnd=1e9, capital_max_vnd=1e9))
    right = sites(site("P-1", None, name=NAME))
    result = pg.reconcile(left, right)
    assert result.outcomes["outcome"].tolist() == ["same"]
    assert [d.said for d in result.decisions] == [
        "the right list states no capital at all; the other one's were not compared with it"
    ]


def test_an_empty_cell_of_a_stated_column_is_a_difference() -> None:
    left = sites(*(site(f"P-{n}", None, name=f"{NAME} {n}", phase=p) for n, p in ((1, "2021-2025"), (2, ""))))
    right = sites(*(site(f"P-{n}", None, name=f"{NAME} {n}", phase="2021-2025") for n in (1, 2)))
    result = pg.reconcile(left, right)
    assert result.differences[["left_id", "field", "kind"]].values.tolist() == [["P-2", "phase", "one_sided"]]


def test_ranges_are_compared_as_intervals() -> None:
    def declared(low: float, high: float, approx: bool = False) -> dict[str, Any]:
        nan = math.nan
        return {
            "declared_area_m2": nan,
            "declared_area_min_m2": low,
            "declared_area_max_m2": high,
            "declared_area_approx": approx,
        }

    assert differences(declared(8e5, 1e6), {"declared_area_m2": 9e5}) == {"area": "wording"}
    assert differences(declared(8e5, 1e6), {"declared_area_m2": 1.2e6}) == {"area": "value"}
    assert differences(declared(5e5, 5e5, True), {"declared_area_m2": 5.4e5}) == {"area": "wording"}
    assert differences(declared(5e5, math.nan), {"declared_area_m2": 4e5}) == {"area": "value"}
    assert differences(declared(8e5, 1e6), declared(8e5, 1e6)) == {}


def test_the_gap_between_ranges_is_the_difference() -> None:
    nan = math.nan
    left = sites(site("P-1", None, name=NAME, declared_area_m2=nan, declared_area_min_m2=8e5, declared_area_max_m2=1e6))
    right = sites(site("P-1", None, name=NAME, declared_area_m2=1.2e6))
    row = pg.reconcile(left, right).differences.iloc[0]
    assert (row["amount"], row["relative"], row["unit"]) == (pytest.approx(2e5), pytest.approx(0.2), "m²")


def test_what_was_not_read_as_a_number_is_compared_as_words() -> None:
    unread = {"declared_capital": "2.000-2.400"}
    assert differences(unread, unread) == {}
    assert differences(unread, {"declared_capital": "2.000-2.500"}) == {"capital": "unread"}
    assert differences(unread, {"declared_capital": "2200", "capital_min_vnd": 2.2e12, "capital_max_vnd": 2.2e12}) == {
        "capital": "unread"
    }


def test_funding_is_a_set_of_sources() -> None:
    assert differences({"funding": "NSTW; NSĐP"}, {"funding": "ngân sách địa phương, ngân sách trung ương"}) == {
        "funding": "wording"
    }
    assert differences({"funding": "NSTW"}, {"funding": "ODA"}) == {"funding": "value"}


def test_shapes_are_compared_by_their_shared_area_and_points_by_distance() -> None:
    assert differences({"geometry": square(0, 0, 100)}, {"geometry": square(0, 0, 100.1)}) == {}
    assert differences({"geometry": square(0, 0, 100)}, {"geometry": square(30, 0, 100)}) == {"geometry": "value"}
    point = shapely.Point(449_050, 2_417_050)
    assert differences({"geometry": square(0, 0, 100)}, {"geometry": point}) == {}
    assert differences({"geometry": shapely.Point(449_053, 2_417_050)}, {"geometry": point}) == {}
    assert differences({"geometry": shapely.Point(449_060, 2_417_050)}, {"geometry": point}) == {"geometry": "value"}


def test_lists_in_two_systems_are_compared_on_the_ground() -> None:
    left = sites(site("P-1", shapely.Point(449_050, 2_417_050), name=NAME))
    right = gpd.GeoDataFrame(left.to_crs("EPSG:4326"))
    result = pg.reconcile(left, right)
    assert result.outcomes["outcome"].tolist() == ["same"]
    assert result.crs == "EPSG:9215"


def test_a_place_by_its_old_name_is_the_same_place() -> None:
    old = {"declared_district": "Thị trấn Đồng Đăng, huyện Cao Lộc"}
    assert differences(old, {"declared_district": "Xã Đồng Đăng"}) == {"place": "wording"}
    assert differences(old, {"declared_district": "Xã Bắc Sơn"}) == {"place": "value"}
    assert differences(old, {"declared_district": "bản nào đó"}) == {"place": "unread"}


def test_the_day_of_a_list_says_which_commune_is_meant() -> None:
    # until June 2025 there was a Tân Thành in three districts; the new one lies in Hữu Lũng
    old = {"declared_district": "Xã Tân Thành", "declared_parent": "huyện Bắc Sơn", "list_date": "2024"}
    new = {"declared_district": "Xã Tân Thành", "list_date": "2025-07-01"}
    assert differences(old, new) == {"place": "value"}


def test_a_name_of_a_commune_given_anew_is_another_commune() -> None:
    old = {"declared_district": "Xã Hoàng Văn Thụ, huyện Bình Gia", "list_date": "2024"}
    new = {"declared_district": "Xã Hoàng Văn Thụ", "list_date": "2025-07-01"}
    assert differences(old, new) == {"place": "value"}


def test_places_that_differ_by_marks_are_told() -> None:
    assert differences({"declared_district": "bản Tân Thanh"}, {"declared_district": "bản Tân Thành"}) == {"place": "unread"}


def test_an_area_of_a_wrong_unit_makes_nothing_near() -> None:
    left = sites(site("A", shapely.Point(449_000, 2_417_000), name="Cụm công nghiệp Suối Lạnh", declared_area_m2=2.5e9))
    right = sites(site("B", shapely.Point(455_000, 2_417_000), name="Cụm công nghiệp Suối Lành", declared_area_m2=2.5e9))
    assert pg.reconcile(left, right).outcomes["outcome"].tolist() != ["changed"]


def test_lists_without_geometry_or_names_of_units_are_compared_all_the_same() -> None:
    left = pd.DataFrame({"site_id": ["a", "b"], "name": ["North Park Housing", "Lake View Homes Phase 2"]})
    right = pd.DataFrame({"site_id": ["x", "y"], "name": ["lake view homes phase 2", "North Park Housing II"]})
    told = pg.reconcile(left, right, profile="default").outcomes
    found = set(told[["left_ids", "right_ids", "outcome"]].itertuples(index=False, name=None))
    assert ("b", "x", "same") in found
    assert ("a", "y", "same") not in found


def test_empty_lists() -> None:
    one = pd.DataFrame({"site_id": ["a"], "name": ["Khu công nghiệp Suối Biếc"]})
    assert pg.reconcile(one.iloc[:0], one).outcomes["outcome"].tolist() == ["only_right"]
    assert pg.reconcile(one.iloc[:0], one.iloc[:0]).outcomes.empty


@pytest.mark.parametrize("ids", [["a", "a"], ["a", ""]])
def test_entries_that_cannot_be_told_apart_are_refused(ids: list[str]) -> None:
    frame = pd.DataFrame({"site_id": ids, "name": ["x", "y"]})
    with pytest.raises(TableError, match="the left list: site_id"):
        pg.reconcile(frame, frame.assign(site_id=["1", "2"]))


def test_many_entries_of_one_name_do_not_explode_and_are_told() -> None:
    left = pd.DataFrame({"site_id": [f"a{n}" for n in range(300)], "name": "Trường mầm non"})
    result = pg.reconcile(left, left.assign(site_id=[f"b{n}" for n in range(300)]))
    assert result.summary().loc[["only_left", "only_right"], "outcomes"].tolist() == [300, 300]
    assert any("borne by so many entries" in d.said for d in result.decisions)


def test_parts_of_one_project_in_confirmed_divisions_show_their_sums() -> None:
    left = sites(site("A", None, name="Khu A lớn", declared_area_m2=1e6))
    right = sites(site("B", None, name="Khu B", declared_area_m2=4e5), site("C", None, name="Khu C", declared_area_m2=7e5))
    words = pd.DataFrame([{"left_id": "A", "right_id": i, "decision": "same", "who": "L", "date": "2025-01-01"} for i in "BC"])
    row = pg.reconcile(left, right, confirmed=words).differences.iloc[0]
    assert (row["field"], row["kind"], row["right"], row["amount"]) == (
        "area",
        "value",
        "40,00 ha + 70,00 ha",
        pytest.approx(1e5),
    )
