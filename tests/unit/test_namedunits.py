"""Which outlines a register means by the units it names: all of them, or a reason why nobody can say."""

from __future__ import annotations

import pytest

from plangeo.adminunits.namedunits import unit_finder

IDS = ["05977", "06040", "06040#2", "06187", "06400", "row-9"]
NAMES = ["Phường Đông Kinh", "Xã Hồng Phong", "Xã Hồng Phong", "Xã Cao Lộc", "Xã Đông Kinh", "Xã Hữu Lũng"]


@pytest.mark.parametrize(
    ("declared", "outlines", "problem"),
    [
        ("Phường Đông Kinh", ("05977",), ""),
        ("P. Dong Kinh", ("05977",), ""),
        ("Hồng Phong", ("06040", "06040#2"), ""),
        ("05977", ("05977",), ""),
        ("xã Hữu Lũng và xã Cao Lộc", ("06187", "row-9"), ""),
        ("Xã Hồng Phong, huyện Bình Gia, tỉnh Lạng Sơn", ("06040", "06040#2"), ""),
        ("Đông Kinh", (), "unit_ambiguous"),
        ("xã Hữu Lũng, Đông Kinh", (), "unit_ambiguous"),
        ("xã Hữu Lũng, xã Sơn Hà", (), "unit_unknown"),
        ("huyện Cao Lộc", (), "unit_unknown"),
        ("", (), "no_unit"),
        (" ; ", (), "no_unit"),
    ],
)
def test_units_are_found_or_told(declared: str, outlines: tuple[str, ...], problem: str) -> None:
    found = unit_finder(IDS, NAMES)(declared, "", "")
    assert (found.outlines, found.problem) == (outlines, problem)
