"""The project file: what an officer writes, and what plangeo says when a line is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from plangeo.errors import InputError
from plangeo.project_file import Project, load_project, parse_project

GOOD = """\
register: {path: du-an.xlsx, sheet: Sheet1, columns: {Loại công trình: use}}
boundaries: ranh.gpkg
layers:
  zones: {path: ../qh/zones.gpkg, crs: "EPSG:9215", plan_id: QH}
  districts: xa.gpkg
rulebook: rules.yaml
on: 2025-07-01
out: ket-qua
"""


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "Dự án Lạng Sơn"
    folder.mkdir()
    (folder / "plangeo.yaml").write_text(GOOD, "utf-8-sig")
    project = load_project(folder / "plangeo.yaml")
    assert Path(project.register_.path) == folder / "du-an.xlsx"
    assert Path(project.layers["zones"].path) == tmp_path / "qh" / "zones.gpkg"
    assert Path(project.out) == folder / "ket-qua"
    assert project.register_.keywords("sheet", "crs", "columns") == {"sheet": "Sheet1", "columns": {"Loại công trình": "use"}}


def test_the_lock_of_an_office_file_is_a_file_and_nobodys_home(tmp_path: Path) -> None:
    (tmp_path / "plangeo.yaml").write_text(GOOD.replace("ranh.gpkg", "~$ranh.gpkg"), "utf-8")
    project = load_project(tmp_path / "plangeo.yaml")
    assert project.boundaries is not None
    assert Path(project.boundaries.path) == tmp_path / "~$ranh.gpkg"


def test_a_project_survives_the_manifest() -> None:
    project = parse_project(GOOD)
    assert Project.model_validate(project.to_json()) == project


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("rulebook:", "rulebok:"), ["line 6", "'rulebok'", "did you mean 'rulebook'", "'rulebook' is missing"]),
        (GOOD.replace("crs:", "crss:"), ["line 4", "layers.zones.crss", "'crs'"]),
        (GOOD.replace("2025-07-01", "2025-13-01"), ["line 7", "2025-13-01", "calendar"]),
        (GOOD.replace("on: 2025-07-01\n", ""), ["'on' is missing", "no default"]),
        (GOOD + "out: other\n", ["line 9", "'out'", "again"]),
        ("register: [a", ["line", "YAML"]),
        ("- a\n", ["name: value"]),
        (
            GOOD.replace("boundaries: ranh.gpkg", "boundaries: {path: a.xlsx, list_date: 2025}"),
            ["line 2", "'boundaries.list_date'"],
        ),
        (GOOD.replace("plan_id: QH", "sheet: QH"), ["line 4", "'layers.zones.sheet' has no meaning there", "labels"]),
        (GOOD.replace("xa.gpkg", "{path: xa.gpkg, plan_id: QH}"), ["'layers.districts.plan_id'", "path, layer, crs, columns"]),
        (GOOD + "files: {quota: {path: q.xlsx, plan_id: QH}}\n", ["'files.quota.plan_id' has no meaning there", "list_date"]),
        (GOOD.replace("sheet: Sheet1", "labels: 3"), ["line 1", "'register.labels'"]),
        ("", ["empty"]),
        ("register: &a x\nrulebook: *a\non: 2025-07-01\n", ["aliases"]),
        ("register: !!python/object:os.system {}\n", ["tag"]),
    ],
)
def test_every_fault_names_its_line(text: str, said: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        parse_project(text)
    for part in said:
        assert part in str(caught.value)


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    with pytest.raises(InputError, match="aliases"):
        parse_project("\n".join(lines))


def test_a_file_that_is_not_text_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"register: \xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        load_project(tmp_path / "p.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load_project(tmp_path / "none.yaml")


@pytest.mark.parametrize(("written", "read"), [("2025-07-01", "2025-07-01"), ("2024", "2024"), ("'1/7/2025'", "1/7/2025")])
def test_the_day_of_the_list_is_a_date_or_a_year(written: str, read: str) -> None:
    text = f"register: {{path: a.xlsx, list_date: {written}}}\nrulebook: r.yaml\non: 2025-07-01\n"
    project = parse_project(text)
    assert project.register_.list_date == read
    assert project.model_validate(project.to_json()) == project


def test_every_key_the_readme_names_is_taken() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    block = next(
        part.partition("```")[0] for part in readme.split("```yaml\n")[1:] if part.startswith("register: {path: list.xlsx")
    )
    project = parse_project(block + "rulebook: r.yaml\non: 2025-07-01\n")
    register, zones = project.register_, project.layers["zones"]
    assert (register.sheet, register.header_row, register.list_date) == ("Biểu 10", "6-7", "2025-09-01")
    assert register.columns == {"Tên CT": "name"}
    assert project.boundaries is not None
    assert project.boundaries.sheet == "Góc ranh"
    assert (zones.layer, zones.labels, zones.crs) == ("10", "13", "EPSG:9215")


def test_a_sheet_may_be_called_by_its_year_and_row_0_is_not_lost() -> None:
    project = parse_project(GOOD.replace("sheet: Sheet1", "sheet: 2025, header_row: 0"))
    assert project.register_.keywords("sheet", "header_row") == {"sheet": "2025", "header_row": 0}
