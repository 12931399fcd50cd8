"""Zones with days of their own: what a stage not yet begun, or ended, does to a verdict."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import plangeo as pg
from plangeo.law.stages import read_stage_days, stage_faults, stage_zones, with_stages
from plangeo.sources import LayerFile
from tests.makers import rulebook, site, sites, square, zones

ON = "2025-07-01"


def staged(*days: tuple[str, str], codes: tuple[str, ...] = ("ODT", "ODT"), side: float = 1000) -> gpd.GeoDataFrame:
    """Zones side by side, 1 km each, with first and last day."""
    frame = zones(*((f"z{n}", codes[n], square(side * n, 0, side), "P1") for n in range(len(days))))
    frame["valid_from"], frame["valid_to"] = [d[0] for d in days], [d[1] for d in days]
    return frame


ONE = sites(site("S", square(100, 100, 200)))


def verdict(drawn: gpd.GeoDataFrame, on: str = ON) -> tuple[str, str]:
    found = pg.assess(ONE, rulebook(), on=on, zones=drawn).sites.iloc[0]
    return found["verdict"], found["reasons"]


@pytest.mark.parametrize(
    ("first", "last", "on", "expected"),
    [
        ("", "", ON, "permitted"),
        ("2025-07-01", "", ON, "permitted"),  # the first day counts
        ("", "2025-07-01", ON, "permitted"),  # and the last
        ("2025-07-01", "2025-07-01", ON, "permitted"),  # a stage of one day
        ("2025-07-02", "", ON, "unknown"),
        ("", "2025-06-30", ON, "unknown"),
        ("2028-01-01", "", "2028-01-01", "permitted"),
        ("soon", "", ON, "unknown"),
        ("2026-01-01", "2025-01-01", ON, "unknown"),  # ends before it begins: nobody knows
    ],
)
def test_a_zone_counts_on_its_days_only(first: str, last: str, on: str, expected: str) -> None:
    assert verdict(staged((first, last)), on)[0] == expected


def test_the_finding_says_that_the_stage_has_not_begun_and_when_it_does() -> None:
    result = pg.assess(ONE, rulebook(), on=ON, zones=staged(("2028-01-01", "")))
    assert "plan_in_force.plan_pending" in result.sites["reasons"].iloc[0]
    assert "01/01/2028" in pg.explain(result, "S")
    assert "Quy hoạch thử" in pg.explain(result, "S")


def test_a_stage_that_ended_is_told_as_expired_and_one_of_a_replaced_plan_as_replaced() -> None:
    assert "plan_in_force.plan_expired" in verdict(staged(("", "2024-12-31")))[1]


def test_a_stage_overrules_nothing_outside_its_days() -> None:
    """A stage that will forbid from 2028 lies over a zone that permits today; and one that would permit forbids nothing now."""
    later = zones(("a", "ODT", square(0, 0, 1000), "P1"), ("b", "LUC", square(0, 0, 1000), "P1"))
    later["valid_from"], later["valid_to"] = ["", "2028-01-01"], ["", ""]
    assert verdict(later)[0] == "permitted"
    assert verdict(later, "2028-01-01")[0] == "not_permitted"
    later["zone_code"] = ["LUC", "ODT"]
    assert verdict(later)[0] == "not_permitted"


def test_unreadable_days_never_make_a_site_greener() -> None:
    both = zones(("a", "ODT", square(0, 0, 1000), "P1"), ("b", "LUC", square(0, 0, 1000), "P1"))
    both["valid_from"] = ["", "khi được duyệt"]
    both["valid_to"] = ""
    assert verdict(both)[0] == "unknown"


def test_distances_to_permitted_ground_do_not_count_a_stage_that_has_not_begun() -> None:
    drawn = staged(("", ""), ("2028-01-01", ""), codes=("LUC", "ODT"))
    now = pg.assess(ONE, rulebook(), on=ON, zones=drawn).nearest
    later = pg.assess(ONE, rulebook(), on="2028-01-01", zones=drawn).nearest
    assert now["zone_id"].tolist() == [""]
    assert later["zone_id"].tolist() == ["z1"]


def test_kept_zones_count_like_those_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANGEO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("plangeo.layers.PREPARE_FROM_BYTES", 0)
    drawn = staged(("", ""), ("2028-01-01", ""))
    path = tmp_path / "zones.gpkg"
    drawn.drop(columns=["problem", "repaired"]).to_file(path)
    over = sites(site("A", square(100, 100, 200)), site("B", square(1100, 100, 200)))
    for on in (ON, "2028-01-01", ON):
        kept = pg.assess(over, rulebook(), on=on, zones=LayerFile(path))
        plain = pg.assess(over, rulebook(), on=on, zones=pg.read_zones(path))
        assert kept.sites[["verdict", "reasons"]].equals(plain.sites[["verdict", "reasons"]])
    processes = pg.assess(over, rulebook(), on=on, zones=LayerFile(path), backend=pg.backends.processes(1))
    assert processes.sites[["verdict", "reasons"]].equals(plain.sites[["verdict", "reasons"]])


def test_a_file_s_columns_are_read_and_told(tmp_path: Path) -> None:
    raw = gpd.GeoDataFrame(
        {
            "ma_dat": ["ODT", "ODT", "LUC", "ODT"],
            "Hiệu lực từ": ["2028", "01/07/2025", "chưa rõ", ""],
            "Hiệu lực đến": pd.to_datetime(["2030-12-31", None, None, "2024-12-31"]),
        },
        geometry=[square(1000 * n, 0, 900) for n in range(4)],
        crs="EPSG:9215",
    )
    path = tmp_path / "zones.gpkg"
    raw.to_file(path)
    read = pg.read_zones(path, plan_id="P1")
    assert read["valid_from"].tolist() == ["2028-01-01", "2025-07-01", "chưa rõ", ""]
    assert read["valid_to"].tolist() == ["2030-12-31", "", "", "2024-12-31"]
    assert [bool(p) for p in read["problem"]] == [False, False, True, False]
    assert "bad_dates" in read["problem"].iloc[2]
    assert any("1 zone(s) cannot be read" in note for note in read.attrs["plangeo"]["notes"])
    assert any("a year stands for its first day" in str(d) for d in read.attrs["plangeo"]["decisions"])
    counted = stage_zones(read, dt.date(2025, 7, 1))
    assert counted["plan_id"].tolist() == ["P1@2028-01-01..2030-12-31", "P1", "P1", "P1@..2024-12-31"]
    assert counted["zone_code"].tolist() == ["ODT", "ODT", "", "ODT"]
    assert counted.index.equals(read.index)


def test_days_of_other_systems() -> None:
    days, _ = read_stage_days(
        ["9999-12-31", "20301231", "2030-12-31T00:00:00Z", "Quý II/2025", "31/02/2025"], last=True, where="c"
    )
    assert days == ["", "2030-12-31", "2030-12-31", "2025-06-30", "31/02/2025"]
    assert [bool(p) for p in stage_faults(pd.DataFrame({"valid_to": days}))] == [False, False, False, False, True]


def test_what_was_assumed_is_told_of_five_cells_at_most() -> None:
    _, decisions = read_stage_days(["2028-01-01", "", "2028", "quý này"], last=False, where="c")
    assert [(d.said, d.sample, d.confidence) for d in decisions] == [
        ("a year stands for its first day; taken as 2028-01-01", "2028", 0.9)
    ]
    _, many = read_stage_days([str(2028 + n) for n in range(7)], last=True, where="c")
    assert [d.sample for d in many] == ["2028", "2029", "2030", "2031", "2032"]


@pytest.mark.parametrize("other", ["valid_to", "valid_from"])
def test_one_column_of_days_is_enough(other: str) -> None:
    day = {"valid_to": "2028-01-01", "valid_from": "2024-01-01"}[other]
    drawn = staged((day, day)).drop(columns=other)
    counted = stage_zones(drawn, dt.date(2025, 7, 1))
    assert counted["plan_id"].tolist() != ["P1"]
    book = with_stages(rulebook(), counted)
    assert set(book.plans) == {"P1", counted["plan_id"].iloc[0]}


def test_the_first_and_the_last_day_count_to_the_plan_itself() -> None:
    drawn = staged(("", "2025-07-01"), ("2025-07-01", ""), ("2025-07-02", ""), ("", "2025-06-30"), codes=("ODT",) * 4)
    counted = stage_zones(drawn, dt.date(2025, 7, 1))
    assert counted["plan_id"].tolist() == ["P1", "P1", "P1@2025-07-02..", "P1@..2025-06-30"]
    assert stage_zones(drawn, None) is drawn  # without a day nobody can tell


def test_only_zones_outside_their_days_make_a_stage() -> None:
    book = rulebook()
    drawn = staged(("2025-01-01", "2026-01-01"), ("", ""), ("soon", ""), codes=("ODT",) * 3)
    counted = stage_zones(drawn, dt.date(2025, 7, 1))
    assert counted["plan_id"].tolist() == ["P1"] * 3
    assert with_stages(book, counted) is book
    strange = drawn.assign(plan_id=["?", "?", "?"])
    assert with_stages(book, stage_zones(strange, dt.date(2024, 7, 1))) is book  # of a plan nobody knows no stage is made


def test_another_hour_than_midnight_may_be_another_day_so_it_is_not_read() -> None:
    given = ["2028-01-01 00:00:00+07:00", "2028-01-01T00:00:00", "2027-12-31 17:00:00+00:00"]
    days, _ = read_stage_days(given, last=False, where="c")
    assert days == ["2028-01-01", "2028-01-01", "2027-12-31 17:00:00+00:00"]
    assert [bool(p) for p in stage_faults(pd.DataFrame({"valid_from": days}))] == [False, False, True]
    assert verdict(staged(("2025-06-30 17:00:00+00:00", "")))[0] == "unknown"


def test_days_that_are_timestamps_of_a_frame_count_as_written() -> None:
    drawn = staged(("", ""), ("", ""))
    drawn["valid_from"] = pd.to_datetime(["2025-07-02", None])
    assert verdict(drawn)[0] == "unknown"
    assert verdict(drawn, "2025-07-02")[0] == "permitted"
    drawn["valid_from"] = pd.to_datetime(["2025-07-02", None]).tz_localize("Asia/Ho_Chi_Minh")
    assert verdict(drawn)[0] == "unknown"
    assert verdict(drawn, "2025-07-02")[0] == "permitted"


def test_a_ban_of_unreadable_days_over_permitted_ground_keeps_it_open() -> None:
    drawn = staged(("", ""), ("soon", ""), codes=("ODT", "RPH"))
    drawn.geometry = [square(0, 0, 1000)] * 2
    assert verdict(drawn)[0] == "unknown"
