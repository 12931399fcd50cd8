"""Four real French planning documents: zones as shapefile and MapInfo TAB, and the tables that date them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import plangeo as pg
from plangeo.errors import TableError
from plangeo.law.planregister import plans_from_table
from plangeo.rulebook import rulebook_from_text

DATA = Path(__file__).parents[2].parent / "shared/data"
FOLDER = DATA / "fr_plu"
TAB = DATA / "formats/ign_validator/data/tab_latin1/ZONE_URBA_41003.TAB"
LAMBERT = "EPSG:2154"
# document → zones, columns to name, zones that are drawn wrongly
DOCUMENTS: Mapping[str, tuple[str, Mapping[str, str], int, int]] = {
    "19182": ("19182_CC_20150517/Donnees_geographiques/19182_SECTEUR_CC_20150517.TAB", {"LIBELLE": "zone_code"}, 19, 2),
    "241800432": ("241800432_PLUi_20200128/Donnees_geographiques/241800432_ZONE_URBA_20200128.shp", {}, 221, 1),
    "30014": ("30014_PLU_20171013/Donnees_geographiques/30014_ZONE_URBA_20171013.shp", {}, 90, 0),
    "41175": ("41175_PLU_20140603/Donnees_geographiques/ZONE_URBA.shp", {}, 118, 0),
}

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the shared French plans are not on this machine")


def _read(document: str) -> gpd.GeoDataFrame:
    path, columns, _, _ = DOCUMENTS[document]
    return pg.read_zones(FOLDER / path, columns=columns)


def _table(path: str) -> pd.DataFrame:
    return pyogrio.read_dataframe(FOLDER / path)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_zones_are_read_whole_and_faults_are_on_record(document: str) -> None:
    path, _, rows, faulty = DOCUMENTS[document]
    zones = _read(document)
    assert len(zones) == pyogrio.read_info(FOLDER / path)["features"] == rows
    raw = pyogrio.read_dataframe(FOLDER / path)
    invalid = ~raw.geometry.is_valid.to_numpy()
    ledger = zones.attrs["plangeo"]["repairs"]
    assert [r["row_id"] for r in ledger] == zones["zone_id"][invalid].tolist()
    assert len(ledger) == faulty
    for entry in ledger:
        row = zones[zones["zone_id"] == entry["row_id"]].iloc[0]
        assert row["problem"] if entry["action"] == "quarantined" else row["repaired"]
    # what was whole before is untouched; what was mended kept its area
    assert zones.geometry[~invalid].area.to_numpy() == pytest.approx(raw.geometry[~invalid].area.to_numpy(), rel=1e-12)
    mended = invalid & zones.geometry.notna().to_numpy()
    assert zones.geometry[mended].area.to_numpy() == pytest.approx(raw.geometry[mended].area.to_numpy(), rel=1e-3)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_way_of_stating_lambert_93_is_the_same_place(document: str) -> None:
    """EPSG:2154 by code (TAB, ESRI .prj) and IGNF:LAMB93 in words differ by less than a millimetre."""
    zones = _read(document)
    stated = zones.geometry.representative_point()
    again = stated.set_crs(LAMBERT, allow_override=True).to_crs("EPSG:4258")
    away = stated.to_crs("EPSG:4258")
    assert max(abs(away.x - again.x).max(), abs(away.y - again.y).max()) < 1e-8


@pytest.mark.parametrize("source", [DOCUMENTS["19182"][0], TAB])
def test_mapinfo_and_shapefile_give_the_same_zones(source: str | Path, tmp_path: Path) -> None:
    """The offices deliver one format each, so GDAL writes the other."""
    tab = FOLDER / source
    if not tab.exists():
        pytest.skip("the MapInfo sample is not on this machine")
    columns = {"LIBELLE": "zone_code"}
    one = pg.read_zones(tab, columns=columns)
    raw = pyogrio.read_dataframe(tab)[["LIBELLE", "LIBELONG", "geometry"]]
    pyogrio.write_dataframe(raw, tmp_path / "zones.shp", encoding="UTF-8")
    two = pg.read_zones(tmp_path / "zones.shp", columns=columns)
    assert one["zone_code"].tolist() == two["zone_code"].tolist()
    assert one["LIBELONG"].tolist() == two["LIBELONG"].tolist()
    assert one.geometry.notna().tolist() == two.geometry.notna().tolist()
    both = one.geometry.notna()
    assert one.geometry[both].area.to_numpy() == pytest.approx(two.geometry[both].area.to_numpy(), rel=1e-9, abs=0.01)


def test_accents_survive_every_encoding() -> None:
    def words(frame: gpd.GeoDataFrame) -> str:
        return " ".join(frame["LIBELONG"].dropna())

    latin, utf8, misread = words(_read("19182")), words(_read("241800432")), words(_read("41175"))
    assert "Secteur ouvert à la construction" in latin
    assert "zone à vocation économique" in utf8
    assert "Zone urbanisée dédiée aux jardins" in misread
    assert "où l'évolution modéré du bâti existant" in misread
    assert not any(sign in text for text in (latin, utf8, misread) for sign in ("Ã", "\ufffd"))
    if TAB.exists():
        assert "Zone d'extention urbaine récente" in words(pg.read_zones(TAB))


def test_the_document_tables_become_plans() -> None:
    tables = {
        "19182_CC_20150517": "19182_CC_20150517/19182_DOC_URBA_20150517.dbf",
        "241800432_PLUI_20200128": "241800432_PLUi_20200128/241800432_DOC_URBA_20200128.dbf",
        "30014_PLU_20171013": "30014_PLU_20171013/30014_DOC_URBA_20171013.DBF",
        "4117520140603": "41175_PLU_20140603/DOC_URBA.dbf",
    }
    plans = {}
    for plan_id, path in tables.items():
        (plan,) = plans_from_table(_table(path), level="commune", authority="mairie")
        assert plan.plan_id == plan_id
        plans[plan_id] = plan
    assert [p.valid_from for p in plans.values()] == [
        dt.date(2015, 5, 17),
        dt.date(2020, 1, 28),
        dt.date(2017, 10, 13),
        dt.date(2014, 6, 3),
    ]
    assert [p.status for p in plans.values()] == ["in_force"] * 4
    # 30014 writes two rows (two base maps) and the day of approval as the day of the end: it is believed
    assert [p.valid_to for p in plans.values()] == [None, None, dt.date(2017, 10, 13), None]


def test_the_zones_refer_to_the_plan_of_the_table() -> None:
    assert set(_read("19182")["plan_id"]) == {"19182_CC_20150517"}
    assert set(_read("241800432")["plan_id"]) == {"241800432_PLUI_20200128"}
    assert set(_read("30014")["plan_id"]) == {"30014_PLU_20171013"}
    assert set(_read("41175")["plan_id"]) == {""}, "the zones of 41175 name no plan; plan_id= does"


RULES = """
rulebook: {name: {en: French plans}}
plans:
  - {plan_id: P, title: {en: P}, level: commune, decision: "", authority: mairie, valid_from: 2020-01-28, valid_to: null}
