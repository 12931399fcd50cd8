"""The papers: scale on paper, letters, corners, sheets and dossier on tiny cases and on the sample."""

from __future__ import annotations

import datetime as dt
import io
import re
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pandas as pd
import pypdf
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import plangeo as pg
from plangeo.errors import InputError
from plangeo.model import Label
from plangeo.overrides.decisionfile import DecisionFile, OfficerDecision
from plangeo.overrides.decisions import place_decisions
from plangeo.papers.corners import corners_of
from plangeo.papers.lettering import plain_text, printable, width_mm, wrap
from plangeo.papers.scales import SCALES, frame_around
from plangeo.papers.sheets import file_names, write_sheets
from plangeo.papers.sitefacts import SiteReader
from plangeo.papers.sitesheet import map_size
from plangeo.papers.studytables import columns_in
from plangeo.papers.wording import WORDS
from plangeo.study import Sheet, SheetColumn
from tests.makers import X0, Y0, plan, rulebook, site, sites, square, zones

ON = dt.date(2025, 7, 1)
HOSTILE = '$\\frac{1}{0}$ {{7*7}} <w:fldSimple/> \x07\u202e=HYPERLINK("x") 水 🏭 ' + "rất dài " * 80
PT_PER_MM = 72 / 25.4


def _assessed(*rows: dict[str, Any], **more: Any) -> pg.Assessment:
    ground = zones(
        ("z1", "ODT", square(0, 0, 4_000), "P1"),
        ("z2", "LUC", square(4_000, 0, 4_000), "P1"),
        ("z3", "SKK", square(0, 4_000, 800), "P1"),
    )
    return pg.assess(sites(*rows), rulebook(**more), on=ON, zones=ground)


