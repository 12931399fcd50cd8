"""Names are compared as people write them, and no further."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.adminunits.placenames import EXACT, MARKS_LEFT_OUT, OTHER_MARKS, fit, name_key, one_slip, plain_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa An", "Hoà An"),
        ("Thụy Hùng", "Thuỵ Hùng"),
        ("Quý Hòa", "Quí Hoà"),
        ("Y Tịch", "y tịch"),
        ("Đồng Ý", "Đồng Í"),
        ("Mỹ An", "MĨ AN"),
        ("Ðông Kinh", "Đông Kinh"),
        ("Ph\u00adường Kỳ Lừa", "phường kì lừa"),
        ("Phan Rang-Tháp Chàm", "Phan Rang – Tháp Chàm"),
        (unicodedata.normalize("NFD", "Lộc Bình"), "Lộc Bình"),
    ],
)
def test_ways_of_writing_one_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Tân Thanh", "Tân Thành"), ("Tây Sơn", "Tâi Sơn"), ("Thủy", "Thủi"), ("Chi Lăng", "Chí Lăng")]
)
def test_other_marks_are_another_name(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_marks_may_be_left_out_but_not_exchanged() -> None:
    name = name_key("Thành Hòa")
    assert [fit(name_key(t), name) for t in ("THÀNH HOÀ", "thanh hoa", "Thành Hoa", "Thanh Hóa", "Thành Hoi")] == [
        EXACT,
        MARKS_LEFT_OUT,
        MARKS_LEFT_OUT,
        OTHER_MARKS,
        0,
    ]


def test_one_slip_is_symmetric_and_one_only() -> None:
    for a, b in (("cao loc", "cao lo"), ("cao loc", "caoo loc"), ("cao loc", "cao lac"), ("cao loc", "caol oc")):
        assert one_slip(a, b)
        assert one_slip(b, a)
    for a, b in (("cao loc", "cao loc"), ("cao loc", "ca lo"), ("cao loc", "cao lcco"), ("", "ab")):
        assert not one_slip(a, b)


@given(st.text("abcde ", min_size=1, max_size=12), st.integers(0, 11), st.sampled_from("abcde "))
def test_a_letter_put_in_or_changed_is_one_slip(text: str, at: int, letter: str) -> None:
    at %= len(text)
    assert one_slip(text, text[:at] + letter + text[at:])
    changed = text[:at] + letter + text[at + 1 :]
    assert one_slip(text, changed) == (changed != text)


@given(st.text(max_size=40))
def test_any_text_has_a_key(text: str) -> None:
    assert plain_key(name_key(text)).isprintable() or not text.isprintable()
    assert fit(name_key(text), name_key(text)) == EXACT
