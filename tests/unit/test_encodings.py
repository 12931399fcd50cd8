"""Which encoding a column is in: right conversions are exact, everything else stays as it was written."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.letters.encodings import Unit, decisions_of, read_unit, settled, weigh
from plangeo.letters.syllables import is_syllable, spelling
from plangeo.profiles import load_profile
from plangeo.reading import Decision
from tests.legacy import misread_1258, mojibake, small_tones, tcvn3, vni

DOMAIN = Path(__file__).parents[2].parent / "shared/domain"
KNOWN = load_profile("vn").header_words("sites")
WAYS: dict[str, Callable[[str], str]] = {
    "TCVN3": tcvn3,
    "VNI": vni,
    "CP1258": misread_1258,
    "UTF-8": mojibake,
    "UTF-8 twice": lambda text: mojibake(text, 2),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
}
NAMES = ["Khu công nghiệp Đồng Bành", "Phường Đông Kinh", "Xã Hưng Vũ", "Thị trấn Đồng Đăng", "Xã Tràng Định"]
CLASSES = [c.name.vi for c in load_profile("vn").classes.values()]
SYLLABLES = sorted({o + r for o in spelling().onsets for r in spelling().rimes if is_syllable(o + r)})
FAMILIAR = st.lists(st.sampled_from(sorted(w for w in spelling().words if is_syllable(w))), min_size=1, max_size=5).map(" ".join)
WORDS = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=5).map(" ".join)


def column(texts: list[str], beside: str | None = None, header: bool = False) -> tuple[list[str], list[Decision]]:
    unit = Unit(list(texts), header=header)
    weigh(unit)
    return read_unit(unit, beside, KNOWN), decisions_of(unit, "column 'x'")  # type: ignore[arg-type]


def units() -> list[list[str]]:
    path = DOMAIN / "langson_admin_units.csv"
    if not path.exists():
        pytest.skip("the shared list of units is not on this machine")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [[unicodedata.normalize("NFC", row[name]) for row in rows] for name in ("name_vi", "name_vi_variant", "formed_from")]


@pytest.mark.parametrize("way", WAYS)
def test_the_whole_unit_list_there_and_back(way):
    for texts in [*units(), CLASSES, NAMES]:
        read, decisions = column([WAYS[way](text) for text in texts])
        assert read == ([small_tones(text) for text in texts] if way == "TCVN3" else texts)
        (decision,) = decisions
        assert decision.topic == "encoding"
        assert "→" in decision.sample
        assert decision.confidence is not None
        assert decision.confidence > 0.9


def test_every_single_name_is_read_exactly_or_left():
    for texts in [*units(), CLASSES]:
        for text in texts:
            assert column([text]) == ([text], [])
            for encode in (tcvn3, vni, misread_1258):
                assert column([encode(text)])[0][0] in (small_tones(text), text, encode(text))


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_proper_vietnamese_and_ascii_are_never_changed(texts):
    for written in (texts, [text.upper() for text in texts]):
        assert column(written) == (written, [])
        assert column(written, "TCVN3", header=True)[0] == written or all(max(t) <= "ÿ" for t in written)


@given(st.lists(st.text(alphabet=st.characters(max_codepoint=127), max_size=20), max_size=6))
def test_ascii_is_never_changed(texts):
    assert column(texts, "TCVN3") == (texts, [])


@given(st.lists(FAMILIAR, min_size=1, max_size=6), st.sampled_from([tcvn3, vni, misread_1258]))
def test_whatever_is_read_is_right_and_reading_again_changes_nothing(texts, encode):
    written = [encode(text) for text in texts]
    read, _ = column(written)
    as_left = [unicodedata.normalize("NFC", text) for text in written]
    eth = str.maketrans("Ðð", "Đđ")  # a text that is left may still have these mended: they are no letters of Vietnamese
    right = all(r == t or r.translate(eth) == w.translate(eth) for r, t, w in zip(read, texts, as_left, strict=True))
    assert right or "\xad" in "".join(written)
    if read == texts:
        assert column(read) == (read, [])


def test_a_capital_within_small_letters_is_no_second_word():
    assert column([misread_1258("buồm choả")])[0] == ["buồm choả"]  # and not buơÌm choaỊ, "buơ" and "Ìm" in VNI


def test_tcvn3_says_that_capitals_cannot_be_told():
    read, decisions = column([tcvn3("DANH MỤC DỰ ÁN"), tcvn3("PHƯỜNG ĐÔNG KINH")])
    assert read == ["DANH MụC Dự áN", "PHƯờNG ĐÔNG KINH"]
    assert "capitals" in decisions[0].said
    assert "without case" in decisions[0].said


FRENCH = [
    "Zone à urbaniser",
    "Secteur où l'évolution est modérée",
    "bâti existant",
    "Né",
    "forêt",
    "thé",
    "île",
    "Saône",
    "haï",
    "août",
]
OTHERS = [
    ["SÃO PAULO", "João", "Ã"],
    ["m²", "km²", "½ ha", "3½", "© OpenStreetMap", "Google®", "10 µm", "Ghi chú¹", "N×M", "1ª", "«mot»", "§ 5", "a·b"],
    ["Straße", "für", "Öl", "Grün"],
    ["på sø", "gå", "København", "Ærø"],
    ["niño", "Peña", "año", "más", "está"],
    ["Ölü", "köy", "göl"],
]


@pytest.mark.parametrize("texts", [FRENCH, *OTHERS], ids=lambda texts: texts[0])
def test_other_languages_and_signs_are_left_alone(texts):
    assert column(texts)[0] == texts
    for text in texts:
        assert column([text])[0] == [text]


def test_codes_are_never_converted():
    codes = ["RPH", "LUC", "LUK", "ODT", "§RA", "CLN"]
    assert column(codes)[0] == codes
    read, decisions = column([*codes, tcvn3("Đất ở")])
    assert read == [*codes, "Đất ở"]
    assert any("codes" in decision.said for decision in decisions)


def test_a_mixed_column_is_judged_cell_by_cell():
    mixed = ["Phường Đông Kinh", tcvn3("Khu công nghiệp Đồng Bành"), tcvn3("Lộc"), "Xã Hưng Vũ"]
    read, decisions = column(mixed)
    assert read == ["Phường Đông Kinh", "Khu công nghiệp Đồng Bành", "Léc", "Xã Hưng Vũ"]
    assert "mixed" in decisions[0].said
    assert decisions[0].confidence == 0.9


def test_one_doubtful_word_is_left_and_told():
    read, (decision,) = column([tcvn3("Xã")])
    assert read == [tcvn3("Xã")]
    assert "left as written" in decision.said
    assert "'Xã'" in decision.sample


def test_the_rest_of_the_table_settles_what_reads_both_ways():
    assert column(["Cao Léc"])[0] == ["Cao Léc"]
    assert column(["Cao Léc"], "TCVN3")[0] == ["Cao Lộc"]
    whole = Unit([tcvn3(name) for name in NAMES])
    weigh(whole)
    assert settled([whole]) == "TCVN3"


def test_words_of_a_header_settle_it():
    assert column(["TT", tcvn3("Tên")], header=True)[0] == ["TT", "Tên"]
    assert column(["Xã", "Tên"], "TCVN3", header=True)[0] == ["Xã", "Tên"]


def test_misread_utf8_that_lost_letters_is_told():
    read, decisions = column([mojibake("Lạng Sơn"), mojibake("Đồng Đăng")[:-3] + "?\u2026Ã"])
    assert read[0] == "Lạng Sơn"
    assert any("repaired" in d.said for d in decisions)


def test_text_in_two_ways_in_one_cell():
    assert column(["Tỉnh " + mojibake("Lạng Sơn")])[0] == ["Tỉnh Lạng Sơn"]


@pytest.mark.parametrize(
    "text",
    ["réseau", "août", "île", "maïs", "où", "été", "25°C", "N° 5", "m²", "Zone à urbaniser", "forêt", "“été”", "bâti – Né"],
)
def test_misread_french_is_repaired_and_proper_french_is_not(text):
    assert column([text]) == ([text], [])
    assert column([mojibake(text)])[0] == [text]


@pytest.mark.parametrize("text", ["« VANDÅ»", "«MAÇÃ»", "OPCIÓ…", "10 Å²", "“Ã”", "Tomáš", "SÂ»"])
def test_capitals_before_signs_of_print_are_no_misread_utf8(text):
    assert column([text])[0] == [text]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "é" * 200_000,
        "a" * 100_000 + "\xadé",
        "Ã" * 100_000,
        "Ð" * 100_000,
        "ơ" * 100_000,
        "a-" * 50_000 + "é",
        "é\n" * 999,
    ],
)
def test_very_long_words_are_no_trouble(text):
    assert len(column([text, "ðất", "trờng"])[0]) == 3
