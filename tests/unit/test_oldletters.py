"""Letters old conversions leave behind are mended where nothing else is possible; doubts are told."""

from __future__ import annotations

import unicodedata

import pytest

from plangeo.letters.oldletters import mend_letters
from plangeo.text import fold, normalise_code

WRITTEN = [
    "Đường Trần Hưng Đạo",
    "Khu dân cư Mỹ Sơn",
    "Dự án đầu tư",
    "Đất chưa sử dụng",
    "Vườn quốc gia",
    "Xã Hưng Vũ",
    "Xã Vân Nham",
]


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_dropped_u_is_put_back_and_told(sign):
    lost = [text.replace("ư", sign) for text in WRITTEN]
    if sign:  # a hyphen stands in no syllable that is one without the letter
        lost[4] = "Vờn quốc gia"
    read, told = mend_letters(lost, tcvn3=True)
    assert read == WRITTEN
    assert any("ư" in said and "→" in sample for said, sample, _ in told)


def test_a_syllable_that_may_lack_an_u_is_left_and_told():
    read, told = mend_letters(["ánh mắt sáng ngời", "trờng học"], tcvn3=True)
    assert read == ["ánh mắt sáng ngời", "trường học"]
    assert any("ngời" in sample and "người" in sample for _, sample, _ in told)


def test_proper_text_and_foreign_names_keep_their_letters():
    texts = ["Kông Bơ La", "Hơ Moong", "Kon Tơng", "đợt 1", "lợi", "Sơn", "Tổng cộng", "Suðurnes", "ÞÓRÐUR", "đầu t"]
    assert mend_letters(texts) == (texts, [])


def test_eth_is_d_in_vietnamese_words_only():
    read, told = mend_letters(["Ðông Kinh", "QÐ-UBND", "ðất ở", "Ɖồng Mỏ", "Suðurnes"])
    assert read == ["Đông Kinh", "QĐ-UBND", "đất ở", "Đồng Mỏ", "Suðurnes"]
    assert len(told) == 1
    assert told[0][0].startswith("4 text(s)")


def test_soft_hyphens():
    read, told = mend_letters(["Ph\u00adường Kỳ Lừa", "Ph\u00adờng Kỳ Lừa", "develop\u00adment", "ng\u00adời"])
    assert read == ["Phường Kỳ Lừa", "Phường Kỳ Lừa", "development", "ng\u00adời"]
    assert any("left as written" in said for said, _, _ in told)


def test_one_commune_however_it_was_kept():
    """Case 5 of the domain's list."""
    forms = ["Phường Kỳ Lừa", "Ph\u00adường Kỳ Lừa", unicodedata.normalize("NFD", "Phường Kỳ Lừa"), "PHƯỜNG KỲ LỪA"]
    assert {fold(text) for text in mend_letters(forms)[0]} == {"phuong ky lua"}


def test_composed_letters_are_told_with_their_number():
    read, told = mend_letters([unicodedata.normalize("NFD", "Lạng Sơn"), "x"])
    assert read == ["Lạng Sơn", "x"]
    assert "10 characters → 8" in told[0][1]


def test_codes_change_by_stated_rules_only():
    assert normalise_code("RPH") == ("RPH", "")
    assert normalise_code("ðgt")[0] == normalise_code("ÐGT")[0] == "ĐGT"
    assert "'ÐGT' read as 'ĐGT'" in normalise_code("ÐGT")[1]
    assert normalise_code("§RA") == ("§RA", "")
