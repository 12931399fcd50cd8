"""Boundaries take the place of points; everything else of the register stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely.geometry import Point, box

from plangeo.boundaries import join_boundaries
from plangeo.sources import LayerFile, read_sites


def table(
    ids: list[str], shapes: list[Any], problems: list[str] | None = None, crs: str | None = "EPSG:9215"
) -> gpd.GeoDataFrame:
    columns = {
        "site_id": ids,
        "name": [f"Dự án {i}" for i in ids],
        "use": "x",
        "accuracy_m": 7.0,
        "problem": problems or [""] * len(ids),
        "repaired": "",
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


AREA = box(450_000, 2_417_000, 450_100, 2_417_100)


def test_the_boundary_replaces_the_point_and_keeps_the_rest() -> None:
    sites = table(["A", "B"], [Point(450_050, 2_417_050), Point(1, 1)])
    out = join_boundaries(sites, table(["A"], [AREA]))
    assert out.geometry.iloc[0].equals(AREA)
    assert out.geometry.iloc[1].equals(Point(1, 1))
    assert out["accuracy_m"].tolist() == [7.0, 7.0]
    assert out["problem"].tolist() == ["", ""]
    assert sites.geometry.iloc[0].geom_type == "Point"


def test_another_crs_is_converted() -> None:
    sites = table(["A"], [Point(450_050, 2_417_050)])
    out = join_boundaries(sites, table(["A"], [AREA]).to_crs("EPSG:4756"))
    assert out.crs == sites.crs
    assert abs(out.geometry.iloc[0].area - 10_000) < 0.01


def test_a_boundary_cures_a_missing_place_and_brings_its_own_fault() -> None:
    sites = table(["A", "B", "C"], [None, None, Point(0, 0)], ["no_geometry: blank", "duplicate_id: A; no_geometry: blank", ""])
    shapes = table(["A", "B", "C"], [AREA, AREA, None], ["", "", "bad_coordinates: x"])
    out = join_boundaries(sites, shapes)
    assert out["problem"].tolist() == ["", "duplicate_id: A", "bad_coordinates: x"]
    assert out.geometry.iloc[2].equals(Point(0, 0))


def test_two_boundaries_of_one_id_are_a_fault_not_a_guess() -> None:
    out = join_boundaries(table(["A"], [Point(0, 0)]), table(["A", "A#2"], [AREA, AREA], ["", "duplicate_id: A"]))
    assert out["problem"].iloc[0].startswith("duplicate_boundary: 2 boundaries")
    assert out.geometry.iloc[0].equals(Point(0, 0))


def test_strangers_become_a_note_and_never_a_site() -> None:
    out = join_boundaries(table(["A"], [Point(0, 0)]), table(["Z"], [AREA]))
    assert out["site_id"].tolist() == ["A"]
    assert any("1 without a row in the register" in note and "Z" in note for note in out.attrs["plangeo"]["notes"])


def corner_sheet(path: Path, *blocks: tuple[str, float, float]) -> Path:
    """A text table of corner lists: squares of 100 m with a title each."""
    lines = ["Bảng kê tọa độ góc ranh", "(VN-2000, kinh tuyến trục 107°15', múi chiếu 3°)"]
    for title, x, y in blocks:
        lines += [title, "Điểm;X (m);Y (m)"]
        corners = [(x, y), (x, y + 100), (x + 100, y + 100), (x + 100, y), (x, y)]
        lines += [f"{n % 4 + 1};{py:.2f};{px:.2f}" for n, (px, py) in enumerate(corners)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def register(path: Path) -> Path:
    rows = [
        "Mã;Tên dự án;Loại dự án;Xã",
        "P-1;Khu đô thị Bản Mây;Khu đô thị;Xã A",
        "P-2;Khu đô thị Bản Mây giai đoạn 2;Khu đô thị;Xã A",
    ]
    path.write_text("\n".join([*rows, "P-3;Chợ;Chợ;Xã A"]), encoding="utf-8")
    return path


def said(frame: gpd.GeoDataFrame) -> str:
    about = frame.attrs["plangeo"]
    return "\n".join([*about["notes"], *map(str, about["decisions"])])


def test_corner_lists_find_their_projects_by_name_or_id_in_the_title(tmp_path: Path) -> None:
    listed = corner_sheet(
        tmp_path / "corners.csv",
        ("Khu đô thị Bản Mây giai đoạn 2 - khu 1", 450_000, 2_417_000),
        ("Khu đô thị Bản Mây giai đoạn 2 - khu 2", 450_500, 2_417_000),
        ("Ranh giới dự án (P-1)", 451_000, 2_417_000),
        ("Dự án khác", 452_000, 2_417_000),
    )
    out = read_sites(register(tmp_path / "register.csv"), boundaries=listed)
    assert out["site_id"].tolist() == ["P-1", "P-2", "P-3"]
    assert out.geometry.area.fillna(0).round(6).tolist() == [10_000.0, 20_000.0, 0.0]
    assert out["problem"].tolist()[:2] == ["", ""]
    assert out["problem"][2].startswith("no_geometry")
    assert "was taken for the boundary of P-2" in said(out)
    assert "1 project(s) have none there and keep the place of the register: P-3" in said(out)
    assert "left aside: Dự án khác" in said(out)
    assert out.attrs["plangeo"]["fingerprint"]["boundaries"]["name"] == "corners.csv"


def test_a_title_that_names_several_projects_is_given_to_none(tmp_path: Path) -> None:
    listed = corner_sheet(tmp_path / "corners.csv", ("Ranh giới P-1 và P-3", 450_000, 2_417_000))
    out = read_sites(register(tmp_path / "register.csv"), boundaries=listed)
    assert out.geometry.isna().all()
    assert "holds the names of several projects (P-1, P-3)" in said(out)


def test_overlapping_blocks_of_one_project_are_a_fault(tmp_path: Path) -> None:
    listed = corner_sheet(tmp_path / "corners.csv", ("P-1 bản cũ", 450_000, 2_417_000), ("P-1 bản mới", 450_050, 2_417_000))
    out = read_sites(register(tmp_path / "register.csv"), boundaries=LayerFile(listed))
    assert out["problem"][0].startswith("no_geometry")
    assert "duplicate_boundary" in out["problem"][0]


def test_identifiers_that_fit_nothing_are_shown_from_both_sides() -> None:
    out = join_boundaries(table(["A"], [Point(0, 0)]), table(["Z"], [AREA]))
    assert "The register has A, the boundaries have" in said(out)


def test_a_faulty_list_makes_its_project_unknown_instead_of_leaving_the_point() -> None:
    shapes = table(["A"], [None], ["invalid_geometry: rows 5 to 9: sides cross: 1–2 and 3–4"])
    out = join_boundaries(table(["A"], [Point(0, 0)]), shapes)
    assert out["problem"].tolist() == ["invalid_geometry: rows 5 to 9: sides cross: 1–2 and 3–4"]


def test_a_title_near_a_name_is_not_about_the_project(tmp_path: Path) -> None:
    near = ("Khu dân cư gần Khu đô thị Bản Mây", "Khu đô thị Bản Mây mở rộng", "Khu đô thị Bản Mây giai đoạn 3")
    listed = corner_sheet(tmp_path / "corners.csv", *((t, 450_000 + 500 * n, 2_417_000) for n, t in enumerate(near)))
    out = read_sites(register(tmp_path / "register.csv"), boundaries=listed)
    assert out.geometry.isna().all()
    same = corner_sheet(
        tmp_path / "corners.csv", ("Bảng kê tọa độ ranh giới dự án: Khu đô thị Bản Mây (lô A)", 450_000, 2_417_000)
    )
    out = read_sites(register(tmp_path / "register.csv"), boundaries=same)
    assert out.geometry.notna().tolist() == [True, False, False]


def test_row_numbers_are_no_identifiers() -> None:
    sites = table(["row-1", "row-2"], [Point(0, 0), Point(1, 1)])
    out = join_boundaries(sites, table(["row-2", "Sheet1-row-1"], [AREA, AREA]))
    assert [g.geom_type for g in out.geometry] == ["Point", "Point"]
    assert any("2 without a row in the register" in note for note in out.attrs["plangeo"]["notes"])


def test_the_beginning_of_a_name_and_a_bare_number_are_nobodys(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Mã;Tên dự án;Loại dự án;Xã\n1;Khu dân cư Nam;x;Xã A\n2;Chợ Tân;x;Xã A", encoding="utf-8")
    blocks = (("Chợ Tân Lập", 450_000, 2_417_000), ("Khu dân cư Nam cơ sở 2", 451_000, 2_417_000))
    out = read_sites(tmp_path / "list.csv", boundaries=corner_sheet(tmp_path / "corners.csv", *blocks))
    assert out.geometry.isna().all()
    meant = (("Chợ Tân, xã A", 450_000, 2_417_000), ("Khu dân cư Nam (thửa 2)", 451_000, 2_417_000))
    out = read_sites(tmp_path / "list.csv", boundaries=corner_sheet(tmp_path / "meant.csv", *meant))
    assert out.geometry.notna().all()


def test_a_boundary_found_by_name_lies_near_the_place_the_register_states(tmp_path: Path) -> None:
    text = "Mã;Tên dự án;Loại dự án;X;Y\nP-1;Chợ Tân;x;2417050;450050\nP-2;Chợ Cũ;x;2417050;450050"
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    corners = corner_sheet(tmp_path / "corners.csv", ("Chợ Tân", 450_000, 2_417_000), ("Chợ Cũ", 470_000, 2_417_000))
    out = read_sites(tmp_path / "list.csv", crs="EPSG:9215", boundaries=corners)
    assert [g.geom_type for g in out.geometry] == ["Polygon", "Point"]
    assert "lies 19,950 m from the place the register states" in said(out)
