"""Before measuring: a register in a wrong system is told loudly, never permitted, and the datum line stands in every report."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

from plangeo import assess, assess_to, explain, make_map, read_sites, read_zones, write_report
from plangeo.datumline import datum_lines
from plangeo.errors import PlangeoWarning
from plangeo.manifest import build_manifest, verdict_digest
from plangeo.model import Assessment
from plangeo.readingreport import crs_line
from tests.makers import CRS, X0, Y0, rulebook, site, sites, zones

GROUND = zones(("Z", "ODT", shapely.box(X0 - 300_000, Y0 - 300_000, X0 + 300_000, Y0 + 300_000), "P1"))


def _districts() -> gpd.GeoDataFrame:
    """Twenty communes of 4 km in two rows, in EPSG:9215."""
    rows = [
        {"district_id": f"{i}{j}", "district_name": f"Xã Thử {'ABCDEFGHIK'[i]}{j}", "problem": "", "repaired": ""}
        | {"geometry": shapely.box(X0 + 4000 * i, Y0 + 4000 * j, X0 + 4000 * i + 4000, Y0 + 4000 * j + 4000)}
        for i in range(10)
        for j in range(2)
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def _sites(code: str = CRS, undeclared: int = 2, label: str | None = None) -> gpd.GeoDataFrame:
    """A site in the middle of each commune, numbers in ``code``, labelled ``label``; the last ones declare nothing."""
    middles = gpd.GeoSeries(_districts().geometry.centroid, crs=CRS).to_crs(code)
    names = _districts()["district_name"].tolist()
    declared = [*names[: len(names) - undeclared], *[""] * undeclared]
    rows = [site(f"S{n}", g, declared_district=d) for n, (g, d) in enumerate(zip(middles, declared, strict=True))]
    return sites(*rows, crs=label or code)


def _judge(frame: gpd.GeoDataFrame, **layers: Any) -> Assessment:
    return assess(frame, rulebook(), on="2025-07-01", **({"zones": GROUND, "districts": _districts()} | layers))


def test_a_register_that_fits_is_left_alone_and_the_line_says_so() -> None:
    result = _judge(_sites())
    assert set(result.sites["verdict"]) == {"permitted"}
    assert result.crs_check["agree"] == result.crs_check["declared"] == 18
    english = "\n".join(datum_lines(result, "en"))
    assert "EPSG:9215 VN-2000 / TM-3 107-15; to WGS 84 by “VN-2000 to WGS 84 (2)”, accuracy 1 m, EPSG:6960" in english
    assert "224 m off" in english
    assert "18 of 18 sites lie in the administrative unit they declare" in english


def test_a_wrong_meridian_is_loud_and_nothing_is_green() -> None:
    with pytest.warns(PlangeoWarning, match=r"LOOKS WRONG: as EPSG:9214.*0 of 18.*EPSG:9215.*18 do.*--crs sites=EPSG:9215"):
        result = _judge(_sites(label="EPSG:9214"))
    assert set(result.sites["verdict"]) == {"unknown"}
    assert "WARNING: the system may be wrong" in "\n".join(datum_lines(result, "en"))
    assert "CẢNH BÁO" in "\n".join(datum_lines(result, "vi"))


def test_sites_that_declare_nothing_are_not_green_either() -> None:
    wide = _districts()
    wide.loc[len(wide)] = ["far", "Xã Xa", "", "", shapely.box(X0 - 60_000, Y0 - 30_000, X0 - 1, Y0 + 30_000)]
    with pytest.warns(PlangeoWarning, match="LOOKS WRONG"):
        result = _judge(_sites(label="EPSG:9214", undeclared=5), districts=wide)
    found = result.findings.query("check == 'district'").set_index("site_id")
    assert (result.sites["verdict"] != "permitted").all()
    assert found.loc["S15":, "reason"].isin(["crs_doubtful", "outside"]).all()
    assert (found["reason"] == "crs_doubtful").any()
    assert "0/15" in explain(result, found.index[found["reason"] == "crs_doubtful"][0])


def test_leaving_the_check_out_does_not_turn_it_green() -> None:
    chosen = ["coverage", "geometry", "plan_in_force", "robustness", "zone_use"]
    with pytest.warns(PlangeoWarning, match="LOOKS WRONG"):
        result = assess(
            _sites(label="EPSG:9214"), rulebook(), on="2025-07-01", checks=chosen, zones=GROUND, districts=_districts()
        )
    assert "permitted" not in set(result.sites["verdict"])
    assert result.sites["reasons"].str.contains("district.not_run").all()


def test_two_systems_in_one_register_leave_the_silent_sites_open() -> None:
    good, bad = _sites(undeclared=2), _sites("EPSG:9214", undeclared=0, label=CRS)
    mixed = pd.concat([good, bad.iloc[:6].assign(site_id=[f"T{n}" for n in range(6)])], ignore_index=True)
    with pytest.warns(PlangeoWarning, match=r"MIX TWO COORDINATE SYSTEMS.*6 of 6 do as EPSG:9214") as warned:
        result = _judge(gpd.GeoDataFrame(mixed, geometry="geometry", crs=CRS))
    assert [w.message.code for w in warned] == ["crs_doubted"]
    verdicts = result.sites.set_index("site_id")["verdict"]
    assert set(verdicts[["S18", "S19"]]) == {"unknown"}, "nobody knows in which of the two systems they stand"
    assert set(verdicts[[f"S{n}" for n in range(18)]]) == {"permitted"}


@pytest.mark.parametrize("layers", [{"districts": None}, {}])
def test_where_nothing_can_be_checked_the_line_says_that(layers: dict[str, Any]) -> None:
    frame = _sites(undeclared=20)
    given = {"zones": GROUND} | ({"districts": _districts()} if not layers else {})
    result = assess(frame, rulebook(), on="2025-07-01", **given)
    assert result.crs_check["declared"] == 0
    assert "was not checked" in datum_lines(result, "en")[-1]
    assert "chưa được đối chiếu" in datum_lines(result, "vi")[-1]


def test_borders_hint_at_a_near_system_without_any_doubt() -> None:
    """Numbers of EPSG:5897 read as 3405 lie 727 m further north; every second site lies 300 m from a northern border."""
    along = np.linspace(200, 39_800, 60)
    rows = [
        site(
            f"S{n}",
            shapely.Point(X0 + x, Y0 + (7_700 if n % 2 else 6_000)),
            declared_district=f"Xã Thử {'ABCDEFGHIK'[int(x // 4000)]}1",
        )
        for n, x in enumerate(along)
    ]
    numbers = sites(*rows).to_crs("EPSG:5897")
    assert "apart_m" not in _judge(numbers).crs_check
    result = _judge(numbers.set_crs("EPSG:3405", allow_override=True))
    assert result.crs_check["doubt"] == ""
    assert (result.crs_check["against"], result.crs_check["favour"]) == (30, 0)
    assert result.crs_check["apart_m"] == pytest.approx(727, abs=5)
    assert "30 speak for EPSG:5897" in datum_lines(result, "en")[-1]
    assert "30 hợp với EPSG:5897" in datum_lines(result, "vi")[-1]


def test_every_report_carries_the_line(tmp_path: Path) -> None:
    result = _judge(_sites())
    line = datum_lines(result, "vi")[0]
    assert line in explain(result, "S0")
    write_report(result, tmp_path / "report.xlsx")
    book = pd.read_excel(tmp_path / "report.xlsx", sheet_name="Tổng hợp", header=None, engine="calamine")
    assert (book == line).to_numpy().any()
    island = json.loads(str(make_map(result).get_root().render()).split('id="plangeo-data">', 1)[1].split("</script>", 1)[0])
    assert [line, datum_lines(result, "en")[0]] in island["panels"]["limits"]["datum"]
    told = build_manifest(result, {})
    assert told["crs"]["datum"]["vi"][0] == line
    assert told["crs"]["check"]["declared"] == 18
    assert "EPSG:6960" in {op["code"] for op in told["crs"]["operations"]}


def test_zones_that_lost_their_datum_are_named_in_the_line(tmp_path: Path) -> None:
    frame = GROUND.rename(columns={"zone_code": "ma_dat"})[["ma_dat", "geometry"]]
    pyogrio.write_dataframe(frame, tmp_path / "plan.tab", driver="MapInfo File")
    result = _judge(_sites(), zones=read_zones(tmp_path / "plan.tab"))
    (line,) = [text for text in datum_lines(result, "en") if "lost its datum" in text]
    assert "the layer zones has the grid of EPSG:9215" in line
    assert "224" in line


@pytest.mark.parametrize("sliced", [True, False])
def test_a_stream_says_and_judges_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sliced: bool) -> None:
    if sliced:
        monkeypatch.setattr("plangeo.registers.COMPILED_FROM", 0)
    frame = _sites(label="EPSG:9214")
    frame.to_parquet(tmp_path / "sites.parquet")
    with pytest.warns(PlangeoWarning, match="LOOKS WRONG"):
        whole = _judge(read_sites(tmp_path / "sites.parquet"))
    with pytest.warns(PlangeoWarning, match="LOOKS WRONG"):
        assess_to(
            tmp_path / "out",
            tmp_path / "sites.parquet",
            rulebook(),
            on="2025-07-01",
            zones=GROUND,
            districts=_districts(),
            part_sites=7,
        )
    told = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))
    assert told["verdict_digest"] == verdict_digest(whole.sites)
    assert told["crs"]["check"] == dict(whole.crs_check)


def test_a_register_in_degrees_of_wgs84_has_no_datum_step() -> None:
    result = _judge(_sites().to_crs("EPSG:4326"))
    assert "already on WGS 84" in datum_lines(result, "en")[0]
    assert result.crs_check["datum_shift_m"] is None


def test_the_operation_is_recorded_by_its_code() -> None:
    from plangeo.geometry import transformation

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = transformation(pyproj.CRS(5897), pyproj.CRS(4326))
    assert (done["datum"], done["code"], done["accuracy_m"]) == ("VN-2000 to WGS 84 (2)", "EPSG:6960", 1.0)


def test_a_layer_that_is_called_another_system_after_reading_is_noted(tmp_path: Path) -> None:
    _sites().to_parquet(tmp_path / "sites.parquet")
    read = read_sites(tmp_path / "sites.parquet")

    def noted(frame: gpd.GeoDataFrame) -> list[str]:
        result = assess(frame, rulebook(), on="2025-07-01", zones=GROUND)
        return [line for line in datum_lines(result, "en") if line.startswith("NOTE")]

    (line,) = noted(read.set_crs("EPSG:9214", allow_override=True))
    assert "the layer sites was read in EPSG:9215 VN-2000 / TM-3 107-15 and called EPSG:9214 VN-2000 / TM-3 107-00" in line
    assert len(noted(read.iloc[2:9].set_crs("EPSG:9214", allow_override=True))) == 1
    for honest in (read, read.to_crs("EPSG:9214"), read.iloc[2:9].to_crs("EPSG:32648"), read.iloc[5:].to_crs("EPSG:4326")):
        assert noted(honest) == []


def test_the_line_on_a_layer_says_who_stated_its_system(tmp_path: Path) -> None:
    frame = _sites()
    frame.to_file(tmp_path / "sites.gpkg", engine="pyogrio")
    told = [read_sites(tmp_path / "sites.gpkg", crs=crs).attrs["plangeo"]["fingerprint"] for crs in (None, CRS, "EPSG:3405")]
    assert [about["crs_by"] for about in told] == [
        "the file says so",
        "stated by the user, as in the file",
        "stated by the user; the file says EPSG:9215",
    ]
    assert crs_line(told[2], "sites").startswith("sites, sites.gpkg: coordinates in EPSG:3405 VN-2000 / UTM zone 48N, because: ")
    sheet = tmp_path / "list.csv"
    sheet.write_text(
        "Hệ tọa độ VN-2000 KTT 107°15'\n\nMã;Tên dự án;X;Y\nA;Chợ;2417000;449000\nB;Trường;2417900;449100\n", "utf-8"
    )
    assert "VN-2000 KTT 107°15'" in crs_line(read_sites(sheet).attrs["plangeo"]["fingerprint"])
