"""Words, numbers, areas, codes and dates as offices write them; what is ambiguous is never guessed."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.text import (
    clean,
    fold,
    format_area,
    format_number,
    normalise_code,
    number_style,
    parse_area,
    parse_date,
    parse_number,
    write_number,
)

UNIT = "Phường Kỳ Lừa"


@pytest.mark.parametrize(
    "written",
    [
        UNIT,
        unicodedata.normalize("NFD", UNIT),
        "PHƯỜNG KỲ LỪA",
        "Phường\u00a0Kỳ  Lừa ",
        "Ph\u00adường Kỳ Lừa",
        "\ufeffphuong ky lua",
    ],
)
def test_one_commune_however_it_is_typed(written):
    assert fold(written) == "phuong ky lua"


@pytest.mark.parametrize("letter", "đĐðÐƉɖᶞ")
def test_letters_that_look_like_d(letter):
    assert fold(f"{letter}ông Kinh") == "dong kinh"


def test_dashes_and_tone_places_are_one():
    assert fold("Đồng Đăng – Lạng Sơn") == fold("Đồng Đăng - Lạng Sơn")
    assert fold("Hoà Bình") == fold("Hòa Bình")
    assert fold("Diện tích (m²)") == "dien tich (m2)"


@given(st.text(alphabet=st.characters(max_codepoint=0x1FFF, exclude_categories=("Cs",)), max_size=30))
def test_folding_twice_changes_nothing_and_form_does_not_matter(text):
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_clean_keeps_the_words():
    assert clean(" Xã\u00a0Đồng   Đăng\u200b ") == "Xã Đồng Đăng"


@pytest.mark.parametrize(
    "text", ["2417140.524", "2417140,524", "2.417.140,524", "2 417 140.524", "2,417,140.524", "2\u00a0417\u00a0140,524"]
)
def test_a_northing_in_every_style(text):
    assert parse_number(text) == 2417140.524


@pytest.mark.parametrize(
    "text",
    ["", "-", "abc", "12 ha", "1 2", "10 20", "12,34,5", "1.234.56", "1.2.3,4", "1,2.345,6", "0x10", "1e999", "nan", "12."],
)
def test_what_is_not_one_plain_number_is_not_read(text):
    assert parse_number(text) is None


@pytest.mark.parametrize("text", ["1.234", "143,700", "-1.234"])
def test_one_separator_and_three_digits_needs_a_style(text):
    assert parse_number(text) is None
    assert abs(parse_number(text, "comma") - parse_number(text, "point")) > 100


@given(st.integers(-(10**9), 10**9), st.integers(0, 99), st.sampled_from(["vi", "en"]))
def test_numbers_written_by_us_are_read_by_us(whole, hundredths, language):
    value = whole + hundredths / 100
    style = "comma" if language == "vi" else "point"
    assert parse_number(format_number(value, language), style) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (["1.234,5", "1.234"], "comma"),
        (["1,234.5", "1,234"], "point"),
        (["12,5", "1.234"], "comma"),
        (["1.234", "5.678"], "ambiguous"),
        (["1,5", "1.5"], "ambiguous"),
        (["12", "", "3"], None),
        (["1.234", "chưa đo."], "ambiguous"),  # a sentence's full stop proves nothing
        (["1.234", "12."], "ambiguous"),
        (["1.234", "10.5 20"], "ambiguous"),
        (["1.234", "12.03.2024"], "ambiguous"),  # a date is no number
        (["1.234", "10-20", "abc"], "ambiguous"),
    ],
)
def test_the_style_is_decided_by_the_column(cells, style):
    assert number_style(cells) == style


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_of_a_file_reads_back_whatever_its_column_says(value):
    text = write_number(value)
    assert parse_number(text) == value


def test_numbers_and_texts_of_one_column_are_told_apart():
    cells = [write_number(12.345), write_number(0.5), "1.234,5", "1.234"]
    assert number_style(cells) == "comma"  # what a program wrote says nothing of how a person does
    assert [parse_number(c, "comma") for c in cells] == [12.345, 0.5, 1234.5, 1234.0]
    assert number_style([write_number(12.5), "1.234"]) == "ambiguous"


def test_a_plausible_range_decides_only_when_one_style_fits():
    assert number_style(["106.759", "106.760"], (102.0, 110.0)) == "point"
    assert number_style(["449.158"], (100_000.0, 900_000.0)) == "comma"
    assert number_style(["1.234"], (0.0, 10_000.0)) == "ambiguous"
    assert number_style(["1.234"], (5.0, 6.0)) == "ambiguous"
    assert number_style(["106.759", "106.760", "999.123"], (102.0, 110.0)) == "point"
    assert number_style(["106.759", "999.123"], (102.0, 110.0)) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "unit", "area"),
    [
        ("1,5 ha", "m2", 15_000.0),
        ("1,5", "ha", 15_000.0),
        ("12.000 m²", "ha", None),  # drawings are exported with three decimals, lists with groups of three
        ("12,345 m2", "ha", None),
        ("2.012.000 m²", "ha", 2_012_000.0),
        ("12.345,6 m2", "ha", 12_345.6),
        ("0,5 km²", "ha", 500_000.0),
        ("3HA", None, 30_000.0),
        ("1.234", "ha", None),
        ("3", None, None),
        ("-3 ha", "ha", None),
        ("khoảng 3 ha", "ha", None),
        ("2-3 ha", "ha", None),
        ("3 sào", "ha", None),
        ("10 20", "ha", None),
    ],
)
def test_areas_in_square_metres(text, unit, area):
    assert parse_area(text, unit) == area


def test_the_column_decides_what_a_lone_group_of_three_means():
    assert parse_area("12.000 m²", "ha", "point") == 12.0
    assert parse_area("12.000 m²", "ha", "comma") == 12_000.0


@pytest.mark.parametrize("text", ["luc", " LUC ", "L\u00a0UC", "LUC\u200b"])
def test_codes_are_mended_with_a_note(text):
    code, note = normalise_code(text)
    assert code == "LUC"
    assert repr(text) in note


def test_codes_with_foreign_d_become_vietnamese():
    assert normalise_code("ÐGT")[0] == normalise_code("Ɖgt")[0] == normalise_code("đgt")[0] == "ĐGT"
    assert normalise_code("ĐGT") == ("ĐGT", "")


@pytest.mark.parametrize("text", ["2024-03-19", "19/3/2024", "19.03.2024", "ngày 19 tháng 3 năm 2024", "2024-03-19 00:00:00"])
def test_dates(text):
    assert parse_date(text) == dt.date(2024, 3, 19)


@pytest.mark.parametrize("text", ["", "31/2/2024", "3/2024", "19/3/24", "2024", "19 March"])
def test_dates_that_are_none(text):
    assert parse_date(text) is None


def test_numbers_and_areas_for_people():
    assert format_number(1234.5, "vi") == "1.234,50"
    assert format_number(-0.001, "en") == "0.00"
    assert format_number(float("nan"), "vi") == format_area(float("inf"), "vi") == "—"
    assert format_area(999.96, "en") == "1,000.0 m²"
    assert format_area(1_000, "en") == "0.1000 ha"
    assert format_area(12_345_678, "vi") == "1.234,57 ha"
    assert format_area(-20_000, "en") == "-2.00 ha"
