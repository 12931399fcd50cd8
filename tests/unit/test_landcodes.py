"""Class codes: read by stated patterns only, mixed zones need every consent, nothing is known by its colour."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangeo import explain
from plangeo.assessment import assess
from plangeo.canonical import canonical_sites, canonical_zones
from plangeo.cli import run
from plangeo.errors import ProfileError
from plangeo.landcodes import classes_of_colour, read_code, read_codes
from plangeo.profiles import load_profile
from plangeo.rulebook import rulebook_from_text
from tests.makers import CRS, site, sites, square, zones

VN = load_profile("vn")
KNOWN = VN.classes
CODES = sorted(KNOWN)


@pytest.mark.parametrize(
    ("text", "code", "way"),
    [
        ("LUC", "LUC", "code"),
        (" luc ", "LUC", "code"),
        ("ODT+CLN", "ODT+CLN", "mixed"),
        ("ONT/CLN", "ONT+CLN", "mixed"),
        ("LUC, HNK", "LUC+HNK", "mixed"),
        ("ONT và CLN", "ONT+CLN", "mixed"),
        ("ODT + ODT", "ODT", "code"),
        ("ONT\n350", "ONT", "label"),
        ("ONT\\P350", "ONT", "label"),
        ("LUC 1.234,5", "LUC", "label"),
        ("LUC: 1.234,5 m²", "LUC", "label"),
        ("123/456.7 ODT", "ODT", "label"),
        ("ODT 123/456.7", "ODT", "label"),
        ("123 ODT 456.7", "ODT", "label"),
        ("ODT654/119.3", "ODT", "label"),
        ("ONT+CLN 1.200,5", "ONT+CLN", "label"),
        # no stated pattern, or no known code: as written
        ("1L654/119.3", "1L654/119.3", ""),
        ("654/119.3", "654/119.3", ""),
        ("ODT+XYZ", "ODT+XYZ", ""),
        ("XYZ 350", "XYZ350", ""),
        ("Trường học DGD", "TRƯỜNGHỌCDGD", ""),
        ("tin 3", "TIN3", ""),
        # classes of their own in many plans, never a label of another one
        ("ODT1", "ODT1", ""),
        ("ODT-1", "ODT-1", ""),
        ("ODT 1", "ODT1", ""),
        ("ODT350", "ODT350", ""),
        ("", "", ""),
    ],
)
def test_codes_of_labels(text, code, way):
    found = read_code(text, KNOWN)
    assert (found.code, found.way) == (code, way)


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=4), st.sampled_from(["+", "/", ", ", ";", " & ", " - "]))
def test_all_classes_of_a_mixed_zone_are_kept(codes, joint):
    assert read_code(joint.join(codes), KNOWN).code == "+".join(dict.fromkeys(codes))


@given(st.text(max_size=30))
def test_no_text_becomes_a_code_that_is_not_written_in_it(text):
    found = read_code(text, KNOWN)
    if found.way:
        assert all(part in text.upper().replace("Ð", "Đ").replace(" ", "") for part in found.code.split("+"))


def test_decisions_keep_the_original_and_count():
    texts = ["ODT+CLN", "ODT+CLN", "123/456.7 ODT", "SKX", "RPX", ""]
    codes, decisions = read_codes(texts, KNOWN, "a.dxf, labels")
    assert codes == ["ODT+CLN", "ODT+CLN", "ODT", "SKX", "RPX", ""]
    said = "\n".join(map(str, decisions))
    assert "2 zone(s) write several classes" in said
    assert "'123/456.7 ODT' → ODT" in said
    assert "'RPX' (1) did you mean" in said
    assert "RPH" in said
    assert "1 zone(s) have no class code" in said


def zone_frame(*codes):
    rows = [(f"z{n}", code, square(200 * n, 0, 100), "P1") for n, code in enumerate(codes)]
    return zones(*rows).drop(columns=["problem", "repaired"])


def test_the_column_is_kept_as_written_and_old_codes_are_explained():
    frame = canonical_zones(zone_frame("ONT/CLN", "SKX", "KCN"), VN, source="zones")
    assert frame["zone_code"].tolist() == ["ONT+CLN", "SKX", "KCN"]
    assert frame["zone_code_raw"].tolist() == ["ONT/CLN", "SKX", "KCN"]
    said = "\n".join(map(str, frame.attrs["plangeo"]["decisions"]))
    assert "SKX is a code of tt01-2021, tt27-2018; in tt08-2024 it is SKS or SKC, by case (not verified)" in said
    assert "1 zone(s) have KCN: in the code list KCN is a high-tech park" in said
    assert "Did you mean SKK?" in said


def test_kcn_in_a_column_of_an_industrial_park_is_warned_about_and_kept():
    table = pd.DataFrame(
        {"Mã": ["1", "2"], "Tên dự án": ["A", "B"], "Loại dự án": ["Khu công nghiệp", "KCN"], "Loại đất": ["KCN", "LUC"]}
    )
    table["X (m)"], table["Y (m)"] = "2417140", "449158"
    frame = canonical_sites(table, VN, crs=CRS, source="list")
    assert frame["Loại đất"].tolist() == ["KCN", "LUC"]
    assert frame["use"].tolist() == ["Khu công nghiệp", "KCN"]
    told = [str(d) for d in frame.attrs["plangeo"]["decisions"]]
    assert [t for t in told if "column 'Loại đất': 1 cell(s) say KCN" in t and "Did you mean SKK?" in t]
    assert [t for t in told if "column 'Loại dự án': 1 cell(s) say KCN" in t]


BOOK = """
rulebook: {name: Thử, profile: vn}
plans: [{plan_id: P1, title: Plan, level: district, decision: 1/QĐ, authority: UBND, valid_from: 2021-01-01, valid_to: null, accuracy_m: 0}]
uses: [{code: housing, name: Nhà ở}]
rules:
  - {use: housing, zone: [ODT, CLN], verdict: permitted, basis: {document: D}}
  - {use: housing, zone: [RPH, ONT], verdict: not_permitted, basis: {document: D}}
  - {use: housing, zone: HNK, verdict: conditional, basis: {document: D}}
  - {use: housing, zone: LUC, verdict: permitted, basis: {document: D}, conditions: [{field: area_m2, op: "<=", value: 20000}]}
  - {use: housing, zone: LUK, verdict: permitted, basis: {document: D}, conditions: [{field: share, op: "<=", value: 1}]}
