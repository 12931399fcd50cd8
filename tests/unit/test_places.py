"""Written places are read as far as they are sure; what is doubtful is listed, never chosen."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.adminunits.places import ground, list_span, resolve
from plangeo.adminunits.unitregister import Unit, UnitRegister
from plangeo.profiles import load_profile

_LOADED = load_profile("vn").units
assert _LOADED is not None
UNITS: UnitRegister = _LOADED
OLD, NEW = dt.date(2024, 5, 1), dt.date(2026, 1, 1)
BEFORE, AFTER = UNITS.epochs


def leaves(epoch: tuple[dt.date | None, dt.date | None]) -> list[Unit]:
    return [u for u in UNITS.units.values() if u.level == UNITS.leaf and u.in_force(epoch)]


def read(text: str, on: dt.date | None = None, within: str = "") -> list[tuple[str, list[str]]]:
    """Reason and units of every name."""
    return [(m.reason, [UNITS.title(u) for u in m.units]) for m in resolve(text, UNITS, on, within=within).mentions]


def lies(text: str, on: dt.date | None = None) -> list[str]:
    """Names of the units of today that hold the place."""
    return [u.name for u in ground(resolve(text, UNITS, on), UNITS, NEW).units]


@pytest.mark.parametrize("unit", leaves(AFTER), ids=lambda u: u.code)
def test_every_new_name_is_read_however_it_is_written(unit: Unit) -> None:
    moved = unit.title
    for old, new in (("oà", "òa"), ("uỵ", "ụy"), ("òa", "oà"), ("ụy", "uỵ"), ("uý", "uí"), ("ý", "í")):
        moved = moved.replace(old, new, 1) if old in moved else moved
    written = [
        unit.title,
        unicodedata.normalize("NFD", unit.title),
        unit.title.upper(),
        f"{unit.title[:2]}\u00ad{unit.title[2:]}",
        moved,
        f"  {unit.title} ",
        f"{unit.title}, tỉnh Lạng Sơn",
        f"{unit.code} {unit.title}",
        unit.code,
        {"xã": "X. ", "phường": "P."}[unit.kind] + unit.name,
    ]
    for text in written:
        assert resolve(text, UNITS, NEW).units == (unit,), text


@pytest.mark.parametrize("unit", leaves(BEFORE), ids=lambda u: u.key)
def test_every_old_unit_is_read_with_its_district_and_found_in_its_successors(unit: Unit) -> None:
    district = UNITS.above(unit)[0]
    short = {"xã": "X.", "phường": "P. ", "thị trấn": "TT "}[unit.kind]
    above = {"huyện": "H. ", "thành phố": "TP."}[district.kind]
    successors = {link.after for link in UNITS.successors(unit)}
    for text in (
        f"{unit.title}, {district.title}",
        f"{unit.title.upper()} ({district.title.upper()})",
        f"{short}{unit.name}, {above}{district.name}, tỉnh Lạng Sơn",
        f"{district.title}: {unit.title}",
        unicodedata.normalize("NFD", f"{unit.title} – {district.title}"),
    ):
        place = resolve(text, UNITS, OLD)
        assert place.units == (unit,), text
        found = ground(place, UNITS, NEW)
        assert {u.key for u in found.units} == successors
        assert found.complete
        assert found.one_reading


def test_a_name_of_two_districts_is_listed_not_chosen() -> None:
    assert read("Xã Hồng Phong", OLD) == [("ambiguous", ["Xã Hồng Phong, huyện Bình Gia", "Xã Hồng Phong, huyện Cao Lộc"])]
    assert resolve("Xã Hồng Phong", UNITS, OLD).units == ()
    assert lies("Xã Hồng Phong") == ["Hồng Phong", "Đồng Đăng"]  # both readings of the days kept


@pytest.mark.parametrize("name", ["Thuỵ Hùng", "Hồng Phong", "Hoàng Văn Thụ", "Tân Thành", "Chi Lăng", "Chiến Thắng", "Mẫu Sơn"])
def test_a_new_unit_with_an_old_name_is_decided_by_the_day_of_the_list(name: str) -> None:
    assert resolve(f"Xã {name}", UNITS, NEW).reason == "unit"
    assert resolve(f"Xã {name}", UNITS, OLD).reason == "ambiguous"
    assert resolve(f"Xã {name}", UNITS).reason == "ambiguous"


def test_both_readings_that_coincide_are_no_doubt() -> None:
    place = resolve("Xã Tân Thành, huyện Hữu Lũng", UNITS)
    assert place.reason == "same_ground"
    assert [u.name for u in ground(place, UNITS, NEW).units] == ["Tân Thành"]
    assert read("xã Kiên Mộc, huyện Đình Lập") == [("ambiguous", ["Xã Kiên Mộc, huyện Đình Lập", "Xã Kiên Mộc"])]


def test_a_stale_name_is_not_matched() -> None:
    assert read("Xã Sơn Hà, huyện Hữu Lũng") == [("stale", ["Xã Sơn Hà, huyện Hữu Lũng"])]
    assert resolve("Xã Sơn Hà, huyện Hữu Lũng", UNITS).units == ()
    assert ground(resolve("Xã Sơn Hà, huyện Hữu Lũng", UNITS), UNITS, NEW).complete is False


def test_a_district_after_its_end_is_told_with_its_successors() -> None:
    assert read("huyện Cao Lộc", NEW) == [("abolished_level", ["Huyện Cao Lộc"])]
    assert resolve("huyện Cao Lộc", UNITS, today=NEW).reason == "abolished_level"
    assert resolve("huyện Cao Lộc", UNITS, OLD).reason == "unit"
    assert set(lies("huyện Cao Lộc", NEW)) == {
        "Đông Kinh", "Đồng Đăng", "Kỳ Lừa", "Ba Sơn", "Cao Lộc", "Công Sơn", "Khánh Khê", "Tân Đoàn"
    }  # fmt: skip


def test_a_ward_is_not_the_commune_of_its_name() -> None:
    assert resolve("Xã Kỳ Lừa", UNITS).reason == "other_kind"
    assert resolve("phường Chi Lăng", UNITS).units[0].kind == "phường"


@pytest.mark.parametrize(
    ("text", "districts"),
    [
        ("xã Phú Xá, xã Hồng Phong, huyện Cao Lộc", ["Cao Lộc", "Cao Lộc"]),
        ("xã Phú Xá và xã Hồng Phong (huyện Cao Lộc), xã Hồng Phong (huyện Bình Gia)", ["Cao Lộc", "Cao Lộc", "Bình Gia"]),
        ("các xã: Hòa Bình, Chi Lăng, Y Tịch – huyện Chi Lăng", ["Chi Lăng"] * 3),
        ("03 xã Hòa Bình, Chi Lăng và Y Tịch thuộc huyện Chi Lăng", ["Chi Lăng"] * 3),
        ("huyện Cao Lộc: xã Hồng Phong, Mẫu Sơn; huyện Lộc Bình: xã Mẫu Sơn", ["Cao Lộc", "Cao Lộc", "Lộc Bình"]),
        ("huyện Cao Lộc (xã Hồng Phong, Mẫu Sơn), huyện Lộc Bình (xã Mẫu Sơn)", ["Cao Lộc", "Cao Lộc", "Lộc Bình"]),
        ("TP Lạng Sơn, P. Chi Lăng", ["Lạng Sơn"]),
        ("Thôn Nà Mò, xã Hồng Phong huyện Cao Lộc tỉnh Lạng Sơn", ["Cao Lộc"]),
        ("xa Hong Phong, huyen Cao Loc", ["Cao Lộc"]),
        ("X.Hồng Phong, H.Cao Lộc", ["Cao Lộc"]),
        ("Hoàng Đồng, TP Lạng Sơn", ["Lạng Sơn"]),
        ("xã Hồng Phong (cũ), huyện Cao Lộc", ["Cao Lộc"]),
        ("xã Hòa Bình, huyện Chi Lăng; xã Hòa Bình, huyện Văn Quan", ["Chi Lăng", "Văn Quan"]),
    ],
)
def test_several_names_and_where_they_lie(text: str, districts: list[str]) -> None:
    place = resolve(text, UNITS, OLD)
    assert [UNITS.above(u)[0].name for m in place.mentions for u in m.units] == districts
    assert place.reason == "unit"


def test_districts_may_stand_in_a_column_of_their_own() -> None:
    assert read("Chi Lăng (TT); Hòa Lạc", within="Chi Lăng; Hữu Lũng") == [
        ("unit", ["Thị trấn Chi Lăng, huyện Chi Lăng"]),
        ("unit", ["Xã Hòa Lạc, huyện Hữu Lũng"]),
    ]
    assert read("Mẫu Sơn", OLD, within="Lộc Bình; Cao Lộc")[0][0] == "ambiguous"


def test_several_districts_and_one_district_with_others() -> None:
    for text in ("thành phố Lạng Sơn, các huyện: Cao Lộc, Văn Lãng", "TP Lạng Sơn; các huyện Cao Lộc và Văn Lãng"):
        assert [u.title for u in resolve(text, UNITS, OLD).units] == ["Thành phố Lạng Sơn", "Huyện Cao Lộc", "Huyện Văn Lãng"]
    assert read("Địa bàn huyện Lộc Bình, Tràng Định", OLD) == [("unit", ["Huyện Lộc Bình"]), ("unit", ["Huyện Tràng Định"])]


@pytest.mark.parametrize("text", ["Đội Cấn", "doi can", "Hồ Sơn"])
def test_names_that_begin_like_hamlets_are_names(text: str) -> None:
    assert resolve(text, UNITS).reason == "unit"


@pytest.mark.parametrize(
    "text", ["đường tỉnh 226, xã Phú Xá", "tỉnh lộ 226 xã Phú Xá", "cửa khẩu Cốc Nam, xã Phú Xá, tỉnh Lạng Sơn, Việt Nam"]
)
def test_roads_and_gates_are_passed_over(text: str) -> None:
    assert [u.name for u in resolve(text, UNITS).units] == ["Phú Xá"]


@pytest.mark.parametrize(
    "text",
    ["xã Phú Xá, giáp xã Ba Sơn", "xã Phú Xá (gần xã Ba Sơn)", "xã Phú Xá giáp ranh với xã Ba Sơn", "xã Phú Xá, giáp Ba Sơn"],
)
def test_a_neighbour_is_not_the_place(text: str) -> None:
    assert lies(text) == ["Đồng Đăng"]


def test_a_code_means_nothing_without_its_day() -> None:
    assert resolve("06184", UNITS, NEW).units[0].name == "Đồng Đăng"
    assert resolve("06184", UNITS, OLD).mentions[0].reason == "unknown"
    assert resolve("06184 Xã Ba Sơn", UNITS).units == ()


def test_a_column_of_districts_alone_names_districts() -> None:
    assert read("", OLD, within="Cao Lộc; Lạng Sơn") == [("unit", ["Huyện Cao Lộc"]), ("unit", ["Thành phố Lạng Sơn"])]
    assert read("", NEW, within="Cao Lộc") == [("abolished_level", ["Huyện Cao Lộc"])]
    assert [reason for reason, _ in read("", within="Cao Lộ")] == ["near"]


def test_the_old_district_may_be_written_after_a_new_commune() -> None:
    assert resolve("Xã Bình Gia, huyện Bình Gia, tỉnh Lạng Sơn", UNITS).units[0].valid_from == dt.date(2025, 7, 1)
    assert resolve("Xã Hồng Phong, huyện Cao Lộc", UNITS, NEW).units[0].valid_to == dt.date(2025, 6, 30)


def test_the_text_itself_may_say_the_new_name() -> None:
    assert lies("xã Hồng Phong, huyện Cao Lộc (nay là xã Đồng Đăng)") == ["Đồng Đăng"]
    wrong = resolve("xã Hồng Phong, huyện Cao Lộc (nay là xã Ba Sơn)", UNITS)
    assert wrong.reason == "ambiguous"


def test_a_list_after_the_reform_written_in_the_old_way_keeps_both_readings() -> None:
    """ "Hồng Phong, Cao Lộc" of 2026: two new communes, or the old commune of the old district."""
    assert read("Hồng Phong, Cao Lộc", NEW)[0] == (
        "ambiguous", ["Xã Hồng Phong", "Xã Hồng Phong, huyện Bình Gia", "Xã Hồng Phong, huyện Cao Lộc"]
    )  # fmt: skip


def test_names_that_differ_by_a_mark_are_two_names() -> None:
    assert read("Xã Tân Thanh", OLD) == [("unit", ["Xã Tân Thanh, huyện Văn Lãng"])]
    assert len(read("Xa Tan Thanh", OLD)[0][1]) == 4
    wrong = resolve("Xã Tân Thanh, huyện Hữu Lũng", UNITS, OLD).mentions[0]
    assert wrong.reason == "elsewhere"
    assert not wrong.units
    assert "Xã Tân Thành, huyện Hữu Lũng" in map(UNITS.title, wrong.suggested)


@pytest.mark.parametrize(
    ("text", "meant"), [("Xã Ba Sơm", "Xã Ba Sơn"), ("huyện Cao Lộ", "Huyện Cao Lộc"), ("P. Kỳ Lùa", "Phường Kỳ Lừa")]
)
def test_slips_are_suggested_and_never_accepted(text: str, meant: str) -> None:
    mention = resolve(text, UNITS).mentions[0]
    if text == "P. Kỳ Lùa":  # only marks differ, and from no other name: as if they had been left out
        assert mention.reason == "unit"
    else:
        assert mention.reason == "near"
        assert not mention.units
        assert [u.title for u in mention.suggested] == [meant]


def test_another_province_is_beyond_the_register() -> None:
    mention = resolve("Xã Quang Trung, huyện Trùng Khánh, tỉnh Cao Bằng", UNITS).mentions[0]
    assert mention.beyond
    assert not mention.units


@pytest.mark.parametrize(
    "text", ["", "  ", "-", "Km3+700 QL4B", "Khối 5", "thửa đất số 12, tờ bản đồ số 3", "(", "xã", "các xã:", "/"]
)
def test_what_is_no_place_gives_nothing(text: str) -> None:
    assert resolve(text, UNITS).candidates == ()


def test_dashes_may_join_names_or_part_them() -> None:
    assert lies("Thôn Nà Mò - xã Hồng Phong - huyện Cao Lộc") == ["Đồng Đăng"]
    assert resolve("Khu kinh tế cửa khẩu Đồng Đăng - Lạng Sơn", UNITS).candidates == ()
    assert set(lies("xã Ba Sơn-Công Sơn")) == {"Ba Sơn", "Công Sơn"}


@given(st.text(st.sampled_from("xã huyệnCaoLộc,;:()-–.và 0126 (cũ) Hồng Phong\n"), max_size=60))
def test_any_text_is_read_without_choosing(text: str) -> None:
    for mention in resolve(text, UNITS).mentions:
        assert (mention.reason == "unit") == (len(mention.units) == 1 and mention.reason not in ("stale", "abolished_level"))
        assert not set(mention.suggested) & set(mention.units)


def test_the_day_of_a_list_is_a_date_a_year_or_unknown() -> None:
    assert list_span("") == (None, None)
    assert list_span("ngày 1 tháng 7 năm 2025") == (dt.date(2025, 7, 1), dt.date(2025, 7, 1))
    assert list_span(dt.datetime(2025, 7, 1, 12)) == (dt.date(2025, 7, 1), dt.date(2025, 7, 1))
    assert resolve("Xã Chi Lăng", UNITS, list_span("2025")).reason == "ambiguous"
    with pytest.raises(ValueError, match="neither a date"):
        list_span("trước sắp xếp")


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Đồng Đăng, Cao Lộc", ["Thị trấn Đồng Đăng"]),
        ("Phú Xá, Hồng Phong, Cao Lộc", ["Xã Phú Xá", "Xã Hồng Phong"]),
        ("Vạn Linh, Chi Lăng", ["Xã Vạn Linh"]),
        ("Đồng Đăng, Cao Lộc, Lạng Sơn", ["Thị trấn Đồng Đăng"]),
    ],
)
def test_a_district_may_stand_behind_its_communes_without_its_kind(text: str, units: list[str]) -> None:
    assert [u.title for u in resolve(text, UNITS, OLD).units] == units
    assert not resolve(text, UNITS).units
    assert not resolve(text, UNITS, (OLD, NEW)).units


@pytest.mark.parametrize(
    "text", ["Đồng Đăng và Cao Lộc", "Mẫu Sơn, Cao Lộc, Lộc Bình", "Chi Lăng, Hữu Lũng", "Cao Lộc; Đồng Đăng"]
)
def test_names_that_may_all_be_places_stay_so(text: str) -> None:
    assert not resolve(text, UNITS, OLD).units


def test_an_unknown_name_leaves_the_one_behind_it_in_doubt() -> None:
    place = resolve("xã Quang Lang, Chi Lăng", UNITS, NEW)
    assert [(m.reason, m.may_only_hold) for m in place.mentions] == [("unknown", False), ("unit", True)]
    assert not place.units