def _text(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def _rings(path: Path) -> list[list[tuple[float, float]]]:
    """All closed paths of straight lines in a PDF, points from the lower left corner."""
    content = pypdf.PdfReader(path).pages[0].get_contents().get_data().decode("latin-1")
    found = []
    for body in re.findall(r"((?:-?[\d.]+ -?[\d.]+ [ml]\n)+)h", content):
        found.append([(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+) [ml]\n", body)])
    return found


def _metres_on_paper(path: Path) -> set[tuple[float, float]]:
    """Width and height in millimetres of every closed path."""
    return {
        (round((max(x) - min(x)) / PT_PER_MM, 3), round((max(y) - min(y)) / PT_PER_MM, 3))
        for x, y in (tuple(zip(*ring, strict=True)) for ring in _rings(path))
    }


@pytest.mark.parametrize(("side", "scale"), [(5_000, 100_000), (1_000, 25_000), (400, 10_000), (50, 1_000)])
def test_the_map_is_at_the_scale_it_states(tmp_path: Path, side: float, scale: int) -> None:
    result = _assessed(site("A", square(1_000, 1_000, side)))
    (done,) = write_sheets(result, tmp_path, ["A"])
    assert done.problem == ""
    text = " ".join(_text(done.paths[0]).split())
    assert f"TỶ LỆ 1:{scale:,}".replace(",", ".") in text
    wanted = round(side / scale * 1_000, 3)
    assert (wanted, wanted) in _metres_on_paper(done.paths[0]), f"{side} m at 1:{scale} must be {wanted} mm"


def test_a_kilometre_is_ten_millimetres_at_one_to_a_hundred_thousand(tmp_path: Path) -> None:
    far = shapely.LineString([(X0, Y0), (X0 + 5_500, Y0 + 100)])  # makes the frame 1:100,000
    block = square(1_000, 1_000, 1_000)
    ground = zones(("z", "ODT", block, "P1"))
    result = pg.assess(sites(site("A", far)), rulebook(), on=ON, zones=ground)
    (done,) = write_sheets(result, tmp_path, ["A"])
    assert "TỶ LỆ 1:100.000" in _text(done.paths[0])
    assert (10.0, 10.0) in _metres_on_paper(done.paths[0])


@given(st.floats(0, 300_000), st.floats(0, 300_000), st.floats(0, 5_000), st.sampled_from([map_size("A4"), map_size("A3")]))
def test_a_frame_holds_what_it_is_made_for(wide: float, high: float, least: float, size: tuple[float, float]) -> None:
    frame = frame_around((0, 0, wide, high), *size, least_m=least)
    if frame is None:
        assert max(wide, high) > min(size) * SCALES[-1] / 2_000
        return
    west, south, east, north = frame.bounds
    assert west <= 0
    assert south <= 0
    assert east >= wide
    assert north >= high
    assert (east - west) / frame.denominator * 1_000 == pytest.approx(size[0])
    assert frame.bar_m / frame.denominator <= 0.040001


@given(st.text(max_size=300), st.floats(8, 80), st.integers(1, 5))
def test_lines_fit_and_a_cut_is_told(text: str, wide: float, most: int) -> None:
    clean = plain_text(text)
    lines, cut = wrap(clean, wide, 8, most=most)
    assert len(lines) <= most
    assert all(width_mm(line, 8) <= wide + 1e-6 for line in lines)
    if cut:
        assert lines[-1].endswith("…")
    else:
        assert "".join("".join(lines).split()) == "".join(printable(clean).split())


def test_text_of_a_register_loses_what_cannot_be_printed() -> None:
    assert plain_text("Đường\x00 tỉnh\u200b\n số\u202e 2") == "Đường tỉnh số 2"
    assert plain_text(None) == ""
    assert printable("ế ợ ặ Ư đ 🏭") == "ế ợ ặ Ư đ □"


def test_corners_are_numbered_with_north_first_and_sides() -> None:
    corners = corners_of(shapely.Polygon([(500, 100), (530, 100), (530, 140)]))
    assert [(c.number, c.north, c.east) for c in corners] == [(1, 100, 500), (2, 100, 530), (3, 140, 530)]
    assert [c.side_m for c in corners] == [30, 40, 50]
    line = corners_of(shapely.LineString([(0, 0), (3, 4)]))
    assert [c.side_m for c in line] == [5, None]
    assert corners_of(shapely.Point(0, 0).buffer(10)) == ()
    assert corners_of(shapely.box(0, 0, 9, 9) - shapely.box(1, 1, 2, 2)) == ()
    assert corners_of(None) == ()


def test_every_site_has_a_sheet_and_hostile_text_stays_text(tmp_path: Path) -> None:
    rows = [
        site("A", square(3_990, 100, 50)),
        site("a", shapely.Point(X0 + 100, Y0 + 100), declared_area_m2=50_000.0),
        site("../B", None, problem="bad_coordinates: x"),
        site("C", shapely.LineString([(X0, Y0), (X0 + 300, Y0 + 900)]), name=HOSTILE, declared_district=HOSTILE),
        site("D", square(4_500, 500, 100), use="không rõ"),
    ]
    done = write_sheets(_assessed(*rows), tmp_path, "all", formats=("pdf", "png"))
    assert [d.site_id for d in done] == ["A", "a", "../B", "C", "D"]
    assert not [d.problem for d in done if d.problem]
    paths = [p for d in done for p in d.paths]
    assert len({p.name.casefold() for p in paths}) == 10
    assert {p.parent for p in paths} == {tmp_path}
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in paths}
    assert all(len(pypdf.PdfReader(p).pages) == 1 for p in paths if p.suffix == ".pdf")
    assert "Không có bản đồ" in _text(done[2].paths[0])
    hostile = _text(done[3].paths[0])
    assert "\\frac{1}{0}" in hostile
    assert "{{7*7}}" in hostile
    assert done[3].cut
    assert "Đã rút gọn trên phiếu" in " ".join(hostile.split())


def test_letters_are_embedded_and_can_be_copied(tmp_path: Path) -> None:
    (done,) = write_sheets(_assessed(site("A", square(100, 100, 100), name="Chợ Đập Bến ếợặ ỡ ẵ")), tmp_path, "all")
    page = pypdf.PdfReader(done.paths[0]).pages[0]
    assert "Chợ Đập Bến ếợặ ỡ ẵ" in page.extract_text()
    fonts = [f.get_object() for f in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        about = (
            font["/DescendantFonts"][0].get_object()["/FontDescriptor"] if "/DescendantFonts" in font else font["/FontDescriptor"]
        )
        assert "/FontFile2" in about.get_object(), "a font that is not embedded is another one on the officer's computer"


def test_a_sheet_is_the_same_bytes_every_time_also_in_processes(tmp_path: Path) -> None:
    result = _assessed(site("A", square(3_990, 100, 50)), site("B", shapely.Point(X0 + 100, Y0 + 100)))
    one = write_sheets(result, tmp_path / "1", "all", formats=("pdf", "png"))
    seen: list[tuple[int, int]] = []
    two = write_sheets(result, tmp_path / "2", "all", formats=("pdf", "png"), jobs=2, progress=lambda n, of: seen.append((n, of)))
    assert seen == [(1, 2), (2, 2)]
    for a, b in zip(one, two, strict=True):
        assert [p.read_bytes() for p in a.paths] == [p.read_bytes() for p in b.paths]


def test_the_strip_in_doubt_stands_on_the_sheet(tmp_path: Path) -> None:
    plans = [plan("P1", accuracy_m=20.0)]
    (done,) = write_sheets(_assessed(site("A", square(3_900, 100, 95)), plans=plans), tmp_path, "all")
    text = _text(done.paths[0])
    assert "Dải chưa xác định" in text
    assert "CHƯA XÁC ĐỊNH ĐƯỢC" in text


def test_a_sheet_that_fails_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "A.pdf").mkdir()  # nothing can be written there
    done = write_sheets(_assessed(site("A", square(0, 0, 50)), site("B", square(0, 0, 50))), tmp_path, "all")
    assert done[0].problem
    assert done[0].paths == ()
    assert [p.name for p in done[1].paths] == ["B.pdf"]


def test_what_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    result = _assessed(site("P-01", square(0, 0, 50)))
    for wrong in ({"paper": "A5"}, {"formats": ("svg",)}, {"formats": ()}, {"jobs": 0}):
        with pytest.raises(InputError):
            write_sheets(result, tmp_path, "all", **wrong)
    with pytest.raises(InputError, match="P-01"):
        write_sheets(result, tmp_path, ["P-02"])
    with pytest.raises(InputError, match="flagged"):
        write_sheets(result, tmp_path, "every")
    assert file_names(["x" * 300, "", "nul.pdf"]) == ["x" * 80, "site", "nul.pdf_"]


def _tables(path: Path) -> list[list[list[str]]]:
    return [[[c.text for c in row.cells] for row in table.rows] for table in docx.Document(str(path)).tables]


def test_the_dossier_holds_every_project_in_the_appendix_layout(tmp_path: Path) -> None:
    rows = [
        site("A", square(4_500, 0, 100), declared_area_m2=12_345.0),
        site("B", square(0, 0, 100), name=HOSTILE),
        site("C", None),
    ]
    path = pg.write_report(_assessed(*rows), tmp_path / "d.docx")
    document = docx.Document(str(path))
    (appendix,) = [t for t in _tables(path) if t[0][0] == "TT"]
    assert [r[1] for r in appendix[1:-1]] == ["A", "B", "C"]
    assert appendix[1][4] == "1,23"
    assert appendix[-1][2:5] == ["Tổng cộng", "3 dự án", "1,23"]
    assert any("2 dự án không có diện tích kê khai" in p.text for p in document.paragraphs)
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 2"][:2] == ["A - Dự án A", "C - Dự án C"]
    lying = [s.page_width > s.page_height for s in document.sections]
    assert lying[:3] == [False, True, False]
    with zipfile.ZipFile(path) as package:
        xml = package.read("word/document.xml").decode()
        assert {i.date_time for i in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert xml.count("<w:tblHeader/>") == len(document.tables)
    assert "<w:fldSimple" not in xml
    assert "instrText" not in xml, "no text of a register is a field"
    assert "{{7*7}} &lt;w:fldSimple/&gt; =HYPERLINK" in xml


def test_two_dossiers_have_the_same_bytes(tmp_path: Path) -> None:
    result = _assessed(site("A", square(4_500, 0, 100)), site("B", shapely.Point(X0, Y0)))
    one, two = (pg.write_report(result, tmp_path / f"{n}.docx").read_bytes() for n in (1, 2))
    assert one == two
    assert zipfile.is_zipfile(io.BytesIO(one))


def test_a_register_without_sites_gives_a_dossier(tmp_path: Path) -> None:
    result = _assessed(site("A", square(0, 0, 100)))
    assert pg.write_report(result, tmp_path / "d.docx").is_file()
    assert write_sheets(result, tmp_path, "flagged") == []


def test_commands_repeat_the_run_and_write(few: Path, tmp_path: Path) -> None:
    from plangeo.cli import plangeo

    run, out = CliRunner(), str(tmp_path / "out")
    asked = ["assess", "--project", str(few / "plangeo.yaml"), "--out", out]
    assert run.invoke(plangeo, asked, standalone_mode=False).return_value == 1
    made = run.invoke(plangeo, ["sheet", out, "P-0004", "P-0018", "--lang", "en"], standalone_mode=False)
    assert made.return_value == 0, made.output
    assert sorted(p.name for p in (tmp_path / "out" / "sheets").iterdir()) == ["P-0004.pdf", "P-0018.pdf"]
    english = " ".join(_text(tmp_path / "out" / "sheets" / "P-0018.pdf").split())
    assert "Officer's decision (beside the machine's conclusion, never instead of it): Phù hợp" in english
    assert "CONCLUSION: NOT COMPATIBLE" in english
    assert "Land quota:" in english
    made = run.invoke(plangeo, ["dossier", out], standalone_mode=False)
    assert made.return_value == 0, made.output
    (appendix,) = [t for t in _tables(tmp_path / "out" / "dossier.docx") if t[0][0] == "TT"]
    assert len([r for r in appendix[1:] if r[0]]) == 9
    nothing = run.invoke(plangeo, ["sheet", out], standalone_mode=False)
    assert "--flagged" in str(nothing.exception)


def _studied(*rows: dict[str, Any]) -> pg.Assessment:
    """Sites with an officer's decision on A, two sheets that speak of A and B, and one that speaks of nobody."""
    result = _assessed(*rows)
    decisions = place_decisions(
        result,
        DecisionFile(
            rows=(OfficerDecision(row=2, site_id="A", name="", decision="Phù hợp", reason="r", officer="Bà C", document="7/QĐ"),),
        ),
    )
    tables = {
        "officer_decisions": (decisions, Label("Quyết định", "Decisions")),
        "double_allocation": (
            pd.DataFrame(
                {"site_a": ["A", "B"], "site_b": ["B", ""], "why_vi": ["chồng 5 m²", "chưa xét"], "why_en": ["5 m²", "open"]}
            ),
            Label("Chồng lấn", "Overlaps"),
        ),
        "entry_findings": (
            pd.DataFrame(
                {"site_id": ["B", "B"], "level": ["fault", "note"], "why_vi": ["{0} sai", "-"], "why_en": ["{0} wrong", "-"]}
            ),
            Label("Thông tin", "Entries"),
        ),
        "plans": (pd.DataFrame({"site_id": ["A"]}), Label("Quy hoạch", "Plans")),
    }
    sheets = tuple(
        Sheet(code, title, tuple(SheetColumn(c, c, c) for c in frame.columns), frame, Label("không", "none"))
        for code, (frame, title) in tables.items()
    )
    return replace(result, sheets=sheets)


def test_what_studies_and_officers_say_stands_beside_the_verdict_and_never_replaces_it(tmp_path: Path) -> None:
    rows = (site("A", square(4_500, 0, 100)), site("B", square(0, 0, 100)))
    result = _studied(*rows)
    read = [SiteReader(result, language="en").facts(n) for n in (0, 1)]
    assert [f.beside.remarks for f in read] == [
        ("Overlaps: A – B: 5 m²",),
        ("Overlaps: A – B: 5 m²", "Overlaps: B: open", "Entries: {0} wrong"),
    ]
    assert len(read[0].beside.decisions) == 1
    assert read[1].beside.decisions == ()
    plain = _assessed(*rows)
    assert [f.verdict for f in read] == [SiteReader(plain).facts(n).verdict for n in (0, 1)]
    done = write_sheets(result, tmp_path, "all")
    text = " ".join(_text(done[0].paths[0]).split())
    assert "KẾT LUẬN: CHƯA PHÙ HỢP" in text
    assert text.index("KẾT LUẬN") < text.index("Quyết định của cán bộ (đặt cạnh, không thay kết luận của máy): Phù hợp (Bà C")
    assert "Chồng lấn: A – B: chồng 5 m²" in text
    path = pg.write_report(result, tmp_path / "d.docx")
    said = [p.text for p in docx.Document(str(path)).paragraphs]
    conclusion = said.index("Kết luận: Chưa phù hợp")
    assert said[conclusion + 1].startswith("Quyết định của cán bộ (đặt cạnh")
    assert "- Chồng lấn: A – B: chồng 5 m²" in said


_VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")


def _own(text: str) -> str:
    """Text of the papers without names of laws and numbers of decisions, which stay as they are."""
    return text.replace("1/QĐ", "").replace("Điều 1, Luật thử", "")


def test_english_papers_have_no_vietnamese_words_of_ours(tmp_path: Path) -> None:
    rows = [
        site("A", square(4_500, 0, 100), name="Name", declared_area_m2=12_345.0, declared_district="Place"),
        site("B", shapely.Point(X0 + 100, Y0 + 100), name="Name"),
        site("C", None, name="Name", problem="no_geometry: the row has no shape"),
    ]
    result = _assessed(*rows)
    done = write_sheets(result, tmp_path, "all", language="en", paper="A3")
    for one in done:
        text = _own(_text(one.paths[0]))
        assert "CONCLUSION" in text
        assert "SCALE 1:" in text or "No map" in text
        assert not _VIETNAMESE.findall(text), [line for line in text.split("\n") if _VIETNAMESE.search(line)]
    path = pg.write_report(result, tmp_path / "d.docx", language="en")
    document = docx.Document(str(path))
    told = [p.text for p in document.paragraphs] + [c for table in _tables(path) for row in table for c in row]
    assert not [text for text in told if _VIETNAMESE.search(_own(text))]
    (appendix,) = [t for t in _tables(path) if t[0][0] == "No."]
    assert appendix[1][4] == "1.23"
    assert appendix[-1][2] == "Total"


def test_every_word_of_the_papers_is_said_in_both_languages_with_the_same_slots() -> None:
    slots = re.compile(r"\{(\w*)\}")
    for name, words in WORDS.items():
        assert words.vi, name
        assert words.en, name
        assert sorted(slots.findall(words.vi)) == sorted(slots.findall(words.en)), name


def test_a_language_nobody_wrote_is_refused(tmp_path: Path) -> None:
    result = _assessed(site("A", square(0, 0, 50)))
    with pytest.raises(InputError) as refused:
        write_sheets(result, tmp_path, "all", language="fr")  # type: ignore[arg-type]
    assert refused.value.code == "argument_wrong"
    with pytest.raises(InputError) as refused:
        pg.write_report(result, tmp_path / "d.docx", language="fr")  # type: ignore[arg-type]
    assert refused.value.code == "argument_wrong"


def test_the_fonts_have_every_vietnamese_letter_and_the_widths_of_times() -> None:
    vowels = "aăâeêioôơuưy"
    marks = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    letters = [unicodedata.normalize("NFC", v + m) for v in vowels for m in marks] + ["đ", "₫", "²", "ε", "≤", "…", "–", "“", "”"]
    letters += [letter.upper() for letter in letters]
    assert {len(letter) for letter in letters} == {1}
    for style in ("regular", "bold", "italic"):
        assert "□" not in printable("".join(letters), style)
    # Advance widths of Times New Roman in thousandths of the size, as its metrics file of 1990 states them.
    for letter, width in {"a": 444, "M": 889, "0": 500, " ": 250, "W": 944, "i": 278}.items():
        assert width_mm(letter, 1_000, "regular") / (1_000 * 25.4 / 72) == pytest.approx(width / 1_000, abs=0.001)


def test_a_sheet_tells_columns_of_one_language() -> None:
    columns = tuple(SheetColumn(f, f"{f} v", f"{f} e") for f in ("why_vi", "why_en", "state_vi", "state", "kind_vi"))
    frame = pd.DataFrame({c.field: ["x"] for c in columns})
    sheet = Sheet("s", Label("S", "S"), columns, frame, Label("", ""))
    assert [c.field for c in columns_in(sheet, "en")] == ["why_en", "state", "kind_vi"]
    assert [c.field for c in columns_in(sheet, "vi")] == ["why_vi", "state_vi", "state", "kind_vi"]
