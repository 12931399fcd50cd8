"""Angles come back as they were typed, and what cannot be an angle is not read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.positions.angles import looks_sexagesimal, parse_angle, write_dms


@pytest.mark.parametrize(
    "text",
    [
        "106°45'36\"E",
        "106°45′36″ E",
        "106º45’36” Đ",
        "E 106°45'36\"",
        "Đông 106°45'36\"",
        "106o45'36''",
        "106*45'36\"",
        "106 45 36",
        "106-45-36",
        "106:45:36",
        "106d45m36s",
        "106d 45m 36s E",
        "106 độ 45 phút 36 giây Đông",
        "106°45,6'",
        "106°45.6'E",
        "106,76",
        "106.76°",
        "+106.76",
    ],
)
def test_every_way_to_write_one_angle(text):
    angle = parse_angle(text)
    assert angle is not None
    assert angle.degrees == pytest.approx(106.76, abs=1e-12)
    assert angle.axis in (None, "lon")


@pytest.mark.parametrize(
    "text",
    [
        "106°60'00\"",
        "106°45'60\"",
        "106 45",
        "106.45.36",
        "106°45.5'36\"",
        "N 21°51' N",
        "-21°51' S",
        "212°",
        "Kinh độ",
        "",
        "106,76,5",
        "12 ha",
    ],
)
def test_what_is_no_angle_is_not_read(text):
    assert parse_angle(text) is None


def test_the_s_of_seconds_is_not_south_and_south_is_negative():
    assert parse_angle("21d51m00s").degrees == 21.85
    assert parse_angle("21°51'00\"S").degrees == -21.85
    assert parse_angle("21°51'00\" Nam").degrees == -21.85
    assert parse_angle("71°30'W").axis == "lon"


@given(st.floats(-180, 180), st.integers(0, 6), st.sampled_from(["lat", "lon"]))
def test_degrees_written_as_minutes_come_back_to_the_precision_written(value, seconds, axis):
    text = write_dms(value, axis, seconds)
    angle = parse_angle(text)
    assert angle.axis == axis
    assert abs(angle.degrees - value) <= 0.5 * 10.0**-seconds / 3600 + 1e-12


def test_minutes_typed_as_decimals_are_suspected_only_when_chance_is_small():
    assert looks_sexagesimal(["106.4536", "21.5100", "106.3012", "21.2233"]) < 0.05
    assert looks_sexagesimal(["106.4536", "21.5100", "106.7612", "21.2233"]) == 1.0
    assert looks_sexagesimal(["106.45"]) == 0.6
    assert looks_sexagesimal(["106.4536"] * 50) == 0.36  # one value, typed fifty times, proves as much as once
