"""Two runs held against one another: worked cases, each with one edit, and what must be blamed for it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

import plangeo as pg
from plangeo.assessment import assess
from plangeo.cli import run
from plangeo.errors import InputError
from plangeo.model import Assessment
from plangeo.report import write_outputs
from plangeo.rundiff.comparison import RunDiff, compare_runs
from plangeo.rundiff.rundifftable import describe_diff, write_diff
from tests.makers import CRS, RULES, X0, Y0, plan, rule, rulebook, site, sites, square, zones

ON = dt.date(2025, 7, 1)
"""Three zones side by side: paddy, industry, forest; a kilometre each."""
ZONES = [
    ("Z1", "LUC", square(0, 0, 1000), "P1"),
    ("Z2", "SKK", square(1000, 0, 1000), "P1"),
    ("Z3", "RPH", square(2000, 0, 1000), "P1"),
]
SITES = [
    site("A", square(400, 400, 100), "industrial_park"),
    site("B", square(1400, 400, 100), "industrial_park"),
    site("C", square(2400, 400, 100), "industrial_park"),
    site("D", square(1600, 400, 100), "housing"),
]


def judged(on: dt.date = ON, places: Any = SITES, ground: Any = ZONES, checks: Any = None, **sections: Any) -> Assessment:
    return assess(sites(*places), rulebook(**sections), on=on, zones=zones(*ground), checks=checks)


def said(diff: RunDiff) -> dict[str, set[tuple[str, bool]]]:
    """site → (cause, proven)."""
    found: dict[str, set[tuple[str, bool]]] = {}
    for row in diff.causes.to_dict("records"):
        found.setdefault(row["site_id"], set()).add((row["cause"], bool(row["proven"])))
    return found


def flips(diff: RunDiff) -> dict[str, tuple[str, str]]:
    rows = diff.changes[diff.changes["change"] == "verdict"]
    return {r["site_id"]: (r["verdict_before"], r["verdict_after"]) for r in rows.to_dict("records")}


def test_identical_runs_give_nothing() -> None:
    diff = compare_runs(judged(), judged())
    assert diff.same
    assert diff.inputs.empty
    assert diff.causes.empty


def test_rows_in_another_order_are_no_change() -> None:
    assert compare_runs(judged(), judged(places=SITES[::-1], ground=ZONES[::-1])).same


def test_an_edited_zone_touches_only_the_site_on_it() -> None:
    edited = [("Z1", "SKK", square(0, 0, 1000), "P1"), *ZONES[1:]]
    diff = compare_runs(judged(), judged(ground=edited))
    assert flips(diff) == {"A": ("not_permitted", "permitted")}
    assert said(diff)["A"] == {("zone", True)}
    told = diff.causes.set_index("site_id").loc["A", "evidence_en"]
    assert "P1 LUC: 1.0000 ha → 0.0000 ha; P1 SKK: 0.0000 ha → 1.0000 ha" in str(told)
    others = diff.changes[diff.changes["site_id"] != "A"]  # only how far the border of their ground is
    assert set(others["change"]) <= {"particulars"}
    assert all(cause == {("zone", True)} for name, cause in said(diff).items() if name != "A")


def test_an_edited_rule_touches_only_its_use() -> None:
    rules = [r for r in RULES if r["zone"] != "SKK"] + [rule("industrial_park", "SKK", "not_permitted")]
    diff = compare_runs(judged(), judged(rules=rules))
    assert flips(diff) == {"B": ("permitted", "not_permitted")}
    assert ("rule", True) in said(diff)["B"]
    assert "D" not in said(diff)


def test_another_date_brings_another_rule() -> None:
    old = rule("industrial_park", "SKK", "permitted", end="2025-12-31")
    new = rule("industrial_park", "SKK", "not_permitted", start="2026-01-01")
    rules = [r for r in RULES if r["zone"] != "SKK"] + [old, new]
    diff = compare_runs(judged(rules=rules), judged(dt.date(2026, 7, 1), rules=rules))
    assert flips(diff) == {"B": ("permitted", "not_permitted")}
    assert ("date", True) in said(diff)["B"]
    assert not {code for code, _ in said(diff)["B"]} & {"rule", "zone", "plan"}
    told = diff.causes[diff.causes["site_id"].eq("B")].set_index("cause").loc["date", "evidence_en"]
    assert "permitted (Điều 1, Luật thử, …–2025-12-31) → not_permitted" in str(told)


def test_another_date_lets_a_plan_expire() -> None:
    diff = compare_runs(judged(), judged(dt.date(2031, 1, 1)))
    assert flips(diff)["B"] == ("permitted", "unknown")
    assert {code for code, proven in said(diff)["B"] if proven} == {"date"}
    assert "in_force" in str(diff.inputs.set_index("cause").loc["plan", "before"])


def test_a_plan_withdrawn_on_the_same_day_is_the_plan_and_not_the_date() -> None:
    diff = compare_runs(judged(), judged(plans=[plan("P1", status="revoked")]))
    assert flips(diff)["B"] == ("permitted", "unknown")
    assert {code for code, proven in said(diff)["B"] if proven} == {"plan"}


def test_a_site_that_moved_is_told_in_metres() -> None:
    moved = [*SITES[:1], site("B", square(2400, 800, 100), "industrial_park"), *SITES[2:]]
    diff = compare_runs(judged(), judged(places=moved))
    assert flips(diff) == {"B": ("permitted", "not_permitted")}
    assert said(diff) == {"B": {("site_geometry", True)}}
    # 1,000 m east and 400 m north
    assert "1,077.03 m" in str(diff.causes["evidence_en"].iloc[0])


def test_a_moved_site_on_edited_zones_leaves_both_possible() -> None:
    moved = [*SITES[:1], site("B", square(2400, 800, 100), "industrial_park"), *SITES[2:]]
    edited = [ZONES[0], ("Z2", "RDD", ZONES[1][2], "P1"), ZONES[2]]
    diff = compare_runs(judged(), judged(places=moved, ground=edited))
    assert {("site_geometry", False), ("zone", False)} <= said(diff)["B"]


def test_another_use_is_the_registers_doing() -> None:
    other = [*SITES[:3], site("D", SITES[3]["geometry"], "industrial_park")]
    diff = compare_runs(judged(), judged(places=other))
    assert said(diff) == {"D": {("site_attribute", True)}}
    assert "use: housing → industrial_park" in str(diff.causes["evidence_en"].iloc[0])


def test_sites_only_in_one_run() -> None:
    renamed = site("B2", SITES[1]["geometry"], "industrial_park") | {"name": SITES[1]["name"]}
    diff = compare_runs(judged(), judged(places=[SITES[0], renamed, *SITES[2:]]))
    kinds = dict(zip(diff.changes["site_id"], diff.changes["change"], strict=True))
    assert kinds == {"B": "only_before", "B2": "only_after"}
    assert "B2 there lies at the same place" in str(diff.changes.set_index("site_id").loc["B", "why_en"])


def test_a_stricter_map_accuracy_is_the_plan() -> None:
    near = [*SITES[:1], site("B", square(1010, 400, 100), "industrial_park"), *SITES[2:]]
    diff = compare_runs(judged(places=near), judged(places=near, plans=[plan("P1", accuracy_m=25.0)]))
    assert flips(diff) == {"B": ("permitted", "unknown")}
    assert ("plan", True) in said(diff)["B"]


def test_a_check_that_did_not_run_is_named() -> None:
    some = ("coverage", "geometry", "plan_in_force", "zone_use")
    diff = compare_runs(judged(), judged(checks=some))
    assert flips(diff)["B"] == ("permitted", "unknown")
    assert ("checks", True) in said(diff)["B"]


def recorded(folder: Path, result: Assessment, **changes: Any) -> Path:
    """An output folder whose manifest is then changed as another version would have written it."""
    write_outputs(result, folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(manifest | {k: {**manifest[k], **v} for k, v in changes.items()}), "utf-8")
    return folder


def test_folders_tell_what_assessments_tell(tmp_path: Path) -> None:
    edited = [("Z1", "SKK", square(0, 0, 1000), "P1"), *ZONES[1:]]
    first, second = judged(), judged(ground=edited)
    left, right = recorded(tmp_path / "a", first), recorded(tmp_path / "b", second)
    here, there = compare_runs(first, second), compare_runs(left, right)
    pd.testing.assert_frame_equal(here.changes[["site_id", "change"]], there.changes[["site_id", "change"]])
    assert flips(there) == flips(here)
    assert {c for c, _ in said(there)["A"]} == {"zone"}
    assert compare_runs(first, left).same


def test_a_version_alone_is_possible_and_never_proven(tmp_path: Path) -> None:
    rules = [r for r in RULES if r["zone"] != "SKK"] + [rule("industrial_park", "SKK", "not_permitted")]
    first, second = judged(), judged(rules=rules)
    left = recorded(tmp_path / "a", first, versions={"plangeo": "0.0.9"})
    told = json.loads((left / "manifest.json").read_text("utf-8"))
    right = recorded(tmp_path / "b", second, law=told["law"], rulebook=told["rulebook"])
    diff = compare_runs(left, right)
    assert flips(diff) == {"B": ("permitted", "not_permitted")}
    assert said(diff)["B"] == {("software", False)}
    assert "nothing else recorded differs" in str(diff.causes["evidence_en"].iloc[0])


def test_what_nothing_explains_is_said_and_not_invented(tmp_path: Path) -> None:
    rules = [r for r in RULES if r["zone"] != "SKK"] + [rule("industrial_park", "SKK", "not_permitted")]
    left = recorded(tmp_path / "a", judged())
    told = json.loads((left / "manifest.json").read_text("utf-8"))
    right = recorded(tmp_path / "b", judged(rules=rules), law=told["law"], rulebook=told["rulebook"])
    diff = compare_runs(left, right)
    assert said(diff)["B"] == {("not_found", False)}
    assert "cause not found in recorded data" in describe_diff(diff, "en").lower()


def test_a_run_that_kept_no_rules_is_told(tmp_path: Path) -> None:
    rules = [r for r in RULES if r["zone"] != "SKK"] + [rule("industrial_park", "SKK", "not_permitted")]
    left, right = recorded(tmp_path / "a", judged()), recorded(tmp_path / "b", judged(rules=rules))
    path = left / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    del manifest["law"]
    path.write_text(json.dumps(manifest), "utf-8")
    diff = compare_runs(left, right)
    assert said(diff)["B"] == {("rule", False)}
    assert any("did not record the rules" in label.en for label in diff.not_compared)


def test_a_folder_whose_files_changed_is_refused(tmp_path: Path) -> None:
    left, right = recorded(tmp_path / "a", judged()), recorded(tmp_path / "b", judged())
    with (right / "verdicts.csv").open("a") as stream:
        stream.write("X")
    with pytest.raises(InputError, match=r"verdicts\.csv changed after the run"):
        compare_runs(left, right)
    with pytest.raises(InputError, match="not a finished plangeo output"):
        compare_runs(left, tmp_path)


def test_a_manifest_of_another_form_is_refused(tmp_path: Path) -> None:
    left = recorded(tmp_path / "a", judged())
    told = json.loads((left / "manifest.json").read_text("utf-8"))
    (left / "manifest.json").write_text(json.dumps(told | {"crs": []}), "utf-8")
    with pytest.raises(InputError, match=r"not as plangeo writes it \(crs\)"):
        compare_runs(left, left)


def test_an_edited_condition_by_area_touches_the_sites_on_its_classes() -> None:
    rice = {"code": "rice", "zone": "LUA", "area_ha": 0.5, "needs": "approval", "basis": {"document": "Luật"}}
    open_rules = {"rules": [rule("industrial_park", ["NNP", "SKK", "RPH"], "permitted"), rule("housing", "SKK", "permitted")]}
    diff = compare_runs(judged(triggers=[rice | {"area_ha": 5}], **open_rules), judged(triggers=[rice], **open_rules))
    assert flips(diff) == {"A": ("permitted", "conditional")}
    assert said(diff) == {"A": {("condition", True)}}


def test_the_command_says_and_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = site("=1+1", square(1400, 800, 100), "industrial_park") | {"name": '=HYPERLINK("x")'}
    edited = [ZONES[0], ("Z2", "RDD", ZONES[1][2], "P1"), ZONES[2]]
    left = recorded(tmp_path / "a", judged(places=[*SITES, evil]))
    right = recorded(tmp_path / "b", judged(places=[*SITES, evil], ground=edited))
    assert run(["diff", str(left), str(left)]) == 0
    assert "Không dự án nào thay đổi" in capsys.readouterr().out
    out = tmp_path / "d.csv"
    assert run(["diff", str(left), str(right), "--lang", "en", "--out", str(out)]) == 1
    text = capsys.readouterr().out
    assert "Compatible → Not compatible" in text
    assert "proven: The zones of the plan" in text
    table = pd.read_csv(out, dtype=str)
    assert "'=1+1" in set(table["Site"])
    assert run(["diff", str(left), str(right), "--out", str(tmp_path / "d.xlsx")]) == 1
    with pd.ExcelFile(tmp_path / "d.xlsx", engine="openpyxl") as book:
        assert book.sheet_names == ["Thay đổi", "Nguyên nhân", "Đầu vào khác"]
    assert run(["diff", str(left), str(tmp_path / "none")]) == 2
    assert run(["diff", str(left), str(right), "--out", str(tmp_path / "d.txt")]) == 2


def test_the_workbook_refuses_other_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"written as \.xlsx or \.csv"):
        write_diff(compare_runs(judged(), judged()), tmp_path / "x.docx")


@pytest.fixture(scope="module")
def sample() -> tuple[Any, Any, Any]:
    """Every fourth project of the sample and P-0016, with its law and its plan."""
    places = pg.read_sites(pg.sample("projects.xlsx"), crs="EPSG:9215", list_date="2025-07-01")
    places = places[(np.arange(len(places)) % 4 == 0) | (places["site_id"] == "P-0016")]
    return places, pg.load_rulebook(pg.sample("rulebook.yaml")), pg.read_zones(pg.sample("zones.gpkg"))


def test_one_polygon_of_the_sample_changes_only_sites_on_or_beside_it(sample: tuple[Any, Any, Any]) -> None:
    places, law, ground = sample
    first = assess(places, law, on="2025-07-01", zones=ground)
    under = first.evidence["zones"]
    target = under[under["site_id"].eq("P-0016") & under["prevails"].astype(bool)].iloc[0]
    edited = ground.copy()
    edited.loc[edited["zone_id"] == target["zone_id"], "zone_code"] = "RDD"
    diff = compare_runs(first, assess(places, law, on="2025-07-01", zones=edited))
    on_it = set(under[under["zone_id"] == target["zone_id"]]["site_id"])
    assert set(flips(diff)) <= on_it
    assert "P-0016" in flips(diff)
    # what did not flip was only measured again, and the polygon is near
    shape = ground.loc[ground["zone_id"] == target["zone_id"], "geometry"].iloc[0]
    for site_id in set(diff.changes["site_id"]) - on_it:
        assert shapely.distance(shape, places.loc[places["site_id"] == site_id, "geometry"].iloc[0]) < 60_000
    assert all(("zone", True) in causes for causes in said(diff).values())


def test_every_change_has_a_cause(sample: tuple[Any, Any, Any]) -> None:
    places, law, ground = sample
    first = assess(places, law, on="2025-07-01", zones=ground)
    moved = places.copy()
    moved["geometry"] = moved.geometry.translate(300, 0)
    diff = compare_runs(first, assess(moved.iloc[3:], law, on="2027-01-01", zones=ground))
    assert set(diff.causes["site_id"]) == set(diff.changes["site_id"])
    assert set(diff.changes[diff.changes["change"] == "only_before"]["site_id"]) == set(places["site_id"].iloc[:3])
    assert not (diff.causes["cause"] == "not_found").any()


def relics(*corners: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": ["Chùa"] * len(corners)}, geometry=[square(x, y, 10) for x, y in corners], crs=CRS)


def slopes(path: Path, west: float, east: float) -> Path:
    """Slopes in degrees on cells of 10 m over the three zones: ``west`` over A and B, ``east`` over C."""
    cells = np.full((100, 300), west, dtype=np.float32)
    cells[:, 200:] = east
    place = {"transform": Affine(10, 0, X0, 0, -10, Y0 + 1000), "crs": CRS, "count": 1, "dtype": "float32"}
    place |= dict(zip(("height", "width"), cells.shape, strict=True))
    with rasterio.open(path, "w", driver="GTiff", **place) as file:
        file.write(cells, 1)
        file.units = ("degree",)
    return path


KEEP_OFF = {"use": "industrial_park", "layer": "relics", "field": "distance_m", "op": ">=", "value": 300, "basis": "test"}
LEVEL = {"use": "industrial_park", "layer": "slope", "field": "slope_deg", "op": "<=", "value": 15, "basis": "test"}


def surrounded(asked: list[dict[str, Any]], **layers: Any) -> Assessment:
    return assess(sites(*SITES), rulebook(requirements=asked), on=ON, zones=zones(*ZONES), **layers)


def test_a_relic_that_moved_is_the_layer_and_touches_the_site_beside_it() -> None:
    """B keeps 300 m from the relic at 2,400 m, not from the one at 1,600 m; D has another use."""
    diff = compare_runs(
        surrounded([KEEP_OFF], relics=relics((2400, 900))), surrounded([KEEP_OFF], relics=relics((2400, 900), (1600, 500)))
    )
    assert flips(diff) == {"B": ("permitted", "not_permitted")}
    assert said(diff)["B"] == {("layer", True)}
    assert "D" not in said(diff)
    assert "layer relics is another one" in diff.causes.set_index("site_id").loc["B", "evidence_en"]


def test_a_longer_setback_is_the_requirement_and_not_the_layer() -> None:
    longer = surrounded([KEEP_OFF | {"value": 1200}], relics=relics((2400, 900)))
    diff = compare_runs(surrounded([KEEP_OFF], relics=relics((2400, 900))), longer)
    assert flips(diff) == {"B": ("permitted", "not_permitted")}
    # the file of rules is another one, but no rule on B's ground is
    assert said(diff)["B"] == {("requirement", True)}


def test_a_steeper_raster_is_the_layer(tmp_path: Path) -> None:
    before = surrounded([LEVEL], slope=slopes(tmp_path / "old.tif", 5, 5))
    diff = compare_runs(before, surrounded([LEVEL], slope=slopes(tmp_path / "new.tif", 20, 5)))
    assert flips(diff) == {"B": ("permitted", "not_permitted")}
    assert {name: cause for name, cause in said(diff).items() if name in "AB"} == {"A": {("layer", True)}, "B": {("layer", True)}}


def test_of_two_layers_that_differ_neither_is_proven(tmp_path: Path) -> None:
    asked = [KEEP_OFF, LEVEL]
    before = surrounded(asked, slope=slopes(tmp_path / "old.tif", 5, 5), relics=relics((2400, 900)))
    diff = compare_runs(
        before, surrounded(asked, slope=slopes(tmp_path / "new.tif", 20, 5), relics=relics((2400, 900), (9000, 0)))
    )
    assert said(diff)["B"] == {("layer", False)}
    assert "layer relics, slope is another one" in diff.causes.set_index("site_id").loc["B", "evidence_en"]


def test_the_same_register_read_in_another_system_is_the_crs_and_not_the_place(tmp_path: Path) -> None:
    """The second run was told another central meridian, so that the site lies off the plan."""
    told = []
    for name, crs in (("right", CRS), ("wrong", "EPSG:9210")):
        pd.DataFrame({"site_id": ["B"], "name": ["B"], "use": ["industrial_park"], "X": [Y0 + 450.0], "Y": [X0 + 1450.0]}).to_csv(
            tmp_path / "list.csv", index=False
        )
        read = pg.read_sites(tmp_path / "list.csv", crs=crs, columns={"X": "north", "Y": "east"})
        done = assess(read, rulebook(), on=ON, zones=zones(*ZONES), crs=CRS)
        told.append(recorded(tmp_path / name, done))
    diff = compare_runs(*told)
    assert [r["change"] for r in diff.changes.to_dict("records")] == ["verdict"]
    assert said(diff)["B"] == {("crs", True)}
    assert "same register" in diff.causes["evidence_en"].iloc[0]


def streamed(folder: Path, book: Any, places: Any = SITES, ground: Any = ZONES) -> Path:
    folder.mkdir()
    sites(*places).drop(columns="problem").to_parquet(folder / "sites.parquet")
    return pg.assess_to(folder / "out", folder / "sites.parquet", book, on=ON, zones=zones(*ground), part_sites=2)


def test_streamed_folders_know_rules_requirements_and_zones_but_no_places(tmp_path: Path) -> None:
    book = rulebook()
    before = streamed(tmp_path / "one", book)
    rules = [r for r in RULES if r["zone"] != "SKK"] + [rule("industrial_park", "SKK", "not_permitted")]
    diff = compare_runs(before, streamed(tmp_path / "two", rulebook(rules=rules)))
    assert flips(diff) == {"B": ("permitted", "not_permitted")}
    assert said(diff)["B"] == {("rule", True)}
    assert any("--stream" in note.en for note in diff.not_compared)
    assert not any("did not record the rules" in note.en for note in diff.not_compared)
    edited = compare_runs(
        before, streamed(tmp_path / "three", book, ground=[("Z1", "SKK", square(0, 0, 1000), "P1"), *ZONES[1:]])
    )
    assert said(edited)["A"] == {("zone", True)}
    assert compare_runs(before, streamed(tmp_path / "four", book)).same


def test_a_streamed_run_records_the_law_that_the_whole_one_records(tmp_path: Path) -> None:
    whole = recorded(tmp_path / "whole", judged())
    parts = streamed(tmp_path / "parts", rulebook())
    laws = [json.loads((folder / "manifest.json").read_text("utf-8"))["law"] for folder in (whole, parts)]
    assert laws[0] == laws[1]
    assert laws[0]["answers"]
    assert compare_runs(whole, parts).changes["change"].tolist() == []
