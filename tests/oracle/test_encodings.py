"""Real files nobody here wrote: French plans keep their accents, pairs of encodings agree, TCVN3 becomes readable."""

from __future__ import annotations

from pathlib import Path

import pytest

import plangeo as pg
from plangeo.inputs import Raw, Request
from plangeo.rawfiles import read_raw

SHARED = Path(__file__).parents[2].parent / "shared/data"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not on this machine")
PAIRS = SHARED / "formats/ign_validator/data"


def read(path: Path) -> Raw:
    return read_raw(path, Request("zones", crs="EPSG:2154"))[0]


def words(raw: Raw) -> dict[str, list[object]]:
    return {
        c: raw.frame[c].tolist() for c in raw.frame if c != "geometry" and raw.frame[c].map(lambda v: isinstance(v, str)).any()
    }


def files(suffixes: set[str]) -> list[Path]:
    return sorted(p for p in (SHARED / "fr_plu").rglob("*") if p.suffix.lower() in suffixes) if SHARED.exists() else []


@pytest.mark.parametrize("path", files({".shp", ".tab"}), ids=lambda p: p.name)
def test_french_plans_are_never_taken_for_vietnamese(path):
    raw = read(path)
    assert not any("typed in" in d.said or "ư" in d.said for d in raw.decisions), [str(d) for d in raw.decisions]


def test_pairs_of_encodings_agree():
    for one, two in (
        ("shp_latin1/PRESCRIPTION_PCT.shp", "shp_utf8/PRESCRIPTION_PCT.shp"),
        ("tab_latin1/PRESCRIPTION_PCT.TAB", "tab_utf8/PRESCRIPTION_PCT.tab"),
        ("shp_latin1/PRESCRIPTION_PCT.shp", "tab_utf8/PRESCRIPTION_PCT.tab"),
    ):
        first, second = read(PAIRS / one).frame, read(PAIRS / two).frame
        assert first["LIBELLE"].tolist() == second["LIBELLE"].tolist()
        assert "Bâtiment agricole" in first["LIBELLE"].tolist()


def test_the_bad_set_in_tcvn3():
    sites = pg.read_sites(SHARED / "bad/04_shp/tcvn3_abc.shp")
    (decision,) = [d for d in sites.attrs["plangeo"]["decisions"] if d.topic == "encoding"]
    assert sites["name_raw"].tolist() == ["Khu dân cư A", "Nhà máy B", "Trang trại C", "Đường D", "Thuỷ điện E", "Mỏ đá F"]
    assert sites["land_use"].tolist() == ["ODT", "SKC", "NKH", "DGT", "DNL", "SKS"]
    assert "TCVN3" in decision.said
    assert decision.sample.endswith("'Đường D'")
