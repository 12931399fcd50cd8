"""Profiles: the packaged ones are sound, one's own works, a faulty one says everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from plangeo.errors import ProfileError
from plangeo.profiles import load_profile
from plangeo.text import fold

OWN = """\
title: {vi: Thử, en: Test}
provenance: made for the tests
synonyms:
  zones: {zone_code: [zoning]}
"""
HEAD = "code,parent,name_vi,name_en,colour_hex\n"


def own(folder: Path, text: str, table: str | None = None) -> Path:
    if table is not None:
        (folder / "codes.csv").write_text(table, "utf-8")
    path = folder / "own.yaml"
    path.write_text(text, "utf-8")
    return path


def refused(path: Path | str) -> str:
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    return str(caught.value)


def test_rice_land_stands_under_its_parents():
    classes = load_profile("vn").classes
    chain = ["LUC"]
    while parent := classes[chain[-1]].parent:
        chain.append(parent)
    assert chain == ["LUC", "LUA", "CHN", "NNP"]
    assert classes["LUC"].colour == "#FFFC8C"
    assert classes["SKK"].name.vi == "Đất khu công nghiệp"


def test_functional_areas_are_overlays_and_industrial_parks_are_not():
    classes = load_profile("vn").classes
    overlays = {code for code, entry in classes.items() if entry.overlay}
    assert {"KCN", "KKT", "KDT", "KNN", "KLN", "KDL", "KBT", "KPC", "DTC", "KTM", "KDV", "DNT", "KON"} <= overlays
    assert overlays.isdisjoint({"SKK", "LUC", "RPH", "ODT"})
    assert all(classes[code].parent is None for code in overlays)


def test_white_is_a_colour():
    assert load_profile("vn").classes["CSD"].colour == "#FFFFFE"


def test_vietnam_measures_in_its_own_crs_and_says_where_its_facts_come_from():
    profile = load_profile("vn")
    assert profile.metric_crs == "EPSG:9215"
    assert "verified" in profile.provenance


@pytest.mark.parametrize(
    ("table", "field", "header"),
    [
        ("sites", "name", "TÊN DỰ ÁN"),
        ("sites", "name", "Ten du an"),
        ("sites", "north", "Tọa độ X"),
        ("sites", "north", "Toạ độ X"),
        ("sites", "east", "Y (m)"),
        ("sites", "declared_area_m2", "Diện tích (m²)"),
        ("zones", "zone_code", "MAQH"),
        ("zones", "zone_code", "ma_loai_dat"),
        ("zones", "zone_code", "LOAIDAT"),
        ("zones", "zone_code", "TYPEZONE"),
        ("districts", "district_name", "fullName"),
        ("districts", "district_name", "Tên xã"),
    ],
)
def test_names_of_columns_with_and_without_marks(table, field, header):
    assert fold(header) in {fold(word) for word in load_profile("vn").synonyms[table][field]}


@pytest.mark.parametrize("name", ["vn", "default"])
@pytest.mark.parametrize("table", ["sites", "zones", "districts"])
def test_no_name_stands_for_two_fields(name, table):
    seen: dict[str, str] = {}
    for field, words in load_profile(name).synonyms[table].items():
        for word in {fold(w) for w in words}:
            assert seen.setdefault(word, field) == field


def test_the_default_profile_is_english_and_lawless():
    profile = load_profile("default")
    assert not profile.classes
    assert profile.metric_crs is None
    assert all(w.isascii() for fields in profile.synonyms.values() for words in fields.values() for w in words)


def test_an_unknown_profile_lists_the_known_ones():
    assert "default, vn" in refused("laos")


def test_a_profile_of_ones_own(tmp_path):
    profile = load_profile(own(tmp_path, OWN + "classes: codes.csv\n", "\ufeff" + HEAD + "A,,Một,One,#112233\nAB,A,Hai,Two,\n"))
    assert profile.name == "own"
    assert profile.synonyms["zones"]["zone_code"] == ("zoning",)
    assert profile.classes["AB"].parent == "A"
    assert profile.classes["AB"].colour is None
    assert profile.header_words("sites") == frozenset()


def test_a_missing_file_says_so(tmp_path):
    assert "nowhere.yaml" in refused(tmp_path / "nowhere.yaml")
    (tmp_path / "folder.yaml").mkdir()
    assert "not a file" in refused(tmp_path / "folder.yaml")


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ("title: {vi: a, en: b}\n", "stands here again"),
        ("bomb: &a [1]\nother: *a\n", "anchors"),
        ("tag: !!python/object:os.system {}\n", "tag"),
        ("colour: red\n", "colour"),
        ("bounds_lonlat: [110, 8, 102, 24]\n", "west, south, east, north"),
        ("bounds_lonlat: [.nan, 8, 102, 24]\n", "west, south, east, north"),
        ("north_range: [9, 1]\n", "lower bound first"),
        ("classes: none.csv\n", "none.csv"),
    ],
)
def test_faults_of_a_profile_are_named(tmp_path, extra, told):
    assert told in refused(own(tmp_path, OWN + extra))


def test_a_misspelt_table_or_field_is_not_passed_over(tmp_path):
    text = refused(own(tmp_path, OWN.replace("zones:", "zone:") + "  sites: {nmae: [x]}\n"))
    assert "synonyms.zone:" in text
    assert "synonyms.sites.nmae:" in text


def test_a_profile_is_bounded(tmp_path):
    assert "larger" in refused(own(tmp_path, OWN + "#" * 2_000_001))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("code,name\nA,x\n", "parent, name_vi"),
        (HEAD + "A,,x,y,\nA,,z,w,\n", "stands here again"),
        (HEAD + "A,B,x,y,\n", "not in the table"),
        (HEAD + "A,B,x,y,\nB,A,x,y,\n", "back to itself"),
        (HEAD + ",,x,y,\n", "empty"),
    ],
)
def test_faults_of_a_class_table_are_named(tmp_path, table, told):
    assert told in refused(own(tmp_path, OWN + "classes: codes.csv\n", table))
