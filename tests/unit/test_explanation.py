"""The sentences an officer reads: numbers, plan and article are there, and user text is only ever a value."""

from __future__ import annotations

import dataclasses
from typing import get_args

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from plangeo import assess, explanation
from plangeo.checks import CHECKS
from plangeo.checks.geometry import problem_in_vietnamese
from plangeo.errors import InputError
from plangeo.explanation import explain, explain_all, format_length, format_share, sentence, sentences
from plangeo.model import ILLUSTRATIVE, Assessment, Check, Language, Reason
from plangeo.rulebook import rulebook_from_text
from plangeo.tables import Findings
from tests.unit.conftest import RULES

EVIL = '=HYPERLINK("http://x";"y") {0.__class__} {{7*7}} <img src=x onerror=alert(1)>'


def test_the_first_line_is_the_verdict_of_the_day(result: Assessment) -> None:
    assert explain(result, "P-2").splitlines()[0] == f"P-2 · {EVIL}: Chưa phù hợp (tại ngày 01/07/2025)"
    assert explain(result, "P-1", "en").splitlines()[0].endswith("(on 01/07/2025)")


def test_a_conflict_names_size_class_plan_article(result: Assessment) -> None:
    text = explain(result, "P-2")
    for part in (
        "9,00 ha",
        "100%",
        "LUC",
        "Quy hoạch thử",
        "12/QĐ-MH",
        "01/01/2021-31/12/2030",
        "1:25.000",
        "Điều 2",
        "Khu công nghiệp",
    ):
        assert part in text
    assert "không phù hợp" not in text.lower().replace("chưa phù hợp", "")


def test_the_worst_finding_comes_first_and_a_plan_is_described_once(result: Assessment) -> None:
    text = explain(result, "P-2")
    assert "LUC" in text.splitlines()[1]
    assert text.count("12/QĐ-MH") == 1


def test_a_line_is_told_by_length_and_a_row_without_place_by_its_problem(result: Assessment) -> None:
    assert "1,13 km" in explain(result, "P-3")
    assert "1.13 km" in explain(result, "P-3", "en")
    assert explain(result, "P-4").count("no_geometry") >= 1
    assert "Chưa xác định được" in explain(result, "P-4").splitlines()[0]


def test_user_text_is_never_a_template(result: Assessment) -> None:
    row = result.findings.iloc[0].copy()
    row["check"], row["reason"], row["detail"] = "geometry", "problem", "{plan.__class__.__mro__} {nonsense}"
    assert "{plan.__class__.__mro__} {nonsense}" in sentence(row, result)


def test_checks_that_did_not_run_and_the_notice_are_always_told(result: Assessment) -> None:
    for language in get_args(Language):
        text = explain(result, "P-1", language)
        assert text.endswith(f"{ILLUSTRATIVE.text(language)}.")
        assert CHECKS["district"].title.text(language) in text


def test_silence_is_not_consent(result: Assessment) -> None:
    bare = dataclasses.replace(result, findings=result.findings.iloc[:0])
    assert "không đủ căn cứ" in explain(bare, "P-1")


def test_an_unknown_site_suggests_the_close_ones(result: Assessment) -> None:
    with pytest.raises(InputError, match=r"no site 'p1'.*P-1"):
        explain(result, "p1")
    with pytest.raises(InputError, match="language"):
        explain(result, "P-1", "fr")  # type: ignore[arg-type]


def test_all_at_once_equals_one_by_one(result: Assessment) -> None:
    for language in get_args(Language):
        together = explain_all(result, language)
        assert together == {i: explain(result, i, language) for i in result.sites["site_id"]}
        assert sentences(result, language) == [sentence(row, result, language) for _, row in result.findings.iterrows()]


def _finding(check: str, *, site_id: str, **columns: str) -> pd.Series:
    said = Findings(check, [site_id])
    said.add_each([0], [columns])
    return said.table().iloc[0]


@pytest.mark.parametrize("code", sorted(CHECKS))
def test_every_template_of_every_check_can_be_filled(result: Assessment, code: str) -> None:
    for reason in CHECKS[code].reasons:
        full = {"site_id": "P-1", "verdict": "unknown", "plan_id": "QH", "zone_code": "LUC", "detail": "x", "detail_en": "x"}
        for row in (full, {"site_id": "P-4", "verdict": "unknown"}):
            finding = _finding(code, **row, reason=reason)
            for language in get_args(Language):
                text = sentence(finding, result, language)
                assert text
                assert "{" not in text
                assert "nan" not in text.split()


