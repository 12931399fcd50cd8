"""Drawings as plans: levels listed, borders closed, labels joined; what is open, unlabelled or ambiguous is told."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.cli import run
from plangeo.contents import describe_file
from plangeo.drawings.exchangefile import survey_entities
from plangeo.errors import CrsError, InputError
from plangeo.profiles import load_profile
from plangeo.readingreport import doubt_lines
from plangeo.rulebook import rulebook_from_text
from plangeo.sources import read_sites, read_zones
from tests.drawings import (
    dgn,
    dgn_cell,
    dgn_complex_shape,
    dgn_lines,
    dgn_shape,
    dgn_text,
    dxf,
    dxf_block,
    dxf_hatch,
    dxf_insert,
    dxf_line,
    dxf_mtext,
    dxf_polyline,
    dxf_text,
)
from tests.makers import CRS, X0, Y0, site, sites

FORMATS = Path(__file__).parents[2].parent / "shared/data/formats"
BAD = Path(__file__).parents[2].parent / "shared/data/bad"
VN = load_profile("vn")


def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
    return [(X0 + x, Y0 + y) for x, y in points]


def lines(level: str, *pairs: tuple[float, float, float, float]) -> list[str]:
    return [dxf_line(level, *at((a, b), (c, d))) for a, b, c, d in pairs]


def text(level: str, x: float, y: float, words: str, **more) -> str:
    return dxf_text(level, X0 + x, Y0 + y, words, **more)


GRID = [(0, 0, 200, 0), (200, 0, 200, 100), (200, 100, 0, 100), (0, 100, 0, 0), (100, 0, 100, 100)]
"""Two squares of 100 m side by side, as five lines."""


def said(frame) -> str:
    about = frame.attrs["plangeo"]
    return "\n".join([*map(str, about["decisions"]), *about["notes"]])


def areas(frame) -> dict[str, float]:
    return {code: float(frame.geometry[frame["zone_code"] == code].area.sum()) for code in frame["zone_code"]}


def test_bare_lines_and_labels_become_zones(tmp_path):
    path = dxf(
        tmp_path / "plan.dxf", *lines("10", *GRID), text("13", 40, 50, "ODT"), dxf_mtext("13", X0 + 150, Y0 + 50, "ONT\\P350")
    )
    frame = read_zones(path, crs=CRS)
    assert areas(frame) == pytest.approx({"ODT": 10_000, "ONT": 10_000})
    assert frame["zone_code_raw"].tolist() == ["ODT", "ONT\n350"]
    assert frame["problem"].tolist() == ["", ""]
    assert "5 line(s) of the drawing enclose 2 shape(s)" in said(frame)
    assert "2 shape(s), 2 with a label" in said(frame)


def test_the_same_plan_as_a_design_file(tmp_path):
    elements = [dgn_lines(10, at(*pair)) for pair in (((0, 0), (200, 0), (200, 100), (0, 100), (0, 0)), ((100, 0), (100, 100)))]
    path = dgn(
        tmp_path / "plan.dgn",
        [*elements, dgn_text(13, X0 + 40, Y0 + 50, "123/456.7 ODT"), dgn_text(13, X0 + 140, Y0 + 50, "1L654/119.3")],
    )
    frame = read_zones(path, crs=CRS)
    assert areas(frame) == pytest.approx({"ODT": 10_000, "1L654/119.3": 10_000})
    assert "'123/456.7 ODT' → ODT" in said(frame)
    assert "a code that the profile does not know" in said(frame)


def test_a_drawing_never_states_its_crs(tmp_path):
    with pytest.raises(CrsError, match="does not state its coordinate reference system"):
        read_zones(dxf(tmp_path / "plan.dxf", *lines("10", *GRID), text("13", 40, 50, "ODT")))


def test_several_levels_are_never_chosen_from(tmp_path):
    path = dxf(
        tmp_path / "plan.dxf",
        *lines("10", *GRID),
        *lines("23", (0, 20, 200, 20)),
        text("13", 40, 50, "ODT"),
        text("13", 140, 50, "CLN"),
        text("4", 40, 80, "CAN 1.234,5"),
    )
    with pytest.raises(InputError) as caught:
        read_zones(path, crs=CRS)
    assert "2 levels hold lines or areas" in str(caught.value)
    assert 'layer="10" (on the command line --layer-name zones=10' in str(caught.value)
    assert "level 13: 2 text(s), e.g. 'ODT', 'CLN'" in str(caught.value)
    with pytest.raises(InputError, match="2 levels hold texts"):
        read_zones(path, crs=CRS, layer="10")
    with pytest.raises(InputError, match="there is no level '99'"):
        read_zones(path, crs=CRS, layer="99", labels="13")
    assert areas(read_zones(path, crs=CRS, layer="10", labels="13")) == pytest.approx({"ODT": 10_000, "CLN": 10_000})
    both = read_zones(path, crs=CRS, layer="10,23", labels="13")
    assert len(both) == 4


def test_a_drawing_without_texts_asks_for_the_level_as_code(tmp_path):
    path = dxf(
        tmp_path / "plan.dxf",
        dxf_polyline("ODT", at((0, 0), (9, 0), (9, 9)), True),
        dxf_hatch("CLN", at((20, 0), (29, 0), (29, 9))),
    )
    with pytest.raises(InputError, match="zones:Layer=zone_code"):
        read_zones(path, crs=CRS, layer="ODT,CLN")
    for layer in ("ODT,CLN", None):
        frame = read_zones(path, crs=CRS, layer=layer, columns={"Layer": "zone_code"})
        assert areas(frame) == pytest.approx({"ODT": 40.5, "CLN": 40.5})


def test_unlabelled_and_doubly_labelled_shapes_stay_rows(tmp_path):
    path = dxf(
        tmp_path / "plan.dxf",
        *lines("10", *GRID, (200, 0, 300, 0), (300, 0, 300, 100), (300, 100, 200, 100)),
        text("13", 20, 20, "ODT"),
        text("13", 60, 60, "RPH"),
        text("13", 120, 20, "ODT 350"),
        text("13", 120, 60, "ODT"),
        text("13", 500, 60, "CLN"),
    )
    frame = read_zones(path, crs=CRS)
    assert frame["zone_code"].tolist() == ["", "ODT", ""]
    assert frame["problem"][0].startswith("doubly_labelled: the labels 'ODT', 'RPH'")
    assert "1 shape(s) have labels of different classes" in said(frame)
    assert "1 shape(s) have no label" in said(frame)
    assert "1 label(s) lie outside every shape" in said(frame)
    assert "'CLN' at (449500.00, 2417060.00)" in said(frame)
    assert "2 zone(s) have no class code" in said(frame)


BOOK = """
rulebook: {name: Thử, profile: vn}
plans: [{plan_id: P1, title: Plan, level: district, decision: 1/QĐ, authority: UBND, valid_from: 2021-01-01, valid_to: null, accuracy_m: 0}]
uses: [{code: housing, name: Nhà ở}]
rules: [{use: housing, zone: ODT, verdict: permitted, basis: {document: D}}]
"""


def test_ground_without_a_certain_label_is_never_permitted(tmp_path):
    path = dxf(tmp_path / "plan.dxf", *lines("10", *GRID), text("13", 20, 20, "ODT"), text("13", 60, 60, "RPH"))
    found = assess(
        sites(
            site("A", shapely.box(X0 + 10, Y0 + 10, X0 + 30, Y0 + 30)),
            site("B", shapely.box(X0 + 110, Y0 + 10, X0 + 130, Y0 + 30)),
        ),
        rulebook_from_text(BOOK),
        on="2025-07-01",
        zones=read_zones(path, crs=CRS),
    )
    assert found.sites["verdict"].tolist() == ["unknown", "unknown"]


def test_a_border_that_does_not_close_takes_the_label_away(tmp_path):
    pairs = [*GRID[:4], (100, 0, 100, 99)]
    frame = read_zones(dxf(tmp_path / "plan.dxf", *lines("10", *pairs), text("13", 40, 50, "ODT")), crs=CRS)
    assert frame["zone_code"].tolist() == [""]
    assert frame["problem"][0].startswith("open_border: 99.00 m of lines end inside the shape")
    assert "the nearest of them misses another line by 1.00 m" in said(frame)
    assert "(449100.00, 2417000.00)" in said(frame)


def test_gaps_below_the_tolerance_are_joined_and_told(tmp_path):
    pairs = [*GRID[:4], (100, 0.005, 100, 99.995)]
    frame = read_zones(
        dxf(tmp_path / "plan.dxf", *lines("10", *pairs), text("13", 40, 50, "ODT"), text("13", 140, 50, "CLN")), crs=CRS
    )
    assert areas(frame) == pytest.approx({"ODT": 10_000, "CLN": 10_000}, rel=1e-4)
    assert "2 end(s) that missed another line by up to 0.01 m were joined to it" in said(frame)


def test_overshoots_and_bridges_change_nothing(tmp_path):
    pairs = [*GRID[:4], (100, -0.05, 100, 100.05), (300, 50, 350, 50)]
    island = [(20, 20, 40, 20), (40, 20, 40, 40), (40, 40, 20, 40), (20, 40, 20, 20), (0, 30, 20, 30)]
    path = dxf(
        tmp_path / "plan.dxf",
        *lines("10", *pairs, *island),
        text("13", 70, 70, "ODT"),
        text("13", 25, 25, "CLN"),
        text("13", 140, 50, "RPH"),
    )
    frame = read_zones(path, crs=CRS)
    assert areas(frame) == pytest.approx({"ODT": 9_600, "CLN": 400, "RPH": 10_000})
    assert "1 line(s) join two borders and separate nothing" in said(frame)


def test_closed_shapes_are_kept_as_drawn_and_the_innermost_gets_the_label(tmp_path):
    path = dxf(
        tmp_path / "plan.dxf",
        dxf_polyline("10", at((0, 0), (100, 0), (100, 100), (0, 100)), True),
        dxf_polyline("10", at((20, 20), (40, 20), (40, 40), (20, 40)), True),
        text("13", 70, 70, "RSX"),
        text("13", 25, 28, "ODT"),
    )
    frame = read_zones(path, crs=CRS)
    assert areas(frame) == pytest.approx({"RSX": 10_000, "ODT": 400})
    assert "1 shape(s) lie wholly inside another; nothing is cut out" in said(frame)


def test_shapes_of_a_design_file(tmp_path):
    path = dgn(
        tmp_path / "plan.dgn",
        [dgn_shape(10, at((0, 0), (50, 0), (50, 50), (0, 50)), colour=3), dgn_text(13, X0 + 10, Y0 + 20, "LUC 1.234,5")],
    )
    assert areas(read_zones(path, crs=CRS)) == pytest.approx({"LUC": 2500})


def test_labels_that_reach_over_a_border_are_given_to_nobody(tmp_path):
    narrow = [(0, 0, 10, 0), (10, 0, 10, 20), (10, 20, 0, 20), (0, 20, 0, 0), (5, 0, 5, 20)]
    frame = read_zones(dxf(tmp_path / "plan.dxf", *lines("10", *narrow), text("13", 2, 5, "ODT", height=4)), crs=CRS)
    assert frame["zone_code"].tolist() == ["", ""]
    assert "1 label(s) lie on or across a border" in said(frame)
    centred = read_zones(
        dxf(tmp_path / "plan.dxf", *lines("10", *narrow), text("13", 2, 5, "ODT", height=4, middle=True)), crs=CRS
    )
    assert centred["zone_code"].tolist() == ["ODT", ""]
    # both shapes labelled once by the anchors, not by the centres: the whole drawing decides
    both = [text("13", 2, 5, "ODT", height=4), text("13", 7, 5, "CLN", height=4)]
    decided = read_zones(dxf(tmp_path / "plan.dxf", *lines("10", *narrow), *both), crs=CRS)
    assert sorted(decided["zone_code"]) == ["CLN", "ODT"]
    assert "their anchors were taken" in said(decided)


def test_parcel_numbers_beside_the_code_are_no_second_label(tmp_path):
    path = dxf(
        tmp_path / "plan.dxf",
        *lines("10", *GRID),
        text("13", 20, 20, "ODT"),
        text("13", 20, 40, "654"),
        text("13", 20, 60, "119.3"),
    )
    frame = read_zones(path, crs=CRS)
    assert frame["zone_code"].tolist() == ["ODT", ""]
    assert frame["texts"].tolist() == ["ODT | 654 | 119.3", ""]


def test_blocks_are_read_where_they_are_inserted(tmp_path):
    block = dxf_block("parcel", dxf_polyline("10", [(0, 0), (10, 0), (10, 10), (0, 10)], True) + dxf_text("13", 2, 4, "ODT"))
    path = dxf(tmp_path / "plan.dxf", *(dxf_insert("10", "parcel", X0 + 20 * n, Y0) for n in range(3)), blocks=block)
    assert areas(read_zones(path, crs=CRS)) == pytest.approx({"ODT": 300})


def test_a_site_drawn_as_a_closed_line_is_an_area(tmp_path):
    path = dxf(
        tmp_path / "sites.dxf",
        dxf_polyline("DU_AN", at((0, 0), (10, 0), (10, 10), (0, 10)), True),
        *lines("KHUNG", (0, 0, 500, 0)),
    )
    frame = read_sites(path, crs=CRS, layer="du_an")
    assert frame.geometry.area.tolist() == pytest.approx([100])
    assert "1 closed line(s) are read as the areas they enclose" in said(frame)


def test_data_that_end_early_are_told(tmp_path):
    elements = [dgn_shape(10, at((0, 0), (50, 0), (50, 50), (0, 50))), dgn_text(13, X0 + 10, Y0 + 20, "LUC")]
    whole = dgn(tmp_path / "whole.dgn", elements)
    assert "end early" not in said(read_zones(whole, crs=CRS))
    assert "the data end early: at byte" in said(read_zones(dgn(tmp_path / "cut.dgn", elements, end=False), crs=CRS))
    more = elements[0] + b"\xff\xff"
    assert "1 more element(s) follows it" in said(read_zones(dgn(tmp_path / "tail.dgn", elements, after=more), crs=CRS))
    short = tmp_path / "short.dgn"
    short.write_bytes(whole.read_bytes()[:-30])
    with pytest.raises(
        InputError, match=r"no texts(.|\n)*The reason may be that the data end early"
    ):  # the label was what is missing
        read_zones(short, crs=CRS)
    half = dxf(tmp_path / "half.dxf", text("13", 40, 50, "ODT"), *lines("10", *GRID), *lines("10", (9, 9, 9, 9)), whole=False)
    assert "no EOF at its end" in said(read_zones(half, crs=CRS))
    sites = read_sites(half, crs=CRS)
    assert run(["read", str(half), "--crs", f"sites={CRS}"]) == 0  # written as for assess
    assert any("no EOF at its end" in line for line in doubt_lines([sites.attrs["plangeo"]], [])), "the terminal tells it too"


def test_dwg_and_version_8_name_the_way_out(tmp_path):
    dwg = tmp_path / "plan.dxf"
    dwg.write_bytes(b"AC1032" + bytes(200))
    with pytest.raises(InputError, match=r"DWG drawing \(AC1032\).*ODA File Converter"):
        read_zones(dwg, crs=CRS)
    with pytest.raises(InputError, match="saved as DXF first"):
        read_zones(dwg.rename(tmp_path / "plan.dwg"), crs=CRS)
    v8 = tmp_path / "plan.dgn"
    v8.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    with pytest.raises(InputError, match=r"version 8.*V7 DGN, DXF"):
        read_zones(v8, crs=CRS)


def test_entities_that_cannot_be_read_are_named(tmp_path):
    image = "  0\nIMAGE\n  8\n0\n 10\n0\n 20\n0\n"
    path = dxf(tmp_path / "plan.dxf", *lines("10", *GRID), text("13", 40, 50, "ODT"), image)
    assert "not known to the reader: 1 IMAGE" in said(read_zones(path, crs=CRS))


def test_lines_that_enclose_nothing_are_refused(tmp_path):
    with pytest.raises(InputError, match="enclose nothing"):
        read_zones(dxf(tmp_path / "plan.dxf", *lines("10", (0, 0, 10, 0), (10, 0, 10, 10)), text("13", 4, 5, "ODT")), crs=CRS)


# Every border written once as a bare line, one label inside every face.
@given(st.integers(0, 10**6), st.integers(3, 12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_coverage_survives_as_lines_and_labels(tmp_path, seed, count):
    rng = np.random.default_rng(seed)
    frame = shapely.box(X0, Y0, X0 + 1000, Y0 + 1000)
    points = shapely.multipoints(rng.uniform(50, 950, (count, 2)) + np.array([X0, Y0]))
    cells = list(
        shapely.get_parts(shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame)), frame))
    )
    hole = shapely.point_on_surface(cells[0]).buffer(2)
    cells = [cells[0].difference(hole), *cells[1:], hole]
    codes = [sorted(VN.classes)[int(n)] for n in rng.integers(0, len(VN.classes), len(cells))]
    borders = shapely.get_parts(shapely.union_all(shapely.boundary(cells)))
    order = rng.permutation(len(borders))
    entities = [dxf_polyline("10", shapely.get_coordinates(borders[n]).tolist()) for n in order]
    inside = [shapely.maximum_inscribed_circle(c, tolerance=0.01).coords[0] for c in cells]
    labels = [dxf_text("13", x, y, code, height=0.1, middle=True) for (x, y), code in zip(inside, codes, strict=True)]
    found = read_zones(dxf(tmp_path / "plan.dxf", *entities, *labels), crs=CRS)
    assert len(found) == len(cells)
    truth = gpd.GeoDataFrame({"code": codes}, geometry=cells, crs=CRS)
    for x, y, code, cell in zip(*np.array(inside).T, codes, truth.geometry, strict=True):
        row = found[found.geometry.contains(shapely.Point(x, y))].iloc[0]
        assert row["zone_code"] == code
        assert row.geometry.area == pytest.approx(cell.area, rel=1e-6)
    assert found.geometry.area.sum() == pytest.approx(1e6, rel=1e-9)


def test_layers_of_a_drawing_are_listed(tmp_path, capsys):
    path = dgn(
        tmp_path / "plan.dgn",
        [
            dgn_lines(10, at((0, 0), (10, 0)), 3),
            dgn_lines(10, at((0, 0), (0, 10)), 3),
            dgn_text(13, X0 + 1, Y0 + 1, "1L654/119.3"),
            dgn_text(13, X0 + 1, Y0 + 5, "ODT"),
        ],
    )
    assert run(["layers", str(path)]) == 0
    told = capsys.readouterr().out
    assert "level 10: 2 open line(s)" in told
    assert "level 13: 2 text(s), e.g. '1L654/119.3', 'ODT'" in told
    assert "elements: 2 line string" in told
    assert "colours: #ff0000 (2)" in told
    assert "texts: 1 of 2 hold a class code" in told


def test_layers_of_other_files_are_listed(tmp_path):
    frame = gpd.GeoDataFrame({"code": ["ODT"]}, geometry=[shapely.box(X0, Y0, X0 + 1, Y0 + 1)], crs=CRS)
    frame.to_file(tmp_path / "plan.gpkg", layer="zones")
    frame.to_file(tmp_path / "plan.gpkg", layer="more")
    told = describe_file(tmp_path / "plan.gpkg", VN)
    assert told[:3] == [
        "plan.gpkg: 2 layers",
        "plan.gpkg: layer 'zones', 1 row(s); columns 'code'",
        "  1 Polygon; CRS EPSG:9215",
    ]
    frame.to_file(tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    assert "  1 Polygon; CRS not stated" in describe_file(tmp_path / "bare.shp", VN)
    (tmp_path / "list.csv").write_text("Mã,Tên dự án\n1,A\n", "utf-8")
    assert "list.csv: layer 'list', 1 row(s); columns 'Mã', 'Tên dự án'" in describe_file(tmp_path / "list.csv", VN)[0]


def test_a_plan_that_is_a_drawing_is_assessed_from_the_command_line(tmp_path, capsys):
    plan = dxf(
        tmp_path / "plan.dxf",
        *lines("10", *GRID),
        text("13", 40, 50, "ODT"),
        text("13", 140, 50, "RPH"),
        text("4", 40, 20, "RDD"),
    )
    (tmp_path / "rules.yaml").write_text(BOOK, "utf-8")
    place = f"POLYGON (({X0 + 10} {Y0 + 10}, {X0 + 30} {Y0 + 10}, {X0 + 30} {Y0 + 30}, {X0 + 10} {Y0 + 10}))"
    (tmp_path / "list.csv").write_text(f'Mã,Tên dự án,Loại dự án,WKT\n1,A,housing,"{place}"\n', "utf-8")
    given_ = [
        str(tmp_path / "list.csv"),
        "--crs",
        f"sites={CRS}",
        "--rulebook",
        str(tmp_path / "rules.yaml"),
        "--on",
        "2025-07-01",
    ]
    layer = ["--layer", f"zones={plan}", "--crs", f"zones={CRS}", "--layer-name", "zones=10"]
    assert run(["assess", *given_, *layer, "--out", str(tmp_path / "out")]) == 2
    assert "--labels zones=13" in capsys.readouterr().err
    assert run(["assess", *given_, *layer, "--labels", "zones=13", "--out", str(tmp_path / "out")]) in (0, 1)
    assert "zone_use.permitted" in (tmp_path / "out/verdicts.csv").read_text("utf-8-sig")
    project = (
        f"register: {{path: list.csv, crs: {CRS}}}\nrulebook: rules.yaml\non: 2025-07-01\nout: again\n"
        f"layers: {{zones: {{path: plan.dxf, crs: {CRS}, layer: 10, labels: 13}}}}\n"
    )
    (tmp_path / "plangeo.yaml").write_text(project, "utf-8")
    assert run(["assess", "--project", str(tmp_path / "plangeo.yaml")]) in (0, 1)
    assert "zone_use.permitted" in (tmp_path / "again/verdicts.csv").read_text("utf-8-sig")


def test_texts_that_are_no_classes_leave_no_choice(tmp_path):
    path = dxf(tmp_path / "plan.dxf", *lines("10", *GRID), text("13", 40, 50, "ODT"), text("4", 40, 80, "1.234,5"))
    frame = read_zones(path, crs=CRS)
    assert frame["zone_code"].tolist() == ["ODT", ""]
    assert "the labels are taken from level '13', the only one whose texts hold class codes" in said(frame)


@pytest.mark.skipif(not FORMATS.exists(), reason="the shared set of real files is not on this machine")
def test_a_real_design_file_is_read_to_its_end():
    told = "\n".join(describe_file(FORMATS / "ezdxf/underlay.dgn", VN))
    assert "3,986 element(s) on 17 level(s)" in told
    assert "end early" not in told
    assert "are missing" not in told
    with pytest.raises(InputError, match="8 IMAGE"):
        describe_file(FORMATS / "ezdxf/Graz_10km_3m.dxf", VN)
    with pytest.raises(InputError, match="the data end early"):
        describe_file(BAD / "05_vector/v7_stub.dgn", VN)


def test_labels_of_what_is_no_drawing_are_refused(tmp_path):
    with pytest.raises(InputError, match="only a drawing"):
        read_zones(tmp_path / "zones.gpkg", labels="13")


def test_names_in_small_letters_are_no_classes(tmp_path):
    path = dxf(tmp_path / "plan.dxf", *lines("10", *GRID), text("13", 20, 20, "Tin"), text("13", 120, 20, "TIN 350 m²"))
    assert read_zones(path, crs=CRS)["zone_code"].tolist() == ["", "TIN"]


def test_overshoots_are_not_called_gaps(tmp_path):
    frame = read_zones(
        dxf(tmp_path / "plan.dxf", *lines("10", *GRID[:4], (100, 0, 100, 100.05)), text("13", 20, 20, "ODT")), crs=CRS
    )
    assert "1 line(s), 0.05 m in all, end loose and enclose nothing [" in said(frame)


def test_a_drawing_in_degrees_is_joined_within_the_same_tolerance(tmp_path):
    corners = [(106.0, 21.0), (106.001, 21.0), (106.001, 21.001), (106.0, 21.001)]
    pairs = [(*a, *b) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)]
    entities = [dxf_line("10", (a, b), (c, d)) for a, b, c, d in [*pairs, (106.0005, 21.0, 106.0005, 21.0009)]]
    frame = read_zones(
        dxf(tmp_path / "plan.dxf", *entities, dxf_text("13", 106.0002, 21.0005, "ODT", middle=True)), crs="EPSG:4326"
    )
    assert frame["problem"][0].startswith("open_border: 99.90 m")


SQUARE = dxf_polyline("10", [(0, 0), (1, 0), (1, 1), (0, 1)], True)


def test_blocks_that_would_unfold_for_ever_are_refused(tmp_path):
    many = "  0\nINSERT\n  8\n10\n  2\nb\n 10\n0\n 20\n0\n 70\n30000\n 71\n30000\n 44\n2\n 45\n2\n"
    with pytest.raises(InputError, match="unfolds to more than"):
        read_zones(dxf(tmp_path / "many.dxf", many, blocks=dxf_block("b", SQUARE)), crs=CRS)
    nested = dxf_block("b0", SQUARE)
    for n in range(1, 10):
        nested += dxf_block(f"b{n}", "".join(dxf_insert("10", f"b{n - 1}", i, 0) for i in range(10)))
    with pytest.raises(InputError, match="unfolds to more than"):
        read_zones(dxf(tmp_path / "nested.dxf", dxf_insert("10", "b9", 0, 0), blocks=nested), crs=CRS)


def test_entities_are_counted_with_their_blocks(tmp_path):
    inner = dxf_block("a", SQUARE + SQUARE)
    outer = dxf_block("b", dxf_insert("10", "A", 0, 0) + dxf_insert("10", "a", 5, 0) + dxf_insert("10", "b", 5, 0))
    held = survey_entities(dxf(tmp_path / "x.dxf", dxf_insert("10", "b", 0, 0), SQUARE, blocks=inner + outer))
    assert held.kinds == {"INSERT": 1, "LWPOLYLINE": 1}
    assert held.ended
    # 2 of the drawing; the block b: its 3 inserts, twice the 2 squares of a, and itself once
    assert held.unfolded == 2 + 3 + 4 + 1


def test_complex_shapes_of_a_design_file(tmp_path):
    sides = [dgn_lines(10, at((0, 0), (50, 0), (50, 50))), dgn_lines(10, at((50, 50), (0, 50), (0, 0)))]
    path = dgn(tmp_path / "plan.dgn", [dgn_complex_shape(10, sides), dgn_text(13, X0 + 10, Y0 + 20, "LUC")])
    frame = read_zones(path, crs=CRS)
    assert areas(frame) == pytest.approx({"LUC": 2500})
    assert "missing" not in said(frame)


def test_an_entity_that_is_passed_over_is_missed(tmp_path):
    fitted = "  0\nSPLINE\n  5\n1A\n  8\n10\n 70\n8\n 71\n3\n 74\n2\n 11\n0\n 21\n0\n 11\n9\n 21\n9\n"  # points to fit, no control points
    whole = [*lines("10", *GRID), text("13", 40, 50, "ODT")]
    with pytest.raises(InputError, match=r"1 could not be read: SPLINE on layer '10' \(handle 1A\)") as told:
        read_zones(dxf(tmp_path / "plan.dxf", *whole, fitted), crs=CRS)
    assert told.value.code == "file_truncated"
    nothing = "  0\nPOLYLINE\n  5\n1B\n  8\n10\n 66\n1\n  0\nSEQEND\n  8\n10\n"
    paper = "  0\nSPLINE\n  5\n1C\n 67\n1\n  8\n10\n 70\n8\n 71\n3\n 74\n2\n 11\n0\n 21\n0\n"
    mesh = "  0\nPOLYLINE\n  5\n1D\n  8\n10\n 66\n1\n 70\n16\n  0\nVERTEX\n  8\n10\n 10\n1\n 20\n1\n  0\nSEQEND\n  8\n10\n"
    frame = read_zones(dxf(tmp_path / "plan.dxf", *whole, nothing, paper, mesh), crs=CRS)
    assert frame["zone_code"].tolist() == ["ODT", ""]
    assert "1 POLYLINE mesh; look whether borders" in said(frame)


def test_the_last_elements_behind_a_cell_are_read(tmp_path):
    shapes = [dgn_shape(10, at((100 * n, 0), (100 * n + 50, 0), (100 * n + 50, 50), (100 * n, 50))) for n in range(4)]
    chain = dgn_complex_shape(10, [dgn_lines(10, at((0, 0), (50, 0), (50, 50))), dgn_lines(10, at((50, 50), (0, 50), (0, 0)))])
    inside = [bytes([s[0] | 0x80]) + s[1:] for s in (chain, shapes[1])]
    head = dgn_cell(10, inside, at((0, 0), (150, 50)))
    labels = [dgn_text(13, X0 + 100 * n + 10, Y0 + 20, code) for n, code in enumerate(("LUC", "ODT", "CLN", "RPH"))]
    frame = read_zones(dgn(tmp_path / "plan.dgn", [*labels, head, *inside, *shapes[2:]]), crs=CRS)
    assert sorted(frame["zone_code"]) == ["CLN", "LUC", "ODT", "RPH"]
