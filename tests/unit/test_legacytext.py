"""Tables of old encodings: whole, there and back, and nothing taken for them that is not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.letters.legacytext import as_bytes, from_windows, in_bulk, letters_of, mend_utf8, read_legacy
from plangeo.letters.syllables import is_syllable, spelling
from tests.legacy import cp1258, mojibake, small_tones, tcvn3, vni

DOMAIN = Path(__file__).parents[2].parent / "shared/domain"
SYLLABLES = sorted({o + r for o in spelling().onsets for r in spelling().rimes if is_syllable(o + r)})
TEXTS = st.lists(
    st.sampled_from(SYLLABLES).flatmap(lambda s: st.sampled_from([s, s.upper(), s.capitalize()])), min_size=1, max_size=12
).map(" ".join)


@given(TEXTS)
def test_there_and_back(text):
    assert read_legacy(vni(text), "VNI") == (text, True)
    assert read_legacy(tcvn3(text), "TCVN3") == (small_tones(text), True)
    assert read_legacy(cp1258(text).decode("latin-1"), "CP1258") == (text, True)
    for times in (1, 2):
        if not text.isascii():
            assert mend_utf8(mojibake(text, times)) == (text, times)


@pytest.mark.parametrize("name", ["TCVN3", "VNI"])
def test_tables_are_those_of_the_domain(name):
    path = DOMAIN / f"{name.lower()}.csv"
    if not path.exists():
        pytest.skip("the shared tables are not on this machine")
    with path.open(encoding="utf-8", newline="") as stream:
        table = {row["legacy"]: row["unicode"] for row in csv.DictReader(stream)}
    assert letters_of(name) == table


def test_the_tables_say_where_they_come_from():
    folder = Path(__file__).parents[2] / "plangeo/profiles/vn_script"
    told = (folder / "script.yaml").read_text("utf-8")
    assert all(f"{path.name}:" in told for path in folder.glob("*.csv"))


@pytest.mark.parametrize("text", ["Âu Lạc", "déjà", "SÃO PAULO", "OPCIÓ…", "Tomáš", "«MAÇÃ» ", "Ærø", "CAFÉ…", "Åland", "© Ö"])
def test_accents_are_no_misread_utf8(text):
    assert mend_utf8(text) == (text, 0)


def test_blanks_stripped_from_a_cell_do_not_cost_its_last_letter():
    assert mend_utf8(mojibake("Bắc Hà").rstrip()) == ("Bắc Hà", 1)


def test_characters_that_stand_for_bytes():
    assert as_bytes("“ho¹ch”") == "\x93ho¹ch\x94"
    assert as_bytes("Th\u0303") == "Th\xde"  # TCVN3 read as CP1258
    assert as_bytes("漢") is None
    assert from_windows("l\x92été \x81") == "l’été \x81"


def test_in_bulk_keeps_line_breaks():
    assert in_bulk(["a\nb", "c"], str.upper) == ["A\nB", "C"]