uses: [{code: housing, name: {en: housing}}]
classes: [{code: U}, {code: AU}, {code: AUC, parent: AU}, {code: AUS, parent: AU}, {code: A}, {code: N}]
bases: {code: {document: Code de l'urbanisme, article: R151-18 to R151-25, verified: false}}
rules:
  - {use: housing, zone: U, verdict: permitted, basis: code}
  - {use: housing, zone: [A, N], verdict: not_permitted, basis: code}
"""


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2021-01-01", {"U": "permitted", "N": "not_permitted", "A": "not_permitted"}),
        ("2019-01-01", dict.fromkeys("UNA", "unknown")),
    ],
)
def test_a_plan_governs_from_the_day_of_its_table(on: str, expected: dict[str, str]) -> None:
    zones = _read("241800432")
    (plan,) = plans_from_table(
        _table("241800432_PLUi_20200128/241800432_DOC_URBA_20200128.dbf"), level="commune", authority="mairie"
    )
    # the document states neither scale nor accuracy: with the table alone every verdict would stay open
    book = replace(rulebook_from_text(RULES), plans={plan.plan_id: replace(plan, accuracy_m=0.0)})
    whole = zones[zones.geometry.notna()]
    spots = whole.geometry.representative_point()
    rows: list[dict[str, Any]] = []
    for code in expected:  # a spot of every kind that lies in one zone only
        index = next(i for i in whole.index[whole["zone_code"] == code] if whole.geometry.intersects(spots[i]).sum() == 1)
        rows.append({"site_id": code, "name": code, "use": "housing", "geometry": spots[index]})
    sites = gpd.GeoDataFrame(rows, geometry="geometry", crs=zones.crs).assign(accuracy_m=float("nan"), problem="", repaired="")
    result = pg.assess(sites, book, on=on, zones=zones)
    assert dict(zip(result.sites["site_id"], result.sites["verdict"], strict=True)) == expected


def test_faulty_tables_are_refused_in_words() -> None:
    good = {"IDURBA": ["a"], "DATAPPRO": ["20200128"]}
    with pytest.raises(TableError, match=r"no column|No column"):
        plans_from_table(pd.DataFrame({"DATAPPRO": ["20200128"]}), level="", authority="")
    with pytest.raises(TableError, match="20201328"):
        plans_from_table(pd.DataFrame({**good, "DATAPPRO": ["20201328"]}), level="", authority="")
    with pytest.raises(TableError, match="contradicts"):
        plans_from_table(pd.DataFrame({"IDURBA": ["a", "a"], "DATAPPRO": ["20200128", "20210128"]}), level="", authority="")
    (undated,) = plans_from_table(pd.DataFrame({"IDURBA": ["a"], "DATAPPRO": [None]}), level="", authority="")
    assert undated.valid_from is None
    for state, status in {
        "04": "revoked",
        "05": "superseded",
        "06": "revoked",
        "08": "unknown",
        "09": "expired",
        "9": "expired",
    }.items():
        (ended,) = plans_from_table(pd.DataFrame({**good, "ETAT": [state]}), level="", authority="")
        assert ended.status == status, "no end is written down, so no day is safe"
    (strange,) = plans_from_table(pd.DataFrame({**good, "ETAT": ["suspendu"]}), level="", authority="")
    assert (strange.status, strange.status_note) == ("unknown", "suspendu")
    (annulled,) = plans_from_table(pd.DataFrame({**good, "ETAT": ["04"], "DATEFIN": ["20221231"]}), level="", authority="")
    assert annulled.status == "revoked", "a court's annulment reaches back to the first day"
    (replaced,) = plans_from_table(pd.DataFrame({**good, "ETAT": ["05"], "DATEFIN": ["20221231"]}), level="", authority="")
    assert replaced.status == "", "the day of the end is known, so the dates decide"
    assert (replaced.valid_from, replaced.valid_to) == (dt.date(2020, 1, 28), dt.date(2022, 12, 31))
    (draft,) = plans_from_table(pd.DataFrame({**good, "ETAT": ["01"]}), level="", authority="")
    assert draft.status == "draft"
