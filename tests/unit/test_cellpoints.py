"""One cell is read in exactly one way, or not at all and says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo.positions.angles import write_dms
from plangeo.positions.cellpoints import ranges_of, read_cell
from plangeo.profiles import load_profile
from plangeo.sources import read_sites

VN = ranges_of(load_profile("vn"))
METRES = ("metres", 2417140.524, 449158.033)
DEGREES = ("degrees", 21.85, 106.76)


@pytest.mark.parametrize(
    "text",
    [
        "X=2417140.524; Y=449158.033",
        "Y=449158.033; X=2417140.524",
        "X: 2.417.140,524 m Y: 449.158,033 m",
        "X (m): 2417140.524, Y (m): 449158.033",
        "X = 2417140,524\nY = 449158,033",
        "2417140.524, 449158.033",
        "2417140.524 449158.033",
        "2417140,524; 449158,033",
        "2 417 140,524 449 158,033",
        "2,417,140.524, 449,158.033",
        "2.417.140,524 - 449.158,033",
        "(2417140.524, 449158.033)",
        "X, Y: 2417140.524; 449158.033",
        "E=449158.033 N=2417140.524",
        "449158.033E 2417140.524N",
        "Tọa độ VN-2000, KTT 107°15': X=2417140.524; Y=449158.033",
    ],
)
def test_metres_in_every_notation(text):
    cell = read_cell(text, VN)
    assert cell.fault == ""
    assert [p[:3] for p in cell.points] == [METRES]


@pytest.mark.parametrize(
    "text",
    [
        "21°51'00\"N 106°45'36\"E",
        "N21°51'00\", E106°45'36\"",
        "106°45'36\"E, 21°51'00\"N",
        "21°51’00” B; 106°45’36” Đ",
        "Vĩ độ: 21°51'00\"; Kinh độ: 106°45'36\"",
        "Kinh độ 106,76 Vĩ độ 21,85",
        "lat 21.85 lon 106.76",
        "B = 21°51'00\"; L = 106°45'36\"",
        "21.85, 106.76",
        "21.85,106.76",
        "106.76; 21.85",
        "106 45 36 21 51 00",
        "21d51m00s N, 106d45m36s E",
        "WGS84: 21.85, 106.76",
        "21.850, 106.760",
    ],
)
def test_degrees_in_every_notation(text):
    cell = read_cell(text, VN)
    assert cell.fault == ""
    assert [p.kind for p in cell.points] == ["degrees"]
    assert cell.points[0][1:3] == pytest.approx(DEGREES[1:], abs=1e-12)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gần UBND xã", "words"),
        ("gần UBND xã (21.85, 106.76)", "words"),
        ("106.76", "one number"),
        ("417140.524; 449158.033", "no northing"),
        ("X=2417140.524; X=449158.033", "both numbers are called X"),
        ("X=2417140.524", "a pair is wanted"),
        ("21°51'00\"N 106°45'36\"Đ", "Nam"),
        ("-21.85, 106.76", "no northing"),
        ("21°75'00\"N 106°45'36\"E", "no northing"),
        ("9" * 30_000, "letters"),
    ],
)
def test_what_is_not_read_says_why(text, why):
    cell = read_cell(text, VN)
    assert cell.points == ()
    assert why in cell.fault


def test_several_points_are_an_area_only_where_something_says_so():
    ring = "2417140, 449158\n2417340, 449158\n2417340, 449358\n2417140, 449158"
    assert read_cell(ring, VN).form == "polygon"
    assert read_cell("2417140, 449158; 2417340, 449158", VN).form == ""
    assert read_cell("2417140 449158; 2417340 449158; 2417340 449358", VN, "Tọa độ góc ranh").form == "polygon"
    assert read_cell("M1: X=2417140 Y=449158\nM2: X=2417340 Y=449158", VN, "Tọa độ các điểm").form == "multipoint"


NORTH, EAST = st.integers(880_001_000, 2_699_999_000), st.integers(100_001_000, 879_999_000)
WAYS = [
    "X={n}; Y={e}",
    "Y={e} X={n}",
    "{n}, {e}",
    "{n} {e}",
    "{n}; {e}",
    "N={n} E={e}",
    "1. X: {n} m, Y: {e} m",
]


def vietnamese(value: float) -> str:
    return f"{value:,.3f}".translate(str.maketrans(",.", ".,"))


@given(NORTH, EAST, st.sampled_from(WAYS), st.sampled_from(["{:.3f}", "{:,.3f}", "vi"]))
def test_metres_come_back_from_every_notation(north, east, way, style):
    n, e = north / 1000, east / 1000
    texts = (vietnamese(n), vietnamese(e)) if style == "vi" else (style.format(n), style.format(e))
    cell = read_cell(way.format(n=texts[0], e=texts[1]), VN)
    assert [p[:3] for p in cell.points] == [("metres", n, e)], cell.fault


@given(
    st.floats(8, 24), st.floats(102, 110), st.integers(0, 5), st.sampled_from(["{a} {b}", "{b}; {a}", "{a}\n{b}", "({a}, {b})"])
)
def test_degrees_come_back_from_every_notation(lat, lon, seconds, way):
    cell = read_cell(way.format(a=write_dms(lat, "lat", seconds), b=write_dms(lon, "lon", seconds)), VN)
    step = 0.5 * 10.0**-seconds / 3600 + 1e-12
    if cell.fault:  # rounded up, the place may lie beyond the country's box by less than a step
        assert min(lat - 8, 24 - lat, lon - 102, 110 - lon) <= step
        return
    point = cell.points[0]
    assert abs(point.north - lat) <= step
    assert abs(point.east - lon) <= step


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    cell = read_cell(text, VN)
    assert bool(cell.points) != bool(cell.fault)


def test_the_heading_the_messages_advise_is_known(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('Mã,Tên dự án,Tọa độ các điểm\nP1,Trạm,"2410500 440980; 2410600 440980"\n', encoding="utf-8")
    assert read_sites(path, crs="EPSG:9215").geometry.geom_type.tolist() == ["MultiPoint"]
