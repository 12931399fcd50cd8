"""Vietnamese spelling tells syllables from what other languages and wrong encodings write."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from plangeo.letters.syllables import is_familiar, is_syllable, is_word, maybe_lost_u, spelling, with_lost_u
from plangeo.profiles import load_profile

UNITS = Path(__file__).parents[2].parent / "shared/domain/langson_admin_units.csv"
FOREIGN = {"VSIP", "KCN", "Green", "Garden", "golf", "Logistics", "Viettel", "II", "IV", "B"}


def test_every_word_of_the_land_use_classes_is_spelled_right():
    words = {w for c in load_profile("vn").classes.values() for w in re.findall(r"[^\W\d_]+", c.name.vi)}
    assert len(words) > 150
    assert {w for w in words if not is_syllable(w)} <= FOREIGN


def test_every_word_of_the_unit_list_is_spelled_right():
    if not UNITS.exists():
        pytest.skip("the shared list of units is not on this machine")
    with UNITS.open(encoding="utf-8", newline="") as stream:
        text = " ".join(" ".join(row.values()) for row in csv.DictReader(stream))
    assert {w for w in re.findall(r"[^\W\d_]+", text) if not is_syllable(w)} <= FOREIGN


@pytest.mark.parametrize(
    "word", ["hòa", "hoà", "thuỷ", "thủy", "QUÝ", "giếng", "Nghiêng", "khuya", "ương", "Yên", "Đắk", "uỷ", "gì"]
)
def test_old_and_new_spelling(word):
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["hoạç", "ngiêng", "kưa", "cêu", "bâtir", "forêt", "đờng", "tảt", "iên", "ghương"])
def test_not_vietnamese(word):
    assert not is_syllable(word)


def test_names_of_columns_are_written_together():
    assert is_word("TênDựÁn")
    assert not is_word("têndựán")
    assert is_word("têndựán", joined=True)
    assert not is_word("bâtiments", joined=True)


def test_the_words_of_the_data_are_syllables():
    assert all(is_syllable(word) for word in spelling().words)
    assert is_familiar("LỘC")
    assert not is_familiar("léc")


def test_a_lost_u_is_put_back_where_one_syllable_fits():
    assert with_lost_u("trờng") == "trường"
    assert with_lost_u("sơn") is None
    assert with_lost_u("TNHH") is None
    assert maybe_lost_u("Ngời") == "Người"