def test_a_template_with_an_unknown_slot_is_a_fault_that_shows(result: Assessment, monkeypatch: pytest.MonkeyPatch) -> None:
    known = CHECKS["geometry"]
    broken = Check(known.code, known.title, (), {"sound": Reason("{colour}", "{colour}")}, known.judge)
    monkeypatch.setattr(explanation, "CHECKS", {"geometry": broken})
    row = _finding("geometry", site_id="P-1", verdict="permitted", reason="sound")
    with pytest.raises(KeyError, match="colour"):
        sentence(row, result)
    row["reason"] = "never"
    with pytest.raises(KeyError, match=r"geometry\.never"):
        sentence(row, result)


@pytest.mark.parametrize(
    ("share", "vi", "en"),
    [
        (0.61734, "61,73%", "61.73%"),
        (1.0, "100%", "100%"),
        (1e-6, "< 0,01%", "< 0.01%"),
        (0.99999, "> 99,99%", "> 99.99%"),
        (0, "0%", "0%"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_everything(share: float, vi: str, en: str) -> None:
    assert format_share(share, "vi") == vi
    assert format_share(share, "en") == en


def test_lengths() -> None:
    assert format_length(12.34, "vi") == "12,3 m"
    assert format_length(2236, "vi") == "2,24 km"
    assert format_length(2236, "en") == "2.24 km"


def test_a_circle_that_meets_nothing_worse_is_not_called_compatible() -> None:
    fits = CHECKS["declared_area"].reasons["point_fits"]
    assert "không chạm loại đất nào kém phù hợp hơn" in fits.vi
    assert "đất phù hợp" not in fits.vi
    assert "compatible" not in fits.en


def test_no_sentence_has_an_empty_place() -> None:
    square = shapely.box(450_000, 2_417_000, 450_100, 2_417_100)
    fine = {"problem": "", "repaired": ""}
    zones = gpd.GeoDataFrame({"zone_id": ["z"], "zone_code": [""], "plan_id": "QH", **fine}, geometry=[square], crs="EPSG:9215")
    units = gpd.GeoDataFrame({"district_id": ["1"], "district_name": ["Xã A"], **fine}, geometry=[square], crs="EPSG:9215")
    sites = gpd.GeoDataFrame(
        {
            "site_id": ["a", "b", "c"],
            "use": ["KCN", "Khu công nghiep mới", "KCN"],
            "declared_area_m2": [50.0] * 3,
            "name": "x",
            "accuracy_m": 1.0,
            **fine,
        },
        geometry=[shapely.Point(450_050, 2_417_050), None, shapely.Point(450_500, 2_417_050)],
        crs="EPSG:9215",
    )
    told = assess(sites, rulebook_from_text(RULES), on="2025-07-01", zones=zones, districts=units)
    vi, en = explain_all(told, "vi"), explain_all(told, "en")
    assert "chưa có nhãn mã đất, hoặc có nhiều nhãn" in vi["a"]
    assert "without a class code (no label, or several)" in en["a"]
    assert "chạm loại đất khác (vùng chưa có mã)" in vi["a"]
    assert "“Khu công nghiep mới” (gần giống nhất: “Khu công nghiệp”)" in vi["b"]
    assert "đơn vị hành chính kê khai: danh mục không nêu đơn vị nào." in vi["b"]
    assert "(declared: the register names none)" in en["c"]
    for text in (*vi.values(), *en.values()):
        assert "∅" not in text
        assert "()" not in text
        assert ": ." not in text


def test_problems_of_rows_are_told_in_the_language_of_the_sentence(result: Assessment) -> None:
    vi, en = explain(result, "P-4"), explain(result, "P-4", "en")
    assert vi.count("chưa có vị trí trên bản đồ (no_geometry): dòng không có tọa độ") == 1
    assert "no_geometry: the row has no coordinates" in en
    known = problem_in_vietnamese("no_geometry: the row has no coordinates, the place is known by the commune only (Xã A)")
    assert known == "chưa có vị trí trên bản đồ (no_geometry): dòng không có tọa độ, chỉ biết đơn vị hành chính (Xã A)"
    assert problem_in_vietnamese("bad_coordinates: '12.345' lies; outside") == (
        "tọa độ không đọc được hoặc sai (bad_coordinates): '12.345' lies; outside"
    )
    assert problem_in_vietnamese("x: y") == "x: y"