"""


def judged(*codes, on="2025-07-01", book=BOOK):
    """One site of 100 m on each of the zones, all in one row; the verdicts in their order."""
    frame = zones(*((f"z{n}", code, square(200 * n, 0, 100), "P1") for n, code in enumerate(codes)))
    found = assess(
        sites(*(site(f"S{n}", square(200 * n + 10, 10, 50)) for n in range(len(codes)))),
        rulebook_from_text(book),
        on=on,
        zones=frame,
    )
    return found, found.findings.query("check == 'zone_use'")


@pytest.mark.parametrize(
    ("code", "verdict", "reason"),
    [
        ("ODT+CLN", "permitted", "permitted"),
        ("ODT+RPH", "not_permitted", "not_permitted"),
        ("RPH+ODT", "not_permitted", "not_permitted"),
        ("ODT+HNK", "conditional", "conditional"),
        ("ODT+CSD", "unknown", "no_rule"),
        ("CSD+RPH", "not_permitted", "not_permitted"),
        ("ODT+LUC", "permitted", "permitted"),
        ("LUC+LUK", "unknown", "no_rule"),
        ("HNK+LUC", "unknown", "no_rule"),
        ("ODT+XYZ", "unknown", "class_unknown"),
        ("ODT+KKT", "permitted", "permitted"),
    ],
)
def test_every_class_of_a_mixed_zone_must_consent(code, verdict, reason):
    found, zone_use = judged(code)
    assert zone_use[["verdict", "reason"]].values.tolist() == [[verdict, reason]]
    assert (found.sites["verdict"].tolist() == [verdict]) or verdict == "permitted"
    assert "Mixed zone" in explain(found, "S0", language="en") or reason == "class_unknown"


@given(
    st.lists(
        st.sampled_from(["ODT", "CLN", "RPH", "HNK", "LUC", "LUK", "CSD", "KKT", "SKX"]), min_size=2, max_size=3, unique=True
    )
)
def test_a_mixed_zone_is_never_milder_than_any_of_its_classes(codes):
    book = rulebook_from_text(BOOK).at(dt.date(2025, 7, 1)).with_mixed(["+".join(codes)])
    rule_of_all = book.look_up("housing", "+".join(codes))
    alone = [book.look_up("housing", c) for c in codes if not book.classes[c].overlay]
    if rule_of_all is None:
        return
    assert all(r is None or rule_of_all.verdict >= r.verdict or r.conditions for r in alone)
    assert None not in alone or rule_of_all.verdict.label == "not_permitted"


def test_a_class_of_the_rulebook_that_writes_the_mixture_itself_governs():
    book = BOOK.replace("uses:", "classes: [{code: ODT/CLN, name: Hỗn hợp}]\nuses:").replace(
        "zone: [RPH, ONT]", "zone: [RPH, ONT, ODT/CLN]"
    )
    _, zone_use = judged("CLN+ODT", book=book)
    assert zone_use["verdict"].tolist() == ["not_permitted"]


def test_only_overlays_are_no_ground():
    found, _ = judged("KKT+KDT")
    assert found.sites["verdict"].tolist() == ["unknown"]


def test_relabelled_housing_land_is_explained_and_no_verdict_changes():
    before, _ = judged("ODT", "ONT", on="2026-01-30")
    after, zone_use = judged("ODT", "ONT", on="2026-01-31")
    assert before.sites["verdict"].tolist() == after.sites["verdict"].tolist()
    assert zone_use["verdict"].tolist() == ["permitted", "not_permitted"]  # permitted on ODT only: ONT does not borrow it
    assert "Nghị định 49/2026/NĐ-CP" in explain(after, "S1", language="en")
    assert "Nghị định 49/2026/NĐ-CP" not in explain(before, "S1", language="en")


def test_plans_that_call_the_ground_odt_and_ont_stay_open_with_the_reason():
    second = "  - {plan_id: P2, title: Plan, level: province, decision: 2/QĐ, authority: UBND, valid_from: 2021-01-01, valid_to: null, accuracy_m: 0}\nuses:"
    first = BOOK.index("plans: [") + len("plans: [")
    line = BOOK[first : BOOK.index("]\n", first)]
    book = rulebook_from_text(BOOK.replace(f"plans: [{line}]\nuses:", f"plans:\n  - {line}\n{second}"))
    frame = zones(("a", "ODT", square(0, 0, 100), "P1"), ("b", "ONT", square(0, 0, 100), "P2"))
    found = assess(sites(site("S", square(10, 10, 50))), book, on="2026-03-01", zones=frame)
    disagreement = found.findings.query("reason == 'plans_disagree'")
    assert disagreement["verdict"].tolist() == ["unknown"]
    assert "no conflict" in disagreement["detail_en"].iloc[0]


def test_overlays_are_never_summed_with_the_ground():
    frame = zones(
        ("ground", "ODT", square(0, 0, 100), "P1"),
        ("zone", "KKT", square(0, 0, 60), "P1"),
        ("town", "KDT", square(0, 0, 100), "P1"),
    )
    found = assess(sites(site("S", square(0, 0, 100))), rulebook_from_text(BOOK), on="2025-07-01", zones=frame)
    assert found.cover["share"].sum() == pytest.approx(1, abs=1e-9)
    assert found.findings.query("check == 'zone_use'")["area_m2"].tolist() == pytest.approx([10_000])
    assert found.findings.query("check == 'zone_conflict'")["reason"].tolist() == ["no_conflict"]


def test_a_colour_gives_candidates_and_no_code():
    shared = classes_of_colour("#FFAAA0", KNOWN)
    assert len(shared) == 22
    assert {"DVH", "DYT", "TSC"} <= set(shared)
    assert classes_of_colour("#123456", KNOWN) == ()


def test_schemes_have_their_own_hierarchy_and_crosswalk():
    land = VN.landuse
    assert list(land.schemes) == ["tt01-2021", "tt27-2018", "tt08-2024"]
    assert land.hierarchy["tt01-2021"]["LUC"].parent == "LUA"
    assert land.hierarchy["tt01-2021"]["LUA"].parent == "NNP"
    assert land.hierarchy["tt08-2024"]["LUA"].parent == "CHN"
    assert land.hierarchy["tt01-2021"]["DGT"].parent == "DHT"
    assert land.schemes_of("SKX") == ("tt01-2021", "tt27-2018")
    assert {s.new for s in land.convert("SKX", "tt08-2024")} == {"SKS", "SKC"}
    assert [s.new for s in land.convert("DDT", "tt08-2024")] == ["DDD"]
    assert not any(s.verified for s in land.successors)
    assert land.provenance["LUC"].verified
    assert not land.provenance["KCN"].verified


def test_faulty_tables_of_codes_say_everything(tmp_path):
    (tmp_path / "codes.csv").write_text("code,parent,name_vi,name_en,colour_hex\nA,,a,a,\n", "utf-8")
    (tmp_path / "cross.csv").write_text("old,to_scheme,new,how,verified,source\nA,s,B,perhaps,no,x\n", "utf-8")
    path = tmp_path / "own.yaml"
    path.write_text(
        "title: {vi: T, en: T}\nprovenance: p\nclasses: codes.csv\nlanduse: {crosswalk: cross.csv}\nsynonyms: {}\n", "utf-8"
    )
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    assert "'B' is not in the table of classes" in str(caught.value)
    assert "how 'perhaps'" in str(caught.value)


def test_what_is_known_of_a_code_is_told_with_what_is_not_verified(capsys):
    assert run(["codes", "SKX", "kcn"]) == 0
    told = capsys.readouterr().out
    assert "in tt08-2024 it is SKS or SKC, by case (not verified)" in told
    assert "tt01-2021 (plan): under PNN" in told
    assert "KCN: Đất khu công nghệ cao" in told
    assert "never added to them" in told
    assert run(["codes", "RPX"]) == 2
    assert "Did you mean RSX" in capsys.readouterr().err
