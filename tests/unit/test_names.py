"""Names of projects taken apart: what says nothing, what tells two projects apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.errors import ProfileError
from plangeo.profiles import load_profile
from plangeo.reconciling.names import ProjectName, compare_numbers, compare_words, read_name
from plangeo.reconciling.namewords import NameWords, read_name_words

WORDS = load_profile("vn").names


def name(text: str) -> ProjectName:
    return read_name(text, WORDS)


@pytest.mark.parametrize(
    ("text", "base", "numbers"),
    [
        ("KCN Đồng Bành", "khu cong nghiep dong banh", ()),
        ("Dự án đầu tư xây dựng và kinh doanh kết cấu hạ tầng KCN Suối Biếc", "khu cong nghiep suoi biec", ()),
        ("Dự án: Khu TĐC Nà Thông", "khu tai dinh cu na thong", ()),
        ("Đồng Bành GĐ II", "dong banh", (("giai doan", "2"),)),
        ("Đồng Bành, giai đoạn hai", "dong banh", (("giai doan", "2"),)),
        ("Trường THPT số 02", "truong trung hoc pho thong", (("", "2"),)),
        ("Cải tạo QL.1A", "cai tao quoc lo", (("", "1a"),)),
        ("Cải tạo ĐT 234", "cai tao duong tinh", (("", "234"),)),
        ("Trường ĐT Bờ Lau", "truong dt bo lau", ()),  # đô thị, đường tỉnh, đầu tư, đào tạo: nobody can say
        ("Khu CN Hữu Lũng (VSIP) giai đoạn 1", "khu cong nghiep huu lung", (("giai doan", "1"),)),
        ("Khu dân cư Gò Mận (khu 2)", "khu dan cu go man", (("", "2"),)),
        ("NHÀ MÁY XI MĂNG ĐỒNG BÀNH", "nha may xi mang dong banh", ()),  # XI is no eleven here
        ("Trạm biến áp 220kV Thung Sim", "tram bien ap kv thung sim", (("", "220"),)),
        ("Chương trình giai đoạn 2021-2025", "chuong trinh", (("giai doan", "2021-2025"),)),
        ("Khu đô thị Bờ Lau mở rộng", "khu do thi bo lau", (("mo rong", ""),)),
        ("cụm công nghiệp Đồng Mận ii", "cum cong nghiep dong man", (("", "2"),)),
        ("Khu A", "khu a", ()),
        ("", "", ()),
    ],
)
def test_read_name(text: str, base: str, numbers: tuple[tuple[str, str], ...]) -> None:
    assert (name(text).base, name(text).numbers) == (base, numbers)


@pytest.mark.parametrize(
    ("text", "base", "where"),
    [
        ("Khu dân cư Gò Mận, xã Hưng Vũ, huyện Bắc Sơn", "khu dan cu go man", "xã Hưng Vũ, huyện Bắc Sơn"),
        ("Khu dân cư Gò Mận (TT. Cao Lộc)", "khu dan cu go man", "TT. Cao Lộc"),
        ("Khu dân cư Gò Mận tại phường Đông Kinh", "khu dan cu go man", "phường Đông Kinh"),
        ("Khu dân cư Gò Mận trên địa bàn H. Cao Lộc", "khu dan cu go man", "H. Cao Lộc"),
        ("Trạm y tế xã Hồng Phong", "tram i te xa hong phong", ""),
        ("Đường huyện Cao Lộc", "duong huyen cao loc", ""),
    ],
)
def test_the_place_behind_a_name_is_no_part_of_it(text: str, base: str, where: str) -> None:
    assert (name(text).base, name(text).where) == (base, where)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ("Khu dân cư Hoà Bình", "KDC Hòa Bình", "same"),
        ("Khu dân cư Tân Thanh", "KHU DAN CU TAN THANH", "marks_left_out"),
        ("Khu dân cư Tân Thanh", "Khu dân cư Tân Thành", "other_marks"),
        ("Chợ Bãi Bồi", "Chợ Bãi Bồii", "slip"),
        ("Khu du lịch Hồ Xanh", "Khu du lịch HồXanh", "slip"),
        ("Khu dân cư Bến Na", "Khu dân cư Bến Nà", "other_marks"),
        ("Khu dân cư Na Dương", "Khu dân cư Nà Phương", "distinct"),  # two faults in a name of five words
        ("Nhà máy điện sinh khối", "Nhà máy sinh khối điện", "reordered"),
        ("Khu du lịch Nàng Mây", "Khu du lịch sinh thái Nàng Mây", "extended"),
        ("Khu công nghiệp Khe Trúc (KCN)", "KCN Khe Trúc", "same"),
        ("Trường tiểu học Hoa Mơ", "Trường tiểu học Hoa Mơ (điểm trường Bản Mây)", "extended"),
        ("Khu dân cư Gò Mận (khu A)", "Khu dân cư Gò Mận (khu B)", "extended"),
        ("Cao tốc Đồng Đăng (Lạng Sơn) - Trà Lĩnh (Cao Bằng)", "Đầu tư xây dựng đường cao tốc Đồng Đăng - Trà Lĩnh", "extended"),
        ("Khu công nghiệp Suối Biếc", "Khu công nghiệp Suối Lạnh mới", "distinct"),
        ("Bãi rác", "Bãi rác Gò Dài", "distinct"),  # too short to be sure it is the same words
        ("", "", "distinct"),
        ("Lô A", "Lô B", "distinct"),
    ],
)
def test_compare_words(a: str, b: str, words: str) -> None:
    assert compare_words(name(a), name(b)) == words == compare_words(name(b), name(a))


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_compared_from_either_side(a: str, b: str) -> None:
    x, y = name(a), name(b)
    assert compare_words(x, y) == compare_words(y, x)
    assert compare_numbers(x, y) == compare_numbers(y, x)
    assert compare_words(x, x) in ("same", "distinct")


def test_a_country_without_such_words_compares_letters() -> None:
    plain = NameWords()
    assert read_name("Phase 2 of Lake View", plain).numbers == (("", "2"),)
    assert compare_words(read_name("LAKE VIEW", plain), read_name("Lake View", plain)) == "same"


@pytest.mark.parametrize(
    ("row", "fault"),
    [("KCN,,abbreviation,use", "are empty"), ("KCN,x,word,use", "no kind 'word'"), ("KCN,x,abbreviation,", "are empty")],
)
def test_a_bad_table_of_words_is_refused(row: str, fault: str) -> None:
    with pytest.raises(ProfileError, match=fault):
        read_name_words(f"# remark\nwritten,means,kind,source\n{row}\n")
    with pytest.raises(ProfileError, match="no column source"):
        read_name_words("written,means,kind\n")
